"""What must hold for any war: random coverages, fronts and pockets."""

import functools
import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPoint, MultiPolygon, box
from shapely.ops import substring

from frontlines.change import balance_by_district, change_between, transitions_by_district
from frontlines.control import control_from_lines, frontlines_from_control
from frontlines.crs import working_crs
from frontlines.geometry.coverage import overlaps
from frontlines.layers import as_control, as_theatre

CRS = "EPSG:3035"
SIZE = 10_000
GROUND = box(0, 0, SIZE, SIZE)
THEATRE = gpd.GeoDataFrame(geometry=[GROUND], crs=CRS)
LONLAT_THEATRE = gpd.GeoDataFrame(geometry=[box(46, 39, 48, 41)], crs="EPSG:4326")
SIDES = ("A", "B", "contested", "unknown")

FEWER = settings(max_examples=25)  # of what two thousand random pairs go through as well

coordinate = st.integers(50, SIZE - 50)
sites = st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=14, unique=True)


@st.composite
def coverages(draw):
    """A coverage of the theatre by the cells of random sites, each held by a random side."""
    points = draw(sites)
    cells = shapely.get_parts(shapely.voronoi_polygons(MultiPoint(points), extend_to=GROUND))
    cells = shapely.intersection(cells, GROUND)
    sides = draw(st.lists(st.sampled_from(SIDES), min_size=len(cells), max_size=len(cells)))
    return [(side, shapely.union_all(cells[[s == side for s in sides]])) for side in sorted(set(sides))]


def control(held, day):
    return gpd.GeoDataFrame(
        {"date": pd.to_datetime([day] * len(held)), "side": [s for s, _ in held], "source": "random"},
        geometry=[shape for _, shape in held],
        crs=CRS,
    )


def both(first, second):
    return control(first, "1994-04-07"), control(second, "1994-05-12")


def km2(change):
    return {(row.side_from, row.side_to): row.area_km2 for row in change.itertuples()}


def same(one, other):
    return all(one.get(pair, 0) == pytest.approx(other.get(pair, 0), abs=1e-6) for pair in {*one, *other})


@FEWER
@given(coverages(), coverages())
def test_change_fills_the_theatre_without_overlap(first, second):
    change = change_between(*both(first, second), THEATRE)
    assert change["area_km2"].sum() == pytest.approx(GROUND.area / 1e6, rel=1e-9)
    assert shapely.area(overlaps(np.asarray(change.geometry.values)).pieces).sum() < 1e-3
    for side, shape in first:
        left = change.loc[change["side_from"] == side, "area_km2"].sum() - change["sliver_km2"].sum()
        assert left <= shape.area / 1e6 + 1e-6 + change["sliver_km2"].sum()


