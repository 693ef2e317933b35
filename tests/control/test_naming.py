"""Sides of lines that name none, from places."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, box

from frontlines.control import control_from_lines, lines_with_sides
from frontlines.errors import ControlError
from frontlines.layers import as_theatre

CRS = "EPSG:3035"
KM = 1000.0
DAY = "1994-05-12"


@pytest.fixture
def theatre():
    frame = gpd.GeoDataFrame(geometry=[box(0, 0, 10, 10)], crs=CRS)
    return as_theatre(frame.scale(KM, KM, origin=(0, 0)).to_frame("geometry"), CRS)


def bare(*drawn, dates=DAY):
    """Lines as [(x, y), …] in km, without sides."""
    days = [dates] * len(drawn) if isinstance(dates, str) else dates
    shapes = [LineString([(x * KM, y * KM) for x, y in points]) for points in drawn]
    return gpd.GeoDataFrame({"date": days}, geometry=shapes, crs=CRS)


def at(**places):
    """Places in km as places in degrees."""
    found = {}
    for side, points in places.items():
        xy = gpd.GeoSeries.from_xy(*zip(*[(x * KM, y * KM) for x, y in points], strict=True), crs=CRS)
        found[side] = [(point.x, point.y) for point in xy.to_crs("EPSG:4326")]
    return found


def held(frame, theatre, side_at, snap_m=0.0):
    """Area by side [km²] by date."""
    lines = lines_with_sides(frame, theatre, side_at, snap_m=snap_m)
    control = control_from_lines(lines, theatre, snap_m=snap_m)
    areas = (control.area / 1e6).groupby([control["date"].dt.strftime("%m-%d"), control["side"]]).sum()
    return {key: round(float(km2), 6) for key, km2 in areas.items()}


def test_the_direction_of_a_line_does_not_count(theatre):
    both = at(A=[(1, 5)], B=[(9, 5)])
    for line in ([(3, 0), (3, 10)], [(3, 10), (3, 0)]):
        assert held(bare(line), theatre, both) == {("05-12", "A"): 30, ("05-12", "B"): 70}


def test_pockets_follow_across_their_lines(theatre):
    front, pocket = [(3, 0), (3, 10)], [(5, 4), (7, 4), (7, 6), (5, 6), (5, 4)]
    both = at(A=[(1, 5)], B=[(9, 5)])
    assert held(bare(front, pocket), theatre, both) == {("05-12", "A"): 34, ("05-12", "B"): 66}


def test_places_hold_on_all_dates_and_ends_are_led_on_as_ever(theatre):
    lines = bare([(3, 0), (3, 9.9)], [(4, 10), (4, 0)], dates=["1994-04-07", DAY])
    found = lines_with_sides(lines, theatre, at(A=[(1, 5)], B=[(9, 5)]), snap_m=200)
    assert found[["side_left", "side_right"]].to_numpy().tolist() == [["A", "B"], ["B", "A"]]
    assert found.length.tolist() == [9900, 10_000]  # as drawn
    assert control_from_lines(found, theatre, snap_m=200).attrs["ends_led"]["number"] == 1


def test_a_place_that_the_front_has_passed_is_refused(theatre):
    lines = bare([(3, 0), (3, 10)], [(5, 0), (5, 10)], dates=["1994-04-07", DAY])
    words = "on 1994-05-12 no line runs between A at .* and B at .*: give places that lie on their own side"
    with pytest.raises(ControlError, match=words):
        lines_with_sides(lines, theatre, at(A=[(1, 5)], B=[(4, 5)]), snap_m=0)


def test_three_sides_need_a_place_each_and_cut_lines_where_they_change(theatre):
    lines = bare([(3, 0), (3, 10)], [(3, 5), (10, 5)])
    three = at(A=[(1, 5)], B=[(9, 9)], C=[(9, 1)])
    assert held(lines, theatre, three) == {("05-12", "A"): 30, ("05-12", "B"): 35, ("05-12", "C"): 35}
    found = lines_with_sides(lines, theatre, three, snap_m=0)
    rows = zip(found["side_left"], found["side_right"], found.length.round(6), strict=True)
    assert sorted(rows) == [("A", "B", 5000), ("A", "C", 5000), ("B", "C", 7000)]
    lines = bare([(3, 0), (3, 10)], [(3, 5), (10, 5)], [(6, 0), (6, 5)], [(8, 0), (8, 5)])
    with pytest.raises(
        ControlError, match=r"some ground beside the lines is not known: 15\.0 km² round .*, 10\.0 km² round"
    ):
        lines_with_sides(lines, theatre, three, snap_m=0)


def test_lines_that_cross_are_cut_there(theatre):
    lines = bare([(0, 0), (10, 10)], [(0, 10), (10, 0)])
    both = at(A=[(1, 5)], B=[(5, 9)])
    assert held(lines, theatre, both) == {("05-12", "A"): 50, ("05-12", "B"): 50}
    assert len(lines_with_sides(lines, theatre, both, snap_m=0)) == 4


def test_three_fronts_that_meet_are_no_matter_of_two_sides(theatre):
    lines = bare([(3, 0), (3, 10)], [(3, 5), (10, 5)])
    with pytest.raises(ControlError, match=r"row 0 near .* has A on both sides: mend the places"):
        lines_with_sides(lines, theatre, at(A=[(1, 5)], B=[(9, 9)]), snap_m=0)


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ({"A": [(1, 5)]}, "fewer than two sides"),
        ({"A": [(1, 5)], "B": [(20, 5)]}, r"beyond the theatre.*: B at .*: give longitude, then latitude"),
        (
            {"A": [(1, 5)], "B": [(3, 5)]},
            r"B at [^ ]+ [^ ]+ lies on a line or on the theatre's edge: give another place",
        ),
    ],
)
def test_places_that_settle_nothing_are_refused(theatre, places, words):
    with pytest.raises(ControlError, match=words):
        lines_with_sides(bare([(3, 0), (3, 10)]), theatre, at(**places), snap_m=0)


def test_a_place_on_an_island_without_a_line_is_refused():
    ground = gpd.GeoDataFrame(
        geometry=[box(0, 0, 10 * KM, 10 * KM), box(20 * KM, 0, 30 * KM, 10 * KM)], crs=CRS
    )
    with pytest.raises(ControlError, match=r"C at [^ ]+ [^ ]+ lies in ground that no line borders"):
        lines_with_sides(
            bare([(3, 0), (3, 10)]),
            as_theatre(ground, CRS),
            at(A=[(1, 5)], B=[(9, 5)], C=[(25, 5)]),
            snap_m=0,
        )


def test_lines_beyond_the_theatre_are_left_out(theatre):
    lines = bare([(3, -5), (3, 15)], [(20, 0), (20, 10)])
    found = lines_with_sides(lines, theatre, at(A=[(1, 5)], B=[(9, 5)]), snap_m=0)
    assert found.index.tolist() == [0]
    assert pd.Timestamp(DAY) == found["date"].iloc[0]
