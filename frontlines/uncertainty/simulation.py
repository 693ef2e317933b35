"""Errors of areas by simulation."""

from __future__ import annotations

import math
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.errors import ClosureError
from frontlines.geometry.coverage import ground_of
from frontlines.geometry.planar import edge_lines, segments, winding_numbers
from frontlines.limits import within
from frontlines.names import BORDER_M, KM2, REACH_M, Floats, Geometries, Ints, Mapper
from frontlines.progress import Progress, track
from frontlines.uncertainty.columns import (
    LEVEL,
    AreaErrors,
    check_draws,
    check_level,
    total_of,
    with_draws,
)
from frontlines.uncertainty.fronts import Fronts, Outline, fronts_of_balance
from frontlines.uncertainty.noise import SAME_M, NoiseModel

_BLOCK = 25  # draws done by a worker at once, from one seed
_FINE = 0.25  # nodes lie no farther apart than this part of the correlation length
_LEAST = 0.5  # a node at a sharp bend, or an end on the theatre's edge, goes at most 1 / _LEAST times as far
_GRID_M = 1e-3  # the grid on which fronts are noded where all else fails
_LOOSE = 1e-8  # share of the whole by which faces may miss a district, or what the fronts enclose
_DUST_KM2 = 1e-9  # faces smaller than this are rounding
_BEYOND_M = 1.0  # so far beyond the theatre's edge a front is led to cut it for sure


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
    ...     balance, both, fl.frontlines_from_control(both, theatre, border_m=0), theatre=theatre,
    ...     districts=districts, noise=NoiseModel(None, math.inf, 1), draws=400)
    >>> float(errors.total["sigma_km2"].iloc[0].round(1)), errors.tangled
    (0.3, 0)
    """
    check_draws(draws)
    check_level(level)
    found = fronts_of_balance(
        balance, control, frontlines, theatre, districts, noise, border_m=border_m, reach_m=reach_m
    )
    edge = shapely.boundary(ground_of(theatre))
    points = _parts(found.fronts, noise.correlation_m).sum() * max(draws, _BLOCK)
    within("drawn_points", points, f"draws={draws} at correlation_m={noise.correlation_m:g}")
    task = _Task(
        place_nodes(found.fronts, edge, noise.correlation_m),
        fixed_ground(found.shapes, found.outlines),
        noise,
    )
    sizes = np.diff(np.append(np.arange(0, draws, _BLOCK), draws))
    seeds = np.random.default_rng(deepcopy(noise.rng)).spawn(len(sizes))
    drawing = mapper(partial(_draw_block, task), seeds, sizes)
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


@dataclass(frozen=True)
class _Task:
    """What a block of draws needs."""

    nodes: Nodes
    still: FixedGround
    noise: NoiseModel


def _draw_block(task: _Task, rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Draw some fronts, and measure them: areas (n, 4, n_districts) and tangled ground (n,) [km²]."""
    pushed, shift = draw_pushes(task.nodes, task.noise, rng, int(n))
    found = [
        areas_by_district(displaced_runs(task.nodes, one, by), task.nodes, task.still)
        for one, by in zip(pushed, shift, strict=True)
    ]
    return np.array([areas for areas, _ in found]), np.array([tangled for _, tangled in found])


@dataclass(frozen=True)
class Nodes:
    """Vertices of the front's runs, close enough together for the errors to be straight between them."""

    xy: Floats  # where they are drawn, in order of run, (n, 2) [m]
    push: Floats  # where they go if the line beside them moves outward by 1, (n, 2)
    sigma_m: Floats  # sigma_m, line, along, around_m: as in `Fronts`, (n,)
    line: Ints
    along: Floats
    run: Ints  # run, before, after: number of the run, and its part in the front on either date, (n,)
    before: Ints
    after: Ints
    around_m: Floats
    tips: dict[int, Tip]  # the ends that slide along the theatre's edge, with the node of each


@dataclass(frozen=True)
class Tip:
    """An end of a front on the theatre's edge."""

    ring: Floats  # the ring of the edge that it is on, closed, (m, 2) [m]
    far: Floats  # length along the ring at each vertex, (m,) [m]
    at: float  # where the end is on it [m]
    slide: float  # how far it goes along the ring if the line moves outward by 1
    outward: Floats  # unit vector across the line, away from the side's ground, (2,)

    def path(self, drawn: Floats, pushed_m: float) -> Floats:
        """Way along the edge from the drawn end to where it slides to."""
        total = self.far[-1]
        way = float(np.clip(self.slide * pushed_m, -total / 4, total / 4))
        lo, hi = sorted((self.at, self.at + way))
        turns = np.concatenate([self.far[:-1] + k * total for k in (-1, 0, 1)])
        between = np.flatnonzero((turns > lo) & (turns < hi)) % (len(self.far) - 1)
        inner = self.ring[between if way > 0 else between[::-1]]
        end = [np.interp((self.at + way) % total, self.far, self.ring[:, i]) for i in (0, 1)]
        return np.vstack([drawn, inner, end])


