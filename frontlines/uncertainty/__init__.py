"""How sure are the areas: the errors of lines carried into gains and losses."""

from frontlines.uncertainty.columns import LEVEL, TRUST, AreaErrors
from frontlines.uncertainty.formula import balance_error, error_by_correlation
from frontlines.uncertainty.noise import MeasuredErrors, NoiseModel, correlation_from
from frontlines.uncertainty.simulation import simulate_balance

__all__ = [
    "LEVEL",
    "TRUST",
    "AreaErrors",
    "MeasuredErrors",
    "NoiseModel",
    "balance_error",
    "correlation_from",
    "error_by_correlation",
    "simulate_balance",
]
