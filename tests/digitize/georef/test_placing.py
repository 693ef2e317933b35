"""From pixels to the ground."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from frontlines.digitize import georeference_from_affine
from frontlines.digitize.georef.georeference import cut_edges, error_across, on_ground

DEGREES = georeference_from_affine((0.1, 0, 46, 0, -0.1, 41), CRS("EPSG:4326"), (20, 20), "a file")
METRES = georeference_from_affine((90, 0, 5e5, 0, -30, 4.4e6), CRS("EPSG:32638"), (900, 900), "a file")


@given(st.lists(st.tuples(st.floats(-500, 500), st.floats(-500, 500)), min_size=2, max_size=6))
def test_edges_are_cut_alike_both_ways(points):
    line = np.array(points)
    there, back = cut_edges(line), cut_edges(line[::-1])
    np.testing.assert_array_equal(there, back[::-1])  # bit for bit
    assert np.hypot(*np.diff(there, axis=0).T).max(initial=0) <= 10 + 1e-9


def test_neighbours_stay_neighbours():
    left, right = shapely.box(0, 0, 7, 19), shapely.box(7, 0, 15, 19)
    placed = on_ground(np.array([left, right], dtype=object), DEGREES)
    assert shapely.coverage_is_valid(placed)
    assert shapely.union_all(placed).geom_type == "Polygon"
    both = on_ground(
        np.array([shapely.MultiPolygon([left, shapely.box(9, 0, 10, 1)])], dtype=object), DEGREES
    )
    assert both[0].geom_type == "MultiPolygon"


def test_the_error_is_taken_across_the_line():
    along_row, along_column = np.array([[0.0, 50.0], [400.0, 50.0]]), np.array([[50.0, 0.0], [50.0, 400.0]])
    sigma = np.full(2, 0.5)
    assert error_across(along_row, sigma, METRES).sigma_m == pytest.approx(
        15, rel=2e-3
    )  # across it a pixel is 30 m
    assert error_across(along_column, sigma, METRES).sigma_m == pytest.approx(45, rel=2e-3)
    both = error_across(along_row, sigma, METRES, source_m=20.0)
    assert both.sigma_m == pytest.approx(25, rel=2e-3)
    assert (both.sigma_georef_m, both.sigma_source_m) == (0, 20)


def test_an_even_error_along_the_line_is_quoted_as_it_is():
    line = np.array([[0.0, 0.0], [400.0, 0.0]])
    assert error_across(line, np.full(2, 0.7), METRES).sigma_trace_m == pytest.approx(21, rel=1e-3)


def test_two_thirds_of_a_line_are_kept_within_its_error_though_a_tenth_is_unsure():
    rng = np.random.default_rng(5)
    along = np.arange(0.0, 4001.0)
    sigma = np.where(along < 400, 3.0, 0.1)
    quoted = error_across(np.column_stack([along, np.zeros(4001)]), sigma, METRES).sigma_trace_m
    off = np.abs(30 * sigma * rng.standard_normal((50, 4001)))
    assert (off < quoted).mean() == pytest.approx(0.683, abs=0.01)
    assert quoted < 0.2 * 30 * np.sqrt((sigma**2).mean())


def test_jumped_parts_do_not_count():
    line = np.array([[0.0, 0.0], [100.0, 0.0], [300.0, 0.0], [400.0, 0.0]])
    sigma = np.array([1.0, 1.0, 1.0, 1.0])
    blind = np.array([1.0, 1.0, 9.0, 9.0])
    whole = error_across(line[:2], sigma[:2], METRES).sigma_trace_m
    assert (
        error_across(line, np.where(line[:, 0] > 150, blind, sigma), METRES, gaps=[(1, 3)]).sigma_trace_m
        > whole
    )
    assert error_across(line[:3], blind[:3], METRES, gaps=[(1, 2)]).sigma_trace_m == pytest.approx(whole)
