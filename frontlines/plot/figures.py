"""Whole pages of charts for print: a series with its caption, and districts side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox

from frontlines.errors import FrontlinesError
from frontlines.movement.displacement import places_along, ways
from frontlines.plot import chart_axes as axes
from frontlines.plot import chart_axes as timeaxis
from frontlines.plot.artists import View, bounds_of, lines, metres_per_pt, present, show, view_of
from frontlines.plot.charts import (
    contested_entries,
    contested_levels,
    days_in,
    draw_front_length,
    draw_gains_and_losses,
    draw_level,
    draw_rug,
    draw_series,
    heading,
    step_entries,
    totals_of,
)
from frontlines.plot.front_layers import draw_frontlines, draw_transects, transect_entries
from frontlines.plot.furniture import (
    draw_graticule_ticks,
    draw_legend,
    draw_north_arrow,
    draw_scale_bar,
    emptiest_corners,
    frame,
)
from frontlines.plot.labels import place_labels
from frontlines.plot.legend import Entry
from frontlines.plot.map_layers import (
    district_labels,
    draw_districts,
    draw_settlements,
    pick_settlements,
    town_labels,
)
from frontlines.plot.page import Box, add_panel, draw_block, draw_columns, height_mm, inches, put, shortened
from frontlines.plot.profile import draw_profile
from frontlines.plot.style import (
    DEFAULT_STYLE,
    MM_PER_INCH,
    PT_PER_INCH,
    MapStyle,
    clean,
    date_colours,
    day,
    font_of,
    plain,
    renderer_of,
)

_PANEL_MM = 58.0
_SMALL_MM = 27.0
_ACROSS = 4
_NAME_MM = 10.5
_FOOT_MM = 6.5
_TITLE_GAP_MM = 2.0
_LEFT_MM = 16.0  # from the edge of the page to the charts: room for numbers and what is measured


def series_figure(
    series: pd.DataFrame,
    *,
    title: str,
    caption: str,
    fronts: pd.DataFrame | None = None,
    style: MapStyle = DEFAULT_STYLE,
) -> Figure:
    """Draw the page of a series for print: net change over gains and losses, title and caption.

    Parameters
    ----------
    series
        From `change_series` or `series_totals`; see `draw_series` and `draw_gains_and_losses`.
    title, caption
        Texts, wrapped to the page; nothing in them is interpreted.
    fronts
        From `front_length`, for a third chart; None for none.
    style
        The style; the page is its `width_mm` wide and as high as needed.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, on an Agg canvas and unknown to pyplot. Save it with ``figure.savefig("series.png")``.

    Raises
    ------
    FrontlinesError
        If the table has no rows, or columns are missing.

    Examples
    --------
    >>> totals = pd.DataFrame({
    ...     "side": "A", "date_from": pd.to_datetime(["2031-06-01"]),
    ...     "date_to": pd.to_datetime(["2031-06-02"]), "gained_km2": [3.0], "lost_km2": [1.0],
    ...     "net_km2": [2.0], "cumulative_net_km2": [2.0], "cadence": "daily (D)",
    ...     "same_input": False, "suspect": False})
    >>> [ax.get_label() for ax in series_figure(totals, title="A", caption="made up").axes]
    ['net', 'gains and losses']
    """
    totals = totals_of(series, ("gained_km2", "lost_km2", "net_km2", "cumulative_net_km2"))
    charts = [
        Chart("net", lambda ax: draw_series(totals, ax=ax, style=style)),
        Chart("gains and losses", lambda ax: draw_gains_and_losses(totals, ax=ax, style=style)),
    ]
    if fronts is not None:
        charts.append(Chart("front", lambda ax: draw_front_length(fronts, ax=ax, style=style)))
    return chart_page(charts, title=title, caption=caption, style=style)


class Chart(NamedTuple):
    """One chart of a page: its name, what draws it on an Axes, and its height and left edge [mm]."""

    name: str
    draw: Callable[[Axes], Axes]
    height_mm: float = _PANEL_MM
    left_mm: float = _LEFT_MM

    def box(self, top_mm: float, style: MapStyle) -> Box:
        """Give its place on the page."""
        right = 2 * style.margin_mm if self.left_mm > style.margin_mm else style.margin_mm
        return Box(self.left_mm, top_mm, style.width_mm - self.left_mm - right, self.height_mm)


def chart_page(
    charts: Sequence[Chart], *, title: str, caption: str, style: MapStyle = DEFAULT_STYLE
) -> Figure:
    """Put charts under each other on a page with a title and a caption, as high as needed."""
    figure = _page(style)
    head, foot = _write(figure, (title, caption), 0.0, style.max_height_mm, style)
    figure.clear()
    panels, tops, at = [], [], style.margin_mm + head
    for chart in charts:
        ax = add_panel(figure, chart.box(at, style), style.max_height_mm, style, name=chart.name)
        panels.append(chart.draw(ax))
        _align_label(ax, style)
        above, below = _stands_out_mm(ax)
        tops.append(at + above)
        at += above + chart.height_mm + below + style.gap_mm
    height = at + foot + style.margin_mm
    figure.set_size_inches(*inches(style.width_mm, height))
    for ax, chart, top in zip(panels, charts, tops, strict=True):
        put(ax, chart.box(top, style), height, style)
    _write(figure, (title, caption), at, height, style)
    return figure


def district_figure(
    series: pd.DataFrame,
    *,
    caption: str = "",
    most: int = 12,
    labels: Mapping[str, str] | None = None,
    style: MapStyle = DEFAULT_STYLE,
) -> Figure:
    """Draw the net change of the districts that changed most, side by side on one scale.

    Parameters
    ----------
    series
        From `change_series`.
    caption
        Text for the foot of the page, such as the sources; nothing in it is interpreted.
    most
        Draw no more districts than this: those with the largest turnover (gained plus lost, all steps).
    labels
        How to call each district, by its `district`; None, or a district that is not in it: as it is.
    style
        The style; the page is its `width_mm` wide.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, on an Agg canvas and unknown to pyplot. All panels have the same days and the same
        scale, and name the district, its net change and its gains and losses. Suspect steps are marked
        where the district has a part in them. If nothing changed anywhere, the page says so.

    Raises
    ------
    FrontlinesError
        If the table has no rows, columns are missing, or `most` is not positive.

    Examples
    --------
    >>> from frontlines.series.change_series import COLUMNS
    >>> series = pd.DataFrame({name: [1.0] for name in COLUMNS}).assign(
    ...     side="A", district=["North"], date_from="2031-06-01", date_to="2031-06-02", cadence="daily",
    ...     same_input=False, suspect=False, contested_before_km2=0.0, contested_after_km2=0.0)
    >>> [ax.get_label() for ax in district_figure(series).axes]
    ['North']
    """
    if "district" not in series.columns:
        raise FrontlinesError("there are no districts in the table: pass what change_series returned")
    if most < 1:
        raise FrontlinesError(f"most = {most} draws nothing: pass 1 or more")
    totals = totals_of(series, ())
    chosen, found = _choose(series, most)
    chosen = [((labels or {}).get(name, name), rows) for name, rows in chosen]
    figure = _page(style)
    told = [heading(totals, "net change by district"), _choice(len(chosen), *found)]
    head = _write_head(figure, told, totals, style.max_height_mm, style)
    foot = _write(figure, ("", caption), 0.0, style.max_height_mm, style)[1] if caption.strip() else 0.0
    figure.clear()
    grid = -(-len(chosen) // _ACROSS) * (_NAME_MM + _SMALL_MM) + _FOOT_MM if chosen else 0.0
    at = head + grid + (style.gap_mm if foot else 0.0)
    height = at + foot + style.margin_mm
    figure.set_size_inches(*inches(style.width_mm, height))
    _write_head(figure, told, totals, height, style)
    if foot:
        _write(figure, ("", caption), at, height, style)
    _draw_grid(figure, totals, chosen, (height, head), style)
    return figure


def _choose(series: pd.DataFrame, most: int) -> tuple[list[tuple[str, pd.DataFrame]], tuple[int, int]]:
    """Return the rows of the districts with the largest turnover, and how many changed, of how many."""
    rows = days_in(series).sort_values(["district", "date_to"], kind="stable")
    moved = rows.groupby("district", sort=True)["turnover_km2"].sum()
    ranked = moved[moved > 0].sort_values(ascending=False, kind="stable")
    groups = rows[rows["district"].isin(ranked.index[:most])].groupby("district")
    return [(str(name), groups.get_group(name)) for name in ranked.index[:most]], (len(ranked), len(moved))


def _choice(shown: int, changed: int, every: int) -> str:
    """Say which districts are shown, and how to read them."""
    if not changed:
        return f"No ground changed hands in any of {every} districts."
    which = (
        f"Ground changed hands in {changed} of {every} districts: those"
        if shown == changed
        else f"The {shown} of {every} districts where most ground changed hands ({changed} where any did)"
    )
    return (
        f"{which}, ordered by km² gained plus lost, all on one scale. Over each: net change since the first "
        "day (gained, lost)."
    )


def _write_head(
    figure: Figure, told: Sequence[str], totals: pd.DataFrame, page_mm: float, style: MapStyle
) -> float:
    """Write title, choice and legend at the top of a page; return where the panels may begin [mm]."""
    at = style.margin_mm
    figure.set_size_inches(*inches(style.width_mm, page_mm))
    for text, size, weight in zip(told, (style.title_pt, style.legend_pt), ("bold", "normal"), strict=True):
        block = draw_block(
            figure, clean(text), xy=(style.margin_mm / style.width_mm, 1 - at / page_mm),
            width_mm=_inner_mm(style), size_pt=size, weight=weight, style=style,
        )  # fmt: skip
        at += height_mm(figure, [block]) + _TITLE_GAP_MM
    entries = [*contested_entries(totals, style), *step_entries(totals, style)]
    if entries:
        box = Box(style.margin_mm, at, _inner_mm(style), 10.0)
        host = add_panel(figure, box, page_mm, style, name="legend")
        host.set_axis_off()
        legend = draw_legend(host, entries, columns=len(entries), style=style)
        at += legend.get_window_extent(renderer_of(figure)).height / figure.dpi * MM_PER_INCH + _TITLE_GAP_MM
    return at


def _draw_grid(
    figure: Figure,
    totals: pd.DataFrame,
    chosen: Sequence[tuple[str, pd.DataFrame]],
    page: tuple[float, float],
    style: MapStyle,
) -> None:
    """Draw a panel for each district; `page` is its height and where the first row begins [mm]."""
    width = (style.width_mm - style.margin_mm - _LEFT_MM + style.gap_mm) / _ACROSS - style.gap_mm
    levels = [np.concatenate([[0.0], rows["net_km2"].cumsum()]) for _, rows in chosen]
    tops = [level + contested_levels(rows) for level, (_, rows) in zip(levels, chosen, strict=True)]
    low = min((level.min() for level in levels), default=0.0)
    high = max((level.max() for level in tops), default=0.0)
    room = max(high - low, 1e-9)
    for i, (name, rows) in enumerate(chosen):
        row, column = divmod(i, _ACROSS)
        top = page[1] + row * (_NAME_MM + _SMALL_MM) + _NAME_MM
        box = Box(_LEFT_MM + column * (width + style.gap_mm), top, width, _SMALL_MM)
        ax = add_panel(figure, box, page[0], style, name=clean(name))
        own = rows.assign(suspect=rows["suspect"].astype(bool) & (rows["turnover_km2"] > 0))
        draw_level(ax, own, levels[i], style, dots=False)
        ax.set_ylim(low - 0.06 * room, high + 0.06 * room)
        draw_rug(ax, totals, style)
        timeaxis.dress(ax, "km²" if column == 0 else "", style)
        _align_label(ax, style)
        ax.tick_params(labelleft=column == 0, labelbottom=i + _ACROSS >= len(chosen))
        _name(ax, name, rows, style)


def _name(ax: Axes, name: str, rows: pd.DataFrame, style: MapStyle) -> None:
    """Write a district's name and its figures over its panel."""
    net, gained, lost = (float(rows[f"{kind}_km2"].sum()) for kind in ("net", "gained", "lost"))
    told, *parts = (axes.number(v, sign=True, scale=max(gained, lost)) for v in (net, gained, -lost))
    told += f" km² ({', '.join(parts)})"
    font = font_of(style, style.heading_pt, weight="bold")
    fitted = shortened(clean(name), ax.get_window_extent().width, ax.figure, font)
    for text, over, size, weight in (
        (fitted, 10.5, style.heading_pt, "bold"),
        (told, 2.5, style.legend_pt, "normal"),
    ):
        ax.annotate(
            text, (0.0, 1.0), xycoords="axes fraction", xytext=(0.0, over), textcoords="offset points",
            va="bottom", **plain(style, size, weight=weight),
        )  # fmt: skip


