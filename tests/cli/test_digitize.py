"""The command digitize."""

import json
import sys
import tomllib

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from PIL import Image
from typer.testing import CliRunner

from frontlines.cli.digitizing import FILES, starter
from frontlines.cli.main import app
from frontlines.datasets import render_scan

RUN = CliRunner()
RECIPE = """
image = "scan.png"
points = "points.csv"
crs = "EPSG:32638"
[[line]]
colour = "blue"
date = 1994-05-12
sides = {N = {col = 200, row = 10}, S = {col = 200, row = 140}}
"""


@pytest.fixture
def folder(tmp_path):
    x = np.linspace(20, 380, 90)
    line = shapely.LineString(np.column_stack([x, 70 + 25 * np.sin(x / 30)]))
    drawn = gpd.GeoDataFrame({"colour": ["#1f4fb4"], "width_px": [4.0]}, geometry=[line])
    Image.fromarray(render_scan(drawn, size_px=(400, 150)).pixels).save(tmp_path / "scan.png")
    pixels = np.array([[c, r] for r in (5, 75, 145) for c in (5, 130, 260, 395)], dtype=float)
    ground = gpd.GeoSeries.from_xy(
        600000 + 100 * pixels[:, 0], 4400000 - 100 * pixels[:, 1], crs=32638
    ).to_crs(4326)
    points = pd.DataFrame(
        {"id": range(len(pixels)), "col": pixels[:, 0], "row": pixels[:, 1], "lon": ground.x, "lat": ground.y}
    )
    points.to_csv(tmp_path / "points.csv", index=False)
    (tmp_path / "digitize.toml").write_text(RECIPE)
    return tmp_path


def run(*words):
    return RUN.invoke(app, ["digitize", *map(str, words)])


def test_a_recipe_gives_its_files_and_says_what_it_found(folder):
    out = folder / "out"
    done = run(folder / "digitize.toml", "--out", out)
    assert done.exit_code == 0, done.output
    assert {path.name for path in out.iterdir()} == set(FILES) - {"control.gpkg"}
    lines = gpd.read_file(out / "frontlines.geojson")
    assert {"date", "side_left", "side_right", "source", "sigma_m"} <= set(lines)
    assert len(pd.read_csv(out / "residuals.csv")) == 12
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["georeference"]["points"] == 12
    assert "helmert on WGS 84 / UTM zone 38N" in done.output
    assert "12 May 1994" in done.output
    again = run(folder / "digitize.toml", "--out", out)
    assert again.exit_code == 2
    assert "pass --force" in again.output
    before = (out / "frontlines.geojson").read_bytes()
    assert run(folder / "digitize.toml", "--out", out, "--force").exit_code == 0
    assert (out / "frontlines.geojson").read_bytes() == before


def test_a_world_file_leaves_no_residuals_and_old_ones_go(folder):
    out = folder / "out"
    out.mkdir()
    (out / "residuals.csv").write_text("of another run")
    (out / "manifest.json").write_text('{"versions": {"frontlines": "0.1"}}')
    (folder / "there.wld").write_text("100 0 0 -100 600000 4400000")
    (folder / "digitize.toml").write_text(RECIPE.replace('points = "points.csv"', 'world_file = "there.wld"'))
    done = run(folder / "digitize.toml", "--out", out, "--force")
    assert done.exit_code == 0, done.output
    assert {path.name for path in out.iterdir()} == {"frontlines.geojson", "overlay.png", "manifest.json"}
    assert "no error known" in done.output


def test_neither_the_scan_nor_files_of_others_are_replaced(folder):
    (folder / "scan.png").rename(folder / "overlay.png")
    (folder / "digitize.toml").write_text(RECIPE.replace("scan.png", "overlay.png"))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    done = run(folder / "digitize.toml", "--out", folder, "--force")
    assert done.exit_code == 2
    assert "holds overlay.png, which the run is to read: pass another --out" in done.output
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    (folder / "theirs").mkdir()
    (folder / "theirs" / "control.gpkg").write_text("of somebody")
    done = run(folder / "digitize.toml", "--out", folder / "theirs", "--force")
    assert done.exit_code == 2
    assert "holds control.gpkg, but no manifest.json" in done.output
    assert (folder / "theirs" / "control.gpkg").read_text() == "of somebody"


def test_errors_take_one_line_and_exit_code_2(folder):
    for words in (
        (),
        (folder / "none.toml",),
        (folder / "digitize.toml", "--suggest-colours", folder / "scan.png"),
    ):
        done = run(*words)
        assert done.exit_code == 2
        assert len(done.output.strip().splitlines()) == 1
    (folder / "digitize.toml").write_text(RECIPE.replace("colour", "color"))
    assert (
        "color is not known (did you mean colour?)"
        in run(folder / "digitize.toml", "--out", folder / "out").output
    )
    assert not (folder / "out").exists()


