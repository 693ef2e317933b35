"""Join the ends of frontlines to each other and to the edge of the theatre."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from shapely.ops import substring

from frontlines.arrays import Floats, Geometries
from frontlines.crs.working import place
from frontlines.errors import ControlError
from frontlines.geometry.planar import edge_lines, own_crossings, segments
from frontlines.names import SNAP_M, counted

_TOUCHING_M = 1e-3  # things this near to each other touch [m]
_EDGE = -1  # host of an end that is led on to the theatre's edge
_END = -2  # host of an end that meets another end, or its own line
_ROUNDNESS = 4.0  # a line closes on itself if it is this many times longer than the gap between its ends
_MOST_AHEAD = 10.0  # an end is not led farther ahead than this many times its distance to the nearest thing
_WIDEST_M = (
    10 * SNAP_M
)  # a line that stops farther from everything is no line drawn a little short: no snapping
_AS_NEAR = 1.5  # edges are about as near to an end if one is at most so many times farther than the other
_CORNER = (
    4.0  # ... and a choice between them matters if more ground than this many products of both lies between
)


class Joined(NamedTuple):
    """Lines whose ends meet something."""

    shapes: Geometries  # the lines, with ends led on
    edge: Any  # the theatre's boundary. It, or the line that an end meets, has a vertex exactly there
    stubs: list[Any]  # pieces of lines that run past another line and end there; they divide nothing
    led: list[tuple[float, bool]]  # how far each end was led on [m], and whether in its own direction


class _Move(NamedTuple):
    """What one loose end needs: the line and whether it is its last vertex, the point it goes to, how far."""

    line: int
    last: bool
    target: Floats
    host: int  # position of the line that it meets there, `_EDGE` or `_END`
    distance_m: float
    ahead: bool = False  # whether it goes there in the line's own direction


class _Stub(NamedTuple):
    """The piece of a line behind its last crossing, and the lines it crosses there."""

    piece: Any
    hosts: list[int]


def join_ends(lines: gpd.GeoDataFrame, ground: Any, snap_m: float) -> Joined:
    """Lead loose ends on: in their own direction to the edge or a line, else to the nearest of them.

    A loose end of another line that is nearest goes before both.
    """
    shapes = np.array(lines.geometry.values, dtype=object)
    edge = shapely.boundary(ground)
    reach_m = max(snap_m, _TOUCHING_M)
    joints: list[Floats] = []
    stubs, short, led = [], [], []
    moves = [_find_move(shapes, edge, *end) for end in _loose_ends(shapes, ground)]
    # Ends that hang in the air, nearer to a line or another end than to the edge, want a partner.
    hanging = [move for move in moves if move.host != _EDGE and move.distance_m > _TOUCHING_M]
    loose = [_tip(shapes, *move[:2]) for move in hanging]
    for line, last, *_ in sorted(moves, key=lambda move: (move.distance_m, *_tip(shapes, *move[:2]))):
        if _is_among(_tip(shapes, line, last), joints):
            continue
        stub = _find_stub(shapes, edge, line, last, reach_m, joints)
        move = _find_move(shapes, edge, line, last, stub.hosts if stub else ())
        move = _onward(_to_loose_tip(move, shapes, loose, reach_m), shapes, edge, stub, reach_m)
        if stub and stub.piece.length <= move.distance_m:
            stubs.append(stub.piece)
        elif move.distance_m > reach_m:
            short.append(move)
        else:
            _refuse_two_edges(move, shapes, edge, lines, reach_m)
            if move.distance_m > _TOUCHING_M:
                led.append((move.distance_m, move.ahead))
            edge = _lead_on(shapes, edge, move)
            joints.append(move.target)
    if short:
        raise ControlError(_short_message(short, shapes, lines, snap_m))
    return Joined(shapes, edge, stubs, led)


def _tip(shapes: Geometries, line: int, last: bool) -> Floats:
    return np.asarray(shapely.get_coordinates(shapes[line])[-1 if last else 0])


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


def _find_move(shapes: Geometries, edge: Any, line: int, last: bool, without: Sequence[int] = ()) -> _Move:
    """Find the nearest thing that an end can be led on to, leaving out some lines."""
    end = shapely.Point(_tip(shapes, line, last))
    own = shapes[line]
    other_tip = shapely.Point(_tip(shapes, line, not last))
    hosts = [(host, shapes[host]) for host in range(len(shapes)) if host != line and host not in without]
    if _EDGE not in without:
        hosts.append((_EDGE, edge))
    ways = shapely.shortest_line(end, np.array([shape for _, shape in hosts], dtype=object))
    onward = shapely.distance(shapely.get_point(ways, 1), other_tip) > _TOUCHING_M
    found = [
        (way.length, host, way) for way, (host, _), ahead in zip(ways, hosts, onward, strict=True) if ahead
    ]
    round_m = end.distance(other_tip)
    if round_m * _ROUNDNESS < own.length:
        found.append((round_m, _END, shapely.LineString([end, other_tip])))
    if any(end.distance(node) < _TOUCHING_M for node in own_crossings(own)):
        found.append((0.0, _END, shapely.LineString([end, end])))
    distance_m, host, way = min(found, key=lambda one: one[0], default=(np.inf, _END, own))
    target = shapely.get_coordinates(way)[1]
    if host >= 0 and (shapely.get_coordinates(shapes[host])[[0, -1]] == target).all(axis=1).any():
        host = _END
    return _Move(line, last, target, host, distance_m)


def _to_loose_tip(move: _Move, shapes: Geometries, loose: list[Floats], reach_m: float) -> _Move:
    """Lead an end to the loose tip of its host, if that is within reach, rather than to the host's side.

    Where three stretches nearly meet, the side of one may be nearer than its tip; what is left of it
    behind the joint would then lie between the wrong two sides.
    """
    if move.host < 0 or move.distance_m <= _TOUCHING_M:
        return move
    end = _tip(shapes, move.line, move.last)
    tips = [tip for tip in shapely.get_coordinates(shapes[move.host])[[0, -1]] if _is_among(tip, loose)]
    away = [(float(np.hypot(*(tip - end))), tip) for tip in tips]
    near_m, target = min(away, key=lambda one: one[0], default=(np.inf, end))
    return move._replace(target=target, host=_END, distance_m=near_m) if near_m <= reach_m else move


def _onward(move: _Move, shapes: Geometries, edge: Any, stub: _Stub | None, reach_m: float) -> _Move:
    """Lead an end on in its line's own direction, if the edge or another line is near enough there."""
    if move.host == _END or move.distance_m <= _TOUCHING_M or move.distance_m > reach_m or stub:
        return move
    far_m = min(reach_m, _MOST_AHEAD * move.distance_m)
    end = _tip(shapes, move.line, move.last)
    way = shapes[move.line] if move.last else shapes[move.line].reverse()
    # The direction is that of a stretch which is long enough for the gap, so that jitter does not count.
    back_m = max(move.distance_m, reach_m / 4)
    start = shapely.get_coordinates(shapely.line_interpolate_point(way, max(way.length - back_m, 0.0)))[0]
    step = end - start
    if not (length_m := float(np.hypot(*step))):
        return move
    ray = shapely.LineString([end + step / length_m * _TOUCHING_M, end + step / length_m * far_m])
    hosts = [(_EDGE, edge), *((host, shape) for host, shape in enumerate(shapes) if host != move.line)]
    found = [
        (float(np.hypot(*(point - end))), host, point)
        for host, shape in hosts
        if ray.intersects(shape)
        for point in shapely.get_coordinates(shapely.intersection(ray, shape))
    ]
    if ray.intersects(shapes[move.line]) or not found:
        return move
    distance_m, host, target = min(found, key=lambda one: one[:2])
    if host >= 0 and (shapely.get_coordinates(shapes[host])[[0, -1]] == target).all(axis=1).any():
        host = _END
    return _Move(move.line, move.last, target, host, distance_m, ahead=True)


