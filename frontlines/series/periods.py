"""From which snapshot to which each step of a series leads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from frontlines.errors import LayerError

CADENCES = {"D": "daily", "W": "weekly", "MS": "monthly", "QS": "quarterly", "YS": "yearly"}
"""Steps that `change_series` knows, and their words."""

_PERIODS = {"D": "D", "W": "W", "MS": "M", "QS": "Q", "YS": "Y"}


class Step(NamedTuple):
    """From which snapshot to which (positions and dates), and the day on which the step ends."""

    first: int
    last: int
    date_from: pd.Timestamp
    date_to: pd.Timestamp
    period_end: pd.Timestamp


def steps_between(dates: Sequence[pd.Timestamp], freq: str | None) -> list[Step]:
    """Lay out the steps of a series."""
    if len(dates) < 2:  # noqa: PLR2004 - from one to another
        raise LayerError(f"a series needs two snapshots or more, and there are {len(dates)}")
    if freq is None:
        last, ends = np.arange(1, len(dates)), list(dates[1:])
    elif freq in _PERIODS:
        periods = pd.period_range(dates[0], dates[-1], freq=_PERIODS[freq])
        days = periods.asfreq("D", how="E")  # not their ends in nanoseconds, which begin in 1677
        ends = [pd.Timestamp(day.year, day.month, day.day).as_unit("s") for day in days]
        held = np.array(dates, dtype="datetime64[s]")
        last = np.searchsorted(held, np.array(ends, dtype="datetime64[s]"), side="right") - 1
    else:
        raise LayerError(f"freq {freq!r} is not known: use None, {', '.join(_PERIODS)}")
    pairs = zip([0, *last[:-1].tolist()], last.tolist(), ends, strict=True)
    return [Step(i, j, dates[i], dates[j], end) for i, j, end in pairs if j > 0]


def cadence_of(freq: str | None) -> str:
    """Put a cadence into words."""
    return "every snapshot" if freq is None else f"{CADENCES[freq]} ({freq})"
