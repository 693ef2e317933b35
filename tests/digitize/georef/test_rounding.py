"""Control points read to whole pixels: what they share is quoted."""

import numpy as np
import pytest

from frontlines.digitize.georef.error import rounding_variance, step_read
from frontlines.digitize.georef.georeference import _error
from frontlines.digitize.georef.transformations import fit

SLOPES = np.array([[30.0, 0.0], [0.0, -30.0]])


def graticule(rng):
    """Crossings of an upright map, four by four, at columns and rows that are no whole numbers."""
    columns, rows = (np.array([0, 600, 1300, 2000]) + rng.uniform(0, 200, 4) for _ in range(2))
    return np.array([[column, row] for row in rows for column in columns])


@pytest.mark.parametrize("family", ["helmert", "affine", "spline"])
def test_the_variance_is_that_of_many_maps(family):
    rng = np.random.default_rng(3)
    true, places = graticule(rng), rng.uniform(200, 1800, (30, 2))
    squares = []
    for _ in range(400):
        shift = rng.uniform(0, 1, 2)  # the map lies anywhere on the scanner
        columns = np.unique(true[:, 0])
        jitter = dict(zip(columns, rng.uniform(-0.5, 0.5, len(columns)), strict=True))
        rows = np.unique(true[:, 1])
        shake = dict(zip(rows, rng.uniform(-0.5, 0.5, len(rows)), strict=True))
        exact = np.array([[x + jitter[x], y + shake[y]] for x, y in true]) + shift
        found = fit(np.round(exact), exact @ SLOPES, family)
        off = (found(places) - places @ SLOPES) / np.diag(SLOPES)
        squares.append((off**2).mean(axis=1))
    read = np.round(true)
    told = rounding_variance(fit(read, true @ SLOPES, family), places, 1.0)
    assert np.mean(told) == pytest.approx(np.mean(squares), rel=0.1)


def test_an_upright_map_read_to_whole_pixels_is_not_held_for_exact():
    rng = np.random.default_rng(8)
    places, shares = rng.uniform(200, 1800, (60, 2)), []
    for _ in range(60):
        true = graticule(rng)
        fitted = fit(np.round(true), true @ SLOPES, "spline")
        off = np.abs(fitted(places) - places @ SLOPES) / np.abs(np.diag(SLOPES))
        shares.append((off < _error(fitted, true @ SLOPES, true / 7e5)(places)[:, None]).mean())
    assert 0.56 <= np.mean(shares) <= 0.8  # of an even error, 58 % lie within its standard error


@pytest.mark.parametrize(
    ("pixels", "left", "lonlat", "step"),
    [
        ([[3.0, 5.0], [9.0, 7.0]], 0.3, 46.0123, 1.0),
        ([[3.0, 5.5], [9.0, 7.0]], 0.3, 46.0123, 0.5),
        ([[3.0, 5.2], [9.0, 7.0]], 0.3, 46.0123, 0.0),
        ([[3.0, 5.0], [9.0, 7.0]], 0.001, 46.0123, 0.0),  # the places were worked out from the pixels
        ([[3.0, 5.0], [9.0, 7.0]], 0.001, 46.25, 1.0),  # crossings of a graticule as even as the pixels
    ],
)
def test_the_step_is_seen_in_the_points_and_in_what_they_leave(pixels, left, lonlat, step):
    assert step_read(np.array(pixels), np.full((2, 2), left), np.full((2, 2), lonlat)) == step
