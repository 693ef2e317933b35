"""Join the ends of frontlines to each other and to the edge of the theatre."""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from frontlines.crs import place
from frontlines.errors import ControlError

Floats = npt.NDArray[np.float64]
Geometries = npt.NDArray[Any]


class _Move(NamedTuple):
    """What one loose end needs: the line and whether it is its last vertex, the point it goes to, how far."""

    line: int
    last: bool
    target: Floats
    host: int
    distance_m: float


_TOUCHING_M = 1e-3
_EDGE = -1
_END = -2


def join_ends(lines: gpd.GeoDataFrame, ground: Any, snap_m: float) -> tuple[Geometries, Any]:
    """Lead loose ends on to the nearest edge, line or loose end.

    Parameters
    ----------
    lines
        Stretches of one date [m].
    ground
        The theatre [m].
    snap_m
        Farthest that an end may be led on [m].

    Returns
    -------
    joined
        The lines' geometry, with ends led on; where an end meets another line or the edge, that one
        has a vertex at exactly the same coordinates.
    edge
        The theatre's boundary, with those vertices.

    Raises
    ------
    ControlError
        If an end inside the theatre is farther than `snap_m` from everything.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString, box
    >>> lines = gpd.GeoDataFrame(geometry=[LineString([(1, 0), (1, 1.5)])], crs="EPSG:3035")
    >>> joined, edge = join_ends(lines, box(0, 0, 4, 2), snap_m=1)
    >>> joined[0].wkt
    'LINESTRING (1 0, 1 1.5, 1 2)'
    """
    shapes = np.array(lines.geometry.values, dtype=object)
    edge = shapely.boundary(ground)
    moves = [_find_move(shapes, edge, *end) for end in _loose_ends(shapes, ground)]
    short = [move for move in moves if move.distance_m > snap_m]
    if short:
        raise ControlError(_short_message(short, shapes, lines, snap_m))
    for move in moves:
        if move.host == _EDGE:
            edge = _with_vertex(edge, move.target)
        elif move.host != _END:
            shapes[move.host] = _with_vertex(shapes[move.host], move.target)
    for move in moves:
        shapes[move.line] = _led_on(shapes[move.line], move)
    return shapes, edge


def _loose_ends(shapes: Geometries, ground: Any) -> list[tuple[int, bool]]:
    """List the ends inside the theatre, or on its edge, that no other end shares exactly."""
    first, last = shapely.get_point(shapes, 0), shapely.get_point(shapes, -1)
    ends = shapely.get_coordinates(np.concatenate([first, last]))
    _, inverse, count = np.unique(ends, axis=0, return_inverse=True, return_counts=True)
    alone = count[np.ravel(inverse)] == 1
    inside = shapely.distance(ground, shapely.points(ends)) <= 0
    near_edge = shapely.distance(shapely.boundary(ground), shapely.points(ends)) < 1e-6  # noqa: PLR2004 - rounding
    rows = np.flatnonzero(alone & (inside | near_edge))
    return [(int(row % len(shapes)), bool(row >= len(shapes))) for row in rows]


def _find_move(shapes: Geometries, edge: Any, line: int, last: bool) -> _Move:
    """Find the nearest thing that an end can be led on to."""
    end = shapely.get_point(shapes[line], -1 if last else 0)
    others = np.delete(np.arange(len(shapes)), line)
    hosts = [(_EDGE, edge), *((int(other), shapes[other]) for other in others)]
    distances = np.array([shapely.distance(end, shape) for _, shape in hosts])
    nearest = int(np.argmin(distances))
    host, shape = hosts[nearest]
    target = shapely.get_coordinates(shapely.shortest_line(end, shape))[1]
    if host != _EDGE:
        tips = shapely.get_coordinates(shape)[[0, -1]]
        if (tips == target).all(axis=1).any():
            host = _END
    return _Move(line, last, target, host, float(distances[nearest]))


def _with_vertex(shape: Any, point: Floats) -> Any:
    """Insert a vertex into the ring or line that passes a point."""
    parts = shapely.get_parts(shape)
    nearest = int(np.argmin(shapely.distance(parts, shapely.Point(point))))
    xy = shapely.get_coordinates(parts[nearest])
    if not (xy == point).all(axis=1).any():
        pieces = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1))
        at = int(np.argmin(shapely.distance(pieces, shapely.Point(point)))) + 1
        parts[nearest] = shapely.linestrings(np.insert(xy, at, point, axis=0))
    return parts[0] if len(parts) == 1 else shapely.multilinestrings(parts)


def _led_on(shape: Any, move: _Move) -> Any:
    xy = shapely.get_coordinates(shape)
    tip = -1 if move.last else 0
    if move.distance_m < _TOUCHING_M:
        xy[tip] = move.target
        return shapely.linestrings(xy)
    return shapely.linestrings(np.vstack([xy, move.target] if move.last else [move.target, xy]))


def _short_message(short: list[_Move], shapes: Geometries, lines: gpd.GeoDataFrame, snap_m: float) -> str:
    said = []
    for move in short:
        x, y = shapely.get_coordinates(shapes[move.line])[-1 if move.last else 0]
        which = "last" if move.last else "first"
        said.append(
            f"- row {lines.index[move.line]}: its {which} vertex, {place(x, y, lines.crs)}, "
            f"stops {move.distance_m:,.0f} m short of the theatre's edge or another line"
        )
    farthest = max(move.distance_m for move in short)
    return (
        f"{len(short)} end{'s' * (len(short) > 1)} of frontlines hang in the air (snap_m={snap_m:g}):\n"
        + "\n".join(said)
        + f"\ndraw the line on, or pass snap_m={np.ceil(farthest):.0f} or more"
    )
