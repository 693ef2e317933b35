"""The rows of one file of a publisher: polygons among other things, or places, in whatever form they come."""

from __future__ import annotations

import fnmatch
import gzip
import json
import re
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.errors import SourceError
from frontlines.limits import bound, within
from frontlines.names import LONLAT
from frontlines.sources.description import Description, column_of
from frontlines.sources.formats import FORMATS, read_layer
from frontlines.sources.publishers.publisher import Publisher
from frontlines.sources.tables import cells_of

JSON = (".geojson", ".json", ".geojson.gz", ".json.gz")
ENDINGS = (*JSON, *(ending for ending in FORMATS if ending not in JSON))
_LONLAT = re.compile(r"(CRS84|EPSG:.*4326)$")
_LONGEST_HEAD, _MOST_OF_TABLE = 1 << 30, 1 << 33  # bytes of a table's first line, and of all of it
_BOM = b"\xef\xbb\xbf"
_PAIR, _FLAT, _SHORTEST = 2, 2, 4
_GROUND = {"polygons": ("Polygon", "MultiPolygon"), "points": ("Point",)}


@dataclass(frozen=True)
class Rows:
    """What one file holds: its ground, numbered as in the file, and what is to be known of the rest."""

    frame: gpd.GeoDataFrame
    about: Mapping[str, Any]  # what stands beside the features of a JSON
    left_out: Counter[str]  # what is not ground, by its kind
    unbuilt: Mapping[int, str]  # what is wrong with polygons that cannot be built, by number
    each: str = "row"  # what a file of this kind is made of


def rows_of(file: Path, publisher: Publisher, description: Description, wanted: Sequence[str]) -> Rows:
    """Read a file as its publisher writes it; of tables that lack their places, the columns `wanted`."""
    if file.name.lower().endswith(JSON):
        return _rows_of_json(file, publisher)
    frame = _table(file, publisher, description, wanted)
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    shapes = frame.geometry
    if (mixed := (shapes.geom_type == "GeometryCollection").to_numpy()).any():
        frame = gpd.GeoDataFrame(pd.concat([frame[~mixed], frame[mixed].explode()])).sort_index()
        shapes = frame.geometry
    kinds = shapes.geom_type.where(shapes.notna(), "no geometry").astype(object)
    kinds = kinds.where(~shapes.is_empty.to_numpy() | shapes.isna(), "empty " + kinds)
    ground = kinds.isin(_GROUND[publisher.geometry])
    frame = frame[ground.to_numpy()]
    return Rows(frame.set_geometry(shapely.force_2d(frame.geometry.values)), {}, Counter(kinds[~ground]), {})


def _rows_of_json(file: Path, publisher: Publisher) -> Rows:
    """Part the features of a JSON into ground and all else."""
    document = json_of(file)
    pieces = list(_pieces(_features(document, file, publisher)))
    kinds = [_kind(shape, _GROUND[publisher.geometry]) for _, _, shape in pieces]
    ground = [piece for piece, kind in zip(pieces, kinds, strict=True) if kind is None]
    frame = gpd.GeoDataFrame(
        pd.DataFrame([said for _, said, _ in ground], index=[number for number, _, _ in ground]),
        geometry=[None if isinstance(shape, str) else shape for _, _, shape in ground],
        crs=LONLAT,
    )
    about = {key: value for key, value in document.items() if not isinstance(value, dict | list)}
    unbuilt = {number: shape for number, _, shape in ground if isinstance(shape, str)}
    return Rows(frame, about, Counter(kind for kind in kinds if kind is not None), unbuilt, "feature")


def _kind(shape: Any, wanted: tuple[str, ...]) -> str | None:
    """Name what is not ground; None for ground, even if it cannot be built."""
    if isinstance(shape, shapely.Geometry):
        if shape.is_empty:
            return f"empty {shape.geom_type}"
        return None if shape.geom_type in wanted else str(shape.geom_type)
    if isinstance(shape, str):
        return None
    kind = shape.get("type") if isinstance(shape, dict) else None
    return kind if isinstance(kind, str) and kind.isalpha() else "no geometry"


# --- GeoJSON, also within other JSON


