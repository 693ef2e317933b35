"""The front of one side on two dates, edge by edge: what is shared, and which errors go together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arrays import Bools, Floats, Geometries, Ints
from frontlines.crs.working import require_working_crs
from frontlines.errors import LayerError, UnknownSigmaError
from frontlines.geometry.coverage import ground_of, intersect, united
from frontlines.geometry.planar import BACK, edge_lines, edge_middles, same_edges, segments
from frontlines.layers.columns import sigmas_of
from frontlines.limits import require_metres
from frontlines.names import KM2, counted, listed
from frontlines.uncertainty.columns import QUANTITIES, in_order, one_step
from frontlines.uncertainty.noise import SAME_M, SHARED_M, NoiseModel

_LOOSE = 0.01  # share of a district by which its balance may differ from its layers: slivers, rounding
_SHOWN = 8
_WINDOW = 6.0  # over so many times what two places are off against each other zigzags are evened out
_ROUNDS = 8
_FACED = 2.0  # over so many times their distance it is evened out which places of two lines face each other
_BOOKS_SHOWN = 4


@dataclass(frozen=True)
class Fronts:
    """Edges of a side's front on two dates, each once, sorted by `line` and `along`."""

    ends: Floats  # x0, y0, x1, y1, the side's ground before (or else after) on the left, (n, 4) [m]
    along: Floats  # length of the course of the front of its date up to either end, (n, 2) [m]
    line: Ints  # number of the process that the edge's error is part of, (n,)
    # before, after: 1 if the edge is part of the front on the date, -1 if it is so the other way
    # round, else 0, (n,)
    before: Ints
    after: Ints
    sigma_m: Floats  # standard error of its position, (n,)
    around_m: Floats  # length of the closed front that the edge is part of; infinite if it is open, (n,)
    stretch: Ints  # number of the row of the layer of lines that gave it its sigma, (n,)

    @property
    def length_m(self) -> Floats:
        """How far each edge leads along the course of the front [m], (n,)."""
        return np.asarray(self.along[:, 1] - self.along[:, 0])

    @property
    def straightness(self) -> Floats:
        """How far each edge leads along the course of the front, by its own length, (n,)."""
        return np.asarray(self.length_m / np.hypot(*self.across.T))

    @property
    def across(self) -> Floats:
        """What each edge sweeps if it moves by 1 east, and north [m], (n, 2)."""
        step = self.ends[:, 2:] - self.ends[:, :2]
        return np.column_stack([step[:, 1], -step[:, 0]])

    @property
    def outward(self) -> Floats:
        """Unit vector away from the side's ground, (n, 2)."""
        return np.asarray(self.across / np.hypot(*self.across.T)[:, None])

    @property
    def shared(self) -> Bools:
        """Whether an edge is part of the front on both dates, (n,)."""
        return np.asarray((self.before != 0) & (self.after != 0))

    @property
    def moving(self) -> Bools:
        """Whether a movement of an edge changes what is gained or lost, (n,)."""
        return np.asarray(self.before != self.after)

    @property
    def shared_km(self) -> float:
        """Length of the front that both dates share [km]."""
        return float(np.hypot(*self.across[self.shared].T).sum() / 1000)

    def pieces(self, edge: Ints, share: Floats) -> Fronts:
        """Cut pieces out of edges: `edge` names the edge, `share` where on it they begin and end, (m, 2)."""
        at = _between(self.ends[edge], share)
        along = self.along[edge, :1] + self.length_m[edge, None] * share
        rest = {f.name: getattr(self, f.name)[edge] for f in fields(self)}
        return Fronts(**(rest | {"ends": at, "along": along}))

    def facing(self) -> tuple[Fronts, Ints]:
        """Lay the edges of the later date onto the earlier one's, where it is nearest.

        So both have a process in common. Gives the edges of one date only, with `line`, `along`,
        `around_m` and `stretch` of that process, and their numbers; none if either date has none.
        """
        rows = np.flatnonzero(~self.shared)
        early = self.before[rows] != 0
        if early.all() or not early.any():
            rows = rows[:0]
        found = self.pieces(rows, np.tile([0.0, 1.0], (len(rows), 1)))
        first, last = np.flatnonzero(found.before != 0), np.flatnonzero(found.before == 0)
        tree = shapely.STRtree(edge_lines(found.ends[first]))

        def nearest(xy: Floats) -> tuple[Ints, Floats]:
            (_, near), way = tree.query_nearest(shapely.points(xy), all_matches=False, return_distance=True)
            return np.asarray(first[near]), way

        near, apart = nearest(edge_middles(found.ends[last]))
        along = found.along.copy()
        for end in (0, 1):
            xy = found.ends[last, 2 * end : 2 * end + 2]
            edge, _ = nearest(xy)
            edge = np.where(found.line[edge] == found.line[near], edge, near)
            lines = edge_lines(found.ends[edge])
            far = shapely.line_locate_point(lines, shapely.points(xy), normalized=True)
            along[last, end] = found.along[edge, 0] + far * found.length_m[edge]
        of_process = {name: getattr(found, name).copy() for name in ("line", "around_m", "stretch")}
        for values in of_process.values():
            values[last] = values[near]
        broken = (np.diff(found.line[last]) != 0) | (np.diff(of_process["line"][last]) != 0)
        broken |= found.along[last[1:], 0] - found.along[last[:-1], 1] > SAME_M
        for run in np.split(np.arange(len(last)), np.flatnonzero(broken) + 1) if len(last) else ():
            rows_of, around = last[run], of_process["around_m"][last[run[0]]]
            along[rows_of] = _evened(found.along[rows_of], along[rows_of], _FACED * apart[run], around)
        return replace(found, along=along, **of_process), rows


