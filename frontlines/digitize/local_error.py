"""How far a georeference is off between its control points.

What the control points leave unexplained has two parts. One is each point's own: it was read a little
beside its place. The other is shared by neighbours: the paper has shrunk, or the transformation cannot bend
as the map does. They count differently between the points: readings average out, what neighbours share does
not. How much is shared, and how far it reaches, is weighed by the likelihood of the residuals. The error at a
place then follows from the weights of the fit there, and is scaled by how the leave-one-out errors of the
nearest points compare with what the same reckoning says of them. It is at least what rounding to whole
pixels does (`frontlines.digitize.rounding`).

References
----------
Patterson, H. D. and Thompson, R. (1971). Recovery of inter-block information when block sizes are unequal.
Biometrika 58, 545-554. https://doi.org/10.1093/biomet/58.3.545

Rippa, S. (1999). An algorithm for selecting a good value for the parameter c in radial basis function
interpolation. Advances in Computational Mathematics 11, 193-210. https://doi.org/10.1023/A:1018975909870
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from frontlines.digitize.rounding import rounding_variance, step_read
from frontlines.digitize.transformations import Transformation

Floats = npt.NDArray[np.float64]

REACHES = (0.25, 0.8)
"""How far what is shared may reach, as parts of the extent of the control points."""

SHARES = (0.0, 0.25, 0.5, 0.75, 0.95, 0.99)
"""Shares of the variance that neighbours may have in common."""

NOISE_ODDS = 8.0
"""How much likelier than each other model it is beforehand that neighbours share nothing."""

PRIOR_POINTS = 4.0
"""So many points' worth of trust in the reckoning before the leave-one-out errors near a place scale it."""

_NEAR = 0.25
_LEAST_PX = 1e-9
_LEAST_FREEDOM = 1
_CHUNK = 4000


@dataclass(frozen=True)
class LocalError:
    """Standard error of a georeference, place by place.

    Attributes
    ----------
    transformation
        The fit.
    models
        Share and reach of what neighbours have in common, variance [px²] and weight, of each model weighed.
    scale
        Square of each control point's leave-one-out error over what is expected of it, (n,).
    degrees_of_freedom
        Of the residuals.
    step_px
        What the control points were read to, or 0.
    """

    transformation: Transformation
    models: Floats
    scale: Floats
    degrees_of_freedom: int
    step_px: float = 0.0

    def __call__(self, pixels: Floats) -> Floats:
        """Give the standard error along either axis at places of the scan, (m,) [px]."""
        pixels = np.asarray(pixels, dtype=float)
        parts = [pixels[k : k + _CHUNK] for k in range(0, max(len(pixels), 1), _CHUNK)]
        return np.concatenate([self._of(part) for part in parts])

    def _of(self, pixels: Floats) -> Floats:
        variance = _expected(self.transformation.weights(pixels), pixels, self, own=False)
        knots = self.transformation.pixels
        near = np.exp(-_squared(pixels, knots) / (2 * (_NEAR * _extent(knots)) ** 2))
        scale = (PRIOR_POINTS + near @ self.scale) / (PRIOR_POINTS + near.sum(axis=1))
        variance = variance * scale * _student(self.degrees_of_freedom) ** 2
        return np.asarray(
            np.sqrt(np.maximum(variance, rounding_variance(self.transformation, pixels, self.step_px)))
        )


