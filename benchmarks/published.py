"""Net change by month beside what DeepState published, where the cut of the month is known.

Run it as ``python -m benchmarks.published --data FOLDER``, with the folder of ``benchmarks.series``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyproj
from shapely import box

from benchmarks.series import DISTRICTS, SIDE, SNAPSHOTS
from frontlines.crs import working_crs
from frontlines.layers import as_control, as_districts
from frontlines.series import change_series, series_totals

MONTHS = [("June 2025", "2025-06-02", "2025-07-02", 556), ("November 2024", "2024-11-01", "2024-12-01", 730)]
"""Month, files compared, net change published by DeepState [km²]."""
SPHERE = pyproj.Geod(a=6_378_137, b=6_378_137)
"""The sphere on which DeepState measures."""
MARGIN_M = 10_000


def on_sphere(ground: gpd.GeoSeries) -> float:
    """Area as DeepState measures it [km²]."""
    return sum(abs(SPHERE.geometry_area_perimeter(shape)[0]) for shape in ground) / 1e6


def main() -> None:
    """Print a row for each month."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the benchmark data")
    folder = parser.parse_args().data
    snapshots, raw = gpd.read_parquet(folder / SNAPSHOTS), gpd.read_parquet(folder / DISTRICTS)
    crs = working_crs(raw)
    districts = as_districts(raw, crs, key="id")
    rows = []
    for month, first, last, published in MONTHS:
        days = snapshots[snapshots["date"].isin(pd.to_datetime([first, last]))].sort_values("date")
        control = as_control(days.assign(side=SIDE, source="DeepStateUA"), crs)
        around = gpd.GeoDataFrame(
            {"district": ["all"]}, geometry=[box(*control.total_bounds).buffer(MARGIN_M)], crs=crs
        )
        net = {
            name: series_totals(change_series(control, layer, SIDE))["net_km2"].sum()
            for name, layer in (("all ground, km²", around), ("in districts, km²", districts))
        }
        sphere = on_sphere(days.geometry.iloc[[1]]) - on_sphere(days.geometry.iloc[[0]])
        rows.append(
            {
                "month": month,
                "files": f"{first} to {last}",
                **{name: f"{km2:.1f}" for name, km2 in net.items()},
                "all ground on the publisher's sphere, km²": f"{sphere:.1f}",
                "published, km²": published,
            }
        )
    print(pd.DataFrame(rows).to_markdown(index=False))


if __name__ == "__main__":
    main()
