"""The command line, as a user meets it."""

import json
import shutil
import signal
import subprocess
import sys

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, box
from typer.testing import CliRunner

from frontlines.cli.main import app
from frontlines.sources.files import read_layer, write

RUNNER = CliRunner()
LONLAT = "EPSG:4326"


def call(*words):
    return RUNNER.invoke(app, [str(word) for word in words])


def refused(*words):
    """Call a command that must fail, and give its one line of error."""
    result = call(*words)
    assert result.exit_code == 2, result.output
    lines = [line for line in result.stderr.splitlines() if line]
    assert len(lines) == 1, result.stderr
    assert "Traceback" not in result.output
    return lines[0]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    districts = gpd.GeoDataFrame(
        {"NAME": ["[bold]West", "East"]}, geometry=[box(46, 39, 47, 41), box(47, 39, 48, 41)], crs=LONLAT
    )
    write(districts, folder / "districts.gpkg")
    for day, lon in (("2024-07-08", 46.5), ("2024-07-15", 47.25)):
        plain = gpd.GeoDataFrame(geometry=[box(46, 39, lon, 41)], crs=LONLAT)
        write(plain, folder / f"plain_{day.replace('-', '')}.geojson")
        line = gpd.GeoDataFrame(
            {"date": [day], "side_left": ["A"], "side_right": ["B"], "source": ["s"], "sigma_m": [900.0]},
            geometry=[LineString([(lon, 38.9), (lon, 41.1)])],
            crs=LONLAT,
        )
        write(line, folder / f"line_{day}.gpkg")
    days = [
        gpd.read_file(folder / f"plain_{day}.geojson").assign(date=day) for day in ("20240708", "20240715")
    ]
    write(pd.concat(days, ignore_index=True), folder / "many.parquet")
    return folder


@pytest.fixture
def folder(written, tmp_path):
    return shutil.copytree(written, tmp_path, dirs_exist_ok=True)


def change(folder, before, after, *more):
    words = [
        "change",
        folder / before,
        folder / after,
        "--districts",
        folder / "districts.gpkg",
        "--key",
        "name",
    ]
    return [*words, "--side", "A", "--out", folder / "out", *more]


def test_change_of_bare_polygons(folder):
    result = call(*change(folder, "plain_20240708.geojson", "plain_20240715.geojson", "--rest", "B"))
    assert result.exit_code == 0, result.output
    assert "[bold]West" in result.stdout
    balance = pd.read_csv(folder / "out" / "balance.csv").set_index("district")
    assert balance.loc["East", "share_after"] == pytest.approx(0.25, abs=1e-3)
    manifest = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["dates"] == ["2024-07-08", "2024-07-15"]
    assert manifest["parameters"]["rest"] == "B"


def test_change_of_lines_with_a_theatre(folder):
    write(gpd.GeoDataFrame(geometry=[box(46.2, 39.5, 47.5, 40.5)], crs=LONLAT), folder / "theatre.kml")
    result = call(
        *change(folder, "line_2024-07-08.gpkg", "line_2024-07-15.gpkg", "--theatre", folder / "theatre.kml")
    )
    assert result.exit_code == 0, result.output
    total = pd.read_csv(folder / "out" / "transitions.csv")["area_km2"].sum()
    assert total == pytest.approx(111 * 110, rel=0.02)


def test_change_picks_days_out_of_one_file(folder):
    days = ("--date-before", "2024-07-08", "--date-after", "2024-07-15")
    assert call(*change(folder, "many.parquet", "many.parquet", *days)).exit_code == 0
    assert "holds 2 days" in refused(*change(folder, "many.parquet", "many.parquet", "--force"))


def test_another_runs_files_are_kept(folder):
    words = change(folder, "plain_20240708.geojson", "plain_20240715.geojson")
    assert call(*words).exit_code == 0
    before = (folder / "out" / "map.png").read_bytes()
    assert "--force" in refused(*words)
    assert call(*words, "--force").exit_code == 0
    assert (folder / "out" / "map.png").read_bytes() == before


def test_nothing_is_left_when_drawing_fails(folder, monkeypatch):
    def fail(*_args, **_kwargs):
        raise RuntimeError("no ink")

    monkeypatch.setattr("frontlines.plot.change_figure", fail)
    result = call(*change(folder, "plain_20240708.geojson", "plain_20240715.geojson"))
    assert result.exit_code != 0
    assert not any((folder / "out").glob("*"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "nowhere"], "karabakh-1994"),
        (["run", "absent/study.toml"], "absent"),
        (["check", "absent.gpkg"], "not a file"),
    ],
)
def test_errors_are_one_line(tmp_path, words, said):
    out = ["--out", tmp_path / "out"] if words[0] == "run" else []
    assert said in refused(*words, *out)