def _refuse_two_edges(
    move: _Move, shapes: Geometries, edge: Any, lines: gpd.GeoDataFrame, reach_m: float
) -> None:
    """Refuse to lead an end sideways to an edge where another one is about as near and ground hangs on it."""
    if move.ahead or move.host != _EDGE or move.distance_m <= _TOUCHING_M:
        return
    end = shapely.Point(_tip(shapes, move.line, move.last))
    rings = shapely.get_parts(edge)
    own = int(np.argmin(shapely.distance(rings, shapely.Point(move.target))))
    pieces, ring = segments(rings)
    away_m = shapely.distance(edge_lines(pieces), end)
    near = np.flatnonzero(away_m <= min(_AS_NEAR * move.distance_m, reach_m))
    for piece in near:
        other = shapely.get_coordinates(shapely.shortest_line(end, edge_lines(pieces[[piece]])[0]))[1]
        between_m2 = _ground_between(rings[own], end, move.target, other) if ring[piece] == own else np.inf
        if between_m2 > _CORNER * move.distance_m * away_m[piece]:
            x, y = shapely.get_coordinates(end)[0]
            raise ControlError(
                f"row {lines.index[move.line]}: its {_which(move)} vertex, {place(x, y, lines.crs)}, stops "
                f"{move.distance_m:,.0f} m short of one edge of the theatre and {away_m[piece]:,.0f} m short "
                "of another, and which one it meets decides who holds the ground between: draw the line on, "
                f"or pass a larger snap_m=... than {reach_m:g}, so that it meets what is ahead of it"
            )


