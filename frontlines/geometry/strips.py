"""Strips along the edge of the theatre that no polygon covers, because both were drawn by different hands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from frontlines.arrays import Bools, Floats, Geometries, Ints, rows_of_all, rows_of_each
from frontlines.crs import polygons_of
from frontlines.geometry.coverage import holder_of
from frontlines.geometry.planar import edge_lines, edge_marks, edge_middles, outline_edges, segments, turned
from frontlines.geometry.tiles import WALL_M, Tiles, tiles_of

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
_SEEN = 1e-5  # least share of the ground of a piece that is named: a dot of 0.5 mm on a map of a page
_MOVED = 0.01  # least share of a piece that polygons beside it left or took from day to day: no coast does
_COARSE = 1 / 40  # part of a width by which wide ground is drawn coarser where thinner arms are cut off it
_CLOSE = 1 / 2_000  # part of the root of its area to which the widest circle in a piece is measured
_ROUND = 4  # chords of a quarter of a circle, where round corners may be off by 2 % of their radius
_AWAY = 2.0  # strips lie within so many margins of parts of the edge that are as near to a polygon
_KNOWN = 1.1  # margins around a tile within which ground decides what is thin in it
_HALO = 7.5  # margins around a tile within which polygons do: they also choose the parts of the edge
_TILE = 16.0  # width of a tile, in margins, and at least `_TILE_M`
_TILE_M = 10_000.0


class Strips(NamedTuple):
    """Pieces of ground, and the number of the side that each goes to."""

    pieces: Geometries
    sides: Ints


class StripFinder:
    """Find what is thinner than a margin of the ground that polygons leave uncovered along its edge.

    Thin is what an opening by half the margin takes away: width counts, not the distance from the edge. What
    was found in a tile of ground, and in a strip across tiles, is kept: a day costs what differs from the
    day before near the edge, and finds the same as if it came first.
    """

    def __init__(self, ground: Any, margin_m: float) -> None:
        """Lay tiles along the edge of the ground."""
        rings = _rings(ground)
        simple = segments(shapely.segmentize(shapely.simplify(rings, margin_m / 20), _AWAY * margin_m))[0]
        self.ground, self.margin_m = ground, margin_m
        self.edge = shapely.STRtree(edge_lines(segments(rings)[0]))
        self.stretches = shapely.STRtree(edge_lines(simple))
        self.tiles = Tiles(max(_TILE * margin_m, _TILE_M))
        self._along = np.unique(tiles_of(simple, self.tiles, _AWAY * margin_m)[0])
        self._grounds: dict[int, Any] = {}  # by tile, with what lies round it
        self._marks = np.zeros(len(self._along), dtype=np.uint64)  # of the polygons near each tile, that day
        self._edges = _Edges(np.empty((0, 4)), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint64))
        self._numbers: dict[tuple[int, int], int] = {}  # of what lies in a tile, by tile and mark
        self._inner: list[Strips] = []  # by that number: strips within the tile
        self._cut_off: list[list[Any]] = []  # ... and parts of strips that go on in other tiles
        self._across: dict[tuple[tuple[int, int], ...], Strips] = {}  # strips across tiles, by their parts
        self._found: Strips = _NONE

    def find(self, polygons: Geometries, sides: Ints) -> Strips:
        """Find the strips that polygons of numbered sides leave on one day, and whose they are."""
        edges = _edges_of(polygons, sides)
        changed = self._mark(edges)
        if not len(changed):
            return self._found
        outlines = shapely.STRtree(edge_lines(edges.ends))
        there = np.flatnonzero(self._marks)
        names = list(zip(self._along[there].tolist(), self._marks[there].tolist(), strict=True))
        fresh = [name for name in names if name not in self._numbers]
        thin = self._thin(np.array([tile for tile, _ in fresh], dtype=np.int64), outlines, polygons)
        shapes: list[Any] = []
        for name, parts in zip(fresh, thin, strict=True):
            self._numbers[name] = len(self._numbers)
            ends = self.tiles.at_wall(parts)
            self._cut_off.append(list(parts[ends]))
            shapes.append(shapely.union_all(parts[~ends]))
        numbers = [self._numbers[name] for name in names]
        groups = self._groups(numbers)
        new = [group for group in groups if group not in self._across]
        shapes += [shapely.union_all([self._cut_off[one][two] for one, two in group]) for group in new]
        found = self._cut_and_given(np.array(shapes, dtype=object), _Beside(self.edge, outlines, edges.side))
        self._inner += found[: len(fresh)]
        self._across.update(zip(new, found[len(fresh) :], strict=True))
        every = [self._inner[number] for number in numbers] + [self._across[group] for group in groups]
        self._found = Strips(*map(np.concatenate, zip(*[_NONE, *every], strict=True)))
        return self._found

    def _mark(self, edges: _Edges) -> Ints:
        """Bring the marks of tiles, the sums of those of edges, up to date; tell which changed."""
        gone, came = self._edges.other_than(edges), edges.other_than(self._edges)
        self._edges = edges
        both = np.vstack([gone.ends, came.ends])
        marks = np.concatenate([np.uint64(0) - gone.mark, came.mark])
        tile, edge = tiles_of(both, self.tiles, _HALO * self.margin_m)
        place = np.searchsorted(self._along, tile).clip(max=len(self._along) - 1)
        own = self._along[place] == tile
        np.add.at(self._marks, place[own], marks[edge[own]])
        return np.unique(place[own])

    def _thin(self, names: Ints, outlines: shapely.STRtree, polygons: Geometries) -> list[Geometries]:
        """Open the uncovered ground near the edge, tile by tile, and give what this takes away."""
        margin_m, lines = self.margin_m, self.stretches.geometries
        out = [np.empty(0, dtype=object)] * len(names)
        boxes = self.tiles.boxes(names, _KNOWN * margin_m)
        tile, stretch = self.stretches.query(boxes, predicate="dwithin", distance=_AWAY * margin_m)
        some, which = np.unique(stretch, return_inverse=True)
        near = outlines.query(lines[some], predicate="dwithin", distance=_AWAY * margin_m)[0]
        close = np.isin(which, near)
        tile, stretch = tile[close], stretch[close]
        if not len(tile):
            return out
        some, which = np.unique(tile, return_inverse=True)
        along = shapely.line_merge(shapely.multilinestrings(lines[stretch], indices=which))
        bands = shapely.buffer(along, _AWAY * margin_m, quad_segs=_ROUND)
        box, polygon = shapely.STRtree(polygons).query(boxes[some], predicate="intersects")
        covers = [_joined(polygons[polygon[rows]]) for rows in rows_of_all(box, len(some))]
        grounds = [self._ground(int(names[place]), boxes[place]) for place in some]
        bare = shapely.intersection(np.array(grounds, dtype=object), bands)
        bare = shapely.difference(bare, np.array(covers, dtype=object))
        wide = shapely.buffer(shapely.buffer(bare, -margin_m / 2), margin_m / 2 * _OVER)
        thin = shapely.intersection(shapely.difference(bare, wide), self.tiles.boxes(names[some], 0.0))
        for place, shape in zip(some, polygons_of(thin), strict=True):
            # Where a polygon was cut at the edge, rounding leaves hair between both, no part of a strip.
            body = shapely.buffer(shapely.buffer(shape, -_ON_M / 2), _ON_M, quad_segs=2)
            parts = shapely.get_parts(polygons_of(np.array([shapely.intersection(shape, body)]))[0])
            out[place] = parts[shapely.area(parts) > 0]
        return out

    def _ground(self, name: int, box: Any) -> Any:
        """Cut out the ground of a tile and what lies round it, once."""
        if name not in self._grounds:
            self._grounds[name] = shapely.intersection(self.ground, box)
        return self._grounds[name]

    def _groups(self, numbers: list[int]) -> list[tuple[tuple[int, int], ...]]:
        """Group the parts of strips that meet at the walls of tiles."""
        names = [(number, place) for number in numbers for place in range(len(self._cut_off[number]))]
        shapes = np.array([self._cut_off[number][place] for number, place in names], dtype=object)
        first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=WALL_M)
        group, known = np.arange(len(names)), np.full(len(names), -1)
        while not np.array_equal(group, known):  # each takes the lowest number of those that it meets
            known = group.copy()
            np.minimum.at(group, known[first], known[second])
            group = group[group]
        return [tuple(names[part] for part in rows) for rows in rows_of_each(group)]

    def _cut_and_given(self, shapes: Geometries, beside: _Beside) -> list[Strips]:
        """Cut strips where what they lie beside changes, and give the pieces away, strip by strip."""
        thin, strip = shapely.get_parts(shapes, return_index=True)
        if not len(thin):
            return [_NONE] * len(shapes)
        cut: list[Any] = []
        of: list[int] = []
        across = [np.empty((0, 4))]
        outlines = _outline_of(thin, beside)
        for number, (piece, outline) in enumerate(zip(thin, _split(outlines, len(thin)), strict=True)):
            faces, ways = _cut(piece, outline, self.edge, self.margin_m)
            cut += faces
            of += [strip[number]] * len(faces)
            across.append(ways)
        pieces = np.array(cut, dtype=object)
        outlines = _outline_of(pieces, beside)
        middles = shapely.points(edge_middles(outlines.ends))
        cuts = shapely.STRtree(edge_lines(np.vstack(across)))
        on_cut = cuts.query_nearest(middles, max_distance=_ON_M, all_matches=False)[0]
        outlines.what[on_cut[outlines.what[on_cut] == _OPEN]] = _CUT
        kept, sides = _given(pieces, outlines)
        owners = np.array(of, dtype=np.int64)[kept]
        return [_joined_by_side(pieces[kept[rows]], sides[rows]) for rows in rows_of_all(owners, len(shapes))]


_NONE = Strips(np.empty(0, dtype=object), np.empty(0, dtype=np.int64))


class _Edges(NamedTuple):
    """Edges of the outlines of polygons, each once, with the polygon on its left, sorted by their marks."""

    ends: Floats  # (n, 4) [m]
    side: Ints
    mark: npt.NDArray[np.uint64]  # a number made of all digits of the ends, and of the side

    def other_than(self, others: _Edges) -> _Edges:
        """Leave out the edges that others have, too."""
        place = np.searchsorted(others.mark, self.mark).clip(max=max(len(others.mark) - 1, 0))
        known = others.mark[place] == self.mark if len(others.mark) else np.zeros(len(place), dtype=bool)
        rows = np.flatnonzero(~known)
        return _Edges(self.ends[rows], self.side[rows], self.mark[rows])


def _edges_of(polygons: Geometries, sides: Ints) -> _Edges:
    edges, polygon = outline_edges(shapely.orient_polygons(polygons))
    side = sides[polygon]
    mark, first = np.unique(edge_marks(edges, side), return_index=True)
    return _Edges(edges[first], side[first], mark)


def _joined(polygons: Geometries) -> Any:
    return polygons[0] if len(polygons) == 1 else shapely.union_all(polygons)


def _joined_by_side(pieces: Geometries, sides: Ints) -> Strips:
    names = np.unique(sides)
    shapes = [_joined(pieces[sides == name]) for name in names]
    return Strips(np.array(shapes, dtype=object), names)


def _given(pieces: Geometries, outlines: _Outlines) -> tuple[Ints, Ints]:
    """Give each piece to the side it borders the longest, if it is a strip, no corner of wide ground.

    Positions of the pieces given away, and the side of each.
    """
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
    return hosts["piece"].to_numpy(), hosts["what"].to_numpy()


_EDGE, _OPEN, _CUT = -1, -2, -3  # what an outline runs along, if not a polygon: open is wide ground


def _rings(ground: Any) -> Geometries:
    return np.asarray(shapely.get_rings(shapely.get_parts(ground)))


class _Beside(NamedTuple):
    """What pieces may lie beside: the edge of the ground, and the outlines of polygons."""

    edge: shapely.STRtree
    outlines: shapely.STRtree
    side: Ints  # of each edge of the outlines


class _Outlines(NamedTuple):
    """The edges of the outlines of pieces, in their order."""

    piece: Ints
    ring: Ints
    what: Ints  # number of the side whose polygon it runs along, `_EDGE` or `_OPEN`
    ends: Floats  # (n, 4) [m]


def _outline_of(pieces: Geometries, beside: _Beside) -> _Outlines:
    """Tell what each edge of the outlines of pieces runs along."""
    rings, owner = shapely.get_rings(pieces, return_index=True)
    edges, ring = segments(rings)
    middles = shapely.points(edge_middles(edges))
    what = np.full(len(edges), _OPEN, dtype=np.int64)
    what[beside.edge.query_nearest(middles, max_distance=_ON_M, all_matches=False)[0]] = _EDGE
    point, near = beside.outlines.query_nearest(middles, max_distance=_ON_M, all_matches=True)
    order = np.lexsort((beside.side[near], point))[::-1]
    what[point[order]] = beside.side[near[order]]  # of several the first, which is written last
    return _Outlines(owner[ring], ring, what, edges)


def _split(outlines: _Outlines, number: int) -> list[_Outlines]:
    """Take the outlines of each piece apart."""
    piece, ring, what, ends = outlines
    return [_Outlines(piece[own], ring[own], what[own], ends[own]) for own in rows_of_all(piece, number)]


def _cut(piece: Any, outline: _Outlines, edge: shapely.STRtree, margin_m: float) -> tuple[list[Any], Floats]:
    """Cut a strip where the side beside it changes, straight across to the edge; leave out corners.

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
    """List the vertices of an outline where a side's ground ends and another's, or wide ground, begins."""
    found = []
    for own in rows_of_each(outline.ring):
        what = outline.what[own]
        before = np.roll(what, 1)
        found.append(outline.ends[own, :2][(what != before) & (what != _EDGE) & (before != _EDGE)])
    return np.concatenate(found)


