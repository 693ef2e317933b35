"""The front of one side on many dates, from the edges of its polygons and of strips beside them."""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arguments import checked
from frontlines.arrays import Floats, Geometries, Ints, repeated, rows_of_all, rows_of_each
from frontlines.control.to_lines import GRID_M
from frontlines.crs.working import require_working_crs
from frontlines.errors import LayerError
from frontlines.geometry.coverage import ground_of, united
from frontlines.geometry.planar import edge_lines, edge_marks, edge_middles, outline_edges, segments, turned
from frontlines.layers.margins import is_strip
from frontlines.layers.mending import joined_sources
from frontlines.limits import require_metres

_TILE_M = 20_000.0
_ON_M = 1e-2  # edges this near to a strip run along it [m]


@checked(control="polygons date side source")
def fronts_of_side(
    control: gpd.GeoDataFrame, theatre: gpd.GeoDataFrame, side: str, *, border_m: float
) -> gpd.GeoDataFrame:
    """Take the lines along which one side's ground ends, whoever is beyond; fast over many dates.

    Parameters
    ----------
    control
        Polygons with `date`, `side` and `source`, in the working CRS; any number of dates. The ground
        of other sides need not be there.
    theatre
        Ground of the study, in the same CRS.
    side
        The side whose ground it is.
    border_m
        What runs within this distance of the theatre's edge [m], or beyond it, is no front; at least
        `GRID_M`.

    Returns
    -------
    frontlines
        One row a date on which the side has a front: `date`, `side_left` (`side`), `side_right`
        (``any other``), `source`, and MultiLineStrings with the side's ground on their left.

    Raises
    ------
    CRSError
        If the frames are not in one equal-area CRS in metres.
    LayerError
        If the theatre is not one row, or the side occurs nowhere.

    See Also
    --------
    frontlines_from_control : Stretch by stretch, with the sides on both sides.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> theatre = gpd.GeoDataFrame(geometry=[box(0, 0, 4000, 2000)], crs="EPSG:3035")
    >>> control = gpd.GeoDataFrame(
    ...     {"date": pd.to_datetime(["1994-05-12"]), "side": ["A"], "source": ["a map"]},
    ...     geometry=[box(0, 0, 1000, 2000)], crs="EPSG:3035")
    >>> fronts_of_side(control, theatre, "A", border_m=0).geometry.iloc[0].wkt
    'MULTILINESTRING ((1000 0.001, 1000 1999.999))'
    """
    require_working_crs(control=control, theatre=theatre)
    require_metres(LayerError, needed=True, border_m=border_m)
    own = control[control["side"].isin([str(side)])]
    if own.empty:
        sides = ", ".join(map(repr, sorted(control["side"].unique())))
        raise LayerError(f"side {side!r} holds no ground on any date: the sides are {sides}")
    inner = ground_of(theatre).buffer(-max(border_m, GRID_M))
    beside = is_strip(own)
    days = own[~beside].groupby("date", sort=True)
    grounds = [united(np.asarray(rows.geometry.values)) for _, rows in days]
    outlines = _outlines(np.array(grounds, dtype=object), inner)
    strips = own[beside].set_index("date").geometry.reindex([date for date, _ in days]).to_numpy()
    if beside.any():
        outlines = _round_strips(outlines, strips, inner)
    fronts = gpd.GeoDataFrame(
        {
            "date": [date for date, _ in days],
            "side_left": side,
            "side_right": "any other",
            "source": [joined_sources(rows["source"]) for _, rows in days],
        },
        geometry=_lines(outlines, len(grounds)),
        crs=control.crs,
    )
    return fronts[~fronts.is_empty].reset_index(drop=True)


class _Outlines(NamedTuple):
    """Edges of outlines, each once, with the ground on their left, and which of them each ground has."""

    edges: Floats  # (n_edges, 4) [m]
    ground: Ints  # ground, edge: numbers, a pair for each edge of each ground
    edge: Ints


def _outlines(grounds: Geometries, inner: Any) -> _Outlines:
    """Take the outlines of grounds apart, and cut their edges at the inner ground."""
    edges, ground = outline_edges(shapely.orient_polygons(grounds))
    first, edge = np.unique(edge_marks(edges), return_index=True, return_inverse=True)[1:]
    pieces, of = _clipped(edges[first], inner)
    # An edge that was cut to pieces is replaced by all of them.
    start, number = np.searchsorted(of, np.arange(len(first))), np.bincount(of, minlength=len(first))
    which, place = repeated(number[edge])
    return _Outlines(pieces, ground[which], start[edge][which] + place)


