"""Integrals of the kernel: against sums over a fine grid, and however the pieces are cut."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontlines.uncertainty.kernel import integral_variance, vertex_variance


def _by_sum(along, line, weight, correlation_m, step=0.005):
    at = [np.arange(a + step / 2, b, step) for a, b in along]
    s = np.concatenate(at)
    w = np.repeat(weight, [len(part) for part in at]) * step
    n = np.repeat(line, [len(part) for part in at])
    tie = np.exp(-np.abs(s[:, None] - s) / correlation_m) * (n[:, None] == n)
    return w @ tie @ w


@pytest.mark.parametrize("correlation_m", [0.3, 2.0, 50.0])
def test_the_closed_form_is_the_double_integral(correlation_m):
    along = np.array([[0.0, 1.0], [1.0, 1.4], [2.5, 3.5], [0.0, 1.0]])
    line, weight = np.array([0, 0, 0, 1]), np.array([1.0, -2.0, 0.5, 3.0])
    (found,) = integral_variance(line, along, weight[:, None], correlation_m)
    assert found == pytest.approx(_by_sum(along, line, weight, correlation_m), rel=2e-4)


@given(
    cuts=st.lists(st.floats(0.01, 0.99), min_size=1, max_size=8, unique=True),
    correlation_m=st.floats(1e-3, 1e3),
)
def test_cutting_a_piece_changes_nothing(cuts, correlation_m):
    at = np.array([0.0, *sorted(cuts), 1.0])
    along = np.column_stack([at[:-1], at[1:]])
    whole = integral_variance(np.zeros(1), np.array([[0.0, 1.0]]), np.ones((1, 1)), correlation_m)
    parts = integral_variance(np.zeros(len(along)), along, np.ones((len(along), 1)), correlation_m)
    assert parts[0] == pytest.approx(whole[0], rel=1e-6)


def test_without_end_the_whole_line_moves_as_one():
    along = np.array([[0.0, 3.0], [5.0, 6.0], [0.0, 2.0]])
    (found,) = integral_variance(np.array([0, 0, 1]), along, np.array([[1.0], [-1.0], [1.0]]), math.inf)
    assert found == (3 - 1) ** 2 + 2**2


def test_independent_vertices_count_with_half_of_either_edge():
    edge = np.array([[0.0, 2.0], [2.0, 6.0]])
    (found,) = vertex_variance(np.zeros(2), edge, edge, np.ones((2, 1)))
    assert found == 1**2 + 3**2 + 2**2


def test_a_cut_edge_has_no_further_vertex():
    edge = np.array([[0.0, 2.0]] * 2)
    cut = np.array([[0.0, 0.5], [0.5, 2.0]])
    (found,) = vertex_variance(np.zeros(2), cut, edge, np.ones((2, 1)))
    assert found == pytest.approx(2.0)
