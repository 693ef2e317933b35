"""The working CRS of a study, and its distortion.

One Lambert azimuthal equal-area plane a study, centred on its theatre: areas in it are areas on the
WGS 84 ellipsoid. Lengths and directions are not kept, and are measured on the ellipsoid instead.

An edge between two vertices given in longitude and latitude is the straight line in longitude and
latitude, as RFC 7946 (section 3.1.1) has it, so that the vertices of two neighbours on one long
border stay on it. Such an edge is curved in the plane: it is cut into pieces short enough for no
piece to stray from it by more than `STRAY_M`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Proj, Transformer
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import LambertAzimuthalEqualAreaConversion

from frontlines.errors import CRSError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

STRAY_M = 0.05
"""How far an edge may stray from the border it stands for, in metres."""

_HALF_TURN = 180.0
_PROBES = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Distortion:
    """How far the working CRS is from the truth over a theatre.

    Attributes
    ----------
    area
        Largest relative error of an area, as a fraction (0 for an equal-area plane).
    length
        Largest relative error of a short length in any direction, as a fraction.
    """

    area: float
    length: float


def working_crs(theatre: gpd.GeoDataFrame | gpd.GeoSeries) -> CRS:
    """Make the working CRS of a study: equal-area, in metres, centred on its theatre.

    Parameters
    ----------
    theatre
        Ground of the study, in any CRS; usually one polygon. An edge over more than 180 degrees of
        longitude is taken to cross the antimeridian.

    Returns
    -------
    crs
        Lambert azimuthal equal-area on WGS 84, in metres. Its centre is the middle of the theatre's
        extent in longitude and latitude, rounded to 0.0001 degree so that it can be quoted.

    Raises
    ------
    CRSError
        If the theatre has no CRS or no coordinates.

    Notes
    -----
    Pass this CRS to every frame of the study. Two studies with different theatres have two working
    CRS, and their frames do not mix.

    References
    ----------
    Snyder, J. P. (1987). Map projections: a working manual. U.S. Geological Survey Professional
    Paper 1395, 182-190. https://doi.org/10.3133/pp1395

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> crs = working_crs(gpd.GeoSeries([box(46, 39, 48, 41)], crs="EPSG:4326"))
    >>> crs.name
    'Lambert azimuthal equal-area, centre 47.0000°E 40.0000°N, WGS 84'
    """
    if theatre.crs is None:
        raise CRSError("the theatre has no CRS: say which it is with theatre.set_crs('EPSG:4326')")
    lonlat = shapely.get_coordinates(theatre.geometry.to_crs("EPSG:4326").values)
    if not len(lonlat):
        raise CRSError("the theatre has no coordinates: give at least one polygon that is not empty")
    lon = _middle_longitude(lonlat[:, 0])
    lat = round(float(lonlat[:, 1].min() + lonlat[:, 1].max()) / 2, 4)
    return ProjectedCRS(
        conversion=LambertAzimuthalEqualAreaConversion(lat, lon),
        name=f"Lambert azimuthal equal-area, centre {_degrees(lon, lat)}, WGS 84",
    )


def _middle_longitude(lon: Floats) -> float:
    """Middle of the shortest arc that holds all longitudes, in degrees east (-180 to 180)."""
    around = np.unique(np.mod(lon, 2 * _HALF_TURN))
    gaps = np.diff(around, append=around[0] + 2 * _HALF_TURN)
    widest = int(gaps.argmax())
    first = around[(widest + 1) % len(around)]
    middle = first + (2 * _HALF_TURN - gaps[widest]) / 2
    return round(float(np.mod(middle + _HALF_TURN, 2 * _HALF_TURN) - _HALF_TURN), 4)


def require_working_crs(**frames: gpd.GeoDataFrame) -> CRS:
    """Refuse frames that are not all in one projected CRS in metres.

    Parameters
    ----------
    **frames
        The frames, by the names to use in the message.

    Returns
    -------
    crs
        The CRS they share.

    Raises
    ------
    CRSError
        If one has no CRS, a geographic one, units other than metres, or another CRS than the first.

    Examples
    --------
    >>> import geopandas as gpd
    >>> theatre = gpd.GeoDataFrame(geometry=[], crs="EPSG:3035")
    >>> require_working_crs(theatre=theatre).to_epsg()
    3035
    """
    shared: CRS | None = None
    for name, frame in frames.items():
        if frame.crs is None:
            raise CRSError(f"{name} has no CRS: set it, then pass it through its door, as_{name}(frame, crs)")
        if not frame.crs.is_projected or frame.crs.axis_info[0].unit_name != "metre":
            raise CRSError(
                f"{name} is in {frame.crs.name}, which is not a plane in metres: "
                "make one with crs = working_crs(theatre), then pass every frame through its door "
                "(as_control, as_frontlines, as_districts, as_settlements, as_theatre)"
            )
        if shared is not None and frame.crs != shared:
            raise CRSError(
                f"{name} is in another CRS than {next(iter(frames))}: make one CRS with working_crs(theatre) "
                "and give it to every frame of the study"
            )
        shared = frame.crs
    if shared is None:
        raise CRSError("no frame was given")
    return shared


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
    >>> theatre = gpd.GeoDataFrame(geometry=[box(20, 45, 50, 55)], crs="EPSG:4326")
    >>> plane = project(theatre, working_crs(theatre))
    >>> round(plane.area.sum() / 1e6)
    2389251
    """
    if frame.crs is None:
        raise CRSError("the frame has no CRS: say which it is with frame.set_crs('EPSG:4326')")
    flat = shapely.force_2d(frame.geometry.values)
    if frame.crs == crs:
        return frame.set_geometry(gpd.GeoSeries(flat, index=frame.index, crs=crs))
    forward = Transformer.from_crs(frame.crs, crs, always_xy=True)
    out = np.array(flat, dtype=object)
    kinds = shapely.get_type_id(flat)
    for wanted, rebuild in ((_POINTS, _project_points), (_LINES, _project_lines), (_AREAS, _project_areas)):
        rows = np.isin(kinds, wanted) & ~shapely.is_empty(flat)
        if rows.any():
            out[rows] = rebuild(np.asarray(flat)[rows], forward, turns=frame.crs.is_geographic)
    broken = np.isin(kinds, _AREAS) & ~shapely.is_valid(out) & shapely.is_valid(flat)
    out[broken] = polygons_of(shapely.make_valid(out[broken], method="structure"))
    return frame.set_geometry(gpd.GeoSeries(out, index=frame.index, crs=crs))


