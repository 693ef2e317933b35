"""Edges under names and signs: straight from where they go under to where they come out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Parts = npt.NDArray[np.object_]

_BEYOND_PX = 2.5  # farther from what is seen than edges usually are
_MOST_PX = 10.0  # names are not so high that the straight way under them is farther off
_LEAST_CORNERS = 4  # of a ring, its first one twice


def straightened(parts: Parts, apart: npt.NDArray[np.floating]) -> Parts:
    """Lay edges straight where they are covered.

    Half-way between what is seen on both sides of a name is where the name's middle is, not the edge's.

    Parameters
    ----------
    parts
        Polygons that share their borders, with all their vertices at corners of pixels.
    apart
        Distance of each pixel from one that is seen to be of a fill.

    Returns
    -------
    parts
        The polygons without the vertices of covered edges; they still share their borders.

    Examples
    --------
    >>> part = shapely.Polygon([(0, 0), (20, 0), (20, 10), (12, 10), (12, 4), (8, 4), (8, 10), (0, 10)])
    >>> apart = np.zeros((12, 22))
    >>> apart[2:7, 6:15] = 5.0
    >>> straightened(np.array([part]), apart)[0].area
    200.0
    """
    if not len(parts):
        return parts
    kind, points, (rings, polygons) = shapely.to_ragged_array(parts)
    corners, index = np.unique(points, axis=0, return_inverse=True)
    index = index.ravel()
    far = _far(corners, apart)
    covered = far > np.median(far) + _BEYOND_PX
    covered &= _degrees(index, rings, len(corners)) == 2  # noqa: PLR2004 - no third edge meets there
    covered[index[rings[:-1]]] = False
    covered[index[_bulging(points, covered[index])]] = False
    seen = np.add.reduceat(~covered[index], rings[:-1])
    covered[index[np.repeat(seen < _LEAST_CORNERS, np.diff(rings))]] = False
    kept = ~covered[index]
    offsets = np.concatenate([[0], np.cumsum(np.add.reduceat(kept, rings[:-1]))])
    laid = np.asarray(shapely.from_ragged_array(kind, points[kept], (offsets, polygons)))
    sound = shapely.is_valid(laid).all() and shapely.coverage_is_valid(laid)
    return laid if sound else parts


def _bulging(points: Floats, covered: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Tell which covered vertices belong to a stretch that goes farther off the straight than names do."""
    place = np.arange(len(points))
    before = np.maximum.accumulate(np.where(covered, 0, place))
    after = np.minimum.accumulate(np.where(covered, len(points) - 1, place)[::-1])[::-1]
    chords = shapely.linestrings(np.stack([points[before], points[after]], axis=1))
    off = np.where(covered, shapely.distance(shapely.points(points), chords), 0.0)
    farthest = np.zeros(len(points))
    np.maximum.at(farthest, before, off)
    return covered & (farthest[before] > _MOST_PX)


def _degrees(index: npt.NDArray[np.int64], rings: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    """Count the edges that meet in each corner."""
    ends = np.sort(np.column_stack([index[:-1], index[1:]]), axis=1)
    joined = np.ones(len(ends), bool)
    joined[rings[1:-1] - 1] = False
    return np.bincount(np.unique(ends[joined], axis=0).ravel(), minlength=count)


def _far(corners: Floats, apart: npt.NDArray[np.floating]) -> Floats:
    """Distance of corners from what is seen."""
    column, row = np.floor(corners).astype(int).T
    around = [
        apart[(row + y).clip(0, apart.shape[0] - 1), (column + x).clip(0, apart.shape[1] - 1)]
        for y, x in ((0, 0), (0, 1), (1, 0), (1, 1))
    ]
    return np.asarray(np.min(around, axis=0), dtype=float)
