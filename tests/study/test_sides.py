"""Studies and series of several sides: each has the figures that it has alone."""

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from shapely import box

from frontlines.crs import working_crs
from frontlines.datasets import synthetic_war
from frontlines.errors import StudyError
from frontlines.layers import as_control, as_districts, as_theatre
from frontlines.study import Study, run_movement, run_series, run_study

SIDES = ("Alder", "Birch", "Cedar", "Elm", "Fir")


@pytest.fixture(scope="module")
def layers():
    war = synthetic_war(30, n_vertices=120, n_sides=5, rng=5)
    crs = working_crs(war.districts)
    districts = as_districts(war.districts, crs)
    theatre = as_theatre(districts.dissolve().reset_index(drop=True)[["geometry"]], crs)
    control = as_control(war.control, crs, theatre=theatre)
    return {"crs": crs, "districts": districts, "theatre": theatre, "control": control}


@pytest.fixture(scope="module")
def study(layers):
    days = layers["control"]["date"]
    return Study(
        name="five",
        title="Five sides",
        dates=(days.min(), days.max()),
        sigma_m=200.0,
        border_m=10.0,
        **layers,
    )


@pytest.fixture(scope="module")
def results(study):
    return run_study(study)


def test_without_a_side_every_side_has_its_balance(study, results):
    assert study.followed[:5] == SIDES
    assert repr(study).startswith("Study('five', Alder, Birch, Cedar, Elm, Fir")
    assert results.totals["side"].tolist()[:5] == list(SIDES)
    assert results.manifest["side"][:5] == list(SIDES)
    sums = results.balance.groupby("district")[["district_km2", "before_km2", "after_km2", "net_km2"]].agg(
        {"district_km2": "first", "before_km2": "sum", "after_km2": "sum", "net_km2": "sum"}
    )
    assert sums["before_km2"].tolist() == pytest.approx(sums["district_km2"].tolist(), rel=1e-9)
    assert sums["after_km2"].tolist() == pytest.approx(sums["district_km2"].tolist(), rel=1e-9)
    assert sums["net_km2"].tolist() == pytest.approx([0.0] * len(sums), abs=1e-6)
    assert "km² changed hands" in repr(results)


@pytest.mark.parametrize("side", ["Alder", "Cedar"])
def test_a_side_has_the_balance_and_the_errors_that_it_has_alone(study, results, side):
    alone = run_study(replace(study, side=side))
    for several, one in ((results.balance, alone.balance), (results.totals, alone.totals)):
        assert_frame_equal(several[several["side"] == side].reset_index(drop=True)[one.columns], one)
    assert alone.totals["sigma_km2"].item() > 0
    figures = {name: alone.manifest["errors"]["total"][name] for name in ("net_km2", "sigma_km2", "p_gain")}
    assert results.manifest["errors"]["totals"][side] == pytest.approx(
        figures
        | {
            name: alone.manifest["errors"]["total"][name]
            for name in alone.manifest["errors"]["total"]
            if name.startswith("net_")
        }
    )


def test_ground_that_is_nobodys_has_an_area_but_no_error(study):
    control = study.control.copy()
    control.loc[control["side"] == "Fir", "side"] = "contested"
    found = run_study(replace(study, control=control))
    whole = found.totals.set_index("side")
    assert list(whole.index)[:5] == [*SIDES[:4], "contested"]
    assert pd.isna(whole.loc["contested", "sigma_km2"])
    assert whole.loc["contested", "before_km2"] == pytest.approx(whole["contested_before_km2"].iloc[0])
    assert whole.loc["Elm", "sigma_km2"] > 0


def test_simulated_errors_of_several_sides(study):
    found = run_study(replace(study, side=["Elm", "Fir"], draws=4))
    assert found.totals["side"].tolist() == ["Elm", "Fir"]
    assert (found.totals["sigma_km2"] > 0).all()
    assert found.errors.draws == 4


def test_movement_follows_one_side(study):
    with pytest.raises(
        StudyError, match=r"follows one side, and there are Alder, Birch, .* with side='NAME'"
    ):
        run_movement(study)


def test_the_only_side_is_the_side(layers):
    control = layers["control"]
    own = as_control(
        control[control["side"] == "Alder"][["date", "side", "source", "geometry"]],
        layers["crs"], theatre=layers["theatre"],
    )  # fmt: skip
    days = (own["date"].min(), own["date"].max())
    one = Study(name="one", title="One", dates=days, **layers | {"control": own})
    assert one.followed == ("Alder",)
    assert one.one_side == "Alder"


def test_a_series_of_every_side(layers):
    found = run_series(layers["control"], layers["districts"], label=None)
    assert found.followed[:5] == SIDES
    assert found.title == "Ground of each side"
    assert found.manifest["parameters"]["side"][:5] == list(SIDES)
    assert set(found.manifest["books"]["sides"]) >= set(SIDES)
    whole = found.totals.groupby("period_end")["after_km2"].sum()
    assert whole.tolist() == pytest.approx([layers["districts"].area.sum() / 1e6] * len(whole), abs=0.1)
    again = run_series(layers["control"], layers["districts"], previous=found)
    assert_frame_equal(again.series, found.series)


def test_a_series_of_several_sides_gives_each_its_strips_and_its_people():
    days, fronts = pd.to_datetime(["2031-06-01", "2031-06-02", "2031-06-03"]), (10_000, 12_000, 11_000)
    shapes = [box(*x, 39_940) for front in fronts for x in ((60, 60, front), (front, 60, 39_940))]
    control = gpd.GeoDataFrame(
        {"date": days.repeat(2), "side": ["A", "B"] * 3, "source": "made up"},
        geometry=shapes,
        crs="EPSG:3035",
    )
    ground = [box(0, 0, 20_000, 40_000), box(20_000, 0, 40_000, 40_000)]
    districts = gpd.GeoDataFrame({"district": ["W", "E"]}, geometry=ground, crs="EPSG:3035")
    towns = gpd.GeoDataFrame(
        {"name": ["p", "q"], "population": [10.0, 20.0], "district": ["W", "E"]},
        geometry=gpd.points_from_xy([11_500, 30_000], [20_000, 20_000]),
        crs="EPSG:3035",
    )
    asked = {"margin_m": 100.0, "settlements": towns}
    both, one = (run_series(control, districts, side, **asked) for side in (None, "A"))
    assert both.followed == ("A", "B")
    own = both.series[both.series["side"] == "A"].reset_index(drop=True)
    assert_frame_equal(own, one.series)
    sums = both.totals.groupby("period_end")["after_km2"].sum()
    assert sums.tolist() == pytest.approx([1600.0, 1600.0])
    assert both.totals["margin_after_km2"].gt(0).all()
    people = [(entry["side"], entry["after"], entry["lost"]) for entry in both.manifest["people"]]
    assert people == [("A", 0.0, 10.0), ("B", 30.0, 10.0)]
    assert set(both.population["side"]) == {"A", "B"}
    half = run_series(control[control["date"] < days[2]], districts, **asked)
    again = run_series(control, districts, previous=half, **asked)
    assert_frame_equal(again.series, both.series)
