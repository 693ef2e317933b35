"""Hatched areas, and ground of no known fill beside the fills."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString

from frontlines.datasets import render_scan
from frontlines.digitize import open_scan, open_sheet, trace_areas
from frontlines.digitize.areas.hatching import hatched, hatched_inks
from frontlines.digitize.colour.inks import mixed
from frontlines.errors import NoSuchColourError

RED, BLUE, STROKE = (240, 180, 170), (170, 200, 240), (190, 40, 40)


def _strokes(spacing_px, width_px=2, size=(600, 900)):
    rows, columns = np.indices(size)
    return (rows + columns) % spacing_px < width_px


def _sheet(spacing_px, ground=(255, 255, 255)):
    """Blue from column 500 on, red from row 400 down to its left, and above the red a hatched area."""
    pixels = np.full((600, 900, 3), 255, np.uint8)
    pixels[:400, :500] = ground
    pixels[:400, :500][_strokes(spacing_px)[:400, :500]] = STROKE
    pixels[400:, :500], pixels[:, 500:] = RED, BLUE
    return open_scan(pixels)


def _found(strokes, thick, walls=None):
    walls = np.zeros_like(strokes) if walls is None else walls
    return hatched(strokes, thick, walls, ~strokes & ~walls)


def _areas(found):
    return dict(zip(found["area_class"], found.area, strict=True))


@pytest.mark.parametrize("spacing_px", [6, 14])
def test_hatched_area_is_traced_to_its_edge(spacing_px):
    found = trace_areas(_sheet(spacing_px), {"South": "red", "East": "blue", "North": "#be2828"})
    truth = {"South": shapely.box(-0.5, 399.5, 499.5, 599.5), "North": shapely.box(-0.5, -0.5, 499.5, 399.5)}
    for name, shape in truth.items():
        mine = found.set_index("area_class").geometry[name]
        assert mine.area == pytest.approx(shape.area, rel=0.01)
        assert mine.symmetric_difference(shape).area < 0.015 * shape.area
    assert shapely.coverage_is_valid(found.geometry.to_numpy())


def test_hatching_over_a_fill_counts_as_the_fill():
    pixels = np.full((600, 900, 3), 255, np.uint8)
    pixels[:, 450:] = BLUE
    pixels[100:500, 100:450] = RED
    pixels[100:500, 100:450][_strokes(14)[100:500, 100:450]] = STROKE
    found = _areas(trace_areas(open_scan(pixels), {"A": "red", "B": "blue"}))
    assert found["A"] == pytest.approx(400 * 350, rel=0.01)


def test_fills_do_not_run_over_ground_that_is_unlike_them():
    found = _areas(trace_areas(_sheet(6), {"South": "red", "East": "blue"}))
    assert found["South"] == pytest.approx(500 * 200, rel=0.02)
    assert found["East"] == pytest.approx(400 * 600, rel=0.02)


def test_lines_and_letters_are_no_hatching():
    pixels = np.full((600, 900, 3), 255, np.uint8)
    for row in range(20, 600, 60):  # a dozen lines, longer together than five diagonals
        pixels[row : row + 4] = STROKE
    assert hatched_inks(open_sheet(pixels)) == {}


def test_names_close_together_are_no_hatched_ground():
    rng, count = np.random.default_rng(4), 90
    names = pd.DataFrame({
        "text": ["Ardova", "Hill 203", "Dunaharaszt"] * (count // 3), "x": rng.uniform(40, 560, count),
        "y": rng.uniform(20, 380, count), "size_px": rng.choice([12.0, 18.0, 24.0], count), "colour": "#b3202c",
    })  # fmt: skip
    pixels = render_scan(
        gpd.GeoDataFrame({"colour": ["#1f4fb4"], "width_px": [4.0]}, geometry=[LineString([(20, 20), (580, 380)])]),
        size_px=(600, 400), labels=names, rng=4,
    ).pixels  # fmt: skip
    sheet = open_sheet(pixels)
    assert hatched_inks(sheet) == {}
    with pytest.raises(NoSuchColourError, match="class 'held': no fill of the scan is like '#b3202c'"):
        trace_areas(sheet, {"held": "#b3202c"})


def test_a_line_that_leaves_the_hatching_is_left_out():
    strokes = np.zeros((120, 200), bool)
    strokes[20:100:6, 20:100] = strokes[21:100:6, 20:100] = True
    strokes[56:58, 100:] = True
    found = _found(strokes, np.pad(np.ones((60, 60), bool), ((30, 30), (30, 110))))
    assert found[22:96, 22:98].all()
    assert not found[:, 118:].any()


def test_thin_strokes_that_look_like_a_mix_of_another_ink_are_hatching_if_they_lie_elsewhere():
    pixels = np.full((600, 900, 3), 255, np.uint8)
    pixels[:400][_strokes(8)[:400]] = (150, 165, 155)
    for row in (450, 500, 550):
        pixels[row : row + 5] = (60, 66, 62)
    sheet = open_sheet(pixels)
    palette = sheet.palette
    thin = int(palette.inks.max(axis=1).argmax())
    assert mixed(palette, thin, int(palette.inks.min(axis=1).argmin()))
    assert list(hatched_inks(sheet)) == [thin]


def test_no_thick_no_hatching():
    strokes = _strokes(6, size=(60, 60))
    assert not _found(strokes, np.zeros_like(strokes)).any()


def _band(top, bottom, spacing_px, width_px=2):
    """A hatched band of paper between two fills, bordered in black."""
    pixels = np.full((600, 900, 3), 255, np.uint8)
    pixels[:top], pixels[bottom:] = RED, BLUE
    strokes = _strokes(spacing_px, width_px)
    pixels[top:bottom][strokes[top:bottom]] = (40, 110, 60)
    pixels[top - 1 : top + 1], pixels[bottom - 1 : bottom + 1] = 30, 30
    return open_scan(pixels)


@pytest.mark.parametrize(
    ("top", "bottom", "spacing_px"), [(280, 318, 8), (200, 400, 40)], ids=["narrow", "wide apart"]
)
def test_hatching_of_a_narrow_band_and_of_strokes_wide_apart(top, bottom, spacing_px):
    found = _areas(trace_areas(_band(top, bottom, spacing_px), {"N": "red", "S": "blue", "band": "#286e3c"}))
    assert found["band"] == pytest.approx(900 * (bottom - top), rel=0.03)
    assert found["N"] == pytest.approx(900 * top, rel=0.005)


def test_gaps_closed_by_chance_do_not_set_the_spacing():
    pixels = np.full((600, 900, 3), 255, np.uint8)
    columns = np.indices((600, 900))[1] % 24
    pixels[columns < 2] = STROKE
    pixels[200:280, 300:420][(columns[200:280, 300:420] + 12) % 24 < 2] = (
        STROKE  # some strokes twice as close
    )
    (thick,) = hatched_inks(open_sheet(pixels)).values()
    assert thick.mean() > 0.8


def test_strokes_ten_pixels_apart_are_no_ground():
    pixels = np.full((400, 400, 3), 255, np.uint8)
    pixels[100:][_strokes(10, 4, (300, 400))] = STROKE
    assert len(open_sheet(pixels).palette.grounds) == 1


def test_a_fill_and_the_same_fill_hatched_are_two_classes():
    pixels = np.full((600, 900, 3), 255, np.uint8)
    pixels[50:550, 50:850] = RED
    pixels[50:550, 450:850][_strokes(12)[50:550, 450:850]] = STROKE
    found = _areas(trace_areas(open_scan(pixels), {"plain": "#f0b4aa", "hatched": "#be2828"}))
    assert found["plain"] == pytest.approx(500 * 400, rel=0.02)
    assert found["hatched"] == pytest.approx(500 * 400, rel=0.02)


def test_a_pocket_of_another_fill_is_no_gap_of_the_hatching():
    pixels = np.full((600, 900, 3), 255, np.uint8)
    pixels[:, 500:] = BLUE
    pixels[:400, :500][_strokes(14)[:400, :500]] = STROKE
    rows, columns = np.indices((600, 900))
    pocket = 4 * np.abs(rows - 200) + np.abs(columns - 250)
    pixels[pocket < 48], pixels[pocket < 40] = STROKE, BLUE
    found = trace_areas(open_scan(pixels), {"East": "blue", "North": "#be2828"})
    east = found.set_index("area_class").geometry["East"]
    assert east.intersection(shapely.box(200, 180, 300, 220)).area > 600  # all but the tips
