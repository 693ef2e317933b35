"""The ground of many days as one coverage with shared borders, simplified together: a TopoJSON file.

Borders of districts and of what each side held on each day are laid over each other on a grid. Between
them lie faces; each belongs to one district, if any, and has one holder a day. So a border that two faces,
or two hundred days, have in common is stored once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, pairwise
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from frontlines.arrays import Bools, Floats, Geometries, Ints
from frontlines.geometry.planar import BACK, edge_marks, segments

CELLS = 65_535
"""Cells of the grid along the longer side of the map: two coordinates of an edge fit into 32 bits."""

TOLERANCE_CELLS = 4.0
"""How much detail is left out: half a pixel where the map is enlarged eight times on a large screen."""

_CONTEXT_CELLS = 32.0
_MIDDLE_CELLS = 64.0  # how exactly the middle of a district is found
_NAMED = 0.06  # of the map's longer side: so far beyond it states are named, as little more is seen at first
_TRIED = 3  # pieces of a state, the largest first
_LEAST_CELLS = 1000.0  # with less room, land off the ground is what borders of two layers leave between them

_AT_ONCE = 128  # states that are looked at together

Holders = npt.NDArray[np.int16]
Ring = list[int]
Piece = tuple[int, ...]  # numbers of corners

State = tuple[Sequence[str], Geometries]
"""Who holds each of some polygons, in the working CRS, which do not overlap; and these."""


def ground_topology(
    states: Iterable[State],
    districts: gpd.GeoDataFrame,
    *,
    context: gpd.GeoDataFrame | None = None,
    places: gpd.GeoDataFrame | None = None,
) -> dict[str, Any]:
    """Lay the ground of several days or sources and the districts over each other.

    All `states` are gone through twice, some at a time. Faces have `district`
    (a position in the districts by name, or -1) and `held`: the number of a state, and the position of the
    side that holds the face from there on (-1: nobody), and so on. `places` keep their rows by number.
    """
    wholes = districts.sort_values("district", kind="stable").geometry.to_numpy()
    names, edges = _drawn(states, wholes)
    grid = _Grid.over(edges)
    faces, points = _faces(edges, grid)
    held = np.vstack([_holders(block, names, points) for block in _blocks(states)])
    district = np.full(len(faces), -1, dtype=np.int64)
    for place, inside in enumerate(_inside(points, wholes)):
        district[inside] = place
    kept = (held >= 0).any(axis=0) | (district >= 0)
    faces, held, district = faces[kept], held[:, kept], district[kept]
    arcs, rings = _arcs(faces)
    ground = [
        {"type": "Polygon", "arcs": own, "properties": {"district": int(one), "held": _changes(days)}}
        for own, one, days in zip(rings, district, held.T, strict=True)
    ]
    objects = {
        "ground": ground,
        "context": [],
        "labels": _labels(wholes, grid),
        "places": _places(places, grid),
    }
    topology = {
        "type": "Topology",
        "transform": {"scale": [grid.cell_m, grid.cell_m], "translate": [grid.west, grid.south]},
        "sides": names,
        "objects": {
            name: {"type": "GeometryCollection", "geometries": held} for name, held in objects.items()
        },
        "arcs": arcs,
    }
    return topology if context is None else with_context(topology, home_of(topology), context)


def home_of(topology: Mapping[str, Any]) -> Any:
    """Join the districts of a topology to one shape [m]; borders that one face alone has are its rim."""
    faces = [one for one in topology["objects"]["ground"]["geometries"] if one["properties"]["district"] >= 0]
    times = Counter(max(arc, ~arc) for face in faces for ring in face["arcs"] for arc in ring)
    rims = [np.cumsum(topology["arcs"][arc], axis=0) for arc, found in times.items() if found == 1]
    xy = np.concatenate(rims) * topology["transform"]["scale"] + topology["transform"]["translate"]
    lines = shapely.linestrings(xy, indices=np.repeat(np.arange(len(rims)), [*map(len, rims)]))
    return shapely.build_area(shapely.multilinestrings(lines))


def seen_about(home: Any) -> tuple[float, float, float, float]:
    """Give the bounds of what a page shows about its ground, on low wide screens, moved as far as it goes."""
    west, south, east, north = home.bounds
    x, y, wide, high = (west + east) / 2, (south + north) / 2, east - west, north - south
    half_x, half_y = max(0.75 * wide, 1.4 * high), max(0.75 * high, 0.6 * wide)
    return x - half_x, y - half_y, x + half_x, y + half_y


def with_context(topology: Mapping[str, Any], home: Any, context: gpd.GeoDataFrame) -> dict[str, Any]:
    """Lay what lies about the ground of a topology under what it has of that: `kind`, `name` and geometry."""
    (west, south), (cell_m, _) = (topology["transform"][name] for name in ("translate", "scale"))
    around, held = _context(context, home, _Grid(west, south, cell_m)), topology["objects"]["context"]
    shapes = np.array([shape for _, shape in around if shape.geom_type == "Polygon"], dtype=object)
    pieces, rings = _arcs(shapes, first=len(topology["arcs"])) if len(shapes) else ([], [])
    lines = [_steps(shapely.get_coordinates(line).astype(np.int64)) for _, line in around[len(shapes) :]]
    arcs = [*topology["arcs"], *pieces, *lines]
    numbers: list[Any] = [*rings, *([len(arcs) - len(lines) + place] for place in range(len(lines)))]
    under = [
        {"type": shape.geom_type, "arcs": own, "properties": about}
        for own, (about, shape) in zip(numbers, around, strict=True)
    ]
    objects = {**topology["objects"], "context": {**held, "geometries": [*under, *held["geometries"]]}}
    return {**topology, "arcs": arcs, "objects": objects}


class _Grid(NamedTuple):
    """Whole numbers for the plane [m]: cells from the south-western corner of all that is shown."""

    west: float
    south: float
    cell_m: float

    @classmethod
    def over(cls, edges: Floats) -> _Grid:
        """Give the grid of all edges."""
        ends = edges.reshape(-1, 2)
        (west, south), (east, north) = ends.min(axis=0), ends.max(axis=0)
        return cls(float(west), float(south), float(max(east - west, north - south)) / CELLS or 1.0)

    def cells(self, xy: Any) -> Ints:
        """Give coordinates in cells, rounded."""
        off_m = np.asarray(xy, dtype=float) - (self.west, self.south)
        return np.asarray(np.rint(off_m / self.cell_m).astype(np.int64))

    def in_cells(self, shape: Any) -> Any:
        """Give a shape in cells, not rounded."""
        return shapely.transform(shape, lambda xy: (xy - (self.west, self.south)) / self.cell_m)


def _blocks(states: Iterable[State]) -> Iterator[list[State]]:
    """Give some states at a time."""
    left = iter(states)
    while block := list(islice(left, _AT_ONCE)):
        yield block


def _drawn(states: Iterable[State], wholes: Geometries) -> tuple[list[str], Floats]:
    """Name all sides, and give the edges of all polygons and districts, each once."""
    names: set[str] = set()
    edges = np.empty((0, 4))
    for block in _blocks(states):
        names |= {str(side) for sides, _ in block for side in sides}
        edges = _distinct(edges, np.concatenate([shapes for _, shapes in block]))
    return sorted(names), _distinct(edges, wholes)


def _distinct(edges: Floats, shapes: Geometries) -> Floats:
    """Add the edges of shapes to others, each once, in the order in which they are run through."""
    every = np.vstack([edges, segments(shapely.get_rings(shapely.get_parts(shapes)))[0]])
    return every[np.sort(np.unique(edge_marks(every), return_index=True)[1])]


def _holders(states: Sequence[State], names: Sequence[str], points: Geometries) -> Holders:
    """Tell which side holds each point in each state; -1: nobody."""
    held = np.full((len(states), len(points)), -1, dtype=np.int16)
    state = np.repeat(np.arange(len(states)), [len(sides) for sides, _ in states])
    side = np.searchsorted(names, [str(one) for sides, _ in states for one in sides])
    for place, inside in enumerate(_inside(points, np.concatenate([shapes for _, shapes in states]))):
        held[state[place], inside] = side[place]
    return held


def _faces(edges: Floats, grid: _Grid) -> tuple[Geometries, Geometries]:
    """Find the faces between all borders, in cells and simplified, and a point inside each [m]."""
    noded = shapely.union_all(_chains(grid.cells(edges.reshape(-1, 2)).reshape(-1, 4)), grid_size=1.0)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    corners = shapely.bounds(faces)
    points = shapely.point_on_surface(faces)
    xy = shapely.get_coordinates(points)
    order = np.lexsort((xy[:, 1], xy[:, 0], corners[:, 1], corners[:, 0]))
    faces, xy = faces[order], xy[order]
    simple = shapely.coverage_simplify(faces, TOLERANCE_CELLS)
    return simple, shapely.points(xy * grid.cell_m + (grid.west, grid.south))


def _chains(edges: Ints) -> Geometries:
    """Join edges in cells that follow each other to lines, each edge once: few lines are noded soonest."""
    shifts = np.array([48, 32, 16, 0], dtype=np.uint64)
    there, back = ((turned.astype(np.uint64) << shifts).sum(axis=1) for turned in (edges, edges[:, BACK]))
    first = np.sort(np.unique(np.minimum(there, back), return_index=True)[1])
    kept = edges[first[there[first] != back[first]]]
    new = np.append(True, (kept[1:, :2] != kept[:-1, 2:]).any(axis=1))
    corners = np.column_stack([np.where(new[:, None], kept[:, :2], -1), kept[:, 2:]]).reshape(-1, 2)
    real = corners[:, 0] >= 0
    line = np.repeat(np.cumsum(new) - 1, 2)
    return np.asarray(shapely.linestrings(corners[real].astype(float), indices=line[real]))


def _inside(points: Geometries, shapes: Geometries) -> list[Ints]:
    """Find for each polygon the points in it; polygons that come again are looked at once."""
    texts, again = np.unique(shapely.to_wkb(shapes), return_inverse=True)
    polygon, point = shapely.STRtree(points).query(shapely.from_wkb(texts), predicate="contains")
    order = np.argsort(polygon, kind="stable")
    ends = np.searchsorted(polygon[order], np.arange(1, len(texts)))
    found = np.split(point[order], ends)
    return [found[place] for place in again]


def _changes(days: Holders) -> list[int]:
    """Write who held a face: the number of a state and the side from there on, and so on."""
    at = np.append(0, np.flatnonzero(days[1:] != days[:-1]) + 1)
    return np.column_stack([at, days[at]]).ravel().tolist()


def _context(context: gpd.GeoDataFrame, home: Any, grid: _Grid) -> list[tuple[dict[str, Any], Any]]:
    """Cut out what lies about the ground, coarser than that: kind and name, shapes in cells."""
    home = grid.in_cells(home)
    window, (west, south, east, north) = seen_about(home), home.bounds
    by = _NAMED * max(east - west, north - south)
    home = shapely.make_valid(shapely.simplify(home, 4 * _MIDDLE_CELLS, preserve_topology=False))
    found: list[tuple[dict[str, Any], Any]] = []
    for kind, name, shape in context[["kind", "name", "geometry"]].itertuples(index=False):
        coarse = shapely.simplify(grid.in_cells(shape), _CONTEXT_CELLS, preserve_topology=False)
        near = shapely.transform(shapely.clip_by_rect(coarse, *window), np.rint)
        parts = shapely.get_parts(shapely.remove_repeated_points(near))
        lines = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
        parts = parts[lines | (shapely.area(parts) > _CONTEXT_CELLS**2)]
        named = {"name": name} if isinstance(name, str) else {}
        about: list[dict[str, Any]] = [{"kind": str(kind)} | named for _ in parts]
        beside = shapely.clip_by_rect(parts, west - by, south - by, east + by, north + by)
        if kind == "country" and not shapely.is_empty(beside).all():
            about[0] |= _place_of_name(shapely.difference(shapely.make_valid(beside), home))
        found += zip(about, parts, strict=True)
    return sorted(found, key=lambda one: one[1].geom_type, reverse=True)  # polygons, then lines


def _place_of_name(free: Geometries) -> dict[str, Any]:
    """Find where the name of a state has the most room off the ground, if it has any."""
    parts = shapely.get_parts(free[shapely.area(free) > 0])
    largest = parts[np.argsort(-shapely.area(parts), kind="stable")[:_TRIED]]
    found = max(map(_middle, largest), key=lambda one: one["room"], default={"room": 0})
    return found if found["room"] >= _LEAST_CELLS else {}


def _middle(shape: Any) -> dict[str, Any]:
    """Find where a name has the most room in a polygon, and how much to either side [cells]."""
    ray = shapely.maximum_inscribed_circle(shape, tolerance=_MIDDLE_CELLS)
    return {"at": shapely.get_coordinates(ray)[0].round().astype(int).tolist(), "room": round(ray.length)}


def _labels(wholes: Geometries, grid: _Grid) -> list[dict[str, Any]]:
    """Write where the name of each district has the most room."""
    found = [_middle(shapely.simplify(grid.in_cells(shape), TOLERANCE_CELLS)) for shape in wholes]
    return [
        {"type": "Point", "coordinates": one["at"], "properties": {"district": place, "room": one["room"]}}
        for place, one in enumerate(found)
    ]


def _places(places: gpd.GeoDataFrame | None, grid: _Grid) -> list[dict[str, Any]]:
    """Write points, with the number of the row of each."""
    if places is None:
        return []
    xy = grid.cells(shapely.get_coordinates(places.geometry.to_numpy())).tolist()
    rows = places.index.tolist()
    return [
        {"type": "Point", "coordinates": at, "properties": {"row": row}}
        for at, row in zip(xy, rows, strict=True)
    ]


def _arcs(faces: Geometries, first: int = 0) -> tuple[list[list[list[int]]], list[list[Ring]]]:
    """Cut the rings of polygons in cells where other than two edges meet; each piece is stored once.

    Give the pieces, as a first corner and steps from one to the next, and the rings of each polygon, as
    numbers of pieces, from `first` on: ~number where it runs the other way.
    """
    rings, polygon = shapely.get_rings(shapely.orient_polygons(faces), return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    corners, corner = np.unique(xy.round().astype(np.int64), axis=0, return_inverse=True)
    inner = ring[:-1] == ring[1:]  # the last corner of a ring is its first one again
    ends = np.sort(np.column_stack([corner[:-1], corner[1:]])[inner], axis=1)
    edges = np.unique(ends[:, 0] * len(corners) + ends[:, 1])
    times = np.bincount(np.concatenate(np.divmod(edges, len(corners))), minlength=len(corners))
    fork = times != 2  # noqa: PLR2004 - one before, one after
    numbers = dict[Piece, int]()
    found: list[list[Ring]] = [[] for _ in range(len(faces))]
    paths = np.split(corner[:-1][inner], np.cumsum(np.bincount(ring[1:][inner]))[:-1])
    for path, own in zip(paths, polygon, strict=True):
        found[own].append([_number(piece, numbers, first) for piece in _pieces(path, fork)])
    return [_steps(corners[list(piece)]) for piece in numbers], found


def _pieces(path: Ints, fork: Bools) -> list[Piece]:
    """Cut a ring at its forks; one without any starts at its first corner by coordinates."""
    at = np.flatnonzero(fork[path])
    at = at if len(at) else np.array([path.argmin()])
    turned = [*path[at[0] :].tolist(), *path[: at[0] + 1].tolist()]
    cuts = [*(at - at[0]).tolist(), len(path)]
    return [tuple(turned[one : other + 1]) for one, other in pairwise(cuts)]


def _number(piece: Piece, numbers: dict[Piece, int], first: int) -> int:
    """Give the number of a piece; the complement of it for one that is known the other way round."""
    back = piece[::-1]
    return ~numbers[back] if back in numbers else numbers.setdefault(piece, first + len(numbers))


def _steps(xy: Ints) -> list[list[int]]:
    """Write a piece as its first corner and the steps from one corner to the next."""
    steps: list[list[int]] = np.concatenate([xy[:1], xy[1:] - xy[:-1]]).tolist()
    return steps
