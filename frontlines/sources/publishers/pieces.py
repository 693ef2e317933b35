"""Files of polygons among other things, taken apart feature by feature, for readers of publishers' maps."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from frontlines.errors import SourceError
from frontlines.sources.files import read_layer

JSON = (".geojson", ".json", ".geojson.gz", ".json.gz")
TABLES = (".parquet", ".geoparquet", ".gpkg")
_LONLAT = re.compile(r"(CRS84|EPSG:.*4326)$")
_MOST_BYTES = 1 << 30
_BOM = b"\xef\xbb\xbf"
_FLAT, _SHORTEST = 2, 4


@dataclass(frozen=True)
class Piece:
    """One geometry of a feature."""

    said: Mapping[str, Any]
    geometry: Any
    place: str


def files_at(path: Path) -> list[Path]:
    """List the files to read."""
    if path.is_dir():
        here = [file for file in path.iterdir() if file.is_file() and not file.name.startswith(".")]
        files = sorted(file for file in here if file.name.lower().endswith(JSON))
        if not files:
            raise SourceError(f"{path} holds no daily file: give a folder of {', '.join(JSON)} files")
        return files
    if not path.is_file():
        raise SourceError(f"{path} is not a file or folder: check the path")
    if not path.name.lower().endswith((*JSON, *TABLES)):
        raise SourceError(f"{path} has an ending that is not known: use one of {', '.join((*JSON, *TABLES))}")
    return [path]


def read_pieces(file: Path) -> tuple[list[Piece], Mapping[str, Any], str]:
    """Read a file of polygons and whatever else stands among them."""
    if file.name.lower().endswith(TABLES):
        pieces = _pieces_of_table(file)
        with file.open("rb") as stream:
            return pieces, {}, hashlib.file_digest(stream, "sha256").hexdigest()
    content = _unpacked(file)
    features, about = _parsed(content, file)
    return list(_pieces_of(features, file)), about, hashlib.sha256(content).hexdigest()


def _unpacked(file: Path) -> bytes:
    """Read a file's bytes, unpacked."""
    try:
        with gzip.open(file) if file.name.lower().endswith(".gz") else file.open("rb") as stream:
            content: bytes = stream.read(_MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{file} cannot be read: {error}") from error
    if len(content) > _MOST_BYTES:
        raise SourceError(f"{file} holds more than {_MOST_BYTES:,} bytes: split it by days")
    return content


def _parsed(content: bytes, file: Path) -> tuple[list[Any], dict[str, Any]]:
    """Read JSON; polygons are built as they are met, so that their text is not kept."""
    try:
        document = json.loads(content.removeprefix(_BOM), object_hook=_built)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{file} cannot be read as JSON: {error}") from error
    inner = document.get("map", document) if isinstance(document, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("features"), list):
        raise SourceError(
            f"{file} is no snapshot of a map: it must be a FeatureCollection, or hold one as its 'map'"
        )
    crs = inner.get("crs")
    about = crs.get("properties") if isinstance(crs, dict) else None
    name = about.get("name") if isinstance(about, dict) else None
    if crs is not None and not _LONLAT.search(str(name)):
        raise SourceError(f"{file} is in the CRS {str(name)[:60]!r}: save it in EPSG:4326")
    return inner["features"], {key: document[key] for key in document if key not in ("map", "features")}


def _built(node: dict[str, Any]) -> Any:
    """Turn a GeoJSON polygon into a geometry, or into the words of what is wrong with it."""
    kind = node.get("type")
    if kind not in ("Polygon", "MultiPolygon") or "coordinates" not in node:
        return node
    try:
        many = node["coordinates"] if kind == "MultiPolygon" else [node["coordinates"]]
        parts = [_polygon(rings) for rings in many if len(rings)]
    except (TypeError, KeyError, OverflowError):
        return "it is not made of rings of numbers"
    except ValueError as error:
        return str(error) if str(error).startswith("a ring") else "it is not made of rings of numbers"
    return parts[0] if kind == "Polygon" and parts else shapely.MultiPolygon(parts)


def _polygon(rings: Any) -> shapely.Polygon:
    outer, *holes = [_ring(ring) for ring in rings]
    return shapely.Polygon(outer, holes)


def _ring(positions: Any) -> Any:
    """Check a ring, and take its longitudes and latitudes [degrees]."""
    numbers = np.asarray(positions, dtype=float)
    if numbers.ndim != _FLAT or numbers.shape[1] < _FLAT or not np.isfinite(numbers).all():
        raise TypeError
    if len(numbers) < _SHORTEST:
        raise SourceError(f"a ring has {len(numbers)} positions")
    if (numbers[0, :2] != numbers[-1, :2]).any():
        raise SourceError("a ring does not end where it begins")
    return numbers[:, :2]


def _pieces_of(features: list[Any], file: Path) -> Iterator[Piece]:
    """Take features apart."""
    for number, each in enumerate(features, start=1):
        feature = each if isinstance(each, dict) else {}
        properties = feature.get("properties")
        said = properties if isinstance(properties, dict) else {}
        said = {str(key).lower(): value for key, value in said.items() if value is not None}
        for geometry in _flattened(feature.get("geometry")):
            yield Piece(said, geometry, f"{file.name} feature {number}")


def _flattened(geometry: Any) -> list[Any]:
    """Take collections apart."""
    if isinstance(geometry, dict) and isinstance(geometry.get("geometries"), list):
        return [part for inner in geometry["geometries"] for part in _flattened(inner)]
    return [geometry]


def _pieces_of_table(file: Path) -> list[Piece]:
    """Read a table with a geometry column."""
    frame = read_layer(file)
    if frame.crs is None:
        raise SourceError(f"{file} has no CRS: say which it is with frame.set_crs('EPSG:4326') and save it")
    if not _LONLAT.search(":".join(frame.crs.to_authority() or ())):
        frame = frame.to_crs("EPSG:4326")
    rows = pd.DataFrame(frame.drop(columns=frame.geometry.name)).to_dict("records")
    return [
        Piece(
            {str(key).lower(): value for key, value in row.items() if not _is_blank(value)},
            shape,
            f"{file.name} row {number}",
        )
        for number, (row, shape) in enumerate(
            zip(rows, shapely.force_2d(frame.geometry.values), strict=True), start=1
        )
    ]


def _is_blank(value: Any) -> bool:
    return pd.api.types.is_scalar(value) and bool(pd.isna(value))
