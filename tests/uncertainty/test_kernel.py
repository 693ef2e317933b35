"""Integrals of the kernel: against sums over a fine grid, and however the pieces are cut."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontlines.uncertainty.kernel import Pieces, variances


def variance(line, along, weight, correlation_m, around=math.inf, edge=None):
    """Variance of one sum over pieces, sorted by line and place."""
    line, weight = np.asarray(line), np.asarray(weight, dtype=float)
    around = np.full(len(line), around)
    edge = along if edge is None else edge
    return variances(Pieces(0 * line, line, line, along, edge, around, weight), correlation_m, 1)[0]


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
    found = variance(line, along, weight, correlation_m)
    assert found == pytest.approx(_by_sum(along, line, weight, correlation_m), rel=2e-4)


@pytest.mark.parametrize("correlation_m", [0.3, 2.0, 50.0])
def test_on_a_closed_line_errors_go_together_both_ways_round(correlation_m):
    along = np.array([[0.0, 1.0], [1.0, 1.4], [2.5, 3.5], [0.0, 1.0]])
    line, weight = np.array([0, 0, 0, 1]), np.array([1.0, -2.0, 0.5, 3.0])
    found = variance(line, along, weight, correlation_m, 3.6)
    assert found == pytest.approx(_by_sum(along, line, weight, correlation_m, around=3.6), rel=2e-4)


def test_a_closed_line_that_moves_as_one_has_its_length():
    along = np.array([[0.0, 3.0], [3.0, 4.0]])
    found = variance([0, 0], along, [1, 1], math.inf, 4.0)
    assert found == pytest.approx(16)


def test_the_vertex_where_a_closed_line_was_cut_is_one():
    edge = np.array([[0.0, 2.0], [2.0, 6.0]])
    found = variance([0, 0], edge, [1, 1], 0.0, 6.0)
    assert found == 3**2 + 3**2


@given(
    cuts=st.lists(st.floats(0.01, 0.99), min_size=1, max_size=8, unique=True),
    correlation_m=st.floats(1e-3, 1e3),
)
def test_cutting_a_piece_changes_nothing(cuts, correlation_m):
    at = np.array([0.0, *sorted(cuts), 1.0])
    along = np.column_stack([at[:-1], at[1:]])
    whole = variance([0], np.array([[0.0, 1.0]]), [1], correlation_m)
    parts = variance([0] * len(along), along, [1] * len(along), correlation_m)
    assert parts == pytest.approx(whole, rel=1e-6)


def test_without_end_the_whole_line_moves_as_one():
    along = np.array([[0.0, 3.0], [5.0, 6.0], [0.0, 2.0]])
    found = variance([0, 0, 1], along, [1, -1, 1], math.inf)
    assert found == (3 - 1) ** 2 + 2**2


def test_independent_vertices_count_with_half_of_either_edge():
    edge = np.array([[0.0, 2.0], [2.0, 6.0]])
    found = variance([0, 0], edge, [1, 1], 0.0)
    assert found == 1**2 + 3**2 + 2**2


def test_a_cut_edge_has_no_further_vertex():
    edge = np.array([[0.0, 2.0]] * 2)
    cut = np.array([[0.0, 0.5], [0.5, 2.0]])
    found = variance([0, 0], cut, [1, 1], 0.0, edge=edge)
    assert found == pytest.approx(2.0)
