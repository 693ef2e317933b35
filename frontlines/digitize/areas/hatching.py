"""Hatched areas of a scan: ground that parallel strokes of one ink cover."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from frontlines._optional import require
from frontlines.digitize.areas.state import AreaState
from frontlines.digitize.colour.colours import lab_of
from frontlines.digitize.colour.inks import grown, mixed
from frontlines.digitize.colour.palette import STROKES, UNKNOWN, Labels, Palette
from frontlines.digitize.colour.sheet import Sheet
from frontlines.names import Bools, Floats, Floats32

_EDGE_PX, _ROUND_PX = 1.0, 2.0  # blur before slopes are taken, and in which they are averaged
_STRAIGHT = 0.4  # least coherence of slopes where a stroke has a direction
_BINS = 60  # of 3 degrees each
_SPREAD, _SAME = np.radians(6.0), np.radians(22.0)  # of one direction; farther off, it is another stroke's
_LESS = 0.3  # share of the commonest direction that a second one has at least
_CROSSED = np.radians(30.0)  # least angle between two directions of hatching


class Family(NamedTuple):
    """Strokes of one direction: a unit vector across them (rows, columns), and their pixels."""

    across: npt.NDArray[np.float64]
    strokes: Bools


def families_of(strokes: Bools, thick: Bools) -> tuple[list[Family], Bools]:
    """Find the directions of hatching, and what is drawn in its ink in other directions."""
    angle, straight = _across(strokes)
    sure = strokes & (straight > _STRAIGHT)
    families = []
    for peak in _peaks(angle[sure & thick]):
        mine = sure & (_turn(angle, peak) < _SAME)
        families.append(Family(np.array([np.sin(peak), np.cos(peak)]), mine))
    others = sure.copy()
    for family in families:
        others &= ~family.strokes
    return families, others


def _across(strokes: Bools) -> tuple[Floats32, Floats32]:
    """Angle across the stroke at each pixel, and how sure it is, 0 to 1."""
    blurred = require("scipy.ndimage", extra="digitize").gaussian_filter
    rows, columns = np.gradient(blurred(strokes.astype(np.float32), _EDGE_PX))
    flat = blurred(columns**2 - rows**2, _ROUND_PX)
    steep = blurred(2 * rows * columns, _ROUND_PX)
    whole = blurred(rows**2 + columns**2, _ROUND_PX)
    return np.arctan2(steep, flat) / 2, np.hypot(flat, steep) / np.maximum(whole, 1e-9)


def _turn(angle: Floats32, other: float) -> Floats32:
    """Angle between two directions, 0 to a right angle."""
    return np.asarray(np.abs((angle - other + np.pi / 2) % np.pi - np.pi / 2))


def _peaks(angles: Floats32) -> list[float]:
    """Commonest directions."""
    if not len(angles):
        return []
    crowd = np.bincount(((angles / np.pi) % 1 * _BINS).astype(int) % _BINS, minlength=_BINS)
    smooth = crowd + np.roll(crowd, 1) + np.roll(crowd, -1)
    centres = (np.arange(_BINS) + 0.5) * np.pi / _BINS
    found: list[float] = []
    for seat in np.argsort(-smooth, kind="stable"):
        apart = all(_turn(centres[seat], one) > _CROSSED for one in found)
        if apart and smooth[seat] > _LESS * smooth.max():
            near = angles[_turn(angles, centres[seat]) < _SPREAD]
            off = (near - centres[seat] + np.pi / 2) % np.pi - np.pi / 2
            found.append(float(centres[seat] + off.mean()))
    return found[:2]


def reached(
    strokes: Bools, across: npt.NDArray[np.float64], reach_px: float, walls: Bools
) -> tuple[Bools, Bools]:
    """Spread strokes across their direction, to either side, up to walls."""
    near, far = zip(*(_to_one_side(strokes, side * across, reach_px, walls) for side in (1, -1)), strict=True)
    return strokes | near[0] | near[1], far[0] & far[1]


def _to_one_side(
    strokes: Bools, way: npt.NDArray[np.float64], reach_px: float, walls: Bools
) -> tuple[Bools, Bools]:
    """Move strokes step by step; where they come by, and where they come by on a way twice as long."""
    out, live, here = np.zeros_like(strokes), strokes, np.zeros(2, int)
    near = out
    for far in range(1, 2 * round(reach_px) + 1):
        there = np.rint(far * way).astype(int)
        if (step := there - here).any():
            live = _shifted(live, *step) & ~walls
            out |= live
        here = there
        if far == round(reach_px):
            near = out.copy()
    return near, out


def _shifted(mask: Bools, rows: int, columns: int) -> Bools:
    """Move a mask; nothing comes in from beyond its edge."""
    out = np.zeros_like(mask)
    height, width = mask.shape
    out[max(rows, 0) : height + min(rows, 0), max(columns, 0) : width + min(columns, 0)] = mask[
        max(-rows, 0) : height + min(-rows, 0), max(-columns, 0) : width + min(-columns, 0)
    ]
    return out


_REACH_PX = 200  # from the thick of a hatched area to its tips
_MIDST = 0.98  # share of the ground between strokes that is nearer to one than half a gap
_LEAST_PX, _MOST_PX = 2.0, 32.0  # half a gap
_PARTLY = 0.2  # share of a narrow cell in the hatched ground, from which on all of it is
_INSIDE = 0.4  # share of an open cell's hatched ground between two strokes, below which strokes but pass by
_NARROW = 0.95  # share of a narrow cell that lies within a gap of a stroke
_EVEN = 0.67  # halves of a gap in which stepped ends are evened
_SOLID = 0.75  # share of the thick that strokes cover, from which on it is a fill in that ink
_STRANGE, _UNEVEN = 0.15, 0.4  # share of strokes of other directions; of the gap that another may differ by
_LEAK_PX = 1  # half a gap in a border at most
_STROKE_PX, _COARSE_PX = 3.0, 4  # half a stroke at most; pixels that are looked at to see how wide ground is
_HALF, _LITTLE = 0.5, 1e-4  # of the directions of hatching


def hatched(strokes: Bools, thick: Bools, walls: Bools, ground: Bools) -> Bools:
    """Find what is hatched in a window."""
    out = np.zeros(strokes.shape, bool)
    if not thick.any():
        return out
    place = _around(thick)
    out[place] = _hatched(strokes[place], thick[place], walls[place], ground[place])
    return out


def _around(thick: Bools) -> tuple[slice, slice]:
    """Window that the tips of hatched areas lie in."""
    row, column = (np.flatnonzero(thick.any(axis=axis)) for axis in (1, 0))
    top, left = max(row[0] - _REACH_PX, 0), max(column[0] - _REACH_PX, 0)
    return slice(top, row[-1] + _REACH_PX + 1), slice(left, column[-1] + _REACH_PX + 1)


def _hatched(strokes: Bools, thick: Bools, walls: Bools, ground: Bools) -> Bools:
    off = require("scipy.ndimage", extra="digitize").distance_transform_edt(~strokes)
    half = float(np.clip(np.quantile(off[thick], _MIDST), _LEAST_PX, _MOST_PX))
    closed = _closed(off, half)
    around = _fine(_about_the_wide(closed, thick, half), off.shape)
    if strokes[thick].mean() > _SOLID:
        return around & _fine(closed, off.shape)
    families, others = families_of(strokes, thick)
    walls = walls | grown(others, 1)
    level, between = np.zeros(strokes.shape, np.float32), np.zeros(strokes.shape, bool)
    for across, mine in families:
        ours, inside = reached(mine, across, half, walls)
        level += ours / np.float32(len(families))
        between |= inside
    level *= around | _beyond(level > 0, around, between, strokes, others, off, thick)
    whole, loose, none = _decided(level, between, off <= 2 * half + 1, ground & ~(strokes | others))
    level[none | walls] = 0
    level[whole] = 1
    return _without_holes(_evened(level, loose, walls, half), loose, _fine(closed, off.shape))


def _closed(off: Floats, half: float) -> Bools:
    """Ground that no disc without strokes fits into that is as wide as two gaps; a pixel of 4 by 4."""
    edt = require("scipy.ndimage", extra="digitize").distance_transform_edt
    near = np.pad(off[::_COARSE_PX, ::_COARSE_PX] <= 2 * half, 1, mode="edge")
    return np.asarray(edt(near)[1:-1, 1:-1] > 2 * half / _COARSE_PX)


def _about_the_wide(closed: Bools, thick: Bools, half: float) -> Bools:
    """Surroundings of what is wider than the ground of a single stroke and hangs together with the thick."""
    ndimage = require("scipy.ndimage", extra="digitize")
    edt, step = ndimage.distance_transform_edt, 1 / _COARSE_PX
    body = edt(np.pad(closed, 1, mode="edge"))[1:-1, 1:-1] > (half + _STROKE_PX) * step
    parts, count = ndimage.label(_within_ground(body, half * step))
    seen = np.bincount(parts[thick[::_COARSE_PX, ::_COARSE_PX]], minlength=count + 1) > 0
    seen[0] = False
    return _within_ground(body & seen[parts], (3 * half + _STROKE_PX) * step + 1)


def _beyond(
    found: Bools, around: Bools, between: Bools, strokes: Bools, others: Bools, off: Floats, thick: Bools
) -> Bools:
    """Pieces beyond necks that are narrow but hatched: between strokes of its directions, as far apart.

    Letters in its ink have strokes of others, and are closer; a line in it is one stroke.
    """
    label = require("scipy.ndimage", extra="digitize").label
    pieces, count = label(found & ~around)
    size, inside, drawn, strange = (
        np.bincount(pieces[mask], minlength=count + 1) for mask in (found, between, strokes, others)
    )
    far = np.bincount(pieces.ravel(), weights=off.ravel(), minlength=count + 1) / np.maximum(size, 1)
    apart = off[thick].mean()
    alike = (inside > _INSIDE * size) & (strange < _STRANGE * drawn) & (abs(far - apart) < _UNEVEN * apart)
    alike[0] = False
    return np.asarray(alike[pieces])


def _within_ground(mask: Bools, reach: float) -> Bools:
    edt = require("scipy.ndimage", extra="digitize").distance_transform_edt
    return np.asarray(edt(~mask) <= reach) if mask.any() else mask


def _fine(coarse: Bools, shape: tuple[int, ...]) -> Bools:
    whole = np.repeat(np.repeat(coarse, _COARSE_PX, axis=0), _COARSE_PX, axis=1)
    return np.asarray(whole[: shape[0], : shape[1]])


def _decided(level: Floats32, between: Bools, near: Bools, ground: Bools) -> tuple[Bools, Bools, Bools]:
    """Cells of ground that are hatched as a whole, those that are open, and those that are not hatched.

    Not hatched are cells that strokes lie along, not in: outlines that run as the hatching does.
    """
    label = require("scipy.ndimage", extra="digitize").label
    cells, count = label(~grown(~ground, _LEAK_PX))
    size = np.bincount(cells.ravel(), minlength=count + 1)
    share = np.bincount(cells.ravel(), weights=level.ravel(), minlength=count + 1) / np.maximum(size, 1)
    whole = (share > _PARTLY) & (np.bincount(cells[near], minlength=count + 1) > _NARROW * size)
    inside = np.bincount(cells[between & (level > 0)], minlength=count + 1)
    none = ~whole & (inside < _INSIDE * share * size)
    whole[0] = none[0] = False
    whole, none = (grown(kind[cells], _LEAK_PX) & ground for kind in (whole, none))
    return whole, ground & ~whole & ~none, none & ~whole


def _without_holes(mask: Bools, loose: Bools, closed: Bools) -> Bools:
    """Fill holes where strokes are hidden, by labels or rivers."""
    label = require("scipy.ndimage", extra="digitize").label
    holes, count = label(loose & ~mask)
    inside = np.bincount(holes[~closed], minlength=count + 1) == 0
    inside[0] = False
    return np.asarray(mask | inside[holes])


def _evened(level: Floats32, loose: Bools, walls: Bools, half: float) -> Bools:
    """Hatched ground, with the steps between the ends of strokes evened in what is loose."""
    blurred = require("scipy.ndimage", extra="digitize").gaussian_filter
    weight = blurred((~walls).astype(np.float32), _EVEN * half)
    smooth = blurred(level, _EVEN * half) / np.maximum(weight, 1e-6)
    return np.asarray(np.where(loose, smooth, level) > _HALF - _LITTLE)


BLOCK = 4
"""Side of the blocks in which strokes are counted [px]."""

_DRAWN = 0.12  # share of a block that strokes cover at least
# Widest gaps between strokes, and least width of areas with such gaps [blocks].
_GAPS, _WIDTHS = (4.0, 7.0, 11.0), (7.0, 12.0, 20.0)
_LEAST_SHARE = 0.0005  # of the scan
_FULLER = 2.0  # times as much is found at the right spacing as by chance at a closer one
_BESIDE = 0.5  # share of a rim that lies beside its stroke at least
_LONG = 1.5  # diagonals that an ink of hatching is drawn at least


def hatched_inks(sheet: Sheet) -> dict[int, Bools]:
    """Find the inks that areas are hatched with."""
    palette = sheet.palette
    long = [k for k, length in enumerate(palette.lengths_px) if length > _LONG * sheet.diagonal_px]
    candidates = [k for k in long if not any(_is_rim(palette, k, other) for other in long if other != k)]
    if not candidates:
        return {}
    shares = _shares(sheet, candidates)
    thick = {ink: _thick(share > _DRAWN) for ink, share in zip(candidates, shares, strict=True)}
    strongest = sorted(thick, key=lambda ink: -_contrast(palette, ink))
    found: dict[int, Bools] = {}
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


def _lies_in(mask: Bools, other: Bools) -> bool:
    """Tell whether most of a mask lies in another, as the rims of strokes do."""
    return bool((mask & other).sum() > mask.sum() / 2)


def _thick(drawn: Bools) -> Bools:
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


def _within(mask: Bools, reach: float) -> Bools:
    """Grow a mask; beyond the image lies what is at its edge."""
    edt = require("scipy.ndimage", extra="digitize").distance_transform_edt
    return np.asarray(edt(~mask) <= reach) if mask.any() else mask


def _shares(sheet: Sheet, inks: list[int]) -> list[npt.NDArray[np.float32]]:
    """Share of the pixels of each block that some inks have."""
    height, width = (size // BLOCK * BLOCK for size in sheet.shape)
    table = sheet.palette.stroke_table
    shares = [np.zeros((height // BLOCK, width // BLOCK), np.float32) for _ in inks]
    for first, codes in sheet.bands():
        if first % BLOCK or (rows := min(len(codes), height - first) // BLOCK * BLOCK) < 1:
            continue
        labels = table[codes][:rows, :width]
        for ink, share in zip(inks, shares, strict=True):
            blocks = (labels == STROKES.ink(ink)).reshape(rows // BLOCK, BLOCK, width // BLOCK, BLOCK)
            share[first // BLOCK : (first + rows) // BLOCK] = blocks.mean(axis=(1, 3))
    return shares


_RIM_PX, _LIGHTER = 2, 20.0  # rims of strokes; what is lighter than hatching by more is not drawn over it


def label_hatching(state: AreaState) -> AreaState:
    """Label what is hatched with the inks that are meant."""
    if not state.hatched:
        return state
    known = state.known.copy()
    for window, own in state.tiles():
        tile = state.known[window].copy()
        _label_hatching(tile, state.sheet, state.table, state.hatched, *window)
        known[window][own] = tile[own]
    return state.to(known=known)


def _label_hatching(
    tile: Labels, sheet: Sheet, table: Labels, thick: Mapping[int, Bools], rows: slice, columns: slice
) -> None:
    """Label what is hatched in a window; what two hatchings may be is that of the nearer stroke."""
    palette, codes = sheet.palette, sheet.codes(rows, columns)
    labels, fills = palette.stroke_table[codes], table[codes]
    known, nearest = tile.copy(), np.full(tile.shape, np.inf)
    for ink, blocks in thick.items():
        row = (np.arange(rows.start, rows.stop) // BLOCK).clip(0, blocks.shape[0] - 1)
        column = (np.arange(columns.start, columns.stop) // BLOCK).clip(0, blocks.shape[1] - 1)
        mine = _hatched_with(ink, labels, fills, known, palette, blocks[row][:, column])
        off = _off(labels == STROKES.ink(ink)) if len(thick) > 1 else 0.0
        mine &= off < nearest
        tile[mine] = palette.code.ink(ink)
        nearest = np.where(mine, off, nearest)


def _off(strokes: Bools) -> npt.NDArray[np.float64]:
    """Distance from the nearest stroke [px]."""
    return np.asarray(require("scipy.ndimage", extra="digitize").distance_transform_edt(~strokes))


def _hatched_with(
    ink: int, labels: Labels, fills: Labels, known: Labels, palette: Palette, thick: Bools
) -> Bools:
    """Find what is hatched with an ink in a window; other fills than that under it are not."""
    light = lab_of(palette.inks)[:, 0]
    darker = np.flatnonzero(light < light[ink] + _LIGHTER).tolist()
    lines = np.isin(labels, [STROKES.ink(k) for k in darker if not (k == ink or mixed(palette, k, ink))])
    strokes = (labels == STROKES.ink(ink)) & ~grown(lines, _RIM_PX)
    over = _may_be_over(fills, thick & ~grown(strokes, _RIM_PX), palette)
    others = _other_fills(known, fills, over, palette)
    ground = ((labels == STROKES.nothing) | np.isin(known, over)) & ~others
    mine = hatched(strokes & ~others, thick, grown(lines, _RIM_PX) | others, ground)
    return np.asarray(mine & ~others)


def _may_be_over(fills: Labels, midst: Bools, palette: Palette) -> list[int]:
    """Name the fills that hatching may be over: the commonest in the midst of it, and that of halos."""
    return [_commonest(fills[midst]), palette.lightest]


def _other_fills(known: Labels, fills: Labels, over: list[int], palette: Palette) -> Bools:
    """Find the fills beside hatching, up to their very edges."""
    out = np.zeros(known.shape, bool)
    for fill in set(range(len(palette.grounds))) - set(over):
        out |= grown(known == fill, _RIM_PX) & (fills == fill)
    return out


def _commonest(labels: Labels) -> int:
    """Find the commonest label of known pixels."""
    return int(np.bincount(labels[labels != UNKNOWN], minlength=1).argmax())
