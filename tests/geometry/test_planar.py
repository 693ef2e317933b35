"""Faces between lines, and the face on either side of each edge."""

import numpy as np
import pytest
import shapely
from shapely import LineString, box

from frontlines.geometry.planar import (
    OUTSIDE,
    arrange,
    edge_middles,
    own_crossings,
    same_edges,
    segments,
    westward,
    winding_numbers,
)

SQUARE = box(0, 0, 4, 4).boundary


def sides(arrangement):
    """Check each edge's two faces by stepping a little to its left and its right."""
    along = arrangement.edges[:, 2:] - arrangement.edges[:, :2]
    normal = np.column_stack([-along[:, 1], along[:, 0]]) / np.hypot(*along.T)[:, None]
    tree = shapely.STRtree(arrangement.faces)
    found = []
    for step in (1e-6, -1e-6):
        at = shapely.points(edge_middles(arrangement.edges) + step * normal)
        face = np.full(len(at), OUTSIDE)
        point, hit = tree.query(at, predicate="within")
        face[point] = hit
        found.append(face)
    return found


@pytest.mark.parametrize(
    "lines",
    [
        [SQUARE],
        [SQUARE, LineString([(2, -1), (2, 5)])],
        [SQUARE, LineString([(0, 0), (4, 4)]), LineString([(0, 4), (4, 0)])],
        [SQUARE, box(1, 1, 3, 3).boundary, box(1.5, 1.5, 2, 2).boundary],
        [SQUARE, LineString([(2, 0), (2, 2)])],
        [SQUARE, SQUARE, box(2, 0, 6, 4).boundary],
        [box(-2, -2, -0.0, 0).boundary, box(0.0, -2, 2, 0).boundary],
    ],
    ids=["square", "cut", "cross", "pockets", "dead end", "shared", "zero and minus zero"],
)
def test_left_and_right_are_what_lies_there(lines):
    found = arrange(np.array(lines))
    left, right = sides(found)
    closed = found.left != found.right
    assert found.left[closed].tolist() == left[closed].tolist()
    assert found.right[closed].tolist() == right[closed].tolist()


def test_faces_of_a_cross_and_pockets():
    cross = arrange(np.array([SQUARE, LineString([(0, 0), (4, 4)]), LineString([(0, 4), (4, 0)])]))
    assert shapely.area(cross.faces).tolist() == [4] * 4
    nested = arrange(np.array([SQUARE, box(1, 1, 3, 3).boundary, box(1.5, 1.5, 2, 2).boundary]))
    assert sorted(shapely.area(nested.faces).tolist()) == [0.25, 3.75, 12]


def test_faces_do_not_hang_on_the_order_of_lines():
    lines = np.array([SQUARE, LineString([(1, 0), (1, 4)]), LineString([(0, 3), (4, 3)])])
    one, other = arrange(lines), arrange(lines[::-1])
    assert [face.normalize().wkb for face in one.faces] == [face.normalize().wkb for face in other.faces]


def test_dead_ends_border_no_face():
    found = arrange(np.array([SQUARE, LineString([(2, 2), (2, 3)])]))
    dead = (found.left == OUTSIDE) & (found.right == OUTSIDE)
    assert edge_middles(found.edges[dead]).tolist() == [[2, 2.5]]


def test_nothing_has_no_face():
    found = arrange(np.array([], dtype=object))
    assert (len(found.faces), len(found.edges)) == (0, 0)


def test_a_grid_closes_what_nearly_meets():
    open_ring = LineString([(0, 0), (4, 0), (4, 4), (0, 4), (1e-5, 2e-5)])
    assert len(arrange(np.array([open_ring])).faces) == 0
    assert len(arrange(np.array([open_ring]), grid_m=1e-3).faces) == 1


def test_edges_that_lines_share_are_cut_where_another_one_meets_them():
    ring = shapely.Point(0, 0).buffer(100).boundary
    (x, y), (u, v) = shapely.get_coordinates(ring)[[3, 4]]
    middle = LineString([((x + u) / 2, (y + v) / 2), (0, 0), (-99, -99)])
    every = [ring, shapely.MultiLineString([ring.reverse(), box(-300, -300, 300, 300).boundary]), middle]
    shared, alone = (arrange(np.array(lines), grid_m=1e-3) for lines in (every, [*every[1:]]))
    assert len(shared.faces) == len(alone.faces) == 3
    assert shapely.area(shared.faces).tolist() == pytest.approx(shapely.area(alone.faces).tolist())
    assert len(shared.edges) == len(alone.edges)


