"""The errors of a series: how sure each step, what is held at its ends, and the sum of all steps are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arguments import checked
from frontlines.arrays import Bools, Floats
from frontlines.crs.working import require_working_crs
from frontlines.errors import LayerError
from frontlines.geometry.coverage import united
from frontlines.names import BORDER_M, KM2, WHOLE, listed, somebody
from frontlines.series.change_series import grounds_of
from frontlines.series.totals import series_totals
from frontlines.uncertainty import LEVEL, NoiseModel
from frontlines.uncertainty.columns import check_level
from frontlines.uncertainty.many_fronts import ManyFronts, Sum

WITHHELD = (
    "Gained and lost have no interval in a series: errors of the lines make both larger in every step, "
    "so their sums grow with the number of steps"
)
"""Why sums of gains and of losses come without an interval."""

_CHANGES = ("net", "cumulative")
_NOTHING_KM2 = 1e-6  # less ground than this is rounding


@dataclass(frozen=True)
class SeriesErrors:
    """A series with its errors.

    Attributes
    ----------
    series, totals
        From `change_series` and `series_totals`, with the columns that `series_error` names.
    overall
        A row for each district and side, and one for ``all districts``: `net_km2` from the first snapshot to
        the last, with `sigma_km2`, its interval and `trust`.
    level
        Probability that an interval holds the truth.
    """

    series: pd.DataFrame
    totals: pd.DataFrame
    overall: pd.DataFrame
    level: float


@checked()
def series_error(
    series: pd.DataFrame,
    control: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    noise: NoiseModel,
    *,
    frontlines: gpd.GeoDataFrame | None = None,
    border_m: float = BORDER_M,
    level: float = LEVEL,
) -> SeriesErrors:
    """Carry the errors of the lines of many snapshots into each step of a series, and into its sum.

    Parameters
    ----------
    series
        From `change_series`.
    control, districts
        What it was made with. Polygons may have a `sigma_m` [m]: the larger one of both sides counts.
    noise
        What is assumed about the errors; `between` must be 0.
    frontlines
        The lines that control was made from, of all dates, if it was: their `sigma_m` counts instead.
    border_m
        What runs this near to the edge of all districts is no front [m].
    level
        Probability that an interval holds the truth.

    Returns
    -------
    errors
        In series and totals, for each step: `sigma_km2`, the standard error of net [km²]; the intervals
        `net_low_km2` and `net_high_km2`, and the same of `before` and `after`; `net_lowest_km2` and
        `net_highest_km2`, the range of the interval over ``noise.plausible``; `trust`: ``net``, or ``no``
        where a border of districts is within reach of the error. In totals also `cumulative_sigma_km2`,
        `cumulative_low_km2` and so on, of net since the first snapshot. Columns of sides that are nobody
        are empty.

    Raises
    ------
    NoiseError
        If lines have no sigma and `noise` has none, `between` is not 0, or the level is no probability.
    LayerError
        If control lacks a date of the series.
    CRSError
        If the frames are not in one working CRS.

    Notes
    -----
    Each net has the error that `balance_error` gives for its two snapshots. Edges that both have (within
    0.1 m) cancel: a step rests on the edges in which its two snapshots differ, and the sum of all steps on
    those in which the first differs from the last, whatever was drawn between. So sigmas of steps do not add
    up to that of their sum. Where nothing differs, sigma is exactly 0. It is missing, and `trust` is ``no``,
    where the formula says nothing: in a district that no such edge crosses, but one is within three sigmas
    of; where ground changed hands within `border_m` of the edge alone; in a period without a new snapshot.
    Gained and lost have no interval (`WITHHELD`).

    Examples
    --------
    >>> from shapely import box
    >>> from frontlines.series import change_series
    >>> days = pd.to_datetime(["2031-06-01", "2031-06-02", "2031-06-03"])
    >>> fronts = [box(0, 0, 1000, 2000), box(0, 0, 1500, 2000), box(0, 0, 1500, 2000)]
    >>> control = gpd.GeoDataFrame({"date": days, "side": "A"}, geometry=fronts, crs="EPSG:3035")
    >>> districts = gpd.GeoDataFrame({"district": ["D"]}, geometry=[box(0, 0, 4000, 2000)], crs="EPSG:3035")
    >>> series = change_series(control, districts, "A")
    >>> found = series_error(series, control, districts, NoiseModel(100.0, float("inf")))
    >>> found.totals[["net_km2", "sigma_km2", "cumulative_sigma_km2"]].round(3).values.tolist()
    [[1.0, 0.283, 0.283], [0.0, 0.0, 0.283]]
    """
    check_level(level)
    require_working_crs(control=control, districts=districts)
    shapes = np.asarray(districts.sort_values("district", kind="stable").geometry.values)
    dates = pd.Index(sorted(control["date"].unique()))
    if not dates.isin(series["date_from"]).any() or not series["date_to"].isin(dates).all():
        raise LayerError("control lacks dates of the series: pass what the series was made with")
    steps, names = series.groupby(["period_end", "side"])["district"], set(districts["district"])
    other = set(series["side"]) - set(control["side"]) or set(series["district"]) ^ names
    if other or (steps.nunique() < len(names)).any():
        raise LayerError(
            f"control and districts are not those of the series ({listed(sorted(map(str, other)), 3)}): "
            "pass what the series was made with, and all its rows"
        )
    drawn = control.set_geometry(control.boundary) if frontlines is None else frontlines
    of_date = drawn.groupby("date").indices
    lines = [drawn.iloc[of_date.get(date, [])] for date in dates]
    edge, totals = shapely.boundary(united(shapes)), series_totals(series)
    tables = [series, totals, _summed(series, ["side", "district"]), _summed(totals, ["side"])]
    for side in somebody(sorted(series["side"].unique())):
        _, *grounds = grounds_of(control, side, list(dates))
        fronts = ManyFronts(list(np.transpose(grounds)), edge, shapes, border_m)
        fronts.take_errors(lines, noise)
        of_side = _OfSide(fronts, noise.plausible, NormalDist().inv_cdf((1 + level) / 2), dates)
        tables = [of_side.added(table, table["side"].to_numpy() == side) for table in tables]
    overall = pd.concat([tables[2], tables[3].assign(district=WHOLE)], ignore_index=True)
    return SeriesErrors(tables[0], tables[1], overall, level)


def _summed(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Make one step of all steps."""
    rows = table.groupby(keys, sort=False)
    ends = rows[["date_from", "before_km2"]].first().join(rows[["date_to", "after_km2"]].last())
    return ends.join(rows["net_km2"].sum()).reset_index()


