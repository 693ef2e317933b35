"""Transects: where they stand, which way they head, and what must not change them."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiLineString, Point

from frontlines import displacement, make_transects
from frontlines.errors import CRSError, FrontlinesError, LayerError
from tests.fronts import FIRST, LAST, X, Y, frame, front, path, square

EAST = path((0, 0), (10, 0))  # A to the south


def ends(transects):
    """Give start and end of each transect in km."""
    xy = shapely.get_coordinates(transects.geometry.values) - [X, Y]
    return (xy / 1000).round(3).reshape(-1, 4).tolist()


def test_transects_stand_in_the_middle_of_equal_parts_and_head_away_from_the_side():
    transects = make_transects(front((FIRST, EAST)), "A", spacing_m=2500, length_m=3000)
    assert ends(transects) == [[x, -3, x, 3] for x in (8.75, 6.25, 3.75, 1.25)]  # A is kept on the left
    assert transects["along_km"].round(3).tolist() == [1.25, 3.75, 6.25, 8.75]
    assert transects["stands_for_m"].round(3).tolist() == [2500.0] * 4
    assert transects["origin_m"].round(1).tolist() == [3000.0] * 4
    assert transects["cast_from"].unique().tolist() == ["front"]
    of_b = make_transects(front((FIRST, EAST)), "B", spacing_m=2500, length_m=3000)
    assert ends(of_b) == [[x, 3, x, -3] for x in (1.25, 3.75, 6.25, 8.75)]


def test_only_the_first_date_casts_and_short_pieces_get_one():
    both = MultiLineString([EAST, path((20, 0), (20.3, 0))])
    lines = pd.concat([front((LAST, path((0, 5), (10, 5)))), front((FIRST, both))])
    transects = make_transects(lines, "A", spacing_m=5000, length_m=1000)
    assert transects["line"].tolist() == [0, 0, 1]
    assert transects["stands_for_m"].round(1).tolist() == [5000, 5000, 300]
    assert transects["along_km"].round(3).tolist() == [2.5, 7.5, 10.15]


@pytest.mark.parametrize(
    ("smoothing_m", "chord"),
    [
        (0, (4, 3)),  # the tooth itself
        (4000, (3.2, 2.0)),  # from 1.333 to 5.333 km along: (1.067, -0.8) to (4.267, -2.8)
        (40_000, (1, 0)),  # from end to end
    ],
)
def test_smoothing_takes_the_chord_and_no_smoothing_the_straight_piece(smoothing_m, chord):
    teeth = path((0, 0), (4, -3), (8, 0), (12, -3), (16, 0))  # 20 km: the first of three is at 3.333 km
    three = make_transects(front((FIRST, teeth)), "A", spacing_m=7000, length_m=1000, smoothing_m=smoothing_m)
    assert len(three) == 3
    start, stop = shapely.get_coordinates(three.geometry.iloc[0])
    across = np.array([chord[1], chord[0]]) / np.hypot(*chord)
    np.testing.assert_allclose(np.abs(stop - start) / 2000, across, atol=1e-3)


def test_a_ring_is_cast_round_its_seam():
    ring = path((0, 0), (8, 0), (8, 8), (0, 8), (0, 0))
    transects = make_transects(front((FIRST, ring)), "A", spacing_m=4000, length_m=1000, smoothing_m=0)
    # A is to the right of a ring that runs anticlockwise: outside it; away from A is inwards
    assert len(transects) == 8
    centre = Point(X + 4000, Y + 4000)
    starts, stops = (shapely.get_point(transects.geometry.values, n) for n in (0, 1))
    assert (shapely.distance(starts, centre) > shapely.distance(stops, centre)).all()


def test_a_baseline_may_lie_on_either_side_and_run_either_way():
    lines = front((FIRST, EAST), (LAST, path((0, 1), (10, 1))))
    for y in (-4, 4):
        for base in (path((0, y), (10, y)), path((10, y), (0, y))):
            transects = make_transects(lines, "A", baseline=frame(base), spacing_m=5000, length_m=6000)
            assert sorted(ends(transects)) == [[2.5, y - 6, 2.5, y + 6], [7.5, y - 6, 7.5, y + 6]]
            assert transects["origin_m"].round(2).tolist() == [6000.0] * 2
            assert transects["cast_from"].unique().tolist() == ["baseline"]


def test_copies_of_an_axis_keep_its_shape_and_head_away_from_the_side():
    bent = path((5, 9), (6, 2), (5, -5))  # drawn towards A: it is turned
    transects = make_transects(front((FIRST, EAST)), "A", axis=frame(bent), spacing_m=1000, copies=2)
    assert len(transects) == 5
    xy = shapely.get_coordinates(transects.geometry.values).reshape(5, 3, 2)
    assert (xy[:, -1, 1] > xy[:, 0, 1]).all()
    assert sorted(((xy[:, 0, 0] - X) / 1000).round(3)) == [3, 4, 5, 6, 7]
    np.testing.assert_allclose(xy - xy[:1], np.repeat((xy - xy[:1])[:, :1], 3, axis=1), atol=1e-6)
    assert transects["origin_m"].round(1).tolist() == [transects.length.iloc[0].round(1)] * 5


def test_transects_end_at_the_edge_of_the_theatre():
    hole = square(-1, -9, 11, 2).difference(square(6, -3, 9, -1))
    transects = make_transects(front((FIRST, EAST)), "A", spacing_m=5000, length_m=6000, theatre=frame(hole))
    assert [[round(v, 2) for v in row] for row in ends(transects)] == [[7.5, -1, 7.5, 2], [2.5, -6, 2.5, 2]]
    assert transects["origin_m"].round(1).tolist() == [1000.0, 6000.0]
    assert transects["cut"].tolist() == [True, True]
    free = make_transects(front((FIRST, EAST)), "A", length_m=500, theatre=frame(hole))
    assert not free["cut"].any()


@settings(max_examples=8)
@given(st.permutations(range(6)), st.lists(st.booleans(), min_size=6, max_size=6))
def test_the_cut_order_and_direction_of_lines_make_no_difference(order, turned):
    places = [(0, 0), (2, 1), (4, 0), (7, 2), (9, 1), (11, 3), (14, 0)]
    whole = make_transects(front((FIRST, path(*places))), "A", spacing_m=3000)
    legs = []
    for n in order:
        leg = front((FIRST, path(*places[n : n + 2])))
        if turned[n]:
            leg = leg.set_geometry(leg.geometry.reverse()).assign(side_left="A", side_right="B")
        legs.append(leg)
    cut = make_transects(gpd.GeoDataFrame(pd.concat(legs), crs="EPSG:3035"), "A", spacing_m=3000)
    pd.testing.assert_frame_equal(
        pd.DataFrame(cut.drop(columns="geometry")), pd.DataFrame(whole.drop(columns="geometry"))
    )
    assert shapely.equals_exact(cut.geometry.values, whole.geometry.values, 1e-6).all()


def test_inputs_are_kept_and_what_makes_no_sense_is_refused():
    lines = front((FIRST, EAST))
    kept = lines.copy()
    make_transects(lines, "A")
    pd.testing.assert_frame_equal(lines, kept)
    base = frame(path((0, -4), (10, -4)))
    for wrong in ({"spacing_m": 0}, {"length_m": -1}, {"smoothing_m": float("nan")}):
        with pytest.raises(LayerError, match=f"{next(iter(wrong))} is .*: give a number of metres"):
            make_transects(lines, "A", **wrong)
    for copies in (-1, 2.5):
        with pytest.raises(FrontlinesError, match=f"copies is {copies}: give a whole number"):
            make_transects(lines, "A", axis=base, copies=copies)
    with pytest.raises(LayerError, match="a baseline and an axis are given: transects are cast from one"):
        make_transects(lines, "A", axis=base, baseline=base)
    with pytest.raises(LayerError, match="the axis is in 2 pieces: draw one line"):
        make_transects(lines, "A", axis=frame(path((0, 0), (1, 1)), path((3, 0), (4, 1))))
    with pytest.raises(LayerError, match="the axis ends where it begins"):
        make_transects(lines, "A", axis=frame(path((0, 0), (1, 1), (1, 0), (0, 0))))
    with pytest.raises(LayerError, match="the baseline holds something else than lines, or nothing"):
        make_transects(lines, "A", baseline=frame(square(0, 0, 1, 1)))
    with pytest.raises(LayerError, match="no transect of the baseline tells which way is away from side 'A'"):
        make_transects(lines, "A", baseline=base, length_m=1000)
    with pytest.raises(CRSError, match="baseline has no CRS"):
        make_transects(lines, "A", baseline=base.set_crs(None, allow_override=True))


def test_a_cast_from_outside_the_theatre_keeps_the_part_within_that_meets_the_front():
    lines = front((FIRST, EAST), (LAST, path((0, 3), (10, 3))))
    theatre = frame(square(-1, -9, 11, 9))
    casts = {
        "axis": {"axis": frame(path((5, -12), (5, 12))), "copies": 0},
        "turned": {"axis": frame(path((5, 12), (5, -12))), "copies": 0},
        "baseline": {"baseline": frame(path((0, -12), (10, -12)))},
        "beyond": {"baseline": frame(path((0, 12), (10, 12)))},
    }
    for name, options in casts.items():
        sizes = {"spacing_m": 10_000, "length_m": 30_000}
        transects = make_transects(lines, "A", theatre=theatre, **sizes, **options)
        assert ends(transects) == [[5, -9, 5, 9]], name
        assert transects["cut"].tolist() == [True]
        origin_m = {"axis": -3000, "turned": 21_000, "baseline": -3000, "beyond": 21_000}[name]
        assert transects["origin_m"][0] == pytest.approx(origin_m, abs=0.5)
        assert displacement(transects, lines)["nsm_m"][0] == pytest.approx(3000, abs=0.5)


def test_of_several_parts_within_the_theatre_that_with_the_front_is_kept():
    axis = frame(path((5, -30), (5, 30)))
    islands = frame(shapely.union_all([square(0, -40, 10, -20), square(0, -9, 10, 9), square(0, 12, 10, 19)]))
    # the axis begins on the first island, the front is on the second
    far = make_transects(front((FIRST, EAST)), "A", axis=axis, copies=0, theatre=islands)
    assert ends(far) == [[5, -9, 5, 9]]
    # the baseline is on no island, and nearer to the third
    base = {"baseline": frame(path((0, 11), (10, 11))), "spacing_m": 10_000, "length_m": 25_000}
    assert ends(make_transects(front((FIRST, EAST)), "A", theatre=islands, **base)) == [[5, -9, 5, 9]]
    # where the front is on no island, the nearest one is kept
    away = make_transects(front((FIRST, path((0, 10), (10, 10)))), "A", theatre=islands, **base)
    assert ends(away) == [[5, 12, 5, 19]]


def test_transects_that_lie_outside_the_theatre_are_left_out():
    half = frame(square(-1, -9, 5, 9))
    transects = make_transects(front((FIRST, EAST)), "A", spacing_m=2500, length_m=3000, theatre=half)
    assert ends(transects) == [[3.75, -3, 3.75, 3], [1.25, -3, 1.25, 3]]
    assert transects["transect"].tolist() == [0, 1]
    assert transects["along_km"].round(3).tolist() == [6.25, 8.75]
    with pytest.raises(LayerError, match="no transect of the front lies within the theatre"):
        make_transects(front((FIRST, EAST)), "A", theatre=frame(square(50, 50, 60, 60)))


def test_a_theatre_leaves_the_positions_of_a_long_bent_axis_as_they_are():
    lines = front((FIRST, path((-300, 300), (300, 300))), (LAST, path((-300, 420), (300, 420))))
    bent = frame(path((0, 0), (150, 200), (150, 500), (0, 800)))
    casts = [
        make_transects(lines, "A", axis=bent, copies=0, theatre=theatre)
        for theatre in (None, frame(square(-400, 100, 400, 600)))
    ]
    free, cut = (displacement(transects, lines).iloc[0] for transects in casts)
    assert cut["from_m"] == pytest.approx(free["from_m"], abs=0.01)
    start = shapely.get_coordinates(casts[1].geometry.values)[0]
    assert start[1] == pytest.approx(Y + 100_000, abs=0.01)
