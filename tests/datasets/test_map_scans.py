"""A made-up scan of a map: its control points lie where its truth says."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS

from frontlines.datasets import scan_of_map
from frontlines.digitize import GroundControl, georeference


@pytest.mark.parametrize("crs", ["+proj=lcc +lat_1=39 +lat_2=41 +lon_0=45", "EPSG:3857", "EPSG:32638"])
def test_lines_lie_where_the_control_points_put_them(crs):
    line = gpd.GeoDataFrame(
        {"colour": ["#1f4fb4"], "width_px": [4.0]},
        geometry=[shapely.LineString([(45.2, 39.2), (46.4, 40.9), (47.8, 39.6)])],
        crs=4326,
    )
    towns = gpd.GeoDataFrame({"name": ["A", "B"]}, geometry=gpd.points_from_xy([46, 47], [40, 40]), crs=4326)
    ground = gpd.GeoDataFrame({"colour": ["#c9d8ee"]}, geometry=[shapely.box(45, 39, 48, 41)], crs=4326)
    scan = scan_of_map(
        line, crs=CRS(crs), width_px=500, areas=ground, borders=ground, places=towns, graticule_deg=1.0
    )
    lies = georeference(GroundControl(scan.control_points), scan.pixels.shape[1::-1], crs=CRS(crs))
    assert lies.figures["left_out_rmse_px"] < 0.15
    drawn = scan.truth.lines.geometry.iloc[-1]
    wanted = lies.pixels_of(shapely.get_coordinates(line.geometry.segmentize(0.02).values))
    assert np.max(shapely.distance(shapely.points(wanted), drawn)) < 0.15
