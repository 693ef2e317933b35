"""The whole figure for print: the theatre, the ground that moved, legend, locator and caption."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from frontlines.plot import chart_axes as axes
from frontlines.plot.artists import View, Z, lines, metres_per_pt, rule, show, view_of
from frontlines.plot.front_layers import draw_frontlines
from frontlines.plot.furniture import (
    draw_graticule_ticks,
    draw_legend,
    draw_locator,
    draw_north_arrow,
    draw_scale_bar,
    emptiest_corners,
    frame,
)
from frontlines.plot.labels import Label, place_labels
from frontlines.plot.legend import Entry, legend_entries
from frontlines.plot.map_layers import (
    country_labels,
    district_labels,
    draw_change,
    draw_context,
    draw_control,
    draw_districts,
    draw_settlements,
    pick_settlements,
    town_labels,
)
from frontlines.plot.page import (
    Box,
    Needs,
    Page,
    add_panel,
    draw_block,
    draw_columns,
    height_mm,
    inches,
    legend_columns,
    legend_width,
    plan,
    put,
    shortened,
)
from frontlines.plot.scene import ResultsLike, Scene, StudyLike, scene_of
from frontlines.plot.style import (
    DEFAULT_STYLE,
    MM_PER_INCH,
    PT_PER_INCH,
    MapStyle,
    clean,
    date_colours,
    font_of,
    halo,
    plain,
    renderer_of,
)

_CORNER_MM = (34.0, 9.0)
_MOST_DISTRICTS = 60
_COUNTRY, _TOWN, _DISTRICT = 3e6, 2e6, 1e6


@dataclass(frozen=True)
class Panel:
    """One panel of the figure."""

    ax: Axes
    view: View
    letter: str
    towns: tuple[str, ...]


def draw_ground(panel: Panel, scene: Scene) -> None:
    """Draw all that is not text; the extent stays as it was set."""
    ax, study, style = panel.ax, scene.study, scene.style
    if study.context is not None:
        draw_context(study.context, ax=ax, label=False, aside=scene.theatre, style=style)
    draw_change(scene.results.change, study.side, ax=ax, style=style)
    draw_districts(study.districts, ax=ax, label=False, style=style)
    edge, width = style.theatre_edge, style.theatre_pt_width
    rule(ax, [scene.theatre], colour=edge, width_pt=width, name="theatre", zorder=Z["theatre"])
    draw_frontlines(scene.results.frontlines, ax=ax, within=scene.theatre, style=style)
    if study.settlements is not None:
        draw_settlements(study.settlements, ax=ax, names=panel.towns, label=False, style=style)


def mark_view(ax: Axes, seen: View, letter: str, scene: Scene) -> None:
    """Draw the frame of what another panel shows, with that panel's letter."""
    style = scene.style
    frame = Rectangle((seen.west, seen.south), seen.width, seen.height, fill=False, gid="zoom-frame")
    frame.set(edgecolor=style.ink, linewidth=style.zoom_pt_width, zorder=Z["frame"])
    ax.add_patch(frame)
    ax.annotate(
        letter,
        xy=(seen.east, seen.north),
        xytext=(-2.5, -2.5),
        textcoords="offset points",
        ha="right",
        va="top",
        path_effects=halo(style),
        zorder=Z["label"],
        gid="zoom-letter",
        **plain(style, style.heading_pt, weight="bold"),
    )


def furnish(panel: Panel, inset: View | None, scene: Scene) -> None:
    """Put scale bar and north arrow in the emptiest corners, and degrees along the frame."""
    ax, style = panel.ax, scene.style
    view = view_of(ax)
    busy = [scene.fronts, shapely.union_all(scene.moved), shapely.boundary(scene.theatre)]
    busy += [] if inset is None else [inset.box()]
    if scene.study.context is not None:
        busy += list(shapely.intersection(lines(scene.study.context.geometry), view.box()))
    metres_per_mm = metres_per_pt(ax) * PT_PER_INCH / MM_PER_INCH
    width, height = (v * metres_per_mm for v in _CORNER_MM)
    corners = emptiest_corners(view, busy, width_m=width, height_m=height)
    (bar, bar_busy), (arrow, arrow_busy) = corners[:2]
    draw_scale_bar(ax, loc=bar, boxed=bar_busy > 0, style=style)
    draw_north_arrow(ax, scene.study.crs, loc=arrow, boxed=arrow_busy > 0, style=style)
    draw_graticule_ticks(ax, scene.study.crs, style=style)


