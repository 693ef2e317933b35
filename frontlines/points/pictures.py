"""A scan shown in a browser: whole and reduced, and in tiles of any sharpness; memory stays bounded."""

from __future__ import annotations

import io
import threading
from functools import cached_property

import numpy as np
from PIL import Image

from frontlines.arrays import Pixels
from frontlines.digitize import Scan
from frontlines.digitize.colour.colours import hex_of, lab_of
from frontlines.digitize.settings import INKS
from frontlines.errors import DigitizeError

TILE_PX = 512
"""Side of a tile [px of the screen]."""

_WHOLE_PX = 2000  # longest side of the picture of the whole scan: more than most screens show
_BAND_PX = 1024  # rows of the scan that are read at once
_QUALITY = 92  # of JPEG: no loss that is seen
_AROUND_PX, _NEAR_PX = (
    15,
    3,
)  # about a click: what is taken for the ground, and where its stroke is looked for
_MOST = 0.8  # of the contrast near a click, which only the core of a stroke has


class Pictures:
    """Pictures of one scan."""

    def __init__(self, scan: Scan) -> None:
        self.scan = scan
        self.factor = -(-max(scan.width_px, scan.height_px) // _WHOLE_PX)
        """Pixels of the scan along one of the whole picture."""
        self.lock = threading.Lock()  # the scan may be a file that is read from one place at a time

    @property
    def levels(self) -> int:
        """Count the sharpnesses of tiles: at level k a pixel is 2**k of the scan."""
        return self.factor.bit_length()

    @cached_property
    def whole(self) -> bytes:
        """Show the whole scan."""
        return self._reduced(slice(0, self.scan.height_px), slice(0, self.scan.width_px), self.factor)

    def tile(self, level: int, across: int, down: int) -> bytes | None:
        """Show a tile, or nothing where there is none."""
        side = TILE_PX << level
        if level >= self.levels or across * side >= self.scan.width_px or down * side >= self.scan.height_px:
            return None
        rows, columns = (slice(one * side, (one + 1) * side) for one in (down, across))
        return self._reduced(rows, columns, 1 << level)

    def _reduced(self, rows: slice, columns: slice, factor: int) -> bytes:
        first, last, _ = rows.indices(self.scan.height_px)
        left, right, _ = columns.indices(self.scan.width_px)
        size = (-(-(right - left) // factor), -(-(last - first) // factor))
        picture, step = Image.new("RGB", size), max(_BAND_PX // factor, 1) * factor
        for row in range(first, last, step):
            band = self._read(slice(row, min(row + step, last)), columns)
            picture.paste(Image.fromarray(band).reduce(factor), (0, (row - first) // factor))
        store = io.BytesIO()
        picture.save(store, "JPEG", quality=_QUALITY, subsampling=0)
        return store.getvalue()

    def _read(self, rows: slice, columns: slice) -> Pixels:
        with self.lock:
            return np.ascontiguousarray(self.scan.read(rows, columns))

    def colour_at(self, column: float, row: float, *, of_line: bool) -> str:
        """Give the colour of what was clicked at: the fill, or the core of the stroke that is nearest."""
        at = (round(row), round(column))
        if not (0 <= at[0] < self.scan.height_px and 0 <= at[1] < self.scan.width_px):
            raise DigitizeError("a colour is picked on the scan, not beside it")
        start = [max(one - _AROUND_PX, 0) for one in at]
        around = self._read(*(slice(low, one + _AROUND_PX + 1) for low, one in zip(start, at, strict=True)))
        low = [max(one - begin - _NEAR_PX, 0) for one, begin in zip(at, start, strict=True)]
        near = around[low[0] : at[0] - start[0] + _NEAR_PX + 1, low[1] : at[1] - start[1] + _NEAR_PX + 1]
        pixels = near.reshape(-1, 3)
        if of_line:
            ground = np.median(around.reshape(-1, 3), axis=0)
            far = np.linalg.norm(lab_of(pixels) - lab_of(ground[None]), axis=1)
            if far.max() < INKS.alike_de:
                raise DigitizeError(
                    "there is no line where you clicked: enlarge the scan, and click its core"
                )
            pixels = pixels[far >= _MOST * far.max()]
        return hex_of(np.median(pixels, axis=0))
