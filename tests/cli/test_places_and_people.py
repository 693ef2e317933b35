"""Places and people through the commands: options, a study file, tables, words, caption, film."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from shapely import box
from typer.testing import CliRunner

from frontlines.cli.main import app
from frontlines.sources.files import write

rasterio = pytest.importorskip("rasterio")
pytest.importorskip("exactextract")

LONLAT = "EPSG:4326"
DAYS = ["2024-07-08", "2024-07-09", "2024-07-10"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two districts, a front that moves east on the second day, three towns, 100 people in each pixel."""
    monkeypatch.chdir(tmp_path)
    shapes = [box(46, 39.9, 47, 40.1), box(47, 39.9, 48, 40.1)]
    write(gpd.GeoDataFrame({"district": ["West", "East"]}, geometry=shapes, crs=LONLAT), tmp_path / "d.gpkg")
    for day, lon in zip(DAYS, (46.9, 47.2, 47.2), strict=True):
        ground = gpd.GeoDataFrame(
            {"date": [day], "side": ["A"]}, geometry=[box(46, 39.9, lon, 40.1)], crs=LONLAT
        )
        write(ground, tmp_path / "days" / f"{day}.gpkg")
    towns = pd.DataFrame({"name": ["Ashford", "Ashford", "Cray"], "lon": [47.1, 46.2, 47.205], "lat": 40.0})
    towns.assign(population=[900, 80, ""]).to_csv(tmp_path / "towns.csv", index=False)
    place = rasterio.Affine(0.1, 0, 46, 0, -0.1, 40.1)
    held = {"width": 19, "height": 2, "count": 1, "dtype": "float32", "crs": LONLAT, "transform": place}
    with rasterio.open(tmp_path / "people.tif", "w", driver="GTiff", **held) as dataset:
        dataset.write(np.full((2, 19), 100, dtype="float32"), 1)
    return tmp_path


def run(*words, code=0):
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == code, done.output
    return " ".join(done.output.split())


COMMON = ["--districts", "d.gpkg", "--side", "A", "--settlements", "towns.csv", "--rest", "B"]
RASTER = ["--population", "people.tif", "--population-per", "pixel"]
FIGURES = [f"population_{kind}" for kind in ("before", "after", "held", "gained", "lost")]


def whole(side="A", source="raster"):
    table = pd.read_csv("out/population.csv")
    rows = table[
        (table["side"] == side) & (table["source"] == source) & (table["district"] == "all districts")
    ]
    return rows[FIGURES].to_numpy().tolist()


def test_two_days_count_places_and_people_of_both_sides_and_say_from_what(folder):
    days = [f"days/{day}.gpkg" for day in DAYS[:2]]
    said = run("change", *days, *COMMON, *RASTER, "--sigma-m", 2000)
    places = pd.read_csv("out/settlements.csv", index_col="name")
    assert places["changed"].tolist() == [False, True, False]
    assert places.loc["Cray", ["side_from", "side_to", "unsure"]].tolist() == ["B", "B", True]
    assert whole(source="places") == [[80, 980, 80, 900, 0]]
    assert whole() == [pytest.approx([1800, 2400, 1800, 600, 0], rel=1e-4)]
    assert whole("B") == [pytest.approx([2000, 1400, 1400, 0, 600], rel=1e-4)]
    assert "places from B to A, 1 of 3: Ashford" in said
    assert "people in its places: 80 before, 980 after (gained 900, lost 0)" in said
    assert "by the raster (people in each pixel, as it was said): 1,800 before, 2,400 after" in said
    assert "the raster has no value for 5.0% of the districts' ground: nobody is counted there" in said
    manifest = json.loads((folder / "out" / "manifest.json").read_text())
    by_places, by_raster = manifest["people"]
    assert by_places["places_without_population"] == 1
    assert by_raster["share_without_value"] == pytest.approx(0.05, abs=1e-3)
    assert [entry["name"] for entry in manifest["inputs"] if entry["role"] == "population"] == ["people.tif"]
    svg = (folder / "out" / "map.svg").read_text()
    assert '="changed"' in svg


