"""Two snapshots months apart, districts × from → to: our change and tables beside geopandas.overlay.

Run it as ``python -m benchmarks.change --data FOLDER``, with the folder of ``benchmarks.series``. Both
start from the same checked frames, take turns in one process, and must find the same areas.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from pathlib import Path

import geopandas as gpd
import pandas as pd

from benchmarks.series import DISTRICTS, SIDE, SNAPSHOTS
from frontlines.change import change_between, transitions_by_district
from frontlines.crs import working_crs
from frontlines.layers import as_control, as_districts

AGREEMENT_KM2 = 1e-3
"""Largest difference of a row: we give slivers thinner than a metre to a neighbour, and overlay does not."""
KEYS = ["district", "side_from", "side_to"]


def layers(folder: Path) -> tuple[gpd.GeoDataFrame, ...]:
    """Read the first and the last snapshot, and the districts; check them, and cut them to one theatre."""
    snapshots = gpd.read_parquet(folder / SNAPSHOTS).sort_values("date").iloc[[0, -1]]
    raw = gpd.read_parquet(folder / DISTRICTS)
    crs = working_crs(raw)
    districts = as_districts(raw, crs, key="id")
    theatre = gpd.GeoDataFrame(geometry=[districts.union_all()], crs=crs)
    control = as_control(snapshots.assign(side=SIDE, source="DeepStateUA"), crs, theatre=theatre, rest="UKR")
    before, after = (part for _, part in control.groupby("date"))
    return before, after, theatre, districts


def ours(
    before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, theatre: gpd.GeoDataFrame, districts: gpd.GeoDataFrame
) -> pd.Series:
    """Run frontlines: change, then transitions, with every book checked."""
    change = change_between(before, after, theatre)
    return transitions_by_district(change, districts).groupby(KEYS)["area_km2"].sum()


def overlay(
    before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, _: gpd.GeoDataFrame, districts: gpd.GeoDataFrame
) -> pd.Series:
    """Run geopandas.overlay: the union of both dates, then the districts; nothing is checked."""
    both = gpd.overlay(before[["side", "geometry"]], after[["side", "geometry"]], how="union")
    pieces = gpd.overlay(both, districts[["district", "geometry"]], how="intersection")
    pieces = pieces.rename(columns={"side_1": "side_from", "side_2": "side_to"})
    return pieces.assign(area_km2=pieces.area / 1e6).groupby(KEYS)["area_km2"].sum()


def main() -> None:
    """Measure both, and print the ratio of their medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the benchmark data")
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    frames = layers(options.data)
    seconds: dict[str, list[float]] = {"frontlines": [], "geopandas.overlay": []}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # overlay tells that it dropped points and lines
        for _ in range(options.repeats):
            found = []
            for name, contender in (("frontlines", ours), ("geopandas.overlay", overlay)):
                start = time.perf_counter()
                found.append(contender(*frames))
                seconds[name].append(time.perf_counter() - start)
    worst = found[0].sub(found[1], fill_value=0.0).abs().max()
    if worst > AGREEMENT_KM2:
        raise SystemExit(f"the areas differ by up to {worst} km²: the comparison is void")
    medians = {name: statistics.median(spent) for name, spent in seconds.items()}
    for name, median in medians.items():
        print(f"{name}: {median / medians['frontlines']:.2f} ×")
    print(f"{len(found[0])} rows; largest difference {worst:.6f} km²")


if __name__ == "__main__":
    main()