def _evened(own: Floats, faced: Floats, window_m: Floats, around_m: float) -> Floats:
    """Even out which places of a line another one faces: means over windows to either side, (n, 2).

    From afar many places face the same corner of a line, and none its bays.
    """
    at, far = (np.append(ends[:, 0], ends[-1, 1]) for ends in (own, faced))
    far = np.unwrap(far, period=around_m) if math.isfinite(around_m) else far
    step, mean = np.diff(at), (far[1:] + far[:-1]) / 2
    total = np.append(0.0, np.cumsum(mean * step))
    wide = np.minimum(np.append(window_m, window_m[-1]), np.minimum(at - at[0], at[-1] - at))

    def summed(to: Floats) -> Floats:
        row = np.clip(np.searchsorted(at, to, side="right") - 1, 0, len(step) - 1)
        on = to - at[row]
        return np.asarray(total[row] + far[row] * on + np.diff(far)[row] / step[row] * on**2 / 2)

    means = (summed(at + wide) - summed(at - wide)) / np.maximum(2 * wide, SAME_M)
    far = np.where(wide > SAME_M, means, far)
    laps = np.floor((far[1:] + far[:-1]) / 2 / around_m) * around_m if math.isfinite(around_m) else 0.0
    return np.column_stack([far[:-1] - laps, far[1:] - laps])


@dataclass(frozen=True)
class Outline:
    """What bounds a side's ground on one date."""

    ground: Any  # the ground
    fixed: Floats  # its edges on the theatre's edge, which have no error, (n, 4) [m]
    fronts: Fronts  # the other ones, in order; `before`, `after` and `sigma_m` are those of this date alone


@dataclass(frozen=True)
class BalanceFronts:
    """What the errors of a balance follow from."""

    side: str
    fronts: Fronts  # fronts, outlines: from `find_fronts`
    outlines: tuple[Outline, Outline]
    shapes: Geometries  # the districts, (n,)
    place: Ints  # position of each row's district in `shapes`, (n_rows,)


