"""Movement along transects: cases worked by hand, and what must not change it."""

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString

from frontlines import displacement, make_transects
from frontlines.errors import FrontlinesError, LayerError
from frontlines.movement import DOUBTS, REASONS
from frontlines.movement.crossings import front_positions
from frontlines.movement.displacement import places_along, ways
from tests.fronts import FIRST, LAST, Y, districts, frame, front, path, square

BASE = path((0, 0), (10, 0))  # A to the south
MIDDLE = "1994-05-06"


def cast(lines, side="A", **options):
    return make_transects(lines, side, **({"spacing_m": 10_000, "length_m": 8000} | options))


def moved(lines, side="A", *, crossing="nearest", oblique_deg=30.0, level=0.95, **options):
    transects = cast(lines, side, **options)
    return displacement(transects, lines, crossing=crossing, oblique_deg=oblique_deg, level=level)


def only(table):
    assert len(table) == 1
    return table.iloc[0]


def test_parallel_lines_every_metric_by_hand():
    # d = 0, 4, 3 km on days 0, 4, 10: NSM 3 km, envelope 4 km, EPR 300 m a day
    lines = front(
        (FIRST, BASE, 300.0), (MIDDLE, path((0, 4), (10, 4)), 200.0), (LAST, path((0, 3), (10, 3)), 400.0)
    )
    row = only(moved(lines))
    assert row["n_dates"] == 3
    assert row["nsm_m"] == pytest.approx(3000, abs=1e-2)
    assert row["sce_m"] == pytest.approx(4000, abs=1e-2)
    assert row["epr_m_per_day"] == pytest.approx(300, abs=1e-4)
    assert row["nsm_sigma_m"] == pytest.approx(500)  # a triangle of 300, 400, 500
    assert row["epr_sigma_m_per_day"] == pytest.approx(50)
    # x̄ = 14/3, Sxx = 116 - 196/3 = 152/3; Sxy = 46 - (14/3)(7) = 40/3 km; slope 5/19 km a day
    # SST = 25 - 49/3 = 26/3; SSE = 26/3 - (40/3)²/(152/3) = 26/3 - 200/57 = 98/19; R² = 100/247
    assert row["lrr_m_per_day"] == pytest.approx(5000 / 19, abs=1e-3)
    assert row["lrr_r2"] == pytest.approx(100 / 247, abs=1e-6)
    half = 12.7062 * np.sqrt(98 / 19 / (152 / 3)) * 1000  # t(1, 0.975)
    assert row["lrr_high_m_per_day"] - row["lrr_m_per_day"] == pytest.approx(half, rel=1e-5)
    weighted = np.polyfit([0, 4, 10], [0, 4000, 3000], 1, w=[1 / 300, 1 / 200, 1 / 400])
    assert row["wlr_m_per_day"] == pytest.approx(weighted[0], abs=1e-3)
    assert row["reason"] == ""
    assert row["doubts"] == ""
    assert (row["date_from"], row["date_to"]) == (pd.Timestamp(FIRST), pd.Timestamp(LAST))


def test_two_dates_give_no_regression_and_unknown_sigma_no_error():
    row = only(moved(front((FIRST, BASE), (LAST, path((0, -2), (10, -2)), 100.0))))
    assert row["nsm_m"] == pytest.approx(-2000, abs=1e-3)
    assert (
        row[["nsm_sigma_m", "epr_sigma_m_per_day", "lrr_m_per_day", "wlr_m_per_day", "lrr_r2"]].isna().all()
    )


def test_an_oblique_line_is_met_at_its_own_distance_and_doubted_below_the_angle():
    # the later line rises from 1 km at x = 0 to 11 km at x = 10: 45 degrees, and 6 km at the middle
    lines = front((FIRST, BASE), (LAST, path((0, 1), (10, 11))))
    row = only(moved(lines))
    assert row["nsm_m"] == pytest.approx(6000, abs=1e-2)
    assert row["doubts"] == ""
    assert only(moved(lines, oblique_deg=46))["doubts"] == "oblique"
    # y = 1 + 1.2 x: 50.2 degrees to the transect's normal, 39.8 to the transect
    steep = front((FIRST, BASE), (LAST, path((0, 1), (10, 13))))
    assert only(moved(steep, oblique_deg=39.7))["doubts"] == ""
    assert only(moved(steep, oblique_deg=39.9))["doubts"] == "oblique"


