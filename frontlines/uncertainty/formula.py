"""Errors of areas by formula, to first order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arguments import checked
from frontlines.arrays import Bools, Floats, Geometries, Ints
from frontlines.geometry.planar import edge_lines, edge_middles
from frontlines.limits import LONGEST_M
from frontlines.names import BORDER_M, KM2, REACH_M, STRETCH, Length
from frontlines.uncertainty.columns import (
    LEVEL,
    QUANTITIES,
    AreaErrors,
    check_level,
    with_range,
    with_sigmas,
    with_total,
    without_false_certainty,
    without_total,
)
from frontlines.uncertainty.fronts import Fronts, Outline, cut_at_borders, fronts_of_balance
from frontlines.uncertainty.kernel import Pieces, laid_together, squares, variances
from frontlines.uncertainty.noise import NoiseModel

_ACROSS = 0.15  # part of the ground within a sigma of the line that may lie on the wrong side of a border
_WIDE = 2.0  # strips wider than this many sigmas of both lines together are hardly ever crossed
_FINE = 0.05  # bends of a line that are so small against its sigma do not matter to the ground within a sigma
_REACH = 3.0  # sigmas: ground farther from a line is hardly ever reached by its error, 3 in 1,000
_LEAST_M2 = 1.0  # less ground than this across a border is rounding
_TOUCH_M = 1e-3  # middles of pieces lie within rounding of the border along which they run
_LENGTHS = 60  # correlation lengths of `error_by_correlation`


@checked()
def balance_error(  # noqa: PLR0913 - data, then options
    balance: pd.DataFrame,
    control: gpd.GeoDataFrame,
    frontlines: gpd.GeoDataFrame,
    *,
    theatre: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    noise: NoiseModel,
    level: float = LEVEL,
    border_m: float = BORDER_M,
    reach_m: float = REACH_M,
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
        from, or that `frontlines_from_control` found. They give each edge of the front its sigma.
    theatre, districts
        What control and balance were made with.
    noise
        What is assumed about the errors.
    level
        Probability that an interval holds the truth.
    border_m
        What runs this near to the theatre's edge is no front [m], as in `frontlines_from_control`.
    reach_m
        How far from the front a line may lie that gives it its sigma [m].

    Returns
    -------
    errors
        Balance and total with further columns: for each of `before`, `after`, `gained`, `lost` and `net`
        the interval, such as `net_low_km2` and `net_high_km2` [km²]; `sigma_km2`, the standard error of
        net [km²]; `p_gain`, the probability that net is more than 0 (missing where nothing has an error
        and nothing changed); `trust` (``yes``; ``net``: not gained and lost; ``no``; see Notes). Intervals of
        gained and lost are missing where `trust` is not ``yes``, and none of width 0 stands within three
        sigmas of a front that moved: 0 lost as drawn is no 0. For net, gained and lost also the range of the
        intervals over the correlation lengths that `noise` holds for plausible, such as `net_lowest_km2` and
        `net_highest_km2`. Contested ground stays out of it: its columns are bounds.

    Raises
    ------
    NoiseError
        If stretches have no sigma and `noise` has none, a sigma is no length, or the level is no probability.
    LayerError
        If the balance is not one step of one side, a column is missing, the side does not hold in the layers
        what the balance says (to 1 % of a district), or no line is near a part of its front.
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
    :math:`\sigma_b^2\,|\int c\,n\,ds|^2` with *n* the unit normal. A front along the border of two
    districts counts by halves in each.

    Lengths are measured along the course of the drawn line, in which zigzags of its errors are evened out:
    else a line would be too long, and its error too large. Summing over correlated and uncorrelated
    parts is common for areas of glaciers [2]_, and for polygons with independent vertices [3]_, the limit
    that `correlation_m` = 0 gives.

    **Where it breaks.** It is first order: the error must be small against whatever it could run into.
    *Gained and lost* need strips wider than the error. Where the two lines may cross, both are larger
    on average than drawn, and their intervals lopsided: `trust` is ``net`` if what changed is narrower, on
    average, than two standard errors of the two lines' distance. *Net* needs borders farther off than the
    error: a line near a corner of a district, along its border, or just outside it pushes ground across
    that border, and the formula books it on the wrong side: `trust` is ``no`` if that is so for more than
    15 % of the ground within a sigma of the lines that differ. Intervals assume a normal distribution; what
    is impossible is cut off.

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
    >>> import frontlines as fl
    >>> study = fl.load_study("karabakh-1994")
    >>> found = fl.run_study(study)
    >>> errors = balance_error(
    ...     found.balance.loc[:, :"contested_after_km2"], found.control, found.frontlines,
    ...     theatre=study.theatre, districts=study.districts, noise=NoiseModel(None, "stretch"))
    >>> errors.total[["net_low_km2", "net_high_km2", "trust"]].round(0).values.tolist()
    [[-45.0, 608.0, 'net']]
    """
    check_level(level)
    found = fronts_of_balance(
        balance, control, frontlines, theatre, districts, noise, border_m=border_m, reach_m=reach_m
    )
    shapes, place = found.shapes, found.place
    parts = Parts(found.fronts, found.outlines, shapes)
    trust, trust_in_all = judge(parts, shapes, balance, place)
    where = np.append(place, len(shapes))
    near = near_fronts(parts.pieces, shapes)[where]
    tables = []
    for model in noise.plausible:
        sigma = {name: parts.sigma_km2(name, model)[where] for name in QUANTITIES}
        rows = with_sigmas(with_total(balance), sigma, level).assign(trust=[*trust, trust_in_all])
        tables.append(without_false_certainty(rows, near))
    return AreaErrors(
        *without_total(with_range(tables), balance),
        method="formula",
        level=level,
        shared_km=found.fronts.shared_km,
    )


