"""Fronts pushed off their course by correlated errors, many draws at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from frontlines.uncertainty.fronts import Fronts
from frontlines.uncertainty.noise import NoiseModel

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_FINE = 0.25  # nodes lie no farther apart than this part of the correlation length
_LEAST = (
    0.5  # a node at a sharp bend, or an end that meets the theatre's edge aslant, goes at most 2 times as far
)
_SAME_M = 1e-3


@dataclass(frozen=True)
class Nodes:
    """Vertices of the front's runs, close enough together for the errors to be straight between them.

    Attributes
    ----------
    xy
        Where they are drawn, in order of run, (n, 2) [m].
    push
        Where they go if the line beside them moves outward by 1, (n, 2).
    sigma_m, line, along, around_m
        As in `Fronts`, (n,).
    run, before, after
        Number of the run, and its part in the front on either date, (n,).
    tips
        The ends that slide along the theatre's edge, with the node of each.
    """

    xy: Floats
    push: Floats
    sigma_m: Floats
    line: Ints
    along: Floats
    run: Ints
    before: Ints
    after: Ints
    around_m: Floats
    tips: dict[int, Tip]


@dataclass(frozen=True)
class Tip:
    """An end of a front on the theatre's edge.

    Attributes
    ----------
    ring
        The ring of the edge that it is on, closed, (m, 2) [m].
    far
        Length along the ring at each vertex, (m,) [m].
    at
        Where the end is on it [m].
    slide
        How far it goes along the ring if the line moves outward by 1.
    outward
        Unit vector across the line, away from the side's ground, (2,).
    """

    ring: Floats
    far: Floats
    at: float
    slide: float
    outward: Floats

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


def place_nodes(fronts: Fronts, theatre_edge: Any, correlation_m: float) -> Nodes:
    """Put nodes on the fronts.

    Parameters
    ----------
    fronts
        The fronts of both dates.
    theatre_edge
        Boundary of the theatre.
    correlation_m
        Correlation length [m]; with 0 or infinity the drawn vertices are enough.

    Returns
    -------
    nodes
        At all vertices, and between them where they are far apart.

    Examples
    --------
    >>> from shapely import box
    >>> theatre = box(0, 0, 4000, 2000)
    >>> edge = np.array([[1000.0, 0.0, 1000.0, 2000.0]])
    >>> one, none = np.array([1]), np.array([0])
    >>> front = Fronts(edge, np.array([[0.0, 2000.0]]), none, none, one, one, np.array([100.0]),
    ...                np.array([[True, True]]), np.array([np.inf]))
    >>> nodes = place_nodes(front, shapely.boundary(theatre), math.inf)
    >>> nodes.xy.tolist(), np.abs(nodes.push).tolist(), sorted(nodes.tips)
    ([[1000.0, 0.0], [1000.0, 2000.0]], [[1.0, 0.0], [1.0, 0.0]], [0, 1])
    """
    step = correlation_m * _FINE if 0 < correlation_m < math.inf else math.inf
    parts = np.maximum(np.ceil(fronts.length_m / step), 1).astype(np.int64)
    edge = np.repeat(np.arange(len(parts)), parts)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(parts) - parts, parts)
    fine = fronts.pieces(edge, np.column_stack([number, number + 1]) / parts[edge, None])
    first = np.append(True, fine.run[1:] != fine.run[:-1])[: len(edge)]
    last = np.append(fine.run[1:] != fine.run[:-1], True)[: len(edge)]
    begin, end = np.arange(len(edge)) + fine.run, np.arange(len(edge)) + fine.run + 1
    n = len(edge) + int(first.sum())

    def at_nodes(start: Any, stop: Any) -> Any:
        out = np.zeros((n, *np.shape(start)[1:]), dtype=np.asarray(start).dtype)
        out[begin[first]], out[end] = start[first], stop
        return out

    behind, ahead = np.zeros((n, 2)), np.zeros((n, 2))
    behind[end], ahead[begin] = fine.outward, fine.outward
    whole = fine.around_m[first] <= fine.along[last, 1] - fine.along[first, 0] + _SAME_M
    behind[begin[first]] = np.where(whole[:, None], fine.outward[last], fine.outward[first])
    ahead[end[last]] = np.where(whole[:, None], fine.outward[first], fine.outward[last])
    wide = np.maximum(1 + (behind * ahead).sum(axis=1), _LEAST)
    sigma = at_nodes(fine.sigma_m, fine.sigma_m)
    inner = np.setdiff1d(begin, begin[first])
    sigma[inner] = (sigma[inner] + fine.sigma_m[np.searchsorted(begin, inner)]) / 2
    joint = (sigma[begin[first]] + sigma[end[last]])[whole] / 2
    sigma[begin[first][whole]], sigma[end[last][whole]] = joint, joint
    tips = {int(node): _tip(fine, k, 0, theatre_edge) for k, node in enumerate(begin) if fine.tips[k, 0]}
    tips |= {int(node): _tip(fine, k, 1, theatre_edge) for k, node in enumerate(end) if fine.tips[k, 1]}
    return Nodes(
        xy=at_nodes(fine.ends[:, :2], fine.ends[:, 2:]),
        push=(behind + ahead) / wide[:, None],
        sigma_m=sigma,
        line=at_nodes(fine.line, fine.line),
        along=at_nodes(fine.along[:, 0], fine.along[:, 1]),
        run=at_nodes(fine.run, fine.run),
        before=at_nodes(fine.before, fine.before),
        after=at_nodes(fine.after, fine.after),
        around_m=at_nodes(fine.around_m, fine.around_m),
        tips=tips,
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
    """Draw the errors at the nodes.

    Parameters
    ----------
    nodes
        The nodes.
    noise
        The model.
    rng
        The generator.
    n
        Number of draws.

    Returns
    -------
    pushed_m
        How far the line moves outward at each node, (n, n_nodes) [m].
    shift_m
        How far all lines are shifted, (n, 2) [m].

    Notes
    -----
    Exact for the Ornstein-Uhlenbeck process, whatever the distance between nodes [1]_; on a closed front,
    for the one that has the same value where it comes round again.

    References
    ----------
    .. [1] Gillespie, D. T. (1996). Exact numerical simulation of the Ornstein-Uhlenbeck process and its
       integral. Physical Review E 54, 2084-2091. https://doi.org/10.1103/PhysRevE.54.2084

    Examples
    --------
    >>> from shapely import box
    >>> theatre = box(0, 0, 4000, 2000)
    >>> edge = np.array([[1000.0, 0.0, 1000.0, 2000.0]])
    >>> one, none = np.array([1]), np.array([0])
    >>> front = Fronts(edge, np.array([[0.0, 2000.0]]), none, none, one, one, np.array([100.0]),
    ...                np.array([[True, True]]), np.array([np.inf]))
    >>> nodes = place_nodes(front, shapely.boundary(theatre), math.inf)
    >>> pushed, shift = draw_pushes(nodes, NoiseModel(None, math.inf), np.random.default_rng(1), 3)
    >>> pushed.shape, bool((pushed[:, 0] == pushed[:, 1]).all()), float(shift.max())
    ((3, 2), True, 0.0)
    """
    fresh = rng.standard_normal((len(nodes.line), n))
    gap = np.append(0.0, np.diff(nodes.along)).clip(min=0)
    same = np.append(False, nodes.line[1:] == nodes.line[:-1])[: len(gap)]
    tie = np.where(same, _fades(gap, noise.correlation_m), 0.0)
    loose = np.sqrt(1 - tie**2) * np.where(same, _spread(nodes.around_m, noise.correlation_m), 1.0)
    for node in range(1, len(tie)):
        fresh[node] = tie[node] * fresh[node - 1] + loose[node] * fresh[node]
    for line in np.unique(nodes.line[np.isfinite(nodes.around_m)]):
        rows = np.flatnonzero(nodes.line == line)
        fresh[rows] = _closed(fresh[rows], nodes.along[rows], nodes.around_m[rows[0]], noise, rng)
    shift = noise.shared_bias_m * rng.standard_normal((n, 2))
    return fresh.T * nodes.sigma_m, shift


def _fades(gap_m: Floats, correlation_m: float) -> Floats:
    """Give the correlation over a gap."""
    return np.exp(-gap_m / correlation_m) if correlation_m > 0 else (gap_m < _SAME_M).astype(float)


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
        share = (left < _SAME_M).astype(float)
    else:
        ends = np.expm1(-2 * (along - along[0]) / noise.correlation_m) / math.expm1(
            -2 * around_m / noise.correlation_m
        )
        share = np.exp(-left / noise.correlation_m) * ends
    return np.asarray(values + share[:, None] * (values[0] - again))
