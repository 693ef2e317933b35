"""Steps that may show a map drawn anew instead of a front that moved."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from frontlines.names import Bools, Floats

Days = npt.NDArray[np.datetime64]

SUSPECT = 10.0
"""More than usual: a turnover a day that exceeds the median by this many robust standard deviations."""

_MAD_TO_SIGMA = 1.4826  # standard deviations to a median absolute deviation, for normal errors
_ENOUGH = 8  # steps with any turnover, for one of them to be out of the ordinary
_LEAST_SPREAD = 0.1  # of the median: where steps are all alike, a hair more is no outlier
_AROUND = np.timedelta64(14, "D")  # what belongs to one offensive lies this near before and after
_GOES_ON = 2.0  # an offensive: around a step so many times its turnover
_STANDS_STILL = 0.1  # a district that stands still: around a step less than this part of its turnover
_PART = 0.1  # districts with less than this part of a step that is suspect as a whole are not
_BOTH_WAYS = 1 / 3  # an outline drawn anew gains and loses: each at least this part of the turnover
_DAY = np.timedelta64(1, "D")


def suspects(series: pd.DataFrame, n_districts: int) -> Bools:
    """Tell which rows of a series are suspect; the rule is told at `change_series`."""
    step = series.iloc[::n_districts]
    start, end = step["date_from"].to_numpy(), step["date_to"].to_numpy()
    days = ((end - start) / _DAY).clip(min=1.0)[:, None]
    gained, lost = (
        series[name].to_numpy(dtype=float).reshape(-1, n_districts) for name in ("gained_km2", "lost_km2")
    )
    own = gained + lost
    whole = own.sum(axis=1, keepdims=True)
    usual = _usual(whole / days, whole > 0)
    if not np.isfinite(usual).all():
        return np.zeros(len(series), dtype=bool)
    part = own >= np.minimum(_PART * whole, own.max(axis=1, keepdims=True))
    of_all = part & (whole / days > _bound(whole / days)) & (_around(whole, start, end) < _GOES_ON * whole)
    out = (own / days > usual) & ~(own / days <= _bound(own / days))
    redrawn = np.minimum(gained, lost) >= _BOTH_WAYS * own
    return np.asarray(of_all | (out & (redrawn | (_around(own, start, end) < _STANDS_STILL * own)))).ravel()


def _bound(rate: Floats) -> Floats:
    """Give what is far out of the ordinary in each column; NaN if no ordinary is known."""
    usual = _usual(rate, rate > 0)
    spread = _MAD_TO_SIGMA * _usual(np.abs(rate - usual), rate > 0)
    return usual + SUSPECT * np.fmax(spread, _LEAST_SPREAD * usual)


def _usual(amounts: Floats, busy: Bools) -> Floats:
    """Median of each column over its busy steps; NaN if they are too few."""
    usual = np.full(amounts.shape[1], np.nan)
    enough = busy.sum(axis=0) >= _ENOUGH
    usual[enough] = np.nanmedian(np.where(busy, amounts, np.nan)[:, enough], axis=0)
    return usual


def _around(turnover: Floats, start: Days, end: Days) -> Floats:
    """Sum the turnover of the steps around each one: those within two weeks, and at least its neighbours."""
    step = np.arange(len(turnover))
    first = np.minimum(np.searchsorted(end, start - _AROUND, side="right"), step - 1).clip(min=0)
    last = np.maximum(np.searchsorted(start, end + _AROUND, side="left"), step + 2).clip(max=len(step))
    reached = np.vstack([np.zeros(turnover.shape[1]), np.cumsum(turnover, axis=0)])
    return np.asarray(reached[last] - reached[first] - turnover)
