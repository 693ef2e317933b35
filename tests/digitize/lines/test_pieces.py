"""Pieces of a line: traced, led along another, and over gaps."""

from dataclasses import replace

import numpy as np
import pytest

from frontlines.digitize.lines.hidden import find_running_on
from frontlines.digitize.lines.pieces import pieces_of
from frontlines.digitize.lines.stretches import Hidden, Knobs, Stretch, Tracing


def stretch(line, points, jumped=()):
    points = np.array(points, dtype=float)
    return Stretch(line, points, np.full(len(points), 2.0), np.full(len(points), 0.3), jumped)


def tracing(*stretches, hidden=(), gap_px=40.0):
    lines = {one.line for one in stretches}
    return Tracing(
        stretches, hidden, {}, dict.fromkeys(lines, 4.0), dict.fromkeys(lines, Knobs(gap_px=gap_px))
    )


UPPER = stretch("May", [(x, 100.0) for x in range(0, 401, 10)])


def test_hidden_parts_follow_the_upper_line_with_its_vertices():
    west, east = stretch("April", [(60, 60), (100, 98)]), stretch("April", [(300, 98), (340, 60)])
    path = UPPER.points[10:31]
    found = tracing(UPPER, west, east, hidden=(Hidden("April", "May", (1, 2), (-1, 0), path),))
    (led,) = [piece for piece in pieces_of(found, "April", follow_hidden=True) if not piece.seen]
    np.testing.assert_array_equal(led.points[1:-1], path)
    assert led.points[0].tolist() == [100, 98]
    assert led.note == "hidden under the line May: follows it"
    assert 0.3 < led.sigma_px[0] < 0.6
    assert all(piece.seen for piece in pieces_of(found, "April", follow_hidden=False))
    assert [piece.note for piece in pieces_of(found, "May", follow_hidden=True)] == [""]


def test_a_line_that_runs_into_another_follows_it_to_its_end():
    found = tracing(UPPER, stretch("April", [(60, 60), (80, 80), (100, 98)]))
    (one,) = find_running_on(found)
    assert (one.line, one.under, one.end, one.begins_again) == ("April", "May", -1, None)
    assert one.path[-1].tolist() == [400, 100]
    (_, led) = pieces_of(found, "April", follow_hidden=True)
    assert "not seen again" in led.note


def test_it_comes_out_where_the_same_line_begins_again_near_by():
    hidden_by_a_label = stretch("April", [(300, 75), (330, 60)])
    found = tracing(UPPER, stretch("April", [(60, 60), (80, 80), (100, 98)]), hidden_by_a_label)
    (one,) = find_running_on(found)
    assert one.begins_again.tolist() == [300, 75]
    assert one.path[-1].tolist() == [300, 100]
    led, out = pieces_of(found, "April", follow_hidden=True)[-2:]
    assert led.note == "hidden under the line May: follows it"
    assert out.note == "comes out from under the line May over a gap of 25 px"
    assert out.points.tolist() == [[300, 100], [300, 75]]
    assert out.sigma_px[-1] == pytest.approx(25 * 0.3)
    far = tracing(UPPER, *found.stretches[1:], gap_px=20.0)
    assert [one.begins_again for one in find_running_on(far)] == [None]


def test_a_dashed_line_may_lack_its_last_gap_before_it_runs_into_another():
    dashes = [*((x, 130 - x / 5) for x in range(0, 61, 6)), (84, 113), (96, 109)]
    gaps = ((1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (10, 11))
    (one,) = find_running_on(tracing(UPPER, stretch("April", dashes, gaps)))
    assert (one.under, one.end) == ("May", -1)
    assert find_running_on(tracing(UPPER, stretch("April", dashes))) == []
    away = [(x, 130 + x / 5) for x in range(0, 61, 6)][::-1]
    assert find_running_on(tracing(UPPER, stretch("April", away, gaps[:5]))) == []


def test_lines_that_meet_steeply_or_in_the_open_or_are_closed_are_left_alone():
    square = tracing(UPPER, stretch("April", [(200, 20), (200, 60), (200, 97)]))
    across = tracing(UPPER, stretch("April", [(160, 20), (180, 60), (199, 98)]))
    open_ = tracing(UPPER, stretch("April", [(60, 20), (90, 50)]))
    turn = np.linspace(0, 2 * np.pi, 40)
    ring = stretch("April", np.column_stack([200 + 90 * np.cos(turn), 195 + 93 * np.sin(turn)]))
    for one in (square, across, open_, tracing(UPPER, ring)):
        assert find_running_on(one) == []


def test_gaps_between_loose_ends_are_closed_up_to_the_knob():
    parts = (
        stretch("May", [(0, 0), (100, 0)]),
        stretch("May", [(130, 5), (200, 5)]),
        stretch("May", [(290, 5), (400, 5)]),
    )
    closed = pieces_of(tracing(*parts), "May", follow_hidden=False)
    assert [piece.note for piece in closed if not piece.seen] == ["gap of 30 px closed straight"]
    assert closed[-1].points.tolist() == [[100, 0], [130, 5]]


def test_narrow_jumps_are_told_and_wide_ones_are_pieces_of_their_own():
    narrow = stretch("May", [(0, 0), (10, 0), (25, 0), (50, 0)], jumped=((1, 2),))
    (piece,) = pieces_of(tracing(narrow), "May", follow_hidden=True)
    assert piece.note == "carried on over 1 gap, 15 px in all, there ± 0.3 px at most"
    assert piece.gaps == ((1, 2),)
    wide = stretch("May", [(0, 0), (10, 0), (40, 0), (50, 0)], jumped=((1, 2),))
    before, gap, after = pieces_of(tracing(wide), "May", follow_hidden=True)
    assert (before.seen, gap.seen, after.seen) == (True, False, True)
    assert gap.note == "carried on over a gap of 30 px"
    assert gap.sigma_px.tolist() == [5, 5]
    assert [piece.points.tolist() for piece in (before, gap, after)] == [
        [[0, 0], [10, 0]], [[10, 0], [40, 0]], [[40, 0], [50, 0]],
    ]  # fmt: skip


def test_an_end_that_is_partly_covered_is_a_piece_of_its_own():
    line = stretch("May", np.column_stack([np.arange(0.0, 200, 2), np.full(100, 50.0)]))
    sigma = np.full(100, 0.1)
    sigma[:5], sigma[-1] = 2.0, 2.0  # eight pixels are two strokes; the last point alone is none
    sure, end = pieces_of(tracing(replace(line, sigma_px=sigma)), "May", follow_hidden=False)
    assert end.note == "partly covered at its end, ± 2.0 px at most"
    assert end.points[-1].tolist() == sure.points[0].tolist()
    assert len(sure.points) + len(end.points) == 101
    assert sure.sigma_px[:-1].max() == 0.1
    assert sure.note == ""
    assert sure.seen
    assert end.seen


def test_stretches_are_turned_and_joined_with_what_they_jumped():
    line = replace(stretch("May", [(0, 0), (10, 0), (30, 0), (40, 0), (50, 0)]), jumped=((1, 2),))
    back = line.turned()
    assert back.jumped == ((2, 3),)
    assert back.turned().points.tolist() == line.points.tolist()
    whole = line.part(0, 2).joined(line.part(2, 4))
    assert whole.points.tolist() == line.points.tolist()
    assert whole.jumped == line.jumped