def test_swapped_days_wrong_keys_and_wrong_sides_are_refused(folder):
    assert "earlier day first" in refused(*change(folder, "plain_20240715.geojson", "plain_20240708.geojson"))
    words = change(folder, "plain_20240708.geojson", "plain_20240715.geojson")
    words[words.index("name")] = "nom"
    assert "NAME" in refused(*words)
    words = change(folder, "line_2024-07-08.gpkg", "line_2024-07-15.gpkg")
    words[words.index("A")] = "C"
    assert "'A', 'B'" in refused(*words)
    assert not any((folder / "out").glob("*"))


def test_check_passes_sound_layers(folder):
    result = call("check", folder / "line_2024-07-08.gpkg", folder / "districts.gpkg", "--key", "NAME")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("nothing wrong") == 2


def test_check_lists_faults_and_writes_them(folder):
    frame = gpd.GeoDataFrame(
        {"date": ["2024-07-08", "2024-07-08"], "side": ["A", "B"]},
        geometry=[box(46, 39, 47, 41), box(46.9, 39, 48, 41)],
        crs=LONLAT,
    )
    write(frame, folder / "faulty.gpkg")
    result = call("check", folder / "faulty.gpkg", "--write-problems", folder / "problems.gpkg")
    assert result.exit_code == 2
    assert "overlap" in result.stdout
    problems = read_layer(folder / "problems.gpkg")
    assert problems["fault"].tolist() == ["overlap"]
    assert problems.geometry.iloc[0].within(box(46.89, 38.9, 47.01, 41.1))


def test_check_finds_gaps_in_the_theatre_and_knows_kinds(folder):
    write(gpd.GeoDataFrame(geometry=[box(46, 39, 48, 41)], crs=LONLAT), folder / "theatre.geojson")
    plain = folder / "plain_20240708.geojson"
    assert call("check", plain, "--kind", "polygons").exit_code == 0
    result = call("check", plain, "--kind", "polygons", "--theatre", folder / "theatre.geojson")
    assert result.exit_code == 2
    assert "gap" in result.stdout
    assert "use one of control" in refused("check", plain, "--kind", "roads")


def test_check_tells_a_missing_crs(folder):
    write(gpd.GeoDataFrame({"side": ["A"]}, geometry=[box(0, 0, 1, 1)]), folder / "nowhere.parquet")
    result = call("check", folder / "nowhere.parquet")
    assert result.exit_code == 2
    assert "no CRS" in result.stdout


def test_datasets_are_listed():
    result = call("datasets")
    assert result.exit_code == 0
    assert "karabakh-1994" in result.stdout


def test_version_and_help():
    assert call("--version").stdout.startswith("frontlines ")
    for command in ("run", "change", "series", "displacement", "check", "digitize", "datasets"):
        assert "Example: frontlines " + command in call(command, "--help").stdout


def test_a_run_that_is_ended_from_outside_leaves_nothing(tmp_path):
    code = """
import os, signal, sys
from pathlib import Path
from frontlines.cli import main as cli
from frontlines.study.outputs import only_run_in, staged

def write_for_long(*_, **__):
    out = Path(sys.argv[1])
    with only_run_in(out, (), force=False), staged(out) as folder:
        (folder / "half.csv").write_text("half")
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("it went on")

cli.command = lambda: write_for_long
cli.main()
"""
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "out"], capture_output=True, check=False)
    assert done.returncode == 128 + signal.SIGTERM, done.stderr
    assert not list(tmp_path.iterdir())


def test_the_package_runs_as_a_module():
    words = [sys.executable, "-m", "frontlines", "--version"]
    done = subprocess.run(words, capture_output=True, check=True, text=True)
    assert done.stdout == call("--version").stdout


@pytest.mark.bench
def test_two_real_days_out_of_the_box(bench, tmp_path):
    files = [bench / f"raw_deepstatemap_data_{day}.geojson" for day in ("20240708", "20240915")]
    districts = bench / "ukraine_adm2_pre2020_geoboundaries.parquet"
    words = ["change", *files, "--districts", districts, "--key", "id", "--side", "RUS", "--rest", "UKR"]
    result = call(*words, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    net = pd.read_csv(tmp_path / "balance.csv")["net_km2"].sum()
    crs = read_layer(tmp_path / "change.gpkg", layer="change").crs
    before, after = (read_layer(file)[["geometry"]].to_crs(crs) for file in files)
    ground = read_layer(districts)[["geometry"]].to_crs(crs)

    def only(one, other):
        return gpd.overlay(gpd.overlay(one, other, how="difference"), ground).area.sum() / 1e6

    assert net == pytest.approx(only(after, before) - only(before, after), rel=1e-6)
