"""Whether the numbers of a georeference can be in the unit of its CRS: degrees are taken for metres."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pyproj import CRS

from frontlines.digitize.residuals import to_lonlat
from frontlines.errors import DigitizeError

Floats = npt.NDArray[np.float64]

_DEGREES = np.array([360.0, 90.0])
_MARGIN = 2.0  # the margins of a sheet may reach beyond the ends of the Earth
_LEAST_SPAN_M = 1000.0


def refuse_other_unit(xy: Floats, crs: CRS, source: str) -> None:
    """Refuse degrees on a plane of metres, metres as degrees, and places that are nowhere.

    Parameters
    ----------
    xy
        Places from corner to corner of the map, on the plane, (n, 2).
    crs
        The CRS that they are said to be in.
    source
        Where the georeference comes from, in words.

    Raises
    ------
    DigitizeError
        If they cannot be in the unit of the CRS.

    Examples
    --------
    >>> refuse_other_unit(np.array([[600000.0, 4400000], [660000, 4360000]]), CRS("EPSG:4326"), "map.wld")
    Traceback (most recent call last):
    frontlines.errors.DigitizeError: map.wld puts the map at x 600000 to 660000, y 4.36e+06 to 4.4e+06: ...
    """
    low, high = xy.min(axis=0), xy.max(axis=0)
    span = f"{source} puts the map at x {low[0]:g} to {high[0]:g}, y {low[1]:g} to {high[1]:g}"
    most = np.abs(xy).max(axis=0)
    if crs.is_geographic and (most > _MARGIN * _DEGREES).any():
        raise DigitizeError(
            f"{span}: these are no degrees, but {crs.name} is in degrees: give as crs the projected one that "
            'the numbers are in, such as "EPSG:32638"'
        )
    if crs.is_projected and (most <= _DEGREES).all() and _span_m(low, high, crs) < _LEAST_SPAN_M:
        raise DigitizeError(
            f"{span}: these look like degrees, but {crs.name} is not in degrees: give "
            'crs = "EPSG:4326", or the CRS that the numbers are in'
        )
    if not np.isfinite(to_lonlat(xy, crs)).all(axis=1).any():
        raise DigitizeError(f"{span}, which is nowhere on {crs.name}: check the CRS of the map")


def _span_m(low: Floats, high: Floats, crs: CRS) -> float:
    """Longer side of a map on its plane [m]."""
    return float((high - low).max() * crs.axis_info[0].unit_conversion_factor)
