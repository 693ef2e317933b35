"""A series summed over its districts, and what to know of it as a whole."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd

from frontlines.geometry.coverage import CLOSURE
from frontlines.names import KM2

_SUMS = [
    "before_km2", "after_km2", "gained_km2", "lost_km2", "net_km2", "turnover_km2", "absorbed_km2",
    "contested_before_km2", "contested_after_km2", "margin_before_km2", "margin_after_km2",
]  # fmt: skip
_COMMON = ["side", "date_from", "date_to", "cadence", "same_input"]  # to all districts of a step
_TOTALS = [*_COMMON[:3], "period_end", *_SUMS[:6], "cumulative_net_km2", *_SUMS[6:], *_COMMON[3:], "suspect"]


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

    Examples
    --------
    >>> from frontlines.series.change_series import COLUMNS
    >>> table = pd.DataFrame({name: [1.0, 2.0] for name in COLUMNS}).assign(side="A", cadence="daily")
    >>> series_totals(table.assign(date_from=0, date_to=1, period_end=1))["net_km2"].tolist()
    [3.0]
    """
    step = series.groupby(["period_end", "side"], sort=False)
    totals = step[_SUMS].sum().join(step[_COMMON[1:]].first()).join(step["suspect"].any()).reset_index()
    totals = totals.sort_values("period_end", kind="stable", ignore_index=True)
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


def ground_beyond(control: gpd.GeoDataFrame, totals: pd.DataFrame) -> dict[str, float]:
    """Measure the ground of the sides that lies in no district, and so in no figure of a series."""
    of_sides = totals.groupby("side", sort=False)
    before, after = of_sides["before_km2"].first().sum(), of_sides["after_km2"].last().sum()
    booked = {
        totals["date_from"].iloc[0]: before,
        totals["date_to"].iloc[-1]: after + totals["absorbed_km2"].sum(),
    }
    own = control[control["side"].isin(totals["side"].unique())]
    drawn = {day: own.area[own["date"] == day].sum() / KM2 for day in booked}
    beyond = {f"{day:%Y-%m-%d}": float(drawn[day] - km2) for day, km2 in booked.items()}
    return {day: km2 if abs(km2) > CLOSURE * own.area.sum() / KM2 else 0.0 for day, km2 in beyond.items()}
