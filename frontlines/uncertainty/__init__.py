"""How sure are the areas: the errors of lines carried into gains and losses."""

from frontlines.uncertainty.formula import balance_error
from frontlines.uncertainty.gathered import REACH_M
from frontlines.uncertainty.intervals import LEVEL, AreaErrors, check_draws, total_of
from frontlines.uncertainty.monte_carlo import simulate_balance
from frontlines.uncertainty.noise import NoiseModel
from frontlines.uncertainty.sensitivity import error_by_correlation
from frontlines.uncertainty.trust import TRUST

__all__ = [
    "LEVEL",
    "REACH_M",
    "TRUST",
    "AreaErrors",
    "NoiseModel",
    "balance_error",
    "check_draws",
    "error_by_correlation",
    "simulate_balance",
    "total_of",
]