FOLD = path((0, 1), (6, 1), (6, 2), (4, 2), (4, 3), (10, 3))  # crosses x = 5 at 1, back at 2, and at 3 km


@pytest.mark.parametrize(("crossing", "km"), [("nearest", 1), ("first", 1), ("last", 3), ("all", 1 - 2 + 3)])
def test_a_fold_under_each_rule(crossing, km):
    lines = front((FIRST, BASE, 3.0), (LAST, FOLD, 4.0))
    row = only(moved(lines, crossing=crossing))
    assert row["nsm_m"] == pytest.approx(1000 * km, abs=1e-2)
    between = "several_crossings through_own_ground" if crossing == "last" else "several_crossings"
    assert row["doubts"] == between
    assert row["nsm_sigma_m"] == pytest.approx(np.sqrt(9 + 3 * 16) if crossing == "all" else 5.0)


@pytest.mark.parametrize("crossing", ["nearest", "first", "last", "all"])
def test_a_fold_that_stays_as_it_is_has_not_moved(crossing):
    row = only(
        moved(
            front((FIRST, FOLD, 50.0), (LAST, FOLD, 900.0)),
            crossing=crossing,
            baseline=frame(BASE),
        )
    )
    assert row["nsm_m"] == 0
    assert row["shared"]
    assert row["nsm_sigma_m"] == 0
    assert row["sce_m"] == 0
    assert row["doubts"] == ""


def test_legs_of_a_fold_that_face_back_have_no_figure_of_their_own():
    # the fold goes 0.5 km north; at 90° to its chord, which rises 2 in 10, that is 0.5 ÷ cos = 510 m
    north = shapely.transform(FOLD, lambda xy: xy + np.array([0, 500]))
    table = moved(front((FIRST, FOLD), (LAST, north)), spacing_m=1000, smoothing_m=30_000)
    back = table["reason"] == "origin_faces_back"
    assert back.sum() == 2  # of 16: the 2 km that run west
    assert table.loc[back, "nsm_m"].isna().all()
    assert table.loc[back, "reason_date"].unique().tolist() == [FIRST]
    level = ~back & ~table["along_km"].round(1).isin([6.5, 9.5])  # the two legs that run north
    assert level.sum() == 12
    np.testing.assert_allclose(table.loc[level, "nsm_m"], 500 * np.sqrt(104) / 10, atol=1.1)
    later = displacement(cast(front((FIRST, FOLD)), smoothing_m=0), front((MIDDLE, BASE), (LAST, FOLD)))
    assert "origin_faces_back" not in set(later["reason"])  # of a front of another day nothing is said


def test_an_oblique_position_has_an_error_by_the_sine():
    lines = front((FIRST, BASE, 30.0), (LAST, path((0, 1), (10, 11)), 40.0))  # 45 degrees
    assert only(moved(lines))["nsm_sigma_m"] == pytest.approx(np.sqrt(30**2 + 2 * 40**2))
    shared = front((FIRST, path((0, 1), (10, 11)), 30.0), (LAST, path((0, 1), (10, 11)), 40.0))
    assert only(moved(shared, baseline=frame(BASE)))["nsm_sigma_m"] == 0


def test_ground_between_must_have_changed_hands():
    # A holds a strip from y = -3 to 0; at the later date its north edge is beyond reach, and far behind
    # there is another front of A facing north: no retreat of 6 km
    far = path((0, -6), (10, -6))
    south = path((10, -3), (0, -3))
    lines = front(
        (FIRST, BASE), (FIRST, south), (FIRST, far), (LAST, path((0, 9), (10, 9))), (LAST, south), (LAST, far)
    )
    table = moved(lines)
    origin = shapely.get_coordinates(places_along(table, table["origin_m"].to_numpy()))[:, 1] - Y
    north = table[np.abs(origin) < 1]
    assert only(north)["reason"] == "faces_other_way"
    assert np.isnan(only(north)["nsm_m"])
    others = table[np.abs(origin) > 1]
    assert others["nsm_m"].tolist() == [0.0, 0.0]
    assert others["shared"].all()