def _page(style: MapStyle) -> Figure:
    size = inches(style.width_mm, style.max_height_mm)
    figure = Figure(figsize=size, dpi=style.dpi, facecolor=style.paper)
    FigureCanvasAgg(figure)
    return figure


def _inner_mm(style: MapStyle) -> float:
    return style.width_mm - 2 * style.margin_mm


def _align_label(ax: Axes, style: MapStyle) -> None:
    """Put what is measured at the margin of the page."""
    width_mm = ax.get_position().width * style.width_mm
    ax.yaxis.set_label_coords(-(_LEFT_MM - style.margin_mm) / width_mm, 0.5)
    ax.yaxis.label.set_verticalalignment("top")


def _stands_out_mm(ax: Axes) -> tuple[float, float]:
    """Measure how far heading and legend stand out above an Axes, and labels below it [mm]."""
    renderer = renderer_of(ax.figure)
    inner, outer = ax.get_window_extent(renderer), ax.get_tightbbox(renderer)
    legends = [a.get_window_extent(renderer) for a in ax.get_children() if isinstance(a, Legend)]
    outer = inner if outer is None else Bbox.union([inner, outer, *legends])
    per_px = MM_PER_INCH / ax.figure.dpi
    return float(outer.y1 - inner.y1) * per_px, float(inner.y0 - outer.y0) * per_px


