"""Strokes so broad that their middle looks like ground: ink, where a line of their colour is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from frontlines.digitize.images import Scan
from frontlines.digitize.inks import is_between, unlikeness_of
from frontlines.digitize.masks import label_grounds
from frontlines.digitize.palette import Palette
from frontlines.digitize.paper import Paper
from frontlines.digitize.widths import mean_width_px

_LESS_LIKE = 5.0  # how much less like the colour asked for than its rims it may be [ΔE]
_BROADEST = 0.03  # mean width of a stroke, as a share of the scan's diagonal
_SPREAD = 12.0  # of an ink that was a ground [ΔE]


def with_broad_strokes(palette: Palette, colours: Mapping[str, str], scan: Scan, paper: Paper) -> Palette:
    """Make inks of the grounds that lines are asked for in, if they are strokes and the inks but their rims.

    Parameters
    ----------
    palette
        From `frontlines.digitize.palette.palette_of`.
    colours
        Name of each line, and its colour as hex or CSS name.
    scan, paper
        The image and its paper.

    Returns
    -------
    palette
        The same, or one with fewer grounds and more inks. Without it both edges of a broad stroke would be
        traced, and its middle taken for paper.

    Examples
    --------
    >>> from frontlines.digitize.images import open_scan
    >>> from frontlines.digitize.palette import palette_of
    >>> from frontlines.digitize.paper import paper_of
    >>> pixels = np.full((800, 1200, 3), 250, dtype=np.uint8)
    >>> pixels[400:430, 100:1100] = (204, 34, 34)
    >>> pixels[399, 100:1100] = pixels[430, 100:1100] = (225, 130, 130)
    >>> scan = open_scan(pixels)
    >>> paper = paper_of(scan)
    >>> palette = palette_of(scan, paper)
    >>> len(palette.grounds), len(with_broad_strokes(palette, {"May": "red"}, scan, paper).grounds)
    (2, 1)
    """
    meant = {ground for colour in colours.values() for ground in _meant(palette, colour)}
    if not meant:
        return palette
    labels = label_grounds(scan, paper, palette)
    broadest = _BROADEST * float(np.hypot(scan.width_px, scan.height_px))
    for ground in sorted(meant, reverse=True):
        if mean_width_px(labels, ground) < broadest:
            palette = _as_ink(palette, ground)
    return palette


def _meant(palette: Palette, colour: str) -> list[int]:
    """Find the ground that a colour means, if there is no ink, or the one most like it is but its rim."""
    if len(palette.grounds) == 1:
        return []
    grounds, inks = unlikeness_of(colour, palette.grounds), unlikeness_of(colour, palette.inks)
    if not len(inks):
        return [int(grounds.argmin())]
    ground, ink = int(grounds.argmin()), int(inks.argmin())
    others = np.delete(palette.grounds, ground, axis=0)
    rim = any(is_between(palette.inks[ink], other, palette.grounds[ground]) for other in others)
    return [ground] if rim and grounds[ground] < inks[ink] + _LESS_LIKE else []


def _as_ink(palette: Palette, ground: int) -> Palette:
    """Move a ground to the inks; what is a mix of it is seen beside it."""
    colour, grounds = palette.grounds[ground], np.delete(palette.grounds, ground, axis=0)
    rims = [any(is_between(ink, other, colour) for other in grounds) for ink in palette.inks]
    beside = np.pad(palette.beside, (0, 1))
    beside[:-1, -1] = rims
    return replace(
        palette,
        grounds=grounds,
        inks=np.vstack([palette.inks, colour]),
        lengths_px=np.append(palette.lengths_px, palette.lengths_px.max(initial=1.0)),
        places=np.vstack([palette.places, [[0, 0]]]),
        spread=np.append(palette.spread, _SPREAD),
        beside=beside,
    )
