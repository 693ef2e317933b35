"""Strips along the edge of the theatre that no polygon covers, because both were drawn by different hands."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from frontlines.crs import polygons_of
from frontlines.geometry.coverage import holder_of
from frontlines.geometry.planar import edge_lines, edge_middles, segments
from frontlines.names import Bools, Floats, Geometries, Ints

_ON_M = 1e-2  # an edge this near to another runs along it [m]
_ELONGATED = 3.0  # a strip that opens into wide ground is longer than this many margins; a corner is not
_OVER = 1.01  # round corners are drawn by 32 chords: so much more reaches as far as a circle
_BESIDE = 0.1  # least share of the outline of a strip that runs along a polygon, and along the edge
_STEP_M = 250.0  # points of the edge stand this far apart when the margin is looked for [m]
_REACH_M = 10_000.0  # ... and count if a polygon is nearer than this [m]
_FEWEST = 20  # ... if there are so many of them
_FOLD = 3.0  # between narrow strips and open ground is a gap: distances differ at least so many times
_NARROW = 0.2  # least share of the points that lie below the gap
_IN_GAP = 0.1  # most points in the gap, as a share of those below it


class Strips(NamedTuple):
    """Pieces of ground, and the position of the polygon that each goes to."""

    pieces: Geometries
    hosts: Ints


def find_strips(ground: Any, uncovered: Any, polygons: Geometries, margin_m: float) -> Strips:
    """Find what is thinner than a margin of the ground that polygons leave uncovered along its edge.

    Thin is what an opening by half the margin takes away: width counts, not the distance from the edge.
    """
    edge = edge_lines(segments(_rings(ground))[0])
    band = _band(edge, polygons, margin_m)
    if band is None:
        return Strips(np.empty(0, dtype=object), np.empty(0, dtype=np.int64))
    near = np.sort(shapely.STRtree(polygons).query(band, predicate="intersects"))
    uncovered = shapely.intersection(uncovered, band)
    wide = shapely.buffer(shapely.buffer(uncovered, -margin_m / 2), margin_m / 2 * _OVER)
    thin = shapely.get_parts(polygons_of(np.array([shapely.difference(uncovered, wide)])))
    beside = _Beside(shapely.STRtree(edge), *_outlines(polygons[near]))
    cut: list[Any] = []
    across = [np.empty((0, 4))]
    outlines = _outline_of(thin, beside)
    for piece, outline in zip(thin, _split(outlines, len(thin)), strict=True):
        faces, ways = _cut(piece, outline, beside.edge, margin_m)
        cut += faces
        across.append(ways)
    pieces = np.array(cut, dtype=object)
    outlines = _outline_of(pieces, beside)
    middles = shapely.points(edge_middles(outlines.ends))
    cuts = shapely.STRtree(edge_lines(np.vstack(across)))
    on_cut = cuts.query_nearest(middles, max_distance=_ON_M, all_matches=False)[0]
    outlines.what[on_cut[outlines.what[on_cut] == _OPEN]] = _CUT
    return _given(pieces, outlines, near)


def _given(pieces: Geometries, outlines: _Outlines, near: Ints) -> Strips:
    """Give each piece to the polygon it borders the longest, if it is a strip, no corner of wide ground."""
    table = pd.DataFrame(outlines._asdict() | {"ends": outlines.piece})
    table["length_m"] = np.hypot(*(outlines.ends[:, 2:] - outlines.ends[:, :2]).T)
    borders = table.groupby(["piece", "what"], as_index=False)["length_m"].sum()
    least_m = _BESIDE * shapely.length(pieces)
    borders = borders[borders["length_m"] > least_m[borders["piece"]]]
    along = borders.loc[borders["what"] == _EDGE, "piece"]
    hosts = borders[(borders["what"] >= 0) & borders["piece"].isin(along)]
    hosts = hosts.sort_values(["piece", "length_m", "what"], ascending=[True, False, True])
    hosts = hosts.drop_duplicates("piece")
    wide_m = borders[borders["what"] == _OPEN].set_index("piece")["length_m"]
    hosts = hosts[hosts["length_m"] > hosts["piece"].map(wide_m).fillna(0.0)]
    return Strips(pieces[hosts["piece"].to_numpy()], near[hosts["what"].to_numpy()])


_EDGE, _OPEN, _CUT = -1, -2, -3  # what an outline runs along, if not a polygon: open is wide ground


def _rings(ground: Any) -> Geometries:
    return np.asarray(shapely.get_rings(shapely.get_parts(ground)))


def _band(edge: Geometries, polygons: Geometries, margin_m: float) -> Any | None:
    """Give the ground within two margins of those parts of the edge that are near to polygons."""
    outlines = shapely.boundary(shapely.union_all(polygons))
    pieces = shapely.STRtree(edge_lines(segments(shapely.get_parts(outlines))[0]))
    close = np.sort(pieces.query_nearest(edge, max_distance=2 * margin_m, all_matches=False)[0])
    if not len(close):
        return None
    lines = shapely.line_merge(shapely.multilinestrings(edge[close]))
    return shapely.buffer(shapely.simplify(lines, margin_m / 20), 2 * margin_m, quad_segs=4)


class _Beside(NamedTuple):
    """What pieces may lie beside: the edge of the ground, and the outlines of polygons."""

    edge: shapely.STRtree
    outlines: shapely.STRtree
    polygon: Ints  # of each edge of the outlines


class _Outlines(NamedTuple):
    """The edges of the outlines of pieces, in their order."""

    piece: Ints
    ring: Ints
    what: Ints  # position of the polygon that it runs along, `_EDGE` or `_OPEN`
    ends: Floats  # (n, 4) [m]


def _outlines(polygons: Geometries) -> tuple[shapely.STRtree, Ints]:
    parts, polygon = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    edges, ring = segments(rings)
    return shapely.STRtree(edge_lines(edges)), polygon[part[ring]]


def _outline_of(pieces: Geometries, beside: _Beside) -> _Outlines:
    """Tell what each edge of the outlines of pieces runs along."""
    rings, owner = shapely.get_rings(pieces, return_index=True)
    edges, ring = segments(rings)
    middles = shapely.points(edge_middles(edges))
    what = np.full(len(edges), _OPEN, dtype=np.int64)
    what[beside.edge.query_nearest(middles, max_distance=_ON_M, all_matches=False)[0]] = _EDGE
    point, near = beside.outlines.query_nearest(middles, max_distance=_ON_M, all_matches=True)
    order = np.lexsort((beside.polygon[near], point))[::-1]
    what[point[order]] = beside.polygon[near[order]]  # of several the first, which is written last
    return _Outlines(owner[ring], ring, what, edges)


def _split(outlines: _Outlines, number: int) -> list[_Outlines]:
    """Take the outlines of each piece apart."""
    at = np.searchsorted(outlines.piece, np.arange(1, number))
    parts = (np.split(column, at) for column in outlines)
    return [_Outlines(*columns) for columns in zip(*parts, strict=True)]


def _cut(piece: Any, outline: _Outlines, edge: shapely.STRtree, margin_m: float) -> tuple[list[Any], Floats]:
    """Cut a strip where the polygon beside it changes, straight across to the edge; leave out corners.

    Pieces, and the cuts (n, 4) [m].
    """
    along = outline.ends[outline.what == _EDGE]
    along_m = np.hypot(*(along[:, 2:] - along[:, :2]).T).sum()
    corner = (outline.what == _OPEN).any() and along_m < _ELONGATED * margin_m
    if corner or not len(along) or outline.what.max() < 0:
        return [], np.empty((0, 4))
    starts = _turns(outline)
    if not len(starts):
        return [piece], np.empty((0, 4))
    points = shapely.points(starts)
    nearest = edge.geometries[edge.query_nearest(points, all_matches=False)[1]]
    ways = shapely.get_coordinates(shapely.shortest_line(points, nearest)).reshape(-1, 4)
    step = ways[:, 2:] - ways[:, :2]
    reach = np.hypot(*step.T)
    far = reach > _ON_M
    step = step[far] / reach[far, None] * _ON_M
    across = np.hstack([ways[far, :2] - step, ways[far, 2:] + step])  # a hair over at either end
    noded = shapely.union_all([shapely.boundary(piece), *edge_lines(across)])
    faces = shapely.get_parts(shapely.polygonize([noded]))
    shapely.prepare(piece)
    return list(faces[shapely.contains_properly(piece, shapely.point_on_surface(faces))]), across


def _turns(outline: _Outlines) -> Floats:
    """List the vertices of an outline where a polygon ends and another one, or wide ground, begins."""
    found = []
    for ring in np.unique(outline.ring):
        own = outline.ring == ring
        what = outline.what[own]
        before = np.roll(what, 1)
        found.append(outline.ends[own, :2][(what != before) & (what != _EDGE) & (before != _EDGE)])
    return np.concatenate(found)


def margin_of(distances_m: Floats) -> float:
    """Tell narrow strips from open ground by the distances from the edge to the nearest polygon [m].

    The margin stands where fewest distances lie within a factor of √3 of it, the lowest such place. It is 0
    if less than `_NARROW` of all distances are smaller, or more than `_IN_GAP` of these lie in the gap.
    """
    known = np.sort(distances_m[distances_m > _ON_M])
    if len(known) < _FEWEST:
        return 0.0
    margins = np.geomspace(1.0, _REACH_M / _FOLD, 161)
    low, high = (np.searchsorted(known, margins * fold) for fold in (_FOLD**-0.5, _FOLD**0.5))
    fits: Bools = (low >= _NARROW * len(known)) & (high - low <= _IN_GAP * low)
    if not fits.any():
        return 0.0
    best = np.flatnonzero(fits & ((high - low) == (high - low)[fits].min()))
    return float(np.format_float_positional(margins[best[0]], precision=2, fractional=False))


def edge_distances(ground: Any, polygons: Geometries) -> Floats:
    """Measure from points of the edge that no polygon covers to the nearest polygon, within reach [m]."""
    edges = segments(_rings(ground))[0]
    step = edges[:, 2:] - edges[:, :2]
    ends_m = np.cumsum(np.hypot(*step.T))
    number = max(int(ends_m[-1] / _STEP_M), _FEWEST)
    along_m = (np.arange(number) + 0.5) / number * ends_m[-1]
    edge = np.searchsorted(ends_m, along_m)
    share = 1 - (ends_m[edge] - along_m) / np.hypot(*step[edge].T)
    points = shapely.points(edges[edge, :2] + share[:, None] * step[edge])
    points = points[holder_of(points, polygons) < 0]
    outlines = edge_lines(segments(_rings(polygons))[0])
    found = shapely.STRtree(outlines).query_nearest(
        points, max_distance=_REACH_M, return_distance=True, all_matches=False
    )
    return np.asarray(found[1])
