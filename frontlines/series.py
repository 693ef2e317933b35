"""Many dates: what one side gained and lost from snapshot to snapshot, district by district."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from frontlines import coverage
from frontlines.crs import require_working_crs
from frontlines.errors import LayerError
from frontlines.layers import CONTESTED
from frontlines.ledger import Books, follow
from frontlines.moved import TOLERANCE_M, Mapper
from frontlines.progress import Progress, reporting

Floats = npt.NDArray[np.float64]
Geometries = npt.NDArray[Any]

CADENCES = {"D": "daily", "W": "weekly", "MS": "monthly", "QS": "quarterly", "YS": "yearly"}
"""Steps that `change_series` knows, and their words."""

COLUMNS = [
    "district", "side", "date_from", "date_to", "district_km2", "before_km2", "after_km2", "held_km2",
    "gained_km2", "lost_km2", "net_km2", "turnover_km2", "absorbed_km2", "share_before", "share_after",
    "contested_before_km2", "contested_after_km2", "cadence", "same_input", "suspect",
]  # fmt: skip

SUSPECT = 10.0
"""A step is suspect if its turnover exceeds the median by this many robust standard deviations."""

_PERIODS = {"D": "D", "W": "W", "MS": "M", "QS": "Q", "YS": "Y"}
_MAD_TO_SIGMA = 1.4826
_ENOUGH = 8
_DATE = "datetime64[ms]"
_DTYPES: dict[str, Any] = {
    **dict.fromkeys(("district", "side", "cadence"), object),
    **dict.fromkeys(("date_from", "date_to"), _DATE),
    **dict.fromkeys(("same_input", "suspect"), bool),
}  # the same for a series that was read from a file as for one that was just made


def change_series(
    control: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    side: str,
    *,
    freq: str | None = None,
    mapper: Mapper = map,
    progress: Progress = None,
    tolerance_m: float = TOLERANCE_M,
    previous: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Follow one side through many snapshots.

    Parameters
    ----------
    control
        Polygons with `date` and `side`, in the working CRS (from `as_control`; a theatre is not
        needed, for only the ground of `side` and contested ground is looked at). A date without a
        row of `side` is a snapshot on which it held nothing.
    districts
        Polygons with unique `district`, in the same CRS (from `as_districts`).
    side
        The side whose gains are positive.
    freq
        None: a step from each snapshot to the next. ``D``, ``W``, ``MS``, ``QS``, ``YS``: a step for each
        day, week (to Sunday), month, quarter, year. A step leads from the last snapshot on or before
        the end of the step before it to the last snapshot on or before its own end; the first one
        starts at the first snapshot.
    mapper
        A function like `map`, to spread steps over workers; the result is the same for any.
    progress
        None, True for a bar, or a function of (fraction, message).
    tolerance_m
        A vertex that moved less than this [m] between two snapshots is the same vertex.
    previous
        A series made before from the beginning of the same snapshots, with the same arguments: its
        steps are taken over, and only later ones are computed.

    Returns
    -------
    series
        A row for each step and district, sorted by `date_to`, then `district`: the columns of
        `balance_by_district`, and `turnover_km2` (gained plus lost), `absorbed_km2` (area that the
        tolerance took for unmoved, after less before), `cadence` (in words), `same_input` (both
        snapshots are the same, byte for byte), `suspect`. The `after_km2` of a step is the
        `before_km2` of the next. `date_from` and `date_to` are the dates of the snapshots used.

    Raises
    ------
    LayerError
        If there are fewer than two snapshots, the side occurs nowhere, or `freq` is not known.
    ClosureError
        If the steps do not add up to the last snapshot.
    CRSError
        If the frames are not in one equal-area CRS in metres.

    Notes
    -----
    Gross figures depend on the cadence: ground that changes hands and comes back within a step is
    neither gained nor lost. Net figures do not depend on it. A snapshot's date is not the date of a
    change, and a step may show a redrawn map instead of a moved front.

    A step is `suspect` if its turnover, over all districts, exceeds the median turnover of the steps
    with any by more than `SUSPECT` times 1.4826 times the median absolute deviation, and there are at
    least eight such steps. Suspect steps stay in all figures.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> days = pd.to_datetime(["2031-06-01", "2031-06-02", "2031-06-03"])
    >>> fronts = [box(0, 0, 1000, 2000), box(0, 0, 1500, 2000), box(0, 0, 1250, 2000)]
    >>> control = gpd.GeoDataFrame({"date": days, "side": "A"}, geometry=fronts, crs="EPSG:3035")
    >>> districts = gpd.GeoDataFrame({"district": ["D"]}, geometry=[box(0, 0, 4000, 2000)], crs="EPSG:3035")
    >>> series = change_series(control, districts, "A")
    >>> series[["before_km2", "gained_km2", "lost_km2", "after_km2"]].values.tolist()
    [[2.0, 1.0, 0.0, 3.0], [3.0, 0.0, 0.5, 2.5]]
    """
    require_working_crs(control=control, districts=districts)
    dates, grounds = _snapshots(control, side)
    _, fogs = _snapshots(control, CONTESTED, dates)
    districts = districts.sort_values("district", kind="stable", ignore_index=True)
    every = _steps(dates, freq)
    kept = _taken_over(previous, [(dates[i], dates[j]) for i, j in every], len(districts))
    steps = every[len(kept) // len(districts) :]
    if not steps:
        return kept
    chain = [steps[0][0], *(j for _, j in steps)]
    with reporting(progress) as report:
        report(0.0, "what moved")
        own = follow(grounds[chain], districts, _last(kept, "after_km2", districts), mapper, tolerance_m)
        report(0.7, "contested ground")
        start = _last(kept, "contested_after_km2", districts)
        fog = follow(fogs[chain], districts, start, mapper, tolerance_m)
        report(0.9, "by district")
        ends = [(dates[i], dates[j]) for i, j in steps]
        fresh = _table(own, fog, districts, side, ends, _same(grounds, steps), _cadence(freq))
        series = pd.concat([kept, fresh], ignore_index=True) if len(kept) else fresh
        series["suspect"] = _suspects(series, len(districts))
        report(1.0, "done")
    return series


def _same(grounds: Geometries, steps: Sequence[tuple[int, int]]) -> Any:
    """Tell which steps lead from a snapshot to one that is the same, bit for bit."""
    before, after = (grounds[[step[end] for step in steps]] for end in (0, 1))
    return shapely.equals_identical(before, after)


def _table(
    own: Books,
    fog: Books,
    districts: gpd.GeoDataFrame,
    side: str,
    ends: Sequence[tuple[pd.Timestamp, pd.Timestamp]],
    same: npt.NDArray[np.bool_],
    cadence: str,
) -> pd.DataFrame:
    """Lay the books out, a row for each step and district."""
    n_districts, n_rows = len(districts), own.before.size
    district_km2 = np.tile(districts.area.to_numpy() / coverage.KM2, len(ends))
    dates = np.array(ends, dtype=_DATE).reshape(-1, 2)
    flat = {name: getattr(own, name).ravel() for name in ("before", "after", "gained", "lost", "absorbed")}
    columns = {
        "district": _words(np.tile(districts["district"].to_numpy(dtype=object), len(ends))),
        "side": _words(np.full(n_rows, side, dtype=object)),
        "date_from": np.repeat(dates[:, 0], n_districts),
        "date_to": np.repeat(dates[:, 1], n_districts),
        "district_km2": district_km2,
        "before_km2": flat["before"],
        "after_km2": flat["after"],
        "held_km2": flat["before"] - flat["lost"],
        "gained_km2": flat["gained"],
        "lost_km2": flat["lost"],
        "net_km2": flat["gained"] - flat["lost"],
        "turnover_km2": flat["gained"] + flat["lost"],
        "absorbed_km2": flat["absorbed"],
        "share_before": flat["before"] / district_km2,
        "share_after": flat["after"] / district_km2,
        "contested_before_km2": fog.before.ravel(),
        "contested_after_km2": fog.after.ravel(),
        "cadence": _words(np.full(n_rows, cadence, dtype=object)),
        "same_input": np.repeat(same, n_districts),
        "suspect": np.zeros(n_rows, dtype=bool),
    }
    return pd.DataFrame({name: columns[name] for name in COLUMNS}, copy=False)


def _words(words: npt.NDArray[Any]) -> pd.Series[str]:
    """Keep text as it is: without the type, pandas would look at every row to find one."""
    return pd.Series(words, dtype=object)


def _taken_over(
    previous: pd.DataFrame | None, steps: list[tuple[pd.Timestamp, pd.Timestamp]], n_districts: int
) -> pd.DataFrame:
    """Rows of an earlier series whose steps are the first of the new one."""
    if previous is None:
        return pd.DataFrame(columns=COLUMNS)
    dates = previous[["date_from", "date_to"]].iloc[::n_districts].itertuples(index=False, name=None)
    same = 0
    for old, new in zip(dates, steps, strict=False):
        if old != new:
            break
        same += 1
    return previous[COLUMNS].iloc[: same * n_districts].astype(_DTYPES)


def _last(kept: pd.DataFrame, column: str, districts: gpd.GeoDataFrame) -> Floats | None:
    """Give what the last step taken over left in each district; None if none was."""
    return kept[column].to_numpy(dtype=float)[-len(districts) :] if len(kept) else None


def _suspects(series: pd.DataFrame, n_districts: int) -> npt.NDArray[np.bool_]:
    """Tell which rows belong to a step far out of the ordinary."""
    turnover = series["turnover_km2"].to_numpy(dtype=float).reshape(-1, n_districts).sum(axis=1)
    busy = turnover[turnover > 0]
    if len(busy) < _ENOUGH:
        return np.zeros(len(series), dtype=bool)
    spread = _MAD_TO_SIGMA * np.median(np.abs(busy - np.median(busy)))
    return np.repeat(turnover > np.median(busy) + SUSPECT * spread, n_districts)


def series_totals(series: pd.DataFrame) -> pd.DataFrame:
    """Sum a series over its districts, step by step.

    Parameters
    ----------
    series
        From `change_series`.

    Returns
    -------
    totals
        A row for each step: `side`, `date_from`, `date_to`, `before_km2`, `after_km2`, `gained_km2`,
        `lost_km2`, `net_km2`, `turnover_km2`, `cumulative_net_km2` (since the first snapshot),
        `absorbed_km2`, `contested_before_km2`, `contested_after_km2`, `cadence`, `same_input`, `suspect`.

    Examples
    --------
    >>> table = pd.DataFrame({name: [1.0, 2.0] for name in COLUMNS}).assign(side="A", cadence="daily")
    >>> series_totals(table.assign(date_from=0, date_to=1))["net_km2"].tolist()
    [3.0]
    """
    sums = [
        "before_km2", "after_km2", "gained_km2", "lost_km2", "net_km2", "turnover_km2", "absorbed_km2",
        "contested_before_km2", "contested_after_km2",
    ]  # fmt: skip
    step = series.groupby(["date_to", "date_from"], sort=True)
    totals = step[sums].sum().join(step[["side", "cadence", "same_input", "suspect"]].first()).reset_index()
    totals["cumulative_net_km2"] = totals["net_km2"].cumsum()
    return totals[
        [
            "side",
            "date_from",
            "date_to",
            *sums[:6],
            "cumulative_net_km2",
            *sums[6:],
            "cadence",
            "same_input",
            "suspect",
        ]
    ]


def series_books(totals: pd.DataFrame) -> dict[str, Any]:
    """Sum up a series for its manifest.

    Parameters
    ----------
    totals
        From `series_totals`.

    Returns
    -------
    books
        Areas [km²] over all steps, the cadence, and the ends of suspect and of unchanged steps.

    Examples
    --------
    >>> table = pd.DataFrame({name: [1.0] for name in COLUMNS}).assign(cadence="daily", suspect=False)
    >>> days = {"date_from": pd.Timestamp("2031-06-01"), "date_to": pd.Timestamp("2031-06-02")}
    >>> series_books(series_totals(table.assign(**days)))["steps"]
    1
    """
    areas = ("gained_km2", "lost_km2", "net_km2", "absorbed_km2")
    marked = {name: totals.loc[totals[name].astype(bool), "date_to"] for name in ("suspect", "same_input")}
    return {
        "steps": len(totals),
        "cadence": str(totals["cadence"].iloc[0]),
        "dates": [f"{totals['date_from'].iloc[0]:%Y-%m-%d}", f"{totals['date_to'].iloc[-1]:%Y-%m-%d}"],
        **{name: float(totals[name].sum()) for name in areas},
        **{f"{name}_steps": [f"{day:%Y-%m-%d}" for day in days] for name, days in marked.items()},
    }


def ground_beyond(control: gpd.GeoDataFrame, totals: pd.DataFrame, side: str) -> dict[str, float]:
    """Measure the ground of a side that lies in no district, and so in no figure of a series.

    Parameters
    ----------
    control
        What the series was made from.
    totals
        From `series_totals`.
    side
        The side.

    Returns
    -------
    beyond
        Area [km²] on the day of the first snapshot and of the last, by day (``YYYY-MM-DD``).

    Examples
    --------
    >>> from shapely import box
    >>> days = pd.to_datetime(["2031-06-01", "2031-06-02"])
    >>> fronts = [box(0, 0, 1000, 2000), box(0, 0, 1500, 2000)]
    >>> control = gpd.GeoDataFrame({"date": days, "side": "A"}, geometry=fronts, crs="EPSG:3035")
    >>> districts = gpd.GeoDataFrame({"district": ["D"]}, geometry=[box(0, 0, 4000, 1000)], crs="EPSG:3035")
    >>> ground_beyond(control, series_totals(change_series(control, districts, "A")), "A")
    {'2031-06-01': 1.0, '2031-06-02': 1.5}
    """
    first, last = totals.iloc[0], totals.iloc[-1]
    booked = {
        first["date_from"]: first["before_km2"],
        last["date_to"]: last["after_km2"] + totals["absorbed_km2"].sum(),
    }
    own = control[control["side"] == side]
    drawn = {day: own.area[own["date"] == day].sum() / coverage.KM2 for day in booked}
    return {f"{day:%Y-%m-%d}": float(drawn[day] - km2) for day, km2 in booked.items()}


def _snapshots(
    control: gpd.GeoDataFrame, side: str, dates: Sequence[pd.Timestamp] | None = None
) -> tuple[list[pd.Timestamp], Geometries]:
    """Give the dates of a frame, and the ground of one side on each."""
    known = sorted(control["date"].unique()) if dates is None else list(dates)
    own = control[control["side"] == side]
    if dates is None and own.empty:
        sides = ", ".join(map(repr, sorted(control["side"].unique())))
        raise LayerError(f"side {side!r} holds no ground on any date: the sides are {sides}")
    shapes = np.asarray(own.geometry.values)
    rows = own.reset_index(drop=True).groupby("date").indices
    grounds = np.full(len(known), shapely.Polygon(), dtype=object)
    for number, date in enumerate(known):
        held = shapes[rows.get(date, [])]
        if len(held):
            grounds[number] = held[0] if len(held) == 1 else shapely.union_all(held)
    return [pd.Timestamp(date) for date in known], grounds


def _steps(dates: Sequence[pd.Timestamp], freq: str | None) -> list[tuple[int, int]]:
    """Positions of the snapshots that each step leads from and to."""
    if len(dates) < 2:  # noqa: PLR2004 - from one to another
        raise LayerError(f"a series needs two snapshots or more, and there are {len(dates)}")
    if freq is None:
        return [(number, number + 1) for number in range(len(dates) - 1)]
    if freq not in _PERIODS:
        raise LayerError(f"freq {freq!r} is not known: use None, {', '.join(_PERIODS)}")
    periods = pd.period_range(dates[0], dates[-1], freq=_PERIODS[freq])
    last = (
        np.searchsorted(np.array(dates, dtype="datetime64[ns]"), periods.end_time.to_numpy(), side="right")
        - 1
    )
    return list(zip([0, *last[:-1].tolist()], last.tolist(), strict=True))


def _cadence(freq: str | None) -> str:
    return "every snapshot" if freq is None else f"{CADENCES[freq]} ({freq})"
