"""What the commands say of input that can be read, but is perhaps not what was meant."""

import json
import re
import shutil

import geopandas as gpd
import pytest
from shapely import LineString, Point, box
from typer.testing import CliRunner

from frontlines.cli.main import app
from frontlines.sources.files import write

pytestmark = pytest.mark.usefixtures("empty_pictures")
RUNNER = CliRunner()
LONLAT = "EPSG:4326"
WEST, EAST, ONLY_WHAT_CHANGED = box(10, 50, 11, 51), box(11, 50, 12, 51), box(11, 50, 11.1, 51)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    write(gpd.GeoDataFrame({"name": ["T"]}, geometry=[box(10, 50, 12, 51)], crs=LONLAT), folder / "t.geojson")
    whole = gpd.GeoDataFrame({"side": ["A", "B"]}, geometry=[WEST, EAST], crs=LONLAT)
    few = gpd.GeoDataFrame({"side": ["A"]}, geometry=[ONLY_WHAT_CHANGED], crs=LONLAT)
    for day, layer in (("2020-01-01", whole), ("2020-02-01", few)):
        write(layer, folder / "days" / f"{day}.geojson")
    return folder


@pytest.fixture
def folder(written, tmp_path):
    return shutil.copytree(written, tmp_path, dirs_exist_ok=True)


def run(folder, command, *words):
    words = [command, *words, "--theatre", folder / "t.geojson", "--out", folder / "out", "--force"]
    result = RUNNER.invoke(app, list(map(str, words)))
    assert result.exit_code == 0, result.output
    assert not re.search(r"\de[-+]\d", result.stdout), result.stdout
    return result.stdout, json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))


def test_ground_that_nobody_is_said_to_hold_is_not_only_lost(folder):
    days = sorted((folder / "days").iterdir())
    said, manifest = run(folder, "change", *days, "--side", "A")
    assert "of 7,892.2 km² lost, 7,892.2 km² went to nobody known (no polygon covers it" in said
    assert "--rest" in said
    assert "2020-02-01 covers 5.0% of what the day before did: does the file hold only changes?" in said
    assert [entry["date"] for entry in manifest["odd"]] == ["2020-02-01"]
    said, _ = run(folder, "change", *days, "--side", "A", "--rest", "B")
    assert "nobody known" not in said


def test_a_series_names_the_day_that_covers_little(folder):
    said, manifest = run(folder, "series", folder / "days", "--side", "A")
    assert "2020-02-01 covers 5.0% of what the day before did" in said
    assert "ground shrank" in {entry["problem"] for entry in manifest["odd"]}


@pytest.mark.parametrize("command", ["change", "series"])
def test_a_line_drawn_the_other_way_is_told(folder, command):
    ways = {"2020-03-01": [(11, 49.9), (11, 51.1)], "2020-04-01": [(11.02, 51.1), (11.02, 49.9)]}
    for day, way in ways.items():
        write(gpd.GeoDataFrame(geometry=[LineString(way)], crs=LONLAT), folder / "lines" / f"{day}.geojson")
    sources = sorted((folder / "lines").iterdir()) if command == "change" else [folder / "lines"]
    said, _ = run(folder, command, *sources, "--side-left", "A", "--side-right", "B", "--side", "A")
    assert "A held ground on 2020-03-01 and 2020-04-01, but hardly any of it is the same: were lines" in said


@pytest.mark.parametrize("command", ["change", "series"])
def test_places_in_no_district_are_counted(folder, command):
    places = gpd.GeoDataFrame(
        {"name": ["X", "Y"]}, geometry=[Point(50.5, 11.05), Point(50.5, 10.5)], crs=LONLAT
    )
    write(places, folder / "places.geojson")
    days = sorted((folder / "days").iterdir()) if command == "change" else [folder / "days"]
    said, manifest = run(folder, command, *days, "--side", "A", "--settlements", folder / "places.geojson")
    assert "2 of 2 places lie in no district: are longitude and latitude swapped?" in said
    assert manifest["places"]["outside"] == 2
