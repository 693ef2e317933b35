"""The made-up war: its snapshots, their odd days, and figures known beforehand."""

import numpy as np
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal

from frontlines.crs import working_crs
from frontlines.datasets import synthetic_war
from frontlines.datasets.synthetic import FIRST_DAY, MANY_SIDES, SIDES, _swept
from frontlines.errors import FrontlinesError
from frontlines.layers import as_control, as_districts
from frontlines.series import change_series, series_totals


@pytest.fixture(scope="module")
def war():
    return synthetic_war(40, n_vertices=300, rng=7)


@pytest.fixture(scope="module")
def totals(war):
    crs = working_crs(war.districts)
    districts = as_districts(war.districts, crs)
    return series_totals(change_series(as_control(war.control, crs), districts, SIDES[0]))


def test_the_same_seed_makes_the_same_war(war):
    again = synthetic_war(40, n_vertices=300, rng=np.random.default_rng(7))
    assert_geodataframe_equal(war.control, again.control)
    assert_frame_equal(war.truth, again.truth)
    assert not synthetic_war(40, n_vertices=300, rng=8).truth.equals(war.truth)


def test_one_day_is_missing_and_some_repeat_the_day_before(war):
    days = war.control["date"]
    assert days.iloc[0] == pd.Timestamp(FIRST_DAY)
    assert (days.diff().dropna() / pd.Timedelta("1D")).value_counts().to_dict() == {1.0: 37, 2.0: 1}
    same = war.control.geometry.geom_equals_exact(war.control.geometry.shift(), 0)
    assert 4 <= same.sum() <= 20


def test_shapes_are_sound_and_districts_fill_the_theatre(war):
    assert war.control.is_valid.all()
    assert war.districts["district"].is_unique
    crs = working_crs(war.districts)
    assert as_districts(war.districts, crs).area.sum() == pytest.approx(200e3 * 120e3, rel=1e-4)


def test_the_engine_finds_what_the_maker_put_in(war, totals):
    assert totals["date_to"].tolist() == war.truth["date_to"].tolist()
    for name in ("gained_km2", "lost_km2"):
        np.testing.assert_allclose(totals[name], war.truth[name], atol=0.02)
    assert totals["lost_km2"].sum() > 1
    assert totals["net_km2"].sum() > 10


def test_the_day_with_fewer_decimals_costs_nothing(war, totals):
    coarse = pd.Timestamp(FIRST_DAY) + pd.Timedelta(20, "D")
    steps = totals[(totals["date_to"] == coarse) | (totals["date_from"] == coarse)]
    truth = war.truth.set_index("date_to").loc[steps["date_to"]]
    assert len(steps) == 2
    assert (steps["absorbed_km2"] != 0).all()
    turnover = (truth["gained_km2"] + truth["lost_km2"]).to_numpy()
    np.testing.assert_allclose(steps["turnover_km2"], turnover, atol=0.01)


def test_swept_ground_by_hand():
    """Over 1 km the front moves from +1000 m to -1000 m: two triangles of 0.25 km²."""
    gained, lost = _swept(np.array([0.0, 1000.0]), np.array([[1000.0, -1000.0], [500.0, 500.0]]))
    assert gained.tolist() == [0.25, 0.5]
    assert lost.tolist() == [0.25, 0.0]


@pytest.mark.parametrize(("n_days", "n_vertices"), [(9, 600), (120, 9)])
def test_too_short_a_war_is_refused(n_days, n_vertices):
    with pytest.raises(FrontlinesError, match="n_days and n_vertices must be 10 or more"):
        synthetic_war(n_days, n_vertices=n_vertices)


def test_the_engine_finds_every_side_of_five():
    made = synthetic_war(20, n_vertices=200, n_sides=5, rng=3)
    crs = working_crs(made.districts)
    districts = as_districts(made.districts, crs)
    control = as_control(made.control, crs)
    totals = series_totals(change_series(control, districts))
    assert totals["side"].unique().tolist() == list(MANY_SIDES[:5])
    steps = pd.MultiIndex.from_frame(made.truth[["side", "date_to"]])
    found = totals.set_index(["side", "date_to"]).loc[steps]
    for name in ("gained_km2", "lost_km2"):
        np.testing.assert_allclose(found[name], made.truth[name], atol=0.02)
    assert (made.truth.groupby("side")["lost_km2"].sum() > 0).all()
    held = control[control["date"] == control["date"].max()].area.sum()
    assert held == pytest.approx(districts.area.sum(), rel=1e-7)


@pytest.mark.parametrize("n_sides", [1, 8])
def test_a_war_needs_two_sides_to_seven(n_sides):
    with pytest.raises(FrontlinesError, match=f"n_sides is {n_sides}: give 2 to 7"):
        synthetic_war(20, n_sides=n_sides)
