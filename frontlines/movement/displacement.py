"""How far a front moved along each transect: net movement, envelope and rates, with errors and doubts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arguments import checked
from frontlines.arrays import Bools, Floats, Geometries
from frontlines.crs.geodesic import ground_length_m
from frontlines.crs.working import require_working_crs
from frontlines.errors import LayerError
from frontlines.movement.crossings import Rule, front_positions
from frontlines.movement.fronts import districts_of, require_other_names
from frontlines.movement.rates import normal_z, regression_rates, spread_m

DOUBTS = {
    "oblique": "the transect crosses a line at less than `oblique_deg`: it overstates the movement",
    "several_crossings": "the side's ground ends more than once along the transect: the rule chose",
    "through_own_ground": "a line of either date lies between both positions: part of the way did not change",
    "crosses_neighbour": "the way measured crosses that of another transect: ground is counted twice",
    "below_error": "the net movement is smaller than its own error at `level`",
}
"""Reasons to doubt the figure of a transect, by code."""


@checked(frontlines="lines date side_left side_right", transects="lines transect origin_m side cut")
def displacement(
    transects: gpd.GeoDataFrame,
    frontlines: gpd.GeoDataFrame,
    *,
    districts: gpd.GeoDataFrame | None = None,
    dates: Iterable[Any] | None = None,
    crossing: Rule = "nearest",
    level: float = 0.95,
    oblique_deg: float = 30.0,
) -> gpd.GeoDataFrame:
    """Measure how far the front moved along each transect.

    Parameters
    ----------
    transects
        From `make_transects`, in the working CRS.
    frontlines
        Lines with `date`, `side_left`, `side_right` and, if known, `sigma_m` [m], in the same CRS; two
        dates or more.
    districts
        Polygons with unique `district`, in the same CRS: each transect gets the district where it meets
        the front of the first date. None gives none.
    dates
        The days compared; None takes those of `frontlines`.
    crossing
        Which crossing counts: ``nearest``, ``first``, ``last`` or ``all``, see
        `frontlines.movement.crossings.front_positions`.
    level
        Of all intervals, and of the doubt ``below_error``.
    oblique_deg
        Crossings at a smaller angle than this [degrees] are doubted.

    Returns
    -------
    displaced
        The columns of `transects`, then

        - `district`; `date_from`, `date_to`; `n_dates` with a position;
        - `from_m`, `to_m`: position at the first and last date, along the transect from its origin [m];
        - `nsm_m`: net movement, the one less the other; positive where the side advanced [m];
        - `nsm_sigma_m`: its standard error [m]; `shared`: both dates have the same line there, so that
          movement and error are exactly zero, for a line's error moves it on both dates alike;
        - `sce_m`: envelope, the largest less the smallest position of all dates, two or more [m];
        - `epr_m_per_day`, `epr_sigma_m_per_day`: end point rate and its standard error;
        - `lrr_m_per_day`, `lrr_low_m_per_day`, `lrr_high_m_per_day`, `lrr_r2`: regression rate, interval,
          R²; three dates or more;
        - `wlr_…`: the same, weighted by 1/sigma²;
        - `reason`, `reason_date`: why there is no net movement (a code of
          `frontlines.movement.crossings.REASONS`), and at which date; empty if there is one;
        - `doubts`: codes of `DOUBTS`, separated by blanks; empty if there is no doubt.

        Figures that cannot be given are NaN.

    Raises
    ------
    LayerError
        If there are fewer than two dates, no transects, or those of several sides; the side has no line;
        lines lie on each other with unlike `sigma_m`; a district is called `WHOLE`; or an option is out of
        range.
    CRSError
        If the frames are not in one equal-area CRS in metres.

    Notes
    -----
    NSM = d(t1) - d(t0), EPR = NSM ÷ time and its error √(σ0² + σ1²) ÷ time, as in DSAS [1]_ but with the
    sign of a named side and per day: a year is 365.25 days. Here σ is that of the position along the
    transect: `sigma_m` of the line, which is across it, by the sine of the angle between both. DSAS does not
    divide, for its transects are at right angles. Errors at two dates are taken as independent, save where
    the line is shared.

    References
    ----------
    .. [1] Himmelstoss, E. A., Henderson, R. E., Kratzmann, M. G., Farris, A. S. (2018). Digital Shoreline
       Analysis System (DSAS) version 5.0 user guide. U.S. Geological Survey Open-File Report 2018-1179.
       https://doi.org/10.3133/ofr20181179

    Examples
    --------
    >>> from frontlines.movement.transects import make_transects
    >>> lines = shapely.linestrings([[(4320000, y), (4324000, y)] for y in (3210000, 3213000)])
    >>> fronts = gpd.GeoDataFrame(
    ...     {"date": pd.to_datetime(["1994-05-02", "1994-05-12"]), "side_left": "B", "side_right": "A",
    ...      "sigma_m": [300.0, 400.0]}, geometry=lines, crs="EPSG:3035")
    >>> moved = displacement(make_transects(fronts, "A", spacing_m=4000), fronts)
    >>> moved[["nsm_m", "nsm_sigma_m", "epr_m_per_day"]].round(2).values.tolist()
    [[3000.0, 500.0, 300.0]]
    """
    require_working_crs(transects=transects, frontlines=frontlines)
    positions = front_positions(transects, frontlines, crossing=crossing, dates=dates)
    days = pd.DatetimeIndex(positions["date"].unique())
    if len(days) < 2:  # noqa: PLR2004 - a movement is between two
        raise LayerError("the lines have one date only: movement needs two or more")
    if not 0 <= oblique_deg <= 90:  # noqa: PLR2004 - a right angle
        raise LayerError(f"oblique_deg is {oblique_deg}: give an angle from 0 to 90 degrees")
    table = _movement(positions, days, level)
    moved = transects.reset_index(drop=True).drop(columns="geometry").join(table)
    moved = gpd.GeoDataFrame(moved, geometry=transects.geometry.to_numpy(), crs=transects.crs)
    moved.insert(moved.columns.get_loc("date_from"), "district", _districts(moved, districts))
    moved["doubts"] = _doubts(moved, positions, days, level, oblique_deg)
    return moved[[*(name for name in moved.columns if name != "geometry"), "geometry"]]


def _movement(positions: pd.DataFrame, days: pd.DatetimeIndex, level: float) -> pd.DataFrame:
    """Compute all figures from the positions, a row a transect."""
    shape = (-1, len(days))
    place, sigma, apart = (
        positions[name].to_numpy(dtype=float).reshape(shape)
        for name in ("position_m", "sigma_m", "apart_sigma_m")
    )
    shared = positions["shared"].to_numpy(dtype=bool).reshape(shape)[:, -1]
    reason = positions["reason"].to_numpy(dtype=object).reshape(shape)[:, [0, -1]]
    since = np.asarray((days - days[0]) / pd.Timedelta(days=1), dtype=float)
    nsm = place[:, -1] - place[:, 0]
    error = np.where(np.isnan(nsm), np.nan, apart[:, -1])
    at_first = reason[:, 0] != ""
    first_reason = np.where(at_first, reason[:, 0], reason[:, 1])
    when = np.where(at_first, f"{days[0]:%Y-%m-%d}", f"{days[-1]:%Y-%m-%d}")
    table = pd.DataFrame(
        {
            "date_from": days[0],
            "date_to": days[-1],
            "n_dates": np.isfinite(place).sum(axis=1),
            "from_m": place[:, 0],
            "to_m": place[:, -1],
            "nsm_m": nsm,
            "nsm_sigma_m": error,
            "shared": shared,
            "sce_m": np.where(np.isfinite(place).sum(axis=1) > 1, spread_m(place), np.nan),
            "epr_m_per_day": nsm / since[-1],
            "epr_sigma_m_per_day": error / since[-1],
        }
    )
    for name, weights in (("lrr", None), ("wlr", sigma)):
        rates = regression_rates(since, place, sigma_m=weights, level=level).drop(columns="n_dates")
        rates = rates.rename(columns={"rate_m_per_day": "m_per_day"}).add_prefix(f"{name}_")
        table = table.join(rates)
    return table.assign(reason=first_reason, reason_date=np.where(first_reason == "", "", when))


def _districts(moved: gpd.GeoDataFrame, districts: gpd.GeoDataFrame | None) -> list[str]:
    """Name the district where each transect meets the first front; without that, where it was cast."""
    if districts is None:
        return [""] * len(moved)
    require_working_crs(transects=moved, districts=districts)
    require_other_names(districts["district"])
    at = moved["origin_m"] + moved["from_m"].fillna(0.0)
    points = places_along(moved, at.to_numpy(dtype=float))
    return [str(name) for name in districts_of(points, districts)]


def places_along(transects: gpd.GeoDataFrame, along_m: Floats) -> Geometries:
    """Give the point of each transect at a distance along the ground from its start."""
    shapes = np.asarray(transects.geometry.values)
    share = np.clip(along_m / ground_length_m(shapes, transects.crs), 0.0, 1.0)
    return np.asarray(shapely.line_interpolate_point(shapes, share.round(12), normalized=True))


def ways(displaced: gpd.GeoDataFrame) -> Geometries:
    """Give the way of each transect from the first position to the last, as a line."""
    moves = displaced["nsm_m"].fillna(0.0).to_numpy() != 0
    own = displaced[moves]
    start, end = ((own["origin_m"] + own[name]).to_numpy(dtype=float) for name in ("from_m", "to_m"))
    # A straight transect is straight on the ground too; the way along a bent one takes more points.
    steps = 2 if (shapely.get_num_coordinates(np.asarray(own.geometry.values)) == 2).all() else 33  # noqa: PLR2004
    share = np.linspace(0.0, 1.0, steps)
    points = [places_along(own, start + (end - start) * part) for part in share]
    found = np.full(len(displaced), None, dtype=object)
    if len(own):
        xy = np.stack([shapely.get_coordinates(part) for part in points], axis=1)
        found[moves] = shapely.linestrings(xy)
    return found


def _doubts(
    moved: gpd.GeoDataFrame, positions: pd.DataFrame, days: pd.DatetimeIndex, level: float, oblique_deg: float
) -> list[str]:
    """Gather the doubts about each transect that has a net movement."""
    shape = (-1, len(days))
    sine, number, between = (
        positions[name].to_numpy(dtype=float).reshape(shape)[:, [0, -1]]
        for name in ("sine", "n_crossings", "n_between")
    )
    nsm_m, error = moved["nsm_m"].to_numpy(dtype=float), moved["nsm_sigma_m"].to_numpy(dtype=float)
    moves = np.isfinite(nsm_m) & ~moved["shared"].to_numpy(dtype=bool)
    found = {
        "oblique": moves & (sine < np.sin(np.radians(oblique_deg))).any(axis=1),
        "several_crossings": moves & (number > 1).any(axis=1),
        "through_own_ground": moves & (between[:, -1] > 0),
        "crosses_neighbour": moves & _cross_each_other(ways(moved)),
        "below_error": moves & (np.abs(nsm_m) < normal_z(level) * error),
    }
    names = np.array(list(found), dtype=object)
    return [" ".join(names[row]) for row in np.column_stack(list(found.values()))]


def _cross_each_other(found: Geometries) -> Bools:
    """Tell which ways cross another one."""
    rows = np.flatnonzero(~shapely.is_missing(found))
    one, other = shapely.STRtree(found[rows]).query(found[rows], predicate="intersects")
    crossed = np.zeros(len(found), dtype=bool)
    crossed[rows[one[one != other]]] = True
    return crossed
