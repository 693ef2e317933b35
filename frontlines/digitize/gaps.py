"""Pieces of one line joined over gaps: dashes, and what labels and other lines cover."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely

from frontlines._optional import require
from frontlines.digitize.network import direction
from frontlines.digitize.skeleton import Chain

Floats = npt.NDArray[np.float64]

_WIDEST_TURN_DEG = 65.0
_BOTH_TURNS_DEG = 85.0
_GAP_PIECES, _GAP_STROKES = 2.0, 4.0  # a gap is at most so many lengths of the shorter piece, and strokes
_TOUCHING = 2.0  # strokes; over less than this the direction of an end says nothing
_REACH = 5.0  # strokes over which the direction of an end is taken
_FAR_REACH = 14.0
_CLOSED_PX = 1e-6
_FEWEST_GAPS = 5  # that make a line a dashed one
_CORNER_GAPS = 1.5  # usual gaps, the widest one at a corner
_BACKWARDS = -0.5  # cosine; an end does not turn back farther than this


@dataclass(frozen=True)
class Run:
    """Pieces of a line in order.

    Attributes
    ----------
    points
        Column and row, (n, 2) [px].
    half_width_px
        (n,).
    seen
        Whether the line was seen between each point and the next, (n - 1,).
    """

    points: Floats
    half_width_px: Floats
    seen: npt.NDArray[np.bool_]

    @property
    def length_px(self) -> float:
        """Length, gaps included [px]."""
        return float(np.hypot(*np.diff(self.points, axis=0).T).sum())

    @property
    def seen_px(self) -> float:
        """Length that was seen [px]."""
        return float(np.hypot(*np.diff(self.points, axis=0).T)[self.seen].sum())


def over_gaps(chains: list[Chain], gap_px: float, stroke_px: float) -> list[Run]:
    """Join pieces along their direction.

    Parameters
    ----------
    chains
        Pieces of one line.
    gap_px
        Widest gap that is jumped.
    stroke_px
        Width of the line.

    Returns
    -------
    runs
        Joined pieces, none if there is none. The narrowest and straightest gaps are jumped first; each end
        is used once.

    Examples
    --------
    >>> ends = [np.array([[20.0 * k, 0], [20.0 * k + 12, 0]]) for k in range(3)]
    >>> dashes = [Chain((2 * k, 2 * k + 1), points, np.ones(2)) for k, points in enumerate(ends)]
    >>> [(run.length_px, run.seen_px) for run in over_gaps(dashes, 15.0, 3.0)]
    [(52.0, 36.0)]
    """
    runs = [_run(chain) for chain in chains if len(chain.points) > 1]
    while runs:  # joining gives short dashes a better direction, which finds more partners
        joins = _joins(runs, gap_px, stroke_px) or _corners(runs, gap_px, stroke_px)
        if not joins:
            break
        runs = _followed(runs, joins)
    return runs


def _run(chain: Chain) -> Run:
    return Run(chain.points, chain.half_width_px, np.ones(len(chain.points) - 1, bool))


def _joins(runs: list[Run], gap_px: float, stroke_px: float) -> dict[tuple[int, int], tuple[int, int]]:
    """Pair free ends."""
    spatial = require("scipy.spatial", extra="digitize")
    open_runs = [
        k
        for k, run in enumerate(runs)
        if np.hypot(*(run.points[0] - run.points[-1])) > _CLOSED_PX or run.length_px == 0
    ]
    ends = [(k, end) for k in open_runs for end in (0, -1)]
    if not ends:
        return {}
    seats = np.array([runs[k].points[end] for k, end in ends])
    heading = np.array([_heading(runs[k].points, end, stroke_px) for k, end in ends])
    length = np.array([runs[k].length_px for k, _ in ends])
    pairs = spatial.cKDTree(seats).query_pairs(gap_px, output_type="ndarray")
    costs = _costs(pairs, seats, heading, length, ends, stroke_px)
    order = np.lexsort((pairs[:, 1], pairs[:, 0], costs))
    joins: dict[tuple[int, int], tuple[int, int]] = {}
    for pair in order[np.isfinite(costs[order])]:
        one, other = ends[pairs[pair, 0]], ends[pairs[pair, 1]]
        if one not in joins and other not in joins:
            joins[one], joins[other] = other, one
    return joins


def _corners(runs: list[Run], gap_px: float, stroke_px: float) -> dict[tuple[int, int], tuple[int, int]]:
    """Pair ends at the corners of a dashed line: free ends nearest to each other, a usual gap apart."""
    spatial = require("scipy.spatial", extra="digitize")
    gaps = np.concatenate([np.hypot(*np.diff(run.points, axis=0).T)[~run.seen] for run in runs])
    if len(gaps) < _FEWEST_GAPS:
        return {}
    usual = min(_CORNER_GAPS * float(np.median(gaps)) + stroke_px, gap_px)
    ends = [(k, end) for k, run in enumerate(runs) if run.length_px > usual for end in (0, -1)]
    if len(ends) < 2:  # noqa: PLR2004 - no pair
        return {}
    seats = np.array([runs[k].points[end] for k, end in ends])
    apart, nearest = (column[:, 1] for column in spatial.cKDTree(seats).query(seats, k=2))
    return {
        ends[i]: ends[j]
        for i, j in enumerate(nearest)
        if nearest[j] == i
        and apart[i] <= usual
        and ends[i][0] != ends[j][0]
        and all(
            direction(runs[k].points, end, _REACH * stroke_px) @ (seats[b] - seats[a]) > _BACKWARDS * apart[i]
            for (k, end), a, b in ((ends[i], i, j), (ends[j], j, i))
        )
    }


def _heading(points: Floats, end: int, stroke_px: float) -> Floats:
    """Near and far direction of an end, averaged: the near one wavers, the far one cuts corners."""
    near, far = direction(points, end, _REACH * stroke_px), direction(points, end, _FAR_REACH * stroke_px)
    both = 0.7 * near + 0.3 * far
    return np.asarray(both / max(float(np.hypot(*both)), 1e-9))


def _costs(
    pairs: npt.NDArray[np.int64], seats: Floats, heading: Floats, length: Floats,
    ends: list[tuple[int, int]], stroke_px: float,
) -> Floats:  # fmt: skip
    """Cost of jumping between two ends; infinite where the line would have to turn too much."""
    i, j = pairs.T
    across = seats[j] - seats[i]
    gap = np.hypot(*across.T)
    unit = across / np.maximum(gap, 1e-9)[:, None]
    first = np.degrees(np.arccos(np.clip((heading[i] * unit).sum(axis=1), -1, 1)))
    second = np.degrees(np.arccos(np.clip(-(heading[j] * unit).sum(axis=1), -1, 1)))
    close = gap <= _TOUCHING * stroke_px
    between = np.degrees(np.arccos(np.clip(-(heading[i] * heading[j]).sum(axis=1), -1, 1)))
    fits = (first < _WIDEST_TURN_DEG) & (second < _WIDEST_TURN_DEG) & (first + second < _BOTH_TURNS_DEG)
    fits |= close & (between < _WIDEST_TURN_DEG)
    itself = np.array([ends[a][0] == ends[b][0] for a, b in pairs], dtype=bool)
    fits &= ~itself | (length[i] > 4 * gap + 8 * stroke_px)
    fits &= gap <= _GAP_PIECES * np.minimum(length[i], length[j]) + _GAP_STROKES * stroke_px
    cost = (gap + stroke_px) * (1 + ((first**2 + second**2) / 40.0**2))
    return np.where(fits, cost, np.inf)


def _followed(runs: list[Run], joins: dict[tuple[int, int], tuple[int, int]]) -> list[Run]:
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
    points, widths = [piece.points for piece in pieces], [piece.half_width_px for piece in pieces]
    seen = [pieces[0].seen]
    for piece in pieces[1:]:
        seen += [np.zeros(1, bool), piece.seen]
    if closed:
        points.append(points[0][:1])
        widths.append(widths[0][:1])
        seen.append(np.zeros(1, bool))
    return Run(np.vstack(points), np.concatenate(widths), np.concatenate(seen))


def bridged(run: Run, step_px: float) -> Run:
    """Fill the gaps of a run with smooth curves, and space its points evenly.

    Parameters
    ----------
    run
        From `over_gaps`.
    step_px
        Distance between points.

    Returns
    -------
    run
        The same line with a point every `step_px`; over a gap it leaves and arrives in the direction that
        it has there.

    Examples
    --------
    >>> gap = Run(np.array([[0.0, 0], [10, 0], [20, 0], [30, 0]]), np.ones(4), np.array([True, False, True]))
    >>> bridged(gap, 5.0).points[:, 0].tolist(), bridged(gap, 5.0).seen.tolist()
    ([0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0], [True, True, False, False, True, True])
    """
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
    chord = end - start
    gap = float(np.hypot(*chord))
    reach = min(max(gap, 8.0), 25.0)
    before, after = run.points[max(0, first - 60) : first + 1], run.points[last : last + 60]
    out = direction(before, -1, reach) if len(before) > 1 else chord / max(gap, 1e-9)
    back = -direction(after, 0, reach) if len(after) > 1 else chord / max(gap, 1e-9)
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
