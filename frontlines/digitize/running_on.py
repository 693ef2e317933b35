"""Where a line runs into another that is drawn over it, and does not come out again.

Two fronts that share their course up to the edge of the map look like this: the lower one is seen only where
they part. A front does not end in the open, so it is taken to run on under the upper line to that one's end.
That is an inference; every stretch got so is marked, and a recipe can do without.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.ops import substring

from frontlines.digitize.network import direction
from frontlines.digitize.stretches import Floats, Stretch, Tracing

HEADING = 0.5
"""Least cosine between the line's last course and the upper line's for one to run into the other."""

_TOUCH_PX = 4.0
_HEADING_PX = 15.0
_STEP_PX = 5.0


@dataclass(frozen=True)
class RunningOn:
    """Where a line runs into another for good.

    Attributes
    ----------
    line, under
        The line that is lost from sight, and the one that is drawn over it.
    stretch, end
        Position in `Tracing.stretches`, and which end of it: 0 for the first point, -1 for the last.
    path
        The upper line's centre from there to its end, (n, 2) [px].
    """

    line: str
    under: str
    stretch: int
    end: int
    path: Floats


def find_running_on(tracing: Tracing) -> list[RunningOn]:
    """Find where lines run into others and do not come out again.

    Parameters
    ----------
    tracing
        From `frontlines.digitize.trace_lines`.

    Returns
    -------
    found
        Of the ends that no row of `Tracing.hidden` joins, those that run into another line's stroke along its
        course.

    Examples
    --------
    >>> def stretch(line, x, y):
    ...     return Stretch(line, np.column_stack([x, y]).astype(float), np.full(len(x), 2.0), np.full(len(x), 0.1))
    >>> upper, lower = stretch("May", [0, 100, 200], [50, 50, 50]), stretch("April", [90, 10], [51, 90])
    >>> found = find_running_on(Tracing((upper, lower), (), {}, {}, {}))
    >>> [(one.line, one.under, one.path.tolist()[-1]) for one in found]
    [('April', 'May', [200.0, 50.0])]
    """
    joined = {pair for one in tracing.hidden for pair in zip(one.stretches, one.ends, strict=True)}
    found = []
    for k, stretch in enumerate(tracing.stretches):
        for end in (0, -1):
            if (k, end) not in joined and not _closed(stretch):
                found += _into(tracing, k, end)
    return found


def _closed(stretch: Stretch) -> bool:
    return bool(np.allclose(stretch.points[0], stretch.points[-1]))


def _into(tracing: Tracing, k: int, end: int) -> list[RunningOn]:
    mine = tracing.stretches[k]
    tip = shapely.Point(mine.points[end])
    near = [
        (float(tip.distance(other.geometry)) - float(np.median(other.half_width_px)), j)
        for j, other in enumerate(tracing.stretches)
        if other.line != mine.line
    ]
    gap, j = min(near, default=(np.inf, -1))
    if gap > float(np.median(mine.half_width_px)) + _TOUCH_PX:
        return []
    upper = tracing.stretches[j]
    course = upper.geometry
    at = float(course.project(tip))
    before, after = course.interpolate(max(at - _STEP_PX, 0.0)), course.interpolate(at + _STEP_PX)
    way = np.array([after.x - before.x, after.y - before.y])
    heading = float(direction(mine.points, end, _HEADING_PX) @ way / max(np.hypot(*way), 1e-9))
    rest = substring(course, at, course.length) if heading > 0 else substring(course, at, 0.0)
    if abs(heading) < HEADING or rest.length < _STEP_PX or _closed(upper):
        return []
    return [RunningOn(mine.line, upper.line, k, end, shapely.get_coordinates(rest))]