def _write(
    figure: Figure, texts: tuple[str, str], caption_top: float, page_mm: float, style: MapStyle
) -> tuple[float, float]:
    """Write title and caption; return their heights, with the gap under the title [mm]."""
    x, width = style.margin_mm / style.width_mm, _inner_mm(style)
    title = draw_block(
        figure, texts[0], xy=(x, 1 - style.margin_mm / page_mm), width_mm=width, size_pt=style.title_pt,
        weight="bold", style=style,
    )  # fmt: skip
    title.set_gid("title")
    caption = draw_columns(figure, texts[1], xy=(x, 1 - caption_top / page_mm), width_mm=width, style=style)
    under = height_mm(figure, [title]) + _TITLE_GAP_MM if texts[0].strip() else 0.0
    return under, height_mm(figure, caption)


_MAP_MM = (70.0, 165.0)
_PROFILE_MM = 70.0
_CORNER_MM = (34.0, 9.0)
_MOST_TOWNS = 40


def profile_figure(
    displaced: gpd.GeoDataFrame,
    *,
    title: str,
    caption: str,
    settlements: gpd.GeoDataFrame | None = None,
    level: float = 0.95,
    style: MapStyle = DEFAULT_STYLE,
) -> Figure:
    """Draw the page with the profile of movement along a front.

    Parameters
    ----------
    displaced
        From `displacement`.
    title, caption
        Texts, wrapped to the page; nothing in them is interpreted. The caption names sources and dates.
    settlements, level
        See `draw_profile`.
    style
        The style; the page is its `width_mm` wide.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, on an Agg canvas and unknown to pyplot.

    Raises
    ------
    FrontlinesError
        If the frame has no rows or does not come from `displacement`.

    Examples
    --------
    >>> import pandas as pd
    >>> from frontlines.movement.displacement import displacement
    >>> from frontlines.movement.transects import make_transects
    >>> shapes = shapely.linestrings([[(4320000, y), (4324000, y)] for y in (3210000, 3213000)])
    >>> fronts = gpd.GeoDataFrame(
    ...     {"date": pd.to_datetime(["1994-05-02", "1994-05-12"]), "side_left": "B", "side_right": "A"},
    ...     geometry=shapes, crs="EPSG:3035")
    >>> displaced = displacement(make_transects(fronts, "A"), fronts)
    >>> [ax.get_label() for ax in profile_figure(displaced, title="A", caption="made up").axes]
    ['profile']
    """
    chart = Chart(
        "profile",
        lambda ax: draw_profile(displaced, ax=ax, settlements=settlements, level=level, style=style),
        _PROFILE_MM,
    )
    return chart_page([chart], title=title, caption=caption, style=style)


