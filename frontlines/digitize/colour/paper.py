"""The paper of a scan and the light on it, so that one ink has one colour from edge to edge."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from frontlines._optional import require
from frontlines.digitize.colour.colours import lab_of
from frontlines.digitize.colour.scan import Scan
from frontlines.names import Floats, Floats32, Pixels

_CALM = 2.0  # half of the pixels of a cell lie no farther apart [sRGB]
_SAME, _OTHER = 1.5, 6.0  # of one colour, and of another one at least [sRGB]
_LEAST_CALM, _OF_ITS_OWN = 0.1, 0.92  # shares of the cells, and of the calm ones
_MOST = 40


def is_even(colours: npt.NDArray[np.float32], spread: npt.NDArray[np.float32]) -> bool:
    """Tell whether cells have the very colours of a few fills: a scan has every shade between them."""
    calm = colours[spread <= _CALM]
    if len(calm) < _LEAST_CALM * len(colours):
        return False
    return _in_peaks(calm) >= _OF_ITS_OWN


def _in_peaks(colours: npt.NDArray[np.float32]) -> float:
    """Share of colours that are one of the commonest, each well apart from the other."""
    kinds, counts = np.unique(np.rint(colours).astype(int), axis=0, return_counts=True)
    mine, total = 0, counts.sum()
    for _ in range(_MOST):
        if not len(kinds):
            break
        off = np.abs(kinds - kinds[counts.argmax()]).max(axis=1)
        mine += counts[off <= _SAME].sum()
        kinds, counts = kinds[off >= _OTHER], counts[off >= _OTHER]
    return float(mine / total)


CELL = 16
"""Side of the cells in which the light counts as even [px]."""

_SAMPLES = 900_000
_WHITE = 250.0
_NEARLY_WHITE = 205.0
_BRIGHTEST = 351.0
_DARKEST = 4.0  # black sheds no light to measure
_NEAR = 5.5  # farthest that a cell of paper may be from the fit [ΔE, lightness halved: light wanders most]
_LIGHTNESS_LESS, _LIGHTNESS_LEAST = 0.5, 0.25
_MOST_FILLS, _FILL_SHARE = 6, 0.04
_LEAST_CELLS = 40
_MARGIN, _MARGIN_WEIGHT = 0.03, 4.0  # the outermost cells are likelier to be paper
_ROUND = 0.7  # share of the outermost cells that one colour has if paper goes round the map
_UNLIKE_PAPER = 0.3  # weight of colours that paper seldom has
_ROUNDS = 6


@dataclass(frozen=True, eq=False)
class Paper:
    """What each channel is multiplied with, cell by cell, to whiten the paper."""

    gain: Floats32  # (rows, columns, 3), a row and column for each cell of 16 pixels
    # whether the gain is the same everywhere and colours are the very ones that were drawn, as on
    # maps that were never photographed
    is_even: bool = False

    @cached_property
    def usual_gain(self) -> Floats32:
        """Median of the gain, (3,)."""
        return np.asarray(np.median(self.gain, axis=(0, 1)))

    def whiten(self, pixels: Pixels, first_row: int, first_column: int = 0) -> Floats32:
        """Even out the light."""
        rows = (first_row + np.arange(pixels.shape[0])) // CELL
        columns = (first_column + np.arange(pixels.shape[1])) // CELL
        gain = self.gain[rows[0] : rows[-1] + 1][:, columns]
        out = np.empty(pixels.shape, np.float32)
        for row in np.unique(rows):
            here = rows == row
            np.multiply(
                pixels[here], gain[row - rows[0]][None], out=out[here.argmax() : here.argmax() + here.sum()]
            )
        return np.minimum(out, _BRIGHTEST, out=out)

    def gain_at(self, points: Floats) -> Floats32:
        """Look up what colours at some places are multiplied with."""
        column, row = (points // CELL).astype(int).T
        return np.asarray(self.gain[row.clip(0, len(self.gain) - 1), column.clip(0, self.gain.shape[1] - 1)])


def paper_of(scan: Scan) -> Paper:
    """Measure the paper of a scan."""
    cells, spread, step = _cells(scan)
    lab = lab_of(cells.reshape(-1, 3)).reshape(cells.shape)
    drawn = is_even(cells.reshape(-1, 3), spread.ravel())
    light, near = _no_light(cells, lab) if drawn else _light(cells, lab)
    gain = _target(rgb := _srgb_of(cells, near, light), drawn) / (rgb * light[..., None])
    whole = np.ceil(np.array([scan.height_px, scan.width_px]) / CELL).astype(int)
    return Paper(_resized(gain, whole, step), drawn)


def _cells(scan: Scan) -> tuple[Floats32, Floats32, int]:
    """Median and spread of the colours of cells, from every n-th pixel each way, and their side [px]."""
    stride = max(1, int(np.ceil(np.sqrt(scan.width_px * scan.height_px / _SAMPLES))))
    side = min(CELL, min(scan.height_px, scan.width_px) // stride)
    rows = [pixels[(-first) % stride :: stride, ::stride] for first, pixels in scan.bands()]
    small = np.concatenate(rows)
    height, width = small.shape[0] // side * side, small.shape[1] // side * side
    blocks = small[:height, :width].reshape(height // side, side, width // side, side, 3)
    flat = blocks.transpose(0, 2, 1, 3, 4).reshape(height // side, width // side, side * side, 3)
    low, middle, high = np.percentile(flat, [25, 50, 75], axis=2).astype(np.float32)
    return middle, (high - low).max(axis=-1), side * stride


def _begun(logs: Floats, lab: Floats) -> tuple[Floats | None, list[Floats]]:
    """Grounds, the paper first, and the light as far as a margin all round the map shows it.

    Under the light of the margin, fills that differ in lightness alone can be told apart; without a margin
    they might be one fill under uneven light.
    """
    margin = _margin(lab.shape)
    paper = _densest(lab[margin], np.ones(int(margin.sum())))
    round_it = margin & (_apart(lab, paper, _LIGHTNESS_LEAST) < _NEAR)
    if not _like_paper(paper) or round_it.sum() < max(_ROUND * margin.sum(), _LEAST_CELLS):
        paper = _paper_colour(lab, margin)
        return None, [paper, *_fills(lab, paper, _LIGHTNESS_LEAST)]
    surface, _ = _surface(
        _terms(lab.shape), logs.mean(axis=-1).ravel(), round_it.ravel(), np.zeros(lab.size // 3, int)
    )
    even = _even(logs, surface).reshape(lab.shape)
    paper = np.median(even[round_it], axis=0)
    return surface, [paper, *_fills(even, paper, 1.0)]


def _margin(shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Tell which cells are the outermost."""
    rows, columns = shape[:2]
    margin = np.ones((rows, columns), bool)
    y, x = max(1, int(_MARGIN * rows)), max(1, int(_MARGIN * columns))
    margin[y:-y, x:-x] = False
    return margin


