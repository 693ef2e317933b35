"""Charts of how sure the figures are."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from frontlines.errors import FrontlinesError
from frontlines.plot import axes
from frontlines.plot.lettering import clean, halo, plain
from frontlines.plot.shapes import Z, dash
from frontlines.plot.style import DEFAULT_STYLE, MapStyle, day, mix

_COLUMNS = ("correlation_m", "sigma_km2", "net_km2", "side", "date_from", "date_to", "own")
_SURE = 1.959964  # standard errors to either side of a 95 % interval
_ROOM = 1.12


def draw_error_by_correlation(
    table: pd.DataFrame, *, ax: Axes | None = None, style: MapStyle = DEFAULT_STYLE
) -> Axes:
    """Draw the error of the net change against the length along which errors of the lines are correlated.

    Parameters
    ----------
    table
        From `frontlines.uncertainty.error_by_correlation`.
    ax
        The Axes; a new one if None.
    style
        The style.

    Returns
    -------
    Axes
        The Axes: the curve (gid ``sigma``), its two ends as levels (``vertices``: each vertex is off by
        itself; ``shifted``: whole lines are), the study's own length (``own``), and the level above which the
        95 % interval of net includes no change (``sure``).

    Raises
    ------
    FrontlinesError
        If columns are missing, or there are not two lengths between the ends.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "correlation_m": [0, 100, 1000, 10000, np.inf], "sigma_km2": [5.0, 5, 15, 40, 60],
    ...     "net_km2": 90.0, "side": "A", "own": [False, False, True, False, False],
    ...     "date_from": "1994-04-07", "date_to": "1994-05-12"})
    >>> ax = draw_error_by_correlation(table)
    >>> ax.get_xscale(), ax.get_ylabel()
    ('log', 'km², standard error of net change')
    """
    rows = _checked(table)
    ax = axes.axes_for(ax, style)
    inner = rows[(rows["correlation_m"] > 0) & np.isfinite(rows["correlation_m"])]
    first, last = float(rows["sigma_km2"].iloc[0]), float(rows["sigma_km2"].iloc[-1])
    km = inner["correlation_m"].to_numpy(dtype=float) / 1000
    ax.set_xscale("log")
    ax.set_xlim(km[0], km[-1])
    net = abs(float(rows["net_km2"].iloc[0]))
    ax.set_ylim(0, _ROOM * max(last, inner["sigma_km2"].max(), 1e-9))
    ax.plot(km, inner["sigma_km2"], color=style.ink, linewidth=style.front_pt, gid="sigma", zorder=Z["front"])
    _draw_level(ax, first, "vertices", "lower end: each drawn vertex is off by itself", "right", style)
    _draw_level(ax, last, "shifted", "upper end: each line is off as a whole", "left", style)
    _draw_sure(ax, net / _SURE, style)
    _mark_own(ax, inner[inner["own"].astype(bool)], style)
    _dress(ax, style)
    told = axes.number(float(rows["net_km2"].iloc[0]), sign=True)
    span = " to ".join(day(pd.Timestamp(rows[name].iloc[0])) for name in ("date_from", "date_to"))
    heading = f"{clean(rows['side'].iloc[0])}: error of net change, {told} km², {span}"
    axes.write_above(ax, heading, [], style)
    return ax


def _checked(table: pd.DataFrame) -> pd.DataFrame:
    absent = [name for name in _COLUMNS if name not in table]
    if absent:
        raise FrontlinesError(
            f"the table has no column {', '.join(absent)}: make it with uncertainty.error_by_correlation"
        )
    rows = table.sort_values("correlation_m", kind="stable")
    lengths = rows["correlation_m"].to_numpy(dtype=float)
    if (np.isfinite(lengths) & (lengths > 0)).sum() < 2 or lengths[0] != 0 or np.isfinite(lengths[-1]):  # noqa: PLR2004
        raise FrontlinesError(
            "the table needs the lengths 0 and infinity and two in between: "
            "make it with uncertainty.error_by_correlation"
        )
    return rows


def _draw_level(ax: Axes, km2: float, name: str, text: str, where: str, style: MapStyle) -> None:
    """Draw one of the two ends as a level, with its name on it."""
    told = f"{text}, {axes.number(km2)} km²"
    pale = mix(style.ink, style.paper, 0.35)
    ax.axhline(
        km2, color=pale, linewidth=style.oblast_pt_width, linestyle=dash(style.oblast_pt_width, 4.0, 2.2),
        gid=name, zorder=Z["district"],
    )  # fmt: skip
    x, align, nudge = (0.985, "right", 0.0) if where == "right" else (0.015, "left", 0.0)
    ax.annotate(
        told, (x, km2), xycoords=("axes fraction", "data"), xytext=(nudge, 2.5),
        textcoords="offset points", ha=align, va="bottom", path_effects=halo(style), zorder=Z["label"],
        **plain(style, style.legend_pt),
    )  # fmt: skip


def _draw_sure(ax: Axes, km2: float, style: MapStyle) -> None:
    """Shade where the 95 % interval of net includes no change."""
    top = ax.get_ylim()[1]
    if not 0 < km2 < top:
        return
    shade = ax.axhspan(km2, top, color=mix(style.ink, style.paper, 0.92), linewidth=0, zorder=Z["ground"])
    shade.set_gid("sure")
    ax.annotate(
        "from here up the 95 % interval includes no change", (0.985, km2), xycoords=("axes fraction", "data"),
        xytext=(0.0, 2.5), textcoords="offset points", ha="right", va="bottom", zorder=Z["label"],
        path_effects=halo(style), **plain(style, style.legend_pt),
    )  # fmt: skip


def _mark_own(ax: Axes, own: pd.DataFrame, style: MapStyle) -> None:
    """Mark the length that the study works with."""
    if own.empty:
        return
    km, km2 = float(own["correlation_m"].iloc[0]) / 1000, float(own["sigma_km2"].iloc[0])
    red = style.date_colours[-1]
    ax.vlines(km, 0, km2, color=red, linewidth=style.oblast_pt_width, zorder=Z["mark"])
    ax.plot([km], [km2], "o", color=red, markersize=4.0, gid="own", zorder=Z["town"])
    told = f"this study: {km:g} km, {axes.number(km2)} km²"
    ax.annotate(
        told, (km, km2), xytext=(-4.0, 4.0), ha="right", va="bottom",
        textcoords="offset points", path_effects=halo(style), zorder=Z["label"],
        **plain(style, style.heading_pt, weight="bold"),
    )  # fmt: skip


def _dress(ax: Axes, style: MapStyle) -> None:
    """Set axes and ticks in the style."""
    low, high = ax.get_xlim()
    powers = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    ticks = [m * 10.0**p for p in powers for m in (1, 2, 5)]
    ax.xaxis.set_major_locator(FixedLocator([tick for tick in ticks if low <= tick <= high]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    ax.set_xlabel("km along the front over which errors are correlated", **plain(style, style.legend_pt))
    ax.set_ylabel("km², standard error of net change", **plain(style, style.legend_pt))
    axes.rule(ax, style)
