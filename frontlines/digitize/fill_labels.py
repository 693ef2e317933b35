"""Which pixels of a scan are sure to show a fill: no stroke, no letter, no halo, no edge."""

from __future__ import annotations

import numpy as np

from frontlines._optional import require
from frontlines.digitize.colour_codes import LAB, codes_of
from frontlines.digitize.colours import lab_of
from frontlines.digitize.images import Scan
from frontlines.digitize.palette import Labels, Palette
from frontlines.digitize.paper import Floats32, Paper

UNKNOWN = 255
"""Label of pixels that are of no fill for sure."""

_STRANGE = 13.0  # farther from every fill: a stroke, a letter, an edge [ΔE]
_GLARE, _GLARE_IF_EVEN = 5.0, 1.5  # lighter than the lightest fill: a line or halo whiter than the paper [ΔE]
_UNEVEN, _GRAIN = 4.0, 2.0  # times the usual spread of a fill's colours: uneven; the least spread [sRGB]
_THROUGHOUT = 0.75  # share of uneven pixels in letters; small areas are even in their middle
_NARROW_PX, _BESIDE = 3, 3  # least width of a stripe of a fill; borders' widths to more of it


def fill_table(palette: Palette, *, is_even: bool = False) -> Labels:
    """Find the nearest fill of each colour; unknown if none is near or an ink is nearer.

    Parameters
    ----------
    palette
        From `frontlines.digitize.palette.palette_of`.
    is_even
        Whether the light is, so that what is a little lighter than the lightest fill is another colour.

    Returns
    -------
    table
        Position of a fill or `UNKNOWN`, (262144,), to be looked up with `codes_of`.

    Examples
    --------
    >>> none = np.empty(0)
    >>> fills = np.array([[250.0, 250, 250], [200, 120, 110]])
    >>> palette = Palette(fills, np.empty((0, 3)), none, np.empty((0, 2), int), none, np.empty((0, 0)))
    >>> fill_table(palette)[codes_of(np.array([[200, 120, 112], [0, 0, 90]], np.float32))].tolist()
    [1, 255]
    """
    fills, inks = lab_of(palette.grounds).astype(np.float32), lab_of(palette.inks).astype(np.float32)
    apart = np.stack([np.linalg.norm(LAB - one, axis=1) for one in fills])
    table = apart.argmin(axis=0).astype(np.uint8)
    nearest = apart.min(axis=0)
    stroke = np.min([np.linalg.norm(LAB - one, axis=1) for one in inks], axis=0) if len(inks) else np.inf
    table[(nearest > _STRANGE) | (stroke < nearest)] = UNKNOWN
    table[LAB[:, 0] > fills[:, 0].max() + (_GLARE_IF_EVEN if is_even else _GLARE)] = UNKNOWN
    return np.asarray(table)


def label_fills(
    scan: Scan, paper: Paper, look: tuple[Labels, int], rows: slice, columns: slice, border_px: float
) -> Labels:
    """Label a window with its fills, as far as they are sure.

    Parameters
    ----------
    scan, paper
        The image and its paper.
    look
        From `fill_table`, and the position of the lightest fill.
    rows, columns
        The window.
    border_px
        Width of borders and halos.

    Returns
    -------
    labels
        Position of a fill or `UNKNOWN`. A stripe is sure if it is wider than a border, or if more of its fill
        is near and it is not of the lightest fill, which halos and white borders are drawn in. Letters whose
        mean is like a fill are unknown.

    Examples
    --------
    >>> from frontlines.digitize.images import open_scan
    >>> from frontlines.digitize.palette import palette_of
    >>> from frontlines.digitize.paper import paper_of
    >>> pixels = np.full((200, 300, 3), 255, dtype=np.uint8)
    >>> pixels[:, :100] = (200, 120, 110)
    >>> scan = open_scan(pixels)
    >>> paper = paper_of(scan)
    >>> table = fill_table(palette_of(scan, paper))
    >>> label_fills(scan, paper, (table, 0), slice(0, 200), slice(0, 300), 5.0)[100, ::75].tolist()
    [1, 1, 0, 0]
    """
    ndimage = require("scipy.ndimage", extra="digitize")
    table, white = look
    pixels = paper.whiten(scan.read(rows, columns), rows.start, columns.start)
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
