"""How long a simulation of large fronts takes.

    python -m benchmarks.draws [--draws 1000] [--workers 1]

A comb of fronts runs through 494 districts: 500 stretches of 10 km, sigma 1 km. Printed are
wall and processor time of `simulate_balance`, with the correlation length known and as a judgement.
"""

from __future__ import annotations

import argparse
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import shapely.ops

import frontlines as fl
from frontlines.scale import executor

CRS = "EPSG:3035"
DAYS = pd.to_datetime(["2031-06-01", "2031-07-01"])
SIDE_M, COLUMNS, ROWS = 30_000.0, 26, 19
STRETCH_M = 10_000.0
TEETH, WIDE_M, MOVED_M = 5, 80_000.0, 4_000.0


def layers(*, drawn: bool = True) -> dict[str, gpd.GeoDataFrame]:
    """Make districts, theatre and control, and lines if they are to be `drawn`, which takes longest."""
    cells = [
        shapely.box(x * SIDE_M, y * SIDE_M, (x + 1) * SIDE_M, (y + 1) * SIDE_M)
        for x in range(COLUMNS)
        for y in range(ROWS)
    ]
    names = [f"D{i:03d}" for i in range(len(cells))]
    districts = gpd.GeoDataFrame({"district": names}, geometry=cells, crs=CRS)
    theatre = shapely.box(0, 0, COLUMNS * SIDE_M, ROWS * SIDE_M)
    starts = np.linspace(20_000, COLUMNS * SIDE_M - WIDE_M - 60_000, TEETH)
    teeth = [shapely.box(x, -1, x + WIDE_M, ROWS * SIDE_M - 50_000) for x in starts]
    comb = shapely.union_all([*teeth, shapely.box(-1, -1, COLUMNS * SIDE_M + 1, 30_000)])
    held = [comb.intersection(theatre), comb.buffer(MOVED_M, join_style="mitre").intersection(theatre)]
    ground = [
        {"date": day, "side": side, "source": "made up", "geometry": shape}
        for day, own in zip(DAYS, held, strict=True)
        for side, shape in (("A", own), ("B", theatre.difference(own)))
    ]
    lines = []
    for day, own in zip(DAYS, held, strict=True) if drawn else ():
        path = shapely.line_merge(own.boundary.difference(theatre.boundary.buffer(1.0)))
        steps = np.arange(0, path.length, STRETCH_M)
        points = shapely.segmentize(path, 1_000.0)
        lines += [
            {"date": day, "sigma_m": 1_000.0, "geometry": shapely.ops.substring(points, at, at + STRETCH_M)}
            for at in steps
        ]
    return {
        "control": gpd.GeoDataFrame(ground, crs=CRS),
        **({"frontlines": gpd.GeoDataFrame(lines, crs=CRS)} if drawn else {}),
        "theatre": gpd.GeoDataFrame(geometry=[theatre], crs=CRS),
        "districts": districts,
    }


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    found = layers()
    control = found["control"]
    change = fl.change_between(*(control[control["date"] == day] for day in DAYS), found["theatre"])
    balance = fl.balance_by_district(fl.transitions_by_district(change, found["districts"]), "A")
    counts = found["frontlines"].groupby("date").size().tolist()
    print(f"{counts[0]} and {counts[1]} stretches, {len(found['districts'])} districts, {asked.draws} draws")
    with executor(workers=asked.workers) as pool:
        for factor in (1.0, 3.0):
            wall, cpu = time.perf_counter(), time.process_time()
            fl.simulate_balance(
                balance,
                **found,
                noise=fl.NoiseModel(None, 5_000.0, length_factor=factor),
                draws=asked.draws,
                mapper=pool.map,
            )
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            print(f"length_factor {factor:g}: {wall:.0f} s, of this process's CPU {cpu:.0f} s", flush=True)


if __name__ == "__main__":
    main()
