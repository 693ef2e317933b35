"""KML and KMZ with all that may say whose ground it is: folders, styles, fills, time spans, data of its own.

GDAL keeps geometry and data, and loses folders within folders and styles, in which maps drawn by hand hold
their sides. So the text is read here, by the parser of Python; entities are refused, links not followed.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

import geopandas as gpd
import numpy as np
import shapely

from frontlines.arrays import Floats
from frontlines.errors import SourceError
from frontlines.limits import within
from frontlines.names import LONLAT

_DEEPEST = 100  # elements within elements
_SHORTEST_RING, _SHORTEST_LINE = 4, 2
_FIELDS = {
    "name": "name", "description": "description", "snippet": "snippet", "Snippet": "snippet",
    "styleUrl": "styleUrl",
    "TimeStamp/when": "when", "TimeSpan/begin": "begin", "TimeSpan/end": "end",
}  # fmt: skip
"""Column of each element of a placemark."""


def read_kml(path: Path, folder: str | None = None) -> gpd.GeoDataFrame:
    """Read all placemarks with a shape, a row each; `folder` keeps those of one folder.

    Columns: `folder` (names of its folders, the innermost last, with `/` between), `fill` and `stroke`
    (``#rrggbb``, of its own or shared style), those of `_FIELDS`, and data by name, where any row has them.
    """
    rows, linked = [], False
    for content in _contents(path):
        root = _parsed(content, path)
        linked |= path.suffix.lower() != ".kmz" and root.find(".//NetworkLink") is not None
        styles = dict(_shared_styles(root))
        rows += [_row(mark, folders, styles, path) for mark, folders in _placemarks(root, ())]
    rows = [row for row in rows if row["geometry"] is not None]
    if linked and not rows:
        raise SourceError(f"{path} only links to other files, which are not followed: give one of those")
    if folder is not None:
        there = dict.fromkeys(row["folder"] for row in rows)
        rows = [row for row in rows if folder in (row["folder"], row["folder"].rsplit("/", 1)[-1])]
        if not rows:
            raise SourceError(f"{path} has no folder {folder!r}: it holds {', '.join(there) or 'none'}")
    if not rows:
        return gpd.GeoDataFrame(geometry=[], crs=LONLAT)
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=LONLAT)
    blank = [name for name in frame.columns if name != "geometry" and _is_blank(frame[name])]
    return frame.drop(columns=blank)


def _contents(path: Path) -> Iterator[bytes]:
    """Read the KML, and from a KMZ those of its own files to which it links."""
    if path.suffix.lower() != ".kmz":
        yield path.read_bytes()
        return
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith(".kml")]
        names = [name for name in names if not name.rsplit("/", 1)[-1].startswith("._")]
        main = [name for name in names if name.lower() == "doc.kml"] or names
        if len(main) != 1:
            raise SourceError(f"{path} must hold one KML (it holds {', '.join(names) or 'none'})")
        sizes = {name: archive.getinfo(name).file_size for name in names}  # no more than these is unpacked
        within("unpacked_mb", sizes[main[0]] / 1e6, path.name)
        content = archive.read(main[0])
        yield content
        links = {_text(link, "Link/href") for link in _parsed(content, path).iter("NetworkLink")}
        linked = [name for name in names if name in links and name != main[0]]
        within("unpacked_mb", sum(sizes[name] for name in [*main, *linked]) / 1e6, path.name)
        yield from map(archive.read, linked)


def _parsed(content: bytes, path: Path) -> Element:
    """Build the tree; names of elements lose their namespace."""
    builder, parser, depth = TreeBuilder(), expat.ParserCreate(namespace_separator=" "), 0

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise SourceError(f"{path} holds elements more than {_DEEPEST} deep")
        builder.start(tag.rsplit(" ", 1)[-1], dict(attributes))

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag.rsplit(" ", 1)[-1])

    def refuse(*_: object) -> None:
        raise SourceError(f"{path} declares entities, which may grow without end: take them out of the file")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise SourceError(f"{path} cannot be read as KML: {error}") from error
    return builder.close()


def _placemarks(node: Element, folders: tuple[str, ...]) -> Iterator[tuple[Element, tuple[str, ...]]]:
    """Give placemarks with the names of the folders round them."""
    for child in node:
        if child.tag == "Placemark":
            yield child, folders
        elif child.tag == "Folder":
            yield from _placemarks(child, (*folders, _text(child, "name")))
        else:
            yield from _placemarks(child, folders)


def _shared_styles(root: Element) -> Iterator[tuple[str, Element]]:
    """Give styles by their id; a map of styles by that for the plain view."""
    styles = {style.get("id", ""): style for style in root.iter("Style")}
    yield from styles.items()
    for maps in root.iter("StyleMap"):
        plain = [pair for pair in maps.iter("Pair") if _text(pair, "key") == "normal"]
        inner = [style for pair in plain for style in pair.iter("Style")]
        shared = [styles[name] for pair in plain if (name := _text(pair, "styleUrl").lstrip("#")) in styles]
        for style in [*inner, *shared][:1]:
            yield maps.get("id", ""), style


def _row(
    mark: Element, folders: tuple[str, ...], styles: Mapping[str, Element], path: Path
) -> dict[str, Any]:
    row: dict[str, Any] = {"folder": "/".join(filter(None, folders))}
    row |= {column: text for tag, column in _FIELDS.items() if (text := _text(mark, tag))}
    own = mark.find("Style")
    style = own if own is not None else styles.get(row.get("styleUrl", "").rsplit("#", 1)[-1])
    if style is not None:
        row |= {"fill": _colour(style, "PolyStyle"), "stroke": _colour(style, "LineStyle")}
    row |= {data.get("name", ""): _text(data, "value") for data in mark.iter("Data")}
    row |= {data.get("name", ""): (data.text or "").strip() for data in mark.iter("SimpleData")}
    row.pop("", None)
    where = f"{path}, placemark {row.get('name', '')!r}"
    shapes = [shape for child in mark for shape in _shapes(child, where)]
    return row | {"geometry": _together(shapes)}


def _text(node: Element, path: str) -> str:
    return " ".join((node.findtext(path) or "").split())


def _colour(style: Element, part: str) -> str | None:
    """Turn ``aabbggrr`` into ``#rrggbb``."""
    text = _text(style, f"{part}/color").lstrip("#").lower()
    if not re.fullmatch(r"[0-9a-f]{8}", text):
        return None
    return f"#{text[6:8]}{text[4:6]}{text[2:4]}"


def _shapes(node: Element, where: str) -> Iterator[Any]:
    """Build the shapes of a placemark."""
    if node.tag == "MultiGeometry":
        for child in node:
            yield from _shapes(child, where)
    elif node.tag == "Point":
        yield from shapely.points(_positions(node, where)[:1])
    elif node.tag in ("LineString", "LinearRing"):
        positions = _positions(node, where)
        if len(positions) < _SHORTEST_LINE:
            raise SourceError(f"{where}: a line has fewer than two positions")
        yield shapely.linestrings(positions)
    elif node.tag == "Polygon":
        rings = [ring for side in ("outer", "inner") for ring in node.findall(f"{side}BoundaryIs/LinearRing")]
        if rings:
            outer, *holes = [_ring(ring, where) for ring in rings]
            yield shapely.Polygon(outer, holes)


def _ring(node: Element, where: str) -> Floats:
    positions = _positions(node, where)
    if len(positions) < _SHORTEST_RING or (positions[0, :2] != positions[-1, :2]).any():
        raise SourceError(f"{where}: a ring does not end where it begins, or has less than 4 positions")
    return positions


def _positions(node: Element, where: str) -> Floats:
    """Longitudes and latitudes [degrees] of an element, and heights if all have one: (n, 2 or 3)."""
    try:
        texts = re.sub(r"\s*,\s*", ",", node.findtext("coordinates") or "").split()
        numbers = [_numbers(text) for text in texts]
        size = min(map(len, numbers), default=2)
        positions = np.array([number[:size] for number in numbers], dtype=float).reshape(-1, max(size, 2))
        if not positions[:, 2:].any():
            positions = positions[:, :2]
    except ValueError as error:
        raise SourceError(f"{where}: its coordinates are no numbers such as 46.9,40.1 ({error})") from error
    if not np.isfinite(positions).all():
        raise SourceError(f"{where}: its coordinates are not finite")
    return positions


def _numbers(text: str) -> list[float]:
    """Read lon,lat or lon,lat,height."""
    numbers = [float(part) for part in text.strip(",").split(",")]
    if len(numbers) not in (2, 3):
        raise SourceError(f"{text} is not lon,lat or lon,lat,height, with points for decimals")
    return numbers


def _together(shapes: list[Any]) -> Any:
    """Make one geometry of several of one kind, or a collection of several kinds."""
    if len(shapes) <= 1:
        return shapes[0] if shapes else None
    kinds = {shapely.get_type_id(shape).item() for shape in shapes}
    makers = {0: shapely.multipoints, 1: shapely.multilinestrings, 3: shapely.multipolygons}
    return makers[kinds.pop()](shapes) if len(kinds) == 1 else shapely.geometrycollections(shapes)


def _is_blank(column: Any) -> bool:
    return bool((column.isna() | (column.astype(str) == "")).all())
