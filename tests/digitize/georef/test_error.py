"""The quoted error of a georeference covers its true error, place by place."""

import numpy as np
import pytest

from frontlines.digitize.georef.error import local_error
from frontlines.digitize.georef.georeference import _error
from frontlines.digitize.georef.transformations import fit


def coverage(family, n, noise_px, bend_px, *, seed, cases=25):
    """Share of check points whose true error along an axis is below the quoted one."""
    rng = np.random.default_rng(seed)
    slopes = np.array([[30.0, 3.0], [3.0, -30.0]])
    shares = []
    for _ in range(cases):
        pixels, checks = rng.uniform(0, 4000, (n, 2)), rng.uniform(300, 3700, (40, 2))
        wave, phase, size = (
            rng.normal(0, 1 / 1500, (6, 2)),
            rng.uniform(0, 7, (6, 2)),
            rng.normal(0, bend_px / 1.7, (6, 2)),
        )

        def true(p, wave=wave, phase=phase, size=size):
            bent = sum(size[i] * np.sin((p @ wave[i])[:, None] + phase[i]) for i in range(6))
            return (p + bent) @ slopes.T

        xy, read = true(pixels), pixels + rng.normal(0, noise_px, pixels.shape)
        fitted = fit(read, xy, family)
        error = np.linalg.solve(fitted.jacobian(checks), (fitted(checks) - true(checks))[..., None])[..., 0]
        shares.append((np.abs(error) < _error(fitted, xy, xy / 7e5)(checks)[:, None]).mean())
    return float(np.mean(shares))


@pytest.mark.parametrize(
    ("family", "n", "noise_px", "bend_px"),
    [
        ("helmert", 12, 1.5, 0.0),
        ("affine", 8, 1.5, 0.0),
        ("affine", 14, 1.5, 4.0),
        ("affine", 14, 0.1, 5.0),
        ("projective", 12, 1.5, 4.0),
        ("polynomial2", 14, 1.5, 4.0),
        ("polynomial3", 20, 1.5, 4.0),
        ("spline", 12, 1.5, 0.0),
        ("spline", 14, 1.5, 4.0),
    ],
)
def test_two_thirds_of_true_errors_lie_below_the_quoted_one(family, n, noise_px, bend_px):
    assert 0.6 <= coverage(family, n, noise_px, bend_px, seed=11) <= 0.8


def test_without_a_point_to_spare_nothing_is_told():
    three = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    assert (
        local_error(
            fit(three, three * [1, -1], "affine"), np.zeros((3, 2)), np.full((3, 2), np.nan), three / 7
        )
        is None
    )


def test_the_error_grows_away_from_the_points_and_where_they_fit_badly():
    rng = np.random.default_rng(2)
    pixels = np.array([[x, y] for y in np.linspace(0, 2000, 5) for x in np.linspace(0, 4000, 9)])
    rough = np.where(pixels[:, :1] < 2000, 0.3, 4.0)
    xy = (pixels + rng.normal(0, 1, pixels.shape) * rough) * [1.0, -1.0]
    error = _error(fit(pixels, xy, "affine"), xy, xy / 7e5)
    smooth_side, rough_side, far = error(np.array([[400.0, 1000.0], [3600.0, 1000.0], [9000.0, 1000.0]]))
    assert smooth_side < 0.7 * rough_side
    assert far > rough_side


def test_the_error_is_that_of_the_reading_over_the_points_when_nothing_is_shared():
    rng = np.random.default_rng(4)
    pixels = rng.uniform(0, 4000, (60, 2))
    xy = (pixels + rng.normal(0, 2.0, pixels.shape)) * [1.0, -1.0]
    error = _error(fit(pixels, xy, "affine"), xy, xy / 7e5)(pixels.mean(axis=0)[None])[0]
    assert 2.0 / np.sqrt(60) < error < 3 * 2.0 / np.sqrt(60)


def test_a_named_helmert_on_a_narrow_strip_is_quoted_with_its_distance_from_the_affine_one():
    rng, shares = np.random.default_rng(5), []
    for _ in range(40):
        read, checks = rng.uniform(0, [4000, 250], (10, 2)), rng.uniform([0, -2000], [4000, 2000], (40, 2))
        slopes = np.array([[30.0, 0.0], [0.0, -31.0]])  # paper shrunk by 3 % one way
        xy = (read + rng.normal(0, 1.5, read.shape)) @ slopes.T
        fitted = fit(read, xy, "helmert")
        error = (fitted(checks) - checks @ slopes.T) / 30
        quoted = [_error(fitted, xy, xy / 7e5, named=named)(checks)[:, None] for named in (False, True)]
        shares.append([(np.abs(error) < one).mean() for one in quoted])
    plain, named = np.mean(shares, axis=0)
    assert named >= 0.6
    assert named > plain
