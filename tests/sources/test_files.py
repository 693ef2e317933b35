"""Layers go out and come back the same, in every format; a file is written whole or not at all."""

import json
import os
import shutil
import zipfile
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from shapely import LineString, MultiPolygon, Point, Polygon, box

from frontlines.errors import SourceError
from frontlines.manifest import sha256
from frontlines.sources import files, formats
from frontlines.sources.description import Description
from frontlines.sources.files import (
    FORMATS,
    Reading,
    day_in_name,
    read_control,
    read_districts,
    read_frontlines,
    read_layer,
    read_settlements,
    write,
    write_layers,
)
from frontlines.sources.writing import whole_or_not
from tests.forking import forked

VECTOR = [".geojson", ".json", ".gpkg", ".parquet", ".geoparquet", ".shp", ".zip", ".shp.zip", ".kml", ".kmz"]
DEGREES_ONLY = {".geojson", ".json", ".kml", ".kmz"}
NAMES = ["Ağdərə", "Füzuli Şuşa", "Мардакерт", "Մարտակերտ"]
HOSTILE = ['say "no"', "a,b;c", "<b>&amp;</b>", "two\nlines", "$x^2$ [bold]", "</script>", "' OR 1=1 --"]


def _squares(number):
    return [box(46 + i / 10, 39.5, 46.1 + i / 10, 39.75) for i in range(number)]


@pytest.fixture
def frame():
    return gpd.GeoDataFrame(
        {
            "date": pd.to_datetime(["1994-04-07", "1994-04-07", "1994-05-12", "1994-05-12"]),
            "side": ["ARM", "AZE", "ARM", "unknown"],
            "place": NAMES,
            "sigma_m": [500.0, 250.5, np.nan, 0.0],
            "count": [1, 2, 3, 4],
        },
        geometry=_squares(4),
        crs="EPSG:4326",
    )


def _holes_and_parts():
    holed = Polygon(box(46, 39, 47, 40).exterior, [box(46.25, 39.25, 46.5, 39.5).exterior])
    return [MultiPolygon([box(45, 39, 45.5, 39.5), holed]), box(48, 39, 49, 40)]


def _same_ground(left, right, *, tolerance=1e-7):
    """Compare polygons as sets of points: rings may begin elsewhere and turn the other way."""
    assert len(left) == len(right)
    difference = shapely.symmetric_difference(left.geometry.values, right.geometry.values)
    assert (shapely.area(difference) < tolerance).all()


# --- round trips ---------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", VECTOR)
def test_what_is_written_comes_back(tmp_path, frame, suffix):
    path = tmp_path / f"control{suffix}"
    write(frame, path)
    back = read_layer(path)
    assert back.crs.to_epsg() == 4326
    _same_ground(frame, back)
    assert back["place"].tolist() == NAMES
    assert back["side"].tolist() == frame["side"].tolist()
    assert back["count"].astype(int).tolist() == [1, 2, 3, 4]
    sigma = pd.to_numeric(back["sigma_m"]).to_numpy()
    np.testing.assert_array_equal(sigma, frame["sigma_m"])
    days = pd.to_datetime(back["date"].astype(str).str[:10])
    assert days.tolist() == frame["date"].tolist()


@pytest.mark.parametrize("suffix", [*VECTOR, ".csv"])
def test_writing_changes_nothing_in_the_frame(tmp_path, frame, suffix):
    kept = frame.copy(deep=True)
    write(frame, tmp_path / f"control{suffix}")
    assert_geodataframe_equal(frame, kept)


@pytest.mark.parametrize("suffix", VECTOR)
def test_hostile_text_comes_back_letter_by_letter(tmp_path, suffix):
    frame = gpd.GeoDataFrame({"note": HOSTILE}, geometry=_squares(len(HOSTILE)), crs="EPSG:4326")
    write(frame, tmp_path / f"a{suffix}")
    assert read_layer(tmp_path / f"a{suffix}")["note"].tolist() == HOSTILE