def write_names(panel: Panel, inset: View | None, scene: Scene) -> None:
    """Set the names of countries, towns and districts; a town whose name finds no room loses its dot."""
    study, style = scene.study, scene.style
    found: list[Label] = []
    if study.context is not None:
        countries = study.context[(study.context["kind"] == "country").to_numpy()]
        found += _raised(country_labels(countries, aside=scene.theatre, style=style), _COUNTRY)
    towns: list[Label] = []
    if study.settlements is not None:
        towns = _raised(town_labels(pick_settlements(study.settlements, panel.towns), style=style), _TOWN)
    found += [*towns, *_district_names(panel, scene)]
    rim = [] if inset is None else [shapely.buffer(shapely.boundary(inset.box()), metres_per_pt(panel.ax))]
    spare = shapely.union_all([*scene.moved, *rim])
    placed = place_labels(panel.ax, found, avoid=scene.fronts, spare=spare, style=style)
    _drop_dots(panel.ax, towns, placed.left_out)


def _drop_dots(ax: Axes, towns: list[Label], left_out: list[Label]) -> None:
    """Take away the dots of towns whose name is not written: a reader could not tell what they are."""
    kept = [i for i, town in enumerate(towns) if town not in left_out]
    for dots in ax.collections:
        if isinstance(dots, PathCollection) and dots.get_gid() == "town":
            dots.set_offsets(np.asarray(dots.get_offsets())[kept])


def _district_names(panel: Panel, scene: Scene) -> list[Label]:
    """Return the names of districts; of very many only those with changed ground."""
    balance = scene.results.balance
    of_side = balance[(balance["side"] == scene.study.side).to_numpy()]
    turnover = (of_side["gained_km2"] + of_side["lost_km2"]).groupby(of_side["district"]).sum()
    districts = scene.study.districts
    shown = districts[districts.intersects(view_of(panel.ax).box()).to_numpy()]
    every = _raised(district_labels(shown, weight=turnover.to_dict(), style=scene.style), _DISTRICT)
    if len(every) <= _MOST_DISTRICTS:
        return every
    moved = [name for name in every if turnover.max() > 0 and name.priority > _DISTRICT + 1.0]
    return (moved or every)[:_MOST_DISTRICTS]


def _raised(names: list[Label], by: float) -> list[Label]:
    return [replace(name, priority=name.priority + by) for name in names]


_MOST = 6
_LINE = 1.5  # times the size of the type
_NET_AT, _NAME_ENDS = 0.62, 0.46  # shares of the width: where figures end, and names at the latest
_RULE, _RULE_PT = 0.78, 0.5  # where the line over the sum is, in lines above its feet, and its width
_NOTABLE_KM2 = 1e-6
_ABOUT = "~ about: a border or corner is within reach of the error"


class Row(NamedTuple):
    """A line of the table, in words."""

    name: str
    net: str
    interval: str


def rows_of(results: ResultsLike) -> list[Row]:
    """Write the table of a study."""
    turnover = results.balance["gained_km2"] + results.balance["lost_km2"]
    order = turnover[turnover > _NOTABLE_KM2].sort_values(ascending=False, kind="stable").index
    moved = results.balance.loc[order]
    if moved.empty:
        return []
    interval = "" if results.errors is None else f"{results.errors.level:.0%} interval"
    rest = moved.iloc[_MOST:]
    others = [Row(f"{len(rest)} more", _km2(rest["net_km2"].sum()), "")] if len(rest) else []
    shown = pd.concat([moved.head(_MOST), results.total.assign(district="all districts")])
    *districts, total = [_row(row) for row in shown.to_dict("records")]
    side = results.study.sides.get(results.study.side, results.study.side)
    return [Row(f"{clean(side)}: net, km²", "", interval), *districts, *others, total]


def _row(row: dict[Any, Any]) -> Row:
    low, high = row.get("net_low_km2"), row.get("net_high_km2")
    interval = ""
    if isinstance(low, float) and isinstance(high, float) and np.isfinite([low, high]).all():
        about, scale = "~ " if row.get("trust") == "no" else "", max(abs(low), abs(high))
        interval = f"{about}{_km2(low, scale)} to {_km2(high, scale)}"
    return Row(clean(row["district"]), _km2(row["net_km2"]), interval)


def _km2(value: Any, scale: float = 0.0) -> str:
    return axes.number(float(value), sign=True, scale=scale)


def table_mm(rows: list[Row], style: MapStyle) -> float:
    """Give the height of a table."""
    return len(_lines(rows)) * _line_mm(style) if rows else 0.0


