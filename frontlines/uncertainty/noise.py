"""What is assumed about the errors of lines."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, replace

import numpy as np

from frontlines.errors import NoiseError
from frontlines.limits import require_metres
from frontlines.names import STRETCH, Floats, Length, listed

SAME_M = 1e-3
"""Vertices of one date this near to each other are the same [m]."""

SHARED_M = 0.1
"""Lines of two dates this near to each other are one line, drawn once [m]."""

_ROUNDING = 1e-6  # by which shares may miss 1
_SHOWN = 6


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
        amount (times its sigma). ``"stretch"``: each stretch (row of the layer of lines) is off as a whole.
        0: each drawn vertex is off by itself, and the line is straight between.
        Several lengths, each with its share of the variance: ``{2_000: 0.5, 30_000: 0.5}``.
    rng
        Seed or generator, for `simulate_balance`. A generator is left as it was: the same one gives the same
        draws again.
    shared_bias_m
        Standard error, east and north each [m], of a shift that all lines of both dates have in common: the
        whole source lies beside its place, such as a badly referenced map. Theatre and districts stay.
    between
        Correlation of the errors of the two dates where their lines face each other, 0 to 1: the part of the
        variance that the same draughtsman or base map gives both. It cancels in the change where
        both lines move alike.
    length_factor
        How many times too short or too long the correlation lengths may be. The results
        carry the range of the intervals over such lengths beside the intervals. 1 if the lengths are no
        judgement but measured, as with `correlation_from`.

    Raises
    ------
    NoiseError
        If a number is negative, or not a number, shares of variance do not sum to 1, `between` comes with
        independent vertices, or `rng` is neither a seed nor a generator.

    Notes
    -----
    The front of a side is pushed across its course by sigma(s)·z(s), where s is the length along the front
    and z a stationary Gaussian process with mean 0, variance 1 and an exponential correlation, an
    Ornstein-Uhlenbeck process; with several lengths, z is a sum of such processes, a nested model [1]_. Which
    places have errors in common:

    - Edges within 0.1 m of each other on both dates are one line, drawn once: one error, which cancels in the
      change. If the two dates state different sigmas for it, the larger counts.
    - Edges of one date only are drawn afresh. Their errors are independent of those of the shared edges,
      and of those of the other date but for the part `between`: they rest on other evidence.
    - Within each of the three, the process runs along the whole front and does not stop where one stretch
      joins the next; there only sigma changes. Two parts with another kind of part in between are as far
      from each other as the front is long between them.
    - The common part runs along the front of the earlier date; a place on that of the later one
      takes it where the earlier front is nearest.
    - Fronts that do not meet are independent. On a closed front of length C the correlation is
      (exp(-d/l) + exp(-(C-d)/l)) / (1 + exp(-C/l)), so that it does not matter where it is cut open.

    Each of these is a process seen on parts of a line, and they are independent, so
    that the covariance is positive semi-definite. `balance_error` and `simulate_balance` use this same model.

    References
    ----------
    .. [1] Chilès, J.-P., Delfiner, P. (2012). Geostatistics: Modeling Spatial Uncertainty, 2nd ed., Wiley,
       section 2.5. https://doi.org/10.1002/9781118136188

    Examples
    --------
    >>> NoiseModel(500.0, {2_000: 0.5, math.inf: 0.5}).parts
    ((2000, 0.5), (inf, 0.5))
    """

    sigma_m: float | None
    correlation_m: Length | Mapping[Length, float]
    rng: np.random.Generator | int = 0
    _: KW_ONLY
    shared_bias_m: float = 0.0
    between: float = 0.0
    length_factor: float = 3.0

    def __post_init__(self) -> None:
        """Refuse what is no length, share or seed."""
        require_metres(NoiseError, sigma_m=self.sigma_m, shared_bias_m=self.shared_bias_m)
        lengths = [length for length, _ in self.parts]
        shares = [share for _, share in self.parts]
        for length in lengths:
            if length != STRETCH:
                require_metres(NoiseError, or_inf=True, needed=True, correlation_m=length)
        factor, seed = self.length_factor, self.rng
        is_seed = isinstance(seed, int | np.integer) and not isinstance(seed, bool) and seed >= 0
        faults = {
            f"the parts of correlation_m have the shares {listed(shares, _SHOWN)} of the variance: "
            "give shares above 0 that sum to 1": min(shares, default=0) > 0
            and abs(sum(shares) - 1) <= _ROUNDING,
            f"between is {self.between}: give a correlation, 0 to 1": 0 <= self.between <= 1,
            "vertices that are each off by themselves have no error in common between dates: "
            "give between=0, or no part of correlation_m that is 0": not (self.between and 0 in lengths),
            f"length_factor is {factor}: give a factor, 1 or more": math.isfinite(factor) and factor >= 1,
            f"rng is {seed!r}: give a whole number, 0 or more, or a numpy Generator": is_seed
            or isinstance(seed, np.random.Generator),
        }
        for fault, right in faults.items():
            if not right:
                raise NoiseError(fault)

    @property
    def parts(self) -> tuple[tuple[Length, float], ...]:
        """Each correlation length with its share of the variance."""
        if isinstance(self.correlation_m, Mapping):
            return tuple(self.correlation_m.items())
        return ((self.correlation_m, 1.0),)

    def correlation(self, way_m: Floats) -> Floats:
        """Correlation of the errors of two places of one stretch, by their distance along the front [m]."""
        total = np.zeros(np.shape(way_m))
        for length, share in self.parts:
            if length == STRETCH or math.isinf(float(length)):
                total += share
            elif float(length) > 0:
                total += share * np.exp(-way_m / float(length))
        return total

    @property
    def plausible(self) -> tuple[NoiseModel, ...]:
        """The model as it is, and with the shortest and the longest plausible lengths if they are others."""
        if self.length_factor == 1 or not any(_is_scale(length) for length, _ in self.parts):
            return (self,)
        return (self, self.scaled(1 / self.length_factor), self.scaled(self.length_factor))

    def scaled(self, factor: float) -> NoiseModel:
        """Give the same model with all correlation lengths longer by a factor."""
        parts = {_scaled(length, factor): share for length, share in self.parts}
        alone = not isinstance(self.correlation_m, Mapping)
        return replace(self, correlation_m=next(iter(parts)) if alone else parts)


def _is_scale(length: Length) -> bool:
    """Tell whether a correlation length is a number of metres and not an end of the scale."""
    return isinstance(length, int | float) and 0 < length < math.inf


def _scaled(length: Length, factor: float) -> Length:
    """Give a longer correlation length, if it can be longer."""
    return length * factor if isinstance(length, int | float) and _is_scale(length) else length
