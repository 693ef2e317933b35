"""The bundled study as a scanned map, its truth known."""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from PIL import Image
from pyproj import CRS

import frontlines as fl
from frontlines.datasets import ScanLook, locate, scan_of_map

FOLDER = locate("karabakh-1994").parent
CONIC = "+proj=lcc +lat_1=39 +lat_2=41 +lon_0=45 +lat_0=40 +datum=WGS84"
INKS = {"1994-04-07": "#2b5fd0", "1994-05-12": "#d02b2b"}

RECIPE = f"""
image = "scan.jpg"
points = "points.csv"
crs = "{CONIC}"
map = "Front lines of 1994"
author = "a made-up draughtsman"
scale = 500000
sides = {{ARM = [46.75, 39.82], AZE = [47.35, 40.3]}}

[knobs]
min_length_px = 30  # of the blue line, little is seen between two villages
gap_px = 60

[[line]]
colour = "blue"
date = 1994-04-07

[[line]]
colour = "red"
date = 1994-05-12
"""


@dataclass(frozen=True)
class Printed:
    """A folder with scan.jpg, points.csv and digitize.toml, what is printed on the scan, and its control points exactly."""

    folder: Path
    lines: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame | None
    control_points: pd.DataFrame


def printed(folder, *, width_px=1700, fills=False, noise_px=0.0, seed=7):
    """Print the study's two fronts, 7 April in blue under 12 May in red; if wanted, who held what on 12 May."""
    lines = gpd.read_file(FOLDER / "frontlines.geojson")
    lines["day"] = lines["date"].astype(str).str[:10]
    joined = lines.dissolve("day")[["geometry"]]
    joined = joined.set_geometry(shapely.line_merge(joined.geometry.values)).explode().reset_index()
    joined = joined.assign(colour=joined["day"].map(INKS), width_px=5.0)
    places = pd.read_csv(FOLDER / "settlements.csv").dropna(subset=["lon"]).drop_duplicates("name")
    towns = gpd.GeoDataFrame(places[["name"]], geometry=gpd.points_from_xy(places.lon, places.lat), crs=4326)
    areas = held_areas() if fills else None
    scan = scan_of_map(
        joined, crs=CRS(CONIC), width_px=width_px, areas=areas, borders=gpd.read_file(FOLDER / "districts.geojson"),
        places=towns.iloc[::3], look=ScanLook(rotation_deg=1.5), rng=seed,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(scan.pixels).save(folder / "scan.jpg", quality=88)
    points = scan.control_points.copy()
    points[["col", "row"]] += np.random.default_rng(seed).normal(0, noise_px, (len(points), 2))
    points.to_csv(folder / "points.csv", index=False)
    text = RECIPE
    if fills:
        text += '\n[[area]]\ncolour = "#f3c9c0"\nside = "ARM"\ndate = 1994-05-12\n'
        text += '\n[[area]]\ncolour = "#c9d8ee"\nside = "AZE"\ndate = 1994-05-12\n'
    (folder / "digitize.toml").write_text(text, encoding="utf-8")
    return Printed(folder, joined, areas, scan.control_points)


def held_areas():
    results = fl.run_study(fl.load_study("karabakh-1994"))
    after = results.control[results.control["date"] == results.control["date"].max()]
    areas = after.dissolve("side").reset_index()[["side", "geometry"]].to_crs(4326)
    return areas.assign(colour=areas["side"].map({"ARM": "#f3c9c0", "AZE": "#c9d8ee"}))


def districts_from(frontlines_file, snap_m=2000.0):
    """The district table that a file of traced lines gives."""
    from frontlines.study.files import study_from_files  # noqa: PLC0415

    study = study_from_files(
        frontlines_file, frontlines_file, districts=FOLDER / "districts.geojson", key="district", side="ARM",
        theatre=FOLDER / "theatre.geojson", days=("1994-04-07", "1994-05-12"), snap_m=snap_m,
    )  # fmt: skip
    return fl.run_study(study)
