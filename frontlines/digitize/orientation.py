"""The tag by which a camera says how its picture is to be turned (EXIF orientation)."""

from __future__ import annotations

from typing import Any

from frontlines.digitize.decoding import Pixels

_UPRIGHT = 1


def orientation_of(dataset: Any) -> int:
    """Read the tag of an open file.

    Parameters
    ----------
    dataset
        Opened by rasterio.

    Returns
    -------
    orientation
        1, upright, to 8; 1 if there is no tag.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> orientation_of(SimpleNamespace(tags=lambda: {"EXIF_Orientation": "6"}))
    6
    """
    word = dataset.tags().get("EXIF_Orientation", "").strip()
    return int(word) if word in set("12345678") else _UPRIGHT


def turned(pixels: Pixels, orientation: int) -> Pixels:
    """Turn a picture as viewers do.

    Parameters
    ----------
    pixels
        (rows, columns, 3).
    orientation
        From `orientation_of`.

    Returns
    -------
    pixels
        A view of the same, upright.

    Examples
    --------
    >>> import numpy as np
    >>> turned(np.arange(6, dtype=np.uint8).reshape(2, 3, 1), 6)[..., 0].tolist()
    [[3, 0], [4, 1], [5, 2]]
    """
    if orientation >= 5:  # noqa: PLR2004 - these have rows and columns changed about
        pixels = pixels.transpose(1, 0, 2)
    down = -1 if orientation in {3, 4, 7, 8} else 1
    right = -1 if orientation in {2, 3, 6, 7} else 1
    return pixels[::down, ::right]
