"""Errors of areas by simulation."""

from __future__ import annotations

import math
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arguments import checked
from frontlines.arrays import Bools, Floats, Floats32, Geometries, Ints, rows_of_each
from frontlines.geometry.planar import edge_lines, edge_middles
from frontlines.limits import within
from frontlines.names import BORDER_M, KM2, REACH_M, Mapper
from frontlines.progress import Progress, track
from frontlines.uncertainty.columns import (
    LEVEL,
    AreaErrors,
    Draws,
    check_draws,
    check_level,
    with_draws,
    with_range,
    with_total,
    without_total,
)
from frontlines.uncertainty.formula import Parts, near_fronts
from frontlines.uncertainty.fronts import BalanceFronts, Fronts, fronts_of_balance
from frontlines.uncertainty.kernel import ErrorField
from frontlines.uncertainty.noise import NoiseModel

_BLOCK = 100  # draws done by a worker at once, from one seed
_FINE = 0.5  # pieces of the front are no longer than this part of the correlation length
_FINER = 0.2  # the same where dates have errors in common: these cancel only piece by piece
_MOST = 2_000  # pieces of fresh front, if they can be so few
_WIDE = 2.0  # and no longer than so many sigmas
_NEAR = 4.0  # gaps wider than so many of their standard errors are never closed by errors
_TOGETHER = 120  # places of the later front whose gaps are looked at together
_SPREADS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)  # of the gap about its mean, in its standard errors
_REACHES = (1.5, 3.0, 6.0, 12.0, 24.0)  # over which it is alike, in the reach of the errors
_FEWEST = 3  # places that tell anything of a spread
_SLIGHT = 0.01  # weight of a pair of spread and reach that is left out
_SURE = 2.0  # a gap that is not as many of its standard errors off 0 may be none
_BESIDE = 1.5  # pieces of the front: a place farther than this from a pair is no part of one
_JITTER = 1e-6  # of the variance, for the roots of matrices
_NEVER = 4.0  # a front is hardly ever off by more of its standard errors than this
_FAR = 1e6  # widths of a square: beyond the reach of any front
_BITS = 31  # of the number of a row in the number of a square
_AT_ONCE = 4_000_000  # squares times draws looked at together


