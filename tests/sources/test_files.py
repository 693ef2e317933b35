"""Layers to files and back, in every format."""

import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon, box

from frontlines.errors import SourceError
from frontlines.sources.files import (
    day_in_name,
    read_control,
    read_districts,
    read_frontlines,
    read_layer,
    read_settlements,
    whole_or_not,
    write,
)

VECTOR = (".geojson", ".json", ".gpkg", ".parquet", ".geoparquet", ".shp", ".zip", ".shp.zip", ".kml", ".kmz")
KEEPS_CRS = (".gpkg", ".parquet", ".geoparquet", ".shp", ".zip", ".shp.zip")
ODD = "<b>\"quoted\"</b> & 'so on'"


def layer():
    return gpd.GeoDataFrame(
        {
            "date": pd.to_datetime(["1994-05-12", "1994-04-07", "1994-05-12"]),
            "side": ["Ərmən tərəfi", "Україна", ODD],
            "source": ["a", "b", "c"],
            "sigma_m": [1.5, np.nan, 3.0],
        },
        geometry=[
            box(46, 39, 47, 40),
            MultiPolygon([box(47, 39, 48, 40), box(48, 40, 49, 41)]),
            Polygon([(48, 39), (49, 39), (49, 40)]),
        ],
        crs="EPSG:4326",
    )


@pytest.mark.parametrize("suffix", VECTOR)
def test_what_is_written_is_read(tmp_path, suffix):
    write(layer(), tmp_path / f"layer{suffix}")
    back = read_layer(tmp_path / f"layer{suffix}")
    assert back["side"].tolist() == layer()["side"].tolist()
    assert pd.to_datetime(back["date"]).tolist() == layer()["date"].tolist()
    assert pd.to_numeric(back["sigma_m"]).tolist() == pytest.approx(layer()["sigma_m"].tolist(), nan_ok=True)
    assert back.crs.equals("EPSG:4326")
    assert shapely.equals(back.geometry.values, layer().geometry.values).all()


@pytest.mark.parametrize("suffix", VECTOR)
def test_empty_layers_come_through(tmp_path, suffix):
    write(layer().iloc[:0], tmp_path / f"layer{suffix}")
    assert len(read_layer(tmp_path / f"layer{suffix}")) == 0


@pytest.mark.parametrize("suffix", VECTOR)
def test_a_projected_layer_comes_back_to_its_place(tmp_path, suffix):
    plane = layer().to_crs("EPSG:3035")
    write(plane, tmp_path / f"layer{suffix}")
    back = read_layer(tmp_path / f"layer{suffix}")
    assert back.crs.equals("EPSG:3035" if suffix in KEEPS_CRS else "EPSG:4326")
    assert back.to_crs("EPSG:3035").geometry.iloc[0].hausdorff_distance(plane.geometry.iloc[0]) < 1


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".parquet", ".shp", ".kml"])
def test_height_comes_in(tmp_path, suffix):
    tall = gpd.GeoDataFrame(
        {"side": ["A"]}, geometry=[LineString([(46, 39, 5), (47, 40, 6)])], crs="EPSG:4326"
    )
    write(tall, tmp_path / f"tall{suffix}")
    back = read_layer(tmp_path / f"tall{suffix}").geometry.iloc[0]
    assert shapely.force_2d(back).equals(LineString([(46, 39), (47, 40)]))


def test_a_suffix_in_capitals_is_known(tmp_path):
    write(layer(), tmp_path / "LAYER.GPKG")
    assert len(read_layer(tmp_path / "LAYER.GPKG")) == 3


def test_a_zipped_shapefile_holds_all_its_parts(tmp_path):
    write(layer(), tmp_path / "layer.zip")
    names = {name.rpartition(".")[2] for name in zipfile.ZipFile(tmp_path / "layer.zip").namelist()}
    assert {"shp", "shx", "dbf", "prj"} <= names


