"""
Aleutian Islands, 1942 to 1943: islands on both sides of 180 degrees
====================================================================

Japan took Attu and Kiska in June 1942 and had lost both by August 1943. The islands are cut out of a bundled
layer of the world and named by a place on each.
"""

import geopandas as gpd
from shapely import box, union_all

import frontlines as fl
from frontlines.datasets import countries

window = union_all([box(172, 51, 180, 53.2), box(-180, 51, -176, 53.2)])
islands = countries(["United States of America"]).clip(window).explode()[["geometry"]]
names = ["Attu", "Agattu", "Shemya", "Buldir", "Kiska", "Rat", "Amchitka", "Semisopochnoi", "Amatignak",
         "Gareloi", "Tanaga", "Kanaga", "Adak"]  # fmt: skip
lon = [172.9, 173.6, 174.1, 175.9, 177.5, 178.3, 179.0, 179.6, -179.1, -178.8, -178.0, -177.2, -176.7]
lat = [52.9, 52.4, 52.7, 52.4, 52.0, 51.8, 51.5, 51.95, 51.3, 51.8, 51.8, 51.8, 51.8]
places = gpd.GeoDataFrame({"district": names}, geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")

plane = "+proj=laea +lat_0=52 +lon_0=179"  # metres, with no gap at 180 degrees
islands = islands.to_crs(plane).sjoin_nearest(places.to_crs(plane))
islands = islands.dissolve("district").reset_index()[["district", "geometry"]]

taken = islands[islands["district"].isin(["Attu", "Kiska"])]
before = taken.assign(side="Japan", date="1942-06-30", source="islands held")
after = islands.assign(side="United States", date="1943-08-31", source="islands held")
results = fl.compare(
    before,
    after,
    islands,
    side="United States",
    rest="United States",
    title="Aleutian Islands, June 1942 to August 1943",
)
figure = results.map()
