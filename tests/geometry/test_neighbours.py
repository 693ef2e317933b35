"""Neighbours of small pieces."""

import numpy as np
from shapely import box

from frontlines.geometry.coverage import by_size, common_borders


def test_by_size_does_not_hang_on_the_order():
    shapes = np.array([box(0, 0, 1, 1), box(5, 5, 6, 6), box(0, 0, 2, 2)])
    order = by_size(shapes)
    assert order[0] == 2
    again = by_size(shapes[::-1])
    assert [shapes[::-1][row].wkb for row in again] == [shapes[row].wkb for row in order]


def test_common_borders_are_measured():
    found = common_borders(
        np.array([box(0, 0, 4, 1)]), np.array([box(0, 1, 4, 9), box(0, -8, 3, 0)]), reach_m=0.1
    )
    assert found["polygon"].tolist()[0] == 0
    assert found["length_m"].tolist()[0] == 4


def test_only_neighbours_within_reach_count():
    far, near = box(0, 2, 4, 9), box(0, 1.2, 4, 2)
    found = common_borders(np.array([box(0, 0, 4, 1)]), np.array([far, near]), reach_m=0.2)
    assert found["polygon"].tolist() == [1]
    assert common_borders(np.array([box(0, 0, 4, 1)]), np.array([far]), reach_m=0.2).empty
