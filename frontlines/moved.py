"""Ground that moved between snapshots, found from the edges that differ.

Consecutive snapshots of one map share nearly all of their edges, vertex by vertex. Edges that both
have cancel. The edges of the later snapshot, and those of the earlier one run backwards, that are
left over close into small loops; only these are noded and turned into faces. A face's winding number
in the loops is 1 where ground was gained, -1 where it was lost, and 0 where nothing changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from frontlines.crs import polygons_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[Any]
Mapper = Callable[..., Iterable[Any]]

TOLERANCE_M = 0.1
"""A vertex that moved less than this [m] is the same vertex: publishers change their decimals."""

MIN_SHARED = 0.5
"""Two snapshots that share less than this part of their edges are overlaid as a whole."""

_BLOCK = 32
_CLEARANCE_M = 0.01


@dataclass(frozen=True)
class Moved:
    """Ground that one side gained and lost between consecutive snapshots.

    Attributes
    ----------
    pieces
        Polygons [m], (n,), sorted by step.
    step
        Number of the step, (n,): step 0 leads from snapshot 0 to snapshot 1.
    gained
        Whether the piece was gained, else it was lost, (n,).
    absorbed
        Ground that the tolerance took for unmoved: `step`, `x`, `y` (where [m]) and `area_m2` (after
        less before), one row for each edge with a vertex that moved within the tolerance.
    overlaid
        Whether a step's snapshots shared too few edges and were overlaid as a whole, (n_steps,).
    """

    pieces: Geometries
    step: Ints
    gained: Bools
    absorbed: pd.DataFrame
    overlaid: Bools


def moved_ground(snapshots: Geometries, *, tolerance_m: float = TOLERANCE_M, mapper: Mapper = map) -> Moved:
    """Find the ground that was gained and lost between consecutive snapshots.

    Parameters
    ----------
    snapshots
        A valid Polygon or MultiPolygon for each snapshot, in order, in metres; it may be empty.
    tolerance_m
        A vertex that moved less than this [m] is the same vertex.
    mapper
        A function like `map`; each step is worked on by itself, so the result is the same for any.

    Returns
    -------
    moved
        The pieces, and what the tolerance absorbed.

    Examples
    --------
    >>> from shapely import box
    >>> moved = moved_ground(np.array([box(0, 0, 4, 2), box(0, 0, 5, 2), box(1, 0, 5, 2)]))
    >>> shapely.area(moved.pieces), moved.step, moved.gained
    (array([2., 2.]), array([0, 1]), array([ True, False]))
    """
    starts = range(0, max(len(snapshots) - 1, 0), _BLOCK)
    blocks = [snapshots[start : start + _BLOCK + 1] for start in starts]
    found = list(mapper(partial(_moved_in_block, tolerance_m=tolerance_m), blocks))
    steps = [step for block in found for step in block]
    numbers = [np.full(len(step.pieces), number) for number, step in enumerate(steps)]
    absorbed = np.concatenate([np.empty((0, 3)), *(step.absorbed for step in steps)])
    return Moved(
        pieces=np.concatenate([np.empty(0, dtype=object), *(step.pieces for step in steps)]),
        step=np.concatenate([np.empty(0, dtype=np.int64), *numbers]),
        gained=np.concatenate([np.empty(0, dtype=bool), *(step.gained for step in steps)]),
        absorbed=pd.DataFrame(absorbed, columns=["x", "y", "area_m2"]).assign(
            step=np.repeat(np.arange(len(steps)), [len(step.absorbed) for step in steps])
        ),
        overlaid=np.array([step.overlaid for step in steps], dtype=bool),
    )


@dataclass(frozen=True)
class _Step:
    """What moved in one step; `absorbed` holds x, y and area [m²] in its columns."""

    pieces: Geometries
    gained: Bools
    absorbed: Floats
    overlaid: bool


@dataclass(frozen=True)
class _Outlines:
    """Edges of several snapshots, each once, between numbered vertices.

    `low` and `high` are the numbers of an edge's vertices; `winding` holds, for each snapshot, how often
    its outline runs along an edge from low to high, less how often it runs back (its ground on the
    left); `touched` holds the vertices of each snapshot.
    """

    vertices: Floats
    low: Ints
    high: Ints
    winding: Ints
    touched: Bools

    @classmethod
    def of(cls, snapshots: Geometries) -> _Outlines:
        parts, snapshot = shapely.get_parts(shapely.orient_polygons(snapshots), return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        number, unique = pd.factorize(np.ascontiguousarray(xy + 0.0).view(np.complex128)[:, 0])
        inner = np.flatnonzero(ring[:-1] == ring[1:])
        start, end, owner = number[inner], number[inner + 1], snapshot[part[ring[inner]]]
        edge, low, high = _each_once(start, end, len(unique))
        winding = np.zeros((len(snapshots), len(low)), dtype=np.int64)
        np.add.at(winding, (owner, edge), np.sign(end - start))
        touched = np.zeros((len(snapshots), len(unique)), dtype=bool)
        touched[owner, start] = True
        return cls(np.column_stack([unique.real, unique.imag]), low, high, winding, touched)


def _each_once(start: Ints, end: Ints, n_vertices: int) -> tuple[Ints, Ints, Ints]:
    """Give edges one number whichever way they run; return it for each, and the ends of each number."""
    edge, key = pd.factorize(np.minimum(start, end) * n_vertices + np.maximum(start, end))
    low, high = np.divmod(key, max(n_vertices, 1))
    return edge, low, high


def _moved_in_block(snapshots: Geometries, *, tolerance_m: float) -> list[_Step]:
    outlines = _Outlines.of(snapshots)
    return [_moved_in_step(snapshots, outlines, step, tolerance_m) for step in range(len(snapshots) - 1)]


def _moved_in_step(snapshots: Geometries, outlines: _Outlines, step: int, tolerance_m: float) -> _Step:
    net = outlines.winding[step + 1] - outlines.winding[step]
    left = np.flatnonzero(net)
    ends = np.stack([outlines.low[left], outlines.high[left]], axis=1)
    snapped, absorbed = _snap(outlines, step, ends, net[left], tolerance_m)
    edges, winding = _left_over(outlines.vertices, snapped, net[left])
    n_edges = np.count_nonzero(outlines.winding[step : step + 2])
    if len(edges) > (1 - MIN_SHARED) * n_edges:
        return _overlaid(snapshots[step], snapshots[step + 1])
    pieces, number = _faces(edges, winding)
    if (np.abs(number) > 1).any():
        return _overlaid(snapshots[step], snapshots[step + 1])
    return _Step(pieces[number != 0], number[number != 0] > 0, absorbed, overlaid=False)


def _snap(
    outlines: _Outlines, step: int, ends: Ints, winding: Ints, tolerance_m: float
) -> tuple[Ints, Floats]:
    """Replace later vertices by earlier ones within the tolerance; tell the area that this absorbs."""
    before, after = outlines.touched[step], outlines.touched[step + 1]
    fresh, gone = np.flatnonzero(after & ~before), np.flatnonzero(before & ~after)
    if not (len(fresh) and len(gone) and tolerance_m > 0):
        return ends, np.empty((0, 3))
    vertices = outlines.vertices
    tree = shapely.STRtree(shapely.points(vertices[gone]))
    found, near = tree.query_nearest(
        shapely.points(vertices[fresh]), max_distance=tolerance_m, all_matches=False
    )
    target = np.arange(len(vertices))
    target[fresh[found]] = gone[near]
    snapped = target[ends]
    moved = (snapped != ends).any(axis=1)
    old, new = vertices[snapped[moved]], vertices[ends[moved]]
    corners = np.stack([old[:, 0], old[:, 1], new[:, 1], new[:, 0]])
    x, y = corners[..., 0], corners[..., 1]
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    twice = (x * np.roll(y, -1, axis=0) - y * np.roll(x, -1, axis=0)).sum(axis=0)
    return snapped, np.column_stack([corners.mean(axis=0), -twice / 2 * winding[moved]])


def _left_over(vertices: Floats, ends: Ints, winding: Ints) -> tuple[Floats, Ints]:
    """Edges that do not cancel, (n, 2, 2), and how often they wind from the first end to the second."""
    edge, low, high = _each_once(ends[:, 0], ends[:, 1], len(vertices))
    along = np.where(ends[:, 0] <= ends[:, 1], winding, -winding)
    total = np.zeros(len(low), dtype=np.int64)
    np.add.at(total, edge, along)
    left = (total != 0) & (low != high)
    edges = np.stack([vertices[low[left]], vertices[high[left]]], axis=1)
    total = total[left]
    turned = (edges[:, 0] > edges[:, 1])[:, 0] | (
        (edges[:, 0, 0] == edges[:, 1, 0]) & (edges[:, 0, 1] > edges[:, 1, 1])
    )
    edges[turned] = edges[turned][:, ::-1]
    total[turned] *= -1
    order = np.lexsort(edges.reshape(-1, 4).T)
    return edges[order], total[order]


def _faces(edges: Floats, winding: Ints) -> tuple[Geometries, Ints]:
    """Faces between edges, and the winding number of each."""
    if not len(edges):
        return np.empty(0, dtype=object), np.empty(0, dtype=np.int64)
    noded = shapely.get_parts(shapely.union_all(shapely.linestrings(edges)))
    faces = shapely.get_parts(shapely.polygonize(noded))
    faces = faces[shapely.area(faces) > 0]
    return faces, _winding_numbers(_inner_points(faces), edges, winding)


def _inner_points(faces: Geometries) -> Floats:
    """Give a point inside each face, well off its outline where the face has room for it."""
    points = shapely.point_on_surface(faces)
    close = shapely.distance(points, shapely.boundary(faces)) < _CLEARANCE_M
    if close.any():
        points[close] = shapely.get_point(shapely.maximum_inscribed_circle(faces[close]), 0)
    return np.asarray(shapely.get_coordinates(points))


def _winding_numbers(points: Floats, edges: Floats, winding: Ints) -> Ints:
    """Count how often the edges wind round each point: crossings of a ray that leads to the right."""
    x, y = points[:, :1], points[:, 1:]
    (x0, y0), (x1, y1) = edges[:, 0].T, edges[:, 1].T
    upward, downward = (y0 <= y) & (y1 > y), (y1 <= y) & (y0 > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        right = x0 + (y - y0) / (y1 - y0) * (x1 - x0) > x
    crossing = (upward & right).astype(np.int64) - (downward & right)
    return np.asarray(crossing @ winding)


def _overlaid(before: Any, after: Any) -> _Step:
    """Find what moved by the full overlay."""
    gained, lost = (
        shapely.get_parts(polygons_of(np.array([shapely.difference(*pair)])))
        for pair in ((after, before), (before, after))
    )
    pieces = np.concatenate([gained, lost])
    solid = shapely.area(pieces) > 0
    is_gain = np.repeat([True, False], [len(gained), len(lost)])
    return _Step(pieces[solid], is_gain[solid], np.empty((0, 3)), overlaid=True)
