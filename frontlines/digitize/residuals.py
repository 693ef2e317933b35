"""What a georeference leaves over at its control points: residuals, leave-one-out errors, and their means.

For n points and a transformation that needs k (`LEAST_POINTS`), with residuals r measured along the ground:
RMSE = √(Σr² / n), adjusted for degrees of freedom √(Σr² / (n - k)). The leave-one-out error of a point is its
distance from where the other points put it. A spline runs through every point, so its residuals are zero by
construction and only leave-one-out errors are quoted.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS, Geod, Transformer

from frontlines.digitize.control_points import GroundControl
from frontlines.digitize.map_crs import WGS84
from frontlines.digitize.transformations import LEAST_POINTS, Family, Transformation, fit
from frontlines.errors import DigitizeError

Floats = npt.NDArray[np.float64]

COLUMNS = [
    "id", "col", "row", "lon", "lat", "residual_m", "residual_east_m", "residual_north_m", "residual_px",
    "left_out_m", "left_out_east_m", "left_out_north_m", "left_out_px",
]  # fmt: skip


def left_out_places(transformation: Transformation, xy: Floats, *, anew: bool = True) -> Floats:
    """Say where the other points put each control point.

    Parameters
    ----------
    transformation
        Fitted to all points.
    xy
        The points' places on the plane, (n, 2).
    anew
        Whether the projective one is fitted anew for each point; otherwise its slopes at the fit are used.

    Returns
    -------
    places
        On the plane, (n, 2); NaN where the others do not determine the transformation.

    Notes
    -----
    Without a new fit for each point: from the diagonal of the hat matrix, or, for the spline, of the inverse
    of its system. The projective one is not linear and is fitted anew.

    Examples
    --------
    >>> pixels = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0], [9.0, 9.0]])
    >>> left_out_places(fit(pixels, pixels * 2, "affine"), pixels * 2).round(9).tolist()[3]
    [18.0, 18.0]
    """
    if transformation.family == "projective" and anew:
        return _fitted_anew(transformation.pixels, xy, transformation.family)
    scaled = transformation.target(xy).T.ravel()
    return transformation.target.back(transformation.left_out_weights() @ scaled)


def _fitted_anew(pixels: Floats, xy: Floats, family: Family) -> Floats:
    places = np.full_like(xy, np.nan)
    for k in range(len(pixels)):
        rest = np.arange(len(pixels)) != k
        try:
            places[k] = fit(pixels[rest], xy[rest], family)(pixels[k : k + 1])[0]
        except DigitizeError:
            continue
    return places


def residual_table(control: GroundControl, transformation: Transformation, crs: CRS) -> pd.DataFrame:
    """List the residual and the leave-one-out error of every control point.

    Parameters
    ----------
    control
        The points.
    transformation
        Fitted to them on the plane of `crs`.
    crs
        The plane of the map.

    Returns
    -------
    residuals
        `id`, `col`, `row` [px], `lon`, `lat` [degrees]; `residual_m` along the ground, its parts
        `residual_east_m`, `residual_north_m`, and `residual_px`; the same of the leave-one-out error as
        `left_out_m`, `left_out_east_m`, `left_out_north_m`, `left_out_px`. Vectors run from where the point
        is to where it is put.

    Examples
    --------
    >>> points = pd.DataFrame({"id": list("abcd"), "col": [0, 9, 0, 9], "row": [0, 0, 9, 9],
    ...                        "lon": [46, 47, 46, 47], "lat": [41, 41, 40, 40.01]})
    >>> control = GroundControl(points)
    >>> table = residual_table(control, fit(control.pixels, control.lonlat, "affine"), WGS84)
    >>> table["residual_m"].round().tolist()
    [278.0, 278.0, 278.0, 278.0]
    """
    xy = to_plane(control.lonlat, crs)
    put, left_out = transformation(control.pixels), left_out_places(transformation, xy)
    slopes = transformation.jacobian(control.pixels)
    table = control.points.copy()
    for name, places in (("residual", put), ("left_out", left_out)):
        east, north, distance = _along_ground(control.lonlat, to_lonlat(places, crs))
        table[f"{name}_m"], table[f"{name}_east_m"], table[f"{name}_north_m"] = distance, east, north
        moved = np.linalg.solve(slopes, (places - xy)[..., None])[..., 0]
        table[f"{name}_px"] = np.hypot(moved[:, 0], moved[:, 1])
    return table[COLUMNS]


def error_figures(residuals: pd.DataFrame, family: Family) -> dict[str, Any]:
    """Sum up residuals, and say by which formula.

    Parameters
    ----------
    residuals
        From `residual_table`.
    family
        The transformation.

    Returns
    -------
    figures
        `points` (n), `least_points` (k), `rmse_m`, `rmse_adjusted_m` (None for a spline or without a point
        to spare), `left_out_rmse_m`, `left_out_rmse_px`, `left_out_median_m` (None where not told), and
        `formulas`.

    Examples
    --------
    >>> table = pd.DataFrame({"residual_m": [3.0, 4.0, 0.0, 0.0], "left_out_m": 5.0, "left_out_px": 1.0})
    >>> figures = error_figures(table, "affine")
    >>> figures["rmse_m"], figures["rmse_adjusted_m"]
    (2.5, 5.0)
    """
    n, k = len(residuals), LEAST_POINTS[family]
    squares = float((residuals["residual_m"] ** 2).sum())
    spline = family == "spline"
    return {
        "points": n,
        "least_points": k,
        "rmse_m": None if spline else math.sqrt(squares / n),
        "rmse_adjusted_m": None if spline or n <= k else math.sqrt(squares / (n - k)),
        "left_out_rmse_m": _told(residuals["left_out_m"], lambda e: math.sqrt((e**2).mean())),
        "left_out_rmse_px": _told(residuals["left_out_px"], lambda e: math.sqrt((e**2).mean())),
        "left_out_median_m": _told(residuals["left_out_m"], lambda e: float(e.median())),
        "formulas": {
            "rmse_m": "sqrt(sum of squared residuals / n)",
            "rmse_adjusted_m": f"sqrt(sum of squared residuals / (n - k)), n - k = {n} - {k} = {n - k}",
            "left_out_rmse_m": "sqrt(mean of squared leave-one-out errors)",
        },
    }


def _told(errors: pd.Series, sum_up: Any) -> float | None:
    known = errors[np.isfinite(errors)]
    return float(sum_up(known)) if len(known) == len(errors) and len(known) else None


def to_plane(lonlat: Floats, crs: CRS) -> Floats:
    """Take longitudes and latitudes to the plane of a map.

    Parameters
    ----------
    lonlat
        WGS 84, (n, 2) [degrees].
    crs
        CRS of the map, a geographic one too.

    Returns
    -------
    xy
        (n, 2), in its unit.

    Examples
    --------
    >>> to_plane(np.array([[10.0, 52.0]]), CRS("EPSG:3035")).round().tolist()
    [[4321000.0, 3210000.0]]
    """
    transform = Transformer.from_crs(WGS84, crs, always_xy=True).transform
    return np.column_stack(transform(lonlat[:, 0], lonlat[:, 1])).astype(float)


def to_lonlat(xy: Floats, crs: CRS) -> Floats:
    """Take places of the plane of a map to longitudes and latitudes.

    Parameters
    ----------
    xy
        (n, 2), in the unit of `crs`.
    crs
        CRS of the map.

    Returns
    -------
    lonlat
        WGS 84, (n, 2) [degrees]; NaN where the plane is no place on Earth.

    Examples
    --------
    >>> to_lonlat(np.array([[4321000.0, 3210000.0]]), CRS("EPSG:3035")).round(6).tolist()
    [[10.0, 52.0]]
    """
    transform = Transformer.from_crs(crs, WGS84, always_xy=True).transform
    lonlat = np.column_stack(transform(xy[:, 0], xy[:, 1])).astype(float)
    return np.where(np.isfinite(lonlat), lonlat, np.nan)


def _along_ground(start: Floats, end: Floats) -> tuple[Floats, Floats, Floats]:
    """East and north parts and length of the geodesics from start to end [m]."""
    azimuth, _, distance = Geod(ellps="WGS84").inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])
    distance, turn = np.asarray(distance), np.radians(np.asarray(azimuth))
    return distance * np.sin(turn), distance * np.cos(turn), distance