def movement_figure(
    displaced: gpd.GeoDataFrame,
    frontlines: gpd.GeoDataFrame,
    *,
    title: str,
    caption: str,
    districts: gpd.GeoDataFrame | None = None,
    settlements: gpd.GeoDataFrame | None = None,
    style: MapStyle = DEFAULT_STYLE,
) -> Figure:
    """Draw the page with the map of movement: transects by advance and retreat, both fronts, districts.

    Parameters
    ----------
    displaced
        From `displacement`.
    frontlines
        The lines it was made from; those of its first and last date are drawn.
    title, caption
        Texts, wrapped to the page; nothing in them is interpreted. The caption names sources and dates.
    districts, settlements
        Further layers, or None; settlements are named where there is room.
    style
        The style; the page is its `width_mm` wide.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, on an Agg canvas and unknown to pyplot. It shows where the front moved, or all of it if
        it did not.

    Examples
    --------
    >>> import pandas as pd
    >>> from frontlines.movement.displacement import displacement
    >>> from frontlines.movement.transects import make_transects
    >>> shapes = shapely.linestrings([[(4320000, y), (4324000, y)] for y in (3210000, 3213000)])
    >>> fronts = gpd.GeoDataFrame(
    ...     {"date": pd.to_datetime(["1994-05-02", "1994-05-12"]), "side_left": "B", "side_right": "A"},
    ...     geometry=shapes, crs="EPSG:3035")
    >>> displaced = displacement(make_transects(fronts, "A"), fronts)
    >>> [ax.get_label() for ax in movement_figure(displaced, fronts, title="A", caption="made up").axes]
    ['map']
    """
    dates = [displaced[name].iloc[0] for name in ("date_from", "date_to")]
    fronts = frontlines[frontlines["date"].isin(dates)]
    view = _view(displaced)
    inner = style.width_mm - 2 * style.margin_mm
    height = min(max(inner * view.height / view.width, _MAP_MM[0]), _MAP_MM[1])
    view = view.fitted(inner / height)

    def draw(ax: Axes) -> Axes:
        ax.set(xticks=[], yticks=[], facecolor=style.paper)
        frame(ax, style)
        show(ax, view)
        _draw_layers(ax, displaced, fronts, districts, style)
        _furnish(ax, displaced, fronts, style)
        _side_name(ax, displaced, fronts, districts, settlements, style)
        head = f"{clean(displaced['side'].iloc[0])}: net movement, {' to '.join(map(day, dates))}"
        axes.write_above(
            ax, head, [*_front_entries(fronts, view, style), *transect_entries(displaced, style)], style
        )
        return ax

    chart = Chart("map", draw, height, style.margin_mm)
    return chart_page([chart], title=title, caption=caption, style=style)


