"""
Korea, 1950 to 1953: a film of a whole country
==============================================

Six days of a war that went up and down the country, each front a line through a few towns. The film has a
frame for each, and names what the south gained or lost since the first. The districts are today's countries.
"""

from pathlib import Path
from tempfile import mkdtemp

import geopandas as gpd
from shapely import from_wkt

import frontlines as fl
from frontlines.datasets import countries

fronts = {
    "1950-06-25": "124 38, 129 38",
    "1950-09-14": "127.6 33.9, 128.4 35.1, 128.4 36, 128.7 36.2, 129.4 36.1, 130 36.1",
    "1950-11-24": "124 39.5, 125.2 39.7, 125.8 40, 126.3 39.9, 127.2 40.5, 128.2 41.4, 129.7 41.8, 131.5 42",
    "1951-01-24": "124 37, 127.3 37, 127.9 37.3, 129.2 37.4, 130 37.4",
    "1951-06-15": "124 37.7, 126.7 37.9, 127.2 38.3, 127.8 38.2, 128.4 38.5, 130 38.5",
    "1953-07-27": "124 37.7, 126.7 37.9, 127.1 38.3, 128.1 38.3, 128.4 38.6, 130 38.6",
}
behind = "131.5 38.6, 131.5 33, 124 33"  # from the eastern sea round to the western one
ground = [from_wkt(f"POLYGON (({front}, {behind}, {front.split(',')[0]}))") for front in fronts.values()]
south = gpd.GeoDataFrame(
    {"date": list(fronts), "side": "South", "source": "fronts through towns"},
    geometry=ground,
    crs="EPSG:4326",
)

halves = countries(["North Korea", "South Korea"])
plane = fl.working_crs(halves)
land = fl.as_theatre(halves, plane)
film = fl.animate_control(
    fl.as_control(south, plane, theatre=land, rest="North"),
    fl.as_districts(halves, plane),
    Path(mkdtemp()) / "korea.gif",
    side="South",
    theatre=land,
    frames_per_second=1,
    width_px=640,
)
