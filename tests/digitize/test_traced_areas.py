"""Traced areas as a layer of control: what is written is what others read."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pyproj import CRS, Geod

from frontlines.digitize import AreaRecipe, Recipe
from frontlines.digitize.georef.georeference import georeference_from_affine
from frontlines.digitize.layers import control_of


def test_holes_turn_against_their_shells_so_that_geodesic_areas_subtract_them():
    lies = georeference_from_affine((0.01, 0, 46, 0, -0.01, 41), CRS("EPSG:4326"), (100, 100), "a file")
    asked = AreaRecipe(colour="red", side="A", date=pd.Timestamp("2022-03-01"))
    outline, lake = (shapely.box(*box).exterior.coords for box in ((0, 0, 90, 90), (30, 30, 60, 60)))
    traced = gpd.GeoDataFrame(
        {"area_class": ["1 A"], "sigma_px": [0.5], "sigma_px2": [80.0], "unsure_share": [0.0]},
        geometry=[shapely.Polygon(outline, [lake])],
    )
    control = control_of(traced, Recipe(image=Path("map.png"), areas=(asked,)), lies)
    (placed,) = control.geometry
    (hole,) = placed.interiors
    assert placed.exterior.is_ccw
    assert not hole.is_ccw
    area, _ = Geod(ellps="WGS84").geometry_area_perimeter(placed)
    assert area / 1e6 == pytest.approx(control.to_crs("EPSG:6933").area.iloc[0] / 1e6, rel=1e-4)
    assert control["area_km2"].iloc[0] == pytest.approx(area / 1e6)
    # nothing is known of the georeference's error: what tracing leaves is all there is
    assert control["sigma_km2"].iloc[0] == pytest.approx(80 / 7200 * area / 1e6)