def _view(displaced: gpd.GeoDataFrame) -> View:
    """Give the part of the plane to be shown."""
    moved = present(ways(displaced))
    shown = moved if len(moved) else places_along(displaced, displaced["origin_m"].to_numpy(dtype=float))
    view = bounds_of(shown) or View(0.0, 0.0, 1.0, 1.0)
    least = View(view.west - 1000, view.south - 1000, view.east + 1000, view.north + 1000)
    return least.grown(0.06)


def _draw_layers(
    ax: Axes,
    displaced: gpd.GeoDataFrame,
    fronts: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame | None,
    style: MapStyle,
) -> None:
    if districts is not None:
        draw_districts(districts, ax=ax, label=False, style=style)
    draw_frontlines(fronts, ax=ax, band=False, style=style)
    draw_transects(displaced, ax=ax, style=style)


def _furnish(ax: Axes, displaced: gpd.GeoDataFrame, fronts: gpd.GeoDataFrame, style: MapStyle) -> None:
    """Put scale bar and north arrow in the emptiest corners, and degrees along the frame."""
    per_mm = metres_per_pt(ax) * PT_PER_INCH / MM_PER_INCH
    busy = [*lines(fronts.geometry), *present(ways(displaced))]
    corners = emptiest_corners(
        view_of(ax), busy, width_m=_CORNER_MM[0] * per_mm, height_m=_CORNER_MM[1] * per_mm
    )
    draw_scale_bar(ax, loc=corners[0][0], boxed=corners[0][1] > 0, style=style)
    draw_north_arrow(ax, displaced.crs, loc=corners[1][0], boxed=corners[1][1] > 0, style=style)
    draw_graticule_ticks(ax, displaced.crs, style=style)
    for text in ax.texts:
        if text.get_gid() == "degrees":  # on paper of its own: borders of districts run up to the frame
            text.set_bbox({"facecolor": style.paper, "linewidth": 0, "pad": 0.8})


