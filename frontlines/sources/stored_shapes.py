"""Shapes that stay in GeoParquet until the days they belong to are looked at.

One file, or a data set: a folder of files in folders such as ``year=2024``, here or in object storage.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple
from urllib.parse import unquote

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pyarrow import fs
from pyproj import CRS

from frontlines.arrays import Bools, Geometries, Ints
from frontlines.crs.geodesic import stored_crs
from frontlines.errors import SourceError
from frontlines.limits import within

_FEW = 256  # rows that are looked at together
_BUFFER = 1 << 20  # bytes that are read at once
_POLYGONS = {"Polygon", "MultiPolygon"}
_PLACE = shapely.Polygon([(0, 0), (1, 0), (0, 1)])  # stands for a shape that is not read yet
_ENDINGS = (".parquet", ".geoparquet")
_ADDRESS = re.compile(r"^([a-zA-Z][\w+.-]+):/+(?=[^/])")  # a letter alone is a drive


class _File(NamedTuple):
    """One file of a data set, and the number of its first row among all."""

    name: str
    first: int
    n_rows: int


def is_address(source: Path) -> bool:
    """Tell an address in object storage, such as s3://bucket/days, from a path of this machine."""
    return bool(_ADDRESS.match(str(source)))


def is_data_set(source: Path) -> bool:
    """Tell a folder of folders such as ``year=2024``, or an address, from a file or another folder."""
    if is_address(source) or not source.is_dir():
        return is_address(source)
    return any("=" in one.name and one.is_dir() for one in source.iterdir())


