"""Where a line forks, and where it only seems so."""

import numpy as np

from frontlines.digitize.sides import beside_of, forks_of

EAST = np.array([[0.0, 50.0], [45.0, 52.0], [90.0, 50.0]])


def places(*pieces, reach_px=4.0):
    return [caution.pixel for caution in forks_of("May", pieces, reach_px)]


def test_a_branch_is_told_where_it_leaves_the_line():
    branch = np.array([[40.0, 5.0], [40.0, 49.0]])
    assert places(EAST, branch) == places(branch, EAST) == [(40.0, 49.0)]
    (told,) = forks_of("May", [EAST, branch], 4.0)
    assert told.text.startswith("line 'May' forks at column 40, row 49: ")


def test_what_lies_end_to_end_or_apart_or_crosses_does_not_fork():
    going_on, apart = np.array([[92.0, 50.0], [140.0, 50.0]]), np.array([[40.0, 5.0], [40.0, 40.0]])
    crossing = np.array([[20.0, 5.0], [20.0, 95.0]])
    assert places(EAST, going_on, apart, crossing) == []


def test_a_branch_off_a_ring_is_told():
    turn = np.linspace(0, 2 * np.pi, 60)
    ring = np.column_stack([200 + 30 * np.cos(turn), 50 + 30 * np.sin(turn)])
    assert places(ring, np.array([[100.0, 50.0], [169.0, 50.0]])) == [(169.0, 50.0)]


def test_a_piece_beside_a_longer_line_is_told_and_one_that_goes_on_is_not():
    front = [np.array(one, float) for one in ([(0, 100), (180, 100)], [(230, 100), (399, 100)])]
    arrow, leaving = np.array([[60.0, 60], [110, 60], [140, 50]]), np.array([[60.0, 40], [70, -0.5]])
    pieces = [*front, arrow, leaving]
    (told,) = beside_of("May", pieces, range(4), 4.0, (400, 200))
    assert told.text.startswith("line 'May': a piece of 82 px around column 101, row 60 touches nothing")
    assert beside_of("May", pieces, (0, 1, 3), 4.0, (400, 200)) == []
