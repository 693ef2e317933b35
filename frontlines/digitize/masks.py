"""Which pixels of a scan belong to the strokes of one ink."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from frontlines._optional import require
from frontlines.digitize.colour_codes import LAB, codes_of
from frontlines.digitize.colours import lab_of
from frontlines.digitize.images import Scan, from_corners
from frontlines.digitize.inks import blends_of, edges_of, mixed
from frontlines.digitize.palette import GROUND, Labels, Palette
from frontlines.digitize.paper import Paper
from frontlines.digitize.widths import mean_width_px
from frontlines.errors import DigitizeError
from frontlines.progress import Report

Mask = npt.NDArray[np.bool_]

_RIM_PX = 2
_WASHED_OUT = 0.4  # least share of an ink in what blur has left of it


@dataclass(frozen=True)
class Strokes:
    """How the strokes of an ink are told from the rest.

    Attributes
    ----------
    labels
        Label of the ink, and of what it looks like over another line.
    own
        Labels of the weaker spots of its strokes, which count as the ink.
    stronger
        Labels of inks whose washed-out rims look like it.
    width_px
        Width of its strokes, roughly.
    weaker
        Labels of what the ink looks like where blur has washed out much of it, as in dots.
    """

    labels: tuple[int, ...]
    own: tuple[int, ...]
    stronger: tuple[int, ...]
    width_px: float
    weaker: tuple[int, ...] = ()


def checked_masks(masks: Iterable[BaseGeometry]) -> list[BaseGeometry]:
    """List masks, and refuse what is no polygon.

    Parameters
    ----------
    masks
        Shapes in pixels: a list, a GeoSeries, or a single one.

    Returns
    -------
    masks
        Valid Polygons and MultiPolygons.

    Raises
    ------
    DigitizeError
        If one is no valid Polygon or MultiPolygon.

    Examples
    --------
    >>> import shapely
    >>> len(checked_masks([shapely.box(0, 0, 10, 10)]))
    1
    """
    listed = [masks] if isinstance(masks, BaseGeometry) else list(masks)
    for k, mask in enumerate(listed):
        if not isinstance(mask, shapely.Polygon | shapely.MultiPolygon) or not mask.is_valid:
            raise DigitizeError(
                f"mask {k} is no valid polygon: give corners in pixels, or shapely.box(x, y, x, y)"
            )
    return listed


def label_scan(
    scan: Scan, paper: Paper, palette: Palette, masks: Sequence[BaseGeometry], report: Report
) -> Labels:
    """Label every pixel with the ground or ink that it is nearest to.

    Parameters
    ----------
    scan, paper, palette
        The image, its paper and its palette.
    masks
        Polygons in pixels; ground is put there.
    report
        Is told the share done and what is being done.

    Returns
    -------
    labels
        (height, width): one byte a pixel.

    Examples
    --------
    >>> from frontlines.digitize.images import open_scan
    >>> from frontlines.digitize.palette import palette_of
    >>> from frontlines.digitize.paper import paper_of
    >>> pixels = np.full((80, 80, 3), 255, dtype=np.uint8)
    >>> pixels[38:42] = (200, 30, 30)
    >>> scan = open_scan(pixels)
    >>> paper = paper_of(scan)
    >>> labels = label_scan(scan, paper, palette_of(scan, paper), [], lambda share, what: None)
    >>> int((labels == 1).sum())
    320
    """
    labels = _looked_up(palette.labels(), scan, paper, report)
    if masks:
        features = require("rasterio.features", extra="digitize")
        shapes = ((one, GROUND) for one in masks)
        features.rasterize(shapes, out=labels, transform=from_corners(), all_touched=True)
    return labels


def label_grounds(scan: Scan, paper: Paper, palette: Palette) -> Labels:
    """Label every pixel with the ground that it is nearest to, whatever is drawn there.

    Parameters
    ----------
    scan, paper, palette
        The image, its paper and its palette.

    Returns
    -------
    labels
        (height, width): position of a ground.

    Examples
    --------
    >>> from frontlines.digitize.images import open_scan
    >>> from frontlines.digitize.palette import palette_of
    >>> from frontlines.digitize.paper import paper_of
    >>> pixels = np.full((200, 300, 3), 255, dtype=np.uint8)
    >>> pixels[:, :100] = (200, 30, 30)
    >>> scan = open_scan(pixels)
    >>> paper = paper_of(scan)
    >>> np.bincount(label_grounds(scan, paper, palette_of(scan, paper)).ravel()).tolist()
    [40000, 20000]
    """
    apart = [np.linalg.norm(LAB - one, axis=1) for one in lab_of(palette.grounds).astype(np.float32)]
    return _looked_up(np.argmin(apart, axis=0).astype(np.uint8), scan, paper)


def _looked_up(table: Labels, scan: Scan, paper: Paper, report: Report | None = None) -> Labels:
    """Label every pixel by a table of colours, band by band."""
    labels = np.empty((scan.height_px, scan.width_px), np.uint8)
    for first, band in scan.bands():
        labels[first : first + len(band)] = table[codes_of(paper.whiten(band, first))]
        if report is not None:
            report(first / scan.height_px, "colours")
    return labels


def strokes_of(
    labels: Labels,
    palette: Palette,
    ink: int,
    taken: Sequence[int],
    width_px: float | None,
    shades: Sequence[int] = (),
) -> Strokes:
    """Settle how to tell the strokes of an ink.

    Parameters
    ----------
    labels
        From `label_scan`.
    palette
        The palette.
    ink
        Position of the ink.
    taken
        Positions of the inks of all lines asked for.
    width_px
        Width of its strokes, or ``None`` to measure it.
    shades
        Positions of inks that are the same one under another light.

    Returns
    -------
    strokes
        What `stroke_mask` needs.

    Examples
    --------
    >>> labels = np.zeros((80, 80), np.uint8)
    >>> labels[38:42] = 1
    >>> one, ink, place = np.ones(1), np.zeros((1, 3)), np.zeros((1, 2), int)
    >>> palette = Palette(np.full((1, 3), 250.0), ink, one, place, one, np.zeros((1, 1)))
    >>> strokes_of(labels, palette, 0, [0], None).width_px > 4
    True
    """
    same = (ink, *dict.fromkeys([*blends_of(palette, ink, taken), *shades]))
    own = [other for other in edges_of(palette, ink) if other not in taken and other not in same]
    others = [k for k in range(len(palette.inks)) if k not in own and k not in same]
    stronger = [k for k in others if mixed(palette, ink, k)]
    weaker = [k for k in others if mixed(palette, k, ink, least=_WASHED_OUT)]
    width = width_px or mean_width_px(labels, ink + 1)
    return Strokes(_labels(same), _labels(own), _labels(stronger), width, _labels(weaker))


def _labels(inks: Sequence[int]) -> tuple[int, ...]:
    return tuple(ink + 1 for ink in inks)


def stroke_mask(window: Labels, strokes: Strokes) -> Mask:
    """Find the strokes of an ink in a window.

    Parameters
    ----------
    window
        Labels, (rows, columns).
    strokes
        From `strokes_of`.

    Returns
    -------
    mask
        True on its strokes. Rims of stronger inks are taken away; thin strokes of other inks that run over
        it are closed up, since it goes on below them; pinholes are filled.

    Examples
    --------
    >>> window = np.zeros((9, 15), np.uint8)
    >>> window[3:6] = 1
    >>> window[:, 7] = 2
    >>> bool(stroke_mask(window, Strokes((1,), (), (), 3.0))[4].all())
    True
    """
    ndimage = require("scipy.ndimage", extra="digitize")
    mask = np.isin(window, strokes.labels)
    if strokes.stronger and mask.any():
        mask &= ~grown(np.isin(window, strokes.stronger), _RIM_PX)
    if not mask.any():
        return mask
    if strokes.own:
        mask |= np.isin(window, strokes.own) & grown(mask, 3 + round(strokes.width_px))
    reach = max(2, round(0.5 * strokes.width_px + 1))
    over = (window != GROUND) & ~mask
    mask |= over & ~grown(~grown(mask, reach), reach)
    holes = max(4, round(strokes.width_px**2 / 2))
    seats, count = ndimage.label(~mask)
    sizes = np.bincount(seats.ravel(), minlength=count + 1)
    return np.asarray(mask | (sizes[seats] <= holes))


def grown(mask: Mask, reach: int) -> Mask:
    """Grow a mask by an octagon.

    Parameters
    ----------
    mask
        (rows, columns).
    reach
        How far [px].

    Returns
    -------
    mask
        True within reach of a True pixel; nothing grows in from beyond the edge.

    Examples
    --------
    >>> grown(np.array([[False, False, True, False, False]]), 1)[0].tolist()
    [False, True, True, True, False]
    """
    out = mask.copy()
    for step in range(reach):
        wide = out.copy()
        wide[1:] |= out[:-1]
        wide[:-1] |= out[1:]
        wide[:, 1:] |= out[:, :-1]
        wide[:, :-1] |= out[:, 1:]
        if step % 2:
            wide[1:, 1:] |= out[:-1, :-1]
            wide[:-1, :-1] |= out[1:, 1:]
            wide[1:, :-1] |= out[:-1, 1:]
            wide[:-1, 1:] |= out[1:, :-1]
        out = wide
    return out
