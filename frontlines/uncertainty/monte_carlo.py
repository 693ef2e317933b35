"""Errors of areas by simulation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from frontlines.coverage import ground_of
from frontlines.progress import Progress, track
from frontlines.uncertainty.displaced import Nodes, draw_pushes, place_nodes
from frontlines.uncertainty.gathered import BORDER_M, REACH_M, gather
from frontlines.uncertainty.intervals import (
    LEVEL,
    AreaErrors,
    check_draws,
    check_level,
    total_of,
    with_draws,
)
from frontlines.uncertainty.noise import NoiseModel
from frontlines.uncertainty.rebuilt import Board, areas_by_district, push_lines, set_board

Floats = npt.NDArray[np.float64]
Mapper = Callable[..., Iterable[Any]]

_BLOCK = 25


@dataclass(frozen=True)
class _Task:
    """What a block of draws needs."""

    nodes: Nodes
    board: Board
    noise: NoiseModel


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
        Balance and total with the columns of `balance_error`, without `trust`: intervals are quantiles of
        the draws, `sigma_km2` is their standard deviation, and `p_gain` the share of draws with a gain.
        Also how many draws were `tangled`, and the ground that the rule for them settled.

    Raises
    ------
    NoiseError
        As `balance_error`; also if there are fewer than two draws.
    LayerError
        As `balance_error`.
    ClosureError
        If a district's ground is not all found again in a draw.
    CRSError
        If the frames are not in one working CRS.

    See Also
    --------
    balance_error : The same model by formula, to first order.

    Notes
    -----
    In each draw the front is pushed across its course at all vertices, and at nodes between them no farther
    apart than a quarter of the correlation length; the process is exact at the nodes [1]_ and the line
    straight between. At a bend a node goes along the bisector, so that the edges on both sides move by the
    error, but no more than twice as far. An end on the theatre's edge slides along that edge. Where a shared
    and a fresh part meet, their errors differ, and the line steps across its course. Then control
    is built anew, with no approximation: the district borders and the displaced fronts are noded
    together, and each face is the side's where its displaced outline winds round it.

    Where a line is pushed across itself, ground is wound round twice, or backwards. The rule: twice
    counts as once, backwards as not at all. Draws where that happens are counted as tangled.

    Gained and lost are larger on average than drawn where the lines may cross; intervals need not lie
    evenly about the drawn figure, nor hold it.

    References
    ----------
    .. [1] Gillespie, D. T. (1996). Exact numerical simulation of the Ornstein-Uhlenbeck process and its
       integral. Physical Review E 54, 2084-2091. https://doi.org/10.1103/PhysRevE.54.2084

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
    ...     balance, both, fl.frontline_from_control(both, theatre, border_m=0), theatre=theatre,
    ...     districts=districts, noise=NoiseModel(None, math.inf, 1), draws=400)
    >>> float(errors.total["sigma_km2"].iloc[0].round(1)), errors.tangled
    (0.3, 0)
    """
    check_draws(draws)
    check_level(level)
    found = gather(
        balance, control, frontlines, theatre, districts, noise, border_m=border_m, reach_m=reach_m
    )
    edge = shapely.boundary(ground_of(theatre))
    task = _Task(
        place_nodes(found.fronts, edge, noise.correlation_m),
        set_board(found.shapes, found.outlines),
        noise,
    )
    sizes = np.diff(np.append(np.arange(0, draws, _BLOCK), draws))
    seeds = np.random.default_rng(deepcopy(noise.rng)).spawn(len(sizes))
    drawing = mapper(partial(_block, task), seeds, sizes)
    blocks = list(track(drawing, progress, "drawing fronts", total=len(sizes)))
    areas = np.concatenate([areas for areas, _ in blocks])[:, :, found.place]
    tangled = np.concatenate([tangled for _, tangled in blocks])
    drawn = dict(zip(("before", "after", "gained", "lost"), np.moveaxis(areas, 1, 0), strict=True))
    drawn["net"] = drawn["gained"] - drawn["lost"]
    sums = {name: values.sum(axis=1, keepdims=True) for name, values in drawn.items()}
    return AreaErrors(
        by_district=with_draws(balance, drawn, level),
        total=with_draws(total_of(balance), sums, level),
        method="simulation",
        level=level,
        shared_km=found.fronts.shared_km,
        draws=draws,
        tangled=int((tangled > 0).sum()),
        repaired_km2=float(tangled.mean()),
    )


def _block(task: _Task, rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Draw some fronts, and measure them: areas (n, 4, n_districts) and tangled ground (n,) [km²]."""
    pushed, shift = draw_pushes(task.nodes, task.noise, rng, int(n))
    found = [
        areas_by_district(push_lines(task.nodes, one, way), task.nodes, task.board)
        for one, way in zip(pushed, shift, strict=True)
    ]
    return np.array([areas for areas, _ in found]), np.array([tangled for _, tangled in found])
