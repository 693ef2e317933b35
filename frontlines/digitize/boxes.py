"""Boxes around names, printed over the ground of a class."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from frontlines._optional import require
from frontlines.digitize.images import from_corners
from frontlines.digitize.palette import Labels

_FULL = 0.95  # share of the rectangle around it; lakes are rounder
_LEAST_PX, _MOST_SHARE = 240, 0.02  # smaller ones may be anything, and lands have no name that needs so much


def without_boxes(whole: Labels, wanted: Collection[int]) -> Labels:
    """Give rectangles amid a class to the class: the ground goes on under them.

    Parameters
    ----------
    whole
        Labels of the pixels.
    wanted
        Those of the classes.

    Returns
    -------
    whole
        Labels without such rectangles, unless ground of another class lies in them.

    Examples
    --------
    >>> whole = np.ones((200, 300), np.uint8)
    >>> whole[40:60, 20:70] = 0
    >>> int((without_boxes(whole, [1]) == 0).sum()), int((without_boxes(whole, [0, 1]) == 0).sum())
    (0, 1000)
    """
    features = require("rasterio.features", extra="digitize")
    mine = np.isin(whole, list(wanted))
    found = features.shapes(whole, mask=mine, connectivity=4, transform=from_corners())
    holes = [(shapely.Polygon(ring), int(label)) for one, label in found for ring in one["coordinates"][1:]]
    boxes = [(hole, label) for hole, label in holes if _is_box(hole, whole.size)]
    if not boxes:
        return whole
    out = features.rasterize(boxes, out=whole.copy(), transform=from_corners())
    for box, _ in boxes:
        window = _window(box)
        if (mine[window] & (out[window] != whole[window])).any():
            out[window] = whole[window]
    return np.asarray(out)


def _is_box(shape: BaseGeometry, size_px: int) -> bool:
    around = shapely.oriented_envelope(shape)
    return bool(_LEAST_PX <= shape.area <= _MOST_SHARE * size_px and shape.area > _FULL * around.area)


def _window(shape: BaseGeometry) -> tuple[slice, slice]:
    """Rows and columns of pixels in the bounds of a shape."""
    left, top, right, bottom = (round(one + 0.5) for one in shape.bounds)
    return slice(top, bottom), slice(left, right)
