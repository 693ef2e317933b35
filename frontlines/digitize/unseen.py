"""What speaks against an area: how much of it and of its edge was not seen, and paper that it may be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from frontlines._optional import require
from frontlines.digitize.palette import OTHER, Labels

Mask = npt.NDArray[np.bool_]

_NEAR_PX = 8  # an edge farther from all that was seen was laid by distance alone
_BLOCK = 16  # side of the blocks among which the most doubtful place is looked for [px]


class Unseen(NamedTuple):
    """What was not seen of an area, and what of it may be paper.

    Attributes
    ----------
    share
        Of its pixels.
    place
        Where most of them lie together; an empty point if there are none [px].
    edge_share
        Share of its edge with nothing seen nearby.
    edge_place
        Where most of that lies together; an empty point if there is none [px].
    margin_share
        Share of the outermost pixels of the scan that are the area's; these are mostly paper.
    """

    share: float
    place: shapely.Point
    edge_share: float
    edge_place: shapely.Point
    margin_share: float


def unseen_of(whole: Labels, known: Labels, wanted: Iterable[int]) -> list[Unseen]:
    """Measure what of areas was given to them only because they are the nearest.

    Parameters
    ----------
    whole
        Labels of all pixels.
    known
        Labels of those that were seen, 255 elsewhere.
    wanted
        Those of the areas.

    Returns
    -------
    unseen
        Shares and places for each.

    Examples
    --------
    >>> whole = np.ones((64, 64), np.uint8)
    >>> known = whole.copy()
    >>> known[32:48, 16:32] = 255
    >>> (found,) = unseen_of(whole, known, [1])
    >>> found.share, found.place.coords[0], found.edge_share
    (0.0625, (23.5, 39.5), 0.0)
    """
    edges, near = _edges(whole), _seen_near(known)
    return [_unseen_of(whole == label, known != label, edges, near) for label in wanted]


def _unseen_of(mine: Mask, unlike: Mask, edges: Mask, near: Mask) -> Unseen:
    doubtful, edge = mine & unlike, mine & edges
    far = edge & ~near
    share, edge_share = (
        float(part.sum() / max(int(all_of_it.sum()), 1))
        for part, all_of_it in ((doubtful, mine), (far, edge))
    )
    margin = np.concatenate([mine[0], mine[-1], mine[:, 0], mine[:, -1]])
    return Unseen(share, _densest(doubtful), edge_share, _densest(far), float(margin.mean()))


def _edges(whole: Labels) -> Mask:
    """Pixels with another label to their right, left, above or below."""
    out = np.zeros(whole.shape, bool)
    for one, other in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[1:], np.s_[:-1])):
        differ = whole[one] != whole[other]
        out[one] |= differ
        out[other] |= differ
    return out


def _seen_near(known: Labels) -> Mask:
    ndimage = require("scipy.ndimage", extra="digitize")
    return np.asarray(ndimage.maximum_filter(known != OTHER, 2 * _NEAR_PX + 1))


def _densest(mask: Mask) -> shapely.Point:
    """Middle of the block that has most of a mask."""
    if not mask.any():
        return shapely.Point()
    rows, columns = (np.arange(0, size, _BLOCK) for size in mask.shape)
    counts = np.add.reduceat(np.add.reduceat(mask, rows, axis=0, dtype=int), columns, axis=1)
    row, column = np.unravel_index(counts.argmax(), counts.shape)
    block = mask[rows[row] : rows[row] + _BLOCK, columns[column] : columns[column] + _BLOCK]
    y, x = np.argwhere(block).mean(axis=0)
    return shapely.Point(columns[column] + x, rows[row] + y)
