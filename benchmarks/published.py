"""What was published beside what the command makes of the same maps, and nothing but the command.

Run it as ``python -m benchmarks.published --data FOLDER``, with the folder of ``benchmarks.series``.

*Months.* DeepState's daily files of occupied ground, cut as the publisher cuts its months. What the command
finds is on the ellipsoid, DeepState measures on a sphere of radius 6,378,137 m: the same two files measured
on it, by pyproj alone, stand beside. Only there can the figures be equal, and for June 2025 they are.
November 2024 stays 5 km² apart: which maps were compared for it is not known.

*Kharkiv in September and Kherson in November 2022.* DeepState's archive of 2022 may not ship, so what is read
here is MADE UP in that archive's form (files named by the second, two a day, names without keys, one of them
unknown, a point among the polygons). Its ground is that of Wikipedia's list of towns: each place's side holds
what lies nearest to it in the regions named. So the command's figures say what these towns make of it, not
what DeepState drew. Published are figures of the Ministry of Defence of Ukraine (14 September) and of its
Southern Operational Command (13 November), as the press reported them. "Its ground" is the area of what was
written, measured by pyproj alone: the command must find the same.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyproj
import shapely
from shapely import Point, box

from benchmarks.series import SIDE, SNAPSHOTS, in_markdown
from frontlines.control import control_from_settlements
from frontlines.crs import working_crs
from frontlines.layers import as_settlements
from frontlines.sources import read_published

MONTHS = [
    ("June 2025", 2, "2025-06-02", "2025-07-02", 556),
    ("November 2024", 1, "2024-11-01", "2024-12-01", 730),
]
"""Month, day on which months end, files compared, net change published by DeepState [km²]."""
EVENTS = [
    ("Kharkiv region, from 6 September 2022", ["UA-63"], "2022-09-05", "2022-09-14", -8500),
    (
        "Mykolaiv and Kherson regions, 7 to 13 November 2022",
        ["UA-48", "UA-65"],
        "2022-11-06",
        "2022-11-13",
        -4500,
    ),
]
"""What, regions (ISO), evenings compared, net change published [km²]."""
TOWNS, REGIONS = "ukraine_towns_control_2022.parquet", "ukraine_adm1_official2020.parquet"
SPHERE = pyproj.Geod(a=6_378_137, b=6_378_137)
"""The sphere on which DeepState measures."""
ELLIPSOID = pyproj.Geod(ellps="WGS84")
AROUND = box(21, 43.5, 42, 53)
_DENSE_DEG = 0.01
_EVENING_UTC = 18  # in Kyiv it is the same day
_FILLS = {"RUS": "#a52714", "UKR": "#0f9d58", "contested": "#bcaaa4"}
_NAMES = {"RUS": "Окуповано /// Occupied", "UKR": "Звільнено /// Liberated", "contested": "Багатокутник 21"}


def km2(ground: gpd.GeoSeries, geod: pyproj.Geod) -> float:
    """Area of longitudes and latitudes [km²]."""
    lonlat = ground.to_crs("EPSG:4326")
    if geod is ELLIPSOID:
        lonlat = lonlat.segmentize(_DENSE_DEG)  # edges are straight in longitude and latitude
    return sum(abs(geod.geometry_area_perimeter(shapely.orient_polygons(shape))[0]) for shape in lonlat) / 1e6


def net_by_command(source: Path, districts: gpd.GeoDataFrame, *options: str) -> pd.DataFrame:
    """Run ``frontlines series SOURCE --as deepstate …``; give the totals of each step."""
    with tempfile.TemporaryDirectory() as folder:
        districts.to_file(Path(folder) / "districts.gpkg")
        command = [sys.executable, "-m", "frontlines", "series", str(source), "--as", "deepstate"]
        command += ["--districts", f"{folder}/districts.gpkg", "--key", "name", "--side", SIDE, *options]
        command += ["--out", f"{folder}/out"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise SystemExit(done.stderr)
        return pd.read_csv(f"{folder}/out/totals.csv")


def months(data: Path) -> list[dict[str, str]]:
    """Compare months, by DeepState's own cut."""
    files = gpd.read_parquet(data / SNAPSHOTS)
    around = gpd.GeoDataFrame({"name": ["all ground"]}, geometry=[AROUND], crs="EPSG:4326")
    rows = []
    for month, day, first, last, published in MONTHS:
        totals = net_by_command(data / SNAPSHOTS, around, "--freq", "monthly", "--day", str(day))
        step = totals[(totals["date_from"] == first) & (totals["date_to"] == last)].iloc[0]
        before, after = (km2(files.loc[files["date"] == one, "geometry"], SPHERE) for one in (first, last))
        rows.append(
            {
                "month": month,
                "files": f"{first} to {last}",
                "options": f"--freq monthly --day {day}",
                "command, km²": f"{step['net_km2']:.1f}",
                "on the publisher's sphere, km²": f"{after - before:.1f}",
                "published, km²": f"{published}",
            }
        )
    return rows


