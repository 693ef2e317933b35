"""How errors along lines go together: their integrals, exactly, their covariances, and draws of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from frontlines.names import STRETCH, Bools, Floats, Ints, Length
from frontlines.uncertainty.fronts import Fronts
from frontlines.uncertainty.noise import SAME_M, NoiseModel

_SMALL = 1e-4  # shares of the correlation length below which series replace differences of exponentials


def integral_variance(
    line: Ints, along: Floats, around_m: Floats, weight: Floats, correlation_m: float
) -> Floats:
    r"""Variance of weighted sums of integrals of the process over pieces of lines, (m,) [weight² m²].

    Each piece has the number of its process, `line`, sorted; `along`, its ends on it [m], (n, 2), sorted,
    without overlap; `around_m`, the length of the closed line it is part of, infinite for an open one; and a
    `weight` for each sum, (n, m).

    With l the correlation length and h the length of a piece, the covariance over two pieces with a gap g
    between them is l² (1 - exp(-h1/l)) (1 - exp(-h2/l)) exp(-g/l), and the variance of one 2 l² (h/l - 1 +
    exp(-h/l)). The first has a factor for each piece, so that one pass along the line sums over all pairs.
    """
    closed = np.isfinite(around_m)
    lap = np.where(closed, np.exp(-np.where(closed, around_m, 0.0) / correlation_m), 0.0)
    weight = weight / np.sqrt(1 + lap)[:, None]
    # Each piece with itself.
    length = along[:, 1] - along[:, 0]
    share = length / correlation_m
    reach = length if math.isinf(correlation_m) else -np.expm1(-share) * correlation_m
    excess = np.where(share < _SMALL, share**2 / 2 - share**3 / 6, share + np.expm1(-share))
    own = length**2 if math.isinf(correlation_m) else 2 * correlation_m**2 * excess
    variance = (weight**2 * own[:, None]).sum(axis=0)
    # Each piece with all that come before it on its line.
    same = line[1:] == line[:-1]
    gap = np.where(same, along[1:, 0] - along[:-1, 1], 0.0).clip(min=0)
    fades = same * np.exp(-gap / correlation_m)
    through = np.exp(-share)
    pulled = weight * reach[:, None]
    so_far = np.zeros(weight.shape[1])
    for piece in range(1, len(line)):
        so_far = (so_far * through[piece - 1] + pulled[piece - 1]) * fades[piece - 1]
        variance += 2 * pulled[piece] * so_far
    if closed.any():
        rows = np.flatnonzero(closed)
        variance += _round_the_back(line[rows], along[rows], around_m[rows], weight[rows], correlation_m)
    return np.asarray(variance)


def _round_the_back(
    line: Ints, along: Floats, around_m: Floats, weight: Floats, correlation_m: float
) -> Floats:
    """Sum exp(-(C - |s - t|) / l) over closed lines: the way round the other side."""
    length = along[:, 1] - along[:, 0]
    share = length / correlation_m
    lap = np.exp(-around_m / correlation_m)
    if math.isinf(correlation_m):
        reach, own = length, length**2
    else:
        reach = -np.expm1(-share) * correlation_m
        bulk = np.exp(-(around_m - length) / correlation_m) - lap * (1 + share)
        own = 2 * correlation_m**2 * np.where(share < _SMALL, lap * (share**2 / 2 + share**3 / 6), bulk)
    variance = (weight**2 * own[:, None]).sum(axis=0)
    first = np.exp(-along[:, 0] / correlation_m)[:, None] * weight * reach[:, None]
    second = np.exp(-(around_m - along[:, 1]) / correlation_m)[:, None] * weight * reach[:, None]
    for rows in np.split(np.arange(len(line)), np.flatnonzero(np.diff(line)) + 1):
        variance += 2 * (second[rows][1:] * np.cumsum(first[rows], axis=0)[:-1]).sum(axis=0)
    return np.asarray(variance)


def whole_variance(stretch: Ints, shared: Bools, pull: Floats) -> Floats:
    """Variance of weighted sums if each stretch is off as a whole, where it is shared and where it is not."""
    kind, number = np.unique(2 * stretch + shared, return_inverse=True)
    sums = np.zeros((len(kind), pull.shape[1]))
    np.add.at(sums, np.ravel(number), pull)
    return np.asarray((sums**2).sum(axis=0))


def laid_together(
    line: Ints, along: Floats, around_m: Floats, pull: Floats
) -> tuple[Ints, Floats, Floats, Floats]:
    """Turn pieces that overlap on a line into such as do not, with the weight of all that lie there.

    `pull` is what a movement of a whole piece by 1 makes of each sum, (n, m). Gives line, ends, length of the
    closed line, and weight of each new piece, as `integral_variance` takes them.
    """
    low, high = along.min(axis=1), np.maximum(along.max(axis=1), along.min(axis=1) + SAME_M)
    found = []
    for one in np.unique(line):
        rows = np.flatnonzero(line == one)
        cuts = np.unique(np.concatenate([low[rows], high[rows]]))
        density = pull[rows] / (high - low)[rows, None]
        change = np.zeros((len(cuts), pull.shape[1]))
        np.add.at(change, np.searchsorted(cuts, low[rows]), density)
        np.add.at(change, np.searchsorted(cuts, high[rows]), -density)
        n = len(cuts) - 1
        ends = np.column_stack([cuts[:-1], cuts[1:]])
        found.append((np.full(n, one), ends, np.full(n, around_m[rows[0]]), change.cumsum(axis=0)[:-1]))
    if not found:
        return line, along, around_m, pull
    lines, ends, around, weight = (np.concatenate(column) for column in zip(*found, strict=True))
    return lines, ends, around, weight


def vertex_variance(line: Ints, along: Floats, around_m: Floats, edge: Floats, weight: Floats) -> Floats:
    """Variance of weighted sums of integrals if vertices are independent and the line is straight between."""
    length = along[:, 1] - along[:, 0]
    middle = (along.mean(axis=1) - edge[:, 0]) / (edge[:, 1] - edge[:, 0])
    stop = np.where(edge[:, 1] > around_m - SAME_M, 0.0, edge[:, 1])
    places = np.column_stack([np.tile(line, 2), np.concatenate([edge[:, 0], stop]).round(3)])
    vertices, vertex = np.unique(places, axis=0, return_inverse=True)
    share = np.concatenate([(1 - middle) * length, middle * length])
    pull = np.zeros((len(vertices), weight.shape[1]))
    np.add.at(pull, np.ravel(vertex), np.tile(weight, (2, 1)) * share[:, None])
    return np.asarray((pull**2).sum(axis=0))


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
