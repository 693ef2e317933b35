"""Which pixels of a scan are sure to show a fill: no stroke, no letter, no halo, no edge."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from frontlines._optional import require
from frontlines.digitize.colour.colours import LAB, codes_of, lab_of
from frontlines.digitize.colour.label_code import UNKNOWN, Labels
from frontlines.digitize.colour.palette import Palette
from frontlines.digitize.colour.scan import from_corners
from frontlines.digitize.colour.sheet import Sheet
from frontlines.names import Floats32

OTHER_SHADE = 7.0
"""A piece whose colour on the whole is farther off its fill than this is of another shade [ΔE]."""

_LEAST_PX, _MOST_SHARE = 60, 0.006  # a smaller piece has no colour to trust; a larger one is a fill itself


def without_other_shades(
    known: Labels, wanted: Collection[int], sheet: Sheet
) -> dict[int, shapely.MultiPolygon]:
    """Take pieces of another shade out of labels, in place.

    A single pixel may be far off its fill by grain alone; of a whole piece the grain is averaged out.
    """
    ndimage = require("scipy.ndimage", extra="digitize")
    taken: dict[int, shapely.MultiPolygon] = {}
    for fill in wanted:
        pieces, _ = ndimage.label(known == fill)
        sizes = np.bincount(pieces.ravel())
        boxes = []
        for number, (rows, columns) in enumerate(ndimage.find_objects(pieces), start=1):
            if not _LEAST_PX <= sizes[number] <= _MOST_SHARE * known.size:
                continue
            mine = pieces[rows, columns] == number
            pixels = sheet.window(rows, columns)[mine]
            if _off(pixels, sheet.palette.grounds[fill]) > OTHER_SHADE:
                known[rows, columns][mine] = sheet.palette.code.nothing
                edges = np.array([columns.start, rows.start, columns.stop, rows.stop]) - 0.5
                boxes.append(shapely.box(*edges))
        taken[fill] = shapely.MultiPolygon(boxes)
    return taken


def _off(pixels: np.ndarray, ground: np.ndarray) -> float:
    """Difference of the usual colour of some pixels from a ground [ΔE]."""
    pair = lab_of(np.stack([np.median(pixels, axis=0), ground]))
    return float(np.linalg.norm(pair[0] - pair[1]))


_FULL = 0.95  # share of the rectangle around it; lakes are rounder
_BOX_LEAST_PX, _BOX_MOST_SHARE = (
    240,
    0.02,
)  # smaller ones may be anything, and lands have no name that needs so much


def without_boxes(whole: Labels, wanted: Collection[int]) -> Labels:
    """Give rectangles amid a class to the class: the ground goes on under them."""
    features = require("rasterio.features", extra="digitize")
    mine = np.isin(whole, list(wanted))
    found = features.shapes(whole, mask=mine, connectivity=4, transform=from_corners())
    holes = [(shapely.Polygon(ring), int(label)) for one, label in found for ring in one["coordinates"][1:]]
    boxes = [(hole, label) for hole, label in holes if _is_box(hole, whole.size)]
    if not boxes:
        return whole
    out = features.rasterize(boxes, out=whole.copy(), transform=from_corners())
    for box, _ in boxes:
        window = _window(box)
        if (mine[window] & (out[window] != whole[window])).any():
            out[window] = whole[window]
    return np.asarray(out)


def _is_box(shape: BaseGeometry, size_px: int) -> bool:
    around = shapely.oriented_envelope(shape)
    return bool(_BOX_LEAST_PX <= shape.area <= _BOX_MOST_SHARE * size_px and shape.area > _FULL * around.area)


def _window(shape: BaseGeometry) -> tuple[slice, slice]:
    """Rows and columns of pixels in the bounds of a shape."""
    left, top, right, bottom = (round(one + 0.5) for one in shape.bounds)
    return slice(top, bottom), slice(left, right)


_STRANGE = 13.0  # farther from every fill: a stroke, a letter, an edge [ΔE]
_GLARE, _GLARE_IF_EVEN = 5.0, 1.5  # lighter than the lightest fill: a line or halo whiter than the paper [ΔE]
_UNEVEN, _GRAIN = 4.0, 2.0  # times the usual spread of a fill's colours: uneven; the least spread [sRGB]
_THROUGHOUT = 0.75  # share of uneven pixels in letters; small areas are even in their middle
_NARROW_PX, _BESIDE = 3, 3  # least width of a stripe of a fill; borders' widths to more of it


def fill_table(palette: Palette, *, is_even: bool = False) -> Labels:
    """Find the nearest fill of each colour; unknown if none is near or an ink is nearer."""
    fills, inks = lab_of(palette.grounds).astype(np.float32), lab_of(palette.inks).astype(np.float32)
    apart = np.stack([np.linalg.norm(LAB - one, axis=1) for one in fills])
    table = apart.argmin(axis=0).astype(np.uint8)
    nearest = apart.min(axis=0)
    stroke = np.min([np.linalg.norm(LAB - one, axis=1) for one in inks], axis=0) if len(inks) else np.inf
    table[(nearest > _STRANGE) | (stroke < nearest)] = UNKNOWN
    table[LAB[:, 0] > fills[:, 0].max() + (_GLARE_IF_EVEN if is_even else _GLARE)] = UNKNOWN
    return np.asarray(table)


def label_fills(
    sheet: Sheet, look: tuple[Labels, int], rows: slice, columns: slice, border_px: float
) -> Labels:
    """Label a window with its fills, as far as they are sure."""
    ndimage = require("scipy.ndimage", extra="digitize")
    table, white = look
    pixels = sheet.window(rows, columns)
    labels = table[codes_of(ndimage.uniform_filter(pixels, (3, 3, 1), mode="nearest"))]
    size = 2 * round(border_px / 2) + 1
    core, narrow = _even(labels, size), _even(labels, _NARROW_PX)
    core = _without_letters(core, pixels)
    out = np.full(labels.shape, UNKNOWN, np.uint8)
    for fill in np.unique(core[core != UNKNOWN]):
        near = ndimage.maximum_filter(core == fill, size)
        if fill != white:
            beside = ndimage.maximum_filter(core == fill, 2 * _BESIDE * size + 1)
            near |= ndimage.maximum_filter(beside & (narrow == fill), _NARROW_PX)
        out[near & (labels == fill)] = fill
    return out


def _without_letters(core: Labels, pixels: Floats32) -> Labels:
    """Unlabel pieces that are uneven almost throughout: letters whose mean is like a fill."""
    ndimage = require("scipy.ndimage", extra="digitize")
    grey = pixels.mean(axis=-1)
    mean, squares = (ndimage.uniform_filter(one, _NARROW_PX) for one in (grey, grey * grey))
    spread = np.sqrt(np.maximum(squares - mean**2, 0))
    usual = np.full(UNKNOWN + 1, np.inf, np.float32)
    for fill in np.unique(core[core != UNKNOWN]):
        usual[fill] = max(float(np.median(spread[core == fill])), _GRAIN)
    pieces, count = ndimage.label(
        core != UNKNOWN
    )  # between cores of two fills some pixels are always unknown
    sizes, uneven = (
        np.bincount(one.ravel(), minlength=count + 1)
        for one in (pieces, pieces[spread > _UNEVEN * usual[core]])
    )
    return np.where((uneven > _THROUGHOUT * sizes)[pieces], UNKNOWN, core).astype(np.uint8)


def _even(labels: Labels, size: int) -> Labels:
    """Labels of pixels that are the same in a square around them; the others are unknown."""
    ndimage = require("scipy.ndimage", extra="digitize")
    low, high = ndimage.minimum_filter(labels, size), ndimage.maximum_filter(labels, size)
    return np.where(low == high, low, UNKNOWN)


_THICK_PX = 15  # bold letters and borders are thinner
_INNER = 2  # steps from the middle of such ground that must be even
_EVEN = 5.0  # most that the colours of its middle scatter [sRGB]
_GROUND = 30.0  # what is farther from every fill is printed over them: arrows, blocks [ΔE]
_OF_IT = 18.0  # off its colour in some channel [sRGB]


def take_out_lakes(labels: Labels, sheet: Sheet, rows: slice, columns: slice) -> None:
    """Tell ground that is of no fill from what is drawn over fills, in place."""
    ndimage = require("scipy.ndimage", extra="digitize")
    thick = ndimage.minimum_filter((labels == UNKNOWN).view(np.uint8), _THICK_PX)
    if not thick.any():
        return
    middles, _ = ndimage.label(thick)
    grounds = lab_of(sheet.palette.grounds)
    for number, place in enumerate(ndimage.find_objects(middles), start=1):
        y, x = (slice(max(0, one.start - _THICK_PX), one.stop + _THICK_PX) for one in place)
        window = (
            slice(rows.start + y.start, rows.start + y.stop),
            slice(columns.start + x.start, columns.start + x.stop),
        )
        pixels = sheet.window(*window)
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
