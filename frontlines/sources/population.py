"""Rasters of people: which of them are taken, and how many people live on polygons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from frontlines._optional import require
from frontlines.arguments import checked
from frontlines.arrays import Floats, Geometries
from frontlines.crs.geodesic import way
from frontlines.errors import SourceError
from frontlines.limits import within
from frontlines.names import HALF_TURN_DEG, KM2

PER = ("pixel", "km2")
"""What a value of a raster may count: people in each pixel, or per km²."""

_EXTRA = "population"
_GDAL = {  # the file alone: nothing beside it is looked at
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_GEOREF_SOURCES": "INTERNAL",
    "GDAL_CACHEMAX": 64_000_000,
}
_DENSITY = re.compile(r"densit|per sq|per km|/ ?km|km-2|km\^-2|\bpd\b")
_COUNT = re.compile(r"\bcounts?\b|per pixel|per cell|\bppp\b")
_EDGE_M = 1000.0  # edges longer than this are cut before they are bent into the raster's CRS
_EQUAL_AREA = "+proj=cea +ellps=WGS84"


@dataclass(frozen=True)
class PopulationRaster:
    """A GeoTIFF of people, from `read_population`.

    Attributes
    ----------
    path
        The file.
    crs
        Its CRS.
    per
        What a value counts: people per ``pixel``, or per ``km2``.
    said_by
        How that is known.
    """

    path: Path
    crs: CRS
    per: str
    said_by: str

    def people(self, polygons: gpd.GeoDataFrame) -> pd.DataFrame:
        """Count the people on polygons; a pixel that lies partly in one counts with that part.

        Parameters
        ----------
        polygons
            (Multi)Polygons in an equal-area CRS in metres.

        Returns
        -------
        people
            Row by row `population`, and `without_km2`: ground for which the raster has no value.

        Raises
        ------
        SourceError
            If the raster holds negative values, or its CRS tears a polygon (at the antimeridian).
        MissingExtraError
            If rasterio or exactextract is not installed.
        """
        exactextract = require("exactextract", extra=_EXTRA)
        shapes = np.asarray(polygons.geometry.values)
        found = pd.DataFrame({"population": 0.0, "without_km2": shapely.area(shapes) / KM2}, polygons.index)
        rows = np.flatnonzero(shapely.area(shapes) > 0)
        if not len(rows):
            return found
        bent = self._bent(shapes[rows], polygons.crs)
        with _opened(self.path) as dataset:
            within("pixels", _pixels_of(dataset, shapely.total_bounds(bent)), f"{self.path} on this ground")
            source = _source(dataset, self)
            layer = gpd.GeoDataFrame(geometry=bent, crs=self.crs)
            counted = exactextract.exact_extract(source, layer, ["sum", "count"], output="pandas")
            pixel = abs(dataset.transform.a * dataset.transform.e)
        covered = (counted["count"].to_numpy() * pixel / shapely.area(bent)).clip(0.0, 1.0)
        found.iloc[rows, 0] = counted["sum"].fillna(0.0).to_numpy()
        found.iloc[rows, 1] *= 1 - covered
        return found

    def _bent(self, shapes: Geometries, crs: CRS) -> Geometries:
        """Bring polygons into the raster's CRS, which must not tear them."""
        bend = way(crs, self.crs).transform
        fine = shapely.segmentize(shapes, _EDGE_M)
        bent: Geometries = shapely.transform(fine, lambda xy: np.column_stack(bend(xy[:, 0], xy[:, 1])))
        west, south, east, north = shapely.bounds(bent).T
        torn = self.crs.is_geographic & (east - west > HALF_TURN_DEG)
        if torn.any() or not np.isfinite([west, south, east, north]).all():
            raise SourceError(
                f"the CRS of {self.path} ({self.crs.name}) tears the ground, or does not reach it: warp the "
                "raster to an equal-area CRS of the theatre first, such as with rio warp"
            )
        return bent


@checked()
def read_population(path: str | Path, *, per: str | None = None, crs: str | None = None) -> PopulationRaster:
    """Look at a GeoTIFF of people; its values are read when they are counted.

    Parameters
    ----------
    path
        A GeoTIFF of one band. Files beside it are not looked at.
    per
        What a value counts: people per ``pixel``, or per ``km2``. None: as its unit, its description or its
        name says.
    crs
        The CRS of a file that names none.

    Returns
    -------
    raster
        For `people_by_ground`, or to count by itself.

    Raises
    ------
    SourceError
        If it is no GeoTIFF, has several bands, no place on the earth or is turned, or if it does not say
        what its values count.
    MissingExtraError
        If rasterio is not installed.

    Examples
    --------
    >>> read_population("people_2020.tif", per="pixel")
    Traceback (most recent call last):
    ...
    frontlines.errors.SourceError: people_2020.tif: no such file
    """
    path = Path(path)
    if per not in (None, *PER):
        raise SourceError(f"per is {per!r}: use one of {', '.join(map(repr, PER))}")
    with _opened(path) as dataset:
        if dataset.count != 1:
            raise SourceError(f"{path} has {dataset.count} bands: give a raster of one, of people")
        turned = dataset.transform.b or dataset.transform.d
        if dataset.transform.is_identity or turned or dataset.transform.e >= 0:
            what = (
                "is turned or upside down"
                if turned or dataset.transform.e > 0
                else "does not say where it lies"
            )
            raise SourceError(f"{path} {what}: warp it first, such as with rio warp or gdalwarp")
        named = dataset.crs.to_wkt() if dataset.crs else crs
        if named is None:
            raise SourceError(f"{path} names no CRS: say which with crs='EPSG:4326'")
        said_by = "as it was said" if per else ""
        if per is None:
            per, said_by = _unit_of(dataset, path)
    return PopulationRaster(path, CRS.from_user_input(named), per, said_by)


