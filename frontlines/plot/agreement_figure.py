"""Pages of two sources for print: the map of where they differ, and the charts over many days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from frontlines.arguments import checked
from frontlines.crs import require_working_crs
from frontlines.names import WHOLE
from frontlines.plot.artists import (
    View,
    Z,
    areas,
    bounds_of,
    fill,
    frame,
    outline,
    paint,
    show,
    stroke,
    view_of,
)
from frontlines.plot.chart_axes import days_at, set_date_axes, write_above
from frontlines.plot.furniture import Entry, furnish
from frontlines.plot.labels import place_labels
from frontlines.plot.map_layers import district_labels, draw_districts
from frontlines.plot.map_page import LEGEND_GUESS_MM, Needs, legend_shape, mark_view, plan, write_headings
from frontlines.plot.page import Chart, FigurePage, chart_page
from frontlines.plot.scene import detail_views, with_details
from frontlines.plot.style import DEFAULT_STYLE, AreaStyle, MapStyle, mix
from frontlines.plot.text import clean, day, number

_LEAST_ROOM = 0.002  # of IoU on its chart: less is no change to be seen
_MOST_NAMES, _FEW = 60, 60
_ENDS = 0.015  # of the days of a chart, after the last of them
_RIM_INK = 0.25  # share of ink in the colour of the rim
_RIM_PT = 0.6  # pieces have a rim, so that the thinnest can be seen
_TWO_LINES = ("#6B3F00", "#3F9C8F")


@checked(ground="polygons kind area_km2")
def agreement_figure(
    ground: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    names: tuple[str, str],
    *,
    side: str,
    title: str,
    caption: str,
    style: MapStyle = DEFAULT_STYLE,
) -> Figure:
    """Draw the map of two sources for print: ground that both, one or neither gives to a side.

    Parameters
    ----------
    ground
        From `differing_ground`, of one date.
    districts
        From `as_districts`, in the same CRS; a column `label` is written in place of the names.
    names
        What the two sources are called, for the legend.
    side
        What the side is called.
    title, caption
        Texts, wrapped to the page; nothing in them is interpreted.
    style
        The style; the page is its `width_mm` wide and at most its `max_height_mm` high.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, on an Agg canvas and unknown to pyplot. Ground that only one source gives to the side
        differs by colour and by hatch, and has a rim; the gids are ``only_first``, ``only_second``,
        ``both`` and ``neither``. Details show where most of the difference is, if it is not everywhere.

    Examples
    --------
    >>> squares = shapely.box([0, 1000, 2000], 0, [1000, 2000, 4000], 1000)
    >>> kinds = {"kind": ["both", "only_first", "neither"], "area_km2": [1.0, 1.0, 2.0]}
    >>> ground = gpd.GeoDataFrame(kinds, geometry=squares, crs="EPSG:3035")
    >>> whole = gpd.GeoDataFrame({"district": ["D"]}, geometry=[shapely.box(0, 0, 4000, 1000)], crs=3035)
    >>> figure = agreement_figure(ground, whole, ("a", "b"), side="A", title="A", caption="made up")
    >>> [ax.get_label() for ax in figure.axes]
    ['legend', 'main']
    """
    require_working_crs(ground=ground, districts=districts)
    shapes = dict(zip(ground["kind"], ground.geometry, strict=True))
    whole = (bounds_of(districts.geometry) or View(-1.0, -1.0, 1.0, 1.0)).grown(0.03)
    apart = areas([shapes[kind] for kind in ("only_first", "only_second") if kind in shapes])
    page = FigurePage(style, title=title, caption=caption)
    aspect, title_mm = whole.width / whole.height, page.top_mm - style.margin_mm
    needs = Needs(main_aspect=aspect, title_mm=title_mm, caption_mm=page.caption_mm)
    details = detail_views(apart, whole, needs, style) if len(apart) else []
    needs = with_details(needs, details, whole, style)
    (width_mm, columns), box = legend_shape(needs, style), plan(needs, LEGEND_GUESS_MM, style).legend
    entries = _entries(ground, names, side, style)
    host, legend_mm = page.add_legend(entries, box, columns=columns, entry_mm=width_mm / columns)
    places = plan(needs, legend_mm, style)
    boxes, views = (places.main, *places.details), [whole, *(one.view for one in details)]
    axes = [page.add(name, own) for name, own in zip(["main", *["zoom"] * len(details)], boxes, strict=True)]
    page.end(places.foot)
    page.put(host, places.legend)
    for ax, view, own in zip(axes, views, boxes, strict=True):
        frame(ax, style)
        show(ax, view.fitted(own.aspect))
        _draw_ground(ax, shapes, districts, style)
    insets = [view_of(ax) for ax in axes[1:]]
    for inset, letter in zip(insets, "bcd", strict=False):
        mark_view(axes[0], inset, letter, style)
    if insets:
        write_headings(
            page, boxes, ["The whole ground", *["Detail: ground where the sources differ"] * len(insets)]
        )
    for ax in axes:
        framed = [inset.box() for inset in insets if ax is axes[0]]
        furnish(ax, districts.crs, [*apart, *framed], style=style)
        shown = districts[districts.intersects(view_of(ax).box()).to_numpy()]
        spare = shapely.union_all([*apart, *(shapely.boundary(framed))])
        place_labels(ax, district_labels(shown, style=style)[:_MOST_NAMES], spare=spare, style=style)
    return page.figure


def _looks(style: MapStyle) -> dict[str, AreaStyle]:
    """Give each kind of ground its fill."""
    kinds = ("neither", "both", "only_first", "only_second")
    return dict(zip(kinds, (style.rest, style.held, style.gained, style.lost), strict=True))


def _draw_ground(ax: Axes, shapes: Mapping[str, Any], districts: gpd.GeoDataFrame, style: MapStyle) -> None:
    """Draw all that is not text; the extent stays as it was set."""
    for kind, look in _looks(style).items():
        if kind not in shapes:
            continue
        fill(ax, [shapes[kind]], look, style=style, name=kind, zorder=Z["ground"])
        if kind.startswith("only"):
            rim, colour = f"{kind}:rim", mix(look.face, style.ink, _RIM_INK)
            stroke(ax, [shapes[kind]], colour=colour, width_pt=_RIM_PT, name=rim, zorder=Z["front"])
    draw_districts(districts, ax=ax, label=False, style=style)
    outline(ax, [districts.union_all()], "theatre", style)


def _entries(ground: gpd.GeoDataFrame, names: tuple[str, str], side: str, style: MapStyle) -> list[Entry]:
    """Return a legend with an entry for each kind of ground there is, and its area."""
    km2 = dict(zip(ground["kind"], ground["area_km2"], strict=True))
    first, second = (clean(name) for name in names)
    texts = {
        "only_first": f"{clean(side)} by {first} only",
        "only_second": f"{clean(side)} by {second} only",
        "both": f"{clean(side)} by both",
        "neither": "By neither",
    }
    found: list[Entry] = []
    for kind, text in texts.items():
        if kind in km2:
            swatch = paint(Patch(), _looks(style)[kind], style)
            swatch.set(
                linewidth=0.4, edgecolor=style.district_edge if kind == "neither" else swatch.get_edgecolor()
            )
            found.append((f"{text}: {number(float(km2[kind]))} km²", swatch))
    return found


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
    for which, name, colour, dashes in zip(("first", "second"), names, _TWO_LINES, ("-", "--"), strict=True):
        km2 = (rows["both_km2"] + rows[f"only_{which}_km2"]).to_numpy(dtype=float)
        look: dict[str, Any] = {"color": colour, "linestyle": dashes, "linewidth": style.front_pt}
        ax.plot(days, km2 - km2[0], gid=f"net:{which}", zorder=Z["front"], **look, **_points(rows))
        text = f"{clean(name)}: {number(float(km2[-1] - km2[0]), sign=True)} km²"
        entries.append((text, Line2D([], [], **look)))
    ax.axhline(0, color=style.ink, linewidth=style.frame_pt_width, zorder=Z["district"])
    ax.set_xlim(days[0], days[-1] + _ENDS * (days[-1] - days[0]))
    set_date_axes(ax, f"km² since {day(rows['date'].iloc[0])}", style)
    write_above(ax, f"{clean(side)}: net change by each source, {_span(rows)}", entries, style)
    return ax
