"""What is drawn in a line's ink but is not the line: letters, thin borders, frames, keys of a legend."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely
from scipy import ndimage, sparse
from scipy.sparse import csgraph

from frontlines.digitize.lines.centres import Centred
from frontlines.digitize.lines.joining import Run, free_ends, is_closed, jumps_of, pairs_within
from frontlines.digitize.settings import LINES

Dropped = tuple[str, str, shapely.LineString]

TOO_SHORT = "shorter than min_length_px"
"""Why a piece goes that is not long enough to be a stretch."""

ALONE = "short, and goes on into nothing: an arrow, a key of a legend, letters"
"""Why a piece goes that stands alone and is no longer than an arrow."""

HEAD = "ends in a head, as an arrow, or amid letters"
"""Why a piece goes at whose end there is more ink than a line has."""

NO_LINE = "letters"
"""Why a figure goes that is drawn in the line's ink but is not a line."""


def left_out(name: str, gone: Sequence[Run], reason: str, least_px: float) -> list[Dropped]:
    """Tell what one step of the tracing took out."""
    return [(name, reason, shapely.LineString(run.points)) for run in gone if run.length_px > least_px]


def too_short(
    name: str, joined: Sequence[Run], kept: Sequence[Run], length_px: float, least_px: float
) -> list[Dropped]:
    """Tell what is too short, or seen too little, to be a stretch."""
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
    """Group what was left out of a line by reason."""
    by_reason: dict[str, list[shapely.LineString]] = {}
    for name, reason, shape in dropped:
        if name == line:
            by_reason.setdefault(reason, []).append(shape)
    return {why: sorted(shapes, key=lambda one: -one.length) for why, shapes in by_reason.items()}


def rows_of(dropped: Iterable[Dropped], line: str, least_px: float) -> list[dict[str, Any]]:
    """Write down what was left out of a line."""
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


def told_apart(
    figures: Sequence[list[Run]], least_px: float, stroke_px: float
) -> tuple[list[Run], list[Run]]:
    """Tell what may be the line from letters, which are small and no dashes."""
    # ends of short dashes pass for sides, so that area by perimeter makes the stroke of such a line too thin
    wides = [_wide(run) for figure in figures for run in figure]
    usual = max(stroke_px / 2 + LINES.step_px, float(np.median(wides or [0.0])))
    line: list[Run] = []
    others: list[Run] = []
    for figure in figures:
        small = _extent_px(figure) < LINES.mostly * least_px
        sound = not small or (len(figure) == 1 and _is_bar(figure[0], stroke_px, usual))
        (line if sound else others).extend(figure)
    return line, others


def _extent_px(runs: Sequence[Run]) -> float:
    """Diagonal of the box around runs."""
    return float(np.hypot(*np.ptp(np.vstack([run.points for run in runs]), axis=0)))


def _is_bar(chain: Run, stroke_px: float, usual_px: float) -> bool:
    """Tell whether a chain is a dash: hardly bent, neither thin nor a blot beside the usual half width."""
    chord = chain.points[-1] - chain.points[0]
    size = float(np.hypot(*chord))
    if size < 0.5 * stroke_px or size < 0.65 * chain.length_px:
        return False
    off = (chain.points - chain.points[0]) @ np.array([-chord[1], chord[0]]) / size
    wide = _wide(chain)
    sound = LINES.mostly * (stroke_px / 2 + LINES.step_px) < wide < LINES.wider * usual_px
    return bool(np.abs(off).max() < LINES.bar_bend * size + 0.7 and sound)


def _wide(chain: Run) -> float:
    """Mean half width of a chain, blots left out."""
    return float(np.minimum(chain.half_width_px, 2 * np.median(chain.half_width_px)).mean())


def line_width(chains: list[Run], diagonal_px: float) -> float | None:
    """Find how wide the line is among strokes of several widths."""
    if not chains:
        return None
    wide = np.array([_wide(chain) for chain in chains])
    length = np.array([chain.length_px for chain in chains])
    long_enough = length > 4 * wide
    for one in np.unique(wide[long_enough])[::-1]:
        alike = long_enough & (wide <= one) & (wide >= one / 1.5)
        if length[alike].sum() >= LINES.part * diagonal_px:
            return float(np.average(wide[alike], weights=length[alike]))
    return None


def with_heads(runs: Sequence[Run], least_px: float, stroke_px: float) -> tuple[list[Run], list[Run]]:
    """Tell pieces from those that end in a head, as arrows, or amid letters: in more ink than a line's.

    Dashes that bend sharply have more ink at their ends as well: what is no longer than they are is kept.
    """
    usual = min(least_px, LINES.usual * float(np.median([run.length_px for run in runs] or [0.0])))
    plain: list[Run] = []
    heads: list[Run] = []
    for run in runs:
        wide = max(2 * float(np.median(run.half_width_px)) - 1, stroke_px)
        crowded = usual < run.length_px < LINES.lone * least_px and max(run.crowd_px) > LINES.crowded * wide
        (heads if crowded else plain).append(run)
    return plain, heads


