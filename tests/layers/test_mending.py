"""Mending: every square metre that moves is booked."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Polygon, box

from frontlines.layers.faults import examine
from frontlines.layers.mending import (
    MENDS,
    append_rows,
    cut_at,
    drop_rows,
    fill_up,
    give_up_overlaps,
    joined_sources,
    split_at_crossings,
    stated_sources,
)

CRS = "EPSG:3035"


def frame(*shapes, sides=None, **columns):
    sides = sides or ["A"] * len(shapes)
    return gpd.GeoDataFrame({"side": sides, **columns}, geometry=list(shapes), crs=CRS)


def mended(given_frame, **options):
    return give_up_overlaps(
        examine(given_frame, given_frame.is_valid.to_numpy(), "control"),
        within=None,
        key="side",
        disputed="contested",
        **{"hair_m": 1.0, **options},
    )


def test_rows_that_say_the_same_twice_are_dropped_and_others_kept():
    turned = Polygon([(1, 1), (0, 1), (0, 0), (1, 0)])
    rows = frame(box(0, 0, 1, 1), turned, box(0, 0, 1, 1), None, Polygon(), sides=["A", "A", "B", "A", "A"])
    assert drop_rows(rows, MENDS).index.tolist() == [0, 2]


def test_lines_are_split_where_they_cross_and_keep_their_way():
    loop = LineString([(0, 0), (2, 0), (2, 2), (1, 2), (1, -1)])
    pieces = split_at_crossings(frame(loop, LineString([(5, 5), (6, 5)]), LineString([(7, 7), (7, 7)])))
    assert pieces.geometry.to_wkt().tolist() == [
        "LINESTRING (0 0, 1 0)",
        "LINESTRING (1 0, 2 0, 2 2, 1 2, 1 0)",
        "LINESTRING (1 0, 1 -1)",
        "LINESTRING (5 5, 6 5)",
    ]


def test_lines_that_do_not_cross_keep_their_labels():
    assert split_at_crossings(frame(LineString([(0, 0), (1, 0)])).set_axis(["x"])).index.tolist() == ["x"]


@pytest.mark.parametrize("turn", [1, -1])
def test_the_larger_of_one_side_keeps_the_ground(turn):
    rows = frame(box(0, 0, 2000, 1000), box(1000, 0, 4000, 1000))[::turn]
    out = mended(rows).sort_index()
    assert (out.area / 1e6).tolist() == [1, 3]
    assert out["mended_km2"].tolist() == [1, 0]


def test_three_polygons_on_one_ground():
    rows = frame(
        box(0, 0, 3000, 1000), box(1000, 0, 5000, 1000), box(2000, 0, 3000, 1000), sides=["A", "A", "B"]
    )
    out = mended(rows).set_index("side")
    assert (out.area / 1e6).groupby(level=0).sum().to_dict() == {"A": 4, "contested": 1}
    assert shapely.union_all(out.geometry.values).area == sum(out.area)


def test_disputed_ground_names_the_sources_that_dispute_it():
    rows = frame(
        box(0, 0, 2, 1), box(1, 0, 3, 1), box(9, 9, 10, 10), sides=["A", "B", "C"], source=["y", "x; y", "z"]
    )
    out = mended(rows, hair_m=0.1)
    assert out["source"].iloc[-1] == "claimed by more than one side: x; y"
    assert joined_sources(["b; a", "a", ""]) == "a; b"
    assert joined_sources(["Volume 2; page 1"] * 2) == "Volume 2; page 1"


def test_repeated_labels_and_dates_are_mended_one_by_one():
    days = pd.to_datetime(["1994-05-12", "1994-04-07", "1994-05-12", "1994-04-07"])
    rows = frame(*[box(x, 0, x + 2000, 1000) for x in (0, 0, 1000, 2000)], sides=list("ABAB"), date=days)
    layer = examine(rows.set_axis(list("xxxx")), rows.is_valid.to_numpy(), "control")
    out = give_up_overlaps(layer, within="date", key="side", hair_m=1, disputed="contested")
    assert out["side"].tolist() == list("ABAB")
    assert out.area.sum() / 1e6 == pytest.approx(3 + 4)


@given(st.lists(st.tuples(*[st.integers(0, 20)] * 4, st.sampled_from("AB")), min_size=1, max_size=9))
def test_mending_loses_no_ground_and_leaves_no_overlap(boxes):
    rows = frame(
        *[box(x, y, x + w + 1, y + h + 1) for x, y, w, h, _ in boxes], sides=[side for *_, side in boxes]
    )
    out = mended(rows, hair_m=0.01)
    whole = shapely.union_all(rows.geometry.values).area
    assert out.area.sum() == pytest.approx(whole)
    assert shapely.union_all(out.geometry.values).area == pytest.approx(whole)
    both = [shapely.union_all(rows.geometry[rows["side"] == side].values) for side in "AB"]
    contested = out.area[out["side"] == "contested"].sum()
    assert contested == pytest.approx(shapely.intersection(*both).area)
    shuffled = mended(rows[::-1], hair_m=0.01)
    areas = [(kept.area.groupby(kept["side"]).sum()).to_dict() for kept in (out, shuffled)]
    assert areas[0] == pytest.approx(areas[1])


def test_ground_beyond_the_theatre_is_cut_and_booked():
    out = cut_at(
        frame(box(0, 0, 2000, 1000), box(200, 200, 300, 300), box(5000, 0, 6000, 1000)), box(0, 0, 1000, 1000)
    )
    assert out.index.tolist() == [0, 1]
    assert out["outside_km2"].tolist() == [1, 0]


def control(*shapes, day=0):
    return frame(
        *shapes,
        sides=list("ABCDEF")[: len(shapes)],
        date=[day] * len(shapes),
        mended_km2=0.0,
        outside_km2=0.0,
    )


def test_open_ground_is_filled_and_hairs_go_to_the_neighbour():
    rows = control(box(0, 0, 1000, 1000), box(1000.5, 0, 3000, 1000))
    out = fill_up(rows, box(0, 0, 4000, 1000), [0], rest="rest", hair_m=1)
    assert out["side"].tolist() == ["A", "B", "rest"]
    assert out.area.tolist() == pytest.approx([1_000_000, 2_000_000, 1_000_000])
    assert out["mended_km2"].tolist() == pytest.approx([0, 0.0005, 0])


def test_a_date_without_polygons_is_rest_altogether():
    out = fill_up(control(box(0, 0, 1000, 1000)), box(0, 0, 1000, 1000), [0, 7], rest="rest", hair_m=1)
    assert out[["date", "side"]].values.tolist() == [[0, "A"], [7, "rest"]]


def test_a_hair_far_from_everything_is_rest():
    ground = shapely.union_all([box(0, 0, 1000, 1000), box(5000, 0, 5000.5, 1000)])
    out = fill_up(control(box(0, 0, 1000, 1000)), ground, [0], rest="rest", hair_m=1)
    assert out.area.tolist() == pytest.approx([1_000_000, 500])


def test_new_rows_get_new_labels():
    row = [{"side": "B", "geometry": box(1, 0, 2, 1)}, {"side": "C", "geometry": box(2, 0, 3, 1)}]
    one = frame(box(0, 0, 1, 1), code=[7])
    assert append_rows(one.set_axis([41]), row).index.tolist() == [41, 42, 43]
    assert append_rows(one.set_axis(["new 1"]), row).index.tolist() == ["new 1", "new 2", "new 3"]
    out = append_rows(one, row)
    assert out["code"].isna().tolist() == [False, True, True]
    assert append_rows(one, []) is one
    assert np.isfinite(out.area).all()


def test_only_those_who_stated_something_are_sources():
    square, beside = box(0, 0, 1000, 1000), box(500, 0, 1500, 1000)
    rows = frame(
        square, beside, sides=["A", "B"], source=["a map", "a list"], date=pd.Timestamp("2031-06-01")
    )
    control = mended(rows, hair_m=1).reset_index(drop=True)
    control = fill_up(
        control.assign(outside_km2=0.0), box(0, 0, 3000, 1000), [control["date"][0]], rest="unknown", hair_m=1
    )
    assert len(set(control["source"])) == 4
    assert stated_sources(control["source"]) == ["a list", "a map"]
    ours = ["no place within reach", "no frontline borders it", "strip along the edge that no polygon covers"]
    assert stated_sources([*ours, None, "a map; b"], ["claimed by more than one side: a map; c"]) == [
        "a map; b",
        "c",
    ]
