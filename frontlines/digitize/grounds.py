"""The grounds of a scan: colours that fill more than a few pixels every way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from frontlines.digitize.colour_codes import LAB, codes_of
from frontlines.digitize.colours import Floats
from frontlines.digitize.crowds import peaks_of
from frontlines.digitize.decoding import Pixels

_FLAT_PX, _NEAR_PX = 10, 4  # a ground is there so far off in all four directions; strokes may be at one
_FLAT = 9  # in lightness, a and b each
_VERY_FLAT = 4  # in each channel of a drawing: what compression makes of lines is less flat
_SHARE = 0.003
_APART = 11.0  # grounds of scans [ΔE]
_EXACT = 6  # grounds of drawings, in some channel [sRGB]
_REMNANT = 25.0  # a colour so near a commoner one may be what compression made of it [sRGB]
_MOST = 40  # colours that are looked at
_HUES_APART, _SHADES_APART = (
    6.0,
    7.5,
)  # two in one: in a and b alone, or with lightness, which light may change
_WINDOW, _VALLEY = 1 / 6, 0.3  # of the way between two; pixels half-way, as a share of those at an end
_ON_THE_WAY = (0.5, 0.6, 0.7, 0.8, 1.0)
_ROUNDS = 8

_COARSE = np.round(LAB).astype(np.int16).T.copy()


class Tile(NamedTuple):
    """A window of a scan: where it begins, the pixels, and the codes of their colours on evened paper."""

    row: int
    column: int
    pixels: Pixels
    codes: npt.NDArray[np.int32]


def grounds_of(tiles: Sequence[Tile], gain: Floats | None = None) -> Floats:
    """Find the colours of pixels that look the same four and ten pixels away in all four directions.

    Parameters
    ----------
    tiles
        Windows of the scan.
    gain
        Where the light is even and colours are the very ones that were drawn: what whitens them, (3,). Then
        fills may differ by as little as 6 of 255 in a channel.

    Returns
    -------
    grounds
        In CIELAB, (n, 3).

    Examples
    --------
    >>> pixels = np.full((90, 90, 3), 240, dtype=np.uint8)
    >>> pixels[:, 40:] = (240, 232, 240)
    >>> tile = Tile(0, 0, pixels, codes_of(pixels.astype(np.float32)))
    >>> len(grounds_of([tile])), len(grounds_of([tile], np.ones(3)))
    (1, 2)
    """
    least = int(_SHARE * sum(tile.codes[::2, ::2].size for tile in tiles))
    if gain is not None:
        pixels = [tile.pixels[::2, ::2] for tile in tiles]
        exact = [one[_flat(np.moveaxis(one.astype(np.int16), -1, 0), _VERY_FLAT)] for one in pixels]
        found = _exact(np.concatenate(exact), least)
        return LAB[codes_of((found * gain).astype(np.float32))].astype(float)
    codes = [tile.codes[::2, ::2] for tile in tiles]
    lab = [LAB[one[_flat(_COARSE[:, one], _FLAT)]] for one in codes]
    return _all_grounds(np.concatenate(lab), least)


def _flat(planes: npt.NDArray[np.int16], most: int) -> npt.NDArray[np.bool_]:
    """Tell which pixels, of every second each way, look the same around them in all of some planes."""
    d = _FLAT_PX // 2
    out = np.zeros(planes.shape[1:], bool)
    if min(out.shape) > 2 * d:
        out[d:-d, d:-d] = True
        for plane in planes:
            for step in (d, _NEAR_PX // 2):
                out[d:-d, d:-d] &= _is_flat(plane, d, step, most)
    return out


def _exact(pixels: Pixels, least: int) -> Floats:
    """Commonest colours to the step, but for what runs over into a commoner one: compression, shading."""
    kinds, counts = np.unique(pixels @ np.array([65536, 256, 1], np.int32), return_counts=True)
    colours = np.stack([kinds // 65536, kinds // 256 % 256, kinds % 256], axis=1)
    found: list[Floats] = []
    for _ in range(_MOST):
        if counts.sum() < max(least, 1):
            break
        one = colours[counts.argmax()]
        off = np.abs(colours - one).max(axis=1)
        if counts[off <= _EXACT // 2].sum() >= least and not _runs_over(pixels, one, found):
            found.append(one.astype(float))
        colours, counts = colours[off >= _EXACT], counts[off >= _EXACT]
    return np.array(found).reshape(-1, 3)


def _runs_over(pixels: Pixels, colour: Floats, grounds: Sequence[Floats]) -> bool:
    near = [one for one in grounds if np.linalg.norm(one - colour) < _REMNANT]
    return bool(near) and _is_shade(pixels.astype(np.float32), colour, np.array(near))


def _all_grounds(lab: npt.NDArray[np.float32], least: int) -> Floats:
    """Densest colours of a crowd, and of what is far from them: beside a large one a small one is no peak."""
    found = more = _parted(lab, peaks_of(lab, least, _APART), least)
    left = lab
    while len(more):
        for one in more.astype(np.float32):
            left = left[np.linalg.norm(left - one, axis=1) >= _APART]
        more = _parted(left, peaks_of(left, least, _APART), least)
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
    owner, sure = apart.argmin(axis=0), apart.min(axis=0) < _APART
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


def _is_flat(plane: npt.NDArray[np.int16], margin: int, step: int, most: int) -> npt.NDArray[np.bool_]:
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
