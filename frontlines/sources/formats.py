"""One reader and one writer a format.

GDAL looks at a file's content, not at its name, and some of what it knows (virtual layers, pipelines)
sends it on to other files or into the network. So a file must begin as its ending says, and is then
opened as that format and no other.
"""

from __future__ import annotations

import codecs
import json
import math
import re
import shutil
import sqlite3
import warnings
import zipfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from functools import cache, partial
from pathlib import Path
from typing import Any, NoReturn

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely
from pyproj import CRS
from pyproj.exceptions import ProjError

from frontlines.arguments import checked
from frontlines.errors import FrontlinesError, SourceError
from frontlines.limits import within
from frontlines.names import LONLAT, listed
from frontlines.sources.description import USUAL, Description
from frontlines.sources.kml import read_kml
from frontlines.sources.tables import encoding_of, read_table

_DRIVERS = {
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".gpkg": "GPKG",
    ".kml": "LIBKML",
    ".kmz": "LIBKML",
    ".shp": "ESRI Shapefile",
}
_TOPOJSON = (".topojson", ".json")  # a topology may have the ending .json too; it is read, not written
_PARQUET = (".parquet", ".geoparquet")
_GEOGRAPHIC_ONLY = (".geojson", ".json", ".kml", ".kmz")

DECIMALS = {"km2": 6, "km": 3, "m": 2}
"""Decimals by the unit in which a column's name ends: to 1 m², 1 m and 1 cm."""

OTHER_DECIMALS = 6
"""Decimals of shares, rates and all other numbers."""

FORMATS = (*_DRIVERS, *_PARQUET, ".zip", ".csv", ".topojson")
"""File name endings that can be read and, but for ``.topojson``, written."""

_HEAD = 65_536
_ZIP, _SHAPEFILE = b"PK", b"\x00\x00\x27\x0a"
_SHP_WORDS = slice(24, 28)  # where a shapefile says its length, in words of two bytes
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BEGINNINGS = {  # what a file must begin with
    ".gpkg": re.compile(rb"SQLite format 3\x00"),
    ".shp": re.compile(re.escape(_SHAPEFILE)),
    ".zip": re.compile(_ZIP),
    ".kmz": re.compile(_ZIP),
    ".kml": re.compile(rb"(\xef\xbb\xbf)?\s*(<\?.*?\?>\s*|<!--.*?-->\s*)*<(\w+:)?kml\b", re.DOTALL),
}
_TOPOLOGY = re.compile(rb'"type"\s*:\s*"Topology"')
_BROKEN = (zipfile.BadZipFile, zlib.error, sqlite3.Error)
_MISREAD = (ValueError, TypeError, AttributeError)  # of readers that trust what a file says of itself
_DBF_NAME = 10
_LOCKED = 1  # the flag of an encrypted part of an archive
_NAMED = 3  # parts of an archive named in a message
_FLAT = 2  # axes of a CRS without heights
_SPHERICAL = re.compile(rb'"edges"\s*:\s*"(?!planar")')
_FEATURES = re.compile(rb'"features"\s*:\s*\[')
_CRS_MEMBER = re.compile(  # in plain letters, or written as their numbers
    rb'"(?:c|\\u0063)(?:r|\\u0072)(?:s|\\u0073)"\s*:\s*(?=\{)', re.IGNORECASE
)
_NAMED_CRS = re.compile(  # names of the OGC, of an authority, or as EPSG:4326; no other address
    rb'\{\s*(?:"type"\s*:\s*"name"\s*,\s*)?"properties"\s*:\s*\{\s*"name"\s*:\s*'
    rb'"(?P<name>(?:urn:|\w+:\w+|http://www\.opengis\.net/)[^"\\]*)"\s*\}\s*(?:,\s*"type"\s*:\s*"name"\s*)?\}'
)
_SHOWN = 60
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_MIDNIGHT = pd.Timedelta(0)
_OFTEN = 8  # rows for each pair of cells that are written as one
_ROWS_AT_ONCE = 100_000  # of a CSV: some 20 MB of text
_NEED_QUOTES = re.compile(r'[,"\n]')


