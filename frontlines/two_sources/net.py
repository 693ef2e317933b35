"""Net change by several sources: how far apart they are, and how far errors of the lines explain it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arguments import checked
from frontlines.arrays import Floats
from frontlines.crs.working import require_working_crs
from frontlines.errors import LayerError
from frontlines.geometry.coverage import ground_of, united
from frontlines.names import BORDER_M, KM2, SEED
from frontlines.two_sources.tables import require_side
from frontlines.uncertainty import LEVEL, NoiseModel
from frontlines.uncertainty.columns import check_level
from frontlines.uncertainty.many_fronts import ManyFronts, Sum

_DRAWS = 100_000  # for the chance of a spread


@dataclass(frozen=True)
class SourceNets:
    """Net change by several sources between the same two dates.

    Attributes
    ----------
    table
        A row a source: `source`, `side`, `date_from`, `date_to`, `before_km2`, `after_km2`, `net_km2`,
        `sigma_km2`, `net_low_km2`, `net_high_km2`; the last three are missing if no error of the lines is
        known.
    spread_km2
        Standard deviation of net over the sources [km²].
    expected_km2
        The same if nothing but the errors of the lines set the sources apart [km²].
    share_explained
        Share of the variance over the sources that the errors of the lines explain, at most 1.
    p_spread
        How likely the errors of the lines alone give so large a spread, or a larger one.
    lowest, highest
        The least and the largest of the three before, over the plausible correlation lengths.
    level
        Probability that an interval holds the truth.
    """

    table: pd.DataFrame
    spread_km2: float
    expected_km2: float
    share_explained: float
    p_spread: float
    lowest: tuple[float, float, float]
    highest: tuple[float, float, float]
    level: float


@checked()
def net_by_source(
    sources: Mapping[str, gpd.GeoDataFrame],
    theatre: gpd.GeoDataFrame,
    side: str,
    dates: tuple[Any, Any],
    noise: NoiseModel | None = None,
    *,
    border_m: float = BORDER_M,
    level: float = LEVEL,
) -> SourceNets:
    """Set net change by several sources beside each other, and beside the errors of their lines.

    Parameters
    ----------
    sources
        Control of each source by its name: polygons with `date`, `side` and, where known, `sigma_m` [m], in
        the working CRS (from `as_control` or `control_from_lines`).
    theatre
        The ground that all are measured on (from `as_theatre`), or districts.
    side
        The side whose gains are positive.
    dates
        The two days, which every source must have.
    noise
        What is assumed about the errors of the lines; None: they are not known.
    border_m
        What runs this near to the theatre's edge is no front [m].
    level
        Probability that an interval holds the truth.

    Returns
    -------
    nets
        Table, spread, and the spread that the errors of the lines explain. Nothing is added up: errors of
        lines and disagreement of sources are two things.

    Raises
    ------
    LayerError
        If there are fewer than two sources, one lacks a day, or none gives ground to the side.
    NoiseError
        If lines have no sigma and `noise` has none, or the level is no probability.
    CRSError
        If the frames are not in one equal-area CRS in metres.

    Notes
    -----
    With x the net by source, the expected value of their sample variance is the mean over all pairs of
    sources of Var(x_i − x_j) / 2 if all are right but for the errors of their lines. Lines that two sources
    have in common (within 0.1 m) have one error, which cancels in their difference: sources that copy from
    one another are expected to lie closer. `share_explained` is the ratio of expected and found variance; for
    equal sigmas it is 1 − I² of meta-analysis [1]_. The variance found of few sources says little: of three
    it is 0.03 to 3.7 times the expected one by chance (95 %), so look at `p_spread` (100,000 normal draws).

    References
    ----------
    .. [1] Higgins, J. P. T., Thompson, S. G. (2002). Quantifying heterogeneity in a meta-analysis. Statistics
       in Medicine 21, 1539-1558. https://doi.org/10.1002/sim.1186

    Examples
    --------
    >>> from shapely import box
    >>> theatre = gpd.GeoDataFrame(geometry=[box(0, 0, 4000, 2000)], crs="EPSG:3035")
    >>> days = pd.to_datetime(["2021-06-01", "2021-06-09"])
    >>> def source(*fronts):
    ...     return gpd.GeoDataFrame(
    ...         {"date": days, "side": "A"}, geometry=[box(0, 0, x, 2000) for x in fronts], crs="EPSG:3035")
    >>> sources = {"map": source(1000, 1500), "list": source(1000, 2500)}
    >>> found = net_by_source(sources, theatre, "A", tuple(days), NoiseModel(100.0, float("inf")))
    >>> found.table["net_km2"].tolist(), round(found.spread_km2, 2), round(found.expected_km2, 2)
    ([1.0, 3.0], 1.41, 0.2)
    """
    check_level(level)
    require_working_crs(theatre=theatre, **{f"source {name}": one for name, one in sources.items()})
    days = tuple(pd.Timestamp(day) for day in dates)
    _require_days(sources, side, days)
    ground = ground_of(theatre) if len(theatre) == 1 else united(np.asarray(theatre.geometry.values))
    maps = [one[one["date"] == day] for one in sources.values() for day in days]
    held = [np.asarray(one.geometry.values[one["side"] == side]) for one in maps]
    inside = [shapely.area(shapely.intersection(own, ground)).sum() / KM2 for own in held]
    before, after = np.reshape(inside, (-1, 2)).T
    n, net = len(sources), after - before
    table = pd.DataFrame({"source": list(sources), "side": side, "date_from": days[0], "date_to": days[1]})
    table = table.assign(before_km2=before, after_km2=after, net_km2=net)
    sigma, apart = np.full((1, n), np.nan), np.full((1, n, n), np.nan)
    if noise is not None:
        fronts = ManyFronts(held, shapely.boundary(ground), np.array([ground]), border_m)
        fronts.take_errors([one.set_geometry(one.boundary) for one in maps], noise)
        sigma, apart = _sigmas(fronts, n, noise.plausible)
    reach = NormalDist().inv_cdf((1 + level) / 2) * sigma[0]
    table = table.assign(sigma_km2=sigma[0], net_low_km2=net - reach, net_high_km2=net + reach)
    spread = float(net.std(ddof=1))
    figures = np.array([_explained(one, spread, n) for one in apart])
    expected, share, chance = figures[0].tolist()
    return SourceNets(table, spread, expected, share, chance, *_range(figures), level)


def _require_days(sources: Mapping[str, gpd.GeoDataFrame], side: str, days: tuple[pd.Timestamp, ...]) -> None:
    """Refuse sources that cannot be set beside each other."""
    if len(sources) < 2 or days[0] >= days[1]:  # noqa: PLR2004 - a difference
        raise LayerError("net change by source needs two sources or more, and an earlier and a later day")
    for name, one in sources.items():
        absent = [f"{day:%Y-%m-%d}" for day in days if not (one["date"] == day).any()]
        if absent:
            raise LayerError(f"{name} does not hold {' and '.join(absent)}: give days that every source has")
    require_side(sources.values(), side)


def _sigmas(fronts: ManyFronts, n: int, models: Sequence[NoiseModel]) -> tuple[Floats, Floats]:
    """Compute standard errors of each net, (n_models, n), and variances of differences, (n_models, n, n)."""
    apart = np.zeros((len(models), n, n))
    nets = [Sum((2 * one, 2 * one + 1), (-1, 1)) for one in range(n)]
    sigma = np.hstack([fronts.sigmas_km2(net, models, whole=True) for net in nets])
    for i, j in combinations(range(n), 2):
        both = Sum(nets[i].maps + nets[j].maps, (-1, 1, 1, -1))
        apart[:, i, j] = apart[:, j, i] = fronts.sigmas_km2(both, models, whole=True)[:, 0] ** 2
    return sigma, apart


def _range(figures: Floats) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Give the least and the largest of the figures over the models."""
    (least, low, rare), (most, high, often) = figures.min(axis=0).tolist(), figures.max(axis=0).tolist()
    return (least, low, rare), (most, high, often)


def _explained(apart: Floats, spread_km2: float, n: int) -> tuple[float, float, float]:
    """Give the expected spread, its share of the variance found, and the chance of the spread found."""
    if np.isnan(apart).any():
        return math.nan, math.nan, math.nan
    expected = float(apart.sum() / (2 * n * (n - 1)))
    share = min(expected / spread_km2**2, 1.0) if spread_km2 > 0 else 1.0
    # Deviations from the mean have this covariance; its eigenvalues weigh the squares that they sum to.
    centre = np.eye(n) - 1 / n
    scale = np.linalg.eigvalsh(-centre @ apart @ centre / 2).clip(min=0)
    drawn = np.random.default_rng(SEED).standard_normal((_DRAWS, n)) ** 2 @ scale
    return math.sqrt(expected), share, float((drawn >= (n - 1) * spread_km2**2).mean())
