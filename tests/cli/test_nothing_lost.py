"""What commands write replaces nothing that is read or another's, and is the same for every user."""

import resource
import shutil

import geopandas as gpd
import matplotlib as mpl
import pandas as pd
import pytest
from shapely import Point, box
from typer.testing import CliRunner

from frontlines import compare, datasets
from frontlines.cli.main import app
from frontlines.datasets import synthetic_war
from frontlines.errors import SourceError
from frontlines.sources.files import write

RUNNER = CliRunner()


def call(*words):
    return RUNNER.invoke(app, list(map(str, words)))


@pytest.mark.parametrize("command", ["run", "displacement"])
def test_a_study_in_the_folder_of_its_results_keeps_its_layers(tmp_path, command):
    folder = tmp_path / "work"
    shutil.copytree(datasets.locate("karabakh-1994").parent, folder)
    (folder / "manifest.json").write_text('{"versions": {"frontlines": "0"}}', encoding="utf-8")
    shutil.copy(folder / "frontlines.geojson", folder / "transects.gpkg")
    study = folder / "study.toml"
    if command == "run":  # a layer may be a list of files
        named = 'frontlines = "frontlines.geojson"'
        text = study.read_text(encoding="utf-8").replace(named, 'frontlines = ["frontlines.geojson"]')
        study.write_text(text, encoding="utf-8")
    if command == "displacement":  # it writes no frontlines.geojson
        study.write_text(
            study.read_text(encoding="utf-8").replace("frontlines.geojson", "transects.gpkg"),
            encoding="utf-8",
        )
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    result = call(command, study, "--out", folder, "--force")
    assert result.exit_code == 2
    assert "which the run is to read: pass another --out" in result.stderr
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before


def test_problems_replace_no_file_without_force(tmp_path):
    frame = gpd.GeoDataFrame({"district": ["D"]}, geometry=[box(46, 39, 47, 40)], crs="EPSG:4326")
    for name in ("d.gpkg", "other.gpkg"):
        write(frame, tmp_path / name)
    (tmp_path / "link.gpkg").symlink_to(tmp_path / "d.gpkg")
    other, words = (tmp_path / "other.gpkg").read_bytes(), ("check", tmp_path / "d.gpkg", "--write-problems")
    assert "pass another name, or --force" in call(*words, tmp_path / "other.gpkg").stderr
    assert (tmp_path / "other.gpkg").read_bytes() == other
    for name in ("d.gpkg", "link.gpkg"):
        assert "which is read: pass another name" in call(*words, tmp_path / name, "--force").stderr
    assert call(*words, tmp_path / "other.gpkg", "--force").exit_code == 0
    assert gpd.read_file(tmp_path / "other.gpkg").empty


@pytest.mark.parametrize("ending", ["kml", "kmz", "geojson", "gpkg", "shp", "csv", "parquet"])
def test_a_file_that_does_not_fit_leaves_the_old_one_whole(tmp_path, ending):
    names = [f"{number:050d}" for number in range(400)]
    frame = gpd.GeoDataFrame(
        {"name": names}, geometry=[Point(i / 10, 1) for i in range(400)], crs="EPSG:4326"
    )
    path = tmp_path / f"a.{ending}"
    write(frame, path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, hard))
    try:
        with pytest.raises(SourceError, match="cannot be written"):
            write(frame, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_text_in_a_csv_stays_in_its_row_and_is_no_formula(tmp_path):
    names = ["=1+1", " @SUM(A1)", "+7", "-x", "a\rb\nc", "plain - name"]
    write(pd.DataFrame({"name": names, "km2": [-1.5] * len(names)}), tmp_path / "a.csv")
    lines = (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()
    held = ["'=1+1", "' @SUM(A1)", "'+7", "'-x", "a b c", "plain - name"]
    assert lines == ["name,km2", *(f"{name},-1.5" for name in held)]


def test_pictures_do_not_go_by_a_users_settings(tmp_path):
    war = synthetic_war(60, n_vertices=100, n_sides=3)
    days = war.control["date"]
    before, after = (war.control[days == day] for day in (days.min(), days.max()))
    found = compare(before, after, war.districts, side="Alder", margin_m=0)
    found.save(tmp_path / "usual")
    wished = {"savefig.bbox": "tight", "font.weight": "bold", "path.sketch": (1, 100, 2)}
    with mpl.rc_context(wished):
        found.save(tmp_path / "out")
        assert mpl.rcParams["font.weight"] == "bold"
    assert (tmp_path / "out" / "map.png").read_bytes() == (tmp_path / "usual" / "map.png").read_bytes()