def fronts_of_balance(
    balance: pd.DataFrame,
    control: gpd.GeoDataFrame,
    frontlines: gpd.GeoDataFrame,
    theatre: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    noise: NoiseModel,
    *,
    border_m: float,
    reach_m: float,
) -> BalanceFronts:
    """Find the fronts of a balance, if its layers belong together."""
    require_working_crs(control=control, frontlines=frontlines, theatre=theatre, districts=districts)
    _require_columns(balance, "balance", ["district", "side", "date_from", "date_to", "district_km2"])
    _require_columns(balance, "balance", [f"{name}_km2" for name in QUANTITIES])
    _require_columns(control, "control", ["date", "side"])
    _require_columns(frontlines, "frontlines", ["date"])
    _require_columns(districts, "districts", ["district"])
    side, dates = one_step(balance, control["date"].unique())
    place = in_order(balance, districts)
    fronts, outlines = find_fronts(
        control, frontlines, theatre, side, noise, dates=dates, border_m=border_m, reach_m=reach_m
    )
    shapes = np.asarray(districts.geometry.values)
    _require_books(balance, shapes[place], outlines)
    return BalanceFronts(side, fronts, outlines, shapes, place)


def _require_columns(table: pd.DataFrame, name: str, columns: Sequence[str]) -> None:
    """Refuse a layer without its columns."""
    absent = [column for column in columns if column not in table]
    if absent:
        raise LayerError(
            f"{name} has no column {' and '.join(absent)}: pass what the balance was made with, as it was"
        )


def _require_books(balance: pd.DataFrame, shapes: Geometries, outlines: tuple[Outline, Outline]) -> None:
    """Refuse layers in which the side does not hold what the balance says."""
    for when, outline in zip(("before", "after"), outlines, strict=True):
        met = intersect(shapes, np.array([outline.ground]))
        held = np.bincount(met.first, weights=shapely.area(met.pieces), minlength=len(shapes)) / KM2
        stated = balance[f"{when}_km2"].to_numpy(dtype=float)
        wrong = np.flatnonzero(np.abs(held - stated) > _LOOSE * shapely.area(shapes) / KM2)
        if len(wrong):
            rows = [
                f"{balance['district'].iloc[row]}: {stated[row]:,.1f} and {held[row]:,.1f} km²"
                for row in wrong
            ]
            raise LayerError(
                f"what {balance['side'].iloc[0]} held {when} is not the same in the balance and in control "
                f"and districts ({listed(rows, _BOOKS_SHOWN)}): "
                "pass the layers that the balance was made with"
            )


def find_fronts(
    control: gpd.GeoDataFrame,
    frontlines: gpd.GeoDataFrame,
    theatre: gpd.GeoDataFrame,
    side: str,
    noise: NoiseModel,
    *,
    dates: tuple[pd.Timestamp, pd.Timestamp],
    border_m: float,
    reach_m: float,
) -> tuple[Fronts, tuple[Outline, Outline]]:
    """Find the front of a side on two dates: the edges of both, each once, and the outline on either date."""
    require_metres(LayerError, needed=True, border_m=border_m)
    require_metres(LayerError, above_0=True, or_inf=True, needed=True, reach_m=reach_m)
    edge = shapely.boundary(ground_of(theatre))
    shapely.prepare(edge)
    held = [control[(control["date"] == day) & (control["side"] == side)] for day in dates]
    grounds = [united(np.asarray(rows.geometry.values)) for rows in held]
    first = _outline(grounds[0], edge, border_m, shapely.get_coordinates(grounds[1]))
    knots = np.vstack([first.fixed, first.fronts.ends]).reshape(-1, 2)
    last = _outline(grounds[1], edge, border_m, knots, onto=True)
    same, turned = _twins(first.fronts.ends, last.fronts.ends)
    first, last = (
        replace(one, fronts=_with_sigmas(one.fronts, frontlines, day, noise, reach_m, side))
        for one, day in zip((first, last), dates, strict=True)
    )
    # An edge of both dates takes the larger of its sigmas; those of the later date alone are added.
    met = same >= 0
    after = np.where(met, np.where(turned, -1, 1), 0)
    sigma, other = first.fronts.sigma_m, last.fronts.sigma_m
    wide = np.where(met, np.maximum(sigma, other[same] if len(other) else 0.0), sigma)
    fresh = ~np.isin(np.arange(len(last.fronts.line)), same)
    return _joined(first.fronts, after, wide, last.fronts, fresh), (first, last)


