"""How sure are the areas: the errors of lines carried into gains and losses."""

from frontlines.uncertainty.columns import LEVEL, AreaErrors, check_draws, errors_of_sides, total_of
from frontlines.uncertainty.formula import TRUST, balance_error, error_by_correlation
from frontlines.uncertainty.noise import MeasuredErrors, NoiseModel, correlation_from, noise_from_text
from frontlines.uncertainty.simulation import simulate_balance

__all__ = [
    "LEVEL",
    "TRUST",
    "AreaErrors",
    "MeasuredErrors",
    "NoiseModel",
    "balance_error",
    "check_draws",
    "correlation_from",
    "error_by_correlation",
    "errors_of_sides",
    "noise_from_text",
    "simulate_balance",
    "total_of",
]
