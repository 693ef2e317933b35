"""The errors of lines at places along them: how they go together, and draws of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from frontlines.names import STRETCH, Floats, Ints, Length
from frontlines.uncertainty.fronts import Fronts
from frontlines.uncertainty.noise import SAME_M, NoiseModel


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