def test_a_series_says_in_which_step_and_the_film_shows_it(folder):
    said = run("series", "days", *COMMON, *RASTER, "--sigma-m", 2000, "--film")
    places = pd.read_csv("out/settlements.csv")
    assert places[["name", "date_from", "date_to", "changed"]].to_numpy().tolist() == [
        ["Ashford", DAYS[0], DAYS[1], True], ["Cray", DAYS[1], DAYS[2], False],
    ]  # fmt: skip
    assert places["unsure"].tolist() == [False, True]
    assert whole(source="places") == [[80, 980, 80, 900, 0], [980, 980, 980, 0, 0]]
    assert whole() == [
        pytest.approx(row, rel=1e-4) for row in ([1800, 2400, 1800, 600, 0], [2400, 2400, 2400, 0, 0])
    ]
    assert "places from B to A, 1 of 3: Ashford" in said
    assert "lost 0)" in said
    with Image.open(folder / "out" / "series.gif") as film:
        assert film.n_frames == 3
    manifest = json.loads((folder / "out" / "manifest.json").read_text())
    assert manifest["places"]["rest"] == "B"
    assert [record["gained"] for record in manifest["people"]] == pytest.approx([900, 600], rel=1e-4)
    again = run("series", "days", *COMMON[:4], "--force")
    written, _, gone = again.partition("taken away from out")
    assert "settlements.csv" in gone
    assert "settlements.csv" not in written
    assert not (folder / "out" / "population.csv").exists()  # of the run before


def test_going_on_counts_places_and_people_of_the_whole_series(folder):
    (folder / "late").mkdir()
    late = folder / "days" / f"{DAYS[2]}.gpkg"
    late.rename(folder / "late" / late.name)
    run("series", "days", *COMMON[:4], *COMMON[-2:])
    (folder / "late" / late.name).rename(late)
    run("series", "days", *COMMON, *RASTER, "--resume")
    assert whole(source="places") == [[80, 980, 80, 900, 0], [980, 980, 980, 0, 0]]


def test_a_study_file_names_the_raster(folder):
    for number, day in enumerate(DAYS[:2]):
        frame = gpd.read_file(folder / "days" / f"{day}.gpkg")
        write(frame if number == 0 else pd.concat([gpd.read_file("both.gpkg"), frame]), folder / "both.gpkg")
    (folder / "study.toml").write_text(
        f'[study]\ntitle = "T"\nside = "A"\ndates = [{DAYS[0]}, {DAYS[1]}]\n[layers]\ncontrol = "both.gpkg"\n'
        'districts = "d.gpkg"\npopulation = "people.tif"\npopulation_per = "pixel"\n'
    )
    run("run", "study.toml")
    assert whole() == [pytest.approx([1800, 2400, 1800, 600, 0], rel=1e-4)]
    run("run", "study.toml", "--population-per", "km2", "--force")
    assert whole()[0][0] == pytest.approx(100 * 1709, rel=1e-2)  # 0.9° by 0.2°


def test_what_cannot_be_counted_is_refused_in_the_words_of_the_command(folder):
    days = [f"days/{day}.gpkg" for day in DAYS[:2]]
    said = run("change", *days, *COMMON, *RASTER[:2], code=2)
    assert "people.tif does not say what its values count: give --population-per pixel" in said
    with rasterio.open(folder / "far_count.tif", "w", driver="GTiff", width=2, height=2, count=1, dtype="uint8",
                       crs=LONLAT, transform=rasterio.Affine(1, 0, 0, 0, -1, 2)) as dataset:  # fmt: skip
        dataset.write(np.ones((1, 2, 2), dtype="uint8"))
    said = run("change", *days, *COMMON, "--population", "far_count.tif", code=2)
    assert "far_count.tif has no value anywhere in the districts" in said
    pd.DataFrame({"town": ["x"], "lon": [46.5], "lat": [40.0]}).to_csv(folder / "towns.csv", index=False)
    assert "towns.csv has no column 'name'" in run("change", *days, *COMMON, code=2)
    assert not (folder / "out").exists()