def test_a_pocket_that_shrinks_is_an_advance_and_one_that_is_gone_has_no_figure():
    ring = path((0, 0), (8, 0), (8, 8), (0, 8), (0, 0))  # A outside, B inside
    inner = path((1, 1), (7, 1), (7, 7), (1, 7), (1, 1))
    shrunk = moved(front((FIRST, ring), (LAST, inner)), spacing_m=8000, length_m=3000, smoothing_m=0)
    assert len(shrunk) == 4
    np.testing.assert_allclose(shrunk["nsm_m"], 1000, atol=1e-2)
    grown = moved(front((FIRST, inner), (LAST, ring)), spacing_m=6000, length_m=3000, smoothing_m=0)
    np.testing.assert_allclose(grown["nsm_m"], -1000, atol=1e-2)
    away = path((50, 0), (60, 0))
    gone = moved(
        front((FIRST, ring), (FIRST, away), (LAST, away)), spacing_m=8000, length_m=3000, smoothing_m=0
    )
    gone = gone[gone["line"] == 0]
    assert gone["reason"].unique().tolist() == ["no_crossing"]
    assert gone["reason_date"].unique().tolist() == [LAST]
    assert gone[["nsm_m", "epr_m_per_day", "sce_m"]].isna().all().all()


def test_reasons_are_told():
    lines = front((FIRST, BASE), (LAST, path((0, 5), (10, 5))))
    assert only(moved(lines, length_m=4000))["reason"] == "no_crossing"
    theatre = frame(square(-1, -9, 11, 3))
    assert only(moved(lines, theatre=theatre))["reason"] == "theatre_edge"
    days = [FIRST, LAST, "1994-05-20"]
    absent = only(displacement(cast(lines), lines, dates=days))
    assert (absent["reason"], absent["reason_date"]) == ("line_absent", "1994-05-20")
    back = front((FIRST, BASE), (LAST, path((10, 5), (0, 5))))  # A to the north of it
    assert only(moved(back))["reason"] == "faces_other_way"
    assert only(moved(back, crossing="all"))["reason"] == "unpaired_crossings"
    assert only(moved(back, crossing="last"))["reason"] == "faces_other_way"
    base = frame(path((-4, -4), (10, -4)))
    beside = moved(lines, baseline=base, spacing_m=7000, length_m=10_000)
    assert beside["reason"].tolist() == ["no_crossing", ""]
    assert beside["reason_date"].tolist() == [FIRST, ""]
    told = {*REASONS}
    assert {"no_crossing", "theatre_edge", "line_absent", "faces_other_way", "unpaired_crossings"} <= told


def test_a_baseline_and_an_axis_give_the_same_movement_as_the_front():
    lines = front((FIRST, BASE), (LAST, path((0, 3), (10, 3))))
    by_baseline = moved(lines, baseline=frame(path((0, -4), (10, -4))), spacing_m=5000)
    assert by_baseline["from_m"].round(1).tolist() == [4000.0, 4000.0]
    np.testing.assert_allclose(by_baseline["nsm_m"], 3000, atol=1e-2)
    slanting = frame(path((2, -4), (10, 4)))  # at 45 degrees the way is √2 as long
    by_axis = moved(lines, axis=slanting, spacing_m=500, copies=1)
    np.testing.assert_allclose(by_axis["nsm_m"], 3000 * np.sqrt(2), atol=0.1)
    bent = frame(path((5, -4), (5, 1), (9, 4)))  # 1 km ahead, then 2 up and 2.667 across: 3.333 km
    assert only(moved(lines, axis=bent, copies=0))["nsm_m"] == pytest.approx(1000 + 10_000 / 3, abs=0.1)


