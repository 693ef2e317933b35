"""Polygon coverages: gaps, overlaps, slivers, and two coverages intersected by index pairs.

A coverage is a set of polygons that do not overlap. All geometry is planar, in an equal-area CRS in
metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from frontlines.crs import polygons_of
from frontlines.errors import ClosureError, LayerError
from frontlines.names import Floats, Geometries, Ints


def by_size(polygons: Geometries) -> Ints:
    """Rank polygons: the largest first, equal ones by their coordinates."""
    keys = [(-shape.area, shape.normalize().wkb) for shape in polygons]
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)


def common_borders(pieces: Geometries, polygons: Geometries, *, reach_m: float) -> pd.DataFrame:
    """Measure along which polygons the outlines of pieces run."""
    edges, owner = _outline(pieces)
    middles = edges.mean(axis=1)
    outline, polygon = _outline(polygons)
    close = _beside(outline, middles, reach_m)
    tree, polygon = shapely.STRtree(shapely.linestrings(outline[close])), polygon[close]
    edge, near = tree.query_nearest(shapely.points(middles), max_distance=reach_m, all_matches=True)
    lengths = np.hypot(*(edges[:, 1] - edges[:, 0]).T)
    found = pd.DataFrame({"piece": owner[edge], "polygon": polygon[near], "length_m": lengths[edge]})
    found = found.groupby(["piece", "polygon"])["length_m"].sum().reset_index()
    rank = np.argsort(by_size(polygons[np.unique(found["polygon"])]), kind="stable")
    found["rank"] = rank[np.unique(found["polygon"], return_inverse=True)[1]]
    found = found.sort_values(["piece", "length_m", "rank"], ascending=[True, False, True], ignore_index=True)
    return found[["piece", "polygon", "length_m"]]


def _outline(polygons: Geometries) -> tuple[Floats, Ints]:
    """Straight edges of the outlines of polygons, (n, 2, 2), and the polygon of each."""
    parts, polygon = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    inner = ring[:-1] == ring[1:]
    return np.stack([xy[:-1], xy[1:]], axis=1)[inner], polygon[part[ring[:-1][inner]]]


def _beside(edges: Floats, points: Floats, reach_m: float) -> npt.NDArray[np.bool_]:
    """Tell which edges can be within reach of a point: some point lies in their range of x, and of y."""
    beside = np.ones(len(edges), dtype=bool)
    for axis in (0, 1):
        known = np.sort(points[:, axis])
        first = np.searchsorted(known, edges[..., axis].min(axis=1) - reach_m, side="left")
        last = np.searchsorted(known, edges[..., axis].max(axis=1) + reach_m, side="right")
        beside &= last > first
    return beside


CLOSURE = 1e-9
"""Largest share of an area by which its parts may fail to sum to it."""

NOISE_M = 1e-4
"""Width of the slivers that floating-point overlay itself leaves [m]."""


@dataclass(frozen=True)
class Pairs:
    """Pieces that two sets of polygons have in common."""

    first: Ints  # first, second: position of the polygon of either set, (n_pieces,)
    second: Ints
    pieces: Geometries  # their common ground, (n_pieces,) polygons with an area


def intersect(first: Geometries, second: Geometries) -> Pairs:
    """Intersect two sets of polygons, pair by pair."""
    i, j = shapely.STRtree(second).query(first)
    order = np.lexsort((j, i))
    i, j = i[order], j[order]
    within, around, cut = _relations(first, second, i, j)
    pieces = np.full(len(i), shapely.Polygon(), dtype=object)
    pieces[within], pieces[around] = first[i[within]], second[j[around]]
    pieces[cut] = polygons_of(shapely.intersection(first[i[cut]], second[j[cut]]))
    solid = shapely.area(pieces) > 0
    return Pairs(i[solid], j[solid], pieces[solid])


def _relations(
    first: Geometries, second: Geometries, i: Ints, j: Ints
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Tell which pairs lie within, lie around and cut each other; only the last ones need an overlay."""
    shapely.prepare(first)
    shapely.prepare(second)
    within = shapely.contains_properly(second[j], first[i])
    around = shapely.contains_properly(first[i], second[j])
    simpler = shapely.get_num_coordinates(first[i]) < shapely.get_num_coordinates(second[j])
    large, small = np.where(simpler, second[j], first[i]), np.where(simpler, first[i], second[j])
    cut = ~within & ~around
    cut[cut] = shapely.intersects(large[cut], small[cut])  # the first one's index is used
    return within, around, cut


