"""How sure are the areas: the errors of lines carried into gains and losses."""

from frontlines.uncertainty.formula import balance_error
from frontlines.uncertainty.intervals import LEVEL, TRUST, AreaErrors
from frontlines.uncertainty.noise import NoiseModel

__all__ = ["LEVEL", "TRUST", "AreaErrors", "NoiseModel", "balance_error"]
