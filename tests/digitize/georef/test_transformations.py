"""Each family recovers itself, and does what its formula says."""

import numpy as np
import pytest

from frontlines.digitize.georef.transformations import FAMILIES, LEAST_POINTS, fit
from frontlines.errors import DigitizeError

RNG = np.random.default_rng(3)
PIXELS = RNG.uniform(0, 4000, (14, 2))
ELSEWHERE = RNG.uniform(0, 4000, (9, 2))

TRUE = {
    "helmert": lambda p: np.column_stack([30 * p[:, 0] + 2 * p[:, 1], 2 * p[:, 0] - 30 * p[:, 1]]),
    "affine": lambda p: p @ np.array([[30.0, 1.0], [3.0, -28.0]]) + [4e5, 4.4e6],
    "projective": lambda p: (
        (p @ np.array([[30.0, 1.0], [3.0, -28.0]]) + [4e5, 4.4e6]) / (1 + p @ [2e-5, -1e-5])[:, None]
    ),
    "polynomial2": lambda p: np.column_stack(
        [30 * p[:, 0] + 1e-3 * p[:, 0] * p[:, 1], -30 * p[:, 1] + 2e-3 * p[:, 0] ** 2]
    ),
    "polynomial3": lambda p: np.column_stack(
        [30 * p[:, 0] + 1e-7 * p[:, 1] ** 3, -30 * p[:, 1] + 2e-7 * p[:, 0] ** 2 * p[:, 1]]
    ),
    "spline": lambda p: (
        p @ np.array([[30.0, 1.0], [3.0, -28.0]]) + [4e5, 4.4e6]
    ),  # no bending where none is needed
}


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_recovers_itself(family):
    true = TRUE[family]
    fitted = fit(PIXELS, true(PIXELS), family)
    np.testing.assert_allclose(fitted(ELSEWHERE), true(ELSEWHERE), rtol=0, atol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_jacobian_and_weights_are_the_derivatives(family):
    xy = TRUE[family](PIXELS) + RNG.normal(0, 60, PIXELS.shape)
    fitted = fit(PIXELS, xy, family)
    step = 0.01
    for axis in (0, 1):
        h = np.eye(2)[axis] * step
        slope = (fitted(ELSEWHERE + h) - fitted(ELSEWHERE - h)) / (2 * step)
        np.testing.assert_allclose(fitted.jacobian(ELSEWHERE)[:, :, axis], slope, atol=1e-4)
    moved = xy.copy()
    moved[4, 1] += 0.5
    change = (fit(PIXELS, moved, family)(ELSEWHERE) - fitted(ELSEWHERE)) / 0.5
    np.testing.assert_allclose(fitted.weights(ELSEWHERE)[:, :, len(PIXELS) + 4], change, atol=2e-4)


@pytest.mark.parametrize("family", [family for family in FAMILIES if family != "projective"])
def test_left_out_places_are_those_of_fits_without_the_point(family):
    xy = TRUE[family](PIXELS) + RNG.normal(0, 60, PIXELS.shape)
    fast = fit(PIXELS, xy, family).left_out(xy)
    for k in range(len(PIXELS)):
        rest = np.arange(len(PIXELS)) != k
        np.testing.assert_allclose(
            fast[k], fit(PIXELS[rest], xy[rest], family)(PIXELS[k : k + 1])[0], atol=1e-4
        )


def test_projective_left_out_places_are_right_to_first_order():
    xy = TRUE["projective"](PIXELS) + RNG.normal(0, 1, PIXELS.shape)
    places = fit(PIXELS, xy, "projective").left_out(xy)
    for k in range(len(PIXELS)):
        rest = np.arange(len(PIXELS)) != k
        anew = fit(PIXELS[rest], xy[rest], "projective")(PIXELS[k : k + 1])[0]
        np.testing.assert_allclose(places[k], anew, atol=0.05)


def test_spline_runs_through_every_point_and_bends_no_more_than_needed():
    xy = TRUE["affine"](PIXELS) + RNG.normal(0, 60, PIXELS.shape)
    spline = fit(PIXELS, xy, "spline")
    np.testing.assert_allclose(spline(PIXELS), xy, atol=1e-5)
    assert spline(np.tile(ELSEWHERE, (3000, 1))).shape == (27_000, 2)  # in parts


@pytest.mark.parametrize("family", FAMILIES)
def test_too_few_points_and_points_on_a_line_are_refused(family):
    few = LEAST_POINTS[family] - 1
    with pytest.raises(
        DigitizeError, match=f"{few} control points? (?:is|are) too few for the transformation {family}"
    ):
        fit(PIXELS[:few], PIXELS[:few], family)
    if family != "helmert":
        line = np.column_stack([np.arange(14.0), 2 * np.arange(14.0)])
        with pytest.raises(DigitizeError, match=f"do not determine the transformation {family}"):
            fit(line, line, family)


def test_unknown_family():
    with pytest.raises(DigitizeError, match="'cubic' is no transformation: they are helmert, affine"):
        fit(PIXELS, PIXELS, "cubic")


def test_left_out_without_a_point_to_spare_is_not_told():
    three = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    assert np.isnan(fit(three, three, "affine").left_out(three)).all()
    four = np.vstack([three, [10.0, 10.0]])
    assert np.isnan(fit(four, four, "projective").left_out(four)).all()