@checked()
def error_by_correlation(  # noqa: PLR0913 - data, then options
    balance: pd.DataFrame,
    control: gpd.GeoDataFrame,
    frontlines: gpd.GeoDataFrame,
    *,
    theatre: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    noise: NoiseModel,
    correlation_m: Sequence[float] | None = None,
    border_m: float = BORDER_M,
    reach_m: float = REACH_M,
) -> pd.DataFrame:
    """Compute the error of the net change of all districts together for many correlation lengths.

    Parameters
    ----------
    balance, control, frontlines, theatre, districts
        As in `balance_error`.
    noise
        As in `balance_error`; its own correlation length is one of the rows.
    correlation_m
        The lengths [m]; None for a range from half the spacing of the drawn vertices to ten times the length
        of the lines that differ.
    border_m, reach_m
        As in `balance_error`.

    Returns
    -------
    table
        `correlation_m` [m], sorted, with 0 (independent vertices) first and infinity (whole lines shifted)
        last; `sigma_km2`, the standard error of net by formula [km²]; `net_km2`; `side`, `date_from`,
        `date_to`; `own`, true for the length of `noise`, if it has but one.

    Raises
    ------
    NoiseError
        If stretches have no sigma and `noise` has none, or a length is negative.
    LayerError
        As `balance_error`.
    CRSError
        If the frames are not in one working CRS.

    Examples
    --------
    >>> import frontlines as fl
    >>> study = fl.load_study("karabakh-1994")
    >>> found = fl.run_study(study)
    >>> table = error_by_correlation(
    ...     found.balance, found.control, found.frontlines, theatre=study.theatre,
    ...     districts=study.districts, noise=NoiseModel(None, 5000.0), correlation_m=[1000.0])
    >>> table["correlation_m"].tolist(), bool(table["sigma_km2"].is_monotonic_increasing)
    ([0.0, 1000.0, 5000.0, inf], True)
    """
    found = fronts_of_balance(
        balance, control, frontlines, theatre, districts, noise, border_m=border_m, reach_m=reach_m
    )
    parts = Parts(found.fronts, found.outlines, found.shapes)
    lengths = np.asarray(_range(found.fronts) if correlation_m is None else correlation_m, dtype=float)
    own = [float(length) for length, _ in noise.parts if length != STRETCH]
    every = np.unique([*([] if noise.between else [0.0]), *lengths, *own, math.inf])
    models = [replace(noise, correlation_m=float(length)) for length in every]
    return pd.DataFrame(
        {
            "correlation_m": every,
            "sigma_km2": [float(parts.sigma_km2("net", model)[-1]) for model in models],
            "net_km2": float(balance["net_km2"].sum()),
            "side": found.side,
            "date_from": balance["date_from"].iloc[0],
            "date_to": balance["date_to"].iloc[0],
            "own": np.isin(every, own) & (len(noise.parts) == 1),
        }
    )


def _range(fronts: Fronts) -> Floats:
    """Lengths from where vertices are as good as independent to where lines are as good as stiff."""
    fresh = fronts.length_m[~fronts.shared]
    if not len(fresh):
        return np.empty(0)
    spacing = (fresh**2).sum() / fresh.sum()
    return np.geomspace(spacing / 2, min(10 * fresh.sum(), LONGEST_M), _LENGTHS)


