"""The tables of a run as a page needs them: a column as changes from step to step, to the last digit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from frontlines.report.folder import Folder
from frontlines.sources.formats import plain_cell

_KEPT = re.compile(
    r"((before|after|gained|lost|net)(_low|_high)?|contested_(before|after)|both|only_first|only_second|neither)_km2"
    r"|trust|district_km2|iou(_low|_high)?|ratio|f1"
)
"""Columns that a page shows; there may be others."""

Runs = list[Any]


@dataclass(frozen=True)
class Figures:
    """Figures of each side: by column and district, the whole last, as step, value, step, value and so on."""

    steps: pd.DataFrame  # `date_from`, `date_to`, `period_end`, perhaps `same_input`, `suspect`
    sides: tuple[str, ...]
    of_side: Mapping[str, Mapping[str, list[Runs]]]
    total: pd.DataFrame  # a row for each step and side: all districts together


def figures_of(run: Folder) -> Figures:
    """Arrange the tables of a run by side, column and district."""
    districts, total = _by_district(run)
    days = [name for name in ("date_from", "date_to", "period_end") if name in total]
    sides = tuple(dict.fromkeys(total["side"]))
    steps = total.drop_duplicates(days)[[*days, *(n for n in ("same_input", "suspect") if n in total)]]
    number = pd.MultiIndex.from_frame(steps[days])
    named = {plain_cell(name): place for place, name in enumerate(run.ground["run"]["districts"])}
    place = districts["district"].map(lambda name: named[plain_cell(name)]).to_numpy(dtype=np.int64)
    size = (len(steps), len(named) + 1)
    found = {}
    for side in sides:
        rows, whole = (table["side"].to_numpy() == side for table in (districts, total))
        at = [number.get_indexer(pd.MultiIndex.from_frame(one[days])) for one in (districts, total)]
        cells = np.concatenate([at[0][rows] * size[1] + place[rows], at[1][whole] * size[1] + len(named)])
        if sorted(cells) != list(range(size[0] * size[1])):
            raise ValueError(f"the tables do not have one row for each step and district of {side}")
        kept = [name for name in total if _KEPT.fullmatch(str(name)) and name in districts]
        joined = {
            name: pd.concat([districts[name][rows], total[name][whole]]).to_numpy() for name in kept
        }
        found[str(side)] = {name: _runs(_laid_out(column, cells, size)) for name, column in joined.items()}
    return Figures(steps, sides, found, total)


def _by_district(run: Folder) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the table of districts of a run, and the one of all districts together."""
    if run.kind == "agreement":
        table = run.tables["agreement"]
        table = table.assign(date_from=table["date"], date_to=table["date"])
        last = ~table["date"].duplicated(keep="last").to_numpy()  # of each day: all districts
        return table[~last], table[last]
    total = run.tables["totals"]
    if run.kind == "change":
        return run.tables["balance"], total
    own = run.tables["series"]
    return own, total.assign(district_km2=own.drop_duplicates("district")["district_km2"].sum())


def _laid_out(column: Any, cells: Any, size: tuple[int, int]) -> Any:
    """Put the values of a column into a table of steps and districts."""
    kind: Any = float if np.issubdtype(column.dtype, np.number) else object
    out = np.empty(size[0] * size[1], dtype=kind)
    out[cells] = column
    return out.reshape(size)


def _runs(table: Any) -> list[Runs]:
    """Write each column of a table as the steps at which it changes, and its value from there on."""
    known = table == table  # noqa: PLR0124 - a missing value is not itself
    differs = (table[1:] != table[:-1]) & (known[1:] | known[:-1])
    found = []
    for column, changes, is_known in zip(table.T, differs.T, known.T, strict=True):
        runs: Runs = []
        for step in (0, *(np.flatnonzero(changes) + 1).tolist()):
            runs += [step, _plain(column[step]) if is_known[step] else None]
        found.append(runs)
    return found


def _plain(value: Any) -> Any:
    """Give a value to JSON: whole numbers without a point, text as it is."""
    if isinstance(value, str):
        return value
    return int(value) if float(value).is_integer() else float(value)


def digits_of(figures: Figures) -> int:
    """Choose how many decimals of km² to show: three figures of the larger changes."""
    names = ("gained_km2", "lost_km2", "only_first_km2", "only_second_km2")
    sizes = [abs(figures.total[name]).max() for name in names if name in figures.total]
    largest = max([float(size) for size in sizes if size > 0], default=1.0)
    return int(np.clip(3 - np.floor(np.log10(largest)) - 1, 1, 6))


def settlements_of(run: Folder) -> list[dict[str, Any]]:
    """List the places that changed hands, in the order of their table; with the number of their row."""
    table = run.tables.get("settlements")
    if table is None:
        return []
    rows = table[table["changed"].astype(str) == "True"].reset_index(names="row")
    columns = ["row", "name", "district", "date_from", "date_to", "side_from", "side_to", "unsure"]
    rows = rows.reindex(columns=columns).fillna("").astype({"row": int}).astype(object)
    return [{**one, "unsure": str(one["unsure"]) == "True"} for one in rows.to_dict("records")]


