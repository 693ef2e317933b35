"""How errors along lines go together: their integrals, exactly, their covariances, and draws of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from frontlines.arrays import Bools, Floats, Ints, rows_of_each
from frontlines.names import STRETCH, Length
from frontlines.uncertainty.fronts import Fronts
from frontlines.uncertainty.noise import SAME_M, NoiseModel

_SMALL = 1e-4  # shares of the correlation length below which series replace differences of exponentials
_FADED = 1e-12  # correlations smaller than this are none


class Pieces(NamedTuple):
    """Pieces of fronts that sums of areas rest on, sorted by sum, process and place."""

    sum: Ints  # number of the sum
    line: Ints  # number of the process
    stretch: Ints  # what is off as a whole
    along: Floats  # ends along the front [m], (n, 2); those of one sum and process do not overlap
    edge: Floats  # ends of the drawn edge along the front [m], (n, 2)
    around_m: Floats  # length of the closed front that it is part of; infinite if it is open
    weight: Floats  # what a movement of 1 m along 1 m makes of the sum, times the standard error

    @property
    def pull(self) -> Floats:
        """What the piece makes of the sum if it is off as a whole by one standard error."""
        return np.asarray(self.weight * (self.along[:, 1] - self.along[:, 0]))


def variances(pieces: Pieces, correlation_m: Length, n: int) -> Floats:
    """Variance of `n` sums, of the part of the errors with one correlation length."""
    if correlation_m == STRETCH:
        return squares(pieces.pull, n, pieces.sum, pieces.stretch)
    if correlation_m == 0:
        return _of_vertices(pieces, n)
    return np.asarray(np.bincount(pieces.sum, _integrals(pieces, float(correlation_m)), n).clip(min=0))


def squares(pull: Floats, n: int, total: Ints, *key: Ints | Floats) -> Floats:
    """Sum up the squares of what has one error, which is what has one key, for each of `n` sums."""
    order = np.lexsort((*key, total))
    columns = [column[order] for column in (total, *key)]
    fresh = np.append(True, np.any([column[1:] != column[:-1] for column in columns], axis=0))[: len(order)]
    first = np.flatnonzero(fresh)
    sums = np.add.reduceat(pull[order], first) if len(first) else pull
    return np.asarray(np.bincount(total[order][first], sums**2, n))


def _of_vertices(pieces: Pieces, n: int) -> Floats:
    """Variance if vertices are independent and the line is straight between."""
    edge = pieces.edge
    middle = (pieces.along.mean(axis=1) - edge[:, 0]) / (edge[:, 1] - edge[:, 0])
    stop = np.where(edge[:, 1] > pieces.around_m - SAME_M, 0.0, edge[:, 1])
    pull = np.concatenate([(1 - middle) * pieces.pull, middle * pieces.pull])
    places = np.concatenate([edge[:, 0], stop]).round(3)
    return squares(pull, n, np.tile(pieces.sum, 2), np.tile(pieces.line, 2), places)


def _integrals(pieces: Pieces, correlation_m: float) -> Floats:
    """Give what each piece adds to the variance: with itself, and twice with all before it on its line.

    With l the correlation length and h the length of a piece, the covariance over two pieces with a gap g
    between them is l² (1 - exp(-h1/l)) (1 - exp(-h2/l)) exp(-g/l), and the variance of one 2 l² (h/l - 1 +
    exp(-h/l)). What comes before a piece, faded, is a linear recurrence, solved by doubling the number of
    pieces that are summed up.
    """
    closed = np.isfinite(pieces.around_m)
    lap = np.where(closed, np.exp(-np.where(closed, pieces.around_m, 0.0) / correlation_m), 0.0)
    weight = pieces.weight / np.sqrt(1 + lap)
    start, end = pieces.along.T
    length = end - start
    share = length / correlation_m
    if math.isinf(correlation_m):
        reach, own = length, length**2
    else:
        reach = -np.expm1(-share) * correlation_m
        excess = np.where(share < _SMALL, share**2 / 2 - share**3 / 6, share + np.expm1(-share))
        own = 2 * correlation_m**2 * excess
    pulled, same = weight * reach, _goes_on(pieces)
    fade = same * np.exp(-(start - np.append(0.0, end[:-1])[: len(end)]).clip(min=0) / correlation_m)
    tie = same * np.exp(-(start - np.append(0.0, start[:-1])[: len(end)]).clip(min=0) / correlation_m)
    so_far = fade * np.append(0.0, pulled[:-1])[: len(end)]
    step = 1
    while step < len(end) and tie[step:].max() > _FADED:
        so_far[step:] += tie[step:] * so_far[:-step]
        tie[step:] = tie[step:] * tie[:-step]
        step *= 2
    found = weight**2 * own + 2 * pulled * so_far
    rows = np.flatnonzero(closed)
    found[rows] += _round_the_back(Pieces._make(one[rows] for one in pieces), weight[rows], correlation_m)
    return np.asarray(found)


def _goes_on(pieces: Pieces) -> Bools:
    """Tell which pieces lie on the same line as the one before, in the same sum."""
    same = (pieces.line[1:] == pieces.line[:-1]) & (pieces.sum[1:] == pieces.sum[:-1])
    return np.append(False, same)[: len(pieces.line)]


def _round_the_back(pieces: Pieces, weight: Floats, correlation_m: float) -> Floats:
    """Give what the way round the other side of closed lines of length C adds: exp(-(C - |s - t|) / l)."""
    (start, end), around = pieces.along.T, pieces.around_m
    length = end - start
    share, lap = length / correlation_m, np.exp(-around / correlation_m)
    if math.isinf(correlation_m):
        reach, own = length, length**2
    else:
        reach = -np.expm1(-share) * correlation_m
        bulk = np.exp(-(around - length) / correlation_m) - lap * (1 + share)
        own = 2 * correlation_m**2 * np.where(share < _SMALL, lap * (share**2 / 2 + share**3 / 6), bulk)
    first, second = (
        np.exp(-far / correlation_m) * weight * reach for far in (start, (around - end).clip(min=0))
    )
    total, begins = np.cumsum(first) - first, ~_goes_on(pieces)
    base = total[np.flatnonzero(begins)][np.cumsum(begins) - 1]
    return np.asarray(weight**2 * own + 2 * second * (total - base))


def laid_together(
    line: Ints, along: Floats, around_m: Floats, pull: Floats
) -> tuple[Ints, Floats, Floats, Floats]:
    """Turn pieces that overlap on a line into such as do not, with the weight of all that lie there.

    `pull` is what a movement of a whole piece by 1 makes of each sum, (n, m). Gives line, ends, length of the
    closed line, and weight of each new piece, (m, n).
    """
    low, high = along.min(axis=1), np.maximum(along.max(axis=1), along.min(axis=1) + SAME_M)
    found = []
    for rows in rows_of_each(line):
        cuts = np.unique(np.concatenate([low[rows], high[rows]]))
        density = pull[rows] / (high - low)[rows, None]
        change = np.zeros((len(cuts), pull.shape[1]))
        np.add.at(change, np.searchsorted(cuts, low[rows]), density)
        np.add.at(change, np.searchsorted(cuts, high[rows]), -density)
        n = len(cuts) - 1
        ends = np.column_stack([cuts[:-1], cuts[1:]])
        found.append(
            (np.full(n, line[rows[0]]), ends, np.full(n, around_m[rows[0]]), change.cumsum(axis=0)[:-1])
        )
    if not found:
        return line, along, around_m, pull
    lines, ends, around, weight = (np.concatenate(column) for column in zip(*found, strict=True))
    return lines, ends, around, weight


class Process(NamedTuple):
    """A process along lines, at places on them."""

    place: Ints  # which places of the field, (n,)
    scale_m: Floats  # its standard deviation there, (n,) [m]
    line: Ints  # the line, the length of its course up to there, and that of all of it if it is closed, (n,)
    at: Floats
    around_m: Floats
    stretch: Ints  # what is off as a whole there, (n,)


@dataclass(frozen=True)
class ErrorField:
    """The errors outward at the middles of pieces of fronts."""

    pieces: Fronts
    edges: Floats  # where the drawn edge of each piece begins and ends along the front [m], (n, 2)
    noise: NoiseModel

    @cached_property
    def processes(self) -> list[Process]:
        """What the errors are the sum of: the own part of each line, and what both dates have in common."""
        pieces, between = self.pieces, self.noise.between
        own = pieces.sigma_m * np.sqrt(np.where(pieces.shared, 1.0, 1 - between))
        stretch = 2 * pieces.stretch + pieces.shared
        every = np.arange(len(own))
        found = [Process(every, own, pieces.line, pieces.along.mean(axis=1), pieces.around_m, stretch)]
        if between > 0:
            laid, rows = pieces.facing()
            scale, at = laid.sigma_m * math.sqrt(between), laid.along.mean(axis=1)
            found.append(Process(rows, scale, laid.line, at, laid.around_m, laid.stretch))
        return found

    def covariance(self, first: Ints, last: Ints) -> Floats:
        """Covariance of the errors at two sets of places [m²]."""
        total = np.zeros((len(first), len(last)))
        for process in self.processes:
            where = np.full(len(self.edges), -1)
            where[process.place] = np.arange(len(process.place))
            a, b = where[first], where[last]
            both = (a >= 0)[:, None] & (b >= 0)
            tie = sum(share * self._tie(process, a, b, length) for length, share in self.noise.parts)
            total += both * tie * process.scale_m[a][:, None] * process.scale_m[b]
        out = self.pieces.outward
        return np.asarray(total + self.noise.shared_bias_m**2 * out[first] @ out[last].T)

    def _tie(self, process: Process, a: Ints, b: Ints, length: Length) -> Floats:
        """Correlation of one part of the errors at two sets of places of a process."""
        if length == STRETCH:
            return np.asarray(process.stretch[a][:, None] == process.stretch[b], dtype=float)
        if length == 0:
            weights = self._of_vertices
            return np.asarray(weights[a] @ weights[b].T)
        same = process.line[a][:, None] == process.line[b]
        way = np.abs(process.at[a][:, None] - process.at[b])
        return np.asarray(same * _fade(way, process.around_m[a][:, None], float(length)))

    @cached_property
    def _of_vertices(self) -> Floats:
        """How much of each vertex is in each place, if the line is straight between vertices."""
        pieces = self.pieces
        stop = np.where(self.edges[:, 1] > pieces.around_m - SAME_M, 0.0, self.edges[:, 1])
        places = np.column_stack([np.tile(pieces.line, 2), np.concatenate([self.edges[:, 0], stop]).round(3)])
        vertices, vertex = np.unique(places, axis=0, return_inverse=True)
        share = (pieces.along.mean(axis=1) - self.edges[:, 0]) / np.diff(self.edges, axis=1)[:, 0]
        weights, n = np.zeros((len(share), len(vertices))), len(share)
        np.add.at(weights, (np.arange(n), np.ravel(vertex)[:n]), 1 - share)
        np.add.at(weights, (np.arange(n), np.ravel(vertex)[n:]), share)
        return weights

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        """Draw the errors `n` times, (n_places, n) [m]."""
        total = np.zeros((len(self.edges), n))
        for process in self.processes:
            for length, share in self.noise.parts:
                drawn = self._drawn(process, length, rng, n)
                total[process.place] += math.sqrt(share) * process.scale_m[:, None] * drawn
        shift = self.noise.shared_bias_m * rng.standard_normal((2, n))
        return np.asarray(total + self.pieces.outward @ shift)

    def _drawn(self, process: Process, length: Length, rng: np.random.Generator, n: int) -> Floats:
        """Draw one part of the errors of a process, with variance 1."""
        if length == 0:
            weights = self._of_vertices
            return np.asarray(weights @ rng.standard_normal((weights.shape[1], n)))
        if length == STRETCH or math.isinf(float(length)):
            kinds, kind = np.unique(
                process.stretch if length == STRETCH else process.line, return_inverse=True
            )
            return np.asarray(rng.standard_normal((len(kinds), n))[kind])
        out = np.empty((len(process.line), n))
        for rows in _in_order(process):
            fresh = rng.standard_normal((len(rows), n))
            out[rows] = _along(process.at[rows], process.around_m[rows[0]], float(length), fresh)
        return out


def _in_order(process: Process) -> list[Ints]:
    """Give the places of each line in order."""
    order = np.lexsort((process.at, process.line))
    breaks = np.flatnonzero(np.diff(process.line[order])) + 1
    return [rows for rows in np.split(order, breaks) if len(rows)]


def _fade(way_m: Floats, around_m: Floats, length_m: float) -> Floats:
    """Correlation over a way along a line, round both ways where that is closed."""
    if math.isinf(length_m):
        return np.ones_like(way_m)
    lap = np.exp(-around_m / length_m)
    return np.asarray((np.exp(-way_m / length_m) + np.exp(-(around_m - way_m) / length_m)) / (1 + lap))


def _along(at: Floats, around_m: float, length_m: float, fresh: Floats) -> Floats:
    """Turn independent draws into such of an Ornstein-Uhlenbeck process at places along a line.

    On an open line each value is that of the place before, faded over the gap, and a fresh part that keeps
    the variance at 1: exact whatever the spacing. On a closed one the root of the covariance is taken.
    """
    if math.isfinite(around_m):
        tie = _fade(np.abs(at[:, None] - at), np.array(around_m), length_m)
        return np.asarray(np.linalg.cholesky(tie + 1e-9 * np.eye(len(at))) @ fresh)
    tie = np.exp(-np.diff(at) / length_m)
    loose = np.sqrt(1 - tie**2)
    for k in range(1, len(at)):
        fresh[k] = tie[k - 1] * fresh[k - 1] + loose[k - 1] * fresh[k]
    return fresh
