"""Pixels of an image file as sRGB: palettes, few or many bits, inverted greys, and what is transparent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from frontlines._optional import require
from frontlines.errors import DigitizeError

Pixels = npt.NDArray[np.uint8]

_BAND = 512
_STROKE_PX = 33  # what has the value of no data and is narrower is taken for ink
_DIM = 4096  # 16 bit that never reach this are black to the eye: they hold 8 or 12 bit, unscaled


def decoded(dataset: Any, name: str) -> Iterator[Pixels]:
    """Go through an open file from the top in bands of rows.

    Parameters
    ----------
    dataset
        Opened by rasterio.
    name
        How to call it in messages.

    Yields
    ------
    pixels
        sRGB, (rows, columns, 3); what has no data or is transparent is white.

    Raises
    ------
    DigitizeError
        If it holds no picture.

    Notes
    -----
    Where the file calls a value no data, black mostly, only ground as wide as a stroke never is counts, or
    what lies along the edge of the image: the lines and labels of a map have that value too.

    Examples
    --------
    >>> import rasterio
    >>> kind = {"driver": "GTiff", "width": 4, "height": 2, "count": 1, "dtype": "uint8", "nodata": 0}
    >>> with rasterio.MemoryFile() as file:
    ...     file.open(**kind, transform=rasterio.Affine(1, 0, 0, 0, -1, 2)).close()
    ...     with file.open() as opened:
    ...         next(decoded(opened, "a file"))[0, 0].tolist()
    [255, 255, 255]
    """
    coding = _Coding.of(dataset)
    peak = 0
    for first in range(0, dataset.height, _BAND):
        window = ((first, min(first + _BAND, dataset.height)), (0, dataset.width))
        bands = dataset.read(coding.wanted, window=window)
        peak = max(peak, bands.max())
        pixels = coding.pixels(bands, name)
        if coding.masked:
            pixels[_empty(dataset, *window[0])] = 255
        yield pixels
    if dataset.dtypes[0] == "uint16" and coding.bits == 16 and not coding.inverted:  # noqa: PLR2004
        refuse_dim(int(peak), name)


def as_srgb(bands: npt.NDArray[Any], name: str) -> Pixels:
    """Make sRGB on white of bands.

    Parameters
    ----------
    bands
        (bands, rows, columns) of 8 or 16 bit: grey or colour, with or without alpha.
    name
        How to call them in messages.

    Returns
    -------
    pixels
        sRGB, (rows, columns, 3).

    Raises
    ------
    DigitizeError
        If they make no picture.

    Examples
    --------
    >>> as_srgb(np.array([[[90]], [[0]]], np.uint8), "a clear pixel").tolist()
    [[[255, 255, 255]]]
    """
    if bands.ndim != 3 or bands.shape[0] not in {1, 2, 3, 4}:  # noqa: PLR2004 - grey or colour, alpha or not
        raise DigitizeError(f"{name}: 1 to 4 bands make a picture, not an array of shape {bands.shape}")
    if bands.dtype == np.bool_:
        bands = bands.astype(np.uint8) * 255
    if bands.dtype == np.uint16:
        bands = (bands >> 8).astype(np.uint8)
    if bands.dtype != np.uint8:
        raise DigitizeError(f"{name}: pixels are {bands.dtype}: save the image with 8 or 16 bit per channel")
    colour = bands[:3] if bands.shape[0] >= 3 else np.repeat(bands[:1], 3, axis=0)  # noqa: PLR2004
    pixels = np.ascontiguousarray(np.moveaxis(colour, 0, -1))
    if bands.shape[0] in {2, 4}:
        share = bands[-1][..., None].astype(np.uint16)
        pixels = ((pixels * share + 255 * (255 - share) + 127) // 255).astype(np.uint8)
    return pixels


def refuse_dim(peak: int, name: str) -> None:
    """Refuse 16 bit that hold 8 or 12 bit, unscaled: they would be read as black.

    Parameters
    ----------
    peak
        Largest value.
    name
        How to call the image in the message.

    Raises
    ------
    DigitizeError
        If the largest value is next to nothing.

    Examples
    --------
    >>> refuse_dim(255, "map.tif")
    Traceback (most recent call last):
    frontlines.errors.DigitizeError: map.tif: its 16 bit reach 255 of 65535 only, which is black: ...
    """
    if peak < _DIM:
        raise DigitizeError(
            f"{name}: its 16 bit reach {peak} of 65535 only, which is black: stretch the values to the full "
            "range, or save the image with 8 bit per channel"
        )


@dataclass(frozen=True)
class _Coding:
    """What the numbers of a file mean."""

    wanted: list[int]
    bits: int
    palette: Pixels | None
    inverted: bool
    masked: bool

    @classmethod
    def of(cls, dataset: Any) -> _Coding:
        names = [one.name for one in dataset.colorinterp]
        palette = _palette(dataset) if names == ["palette"] else None
        extra = len(names) in {2, 4} and names[-1] != "alpha"
        whole = 8 * np.dtype(dataset.dtypes[0]).itemsize
        return cls(
            wanted=list(range(1, len(names) + 1 - extra)),
            bits=int(dataset.tags(1, ns="IMAGE_STRUCTURE").get("NBITS", whole)),
            palette=palette,
            inverted=palette is None and dataset.tags(ns="IMAGE_STRUCTURE").get("MINISWHITE") == "YES",
            masked=palette is None and "alpha" not in names and not _all_valid(dataset),
        )

    def pixels(self, bands: npt.NDArray[Any], name: str) -> Pixels:
        if self.palette is not None:
            return as_srgb(np.moveaxis(self.palette[bands[0]], -1, 0), name)
        pixels = as_srgb(_stretched(bands, self.bits), name)
        return 255 - pixels if self.inverted else pixels


def _stretched(bands: npt.NDArray[Any], bits: int) -> npt.NDArray[Any]:
    """Stretch values of fewer bits than their type has to the whole of it."""
    if bands.dtype.kind != "u" or bits >= 8 * bands.dtype.itemsize:
        return bands
    most = np.uint64(np.iinfo(bands.dtype).max)
    return (bands * most // np.uint64(2**bits - 1)).astype(bands.dtype)


def _palette(dataset: Any) -> Pixels:
    """Colours of a palette image, (256, 4)."""
    table = np.zeros((256, 4), np.uint8)
    for key, colour in dataset.colormap(1).items():
        table[key % 256] = colour
    return table


def _empty(dataset: Any, first: int, last: int) -> npt.NDArray[np.bool_]:
    """Tell which pixels of some rows have no data."""
    low, high = max(first - _STROKE_PX, 0), min(last + _STROKE_PX, dataset.height)
    empty = dataset.dataset_mask(window=((low, high), (0, dataset.width))) == 0
    if {flag.name for flags in dataset.mask_flag_enums for flag in flags} == {"nodata"}:
        above, below = (_STROKE_PX * edge for edge in (low == 0, high == dataset.height))
        around = np.pad(empty, ((above, below), (_STROKE_PX, _STROKE_PX)), constant_values=True)
        empty = _wide(around)[above : above + len(empty), _STROKE_PX:-_STROKE_PX]
    return np.asarray(empty[first - low : last - low])


def _wide(empty: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Keep what a square wider than a stroke fits in."""
    ndimage = require("scipy.ndimage", extra="digitize")
    return np.asarray(ndimage.maximum_filter(ndimage.minimum_filter(empty, _STROKE_PX), _STROKE_PX))


def _all_valid(dataset: Any) -> bool:
    return all("all_valid" in {flag.name for flag in flags} for flags in dataset.mask_flag_enums)
