"""Lines cut into straight edges, the faces between them, and how often closed lines wind round a point.

An edge is a row x0, y0, x1, y1 [m] of an array (n, 4), from its start to its end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from frontlines.arrays import Bools, Floats, Geometries, Ints, rows_of_each

OUTSIDE = -1
"""Number of the face that is no face: the ground beyond the outermost lines."""

BACK = [2, 3, 0, 1]
"""Order of columns that turns an edge round."""

_FEW = 10_000  # pairs of points and edges that are crossed in less than a millisecond


@dataclass(frozen=True)
class Arrangement:
    """Faces and edges of a set of lines."""

    faces: Geometries  # polygons, (n_faces,), in a fixed order (see `arrange`)
    edges: Floats  # the straight pieces between nodes, (n_edges, 4)
    # left, right: number of the face to the left and to the right of each edge, seen from its
    # start, (n_edges,); `OUTSIDE` where there is none
    left: Ints
    right: Ints


def arrange(lines: Geometries, *, grid_m: float | None = None) -> Arrangement:
    """Node lines and find the faces between them, sorted by their lower left corners."""
    noded = _noded(lines, grid_m)
    faces = _sorted(shapely.get_parts(shapely.polygonize(noded)))
    # Shells run counter-clockwise and holes clockwise: a face lies to the left of its own edges.
    rings, face = shapely.get_rings(shapely.orient_polygons(faces), return_index=True)
    ring_edges, ring = segments(rings)
    owner = np.append(face[ring], OUTSIDE)
    edges = segments(noded)[0]
    left, right = owner[same_edges(np.vstack([edges, edges[:, BACK]]), ring_edges)].reshape(2, -1)
    return Arrangement(faces, edges, left, right)


def _noded(lines: Geometries, grid_m: float | None) -> Geometries:
    """Cut lines where they meet; edges that several share, vertex for vertex, only near other ones."""
    edges = segments(shapely.get_parts(lines))[0]
    if grid_m is not None:
        edges = np.floor(edges / grid_m + 0.5) / (1 / grid_m)  # as GEOS does
        edges = edges[(edges[:, :2] != edges[:, 2:]).any(axis=1)]
    turned = np.where(westward(edges)[:, None], edges[:, BACK], edges)
    first, times = np.unique(edge_marks(turned), return_index=True, return_counts=True)[1:]
    order = np.argsort(first)
    edges, shared = edges[first[order]], times[order] > 1
    if 2 * shared.sum() > len(edges):
        drawn, alone = edge_lines(edges[shared]), edge_lines(edges[~shared])
        near = shapely.STRtree(alone).query(drawn, predicate="dwithin", distance=grid_m or 0.0)[0]
        met = _meeting(edges[shared], shapely.STRtree(drawn), grid_m or 0.0)
        shared[np.flatnonzero(shared)[np.append(near, met)]] = False
        whole, lines = _chains(edges, shared), edge_lines(edges[~shared])
    else:
        whole = lines[:0]
    noded = shapely.get_parts(shapely.union_all(lines, grid_size=grid_m))
    noded = noded[shapely.get_type_id(noded) == shapely.GeometryType.LINESTRING]
    return np.concatenate([noded, whole])


def _meeting(edges: Floats, tree: shapely.STRtree, reach_m: float) -> Ints:
    """Find the edges that another one of them meets elsewhere than at an end of both."""
    low, high = (ends(edges[:, :2], edges[:, 2:]) for ends in (np.minimum, np.maximum))
    reached = edge_lines(np.hstack([low - reach_m, high + reach_m]))  # across the ground within reach of each
    pairs = tree.query(reached)
    pairs = pairs[:, pairs[0] < pairs[1]]
    met, across = np.zeros(pairs.shape[1], dtype=bool), np.ones(pairs.shape[1], dtype=bool)
    for one, other in (edges[pairs], edges[pairs[::-1]]):
        ends, begin = one.reshape(-1, 2, 2), other[:, None, :2]
        ahead, off = other[:, None, 2:] - begin, ends - begin
        along = np.clip((off * ahead).sum(axis=2) / (ahead**2).sum(axis=2), 0, 1)
        near = np.hypot(*np.moveaxis(off - along[:, :, None] * ahead, 2, 0)) <= reach_m
        own = (ends[:, :, None] == other.reshape(-1, 1, 2, 2)).all(axis=3).any(axis=2)
        met |= (near & ~own).any(axis=1)
        across &= (ahead[:, :, 0] * off[:, :, 1] - ahead[:, :, 1] * off[:, :, 0]).prod(axis=1) < 0
    return np.unique(pairs[:, met | across])


def _chains(edges: Floats, chosen: Bools) -> Geometries:
    """Join the chosen edges that follow each other, up to where other than two edges meet."""
    ends = edge_marks(edges.reshape(-1, 2))
    number, times = np.unique(ends, return_inverse=True, return_counts=True)[1:]
    follows = (ends[1:-1:2] == ends[2::2]) & (times[number[2::2]] == 2)  # noqa: PLR2004 - one before, one after
    goes_on = np.append(False, follows & chosen[1:] & chosen[:-1])[chosen]
    chain, kept = np.cumsum(~goes_on) - 1, edges[chosen]
    xy = np.insert(kept[:, 2:], np.flatnonzero(~goes_on), kept[~goes_on, :2], axis=0)
    owner = np.insert(chain, np.flatnonzero(~goes_on), chain[~goes_on])
    return np.asarray(shapely.linestrings(xy, indices=owner))


def segments(lines: Geometries) -> tuple[Floats, Ints]:
    """Cut lines or rings into their edges, (n, 4); with the position of the line of each."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    inner = owner[:-1] == owner[1:]
    return np.hstack([xy[:-1], xy[1:]])[inner], owner[:-1][inner]


