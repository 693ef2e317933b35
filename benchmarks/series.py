"""Daily snapshots by district: our engine beside what a careful user would write.

Run it as ``python -m benchmarks.series --data FOLDER``; the folder holds a GeoParquet of daily snapshots
(column ``date``) and one of districts (column ``id``). Every contender runs in a process of its own, so
that its peak memory is its own; all must find the same ground gained and lost, step by step and
district by district. SedonaDB takes part if
it is installed (``pip install "sedonadb[geopandas]"``), PostGIS if ``psycopg`` is and the environment
variable ``FRONTLINES_POSTGIS`` names a database (``host=localhost dbname=bench user=me``) in which
temporary tables may be made; its clock starts when the tables are loaded and indexed.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from frontlines.crs import working_crs
from frontlines.layers import as_control, as_districts
from frontlines.series import change_series

SNAPSHOTS = "deepstate_occupied_20240708_20250731.parquet"
DISTRICTS = "ukraine_adm2_pre2020_geoboundaries.parquet"
SIDE = "RUS"
AGREEMENT, AGREEMENT_KM2 = 1e-4, 1e-2
"""Largest difference of a contender's figures from ours: of the totals, as a share, and of a step in a
district. Their edges are not cut in the plane."""
KEYS = ["step", "district", "sign"]

POSTGIS = "FRONTLINES_POSTGIS"
MOVED = """
    WITH moved AS (
        SELECT b.n, 1 AS sign, ST_Difference(a.geometry, b.geometry) AS geometry
        FROM snapshots b JOIN snapshots a ON a.n = b.n + 1
        UNION ALL
        SELECT b.n, -1 AS sign, ST_Difference(b.geometry, a.geometry)
        FROM snapshots b JOIN snapshots a ON a.n = b.n + 1
    )
    SELECT m.n AS step, d.n AS district, sign,
           sum(ST_Area(ST_Intersection(m.geometry, d.geometry))) / 1e6 AS km2
    FROM moved m JOIN districts d ON ST_Intersects(m.geometry, d.geometry)
    GROUP BY m.n, d.n, sign
"""
"""The pipeline of `overlay` in SQL."""

Found = dict[str, float]
"""Ground gained (sign 1) and lost (-1) [km²] by ``step district sign``."""


def read(folder: Path, days: int) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Read the first days of the series, and the districts."""
    snapshots = gpd.read_parquet(folder / SNAPSHOTS).sort_values("date").head(days)
    return snapshots.reset_index(drop=True), gpd.read_parquet(folder / DISTRICTS)


def reading(folder: Path, days: int) -> tuple[float, Found | None]:
    """Read and project, and nothing else."""
    start = time.perf_counter()
    snapshots, districts = read(folder, days)
    crs = working_crs(districts)
    snapshots.to_crs(crs)
    districts.to_crs(crs)
    return time.perf_counter() - start, None


def door(folder: Path, days: int) -> tuple[float, Found | None]:
    """Read, check and project through our door."""
    start = time.perf_counter()
    _ours(folder, days)
    return time.perf_counter() - start, None


def _ours(folder: Path, days: int) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    snapshots, districts = read(folder, days)
    crs = working_crs(districts)
    control = as_control(snapshots.assign(side=SIDE, source="DeepStateUA"), crs)
    return control, as_districts(districts, crs, key="id")


def engine(folder: Path, days: int) -> tuple[float, Found | None]:
    """Run frontlines.change_series on checked frames.

    The figures to compare are those without a tolerance for vertices, which no other contender has.
    """
    control, districts = _ours(folder, days)
    start = time.perf_counter()
    change_series(control, districts, SIDE)
    spent = time.perf_counter() - start
    table = change_series(control, districts, SIDE, tolerance_m=0)
    step = table.groupby("period_end", sort=True).ngroup()
    number = table["district"].map(dict(zip(districts["district"], range(len(districts)), strict=True)))
    signed = [
        pd.DataFrame({"step": step, "district": number, "sign": sign, "km2": table[name]})
        for sign, name in ((1, "gained_km2"), (-1, "lost_km2"))
    ]
    return spent, _found(pd.concat(signed))


