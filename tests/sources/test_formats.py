"""A file is opened as the format that its name says, and what lies in it leads nowhere else."""

import json
import struct
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import GeometryCollection, LineString, Point, box

from frontlines.errors import SourceError
from frontlines.sources.files import read_layer, write

KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}</Document></kml>'
PLACEMARK = "<Placemark><name>Ağdam</name><Point><coordinates>46.93,39.99,0</coordinates></Point></Placemark>"


@pytest.fixture
def secret(tmp_path):
    """A file that nobody asked for."""
    frame = gpd.GeoDataFrame({"word": ["secret"]}, geometry=[Point(46, 40)], crs="EPSG:4326")
    write(frame, tmp_path / "secret.geojson")
    return tmp_path / "secret.geojson"


def virtual(secret):
    return (
        f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource>'
        "</OGRVRTLayer></OGRVRTDataSource>"
    )


@pytest.mark.parametrize("suffix", [".geojson", ".json", ".gpkg", ".shp", ".kml", ".kmz", ".zip", ".parquet"])
def test_a_virtual_layer_in_disguise_is_not_followed(tmp_path, secret, suffix):
    path = tmp_path / f"front{suffix}"
    for disguise in ("", "<!-- <kml> -->", "\n  <?xml version='1.0'?>"):
        path.write_text(disguise + virtual(secret), encoding="utf-8")
        with pytest.raises(SourceError, match="cannot be read as"):
            read_layer(path)


def test_a_virtual_layer_behind_a_kml_is_not_followed(tmp_path, secret):
    path = tmp_path / "front.kml"
    path.write_text(KML.format(PLACEMARK) + virtual(secret), encoding="utf-8")
    with pytest.raises(SourceError, match="its content is of another format"):
        read_layer(path)


@pytest.mark.parametrize("suffix", [".geojson", ".json"])
def test_a_pipeline_in_disguise_is_not_run(tmp_path, secret, suffix):
    path = tmp_path / f"front{suffix}"
    command = f"gdal vector pipeline ! read {secret}"
    path.write_text(json.dumps({"type": "gdal_streamed_alg", "command_line": command}), encoding="utf-8")
    with pytest.raises(SourceError, match=f"cannot be read as \\{suffix}"):
        read_layer(path)


def test_a_virtual_layer_within_an_archive_is_not_followed(tmp_path, secret):
    with zipfile.ZipFile(tmp_path / "front.zip", "w") as archive:
        archive.writestr("front.shp", virtual(secret))
    with pytest.raises(SourceError, match=r"front\.shp is not a shapefile"):
        read_layer(tmp_path / "front.zip")


@pytest.mark.parametrize(
    "link",
    [
        "<NetworkLink><Link><href>secret.geojson</href></Link></NetworkLink>",
        "<NetworkLink><Link><href>http://127.0.0.1:9/front.kml</href></Link></NetworkLink>",
    ],
)
@pytest.mark.usefixtures("secret")
def test_links_in_a_kml_lead_nowhere(tmp_path, link):
    path = tmp_path / "front.kml"
    path.write_text(KML.format(link + PLACEMARK), encoding="utf-8")
    assert "secret" not in read_layer(path).to_csv()


def test_a_kml_may_begin_with_all_that_xml_allows(tmp_path):
    path = tmp_path / "front.kml"
    head = "\ufeff<?xml version='1.0' encoding='UTF-8'?>\n<!-- by hand -->\n"
    path.write_text(head + KML.format(PLACEMARK), encoding="utf-8")
    assert read_layer(path)["name"].tolist() == ["Ağdam"]


def test_a_kml_without_a_placemark_is_empty(tmp_path):
    path = tmp_path / "front.kml"
    path.write_text(KML.format(""), encoding="utf-8")
    assert read_layer(path).empty


def test_a_table_beside_the_layer_does_not_hide_it(tmp_path):
    """GIS programs keep their styles in a table of the same GeoPackage."""
    import pyogrio  # noqa: PLC0415

    frame = gpd.GeoDataFrame({"side": ["A"]}, geometry=[box(46, 39, 47, 40)], crs="EPSG:4326")
    write(frame, tmp_path / "a.gpkg")
    pyogrio.write_dataframe(pd.DataFrame({"style": ["x"]}), tmp_path / "a.gpkg", layer="layer_styles")
    assert read_layer(tmp_path / "a.gpkg")["side"].tolist() == ["A"]


