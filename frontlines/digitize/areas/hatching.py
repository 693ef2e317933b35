"""Hatched areas of a scan: ground that parallel strokes of one ink cover."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from frontlines.arrays import Bools, Floats, Floats32
from frontlines.digitize.areas.state import AreaState
from frontlines.digitize.colour.colours import lab_of
from frontlines.digitize.colour.inks import grown, mixed
from frontlines.digitize.colour.palette import STROKES, UNKNOWN, Labels, Palette
from frontlines.digitize.colour.sheet import Sheet
from frontlines.digitize.settings import HATCHING


class Family(NamedTuple):
    """Strokes of one direction: a unit vector across them (rows, columns), and their pixels."""

    across: Floats
    strokes: Bools


def families_of(strokes: Bools, thick: Bools) -> tuple[list[Family], Bools]:
    """Find the directions of hatching, and what is drawn in its ink in other directions."""
    angle, straight = _across(strokes)
    sure = strokes & (straight > HATCHING.straight)
    families = []
    for peak in _peaks(angle[sure & thick]):
        mine = sure & (_turn(angle, peak) < np.radians(HATCHING.same_deg))
        families.append(Family(np.array([np.sin(peak), np.cos(peak)]), mine))
    others = sure.copy()
    for family in families:
        others &= ~family.strokes
    return families, others


def _across(strokes: Bools) -> tuple[Floats32, Floats32]:
    """Angle across the stroke at each pixel, and how sure it is, 0 to 1."""
    blurred = ndimage.gaussian_filter
    rows, columns = np.gradient(blurred(strokes.astype(np.float32), HATCHING.edge_px))
    flat = blurred(columns**2 - rows**2, HATCHING.round_px)
    steep = blurred(2 * rows * columns, HATCHING.round_px)
    whole = blurred(rows**2 + columns**2, HATCHING.round_px)
    return np.arctan2(steep, flat) / 2, np.hypot(flat, steep) / np.maximum(whole, 1e-9)


def _turn(angle: Floats32, other: float) -> Floats32:
    """Angle between two directions, 0 to a right angle."""
    return np.asarray(np.abs((angle - other + np.pi / 2) % np.pi - np.pi / 2))


def _peaks(angles: Floats32) -> list[float]:
    """Commonest directions."""
    if not len(angles):
        return []
    crowd = np.bincount(
        ((angles / np.pi) % 1 * HATCHING.bins).astype(int) % HATCHING.bins, minlength=HATCHING.bins
    )
    smooth = crowd + np.roll(crowd, 1) + np.roll(crowd, -1)
    centres = (np.arange(HATCHING.bins) + 0.5) * np.pi / HATCHING.bins
    found: list[float] = []
    for seat in np.argsort(-smooth, kind="stable"):
        apart = all(_turn(centres[seat], one) > np.radians(HATCHING.crossed_deg) for one in found)
        if apart and smooth[seat] > HATCHING.second_share * smooth.max():
            near = angles[_turn(angles, centres[seat]) < np.radians(HATCHING.spread_deg)]
            off = (near - centres[seat] + np.pi / 2) % np.pi - np.pi / 2
            found.append(float(centres[seat] + off.mean()))
    return found[:2]


def reached(strokes: Bools, across: Floats, reach_px: float, walls: Bools) -> tuple[Bools, Bools]:
    """Spread strokes across their direction, to either side, up to walls."""
    near, far = zip(*(_to_one_side(strokes, side * across, reach_px, walls) for side in (1, -1)), strict=True)
    return strokes | near[0] | near[1], far[0] & far[1]


def _to_one_side(strokes: Bools, way: Floats, reach_px: float, walls: Bools) -> tuple[Bools, Bools]:
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
    top, left = max(row[0] - HATCHING.reach_px, 0), max(column[0] - HATCHING.reach_px, 0)
    return slice(top, row[-1] + HATCHING.reach_px + 1), slice(left, column[-1] + HATCHING.reach_px + 1)


def _hatched(strokes: Bools, thick: Bools, walls: Bools, ground: Bools) -> Bools:
    # Half a gap is what nearly all ground amid the hatching lies within of a stroke.
    off = ndimage.distance_transform_edt(~strokes)
    half_gaps = HATCHING.least_half_gap_px, HATCHING.most_half_gap_px
    half = float(np.clip(np.quantile(off[thick], HATCHING.midst), *half_gaps))
    closed = _closed(off, half)
    around = _fine(_about_the_wide(closed, thick, half), off.shape)
    if strokes[thick].mean() > HATCHING.solid:
        return around & _fine(closed, off.shape)
    families, others = families_of(strokes, thick)
    level, between = np.zeros(strokes.shape, np.float32), np.zeros(strokes.shape, bool)
    # Each direction hatches what its strokes reach: the level of a pixel is the share of directions that do.
    for across, mine in families:
        ours, inside = reached(mine, across, half, walls)
        level += ours / np.float32(len(families))
        between |= inside
    level *= around
    whole, loose, none = _cells(level, between, off <= 2 * half + 1, ground & ~(strokes | others))
    level[none | walls] = 0
    level[whole] = 1
    return _without_holes(_evened(level, loose, walls, half), loose, _fine(closed, off.shape))


def _closed(off: Floats, half: float) -> Bools:
    """Ground that no disc without strokes fits into that is as wide as two gaps; a pixel of 4 by 4."""
    edt = ndimage.distance_transform_edt
    near = np.pad(off[:: HATCHING.coarse_px, :: HATCHING.coarse_px] <= 2 * half, 1, mode="edge")
    return np.asarray(edt(near)[1:-1, 1:-1] > 2 * half / HATCHING.coarse_px)


def _about_the_wide(closed: Bools, thick: Bools, half: float) -> Bools:
    """Surroundings of what is wider than the ground of a single stroke and hangs together with the thick."""
    edt, step = ndimage.distance_transform_edt, 1 / HATCHING.coarse_px
    body = edt(np.pad(closed, 1, mode="edge"))[1:-1, 1:-1] > (half + HATCHING.half_stroke_px) * step
    parts, count = ndimage.label(_within(body, half * step))
    seen = np.bincount(parts[thick[:: HATCHING.coarse_px, :: HATCHING.coarse_px]], minlength=count + 1) > 0
    seen[0] = False
    return _within(body & seen[parts], (3 * half + HATCHING.half_stroke_px) * step + 1)


def _fine(coarse: Bools, shape: tuple[int, ...]) -> Bools:
    whole = np.repeat(np.repeat(coarse, HATCHING.coarse_px, axis=0), HATCHING.coarse_px, axis=1)
    return np.asarray(whole[: shape[0], : shape[1]])


def _cells(level: Floats32, between: Bools, near: Bools, ground: Bools) -> tuple[Bools, Bools, Bools]:
    """Cells of ground that are hatched as a whole, those that are open, and those that are not hatched.

    Not hatched are cells that strokes lie along, not in: outlines that run as the hatching does.
    """
    label = ndimage.label
    cells, count = label(~grown(~ground, HATCHING.leak_px))
    size = np.bincount(cells.ravel(), minlength=count + 1)
    share = np.bincount(cells.ravel(), weights=level.ravel(), minlength=count + 1) / np.maximum(size, 1)
    whole = (share > HATCHING.partly) & (
        np.bincount(cells[near], minlength=count + 1) > HATCHING.narrow * size
    )
    inside = np.bincount(cells[between & (level > 0)], minlength=count + 1)
    none = ~whole & (inside < HATCHING.inside * share * size)
    whole[0] = none[0] = False
    whole, none = (grown(kind[cells], HATCHING.leak_px) & ground for kind in (whole, none))
    return whole, ground & ~whole & ~none, none & ~whole


def _without_holes(mask: Bools, loose: Bools, closed: Bools) -> Bools:
    """Fill holes where strokes are hidden, by labels or rivers."""
    label = ndimage.label
    holes, count = label(loose & ~mask)
    inside = np.bincount(holes[~closed], minlength=count + 1) == 0
    inside[0] = False
    return np.asarray(mask | inside[holes])


def _evened(level: Floats32, loose: Bools, walls: Bools, half: float) -> Bools:
    """Hatched ground, with the steps between the ends of strokes evened in what is loose."""
    blurred = ndimage.gaussian_filter
    weight = blurred((~walls).astype(np.float32), HATCHING.even_gaps * half)
    smooth = blurred(level, HATCHING.even_gaps * half) / np.maximum(weight, 1e-6)
    return np.asarray(np.where(loose, smooth, level) > HATCHING.hatched_from)


def hatched_inks(sheet: Sheet) -> dict[int, Bools]:
    """Find the inks that areas are hatched with."""
    palette = sheet.palette
    least_px = HATCHING.long_diagonals * sheet.diagonal_px
    candidates = np.flatnonzero(palette.lengths_px > least_px).tolist()
    if not candidates:
        return {}
    shares = _shares(sheet, candidates)
    thick = {ink: _thick(share > HATCHING.drawn) for ink, share in zip(candidates, shares, strict=True)}
    strongest = sorted(thick, key=lambda ink: -_contrast(palette, ink))
    found: dict[int, Bools] = {}
    for ink in strongest:
        if thick[ink].mean() > HATCHING.least_share and not any(
            _lies_in(thick[ink], one) for one in found.values()
        ):
            found[ink] = thick[ink]
    return {ink: one for ink, one in found.items() if _is_hatched(sheet, ink, one)}


def _is_hatched(sheet: Sheet, ink: int, thick: Bools) -> bool:
    """Tell whether strokes run in one or two directions, or are a fill, where most of them are.

    Those of names, however close together, run in all directions.
    """
    side = HATCHING.sample_px // HATCHING.block_px
    first = [np.arange(0, size, side) for size in thick.shape]
    counts = np.add.reduceat(np.add.reduceat(thick, first[0], axis=0, dtype=int), first[1], axis=1)
    blocks = tuple(slice(k * side, (k + 1) * side) for k in np.unravel_index(counts.argmax(), counts.shape))
    amid = np.kron(thick[blocks], np.ones((HATCHING.block_px, HATCHING.block_px), bool))
    starts = [one.start * HATCHING.block_px for one in blocks]
    rows, columns = (slice(start, start + size) for start, size in zip(starts, amid.shape, strict=True))
    strokes = sheet.palette.stroke_table[sheet.codes(rows, columns)] == STROKES.ink(ink)
    families, _ = families_of(strokes, amid)
    along = sum(int((one.strokes & amid).sum()) for one in families)
    drawn = int((strokes & amid).sum())
    return along > HATCHING.in_line * drawn or drawn > HATCHING.solid * amid.sum()


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
    for gap, width in zip(HATCHING.gaps, HATCHING.widths, strict=True):
        closed = ~_within(~_within(drawn, gap / 2), gap / 2)
        thick = ~_within(~closed, width / 2)
        fuller = _lies_in(found, thick) and thick.sum() > HATCHING.fuller * found.sum()
        if thick.mean() > HATCHING.least_share and (fuller or not found.any()):
            found = thick
    return found


def _within(mask: Bools, reach: float) -> Bools:
    """Grow a mask by a distance; beyond the image lies what is at its edge."""
    edt = ndimage.distance_transform_edt
    return np.asarray(edt(~mask) <= reach) if mask.any() else mask


def _shares(sheet: Sheet, inks: list[int]) -> list[Floats32]:
    """Share of the pixels of each block that some inks have."""
    height, width = (size // HATCHING.block_px * HATCHING.block_px for size in sheet.shape)
    table = sheet.palette.stroke_table
    shares = [np.zeros((height // HATCHING.block_px, width // HATCHING.block_px), np.float32) for _ in inks]
    for first, codes in sheet.bands():
        if (
            first % HATCHING.block_px
            or (rows := min(len(codes), height - first) // HATCHING.block_px * HATCHING.block_px) < 1
        ):
            continue
        labels = table[codes][:rows, :width]
        for ink, share in zip(inks, shares, strict=True):
            blocks = (labels == STROKES.ink(ink)).reshape(
                rows // HATCHING.block_px, HATCHING.block_px, width // HATCHING.block_px, HATCHING.block_px
            )
            share[first // HATCHING.block_px : (first + rows) // HATCHING.block_px] = blocks.mean(axis=(1, 3))
    return shares


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
        row = (np.arange(rows.start, rows.stop) // HATCHING.block_px).clip(0, blocks.shape[0] - 1)
        column = (np.arange(columns.start, columns.stop) // HATCHING.block_px).clip(0, blocks.shape[1] - 1)
        mine = _hatched_with(ink, labels, fills, known, palette, blocks[row][:, column])
        off = _off(labels == STROKES.ink(ink)) if len(thick) > 1 else 0.0
        mine &= off < nearest
        tile[mine] = palette.code.ink(ink)
        nearest = np.where(mine, off, nearest)


def _off(strokes: Bools) -> Floats:
    """Distance from the nearest stroke [px]."""
    return np.asarray(ndimage.distance_transform_edt(~strokes))


def _hatched_with(
    ink: int, labels: Labels, fills: Labels, known: Labels, palette: Palette, thick: Bools
) -> Bools:
    """Find what is hatched with an ink in a window; other fills than that under it are not."""
    light = lab_of(palette.inks)[:, 0]
    darker = np.flatnonzero(light < light[ink] + HATCHING.lighter).tolist()
    lines = np.isin(labels, [STROKES.ink(k) for k in darker if not (k == ink or mixed(palette, k, ink))])
    strokes = (labels == STROKES.ink(ink)) & ~grown(lines, HATCHING.rim_px)
    under = _commonest(fills[thick & ~grown(strokes, HATCHING.rim_px)])
    others = _other_fills(known, fills, under, palette)
    ground = ((labels == STROKES.nothing) | (known == under)) & ~others
    mine = hatched(strokes & ~others, thick, grown(lines, HATCHING.rim_px) | others, ground)
    return np.asarray(mine & ~others)


def _other_fills(known: Labels, fills: Labels, under: int, palette: Palette) -> Bools:
    """Find the fills beside hatching, up to their very edges."""
    out = np.zeros(known.shape, bool)
    for fill in set(range(len(palette.grounds))) - {under}:
        out |= grown(known == fill, HATCHING.rim_px) & (fills == fill)
    return out


def _commonest(labels: Labels) -> int:
    """Find the commonest label of known pixels."""
    return int(np.bincount(labels[labels != UNKNOWN], minlength=1).argmax())
