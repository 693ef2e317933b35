"""Runs that have a page, made once, and a browser without a network."""

import time
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import pandas as pd
import pytest
from matplotlib.figure import Figure
from shapely import Point, box
from typer.testing import CliRunner

from frontlines.cli.main import app
from frontlines.sources.files import write

LONLAT = "EPSG:4326"
PICTURES = (
    "change_figure",
    "series_figure",
    "agreement_figure",
    "agreement_chart",
    "transition_matrix_figure",
)
NASTY = "</script><script>alert(1)</script>"
DAYS = pd.date_range("2021-06-01", periods=6)
FRONTS = (46.4, 46.6, 46.9, 46.8, 47.1, 47.4)


def ground(day, front, *, third=False):
    """A holds the west up to the front, and beyond the districts, B the east; some is contested, or C's."""
    shapes = [box(45.9, 39, front, 41), box(front, 39, 48, 40.5), box(front, 40.5, 48, 41)]
    sides = ["A", "B", "C" if third else "contested"]
    if third:  # ground in no district that nobody is known to hold
        shapes, sides = [*shapes, box(48, 39, 48.1, 41)], [*sides, "unknown"]
    return gpd.GeoDataFrame(
        {"date": [f"{day:%Y-%m-%d}"] * len(sides), "side": sides, "source": "a map & <b>"},
        geometry=shapes,
        crs=LONLAT,
    )


def command(*words):
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture
def without_pictures(monkeypatch):
    """Draw no maps and charts for print: they take most of the time of a run, and pages do not rest on them."""
    leave_out_pictures(monkeypatch)


def leave_out_pictures(patch):
    for name in PICTURES:
        patch.setattr(f"frontlines.plot.{name}", lambda *_, **__: Figure((1, 1)))


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """Folders with a page: two days of lines with errors, a series of one side and of three, two sources."""
    at = tmp_path_factory.mktemp("runs")
    districts = gpd.GeoDataFrame(
        {"key": ["=W", "E", NASTY], "name": ["West", "East", NASTY]},
        geometry=[box(46, 39, 46.7, 41), box(46.7, 39, 47.3, 41), box(47.3, 39, 48, 41)], crs=LONLAT,
    )  # fmt: skip
    write(districts, at / "d.gpkg")
    towns = gpd.GeoDataFrame(
        {"name": ["Ashford", NASTY]}, geometry=[Point(46.5, 40), Point(47.2, 40)], crs=LONLAT
    )
    write(towns, at / "towns.gpkg")
    for name, third in (("one", False), ("three", True)):
        days = [ground(day, front, third=third) for day, front in zip(DAYS, FRONTS, strict=True)]
        write(pd.concat(days, ignore_index=True), at / f"{name}.gpkg")
    other = [ground(day, front + 0.05) for day, front in zip(DAYS[-2:], FRONTS[-2:], strict=True)]
    write(pd.concat(other, ignore_index=True), at / "other.gpkg")
    for day, front in ((DAYS[0], FRONTS[0]), (DAYS[-1], FRONTS[-1])):
        write(ground(day, front), at / f"{day:%Y-%m-%d}.gpkg")
    shared = ("--districts", at / "d.gpkg", "--key", "key", "--label", "name", "--report", "--margin-m", 0)
    settled = ("--settlements", at / "towns.gpkg", "--side-name", "A=Side A")
    with pytest.MonkeyPatch.context() as patch:
        leave_out_pictures(patch)
        command("change", at / "2021-06-01.gpkg", at / "2021-06-06.gpkg", *shared, *settled, "--side", "A",
                "--sigma-m", 2000, "--out", at / "change")  # fmt: skip
        command("series", at / "one.gpkg", *shared, *settled, "--side", "A", "--out", at / "series")
        command("series", at / "three.gpkg", *shared, "--no-context", "--out", at / "sides")
        small = gpd.GeoDataFrame(  # a village: 10 m by 4 m change hands
            {"date": ["2021-06-01"] * 2 + ["2021-06-06"] * 2, "side": ["A", "B"] * 2, "source": "a plan"},
            geometry=[box(0, 0, 50, 4), box(50, 0, 100, 4), box(0, 0, 60, 4), box(60, 0, 100, 4)], crs=3035,
        )  # fmt: skip
        write(small, at / "small.gpkg")
        write(gpd.GeoDataFrame({"key": ["V"]}, geometry=[box(0, 0, 100, 4)], crs=3035), at / "v.gpkg")
        command("series", at / "small.gpkg", "--districts", at / "v.gpkg", "--key", "key", "--side", "A",
                "--side-colour", "A=#FFFFFF", "--report", "--margin-m", 0, "--out", at / "small")  # fmt: skip
        command("compare", at / "one.gpkg", at / "other.gpkg", *shared, "--side", "A", "--source", "First",
                "--source", NASTY, "--out", at / "compare")  # fmt: skip
    return at


@pytest.fixture
def page(browser, runs):
    """Open the page of a run, and give what a test asks of it."""

    def opened(name: str) -> SimpleNamespace:
        browser.get_log("browser")
        browser.get_log("performance")
        browser.get((runs / name / "report.html").as_uri())
        while browser.execute_script("return document.documentElement.dataset.drawn") is None:
            time.sleep(0.05)

        def text(selector):
            return browser.execute_script("return document.querySelector(arguments[0]).textContent", selector)

        def do(script, *given):
            return browser.execute_script(script, *given)

        return SimpleNamespace(browser=browser, text=text, do=do, folder=Path(runs / name))

    return opened