def _ground_between(ring: Any, end: Any, one: Floats, other: Floats) -> float:
    """Ground between the ways from an end to two points of a ring [m²], on the smaller side of both."""
    low, high = sorted(ring.project(shapely.Point(point)) for point in (one, other))
    if high - low <= _TOUCHING_M:
        return 0.0
    path = shapely.get_coordinates(substring(ring, low, high))
    around = np.vstack([path, shapely.get_coordinates(end)])
    inner = float(shapely.area(shapely.Polygon(around)))
    return min(inner, float(shapely.area(shapely.Polygon(ring))) - inner)


def _which(move: _Move) -> str:
    return "last" if move.last else "first"


def _is_among(point: Floats, points: list[Floats]) -> bool:
    return any((point == other).all() for other in points)


def _find_stub(
    shapes: Geometries, edge: Any, line: int, last: bool, reach_m: float, joints: list[Floats]
) -> _Stub | None:
    """Find the piece between an end and the crossing next to it, if that is within reach."""
    way = shapes[line].reverse() if last else shapes[line]
    near = substring(way, 0, reach_m)
    found = [
        (near.project(point), line, True)
        for point in own_crossings(way)
        if near.distance(point) < _TOUCHING_M
    ]
    for host, shape in [(_EDGE, edge), *enumerate(shapes)]:
        if host != line and near.intersects(shape):
            found += [(near.project(point), host, runs) for point, runs in _meetings(near, shape, joints)]
    found = [one for one in found if _TOUCHING_M < one[0] < way.length - _TOUCHING_M]
    for along, *_ in sorted(found):
        there = [one for one in found if abs(one[0] - along) < _TOUCHING_M]
        if len(there) > 1 or there[0][2]:
            return _Stub(substring(near, 0, along), [host for _, host, _ in there])
    return None


def _meetings(near: Any, shape: Any, joints: list[Floats]) -> list[tuple[Any, bool]]:
    """List where a line meets another, and whether that one runs through rather than begins there."""
    points = shapely.points(shapely.get_coordinates(shapely.intersection(near, shape)))
    made = shapely.multipoints(np.array(joints)) if joints else shapely.MultiPoint()
    begins = np.nan_to_num(shapely.distance(points, shapely.boundary(shape)), nan=np.inf) < _TOUCHING_M
    joined = np.nan_to_num(shapely.distance(points, made), nan=np.inf) < _TOUCHING_M
    return list(zip(points, ~begins | joined, strict=True))


def _lead_on(shapes: Geometries, edge: Any, move: _Move) -> Any:
    """Lead an end on, in place; give its host a vertex there; return the edge."""
    if move.host == _EDGE:
        edge = _with_vertex(edge, move.target)
    elif move.host != _END:
        shapes[move.host] = _with_vertex(shapes[move.host], move.target)
    shapes[move.line] = _led_on(shapes[move.line], move)
    return edge


def _with_vertex(shape: Any, point: Floats) -> Any:
    """Insert a vertex into the ring or line that passes a point."""
    parts = shapely.get_parts(shape)
    nearest = int(np.argmin(shapely.distance(parts, shapely.Point(point))))
    xy = shapely.get_coordinates(parts[nearest])
    if not (xy == point).all(axis=1).any():
        pieces = edge_lines(segments(parts[[nearest]])[0])
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
        said.append(
            f"- row {lines.index[move.line]}: its {_which(move)} vertex, {place(x, y, lines.crs)}, "
            f"stops {move.distance_m:,.0f} m short of the theatre's edge or another line"
        )
    farthest = max(move.distance_m for move in short)
    wider = f", or pass snap_m={np.ceil(farthest):.0f} or more" if farthest <= _WIDEST_M else ""
    return (
        f"{counted(len(short), 'end of a frontline hangs', 'ends of frontlines hang')} in the air "
        f"(snap_m={snap_m:g}):\n"
        + "\n".join(said)
        + f"\ndraw the line on{wider}, or leave the piece out (on a scan: mask it)"
    )
