"""What must be told of traced areas: keys that were left out, and ground that was hardly seen."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from frontlines.digitize import AreaRecipe, Recipe, trace_areas
from frontlines.digitize.areas.checks import doubtful_areas

DAY = pd.Timestamp("2022-03-01")
ASKED = Recipe(
    image=Path("map.png"),
    areas=(
        AreaRecipe(colour="#f0c8be", side="North", date=DAY),
        AreaRecipe(colour="#becdf0", side="South", date=DAY),
    ),
)


def test_a_key_of_the_legend_is_left_out_and_told():
    pixels = np.full((400, 600, 3), 255, np.uint8)
    pixels[40:240, 40:400], pixels[240:380, 40:400] = (240, 200, 190), (190, 205, 240)
    pixels[60:80, 500:540] = (240, 200, 190)
    areas = trace_areas(pixels, {"North": "#f0c8be", "South": "#becdf0"})
    assert areas.area.tolist() == pytest.approx([360 * 200, 360 * 140], rel=0.005)
    assert areas["keys"].area.tolist() == pytest.approx([40 * 20, 0], rel=0.1)
    (told,) = doubtful_areas(ASKED, areas)
    assert told.name == "key"
    assert "area of North: a rectangle of 40 × 20 px around column 520, row 70" in told.text
    assert told.pixel == pytest.approx((519.5, 69.5), abs=1)


def _areas(**columns):
    none, shape = shapely.Polygon(), shapely.box(0, 0, 50, 50)
    clean = {
        "unsure_share": [0.1] * 2, "unsure_at": [shapely.Point(20, 30)] * 2, "unseen_edge": [0.0] * 2,
        "unseen_edge_at": [shapely.Point(50, 10)] * 2, "margin_share": [0.2] * 2, "keys": [none] * 2, "shades": [none] * 2,
    }  # fmt: skip
    return gpd.GeoDataFrame(clean | columns, geometry=[shape] * 2)


def test_areas_of_which_much_was_not_seen_are_told_by_their_side_share_and_place():
    (told,) = doubtful_areas(ASKED, _areas(unsure_share=[0.1, 0.445]))
    assert told.name == "unsure"
    assert told.text.startswith("area of South: 44% of it was not seen")
    assert "most of it around column 20, row 30" in told.text
    assert told.pixel == (20, 30)


def test_edges_that_were_not_seen_are_told():
    (told,) = doubtful_areas(ASKED, _areas(unseen_edge=[0.31, 0.0]))
    assert told.name == "edge"
    assert told.text.startswith("area of North: 31% of its edge has no fill seen")
    assert told.pixel == (50, 10)


def test_an_area_that_may_be_the_paper_is_told():
    pixels = np.full((400, 600, 3), (244, 238, 222), np.uint8)
    pixels[40:200, 40:560], pixels[200:360, 40:560] = (242, 236, 220), (190, 205, 240)
    areas = trace_areas(pixels, {"North": "#f0e9d8", "South": "#becdf0"})
    assert areas["margin_share"].tolist() == [1, 0]
    (told,) = doubtful_areas(ASKED, areas)
    assert told.name == "paper"
    assert told.text.startswith("area of North: 100% of the scan's margin is taken for it")


def test_a_small_piece_of_another_shade_is_left_out_and_told():
    pixels = np.full((400, 600, 3), (200, 215, 235), np.uint8)
    pixels[40:380, 40:400] = (240, 225, 190)
    pixels[100:115, 440:500] = (232, 224, 208)  # another beige, too little to be a fill
    areas = trace_areas(pixels, {"North": "#f0e1be"})
    assert areas.area[0] == pytest.approx(340 * 360, rel=0.005)
    (told,) = doubtful_areas(ASKED, areas)
    assert told.name == "shade"
    assert "of North: a piece of" in told.text
    assert told.pixel == pytest.approx((469.5, 107), abs=2)


def test_without_areas_there_is_no_doubt():
    assert doubtful_areas(Recipe(image=Path("map.png")), None) == []