@checked()
def simulate_balance(  # noqa: PLR0913 - data, then options
    balance: pd.DataFrame,
    control: gpd.GeoDataFrame,
    frontlines: gpd.GeoDataFrame,
    *,
    theatre: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    noise: NoiseModel,
    draws: int = 1000,
    level: float = LEVEL,
    border_m: float = BORDER_M,
    reach_m: float = REACH_M,
    mapper: Mapper = map,
    progress: Progress = None,
) -> AreaErrors:
    """Carry the errors of lines into the areas of a balance, by simulation.

    Parameters
    ----------
    balance, control, frontlines
        As in `balance_error`.
    theatre, districts, noise, level, border_m, reach_m
        As in `balance_error`; the seed is that of `noise`.
    draws
        How often the fronts are drawn.
    mapper
        A function like `map`, such as that of a pool of processes. One seed gives one result with any.
    progress
        None, True for a bar, or a function of (fraction, message).

    Returns
    -------
    errors
        Balance and total with the columns of `balance_error`. `sigma_km2` is the standard deviation of net in
        the draws, and `p_gain` the share of draws with a gain. What is held before and after has the errors
        of `balance_error`. `trust` is ``yes``, or says why an interval is missing: ``no`` where no draw
        reaches a district within three sigmas of a front that moved, ``net`` where too few draws tell that
        nothing was gained, or lost (fewer than 120 at a level of 95 %).

    Raises
    ------
    NoiseError
        As `balance_error`; also if there are fewer than two draws.
    LayerError
        As `balance_error`.
    CRSError
        If the frames are not in one working CRS.

    See Also
    --------
    balance_error : The same model by formula, to first order.

    Notes
    -----
    **Displacing fronts.** The ground near fronts of one date only is laid out in small squares, cut along the
    districts. Of each the distance to the front of either date is known, and the nearest piece of it;
    if that piece moves outward, the square falls to the side, in part while the front passes through it. So
    a front is displaced without building polygons, and cannot be tangled.

    **Gained and lost.** Drawn lines carry their errors. Ground between lines that cross by error is counted
    as gained and as lost, and pushing the lines once more would count the errors twice. No unbiased
    estimate of such areas exists [1]_, so two intervals are taken, and the one that spans both:

    - *What is likely.* Where the gap between the two fronts is less than four standard errors, it
      is taken to be a level, which is not known, and a Gaussian process about it; its spread and reach are
      weighed by how well they explain the gap as drawn, given the known errors. True lines are drawn from
      what follows, by conditional simulation [2]_. Elsewhere the errors are free. The interval holds the
      middle of what these lines gain and lose.
    - *What is drawn again.* The gap is set to its likely value where that is more than two standard errors
      off 0, and else to 0. The lines are drawn again from there, and what they gain and lose more than this,
      by chance, is taken off the drawn figure: a basic bootstrap interval [3]_.

    Then the question is asked whether anything was lost at all: if fronts whose gap is nowhere negative,
    drawn with errors, show as much loss as the drawn ones in more draws than half of what the interval leaves
    out (2.5 % for 95 %), and no more than a standard error of ground stays lost, the lower end is 0. Then
    what was gained may be net, and its interval spans that of net too. The same for gained.

    `benchmarks/coverage.py` shows how often these intervals hold the truth.

    References
    ----------
    .. [1] Cai, T. T., Low, M. G. (2011). Testing composite hypotheses, Hermite polynomials and optimal
       estimation of a nonsmooth functional. Annals of Statistics 39, 1012-1041. https://doi.org/10.1214/10-AOS849
    .. [2] Chilès, J.-P., Delfiner, P. (2012). Geostatistics: Modeling Spatial Uncertainty, 2nd ed., Wiley,
       section 7.3. https://doi.org/10.1002/9781118136188
    .. [3] Davison, A. C., Hinkley, D. V. (1997). Bootstrap Methods and their Application,
       Cambridge University Press, section 5.2. https://doi.org/10.1017/CBO9780511802843

    Examples
    --------
    >>> import frontlines as fl
    >>> study = fl.load_study("karabakh-1994")
    >>> found = fl.run_study(study)
    >>> errors = simulate_balance(
    ...     found.balance.loc[:, :"contested_after_km2"], found.control, found.frontlines,
    ...     theatre=study.theatre, districts=study.districts, noise=NoiseModel(None, "stretch"), draws=100)
    >>> float(errors.total["lost_low_km2"].iloc[0])
    0.0
    """
    check_draws(draws)
    check_level(level)
    found = fronts_of_balance(
        balance, control, frontlines, theatre, districts, noise, border_m=border_m, reach_m=reach_m
    )
    sizes = np.diff(np.append(np.arange(0, draws, _BLOCK), draws))
    seeds = np.random.default_rng(deepcopy(noise.rng)).spawn(len(sizes))
    pieces, edges, squares = _cut(found, noise)
    parts = Parts(found.fronts, found.outlines, found.shapes)
    squares = _in_proportion(squares, pieces, parts)
    within("drawn_points", len(edges) * draws, f"draws={draws}")
    tasks = [_task(found, ErrorField(pieces, edges, model), squares, mapper) for model in noise.plausible]
    work = list(zip(seeds, map(int, sizes), strict=True))
    drawing = (block for task in tasks for block in mapper(partial(_draw_block, task), work))
    blocks = list(track(drawing, progress, "drawing fronts", total=len(tasks) * len(work)))
    place = np.append(found.place, len(found.shapes))
    swept = np.append(squares.districts, len(found.shapes))
    rows = np.flatnonzero(np.isin(place, swept))
    at = np.searchsorted(swept, place[rows])
    tables, near = [], near_fronts(parts.pieces, found.shapes)[place]
    for number, task in enumerate(tasks):
        own = blocks[number * len(sizes) : (number + 1) * len(sizes)]
        drawn = {key: np.concatenate([one[key] for one in own], axis=-1)[:, at] for key in own[0]}
        held = {name: parts.sigma_km2(name, task.field.noise)[place] for name in ("before", "after")}
        changes = _changes(task, drawn, rows, at)
        tables.append(with_draws(with_total(balance), changes, held, level, near))
    return AreaErrors(
        *without_total(with_range(tables), balance),
        method="simulation",
        level=level,
        shared_km=found.fronts.shared_km,
        draws=draws,
    )


