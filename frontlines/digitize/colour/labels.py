"""Which pixels of a scan belong to the strokes of one ink."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from frontlines._optional import require
from frontlines.digitize.colour.colours import LAB, lab_of
from frontlines.digitize.colour.inks import blends_of, edges_of, is_between, mixed, unlikeness_of
from frontlines.digitize.colour.label_code import STROKES, Labels
from frontlines.digitize.colour.palette import Palette
from frontlines.digitize.colour.scan import from_corners
from frontlines.digitize.colour.sheet import Sheet
from frontlines.errors import DigitizeError
from frontlines.names import Bools
from frontlines.progress import Report

_CROFTON = np.pi / 4
_BAND_PX = 1024


def mean_width_px(labels: Labels, label: int) -> float:
    """Mean width of strokes: twice their area by their perimeter, after Cauchy and Crofton."""
    area = turns = 0
    for first in range(0, len(labels), _BAND_PX):
        mask = labels[first : first + _BAND_PX + 1] == label
        area += int(mask[:_BAND_PX].sum())
        turns += int((mask[:_BAND_PX, 1:] != mask[:_BAND_PX, :-1]).sum()) + int((mask[1:] != mask[:-1]).sum())
    return 2 * area / max(_CROFTON * turns, 1.0)


_RIM_PX = 2
_WASHED_OUT = 0.4  # least share of an ink in what blur has left of it


@dataclass(frozen=True)
class Strokes:
    """How the strokes of an ink are told from the rest."""

    labels: tuple[int, ...]  # label of the ink, and of what it looks like over another line
    own: tuple[int, ...]  # labels of the weaker spots of its strokes, which count as the ink
    stronger: tuple[int, ...]  # labels of inks whose washed-out rims look like it
    width_px: float  # width of its strokes, roughly
    # labels of what the ink looks like where blur has washed out much of it, as in dots
    weaker: tuple[int, ...] = ()


def checked_masks(masks: Iterable[BaseGeometry]) -> list[BaseGeometry]:
    """List masks, and refuse what is no polygon."""
    listed = [masks] if isinstance(masks, BaseGeometry) else list(masks)
    for k, mask in enumerate(listed):
        if not isinstance(mask, shapely.Polygon | shapely.MultiPolygon) or not mask.is_valid:
            raise DigitizeError(
                f"mask {k} is no valid polygon: give corners in pixels, or shapely.box(x, y, x, y)"
            )
    return listed


def label_strokes(sheet: Sheet, masks: Sequence[BaseGeometry], report: Report) -> Labels:
    """Label every pixel with the ink that it is nearest to, or as ground; see `label_code.STROKES`."""
    labels = sheet.labelled(sheet.palette.labels(), report)
    mask_out(labels, masks, STROKES.nothing)
    return labels


def mask_out(labels: Labels, masks: Sequence[BaseGeometry], label: int) -> None:
    """Give what lies under masks a label, in place."""
    if masks:
        features = require("rasterio.features", extra="digitize")
        shapes = ((mask, label) for mask in masks)
        features.rasterize(shapes, out=labels, transform=from_corners(), all_touched=True)


def label_grounds(sheet: Sheet) -> Labels:
    """Label every pixel with the ground that it is nearest to, whatever is drawn there."""
    apart = [np.linalg.norm(LAB - one, axis=1) for one in lab_of(sheet.palette.grounds).astype(np.float32)]
    return sheet.labelled(np.argmin(apart, axis=0).astype(np.uint8))


def strokes_of(
    labels: Labels,
    palette: Palette,
    ink: int,
    taken: Sequence[int],
    width_px: float | None,
    shades: Sequence[int] = (),
) -> Strokes:
    """Settle how to tell the strokes of an ink."""
    same = (ink, *dict.fromkeys([*blends_of(palette, ink, taken), *shades]))
    own = [other for other in edges_of(palette, ink) if other not in taken and other not in same]
    others = [k for k in range(len(palette.inks)) if k not in own and k not in same]
    stronger = [k for k in others if mixed(palette, ink, k)]
    weaker = [k for k in others if mixed(palette, k, ink, least=_WASHED_OUT)]
    width = width_px or mean_width_px(labels, STROKES.ink(ink))
    return Strokes(_labels(same), _labels(own), _labels(stronger), width, _labels(weaker))


def _labels(inks: Sequence[int]) -> tuple[int, ...]:
    return tuple(STROKES.ink(ink) for ink in inks)


def stroke_mask(window: Labels, strokes: Strokes) -> Bools:
    """Find the strokes of an ink in a window."""
    ndimage = require("scipy.ndimage", extra="digitize")
    mask = np.isin(window, strokes.labels)
    if strokes.stronger and mask.any():
        mask &= ~grown(np.isin(window, strokes.stronger), _RIM_PX)
    if not mask.any():
        return mask
    if strokes.own:
        mask |= np.isin(window, strokes.own) & grown(mask, 3 + round(strokes.width_px))
    reach = max(2, round(0.5 * strokes.width_px + 1))
    over = (window != STROKES.nothing) & ~mask
    mask |= over & ~grown(~grown(mask, reach), reach)
    holes = max(4, round(strokes.width_px**2 / 2))
    seats, count = ndimage.label(~mask)
    sizes = np.bincount(seats.ravel(), minlength=count + 1)
    return np.asarray(mask | (sizes[seats] <= holes))


def grown(mask: Bools, reach: int) -> Bools:
    """Grow a mask by an octagon."""
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


_LESS_LIKE = 5.0  # how much less like the colour asked for than its rims it may be [ΔE]
_BROADEST = 0.03  # mean width of a stroke, as a share of the scan's diagonal
_SPREAD = 12.0  # of an ink that was a ground [ΔE]


def with_broad_strokes(sheet: Sheet, colours: Mapping[str, str]) -> Sheet:
    """Make inks of the grounds that lines are asked for in, if they are strokes."""
    palette = sheet.palette
    meant = {ground for colour in colours.values() for ground in _meant(palette, colour)}
    if not meant:
        return sheet
    labels = label_grounds(sheet)
    strokes = [one for one in meant if mean_width_px(labels, one) < _BROADEST * sheet.diagonal_px]
    for ground in sorted(strokes, reverse=True):  # from the last, so that the numbers of the others stay
        palette = _as_ink(palette, ground)
    return replace(sheet, palette=palette) if strokes else sheet


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
