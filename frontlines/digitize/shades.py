"""Pieces of a fill that are of another shade than the rest of it: ground of something else."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import shapely

from frontlines._optional import require
from frontlines.digitize.colours import lab_of
from frontlines.digitize.images import Scan
from frontlines.digitize.palette import Labels, Palette
from frontlines.digitize.paper import Paper

OTHER_SHADE = 7.0
"""A piece whose colour on the whole is farther off its fill than this is of another shade [ΔE]."""

_LEAST_PX, _MOST_SHARE = 60, 0.006  # a smaller piece has no colour to trust; a larger one is a fill itself


def without_other_shades(
    known: Labels, wanted: Collection[int], scan: Scan, paper: Paper, palette: Palette, nothing: int
) -> dict[int, shapely.MultiPolygon]:
    """Take pieces of another shade out of labels, in place.

    A single pixel may be far off its fill by grain alone; of a whole piece the grain is averaged out.

    Parameters
    ----------
    known
        Labels of the pixels.
    wanted
        Labels of the fills to look at.
    scan, paper, palette
        The image, and what `paper_of` and `palette_of` found.
    nothing
        Label that such pieces get.

    Returns
    -------
    taken
        For each fill looked at, the boxes around the pieces taken out of it [px].

    Examples
    --------
    >>> from frontlines.digitize.images import open_scan
    >>> from frontlines.digitize.palette import palette_of
    >>> from frontlines.digitize.paper import paper_of
    >>> pixels = np.full((200, 200, 3), 250, dtype=np.uint8)
    >>> pixels[20:120, 20:120], pixels[150:160, 150:160] = 200, 180
    >>> known = (pixels[..., 0] < 220).astype(np.uint8)
    >>> scan = open_scan(pixels)
    >>> paper = paper_of(scan)
    >>> taken = without_other_shades(known, [1], scan, paper, palette_of(scan, paper), 9)
    >>> taken[1].bounds, int(known[155, 155])
    ((149.5, 149.5, 159.5, 159.5), 9)
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
            pixels = paper.whiten(scan.read(rows, columns), rows.start, columns.start)[mine]
            if _off(pixels, palette.grounds[fill]) > OTHER_SHADE:
                known[rows, columns][mine] = nothing
                edges = np.array([columns.start, rows.start, columns.stop, rows.stop]) - 0.5
                boxes.append(shapely.box(*edges))
        taken[fill] = shapely.MultiPolygon(boxes)
    return taken


def _off(pixels: np.ndarray, ground: np.ndarray) -> float:
    """Difference of the usual colour of some pixels from a ground [ΔE]."""
    pair = lab_of(np.stack([np.median(pixels, axis=0), ground]))
    return float(np.linalg.norm(pair[0] - pair[1]))
