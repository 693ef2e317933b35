"""``frontlines series``, as a user meets it."""

import json

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box
from typer.testing import CliRunner

from frontlines.cli.commands.series import FILES, Freq
from frontlines.cli.main import app
from frontlines.series import CADENCES
from frontlines.sources.files import write

RUNNER = CliRunner()
LONLAT = "EPSG:4326"


@pytest.fixture
def folder(tmp_path):
    districts = gpd.GeoDataFrame(
        {"NAME": ["West", "East"]}, geometry=[box(46, 39, 47, 41), box(47, 39, 48, 41)], crs=LONLAT
    )
    write(districts, tmp_path / "districts.gpkg")
    for n, day in enumerate(pd.date_range("2031-06-20", periods=20)):
        write(snapshot(46.3 + 0.05 * n), tmp_path / "days" / f"front_{day:%Y%m%d}.geojson")
    return tmp_path


def snapshot(lon):
    return gpd.GeoDataFrame(geometry=[box(46, 39, lon, 41)], crs=LONLAT)


def call(folder, *more, out="out"):
    words = [
        "series",
        folder / "days",
        "--districts",
        folder / "districts.gpkg",
        "--key",
        "NAME",
        "--side",
        "A",
    ]
    return RUNNER.invoke(app, [str(word) for word in (*words, "--out", folder / out, *more)])


def test_a_folder_of_days(folder):
    result = call(folder)
    assert result.exit_code == 0, result.output
    assert sorted(file.name for file in (folder / "out").iterdir()) == sorted(FILES)
    totals = pd.read_csv(folder / "out" / "totals.csv")
    assert len(totals) == 19
    assert "19 steps, the last 12 shown" in result.stdout
    manifest = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert next(iter(manifest["snapshots"])) == "2031-06-20"
    assert manifest["books"]["net_km2"] == pytest.approx(totals["net_km2"].sum())
    assert len([entry for entry in manifest["inputs"] if entry["role"] == "snapshots"]) == 20


def test_steps_of_a_month_have_the_same_net(folder):
    assert call(folder).exit_code == 0
    assert call(folder, "--freq", "MS", out="monthly").exit_code == 0
    net = [pd.read_csv(folder / out / "totals.csv")["net_km2"].sum() for out in ("out", "monthly")]
    assert net[0] == pytest.approx(net[1], abs=1e-6)
    assert set(pd.read_csv(folder / "monthly" / "series.csv")["cadence"]) == {"monthly (MS)"}


@pytest.mark.parametrize("freq", [(), ("--freq", "MS")])
def test_going_on_gives_the_same_bytes_as_starting_again(folder, freq):
    late = sorted((folder / "days").iterdir())[13:]
    kept = [(file.name, file.read_bytes()) for file in late]
    for file in late:
        file.unlink()
    assert call(folder, *freq).exit_code == 0
    for name, content in kept:
        (folder / "days" / name).write_bytes(content)
    assert call(folder, *freq, "--resume").exit_code == 0
    assert call(folder, *freq, out="fresh").exit_code == 0
    for name in FILES:
        assert (folder / "out" / name).read_bytes() == (folder / "fresh" / name).read_bytes(), name


def refused(result):
    assert result.exit_code == 2, result.output
    (line,) = [line for line in result.stderr.splitlines() if line]
    return line


def test_going_on_from_something_else_is_refused(folder):
    assert "holds no series" in refused(call(folder, "--resume"))
    assert call(folder).exit_code == 0
    assert "--force" in refused(call(folder))
    assert "other parameters" in refused(call(folder, "--resume", "--freq", "W"))
    write(snapshot(46.31), folder / "days" / "front_20310620.geojson")
    assert "2031-06-20 is not the one" in refused(call(folder, "--resume"))


def test_an_empty_folder_is_refused(folder):
    (folder / "none").mkdir()
    result = RUNNER.invoke(app, [
        "series", str(folder / "none"), "--districts", str(folder / "districts.gpkg"), "--key", "NAME", "--side", "A",
        "--out", str(folder / "out"),
    ])  # fmt: skip
    assert "holds no layer" in refused(result)


def test_help_shows_an_example_and_knows_all_cadences():
    assert "Example: frontlines series" in RUNNER.invoke(app, ["series", "--help"]).stdout
    assert {freq.value for freq in Freq} == set(CADENCES)