def overlay(folder: Path, days: int) -> tuple[float, Found | None]:
    """Run geopandas.overlay: differences both ways for each step, then the districts."""
    snapshots, districts = read(folder, days)
    crs = working_crs(districts)
    snapshots = snapshots.to_crs(crs)
    districts = districts.to_crs(crs).reset_index(names="district")[["district", "geometry"]]
    start = time.perf_counter()
    parts = []
    for step in range(len(snapshots) - 1):
        before, after = (snapshots.iloc[[row]][["geometry"]] for row in (step, step + 1))
        for sign, pair in ((1, (after, before)), (-1, (before, after))):
            moved = gpd.overlay(*pair, how="difference")
            if len(moved):
                met = gpd.overlay(moved, districts, how="intersection")
                parts.append(met.assign(km2=met.area / 1e6, step=step, sign=sign)[[*KEYS, "km2"]])
    return time.perf_counter() - start, _found(pd.concat(parts))


def _found(rows: pd.DataFrame) -> Found:
    """Sum rows by step, district and sign; leave out what is nothing but rounding."""
    sums = rows.groupby(KEYS)["km2"].sum()
    return {" ".join(map(str, key)): float(km2) for key, km2 in sums[sums > AGREEMENT_KM2 / 100].items()}


def _plane(folder: Path, days: int) -> dict[str, gpd.GeoDataFrame]:
    """Read and project what a database works on."""
    snapshots, districts = read(folder, days)
    crs = working_crs(districts)
    return {
        "snapshots": snapshots.to_crs(crs).reset_index(names="n")[["n", "geometry"]],
        "districts": districts.to_crs(crs).reset_index(names="n")[["n", "geometry"]],
    }


def sedona(folder: Path, days: int) -> tuple[float, Found | None]:
    """Run the same pipeline in SedonaDB's SQL."""
    import sedonadb  # noqa: PLC0415 - an optional contender

    frames = _plane(folder, days)
    session = sedonadb.connect()
    start = time.perf_counter()
    for name, frame in frames.items():
        session.create_data_frame(frame.set_crs(None, allow_override=True)).to_view(name)
    rows = session.sql(MOVED).to_pandas()
    return time.perf_counter() - start, _found(rows)


def postgis(folder: Path, days: int) -> tuple[float, Found | None]:
    """Run the same pipeline in PostGIS, on tables that are loaded and indexed beforehand."""
    import psycopg  # noqa: PLC0415 - an optional contender

    with psycopg.connect(os.environ[POSTGIS]) as connection, connection.cursor() as cursor:
        for name, frame in _plane(folder, days).items():
            cursor.execute(f"CREATE TEMP TABLE {name} (n integer, geometry geometry)")
            with cursor.copy(f"COPY {name} FROM STDIN") as rows:
                for number, shape in zip(frame["n"], frame.geometry.to_wkb(hex=True), strict=True):
                    rows.write_row((number, shape))
            cursor.execute(f"CREATE INDEX ON {name} USING gist (geometry)")
            cursor.execute(f"ANALYZE {name}")
        start = time.perf_counter()
        rows = cursor.execute(MOVED).fetchall()
        return time.perf_counter() - start, _found(pd.DataFrame(rows, columns=[*KEYS, "km2"]))


CONTENDERS: dict[str, Callable[[Path, int], tuple[float, Found | None]]] = {
    "frontlines, engine": engine,
    "frontlines, read, check and project": door,
    "geopandas, read and project": reading,
    "geopandas.overlay": overlay,
    "SedonaDB": sedona,
    "PostGIS": postgis,
}


