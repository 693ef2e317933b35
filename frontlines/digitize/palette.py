"""The grounds and inks of a scan: which colours fill it, and which are drawn on it as strokes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import ImageColor

from frontlines._optional import require
from frontlines.digitize.colours import Floats, hex_of, lab_of, unlikeness
from frontlines.digitize.images import Scan
from frontlines.digitize.paper import Paper, paper_of
from frontlines.errors import DigitizeError

Labels = npt.NDArray[np.uint8]

GROUND, OTHER = 0, 255
"""Labels of pixels that no stroke covers, and of pixels of no known colour; ink i has the label i + 1."""

_TILE, _SAMPLE_PX = 256, 6_000_000
_FLAT_PX = 10  # a ground reaches this far in all four directions
_FLAT = 9.0  # [ΔE]
_GROUND_SHARE = 0.003
_INK_APART = 15.0  # from the nearest ground [ΔE]
_ALIKE = 13.0  # inks nearer than this are one [ΔE]
_MOST_INKS = 24
_ALONG = 0.75  # weight of a difference that is only more or less ink
_LEAST_SPREAD, _MOST_SPREAD = 9.0, 20.0  # [ΔE]
_STRANGE = 34.0  # farther from every known colour: of no known colour [ΔE]
_LEAST_CORES = 40
_REACHES = (1, 2, 4, 7)  # from the middle of a stroke to beyond its edge [px]
_TOO_UNLIKE = 62.0
_SAME_PLACE = 0.45  # share of an ink's cores beside a stronger ink, from which on it is that ink's edge


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
            ray = ink - grounds[np.linalg.norm(grounds - ink, axis=1).argmin()]
            along = ((LAB - ink) @ ray) / np.linalg.norm(ray)
            whole = ((LAB - ink) ** 2).sum(axis=1)
            aside = whole - along**2
            apart = aside + (_ALONG * along) ** 2
            closer = apart < best
            table[closer] = np.where((aside > self.spread[k] ** 2) | (whole > _STRANGE**2), OTHER, k + 1)[closer]
            np.minimum(best, apart, out=best)
        return table


def _all_lab() -> npt.NDArray[np.float32]:
    """CIELAB of every colour in steps of 5.5 a channel."""
    steps = (np.arange(64) + 0.5) * 5.5
    rgb = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    return lab_of(rgb).astype(np.float32)


LAB = _all_lab()
"""CIELAB of every colour in steps of 5.5 a channel, (262144, 3)."""


def codes_of(pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
    """Number pixels by their colour in steps of 5.5 a channel.

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
    >>> scan = open_scan(pixels)
    >>> palette = palette_of(scan, paper_of(scan))
    >>> len(palette.grounds), len(palette.inks)
    (1, 1)
    """
    tiles = list(_tiles(scan, paper))
    grounds = _grounds(tiles)
    if not len(grounds):
        grounds = _peaks(np.concatenate([LAB[codes[::3, ::3]].reshape(-1, 3) for _, _, codes in tiles]), 1, _ALIKE)
    nearest = _nearest(grounds)
    cores = [_cores(codes, nearest, row, column) for row, column, codes in tiles]
    lab = LAB[np.concatenate([codes for codes, _ in cores])]
    where = np.concatenate([places for _, places in cores])
    inks = _peaks(lab, _LEAST_CORES, _ALIKE, most=_MOST_INKS)
    if not len(inks):
        return Palette(_rgb_of(grounds), np.empty((0, 3)), np.empty(0), np.empty((0, 2), int), np.empty(0), np.empty((0, 0)))
    apart = np.linalg.norm(lab[:, None] - inks[None].astype(np.float32), axis=-1)
    owner, sure = apart.argmin(axis=1), apart.min(axis=1) < _ALIKE
    share = sum(codes.size for _, _, codes in tiles) / (scan.width_px * scan.height_px)
    lengths = np.bincount(owner[sure], minlength=len(inks)) / min(share, 1.0)
    order = np.argsort(-lengths, kind="stable")
    places = np.array([_middle(where[sure & (owner == k)]) for k in order])
    beside = _beside([where[owner == k] for k in order])
    spread = np.array([_spread(lab[sure & (owner == k)], inks[k], grounds) for k in order])
    return Palette(_rgb_of(grounds), _rgb_of(inks[order]), lengths[order], places, spread, beside)


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
    """Colours, in CIELAB, of pixels that look the same ten pixels away in all four directions."""
    flat, size = [], 0
    for _, _, codes in tiles:
        size += codes.size
        if min(codes.shape) <= 2 * _FLAT_PX:
            continue
        d = _FLAT_PX
        lab = LAB[codes]
        middle = lab[d:-d, d:-d]
        same = np.ones(middle.shape[:2], bool)
        for moved in (lab[2 * d :, d:-d], lab[: -2 * d, d:-d], lab[d:-d, 2 * d :], lab[d:-d, : -2 * d]):
            same &= np.abs(middle - moved).max(axis=-1) < _FLAT
        flat.append(middle[same][::2])
    if not flat:
        return np.empty((0, 3))
    return _peaks(np.concatenate(flat), int(_GROUND_SHARE * size / 2), 11.0)


def _peaks(lab: npt.NDArray[np.float32], least: int, apart: float, *, most: int = 12) -> Floats:
    """Densest colours of a crowd, the most crowded first."""
    ndimage = require("scipy.ndimage", extra="digitize")
    seats = np.clip(((lab + [0, 128, 128]) / 4).astype(int), 0, 63)
    crowd = np.bincount(seats @ np.array([4096, 64, 1]), minlength=64**3).reshape(64, 64, 64).astype(float)
    smooth = ndimage.gaussian_filter(crowd, 0.8)
    top = np.argwhere((smooth == ndimage.maximum_filter(smooth, 3)) & (smooth > 0.3))
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
    return np.asarray(np.min([np.linalg.norm(LAB - one.astype(np.float32), axis=1) for one in grounds], axis=0))


def _cores(
    codes: npt.NDArray[np.int32], nearest: npt.NDArray[np.float32], row: int, column: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Pixels that are farther from the grounds than both their neighbours, in some direction; codes and places."""
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
    places = np.argwhere(ridge & (middle > _INK_APART)) + m
    return codes[tuple(places.T)], places + [row, column]


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
    spatial = require("scipy.spatial", extra="digitize")
    codes = spatial.cKDTree(LAB).query(lab)[1]
    return np.stack([codes >> 12, (codes >> 6) & 63, codes & 63], axis=-1) * 5.5 + 2.75


