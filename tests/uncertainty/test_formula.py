"""Errors by formula: cases that can be worked out by hand."""

import math
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Polygon, box

import frontlines as fl
from benchmarks.change import layers
from frontlines import NoiseModel
from frontlines.errors import CRSError, LayerError, NoiseError
from frontlines.uncertainty import AreaErrors
from tests.uncertainty.conftest import Case, west_of

SURE = 1.959963984540054


def sigma_of(errors, name="net"):
    row = errors.total.iloc[0]
    return (row[f"{name}_high_km2"] - row[f"{name}_low_km2"]) / (2 * SURE)


def by_name(errors):
    return errors.by_district.set_index("district")


def test_a_line_off_as_a_whole_is_sigma_times_length(straight):
    errors = straight.formula(NoiseModel(None, math.inf))
    assert sigma_of(errors, "before") == pytest.approx(0.5 * 40)
    assert errors.total["sigma_km2"].iloc[0] == pytest.approx(0.5 * 40 * math.sqrt(2))
    assert by_name(errors)["sigma_km2"].to_dict() == pytest.approx(
        {"South": 0.5 * 15 * math.sqrt(2), "North": 0.5 * 25 * math.sqrt(2)}
    )


@pytest.mark.parametrize("correlation_m", [50.0, 700.0, 5_000.0, 1e6])
def test_a_straight_line_follows_the_closed_form(straight, correlation_m):
    x = 40_000 / correlation_m
    wanted = 500 * correlation_m * math.sqrt(2 * (x - 1 + math.exp(-x))) / 1e6
    assert sigma_of(straight.formula(NoiseModel(None, correlation_m)), "after") == pytest.approx(wanted)


def test_short_correlation_grows_with_the_root_of_the_length(make_case):
    noise = NoiseModel(None, 20.0)
    found = []
    for length in (10_000, 40_000):
        theatre = box(0, 0, 40_000, length)
        case = make_case(box(0, 0, 10_000, length), box(0, 0, 20_000, length), theatre=theatre)
        found.append(sigma_of(case.formula(noise), "before"))
    assert found[1] / found[0] == pytest.approx(2, rel=2e-3)
    assert found[1] == pytest.approx(500 * math.sqrt(2 * 20 * 40_000) / 1e6, rel=1e-3)


def test_independent_vertices_are_summed_in_quadrature(straight):
    errors = straight.formula(NoiseModel(None, 0.0))
    assert sigma_of(errors, "before") == pytest.approx(0.5 * math.sqrt(39 + 2 * 0.5**2))


def test_the_total_is_not_the_quadrature_of_the_districts(straight):
    errors = straight.formula(NoiseModel(None, 20_000.0))
    parts = by_name(errors)["sigma_km2"]
    assert errors.total["sigma_km2"].iloc[0] > 1.1 * math.hypot(*parts)
    assert errors.total["sigma_km2"].iloc[0] < parts.sum()


def test_lines_that_are_the_same_have_no_error_of_change(make_case):
    held = west_of(15_000, np.linspace(0, 40_000, 41))
    errors = make_case(held, held, sigma_m=(300.0, 500.0)).formula(NoiseModel(None, 5_000.0))
    row = errors.total.iloc[0]
    assert row["sigma_km2"] == 0
    assert np.isnan(row["p_gain"])
    assert (row["net_low_km2"], row["net_high_km2"], row["trust"]) == (0, 0, "yes")
    assert sigma_of(errors, "before") == sigma_of(errors, "after") > 0


def test_a_shared_line_has_the_larger_of_its_sigmas(make_case):
    held = west_of(15_000, np.linspace(0, 40_000, 41))
    errors = make_case(held, held, sigma_m=(300.0, 500.0)).formula(NoiseModel(None, math.inf))
    assert sigma_of(errors, "before") == pytest.approx(0.5 * 40)


def test_shared_stretches_cancel_and_fresh_ones_do_not(bulge):
    errors = bulge.formula(NoiseModel(None, math.inf))
    before, after = bulge.frontlines.length
    fresh = [20.0, (after - (before - 20_000)) / 1000]
    assert errors.total["sigma_km2"].iloc[0] == pytest.approx(0.5 * math.hypot(*fresh), rel=1e-6)
    assert sigma_of(errors, "gained") == pytest.approx(0.5 * math.hypot(*fresh), rel=1e-6)


