"""The gap between two fronts, freed of the errors of its lines as far as data can tell."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import shapely

from frontlines.geometry.planar import edge_lines, edge_middles
from frontlines.names import Bools, Floats, Geometries, Ints
from frontlines.uncertainty.field import ErrorField

_NEAR = 4.0  # gaps wider than so many of their standard errors are never closed by errors
_BLOCK = 120  # places of the later front whose gaps are looked at together
_SPREADS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)  # of the gap about its mean, in its standard errors
_REACHES = (1.5, 3.0, 6.0, 12.0, 24.0)  # over which it is alike, in the reach of the errors
_FEWEST = 3  # places that tell anything of a spread
_SLIGHT = 0.01  # weight of a pair of spread and reach that is left out
_SURE = 2.0  # a gap that is not as many of its standard errors off 0 may be none
_BESIDE = 1.5  # pieces of the front: a place farther than this from a pair is no part of one
_JITTER = 1e-6  # of the variance, for the roots of matrices


@dataclass(frozen=True)
class Block:
    """Places of the later front, each facing one of the earlier."""

    last: Ints  # places of the field on the later front, and what faces each on the earlier one, (n,)
    first: Ints
    drawn_m: Floats  # the gap as drawn, positive where ground was gained, (n,)
    follows: Ints  # places of the field whose errors are known better by these gaps, (k,)
    nearest: Ints  # which gap is nearest to each of them, and whether it is theirs, (k,)
    theirs: Bools
    pull: Floats  # covariance of these with the error of each gap, (k, n) [m²]
    weights: Floats  # probability of each prior that is kept, (h,)
    roots: list[Floats]  # roots of its covariance of the gaps, (h, n, n)
    solved: list[Floats]  # inverse of the covariance of drawn gaps, (h, n, n)
    mean_m: Floats  # what the gap is likely to be, and its standard error, (n,)
    spread_m: Floats

    @property
    def sure_m(self) -> Floats:
        """The gap where it is more than two standard errors off 0, else 0 [m], (n,)."""
        return np.where(np.abs(self.mean_m) > _SURE * self.spread_m, self.mean_m, 0.0)

    def conditioned(self, errors: Floats, rng: np.random.Generator) -> Floats:
        """Give what to add to errors so that they fit the drawn gaps and a gap of the prior, (k, n)."""
        out = np.zeros((len(self.follows), errors.shape[1]))
        which = rng.choice(len(self.weights), size=errors.shape[1], p=self.weights)
        for number, (root, inverse) in enumerate(zip(self.roots, self.solved, strict=True)):
            own = np.flatnonzero(which == number)
            gap = root @ rng.standard_normal((len(root), len(own)))
            off = errors[self.last][:, own] - errors[self.first][:, own]
            left = inverse @ (self.drawn_m[:, None] - gap - off)
            level = left.sum(axis=0) / inverse.sum()  # the mean, which is not known beforehand
            out[:, own] = self.pull @ (left - inverse.sum(axis=1)[:, None] * level)
        return out


def find_blocks(field: ErrorField, before: Geometries) -> list[Block]:
    """Find where the fronts are near, and what their gap is likely to be."""
    pieces = field.pieces
    fresh = ~pieces.shared & (pieces.sigma_m > 0)
    first, last = np.flatnonzero(fresh & (pieces.before != 0)), np.flatnonzero(fresh & (pieces.before == 0))
    if not (len(first) and len(last)):
        return []
    middles = shapely.points(edge_middles(pieces.ends))
    tree = shapely.STRtree(edge_lines(pieces.ends[first]))
    (_, near), way = tree.query_nearest(middles[last], all_matches=False, return_distance=True)
    facing = first[near]
    way = way / ((pieces.straightness[last] + pieces.straightness[facing]) / 2)
    limit = _NEAR * np.hypot(pieces.sigma_m[last], pieces.sigma_m[facing])
    gap = np.where(shapely.contains_properly(before, middles[last]), -way, way)
    alike = np.einsum("ij,ij->i", pieces.outward[last], pieces.outward[facing]) > 0
    kept = (way < limit) & alike
    last, facing, gap = last[kept], facing[kept], gap[kept]
    if not len(last):
        return []
    # Each place takes the gap of the pair that is nearest to it.
    rows = np.flatnonzero(fresh)
    tree = shapely.STRtree(middles[np.concatenate([last, facing])])
    (_, near), way = tree.query_nearest(middles[rows], all_matches=False, return_distance=True)
    pair = near % len(last)
    theirs = way <= _BESIDE * pieces.length_m[rows].max()
    number = _numbers(pieces.line[last])
    found = []
    for one in np.unique(number):
        own, after = np.flatnonzero(number == one), np.flatnonzero(number[pair] == one)
        if len(own) >= _FEWEST:
            beside = (rows[after], pair[after] - own[0], theirs[after])
            found.append(_block(field, last[own], facing[own], gap[own], beside))
    return found


def _numbers(line: Ints) -> Ints:
    """Give the number of its block to each place: parts of a line of about the same size."""
    number, total = np.zeros(len(line), dtype=np.int64), 0
    for one in np.unique(line):
        rows = np.flatnonzero(line == one)
        blocks = int(np.ceil(len(rows) / _BLOCK))
        number[rows] = total + np.arange(len(rows)) * blocks // len(rows)
        total += blocks
    return number


def _block(
    field: ErrorField, last: Ints, first: Ints, gap: Floats, beside: tuple[Ints, Ints, Bools]
) -> Block:
    """Weigh the priors of a block's gap, and find what the gap is likely to be."""
    follows, nearest, theirs = beside
    pull = field.covariance(follows, last) - field.covariance(follows, first)
    noise = field.covariance(last, last) + field.covariance(first, first)
    cross = field.covariance(last, first)
    noise -= cross + cross.T
    variance = float(np.diag(noise).mean())
    at = field.pieces.along[last].mean(axis=1)
    step = float(np.diff(at).mean())
    reach = float(np.clip((noise.sum(axis=1) / np.diag(noise)).mean() * step / 2, step, np.ptp(at) / 2))
    way = np.abs(at[:, None] - at)
    n, one = len(gap), np.ones(len(gap))
    found, scores = [], []
    for spread, length in product(_SPREADS, _REACHES):
        path = np.sqrt(3) * way / (length * reach)
        prior = spread**2 * variance * (1 + path) * np.exp(-path)
        inverse = np.linalg.inv(prior + noise + _JITTER * variance * np.eye(n))
        ones = inverse.sum()
        level = one @ inverse @ gap / ones
        off = gap - level
        logdet = np.linalg.slogdet(inverse)[1]
        scores.append((logdet - np.log(ones) - off @ inverse @ off) / 2)
        found.append((prior, inverse, level))
    weight = np.exp(np.array(scores) - max(scores))
    weight /= weight.sum()
    kept = np.flatnonzero(weight > _SLIGHT)
    weight = weight[kept] / weight[kept].sum()
    mean, square, roots = np.zeros(n), np.zeros(n), []
    for share, number in zip(weight, kept, strict=True):
        prior, inverse, level = found[number]
        likely = level + prior @ inverse @ (gap - level)
        lever = 1 - prior @ inverse.sum(axis=1)
        own = np.diag(prior) - np.einsum("ij,ij->i", prior @ inverse, prior) + lever**2 / inverse.sum()
        mean += share * likely
        square += share * (own.clip(min=0) + likely**2)
        roots.append(np.linalg.cholesky(prior + _JITTER * variance * np.eye(n)))
    return Block(
        last=last, first=first, drawn_m=gap, follows=follows, nearest=nearest, theirs=theirs, pull=pull,
        weights=weight, roots=roots,
        solved=[found[number][1] for number in kept], mean_m=mean,
        spread_m=np.sqrt((square - mean**2).clip(min=0)),
    )  # fmt: skip
