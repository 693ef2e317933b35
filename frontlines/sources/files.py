"""Layers from and to files; the format follows from the name.

===================================  =============================================
``.geojson``, ``.json``              GeoJSON (RFC 7946: longitude and latitude)
``.gpkg``                            GeoPackage
``.parquet``, ``.geoparquet``        GeoParquet
``.shp``, ``.zip``, ``.shp.zip``     shapefile, also zipped
``.kml``, ``.kmz``                   KML (longitude and latitude)
``.csv``                             tables; read as points from ``lon`` and ``lat``
===================================  =============================================
"""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from frontlines.errors import SourceError
from frontlines.manifest import fingerprint
from frontlines.sources import formats

_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")

FORMATS = formats.FORMATS
"""File name endings that can be read and written."""


def read_layer(path: str | Path, *, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read a layer from a file, as it is.

    Parameters
    ----------
    path
        A file; its ending says its format (see `FORMATS`).
    layer
        Name of a layer within a GeoPackage or KML. Default: the only one; all folders of a KML.

    Returns
    -------
    frame
        The raw frame, with the file's columns and CRS. A CSV gives points from its columns `lon` and
        `lat` [degrees]; a row without them has no geometry.

    Raises
    ------
    SourceError
        If the file is not there, its format is not known, or it cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from shapely import Point
    >>> frame = gpd.GeoDataFrame({"name": ["Ağdam"]}, geometry=[Point(46.9, 40)], crs="EPSG:4326")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(frame, Path(folder) / "places.gpkg")
    ...     read_layer(Path(folder) / "places.gpkg")["name"].tolist()
    ['Ağdam']
    """
    path = Path(path)
    if not path.is_file():
        raise SourceError(f"{path} is not a file: check the path")
    suffix = formats.suffix_of(path)
    try:
        return formats.read(path, layer)
    except SourceError:
        raise
    except (OSError, ValueError, LookupError, RuntimeError, zipfile.BadZipFile) as error:
        raise SourceError(f"{path} cannot be read as {suffix}: {error}") from error


def read_control(
    path: str | Path, *, date: str | None = None, side: str | None = None, source: str | None = None
) -> gpd.GeoDataFrame:
    """Read polygons of control, and fill in what the file leaves unsaid.

    Parameters
    ----------
    path
        A file of polygons (see `read_layer`).
    date
        The day, if the file has no column `date`; by default the day in its name, if there is one.
    side
        Who holds all its polygons, if the file has no column `side`.
    source
        Where it comes from, if the file has no column `source`; by default the file's name.

    Returns
    -------
    frame
        A raw frame for `as_control`.

    Raises
    ------
    SourceError
        If the file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from shapely import box
    >>> frame = gpd.GeoDataFrame(geometry=[box(46, 39, 47, 40)], crs="EPSG:4326")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(frame, Path(folder) / "front_1994-05-12.geojson")
    ...     raw = read_control(Path(folder) / "front_1994-05-12.geojson", side="ARM")
    >>> raw[["date", "side", "source"]].values.tolist()
    [['1994-05-12', 'ARM', 'front_1994-05-12.geojson']]
    """
    return control_columns(read_layer(path), path, date=date, side=side, source=source)


def read_frontlines(
    path: str | Path, *, date: str | None = None, source: str | None = None
) -> gpd.GeoDataFrame:
    """Read frontlines, and fill in what the file leaves unsaid.

    Parameters
    ----------
    path
        A file of lines (see `read_layer`).
    date, source
        As for `read_control`.

    Returns
    -------
    frame
        A raw frame for `as_frontlines`.

    Raises
    ------
    SourceError
        If the file cannot be read.

    Examples
    --------
    >>> import frontlines.datasets
    >>> folder = frontlines.datasets.locate("karabakh-1994").parent
    >>> sorted(read_frontlines(folder / "frontlines.geojson")["side_left"].unique())
    ['AZE']
    """
    return control_columns(read_layer(path), path, date=date, source=source)


def read_districts(path: str | Path, *, vintage: str | None = None) -> gpd.GeoDataFrame:
    """Read districts.

    Parameters
    ----------
    path
        A file of polygons (see `read_layer`).
    vintage
        Which version of the districts this is, if the file has no column `vintage`; by default the
        file's name.

    Returns
    -------
    frame
        A raw frame for `as_districts`.

    Raises
    ------
    SourceError
        If the file cannot be read.

    Examples
    --------
    >>> import frontlines.datasets
    >>> folder = frontlines.datasets.locate("karabakh-1994").parent
    >>> "Laçın" in set(read_districts(folder / "districts.geojson")["district"])
    True
    """
    return fill_in(read_layer(path), vintage=vintage or Path(path).name)


def read_settlements(path: str | Path) -> gpd.GeoDataFrame:
    """Read settlements from a file of points, or from a CSV with `lon` and `lat` [degrees].

    Parameters
    ----------
    path
        A file (see `read_layer`).

    Returns
    -------
    frame
        A raw frame for `as_settlements`; places without coordinates have no geometry.

    Raises
    ------
    SourceError
        If the file cannot be read.

    Examples
    --------
    >>> import frontlines.datasets
    >>> folder = frontlines.datasets.locate("karabakh-1994").parent
    >>> bool(read_settlements(folder / "settlements.csv").geometry.isna().any())
    True
    """
    return read_layer(path)


def day_in_name(path: str | Path) -> str | None:
    """Find a day such as 2024-07-08 or 20240708 in a file's name."""
    days = {"-".join(found) for found in _DAY.findall(Path(path).name)}
    return days.pop() if len(days) == 1 else None


def write(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a layer or a table to a file, whole or not at all.

    Parameters
    ----------
    frame
        A GeoDataFrame in any CRS, or a table (CSV and Parquet only).
    path
        Where to; its ending says the format (see `FORMATS`). A file that is there is replaced.
        GeoJSON and KML are written in longitude and latitude. Days are written as 1994-05-12.

    Raises
    ------
    SourceError
        If the format is not known, or the file cannot be written.

    Notes
    -----
    A shapefile's ending ``.zip`` writes all its parts into one archive. Shapefiles cut column names
    at ten characters.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(pd.DataFrame({"district": ["Ağdam"], "net_km2": [1.5]}), Path(folder) / "balance.csv")
    ...     print((Path(folder) / "balance.csv").read_text(encoding="utf-8"))
    district,net_km2
    Ağdam,1.5
    <BLANKLINE>
    """
    path = Path(path)
    writer = formats.writer_for(frame, path)
    try:
        with whole_or_not(path) as temporary:
            writer(frame, temporary)
    except (OSError, TypeError, ValueError, RuntimeError) as error:
        raise SourceError(f"{path} cannot be written: {error}") from error


@contextmanager
def whole_or_not(path: Path) -> Iterator[Path]:
    """Give a temporary name beside a file, and move what was written there to its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".frontlines-", dir=path.parent) as folder:
        temporary = Path(folder) / path.name
        yield temporary
        for part in sorted(Path(folder).iterdir()):
            part.replace(path.parent / part.name)


def fill_in(frame: gpd.GeoDataFrame, **given: str | None) -> gpd.GeoDataFrame:
    """Add the columns that a frame does not have, in any case of letters; None adds nothing."""
    present = {str(column).strip().lower() for column in frame.columns}
    absent = {name: value for name, value in given.items() if value is not None and name not in present}
    return frame.assign(**absent)


def control_columns(
    frame: gpd.GeoDataFrame,
    path: str | Path,
    *,
    date: str | None = None,
    side: str | None = None,
    source: str | None = None,
) -> gpd.GeoDataFrame:
    """Fill in what a file of control or frontlines leaves unsaid, as `read_control` does."""
    source = source or Path(path).name
    return fill_in(frame, date=date or day_in_name(path), side=side, source=source)


class Reading:
    """The files of one run: each is read once, and hashed as it is read.

    `known` holds SHA-256 digests of files that were hashed already.
    """

    def __init__(self, known: Mapping[Path, str] | None = None) -> None:
        self._known = dict(known or {})
        self._frames: dict[Path, gpd.GeoDataFrame] = {}
        self._prints: dict[Path, dict[str, Any]] = {}
        self._noted: list[dict[str, Any]] = []

    def layer(self, path: Path, role: str) -> gpd.GeoDataFrame:
        """Read a layer as it is, and note what it is for."""
        if (own := path.absolute()) not in self._frames:
            self._frames[own] = read_layer(path)
        self.note(path, role)
        return self._frames[own]

    def note(self, path: Path, role: str) -> None:
        """Note a file that is read elsewhere."""
        if (own := path.absolute()) not in self._prints:
            self._prints[own] = fingerprint(path, role, digest=self._known.get(own))
        self._noted.append(self._prints[own] | {"role": role})

    def inputs(self, *roles: str) -> tuple[dict[str, Any], ...]:
        """Describe the files read, in the order of their roles, those of other roles last."""
        place = {role: number for number, role in enumerate(roles)}
        return tuple(sorted(self._noted, key=lambda one: place.get(one["role"], len(place))))
