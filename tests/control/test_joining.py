"""Ends of frontlines, led on to what they nearly meet."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, MultiPolygon, Polygon, box

from frontlines.control import control_from_lines
from frontlines.control.joining import join_ends
from frontlines.errors import ControlError

CRS = "EPSG:3035"
SQUARE = box(0, 0, 10_000, 10_000)
THEATRE = gpd.GeoDataFrame(geometry=[SQUARE], crs=CRS)


def frame(*paths, labels=None):
    return gpd.GeoDataFrame(geometry=[LineString(path) for path in paths], index=labels, crs=CRS)


def drawn(*rows):
    """Stretches as (left, right, path in metres)."""
    return frame(*(path for *_, path in rows)).assign(
        date=pd.Timestamp("1994-05-12"),
        side_left=[left for left, *_ in rows],
        side_right=[right for _, right, _ in rows],
        source="a map",
        sigma_m=100.0,
    )


def km2(rows, snap_m):
    held = control_from_lines(drawn(*rows), THEATRE, snap_m=snap_m)
    return (held.area / 1e6).groupby(held["side"]).sum().to_dict()


def ends(line):
    return shapely.get_coordinates(line)[[0, -1]].tolist()


def corners(shape):
    return shapely.get_coordinates(shape).tolist()


def test_lines_that_need_nothing_come_back_as_they_were():
    lines = frame([(3000, 0), (3000, 5000)], [(3000, 5000), (3000, 10_000)])
    joined = join_ends(lines, SQUARE, 100)
    assert [line.wkt for line in joined.shapes] == [line.wkt for line in lines.geometry]
    assert joined.stubs == []


def test_the_frame_that_was_given_is_left_alone():
    lines = frame([(3000, 40), (3000, 9950)], [(3020, 5000), (9990, 5000)])
    before = lines.copy()
    join_ends(lines, SQUARE, 100)
    assert lines.equals(before)


@pytest.mark.parametrize(
    ("path", "meets"),
    [
        ([(3000, 60), (3000, 10_000)], (3000, 0)),
        ([(60, 4000), (10_000, 4000)], (0, 4000)),
        ([(3000, 10_000), (3000, 60)], (3000, 0)),
    ],
    ids=["south", "west", "last vertex"],
)
def test_an_end_near_the_edge_meets_it_at_a_vertex_of_both(path, meets):
    joined = join_ends(frame(path), SQUARE, 100)
    assert list(meets) in ends(joined.shapes[0])
    assert list(meets) in corners(joined.edge)


def test_the_edge_of_a_hole_or_a_second_part_is_an_edge():
    holed = Polygon(SQUARE.exterior, [box(4000, 4000, 6000, 6000).exterior])
    parts = MultiPolygon([holed, box(20_000, 0, 21_000, 1000)])
    lines = frame([(5000, 0), (5000, 3950)], [(20_500, 30), (20_500, 1000)])
    joined = join_ends(lines, parts, 100)
    assert [5000, 4000] in ends(joined.shapes[0])
    assert [20_500, 0] in ends(joined.shapes[1])
    assert [5000, 4000] in corners(joined.edge)


def test_an_end_on_the_middle_of_a_line_is_a_vertex_of_both():
    joined = join_ends(frame([(3000, 0), (3000, 10_000)], [(3050, 5000), (10_000, 5000)]), SQUARE, 100)
    assert ends(joined.shapes[1])[0] == [3000, 5000]
    assert [3000, 5000] in corners(joined.shapes[0])


def test_only_one_of_two_ends_that_nearly_meet_is_moved():
    joined = join_ends(frame([(3000, 0), (3000, 4970)], [(3000, 5030), (3000, 10_000)]), SQUARE, 100)
    meeting = [end for line in joined.shapes for end in ends(line) if 0 < end[1] < 10_000]
    assert meeting[0] == meeting[1]
    assert meeting[0] in ([3000, 4970], [3000, 5030])


def test_ends_beyond_the_theatre_are_not_led_on():
    path = [(3000, -4000), (3000, 14_000)]
    assert join_ends(frame(path), SQUARE, 0).shapes[0].equals(LineString(path))


@pytest.mark.parametrize("snap_m", [99, 99.9])
def test_an_end_out_of_reach_is_named_with_its_vertex_place_and_distance(snap_m):
    lines = frame([(3000, 100), (3000, 10_000)], labels=["west"])
    with pytest.raises(
        ControlError, match=r"1 end of a frontline hangs.*\n- row west: its first vertex, .*°N, stops 100 m"
    ) as caught:
        join_ends(lines, SQUARE, snap_m)
    assert f"(snap_m={snap_m:g})" in str(caught.value)
    assert "pass snap_m=100 or more" in str(caught.value)
    assert join_ends(lines, SQUARE, 100).shapes[0].length == 10_000


def test_all_ends_out_of_reach_are_told_at_once_and_the_farthest_advised():
    lines = frame([(3000, 200), (3000, 9600)], [(7000, 0), (7000, 9700)])
    with pytest.raises(ControlError, match=r"^3 ends of frontlines hang in the air") as caught:
        join_ends(lines, SQUARE, 100)
    assert [f"stops {short} m" in str(caught.value) for short in (200, 300, 400)] == [True] * 3
    assert "pass snap_m=400 or more" in str(caught.value)


def test_what_runs_past_a_line_is_a_stub_and_no_longer_than_the_reach():
    lines = frame([(3000, 0), (3000, 10_000)], [(2920, 5000), (10_000, 5000)])
    joined = join_ends(lines, SQUARE, 100)
    assert [stub.length for stub in joined.stubs] == [80]
    with pytest.raises(ControlError, match=r"row 1: its first vertex"):
        join_ends(lines, SQUARE, 50)


def test_order_of_rows_changes_no_joint():
    paths = [
        [(3000, 60), (3050, 3000)],
        [(3020, 3060), (3000, 6000)],
        [(3060, 6040), (3000, 9950)],
        [(7000, 30), (7000, 9990)],
    ]
    found = set()
    for order in itertools.permutations(range(4)):
        joined = join_ends(frame(*(paths[n] for n in order)), SQUARE, 200)
        found.add(tuple(sorted(line.wkt for line in joined.shapes)))
    assert len(found) == 1


# --- three stretches that nearly meet ------------------------------------------------------------

TO_WEST, TO_NORTH, TO_SOUTH_EAST = (-1, 0), (0, 1), (2**-0.5, -(2**-0.5))


def star(west_m, north_m, south_east_m):
    """Three fronts from the theatre's edge that stop so far short of its middle."""
    middle = np.array([5000.0, 5000.0])
    stops = [
        middle + np.array(way) * short
        for way, short in zip(
            (TO_WEST, TO_NORTH, TO_SOUTH_EAST), (west_m, north_m, south_east_m), strict=True
        )
    ]
    return (
        ("A", "C", [(0, 5000), stops[0]]),
        ("B", "A", [(5000, 10_000), stops[1]]),
        ("C", "B", [(10_000, 0), stops[2]]),
    )


