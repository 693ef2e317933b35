"""Where lines cross transects, read off by hand."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frontlines import make_transects
from frontlines.movement.crossings import cross, front_positions
from tests.fronts import FIRST, LAST, X, Y, frame, front, path

CRS = frame().crs
UP = path((0, 0), (0, 10))


def edges(*places):
    ends = [[X + 1000 * x0, Y + 1000 * y0, X + 1000 * x1, Y + 1000 * y1] for x0, y0, x1, y1 in places]
    return np.array(ends, dtype=float).reshape(-1, 4)


def test_crossings_tell_place_direction_and_angle():
    found = cross(np.array([UP]), edges((1, 2, -1, 2), (-1, 5, 1, 7), (3, 3, 4, 4), (-1, 20, 1, 20)), CRS)
    assert found["edge"].tolist() == [0, 1]
    assert found["along_m"].round(1).tolist() == [2000.0, 6000.0]
    assert found["leaves"].tolist() == [True, False]  # the side is on the left of an edge
    assert found["sine"].round(6).tolist() == [1.0, round(np.sqrt(0.5), 6)]


def test_a_vertex_on_the_transect_is_crossed_once_and_a_touch_not_at_all():
    through = edges((-1, 3, 0, 3), (0, 3, 1, 3))
    assert len(cross(np.array([UP]), through, CRS)) == 1
    from_right, from_left = edges((1, 2, 0, 3), (0, 3, 1, 4)), edges((-1, 2, 0, 3), (0, 3, -1, 4))
    signs = [
        cross(np.array([UP]), touch, CRS)["leaves"].map({True: 1, False: -1}).sum()
        for touch in (from_right, from_left)
    ]
    assert signs == [0, 0]
    assert cross(np.array([UP]), edges((0, 1, 0, 2)), CRS).empty  # along it


def test_a_bent_transect_is_crossed_once_at_its_bend():
    bent = path((0, 0), (0, 3), (0, 10))
    found = cross(np.array([bent]), edges((1, 3, -1, 3)), CRS)
    assert found["along_m"].round(1).tolist() == [3000.0]


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(-20, 20), st.integers(1, 99)), min_size=2, max_size=12, unique=True))
def test_a_line_from_right_to_left_leaves_once_more_than_it_enters(places):
    line = [(30, 50), *places, (-30, 50)]
    ends = edges(*[(*a, *b) for a, b in itertools.pairwise(line)])
    tall = path((0.5, -100), (0.5, 300))
    leaves = cross(np.array([tall]), ends, CRS)["leaves"]
    assert leaves.sum() - (~leaves).sum() == 1


def test_positions_have_a_row_for_each_transect_and_date():
    lines = front((LAST, path((0, 4), (10, 4)), 9.0), (FIRST, path((0, 0), (10, 0)), 7.0))
    found = front_positions(make_transects(lines, "A", spacing_m=5000), lines)
    assert found["transect"].tolist() == [0, 0, 1, 1]
    assert found["date"].tolist() == list(pd.to_datetime([FIRST, LAST] * 2))
    assert found["position_m"].to_numpy() == pytest.approx([0, 4000] * 2, abs=0.01)
    assert found["sigma_m"].tolist() == [7.0, 9.0] * 2
    assert found["n_crossings"].tolist() == [1] * 4
    assert found["shared"].tolist() == [True, False] * 2
    assert found["reason"].unique().tolist() == [""]