def archive(folder: Path, control: gpd.GeoDataFrame) -> None:
    """Write control in the form of DeepState's archive of 2022: two files a day, the last of which counts."""
    lonlat = control.to_crs("EPSG:4326")
    for day, rows in lonlat[lonlat["side"].isin(_FILLS)].groupby("date"):
        features = [
            {
                "type": "Feature",
                "properties": {
                    "name": _NAMES[side],
                    "fill": _FILLS[side],
                    "styleUrl": f"#poly-{_FILLS[side][1:]}",
                },
                "geometry": shapely.geometry.mapping(shape),
            }
            for side, shape in zip(rows["side"], rows.geometry, strict=True)
        ]
        unit = {"name": "328-й полк /// 328th regiment"}
        features.append(
            {"type": "Feature", "properties": unit, "geometry": shapely.geometry.mapping(Point(37, 48))}
        )
        evening = datetime(day.year, day.month, day.day, _EVENING_UTC, tzinfo=UTC)
        for hour, drawn in ((-2, features[-1:]), (0, features)):
            name = f"{int(evening.timestamp()) + hour * 3600}.geojson"
            document = {"type": "FeatureCollection", "features": drawn}
            (folder / name).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def events(data: Path) -> list[dict[str, str]]:
    """Compare what was retaken in 2022, from an archive that is made up of towns."""
    towns = read_published(data / TOWNS, "cities-ukraine")
    regions = gpd.read_parquet(data / REGIONS)
    rows = []
    for what, codes, first, last, published in EVENTS:
        theatre = regions[regions["iso"].isin(codes)].dissolve()[["geometry"]]
        crs = working_crs(theatre)
        days = towns[towns["date"].isin(pd.to_datetime([first, last]))].drop_duplicates(["date", "geometry"])
        places = as_settlements(
            days.assign(name=range(len(days))).astype({"name": str}), crs, unlocated="drop"
        )
        control = control_from_settlements(places, theatre.to_crs(crs), reach_m=math.inf)
        with tempfile.TemporaryDirectory() as folder:
            archive(Path(folder), control)
            totals = net_by_command(Path(folder), theatre.assign(name="all"), "--each-day", "last")
        held = control[control["side"] == SIDE].groupby("date")["geometry"]
        areas = [km2(ground, ELLIPSOID) for _, ground in held]
        rows.append(
            {
                "what": what,
                "evenings": f"{first} to {last}",
                "options": "--each-day last",
                "command, km²": f"{totals['net_km2'].sum():.1f}",
                "its ground, km²": f"{areas[-1] - areas[0]:.1f}",
                "published, km²": f"about {published:,}",
            }
        )
    return rows


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the benchmark data")
    data = parser.parse_args().data
    print(in_markdown(pd.DataFrame(months(data))))
    print()
    print(in_markdown(pd.DataFrame(events(data))))


if __name__ == "__main__":
    main()
