"""Regression rates against numpy and against figures worked by hand with a printed table of t."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontlines.errors import LayerError
from frontlines.movement.rates import normal_z, regression_rates, require_level, spread_m, student_t


@pytest.mark.parametrize(
    ("p", "printed"),
    [
        (0.95, {1: 6.314, 2: 2.920, 3: 2.353, 5: 2.015, 10: 1.812, 30: 1.697, 120: 1.658}),
        (0.975, {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 10: 2.228, 29: 2.045, 120: 1.980}),
        (0.995, {1: 63.657, 2: 9.925, 3: 5.841, 4: 4.604, 9: 3.250, 60: 2.660}),
    ],
)
def test_quantiles_are_those_of_the_printed_table(p, printed):
    found = student_t(p, np.array(list(printed)))
    assert found.round(3).tolist() == list(printed.values())


def test_quantiles_have_closed_forms_for_one_and_two_degrees_and_a_normal_limit():
    p = 0.975
    assert student_t(p, np.array([1]))[0] == pytest.approx(np.tan(np.pi * (p - 0.5)), rel=1e-12)
    assert student_t(p, np.array([2]))[0] == pytest.approx(
        (2 * p - 1) * np.sqrt(2 / (4 * p * (1 - p))), rel=1e-12
    )
    assert student_t(p, np.array([200_000]))[0] == pytest.approx(normal_z(0.95), rel=1e-4)
    assert np.isnan(student_t(p, np.array([0, -1]))).all()


def test_a_regression_worked_by_hand():
    # x = 0, 1, 2, 3, 4 and y = 0, 3, 2, 5, 5: means 2 and 3, Sxx = 10, Sxy = 6 + 0 + 0 + 2 + 4 = 12, slope 1.2
    # residuals y - (0.6 + 1.2 x) = -0.6, 1.2, -1, 0.8, -0.4: SSE = 0.36 + 1.44 + 1 + 0.64 + 0.16 = 3.6
    # SST = 9 + 0 + 1 + 4 + 4 = 18, R² = 0.8; s² = 3.6 / 3 = 1.2; t(3, 0.975) = 3.182
    row = regression_rates(np.arange(5.0), np.array([[0.0, 3, 2, 5, 5]])).iloc[0]
    half = 3.18245 * np.sqrt(1.2 / 10)
    assert row["n_dates"] == 5
    assert row["rate_m_per_day"] == pytest.approx(1.2, abs=1e-12)
    assert row["r2"] == pytest.approx(0.8, abs=1e-12)
    assert row["low_m_per_day"] == pytest.approx(1.2 - half, abs=1e-5)
    assert row["high_m_per_day"] == pytest.approx(1.2 + half, abs=1e-5)


def test_a_weighted_regression_worked_by_hand():
    # x = 0, 1, 2, y = 0, 4, 4, sigma 1, 1, 0.5: weights 1, 1, 4; means x̄ = 9/6 = 1.5, ȳ = 20/6 = 10/3
    # Sxx = 2.25 + 0.25 + 1 = 3.5; Sxy = 5 - 1/3 + 4·0.5·2/3 = 6; slope 12/7
    # residuals of y - (10/3 + 12/7 (x - 1.5)): -16/21, 32/21, -4/21; SSE = (256 + 1024 + 64) / 441 = 64/21
    # SST = 100/9 + 4/9 + 16/9 = 40/3; R² = 1 - 64/21 · 3/40 = 27/35; s² = 64/21, t(1, 0.975) = 12.7062
    row = regression_rates(np.arange(3.0), np.array([[0.0, 4, 4]]), sigma_m=np.array([[1.0, 1, 0.5]])).iloc[0]
    assert row["rate_m_per_day"] == pytest.approx(12 / 7)
    assert row["r2"] == pytest.approx(27 / 35)
    half = 12.7062 * np.sqrt(64 / 21 / 3.5)
    assert row["high_m_per_day"] - row["rate_m_per_day"] == pytest.approx(half, rel=1e-5)


@given(
    st.lists(
        st.tuples(st.integers(0, 4000), st.floats(-2e4, 2e4)),
        min_size=3,
        max_size=30,
        unique_by=lambda v: v[0],
    ),
    st.lists(st.floats(10, 5000), min_size=30, max_size=30),
)
def test_regression_agrees_with_numpy(points, sigmas):
    days, y = (np.array(values, dtype=float) for values in zip(*points, strict=True))
    sigma = np.array(sigmas[: len(days)])
    plain = regression_rates(days, y[None]).iloc[0]
    weighted = regression_rates(days, y[None], sigma_m=sigma[None]).iloc[0]
    assert plain["rate_m_per_day"] == pytest.approx(np.polyfit(days, y, 1)[0], rel=1e-6, abs=1e-6)
    assert weighted["rate_m_per_day"] == pytest.approx(
        np.polyfit(days, y, 1, w=1 / sigma)[0], rel=1e-6, abs=1e-6
    )
    for row in (plain, weighted):
        assert np.isnan(row["r2"]) or -1e-9 <= row["r2"] <= 1 + 1e-9
        assert row["low_m_per_day"] <= row["rate_m_per_day"] <= row["high_m_per_day"]


def test_positions_may_be_missing_and_two_are_too_few():
    nan = np.nan
    y = np.array([[0.0, nan, 20, 30], [0.0, nan, nan, 30], [5.0, 5, 5, 5], [nan, nan, nan, nan]])
    rows = regression_rates(np.array([0.0, 1, 2, 3]), y)
    assert rows["n_dates"].tolist() == [3, 2, 4, 0]
    assert rows["rate_m_per_day"].iloc[0] == pytest.approx(np.polyfit([0, 2, 3], [0, 20, 30], 1)[0])
    assert rows["rate_m_per_day"].iloc[2] == 0
    assert rows["rate_m_per_day"].isna().tolist() == [False, True, False, True]
    assert rows["r2"].isna().tolist() == [False, True, True, True]
    assert spread_m(y)[:3].tolist() == [30, 30, 0]


def test_weights_need_a_sigma_above_zero_at_every_date():
    days, y = np.arange(3.0), np.array([[0.0, 1, 3]] * 3)
    sigma = np.array([[1.0, 1, 1], [1.0, np.nan, 1], [1.0, 0, 1]])
    weighted = regression_rates(days, y, sigma_m=sigma)["rate_m_per_day"]
    assert weighted.isna().tolist() == [False, True, True]
    assert weighted[0] == pytest.approx(regression_rates(days, y)["rate_m_per_day"][0])


@pytest.mark.parametrize("level", [0, 1, -0.5, float("nan")])
def test_levels_are_shares(level):
    for ask in (
        require_level,
        normal_z,
        lambda level: regression_rates(np.arange(3.0), np.zeros((1, 3)), level=level),
    ):
        with pytest.raises(LayerError, match=r"give a share between 0 and 1, such as 0\.95"):
            ask(level)