class Parts:
    """The front in pieces that lie in one district and on one side of the other date's front.

    `pieces` are the pieces, `edges` where the edge of each begins and ends along the front [m], (n, 2);
    `inside` tells for either date which lie within the side's ground; `near` are the districts within reach
    of the front; `share` is what counts of each piece in each of these, and in all together at the end.
    """

    def __init__(self, fronts: Fronts, outlines: tuple[Outline, Outline], shapes: Geometries) -> None:
        grounds = [outline.ground for outline in outlines]
        reach_m = _REACH * fronts.sigma_m + _TOUCH_M
        met = shapely.STRtree(shapes).query(edge_lines(fronts.ends), predicate="dwithin", distance=reach_m)[1]
        self.near, self.n_districts = np.unique(met), len(shapes)
        shapes = shapes[self.near]
        edge, share = cut_at_borders(fronts.ends, np.array([*shapes, *grounds], dtype=object))
        self.pieces = fronts.pieces(edge, share)
        self.edges = fronts.along[edge]
        middles = shapely.points(edge_middles(self.pieces.ends))
        shapely.prepare(grounds)
        self.inside = [shapely.contains_properly(ground, middles) for ground in grounds]
        self.share = _shares(middles, shapes)

    def everywhere(self, values: Floats) -> Floats:
        """Lay values of the near districts, and of all together, out over all districts."""
        out = np.zeros(self.n_districts + 1)
        out[np.append(self.near, self.n_districts)] = values
        return out

    def sign(self, quantity: str) -> Floats:
        """Give the sign with which each piece's outward movement counts, as `balance_error` defines it."""
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
        """Compute the standard error of a quantity in each district, and in all together at the end [km²]."""
        pieces, sign = self.pieces, self.sign(quantity)
        reach = self.share * sign[:, None]
        weight = reach * pieces.sigma_m[:, None]
        own = weight * np.sqrt(np.where(pieces.shared, 1.0, 1 - noise.between))[:, None]
        n, stretch = weight.shape[1], 2 * pieces.stretch + pieces.shared
        taken = _sums(pieces.line, stretch, pieces.along, self.edges, pieces.around_m, own)
        variance = np.zeros(n)
        for length, share in noise.parts:
            variance += share * variances(taken, length, n)
            if noise.between > 0:
                variance += share * self._in_common(weight * math.sqrt(noise.between), length)
        shift = reach.T @ pieces.across
        variance += noise.shared_bias_m**2 * (shift**2).sum(axis=1)
        return self.everywhere(np.sqrt(variance) / KM2)

    @cached_property
    def facing(self) -> tuple[Fronts, Ints]:
        """The pieces of one date only, along the process that both dates have in common; which they are."""
        return self.pieces.facing()

    def _in_common(self, weight: Floats, correlation_m: Length) -> Floats:
        """Compute the variance of weighted sums of what the errors of both dates have in common."""
        facing, rows = self.facing
        pull, n = weight[rows] * self.pieces.length_m[rows, None], weight.shape[1]
        if correlation_m == STRETCH:
            row, total = np.nonzero(pull)
            return squares(pull[row, total], n, total, facing.stretch[row])
        line, along, around, density = laid_together(facing.line, facing.along, facing.around_m, pull)
        return variances(_sums(line, line, along, along, around, density), correlation_m, n)


def _sums(line: Ints, stretch: Ints, along: Floats, edge: Floats, around_m: Floats, weight: Floats) -> Pieces:
    """Take pieces apart by the sums, the columns of `weight`, that they count in."""
    row, total = np.nonzero(weight)
    order = np.lexsort((along[row, 0], line[row], total))
    row, total = row[order], total[order]
    return Pieces(
        total, line[row], stretch[row], along[row], edge[row], around_m[row], weight[row, total]
    )  # fmt: skip


def _shares(middles: Geometries, shapes: Geometries) -> Floats:
    """Share of each piece that counts in each district, and in all together in the last column."""
    piece, district = shapely.STRtree(shapes).query(middles, predicate="dwithin", distance=_TOUCH_M)
    share = np.zeros((len(middles), len(shapes) + 1))
    share[piece, district] = 1.0
    met = share.sum(axis=1, keepdims=True)
    share /= np.maximum(met, 1.0)
    share[:, -1] = share.sum(axis=1)
    return share


