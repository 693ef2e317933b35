"""A series of many rows without those in which nothing changed, and with them again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from frontlines.arguments import checked
from frontlines.arrays import Bools
from frontlines.errors import LayerError
from frontlines.series.books import Moves
from frontlines.series.change_series import Plan
from frontlines.series.totals import summed, with_running_net

MOST_ROWS = 100_000
"""Rows beyond which a series leaves out those in which nothing changed: some 16 MB of CSV, of which a daily
series of a country's districts repeats 99 rows in 100."""

ROWS_AT_ONCE = 200_000
"""Rows of a series that are laid out together: some 40 MB."""

_PAIRS = [
    (f"{name}before_{unit}", f"{name}after_{unit}")
    for name, unit in (("", "km2"), ("contested_", "km2"), ("margin_", "km2"))
] + [("share_before", "share_after")]
_NOTHING = ["gained_km2", "lost_km2", "net_km2", "turnover_km2", "absorbed_km2"]
_OF_STEP = ["side", "date_from", "date_to", "period_end", "cadence", "same_input"]


def changed_rows(series: pd.DataFrame, n_step: int, n_sides: int, *, first: bool) -> Bools:
    """Tell which rows are kept: where anything changed, of the first district, of the `first` step.

    A step has `n_step` rows, those of each district together, one for each side.
    """
    row = np.arange(len(series))
    kept = (row % n_step < n_sides) | series["suspect"].to_numpy(dtype=bool)
    for name in ("gained_km2", "lost_km2", "absorbed_km2"):
        kept |= series[name].to_numpy() != 0
    for before, after in _PAIRS:
        kept |= series[before].to_numpy() != series[after].to_numpy()
    every: Bools = kept | (row < n_step if first else False)
    return every


def is_sparse(rows: str | None, n_rows: int, *, unsure: bool) -> bool:
    """Tell whether rows in which nothing changed are left out."""
    if rows == "changed" and unsure:
        raise LayerError("rows='changed' leaves out rows that have an interval of their own: give rows='all'")
    if rows not in (None, "all", "changed"):
        raise LayerError(f"rows={rows!r} is not known: give 'all' or 'changed'")
    return rows == "changed" or (rows is None and n_rows > MOST_ROWS and not unsure)


def laid_out(plan: Plan, found: Mapping[str, Moves], *, sparse: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lay the rows of a series out, or those that are not calm, and sum each step up."""
    kept: list[pd.DataFrame] = []
    totals: list[pd.DataFrame] = []
    n_sides, n_step = len(plan.sides), len(plan.sides) * len(plan.districts)
    for table in plan.tables(found, ROWS_AT_ONCE):
        row = np.arange(len(table))
        totals.append(summed(table, row // n_step * n_sides + row % n_sides))
        kept.append(table[changed_rows(table, n_step, n_sides, first=not kept)] if sparse else table)
    return pd.concat(kept, ignore_index=True), with_running_net(pd.concat(totals, ignore_index=True))


@checked()
def every_row(series: pd.DataFrame) -> pd.DataFrame:
    """Put the rows back in which nothing changed.

    Parameters
    ----------
    series
        A series of `run_series`, or one read from its ``series.parquet``, with or without these rows.

    Returns
    -------
    series
        A row for each step, district and side, as `change_series` gives it.

    Raises
    ------
    LayerError
        If the first step has not a row for each district, or the columns of errors are there.

    Examples
    --------
    >>> from frontlines.series.change_series import COLUMNS
    >>> days = pd.to_datetime(["1994-05-12", "1994-05-12", "1994-05-13"])
    >>> calm = pd.DataFrame({name: [1.0, 2.0, 1.0] for name in COLUMNS}).assign(side="A", cadence="daily")
    >>> calm = calm.assign(district=["D", "E", "D"], same_input=False, suspect=False)
    >>> calm = calm.assign(date_from=days, date_to=days, period_end=days)
    >>> every_row(calm)[["district", "before_km2", "gained_km2"]].values.tolist()[-1]
    ['E', 2.0, 0.0]
    """
    if is_whole(series):
        return series
    if "sigma_km2" in series:
        raise LayerError("a series with errors has all its rows, and some are missing: pass the whole table")
    sides = [_dense(rows) for _, rows in series.groupby("side", sort=False)]
    joined = pd.concat(sides, ignore_index=True)
    if len(sides) == 1:
        return joined
    return joined.sort_values(["period_end", "district"], kind="stable", ignore_index=True)


def is_whole(series: pd.DataFrame) -> bool:
    """Tell whether a series has a row for each step, district and side."""
    n_steps = series.groupby(["period_end", "side"], sort=False).ngroups
    return len(series) == n_steps * series["district"].nunique()


def _dense(rows: pd.DataFrame) -> pd.DataFrame:
    """Put the rows of one side back: in each district the last row before tells what was there."""
    rows = rows.reset_index(drop=True)
    steps = rows.drop_duplicates("period_end")
    step = pd.Index(steps["period_end"]).get_indexer(pd.Index(rows["period_end"]))
    names = rows.loc[step == 0, "district"]
    place = pd.Index(names).get_indexer(pd.Index(rows["district"]))
    if (place < 0).any():
        raise LayerError("the first step has not a row for each district: pass the whole table")
    source = np.zeros((len(steps), len(names)), dtype=np.int64)
    source[step, place] = np.arange(len(rows))
    source = np.maximum.accumulate(source, axis=0)  # rows are in the order of their steps
    there = np.zeros(source.shape, dtype=bool)
    there[step, place] = True
    calm = ~there.ravel()
    out: dict[str, Any] = {str(name): rows[name].to_numpy()[source.ravel()] for name in rows}
    for before, after in _PAIRS:
        out[before][calm] = out[after][calm]
    out["held_km2"][calm] = out["after_km2"][calm]
    for name in _NOTHING:
        out[name][calm] = 0.0
    out["suspect"][calm] = False
    for name in _OF_STEP:
        out[name] = np.repeat(steps[name].to_numpy(), len(names))
    return pd.DataFrame(out).astype(rows.dtypes.to_dict())
