"""Strips along the theatre's edge, between what different hands drew."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import Polygon, box

import frontlines as fl
from frontlines.control import frontlines_from_control
from frontlines.geometry.strips import margin_of
from frontlines.layers import as_control
from frontlines.layers.margins import find_margins
from frontlines.manifest import edge_notes

CRS = "EPSG:3035"
X, Y = 4_321_000, 3_210_000  # the centre of the plane, where lengths are true
DAYS = pd.to_datetime(["1994-05-02", "1994-05-12"])


def ground(x0, y0, x1, y1):
    return box(X + x0, Y + y0, X + x1, Y + y1)


THEATRE = gpd.GeoDataFrame(geometry=[ground(0, 0, 40_000, 20_000)], crs=CRS)
DISTRICTS = THEATRE.assign(district="D", vintage="made up")


def control(*shapes, sides="A", days=DAYS[:1], **options):
    raw = gpd.GeoDataFrame(
        {"date": days, "side": list(sides), "source": "a map"}, geometry=list(shapes), crs=CRS
    )
    return as_control(raw, THEATRE.crs, theatre=THEATRE, **options)


def study(*shapes, **options):
    held = control(*shapes, sides="AA", days=DAYS)
    return fl.Study(
        name="made", title="Made up", side="A", dates=tuple(DAYS), crs=THEATRE.crs, theatre=THEATRE,
        districts=DISTRICTS, control=held, **options,
    )  # fmt: skip


def front_km(held):
    return frontlines_from_control(held, THEATRE, border_m=1).length.sum() / 1000


APART = [ground(300, 300, east, 19_700) for east in (10_000, 12_000)]


def test_a_front_between_coast_and_border_drawn_apart_moved_as_far_as_it_moved():
    found = fl.run_movement(study(*APART, margin_m=500))
    lengths = found.frontlines.dissolve("date").length
    assert lengths.tolist() == pytest.approx([20_000] * 2, rel=0.01)
    by = found.estimators[found.estimators["district"] == "D"].set_index("estimator")["value_m"]
    assert by["mean_advance_at_0_m"] == pytest.approx(2000, rel=0.01)
    assert by["net_movement_median"] == pytest.approx(2000, rel=0.01)
    total = found.results.totals.iloc[0]
    assert (total["gained_km2"], total["lost_km2"]) == pytest.approx((40, 0), abs=0.2)


def test_the_margin_is_found_said_and_booked():
    found = fl.run_study(study(*APART))
    margin = found.manifest["margin"]
    assert 300 < margin["margin_m"] < 2000
    assert margin["found"]
    assert margin["km2"] == {"A": pytest.approx(240 - 11.7 * 19.4, abs=0.5)}
    assert found.manifest["books"]["control_margin_km2"] == pytest.approx(margin["km2"]["A"])
    assert "found from the data" in found.caption
    assert abs(found.manifest["books"]["closure_error_km2"]) < 1e-6


def test_without_a_margin_all_is_as_it_was():
    found = fl.run_study(study(*APART, margin_m=0))
    assert found.totals["before_km2"].iloc[0] == pytest.approx(9.7 * 19.4)
    assert found.manifest["margin"] == {"margin_m": 0.0, "found": False, "km2": {}}
    assert found.caption == fl.run_study(study(*APART, margin_m=0)).caption
    assert "no polygon covers" not in found.caption


def test_layers_that_meet_have_no_margin():
    held = control(ground(0, 0, 10_000, 20_000), margin_m=None)
    assert held.attrs["margin"]["margin_m"] == 0
    assert (
        fl.run_study(study(*(ground(0, 0, x, 20_000) for x in (10_000, 12_000)))).manifest["margin"]["km2"]
        == {}
    )


def test_a_pocket_at_the_border_keeps_its_front():
    pocket = ground(10_000, 15_000, 14_000, 20_000)
    held = control(pocket, margin_m=1000)
    assert front_km(held) == pytest.approx(14, abs=0.01)
    assert held["margin_km2"].sum() == 0


@pytest.mark.parametrize("slope", [0.5, 1, 2])
def test_a_front_that_meets_the_border_at_an_angle_keeps_its_place(slope):
    run = 20_000 * slope / 4
    corner = Polygon([(X, Y), (X + 20_000, Y), (X + 20_000 - run, Y + 20_000), (X, Y + 20_000)])
    held = control(corner, margin_m=1000)
    assert held["margin_km2"].sum() == 0


def test_a_pocket_short_of_the_border_is_closed_at_the_border_alone():
    held = control(ground(10_000, 15_000, 14_000, 19_800), margin_m=1000)
    assert front_km(held) == pytest.approx(14, abs=0.05)
    assert held["margin_km2"].sum() == pytest.approx(0.8, rel=0.02)


def test_a_strip_beside_two_sides_is_divided_straight_across():
    sides = ground(300, 300, 10_000, 19_700), ground(10_000, 300, 39_700, 19_700)
    held = control(*sides, sides="AB", days=[DAYS[0]] * 2, margin_m=500)
    assert (held.area / 1e6).tolist() == pytest.approx([200, 600])
    assert held["side"].tolist() == ["A", "B"]
    assert front_km(held) == pytest.approx(20, abs=0.01)


def test_thick_ground_at_the_edge_stays_uncovered():
    held = control(ground(2000, 0, 10_000, 20_000), margin_m=1000)
    assert held["margin_km2"].sum() == 0


def test_order_of_rows_does_not_matter():
    shapes = ground(300, 300, 10_000, 19_700), ground(10_000, 200, 39_900, 12_000)
    one = control(*shapes, sides="AB", days=[DAYS[0]] * 2, margin_m=1000)
    other = control(*shapes[::-1], sides="BA", days=[DAYS[0]] * 2, margin_m=1000)
    for side in ("A", "B", "unknown"):
        first, second = (frame.geometry[frame["side"] == side].iloc[0] for frame in (one, other))
        assert shapely.area(shapely.symmetric_difference(first, second)) < 1e-3


@pytest.mark.parametrize("margin_m", [-1, np.nan, np.inf])
def test_a_margin_is_a_number_of_metres(margin_m):
    with pytest.raises(fl.FrontlinesError, match=r"margin_m is .*: give a number of metres, 0 or more"):
        control(APART[0], margin_m=margin_m)


def test_the_margin_stands_between_narrow_strips_and_open_ground():
    rng = np.random.default_rng(0)
    narrow, wide = rng.uniform(5, 150, 300), rng.uniform(2000, 10_000, 100)
    assert 150 < margin_of(np.append(narrow, wide)) < 2000
    assert margin_of(rng.uniform(0, 10_000, 400)) is None
    assert margin_of(narrow[:10]) == 0


def test_the_fronts_of_ukraine_are_no_coast_and_no_border(bench):
    snapshot = gpd.read_parquet(bench / "deepstate_occupied_20240708_20250731.parquet").iloc[[0]]
    oblasts = gpd.read_parquet(bench / "ukraine_adm1_official2020.parquet")
    crs = fl.working_crs(oblasts)
    theatre = fl.as_theatre(oblasts, crs, mend=True)
    raw = snapshot.assign(side="RUS", source="DeepState")[["date", "side", "source", "geometry"]]
    without, held = (fl.as_control(raw, crs, theatre=theatre, margin_m=one) for one in (0, None))
    lengths = [
        frontlines_from_control(one, theatre, border_m=1).length.sum() / 1000 for one in (without, held)
    ]
    assert lengths[0] == pytest.approx(2001, abs=5)
    assert lengths[1] == pytest.approx(1356, abs=30)
    assert 300 < held.attrs["margin"]["margin_m"] < 2000
    assert held["margin_km2"].sum() == pytest.approx(45, abs=5)


def two_days(first, last):
    return control(first, last, sides="AA", days=DAYS)


def test_a_strip_that_was_held_on_another_day_tells_of_no_margin():
    """On the first day a strip 1,300 m wide along the edge is not held, on the second it is."""
    held = two_days(ground(1_300, 0, 20_000, 20_000), ground(0, 0, 20_000, 20_000))
    found = find_margins(held, THEATRE)
    assert found.margin_m == 0
    assert found.strips.empty


def test_the_gap_that_is_always_there_is_the_margin_beside_a_pocket_that_is_not():
    """A gap of 300 m all along the west; on the second day 900 m more are not held along 6 km of it."""
    all_day, pocket = ground(300, 0, 20_000, 20_000), ground(300, 7_000, 1_200, 13_000)
    found = find_margins(two_days(all_day, shapely.difference(all_day, pocket)), THEATRE)
    assert 300 < found.margin_m < 900
    given_km2 = (found.strips.set_index("date").area / 1e6).tolist()
    assert given_km2 == pytest.approx([0.3 * 20, 0.3 * 14], abs=0.3)


BAY, EAST = ground(5_000, 0, 15_000, 2_000), ground(30_000, 0, 40_000, 20_000)


def around_a_bay(*more):
    """Ground held but for a bay at the edge, and the rest's own in the east."""
    return shapely.difference(THEATRE.geometry.iloc[0], shapely.union_all([BAY, EAST, *more]))


