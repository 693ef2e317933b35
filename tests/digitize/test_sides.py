"""Who lies left and right."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontlines.digitize.settings import SIDES
from frontlines.digitize.sides import flanks_of
from frontlines.errors import DigitizeError

SIZE = (1000, 1000)


def held(a, b):
    return {"A": np.array(a, dtype=float).reshape(-1, 2), "B": np.array(b, dtype=float).reshape(-1, 2)}


def wave(n=200):
    x = np.linspace(50, 950, n)
    return np.column_stack([x, 500 + 220 * np.sin(x / 60)])


def test_left_is_north_of_a_line_that_runs_east():
    assert flanks_of([wave()], held([500, 10], [500, 990]), "May", SIZE)[0][:2] == ("A", "B")
    assert flanks_of([wave()[::-1]], held([500, 10], [500, 990]), "May", SIZE)[0][:2] == ("B", "A")


def test_stretches_with_gaps_agree_whichever_way_they_run():
    line = wave()
    stretches = [line[:50], line[60:120][::-1], line[125:]]
    found = flanks_of(stretches, held([900, 20], [930, 990]), "May", SIZE)
    assert [one[:2] for one in found] == [("A", "B"), ("B", "A"), ("A", "B")]
    assert min(one.share for one in found) > 0.9


def test_a_pocket_is_known_from_inside_and_outside():
    turn = np.linspace(0, 2 * np.pi, 100)
    ring = np.column_stack(
        [500 + 200 * np.cos(turn), 500 + 200 * np.sin(turn)]
    )  # clockwise as seen on the map
    found = flanks_of([ring], held([500, 500], [950, 500]), "May", SIZE)
    assert found[0][:2] == ("B", "A")


def test_a_front_and_a_pocket_behind_it():
    front = np.array([[0.0, 500.0], [1000.0, 500.0]])
    turn = np.linspace(0, 2 * np.pi, 60)
    pocket = np.column_stack([500 + 80 * np.cos(turn), 250 + 80 * np.sin(turn)])
    found = flanks_of([front, pocket], held([100, 100], [500, 900]), "May", SIZE)
    assert found[0][:2] == ("A", "B")
    assert found[1][:2] == ("A", "B")  # outside it A, inside B, who was cut off


def test_a_small_piece_that_nothing_settles_does_not_cost_the_line():
    front, towards = np.array([[0.0, 500.0], [1000.0, 500.0]]), held([500, 100], [500, 900])
    pointing = np.array([[500.0, 250.0], [500.0, 290.0]])  # at both places: who is beside it cannot be seen
    known, unknown = flanks_of([front, pointing], towards, "May", SIZE)
    assert known[:2] == ("A", "B")
    assert unknown.share < SIDES.needed < known.share
    with pytest.raises(DigitizeError, match="around column 500, row 250 the places named do not settle"):
        flanks_of([front, np.array([[500.0, 110.0], [500.0, 250.0], [500.0, 300.0]])], towards, "May", SIZE)


def test_places_on_one_side_of_the_line_are_refused_with_the_place():
    with pytest.raises(
        DigitizeError, match=r"line 'May': around column \d+, row \d+ the places named do not settle"
    ):
        flanks_of([np.array([[0.0, 500.0], [1000.0, 500.0]])], held([300, 100], [700, 100]), "May", SIZE)


@pytest.mark.parametrize("near", [495, 480, 400])
def test_a_place_near_the_line_does_not_outvote_the_other_side_s(near):
    front = np.array([[0.0, 500.0], [1000.0, 500.0]])
    with pytest.raises(DigitizeError, match="the places named do not settle"):
        flanks_of([front], held([300, near], [700, 100]), "May", SIZE)
    with pytest.raises(DigitizeError, match="the places named do not settle"):
        flanks_of([front[::-1]], held([700, 100], [300, near]), "May", SIZE)
    assert flanks_of([front], held([300, near], [700, 900]), "May", SIZE)[0].left == "A"


@given(shift=st.floats(0, 2 * np.pi), scale=st.floats(0.3, 1.0), backwards=st.booleans())
def test_turning_the_map_changes_nothing(shift, scale, backwards):
    turn = scale * np.array([[np.cos(shift), -np.sin(shift)], [np.sin(shift), np.cos(shift)]])

    def turned(p):
        return (np.asarray(p, dtype=float) - 500) @ turn.T + 500

    line = turned(wave(60))
    found = flanks_of(
        [line[::-1] if backwards else line], held(turned([[500, 10]]), turned([[500, 990]])), "May", SIZE
    )
    assert found[0][:2] == (("B", "A") if backwards else ("A", "B"))