def _unit_of(dataset: Any, path: Path) -> tuple[str, str]:
    """Find what a value counts in what the file says of itself, else in its name."""
    own = [*dataset.units, *dataset.descriptions, *dataset.tags().values(), *dataset.tags(1).values()]
    for texts, where in ((own, "as the file says"), ([path.stem], "as its name says")):
        words = " ".join(text for text in texts if text).lower().replace("_", " ")
        density, count = bool(_DENSITY.search(words)), bool(_COUNT.search(words))
        if density != count:
            return ("km2" if density else "pixel"), where
    raise SourceError(
        f"{path} does not say what its values count: give per='pixel' (people in each pixel) or per='km2' "
        "(people per km²)"
    )


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a GeoTIFF, and nothing else: no other driver, no file beside it, nothing on a network."""
    if not path.is_file():
        raise SourceError(f"{path}: no such file")
    rasterio = require("rasterio", extra=_EXTRA)
    with rasterio.Env(**_GDAL):
        try:
            with rasterio.open(path.absolute(), driver="GTiff") as dataset:
                yield dataset
        except rasterio.errors.RasterioError as error:
            raise SourceError(f"{path} cannot be read as a GeoTIFF ({error})") from error


def _pixels_of(dataset: Any, bounds: Floats) -> float:
    """Count the pixels of a raster within some bounds."""
    low = np.maximum(bounds[:2], dataset.bounds[:2])
    high = np.minimum(bounds[2:], dataset.bounds[2:])
    return float(np.prod(np.maximum(high - low, 0.0) / np.abs(dataset.res)))


def _source(dataset: Any, raster: PopulationRaster) -> Any:
    """Give the values of a raster as people per pixel, to be read window by window."""
    base: Any = require("exactextract.raster", extra=_EXTRA).RasterSource
    window_of = require("rasterio.windows", extra=_EXTRA).Window
    place, bounds = dataset.transform, dataset.bounds
    scale, offset = dataset.scales[0], dataset.offsets[0]

    class _People(base):  # type: ignore[misc]
        def res(self) -> tuple[float, float]:
            return abs(place.a), abs(place.e)

        def extent(self) -> tuple[float, ...]:
            return bounds.left, bounds.bottom, bounds.right, bounds.top

        def srs_wkt(self) -> str:
            return raster.crs.to_wkt()

        def nodata_value(self) -> None:
            return None

        def read_window(self, x0: int, y0: int, nx: int, ny: int) -> Any:
            read = dataset.read(1, window=window_of(x0, y0, nx, ny), masked=True)
            values = np.ma.masked_invalid(read.astype(float)) * scale + offset
            _refuse_negative(values, dataset.nodata, raster.path)
            return values if raster.per == "pixel" else values * _areas_km2(raster.crs, place, x0, y0, nx, ny)

    return _People()


def _refuse_negative(values: Any, nodata: float | None, path: Path) -> None:
    """Refuse fewer people than none: they are marks for pixels without a value."""
    least = values.min() if values.count() else 0.0
    if least < 0:
        named = "names no nodata" if nodata is None else f"names {nodata:g} as nodata"
        raise SourceError(
            f"{path} holds negative values, such as {least:g}, and {named}: mark what is no number of people "
            f"with rio edit-info --nodata {least:g} {path.name}"
        )


def _areas_km2(crs: CRS, place: Any, x0: int, y0: int, nx: int, ny: int) -> Floats:
    """Measure the pixels of a window on the ellipsoid [km²]; of degrees, one column stands for all."""
    columns = np.arange(2 if crs.is_geographic else nx + 1) + x0
    x, y = np.meshgrid(place.c + columns * place.a, place.f + (np.arange(ny + 1) + y0) * place.e)
    to_plane = way(crs, CRS.from_proj4(_EQUAL_AREA)).transform
    corners = np.stack(to_plane(x, y))
    one, two = corners[:, 1:, 1:] - corners[:, :-1, :-1], corners[:, 1:, :-1] - corners[:, :-1, 1:]
    areas: Floats = np.abs(one[0] * two[1] - one[1] * two[0]) / 2 / KM2  # half the product of diagonals
    return areas
