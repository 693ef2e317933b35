"""Gaps that another line accounts for, and short stretches that come out from under one."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from frontlines.datasets import ScanLook, render_scan
from frontlines.digitize import Knobs, open_scan, trace_lines
from frontlines.digitize.lines.hidden import beside_others, find_hidden, parted
from frontlines.digitize.lines.pieces import pieces_of
from frontlines.digitize.lines.stretches import Stretch


def stretch(line, points, jumped=()):
    points = np.array(points, dtype=float)
    return Stretch(line, points, np.full(len(points), 2.0), np.full(len(points), 0.1), jumped)


MAY = stretch("May", [(x, 50) for x in range(0, 301, 10)])
JUMPS = [(60, 20), (80, 38), (90, 46), (190, 46), (200, 38), (220, 20)]  # from 90 to 190 nothing is seen


def test_a_jump_along_another_line_is_hidden_there():
    found = parted([MAY, stretch("April", JUMPS, ((2, 3),))])
    assert [(one.line, len(one.points), one.jumped) for one in found] == [
        ("May", 31, ()), ("April", 3, ()), ("April", 3, ()),
    ]  # fmt: skip
    (hidden,) = find_hidden(found)
    assert (hidden.line, hidden.under) == ("April", "May")
    assert shapely.LineString(hidden.path).equals(shapely.LineString([(90, 50), (190, 50)]))


@pytest.mark.parametrize(
    ("april", "jump"),
    [
        (
            [(60, 0), (80, 10), (90, 20), (190, 20), (200, 10), (220, 0)],
            (2, 3),
        ),  # 30 px beside the other line
        ([(90, 20), (97, 38), (99, 46), (103, 54), (105, 62), (110, 80)], (2, 3)),  # straight across it
        ([(90, 46), (190, 46), (200, 38), (220, 20)], (0, 1)),  # begins with the jump
    ],
)
def test_other_jumps_stay(april, jump):
    mine = stretch("April", april, (jump,))
    assert parted([MAY, mine]) == [MAY, mine]


def test_a_detour_along_the_other_line_is_no_way():
    loop = stretch("May", [(80, 50), (100, 50), (100, 250), (180, 250), (180, 50), (200, 50)])
    mine = stretch("April", [(60, 20), (80, 38), (93, 46), (187, 46), (200, 38), (220, 20)], ((2, 3),))
    assert parted([loop, mine]) == [loop, mine]


def test_where_neither_line_is_seen_nothing_is_parted():
    unseen = stretch("May", MAY.points, ((8, 20),))
    mine = stretch("April", JUMPS, ((2, 3),))
    assert parted([unseen, mine]) == [unseen, mine]


def test_a_ring_is_parted_once_and_hangs_together_over_its_first_point():
    ring = [(140, 0), (220, 20), (200, 38), (190, 46), (90, 46), (80, 38), (60, 20), (140, 0)]
    _, mine = parted([MAY, stretch("April", ring, ((3, 4),))])
    assert mine.points[[0, -1]].tolist() == [[90, 46], [190, 46]]
    assert len(mine.points) == len(ring) - 1


def test_other_jumps_keep_their_places_in_the_parts():
    mine = stretch("April", [(10, 0), (40, 10), *JUMPS, (260, 10), (290, 0)], ((0, 1), (4, 5), (8, 9)))
    _, west, east = parted([MAY, mine])
    assert (west.jumped, east.jumped) == (((0, 1),), ((3, 4),))


def test_short_stretches_at_another_line_are_told_from_lone_ones():
    at, lone = stretch("April", [(90, 30), (100, 46)]), stretch("April", [(90, 10), (100, 20)])
    assert beside_others([at, lone], [MAY, at]) == ([at], [lone])


def test_an_arrow_that_has_crossed_another_line_does_not_come_out_from_under_it():
    arrow, overshoot = stretch("April", [(100, 20), (103, 58)]), stretch("April", [(100, 20), (103, 52)])
    assert beside_others([arrow, overshoot], [MAY]) == ([overshoot], [arrow])


def _scan(labels, lower, *, dashes=None):
    upper = shapely.LineString([(10, 60), (150, 70), (200, 130), (330, 140), (390, 110)])
    lines = gpd.GeoDataFrame(
        {
            "name": ["April", "May"],
            "colour": ["#1f4fb4", "#cc2222"],
            "width_px": 4.0,
            "dashes_px": [dashes, None],
        },
        geometry=[lower, upper],
    )
    look = ScanLook(rotation_deg=0.0, jpeg_quality=None, grain=0.5)
    return render_scan(lines, size_px=(400, 240), labels=labels, look=look), upper


def test_a_line_that_shares_its_course_under_a_label_shares_it_in_the_tracing():
    lower = shapely.LineString(
        [(10, 150), (120, 120), (190, 118), (200, 130), (250, 134), (262, 160), (270, 230)]
    )
    label = pd.DataFrame(
        {"text": ["Tazakand"], "x": 185.0, "y": 128.0, "size_px": 14.0, "halo_px": 2.0, "colour": "black"}
    )
    scan, upper = _scan(label, lower)
    tracing = trace_lines(
        open_scan(scan.pixels), {"April": "blue", "May": "red"}, knobs=Knobs(min_length_px=30, gap_px=80)
    )
    (led,) = [piece for piece in pieces_of(tracing, "April", follow_hidden=True) if "hidden" in piece.note]
    assert shapely.distance(shapely.points(led.points), upper).max() < 5
    assert not [piece for piece in pieces_of(tracing, "April", follow_hidden=False) if "gap" in piece.note]
