"""Who held each settlement on two dates."""

import geopandas as gpd
import pandas as pd
from shapely import LineString, Point, box

from frontlines.change.settlements import COLUMNS, population_by_district, settlements_by_side

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
    assert table.loc[["Kept", "Lost at sea", "Taken"], "changed"].tolist() == [False, False, True]


def test_people_of_places_are_counted_by_district_and_places_near_a_line_are_unsure():
    change = gpd.GeoDataFrame(
        {"side_from": ["A", "B", "A"], "side_to": ["A", "A", "B"],
         "date_from": pd.Timestamp("1994-04-07"), "date_to": pd.Timestamp("1994-05-12")},
        geometry=[box(0, 0, 1000, 2000), box(1000, 0, 2000, 2000), box(2000, 0, 4000, 2000)], crs=CRS,
    )  # fmt: skip
    districts = gpd.GeoDataFrame(
        {"district": ["W", "E"]}, geometry=[box(0, 0, 2000, 2000), box(2000, 0, 4000, 2000)], crs=CRS
    )
    places = gpd.GeoDataFrame(
        {"name": ["Kept", "Taken", "Given", "Uncounted"], "Population": [100, "70", 5, None]},
        geometry=[Point(500, 1000), Point(1200, 1000), Point(3000, 1000), Point(1700, 1000)], crs=CRS,
    )  # fmt: skip
    lines = gpd.GeoDataFrame(
        {"sigma_m": [250.0, None]}, geometry=[LineString([(x, 0), (x, 2000)]) for x in (1000, 3000)], crs=CRS
    )
    held = settlements_by_side(change, places, districts, lines)
    assert held.loc[held["unsure"], "name"].tolist() == ["Given", "Taken"]  # a place on a line always is
    people = population_by_district(held, "A").set_index("district")
    columns = [f"population_{name}" for name in ("before", "after", "gained", "lost", "unsure")]
    assert people.loc["W", columns].tolist() == [100, 170, 70, 0, 70]
    assert people.loc["E", columns].tolist() == [5, 0, 0, 5, 5]
    assert people.loc["all districts", columns].tolist() == [105, 170, 70, 5, 75]
    assert people.loc["all districts", ["places_gained", "places_without_population"]].tolist() == [2, 1]
