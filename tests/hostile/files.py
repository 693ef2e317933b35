"""Files that are broken or hostile: each maker writes one into a folder and gives its path."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from shapely import Point, box

LONLAT = "EPSG:4326"
SQUARE = [[46.0, 39.0], [46.5, 39.0], [46.5, 41.0], [46.0, 41.0], [46.0, 39.0]]

Maker = Callable[[Path], Path]
MAKERS: dict[str, tuple[Maker, str]] = {}
"""What writes a hostile file, and what the one line that refuses it must hold, by a short name."""


def collection(rings: Any, kind: str = "Polygon", **properties: Any) -> dict[str, Any]:
    """Make GeoJSON of one feature that names district, side and day, so that any role can read it."""
    held = {"district": "D", "name": "P", "side": "A", "date": "1994-04-07"} | properties
    feature = {"type": "Feature", "properties": held, "geometry": {"type": kind, "coordinates": rings}}
    return {"type": "FeatureCollection", "features": [feature]}


def frame(**columns: Any) -> gpd.GeoDataFrame:
    """Make a good layer of two squares."""
    held = {"district": ["D", "E"], "name": ["P", "Q"], "side": ["A", "B"], "date": "1994-04-07"} | columns
    return gpd.GeoDataFrame(held, geometry=[box(46, 39, 46.5, 41), box(46.5, 39, 47, 41)], crs=LONLAT)


def _is(name: str, says: str) -> Callable[[Maker], Maker]:
    def noted(maker: Maker) -> Maker:
        MAKERS[name] = (maker, says)
        return maker

    return noted


def _content(name: str, file: str, content: str | bytes, says: str) -> None:
    def maker(folder: Path) -> Path:
        data = content.encode() if isinstance(content, str) else content
        (folder / file).write_bytes(data)
        return folder / file

    MAKERS[name] = (maker, says)


def _geojson(name: str, held: Any, says: str) -> None:
    _content(name, "x.geojson", json.dumps(held), says)


# --- GeoJSON

_content("geojson-empty", "x.geojson", "", "cannot be read")
_content("geojson-blank-object", "x.geojson", "{}", "x.geojson")
_content("geojson-null", "x.geojson", "null", "cannot be read")
_content("geojson-cut", "x.geojson", json.dumps(collection([SQUARE]))[:-40], "cannot be read")
_content("geojson-text", "x.geojson", "Dear Sir or Madam", "cannot be read")
_content("geojson-binary", "x.geojson", bytes(range(256)) * 8, "cannot be read")
_content("geojson-html", "x.geojson", "<html><body>404 Not Found</body></html>", "cannot be read")
_content("geojson-deep", "x.geojson", '{"type":"FeatureCollection","features":' + "[" * 10_000, "cannot be")
_geojson("geojson-nan", collection([[[46, 39], [float("nan"), 39], [46, 41], [46, 39]]]), "x.geojson")
_geojson("geojson-inf", collection([[[46, 39], [float("inf"), 39], [46, 41], [46, 39]]]), "x.geojson")
_content(
    "geojson-huge-number",
    "x.geojson",
    json.dumps(collection([SQUARE])).replace("46.5", "1e400"),
    "x.geojson",
)
_geojson("geojson-open-ring", collection([SQUARE[:-1]]), "x.geojson")
_geojson("geojson-two-positions", collection([SQUARE[:2]]), "x.geojson")
_geojson("geojson-no-positions", collection([[]]), "x.geojson")
_geojson("geojson-text-coordinates", collection([[["a", "b"]] * 4]), "x.geojson")
_geojson("geojson-bow-tie", collection([[[46, 39], [47, 41], [47, 39], [46, 41], [46, 39]]]), "x.geojson")
_geojson("geojson-no-place", collection([[[600, 95], [700, 95], [700, 99], [600, 95]]]), "x.geojson")
_geojson("geojson-no-geometry", collection([SQUARE]) | {"features": [
    {"type": "Feature", "properties": {"district": "D", "side": "A", "date": "1994-04-07"}, "geometry": None}
]}, "x.geojson")  # fmt: skip
for _kind, _crs in {
    "link": {"type": "link", "properties": {"href": "http://127.0.0.1:9/crs"}},
    "url": {"type": "url", "properties": {"url": "http://127.0.0.1:9/crs"}},
    "address": {"type": "name", "properties": {"name": "http://127.0.0.1:9/crs"}},
    "unknown": {"type": "name", "properties": {"name": "EPSG:999999"}},
    "heights": {"type": "name", "properties": {"name": "EPSG:5703"}},
    "garbage": {"type": "name", "properties": {"name": "garbage"}},
}.items():
    _geojson(f"geojson-crs-{_kind}", collection([SQUARE]) | {"crs": _crs}, "crs|CRS")

_geojson("line-of-one-position", collection([[46.5, 39]], "LineString", side_left="A"), "two positions")
_LINE = [[46.5, 39], [float("inf"), 40], [46.5, 41]]
_geojson("line-inf", collection(_LINE, "LineString", side_left="A", side_right="B"), "x.geojson")

# --- tables in the file

_content(
    "geojson-latin-1",
    "x.geojson",
    json.dumps(collection([SQUARE], district="Ä"), ensure_ascii=False).encode("latin-1"),
    "cannot be read",
)

_geojson("strange-day", collection([SQUARE], date="2202-04-07"), "x.geojson")
_geojson("no-day", collection([SQUARE], date="soon"), "soon")
_geojson("day-of-none", collection([SQUARE], date="1994-02-30"), "1994-02-30")

# --- other formats

_content("gpkg-text", "x.gpkg", "I am no database", "content is of another format")
_content("parquet-text", "x.parquet", "I am no table", "cannot be read")
_content("shp-text", "x.shp", "I am no shape", "content is of another format")
_content("zip-text", "x.zip", "I am no archive", "content is of another format")
_content("kml-text", "x.kml", "I am no XML", "content is of another format")
_content("kmz-text", "x.kmz", "I am no archive", "content is of another format")
_content("csv-empty", "x.csv", "", "x.csv")
_content("csv-nul", "x.csv", b"district,lon,lat\n\x00,46,39\n\x00\x00", "x.csv")
_content("csv-wkt", "x.csv", "district,side,date,wkt\nD,A,1994-04-07,POLYGON ((46 39\n", "x.csv")
_content("ending", "x.docx", "hello", "ending that is not known")
_content("no-ending", "x", "hello", "ending that is not known")
_content("kml-cut", "x.kml", "<kml><Document><Placemark><name>a", "cannot be read as KML")
_content(
    "kml-entities",
    "x.kml",
    '<!DOCTYPE kml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><kml><Document>&b;</Document></kml>',
    "x.kml",
)
_content("kml-deep", "x.kml", "<kml>" + "<Folder>" * 5_000, "deep")
_content(
    "kml-nan",
    "x.kml",
    "<kml><Placemark><Point><coordinates>nan,39</coordinates></Point></Placemark></kml>",
    "x.kml",
)
_content(
    "kml-link",
    "x.kml",
    "<kml><NetworkLink><Link><href>http://127.0.0.1:9/x.kml</href></Link></NetworkLink></kml>",
    "x.kml",
)


_LAUGHS = "".join(f'<!ENTITY a{n} "{10 * f"&a{n - 1};"}">' for n in range(1, 10))
_content("kml-entities-of-entities", "x.kml", f"<!DOCTYPE kml [{_LAUGHS}]><kml>&a9;</kml>", "another format")


def _claiming(path: Path, parts: dict[str, bytes], most: int = 900_000_000) -> Path:
    """Write an archive that says of its parts that they unpack to so many bytes."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        for part in archive.infolist():
            part.file_size = most
    return path


