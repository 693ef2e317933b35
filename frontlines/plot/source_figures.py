"""Pages of several sources for print: how far two of them agree day by day, and net change by each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from frontlines.arguments import checked
from frontlines.names import WHOLE, area_unit, in_unit
from frontlines.plot.artists import Z
from frontlines.plot.chart_axes import days_at, set_axes_look, set_date_axes, write_above
from frontlines.plot.furniture import Entry
from frontlines.plot.page import Chart, chart_page
from frontlines.plot.style import DEFAULT_STYLE, MapStyle, mix
from frontlines.plot.text import plain
from frontlines.plot.words import clean, day, number
from frontlines.two_sources import SourceNets

_LEAST_ROOM = 0.002  # of IoU on its chart: less is no change to be seen
_FEW = 60  # up to so many days have a dot each
_ENDS = 0.015  # of the days of a chart, after the last of them
_SOURCE_MM, _NAMES_MM = 9.0, 45.0  # height of the row of a source, room for its name


@checked(table="rows date district iou both_km2 only_first_km2 only_second_km2")
def agreement_chart(
    table: pd.DataFrame,
    names: tuple[str, str],
    *,
    side: str,
    title: str,
    caption: str,
    style: MapStyle = DEFAULT_STYLE,
) -> Figure:
    """Draw the page of two sources over many days: their overlap, and net change by each of them.

    Parameters
    ----------
    table
        From `agreement`, of two days or more.
    names
        What the two sources are called, for the legend.
    side
        What the side is called.
    title, caption
        Texts, wrapped to the page; nothing in them is interpreted.
    style
        The style; the page is its `width_mm` wide.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, on an Agg canvas and unknown to pyplot. Lines are level between days.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "date": pd.to_datetime(["2024-11-24", "2024-12-01"]), "district": WHOLE, "iou": [0.98, 0.97],
    ...     "iou_low": [0.98, 0.95], "iou_high": [0.98, 0.97], "both_km2": [98.0, 97.0],
    ...     "only_first_km2": [1.0, 2.0], "only_second_km2": [1.0, 1.0]})
    >>> [ax.get_label() for ax in agreement_chart(table, ("a", "b"), side="A", title="A", caption="").axes]
    ['iou', 'net']
    """
    rows = table[(table["district"] == WHOLE).to_numpy()].sort_values("date", kind="stable")
    charts = [
        Chart("iou", lambda ax: _draw_iou(ax, rows, side, style)),
        Chart("net", lambda ax: _draw_net(ax, rows, names, side, style)),
    ]
    return chart_page(charts, title=title, caption=caption, style=style)


def _span(rows: pd.DataFrame) -> str:
    return f"{day(rows['date'].iloc[0])} to {day(rows['date'].iloc[-1])}, {len(rows)} days that both show"


def _points(rows: pd.DataFrame) -> dict[str, Any]:
    """Let a line be level between days, with a dot for each of a few."""
    return {"drawstyle": "steps-post", "marker": "o" if len(rows) <= _FEW else "", "markersize": 2.4}


def _draw_iou(ax: Axes, rows: pd.DataFrame, side: str, style: MapStyle) -> Axes:
    """Draw the overlap by day, with its bounds by contested ground where there is any."""
    days = days_at(rows["date"].to_numpy())
    low, high, iou = (rows[name].to_numpy(dtype=float) for name in ("iou_low", "iou_high", "iou"))
    entries: list[Entry] = []
    if np.nanmax(high - low, initial=0.0) > 0:
        pale = mix(style.contested_face, style.ink, 0.1)
        ax.fill_between(days, low, high, step="post", color=pale, linewidth=0, zorder=Z["ground"])
        entries.append(("Bounds, contested ground counted or not", Patch(color=pale)))
    look: dict[str, Any] = {"color": style.ink, "linewidth": style.front_pt, **_points(rows)}
    ax.plot(days, iou, gid="iou", zorder=Z["front"], **look)
    ax.set_xlim(days[0], days[-1] + _ENDS * (days[-1] - days[0]))
    least, most = float(np.nanmin(low)), float(np.nanmax(high))
    room = max(most - least, _LEAST_ROOM)
    ax.set_ylim(least - 0.15 * room, most + 0.15 * room)
    set_date_axes(ax, "IoU", style)
    write_above(ax, f"{clean(side)}: ground of both ÷ ground of either, {_span(rows)}", entries, style)
    return ax


def _draw_net(ax: Axes, rows: pd.DataFrame, names: tuple[str, str], side: str, style: MapStyle) -> Axes:
    """Draw net change since the first day, a line for each source."""
    days = days_at(rows["date"].to_numpy())
    entries: list[Entry] = []
    looks = (("first", style.first.ink, "-"), ("second", style.second.face, "--"))
    held = [(rows["both_km2"] + rows[f"only_{which}_km2"]).to_numpy(dtype=float) for which, *_ in looks]
    unit = area_unit(max(float(np.abs(km2 - km2[0]).max()) for km2 in held))
    for name, (which, colour, dashes), km2 in zip(names, looks, held, strict=True):
        look: dict[str, Any] = {"color": colour, "linestyle": dashes, "linewidth": style.front_pt}
        net = (km2 - km2[0]) / unit.km2
        ax.plot(days, net, gid=f"net:{which}", zorder=Z["front"], **look, **_points(rows))
        text = f"{clean(name)}: {number(float(net[-1]), sign=True)} {unit.name}"
        entries.append((text, Line2D([], [], **look)))
    ax.axhline(0, color=style.ink, linewidth=style.frame_pt_width, zorder=Z["district"])
    ax.set_xlim(days[0], days[-1] + _ENDS * (days[-1] - days[0]))
    set_date_axes(ax, f"{unit.name} since {day(rows['date'].iloc[0])}", style)
    write_above(ax, f"{clean(side)}: net change by each source, {_span(rows)}", entries, style)
    return ax


@checked()
def net_by_source_figure(
    nets: SourceNets, *, title: str, caption: str, style: MapStyle = DEFAULT_STYLE
) -> Figure:
    """Draw net change by several sources, each with its interval, for print.

    Parameters
    ----------
    nets
        From `frontlines.two_sources.net_by_source`.
    title, caption
        Texts, wrapped to the page; nothing in them is interpreted.
    style
        The style; the page is its `width_mm` wide.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, on an Agg canvas and unknown to pyplot. Bands about the mean of the sources are one
        standard deviation to either side: of the sources (``spread``), and as the errors of the lines alone
        would give it (``expected``).

    Examples
    --------
    >>> from frontlines.two_sources import SourceNets
    >>> rows = pd.DataFrame({"source": ["a", "b"], "net_km2": [1.0, 3.0], "net_low_km2": [0.5, 2.5],
    ...                      "net_high_km2": [1.5, 3.5]})
    >>> nets = SourceNets(rows, 1.41, 0.25, 0.03, 0.0, (0.25, 0.03, 0.0), (0.25, 0.03, 0.0), 0.95)
    >>> [ax.get_label() for ax in net_by_source_figure(nets, title="A", caption="made up").axes]
    ['net']
    """
    height_mm = _SOURCE_MM * (len(nets.table) + 1)
    chart = Chart("net", lambda ax: _draw_nets(ax, nets, style), height_mm, left_mm=_NAMES_MM)
    return chart_page([chart], title=title, caption=caption, style=style)


def _draw_nets(ax: Axes, nets: SourceNets, style: MapStyle) -> Axes:
    """Draw a row for each source, the first on top."""
    ends = nets.table[["net_km2", "net_low_km2", "net_high_km2"]].to_numpy(dtype=float)
    unit = area_unit(float(np.nanmax(np.abs(ends))))
    rows = in_unit(nets.table.iloc[::-1], unit)
    net = rows["net_km2"].to_numpy(dtype=float)
    off = np.abs(rows[["net_low_km2", "net_high_km2"]].to_numpy(dtype=float).T - net)
    entries: list[Entry] = []
    bands = [("spread", nets.spread_km2, 0.85, "Spread of the sources")]
    bands.append(("expected", nets.expected_km2, 0.65, "Expected from errors of the lines"))
    for name, wide_km2, pale, words in bands:
        if np.isfinite(wide := wide_km2 / unit.km2):
            colour = mix(style.ink, style.paper, pale)
            band = ax.axvspan(
                net.mean() - wide, net.mean() + wide, color=colour, linewidth=0, zorder=Z["ground"]
            )
            band.set_gid(name)
            entries.append((f"{words}, ±{number(wide)} {unit.name}", Patch(color=colour)))
    place = np.arange(len(rows))
    look: dict[str, Any] = {"color": style.ink, "capsize": 2.5, "elinewidth": style.front_pt, "markersize": 4}
    ax.errorbar(net, place, xerr=np.nan_to_num(off), fmt="o", gid="net", zorder=Z["front"], **look)
    ax.axvline(0, color=style.ink, linewidth=style.frame_pt_width, zorder=Z["district"])
    ax.set_ylim(-0.7, len(rows) - 0.3)
    ax.set_yticks(place, [clean(name) for name in rows["source"]])
    ax.set_xlabel(f"{unit.name}, net change", **plain(style, style.legend_pt))
    set_axes_look(ax, style)
    write_above(ax, f"Net change by source, with its {nets.level:.0%} interval", entries, style)
    return ax