def draw_table(figure: Figure, rows: list[Row], box: Box, page_mm: float, style: MapStyle) -> None:
    """Write a table into a box of the page; nothing in it is interpreted."""
    for number, row in enumerate(_lines(rows)):
        y = 1 - (box.top + (number + 0.8) * _line_mm(style)) / page_mm
        weight = "bold" if row in (rows[0], rows[-1]) else "normal"
        share = _NAME_ENDS if row.net else _NET_AT if row.interval else 1.0
        room = share * box.width / MM_PER_INCH * figure.dpi
        name = shortened(row.name, room, figure, font_of(style, style.legend_pt, weight=weight))
        places = ((0.0, "left", name), (_NET_AT, "right", row.net), (1.0, "right", row.interval))
        for share, align, words in places:
            x = (box.left + share * box.width) / style.width_mm
            look = plain(style, style.legend_pt, weight=weight)
            figure.text(x, y, words, ha=align, va="baseline", gid="table", **look)
        if row is rows[-1]:
            over = y + _RULE * _line_mm(style) / page_mm
            ends = [box.left / style.width_mm, (box.left + box.width) / style.width_mm]
            figure.add_artist(Line2D(ends, [over, over], color=style.ink, linewidth=_RULE_PT, gid="table"))


def _lines(rows: list[Row]) -> list[Row]:
    """Add what must be said of the rows."""
    return [*rows, Row(_ABOUT, "", "")] if any(row.interval.startswith("~") for row in rows) else rows


def _line_mm(style: MapStyle) -> float:
    return _LINE * style.legend_pt * MM_PER_INCH / PT_PER_INCH


__all__ = [
    "ResultsLike",
    "StudyLike",
    "change_figure",
    "draw_change",
    "draw_context",
    "draw_control",
    "draw_districts",
    "draw_frontlines",
    "draw_settlements",
]

_LEGEND_MM = 50.0  # a guess, until the legend is measured
_TITLE_GAP_MM = 1.8
_HEADING_FOOT_MM = 1.2
_LETTER_MM = 3.4
_TABLE_MM = 70.0  # no wider than this: figures stand near their names
_TABLE_GAP_MM = 2.5
_HEADINGS = ("The whole theatre", "Detail: ground that changed hands")


def change_figure(results: ResultsLike, *, style: MapStyle | None = None) -> Figure:
    """Draw the figure of a study for print.

    The first panel shows the theatre with both fronts and the ground that the study's side gained, lost and
    held; the second one, left out when nothing changed, the ground that moved. The figure has a legend, a
    locator when the study has context, and the caption of the results at its foot.

    Parameters
    ----------
    results
        Results of a study, all frames in the working CRS.
    style
        The style; None for the default one, 180 mm wide.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, on an Agg canvas and unknown to pyplot. Save it with ``figure.savefig("map.png")``.

    Raises
    ------
    CRSError
        If the frames are not all in the study's working CRS.

    Examples
    --------
    >>> import frontlines as fl
    >>> figure = change_figure(fl.run_study(fl.load_study("karabakh-1994")))
    >>> round(figure.get_figwidth() * 25.4)
    180
    """
    look = style or DEFAULT_STYLE
    scene = scene_of(results, look)
    figure = Figure(figsize=inches(look.width_mm, look.max_height_mm), dpi=look.dpi, facecolor=look.paper)
    FigureCanvasAgg(figure)
    needs = _needs(figure, scene)
    panels = _add_panels(figure, scene, plan(needs, _LEGEND_MM, look))
    for panel in panels:
        draw_ground(panel, scene)
    page = _lay_out(figure, panels, scene, needs)
    _write_texts(figure, page, scene)
    inset = view_of(panels[1].ax) if len(panels) > 1 else None
    for panel, shown in zip_longest(panels, [inset]):
        if shown is not None:
            mark_view(panel.ax, shown, panels[1].letter, scene)
        furnish(panel, shown, scene)
        write_names(panel, shown, scene)
    return figure


def _needs(figure: Figure, scene: Scene) -> Needs:
    part, region = scene.part, scene.region
    title = _title(figure, scene, 1.0)
    caption = _caption(figure, scene, 1.0)
    needs = Needs(
        main_aspect=scene.whole.width / scene.whole.height,
        zoom_aspect=None if part is None else part.width / part.height,
        title_mm=height_mm(figure, title) + _TITLE_GAP_MM if scene.study.title.strip() else 0.0,
        caption_mm=height_mm(figure, caption),
        locator_aspect=None if region is None else region.width / region.height,
    )
    for text in [*title, *caption]:
        text.remove()
    return needs


def _title(figure: Figure, scene: Scene, y: float) -> list[Text]:
    """Write the title, its top at a share of the figure's height."""
    style = scene.style
    block = draw_block(
        figure,
        scene.study.title,
        xy=(style.margin_mm / style.width_mm, y),
        width_mm=_inner_mm(style),
        size_pt=style.title_pt,
        weight="bold",
        style=style,
    )
    block.set_gid("title")
    return [block]