class Held(NamedTuple):
    """Ground that polygons cover on some of several days, and on all."""

    ever: Any
    always: Any


def held_on(days: Sequence[Geometries]) -> Held:
    """Join what polygons cover over the days: gaps that are always there are no ground that changed hands."""
    joined = np.array([_joined(polygons) for polygons in days], dtype=object)
    return Held(shapely.union_all(joined), shapely.intersection_all(joined))


class Bare(NamedTuple):
    """Pieces of ground along the edge that no polygon covers, the largest first."""

    pieces: Geometries
    kinds: npt.NDArray[np.str_]  # strips, wide (whose, shapes do not tell), moved (perhaps somebody's)
    margin_m: float  # gives the strips to the polygons beside them, and with them what moved


def bare_pieces(ground: Any, held: Held, margin_m: float) -> Bare:
    """Find pieces that a margin leaves bare on all days, and the margin that clears them.

    Strips are at most a third as wide as the ground held. Pieces whose polygons beside grew or shrank are
    perhaps somebody's: they are named where the margin gives them away, too. Wider pieces are named if other
    bare ground, the rest's own, is three times as wide, and so are long strips that open into it.
    """
    pieces = shapely.get_parts(polygons_of(np.array([shapely.difference(ground, held.ever)]))[0])
    pieces = pieces[shapely.area(pieces) >= _SEEN * shapely.area(ground)]
    wide_m, held_m = _widest_m(pieces), _widest_m(shapely.get_parts(held.ever)).max(initial=0.0)
    most_m, rest_m = held_m / _FOLD, wide_m.max(initial=0.0) / _FOLD
    arms = _arms(pieces[wide_m > most_m], most_m)
    cut_off = pieces[wide_m <= max(most_m, rest_m)]
    pieces, arm = np.append(cut_off, arms), np.arange(len(cut_off) + len(arms)) >= len(cut_off)
    seen = np.flatnonzero(shapely.area(pieces) >= _SEEN * shapely.area(ground))
    seen = seen[np.argsort(-shapely.area(pieces[seen]), kind="stable")]
    between, run_m = _between(pieces[seen], ground, held.ever)
    kept = seen[between & (~arm[seen] | (run_m >= _ELONGATED * most_m))]
    pieces, arm, wide_m = pieces[kept], arm[kept], _widest_m(pieces[kept])
    moves = _moves(pieces, held)
    bare, cut_off = wide_m > margin_m, ~arm & (wide_m < most_m)
    clear_m = _rounded(wide_m[bare & cut_off & ~moves].max(initial=0.0), up=True)
    kinds = np.select([cut_off & ~moves, moves], ["strips", "moved"], "wide")
    left = bare & np.where(moves, cut_off & (wide_m < clear_m), cut_off | (wide_m < rest_m))
    return Bare(pieces[left], kinds[left], clear_m)


