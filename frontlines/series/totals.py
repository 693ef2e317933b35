"""A series summed over its districts, what to know of it, and steps that may be a map drawn anew."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from frontlines.arguments import checked
from frontlines.arrays import Bools, Floats, Ints
from frontlines.errors import LayerError
from frontlines.geometry.coverage import CLOSURE
from frontlines.names import KM2
from frontlines.series.books import Sparse

Days = npt.NDArray[np.datetime64]

SUSPECT = 10.0
"""More than usual: a turnover a day that exceeds the median by this many robust standard deviations."""

_MAD_TO_SIGMA = 1.4826  # standard deviations to a median absolute deviation, for normal errors
_ENOUGH = 8  # steps with any turnover, for one of them to be out of the ordinary
_LEAST_SPREAD = 0.1  # of the median: where steps are all alike, a hair more is no outlier
_AROUND = np.timedelta64(14, "D")  # what belongs to one offensive lies this near before and after
_GOES_ON = 2.0  # an offensive: around a step so many times its turnover
_STANDS_STILL = 0.1  # a district that stands still: around a step less than this part of its turnover
_PART = 0.1  # districts with less than this part of a step that is suspect as a whole are not
_BOTH_WAYS = 1 / 3  # an outline drawn anew gains and loses: each at least this part of the turnover
_DAY = np.timedelta64(1, "D")
_AT_ONCE = 64  # steps, and districts, looked at together, so that memory stays small

_SUMS = [
    "before_km2", "after_km2", "gained_km2", "lost_km2", "net_km2", "turnover_km2", "absorbed_km2",
    "contested_before_km2", "contested_after_km2", "margin_before_km2", "margin_after_km2",
]  # fmt: skip
_COMMON = ["side", "date_from", "date_to", "cadence", "same_input"]  # to all districts of a step
_TOTALS = [*_COMMON[:3], "period_end", *_SUMS[:6], "cumulative_net_km2", *_SUMS[6:], *_COMMON[3:], "suspect"]


@checked()
def series_totals(series: pd.DataFrame) -> pd.DataFrame:
    """Sum a series over its districts, step by step, for each side.

    Parameters
    ----------
    series
        From `change_series`.

    Returns
    -------
    totals
        A row for each step and side: `side`, `date_from`, `date_to`, `period_end`, `before_km2`, `after_km2`,
        `gained_km2`, `lost_km2`, `net_km2`, `turnover_km2`, `cumulative_net_km2` (since the first snapshot),
        `absorbed_km2`, `contested_before_km2`, `contested_after_km2`, `margin_before_km2`,
        `margin_after_km2`, `cadence`, `same_input`, `suspect` (in any district).

    Raises
    ------
    LayerError
        If rows are left out of the series; see `every_row`.

    Examples
    --------
    >>> from frontlines.series.rows import COLUMNS
    >>> table = pd.DataFrame({name: [1.0, 2.0] for name in COLUMNS}).assign(side="A", cadence="daily")
    >>> table = table.assign(district=["D", "E"], same_input=False, suspect=False)
    >>> days = dict.fromkeys(("date_from", "date_to", "period_end"), pd.Timestamp("1994-05-12"))
    >>> series_totals(table.assign(**days))["net_km2"].tolist()
    [3.0]
    """
    step = series.groupby(["period_end", "side"], sort=False)
    if len(series) != step.ngroups * series["district"].nunique():
        raise LayerError(
            "rows in which nothing changed are left out of this series: put them back with "
            "frontlines.series.every_row(series)"
        )
    totals = summed(series, step.ngroup().to_numpy().astype(np.int64))
    totals = totals.sort_values("period_end", kind="stable", ignore_index=True)
    return with_running_net(totals)


def summed(series: pd.DataFrame, step: Ints) -> pd.DataFrame:
    """Sum the rows of each step and side, which are numbered as they come."""
    first = np.flatnonzero(~pd.Series(step).duplicated())
    common = series[["period_end", *_COMMON]].iloc[first].reset_index(drop=True)
    sums = series[_SUMS].groupby(step, sort=False).sum().reset_index(drop=True)
    suspect = np.bincount(step, weights=series["suspect"].to_numpy(), minlength=len(first)) > 0
    return common.join(sums).assign(suspect=suspect)


def with_running_net(totals: pd.DataFrame) -> pd.DataFrame:
    """Add up the net change of each side, step by step."""
    totals["cumulative_net_km2"] = totals.groupby("side", sort=False)["net_km2"].cumsum()
    return totals[_TOTALS]


def series_books(totals: pd.DataFrame) -> dict[str, Any]:
    """Sum up a series for its manifest; the areas of several sides stand by side."""
    areas = ["gained_km2", "lost_km2", "net_km2", "absorbed_km2"]
    steps = totals.groupby("period_end", sort=True)
    marked = {"suspect": steps["suspect"].any(), "same_input": steps["same_input"].all()}
    sums = {side: {name: float(rows[name].sum()) for name in areas} for side, rows in totals.groupby("side")}
    first = steps[["date_from", "date_to"]].first()
    return {
        "steps": len(first),
        "steps_without_snapshot": int((first["date_from"] == first["date_to"]).sum()),
        "cadence": str(totals["cadence"].iloc[0]),
        "dates": [f"{totals['date_from'].iloc[0]:%Y-%m-%d}", f"{totals['date_to'].iloc[-1]:%Y-%m-%d}"],
        **(next(iter(sums.values())) if len(sums) == 1 else {"sides": sums}),
        **{f"{name}_steps": [f"{day:%Y-%m-%d}" for day in days.index[days]] for name, days in marked.items()},
    }


def ground_beyond(ends: gpd.GeoDataFrame, totals: pd.DataFrame, n_days: int) -> dict[str, float]:
    """Measure the ground of the sides that lies in no district, and so in no figure of a series.

    `ends` is control on the first and on the last day of so many.
    """
    of_sides = totals.groupby("side", sort=False)
    before, after = of_sides["before_km2"].first().sum(), of_sides["after_km2"].last().sum()
    booked = {
        totals["date_from"].iloc[0]: before,
        totals["date_to"].iloc[-1]: after + totals["absorbed_km2"].sum(),
    }
    own = ends[ends["side"].isin(totals["side"].unique())]
    drawn = {day: own.area[own["date"] == day].sum() / KM2 for day in booked}
    beyond = {f"{day:%Y-%m-%d}": float(drawn[day] - km2) for day, km2 in booked.items()}
    rounding = CLOSURE * n_days * max(drawn.values())  # of the steps that lead to the last day
    return {day: km2 if abs(km2) > rounding else 0.0 for day, km2 in beyond.items()}


def suspects(gained: Sparse, lost: Sparse, start: Days, end: Days) -> Bools:
    """Tell which rows of a side are suspect, by step and district; the rule is told at `change_series`."""
    days = ((end - start) / _DAY).clip(min=1.0)[:, None]
    whole, most = np.zeros((2, len(days), 1))
    for first in range(0, len(days), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        turnover = gained[some] + lost[some]
        whole[some], most[some] = turnover.sum(axis=1, keepdims=True), turnover.max(axis=1, keepdims=True)
    usual = _usual(whole / days, whole > 0)
    out = np.zeros(gained.shape, dtype=bool)
    if not np.isfinite(usual).all():
        return out.ravel()
    of_all = (whole / days > _bound(whole / days)) & (_around(whole, start, end) < _GOES_ON * whole)
    least = np.minimum(_PART * whole, most)
    busy = np.union1d(gained.column, lost.column)  # no other district is suspect
    for first in range(0, len(busy), _AT_ONCE):
        districts = busy[first : first + _AT_ONCE]
        more, less = gained.columns(districts), lost.columns(districts)
        own = more + less
        odd = (own / days > usual) & ~(own / days <= _bound(own / days))
        redrawn = np.minimum(more, less) >= _BOTH_WAYS * own
        still = _around(own, start, end) < _STANDS_STILL * own
        out[:, districts] = ((own >= least) & of_all) | (odd & (redrawn | still))
    return out.ravel()


def _bound(rate: Floats) -> Floats:
    """Give what is far out of the ordinary in each column; NaN if no ordinary is known."""
    usual = _usual(rate, rate > 0)
    spread = _MAD_TO_SIGMA * _usual(np.abs(rate - usual), rate > 0)
    return usual + SUSPECT * np.fmax(spread, _LEAST_SPREAD * usual)


def _usual(amounts: Floats, busy: Bools) -> Floats:
    """Median of each column over its busy steps; NaN if they are too few."""
    usual = np.full(amounts.shape[1], np.nan)
    enough = busy.sum(axis=0) >= _ENOUGH
    usual[enough] = np.nanmedian(np.where(busy, amounts, np.nan)[:, enough], axis=0)
    return usual


def _around(turnover: Floats, start: Days, end: Days) -> Floats:
    """Sum the turnover of the steps around each one: those within two weeks, and at least its neighbours."""
    step = np.arange(len(turnover))
    first = np.minimum(np.searchsorted(end, start - _AROUND, side="right"), step - 1).clip(min=0)
    last = np.maximum(np.searchsorted(start, end + _AROUND, side="left"), step + 2).clip(max=len(step))
    reached = np.vstack([np.zeros(turnover.shape[1]), np.cumsum(turnover, axis=0)])
    return np.asarray(reached[last] - reached[first] - turnover)