def _paper_colour(lab: Floats, margin: npt.NDArray[np.bool_]) -> Floats:
    """Find the densest place among the colours of cells; margins, and what looks like paper, count more."""
    return _densest(lab.reshape(-1, 3), _weight_as_paper(lab, margin).ravel())


def _weight_as_paper(lab: Floats, margin: npt.NDArray[np.bool_]) -> Floats:
    """How much cells count in the search for paper."""
    return np.where(margin, _MARGIN_WEIGHT, 1.0) * np.where(_like_paper(lab), 1.0, _UNLIKE_PAPER)


def _fills(lab: Floats, paper: Floats, lightness: float) -> list[Floats]:
    """Other colours that fill a good share of the cells."""
    flat = lab.reshape(-1, 3)
    fills: list[Floats] = []
    for _ in range(_MOST_FILLS):
        taken = np.min([_apart(flat, one, lightness) for one in (paper, *fills)], axis=0) < 1.5 * _NEAR
        if (~taken).sum() < _FILL_SHARE * len(flat):
            break
        fill = _densest(flat[~taken], np.ones(int((~taken).sum())))
        if (_apart(flat[~taken], fill, lightness) < _NEAR).sum() < _FILL_SHARE * len(flat):
            break
        fills.append(fill)
    return fills


def _apart(lab: Floats, one: Floats, lightness: float) -> Floats:
    return np.asarray(np.linalg.norm((lab - one) * [lightness, 1.0, 1.0], axis=-1))


def _densest(flat: Floats, weight: Floats) -> Floats:
    """Median of the most crowded seat and its neighbours."""
    seats = np.round(flat * [_LIGHTNESS_LESS, 1.0, 1.0] / 4.0).astype(int)
    kinds, inverse = np.unique(seats, axis=0, return_inverse=True)
    crowd = np.bincount(inverse.ravel(), weights=weight)
    near = np.abs(kinds[:, None] - kinds[None]).max(axis=-1) <= 1
    best = np.flatnonzero(near[np.argmax(near @ crowd)])
    return np.asarray(np.median(flat[np.isin(inverse.ravel(), best)], axis=0))


