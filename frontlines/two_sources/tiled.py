"""Ground that sources hold alone and together by district, over many days, tile by tile.

A tile in which all outlines are those of a day before is not laid over again: a day costs what differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from frontlines.arrays import Floats, Geometries, Ints
from frontlines.crs import polygons_of
from frontlines.geometry.coverage import CLOSURE, GRID_M, close_book, united
from frontlines.geometry.planar import edge_marks, outline_edges
from frontlines.geometry.tiles import Tiles, tiles_of
from frontlines.names import KM2

_TILE_M = 20_000.0
_NEAR_M = 1e-3  # an outline this near to a tile is in it
_OUT, _WHOLE = np.uint64(0), np.uint64(1)  # states of a tile that no outline crosses

_States = npt.NDArray[np.uint64]


class _Cells(NamedTuple):
    """What districts have of a tile: their positions, and pieces."""

    districts: Ints
    pieces: Geometries


class TiledGrounds:
    """Measure several grounds, and what each two have in common, by district, day after day."""

    def __init__(self, theatre: Any, districts: gpd.GeoDataFrame) -> None:
        """Lay tiles over the theatre, in which all grounds lie."""
        self.tiles = Tiles(_TILE_M)
        self.names = self.tiles.within(*shapely.bounds(theatre))
        self.boxes = self.tiles.boxes(self.names, 0.0)
        self._middles = shapely.get_coordinates(shapely.centroid(self.boxes))
        self._districts = np.asarray(districts.geometry.values)
        self._tree = shapely.STRtree(self._districts)
        self._clips: dict[tuple[int, int], Any] = {}  # by place and mark
        self._cells: dict[int, _Cells] = {}  # by place
        self._known: dict[tuple[int, bytes], tuple[Ints, Floats]] = {}  # by place and states of all grounds

    def measure(self, grounds: Sequence[Geometries]) -> Floats:
        """Areas by district of each ground, then of what each two have in common [km²], (n, n_districts).

        Each ground is polygons that do not overlap.
        """
        states = np.array([self._states(ground) for ground in grounds])
        places = np.flatnonzero(states.any(axis=0))
        keys = [(int(place), states[:, place].tobytes()) for place in places]
        for key in keys:
            if key not in self._known:
                self._known[key] = self._lay(key[0], states[:, key[0]])
        n = len(grounds)
        sums = np.zeros((n + n * (n - 1) // 2, len(self._districts)))
        for key in keys:
            own, areas = self._known[key]
            sums[:, own] += areas
        return sums / KM2

    def _states(self, ground: Geometries) -> _States:
        """Tell how a ground lies in each tile: not, as a whole, or with outlines of this mark."""
        states = np.full(len(self.names), _OUT, dtype=np.uint64)
        edges, _ = outline_edges(shapely.orient_polygons(ground))
        if not len(edges):
            return states
        tile, edge = tiles_of(edges, self.tiles, _NEAR_M)
        some, start = np.unique(tile, return_index=True)
        place = np.searchsorted(self.names, some)
        states[place] = np.maximum(np.add.reduceat(edge_marks(edges)[edge], start), _WHOLE + np.uint64(1))
        free = np.flatnonzero(states == _OUT)
        shapely.prepare(ground)
        for polygon in ground:
            states[free[shapely.contains_xy(polygon, *self._middles[free].T)]] = _WHOLE
        fresh = np.array([(int(one), int(states[one])) not in self._clips for one in place])
        self._clip(ground, place[fresh], states)
        held_m2 = shapely.area([self._clips[int(one), int(states[one])] for one in place]).sum()
        held_m2 += np.count_nonzero(states == _WHOLE) * _TILE_M**2
        whole_km2 = float(shapely.area(ground).sum() / KM2)
        close_book(float(held_m2 / KM2), whole_km2, "areas by tile", "pass the layer through as_control")
        return states

    def _clip(self, ground: Geometries, places: Ints, states: _States) -> None:
        """Cut a ground to tiles: first to columns of them, of which each is small."""
        west = shapely.bounds(self.boxes[places])[:, 0]
        for edge in np.unique(west):
            own = places[west == edge]
            column = shapely.intersection(ground, shapely.box(*shapely.total_bounds(self.boxes[own])))
            clips = polygons_of(shapely.intersection(column[:, None], self.boxes[own]).ravel())
            for place, parts in zip(own, clips.reshape(len(ground), -1).T, strict=True):
                self._clips[int(place), int(states[place])] = united(parts[~shapely.is_empty(parts)])

    def _cells_of(self, place: int) -> _Cells:
        """Cut the districts to a tile, once."""
        if place not in self._cells:
            box = self.boxes[place]
            near = np.sort(self._tree.query(box, predicate="intersects"))
            pieces = polygons_of(shapely.intersection(self._districts[near], box))
            self._cells[place] = _Cells(near, pieces)
        return self._cells[place]

    def _lay(self, place: int, states: _States) -> tuple[Ints, Floats]:
        """Measure the grounds of one tile: districts, and areas as `measure` gives them [m²]."""
        shapes = [self._shape(place, state) for state in states]
        both = {pair: shapely.Polygon() for pair in combinations(range(len(states)), 2)}
        for one, other in both:
            same = states[one] == states[other]
            both[one, other] = shapes[one] if same else _common(shapes[one], shapes[other])
        cells = self._cells_of(place)
        pieces = np.array([*shapes, *both.values()], dtype=object)
        return cells.districts, shapely.area(shapely.intersection(pieces[:, None], cells.pieces[None, :]))

    def _shape(self, place: int, state: np.uint64) -> Any:
        if state in (_OUT, _WHOLE):
            return self.boxes[place] if state == _WHOLE else shapely.Polygon()
        return self._clips[place, int(state)]


def _common(one: Any, other: Any) -> Any:
    """Intersect two shapes, on a grid where the floating overlay lost or invented ground."""
    if one.is_empty or other.is_empty:
        return shapely.Polygon()
    common = polygons_of(np.array([shapely.intersection(one, other)]))[0]
    off_m2 = one.area - common.area - shapely.difference(one, other).area
    if abs(off_m2) <= CLOSURE * one.area:
        return common
    return polygons_of(np.array([shapely.intersection(one, other, grid_size=GRID_M)]))[0]
