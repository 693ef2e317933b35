"""Integrals of an exponentially correlated process along lines, exactly."""

from __future__ import annotations

import math

import numpy as np

from frontlines.names import Bools, Floats, Ints
from frontlines.uncertainty.noise import SAME_M

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
