"""The centre of a stroke beside another line."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from frontlines.datasets import ScanLook, render_scan
from frontlines.digitize import Knobs, open_scan, trace_lines


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


def _traced(line, **look):
    drawn = gpd.GeoDataFrame({"colour": ["#1f4fb4"], "width_px": [4.0]}, geometry=[line])
    look = ScanLook(rotation_deg=0.0, **look)
    scan = open_scan(render_scan(drawn, size_px=(620, 320), look=look).pixels)
    (traced,) = trace_lines(scan, {"blue": "blue"}, knobs=Knobs(min_length_px=100)).stretches
    return traced


def test_a_narrow_bend_is_no_error_but_what_pushed_the_line_off_for_a_moment_is():
    x = np.arange(20.0, 600, 0.5)
    wavy, bumpy = 12 * np.sin(x / 16), 1.2 * np.exp(-(((x % 80) - 40) ** 2) / 8)
    bent, pushed = (_traced(shapely.LineString(np.column_stack([x, 150 + y]))) for y in (wavy, bumpy))
    at_crest = np.abs(np.sin(bent.points[:, 0] / 16)) > 0.9
    at_bump = np.abs(pushed.points[:, 0] % 80 - 40) < 2
    usual = float(np.median(pushed.sigma_px[~at_bump]))
    assert np.median(bent.sigma_px[at_crest]) < 4 * usual
    assert np.median(pushed.sigma_px[at_bump]) > 6 * usual


def test_a_ring_is_as_sure_where_it_closes_as_elsewhere():
    turn = np.linspace(0, 2 * np.pi, 200)
    clean = {"grain": 0.0, "jpeg_quality": None, "unevenness": 0.0, "vignette": 0.0}
    ring = _traced(
        shapely.LineString(np.column_stack([200 + 40 * np.cos(turn), 150 + 40 * np.sin(turn)])), **clean
    )
    assert ring.geometry.is_closed
    seam = np.r_[ring.sigma_px[:8], ring.sigma_px[-8:]]
    assert seam.max() < 2 * np.median(ring.sigma_px)