@pytest.mark.parametrize("short", [(0, 0, 0), (10, 10, 10), (20, 80, 50), (90, 5, 40), (5, 95, 95)])
def test_three_ends_that_nearly_meet_are_joined_at_one_point(short):
    rows = star(*short)
    for order in itertools.permutations(rows):
        assert km2(order, 300) == pytest.approx({"A": 25, "B": 37.5, "C": 37.5}, abs=0.5)


def test_three_ends_out_of_reach_of_each_other_are_an_error():
    with pytest.raises(ControlError, match=r"hangs? in the air"):
        km2(star(400, 400, 400), 300)


def test_a_branch_that_meets_a_line_is_not_drawn_to_its_tip():
    rows = (
        ("A", "B", [(3000, 0), (3000, 9800)]),
        ("A", "C", [(3000, 9800), (3000, 9950)]),
        ("C", "B", [(3002, 9800), (10_000, 9800)]),
    )
    assert km2(rows, 300) == pytest.approx({"A": 30, "B": 68.6, "C": 1.4}, abs=1e-3)


# --- an end goes on in its own direction before it turns aside ------------------------------------

STRIP = box(0, 0, 400, 2000)
STRIP_FRAME = gpd.GeoDataFrame(geometry=[STRIP], crs=CRS)


def test_an_end_goes_on_ahead_though_the_edge_beside_it_is_nearer():
    joined = join_ends(frame([(190, 200), (190, 1800)]), STRIP, 1000)
    assert sorted(ends(joined.shapes[0])) == [[190, 0], [190, 2000]]
    assert joined.led == [(200.0, True), (200.0, True)]


def test_how_far_ends_were_led_comes_with_the_control():
    held = control_from_lines(drawn(("A", "B", [(190, 200), (190, 1800)])), STRIP_FRAME, snap_m=1000)
    assert held.attrs["ends_led"] == {"number": 2, "sideways": 0, "farthest_m": 200.0}
    assert (held.area / 1e6).round(9).tolist() == [0.38, 0.42]


def test_an_end_beside_a_line_goes_on_to_the_edge_ahead():
    lines = frame([(100, 0), (100, 2000)], [(250, 0), (250, 1750)])
    assert ends(join_ends(lines, STRIP, 300).shapes[1]) == [[250, 0], [250, 2000]]


def test_an_end_all_but_on_the_edge_does_not_run_along_it():
    joined = join_ends(frame([(200, 2000), (200, 600), (3, 500), (1, 400)]), STRIP, 1000)
    assert ends(joined.shapes[0])[1] == pytest.approx([0, 400], abs=2)


def test_two_edges_about_as_near_are_refused_where_ground_hangs_on_the_choice():
    lines = drawn(("A", "B", [(190, 0), (190, 700)]))
    with pytest.raises(
        ControlError, match=r"row 0: its last vertex, .* stops 190 m short .* and 210 m short"
    ):
        control_from_lines(lines, STRIP_FRAME, snap_m=300)
    assert len(control_from_lines(lines, STRIP_FRAME, snap_m=1300)) == 2


def test_a_corner_is_no_choice_between_two_edges():
    assert km2([("A", "B", [(5000, 10_000), (70, 2000), (60, 60), (80, 65)])], 100)["A"] > 0