def test_tables_and_points_in_csv(tmp_path):
    path = tmp_path / "places.csv"
    path.write_text("name,lon,lat\nAğdam,46.93,39.99\nQapanlı,,\n", encoding="utf-8")
    places = read_settlements(path)
    assert places["name"].tolist() == ["Ağdam", "Qapanlı"]
    assert places.geometry.iloc[0].equals(Point(46.93, 39.99))
    assert places.geometry.iloc[1] is None


def test_a_csv_without_coordinates_is_refused(tmp_path):
    (tmp_path / "table.csv").write_text("name\nAğdam\n", encoding="utf-8")
    with pytest.raises(SourceError, match="no columns lon and lat"):
        read_layer(tmp_path / "table.csv")


def test_missing_unknown_and_broken_files_are_refused(tmp_path):
    with pytest.raises(SourceError, match="not a file"):
        read_layer(tmp_path / "absent.gpkg")
    (tmp_path / "layer.docx").write_text("x")
    with pytest.raises(SourceError, match=r"ending that is not known \(.docx\): use one of .geojson"):
        read_layer(tmp_path / "layer.docx")
    with pytest.raises(SourceError, match="not known"):
        write(layer(), tmp_path / "layer.xyz")
    for suffix in (".geojson", ".gpkg", ".parquet", ".shp", ".zip", ".kml", ".kmz"):
        broken = tmp_path / f"broken{suffix}"
        broken.write_text("this is not it")
        with pytest.raises(SourceError, match="broken"):
            read_layer(broken)


def test_a_table_is_no_layer(tmp_path):
    with pytest.raises(SourceError, match=r"table without geometry cannot be written as \.gpkg"):
        write(pd.DataFrame({"a": [1]}), tmp_path / "table.gpkg")


def test_several_layers_must_be_told_apart(tmp_path):
    layer().to_file(tmp_path / "two.gpkg", layer="one", engine="pyogrio")
    layer().to_file(tmp_path / "two.gpkg", layer="other", engine="pyogrio")
    with pytest.raises(SourceError, match="holds the layers one, other"):
        read_layer(tmp_path / "two.gpkg")
    assert len(read_layer(tmp_path / "two.gpkg", layer="other")) == 3
    with pytest.raises(SourceError, match="no layer 'third'"):
        read_layer(tmp_path / "two.gpkg", layer="third")


def _write_half(path):
    with whole_or_not(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("power")


def test_folders_are_made_and_nothing_half_written_is_left(tmp_path):
    path = tmp_path / "new" / "layer.gpkg"
    write(layer(), path)
    before = path.read_bytes()
    with pytest.raises(RuntimeError, match="power"):
        _write_half(path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["layer.gpkg"]


def test_what_a_file_leaves_unsaid_is_filled_in(tmp_path):
    bare = layer()[["geometry"]]
    write(bare, tmp_path / "front_20240708.gpkg")
    raw = read_control(tmp_path / "front_20240708.gpkg", side="A")
    assert raw[["date", "side", "source"]].iloc[0].tolist() == ["2024-07-08", "A", "front_20240708.gpkg"]
    assert (
        read_frontlines(tmp_path / "front_20240708.gpkg", date="2024-01-02")["date"].iloc[0] == "2024-01-02"
    )
    assert read_districts(tmp_path / "front_20240708.gpkg")["vintage"].iloc[0] == "front_20240708.gpkg"


def test_what_a_file_says_is_kept(tmp_path):
    write(layer().rename(columns={"side": "SIDE"}), tmp_path / "front_20240708.gpkg")
    raw = read_control(tmp_path / "front_20240708.gpkg", side="A", date="2024-07-08")
    assert "side" not in raw
    assert raw["date"].iloc[0] == "1994-05-12"


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("deepstatemap_data_20240708.geojson", "2024-07-08"),
        ("2024-07-08.gpkg", "2024-07-08"),
        ("front 2024.07.08 v2.kml", "2024-07-08"),
        ("20240708_to_20240715.geojson", None),
        ("version_120240708.geojson", None),
        ("20241308.geojson", None),
        ("front.geojson", None),
    ],
)
def test_days_in_names(name, day):
    assert day_in_name(name) == day
