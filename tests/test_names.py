"""Counts, lists and figures in messages."""

import pandas as pd

from frontlines.names import AreaUnit, counted, listed, measure, of_seen_sides


def test_counts_agree_with_their_nouns():
    assert [counted(n, "day") for n in (0, 1, 2, 1200)] == ["0 days", "1 day", "2 days", "1,200 days"]
    assert counted(1, "place is", "places are") == "1 place is"
    assert counted(2, "place is", "places are") == "2 places are"


def test_long_lists_say_how_many_more_there_are():
    assert listed(["a", "b"], 2) == "a, b"
    assert listed(range(5), 2) == "0, 1 and 3 more"


def test_a_measure_that_is_not_one_is_not_written_as_one():
    assert [measure(value) for value in (1.0, 0.99999, 1.00001, 0.9994, 0.5)] == [
        "1.000", "0.999", "1.001", "0.999", "0.500",
    ]  # fmt: skip


def test_an_area_is_written_with_halves_up_and_a_true_minus():
    unit = AreaUnit("ha", 0.01, 1)
    assert [unit.said(km2, sign=True) for km2 in (0.0, 0.0125, -0.0125, 12.3)] == [
        "0 ha", "+1.3 ha", "−1.3 ha", "+1,230.0 ha",
    ]  # fmt: skip


def test_sides_that_hold_nothing_are_left_out_but_two_are_kept():
    totals = pd.DataFrame({"side": ["A", "B", "unknown"], "before_km2": [9.0, 3.0, 0.0]})
    totals = totals.assign(
        after_km2=[12.0, 0.0, 0.001], gained_km2=[3.0, 0.0, 0.001], lost_km2=[0.0, 3.0, 0.0]
    )
    totals = totals.assign(net_km2=totals["gained_km2"] - totals["lost_km2"])
    assert list(of_seen_sides(totals)["side"]) == ["A", "B"]
    assert list(of_seen_sides(totals.iloc[[0, 2]])["side"]) == ["A", "unknown"]
    assert list(of_seen_sides(totals.assign(after_km2=0.06))["side"]) == ["A", "B", "unknown"]
