"""Strokes so broad that their middle looks like ground."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from frontlines.datasets import ScanLook, render_scan
from frontlines.digitize import open_scan, open_sheet, suggest_colours, trace_lines
from frontlines.digitize.colour.inks import with_broad_strokes

X = np.linspace(60, 1540, 300)
FRONTS = {
    "7 April": shapely.LineString(np.column_stack([X, 380 + 90 * np.sin(X / 170)])),
    "12 May": shapely.LineString(np.column_stack([X, 760 + 110 * np.sin(X / 230 + 1)])),
}
ASKED = {"7 April": "blue", "12 May": "red"}


def scan_of(width_px):
    drawn = gpd.GeoDataFrame(
        {"colour": ["#1f4fb4", "#cc2222"], "width_px": [width_px] * 2}, geometry=list(FRONTS.values())
    )
    look = ScanLook(rotation_deg=0.0)
    return open_scan(render_scan(drawn, size_px=(1600, 1100), look=look).pixels)


@pytest.mark.parametrize("width_px", [14.0, 20.0, 27.0, 45.0])
def test_a_broad_line_is_traced_in_its_middle(width_px):
    tracing = trace_lines(scan_of(width_px), ASKED)
    assert [one.line for one in tracing.stretches] == list(FRONTS)
    for one in tracing.stretches:
        off = shapely.distance(FRONTS[one.line], shapely.points(one.points))
        assert np.median(off) < 0.4
        assert np.percentile(off, 95) < 1.2
        assert one.length_px == pytest.approx(FRONTS[one.line].length, rel=0.03)
        assert np.median(one.half_width_px) == pytest.approx(width_px / 2, rel=0.15)


def test_a_ground_that_fills_more_than_a_stroke_stays_ground():
    pixels = np.full((800, 1200, 3), 250, np.uint8)
    pixels[300:500, 100:1100] = (204, 34, 34)
    pixels[299, 100:1100] = pixels[500, 100:1100] = (225, 130, 130)
    sheet = open_sheet(pixels)
    assert len(sheet.palette.grounds) == 2
    assert with_broad_strokes(sheet, {"May": "red"}) is sheet


def test_what_is_too_broad_for_a_stroke_and_too_small_for_a_ground_is_an_ink():
    y, x = np.mgrid[:1600, :1600]
    inside = np.clip((42 - np.hypot(y - 800, x - 800)) / 6 + 0.5, 0, 1)[..., None]
    pixels = np.rint(250 + inside * ([204, 34, 34] - np.full(3, 250))).astype(np.uint8)
    assert suggest_colours(pixels)["name"].tolist() == ["firebrick"]


def test_a_broad_line_is_traced_on_a_map_without_any_ink():
    pixels = np.full((800, 1200, 3), 250, np.uint8)
    pixels[400:430, 100:1100] = (204, 34, 34)
    assert not len(suggest_colours(pixels))
    (traced,) = trace_lines(pixels, {"May": "red"}).stretches
    assert np.abs(traced.points[:, 1] - 414.5).max() < 0.5
