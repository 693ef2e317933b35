"""Where one line runs under another: found, told, and followed only if somebody says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.ops import substring

from frontlines.arguments import checked
from frontlines.arrays import Floats
from frontlines.digitize.lines.joining import direction, is_closed
from frontlines.digitize.lines.stretches import Hidden, Stretch, Tracing
from frontlines.digitize.settings import LINES


@dataclass(frozen=True)
class End:
    """An end of a stretch that touches another line."""

    # stretch, end: position of the stretch, and which end of it: 0 for the first point, -1 for the
    # last
    stretch: int
    end: int
    upper: int  # position of the stretch that it touches
    along_px: float  # how far along that one [px]
    heading: float  # cosine between the way out of the end and the way along that one


def find_hidden(stretches: Sequence[Stretch]) -> list[Hidden]:
    """Find where lines go under others and come out again."""
    touching = [one for k in range(len(stretches)) for one in _ends(stretches, k)]
    out: list[Hidden] = []
    for line in dict.fromkeys(stretch.line for stretch in stretches):
        for upper in range(len(stretches)):
            mine = [one for one in touching if one.upper == upper and stretches[one.stretch].line == line]
            out += _pairs(sorted(mine, key=lambda one: (one.along_px, one.stretch, one.end)), stretches)
    return out


def _ends(stretches: Sequence[Stretch], k: int) -> list[End]:
    """Both ends of a stretch, as far as they touch another line."""
    mine = stretches[k]
    if is_closed(mine.points):
        return []
    found = (touched(mine, k, end, stretches) for end in (0, -1))
    return [one for one in found if one is not None]


def touched(mine: Stretch, k: int, end: int, stretches: Sequence[Stretch]) -> End | None:
    """Find the other line that an end of a stretch touches."""
    way_out = mine.points[end] + np.outer(
        [0, _usual_gap(mine)], direction(mine.points, end, LINES.heading_px)
    )
    tip = shapely.LineString(way_out)
    near = [
        (float(tip.distance(other.geometry)) - float(np.median(other.half_width_px)), j)
        for j, other in enumerate(stretches)
        if other.line != mine.line
    ]
    gap, upper = min(near, default=(np.inf, -1))
    if gap > float(np.median(mine.half_width_px)) + LINES.beyond_px:
        return None
    line = stretches[upper].geometry
    along = float(line.project(shapely.Point(shapely.get_coordinates(shapely.shortest_line(line, tip))[0])))
    before, after = line.interpolate(max(along - 5, 0)), line.interpolate(along + 5)
    way = np.array([after.x - before.x, after.y - before.y])
    heading = float(direction(mine.points, end, LINES.heading_px) @ way / max(np.hypot(*way), 1e-9))
    return End(k, end, upper, along, heading)


def _usual_gap(stretch: Stretch) -> float:
    """Median gap of a dashed stretch, 0 for others [px]."""
    gaps = [np.hypot(*(stretch.points[b] - stretch.points[a])) for a, b in stretch.jumped]
    return float(np.median(gaps)) if len(gaps) >= LINES.dashed_gaps else 0.0


def goes_under(first: End, second: End) -> bool:
    """Tell whether a line goes under another at one end and comes out at the other."""
    apart = (first.stretch, first.end) != (second.stretch, second.end) and second.along_px > first.along_px
    return apart and first.heading > -LINES.across and second.heading < LINES.across


def _pairs(ends: list[End], stretches: Sequence[Stretch]) -> list[Hidden]:
    """Pair each end that goes forward under a line with the next one, if that comes back."""
    out: list[Hidden] = []
    k = 0
    while k + 1 < len(ends):
        first, second = ends[k], ends[k + 1]
        k += 1
        if goes_under(first, second):
            upper = stretches[first.upper]
            path = substring(upper.geometry, first.along_px, second.along_px)
            where = (first.stretch, second.stretch), (first.end, second.end)
            out.append(
                Hidden(stretches[first.stretch].line, upper.line, *where, shapely.get_coordinates(path))
            )
            k += 1
    return out


@checked()
def follow_hidden(tracing: Tracing) -> Tracing:
    """Lead lines on along the lines that hide them.

    Parameters
    ----------
    tracing
        From `frontlines.digitize.trace_lines`.

    Returns
    -------
    tracing
        Stretches joined through `Tracing.hidden`; what was hidden counts as jumped, and its standard error
        holds that the line may lie anywhere under the upper stroke. `hidden` is empty, since it is done.

    Examples
    --------
    >>> def stretch(line, x, y):
    ...     points = np.column_stack([x, y]).astype(float)
    ...     return Stretch(line, points, np.full(len(x), 2.0), np.full(len(x), 0.1))
    >>> parts = (stretch("May", [0, 100, 200, 300], [50, 50, 50, 50]),
    ...          stretch("April", [0, 90], [90, 52]), stretch("April", [210, 300], [52, 90]))
    >>> done = follow_hidden(Tracing(parts, tuple(find_hidden(parts)), {}, {}, {}))
    >>> [(one.line, len(one.points), one.jumped) for one in done.stretches]
    [('May', 4, ()), ('April', 8, ((1, 6),))]
    """
    partner: dict[tuple[int, int], tuple[tuple[int, int], Floats, str]] = {}
    for one in tracing.hidden:
        first, second = (one.stretches[0], one.ends[0]), (one.stretches[1], one.ends[1])
        if first not in partner and second not in partner and first[0] != second[0]:
            partner[first] = (second, one.path, one.under)
            partner[second] = (first, one.path[::-1], one.under)
    out: list[Stretch] = []
    used: set[int] = set()
    keys = [(k, end) for k in range(len(tracing.stretches)) for end in (0, -1)]
    for key in [*(one for one in keys if one not in partner), *keys]:
        if key[0] not in used:
            out += [_led_on(tracing, key, partner, used)]
    lines = list(dict.fromkeys(stretch.line for stretch in tracing.stretches))
    out.sort(key=lambda one: (lines.index(one.line), -one.length_px, *one.points[0]))
    return replace(tracing, stretches=tuple(out), hidden=())


def _led_on(
    tracing: Tracing,
    key: tuple[int, int],
    partner: dict[tuple[int, int], tuple[tuple[int, int], Floats, str]],
    used: set[int],
) -> Stretch:
    """Join stretches from one end on."""
    k, entered = key
    whole = _from_end(tracing.stretches[k], entered)
    used.add(k)
    while (left := (k, -1 if entered == 0 else 0)) in partner:
        (k, entered), path, under = partner[left]
        if k in used:
            break
        used.add(k)
        whole = _spliced(whole, path, _from_end(tracing.stretches[k], entered), tracing, under)
    return whole


def _from_end(stretch: Stretch, end: int) -> Stretch:
    """Turn a stretch so that it begins at the given end."""
    return stretch if end == 0 else stretch.turned()


def _spliced(first: Stretch, path: Floats, second: Stretch, tracing: Tracing, under: str) -> Stretch:
    """Join two stretches by a path under another line."""
    half = float(np.median([np.median(one.half_width_px) for one in tracing.stretches if one.line == under]))
    wide = np.interp(
        np.arange(len(path)), [0, max(len(path) - 1, 1)], [first.half_width_px[-1], second.half_width_px[0]]
    )
    sigma = np.full(len(path), np.hypot(half / np.sqrt(3), max(first.sigma_px[-1], second.sigma_px[0])))
    led = Stretch(
        first.line,
        np.vstack([first.points[-1:], path, second.points[:1]]),
        np.concatenate([first.half_width_px[-1:], wide, second.half_width_px[:1]]),
        np.concatenate([first.sigma_px[-1:], sigma, second.sigma_px[:1]]),
        ((0, len(path) + 1),),
    )
    return first.joined(led).joined(second)


def parted(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Part stretches where they jump what lies hidden under another line."""
    out: list[Stretch] = []
    for mine in stretches:
        others = [one for one in stretches if one.line != mine.line]
        cuts = [jump for jump in sorted(mine.jumped) if _is_hidden(mine, jump, others)]
        out += _cut(mine, cuts) if cuts else [mine]
    return out


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
    """Tell short stretches that come out from under another line from those that stand alone."""
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
    if not LINES.crossing * strokes < way <= LINES.detour * gap:
        return False
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(upper.points, axis=0).T))])
    unseen = sum(
        max(min(along[b], end.along_px) - max(along[a], start.along_px), 0.0) for a, b in upper.jumped
    )
    return bool(unseen <= (1 - LINES.half) * way)


