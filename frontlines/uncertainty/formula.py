"""Errors of areas by formula, to first order."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from frontlines.arrangement import segments
from frontlines.coverage import KM2
from frontlines.crs import require_working_crs
from frontlines.uncertainty.fronts import Fronts, Outline, find_fronts, split
from frontlines.uncertainty.intervals import (
    LEVEL,
    QUANTITIES,
    AreaErrors,
    check_level,
    in_order,
    one_step,
    total_of,
    with_sigmas,
)
from frontlines.uncertainty.kernel import integral_variance, vertex_variance
from frontlines.uncertainty.noise import NoiseModel

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[Any]

_TOUCH_M = 1e-3
_BAND = 0.25  # how far the ground within a sigma may differ from length times width
_WIDE = 2.0  # strips wider than this many sigmas of both lines together are hardly ever crossed


def balance_error(
    balance: pd.DataFrame,
    control: gpd.GeoDataFrame,
    frontlines: gpd.GeoDataFrame,
    *,
    theatre: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    noise: NoiseModel,
    level: float = LEVEL,
) -> AreaErrors:
    r"""Carry the errors of lines into the areas of a balance, by formula.

    Parameters
    ----------
    balance
        From `balance_by_district`: one side, one pair of dates.
    control
        Polygons of both dates with `date` and `side`, from `control_from_lines` or `as_control`.
    frontlines
        Lines of both dates with `date` and, where known, `sigma_m` [m]: those that control was made
        from, or that `frontline_from_control` found. They give each edge of the front its sigma.
    theatre, districts
        What control and balance were made with.
    noise
        What is assumed about the errors.
    level
        Probability that an interval holds the truth.

    Returns
    -------
    errors
        Balance and total with further columns: for each of `before`, `after`, `gained`, `lost` and `net`
        the interval, such as `net_low_km2` and `net_high_km2` [km²]; `sigma_km2`, the standard error of
        net [km²]; `p_gain`, the probability that net is more than 0 (missing where nothing has an error
        and nothing changed); `trust` (``yes``; ``net``: not gained and lost; ``no``; see Notes). Contested
        ground stays out of it: its columns are bounds, not errors of lines.

    Raises
    ------
    NoiseError
        If stretches have no sigma and `noise` has none, or the level is no probability.
    LayerError
        If the balance is not one step of one side, or the layers are not those it was made with.
    CRSError
        If the frames are not in one working CRS.

    See Also
    --------
    simulate_balance : The same without the assumptions, by simulation.

    Notes
    -----
    Push the front of a side outward by a small :math:`\delta(s)`: its ground grows by
    :math:`\int\delta\,ds` [1]_. With :math:`\delta = \sigma z` as in `NoiseModel`, the error of an area is
    :math:`\int c\,\sigma\,z\,ds`, and its variance

    .. math:: \operatorname{Var} = \sum_k \iint c(s)\,c(t)\,\sigma(s)\,\sigma(t)\,
        e^{-|s-t|/\ell}\,ds\,dt

    over the parts of both fronts inside the district, one term for each independent process *k*. The
    double integral is exact, segment by segment. The sign *c* is: for *before* and *after* 1 on the front
    of that date; for *net* 1 on the later and -1 on the earlier front, so that edges of both dates have 0
    and cancel; for *gained* 1 on the later front where it lies outside the ground before, -1 on the earlier
    front where it lies inside the ground after; for *lost* the reverse: 1 on the earlier front outside the
    ground after, -1 on the later one inside the ground before. A shift that all lines share adds
    :math:`\sigma_b^2\,|\int c\,n\,ds|^2` with *n* the unit normal. A front along the border of two districts counts
    by halves in each.

    A straight line of length *L* with one sigma: :math:`\operatorname{Var} = 2\sigma^2\ell^2(L/\ell - 1 +
    e^{-L/\ell})`. For :math:`\ell \gg L` this is :math:`(\sigma L)^2`, the whole line shifted; for
    :math:`\ell \ll L` it is :math:`2\sigma^2 \ell L`: an exponential correlation of length
    :math:`\ell` acts like independent pieces of length :math:`2\ell`, its integral range. The rule of
    thumb :math:`\sigma\sqrt{L\ell}` speaks of that range. Summing over correlated and uncorrelated parts is
    common for areas of glaciers [2]_, and for polygons with independent vertices [3]_, the limit
    that `correlation_m` = 0 gives.

    **Where it breaks.** It is first order: the error must be small against whatever it could run into.
    *Gained and lost* need strips wider than the error; where the lines may cross, both are larger on
    average than drawn, and their intervals lopsided: `trust` is ``net`` if the mean width of what changed is
    less than two standard errors of the two lines' distance. *Net, before and after* need borders, corners
    and bends farther off than the error. `trust` is ``no`` if the ground within one sigma of the fresh lines, cut to the
    district, differs by more than a quarter from length times two sigma: a line near a corner, one
    that bends within its sigma, or one just outside the district that may reach in. Intervals assume a normal
    distribution; what is impossible (less than nothing, more than the district) is cut off.

    References
    ----------
    .. [1] Delfour, M. C., Zolésio, J.-P. (2011). Shapes and Geometries, 2nd ed., SIAM (derivative of a
       domain integral). https://doi.org/10.1137/1.9780898719826
    .. [2] Rolstad, C., Haug, T., Denby, B. (2009). Spatially integrated geodetic glacier mass balance
       and its uncertainty based on geostatistical analysis. Journal of Glaciology 55, 666-680.
       https://doi.org/10.3189/002214309789470950
    .. [3] Chrisman, N. R., Yandell, B. S. (1988). Effects of point error on area calculations: a
       statistical model. Surveying and Mapping 48, 241-246.

    Examples
    --------
    A line of 2 km, shifted as a whole by 100 m: 0.2 km² is the standard error of the ground after it.

    >>> import frontlines as fl
    >>> from shapely import box
    >>> theatre = gpd.GeoDataFrame(geometry=[box(0, 0, 4000, 2000)], crs="EPSG:3035")
    >>> def control(day, x):
    ...     return gpd.GeoDataFrame(
    ...         {"date": pd.to_datetime([day] * 2), "side": ["A", "B"], "source": "a map", "sigma_m": 100.0},
    ...         geometry=[box(0, 0, x, 2000), box(x, 0, 4000, 2000)], crs="EPSG:3035")
    >>> before, after = control("1994-04-07", 1000), control("1994-05-12", 2500)
    >>> both = pd.concat([before, after])
    >>> districts = theatre.assign(district="D")
    >>> balance = fl.balance_by_district(
    ...     fl.transitions_by_district(fl.change_between(before, after, theatre), districts), "A")
    >>> errors = balance_error(
    ...     balance, both, fl.frontline_from_control(both, theatre, border_m=0), theatre=theatre,
    ...     districts=districts, noise=NoiseModel(None, math.inf))
    >>> errors.total[["net_km2", "sigma_km2", "net_low_km2", "net_high_km2"]].round(3).values.tolist()
    [[3.0, 0.283, 2.446, 3.554]]
    """
    require_working_crs(control=control, frontlines=frontlines, theatre=theatre, districts=districts)
    check_level(level)
    side = one_step(balance, control["date"].unique())
    place = in_order(balance, districts)
    fronts, outlines = find_fronts(control, frontlines, theatre, side, noise)
    shapes = np.asarray(districts.geometry.values)
    parts = _Parts(fronts, outlines, shapes)
    sigma = {name: parts.sigma_km2(name, noise) for name in QUANTITIES}
    rows = with_sigmas(balance, {name: values[place] for name, values in sigma.items()}, level)
    whole = with_sigmas(total_of(balance), {name: values[-1:] for name, values in sigma.items()}, level)
    trust = _trust(parts, shapes, balance, place)
    return AreaErrors(
        by_district=rows.assign(trust=trust[:-1]),
        total=whole.assign(trust=trust[-1]),
        method="formula",
        level=level,
    )


class _Parts:
    """The front in pieces that lie in one district and on one side of the other date's front."""

    def __init__(self, fronts: Fronts, outlines: tuple[Outline, Outline], shapes: Geometries) -> None:
        grounds = [outline.ground for outline in outlines]
        edge, share = _cut(fronts, [*shapes, *grounds])
        self.pieces = fronts.pieces(edge, share)
        self.edges = fronts.along[edge]
        ends = self.pieces.ends
        middles = shapely.points((ends[:, :2] + ends[:, 2:]) / 2)
        self.inside = [_within(ground, middles) for ground in grounds]
        self.share = _shares(middles, shapes)

    def sign(self, quantity: str) -> Floats:
        """Give the sign with which each piece's outward movement counts."""
        before, after = self.pieces.before, self.pieces.after
        shared = self.pieces.shared
        in_before, in_after = self.inside
        turned = np.where(shared & (before != after), 1, 0)
        fresh_before, fresh_after = np.where(shared, 0, before), np.where(shared, 0, after)
        signs = {
            "before": before,
            "after": after,
            "net": after - before,
            "gained": fresh_after * ~in_before - fresh_before * in_after - turned,
            "lost": fresh_before * ~in_after - fresh_after * in_before + turned,
        }
        return np.asarray(signs[quantity], dtype=float)

    def sigma_km2(self, quantity: str, noise: NoiseModel) -> Floats:
        """Standard error of a quantity in each district, and in all together at the end [km²]."""
        pieces, sign = self.pieces, self.sign(quantity)
        reach = self.share * sign[:, None]
        weight = reach * pieces.sigma_m[:, None]
        used = weight.any(axis=1)
        line, along = pieces.line[used], pieces.along[used]
        if noise.correlation_m > 0:
            variance = integral_variance(line, along, weight[used], noise.correlation_m)
        else:
            variance = vertex_variance(line, along, self.edges[used], weight[used])
        shift = (reach * pieces.length_m[:, None]).T @ pieces.outward
        return np.asarray(np.sqrt(variance + noise.shared_bias_m**2 * (shift**2).sum(axis=1)) / KM2)


