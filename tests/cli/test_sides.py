"""Several sides on the command line."""

import shutil

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box
from typer.testing import CliRunner

from frontlines.cli.main import app
from frontlines.sources.files import write

RUNNER = CliRunner()
SIDES = ["North", "South", "Third"]


def ground(day, lat, lon=47.5):
    shapes = [box(46, lat, lon, 41), box(46, 39, lon, lat), box(lon, 39, 48, 41)]
    return gpd.GeoDataFrame({"side": SIDES, "date": day}, geometry=shapes, crs="EPSG:4326")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    districts = gpd.GeoDataFrame(
        {"NAME": ["West", "East"]}, geometry=[box(46, 39, 47, 41), box(47, 39, 48, 41)], crs="EPSG:4326"
    )
    write(districts, folder / "districts.gpkg")
    days = [ground("2021-06-01", 40), ground("2021-07-01", 40.2), ground("2021-08-01", 40.3, 47.4)]
    write(days[0], folder / "before.gpkg")
    write(days[2], folder / "after.gpkg")
    write(gpd.GeoDataFrame(pd.concat(days)), folder / "every.gpkg")
    write(days[0].drop(columns="side").dissolve(), folder / "bare.gpkg")
    (folder / "study.toml").write_text(
        "[study]\ntitle = 'Three'\ndates = [2021-06-01, 2021-08-01]\n"
        "[layers]\ncontrol = 'every.gpkg'\ndistricts = 'districts.gpkg'\nkey = 'NAME'\n"
    )
    return folder


@pytest.fixture
def folder(written, tmp_path):
    return shutil.copytree(written, tmp_path, dirs_exist_ok=True)


def call(folder, command, *more):
    words = [command, *more, "--out", folder / "out"]
    return RUNNER.invoke(app, [str(word) for word in words])


def two(folder, *more, command="change", files=("before.gpkg", "after.gpkg")):
    ground_ = ("--districts", folder / "districts.gpkg", "--key", "NAME")
    return call(folder, command, *(folder / file for file in files), *ground_, *more)


def test_without_a_side_every_side_is_in_the_tables_and_the_pictures(folder):
    result = two(folder, "--sigma-m", "500")
    assert result.exit_code == 0, result.output
    balance = pd.read_csv(folder / "out" / "balance.csv")
    assert balance.groupby("district")["side"].agg(list).tolist() == [SIDES, SIDES]
    assert pd.read_csv(folder / "out" / "totals.csv")["side"].tolist() == SIDES
    assert {"map.png", "matrix.png"} <= {file.name for file in (folder / "out").iterdir()}
    assert "Ground of 3 sides, 1 June 2021 to 1 August 2021, km²" in result.stdout
    assert "Ground by side before (rows) and after (columns)" in result.stdout
    assert "Ground that changed hands, by district: all" in result.stdout


def test_a_side_may_be_given_several_times_and_one_alone_takes_an_old_matrix_away(folder):
    result = two(folder, "--side", "South", "--side", "North")
    assert result.exit_code == 0, result.output
    assert pd.read_csv(folder / "out" / "totals.csv")["side"].tolist() == ["South", "North"]
    assert (folder / "out" / "matrix.png").exists()
    assert two(folder, "--side", "South", "--force").exit_code == 0
    assert not (folder / "out" / "matrix.png").exists()


@pytest.mark.parametrize("sides", [(), ("--side", "North", "--side", "South")])
def test_a_file_without_sides_needs_one(folder, sides):
    result = two(folder, *sides, files=("bare.gpkg", "after.gpkg"))
    assert result.exit_code == 2
    assert "bare.gpkg has no column 'side': say whose ground all of it is with --side NAME" in result.stderr


@pytest.mark.parametrize(("entry", "sides"), [("", SIDES), ("side = ['Third', 'North']", ["Third", "North"])])
def test_a_study_of_several_sides(folder, entry, sides):
    file = folder / "study.toml"
    file.write_text(file.read_text().replace("dates", f"{entry}\ndates"))
    result = call(folder, "run", file)
    assert result.exit_code == 0, result.output
    assert pd.read_csv(folder / "out" / "totals.csv")["side"].tolist() == sides


def test_sides_of_a_study_are_texts(folder):
    file = folder / "study.toml"
    file.write_text(file.read_text().replace("dates", "side = []\ndates"))
    result = call(folder, "run", file)
    assert result.exit_code == 2
    assert "[study] side must be a text that is not empty, or a list of such texts" in result.stderr


def test_a_movement_has_one_side(folder):
    result = call(folder, "displacement", folder / "study.toml")
    assert result.exit_code == 2
    assert "there are North, South, Third: name one of them with --side NAME" in result.stderr
    result = call(folder, "displacement", folder / "study.toml", "--side", "South")
    assert result.exit_code == 0, result.output


def test_two_sources_are_compared_for_one_side(folder):
    result = two(folder, "--side", "North", "--side", "South", command="compare", files=("every.gpkg",) * 2)
    assert result.exit_code == 2
    assert "one side is compared: give --side once, not 2 times" in result.stderr


def test_a_series_of_every_side_with_its_charts_and_its_film(folder):
    result = two(folder, "--panels", "--film", command="series", files=("every.gpkg",))
    assert result.exit_code == 0, result.output
    series = pd.read_csv(folder / "out" / "series.csv")
    assert series["side"].tolist() == SIDES * 4
    assert {"series.png", "series.gif", "districts.png"} <= {file.name for file in (folder / "out").iterdir()}
    assert "Ground of 3 sides, 1 June 2021 to 1 August 2021, every snapshot, 2 steps" in result.stdout
