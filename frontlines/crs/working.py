"""The working CRS of a study, and its distortion."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Proj
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import LambertAzimuthalEqualAreaConversion

from frontlines.arguments import checked
from frontlines.arrays import Floats
from frontlines.crs.geodesic import way
from frontlines.errors import CRSError, LayerError
from frontlines.names import HALF_TURN_DEG, LONLAT

_DOOR = "its door (as_control, as_frontlines, as_districts, as_settlements, as_theatre)"
_SHOWN = 3


@dataclass(frozen=True)
class Distortion:
    """How far the working CRS is from the truth over a theatre: the largest relative errors, as fractions."""

    area: float  # 0 for an equal-area plane
    length: float  # of a short length in any direction


class _Unlisted(ProjectedCRS):
    """A CRS made here, which no register lists: who writes a file need not search for its number (0.3 s)."""

    def to_epsg(self, min_confidence: int = 70) -> None:  # noqa: ARG002 - pyproj's name
        return None


@checked()
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
        If the theatre has no CRS or no coordinates, or some that are no place on Earth.

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
    _require_finite(theatre.geometry)
    lonlat = _require_finite(theatre.geometry.to_crs(LONLAT))
    if not len(lonlat):
        raise CRSError("the theatre has no coordinates: give at least one polygon that is not empty")
    lon = _middle_longitude(lonlat[:, 0])
    lat = round(float(lonlat[:, 1].min() + lonlat[:, 1].max()) / 2, 4)
    return _Unlisted(
        conversion=LambertAzimuthalEqualAreaConversion(lat, lon),
        name=f"Lambert azimuthal equal-area, centre {_degrees(lon, lat)}, WGS 84",
    )


def _require_finite(shapes: gpd.GeoSeries) -> Floats:
    """Give the coordinates of shapes, all of which must be numbers."""
    coordinates, rows = shapely.get_coordinates(shapes.values, return_index=True)
    finite = np.isfinite(coordinates).all(axis=1)
    if not finite.all():
        lost = ", ".join(str(shapes.index[row]) for row in np.unique(rows[~finite])[:_SHOWN])
        raise CRSError(f"coordinates of row {lost} are no place on Earth: mend them, or leave the row out")
    return np.asarray(coordinates)


def _middle_longitude(lon: Floats) -> float:
    """Middle of the shortest arc that holds all longitudes, in degrees east (-180 to 180)."""
    around = np.unique(np.mod(lon, 2 * HALF_TURN_DEG))
    gaps = np.diff(around, append=around[0] + 2 * HALF_TURN_DEG)
    widest = int(gaps.argmax())
    first = around[(widest + 1) % len(around)]
    middle = first + (2 * HALF_TURN_DEG - gaps[widest]) / 2
    return round(float(np.mod(middle + HALF_TURN_DEG, 2 * HALF_TURN_DEG) - HALF_TURN_DEG), 4)


def require_working_crs(**frames: gpd.GeoDataFrame) -> CRS:
    """Give the one equal-area CRS in metres that frames share; refuse, by their names, those that do not."""
    shared: CRS | None = None
    for name, frame in frames.items():
        shapes = np.asarray(frame.geometry.values)
        if not np.isfinite(shapely.length(shapes[~shapely.is_missing(shapes)])).all():
            raise LayerError(f"{name} has coordinates that are no numbers: pass it through {_DOOR}")
        if frame.crs is None:
            raise CRSError(f"{name} has no CRS: set the one it is in, then pass it through {_DOOR}")
        if not _is_equal_area(frame.crs):
            raise CRSError(
                f"{name} is in {frame.crs.name}, which is no equal-area plane in metres: "
                f"make one with crs = working_crs(theatre), then pass every frame through {_DOOR}"
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


def _is_equal_area(crs: CRS) -> bool:
    """Tell whether areas in a CRS are areas on the ground, in square metres."""
    operation = crs.coordinate_operation
    return (
        operation is not None
        and "equal" in operation.method_name.lower()
        and crs.axis_info[0].unit_name == "metre"
    )


def distortion(crs: CRS, theatre: gpd.GeoDataFrame) -> Distortion:
    """Measure how far a projected CRS is from the truth on a theatre's vertices."""
    if theatre.crs is None:
        raise CRSError("the theatre has no CRS: say which it is with theatre.set_crs('EPSG:4326')")
    lonlat = shapely.get_coordinates(theatre.geometry.to_crs(LONLAT).values)
    factors = Proj(crs).get_factors(lonlat[:, 0], lonlat[:, 1])
    lengths = np.concatenate([np.abs(factors.tissot_semimajor - 1), np.abs(factors.tissot_semiminor - 1)])
    return Distortion(area=float(np.abs(factors.areal_scale - 1).max()), length=float(lengths.max()))


def place(x: float, y: float, crs: CRS) -> str:
    """Name a place of the plane by its longitude and latitude, for a message: ``46.9050°E 40.3051°N``."""
    lon, lat = way(crs, LONLAT).transform(x, y)
    return _degrees(lon, lat)


def _degrees(lon: float, lat: float) -> str:
    """Write a longitude and a latitude for readers."""
    return f"{abs(lon):.4f}°{'E' if lon >= 0 else 'W'} {abs(lat):.4f}°{'N' if lat >= 0 else 'S'}"