@cache
def _gdal() -> Any:
    """Load GDAL where a file needs it; it writes nothing beside what it reads."""
    import pyogrio  # noqa: PLC0415 - GeoParquet and tables do without

    pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": False})
    return pyogrio


@checked()
def read_layer(
    path: str | Path, *, layer: str | None = None, description: Description = USUAL
) -> gpd.GeoDataFrame:
    """Read a layer from a file, as it is.

    Parameters
    ----------
    path
        A file; its ending says its format (see `FORMATS`).
    layer
        Name of a layer within a GeoPackage or KML. Default: the only one; all folders of a KML.
    description
        What the file does not say itself: CRS, encoding, columns of longitude and latitude of a CSV.

    Returns
    -------
    frame
        The raw frame, with the file's columns and CRS. A CSV gives points from its columns of longitude
        and latitude [degrees] (`lon`, `lng`, `longitude` and so on), or shapes from one of WKT; a row
        without them has no geometry. In a KML, folders, styles, colours and spans of time are columns.

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
    ...     frame.to_file(Path(folder) / "places.gpkg")
    ...     read_layer(Path(folder) / "places.gpkg")["name"].tolist()
    ['Ağdam']
    """
    path = path_of(path)
    try:
        if not path.is_file():
            raise SourceError(f"{path} is not a file: check the path")
        suffix_of(path)
        frame = read(path, layer, description)
    except FrontlinesError:
        raise
    except shapely.errors.GEOSException as error:
        words = str(error).rsplit("Exception: ", 1)[-1].strip()
        raise SourceError(
            f"{path} holds a shape that cannot be built ({words}): end each ring where it begins, and give "
            "each line two positions or more"
        ) from error
    except (OSError, ArithmeticError, LookupError, RuntimeError, *_BROKEN, *_MISREAD) as error:
        raise SourceError(f"{path} cannot be read as {path.suffix.lower()}: {error}") from error
    within("rows", len(frame), path.name)
    within("vertices", int(shapely.get_num_coordinates(frame.geometry.values).sum()), path.name)
    return placed(frame, path, description)


def placed(frame: gpd.GeoDataFrame, path: Path, description: Description) -> gpd.GeoDataFrame:
    """Give a frame its CRS, without heights, which are left out later on."""
    frame = with_crs(frame, path, description.crs)
    if frame.crs is not None and len(frame.crs.axis_info) > _FLAT:
        frame = frame.set_crs(frame.crs.to_2d(), allow_override=True)
    return frame


def path_of(path: Any) -> Path:
    """Take a text or a path for a path, and refuse everything else."""
    try:
        return Path(path)
    except TypeError as error:
        raise SourceError(f"{path!r} is no path of a file: give a text or a pathlib.Path") from error


def layers_in(folder: Path) -> list[Path]:
    """List the files of a folder whose endings are known; hidden ones (._a.geojson of macOS) are left out."""
    try:
        files = sorted(file for file in folder.iterdir() if not file.name.startswith("."))
        files = [file for file in files if file.suffix.lower() in FORMATS and not file.is_dir()]
    except OSError as error:
        raise SourceError(f"{folder} cannot be read: {error}") from error
    if odd := [file.name for file in files if not file.is_file()]:
        raise SourceError(
            f"{folder} holds {', '.join(odd[:3])}, which is no file: take it away, or mend the link"
        )
    return files


def suffix_of(path: Path) -> str:
    """Tell a file's format by its ending."""
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        known = ", ".join(FORMATS)
        raise SourceError(f"{path} has an ending that is not known ({suffix or 'none'}): use one of {known}")
    if "!" in str(path) and suffix not in (*_PARQUET, ".csv"):
        raise SourceError(f"{path} has a '!' in it, which GDAL takes for the edge of an archive: rename it")
    return suffix


