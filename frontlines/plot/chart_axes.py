"""Axes of charts: their lines and numbers, heading and legend above, never on the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import dates as mdates
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from frontlines.plot.artists import Z
from frontlines.plot.furniture import Entry, draw_legend
from frontlines.plot.style import MM_PER_INCH, PT_PER_INCH, MapStyle, mix
from frontlines.plot.text import font_of, plain, renderer_of, wrap
from frontlines.plot.words import clean, day, tick

_HEIGHT_MM = 72.0
_GAP_PT = 2.5
_ROUNDING = 1e-6


def axes_for(ax: Axes | None, style: MapStyle) -> Axes:
    """Return the Axes, or make a new one as wide as the page."""
    if ax is not None:
        return ax
    return plt.subplots(
        figsize=(style.width_mm / MM_PER_INCH, _HEIGHT_MM / MM_PER_INCH), layout="constrained"
    )[1]


def room_for(span: float) -> float:
    """Return how far an axis reaches for a span of values: 1 if they are all the same, but for rounding."""
    return span if span > _ROUNDING else 1.0


def set_axes_look(ax: Axes, style: MapStyle) -> None:
    """Set lines, ticks and their lettering in the style; nothing is drawn above or to the right."""
    font = font_of(style, style.legend_pt)
    for text in (*ax.get_xticklabels(), *ax.get_yticklabels()):
        text.set_fontproperties(font)
    ax.tick_params(width=style.frame_pt_width, length=2.5, color=style.ink, labelcolor=style.ink, pad=2.0)
    for name, spine in ax.spines.items():
        spine.set(linewidth=style.frame_pt_width, color=style.ink, visible=name in {"left", "bottom"})


def draw_grid_lines(ax: Axes, style: MapStyle) -> None:
    """Draw fine lines across at the numbers up the side, under the data."""
    ax.grid(axis="y", linewidth=style.district_pt_width, color=mix(style.ink, style.paper, 0.8))
    ax.set_axisbelow(True)


def write_above(ax: Axes, heading: str, entries: Sequence[Entry], style: MapStyle) -> Legend | None:
    """Write the heading and the legend over an Axes, and over what stands on its frame."""
    pt_per_px = PT_PER_INCH / ax.figure.dpi
    top, pen = ax.get_window_extent().y1, renderer_of(ax.figure)
    stands = [text.get_window_extent(pen).y1 - top for text in ax.texts if text.get_gid() == "degrees"]
    over = max([0.0, *stands]) * pt_per_px
    legend = _legend_above(ax, entries, style, over) if entries else None
    if legend is not None:
        over += legend.get_window_extent(renderer_of(ax.figure)).height * pt_per_px + 2 * _GAP_PT
    look = plain(style, style.heading_pt, weight="bold")
    text = wrap(clean(heading), ax.get_window_extent().width, ax.figure, look["fontproperties"])
    ax.set_title(text, loc="left", pad=over + 1.5 * _GAP_PT, **look)
    return legend


def _legend_above(ax: Axes, entries: Sequence[Entry], style: MapStyle, over_pt: float) -> Legend:
    """Draw the legend in as few lines as the width of the Axes allows."""
    room = ax.get_window_extent().width
    for columns in range(len(entries), 0, -1):
        width = None if columns > 1 else room
        legend = draw_legend(ax, entries, columns=columns, width_px=width, style=style)
        legend.set_loc("lower left")
        legend.set_bbox_to_anchor((0.0, 1.0), transform=ax.transAxes)
        legend.borderaxespad = (_GAP_PT + over_pt) / style.legend_pt
        legend.set_clip_on(False)
        if columns == 1 or legend.get_window_extent(renderer_of(ax.figure)).width <= room:
            break
        legend.remove()
    legend.set_zorder(Z["furniture"])
    return legend


_EMS = 5.0  # room for one label of the axis, in sizes of its type
_MILLION = 1e6
_STEPS = (
    *(("day", k) for k in (1, 2, 5, 10)),
    *(("month", k) for k in (1, 2, 3, 6)),
    *(("year", k) for k in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
)


def days_at(dates: Any) -> Any:
    """Return where dates stand on the axis of an Axes [days]; a single date gives a number."""
    return mdates.date2num(np.asarray(pd.to_datetime(dates)))  # type: ignore[no-untyped-call]


def set_date_axes(ax: Axes, ylabel: str, style: MapStyle, *, unsigned: bool = False) -> None:
    """Set an Axes in the style: days along the foot, numbers with their unit up the side, fine lines."""
    large = max(np.abs(ax.get_ylim())) >= _MILLION
    unit = _MILLION if large else 1.0
    ax.set_ylabel(f"million {ylabel}" if large and ylabel else ylabel, **plain(style, style.legend_pt))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: tick((abs(v) if unsigned else v) / unit)))
    mark_days(ax, style)
    set_axes_look(ax, style)
    draw_grid_lines(ax, style)


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
    """Return on which days a mark stands."""
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