def match_inks(palette: Palette, colours: Mapping[str, str]) -> dict[str, int]:
    """Find the ink that is meant by each colour asked for.

    Parameters
    ----------
    palette
        From `palette_of`.
    colours
        Name of each line, and its colour as hex or CSS name.

    Returns
    -------
    inks
        Name of each line, and the position of its ink. No two lines have one ink; of inks that are about
        equally like, the one that is drawn longer is taken.

    Raises
    ------
    DigitizeError
        If no ink of the scan is like a colour, or there are fewer inks than lines; the message lists what
        there is.

    Examples
    --------
    >>> inks = np.array([[31.0, 79, 180], [204, 34, 34]])
    >>> palette = Palette(np.full((1, 3), 250.0), inks, np.array([900.0, 800]), np.zeros((2, 2), int), np.ones(2), np.zeros((2, 2)))
    >>> match_inks(palette, {"May": "red", "April": "blue"})
    {'May': 1, 'April': 0}
    """
    optimize = require("scipy.optimize", extra="digitize")
    there = ", ".join(hex_of(one) for one in palette.inks) or "none"
    if len(palette.inks) < len(colours):
        raise DigitizeError(f"{len(colours)} lines are asked for, but the scan has the inks {there}")
    lab = lab_of(palette.inks)
    unlike = np.array([unlikeness(colour, lab) for colour in colours.values()])
    rare = 7.0 * np.log10(palette.lengths_px.max() / np.maximum(palette.lengths_px, 1.0))
    rows, chosen = optimize.linear_sum_assignment(unlike + rare)
    for row, (name, colour) in zip(rows, colours.items(), strict=True):
        if unlike[row, chosen[row]] > _TOO_UNLIKE:
            raise DigitizeError(f"line {name!r}: no ink of the scan is like {colour!r}; it has {there}")
    return {name: int(ink) for name, ink in zip(colours, chosen, strict=True)}


def edges_of(palette: Palette, ink: int) -> list[int]:
    """List inks that are but the washed-out rim or the weaker spots of another.

    Parameters
    ----------
    palette
        From `palette_of`.
    ink
        Position of the stronger ink.

    Returns
    -------
    inks
        Positions of inks between a ground and `ink` whose cores lie beside those of `ink`.

    Examples
    --------
    >>> inks = np.array([[0.0, 0, 0], [120, 120, 120], [200, 0, 0]])
    >>> beside = np.array([[0, 0, 0], [0.9, 0, 0], [0.9, 0, 0]])
    >>> edges_of(Palette(np.full((1, 3), 250.0), inks, np.ones(3), np.zeros((3, 2), int), np.ones(3), beside), 0)
    [1]
    """
    return [
        other
        for other in range(len(palette.inks))
        if other != ink and palette.beside[other, ink] > _SAME_PLACE and mixed(palette, other, ink, least=0.4)
    ]


