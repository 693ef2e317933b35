"""Polygon coverages: overlaps, gaps, slivers and common borders; two coverages intersected; books that close.

A coverage is a set of polygons that do not overlap. All geometry is planar, in an equal-area CRS in
metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arrays import Bools, Floats, Geometries, Ints, rows_of_each
from frontlines.crs import polygons_of
from frontlines.errors import ClosureError, LayerError
from frontlines.geometry.planar import edge_lines, edge_middles, outline_edges, segments, winding_numbers

CLOSURE = 1e-9
"""Largest share of an area by which its parts may fail to sum to it."""

GRID_M = 1e-6
"""Grid on which an overlay is done again where the floating one lost or invented ground [m]."""

NOISE_M = 1e-4
"""Width of the slivers that floating-point overlay itself leaves [m]."""

HAIR_M = 1.0
"""Ground thinner than this [m] comes from rounding and projecting."""

_NARROW_M = 25.0  # so does ground thinner than this [m]
_SPECK = 1e-5  # if it is a smaller share than this of the polygon it belongs to


def ground_of(theatre: gpd.GeoDataFrame) -> shapely.Geometry:
    """Give the one geometry of a theatre."""
    if len(theatre) != 1:
        raise LayerError(
            f"the theatre has {len(theatre)} rows, not one: pass it through as_theatre(frame, crs)"
        )
    if not np.isfinite(shapely.length(ground := theatre.geometry.iloc[0])):
        raise LayerError("the theatre has no shape, or coordinates that are no numbers: see as_theatre")
    return ground


def close_book(parts_km2: float, whole_km2: float, what: str, mend: str) -> float:
    """Check that parts sum to their whole, and return by how much they miss it [km²]."""
    error = parts_km2 - whole_km2
    if not abs(error) <= CLOSURE * whole_km2:
        raise ClosureError(
            f"{what} sum to {parts_km2:.6f} km², not to {whole_km2:.6f} ({error:+.6f}): {mend}"
        )
    return error


@dataclass(frozen=True)
class Pairs:
    """Pieces that two sets of polygons have in common."""

    first: Ints  # first, second: position of the polygon of either set, (n_pieces,)
    second: Ints
    pieces: Geometries  # their common ground, (n_pieces,) polygons with an area


def united(polygons: Geometries) -> shapely.Geometry:
    """Unite polygons that do not overlap: the area is the sum of theirs.

    GEOS may lose or invent ground where edges run within rounding of each other, so that it is not; then
    they are united on a grid of `GRID_M`, unless that is no better: polygons that do overlap.
    """
    if len(polygons) == 1:
        return polygons[0]
    whole, sum_m2 = shapely.union_all(polygons), float(shapely.area(polygons).sum())
    off_m2 = abs(whole.area - sum_m2)
    if off_m2 <= CLOSURE * sum_m2:
        return whole
    again = shapely.union_all(polygons, grid_size=GRID_M)
    return again if abs(again.area - sum_m2) < off_m2 / 2 else whole


def intersect(first: Geometries, second: Geometries, *, grid_m: float | None = None) -> Pairs:
    """Intersect two sets of polygons, pair by pair; with a grid, all vertices of cut ones lie on it."""
    i, j = shapely.STRtree(second).query(first)
    order = np.lexsort((j, i))
    i, j = i[order], j[order]
    within, around, cut = _relations(first, second, i, j)
    pieces = np.full(len(i), shapely.Polygon(), dtype=object)
    pieces[within], pieces[around] = first[i[within]], second[j[around]]
    pieces[cut] = polygons_of(shapely.intersection(first[i[cut]], second[j[cut]], grid_size=grid_m))
    solid = shapely.area(pieces) > 0
    return Pairs(i[solid], j[solid], pieces[solid])


def _relations(first: Geometries, second: Geometries, i: Ints, j: Ints) -> tuple[Bools, Bools, Bools]:
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
    """Find ground that no polygon covers: of the theatre, or inside the outline; the largest first."""
    covered = polygons[0] if len(polygons) == 1 else shapely.union_all(polygons)
    if theatre is None:  # the holes of what is covered, less the islands in them
        parts = shapely.get_parts(covered)
        rings, part = shapely.get_rings(parts, return_index=True)
        holes = shapely.polygons(rings[np.append(False, part[1:] == part[:-1])[: len(part)]])
        hole, island = shapely.STRtree(parts).query(holes, predicate="contains")
        for rows in rows_of_each(hole):
            shells = shapely.polygons(shapely.get_exterior_ring(parts[island[rows]]))
            holes[hole[rows[0]]] = shapely.difference(holes[hole[rows[0]]], shapely.union_all(shells))
        left = shapely.get_parts(polygons_of(holes))
    else:
        left = shapely.get_parts(polygons_of(np.array([shapely.difference(theatre, covered)])))
    left = left[width_m(left) > NOISE_M]
    return np.asarray(left[np.argsort(-shapely.area(left), kind="stable")])


def width_m(polygons: Geometries) -> Floats:
    """Mean width of polygons: twice the area over the length of the outline."""
    outline = shapely.length(polygons)
    width = np.zeros(len(outline))
    np.divide(2 * shapely.area(polygons), outline, out=width, where=outline > 0)
    return width


def thin(pieces: Geometries, whole_m2: Floats | float, hair_m: float = HAIR_M) -> Bools:
    """Tell which pieces come from rounding, by the area of the polygon that each belongs to.

    They are thinner than a hair, or narrow and less than a hundred-thousandth of the polygon.
    """
    width = width_m(pieces)
    speck = (width <= _NARROW_M) & (shapely.area(pieces) <= _SPECK * whole_m2)
    return np.asarray((width <= hair_m) | speck)


def in_doubt(polygon: shapely.Geometry) -> Geometries:
    """Find the ground that an invalid polygon holds twice, or turned inside out."""
    rings, part = shapely.get_rings(shapely.get_parts(polygon), return_index=True)
    hole = np.append(False, part[1:] == part[:-1])[: len(part)]
    edges, ring = segments(rings)
    # Shells turned counter-clockwise and holes clockwise wind once round their ground. Which way an invalid
    # ring runs, its area tells: it is negative if clockwise.
    x0, y0, x1, y1 = (edges - np.tile(edges.mean(axis=0)[:2], 2)).T
    twice_m2 = np.bincount(ring, weights=x0 * y1 - x1 * y0, minlength=len(rings))
    sense = np.where((twice_m2 > 0) == hole, -1, 1)
    noded = shapely.union_all(edge_lines(edges))
    faces = shapely.get_parts(shapely.polygonize([noded]))
    winding = winding_numbers(shapely.get_coordinates(shapely.point_on_surface(faces)), edges, sense[ring])
    return np.asarray(faces[(winding < 0) | (winding > 1)])


def holder_of(points: Geometries, polygons: Geometries) -> Ints:
    """Position of the polygon that holds each point, the first of several, or -1."""
    polygon, point = shapely.STRtree(points).query(polygons, predicate="intersects")
    order = np.lexsort((polygon, point))
    found, first = np.unique(point[order], return_index=True)
    holder = np.full(len(points), -1, dtype=np.int64)
    holder[found] = polygon[order][first]
    return holder


def dissolve(pieces: Geometries, keys: pd.DataFrame) -> tuple[Geometries, pd.DataFrame]:
    """Join the pieces that share a key; the keys are sorted."""
    columns = list(keys.columns)
    number = keys.reset_index(drop=True).groupby(columns, sort=True).ngroup().to_numpy()
    groups = keys.drop_duplicates().sort_values(columns).reset_index(drop=True)
    unions = [united(pieces[rows]) for rows in rows_of_each(number)]
    return shapely.normalize(polygons_of(np.array(unions, dtype=object))), groups


def by_size(polygons: Geometries) -> Ints:
    """Rank polygons: the largest first, equal ones by their coordinates."""
    keys = list(zip(-shapely.area(polygons), shapely.to_wkb(shapely.normalize(polygons)), strict=True))
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)


def common_borders(pieces: Geometries, polygons: Geometries, *, reach_m: float) -> pd.DataFrame:
    """Measure along which polygons the outlines of pieces run, within a distance.

    Columns: `piece`, `polygon` (positions), `length_m`; the longest border of each piece first.
    """
    edges, owner = outline_edges(pieces)
    middles = edge_middles(edges)
    outline, polygon = outline_edges(polygons)
    # Most edges of large polygons are far from all small pieces: they need not go into the tree.
    close = _beside(outline, middles, reach_m)
    tree, polygon = shapely.STRtree(edge_lines(outline[close])), polygon[close]
    edge, near = tree.query_nearest(shapely.points(middles), max_distance=reach_m, all_matches=True)
    lengths = np.hypot(*(edges[:, 2:] - edges[:, :2]).T)
    found = pd.DataFrame({"piece": owner[edge], "polygon": polygon[near], "length_m": lengths[edge]})
    found = found.groupby(["piece", "polygon"])["length_m"].sum().reset_index()
    rank = np.argsort(by_size(polygons[np.unique(found["polygon"])]), kind="stable")
    found["rank"] = rank[np.unique(found["polygon"], return_inverse=True)[1]]
    found = found.sort_values(["piece", "length_m", "rank"], ascending=[True, False, True], ignore_index=True)
    return found[["piece", "polygon", "length_m"]]


def _beside(edges: Floats, points: Floats, reach_m: float) -> Bools:
    """Tell which edges can be within reach of a point: some point lies in their range of x, and of y."""
    beside = np.ones(len(edges), dtype=bool)
    for axis in (0, 1):
        known, ends = np.sort(points[:, axis]), edges[:, [axis, axis + 2]]
        first = np.searchsorted(known, ends.min(axis=1) - reach_m, side="left")
        last = np.searchsorted(known, ends.max(axis=1) + reach_m, side="right")
        beside &= last > first
    return beside