@pytest.mark.parametrize("suffix", VECTOR)
def test_parts_and_holes_come_back(tmp_path, suffix):
    frame = gpd.GeoDataFrame({"n": [1, 2]}, geometry=_holes_and_parts(), crs="EPSG:4326")
    write(frame, tmp_path / f"a{suffix}")
    back = read_layer(tmp_path / f"a{suffix}")
    _same_ground(frame, back)
    parts = shapely.get_num_geometries(back.geometry.values)
    assert parts.tolist() == [2, 1]
    holes = [shapely.get_num_interior_rings(shapely.get_parts(g)).sum() for g in back.geometry]
    assert holes == [1, 0]


@pytest.mark.parametrize("suffix", VECTOR)
def test_heights_come_back(tmp_path, suffix):
    line = LineString([(46, 40, 100), (47, 40, 250), (48, 40, 75)])
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[line], crs="EPSG:4326")
    write(frame, tmp_path / f"a{suffix}")
    back = read_layer(tmp_path / f"a{suffix}").geometry.iloc[0]
    np.testing.assert_allclose(shapely.get_coordinates(back, include_z=True), line.coords, atol=1e-7)


@pytest.mark.parametrize("suffix", sorted(set(VECTOR) - DEGREES_ONLY))
def test_the_crs_comes_back(tmp_path, frame, suffix):
    projected = frame.to_crs("EPSG:32638")
    write(projected, tmp_path / f"a{suffix}")
    back = read_layer(tmp_path / f"a{suffix}")
    assert back.crs.to_epsg() == 32638
    _same_ground(projected, back, tolerance=1e-3)


@pytest.mark.parametrize("suffix", sorted(DEGREES_ONLY))
def test_a_projected_frame_lands_in_lon_lat_where_the_format_knows_no_other(tmp_path, frame, suffix):
    write(frame.to_crs("EPSG:32638"), tmp_path / f"a{suffix}")
    back = read_layer(tmp_path / f"a{suffix}")
    assert back.crs.to_epsg() == 4326
    _same_ground(frame, back, tolerance=1e-6)


def test_geojson_names_no_crs_and_holds_lon_lat(tmp_path, frame):
    write(frame.to_crs("EPSG:32638"), tmp_path / "a.geojson")
    written = json.loads((tmp_path / "a.geojson").read_text(encoding="utf-8"))
    assert "crs" not in written
    lon, lat = written["features"][0]["geometry"]["coordinates"][0][0]
    assert 46 <= lon <= 46.11
    assert 39.49 <= lat <= 39.76


@pytest.mark.parametrize("suffix", VECTOR)
def test_an_empty_layer_comes_back_empty(tmp_path, frame, suffix):
    write(frame.iloc[:0], tmp_path / f"a{suffix}")
    back = read_layer(tmp_path / f"a{suffix}")
    assert isinstance(back, gpd.GeoDataFrame)
    assert len(back) == 0
    assert back.crs.to_epsg() == 4326


@pytest.mark.parametrize("suffix", [s for s in VECTOR if s not in {".kml", ".kmz"}])
def test_columns_keep_their_case(tmp_path, suffix):
    frame = gpd.GeoDataFrame({"NAME_Az": ["x"], "shapeID": ["y"]}, geometry=_squares(1), crs="EPSG:4326")
    write(frame, tmp_path / f"a{suffix}")
    assert {"NAME_Az", "shapeID"} <= set(read_layer(tmp_path / f"a{suffix}").columns)


