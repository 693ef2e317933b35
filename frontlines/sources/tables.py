"""Tables of points or shapes, and the encoding of text where a file does not name it."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any

import geopandas as gpd
import pandas as pd
import shapely

from frontlines.errors import SourceError
from frontlines.names import LONLAT
from frontlines.sources.description import Description

_LON, _LAT = ("lon", "lng", "long", "longitude"), ("lat", "latitude")
_WKT = ("wkt", "geometry", "geom", "the_geom", "wkt_geom", "geometry_wkt")
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")
_SHOWN = 40  # letters of a cell in a message
_PAGE, _UNSAID = 29, (0x00, 0x57)  # where a dBase file names its code page; values that name none
_DBF_COUNTS = slice(4, 12)  # where a dBase file says how many rows it has, how long its head is and a row


def read_table(path: Path, description: Description) -> gpd.GeoDataFrame:
    """Read a CSV as points from columns of longitude and latitude, or as shapes from one of WKT."""
    table = cells_of(path, description.encoding)
    by_name = {str(column).strip().lower(): column for column in table.columns}
    lon, lat = (
        _named(by_name, given, usual, path)
        for given, usual in ((description.lon, _LON), (description.lat, _LAT))
    )
    crs = LONLAT if description.lon is None else description.crs or LONLAT
    if lon is not None and lat is not None:
        x, y = (_degrees(table[column], path) for column in (lon, lat))
        points = shapely.points(x.to_numpy(dtype=float), y.to_numpy(dtype=float))
        points[(x.isna() | y.isna()).to_numpy()] = None
        return gpd.GeoDataFrame(_with_numbers(table), geometry=points, crs=crs)
    wkt = next((by_name[name] for name in _WKT if name in by_name), None)
    if wkt is None:
        raise SourceError(
            f"{path} has no columns of longitude and latitude (such as lon and lat) nor one of WKT: it has "
            f"{', '.join(map(repr, map(str, table.columns))) or 'none'}; name them with lon='...', lat='...'"
        )
    texts = table[wkt].where(table[wkt].notna(), None).to_numpy(dtype=object)
    shapes = shapely.from_wkt(texts, on_invalid="ignore")
    _require_cells(
        table[wkt][pd.notna(texts) & shapely.is_missing(shapes)], path, "no WKT", "plain WKT without SRID"
    )
    return gpd.GeoDataFrame(
        _with_numbers(table.drop(columns=wkt)), geometry=shapes, crs=description.crs or LONLAT
    )


def cells_of(
    path: Path, encoding: str | None, table: IO[bytes] | None = None, only: Sequence[str] = ()
) -> pd.DataFrame:
    """Read cells as text; what divides them is a comma, a semicolon or a tab.

    `table` is the opened file, if it lies within another; of columns `only` those named, if they are there.
    """
    with path.open("rb") if table is None else nullcontext(table) as stream:
        try:
            head = stream.readline().decode(encoding or "utf-8-sig")
            stream.seek(0)
            divider = max(",;\t", key=head.count)
            names = [name.strip().strip('"').lower() for name in head.split(divider)]
            there = set(names) - {""}
            if twice := sorted(name for name in there if names.count(name) > 1):
                raise SourceError(f"{path.name} has several columns {twice[0]!r}: rename all but one")
            kept = {name.lower() for name in only}
            return pd.read_csv(
                stream,
                sep=divider,
                dtype=str,
                keep_default_na=False,
                na_values=[""],
                usecols=(lambda name: name.lower() in kept) if kept and kept <= there else None,
                encoding=encoding or "utf-8-sig",
            )
        except UnicodeDecodeError as error:
            raise SourceError(f"{path} is not in UTF-8: say how its text is stored with {_SAY}") from error


def _named(by_name: dict[str, Any], given: str | None, usual: tuple[str, ...], path: Path) -> Any:
    """Find a column by the name given, or by one that is usual."""
    if given is None:
        return next((by_name[name] for name in usual if name in by_name), None)
    if given.strip().lower() not in by_name:
        raise SourceError(f"{path} has no column {given!r}: it has {', '.join(map(repr, by_name)) or 'none'}")
    return by_name[given.strip().lower()]


def _require_cells(wrong: pd.Series[Any], path: Path, what: str, mend: str) -> None:
    """Refuse cells that cannot be read, by their rows."""
    if len(wrong):
        rows, noun = ", ".join(str(row) for row in wrong.index[:3]), "row" if len(wrong) == 1 else "rows"
        raise SourceError(
            f"{path} has {len(wrong)} {noun} whose {wrong.name} is {what} ({noun} {rows}; "
            f"{str(wrong.iloc[0])[:_SHOWN]!r}): write {mend}"
        )


def _degrees(column: pd.Series[Any], path: Path) -> pd.Series[float]:
    """Read numbers; nothing may be written where there is none."""
    given = column.where(column.astype(str).str.strip() != "")
    numbers = pd.to_numeric(given, errors="coerce")
    wrong = given[given.notna() & numbers.isna()]
    _require_cells(
        wrong, path, "not a number", "degrees such as 46.93, or nothing where the place is not known"
    )
    return numbers


def _with_numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Make numbers of the columns that hold nothing but numbers; 007 is none, and stays as it is."""
    numeric = [
        name
        for name in table.columns
        if table[name].notna().any() and table[name].dropna().map(_NUMBER.fullmatch).notna().all()
    ]
    return table.assign(**{str(name): pd.to_numeric(table[name]) for name in numeric})