def present() -> list[str]:
    """Name the contenders that can take part here."""
    absent = {
        "SedonaDB": importlib.util.find_spec("sedonadb") is None,
        "PostGIS": importlib.util.find_spec("psycopg") is None or POSTGIS not in os.environ,
    }
    return [name for name in CONTENDERS if not absent.get(name, False)]


Run = dict[str, Any]


def measure(jobs: list[tuple[str, int]], folder: Path, repeats: int) -> list[Run]:
    """Run contenders on so many days each, in a process of its own, turn by turn.

    Returns
    -------
    runs
        For each job the median time, the totals and the peak memory, or how it failed.
    """
    runs: list[list[Run]] = [[] for _ in jobs]
    for _ in range(repeats):
        for (name, days), own in zip(jobs, runs, strict=True):
            words = ["--data", str(folder), "--days", str(days), "--only", name]
            command = [sys.executable, "-m", "benchmarks.series", *words]
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
            own.append(
                {"failed": done.stderr.strip().splitlines()[-1]}
                if done.returncode
                else json.loads(done.stdout.strip().splitlines()[-1])
            )
    failed = [next((run for run in own if "failed" in run), None) for own in runs]
    return [
        bad or {**own[0], "seconds": statistics.median(run["seconds"] for run in own)}
        for own, bad in zip(runs, failed, strict=True)
    ]


def compare(name: str, theirs: pd.Series[float], ours: pd.Series[float]) -> None:
    """Stop if a contender did not find the same ground."""
    worst = theirs.sub(ours, fill_value=0.0).abs().max()
    if worst > AGREEMENT_KM2 or not np.isclose(theirs.sum(), ours.sum(), rtol=AGREEMENT):
        raise SystemExit(
            f"{name} found {theirs.sum():.3f} km² moved, and we {ours.sum():.3f}, {worst:.6f} km² apart in a "
            "district at one step: the comparison is void"
        )


def table(folder: Path, days: int, repeats: int, names: list[str]) -> pd.DataFrame:
    """Compare all contenders on the same days."""
    runs = dict(zip(names, measure([(name, days) for name in names], folder, repeats), strict=True))
    ours = runs["frontlines, engine"]
    rows = []
    for name, run in runs.items():
        if "failed" in run:
            rows.append({"contender": name, "days": days, "time": f"failed: {run['failed']}"})
            continue
        if run["found"] is not None:
            compare(name, pd.Series(run["found"]), pd.Series(ours["found"]))
        ratio = run["seconds"] / ours["seconds"]
        rows.append(
            {
                "contender": name,
                "days": days,
                "time": f"{ratio:.2f} ×",
                "peak memory": "its server's" if name == "PostGIS" else f"{run['mib']:.0f} MiB",
            }
        )
    return pd.DataFrame(rows)


def scaling(folder: Path, sizes: list[int], repeats: int) -> str:
    """Say how our engine's time grows with the number of days."""
    runs = measure([("frontlines, engine", days) for days in sizes], folder, repeats)
    return "engine, time for " + ", ".join(
        f"{days} days {run['seconds'] / runs[0]['seconds']:.2f} ×"
        for days, run in zip(sizes, runs, strict=True)
    )


def in_markdown(rows: pd.DataFrame) -> str:
    """Write a table of texts in Markdown."""
    lines = [list(rows.columns), *rows.fillna("").astype(str).to_numpy().tolist()]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    cells = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def main() -> None:
    """Read the command line; run one contender, or compare them all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the benchmark data")
    parser.add_argument("--days", type=int, default=384)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=list(CONTENDERS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        spent, found = CONTENDERS[options.only](options.data, options.days)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"seconds": spent, "found": found, "mib": peak}))
        return
    print(in_markdown(table(options.data, options.days, options.repeats, present())))
    print(scaling(options.data, [options.days // 4, options.days // 2, options.days], options.repeats))


if __name__ == "__main__":
    main()
