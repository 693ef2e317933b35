"""Nearest, Hausdorff and Fréchet distances: cases worked by hand, both ways."""

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest
import shapely

from frontlines import line_distances, nearest_distance
from frontlines.errors import LayerError
from frontlines.movement.distances import frechet_m
from frontlines.names import WHOLE
from tests.fronts import FIRST, LAST, districts, frame, front, path, square

CRS = frame().crs


def test_parallel_lines_are_their_distance_apart_by_every_measure():
    lines = front((FIRST, path((0, 0), (4, 0))), (LAST, path((0, 3), (4, 3))))
    table = nearest_distance(lines, "A", step_m=500)
    assert table.columns.tolist() == [
        "district",
        "direction",
        "n_points",
        "mean_m",
        "p50_m",
        "p90_m",
        "p95_m",
        "max_m",
    ]
    assert table["n_points"].tolist() == [8, 8]
    np.testing.assert_allclose(table[["mean_m", "p50_m", "p90_m", "p95_m", "max_m"]], 3000, atol=1e-2)
    row = line_distances(lines, "A").iloc[0]
    assert row[["hausdorff_m", "frechet_m"]].tolist() == pytest.approx([3000, 3000], abs=1e-2)
    assert (row["district"], row["frechet_share"]) == (WHOLE, 1.0)


def test_a_longer_line_is_farther_from_a_shorter_one_than_the_other_way_round():
    # points of the later line at x = 0.5 … 7.5; those past 4 km are 0.5 … 3.5 km beyond the end, 3 km up
    lines = front((FIRST, path((0, 0), (4, 0))), (LAST, path((0, 3), (8, 3))))
    table = nearest_distance(lines, "A", step_m=1000, percentiles=[50]).set_index("direction")
    beyond = [np.hypot(3000, off) for off in (500, 1500, 2500, 3500)]
    assert table["mean_m"]["before to after"] == pytest.approx(3000, abs=1e-2)
    assert table["mean_m"]["after to before"] == pytest.approx(np.mean([3000] * 4 + beyond), abs=1e-2)
    assert table["max_m"]["after to before"] == pytest.approx(beyond[-1], abs=1e-2)
    assert line_distances(lines, "A")["hausdorff_m"][0] == pytest.approx(5000, abs=1e-2)  # 3, 4, 5


def test_hausdorff_is_that_of_shapely_on_densified_lines():
    one, other = path((0, 0), (5, 1), (9, -1)), path((1, 2), (4, 4), (9, 3))
    found = line_distances(front((FIRST, one), (LAST, other)), "A", step_m=50)["hausdorff_m"][0]
    dense = shapely.segmentize([one, other], 50)
    assert found == pytest.approx(shapely.hausdorff_distance(*dense), abs=26)


def leash(one, other):
    """Discrete Fréchet distance as Eiter and Mannila define it, by recursion."""

    @cache
    def reach(i, j):
        before = [reach(k, m) for k, m in ((i - 1, j), (i, j - 1), (i - 1, j - 1)) if k >= 0 and m >= 0]
        return max(min(before, default=0.0), math.dist(one[i], other[j]))

    return reach(len(one) - 1, len(other) - 1)


def test_frechet_is_that_of_the_definition():
    rng = np.random.default_rng(7)
    for _ in range(25):
        one, other = (path(*rng.uniform(-5, 5, (n, 2))) for n in rng.integers(2, 9, 2))
        dense = shapely.segmentize([one, other], 700)
        expected = leash(*(tuple(map(tuple, shapely.get_coordinates(line))) for line in dense))
        assert frechet_m(*dense, CRS) == pytest.approx(expected, abs=0.01)