@_is("kmz-entities", "declares entities")
def _kmz_entities(folder: Path) -> Path:
    laughs = f"<!DOCTYPE kml [{_LAUGHS}]><kml>&a9;</kml>"
    with zipfile.ZipFile(folder / "x.kmz", "w") as archive:
        archive.writestr("doc.kml", laughs)
    return folder / "x.kmz"


@_is("kmz-swells", "900 MB unpacked .* --limit unpacked_mb=900")
def _kmz_swells(folder: Path) -> Path:
    return _claiming(folder / "x.kmz", {"doc.kml": b"<kml/>"})


@_is("zip-swells", "1,800 MB unpacked .* --limit unpacked_mb=1800")
def _zip_swells(folder: Path) -> Path:
    return _claiming(folder / "x.zip", {"a.shp": b"", "a.dbf": b""})


@_is("gpkg-view-without-end", "holds the view v")
def _view(folder: Path) -> Path:
    frame().to_file(folder / "x.gpkg", layer="x")
    with sqlite3.connect(folder / "x.gpkg") as base:
        base.execute(
            "create view v as with recursive n(i) as (select 1 union all select i + 1 from n) "
            "select i as fid, geom, district from n, x"
        )
        base.execute("update gpkg_contents set table_name = 'v', identifier = 'v'")
        base.execute("update gpkg_geometry_columns set table_name = 'v'")
    base.close()
    return folder / "x.gpkg"


