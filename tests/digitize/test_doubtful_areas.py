"""What must be told of traced areas: keys that were left out, and ground that was hardly seen."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from frontlines.digitize import AreaRecipe, Recipe, trace_areas
from frontlines.digitize.doubtful_areas import doubtful_areas

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


def test_areas_of_which_much_was_not_seen_are_told_by_their_side_and_share():
    shape = shapely.box(0, 0, 50, 50)
    areas = gpd.GeoDataFrame(
        {"unsure_share": [0.1, 0.445], "keys": [shapely.Polygon(), shapely.Polygon()]}, geometry=[shape] * 2
    )
    (told,) = doubtful_areas(ASKED, areas)
    assert told.name == "unsure"
    assert told.text.startswith("area of South: 44% of it was not seen")


def test_without_areas_there_is_no_doubt():
    assert doubtful_areas(Recipe(image=Path("map.png")), None) == []
