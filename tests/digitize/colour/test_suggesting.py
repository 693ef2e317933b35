"""Suggestions: the colours that a scan has, with their widths and shares."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from frontlines.datasets import ScanLook
from frontlines.digitize import open_scan, open_sheet, suggest_colours, suggest_fills, trace_areas
from frontlines.digitize.colour.colours import lab_of, rgb_of
from tests.digitize.warmaps import war_map


def test_suggested_colours_are_those_drawn():
    scan, _, _ = war_map(4, "blue-red", size=(900, 700), look=ScanLook())
    colours = suggest_colours(scan.pixels)
    for drawn in ("#1f4fb4", "#cc2222", "#6fb1dd"):
        apart = np.linalg.norm(
            lab_of(np.array([rgb_of(c) for c in colours["colour"]])) - lab_of(rgb_of(drawn)[None]), axis=1
        )
        row = colours.iloc[apart.argmin()]
        assert apart.min() < 16
        found = scan.pixels[row["row"], row["column"]]
        assert np.linalg.norm(lab_of(found[None]) - lab_of(rgb_of(row["colour"])[None])) < 20
    assert colours["pixels"].gt(0).all()
    assert colours["stroke_px"].between(0.3, 12).all()


def test_fronts_stand_before_rivers_and_letters():
    pixels = np.full((400, 400, 3), 255, np.uint8)
    pixels[40:360:16, 20:380] = (90, 90, 90)
    pixels[41:360:16, 20:380] = (90, 90, 90)
    pixels[200:206, 20:380] = (204, 34, 34)
    colours = suggest_colours(pixels)
    assert colours["name"].tolist()[0] == "firebrick"
    assert colours["stroke_px"].tolist() == pytest.approx([6, 2], abs=1.6)
    assert colours["length_px"].tolist() == pytest.approx([360, 20 * 360], rel=0.3)


def test_a_translucent_fill_over_relief_is_a_fill_that_is_found_again_and_no_line():
    rng, size = np.random.default_rng(3), (420, 560)
    relief = gaussian_filter(rng.normal(size=size), 9)
    shade = 1 + 0.25 * np.gradient(relief)[1] / np.abs(np.gradient(relief)[1]).max()
    pixels = np.full((*size, 3), 250.0)
    pixels[210:, 40:520] = 0.7 * pixels[210:, 40:520] + 0.3 * np.array([216, 60, 80])
    pixels[100:104, 40:520] = 30, 60, 160
    pixels = gaussian_filter(pixels * shade[..., None], (0.6, 0.6, 0)).clip(0, 255).astype(np.uint8)
    sheet = open_sheet(pixels)
    fills, lines = suggest_fills(sheet), suggest_colours(sheet)
    (occupied,) = fills.loc[fills["name"] == "pink", "colour"]
    assert occupied not in set(lines["colour"])
    (area,) = trace_areas(sheet, {"occupied": occupied}).area
    assert area == pytest.approx(210 * 480, rel=0.01)


def test_fills_are_listed_by_their_share_of_the_scan():
    pixels = np.full((300, 400, 3), (252, 248, 240), np.uint8)
    pixels[:, :100], pixels[:, 100:140] = (200, 120, 110), (110, 130, 200)
    pixels[150:154] = 0
    fills = suggest_fills(open_scan(pixels))
    assert fills["share"].tolist() == pytest.approx([0.65, 0.25, 0.10], abs=0.02)
    drawn = lab_of([[252, 248, 240], [200, 120, 110], [110, 130, 200]])
    found = lab_of(np.array([rgb_of(colour) for colour in fills["colour"]]))
    assert np.linalg.norm(found - drawn, axis=1)[1:].max() < 8
