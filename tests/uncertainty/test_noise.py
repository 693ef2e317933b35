"""The model refuses what is no length."""

import math

import pytest

from frontlines import NoiseModel
from frontlines.errors import FrontlinesError, NoiseError
from frontlines.uncertainty.noise import noise_from_text


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
            "rng is 'x': give a Generator or a whole number",
        ),
        (
            {"sigma_m": None, "correlation_m": 5.0, "rng": None},
            "rng is None: give a Generator or a whole number",
        ),
        ({"sigma_m": None, "correlation_m": 5.0, "rng": -1}, "rng is -1: give a whole number"),
        (
            {"sigma_m": None, "correlation_m": "bend"},
            "correlation_m is 'bend': give a number or 'stretch'",
        ),
        (
            {"sigma_m": None, "correlation_m": {1.0: 0.5, 9.0: 0.6}},
            "the shares 0.5, 0.6 of the variance: give",
        ),
        ({"sigma_m": None, "correlation_m": {}}, "give shares above 0 that sum to 1"),
        (
            {"sigma_m": None, "correlation_m": 5.0, "between": 1.1},
            "between is 1.1: give a correlation, 0 to 1",
        ),
        (
            {"sigma_m": None, "correlation_m": 0.0, "between": 0.5},
            "no error in common between dates: give betw",
        ),
        (
            {"sigma_m": None, "correlation_m": 5.0, "length_factor": 0.5},
            "length_factor is 0.5: give a factor",
        ),
    ],
)
def test_what_is_no_length_is_refused(given, words):
    with pytest.raises(FrontlinesError, match=words):
        NoiseModel(**given)


def test_the_ends_of_the_scale_are_lengths():
    assert NoiseModel(None, 0.0).correlation_m == 0
    assert math.isinf(NoiseModel(0.0, math.inf).correlation_m)


def test_lengths_that_are_a_judgement_may_be_others():
    parts = {2_000.0: 0.25, "stretch": 0.25, math.inf: 0.5}
    found = [model.correlation_m for model in NoiseModel(None, parts).plausible]
    assert found == [
        parts,
        {2_000 / 3: 0.25, "stretch": 0.25, math.inf: 0.5},
        {6_000.0: 0.25, "stretch": 0.25, math.inf: 0.5},
    ]
    for known in (
        NoiseModel(None, 5.0, length_factor=1.0),
        NoiseModel(None, "stretch"),
        NoiseModel(None, 0.0),
    ):
        assert known.plausible == (known,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("bend", "correlation_m is 'bend': give metres, 0 or more, inf, or stretch; or several with their"),
        ("", "correlation_m is ''"),
        ("between=0.5", "correlation_m is 'between=0.5'"),
        ("5000,5000", "correlation_m is '5000,5000'"),
        ("5000,speed=2", "correlation_m is '5000,speed=2'"),
        ("2000:0.5", "the parts of correlation_m have the shares 0.5"),
        ("2000:nan", "the parts of correlation_m have the shares nan"),
        ("5000,between=nan", "between is nan"),
        ("5000,factor=inf", "length_factor is inf"),
    ],
)
def test_a_text_that_is_no_model_is_refused(text, words):
    with pytest.raises(NoiseError) as refused:
        noise_from_text(text)
    assert words in str(refused.value)


def test_a_text_says_what_a_model_says():
    assert noise_from_text("stretch") == NoiseModel(None, "stretch")
    assert noise_from_text(" 5000 , factor = 1") == NoiseModel(None, 5000.0, length_factor=1.0)
    parts = {2000.0: 0.25, "stretch": 0.75}
    assert noise_from_text("2000:.25,stretch:.75") == NoiseModel(None, parts)
