"""What is left out of a tracing is told, with the reason and its place."""

import geopandas as gpd
import pytest
import shapely

from frontlines.datasets import ScanLook, render_scan
from frontlines.digitize import Knobs, open_scan, trace_lines
from frontlines.digitize.lines.filters import ALONE, TOO_SHORT, grouped, rows_of

FRONT = [(20, 60), (200, 90), (380, 50), (560, 100)]


def traced(*others, knobs=None):
    """A front, and other strokes in its ink: each its points and its width."""
    lines = gpd.GeoDataFrame(
        {"colour": "#1f4fb4", "width_px": [5.0, *(width for _, width in others)]},
        geometry=[shapely.LineString(FRONT), *(shapely.LineString(points) for points, _ in others)],
    )
    look = ScanLook(rotation_deg=0.0, jpeg_quality=None, grain=0.5)
    scan = render_scan(lines, size_px=(600, 300), look=look)
    return trace_lines(open_scan(scan.pixels), {"May": "blue"}, knobs=knobs)


@pytest.mark.parametrize(
    ("points", "width", "reasons"),
    [
        ([(100, 200), (180, 230), (260, 215), (400, 260)], 2.0, ("thinner or wider than the line",)),
        ([(100, 220), (110, 232), (117, 247)], 5.0, (TOO_SHORT,)),
        ([(100, 200), (160, 215), (144, 192), (160, 215), (134, 229)], 5.0, (ALONE, TOO_SHORT, "writing")),
    ],
)
def test_what_is_left_out_has_a_reason_and_a_place(points, width, reasons):
    tracing = traced((points, width))
    assert len(tracing.stretches) == 1
    drawn = shapely.LineString(points)
    told = [shape for name, why, shape in tracing.dropped if name == "May" and why in reasons]
    assert told
    assert all(shape.hausdorff_distance(drawn) < drawn.length and shape.distance(drawn) < 2 for shape in told)
    assert sum(shape.length for shape in told) > 0.6 * drawn.length - width


def test_nothing_that_is_drawn_is_lost_without_a_word():
    others = [
        ([(100, 220), (112, 233), (121, 250), (127, 267)], 5.0),
        ([(300, 200), (420, 230), (540, 205)], 2.0),
    ]
    for length in (15, 40, 70, 200):
        tracing = traced(*others, knobs=Knobs(min_length_px=length))
        told = shapely.union_all(
            [*(one.geometry for one in tracing.stretches), *(one[2] for one in tracing.dropped)]
        )
        for points in (FRONT, *(points for points, _ in others)):
            drawn = shapely.LineString(points)
            assert drawn.intersection(told.buffer(4)).length > drawn.length - 12


def test_rows_name_long_pieces_and_count_short_ones():
    dropped = [("May", "writing", shapely.LineString([(0, 7), (x, 7)])) for x in (90, 20, 50, 30)]
    dropped.append(("June", "writing", shapely.LineString([(0, 0), (500, 0)])))
    assert rows_of(dropped, "May", 40.0) == [
        {"reason": "writing", "pieces": 1, "length_px": 90.0, "column": 45.0, "row": 7.0},
        {"reason": "writing", "pieces": 1, "length_px": 50.0, "column": 25.0, "row": 7.0},
        {"reason": "writing", "pieces": 2, "length_px": 50.0, "column": 15.0, "row": 7.0},
    ]
    assert grouped(dropped, "April") == {}


def test_an_ink_of_which_no_piece_is_left_gives_no_stretch():
    tracing = traced(knobs=Knobs(min_length_px=3000))
    assert tracing.stretches == ()
    (why,) = {reason for _, reason, _ in tracing.dropped}
    assert why == "shorter than min_length_px"


@pytest.mark.parametrize("knobs", [Knobs(min_length_px=30), Knobs(min_length_px=90)])
def test_the_least_length_leaves_the_widest_gap_as_it_is(knobs):
    assert traced(knobs=knobs).knobs["May"].gap_px == traced().knobs["May"].gap_px
    assert traced(knobs=Knobs(gap_px=7)).knobs["May"].min_length_px == traced().knobs["May"].min_length_px
    assert traced(knobs=knobs).knobs["May"].min_length_px == knobs.min_length_px