def _length(points: Floats) -> float:
    return float(np.hypot(*np.diff(points, axis=0).T).sum())


def _cut(mine: Stretch, cuts: Sequence[tuple[int, int]]) -> list[Stretch]:
    """Cut a stretch at jumps; what is left of a closed one hangs together over its first point."""
    starts, ends = [0, *(b for _, b in cuts)], [*(a for a, _ in cuts), len(mine.points) - 1]
    parts = [mine.part(start, end) for start, end in zip(starts, ends, strict=True) if start < end]
    if np.array_equal(mine.points[0], mine.points[-1]):
        parts[0] = parts.pop().joined(parts[0])
    return parts


_End = tuple[int, int]


@dataclass(frozen=True)
class RunningOn:
    """Where a line runs into another and is not seen to come out."""

    line: str  # line, under: the line that is lost from sight, and the one that is drawn over it
    under: str
    # stretch, end: position in `Tracing.stretches`, and which end of it: 0 for the first point, -1
    # for the last
    stretch: int
    end: int
    # the upper line's centre from there to its end, or to where the same line begins again
    path: Floats
    # where the same line begins again beside the upper one, (2,) [px], or None
    begins_again: Floats | None = None


def find_running_on(tracing: Tracing) -> list[RunningOn]:
    """Find where lines run into others and are not seen to come out."""
    joined = {pair for one in tracing.hidden for pair in zip(one.stretches, one.ends, strict=True)}
    loose = [
        (k, end)
        for k, stretch in enumerate(tracing.stretches)
        for end in (0, -1)
        if (k, end) not in joined and not is_closed(stretch.points)
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


def _into(tracing: Tracing, k: int, end: int) -> RunningOn | None:
    """Follow the line that an end runs into, if it does, to that line's end."""
    mine = tracing.stretches[k]
    found = touched(mine, k, end, tracing.stretches)
    if found is None:
        return None
    upper, at = tracing.stretches[found.upper], found.along_px
    course = upper.geometry
    rest = substring(course, at, course.length if found.heading > 0 else 0.0)
    if abs(found.heading) < LINES.half or rest.length < LINES.beyond_px or is_closed(upper.points):
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
    return along if path.distance(tip) <= reach and LINES.beyond_px < along < path.length else None


def _cut_at(tracing: Tracing, one: RunningOn, other: _End, along: float) -> RunningOn:
    path = shapely.LineString(one.path)
    tip = tracing.stretches[other[0]].points[other[1]]
    way = shapely.get_coordinates(substring(path, 0.0, along))
    return RunningOn(one.line, one.under, one.stretch, one.end, way, tip)
