"""Geometry into the working CRS, with long edges cut.

An edge between two vertices given in longitude and latitude is the straight line in longitude and
latitude, as RFC 7946 (section 3.1.1) has it, so that the vertices of two neighbours on one long
border stay on it. Such an edge is curved in the plane: it is cut into pieces short enough for no
piece to stray from it by more than `STRAY_M`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from frontlines.arrays import Bools, Floats, Geometries, Ints, repeated
from frontlines.crs.geodesic import way
from frontlines.errors import CRSError
from frontlines.names import HALF_TURN_DEG

_Forward = Callable[[Floats], Floats]  # projects coordinates, (n, 2)

STRAY_M = 0.05
"""How far an edge may stray from the border it stands for [m]."""

_PROBES = (0.25, 0.5, 0.75)  # where along an edge its stray is measured
_STRETCHES = 8  # parts of an edge in which its bend is looked for

_POINTS = (shapely.GeometryType.POINT, shapely.GeometryType.MULTIPOINT)
_LINES = (
    shapely.GeometryType.LINESTRING,
    shapely.GeometryType.LINEARRING,
    shapely.GeometryType.MULTILINESTRING,
)
_AREAS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_MIXED = (shapely.GeometryType.GEOMETRYCOLLECTION,)


def project(frame: gpd.GeoDataFrame, crs: CRS) -> gpd.GeoDataFrame:
    """Bring a frame into the working CRS, with long edges cut so that areas stay true.

    Parameters
    ----------
    frame
        Polygons, lines or points in any CRS; Z and M values are left behind.
    crs
        The working CRS, from `working_crs`.

    Returns
    -------
    frame
        A copy in `crs`. An edge straight in the old CRS is straight within `STRAY_M` metres. Two
        neighbours that shared an edge still share it, vertex by vertex. A polygon that was valid and
        is not so in the plane (hair-thin necks; the two halves of one cut at the antimeridian) is
        made valid again.

    Raises
    ------
    CRSError
        If the frame has no CRS.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from frontlines.crs import working_crs
    >>> theatre = gpd.GeoDataFrame(geometry=[box(20, 45, 50, 55)], crs="EPSG:4326")
    >>> plane = project(theatre, working_crs(theatre))
    >>> round(plane.area.sum() / 1e6)
    2389251
    """
    if frame.crs is None:
        raise CRSError("the frame has no CRS: say which it is with frame.set_crs('EPSG:4326')")
    return project_and_look(frame, crs)[0]


def project_and_look(frame: gpd.GeoDataFrame, crs: CRS) -> tuple[gpd.GeoDataFrame, Bools, Floats]:
    """Project a frame that has a CRS; tell which rows are valid, and what mending moved in each [m²]."""
    every = np.array(shapely.force_2d(frame.geometry.values), dtype=object)
    fresh = np.append(True, ~shapely.equals_identical(every[1:], every[:-1]))[: len(every)]
    again = np.cumsum(fresh) - 1  # a map that is published again and again is looked at once
    elsewhere = frame.crs != crs
    out = flat = every[fresh]
    if elsewhere:
        out = _rebuilt(flat, _forward(frame.crs, CRS.from_user_input(crs)), turns=frame.crs.is_geographic)
    valid = shapely.is_valid(out)
    moved_m2 = np.zeros(len(out))
    if elsewhere:
        # What was valid and is not so in the plane is mended; what came invalid stays so.
        broken = np.isin(shapely.get_type_id(flat), _AREAS) & ~valid
        broken[broken] = shapely.is_valid(flat[broken])
        drawn = out[broken]
        out[broken] = polygons_of(shapely.make_valid(drawn, method="structure"))
        valid[broken] = shapely.is_valid(out[broken])
        with np.errstate(invalid="ignore"):  # what cannot be projected is infinite
            moved_m2[broken] = np.abs(shapely.area(out[broken]) - shapely.area(drawn))
    projected = gpd.GeoSeries(out[again], index=frame.index, crs=crs)
    return frame.set_geometry(projected), valid[again], moved_m2[again]


def polygons_of(geometries: Geometries) -> Geometries:
    """Keep the polygonal part of each geometry.

    Parameters
    ----------
    geometries
        Geometries of any type, such as an overlay gives: the polygons of one do not overlap.

    Returns
    -------
    polygons
        Polygons and MultiPolygons; what has no area becomes an empty Polygon.

    Examples
    --------
    >>> import shapely
    >>> mixed = shapely.from_wkt("GEOMETRYCOLLECTION(POINT(0 0), POLYGON((0 0,1 0,1 1,0 0)))")
    >>> polygons_of(np.array([mixed]))[0].wkt
    'POLYGON ((0 0, 1 0, 1 1, 0 0))'
    """
    out = np.array(geometries, dtype=object)
    rows = np.flatnonzero(~np.isin(shapely.get_type_id(out), (*_AREAS, -1)))
    parts, owner = single_parts(out[rows])
    flat = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    out[rows] = shapely.Polygon()
    some, number = np.unique(owner[flat], return_inverse=True)
    out[rows[some]] = _gather(parts[flat], number, len(some), shapely.multipolygons)
    return out


def single_parts(geometries: Geometries) -> tuple[Geometries, Ints]:
    """Take collections apart, down to points, lines and polygons; with the position of each part's own."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    while (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():
        parts, again = shapely.get_parts(parts, return_index=True)
        owner = owner[again]
    return parts, owner