def outline_edges(polygons: Geometries) -> tuple[Floats, Ints]:
    """Cut the outlines of polygons into their edges, (n, 4); with the position of the polygon of each."""
    parts, polygon = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    edges, ring = segments(rings)
    return edges, polygon[part[ring]]


def with_shared_vertices(lines: Geometries, *, same_m: float, on_line_m: float) -> Geometries:
    """Give each line the vertices of others that lie on it: what is drawn twice has the same ones.

    Vertices of two lines within `same_m` become one; those within `on_line_m` of another line join it.
    """
    xy, source = shapely.get_coordinates(lines, return_index=True)
    dots = shapely.points(xy)
    tree = shapely.STRtree(dots)
    one, other = tree.query(dots, predicate="dwithin", distance=same_m)
    near = (source[one] > source[other]) & (xy[one] != xy[other]).any(axis=1)
    out = np.array(lines, dtype=object)
    if near.any():
        moved = xy.copy()
        moved[one[near][::-1]] = xy[other[near][::-1]]  # of several the first, which is written last
        out = shapely.set_coordinates(out, moved)
        xy = moved
    # Vertices of other lines within edges.
    edges, owner = segments(out)
    edge, point = tree.query(edge_lines(edges), predicate="dwithin", distance=on_line_m)
    ends = np.stack([edges[edge, :2], edges[edge, 2:]]) - xy[point]
    inner = (owner[edge] != source[point]) & (np.hypot(ends[..., 0], ends[..., 1]) > same_m).all(axis=0)
    inner &= (ends[0] != ends[1]).any(axis=1)
    edge, point = edge[inner], point[inner]
    start, step = edges[edge, :2], edges[edge, 2:] - edges[edge, :2]
    far = ((xy[point] - start) * step).sum(axis=1) / (step**2).sum(axis=1)
    # The first vertex of each edge, and after it the vertices found on it, by their distance from it.
    order = np.lexsort((np.concatenate([np.zeros(len(edges)), far]), np.append(np.arange(len(edges)), edge)))
    line = np.append(owner, owner[edge])[order]
    inside = np.vstack([edges[:, :2], xy[point]])[order]
    last = shapely.get_coordinates(shapely.get_point(out, -1))
    changed = np.isin(line, owner[edge])
    line, inside = line[changed], inside[changed]
    for rows in rows_of_each(line):
        row = line[rows[0]]
        own = np.vstack([inside[rows], last[[row]]])
        repeated = np.append(False, (own[1:] == own[:-1]).all(axis=1))
        out[row] = shapely.linestrings(own[~repeated])
    return out


def edge_lines(edges: Floats) -> Geometries:
    """Make a LineString of each edge."""
    return np.asarray(shapely.linestrings(edges.reshape(-1, 2, 2)))


def edge_middles(edges: Floats) -> Floats:
    """Middle of each edge, (n, 2)."""
    return np.asarray((edges[:, :2] + edges[:, 2:]) / 2)


