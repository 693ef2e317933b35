"""``frontlines run``: a study, by its name or its file."""

import json
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box
from typer.testing import CliRunner

from frontlines.cli.main import app
from frontlines.datasets import locate
from frontlines.sources.files import read_layer, write
from frontlines.study import outputs

FILES = outputs.FILES["change"]

RUNNER = CliRunner()
ROOT = Path(__file__).parent.parent.parent


def call(*words):
    return RUNNER.invoke(app, ["run", *(str(word) for word in words)])


def test_all_files_are_there_and_nothing_else(karabakh_program):
    done, out = karabakh_program
    assert done.returncode == 0, done.stderr
    assert {file.name for file in out.iterdir()} == {*FILES, "settlements.csv"}
    assert all(file.stat().st_size for file in out.iterdir())


def test_what_is_read_by_people_and_what_is_read_by_programs_are_kept_apart(karabakh_program):
    done, out = karabakh_program
    assert done.stdout.startswith("Ground of ARM")
    assert "Tərtər" in done.stdout
    assert "all districts" in done.stdout
    assert "closure error" in done.stdout
    assert "slivers" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stderr == f"written to {out}: {', '.join((*FILES, 'settlements.csv'))}\n"


def test_the_files_hold_what_the_library_finds(karabakh_program, karabakh_results):
    (_, out), results = karabakh_program, karabakh_results
    written = pd.read_csv(out / "balance.csv")
    assert written["district"].tolist() == results.balance["district"].tolist()
    assert written["net_km2"].tolist() == pytest.approx(results.balance["net_km2"].tolist(), abs=5e-7)
    assert (out / "balance.csv").read_text(encoding="utf-8").splitlines()[1].count(
        "1994-04-07,1994-05-12"
    ) == 1
    assert len(pd.read_csv(out / "transitions.csv")) == len(results.transitions)
    change = read_layer(out / "change.gpkg", layer="change")
    assert change["area_km2"].sum() == pytest.approx(results.change["area_km2"].sum())
    assert change["area_km2"].sum() > 20_000
    assert change.crs == results.study.crs
    lines = read_layer(out / "frontlines.geojson")
    assert lines.crs.equals("EPSG:4326")
    assert len(lines) == len(results.frontlines)
    west, south, east, north = lines.total_bounds
    assert 45 < west < east < 49
    assert 38 < south < north < 41


def test_the_manifest_is_text_that_others_can_read(karabakh_program):
    _, out = karabakh_program
    text = (out / "manifest.json").read_text(encoding="utf-8")
    assert text.endswith("}\n")
    manifest = json.loads(text)
    assert manifest["name"] == "karabakh-1994"
    assert str(ROOT) not in text
    roles = {entry["role"] for entry in manifest["inputs"]}
    assert roles == {"study", "frontlines", "theatre", "districts", "settlements", "context"}


def test_the_map_carries_its_caption(karabakh_program):
    _, out = karabakh_program
    svg = (out / "map.svg").read_bytes()
    assert svg.startswith(b"<?xml")
    assert len(svg) < 1_000_000
    assert "Net change +281.7 km²" in svg.decode().partition("<desc")[2].partition("</desc>")[0]
    png = (out / "map.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20], "big") >= 180 / 25.4 * 300 * 0.95  # 180 mm wide at 300 dots per inch


@pytest.mark.print_size
def test_a_study_file_gives_the_same_as_its_name(karabakh_program, tmp_path):
    _, out = karabakh_program
    result = call(locate("karabakh-1994"), "--out", tmp_path)
    assert result.exit_code == 0, result.output
    for name in ("balance.csv", "transitions.csv", "manifest.json", "map.svg", "map.png"):
        assert (tmp_path / name).read_bytes() == (out / name).read_bytes(), name


def test_paths_in_a_study_file_are_relative_to_it(tmp_path, monkeypatch):
    folder = locate("karabakh-1994").parent
    monkeypatch.chdir(tmp_path)
    text = (folder / "study.toml").read_text(encoding="utf-8")
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    result = call("study.toml", "--out", "out")
    assert result.exit_code == 2
    assert "districts.geojson is not a file: check the path" in result.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nonesuch", "there is no bundled study 'nonesuch': the names are karabakh-1994"),
        ("nonesuch.toml", "nonesuch.toml"),
        ("", "there is no bundled study ''"),
        ("../karabakh-1994", "there is no bundled study '../karabakh-1994'"),
        ("[bold]", "there is no bundled study '[bold]'"),
    ],
)
def test_a_study_that_is_not_there_is_answered_in_one_line(tmp_path, name, said):
    result = call(name, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[study", "cannot be read as a study"),
        ("x = 1", "x.toml is not a study"),
        ("\x00", "cannot be read as a study"),
    ],
)
def test_a_file_that_is_no_study_is_answered_in_one_line(tmp_path, content, said):
    (tmp_path / "x.toml").write_text(content, encoding="utf-8")
    result = call(tmp_path / "x.toml", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_program_runs_where_letters_cannot_be_shown(tmp_path):
    twice = gpd.GeoDataFrame(
        {"district": ["Ağdərə"] * 2}, geometry=[box(46, 39, 47, 40), box(47, 39, 48, 40)], crs="EPSG:4326"
    )
    write(twice, tmp_path / "twice.gpkg")
    done = subprocess.run(
        [sys.executable, "-c", "from frontlines.cli.main import main; main()", "check", "twice.gpkg"],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii", "PATH": "", "HOME": str(tmp_path)},
    )
    assert done.returncode == 2, done.stderr
    assert "A?d?r?" in done.stdout.decode("ascii")
    assert done.stderr == b""
