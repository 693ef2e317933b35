"""Who held each settlement on two dates."""

import geopandas as gpd
import pandas as pd
from shapely import Point, box

from frontlines.change.settlements import COLUMNS, settlements_by_side

CRS = "EPSG:3035"


def test_the_ground_says_who_held_a_place_before_and_after():
    change = gpd.GeoDataFrame(
        {
            "side_from": ["A", "B", "B"],
            "side_to": ["A", "A", "B"],
            "date_from": pd.Timestamp("1994-04-07"),
            "date_to": pd.Timestamp("1994-05-12"),
        },
        geometry=[box(0, 0, 1, 2), box(1, 0, 2, 2), box(2, 0, 4, 2)],
        crs=CRS,
    )
    districts = gpd.GeoDataFrame(
        {"district": ["W", "E"]}, geometry=[box(0, 0, 2, 2), box(2, 0, 4, 2)], crs=CRS
    )
    places = gpd.GeoDataFrame(
        {"name": ["Taken", "Kept", "Taken", "Lost at sea", "On the line"]},
        geometry=[Point(1.5, 1), Point(0.5, 1), Point(1.5, 1), Point(9, 9), Point(2, 1)],
        crs=CRS,
    )
    table = settlements_by_side(change, places, districts).set_index("name")
    assert list(table.reset_index().columns) == COLUMNS
    assert table.index.tolist() == ["Kept", "Lost at sea", "On the line", "Taken"]
    assert table.loc["Taken", ["district", "side_from", "side_to"]].tolist() == ["W", "B", "A"]
    assert table.loc["Kept", ["side_from", "side_to"]].tolist() == ["A", "A"]
    assert table.loc["On the line", "district"] in {"W", "E"}
    assert table.loc["Lost at sea", ["district", "side_from"]].isna().all()
