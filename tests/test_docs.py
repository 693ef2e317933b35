"""The pages of the docs: their links, the glossary of columns, the pages that are made from the program."""

import importlib
import re
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

import frontlines as fl
from frontlines.two_sources.tables import COLUMNS as OF_TWO_SOURCES

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs/howto").glob("*.md")),
]
GLOSSARY = set(re.findall(r"`([a-z0-9_]+)`", (ROOT / "docs/columns.md").read_text("utf-8")))


def _links(page):
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    return sorted(set(re.findall(r"\]\(([^)\s]+)\)", text)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_to_files_and_headings(page):
    for link in _links(page):
        if link.startswith("http") or "made/" in link:
            continue  # a site makes those
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        heads = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.MULTILINE) if anchor else []
        slugs = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
        assert not anchor or anchor in slugs, link


def _series():
    days = ["2024-01-01", "2024-01-02"]
    ground = [box(30, 48, 30.4 + 0.1 * k, 49) for k in range(2)]
    control = gpd.GeoDataFrame(
        {"date": days, "side": "A", "source": "made up"}, geometry=ground, crs="EPSG:4326"
    )
    districts = gpd.GeoDataFrame({"district": ["D"]}, geometry=[box(30, 48, 31, 49)], crs="EPSG:4326")
    places = gpd.GeoDataFrame(
        {"name": ["P"], "population": [90]}, geometry=gpd.points_from_xy([30.45], [48.5]), crs="EPSG:4326"
    )
    return fl.follow(control, districts, side="A", settlements=places, sigma_m=500)


def test_the_glossary_has_every_column(karabakh_program):
    _, folder = karabakh_program
    tables = [pd.read_csv(file, nrows=0) for file in folder.glob("*.csv")]
    assert len(tables) > 3
    series = _series()
    moved = fl.run_movement(fl.load_study("karabakh-1994"), spacing_m=20_000)
    tables += [
        series.series,
        series.totals,
        series.overall,
        series.population,
        moved.estimators,
        moved.displaced,
    ]
    found = {str(column) for table in tables for column in table} | set(OF_TWO_SOURCES)
    # Lower and upper ends are named once, for net.
    plain = {
        re.sub(r"^(before|after|gained|lost|cumulative)_(low|high|lowest|highest)_", r"net_\2_", name)
        for name in found
    }
    assert plain - {"geometry"} - GLOSSARY == set()


def test_pages_are_made_of_every_option_and_public_name(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "docs/_ext"), *sys.path])
    made = importlib.import_module("from_the_program")
    options, names = made.commands_page(), made.names_page()
    assert {"## frontlines run"} <= set(options.splitlines())
    public = {
        f"{module}.{name}" for module in made.MODULES for name in importlib.import_module(module).__all__
    }
    assert set(re.findall(r"^   (frontlines\.\S+)$", names, re.MULTILINE)) == public
