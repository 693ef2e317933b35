"""The fronts of many maps, edge by edge: errors of differences of areas, in which shared edges cancel.

Every edge is looked at once, however many maps have it, and is cut at every vertex that any map has on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from frontlines.arrays import Bools, Floats, Geometries, Ints, repeated
from frontlines.crs.projecting import numbered
from frontlines.errors import NoiseError, UnknownSigmaError
from frontlines.geometry.planar import edge_lines, edge_middles
from frontlines.layers.columns import sigmas_of
from frontlines.limits import require_metres
from frontlines.names import KM2, STRETCH
from frontlines.uncertainty.fronts import cut_at_borders, with_course
from frontlines.uncertainty.kernel import Pieces, variances
from frontlines.uncertainty.noise import SHARED_M, NoiseModel

_TOUCH_M = 1e-3  # middles of pieces lie within rounding of the border along which they run
_REACH = 3.0  # larger errors than so many sigmas are left out of account: 3 in 1,000
_ACROSS = 0.15  # part of the ground within a sigma that may be booked in the wrong district, as in `formula`
_LEAST_M2 = 1.0  # less ground than this in a wrong district is rounding


class Sum(NamedTuple):
    """Areas of some maps, each as often as it counts: maps (0, 3), times (-1, 1) is the net from 0 to 3."""

    maps: tuple[int, ...]
    times: tuple[int, ...]


class _InDistricts(NamedTuple):
    """Parts of edges that lie in one district, or in any of them (district 0), sorted by edge and place."""

    first: Ints  # position of the first part of each edge, and at the end how many parts there are
    share: Floats  # between which shares of the edge the part lies, (n, 2)
    district: Ints
    weight: Floats  # 1, or less where it runs along a border


class _Beside(NamedTuple):
    """Ground within a sigma of edges, a row for each edge and district that it is near to."""

    first: Ints  # position of the first row of each edge, and at the end how many rows there are
    district: Ints
    held_m2: Floats  # what is booked in the district
    ground_m2: Floats  # what lies there


class _Rows(NamedTuple):
    """Rows of `ManyFronts` that a sum of areas rests on."""

    row: Ints
    times: Ints  # how often what lies beyond the edge is gained
    maps: Ints  # which of the sum's maps have the edge: errors go together where these are the same


class ManyFronts:
    """The fronts of one side on many maps.

    Rows are the edges of each map's front, map by map: `edge` is the number of the edge, `way` 1 or -1 as the
    front runs along it or back, `run` the number of the unbroken front that it is part of, `along` where on
    that it lies [m], `around_m` its length if it is closed, else infinite. `shapes` are the districts.
    """

    def __init__(
        self, grounds: Sequence[Geometries], theatre_edge: Any, shapes: Geometries, border_m: float
    ) -> None:
        """Take the outlines of the polygons of each map apart; those of one map may lie side by side."""
        require_metres(NoiseError, needed=True, border_m=border_m)
        self.shapes = shapes
        rings, of_map = _rings(grounds)
        self.ends, edge, way, ring = _edges(rings)
        self.length_m = np.hypot(*(self.ends[:, 2:] - self.ends[:, :2]).T)
        # An edge that polygons of one map have on both of its sides is no front.
        self.ways = np.zeros((len(grounds), len(self.ends)), dtype=np.int64)
        np.add.at(self.ways, (of_map[ring], edge), way)
        shapely.prepare(theatre_edge)
        self.ways[:, shapely.dwithin(theatre_edge, shapely.points(edge_middles(self.ends)), border_m)] = 0
        front = self.ways[of_map[ring], edge] == way
        run, start, around = _runs(ring, front, self.length_m[edge])
        rows = np.flatnonzero(front)
        self.map, self.edge, self.way = of_map[ring][rows], edge[rows], way[rows]
        self.run, self.around_m = run[rows], around[rows]
        self.along = np.column_stack([start, start + self.length_m[edge]])[rows]
        self._drawn = self.along, self.around_m
        self.first = np.searchsorted(self.map, np.arange(len(grounds) + 1))
        self.stretch, self.sigma_m = self.run.copy(), np.zeros(len(rows))
        self.by_district, self.whole = _cut(self.ends, np.unique(self.edge), shapes)

    def take_errors(self, lines: Sequence[gpd.GeoDataFrame], noise: NoiseModel) -> None:
        """Give each edge the largest error of the lines beside it; `lines` are those of each map."""
        if noise.between:
            raise NoiseError(
                "errors of many maps have no part that two of them have in common: give between=0"
            )
        stated = [sigmas_of(one) for one in lines]
        alike = np.unique(np.concatenate([np.empty(0), *stated]))
        stretches = any(length == STRETCH for length, _ in noise.parts)
        self.sigma_m, before = np.full(len(self.edge), np.nan), 0
        for number, (sigma, frame) in enumerate(zip(stated, lines, strict=True)):
            own = slice(*self.first[number : number + 2])
            if len(sigma) and (stretches or len(alike) > 1):
                points = shapely.points(edge_middles(self.ends[self.edge[own]]))
                tree = shapely.STRtree(np.asarray(frame.geometry.values))
                nearest = tree.query_nearest(points, all_matches=False)
                beside = tree.query(points, predicate="dwithin", distance=SHARED_M)
                point, line = np.hstack([nearest, beside])
                np.fmax.at(self.sigma_m[own], point, sigma[line])
                self.stretch[own][nearest[0]] = before + nearest[1]
            elif len(sigma):
                self.sigma_m[own] = sigma[0]
            before += len(frame)
        bare = np.isnan(self.sigma_m)
        if bare.any() and noise.sigma_m is None:
            raise UnknownSigmaError(
                f"{self.length_m[np.unique(self.edge[bare])].sum() / 1000:,.1f} km of front have no sigma_m: "
                "give them one, or pass NoiseModel(sigma_m=...) for all that have none"
            )
        self.sigma_m[bare] = noise.sigma_m
        ends = self.ends[self.edge]
        ends = np.where(self.way[:, None] < 0, ends[:, [2, 3, 0, 1]], ends)
        self.along, self.around_m = self._drawn
        self.along, self.around_m = with_course(self, ends, self.run, noise)

    def sigmas_km2(self, one: Sum, models: Sequence[NoiseModel], *, whole: bool = False) -> Floats:
        """Compute the standard error of a sum by each model, in each district or in all, (n_models, n).

        Exactly 0 where no edge of the sum is near; missing in a district that has none but lies within reach
        of one, for there the linear formula says nothing.
        """
        rows, n = self._rows_of(one), 1 if whole else len(self.shapes)
        taken, moved = self._taken(rows, self.whole if whole else self.by_district, len(one.maps))
        shifted = sum(np.bincount(taken.sum, column, n) ** 2 for column in moved.T)
        square = [
            sum((share * variances(taken, length, n) for length, share in model.parts), np.zeros(n))
            + model.shared_bias_m**2 * shifted
            for model in models
        ]
        found = np.sqrt(square) / KM2
        if not whole:
            near = np.zeros(n, dtype=bool)
            near[self.beside.district[_of_groups(self.beside.first, self.edge[rows.row])[1]]] = True
            near[taken.sum] = False
            found[:, near] = np.nan
        return np.asarray(found)

    def across(self, one: Sum) -> tuple[Bools, bool]:
        """Tell where much ground within a sigma is booked in a wrong district: in each, and in all."""
        _, at = _of_groups(self.beside.first, self.edge[self._rows_of(one).row])
        district, held, ground = (column[at] for column in self.beside[1:])
        n, off = len(self.shapes), np.abs(held - ground)
        held_in, off_in = (np.bincount(district, weights=m2, minlength=n) for m2 in (held, off))
        off_whole = abs(held.sum() - ground.sum())
        return off_in > np.maximum(_ACROSS * held_in, _LEAST_M2), off_whole > max(
            _ACROSS * held.sum(), _LEAST_M2
        )

    @cached_property
    def beside(self) -> _Beside:
        """Look up which districts lie within reach of each edge, and what of its strip lies in them."""
        sigma, used = np.zeros(len(self.ends)), np.unique(self.edge)
        np.maximum.at(sigma, self.edge, self.sigma_m)
        lines, n = edge_lines(self.ends[used]), len(self.shapes)
        row, district = shapely.STRtree(self.shapes).query(
            lines, predicate="dwithin", distance=_REACH * sigma[used]
        )
        order = np.lexsort((district, row))
        row, district = row[order], district[order]
        strips = shapely.buffer(lines, sigma[used], cap_style="flat")
        area = shapely.area(strips)[row]
        parts = self.by_district
        of_parts = np.repeat(np.arange(len(self.ends)), np.diff(parts.first)) * n + parts.district
        key, number = np.unique(of_parts, return_inverse=True)
        part = np.bincount(number, weights=parts.weight * (parts.share[:, 1] - parts.share[:, 0]))
        wanted = used[row] * n + district
        place = np.searchsorted(key, wanted).clip(max=max(len(key) - 1, 0))
        held = np.where(key[place] == wanted, part[place], 0.0) * area if len(key) else np.zeros(len(row))
        ground = area.copy()  # where no other district is near, all of a strip lies in the edge's own
        many = np.bincount(row, minlength=len(used))[row] > 1
        ground[many] = shapely.area(shapely.intersection(strips[row[many]], self.shapes[district[many]]))
        first = np.searchsorted(used[row], np.arange(len(self.ends) + 1))
        return _Beside(first, district, held, ground)

    def _rows_of(self, one: Sum) -> _Rows:
        """Find the edges that do not cancel, each once, on the first map that has it."""
        maps = np.array(one.maps)
        rows = np.concatenate([np.arange(*self.first[number : number + 2]) for number in maps])
        ways = self.ways[maps][:, self.edge[rows]]
        seen = ways != 0
        times = np.array(one.times) @ ways
        kept = (times != 0) & (self.map[rows] == maps[seen.argmax(axis=0)])
        have = (seen * 2 ** np.arange(len(maps))[:, None]).sum(axis=0)
        return _Rows(rows[kept], (times * self.way[rows])[kept], have[kept])

    def _taken(self, rows: _Rows, pieces: _InDistricts, n_maps: int) -> tuple[Pieces, Floats]:
        """Cut edges to their parts in districts, which are the sums.

        Gives also what a movement of all maps by 1 m to the east, or north, gains by each, (n, 2).
        """
        edge = self.edge[rows.row]
        of, at = _of_groups(pieces.first, edge)
        row, share = rows.row[of], pieces.share[at]
        share = np.where(self.way[row, None] < 0, 1 - share[:, ::-1], share)
        start, length = self.along[row, :1], np.diff(self.along[row])
        weight = rows.times[of] * self.sigma_m[row] * pieces.weight[at]
        process, stretch = (ids[row] * 2**n_maps + rows.maps[of] for ids in (self.run, self.stretch))
        along = start + share * length
        order = np.lexsort((along[:, 0], process, pieces.district[at]))
        step = self.ends[edge[of]].reshape(-1, 2, 2)
        vector = (step[:, 1] - step[:, 0])[:, ::-1] * [1, -1] * (share[:, 1:] - share[:, :1])
        pull = (rows.times[of] * self.way[row] * pieces.weight[at])[:, None] * vector
        ends = start + length * [0.0, 1.0]
        columns = (pieces.district[at], process, stretch, along, ends, self.around_m[row], weight)
        return Pieces._make(column[order] for column in columns), pull[order]


def _rings(grounds: Sequence[Geometries]) -> tuple[Geometries, Ints]:
    """Give the rings of polygons, ground on their left, and the map of each."""
    of_map = np.repeat(np.arange(len(grounds)), [len(own) for own in grounds])
    parts, polygon = shapely.get_parts(np.concatenate(grounds), return_index=True)
    rings, part = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
    return rings, of_map[polygon[part]]


def _edges(rings: Geometries) -> tuple[Floats, Ints, Ints, Ints]:
    """Cut rings into edges between vertices of any of them, where vertices `SHARED_M` apart are one.

    Gives the ends of each edge once, (n, 4), and for each edge of each ring, in order: its number, 1 or -1 as
    the ring runs along it or back, and the ring.
    """
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    number, xy = numbered(xy)
    number = _joined(xy)[number]
    inner = (ring[1:] == ring[:-1]) & (number[1:] != number[:-1])
    start, end, ring = number[:-1][inner], number[1:][inner], ring[:-1][inner]
    key, drawn = np.unique(np.minimum(start, end) * len(xy) + np.maximum(start, end), return_inverse=True)
    # Vertices on each edge as it was drawn, and between each two of them an edge.
    low, high = np.divmod(key, max(len(xy), 1))
    used = np.unique(number)
    vertex, on = shapely.STRtree(edge_lines(np.hstack([xy[low], xy[high]]))).query(
        shapely.points(xy[used]), predicate="dwithin", distance=SHARED_M
    )[:, :]
    vertex = used[vertex]
    far = ((xy[vertex] - xy[low[on]]) * (xy[high[on]] - xy[low[on]])).sum(axis=1)
    between = (vertex != low[on]) & (vertex != high[on])
    between &= (far > 0) & (far < ((xy[high[on]] - xy[low[on]]) ** 2).sum(axis=1))
    every = np.arange(len(key))
    owner = np.concatenate([every, on[between], every])
    knot = np.concatenate([low, vertex[between], high])
    order = np.lexsort(
        (np.concatenate([np.full(len(key), -1.0), far[between], np.full(len(key), np.inf)]), owner)
    )
    owner, knot = owner[order], knot[order]
    pair = owner[1:] == owner[:-1]
    one, other, owner = knot[:-1][pair], knot[1:][pair], owner[:-1][pair]
    ends, edge = np.unique(np.minimum(one, other) * len(xy) + np.maximum(one, other), return_inverse=True)
    # The edges of each ring, in its order.
    first = np.searchsorted(owner, np.arange(len(key) + 1))
    of, at = _of_groups(first, drawn)
    back = (start > end)[of]
    at = np.where(back, first[drawn[of]] + first[drawn[of] + 1] - 1 - at, at)
    way = np.where(back, -1, 1) * np.where(one < other, 1, -1)[at]
    low, high = np.divmod(ends, max(len(xy), 1))
    return np.hstack([xy[low], xy[high]]), edge[at], way, ring[of]


def _joined(xy: Floats) -> Ints:
    """Give vertices that are the same but for a hair one number: the least of theirs."""
    points = shapely.points(xy)
    one, other = shapely.STRtree(points).query(points, predicate="dwithin", distance=SHARED_M)
    same = np.arange(len(xy))
    while True:
        least = same.copy()
        np.minimum.at(least, one, same[other])
        if (least == same).all():
            return same
        same = least


def _of_groups(first: Ints, groups: Ints) -> tuple[Ints, Ints]:
    """List the members of groups, group after group: the position of each group, and of each member."""
    of, nth = repeated(first[groups + 1] - first[groups])
    return of, first[groups][of] + nth


def _runs(ring: Ints, front: Bools, length_m: Floats) -> tuple[Ints, Floats, Floats]:
    """Give each edge the number of its front, where on that it begins, and how long that is round [m]."""
    fresh = np.append(True, ring[1:] != ring[:-1])[: len(ring)]
    begin, of = np.flatnonzero(fresh), np.cumsum(fresh) - 1
    last = np.append(begin[1:], len(ring)) - 1
    before = np.roll(front, 1)
    before[begin] = front[last]
    starts = front & ~before
    run, total = np.cumsum(starts).astype(np.int64), np.cumsum(length_m)
    round_m = np.add.reduceat(length_m, begin) if len(begin) else length_m
    start = total - length_m
    start -= start[begin][of]
    # What comes before the first start of a ring goes on from its end.
    none_yet: Bools = run == (run - starts)[begin][of]
    closed = (run[last] == (run - starts)[begin])[of]
    start = np.where(none_yet & ~closed, start + round_m[of], start)
    run = np.where(closed, run.max(initial=0) + 1 + of, np.where(none_yet, run[last][of], run))
    return run, start, np.where(closed, round_m[of], np.inf)


def _cut(ends: Floats, used: Ints, shapes: Geometries) -> tuple[_InDistricts, _InDistricts]:
    """Cut edges at the borders of districts: their parts in each, and in any of them."""
    edge, share = cut_at_borders(ends[used], shapes)
    middle = share.mean(axis=1, keepdims=True)
    middles = shapely.points(ends[used][edge, :2] * (1 - middle) + ends[used][edge, 2:] * middle)
    piece, district = shapely.STRtree(shapes).query(middles, predicate="dwithin", distance=_TOUCH_M)
    order = np.lexsort((district, piece))
    piece, district = piece[order], district[order]
    met = np.bincount(piece, minlength=len(edge))
    found = []
    for rows, where, weight in (
        (piece, district, 1 / met[piece]),
        (
            np.flatnonzero(met),
            np.zeros(np.count_nonzero(met), dtype=np.int64),
            np.ones(np.count_nonzero(met)),
        ),
    ):
        first = np.searchsorted(used[edge[rows]], np.arange(len(ends) + 1))
        found.append(_InDistricts(first, share[rows], where, weight))
    return found[0], found[1]
