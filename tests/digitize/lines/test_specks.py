"""Ink under a bridged gap counts as seen; bare paper, and the rims of other inks, do not."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from frontlines.datasets import render_scan
from frontlines.digitize import open_scan, trace_lines
from frontlines.digitize.colour.inks import Strokes
from frontlines.digitize.lines.joining import Run, seen_in_gaps

OWN, OTHER, PALE = 1, 2, 3


def _gap():
    seen = np.concatenate([np.ones(5, bool), np.zeros(20, bool), np.ones(4, bool)])
    return Run(np.column_stack([np.arange(30.0), np.full(30, 4.0)]), np.full(30, 2.0), seen)


def _labels(label, columns=slice(12, 17)):
    labels = np.zeros((9, 30), np.uint8)
    labels[3:6, columns] = label
    return labels


@pytest.mark.parametrize(("label", "more"), [(OWN, 4), (PALE, 4), (OTHER, 0), (0, 0)])
def test_ink_of_the_line_in_a_gap_is_seen(label, more):
    run = seen_in_gaps(_gap(), _labels(label), Strokes((OWN,), (PALE,), (OTHER,), 3.0))
    assert run.seen.sum() == _gap().seen.sum() + more
    assert run.points.tolist() == _gap().points.tolist()


def test_the_rim_of_a_stronger_ink_is_no_ink_of_the_line():
    labels = _labels(OWN)
    labels[:, 14] = OTHER
    strokes = Strokes((OWN,), (), (OTHER,), 3.0)
    assert seen_in_gaps(_gap(), labels, strokes).seen.sum() == _gap().seen.sum()


@pytest.mark.parametrize(
    ("columns", "more"), [(slice(12, 17), 6), (slice(6, 12), 0)], ids=["alone", "at the end"]
)
def test_a_bridge_may_miss_a_dot_by_a_pixel(columns, more):
    labels = np.zeros((9, 30), np.uint8)
    labels[5:8, columns] = OWN
    run = seen_in_gaps(_gap(), labels, Strokes((OWN,), (), (), 3.0))
    assert run.seen.sum() == _gap().seen.sum() + more


@pytest.mark.parametrize(
    ("columns", "core", "more"),
    [
        (slice(12, 17), 255, 4),
        (slice(7, 12), 255, 0),
        (slice(8, 21), 255, 0),
        (slice(14, 15), PALE, 0),
        (slice(12, 17), OTHER, 0),
    ],
    ids=["a dot", "off the middle", "too long", "too short", "of another ink"],
)
def test_a_washed_out_dot_is_seen_in_the_middle_of_a_gap(columns, core, more):
    labels = _labels(PALE, columns)
    labels[4, columns.start + 1 : columns.stop - 1] = core
    run = seen_in_gaps(_gap(), labels, Strokes((OWN,), (), (), 3.0, weaker=(PALE,)))
    assert run.seen.sum() == _gap().seen.sum() + more


def test_a_bridge_may_lead_off_the_scan():
    run = Run(np.array([[-3.0, 4.0], [-2.0, 4.0], [31.0, 4.0]]), np.ones(3), np.zeros(2, bool))
    assert not seen_in_gaps(run, _labels(OWN), Strokes((OWN,), (), (), 3.0)).seen.any()


@pytest.mark.parametrize(("dashes", "share"), [((16.0, 5.0, 3.0, 5.0), 0.9), ((16.0, 5.0, 4.0, 5.0), 0.95)])
def test_the_dots_between_dashes_are_seen(dashes, share):
    x = np.arange(40.0, 660.0, 4.0)
    line = shapely.LineString(np.column_stack([x, 150 + 30 * np.sin(x / 60)]))
    drawn = {"colour": ["#c0141e"], "width_px": [3.0], "dashes_px": [dashes]}
    scan = open_scan(render_scan(gpd.GeoDataFrame(drawn, geometry=[line]), size_px=(700, 300)).pixels)
    parts = [
        one.points[a : b + 1] for one in trace_lines(scan, {"front": "red"}).stretches for a, b in one.jumped
    ]
    jumped = np.array([np.hypot(*np.diff(part, axis=0).T).sum() for part in parts])
    assert (jumped < 5 + 4).mean() > share  # no more than a gap, and what a mask loses at either end
