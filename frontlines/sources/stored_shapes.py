"""Shapes that stay in their GeoParquet file until the days they belong to are looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import shapely
from pyproj import CRS

from frontlines.limits import within
from frontlines.names import Bools, Geometries, Ints

_FEW = 256  # rows that are looked at together
_BUFFER = 1 << 20  # bytes that are read at once
_POLYGONS = {"Polygon", "MultiPolygon"}
_PLACE = shapely.Polygon([(0, 0), (1, 0), (0, 1)])  # stands for a shape that is not read yet


@dataclass(frozen=True)
class StoredShapes:
    """The shapes of the rows of one file, by the number of the row."""

    path: Path
    column: str
    crs: CRS | None
    ROW: ClassVar[str] = "row of the file"

    @classmethod
    def of(cls, path: Path) -> StoredShapes | None:
        """Look whether a file has one column of polygons that can be read row by row; None if not."""
        if path.suffix.lower() not in (".parquet", ".geoparquet") or not path.is_file():
            return None
        try:
            about = json.loads((pq.read_metadata(path).metadata or {})[b"geo"])
            column = about["primary_column"]
            held = about["columns"][column]
            plain = held["encoding"] == "WKB" and held.get("edges", "planar") == "planar"
            alone = column == "geometry" and len(about["columns"]) == 1
            kinds = set(held["geometry_types"])
            if not (plain and alone and kinds and kinds <= _POLYGONS):
                return None
            crs = held.get("crs", "OGC:CRS84")
            return cls(path, column, None if crs is None else CRS.from_user_input(crs))
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return None  # whoever reads the file as a whole says what is wrong with it

    def rows(self) -> gpd.GeoDataFrame:
        """Read all but the shapes; a triangle stands for each."""
        file = pq.ParquetFile(self.path)
        within("rows", file.metadata.num_rows, self.path.name)
        names = [name for name in file.schema_arrow.names if name != self.column]
        frame = file.read(columns=names).to_pandas()
        shapes = np.full(len(frame), _PLACE, dtype=object)
        numbers = np.arange(len(frame))
        return gpd.GeoDataFrame(frame.assign(**{self.ROW: numbers}), geometry=shapes, crs=self.crs)

    def put_into(self, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Read the shapes of the rows of a frame."""
        shapes = self.read(frame[self.ROW].to_numpy())
        within("vertices", int(shapely.get_num_coordinates(shapes).sum()), self.path.name)
        series = gpd.GeoSeries(shapely.force_2d(shapes), index=frame.index, crs=frame.crs)
        return frame.drop(columns=self.ROW).set_geometry(series)

    def read(self, rows: Ints) -> Geometries:
        """Read the shapes of some rows."""
        out = np.full(len(rows), None, dtype=object)
        for first, wkb in self._batches(int(rows.min(initial=0)), int(rows.max(initial=-1)) + 1):
            own = np.flatnonzero((rows >= first) & (rows < first + len(wkb)))
            out[own] = shapely.from_wkb(wkb[rows[own] - first])
        return out

    def blank(self, rows: Any) -> Bools:
        """Tell which rows have no shape, or an empty one."""
        found = np.zeros(len(rows), dtype=bool)
        for first, wkb in self._batches(0, int(rows.max()) + 1):
            own = np.flatnonzero((rows >= first) & (rows < first + len(wkb)))
            shapes = shapely.from_wkb(wkb[rows.to_numpy()[own] - first])
            found[own] = shapely.is_missing(shapes) | shapely.is_empty(shapes)
        return found

    def _batches(self, begin: int, end: int) -> Iterator[tuple[int, Any]]:
        """Read the column from a row to another, some at a time: the number of the first, and them."""
        file = pq.ParquetFile(self.path, pre_buffer=False, buffer_size=_BUFFER)
        sizes = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
        starts = np.cumsum([0, *sizes])
        groups = [n for n, size in enumerate(sizes) if starts[n] < end and starts[n] + size > begin]
        if not groups:
            return
        first = int(starts[groups[0]])
        for batch in file.iter_batches(_FEW, row_groups=groups, columns=[self.column]):
            if first + len(batch) > begin and first < end:
                yield first, batch.column(0).to_numpy(zero_copy_only=False)
            first += len(batch)
            if first >= end:
                return
