"""Strips along the edge in a series: one margin for all days, the same strips as on each day by itself."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import box

import frontlines as fl
from frontlines.geometry.strips import StripFinder
from frontlines.layers import as_control
from frontlines.layers.margins import find_margins
from frontlines.names import KM2

CRS = "EPSG:3035"
X, Y = 4_321_000, 3_210_000  # the centre of the plane, where lengths are true
DAYS = pd.date_range("1994-05-01", periods=5)
EAST = [10_000, 12_000, 12_000, 11_000, 15_000]


def ground(x0, y0, x1, y1):
    return box(X + x0, Y + y0, X + x1, Y + y1)


THEATRE = gpd.GeoDataFrame(geometry=[ground(0, 0, 40_000, 20_000)], crs=CRS)
DISTRICTS = gpd.GeoDataFrame(
    {"district": ["S", "N"], "vintage": "made up"},
    geometry=[ground(0, 0, 40_000, 8_000), ground(0, 8_000, 40_000, 20_000)],
    crs=CRS,
)


def snapshots(shapes=None, days=DAYS):
    shapes = [ground(300, 300, east, 19_700) for east in EAST] if shapes is None else shapes
    raw = gpd.GeoDataFrame({"date": days, "side": "A", "source": "a map"}, geometry=shapes, crs=CRS)
    return as_control(raw, THEATRE.crs)


def test_strips_belong_to_the_side_beside_them_on_all_days():
    found = fl.run_series(snapshots(), DISTRICTS, "A", margin_m=500, front_m=[0])
    totals = found.totals
    assert totals["after_km2"].to_numpy() == pytest.approx(np.array(EAST[1:]) / 1000 * 20, abs=0.01)
    assert totals["gained_km2"].to_numpy() == pytest.approx([40, 0, 0, 80], abs=0.01)
    assert totals["lost_km2"].to_numpy() == pytest.approx([0, 0, 20, 0], abs=0.01)
    strips = np.array(EAST) / 1000 * 20 - (np.array(EAST) - 300) / 1000 * 19.4
    assert totals["margin_after_km2"].to_numpy() == pytest.approx(strips[1:], abs=0.01)
    assert totals["margin_before_km2"].to_numpy() == pytest.approx(strips[:-1], abs=0.01)
    assert found.manifest["margin"]["km2"] == {"A": pytest.approx(strips.max(), abs=0.01)}
    fronts = found.fronts.groupby("date")["front_km"].sum()
    assert fronts.to_numpy() == pytest.approx([20] * 5, rel=2e-3)
    assert found.manifest["beyond_districts_km2"] == {
        "1994-05-01": pytest.approx(0, abs=1e-6),
        "1994-05-05": pytest.approx(0, abs=1e-6),
    }


def test_the_margin_is_found_once_said_and_kept_by_a_series_that_goes_on():
    early = fl.run_series(snapshots()[:3], DISTRICTS, "A")
    margin = early.manifest["margin"]
    assert 300 < margin["margin_m"] < 2000
    assert margin["found"]
    assert "found from the data" in early.caption
    gone_on = fl.run_series(snapshots(), DISTRICTS, "A", previous=early)
    assert gone_on.manifest["margin"]["margin_m"] == margin["margin_m"]
    assert gone_on.manifest["margin"]["found"]
    given = fl.run_series(snapshots(), DISTRICTS, "A", margin_m=margin["margin_m"])
    pd.testing.assert_frame_equal(gone_on.series, given.series)


def test_without_a_margin_a_series_is_as_it_was():
    found = fl.run_series(snapshots(), DISTRICTS, "A", margin_m=0)
    assert found.totals["before_km2"].iloc[0] == pytest.approx(9.7 * 19.4, abs=1e-3)
    assert (found.series[["margin_before_km2", "margin_after_km2"]] == 0).all(axis=None)
    assert "no polygon covers" not in found.caption


def test_order_of_rows_does_not_matter():
    one, other = (fl.run_series(held, DISTRICTS, "A") for held in (snapshots(), snapshots()[::-1]))
    pd.testing.assert_frame_equal(one.series, other.series)
    assert one.manifest["margin"] == other.manifest["margin"]


def test_what_a_polygon_takes_of_its_own_strip_is_not_gained():
    shapes = [ground(300, 300, 10_000, 19_700), ground(0, 0, 10_000, 20_000)]
    found = fl.run_series(snapshots(shapes, DAYS[:2]), DISTRICTS, "A", margin_m=500)
    total = found.totals.iloc[0]
    assert (total["gained_km2"], total["lost_km2"]) == pytest.approx((0, 0), abs=0.01)
    assert total["margin_before_km2"] == pytest.approx(11.82, abs=0.01)
    assert total["margin_after_km2"] == 0


def ragged(rng, east):
    """Ground whose edge beside the theatre's is drawn anew, by up to 400 m."""
    y = np.linspace(300, 19_700, 40)
    west = np.column_stack([rng.uniform(0, 400, 40), y])
    return shapely.Polygon(np.vstack([west, [[east, 19_800]], [[east, 200]]]) + np.array([X, Y]))


def test_each_day_has_the_strips_that_it_has_by_itself():
    rng = np.random.default_rng(0)
    shapes = [ragged(rng, east) for east in (5_000, 6_000, 8_000)]
    shapes += [
        shapely.union_all([shapes[-1], ground(9_000 + 700 * n, 100, 9_600 + 700 * n, 4_000)])
        for n in range(3)
    ]
    edge, sides = StripFinder(THEATRE.geometry.iloc[0], 800.0), np.zeros(1, dtype=np.int64)
    for shape in (*shapes, *shapes[::-1]):
        held = np.array([shape], dtype=object)
        kept, alone = edge.find(held, sides), StripFinder(THEATRE.geometry.iloc[0], 800.0).find(held, sides)
        assert shapely.area(kept.pieces).sum() == pytest.approx(shapely.area(alone.pieces).sum(), abs=1e-3)
        assert shapely.area(kept.pieces).sum() > 1e5


def test_strips_are_those_of_single_days_on_real_ground(bench):
    oblasts = gpd.read_parquet(bench / "ukraine_adm1_official2020.parquet")
    crs = fl.working_crs(oblasts)
    theatre = fl.as_theatre(oblasts, crs, mend=True)
    days = gpd.read_parquet(bench / "deepstate_occupied_20240708_20250731.parquet").iloc[[0, 67, 300]]
    raw = days.assign(side="RUS", source="DeepState")[["date", "side", "source", "geometry"]]
    strips = find_margins(as_control(raw, crs), theatre, margin_m=850).strips
    for day, strip in zip(strips["date"], strips.geometry, strict=True):
        alone = as_control(raw[raw["date"] == day], crs, theatre=theatre, margin_m=850)
        held = alone[alone["side"] == "RUS"]
        booked = held[["margin_km2", "mended_km2"]].sum().sum()  # hair is mended before
        assert strip.area / KM2 == pytest.approx(booked, abs=1e-6)
