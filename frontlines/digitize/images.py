"""Images of maps: pixels as sRGB, read window by window, and the georeference that a file may carry."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pyproj import CRS

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Scan:
    """An image of a map.

    Attributes
    ----------
    width_px, height_px
        Size [px].
    transform
        The file's own georeference, or ``None``: (a, b, c, d, e, f) with ``x = a*column + b*row + c`` and
        ``y = d*column + e*row + f``, for pixel centres at whole columns and rows.
    crs
        CRS of x and y, or ``None``.
    """

    width_px: int
    height_px: int
    transform: tuple[float, float, float, float, float, float] | None = None
    crs: CRS | None = None

    def read(self, rows: slice, columns: slice) -> Pixels:
        """Read a window, (rows, columns, 3) as sRGB."""
        raise NotImplementedError


def open_scan(image: str | Path | npt.NDArray[np.generic]) -> Scan:
    """Open an image of a map: a PNG, JPEG, TIFF or GeoTIFF file, or an array (h, w), (h, w, 3) or (h, w, 4)."""
    raise NotImplementedError
