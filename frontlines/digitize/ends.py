"""Free ends of the pieces of a line: which lie near each other, and what it costs to jump between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from frontlines._optional import require
from frontlines.digitize.network import direction

Floats = npt.NDArray[np.float64]
End = tuple[int, int]

_WIDEST_TURN_DEG = 65.0
_BOTH_TURNS_DEG = 85.0
_GAP_PIECES, _GAP_STROKES = 2.0, 4.0  # a gap is at most so many lengths of the shorter piece, and strokes
_TOUCHING = 2.0  # strokes; over less than this the direction of an end says nothing
_REACH = 5.0  # strokes over which the direction of an end is taken
_FAR_REACH = 14.0
_CLOSED_PX = 1e-6
_TURN_DEG = 40.0  # a turn that makes a jump as dear as one twice as wide


class Ends(NamedTuple):
    """Ends of pieces that are free to be joined.

    Attributes
    ----------
    keys
        Position of the piece, and which end of it: 0 for the first point, -1 for the last.
    seats
        Column and row, (n, 2) [px].
    headings
        Directions outwards, (n, 2).
    lengths_px
        Of the pieces, (n,).
    """

    keys: list[End]
    seats: Floats
    headings: Floats
    lengths_px: Floats


def free_ends(lines: Sequence[Floats], stroke_px: float) -> Ends:
    """Gather the ends of pieces that are not closed.

    Parameters
    ----------
    lines
        Points of the pieces of one line, each (n, 2) [px].
    stroke_px
        Width of the line.

    Returns
    -------
    ends
        Two for each open piece.

    Examples
    --------
    >>> free_ends([np.array([[0.0, 0], [12, 0]])], 3.0).keys
    [(0, 0), (0, -1)]
    """
    lengths = [float(np.hypot(*np.diff(points, axis=0).T).sum()) for points in lines]
    is_open = [
        length == 0 or np.hypot(*(points[0] - points[-1])) > _CLOSED_PX
        for points, length in zip(lines, lengths, strict=True)
    ]
    keys = [(k, end) for k, free in enumerate(is_open) if free for end in (0, -1)]
    return Ends(
        keys,
        np.array([lines[k][end] for k, end in keys]).reshape(-1, 2),
        np.array([heading(lines[k], end, stroke_px) for k, end in keys]).reshape(-1, 2),
        np.array([lengths[k] for k, _ in keys]),
    )


def pairs_within(ends: Ends, reach_px: float) -> npt.NDArray[np.int64]:
    """Find the ends that lie near each other.

    Parameters
    ----------
    ends
        From `free_ends`.
    reach_px
        How near.

    Returns
    -------
    pairs
        Positions in `ends`, (n, 2), in order.

    Examples
    --------
    >>> pairs_within(free_ends([np.array([[0.0, 0], [12, 0]])], 3.0), 20.0)
    array([[0, 1]])
    """
    spatial = require("scipy.spatial", extra="digitize")
    if not ends.keys:
        return np.empty((0, 2), np.int64)
    pairs = spatial.cKDTree(ends.seats).query_pairs(reach_px, output_type="ndarray")
    return np.asarray(pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))])


def heading(points: Floats, end: int, stroke_px: float) -> Floats:
    """Near and far direction of an end, averaged: the near one wavers, the far one cuts corners.

    Parameters
    ----------
    points
        (n, 2) [px].
    end
        0 for the first point, -1 for the last.
    stroke_px
        Width of the line.

    Returns
    -------
    heading
        Unit vector outwards, (2,).

    Examples
    --------
    >>> heading(np.array([[0.0, 0], [10, 0]]), -1, 3.0).tolist()
    [1.0, 0.0]
    """
    near, far = direction(points, end, _REACH * stroke_px), direction(points, end, _FAR_REACH * stroke_px)
    both = 0.7 * near + 0.3 * far
    return np.asarray(both / max(float(np.hypot(*both)), 1e-9))


class Jumps(NamedTuple):
    """What jumping between two ends asks of a line, a value a pair.

    Attributes
    ----------
    gap_px
        How wide the jump is.
    first_deg, second_deg
        Turns at either end.
    """

    gap_px: Floats
    first_deg: Floats
    second_deg: Floats

    def cost(self, stroke_px: float) -> Floats:
        """Width of the jump, the wider the more the line turns [px]."""
        turned = (self.first_deg**2 + self.second_deg**2) / _TURN_DEG**2
        return np.asarray((self.gap_px + stroke_px) * (1 + turned))


def jumps_of(pairs: npt.NDArray[np.int64], ends: Ends) -> Jumps:
    """Measure the jumps between pairs of ends.

    Parameters
    ----------
    pairs
        Positions in `ends`, (n, 2).
    ends
        From `free_ends`.

    Returns
    -------
    jumps
        One a pair.

    Examples
    --------
    >>> ends = Ends([(0, -1), (1, 0)], np.array([[0.0, 0], [8, 0]]), np.array([[1.0, 0], [0, 1]]), np.ones(2))
    >>> [float(value[0]) for value in jumps_of(np.array([[0, 1]]), ends)]
    [8.0, 0.0, 90.0]
    """
    i, j = pairs.T
    across = ends.seats[j] - ends.seats[i]
    gap = np.hypot(*across.T)
    unit = across / np.maximum(gap, 1e-9)[:, None]
    first = np.degrees(np.arccos(np.clip((ends.headings[i] * unit).sum(axis=1), -1, 1)))
    second = np.degrees(np.arccos(np.clip(-(ends.headings[j] * unit).sum(axis=1), -1, 1)))
    return Jumps(gap, first, second)


def costs_of(pairs: npt.NDArray[np.int64], ends: Ends, stroke_px: float) -> Floats:
    """Cost of jumping between two ends; infinite where the line would have to turn too much.

    Parameters
    ----------
    pairs
        Positions in `ends`, (n, 2).
    ends
        From `free_ends`.
    stroke_px
        Width of the line.

    Returns
    -------
    costs
        (n,) [px].

    Examples
    --------
    >>> ways = np.array([[1.0, 0], [-1, 0]])
    >>> ends = Ends([(0, -1), (1, 0)], np.array([[0.0, 0], [8, 0]]), ways, np.ones(2))
    >>> costs_of(np.array([[0, 1]]), ends, 3.0).tolist()
    [11.0]
    """
    i, j = pairs.T
    jumps = jumps_of(pairs, ends)
    gap, first, second = jumps
    close = gap <= _TOUCHING * stroke_px
    between = np.degrees(np.arccos(np.clip(-(ends.headings[i] * ends.headings[j]).sum(axis=1), -1, 1)))
    fits = (first < _WIDEST_TURN_DEG) & (second < _WIDEST_TURN_DEG) & (first + second < _BOTH_TURNS_DEG)
    fits |= close & (between < _WIDEST_TURN_DEG)
    itself = np.array([ends.keys[a][0] == ends.keys[b][0] for a, b in pairs], dtype=bool)
    fits &= ~itself | (ends.lengths_px[i] > 4 * gap + 8 * stroke_px)
    shorter = np.minimum(ends.lengths_px[i], ends.lengths_px[j])
    fits &= gap <= _GAP_PIECES * shorter + _GAP_STROKES * stroke_px
    return np.where(fits, jumps.cost(stroke_px), np.inf)