def test_one_line_whose_sides_changed_places_counts_twice(make_case):
    west = west_of(15_000, np.linspace(0, 40_000, 41))
    case = make_case(west, box(0, 0, 40_000, 40_000).difference(west))
    noise = NoiseModel(None, math.inf, 3)
    errors = case.formula(noise)
    assert errors.total["sigma_km2"].iloc[0] == pytest.approx(2 * 0.5 * 40)
    assert sigma_of(errors, "gained") == pytest.approx(0.5 * 40)
    assert sigma_of(errors, "lost") == pytest.approx(0.5 * 40)
    drawn = case.simulation(noise, draws=300)
    assert drawn.total["sigma_km2"].iloc[0] == pytest.approx(40, rel=0.1)


def test_ground_without_a_front_has_no_error(make_case):
    everything, nothing = box(0, 0, 40_000, 40_000), Polygon()
    noise = NoiseModel(None, 3_000.0)
    came = make_case(nothing, box(0, 0, 9_000, 40_000))
    x = 40_000 / 3_000
    wanted = 500 * 3_000 * math.sqrt(2 * (x - 1 + math.exp(-x))) / 1e6
    for errors in (came.formula(noise), came.simulation(noise, draws=300)):
        assert errors.total["sigma_km2"].iloc[0] == pytest.approx(wanted, rel=0.1)
    gone = make_case(everything, nothing)
    for errors in (gone.formula(noise), gone.simulation(noise, draws=2)):
        assert errors.total[["sigma_km2", "net_low_km2", "p_gain"]].to_numpy().tolist() == [[0, -1600, 0]]
    still = make_case(everything, everything).formula(noise).total
    assert still["sigma_km2"].iloc[0] == 0
    assert np.isnan(still["p_gain"].iloc[0])


def test_net_is_the_difference_of_gained_and_lost_where_lines_cross(make_case):
    y = np.linspace(0, 40_000, 41)
    case = make_case(west_of(15_000, y), west_of(10_000 + y / 4, y), sigma_m=100.0)
    errors = case.formula(NoiseModel(None, 3_000.0))
    assert 0 < sigma_of(errors, "lost") < errors.total["sigma_km2"].iloc[0]
    assert 0 < sigma_of(errors, "gained") < errors.total["sigma_km2"].iloc[0]


def test_a_shift_of_the_source_leaves_the_change_of_parallel_lines_alone(straight):
    alone = straight.formula(NoiseModel(None, 5_000.0))
    shifted = straight.formula(NoiseModel(None, 5_000.0, shared_bias_m=800.0))
    assert shifted.total["sigma_km2"].iloc[0] == pytest.approx(alone.total["sigma_km2"].iloc[0])
    assert sigma_of(shifted, "before") ** 2 == pytest.approx(sigma_of(alone, "before") ** 2 + (0.8 * 40) ** 2)


def test_a_shift_moves_change_across_the_border_of_districts(make_case):
    halves = {"West": box(0, 0, 15_000, 40_000), "East": box(15_000, 0, 40_000, 40_000)}
    y = np.array([0.0, 40_000.0])
    case = make_case(west_of(10_000, y), west_of(20_000, y), halves, sigma_m=0.0)
    errors = by_name(case.formula(NoiseModel(None, 1_000.0, shared_bias_m=100.0)))
    assert errors["sigma_km2"].to_dict() == pytest.approx({"West": 4.0, "East": 4.0})
    assert case.formula(NoiseModel(None, 1.0, shared_bias_m=100.0)).total["sigma_km2"].iloc[0] < 1e-9


def test_a_line_along_a_border_counts_by_halves(make_case):
    halves = {"West": box(0, 0, 10_000, 40_000), "East": box(10_000, 0, 40_000, 40_000)}
    y = np.linspace(0, 40_000, 11)
    case = make_case(west_of(10_000, y), west_of(20_000, y), halves)
    errors = by_name(case.formula(NoiseModel(None, math.inf)))
    assert errors.loc["West", "sigma_km2"] == pytest.approx(0.5 * 20)
    assert errors.loc["East", "sigma_km2"] == pytest.approx(0.5 * math.hypot(20, 40))
    assert errors["trust"].to_dict() == {"West": "no", "East": "no"}


