"""Net change by several sources: made-up ones, with errors that are known."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from frontlines import NoiseModel, net_by_source
from frontlines.errors import LayerError

CRS = "EPSG:3035"
X, Y, HEIGHT_M = 4_321_000, 3_210_000, 60_000.0
DAYS = tuple(pd.to_datetime(["2021-06-01", "2021-06-09"]))
NORTHING = np.linspace(0, HEIGHT_M, 61)
TRUE = [25_000 + 0 * NORTHING, 27_000 + 0 * NORTHING]
THEATRE = gpd.GeoDataFrame(geometry=[shapely.box(X, Y, X + 60_000, Y + HEIGHT_M)], crs=CRS)


def source(fronts):
    back = [[X, Y + HEIGHT_M], [X, Y]]
    grounds = [
        shapely.Polygon(np.vstack([np.column_stack([X + east, Y + NORTHING]), back])) for east in fronts
    ]
    return gpd.GeoDataFrame({"date": DAYS, "side": "A"}, geometry=grounds, crs=CRS)


def test_the_expected_spread_is_that_of_sources_with_these_errors_alone():
    rng, noise = np.random.default_rng(3), NoiseModel(300.0, 8000.0, length_factor=1)
    root = np.linalg.cholesky(np.exp(-np.abs(NORTHING[:, None] - NORTHING) / 8000.0) + 1e-9 * np.eye(61))
    nets = []
    for _ in range(2000):
        pushed = 300.0 * rng.standard_normal((3, 2, 61)) @ root.T
        nets.append(np.trapezoid(pushed[:, 1] - pushed[:, 0], NORTHING) / 1e6)
    found = net_by_source(dict.fromkeys("abc", source(TRUE)), THEATRE, "A", DAYS, noise)
    assert found.expected_km2 == 0  # the same lines three times: copies have one error
    assert found.table["sigma_km2"].iloc[0] == pytest.approx(np.std(nets), rel=0.03)
    drawn = {
        name: source([east + rng.normal(0, 1, 61) for east in TRUE])  # nobody draws the same line twice
        for name in "abc"
    }
    found = net_by_source(drawn, THEATRE, "A", DAYS, noise)
    assert found.expected_km2**2 == pytest.approx(np.var(nets, axis=1, ddof=1).mean(), rel=0.05)
    assert found.share_explained == 1.0  # they lie closer than errors of this size would let them
    assert found.p_spread > 0.99
    assert found.lowest == found.highest == (found.expected_km2, 1.0, found.p_spread)


def test_a_source_that_is_wrong_is_not_explained_by_the_errors_of_lines():
    sources = {
        "map": source(TRUE),
        "list": source([TRUE[0] + 1, TRUE[1] + 1]),
        "odd": source([TRUE[0] + 2, TRUE[1] + 2002]),
    }
    found = net_by_source(sources, THEATRE, "A", DAYS, NoiseModel(100.0, 5000.0))
    assert found.table["net_km2"].tolist() == pytest.approx([120, 120, 240])
    assert found.spread_km2 == pytest.approx(120 / math.sqrt(3))
    assert found.share_explained == pytest.approx((found.expected_km2 / found.spread_km2) ** 2)
    assert found.share_explained < 0.01
    assert found.p_spread < 0.001
    least, most = found.lowest, found.highest
    assert least[0] < found.expected_km2 < most[0]
    assert least[1] < found.share_explained < most[1]


def test_without_errors_there_is_the_spread_alone():
    sources = {"map": source(TRUE), "list": source([TRUE[0], TRUE[1] + 1000])}
    found = net_by_source(sources, THEATRE, "A", DAYS)
    assert found.spread_km2 == pytest.approx(60 / math.sqrt(2))
    assert found.table["sigma_km2"].isna().all()
    assert math.isnan(found.share_explained)


def test_sources_that_cannot_be_set_beside_each_other_are_refused():
    both = {"map": source(TRUE), "list": source(TRUE)}
    with pytest.raises(LayerError, match="needs two sources or more, and an earlier and a later day"):
        net_by_source({"map": source(TRUE)}, THEATRE, "A", DAYS)
    with pytest.raises(LayerError, match="list does not hold 2021-06-09: give days that every source has"):
        net_by_source(both | {"list": source(TRUE).iloc[:1]}, THEATRE, "A", DAYS)
    with pytest.raises(LayerError, match="no source gives ground to 'C': the sides are 'A'"):
        net_by_source(both, THEATRE, "C", DAYS)
