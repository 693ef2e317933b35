"""Images of maps: pixels as sRGB, read window by window, and the georeference that a file may carry."""

from __future__ import annotations

import re
import tempfile
import warnings
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import affine
import numpy as np
import numpy.typing as npt
import rasterio
from pyproj import CRS
from rasterio._err import CPLE_BaseError  # errors of GDAL that reach us as they are, as for bad EXIF
from scipy import ndimage

from frontlines.arguments import checked
from frontlines.arrays import Bools, Pixels
from frontlines.digitize.georef.control_points import Affine, GroundControl, control_inside
from frontlines.digitize.settings import SCANS
from frontlines.errors import DigitizeError
from frontlines.limits import within


def decoded(dataset: Any, name: str) -> Iterator[Pixels]:
    """Go through an open file from the top in bands of rows."""
    coding = _Coding.of(dataset)
    peak = 0
    for first in range(0, dataset.height, SCANS.band_px):
        window = ((first, min(first + SCANS.band_px, dataset.height)), (0, dataset.width))
        bands = dataset.read(coding.wanted, window=window)
        peak = max(peak, bands.max())
        pixels = coding.pixels(bands, name)
        if coding.masked:
            pixels[_empty(dataset, *window[0])] = 255
        yield pixels
    if dataset.dtypes[0] == "uint16" and coding.bits == 16 and not coding.inverted:  # noqa: PLR2004
        refuse_dim(int(peak), name)


