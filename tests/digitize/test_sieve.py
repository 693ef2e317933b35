"""Letters, arrows, ruled lines and thin borders are told from the line."""

from itertools import pairwise

import numpy as np
import pytest

from frontlines.digitize.sieve import line_width, of_width, without_letters
from frontlines.digitize.skeleton import Chain


def _chain(nodes, *points, half=2.0):
    dense = np.concatenate([np.linspace(a, b, 12) for a, b in pairwise(points)])
    return Chain(nodes, dense, np.full(len(dense), half))


SHAFT = _chain((0, 1), (0, 0), (60, 0))
BARBS = [_chain((1, 2), (60, 0), (45, 12)), _chain((1, 3), (60, 0), (45, -12))]


def test_an_arrow_is_left_out_and_a_fork_is_not():
    assert without_letters([SHAFT, *BARBS], 40.0, 4.0) == []
    fork = [_chain((1, 2), (60, 0), (75, 12)), _chain((1, 3), (60, 0), (75, -12))]
    assert len(without_letters([SHAFT, *fork], 40.0, 4.0)) == 3
    long = _chain((0, 1), (-200, 0), (60, 0))
    assert len(without_letters([long, *BARBS], 40.0, 4.0)) == 3


def test_a_solid_head_makes_an_arrow():
    wide = np.full(12, 2.0)
    wide[-3:] = (4, 5, 4)
    assert without_letters([Chain((0, 1), SHAFT.points, wide)], 40.0, 4.0) == []
    assert len(without_letters([Chain((0, 1), SHAFT.points, wide * 0 + 2)], 40.0, 4.0)) == 1


@pytest.mark.parametrize(("half", "kept"), [(3.0, True), (1.0, False), (6.0, False), (2.2, True)])
def test_pieces_of_another_width_go(half, kept):
    piece = _chain((0, 1), (0, 0), (50, 0), half=half)
    assert (of_width([piece], 3.0) == [piece]) is kept
    assert of_width([piece], None) == [piece]


def test_the_line_is_the_widest_that_is_drawn_long_enough():
    line, border = _chain((0, 1), (0, 0), (300, 0), half=3.0), _chain((2, 3), (0, 50), (900, 50), half=1.0)
    blot = _chain((4, 5), (0, 90), (60, 90), half=6.0)
    assert line_width([line, border, blot], 1000.0) == 3.0
    assert line_width([], 1000.0) is None
    assert line_width([blot], 1000.0) is None