def _side_name(
    ax: Axes,
    displaced: gpd.GeoDataFrame,
    fronts: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame | None,
    settlements: gpd.GeoDataFrame | None,
    style: MapStyle,
) -> None:
    """Set the names of settlements near the front and of districts, where there is room."""
    found = []
    if settlements is not None:
        towns = pick_settlements(settlements)
        inside = towns[towns.within(view_of(ax).box()).to_numpy()]
        off = shapely.distance(inside.geometry.to_numpy(), shapely.union_all(fronts.geometry.to_numpy()))
        inside = inside.assign(off_m=off).sort_values(["off_m", "name"], kind="stable").head(_MOST_TOWNS)
        draw_settlements(inside, ax=ax, label=False, style=style)
        found += town_labels(inside, style=style)
    if districts is not None:
        shown = districts[districts.intersects(view_of(ax).box()).to_numpy()]
        found += district_labels(shown, style=style)
    avoid = shapely.union_all([*lines(fronts.geometry), *present(ways(displaced))])
    place_labels(ax, found, avoid=avoid, style=style)


def _front_entries(fronts: gpd.GeoDataFrame, view: View, style: MapStyle) -> list[Entry]:
    """Return the entries of a legend for the fronts that are in view."""
    seen = set(fronts.loc[fronts.intersects(view.box()), "date"])
    return [
        (f"Front, {day(date)}", Line2D([], [], color=colour, linewidth=style.front_pt))
        for date, colour in date_colours(fronts["date"], style).items()
        if date in seen
    ]