def polygons_of(geometries: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Keep the polygonal part of each geometry.

    Parameters
    ----------
    geometries
        Geometries of any type.

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
    for row in np.flatnonzero(~np.isin(shapely.get_type_id(out), (*_AREAS, -1))):
        parts = shapely.get_parts(shapely.get_parts(out[row]))
        parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
        out[row] = shapely.union_all(parts) if len(parts) else shapely.Polygon()
    return out


_POINTS = (shapely.GeometryType.POINT, shapely.GeometryType.MULTIPOINT)
_LINES = (
    shapely.GeometryType.LINESTRING,
    shapely.GeometryType.LINEARRING,
    shapely.GeometryType.MULTILINESTRING,
)
_AREAS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def _project_points(points: npt.NDArray[Any], forward: Transformer, *, turns: bool) -> npt.NDArray[Any]:  # noqa: ARG001
    return np.asarray(
        shapely.transform(points, lambda xy: np.column_stack(forward.transform(xy[:, 0], xy[:, 1])))
    )


def _project_lines(lines: npt.NDArray[Any], forward: Transformer, *, turns: bool) -> npt.NDArray[Any]:
    parts, owner = shapely.get_parts(lines, return_index=True)
    xy, part = _cut_and_project(parts, forward, turns=turns)
    rebuilt = shapely.linestrings(xy, indices=part)
    return _gather(rebuilt, owner, len(lines), shapely.multilinestrings)


def _project_areas(areas: npt.NDArray[Any], forward: Transformer, *, turns: bool) -> npt.NDArray[Any]:
    parts, owner = shapely.get_parts(areas, return_index=True)
    rings, polygon = shapely.get_rings(parts, return_index=True)
    xy, ring = _cut_and_project(rings, forward, turns=turns)
    rebuilt = shapely.polygons(shapely.linearrings(xy, indices=ring), indices=polygon)
    return _gather(rebuilt, owner, len(areas), shapely.multipolygons)


def _gather(parts: npt.NDArray[Any], owner: Ints, count: int, collect: Any) -> npt.NDArray[Any]:
    """Put parts back under their owners; a single part stays single."""
    out = np.asarray(collect(parts, indices=owner, out=np.empty(count, dtype=object)))
    single = np.bincount(owner, minlength=count) == 1
    out[single] = shapely.get_geometry(out[single], 0)
    return out


def _cut_and_project(lines: npt.NDArray[Any], forward: Transformer, *, turns: bool) -> tuple[Floats, Ints]:
    """Cut edges where they would stray in the plane; project all vertices; say whose each is.

    The cuts lie on multiples of a power of two of the old CRS's unit, along the edge's longer axis,
    and are computed from the lower end: they are the same whichever way an edge is run through, and
    the same for a long edge and for the shorter ones that lie along it.
    """
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    start, end = xy[:-1].copy(), xy[1:].copy()
    inner = owner[:-1] == owner[1:]
    if turns:
        end[:, 0] -= (
            2 * _HALF_TURN * np.sign(end[:, 0] - start[:, 0]) * (np.abs(end[:, 0] - start[:, 0]) > _HALF_TURN)
        )
    step, axis = _lattice_step(start, end, forward)
    edges = np.flatnonzero(inner & np.isfinite(step))
    cuts, edge = _lattice_cuts(start[edges], end[edges], step[edges], axis[edges])
    position = np.concatenate([np.arange(len(xy)), edges[edge] + _order_along(edge)])
    everything = np.concatenate([xy, cuts])
    owners = np.concatenate([owner, owner[edges[edge]]])
    order = np.argsort(position, kind="stable")
    x, y = forward.transform(everything[order, 0], everything[order, 1])
    return np.column_stack([x, y]), owners[order]


def _lattice_step(start: Floats, end: Floats, forward: Transformer) -> tuple[Floats, Ints]:
    """Step of the cuts on each edge (infinite where none is needed), and the axis they run along."""
    from_x, from_y = forward.transform(start[:, 0], start[:, 1])
    to_x, to_y = forward.transform(end[:, 0], end[:, 1])
    stray = np.zeros(len(start))
    for share in _PROBES:
        x, y = forward.transform(*(start + share * (end - start)).T)
        stray = np.maximum(
            stray, np.hypot(x - from_x - share * (to_x - from_x), y - from_y - share * (to_y - from_y))
        )
    extent = np.abs(end - start)
    axis = (extent[:, 1] > extent[:, 0]).astype(np.int64)
    span = np.take_along_axis(extent, axis[:, None], axis=1)[:, 0]
    needed = stray > STRAY_M
    step = np.full(len(start), np.inf)
    step[needed] = 2.0 ** np.floor(np.log2(span[needed] / np.sqrt(stray[needed] / STRAY_M)))
    return step, axis


def _lattice_cuts(start: Floats, end: Floats, step: Floats, axis: Ints) -> tuple[Floats, Ints]:
    """Cut points of each edge, in the edge's own direction, and the edge of each."""
    rows = np.arange(len(start))
    swapped = start[rows, axis] > end[rows, axis]
    low, high = np.where(swapped[:, None], end, start), np.where(swapped[:, None], start, end)
    first = np.floor(low[rows, axis] / step) + 1
    count = np.maximum(np.ceil(high[rows, axis] / step) - first, 0).astype(np.int64)
    edge = np.repeat(rows, count)
    nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    nth = np.where(swapped[edge], count[edge] - 1 - nth, nth)
    along = (first[edge] + nth) * step[edge]
    share = (along - low[edge, axis[edge]]) / (high[edge, axis[edge]] - low[edge, axis[edge]])
    cuts = low[edge] + share[:, None] * (high[edge] - low[edge])
    cuts[np.arange(len(cuts)), axis[edge]] = along
    return cuts, edge


def _order_along(edge: Ints) -> Floats:
    """Fractions that sort the cuts of one edge between its two vertices."""
    counts = np.bincount(edge) if len(edge) else np.zeros(0, dtype=np.int64)
    nth = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts)
    return (nth + 1) / (counts[edge] + 1) if len(edge) else np.zeros(0)


