"""Faults: each with its rows, its amount and its place."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, Point, Polygon, box

from frontlines.layers.faults import (
    ADVICE,
    COLUMNS,
    Fault,
    as_frame,
    describe,
    examine,
    find_faults,
    identity,
    place_of,
)

CRS = "EPSG:3035"


def layer(*shapes, **columns):
    data = {name: pd.Series(values) for name, values in columns.items()}
    return gpd.GeoDataFrame(data, index=range(len(shapes)), geometry=list(shapes), crs=CRS)


def control(*shapes, **columns):
    sides = [chr(ord("A") + n) for n in range(len(shapes))]
    days = pd.to_datetime(["1994-05-12"] * len(shapes))
    return layer(*shapes, **({"date": days, "side": sides} | columns))


def faults_of(frame, kind, **options):
    return find_faults(examine(frame, frame.is_valid.to_numpy(), kind), **options)


def listed(faults):
    return faults[["fault", "rows"]].values.tolist()


def test_a_sound_layer_has_none():
    faults = faults_of(control(box(0, 0, 1, 1), box(1, 0, 2, 1)), "control")
    assert faults.empty
    assert list(faults.columns) == COLUMNS


def test_overlaps_are_told_by_pair_with_all_their_ground():
    comb = shapely.union_all([box(0, 0, 3000, 1000), box(500, 1000, 1000, 2000), box(2000, 1000, 2500, 2000)])
    faults = faults_of(control(comb, box(0, 1500, 3000, 3000)), "control")
    assert listed(faults) == [["overlap", "0, 1"], ["gap", ""]]
    assert faults["area_km2"].tolist()[0] == pytest.approx(0.5)
    assert len(shapely.get_parts(faults.geometry.iloc[0])) == 2


def test_a_patch_at_the_end_of_a_long_hair_is_still_found():
    shore = [(n * 100.0, 0.00005 * (-1) ** n) for n in range(20_001)]
    low = Polygon([*shore, (2_000_000, -9000), (0, -9000)])
    high = Polygon([*shore[::-1], (0, 9000), (2_000_000, 9000)]).union(box(0, -1000, 100, 100))
    faults = faults_of(control(low, high), "control", with_gaps=False)
    assert faults["area_km2"].sum() == pytest.approx(0.1, rel=0.01)


def test_rows_of_different_dates_may_overlap():
    days = pd.to_datetime(["1994-04-07", "1994-05-12"])
    assert faults_of(control(box(0, 0, 1, 1), box(0, 0, 2, 1), date=days), "control").empty


def test_districts_overlap_whatever_their_dates():
    frame = layer(
        box(0, 0, 9, 9), box(0, 0, 18, 9), district=["a", "b"], date=pd.to_datetime(["2001", "2002"])
    )
    assert listed(faults_of(frame, "districts")) == [["overlap", "0, 1"]]


def test_one_ground_under_two_sides_is_an_overlap_and_no_duplicate():
    frame = control(box(0, 0, 9, 9), box(0, 0, 9, 9))
    assert listed(faults_of(frame, "control")) == [["overlap", "0, 1"]]
    same = control(box(0, 0, 9, 9), box(0, 0, 9, 9), side=["A", "A"])
    assert listed(faults_of(same, "control")) == [["duplicate", "0, 1"], ["overlap", "0, 1"]]


def test_a_line_drawn_back_is_no_duplicate():
    there = LineString([(0, 0), (1, 0)])
    sides = {"side_left": ["A", "A"], "side_right": ["B", "B"], "date": pd.to_datetime(["1994-05-12"] * 2)}
    assert faults_of(layer(there, there.reverse(), **sides), "frontlines").empty
    assert listed(faults_of(layer(there, there, **sides), "frontlines")) == [["duplicate", "0, 1"]]


def test_gaps_are_told_by_date_and_size():
    ring = Polygon(box(0, 0, 9000, 9000).exterior, [box(1000, 1000, 2000, 2000).exterior])
    faults = faults_of(control(ring), "control")
    assert faults[["fault", "area_km2", "detail"]].values.tolist() == [["gap", 1.0, "on 1994-05-12"]]
    inside = faults_of(control(ring), "control", theatre=box(0, 0, 10_000, 9000))
    assert inside["area_km2"].tolist() == [9, 1]
    assert faults_of(control(ring), "control", with_gaps=False).empty


@pytest.mark.parametrize("labels", [["x", "x"], ["Ağdam, north", "Ağdam, south"], [("a", 1), ("a", 2)]])
def test_rows_are_counted_whatever_their_labels(labels):
    frame = control(box(0, 0, 2000, 2000), box(1000, 0, 3000, 2000)).set_axis(
        pd.Index(labels, tupleize_cols=False)
    )
    faults = faults_of(frame, "control")
    assert describe(faults, 2, "control").splitlines()[1].startswith("- 2 of 2 rows overlap (rows ")


def test_repeated_labels_break_no_rule():
    line = LineString([(0, 0), (2, 0), (2, 2), (1, 2), (1, -1)])
    frame = layer(
        line,
        line,
        date=pd.to_datetime([None, None]),
        side_left=["A", ""],
        side_right=["A", "A"],
        sigma_m=[-1.0, np.inf],
    ).set_axis(["x", "x"])
    assert sorted(set(faults_of(frame, "frontlines")["fault"])) == [
        "bad sigma", "no date", "no side", "not simple", "same side",
    ]  # fmt: skip


def test_empty_layers_have_no_faults():
    for kind in ("control", "frontlines", "settlements", "districts", "theatre", "polygons"):
        assert faults_of(gpd.GeoDataFrame(geometry=[], crs=CRS), kind).empty


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "Self-intersection at"),
        (Polygon([(0, 0), (0, 0), (0, 0)]), "Too few points"),
        (Polygon([(0, 0), (1, 1), (2, 2)]), "Self-intersection"),
        (Polygon(box(0, 0, 1, 1).exterior, [box(5, 5, 6, 6).exterior]), "Hole lies outside shell"),
    ],
)
def test_invalid_polygons_are_told_with_reason_and_place(shape, words):
    faults = faults_of(control(shape), "control")
    assert faults["fault"].tolist() == ["invalid"]
    assert words in faults["detail"].iloc[0]
    assert "°" in faults["detail"].iloc[0]


def test_a_long_list_is_cut_and_counted():
    text = describe(as_frame([Fault("no side", (n,)) for n in range(20)], None), 20, "control")
    assert "rows 0, 1, 2, 3, 4, 5, 6, 7 and 12 more" in text


def test_every_advice_reads_as_a_sentence():
    for sort, advice in ADVICE.items():
        text = describe(as_frame([Fault(sort, (3,), 1.5, "detail", Point(4e6, 3e6))], CRS), 9, "control")
        assert f"1 of 9 rows {advice.words} (rows 3; largest 1.5 km² at " in text
        assert text.endswith(f"; detail): {advice.mend}")


@pytest.mark.parametrize(
    ("wkt", "at"),
    [
        ("LINESTRING(0 0, 2 0, 2 2, 1 2, 1 -1)", "POINT (1 0)"),
        ("LINESTRING(0 0, 4 0, 4 4, 2 4, 2 0)", "POINT (2 0)"),
        ("MULTILINESTRING((0 0, 2 2), (0 2, 2 0))", "POINT (1 1)"),
    ],
)
def test_the_first_crossing_is_found(wkt, at):
    lines = layer(shapely.from_wkt(wkt), side_left=["A"], side_right=["B"])
    assert faults_of(lines, "frontlines").geometry.to_wkt().tolist() == [at]


def test_identity_tells_claims_apart():
    square = box(0, 0, 1, 1)
    keys = identity(layer(square, square, square, side=["A", "B", "A"]))
    assert keys.duplicated().tolist() == [False, False, True]


def test_a_place_may_be_unknown():
    assert place_of(None, CRS) == ""
    assert place_of(Polygon(), CRS) == ""
    assert place_of(Point(0, 0), None) == ""
