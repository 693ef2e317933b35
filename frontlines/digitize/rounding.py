"""How far a georeference is off because its control points were read to whole pixels.

Points of one meridian or parallel of an upright map have one column or row, so they are rounded alike: their
error is shared and does not average out, and residuals do not show what the transformation has taken in. On
an even graticule they may all be rounded alike and leave no residual at all.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from frontlines.digitize.transformations import Transformation

Floats = npt.NDArray[np.float64]

STEPS_PX = (1.0, 0.5)
"""Steps that places are read to, the coarsest first [px]; finer ones do not matter."""

_EXACT = 0.02  # steps: residuals that are smaller do not come from rounding
_ALIKE = 1e-6
_MINUTES = 60.0  # in a degree


def step_read(pixels: Floats, left_px: Floats, lonlat: Floats) -> float:
    """Find the step that control points were read to.

    Parameters
    ----------
    pixels
        Column and row of the control points, (n, 2).
    left_px
        What the fit leaves unexplained, (n, 2) [px].
    lonlat
        Longitude and latitude, (n, 2) [degrees].

    Returns
    -------
    step_px
        The coarsest of `STEPS_PX` that all are multiples of; 0 if there is none, or if the places on the
        ground were worked out from them: they fit exactly, and lie at no crossings of a graticule.

    Examples
    --------
    >>> left, lonlat = np.array([[0.2, 0.1], [-0.2, -0.1]]), np.array([[46.0, 40.0], [46.5, 40.25]])
    >>> step_read(np.array([[3.0, 5.0], [9.5, 7.0]]), left, lonlat)
    0.5
    """
    rms = float(np.sqrt(np.mean(np.square(left_px))))
    for step in STEPS_PX:
        if np.abs(pixels / step - np.round(pixels / step)).max() < _ALIKE:
            return step if rms > _EXACT * step or _are_crossings(lonlat) else 0.0
    return 0.0


def _are_crossings(lonlat: Floats) -> bool:
    """Tell whether places lie at whole minutes, as crossings of a graticule do."""
    minutes = lonlat * _MINUTES
    return bool((np.abs(minutes - np.round(minutes)) < _ALIKE * _MINUTES).all())


def rounding_variance(transformation: Transformation, pixels: Floats, step_px: float) -> Floats:
    """Work out what rounding alone does to places of the scan.

    Parameters
    ----------
    transformation
        The fit.
    pixels
        Places, (m, 2).
    step_px
        From `step_read`.

    Returns
    -------
    variance
        Along either axis, their mean, (m,) [px²].

    Notes
    -----
    A reading is off evenly within half a step, with the variance ``step² / 12``, and by the same at all
    points of one column or row. It is carried through the weights of the fit.

    Examples
    --------
    >>> from frontlines.digitize.transformations import fit
    >>> pixels = np.array([[0.0, 0.0], [100.0, 0.0], [0.0, 100.0], [100.0, 100.0]])
    >>> upright = fit(pixels, pixels * [1.0, -1.0], "affine")
    >>> middle = rounding_variance(upright, np.array([[50.0, 50.0]]), 1.0)
    >>> round(float(middle[0] * 12), 3)  # two columns and two rows, the mean of either
    0.5
    """
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
