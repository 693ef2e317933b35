"""What is assumed about the errors of lines."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import numpy as np

from frontlines.errors import NoiseError
from frontlines.limits import require_metres

SAME_M = 1e-3
"""Vertices of one date this near to each other are the same [m]."""

SHARED_M = 0.1
"""Lines of two dates this near to each other are one line, drawn once [m]."""


@dataclass(frozen=True)
class NoiseModel:
    """How far lines may be off, and over what length they are off together.

    Attributes
    ----------
    sigma_m
        Standard error of the position across the line [m] of stretches without a `sigma_m` of their own;
        None if all have one.
    correlation_m
        Correlation length along the line [m]: two places whose distance along the front is *d* have
        errors with correlation exp(-*d* / `correlation_m`). ``math.inf``: a whole line is off by one
        amount (times its sigma). 0: each drawn vertex is off by itself, and the line is straight between.
    rng
        Seed or generator, for `simulate_balance`. A generator is left as it was: the same one gives the same
        draws again.
    shared_bias_m
        Standard error, east and north each [m], of a shift that all lines of both dates have in common: the
        whole source lies beside its place, such as a badly referenced map. Theatre and districts stay.

    Raises
    ------
    NoiseError
        If a number is negative, or not a number, or `rng` neither a seed nor a generator.

    Notes
    -----
    The front of a side is pushed across its course by sigma(s)·z(s), where s is the length along the front
    and z a stationary Gaussian process with mean 0, variance 1 and an exponential correlation, an
    Ornstein-Uhlenbeck process. Which places have errors in common:

    - Edges within 0.1 m of each other on both dates are one line, drawn once: one error, which cancels in the
      change. If the two dates state different sigmas for it, the larger counts.
    - Edges of one date only are drawn afresh. Their errors are independent of those of the other
      date, and of those of the shared edges: they rest on other evidence.
    - Within each of the three, the process runs along the whole front and does not stop where one stretch
      joins the next; there only sigma changes. Two parts with another kind of part in between are as far
      from each other as the front is long between them.
    - Fronts that do not meet are independent. On a closed front of length C the correlation is
      (exp(-d/l) + exp(-(C-d)/l)) / (1 + exp(-C/l)), so that it does not matter where it is cut open.

    Each of these is an Ornstein-Uhlenbeck process seen on parts of a line, and they are independent, so
    that the covariance is positive semi-definite. `balance_error` and `simulate_balance` use this same model.

    Examples
    --------
    >>> NoiseModel(500.0, 5000.0).shared_bias_m
    0.0
    """

    sigma_m: float | None
    correlation_m: float
    rng: np.random.Generator | int = 0
    _: KW_ONLY
    shared_bias_m: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no length."""
        require_metres(NoiseError, sigma_m=self.sigma_m, shared_bias_m=self.shared_bias_m)
        require_metres(NoiseError, or_inf=True, correlation_m=self.correlation_m)
        seed = isinstance(self.rng, int | np.integer) and not isinstance(self.rng, bool) and self.rng >= 0
        if not (seed or isinstance(self.rng, np.random.Generator)):
            raise NoiseError(f"rng is {self.rng!r}: give a whole number, 0 or more, or a numpy Generator")
