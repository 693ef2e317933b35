"""The grounds and inks of a scan: which colours fill it, and which are drawn on it as strokes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage, spatial

from frontlines.arrays import Bools, Floats, Floats32, Ints, Pixels
from frontlines.digitize.colour.colours import LAB, codes_of, lab_of, rgb_of_lab
from frontlines.digitize.colour.paper import Paper
from frontlines.digitize.colour.scan import Scan
from frontlines.digitize.settings import GROUNDS, INKS


def peaks_of(lab: Floats32, least: int, apart: float, *, most: int = 12) -> Floats:
    """Find the densest colours of a crowd."""
    seats = np.clip(((lab + np.array([0, 128, 128])) / 4).astype(int), 0, 63)
    crowd = np.bincount(seats @ np.array([4096, 64, 1]), minlength=64**3).reshape(64, 64, 64).astype(float)
    smooth = ndimage.gaussian_filter(crowd, 0.8)
    top = np.argwhere((smooth == ndimage.maximum_filter(smooth, 3)) & (smooth > GROUNDS.crowd))
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


_COARSE = np.round(LAB).astype(np.int16).T.copy()


class Tile(NamedTuple):
    """A window of a scan: where it begins, the pixels, and the codes of their colours on evened paper."""

    row: int
    column: int
    pixels: Pixels
    codes: npt.NDArray[np.int32]


def grounds_of(tiles: Sequence[Tile], gain: Floats | None = None) -> Floats:
    """Find the colours of pixels that look the same four and ten pixels away in all four directions."""
    least = int(GROUNDS.share * sum(tile.codes[::2, ::2].size for tile in tiles))
    if gain is not None:
        pixels = [tile.pixels[::2, ::2] for tile in tiles]
        exact = [one[_flat(np.moveaxis(one.astype(np.int16), -1, 0), GROUNDS.very_flat)] for one in pixels]
        found = _exact(np.concatenate(exact), least)
        return LAB[codes_of((found * gain).astype(np.float32))].astype(float)
    codes = [tile.codes[::2, ::2] for tile in tiles]
    lab = [LAB[one[_flat(_COARSE[:, one], GROUNDS.flat)]] for one in codes]
    return _all_grounds(np.concatenate(lab), least)


def _flat(planes: npt.NDArray[np.int16], most: int) -> Bools:
    """Tell which pixels, of every second each way, look the same around them in all of some planes."""
    d = GROUNDS.flat_px // 2
    out = np.zeros(planes.shape[1:], bool)
    if min(out.shape) > 2 * d:
        out[d:-d, d:-d] = True
        for plane in planes:
            for step in (d, GROUNDS.near_px // 2):
                out[d:-d, d:-d] &= _is_flat(plane, d, step, most)
    return out


def _exact(pixels: Pixels, least: int) -> Floats:
    """Commonest colours to the step."""
    kinds, counts = np.unique(pixels @ np.array([65536, 256, 1], np.int32), return_counts=True)
    colours = np.stack([kinds // 65536, kinds // 256 % 256, kinds % 256], axis=1)
    found: list[Floats] = []
    for _ in range(GROUNDS.most):
        if counts.sum() < max(least, 1):
            break
        one = colours[counts.argmax()]
        off = np.abs(colours - one).max(axis=1)
        if counts[off <= GROUNDS.apart_if_drawn // 2].sum() >= least:
            found.append(one.astype(float))
        colours, counts = colours[off >= GROUNDS.apart_if_drawn], counts[off >= GROUNDS.apart_if_drawn]
    return np.array(found).reshape(-1, 3)


def _all_grounds(lab: Floats32, least: int) -> Floats:
    """Densest colours of a crowd, and of what is far from them: beside a large one a small one is no peak."""
    found = more = _parted(lab, peaks_of(lab, least, GROUNDS.apart_de), least)
    left = lab
    while len(more):
        for one in more.astype(np.float32):
            left = left[np.linalg.norm(left - one, axis=1) >= GROUNDS.apart_de]
        more = _parted(left, peaks_of(left, least, GROUNDS.apart_de), least)
        found = np.vstack([found, *(one[None] for one in more if not _is_shade(lab, one, found))])
    return found


def _is_shade(lab: Floats32, colour: Floats, grounds: Floats) -> bool:
    """Tell whether a colour runs over into a ground without a valley, as shaded relief does."""
    nearest = grounds[np.linalg.norm(grounds - colour, axis=1).argmin()]
    ray = colour - nearest
    far = float(np.linalg.norm(ray))
    place = (lab - nearest) @ ray / far**2
    aside = ((lab - nearest) ** 2).sum(axis=1) - (place * far) ** 2
    near = place[aside < (far / 2) ** 2]
    *between, there = ((np.abs(near - at) < GROUNDS.window / 2).sum() for at in GROUNDS.on_the_way)
    return bool(min(between) > GROUNDS.valley * there)


def _parted(lab: Floats32, grounds: Floats, least: int) -> Floats:
    """Part grounds that are two of different hues or shades with hardly a pixel half-way between them."""
    if not len(grounds):
        return grounds
    apart = np.stack([np.linalg.norm(lab - one.astype(np.float32), axis=1) for one in grounds])
    owner, sure = apart.argmin(axis=0), apart.min(axis=0) < GROUNDS.apart_de
    out: list[Floats] = []
    for k, ground in enumerate(grounds):
        mine = lab[sure & (owner == k)]
        pairs = [_two_middles(mine, hues) for hues in (True, False)]
        out.extend(next((pair for pair in pairs if _are_two(mine, pair, least)), [ground]))
    return np.array(out)


def _two_middles(lab: Floats32, hues: bool) -> Floats:
    """Means of the two halves of a crowd that part it best by hue and strength alone, or by lightness too."""
    off = lab[:, 1:] if hues else lab
    off = off - off.mean(axis=0)
    axis = np.linalg.eigh(np.cov(off, rowvar=False))[1][:, -1]
    far = off @ axis
    cut = 0.0
    for _ in range(GROUNDS.rounds):
        upper = far > cut
        if upper.all() or not upper.any():
            break
        cut = (far[upper].mean() + far[~upper].mean()) / 2
    halves = [lab[upper], lab[~upper]]
    return np.array([half.mean(axis=0, dtype=float) if len(half) else lab.mean(axis=0) for half in halves])


def _are_two(lab: Floats32, pair: Floats, least: int) -> bool:
    """Tell whether two colours are peaks of a crowd of their own with a valley between them."""
    ray = pair[1] - pair[0]
    far = float(np.linalg.norm(ray))
    if np.hypot(*ray[1:]) < GROUNDS.hues_apart_de and far < GROUNDS.shades_apart_de:
        return False
    place = (lab - pair[0]) @ ray / far**2
    first, between, second = ((np.abs(place - at) < GROUNDS.window).sum() for at in (0.0, 0.5, 1.0))
    return bool(2 * min(first, second) > least and between < GROUNDS.valley * min(first, second))


def _is_flat(plane: npt.NDArray[np.int16], margin: int, step: int, most: int) -> Bools:
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
        same &= np.abs(one - other) < most
    return same


Labels = npt.NDArray[np.uint8]

UNKNOWN = 255
"""Label of pixels whose colour is not known, or not for sure."""


@dataclass(frozen=True)
class LabelCode:
    """Labels of grounds and inks: the grounds 0, 1, … come first, then what is neither, then the inks."""

    grounds: int  # number of grounds that are told apart

    @property
    def nothing(self) -> int:
        """Label of what is none of the grounds and no ink."""
        return self.grounds

    def ink(self, number: int) -> int:
        """Give the label of an ink of the palette."""
        return self.grounds + 1 + number

    def is_ink(self, label: int) -> bool:
        """Tell whether a label is that of an ink."""
        return label > self.grounds

    def ink_number(self, label: int) -> int:
        """Give the number in the palette of the ink that has a label."""
        return label - self.grounds - 1


STROKES = LabelCode(0)
"""Labels where strokes alone matter: 0 is any ground, ink k has the label k + 1."""


@dataclass(frozen=True, eq=False)
class Palette:
    """Grounds and inks of a scan."""

    # grounds, inks: their colours on evened paper, (n, 3) sRGB; inks by length drawn, the longest
    # first
    grounds: Floats
    inks: Floats
    lengths_px: Floats  # length drawn in each ink, roughly [px]
    places: Ints  # for each ink a column and row where it is drawn, (n, 2)
    spread: Floats  # how far a colour may lie off the way from the ground to the ink, (n,) [ΔE]
    beside: Floats  # share of the first ink's cores within 3 px of the second's, (n, n)

    @property
    def code(self) -> LabelCode:
        """What labels mean where the grounds are told apart."""
        return LabelCode(len(self.grounds))

    @property
    def lightest(self) -> int:
        """Number of the lightest ground: the paper, and halos of names."""
        return int(lab_of(self.grounds)[:, 0].argmax())

    @cached_property
    def stroke_table(self) -> Labels:
        """Label each colour in steps of 5.5 a channel with the nearest ground or ink in CIELAB.

        More or less of an ink counts less than another hue; what is off the way from the ground to the ink
        by more than the ink's spread is of no known colour.
        """
        grounds, inks = (lab_of(one).astype(np.float32) for one in (self.grounds, self.inks))
        best = np.min([((LAB - one) ** 2).sum(axis=1) for one in grounds], axis=0)
        table = np.where(best > INKS.strange_de**2, UNKNOWN, STROKES.nothing).astype(np.uint8)
        for k, ink in enumerate(inks):
            whole = ((LAB - ink) ** 2).sum(axis=1)
            for ground in grounds:
                ray = ink - ground
                along = ((LAB - ink) @ ray) / max(float(np.linalg.norm(ray)), 1.0)
                aside = whole - along**2
                apart = aside + (INKS.along_weight * along) ** 2
                strange = (aside > self.spread[k] ** 2) | (whole > INKS.strange_de**2)
                closer = apart < best
                table[closer] = np.where(strange, UNKNOWN, STROKES.ink(k))[closer]
                table[(table == UNKNOWN) & ~strange & (apart <= best)] = STROKES.ink(k)
                np.minimum(best, apart, out=best)
        return table


def palette_of(scan: Scan, paper: Paper) -> Palette:
    """Find the grounds and inks of a scan."""
    tiles = list(_tiles(scan, paper))
    grounds = grounds_of(tiles, paper.gain[0, 0].astype(float) if paper.is_even else None)
    if not len(grounds):
        lab = np.concatenate([LAB[tile.codes[::3, ::3]].reshape(-1, 3) for tile in tiles])
        grounds = peaks_of(lab, 1, INKS.alike_de)
    nearest = _nearest(grounds)
    cores = [_cores(tile.codes, nearest, tile.row, tile.column) for tile in tiles]
    every = 1 + sum(len(codes) for codes, _ in cores) // INKS.most_cores  # more than one for noise
    lab = LAB[np.concatenate([codes for codes, _ in cores])[::every]]
    where = np.concatenate([places for _, places in cores])[::every]
    inks = peaks_of(lab, INKS.least_cores, INKS.alike_de, most=INKS.most)
    share = sum(tile.codes.size for tile in tiles) / (scan.width_px * scan.height_px)
    return _measured(grounds, inks, lab, where, min(share, 1.0) / every)


def _measured(grounds: Floats, inks: Floats, lab: Floats32, where: Ints, share: float) -> Palette:
    """Measure inks on the cores that were found on some share of a scan."""
    rgb = rgb_of_lab(grounds)
    if not len(inks):
        none = np.empty(0)
        return Palette(rgb, np.empty((0, 3)), none, np.empty((0, 2), int), none, np.empty((0, 0)))
    apart = np.linalg.norm(lab[:, None] - inks[None].astype(np.float32), axis=-1)
    owner, sure = apart.argmin(axis=1), apart.min(axis=1) < INKS.alike_de
    lengths = np.bincount(owner[sure], minlength=len(inks)) / share
    order = np.argsort(-lengths, kind="stable")
    places = np.array([_middle(where[sure & (owner == k)]) for k in order])
    beside = _beside([where[owner == k] for k in order])
    spread = np.array([_spread(lab[sure & (owner == k)], inks[k], grounds) for k in order])
    return Palette(rgb, rgb_of_lab(inks[order]), lengths[order], places, spread, beside)


def _spread(lab: Floats32, ink: Floats, grounds: Floats) -> float:
    """How far the cores of an ink scatter off the way from the ground to it."""
    if not len(lab):
        return INKS.least_spread_de
    ray = ink - grounds[np.linalg.norm(grounds - ink, axis=1).argmin()]
    along = (lab - ink) @ ray / np.linalg.norm(ray)
    aside = np.sqrt(np.maximum(((lab - ink) ** 2).sum(axis=1) - along**2, 0))
    return float(np.clip(3 * np.median(aside), INKS.least_spread_de, INKS.most_spread_de))


def _tiles(scan: Scan, paper: Paper) -> Iterator[Tile]:
    """Colour codes of tiles spread evenly over the scan."""
    every = max(1, round(scan.width_px * scan.height_px / INKS.sample_px))
    count = 0
    for first, band in scan.bands(INKS.tile_px):
        for column in range(0, scan.width_px, INKS.tile_px):
            count += 1
            if count % every == 0:
                tile = band[:, column : column + INKS.tile_px]
                yield Tile(first, column, tile, codes_of(paper.whiten(tile, first, column)))
        count += every // 2 + 1 if every > 1 else 0


def _nearest(grounds: Floats) -> Floats32:
    """Distance of every colour from the nearest ground [ΔE]."""
    return np.asarray(
        np.min([np.linalg.norm(LAB - one.astype(np.float32), axis=1) for one in grounds], axis=0)
    )


def _cores(
    codes: npt.NDArray[np.int32], nearest: Floats32, row: int, column: int
) -> tuple[npt.NDArray[np.int32], Ints]:
    """Find the middles of strokes; their codes and places.

    They are farther from the grounds than both neighbours in some direction, or amid a stroke too broad for
    that which covers too little to be a ground.
    """
    m = INKS.reaches_px[-1]
    if min(codes.shape) <= 2 * m:
        return np.empty(0, np.int32), np.empty((0, 2), np.int64)
    far = nearest[codes]
    middle = far[m:-m, m:-m]
    ridge = np.zeros(middle.shape, bool)
    h, w = far.shape
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        for reach in INKS.reaches_px:
            y, x = dy * reach, dx * reach
            one, other = far[m + y : h - m + y, m + x : w - m + x], far[m - y : h - m - y, m - x : w - m - x]
            ridge |= (middle > one) & (middle >= other) & (np.maximum(one, other) < 0.8 * middle + 2)
    ridge[::m, ::m] |= _amid(far)[::m, ::m]
    places = np.argwhere(ridge & (middle > INKS.from_ground_de)) + m
    return codes[tuple(places.T)], places + np.array([row, column])


def _amid(far: Floats32) -> Bools:
    """Tell where colours as far from the grounds lie beyond the edges of usual strokes in all directions."""
    m = INKS.reaches_px[-1]
    middle = far[m:-m, m:-m]
    sides = far[: -2 * m, m:-m], far[2 * m :, m:-m], far[m:-m, : -2 * m], far[m:-m, 2 * m :]
    return np.asarray(np.max([np.abs(side - middle) for side in sides], axis=0) < GROUNDS.flat)


def _middle(places: Ints) -> Ints:
    """Column and row of the place in the middle of a list."""
    return places[len(places) // 2][::-1] if len(places) else np.zeros(2, np.int64)


def _beside(places: Sequence[Ints]) -> Floats:
    """Share of each ink's places that have a place of another ink within three pixels."""
    out = np.zeros((len(places), len(places)))
    trees = [spatial.cKDTree(one) if len(one) else None for one in places]
    for i, mine in enumerate(places):
        for j, tree in enumerate(trees):
            if tree is not None and len(mine) and i != j:
                out[i, j] = np.isfinite(tree.query(mine[::3], distance_upper_bound=3.2)[0]).mean()
    return out
