"""Ground that moved between snapshots, found from the edges that differ.

Consecutive snapshots of one map share nearly all of their edges, vertex by vertex. Edges that both
have cancel. The edges of the later snapshot, and those of the earlier one run backwards, that are
left over close into small loops; only these are noded and turned into faces. A face's winding number
in the loops is 1 where ground was gained, -1 where it was lost, and 0 where nothing changed.

Edges are given by their ends, (n, 2, 2) [m]: first or second end, x or y.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import shapely

from frontlines.arrays import Bools, Floats, Geometries, Ints
from frontlines.crs import polygons_of
from frontlines.crs.projecting import numbered
from frontlines.geometry.coverage import CLOSURE, GRID_M
from frontlines.geometry.planar import westward, winding_numbers
from frontlines.names import TOLERANCE_M, Mapper

MIN_SHARED = 0.5
"""Two snapshots that share less than this part of their edges are overlaid as a whole."""

_BLOCK = 16  # steps worked on at once
_CLEARANCE_M = 0.01  # a point of a face this near to its outline may be counted on the wrong side
_ROUNDING_M = 1e-6


@dataclass(frozen=True)
class Moved:
    """Ground that one side gained and lost between consecutive snapshots."""

    pieces: Geometries  # polygons [m], (n,), sorted by step
    step: Ints  # number of the step, (n,): step 0 leads from snapshot 0 to snapshot 1
    gained: Bools  # whether the piece was gained, else it was lost, (n,)
    absorbed: Absorbed  # ground that the tolerance took for unmoved
    # whether a step's snapshots shared too few edges and were overlaid as a whole, (n_steps,)
    overlaid: Bools


def moved_ground(snapshots: Geometries, *, tolerance_m: float = TOLERANCE_M, mapper: Mapper = map) -> Moved:
    """Find the ground that was gained and lost between snapshots, one valid (Multi)Polygon each."""
    changed = np.flatnonzero(~shapely.equals_identical(snapshots[:-1], snapshots[1:]))
    distinct = snapshots[np.append(changed, len(snapshots) - 1)] if len(snapshots) else snapshots
    starts = range(0, len(changed), _BLOCK)
    blocks = [distinct[start : start + _BLOCK + 1] for start in starts]
    found = list(mapper(partial(_moved_in_block, tolerance_m=tolerance_m), blocks))
    steps = [step for block in found for step in block]
    overlaid = np.zeros(max(len(snapshots) - 1, 0), dtype=bool)
    overlaid[changed] = [step.overlaid for step in steps]
    return Moved(
        pieces=np.concatenate([np.empty(0, dtype=object), *(step.pieces for step in steps)]),
        step=np.repeat(changed, [len(step.pieces) for step in steps]),
        gained=np.concatenate([np.empty(0, dtype=bool), *(step.gained for step in steps)]),
        absorbed=_joined([step.absorbed for step in steps], changed),
        overlaid=overlaid,
    )


@dataclass(frozen=True)
class _Step:
    """What moved in one step."""

    pieces: Geometries
    gained: Bools
    absorbed: Absorbed
    overlaid: bool


def _moved_in_block(snapshots: Geometries, *, tolerance_m: float) -> list[_Step]:
    """Find what moved in each step of a block of snapshots, of which no two neighbours are the same."""
    outlines = _outlines_of(snapshots)
    n_steps = len(snapshots) - 1
    # Edges that the later snapshot has more or less often than the earlier one.
    net = np.diff(outlines.winding, axis=0)
    step, edge = np.nonzero(net)
    ends = np.column_stack([outlines.low[edge], outlines.high[edge]])
    snapped, absorbed = _snap(outlines, step, ends, net[step, edge], tolerance_m)
    loops = _left_over(outlines.vertices, step, snapped, net[step, edge])
    # Where few edges are left, the faces of their loops tell what moved, if no loop winds twice.
    n_edges = np.count_nonzero(outlines.winding, axis=1)
    few = np.bincount(loops.step, minlength=n_steps) <= (1 - MIN_SHARED) * (n_edges[:-1] + n_edges[1:])
    faces = _faces(loops, few[loops.step])
    simple = few & ~_summed(faces.step, np.abs(faces.number) > 1, n_steps).astype(bool)
    return [
        faces.moved_in(number, absorbed.only(_of_step(absorbed.step, number)))
        if simple[number]
        else _overlaid(snapshots[number], snapshots[number + 1])
        for number in range(n_steps)
    ]


@dataclass(frozen=True)
class _Outlines:
    """Edges of several snapshots, each once, between numbered vertices."""

    vertices: Floats  # (n_vertices, 2) [m]
    low: Ints  # low, high: numbers of each edge's vertices, the smaller one first, (n_edges,)
    high: Ints
    # how often the outline of each snapshot runs along an edge from low to high, ground on the
    # left, less how often it runs back, (n_snapshots, n_edges)
    winding: Ints
    touched: Bools  # which vertices each snapshot has, (n_snapshots, n_vertices)


def _outlines_of(snapshots: Geometries) -> _Outlines:
    # Shells turned counter-clockwise and holes clockwise have the ground on their left.
    parts, snapshot = shapely.get_parts(snapshots, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    hole = np.append(False, part[1:] == part[:-1])[: len(part)]
    sense = np.where(shapely.is_ccw(rings) == hole, -1, 1)
    # Number vertices, and the edges between them; most are in all snapshots.
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    room = 2 * int(shapely.get_num_coordinates(snapshots).max(initial=0))
    number, vertices = numbered(xy, room=room)
    start, end, owner = number[:-1], number[1:], snapshot[part][ring[:-1]]
    keys = np.minimum(start, end) * len(vertices) + np.maximum(start, end)
    edge, key = pd.factorize(keys, size_hint=room)
    low, high = np.divmod(key, max(len(vertices), 1))
    # No edge leads from the last vertex of a ring to the first one of the next.
    way = np.where(ring[:-1] == ring[1:], np.sign(end - start) * sense[ring[:-1]], 0)
    winding = _summed(owner * len(key) + edge, way, len(snapshots) * len(key))
    touched = np.zeros((len(snapshots), len(vertices)), dtype=bool)
    touched[owner, start] = True
    return _Outlines(vertices, low, high, winding.reshape(len(snapshots), len(key)), touched)


@dataclass(frozen=True)
class _Loops:
    """Edges that differ, by step, and how often they wind from their first end to their second."""

    step: Ints
    edges: Floats
    winding: Ints


def _summed(number: Ints, amounts: Ints | Bools, n_numbers: int) -> Ints:
    """Sum whole amounts by number."""
    return np.rint(np.bincount(number, weights=amounts, minlength=n_numbers)).astype(np.int64)


def _westward(edges: Floats) -> Bools:
    return westward(edges.reshape(-1, 4))


def _of_step(step: Ints, number: int) -> slice:
    """Rows of one step; steps ascend."""
    return slice(*np.searchsorted(step, [number, number + 1]))


def _snap(
    outlines: _Outlines, step: Ints, ends: Ints, winding: Ints, tolerance_m: float
) -> tuple[Ints, Absorbed]:
    """Replace later vertices by earlier ones within the tolerance; tell what this absorbs, by step."""
    # Vertices of a snapshot that the other one of the step does not have, paired if near enough.
    vertices, touched = outlines.vertices, outlines.touched
    fresh_step, fresh = np.nonzero(touched[1:] & ~touched[:-1])
    gone_step, gone = np.nonzero(touched[:-1] & ~touched[1:])
    if not (len(fresh) and len(gone) and tolerance_m > 0):
        return ends, _NOTHING
    new, old = _nearest(fresh_step, vertices[fresh], gone_step, vertices[gone], tolerance_m)
    # Put the old vertex of the pair in the place of the new one, wherever an edge ends there.
    known = fresh_step[new] * len(vertices) + fresh[new]
    wanted = step[:, None] * len(vertices) + ends
    place = np.searchsorted(known, wanted).clip(max=max(len(known) - 1, 0))
    hit = known[place] == wanted if len(known) else np.zeros(wanted.shape, dtype=bool)
    snapped = ends.copy()
    snapped[hit] = gone[old][place[hit]]
    # The ground between an edge and where it was put is absorbed.
    moved = hit.any(axis=1)
    was, now = vertices[snapped[moved]], vertices[ends[moved]]
    return snapped, _in_order(Absorbed(was, now, step[moved], winding[moved]))


def _nearest(new_step: Ints, new: Floats, old_step: Ints, old: Floats, within_m: float) -> tuple[Ints, Ints]:
    """Pair each new point with the nearest old one of its step, if there is one within a distance."""
    # Lay the steps side by side in strips, so that one search over x serves them all.
    west = min(new[:, 0].min(), old[:, 0].min())
    strip = max(new[:, 0].max(), old[:, 0].max()) - west + 4 * (within_m + 1)
    new_x, old_x = new_step * strip + new[:, 0] - west, old_step * strip + old[:, 0] - west
    order = np.lexsort((old[:, 1], old_x))
    first = np.searchsorted(old_x[order], new_x - within_m - _ROUNDING_M, side="left")
    count = np.searchsorted(old_x[order], new_x + within_m + _ROUNDING_M, side="right") - first
    # All pairs within reach in x, then those within reach, then the nearest of each new point.
    mine = np.repeat(np.arange(len(new)), count)
    theirs = order[np.arange(len(mine)) - np.repeat(np.cumsum(count) - count - first, count)]
    far = np.hypot(*(new[mine] - old[theirs]).T)
    near = far <= within_m
    mine, theirs, far = mine[near], theirs[near], far[near]
    by_distance = np.lexsort((far, mine))
    mine, best = np.unique(mine[by_distance], return_index=True)
    return mine, theirs[by_distance][best]


def _in_order(absorbed: Absorbed) -> Absorbed:
    """Turn and sort edges so that their order does not depend on the input's."""
    backward = _westward(absorbed.now)
    was, now = (
        np.where(backward[:, None, None], edges[:, ::-1], edges) for edges in (absorbed.was, absorbed.now)
    )
    order = np.lexsort((*now.reshape(-1, 4).T, absorbed.step))
    winding = np.where(backward, -absorbed.winding, absorbed.winding)
    return Absorbed(was[order], now[order], absorbed.step[order], winding[order])


