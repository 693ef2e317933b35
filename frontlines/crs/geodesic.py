"""Lengths and distances along the ground.

The working CRS keeps areas, not lengths. Whatever is called a length or a distance is measured on the
ellipsoid, between the vertices of the plane.
"""

from __future__ import annotations

import functools

import numpy as np
import shapely
from pyproj import CRS, Geod, Transformer

from frontlines.names import LONLAT, Floats, Geometries


def lonlat_of(xy: Floats, crs: CRS) -> Floats:
    """Turn places of the plane into longitudes and latitudes.

    Parameters
    ----------
    xy
        Coordinates in `crs`, (n, 2) [m].
    crs
        The working CRS.

    Returns
    -------
    lonlat
        Longitude and latitude, (n, 2) [degrees].

    Examples
    --------
    >>> lonlat_of(np.array([[4321000.0, 3210000.0]]), CRS("EPSG:3035")).round(6).tolist()
    [[10.0, 52.0]]
    """
    return np.column_stack(way(crs, LONLAT).transform(xy[:, 0], xy[:, 1]))


@functools.lru_cache(maxsize=64)
def way(start: CRS | str, end: CRS | str) -> Transformer:
    """Make the way from one CRS into another once: it takes longer than to go it."""
    return Transformer.from_crs(start, end, always_xy=True)


def ground_distance_m(start: Floats, end: Floats, crs: CRS) -> Floats:
    """Measure distances on the ellipsoid between places of the plane.

    Parameters
    ----------
    start, end
        Coordinates in `crs`, (n, 2) [m].
    crs
        The working CRS.

    Returns
    -------
    distance_m
        Length of the geodesic between each pair, (n,) [m].

    Notes
    -----
    The inverse geodesic problem, as solved by PROJ.

    References
    ----------
    Karney, C. F. F. (2013). Algorithms for geodesics. Journal of Geodesy 87, 43-55.
    https://doi.org/10.1007/s00190-012-0578-z

    Examples
    --------
    >>> middle = np.array([[4321000.0, 3210000.0]])
    >>> ground_distance_m(middle, middle + [[3000.0, 4000.0]], CRS("EPSG:3035")).round(2).tolist()
    [5000.0]
    """
    a, b = lonlat_of(start, crs), lonlat_of(end, crs)
    _, _, distance = geod_of(crs).inv(a[:, 0], a[:, 1], b[:, 0], b[:, 1])
    return np.asarray(distance, dtype=float)


def ground_length_m(lines: Geometries, crs: CRS) -> Floats:
    """Measure lines on the ellipsoid, vertex by vertex.

    Parameters
    ----------
    lines
        Lines in `crs`, of one part or many.
    crs
        The working CRS.

    Returns
    -------
    length_m
        Length of each, (n,) [m].

    Examples
    --------
    >>> line = shapely.LineString([(4321000, 3210000), (4321000, 3211000), (4322000, 3211000)])
    >>> ground_length_m(np.array([line]), CRS("EPSG:3035")).round(3).tolist()
    [2000.0]
    """
    parts, owner = shapely.get_parts(np.asarray(lines, dtype=object), return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    along = part[1:] == part[:-1]
    steps = ground_distance_m(xy[:-1][along], xy[1:][along], crs)
    length_m: Floats = np.bincount(owner[part[:-1][along]], weights=steps, minlength=len(lines)).astype(float)
    return length_m


def geod_of(crs: CRS) -> Geod:
    """Return the ellipsoid of a CRS, for geodesics.

    Parameters
    ----------
    crs
        The working CRS.

    Returns
    -------
    geod
        Its ellipsoid.

    Examples
    --------
    >>> round(geod_of(CRS("EPSG:3035")).a)
    6378137
    """
    geod = crs.get_geod()
    return geod if geod is not None else Geod(ellps="WGS84")
