"""The tables of a run as a page needs them: a column as changes from step to step, to the last digit."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from frontlines.errors import SourceError
from frontlines.names import AreaUnit, unit_of
from frontlines.report.folder import Folder
from frontlines.sources.formats import plain_cell

_KEPT = re.compile(
    r"((before|after|gained|lost|net)(_low|_high)?|contested_(before|after)|both|only_first|only_second|neither"
    r"|district)_km2|trust|iou|ratio"
)
"""Columns that a page shows."""

_DAYS = ("date_from", "date_to", "period_end")
_MOVED = ("gained_km2", "lost_km2", "only_first_km2", "only_second_km2")

Runs = list[Any]
"""A step, the value from there on, the next step at which it changes, and so on."""


@dataclass(frozen=True)
class Figures:
    """Figures by side, column and district, the whole last; steps in order, and all districts together."""

    steps: pd.DataFrame
    of_side: dict[str, dict[str, list[Runs]]]
    total: pd.DataFrame


def shown_unit(total: pd.DataFrame) -> AreaUnit:
    """Choose unit and decimals: of km² three figures of the largest change, one decimal at least."""
    unit, sizes = unit_of(total), total[[name for name in _MOVED if name in total]].to_numpy(dtype=float)
    largest = np.nanmax(sizes, initial=0.0) or 1.0
    return unit._replace(digits=max(1, 2 - math.floor(math.log10(largest)))) if unit.km2 == 1 else unit


def figures_of(run: Folder) -> Figures:
    """Arrange the tables of a run by side, column and district."""
    districts, total = _tables(run)
    days = [name for name in _DAYS if name in total]
    steps = total.drop_duplicates(days)[[*days, *(n for n in ("same_input", "suspect") if n in total)]]
    named = {plain_cell(name): place for place, name in enumerate(run.ground["run"]["districts"])}
    number, n_places = pd.MultiIndex.from_frame(steps[days]), len(named) + 1
    at, at_total = (number.get_indexer(pd.MultiIndex.from_frame(one[days])) for one in (districts, total))
    place = np.array([named[plain_cell(name)] for name in districts["district"]], dtype=np.int64)
    cells = np.append(at * n_places + place, at_total * n_places + len(named))
    kept = [str(name) for name in total if _KEPT.fullmatch(str(name)) and name in districts]
    joined = pd.concat([districts[["side", *kept]], total[["side", *kept]]]).reset_index(drop=True)
    found = {}
    for side, rows in joined.groupby("side", sort=False):
        order = np.argsort(cells[rows.index])
        if not np.array_equal(cells[rows.index][order], np.arange(len(steps) * n_places)):
            raise SourceError(
                f"the tables do not have one row for each step and district of {side}: run the command again"
            )
        columns = {name: rows[name].to_numpy()[order].reshape(len(steps), n_places) for name in kept}
        found[str(side)] = {name: _runs(column) for name, column in columns.items()}
    return Figures(steps, found, total)


def _tables(run: Folder) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the table of districts of a run, and the one of all districts together."""
    if run.kind == "agreement":
        table = run.tables["agreement"].rename(columns={"date": "date_to"})
        last = ~table["date_to"].duplicated(keep="last")  # of each day: all districts
        return table[~last], table[last]
    if run.kind == "change":
        return run.tables["balance"], run.tables["totals"]
    own = run.tables["series"]
    whole_km2 = own.drop_duplicates("district")["district_km2"].sum()
    return own, run.tables["totals"].assign(district_km2=whole_km2)


def _runs(table: Any) -> list[Runs]:
    """Write each column of a table as the steps at which it changes, and its value from there on."""
    known = pd.notna(table)
    differs = (table[1:] != table[:-1]) & (known[1:] | known[:-1])
    places = [(0, *(np.flatnonzero(changes) + 1).tolist()) for changes in differs.T]
    return [
        [cell for step in steps for cell in (step, _plain(column[step]))]
        for column, steps in zip(table.T, places, strict=True)
    ]


def _plain(value: Any) -> Any:
    """Give a value to JSON: whole numbers without a point, text as it is."""
    if isinstance(value, str) or pd.isna(value):
        return value if isinstance(value, str) else None
    return int(value) if float(value).is_integer() else float(value)


def settlements_of(run: Folder) -> list[dict[str, Any]]:
    """List the places that changed hands, in the order of their table, with the number of their row."""
    table = run.tables.get("settlements", pd.DataFrame({"changed": []}))
    rows = table[table["changed"].astype(str) == "True"].reset_index(names="row")
    names = ["row", "name", "district", "date_from", "date_to", "side_from", "side_to", "unsure"]
    rows = rows.reindex(columns=names).astype(object)
    rows = rows.assign(unsure=rows["unsure"].astype(str) == "True").where(rows.notna(), "")
    return [{str(name): cell for name, cell in row.items()} for row in rows.to_dict("records")]
