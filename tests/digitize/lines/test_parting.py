"""Short stretches that come out from under another line."""

import numpy as np

from frontlines.digitize.lines.hidden import beside_others
from frontlines.digitize.lines.stretches import Stretch


def stretch(line, points, jumped=()):
    points = np.array(points, dtype=float)
    return Stretch(line, points, np.full(len(points), 2.0), np.full(len(points), 0.1), jumped)


MAY = stretch("May", [(x, 50) for x in range(0, 301, 10)])


def test_short_stretches_at_another_line_are_told_from_lone_ones():
    at, lone = stretch("April", [(90, 30), (100, 46)]), stretch("April", [(90, 10), (100, 20)])
    assert beside_others([at, lone], [MAY, at]) == ([at], [lone])


def test_an_arrow_that_has_crossed_another_line_does_not_come_out_from_under_it():
    arrow, overshoot = stretch("April", [(100, 20), (103, 58)]), stretch("April", [(100, 20), (103, 52)])
    assert beside_others([arrow, overshoot], [MAY]) == ([overshoot], [arrow])
