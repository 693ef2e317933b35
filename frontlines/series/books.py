"""The books of one side over a chain of snapshots, district by district."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from frontlines.arrays import Bools, Floats, Geometries, Ints
from frontlines.crs import polygons_of
from frontlines.errors import ClosureError
from frontlines.names import KM2, Mapper
from frontlines.series.differences import Absorbed, Moved, moved_ground

_CLOSURE_KM2 = 1e-6  # by which the steps may miss the last snapshot in a district
_NOISE_KM2 = 1e-9  # areas smaller than this are left over from rounding


@dataclass(frozen=True)
class Sparse:
    """A table of amounts, most of them zero: the others, row by row."""

    shape: tuple[int, int]
    row: Ints
    column: Ints
    amounts: Any

    @classmethod
    def of(cls, amounts: Any) -> Sparse:
        """Leave out the zeros."""
        row, column = np.nonzero(amounts)
        return cls(amounts.shape, row, column, amounts[row, column])

    @classmethod
    def joined(cls, parts: Sequence[Sparse]) -> Sparse:
        """Put the rows of several one after the other."""
        ends = np.cumsum([part.shape[0] for part in parts])
        row = [part.row + end - part.shape[0] for part, end in zip(parts, ends, strict=True)]
        places = np.concatenate(row), np.concatenate([part.column for part in parts])
        shape = int(ends[-1]), parts[0].shape[1]
        return cls(shape, *places, np.concatenate([part.amounts for part in parts]))

    def spread(self, rows: Ints, n_rows: int) -> Sparse:
        """Put each row in its place among so many, in order; the others hold nothing."""
        return replace(self, shape=(n_rows, self.shape[1]), row=rows[self.row])

    def __getitem__(self, rows: slice) -> Any:
        """Give some rows with their zeros."""
        first, end, _ = rows.indices(self.shape[0])
        own = slice(*np.searchsorted(self.row, [first, end]))
        out = np.zeros((end - first, self.shape[1]), self.amounts.dtype)
        out[self.row[own] - first, self.column[own]] = self.amounts[own]
        return out

    def sums(self) -> Floats:
        """Sum each column, row by row."""
        return np.bincount(self.column, self.amounts.astype(float), self.shape[1]).astype(float)

    def columns(self, some: Ints) -> Any:
        """Give some columns with their zeros."""
        own = np.isin(self.column, some)
        out = np.zeros((self.shape[0], len(some)), self.amounts.dtype)
        out[self.row[own], np.searchsorted(some, self.column[own])] = self.amounts[own]
        return out


@dataclass(frozen=True)
class Moves:
    """What one side gained and lost over consecutive snapshots, before it is added up [km²]."""

    held: Floats  # on the first snapshot, (n_districts,)
    gained: Sparse  # gained, lost, absorbed: (n_steps, n_districts)
    lost: Sparse
    absorbed: Sparse
    margins: Sparse  # strips on each snapshot, (n_steps + 1, n_districts)
    same: Sparse  # steps between two snapshots that are the same, bit for bit, (n_steps, 1)

    @classmethod
    def joined(cls, stretches: Sequence[Moves]) -> Moves:
        """Put stretches together, each of which begins with the snapshot that ends the one before."""
        parts = {
            name: Sparse.joined([getattr(one, name) for one in stretches])
            for name in ("gained", "lost", "absorbed", "same")
        }
        margins = [stretches[0].margins, *(Sparse.of(one.margins[1:]) for one in stretches[1:])]
        return cls(held=stretches[0].held, margins=Sparse.joined(margins), **parts)

    def books(self, some: slice, snapshots: Ints) -> tuple[dict[str, Floats], Moves]:
        """Add up some steps, which lead between `snapshots`, and give what later steps go on from."""
        found = {name: getattr(self, name)[some] for name in ("gained", "lost", "absorbed", "same")}
        levels = _levels(self.held, found["gained"] - found["lost"])
        first, last = snapshots[[0, -1]]
        margins = self.margins[first : last + 1][snapshots - first]
        found |= {"before": levels[:-1], "after": levels[1:]}
        found |= {"margin_before": margins[:-1], "margin_after": margins[1:]}
        return found, replace(self, held=levels[-1])


def moves(
    grounds: Geometries,
    strips: Geometries,
    margins: Floats,
    districts: gpd.GeoDataFrame,
    mapper: Mapper,
    tolerance_m: float,
    *,
    known: Floats | None = None,
) -> Moves:
    """Find what one side gained and lost over a chain of snapshots, each step by itself.

    `grounds` is what it held at each, `strips` what it held beside them along the edge, and `margins` [km²]
    how much that is in each district; `known` [km²] is what it held in each district at the first one, if
    earlier steps say so, with what these absorbed: the steps must lead from there to the last one.
    """
    shapes, n_steps = np.asarray(districts.geometry.values), max(len(grounds) - 1, 0)
    same = shapely.equals_identical(grounds[:-1], grounds[1:])[:, None]
    if (shapely.is_empty(grounds) & shapely.is_empty(strips)).all() and known is None:
        nothing = np.zeros((n_steps, len(shapes)))
        still = map(Sparse.of, (nothing, nothing, nothing, margins, same))
        return Moves(np.zeros(len(shapes)), *still)
    held = _held(grounds[0], shapes) + margins[0] if known is None else known
    moved, slid = (moved_ground(one, tolerance_m=tolerance_m, mapper=mapper) for one in (grounds, strips))
    (gained, lost), (widened, narrowed) = _sums(moved, shapes), _sums(slid, shapes)
    absorbed = _absorbed(moved.absorbed, n_steps, shapes)
    absorbed += np.diff(margins, axis=0) - (widened - narrowed)  # strips are measured on each day
    passed = _by_district(*_passed_on(moved, slid), 1, n_steps, shapes)
    gained, lost = gained + widened, lost + narrowed
    for km2 in (gained, lost):
        km2[passed > 0] = without_noise(km2 - passed)[passed > 0]
    reached = held + (gained - lost + absorbed).sum(axis=0)
    require_closed(reached, _held(grounds[-1], shapes) + margins[-1], districts)
    return Moves(held, *map(Sparse.of, (gained, lost, absorbed, margins, same)))


def _sums(moved: Moved, shapes: Geometries) -> tuple[Floats, Floats]:
    """Sum what was gained and lost by step and district [km²]."""
    gained, lost = (
        _by_district(moved.pieces[own], moved.step[own], 1, len(moved.overlaid), shapes)
        for own in (moved.gained, ~moved.gained)
    )
    return gained, lost


def _passed_on(moved: Moved, slid: Moved) -> tuple[Geometries, Ints]:
    """Give the ground that polygons took from their own strips, or left to them, and its step."""
    piece, strip = shapely.STRtree(slid.pieces).query(moved.pieces)
    same = (moved.step[piece] == slid.step[strip]) & (moved.gained[piece] != slid.gained[strip])
    piece, strip = piece[same], strip[same]
    common = polygons_of(shapely.intersection(moved.pieces[piece], slid.pieces[strip]))
    return common, moved.step[piece]


def without_noise(km2: Floats) -> Floats:
    """Set areas to nothing that are left over from rounding."""
    return np.where(np.abs(km2) < _NOISE_KM2, 0.0, km2)


def _levels(start: Floats, net: Floats) -> Floats:
    """Add up the steps one by one, so that a series that goes on from any of them is the same."""
    levels = np.vstack([without_noise(start), net])
    for step in range(1, len(levels)):
        levels[step] = without_noise(levels[step - 1] + net[step - 1])
    return levels


def _held(ground: Any, shapes: Geometries) -> Floats:
    """Area of a snapshot in each district [km²]; districts that it holds as a whole are not cut."""
    parts = shapely.get_parts(ground)
    shapely.prepare(parts)
    part, district = shapely.STRtree(shapes).query(parts)
    whole = shapely.contains_properly(parts[part], shapes[district])
    cut = ~whole & shapely.intersects(parts[part], shapes[district])
    area = np.where(whole, shapely.area(shapes[district]), 0.0)
    area[cut] = shapely.area(shapely.intersection(parts[part[cut]], shapes[district[cut]]))
    held: Floats = np.bincount(district, weights=area, minlength=len(shapes)) / KM2
    return held


def _by_district(
    pieces: Geometries, step: Ints, weight: Ints | int, n_steps: int, shapes: Geometries
) -> Floats:
    """Sum the areas of pieces, each as often as it counts, by step and district [km²]."""
    sums = np.zeros((n_steps, len(shapes)))
    piece, district, whole = _meeting(pieces, shapes)
    area, across = shapely.area(pieces[piece]), ~whole
    area[across] = shapely.area(shapely.intersection(shapes[district[across]], pieces[piece[across]]))
    area *= np.broadcast_to(weight, len(pieces))[piece]
    np.add.at(sums, (step[piece], district), area / KM2)
    return sums


def _absorbed(absorbed: Absorbed, n_steps: int, shapes: Geometries) -> Floats:
    """Sum what the tolerance took for unmoved by step and district [km²]."""
    sums = np.zeros((n_steps, len(shapes)))
    edge, district, whole = _meeting(absorbed.boxes, shapes)
    np.add.at(sums, (absorbed.step[edge[whole]], district[whole]), absorbed.area_m2[edge[whole]] / KM2)
    across = absorbed.only(np.unique(edge[~whole]))
    return sums + _by_district(*across.triangles(), n_steps, shapes)


def _meeting(geometries: Geometries, shapes: Geometries) -> tuple[Ints, Ints, Bools]:
    """Give the pairs of geometry and district that meet, by district, and whether the first lies inside."""
    shapely.prepare(shapes)
    district, geometry = shapely.STRtree(geometries).query(shapes)
    order = np.lexsort((geometry, district))
    district, geometry = district[order], geometry[order]
    whole = shapely.contains_properly(shapes[district], geometries[geometry])
    meet = whole.copy()
    meet[~whole] = shapely.intersects(shapes[district[~whole]], geometries[geometry[~whole]])
    return geometry[meet], district[meet], whole[meet]


def require_closed(reached: Floats, held: Floats, districts: gpd.GeoDataFrame) -> None:
    """Check that the steps lead from the first snapshot to the last, each measured by itself."""
    off = np.abs(reached - held)
    worst = int(off.argmax()) if len(off) else 0
    if len(off) and off[worst] > _CLOSURE_KM2:
        name = districts["district"].iloc[worst]
        raise ClosureError(
            f"the steps do not lead to the last snapshot ({off[worst]:.6f} km² off in {name}): "
            "pass the layers through as_control and as_districts"
        )
