"""Lengths and distances along the ground.

The working CRS keeps areas, not lengths. Whatever is called a length or a distance is measured on the
ellipsoid, between the vertices of the plane.
"""

from __future__ import annotations

import functools

import numpy as np
import shapely
from pyproj import CRS, Geod, Transformer

from frontlines.arrays import Floats, Geometries
from frontlines.names import LONLAT

WGS84 = CRS(LONLAT)
"""Longitude and latitude on WGS 84."""


def lonlat_of(xy: Floats, crs: CRS) -> Floats:
    """Turn places of the plane, (n, 2) [m], into longitudes and latitudes, (n, 2) [degrees]."""
    return np.column_stack(way(crs, LONLAT).transform(xy[:, 0], xy[:, 1]))


@functools.lru_cache(maxsize=64)
def way(start: CRS | str, end: CRS | str) -> Transformer:
    """Make the way from one CRS into another once: it takes longer than to go it."""
    return Transformer.from_crs(start, end, always_xy=True)


def ground_distance_m(start: Floats, end: Floats, crs: CRS) -> Floats:
    """Measure the geodesics between pairs of places of the plane, (n, 2), as PROJ solves them, (n,) [m]."""
    a, b = lonlat_of(start, crs), lonlat_of(end, crs)
    _, _, distance = geod_of(crs).inv(a[:, 0], a[:, 1], b[:, 0], b[:, 1])
    return np.asarray(distance, dtype=float)


def ground_length_m(lines: Geometries, crs: CRS) -> Floats:
    """Measure lines of one part or many on the ellipsoid, vertex by vertex, (n,) [m]."""
    parts, owner = shapely.get_parts(np.asarray(lines, dtype=object), return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    along = part[1:] == part[:-1]
    steps = ground_distance_m(xy[:-1][along], xy[1:][along], crs)
    length_m: Floats = np.bincount(owner[part[:-1][along]], weights=steps, minlength=len(lines)).astype(float)
    return length_m


def geod_of(crs: CRS) -> Geod:
    """Return the ellipsoid of a CRS, for geodesics."""
    geod = crs.get_geod()
    return geod if geod is not None else Geod(ellps="WGS84")
