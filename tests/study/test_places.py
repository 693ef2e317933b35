"""Places with a side in place of polygons: read by every command that takes ground, with their reach."""

import shutil

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, box
from typer.testing import CliRunner

from frontlines.cli.main import app
from frontlines.errors import LayerError
from frontlines.sources.files import read_layer, write
from frontlines.study import read_study, run_study, study_from_files

LONLAT = "EPSG:4326"
DAYS = ("2022-03-27", "2022-04-10")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Two districts; four places of which one changes hands, two of one name and one without a point."""
    folder = tmp_path_factory.mktemp("written")
    shapes = [box(46, 39.9, 47, 40.1), box(47, 39.9, 48, 40.1)]
    districts = gpd.GeoDataFrame({"district": ["West", "East"]}, geometry=shapes, crs=LONLAT)
    write(districts, folder / "districts.gpkg")
    both = []
    for day, sides in zip(DAYS, ("AAB", "ABB"), strict=True):
        points = [Point(46.25, 40), Point(46.75, 40), Point(47.5, 40), None]
        held = {"name": ["Alma", "Birch", "Alma", "Nowhere"], "side": [*sides, "A"], "date": day}
        both.append(gpd.GeoDataFrame(held, geometry=points, crs=LONLAT))
        write(both[-1], folder / f"towns_{day}.gpkg")
    write(pd.concat(both, ignore_index=True), folder / "towns.parquet")
    return folder


@pytest.fixture
def folder(written, tmp_path):
    return shutil.copytree(written, tmp_path, dirs_exist_ok=True)


def study(folder, **options):
    towns = folder / "towns.parquet"
    own = {"districts": folder / "districts.gpkg", "key": "district", "side": "A", "days": DAYS}
    return study_from_files(towns, towns, **own | options)


def test_two_days_of_places_give_ground_and_the_caption_says_so(folder):
    results = run_study(study(folder, reach_m=50_000.0))
    share = results.totals.iloc[0][["share_before", "share_after"]].tolist()
    assert share == pytest.approx([1.125 / 2, 0.5 / 2], abs=2e-3)  # half-way between the places
    assert "Ground of places is counted to the nearest with a known side, up to 50,000 m" in results.caption
    assert results.manifest["parameters"]["reach_m"] == 50_000
    near = run_study(study(folder, reach_m=5000.0))
    assert near.totals["before_km2"].iloc[0] == pytest.approx(2 * 78.5, abs=1)


def test_without_a_reach_places_are_refused_with_the_mend(folder):
    with pytest.raises(LayerError, match=r"towns.parquet: these are points: give reach_m=\.\.\., how far"):
        study(folder)


def test_a_study_file_names_places_as_control(folder):
    (folder / "study.toml").write_text(
        f'[study]\ntitle = "T"\nside = "A"\ndates = [{DAYS[0]}, {DAYS[1]}]\n[layers]\ncontrol = "towns.parquet"\n'
        'districts = "districts.gpkg"\n[method]\nreach_m = 50000\n'
    )
    named, given = run_study(read_study(folder / "study.toml")), run_study(study(folder, reach_m=50_000.0))
    pd.testing.assert_frame_equal(named.balance, given.balance)


@pytest.mark.parametrize("command", ["change", "series"])
def test_the_commands_take_places(folder, command):
    sources = {"change": [f"towns_{day}.gpkg" for day in DAYS], "series": ["towns.parquet"]}[command]
    words = [command, *(folder / name for name in sources), "--districts", folder / "districts.gpkg"]
    words += ["--side", "A", "--out", folder / "out"]
    refused = CliRunner().invoke(app, [str(word) for word in words])
    assert refused.exit_code == 2
    assert "these are points: give --reach-m METRES, how far from a place" in refused.stderr
    done = CliRunner().invoke(app, [str(word) for word in [*words, "--reach-m", 50_000]])
    assert done.exit_code == 0, done.output
    totals = pd.read_csv(folder / "out" / "totals.csv")
    assert totals["net_km2"].iloc[0] == pytest.approx(-0.625 * 1899, rel=5e-3)


def test_towns_of_ukraine_on_two_days_by_raion(bench, tmp_path):
    towns = read_layer(bench / "ukraine_towns_control_2022.parquet").rename(
        columns={"snapshot_date": "date", "held_by": "side"}
    )
    towns = towns[towns["date"].astype(str).isin(DAYS)]
    write(towns, tmp_path / "towns.parquet")
    results = run_study(
        study_from_files(
            tmp_path / "towns.parquet", tmp_path / "towns.parquet",
            districts=bench / "ukraine_adm2_pre2020_geoboundaries.parquet", key="id",
            side="Russia", days=DAYS, reach_m=25_000.0,
        )
    )  # fmt: skip
    assert abs(results.manifest["books"]["closure_error_km2"]) < 1e-3
    row = results.totals.iloc[0]
    assert -45_000 < row["net_km2"] < -20_000  # the retreat from Kyiv, Chernihiv and Sumy
