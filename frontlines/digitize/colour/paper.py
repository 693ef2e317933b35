"""The paper of a scan and the light on it, so that one ink has one colour from edge to edge."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage

from frontlines.arrays import Bools, Floats, Floats32, Ints, Pixels
from frontlines.digitize.colour.colours import lab_of
from frontlines.digitize.colour.scan import Scan
from frontlines.digitize.settings import PAPERS


def is_even(colours: Floats32, spread: Floats32) -> bool:
    """Tell whether cells have the very colours of a few fills: a scan has every shade between them."""
    calm = colours[spread <= PAPERS.calm]
    if len(calm) < PAPERS.calm_share * len(colours):
        return False
    return _in_peaks(calm) >= PAPERS.in_peaks_share


def _in_peaks(colours: Floats32) -> float:
    """Share of colours that are one of the commonest, each well apart from the other."""
    kinds, counts = np.unique(np.rint(colours).astype(int), axis=0, return_counts=True)
    mine, total = 0, counts.sum()
    for _ in range(PAPERS.most_colours):
        if not len(kinds):
            break
        off = np.abs(kinds - kinds[counts.argmax()]).max(axis=1)
        mine += counts[off <= PAPERS.same].sum()
        kinds, counts = kinds[off >= PAPERS.other], counts[off >= PAPERS.other]
    return float(mine / total)


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
        rows = (first_row + np.arange(pixels.shape[0])) // PAPERS.cell_px
        columns = (first_column + np.arange(pixels.shape[1])) // PAPERS.cell_px
        gain = self.gain[rows[0] : rows[-1] + 1][:, columns]
        out = np.empty(pixels.shape, np.float32)
        for row in np.unique(rows):
            here = rows == row
            np.multiply(
                pixels[here], gain[row - rows[0]][None], out=out[here.argmax() : here.argmax() + here.sum()]
            )
        return np.minimum(out, PAPERS.brightest, out=out)

    def gain_at(self, points: Floats) -> Floats32:
        """Look up what colours at some places are multiplied with."""
        column, row = (points // PAPERS.cell_px).astype(int).T
        return np.asarray(self.gain[row.clip(0, len(self.gain) - 1), column.clip(0, self.gain.shape[1] - 1)])


def paper_of(scan: Scan) -> Paper:
    """Measure the paper of a scan."""
    cells, spread, step = _cells(scan)
    lab = lab_of(cells.reshape(-1, 3)).reshape(cells.shape)
    drawn = is_even(cells.reshape(-1, 3), spread.ravel())
    light, near = _no_light(cells, lab) if drawn else _light(cells, lab)
    gain = _target(rgb := _srgb_of(cells, near, light), drawn) / (rgb * light[..., None])
    whole = np.ceil(np.array([scan.height_px, scan.width_px]) / PAPERS.cell_px).astype(int)
    return Paper(_resized(gain, whole, step), drawn)


def _cells(scan: Scan) -> tuple[Floats32, Floats32, int]:
    """Median and spread of the colours of cells, from every n-th pixel each way, and their side [px]."""
    stride = max(1, int(np.ceil(np.sqrt(scan.width_px * scan.height_px / PAPERS.samples))))
    side = min(PAPERS.cell_px, min(scan.height_px, scan.width_px) // stride)
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
    round_it = margin & (_apart(lab, paper, PAPERS.lightness_weight_at_first) < PAPERS.near_de)
    if not _like_paper(paper) or round_it.sum() < max(PAPERS.round_share * margin.sum(), PAPERS.least_cells):
        paper = _paper_colour(lab, margin)
        return None, [paper, *_fills(lab, paper, PAPERS.lightness_weight_at_first)]
    surface, _ = _surface(
        _terms(lab.shape), logs.mean(axis=-1).ravel(), round_it.ravel(), np.zeros(lab.size // 3, int)
    )
    even = _even(logs, surface).reshape(lab.shape)
    paper = np.median(even[round_it], axis=0)
    return surface, [paper, *_fills(even, paper, 1.0)]


def _margin(shape: tuple[int, ...]) -> Bools:
    """Tell which cells are the outermost."""
    rows, columns = shape[:2]
    margin = np.ones((rows, columns), bool)
    y, x = max(1, int(PAPERS.margin_share * rows)), max(1, int(PAPERS.margin_share * columns))
    margin[y:-y, x:-x] = False
    return margin


def _paper_colour(lab: Floats, margin: Bools) -> Floats:
    """Find the densest place among the colours of cells; margins, and what looks like paper, count more."""
    return _densest(lab.reshape(-1, 3), _weight_as_paper(lab, margin).ravel())


def _weight_as_paper(lab: Floats, margin: Bools) -> Floats:
    """How much cells count in the search for paper."""
    return np.where(margin, PAPERS.margin_weight, 1.0) * np.where(
        _like_paper(lab), 1.0, PAPERS.unlike_paper_weight
    )


def _fills(lab: Floats, paper: Floats, lightness: float) -> list[Floats]:
    """Other colours that fill a good share of the cells."""
    flat = lab.reshape(-1, 3)
    fills: list[Floats] = []
    for _ in range(PAPERS.most_fills):
        taken = (
            np.min([_apart(flat, one, lightness) for one in (paper, *fills)], axis=0) < 1.5 * PAPERS.near_de
        )
        if (~taken).sum() < PAPERS.fill_share * len(flat):
            break
        fill = _densest(flat[~taken], np.ones(int((~taken).sum())))
        if (_apart(flat[~taken], fill, lightness) < PAPERS.near_de).sum() < PAPERS.fill_share * len(flat):
            break
        fills.append(fill)
    return fills


def _apart(lab: Floats, one: Floats, lightness: float) -> Floats:
    return np.asarray(np.linalg.norm((lab - one) * [lightness, 1.0, 1.0], axis=-1))


def _densest(flat: Floats, weight: Floats) -> Floats:
    """Median of the most crowded seat and its neighbours."""
    seats = np.round(flat * [PAPERS.lightness_weight, 1.0, 1.0] / 4.0).astype(int)
    kinds, inverse = np.unique(seats, axis=0, return_inverse=True)
    crowd = np.bincount(inverse.ravel(), weights=weight)
    near = np.abs(kinds[:, None] - kinds[None]).max(axis=-1) <= 1
    best = np.flatnonzero(near[np.argmax(near @ crowd)])
    return np.asarray(np.median(flat[np.isin(inverse.ravel(), best)], axis=0))


def _like_paper(lab: Floats) -> Bools:
    """Light, and either grey or the yellow of old paper."""
    chroma, hue = np.hypot(lab[..., 1], lab[..., 2]), np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) % 360
    yellowed = (hue > 60) & (hue < 120) & (chroma < 38)  # noqa: PLR2004 - hues and strengths of old paper
    return np.asarray((lab[..., 0] > 58) & ((chroma < 7) | yellowed))  # noqa: PLR2004


def _no_light(cells: Floats32, lab: Floats) -> tuple[Floats, Bools]:
    """Light on each cell of a drawing, 1, and which cells are paper."""
    colours = np.rint(cells.reshape(-1, 3)).astype(int)
    kinds, kind = np.unique(colours, axis=0, return_inverse=True)
    weight = _weight_as_paper(lab, _margin(lab.shape)).ravel()
    paper = kinds[np.bincount(kind.ravel(), weights=weight).argmax()]
    return np.ones(lab.shape[:2]), np.abs(cells - paper).max(axis=-1) < 1


def _light(cells: Floats32, lab: Floats) -> tuple[Floats, Bools]:
    """Light on each cell, 1 on the whole, and which cells are paper.

    A cell is one of the grounds, each of its own lightness, under a light that is a quadratic surface; as
    the surface gets better, more cells are told rightly. What it leaves is smoothed and added.
    """
    logs = np.log(np.maximum(cells, PAPERS.darkest))
    surface, grounds = _begun(logs, lab)
    terms, grey = _terms(logs.shape), logs.mean(axis=-1).ravel()
    lightness = PAPERS.lightness_weight_at_first if surface is None else PAPERS.lightness_weight
    surface = np.zeros(grey.size) if surface is None else surface
    level = grey
    for _ in range(PAPERS.rounds):
        kind, near = _kinds(_even(logs, surface), grounds, lightness)
        if near.sum() < PAPERS.least_cells:
            break
        surface, level = _surface(terms, grey, near, kind)
        even = _even(logs, surface)
        members = [near & (kind == k) for k in range(len(grounds))]
        grounds = [
            np.median(even[mine], axis=0) if mine.any() else one
            for mine, one in zip(members, grounds, strict=True)
        ]
        lightness = PAPERS.lightness_weight
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


def _kinds(lab: Floats, grounds: list[Floats], lightness: float) -> tuple[Ints, Bools]:
    """Nearest ground of each cell, and whether it is near."""
    apart = np.stack([_apart(lab, one, lightness) for one in grounds])
    return apart.argmin(axis=0), apart.min(axis=0) < PAPERS.near_de


def _surface(terms: Floats, grey: Floats, near: Bools, kind: Ints) -> tuple[Floats, Floats]:
    """Quadratic surface through cells of some grounds, 0 on the whole, and the level of each cell's kind."""
    kinds, member = np.unique(kind[near], return_inverse=True)
    columns = np.hstack([terms[near], np.eye(len(kinds))[member]])
    found, *_ = np.linalg.lstsq(columns, grey[near], rcond=None)
    surface = terms @ found[:5]
    levels = np.zeros(kind.max() + 1)
    levels[kinds] = found[5:] + surface.mean()
    return surface - surface.mean(), levels[kind]


