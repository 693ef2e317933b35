"""``frontlines displacement``: a study, two files, many files; what is written and what is refused."""

import json
import shutil

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, Point, box
from typer.testing import CliRunner

from frontlines.cli.main import app
from frontlines.manifest import caption
from frontlines.movement.estimators import DEFINITIONS
from frontlines.sources.files import read_layer, write
from frontlines.study import outputs

FILES = outputs.FILES["movement"]

RUNNER = CliRunner()
LONLAT = "EPSG:4326"
FRONTS = {"2024-07-08": 46.5, "2024-07-15": 46.6, "2024-07-29": 46.56}
FIRST, MIDDLE, LAST = FRONTS
A_DEGREE_EAST_M = 85_390  # of longitude, along the 40th parallel


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Two districts, and a front that runs north and south and moves east, then back a little."""
    folder = tmp_path_factory.mktemp("written")
    districts = gpd.GeoDataFrame(
        {"NAME": ["South", "North"]}, geometry=[box(46, 39.9, 47, 40), box(46, 40, 47, 40.1)], crs=LONLAT
    )
    write(districts, folder / "districts.gpkg")
    for day, lon in FRONTS.items():
        ground = gpd.GeoDataFrame(
            {"side": ["A", "B"]}, geometry=[box(46, 39.9, lon, 40.1), box(lon, 39.9, 47, 40.1)], crs=LONLAT
        )
        write(ground.assign(date=day, source="a map"), folder / f"control_{day}.gpkg")
        line = gpd.GeoDataFrame(
            {"date": [day], "side_left": ["A"], "side_right": ["B"], "source": ["a map"]},
            geometry=[LineString([(lon, 39.8), (lon, 40.2)])],
            crs=LONLAT,
        )
        write(line, folder / f"line_{day}.gpkg")
    towns = gpd.GeoDataFrame(
        {"name": ["Town"], "date": [FIRST], "side": ["A"]}, geometry=[Point(46.5, 40.05)], crs=LONLAT
    )
    write(towns, folder / "towns.gpkg")
    return folder


@pytest.fixture
def folder(written, tmp_path):
    return shutil.copytree(written, tmp_path, dirs_exist_ok=True)


def call(folder, kind, *days, more=(), side="A"):
    files = [str(folder / f"{kind}_{day}.gpkg") for day in days]
    fixed = [
        "--districts",
        str(folder / "districts.gpkg"),
        "--key",
        "NAME",
        "--side",
        side,
        "--out",
        str(folder / "out"),
    ]
    return RUNNER.invoke(app, ["displacement", *files, *fixed, *more])


def summary(folder):
    return pd.read_csv(folder / "out" / "summary.csv").set_index(["district", "estimator"])


def test_two_files_of_polygons_give_all_files_and_a_table(folder):
    done = call(folder, "control", FIRST, LAST)
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (folder / "out").iterdir()) == sorted(FILES)
    moved_m = (FRONTS[LAST] - FRONTS[FIRST]) * A_DEGREE_EAST_M
    table = summary(folder)
    assert table["value_m"][("all districts", "net_movement_mean")] == pytest.approx(moved_m, rel=2e-3)
    assert table["value_m"][("North", "mean_advance_at_0_m")] == pytest.approx(moved_m, rel=5e-3)
    assert all(name in done.output for name in DEFINITIONS)
    layer = read_layer(folder / "out" / "transects.gpkg")
    assert len(layer) == len(pd.read_csv(folder / "out" / "transects.csv")) == 22
    manifest = json.loads((folder / "out" / "manifest.json").read_text())
    assert manifest["movement"]["transects"] == 22
    assert manifest["movement"]["crossing"] == "nearest"
    assert "net_movement_mean" in manifest["movement"]["estimators"]


def test_the_other_side_moves_the_other_way(folder):
    assert call(folder, "line", FIRST, LAST, side="B").exit_code == 0
    assert summary(folder)["value_m"][("all districts", "net_movement_mean")] < -5000


def test_files_between_join_the_regression_and_sigma_its_error(folder):
    done = call(folder, "line", FIRST, MIDDLE, LAST, more=["--sigma-m", "500", "--length-m", "15000"])
    assert done.exit_code == 0, done.output
    rows = pd.read_csv(folder / "out" / "transects.csv")
    assert rows["n_dates"].tolist() == [3] * len(rows)
    assert rows["nsm_sigma_m"].unique().tolist() == [707.11]
    assert rows["lrr_m_per_day"].notna().all()
    assert rows["sce_m"].iloc[0] == pytest.approx(0.1 * A_DEGREE_EAST_M, rel=4e-3)
    assert "3 dates over 21 days" in done.output
    polygons = call(folder, "control", FIRST, MIDDLE, LAST, more=["--force"])
    assert polygons.exit_code == 0, polygons.output
    assert pd.read_csv(folder / "out" / "transects.csv")["n_dates"].unique().tolist() == [3]


def test_baseline_axis_and_settlements_are_read(folder):
    for name, shape in {"base": [(46.4, 39.9), (46.4, 40.1)], "axis": [(46.3, 40), (46.9, 40)]}.items():
        write(gpd.GeoDataFrame(geometry=[LineString(shape)], crs=LONLAT), folder / f"{name}.geojson")
    towns = ["--settlements", str(folder / "towns.gpkg")]
    done = call(folder, "line", FIRST, LAST, more=["--baseline", str(folder / "base.geojson"), *towns])
    assert done.exit_code == 0, done.output
    manifest = json.loads((folder / "out" / "manifest.json").read_text())
    assert {"baseline", "settlements"} <= {entry["role"] for entry in manifest["inputs"]}
    assert "at right angles to a drawn baseline" in manifest["notes"][-1]
    more = ["--axis", str(folder / "axis.geojson"), "--copies", "2", "--spacing-m", "2000", "--force"]
    done = call(folder, "line", FIRST, LAST, more=more)
    assert done.exit_code == 0, done.output
    assert len(pd.read_csv(folder / "out" / "transects.csv")) == 5


def test_a_bundled_study_is_measured(tmp_path):
    done = RUNNER.invoke(
        app, ["displacement", "karabakh-1994", "--spacing-m", "5000", "--out", str(tmp_path)]
    )
    assert done.exit_code == 0, done.output
    assert "How far the front of ARM (Armenian side) moved, 7 April 1994 to 12 May 1994" in done.output
    again = RUNNER.invoke(app, ["displacement", "karabakh-1994", "--out", str(tmp_path)])
    assert again.exit_code == 2
    assert "of another run: pass --force, or another --out" in again.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["karabakh-1994", "--theatre", "."], "a study brings its own layers"),
        ([".", "."], "give --districts and --key, or --theatre alone"),
        (["a.gpkg", "."], "a.gpkg is not a file or folder: check the path"),
        (["nonesuch"], "no bundled study"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, arguments, words):
    done = RUNNER.invoke(app, ["displacement", *arguments, "--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert words in done.output
    assert not (tmp_path / "out").exists()


def test_days_are_taken_out_of_files_and_a_blind_cast_is_refused(folder):
    lines = [read_layer(folder / f"line_{day}.gpkg") for day in (FIRST, MIDDLE, LAST)]
    write(pd.concat(lines, ignore_index=True), folder / "line_all.gpkg")
    done = call(folder, "line", "all", "all")
    assert "line_all.gpkg holds 3 days" in done.output
    days = ["--date-before", FIRST, "--date-after", LAST]
    done = call(folder, "line", "all", MIDDLE, "all", more=days)
    assert done.exit_code == 0, done.output
    assert "3 dates over 21 days" in done.output
    done = call(folder, "line", FIRST, "all", LAST, more=["--force"])
    assert f"line_{FIRST}.gpkg shows {FIRST} and line_all.gpkg {FIRST}: give the earlier day" in done.output
    shutil.rmtree(folder / "out")
    done = call(folder, "line", FIRST, LAST, more=["--spacing-m", "0"])
    assert done.exit_code == 2
    assert "--spacing-m is 0.0: give a number of metres, more than 0" in done.output
    assert not (folder / "out").exists()


def test_an_axis_from_outside_the_districts_is_cut_and_a_cast_without_a_figure_refused(folder):
    axis = gpd.GeoDataFrame(geometry=[LineString([(45.8, 40), (47.2, 40)])], crs=LONLAT)
    write(axis, folder / "axis.geojson")
    more = ["--axis", str(folder / "axis.geojson"), "--copies", "0"]
    done = call(folder, "line", FIRST, LAST, more=more)
    assert done.exit_code == 0, done.output
    (moved_m,) = pd.read_csv(folder / "out" / "transects.csv")["nsm_m"]
    assert moved_m == pytest.approx((FRONTS[LAST] - FRONTS[FIRST]) * A_DEGREE_EAST_M, rel=2e-3)
    done = call(folder, "line", FIRST, LAST, more=["--length-m", "1000", "--force"])
    assert done.exit_code == 2
    words = "none of 22 transects has a net movement (22 on 2024-07-29: the line of this date does not cross"
    assert words in done.output


def test_files_between_are_in_the_manifest_and_the_assumed_error_in_the_caption(folder):
    line = read_layer(folder / f"line_{MIDDLE}.gpkg").assign(source="another map")
    write(line, folder / f"line_{MIDDLE}.gpkg")
    done = call(folder, "line", FIRST, MIDDLE, LAST, more=["--sigma-m", "500"])
    assert done.exit_code == 0, done.output
    manifest = json.loads((folder / "out" / "manifest.json").read_text())
    names = {entry["name"]: entry["role"] for entry in manifest["inputs"]}
    assert names[f"line_{MIDDLE}.gpkg"] == "between"
    assert manifest["sources"] == ["a map", "another map"]
    text = caption(manifest)
    assert "29 July 2024, two snapshots 21 days apart, and 1 between them." in text
    assert "Lines without a known error are taken to have a standard error of 500 m." in text


def test_files_out_of_order_or_of_one_day_are_refused(folder):
    done = call(folder, "line", FIRST, LAST, MIDDLE)
    assert done.exit_code == 2
    told = f"line_{LAST}.gpkg shows {LAST} and line_{MIDDLE}.gpkg {MIDDLE}: give the earlier day first"
    assert told in done.output
    done = call(folder, "line", FIRST, MIDDLE, MIDDLE, LAST)
    assert done.exit_code == 2
    assert f"line_{MIDDLE}.gpkg shows {MIDDLE} and line_{MIDDLE}.gpkg {MIDDLE}" in done.output


def test_a_day_between_on_which_the_side_holds_nothing_is_kept_and_told(folder):
    gone = gpd.GeoDataFrame(
        {"side": ["B"], "date": [MIDDLE], "source": ["a map"]}, geometry=[box(46, 39.9, 47, 40.1)], crs=LONLAT
    )
    write(gone, folder / f"control_{MIDDLE}.gpkg")
    done = call(folder, "control", FIRST, MIDDLE, LAST)
    assert done.exit_code == 0, done.output
    assert "3 dates over 21 days" in done.output
    assert f"no line of A on {MIDDLE}" in done.output
    movement = json.loads((folder / "out" / "manifest.json").read_text())["movement"]
    assert (movement["dates"], movement["days_without_a_line"]) == (3, [MIDDLE])


@pytest.mark.parametrize("day", [FIRST, LAST])
def test_a_side_without_a_front_on_a_date_is_told_so(folder, day):
    gone = gpd.GeoDataFrame(
        {"side": ["B"], "date": [day], "source": ["a map"]}, geometry=[box(46, 39.9, 47, 40.1)], crs=LONLAT
    )
    write(gone, folder / f"control_{day}.gpkg")
    done = call(folder, "control", FIRST, LAST)
    assert done.exit_code == 2
    assert f"side 'A' has no front on {day}: it holds nothing in the theatre then" in done.output


def test_coverage_is_printed_and_an_extreme_at_the_end_of_a_transect_is_told(folder):
    whole = [(46.5, 39.8), (46.5, 40.2)]
    part = [(46.58, 39.8), (46.58, 40), (46.9, 40), (46.9, 40.2)]  # the north is beyond 7 km
    for day, shape in ((FIRST, whole), (LAST, part)):
        line = read_layer(folder / f"line_{day}.gpkg").set_geometry([LineString(shape)])
        write(line, folder / f"line_{day}.gpkg")
    done = call(folder, "line", FIRST, LAST, more=["--length-m", "7000"])
    assert done.exit_code == 0, done.output
    (row,) = [line for line in done.output.splitlines() if "net_movement_mean  " in line]
    covers = done.output.splitlines()[done.output.splitlines().index(row) + 1]
    assert "of the earlier front" in covers
    assert summary(folder)["covers"][("all districts", "net_movement_mean")] == pytest.approx(0.5, abs=0.01)
    assert "50%" in covers
    assert (
        "largest_advance: within 5% of where transects end: the front may have moved farther" in done.output
    )
    done = call(folder, "line", FIRST, LAST, more=["--length-m", "9000", "--force"])
    assert "where transects end" not in done.output
