"""Ground divided between places with a known side."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from frontlines.control import control_from_settlements
from frontlines.errors import ControlError

CRS = "EPSG:3035"
THEATRE = gpd.GeoDataFrame(geometry=[box(0, 0, 10_000, 10_000)], crs=CRS)


def places(*rows, day="2022-03-27"):
    return gpd.GeoDataFrame(
        {"name": [f"P{number}" for number in range(len(rows))], "date": pd.to_datetime([day] * len(rows)),
         "side": [side for side, _, _ in rows], "source": "a list"},
        geometry=[Point(x, y) for _, x, y in rows], crs=CRS,
    )  # fmt: skip


def km2(control):
    return dict(zip(control["side"], (control.area / 1e6).round(6), strict=True))


def test_ground_belongs_to_the_nearest_place():
    control = control_from_settlements(
        places(("A", 1000, 5000), ("B", 5000, 5000)), THEATRE, reach_m=math.inf
    )
    assert km2(control) == {"A": 30, "B": 70}
    assert control["places"].tolist() == [1, 1]
    assert control["source"].unique().tolist() == ["a list"]


def test_one_side_alone_holds_all_and_a_place_beyond_the_edge_counts():
    assert km2(control_from_settlements(places(("A", 1, 1)), THEATRE, reach_m=math.inf)) == {"A": 100}
    beyond = places(("A", 2000, 5000), ("B", 12_000, 5000))
    control = control_from_settlements(beyond, THEATRE, reach_m=math.inf)
    assert km2(control) == {"A": 70, "B": 30}
    assert control["places"].tolist() == [1, 0]


def test_ground_out_of_reach_is_unknown():
    control = control_from_settlements(places(("A", 5000, 5000)), THEATRE, reach_m=1000)
    found = km2(control)
    assert found["A"] == pytest.approx(math.pi, rel=2e-3)
    assert found["A"] + found["unknown"] == pytest.approx(100)
    assert control["source"].tolist() == ["a list", "no place within reach"]


def test_a_place_of_unknown_side_keeps_its_cell_unknown():
    control = control_from_settlements(
        places(("A", 1000, 5000), ("unknown", 5000, 5000)), THEATRE, reach_m=math.inf
    )
    assert km2(control) == {"A": 30, "unknown": 70}


def test_places_at_one_point_must_agree():
    same = places(("A", 1000, 1000), ("A", 1000, 1000), ("B", 9000, 1000))
    assert km2(control_from_settlements(same, THEATRE, reach_m=math.inf)) == {"A": 50, "B": 50}
    with pytest.raises(ControlError, match=r"on 2022-03-27 places at one point .* \(P0, P1\): keep one"):
        control_from_settlements(places(("A", 1, 1), ("B", 1, 1)), THEATRE, reach_m=math.inf)


def test_what_cannot_be_divided_is_refused():
    with pytest.raises(ControlError, match="no place with a known side lies within 10 m of the theatre"):
        control_from_settlements(places(("A", -9000, 0)), THEATRE, reach_m=10)
    with pytest.raises(ControlError, match="reach_m is nan: give a number of metres, more than 0, or inf"):
        control_from_settlements(places(("A", 1, 1)), THEATRE, reach_m=math.nan)
    with pytest.raises(ControlError, match="there is no place"):
        control_from_settlements(places(), THEATRE, reach_m=1)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=25,
             unique_by=lambda row: row[1:]),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_cells_fill_the_theatre_hold_their_places_and_do_not_depend_on_the_order(rows, random):
    made = places(*[(side, 1000 * x + 500, 1000 * y + 500) for side, x, y in rows])
    control = control_from_settlements(made, THEATRE, reach_m=math.inf)
    assert control.area.sum() == pytest.approx(1e8)
    own = control.set_index("side").geometry
    assert all(
        shapely.distance(own[side], Point(1000 * x + 500, 1000 * y + 500)) < 1e-6 for side, x, y in rows
    )
    order = list(range(len(rows)))
    random.shuffle(order)
    again = control_from_settlements(made.iloc[order], THEATRE, reach_m=math.inf)
    assert again["side"].tolist() == control["side"].tolist()
    assert shapely.equals_exact(again.geometry.values, control.geometry.values).all()
    probe = np.random.default_rng(1).uniform(0, 10_000, (20, 2))
    for x, y in probe:
        near = min((math.hypot(1000 * a + 500 - x, 1000 * b + 500 - y), side) for side, a, b in rows)
        assert shapely.distance(own[near[1]], Point(x, y)) < 1e-6
