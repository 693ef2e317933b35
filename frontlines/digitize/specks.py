"""Ink in the gaps of a line: dots and dashes about as short as the stroke, no pieces by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from frontlines.digitize.gaps import Run
from frontlines.digitize.masks import Strokes
from frontlines.digitize.palette import OTHER, Labels

_OFF_PX = 1  # by which a bridge may miss a dot
_SHORTEST, _LONGEST = 0.6, 2.5  # of a dot, in widths of the stroke
_OFF_MIDDLE = 0.15  # of a gap, from its middle to that of a dot
_RIM_PX = 2  # round a stronger ink, where its rim looks like the line's


def seen_in_gaps(run: Run, labels: Labels, strokes: Strokes) -> Run:
    """Count as seen what crosses ink of the line.

    Parameters
    ----------
    run
        From `frontlines.digitize.gaps.bridged`, a point every pixel.
    labels
        Of the whole scan.
    strokes
        How the line's ink is told from the rest.

    Returns
    -------
    run
        The same points. A speck alone may be anything, and is left out of the pieces of a line; but one that
        lies where the line goes on from the piece before it to the piece behind it is the line.

    Examples
    --------
    >>> labels = np.zeros((9, 30), np.uint8)
    >>> labels[3:6, 13:17] = 1
    >>> run = Run(np.column_stack([np.arange(30.0), np.full(30, 4.0)]), np.ones(30), np.zeros(29, bool))
    >>> np.flatnonzero(seen_in_gaps(run, labels, Strokes((1,), (), (), 3.0)).seen).tolist()
    [13, 14, 15]
    """
    other = _is_near(run, labels, strokes.stronger, _RIM_PX)
    beneath, beside = (
        _is_near(run, labels, (*strokes.labels, *strokes.own), reach) & ~other for reach in (0, _OFF_PX)
    )
    seen = run.seen | (beneath[:-1] & beneath[1:])
    seen |= _alone(beside[:-1] & beside[1:], seen)
    return replace(run, seen=seen | _dots(run, labels, strokes, seen))


def _dots(run: Run, labels: Labels, strokes: Strokes, seen: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Find washed-out dots: about as long as the stroke is wide, in the middle of a gap."""
    washed_out = _is_near(run, labels, strokes.weaker, 0)
    dark = washed_out | _is_near(run, labels, (OTHER,), 0)
    dots = np.zeros(len(seen), bool)
    width = 2 * float(np.median(run.half_width_px))
    for first, stop in _runs_of(~seen):
        for start, end in _runs_of(dark[first:stop] & dark[first + 1 : stop + 1]):
            here = slice(first + start, first + end)
            off = abs((start + end) - (stop - first)) / 2
            if (
                _SHORTEST * width <= end - start + 1 <= _LONGEST * width
                and off <= _OFF_MIDDLE * (stop - first)
                and washed_out[here].any()
            ):
                dots[here] = True
    return dots


def _runs_of(flags: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """First and end of each run of flags."""
    bounds = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(int))).tolist()
    return zip(bounds[::2], bounds[1::2], strict=True)


def _alone(specks: npt.NDArray[np.bool_], seen: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Leave out specks that touch what is seen: there the line merely ends."""
    alone = specks.copy()
    for first, stop in _runs_of(specks):
        alone[first:stop] = not seen[max(first - 1, 0) : stop + 1].any()
    return alone


def _is_near(run: Run, labels: Labels, wanted: Sequence[int], reach: int) -> npt.NDArray[np.bool_]:
    """Tell which points of a run lie within a square's reach of certain labels."""
    column, row = np.rint(run.points).astype(int).T
    steps = range(-reach, reach + 1)
    height, width = labels.shape
    around = [
        labels[(row + y).clip(0, height - 1), (column + x).clip(0, width - 1)] for y in steps for x in steps
    ]
    return np.asarray(np.isin(around, list(wanted)).any(axis=0))
