"""Directions of hatching, and ground that its strokes stand for: half a gap to either side of each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from frontlines._optional import require

Mask = npt.NDArray[np.bool_]
Floats32 = npt.NDArray[np.float32]

_EDGE_PX, _ROUND_PX = 1.0, 2.0  # blur before slopes are taken, and in which they are averaged
_STRAIGHT = 0.4  # least coherence of slopes where a stroke has a direction
_BINS = 60  # of 3 degrees each
_SPREAD, _SAME = np.radians(6.0), np.radians(22.0)  # of one direction; farther off, it is another stroke's
_LESS = 0.3  # share of the commonest direction that a second one has at least
_CROSSED = np.radians(30.0)  # least angle between two directions of hatching


class Family(NamedTuple):
    """Strokes of one direction: a unit vector across them (rows, columns), and their pixels."""

    across: npt.NDArray[np.float64]
    strokes: Mask


def families_of(strokes: Mask, thick: Mask) -> tuple[list[Family], Mask]:
    """Find the directions of hatching, and what is drawn in its ink in other directions.

    Parameters
    ----------
    strokes
        Strokes of the ink, (rows, columns).
    thick
        The thick of the hatched areas, of the same shape; its directions are those of the hatching.

    Returns
    -------
    families
        One, or two if the hatching is crossed.
    others
        True on strokes of other directions, as those of an outline.

    Examples
    --------
    >>> strokes = np.zeros((60, 60), bool)
    >>> strokes[10:50:8, 10:40] = strokes[11:51:8, 10:40] = strokes[8:52, 50:52] = True
    >>> families, others = families_of(strokes, np.pad(np.ones((20, 20), bool), 20))
    >>> np.abs(families[0].across).round(1).tolist(), bool(others[30, 50]), bool(others[11, 20])
    ([1.0, 0.0], True, False)
    """
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


def _across(strokes: Mask) -> tuple[Floats32, Floats32]:
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
    strokes: Mask, across: npt.NDArray[np.float64], reach_px: float, walls: Mask
) -> tuple[Mask, Mask]:
    """Spread strokes across their direction, to either side, up to walls.

    Parameters
    ----------
    strokes
        (rows, columns).
    across
        Unit vector across them.
    reach_px
        How far.
    walls
        True where they stop, of the same shape; walls are two pixels thick, or they leak.

    Returns
    -------
    mask
        True on the strokes and on what they reach.
    between
        True between two strokes that reach each other, if each goes twice as far.

    Examples
    --------
    >>> strokes, walls = np.zeros((9, 3), bool), np.zeros((9, 3), bool)
    >>> strokes[3], strokes[6], walls[8] = True, True, True
    >>> mask, between = reached(strokes, np.array([1.0, 0.0]), 2, walls)
    >>> mask[:, 0].astype(int).tolist(), between[:, 0].astype(int).tolist()
    ([0, 1, 1, 1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 1, 1, 0, 0, 0])
    """
    near, far = zip(*(_to_one_side(strokes, side * across, reach_px, walls) for side in (1, -1)), strict=True)
    return strokes | near[0] | near[1], far[0] & far[1]


def _to_one_side(
    strokes: Mask, way: npt.NDArray[np.float64], reach_px: float, walls: Mask
) -> tuple[Mask, Mask]:
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


def _shifted(mask: Mask, rows: int, columns: int) -> Mask:
    """Move a mask; nothing comes in from beyond its edge."""
    out = np.zeros_like(mask)
    height, width = mask.shape
    out[max(rows, 0) : height + min(rows, 0), max(columns, 0) : width + min(columns, 0)] = mask[
        max(-rows, 0) : height + min(-rows, 0), max(-columns, 0) : width + min(-columns, 0)
    ]
    return out
