"""Which fill is meant by a colour."""

import numpy as np
import pytest

from frontlines.digitize.areas.fills import colour_off, match_fills
from frontlines.digitize.colour.palette import Palette
from frontlines.errors import DigitizeError

PAPER, GREY, PINK = [250.0, 250, 250], [200.0, 200, 200], [250.0, 188, 188]
SCANNED = np.array([1.0, 1.04, 1.25])  # what made yellow paper white


def palette(*grounds):
    none = np.empty(0)
    return Palette(np.array(grounds), np.empty((0, 3)), none, np.empty((0, 2), int), none, np.empty((0, 0)))


@pytest.mark.parametrize("gain", [np.ones(3), SCANNED])
def test_paper_and_greys_are_no_tints_of_a_colour(gain):
    with pytest.raises(DigitizeError, match="class 'A': no fill of the scan is like 'red'"):
        match_fills(palette(PAPER, GREY), {"A": "red"}, [], gain)
    assert match_fills(palette(PAPER, GREY, PINK), {"A": "red"}, [], gain) == {"A": 2}


def test_a_dark_hex_means_washed_out_strokes_of_hatching_before_a_tint():
    plain = palette(PAPER, [245.0, 212, 212], [206.0, 223, 245])
    strokes = np.array([[190.0, 113, 113]])
    hatched = Palette(plain.grounds, strokes, np.ones(1), np.zeros((1, 2), int), np.ones(1), np.zeros((1, 1)))
    colours = {"plain": "#f6d6d0", "hatched": "#b5342a", "other": "#cfdcea"}
    found = match_fills(hatched, colours, [0], np.array([1.03, 1.04, 1.07]))
    assert found == {"plain": 1, "hatched": 4, "other": 2}


def test_a_hex_means_strokes_of_its_own_colour_before_a_pale_tint():
    plain = palette(PAPER, [239.0, 223, 157], [206.0, 223, 239])
    strokes = np.array([[69.0, 113, 157]])
    sea = Palette(plain.grounds, strokes, np.ones(1), np.zeros((1, 2), int), np.ones(1), np.zeros((1, 1)))
    assert match_fills(sea, {"held": "#f7e3a1", "taken": "#2f6db3"}, [0], np.ones(3)) == {
        "held": 1,
        "taken": 4,
    }


def test_hatching_washed_out_by_blur_is_of_its_colour_and_of_no_other():
    yellow, strokes = np.array([[240.0, 230, 190]]), np.array([102.0, 102, 74])
    assert colour_off("#26323f", strokes, np.ones(3), yellow) < 10
    assert colour_off("#26323f", strokes, np.ones(3)) > 20
    for other in ("#b02020", "#2050d0", "#209040"):
        assert colour_off(other, strokes, np.ones(3), yellow) > 13
