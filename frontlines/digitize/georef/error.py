"""Residuals of a georeference, and how far it is off between its control points.

What the control points leave unexplained has two parts. One is each point's own: it was read a little beside
its place. The other is shared by neighbours: the paper has shrunk, or the transformation cannot bend as the
map does. Readings average out between points; what neighbours share does not. How much is shared is weighed
by the likelihood of the residuals. The error at a place follows from the weights of the fit there, and is
scaled by how the leave-one-out errors of the nearest points compare with what is expected of them. It is at
least what rounding to whole or half pixels does.

References
----------
Patterson, H. D. and Thompson, R. (1971). Recovery of inter-block information when block sizes are unequal.
Biometrika 58, 545-554. https://doi.org/10.1093/biomet/58.3.545

Rippa, S. (1999). An algorithm for selecting a good value for the parameter c in radial basis function
interpolation. Advances in Computational Mathematics 11, 193-210. https://doi.org/10.1023/A:1018975909870
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pyproj import CRS, Geod

from frontlines.arrays import Floats
from frontlines.crs.geodesic import WGS84, way
from frontlines.digitize.georef.control_points import GroundControl
from frontlines.digitize.georef.transformations import LEAST_POINTS, Family, Transformation
from frontlines.digitize.settings import QUOTED_ERROR

COLUMNS = [
    "id", "col", "row", "lon", "lat", "residual_m", "residual_east_m", "residual_north_m", "residual_px",
    "left_out_m", "left_out_east_m", "left_out_north_m", "left_out_px",
]  # fmt: skip


def residual_table(control: GroundControl, transformation: Transformation, crs: CRS) -> pd.DataFrame:
    """List the residual and the leave-one-out error of every control point."""
    xy = to_plane(control.lonlat, crs)
    put, left_out = transformation(control.pixels), transformation.left_out(xy)
    slopes = transformation.jacobian(control.pixels)
    table = control.points.copy()
    for name, places in (("residual", put), ("left_out", left_out)):
        east, north, distance = _along_ground(control.lonlat, to_lonlat(places, crs))
        table[f"{name}_m"], table[f"{name}_east_m"], table[f"{name}_north_m"] = distance, east, north
        moved = np.linalg.solve(slopes, (places - xy)[..., None])[..., 0]
        table[f"{name}_px"] = np.hypot(moved[:, 0], moved[:, 1])
    return table[COLUMNS]


def error_figures(residuals: pd.DataFrame, family: Family) -> dict[str, Any]:
    """Sum up residuals, and say by which formula."""
    n, k = len(residuals), LEAST_POINTS[family]
    squares = float((residuals["residual_m"] ** 2).sum())
    spline = family == "spline"
    return {
        "points": n,
        "least_points": k,
        "rmse_m": None if spline else math.sqrt(squares / n),
        "rmse_adjusted_m": None if spline or n <= k else math.sqrt(squares / (n - k)),
        "left_out_rmse_m": _known(residuals["left_out_m"], lambda e: math.sqrt((e**2).mean())),
        "left_out_rmse_px": _known(residuals["left_out_px"], lambda e: math.sqrt((e**2).mean())),
        "left_out_median_m": _known(residuals["left_out_m"], lambda e: e.median()),
        "formulas": {
            "rmse_m": "sqrt(sum of squared residuals / n)",
            "rmse_adjusted_m": f"sqrt(sum of squared residuals / (n - k)), n - k = {n} - {k} = {n - k}",
            "left_out_rmse_m": "sqrt(mean of squared leave-one-out errors)",
        },
    }


def _known(errors: pd.Series, sum_up: Callable[[pd.Series], float]) -> float | None:
    """Sum up leave-one-out errors, if those of all points are known."""
    return float(sum_up(errors)) if len(errors) and np.isfinite(errors).all() else None


def to_plane(lonlat: Floats, crs: CRS) -> Floats:
    """Take longitudes and latitudes to the plane of a map."""
    return np.column_stack(way(WGS84, crs).transform(lonlat[:, 0], lonlat[:, 1])).astype(float)


def to_lonlat(xy: Floats, crs: CRS) -> Floats:
    """Take places of the plane of a map to longitudes and latitudes."""
    lonlat = np.column_stack(way(crs, WGS84).transform(xy[:, 0], xy[:, 1])).astype(float)
    return np.where(np.isfinite(lonlat), lonlat, np.nan)


def _along_ground(start: Floats, end: Floats) -> tuple[Floats, Floats, Floats]:
    """East and north parts and length of the geodesics from start to end [m]."""
    azimuth, _, distance = Geod(ellps="WGS84").inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])
    distance, turn = np.asarray(distance), np.radians(np.asarray(azimuth))
    return distance * np.sin(turn), distance * np.cos(turn), distance


_ALIKE = 1e-6  # of a step or a minute
_MINUTES = 60.0  # in a degree


def step_read(pixels: Floats, left_px: Floats, lonlat: Floats) -> float:
    """Find the step that control points were read to."""
    rms = float(np.sqrt(np.mean(np.square(left_px))))
    for step in QUOTED_ERROR.steps_px:
        if np.abs(pixels / step - np.round(pixels / step)).max() < _ALIKE:
            return step if rms > QUOTED_ERROR.exact * step or _are_crossings(lonlat) else 0.0
    return 0.0


def _are_crossings(lonlat: Floats) -> bool:
    """Tell whether places lie at whole minutes, as crossings of a graticule do."""
    minutes = lonlat * _MINUTES
    return bool((np.abs(minutes - np.round(minutes)) < _ALIKE * _MINUTES).all())


def rounding_variance(transformation: Transformation, pixels: Floats, step_px: float) -> Floats:
    """Work out what rounding alone does to places of the scan."""
    if not step_px:
        return np.zeros(len(pixels))
    knots = transformation.pixels
    n = len(knots)
    weights = transformation.weights(pixels)
    turned = transformation.target.signs[:, None]
    here, there = turned * transformation.jacobian(pixels), turned * transformation.jacobian(knots)
    total = np.zeros(len(pixels))
    for axis in (0, 1):
        carried = weights[:, :, :n] * there[:, 0, axis] + weights[:, :, n:] * there[:, 1, axis]
        _, alike = np.unique(knots[:, axis], return_inverse=True)
        member = (alike[:, None] == np.arange(alike.max() + 1)).astype(float)
        total += np.square(np.linalg.solve(here, carried @ member)).sum(axis=(1, 2))
    return np.asarray(total / 2 * step_px**2 / 12)


_LEAST_PX = 1e-9
_CHUNK = 4000


@dataclass(frozen=True)
class LocalError:
    """Standard error of a georeference, place by place."""

    transformation: Transformation
    models: Floats  # a row a model: its share, its variance [px²], and its weight
    scale: Floats  # square of each control point's leave-one-out error over what is expected of it, (n,)
    degrees_of_freedom: int  # of the residuals
    step_px: float = 0.0  # what the control points were read to, or 0
    stiffer: Transformation | None = None  # what carries places in its stead: their distance is an error too

    def __call__(self, pixels: Floats) -> Floats:
        """Give the standard error along either axis at places of the scan, (m,) [px]."""
        pixels = np.asarray(pixels, dtype=float)
        parts = [pixels[k : k + _CHUNK] for k in range(0, max(len(pixels), 1), _CHUNK)]
        return np.concatenate([self._of(part) for part in parts])

    def _of(self, pixels: Floats) -> Floats:
        knots = self.transformation.pixels
        variance = _expected(self.transformation.weights(pixels), pixels, knots, self.models, own=False)
        near = np.exp(-_squared(pixels, knots) / (2 * (QUOTED_ERROR.near * _extent(knots)) ** 2))
        scale = (QUOTED_ERROR.prior_points + near @ self.scale) / (
            QUOTED_ERROR.prior_points + near.sum(axis=1)
        )
        variance = variance * scale * _student(self.degrees_of_freedom) ** 2
        if self.stiffer is not None:
            off = self.stiffer(pixels) - self.transformation(pixels)
            variance += _squared_lengths(off / self.transformation.pixel_side(pixels)[:, None])  # either axis
        least = rounding_variance(self.transformation, pixels, self.step_px)
        return np.asarray(np.sqrt(np.maximum(variance, least)))


def local_error(
    transformation: Transformation, left_px: Floats, left_out_px: Floats, lonlat: Floats
) -> LocalError | None:
    """Learn from residuals and leave-one-out errors, (n, 2) [px]; None if there is no point to spare."""
    knots = transformation.pixels
    slopes = transformation.slopes_by_parameter(knots)
    drift = np.concatenate([slopes[:, 0], slopes[:, 1]])
    freedom = drift.shape[0] - drift.shape[1]
    if freedom < 1:
        return None
    models = _weighed(knots, drift, left_px.T.ravel(), freedom)
    expected = _expected(transformation.left_out_weights(), knots, knots, models, own=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = (left_out_px**2).sum(axis=1) / (2 * expected)
    scale = np.where(np.isfinite(scale), scale, 1.0)
    return LocalError(transformation, models, scale, freedom, step_read(knots, left_px, lonlat))


def _weighed(knots: Floats, drift: Floats, left: Floats, freedom: int) -> Floats:
    """Weigh each model by its restricted likelihood, with the variance that fits it best."""
    common = _shared(knots, knots, knots)
    rows = []
    for share in QUOTED_ERROR.shares:
        one = (1 - share) * np.eye(len(knots)) + share * common
        inverse = np.kron(np.eye(2), np.linalg.inv(one))  # x and y have the same
        normal = drift.T @ inverse @ drift
        beside = left - drift @ np.linalg.solve(normal, drift.T @ inverse @ left)
        variance = max(float(beside @ inverse @ beside) / freedom, _LEAST_PX**2)
        logs = 2 * np.linalg.slogdet(one)[1] + np.linalg.slogdet(normal)[1]
        rows.append((share, variance, -0.5 * (logs + freedom * np.log(variance))))
    models = np.array(rows)
    weight = np.exp(models[:, 2] - models[:, 2].max()) * np.where(
        models[:, 0] > 0, 1.0, QUOTED_ERROR.noise_odds
    )
    models[:, 2] = weight / weight.sum()
    return models


def _expected(weights: Floats, pixels: Floats, knots: Floats, models: Floats, *, own: bool) -> Floats:
    """Give the variance along an axis, the mean of the models' [px²]; with a point's own part or not."""
    n = len(knots)
    common = _shared(knots, knots, knots)
    # of readings: what the fit takes over from each point's own error
    square = np.einsum("man,man->m", weights, weights) / 2
    # of what is shared: that of the place itself, less what the points around it tell of it
    along = np.stack([weights[:, 0, :n], weights[:, 1, n:]])
    told = np.einsum("amn,mn->m", along, _shared(pixels, knots, knots)) / 2
    rows = weights.reshape(len(weights) * 2, 2, n)
    carried = np.einsum("rbn,rbn->r", rows @ common, rows).reshape(-1, 2).mean(axis=1)
    smooth = np.maximum(1 - 2 * told + carried, 0.0)
    total = np.zeros(len(pixels))
    for share, variance, weight in models:
        total += weight * variance * (share * smooth + (1 - share) * (square + own))
    return total


def _shared(a: Floats, b: Floats, knots: Floats) -> Floats:
    """Correlation that falls with distance, twice differentiable in the mean (Matérn, 3/2)."""
    far = np.sqrt(3 * _squared(a, b)) / (QUOTED_ERROR.reach * _extent(knots))
    return np.asarray((1 + far) * np.exp(-far))


def _squared(a: Floats, b: Floats) -> Floats:
    return _squared_lengths(a[:, None] - b[None])


def _squared_lengths(vectors: Floats) -> Floats:
    return np.asarray((vectors**2).sum(axis=-1))


def _extent(knots: Floats) -> float:
    return float(np.hypot(*np.ptp(knots, axis=0))) or 1.0


def _student(freedom: int) -> float:
    """How much wider than a normal curve's its error is, known from so few residuals (Cornish and Fisher)."""
    return 1 + 0.5 / freedom + 0.25 / freedom**2
