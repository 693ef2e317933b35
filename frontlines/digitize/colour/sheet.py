"""A scan that was looked at once: its pixels, the light on its paper, and the colours that it has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from frontlines.arguments import checked
from frontlines.arrays import Floats32
from frontlines.digitize.colour.colours import codes_of
from frontlines.digitize.colour.palette import Labels, Palette, palette_of
from frontlines.digitize.colour.paper import Paper, paper_of
from frontlines.digitize.colour.scan import Image, Scan, open_scan
from frontlines.progress import Report

Codes = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Sheet:
    """A scan with what was found out about it, so that it is looked at once.

    Attributes
    ----------
    scan
        The image.
    paper
        The light on it.
    palette
        Its grounds and inks, as they are on evened paper.
    """

    scan: Scan
    paper: Paper
    palette: Palette

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns [px]."""
        return self.scan.height_px, self.scan.width_px

    @property
    def diagonal_px(self) -> float:
        """Length of the diagonal [px]."""
        return float(np.hypot(self.scan.width_px, self.scan.height_px))

    def window(self, rows: slice, columns: slice) -> Floats32:
        """Colours of a window on evened paper, sRGB."""
        return self.paper.whiten(self.scan.read(rows, columns), rows.start, columns.start)

    def codes(self, rows: slice, columns: slice) -> Codes:
        """Numbers of the colours in a window, as `colours.LAB` has them."""
        return codes_of(self.window(rows, columns))

    def bands(self) -> Iterator[tuple[int, Codes]]:
        """Go through the sheet in bands of rows: the first row of each, and the numbers of its colours."""
        for first, band in self.scan.bands():
            yield first, codes_of(self.paper.whiten(band, first))

    def labelled(self, table: Labels, report: Report | None = None) -> Labels:
        """Label every pixel by a table that has a label for each number of a colour."""
        labels = np.empty(self.shape, np.uint8)
        for first, codes in self.bands():
            labels[first : first + len(codes)] = table[codes]
            if report is not None:
                report(first / self.scan.height_px, "colours")
        return labels


@checked()
def open_sheet(image: Image | Sheet) -> Sheet:
    """Open an image of a map, and find out the light on its paper and its colours.

    Parameters
    ----------
    image
        From `open_scan`, or what it takes: a path, or an array of pixels. A sheet is returned as it is.

    Returns
    -------
    sheet
        What `trace_lines`, `trace_areas`, `suggest_colours` and `suggest_fills` take as well as an image;
        given a sheet, they need not look at the image again.

    Raises
    ------
    DigitizeError
        If the image cannot be read.
    MissingExtraError
        If rasterio or scipy is not installed.

    Examples
    --------
    >>> pixels = np.full((200, 300, 3), 255, dtype=np.uint8)
    >>> pixels[:, :100] = (240, 200, 190)
    >>> sheet = open_sheet(pixels)
    >>> len(sheet.palette.grounds), len(sheet.palette.inks)
    (2, 0)
    """
    if isinstance(image, Sheet):
        return image
    scan = open_scan(image)
    paper = paper_of(scan)
    return Sheet(scan, paper, palette_of(scan, paper))
