"""Dashes that were passed by: the doubtful joins of a dashed line undone, and made anew all together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy import optimize, sparse

from frontlines.arrays import Bools, Floats, Ints
from frontlines.digitize.lines.joining import (
    End,
    Ends,
    Run,
    costs_of,
    followed,
    free_ends,
    heading,
    joined,
    jumps_of,
    pairs_within,
)
from frontlines.digitize.settings import LINES


def with_passed_by(runs: list[Run], spares: Sequence[Run], gap_px: float, stroke_px: float) -> list[Run]:
    """Take up the dashes that were passed by."""
    usual = _widest_usual(runs, gap_px, stroke_px)
    if usual is None:
        return runs
    pieces = [piece for run in runs for piece in _parted(run, usual, stroke_px)]
    together = [*pieces, *spares]
    is_spare = np.arange(len(together)) >= len(pieces)
    shares = np.where(is_spare, 0.0, _shares(together, _usual_dash(runs)))
    joins = _joins(together, shares, is_spare, usual, gap_px, stroke_px)
    kept = [k for k, spare in enumerate(is_spare) if not spare or (k, 0) in joins]
    place = {k: now for now, k in enumerate(kept)}
    renumbered = {(place[k], end): (place[other], at) for (k, end), (other, at) in joins.items()}
    return joined(followed([together[k] for k in kept], renumbered), gap_px, stroke_px)


def taken_up(spares: Sequence[Run], runs: Sequence[Run]) -> list[Run]:
    """Find the spares that became part of a line."""
    points = {point for run in runs for point in map(tuple, run.points.tolist())}
    return [spare for spare in spares if tuple(spare.points[0].tolist()) in points]


def _widest_usual(runs: Sequence[Run], gap_px: float, stroke_px: float) -> float | None:
    """Widest gap that is a usual one; None if the line is not dashed: its longest run says so."""
    longest = max(runs, key=lambda run: run.seen_px, default=None)
    if longest is None or longest.seen_px / (1 + (~longest.seen).sum()) > gap_px:
        return None
    gaps = np.concatenate([np.hypot(*np.diff(run.points, axis=0).T)[~run.seen] for run in runs])
    if len(gaps) < LINES.dashed_gaps:
        return None
    return float(min(LINES.usual * np.median(gaps) + stroke_px, gap_px))


def _usual_dash(runs: Sequence[Run]) -> float:
    """Median length of the dashes between two jumps [px]."""
    lengths = [0.0]
    for run in runs:
        steps = np.hypot(*np.diff(run.points, axis=0).T) * run.seen
        lengths += [float(part.sum()) for part in np.split(steps, np.flatnonzero(~run.seen))[1:-1]]
    return float(np.median(lengths[1:] or lengths))


def _shares(runs: Sequence[Run], dash_px: float) -> Floats:
    """Share of the price for an end of each run left over: the run's length in dashes, at most 1."""
    return np.array([min(run.seen_px / max(dash_px, 1.0), 1.0) for run in runs])


def _parted(run: Run, usual_px: float, stroke_px: float) -> list[Run]:
    """Part a run at its doubtful joins."""
    if not run.seen[-1] and np.array_equal(run.points[0], run.points[-1]):  # opened where it was closed
        run = run.part(0, len(run.points) - 2)
    doubtful = [k for k in np.flatnonzero(~run.seen).tolist() if not _is_sure(run, k, usual_px, stroke_px)]
    bounds = [-1, *doubtful, len(run.points) - 1]
    return [run.part(before + 1, last) for before, last in pairwise(bounds)]


def _is_sure(run: Run, k: int, usual_px: float, stroke_px: float) -> bool:
    """Tell whether a jump, from point k to the next, goes nearly straight over a usual gap."""
    parts = run.points[: k + 1], run.points[k + 1 :]
    headings = np.array([heading(parts[0], -1, stroke_px), heading(parts[1], 0, stroke_px)])
    ends = Ends([(0, -1), (1, 0)], run.points[k : k + 2], headings, np.ones(2))
    jump = jumps_of(np.array([[0, 1]]), ends)
    turned = max(jump.first_deg[0], jump.second_deg[0])
    return bool(jump.gap_px[0] <= usual_px and turned < LINES.turn_deg)


def _joins(
    runs: Sequence[Run], shares: Floats, is_spare: Bools, usual_px: float, gap_px: float, stroke_px: float
) -> dict[End, End]:
    """Choose the joins whose costs are least in sum."""
    ends = free_ends([run.points for run in runs], stroke_px)
    pairs = pairs_within(ends, gap_px)
    if not len(pairs):
        return {}
    run = np.array([k for k, _ in ends.keys])
    spares = is_spare[run][pairs].sum(axis=1)
    jumps = jumps_of(pairs, ends)
    usual = (jumps.gap_px <= usual_px) & (run[pairs[:, 0]] != run[pairs[:, 1]])
    onward = np.where(spares > 0, np.inf, costs_of(pairs, ends, stroke_px))
    costs = np.where(usual, jumps.cost(stroke_px), onward)
    price = LINES.price * (usual_px + stroke_px)
    worth = costs - price * (shares[run][pairs].mean(axis=1) - LINES.passing_by * ~usual)
    keep = costs < price
    chosen = pairs[keep][_least(pairs[keep], worth[keep], is_spare[run])]
    one_way = {ends.keys[a]: ends.keys[b] for a, b in chosen}
    return one_way | {b: a for a, b in one_way.items()}


def _least(pairs: Ints, worth: Floats, is_spare: Bools) -> Bools:
    """Find the pairs of least worth in sum: no end is in two, and of a spare run both ends are in or none."""
    if not len(pairs):
        return np.zeros(0, bool)
    count = np.arange(len(pairs))
    seats = (pairs.T.ravel(), np.tile(count, 2))
    taken = sparse.csr_array((np.ones(2 * len(pairs)), seats), shape=(len(is_spare), len(pairs)))
    rules = [optimize.LinearConstraint(taken, -np.inf, 1)]
    if is_spare.any():
        first = np.flatnonzero(is_spare)[::2]  # the two ends of a run follow each other
        rules.append(optimize.LinearConstraint(taken[first] - taken[first + 1], 0, 0))
    found = optimize.milp(
        worth, constraints=rules, integrality=np.ones(len(pairs)), bounds=optimize.Bounds(0, 1)
    )
    return np.asarray(np.rint(found.x) == 1)
