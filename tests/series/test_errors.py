"""Errors of a series, beside those of two dates and beside the spread of lines pushed by numpy alone."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import frontlines as fl
from frontlines.errors import LayerError, NoiseError
from frontlines.series import series_error

CRS = "EPSG:3035"
X, Y = 4_321_000, 3_210_000
HEIGHT_M, WIDTH_M, BORDER = 80_000.0, 60_000.0, 38_000.0
NORTHING = np.linspace(0, HEIGHT_M, 161)
DAYS = pd.date_range("2021-06-01", periods=5)
DRAWN = [(0, 161), (20, 90), (60, 140), None, (10, 120)]  # vertices drawn anew on each day


def box(west, south, east, north):
    return shapely.box(X + west, Y + south, X + east, Y + north)


@pytest.fixture(scope="module")
def districts():
    shapes = [box(0, 0, WIDTH_M, BORDER), box(0, BORDER, WIDTH_M, HEIGHT_M), box(-9000, 0, -5000, 9000)]
    return gpd.GeoDataFrame({"district": ["N", "S", "far"]}, geometry=shapes, crs=CRS)


def true_fronts():
    front = 25_000 + 2000 * np.sin(NORTHING / 12_000)
    fronts = [front]
    for part in DRAWN[1:]:
        front = front.copy()
        if part is not None:
            front[slice(*part)] += 900 * np.sin(np.linspace(0, np.pi, part[1] - part[0]))
        fronts.append(front)
    return np.array(fronts)


def control_of(fronts, days=DAYS, **columns):
    back = [[X, Y + HEIGHT_M], [X, Y]]
    grounds = [
        shapely.Polygon(np.vstack([np.column_stack([X + east, Y + NORTHING]), back])) for east in fronts
    ]
    return gpd.GeoDataFrame({"date": days, "side": "A", **columns}, geometry=grounds, crs=CRS)


def errors_of(control, districts, noise, **more):
    series = fl.change_series(control, districts, "A", freq=more.pop("freq", None))
    return series_error(series, control, districts, noise, **more)


@pytest.mark.parametrize("correlation_m", [2000.0, 6000.0])
def test_told_sigmas_are_the_spread_of_lines_drawn_with_errors(districts, correlation_m):
    rng, sigma_m, true = np.random.default_rng(7), 300.0, true_fronts()
    far = np.append(0, np.cumsum(np.hypot(np.diff(true[0]), np.diff(NORTHING))))
    root = np.linalg.cholesky(np.exp(-np.abs(far[:, None] - far) / correlation_m) + 1e-9 * np.eye(len(far)))
    aslant = np.sqrt(1 + np.gradient(true, NORTHING, axis=1) ** 2)
    n, error, drawn = 1500, None, []
    for east, stretch, part in zip(true, aslant, DRAWN, strict=True):
        if part is not None:
            fresh = sigma_m * rng.standard_normal((n, len(far))) @ root.T
            error = fresh if error is None else error.copy()
            error[:, slice(*part)] = fresh[:, slice(*part)]
        drawn.append(east + error * stretch)
    areas = np.trapezoid(np.array(drawn), NORTHING, axis=2) / 1e6  # (days, draws)
    steps, whole = np.diff(areas, axis=0).std(axis=1, ddof=1), (areas[-1] - areas[0]).std(ddof=1)
    told = [errors_of(control_of(true), districts, fl.NoiseModel(sigma_m, correlation_m)).totals]
    ratio = told[0]["sigma_km2"].to_numpy() / np.where(steps > 0, steps, np.nan)
    assert np.all((ratio[[0, 1, 3]] > 0.95) & (ratio[[0, 1, 3]] < 1.15)), ratio
    assert told[0]["sigma_km2"].iloc[2] == 0  # the map of the day before, once more
    assert 0.95 < told[0]["cumulative_sigma_km2"].iloc[-1] / whole < 1.15


@pytest.fixture(scope="module")
def found(districts):
    control = control_of(true_fronts())
    return control, errors_of(control, districts, fl.NoiseModel(300.0, 6000.0), border_m=1.0)


def test_the_sum_rests_on_the_first_and_the_last_map_as_two_dates_do(districts, found):
    control, errors = found
    theatre = gpd.GeoDataFrame(geometry=[box(0, 0, WIDTH_M, HEIGHT_M)], crs=CRS)
    two = fl.as_control(control.iloc[[0, 4]], CRS, theatre=theatre, rest="B")
    near = districts[districts["district"] != "far"]
    first, last = (two[two["date"] == day] for day in (DAYS[0], DAYS[4]))
    balance = fl.balance_by_district(
        fl.transitions_by_district(fl.change_between(first, last, theatre), near), "A"
    )
    lines = fl.frontlines_from_control(two, theatre, border_m=1.0)
    known = fl.balance_error(
        balance, two, lines, theatre=theatre, districts=near, noise=fl.NoiseModel(300.0, 6000.0)
    )
    expected = [*known.by_district["sigma_km2"], *known.total["sigma_km2"]]
    overall = errors.overall[errors.overall["district"] != "far"]
    assert overall["sigma_km2"].tolist() == pytest.approx(expected, rel=1e-3)
    assert overall["net_km2"].iloc[-1] == pytest.approx(balance["net_km2"].sum())
    last_step = errors.totals.iloc[-1]
    assert last_step["cumulative_sigma_km2"] == overall["sigma_km2"].iloc[-1]
    assert (
        last_step["cumulative_low_km2"] < last_step["cumulative_net_km2"] < last_step["cumulative_high_km2"]
    )
    assert last_step["cumulative_lowest_km2"] < last_step["cumulative_low_km2"]


def test_a_step_rests_on_the_edges_that_differ(found):
    errors = found[1]
    steps = errors.series.pivot_table(index="period_end", columns="district", values="sigma_km2")
    assert steps["far"].eq(0).all()  # no edge is within reach
    assert steps.loc[DAYS[3]].eq(0).all()
    assert (steps.loc[DAYS[[1, 2, 4]], ["N", "S"]] > 0).all(axis=None)
    ends = errors.series[["before_low_km2", "before_high_km2"]][errors.series["district"] == "S"]
    assert (ends["before_high_km2"] - ends["before_low_km2"] > 0).all()
    pieces = np.hypot(steps.loc[DAYS[1], "N"], steps.loc[DAYS[1], "S"])
    assert (
        errors.totals["sigma_km2"].iloc[0] > pieces
    )  # lines on both sides of a border have errors in common


def test_no_width_of_zero_stands_where_ground_may_have_moved():
    # A district 400 m beyond the front; a change along the theatre's edge alone; a week without a map.
    shapes = [box(0, 0, 1400, 9000), box(1400, 0, 4000, 9000)]
    narrow = gpd.GeoDataFrame({"district": ["in", "beyond"]}, geometry=shapes, crs=CRS)
    days = pd.to_datetime(["2021-06-01", "2021-06-09", "2021-06-30"])
    fronts = [
        box(0, 0, 900, 9000),
        box(0, 0, 1000, 9000),
        box(0, 0, 1000, 9000).union(box(3960, 0, 4000, 9000)),
    ]
    control = gpd.GeoDataFrame({"date": days, "side": "A"}, geometry=fronts, crs=CRS)
    noise = fl.NoiseModel(200.0, math.inf)
    rows = errors_of(control, narrow, noise, border_m=50.0, freq="W").series
    rows = rows.set_index(["period_end", "district"])[["net_km2", "sigma_km2", "trust"]]
    assert rows.loc[("2021-06-13", "in"), "sigma_km2"] == pytest.approx(math.sqrt(2) * 0.2 * 9)
    assert np.isnan(rows.loc[("2021-06-13", "beyond"), "sigma_km2"])
    assert rows.loc[("2021-06-13", "beyond"), "trust"] == "no"
    assert rows.loc[("2021-06-20", slice(None)), "sigma_km2"].isna().all()  # no new snapshot
    assert rows.loc[("2021-07-04", "in"), "sigma_km2"] == 0
    moved = rows.loc[("2021-07-04", "beyond")]
    assert moved["net_km2"] > 0.3
    assert np.isnan(moved["sigma_km2"])


def test_a_sigma_of_its_own_goes_before_that_of_the_model(districts):
    days, fronts = DAYS[:2], true_fronts()[:2]
    own = control_of(fronts, days, sigma_m=[100.0, np.nan])
    noise = fl.NoiseModel(300.0, 6000.0, length_factor=1)
    sigma = errors_of(own, districts, noise).totals["sigma_km2"].iloc[0]
    one, both = (
        errors_of(control_of(fronts, days), districts, fl.NoiseModel(metres, 6000.0))
        .totals["sigma_km2"]
        .iloc[0]
        for metres in (100.0, 300.0)
    )
    assert sigma == pytest.approx(math.sqrt((one**2 + both**2) / 2), rel=0.02)
    lines = gpd.GeoDataFrame({"date": days, "sigma_m": 200.0}, geometry=own.boundary.to_list(), crs=CRS)
    drawn = errors_of(own, districts, noise, frontlines=lines).totals["sigma_km2"].iloc[0]
    assert drawn == pytest.approx(2 * one)


def test_what_cannot_be_known_is_refused(districts):
    control = control_of(true_fronts())
    series = fl.change_series(control, districts, "A")
    with pytest.raises(NoiseError, match="km of front have no sigma_m: give them one, or pass NoiseModel"):
        series_error(series, control, districts, fl.NoiseModel(None, 6000.0))
    with pytest.raises(NoiseError, match="give between=0"):
        series_error(series, control, districts, fl.NoiseModel(300.0, 6000.0, between=0.5))
    with pytest.raises(LayerError, match="control lacks dates of the series"):
        series_error(series, control.iloc[:3], districts, fl.NoiseModel(300.0, 6000.0))