def _outline(
    ground: Any, theatre_edge: Any, border_m: float, knots: Floats, *, onto: bool = False
) -> Outline:
    """Follow the outline of a ground, with a vertex wherever the other date has one on it.

    With `onto`, vertices that are those of the other date but for a hair are put there, so that what is
    shared has the same coordinates on both dates.
    """
    rings = shapely.get_rings(shapely.orient_polygons(shapely.normalize(shapely.get_parts(ground))))
    edges, ring = segments(rings)
    points, near = shapely.STRtree(edge_lines(edges)).query(
        shapely.points(knots), predicate="dwithin", distance=SHARED_M
    )
    owner, share = split(edges, near, knots[points], SHARED_M)
    edges, ring = _between(edges[owner], share), ring[owner]
    if onto:
        edges = _snapped(edges, knots)
        kept = (edges[:, :2] != edges[:, 2:]).any(axis=1)
        edges, ring = edges[kept], ring[kept]
    middles = shapely.points(edge_middles(edges))
    fixed = shapely.dwithin(theatre_edge, middles, border_m)
    # What runs along the theatre's edge has no error; the rest is the front.
    return Outline(ground, edges[fixed], _chained(edges, ring, fixed))


def _snapped(edges: Floats, knots: Floats) -> Floats:
    """Put vertices on the nearest knot, if one is as near as makes no difference."""
    xy = edges.reshape(-1, 2).copy()
    vertex, knot = shapely.STRtree(shapely.points(knots)).query_nearest(
        shapely.points(xy), max_distance=SHARED_M, all_matches=False
    )
    xy[vertex] = knots[knot]
    return xy.reshape(-1, 4)


def _chained(edges: Floats, ring: Ints, fixed: Bools) -> Fronts:
    """Follow each ring's front from where it leaves the theatre's edge; a closed one from anywhere."""
    order, line, closed = [], [], []
    number = 0  # of lines so far
    for first_row, stop in pairwise([*np.flatnonzero(np.diff(ring, prepend=-1)), len(ring)]):
        rows = np.arange(first_row, stop)
        begins = np.flatnonzero(fixed[np.roll(rows, 1)] & ~fixed[rows])
        rows = np.roll(rows, -begins[0]) if len(begins) else rows
        free = ~fixed[rows]
        starts = free & np.append(True, ~free[:-1])
        order.append(rows[free])
        line.append(number + np.cumsum(starts)[free])
        closed.append(np.full(int(free.sum()), not fixed[rows].any()))
        number += int(starts.sum())
    # Lengths along each line, from its start.
    rows = np.concatenate([np.empty(0, dtype=np.int64), *order])
    lines = np.concatenate([np.empty(0, dtype=np.int64), *line])
    ends, one = edges[rows], np.ones(len(rows), dtype=np.int64)
    length = np.hypot(*(ends[:, 2:] - ends[:, :2]).T)
    total = np.cumsum(length)
    start = total - length
    first = np.searchsorted(lines, lines, side="left")
    along = np.column_stack([start, total]) - start[first][:, None]
    ring_m = np.bincount(lines, weights=length)[lines] if len(lines) else length
    around = np.where(np.concatenate([np.empty(0, dtype=bool), *closed]), ring_m, np.inf)
    return Fronts(ends, along, lines, one, one, np.zeros(len(rows)), around, 0 * one)