def _cut(fronts: Fronts, areas: list[Any]) -> tuple[Ints, Floats]:
    """Cut the front wherever it meets the outline of an area."""
    lines = shapely.linestrings(fronts.ends.reshape(-1, 2, 2))
    rings = shapely.get_rings(shapely.get_parts(np.array(areas, dtype=object)))
    borders = shapely.linestrings(np.unique(segments(rings)[0], axis=0).reshape(-1, 2, 2))
    edge, border = shapely.STRtree(borders).query(lines, predicate="intersects")
    points, hit = shapely.get_coordinates(
        shapely.intersection(lines[edge], borders[border]), return_index=True
    )
    return split(fronts.ends, edge[hit], points)


def _within(ground: Any, points: Geometries) -> npt.NDArray[np.bool_]:
    shapely.prepare(ground)
    return np.asarray(shapely.contains_properly(ground, points))


def _shares(middles: Geometries, shapes: Geometries) -> Floats:
    """Share of each piece that counts in each district, and in all together in the last column."""
    piece, district = shapely.STRtree(shapes).query(middles, predicate="dwithin", distance=_TOUCH_M)
    share = np.zeros((len(middles), len(shapes) + 1))
    share[piece, district] = 1.0
    met = share.sum(axis=1, keepdims=True)
    share /= np.maximum(met, 1.0)
    share[:, -1] = share.sum(axis=1)
    return share


