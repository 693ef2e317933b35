"""What of an area was not seen: its share, its place, and its edge."""

import numpy as np
import pytest

from frontlines.digitize.areas.checks import measure_unseen


def test_an_edge_far_from_all_that_was_seen_is_unseen_and_one_in_a_border_is_not():
    whole = np.zeros((200, 200), np.uint8)
    whole[:, :100] = 1
    known = whole.copy()
    known[:, 97:103] = 255
    assert measure_unseen(whole, known, [1])[0].edge_share == 0
    known[:100, 80:120] = 255
    (found,) = measure_unseen(whole, known, [1])
    assert found.edge_share == pytest.approx(0.5, abs=0.1)
    assert found.edge_place.x == pytest.approx(99.5, abs=1)
    assert found.edge_place.y < 100


def test_the_place_is_where_most_was_not_seen():
    whole = np.ones((300, 300), np.uint8)
    known = whole.copy()
    known[:, 10] = 255
    known[200:216, 240:256] = 255
    (found,) = measure_unseen(whole, known, [1])
    assert found.share == pytest.approx((300 + 256) / 90_000)
    assert (found.place.x, found.place.y) == pytest.approx((247.5, 207.5), abs=8)


def test_where_all_was_seen_there_is_no_place():
    (found,) = measure_unseen(np.ones((50, 50), np.uint8), np.ones((50, 50), np.uint8), [1])
    assert found.share == found.edge_share == 0
    assert found.place.is_empty
