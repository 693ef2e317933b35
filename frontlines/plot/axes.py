"""Axes of charts: their lines and numbers, heading and legend above, never on the data."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.legend import Legend

from frontlines.plot.captions import wrap
from frontlines.plot.furniture import draw_legend
from frontlines.plot.keys import Entry
from frontlines.plot.layout import inches
from frontlines.plot.lettering import clean, font_of, plain, renderer_of
from frontlines.plot.shapes import Z
from frontlines.plot.style import PT_PER_INCH, MapStyle, mix

_HEIGHT_MM = 72.0
_GAP_PT = 2.5


def axes_for(ax: Axes | None, style: MapStyle) -> Axes:
    """Return the Axes, or make a new one as wide as the page."""
    if ax is not None:
        return ax
    return plt.subplots(figsize=inches(style.width_mm, _HEIGHT_MM), layout="constrained")[1]


def number(value: float, *, sign: bool = False, scale: float = 0.0) -> str:
    """Write a number as it stands on a chart: three figures of it, or of a larger `scale`; a true minus.

    Examples
    --------
    >>> number(4808.59, sign=True), number(-0.25), number(-4.95, scale=1055)
    ('+4,809', '−0.25', '−5')
    """
    size = max(abs(value), scale)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2  # noqa: PLR2004 - three figures
    text = f"{abs(value):,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        return "0"
    return ("−" if value < 0 else "+" if sign else "") + text


def tick(value: float) -> str:
    """Write a number beside a tick, whole thousands parted, with a true minus.

    Examples
    --------
    >>> tick(-2500.0), tick(0.25)
    ('−2,500', '0.25')
    """
    return f"{value:,.10g}".replace("-", "−")


def rule(ax: Axes, style: MapStyle) -> None:
    """Set lines, ticks and their lettering in the style; nothing is drawn above or to the right."""
    font = font_of(style, style.legend_pt)
    for text in (*ax.get_xticklabels(), *ax.get_yticklabels()):
        text.set_fontproperties(font)
    ax.tick_params(width=style.frame_pt_width, length=2.5, color=style.ink, labelcolor=style.ink, pad=2.0)
    for name, spine in ax.spines.items():
        spine.set(linewidth=style.frame_pt_width, color=style.ink, visible=name in {"left", "bottom"})


def draw_levels(ax: Axes, style: MapStyle) -> None:
    """Draw fine lines across at the numbers up the side, under the data."""
    ax.grid(axis="y", linewidth=style.district_pt_width, color=mix(style.ink, style.paper, 0.8))
    ax.set_axisbelow(True)


def write_above(ax: Axes, heading: str, entries: Sequence[Entry], style: MapStyle) -> Legend | None:
    """Write the heading and the legend over an Axes.

    Parameters
    ----------
    ax
        The Axes.
    heading
        Its heading; wrapped to its width, nothing in it is interpreted.
    entries
        Of the legend; none for no legend.
    style
        The style.

    Returns
    -------
    Legend or None
        The legend.
    """
    legend = _legend_above(ax, entries, style) if entries else None
    pt_per_px = PT_PER_INCH / ax.figure.dpi
    over = 0.0
    if legend is not None:
        over = legend.get_window_extent(renderer_of(ax.figure)).height * pt_per_px + 2 * _GAP_PT
    look = plain(style, style.heading_pt, weight="bold")
    text = wrap(clean(heading), ax.get_window_extent().width, ax.figure, look["fontproperties"])
    ax.set_title(text, loc="left", pad=over + 1.5 * _GAP_PT, **look)
    return legend


def _legend_above(ax: Axes, entries: Sequence[Entry], style: MapStyle) -> Legend:
    """Draw the legend in as few lines as the width of the Axes allows."""
    room = ax.get_window_extent().width
    for columns in range(len(entries), 0, -1):
        width = None if columns > 1 else room
        legend = draw_legend(ax, entries, columns=columns, width_px=width, style=style)
        legend.set_loc("lower left")
        legend.set_bbox_to_anchor((0.0, 1.0), transform=ax.transAxes)
        legend.borderaxespad = _GAP_PT / style.legend_pt
        legend.set_clip_on(False)
        if columns == 1 or legend.get_window_extent(renderer_of(ax.figure)).width <= room:
            break
        legend.remove()
    legend.set_zorder(Z["furniture"])
    return legend