def _parts(fronts: Fronts, correlation_m: float) -> Floats:
    """Count the pieces of each edge that are short beside the correlation length."""
    step = correlation_m * _FINE if 0 < correlation_m < math.inf else math.inf
    return np.maximum(np.ceil(fronts.length_m / step), 1)


def place_nodes(fronts: Fronts, theatre_edge: Any, correlation_m: float) -> Nodes:
    """Put nodes on the fronts."""
    # Cut edges into pieces short enough.
    parts = _parts(fronts, correlation_m).astype(np.int64)
    edge = np.repeat(np.arange(len(parts)), parts)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(parts) - parts, parts)
    fine = fronts.pieces(edge, np.column_stack([number, number + 1]) / parts[edge, None])
    # A run of k pieces has k + 1 nodes: that of its first piece's start, and one at the end of each.
    first = np.append(True, fine.run[1:] != fine.run[:-1])[: len(edge)]
    last = np.append(fine.run[1:] != fine.run[:-1], True)[: len(edge)]
    begin, end = np.arange(len(edge)) + fine.run, np.arange(len(edge)) + fine.run + 1
    n = len(edge) + int(first.sum())

    def at_nodes(start: Any, stop: Any) -> Any:
        out = np.zeros((n, *np.shape(start)[1:]), dtype=np.asarray(start).dtype)
        out[begin[first]], out[end] = start[first], stop
        return out

    # The outward direction of the pieces behind and ahead of each node; round a closed run the ends meet.
    behind, ahead = np.zeros((n, 2)), np.zeros((n, 2))
    behind[end], ahead[begin] = fine.outward, fine.outward
    whole = fine.around_m[first] <= fine.along[last, 1] - fine.along[first, 0] + SAME_M
    behind[begin[first]] = np.where(whole[:, None], fine.outward[last], fine.outward[first])
    ahead[end[last]] = np.where(whole[:, None], fine.outward[first], fine.outward[last])
    wide = np.maximum(1 + (behind * ahead).sum(axis=1), _LEAST)
    # Between two pieces the mean of their sigmas, and where a closed run meets itself.
    sigma = at_nodes(fine.sigma_m, fine.sigma_m)
    inner = np.setdiff1d(begin, begin[first])
    sigma[inner] = (sigma[inner] + fine.sigma_m[np.searchsorted(begin, inner)]) / 2
    joint = (sigma[begin[first]] + sigma[end[last]])[whole] / 2
    sigma[begin[first][whole]], sigma[end[last][whole]] = joint, joint
    tips = {int(node): _tip(fine, k, 0, theatre_edge) for k, node in enumerate(begin) if fine.tips[k, 0]}
    tips |= {int(node): _tip(fine, k, 1, theatre_edge) for k, node in enumerate(end) if fine.tips[k, 1]}
    of_run = {name: getattr(fine, name) for name in ("line", "run", "before", "after", "around_m")}
    return Nodes(
        xy=at_nodes(fine.ends[:, :2], fine.ends[:, 2:]),
        push=(behind + ahead) / wide[:, None],
        sigma_m=sigma,
        along=at_nodes(fine.along[:, 0], fine.along[:, 1]),
        tips=tips,
        **{name: at_nodes(values, values) for name, values in of_run.items()},
    )


def _tip(fine: Fronts, edge: int, which: int, theatre_edge: Any) -> Tip:
    """Find where an end meets the theatre's edge, and how it slides along it."""
    point = shapely.Point(fine.ends[edge, 2 * which : 2 * which + 2])
    rings = shapely.get_parts(theatre_edge)
    ring = rings[int(np.argmin(shapely.distance(rings, point)))]
    xy = shapely.get_coordinates(ring)
    far = np.append(0.0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T)))
    at = float(shapely.line_locate_point(ring, point))
    outward = fine.outward[edge]
    near = [np.interp([(at + d) % far[-1]], far, xy[:, i])[0] for d in (-1.0, 1.0) for i in (0, 1)]
    along = np.array([near[2] - near[0], near[3] - near[1]])
    aslant = float(along @ outward / max(np.hypot(*along), 1e-9))
    return Tip(xy, far, at, 1 / math.copysign(max(abs(aslant), _LEAST), aslant), outward)


