"""Change by district, in cases that can be done by hand."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from frontlines.change.tables import (
    BALANCE,
    TRANSITIONS,
    balance_by_district,
    transition_matrix,
    transitions_by_district,
)
from frontlines.errors import ClosureError, LayerError

CRS = "EPSG:3035"


def districts():
    """Nine districts of 1 km² each: a1 … c3."""
    shapes = [box(x, y, x + 1000, y + 1000) for y in (0, 1000, 2000) for x in (0, 1000, 2000)]
    return gpd.GeoDataFrame({"district": [f"{r}{c}" for r in "abc" for c in "123"]}, geometry=shapes, crs=CRS)


def change(*rows, first="1994-04-07", last="1994-05-12"):
    return gpd.GeoDataFrame(
        {
            "side_from": [p for p, _, _ in rows],
            "side_to": [q for _, q, _ in rows],
            "date_from": pd.Timestamp(first),
            "date_to": pd.Timestamp(last),
        },
        geometry=[shape for _, _, shape in rows],
        crs=CRS,
    )


ADVANCE = change(
    ("A", "A", box(0, 0, 1000, 3000)),
    ("B", "A", box(1000, 0, 1500, 3000)),
    ("B", "B", box(1500, 0, 3000, 3000)),
)


def test_transitions_of_each_district_sum_to_its_area():
    table = transitions_by_district(ADVANCE, districts())
    assert list(table.columns) == TRANSITIONS
    assert np.allclose(table.groupby("district")["area_km2"].sum(), 1)
    middle = table[table["district"] == "b2"]
    assert middle[["side_from", "side_to", "area_km2"]].values.tolist() == [["B", "A", 0.5], ["B", "B", 0.5]]


def test_balance_by_hand():
    balance = balance_by_district(transitions_by_district(ADVANCE, districts()), "A").set_index("district")
    figures = [
        "before_km2",
        "after_km2",
        "held_km2",
        "gained_km2",
        "lost_km2",
        "net_km2",
        "share_before",
        "share_after",
    ]
    assert balance.loc["a1", figures].tolist() == [1, 1, 1, 0, 0, 0, 1, 1]
    assert balance.loc["b2", figures].tolist() == [0, 0.5, 0, 0.5, 0, 0.5, 0, 0.5]
    assert balance.loc["c3", figures].tolist() == [0] * 8
    other = balance_by_district(transitions_by_district(ADVANCE, districts()), "B").set_index("district")
    assert other["lost_km2"].tolist() == balance["gained_km2"].tolist()


def test_books_hold_in_every_row():
    balance = balance_by_district(transitions_by_district(ADVANCE, districts()), "A")
    assert list(balance.columns) == BALANCE
    assert np.allclose(balance["before_km2"], balance["held_km2"] + balance["lost_km2"])
    assert np.allclose(balance["after_km2"], balance["held_km2"] + balance["gained_km2"])
    assert np.allclose(balance["net_km2"], balance["gained_km2"] - balance["lost_km2"])


def test_contested_ground_counts_for_nobody_and_is_told():
    fog = change(("contested", "A", box(0, 0, 1000, 3000)), ("A", "contested", box(1000, 0, 3000, 3000)))
    balance = balance_by_district(transitions_by_district(fog, districts()), "A")
    totals = balance[["before_km2", "after_km2", "contested_before_km2", "contested_after_km2"]].sum()
    assert totals.tolist() == pytest.approx([6, 3, 3, 6])


def test_many_pairs_of_dates_stay_apart():
    back = change(("A", "B", box(0, 0, 3000, 3000)), first="1994-05-12", last="1994-06-01")
    both = pd.concat([ADVANCE, back], ignore_index=True)
    balance = balance_by_district(transitions_by_district(both, districts()), "A")
    assert len(balance) == 18
    assert balance.groupby("date_to")["net_km2"].sum().round(9).tolist() == [1.5, -9]


def test_row_order_changes_nothing():
    one = transitions_by_district(ADVANCE, districts())
    other = transitions_by_district(ADVANCE[::-1], districts()[::-1])
    pd.testing.assert_frame_equal(one, other)


def test_districts_that_change_does_not_fill_are_named():
    with pytest.raises(ClosureError, match=r"3 of 9 districts \(a3 by 1.000000 km², .*as_districts"):
        transitions_by_district(change(("A", "A", box(0, 0, 2000, 3000))), districts())


def test_a_side_that_holds_nothing_is_refused_with_those_that_do():
    with pytest.raises(LayerError, match=r"side 'C' holds no ground.*'A', 'B'"):
        balance_by_district(transitions_by_district(ADVANCE, districts()), "C")


def test_districts_wholly_beyond_the_change_are_named_too():
    away = districts().set_geometry(districts().translate(50_000, 0))
    with pytest.raises(ClosureError, match=r"9 of 9 districts"):
        transitions_by_district(ADVANCE, away)


def test_every_pair_of_dates_must_fill_the_districts():
    far = change(("A", "A", box(50_000, 0, 51_000, 1000)), first="1994-05-12", last="1994-06-01")
    with pytest.raises(ClosureError, match=r"9 of 9 districts"):
        transitions_by_district(pd.concat([ADVANCE, far], ignore_index=True), districts())


def test_contested_ground_bounds_what_a_side_held():
    fog = change(
        ("A", "A", box(0, 0, 1000, 3000)),
        ("contested", "A", box(1000, 0, 1500, 3000)),
        ("B", "contested", box(1500, 0, 2000, 3000)),
        ("B", "B", box(2000, 0, 3000, 3000)),
    )
    balance = balance_by_district(transitions_by_district(fog, districts()), "A")
    low, high = balance["before_km2"], balance["before_km2"] + balance["contested_before_km2"]
    assert (low.sum(), high.sum()) == (pytest.approx(3), pytest.approx(4.5))
    after = balance["after_km2"].sum(), balance["contested_after_km2"].sum()
    assert after == (pytest.approx(4.5), pytest.approx(1.5))


def test_what_one_side_gains_the_others_lose():
    sides = ("A", "B", "C")
    shapes = [box(300 * n, 0, 300 * n + 300, 3000) for n in range(10)]
    moved = change(*((sides[n % 3], sides[(n * n + 1) % 3], shape) for n, shape in enumerate(shapes)))
    table = transitions_by_district(moved, districts())
    balances = [balance_by_district(table, side) for side in sides]
    assert sum(balance["net_km2"].to_numpy() for balance in balances) == pytest.approx(np.zeros(9), abs=1e-12)
    assert sum(balance["before_km2"].to_numpy() for balance in balances) == pytest.approx(np.ones(9))


MANY = change(
    ("A", "A", box(0, 0, 500, 3000)),
    ("A", "contested", box(500, 0, 750, 3000)),
    ("B", "A", box(750, 0, 1500, 3000)),
    ("unknown", "C", box(1500, 0, 2000, 3000)),
    ("C", "B", box(2000, 0, 2500, 3000)),
    ("C", "C", box(2500, 0, 3000, 3000)),
)


def test_over_all_sides_a_balance_sums_to_the_district():
    balance = balance_by_district(transitions_by_district(MANY, districts()))
    assert balance["side"].unique().tolist() == ["A", "B", "C", "contested", "unknown"]
    sums = balance.groupby("district")[["before_km2", "after_km2", "net_km2"]].sum()
    assert np.allclose(sums, [[1.0, 1.0, 0.0]] * 9)
    assert np.allclose(balance["held_km2"] + balance["lost_km2"], balance["before_km2"])
    assert np.allclose(balance["held_km2"] + balance["gained_km2"], balance["after_km2"])


def test_each_side_has_the_balance_that_it_has_alone():
    transitions = transitions_by_district(MANY, districts())
    both = balance_by_district(transitions, ["C", "A"])
    assert both["side"].tolist() == ["C", "A"] * 9
    for side in "AC":
        own = both[both["side"] == side].reset_index(drop=True)
        pd.testing.assert_frame_equal(own, balance_by_district(transitions, side))


def test_a_side_of_several_that_holds_nothing_is_refused():
    with pytest.raises(LayerError, match="side 'D' holds no ground on either date: the sides are 'A', 'B'"):
        balance_by_district(transitions_by_district(MANY, districts()), ["A", "D"])


def test_matrix_by_hand():
    transitions = transitions_by_district(MANY, districts())
    matrix = transition_matrix(transitions)
    assert list(matrix.columns) == ["A", "B", "C", "contested", "unknown"]
    whole = matrix.loc["all districts"]
    assert whole.loc["A"].tolist() == pytest.approx([1.5, 0, 0, 0.75, 0])
    assert whole.loc["C"].tolist() == pytest.approx([0, 1.5, 1.5, 0, 0])
    balance = balance_by_district(transitions).groupby("side")[["before_km2", "after_km2"]].sum()
    assert whole.sum(axis=1).tolist() == pytest.approx(balance["before_km2"].tolist())
    assert whole.sum(axis=0).tolist() == pytest.approx(balance["after_km2"].tolist())
    assert matrix.loc["a2"].to_numpy().sum() == pytest.approx(1.0)