def test_what_a_margin_leaves_bare_is_named_with_the_margin_that_clears_it():
    held = control(around_a_bay(ground(20_000, 0, 20_900, 900)))
    bare = find_margins(held, THEATRE).bare
    assert (bare["strips"]["pieces"], bare["strips"]["km2"]) == (2, pytest.approx(20.81))
    assert bare["strips"]["largest"][0]["km2"] == pytest.approx(20)
    assert 2_000 <= bare["margin_m"] <= 2_100
    assert "wide" not in bare
    left = find_margins(held, THEATRE, margin_m=1_000).bare
    assert (left["strips"]["pieces"], left["margin_m"]) == (1, bare["margin_m"])
    cleared = find_margins(held, THEATRE, margin_m=bare["margin_m"])
    assert cleared.strips.area.sum() / 1e6 == pytest.approx(20.81)
    assert not cleared.bare
    assert not find_margins(held, THEATRE, margin_m=0).bare
    run = fl.run_study(study(*[around_a_bay()] * 2, margin_m=1_000))
    assert run.bare.area.sum() / 1e6 == pytest.approx(20)
    told = run.for_readers().frontlines  # the bay's outline is no front for readers, that in the east is one
    assert told.length.groupby(told["date"]).sum().tolist() == pytest.approx([20_000] * 2, rel=0.01)
    assert (run.frontlines.length.groupby(run.frontlines["date"]).sum() > 33_000).all()
    assert "no polygon covers 20.0 km² in pieces wider than 1 km (20.0 km² at" in run.caption
    assert "--" not in run.caption  # options are for who gives the command
    (told,) = edge_notes(run.manifest)
    assert f"--margin-m {bare['margin_m']:.0f} gives such ground to the side beside it" in told


def test_no_margin_is_named_for_ground_that_may_be_somebodys():
    assert not find_margins(control(shapely.difference(THEATRE.geometry.iloc[0], EAST)), THEATRE).bare
    moved = around_a_bay(), shapely.union_all([around_a_bay(), ground(5_000, 1_500, 15_000, 2_000)])
    assert not find_margins(two_days(*moved), THEATRE).bare  # a pocket is no coast
    inlets = [around_a_bay(ground(20_000, 0, 20_900, deep_m)) for deep_m in (900, 700)]
    bare = find_margins(two_days(*inlets), THEATRE).bare
    assert {name: bare[name]["pieces"] for name in ("strips", "moved")} == {"strips": 1, "moved": 1}
    sea = find_margins(control(ground(0, 0, 30_000, 17_000)), THEATRE, margin_m=500).bare
    assert (set(sea), sea["wide"]["pieces"]) == ({"wide"}, 1)
    assert sea["wide"]["km2"] == pytest.approx(90, abs=5)
