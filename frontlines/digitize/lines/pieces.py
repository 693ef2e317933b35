"""The pieces of a line: what was traced, what is led along a line that hides it, and gaps closed straight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from frontlines.arrays import Floats
from frontlines.digitize.lines.hidden import RunningOn, find_running_on
from frontlines.digitize.lines.stretches import Hidden, Stretch, Tracing
from frontlines.digitize.settings import LINES


class Piece(NamedTuple):
    """A piece of a line."""

    points: Floats  # vertices in order, (n, 2) [px]
    sigma_px: Floats  # standard error of each across the line, (n,) [px]
    note: str  # how it was got, if it was not simply seen
    seen: bool  # whether it was traced from the scan
    # pairs of positions in `points` between which it was not seen but carried on
    gaps: tuple[tuple[int, int], ...] = ()


def pieces_of(tracing: Tracing, line: str, *, follow_hidden: bool) -> list[Piece]:
    """Gather the pieces of a line."""
    wide = LINES.near_strokes * tracing.stroke_px.get(line, 0.0)
    pieces = [piece for s in tracing.stretches if s.line == line for piece in _split(s, wide)]
    if follow_hidden and pieces:
        pieces += [_led(one, tracing) for one in tracing.hidden if one.line == line]
        running = [one for one in find_running_on(tracing) if one.line == line]
        pieces += [piece for one in running for piece in _led_on(one, tracing)]
    knobs = tracing.knobs.get(line)
    hidden = [
        tracing.stretches[k].points[end]
        for one in tracing.hidden
        for k, end in zip(one.stretches, one.ends, strict=True)
    ]
    return [*pieces, *_over_gaps(pieces, (knobs.gap_px if knobs else None) or 0.0, hidden)]


def _split(stretch: Stretch, wide_px: float) -> list[Piece]:
    """Give gaps that are wide against the stroke as pieces of their own: their error is another one."""
    points, sigma = stretch.points, stretch.sigma_px
    pieces, start = [], 0
    for a, b in sorted(stretch.jumped):
        gap = float(np.hypot(*np.diff(points[a : b + 1], axis=0).T).sum())
        if gap <= wide_px:
            continue
        pieces += _seen(stretch, start, a)
        off = np.maximum(sigma[a : b + 1], gap * LINES.wander)
        pieces.append(Piece(points[a : b + 1], off, f"carried on over a gap of {gap:.0f} px", seen=False))
        start = b
    return pieces + _seen(stretch, start, len(points) - 1)


def _seen(stretch: Stretch, first: int, last: int) -> list[Piece]:
    """Give what was seen; ends that are partly covered are pieces of their own, for a line parts there."""
    if last <= first:
        return []
    part = stretch.part(first, last)
    begin, end = _covered(part), len(part.points) - 1 - _covered(part.turned())
    if begin >= end:
        return [_as_seen(part)]
    note = "partly covered at its end"
    ends = [
        _as_seen(part.part(a, b), f"{note}, ± {part.sigma_px[a : b + 1].max():.1f} px at most")
        for a, b in ((0, begin), (end, len(part.points) - 1))
        if a < b
    ]
    return [_as_seen(part.part(begin, end)), *ends]


def _as_seen(part: Stretch, note: str = "") -> Piece:
    told = "; ".join(text for text in (note, _jumps(part)) if text)
    return Piece(part.points, part.sigma_px, told, True, part.jumped)


def _covered(part: Stretch) -> int:
    """Find up to which position a stretch is partly covered at its beginning; 0 if by less than a stroke."""
    unsure = part.sigma_px > LINES.unsure * np.median(part.sigma_px)
    end = len(unsure) if unsure.all() else int(unsure.argmin())
    end = max([end, *(b for a, b in part.jumped if a < end < b)])
    way = np.hypot(*np.diff(part.points[: end + 1], axis=0).T).sum()
    return end if way > 2 * np.median(part.half_width_px) else 0


def _jumps(stretch: Stretch) -> str:
    if not stretch.jumped:
        return ""
    length = sum(np.hypot(*np.diff(stretch.points[a : b + 1], axis=0).T).sum() for a, b in stretch.jumped)
    off = max(float(stretch.sigma_px[a : b + 1].max()) for a, b in stretch.jumped)
    gaps = len(stretch.jumped)
    many = "s" * (gaps > 1)
    return f"carried on over {gaps} gap{many}, {length:.0f} px in all, there ± {off:.1f} px at most"


def _led(hidden: Hidden, tracing: Tracing) -> Piece:
    first, last = (
        tracing.stretches[k].points[end] for k, end in zip(hidden.stretches, hidden.ends, strict=True)
    )
    points = np.concatenate([first[None], hidden.path, last[None]])
    return _along(
        points, hidden.line, hidden.under, tracing, f"hidden under the line {hidden.under}: follows it"
    )


def _led_on(one: RunningOn, tracing: Tracing) -> list[Piece]:
    tip = tracing.stretches[one.stretch].points[one.end]
    points = np.concatenate([tip[None], one.path])
    if one.begins_again is None:
        note = f"runs into the line {one.under} and is not seen again: follows it to its end"
        return [_along(points, one.line, one.under, tracing, note)]
    led = _along(points, one.line, one.under, tracing, f"hidden under the line {one.under}: follows it")
    way = np.array([points[-1], one.begins_again])
    gap = float(np.hypot(*(way[1] - way[0])))
    note = f"comes out from under the line {one.under} over a gap of {gap:.0f} px"
    return [led, Piece(way, np.full(2, gap * LINES.unlike), note, seen=False)]


def _along(points: Floats, line: str, under: str, tracing: Tracing, note: str) -> Piece:
    """Lead a line along the one that hides it; it may lie as far beside as its stroke is still hidden."""
    points = points[np.concatenate([[True], np.abs(np.diff(points, axis=0)).max(axis=1) > 0])]
    own = np.concatenate([s.sigma_px for s in tracing.stretches if s.line == under])
    beside = max(tracing.stroke_px[under] - tracing.stroke_px[line], 0.0) / 2 + LINES.step_px
    sigma = float(np.sqrt(np.median(own) ** 2 + beside**2 / 3))
    return Piece(points, np.full(len(points), sigma), note, seen=False)


def _over_gaps(pieces: Sequence[Piece], gap_px: float, hidden: Sequence[Floats]) -> list[Piece]:
    """Join loose ends that are each other's nearest, not hidden, and no wider apart than the knob says."""
    tips = np.array([end for piece in pieces for end in (piece.points[0], piece.points[-1])]).reshape(-1, 2)
    if len(tips) < 4:  # noqa: PLR2004 - two pieces have four ends
        return []
    apart = np.hypot(*(tips[:, None] - tips[None]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    loose = apart.min(axis=1) > LINES.clear_px
    for tip in hidden:
        loose &= np.hypot(*(tips - tip).T) > LINES.clear_px
    piece = np.arange(len(tips)) // 2
    apart[piece[:, None] == piece[None]] = np.inf
    apart[~loose] = apart[:, ~loose] = np.inf
    nearest = apart.argmin(axis=1)
    joins = []
    for a, b in enumerate(nearest):
        if a < b and nearest[b] == a and apart[a, b] <= gap_px:
            points = np.array([tips[a], tips[b]])
            sigma = np.full(2, apart[a, b] * LINES.wander)
            joins.append(Piece(points, sigma, f"gap of {apart[a, b]:.0f} px closed straight", seen=False))
    return joins
