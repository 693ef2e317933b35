"""The paper of a scan and the light on it, so that one ink has one colour from edge to edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from frontlines._optional import require
from frontlines.digitize.colours import lab_of
from frontlines.digitize.images import Pixels, Scan

Floats32 = npt.NDArray[np.float32]

CELL = 16
"""Side of the cells in which the light counts as even [px]."""

_SAMPLES = 900_000
_WHITE = 250.0
_BRIGHTEST = 319.0
_NEAR = 5.5  # farthest that a cell of paper may be from the fit [ΔE, lightness halved: light wanders most]
_LIGHTNESS_LESS = np.array([0.5, 1.0, 1.0])
_MARGIN, _MARGIN_WEIGHT = 0.03, 4.0  # the outermost cells are likelier to be paper
_UNLIKE_PAPER = 0.3  # weight of colours that paper seldom has
_ROUNDS = 6


@dataclass(frozen=True)
class Paper:
    """What each channel is multiplied with, cell by cell, to whiten the paper.

    Attributes
    ----------
    gain
        (rows, columns, 3), a row and column for each cell of 16 pixels.
    """

    gain: Floats32

    def whiten(self, pixels: Pixels, first_row: int, first_column: int = 0) -> Floats32:
        """Even out the light.

        Parameters
        ----------
        pixels
            A window of the scan, (rows, columns, 3).
        first_row, first_column
            Where the window begins.

        Returns
        -------
        pixels
            sRGB, paper near 250; what is lighter than paper may go beyond 255, to 319.
        """
        rows = (first_row + np.arange(pixels.shape[0])) // CELL
        columns = (first_column + np.arange(pixels.shape[1])) // CELL
        gain = self.gain[rows[0] : rows[-1] + 1][:, columns]
        out = np.empty(pixels.shape, np.float32)
        for row in np.unique(rows):
            here = rows == row
            np.multiply(pixels[here], gain[row - rows[0]][None], out=out[here.argmax() : here.argmax() + here.sum()])
        return np.minimum(out, _BRIGHTEST, out=out)


def paper_of(scan: Scan) -> Paper:
    """Measure the paper of a scan.

    Parameters
    ----------
    scan
        The image.

    Returns
    -------
    paper
        Its gain. The commonest colour counts as paper; its light is a quadratic surface and, where paper is
        seen, what is left of it nearby. Fills of other colours do not count.

    Examples
    --------
    >>> import numpy as np
    >>> from frontlines.digitize.images import open_scan
    >>> scan = open_scan(np.full((64, 64, 3), (240, 230, 200), dtype=np.uint8))
    >>> paper_of(scan).whiten(scan.read(slice(0, 1), slice(0, 1)), 0).round().tolist()
    [[[250.0, 250.0, 250.0]]]
    """
    cells, step = _cells(scan)
    rows, columns = cells.shape[:2]
    lab = lab_of(cells.reshape(-1, 3)).reshape(rows, columns, 3)
    mode = _commonest(lab)
    y, x = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    logs = np.log(np.maximum(cells, 4.0))
    surface, near = _fitted(terms, logs, lab, mode)
    light = np.exp(surface + _rest(logs - surface, near))
    gain = _target(light[near].mean(axis=0) if near.any() else light.mean(axis=(0, 1))) / light
    whole = np.ceil(np.array([scan.height_px, scan.width_px]) / CELL).astype(int)
    return Paper(_resized(gain, whole, step))


def _cells(scan: Scan) -> tuple[Floats32, int]:
    """Median colours of cells, from every n-th pixel of every n-th row, and the side of a cell [px]."""
    stride = max(1, int(np.ceil(np.sqrt(scan.width_px * scan.height_px / _SAMPLES))))
    side = min(CELL, min(scan.height_px, scan.width_px) // stride)
    rows = [pixels[(-first) % stride :: stride, ::stride] for first, pixels in scan.bands()]
    small = np.concatenate(rows)
    height, width = small.shape[0] // side * side, small.shape[1] // side * side
    blocks = small[:height, :width].reshape(height // side, side, width // side, side, 3)
    flat = blocks.transpose(0, 2, 1, 3, 4).reshape(height // side, width // side, side * side, 3)
    return np.median(flat, axis=2).astype(np.float32), side * stride


def _commonest(lab: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The densest place among the colours of cells; margins, and what looks like paper, count more."""
    rows, columns = lab.shape[:2]
    flat = lab.reshape(-1, 3)
    margin = np.ones((rows, columns), bool)
    y, x = max(1, int(_MARGIN * rows)), max(1, int(_MARGIN * columns))
    margin[y:-y, x:-x] = False
    weight = np.where(margin.ravel(), _MARGIN_WEIGHT, 1.0) * np.where(_like_paper(flat), 1.0, _UNLIKE_PAPER)
    seats = np.round(flat * _LIGHTNESS_LESS / 4.0).astype(int)
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


def _fitted(
    terms: npt.NDArray[np.float64], logs: Floats32, lab: npt.NDArray[np.float64], mode: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Fit the light of the cells that are paper; more cells count as paper as the fit gets better."""
    near = np.linalg.norm((lab - mode) * _LIGHTNESS_LESS, axis=-1) < _NEAR
    surface = np.broadcast_to(np.log(4.0), logs.shape)
    for _ in range(_ROUNDS):
        used = terms.shape[-1] if near.sum() > 40 * terms.shape[-1] else 1
        found, *_ = np.linalg.lstsq(terms[near][:, :used], logs[near], rcond=None)
        surface = terms[..., :used] @ found
        fitted = lab_of(np.exp(surface).reshape(-1, 3).clip(0, 255)).reshape(lab.shape)
        closer = np.linalg.norm((lab - fitted) * _LIGHTNESS_LESS, axis=-1) < _NEAR
        if not closer.any() or (closer == near).all():
            break
        near = closer
    return surface, near


def _rest(rest: npt.NDArray[np.float64], near: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Smooth what the surface leaves, where paper is seen; nothing elsewhere."""
    ndimage = require("scipy.ndimage", extra="digitize")
    weight = ndimage.gaussian_filter(near.astype(float), 2.0, mode="nearest")
    parts = [ndimage.gaussian_filter(np.where(near, rest[..., k], 0.0), 2.0, mode="nearest") for k in range(3)]
    return np.asarray(np.stack(parts, axis=-1) / (weight + 0.05)[..., None])


def _target(paper: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """White for paper, yellowed paper too; a coloured or dark ground keeps its colour."""
    return np.full(3, _WHITE) if _like_paper(lab_of(paper[None]))[0] else np.asarray(paper)


def _resized(gain: npt.NDArray[np.float64], shape: npt.NDArray[np.int64], step: int) -> Floats32:
    """From the cells that were measured to cells of 16 pixels."""
    ndimage = require("scipy.ndimage", extra="digitize")
    rows = ((np.arange(shape[0]) + 0.5) * CELL / step - 0.5).clip(0, gain.shape[0] - 1)
    columns = ((np.arange(shape[1]) + 0.5) * CELL / step - 0.5).clip(0, gain.shape[1] - 1)
    where = np.stack(np.meshgrid(rows, columns, indexing="ij"))
    parts = [ndimage.map_coordinates(gain[..., k], where, order=1, mode="nearest") for k in range(3)]
    return np.stack(parts, axis=-1).astype(np.float32)
