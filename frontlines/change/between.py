"""Who held each piece of ground before, and who after."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arguments import checked
from frontlines.arrays import Floats, Geometries, Ints
from frontlines.crs import polygons_of
from frontlines.crs.working import require_working_crs
from frontlines.errors import LayerError
from frontlines.geometry.coverage import (
    CLOSURE,
    GRID_M,
    close_book,
    common_borders,
    dissolve,
    intersect,
    united,
    width_m,
)
from frontlines.layers.mending import joined_sources
from frontlines.limits import require_metres
from frontlines.names import KM2, SLIVER_M, one_spelling

COLUMNS = [
    "side_from", "side_to", "date_from", "date_to", "area_km2",
    "source_from", "source_to", "sliver_km2", "geometry",
]  # fmt: skip


@checked(before="polygons date side source", after="polygons date side source")
def change_between(
    before: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    theatre: gpd.GeoDataFrame,
    *,
    sliver_m: float = SLIVER_M,
) -> gpd.GeoDataFrame:
    """Compare control on two dates, unchanged ground included.

    Parameters
    ----------
    before, after
        Control on one date each: polygons with `date`, `side`, `source` that fill the theatre, in the
        working CRS (from `as_control` with a theatre, or from `control_from_lines`).
    theatre
        Ground of the study, in the same CRS.
    sliver_m
        A connected piece of changed ground whose mean width is below this [m] counts as unchanged:
        it goes to the unchanged neighbour with the longest common border.

    Returns
    -------
    change
        One row for each pair of sides, sorted: `side_from`, `side_to`, `date_from`, `date_to`,
        `area_km2`, `source_from`, `source_to` (all sources the row rests on), `sliver_km2` (ground in
        the row that is there as a sliver), `geometry` (a Polygon or MultiPolygon). Areas sum to the
        theatre. Exchanging `before` and `after` exchanges the columns and nothing else.

    Raises
    ------
    LayerError
        If a frame does not hold exactly one date.
    ClosureError
        If the areas do not sum to the theatre's to 1e-9: a frame has gaps or overlaps.
    CRSError
        If the frames are not in one projected CRS in metres.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> theatre = gpd.GeoDataFrame(geometry=[box(0, 0, 4000, 2000)], crs="EPSG:3035")
    >>> def control(day, front):
    ...     return gpd.GeoDataFrame(
    ...         {"date": pd.to_datetime([day] * 2), "side": ["A", "B"], "source": ["a map"] * 2},
    ...         geometry=[box(0, 0, front, 2000), box(front, 0, 4000, 2000)], crs="EPSG:3035")
    >>> change = change_between(control("1994-04-07", 1000), control("1994-05-12", 1500), theatre)
    >>> change[["side_from", "side_to", "area_km2"]].values.tolist()
    [['A', 'A', 2.0], ['B', 'A', 1.0], ['B', 'B', 5.0]]
    """
    require_working_crs(theatre=theatre, before=before, after=after)
    require_metres(LayerError, needed=True, sliver_m=sliver_m)
    dates = [_only_date(before, "before"), _only_date(after, "after")]
    _require_one_spelling(before, after)
    whole_km2 = theatre.area.sum() / KM2
    pairs = intersect(np.asarray(before.geometry.values), np.asarray(after.geometry.values))
    if not abs(shapely.area(pairs.pieces).sum() / KM2 - whole_km2) <= CLOSURE * whole_km2:
        pairs = intersect(*(np.asarray(one.geometry.values) for one in (before, after)), grid_m=GRID_M)
    first, second = before.iloc[pairs.first], after.iloc[pairs.second]
    keys = pd.DataFrame({"side_from": first["side"].to_numpy(), "side_to": second["side"].to_numpy()})
    shapes, groups = dissolve(pairs.pieces, keys)
    shapes, sliver_km2 = _without_slivers(shapes, groups, sliver_m)
    area_km2 = shapely.area(shapes) / KM2
    mend = "pass both through as_control(..., theatre=theatre), which fills gaps and finds overlaps"
    close_book(float(area_km2.sum()), float(whole_km2), "areas of change", mend)
    # Gaps and overlaps of one area would pass unseen by the sum.
    if not all(shapely.coverage_is_valid(control.geometry.values) for control in (before, after)):
        covered_km2 = shapely.union_all(shapes).area / KM2
        close_book(covered_km2, float(whole_km2), "areas of change, laid together,", mend)
    change = groups.assign(
        date_from=dates[0],
        date_to=dates[1],
        area_km2=area_km2,
        source_from=_sources(first, keys, groups),
        source_to=_sources(second, keys, groups),
        sliver_km2=sliver_km2,
    )
    change = gpd.GeoDataFrame(change, geometry=shapes, crs=theatre.crs)[COLUMNS]
    return change[change["area_km2"] > 0].reset_index(drop=True)


def _require_one_spelling(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> None:
    """Refuse one side that is written in two ways."""
    if told := one_spelling(pd.concat([before["side"], after["side"]]).value_counts().to_dict()):
        raise LayerError(told)


def _only_date(control: gpd.GeoDataFrame, name: str) -> pd.Timestamp:
    dates = sorted(control["date"].unique())
    if len(dates) != 1:
        listed = ", ".join(f"{date:%Y-%m-%d}" for date in dates[:6]) or "none"
        raise LayerError(
            f"{name} holds {len(dates)} dates ({listed}): pick one with control[control['date'] == day]"
        )
    return pd.Timestamp(dates[0])


def _sources(rows: gpd.GeoDataFrame, keys: pd.DataFrame, groups: pd.DataFrame) -> list[str]:
    """Join the sources of the polygons behind each pair of sides."""
    named = keys.assign(source=rows["source"].to_numpy())
    joined = named.groupby(["side_from", "side_to"])["source"].agg(joined_sources)
    return [str(text) for text in joined.reindex(pd.MultiIndex.from_frame(groups))]


def _without_slivers(shapes: Geometries, groups: pd.DataFrame, sliver_m: float) -> tuple[Geometries, Floats]:
    """Give slivers of change to unchanged neighbours; return the shapes, and the ground so moved [km²]."""
    moved = np.zeros(len(shapes))
    changed = (groups["side_from"] != groups["side_to"]).to_numpy()
    pieces, group = shapely.get_parts(shapes, return_index=True)
    thin = changed[group] & (width_m(pieces) < sliver_m)
    if not thin.any():
        return shapes, moved
    host = group.copy()
    rows = np.flatnonzero(thin)
    host[rows] = _neighbours(pieces[rows], group[rows], shapes, groups, sliver_m)
    gone = host != group
    np.add.at(moved, host[gone], shapely.area(pieces[gone]) / KM2)
    out = shapes.copy()
    for one in np.unique(np.concatenate([group[gone], host[gone]])):
        out[one] = _with_slivers(pieces[~gone & (group == one)], pieces[gone & (host == one)])
    return polygons_of(out), moved


def _with_slivers(parts: Geometries, slivers: Geometries) -> shapely.Geometry:
    """Unite slivers with the parts of a shape that they touch; the other parts stay as they are."""
    touched = np.unique(shapely.STRtree(slivers).query(parts, predicate="intersects")[0])
    whole = shapely.get_parts(united(np.append(parts[touched], slivers))) if len(slivers) else slivers
    return shapely.multipolygons(np.append(np.delete(parts, touched), whole))


def _neighbours(
    slivers: Geometries, own: Ints, shapes: Geometries, groups: pd.DataFrame, reach_m: float
) -> Ints:
    """Find the unchanged ground of one of its two sides that each sliver borders the longest, or its own."""
    sides = groups[["side_from", "side_to"]].to_numpy()
    unchanged = np.flatnonzero(sides[:, 0] == sides[:, 1])
    borders = common_borders(slivers, shapes[unchanged], reach_m=reach_m)
    ground = unchanged[borders["polygon"]]
    one_of_its_sides = (sides[own[borders["piece"]]] == sides[ground, :1]).any(axis=1)
    first = borders.assign(ground=ground)[one_of_its_sides].drop_duplicates("piece")
    hosts = own.copy()
    hosts[first["piece"]] = first["ground"]
    return hosts