def test_shared_ground_has_exactly_no_movement_and_no_error_even_if_its_vertices_were_rounded_or_cut():
    later = path((0, 0), (3.00001, 0.00001), (7, 0), (10, 2))
    row = moved(front((FIRST, BASE, 100.0), (LAST, later, 100.0)), spacing_m=2500).sort_values("along_km")
    assert row["shared"].tolist() == [False, True, True, True]
    assert row["nsm_m"].tolist()[1:] == [0.0] * 3
    assert row["nsm_sigma_m"].tolist()[1:] == [0.0] * 3
    slope = np.hypot(3, 2) / 3  # of the piece redrawn: 2 up in 3
    assert row["nsm_sigma_m"].iloc[0] == pytest.approx(np.hypot(100, 100 * slope))


def test_a_line_redrawn_with_other_vertices_is_shared():
    first, later = (path((0, 0), (bend, 0), (10, 0)) for bend in (4, 6))
    row = only(moved(front((FIRST, first, 100.0), (LAST, later, 100.0))))
    assert row["shared"]
    assert row["nsm_sigma_m"] == 0
    beside = path((0, 0.00005), (6, 0.00005), (10, 0.00005))  # 0.05 m off
    assert only(moved(front((FIRST, first, 100.0), (LAST, beside, 100.0))))["shared"]
    apart = path((0, 0.0002), (6, 0.0002), (10, 0.0002))  # 0.2 m off
    assert not only(moved(front((FIRST, first, 100.0), (LAST, apart, 100.0))))["shared"]


def pocket(low, high):
    """Make the two edges of a pocket of B within A, from one height to another."""
    return path((0, low), (10, low)), path((10, high), (0, high))


def test_movements_that_cancel_are_no_shared_line():
    # the pocket goes 2 km down: its lower edge moves by -2, its upper edge counts +2
    here, there = pocket(-4, -3), pocket(-6, -5)
    lines = front(
        (FIRST, BASE, 30.0), (LAST, BASE, 30.0),
        *((FIRST, edge, 20.0) for edge in here), *((LAST, edge, 10.0) for edge in there),
    )  # fmt: skip
    row = only(moved(lines, crossing="all", baseline=frame(BASE)))
    assert row["nsm_m"] == pytest.approx(0, abs=0.1)
    assert not row["shared"]
    assert row["nsm_sigma_m"] == pytest.approx(np.sqrt(2 * 400 + 2 * 100))
    assert "below_error" in row["doubts"]


def test_edges_that_both_dates_share_add_no_error_to_a_sum():
    same = [(day, edge, 2000.0) for day in (FIRST, LAST) for edge in pocket(-4, -3)]
    lines = front((FIRST, BASE, 300.0), (LAST, path((0, 1), (10, 1)), 400.0), *same)
    row = only(moved(lines, crossing="all", baseline=frame(BASE)))
    assert row["nsm_m"] == pytest.approx(1000, abs=0.1)
    assert row["nsm_sigma_m"] == pytest.approx(500)
    assert not row["shared"]
    unknown = front((FIRST, BASE, 300.0), (LAST, path((0, 1), (10, 1)), 400.0), *(r[:2] for r in same))
    assert only(moved(unknown, crossing="all", baseline=frame(BASE)))["nsm_sigma_m"] == pytest.approx(500)


def test_lines_that_cross_just_on_a_transect_are_not_shared():
    row = only(moved(front((FIRST, BASE, 100.0), (LAST, path((0, -5), (10, 5)), 100.0))))
    assert row["nsm_m"] == pytest.approx(0, abs=0.1)
    assert not row["shared"]
    assert row["doubts"] == "below_error"


def test_certainty_follows_the_level():
    lines = front((FIRST, BASE, 600.0), (LAST, path((0, 2), (10, 2)), 800.0))  # 2 km with a sigma of 1 km
    assert only(moved(lines))["doubts"] == ""
    assert only(moved(lines, level=0.96))["doubts"] == "below_error"  # 2.05 sigma


def test_ways_that_cross_are_doubted():
    bay = path((0, 0), (4, -4), (8, 0))
    fan = moved(front((FIRST, bay), (LAST, path((0, 3), (8, 3)))), spacing_m=2800, smoothing_m=0)
    assert fan["doubts"].str.contains("crosses_neighbour").any()
    calm = moved(front((FIRST, bay), (LAST, path((0, 3), (8, 3)))), spacing_m=2800, smoothing_m=40_000)
    assert not calm["doubts"].str.contains("crosses_neighbour").any()
    assert set(" ".join(fan["doubts"]).split()) <= set(DOUBTS)