def _caption(figure: Figure, scene: Scene, y: float) -> list[Text]:
    style = scene.style
    at = (style.margin_mm / style.width_mm, y)
    return draw_columns(figure, scene.results.caption, xy=at, width_mm=_inner_mm(style), style=style)


def _inner_mm(style: MapStyle) -> float:
    return style.width_mm - 2 * style.margin_mm


def _add_panels(figure: Figure, scene: Scene, page: Page) -> list[Panel]:
    main = add_panel(figure, page.main, page.height, scene.style, name="main")
    panels = [Panel(main, scene.whole, "a", scene.study.towns)]
    if page.zoom is not None and scene.part is not None:
        zoom = add_panel(figure, page.zoom, page.height, scene.style, name="zoom")
        panels.append(Panel(zoom, scene.part, "b", scene.study.zoom_towns))
    for panel, box in zip(panels, (page.main, page.zoom), strict=False):
        panel.ax.set(xticks=[], yticks=[], facecolor=scene.style.paper)
        frame(panel.ax, scene.style)
        _put_panel(panel, box, panels[0], page, scene.style)
    return panels


def _put_panel(panel: Panel, box: Box | None, main: Panel, page: Page, style: MapStyle) -> None:
    """Put a panel in its box, and let it show its ground, grown to the shape of the box."""
    if box is None:
        return
    put(panel.ax, box, page.height, style)
    view = panel.view.fitted(box.aspect)
    if panel is not main:
        view = view.within(view_of(main.ax)).fitted(box.aspect)
    show(panel.ax, view)


def _lay_out(figure: Figure, panels: list[Panel], scene: Scene, needs: Needs) -> Page:
    """Measure the legend, cut the page to what is needed and put everything in its box."""
    style = scene.style
    host = figure.add_axes((0, 0, 1, 1), label="legend", gid="legend")
    host.set_axis_off()
    columns = legend_columns(needs)
    width_px = legend_width(needs, style) / MM_PER_INCH * style.dpi / columns
    legend = draw_legend(host, _entries(panels, scene), columns=columns, width_px=width_px, style=style)
    legend_mm = float(legend.get_window_extent(renderer_of(figure)).height) / style.dpi * MM_PER_INCH
    rows = rows_of(scene.results)
    under_mm = _TABLE_GAP_MM + table_mm(rows, style) if rows else 0.0
    page = plan(needs, legend_mm + under_mm, style)
    figure.set_size_inches(*inches(style.width_mm, page.height))
    put(host, page.legend, page.height, style)
    if rows:
        left, top, width, _ = page.legend
        under = Box(left, top + legend_mm + _TABLE_GAP_MM, min(width, _TABLE_MM), under_mm - _TABLE_GAP_MM)
        draw_table(figure, rows, under, page.height, style)
    for panel, box in zip(panels, (page.main, page.zoom), strict=False):
        _put_panel(panel, box, panels[0], page, style)
    if page.locator is not None and scene.study.context is not None:
        inset = add_panel(figure, page.locator, page.height, style, name="locator")
        draw_locator(inset, scene.study.context, scene.study.theatre, view=scene.region, style=style)
    return page


def _entries(panels: list[Panel], scene: Scene) -> list[Entry]:
    study, context = scene.study, scene.study.context
    drawn = {str(a.get_gid()) for panel in panels for a in panel.ax.get_children() if a.get_gid()}
    names = set() if context is None else set(context.loc[context["kind"] == "oblast", "name"].dropna())
    oblast = str(names.pop()) if len(names) == 1 else "Former boundary"
    colours = date_colours(scene.results.frontlines["date"], scene.style)
    return legend_entries(drawn, colours, study.side, study.sides, oblast=oblast, style=scene.style)


def _write_texts(figure: Figure, page: Page, scene: Scene) -> None:
    """Write title, headings of the panels and caption."""
    style = scene.style
    _title(figure, scene, 1 - style.margin_mm / page.height)
    _caption(figure, scene, 1 - page.caption_top / page.height)
    if page.zoom is None:
        return
    for box, letter, text in zip((page.main, page.zoom), "ab", _HEADINGS, strict=True):
        y = 1 - (box.top - _HEADING_FOOT_MM) / page.height
        for left, part, weight in ((box.left, letter, "bold"), (box.left + _LETTER_MM, text, "normal")):
            look = plain(style, style.heading_pt, weight=weight)
            figure.text(left / style.width_mm, y, part, va="baseline", gid="heading", **look)