def test_segments_name_their_line():
    pieces, owner = segments(np.array([LineString([(0, 0), (1, 0), (1, 1)]), LineString([(5, 5), (6, 5)])]))
    assert pieces.tolist() == [[0, 0, 1, 0], [1, 0, 1, 1], [5, 5, 6, 5]]
    assert owner.tolist() == [0, 0, 1]


def test_equal_edges_are_found_and_none_for_others():
    known = np.array([[0.0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0]])
    edges = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 2, 0]])
    assert same_edges(edges, known).tolist() == [1, 0, -1]


def test_edges_to_the_west_and_straight_south_run_westward():
    ends = [(1, 0, 0, 5), (0, 0, 1, -5), (0, 1, 0, 0), (0, 0, 0, 1)]
    assert westward(np.array(ends, dtype=float)).tolist() == [True, False, True, False]


def test_lines_cross_themselves_where_they_run_through_a_place_again():
    assert not len(own_crossings(LineString([(0, 0), (1, 0), (0, 1)])))
    loop = own_crossings(LineString([(0, 0), (2, 0), (2, 2), (1, 2), (1, -1)]))
    assert [point.wkt for point in loop] == ["POINT (1 0)"]


def test_a_point_is_wound_round_as_often_as_its_ring_counts():
    edges = np.vstack(
        [segments(np.array([box(0, 0, w, 4).exterior.normalize().reverse()]))[0] for w in (4, 2)]
    )
    times = np.array([1] * 4 + [-3] * 4)
    points = np.array([[3.0, 1], [1, 1], [5, 1], [-1, 4], [3, 0]])
    assert winding_numbers(points, edges, times).tolist() == [1, -2, 0, 0, 1]
    assert winding_numbers(points, edges, np.zeros(8, dtype=int)).tolist() == [0] * 5


@pytest.mark.parametrize("axes", [[0, 1], [1, 0]])  # in one of the two the plane is turned
def test_winding_numbers_are_those_of_every_ray_with_every_edge(axes):
    rng = np.random.default_rng(7)  # whole numbers: rays run through vertices and along edges
    rings = rng.integers(0, 9, (6, 10, 2)).astype(float)[..., axes]
    edges = np.concatenate([np.hstack([ring, np.roll(ring, -1, axis=0)]) for ring in rings])
    times = np.repeat(rng.integers(-1, 3, len(rings)), 10)
    points = rng.integers(-1, 10, (200, 2)) + np.where(np.arange(200)[:, None] % 2, (0.25, 0), (0, 0.25))
    off = shapely.distance(shapely.points(points), shapely.multilinestrings(edges.reshape(-1, 2, 2))) > 1e-9
    points = points[off]  # on an edge it is on neither side
    (x, y), (x0, y0, x1, y1) = points.T[:, :, None], edges.T
    up, down = (y0 <= y) & (y1 > y), (y1 <= y) & (y0 > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        east = x0 + (y - y0) / (y1 - y0) * (x1 - x0) > x
    wanted = ((up * 1 - down) * east * times).sum(axis=1)
    assert len(points) > 100
    assert winding_numbers(points, edges, times).tolist() == wanted.tolist()
    assert winding_numbers(points, edges, times * 0).tolist() == [0] * len(points)


def test_lines_drawn_twice_are_cut_where_they_touch():
    ring = shapely.LineString([(0, 0), (8, 0), (8, 8), (0, 8), (0, 0)])
    across = shapely.LineString(
        [(4, 0), (4.2, 5), (4, 8)]
    )  # its ends lie on edges of the ring, and on no corner
    for grid_m in (None, 1e-3):
        once, twice = (
            arrange(np.array(lines), grid_m=grid_m) for lines in ([ring, across], [ring, across] * 2)
        )
        assert shapely.area(twice.faces).tolist() == pytest.approx(shapely.area(once.faces).tolist())
        assert len(twice.faces) == 2
        assert ((twice.left >= 0) & (twice.right >= 0)).sum() == 2
