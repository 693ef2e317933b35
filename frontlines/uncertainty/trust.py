"""How far the formula can be trusted."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from frontlines.coverage import KM2
from frontlines.uncertainty.parts import Parts

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[Any]

TRUST = {
    "yes": "the formula's assumptions hold",
    "net": "for net only: the error is not small against the width of what was gained and lost",
    "no": "a border or a corner of the district is within reach of the error: simulate",
}
"""What the column `trust` says of net, gained and lost."""

_ASTRAY = 0.15  # part of the ground within a sigma of the line that may lie on the wrong side of a border
_WIDE = 2.0  # strips wider than this many sigmas of both lines together are hardly ever crossed
_LEAST_M2 = 1.0


def judge(parts: Parts, shapes: Geometries, balance: pd.DataFrame, place: Ints) -> tuple[list[str], str]:
    """Tell of each row of a balance, and of all districts together, how far the formula can be trusted.

    Parameters
    ----------
    parts
        The front in pieces.
    shapes
        The districts.
    balance
        The balance.
    place
        Position of each row's district in `shapes`.

    Returns
    -------
    rows, total
        A key of `TRUST` for each.

    Examples
    --------
    Of Karabakh's districts, those that the lines only graze are not to be trusted.

    >>> import frontlines as fl
    >>> errors = fl.run_study(fl.load("karabakh-1994")).errors
    >>> errors.by_district.set_index("district")["trust"]["Goranboy"], errors.total["trust"].iloc[0]
    ('no', 'net')
    """
    fresh = ~parts.pieces.shared
    dates = (fresh & (parts.pieces.before != 0), fresh & (parts.pieces.before == 0))
    found = [_astray(parts, shapes, own) for own in dates]
    band, astray = (sum(pair) for pair in zip(*found, strict=True))
    off = astray > np.maximum(_ASTRAY * band, _LEAST_M2)
    moved = balance["gained_km2"].to_numpy(dtype=float) + balance["lost_km2"].to_numpy(dtype=float)
    changed = np.append(np.bincount(place, weights=moved, minlength=len(shapes)), moved.sum()) * KM2
    narrow = (band > 0) & (changed < _WIDE * _reach(parts, dates))
    told = np.where(off, "no", np.where(narrow, "net", "yes"))
    return [str(one) for one in told[place]], str(told[-1])


def _reach(parts: Parts, dates: tuple[Bools, Bools]) -> Floats:
    """Multiply the mean length of the fresh lines with the standard error of their distance [m²]."""
    span = [parts.share[own] * parts.pieces.length_m[own, None] for own in dates]
    square = [
        (length * parts.pieces.sigma_m[own, None] ** 2).sum(axis=0) / np.maximum(length.sum(axis=0), 1.0)
        for length, own in zip(span, dates, strict=True)
    ]
    mean = (span[0].sum(axis=0) + span[1].sum(axis=0)) / 2
    return np.asarray(mean * np.sqrt(square[0] + square[1]))


def _astray(parts: Parts, shapes: Geometries, own: Bools) -> tuple[Floats, Floats]:
    """Measure the ground within a sigma of a line: by district of the piece, and across a border [m²].

    A piece counts in its own district whole, so ground that its error reaches beyond the border is booked
    in the wrong one. For all districts together only ground beyond them all is.
    """
    pieces = parts.pieces
    lines = shapely.linestrings(pieces.ends[own].reshape(-1, 2, 2))
    strips = shapely.buffer(lines, pieces.sigma_m[own], cap_style="flat")
    share = parts.share[own]
    band = shapely.union_all(strips)
    near = np.flatnonzero(shapely.intersects(shapes, band))
    held, astray = np.zeros(len(shapes) + 1), np.zeros(len(shapes) + 1)
    inside = shapely.intersection(shapes[near], band)
    for district, ground in zip(near, inside, strict=True):
        mine = shapely.union_all(strips[share[:, district] > 0])
        held[district] = shapely.area(mine)
        astray[district] = shapely.area(shapely.symmetric_difference(mine, ground))
    held[-1] = shapely.area(band)
    astray[-1] = held[-1] - shapely.area(inside).sum()
    return held, astray
