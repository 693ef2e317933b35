"""Ground that both sources, one or neither gives to a side, by district, and measures of agreement."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from frontlines.change import change_between, transitions_by_district
from frontlines.crs import require_working_crs
from frontlines.errors import LayerError
from frontlines.geometry.coverage import united
from frontlines.names import CONTESTED, WHOLE, Floats

KINDS = ("both", "only_first", "only_second", "neither")
"""What two sources can say of ground."""

AREAS = [f"{kind}_km2" for kind in KINDS]
MEASURES = ["ratio", "iou", "precision", "recall", "f1"]
COLUMNS = ["date", "district", "side", "district_km2", *AREAS, *MEASURES, "iou_low", "iou_high"]


def agreement(
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
    >>> table = agreement(source(2000), source(1000), districts, "A")
    >>> table[["district", "both_km2", "only_first_km2", "ratio", "iou"]].values.tolist()
    [['D', 1.0, 1.0, 2.0, 0.5], ['all districts', 1.0, 1.0, 2.0, 0.5]]
    """
    require_working_crs(first=first, second=second, districts=districts)
    require_side(first, second, side)
    theatre = gpd.GeoDataFrame(geometry=[united(districts.geometry.to_numpy())], crs=districts.crs)
    tables = []
    for day in common_days(first, second):
        pairs = overlaid(first, second, day, theatre)
        tables.append(measured(pairs, districts, side).assign(date=day))
    return pd.concat(tables, ignore_index=True)[COLUMNS]


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
    require_side(first, second, side)
    parts = []
    for day in common_days(first, second):
        pairs = overlaid(first, second, day, theatre)
        parts.append(ground_by_kind(pairs, side).assign(date=day, side=side))
    ground = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=theatre.crs)
    return ground[["date", "side", "kind", "area_km2", "geometry"]]


def require_side(first: gpd.GeoDataFrame, second: gpd.GeoDataFrame, side: str) -> None:
    """Refuse a side to which neither source gives ground."""
    sides = sorted({*first["side"], *second["side"]})
    if side not in sides:
        raise LayerError(f"no source gives ground to {side!r}: the sides are {', '.join(map(repr, sides))}")


def common_days(first: gpd.GeoDataFrame, second: gpd.GeoDataFrame) -> list[pd.Timestamp]:
    """List the days that both sources have; none at all is refused."""
    days = sorted(set(first["date"]) & set(second["date"]))
    if not days:
        spans = [
            f"{frame['date'].min():%Y-%m-%d} to {frame['date'].max():%Y-%m-%d}" for frame in (first, second)
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


def kinds_of(
    in_first: pd.Series[bool], in_second: pd.Series[bool]
) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Name what two sources say, row by row, as in `KINDS`."""
    return np.array(KINDS, dtype=object)[2 * (~in_first).astype(int) + (~in_second).astype(int)]


def ground_by_kind(pairs: gpd.GeoDataFrame, side: str) -> gpd.GeoDataFrame:
    """Join the ground of one day by what the two sources say of it: `kind`, `area_km2`, geometry."""
    kind = kinds_of(pairs["side_from"] == side, pairs["side_to"] == side)
    joined = pairs.assign(kind=kind)[["kind", "area_km2", "geometry"]].dissolve("kind", aggfunc="sum")
    return joined.reset_index()


def measured(pairs: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, side: str) -> pd.DataFrame:
    """Sum up one day: a row a district, then the whole."""
    transitions = transitions_by_district(pairs, districts)
    rows = pd.concat([transitions, transitions.assign(district=WHOLE)])
    rows["district"] = pd.Categorical(rows["district"], [*transitions["district"].unique(), WHOLE])
    by_district = {
        (own, other): _summed(rows, rows["side_from"].isin(own), rows["side_to"].isin(other))
        for own in _readings(side)
        for other in _readings(side)
    }
    areas = by_district[(side,), (side,)]
    table = areas.assign(district_km2=areas.sum(axis=1), side=side, **_measures(areas))
    overlaps = np.array([_measures(each)["iou"] for each in by_district.values()])
    known = ~np.isnan(overlaps)
    bounds = {
        "iou_low": np.where(known, overlaps, np.inf).min(0),
        "iou_high": np.where(known, overlaps, -np.inf).max(0),
    }
    table = table.assign(**{name: np.where(known.any(0), value, np.nan) for name, value in bounds.items()})
    return table.reset_index(names="district").astype({"district": str})


def _readings(side: str) -> list[tuple[str, ...]]:
    """Ways of counting contested ground: for nobody, or for the side."""
    return [(side,), (side, CONTESTED)]


def _summed(rows: pd.DataFrame, in_first: pd.Series[bool], in_second: pd.Series[bool]) -> pd.DataFrame:
    """Areas of each kind by district, in the columns `AREAS` [km²]."""
    sums = rows.assign(kind=kinds_of(in_first, in_second)).pivot_table(
        index="district", columns="kind", values="area_km2", aggfunc="sum", observed=False
    )
    return sums.reindex(columns=list(KINDS)).fillna(0.0).set_axis(AREAS, axis=1)


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
