"""Charts of a series: how much ground since the first day, and how much in each step."""

from __future__ import annotations

from typing import Any

import matplotlib.dates
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from frontlines.plot.captions import draw_block, draw_columns, height_mm
from frontlines.plot.lettering import font_of, plain
from frontlines.plot.style import DEFAULT_STYLE, MM_PER_INCH, MapStyle, day

_PANELS_MM = (62.0, 62.0)
_LEFT_MM, _RIGHT_MM = 14.0, 2.0
_HATCHED = 60  # more bars than this are too narrow for a hatch
_TITLE_MM, _BETWEEN_MM = 9.0, 11.0


def draw_series(totals: pd.DataFrame, *, ax: Axes | None = None, style: MapStyle = DEFAULT_STYLE) -> Axes:
    """Draw the net change since the first snapshot, step by step.

    Parameters
    ----------
    totals
        From `series_totals`: `side`, `date_from`, `date_to`, `cumulative_net_km2` [km²], `cadence`,
        `suspect`.
    ax
        Where to draw; None makes a new figure.
    style
        The style.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. The line is level between snapshots, for nothing is known of the days between them;
        suspect steps have a ring.

    Examples
    --------
    >>> totals = pd.DataFrame({
    ...     "date_from": pd.to_datetime(["2031-06-01"]), "date_to": pd.to_datetime(["2031-06-02"]),
    ...     "cumulative_net_km2": [3.0], "cadence": "daily (D)", "suspect": [False]})
    >>> draw_series(totals).get_ylabel()
    'km² since 1 June 2031'
    """
    ax = _axes(ax)
    days = pd.concat([totals["date_from"].iloc[:1], totals["date_to"]])
    net = [0.0, *totals["cumulative_net_km2"]]
    ax.axhline(0, color=style.ink, linewidth=0.5)
    ax.step(days, net, where="post", color=style.ink, linewidth=1.2, label="net change")
    odd = totals[totals["suspect"].astype(bool)]
    if len(odd):
        ax.plot(
            odd["date_to"], odd["cumulative_net_km2"], "o", markersize=6, markerfacecolor="none",
            markeredgecolor=style.ink, label="suspect: far out of the ordinary",
        )  # fmt: skip
    _dress(ax, f"km² since {day(totals['date_from'].iloc[0])}", style)
    return ax


def draw_gains_and_losses(
    totals: pd.DataFrame, *, ax: Axes | None = None, style: MapStyle = DEFAULT_STYLE
) -> Axes:
    """Draw the ground gained, upwards, and lost, downwards, in each step.

    Parameters
    ----------
    totals
        From `series_totals`: `date_from`, `date_to`, `gained_km2`, `lost_km2` [km²], `cadence`,
        `same_input`.
    ax
        Where to draw; None makes a new figure.
    style
        The style.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. A bar is as wide as its step is long; a step whose two snapshots are the same, byte
        for byte, has a tick on the axis.

    Examples
    --------
    >>> totals = pd.DataFrame({
    ...     "date_from": pd.to_datetime(["2031-06-01"]), "date_to": pd.to_datetime(["2031-06-02"]),
    ...     "gained_km2": [3.0], "lost_km2": [1.0], "cadence": "daily (D)", "same_input": [False]})
    >>> [float(patch.get_height()) for patch in draw_gains_and_losses(totals).patches]
    [3.0, -1.0]
    """
    ax = _axes(ax)
    width = (totals["date_to"] - totals["date_from"]).dt.days.clip(lower=1)
    few = len(totals) <= _HATCHED
    for name, sign, look in (("gained", 1, style.gained), ("lost", -1, style.lost)):
        ax.bar(
            totals["date_from"], sign * totals[f"{name}_km2"], width=width, align="edge", label=name,
            facecolor=look.face, edgecolor=look.ink if few else "none", hatch=look.hatch[:4] if few else "",
            linewidth=0.3,
        )  # fmt: skip
    same = totals[totals["same_input"].astype(bool)]
    if len(same):
        ax.plot(
            same["date_to"], [0] * len(same), "|", color=style.ink, markersize=4, markeredgewidth=0.6,
            label="snapshot repeats the one before",
        )  # fmt: skip
    ax.axhline(0, color=style.ink, linewidth=0.5)
    _dress(ax, f"km² a step, {totals['cadence'].iloc[0]}", style)
    ax.yaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    return ax


def series_figure(
    totals: pd.DataFrame, *, title: str, caption: str, style: MapStyle = DEFAULT_STYLE
) -> Figure:
    """Draw the page of a series for print: net change over gains and losses.

    Parameters
    ----------
    totals
        From `series_totals`.
    title, caption
        Text; nothing in it is interpreted.
    style
        The style, which gives the width of the page.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, on an Agg canvas and unknown to pyplot.

    Examples
    --------
    >>> totals = pd.DataFrame({
    ...     "date_from": pd.to_datetime(["2031-06-01"]), "date_to": pd.to_datetime(["2031-06-02"]),
    ...     "cumulative_net_km2": [2.0], "gained_km2": [3.0], "lost_km2": [1.0], "cadence": "daily (D)",
    ...     "suspect": [False], "same_input": [False]})
    >>> len(series_figure(totals, title="A", caption="made up").axes)
    2
    """
    margin, width = style.margin_mm, style.width_mm
    figure = Figure(figsize=(width / MM_PER_INCH, 1), dpi=style.dpi, facecolor=style.paper)
    FigureCanvasAgg(figure)
    foot = draw_columns(figure, caption, xy=(0, 0), width_mm=width - 2 * margin, style=style)
    foot_mm = height_mm(figure, foot)
    height = margin + _TITLE_MM + sum(_PANELS_MM) + 2 * _BETWEEN_MM + foot_mm + margin
    for text in foot:
        text.remove()
    figure.set_size_inches(width / MM_PER_INCH, height / MM_PER_INCH)
    left = margin / width
    draw_block(
        figure, title, xy=(left, 1 - margin / height), width_mm=width - 2 * margin, size_pt=style.title_pt,
        weight="bold", style=style,
    )  # fmt: skip
    top = height - margin - _TITLE_MM
    for panel_mm, draw in zip(_PANELS_MM, (draw_series, draw_gains_and_losses), strict=True):
        top -= panel_mm
        box = (_LEFT_MM / width, top / height, 1 - (_LEFT_MM + _RIGHT_MM + margin) / width, panel_mm / height)
        draw(totals, ax=figure.add_axes(box), style=style)
        top -= _BETWEEN_MM
    low = (margin + foot_mm) / height
    draw_columns(figure, caption, xy=(left, low), width_mm=width - 2 * margin, style=style)
    return figure


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    figure = Figure()
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def _dress(ax: Axes, label: str, style: MapStyle) -> None:
    """Set labels, ticks and legend in the style's type."""
    ax.set_ylabel(label, **plain(style, style.legend_pt))
    locator: Any = matplotlib.dates.AutoDateLocator(minticks=3, maxticks=9)  # type: ignore[no-untyped-call]
    concise: Any = matplotlib.dates.ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(concise)
    font = font_of(style, style.legend_pt)
    for text in (*ax.get_xticklabels(), *ax.get_yticklabels(), ax.xaxis.get_offset_text()):
        text.set_fontproperties(font)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="y", linewidth=0.3, alpha=0.5)
    ax.set_axisbelow(True)
    ax.legend(loc="upper left", prop=font, frameon=False)
