"""Whether two dates have the same line where a transect crosses them, and what error is left if they do."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SAME_M = 0.1
"""Lines that run within this distance of each other [m] where they are crossed are one line."""


def with_shared(table: pd.DataFrame, ends: Floats, n_days: int) -> pd.DataFrame:
    """Tell where the crossing of a date is that of the first date, and give both the same position.

    Parameters
    ----------
    table
        A row a transect and day, sorted: `position_m`, `sigma_m` [m] and `edge`, the number of the edge
        crossed.
    ends
        Edges, (n, 4) as x0, y0, x1, y1 [m].
    n_days
        Number of days.

    Returns
    -------
    table
        The same with `shared` and `apart_sigma_m`, the standard error of the position less that of the first
        date [m].

    Examples
    --------
    >>> table = pd.DataFrame({"position_m": [5.0, 5.0], "sigma_m": [3.0, 4.0], "edge": [0, 0]})
    >>> with_shared(table, np.array([[0.0, 5, 9, 5]]), 2)[["shared", "apart_sigma_m"]].values.tolist()
    [[True, 0.0], [True, 0.0]]
    """
    first = table.iloc[np.arange(len(table)) // n_days * n_days]
    place, start = (part["position_m"].to_numpy(dtype=float) for part in (table, first))
    edge, other = (part["edge"].fillna(-1).to_numpy(dtype=np.int64) for part in (table, first))
    shared = np.abs(place - start) <= SAME_M
    shared[shared] = run_together(ends, edge[shared], other[shared])
    sigma_m, sigma_0_m = (part["sigma_m"].to_numpy(dtype=float) for part in (table, first))
    return table.assign(
        shared=shared,
        position_m=np.where(shared, start, place),
        apart_sigma_m=np.where(shared, 0.0, np.hypot(sigma_m, sigma_0_m)),
    )


def with_shared_sums(table: pd.DataFrame, met: pd.DataFrame, ends: Floats, n_days: int) -> pd.DataFrame:
    """Do as `with_shared` for sums over all crossings: matched crossings move together and cancel.

    Parameters
    ----------
    table
        A row a transect and day, sorted: `position_m`, `sigma_m` [m].
    met
        All crossings: `row`, `day`, `edge`, `leaves`, `position_m`, `sigma_m` [m].
    ends, n_days
        As for `with_shared`.

    Returns
    -------
    table
        The same with `shared`, where each crossing of either date has its match, and `apart_sigma_m`, from
        the crossings without one.

    Examples
    --------
    >>> met = pd.DataFrame(
    ...     {"row": 0, "day": [0, 1], "edge": 0, "leaves": True, "position_m": 5.0, "sigma_m": 3.0})
    >>> table = pd.DataFrame({"position_m": [5.0, 5.0], "sigma_m": 3.0})
    >>> with_shared_sums(table, met, np.array([[0.0, 5, 9, 5]]), 2)["shared"].tolist()
    [True, True]
    """
    start = met[met["day"] == 0].reset_index(names="first")
    of_first = start.loc[np.repeat(np.arange(len(start)), n_days)]
    of_first = of_first.assign(day=np.tile(np.arange(n_days), len(start)))
    pairs = _pairs(met.reset_index(names="crossing"), start, ends)
    alone = ~np.isin(met.index, pairs["crossing"])
    left = pd.MultiIndex.from_frame(of_first[["first", "day"]])
    left_alone = ~left.isin(pd.MultiIndex.from_frame(pairs[["first", "day"]]))
    lone = pd.concat([met[alone], of_first[left_alone]])
    cell = lone["row"].to_numpy() * n_days + lone["day"].to_numpy()
    number = np.bincount(cell, minlength=len(table))
    variance = np.bincount(cell, weights=lone["sigma_m"].to_numpy() ** 2, minlength=len(table))
    place = table["position_m"].to_numpy(dtype=float)
    first_m = place[np.arange(len(table)) // n_days * n_days]
    shared = (number == 0) & np.isfinite(place) & np.isfinite(first_m)
    return table.assign(
        shared=shared, position_m=np.where(shared, first_m, place), apart_sigma_m=np.sqrt(variance)
    )


def _pairs(met: pd.DataFrame, start: pd.DataFrame, ends: Floats) -> pd.DataFrame:
    """Match each crossing with at most one of the first date, the nearest first."""
    pairs = met.merge(start, on=["row", "leaves"], suffixes=("", "_0"))
    pairs = pairs.assign(off=(pairs["position_m"] - pairs["position_m_0"]).abs())
    pairs = pairs[pairs["off"] <= SAME_M]
    pairs = pairs[run_together(ends, pairs["edge"].to_numpy(), pairs["edge_0"].to_numpy())]
    pairs = pairs.sort_values(["off", "crossing", "first"])
    return pairs.drop_duplicates("crossing").drop_duplicates(["first", "day"])


def run_together(ends: Floats, one: Ints, other: Ints) -> Bools:
    """Tell whether edges that cross a transect at one place run along each other as far as both go.

    Parameters
    ----------
    ends
        Edges, (n, 4) as x0, y0, x1, y1 [m].
    one, other
        Numbers of the edges compared.

    Returns
    -------
    together
        Whether no end of either that lies beside the other is farther from it than `SAME_M`.

    Examples
    --------
    >>> ends = np.array([[0.0, 0, 6, 0], [4, 0, 10, 0], [0, -5, 10, 5]])
    >>> run_together(ends, np.array([0, 0]), np.array([1, 2])).tolist()
    [True, False]
    """
    a, b = ends[one], ends[other]
    ends_of = [(a[:, :2], b), (a[:, 2:], b), (b[:, :2], a), (b[:, 2:], a)]
    beside, apart = np.zeros(len(a), dtype=bool), np.zeros(len(a))
    for point, edge in ends_of:
        run = edge[:, 2:] - edge[:, :2]
        share = ((point - edge[:, :2]) * run).sum(axis=1) / (run**2).sum(axis=1)
        near = (share >= 0) & (share <= 1)
        off = shapely.distance(shapely.points(point), shapely.linestrings(edge.reshape(-1, 2, 2)))
        beside |= near
        apart = np.maximum(apart, np.where(near, off, 0.0))
    return np.asarray((one == other) | (beside & (apart <= SAME_M)))