def test_intervals_and_chance_are_those_of_the_normal_distribution(straight):
    row = straight.formula(NoiseModel(None, math.inf), level=0.6826894921).total.iloc[0]
    assert row["net_high_km2"] - row["net_km2"] == pytest.approx(row["sigma_km2"], rel=1e-6)
    assert row["p_gain"] == pytest.approx(1.0)
    backward = replace(straight, balance=straight.balance.assign(net_km2=-0.5 * straight.balance["net_km2"]))
    assert backward.formula(NoiseModel(None, math.inf)).total["p_gain"].iloc[0] < 1e-6


def test_intervals_stay_possible(corner):
    rows = corner.formula(NoiseModel(None, 5_000.0)).by_district
    for name in ("before", "after", "gained", "lost"):
        assert (rows[f"{name}_low_km2"].dropna() >= 0).all()
        assert not (rows[f"{name}_high_km2"] > rows["district_km2"]).any()
    assert not rows["net_low_km2"].lt(-rows["district_km2"]).any()
    assert rows.set_index("district")["net_low_km2"].isna().to_dict() == {
        "Corner": False, "Beyond": True, "Rest": False,  # the line may run through what lies beyond it
    }  # fmt: skip


def test_gained_and_lost_have_no_interval_where_the_formula_cannot_give_one(straight, corner):
    ends = [f"{name}_{end}_km2" for name in ("gained", "lost") for end in ("low", "high")]
    narrow, wide = (case.formula(NoiseModel(None, 5_000.0)) for case in (corner, straight))
    assert narrow.total[["trust", "lost_km2"]].to_numpy().tolist() == [["net", 0]]
    assert narrow.total[ends].isna().all(axis=None)
    assert narrow.by_district[ends].isna().all(axis=None)
    assert narrow.total[["net_low_km2", "before_low_km2"]].notna().all(axis=None)
    assert wide.by_district[ends[:2]].notna().all(axis=None)
    assert wide.by_district[ends[2:]].isna().all(axis=None)  # 0 to 0 lost would be no interval


def test_what_cannot_be_trusted_is_marked(straight, corner, karabakh, make_case):
    assert set(straight.formula(NoiseModel(None, 5_000.0)).by_district["trust"]) == {"yes"}
    assert by_name(corner.formula(NoiseModel(None, 5_000.0)))["trust"]["Corner"] == "no"
    found = karabakh.formula(NoiseModel(None, 5_000.0)).by_district
    withheld = found[found["net_low_km2"].isna()]
    assert set(withheld["trust"]) == {"no"}
    assert {"Kəlbəcər", "Xocavənd"} <= set(withheld["district"])  # beyond a border, within three sigmas
    y = np.linspace(0, 40_000, 41)
    narrow = make_case(west_of(10_000, y), west_of(10_600, y), sigma_m=500.0)
    assert narrow.formula(NoiseModel(None, 5_000.0)).total["trust"].tolist() == ["net"]


def test_the_books_stay_as_they_were_and_contested_ground_is_kept_apart(karabakh):
    errors = karabakh.formula(NoiseModel(None, 5_000.0))
    assert isinstance(errors, AreaErrors)
    pd.testing.assert_frame_equal(errors.by_district[list(karabakh.balance)], karabakh.balance)
    assert errors.total["net_km2"].iloc[0] == pytest.approx(karabakh.balance["net_km2"].sum())


def test_the_order_of_rows_does_not_matter(karabakh):
    noise = NoiseModel(None, 5_000.0)
    turned = replace(
        karabakh, control=karabakh.control.iloc[::-1], frontlines=karabakh.frontlines.iloc[::-1],
        districts=karabakh.districts.iloc[::-1],
    )  # fmt: skip
    pd.testing.assert_frame_equal(
        turned.formula(noise).by_district, karabakh.formula(noise).by_district, rtol=1e-9
    )


def test_stretches_without_sigma_take_that_of_the_model(straight):
    bare = replace(straight, frontlines=straight.frontlines.drop(columns="sigma_m"))
    assert bare.formula(NoiseModel(500.0, 3_000.0)).total["sigma_km2"].iloc[0] == pytest.approx(
        straight.formula(NoiseModel(None, 3_000.0)).total["sigma_km2"].iloc[0]
    )
    with pytest.raises(NoiseError, match=r"1 stretch of frontline has no sigma_m \(rows 0\): give them one"):
        bare.formula(NoiseModel(None, 3_000.0))


