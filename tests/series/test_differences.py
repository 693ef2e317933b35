"""Ground that moved, from the edges that differ, against the full overlay."""

from concurrent.futures import ProcessPoolExecutor
from functools import reduce
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box

from frontlines.series.differences import MIN_SHARED, moved_ground


def _areas(moved, step=None):
    own = np.ones(len(moved.pieces), dtype=bool) if step is None else moved.step == step
    area = shapely.area(moved.pieces)
    return area[own & moved.gained].sum(), area[own & ~moved.gained].sum()


def _absorbed(moved):
    triangles, _, count = moved.absorbed.triangles()
    assert moved.absorbed.area_m2.sum() == pytest.approx((shapely.area(triangles) * count).sum(), abs=1e-9)
    return moved.absorbed.area_m2.sum()


def _by_overlay(before, after):
    return shapely.difference(after, before).area, shapely.difference(before, after).area


COMB = Polygon([(0, 0), (100, 0), *[(100 - x, 10 + 3 * (x % 2)) for x in range(1, 100)], (0, 10)])
CASES = {
    "nothing": (COMB, COMB),
    "gains a corner": (COMB, shapely.union(COMB, box(-2, 0, 0, 5))),
    "loses a corner": (COMB, shapely.difference(COMB, box(0, 0, 2, 5))),
    "opens a hole": (COMB, shapely.difference(COMB, box(40, 2, 45, 6))),
    "closes a hole": (shapely.difference(COMB, box(40, 2, 45, 6)), COMB),
    "an island comes": (COMB, MultiPolygon([COMB, box(200, 0, 201, 1)])),
    "an island goes": (MultiPolygon([COMB, box(200, 0, 201, 1)]), COMB),
    "an island is swallowed": (
        MultiPolygon([COMB, box(102, 2, 103, 3)]),
        shapely.union(COMB, box(100, 0, 105, 8)),
    ),
    "splits": (COMB, shapely.difference(COMB, box(50, -1, 51, 20))),
    "joins": (shapely.difference(COMB, box(50, -1, 51, 20)), COMB),
    "touches at a point": (COMB, MultiPolygon([COMB, Polygon([(0, 0), (-3, 0), (-3, -3), (0, -3)])])),
    "gains and loses across one edge": (
        COMB,
        shapely.union(shapely.difference(COMB, box(0, 0, 1, 4)), box(-1, 4, 0, 8)),
    ),
    "an edge is shared in part": (COMB, shapely.union(COMB, box(20, -5, 30, 0))),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES.keys())
def test_which_way_the_rings_run_does_not_matter(before, after):
    wanted = _by_overlay(before, after)
    for pair in ((before.reverse(), after), (before, after.reverse()), (before.reverse(), after.reverse())):
        moved = moved_ground(np.array(pair), tolerance_m=0)
        assert not moved.overlaid.any()
        assert _areas(moved) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES.keys())
def test_hand_cases_agree_with_the_overlay_without_it(before, after):
    moved = moved_ground(np.array([before, after]), tolerance_m=0)
    assert not moved.overlaid.any()
    assert _areas(moved) == pytest.approx(_by_overlay(before, after), abs=1e-9)
    whole = shapely.union_all(moved.pieces)
    assert whole.area == pytest.approx(shapely.area(moved.pieces).sum(), abs=1e-9)


def test_snapshots_that_share_few_edges_are_overlaid():
    moved = moved_ground(np.array([box(0, 0, 10, 10), box(5, 5, 15, 15)]))
    assert moved.overlaid.tolist() == [True]
    assert _areas(moved) == (75, 75)
    assert MIN_SHARED == 0.5


def test_from_nothing_and_to_nothing():
    moved = moved_ground(np.array([Polygon(), COMB, Polygon()]))
    assert _areas(moved, 0) == pytest.approx((COMB.area, 0))
    assert _areas(moved, 1) == pytest.approx((0, COMB.area))


def test_one_snapshot_has_no_step():
    moved = moved_ground(np.array([COMB]))
    assert len(moved.pieces) == 0
    assert len(moved.overlaid) == 0


def test_rounding_is_absorbed_and_booked():
    rounded = shapely.transform(COMB, lambda xy: xy + 0.04 * np.sin(100 * xy[:, ::-1]))
    moved = moved_ground(np.array([COMB, rounded]), tolerance_m=0.1)
    assert len(moved.pieces) == 0
    assert _absorbed(moved) == pytest.approx(rounded.area - COMB.area, abs=1e-9)
    told = moved_ground(np.array([COMB, rounded]), tolerance_m=0)
    assert sum(_areas(told)) > 0
    assert len(told.absorbed.step) == 0


def test_a_real_move_beside_rounding_is_kept():
    rounded = shapely.transform(COMB, lambda xy: xy + 0.04 * np.sin(100 * xy[:, ::-1]))
    after = shapely.union(rounded, box(-5, 1, 1, 5))
    moved = moved_ground(np.array([COMB, after]), tolerance_m=0.1)
    gained, lost = _areas(moved)
    assert gained == pytest.approx(20, abs=0.5)
    assert gained - lost + _absorbed(moved) == pytest.approx(after.area - COMB.area, abs=1e-9)


def test_any_mapper_gives_the_same():
    snapshots = np.array([shapely.union(COMB, box(-n % 7, 0, 1, 5)) for n in range(80)])
    one = moved_ground(snapshots)
    with ProcessPoolExecutor(2) as pool:
        other = moved_ground(snapshots, mapper=pool.map)
    assert shapely.to_wkb(one.pieces).tolist() == shapely.to_wkb(other.pieces).tolist()
    assert one.step.tolist() == other.step.tolist()


def _blob(x, y, radius):
    return Point(x, y).buffer(radius, quad_segs=3)


blobs = st.builds(_blob, st.integers(0, 120), st.integers(-10, 20), st.integers(1, 9))
edits = st.lists(st.tuples(st.sampled_from(["add", "cut", "back"]), blobs), min_size=1, max_size=5)


@given(edits)
def test_edges_and_overlay_give_the_same(changes):
    snapshots = [COMB]
    for how, blob in changes:
        last = snapshots[-1]
        made = {"add": shapely.union, "cut": shapely.difference, "back": lambda *_: snapshots[0]}[how](
            last, blob
        )
        snapshots.append(made)
    moved = moved_ground(np.array(snapshots, dtype=object), tolerance_m=0)
    for step, (before, after) in enumerate(pairwise(snapshots)):
        assert _areas(moved, step) == pytest.approx(_by_overlay(before, after), abs=1e-6)


@given(st.lists(blobs, min_size=2, max_size=6))
def test_steps_lead_from_the_first_snapshot_to_the_last(parts):
    snapshots = [reduce(shapely.union, parts[: n + 1], COMB) for n in range(len(parts))]
    gained, lost = _areas(moved_ground(np.array(snapshots, dtype=object), tolerance_m=0))
    assert gained - lost == pytest.approx(snapshots[-1].area - snapshots[0].area, abs=1e-6)