def test_the_way_runs_from_the_first_position_to_the_last():
    found = ways(moved(front((FIRST, BASE), (LAST, path((0, -3), (10, -3))))))
    np.testing.assert_allclose(
        shapely.get_coordinates(found[0]) - shapely.get_coordinates(path((5, 0), (5, -3))), 0, atol=1e-2
    )
    assert ways(moved(front((FIRST, BASE), (LAST, BASE))))[0] is None


def test_districts_are_those_of_the_first_front():
    parts = districts(West=square(0, -5, 5, 5), East=square(5, -5, 10, 5))
    lines = front((FIRST, BASE), (LAST, path((0, 1), (10, 1))))
    named = displacement(cast(lines, spacing_m=5000), lines, districts=parts)
    assert named["district"].tolist() == ["East", "West"]
    away = displacement(cast(lines, spacing_m=5000), lines, districts=districts(Far=square(40, 40, 50, 50)))
    assert away["district"].tolist() == ["", ""]


def test_several_sides_are_one_beyond():
    lines = pd.concat([
        front((FIRST, path((0, 0), (5, 0)))), front((FIRST, path((5, 0), (10, 0))), left="C"),
        front((FIRST, path((5, 0), (5, 9))), left="B", right="C"), front((LAST, path((0, 1), (10, 1))), left="C"),
    ])  # fmt: skip
    table = moved(lines, spacing_m=2500)
    assert len(table) == 4
    np.testing.assert_allclose(table["nsm_m"], 1000, atol=1e-2)


def test_distances_are_those_of_the_ellipsoid():
    far = [shapely.transform(line, lambda xy: xy + 900_000) for line in (BASE, path((0, 6), (10, 6)))]
    lines = front((FIRST, far[0]), (LAST, far[1]))
    table = moved(lines)
    way = frame(LineString(shapely.get_coordinates(ways(table)[0]))).to_crs("EPSG:4326").geometry.iloc[0]
    true_m = Geod(ellps="GRS80").line_length(*zip(*way.coords, strict=True))
    assert only(table)["nsm_m"] == pytest.approx(true_m, rel=3e-5)
    assert abs(true_m - 6000) > 1  # the plane is off by 2e-4


WIGGLE = st.lists(st.integers(-30, 30), min_size=6, max_size=6)


def line_of(heights, up=0.0):
    return path(*[(4 * n, up + height / 10) for n, height in enumerate(heights)])


@settings(max_examples=8)
@given(WIGGLE, WIGGLE, st.integers(-2, 2))
def test_swapping_the_side_flips_the_sign_and_nothing_else(first, last, up):
    lines = front((FIRST, line_of(first), 10.0), (LAST, line_of(last, up + 0.037), 20.0))
    of_a, of_b = (moved(lines, side, spacing_m=1500) for side in "AB")
    np.testing.assert_allclose(of_a["nsm_m"].to_numpy()[::-1], -of_b["nsm_m"].to_numpy(), atol=1e-3)
    np.testing.assert_allclose(of_a["sce_m"].to_numpy()[::-1], of_b["sce_m"].to_numpy(), atol=1e-3)
    assert of_a["reason"].tolist()[::-1] == of_b["reason"].tolist()


@settings(max_examples=8)
@given(WIGGLE, WIGGLE, WIGGLE, st.floats(-5000, 5000), st.floats(-5000, 5000))
def test_the_envelope_holds_the_net_movement_and_a_shift_of_all_changes_nothing(
    first, mid, last, east, north
):
    lines = front((FIRST, line_of(first)), (MIDDLE, line_of(mid, 1)), (LAST, line_of(last, 2)))
    table = moved(lines, spacing_m=3000)
    known = table["nsm_m"].notna()
    assert (table["sce_m"][known] >= table["nsm_m"][known].abs() - 1e-9).all()
    assert (table["nsm_m"].isna() == (table["reason"] != "")).all()
    shifted = moved(
        lines.translate(east, north).to_frame("geometry").join(lines.drop(columns="geometry")), spacing_m=3000
    )
    np.testing.assert_allclose(shifted["nsm_m"], table["nsm_m"], atol=0.1)