def json_of(file: Path) -> dict[str, Any]:
    """Read a JSON object; shapes are built as they are met, so that their text is not kept."""
    content = _unpacked(file)
    try:
        document = json.loads(content.removeprefix(_BOM), object_hook=_built)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{file} cannot be read as JSON: {error}") from error
    return document if isinstance(document, dict) else {}


def _unpacked(file: Path) -> bytes:
    """Read a file's bytes, unpacked."""
    most = int(min(bound("unpacked_mb") * 1e6, sys.maxsize - 1))
    try:
        with gzip.open(file) if file.name.lower().endswith(".gz") else file.open("rb") as stream:
            content: bytes = stream.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{file} cannot be read: {error}") from error
    within("unpacked_mb", len(content) / 1e6, file.name)
    return content


def _features(document: Mapping[str, Any], file: Path, publisher: Publisher) -> list[Any]:
    """Find the features: at the top, or under a key of the publisher's."""
    inner = next(
        (document[key] for key in publisher.features if isinstance(document.get(key), dict)), document
    )
    if isinstance(inner.get("features"), list):
        _require_degrees(inner, file)
        return list(inner["features"])
    if publisher.points is None or inner is document:
        keys = "".join(f", or hold one as its {key!r}" for key in publisher.features)
        raise SourceError(f"{file} is no snapshot of a map: it must be a FeatureCollection{keys}")
    said = [one for one in inner.values() if isinstance(one, dict)]
    return [{"properties": one, "geometry": _ground_within(one.pop(publisher.points, None))} for one in said]


def _require_degrees(collection: Mapping[str, Any], file: Path) -> None:
    crs = collection.get("crs")
    about = crs.get("properties") if isinstance(crs, dict) else None
    name = about.get("name") if isinstance(about, dict) else None
    if crs is not None and not _LONLAT.search(str(name)):
        raise SourceError(f"{file} is in the CRS {str(name)[:60]!r}: save it in EPSG:4326")


def _built(node: dict[str, Any]) -> Any:
    """Turn a GeoJSON polygon or point into a geometry, or into the words of what is wrong with it."""
    kind = node.get("type")
    if kind not in ("Polygon", "MultiPolygon", "Point") or "coordinates" not in node:
        return node
    try:
        if kind == "Point":
            return shapely.Point([float(number) for number in node["coordinates"][:_PAIR]])
        many = node["coordinates"] if kind == "MultiPolygon" else [node["coordinates"]]
        parts = [_polygon(rings) for rings in many if len(rings)]
    except SourceError as error:
        return str(error)
    except (TypeError, KeyError, OverflowError, ValueError, shapely.errors.GEOSException):
        return node if kind == "Point" else "it is not made of rings of numbers"
    return parts[0] if kind == "Polygon" and parts else shapely.MultiPolygon(parts)


def _ground_within(points: Any) -> Any:
    """Build polygons from ``{"lat": …, "lng": …}`` or lists ``[lng, lat, lng, lat, …]``, closed or not."""
    try:
        if not isinstance(points, list) or not points:
            return None
        if isinstance(points[0], dict):
            rings = [[[point["lng"], point["lat"]] for point in points]]
        elif all(len(point) == _PAIR for point in points):
            rings = [points]
        else:
            rings = [np.reshape(np.asarray(ring, dtype=float), (-1, _PAIR)).tolist() for ring in points]
        closed = [ring if ring[0] == ring[-1] else [*ring, ring[0]] for ring in rings]
        parts = [_polygon([ring]) for ring in closed]
    except SourceError as error:
        return str(error)
    except (TypeError, KeyError, IndexError, OverflowError, ValueError):
        return "it is not made of rings of numbers"
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _polygon(rings: Any) -> shapely.Polygon:
    outer, *holes = [_ring(ring) for ring in rings]
    return shapely.Polygon(outer, holes)


def _ring(positions: Any) -> Any:
    """Check a ring, and take its longitudes and latitudes [degrees]."""
    numbers = np.asarray(positions, dtype=float)
    if numbers.ndim != _FLAT or numbers.shape[1] < _PAIR or not np.isfinite(numbers).all():
        raise TypeError
    if len(numbers) < _SHORTEST:
        raise SourceError(f"a ring has {len(numbers)} positions")
    if (numbers[0, :2] != numbers[-1, :2]).any():
        raise SourceError("a ring does not end where it begins")
    return numbers[:, :2]