def _changes(task: _Task, drawn: dict[str, Floats], rows: Ints, at: Ints) -> Draws:
    """Take from each kind of draws what lines without new errors would give."""
    moves = (0 * task.known_m, task.known_m, task.none_gained_m, task.none_lost_m)
    still = task.squares.areas_km2(np.column_stack(moves))[:, at]
    as_drawn = still[..., :1]
    return Draws(
        rows=rows,
        free=drawn["free"] - as_drawn,
        likely=drawn["likely"] - as_drawn,
        again=drawn["known"] - still[..., 1:2],
        none=np.stack([drawn["none gained"][0], drawn["none lost"][1]]) - as_drawn,
        left=np.stack([still[0, :, 2], still[1, :, 3]]) - as_drawn[..., 0],
    )


@dataclass(frozen=True)
class _Task:
    """What a block of draws needs."""

    field: ErrorField
    squares: Squares
    blocks: list[Block]
    known_m: Floats  # how to move each piece so that only gaps that are sure stay, (n_pieces,)
    none_lost_m: Floats  # the same, and no ground is lost; or none gained
    none_gained_m: Floats


def _cut(found: BalanceFronts, noise: NoiseModel) -> tuple[Fronts, Floats, Squares]:
    """Cut fronts into pieces, and ground into squares; give the edge of each piece too."""
    fronts = found.fronts
    fresh = fronts.moving
    total = float(fronts.length_m[fresh].sum())
    sigma = float((fronts.length_m * fronts.sigma_m)[fresh].sum()) / max(total, 1.0)
    lengths = [float(one) for one, _ in noise.parts if not isinstance(one, str) and 0 < one < math.inf]
    fine = _FINER if noise.between else _FINE
    step = max(min([fine * one for one in lengths] + [_WIDE * sigma]), total / _MOST, 1.0)
    parts = np.where(fresh, np.maximum(np.ceil(fronts.length_m / step), 1), 1).astype(np.int64)
    edge = np.repeat(np.arange(len(parts)), parts)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(parts) - parts, parts)
    pieces = fronts.pieces(edge, np.column_stack([number, number + 1]) / parts[edge, None])
    return pieces, fronts.along[edge], cut_squares(found, pieces, step, noise.shared_bias_m)


def _task(found: BalanceFronts, field: ErrorField, squares: Squares, mapper: Mapper) -> _Task:
    """Find where the fronts are near, and what is sure of their gap."""
    blocks = find_blocks(field, found.outlines[0].ground, mapper)
    sure = [block.sure_m for block in blocks]
    return _Task(
        field,
        squares,
        blocks,
        known_m=_moves(field, blocks, sure),
        none_lost_m=_moves(field, blocks, [np.maximum(gap, 0) for gap in sure]),
        none_gained_m=_moves(field, blocks, [np.minimum(gap, 0) for gap in sure]),
    )


def _moves(field: ErrorField, blocks: list[Block], gaps_m: list[Floats]) -> Floats:
    """Find how to move pieces so that gaps are others: either front by its share of the variance."""
    moved = np.zeros(len(field.edges))
    square = field.pieces.sigma_m**2
    for block, gap in zip(blocks, gaps_m, strict=True):
        by = gap - block.drawn_m
        share = square[block.follows] / (square[block.last] + square[block.first])[block.nearest]
        late = field.pieces.before[block.follows] == 0
        moved[block.follows] = np.where(late, share, -share) * by[block.nearest] * block.theirs
    return moved


