"""The grounds and inks of a scan: which colours fill it, and which are drawn on it as strokes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from frontlines._optional import require
from frontlines.digitize.colour_codes import LAB, codes_of, rgb_of_lab
from frontlines.digitize.colours import Floats, lab_of
from frontlines.digitize.crowds import peaks_of
from frontlines.digitize.grounds import Tile, grounds_of
from frontlines.digitize.images import Scan
from frontlines.digitize.paper import Paper

Labels = npt.NDArray[np.uint8]

ALIKE = 13.0
"""Inks nearer to each other than this are one [ΔE]."""

GROUND, OTHER = 0, 255
"""Labels of pixels that no stroke covers, and of pixels of no known colour; ink i has the label i + 1."""

_TILE, _SAMPLE_PX = 512, 6_000_000
_FLAT = 9  # in lightness, a and b each
_INK_APART = 15.0  # from the nearest ground [ΔE]
_MOST_INKS = 24
_ALONG = 0.75  # weight of a difference that is only more or less ink
_LEAST_SPREAD, _MOST_SPREAD = 9.0, 20.0  # [ΔE]
_STRANGE = 34.0  # farther from every known colour: of no known colour [ΔE]
_LEAST_CORES = 40
_REACHES = (1, 2, 4, 7)  # from the middle of a stroke to beyond its edge [px]


@dataclass(frozen=True)
class Palette:
    """Grounds and inks of a scan.

    Attributes
    ----------
    grounds, inks
        Their colours on evened paper, (n, 3) sRGB; inks by length drawn, the longest first.
    lengths_px
        Length drawn in each ink, roughly [px].
    places
        For each ink a column and row where it is drawn, (n, 2).
    spread
        How far a colour may lie off the way from the ground to the ink, (n,) [ΔE].
    beside
        Share of the first ink's cores within 3 px of the second's, (n, n).
    """

    grounds: Floats
    inks: Floats
    lengths_px: Floats
    places: npt.NDArray[np.int64]
    spread: Floats
    beside: Floats

    def labels(self) -> Labels:
        """Label each colour in steps of 5.5 a channel with the nearest ground or ink in CIELAB.

        More or less of an ink counts less than another hue; what is off the way from the ground to the ink
        by more than the ink's spread is of no known colour.

        Returns
        -------
        table
            (262144,), to be looked up with `codes_of`.
        """
        grounds, inks = (lab_of(one).astype(np.float32) for one in (self.grounds, self.inks))
        best = np.min([((LAB - one) ** 2).sum(axis=1) for one in grounds], axis=0)
        table = np.where(best > _STRANGE**2, OTHER, GROUND).astype(np.uint8)
        for k, ink in enumerate(inks):
            whole = ((LAB - ink) ** 2).sum(axis=1)
            for ground in grounds:
                ray = ink - ground
                along = ((LAB - ink) @ ray) / max(float(np.linalg.norm(ray)), 1.0)
                aside = whole - along**2
                apart = aside + (_ALONG * along) ** 2
                strange = (aside > self.spread[k] ** 2) | (whole > _STRANGE**2)
                closer = apart < best
                table[closer] = np.where(strange, OTHER, k + 1)[closer]
                table[(table == OTHER) & ~strange & (apart <= best)] = k + 1
                np.minimum(best, apart, out=best)
        return table


def palette_of(scan: Scan, paper: Paper) -> Palette:
    """Find the grounds and inks of a scan.

    Parameters
    ----------
    scan
        The image.
    paper
        From `paper_of`.

    Returns
    -------
    palette
        Grounds are colours that fill more than a few pixels every way; inks are the colours along the
        middle of strokes, where anti-aliasing and blur have spoilt them least.

    Examples
    --------
    >>> from frontlines.digitize.images import open_scan
    >>> pixels = np.full((80, 80, 3), 255, dtype=np.uint8)
    >>> pixels[38:42] = (200, 30, 30)
    >>> from frontlines.digitize.paper import paper_of
    >>> scan = open_scan(pixels)
    >>> palette = palette_of(scan, paper_of(scan))
    >>> len(palette.grounds), len(palette.inks)
    (1, 1)
    """
    tiles = list(_tiles(scan, paper))
    grounds = grounds_of(tiles, paper.gain[0, 0].astype(float) if paper.is_even else None)
    if not len(grounds):
        lab = np.concatenate([LAB[tile.codes[::3, ::3]].reshape(-1, 3) for tile in tiles])
        grounds = peaks_of(lab, 1, ALIKE)
    nearest = _nearest(grounds)
    cores = [_cores(tile.codes, nearest, tile.row, tile.column) for tile in tiles]
    lab = LAB[np.concatenate([codes for codes, _ in cores])]
    where = np.concatenate([places for _, places in cores])
    inks = peaks_of(lab, _LEAST_CORES, ALIKE, most=_MOST_INKS)
    share = sum(tile.codes.size for tile in tiles) / (scan.width_px * scan.height_px)
    return _measured(grounds, inks, lab, where, min(share, 1.0))


def _measured(
    grounds: Floats, inks: Floats, lab: npt.NDArray[np.float32], where: npt.NDArray[np.int64], share: float
) -> Palette:
    """Measure inks on the cores that were found on some share of a scan."""
    rgb = rgb_of_lab(grounds)
    if not len(inks):
        none = np.empty(0)
        return Palette(rgb, np.empty((0, 3)), none, np.empty((0, 2), int), none, np.empty((0, 0)))
    apart = np.linalg.norm(lab[:, None] - inks[None].astype(np.float32), axis=-1)
    owner, sure = apart.argmin(axis=1), apart.min(axis=1) < ALIKE
    lengths = np.bincount(owner[sure], minlength=len(inks)) / share
    order = np.argsort(-lengths, kind="stable")
    places = np.array([_middle(where[sure & (owner == k)]) for k in order])
    beside = _beside([where[owner == k] for k in order])
    spread = np.array([_spread(lab[sure & (owner == k)], inks[k], grounds) for k in order])
    return Palette(rgb, rgb_of_lab(inks[order]), lengths[order], places, spread, beside)


def _spread(lab: npt.NDArray[np.float32], ink: Floats, grounds: Floats) -> float:
    """How far the cores of an ink scatter off the way from the ground to it."""
    if not len(lab):
        return _LEAST_SPREAD
    ray = ink - grounds[np.linalg.norm(grounds - ink, axis=1).argmin()]
    along = (lab - ink) @ ray / np.linalg.norm(ray)
    aside = np.sqrt(np.maximum(((lab - ink) ** 2).sum(axis=1) - along**2, 0))
    return float(np.clip(3 * np.median(aside), _LEAST_SPREAD, _MOST_SPREAD))


def _tiles(scan: Scan, paper: Paper) -> Iterator[Tile]:
    """Colour codes of tiles spread evenly over the scan."""
    every = max(1, round(scan.width_px * scan.height_px / _SAMPLE_PX))
    count = 0
    for first, band in scan.bands(_TILE):
        for column in range(0, scan.width_px, _TILE):
            count += 1
            if count % every == 0:
                tile = band[:, column : column + _TILE]
                yield Tile(first, column, tile, codes_of(paper.whiten(tile, first, column)))
        count += every // 2 + 1 if every > 1 else 0


def _nearest(grounds: Floats) -> npt.NDArray[np.float32]:
    """Distance of every colour from the nearest ground [ΔE]."""
    return np.asarray(
        np.min([np.linalg.norm(LAB - one.astype(np.float32), axis=1) for one in grounds], axis=0)
    )


def _cores(
    codes: npt.NDArray[np.int32], nearest: npt.NDArray[np.float32], row: int, column: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Find the middles of strokes; their codes and places.

    They are farther from the grounds than both neighbours in some direction, or amid a stroke too broad for
    that which covers too little to be a ground.
    """
    m = _REACHES[-1]
    if min(codes.shape) <= 2 * m:
        return np.empty(0, np.int32), np.empty((0, 2), np.int64)
    far = nearest[codes]
    middle = far[m:-m, m:-m]
    ridge = np.zeros(middle.shape, bool)
    h, w = far.shape
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        for reach in _REACHES:
            y, x = dy * reach, dx * reach
            one, other = far[m + y : h - m + y, m + x : w - m + x], far[m - y : h - m - y, m - x : w - m - x]
            ridge |= (middle > one) & (middle >= other) & (np.maximum(one, other) < 0.8 * middle + 2)
    ridge[::m, ::m] |= _amid(far)[::m, ::m]
    places = np.argwhere(ridge & (middle > _INK_APART)) + m
    return codes[tuple(places.T)], places + np.array([row, column])


def _amid(far: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Tell where colours as far from the grounds lie beyond the edges of usual strokes in all directions."""
    m = _REACHES[-1]
    middle = far[m:-m, m:-m]
    sides = far[: -2 * m, m:-m], far[2 * m :, m:-m], far[m:-m, : -2 * m], far[m:-m, 2 * m :]
    return np.asarray(np.max([np.abs(side - middle) for side in sides], axis=0) < _FLAT)


def _middle(places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Column and row of the place in the middle of a list."""
    return places[len(places) // 2][::-1] if len(places) else np.zeros(2, np.int64)


def _beside(places: Sequence[npt.NDArray[np.int64]]) -> Floats:
    """Share of each ink's places that have a place of another ink within three pixels."""
    spatial = require("scipy.spatial", extra="digitize")
    out = np.zeros((len(places), len(places)))
    trees = [spatial.cKDTree(one) if len(one) else None for one in places]
    for i, mine in enumerate(places):
        for j, tree in enumerate(trees):
            if tree is not None and len(mine) and i != j:
                out[i, j] = np.isfinite(tree.query(mine[::3], distance_upper_bound=3.2)[0]).mean()
    return out