def _smoothed(rest: Floats, near: Bools) -> Floats:
    """Smooth what the surface leaves, where it is known; nothing elsewhere."""
    weight = ndimage.gaussian_filter(near.astype(float), 2.0, mode="nearest")
    return np.asarray(ndimage.gaussian_filter(rest, 2.0, mode="nearest") / (weight + 0.05))


def _srgb_of(cells: Floats32, near: Bools, light: Floats) -> Floats:
    """Colour of the paper under even light."""
    even = np.maximum(cells, PAPERS.darkest) / light[..., None]
    return np.asarray(np.median(even[near] if near.any() else even.reshape(-1, 3), axis=0), dtype=float)


def _target(paper: Floats, drawn: bool) -> Floats:
    """White for paper, yellowed paper too; a coloured or dark ground keeps its colour.

    Nothing yellows a drawing: what is not nearly white there is a fill.
    """
    is_paper = paper.min() > PAPERS.nearly_white if drawn else _like_paper(lab_of(paper[None]))[0]
    return np.full(3, PAPERS.white) if is_paper else np.asarray(paper)


def _resized(gain: Floats, shape: Ints, step: int) -> Floats32:
    """From the cells that were measured to cells of 16 pixels."""
    rows = ((np.arange(shape[0]) + 0.5) * PAPERS.cell_px / step - 0.5).clip(0, gain.shape[0] - 1)
    columns = ((np.arange(shape[1]) + 0.5) * PAPERS.cell_px / step - 0.5).clip(0, gain.shape[1] - 1)
    where = np.stack(np.meshgrid(rows, columns, indexing="ij"))
    parts = [ndimage.map_coordinates(gain[..., k], where, order=1, mode="nearest") for k in range(3)]
    return np.stack(parts, axis=-1).astype(np.float32)
