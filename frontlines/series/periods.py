"""From which snapshot to which each step of a series leads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from frontlines.errors import LayerError
from frontlines.limits import within
from frontlines.names import CADENCES, FREQUENCIES, LEAST_DAYS

_PERIODS = {"D": "D", "W": "W", "MS": "M", "QS": "Q", "YS": "Y"}
_WITH_DAY = ("MS", "QS", "YS")
_LAST_DAY = 28  # the last one that every month has


class Step(NamedTuple):
    """From which snapshot to which (positions and dates), and the day on which the step ends."""

    first: int
    last: int
    date_from: pd.Timestamp
    date_to: pd.Timestamp
    period_end: pd.Timestamp


def code_of(freq: str | None) -> str | None:
    """Give the code of a frequency: MS for monthly."""
    if freq is None or freq in FREQUENCIES:
        return None if freq is None else FREQUENCIES[freq]
    raise LayerError(f"freq {freq!r} is not known: use None, {', '.join(FREQUENCIES)}")


def steps_between(dates: Sequence[pd.Timestamp], freq: str | None, day: int | None = None) -> list[Step]:
    """Lay out the steps of a series; those of months and longer may end on another `day` than the last."""
    if day is not None and (code_of(freq) not in _WITH_DAY or not 1 <= day <= _LAST_DAY):
        raise LayerError(
            f"day {day} of freq {freq!r}: give a day from 1 to {_LAST_DAY}, and months, quarters or years "
            "as freq ('MS', 'QS', 'YS')"
        )
    if len(dates) < 2:  # noqa: PLR2004 - from one to another
        raise LayerError(f"a series needs two snapshots or more, and there are {len(dates)}")
    code = code_of(freq)
    if code is None:
        last, ends = np.arange(1, len(dates)), list(dates[1:])
    else:
        within("steps", (dates[-1] - dates[0]).days / LEAST_DAYS[code], f"steps of freq={freq!r}")
        periods = pd.period_range(dates[0], dates[-1], freq=_PERIODS[code])
        if day is not None:
            periods = periods.insert(0, periods[0] - 1)
        days = periods.asfreq("D", how="E")  # not their ends in nanoseconds, which begin in 1677
        ends = [pd.Timestamp(one.year, one.month, one.day).as_unit("s") for one in days]
        if day is not None:
            ends = [end + pd.Timedelta(days=day) for end in ends]
            ends = [
                end for n, end in enumerate(ends) if end >= dates[0] and (n == 0 or ends[n - 1] < dates[-1])
            ]
        held = np.array(dates, dtype="datetime64[s]")
        last = np.searchsorted(held, np.array(ends, dtype="datetime64[s]"), side="right") - 1
    pairs = zip([0, *last[:-1].tolist()], last.tolist(), ends, strict=True)
    return [Step(i, j, dates[i], dates[j], end) for i, j, end in pairs if j > 0]


def cadence_of(freq: str | None, day: int | None = None) -> str:
    """Put a cadence into words."""
    code = code_of(freq)
    from_day = "" if day is None else f", to day {day}"
    return "every snapshot" if code is None else f"{CADENCES[code]}{from_day}"