def _forward(source: CRS, target: CRS) -> _Forward:
    """Make the function that projects coordinates, (n, 2).

    Longitudes are first counted from the target's central meridian, so that 180 and -180 come out
    bit for bit the same.
    """
    transform = way(source, target).transform
    operation = target.coordinate_operation
    params = operation.params if operation and source.is_geographic else []
    meridian = next((float(param.value) for param in params if param.name.startswith("Longitude of")), None)

    def forward(xy: Floats) -> Floats:
        x = xy[:, 0]
        if meridian is not None:
            east = x - meridian
            x = x + 2 * HALF_TURN_DEG * ((east < -HALF_TURN_DEG) * 1.0 - (east > HALF_TURN_DEG))
        return np.column_stack(transform(x, xy[:, 1]))

    return forward


def _rebuilt(shapes: Geometries, forward: _Forward, *, turns: bool) -> Geometries:
    """Project geometries of any type; `turns` if x is a longitude."""
    out = shapes.copy()
    kinds = shapely.get_type_id(shapes)
    for wanted, rebuild in (
        (_POINTS, _project_points), (_LINES, _project_lines),
        (_AREAS, _project_areas), (_MIXED, _project_mixed),
    ):  # fmt: skip
        rows = np.isin(kinds, wanted) & ~shapely.is_empty(shapes)
        if rows.any():
            out[rows] = rebuild(shapes[rows], forward, turns)
    return out


def _project_points(points: Geometries, forward: _Forward, _: bool) -> Geometries:
    return np.asarray(shapely.transform(points, forward))


def _project_lines(lines: Geometries, forward: _Forward, turns: bool) -> Geometries:
    parts, owner = shapely.get_parts(lines, return_index=True)
    xy, part = _cut_and_project(parts, forward, turns=turns)
    return _gather(shapely.linestrings(xy, indices=part), owner, len(lines), shapely.multilinestrings)


def _project_areas(areas: Geometries, forward: _Forward, turns: bool) -> Geometries:
    parts, owner = shapely.get_parts(areas, return_index=True)
    rings, polygon = shapely.get_rings(parts, return_index=True)
    xy, ring = _cut_and_project(rings, forward, turns=turns)
    rebuilt = shapely.polygons(shapely.linearrings(xy, indices=ring), indices=polygon)
    return _gather(rebuilt, owner, len(areas), shapely.multipolygons)


def _project_mixed(mixed: Geometries, forward: _Forward, turns: bool) -> Geometries:
    parts, owner = shapely.get_parts(mixed, return_index=True)
    return np.asarray(shapely.geometrycollections(_rebuilt(parts, forward, turns=turns), indices=owner))


def _gather(parts: Geometries, owner: Ints, count: int, collect: Any) -> Geometries:
    """Put parts back under their owners; a single part stays single."""
    out = np.asarray(collect(parts, indices=owner, out=np.empty(count, dtype=object)))
    single = np.bincount(owner, minlength=count) == 1
    out[single] = shapely.get_geometry(out[single], 0)
    return out


def _cut_and_project(lines: Geometries, forward: _Forward, *, turns: bool) -> tuple[Floats, Ints]:
    """Cut edges where they would stray in the plane; project all vertices; say whose each is.

    The cuts lie on multiples of a power of two of the old CRS's unit, along the edge's longer axis,
    and are computed from the lower end: they are the same whichever way an edge is run through, and
    the same for a long edge and for the shorter ones that lie along it. An edge that occurs many
    times, in neighbours or on many dates, is looked at once.
    """
    # The edges, each once, by the numbers of their vertices; `edge` names the one of each pair in `inner`.
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    room = 2 * int(np.bincount(owner).max(initial=0))  # most dates have the vertices of the first
    number, vertices = numbered(xy, room=room)
    inner = np.flatnonzero(owner[:-1] == owner[1:])
    start, end = number[inner], number[inner + 1]
    key = np.minimum(start, end) * len(vertices) + np.maximum(start, end)
    edge, edges = pd.factorize(key, size_hint=room)
    # Their cuts follow the vertices in one table of places; edge k has count[k] of them from first[k] on.
    cuts, count = _cuts_of(vertices, *np.divmod(edges, len(vertices)), forward, turns=turns)
    first = np.cumsum(count) - count
    # The place of each cut of each edge, in reverse where the edge is run through from its upper end.
    many = count[edge]
    which, nth = repeated(many)
    nth = np.where((start > end)[which], many[which] - 1 - nth, nth)
    place = len(vertices) + first[edge][which] + nth
    # Lay vertices out with room for the cuts after each, and fill the room in order.
    after = np.zeros(len(xy), dtype=np.int64)
    after[inner] = many
    position = np.arange(len(xy)) + np.cumsum(after) - after
    rows = np.empty(len(xy) + len(place), dtype=np.int64)
    taken = np.zeros(len(rows), dtype=bool)
    rows[position], taken[position] = number, True
    rows[~taken] = place
    placed = forward(np.concatenate([vertices, cuts]))
    return np.take(placed, rows, axis=0), np.repeat(owner, after + 1)


