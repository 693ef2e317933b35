"""Small loops over itself are cut off a traced line; what was drawn stays."""

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from frontlines.digitize.lines.centres import without_loops


@given(st.integers(0, 500), st.floats(0.2, 1.5))
def test_a_shaken_line_becomes_simple_and_keeps_its_ends(seed, shake):
    rng = np.random.default_rng(seed)
    points = np.column_stack([np.arange(120.0), np.zeros(120)]) + rng.normal(0, shake, (120, 2))
    kept = without_loops(points, 40.0)
    assert shapely.LineString(points[kept]).is_simple
    assert kept[0] == 0
    assert kept[-1] == 119
    assert (np.diff(kept) > 0).all()


def test_a_line_that_is_simple_keeps_every_point():
    points = np.column_stack([np.arange(50.0), np.sin(np.arange(50.0))])
    assert without_loops(points, 100.0).tolist() == list(range(50))


def test_a_pocket_stays_closed_and_a_drawn_loop_stays():
    around = np.linspace(0, 2 * np.pi, 60)
    ring = np.column_stack([np.cos(around), np.sin(around)]) * 30
    ring[-1] = ring[0]
    assert len(without_loops(ring, 20.0)) == 60
    drawn = np.vstack([[[-60.0, -30.0]], np.roll(ring[:-1], 15, axis=0), [[60.0, -30.0]]])
    assert len(without_loops(drawn, 20.0)) == len(drawn)
