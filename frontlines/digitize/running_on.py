"""Where a line runs into another that is drawn over it, and is not seen to come out again.

Two fronts that share their course look like this: the lower one is seen only where they part. A front does
not end in the open, so it is taken to run on under the upper line: to where the same line begins again near
by, its first steps hidden by a label, or else to the upper line's end, mostly the edge of the map. That is an
inference; every stretch got so is marked, and a recipe can do without.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.ops import substring

from frontlines.digitize.hidden import touched
from frontlines.digitize.stretches import Floats, Stretch, Tracing

HEADING = 0.5
"""Least cosine between the line's last course and the upper line's for one to run into the other: 60 degrees.
To run on under it the line turns by that angle, and unseen; one that meets it steeper is on its way across.
"""

_STEP_PX = 5.0

_End = tuple[int, int]


@dataclass(frozen=True)
class RunningOn:
    """Where a line runs into another and is not seen to come out.

    Attributes
    ----------
    line, under
        The line that is lost from sight, and the one that is drawn over it.
    stretch, end
        Position in `Tracing.stretches`, and which end of it: 0 for the first point, -1 for the last.
    path
        The upper line's centre from there to its end, or to where the same line begins again, (n, 2) [px].
    begins_again
        Where the same line begins again beside the upper one, (2,) [px], or None.
    """

    line: str
    under: str
    stretch: int
    end: int
    path: Floats
    begins_again: Floats | None = None


def find_running_on(tracing: Tracing) -> list[RunningOn]:
    """Find where lines run into others and are not seen to come out.

    Parameters
    ----------
    tracing
        From `frontlines.digitize.trace_lines`.

    Returns
    -------
    found
        Of the ends that no row of `Tracing.hidden` joins, those that run into another line's stroke along
        its course.

    Examples
    --------
    >>> def stretch(line, x, y):
    ...     return Stretch(line, np.column_stack([x, y]).astype(float), np.full(len(x), 2.0), np.ones(len(x)))
    >>> upper, lower = stretch("May", [0, 100, 200], [50, 50, 50]), stretch("April", [90, 10], [51, 90])
    >>> found = find_running_on(Tracing((lower, upper), (), {}, {}, {}))
    >>> [(one.line, one.under, one.path.tolist()[-1]) for one in found]
    [('April', 'May', [200.0, 50.0])]
    """
    joined = {pair for one in tracing.hidden for pair in zip(one.stretches, one.ends, strict=True)}
    loose = [
        (k, end)
        for k, stretch in enumerate(tracing.stretches)
        for end in (0, -1)
        if (k, end) not in joined and not _closed(stretch)
    ]
    running = {tip: one for tip in loose if (one := _into(tracing, *tip)) is not None}
    met = sorted(
        (along, tip, other)
        for tip, one in running.items()
        for other in loose
        if other[0] != tip[0] and (along := _met(tracing, one, other)) is not None
    )
    found, used = [], set()
    for along, tip, other in met:  # the shortest way first
        if tip not in used and other not in used:
            used |= {tip, other}
            found.append(_cut_at(tracing, running[tip], other, along))
    return found + [one for tip, one in running.items() if tip not in used]


def _closed(stretch: Stretch) -> bool:
    return bool(np.allclose(stretch.points[0], stretch.points[-1]))


def _into(tracing: Tracing, k: int, end: int) -> RunningOn | None:
    """Follow the line that an end runs into, if it does, to that line's end."""
    mine = tracing.stretches[k]
    found = touched(mine, k, end, tracing.stretches)
    if found is None:
        return None
    upper, at = tracing.stretches[found.upper], found.along_px
    course = upper.geometry
    rest = substring(course, at, course.length if found.heading > 0 else 0.0)
    if abs(found.heading) < HEADING or rest.length < _STEP_PX or _closed(upper):
        return None
    return RunningOn(mine.line, upper.line, k, end, shapely.get_coordinates(rest))


def _met(tracing: Tracing, one: RunningOn, other: _End) -> float | None:
    """Say how far along its way a line meets an end of its own, no farther aside than gaps are jumped."""
    stretch = tracing.stretches[other[0]]
    if stretch.line != one.line:
        return None
    path, tip = shapely.LineString(one.path), shapely.Point(stretch.points[other[1]])
    knobs = tracing.knobs.get(one.line)
    reach = (knobs.gap_px if knobs else None) or 0.0
    along = float(path.project(tip))
    return along if path.distance(tip) <= reach and _STEP_PX < along < path.length else None


def _cut_at(tracing: Tracing, one: RunningOn, other: _End, along: float) -> RunningOn:
    path = shapely.LineString(one.path)
    tip = tracing.stretches[other[0]].points[other[1]]
    way = shapely.get_coordinates(substring(path, 0.0, along))
    return RunningOn(one.line, one.under, one.stretch, one.end, way, tip)
