"""Small squares of the ground near two fronts: what changes hands when these are displaced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from frontlines.geometry.planar import edge_lines
from frontlines.names import KM2, Floats, Floats32, Geometries, Ints
from frontlines.uncertainty.fronts import BalanceFronts, Fronts

_NEVER = 4.0  # a front is hardly ever off by more of its standard errors than this
_FAR = 1e6  # widths of a square: beyond the reach of any front
_BITS = 31  # of the number of a row in the number of a square
_AT_ONCE = 4_000_000  # squares times draws looked at together


@dataclass(frozen=True)
class Squares:
    """Squares of the ground, cut along the districts, sorted by district."""

    area_km2: Floats32  # (n,)
    starts: Ints  # where the squares of each district begin that has any, and which these are
    districts: Ints
    depth: tuple[
        Floats32, Floats32
    ]  # on either date how far within the ground of the side the middle lies, in widths
    piece: tuple[Ints, Ints]  # the nearest piece of its front
    # How far each piece leaves its place if the front moves outward by 1: where a line zigzags, its edges lie
    # aslant, and leave their place by less
    sign: tuple[Floats32, ...]
    width_m: float

    def areas_km2(self, moved_m: Floats, n_districts: int) -> Floats:
        """Measure what is gained and lost if each piece moves outward.

        `moved_m` is (n_pieces, n_draws); gives (2, n_districts + 1, n_draws), all together at the end.
        A line through a square cuts off as much of it as if it ran along it; two lines run alike there.
        """
        out = np.zeros((2, n_districts + 1, moved_m.shape[1]))
        if not len(self.area_km2):
            return out
        chunk = max(1, _AT_ONCE // len(self.area_km2))
        for first in range(0, moved_m.shape[1], chunk):
            part = slice(first, first + chunk)
            moved = (moved_m[:, part] / self.width_m).astype(np.float32)
            held = [
                np.clip(depth[:, None] + (sign[:, None] * moved)[piece] + np.float32(0.5), 0, 1)
                for depth, piece, sign in zip(self.depth, self.piece, self.sign, strict=True)
            ]
            change = (held[1] - held[0]) * self.area_km2[:, None]
            for row, values in enumerate((np.maximum(change, 0), np.maximum(-change, 0))):
                out[row, self.districts, part] = np.add.reduceat(values, self.starts, axis=0)
        out[:, -1] = out[:, :-1].sum(axis=1)
        return out


def cut_squares(found: BalanceFronts, pieces: Fronts, width_m: float, shift_m: float) -> Squares:
    """Lay squares over the ground that fronts of one date only may sweep."""
    corners = _corners(pieces, width_m, shift_m)
    boxes = shapely.box(*(corners * width_m).T, *((corners + 1) * width_m).T)
    square, district = shapely.STRtree(found.shapes).query(boxes, predicate="intersects")
    shapely.prepare(found.shapes)
    area = np.full(len(square), width_m**2)
    cut = ~shapely.contains(found.shapes[district], boxes[square])
    area[cut] = shapely.area(shapely.intersection(found.shapes[district[cut]], boxes[square[cut]]))
    kept = area > 0
    square, district, area = square[kept], district[kept], area[kept]
    order = np.lexsort((square, district))
    square, district, area = square[order], district[order], area[order]
    middles = shapely.points((corners + 0.5) * width_m)
    depth, piece = zip(
        *(
            _depths(middles, outline.ground, pieces, part, width_m)
            for outline, part in zip(found.outlines, (pieces.before, pieces.after), strict=True)
        ),
        strict=True,
    )
    starts = np.flatnonzero(np.append(True, np.diff(district) != 0)) if len(district) else district
    return Squares(
        area_km2=(area / KM2).astype(np.float32),
        starts=starts,
        districts=district[starts],
        depth=(depth[0][square], depth[1][square]),
        piece=(piece[0][square], piece[1][square]),
        sign=tuple((part * pieces.straightness).astype(np.float32) for part in (pieces.before, pieces.after)),
        width_m=width_m,
    )


def _corners(pieces: Fronts, width_m: float, shift_m: float) -> Ints:
    """Find the squares that a front of one date only may reach, as columns and rows of a grid."""
    moving = pieces.moving
    middles = (pieces.ends[moving, :2] + pieces.ends[moving, 2:]) / 2
    reach = np.ceil(_NEVER * np.hypot(pieces.sigma_m[moving], shift_m) / width_m).astype(np.int64) + 1
    found = [np.empty((0, 2), dtype=np.int64)]
    for one in np.unique(reach):
        near = np.arange(-one, one + 1)
        block = np.stack(np.meshgrid(near, near), axis=-1).reshape(-1, 2)
        cells = _once(np.floor(middles[reach == one] / width_m).astype(np.int64))
        found.append(_once((cells[:, None] + block).reshape(-1, 2)))
    return _once(np.concatenate(found))


def _once(cells: Ints) -> Ints:
    """Give each column and row of a grid once, in order."""
    codes = np.unique((cells[:, 0] << _BITS) + cells[:, 1])
    rows = ((codes + (1 << (_BITS - 1))) & ((1 << _BITS) - 1)) - (1 << (_BITS - 1))
    return np.column_stack([(codes - rows) >> _BITS, rows])


def _depths(
    middles: Geometries, ground: Any, pieces: Fronts, part: Ints, width_m: float
) -> tuple[Floats32, Ints]:
    """Measure how far within the ground each point lies, and find the piece of its front that is nearest."""
    shapely.prepare(ground)
    inside = shapely.contains_properly(ground, middles)
    own = np.flatnonzero(part)
    if not len(own):
        return np.where(inside, _FAR, -_FAR).astype(np.float32), np.zeros(len(middles), dtype=np.int64)
    tree = shapely.STRtree(edge_lines(pieces.ends[own]))
    (_, near), way = tree.query_nearest(middles, all_matches=False, return_distance=True)
    return (np.where(inside, way, -way) / width_m).astype(np.float32), own[near]