def edge_marks(edges: Floats | Ints, kind: Ints | int = 0) -> npt.NDArray[np.uint64]:
    """Make a number of all digits of each edge, and of its kind: the same ones for the same edges alone."""
    mark = np.broadcast_to(np.asarray(kind).astype(np.uint64), len(edges))
    for column in (edges + 0.0).T:  # there is but one zero
        mark = (mark ^ np.ascontiguousarray(column).view(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mark ^= mark >> np.uint64(29)
    return mark


def westward(edges: Floats) -> Bools:
    """Tell which edges run from east to west, or straight from north to south."""
    x0, y0, x1, y1 = edges.T
    return np.asarray((x0 > x1) | ((x0 == x1) & (y0 > y1)))


def same_edges(edges: Floats | Ints, known: Floats | Ints) -> Ints:
    """Find for each edge the first known one with the very same start and end, or -1."""
    marks, first = np.unique(edge_marks(known), return_index=True)
    own = edge_marks(edges)
    at = np.searchsorted(marks, own)
    return np.where(np.append(marks, 0)[at] == own, np.append(first, -1)[at], -1)


def own_crossings(line: shapely.LineString) -> Geometries:
    """Find the points where a line crosses or runs over itself."""
    if line.is_simple:
        return np.empty(0, dtype=object)
    ends = [shapely.get_coordinates(piece)[[0, -1]] for piece in shapely.get_parts(shapely.node(line))]
    points, count = np.unique(np.concatenate(ends), axis=0, return_counts=True)
    return np.asarray(shapely.points(points[count > 2]))  # noqa: PLR2004 - pieces of a simple line meet by twos


def winding_numbers(points: Floats, edges: Floats, times: Ints) -> Ints:
    """Count how often edges wind round each point, each edge as often as `times` says, ground on its left.

    Each crossing of a ray from the point to the east counts: upward 1, downward -1. Where fewer edges lie
    north of the points than east of them, as along a front from west to east, the plane is turned first.
    """
    edges, times = edges[times != 0], times[times != 0]
    if not len(edges) or not len(points):
        return np.zeros(len(points), dtype=np.int64)
    many = len(points) * len(edges) > _FEW  # with fewer, looking takes longer than any way of counting
    if many and _beside(points[:, 0], edges[:, 0::2]) < _beside(points[:, 1], edges[:, 1::2]):
        points, edges = (np.column_stack([xy[:, 1], -xy[:, 0]]) for xy in (points, edges.reshape(-1, 2)))
        edges = edges.reshape(-1, 4)
    # Rays to beyond all edges meet what they cross, and some that only touch them.
    beyond = max(float(edges[:, [0, 2]].max()), float(points[:, 0].max())) + 1.0
    ends = np.column_stack([points, np.full(len(points), beyond), points[:, 1]])
    point, edge = shapely.STRtree(edge_lines(edges)).query(edge_lines(ends))
    (x, y), (x0, y0, x1, y1) = points[point].T, edges[edge].T
    upward = y0 <= y
    crosses = upward != (y1 <= y)
    point, edge, upward = point[crosses], edge[crosses], upward[crosses]
    x, y, x0, y0, x1, y1 = (values[crosses] for values in (x, y, x0, y0, x1, y1))
    east = x0 + (y - y0) / (y1 - y0) * (x1 - x0) > x
    crossed = np.where(upward, 1, -1) * times[edge] * east
    return np.bincount(point, weights=crossed, minlength=len(points)).round().astype(np.int64)


def turned(xy: Floats) -> Floats:
    """Turn places by an angle that hardly any edge has: a ray in what is level meets all of its edges."""
    turn = np.array([[0.8, 0.6], [-0.6, 0.8]])
    return np.asarray(xy @ turn, dtype=float)


def _beside(places: Floats, ends: Floats) -> int:
    """Count the pairs of a place on an axis and an edge, between whose ends (n, 2) it lies."""
    begun, ended = (np.searchsorted(np.sort(side), places, side="right") for side in np.sort(ends).T)
    return int((begun - ended).sum())


def _sorted(faces: Geometries) -> Geometries:
    bounds = shapely.bounds(faces)
    points = shapely.get_coordinates(shapely.point_on_surface(faces))
    order = np.lexsort((points[:, 1], points[:, 0], bounds[:, 1], bounds[:, 0]))
    return np.asarray(faces[order])
