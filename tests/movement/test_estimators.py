"""Mean advance, and all estimators side by side, each with its definition."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import frontlines as fl
from frontlines.errors import LayerError
from frontlines.movement import DEFINITIONS
from frontlines.names import WHOLE
from tests.fronts import FIRST, LAST, balance, districts, front, path, square

PARTS = districts(West=square(0, -5, 5, 5), East=square(5, -5, 10, 5))
LINES = front((FIRST, path((0, 0), (10, 0)), 30.0), (LAST, path((0, 0), (5, 0), (5, 2), (10, 2)), 40.0))


def tables(lines=LINES, net=(10.0, 0.0)):
    displaced = fl.displacement(fl.make_transects(lines, "A", smoothing_m=0), lines, districts=PARTS)
    lengths = fl.front_length(lines, PARTS, resolution_m=[0])
    advance = fl.mean_advance(balance(East=net, West=(0.0, 0.0)), lengths)
    return displaced, advance, fl.nearest_distance(lines, "A", PARTS), fl.line_distances(lines, "A", PARTS)


def test_mean_advance_by_hand():
    # whole: 10 km² by the mean of 10 and 12 km; East: 5 km and 5 + half of the 2 km on the border
    lengths = fl.front_length(LINES, PARTS, resolution_m=[0])
    advance = fl.mean_advance(balance(East=(10, 0), West=(0, 0)), lengths)
    by = advance.set_index("district")
    assert by.index.tolist() == [WHOLE, "East", "West"]
    assert by["mean_front_km"].tolist() == pytest.approx([11, 5.5, 5.5], abs=1e-4)
    assert by["mean_advance_m"].tolist() == pytest.approx([10_000 / 11, 10_000 / 5.5, 0], abs=1e-1)
    lost = fl.mean_advance(
        balance(East=(3.0, 4.0), West=(0.0, 0.0)), fl.front_length(LINES, PARTS, resolution_m=[0])
    )
    assert lost["mean_advance_m"][0] == pytest.approx(-1000 / 11, abs=1e-2)
    assert lost["turnover_over_front_m"][0] == pytest.approx(7000 / 11, abs=1e-1)


def test_mean_advance_has_a_row_for_each_resolution_and_none_without_a_front():
    parts = pd.concat([PARTS, districts(Far=square(40, 0, 41, 1))], ignore_index=True)
    lengths = fl.front_length(LINES, parts, resolution_m=[0, 500])
    table = fl.mean_advance(balance(East=(10, 0), West=(0, 0), Far=(0, 0)), lengths)
    assert table["resolution_m"].tolist() == [0.0] * 4 + [500.0] * 4
    assert table.loc[table["district"] == "Far", "mean_advance_m"].isna().all()


def test_mean_advance_refuses_what_does_not_belong_together():
    lengths = fl.front_length(LINES, PARTS, resolution_m=0)
    two = pd.concat([balance(East=(1, 0)), balance(East=(1, 0)).assign(date_to=pd.Timestamp("1999-01-01"))])
    with pytest.raises(LayerError, match="the balance is of 2 pairs of dates: pass the rows of one"):
        fl.mean_advance(two, lengths)
    with pytest.raises(
        LayerError, match="lengths have no row for 1994-05-12: pass front_length of both dates"
    ):
        fl.mean_advance(balance(East=(1, 0)), lengths[lengths["date"] == pd.Timestamp(FIRST)])
    with pytest.raises(LayerError, match="lengths have no row for district North"):
        fl.mean_advance(balance(North=(1, 0)), lengths)
    with pytest.raises(
        LayerError, match="lengths have 2 rows for district East, 1994-05-02, at 0 m: pass one"
    ):
        fl.mean_advance(balance(East=(1, 0)), pd.concat([lengths, lengths]))
    with pytest.raises(LayerError, match="a district is called 'all districts', as the row of the whole"):
        fl.mean_advance(balance(**{WHOLE: (1, 0)}), lengths)


def test_estimators_side_by_side_by_hand():
    # ten transects 1 km apart, five of which moved 2 km; the later front has 5 km at 0, 2 km up, 5 km at 2 km
    table = fl.estimator_table(*tables())
    wide = table.pivot(index="estimator", columns="district", values="value_m")
    whole = wide[WHOLE]
    assert whole["mean_advance_at_0_m"] == pytest.approx(10_000 / 11, abs=0.1)
    assert whole["turnover_over_front_at_0_m"] == pytest.approx(10_000 / 11, abs=0.1)
    assert whole["net_movement_mean"] == pytest.approx(1000, abs=1e-1)
    assert whole["net_movement_median"] == pytest.approx(
        1000, abs=1e-1
    )  # half of the front each: between both
    assert whole["moved_mean"] == pytest.approx(2000, abs=1e-1)
    assert whole["largest_advance"] == pytest.approx(2000, abs=1e-1)
    assert np.isnan(whole["largest_retreat"])
    assert whole["envelope_mean"] == pytest.approx(1000, abs=1e-1)
    assert np.isnan(whole["regression_mean"])
    # points every 200 m at x from 0.1 on: those past 5 are min(x - 5, 2) from the later line: 2 km up to 7, then 2
    off = np.minimum(np.arange(5.1, 10, 0.2) - 5, 2)
    assert whole["nearest_before_to_after"] == pytest.approx(1000 * off.sum() / 50, abs=1)
    assert whole["hausdorff"] == pytest.approx(2000, abs=0.1)
    assert whole["frechet"] == pytest.approx(2000, abs=150)
    assert wide["East"]["net_movement_mean"] == pytest.approx(2000, abs=1e-1)
    assert wide["West"]["net_movement_mean"] == 0
    rates = table.set_index(["district", "estimator"])["rate_m_per_day"]
    assert rates[(WHOLE, "net_movement_mean")] == pytest.approx(100, abs=1e-2)
    assert np.isnan(rates[(WHOLE, "hausdorff")])


def test_each_estimator_has_its_definition_and_its_order():
    table = fl.estimator_table(*tables())
    assert table["district"].drop_duplicates().tolist() == [WHOLE, "East", "West"]
    own = table[table["district"] == WHOLE]
    assert own["estimator"].str.replace("_at_0_m", "").tolist() == list(DEFINITIONS)
    assert (own["definition"].str.len() > 20).all()
    assert not own["definition"].str.contains("{", regex=False).any()
    assert table["covers"].between(0, 1).all()
    unsigned = table[~table["signed"]]
    assert (unsigned["value_m"].dropna() >= 0).all()
    assert unsigned["rate_m_per_day"].isna().all()


def test_retreat_is_negative_and_regressions_join_with_three_dates():
    back = pd.concat([LINES.assign(date=LINES["date"]), front(("1994-05-07", path((0, -1), (10, -1)), 30.0))])
    back = back.assign(geometry=[path((0, 0), (10, 0)), path((0, -4), (10, -4)), path((0, -1), (10, -1))])
    whole = (
        fl.estimator_table(*tables(back, net=(0.0, 40.0))).query("district == @WHOLE").set_index("estimator")
    )
    assert whole["value_m"]["largest_retreat"] == pytest.approx(-4000, abs=0.1)
    assert whole["value_m"]["mean_advance_at_0_m"] == pytest.approx(-4000, abs=1)
    assert whole["rate_m_per_day"]["regression_mean"] == pytest.approx(
        np.polyfit([0, 5, 10], [0, -1000, -4000], 1)[0], abs=0.1
    )
    assert whole["n"]["weighted_regression_mean"] == 10


def test_tables_of_other_dates_are_refused():
    displaced, advance, nearest, lines = tables()
    with pytest.raises(LayerError, match="the transects and the mean advance are of different dates"):
        fl.estimator_table(displaced, advance.assign(date_to=pd.Timestamp("1999-01-01")), nearest, lines)
    with pytest.raises(LayerError, match="the nearest distances lack the 95th percentile"):
        fl.estimator_table(displaced, advance, nearest.drop(columns="p95_m"), lines)


@pytest.mark.bench
def test_all_estimators_of_two_real_days_months_apart(bench):
    raw = gpd.read_parquet(bench / "ukraine_adm1_official2020.parquet")
    days = gpd.read_parquet(bench / "deepstate_occupied_20240708_20250731.parquet").iloc[[0, 383]]
    crs = fl.working_crs(raw)
    ground = fl.as_districts(raw, crs, key="name_en", mend=True)
    theatre = fl.as_theatre(ground, crs)
    held = fl.as_control(days.assign(side="RUS", source="DeepStateUA"), crs, theatre=theatre, rest="UKR")
    front_ = fl.fronts_of_side(held, theatre, "RUS", border_m=5000)
    before, after = (part for _, part in held.groupby("date"))
    net = fl.balance_by_district(
        fl.transitions_by_district(fl.change_between(before, after, theatre), ground), "RUS"
    )
    displaced = fl.displacement(
        fl.make_transects(front_, "RUS", length_m=50_000, theatre=theatre), front_, districts=ground
    )
    assert len(displaced) > 1100
    assert displaced["shared"].mean() > 0.4
    assert (displaced.loc[displaced["shared"], "nsm_m"] == 0).all()
    assert ((displaced["reason"] == "") == displaced["nsm_m"].notna()).all()
    assert displaced["nsm_m"].min() > -10_000  # no retreat across other ground of the side
    table = fl.estimator_table(
        displaced,
        fl.mean_advance(net, fl.front_length(front_, ground, resolution_m=[0, 1000])),
        fl.nearest_distance(front_, "RUS", ground),
        fl.line_distances(front_, "RUS", ground),
    )
    whole = table[table["district"] == WHOLE].set_index("estimator")["value_m"]
    assert whole["mean_advance_at_1000_m"] > whole["mean_advance_at_0_m"] > 0
    assert whole["net_movement_mean"] > 0
    assert whole["hausdorff"] >= whole["nearest_p95"] >= whole["nearest_before_to_after"]
