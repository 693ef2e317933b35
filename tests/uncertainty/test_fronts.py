"""Layers that belong together give errors, in either order of dates; others are refused with their reason."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box
from shapely.affinity import translate

from frontlines import NoiseModel
from frontlines.errors import LayerError, NoiseError, UnknownSigmaError
from tests.uncertainty.conftest import DAYS, SQUARE, made, west_of

NOISE = NoiseModel(None, 3_000.0, 4)
Y = np.linspace(0, 40_000, 41)


@pytest.mark.parametrize("method", ["formula", "simulation"])
def test_from_the_later_day_to_the_earlier_all_is_turned_round(wavy, method):
    back = made(wavy.control, wavy.theatre, wavy.districts, days=DAYS[::-1])
    there, again = (getattr(case, method)(NOISE, **{} if method == "formula" else {"draws": 200})
                    for case in (wavy, back))  # fmt: skip
    row, other = there.total.iloc[0], again.total.iloc[0]
    assert other["net_km2"] == pytest.approx(-row["net_km2"])
    near = 1e-9 if method == "formula" else 0.25
    assert other["sigma_km2"] == pytest.approx(row["sigma_km2"], rel=near)
    for one, turned_round in (("before", "after"), ("gained", "lost"), ("lost", "gained")):
        middle = (row[f"{one}_low_km2"] + row[f"{one}_high_km2"]) / 2
        opposite = (other[f"{turned_round}_low_km2"] + other[f"{turned_round}_high_km2"]) / 2
        assert opposite == pytest.approx(middle, rel=0.02, abs=1e-6, nan_ok=True)
    assert other["net_low_km2"] == pytest.approx(-row["net_high_km2"], rel=0.05)
    assert (row["p_gain"], other["p_gain"]) == pytest.approx((1, 0))


def _short_of_the_edge(make_case, gap):
    """Ground that stops short of the coast on three sides, and whose eastern front moves by 5 km."""
    before, after = box(gap, gap, 15_000, 40_000 - gap), box(gap, gap, 20_000, 40_000 - gap)
    return make_case(before, after)


def test_what_is_no_front_for_the_study_has_no_error(make_case):
    case = _short_of_the_edge(make_case, 100)
    wanted = case.frontlines
    lines = wanted[wanted.length > 0].assign(geometry=wanted.intersection(SQUARE.buffer(-300)))
    lines = lines[~lines.is_empty]
    case = replace(case, frontlines=gpd.GeoDataFrame(lines, crs=wanted.crs))
    formula = case.formula(NOISE, border_m=300)
    x = 39_800 / 3_000
    one = 500 * 3_000 * np.sqrt(2 * (x - 1 + np.exp(-x))) / 1e6
    assert formula.total["sigma_km2"].iloc[0] == pytest.approx(one * np.sqrt(2), rel=1e-3)
    drawn = case.simulation(NOISE, draws=300, border_m=300)
    assert drawn.total["sigma_km2"].iloc[0] == pytest.approx(one * np.sqrt(2), rel=0.1)


def test_a_front_without_a_line_near_it_is_refused(straight):
    far = straight.frontlines.set_geometry(straight.frontlines.translate(-20_000.0))
    words = r"40.0 km of the front of A on 1994-04-07 have no line within 5,000 m: pass the frontlines"
    with pytest.raises(LayerError, match=words):
        replace(straight, frontlines=far).formula(NOISE)
    one_day = straight.frontlines[straight.frontlines["date"] == DAYS[0]]
    with pytest.raises(LayerError, match=r"40.0 km of the front of A on 1994-05-12 have no line"):
        replace(straight, frontlines=one_day).simulation(NOISE, draws=2)
    assert replace(straight, frontlines=far).formula(NOISE, reach_m=20_001).total["sigma_km2"].iloc[0] > 0


def test_a_balance_of_other_layers_is_refused(straight):
    words = r"what B held before is not the same in the balance and in control and districts \((South|North)"
    with pytest.raises(LayerError, match=words):
        replace(straight, balance=straight.balance.assign(side="B")).formula(NOISE)
    moved = straight.districts.set_geometry([translate(one, 2_000) for one in straight.districts.geometry])
    with pytest.raises(
        LayerError, match=r"what A held before .* pass the layers that the balance was made with"
    ):
        replace(straight, districts=moved).simulation(NOISE, draws=2)


@pytest.mark.parametrize(
    ("layer", "column"),
    [("balance", "net_km2"), ("balance", "side"), ("control", "side"), ("frontlines", "date"),
     ("districts", "district")],
)  # fmt: skip
def test_a_layer_without_its_columns_is_refused(straight, layer, column):
    bare = getattr(straight, layer).drop(columns=column)
    with pytest.raises(LayerError, match=f"{layer} has no column '?{column}'?.*: pass what"):
        replace(straight, **{layer: bare}).formula(NOISE)


@pytest.mark.parametrize("sigma", ["abc", -5.0, np.inf])
def test_a_sigma_that_is_no_length_is_refused(straight, sigma):
    wrong = straight.frontlines.assign(sigma_m=pd.Series([500.0, sigma], dtype=object))
    with pytest.raises(NoiseError, match=rf"sigma_m of row 1 of the frontlines is {sigma}: give metres"):
        replace(straight, frontlines=wrong).formula(NOISE)


def test_an_unknown_sigma_is_an_error_of_its_own(straight):
    bare = straight.frontlines.assign(sigma_m=np.nan)
    with pytest.raises(UnknownSigmaError, match=r"1 stretch of frontline has no sigma_m \(rows 0\)"):
        replace(straight, frontlines=bare).formula(NOISE)


@pytest.mark.parametrize("aside_m", [0.005, 0.05])
def test_a_line_drawn_anew_a_hair_aside_is_shared(make_case, aside_m):
    case = make_case(west_of(15_000, Y), west_of(15_000 + aside_m, Y + np.where(Y % 40_000, 0.02, 0)))
    errors = case.formula(NOISE)
    assert errors.total["net_km2"].iloc[0] == 0
    assert errors.total["sigma_km2"].iloc[0] == 0
    assert case.simulation(NOISE, draws=5).total["sigma_km2"].iloc[0] == 0


def test_a_line_a_metre_aside_is_not_shared(make_case):
    case = make_case(west_of(15_000, Y), west_of(15_001, Y))
    assert case.formula(NOISE).total["sigma_km2"].iloc[0] > 1


def test_further_vertices_and_lines_of_several_parts_change_nothing(corner):
    dense = {
        name: getattr(corner, name).set_geometry(getattr(corner, name).segmentize(25.0))
        for name in ("control", "frontlines")
    }
    dense["frontlines"] = dense["frontlines"].dissolve("date", as_index=False)
    once, again = corner.formula(NOISE), replace(corner, **dense).formula(NOISE)
    columns = ["sigma_km2", "net_low_km2", "net_high_km2"]
    assert again.by_district[columns].to_numpy() == pytest.approx(
        once.by_district[columns].to_numpy(), nan_ok=True
    )
    assert again.by_district["trust"].tolist() == once.by_district["trust"].tolist()
    assert again.total["trust"].tolist() == once.total["trust"].tolist()


def test_what_dates_have_in_common_cancels_between_lines_that_carry_it(make_case):
    """Both lines wind alike, 8 km apart; from afar one faces only the capes of the other."""
    y = np.linspace(0, 40_000, 161)
    wave = 1_200 * np.sin(y / 1_900) + 600 * np.sin(y / 700 + 1)
    case = make_case(west_of(12_000 + wave, y), west_of(20_000 + wave, y), sigma_m=1_000.0)
    alone, both = (
        case.formula(NoiseModel(None, 3_000.0, between=part)).total["sigma_km2"].iloc[0] for part in (0, 0.9)
    )
    assert both / alone == pytest.approx(np.sqrt(0.1), rel=0.25)