def judge(parts: Parts, shapes: Geometries, balance: pd.DataFrame, place: Ints) -> tuple[list[str], str]:
    """Tell of each row of a balance, and of all districts together, how far the formula can be trusted.

    A key of `TRUST` for each; `place` is the position of each row's district in `shapes`.
    """
    fresh = ~parts.pieces.shared
    dates = (fresh & (parts.pieces.before != 0), fresh & (parts.pieces.before == 0))
    found = [_across_borders(parts, shapes[parts.near], own) for own in dates]
    near, across = (parts.everywhere(sum(pair)) for pair in zip(*found, strict=True))
    off = across > np.maximum(_ACROSS * near, _LEAST_M2)
    moved = balance["gained_km2"].to_numpy(dtype=float) + balance["lost_km2"].to_numpy(dtype=float)
    changed = np.append(np.bincount(place, weights=moved, minlength=len(shapes)), moved.sum()) * KM2
    narrow = (near > 0) & (changed < _WIDE * parts.everywhere(_reach(parts, dates)))
    trust = np.where(off, "no", np.where(narrow, "net", "yes"))
    return [str(one) for one in trust[place]], str(trust[-1])


def near_fronts(pieces: Fronts, shapes: Geometries) -> Bools:
    """Tell which districts, and whether any at all, lie within the reach of the error of a moving front."""
    moving = pieces.moving & (pieces.sigma_m > 0)
    reach = _REACH * pieces.sigma_m[moving]
    lines = edge_lines(pieces.ends[moving])
    _, district = shapely.STRtree(shapes).query(lines, predicate="dwithin", distance=reach)
    near = np.bincount(district, minlength=len(shapes)) > 0
    return np.append(near, near.any())


def _reach(parts: Parts, dates: tuple[Bools, Bools]) -> Floats:
    """Multiply the mean length of the fresh lines with the standard error of their distance [m²]."""
    span = [parts.share[own] * parts.pieces.length_m[own, None] for own in dates]
    square = [
        (length * parts.pieces.sigma_m[own, None] ** 2).sum(axis=0) / np.maximum(length.sum(axis=0), 1.0)
        for length, own in zip(span, dates, strict=True)
    ]
    mean = (span[0].sum(axis=0) + span[1].sum(axis=0)) / 2
    return np.asarray(mean * np.sqrt(square[0] + square[1]))


def _across_borders(parts: Parts, shapes: Geometries, own: Bools) -> tuple[Floats, Floats]:
    """Measure the ground within a sigma of a line: by district of the piece, and across a border [m²].

    A piece counts in its own district whole, so ground that its error reaches beyond the border is booked
    in the wrong one. For all districts together only ground beyond them all is.
    """
    strips, share = _strips(parts, own)
    held, across = np.zeros(len(shapes) + 1), np.zeros(len(shapes) + 1)
    district, strip = shapely.STRtree(strips).query(shapes, predicate="intersects")
    inside_m2 = 0.0
    for one in np.unique(district):
        mine = shapely.union_all(strips[share[:, one] > 0])
        ground = shapely.intersection(shapely.union_all(strips[strip[district == one]]), shapes[one])
        held[one] = shapely.area(mine)
        across[one] = shapely.area(shapely.symmetric_difference(mine, ground))
        inside_m2 += shapely.area(ground)
    held[-1] = shapely.area(shapely.union_all(strips))
    across[-1] = held[-1] - inside_m2
    return held, across


def _strips(parts: Parts, own: Bools) -> tuple[Geometries, Floats]:
    """Give the ground within a sigma of each run of pieces of one sigma and share, and what counts of it.

    Bends of less than `_FINE` sigmas are left out: vertices that stand close would make a strip each.
    """
    ends, sigma, share = parts.pieces.ends[own], parts.pieces.sigma_m[own], parts.share[own]
    broken = (ends[1:, :2] != ends[:-1, 2:]).any(axis=1) | (sigma[1:] != sigma[:-1])
    broken |= (share[1:] != share[:-1]).any(axis=1)
    first = np.flatnonzero(np.append(True, broken)[: len(ends)])
    last = np.append(first[1:], len(ends))[: len(first)] - 1
    run = np.append(np.cumsum(np.append(0, broken))[: len(ends)], np.arange(len(first)))
    order = np.argsort(run, kind="stable")
    lines = shapely.linestrings(np.vstack([ends[:, :2], ends[last, 2:]])[order], indices=run[order])
    smooth = shapely.simplify(lines, _FINE * sigma[first])
    return shapely.buffer(smooth, sigma[first], cap_style="flat"), share[first]