def test_a_colour_that_the_scan_lacks_stops_the_run_and_shows_those_that_it_has(folder):
    (folder / "digitize.toml").write_text(RECIPE.replace('"blue"', '"green"'))
    done = run(folder / "digitize.toml", "--out", folder / "out")
    assert done.exit_code == 2
    (said,) = (line for line in done.stderr.splitlines() if line.startswith("error"))
    assert "line '1994-05-12': no ink of the scan is like 'green'" in said
    listed = done.stderr[: done.stderr.index(said)]
    assert [word in listed for word in ("lines", "fills", "white", "% │")] == [True] * 4
    assert [path.name for path in (folder / "out").iterdir()] == ["inks.png"]
    with Image.open(folder / "out" / "inks.png") as swatches:
        assert pytest.approx(swatches.convert("RGB").getpixel((60, 24))[:2], abs=25) == (0x1F, 0x4F)
    (folder / "digitize.toml").write_text(RECIPE)
    assert run(folder / "digitize.toml", "--out", folder / "out").exit_code == 0
    assert not (folder / "out" / "inks.png").exists()


def test_an_image_of_somebody_is_not_replaced_by_that_of_the_colours(folder):
    (folder / "digitize.toml").write_text(RECIPE.replace('"blue"', '"green"'))
    before = (folder / "scan.png").read_bytes()
    (folder / "inks.png").write_bytes(before)
    done = run(folder / "digitize.toml", "--out", folder)
    assert done.exit_code == 2
    assert "inks.png" not in done.output
    assert (folder / "inks.png").read_bytes() == before


def test_colours_are_listed_with_a_recipe_to_start_from(folder):
    done = run("--suggest-colours", folder / "scan.png")
    assert done.exit_code == 0, done.output
    assert "blue" in done.output
    assert 'image = "scan.png"' in done.output
    assert "[[line]]" in done.output
    recipe = tomllib.loads(done.stdout)  # piped, the recipe goes on alone
    assert recipe["line"][0]["colour"] in done.stderr
    (folder / "started.toml").write_text(done.stdout, encoding="utf-8")
    unfinished = run(folder / "started.toml", "--out", folder / "out")
    assert unfinished.exit_code == 2
    assert "date must be a day up to today, such as 1994-05-12" in unfinished.output
    assert "not 'YYYY-MM-DD'" in unfinished.output


def test_a_photograph_that_was_turned_is_told_before_its_colours(tmp_path):
    upright = Image.new("RGB", (60, 90), "white")
    upright.paste((204, 34, 34), (10, 40, 50, 44))
    exif = Image.Exif()
    exif[0x0112] = 6
    upright.save(tmp_path / "photo.jpg", exif=exif)
    done = run("--suggest-colours", tmp_path / "photo.jpg")
    assert done.exit_code == 0, done.output
    assert "EXIF orientation is 6" in done.stderr


def test_fills_are_in_the_starter_as_comments():
    line = pd.DataFrame({"colour": ["#1f4fb4"], "name": ["royalblue"]})
    fills = pd.DataFrame({"colour": ["#ffffff", "#efc0b8"], "name": ["white", "pink"]})
    text = "\n".join(starter("map.png", line, fills))
    assert list(tomllib.loads(text)) == ["image", "points", "sides", "line"]
    areas = tomllib.loads(
        "\n".join(
            row[2:]
            for row in text.splitlines()
            if row.startswith("# ") and "digitize" not in row and "crs" not in row
        )
    )
    assert [area["colour"] for area in areas["area"]] == ["#ffffff", "#efc0b8"]


def test_the_starter_quotes_what_a_name_may_hold():
    lines = list(starter('a"b\\c\x1b.png', *[pd.DataFrame({"colour": [], "name": []})] * 2))
    assert lines[1] == 'image = "a\\"b\\\\c .png"'


def test_help_has_an_example():
    done = run("--help")
    assert "frontlines digitize --suggest-colours scan.jpg" in " ".join(done.output.split())


def test_a_folder_that_cannot_be_written_is_told_in_a_line(folder):
    (folder / "a_file").write_text("in the way")
    done = run(folder / "digitize.toml", "--out", folder / "a_file" / "out")
    assert done.exit_code == 2
    (said,) = (line for line in done.output.splitlines() if line.startswith("error"))
    assert "cannot be written: " in said
    assert "Not a directory" in said


@pytest.mark.parametrize("package", ["skimage", "scipy", "rasterio"])
def test_without_its_packages_the_extra_to_install_is_named(folder, monkeypatch, package):
    for name in [
        name
        for name in sys.modules
        if name.startswith((package, "frontlines.digitize", "frontlines.cli.digitizing"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    done = run(folder / "digitize.toml", "--out", folder / "out")
    assert done.exit_code == 2
    assert f"error: this needs the package '{package}" in done.output
    assert "pip install 'frontlines[digitize]'" in done.output
    assert not (folder / "out").exists()
