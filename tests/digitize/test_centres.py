"""The centre of a stroke beside another line."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from frontlines.datasets import ScanLook, render_scan
from frontlines.digitize import open_scan, trace_lines


@pytest.mark.parametrize(
    ("apart_px", "blue_px", "red_px"),
    [(4.5, 0.4, 0.25), (6.0, 0.25, 0.6), (30.0, 0.1, 0.1)],  # half a pixel covered, a pixel of paper between
)
def test_lines_drawn_side_by_side_are_each_traced_in_their_own_middle(apart_px, blue_px, red_px):
    x = np.linspace(20, 580, 80)
    blue = shapely.LineString(np.column_stack([x, 150 + 40 * np.sin(x / 80)]))
    true = {"blue": blue, "red": blue.offset_curve(apart_px)}
    drawn = gpd.GeoDataFrame(
        {"colour": ["#1f4fb4", "#cc2222"], "width_px": [6.0, 4.0]}, geometry=list(true.values())
    )
    scan = open_scan(render_scan(drawn, size_px=(600, 320), look=ScanLook(rotation_deg=0.0)).pixels)
    off = {
        one.line: float(np.median(shapely.distance(shapely.points(one.points), true[one.line])))
        for one in trace_lines(scan, {"blue": "blue", "red": "red"}).stretches
        if one.length_px > 500
    }
    assert off["blue"] < blue_px
    assert off["red"] < red_px
