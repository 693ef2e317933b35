"""How much of an area was not seen in its colour, where, and how much of its edge."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from frontlines._optional import require
from frontlines.digitize.palette import OTHER, Labels

_NEAR_PX = 8  # an edge farther from all that was seen was laid by distance alone
_BLOCK = 16  # side of the blocks among which the most doubtful place is looked for [px]


class Unseen(NamedTuple):
    """What was not seen of an area.

    Attributes
    ----------
    share
        Of its pixels.
    place
        Where most of them lie together; an empty point if there are none [px].
    edge_share
        Share of its edge with nothing seen nearby.
    """

    share: float
    place: shapely.Point
    edge_share: float


def unseen_of(whole: Labels, known: Labels, label: int) -> Unseen:
    """Measure what of an area was given to it only because it is the nearest.

    Parameters
    ----------
    whole
        Labels of all pixels.
    known
        Labels of those that were seen, 255 elsewhere.
    label
        That of the area.

    Returns
    -------
    unseen
        Its shares and place.

    Examples
    --------
    >>> whole = np.ones((64, 64), np.uint8)
    >>> known = whole.copy()
    >>> known[32:48, 16:32] = 255
    >>> found = unseen_of(whole, known, 1)
    >>> found.share, found.place.coords[0], found.edge_share
    (0.0625, (23.5, 39.5), 0.0)
    """
    mine = whole == label
    doubtful = mine & (known != label)
    edge = mine & _edges(whole)
    share = doubtful.sum() / max(int(mine.sum()), 1)
    far = ~_seen_near(known)[edge] if edge.any() else np.zeros(1)
    return Unseen(float(share), _densest(doubtful), float(far.mean()))


def _edges(whole: Labels) -> npt.NDArray[np.bool_]:
    """Pixels with another label to their right, left, above or below."""
    out = np.zeros(whole.shape, bool)
    for one, other in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[1:], np.s_[:-1])):
        differ = whole[one] != whole[other]
        out[one] |= differ
        out[other] |= differ
    return out


def _seen_near(known: Labels) -> npt.NDArray[np.bool_]:
    ndimage = require("scipy.ndimage", extra="digitize")
    return np.asarray(ndimage.maximum_filter(known != OTHER, 2 * _NEAR_PX + 1))


def _densest(mask: npt.NDArray[np.bool_]) -> shapely.Point:
    """Middle of the block that has most of a mask."""
    if not mask.any():
        return shapely.Point()
    rows, columns = (np.arange(0, size, _BLOCK) for size in mask.shape)
    counts = np.add.reduceat(np.add.reduceat(mask, rows, axis=0, dtype=int), columns, axis=1)
    row, column = np.unravel_index(counts.argmax(), counts.shape)
    block = mask[rows[row] : rows[row] + _BLOCK, columns[column] : columns[column] + _BLOCK]
    y, x = np.argwhere(block).mean(axis=0)
    return shapely.Point(columns[column] + x, rows[row] + y)
