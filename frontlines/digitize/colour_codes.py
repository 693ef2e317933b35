"""Colours as numbers, in steps of 5.5 a channel, so that what is known of a colour is looked up."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from frontlines.digitize.colours import Floats, lab_of


def _all_lab() -> npt.NDArray[np.float32]:
    """CIELAB of every colour in steps of 5.5 a channel."""
    steps = (np.arange(64) + 0.5) * 5.5
    rgb = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    return lab_of(rgb).astype(np.float32)


LAB = _all_lab()
"""CIELAB of every colour in steps of 5.5 a channel, (262144, 3)."""


def codes_of(pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
    """Give pixels the number of their colour, in steps of 5.5 a channel.

    Parameters
    ----------
    pixels
        (..., 3), 0 to 351.

    Returns
    -------
    codes
        (...), 0 to 262143.

    Examples
    --------
    >>> int(codes_of(np.array([255.0, 0.0, 4.0], dtype=np.float32)))
    188416
    """
    steps = (pixels * np.float32(1 / 5.5)).astype(np.int32)
    return np.asarray((steps[..., 0] << 12) | (steps[..., 1] << 6) | steps[..., 2], dtype=np.int32)


def rgb_of_lab(lab: Floats) -> Floats:
    """Give the numbered colours nearest to some in CIELAB.

    Parameters
    ----------
    lab
        (n, 3).

    Returns
    -------
    rgb
        sRGB, (n, 3).

    Examples
    --------
    >>> rgb_of_lab(lab_of([[200, 30, 30]])).tolist()
    [[200.75, 30.25, 30.25]]
    """
    codes = np.array([((LAB - one.astype(np.float32)) ** 2).sum(axis=1).argmin() for one in lab], dtype=int)
    return np.stack([codes >> 12, (codes >> 6) & 63, codes & 63], axis=-1) * 5.5 + 2.75