def _clipped(edges: Floats, inner: Any) -> tuple[Floats, Ints]:
    """Cut edges at the outline of the inner ground: pieces, and the edge of each, ascending."""
    lines = edge_lines(edges)
    shapely.prepare(inner)
    within = shapely.contains_properly(inner, lines)
    across = np.flatnonzero(~within)
    across = across[shapely.intersects(inner, lines[across])]
    # Near the edges of one tile there is little of the inner ground.
    tile = np.unique(np.floor(edges[across, :2] / _TILE_M), axis=0, return_inverse=True)[1].ravel()
    cut = np.empty(len(lines), dtype=object)
    for group in (across[rows] for rows in rows_of_each(tile)):
        near = shapely.box(*shapely.total_bounds(lines[group])).buffer(1.0)
        cut[group] = shapely.intersection(lines[group], shapely.intersection(inner, near))
    pieces, place = shapely.get_parts(cut[across], return_index=True)
    line = shapely.get_type_id(pieces) == shapely.GeometryType.LINESTRING
    ends, owner = segments(pieces[line])
    of = np.concatenate([np.flatnonzero(within), across[place[line]][owner]])
    order = np.argsort(of, kind="stable")
    return np.concatenate([edges[within], ends])[order], of[order]


def _round_strips(outlines: _Outlines, strips: Geometries, inner: Any) -> _Outlines:
    """Let outlines run round the strips beside their grounds: what both share is no outline."""
    beside = _Beside(outlines.edges, strips, inner)
    order = np.lexsort((outlines.edge, outlines.ground))
    starts = np.searchsorted(outlines.ground[order], np.arange(1, len(strips)))
    known: dict[tuple[bytes, bytes], Ints] = {}
    extra, edges, n_edges = [outlines.edges], [], len(outlines.edges)
    for parts, own in zip(beside.parts, np.split(outlines.edge[order], starts), strict=True):
        near = np.concatenate([own[:0], *(beside.near[part] for part in parts)])
        along = np.intersect1d(own, near)
        state = parts.tobytes(), along.tobytes()
        if state not in known:
            extra.append(beside.rest(parts, along))
            known[state] = np.arange(n_edges, n_edges + len(extra[-1]))
            n_edges += len(extra[-1])
        edges.append(np.concatenate([np.setdiff1d(own, along, assume_unique=True), known[state]]))
    grounds = np.repeat(np.arange(len(strips)), [len(own) for own in edges])
    return _Outlines(np.vstack(extra), grounds, np.concatenate(edges))


class _Beside:
    """Parts of strips, each once, and the edges of grounds that they lie along."""

    def __init__(self, edges: Floats, strips: Geometries, inner: Any) -> None:
        """Find which strips have which parts, and which edges run along a part."""
        there = np.flatnonzero(~shapely.is_missing(strips))
        every, strip = shapely.get_parts(strips[there], return_index=True)
        number = pd.factorize(shapely.to_wkb(every))[0]
        shapes = every[np.unique(number, return_index=True)[1]]
        self.parts = [np.unique(number[rows]) for rows in rows_of_all(there[strip], len(strips))]
        self.lines, self.wide = edge_lines(edges), shapely.buffer(shapes, _ON_M)
        self.aslant, within = (shapely.transform(of, turned) for of in (self.lines, shapes))
        part, line = shapely.STRtree(self.aslant).query(within, predicate="dwithin", distance=_ON_M)
        self.near = [line[rows] for rows in rows_of_all(part, len(shapes))]
        self.wide_aslant = shapely.buffer(within, _ON_M)
        shapely.prepare(self.wide_aslant)
        rings, of = shapely.get_rings(shapely.orient_polygons(shapes), return_index=True)
        ends, ring = segments(rings)
        ends, owner = _clipped(ends, inner)
        self.ends = [ends[rows] for rows in rows_of_all(of[ring][owner], len(shapes))]

    def rest(self, parts: Ints, along: Ints) -> Floats:
        """Give what is left of edges along parts, and the edges of parts along none of these."""
        left, ended = self.lines[along], np.append(along, -1)
        for part in parts:
            place = np.searchsorted(along, self.near[part])
            met = place[ended[place] == self.near[part]]
            # Most lie in the part; the others are cut by all of its outline, one by one.
            within = shapely.contains_properly(self.wide_aslant[part], self.aslant[along[met]])
            left[met[within]] = shapely.LineString()
            left[met[~within]] = shapely.difference(left[met[~within]], self.wide[part])
        own = np.vstack([np.empty((0, 4)), *(self.ends[part] for part in parts)])
        middles = shapely.points(edge_middles(own))
        shared = shapely.STRtree(self.lines[along]).query(middles, predicate="dwithin", distance=_ON_M)[0]
        return np.vstack([segments(shapely.get_parts(left))[0], np.delete(own, shared, axis=0)])


def _lines(outlines: _Outlines, n_grounds: int) -> list[shapely.MultiLineString]:
    """Join the edges of each ground end to end."""
    order = np.argsort(outlines.ground, kind="stable")
    ground, edges = outlines.ground[order], edge_lines(outlines.edges)[outlines.edge[order]]
    some = np.unique(ground)
    joined = shapely.line_merge(
        shapely.multilinestrings(edges, indices=np.searchsorted(some, ground)), directed=True
    )
    lines = [shapely.MultiLineString()] * n_grounds
    for number, line in zip(some, joined, strict=True):
        lines[number] = shapely.MultiLineString(shapely.get_parts(line).tolist())
    return lines