def read(path: Path, layer: str | None, description: Description) -> gpd.GeoDataFrame:
    """Read a file as the format that its ending says."""
    suffix = suffix_of(path)
    if suffix in _PARQUET:
        held = pq.read_metadata(path)
        within("rows", held.num_rows, path.name)
        if _SPHERICAL.search((held.metadata or {}).get(b"geo", b"")):
            raise SourceError(
                f"{path.name} says that its edges are arcs on a sphere: put points on long edges, and save "
                "it with planar edges"
            )
        return gpd.read_parquet(path)
    if suffix == ".csv":
        return read_table(path, description)
    _require_beginning(path, suffix)
    if suffix in (".kml", ".kmz"):
        return read_kml(path, layer)
    known = True
    with warnings.catch_warnings():  # measures along lines (M) are left out, and mean nothing to us
        warnings.filterwarnings("ignore", "Measured", UserWarning)
        warnings.filterwarnings("ignore", "Non closed ring", RuntimeWarning)  # shapely refuses it
        warnings.filterwarnings("ignore", "Non-conformant content", RuntimeWarning)  # days with offsets
        if suffix == ".zip":
            address, layer = _shapefile_in(path, layer), None
        elif suffix in _TOPOJSON and _is_topology(path):
            address = f"TopoJSON:{path}"
        elif _DRIVERS[suffix] == "GeoJSON":
            _require_one_list(path)
            known = _requireknown_crs(path, description.crs)
            address = f"GeoJSON:{path}"
        else:
            address = str(path)
        frame = _read_one(address, path, layer, encoding_of(path, description.encoding))
    return frame if known else frame.set_crs(None, allow_override=True)


def _require_one_list(path: Path) -> None:
    """Refuse a GeoJSON with two lists of features, of which GDAL takes one."""
    if len(_FEATURES.findall(text := path.read_bytes())) < 2:  # noqa: PLR2004 - one list, or none
        return
    lists: list[int] = []
    with suppress(ValueError, RecursionError):  # GDAL says what is wrong with it
        json.loads(text, object_pairs_hook=partial(_counted, lists))
    if max(lists, default=0) > 1:
        raise SourceError(
            f"{path.name} has two members 'features', and only one of them would be read: join them"
        )