def overlaps(polygons: Geometries) -> Pairs:
    """Find where polygons of one set lie on top of each other."""
    i, j = shapely.STRtree(polygons).query(polygons)
    once = i < j
    i, j = i[once], j[once]
    meet = shapely.relate_pattern(polygons[i], polygons[j], "T********")  # their interiors meet
    i, j = i[meet], j[meet]
    order = np.lexsort((j, i))
    i, j = i[order], j[order]
    pieces, pair = shapely.get_parts(
        polygons_of(shapely.intersection(polygons[i], polygons[j])), return_index=True
    )
    real = width_m(pieces) > NOISE_M
    return Pairs(i[pair[real]], j[pair[real]], pieces[real])


def gaps(polygons: Geometries, theatre: shapely.Geometry | None = None) -> Geometries:
    """Find ground that no polygon covers."""
    covered = shapely.union_all(polygons)
    if theatre is None:
        shells = shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(covered)))
        theatre = shapely.union_all(shells)
    left = shapely.get_parts(polygons_of(np.array([shapely.difference(theatre, covered)])))
    left = left[width_m(left) > NOISE_M]
    return np.asarray(left[np.argsort(-shapely.area(left), kind="stable")])


def width_m(polygons: Geometries) -> Floats:
    """Mean width of polygons: twice the area over the length of the outline."""
    outline = shapely.length(polygons)
    width = np.zeros(len(outline))
    np.divide(2 * shapely.area(polygons), outline, out=width, where=outline > 0)
    return width


def holder_of(points: Geometries, polygons: Geometries) -> npt.NDArray[np.int64]:
    """Find the polygon that holds each point."""
    polygon, point = shapely.STRtree(points).query(polygons, predicate="intersects")
    order = np.lexsort((polygon, point))
    found, first = np.unique(point[order], return_index=True)
    holder = np.full(len(points), -1, dtype=np.int64)
    holder[found] = polygon[order][first]
    return holder


def blank(frame: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Tell which rows have no geometry, or an empty one."""
    shapes = np.asarray(frame.geometry.values)
    return np.asarray(shapely.is_missing(shapes) | shapely.is_empty(shapes))


def identity(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """Tell what must agree for one row of a layer to repeat another: its shape and what it claims."""
    shapes = np.array(frame.geometry.values, dtype=object)
    areas = shapely.get_dimensions(shapes) > 1
    shapes[areas] = shapely.normalize(shapes[areas])
    claims = ("date", "side", "side_left", "side_right", "district")
    return pd.DataFrame(
        {"shape": shapely.to_wkb(shapes)} | {name: frame[name].to_numpy() for name in claims if name in frame}
    )


def ground_of(theatre: gpd.GeoDataFrame) -> shapely.Geometry:
    """Give the one polygon of a theatre."""
    if len(theatre) != 1:
        raise LayerError(
            f"the theatre has {len(theatre)} rows, not one: pass it through as_theatre(frame, crs)"
        )
    return theatre.geometry.iloc[0]


def dissolve(pieces: Geometries, keys: pd.DataFrame) -> tuple[Geometries, pd.DataFrame]:
    """Join the pieces that share a key."""
    columns = list(keys.columns)
    number = keys.reset_index(drop=True).groupby(columns, sort=True).ngroup().to_numpy()
    groups = keys.drop_duplicates().sort_values(columns).reset_index(drop=True)
    members = [pieces[number == group] for group in range(len(groups))]
    unions = [group[0] if len(group) == 1 else shapely.union_all(group) for group in members]
    return shapely.normalize(polygons_of(np.array(unions, dtype=object))), groups


def close_book(parts_km2: float, whole_km2: float, what: str, mend: str) -> float:
    """Check that parts sum to their whole."""
    error = parts_km2 - whole_km2
    if not abs(error) <= CLOSURE * whole_km2:
        raise ClosureError(
            f"{what} sum to {parts_km2:.6f} km², not to {whole_km2:.6f} ({error:+.6f}): {mend}"
        )
    return error
