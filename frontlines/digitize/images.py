"""Images of maps: pixels as sRGB, read window by window, and the georeference that a file may carry."""

from __future__ import annotations

import tempfile
import warnings
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from pyproj import CRS

from frontlines._optional import require
from frontlines.digitize.control_points import GroundControl, control_inside
from frontlines.digitize.decoding import Pixels, as_srgb, decoded, refuse_dim
from frontlines.digitize.orientation import orientation_of, turned
from frontlines.digitize.world_files import Affine
from frontlines.errors import DigitizeError

_IN_MEMORY_PX = 24_000_000
"""Images with more pixels than this are kept in a temporary file while they are worked on."""

_BAND = 512
_GDAL = {
    "GDAL_CACHEMAX": 64_000_000,
    "GDAL_PNG_WHOLE_IMAGE_OPTIM": "NO",  # with it the rest of a cut-off file is read as black
}
_LEAST_PX = 16
_TURNED = "columns and rows must be read on it as a viewer shows it"


@dataclass(frozen=True)
class Scan:
    """An image of a map.

    Attributes
    ----------
    width_px, height_px
        Size [px].
    transform
        The file's own georeference, or ``None``: (a, b, c, d, e, f) with ``x = a*column + b*row + c`` and
        ``y = d*column + e*row + f``, for pixel centres at whole columns and rows.
    crs
        CRS of x and y, or ``None``.
    control
        Control points that the file holds, or ``None``.
    turned
        Whether it was turned as its EXIF orientation says.
    notes
        What a reader must know of how the file was read.
    """

    width_px: int
    height_px: int
    transform: Affine | None = None
    crs: CRS | None = None
    control: GroundControl | None = None
    turned: bool = False
    notes: tuple[str, ...] = ()
    _store: Pixels | IO[bytes] = field(default_factory=lambda: np.empty((0, 0, 3), np.uint8), repr=False)

    def read(self, rows: slice, columns: slice = slice(None)) -> Pixels:
        """Read a window.

        Parameters
        ----------
        rows, columns
            Ranges of the window, cut at the image's edge; no steps, nothing negative.

        Returns
        -------
        pixels
            sRGB, (rows, columns, 3).
        """
        first, last, _ = rows.indices(self.height_px)
        if isinstance(self._store, np.ndarray):
            return self._store[first:last, columns]
        self._store.seek(first * self.width_px * 3)
        count = max(last - first, 0) * self.width_px * 3
        band = np.frombuffer(self._store.read(count), dtype=np.uint8)
        return band.reshape(-1, self.width_px, 3)[:, columns]

    def bands(self, height_px: int = _BAND) -> Iterator[tuple[int, Pixels]]:
        """Go through the image from the top in bands of rows.

        Parameters
        ----------
        height_px
            Rows of a band.

        Yields
        ------
        first, pixels
            The band's first row, and its sRGB pixels.
        """
        for first in range(0, self.height_px, height_px):
            yield first, self.read(slice(first, first + height_px))


Image = Scan | str | Path | npt.NDArray[np.generic]
"""What is taken for an image of a map: a scan that is open, a file's path, or pixels."""


def open_scan(image: Image, *, page: int | None = None) -> Scan:
    """Open an image of a map.

    Parameters
    ----------
    image
        A PNG, JPEG, TIFF, GeoTIFF or any other file that GDAL reads; or an array (rows, columns),
        (rows, columns, 3) or (rows, columns, 4) of 8 or 16 bit. Grey, palette and 16 bit become 8 bit sRGB;
        what is transparent or has no data becomes white, and a fourth band that is no alpha is left out. A
        photograph is turned as its EXIF orientation says. A scan that is open already is returned as it is.
    page
        Which page of a TIFF, counted from 1; the first if none is named.

    Returns
    -------
    scan
        The image. One of more than 24 million pixels is unpacked, band by band, into a temporary file that
        goes when the scan goes, so that memory stays bounded.

    Raises
    ------
    DigitizeError
        If `image` is neither a path nor an array nor a scan, or the file cannot be read, is smaller than 16
        pixels, holds no picture (floats, five bands), or has no such page.
    MissingExtraError
        If rasterio is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> scan = open_scan(np.full((40, 60), 200, dtype=np.uint8))
    >>> scan.width_px, scan.height_px, scan.read(slice(0, 1), slice(0, 1)).tolist()
    (60, 40, [[[200, 200, 200]]])
    """
    if isinstance(image, Scan):
        return image
    if isinstance(image, np.ndarray):
        return _from_array(image)
    return _from_file(_path_of(image), page)


def _path_of(image: object) -> str | Path:
    if isinstance(image, str | Path):
        return image
    kind = type(image).__name__
    raise DigitizeError(f"an image is a path, a numpy array or what open_scan gave, not a {kind}")


