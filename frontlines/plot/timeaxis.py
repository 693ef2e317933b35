"""Axes of charts over time: days along the foot, numbers up the side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from frontlines.plot.axes import draw_levels, rule, tick
from frontlines.plot.lettering import plain
from frontlines.plot.style import PT_PER_INCH, MapStyle, day

_EMS = 5.0  # room for one label of the axis, in sizes of its type
_MILLION = 1e6
_STEPS = (
    *(("day", k) for k in (1, 2, 5, 10)),
    *(("month", k) for k in (1, 2, 3, 6)),
    *(("year", k) for k in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
)


def days_at(dates: Any) -> Any:
    """Return where dates stand on the axis of an Axes [days]; a single date gives a number.

    Examples
    --------
    >>> days_at(["1970-01-02", "1970-01-11"]).tolist()
    [1.0, 10.0]
    """
    return mdates.date2num(np.asarray(pd.to_datetime(dates)))  # type: ignore[no-untyped-call]


def dress(ax: Axes, ylabel: str, style: MapStyle, *, unsigned: bool = False) -> None:
    """Set an Axes in the style: days along the foot, numbers with their unit up the side, fine lines.

    Parameters
    ----------
    ax
        The Axes; its limits are final.
    ylabel
        What is measured, beginning with its unit; from a million on, it is told in millions.
    style
        The style.
    unsigned
        Whether numbers below zero are written without a sign, for mirrored bars.
    """
    large = max(np.abs(ax.get_ylim())) >= _MILLION
    unit = _MILLION if large else 1.0
    ax.set_ylabel(f"million {ylabel}" if large and ylabel else ylabel, **plain(style, style.legend_pt))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: tick((abs(v) if unsigned else v) / unit)))
    mark_days(ax, style)
    rule(ax, style)
    draw_levels(ax, style)


def mark_days(ax: Axes, style: MapStyle) -> None:
    """Mark days, months or years along the foot, as many as there is room for; the same in every locale."""
    low, high = sorted(ax.get_xlim())
    width_pt = ax.get_window_extent().width * PT_PER_INCH / ax.figure.dpi
    most = max(2, int(width_pt / (_EMS * style.legend_pt)))
    first: Any = mdates.num2date(np.ceil(low))  # type: ignore[no-untyped-call]
    start = pd.Timestamp(first.replace(tzinfo=None))
    days = pd.date_range(start, periods=int(np.floor(high) - np.ceil(low)) + 1, freq="D")
    for unit, every in _STEPS:
        marks = days[_falls_on(days, unit, every)]
        if len(marks) <= most:
            break
    ax.xaxis.set_major_locator(FixedLocator(days_at(marks).tolist()))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda _, i: _label(marks, i, unit)))


def _falls_on(days: pd.DatetimeIndex, unit: str, every: int) -> Any:
    """Tell on which days a mark stands."""
    if unit == "day":
        return ((days.day - 1) % every == 0) & ((days.day < 30) | (every == 1))  # noqa: PLR2004 - the 31st is too near the 1st
    if unit == "month":
        return (days.day == 1) & ((days.month - 1) % every == 0)
    return (days.day == 1) & (days.month == 1) & (days.year % every == 0)


def _label(marks: pd.DatetimeIndex, at: int | None, unit: str) -> str:
    """Write a mark: the year stands under the first one and where it changes."""
    if at is None or not 0 <= at < len(marks):
        return ""
    stamp = marks[at]
    if unit == "year":
        return f"{stamp.year}"
    number_, month, year = day(stamp).split()
    text = f"{number_} {month[:3]}" if unit == "day" else month[:3]
    return f"{text}\n " if at and marks[at - 1].year == stamp.year else f"{text}\n{year}"