def local_error(
    transformation: Transformation, left_px: Floats, left_out_px: Floats, lonlat: Floats
) -> LocalError | None:
    """Learn from the residuals how far a georeference is off between its points.

    Parameters
    ----------
    transformation
        The fit, from `frontlines.digitize.transformations.fit`.
    left_px
        Residuals of the fit (for a spline, of its affine part) along the axes of the plane, as lengths in
        pixels, (n, 2).
    left_out_px
        Leave-one-out errors likewise, (n, 2).
    lonlat
        Longitude and latitude of the points, (n, 2) [degrees].

    Returns
    -------
    error
        A function of pixels, or None if no point is to spare: then nothing can be told.

    Examples
    --------
    >>> from frontlines.digitize.transformations import fit
    >>> pixels = np.array([[0.0, 0.0], [100.0, 0.0], [0.0, 100.0], [100.0, 100.0]])
    >>> exact = fit(pixels, pixels * [1.0, -1.0], "affine")
    >>> lonlat = pixels * 0.0123 + 40
    >>> error = local_error(exact, np.zeros((4, 2)), np.zeros((4, 2)), lonlat)
    >>> bool(error(np.array([[50.0, 50.0]]))[0] < 1e-6)
    True
    """
    knots = transformation.pixels
    slopes = transformation.slopes_by_parameter(knots)
    drift = np.concatenate([slopes[:, 0], slopes[:, 1]])
    freedom = drift.shape[0] - drift.shape[1]
    if freedom < _LEAST_FREEDOM:
        return None
    models = _weighed(knots, drift, left_px.T.ravel(), freedom)
    error = LocalError(transformation, models, np.ones(len(knots)), freedom)
    expected = _expected(transformation.left_out_weights(), knots, error, own=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = (left_out_px**2).sum(axis=1) / (2 * expected)
    scale = np.where(np.isfinite(scale), scale, 1.0)
    return LocalError(transformation, models, scale, freedom, step_read(knots, left_px, lonlat))


def _weighed(knots: Floats, drift: Floats, left: Floats, freedom: int) -> Floats:
    """Restricted likelihood of each model, with the variance that fits it best."""
    rows = []
    for reach in REACHES:
        for share in SHARES:
            if share == 0 and reach != REACHES[0]:
                continue
            one = (1 - share) * np.eye(len(knots)) + share * _shared(knots, knots, reach, _extent(knots))
            inverse = np.kron(np.eye(2), np.linalg.inv(one))
            normal = drift.T @ inverse @ drift
            beside = left - drift @ np.linalg.solve(normal, drift.T @ inverse @ left)
            variance = max(float(beside @ inverse @ beside) / freedom, _LEAST_PX**2)
            logs = 2 * np.linalg.slogdet(one)[1] + np.linalg.slogdet(normal)[1]
            rows.append((share, reach, variance, -0.5 * (logs + freedom * np.log(variance))))
    models = np.array(rows)
    weight = np.exp(models[:, 3] - models[:, 3].max()) * np.where(models[:, 0] > 0, 1.0, NOISE_ODDS)
    models[:, 3] = weight / weight.sum()
    return models


def _expected(weights: Floats, pixels: Floats, error: LocalError, *, own: bool) -> Floats:
    """Give the variance along an axis, the models' geometric mean [px²]; with a point's own part or not."""
    knots = error.transformation.pixels
    n = len(knots)
    extent = _extent(knots)
    square = np.einsum("man,man->m", weights, weights) / 2
    along = np.stack([weights[:, 0, :n], weights[:, 1, n:]])
    rows = weights.reshape(len(weights) * 2, 2, n)
    total = np.zeros(len(pixels))
    for share, reach, variance, weight in error.models:
        common = _shared(knots, knots, reach, extent)
        beside = np.einsum("amn,mn->m", along, _shared(pixels, knots, reach, extent)) / 2
        bound = np.einsum("rbn,rbn->r", rows @ common, rows).reshape(-1, 2).mean(axis=1)
        smooth = np.maximum(1 - 2 * beside + bound, 0.0)
        total += weight * np.log(variance * (share * smooth + (1 - share) * (square + own)) + _LEAST_PX**2)
    return np.exp(total)


def _shared(a: Floats, b: Floats, reach: float, extent: float) -> Floats:
    """Correlation that falls with distance, twice differentiable in the mean (Matérn, 3/2)."""
    far = np.sqrt(3 * _squared(a, b)) / (reach * extent)
    return np.asarray((1 + far) * np.exp(-far))


def _squared(a: Floats, b: Floats) -> Floats:
    return np.asarray(((a[:, None] - b[None]) ** 2).sum(axis=2))


def _extent(knots: Floats) -> float:
    return float(np.hypot(*np.ptp(knots, axis=0))) or 1.0


def _student(freedom: int) -> float:
    """How much wider than a normal curve's its error is, known from so few residuals (Cornish and Fisher)."""
    return 1 + 0.5 / freedom + 0.25 / freedom**2
