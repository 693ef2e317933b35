"""Errors of areas by simulation."""

from __future__ import annotations

import math
from copy import deepcopy
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from frontlines.limits import within
from frontlines.names import BORDER_M, REACH_M, Floats, Ints, Mapper
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
from frontlines.uncertainty.field import ErrorField
from frontlines.uncertainty.formula import Parts
from frontlines.uncertainty.fronts import BalanceFronts, Fronts, fronts_of_balance
from frontlines.uncertainty.gaps import Block, find_blocks
from frontlines.uncertainty.noise import NoiseModel
from frontlines.uncertainty.squares import Squares, cut_squares

_BLOCK = 100  # draws done by a worker at once, from one seed
_FINE = 0.5  # pieces of the front are no longer than this part of the correlation length
_MOST = 2_000  # pieces of fresh front, if they can be so few
_WIDE = 2.0  # and no longer than so many sigmas


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
        Balance and total with the columns of `balance_error`, without `trust`. Intervals of gained and lost
        are never missing. `sigma_km2` is the standard deviation of net in the draws, and `p_gain` the share
        of draws with a gain. What is held before and after has the errors of `balance_error`.

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
    A line of 2 km, shifted as a whole by 100 m at both dates: 0.28 km² by the formula.

    >>> import frontlines as fl, math
    >>> from shapely import box
    >>> theatre = gpd.GeoDataFrame(geometry=[box(0, 0, 4000, 2000)], crs="EPSG:3035")
    >>> def control(day, x):
    ...     return gpd.GeoDataFrame(
    ...         {"date": pd.to_datetime([day] * 2), "side": ["A", "B"], "source": "a map",
    ...          "sigma_m": 100.0}, geometry=[box(0, 0, x, 2000), box(x, 0, 4000, 2000)], crs="EPSG:3035")
    >>> before, after = control("1994-04-07", 1000), control("1994-05-12", 2500)
    >>> both = pd.concat([before, after])
    >>> districts = theatre.assign(district="D")
    >>> balance = fl.balance_by_district(
    ...     fl.transitions_by_district(fl.change_between(before, after, theatre), districts), "A")
    >>> errors = simulate_balance(
    ...     balance, both, fl.frontlines_from_control(both, theatre, border_m=0), theatre=theatre,
    ...     districts=districts, noise=NoiseModel(None, math.inf, 1), draws=400)
    >>> float(errors.total["sigma_km2"].iloc[0].round(1))
    0.3
    """
    check_draws(draws)
    check_level(level)
    found = fronts_of_balance(
        balance, control, frontlines, theatre, districts, noise, border_m=border_m, reach_m=reach_m
    )
    sizes = np.diff(np.append(np.arange(0, draws, _BLOCK), draws))
    seeds = np.random.default_rng(deepcopy(noise.rng)).spawn(len(sizes))
    pieces, edges, squares = _cut(found, noise)
    within("drawn_points", len(edges) * draws, f"draws={draws}")
    tasks = [_task(found, ErrorField(pieces, edges, model), squares) for model in noise.plausible]
    work = [(task, seed, int(n)) for task in tasks for seed, n in zip(seeds, sizes, strict=True)]
    blocks = list(track(mapper(_draw_block, work), progress, "drawing fronts", total=len(work)))
    place = np.append(found.place, len(found.shapes))
    parts = Parts(found.fronts, found.outlines, found.shapes)
    tables = []
    for number, task in enumerate(tasks):
        own = blocks[number * len(sizes) : (number + 1) * len(sizes)]
        drawn = {key: np.concatenate([one[key] for one in own], axis=-1)[:, place] for key in own[0]}
        held = {name: parts.sigma_km2(name, task.field.noise)[place] for name in ("before", "after")}
        tables.append(with_draws(with_total(balance), _changes(task, drawn, place), held, level))
    return AreaErrors(
        *without_total(with_range(tables), balance),
        method="simulation",
        level=level,
        shared_km=found.fronts.shared_km,
        draws=draws,
    )


def _changes(task: _Task, drawn: dict[str, Floats], place: Ints) -> Draws:
    """Take from each kind of draws what lines without new errors would give."""
    moves = (0 * task.known_m, task.known_m, task.none_gained_m, task.none_lost_m)
    still = task.squares.areas_km2(np.column_stack(moves), task.n_districts)[:, place]
    as_drawn = still[..., :1]
    return Draws(
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
    n_districts: int
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
    step = max(min([_FINE * one for one in lengths] + [_WIDE * sigma]), total / _MOST, 1.0)
    parts = np.where(fresh, np.maximum(np.ceil(fronts.length_m / step), 1), 1).astype(np.int64)
    edge = np.repeat(np.arange(len(parts)), parts)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(parts) - parts, parts)
    pieces = fronts.pieces(edge, np.column_stack([number, number + 1]) / parts[edge, None])
    return pieces, fronts.along[edge], cut_squares(found, pieces, step, noise.shared_bias_m)


def _task(found: BalanceFronts, field: ErrorField, squares: Squares) -> _Task:
    """Find where the fronts are near, and what is sure of their gap."""
    blocks = find_blocks(field, found.outlines[0].ground)
    sure = [block.sure_m for block in blocks]
    return _Task(
        field,
        squares,
        blocks,
        len(found.shapes),
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


def _draw_block(work: tuple[_Task, np.random.Generator, int]) -> dict[str, Floats]:
    """Measure some draws: gained and lost [km²] of each kind, (2, n_districts + 1, n)."""
    task, seed, n = work
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
    return {name: task.squares.areas_km2(moved, task.n_districts) for name, moved in moves.items()}
