"""Arrows from control points to where they are put, magnified so that they can be seen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from frontlines.digitize.digitizing import Digitized

Floats = npt.NDArray[np.float64]

_LONGEST_MM = 7.0  # on paper
_NONE_PX = 0.05  # residuals that are all shorter are not worth arrows
_NICE = (1, 2, 5, 10)


def magnification(digitized: Digitized, width_mm: float) -> float:
    """Choose how many times residuals are magnified on a scan drawn so wide.

    Parameters
    ----------
    digitized
        From `frontlines.digitize.digitize`.
    width_mm
        Width of the scan on paper [mm].

    Returns
    -------
    factor
        1, 2, 5, 10, 20, …: the typical residual is a few millimetres long; 0 if all are too small to matter.
    """
    vectors = residual_vectors(digitized)
    if not len(vectors):
        return 1.0
    lengths = np.hypot(*vectors[~digitized.residuals["bad"].to_numpy(dtype=bool)].T)
    longest_px = float(lengths.max(initial=0.0))
    if longest_px < _NONE_PX:
        return 0.0
    return nice_factor(longest_px * width_mm / digitized.georeference.size_px[0] / _LONGEST_MM * 10)


def magnified(factor: float) -> str:
    """Say how residuals are drawn.

    Examples
    --------
    >>> magnified(20.0), magnified(0.0)
    ('20 times its length', 'below 0.05 px, not drawn')
    """
    return f"{factor:,.0f} times its length" if factor else f"below {_NONE_PX:g} px, not drawn"


def nice_factor(longest: float) -> float:
    """Return the largest of 1, 2, 5, 10, … that keeps ten times a length, so magnified, below ten.

    Examples
    --------
    >>> nice_factor(0.3)
    20.0
    """
    factor = 10.0 / max(longest, 1e-6)
    power = 10.0 ** np.floor(np.log10(max(factor, 1.0)))
    return float(max([n * power for n in _NICE if n * power <= factor] or [1.0]))


def residual_vectors(digitized: Digitized) -> Floats:
    """From each control point to where it is put, (n, 2) [px]; for a spline, by the others."""
    table, lies = digitized.residuals, digitized.georeference
    if table.empty:
        return np.zeros((0, 2))
    name = "left_out" if lies.choice.family == "spline" else "residual"
    ground = table[[f"{name}_east_m", f"{name}_north_m"]].to_numpy(dtype=float)
    slopes = lies.ground_slopes(table[["col", "row"]].to_numpy(dtype=float))
    return np.asarray(np.linalg.solve(slopes, np.nan_to_num(ground)[..., None])[..., 0])
