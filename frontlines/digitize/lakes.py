"""Ground of a colour of its own, too little of it to be a fill of the map: lakes, small neighbours, boxes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from frontlines._optional import require
from frontlines.digitize.colours import lab_of
from frontlines.digitize.fill_labels import UNKNOWN
from frontlines.digitize.images import Scan
from frontlines.digitize.palette import Labels, Palette
from frontlines.digitize.paper import Floats32, Paper

_THICK_PX = 15  # bold letters and borders are thinner
_INNER = 2  # steps from the middle of such ground that must be even
_EVEN = 5.0  # most that the colours of its middle scatter [sRGB]
_GROUND = 30.0  # what is farther from every fill is printed over them: arrows, blocks [ΔE]
_OF_IT = 18.0  # off its colour in some channel [sRGB]


def take_out_lakes(
    labels: Labels, scan: Scan, paper: Paper, palette: Palette, rows: slice, columns: slice
) -> None:
    """Tell ground that is of no fill from what is drawn over fills, in place.

    Parameters
    ----------
    labels
        Labels of a window, of which those that are unknown are looked at.
    scan, paper, palette
        The image, and what `paper_of` and `palette_of` found.
    rows, columns
        The window.

    Notes
    -----
    Ground that is thicker than letters and borders, of one colour, and not so unlike all fills as arrows are,
    gets the label after those of the fills.

    Examples
    --------
    >>> from frontlines.digitize.images import open_scan
    >>> from frontlines.digitize.palette import palette_of
    >>> from frontlines.digitize.paper import paper_of
    >>> pixels = np.full((300, 300, 3), (240, 200, 190), dtype=np.uint8)
    >>> pixels[100:120, 100:120] = (200, 215, 235)
    >>> scan = open_scan(pixels)
    >>> paper = paper_of(scan)
    >>> labels = np.where(pixels[..., 0] > 220, 0, UNKNOWN).astype(np.uint8)
    >>> take_out_lakes(labels, scan, paper, palette_of(scan, paper), slice(0, 300), slice(0, 300))
    >>> int((labels == 1).sum())
    400
    """
    ndimage = require("scipy.ndimage", extra="digitize")
    thick = ndimage.minimum_filter((labels == UNKNOWN).view(np.uint8), _THICK_PX)
    if not thick.any():
        return
    middles, _ = ndimage.label(thick)
    grounds = lab_of(palette.grounds)
    for number, place in enumerate(ndimage.find_objects(middles), start=1):
        y, x = (slice(max(0, one.start - _THICK_PX), one.stop + _THICK_PX) for one in place)
        window = (
            slice(rows.start + y.start, rows.start + y.stop),
            slice(columns.start + x.start, columns.start + x.stop),
        )
        pixels = paper.whiten(scan.read(*window), window[0].start, window[1].start)
        here = labels[y, x]
        pixels = pixels[: here.shape[0], : here.shape[1]]
        mine = _lake(pixels, middles[y, x] == number, here == UNKNOWN, grounds)
        here[mine] = len(grounds)


def _lake(
    pixels: Floats32,
    middle: npt.NDArray[np.bool_],
    unknown: npt.NDArray[np.bool_],
    grounds: npt.NDArray[np.float64],
) -> npt.NDArray[np.bool_]:
    """Pixels of the ground around some middle, none if that is uneven or unlike ground."""
    ndimage = require("scipy.ndimage", extra="digitize")
    inner = pixels[ndimage.binary_dilation(middle, iterations=_INNER)]
    colour = np.median(inner, axis=0)
    unlike = np.linalg.norm(grounds - lab_of(colour[None]), axis=1).min()
    if inner.std(axis=0).max() > _EVEN or unlike > _GROUND:
        return np.zeros(middle.shape, bool)
    same = unknown & (np.abs(pixels - colour).max(axis=-1) < _OF_IT)
    return np.asarray(ndimage.binary_propagation(middle & same, mask=same))