def distortion(crs: CRS, theatre: gpd.GeoDataFrame) -> Distortion:
    """Measure how far the working CRS is from the truth on a theatre's vertices.

    Parameters
    ----------
    crs
        A projected CRS.
    theatre
        The ground, in any CRS.

    Returns
    -------
    distortion
        Largest relative errors of area and of length.

    Raises
    ------
    CRSError
        If the theatre has no CRS.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> theatre = gpd.GeoDataFrame(geometry=[box(46, 39, 48, 41)], crs="EPSG:4326")
    >>> found = distortion(working_crs(theatre), theatre)
    >>> found.area < 1e-9, found.length < 1e-3
    (True, True)
    """
    if theatre.crs is None:
        raise CRSError("the theatre has no CRS: say which it is with theatre.set_crs('EPSG:4326')")
    lonlat = shapely.get_coordinates(theatre.geometry.to_crs("EPSG:4326").values)
    factors = Proj(crs).get_factors(lonlat[:, 0], lonlat[:, 1])
    lengths = np.concatenate([np.abs(factors.tissot_semimajor - 1), np.abs(factors.tissot_semiminor - 1)])
    return Distortion(area=float(np.abs(factors.areal_scale - 1).max()), length=float(lengths.max()))


def place(x: float, y: float, crs: CRS) -> str:
    """Name a place of the plane by its longitude and latitude, for a message.

    Parameters
    ----------
    x, y
        Coordinates in `crs`.
    crs
        Any CRS.

    Returns
    -------
    text
        Such as ``"46.9050°E 40.3051°N"``.

    Examples
    --------
    >>> place(46.905, 40.3051, CRS("EPSG:4326"))
    '46.9050°E 40.3051°N'
    """
    lon, lat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    return _degrees(lon, lat)


def _degrees(lon: float, lat: float) -> str:
    """Write a longitude and a latitude for readers."""
    return f"{abs(lon):.4f}°{'E' if lon >= 0 else 'W'} {abs(lat):.4f}°{'N' if lat >= 0 else 'S'}"
