"""What is drawn in a line's ink and was left out: each piece with the reason and its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import shapely

from frontlines.digitize.gaps import Run
from frontlines.digitize.skeleton import Chain

Dropped = tuple[str, str, shapely.LineString]

TOO_SHORT = "shorter than min_length_px"
"""Why a piece goes that is not long enough to be a stretch."""

NO_LINE = "letters or an arrow"
"""Why a figure goes that is drawn in the line's ink but is not a line."""


def left_out(
    name: str, before: Sequence[Chain], after: Sequence[Chain], reason: str, least_px: float
) -> list[Dropped]:
    """Tell what one step of the tracing took out.

    Parameters
    ----------
    name
        Name of the line.
    before, after
        Chains that the step was given, and those of them that it kept.
    reason
        Why the others went.
    least_px
        Shorter ones are specks, and not told.

    Returns
    -------
    dropped
        Line, reason and LineString in pixels of each.

    Examples
    --------
    >>> import numpy as np
    >>> line, mark = (Chain((0, 1), np.array([[0.0, 0], [size, 0]]), np.ones(2)) for size in (90, 20))
    >>> [(reason, shape.length) for _, reason, shape in left_out("May", [line, mark], [line], "why", 9)]
    [('why', 20.0)]
    """
    kept = {id(chain) for chain in after}
    gone = (chain for chain in before if id(chain) not in kept and chain.length_px > least_px)
    return [(name, reason, shapely.LineString(chain.points)) for chain in gone]


def too_short(
    name: str, joined: Sequence[Run], kept: Sequence[Run], length_px: float, least_px: float
) -> list[Dropped]:
    """Tell what is too short, or seen too little, to be a stretch.

    Parameters
    ----------
    name
        Name of the line.
    joined, kept
        Runs from `frontlines.digitize.gaps.over_gaps`, and those of them that are long enough.
    length_px
        The knob `min_length_px`.
    least_px
        Shorter ones are specks, and not told.

    Returns
    -------
    dropped
        Line, reason and LineString in pixels of each.

    Examples
    --------
    >>> import numpy as np
    >>> run = Run(np.array([[0.0, 0], [20, 0], [80, 0]]), np.ones(3), np.array([True, False]))
    >>> [reason for _, reason, _ in too_short("May", [run], [], 40.0, 9.0)]
    ['seen for 20 of its 80 px only']
    """
    long_enough = {id(run) for run in kept}
    gone = []
    for run in joined:
        if id(run) in long_enough or run.length_px <= least_px:
            continue
        seen = f"seen for {run.seen_px:.0f} of its {run.length_px:.0f} px only"
        reason = TOO_SHORT if run.length_px < length_px else seen
        gone.append((name, reason, shapely.LineString(run.points)))
    return gone


def grouped(dropped: Iterable[Dropped], line: str) -> dict[str, list[shapely.LineString]]:
    """Group what was left out of a line by reason.

    Parameters
    ----------
    dropped
        See `frontlines.digitize.stretches.Tracing`.
    line
        Its name.

    Returns
    -------
    by_reason
        LineStrings in pixels, the longest first.

    Examples
    --------
    >>> rows = [("May", "writing", shapely.LineString([(0, 0), (x, 0)])) for x in (20, 30)]
    >>> [shape.length for shape in grouped(rows, "May")["writing"]]
    [30.0, 20.0]
    """
    by_reason: dict[str, list[shapely.LineString]] = {}
    for name, reason, shape in dropped:
        if name == line:
            by_reason.setdefault(reason, []).append(shape)
    return {why: sorted(shapes, key=lambda one: -one.length) for why, shapes in by_reason.items()}


def rows_of(dropped: Iterable[Dropped], line: str, least_px: float) -> list[dict[str, Any]]:
    """Write down what was left out of a line.

    Parameters
    ----------
    dropped
        See `frontlines.digitize.stretches.Tracing`.
    line
        Its name.
    least_px
        Pieces from this length on have a row each, shorter ones one for each reason.

    Returns
    -------
    rows
        ``reason``, ``pieces``, ``length_px`` of all, and ``column`` and ``row`` of the middle of the longest.

    Examples
    --------
    >>> rows = [("May", "writing", shapely.LineString([(0, 0), (x, 0)])) for x in (80, 20, 30)]
    >>> [(row["pieces"], row["length_px"], row["column"]) for row in rows_of(rows, "May", 40.0)]
    [(1, 80.0, 40.0), (2, 50.0, 15.0)]
    """
    rows = []
    for reason, shapes in grouped(dropped, line).items():
        long = [[shape] for shape in shapes if shape.length >= least_px]
        short = [shape for shape in shapes if shape.length < least_px]
        for some in [*long, *([short] if short else [])]:
            middle = some[0].interpolate(0.5, normalized=True)
            length = sum(shape.length for shape in some)
            place = {"column": round(middle.x, 1), "row": round(middle.y, 1)}
            rows.append({"reason": reason, "pieces": len(some), "length_px": round(length, 1), **place})
    return rows