def of_width(runs: Sequence[Run], half_width_px: float | None) -> tuple[list[Run], list[Run]]:
    """Tell the pieces, and the parts of them, that are about as wide as the line from others."""
    if half_width_px is None:
        return list(runs), []
    least, most = LINES.mostly * half_width_px, LINES.wider * half_width_px
    parts = [part for run in runs for part in _parts_of_width(run, most)]
    fit = [least <= _wide(part) <= most for part in parts]
    return list(itertools.compress(parts, fit)), [
        part for part, fits in zip(parts, fit, strict=True) if not fits
    ]


def _parts_of_width(run: Run, most_px: float) -> list[Run]:
    """Part a piece where it becomes broader than a line for more than two strokes."""
    size = 2 * int(2 * most_px) + 1
    broad = ndimage.median_filter(run.half_width_px, size=size, mode="nearest") > most_px
    if len(broad) < size or broad.all() or not broad.any():
        return [run]
    bounds = [0, *(np.flatnonzero(np.diff(broad.astype(int))) + 1).tolist(), len(broad) - 1]
    return [run.part(a, b) for a, b in itertools.pairwise(bounds) if a < b]


def going_on(runs: Sequence[Run], lone_px: float, gap_px: float, stroke_px: float) -> list[bool]:
    """Tell the runs that are long, closed, or go on into a long one, be it after a wide gap."""
    ends = free_ends([run.points for run in runs], stroke_px)
    pairs = pairs_within(ends, LINES.lone * gap_px)
    jumps = jumps_of(pairs, ends)
    pairs = pairs[np.maximum(jumps.first_deg, jumps.second_deg) < LINES.widest_deg]
    run = np.array([k for k, _ in ends.keys], dtype=int)[pairs].reshape(-1, 2)
    links = sparse.coo_array((np.ones(len(run)), run.T), shape=(len(runs), len(runs)))
    group = csgraph.connected_components(links, directed=False)[1]
    # by the box around it, for arrows turn back at their heads
    sizes = [run.length_px if is_closed(run.points) else _extent_px([run]) for run in runs]
    whole = [is_closed(run.points) and run.seen.all() for run in runs]
    long = (np.array(sizes) >= lone_px) | np.array(whole, dtype=bool)
    return [bool(one) for one in np.isin(group, group[long])]


def reasons_against(runs: Sequence[Centred], diagonal_px: float) -> list[str | None]:
    """Say of each run why it is no line: ruled as frames are, paler than the line, or writing."""
    reasons = [_ruled(one, diagonal_px) for one in runs]
    free = [one for one, reason in zip(runs, reasons, strict=True) if reason is None]
    if sum(one.run.length_px for one in free) < LINES.part * diagonal_px:  # the line itself is drawn straight
        reasons, free = [None] * len(runs), list(runs)
    longest = max(free, key=lambda one: one.run.seen_px, default=None)
    return [
        reason or _pale(one, longest) or _writing(one, longest)
        for one, reason in zip(runs, reasons, strict=True)
    ]


def _ruled(one: Centred, diagonal_px: float) -> str | None:
    corners = shapely.get_coordinates(shapely.LineString(one.run.points).simplify(LINES.ruled_off_px))
    ways = np.diff(corners, axis=0)
    sides = np.hypot(*ways.T)
    long = sides > LINES.ruled_side * (one.run.length_px if is_closed(one.run.points) else diagonal_px)
    if sides[long].sum() <= LINES.ruled * one.run.length_px:
        return None
    turned = np.degrees(np.arctan2(ways[long, 1], ways[long, 0])) % 90
    square = (
        np.abs((turned - turned[0] + 45) % 90 - 45) < LINES.level_deg
    )  # one line, or the sides of a frame
    return "ruled line" if square.all() else None


def _pale(one: Centred, longest: Centred | None) -> str | None:
    """Tell whether a run is drawn in a paler colour than the line, which thin strokes of it look like."""
    return "paler than the line" if longest and one.strength < LINES.pale * longest.strength else None


def _writing(one: Centred, longest: Centred | None) -> str | None:
    if longest is None or one is longest or one.run.length_px > LINES.part * longest.run.length_px:
        return None
    wild = _turning(one) > max(LINES.written_turns * _turning(longest), LINES.written_rad)
    return "writing" if wild else None


def _turning(one: Centred) -> float:
    """Mean turn of a run per pixel [rad]."""
    points = one.run.points[::4]
    if len(points) < 3:  # noqa: PLR2004 - no turn
        return 0.0
    heading = np.unwrap(np.arctan2(*np.diff(points, axis=0).T[::-1]))
    return float(np.abs(np.diff(heading)).mean()) / 4
