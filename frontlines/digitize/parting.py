"""Gaps that another line accounts for: there a line is hidden, and nothing was jumped."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from frontlines.digitize.hidden import End, goes_under, touched
from frontlines.digitize.stretches import Floats, Stretch

_CROSSING = 3.0  # both strokes together, so many times, along the upper line: a shorter way merely crosses it
_DETOUR = 2.0  # gaps, the longest way along the upper line
_TAIL = 4.0  # strokes of the other line, the longest end that is cut back to it
_SHOWN = 0.5  # of that way, what must be seen of the upper line


def parted(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Part stretches where they jump what lies hidden under another line.

    Parameters
    ----------
    stretches
        Stretches of all lines.

    Returns
    -------
    stretches
        The same, but parted at each jump whose two ends run into the stroke of one other line, and towards
        each other along it. `frontlines.digitize.hidden.find_hidden` finds these ends. Jumps straight across
        another line stay, and so do those where the other line is not seen either.

    Examples
    --------
    >>> def stretch(line, *points, jumped=()):
    ...     count = len(points)
    ...     return Stretch(line, np.array(points, float), np.full(count, 2.0), np.full(count, 0.1), jumped)
    >>> may = stretch("May", (0, 50), (50, 50), (100, 60), (150, 50), (200, 50))
    >>> april = stretch("April", (20, 20), (45, 46), (155, 46), (180, 20), jumped=((1, 2),))
    >>> [(one.line, len(one.points)) for one in parted([may, april])]
    [('May', 5), ('April', 2), ('April', 2)]
    """
    out: list[Stretch] = []
    for mine in stretches:
        others = [one for one in stretches if one.line != mine.line]
        cuts = [jump for jump in sorted(mine.jumped) if _is_hidden(mine, jump, others)]
        out += _cut(mine, cuts) if cuts else [mine]
    return out


def cut_back(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Cut off tails by which stretches have crossed the line that they run into.

    Parameters
    ----------
    stretches
        Stretches of all lines.

    Returns
    -------
    stretches
        The same; where an end lies at another line's stroke and has crossed its middle a few strokes before,
        the stretch ends at the crossing. Else the course under that line would cross the tail.

    Examples
    --------
    >>> def stretch(line, *points):
    ...     ones = np.ones(len(points))
    ...     return Stretch(line, np.array(points, float), 2 * ones, 0.1 * ones)
    >>> may, april = stretch("May", (0, 50), (200, 50)), stretch("April", (40, 20), (60, 49), (66, 56))
    >>> cut_back([may, april])[1].points[-1].tolist()
    [60.0, 49.0]
    """
    return [
        _cut_back(_cut_back(one, stretches).turned(), stretches).turned() if len(one.points) > 1 else one
        for one in stretches
    ]


def _cut_back(mine: Stretch, stretches: Sequence[Stretch]) -> Stretch:
    """Cut the end of a stretch back to where it has crossed the line at it."""
    met, stroke_px = _crossings(mine, -1, stretches)
    along = shapely.line_locate_point(mine.geometry, shapely.points(met))
    near = along[mine.geometry.length - along <= _TAIL * stroke_px]
    if not len(near):
        return mine
    steps = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(mine.points, axis=0).T))])
    last = int(np.searchsorted(steps, near.min(), side="right")) - 1
    return mine.part(0, last) if last >= 1 else mine


def _crossings(mine: Stretch, end: int, stretches: Sequence[Stretch]) -> tuple[Floats, float]:
    """Where a stretch crosses the line that its end lies at, (n, 2), and that line's stroke; none, and 0."""
    found = touched(mine, 0, end, stretches)
    if found is None:
        return np.empty((0, 2)), 0.0
    upper = stretches[found.upper]
    met = shapely.get_coordinates(shapely.intersection(mine.geometry, upper.geometry))
    return met, 2 * float(np.median(upper.half_width_px))


def beside_others(
    short: Sequence[Stretch], stretches: Sequence[Stretch]
) -> tuple[list[Stretch], list[Stretch]]:
    """Tell short stretches that come out from under another line from those that stand alone.

    Parameters
    ----------
    short
        Stretches too short to be taken for the line by themselves.
    stretches
        Stretches of all lines.

    Returns
    -------
    coming_out, lone
        Those with an end at another line's stroke, where the rest may be hidden; and the others, also what
        crosses the other line and ends just behind it, as arrows do.

    Examples
    --------
    >>> def stretch(line, *points):
    ...     return Stretch(line, np.array(points, float), np.full(2, 2.0), np.full(2, 0.1))
    >>> may, short = stretch("May", (0, 50), (200, 50)), stretch("April", (40, 30), (50, 47))
    >>> coming_out, lone = beside_others([short], [may])
    >>> len(coming_out), len(lone)
    (1, 0)
    """
    touching = [any(_comes_out(one, end, stretches) for end in (0, -1)) for one in short]
    return (
        [one for one, near in zip(short, touching, strict=True) if near],
        [one for one, near in zip(short, touching, strict=True) if not near],
    )


def _comes_out(mine: Stretch, end: int, stretches: Sequence[Stretch]) -> bool:
    """Tell whether an end lies at another line's stroke and has not crossed it."""
    met, stroke_px = _crossings(mine, end, stretches)
    return stroke_px > 0 and bool((np.hypot(*(met - mine.points[end]).T) <= stroke_px).all())


def _is_hidden(mine: Stretch, jump: tuple[int, int], others: Sequence[Stretch]) -> bool:
    """Tell whether a jump leads along another line that hides this one."""
    first, last = jump
    if first < 1 or last > len(mine.points) - 2:
        return False
    before = touched(mine.part(0, first), 0, -1, others)
    after = touched(mine.part(last, len(mine.points) - 1), 1, 0, others)
    if before is None or after is None or before.upper != after.upper:
        return False
    start, end = sorted((before, after), key=lambda one: one.along_px)
    return goes_under(start, end) and _is_way(mine, jump, others[before.upper], start, end)


def _is_way(mine: Stretch, jump: tuple[int, int], upper: Stretch, start: End, end: End) -> bool:
    """Tell whether the way along the upper line is more than a crossing, no long detour, and seen."""
    way = end.along_px - start.along_px
    strokes = 2 * float(np.median(mine.half_width_px) + np.median(upper.half_width_px))
    gap = _length(mine.points[jump[0] : jump[1] + 1])
    if not _CROSSING * strokes < way <= _DETOUR * gap:
        return False
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(upper.points, axis=0).T))])
    unseen = sum(
        max(min(along[b], end.along_px) - max(along[a], start.along_px), 0.0) for a, b in upper.jumped
    )
    return bool(unseen <= (1 - _SHOWN) * way)


def _length(points: Floats) -> float:
    return float(np.hypot(*np.diff(points, axis=0).T).sum())


def _cut(mine: Stretch, cuts: Sequence[tuple[int, int]]) -> list[Stretch]:
    """Cut a stretch at jumps; what is left of a closed one hangs together over its first point."""
    starts, ends = [0, *(b for _, b in cuts)], [*(a for a, _ in cuts), len(mine.points) - 1]
    parts = [mine.part(start, end) for start, end in zip(starts, ends, strict=True) if start < end]
    if np.array_equal(mine.points[0], mine.points[-1]):
        parts[0] = parts.pop().joined(parts[0])
    return parts
