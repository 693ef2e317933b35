"""Tables of any extreme: all held, nothing held, no front, one district, no change."""

import json

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box
from typer.testing import CliRunner

from frontlines.cli.main import app
from frontlines.sources.files import write

GROUND = box(46, 39, 48, 41)
HALVES = [("A", box(46, 39, 47, 41)), ("B", box(47, 39, 48, 41))]
ALL, NOTHING = [("A", GROUND)], [("B", GROUND)]
DAYS = ("2001-01-01", "2001-02-01")
EXTREMES = {
    "all lost": (ALL, NOTHING),
    "all held": (ALL, ALL),
    "no change": (HALVES, HALVES),
    "the rest lost": (HALVES, NOTHING),
}
COMMANDS = {
    "change": ["--sigma-m", "200"],
    "series": ["--panels", "--front-length", "1000", "--border-m", "10"],
    "compare": ["--apart-m", "100"],
    "displacement": ["--sigma-m", "200"],
}


@pytest.fixture(params=EXTREMES)
def extreme(request, tmp_path):
    """Write two days, alone and as days of two sources; return what they are."""
    (tmp_path / "days").mkdir()
    days = EXTREMES[request.param]
    for day, rows in zip(DAYS, days, strict=True):
        sides, shapes = zip(*rows, strict=True)
        frame = gpd.GeoDataFrame({"side": sides, "date": day}, geometry=list(shapes), crs="EPSG:4326")
        write(frame, tmp_path / "days" / f"{day}.gpkg")
        write(frame.assign(date=DAYS[0]), tmp_path / f"source_{day}.gpkg")
    district = gpd.GeoDataFrame({"district": ["one"]}, geometry=[GROUND], crs="EPSG:4326")
    write(district, tmp_path / "districts.gpkg")
    return request.param, tmp_path


def _run(command, folder):
    days = [str(folder / "days" / f"{day}.gpkg") for day in DAYS]
    sources = {
        "series": [str(folder / "days")],
        "compare": [str(folder / f"source_{day}.gpkg") for day in DAYS],
    }
    ground = ["--districts", str(folder / "districts.gpkg"), "--side", "A", "--out", str(folder / "out")]
    return CliRunner().invoke(app, [command, *sources.get(command, days), *ground, *COMMANDS[command]])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_extreme_is_answered(extreme, command):
    name, folder = extreme
    result = _run(command, folder)
    if command == "displacement" and name != "no change":  # between two fronts, of which one is not there
        assert result.exit_code == 2
        assert result.stderr.count("\n") == 1
        assert "has no front on" in result.stderr
        assert not (folder / "out").exists()
        return
    assert result.exit_code == 0, result.output
    manifest = json.loads((folder / "out" / "manifest.json").read_text())
    assert "NaN" not in json.dumps(manifest)
    if command == "compare":
        return
    whole = {"all lost": -1, "the rest lost": -0.5}.get(name, 0)
    if command != "displacement":
        totals = pd.read_csv(folder / "out" / "totals.csv").iloc[0]
        assert totals["net_km2"] == pytest.approx(whole * 38_000, rel=0.02)


def test_a_side_that_holds_no_ground_on_any_day_is_refused_with_those_that_do(tmp_path):
    ground = gpd.GeoDataFrame({"district": ["one"]}, geometry=[GROUND], crs="EPSG:4326")
    write(ground, tmp_path / "districts.gpkg")
    (tmp_path / "days").mkdir()
    for day in DAYS:
        rows = gpd.GeoDataFrame({"side": ["B"], "date": [day]}, geometry=[GROUND], crs="EPSG:4326")
        write(rows, tmp_path / "days" / f"{day}.gpkg")
        write(rows.assign(date=DAYS[0]), tmp_path / f"source_{day}.gpkg")
    for command in ("change", "series", "compare"):
        result = _run(command, tmp_path)
        assert result.exit_code == 2
        assert "'A'" in result.stderr
        assert "the sides are" in result.stderr
