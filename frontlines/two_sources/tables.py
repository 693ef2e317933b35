"""Ground that both sources, one or neither gives to a side, how well they agree, and fronts far apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arguments import checked
from frontlines.arrays import Floats
from frontlines.change import change_between
from frontlines.crs.geodesic import ground_length_m
from frontlines.crs.working import require_working_crs
from frontlines.errors import LayerError
from frontlines.geometry.coverage import CLOSURE, close_book, united
from frontlines.limits import lengths_given
from frontlines.names import CONTESTED, KM2, WHOLE, one_spelling
from frontlines.two_sources.tiled import TiledGrounds

KINDS = ("both", "only_first", "only_second", "neither")
"""What two sources can say of ground."""

AREAS = [f"{kind}_km2" for kind in KINDS]
MEASURES = ["ratio", "iou", "precision", "recall", "f1"]
COLUMNS = ["date", "district", "side", "district_km2", *AREAS, *MEASURES, "iou_low", "iou_high"]

_SAME_M = 0.1  # lines this near to each other are the same


@checked(first="polygons date side", second="polygons date side")
def agreement_by_district(
    first: gpd.GeoDataFrame, second: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, side: str
) -> pd.DataFrame:
    """Compare what two sources say of one side's ground, on every day that both have.

    Parameters
    ----------
    first, second
        Control of each source: polygons with `date`, `side`, `source` that fill the districts at each
        date, in the working CRS (from `as_control` with `theatre` and `rest`).
    districts
        Polygons with unique `district`, in the same CRS (from `as_districts`).
    side
        The side whose ground is compared.

    Returns
    -------
    table
        A row for each date and district, and one for ``all districts``, sorted: `date`, `district`,
        `side`, `district_km2`; `both_km2`, `only_first_km2`, `only_second_km2` and `neither_km2`, which
        sum to `district_km2`; `ratio` (ground of the first ÷ of the second), `iou` (both ÷ either),
        `precision` (both ÷ first), `recall` (both ÷ second), `f1` (their harmonic mean); missing where
        the divisor is zero. Contested ground counts for nobody; `iou_low` and `iou_high` are the least
        and the largest `iou` if it is counted for the side, or not, in either source.

    Raises
    ------
    LayerError
        If the sources have no day in common, or neither gives ground to the side.
    ClosureError
        If the areas do not sum to the districts': a source has gaps or overlaps.
    CRSError
        If the frames are not in one projected CRS in metres.

    Notes
    -----
    `iou` is the index of Jaccard [1]_, `f1` that of Dice [2]_. Bounds of `iou` by contested ground
    are taken over all four ways of counting it.

    References
    ----------
    .. [1] Jaccard, P. (1912). The distribution of the flora in the alpine zone. New Phytologist 11, 37-50.
       https://doi.org/10.1111/j.1469-8137.1912.tb05611.x
    .. [2] Dice, L. R. (1945). Measures of the amount of ecologic association between species. Ecology 26,
       297-302. https://doi.org/10.2307/1932409

    Examples
    --------
    >>> from shapely import box
    >>> districts = gpd.GeoDataFrame({"district": ["D"]}, geometry=[box(0, 0, 4000, 1000)], crs="EPSG:3035")
    >>> def source(front):
    ...     return gpd.GeoDataFrame(
    ...         {"date": pd.to_datetime(["2024-11-24"] * 2), "side": ["A", "B"], "source": ["a map"] * 2},
    ...         geometry=[box(0, 0, front, 1000), box(front, 0, 4000, 1000)], crs="EPSG:3035")
    >>> table = agreement_by_district(source(2000), source(1000), districts, "A")
    >>> table[["district", "both_km2", "only_first_km2", "ratio", "iou"]].values.tolist()
    [['D', 1.0, 1.0, 2.0, 0.5], ['all districts', 1.0, 1.0, 2.0, 0.5]]
    """
    require_working_crs(first=first, second=second, districts=districts)
    require_side((first, second), side)
    theatre, days = united(districts.geometry.to_numpy()), common_days(first, second)
    for frame in (first, second):
        _require_filled(frame[frame["date"].isin(days)], theatre)
    return pd.concat(measured(first, second, districts, theatre, side, days), ignore_index=True)


@checked(first="polygons date side", second="polygons date side")
def differing_ground(
    first: gpd.GeoDataFrame, second: gpd.GeoDataFrame, theatre: gpd.GeoDataFrame, side: str
) -> gpd.GeoDataFrame:
    """Cut out the ground that both sources, one of them or neither gives to a side.

    Parameters
    ----------
    first, second
        As for `agreement`.
    theatre
        Ground of the study, in the same CRS (from `as_theatre`).
    side
        The side whose ground is compared.

    Returns
    -------
    ground
        A row for each date and kind (``both``, ``only_first``, ``only_second``, ``neither``) that occurs:
        `date`, `side`, `kind`, `area_km2` and a Polygon or MultiPolygon. Contested ground counts for nobody.

    Raises
    ------
    LayerError
        If the sources have no day in common, or neither gives ground to the side.
    ClosureError
        If the areas do not sum to the theatre's.
    CRSError
        If the frames are not in one projected CRS in metres.

    Examples
    --------
    >>> from shapely import box
    >>> theatre = gpd.GeoDataFrame(geometry=[box(0, 0, 4000, 1000)], crs="EPSG:3035")
    >>> def source(front):
    ...     return gpd.GeoDataFrame(
    ...         {"date": pd.to_datetime(["2024-11-24"] * 2), "side": ["A", "B"], "source": ["a map"] * 2},
    ...         geometry=[box(0, 0, front, 1000), box(front, 0, 4000, 1000)], crs="EPSG:3035")
    >>> differing_ground(source(2000), source(1000), theatre, "A")[["kind", "area_km2"]].values.tolist()
    [['both', 1.0], ['neither', 2.0], ['only_first', 1.0]]
    """
    require_working_crs(first=first, second=second, theatre=theatre)
    require_side((first, second), side)
    parts = []
    for day in common_days(first, second):
        pairs = overlaid(first, second, day, theatre)
        parts.append(ground_by_kind(pairs, side).assign(date=day, side=side))
    ground = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=theatre.crs)
    return ground[["date", "side", "kind", "area_km2", "geometry"]]


@checked(first="lines", second="lines")
def front_apart(
    first: gpd.GeoDataFrame, second: gpd.GeoDataFrame, *, apart_m: float | Sequence[float]
) -> pd.DataFrame:
    """Measure how much of each source's front lies farther than a distance from the other's.

    Parameters
    ----------
    first, second
        Lines with `date`, in the working CRS: from `as_frontlines`, or from `fronts_of_side`.
    apart_m
        One or more distances [m].

    Returns
    -------
    table
        A row for each date that both have and each distance, sorted: `date`, `apart_m`, `first_km` and
        `second_km` (length of each front along the ground [km]), `first_apart_km` and `second_apart_km`
        (the part of it that lies farther than `apart_m` from the other).

    Raises
    ------
    LayerError
        If the sources have no day in common, or a distance is negative or no number.
    CRSError
        If the frames are not in one projected CRS in metres.

    Examples
    --------
    >>> from shapely import LineString
    >>> def front(bend_m):
    ...     line = LineString([(4321000, 3210000), (4321000, 3220000), (4321000 + bend_m, 3230000)])
    ...     return gpd.GeoDataFrame({"date": pd.to_datetime(["2024-11-24"])}, geometry=[line], crs=3035)
    >>> table = front_apart(front(0), front(2000), apart_m=1000)
    >>> table[["first_km", "first_apart_km"]].round(1).values.tolist()
    [[20.0, 4.9]]
    """
    require_working_crs(first=first, second=second)
    distances = lengths_given(LayerError, apart_m=apart_m)
    fronts = [frame.dissolve("date").geometry for frame in (first, second)]
    days = fronts[0].index.intersection(fronts[1].index).sort_values()
    if days.empty:
        raise LayerError("the fronts have no day in common: give each the same day, if both show it")
    rows = []
    for metres in distances:
        own = {"date": days, "apart_m": metres}
        for name, mine, other in (("first", 0, 1), ("second", 1, 0)):
            line = fronts[mine].loc[days].to_numpy()
            beside = shapely.buffer(fronts[other].loc[days].to_numpy(), max(metres, _SAME_M))
            away = shapely.difference(line, beside)
            own[f"{name}_km"] = ground_length_m(line, first.crs) / 1000
            own[f"{name}_apart_km"] = ground_length_m(away, first.crs) / 1000
        rows.append(pd.DataFrame(own))
    names = ["date", "apart_m", "first_km", "second_km", "first_apart_km", "second_apart_km"]
    return pd.concat(rows).sort_values(["date", "apart_m"], ignore_index=True)[names]


def require_side(sources: Iterable[gpd.GeoDataFrame], side: str) -> None:
    """Refuse a side to which no source gives ground, and one that sources write in several ways."""
    rows = pd.concat([one["side"] for one in sources]).value_counts().to_dict()
    if told := one_spelling(rows):
        raise LayerError(told)
    if side not in rows:
        raise LayerError(
            f"no source gives ground to {side!r}: the sides are {', '.join(map(repr, sorted(rows)))}"
        )


def common_days(first: gpd.GeoDataFrame, second: gpd.GeoDataFrame) -> list[pd.Timestamp]:
    """List the days that both sources have; none at all is refused."""
    days = sorted(set(first["date"]) & set(second["date"]))
    if not days:
        spans = [
            f"{frame['date'].min():%Y-%m-%d} to {frame['date'].max():%Y-%m-%d}" if len(frame) else "none"
            for frame in (first, second)
        ]
        raise LayerError(
            f"the sources have no day in common (the first has {spans[0]}, the second {spans[1]}): "
            "give each the same day, if both show it"
        )
    return days


def overlaid(
    first: gpd.GeoDataFrame, second: gpd.GeoDataFrame, day: pd.Timestamp, theatre: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Lay two sources over each other: `side_from` is what the first says, `side_to` what the second says."""
    one, other = (frame[frame["date"] == day] for frame in (first, second))
    return change_between(one, other, theatre, sliver_m=0)