@pytest.mark.parametrize("suffix", VECTOR)
def test_points_and_lines_come_back(tmp_path, suffix):
    for number, shape in enumerate([Point(46.5, 40), LineString([(46, 40), (47, 41)])]):
        path = tmp_path / f"a{number}{suffix}"
        write(gpd.GeoDataFrame({"n": [1]}, geometry=[shape], crs="EPSG:4326"), path)
        assert shapely.equals_exact(read_layer(path).geometry.iloc[0], shape, tolerance=1e-7)


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".parquet"])
def test_a_row_without_geometry_stays(tmp_path, suffix):
    frame = gpd.GeoDataFrame({"n": [1, 2]}, geometry=[Point(46, 40), None], crs="EPSG:4326")
    write(frame, tmp_path / f"a{suffix}")
    assert read_layer(tmp_path / f"a{suffix}").geometry.isna().tolist() == [False, True]


def test_upper_case_endings_are_known(tmp_path, frame):
    write(frame, tmp_path / "a.GPKG")
    assert len(read_layer(tmp_path / "a.GPKG")) == 4


def test_a_time_of_day_is_kept(tmp_path):
    stamps = pd.to_datetime(["1994-05-12T06:30:00", None])
    frame = gpd.GeoDataFrame({"at": stamps}, geometry=_squares(2), crs="EPSG:4326")
    write(frame, tmp_path / "a.csv")
    assert pd.read_csv(tmp_path / "a.csv")["at"].iloc[0] == "1994-05-12T06:30:00"


def test_the_same_frame_gives_the_same_bytes(tmp_path, frame):
    for suffix in (".csv", ".geojson", ".zip", ".parquet"):
        write(frame, tmp_path / f"one/a{suffix}")
        write(frame, tmp_path / f"two/a{suffix}")
        assert (tmp_path / f"one/a{suffix}").read_bytes() == (tmp_path / f"two/a{suffix}").read_bytes()


