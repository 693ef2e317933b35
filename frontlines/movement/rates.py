"""Rates of movement by regression, with intervals: ordinary least squares and weighted by 1/sigma²."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd

from frontlines.arrays import Floats, Ints
from frontlines.errors import LayerError

LEAST_DATES = 3
"""A regression needs as many dates as this."""


def regression_rates(
    days: Floats, position_m: Floats, *, sigma_m: Floats | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Fit a straight line through the positions of each transect, (n_transects, n_dates) [m].

    With `sigma_m`, of the same shape, dates are weighted by 1/sigma². Columns: `n_dates`, `rate_m_per_day`,
    the interval `low_m_per_day` to `high_m_per_day`, `r2`; NaN where there are fewer than `LEAST_DATES`.
    """
    require_level(level)
    known = np.isfinite(position_m)
    weight = np.where(known, 1.0, 0.0)
    usable = known.sum(axis=1) >= LEAST_DATES
    if sigma_m is not None:
        fit = np.isfinite(sigma_m) & (sigma_m > 0)
        usable &= (fit | ~known).all(axis=1)
        weight[known & fit] = 1 / sigma_m[known & fit] ** 2
    y, n = np.where(known, position_m - _lowest(position_m)[:, None], 0.0), known.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = weight.sum(axis=1)
        x_off = days - (weight @ days / total)[:, None]
        y_off = y - ((weight * y).sum(axis=1) / total)[:, None]
        sxx = (weight * x_off**2).sum(axis=1)
        rate = (weight * x_off * y_off).sum(axis=1) / sxx
        sse = (weight * (y_off - rate[:, None] * x_off) ** 2).sum(axis=1)
        sst = (weight * y_off**2).sum(axis=1)
        half = student_t((1 + level) / 2, n - 2) * np.sqrt(sse / (n - 2) / sxx)
        r2 = np.where(spread_m(position_m) > 0, 1 - sse / sst, np.nan)
    figures = {"rate_m_per_day": rate, "low_m_per_day": rate - half, "high_m_per_day": rate + half, "r2": r2}
    return pd.DataFrame({"n_dates": n} | {name: np.where(usable, v, np.nan) for name, v in figures.items()})


def spread_m(position_m: Floats) -> Floats:
    """Give how far apart the positions of each transect are at most."""
    return -_lowest(-position_m) - _lowest(position_m)


def _lowest(values: Floats) -> Floats:
    """Smallest value of each row; NaN in a row without any."""
    low: Floats = np.where(np.isfinite(values), values, np.inf).min(axis=1, initial=np.inf)
    return np.where(np.isfinite(low), low, np.nan)


def student_t(p: float, df: Ints) -> Floats:
    """Give quantiles of Student's t distribution, for whole degrees of freedom."""
    found = {int(n): _quantile(2 * p - 1, int(n)) if n >= 1 else np.nan for n in np.unique(df)}
    return np.array([found[int(n)] for n in df], dtype=float)


def _quantile(within: float, df: int) -> float:
    """Find the t that stays below itself in size with a probability."""
    low, high = 0.0, np.pi / 2
    for _ in range(64):
        middle = (low + high) / 2
        low, high = (middle, high) if _probability_within(middle, df) < within else (low, middle)
    return float(np.sqrt(df) * np.tan(low))


def _probability_within(angle: float, df: int) -> float:
    """Probability that abs(t) < √df · tan(angle)."""
    sine, cosine = np.sin(angle), np.cos(angle)
    odd = df % 2
    k = np.arange(2 + odd, df, 2)  # of the factors (k - 1) / k
    terms = np.cumprod(np.concatenate([[1.0], (k - 1) / k * cosine**2])) if df > 1 else np.zeros(0)
    total = sine * terms.sum()
    return float(2 / np.pi * (angle + cosine * total) if odd else total)


def normal_z(level: float) -> float:
    """Give how many standard errors a two-sided interval reaches, for normal errors."""
    require_level(level)
    return NormalDist().inv_cdf((1 + level) / 2)


def require_level(level: float) -> None:
    """Refuse what is no level of an interval."""
    if not 0 < level < 1:
        raise LayerError(f"level is {level}: give a share between 0 and 1, such as 0.95")