def _left_over(vertices: Floats, step: Ints, ends: Ints, winding: Ints) -> _Loops:
    """Keep the edges that do not cancel, each once, in an order that does not depend on the input's."""
    # Sum the windings of each edge of a step, whichever way it is given.
    n = max(len(vertices), 1)
    low, high = ends.min(axis=1), ends.max(axis=1)
    number, key = pd.factorize((step * n + low) * n + high)
    total = _summed(number, np.where(ends[:, 0] == low, winding, -winding), len(key))
    step, low, high = key // n**2, key // n % n, key % n
    kept = (total != 0) & (low != high)
    step, total = step[kept], total[kept]
    edges = np.stack([vertices[low[kept]], vertices[high[kept]]], axis=1)
    backward = _westward(edges)
    edges[backward] = edges[backward][:, ::-1]
    total[backward] *= -1
    order = np.lexsort((*edges.reshape(-1, 4).T, step))
    return _Loops(step[order], edges[order], total[order])


@dataclass(frozen=True)
class _Faces:
    """Faces between loops, by step, and the winding number of each."""

    step: Ints
    faces: Geometries
    number: Ints

    def moved_in(self, step: int, absorbed: Absorbed) -> _Step:
        """Take the faces of one step that changed hands."""
        own = _of_step(self.step, step)
        number = self.number[own]
        return _Step(self.faces[own][number != 0], number[number != 0] > 0, absorbed, overlaid=False)