def _between(pieces: Geometries, ground: Any, ever: Any) -> tuple[Bools, Floats]:
    """Tell which pieces are strips between ground held and the edge, and how long each runs along it [m]."""
    edges = _edges_of(np.array([ever], dtype=object), np.zeros(1, dtype=np.int64))
    edge, outlines = (shapely.STRtree(edge_lines(ends)) for ends in (segments(_rings(ground))[0], edges.ends))
    around = _outline_of(pieces, _Beside(edge, outlines, edges.side))
    run_m = np.hypot(*(around.ends[:, 2:] - around.ends[:, :2]).T) * (around.what == _EDGE)
    between = np.isin(np.arange(len(pieces)), _given(pieces, around)[0])
    return between, np.bincount(around.piece, run_m, len(pieces)).astype(float)


def _moves(pieces: Geometries, held: Held) -> Bools:
    """Tell beside which pieces enough ground is held on some days only."""
    moved = shapely.get_parts(shapely.difference(held.ever, held.always))
    piece, part = shapely.STRtree(moved).query(pieces, predicate="dwithin", distance=_ON_M)
    moved_m2 = np.bincount(piece, shapely.area(moved)[part], len(pieces))
    return np.asarray(moved_m2 > _MOVED * shapely.area(pieces))


def _arms(pieces: Geometries, wide_m: float) -> Geometries:
    """Cut off what of pieces is thinner than a width; the rest of them is drawn coarsely."""
    rough_m = _COARSE * wide_m
    core = shapely.buffer(shapely.simplify(pieces, rough_m), -wide_m / 2, quad_segs=_ROUND)
    thin = shapely.difference(pieces, shapely.buffer(core, wide_m / 2 + 2 * rough_m, quad_segs=_ROUND))
    return np.asarray(shapely.get_parts(polygons_of(thin)))


