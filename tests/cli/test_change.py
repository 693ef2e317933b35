"""``frontlines change``: two files of anybody's, in all the ways they come."""

import json
import shutil

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, box
from typer.testing import CliRunner

from frontlines.cli.main import app
from frontlines.manifest import caption
from frontlines.sources.files import read_layer, write

RUNNER = CliRunner()
LONLAT = "EPSG:4326"
FRONTS = {"2024-07-08": 46.5, "2024-07-15": 47.25}
FIRST, LAST = FRONTS


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Two districts of one degree, and a front that moves east through them."""
    folder = tmp_path_factory.mktemp("written")
    districts = gpd.GeoDataFrame(
        {"id": [1, 2], "NAME": ["West", "East"]},
        geometry=[box(46, 39, 47, 41), box(47, 39, 48, 41)],
        crs=LONLAT,
    )
    write(districts, folder / "districts.gpkg")
    controls = []
    for day, lon in FRONTS.items():
        bare = gpd.GeoDataFrame(geometry=[box(46, 39, lon, 41)], crs=LONLAT)
        write(bare, folder / f"bare_{day.replace('-', '')}.geojson")
        write(bare, folder / f"bare_{day[-2:]}.geojson")
        both = gpd.GeoDataFrame(
            {"Date": [day] * 2, "SIDE": ["A", "B"]},
            geometry=[box(46, 39, lon, 41), box(lon, 39, 48, 41)],
            crs=LONLAT,
        )
        controls.append(both)
        line = gpd.GeoDataFrame(
            {"date": [day], "side_left": ["A"], "side_right": ["B"]},
            geometry=[LineString([(lon, 38.9), (lon, 41.1)])],
            crs=LONLAT,
        )
        write(line, folder / f"line_{day}.gpkg")
    write(pd.concat(controls, ignore_index=True), folder / "days.parquet")
    return folder


@pytest.fixture
def folder(written, tmp_path):
    return shutil.copytree(written, tmp_path, dirs_exist_ok=True)


@pytest.fixture(scope="module")
def bare(written, tmp_path_factory):
    """A comparison of bare polygons, for all who only look at it: its folder, and what it said."""
    folder = shutil.copytree(written, tmp_path_factory.mktemp("bare"), dirs_exist_ok=True)
    return folder, call(folder, "bare_20240708.geojson", "bare_20240715.geojson", "--rest", "B")


def call(folder, before, after, *more, key="NAME", side="A"):
    words = [folder / before, folder / after, "--districts", folder / "districts.gpkg", "--key", key]
    words += ["--side", side, "--out", folder / "out", *more]
    return RUNNER.invoke(app, ["change", *(str(word) for word in words)])


def refusal(*args, **options):
    result = call(*args, **options)
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("error: ")
    assert result.stdout == ""
    assert not (args[0] / "out").exists()
    return result.stderr.strip()


def balance(folder):
    return pd.read_csv(folder / "out" / "balance.csv").set_index("district")


def manifest(folder):
    return json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))


DAYS = ("--date-before", FIRST, "--date-after", LAST)


@pytest.mark.parametrize(
    ("before", "after", "more"),
    [
        ("bare_08.geojson", "bare_15.geojson", ("--rest", "B", *DAYS)),
        ("days.parquet", "days.parquet", DAYS),
        ("days.parquet", "bare_20240715.geojson", ("--date-before", FIRST, "--rest", "B")),
        (f"line_{FIRST}.gpkg", f"line_{LAST}.gpkg", ("--snap-m", "50")),
    ],
)
def test_the_same_war_in_any_dress_gives_the_same_books(folder, before, after, more):
    look_at_books(folder, call(folder, before, after, *more))


def test_bare_polygons_whose_names_have_the_days_give_the_same_books(bare):
    look_at_books(*bare)


def look_at_books(folder, result):
    assert result.exit_code == 0, result.output
    found = balance(folder)
    assert found.loc["West", ["share_before", "share_after"]].tolist() == pytest.approx([0.5, 1.0], abs=1e-3)
    assert found.loc["East", ["share_before", "share_after"]].tolist() == pytest.approx([0.0, 0.25], abs=1e-3)
    sides = pd.read_csv(folder / "out" / "transitions.csv")
    assert set(sides["side_from"]) == {"A", "B"}
    assert manifest(folder)["dates"] == [FIRST, LAST]
    assert set(read_layer(folder / "out" / "frontlines.geojson")["side_left"]) <= {"A", "B"}


def test_without_rest_the_ground_of_nobody_is_unknown(folder):
    assert call(folder, "bare_20240708.geojson", "bare_20240715.geojson").exit_code == 0
    assert set(pd.read_csv(folder / "out" / "transitions.csv")["side_to"]) == {"A", "unknown"}
    assert manifest(folder)["parameters"]["rest"] == "unknown"


def test_the_manifest_names_the_files_and_the_caption_their_sources(bare):
    found = manifest(bare[0])
    roles = {entry["role"]: entry["name"] for entry in found["inputs"]}
    assert roles == {
        "before": "bare_20240708.geojson",
        "after": "bare_20240715.geojson",
        "districts": "districts.gpkg",
    }
    assert found["parameters"]["key"] == "NAME"
    assert found["sources"] == ["bare_20240708.geojson", "bare_20240715.geojson"]
    assert found["parameters"] | {"key": "NAME", "mend": False, "sliver_m": 1.0} == found["parameters"]


def test_piped_lines_are_not_broken(bare):
    lines = bare[1].stdout.splitlines()
    assert not [line for line in lines if line != line.rstrip()]
    closing = lines[-1]
    assert closing == "two snapshots 7 days apart: what changed hands and back in between is not seen"


def test_numbers_will_do_as_names_of_districts(folder):
    result = call(folder, "days.parquet", "days.parquet", *DAYS, key="ID")
    assert result.exit_code == 0, result.output
    assert balance(folder).index.tolist() == [1, 2]


def test_a_theatre_cuts_everything(folder):
    write(gpd.GeoDataFrame(geometry=[box(46.4, 39.9, 47.5, 40.1)], crs=LONLAT), folder / "theatre.zip")
    assert (
        call(folder, "days.parquet", "days.parquet", *DAYS, "--theatre", folder / "theatre.zip").exit_code
        == 0
    )
    found = balance(folder)
    assert found.loc["West", "share_before"] == pytest.approx(1 / 6, abs=1e-3)
    assert found.loc["East", "share_after"] == pytest.approx(1 / 2, abs=1e-3)
    assert found["district_km2"].sum() == pytest.approx(1.1 * 85.3 * 0.2 * 111, rel=0.01)


@pytest.mark.parametrize("before", ["bare_20240708.geojson", f"line_{FIRST}.gpkg"])
def test_one_file_twice_is_refused(folder, before):
    assert "give the earlier day first, and two different days" in refusal(folder, before, before)


def test_two_days_of_the_same_ground_change_nothing(folder):
    said = refusal(folder, "bare_08.geojson", "bare_08.geojson", *DAYS)
    assert "bare_08.geojson is given as both days, and the same rows are taken for both" in said
    (folder / "same.geojson").write_bytes((folder / "bare_08.geojson").read_bytes())
    result = call(folder, "bare_08.geojson", "same.geojson", *DAYS)
    assert result.exit_code == 0, result.output
    assert balance(folder)[["gained_km2", "lost_km2", "net_km2"]].to_numpy().tolist() == [[0.0] * 3] * 2


def test_days_that_cannot_be_told_are_asked_for(folder):
    said = refusal(folder, "bare_08.geojson", "bare_15.geojson")
    assert "bare_08.geojson has no column 'date' and no day in its name" in said
    assert "holds 2 days (2024-07-08, 2024-07-15)" in refusal(folder, "days.parquet", "days.parquet")
    wrong = ("--date-before", "2024-07-09", "--date-after", LAST)
    said = refusal(folder, "days.parquet", "days.parquet", *wrong)
    assert "days.parquet has no row of 2024-07-09: it holds 2 days, 2024-07-08 to 2024-07-15" in said
    assert said.endswith("say which one to take with --date-before and --date-after")


def test_swapped_days_are_refused(folder):
    said = refusal(folder, "bare_20240715.geojson", "bare_20240708.geojson")
    assert "bare_20240715.geojson shows 2024-07-15 and bare_20240708.geojson 2024-07-08" in said


def test_lines_and_polygons_do_not_pair(folder):
    said = refusal(folder, f"line_{FIRST}.gpkg", "bare_20240715.geojson")
    assert f"line_{FIRST}.gpkg holds lines and bare_20240715.geojson polygons" in said


def test_a_wrong_key_is_answered_with_the_columns_there_are(folder):
    said = refusal(folder, "bare_20240708.geojson", "bare_20240715.geojson", key="nom")
    assert said.endswith("districts.gpkg has no column 'nom': name the districts by one of id, NAME")


def test_a_side_that_holds_nothing_is_answered_with_those_that_do(folder):
    said = refusal(folder, "days.parquet", "days.parquet", *DAYS, side="C")
    assert "side 'C' holds no ground on either date: the sides are 'A', 'B'" in said


@pytest.mark.parametrize("name", ["before", "after", "districts", "theatre"])
def test_a_file_that_is_not_there_is_named(folder, name):
    files = {"before": "days.parquet", "after": "days.parquet"} | {name: "absent.gpkg"}
    more = ("--theatre", folder / "absent.gpkg") if name == "theatre" else ()
    if name == "districts":
        (folder / "districts.gpkg").unlink()
    said = refusal(folder, files["before"], files["after"], *DAYS, *more)
    assert ("districts.gpkg" if name == "districts" else "absent.gpkg") in said
    assert "is not a file or folder: check the path" in said


def test_overlaps_stop_unless_mending_is_asked_for(folder):
    for day, lon in FRONTS.items():
        claims = gpd.GeoDataFrame(
            {"side": ["A", "B"]}, geometry=[box(46, 39, lon, 41), box(lon - 0.2, 39, 48, 41)], crs=LONLAT
        )
        write(claims, folder / f"claims_{day}.gpkg")
    files = [f"claims_{day}.gpkg" for day in FRONTS]
    said = refusal(folder, *files)
    assert f"claims_{FIRST}.gpkg" in said
    assert "overlap" in said
    assert "--mend" in said
    assert "mend=" not in said
    result = call(folder, *files, "--mend", "all")
    assert result.exit_code == 0, result.output
    assert "contested ground, counted for nobody" in result.stdout
    assert manifest(folder)["parameters"]["mend"] is True
    assert manifest(folder)["books"]["control_mended_km2"] > 0


def test_lines_that_stop_short_are_refused_with_the_option_that_helps(folder):
    for day, lon in FRONTS.items():
        short = gpd.GeoDataFrame(
            {"side_left": ["A"], "side_right": ["B"]},
            geometry=[LineString([(lon, 39.05), (lon, 41.1)])],
            crs=LONLAT,
        )
        write(short, folder / f"short_{day}.gpkg")
    files = [f"short_{day}.gpkg" for day in FRONTS]
    said = refusal(folder, *files)
    assert "--snap-m" in said
    assert "snap_m=" not in said
    assert call(folder, *files, "--snap-m", "7000").exit_code == 0


@pytest.mark.parametrize("metres", ["inf", "nan"])
def test_tolerances_are_numbers_of_metres(folder, metres):
    result = call(folder, "days.parquet", "days.parquet", *DAYS, "--sliver-m", metres)
    assert result.exit_code == 2
    assert "sliver" in result.stderr
    assert "Traceback" not in result.output
    assert not (folder / "out").exists()


def test_a_blank_rest_is_refused(folder):
    assert "rest is blank" in refusal(folder, "bare_20240708.geojson", "bare_20240715.geojson", "--rest", " ")


def test_an_empty_file_of_a_day_shows_that_nobody_else_held_ground(folder):
    empty = gpd.GeoDataFrame({"date": [], "side": []}, geometry=[], crs=LONLAT)
    for name in (f"empty_{FIRST}.gpkg", "empty.gpkg"):
        write(empty, folder / name)
    said = refusal(folder, "empty.gpkg", "bare_20240715.geojson")
    assert "empty.gpkg holds no row, and no day is in its name" in said
    given = (f"empty_{FIRST}.gpkg", "bare_20240715.geojson", "--rest", "B")
    assert "or pass --allow-empty if no side held ground on that day" in refusal(folder, *given)
    assert call(folder, *given, "--allow-empty").exit_code == 0
    assert balance(folder)["before_km2"].tolist() == [0.0, 0.0]
    assert balance(folder).loc["West", "share_after"] == pytest.approx(1)


def test_a_file_without_crs_is_named(folder):
    nowhere = gpd.GeoDataFrame({"side": ["A"]}, geometry=[box(46, 39, 47, 40)])
    nowhere.to_parquet(folder / f"nowhere_{FIRST}.parquet")
    said = refusal(folder, f"nowhere_{FIRST}.parquet", "bare_20240715.geojson")
    assert f"nowhere_{FIRST}.parquet: " in said
    assert "no CRS" in said


def test_sigma_gives_the_balance_its_errors(folder):
    result = call(
        folder, "line_2024-07-08.gpkg", "line_2024-07-15.gpkg", "--sigma-m", 500, "--correlation-m", "inf"
    )
    assert result.exit_code == 0, result.output
    assert "net, 95%" in result.stdout
    assert "sigma 500 m taken by 2 of 2 stretches" in result.stdout
    assert "(sigma 0.5 km, each line off as a whole)" in " ".join(result.stdout.split())
    total = pd.read_csv(folder / "out" / "totals.csv").iloc[0]
    assert total["net_low_km2"] < total["net_km2"] < total["net_high_km2"]
    assert manifest(folder)["errors"]["correlation_m"] == "inf"
    assert {"sigma_km2", "p_gain"} <= set(balance(folder).columns)
    assert not list((folder / "out").glob("error_by_correlation.*"))  # inf is no judgement
    drawn = call(folder, "bare_20240708.geojson", "bare_20240715.geojson", "--rest", "B",
                 "--sigma-m", 500, "--draws", 120, "--force")  # fmt: skip
    assert drawn.exit_code == 0, drawn.output
    assert "120 draws" in drawn.stdout.replace("\n   ", " ")
    alone = (folder / "out" / "balance.csv").read_bytes()
    table = pd.read_csv(folder / "out" / "error_by_correlation.csv")
    assert table.loc[table["own"], "correlation_m"].tolist() == [5000]
    assert (folder / "out" / "error_by_correlation.png").exists()
    together = call(folder, "bare_20240708.geojson", "bare_20240715.geojson", "--rest", "B", "--workers", 2,
                    "--sigma-m", 500, "--draws", 120, "--force")  # fmt: skip
    assert together.exit_code == 0, together.output
    assert (folder / "out" / "balance.csv").read_bytes() == alone


def test_several_lengths_and_what_dates_have_in_common_are_one_option(folder):
    result = call(folder, "line_2024-07-08.gpkg", "line_2024-07-15.gpkg", "--sigma-m", 500,
                  "--correlation-m", "2000:0.5,inf:0.5,between=0.8,factor=1")  # fmt: skip
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    assert "50% alike over 2 km along the front and 50% each line off as a whole" in said
    assert "those of both dates correlated by 0.8" in said
    record = manifest(folder)["errors"]
    assert record["correlation_m"] == [[2000, 0.5], ["inf", 0.5]]
    assert (record["between"], record["length_factor"]) == (0.8, 1)


def test_without_sigma_the_table_says_that_there_are_no_errors(folder):
    result = call(folder, "line_2024-07-08.gpkg", "line_2024-07-15.gpkg")
    assert "no errors: 2 of 2 stretches of line have no sigma_m; --sigma-m gives them one" in result.stdout


def test_how_far_ends_were_led_is_said(tmp_path):
    crs, x, y = "EPSG:3035", 4_321_000, 3_210_000
    write(
        gpd.GeoDataFrame({"NAME": ["D"]}, geometry=[box(x, y, x + 400, y + 2000)], crs=crs),
        tmp_path / "districts.gpkg",
    )
    for year, east in ((1990, 190), (2000, 210)):
        line = gpd.GeoDataFrame(
            {"side_left": ["SEA"], "side_right": ["LAND"]},
            geometry=[LineString([(x + east, y + 200), (x + east, y + 1800)])],
            crs=crs,
        )
        write(line, tmp_path / f"{year}-01-01.gpkg")
    result = call(tmp_path, "1990-01-01.gpkg", "2000-01-01.gpkg", side="LAND")
    said = "4 ends of lines were led on to the theatre's edge or another line, by up to 200 m"
    assert said in result.stdout
    record = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert record["ends_led"]["number"] == 4
    assert said in caption(record)
    total = pd.read_csv(tmp_path / "out" / "totals.csv").iloc[0]
    assert (total["gained_km2"], total["lost_km2"]) == pytest.approx((0, 0.04), abs=1e-6)
