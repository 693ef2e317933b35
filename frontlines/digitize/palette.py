"""The grounds and inks of a scan: which colours fill it, and which are drawn on it as strokes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from frontlines._optional import require
from frontlines.digitize.colours import Floats, lab_of
from frontlines.digitize.images import Scan
from frontlines.digitize.paper import Paper

Labels = npt.NDArray[np.uint8]

ALIKE = 13.0
"""Inks nearer to each other than this are one [ΔE]."""

GROUND, OTHER = 0, 255
"""Labels of pixels that no stroke covers, and of pixels of no known colour; ink i has the label i + 1."""

_TILE, _SAMPLE_PX = 512, 6_000_000
_CROWD = 0.3  # least density of a peak, in pixels a seat
_FLAT_PX, _NEAR_PX = 10, 4  # a ground is there so far off in all four directions; strokes may be at one
_FLAT = 9  # in lightness, a and b each
_GROUND_SHARE = 0.003
_GROUNDS_APART = 11.0  # grounds [ΔE]
_HUES_APART, _SHADES_APART = (
    6.0,
    7.5,
)  # two in one: in a and b alone, or with lightness, which light may change
_WINDOW, _VALLEY = 1 / 6, 0.3  # of the way between two; pixels half-way, as a share of those at an end
_ON_THE_WAY = (0.5, 0.6, 0.7, 0.8, 1.0)
_ROUNDS = 8
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


def _all_lab() -> npt.NDArray[np.float32]:
    """CIELAB of every colour in steps of 5.5 a channel."""
    steps = (np.arange(64) + 0.5) * 5.5
    rgb = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    return lab_of(rgb).astype(np.float32)


LAB = _all_lab()
"""CIELAB of every colour in steps of 5.5 a channel, (262144, 3)."""


_COARSE = np.round(LAB).astype(np.int16).T.copy()


def codes_of(pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
    """Give pixels the number of their colour, in steps of 5.5 a channel.

    Parameters
    ----------
    pixels
        (..., 3), 0 to 351.

    Returns
    -------
    codes
        (...), 0 to 262143.

    Examples
    --------
    >>> int(codes_of(np.array([255.0, 0.0, 4.0], dtype=np.float32)))
    188416
    """
    steps = (pixels * np.float32(1 / 5.5)).astype(np.int32)
    return np.asarray((steps[..., 0] << 12) | (steps[..., 1] << 6) | steps[..., 2], dtype=np.int32)


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
    grounds = _grounds(tiles)
    if not len(grounds):
        grounds = _peaks(
            np.concatenate([LAB[codes[::3, ::3]].reshape(-1, 3) for _, _, codes in tiles]), 1, ALIKE
        )
    nearest = _nearest(grounds)
    cores = [_cores(codes, nearest, row, column) for row, column, codes in tiles]
    lab = LAB[np.concatenate([codes for codes, _ in cores])]
    where = np.concatenate([places for _, places in cores])
    inks = _peaks(lab, _LEAST_CORES, ALIKE, most=_MOST_INKS)
    share = sum(codes.size for _, _, codes in tiles) / (scan.width_px * scan.height_px)
    return _measured(grounds, inks, lab, where, min(share, 1.0))


def _measured(
    grounds: Floats, inks: Floats, lab: npt.NDArray[np.float32], where: npt.NDArray[np.int64], share: float
) -> Palette:
    """Measure inks on the cores that were found on some share of a scan."""
    rgb = _rgb_of(grounds)
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
    return Palette(rgb, _rgb_of(inks[order]), lengths[order], places, spread, beside)


def _spread(lab: npt.NDArray[np.float32], ink: Floats, grounds: Floats) -> float:
    """How far the cores of an ink scatter off the way from the ground to it."""
    if not len(lab):
        return _LEAST_SPREAD
    ray = ink - grounds[np.linalg.norm(grounds - ink, axis=1).argmin()]
    along = (lab - ink) @ ray / np.linalg.norm(ray)
    aside = np.sqrt(np.maximum(((lab - ink) ** 2).sum(axis=1) - along**2, 0))
    return float(np.clip(3 * np.median(aside), _LEAST_SPREAD, _MOST_SPREAD))


def _tiles(scan: Scan, paper: Paper) -> Iterator[tuple[int, int, npt.NDArray[np.int32]]]:
    """Colour codes of tiles spread evenly over the scan."""
    every = max(1, round(scan.width_px * scan.height_px / _SAMPLE_PX))
    count = 0
    for first, band in scan.bands(_TILE):
        for column in range(0, scan.width_px, _TILE):
            count += 1
            if count % every == 0:
                tile = band[:, column : column + _TILE]
                yield first, column, codes_of(paper.whiten(tile, first, column))
        count += every // 2 + 1 if every > 1 else 0


def _grounds(tiles: Sequence[tuple[int, int, npt.NDArray[np.int32]]]) -> Floats:
    """Colours, in CIELAB, of pixels that look the same four and ten pixels away in all four directions."""
    flat, size, d = [], 0, _FLAT_PX // 2
    for _, _, codes in tiles:
        thin = codes[::2, ::2]
        size += thin.size
        if min(thin.shape) <= 2 * d:
            continue
        steps = [plane[thin] for plane in _COARSE]
        same = np.ones((thin.shape[0] - 2 * d, thin.shape[1] - 2 * d), bool)
        for plane in steps:
            for step in (d, _NEAR_PX // 2):
                same &= _is_flat(plane, d, step)
        flat.append(LAB[thin[d:-d, d:-d][same]])
    if not flat:
        return np.empty((0, 3))
    lab, least = np.concatenate(flat), int(_GROUND_SHARE * size)
    return _all_grounds(lab, least)


def _all_grounds(lab: npt.NDArray[np.float32], least: int) -> Floats:
    """Densest colours of a crowd, and of what is far from them: beside a large one a small one is no peak."""
    found = more = _parted(lab, _peaks(lab, least, _GROUNDS_APART), least)
    left = lab
    while len(more):
        for one in more.astype(np.float32):
            left = left[np.linalg.norm(left - one, axis=1) >= _GROUNDS_APART]
        more = _parted(left, _peaks(left, least, _GROUNDS_APART), least)
        found = np.vstack([found, *(one[None] for one in more if not _is_shade(lab, one, found))])
    return found


def _is_shade(lab: npt.NDArray[np.float32], colour: Floats, grounds: Floats) -> bool:
    """Tell whether a colour runs over into a ground without a valley, as shaded relief does."""
    nearest = grounds[np.linalg.norm(grounds - colour, axis=1).argmin()]
    ray = colour - nearest
    far = float(np.linalg.norm(ray))
    place = (lab - nearest) @ ray / far**2
    aside = ((lab - nearest) ** 2).sum(axis=1) - (place * far) ** 2
    near = place[aside < (far / 2) ** 2]
    *between, there = ((np.abs(near - at) < _WINDOW / 2).sum() for at in _ON_THE_WAY)
    return bool(min(between) > _VALLEY * there)


def _parted(lab: npt.NDArray[np.float32], grounds: Floats, least: int) -> Floats:
    """Part grounds that are two of different hues or shades with hardly a pixel half-way between them."""
    if not len(grounds):
        return grounds
    apart = np.stack([np.linalg.norm(lab - one.astype(np.float32), axis=1) for one in grounds])
    owner, sure = apart.argmin(axis=0), apart.min(axis=0) < _GROUNDS_APART
    out: list[Floats] = []
    for k, ground in enumerate(grounds):
        mine = lab[sure & (owner == k)]
        pairs = [_two_middles(mine, hues) for hues in (True, False)]
        out.extend(next((pair for pair in pairs if _are_two(mine, pair, least)), [ground]))
    return np.array(out)


def _two_middles(lab: npt.NDArray[np.float32], hues: bool) -> Floats:
    """Means of the two halves of a crowd that part it best by hue and strength alone, or by lightness too."""
    off = lab[:, 1:] if hues else lab
    off = off - off.mean(axis=0)
    axis = np.linalg.eigh(np.cov(off, rowvar=False))[1][:, -1]
    far = off @ axis
    cut = 0.0
    for _ in range(_ROUNDS):
        upper = far > cut
        if upper.all() or not upper.any():
            break
        cut = (far[upper].mean() + far[~upper].mean()) / 2
    halves = [lab[upper], lab[~upper]]
    return np.array([half.mean(axis=0, dtype=float) if len(half) else lab.mean(axis=0) for half in halves])


def _are_two(lab: npt.NDArray[np.float32], pair: Floats, least: int) -> bool:
    """Tell whether two colours are peaks of a crowd of their own with a valley between them."""
    ray = pair[1] - pair[0]
    far = float(np.linalg.norm(ray))
    if np.hypot(*ray[1:]) < _HUES_APART and far < _SHADES_APART:
        return False
    place = (lab - pair[0]) @ ray / far**2
    first, between, second = ((np.abs(place - at) < _WINDOW).sum() for at in (0.0, 0.5, 1.0))
    return bool(2 * min(first, second) > least and between < _VALLEY * min(first, second))


def _is_flat(plane: npt.NDArray[np.int16], margin: int, step: int) -> npt.NDArray[np.bool_]:
    """Tell where a plane looks the same some pixels away in all four directions, but for a margin.

    To either side of an edge between two pale fills it does not, though both are much like the mix there.
    """
    height, width = plane.shape
    middle, *around = (
        plane[margin + y : height - margin + y, margin + x : width - margin + x]
        for y, x in ((0, 0), (step, 0), (-step, 0), (0, step), (0, -step))
    )
    same = np.ones(middle.shape, bool)
    for one, other in (*((middle, moved) for moved in around), around[:2], around[2:]):
        same &= np.abs(one - other) < _FLAT
    return same


def _peaks(lab: npt.NDArray[np.float32], least: int, apart: float, *, most: int = 12) -> Floats:
    """Densest colours of a crowd, the most crowded first."""
    ndimage = require("scipy.ndimage", extra="digitize")
    seats = np.clip(((lab + np.array([0, 128, 128])) / 4).astype(int), 0, 63)
    crowd = np.bincount(seats @ np.array([4096, 64, 1]), minlength=64**3).reshape(64, 64, 64).astype(float)
    smooth = ndimage.gaussian_filter(crowd, 0.8)
    top = np.argwhere((smooth == ndimage.maximum_filter(smooth, 3)) & (smooth > _CROWD))
    top = top[np.argsort(-smooth[tuple(top.T)], kind="stable")][:200]
    chosen: list[Floats] = []
    for seat in top:
        colour = (seat + 0.5) * 4 - [0, 128, 128]
        near = np.linalg.norm(lab - colour, axis=1) < apart / 2
        if near.sum() * 2 < least or len(chosen) >= most:
            continue
        colour = lab[near].mean(axis=0, dtype=float)
        if all(np.linalg.norm(colour - other) >= apart for other in chosen):
            chosen.append(np.asarray(colour))
    return np.array(chosen).reshape(-1, 3)


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


def _rgb_of(lab: Floats) -> Floats:
    """SRGB of the nearest colours in steps of 5.5 a channel."""
    codes = np.array([((LAB - one.astype(np.float32)) ** 2).sum(axis=1).argmin() for one in lab], dtype=int)
    return np.stack([codes >> 12, (codes >> 6) & 63, codes & 63], axis=-1) * 5.5 + 2.75
