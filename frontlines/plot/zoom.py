"""Which ground the second panel shows."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from frontlines.plot.shapes import View, areas, bounds_of

_MOST_SHARE = 0.9  # of the changed area must be in view; the rest may be slivers far away
_TOO_LARGE = 0.33  # a second panel that shows more than this of the first one hardly enlarges it
_USELESS = 0.7
_WINDOW = 0.28
_TRIED = 400
_LEAST = 0.04
_STEPS = 40
_TURN_DEG = 360.0


def moved_ground(change: gpd.GeoDataFrame) -> Any:
    """Return the polygons that changed hands, of a frame with `side_from` and `side_to`."""
    moved = (change["side_from"] != change["side_to"]).to_numpy()
    return areas(change.geometry[moved])


def zoom_view(
    lonlat: tuple[float, float, float, float] | None, moved: Any, theatre: View, crs: pyproj.CRS
) -> View | None:
    """Return the view of the second panel.

    Parameters
    ----------
    lonlat
        West, south, east and north [degrees]; west may be larger than east across the antimeridian. None: the
        view is made from the ground that moved.
    moved
        The polygons that changed hands [m].
    theatre
        What the first panel shows.
    crs
        The working CRS.

    Returns
    -------
    View or None
        The view, or None if nothing moved.

    Examples
    --------
    >>> whole = View(0.0, 0.0, 1000.0, 1000.0)
    >>> view = zoom_view(None, np.array([shapely.box(400, 400, 500, 500)]), whole, pyproj.CRS(3035))
    >>> view.west < 400.0 and view.east > 500.0
    True
    """
    if len(moved) == 0 or shapely.area(moved).sum() <= 0:
        return None
    if lonlat is not None:
        return _projected(lonlat, crs)
    size = shapely.area(moved)
    order = np.argsort(-size, kind="stable")
    enough = int(np.searchsorted(np.cumsum(size[order]), _MOST_SHARE * size.sum())) + 1
    extent = bounds_of(moved[order[:enough]])
    if extent is None:
        return None
    wide = _share(extent, theatre)
    fits = _share(View(*moved[order[0]].bounds), theatre) < _WINDOW
    if wide > _USELESS or (wide > _TOO_LARGE and fits):
        extent = _busiest(moved, size, theatre)
    least = _LEAST * max(theatre.width, theatre.height)
    x, y = (extent.west + extent.east) / 2, (extent.south + extent.north) / 2
    half_w, half_h = max(extent.width, least) / 2, max(extent.height, least) / 2
    return View(x - half_w, y - half_h, x + half_w, y + half_h).grown(0.12)


def _share(extent: View, theatre: View) -> float:
    return max(extent.width / theatre.width, extent.height / theatre.height)


def _busiest(moved: Any, size: Any, theatre: View) -> View:
    """Return the window, smaller than the theatre, that holds the most changed ground."""
    half_w, half_h = theatre.width * _WINDOW / 2, theatre.height * _WINDOW / 2
    x, y = (f(shapely.centroid(moved)) for f in (shapely.get_x, shapely.get_y))
    tried = np.argsort(-size, kind="stable")[:_TRIED]
    near = [(abs(x - x[i]) <= half_w) & (abs(y - y[i]) <= half_h) for i in tried]
    best = int(np.argmax([size[inside].sum() for inside in near]))
    i = tried[best]
    window = shapely.box(x[i] - half_w, y[i] - half_h, x[i] + half_w, y[i] + half_h)
    held = shapely.intersection(shapely.box(*shapely.total_bounds(moved[near[best]])), window)
    return View(*held.bounds)


def _projected(lonlat: tuple[float, float, float, float], crs: pyproj.CRS) -> View:
    west, south, east, north = lonlat
    if east < west:
        east += _TURN_DEG
    along = np.linspace(0.0, 1.0, _STEPS)
    lon = np.concatenate([west + along * (east - west)] * 2 + [np.full(_STEPS, west), np.full(_STEPS, east)])
    rise = south + along * (north - south)
    lat = np.concatenate([np.full(_STEPS, south), np.full(_STEPS, north), rise, rise])
    to_plane = pyproj.Transformer.from_crs(crs.geodetic_crs or pyproj.CRS(4326), crs, always_xy=True)
    x, y = to_plane.transform(lon, lat)
    return View(float(np.min(x)), float(np.min(y)), float(np.max(x)), float(np.max(y)))