def test_what_does_not_belong_together_is_refused(straight):
    noise = NoiseModel(None, 3_000.0)
    with pytest.raises(NoiseError, match=r"level is 95: give a probability between 0 and 1"):
        straight.formula(noise, level=95)
    twice = pd.concat([straight.balance, straight.balance.assign(side="B")])
    with pytest.raises(LayerError, match="the balance holds 2 sides and 1 pair of dates: pick one"):
        replace(straight, balance=twice).formula(noise)
    one_day = straight.control[straight.control["date"] == "1994-04-07"]
    with pytest.raises(LayerError, match="control holds the dates 1994-04-07: pass that of the two dates"):
        replace(straight, control=one_day).formula(noise)
    with pytest.raises(LayerError, match="the districts lack North: pass those"):
        replace(straight, districts=straight.districts.iloc[:1]).formula(noise)
    with pytest.raises(CRSError):
        replace(straight, theatre=gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)], crs="EPSG:4326")).formula(
            noise
        )


@pytest.mark.bench
def test_polygons_of_a_real_map_months_apart(bench):
    before, after, theatre, districts = layers(bench)
    change = fl.change_between(before, after, theatre)
    balance = fl.balance_by_district(fl.transitions_by_district(change, districts), "RUS")
    control = gpd.GeoDataFrame(pd.concat([before, after], ignore_index=True), crs=before.crs)
    lines = fl.frontlines_from_control(control, theatre, border_m=1.0)
    case = Case(balance, control, lines, theatre, districts)
    noise = NoiseModel(500.0, 5_000.0, 1)
    errors = case.formula(noise)
    moving = errors.by_district["sigma_km2"] > 0
    assert 0 < moving.sum() < len(moving) / 4  # what the dates share cancels
    row, drawn = errors.total.iloc[0], case.simulation(noise, draws=8).total.iloc[0]
    assert row["p_gain"] > 0.999
    assert abs(drawn["net_low_km2"] - row["net_km2"]) < 4 * row["sigma_km2"]
    assert abs(drawn["net_high_km2"] - row["net_km2"]) < 4 * row["sigma_km2"]


def test_parts_of_several_lengths_add_their_variances(straight):
    alone = [
        straight.formula(NoiseModel(None, one)).total["sigma_km2"].iloc[0] for one in (2_000.0, 30_000.0)
    ]
    both = straight.formula(NoiseModel(None, {2_000: 0.3, 30_000: 0.7})).total["sigma_km2"].iloc[0]
    assert both**2 == pytest.approx(0.3 * alone[0] ** 2 + 0.7 * alone[1] ** 2)


def test_what_both_dates_have_in_common_cancels(straight, bulge):
    for length in (3_000.0, math.inf):
        free, tied = (
            straight.formula(NoiseModel(None, length, between=between)).total.iloc[0]
            for between in (0.0, 0.9)
        )
        assert tied["sigma_km2"] == pytest.approx(free["sigma_km2"] * math.sqrt(0.1))
        assert sigma_of(straight.formula(NoiseModel(None, length, between=0.9)), "after") == pytest.approx(
            (free["after_high_km2"] - free["after_low_km2"]) / (2 * SURE)
        )
    # a bulge is longer than what it faces, and moves more
    found = [
        bulge.formula(NoiseModel(None, math.inf, between=b)).total["sigma_km2"].iloc[0] for b in (0.0, 1.0)
    ]
    before, after = bulge.frontlines.length
    assert found[1] == pytest.approx(0.5 * (after - before) / 1000, rel=1e-6)


def test_stretches_that_are_off_as_a_whole_are_summed_in_quadrature(straight):
    lines = straight.frontlines
    halves = lines.loc[[0, 0, 1]].reset_index(drop=True)
    halves.loc[0, "geometry"] = lines.geometry.iloc[0].intersection(box(0, 0, 40_000, 10_000))
    halves.loc[1, "geometry"] = lines.geometry.iloc[0].intersection(box(0, 10_000, 40_000, 40_000))
    found = (
        replace(straight, frontlines=halves).formula(NoiseModel(None, "stretch")).total["sigma_km2"].iloc[0]
    )
    assert found == pytest.approx(0.5 * math.sqrt(10**2 + 30**2 + 40**2))