def as_srgb(bands: npt.NDArray[Any], name: str) -> Pixels:
    """Make sRGB on white of bands."""
    _refuse_no_picture(bands.shape[0] if bands.ndim == 3 else 0, bands.dtype.name, name)  # noqa: PLR2004
    if bands.dtype == np.bool_:
        bands = bands.astype(np.uint8) * 255
    if bands.dtype == np.uint16:
        bands = (bands >> 8).astype(np.uint8)
    colour = bands[:3] if bands.shape[0] >= 3 else np.repeat(bands[:1], 3, axis=0)  # noqa: PLR2004
    pixels = np.ascontiguousarray(np.moveaxis(colour, 0, -1))
    if bands.shape[0] in {2, 4}:
        share = bands[-1][..., None].astype(np.uint16)
        pixels = ((pixels * share + 255 * (255 - share) + 127) // 255).astype(np.uint8)
    return pixels


def _refuse_no_picture(bands: int, kind: str, name: str) -> None:
    if not 1 <= bands <= 4:  # noqa: PLR2004 - grey or colour, alpha or not
        raise DigitizeError(f"{name}: 1 to 4 bands make a picture, not {bands or 'such an array'}")
    if kind not in {"bool", "uint8", "uint16"}:
        raise DigitizeError(f"{name}: pixels are {kind}: save the image with 8 or 16 bit per channel")


def refuse_dim(peak: int, name: str) -> None:
    """Refuse 16 bit that hold 8 or 12 bit, unscaled: they would be read as black."""
    if peak < SCANS.dim:
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
        names = [one.name for one in dataset.colorinterp][: _bands_of(dataset)]
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
    """Colours of a palette image, (n, 4)."""
    table = np.zeros((np.iinfo(dataset.dtypes[0]).max + 1, 4), np.uint8)
    for key, colour in dataset.colormap(1).items():
        table[key] = colour
    return table


def _bands_of(dataset: Any) -> int:
    """Count the bands of a picture; each one of a GIF is a frame of its own."""
    return 1 if dataset.colorinterp[0].name == "palette" else int(dataset.count)


def _empty(dataset: Any, first: int, last: int) -> Bools:
    """Tell which pixels of some rows have no data."""
    low, high = max(first - SCANS.no_data_stroke_px, 0), min(last + SCANS.no_data_stroke_px, dataset.height)
    empty = dataset.dataset_mask(window=((low, high), (0, dataset.width))) == 0
    if {flag.name for flags in dataset.mask_flag_enums for flag in flags} == {"nodata"}:
        above, below = (SCANS.no_data_stroke_px * edge for edge in (low == 0, high == dataset.height))
        around = np.pad(
            empty, ((above, below), (SCANS.no_data_stroke_px, SCANS.no_data_stroke_px)), constant_values=True
        )
        empty = _wide(around)[above : above + len(empty), SCANS.no_data_stroke_px : -SCANS.no_data_stroke_px]
    return np.asarray(empty[first - low : last - low])


def _wide(empty: Bools) -> Bools:
    """Keep what a square wider than a stroke fits in."""
    return np.asarray(
        ndimage.maximum_filter(
            ndimage.minimum_filter(empty, SCANS.no_data_stroke_px), SCANS.no_data_stroke_px
        )
    )


def _all_valid(dataset: Any) -> bool:
    return all("all_valid" in {flag.name for flag in flags} for flags in dataset.mask_flag_enums)


_UPRIGHT = 1


def orientation_of(dataset: Any) -> int:
    """Read the tag of an open file."""
    word = dataset.tags().get("EXIF_Orientation", "").strip()
    return int(word) if word in set("12345678") else _UPRIGHT


def turned(pixels: Pixels, orientation: int) -> Pixels:
    """Turn a picture as viewers do."""
    if orientation >= 5:  # noqa: PLR2004 - these have rows and columns changed about
        pixels = pixels.transpose(1, 0, 2)
    down = -1 if orientation in {3, 4, 7, 8} else 1
    right = -1 if orientation in {2, 3, 6, 7} else 1
    return pixels[::down, ::right]


Window = tuple[slice, slice]


def tiles_of(shape: tuple[int, ...], side_px: int, overlap_px: int) -> Iterator[tuple[Window, Window]]:
    """Cut a scan into tiles."""
    height, width = shape[:2]
    for row in range(0, height, side_px):
        for column in range(0, width, side_px):
            top, left = max(0, row - overlap_px), max(0, column - overlap_px)
            bottom, right = min(height, row + side_px), min(width, column + side_px)
            window = (
                slice(top, min(height, bottom + overlap_px)),
                slice(left, min(width, right + overlap_px)),
            )
            yield window, (slice(row - top, bottom - top), slice(column - left, right - left))


_GDAL = {
    "GDAL_CACHEMAX": 64_000_000,
    "GDAL_PNG_WHOLE_IMAGE_OPTIM": "NO",  # with it the rest of a cut-off file is read as black
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",  # no file beside the image is looked at
    "GDAL_PAM_ENABLED": "NO",
}
_DRIVERS = {  # by how a file begins, whatever its name; other formats may lead GDAL to files and servers
    "PNG": rb"\x89PNG",
    "JPEG": rb"\xff\xd8\xff",
    "GTiff": rb"II[*+]\x00|MM\x00[*+]",
    "GIF": rb"GIF8",
    "BMP": rb"BM",
    "WEBP": rb"RIFF.{4}WEBP",
    "JP2OpenJPEG": rb"\x00\x00\x00\x0cjP|\xff\x4f\xff\x51",
}
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
        """Read a window."""
        first, last, _ = rows.indices(self.height_px)
        if isinstance(self._store, np.ndarray):
            return self._store[first:last, columns]
        self._store.seek(first * self.width_px * 3)
        count = max(last - first, 0) * self.width_px * 3
        band = np.frombuffer(self._store.read(count), dtype=np.uint8)
        return band.reshape(-1, self.width_px, 3)[:, columns]

    def bands(self, height_px: int = SCANS.band_px) -> Iterator[tuple[int, Pixels]]:
        """Go through the image from the top in bands of rows."""
        for first in range(0, self.height_px, height_px):
            yield first, self.read(slice(first, first + height_px))


Image = Scan | str | Path | npt.NDArray[np.generic]
"""What is taken for an image of a map: a scan that is open, a file's path, or pixels."""


@checked()
def open_scan(image: Image, *, page: int | None = None) -> Scan:
    """Open an image of a map.

    Parameters
    ----------
    image
        A PNG, JPEG, TIFF, GeoTIFF, GIF, BMP, WebP or JPEG 2000, whatever its ending; no file
        beside it is read. Or an array (rows, columns), (rows, columns, 3) or (rows, columns, 4) of 8 or 16
        bit. Grey, palette and 16 bit become 8 bit sRGB; what is transparent or has no data becomes white,
        and a fourth band that is no alpha is left out. A photograph is turned as its EXIF orientation says.
        A scan that is open already is returned as it is.
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
    _refuse_size(pixels.shape[1], pixels.shape[0], "the array")
    if np.may_share_memory(pixels, image):
        pixels = pixels.copy()
    return Scan(pixels.shape[1], pixels.shape[0], _store=pixels)


def _from_file(image: str | Path, page: int | None) -> Scan:
    if not Path(image).is_file():
        raise DigitizeError(f"{image}: no such file")
    driver = _driver_of(Path(image))
    with warnings.catch_warnings(), rasterio.Env(**_GDAL):
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        try:
            with rasterio.open(image, driver=driver) as dataset:
                pages = dataset.subdatasets if dataset.driver == "GTiff" else []
                if page in {None, 1}:
                    return _unpacked(dataset, str(image), _unnamed(len(pages), page))
            _refuse_no_page(page or 1, max(len(pages), 1), str(image))
            with rasterio.open(pages[(page or 1) - 1], driver="GTiff") as dataset:
                return _unpacked(dataset, str(image))
        except (rasterio.errors.RasterioError, CPLE_BaseError) as error:
            raise DigitizeError(f"{image}: cannot be read as an image ({error})") from error


def _driver_of(image: Path) -> str:
    """Tell the format of an image by its content."""
    with image.open("rb") as file:
        head = file.read(16)
    for driver, beginning in _DRIVERS.items():
        if re.match(beginning, head, re.DOTALL):
            return driver
    raise DigitizeError(f"{image}: cannot be read as an image: save it as PNG, JPEG or TIFF")


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
    _refuse_size(width, height, name)
    _refuse_no_picture(_bands_of(dataset), dataset.dtypes[0], name)
    if dataset.count > _bands_of(dataset):
        notes = (*notes, f"it has {dataset.count} frames, and the first is read")
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
    if shape[0] * shape[1] <= SCANS.in_memory_px:
        return np.ascontiguousarray(turned(np.concatenate(list(parts)), way))
    store = _filed(parts)
    if way == 1:
        return store
    with store:
        upright = turned(np.memmap(store, np.uint8, "r", shape=(*shape, 3)), way)
        return _filed(upright[k : k + SCANS.band_px] for k in range(0, len(upright), SCANS.band_px))


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
    """Shift from pixel corners, as GDAL counts, to pixel centres."""
    return affine.Affine(1, 0, -0.5, 0, 1, -0.5)


def _refuse_size(width: int, height: int, name: str) -> None:
    if min(width, height) < SCANS.least_px:
        raise DigitizeError(f"{name}: {width} × {height} px is no map: {SCANS.least_px} px at least")
    within("pixels", width * height, f"{name} of {width} × {height} px")