def _trust(parts: _Parts, shapes: Geometries, balance: pd.DataFrame, place: Ints) -> list[str]:
    """Tell of each row of the balance, and of the total, how far the formula can be trusted."""
    pieces = parts.pieces
    fresh = ~pieces.shared
    span = parts.share * (pieces.length_m * fresh)[:, None]
    expected = (2 * pieces.sigma_m[:, None] * span).sum(axis=0)
    found = _bands(parts, shapes)
    off = np.abs(found - expected) > _BAND * expected + _TOUCH_M
    spread = [np.sqrt(_mean(span[rows], pieces.sigma_m[rows] ** 2)) for rows in (fresh & (pieces.before != 0), fresh & (pieces.before == 0))]
    changed = np.append(
        (balance["gained_km2"] + balance["lost_km2"]).groupby(place).sum().reindex(range(len(shapes))).fillna(0),
        balance["gained_km2"].sum() + balance["lost_km2"].sum(),
    )
    narrow = changed * KM2 < _WIDE * np.hypot(*spread) * span.sum(axis=0) / 2
    told = np.where(off, "no", np.where(narrow & (expected > 0), "net", "yes"))
    return [str(one) for one in told[np.append(place, len(shapes))]]


def _mean(weight: Floats, value: Floats) -> Floats:
    return np.asarray((weight * value[:, None]).sum(axis=0) / np.maximum(weight.sum(axis=0), _TOUCH_M))


def _bands(parts: _Parts, shapes: Geometries) -> Floats:
    """Ground within a sigma of the fresh lines of either date, by district and in all [m²]."""
    pieces = parts.pieces
    total = np.zeros(len(shapes) + 1)
    for own in (~pieces.shared & (pieces.before != 0), ~pieces.shared & (pieces.before == 0)):
        strips = shapely.buffer(
            shapely.linestrings(pieces.ends[own].reshape(-1, 2, 2)), pieces.sigma_m[own], cap_style="flat"
        )
        band = shapely.union_all(strips)
        shapely.prepare(shapes)
        met = shapely.intersects(shapes, band)
        area = np.zeros(len(shapes))
        area[met] = shapely.area(shapely.intersection(shapes[met], band))
        total += np.append(area, area.sum())
    return total
