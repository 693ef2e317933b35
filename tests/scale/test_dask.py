"""The same figures from the workers of a Dask scheduler, with one that is killed."""

import sys
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import frontlines as fl
from frontlines.errors import ScaleError
from frontlines.manifest import to_json
from frontlines.scale import executor
from tests.scale import workers as at_work

distributed = pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="no signals that kill"),
    pytest.mark.filterwarnings("ignore"),  # of sockets that a killed worker leaves behind
]
CRS, X, Y = "EPSG:3035", 4_321_000, 3_210_000


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=0
    ) as running:
        yield running


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    rng = np.random.default_rng(5)
    fronts = 1500 + np.cumsum(rng.normal(0, 40, (60, 21)), axis=0)
    shapes = [
        shapely.Polygon([(X, Y), *((X + x, Y + 100 * n) for n, x in enumerate(xs)), (X, Y + 2000)])
        for xs in fronts
    ]
    held = {"date": pd.date_range("1931-06-01", periods=60), "side": "A", "source": "made up"}
    path = tmp_path_factory.mktemp("days") / "days.parquet"
    gpd.GeoDataFrame(held, geometry=shapes, crs=CRS).to_parquet(path)
    return path


def test_a_series_is_the_same_and_a_killed_worker_is_replaced(cluster, days, tmp_path):
    shapes = [shapely.box(X, Y, X + 1500, Y + 2000), shapely.box(X + 1500, Y, X + 4000, Y + 2000)]
    districts = gpd.GeoDataFrame({"district": ["W", "E"]}, geometry=shapes, crs=CRS)
    here, there = (
        fl.follow(days, districts, side="A", **more)
        for more in ({}, {"scheduler": cluster.scheduler_address})
    )
    for name, table in here.tables.items():
        pd.testing.assert_frame_equal(table, there.tables[name], check_exact=True)
    assert to_json(here.manifest) == to_json(there.manifest)
    items = [(number, str(tmp_path / "died")) for number in range(8)]
    with executor(scheduler=cluster.scheduler_address) as pool:
        assert list(pool.map(at_work.dies_once, items)) == [n * n for n in range(8)]
        with pytest.raises(ZeroDivisionError):
            list(pool.map(at_work.fails, [1]))


def test_draws_are_the_same(cluster):
    study = replace(fl.load_study("karabakh-1994"), draws=200)
    here, there = (fl.run_study(study, **more) for more in ({}, {"scheduler": cluster.scheduler_address}))
    assert here.balance["sigma_km2"].gt(0).any()
    pd.testing.assert_frame_equal(here.balance, there.balance, check_exact=True)


def test_a_scheduler_that_goes_leaves_what_is_finished(days):
    """The run ends with a clear error, and goes on from the stretches that came back."""
    districts = gpd.GeoDataFrame(
        {"district": ["D"]}, geometry=[shapely.box(X, Y, X + 4000, Y + 2000)], crs=CRS
    )
    kept, whole = [], fl.follow(days, districts, side="A")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
    ) as own:

        def leave(_share, message):
            if message == "what changed hands":
                own.close()

        with pytest.raises(ScaleError, match="the Dask scheduler is gone"):
            fl.follow(
                days, districts, side="A", scheduler=own.scheduler_address, progress=leave,
                keep=lambda *found: kept.append(found),
            )  # fmt: skip
    assert len(kept[0][1]["snapshots"]) == 17
    resumed = fl.follow(days, districts, side="A", previous=kept[0])
    pd.testing.assert_frame_equal(whole.series, resumed.series, check_exact=True)


def test_no_scheduler_is_told_in_a_line():
    none = pytest.raises(ScaleError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9")
    with none, executor(scheduler="tcp://127.0.0.1:9"):
        pass