def test_a_table_without_geometry_goes_to_csv_and_parquet_only(tmp_path):
    table = pd.DataFrame({"district": ["Ağdam"], "net_km2": [1.5]})
    write(table, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == "district,net_km2\nAğdam,1.5\n".encode()
    write(table, tmp_path / "a.parquet")
    assert pd.read_parquet(tmp_path / "a.parquet").equals(table)
    with pytest.raises(SourceError, match=r"a table without geometry cannot be written as \.gpkg: use \.csv"):
        write(table, tmp_path / "a.gpkg")


def test_a_layer_goes_to_csv_as_text(tmp_path):
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[Point(46, 40)], crs="EPSG:4326")
    write(frame, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "n,geometry\n1,POINT (46 40)\n"


# --- shapefiles and KML ----------------------------------------------------------------------------


def test_a_shapefile_has_its_parts_beside_it_or_within_one_archive(tmp_path, frame):
    write(frame, tmp_path / "a.shp")
    parts = {"a.shp", "a.shx", "a.dbf", "a.prj", "a.cpg"}
    assert {file.name for file in tmp_path.iterdir()} == parts
    write(frame, tmp_path / "zipped/a.shp.zip")
    with zipfile.ZipFile(tmp_path / "zipped/a.shp.zip") as archive:
        assert set(archive.namelist()) == parts


def test_long_names_of_columns_stay_apart_in_a_shapefile(tmp_path):
    names = ["share_before", "share_before_2", "SHARE_BEFO", "Ağdərə rayonu"]
    frame = gpd.GeoDataFrame({name: [i] for i, name in enumerate(names)}, geometry=_squares(1), crs=4326)
    write(frame, tmp_path / "a.shp")
    back = read_layer(tmp_path / "a.shp").drop(columns="geometry")
    assert len({name.lower() for name in back.columns}) == 4
    assert back.iloc[0].tolist() == [0, 1, 2, 3]
    assert all(len(name.encode()) <= 10 for name in back.columns)


def test_one_of_several_shapefiles_in_an_archive_is_read_by_name(tmp_path, frame):
    for stem in ("raions", "oblasts"):
        write(frame.iloc[: len(stem) - 5], tmp_path / f"{stem}.shp")
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        for part in tmp_path.glob("*.*"):
            if part.suffix != ".zip":
                archive.write(part, f"folder/{part.name}")
    assert len(read_layer(tmp_path / "both.zip", layer="raions")) == 1
    assert len(read_layer(tmp_path / "both.zip", layer="oblasts")) == 2
    with pytest.raises(SourceError, match=r"must hold one shapefile \(it holds .*: zip one alone"):
        read_layer(tmp_path / "both.zip")


def test_an_archive_without_a_shapefile_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing")
        archive.writestr("__MACOSX/._a.shp", "the finder's")
    with pytest.raises(SourceError, match=r"must hold one shapefile \(it holds readme.txt"):
        read_layer(tmp_path / "a.zip")


def test_what_is_not_a_shapefile_within_an_archive_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.shp", "<OGRVRTDataSource/>")
    with pytest.raises(SourceError, match=r"cannot be read as \.zip: a\.shp is not a shapefile"):
        read_layer(tmp_path / "a.zip")


KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document>
<Folder><name>Qarabağ</name>
  <Placemark><name>Ağdam</name><Point><coordinates>46.93,39.99,0</coordinates></Point></Placemark></Folder>
<Folder><name>Мартуни</name>
  <Placemark><name>Füzuli</name><Point><coordinates>47.14,39.6,0</coordinates></Point></Placemark>
  <Placemark><name>Horadiz</name><Point><coordinates>47.33,39.45,0</coordinates></Point></Placemark></Folder>
</Document></kml>
"""


def test_all_folders_of_a_kml_are_read_or_the_one_that_is_named(tmp_path):
    (tmp_path / "a.kml").write_text(KML, encoding="utf-8")
    frame = read_layer(tmp_path / "a.kml")
    assert sorted(frame["name"]) == ["Ağdam", "Füzuli", "Horadiz"]
    assert set(frame.geom_type) == {"Point"}
    assert len(read_layer(tmp_path / "a.kml", layer="Мартуни")) == 2
    with pytest.raises(SourceError, match="has no folder 'Şuşa': it holds Qarabağ, Мартуни"):
        read_layer(tmp_path / "a.kml", layer="Şuşa")


# --- points from a CSV -----------------------------------------------------------------------------


def test_a_csv_is_read_as_points_and_places_without_coordinates_stay(tmp_path):
    (tmp_path / "a.csv").write_text("Name,LON,Lat\nAğdam,46.93,39.99\nNan,,\nTalış, ,\n", encoding="utf-8")
    frame = read_settlements(tmp_path / "a.csv")
    assert frame["Name"].tolist() == ["Ağdam", "Nan", "Talış"]
    assert frame.geometry.isna().tolist() == [False, True, True]
    assert frame.geometry.iloc[0].coords[0] == (46.93, 39.99)
    assert frame.crs.to_epsg() == 4326


def test_a_csv_without_a_place_is_refused_unless_its_columns_are_named(tmp_path):
    (tmp_path / "a.csv").write_text("name,x,y\nAğdam,46.93,39.99\n", encoding="utf-8")
    with pytest.raises(
        SourceError, match=r"no columns of longitude .* it has 'name', 'x', 'y'; name them with lon="
    ):
        read_layer(tmp_path / "a.csv")
    frame = read_layer(tmp_path / "a.csv", description=Description(lon="X", lat="Y"))
    assert frame.geometry.iloc[0].equals(Point(46.93, 39.99))
    assert frame.crs == "EPSG:4326"
    with pytest.raises(SourceError, match=r"has no column 'east': it has 'name', 'x', 'y'"):
        read_layer(tmp_path / "a.csv", description=Description(lon="east", lat="Y"))
    assert (
        read_layer(tmp_path / "a.csv", description=Description(lon="x", lat="y", crs="EPSG:32638")).crs
        == "EPSG:32638"
    )


@pytest.mark.parametrize(
    "text",
    [
        "id,lat,lng\n007,50.49,30.16\n",
        "id;Latitude;Longitude\n007;50.49;30.16\n",
        "id\tlong\tlat\n007\t30.16\t50.49\n",
        'id,WKT\n007,"POINT (30.16 50.49)"\n',
    ],
)
def test_a_csv_names_its_places_in_many_ways(tmp_path, text):
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    frame = read_settlements(tmp_path / "a.csv")
    assert frame.geometry.iloc[0].equals(Point(30.16, 50.49))
    assert frame["id"].tolist() == ["007"]  # a code, no number


def test_columns_of_a_csv_that_hold_numbers_are_numbers(tmp_path):
    (tmp_path / "a.csv").write_text("lon,lat,people,code\n30,50,12000,08\n31,50,,80\n", encoding="utf-8")
    frame = read_layer(tmp_path / "a.csv")
    assert frame["people"].sum() == 12000
    assert frame["code"].tolist() == ["08", "80"]


def test_a_csv_in_another_encoding_is_asked_for(tmp_path):
    (tmp_path / "a.csv").write_text("lon,lat,name\n30,50,Київ\n", encoding="cp1251")
    with pytest.raises(
        SourceError, match="is not in UTF-8: say how its text is stored with encoding='cp1251'"
    ):
        read_layer(tmp_path / "a.csv")
    assert read_layer(tmp_path / "a.csv", description=Description(encoding="cp1251"))["name"].tolist() == [
        "Київ"
    ]


@pytest.mark.parametrize("suffix", [".shp", ".zip"])
def test_the_text_of_a_shapefile_that_does_not_name_its_encoding(tmp_path, suffix):
    def stored(encoding):
        named = gpd.GeoDataFrame({"NAME": ["Донецьк"]}, geometry=_squares(1), crs="EPSG:4326")
        named.to_file(tmp_path / "d.shp", encoding=encoding)
        (tmp_path / "d.cpg").unlink()
        content = bytearray((tmp_path / "d.dbf").read_bytes())
        content[29] = 0
        (tmp_path / "d.dbf").write_bytes(content)
        if suffix == ".zip":
            with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
                for part in ("d.shp", "d.shx", "d.dbf", "d.prj"):
                    archive.write(tmp_path / part, part)
        return tmp_path / f"d{suffix}"

    assert read_layer(stored("UTF-8"))["NAME"].tolist() == ["Донецьк"]
    with pytest.raises(
        SourceError, match=r"does not say how its text is stored \(no .cpg\): give encoding='cp1251'"
    ):
        read_layer(stored("cp1251"))
    frame = read_layer(stored("cp1251"), description=Description(encoding="cp1251"))
    assert frame["NAME"].tolist() == ["Донецьк"]


def test_a_day_that_is_none_in_a_column_nobody_asked_for_refuses_nothing(tmp_path):
    ground = gpd.GeoDataFrame(
        {"NAME": ["W", "E"], "until": ["2024-02-30", "2020-01-01"]}, geometry=_squares(2), crs="EPSG:4326"
    )
    (tmp_path / "a.geojson").write_text(ground.to_json(), encoding="utf-8")
    assert read_layer(tmp_path / "a.geojson")["until"].tolist() == ["2024-02-30", "2020-01-01"]


def test_a_csv_with_words_for_degrees_is_refused_with_the_row(tmp_path):
    (tmp_path / "a.csv").write_text("name,lon,lat\nA,46.9,39.9\nB,46°55',39.9\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"1 row whose lon is not a number \(row 1; .46°55.*write degrees"):
        read_layer(tmp_path / "a.csv")


# --- what cannot be read ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.txt", "a", "a.geojson.bak", "a.dbf", "a.vrt"])
def test_an_unknown_ending_is_answered_with_those_known(tmp_path, frame, name):
    (tmp_path / name).write_text("x", encoding="utf-8")
    for attempt in (lambda: read_layer(tmp_path / name), lambda: write(frame, tmp_path / name)):
        with pytest.raises(SourceError, match=r"has an ending that is not known .*: use one of \.geojson, "):
            attempt()
    assert (tmp_path / name).read_text(encoding="utf-8") == "x"


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_missing_file_and_a_folder_are_refused(tmp_path, suffix):
    with pytest.raises(SourceError, match="is not a file: check the path"):
        read_layer(tmp_path / f"nothing{suffix}")
    (tmp_path / f"folder{suffix}").mkdir()
    with pytest.raises(SourceError, match="is not a file: check the path"):
        read_layer(tmp_path / f"folder{suffix}")


@pytest.mark.parametrize("content", [b"", b"not a map", b"\x00\xff" * 400, b"{", b"<OGRVRTDataSource/>"])
@pytest.mark.parametrize("suffix", FORMATS)
def test_an_unreadable_file_is_refused(tmp_path, suffix, content):
    (tmp_path / f"a{suffix}").write_bytes(content)
    with pytest.raises(SourceError, match=r"cannot be read as|has no columns of longitude|is not in UTF-8"):
        read_layer(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("suffix", sorted(set(FORMATS) - {".csv", ".topojson"}))
def test_a_file_that_is_cut_short_is_refused(tmp_path, frame, suffix):
    write(frame, tmp_path / f"a{suffix}")
    whole = (tmp_path / f"a{suffix}").read_bytes()
    (tmp_path / f"a{suffix}").write_bytes(whole[: len(whole) // 3])
    with pytest.raises(SourceError):
        read_layer(tmp_path / f"a{suffix}")


def test_a_file_is_opened_as_its_ending_says_and_as_nothing_else(tmp_path, frame):
    write(frame, tmp_path / "a.gpkg")
    (tmp_path / "a.gpkg").rename(tmp_path / "a.kml")
    with pytest.raises(SourceError, match=r"cannot be read as \.kml: its content is of another format"):
        read_layer(tmp_path / "a.kml")


def test_an_exclamation_mark_in_the_path_is_refused(tmp_path, frame):
    (tmp_path / "a!b.geojson").write_text("{}", encoding="utf-8")
    for attempt in (read_layer, lambda path: write(frame, path)):
        with pytest.raises(SourceError, match="has a '!' in it, which GDAL takes for the edge of an archive"):
            attempt(tmp_path / "a!b.geojson")


def test_of_several_layers_one_must_be_named(tmp_path, frame):
    for layer in ("april", "may"):
        frame.to_file(tmp_path / "a.gpkg", layer=layer)
    with pytest.raises(SourceError, match=r"holds the layers april, may: save the one to read in a file"):
        read_layer(tmp_path / "a.gpkg")
    assert len(read_layer(tmp_path / "a.gpkg", layer="may")) == 4
    with pytest.raises(SourceError, match="has no layer 'june': it holds april, may"):
        read_layer(tmp_path / "a.gpkg", layer="june")


def test_a_file_without_geometry_is_refused(tmp_path):
    import pyogrio  # noqa: PLC0415

    pyogrio.write_dataframe(pd.DataFrame({"a": [1]}), tmp_path / "a.gpkg")
    with pytest.raises(SourceError, match="holds no layer with geometry: give one of polygons, lines or"):
        read_layer(tmp_path / "a.gpkg")


def test_a_plain_parquet_is_refused(tmp_path):
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(SourceError, match=r"cannot be read as \.parquet"):
        read_layer(tmp_path / "a.parquet")


# --- whole or not at all ---------------------------------------------------------------------------


def test_folders_are_made(tmp_path, frame):
    write(frame, tmp_path / "new/and/deep/a.gpkg")
    assert [file.name for file in (tmp_path / "new/and/deep").iterdir()] == ["a.gpkg"]


@pytest.mark.parametrize("suffix", [*VECTOR, ".csv"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, frame, suffix, monkeypatch):
    path = tmp_path / f"a{suffix}"
    write(frame, path)
    old = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    def half(_frame, target):
        Path(target).write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(formats, "writer_for", lambda _frame, _path: half)
    with pytest.raises(SourceError, match=rf"a{suffix} cannot be written: no space left on device"):
        write(frame.iloc[:1], path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == old


def test_a_write_that_is_broken_off_leaves_nothing(tmp_path, frame, monkeypatch):
    def stopped(_frame, target):
        Path(target).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(formats, "writer_for", lambda _frame, _path: stopped)
    with pytest.raises(KeyboardInterrupt):
        write(frame, tmp_path / "a.gpkg")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_file_that_may_grow_no_further_is_said_so_in_every_format(tmp_path):
    """Each driver has words of its own for it, or none at all: columns of a shapefile were cut in silence."""
    rng = np.random.default_rng(0)
    texts = [rng.bytes(40).hex() for _ in range(1500)]
    points = gpd.points_from_xy(*rng.uniform(0, 50, (2, len(texts))))
    rows = gpd.GeoDataFrame({"district": texts}, geometry=points, crs="EPSG:4326")
    for suffix in (*VECTOR, ".csv"):
        write(rows.iloc[:1], tmp_path / f"a{suffix}")
    old = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    def limited():
        resource = pytest.importorskip("resource")
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))
        said = r"(a|many)(\.\w+)+ cannot be written: it grew larger than files may be \(ulimit -f\): raise"
        for suffix in (*VECTOR, ".csv"):
            with pytest.raises(SourceError, match=said):
                write(rows, tmp_path / f"a{suffix}")
        with pytest.raises(SourceError, match=said):
            write_layers({"few": rows.iloc[:9], "all": rows}, tmp_path / "many.gpkg")

    assert os.waitpid(forked(limited), 0)[1] == 0
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == old


def test_a_full_disk_is_named_only_where_it_is_one(tmp_path, frame, monkeypatch):
    def failed(_frame, _target):
        raise RuntimeError("index 0: sqlite3_exec(INSERT INTO a VALUES ('b')) failed: no such table: a")

    monkeypatch.setattr(formats, "writer_for", lambda _frame, _path: failed)
    with pytest.raises(SourceError, match=r"a\.gpkg cannot be written: index 0: no such table: a$"):
        write(frame, tmp_path / "a.gpkg")
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=0))
    with pytest.raises(SourceError, match=r"a\.gpkg cannot be written: the disk is full: make room"):
        write(frame, tmp_path / "a.gpkg")


def test_a_write_replaces_the_whole_file(tmp_path, frame):
    write(frame, tmp_path / "a.gpkg")
    write(frame.iloc[:1], tmp_path / "a.gpkg")
    assert len(read_layer(tmp_path / "a.gpkg")) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["a.gpkg"]


def test_a_folder_that_is_a_file_is_an_error_of_the_library(tmp_path, frame):
    (tmp_path / "out").write_text("", encoding="utf-8")
    with pytest.raises(SourceError, match="cannot be written"):
        write(frame, tmp_path / "out/a.gpkg")


def test_a_folder_in_the_file_s_place_is_an_error_of_the_library(tmp_path, frame):
    (tmp_path / "a.gpkg").mkdir()
    with pytest.raises(SourceError, match=r"a\.gpkg cannot be written"):
        write(frame, tmp_path / "a.gpkg")
    assert list(tmp_path.iterdir()) == [tmp_path / "a.gpkg"]


def test_a_layer_without_crs_is_not_written(tmp_path):
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[Point(46, 40)])
    for suffix in (".gpkg", ".geojson", ".shp", ".zip", ".kml"):
        with pytest.raises(SourceError, match=r"the layer has no CRS: say which it is with frame\.set_crs"):
            write(frame, tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_whole_or_not_moves_all_parts(tmp_path):
    with whole_or_not(tmp_path / "a.shp") as temporary:
        assert temporary.parent.parent == tmp_path
        for suffix in (".shp", ".shx"):
            temporary.with_suffix(suffix).write_text("part", encoding="utf-8")
    assert {file.name for file in tmp_path.iterdir()} == {"a.shp", "a.shx"}


# --- what a file leaves unsaid ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("deepstatemap_data_20240708.geojson", "2024-07-08"),
        ("front 1994-05-12.gpkg", "1994-05-12"),
        ("1994.05.12_front.kml", "1994-05-12"),
        ("1994_05_12.shp", "1994-05-12"),
        ("control.geojson", None),
        ("map_20241308.geojson", None),
        ("id_119940512.geojson", None),
        ("1994-05-12_1994-05-12.geojson", "1994-05-12"),
    ],
)
def test_the_day_in_a_name(name, day):
    assert day_in_name(f"/data/2001-01-01/{name}") == day


def test_a_name_with_two_days_is_refused_where_it_must_say_the_day():
    with pytest.raises(SourceError, match="names several days"):
        day_in_name("1994-04-07_to_1994-05-12.geojson")


def test_control_is_filled_with_what_the_file_leaves_unsaid(tmp_path):
    bare = gpd.GeoDataFrame({"n": [1]}, geometry=_squares(1), crs="EPSG:4326")
    write(bare, tmp_path / "front_19940512.gpkg")
    path = tmp_path / "front_19940512.gpkg"
    raw = read_control(path, side="ARM")
    assert raw.loc[0, ["date", "side", "source"]].tolist() == ["1994-05-12", "ARM", "front_19940512.gpkg"]
    raw = read_control(path, date="1994-05-13", source="a map")
    assert raw.loc[0, ["date", "source"]].tolist() == ["1994-05-13", "a map"]
    assert "side" not in raw
    assert read_frontlines(path)["date"].tolist() == ["1994-05-12"]
    assert read_districts(path)["vintage"].tolist() == ["front_19940512.gpkg"]
    assert read_districts(path, vintage="2010")["vintage"].tolist() == ["2010"]


def test_what_the_file_says_stays_but_for_the_day_that_is_asked_for(tmp_path):
    said = gpd.GeoDataFrame(
        {"DATE": ["1994-04-07"], "Side": ["AZE"], "SOURCE": ["a book"], "Vintage": ["1988"]},
        geometry=_squares(1),
        crs="EPSG:4326",
    )
    path = tmp_path / "front_19940512.gpkg"
    write(said, path)
    for raw in (read_control(path, side="ARM", source="x"), read_frontlines(path, source="x")):
        assert raw.loc[0, ["date", "SOURCE", "Vintage"]].tolist() == [
            pd.Timestamp("1994-04-07"),
            "a book",
            "1988",
        ]
        assert "source" not in raw
    assert read_control(path)["side"].tolist() == ["AZE"]
    assert read_control(path, date="2000-01-01")["date"].tolist() == [pd.Timestamp("2000-01-01")]
    assert read_districts(path, vintage="2010")["Vintage"].tolist() == ["1988"]


def test_formats_are_told_in_the_module_and_in_the_list():
    assert files.FORMATS == formats.FORMATS
    for suffix in FORMATS:
        assert f"``{suffix}``" in files.__doc__


def test_a_reading_reads_a_file_once_and_names_it_for_every_role(tmp_path, frame):
    path = tmp_path / "a.gpkg"
    write(frame, path)
    reading = Reading()
    first, second = reading.layer(path, "before"), reading.layer(path, "after")
    assert first is second
    reading.note(path, "study")
    assert [one["role"] for one in reading.inputs("study", "after")] == ["study", "after", "before"]
    assert {one["sha256"] for one in reading.inputs()} == {sha256(path)}
    known = Reading({path.absolute(): "0" * 64})
    known.note(path, "study")
    assert known.inputs()[0]["sha256"] == "0" * 64
