"""Two sources on one day: ground, measures, bounds by contested ground, and fronts apart."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, box

from frontlines.errors import LayerError
from frontlines.two_sources import agreement, differing_ground, front_apart

CRS = "EPSG:3035"
DAY = "2024-11-24"


def strips(*parts, day=DAY):
    """Control in strips 1 km high: (side, width in km) from west to east."""
    edges = np.cumsum([0, *(width * 1000 for _, width in parts)])
    return gpd.GeoDataFrame(
        {"date": pd.to_datetime([day] * len(parts)), "side": [side for side, _ in parts], "source": "a map"},
        geometry=[box(left, 0, right, 1000) for left, right in pairwise(edges)], crs=CRS,
    )  # fmt: skip


def districts(*widths):
    edges = np.cumsum([0, *(width * 1000 for width in widths)])
    return gpd.GeoDataFrame(
        {"district": [f"D{number}" for number in range(len(widths))]},
        geometry=[box(left, 0, right, 1000) for left, right in pairwise(edges)], crs=CRS,
    )  # fmt: skip


def test_areas_and_measures_by_hand():
    table = agreement(strips(("A", 6), ("B", 4)), strips(("A", 4), ("B", 6)), districts(5, 5), "A")
    west, east, whole = table.to_dict("records")
    assert [west[name] for name in ("both_km2", "only_first_km2", "only_second_km2", "neither_km2")] == [
        4,
        1,
        0,
        0,
    ]
    assert [east[name] for name in ("both_km2", "only_first_km2", "only_second_km2", "neither_km2")] == [
        0,
        1,
        0,
        4,
    ]
    assert whole["district"] == "all districts"
    assert whole["district_km2"] == pytest.approx(10)
    assert whole["ratio"] == pytest.approx(6 / 4)
    assert whole["iou"] == pytest.approx(4 / 6)
    assert whole["precision"] == pytest.approx(4 / 6)
    assert whole["recall"] == pytest.approx(1)
    assert whole["f1"] == pytest.approx(2 * (4 / 6) / (1 + 4 / 6))
    assert np.isnan(east["recall"])  # the second source gives the side nothing there
    assert (table["iou_low"].dropna() == table["iou"].dropna()).all()


def test_contested_ground_gives_bounds():
    first = strips(("A", 4), ("contested", 2), ("B", 4))
    second = strips(("A", 5), ("B", 5))
    whole = agreement(first, second, districts(10), "A").iloc[-1]
    assert whole["iou"] == pytest.approx(4 / 5)
    assert whole["iou_low"] == pytest.approx(4 / 5)
    assert whole["iou_high"] == pytest.approx(5 / 6)


def test_only_days_that_both_have_are_compared():
    first = pd.concat([strips(("A", 6), ("B", 4)), strips(("A", 5), ("B", 5), day="2024-12-01")])
    table = agreement(first, strips(("A", 5), ("B", 5), day="2024-12-01"), districts(10), "A")
    assert table["date"].unique().tolist() == [pd.Timestamp("2024-12-01")]
    assert (table["iou"] == 1).all()
    with pytest.raises(LayerError, match=r"no day in common .*2024-11-24 to 2024-11-24.*2025-01-01"):
        agreement(strips(("A", 1)), strips(("A", 1), day="2025-01-01"), districts(1), "A")
    with pytest.raises(LayerError, match="no source gives ground to 'C': the sides are 'A', 'B'"):
        agreement(strips(("A", 1)), strips(("B", 1)), districts(1), "C")


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 5)), min_size=1, max_size=6),
    st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 5)), min_size=1, max_size=6),
)
def test_areas_close_and_sources_may_change_places(first, second):
    width = max(sum(one for _, one in parts) for parts in (first, second))
    one, other = (
        strips(*parts, ("A", width + 1 - sum(each for _, each in parts))) for parts in (first, second)
    )
    there = agreement(one, other, districts(width + 1), "A")
    back = agreement(other, one, districts(width + 1), "A")
    areas = there[["both_km2", "only_first_km2", "only_second_km2", "neither_km2"]].sum(axis=1)
    assert np.allclose(areas, there["district_km2"])
    assert np.allclose(there["only_first_km2"], back["only_second_km2"])
    assert np.allclose(there["iou"], back["iou"])
    assert np.allclose(there["ratio"] * back["ratio"], 1)
    assert ((there["iou_low"] <= there["iou"]) & (there["iou"] <= there["iou_high"])).all()


def test_differing_ground_fills_the_theatre():
    theatre = districts(10)[["geometry"]]
    ground = differing_ground(strips(("A", 6), ("B", 4)), strips(("A", 4), ("B", 6)), theatre, "A")
    assert dict(zip(ground["kind"], ground["area_km2"], strict=True)) == {
        "both": 4,
        "only_first": 2,
        "neither": 4,
    }
    assert ground.union_all().equals(theatre.union_all())


def test_fronts_apart_by_hand():
    def front(*xy):
        return gpd.GeoDataFrame(
            {"date": pd.to_datetime([DAY])},
            geometry=[LineString([(4321000 + x, 3210000 + y) for x, y in xy])],
            crs=CRS,
        )

    straight = front((0, 0), (0, 10000))
    bent = front((0, 0), (0, 4000), (3000, 4000), (3000, 10000))
    table = front_apart(straight, bent, apart_m=[0, 1000, 5000])
    assert table["first_apart_km"].round(2).tolist() == [6, 5, 0]
    assert table["second_apart_km"].round(2).tolist() == [9, 8, 0]
    assert table["second_km"].round(2).unique().tolist() == [13]
    with pytest.raises(LayerError, match="apart_m is -1: give one or more distances"):
        front_apart(straight, bent, apart_m=-1)