def _random_coverage(rng):
    """Cells of random sites by side, some with vertices that their neighbours do not have, turned at random."""
    points = MultiPoint(rng.uniform(-2000, SIZE + 2000, (rng.integers(4, 40), 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=GROUND))
    cells = shapely.intersection(cells, GROUND)
    sides = rng.integers(0, 4, len(cells))
    held = [(SIDES[n], shapely.union_all(cells[sides == n])) for n in np.unique(sides)]
    return [
        (side, shape.segmentize(rng.uniform(200, 3000)) if rng.random() < 0.7 else shape)
        for side, shape in held
    ]


@pytest.mark.parametrize("part", range(4))
def test_of_two_thousand_random_pairs_none_is_refused_and_none_is_wrong(part):
    """Areas against sampling: a point in each of 50 by 50 cells, so that a share is right to some 1.5 %.

    Ten pairs at a time lie apart in one theatre, the sides of each with its number in their names.
    """
    rng = np.random.default_rng(part)
    at = np.stack(np.meshgrid(np.arange(50), np.arange(50)), axis=-1).reshape(-1, 2)
    east = 2 * SIZE * np.arange(10)
    theatre = gpd.GeoDataFrame(geometry=[MultiPolygon([box(x, 0, x + SIZE, SIZE) for x in east])], crs=CRS)
    for _ in range(50):
        pairs = [(_random_coverage(rng), _random_coverage(rng), rng.uniform(0, 1, at.shape)) for _ in east]
        earlier, later = (
            [one for n, x in enumerate(east) for one in _apart(pairs[n][k], n, x)] for k in (0, 1)
        )
        change = km2(change_between(*both(earlier, later), theatre))
        for n, (first, second, off) in enumerate(pairs):
            mine = {(old, new): km2 for (old, new), km2 in change.items() if old.endswith(f" {n}")}
            assert sum(mine.values()) == pytest.approx(100, rel=1e-9)
            x, y = ((at + off) * SIZE / 50).T
            shapely.prepare([shape for _, shape in (*first, *second)])
            inside = [
                [(f"{side} {n}", shapely.contains_xy(shape, x, y)) for side, shape in held]
                for held in (first, second)
            ]
            for (old, here), (new, there) in itertools.product(*inside):
                assert mine.pop((old, new), 0) == pytest.approx((here & there).mean() * 100, abs=1.5)
            assert not mine


def _apart(held, number, east):
    """Move a coverage to the east, and number its sides."""
    return [
        (f"{side} {number}", shapely.transform(shape, lambda xy: xy + np.array([east, 0])))
        for side, shape in held
    ]


@FEWER
@given(coverages(), coverages())
def test_exchanging_the_dates_mirrors_the_change(first, second):
    there = km2(change_between(*both(first, second), THEATRE))
    back = km2(change_between(*both(second, first), THEATRE))
    assert same(there, {pair[::-1]: area for pair, area in back.items()})


@FEWER
@given(coverages())
def test_nothing_changes_between_a_day_and_itself(held):
    change = change_between(*both(held, held), THEATRE)
    assert (change["side_from"] == change["side_to"]).all()


@FEWER
@given(coverages(), coverages(), st.permutations(SIDES))
def test_other_names_change_nothing_else(first, second, names):
    new = dict(zip(SIDES, names, strict=True))
    plain = km2(change_between(*both(first, second), THEATRE))
    renamed = km2(
        change_between(*both([(new[s], g) for s, g in first], [(new[s], g) for s, g in second]), THEATRE)
    )
    assert same({(new[p], new[q]): area for (p, q), area in plain.items()}, renamed)


@FEWER
@given(coverages(), coverages(), st.integers(-500, 500), st.randoms(use_true_random=False))
def test_shifting_and_reordering_change_nothing(first, second, shift, random):
    plain = km2(change_between(*both(first, second), THEATRE))
    moved = [frame.set_geometry(frame.translate(shift * 100, shift * 70)) for frame in both(first, second)]
    moved = [frame.iloc[random.sample(range(len(frame)), len(frame))] for frame in moved]
    theatre = THEATRE.set_geometry(THEATRE.translate(shift * 100, shift * 70))
    assert same(plain, km2(change_between(*moved, theatre)))


@FEWER
@given(coverages(), coverages())
def test_districts_sum_to_the_whole(first, second):
    grid = [box(x, y, x + 2500, y + 5000) for x in range(0, SIZE, 2500) for y in (0, 5000)]
    districts = gpd.GeoDataFrame({"district": [f"D{n}" for n in range(8)]}, geometry=grid, crs=CRS)
    change = change_between(*both(first, second), THEATRE)
    table = transitions_by_district(change, districts)
    assert table["area_km2"].sum() == pytest.approx(change["area_km2"].sum(), rel=1e-9)
    for side in {*change["side_from"], *change["side_to"]}:
        balance = balance_by_district(table, side)
        gained = change.loc[(change["side_to"] == side) & (change["side_from"] != side), "area_km2"].sum()
        assert balance["gained_km2"].sum() == pytest.approx(gained, abs=1e-6)


@given(coverages())
def test_polygons_come_back_from_their_fronts(held):
    before = control(held, "1994-05-12")
    fronts = frontlines_from_control(before, THEATRE, border_m=0)
    if fronts.empty:
        assert len(held) == 1
        return
    after = control_from_lines(fronts, THEATRE, snap_m=1)
    for side, shape in held:
        again = shapely.union_all(after.geometry[after["side"] == side].values)
        assert shape.symmetric_difference(again).area < 100


@st.composite
def fronts(draw):
    """A front from the south of the theatre to its north that never turns back, as x by y [m]."""
    count = draw(st.integers(2, 12))
    xs = draw(st.lists(st.integers(500, SIZE - 500), min_size=count, max_size=count))
    return LineString(np.column_stack([xs, np.linspace(0, SIZE, count)]))


def drawn(*rows, day="1994-05-12"):
    """Stretches as (left, right, line)."""
    return gpd.GeoDataFrame(
        {
            "date": pd.to_datetime([day] * len(rows)),
            "side_left": [left for left, _, _ in rows],
            "side_right": [right for _, right, _ in rows],
            "source": "random",
            "sigma_m": 100.0,
        },
        geometry=[line for _, _, line in rows],
        crs=CRS,
    )


def west_of(front):
    """Ground to the left of a front."""
    return shapely.Polygon([(0, 0), *front.coords, (0, SIZE)])


def ground_of(held, side):
    return shapely.union_all(held.geometry[held["side"] == side].values)


@given(fronts(), st.booleans())
def test_a_front_divides_the_theatre_where_it_runs(front, turned):
    row = ("B", "A", front.reverse()) if turned else ("A", "B", front)
    held = control_from_lines(drawn(row), THEATRE, snap_m=0)
    assert held.area.sum() == pytest.approx(GROUND.area, rel=1e-9)
    assert ground_of(held, "A").symmetric_difference(west_of(front)).area < 1e-3


@given(fronts(), st.lists(st.floats(0.02, 0.98), max_size=4, unique=True), st.randoms(use_true_random=False))
def test_a_front_in_stretches_is_the_same_front(front, shares, random):
    ends = [0, *sorted(share * front.length for share in shares), front.length]
    stretches = [("A", "B", substring(front, *pair)) for pair in itertools.pairwise(ends)]
    stretches = [
        ("B", "A", line.reverse()) if random.random() < 0.5 else (a, b, line) for a, b, line in stretches
    ]
    random.shuffle(stretches)
    held = control_from_lines(drawn(*stretches), THEATRE, snap_m=1)
    assert ground_of(held, "A").symmetric_difference(west_of(front)).area < 1


@given(fronts(), st.integers(1000, 9000), st.integers(1000, 9000), st.integers(5, 400))
def test_a_pocket_changes_only_its_own_ground(front, x, y, radius):
    pocket = shapely.Point(x, y).buffer(radius)
    assume(front.distance(pocket) > 1)
    inside, outside = ("C", "A" if west_of(front).contains(pocket) else "B")
    ring = shapely.orient_polygons(pocket).exterior
    held = control_from_lines(
        drawn(("A", "B", front), (inside, outside, LineString(ring))), THEATRE, snap_m=0
    )
    assert ground_of(held, "C").area == pytest.approx(pocket.area)
    assert ground_of(held, "A").area == pytest.approx((west_of(front) - pocket).area)


@given(coverages(), st.sampled_from([0, 50]), st.randoms(use_true_random=False))
def test_the_left_of_every_front_is_held_by_its_left(held, border_m, random):
    day = control(held, "1994-05-12")
    shuffled = day.iloc[random.sample(range(len(day)), len(day))]
    found = frontlines_from_control(day, THEATRE, border_m=border_m)
    again = frontlines_from_control(shuffled, THEATRE, border_m=border_m)
    assert shapely.union_all(found.geometry.values).equals(shapely.union_all(again.geometry.values))
    by_side = dict(held)
    for row in found.itertuples():
        edges = shapely.get_coordinates(row.geometry)
        start, along = edges[:-1], np.diff(edges, axis=0)
        length = np.hypot(*along.T)
        long = length > 1
        normal = np.column_stack([-along[:, 1], along[:, 0]])[long] / length[long, None]
        middle = (start + along / 2)[long]
        for side, step in ((row.side_left, 0.05), (row.side_right, -0.05)):
            beside = shapely.points(middle + step * normal)
            assert (shapely.distance(by_side[side], beside) < 0.01).all()


@functools.cache
def _plane():
    crs = working_crs(LONLAT_THEATRE)
    return crs, as_theatre(LONLAT_THEATRE, crs)


@settings(max_examples=20)
@given(st.lists(st.tuples(*[st.integers(0, 40)] * 4, st.sampled_from("ABC")), min_size=1, max_size=8))
def test_the_door_is_idempotent_and_fills_the_theatre(boxes):
    crs, theatre = _plane()
    shapes = [
        box(46 + x / 20, 39 + y / 20, 46 + (x + w + 1) / 20, 39 + (y + h + 1) / 20) for x, y, w, h, _ in boxes
    ]
    raw = gpd.GeoDataFrame(
        {"date": "1994-05-12", "side": [side for *_, side in boxes], "source": "random"},
        geometry=shapes,
        crs="EPSG:4326",
    )
    once = as_control(raw, crs, theatre=theatre, rest="rest", mend=True)
    assert once.area.sum() == pytest.approx(theatre.area.sum(), rel=1e-9)
    assert len(overlaps(np.asarray(once.geometry.values)).pieces) == 0
    twice = as_control(once, crs, theatre=theatre, rest="rest", mend=True)
    assert twice["side"].tolist() == once["side"].tolist()
    assert twice.area.tolist() == pytest.approx(once.area.tolist(), rel=1e-9, abs=1e-3)
    back = as_control(raw[::-1], crs, theatre=theatre, rest="rest", mend=True)
    by_side = [frame.area.groupby(frame["side"]).sum().to_dict() for frame in (once, back)]
    assert by_side[0] == pytest.approx(by_side[1], rel=1e-9, abs=1e-3)
