"""Coverages: what overlaps, what is open, what is thin."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from frontlines.errors import ClosureError
from frontlines.geometry.coverage import (
    by_size,
    close_book,
    common_borders,
    dissolve,
    gaps,
    in_doubt,
    intersect,
    overlaps,
    united,
    width_m,
)

GRID = np.array([box(x, y, x + 1, y + 1) for y in range(3) for x in range(3)])


def test_a_grid_has_no_overlap_and_no_gap():
    assert len(overlaps(GRID).pieces) == 0
    assert len(gaps(GRID)) == 0
    assert len(gaps(GRID, box(0, 0, 3, 3))) == 0


def test_overlaps_name_both_polygons_and_the_ground():
    found = overlaps(np.append(GRID, box(0.5, 0.5, 1.5, 1.5)))
    assert found.first.tolist() == [0, 1, 3, 4]
    assert found.second.tolist() == [9, 9, 9, 9]
    assert shapely.area(found.pieces).tolist() == [0.25] * 4


def test_gaps_are_inside_the_outline_or_inside_the_theatre():
    ring = np.delete(GRID, 4)
    assert shapely.area(gaps(ring)).tolist() == [1]
    assert shapely.area(gaps(ring, box(0, 0, 5, 3))).tolist() == [6, 1]


def test_intersect_gives_each_pair_once_in_order():
    found = intersect(GRID, np.array([box(0, 0, 3, 1), box(1, 1, 2, 3)]))
    pairs = list(zip(found.first.tolist(), found.second.tolist(), strict=True))
    assert pairs == [(0, 0), (1, 0), (2, 0), (4, 1), (7, 1)]


def test_width_of_a_strip_a_disc_and_nothing():
    disc = shapely.Point(0, 0).buffer(10, quad_segs=64)
    strip, round_, none = width_m(np.array([box(0, 0, 1e5, 2), disc, shapely.Polygon()]))
    assert strip == pytest.approx(2, rel=1e-4)
    assert round_ == pytest.approx(10, rel=1e-3)
    assert none == 0


def test_intersect_does_not_cut_what_lies_within_and_leaves_out_what_only_touches():
    hole = shapely.Polygon(box(0, 0, 9, 9).exterior, [box(2, 2, 4, 4).exterior])
    within, in_hole, beside = box(5, 5, 6, 6), box(2.5, 2.5, 3, 3), box(9, 0, 10, 9)
    small = np.array([within, in_hole, beside, box(8, 8, 10, 10)])
    for first, second in ((np.array([hole]), small), (small, np.array([hole]))):
        found = intersect(first, second)
        assert sorted(np.maximum(found.first, found.second).tolist()) == [0, 3]
        assert shapely.area(found.pieces).tolist() == [1.0, 1.0]
    assert intersect(small, np.array([hole])).pieces[0].equals_exact(within)


def test_dissolve_joins_by_key_in_order():
    joined, groups = dissolve(GRID[:4], pd.DataFrame({"side": list("BABA")}))
    assert groups["side"].tolist() == ["A", "B"]
    assert shapely.area(joined).tolist() == [2, 2]


def test_a_book_closes_or_raises():
    assert close_book(2.0 + 1e-10, 2.0, "areas", "mend") == pytest.approx(1e-10)
    with pytest.raises(
        ClosureError, match=r"areas sum to 2.100000 km², not to 2.000000 \(\+0.100000\): mend it"
    ):
        close_book(2.1, 2.0, "areas", "mend it")
    with pytest.raises(ClosureError):
        close_book(float("nan"), 2.0, "areas", "mend it")


def test_by_size_does_not_hang_on_the_order():
    shapes = np.array([box(0, 0, 1, 1), box(5, 5, 6, 6), box(0, 0, 2, 2)])
    order = by_size(shapes)
    assert order[0] == 2
    again = by_size(shapes[::-1])
    assert [shapes[::-1][row].wkb for row in again] == [shapes[row].wkb for row in order]


def test_common_borders_are_measured():
    found = common_borders(
        np.array([box(0, 0, 4, 1)]), np.array([box(0, 1, 4, 9), box(0, -8, 3, 0)]), reach_m=0.1
    )
    assert found["polygon"].tolist()[0] == 0
    assert found["length_m"].tolist()[0] == 4


def test_only_neighbours_within_reach_count():
    far, near = box(0, 2, 4, 9), box(0, 1.2, 4, 2)
    found = common_borders(np.array([box(0, 0, 4, 1)]), np.array([far, near]), reach_m=0.2)
    assert found["polygon"].tolist() == [1]
    assert common_borders(np.array([box(0, 0, 4, 1)]), np.array([far]), reach_m=0.2).empty


def test_a_union_that_loses_ground_is_made_on_a_grid():
    """Two neighbours and a sliver of 1e-10 m², of which GEOS 3.14 keeps but the first."""
    parts = shapely.get_parts(
        shapely.from_wkb((Path(__file__).parent / "union_that_loses_ground.wkb").read_bytes())
    )
    whole = united(parts)
    assert whole.area == pytest.approx(44_195_407.362, rel=1e-9)
    assert shapely.hausdorff_distance(shapely.union_all(parts, grid_size=0.01), whole) < 0.02
    shapes, groups = dissolve(parts, pd.DataFrame({"side": ["A", "A", "A"]}))
    assert shapely.area(shapes).sum() == pytest.approx(44_195_407.362, rel=1e-9)
    assert len(groups) == 1


def test_polygons_that_do_overlap_are_united_as_they_are():
    parts = np.array([box(0, 0, 2, 1), box(1, 0, 3.0000001, 1)])
    assert united(parts).equals_exact(shapely.union_all(parts))
    assert united(np.array([], dtype=object)).is_empty
    assert united(parts[:1]) is parts[0]


def test_a_polygon_that_is_invalid_knows_what_is_in_doubt():
    bow = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    assert shapely.area(in_doubt(bow)).tolist() == [25]
    for sound_but_for_its_rings in (
        Polygon([(0, 0), (10, 0), (10, 10), (5, 10), (5, 20), (5, 10), (0, 10)]),
        Polygon([(0, 0), (10, 0), (10, 10), (0, 10)], [[(2, 0), (4, 4), (2, 4), (2, 0)]]),
    ):
        assert len(in_doubt(sound_but_for_its_rings)) == 0
        assert len(in_doubt(sound_but_for_its_rings.reverse())) == 0
    twice = MultiPolygon([box(0, 0, 2, 2), box(1, 0, 3, 2)])
    assert shapely.area(in_doubt(twice)).tolist() == [2]
    hole_outside = Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(20, 0), (22, 0), (22, 1), (20, 1)]])
    assert shapely.area(in_doubt(hole_outside)).tolist() == [2]


def test_gaps_are_what_the_shells_hold_beside_the_polygons():
    ring = box(0, 0, 10, 10) - box(1, 1, 9, 9)
    island = box(3, 3, 7, 7) - box(4, 4, 6, 6)
    touching = Polygon([(1, 5), (2, 6), (2, 4)])  # meets the ring in one point
    apart = box(20, 0, 24, 4) - box(21, 1, 22, 2) - box(22, 2, 23, 3)  # two holes that meet in a point
    found = gaps(np.array([ring, island, touching, box(4.5, 4.5, 5, 5), apart]))
    assert shapely.area(found).tolist() == [64 - 16 - 1, 4 - 0.25, 1, 1]
    whole = shapely.union_all([box(0, 0, 10, 10), box(20, 0, 24, 4)])
    wanted = whole - shapely.union_all([ring, island, touching, box(4.5, 4.5, 5, 5), apart])
    assert shapely.symmetric_difference(shapely.union_all(found), wanted).area == 0
