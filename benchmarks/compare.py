"""Two sources over many days, by district: our measuring beside geopandas.overlay, day after day.

Run it as ``python -m benchmarks.compare --data FOLDER``, with the folder of ``benchmarks.series``. The second
source is the first one, bent by some hundred metres. Both contenders start from the same ground of the
side, and must find the same areas.
"""

from __future__ import annotations

import argparse
import time
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks.series import DISTRICTS, SIDE, SNAPSHOTS
from frontlines.crs import working_crs
from frontlines.layers import as_control, as_districts
from frontlines.names import WHOLE
from frontlines.two_sources.tables import measured

AGREEMENT_KM2 = 1e-6
"""Largest difference of an area."""


def bent(degrees: np.ndarray) -> np.ndarray:
    """Move points smoothly, so that what does not move from day to day still does not."""
    x, y = degrees.T
    return np.column_stack([x + 0.003 * np.sin(40 * y), y + 0.002 * np.sin(35 * x)])


def layers(folder: Path, days: int) -> tuple[gpd.GeoDataFrame, ...]:
    """Read the first snapshots, bend them, and read the districts; the ground lies in the districts."""
    raw = gpd.read_parquet(folder / SNAPSHOTS).sort_values("date").iloc[:days]
    raw = raw[["date", "geometry"]].assign(side=SIDE, source="DeepStateUA")
    outlines = gpd.read_parquet(folder / DISTRICTS)
    crs = working_crs(outlines)
    districts = as_districts(outlines, crs, key="id")
    theatre = gpd.GeoDataFrame(geometry=[districts.union_all()], crs=crs)
    other = raw.set_geometry(shapely.make_valid(shapely.transform(raw.geometry.values, bent)), crs=raw.crs)
    sources = [as_control(one, crs, theatre=theatre, rest="UKR") for one in (raw, other)]
    return (*(one[one["side"] == SIDE] for one in sources), theatre, districts)


def ours(
    first: gpd.GeoDataFrame, second: gpd.GeoDataFrame, theatre: gpd.GeoDataFrame, districts: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Measure by frontlines: tiles in which nothing differs from a day before are not laid over again."""
    days = sorted(first["date"].unique())
    table = pd.concat(measured(first, second, districts, theatre.geometry.iloc[0], SIDE, days))
    table = table[table["district"] != WHOLE].set_index(["date", "district"])
    return table[["both_km2", "only_first_km2", "only_second_km2"]]


def overlay(
    first: gpd.GeoDataFrame, second: gpd.GeoDataFrame, _: gpd.GeoDataFrame, districts: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Run geopandas.overlay: the union of both sources on each day, then the districts."""
    tables = []
    for day in sorted(first["date"].unique()):
        one, other = (frame.loc[frame["date"] == day, ["side", "geometry"]] for frame in (first, second))
        pieces = gpd.overlay(gpd.overlay(one, other, how="union"), districts[["district", "geometry"]])
        alone = [pieces["side_2"].isna(), pieces["side_1"].isna()]
        kind = np.select(alone, ["only_first_km2", "only_second_km2"], "both_km2")
        tables.append(pieces.assign(date=day, kind=kind, km2=pieces.area / 1e6))
    return pd.concat(tables).pivot_table(
        index=["date", "district"], columns="kind", values="km2", aggfunc="sum"
    )


def main() -> None:
    """Measure both, and print the ratio of their processor times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the benchmark data")
    parser.add_argument("--days", type=int, default=60)
    options = parser.parse_args()
    frames = layers(options.data, options.days)
    found, seconds = [], {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # overlay tells that it dropped points and lines
        for name, contender in (("frontlines", ours), ("geopandas.overlay", overlay)):
            start = time.process_time()
            found.append(contender(*frames))
            seconds[name] = time.process_time() - start
    worst = found[0].sub(found[1], fill_value=0.0).abs().max().max()
    if worst > AGREEMENT_KM2:
        raise SystemExit(f"the areas differ by up to {worst} km²: the comparison is void")
    for name, spent in seconds.items():
        print(f"{name}: {spent / seconds['frontlines']:.2f} × ({spent / options.days:.3f} s a day)")
    print(f"{options.days} days, {len(found[0])} rows; largest difference {worst:.1e} km²")


if __name__ == "__main__":
    main()
