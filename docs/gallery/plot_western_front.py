"""
Western Front, spring 1918: a front through towns
=================================================

Two front lines drawn by hand through the towns they ran past, so some kilometres off: each is said to be off
by three, and the map gives the interval that follows. The districts are today's countries.
"""

import geopandas as gpd
from shapely import box, from_wkt

import frontlines as fl
from frontlines.datasets import countries

# From the sea to Ypres, from there to Reims on either day, and on to Switzerland.
north = "2.60 51.25, 2.76 51.14, 2.85 51.03"
march = """3.03 50.91, 3.00 50.83, 2.93 50.68, 2.77 50.53, 2.80 50.43, 2.88 50.28, 2.94 50.19, 3.11 50.11,
    3.14 50.01, 3.25 49.85, 3.35 49.66, 3.42 49.50, 3.70 49.46, 3.90 49.40"""
july = """2.93 50.88, 2.92 50.84, 2.77 50.78, 2.68 50.74, 2.60 50.58, 2.77 50.53, 2.80 50.43, 2.83 50.28,
    2.72 50.15, 2.62 50.00, 2.54 49.86, 2.45 49.77, 2.54 49.65, 2.92 49.52, 3.18 49.38, 3.20 49.27,
    3.29 49.08, 3.36 49.05, 3.63 49.04, 3.87 49.15, 3.99 49.22"""
south = """4.08 49.28, 4.33 49.24, 4.60 49.22, 4.88 49.20, 5.07 49.20, 5.38 49.26, 5.60 49.06, 5.52 48.88,
    6.06 48.91, 6.62 48.66, 7.02 48.33, 7.15 47.87, 7.18 47.62, 7.20 47.40"""

lines = gpd.GeoDataFrame(
    {"date": ["1918-03-20", "1918-07-17"], "source": "drawn through towns"},
    geometry=[from_wkt(f"LINESTRING ({north}, {middle}, {south})") for middle in (march, july)],
    crs="EPSG:4326",
).assign(side_left="Germany", side_right="Allies")  # as one walks from the sea
theatre = countries(["France", "Belgium", "Luxembourg"]).clip(box(1.5, 48.5, 6.5, 51.6))
results = fl.compare(
    lines[:1],
    lines[1:],
    theatre,
    side="Germany",
    sigma_m=3000,
    title="Western Front, 20 March to 17 July 1918",
)
figure = results.map()
