"""Which pixels of a scan are hatched, and with which ink."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from frontlines._optional import require
from frontlines.digitize.colour_codes import codes_of
from frontlines.digitize.colours import lab_of
from frontlines.digitize.fill_labels import UNKNOWN
from frontlines.digitize.hatched_ground import hatched
from frontlines.digitize.hatching import BLOCK
from frontlines.digitize.images import Scan
from frontlines.digitize.inks import mixed
from frontlines.digitize.masks import Mask, grown
from frontlines.digitize.palette import GROUND, Labels, Palette
from frontlines.digitize.paper import Paper

_RIM_PX, _LIGHTER = 2, 20.0  # rims of strokes; what is lighter than hatching by more is not drawn over it


def label_hatching(
    tile: Labels, scan: Scan, paper: Paper, palette: Palette, table: Labels,
    thick: Mapping[int, Mask], rows: slice, columns: slice,
) -> None:  # fmt: skip
    """Label what is hatched in a window; what two hatchings may be is that of the nearer stroke.

    Parameters
    ----------
    tile
        From `frontlines.digitize.fill_labels.label_fills`; hatched ground gets the number of grounds, 1 and
        the position of its ink.
    scan, paper, palette
        The image, its paper and its palette.
    table
        From `frontlines.digitize.fill_labels.fill_table`.
    thick
        Blocks of the scan that are hatched, by ink, from `frontlines.digitize.hatching.hatched_inks`.
    rows, columns
        The window.

    Examples
    --------
    >>> from frontlines.digitize.fill_labels import fill_table, label_fills
    >>> from frontlines.digitize.hatching import hatched_inks
    >>> from frontlines.digitize.images import open_scan
    >>> from frontlines.digitize.palette import palette_of
    >>> from frontlines.digitize.paper import paper_of
    >>> pixels = np.full((300, 400, 3), 255, dtype=np.uint8)
    >>> for k in range(0, 200, 10):
    ...     pixels[50 + k : 53 + k, 100:300] = (30, 60, 160)
    >>> scan = open_scan(pixels)
    >>> paper = paper_of(scan)
    >>> palette = palette_of(scan, paper)
    >>> table, whole = fill_table(palette), (slice(0, 300), slice(0, 400))
    >>> tile = label_fills(scan, paper, (table, 0), *whole, 5.0)
    >>> label_hatching(tile, scan, paper, palette, table, hatched_inks(scan, paper, palette), *whole)
    >>> tile[150, ::80].tolist()
    [0, 0, 2, 2, 0]
    """
    if not thick:
        return
    codes = codes_of(paper.whiten(scan.read(rows, columns), rows.start, columns.start))
    labels, fills = palette.labels()[codes], table[codes]
    known, nearest = tile.copy(), np.full(tile.shape, np.inf)
    for ink, blocks in thick.items():
        row = (np.arange(rows.start, rows.stop) // BLOCK).clip(0, blocks.shape[0] - 1)
        column = (np.arange(columns.start, columns.stop) // BLOCK).clip(0, blocks.shape[1] - 1)
        mine = _hatched_with(ink, labels, fills, known, palette, blocks[row][:, column])
        off = _off(labels == ink + 1) if len(thick) > 1 else 0.0
        mine &= off < nearest
        tile[mine] = len(palette.grounds) + 1 + ink
        nearest = np.where(mine, off, nearest)


def _off(strokes: Mask) -> npt.NDArray[np.float64]:
    """Distance from the nearest stroke [px]."""
    return np.asarray(require("scipy.ndimage", extra="digitize").distance_transform_edt(~strokes))


def _hatched_with(
    ink: int, labels: Labels, fills: Labels, known: Labels, palette: Palette, thick: Mask
) -> Mask:
    """Find what is hatched with an ink in a window; other fills than that under it are not."""
    light = lab_of(palette.inks)[:, 0]
    darker = np.flatnonzero(light < light[ink] + _LIGHTER).tolist()
    lines = np.isin(labels, [k + 1 for k in darker if not (k == ink or mixed(palette, k, ink))])
    strokes = (labels == ink + 1) & ~grown(lines, _RIM_PX)
    over = _may_be_over(fills, thick & ~grown(strokes, _RIM_PX), palette)
    others = _other_fills(known, fills, over, palette)
    ground = ((labels == GROUND) | np.isin(known, over)) & ~others
    mine = hatched(strokes & ~others, thick, grown(lines, _RIM_PX) | others, ground)
    return np.asarray(mine & ~others)


def _may_be_over(fills: Labels, midst: Mask, palette: Palette) -> list[int]:
    """Name the fills that hatching may be over: the commonest in the midst of it, and that of halos."""
    return [_commonest(fills[midst]), int(lab_of(palette.grounds)[:, 0].argmax())]


def _other_fills(known: Labels, fills: Labels, over: list[int], palette: Palette) -> Mask:
    """Find the fills beside hatching, up to their very edges."""
    out = np.zeros(known.shape, bool)
    for fill in set(range(len(palette.grounds))) - set(over):
        out |= grown(known == fill, _RIM_PX) & (fills == fill)
    return out


def _commonest(labels: Labels) -> int:
    """Find the commonest label of known pixels."""
    return int(np.bincount(labels[labels != UNKNOWN], minlength=1).argmax())