def _pieces(features: Iterable[Any]) -> Iterator[tuple[int, dict[str, Any], Any]]:
    """Take features apart: the number of each, what it says, and a geometry."""
    for number, each in enumerate(features, start=1):
        feature = each if isinstance(each, dict) else {}
        properties = feature.get("properties")
        for geometry in _flattened(feature.get("geometry")):
            yield number, properties if isinstance(properties, dict) else {}, geometry


def _flattened(geometry: Any) -> list[Any]:
    """Take collections apart."""
    if isinstance(geometry, dict) and isinstance(geometry.get("geometries"), list):
        return [part for inner in geometry["geometries"] for part in _flattened(inner)]
    return [geometry]


# --- tables


def _table(
    file: Path, publisher: Publisher, description: Description, wanted: Sequence[str]
) -> gpd.GeoDataFrame:
    """Read a layer, or a table whose places stand in a file beside it."""
    if publisher.places and file.suffix.lower() in (".csv", ".zip"):
        return _placed(file, publisher, description, wanted)
    frame = read_layer(file, description=description)
    if frame.crs is None:
        raise SourceError(f"{file} has no CRS: say which it is with frame.set_crs('EPSG:4326') and save it")
    if _LONLAT.search(":".join(frame.crs.to_authority() or ())):
        return frame.set_crs(LONLAT, allow_override=True)
    return frame.to_crs(LONLAT)


def _placed(
    file: Path, publisher: Publisher, description: Description, wanted: Sequence[str]
) -> gpd.GeoDataFrame:
    """Give the rows of a table the points of their places, which stand in a file beside it."""
    with _opened(file, publisher.table) as table:
        cells = cells_of(file, description.encoding, table, only=(publisher.places_key, *wanted))
    rows = gpd.GeoDataFrame(cells, geometry=[None] * len(cells), crs=LONLAT)
    path = _beside(file, publisher.places)
    places = read_layer(path)
    by_name = {str(column).lower(): column for column in places.columns}
    if {"longitude", "latitude"} <= set(by_name):
        degrees = [places[by_name[name]].to_numpy(dtype=float) for name in ("longitude", "latitude")]
        places = places.set_geometry(shapely.points(*degrees))
    key = places[column_of(places, publisher.places_key, path.name)].map(str)
    own = rows[column_of(rows, publisher.places_key, file.name)].map(str)
    once = ~key.duplicated()
    at = pd.Index(key[once]).get_indexer(own)
    shapes = np.array([*places.geometry[once].values, None], dtype=object)
    return rows.set_geometry(gpd.GeoSeries(shapes[at], index=rows.index, crs=LONLAT))


def _beside(file: Path, names: Sequence[str]) -> Path:
    """Find the file of places in the folder of a table."""
    here = sorted(one for one in file.parent.iterdir() if one.is_file() and one != file)
    for name in names:
        for one in here:
            if fnmatch.fnmatchcase(one.name.lower(), name.lower()):
                return one
    raise SourceError(f"{file.name} says no places: put {' or '.join(names)} into its folder")


def header_of(file: Path, publisher: Publisher) -> set[str]:
    """Name the columns of a table whose places stand elsewhere; none for any other file."""
    if not publisher.places or file.suffix.lower() not in (".csv", ".zip"):
        return set()
    with _opened(file, publisher.table) as table:
        head = table.readline(_LONGEST_HEAD).decode(errors="replace")
    return {name.strip().strip('"') for name in re.split("[,;\t]", head)}


@contextmanager
def _opened(file: Path, name: str | None) -> Iterator[IO[bytes]]:
    """Open a table, within its archive if it is packed."""
    if file.suffix.lower() != ".zip":
        with file.open("rb") as table:
            yield table
        return
    try:
        archive = zipfile.ZipFile(file)
    except (OSError, zipfile.BadZipFile) as error:
        raise SourceError(f"{file} cannot be read as .zip: {error}") from error
    with archive:
        held = [
            one for one in archive.infolist() if fnmatch.fnmatchcase(Path(one.filename).name, name or "*.csv")
        ]
        if len(held) != 1 or held[0].file_size > _MOST_OF_TABLE:
            listed = ", ".join(one.filename for one in held) or "none"
            raise SourceError(
                f"{file} must hold one table {name or '*.csv'} (it holds {listed}): zip one alone"
            )
        with archive.open(held[0]) as table:
            yield table
