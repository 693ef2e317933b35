"""Ground of a side, built anew from displaced fronts, by district."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

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
_LOOSE = 1e-8  # share of the whole by which faces may miss a district


@dataclass(frozen=True)
class Board:
    """What stays as it is while the fronts move.

    Attributes
    ----------
    shapes
        The districts.
    borders
        Their outlines, noded.
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
    borders = shapely.line_merge(shapely.union_all(shapely.boundary(shapes)))
    return Board(shapes, borders, (outlines[0].fixed, outlines[1].fixed))


def push_lines(nodes: Nodes, pushed_m: Floats, shift_m: Floats) -> list[Floats]:
    """Push the front's runs: for each, the way from its drawn start over displaced nodes to its drawn end.

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
        Coordinates, one array for each run. An end on the theatre's edge slides along it.

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
    ...                np.array([[True, True]]))
    >>> nodes = place_nodes(front, shapely.boundary(theatre), np.inf)
    >>> (way,) = push_lines(nodes, np.array([100.0, 100.0]), np.zeros(2))
    >>> way.tolist()
    [[1000.0, 0.0], [1100.0, 0.0], [1100.0, 2000.0], [1000.0, 2000.0]]
    """
    moved = nodes.xy + nodes.push * pushed_m[:, None] + shift_m
    breaks = np.flatnonzero(nodes.run[1:] != nodes.run[:-1]) + 1
    bounds = np.unique([0, *breaks, len(nodes.run)])
    ways = []
    for first, stop in pairwise(bounds):
        ends = []
        for node in (first, stop - 1):
            tip = nodes.tips.get(int(node))
            drawn = nodes.xy[node]
            if tip is None:
                ends.append(np.vstack([drawn, moved[node]]))
            else:
                ends.append(tip.path(drawn, float(pushed_m[node] + tip.outward @ shift_m)))
        ways.append(np.vstack([ends[0], moved[first + 1 : stop - 1], ends[1][::-1]]))
    return ways


def areas_by_district(ways: list[Floats], nodes: Nodes, board: Board) -> tuple[Floats, float]:
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
        If the pieces do not fill the districts.

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
    ...                np.array([[True, True]]))
    >>> nodes = place_nodes(front, shapely.boundary(theatre), np.inf)
    >>> (way,) = push_lines(nodes, np.array([100.0, 100.0]), np.zeros(2))
    >>> fixed = np.array([[1000.0, 2000, 0, 2000], [0, 2000, 0, 0], [0, 0, 1000, 0]])
    >>> board = Board(np.array([theatre]), shapely.boundary(theatre), (fixed, fixed))
    >>> areas, tangled = areas_by_district([way], nodes, board)
    >>> areas.round(6).tolist(), tangled
    ([[2.2], [2.2], [0.0], [0.0]], 0.0)
    """
    runs = np.flatnonzero(np.append(True, nodes.run[1:] != nodes.run[:-1]))[: len(ways)]
    owner = np.repeat(np.arange(len(ways)), [len(way) for way in ways])
    lines = shapely.linestrings(np.vstack([np.empty((0, 2)), *ways]), indices=owner)
    edges, way = segments(lines)
    points, district, area = _faces(lines, edges, board)
    winding = [
        _winding(points, edges, part[runs][way])
        + _winding(points, fixed, np.ones(len(fixed), dtype=np.int64))
        for part, fixed in zip((nodes.before, nodes.after), board.fixed, strict=True)
    ]
    held = [number > 0 for number in winding]
    kinds = (held[0], held[1], held[1] & ~held[0], held[0] & ~held[1])
    n = len(board.shapes)
    areas = np.array([np.bincount(district, weights=area * kind, minlength=n) for kind in kinds])
    odd = sum(float(area[(number < 0) | (number > 1)].sum()) for number in winding)
    return areas, odd


def _faces(lines: Geometries, edges: Floats, board: Board) -> tuple[Floats, Ints, Floats]:
    """Cut the districts along the displaced fronts: a point in each face, its district and its area [km²].

    Lines that cross themselves are quick to node whole, but once in some hundred draws not without fault;
    then they are noded edge by edge, and if need be on a grid of a millimetre.
    """
    pieces = shapely.linestrings(edges.reshape(-1, 2, 2))
    whole = shapely.area(board.shapes) / KM2
    for cut, grid_m in ((lines, None), (pieces, None), (pieces, _GRID_M)):
        noded = shapely.union_all([shapely.multilinestrings(cut), board.borders], grid_size=grid_m)
        faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
        points = shapely.point_on_surface(faces)
        face, district = board.tree.query(points, predicate="intersects")
        area = shapely.area(faces)[face] / KM2
        off = np.abs(np.bincount(district, weights=area, minlength=len(whole)) - whole)
        if (off <= _LOOSE * whole.sum()).all():
            return shapely.get_coordinates(points[face]), district, area
    raise ClosureError(
        f"displaced fronts cut a district into pieces that miss its area by {off.max():.6f} km²: "
        "pass the districts through as_districts"
    )


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