def _faces(loops: _Loops, used: Bools) -> _Faces:
    """Node the loops of each step, and turn them into faces."""
    edges, winding = loops.edges[used], loops.winding[used]
    steps, rank = np.unique(loops.step[used], return_inverse=True)
    lines = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(edges), indices=rank))
    noded = shapely.union_all(lines[:, np.newaxis], axis=1)
    faces, owner = shapely.get_parts(shapely.polygonize(noded[:, np.newaxis]), return_index=True)
    solid = shapely.area(faces) > 0
    faces, owner = faces[solid], owner[solid]
    points = _inner_points(faces)
    number = np.zeros(len(faces), dtype=np.int64)
    for place in range(len(steps)):
        own, loop = _of_step(owner, place), _of_step(rank, place)
        number[own] = winding_numbers(points[own], edges[loop].reshape(-1, 4), winding[loop])
    return _Faces(steps[owner], faces, number)


def _inner_points(faces: Geometries) -> Floats:
    """Give a point inside each face, well off its outline where the face has room for it."""
    points = shapely.point_on_surface(faces)
    close = shapely.distance(points, shapely.boundary(faces)) < _CLEARANCE_M
    if close.any():
        points[close] = shapely.get_point(shapely.maximum_inscribed_circle(faces[close]), 0)
    return np.asarray(shapely.get_coordinates(points))


