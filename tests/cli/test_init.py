"""A study file to start from: what files say is filled in, the rest is a gap that no run passes."""

import tomllib

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, Point, box
from typer.testing import CliRunner

from frontlines.cli.main import app
from frontlines.sources.files import write

LONLAT = "EPSG:4326"
SHAPES = [box(46, 39, 46.5, 41), box(46.5, 39, 48, 41)]


@pytest.fixture(scope="module")
def layers(tmp_path_factory):
    """Districts with a code and a name, towns, and one war in many ways of writing it down."""
    at = tmp_path_factory.mktemp("layers")
    held = {"code": ["1", "2"], "NAME": ["West", "East"], "kind": ["x", "x"]}
    write(gpd.GeoDataFrame(held, geometry=SHAPES, crs=LONLAT), at / "raions.gpkg")
    write(gpd.GeoDataFrame(held, geometry=SHAPES, crs=LONLAT).drop(columns="NAME"), at / "codes.gpkg")
    towns = {"name": ["Ashford"], "side": ["A"], "date": ["2021-06-01"]}
    write(gpd.GeoDataFrame(towns, geometry=[Point(46.6, 40)], crs=LONLAT), at / "towns.gpkg")
    days = ["2021-06-01", "2021-06-02", "2021-06-03"]
    sided = [
        gpd.GeoDataFrame({"date": [day] * 2, "side": ["A", "B"]}, geometry=SHAPES, crs=LONLAT) for day in days
    ]
    write(pd.concat(sided[:2]), at / "two.gpkg")
    write(pd.concat(sided), at / "three.gpkg")
    for day in days[:2]:
        write(gpd.GeoDataFrame({"id": [1]}, geometry=SHAPES[:1], crs=LONLAT), at / "bare" / f"{day}.gpkg")
    owned = {"reported": days[:2] * 2, "owner": ["A", "A", "B", "B"]}
    shapes = [SHAPES[0]] * 2 + [SHAPES[1]] * 2
    write(gpd.GeoDataFrame(owned, geometry=shapes, crs=LONLAT), at / "owned_2021-06-01.gpkg")
    line = LineString([(46.5, 38), (46.5, 42)])
    write(gpd.GeoDataFrame({"date": days[:2]}, geometry=[line] * 2, crs=LONLAT), at / "lines.gpkg")
    return at


def call(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def drafted(layers, tmp_path, *names):
    """Give the entries of a draft, and the gaps that the command lists."""
    done = call("init", tmp_path, *(layers / name for name in names))
    assert done.exit_code == 0, done.output
    text = (tmp_path / "study.toml").read_text(encoding="utf-8")
    assert text.count("# GAP: ") == len(done.stdout.splitlines())
    todo = "Fill what is marked GAP, then" if done.stdout else "Nothing is left open"
    assert f"# {todo}: frontlines run study.toml --out out\n" in text
    return tomllib.loads(text), done.stdout.splitlines()


def test_a_draft_of_layers_that_say_all_is_run_as_it_is(layers, tmp_path):
    found, gaps = drafted(layers, tmp_path, "two.gpkg", "raions.gpkg", "towns.gpkg")
    assert gaps == []
    assert [f"{day}" for day in found["study"]["dates"]] == ["2021-06-01", "2021-06-02"]
    assert found["layers"]["key"] == "NAME"
    assert {"control", "districts", "settlements"} <= set(found["layers"])
    done = call("run", tmp_path, "--out", tmp_path / "out", "--no-map", "--quiet")
    assert (done.exit_code, done.output) == (0, "")
    assert not (tmp_path / "out" / "map.png").exists()
    again = call("init", tmp_path, layers / "two.gpkg")
    assert again.exit_code == 2
    assert "study.toml is there already: pass --force" in again.stderr


@pytest.mark.parametrize(
    ("names", "gaps", "held"),
    [
        ((), ["[study] dates", "[layers] control", "[layers] districts"], {}),
        (("three.gpkg", "raions.gpkg"), [("[study] dates: two days, the earlier first, of those in the files: "
         "2021-06-01, 2021-06-02, 2021-06-03")], {}),
        (("bare", "codes.gpkg"), ["[study] side: whose ground the polygons are: the files do not say it"],
         {"key": "code"}),
        (("owned_2021-06-01.gpkg", "raions.gpkg"), ["[study] dates", ("[layers] side_column: which column says whose "
         "ground it is: 'owner' holds A (2)")], {}),
        (("lines.gpkg", "raions.gpkg"), ["[layers] side_left: who is to the left", "[layers] side_right"], {}),
    ],
)  # fmt: skip
def test_what_files_do_not_say_is_a_gap_with_its_choices(layers, tmp_path, names, gaps, held):
    found, told = drafted(layers, tmp_path, *names)
    assert [line[: len(gap)] for line, gap in zip(told, gaps, strict=True)] == gaps
    assert held.items() <= found["layers"].items()
    done = call("run", tmp_path, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_lines_and_ground_are_not_mixed(layers, tmp_path):
    done = call("init", tmp_path / "new", layers / "lines.gpkg", layers / "two.gpkg")
    assert done.exit_code == 2
    assert "lines are in lines.gpkg, ground is in two.gpkg" in done.stderr
    assert not (tmp_path / "new").exists()