def test_a_walk_there_and_back_keeps_hausdorff_and_frechet_apart():
    # the fold goes 4 km back; each of its points is within 1 km of the straight line, the walkers are not
    straight = path((0, 0), (10, 0))
    fold = path((0, 1), (7, 1), (7, 0.5), (3, 0.5), (3, 1), (10, 1))
    row = line_distances(front((FIRST, straight), (LAST, fold)), "A", step_m=100).iloc[0]
    assert row["hausdorff_m"] == pytest.approx(1000, abs=1e-2)
    assert row["frechet_m"] == pytest.approx(np.hypot(2000, 1000), abs=60)  # one waits at 5 for 7 and for 3


def test_closed_lines_begin_at_their_nearest_vertices():
    ring, inner = path((0, 0), (8, 0), (8, 8), (0, 8), (0, 0)), path((7, 7), (1, 7), (1, 1), (7, 1), (7, 7))
    row = line_distances(front((FIRST, ring), (LAST, inner)), "A", step_m=20_000).iloc[0]
    assert row["frechet_m"] == pytest.approx(1000 * np.sqrt(2), abs=1e-2)


def test_districts_follow_the_whole_and_missing_ones_have_no_figure():
    lines = front((FIRST, path((0, 0), (4, 0))), (LAST, path((0, 1), (2, 1), (2, 3), (4, 3))))
    parts = districts(West=square(0, -5, 2, 5), East=square(2, -5, 4, 5), Far=square(9, 9, 10, 10))
    table = nearest_distance(lines, "A", parts, step_m=500)
    assert table["district"].tolist() == [WHOLE] * 2 + ["East"] * 2 + ["Far"] * 2 + ["West"] * 2
    assert table["n_points"][4:6].tolist() == [0, 0]
    assert table["mean_m"][4:6].isna().all()
    west = table[(table["district"] == "West") & (table["direction"] == "before to after")]
    assert west["mean_m"].tolist() == pytest.approx([1000], abs=1e-2)
    by = line_distances(lines, "A", parts).set_index("district")
    assert by.index.tolist() == [WHOLE, "East", "Far", "West"]
    assert by.loc["Far"].isna().all()
    assert by["frechet_m"]["West"] == pytest.approx(3000, abs=10)  # the border of both, up to (2, 3)
    assert by["frechet_share"][WHOLE] == 1


def test_pieces_are_told_by_the_share_of_the_longest():
    lines = front(
        (FIRST, path((0, 0), (3, 0))), (FIRST, path((9, 0), (10, 0))), (LAST, path((0, 1), (10, 1)))
    )
    assert line_distances(lines, "A")["frechet_share"][0] == pytest.approx(0.75, abs=1e-6)


def test_direction_cuts_and_order_make_no_difference():
    lines = front((FIRST, path((0, 0), (4, 1), (9, 0))), (LAST, path((0, 3), (9, 4))))
    turned = lines.set_geometry(lines.geometry.reverse()).assign(side_left="A", side_right="B")
    cut = pd.concat([lines[1:], front((FIRST, path((4, 1), (9, 0)))), front((FIRST, path((0, 0), (4, 1))))])
    for same in (turned[::-1], cut):
        for measure in (nearest_distance, line_distances):
            pd.testing.assert_frame_equal(measure(same, "A"), measure(lines, "A"), atol=1e-3)


def test_what_makes_no_sense_is_refused():
    lines = front((FIRST, path((0, 0), (4, 0))), (LAST, path((0, 3), (4, 3))))
    with pytest.raises(LayerError, match="step_m is 0: give a number of metres, more than 0"):
        nearest_distance(lines, "A", step_m=0)
    with pytest.raises(LayerError, match=r"percentiles are \[101\]: give one or more from 0 to 100"):
        nearest_distance(lines, "A", percentiles=[101])
    with pytest.raises(LayerError, match="side 'A' has lines on one date only: distances are between two"):
        line_distances(lines[:1], "A")
    with pytest.raises(LayerError, match="a district is called 'all districts', as the row of the whole"):
        nearest_distance(lines, "A", districts(**{WHOLE: square(0, -5, 2, 5)}))
    with pytest.raises(LayerError, match="too many pairs for the Fréchet distance: give a larger step_m"):
        line_distances(lines, "A", step_m=0.1)
