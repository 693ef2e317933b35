"""Letters, arrows, ruled lines and thin borders are told from the line."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely

from frontlines.datasets import ScanLook, render_scan
from frontlines.digitize import Knobs, open_scan, open_sheet, trace_lines
from frontlines.digitize.lines.centres import Centred, Ink, centred
from frontlines.digitize.lines.filters import arrows_among, line_width, of_width, sieved, without_letters
from frontlines.digitize.lines.joining import Run, bridged
from frontlines.digitize.lines.skeleton import Chain


def _chain(nodes, *points, half=2.0):
    dense = np.concatenate([np.linspace(a, b, 12) for a, b in pairwise(points)])
    return Chain(nodes, dense, np.full(len(dense), half))


SHAFT = _chain((0, 1), (0, 0), (60, 0))
BARBS = [_chain((1, 2), (60, 0), (45, 12)), _chain((1, 3), (60, 0), (45, -12))]


def test_an_arrow_is_left_out_and_a_fork_is_not():
    assert without_letters([SHAFT, *BARBS], 40.0, 4.0) == []
    fork = [_chain((1, 2), (60, 0), (75, 12)), _chain((1, 3), (60, 0), (75, -12))]
    assert len(without_letters([SHAFT, *fork], 40.0, 4.0)) == 3
    long = _chain((0, 1), (-200, 0), (60, 0))
    assert len(without_letters([long, *BARBS], 40.0, 4.0)) == 3


def test_a_solid_head_makes_an_arrow():
    wide = np.full(12, 2.0)
    wide[-3:] = (4, 5, 4)
    assert without_letters([Chain((0, 1), SHAFT.points, wide)], 40.0, 4.0) == []
    assert len(without_letters([Chain((0, 1), SHAFT.points, wide * 0 + 2)], 40.0, 4.0)) == 1


@pytest.mark.parametrize(("half", "kept"), [(3.0, True), (1.0, False), (6.0, False), (2.2, True)])
def test_pieces_of_another_width_go(half, kept):
    piece = _chain((0, 1), (0, 0), (50, 0), half=half)
    assert (of_width([piece], 3.0) == [piece]) is kept
    assert of_width([piece], None) == [piece]


def test_the_line_is_the_widest_that_is_drawn_long_enough():
    line, border = _chain((0, 1), (0, 0), (300, 0), half=3.0), _chain((2, 3), (0, 50), (900, 50), half=1.0)
    blot = _chain((4, 5), (0, 90), (60, 90), half=6.0)
    assert line_width([line, border, blot], 1000.0) == 3.0
    assert line_width([], 1000.0) is None
    assert line_width([blot], 1000.0) is None


def _centred(*points, sigma=0.1):
    dense = np.concatenate([np.linspace(a, b, 60) for a, b in pairwise(points)])
    run = Run(dense, np.full(len(dense), 2.0), np.ones(len(dense) - 1, bool))
    return Centred(run, np.full(len(dense), sigma))


def test_a_short_stretch_among_letters_is_writing_and_a_lone_one_is_not():
    front = _centred((0, 0), (300, 40), (600, 0), (900, 60))
    short = _centred((300, 300), (330, 330), (360, 310))
    letters = [_chain((k, k + 1), (290 + 15 * k, 330 - 8 * k), (295 + 15 * k, 345 - 8 * k)) for k in range(7)]
    diagonal_px = np.hypot(1000, 500)
    assert sieved("front", [front, short], diagonal_px) == ([front, short], [])
    kept, dropped = sieved("front", [front, short], diagonal_px, letters)
    assert kept == [front]
    assert [(name, why) for name, why, _ in dropped] == [("front", "writing")]


def test_a_short_stretch_without_a_clear_centre_is_writing():
    front = _centred((0, 0), (300, 40), (600, 0), (900, 60), sigma=1.5)
    short = [_centred((300, 300), (330, 330), (360, 310), sigma=sigma) for sigma in (0.3, 1.5)]
    kept, dropped = sieved("front", [front, *short], np.hypot(1000, 500))
    assert kept == [front, short[0]]
    assert dropped[0][1] == "writing"


def _picture_of_arrows(angles_deg, width_px, *, length_px=80.0, barb=(14.0, 9.0)):
    """Draw a front, and below it open arrows, each of one line from barb to barb over the tip."""
    shapes = [shapely.LineString([(10, 40), (300, 70), (600, 30), (990, 60)])]
    for k, angle in enumerate(np.radians(angles_deg)):
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        tip, middle = length_px / 2, np.array([100 + 160 * (k % 6), 190 + 140 * (k // 6)])
        way = np.array([(-tip, 0), (tip, 0), (tip - barb[0], barb[1]), (tip, 0), (tip - barb[0], -barb[1])])
        shapes.append(shapely.LineString(way @ turn + middle))
    drawn = gpd.GeoDataFrame(geometry=shapes).assign(colour="#d01c1c", width_px=width_px)
    return render_scan(drawn, size_px=(1000, 420), look=ScanLook(rotation_deg=0.0, jpeg_quality=80))


@pytest.mark.parametrize("width_px", [3.0, 4.0, 5.0])
def test_open_arrows_are_left_out_whichever_way_they_point(width_px):
    scan = _picture_of_arrows([3, 33, 63, 93, 123, 153, 183, 213, 243, 273, 303, 333], width_px)
    tracing = trace_lines(open_scan(scan.pixels), {"a": "red"})
    assert len(tracing.stretches) == 1
    assert tracing.stretches[0].points[:, 1].max() < 90


def test_dashes_as_short_as_their_stroke_are_kept_though_the_stroke_is_measured_too_thin():
    usual = [
        Chain((2 * k, 2 * k + 1), np.array([[9.0 * k, 0], [9.0 * k + 3, 0]]), np.full(2, 1.55))
        for k in range(9)
    ]
    full = Chain((50, 51), np.array([[90.0, 0], [93, 0]]), np.full(2, 2.1))
    blot = Chain((52, 53), np.array([[99.0, 0], [102, 0]]), np.full(2, 2.8))
    kept = without_letters([*usual, full, blot], 50.0, 1.4)
    assert full in kept
    assert blot not in kept


def test_a_paler_river_is_no_part_of_the_line():
    x = np.linspace(20, 580, 560)
    front = Run(np.column_stack([x, 120 + 30 * np.sin(x / 60)]), np.full(560, 2.0), np.ones(559, bool))
    river = Run(front.points[:300] + np.array([40, 200]), front.half_width_px[:300], front.seen[:299])
    worn, pale = (Centred(river, np.full(300, 0.1), strength) for strength in (0.85, 0.5))
    kept, dropped = sieved("May", [Centred(front, np.full(560, 0.1)), worn, pale], np.hypot(600, 400))
    assert [one.strength for one in kept] == [1.0, 0.85]
    assert [reason for _, reason, _ in dropped] == ["paler than the line"]


def test_a_stroke_is_as_strong_as_its_ink():
    x = np.linspace(20, 580, 60)
    fronts = [shapely.LineString(np.column_stack([x, y + 20 * np.sin(x / 60)])) for y in (100, 300)]
    drawn = gpd.GeoDataFrame({"colour": ["#0b6fa4", "#7ba9c0"], "width_px": 5.0}, geometry=fronts)
    sheet = open_sheet(render_scan(drawn, size_px=(600, 400), look=ScanLook(rotation_deg=0.0)).pixels)
    runs = [bridged(Run(shapely.get_coordinates(one), np.ones(60), np.ones(59, bool)), 1.0) for one in fronts]
    ink = Ink(np.array([11.0, 111, 164]), np.full((1, 3), 250.0), 1.5)
    own, pale = (one.strength for one in centred(runs, sheet, ink))
    assert own == pytest.approx(1, abs=0.1)
    assert pale < 0.6


def test_an_arrow_that_a_label_parts_is_left_out():
    front = shapely.LineString([(40, 240), (200, 252), (380, 236), (560, 250)])
    shaft = shapely.LineString([(305, 153), (360, 190)])
    drawn = gpd.GeoDataFrame({"colour": ["#e07000"] * 2, "width_px": [5.0] * 2}, geometry=[front, shaft])
    head = shapely.Polygon([(298, 149), (323, 153), (311, 171)])
    heads = gpd.GeoDataFrame({"colour": ["#e07000"]}, geometry=[head])
    pixels = render_scan(drawn, size_px=(600, 300), areas=heads, look=ScanLook(rotation_deg=0.0)).pixels
    parted = pixels.copy()
    parted[120:200, 326:332] = pixels[20, 20]
    tracing = trace_lines(open_scan(parted), {"front": "orange"}, knobs=Knobs(min_length_px=40))
    assert [one.points[:, 1].min() > 220 for one in tracing.stretches] == [True]
    assert "letters or an arrow" in [why for _, why, line in tracing.dropped if line.length > 40]


def test_a_dashed_stretch_without_a_head_is_no_arrow():
    along = np.arange(60.0)
    seen = (np.arange(59) % 20) < 14
    plain = Run(np.column_stack([along, along]), np.full(60, 2.0), seen)
    both = Run(plain.points, np.where((along < 8) | (along > 51), 6.0, 2.0), seen)
    assert arrows_among([plain, both], 40.0, 3.0) == []