def _twins(first: Floats, last: Floats) -> tuple[Ints, Bools]:
    """Find the edge of the later date with the same vertices, or -1, and whether it runs the other way."""
    grid = [np.round(ends / SAME_M).astype(np.int64) for ends in (first, last)]
    same, back = (same_edges(edges, grid[1]) for edges in (grid[0], grid[0][:, BACK]))
    turned = (same < 0) & (back >= 0)
    return np.where(turned, back, same), turned


def _with_sigmas(
    fronts: Fronts,
    frontlines: gpd.GeoDataFrame,
    day: pd.Timestamp,
    noise: NoiseModel,
    reach_m: float,
    side: str,
) -> Fronts:
    """Give each edge the sigma of the line of its day next to it."""
    rows = np.flatnonzero(frontlines["date"] == day)
    lines = frontlines.iloc[rows]
    sigma = sigmas_of(lines)
    middles = shapely.points(edge_middles(fronts.ends))
    parts, line = shapely.get_parts(np.asarray(lines.geometry.values), return_index=True)
    edges, part = segments(parts)
    edge, near = shapely.STRtree(edge_lines(edges)).query_nearest(
        middles, max_distance=reach_m, all_matches=False
    )
    nearest = np.full(len(middles), -1)
    nearest[edge] = line[part[near]]
    far = nearest < 0
    if far.any():
        raise LayerError(
            f"{fronts.length_m[far].sum() / 1000:,.1f} km of the front of {side} on {day:%Y-%m-%d} "
            "have no line within "
            f"{reach_m:,g} m: pass the frontlines that belong to control, of both dates"
        )
    found = sigma[nearest]
    bare = np.isnan(found)
    if bare.any() and noise.sigma_m is None:
        names = [str(lines.index[row]) for row in np.unique(nearest[bare])]
        raise UnknownSigmaError(
            f"{counted(len(names), 'stretch of frontline has', 'stretches of frontline have')} no sigma_m "
            f"(rows {listed(names, _SHOWN)}): "
            "give them one, or pass NoiseModel(sigma_m=...) for all that have none"
        )
    found[bare] = noise.sigma_m
    fronts = replace(fronts, sigma_m=found, stretch=rows[nearest])
    along, around_m = with_course(fronts, fronts.ends, fronts.line, noise)
    return replace(fronts, along=along, around_m=around_m)


def _window_m(sigma_m: Floats, noise: NoiseModel) -> Floats:
    """Over what length errors make a line zigzag [m]: some times how far its ends are off by themselves."""
    wide = _WINDOW * sigma_m
    for _ in range(_ROUNDS):
        wide = _WINDOW * sigma_m * np.sqrt(1 - noise.correlation(wide))
    return wide


def with_course(fronts: Any, ends: Floats, line: Ints, noise: NoiseModel) -> tuple[Floats, Floats]:
    """Measure along the course of each front in place of its drawn line: `along` and `around_m`.

    A line that carries its errors is longer than the true one: it zigzags. Chord over arc, over a window in
    which errors even out, is how far along its course the drawn line leads. `ends` are those of the edges as
    the front runs, `line` the front of each.
    """
    along, around = fronts.along.copy(), fronts.around_m.copy()
    order = np.lexsort((fronts.along[:, 0], line))
    for rows in np.split(order, np.flatnonzero(np.diff(line[order])) + 1) if len(order) else ():
        at = np.append(fronts.along[rows, 0], fronts.along[rows[-1], 1])
        xy = np.vstack([ends[rows, :2], ends[rows[-1:], 2:]])
        at = at - at[0]
        length, whole = np.diff(at), at[-1]
        ring = math.isfinite(fronts.around_m[rows[0]])
        wide = np.minimum(_window_m(fronts.sigma_m[rows], noise), whole / 4 if ring else whole)
        wide = np.maximum(wide, length)
        reach = ((at[1:] + at[:-1]) / 2)[:, None] + wide[:, None] * [-0.5, 0.5]
        if ring:
            reach %= whole
        else:  # windows at the ends of a front lie within it
            reach += np.clip(-reach[:, :1], 0, None) - np.clip(reach[:, 1:] - whole, 0, None)
        points = [np.column_stack([np.interp(end, at, xy[:, i]) for i in (0, 1)]) for end in reach.T]
        far = np.append(0.0, np.cumsum(length * np.hypot(*(points[1] - points[0]).T) / wide))
        along[rows] = np.column_stack([far[:-1], far[1:]])
        around[rows] = far[-1] if ring else math.inf
    return along, around


