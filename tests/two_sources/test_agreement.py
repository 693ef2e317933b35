"""Two sources on one day: ground, measures, bounds by contested ground, and fronts apart."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Polygon, box

from frontlines.errors import ClosureError, LayerError
from frontlines.study import run_agreement
from frontlines.two_sources import agreement_by_district, differing_ground, front_apart

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
    table = agreement_by_district(
        strips(("A", 6), ("B", 4)), strips(("A", 4), ("B", 6)), districts(5, 5), "A"
    )
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
    whole = agreement_by_district(first, second, districts(10), "A").iloc[-1]
    assert whole["iou"] == pytest.approx(4 / 5)
    assert whole["iou_low"] == pytest.approx(4 / 5)
    assert whole["iou_high"] == pytest.approx(5 / 6)


def test_only_days_that_both_have_are_compared():
    first = pd.concat([strips(("A", 6), ("B", 4)), strips(("A", 5), ("B", 5), day="2024-12-01")])
    table = agreement_by_district(first, strips(("A", 5), ("B", 5), day="2024-12-01"), districts(10), "A")
    assert table["date"].unique().tolist() == [pd.Timestamp("2024-12-01")]
    assert (table["iou"] == 1).all()
    with pytest.raises(LayerError, match=r"no day in common .*2024-11-24 to 2024-11-24.*2025-01-01"):
        agreement_by_district(strips(("A", 1)), strips(("A", 1), day="2025-01-01"), districts(1), "A")
    with pytest.raises(LayerError, match="no source gives ground to 'C': the sides are 'A', 'B'"):
        agreement_by_district(strips(("A", 1)), strips(("B", 1)), districts(1), "C")


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
    there = agreement_by_district(one, other, districts(width + 1), "A")
    back = agreement_by_district(other, one, districts(width + 1), "A")
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
    with pytest.raises(LayerError, match=r"apart_m is -1\.0: give a number of metres"):
        front_apart(straight, bent, apart_m=-1)


def ragged(seed, day):
    """Control of two sides and contested ground over 100 × 100 km, with a front of many bends."""
    random = np.random.default_rng(seed)
    y = np.linspace(0, 1e5, 41)
    fronts = [west + random.uniform(-8000, 8000, len(y)) for west in (4e4, 6.3e4)]
    edges = [np.zeros(len(y)), *fronts, np.full(len(y), 1e5)]
    shapes = [
        Polygon(np.vstack([np.column_stack([right, y]), np.column_stack([left, y])[::-1]]))
        for left, right in pairwise(edges)
    ]
    held = {"date": pd.to_datetime([day] * 3), "side": ["A", "contested", "B"], "source": "a map"}
    return gpd.GeoDataFrame(held, geometry=shapes, crs=CRS)


DAYS = pd.date_range("2024-11-01", periods=5).strftime("%Y-%m-%d").tolist()
QUARTERS = gpd.GeoDataFrame(
    {"district": ["SW", "NW", "SE", "NE"], "vintage": "made up"},
    geometry=[box(x, y, x + 5e4, y + 5e4) for x in (0, 5e4) for y in (0, 5e4)], crs=CRS,
)  # fmt: skip


def many_days(seeds):
    return pd.concat([ragged(seed, day) for seed, day in zip(seeds, DAYS, strict=True)], ignore_index=True)


def test_days_are_as_the_overlay_of_each_by_itself():
    first, second = many_days([1, 1, 2, 1, 3]), many_days([7, 8, 8, 7, 3])
    table = agreement_by_district(first, second, QUARTERS, "A")
    assert (table.loc[table["date"] == DAYS[-1], "iou"].dropna() == 1).all()  # the same ground, bit for bit
    for day in DAYS:
        one, other = (
            frame.loc[(frame["date"] == day) & (frame["side"] == "A"), ["geometry"]]
            for frame in (first, second)
        )
        by = {"both_km2": (one, other, "intersection"), "only_first_km2": (one, other, "difference")}
        by["only_second_km2"] = other, one, "difference"
        own = table[table["date"] == day].set_index("district")
        for column, (left, right, how) in by.items():
            left_over = gpd.overlay(left, right, how=how)
            there = gpd.overlay(left_over, QUARTERS, keep_geom_type=True)
            want = there.assign(km2=there.area / 1e6).groupby("district")["km2"].sum()
            assert own[column].drop("all districts").sub(want, fill_value=0).abs().max() < 1e-9


def test_the_order_of_days_and_rows_does_not_matter():
    first, second = many_days([1, 1, 2, 1, 3]), many_days([7, 8, 8, 7, 3])
    table = agreement_by_district(first, second, QUARTERS, "A")
    turned = agreement_by_district(first[::-1], second.sample(frac=1, random_state=1), QUARTERS[::-1], "A")
    pd.testing.assert_frame_equal(table, turned, rtol=1e-9)
    alone = [
        agreement_by_district(*(one[one["date"] == day] for one in (first, second)), QUARTERS, "A")
        for day in DAYS
    ]
    pd.testing.assert_frame_equal(table, pd.concat(alone, ignore_index=True), rtol=1e-9)


def test_a_source_with_gaps_or_overlaps_is_refused():
    whole = strips(("A", 6), ("B", 4))
    with pytest.raises(ClosureError, match="areas of 2024-11-24 sum to"):
        agreement_by_district(whole, strips(("A", 6), ("B", 3)), districts(10), "A")
    shifted = whole.assign(geometry=[box(0, 0, 6000, 1000), box(5000, 0, 9000, 1000)])
    with pytest.raises(ClosureError, match="laid together"):
        agreement_by_district(shifted, whole, districts(10), "A")


def test_strips_along_a_coast_drawn_apart_are_the_sides():
    """One source stops 200 m before the coast, the other 300 m; the fronts lie 1 km apart."""
    theatre = QUARTERS.dissolve()[["geometry"]]

    def source(front, gap):
        held = box(0, gap, front, 1e5 - gap)
        rest = theatre.geometry.iloc[0] - held
        columns = {"date": pd.to_datetime([DAY] * 2), "side": ["A", "B"]}
        return gpd.GeoDataFrame(
            columns | {"source": ["a map", "rest of the theatre"]}, geometry=[held, rest], crs=CRS
        )

    first, second = source(4e4, 200), source(4.1e4, 300)
    results = run_agreement(first, second, QUARTERS, "A", theatre=theatre, margin_m=1000)
    whole = results.totals.iloc[0]
    assert [whole[f"{kind}_km2"] for kind in ("both", "only_first", "only_second", "neither")] == (
        pytest.approx([4000, 0, 100, 5900], abs=1)  # but for the corners at the fronts
    )
    assert [one["km2"]["A"] for one in results.manifest["margins"]] == pytest.approx([16, 24.6], abs=1)
    drawn = results.ground.set_index("kind")["area_km2"]
    assert drawn["both"] == pytest.approx(whole["both_km2"], abs=1e-6)
    assert drawn["only_second"] == pytest.approx(whole["only_second_km2"], abs=1e-6)
    none = run_agreement(first, second, QUARTERS, "A", theatre=theatre, margin_m=0).totals.iloc[0]
    assert none["only_first_km2"] == pytest.approx(40 * 0.1 * 2)  # what lies between the two coasts
    # Ground that no polygon covers may be the side's own.
    left = run_agreement(first, second, QUARTERS, "B", theatre=theatre, margin_m=1000).totals.iloc[0]
    assert left["both_km2"] == pytest.approx(5900, abs=1)
