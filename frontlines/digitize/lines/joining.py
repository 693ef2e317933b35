"""Pieces of one line joined over gaps: dashes, and what labels and other lines cover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from scipy import spatial

from frontlines.arrays import Floats
from frontlines.digitize.settings import LINES

End = tuple[int, int]


def is_closed(points: Floats) -> bool:
    """Tell whether a line ends where it begins."""
    return len(points) > 3 and bool(np.hypot(*(points[0] - points[-1])) < 1e-6)  # noqa: PLR2004


def direction(points: Floats, end: int, reach_px: float) -> Floats:
    """Direction in which a line leaves at an end."""
    outward = points if end else points[::-1]
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(outward[::-1], axis=0).T))])
    tail = outward[::-1][along <= max(reach_px, along[min(1, len(along) - 1)])]
    if len(tail) > 3:  # noqa: PLR2004 - enough for a fit
        middle = tail - tail.mean(axis=0)
        axis = np.linalg.svd(middle, full_matrices=False)[2][0]
        axis = axis if axis @ (tail[0] - tail[-1]) >= 0 else -axis
    else:
        axis = tail[0] - tail[-1]
    length = float(np.hypot(*axis))
    return np.asarray(axis / length if length else axis)


class Ends(NamedTuple):
    """Ends of pieces that are free to be joined."""

    keys: list[End]  # position of the piece, and which end of it: 0 for the first point, -1 for the last
    seats: Floats  # column and row, (n, 2) [px]
    headings: Floats  # directions outwards, (n, 2)
    lengths_px: Floats  # of the pieces, (n,)


def free_ends(lines: Sequence[Floats], stroke_px: float) -> Ends:
    """Gather the ends of pieces that are not closed."""
    lengths = [float(np.hypot(*np.diff(points, axis=0).T).sum()) for points in lines]
    keys = [(k, end) for k, points in enumerate(lines) if not is_closed(points) for end in (0, -1)]
    return Ends(
        keys,
        np.array([lines[k][end] for k, end in keys]).reshape(-1, 2),
        np.array([heading(lines[k], end, stroke_px) for k, end in keys]).reshape(-1, 2),
        np.array([lengths[k] for k, _ in keys]),
    )


def pairs_within(ends: Ends, reach_px: float) -> npt.NDArray[np.int64]:
    """Find the ends that lie near each other."""
    if not ends.keys:
        return np.empty((0, 2), np.int64)
    pairs = spatial.cKDTree(ends.seats).query_pairs(reach_px, output_type="ndarray")
    return np.asarray(pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))])


def heading(points: Floats, end: int, stroke_px: float) -> Floats:
    """Direction of an end over a few strokes."""
    return direction(points, end, LINES.end_strokes * stroke_px)


class Jumps(NamedTuple):
    """What jumping between two ends asks of a line, a value a pair."""

    gap_px: Floats  # how wide the jump is
    first_deg: Floats  # first_deg, second_deg: turns at either end
    second_deg: Floats

    def cost(self, stroke_px: float) -> Floats:
        """Width of the jump, the wider the more the line turns [px]."""
        turned = (self.first_deg**2 + self.second_deg**2) / LINES.turn_deg**2
        return np.asarray((self.gap_px + stroke_px) * (1 + turned))


def jumps_of(pairs: npt.NDArray[np.int64], ends: Ends) -> Jumps:
    """Measure the jumps between pairs of ends."""
    i, j = pairs.T
    across = ends.seats[j] - ends.seats[i]
    gap = np.hypot(*across.T)
    unit = across / np.maximum(gap, 1e-9)[:, None]
    first = np.degrees(np.arccos(np.clip((ends.headings[i] * unit).sum(axis=1), -1, 1)))
    second = np.degrees(np.arccos(np.clip(-(ends.headings[j] * unit).sum(axis=1), -1, 1)))
    return Jumps(gap, first, second)


def costs_of(pairs: npt.NDArray[np.int64], ends: Ends, stroke_px: float) -> Floats:
    """Cost of jumping between two ends; infinite where the line would have to turn too much."""
    i, j = pairs.T
    jumps = jumps_of(pairs, ends)
    gap, first, second = jumps
    between = np.degrees(np.arccos(np.clip(-(ends.headings[i] * ends.headings[j]).sum(axis=1), -1, 1)))
    fits = (first < LINES.widest_deg) & (second < LINES.widest_deg)
    fits |= (gap == 0) & (between < LINES.widest_deg)  # what touches has no way between
    itself = np.array([ends.keys[a][0] == ends.keys[b][0] for a, b in pairs], dtype=bool)
    fits &= ~itself | (ends.lengths_px[i] > 4 * gap + 8 * stroke_px)
    shorter = np.minimum(ends.lengths_px[i], ends.lengths_px[j])
    fits &= gap <= LINES.gap_pieces * shorter + LINES.near_strokes * stroke_px
    return np.where(fits, jumps.cost(stroke_px), np.inf)


@dataclass(frozen=True)
class Run:
    """Pieces of a line in order."""

    points: Floats  # column and row, (n, 2) [px]
    half_width_px: Floats  # (n,)
    seen: npt.NDArray[np.bool_]  # whether the line was seen between each point and the next, (n - 1,)
    crowd_px: tuple[float, ...] = (0.0, 0.0)  # ink around either end by its own length there; 0 at a fork

    @property
    def length_px(self) -> float:
        """Length, gaps included [px]."""
        return float(np.hypot(*np.diff(self.points, axis=0).T).sum())

    @property
    def seen_px(self) -> float:
        """Length that was seen [px]."""
        return float(np.hypot(*np.diff(self.points, axis=0).T)[self.seen].sum())

    def part(self, first: int, last: int) -> Run:
        """Give the part between two points, both with it."""
        return Run(self.points[first : last + 1], self.half_width_px[first : last + 1], self.seen[first:last])


def joined(runs: list[Run], gap_px: float, stroke_px: float) -> list[Run]:
    """Join runs along their direction."""
    while runs:  # joining gives short dashes a better direction, which finds more partners
        joins = _joins(runs, gap_px, stroke_px)
        if not joins:
            break
        runs = followed(runs, joins)
    return runs


def _joins(runs: list[Run], gap_px: float, stroke_px: float) -> dict[End, End]:
    """Pair free ends."""
    ends = free_ends([run.points for run in runs], stroke_px)
    pairs = pairs_within(ends, gap_px)
    costs = costs_of(pairs, ends, stroke_px)
    order = np.argsort(costs, kind="stable")
    joins: dict[End, End] = {}
    for pair in order[np.isfinite(costs[order])]:
        one, other = ends.keys[pairs[pair, 0]], ends.keys[pairs[pair, 1]]
        if one not in joins and other not in joins:
            joins[one], joins[other] = other, one
    return joins


def followed(runs: Sequence[Run], joins: Mapping[End, End]) -> list[Run]:
    """Chain the pieces from end to end."""
    out, used = [], set()
    starts = [(k, end) for k in range(len(runs)) for end in (0, -1) if (k, end) not in joins]
    for start in [*starts, *((k, 0) for k in range(len(runs)))]:
        if start[0] in used:
            continue
        pieces, (k, entered) = [], start
        while k not in used:
            used.add(k)
            pieces.append(runs[k] if entered == 0 else _reversed(runs[k]))
            left = (k, -1 if entered == 0 else 0)
            if left in joins:
                k, entered = joins[left]
        closed = left in joins and k == start[0]
        out.append(_strung(pieces, closed=closed))
    return out


def _reversed(run: Run) -> Run:
    return Run(run.points[::-1], run.half_width_px[::-1], run.seen[::-1])


def _strung(pieces: list[Run], *, closed: bool) -> Run:
    """Make one run of pieces in order; a closed one ends on its first point."""
    if closed:
        pieces = [*pieces, Run(pieces[0].points[:1], pieces[0].half_width_px[:1], np.zeros(0, bool))]
    points, widths, seen = [pieces[0].points], [pieces[0].half_width_px], [pieces[0].seen]
    for before, piece in pairwise(pieces):
        touching = int(np.array_equal(before.points[-1], piece.points[0]))  # one point, and no gap
        points.append(piece.points[touching:])
        widths.append(piece.half_width_px[touching:])
        seen += [np.zeros(1 - touching, bool), piece.seen]
    return Run(np.vstack(points), np.concatenate(widths), np.concatenate(seen))


def bridged(run: Run, step_px: float) -> Run:
    """Fill the gaps of a run with smooth curves, and space its points evenly."""
    cuts = np.flatnonzero(np.diff(np.concatenate([[True], run.seen, [True]]).astype(int)) != 0)
    bounds = [0, *cuts.tolist(), len(run.points) - 1]
    points: list[Floats] = []
    widths: list[Floats] = []
    seen: list[npt.NDArray[np.bool_]] = []
    for first, last in pairwise(bounds):
        if last <= first:
            continue
        hidden = not run.seen[first]
        part = _curve(run, first, last) if hidden else run.points[first : last + 1]
        even, along = _spaced(part, step_px)
        if hidden:
            wide = np.interp(along, [0, max(along[-1], 1e-9)], run.half_width_px[[first, last]])
        else:
            steps = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(part, axis=0).T))])
            wide = np.interp(along, steps, run.half_width_px[first : last + 1])
        points.append(even[bool(points) :])
        widths.append(wide[bool(widths) :])
        seen.append(np.full(len(even) - 1, not hidden))
    return Run(np.vstack(points), np.concatenate(widths), np.concatenate(seen))


def _curve(run: Run, first: int, last: int) -> Floats:
    """Draw a cubic Hermite curve over a gap."""
    start, end = run.points[first], run.points[last]
    gap = float(np.hypot(*(end - start)))
    reach = min(max(gap, 8.0), 25.0)
    before, after = run.points[max(0, first - 60) : first + 1], run.points[last : last + 60]
    out = direction(before, -1, reach) if len(before) > 1 else (end - start) / max(gap, 1e-9)
    back = -direction(after, 0, reach) if len(after) > 1 else (end - start) / max(gap, 1e-9)
    t = np.linspace(0, 1, max(int(gap) + 2, 3))[:, None]
    return np.asarray(
        (2 * t**3 - 3 * t**2 + 1) * start + (t**3 - 2 * t**2 + t) * gap * out
        + (3 * t**2 - 2 * t**3) * end + (t**3 - t**2) * gap * back
    )  # fmt: skip


def _spaced(points: Floats, step_px: float) -> tuple[Floats, Floats]:
    """Points at even distances, and how far along they are; both ends stay."""
    line = shapely.linestrings(points)
    length = float(shapely.length(line))
    along = np.linspace(0, length, max(round(length / step_px) + 1, 2))
    return shapely.get_coordinates(shapely.line_interpolate_point(line, along)), along