class _OfSide:
    """Adds the errors of one side to tables whose rows are steps, by district or of all together."""

    def __init__(
        self, fronts: ManyFronts, models: Sequence[NoiseModel], reach: float, dates: pd.Index[Any]
    ) -> None:
        self.fronts, self.models, self.reach, self.dates = fronts, models, reach, dates
        self.known: dict[tuple[Sum, bool], Floats] = {}

    def added(self, table: pd.DataFrame, own: Bools) -> pd.DataFrame:
        """Give a table the columns of errors, and fill them for its rows of the side."""
        whole = "district" not in table
        km2 = shapely.area(self.fronts.shapes) / KM2
        limit = np.array([km2.sum()]) if whole else km2
        rows = table[own].iloc[:: len(limit)]
        first, last = (
            self.dates.get_indexer(pd.Index(rows[name])).tolist() for name in ("date_from", "date_to")
        )
        nets = [Sum((i, j), (-1, 1)) for i, j in zip(first, last, strict=True)]
        sums = {"before": [Sum((i,), (1,)) for i in first], "after": [Sum((j,), (1,)) for j in last]}
        sums["net"] = nets
        if "cumulative_net_km2" in table:
            sums["cumulative"] = [Sum((first[0], j), (-1, 1)) for j in last]
        found: dict[str, Any] = {}
        for name, wanted in sums.items():
            sigma = np.stack([self.sigmas(one, whole=whole) for one in wanted], axis=1)
            column = "cumulative_net_km2" if name == "cumulative" else f"{name}_km2"
            value = table[column].to_numpy(dtype=float)[own].reshape(-1, len(limit))
            if name in _CHANGES:
                # Ground changed hands where no line is front; or no new map says what did.
                turned = "turnover_km2" if name == "net" and "turnover_km2" in table else column
                moved = np.abs(table[turned].to_numpy(dtype=float)[own].reshape(value.shape))
                sigma[:, (sigma[0] == 0) & (moved > _NOTHING_KM2)] = np.nan
                sigma[:, np.equal(first, last) & (name == "net")] = np.nan
            least = -limit if name in _CHANGES else 0 * limit
            low = np.maximum(value - self.reach * sigma, np.minimum(least, value))
            high = np.minimum(value + self.reach * sigma, np.maximum(limit, value))
            if name in _CHANGES:
                found["sigma_km2" if name == "net" else "cumulative_sigma_km2"] = sigma[0]
                found |= {f"{name}_lowest_km2": low.min(axis=0), f"{name}_highest_km2": high.max(axis=0)}
            found |= {f"{name}_low_km2": low[0], f"{name}_high_km2": high[0]}
        across = np.array([np.atleast_1d(self.fronts.across(one)[int(whole)]) for one in nets])
        trust = np.where(across | np.isnan(found["sigma_km2"]), "no", "net").astype(object)
        out = table.copy()
        for name, values in (found | {"trust": trust}).items():
            if name not in out:
                out[name] = np.full(len(out), None if name == "trust" else np.nan)
            out.loc[own, name] = values.ravel()
        return out

    def sigmas(self, one: Sum, *, whole: bool) -> Floats:
        """Compute the standard errors of a sum by each model, once."""
        if (one, whole) not in self.known:
            self.known[one, whole] = self.fronts.sigmas_km2(one, self.models, whole=whole)
        return self.known[one, whole]
