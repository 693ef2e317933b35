"""How far lines are off, and over what length they are off together, measured from data."""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from frontlines.errors import LayerError
from frontlines.names import Floats, Ints

_STEPS = 2_000  # places looked at along the lines, at most
_FEWEST = 8  # places from which nothing is measured
_PART = 3.0  # the variogram is fitted up to this part of the longest line
_LENGTHS = 80  # tried
_ROUNDING_M2 = 1e-6
_WINDOW = 6.0  # standard errors over which zigzags are evened out


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
    NoiseModel : Takes both; with ``length_factor=1`` the length counts as measured.

    Notes
    -----
    At places *i* along the first lines the distance :math:`d_i` of the other layer is signed by the side on
    which it lies, and divided by how straight the first lines run over six standard errors: what zigzags is
    nearer to its neighbour than its course. Half the mean square of differences of places *h* apart along a
    line is the variogram :math:`\gamma(h)` [1]_. To it :math:`s^2(1 - e^{-h/\ell})` is fitted by least
    squares weighted by the number of pairs [2]_, up to a third of the length of the longest line, with
    :math:`s^2` the mean square of :math:`d_i`. A shift that all places have in common is part of
    :math:`s`. Two drawings have errors of their own, so that sigma is :math:`s/\sqrt 2` for each; what both
    have in common, such as the same base map, is not seen.

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
    edges = np.linspace(0, way.max(), _LENGTHS)
    bin_of = np.digitize(way, edges)
    pairs = np.bincount(bin_of)
    full = pairs > 0
    lag, gamma = (np.bincount(bin_of, values)[full] / pairs[full] for values in (way, half))
    lengths = np.geomspace(lag.min() / 3, 3 * longest, _LENGTHS)
    misfit = ((gamma - square * (1 - np.exp(-lag / lengths[:, None]))) ** 2 * pairs[full]).sum(axis=1)
    best = int(misfit.argmin())
    return float(lengths[best]) if best else 0.0
