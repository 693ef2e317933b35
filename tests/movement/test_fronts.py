"""The front of one side: turned, joined, and told apart from the others'."""

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import MultiLineString

from frontlines.errors import LayerError
from frontlines.movement.fronts import facing_lines, joined_lines
from tests.fronts import FIRST, LAST, front, path


def test_the_side_comes_to_lie_on_the_left_whatever_is_beyond():
    west, south = path((0, 0), (0, 2)), path((0, 0), (2, 0))
    lines = pd.concat([front((LAST, west), left="A", right="B"), front((FIRST, south), left="C", right="A")])
    facing = facing_lines(lines, "A")
    assert facing["date"].tolist() == [pd.Timestamp(FIRST), pd.Timestamp(LAST)]
    assert facing.geometry.tolist() == [south.reverse(), west]
    assert facing_lines(lines, "C").geometry.tolist() == [south]


def test_many_lines_in_one_row_become_rows():
    both = MultiLineString([path((0, 0), (1, 0)), path((2, 0), (3, 0))])
    assert len(facing_lines(front((FIRST, both, 7.0)), "A")) == 2
    assert facing_lines(front((FIRST, both, 7.0)), "A")["sigma_m"].tolist() == [7.0, 7.0]
    assert facing_lines(front((FIRST, both)).drop(columns="sigma_m"), "A")["sigma_m"].isna().all()


def test_sides_without_a_front_are_refused():
    with pytest.raises(LayerError, match="side 'C' has no front: the sides are 'A', 'B'"):
        facing_lines(front((FIRST, path((0, 0), (1, 0)))), "C")
    with pytest.raises(LayerError, match=r"'A' is on both sides of a line \(rows 0\)"):
        facing_lines(front((FIRST, path((0, 0), (1, 0))), left="A"), "A")


def test_joined_lines_do_not_hang_on_how_they_were_cut():
    ring = [(0, 0), (2, 0), (2, 1), (0, 1)]
    whole = joined_lines(np.array([path(*ring, ring[0]), path((5, 5), (6, 5), (9, 5))]))
    legs = [path(a, b) for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)]
    cut = joined_lines(np.array([*legs[2:], path((6, 5), (9, 5)), *legs[:2], path((5, 5), (6, 5))]))
    assert [line.wkt for line in cut] == [line.wkt for line in whole]
    assert shapely.length(whole).tolist() == [6000.0, 4000.0]