def _counted(lists: list[int], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if "type" in members:
        lists.append(sum(key == "features" for key, _ in pairs))
    return members


def _require_beginning(path: Path, suffix: str) -> None:
    """Refuse a file whose content is of another format than its name."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head[:2] in _UTF_16:
        raise SourceError(f"{path} is written in UTF-16: save it as UTF-8")
    if suffix in _BEGINNINGS:
        if not _BEGINNINGS[suffix].match(head) or (suffix == ".kml" and b"<OGR" in head):
            raise SourceError(f"{path} cannot be read as {suffix}: its content is of another format")
        journal = path.with_name(f"{path.name}-wal")
        if suffix == ".gpkg" and journal.exists() and journal.stat().st_size:
            raise SourceError(
                f"{path.name} is open in another program, or was left open ({journal.name} lies beside it): "
                "close it there, or save a copy"
            )
        if suffix == ".shp" and not any(path.with_suffix(one).exists() for one in (".shx", ".SHX")):
            raise SourceError(f"{path} has no {path.stem}.shx beside it: get all files of the shapefile")
        if suffix == ".shp" and path.stat().st_size < 2 * int.from_bytes(head[_SHP_WORDS], "big"):
            raise SourceError(f"{path} cannot be read as .shp: it is cut short, get the whole file")


def _is_topology(path: Path) -> bool:
    """Tell TopoJSON from GeoJSON: by what its first or last part says of its type."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        file.seek(max(path.stat().st_size - _HEAD, 0))
        found = bool(_TOPOLOGY.search(head) or _TOPOLOGY.search(file.read()))
    if not found and path.suffix.lower() == ".topojson":
        raise SourceError(f"{path} cannot be read as .topojson: its content is of another format")
    return found


def with_crs(frame: gpd.GeoDataFrame, path: Path, wanted: str | None) -> gpd.GeoDataFrame:
    """Give a frame without a CRS, or with one that gives no place on Earth, the one that is wanted."""
    if frame.crs is not None and _gives_places(frame.crs):
        return frame
    if wanted is not None:
        return frame.set_crs(known_crs(wanted, f"crs={wanted!r}"), allow_override=True)
    if frame.crs is not None:
        _refuse_crs(path, frame.crs.name)
    return frame


def _gives_places(crs: CRS) -> bool:
    """Tell a CRS of the Earth's surface from heights, building sites and those that are not defined."""
    return (crs.is_geographic or crs.is_projected) and not crs.name.lower().startswith("undefined")


def known_crs(text: str, what: str) -> CRS:
    """Understand a CRS, or say what it should look like."""
    try:
        known = CRS.from_user_input(text)
    except ProjError as error:
        raise SourceError(f"{what} is no CRS that is known: write it as EPSG:4326") from error
    if not _gives_places(known):
        raise SourceError(f"{what} ({known.name}) gives no place on Earth: write one that does, as EPSG:4326")
    return known


def _refuse_crs(path: Path, name: str) -> NoReturn:
    shown = "".join(letter for letter in name if letter.isprintable())[:_SHOWN]
    raise SourceError(
        f"{path} names a CRS that is not known, or gives no place on Earth ({shown}): take it out, or say "
        "which it is with crs='EPSG:4326'"
    )


def _requireknown_crs(path: Path, wanted: str | None) -> bool:
    """Tell whether the CRS that a GeoJSON names is known; GDAL would take it for degrees or follow it."""
    content = path.read_bytes()
    for member in _CRS_MEMBER.finditer(content):
        named = _NAMED_CRS.match(content, member.end())
        if not named:
            raise SourceError(
                f"{path} has a member crs that does not name a CRS (links are not followed): take it out of "
                "the file; without it, coordinates are longitude and latitude"
            )
        name = named["name"].decode(errors="replace")
        try:
            CRS.from_user_input(name)
        except ProjError:
            if wanted is None:
                _refuse_crs(path, name)
            return False
    return True


def _shapefile_in(path: Path, layer: str | None) -> str:
    """Find the one shapefile within an archive."""
    with zipfile.ZipFile(path) as archive:
        if any(one.flag_bits & _LOCKED for one in archive.infolist()):
            raise SourceError(f"{path} is locked with a password: unpack it, and pass what it holds")
        parts = [name for name in archive.namelist() if name.lower().endswith(".shp")]
        parts = [name for name in parts if not Path(name).name.startswith("._")]
        if layer is not None:
            parts = [name for name in parts if Path(name).stem == layer]
        if len(parts) != 1:
            held = listed(parts or archive.namelist(), _NAMED) or "nothing"
            raise SourceError(f"{path} must hold one shapefile (it holds {held}): zip one alone")
        stem = parts[0].removesuffix(Path(parts[0]).suffix)
        own = [one.file_size for one in archive.infolist() if one.filename.startswith(stem)]
        within("unpacked_mb", sum(own) / 1e6, path.name)
        with archive.open(parts[0]) as file:
            if file.read(len(_SHAPEFILE)) != _SHAPEFILE:
                raise SourceError(f"{path} cannot be read as .zip: {parts[0]} is not a shapefile")
    return f"/vsizip/{{{path.absolute()}}}/{parts[0]}"


def _read_one(address: str, path: Path, layer: str | None, encoding: str | None) -> gpd.GeoDataFrame:
    _require_no_views(path)
    layers = _gdal().list_layers(address)
    names = [str(name) for name, kind in layers if kind is not None]
    if not names:
        raise SourceError(f"{path} holds no layer with geometry: give one of polygons, lines or points")
    if layer is None and len(names) > 1:
        raise SourceError(
            f"{path} holds the layers {', '.join(names)}: save the one to read in a file of its own"
        )
    if layer is not None and layer not in names:
        raise SourceError(f"{path} has no layer {layer!r}: it holds {', '.join(names)}")
    if "JSON:" not in address:  # where counting is reading, of no more than the file holds
        within("rows", _gdal().read_info(address, layer=layer or names[0])["features"], path.name)
    options = {"layer": layer or names[0], "encoding": encoding, "datetime_as_string": True}
    if address.startswith("GeoJSON:"):
        options["DATE_AS_STRING"] = "YES"  # a day stays as it is written, even one that is none
    try:
        frame: gpd.GeoDataFrame = _gdal().read_dataframe(address, **options)
    except ValueError:  # a column of days with one that is none
        columns = _readable_columns(address, options)
        frame = _gdal().read_dataframe(address, columns=columns, **options)
    return frame


def _require_no_views(path: Path) -> None:
    """Refuse views in a GeoPackage: to look at one may take any time."""
    if path.suffix.lower() == ".gpkg":
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as base:
            views = base.execute("select name from sqlite_master where type = 'view'").fetchall()
        if views:
            raise SourceError(f"{path} holds the view {views[0][0]}: save the layer in a file of its own")


def _readable_columns(address: str, options: dict[str, Any]) -> list[str]:
    """List the columns without those of days in which some day is none, such as 30 February."""
    about = _gdal().read_info(address, layer=options["layer"], encoding=options["encoding"])
    kept = []
    for name, kind in zip(about["fields"], about["dtypes"], strict=True):
        try:
            if "datetime" in str(kind):
                _gdal().read_dataframe(address, columns=[name], read_geometry=False, **options)
            kept.append(str(name))
        except ValueError:
            continue
    return kept


def writer_for(frame: pd.DataFrame, path: Path) -> Callable[[Any, Path], None]:
    """Pick the function that writes a frame."""
    suffix = suffix_of(path)
    if suffix == ".topojson":
        raise SourceError(f"{path}: TopoJSON is read, not written: use .geojson or .gpkg")
    if suffix == ".csv":
        return _write_csv
    if suffix in _PARQUET:
        return _write_parquet
    if not isinstance(frame, gpd.GeoDataFrame):
        raise SourceError(
            f"{path}: a table without geometry cannot be written as {suffix}: use .csv or .parquet"
        )
    if frame.crs is None:
        raise SourceError(f"{path}: the layer has no CRS: say which it is with frame.set_crs('EPSG:4326')")
    names = frame.columns.map(str)
    if names.has_duplicates:
        twice = ", ".join(names[names.duplicated()].unique())
        raise SourceError(f"{path}: the layer has columns that share a name: {twice}")
    return _write_zip if suffix == ".zip" else _write_vector


def require_whole(path: Path, rows: int, layer: str | None = None) -> None:
    """Read back what GDAL wrote, which a full disk may have cut short without an error."""
    suffix = path.suffix.lower()
    if suffix in _DRIVERS:
        found = _gdal().read_info(path, layer=layer, force_feature_count=True)["features"]
        if found != rows:
            raise OSError(f"only {found:,} of {rows:,} rows were stored")
    if suffix == ".shp":
        try:
            encoding_of(path, "UTF-8")
        except SourceError as error:
            raise OSError("not all rows of its .dbf were stored") from error


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Round numbers to the decimals of their units."""
    names = table.select_dtypes("float").columns
    return table.round({name: decimals_of(str(name)) for name in names})


def decimals_of(column: str) -> int:
    """Give the decimals of a column."""
    return DECIMALS.get(column.rpartition("_")[2], OTHER_DECIMALS)


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table; a cell that occurs again and again is put into words once."""
    if isinstance(frame, gpd.GeoDataFrame):
        shapes = frame.geometry.to_wkt()
        frame = pd.DataFrame(frame.drop(columns=frame.geometry.name)).assign(geometry=shapes)
    if len(frame.columns) < 2:  # noqa: PLR2004 - an empty cell alone in its row is no empty row
        frame.map(plain_cell).to_csv(path, index=False, lineterminator="\n")
        return
    columns = _alike([_cells(frame.iloc[:, place]) for place in range(len(frame.columns))])
    with path.open("wb") as file:
        file.write((",".join(_quoted(str(name)) for name in frame.columns) + "\n").encode())
        for start in range(0, len(frame), _ROWS_AT_ONCE):
            parts = [column[start : start + _ROWS_AT_ONCE].cast("string") for column in columns]
            rows = pc.binary_join_element_wise(*parts, ",")
            text = pc.binary_join(pa.ListArray.from_arrays([0, len(rows)], rows), "\n")
            file.write(text[0].as_buffer())
            file.write(b"\n")


def _alike(columns: Sequence[pa.DictionaryArray]) -> list[pa.DictionaryArray]:
    """Join neighbouring columns to one where their cells come together again and again."""
    joined = list(columns[:1])
    for column in columns[1:]:
        size = len(column.dictionary)
        numbers = [one.indices.to_numpy().astype(np.int64) for one in (joined[-1], column)]
        number, pairs = pd.factorize(numbers[0] * size + numbers[1])
        if len(pairs) > len(number) / _OFTEN:
            joined.append(column)
            continue
        words = zip((joined[-1], column), map(pa.array, np.divmod(pairs, size)), strict=True)
        texts = pc.binary_join_element_wise(*(one.dictionary.take(own) for one, own in words), ",")
        joined[-1] = pa.DictionaryArray.from_arrays(pa.array(number, pa.int32()), texts)
    return joined


def _cells(cells: pd.Series[Any]) -> pa.DictionaryArray:
    """Give the text of each cell of a column of a CSV, as a number into those that differ."""
    if cells.dtype == np.float64 and isinstance(cells.dtype, np.dtype):  # by their bits: 0.0 and -0.0 differ
        number, bits = pd.factorize(cells.to_numpy(dtype=np.float64).view(np.int64))
        texts = ["" if math.isnan(one) else repr(one) for one in bits.view(np.float64).tolist()]
    elif pd.api.types.is_datetime64_any_dtype(cells):
        number, days = pd.factorize(cells)
        texts = _day_texts(pd.Series(days)).tolist()
    else:
        alike = pd.api.types.infer_dtype(cells) in {"string", "boolean"}  # else 1, 1.0, True would be one
        known = () if alike else zip(cells.array, cells.isna(), strict=True)
        words = [None if no else _cell(one) for one, no in known]
        number, distinct = pd.factorize(cells if alike else pd.Series(words, dtype=object))
        texts = [_quoted(_cell(one) if alike else one) for one in distinct]
    number = np.where(number < 0, len(texts), number)
    return pa.DictionaryArray.from_arrays(pa.array(number, pa.int32()), pa.array([*texts, ""], pa.string()))


def _cell(cell: Any) -> str:
    return str(plain_cell(cell))


def _quoted(text: str) -> str:
    """Quote a cell of a CSV where it must be."""
    doubled = text.replace('"', '""')
    return f'"{doubled}"' if _NEED_QUOTES.search(text) else text


def plain_cell(cell: Any) -> Any:
    """Write one cell so that it stays in its row, and no spreadsheet takes it for a formula."""
    if not isinstance(cell, str):
        return cell
    cell = _CONTROLS.sub(" ", cell)
    return f"'{cell}" if cell.lstrip().startswith(("=", "+", "-", "@")) else cell


def _write_parquet(frame: pd.DataFrame, path: Path) -> None:
    frame.to_parquet(path, index=False, compression="zstd")


def _write_zip(frame: gpd.GeoDataFrame, path: Path) -> None:
    name = re.sub(r"(\.shp)?\.zip$", "", path.name, flags=re.IGNORECASE)
    inner = path.parent / "parts"  # where a killed run's leftovers are cleared, and room is looked at
    inner.mkdir()
    _write_vector(frame, inner / f"{name}.shp")
    require_whole(inner / f"{name}.shp", len(frame))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(inner.iterdir()):
            archive.writestr(zipfile.ZipInfo(part.name), part.read_bytes(), zipfile.ZIP_DEFLATED)
    shutil.rmtree(inner)


def add_layer(frame: pd.DataFrame, path: Path, name: str) -> None:
    """Write a layer, or a table without geometry, into a GeoPackage beside what it holds."""
    if isinstance(frame, gpd.GeoDataFrame):
        _write_vector(frame, path, layer=name)
    else:
        _to_gdal(frame, path, driver="GPKG", layer=name)


def _to_gdal(frame: pd.DataFrame, path: Path, **options: Any) -> None:
    """Write without SQLite's journal: the file is new, and one that fails must show how far it came."""
    _gdal().set_gdal_config_options({"OGR_SQLITE_JOURNAL": "OFF"})
    try:
        _gdal().write_dataframe(frame, path, **options)
    finally:
        _gdal().set_gdal_config_options({"OGR_SQLITE_JOURNAL": None})


def _write_vector(frame: gpd.GeoDataFrame, path: Path, **options: Any) -> None:
    suffix = path.suffix.lower()
    if suffix in _GEOGRAPHIC_ONLY:
        frame = frame.to_crs(LONLAT)
    driver = _DRIVERS[suffix]
    if driver == "GeoJSON":
        options["RFC7946"] = "YES"
    out = _dated(_with_plain_columns(_without_measures(frame.rename(columns=str)), driver))
    if driver == "ESRI Shapefile":
        options["ENCODING"] = "UTF-8"
        out = _with_short_names(out)
    kind = None if len(frame) else "Unknown"
    _to_gdal(out, path, driver=driver, geometry_type=kind, **options)


def _with_plain_columns(frame: gpd.GeoDataFrame, driver: str) -> gpd.GeoDataFrame:
    """Write as text what a file does not hold: further geometry (as WKT), spans of time, infinity in JSON."""
    texts = {}
    for name, kind in frame.drop(columns=frame.geometry.name).dtypes.items():
        column = frame[name]
        spans = isinstance(kind, pd.PeriodDtype | pd.IntervalDtype) or kind.kind == "m"
        if kind == "geometry":
            texts[name] = column.to_wkt()
        elif spans or (driver == "GeoJSON" and kind.kind == "f" and np.isinf(column.to_numpy(float)).any()):
            texts[name] = column.map(str, na_action="ignore").astype(object)
    return frame.assign(**texts)


def _without_measures(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Leave out measures along lines (M), which GDAL's writer does not take; heights stay."""
    shapes = np.array(frame.geometry.values, dtype=object)
    measured = shapely.has_m(shapes)
    if not measured.any():
        return frame
    tall = measured & shapely.has_z(shapes)
    shapes[measured & ~tall] = shapely.force_2d(shapes[measured & ~tall])
    shapes[tall] = shapely.from_wkb(shapely.to_wkb(shapes[tall], output_dimension=3))
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


def _with_short_names(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cut column names to the ten bytes of a shapefile, without outer blanks, and keep them apart."""
    short: dict[Any, str] = {}
    for column in frame.columns.drop(frame.geometry.name):
        name, number = _cut(str(column), _DBF_NAME), 1
        while name.lower() in {other.lower() for other in short.values()}:
            tail = f"_{number}"
            name, number = _cut(str(column), _DBF_NAME - len(tail)) + tail, number + 1
        short[column] = name
    return frame.rename(columns=short)


def _cut(text: str, size: int) -> str:
    return text.strip().encode()[:size].decode(errors="ignore").rstrip()


def _dated(frame: Any) -> Any:
    """Write days as text, the same in every format; what has a time of day keeps it."""
    days = [name for name in frame.columns if pd.api.types.is_datetime64_any_dtype(frame[name])]
    return frame.assign(**{name: _day_texts(frame[name]) for name in days})


def _day_texts(column: pd.Series[Any]) -> pd.Series[str]:
    whole = ((column - column.dt.normalize()).dropna() == _MIDNIGHT).all()
    texts: pd.Series[str] = column.dt.strftime("%Y-%m-%d" if whole else "%Y-%m-%dT%H:%M:%S")
    return texts