def numbered(xy: Floats, *, room: int | None = None) -> tuple[Ints, Floats]:
    """Give equal vertices one number; return the number of each, and each once. `room` guesses how many."""
    # A complex number is one value to hash; adding 0 makes -0 the same as 0.
    values = np.ascontiguousarray(xy + 0.0).view(np.complex128)[:, 0]
    number, unique = pd.factorize(values, size_hint=room)
    return number.astype(np.int64, copy=False), np.column_stack([unique.real, unique.imag])


def _cuts_of(
    vertices: Floats, low: Ints, high: Ints, forward: _Forward, *, turns: bool
) -> tuple[Floats, Ints]:
    """Cut points of each edge from its lower-numbered vertex to the other, and how many each has."""
    bottom, top, axis, turned = _from_lower_end(vertices[low], vertices[high], turns=turns)
    step = _lattice_step(bottom, top, axis, forward)
    long = np.flatnonzero(np.isfinite(step))
    cuts, share, edge = _lattice_cuts(bottom[long], top[long], step[long], axis[long])
    share = np.where(turned[long[edge]], 1 - share, share)
    order = np.lexsort((share, edge))
    return cuts[order], np.bincount(long[edge], minlength=len(low))


def _from_lower_end(start: Floats, end: Floats, *, turns: bool) -> tuple[Floats, Floats, Ints, Bools]:
    """Give each edge's lower and upper end along its longer axis, that axis, and whether it was turned."""
    if turns:
        east = end[:, 0] - start[:, 0]
        start[east > HALF_TURN_DEG, 0] += 2 * HALF_TURN_DEG
        end[east < -HALF_TURN_DEG, 0] += 2 * HALF_TURN_DEG
    extent = np.abs(end - start)
    axis = (extent[:, 1] > extent[:, 0]).astype(np.int64)
    rows = np.arange(len(start))
    turned = start[rows, axis] > end[rows, axis]
    return np.where(turned[:, None], end, start), np.where(turned[:, None], start, end), axis, turned


def _lattice_step(low: Floats, high: Floats, axis: Ints, forward: _Forward) -> Floats:
    """Step of the cuts on each edge; infinite where none is needed."""
    first, last = forward(low), forward(high)
    stray = np.zeros(len(low))
    with np.errstate(invalid="ignore"):
        for share in _PROBES:
            off = forward(low + share * (high - low)) - first - share * (last - first)
            stray = np.maximum(stray, np.hypot(off[:, 0], off[:, 1]))
    span = (high - low)[np.arange(len(low)), axis]
    needed = (stray > STRAY_M) & np.isfinite(stray)
    stray[needed] = np.maximum(stray[needed], _unevenly(low[needed], high[needed], forward))
    step = np.full(len(low), np.inf)
    step[needed] = 2.0 ** np.floor(np.log2(span[needed] / np.sqrt(stray[needed] / STRAY_M)))
    return step


def _unevenly(low: Floats, high: Floats, forward: _Forward) -> Floats:
    """How far each edge would stray if it were bent everywhere as it is where it is bent most [m]."""
    shares = np.linspace(0, 1, 2 * _STRETCHES + 1)[:, None, None]
    drawn = forward((low + shares * (high - low)).reshape(-1, 2)).reshape(len(shares), len(low), 2)
    off = drawn[1::2] - (drawn[:-1:2] + drawn[2::2]) / 2
    return np.asarray(np.hypot(off[..., 0], off[..., 1]).max(axis=0) * _STRETCHES**2)


def _lattice_cuts(low: Floats, high: Floats, step: Floats, axis: Ints) -> tuple[Floats, Floats, Ints]:
    """Cut points of each edge, their fractions of the way from its lower end, and the edge of each."""
    rows = np.arange(len(low))
    bottom, top = low[rows, axis], high[rows, axis]
    first = np.floor(bottom / step) + 1
    count = np.maximum(np.ceil(top / step) - first, 0).astype(np.int64)
    edge = np.repeat(rows, count)
    nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    along = (first[edge] + nth) * step[edge]
    share = (along - bottom[edge]) / (top[edge] - bottom[edge])
    cuts = low[edge] + share[:, None] * (high[edge] - low[edge])
    cuts[np.arange(len(cuts)), axis[edge]] = along
    return cuts, share, edge