def split(ends: Floats, edge: Ints, points: Floats, apart_m: float = SAME_M) -> tuple[Ints, Floats]:
    """Cut edges at points on them, but for points nearer than `apart_m` to an end.

    `edge` names the edge of each point. Returns the edge of each piece, and between which shares of it the
    piece lies, (k, 2).
    """
    start, step = ends[:, :2], ends[:, 2:] - ends[:, :2]
    length = np.hypot(*step.T)
    far = ((points - start[edge]) * step[edge]).sum(axis=1) / length[edge]
    inner = (far > apart_m) & (far < length[edge] - apart_m)
    whole = np.arange(len(ends))
    owner = np.concatenate([whole, edge[inner], whole])
    share = np.concatenate([np.zeros(len(ends)), (far / length[edge])[inner], np.ones(len(ends))])
    order = np.lexsort((share, owner))
    owner, share = owner[order], share[order]
    cut = (owner[:-1] == owner[1:]) & ((share[1:] - share[:-1]) * length[owner[:-1]] > SAME_M)
    return owner[:-1][cut], _closed(owner[:-1][cut], np.column_stack([share[:-1], share[1:]])[cut])


def cut_at_borders(ends: Floats, areas: Geometries) -> tuple[Ints, Floats]:
    """Cut edges wherever they meet the outline of an area, as `split` does."""
    lines = edge_lines(ends)
    borders = edge_lines(np.unique(segments(shapely.get_rings(shapely.get_parts(areas)))[0], axis=0))
    edge, border = shapely.STRtree(borders).query(lines, predicate="intersects")
    met = shapely.intersection(lines[edge], borders[border])
    points, hit = shapely.get_coordinates(met, return_index=True)
    return split(ends, edge[hit], points)


def _between(ends: Floats, share: Floats) -> Floats:
    """Give the part of each edge between two shares of it; 0 and 1 are its very ends."""
    return np.hstack([ends[:, :2] * (1 - share[:, [i]]) + ends[:, 2:] * share[:, [i]] for i in (0, 1)])


def _closed(owner: Ints, share: Floats) -> Floats:
    """Let each piece begin where the one before it ends, though hair-thin ones between them were dropped."""
    again = owner[1:] == owner[:-1]
    share[1:][again, 0] = share[:-1][again, 1]
    share[np.append(~again, True)[: len(share)], 1] = 1.0
    return share


def _joined(first: Fronts, after: Ints, wide: Floats, last: Fronts, fresh: Bools) -> Fronts:
    """Put the edges of both dates together: those of the earlier one, and those the later one has alone."""
    parts = {f.name: [getattr(first, f.name), getattr(last, f.name)[fresh]] for f in fields(Fronts)}
    parts |= {
        "before": [first.before, np.zeros(int(fresh.sum()), dtype=np.int64)],
        "after": [after, last.after[fresh]],
        "sigma_m": [wide, last.sigma_m[fresh]],
    }
    both = {name: np.concatenate(pair) for name, pair in parts.items()}
    # Shared edges, and those of either date alone, are separate processes along a line.
    kind = np.where(both["before"] == 0, 2, (both["after"] != 0).astype(np.int64))
    order = np.lexsort((both["along"][:, 0], kind, both["line"]))
    both, kind = {name: values[order] for name, values in both.items()}, kind[order]
    broken = (both["line"][1:] != both["line"][:-1]) | (kind[1:] != kind[:-1])
    both["line"] = np.cumsum(np.append(False, broken))[: len(order)].astype(np.int64)
    return Fronts(**both)