def _overlaid(before: Any, after: Any) -> _Step:
    """Find what moved by the full overlay."""
    both = [(after, before), (before, after)]
    ways = shapely.difference(*np.array(both).T)
    if abs((after.area - before.area) - (ways[0].area - ways[1].area)) > CLOSURE * max(
        after.area, before.area
    ):
        ways = shapely.difference(*np.array(both).T, grid_size=GRID_M)
    gained, lost = (shapely.get_parts(one) for one in polygons_of(ways))
    pieces = np.concatenate([gained, lost])
    solid = shapely.area(pieces) > 0
    is_gain = np.repeat([True, False], [len(gained), len(lost)])
    return _Step(pieces[solid], is_gain[solid], _NOTHING, overlaid=True)


@dataclass(frozen=True)
class Absorbed:
    """Edges that moved within the tolerance: the ground between where they were and where they are."""

    was: Floats  # was, now: ends of each edge [m], (n, 2, 2)
    now: Floats
    step: Ints  # number of the step, (n,), ascending
    # how often the outline runs along the edge from its first end to its second, ground on the
    # left, less how often it runs back, (n,)
    winding: Ints

    def only(self, rows: Any) -> Absorbed:
        """Keep some of the edges."""
        return Absorbed(self.was[rows], self.now[rows], self.step[rows], self.winding[rows])

    @property
    def area_m2(self) -> Floats:
        """Area gained between each edge and where it was, negative if lost [m²], (n,)."""
        corners = np.stack([self.now[:, 0], self.now[:, 1], self.was[:, 1], self.was[:, 0]])
        x, y = np.moveaxis(corners - corners.mean(axis=0), 2, 0)
        twice = (x * np.roll(y, -1, axis=0) - y * np.roll(x, -1, axis=0)).sum(axis=0)
        return np.asarray(twice / 2 * self.winding)

    @property
    def boxes(self) -> Geometries:
        """Bounding box of each edge, of where it was and where it is, (n,)."""
        both = np.concatenate([self.was, self.now], axis=1)
        return np.asarray(shapely.box(*both.min(axis=1).T, *both.max(axis=1).T))

    def triangles(self) -> tuple[Geometries, Ints, Ints]:
        """Cut the ground into triangles: polygons, step, and how often each counts as gained.

        Triangles may lie on top of each other; with their counts they sum to what is there.
        """
        corners = np.concatenate(
            [
                np.stack([self.now[:, 0], self.now[:, 1], self.was[:, 1]], axis=1),
                np.stack([self.now[:, 0], self.was[:, 1], self.was[:, 0]], axis=1),
            ]
        )
        (ax, ay), (bx, by) = (corners[:, 1] - corners[:, 0]).T, (corners[:, 2] - corners[:, 0]).T
        count = np.tile(self.winding, 2) * np.sign(ax * by - ay * bx).astype(np.int64)
        solid = count != 0
        rings = shapely.linearrings(corners[solid][:, [0, 1, 2, 0]])
        return shapely.polygons(rings), np.tile(self.step, 2)[solid], count[solid]


_NOTHING = Absorbed(
    np.empty((0, 2, 2)), np.empty((0, 2, 2)), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
)


def _joined(parts: list[Absorbed], steps: Ints) -> Absorbed:
    """Put the edges of several steps together, under the numbers of these."""
    return Absorbed(
        np.concatenate([_NOTHING.was, *(part.was for part in parts)]),
        np.concatenate([_NOTHING.now, *(part.now for part in parts)]),
        np.repeat(steps, [len(part.step) for part in parts]),
        np.concatenate([_NOTHING.winding, *(part.winding for part in parts)]),
    )
