"""From polygons to lines, and back."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import LineString, box

from frontlines.control import control_from_lines, frontlines_from_control

CRS = "EPSG:3035"
THEATRE = gpd.GeoDataFrame(geometry=[box(0, 0, 10_000, 10_000)], crs=CRS)


def control(*held, date="1994-05-12"):
    return gpd.GeoDataFrame(
        {
            "date": pd.to_datetime([date] * len(held)),
            "side": [side for side, _ in held],
            "source": [f"source {side}" for side, _ in held],
            "sigma_m": [float(n) for n in range(len(held))],
        },
        geometry=[shape for _, shape in held],
        crs=CRS,
    )


WEST, EAST = box(0, 0, 3000, 10_000), box(3000, 0, 10_000, 10_000)


def test_two_sides_meet_in_one_line_with_the_first_name_on_the_left():
    front = frontlines_from_control(control(("B", WEST), ("A", EAST)), THEATRE, border_m=0)
    assert front[["side_left", "side_right", "source", "sigma_m"]].values.tolist() == [
        ["A", "B", "source A; source B", 1.0]
    ]
    assert front.geometry.iloc[0].equals(LineString([(3000, 10_000), (3000, 0)]))
    on_left = shapely.offset_curve(front.geometry.iloc[0], 100)
    assert on_left.within(EAST)


def test_polygons_of_one_side_have_no_front_between_them():
    front = frontlines_from_control(control(("A", WEST), ("A", EAST)), THEATRE, border_m=0)
    assert front.empty
    assert list(front.columns)[:3] == ["date", "side_left", "side_right"]


def test_three_sides_have_three_fronts():
    front = frontlines_from_control(
        control(("A", WEST), ("B", box(3000, 0, 10_000, 5000)), ("C", box(3000, 5000, 10_000, 10_000))),
        THEATRE,
        border_m=0,
    )
    pairs = front[["side_left", "side_right"]].values.tolist()
    assert pairs == [["A", "B"], ["A", "C"], ["B", "C"]]
    assert front.length.tolist() == [5000, 5000, 7000]


def test_a_pocket_has_a_closed_front():
    pocket = box(5000, 5000, 6000, 6000)
    front = frontlines_from_control(
        control(("A", THEATRE.geometry[0] - pocket), ("B", pocket)), THEATRE, border_m=0
    )
    assert front.geometry.iloc[0].is_ring


def test_what_runs_along_the_border_is_no_front():
    strip = box(0, 9950, 10_000, 10_000)
    ground = control(("A", WEST - strip), ("B", (EAST - strip) | strip))
    drawn = frontlines_from_control(ground, THEATRE, border_m=0)
    kept = frontlines_from_control(ground, THEATRE, border_m=60)
    assert drawn.length.sum() > 12_000
    assert kept.length.sum() == pytest.approx(10_000 - 120)


def test_dates_are_kept_apart():
    both = pd.concat(
        [control(("A", WEST), ("B", EAST), date="1994-04-07"), control(("A", EAST), ("B", WEST))]
    )
    front = frontlines_from_control(both.reset_index(drop=True), THEATRE, border_m=0)
    assert front["date"].dt.strftime("%m-%d").tolist() == ["04-07", "05-12"]


def test_corners_that_do_not_match_make_no_false_front():
    east = [box(3000, 0, 10_000, 4000), box(3000 + 1e-7, 4000, 10_000, 10_000)]
    front = frontlines_from_control(control(("A", WEST), ("B", east[0]), ("B", east[1])), THEATRE, border_m=0)
    assert front.length.sum() == pytest.approx(10_000)


def test_polygons_come_back_from_their_front():
    before = control(("A", WEST), ("B", EAST))
    front = frontlines_from_control(before, THEATRE, border_m=0)
    after = control_from_lines(front, THEATRE, snap_m=1)
    assert after["side"].tolist() == ["A", "B"]
    for one, other in zip(before.geometry, after.geometry, strict=True):
        assert one.symmetric_difference(other).area < 1