@settings(max_examples=8)
@given(WIGGLE, st.permutations(range(10)), st.lists(st.booleans(), min_size=10, max_size=10))
def test_lines_reversed_cut_up_and_shuffled_move_the_same(heights, order, turned):
    whole = [(FIRST, line_of(heights), 9.0), (LAST, line_of(heights[::-1], 1.013), 9.0)]
    rows = [
        (day, LineString(pair), s)
        for day, line, s in whole
        for pair in zip(line.coords, line.coords[1:], strict=False)
    ]
    cut = front(*[rows[n] for n in order])
    flip = np.array(turned)
    shapes = np.where(flip, shapely.reverse(cut.geometry.values), cut.geometry.values)
    cut = cut.set_geometry(shapes, crs=cut.crs)
    cut[["side_left", "side_right"]] = np.where(flip[:, None], ["A", "B"], ["B", "A"])
    columns = ["along_km", "nsm_m", "nsm_sigma_m", "reason", "doubts"]
    expected = moved(front(*whole), spacing_m=2000)[columns]
    pd.testing.assert_frame_equal(
        pd.DataFrame(moved(cut, spacing_m=2000)[columns]), pd.DataFrame(expected), atol=1e-6
    )


def test_many_dates_are_followed_and_their_order_does_not_matter():
    days = pd.date_range("1994-05-01", periods=60)
    rows = [(f"{day:%Y-%m-%d}", path((0, n / 20), (10, n / 20)), 50.0) for n, day in enumerate(days)]
    table = moved(front(*rows[::-1]))
    row = only(table)
    assert row["n_dates"] == 60
    assert row["lrr_m_per_day"] == pytest.approx(50, abs=1e-3)
    assert row["lrr_r2"] == pytest.approx(1, abs=1e-9)
    positions = front_positions(cast(front(*rows)), front(*rows))
    np.testing.assert_allclose(positions["position_m"], np.arange(60) * 50.0, atol=1e-2)


def test_layers_that_do_not_belong_together_are_refused():
    lines = front((FIRST, BASE), (LAST, path((0, 3), (10, 3))))
    transects = cast(lines)
    with pytest.raises(LayerError, match="dates is empty: give two days or more, or None for those of"):
        displacement(transects, lines, dates=[])
    of_both = pd.concat([transects, cast(lines, "B")], ignore_index=True)
    with pytest.raises(LayerError, match="the transects are of sides 'A', 'B': measure one side at a time"):
        displacement(of_both, lines)
    twice = front((FIRST, BASE, 100.0), (FIRST, BASE, 500.0), (LAST, path((0, 3), (10, 3)), 10.0))
    for same in (twice, twice[::-1]):
        told = r"lines of 1994-05-02 lie on each other with sigma_m 100 and 500: keep one of them"
        with pytest.raises(LayerError, match=told):
            displacement(transects, same)
    again = pd.concat([lines, lines[:1]])
    assert only(displacement(transects, again))["nsm_m"] == pytest.approx(3000, abs=0.1)
    with pytest.raises(LayerError, match="a district is called 'all districts', as the row of the whole"):
        displacement(transects, lines, districts=districts(**{"all districts": square(0, -5, 5, 5)}))


def test_what_makes_no_sense_is_refused():
    lines = front((FIRST, BASE), (LAST, path((0, 3), (10, 3))))
    transects = cast(lines)
    with pytest.raises(LayerError, match="the lines have one date only: movement needs two or more"):
        displacement(transects, lines[:1])
    with pytest.raises(LayerError, match="oblique_deg is 91: give an angle from 0 to 90 degrees"):
        displacement(transects, lines, oblique_deg=91)
    with pytest.raises(LayerError, match=r"level is 1\.5: give a share between 0 and 1"):
        displacement(transects, lines, level=1.5)
    with pytest.raises(FrontlinesError, match="crossing is 'second': give 'nearest' or 'first'"):
        displacement(transects, lines, crossing="second")
    with pytest.raises(LayerError, match="there are no transects: make_transects makes them"):
        displacement(transects[:0], lines)
