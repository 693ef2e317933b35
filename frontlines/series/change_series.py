"""Many dates: what sides gained and lost from snapshot to snapshot, district by district."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arguments import checked
from frontlines.arrays import Floats, Geometries
from frontlines.crs.working import require_working_crs
from frontlines.errors import LayerError
from frontlines.geometry.coverage import united
from frontlines.layers.margins import is_strip, margins_by_district
from frontlines.limits import require_metres
from frontlines.names import CONTESTED, TOLERANCE_M, Mapper, sides_followed, sides_in_order
from frontlines.progress import Progress, reporting
from frontlines.series.books import Moves, moves
from frontlines.series.rows import Plan


@checked()
def change_series(  # noqa: PLR0913 - nine arguments, six of them with defaults
    control: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    side: str | Sequence[str] | None = None,
    *,
    freq: str | None = None,
    day: int | None = None,
    mapper: Mapper = map,
    progress: Progress = None,
    tolerance_m: float = TOLERANCE_M,
    previous: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Follow a side, or each of several, through many snapshots.

    Parameters
    ----------
    control
        Polygons with `date` and `side`, in the working CRS (from `as_control`; a theatre is not
        needed, for only the ground of each side and contested ground is looked at). A date without a
        row of a side is a snapshot on which it held nothing. Strips along the theatre's edge may be rows
        of their own (see `run_series`).
    districts
        Polygons with unique `district`, in the same CRS (from `as_districts`).
    side
        The side whose gains are positive, or several of them; None: every side there is, in the order of
        their names, contested and unknown ground last, or the only one.
    freq
        None: a step from each snapshot to the next. ``D``, ``W``, ``MS``, ``QS``, ``YS``, or ``daily``,
        ``weekly``, ``monthly``, ``quarterly``, ``yearly``: a step for each day, week (to Sunday), month,
        quarter, year. A step leads from the last snapshot on or before
        the end of the step before it to the last snapshot on or before its own end; the first one
        starts at the first snapshot, and a period that holds this snapshot alone is no step. A period
        without a snapshot is a step in which nothing is known to have changed.
    day
        Day of the month on which months, quarters and years end, from 1 to 28: with 2, a month leads from
        the 2nd to the 2nd. By default they end on their last day.
    mapper
        A function like `map`, to spread steps over workers; the result is the same for any.
    progress
        None, True for a bar, or a function of (fraction, message).
    tolerance_m
        A vertex that moved less than this [m] between two snapshots is the same vertex.
    previous
        A series made before from the beginning of the same snapshots, with the same arguments: its
        steps are taken over, and only later ones are computed. That the snapshots are the same is not
        checked; that the earlier series leads up to them is.

    Returns
    -------
    series
        A row for each step, district and side, sorted by `period_end`, then `district`: the columns of
        `balance_by_district`, and `period_end` (the day on which the step ends: the last one of its
        period, or `date_to` without `freq`), `turnover_km2` (gained plus lost), `absorbed_km2` (area
        that the tolerance took for unmoved, after less before), `cadence` (in words), `same_input`
        (two snapshots that are the same, byte for byte), `suspect`, `margin_before_km2` and
        `margin_after_km2` (strips along the edge, part of `before_km2` and `after_km2`). The `after_km2`
        of a step is the `before_km2` of the next. `date_from` and `date_to` are the dates of the
        snapshots used; they are the same day if the period brought no new one.

    Raises
    ------
    LayerError
        If there are fewer than two snapshots, a side occurs nowhere, `freq` is not known or has
        no such `day`, `tolerance_m` is no distance, or `previous` is a series of something else.
    ClosureError
        If the steps do not add up to the last snapshot.
    CRSError
        If the frames are not in one equal-area CRS in metres.

    Notes
    -----
    Gross figures depend on the cadence: ground that changes hands and comes back within a step is
    neither gained nor lost. Net figures do not depend on it, but for what the tolerance absorbs: net
    and absorbed together are the same at any cadence. A snapshot's date is not the date of a
    change, and a step may show a redrawn map instead of a moved front.

    A step of a side is `suspect` in a district if it turns over more a day there than all districts
    together on a usual one, and more than is usual there, and if the district stood still around it (less
    than a tenth of that in the steps within 14 days on either side) or both gained and lost (at least a
    third each), as an outline does that is drawn anew. It is suspect in its larger districts (a tenth of
    the turnover or more) if all together turn over more than is usual, and less than twice as much around
    it, where an offensive would go on. Usual is the median of the steps with any turnover, of which there
    must be eight; more than usual exceeds it by more than `SUSPECT` times their spread: 1.4826 times the
    median absolute deviation, and no less than a tenth of the median. Suspect steps stay in all figures.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> days = pd.to_datetime(["2031-06-01", "2031-06-02", "2031-06-03"])
    >>> fronts = [box(0, 0, 1000, 2000), box(0, 0, 1500, 2000), box(0, 0, 1250, 2000)]
    >>> control = gpd.GeoDataFrame({"date": days, "side": "A"}, geometry=fronts, crs="EPSG:3035")
    >>> districts = gpd.GeoDataFrame({"district": ["D"]}, geometry=[box(0, 0, 4000, 2000)], crs="EPSG:3035")
    >>> series = change_series(control, districts, "A")
    >>> series[["before_km2", "gained_km2", "lost_km2", "after_km2"]].values.tolist()
    [[2.0, 1.0, 0.0, 3.0], [3.0, 0.0, 0.5, 2.5]]
    """
    require_working_crs(control=control, districts=districts)
    require_metres(LayerError, needed=True, tolerance_m=tolerance_m)
    sides = held_sides(control["side"], side)
    dates = [pd.Timestamp(date) for date in sorted(control["date"].unique())]
    with reporting(progress) as report:
        plan = Plan(dates, districts, sides, freq, day, previous)
        report(0.0, "what moved")
        found = {}
        if plan.steps:
            for one in dict.fromkeys((*sides, CONTESTED)):
                known = plan.known(one)
                found[one] = moves_of(
                    control, one, plan.chain, plan.districts, tolerance_m, mapper=mapper, known=known
                )
        series = pd.concat(list(plan.tables(found)), ignore_index=True)
        report(1.0, "done")
    return series