def ground_by_kind(pairs: gpd.GeoDataFrame, side: str) -> gpd.GeoDataFrame:
    """Join the ground of one day by what the two sources say of it: `kind`, `area_km2`, geometry."""
    in_first, in_second = pairs["side_from"] == side, pairs["side_to"] == side
    kind = np.array(KINDS, dtype=object)[2 * ~in_first + ~in_second]
    joined = pairs.assign(kind=kind)[["kind", "area_km2", "geometry"]].dissolve("kind", aggfunc="sum")
    return joined.reset_index()


def _require_filled(control: gpd.GeoDataFrame, theatre: Any) -> None:
    """Check that polygons fill the theatre on each day, without gaps and overlaps."""
    mend = "pass both through as_control(..., theatre=theatre), which fills gaps and finds overlaps"
    for day, rows in control.groupby("date", sort=True):
        shapes = np.asarray(rows.geometry.values)
        what = f"areas of {day:%Y-%m-%d}"
        close_book(float(shapely.area(shapes).sum()) / KM2, theatre.area / KM2, what, mend)
        if not shapely.coverage_is_valid(shapes):  # a gap and an overlap of one area pass unseen by the sum
            close_book(
                shapely.union_all(shapes).area / KM2, theatre.area / KM2, f"{what}, laid together,", mend
            )