@pytest.mark.parametrize("name", ["a#1", "a?b", "50%", "a b", "карта", "s3:x", "b&c=d", "a{1}", "a'b", "a,b"])
@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".zip", ".parquet"])
def test_any_name_of_a_file_will_do(tmp_path, name, suffix):
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[Point(46, 40)], crs="EPSG:4326")
    write(frame, tmp_path / f"{name}{suffix}")
    assert [file.name for file in tmp_path.iterdir()] == [f"{name}{suffix}"]
    assert len(read_layer(tmp_path / f"{name}{suffix}")) == 1


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".parquet", ".kml"])
def test_collections_of_geometry_come_back(tmp_path, suffix):
    mixed = GeometryCollection([box(46, 39, 47, 40), LineString([(46, 39), (48, 41)])])
    write(gpd.GeoDataFrame({"n": [1]}, geometry=[mixed], crs="EPSG:4326"), tmp_path / f"a{suffix}")
    assert read_layer(tmp_path / f"a{suffix}").geometry.iloc[0].equals(mixed)


def test_geometry_that_a_format_cannot_hold_is_an_error_of_the_library(tmp_path):
    mixed = [Point(46, 40), LineString([(46, 39), (48, 41)])]
    with pytest.raises(SourceError, match=r"a\.shp cannot be written"):
        write(gpd.GeoDataFrame({"n": [1, 2]}, geometry=mixed, crs="EPSG:4326"), tmp_path / "a.shp")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".parquet", ".zip", ".kml"])
def test_measures_along_lines_come_in_as_plain_lines(tmp_path, suffix):
    for text in ("LINESTRING ZM (46 40 5 1, 47 40 6 2)", "LINESTRING M (46 40 1, 47 40 2)"):
        frame = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.from_wkt(text)], crs="EPSG:4326")
        write(frame, tmp_path / f"a{suffix}")
        back = read_layer(tmp_path / f"a{suffix}").geometry.iloc[0]
        assert shapely.force_2d(back).equals(LineString([(46, 40), (47, 40)]))
        if "Z" in text:
            assert shapely.get_coordinates(back, include_z=True)[:, 2].tolist() == [5, 6]
        assert frame.geometry.iloc[0].has_m


def _write_measured_line(path, points):
    """Write a shapefile of one line whose vertices carry measures (type 23), byte by byte."""
    last = len(points) - 1
    xs, ys = zip(*points, strict=True)
    bounds = struct.pack("<4d", min(xs), min(ys), max(xs), max(ys))
    body = struct.pack("<i", 23) + bounds + struct.pack("<3i", 1, len(points), 0)
    body += b"".join(struct.pack("<2d", *point) for point in points)
    body += struct.pack(f"<2d{len(points)}d", 0, last, *range(len(points)))

    def head(words):
        numbers = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, words) + struct.pack("<2i", 1000, 23)
        return numbers + bounds + struct.pack("<4d", 0, 0, 0, last)

    size = len(body) // 2
    path.write_bytes(head(54 + size) + struct.pack(">2i", 1, size) + body)
    path.with_suffix(".shx").write_bytes(head(54) + struct.pack(">2i", 50, size))


def test_a_file_with_measures_is_read_without_a_warning(tmp_path):
    points = [(46, 40), (47, 40), (47, 41)]
    _write_measured_line(tmp_path / "a.shp", points)
    assert read_layer(tmp_path / "a.shp").geometry.iloc[0].equals(LineString(points))


def test_columns_that_share_a_name_are_refused(tmp_path):
    frame = gpd.GeoDataFrame({"7": [1], 7: [2]}, geometry=[Point(46, 40)], crs="EPSG:4326")
    with pytest.raises(SourceError, match="columns that share a name: 7"):
        write(frame, tmp_path / "a.gpkg")


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".zip", ".kml", ".parquet", ".csv"])
def test_odd_columns_are_written_or_refused_but_never_half(tmp_path, suffix):
    frame = gpd.GeoDataFrame({"mixed": [1, "two"], 7: [1, 2]}, geometry=[Point(46, 40)] * 2, crs="EPSG:4326")
    path = tmp_path / f"a{suffix}"
    try:
        write(frame, path)
    except SourceError as error:
        assert "cannot be written" in str(error)  # noqa: PT017 - either answer will do, a crash will not
    assert [file.name for file in tmp_path.iterdir()] == [path.name] * path.exists()


def test_decimal_commas_in_a_csv_are_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('name,lon,lat\nA,"46,9","39,9"\nB,"47,1","40,0"\n', encoding="utf-8")
    with pytest.raises(SourceError, match=r"2 rows whose lon is not a number \(rows 0, 1; '46,9'\)"):
        read_layer(path)
