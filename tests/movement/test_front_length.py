"""The length of a front: cases worked by hand, and what must not change it."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, MultiLineString, Polygon, box

from frontlines import (
    as_control,
    as_districts,
    front_length,
    frontlines_from_control,
    fronts_of_side,
    working_crs,
)
from frontlines.errors import LayerError

X, Y = 4321000, 3210000  # the centre of EPSG:3035, where its lengths are true
DAY = pd.Timestamp("1994-05-12")


def lines(*shapes, dates=None):
    frame = {"date": pd.to_datetime(dates or [DAY] * len(shapes))}
    return gpd.GeoDataFrame(frame, geometry=list(shapes), crs="EPSG:3035")


def districts(**shapes):
    return gpd.GeoDataFrame({"district": list(shapes)}, geometry=list(shapes.values()), crs="EPSG:3035")


def path(*places):
    return LineString([(X + 1000 * x, Y + 1000 * y) for x, y in places])


def square(x0, y0, x1, y1):
    return box(X + 1000 * x0, Y + 1000 * y0, X + 1000 * x1, Y + 1000 * y1)


def test_a_line_of_two_legs_is_as_long_as_both():
    table = front_length(lines(path((0, 0), (3, 4), (3, 6))), resolution_m=0)
    assert table.columns.tolist() == ["date", "resolution_m", "front_km"]
    assert table["front_km"].tolist() == pytest.approx([7.0], abs=1e-5)


def test_teeth_below_the_resolution_are_smoothed_away_and_those_above_it_stay():
    saw = path(*[(n, 0.3 * (n % 2)) for n in range(11)])
    table = front_length(lines(saw), resolution_m=[500, 0, 100]).set_index("resolution_m")["front_km"]
    assert table.index.tolist() == [0, 100, 500]
    assert table.loc[[0, 100]].tolist() == pytest.approx([10 * np.hypot(1, 0.3)] * 2, abs=1e-5)
    assert table.loc[500] == pytest.approx(10.0, abs=1e-5)


def test_each_date_is_measured_by_itself_and_they_are_sorted():
    front = lines(path((0, 0), (2, 0)), path((0, 0), (1, 0)), dates=["1994-05-12", "1994-04-07"])
    table = front_length(front, resolution_m=0)
    assert table["date"].tolist() == [pd.Timestamp("1994-04-07"), DAY]
    assert table["front_km"].tolist() == pytest.approx([1.0, 2.0], abs=1e-6)


def test_districts_share_the_front_where_it_crosses_and_halve_it_where_it_is_their_border():
    two = districts(West=square(0, 0, 2, 4), East=square(2, 0, 4, 4), Far=square(9, 9, 10, 10))
    across, along = path((1, 1), (4, 1)), path((2, 2), (2, 4))
    table = front_length(lines(across, along), two, resolution_m=0)
    assert dict(zip(table["district"], table["front_km"].round(6), strict=True)) == {
        "East": 3.0, "Far": 0.0, "West": 2.0,
    }  # fmt: skip


def test_what_lies_in_no_district_is_counted_in_none():
    table = front_length(lines(path((-1, 1), (1, 1))), districts(D=square(0, 0, 2, 2)), resolution_m=0)
    assert table["front_km"].tolist() == pytest.approx([1.0], abs=1e-6)


def test_lengths_are_those_of_the_ellipsoid_where_the_plane_is_not_true():
    far = LineString([(X + 900_000, Y + 900_000), (X + 950_000, Y + 900_000), (X + 950_000, Y + 960_000)])
    front = lines(far)
    lonlat = np.array(front.to_crs("EPSG:4326").geometry.iloc[0].coords)
    true_km = Geod(ellps="GRS80").line_length(lonlat[:, 0], lonlat[:, 1]) / 1000
    assert front_length(front, resolution_m=0)["front_km"].iloc[0] == pytest.approx(true_km, rel=1e-9)
    assert abs(far.length / 1000 - true_km) > 0.005


@given(st.permutations(range(6)), st.lists(st.booleans(), min_size=6, max_size=6), st.integers(0, 5))
def test_the_cut_order_and_direction_of_lines_make_no_difference(order, turned, start):
    places = [(0, 0), (1, 0.3), (2, -0.2), (3, 0.4), (2.5, 2), (0.5, 1.5)]
    ring = places[start:] + places[: start + 1]
    legs = [path(*leg) for leg in zip(places, [*places[1:], places[0]], strict=True)]
    legs = [legs[n].reverse() if turn else legs[n] for n, turn in zip(order, turned, strict=True)]
    whole = front_length(lines(path(*ring)), resolution_m=[0, 250, 400])
    pd.testing.assert_frame_equal(front_length(lines(*legs), resolution_m=[0, 250, 400]), whole)


def test_resolutions_are_checked():
    for wrong in (-1, [], [float("nan")], float("inf")):
        with pytest.raises(
            LayerError, match=r"give (one or more distances in|a number of) metres, 0 or more"
        ):
            front_length(lines(path((0, 0), (1, 0))), resolution_m=wrong)


def control(**grounds):
    rows = [(pd.Timestamp(day), side, shape) for day, held in grounds.items() for side, shape in held.items()]
    table = pd.DataFrame(rows, columns=["date", "side", "geometry"]).assign(source="a map", sigma_m=np.nan)
    return gpd.GeoDataFrame(table, geometry="geometry", crs="EPSG:3035")


def test_the_front_of_a_side_leaves_out_the_border_and_what_is_beyond_it():
    theatre = gpd.GeoDataFrame(geometry=[square(0, 0, 4, 4)], crs="EPSG:3035")
    held = control(**{"1994-05-12": {"A": Polygon([*square(-1, -1, 2, 5).exterior.coords])}})
    front = fronts_of_side(held, theatre, "A", border_m=500)
    assert front[["side_left", "side_right", "source"]].values.tolist() == [["A", "any other", "a map"]]
    assert front.geometry.iloc[0].equals(MultiLineString([path((2, 0.5), (2, 3.5))]))
    assert front.geometry.iloc[0].geoms[0].coords[0][1] == Y + 500  # upwards: the side is on the left


def test_pieces_of_one_side_have_no_front_between_them():
    theatre = gpd.GeoDataFrame(geometry=[square(0, 0, 4, 4)], crs="EPSG:3035")
    halves = control(**{"1994-05-12": {"A": square(0, 0, 2, 2)}, "1994-05-13": {"A": square(0, 0, 2, 2)}})
    other = halves.assign(geometry=[square(0, 2, 2, 4), square(2, 0, 3, 2)])
    front = fronts_of_side(pd.concat([halves, other]), theatre, "A", border_m=0)
    assert (front.length / 1000).round(2).tolist() == [4.0, 5.0]


def test_a_date_without_a_front_has_no_row_and_an_absent_side_is_named():
    theatre = gpd.GeoDataFrame(geometry=[square(0, 0, 4, 4)], crs="EPSG:3035")
    held = control(**{"1994-05-12": {"A": square(0, 0, 4, 4)}, "1994-05-13": {"A": square(0, 0, 1, 4)}})
    assert fronts_of_side(held, theatre, "A", border_m=0)["date"].tolist() == [pd.Timestamp("1994-05-13")]
    with pytest.raises(LayerError, match="side 'C' holds no ground on any date: the sides are 'A'"):
        fronts_of_side(held, theatre, "C", border_m=0)


def test_one_side_is_the_whole_front_where_there_are_two_and_the_bench_agrees(bench):
    raw = gpd.read_parquet(bench / "ukraine_adm2_pre2020_geoboundaries.parquet")
    days = gpd.read_parquet(bench / "deepstate_occupied_20240708_20250731.parquet").iloc[[0, 383]]
    crs = working_crs(raw)
    ground = as_districts(raw, crs, key="id")
    theatre = gpd.GeoDataFrame(geometry=[ground.union_all()], crs=crs)
    held = as_control(days.assign(side="RUS", source="DeepStateUA"), crs, theatre=theatre, rest="UKR")
    both = front_length(frontlines_from_control(held, theatre, border_m=5000), resolution_m=[0, 1000])
    one = front_length(fronts_of_side(held, theatre, "RUS", border_m=5000), resolution_m=[0, 1000])
    np.testing.assert_allclose(one["front_km"], both["front_km"], rtol=1e-3)
    parts = front_length(fronts_of_side(held, theatre, "RUS", border_m=5000), ground, resolution_m=[0, 1000])
    sums = parts.groupby(["date", "resolution_m"])["front_km"].sum().to_numpy()
    np.testing.assert_allclose(sums, one["front_km"], rtol=1e-9)
    assert not shapely.is_empty(held.geometry.values).any()
