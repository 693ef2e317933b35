"""Dashed lines that turn within their gaps: no dash is passed by, and no letter taken up."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from frontlines.datasets import render_scan
from frontlines.digitize import open_scan, trace_lines
from frontlines.digitize.lines.dashes import taken_up, with_passed_by
from frontlines.digitize.lines.joining import Run, joined
from tests.digitize.warmaps import score

GAP, STROKE = 40.0, 3.0


def _dash(*points):
    return Run(np.array(points, float), np.full(len(points), 2.0), np.ones(len(points) - 1, bool))


def _row(first, count, y=0.0):
    return [_dash((20 * k, y), (20 * k + 12, y)) for k in range(first, first + count)]


HAIRPIN = [_dash((118, 6), (118, 18)), _dash((121, 24), (133, 24)), _dash((138, 18), (138, 6))]


def _traced(dashes, spares=()):
    return with_passed_by(joined(dashes, GAP, STROKE), spares, GAP, STROKE)


def test_the_dashes_of_a_hairpin_are_not_passed_by():
    dashes = [*_row(0, 6), *HAIRPIN, *_row(7, 6)]
    assert max(run.seen_px for run in joined(dashes, GAP, STROKE)) < 14 * 12
    (line,) = _traced(dashes)
    assert line.seen_px == pytest.approx(15 * 12)
    assert np.diff(line.points[:, 0]).min() >= 0  # in order


def test_a_line_without_a_pattern_is_left_as_it_is():
    runs = joined(_row(0, 4), GAP, STROKE)
    assert with_passed_by(runs, [_dash((85, 0), (90, 0))], GAP, STROKE) is runs


def test_a_dashed_line_that_goes_straight_stays_one():
    dashes = _row(0, 12)
    (line,) = _traced(dashes)
    assert line.seen_px == 12 * 12
    assert (~line.seen).sum() == 11


def test_a_dashed_ring_stays_closed():
    turns = np.arange(0, 360, 20.0)
    spots = [np.radians([turn, turn + 6, turn + 12]) for turn in turns]
    ring = [_dash(*np.column_stack([60 * np.cos(spot), 60 * np.sin(spot)])) for spot in spots]
    (line,) = _traced(ring)
    assert line.points[0].tolist() == line.points[-1].tolist()


@pytest.mark.parametrize("high", [3, 12])
def test_a_spare_is_taken_where_it_makes_a_wide_gap_usual(high):
    spare = _dash((120, 1), (126, high), (132, 1))
    runs = _traced([*_row(0, 6), *_row(7, 6)], [spare])
    assert len(runs) == 1
    assert taken_up([spare], runs) == [spare]


@pytest.mark.parametrize(
    "spare",
    [
        _dash((113, -6), (117, 6)),  # stands across a usual gap
        _dash((262, 0), (268, 2), (274, 0)),  # goes on behind the end, as a name might
        _dash((120, 30), (126, 33), (132, 30)),  # lies far beside
    ],
    ids=["across", "behind", "beside"],
)
def test_a_spare_is_left_where_the_line_needs_none(spare):
    runs = _traced(_row(0, 13), [spare])
    assert taken_up([spare], runs) == []
    assert [run.seen_px for run in runs] == [13 * 12]


@pytest.mark.parametrize("dashes", [(14.0, 7.0), (25.0, 12.0), (10.0, 8.0)])
def test_of_sharp_teeth_all_dashes_are_found(dashes):
    x = np.arange(40.0, 661.0, 31.0)
    teeth = shapely.LineString(np.column_stack([x, 150 + 28 * (-1.0) ** np.arange(len(x))]))
    drawn = {"name": ["front"], "colour": ["#c0141e"], "width_px": [4.0], "dashes_px": [dashes]}
    scan = render_scan(gpd.GeoDataFrame(drawn, geometry=[teeth]), size_px=(700, 300))
    result = score(trace_lines(open_scan(scan.pixels), {"front": "red"}), scan, "front")
    assert result["complete"] >= 0.98
    assert result["false"] < 4.0  # not a stroke