def _from_array(image: npt.NDArray[np.generic]) -> Scan:
    image = image.astype(image.dtype.newbyteorder("="), copy=False)
    bands = image[None] if image.ndim == 2 else np.moveaxis(image, -1, 0)  # noqa: PLR2004 - grey
    if image.dtype == np.uint16:
        refuse_dim(int(image.max(initial=0)), "the array")
    pixels = as_srgb(bands, "the array")
    if np.may_share_memory(pixels, image):
        pixels = pixels.copy()
    _refuse_tiny(pixels.shape[1], pixels.shape[0], "the array")
    return Scan(pixels.shape[1], pixels.shape[0], _store=pixels)


def _from_file(image: str | Path, page: int | None) -> Scan:
    rasterio = require("rasterio", extra="digitize")
    if not Path(image).is_file():
        raise DigitizeError(f"{image}: no such file")
    with warnings.catch_warnings(), rasterio.Env(**_GDAL):
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        try:
            with rasterio.open(image) as dataset:
                pages = dataset.subdatasets if dataset.driver == "GTiff" else []
                if page in {None, 1}:
                    return _unpacked(dataset, str(image), _unnamed(len(pages), page))
            _refuse_no_page(page or 1, max(len(pages), 1), str(image))
            with rasterio.open(pages[(page or 1) - 1]) as dataset:
                return _unpacked(dataset, str(image))
        except rasterio.errors.RasterioError as error:
            raise DigitizeError(f"{image}: cannot be read as an image ({error})") from error


def _unnamed(pages: int, page: int | None) -> tuple[str, ...]:
    if page is not None or pages <= 1:
        return ()
    return (f"it has {pages} pages, and the first is read: name the one you mean, such as page = 2",)


def _refuse_no_page(page: int, pages: int, name: str) -> None:
    if page > pages:
        has = f"{pages} pages" if pages > 1 else "one page"
        raise DigitizeError(f"{name} has {has}, not {page}: page counts from 1")


def _unpacked(dataset: Any, name: str, notes: tuple[str, ...] = ()) -> Scan:
    """Read a whole dataset, band of rows by band of rows."""
    height, width = dataset.height, dataset.width
    _refuse_tiny(width, height, name)
    crs = None if dataset.crs is None else CRS.from_user_input(dataset.crs)
    transform = None if dataset.transform.is_identity else _at_centres(dataset.transform)
    gcps, their_crs = dataset.gcps
    control = control_inside(gcps, their_crs, Path(name).name)
    way = orientation_of(dataset) if transform is None and control is None else 1
    store = _stored(decoded(dataset, name), (height, width), way)
    if way > 1:
        notes = (*notes, f"it was turned, as viewers do, for its EXIF orientation is {way}: {_TURNED}")
    if way > 4:  # noqa: PLR2004 - rows and columns have changed about
        height, width = width, height
    scan = Scan(width, height, transform, crs, control, way > 1, notes, store)
    if not isinstance(store, np.ndarray):
        weakref.finalize(scan, store.close)
    return scan


def _stored(parts: Iterator[Pixels], shape: tuple[int, int], way: int) -> Pixels | IO[bytes]:
    """Keep an image, turned upright, in memory or in a temporary file if it is large."""
    if shape[0] * shape[1] <= _IN_MEMORY_PX:
        return np.ascontiguousarray(turned(np.concatenate(list(parts)), way))
    store = _filed(parts)
    if way == 1:
        return store
    with store:
        upright = turned(np.memmap(store, np.uint8, "r", shape=(*shape, 3)), way)
        return _filed(upright[k : k + _BAND] for k in range(0, len(upright), _BAND))


def _filed(parts: Iterator[Pixels]) -> IO[bytes]:
    store = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the scan
    for part in parts:
        store.write(np.ascontiguousarray(part).data)
    store.flush()
    return store


def _at_centres(transform: Any) -> Affine:
    """Make a transform of pixel corners one of pixel centres."""
    a, b, c, d, e, f = tuple(transform)[:6]
    return (a, b, c + (a + b) / 2, d, e, f + (d + e) / 2)


def from_corners() -> Any:
    """Shift from pixel corners, as GDAL counts, to pixel centres.

    Returns
    -------
    transform
        An ``Affine``, as rasterio wants it.

    Examples
    --------
    >>> from_corners()[:6]
    (1.0, 0.0, -0.5, 0.0, 1.0, -0.5)
    """
    return require("affine", extra="digitize").Affine(1, 0, -0.5, 0, 1, -0.5)


def _refuse_tiny(width: int, height: int, name: str) -> None:
    if min(width, height) < _LEAST_PX:
        raise DigitizeError(f"{name}: {width} × {height} px is no map: {_LEAST_PX} px at least")
