"""Pieces of one line joined over gaps: dashes, and what labels and other lines cover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely

from frontlines.digitize.ends import End, costs_of, free_ends, pairs_within
from frontlines.digitize.network import direction
from frontlines.digitize.skeleton import Chain

Floats = npt.NDArray[np.float64]


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
    return joined([run_of(chain) for chain in chains if len(chain.points) > 1], gap_px, stroke_px)


def run_of(chain: Chain) -> Run:
    """Make a run of a chain.

    Parameters
    ----------
    chain
        Of two points at least.

    Returns
    -------
    run
        Seen all along.

    Examples
    --------
    >>> run_of(Chain((0, 1), np.array([[0.0, 0], [12, 0]]), np.ones(2))).seen.tolist()
    [True]
    """
    return Run(chain.points, chain.half_width_px, np.ones(len(chain.points) - 1, bool))


def joined(runs: list[Run], gap_px: float, stroke_px: float) -> list[Run]:
    """Join runs along their direction.

    Parameters
    ----------
    runs
        Pieces of one line, joined or not.
    gap_px, stroke_px
        As for `over_gaps`.

    Returns
    -------
    runs
        As from `over_gaps`.

    Examples
    --------
    >>> west, east = (Run(np.array([[x, 0.0], [x + 12, 0]]), np.ones(2), np.ones(1, bool)) for x in (0, 20))
    >>> [run.length_px for run in joined([west, east], 15.0, 3.0)]
    [32.0]
    """
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
    """Chain the pieces from end to end.

    Parameters
    ----------
    runs
        Pieces of one line.
    joins
        Which end goes on at which, both ways.

    Returns
    -------
    runs
        Joined pieces; a closed one ends on its first point.

    Examples
    --------
    >>> west, east = (Run(np.array([[x, 0.0], [x + 12, 0]]), np.ones(2), np.ones(1, bool)) for x in (0, 20))
    >>> followed([west, east], {(0, -1): (1, 0), (1, 0): (0, -1)})[0].points[:, 0].tolist()
    [0.0, 12.0, 20.0, 32.0]
    """
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
