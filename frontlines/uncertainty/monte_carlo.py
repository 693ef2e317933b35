"""Errors of areas by simulation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from frontlines.coverage import ground_of
from frontlines.crs import require_working_crs
from frontlines.errors import NoiseError
from frontlines.progress import Progress, track
from frontlines.uncertainty.displaced import Nodes, draw_pushes, place_nodes
from frontlines.uncertainty.fronts import find_fronts
from frontlines.uncertainty.intervals import (
    LEVEL,
    AreaErrors,
    check_level,
    in_order,
    one_step,
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
    mapper: Mapper = map,
    progress: Progress = None,
) -> AreaErrors:
    """Carry errors."""
    require_working_crs(control=control, frontlines=frontlines, theatre=theatre, districts=districts)
    check_level(level)
    side = one_step(balance, control["date"].unique())
    place = in_order(balance, districts)
    fronts, outlines = find_fronts(control, frontlines, theatre, side, noise)
    edge = shapely.boundary(ground_of(theatre))
    task = _Task(
        place_nodes(fronts, edge, noise.correlation_m),
        set_board(np.asarray(districts.geometry.values), outlines),
        noise,
    )
    sizes = np.diff(np.append(np.arange(0, draws, _BLOCK), draws))
    seeds = np.random.default_rng(noise.rng).spawn(len(sizes))
    found = mapper(partial(_block, task), seeds, sizes)
    blocks = list(track(found, progress, "drawing fronts", total=len(sizes)))
    areas = np.concatenate([areas for areas, _ in blocks])[:, :, place]
    tangled = np.concatenate([tangled for _, tangled in blocks])
    drawn = dict(zip(("before", "after", "gained", "lost"), np.moveaxis(areas, 1, 0), strict=True))
    drawn["net"] = drawn["gained"] - drawn["lost"]
    sums = {name: values.sum(axis=1, keepdims=True) for name, values in drawn.items()}
    return AreaErrors(
        by_district=with_draws(balance, drawn, level),
        total=with_draws(total_of(balance), sums, level),
        method="simulation",
        level=level,
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