@_is("gpkg-other-database", "x.gpkg")
def _other_database(folder: Path) -> Path:
    with sqlite3.connect(folder / "x.gpkg") as base:
        base.execute("create table a (b)")
    base.close()
    return folder / "x.gpkg"


@_is("gpkg-cut", "x.gpkg")
def _cut_gpkg(folder: Path) -> Path:
    frame().to_file(folder / "x.gpkg")
    content = (folder / "x.gpkg").read_bytes()
    (folder / "x.gpkg").write_bytes(content[: len(content) // 3])
    return folder / "x.gpkg"


@_is("gpkg-undefined-crs", "CRS")
def _undefined_crs(folder: Path) -> Path:
    frame().to_file(folder / "x.gpkg", layer="x")
    with sqlite3.connect(folder / "x.gpkg") as base:
        base.execute("update gpkg_contents set srs_id = -1")
        base.execute("update gpkg_geometry_columns set srs_id = -1")
    base.close()
    return folder / "x.gpkg"


@_is("gpkg-bad-shapes", "x.gpkg")
def _bad_shapes(folder: Path) -> Path:
    frame().to_file(folder / "x.gpkg", layer="x")
    with sqlite3.connect(folder / "x.gpkg") as base:
        triggers = base.execute("select name from sqlite_master where type = 'trigger'").fetchall()
        for (name,) in triggers:
            base.execute(f'drop trigger "{name}"')
        base.execute("update x set geom = x'4750000100000000FFFFFFFF'")
    base.close()
    return folder / "x.gpkg"


@_is("gpkg-two-layers", "x.gpkg holds the layers")
def _two_layers(folder: Path) -> Path:
    for name in ("a", "b"):
        frame().to_file(folder / "x.gpkg", layer=name)
    return folder / "x.gpkg"


@_is("parquet-no-geometry", "x.parquet")
def _no_geometry(folder: Path) -> Path:
    pd.DataFrame({"district": ["D"], "side": ["A"]}).to_parquet(folder / "x.parquet")
    return folder / "x.parquet"


def _with_geo(folder: Path, geo: bytes, shapes: list[bytes]) -> Path:
    table = pa.table({"district": ["D"] * len(shapes), "geometry": shapes})
    pq.write_table(table.replace_schema_metadata({"geo": geo}), folder / "x.parquet")
    return folder / "x.parquet"


_COLUMN = {"primary_column": "geometry", "version": "1.0.0"}


@_is("parquet-bad-wkb", "x.parquet")
def _bad_wkb(folder: Path) -> Path:
    geo = _COLUMN | {"columns": {"geometry": {"encoding": "WKB", "geometry_types": []}}}
    return _with_geo(folder, json.dumps(geo).encode(), [b"\x01\x03\x00", b"no shape"])


@_is("parquet-bad-geo", "x.parquet")
def _bad_geo(folder: Path) -> Path:
    return _with_geo(folder, b"{not json", [b""])


@_is("parquet-geo-list", "x.parquet")
def _geo_list(folder: Path) -> Path:
    return _with_geo(folder, b"[1, 2]", [b""])


@_is("parquet-bad-crs", "x.parquet")
def _bad_crs(folder: Path) -> Path:
    geo = _COLUMN | {
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": [], "crs": {"type": "Moon"}}}
    }
    return _with_geo(folder, json.dumps(geo).encode(), [box(0, 0, 1, 1).wkb])


def _shapefile(folder: Path) -> Path:
    frame().to_file(folder / "x.shp")
    return folder / "x.shp"


@_is("shp-no-prj", "CRS")
def _no_prj(folder: Path) -> Path:
    path = _shapefile(folder)
    path.with_suffix(".prj").unlink()
    return path


@_is("shp-cut", "cut short")
def _cut_shp(folder: Path) -> Path:
    path = _shapefile(folder)
    path.write_bytes(path.read_bytes()[:150])
    return path


@_is("shp-no-shx", "x.shp")
def _no_shx(folder: Path) -> Path:
    path = _shapefile(folder)
    path.with_suffix(".shx").unlink()
    return path


@_is("shp-cut-dbf", "is cut short")
def _cut_dbf(folder: Path) -> Path:
    path = _shapefile(folder)
    path.with_suffix(".dbf").write_bytes(path.with_suffix(".dbf").read_bytes()[:-20])
    return path


@_is("shp-local-prj", "CRS")
def _local_prj(folder: Path) -> Path:
    path = _shapefile(folder)
    path.with_suffix(".prj").write_text('LOCAL_CS["site",UNIT["metre",1]]', encoding="utf-8")
    return path


@_is("shp-garbage-prj", "CRS")
def _garbage_prj(folder: Path) -> Path:
    path = _shapefile(folder)
    path.with_suffix(".prj").write_text("somewhere in Asia", encoding="utf-8")
    return path


@_is("zip-empty", "must hold one shapefile")
def _empty_zip(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "x.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    return folder / "x.zip"


@_is("zip-two", "must hold one shapefile")
def _two_in_zip(folder: Path) -> Path:
    path = _shapefile(folder)
    with zipfile.ZipFile(folder / "x.zip", "w") as archive:
        for name in ("a.shp", "b.shp"):
            archive.write(path, name)
    return folder / "x.zip"


@_is("zip-corrupt", "x.zip")
def _corrupt_zip(folder: Path) -> Path:
    frame().to_file(folder / "y.shp")
    with zipfile.ZipFile(folder / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(folder.glob("y.*")):
            archive.write(part, part.name)
        start = archive.getinfo("y.shp").header_offset + 35  # behind the header of the part and its name
    content = bytearray((folder / "x.zip").read_bytes())
    content[start + 20 : start + 90] = b"\xff" * 70
    (folder / "x.zip").write_bytes(content)
    for part in folder.glob("y.*"):
        part.unlink()
    return folder / "x.zip"


_content(
    "kml-decimal-comma",
    "x.kml",
    '<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>A</name><Polygon><outerBoundaryIs><LinearRing>'
    "<coordinates>46,5,39,2 46,9,39,2 46,9,40,1 46,5,39,2</coordinates>"
    "</LinearRing></outerBoundaryIs></Polygon></Placemark></kml>",
    "46,5,39,2 is not lon,lat or lon,lat,height",
)


@_is("kmz-empty", "must hold one KML")
def _empty_kmz(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "x.kmz", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    return folder / "x.kmz"


# --- names and places of files


@_is("missing", "is not a file")
def _missing(folder: Path) -> Path:
    return folder / "x.geojson"


@_is("folder", "x.geojson")
def _folder(folder: Path) -> Path:
    (folder / "x.geojson").mkdir()
    return folder / "x.geojson"


@_is("loop", "x.geojson")
def _loop(folder: Path) -> Path:
    (folder / "x.geojson").symlink_to(folder / "x.geojson")
    return folder / "x.geojson"


@_is("long-name", "is not a file|too long")
def _long_name(folder: Path) -> Path:
    return folder / f"{'x' * 300}.geojson"


@_is("pipe", "is not a file")
def _pipe(folder: Path) -> Path:
    os.mkfifo(folder / "x.geojson")
    return folder / "x.geojson"


@_is("archive-name", "'!' in it")
def _archive_name(folder: Path) -> Path:
    (folder / "x!y.geojson").write_text(json.dumps(collection([SQUARE])), encoding="utf-8")
    return folder / "x!y.geojson"


@_is("points", ".")
def _points(folder: Path) -> Path:
    held = gpd.GeoDataFrame({"district": ["D"], "date": "1994-04-07"}, geometry=[Point(46, 40)], crs=LONLAT)
    held.to_file(folder / "x.geojson", driver="GeoJSON")
    return folder / "x.geojson"


def good(folder: Path) -> dict[str, Path]:
    """Write good layers of every role."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    frame().to_file(folder / "before.gpkg")
    later = frame(date="1994-05-12")
    later.geometry = [box(46, 39, 46.4, 41), box(46.4, 39, 47, 41)]
    later.to_file(folder / "after.gpkg")
    frame()[["district", "geometry"]].to_file(folder / "districts.gpkg")
    places = gpd.GeoDataFrame({"name": ["P"]}, geometry=[Point(46.45, 40)], crs=LONLAT)
    places.to_file(folder / "places.gpkg")
    return {path.stem: path for path in folder.iterdir()}