def measured(
    first: gpd.GeoDataFrame,
    second: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    theatre: Any,
    side: str,
    days: Iterable[pd.Timestamp],
) -> Iterator[pd.DataFrame]:
    """Sum up day after day: a row a district, by name, then the whole.

    Ground of neither the side nor contested need not be in the frames; what is there does not overlap.
    """
    districts = districts.sort_values("district", kind="stable")
    tiled = TiledGrounds(theatre, districts)
    names, whole_km2 = [*districts["district"], WHOLE], _with_sum(districts.area.to_numpy() / KM2)
    held = [
        frame[frame["side"] == own].groupby("date").geometry
        for frame in (first, second)
        for own in (side, CONTESTED)
    ]
    for day in days:
        grounds = [
            np.asarray(rows.get_group(day).values) if day in rows.groups else np.empty(0, dtype=object)
            for rows in held
        ]
        table = _measured(_with_sum(tiled.measure(grounds)), whole_km2)
        yield table.assign(date=day, district=names, side=side, district_km2=whole_km2)[COLUMNS]


def _with_sum(km2: Floats) -> Floats:
    """Add the sum of all districts."""
    return np.concatenate([km2, km2.sum(axis=-1, keepdims=True)], axis=-1)


def _measured(km2: Floats, whole_km2: Floats) -> pd.DataFrame:
    """Give areas and measures, from those of the side and of contested ground in either source."""
    first, first_open, second, second_open = km2[:4]
    _, both, one_open, other_open, both_open, _ = km2[4:]
    readings = [
        _areas(
            both + of_second * one_open + of_first * (other_open + of_second * both_open),
            first + of_first * first_open,
            second + of_second * second_open,
            whole_km2,
        )
        for of_first in (0, 1)  # whether contested ground of either source is counted for the side
        for of_second in (0, 1)
    ]
    ious = np.array([_measures(areas)["iou"] for areas in readings])
    known = ~np.isnan(ious)
    bounds = {
        "iou_low": np.where(known, ious, np.inf).min(0),
        "iou_high": np.where(known, ious, -np.inf).max(0),
    }
    found = {name: np.where(known.any(0), value, np.nan) for name, value in bounds.items()}
    return readings[0].assign(**_measures(readings[0]), **found)


def _areas(both: Floats, first: Floats, second: Floats, whole: Floats) -> pd.DataFrame:
    """Give the areas of each kind, in the columns `AREAS` [km²]; what rounding leaves is nothing."""
    kinds = np.array([both, first - both, second - both, whole - first - second + both]).T
    kinds[kinds < CLOSURE * whole[:, None]] = 0.0
    return pd.DataFrame(kinds, columns=AREAS)


def _measures(areas: pd.DataFrame) -> dict[str, Floats]:
    both, first, second, _ = areas.to_numpy().T
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {
            "ratio": (both + first) / (both + second),
            "iou": both / (both + first + second),
            "precision": both / (both + first),
            "recall": both / (both + second),
            "f1": 2 * both / (2 * both + first + second),
        }
    return {name: np.where(np.isfinite(value), value, np.nan) for name, value in found.items()}
