"""Ground that parallel strokes stand for: up to their ends, half a gap beyond the last one, or a border."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from frontlines._optional import require
from frontlines.digitize.hatch_lines import families_of, reached
from frontlines.digitize.masks import grown

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]

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


def hatched(strokes: Mask, thick: Mask, walls: Mask, ground: Mask) -> Mask:
    """Find what is hatched in a window.

    Parameters
    ----------
    strokes
        Strokes of the ink, (rows, columns).
    thick
        The thick of the hatched areas, of the same shape.
    walls
        True on borders and other fills, of the same shape.
    ground
        True where nothing is drawn, of the same shape.

    Returns
    -------
    mask
        True on hatched ground.

    Notes
    -----
    Each stroke stands for the ground up to half a gap to either side of it, so that an edge lies through the
    ends of strokes, or half a gap beyond the last one, without bias. Cells that strokes and borders close off
    are hatched as a whole or not at all; the steps between the ends in open ground are evened.

    Examples
    --------
    >>> strokes = np.zeros((80, 80), bool)
    >>> strokes[10:70:6, 10:70] = strokes[11:70:6, 10:70] = True
    >>> thick = np.pad(np.ones((40, 40), bool), 20)
    >>> mask = hatched(strokes, thick, np.zeros((80, 80), bool), ~strokes)
    >>> bool(mask[12:65, 14:66].all()), bool(mask[:6].any())
    (True, False)
    """
    out = np.zeros(strokes.shape, bool)
    if not thick.any():
        return out
    place = _around(thick)
    out[place] = _hatched(strokes[place], thick[place], walls[place], ground[place])
    return out


def _around(thick: Mask) -> tuple[slice, slice]:
    """Window that the tips of hatched areas lie in."""
    row, column = (np.flatnonzero(thick.any(axis=axis)) for axis in (1, 0))
    top, left = max(row[0] - _REACH_PX, 0), max(column[0] - _REACH_PX, 0)
    return slice(top, row[-1] + _REACH_PX + 1), slice(left, column[-1] + _REACH_PX + 1)


def _hatched(strokes: Mask, thick: Mask, walls: Mask, ground: Mask) -> Mask:
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


def _closed(off: Floats, half: float) -> Mask:
    """Ground that no disc without strokes fits into that is as wide as two gaps; a pixel of 4 by 4."""
    edt = require("scipy.ndimage", extra="digitize").distance_transform_edt
    near = np.pad(off[::_COARSE_PX, ::_COARSE_PX] <= 2 * half, 1, mode="edge")
    return np.asarray(edt(near)[1:-1, 1:-1] > 2 * half / _COARSE_PX)


def _about_the_wide(closed: Mask, thick: Mask, half: float) -> Mask:
    """Surroundings of what is wider than the ground of a single stroke and hangs together with the thick."""
    ndimage = require("scipy.ndimage", extra="digitize")
    edt, step = ndimage.distance_transform_edt, 1 / _COARSE_PX
    body = edt(np.pad(closed, 1, mode="edge"))[1:-1, 1:-1] > (half + _STROKE_PX) * step
    parts, count = ndimage.label(_within(body, half * step))
    seen = np.bincount(parts[thick[::_COARSE_PX, ::_COARSE_PX]], minlength=count + 1) > 0
    seen[0] = False
    return _within(body & seen[parts], (3 * half + _STROKE_PX) * step + 1)


def _beyond(
    found: Mask, around: Mask, between: Mask, strokes: Mask, others: Mask, off: Floats, thick: Mask
) -> Mask:
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


def _within(mask: Mask, reach: float) -> Mask:
    edt = require("scipy.ndimage", extra="digitize").distance_transform_edt
    return np.asarray(edt(~mask) <= reach) if mask.any() else mask


def _fine(coarse: Mask, shape: tuple[int, ...]) -> Mask:
    whole = np.repeat(np.repeat(coarse, _COARSE_PX, axis=0), _COARSE_PX, axis=1)
    return np.asarray(whole[: shape[0], : shape[1]])


def _decided(level: Floats32, between: Mask, near: Mask, ground: Mask) -> tuple[Mask, Mask, Mask]:
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


def _without_holes(mask: Mask, loose: Mask, closed: Mask) -> Mask:
    """Fill holes where strokes are hidden, by labels or rivers."""
    label = require("scipy.ndimage", extra="digitize").label
    holes, count = label(loose & ~mask)
    inside = np.bincount(holes[~closed], minlength=count + 1) == 0
    inside[0] = False
    return np.asarray(mask | inside[holes])


def _evened(level: Floats32, loose: Mask, walls: Mask, half: float) -> Mask:
    """Hatched ground, with the steps between the ends of strokes evened in what is loose."""
    blurred = require("scipy.ndimage", extra="digitize").gaussian_filter
    weight = blurred((~walls).astype(np.float32), _EVEN * half)
    smooth = blurred(level, _EVEN * half) / np.maximum(weight, 1e-6)
    return np.asarray(np.where(loose, smooth, level) > _HALF - _LITTLE)
