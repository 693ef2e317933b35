"""The model refuses what is no length."""

import math

import pytest

from frontlines import NoiseModel
from frontlines.errors import NoiseError


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"sigma_m": -1.0, "correlation_m": 1.0}, "sigma_m is -1.0: give a number of metres, 0 or more"),
        ({"sigma_m": math.inf, "correlation_m": 1.0}, "sigma_m is inf"),
        (
            {"sigma_m": None, "correlation_m": math.nan},
            "correlation_m is nan: give a number of metres, 0 or more, or inf",
        ),
        ({"sigma_m": None, "correlation_m": -5.0}, "correlation_m is -5.0"),
        (
            {"sigma_m": None, "correlation_m": 5.0, "shared_bias_m": -2.0},
            "shared_bias_m is -2.0: give a number of metres",
        ),
        (
            {"sigma_m": None, "correlation_m": 5.0, "rng": "x"},
            "rng is 'x': give a whole number, 0 or more, or",
        ),
        ({"sigma_m": None, "correlation_m": 5.0, "rng": None}, "rng is None: give a whole number"),
        ({"sigma_m": None, "correlation_m": 5.0, "rng": -1}, "rng is -1: give a whole number"),
    ],
)
def test_what_is_no_length_is_refused(given, words):
    with pytest.raises(NoiseError, match=words):
        NoiseModel(**given)


def test_the_ends_of_the_scale_are_lengths():
    assert NoiseModel(None, 0.0).correlation_m == 0
    assert math.isinf(NoiseModel(0.0, math.inf).correlation_m)
