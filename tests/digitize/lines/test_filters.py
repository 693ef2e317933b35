"""Letters, arrows, ruled lines and thin borders are told from the line."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely

from frontlines.datasets import ScanLook, render_scan
from frontlines.digitize import Knobs, open_scan, open_sheet, trace_lines
from frontlines.digitize.lines.centres import Centred, Ink, centred
from frontlines.digitize.lines.filters import going_on, line_width, of_width, reasons_against, told_apart
from frontlines.digitize.lines.joining import Run, bridged
from frontlines.digitize.lines.paths import figures_of


def _run(*points, half=2.0):
    dense = np.concatenate([np.linspace(a, b, 12) for a, b in pairwise(points)])
    return Run(dense, np.full(len(dense), half), np.ones(len(dense) - 1, bool))


def _figures(*strokes, half=2.0):
    """Figures of strokes of one pixel, each a row of points."""
    pixels = {
        (int(x), int(y))
        for stroke in strokes
        for x, y in np.rint(shapely.segmentize(shapely.LineString(stroke), 0.4).coords)
    }
    places = np.array(sorted(pixels, key=lambda one: one[::-1]))
    return figures_of(places, np.full(len(places), half), 12.0)


def test_ways_are_the_longest_paths_and_spurs_fall_off():
    (figure,) = _figures([(10, 50), (200, 50)], [(100, 50), (100, 56)])
    (way,) = figure
    assert sorted(way.points[[0, -1]].tolist()) == [[10, 50], [200, 50]]


def test_a_fork_is_parted_where_its_branch_leaves():
    (figure,) = _figures([(10, 50), (200, 50)], [(100, 50), (160, 110)])
    ends = {tuple(way.points[end].tolist()) for way in figure for end in (0, -1)}
    assert len(figure) == 3
    assert {(10, 50), (200, 50), (160, 110)} < ends
    assert len(ends) == 4  # and the fork


def test_a_ring_is_two_ways_from_end_to_end():
    (figure,) = _figures([(10, 10), (80, 10), (80, 60), (10, 60), (10, 10)])
    one, other = figure
    assert sorted(one.points[[0, -1]].tolist()) == sorted(other.points[[0, -1]].tolist())


def test_a_short_piece_is_the_line_only_if_it_goes_on_into_it():
    front, onward = _run((0, 0), (300, 0)), _run((340, 2), (390, 0))
    lone, across = _run((340, 200), (390, 200)), _run((150, 45), (150, 95))
    assert going_on([front, onward, lone, across], 150.0, 20.0, 4.0) == [True, True, False, False]


@pytest.mark.parametrize(("half", "kept"), [(3.0, True), (1.0, False), (6.0, False), (2.2, True)])
def test_pieces_of_another_width_go(half, kept):
    piece = _run((0, 0), (50, 0), half=half)
    assert of_width([piece], 3.0) == (([piece], []) if kept else ([], [piece]))
    assert of_width([piece], None) == ([piece], [])


def test_the_line_is_the_widest_that_is_drawn_long_enough():
    line, border = _run((0, 0), (300, 0), half=3.0), _run((0, 50), (900, 50), half=1.0)
    blot = _run((0, 90), (60, 90), half=6.0)
    assert line_width([line, border, blot], 1000.0) == 3.0
    assert line_width([], 1000.0) is None
    assert line_width([blot], 1000.0) is None


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
    rows = [_figures([(9 * k, 0), (9 * k + 3, 0)], half=1.55)[0] for k in range(9)]
    (full,), (blot,) = _figures([(90, 0), (93, 0)], half=2.1), _figures([(99, 0), (102, 0)], half=2.8)
    line, letters = told_apart([*rows, full, blot], 50.0, 1.4)
    assert line == [way for one in (*rows, full) for way in one]
    assert letters == blot


def test_a_paler_river_is_no_part_of_the_line():
    x = np.linspace(20, 580, 560)
    front = Run(np.column_stack([x, 120 + 30 * np.sin(x / 60)]), np.full(560, 2.0), np.ones(559, bool))
    river = Run(front.points[:300] + np.array([40, 200]), front.half_width_px[:300], front.seen[:299])
    worn, pale = (Centred(river, np.full(300, 0.1), strength) for strength in (0.85, 0.5))
    found = reasons_against([Centred(front, np.full(560, 0.1)), worn, pale], np.hypot(600, 400))
    assert found == [None, None, "paler than the line"]


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
    assert any("arrow" in why for _, why, line in tracing.dropped if line.length > 40)