def _draw_block(task: _Task, work: tuple[np.random.Generator, int]) -> dict[str, Floats]:
    """Measure some draws: gained and lost [km²] of each kind, as `Squares.areas_km2` does."""
    seed, n = work
    rng = deepcopy(seed)  # the next model takes the same one
    errors, fresh = task.field.draw(rng, n), task.field.draw(rng, n)
    likely = errors.copy()
    for block in task.blocks:
        likely[block.follows] += block.conditioned(errors, rng)
    moves = {
        "free": -errors,
        "likely": -likely,
        "known": task.known_m[:, None] + fresh,
        "none lost": task.none_lost_m[:, None] + fresh,
        "none gained": task.none_gained_m[:, None] + fresh,
    }
    return {name: task.squares.areas_km2(moved) for name, moved in moves.items()}


@dataclass(frozen=True)
class Squares:
    """Squares of the ground, cut along the districts, sorted by district."""

    area_km2: Floats32  # (n,)
    starts: Ints  # where the squares of each district begin that has any, and which these are
    districts: Ints
    depth: tuple[
        Floats32, Floats32
    ]  # on either date how far within the ground of the side the middle lies, in widths
    piece: tuple[Ints, Ints]  # the nearest piece of its front
    # How far each piece leaves its place if the front moves outward by 1: where a line zigzags, its edges lie
    # aslant, and leave their place by less
    sign: tuple[Floats32, ...]
    width_m: float

    def areas_km2(self, moved_m: Floats) -> Floats:
        """Measure what is gained and lost if each piece moves outward.

        `moved_m` is (n_pieces, n_draws); gives (2, n + 1, n_draws): a row for each of the n `districts` that
        have squares, and one for all together at the end.
        A line through a square cuts off as much of it as if it ran along it; two lines run alike there.
        """
        out = np.zeros((2, len(self.districts) + 1, moved_m.shape[1]))
        if not len(self.area_km2):
            return out
        chunk = max(1, _AT_ONCE // len(self.area_km2))
        for first in range(0, moved_m.shape[1], chunk):
            part = slice(first, first + chunk)
            moved = (moved_m[:, part] / self.width_m).astype(np.float32)
            held = [
                np.clip(depth[:, None] + (sign[:, None] * moved)[piece] + np.float32(0.5), 0, 1)
                for depth, piece, sign in zip(self.depth, self.piece, self.sign, strict=True)
            ]
            change = (held[1] - held[0]) * self.area_km2[:, None]
            for row, values in enumerate((np.maximum(change, 0), np.maximum(-change, 0))):
                out[row, :-1, part] = np.add.reduceat(values, self.starts, axis=0)
        out[:, -1] = out[:, :-1].sum(axis=1)
        return out


def cut_squares(found: BalanceFronts, pieces: Fronts, width_m: float, shift_m: float) -> Squares:
    """Lay squares over the ground that fronts of one date only may sweep."""
    corners = _corners(pieces, width_m, shift_m)
    boxes = shapely.box(*(corners * width_m).T, *((corners + 1) * width_m).T)
    square, district = shapely.STRtree(found.shapes).query(boxes, predicate="intersects")
    shapely.prepare(found.shapes)
    area = np.full(len(square), width_m**2)
    cut = ~shapely.contains(found.shapes[district], boxes[square])
    area[cut] = shapely.area(shapely.intersection(found.shapes[district[cut]], boxes[square[cut]]))
    kept = area > 0
    square, district, area = square[kept], district[kept], area[kept]
    order = np.lexsort((square, district))
    square, district, area = square[order], district[order], area[order]
    middles = shapely.points((corners + 0.5) * width_m)
    depth, piece = zip(
        *(
            _depths(middles, outline.ground, pieces, part, width_m)
            for outline, part in zip(found.outlines, (pieces.before, pieces.after), strict=True)
        ),
        strict=True,
    )
    starts = np.flatnonzero(np.append(True, np.diff(district) != 0)) if len(district) else district
    return Squares(
        area_km2=(area / KM2).astype(np.float32),
        starts=starts,
        districts=district[starts],
        depth=(depth[0][square], depth[1][square]),
        piece=(piece[0][square], piece[1][square]),
        sign=tuple((part * pieces.straightness).astype(np.float32) for part in (pieces.before, pieces.after)),
        width_m=width_m,
    )


def _in_proportion(squares: Squares, pieces: Fronts, parts: Parts) -> Squares:
    """Let the front of either date that is a sigma off sweep as much ground as its course is long.

    A front that moves farther than its zigzags reach leaves them behind: then edges that lie aslant leave
    their place by no less.
    """
    signs = []
    for date, sign in zip(("before", "after"), squares.sign, strict=True):
        own, every = (abs(getattr(one, date)) * ~one.shared for one in (pieces, parts.pieces))
        course = every * parts.share[:, -1] * parts.pieces.length_m
        wanted = 2 * (course * parts.pieces.sigma_m).sum() / KM2
        gained, lost = squares.areas_km2(np.outer(own * pieces.sigma_m, [1.0, -1.0]))[:, -1]
        swept = float(abs((gained - lost) @ [1.0, -1.0]))
        signs.append(sign * np.float32(wanted / swept if swept > 0 and wanted > 0 else 1.0))
    return replace(squares, sign=tuple(signs))


def _corners(pieces: Fronts, width_m: float, shift_m: float) -> Ints:
    """Find the squares that a front of one date only may reach, as columns and rows of a grid."""
    moving = pieces.moving
    middles = (pieces.ends[moving, :2] + pieces.ends[moving, 2:]) / 2
    reach = np.ceil(_NEVER * np.hypot(pieces.sigma_m[moving], shift_m) / width_m).astype(np.int64) + 1
    found = [np.empty((0, 2), dtype=np.int64)]
    for one in np.unique(reach):
        near = np.arange(-one, one + 1)
        block = np.stack(np.meshgrid(near, near), axis=-1).reshape(-1, 2)
        cells = _once(np.floor(middles[reach == one] / width_m).astype(np.int64))
        found.append(_once((cells[:, None] + block).reshape(-1, 2)))
    return _once(np.concatenate(found))


def _once(cells: Ints) -> Ints:
    """Give each column and row of a grid once, in order."""
    codes = np.unique((cells[:, 0] << _BITS) + cells[:, 1])
    rows = ((codes + (1 << (_BITS - 1))) & ((1 << _BITS) - 1)) - (1 << (_BITS - 1))
    return np.column_stack([(codes - rows) >> _BITS, rows])


def _depths(
    middles: Geometries, ground: Any, pieces: Fronts, part: Ints, width_m: float
) -> tuple[Floats32, Ints]:
    """Measure how far within the ground each point lies, and find the piece of its front that is nearest."""
    shapely.prepare(ground)
    inside = shapely.contains_properly(ground, middles)
    own = np.flatnonzero(part)
    if not len(own):
        return np.where(inside, _FAR, -_FAR).astype(np.float32), np.zeros(len(middles), dtype=np.int64)
    tree = shapely.STRtree(edge_lines(pieces.ends[own]))
    (_, near), way = tree.query_nearest(middles, all_matches=False, return_distance=True)
    return (np.where(inside, way, -way) / width_m).astype(np.float32), own[near]


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


def find_blocks(field: ErrorField, before: Geometries, mapper: Mapper = map) -> list[Block]:
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
            found.append((last[own], facing[own], gap[own], beside))
    return list(mapper(partial(_block, field), found))


def _numbers(line: Ints) -> Ints:
    """Give the number of its block to each place: parts of a line of about the same size."""
    number, total = np.zeros(len(line), dtype=np.int64), 0
    for rows in rows_of_each(line):
        blocks = int(np.ceil(len(rows) / _TOGETHER))
        number[rows] = total + np.arange(len(rows)) * blocks // len(rows)
        total += blocks
    return number


def _block(field: ErrorField, places: tuple[Ints, Ints, Floats, tuple[Ints, Ints, Bools]]) -> Block:
    """Weigh the priors of a block's gap, and find what the gap is likely to be."""
    last, first, gap, (follows, nearest, theirs) = places
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