def _widest_m(pieces: Geometries) -> Floats:
    """Measure the widest circle that each piece holds, for certain no less [m]."""
    near_m = _CLOSE * np.sqrt(shapely.area(pieces))
    circles = shapely.maximum_inscribed_circle(shapely.transform(pieces, turned), near_m)
    return np.asarray(2 * (shapely.length(circles) + near_m))


def margin_of(distances_m: Floats) -> float | None:
    """Tell narrow strips from open ground by the distances from the edge to the nearest polygon [m].

    The margin stands where fewest distances lie within a factor of √3 of it, the lowest such place. It is
    None if less than `_NARROW` of all distances are smaller, or more than `_IN_GAP` of these lie in the gap:
    then distances tell of no margin. It is 0 if hardly any ground near polygons is bare.
    """
    known = np.sort(distances_m[distances_m > _ON_M])
    if len(known) < _FEWEST:
        return 0.0
    margins = np.geomspace(1.0, _REACH_M / _FOLD, 161)
    low, high = (np.searchsorted(known, margins * fold) for fold in (_FOLD**-0.5, _FOLD**0.5))
    fits: Bools = (low >= _NARROW * len(known)) & (high - low <= _IN_GAP * low)
    if not fits.any():
        return None
    best = np.flatnonzero(fits & ((high - low) == (high - low)[fits].min()))
    return _rounded(margins[best[0]])


