"""Steps that may show a map drawn anew."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import MultiPolygon, box

from frontlines.layers import as_control, as_districts
from frontlines.series import change_series, series_totals

CRS = "EPSG:3035"
KM = 1000.0
DAYS = pd.date_range("2022-08-20", periods=60)
OFFENSIVE = {10: 3, 11: 6, 12: 11, 13: 14, 14: 9, 15: 4, 16: 2, 17: 1}  # km a day, day by day


def _series(redrawn_km, freq=None):
    """Follow a front of 40 km with an offensive over a week, and a peninsula that never moves but is redrawn."""
    moves = 0.1 * np.ones(len(DAYS)) + 0.05 * (np.arange(len(DAYS)) % 3)
    for day, km in OFFENSIVE.items():
        moves[day] = km
    fronts = 100 + np.cumsum(moves)
    coasts = np.where(np.arange(len(DAYS)) < 30, 20.0, 20.0 + redrawn_km)
    shapes = [
        MultiPolygon([box(0, 0, front * KM, 40 * KM), box(0, -80 * KM, coast * KM, -40 * KM)])
        for front, coast in zip(fronts, coasts, strict=True)
    ]
    control = gpd.GeoDataFrame({"date": DAYS, "side": "A"}, geometry=shapes, crs=CRS)
    districts = gpd.GeoDataFrame(
        {"district": ["Front", "Peninsula"]},
        geometry=[box(0, 0, 300 * KM, 40 * KM), box(0, -80 * KM, 40 * KM, -40 * KM)],
        crs=CRS,
    )
    return change_series(control, districts, "A", freq=freq)


def _flagged(series):
    rows = series[series["suspect"]]
    return list(zip(rows["date_to"].dt.strftime("%m-%d"), rows["district"], strict=True))


def test_a_district_that_never_moves_and_is_redrawn_is_suspect_and_an_offensive_is_not():
    series = _series(redrawn_km=12)
    assert series["turnover_km2"].max() == pytest.approx(560)  # a day of the offensive, more than 12 by 40 km
    assert _flagged(series) == [("09-19", "Peninsula")]
    totals = series_totals(series)
    assert totals.loc[totals["suspect"], "date_to"].dt.strftime("%m-%d").tolist() == ["09-19"]


def test_without_a_redrawing_nothing_is_suspect_and_a_speck_is_none():
    assert _flagged(_series(redrawn_km=0)) == []
    assert _flagged(_series(redrawn_km=0.05)) == []


def test_an_outline_drawn_anew_is_suspect_from_week_to_week_too():
    assert ("09-25", "Peninsula") in _flagged(_series(redrawn_km=12, freq="W"))


def test_an_outline_drawn_anew_in_a_district_that_moves_is_suspect():
    """The front of one district goes on; on one day its outline is given and taken alike."""
    fronts = 10 + np.cumsum(np.full(30, 0.1))
    shapes = [box(0, 0, front * KM, 40 * KM) for front in fronts]
    for day in range(15, 30):
        front = fronts[day] * KM
        shapes[day] = box(0, 0, front + 1.5 * KM, 20 * KM).union(box(0, 20 * KM, front - 1.5 * KM, 40 * KM))
    control = gpd.GeoDataFrame({"date": DAYS[:30], "side": "A"}, geometry=shapes, crs=CRS)
    districts = gpd.GeoDataFrame({"district": ["Front"]}, geometry=[box(0, 0, 300 * KM, 40 * KM)], crs=CRS)
    assert _flagged(change_series(control, districts, "A")) == [("09-04", "Front")]


@pytest.mark.bench
def test_a_year_of_war_is_not_drowned_in_flags(bench):
    districts = gpd.read_parquet(bench / "ukraine_adm1_official2020.parquet")
    snapshots = gpd.read_parquet(bench / "deepstate_occupied_20240708_20250731.parquet")
    control = as_control(snapshots[["date", "geometry"]].assign(side="RUS", source="DeepState"), CRS)
    series = change_series(control, as_districts(districts, CRS, key="name_en"), "RUS")
    assert not series["suspect"].any()
    # A district that never moves there is redrawn on one day.
    redrawn = control.copy()
    late = redrawn["date"] >= "2024-11-19"
    lake = gpd.GeoSeries([box(33.9, 45.2, 34.2, 45.45)], crs="EPSG:4326").to_crs(CRS).iloc[0]
    redrawn.loc[late, "geometry"] = redrawn.geometry[late].difference(lake)
    again = change_series(redrawn, as_districts(districts, CRS, key="name_en"), "RUS")
    rows = again[again["suspect"] & (again["turnover_km2"] > 100)]
    assert rows["date_to"].dt.strftime("%Y-%m-%d").tolist() == ["2024-11-19"]
    assert rows["district"].str.contains("Crimea").all()
