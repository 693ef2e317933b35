"""Ground of a side, built anew from displaced fronts, by district."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from frontlines.arrangement import segments
from frontlines.coverage import KM2
from frontlines.errors import ClosureError
from frontlines.uncertainty.displaced import Nodes
from frontlines.uncertainty.fronts import Outline

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[Any]

_GRID_M = 1e-3
_LOOSE = 1e-8  # share of the whole by which faces may miss a district, or what the fronts enclose
_DUST_KM2 = 1e-9  # faces smaller than this are rounding
_BEYOND_M = 1.0  # so far beyond the theatre's edge a front is led to cut it for sure


class Way(NamedTuple):
    """A displaced run of the front.

    Attributes
    ----------
    outline
        From the drawn start over displaced nodes to the drawn end, (n, 2) [m]. An end on the theatre's
        edge slides along it.
    cut
        What of it cuts the ground: without the way along the theatre's edge, but a little beyond it,
        since a point on an edge that runs aslant is never quite on it, (m, 2) [m].
    """

    outline: Floats
    cut: Floats


@dataclass(frozen=True)
class Board:
    """What stays as it is while the fronts move.

    Attributes
    ----------
    shapes
        The districts.
    borders
        Their outlines, and what of the side's ground does not move, noded.
    fixed
        Edges of the side's ground on the theatre's edge, by date, each (n, 4) [m].
    """

    shapes: Geometries
    borders: Any
    fixed: tuple[Floats, Floats]

    @cached_property
    def tree(self) -> Any:
        """The districts, indexed."""
        return shapely.STRtree(self.shapes)


def set_board(shapes: Geometries, outlines: tuple[Outline, Outline]) -> Board:
    """Gather what stays as it is.

    Parameters
    ----------
    shapes
        The districts.
    outlines
        The side's ground on either date.

    Returns
    -------
    board
        Districts, their borders, and the ground's edges that do not move.

    Examples
    --------
    >>> from shapely import box
    >>> fixed = np.array([[0.0, 2000.0, 0.0, 0.0]])
    >>> outline = Outline(box(0, 0, 1000, 2000), fixed, None)
    >>> set_board(np.array([box(0, 0, 4000, 2000)]), (outline, outline)).borders.length
    12000.0
    """
    fixed = (outlines[0].fixed, outlines[1].fixed)
    still = shapely.linestrings(np.vstack(fixed).reshape(-1, 2, 2))
    edges = shapely.union_all([*shapely.boundary(shapes), shapely.multilinestrings(still)])
    return Board(shapes, shapely.line_merge(edges), fixed)


def push_lines(nodes: Nodes, pushed_m: Floats, shift_m: Floats) -> list[Way]:
    """Push the front's runs.

    Parameters
    ----------
    nodes
        The nodes.
    pushed_m
        How far each moves outward, (n_nodes,) [m].
    shift_m
        How far all are shifted, (2,) [m].

    Returns
    -------
    ways
        One for each run.

    Examples
    --------
    A front at x = 1000, pushed outward by 100: the ground of 2 km² gains 0.2 on both dates.

    >>> from shapely import box
    >>> from frontlines.uncertainty.displaced import place_nodes
    >>> from frontlines.uncertainty.fronts import Fronts
    >>> theatre = box(0, 0, 4000, 2000)
    >>> edge = np.array([[1000.0, 0.0, 1000.0, 2000.0]])
    >>> one, none = np.array([1]), np.array([0])
    >>> front = Fronts(edge, np.array([[0.0, 2000.0]]), none, none, one, one, np.array([100.0]),
    ...                np.array([[True, True]]), np.array([np.inf]))
    >>> nodes = place_nodes(front, shapely.boundary(theatre), np.inf)
    >>> (way,) = push_lines(nodes, np.array([100.0, 100.0]), np.zeros(2))
    >>> way.outline.tolist()
    [[1000.0, 0.0], [1100.0, 0.0], [1100.0, 2000.0], [1000.0, 2000.0]]
    >>> way.cut.tolist()
    [[1100.0, -1.0], [1100.0, 0.0], [1100.0, 2000.0], [1100.0, 2001.0]]
    """
    moved = nodes.xy + nodes.push * pushed_m[:, None] + shift_m
    breaks = np.flatnonzero(nodes.run[1:] != nodes.run[:-1]) + 1
    ways = []
    for first, stop in pairwise(np.unique([0, *breaks, len(nodes.run)])):
        paths = {}
        for node in (first, stop - 1):
            tip = nodes.tips.get(int(node))
            if tip is not None:
                paths[node] = tip.path(nodes.xy[node], float(pushed_m[node] + tip.outward @ shift_m))
                moved[node] = paths[node][-1]
        inner = moved[first:stop]
        start, end = (paths.get(node, nodes.xy[[node]]) for node in (first, stop - 1))
        outline = np.vstack([start, inner, end[::-1]])
        before = _beyond(inner) if first in paths else start
        after = _beyond(inner[::-1]) if stop - 1 in paths else end
        ways.append(Way(_once(outline), _once(np.vstack([before, inner, after]))))
    return ways


def _beyond(xy: Floats) -> Floats:
    """Lead a line on beyond its start."""
    step = xy[0] - xy[1]
    return np.asarray(xy[:1] + step * _BEYOND_M / max(float(np.hypot(*step)), _GRID_M))


def _once(xy: Floats) -> Floats:
    """Drop vertices that are the same as the one before."""
    return np.asarray(xy[np.append(True, (xy[1:] != xy[:-1]).any(axis=1))])


def areas_by_district(ways: list[Way], nodes: Nodes, board: Board) -> tuple[Floats, float]:
    """Measure what the side holds before and after, gains and loses, from displaced fronts.

    Parameters
    ----------
    ways
        From `push_lines`.
    nodes
        The nodes.
    board
        What does not move.

    Returns
    -------
    areas
        Before, after, gained and lost in each district, (4, n_districts) [km²].
    tangled
        Ground of either date round which a line that crosses itself winds twice or backwards [km²].

    Raises
    ------
    ClosureError
        If the pieces do not fill the districts, or do not hold the ground that the fronts enclose.

    Examples
    --------
    A front at x = 1000, pushed outward by 100: the ground of 2 km² gains 0.2 on both dates.

    >>> from shapely import box
    >>> from frontlines.uncertainty.displaced import place_nodes
    >>> from frontlines.uncertainty.fronts import Fronts
    >>> theatre = box(0, 0, 4000, 2000)
    >>> edge = np.array([[1000.0, 0.0, 1000.0, 2000.0]])
    >>> one, none = np.array([1]), np.array([0])
    >>> front = Fronts(edge, np.array([[0.0, 2000.0]]), none, none, one, one, np.array([100.0]),
    ...                np.array([[True, True]]), np.array([np.inf]))
    >>> nodes = place_nodes(front, shapely.boundary(theatre), np.inf)
    >>> (way,) = push_lines(nodes, np.array([100.0, 100.0]), np.zeros(2))
    >>> fixed = np.array([[1000.0, 2000, 0, 2000], [0, 2000, 0, 0], [0, 0, 1000, 0]])
    >>> board = Board(np.array([theatre]), shapely.boundary(theatre), (fixed, fixed))
    >>> areas, tangled = areas_by_district([way], nodes, board)
    >>> areas.round(6).tolist(), tangled
    ([[2.2], [2.2], [0.0], [0.0]], 0.0)
    """
    runs = np.flatnonzero(np.append(True, nodes.run[1:] != nodes.run[:-1]))[: len(ways)]
    edges, way = segments(_lines([one.outline for one in ways]))
    closed = [
        (np.vstack([edges, fixed]), np.append(part[runs][way], np.ones(len(fixed), dtype=np.int64)))
        for part, fixed in zip((nodes.before, nodes.after), board.fixed, strict=True)
    ]
    faces, winding = _faces(_lines([one.cut for one in ways]), closed, board)
    face, district = board.tree.query(faces.points, predicate="intersects")
    area = faces.area_km2[face]
    number = winding[:, face]
    held = number > 0
    kinds = (held[0], held[1], held[1] & ~held[0], held[0] & ~held[1])
    n = len(board.shapes)
    areas = np.array([np.bincount(district, weights=area * kind, minlength=n) for kind in kinds])
    odd = ((number < 0) | (number > 1)) & (area > _DUST_KM2)
    return areas, float((area * odd).sum())


class _Faces(NamedTuple):
    """What lines cut the plane into: a point in each face, and its area [km²]."""

    points: Geometries
    area_km2: Floats


def _lines(ways: list[Floats]) -> Geometries:
    owner = np.repeat(np.arange(len(ways)), [len(way) for way in ways])
    return np.asarray(shapely.linestrings(np.vstack([np.empty((0, 2)), *ways]), indices=owner))


def _faces(lines: Geometries, closed: list[tuple[Floats, Ints]], board: Board) -> tuple[_Faces, Ints]:
    """Cut the ground along the displaced fronts, and count how often either date's outline winds round it.

    Lines that cross themselves are quick to node whole, but once in some hundred draws not without fault;
    then they are noded edge by edge, and if need be on a grid of a millimetre.

    Two books must close. The faces fill the districts. And faces times winding numbers are the ground that
    the outlines enclose by their coordinates alone: a cut that was lost would give a whole face to one side.
    """
    pieces = shapely.linestrings(segments(lines)[0].reshape(-1, 2, 2))
    whole = shapely.area(board.shapes) / KM2
    enclosed = np.array([_enclosed_km2(*one) for one in closed])
    for cut, grid_m in ((lines, None), (pieces, None), (pieces, _GRID_M)):
        noded = shapely.union_all([shapely.multilinestrings(cut), board.borders], grid_size=grid_m)
        cells = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
        found = _Faces(shapely.point_on_surface(cells), shapely.area(cells) / KM2)
        winding = np.array([_winding(shapely.get_coordinates(found.points), *one) for one in closed])
        face, district = board.tree.query(found.points, predicate="intersects")
        filled = np.bincount(district, weights=found.area_km2[face], minlength=len(whole))
        off = max(np.abs(filled - whole).max(), np.abs(winding @ found.area_km2 - enclosed).max())
        if off <= _LOOSE * whole.sum() + (grid_m or 0.0) * shapely.length(noded) / KM2:
            return found, winding
    raise ClosureError(
        f"displaced fronts cut a district into pieces that miss its area by {off:.6f} km²: "
        "pass the districts through as_districts"
    )


def _enclosed_km2(edges: Floats, times: Ints) -> float:
    """Sum up the ground on the left of closed outlines, as often as they wind round it, edge by edge."""
    x0, y0, x1, y1 = (edges - np.tile(edges[:1, :2], 2)).T
    return float((times * (x0 * y1 - x1 * y0)).sum() / 2 / KM2)


def _winding(points: Floats, edges: Floats, times: Ints) -> Ints:
    """Count how often edges wind round each point, ground on their left: crossings of a ray to the right."""
    x, y = points[:, :1], points[:, 1:]
    used = times != 0
    (x0, y0), (x1, y1) = edges[used, :2].T, edges[used, 2:].T
    upward, downward = (y0 <= y) & (y1 > y), (y1 <= y) & (y0 > y)
    point, edge = np.nonzero(upward | downward)
    ahead = x0[edge] + (y[point, 0] - y0[edge]) / (y1 - y0)[edge] * (x1 - x0)[edge] > x[point, 0]
    way = np.where(upward[point, edge], 1, -1) * times[used][edge]
    return np.bincount(point, weights=way * ahead, minlength=len(points)).round().astype(np.int64)
