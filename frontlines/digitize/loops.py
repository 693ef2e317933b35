"""Small loops that a traced line makes over itself, where a label or a sharp bend pulled its points about."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]


def without_loops(points: Floats, longest_px: float) -> npt.NDArray[np.int64]:
    """Find the points of a line that are left if its small loops are cut off.

    Parameters
    ----------
    points
        Vertices in order, (n, 2) [px]; a closed line repeats its first.
    longest_px
        Loops up to this length, along the line, are cut off; longer ones were drawn.

    Returns
    -------
    kept
        Positions in `points`, ascending; first and last are always among them.

    Examples
    --------
    >>> knot = np.array([[0.0, 0.0], [10.0, 0.0], [11.0, 1.0], [11.0, -1.0], [9.0, 1.0], [20.0, 1.0]])
    >>> without_loops(knot, 8.0).tolist()
    [0, 1, 4, 5]
    >>> len(without_loops(knot, 1.0))
    6
    """
    kept = np.arange(len(points))
    while len(kept) > 3 and not shapely.is_simple(shapely.LineString(points[kept])):  # noqa: PLR2004 - a loop has three edges
        first, last = _crossings(points[kept])
        step = np.hypot(*np.diff(points[kept], axis=0).T)
        along = np.concatenate([[0.0], np.cumsum(step)])
        length = along[last] - along[first + 1]
        if not len(length) or length.min() > longest_px:
            break
        least = int(length.argmin())
        kept = np.delete(kept, np.arange(first[least] + 1, last[least] + 1))
    return kept


def _crossings(points: Floats) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Positions of the edges that meet each other, the earlier and the later, neighbours left out."""
    edges = shapely.linestrings(np.stack([points[:-1], points[1:]], axis=1))
    first, last = shapely.STRtree(edges).query(edges, predicate="intersects")
    apart = last - first > 1
    if np.array_equal(points[0], points[-1]):
        apart &= last - first < len(edges) - 1
    return first[apart], last[apart]
