"""What is assumed about the errors of lines, and what data say of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from frontlines.arguments import checked
from frontlines.arrays import Floats, Ints
from frontlines.errors import LayerError, NoiseError
from frontlines.limits import require_metres
from frontlines.names import STRETCH, Length, listed

SAME_M = 1e-3
"""Vertices of one date this near to each other are the same [m]."""

SHARED_M = 0.1
"""Lines of two dates this near to each other are one line, drawn once [m]."""

_ROUNDING = 1e-6  # by which shares may miss 1
_SHOWN = 6
_STEPS = 2_000  # places looked at along the lines, at most
_FEWEST = 8  # places from which nothing is measured
_PART = 3.0  # the variogram is fitted up to this part of the longest line
_TRIED = 80  # tried
_ROUNDING_M2 = 1e-6
_OPTIONS = {"between": "between", "factor": "length_factor"}
_WINDOW = 6.0  # standard errors over which zigzags are evened out


@checked()
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


def noise_from_text(text: str) -> NoiseModel:
    """Read a model of errors without a sigma, as commands and study files state it.

    One correlation length: metres, ``inf`` or ``stretch``; or several, each with a colon and its share of the
    variance; then, where wanted, ``between=`` and ``factor=`` (the `length_factor`). Commas between.
    """
    parts: dict[Length, float] = {}
    more: dict[str, Any] = {}
    try:
        for word in text.split(","):
            name, is_option, value = (part.strip() for part in word.partition("="))
            length, _, share = (part.strip() for part in word.partition(":"))
            key: Any = _OPTIONS[name] if is_option else length if length == STRETCH else float(length)
            if key in parts or key in more:
                raise KeyError(key)  # noqa: TRY301 - said twice
            if is_option:
                more[key] = float(value)
            else:
                parts[key] = float(share or 1)
        alone, *others = parts
    except (KeyError, ValueError):
        raise NoiseError(
            f"correlation_m is {text!r}: give metres, 0 or more, inf, or stretch; or several with their "
            "shares; between= and factor= may follow, as in 2000:0.5,inf:0.5,between=0.8,factor=1"
        ) from None
    return NoiseModel(None, parts if others or parts[alone] != 1 else alone, **more)


def _is_scale(length: Length) -> bool:
    """Tell whether a correlation length is a number of metres and not an end of the scale."""
    return isinstance(length, int | float) and 0 < length < math.inf


def _scaled(length: Length, factor: float) -> Length:
    """Give a longer correlation length, if it can be longer."""
    return length * factor if isinstance(length, int | float) and _is_scale(length) else length


class MeasuredErrors(NamedTuple):
    """Errors of lines measured from data, for `NoiseModel`.

    Attributes
    ----------
    sigma_m
        Standard error of one drawing [m].
    correlation_m
        Correlation length along the line [m]; 0 where places are as good as independent at the
        spacing of the data.
    places
        From how many places.
    """

    sigma_m: float
    correlation_m: float
    places: int


@checked(first="any", second="any")
def correlation_from(first: gpd.GeoDataFrame, second: gpd.GeoDataFrame) -> MeasuredErrors:
    r"""Measure sigma and correlation length from two drawings of the same lines, or from control points.

    Parameters
    ----------
    first
        Lines, as drawn the first time.
    second
        The same lines, drawn again without looking at the first drawing: both are then taken to be equally
        far off. Or points whose true place is known to lie on the lines: all of the error is then that of the
        lines.

    Returns
    -------
    errors
        `sigma_m`, `correlation_m` and the number of `places` they rest on.

    Raises
    ------
    LayerError
        If a layer is empty or no lines (the second: no lines or points), or there are fewer than 8 places.

    See Also
    --------
    NoiseModel : Takes both; with ``length_factor=1`` the length counts as known.

    Notes
    -----
    At places *i* along the first lines the distance :math:`d_i` of the other layer is signed by the side on
    which it lies, and divided by how straight the first lines run over six standard errors: what zigzags is
    nearer to its neighbour than its course. Half the mean square of differences of places *h* apart along a
    line is the variogram :math:`\gamma(h)` [1]_. To it :math:`s^2(1 - e^{-h/\ell})` is fitted by the least
    sum of relative squares, weighted by the number of pairs [2]_, up to a third of the length of the longest
    line, with :math:`s^2` the mean square of :math:`d_i`: a shift that all places share is part of :math:`s`.
    Two drawings have errors of their own, so that sigma is :math:`s/\sqrt 2` for each; what both have in
    common is not seen. From lines 10, 30, 50 times as long :math:`\ell` is known to a factor of 2, 1.6, 1.4.

    References
    ----------
    .. [1] Matheron, G. (1963). Principles of geostatistics. Economic Geology 58, 1246-1266.
       https://doi.org/10.2113/gsecongeo.58.8.1246
    .. [2] Cressie, N. (1985). Fitting variogram models by weighted least squares. Mathematical Geology 17,
       563-586. https://doi.org/10.1007/BF01032109

    Examples
    --------
    >>> from shapely import LineString
    >>> x = np.arange(0.0, 200_001.0, 500.0)
    >>> off = np.convolve(np.random.default_rng(1).standard_normal(len(x) + 9), np.ones(10), "valid")
    >>> drawn, again = (
    ...     gpd.GeoDataFrame(geometry=[LineString(np.column_stack([x, y]))], crs="EPSG:3035")
    ...     for y in (0 * x, 100 * off))
    >>> found = correlation_from(drawn, again)
    >>> 150 < found.sigma_m < 300, 1_000 < found.correlation_m < 5_000
    (True, True)
    """
    lines, others = np.asarray(first.geometry.values), np.asarray(second.geometry.values)
    points = len(others) > 0 and bool((shapely.get_dimensions(others) == 0).all())
    for layer, name, dimensions in ((lines, "first", {1}), (others, "second", {0} if points else {1})):
        if not len(layer) or not set(shapely.get_dimensions(layer)) <= dimensions:
            wanted = "lines, or points" if name == "second" else "lines"
            raise LayerError(f"the {name} layer is empty or holds other shapes than {wanted}: pass {wanted}")
    paths = shapely.get_parts(shapely.line_merge(shapely.union_all(lines)))
    line, at, off = _off_points(paths, others) if points else _off_lines(paths, others)
    if len(at) < _FEWEST:
        raise LayerError(f"{len(at)} places tell nothing of a correlation: give {_FEWEST} or more")
    off = off / _straightness(paths[line], at, _WINDOW * float(np.sqrt((off**2).mean())))
    square = float((off**2).mean())
    length = _fitted(line, at, off, square, float(shapely.length(paths).max()))
    return MeasuredErrors(float(np.sqrt(square if points else square / 2)), length, len(at))


def _off_points(paths: Any, points: Any) -> tuple[Ints, Floats, Floats]:
    """Give line, place on it and signed distance of points."""
    line = np.asarray(shapely.STRtree(paths).nearest(points))
    at = shapely.line_locate_point(paths[line], points)
    return line, at, _signed(paths[line], at, points)


def _off_lines(paths: Any, others: Any) -> tuple[Ints, Floats, Floats]:
    """Give line, place on it and signed distance of other lines, at even steps."""
    step = shapely.length(paths).sum() / _STEPS
    places = [np.arange(step / 2, length, step) for length in shapely.length(paths)]
    line = np.repeat(np.arange(len(paths)), [len(one) for one in places])
    at = np.concatenate(places)
    here = shapely.line_interpolate_point(paths[line], at)
    there = shapely.get_point(shapely.shortest_line(here, shapely.union_all(others)), 1)
    return line, at, _signed(paths[line], at, there)


def _signed(paths: Any, at: Floats, points: Any) -> Floats:
    """Measure how far points lie from places on lines, positive on the left."""
    ends = [shapely.get_coordinates(shapely.line_interpolate_point(paths, at + by)) for by in (-1.0, 1.0)]
    ahead, here = ends[1] - ends[0], shapely.get_coordinates(shapely.line_interpolate_point(paths, at))
    aside = shapely.get_coordinates(points) - here
    left = ahead[:, 0] * aside[:, 1] - ahead[:, 1] * aside[:, 0]
    return np.asarray(np.where(left < 0, -1.0, 1.0) * np.hypot(*aside.T))


def _straightness(paths: Any, at: Floats, window_m: float) -> float:
    """Mean chord over arc in windows of lines: edges of lines that zigzag lie aslant, and so nearer."""
    length = shapely.length(paths)
    wide = np.minimum(window_m, length)
    start = np.clip(at - wide / 2, 0, length - wide)
    ends = [shapely.get_coordinates(shapely.line_interpolate_point(paths, start + by)) for by in (0, wide)]
    return float(np.hypot(*(ends[1] - ends[0]).T).sum() / max(wide.sum(), 1e-9)) or 1.0


def _fitted(line: Ints, at: Floats, off: Floats, square: float, longest: float) -> float:
    """Fit the length of an exponential variogram."""
    a, b = np.triu_indices(len(at), 1)
    way = np.abs(at[a] - at[b])
    kept = (line[a] == line[b]) & (way <= longest / _PART) & (way > 0)
    half = (off[a] - off[b])[kept] ** 2 / 2
    way = way[kept]
    if not len(way) or square < _ROUNDING_M2:
        return 0.0
    edges = np.linspace(0, way.max(), _TRIED)
    bin_of = np.digitize(way, edges)
    pairs = np.bincount(bin_of)
    full = pairs > 0
    lag, gamma = (np.bincount(bin_of, values)[full] / pairs[full] for values in (way, half))
    lengths = np.geomspace(lag.min() / 3, 3 * longest, _TRIED)
    misfit = ((gamma / square / -np.expm1(-lag / lengths[:, None]) - 1) ** 2 * pairs[full]).sum(axis=1)
    best = int(misfit.argmin())
    return float(lengths[best]) if best else 0.0
