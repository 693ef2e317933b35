"""Many dates in one table."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal
from shapely import Polygon, box

from frontlines.crs import working_crs
from frontlines.datasets import synthetic_war
from frontlines.errors import ClosureError, LayerError
from frontlines.layers import as_control, as_districts
from frontlines.series import COLUMNS, SUSPECT, change_series, series_totals
from frontlines.series.totals import series_books

CRS = "EPSG:3035"
KM = 1000.0


def _districts():
    boxes = [box(0, 0, 2 * KM, 2 * KM), box(2 * KM, 0, 4 * KM, 2 * KM)]
    return gpd.GeoDataFrame({"district": ["West", "East"]}, geometry=boxes, crs=CRS)


def _control(fronts, first="2031-06-01", side="A"):
    """Ground of one side from the western edge to a front [km], day by day."""
    days = pd.date_range(first, periods=len(fronts), freq="D")
    shapes = [box(0, 0, front * KM, 2 * KM) if front else Polygon() for front in fronts]
    return gpd.GeoDataFrame({"date": days, "side": side}, geometry=shapes, crs=CRS)


def test_a_front_that_comes_and_goes():
    series = change_series(_control([1, 3, 2.5]), _districts(), "A")
    assert list(series.columns) == COLUMNS
    figures = series.set_index(["date_to", "district"])[["before_km2", "gained_km2", "lost_km2", "after_km2"]]
    first, second = pd.Timestamp("2031-06-02"), pd.Timestamp("2031-06-03")
    assert figures.loc[(first, "West")].tolist() == [2, 2, 0, 4]
    assert figures.loc[(first, "East")].tolist() == [0, 2, 0, 2]
    assert figures.loc[(second, "West")].tolist() == [4, 0, 0, 4]
    assert figures.loc[(second, "East")].tolist() == [2, 0, 1, 1]
    assert set(series["cadence"]) == {"every snapshot"}


def test_books_hold_in_every_row():
    series = change_series(_control([1, 3, 2.5, 2.5, 0.5, 4]), _districts(), "A")
    assert np.allclose(series["before_km2"], series["held_km2"] + series["lost_km2"])
    assert np.allclose(series["after_km2"], series["held_km2"] + series["gained_km2"])
    assert np.allclose(series["net_km2"], series["gained_km2"] - series["lost_km2"])
    for _, rows in series.groupby("district"):
        assert rows["after_km2"].iloc[:-1].tolist() == rows["before_km2"].iloc[1:].tolist()


def test_gross_figures_depend_on_the_cadence_and_net_ones_do_not():
    control = _control([1, 3, 1, 3, 1, 3, 2])
    every = series_totals(change_series(control, _districts(), "A"))
    monthly = series_totals(change_series(control, _districts(), "A", freq="MS"))
    assert every["gained_km2"].sum() == 12
    assert monthly["gained_km2"].sum() == 2
    assert every["net_km2"].sum() == monthly["net_km2"].sum() == 2
    assert monthly["cadence"].tolist() == ["monthly"]


def test_a_step_uses_the_last_snapshot_on_or_before_its_end():
    days = pd.to_datetime(["2031-01-10", "2031-01-30", "2031-03-15"])
    control = _control([1, 2, 3]).assign(date=days)
    totals = series_totals(change_series(control, _districts(), "A", freq="MS"))
    used = totals[["date_from", "date_to", "period_end"]].map(lambda day: f"{day:%m-%d}").values.tolist()
    assert used == [["01-10", "01-30", "01-31"], ["01-30", "01-30", "02-28"], ["01-30", "03-15", "03-31"]]
    assert totals["net_km2"].tolist() == [2, 0, 2]
    assert not totals["same_input"].any()


def test_periods_without_a_snapshot_are_steps_of_their_own():
    days = pd.to_datetime(["2031-06-01", "2031-06-02", "2031-06-06"])
    totals = series_totals(change_series(_control([1, 2, 3]).assign(date=days), _districts(), "A", freq="D"))
    assert [f"{day:%d}" for day in totals["period_end"]] == ["02", "03", "04", "05", "06"]
    assert totals["after_km2"].tolist() == [4, 4, 4, 4, 6]
    assert series_books(totals)["steps_without_snapshot"] == 3


def test_a_day_without_the_side_is_a_snapshot_on_which_it_held_nothing():
    control = pd.concat([_control([1]), _control([1], "2031-06-02", "B"), _control([2], "2031-06-03")])
    totals = series_totals(change_series(control, _districts(), "A"))
    assert totals["after_km2"].tolist() == [0, 4]


def test_contested_ground_is_booked_apart():
    fog = gpd.GeoDataFrame(
        {"date": pd.date_range("2031-06-01", periods=2), "side": "contested"},
        geometry=[box(3 * KM, 0, 4 * KM, 2 * KM), box(3.5 * KM, 0, 4 * KM, 2 * KM)],
        crs=CRS,
    )
    series = change_series(pd.concat([_control([1, 2]), fog]), _districts(), "A")
    east = series.set_index("district").loc["East"]
    assert (east["contested_before_km2"], east["contested_after_km2"]) == (2, 1)


def test_row_order_changes_nothing():
    control, districts = _control([1, 3, 2.5, 1]), _districts()
    one = change_series(control, districts, "A")
    assert_frame_equal(one, change_series(control[::-1], districts[::-1], "A"))


def test_a_step_out_of_the_ordinary_is_suspect_and_stays():
    fronts = [*(1 + 0.01 * n + 0.001 * (n % 3) for n in range(12)), 3.5]
    totals = series_totals(change_series(_control(fronts), _districts(), "A"))
    assert totals["suspect"].tolist() == [False] * 11 + [True]
    assert totals["net_km2"].sum() == pytest.approx(5.0)
    assert SUSPECT == 10


def test_a_longer_series_goes_on_from_a_shorter_one():
    control, districts = _control([1, 3, 2.5, 2.2, 1.7]), _districts()
    early = control[control["date"] < "2031-06-04"]
    fresh = change_series(control, districts, "A")
    resumed = change_series(control, districts, "A", previous=change_series(early, districts, "A"))
    assert_frame_equal(fresh, resumed, check_exact=True)


@pytest.fixture(scope="module")
def war():
    """A made-up war with a day of fewer decimals, and contested ground along its eastern edge."""
    made = synthetic_war(24, n_vertices=200, rng=3)
    crs = working_crs(made.districts)
    fog = made.control.assign(side="contested")
    fog["geometry"] = fog.geometry.translate(0.0, 0.4).intersection(made.districts.union_all())
    fog["geometry"] = fog.difference(made.control.geometry)
    both = pd.concat([made.control, fog], ignore_index=True)
    return as_control(both, crs, mend=True), as_districts(made.districts, crs)


@pytest.mark.parametrize("days", [2, 12, 13, 23])
def test_a_series_goes_on_from_any_day_with_the_same_rows(war, days):
    control, districts = war
    early = control[control["date"].isin(sorted(control["date"].unique())[:days])]
    fresh = change_series(control, districts, "Red")
    assert (fresh["absorbed_km2"] != 0).any()
    resumed = change_series(control, districts, "Red", previous=change_series(early, districts, "Red"))
    assert_frame_equal(fresh, resumed, check_exact=True)


def test_edges_and_overlay_give_the_same_table(war, monkeypatch):
    control, districts = war
    by_edges = change_series(control, districts, "Red", tolerance_m=0)
    monkeypatch.setattr("frontlines.series.differences.MIN_SHARED", 1.0)
    assert_frame_equal(
        by_edges,
        change_series(control, districts, "Red", tolerance_m=0),
        check_exact=False,
        rtol=0,
        atol=1e-6,
    )


def test_without_new_days_the_earlier_series_is_given_back():
    control, districts = _control([1, 3, 2.5]), _districts()
    series = change_series(control, districts, "A")
    assert_frame_equal(series, change_series(control, districts, "A", previous=series), check_exact=True)


def test_what_the_tolerance_absorbs_is_booked_in_the_district_where_it_lies():
    """The top edge rises by 5 cm over 3 km; of these 2 km lie in West and 1 km in East."""
    ground = box(0, 0, 3 * KM, KM)
    raised = box(0, 0, 3 * KM, KM + 0.05)
    control = _control([1, 1])
    control["geometry"] = [ground, raised]
    series = change_series(control, _districts(), "A").set_index("district")
    assert series["turnover_km2"].sum() == 0
    assert series["absorbed_km2"].to_dict() == pytest.approx({"West": 1e-4, "East": 5e-5}, abs=1e-9)


def test_an_unfinished_month_is_done_again():
    control, districts = _control(np.linspace(1, 3, 45)), _districts()
    early = control[control["date"] < "2031-06-20"]
    previous = change_series(early, districts, "A", freq="MS")
    fresh = change_series(control, districts, "A", freq="MS")
    assert_frame_equal(
        fresh, change_series(control, districts, "A", freq="MS", previous=previous), check_exact=True
    )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: change_series(_control([1]), _districts(), "A"), "two snapshots or more"),
        (lambda: change_series(_control([1, 2]), _districts(), "C"), "'C' holds no ground.*'A'"),
        (lambda: change_series(_control([1, 2]), _districts(), "A", freq="2W"), "freq '2W' is not known"),
        (
            lambda: change_series(_control([1, 2]), _districts(), "A", tolerance_m=-1),
            "tolerance_m is -1: give",
        ),
        (
            lambda: change_series(_control([1, 2]), _districts(), "A", tolerance_m=np.inf),
            "tolerance_m is inf",
        ),
    ],
)
def test_what_cannot_be_a_series_is_refused(call, words):
    with pytest.raises(LayerError, match=words):
        call()


@pytest.mark.parametrize(
    ("alter", "words"),
    [
        (lambda table: table.assign(side="B"), "a series of other side: leave it out"),
        (lambda table: table.assign(cadence="weekly"), "a series of other cadence"),
        (lambda table: table.assign(district=table["district"] + "!"), "a series of other districts"),
        (lambda table: table.assign(district_km2=1.0), "a series of other districts"),
        (lambda table: table.iloc[:1], "a series of other districts"),
        (lambda table: table.drop(columns="period_end"), "previous has no column 'period_end'"),
    ],
)
def test_an_earlier_series_of_something_else_is_refused(alter, words):
    control, districts = _control([1, 3, 2.5]), _districts()
    previous = change_series(control[:2], districts, "A")
    with pytest.raises(LayerError, match=words):
        change_series(control, districts, "A", previous=alter(previous))


def test_an_earlier_series_that_does_not_lead_up_to_the_snapshots_is_refused():
    control, districts = _control([1, 3, 2.5]), _districts()
    previous = change_series(control[:2], districts, "A")
    wrong = previous.assign(after_km2=previous["after_km2"] + 1)
    with pytest.raises(ClosureError, match="do not lead to the last snapshot"):
        change_series(control, districts, "A", previous=wrong)


def test_books_that_do_not_close_are_refused(monkeypatch):
    monkeypatch.setattr("frontlines.series.books._held", lambda *_: np.array([0.0, 0.0]))
    with pytest.raises(ClosureError, match="do not lead to the last snapshot"):
        change_series(_control([1, 3]), _districts(), "A")


@pytest.fixture(scope="module")
def ukraine(bench):
    raw = gpd.read_parquet(bench / "deepstate_occupied_20240708_20250731.parquet")
    districts = gpd.read_parquet(bench / "ukraine_adm2_pre2020_geoboundaries.parquet")
    crs = working_crs(districts)
    control = as_control(raw.assign(side="RUS", source="DeepStateUA"), crs)
    return control, as_districts(districts, crs, key="id")


def _whole(control):
    """One district that holds all the ground there is."""
    ground = box(*control.total_bounds).buffer(KM)
    return gpd.GeoDataFrame({"district": ["all"]}, geometry=[ground], crs=control.crs)


@pytest.mark.bench
def test_real_days_agree_with_the_overlay(ukraine):
    control, districts = ukraine
    days = control[control["date"].between("2024-09-10", "2024-09-20")]
    totals = series_totals(change_series(days, _whole(days), "RUS", tolerance_m=0))
    shapes = days.sort_values("date").geometry.tolist()
    for step, (before, after) in enumerate(pairwise(shapes)):
        assert totals["gained_km2"][step] == pytest.approx(
            shapely.difference(after, before).area / 1e6, abs=1e-6
        )
        assert totals["lost_km2"][step] == pytest.approx(
            shapely.difference(before, after).area / 1e6, abs=1e-6
        )
    assert len(change_series(days, districts, "RUS")) == (len(days) - 1) * len(districts)


@pytest.mark.bench
def test_a_change_of_decimals_is_no_change_of_ground(ukraine):
    control, districts = ukraine
    days = control[control["date"].isin(pd.to_datetime(["2024-09-13", "2024-09-14"]))]
    (step,) = series_totals(change_series(days, districts, "RUS")).itertuples()
    assert abs(step.net_km2) < 0.005
    assert step.turnover_km2 < 0.05
    assert step.absorbed_km2 != 0


@pytest.mark.bench
@pytest.mark.parametrize(
    ("first", "last", "published_km2"),
    [("2025-06-02", "2025-07-02", 556), ("2024-11-01", "2024-12-01", 725)],
)
def test_published_monthly_figures_come_out(ukraine, first, last, published_km2):
    control, _ = ukraine
    days = control[control["date"].isin(pd.to_datetime([first, last]))]
    totals = series_totals(change_series(days, _whole(days), "RUS"))
    assert totals["net_km2"].sum() == pytest.approx(published_km2, abs=1)


def test_a_step_over_several_days_is_judged_by_its_daily_turnover():
    fronts = np.cumsum([1.0, *[0.05] * 10, 0.15])
    days = [*pd.date_range("2031-06-01", periods=11), pd.Timestamp("2031-06-14")]
    totals = series_totals(change_series(_control(list(fronts)).assign(date=days), _districts(), "A"))
    assert not totals["suspect"].any()


def test_where_all_steps_are_alike_a_hair_more_is_not_suspect():
    fronts = list(np.cumsum([1.0, *[0.05] * 10, 0.051]))
    assert not change_series(_control(fronts), _districts(), "A")["suspect"].any()


def test_drift_below_the_tolerance_is_in_the_absorbed_area():
    """The front creeps 0.09 m a day for 20 days, over 2 km: 0.0036 km², seen only month by month."""
    control = _control(list(1 + 0.00009 * np.arange(21)))
    daily, weekly = (series_totals(change_series(control, _districts(), "A", freq=f)) for f in (None, "W"))
    for totals in (daily, weekly):
        assert totals["net_km2"].sum() + totals["absorbed_km2"].sum() == pytest.approx(0.0036, abs=1e-9)
    assert daily["net_km2"].sum() == 0


def test_the_bound_of_suspicion_is_ten_robust_standard_deviations():
    """Steps of 2 to 10 m: median 6, spread 2 · 1.4826, so the bound is 6 + 10 · 2.9652 = 35.65 m."""
    moves = [2, 4, 6, 8, 10, 4, 6, 8, 6]

    def told(last):
        fronts = np.cumsum([1000, *moves, last]) / KM
        return series_totals(change_series(_control(list(fronts)), _districts(), "A"))["suspect"].iloc[-1]

    assert not told(34)
    assert told(38)


def _many():
    parts = [
        _control([1, 2, 2, 2.8]),
        _control([0.5, 0.5, 0.7, 0.7], side="B").assign(
            geometry=[box(3000 + 1000 * x, 0, 4000, 1000) for x in (0, 0.5, 0.2, 0.1)]
        ),
        _control([1, 1, 1, 1], side="contested").assign(geometry=[box(2900, 0, 3000, 1000)] * 4),
    ]
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=parts[0].crs)


def test_several_sides_are_those_that_are_followed_one_by_one():
    control, districts = _many(), _districts()
    every = change_series(control, districts)
    assert every["side"].unique().tolist() == ["A", "B", "contested"]
    assert every["period_end"].is_monotonic_increasing
    for side in ("A", "B"):
        own = every[every["side"] == side].reset_index(drop=True)
        assert_frame_equal(own, change_series(control, districts, side), check_exact=True)
    totals = series_totals(every)
    assert totals["side"].tolist() == ["A", "B", "contested"] * 3
    last = totals.groupby("side")["cumulative_net_km2"].last()
    assert last.to_dict() == pytest.approx({"A": 3.6, "B": -0.1, "contested": 0.0})


def test_going_on_with_several_sides_is_the_same_as_starting_again():
    control, districts = _many(), _districts()
    early = change_series(control[control["date"] < "2031-06-03"], districts)
    assert_frame_equal(
        change_series(control, districts), change_series(control, districts, previous=early), check_exact=True
    )
    with pytest.raises(LayerError, match="a series of other side"):
        change_series(control, districts, "A", previous=early)


def test_the_only_side_needs_no_name():
    control = _control([1, 2])
    assert_frame_equal(change_series(control, _districts()), change_series(control, _districts(), "A"))