_SHX_HEAD, _SHX_ROW = 100, 8  # bytes before the shapes of a .shx, and of each
_SAY = "encoding='cp1251' or another"


def encoding_of(path: Path, given: str | None) -> str | None:
    """Tell the encoding of a shapefile's text; None leaves it to the file itself.

    Without a .cpg, text that is UTF-8 is read so. Other letters than those of ASCII need to be said.
    """
    if path.suffix.lower() not in (".shp", ".zip"):
        return given
    with _parts(path) as (names, open_part):
        table = next((name for name in names if name.lower().endswith(".dbf")), None)
        if table is None:
            return given
        own = table.lower()[: -len(".dbf")]
        index = next((name for name in names if name.lower() == f"{own}.shx"), table)
        with open_part(table) as file, open_part(index) as beside:
            content, shapes = file.read(), (len(beside.read()) - _SHX_HEAD) // _SHX_ROW
    rows, head, width = struct.unpack("<IHH", content[_DBF_COUNTS].ljust(8, b"\xff"))
    if len(content) < head + rows * width:
        raise SourceError(f"{path}: its .dbf, which holds the columns, is cut short: get the whole file")
    if index != table and rows != shapes:
        raise SourceError(f"{path}: {shapes} shapes have {rows} rows of columns (.dbf): get the whole file")
    if given is not None or any(name.lower().endswith(".cpg") for name in names):
        return given
    text = content[head:]
    try:
        text.decode()
    except UnicodeDecodeError as error:
        if content[_PAGE] in _UNSAID:
            raise SourceError(f"{path} does not say how its text is stored (no .cpg): give {_SAY}") from error
        return None
    return None if text.isascii() else "UTF-8"


@contextmanager
def _parts(path: Path) -> Iterator[Any]:
    """Give the names of a shapefile's parts, in a folder or an archive, and a way to open them."""
    if path.suffix.lower() == ".zip":
        with zipfile.ZipFile(path) as archive:
            yield [name for name in archive.namelist() if not Path(name).name.startswith("._")], archive.open
    else:
        beside = [part.name for part in path.parent.iterdir() if part.stem == path.stem]

        def open_part(name: str) -> IO[bytes]:
            return (path.parent / name).open("rb")

        yield beside, open_part
