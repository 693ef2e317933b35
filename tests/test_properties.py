"""What must hold for any war: random coverages, fronts and pockets."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPoint, box

from frontlines.change import change_between
from frontlines.control import control_from_lines, frontline_from_control
from frontlines.coverage import overlaps
from frontlines.tables import balance_by_district, transitions_by_district

CRS = "EPSG:3035"
SIZE = 10_000
GROUND = box(0, 0, SIZE, SIZE)
THEATRE = gpd.GeoDataFrame(geometry=[GROUND], crs=CRS)
SIDES = ("A", "B", "contested", "unknown")

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


@given(coverages(), coverages())
def test_change_fills_the_theatre_without_overlap(first, second):
    change = change_between(*both(first, second), THEATRE)
    assert change["area_km2"].sum() == pytest.approx(GROUND.area / 1e6, rel=1e-9)
    assert shapely.area(overlaps(np.asarray(change.geometry.values)).pieces).sum() < 1e-3
    for side, shape in first:
        left = change.loc[change["side_from"] == side, "area_km2"].sum() - change["sliver_km2"].sum()
        assert left <= shape.area / 1e6 + 1e-6 + change["sliver_km2"].sum()


@given(coverages(), coverages())
def test_exchanging_the_dates_mirrors_the_change(first, second):
    there = km2(change_between(*both(first, second), THEATRE))
    back = km2(change_between(*both(second, first), THEATRE))
    assert same(there, {pair[::-1]: area for pair, area in back.items()})


@given(coverages())
def test_nothing_changes_between_a_day_and_itself(held):
    change = change_between(*both(held, held), THEATRE)
    assert (change["side_from"] == change["side_to"]).all()


@given(coverages(), coverages(), st.permutations(SIDES))
def test_other_names_change_nothing_else(first, second, names):
    new = dict(zip(SIDES, names, strict=True))
    plain = km2(change_between(*both(first, second), THEATRE))
    renamed = km2(
        change_between(*both([(new[s], g) for s, g in first], [(new[s], g) for s, g in second]), THEATRE)
    )
    assert same({(new[p], new[q]): area for (p, q), area in plain.items()}, renamed)


@given(coverages(), coverages(), st.integers(-500, 500), st.randoms(use_true_random=False))
def test_shifting_and_reordering_change_nothing(first, second, shift, random):
    plain = km2(change_between(*both(first, second), THEATRE))
    moved = [frame.set_geometry(frame.translate(shift * 100, shift * 70)) for frame in both(first, second)]
    moved = [frame.iloc[random.sample(range(len(frame)), len(frame))] for frame in moved]
    theatre = THEATRE.set_geometry(THEATRE.translate(shift * 100, shift * 70))
    assert same(plain, km2(change_between(*moved, theatre)))


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
    fronts = frontline_from_control(before, THEATRE, border_m=0)
    if fronts.empty:
        assert len(held) == 1
        return
    after = control_from_lines(fronts, THEATRE, snap_m=1)
    for side, shape in held:
        again = shapely.union_all(after.geometry[after["side"] == side].values)
        assert shape.symmetric_difference(again).area < 100
