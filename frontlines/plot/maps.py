"""The whole figure for print: the theatre, the ground that moved, legend, locator and caption."""

from __future__ import annotations

from itertools import zip_longest

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from frontlines.plot.base import draw_context, draw_districts, draw_settlements
from frontlines.plot.captions import draw_block, draw_columns, height_mm
from frontlines.plot.fronts import draw_frontlines
from frontlines.plot.furniture import draw_legend, draw_locator, frame
from frontlines.plot.ground import draw_change, draw_control
from frontlines.plot.keys import Entry, legend_entries
from frontlines.plot.layout import (
    Box,
    Needs,
    Page,
    add_panel,
    inches,
    legend_columns,
    legend_width,
    plan,
    put,
)
from frontlines.plot.lettering import plain, renderer_of
from frontlines.plot.panel import Panel, draw_ground, furnish, mark_view, write_names
from frontlines.plot.scene import ResultsLike, Scene, StudyLike, scene_of
from frontlines.plot.shapes import show, view_of
from frontlines.plot.style import DEFAULT_STYLE, MM_PER_INCH, MapStyle, date_colours
from frontlines.plot.tabulation import draw_table, rows_of, table_mm

__all__ = [
    "ResultsLike",
    "StudyLike",
    "change_map",
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


def change_map(results: ResultsLike, *, style: MapStyle | None = None) -> Figure:
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
    >>> figure = change_map(fl.run_study(fl.load("karabakh-1994")))
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