def _rounded(metres: float, *, up: bool = False) -> float:
    """Round to two digits."""
    step = 10.0 ** (np.floor(np.log10(metres)) - 1) if metres else 1.0
    return float(f"{(np.ceil if up else np.round)(metres / step) * step:.6g}")


def edge_distances(ground: Any, ever: Any) -> Floats:
    """Measure from points along the edge to the ground ever held, within reach [m]; 0 in it."""
    edges = segments(_rings(ground))[0]
    step = edges[:, 2:] - edges[:, :2]
    ends_m = np.cumsum(np.hypot(*step.T))
    number = max(int(ends_m[-1] / _STEP_M), _FEWEST)
    along_m = (np.arange(number) + 0.5) / number * ends_m[-1]
    edge = np.searchsorted(ends_m, along_m)
    share = 1 - (ends_m[edge] - along_m) / np.hypot(*step[edge].T)
    points = np.asarray(shapely.points(edges[edge, :2] + share[:, None] * step[edge]))
    inside = holder_of(points, np.array([ever], dtype=object)) >= 0
    outlines = shapely.STRtree(edge_lines(segments(_rings(ever))[0]))
    far_m = outlines.query_nearest(
        points[~inside], max_distance=_REACH_M, return_distance=True, all_matches=False
    )[1]
    return np.concatenate([np.zeros(inside.sum()), far_m])