def _like_paper(lab: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Light, and either grey or the yellow of old paper."""
    chroma, hue = np.hypot(lab[..., 1], lab[..., 2]), np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) % 360
    yellowed = (hue > 60) & (hue < 120) & (chroma < 38)  # noqa: PLR2004 - hues and strengths of old paper
    return np.asarray((lab[..., 0] > 58) & ((chroma < 7) | yellowed))  # noqa: PLR2004


def _no_light(cells: Floats32, lab: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Light on each cell of a drawing, 1, and which cells are paper."""
    colours = np.rint(cells.reshape(-1, 3)).astype(int)
    kinds, kind = np.unique(colours, axis=0, return_inverse=True)
    weight = _weight_as_paper(lab, _margin(lab.shape)).ravel()
    paper = kinds[np.bincount(kind.ravel(), weights=weight).argmax()]
    return np.ones(lab.shape[:2]), np.abs(cells - paper).max(axis=-1) < 1


def _light(cells: Floats32, lab: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Light on each cell, 1 on the whole, and which cells are paper.

    A cell is one of the grounds, each of its own lightness, under a light that is a quadratic surface; as
    the surface gets better, more cells are told rightly. What it leaves is smoothed and added.
    """
    logs = np.log(np.maximum(cells, _DARKEST))
    surface, grounds = _begun(logs, lab)
    terms, grey = _terms(logs.shape), logs.mean(axis=-1).ravel()
    lightness = _LIGHTNESS_LEAST if surface is None else _LIGHTNESS_LESS
    surface = np.zeros(grey.size) if surface is None else surface
    level = grey
    for _ in range(_ROUNDS):
        kind, near = _kinds(_even(logs, surface), grounds, lightness)
        if near.sum() < _LEAST_CELLS:
            break
        surface, level = _surface(terms, grey, near, kind)
        even = _even(logs, surface)
        members = [near & (kind == k) for k in range(len(grounds))]
        grounds = [
            np.median(even[mine], axis=0) if mine.any() else one
            for mine, one in zip(members, grounds, strict=True)
        ]
        lightness = _LIGHTNESS_LESS
    rest = np.where(near, grey - surface - level, 0.0).reshape(logs.shape[:2])
    near = near.reshape(logs.shape[:2])
    light = np.exp(surface.reshape(near.shape) + _smoothed(rest, near))
    return light, near & (kind == 0).reshape(near.shape)


def _terms(shape: tuple[int, ...]) -> Floats:
    """Quadratic terms of the place of each cell."""
    y, x = np.meshgrid(np.linspace(-1, 1, shape[0]), np.linspace(-1, 1, shape[1]), indexing="ij")
    return np.stack([x, y, x * x, x * y, y * y], axis=-1).reshape(-1, 5)


def _even(logs: Floats, surface: Floats) -> Floats:
    """CIELAB of cells without the light of a surface."""
    return lab_of(np.exp(logs.reshape(-1, 3) - surface[:, None]).clip(0, 400))


def _kinds(
    lab: Floats, grounds: list[Floats], lightness: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Nearest ground of each cell, and whether it is near."""
    apart = np.stack([_apart(lab, one, lightness) for one in grounds])
    return apart.argmin(axis=0), apart.min(axis=0) < _NEAR


def _surface(
    terms: Floats, grey: Floats, near: npt.NDArray[np.bool_], kind: npt.NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Quadratic surface through cells of some grounds, 0 on the whole, and the level of each cell's kind."""
    kinds, member = np.unique(kind[near], return_inverse=True)
    columns = np.hstack([terms[near], np.eye(len(kinds))[member]])
    found, *_ = np.linalg.lstsq(columns, grey[near], rcond=None)
    surface = terms @ found[:5]
    levels = np.zeros(kind.max() + 1)
    levels[kinds] = found[5:] + surface.mean()
    return surface - surface.mean(), levels[kind]


def _smoothed(rest: Floats, near: npt.NDArray[np.bool_]) -> Floats:
    """Smooth what the surface leaves, where it is known; nothing elsewhere."""
    ndimage = require("scipy.ndimage", extra="digitize")
    weight = ndimage.gaussian_filter(near.astype(float), 2.0, mode="nearest")
    return np.asarray(ndimage.gaussian_filter(rest, 2.0, mode="nearest") / (weight + 0.05))


def _srgb_of(cells: npt.NDArray[np.float32], near: npt.NDArray[np.bool_], light: Floats) -> Floats:
    """Colour of the paper under even light."""
    even = np.maximum(cells, _DARKEST) / light[..., None]
    return np.asarray(np.median(even[near] if near.any() else even.reshape(-1, 3), axis=0), dtype=float)


def _target(paper: npt.NDArray[np.float64], drawn: bool) -> npt.NDArray[np.float64]:
    """White for paper, yellowed paper too; a coloured or dark ground keeps its colour.

    Nothing yellows a drawing: what is not nearly white there is a fill.
    """
    is_paper = paper.min() > _NEARLY_WHITE if drawn else _like_paper(lab_of(paper[None]))[0]
    return np.full(3, _WHITE) if is_paper else np.asarray(paper)


def _resized(gain: npt.NDArray[np.float64], shape: npt.NDArray[np.int64], step: int) -> Floats32:
    """From the cells that were measured to cells of 16 pixels."""
    ndimage = require("scipy.ndimage", extra="digitize")
    rows = ((np.arange(shape[0]) + 0.5) * CELL / step - 0.5).clip(0, gain.shape[0] - 1)
    columns = ((np.arange(shape[1]) + 0.5) * CELL / step - 0.5).clip(0, gain.shape[1] - 1)
    where = np.stack(np.meshgrid(rows, columns, indexing="ij"))
    parts = [ndimage.map_coordinates(gain[..., k], where, order=1, mode="nearest") for k in range(3)]
    return np.stack(parts, axis=-1).astype(np.float32)
