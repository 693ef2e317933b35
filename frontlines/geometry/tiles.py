"""Square tiles of the plane, numbered, and which of them edges come near to."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely

from frontlines.arrays import Bools, Floats, Geometries, Ints, repeated

_ROWS = 1 << 24  # tiles of one column
WALL_M = 1e-6
"""Shapes this near to the wall of a tile, or to each other there, meet [m]."""


class Tiles(NamedTuple):
    """A grid of tiles over the whole plane."""

    width_m: float

    def boxes(self, names: Ints, around_m: float) -> Geometries:
        """Give the square of each tile, and what lies so far around it [m]."""
        column, row = names // _ROWS, names % _ROWS - _ROWS // 2
        low = np.column_stack([column, row]) * self.width_m
        return np.asarray(shapely.box(*(low - around_m).T, *(low + self.width_m + around_m).T))

    def within(self, west: float, south: float, east: float, north: float) -> Ints:
        """Name the tiles that cover a box [m], and those around it; sorted."""
        low = np.floor(np.array([west, south]) / self.width_m).astype(np.int64) - 1
        high = np.floor(np.array([east, north]) / self.width_m).astype(np.int64) + 2
        column, row = (np.arange(*ends) for ends in zip(low, high, strict=True))
        return np.asarray((column[:, None] * _ROWS + row[None, :] + _ROWS // 2).ravel())

    def at_wall(self, shapes: Geometries) -> Bools:
        """Tell which shapes, each in one tile, reach the walls of it."""
        off_m = shapely.bounds(shapes) / self.width_m
        return np.asarray((np.abs(off_m - np.round(off_m)) * self.width_m < WALL_M).any(axis=1))


def tiles_of(edges: Floats, tiles: Tiles, within_m: float) -> tuple[Ints, Ints]:
    """Name the tiles that each edge (n, 4) comes near to, and perhaps a few more: tile, edge; sorted."""
    # Long edges are cut, so that their boxes are small.
    step = edges[:, 2:] - edges[:, :2]
    number = np.ceil(np.hypot(*step.T) / tiles.width_m).clip(min=1).astype(np.int64)
    edge, place = repeated(number)
    start = edges[edge, :2] + step[edge] * (place / number[edge])[:, None]
    end = start + step[edge] / number[edge][:, None]
    low = np.floor((np.minimum(start, end) - within_m) / tiles.width_m).astype(np.int64)
    high = np.floor((np.maximum(start, end) + within_m) / tiles.width_m).astype(np.int64)
    columns, rows = (high - low + 1).T
    piece, place = repeated(columns * rows)
    column, row = low[piece, 0] + place // rows[piece], low[piece, 1] + place % rows[piece]
    pairs = np.unique((column * _ROWS + row + _ROWS // 2) * (len(edges) + 1) + edge[piece])
    return pairs // (len(edges) + 1), pairs % (len(edges) + 1)
