"""``frontlines compare``: two sources on the same day, in all the ways they come."""

import json
import shutil

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, Point, box
from typer.testing import CliRunner

from frontlines.cli.main import app
from frontlines.sources.files import read_layer, write

RUNNER = CliRunner()
LONLAT = "EPSG:4326"
DAYS = ("2024-11-24", "2024-12-01")
WEST, EAST = {"2024-11-24": 47.0, "2024-12-01": 47.1}, {"2024-11-24": 47.2, "2024-12-01": 47.25}


def ground(day, lon, **columns):
    held = {"date": [day] * 2, "side": ["A", "B"]} | columns
    return gpd.GeoDataFrame(held, geometry=[box(46, 39, lon, 41), box(lon, 39, 48, 41)], crs=LONLAT)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Two districts; a source whose front lies at 47.0 and 47.1 degrees, and one at 47.2 and 47.25."""
    folder = tmp_path_factory.mktemp("written")
    shapes = [box(46, 39, 47.1, 41), box(47.1, 39, 48, 41)]
    districts = gpd.GeoDataFrame({"NAME": ["West", "East"], "id": ["1", "2"]}, geometry=shapes, crs=LONLAT)
    write(districts, folder / "districts.gpkg")
    for name, fronts in (("one", WEST), ("two", EAST)):
        days = [ground(day, lon, source=f"map {name}") for day, lon in fronts.items()]
        for day, frame in zip(DAYS, days, strict=True):
            write(frame, folder / name / f"{day}.gpkg")
        write(pd.concat(days, ignore_index=True), folder / f"{name}.gpkg")
    return folder


@pytest.fixture
def folder(written, tmp_path):
    return shutil.copytree(written, tmp_path, dirs_exist_ok=True)


def call(folder, first, second, *more, side="A"):
    words = ["compare", folder / first, folder / second, "--districts", folder / "districts.gpkg"]
    words += ["--key", "NAME", "--side", side, "--out", folder / "out", *more]
    return RUNNER.invoke(app, [str(word) for word in words])


def done(folder, *args):
    result = call(folder, *args)
    assert result.exit_code == 0, result.output
    return result, pd.read_csv(folder / "out" / "agreement.csv")


def refused(folder, *args):
    result = call(folder, *args)
    assert result.exit_code == 2, result.output
    return " ".join(result.stderr.split())


def test_one_day_of_two_files_by_hand(folder):
    result, table = done(
        folder, f"one/{DAYS[0]}.gpkg", f"two/{DAYS[0]}.gpkg", "--source", "First", "--source", "Second",
        "--apart-m", 1000, "--apart-m", 30_000,
    )  # fmt: skip
    whole = table.iloc[-1]
    assert whole["district"] == "all districts"
    assert whole["iou"] == pytest.approx(1.0 / 1.2, abs=1e-6)  # a band of longitude is as large as it is wide
    assert whole["ratio"] == pytest.approx(1.0 / 1.2, abs=1e-6)
    assert whole["precision"] == pytest.approx(1)
    assert table["recall"].tolist()[:2] == pytest.approx([0.0, 1.0 / 1.1], abs=1e-6)  # East, West
    assert "A is First, B is Second" in result.stdout
    assert "--source" not in result.stdout
    assert "front farther than 1,000 m from the other's: 2" in result.stdout
    ground = read_layer(folder / "out" / "agreement.gpkg")
    assert sorted(ground["kind"]) == ["both", "neither", "only_second"]
    apart = pd.read_csv(folder / "out" / "fronts_apart.csv")
    assert apart["first_apart_km"].tolist() == pytest.approx([222, 0], abs=1)
    record = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert record["names"] == ["First", "Second"]
    assert [one["role"] for one in record["inputs"]] == ["first", "second", "districts"]
    assert (folder / "out" / "map.png").is_file()
    assert not (folder / "out" / "days.png").exists()


def test_many_days_are_matched_and_drawn(folder):
    result, table = done(folder, "one", "two.gpkg", "--label", "id")
    assert table["date"].unique().tolist() == list(DAYS)
    whole = table[table["district"] == "all districts"]
    assert whole["iou"].tolist() == pytest.approx([1.0 / 1.2, 1.1 / 1.25], abs=1e-6)
    assert "the last of 2 days that both show; IoU of all of them 0.833 to 0.880" in result.stdout
    assert (folder / "out" / "days.png").is_file()
    done(folder, "one", "two.gpkg", "--date", DAYS[0], "--force")
    assert not (folder / "out" / "days.png").exists()


def test_lines_and_places_stand_beside_polygons(folder):
    said = {"date": [DAYS[0]], "side_left": ["A"], "side_right": ["B"], "source": ["a map"]}
    line = gpd.GeoDataFrame(said, geometry=[LineString([(47, 38.9), (47, 41.1)])], crs=LONLAT)
    write(line, folder / "line.gpkg")
    towns = {"name": ["Ash", "Bex"], "date": [DAYS[0]] * 2, "side": ["A", "B"]}
    write(
        gpd.GeoDataFrame(towns, geometry=[Point(46.5, 40), Point(47.5, 40)], crs=LONLAT),
        folder / "towns.gpkg",
    )
    _, table = done(folder, "line.gpkg", f"one/{DAYS[0]}.gpkg")
    assert table["iou"].iloc[-1] == pytest.approx(1, abs=1e-3)
    assert "these are points: give --reach-m METRES" in refused(folder, "line.gpkg", "towns.gpkg", "--force")
    _, table = done(folder, "line.gpkg", "towns.gpkg", "--force", "--reach-m", 200_000)
    assert table["iou"].iloc[-1] == pytest.approx(1, abs=0.01)


def test_what_cannot_be_compared_is_refused_with_the_reason(folder):
    first, last = f"one/{DAYS[0]}.gpkg", f"two/{DAYS[1]}.gpkg"
    text = refused(folder, first, last)
    assert "the sources have no day in common: 2024-11-24.gpkg holds 1 day (2024-11-24 to 2024-11-24)" in text
    text = refused(folder, "one.gpkg", "two.gpkg", "--date", "2024-11-25")
    assert "not both sources hold 2024-11-25, asked for with --date: one.gpkg" in text
    assert "2024-11-25" in text
    assert "2024-12-01" in text
    assert "give it 2 times" in refused(folder, "one", "two", "--source", "First")
    assert "no source gives ground to 'C'" in " ".join(call(folder, "one", "two", side="C").stderr.split())


def test_sides_of_lines_are_refused_where_there_are_only_polygons(folder):
    for words in (["--side-left", "x", "--side-right", "y"], ["--side-at", "A=46.5,40"]):
        assert "holds polygons: leave" in refused(folder, "one.gpkg", "two.gpkg", *words)


def test_what_the_margin_gave_is_printed_once_for_each_source(folder):
    """Ground that ends some hundred metres before the edge of the districts, another way in each source."""
    for name, gap in (("near", 0.002), ("far", 0.004)):
        held = {"date": [DAYS[0]], "side": ["A"], "source": [name]}
        shape = box(46 + gap, 39 + gap, 47, 41 - gap)
        write(gpd.GeoDataFrame(held, geometry=[shape], crs=LONLAT), folder / f"{name}.gpkg")
    result, table = done(folder, "near.gpkg", "far.gpkg", "--margin-m", 1500)
    text = " ".join(result.output.split())
    for name in ("near", "far"):
        assert text.count(f"{name}: Ground along the edge that no polygon covers, thinner than 1,500 m") == 1
    assert "A and B are called by their files, on map and page too: --source names them" in text
    assert table["iou"].iloc[-1] > 0.999
    _, table = done(folder, "near.gpkg", "far.gpkg", "--margin-m", 0, "--force")
    assert table["only_first_km2"].iloc[-1] > 50


def test_net_change_by_three_sources_stands_beside_the_errors_of_their_lines(folder):
    days = [ground(day, lon, source="map three") for day, lon in zip(DAYS, (47.02, 47.14), strict=True)]
    write(pd.concat(days, ignore_index=True), folder / "three.gpkg")
    dates = ["--dates", *DAYS, "--sigma-m", 500]
    result = call(folder, "one.gpkg", "two.gpkg", folder / "three.gpkg", *dates)
    assert result.exit_code == 0, result.output
    files = {"sources.csv", "sources.png", "manifest.json"}
    assert {file.name for file in (folder / "out").iterdir()} == files
    table = pd.read_csv(folder / "out" / "sources.csv").set_index("source")
    net = table["net_km2"] / table.loc["one", "net_km2"]
    assert net.tolist() == pytest.approx([1.0, 0.5, 1.2], rel=1e-3)  # bands of longitude
    assert (table["net_low_km2"] < table["net_km2"]).all()
    record = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert record["spread"]["spread_km2"] == pytest.approx(table["net_km2"].std())
    said = " ".join(result.stdout.split())
    assert "Spread of net over the sources (standard deviation):" in said
    assert "Share of the variance that they explain:" in said
    assert "are not added up" in said
    assert [one["role"] for one in record["inputs"]] == ["source 1", "source 2", "source 3", "districts"]


def test_numbers_of_sources_and_options_must_fit(folder):
    three = ("one.gpkg", "two.gpkg", folder / "one")
    assert "3 sources: give two, or two or more with --dates FIRST LAST" in refused(folder, *three)
    said = refused(folder, "one.gpkg", "two.gpkg", "--sigma-m", 500)
    assert "--sigma-m and --correlation-m are for net change: give --dates FIRST LAST too" in said
    said = refused(folder, "one.gpkg", "two.gpkg", "--dates", DAYS[0], "2024-12-02")
    assert "not both sources hold 2024-12-02" in said