@dataclass(frozen=True)
class StoredShapes:
    """The shapes of the rows of a file or of several, by the number of the row."""

    name: str
    where: fs.FileSystem
    files: tuple[_File, ...]
    column: str
    crs: CRS | None
    ROW: ClassVar[str] = "row of the file"

    @classmethod
    def of(cls, path: Path) -> StoredShapes | None:
        """Look whether a file has one column of polygons that can be read row by row; None if not."""
        if path.suffix.lower() not in _ENDINGS or not path.is_file():
            return None
        try:
            return cls._over(path.name, fs.LocalFileSystem(), [str(path)])
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return None  # whoever reads the file as a whole says what is wrong with it

    @classmethod
    def of_data_set(cls, source: Path) -> StoredShapes:
        """Find the files of a data set."""
        address = _ADDRESS.sub(r"\1://", str(source))
        try:
            where, root = fs.LocalFileSystem(), address
            if is_address(source):
                where, root = fs.FileSystem.from_uri(address)
            found = where.get_file_info([root])[0]
            if found.type == fs.FileType.Directory:
                every = where.get_file_info(fs.FileSelector(root, recursive=True))
            else:
                every = [found] if found.type == fs.FileType.File else []
            names = [one.path for one in every if one.is_file and one.path.lower().endswith(_ENDINGS)]
            if not names:
                raise SourceError(f"{address} holds no GeoParquet: give its folder, or the address of a file")
            return cls._over(Path(root).name, where, sorted(names, key=_in_order))
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            if isinstance(error, SourceError):
                raise
            raise SourceError(
                f"{address} cannot be read as GeoParquet, row by row ({error}): give a folder, a file, or "
                "what lies behind s3://, gs://, abfs:// or hdfs://"
            ) from error

    @classmethod
    def _over(cls, name: str, where: fs.FileSystem, names: list[str]) -> StoredShapes:
        """Look at the ends of files, which say what is in them."""
        files: list[_File] = []
        about, first = None, 0
        for one in names:
            with where.open_input_file(one) as opened:
                held = pq.read_metadata(opened)
            own = _column_of(Path(one).name, json.loads((held.metadata or {})[b"geo"]))
            if own != (about or own):
                first_file = Path(names[0]).name
                raise SourceError(f"{Path(one).name} has another CRS than {first_file}: give all the same")
            about = own
            files.append(_File(one, first, held.num_rows))
            first += held.num_rows
        within("rows", first, name)
        column, crs = about or ("geometry", None)
        return cls(name, where, tuple(files), column, crs)

    def fingerprint(self) -> dict[str, Any]:
        """Describe a data set: its files and rows; that of each day stands beside it."""
        return {"name": self.name, "files": len(self.files), "rows": sum(one.n_rows for one in self.files)}

    def rows(self) -> gpd.GeoDataFrame:
        """Read all but the shapes; a triangle stands for each."""
        frame = pd.concat([self._rows_of(one) for one in self.files], ignore_index=True)
        shapes = np.full(len(frame), _PLACE, dtype=object)
        numbers = np.arange(len(frame))
        return gpd.GeoDataFrame(frame.assign(**{self.ROW: numbers}), geometry=shapes, crs=self.crs)

    def _rows_of(self, one: _File) -> pd.DataFrame:
        """Read all but the shapes of one file, with what its folders say (``side=A``)."""
        with self.where.open_input_file(one.name) as opened:
            file = pq.ParquetFile(opened)
            frame = file.read([name for name in file.schema_arrow.names if name != self.column]).to_pandas()
        folders = [part.split("=", 1) for part in Path(one.name).parts if "=" in part]
        told = {key: unquote(value) for key, value in folders if key not in frame}
        return pd.DataFrame(frame).assign(**told)

    def put_into(self, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Read the shapes of the rows of a frame."""
        shapes = self.read(frame[self.ROW].to_numpy())
        within("vertices", int(shapely.get_num_coordinates(shapes).sum()), self.name)
        series = gpd.GeoSeries(shapely.force_2d(shapes), index=frame.index, crs=frame.crs)
        return frame.drop(columns=self.ROW).set_geometry(series)

    def read(self, rows: Ints) -> Geometries:
        """Read the shapes of some rows."""
        out = np.full(len(rows), None, dtype=object)
        for own, wkb in self._batches(rows):
            out[own] = shapely.from_wkb(wkb)
        return out

    def blank(self, rows: Any) -> Bools:
        """Tell which rows have no shape, or an empty one."""
        found = np.zeros(len(rows), dtype=bool)
        for own, wkb in self._batches(rows.to_numpy()):
            shapes = shapely.from_wkb(wkb)
            found[own] = shapely.is_missing(shapes) | shapely.is_empty(shapes)
        return found

    def _batches(self, rows: Ints) -> Iterator[tuple[Ints, Any]]:
        """Read the column of some rows, some at a time: their places among `rows`, and what they hold."""
        for file in self.files:
            own = np.flatnonzero((rows >= file.first) & (rows < file.first + file.n_rows))
            if len(own):
                yield from self._batches_of(file.name, own, rows[own] - file.first)

    def _batches_of(self, name: str, places: Ints, rows: Ints) -> Iterator[tuple[Ints, Any]]:
        """Read the row groups of one file in which some rows lie, each up to the last of them."""
        with self.where.open_input_file(name) as opened:
            file = pq.ParquetFile(opened, pre_buffer=False, buffer_size=_BUFFER)
            sizes = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
            groups = np.searchsorted(np.cumsum(sizes), rows, side="right")
            for group in np.unique(groups).tolist():
                first, last = sum(sizes[:group]), rows[groups == group].max()
                for batch in file.iter_batches(_FEW, row_groups=[group], columns=[self.column]):
                    own = np.flatnonzero((rows >= first) & (rows < first + len(batch)))
                    if len(own):
                        wkb: pa.Array = batch.column(0).take(pa.array(rows[own] - first))
                        yield places[own], wkb.to_numpy(zero_copy_only=False)
                    first += len(batch)
                    if first > last:
                        break


def _column_of(name: str, about: dict[str, Any]) -> tuple[str, CRS | None]:
    """Name the one column of plane polygons that a file holds, and give its CRS."""
    column = about["primary_column"]
    held = about["columns"][column]
    plain = held["encoding"] == "WKB" and held.get("edges", "planar") == "planar"
    alone = column == "geometry" and len(about["columns"]) == 1
    kinds = set(held["geometry_types"])
    if not (plain and alone and kinds and kinds <= _POLYGONS):
        what = "plane polygons as WKB in one column 'geometry'"
        raise SourceError(f"{name}: give {what}, and say so in its metadata (geometry_types)")
    crs = held.get("crs", "OGC:CRS84")
    return column, None if crs is None else stored_crs(crs)


def _in_order(name: str) -> list[Any]:
    """Order month=9 before month=10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