def blends_of(palette: Palette, ink: int, taken: Sequence[int]) -> list[int]:
    """List inks that are one line drawn over another, both showing.

    Parameters
    ----------
    palette
        From `palette_of`.
    ink
        Position of the ink of the upper line.
    taken
        Positions of the inks of all lines asked for.

    Returns
    -------
    inks
        Positions of inks between another line's and `ink`, nearer to this one.

    Examples
    --------
    >>> inks = np.array([[90.0, 150, 100], [230, 150, 60], [110, 150, 88]])
    >>> palette = Palette(np.full((1, 3), 250.0), inks, np.ones(3), np.zeros((3, 2), int), np.ones(3), np.zeros((3, 3)))
    >>> blends_of(palette, 0, [0, 1])
    [2]
    """
    return [
        other
        for other in range(len(palette.inks))
        if other not in taken
        and any(
            _upon(palette.inks[other], palette.inks[ink], palette.inks[under], ground)
            for ground in palette.grounds
            for under in taken
            if under != ink
        )
    ]


def _upon(colour: Floats, ink: Floats, under: Floats, ground: Floats) -> bool:
    """Tell whether a colour is an ink over a weaker share of another one, on a ground."""
    rays = np.column_stack([ink - ground, under - ground])
    (mine, its), *_ = np.linalg.lstsq(rays, colour - ground, rcond=None)
    if not (0.5 < mine < 1.5 and 0.1 < its < 0.75 * mine and mine + its < 1.6):  # noqa: PLR2004 - shares of ink
        return False
    pair = lab_of(np.array([ground + rays @ [mine, its], colour]))
    return float(np.linalg.norm(pair[0] - pair[1])) < _ALIKE


def mixed(palette: Palette, ink: int, stronger: int, *, least: float = 0.15) -> bool:
    """Tell whether an ink looks like another one mixed with a ground.

    Parameters
    ----------
    palette
        From `palette_of`.
    ink, stronger
        Positions of the two inks.
    least
        Least share of the stronger ink.

    Returns
    -------
    mixed
        Whether the first lies between a ground and the second.

    Examples
    --------
    >>> inks = np.array([[0.0, 0, 0], [120, 120, 120], [200, 0, 0]])
    >>> palette = Palette(np.full((1, 3), 250.0), inks, np.ones(3), np.zeros((3, 2), int), np.ones(3), np.zeros((3, 3)))
    >>> mixed(palette, 1, 0), mixed(palette, 2, 0)
    (True, False)
    """
    return any(
        _between(palette.inks[ink], ground, palette.inks[stronger], least=least) for ground in palette.grounds
    )


def _between(colour: Floats, start: Floats, end: Floats, *, least: float) -> bool:
    """Tell whether a colour is a mix of two, with at least some share of the second."""
    ray = end - start
    share = float((colour - start) @ ray / max(ray @ ray, 1.0))
    if not least < share < 1.0:
        return False
    pair = lab_of(np.array([start + share * ray, colour]))
    return float(np.linalg.norm(pair[0] - pair[1])) < _ALIKE


def suggest_colours(scan: Scan, *, most: int = 12) -> pd.DataFrame:
    """List the line-like colours of a scan, to start from.

    Parameters
    ----------
    scan
        From `open_scan`.
    most
        Colours to list at most.

    Returns
    -------
    colours
        A row a colour, the longest drawn first: `colour` (hex, on evened paper), `name` (the nearest CSS
        name), `stroke_px` (width of its strokes, roughly), `length_px` (drawn, roughly), `pixels`, and
        `column`, `row`: a place where it is drawn.

    Raises
    ------
    MissingExtraError
        If scipy is not installed.

    Examples
    --------
    >>> from frontlines.digitize.images import open_scan
    >>> pixels = np.full((80, 80, 3), 255, dtype=np.uint8)
    >>> pixels[38:42] = (200, 30, 30)
    >>> suggest_colours(open_scan(pixels))[["colour", "name"]].values.tolist()
    [['#c61e1e', 'firebrick']]
    """
    paper = paper_of(scan)
    palette = palette_of(scan, paper)
    table, counts = palette.labels(), np.zeros(256, np.int64)
    for first, band in scan.bands():
        counts += np.bincount(table[codes_of(paper.whiten(band, first))].ravel(), minlength=256)
    pixels = counts[1 : len(palette.inks) + 1]
    rims = {rim for ink in range(len(palette.inks)) for rim in edges_of(palette, ink)}
    kept = [ink for ink in range(len(palette.inks)) if ink not in rims][:most]
    return pd.DataFrame(
        {
            "colour": [hex_of(palette.inks[ink]) for ink in kept],
            "name": [_css_name(palette.inks[ink]) for ink in kept],
            "stroke_px": (pixels[kept] / np.maximum(palette.lengths_px[kept], 1.0)).round(1),
            "length_px": palette.lengths_px[kept].round(),
            "pixels": pixels[kept],
            "column": palette.places[kept, 0],
            "row": palette.places[kept, 1],
        }
    )


def _css_name(rgb: Floats) -> str:
    """Name the nearest CSS colour."""
    names = sorted(ImageColor.colormap)
    lab = lab_of(np.array([ImageColor.getrgb(name)[:3] for name in names], dtype=float))
    return names[int(np.linalg.norm(lab - lab_of(rgb[None])[0], axis=1).argmin())]
