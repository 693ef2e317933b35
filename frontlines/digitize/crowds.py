"""The densest places in a crowd of colours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from frontlines._optional import require
from frontlines.digitize.colours import Floats

_CROWD = 0.3  # least density of a peak, in pixels a seat


def peaks_of(lab: npt.NDArray[np.float32], least: int, apart: float, *, most: int = 12) -> Floats:
    """Find the densest colours of a crowd.

    Parameters
    ----------
    lab
        The crowd in CIELAB, (n, 3).
    least
        A colour is left out if fewer than half as many are near it.
    apart
        Least distance of two peaks [ΔE].
    most
        How many there may be.

    Returns
    -------
    peaks
        The most crowded first, in CIELAB, (m, 3).

    Examples
    --------
    >>> crowd = np.repeat([[50, 0, 0], [80, 9, 9]], [30, 70], axis=0).astype(np.float32)
    >>> peaks_of(crowd, 20, 10.0).tolist()
    [[80.0, 9.0, 9.0], [50.0, 0.0, 0.0]]
    """
    ndimage = require("scipy.ndimage", extra="digitize")
    seats = np.clip(((lab + np.array([0, 128, 128])) / 4).astype(int), 0, 63)
    crowd = np.bincount(seats @ np.array([4096, 64, 1]), minlength=64**3).reshape(64, 64, 64).astype(float)
    smooth = ndimage.gaussian_filter(crowd, 0.8)
    top = np.argwhere((smooth == ndimage.maximum_filter(smooth, 3)) & (smooth > _CROWD))
    top = top[np.argsort(-smooth[tuple(top.T)], kind="stable")][:200]
    chosen: list[Floats] = []
    for seat in top:
        colour = (seat + 0.5) * 4 - [0, 128, 128]
        near = np.linalg.norm(lab - colour, axis=1) < apart / 2
        if near.sum() * 2 < least or len(chosen) >= most:
            continue
        colour = lab[near].mean(axis=0, dtype=float)
        if all(np.linalg.norm(colour - other) >= apart for other in chosen):
            chosen.append(np.asarray(colour))
    return np.array(chosen).reshape(-1, 3)
