"""Hatched areas of a scan: ground that parallel strokes of one ink cover."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from frontlines._optional import require
from frontlines.digitize.colour_codes import codes_of
from frontlines.digitize.colours import lab_of
from frontlines.digitize.images import Scan
from frontlines.digitize.inks import mixed
from frontlines.digitize.palette import Labels, Palette
from frontlines.digitize.paper import Paper

Mask = npt.NDArray[np.bool_]

BLOCK = 4
"""Side of the blocks in which strokes are counted [px]."""

_DRAWN = 0.12  # share of a block that strokes cover at least
# Widest gaps between strokes, and least width of areas with such gaps [blocks].
_GAPS, _WIDTHS = (4.0, 7.0, 11.0), (7.0, 12.0, 20.0)
_LEAST_SHARE = 0.0005  # of the scan
_FULLER = 2.0  # times as much is found at the right spacing as by chance at a closer one
_BESIDE = 0.5  # share of a rim that lies beside its stroke at least
_LONG = 1.5  # diagonals that an ink of hatching is drawn at least


def hatched_inks(scan: Scan, paper: Paper, palette: Palette) -> dict[int, Mask]:
    """Find the inks that areas are hatched with.

    Parameters
    ----------
    scan, paper, palette
        The image, its paper and its palette.

    Returns
    -------
    thick
        Position of each such ink, and the thick of its areas in blocks of 4 pixels: there its strokes are
        dense all around, which those of lines and letters are not.

    Examples
    --------
    >>> from frontlines.digitize.images import open_scan
    >>> from frontlines.digitize.palette import palette_of
    >>> from frontlines.digitize.paper import paper_of
    >>> pixels = np.full((240, 240, 3), 255, dtype=np.uint8)
    >>> for row in range(20, 220, 8):
    ...     pixels[row : row + 2, 20:220] = (200, 30, 30)
    >>> scan = open_scan(pixels)
    >>> paper = paper_of(scan)
    >>> list(hatched_inks(scan, paper, palette_of(scan, paper)))
    [0]
    """
    diagonal = float(np.hypot(scan.width_px, scan.height_px))
    long = [k for k, length in enumerate(palette.lengths_px) if length > _LONG * diagonal]
    candidates = [k for k in long if not any(_is_rim(palette, k, other) for other in long if other != k)]
    if not candidates:
        return {}
    shares = _shares(scan, paper, palette.labels(), candidates)
    thick = {ink: _thick(share > _DRAWN) for ink, share in zip(candidates, shares, strict=True)}
    strongest = sorted(thick, key=lambda ink: -_contrast(palette, ink))
    found: dict[int, Mask] = {}
    for ink in strongest:
        if thick[ink].mean() > _LEAST_SHARE and not any(_lies_in(thick[ink], one) for one in found.values()):
            found[ink] = thick[ink]
    return found


def _is_rim(palette: Palette, ink: int, stronger: int) -> bool:
    """Tell whether an ink is that of the rims of another one's strokes: a mix, and mostly beside them.

    Thin strokes of one ink may look like a mix of another one, but lie elsewhere.
    """
    return mixed(palette, ink, stronger) and bool(palette.beside[ink, stronger] > _BESIDE)


def _contrast(palette: Palette, ink: int) -> float:
    """Difference of an ink from the nearest ground [ΔE]."""
    grounds, mine = lab_of(palette.grounds), lab_of(palette.inks[ink][None])
    return float(np.linalg.norm(grounds - mine, axis=1).min())


def _lies_in(mask: Mask, other: Mask) -> bool:
    """Tell whether most of a mask lies in another, as the rims of strokes do."""
    return bool((mask & other).sum() > mask.sum() / 2)


def _thick(drawn: Mask) -> Mask:
    """Blocks of areas that strokes cover so closely that no gap is wide, and that are wide in all directions.

    The closest spacing at which there are such areas is that of the hatching, unless a wider one finds the
    same areas and much more of them: then gaps were closed here and there by chance.
    """
    found = np.zeros(drawn.shape, bool)
    for gap, width in zip(_GAPS, _WIDTHS, strict=True):
        closed = ~_within(~_within(drawn, gap / 2), gap / 2)
        thick = ~_within(~closed, width / 2)
        fuller = _lies_in(found, thick) and thick.sum() > _FULLER * found.sum()
        if thick.mean() > _LEAST_SHARE and (fuller or not found.any()):
            found = thick
    return found


def _within(mask: Mask, reach: float) -> Mask:
    """Grow a mask; beyond the image lies what is at its edge."""
    edt = require("scipy.ndimage", extra="digitize").distance_transform_edt
    return np.asarray(edt(~mask) <= reach) if mask.any() else mask


def _shares(scan: Scan, paper: Paper, table: Labels, inks: list[int]) -> list[npt.NDArray[np.float32]]:
    """Share of the pixels of each block that some inks have."""
    height, width = scan.height_px // BLOCK * BLOCK, scan.width_px // BLOCK * BLOCK
    shares = [np.zeros((height // BLOCK, width // BLOCK), np.float32) for _ in inks]
    for first, band in scan.bands():
        if first % BLOCK or (rows := min(len(band), height - first) // BLOCK * BLOCK) < 1:
            continue
        labels = table[codes_of(paper.whiten(band, first))][:rows, :width]
        for ink, share in zip(inks, shares, strict=True):
            blocks = (labels == ink + 1).reshape(rows // BLOCK, BLOCK, width // BLOCK, BLOCK)
            share[first // BLOCK : (first + rows) // BLOCK] = blocks.mean(axis=(1, 3))
    return shares
