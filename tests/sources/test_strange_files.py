"""Files of kinds and with columns that nobody foresaw: read, or refused in words that are true."""

import json
import warnings
from datetime import date, time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, Polygon, box

from frontlines.crs import working_crs
from frontlines.errors import LayerError, SourceError
from frontlines.layers import as_control, as_districts, days_of
from frontlines.sources.files import read_districts, read_layer, together, write

LONLAT = "EPSG:4326"
TOPOLOGY = {
    "type": "Topology",
    "objects": {
        "countries": {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Polygon", "properties": {"name": "W"}, "arcs": [[0, 1]]},
                {"type": "Polygon", "properties": {"name": "E"}, "arcs": [[2, -1]]},
            ],
        }
    },
    "arcs": [
        [[37, 49], [37, 50]],
        [[37, 50], [36, 50], [36, 49], [37, 49]],
        [[37, 49], [38, 49], [38, 50], [37, 50]],
    ],
}


@pytest.fixture
def districts():
    shapes = [box(36, 49, 37, 50), box(37, 49, 38, 50)]
    return gpd.GeoDataFrame({"NAME": ["W", "E"]}, geometry=shapes, crs=LONLAT)


@pytest.mark.parametrize("name", ["a.topojson", "a.json"])
@pytest.mark.parametrize("last", [False, True])
def test_a_topology_is_read_whatever_its_ending(tmp_path, name, last):
    content = dict(reversed(TOPOLOGY.items())) if last else TOPOLOGY
    (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    frame = read_layer(tmp_path / name)
    assert frame["name"].tolist() == ["W", "E"]
    assert frame.area.tolist() == [1, 1]
    with pytest.raises(
        LayerError, match=r"has no CRS.*set_crs\('EPSG:4326'\)"
    ):  # the format does not name one
        as_districts(
            frame, working_crs(gpd.GeoDataFrame(geometry=[box(36, 49, 38, 50)], crs=LONLAT)), key="name"
        )


def test_a_topology_is_not_written_and_needs_its_content(tmp_path, districts):
    with pytest.raises(SourceError, match=r"TopoJSON is read, not written: use \.geojson or \.gpkg"):
        write(districts, tmp_path / "a.topojson")
    write(districts, tmp_path / "a.geojson")
    (tmp_path / "a.geojson").rename(tmp_path / "a.topojson")
    with pytest.raises(SourceError, match=r"cannot be read as \.topojson: its content is of another format"):
        read_layer(tmp_path / "a.topojson")


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "shp", "csv"])
def test_days_are_those_written_where_a_file_mixes_offsets(tmp_path, ending):
    days = pd.Series(pd.to_datetime(["2020-03-30T00:00:00+02:00", "2020-04-30T00:00:00+02:00"])).astype(
        object
    )
    days[1] = pd.Timestamp("2020-04-30T00:00:00+03:00")
    frame = gpd.GeoDataFrame({"date": days}, geometry=[box(36, 49, 37, 50)] * 2, crs=LONLAT)
    path = tmp_path / f"a.{ending}"
    if ending == "csv":
        frame.assign(wkt=frame.geometry.to_wkt()).drop(columns="geometry").to_csv(path, index=False)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # GDAL keeps them as text, or says so
            frame.to_file(path)
    assert days_of(read_layer(path)).dt.strftime("%Y-%m-%d").tolist() == ["2020-03-30", "2020-04-30"]


@pytest.mark.parametrize("zone", ["Europe/Kyiv", "+03:00"])
def test_days_of_a_parquet_are_those_of_its_zone(tmp_path, zone):
    days = pd.to_datetime(["2020-03-30", "2020-04-30"]).tz_localize(zone)
    gpd.GeoDataFrame({"date": days}, geometry=[box(36, 49, 37, 50)] * 2, crs=LONLAT).to_parquet(
        tmp_path / "a.parquet"
    )
    assert days_of(read_layer(tmp_path / "a.parquet")).dt.strftime("%Y-%m-%d").tolist() == [
        "2020-03-30",
        "2020-04-30",
    ]


STRANGE = {
    "no day": ["2024-02-30", "soon"],
    "lists": [[1, 2], [3]],
    "structs": [{"a": 1}, {"a": 2}],
    "bytes": [b"\x00\xff", b"a"],
    "far days": pd.Series([date(1, 1, 1), date(9999, 12, 31)], dtype=object),
    "spans": pd.to_timedelta([1, 2], unit="D"),
    "months": pd.period_range("2020", periods=2, freq="M"),
    "times": [time(1, 2), time(3, 4)],
    "nothing": [None, None],
    "infinite": [np.inf, -np.inf],
    "maybe": pd.array([True, None], dtype="boolean"),
    "points": gpd.GeoSeries([Point(0, 0), Point(1, 1)], crs=LONLAT),
}


@pytest.mark.parametrize("ending", ["parquet", "gpkg", "geojson"])
@pytest.mark.parametrize("strange", STRANGE)
def test_a_column_that_nobody_asked_for_refuses_no_layer(tmp_path, districts, strange, ending):
    frame, path = districts.assign(**{strange: STRANGE[strange]}), tmp_path / f"a.{ending}"
    if ending == "parquet":
        frame.to_parquet(path)
    else:
        write(frame, path)
    raw = read_districts(path)
    checked = as_districts(raw, working_crs(raw), key="NAME")
    assert checked["district"].tolist() == ["W", "E"]
    write(checked, tmp_path / "out.gpkg")
    assert len(read_layer(tmp_path / "out.gpkg")) == 2


def test_layers_with_and_without_heights_are_in_one_crs(tmp_path, districts):
    tall = [Polygon([(36, 49, 10), (37, 49, 10), (37, 50, 20), (36, 50, 5)])]
    for number, crs in enumerate(
        ("EPSG:4979", "EPSG:9518")
    ):  # WGS 84 with heights, and with those above the geoid
        path = tmp_path / f"{number}.gpkg"
        gpd.GeoDataFrame({"date": ["1994-05-12"], "side": ["A"]}, geometry=tall, crs=crs).to_file(path)
        frame = read_layer(path)
        assert frame.crs == LONLAT
        plane = working_crs(districts)
        control = as_control(frame, plane)
        assert not control.has_z.any()
        flat = as_districts(districts, plane, key="NAME")
        assert control.area.tolist() == pytest.approx(flat.area.tolist()[:1], rel=1e-9)
        both = together([districts, frame], [tmp_path / "flat.gpkg", path])
        assert len(both) == 3


def test_a_box_all_round_the_earth_is_told_as_what_it_is(districts):
    world = gpd.GeoDataFrame({"NAME": ["World"]}, geometry=[box(-180, -60, 180, 75)], crs=LONLAT)
    with pytest.raises(
        LayerError, match=r"an edge all round the earth.*cut them into parts of less than 180 degrees"
    ):
        as_districts(world, working_crs(districts), key="NAME")


def test_layers_without_a_crs_are_not_joined(tmp_path, districts):
    bare = gpd.GeoDataFrame(districts.drop(columns="geometry"), geometry=list(districts.geometry))
    with pytest.raises(SourceError, match=r"b\.gpkg: no CRS: say which it is"):
        together([districts, bare], [tmp_path / "a.gpkg", tmp_path / "b.gpkg"])
