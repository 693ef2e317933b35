"""Least, greatest and mean of square windows, fast for small numbers: windows double by one comparison."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[Any]


def least_around(image: Image, size_px: int) -> Image:
    """Find the least value in a square around each pixel.

    Parameters
    ----------
    image
        (rows, columns).
    size_px
        Odd side of the square [px]; what lies beyond the image does not count.

    Returns
    -------
    least
        Of the same shape and type.

    Examples
    --------
    >>> least_around(np.array([[5, 9, 7, 8]], dtype=np.uint8), 3).tolist()
    [[5, 5, 7, 7]]
    """
    return _along_both(image, size_px, np.minimum)


def most_around(image: Image, size_px: int) -> Image:
    """Find the greatest value in a square around each pixel.

    Parameters
    ----------
    image, size_px
        See `least_around`.

    Returns
    -------
    most
        Of the same shape and type.

    Examples
    --------
    >>> most_around(np.array([[True, False, False, False]]), 3).tolist()
    [[True, True, False, False]]
    """
    return _along_both(image, size_px, np.maximum)


def smoothed(pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Average three pixels by three; the image's edge goes on beyond it.

    Parameters
    ----------
    pixels
        (rows, columns, channels).

    Returns
    -------
    means
        Of the same shape.

    Examples
    --------
    >>> smoothed(np.array([[[0], [9], [0], [0]]], dtype=np.float32)).ravel().tolist()
    [3.0, 3.0, 3.0, 0.0]
    """
    for axis in (0, 1):
        wide = np.pad(pixels, [(1, 1) if k == axis else (0, 0) for k in range(3)], mode="edge")
        one, two, three = (_cut(wide, axis, k, pixels.shape[axis]) for k in range(3))
        pixels = one + two
        pixels += three
    pixels *= np.float32(1 / 9)
    return pixels


def _along_both(image: Image, size_px: int, better: Callable[[Image, Image], Image]) -> Image:
    for axis in (0, 1):
        margin = [(size_px // 2,) * 2 if k == axis else (0, 0) for k in range(2)]
        image = _running(np.pad(image, margin, mode="edge"), size_px, axis, better)
    return image


def _running(image: Image, size: int, axis: int, better: Callable[[Image, Image], Image]) -> Image:
    """Best of the values from each one on, along an axis."""
    width = 1
    while width < size:
        step = min(width, size - width)
        count = image.shape[axis] - step
        image = better(_cut(image, axis, 0, count), _cut(image, axis, step, count))
        width += step
    return image


def _cut(image: Image, axis: int, start: int, count: int) -> Image:
    return image[(slice(None),) * axis + (slice(start, start + count),)]
