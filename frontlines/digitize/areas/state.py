"""What is known of the areas of a sheet between two steps of the method, and what the steps left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from shapely.geometry.base import BaseGeometry

from frontlines.arrays import Bools, Floats, Geometries, Ints
from frontlines.digitize.colour.palette import Labels
from frontlines.digitize.colour.scan import Window, tiles_of
from frontlines.digitize.colour.sheet import Sheet
from frontlines.digitize.settings import FILLS

Coast = Literal["inside", "middle", "outside"]
"""Where a line along the outer edge of the ground lies on it."""


class Dropped(NamedTuple):
    """Ground in the colour of a class that a step left out."""

    label: int
    reason: str
    area_px: float
    shape: BaseGeometry | None = None  # in pixels, if it is a piece that a reader should look at


@dataclass(frozen=True, eq=False)
class AreaState:
    """What was asked for, and what the steps found until now; what no step has found yet is empty."""

    sheet: Sheet
    colours: Mapping[str, str]  # of each class, as asked for
    masks: Sequence[BaseGeometry]
    min_area_px: float | None
    border_px: float
    coast: Coast | None = None  # where the line along the outer edge lies on the ground

    fills: Mapping[str, int] = field(default_factory=dict)  # label of each class
    hatched: Mapping[int, Bools] = field(default_factory=dict)  # inks of hatching, and blocks amid it
    table: Labels = field(
        default_factory=lambda: np.empty(0, np.uint8)
    )  # label of the nearest fill of each numbered colour
    known: Labels = field(
        default_factory=lambda: np.empty(0, np.uint8)
    )  # labels where they are sure, elsewhere UNKNOWN
    whole: Labels = field(default_factory=lambda: np.empty(0, np.uint8))  # labels of all pixels
    apart_px: npt.NDArray[np.float16] = field(
        default_factory=lambda: np.empty(0, np.float16)
    )  # how far each pixel is from a sure one
    half_width_px: Floats = field(
        default_factory=lambda: np.empty(0, np.float64)
    )  # of what is unknown along the edges of each label
    parts: Geometries = field(
        default_factory=lambda: np.empty(0, np.object_)
    )  # polygons that share their borders [px]
    owners: Ints = field(default_factory=lambda: np.empty(0, np.int64))  # their labels
    area_sigma_px: Mapping[int, float] = field(default_factory=dict)  # standard error of labels' areas [px²]
    dropped: tuple[Dropped, ...] = ()

    def to(self, *dropped: Dropped, **found: Any) -> AreaState:
        """Give the state after a step: with what it found, and what it left out."""
        return replace(self, dropped=(*self.dropped, *dropped), **found)

    def tiles(self) -> Iterator[tuple[Window, Window]]:
        """Go through overlapping windows of the sheet: each, and the part of it that is in no other."""
        return tiles_of(self.sheet.shape, FILLS.tile_px, FILLS.overlap_px)


Step = Callable[[AreaState], AreaState]
"""A step of the method: from what is known before it to what is known after it."""
