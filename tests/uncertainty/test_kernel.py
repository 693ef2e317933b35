"""Integrals of the kernel: against sums over a fine grid, and however the pieces are cut."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontlines.uncertainty.kernel import integral_variance, vertex_variance

OPEN = np.full(20, np.inf)


def _by_sum(along, line, weight, correlation_m, step=0.005, around=math.inf):
    at = [np.arange(a + step / 2, b, step) for a, b in along]
    s = np.concatenate(at)
    w = np.repeat(weight, [len(part) for part in at]) * step
    n = np.repeat(line, [len(part) for part in at])
    way = np.abs(s[:, None] - s)
    tie = (np.exp(-way / correlation_m) + np.exp(-(around - way) / correlation_m)) * (n[:, None] == n)
    tie /= 1 + math.exp(-around / correlation_m)
    return w @ tie @ w


@pytest.mark.parametrize("correlation_m", [0.3, 2.0, 50.0])
def test_the_closed_form_is_the_double_integral(correlation_m):
    along = np.array([[0.0, 1.0], [1.0, 1.4], [2.5, 3.5], [0.0, 1.0]])
    line, weight = np.array([0, 0, 0, 1]), np.array([1.0, -2.0, 0.5, 3.0])
    (found,) = integral_variance(line, along, np.full(4, np.inf), weight[:, None], correlation_m)
    assert found == pytest.approx(_by_sum(along, line, weight, correlation_m), rel=2e-4)


@pytest.mark.parametrize("correlation_m", [0.3, 2.0, 50.0])
def test_on_a_closed_line_errors_go_together_both_ways_round(correlation_m):
    along = np.array([[0.0, 1.0], [1.0, 1.4], [2.5, 3.5], [0.0, 1.0]])
    line, weight = np.array([0, 0, 0, 1]), np.array([1.0, -2.0, 0.5, 3.0])
    (found,) = integral_variance(line, along, np.full(4, 3.6), weight[:, None], correlation_m)
    assert found == pytest.approx(_by_sum(along, line, weight, correlation_m, around=3.6), rel=2e-4)


def test_a_closed_line_that_moves_as_one_has_its_length():
    along = np.array([[0.0, 3.0], [3.0, 4.0]])
    (found,) = integral_variance(np.zeros(2), along, np.full(2, 4.0), np.ones((2, 1)), math.inf)
    assert found == pytest.approx(16)


def test_the_vertex_where_a_closed_line_was_cut_is_one():
    edge = np.array([[0.0, 2.0], [2.0, 6.0]])
    (found,) = vertex_variance(np.zeros(2), edge, np.full(2, 6.0), edge, np.ones((2, 1)))
    assert found == 3**2 + 3**2


@given(
    cuts=st.lists(st.floats(0.01, 0.99), min_size=1, max_size=8, unique=True),
    correlation_m=st.floats(1e-3, 1e3),
)
def test_cutting_a_piece_changes_nothing(cuts, correlation_m):
    at = np.array([0.0, *sorted(cuts), 1.0])
    along = np.column_stack([at[:-1], at[1:]])
    whole = integral_variance(np.zeros(1), np.array([[0.0, 1.0]]), OPEN[:1], np.ones((1, 1)), correlation_m)
    parts = integral_variance(
        np.zeros(len(along)), along, OPEN[: len(along)], np.ones((len(along), 1)), correlation_m
    )
    assert parts[0] == pytest.approx(whole[0], rel=1e-6)


def test_without_end_the_whole_line_moves_as_one():
    along = np.array([[0.0, 3.0], [5.0, 6.0], [0.0, 2.0]])
    (found,) = integral_variance(
        np.array([0, 0, 1]), along, OPEN[:3], np.array([[1.0], [-1.0], [1.0]]), math.inf
    )
    assert found == (3 - 1) ** 2 + 2**2


def test_independent_vertices_count_with_half_of_either_edge():
    edge = np.array([[0.0, 2.0], [2.0, 6.0]])
    (found,) = vertex_variance(np.zeros(2), edge, OPEN[:2], edge, np.ones((2, 1)))
    assert found == 1**2 + 3**2 + 2**2


def test_a_cut_edge_has_no_further_vertex():
    edge = np.array([[0.0, 2.0]] * 2)
    cut = np.array([[0.0, 0.5], [0.5, 2.0]])
    (found,) = vertex_variance(np.zeros(2), cut, OPEN[:2], edge, np.ones((2, 1)))
    assert found == pytest.approx(2.0)