def moves_of(
    control: gpd.GeoDataFrame,
    side: str,
    chain: Sequence[pd.Timestamp],
    districts: gpd.GeoDataFrame,
    tolerance_m: float,
    *,
    mapper: Mapper = map,
    known: Floats | None = None,
) -> Moves:
    """Find what a side gained and lost between consecutive dates of a chain."""
    _, grounds, strips = grounds_of(control, side, chain)
    margins = _margins(strips, districts)
    return moves(grounds, strips, margins, districts, mapper, tolerance_m, known=known)


def held_sides(held: Iterable[str], side: str | Sequence[str] | None) -> tuple[str, ...]:
    """List the sides to follow among those that hold ground; refuse those that hold nothing."""
    every = sides_in_order(held)
    followed = sides_followed(every, side)
    for name in followed:
        if name not in every:
            sides = ", ".join(map(repr, every))
            raise LayerError(f"side {name!r} holds no ground on any date: the sides are {sides}")
    return followed


def _margins(strips: Geometries, districts: gpd.GeoDataFrame) -> Floats:
    """Measure the strips of each snapshot in each district [km²]."""
    margins = np.zeros((len(strips), len(districts)))
    if shapely.is_empty(strips).all():
        return margins
    frame = gpd.GeoDataFrame({"date": np.arange(len(strips)), "side": ""}, geometry=strips, crs=districts.crs)
    booked = margins_by_district(frame, districts)
    place = pd.Index(districts["district"]).get_indexer(booked["district"])
    margins[booked["date"].to_numpy(dtype=np.int64), place] = booked["margin_km2"]
    return margins


def grounds_of(
    control: gpd.GeoDataFrame, side: str, dates: Sequence[pd.Timestamp] | None = None
) -> tuple[list[pd.Timestamp], Geometries, Geometries]:
    """Give the dates of a frame, and the ground of one side on each: polygons, and strips beside them."""
    known = sorted(control["date"].unique()) if dates is None else list(dates)
    own = control[control["side"] == side]
    if dates is None and own.empty:
        sides = ", ".join(map(repr, sorted(control["side"].unique())))
        raise LayerError(f"side {side!r} holds no ground on any date: the sides are {sides}")
    beside = is_strip(own)
    grounds, strips = (_by_date(rows, known) for rows in (own[~beside], own[beside]))
    return [pd.Timestamp(date) for date in known], grounds, strips


def _by_date(rows: gpd.GeoDataFrame, dates: Sequence[Any]) -> Geometries:
    """Join what rows hold on each date."""
    shapes = np.asarray(rows.geometry.values)
    places = rows.reset_index(drop=True).groupby("date").indices
    grounds = np.full(len(dates), shapely.Polygon(), dtype=object)
    for number, date in enumerate(dates):
        held = shapes[places.get(date, [])]
        if len(held):
            grounds[number] = united(held)
    return grounds