def draw_pushes(nodes: Nodes, noise: NoiseModel, rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Draw the errors at the nodes: outward (n, n_nodes), and a shift of all lines (n, 2) [m].

    Along a line each value is that of the node before, faded by the correlation over the gap, and a fresh
    part that keeps the variance at 1: exact at the nodes, whatever their spacing.
    """
    fresh = rng.standard_normal((len(nodes.line), n))
    gap = np.append(0.0, np.diff(nodes.along)).clip(min=0)
    same = np.append(False, nodes.line[1:] == nodes.line[:-1])[: len(gap)]
    tie = np.where(same, _fades(gap, noise.correlation_m), 0.0)
    loose = np.sqrt(1 - tie**2) * np.where(same, _spread(nodes.around_m, noise.correlation_m), 1.0)
    for node in range(1, len(tie)):
        fresh[node] = tie[node] * fresh[node - 1] + loose[node] * fresh[node]
    # Closed lines come back to the value with which they began.
    for line in np.unique(nodes.line[np.isfinite(nodes.around_m)]):
        rows = np.flatnonzero(nodes.line == line)
        fresh[rows] = _closed(fresh[rows], nodes.along[rows], nodes.around_m[rows[0]], noise, rng)
    shift = noise.shared_bias_m * rng.standard_normal((n, 2))
    return fresh.T * nodes.sigma_m, shift


def _fades(gap_m: Floats, correlation_m: float) -> Floats:
    """Give the correlation over a gap."""
    return np.exp(-gap_m / correlation_m) if correlation_m > 0 else (gap_m < SAME_M).astype(float)


def _spread(around_m: Floats, correlation_m: float) -> Floats:
    """Give the standard deviation that a process needs to have 1 when it is closed."""
    if correlation_m == 0:
        return np.ones(len(around_m))
    if math.isinf(correlation_m):
        return np.isinf(around_m).astype(float)
    return np.asarray(np.sqrt(np.tanh(around_m / (2 * correlation_m))))


def _closed(
    values: Floats, along: Floats, around_m: float, noise: NoiseModel, rng: np.random.Generator
) -> Floats:
    """Lead a process on to where it began, and bend it so that it has the same value there."""
    last = np.array([around_m - (along[-1] - along[0])]).clip(min=0)
    tie = _fades(last, noise.correlation_m)[0]
    spread = _spread(np.array([around_m]), noise.correlation_m)[0]
    again = tie * values[-1] + math.sqrt(1 - tie**2) * spread * rng.standard_normal(values.shape[1])
    left = np.maximum(around_m - (along - along[0]), 0.0)
    if spread == 0:
        share = np.zeros(len(along))
    elif noise.correlation_m == 0:
        share = (left < SAME_M).astype(float)
    else:
        ends = np.expm1(-2 * (along - along[0]) / noise.correlation_m) / math.expm1(
            -2 * around_m / noise.correlation_m
        )
        share = np.exp(-left / noise.correlation_m) * ends
    return np.asarray(values + share[:, None] * (values[0] - again))


class DisplacedRun(NamedTuple):
    """A displaced run of the front."""

    # from the drawn start over displaced nodes to the drawn end, (n, 2) [m]. An end on the
    # theatre's edge slides along it
    outline: Floats
    # what of it cuts the ground: without the way along the theatre's edge, but a little beyond it,
    # since a point on an edge that runs aslant is never quite on it, (m, 2) [m]
    cut: Floats


def displaced_runs(nodes: Nodes, pushed_m: Floats, shift_m: Floats) -> list[DisplacedRun]:
    """Push the runs of the front: `pushed_m` outward at each node, and `shift_m` (east, north) as a whole."""
    moved = nodes.xy + nodes.push * pushed_m[:, None] + shift_m
    breaks = np.flatnonzero(nodes.run[1:] != nodes.run[:-1]) + 1
    runs = []
    for first, stop in pairwise(np.unique([0, *breaks, len(nodes.run)])):
        paths = {}
        for node in (first, stop - 1):
            tip = nodes.tips.get(int(node))
            if tip is not None:
                paths[node] = tip.path(nodes.xy[node], float(pushed_m[node] + tip.outward @ shift_m))
                moved[node] = paths[node][-1]
        inner = moved[first:stop]
        start, end = (paths.get(node, nodes.xy[[node]]) for node in (first, stop - 1))
        outline = np.vstack([start, inner, end[::-1]])
        before = _led_beyond(inner) if first in paths else start
        after = _led_beyond(inner[::-1]) if stop - 1 in paths else end
        runs.append(
            DisplacedRun(_without_repeats(outline), _without_repeats(np.vstack([before, inner, after])))
        )
    return runs


def _led_beyond(xy: Floats) -> Floats:
    """Lead a line on beyond its start."""
    step = xy[0] - xy[1]
    return np.asarray(xy[:1] + step * _BEYOND_M / max(float(np.hypot(*step)), _GRID_M))


def _without_repeats(xy: Floats) -> Floats:
    """Drop vertices that are the same as the one before."""
    return np.asarray(xy[np.append(True, (xy[1:] != xy[:-1]).any(axis=1))])


@dataclass(frozen=True)
class FixedGround:
    """What stays as it is while the fronts move."""

    shapes: Geometries  # the districts
    borders: Any  # their outlines, and what of the side's ground does not move, noded
    fixed: tuple[Floats, Floats]  # edges of the side's ground on the theatre's edge, by date, each (n, 4) [m]

    @cached_property
    def tree(self) -> Any:
        """The districts, indexed."""
        return shapely.STRtree(self.shapes)


def fixed_ground(shapes: Geometries, outlines: tuple[Outline, Outline]) -> FixedGround:
    """Gather what stays as it is."""
    fixed = (outlines[0].fixed, outlines[1].fixed)
    still = edge_lines(np.vstack(fixed))
    edges = shapely.union_all([*shapely.boundary(shapes), shapely.multilinestrings(still)])
    return FixedGround(shapes, shapely.line_merge(edges), fixed)


def areas_by_district(
    displaced: list[DisplacedRun], nodes: Nodes, still: FixedGround
) -> tuple[Floats, float]:
    """Measure what the side holds before and after, gains and loses, from displaced fronts.

    Returns these four in each district, (4, n_districts) [km²], and the ground of either date round which a
    line that crosses itself winds twice or backwards [km²].
    """
    runs = np.flatnonzero(np.append(True, nodes.run[1:] != nodes.run[:-1]))[: len(displaced)]
    # The whole outline of either date: displaced runs, each as often as it counts, and what does not move.
    edges, run = segments(_lines([one.outline for one in displaced]))
    closed = [
        (np.vstack([edges, fixed]), np.append(part[runs][run], np.ones(len(fixed), dtype=np.int64)))
        for part, fixed in zip((nodes.before, nodes.after), still.fixed, strict=True)
    ]
    faces, winding = _faces(_lines([one.cut for one in displaced]), closed, still)
    face, district = still.tree.query(faces.points, predicate="intersects")
    area = faces.area_km2[face]
    number = winding[:, face]
    # A face wound round twice is held once, one wound round backwards not at all.
    held = number > 0
    kinds = (held[0], held[1], held[1] & ~held[0], held[0] & ~held[1])
    n = len(still.shapes)
    areas = np.array([np.bincount(district, weights=area * kind, minlength=n) for kind in kinds])
    odd = ((number < 0) | (number > 1)) & (area > _DUST_KM2)
    return areas, float((area * odd).sum())


class _Faces(NamedTuple):
    """What lines cut the plane into: a point in each face, and its area [km²]."""

    points: Geometries
    area_km2: Floats


def _lines(paths: list[Floats]) -> Geometries:
    """Make a line of each array of vertices."""
    owner = np.repeat(np.arange(len(paths)), [len(path) for path in paths])
    return np.asarray(shapely.linestrings(np.vstack([np.empty((0, 2)), *paths]), indices=owner))


def _faces(lines: Geometries, closed: list[tuple[Floats, Ints]], still: FixedGround) -> tuple[_Faces, Ints]:
    """Cut the ground along the displaced fronts, and count how often either date's outline winds round it.

    Lines that cross themselves are quick to node whole, but once in some hundred draws not without fault;
    then they are noded edge by edge, and if need be on a grid of a millimetre.

    Two books must close. The faces fill the districts. And faces times winding numbers are the ground that
    the outlines enclose by their coordinates alone: a cut that was lost would give a whole face to one side.
    """
    pieces = edge_lines(segments(lines)[0])
    whole = shapely.area(still.shapes) / KM2
    enclosed = np.array([_enclosed_km2(*one) for one in closed])
    for cut, grid_m in ((lines, None), (pieces, None), (pieces, _GRID_M)):
        noded = shapely.union_all([shapely.multilinestrings(cut), still.borders], grid_size=grid_m)
        cells = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
        found = _Faces(shapely.point_on_surface(cells), shapely.area(cells) / KM2)
        winding = np.array([winding_numbers(shapely.get_coordinates(found.points), *one) for one in closed])
        face, district = still.tree.query(found.points, predicate="intersects")
        filled = np.bincount(district, weights=found.area_km2[face], minlength=len(whole))
        off = max(np.abs(filled - whole).max(), np.abs(winding @ found.area_km2 - enclosed).max())
        if off <= _LOOSE * whole.sum() + (grid_m or 0.0) * shapely.length(noded) / KM2:
            return found, winding
    raise ClosureError(
        f"displaced fronts cut a district into pieces that miss its area by {off:.6f} km²: "
        "pass the districts through as_districts"
    )


def _enclosed_km2(edges: Floats, times: Ints) -> float:
    """Sum up the ground on the left of closed outlines, as often as they wind round it, edge by edge."""
    x0, y0, x1, y1 = (edges - np.tile(edges[:1, :2], 2)).T
    return float((times * (x0 * y1 - x1 * y0)).sum() / 2 / KM2)
