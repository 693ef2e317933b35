"""Movement as a whole pipeline: days between, the study's own error, words and records."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, box

import frontlines as fl
from frontlines.manifest import to_json

CRS = "EPSG:3035"
X, Y = 4_321_000, 3_210_000  # the centre of the plane, where lengths are true
DAYS = pd.to_datetime(["1994-05-02", "1994-05-05", "1994-05-12"])


@pytest.fixture
def study():
    """A front of 20 km that runs north and moves 1 km east, then another 2 km."""
    ground = gpd.GeoDataFrame(geometry=[box(X - 9000, Y, X + 9000, Y + 20_000)], crs=CRS)
    lines = [LineString([(X + x, Y), (X + x, Y + 20_000)]) for x in (0, 1000, 3000)]
    held = {"date": DAYS, "side_left": "A", "side_right": "B", "source": ["a", "b", "a"], "sigma_m": np.nan}
    return fl.Study(
        name="made", title="Made up", side="A", dates=(DAYS[0], DAYS[2]), crs=ground.crs, theatre=ground,
        districts=ground.assign(district="D", vintage="made up"),
        frontlines=gpd.GeoDataFrame(held, geometry=lines, crs=CRS), sides={"A": "Army A"},
    )  # fmt: skip


def test_the_days_between_join_and_all_is_on_record(study):
    found = fl.run_movement(study, length_m=5000)
    assert repr(found) == (
        "MovementResults('made', A, 1994-05-02 to 1994-05-12, 20 transects, mean +3,000 m)"
    )
    assert found.displaced["n_dates"].unique().tolist() == [3]
    assert found.displaced["nsm_m"].tolist() == pytest.approx([3000] * 20, rel=1e-3)
    record = found.manifest["movement"]
    assert (record["dates"], record["days_without_a_line"], record["spacing_m"]) == (3, [], 1000.0)
    assert found.manifest["sources"] == ["a", "b"]
    assert found.title == "How far the front of A (Army A) moved, 2 May 1994 to 12 May 1994"
    assert "two snapshots 10 days apart, and 1 between them" in found.caption
    assert to_json(found.manifest)


def test_lines_without_an_error_take_that_of_the_study(study):
    found = fl.run_movement(replace(study, sigma_m=500.0), length_m=5000)
    assert found.displaced["nsm_sigma_m"].round(1).unique().tolist() == [707.1]
    assert found.frontlines["sigma_m"].tolist() == [500.0] * 3
    assert "Lines without a known error are taken to have a standard error of 500 m" in found.caption


def test_a_title_and_a_baseline_of_ones_own(study):
    base = gpd.GeoDataFrame(geometry=[LineString([(X - 500, Y), (X - 500, Y + 20_000)])], crs=CRS)
    found = fl.run_movement(study, length_m=5000, baseline=base, title="Eastward")
    assert found.title == "Eastward"
    assert "at right angles to a drawn baseline" in found.manifest["notes"][-1]
    pieces = []
    fl.run_movement(study, length_m=5000, progress=lambda share, _: pieces.append(share))
    assert pieces == sorted(pieces)
    assert pieces[-1] == 1


def test_lines_are_cut_by_the_theatre_before_anything_is_measured(study):
    beyond = study.frontlines.copy()
    beyond.geometry = [
        LineString([(X, Y - 60_000), (X, Y + 60_000)]),
        LineString([(X + 1000, Y - 60_000), (X + 1000, Y + 60_000)]),
        LineString(
            [(X + 60_000, Y - 60_000), (X + 60_000, Y - 30_000), (X + 3000, Y - 5000), (X + 3000, Y + 60_000)]
        ),
    ]
    inside, cut = (fl.run_movement(one) for one in (study, replace(study, frontlines=beyond)))
    pd.testing.assert_frame_equal(inside.estimators, cut.estimators, rtol=1e-9)
    assert cut.frontlines.length.tolist() == pytest.approx([20_000] * 3)


def test_a_line_that_leaves_the_theatre_and_returns_is_two_fronts(study):
    lines = study.frontlines.copy()
    away = [
        (X, Y),
        (X, Y + 5000),
        (X + 20_000, Y + 5000),
        (X + 20_000, Y + 8000),
        (X, Y + 8000),
        (X, Y + 20_000),
    ]
    lines.geometry = [LineString(away), *lines.geometry[1:]]
    found = fl.run_study(replace(study, frontlines=lines))
    first = found.frontlines[found.frontlines["date"] == DAYS[0]]
    assert first.length.tolist() == pytest.approx([14_000, 21_000])
    assert first["side_left"].tolist() == ["A", "A"]
