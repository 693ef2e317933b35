"""Bands about lines as wide as their error; where it changes between stretches they narrow by and by."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.ops import substring

Floats = npt.NDArray[np.float64]

_TAPER = 0.6  # metres that a band widens by, on either side, for each metre along it
_STEPS = 8
_ARC = 8  # corners of a quarter circle


def band_of(frontlines: gpd.GeoDataFrame, share: float = 1.0) -> Any:
    """Return the ground within `share` times `sigma_m` of the lines, as one geometry.

    Where stretches join, the wider band narrows to the width of the other; all ends are rounded.

    Examples
    --------
    >>> lines = shapely.linestrings([[(0, 0), (10, 0)], [(10, 0), (20, 0)]])
    >>> band = band_of(gpd.GeoDataFrame({"sigma_m": [1.0, 5.0]}, geometry=lines))
    >>> [bool(band.intersects(shapely.Point(x, 3))) for x in (8, 11, 18)]
    [False, False, True]
    """
    sigma_m = pd.to_numeric(frontlines["sigma_m"]).to_numpy(dtype=float, na_value=np.nan)
    parts, row = shapely.get_parts(frontlines.geometry.to_numpy(), return_index=True)
    wide = sigma_m[row]
    usable = np.isfinite(wide) & (wide > 0) & (shapely.length(parts) > 0)
    parts, wide = parts[usable], wide[usable] * share
    ends = shapely.get_point(np.tile(parts, 2), np.repeat([0, -1], len(parts)))
    seats, seat = np.unique(shapely.get_coordinates(ends), axis=0, return_inverse=True)
    least = np.full(len(seats), np.inf)
    np.minimum.at(least, seat, np.tile(wide, 2))
    first, last = least[seat].reshape(2, -1)
    strips = [_strip(*one) for one in zip(parts, wide, first, last, strict=True)]
    joints = shapely.buffer(shapely.points(seats), least, quad_segs=_ARC)
    return shapely.union_all([*strips, *joints])


def _strip(line: shapely.LineString, wide: float, first: float, last: float) -> Any:
    """Strip about a line that begins and ends narrower than it is."""
    if first == last == wide:
        return shapely.buffer(line, wide, quad_segs=_ARC, cap_style="flat")
    length = line.length
    rise, fall = (min((wide - end) / _TAPER, length) for end in (first, last))
    steps = np.linspace(0, 1, _STEPS)
    at = np.unique(np.concatenate([rise * steps, length - fall * steps]))
    half = np.minimum(wide, np.minimum(first + _TAPER * at, last + _TAPER * (length - at)))
    discs = shapely.buffer(shapely.line_interpolate_point(line, at), half, quad_segs=_ARC)
    cones = shapely.convex_hull(shapely.union(discs[:-1], discs[1:]))
    full = substring(line, rise, length - fall) if rise + fall < length else None
    tapers = cones[(half[:-1] < wide) | (half[1:] < wide)]
    return shapely.union_all([*tapers, shapely.buffer(full, wide, quad_segs=_ARC, cap_style="flat")])
