"""The whole figure for print: the theatre, the ground that moved, legend, table, locator and caption."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from frontlines.arguments import checked
from frontlines.plot.artists import (
    View,
    Z,
    coarse,
    coarse_rows,
    fill,
    frame,
    metres_per_pt,
    outline,
    show,
    view_of,
)
from frontlines.plot.balance_table import (
    MORE_ROWS,
    MOST_ROWS,
    Row,
    draw_table,
    held_texts,
    table_mm,
    tables_of,
    unseen_texts,
)
from frontlines.plot.front_layers import draw_frontlines, front_entries
from frontlines.plot.furniture import Entry
from frontlines.plot.map_layers import (
    draw_change,
    draw_districts,
    draw_settlements,
    ground_entries,
    mark_places,
    side_entries,
)
from frontlines.plot.map_names import write_names
from frontlines.plot.map_page import (
    LEGEND_GUESS_MM,
    Needs,
    Places,
    beside_legend_mm,
    legend_room,
    legend_shape,
    mark_view,
    plan,
    write_headings,
)
from frontlines.plot.page import Box, FigurePage
from frontlines.plot.scene import (
    Detail,
    Panel,
    ResultsLike,
    Scene,
    changed_places,
    detail_of,
    detail_views,
    near_overview,
    panel_of,
    scene_of,
    seen_beside_fronts,
    with_details,
)
from frontlines.plot.style import DEFAULT_STYLE, MM_PER_INCH, PT_PER_INCH, MapStyle, front_colours
from frontlines.plot.surroundings import draw_locator


def _panel(ax: Axes, view: View, letter: str, scene: Scene) -> Panel:
    """Make an Axes show a view, with all of the ground that is in it."""
    frame(ax, scene.style)
    show(ax, view)
    panel = panel_of(ax, letter, scene)
    _draw_ground(panel, scene)
    return panel


@checked()
def change_figure(results: ResultsLike, *, style: MapStyle = DEFAULT_STYLE) -> Figure:
    """Draw the figure of a study for print.

    The first panel shows the theatre with both fronts: ground in its side's colour, pale where nothing
    changed, dark where it changed hands. Up to three details of at least twice its scale show ground that
    changed hands, whole; there are none where change is everywhere. Where they would be tiny on the first
    panel, it shows the fronts and what is near, and the locator frames it. The figure has a legend, the table
    of net change, a locator, and the caption of the results at its foot. Coast, sea and, from 1993 on,
    neighbouring states are drawn where the bundled Natural Earth is fine enough for the scale.

    Parameters
    ----------
    results
        Results of a study, all frames in the working CRS.
    style
        The style; the page is its `width_mm` wide and at most its `max_height_mm` high.

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
    scene = scene_of(results, style)
    style = scene.style
    page = FigurePage(style, title=scene.study.title, caption=scene.caption)
    needs, details = _needs(page, scene)
    places = plan(needs, LEGEND_GUESS_MM, style)
    if scene.study.zoom is None and _enlarged(scene, places, details) > _MOST_ENLARGED:
        scene = near_overview(scene)
        view = scene.overview
        needs = with_details(replace(needs, main_aspect=view.width / view.height), details, view, style)
        places = plan(needs, LEGEND_GUESS_MM, style)
    main = _panel(page.add("main", places.main), scene.overview.fitted(places.main.aspect), "a", scene)
    panels = _lay_out(page, main, scene, needs, details)
    busy = _busy(main, scene)
    for panel in panels[1:]:
        mark_view(main.ax, view_of(panel.ax), panel.letter, busy, style)
    for panel in panels:
        insets = [view_of(one.ax) for one in panels[1:] if panel is main]
        own = busy if panel is main else _busy(panel, scene)
        scene.about.furnish(panel.ax, [*own, *(inset.box() for inset in insets)], style)
        write_names(panel, insets, scene)
    return page.figure


def _needs(page: FigurePage, scene: Scene) -> tuple[Needs, list[Detail]]:
    """Say what has to find room on the page, and which details are worth it."""
    whole, region, style = scene.overview, scene.region, scene.style
    needs = Needs(
        main_aspect=whole.width / whole.height,
        title_mm=page.top_mm - style.margin_mm,
        caption_mm=page.caption_mm,
        locator_aspect=None if region is None else region.width / region.height,
        table_mm=table_mm(tables_of(scene.results)(MOST_ROWS), style),
    )
    if not len(scene.mine):
        return needs, []
    zoom = scene.study.zoom
    if zoom is None:
        details = detail_views(scene.mine, whole, needs, style)
    else:
        details = [detail_of(zoom, scene.mine, scene.study.crs)]
    return with_details(needs, details, whole, style), details


def _enlarged(scene: Scene, places: Places, details: list[Detail]) -> float:
    """Return how many times the scale of the main panel details have at least; 0 if there are none."""
    m_per_mm = scene.overview.fitted(places.main.aspect).width / places.main.width
    own = zip(details, places.details, strict=True)
    return min((m_per_mm * box.width / one.view.fitted(box.aspect).width for one, box in own), default=0.0)


def _lay_out(page: FigurePage, main: Panel, scene: Scene, needs: Needs, details: list[Detail]) -> list[Panel]:
    """Measure the legend, put everything in its box, draw the details, cut the page to what is needed."""
    style, whole = scene.style, scene.overview is scene.whole
    guess = plan(needs, LEGEND_GUESS_MM, style)
    views = [(view_of(main.ax), metres_per_pt(main.ax))]
    for detail, own in zip(details, guess.details, strict=True):
        view = detail.view.fitted(own.aspect)
        views.append((view, view.width / own.width * MM_PER_INCH / PT_PER_INCH))
    host, legend_mm, needs = _legend(page, main, scene, needs, unseen_texts(scene, views))
    rows, places = _roomiest(needs, legend_mm, scene)
    page.end(places.foot)
    page.put(host, places.legend)
    show(page.put(main.ax, places.main), scene.overview.fitted(places.main.aspect))
    panels = [main]
    for detail, own, letter in zip(details, places.details, "bcd", strict=False):
        view = detail.view.fitted(own.aspect).within(view_of(main.ax)).fitted(own.aspect)
        panels.append(_panel(page.add("zoom", own), view, letter, scene))
    if places.table is not None:
        draw_table(page, rows, places.table)
    if places.locator is not None and scene.about.wide is not None:
        inset = page.add("locator", places.locator)
        framed = None if whole else view_of(main.ax)
        look: dict[str, Any] = {"view": scene.region, "framed": framed, "style": style}
        draw_locator(inset, scene.about.wide, scene.study.theatre, **look)
    if details:
        shown = "The whole theatre" if whole else "The fronts"
        shown += " (framed on the small map)" if places.locator is not None and not whole else ""
        texts = [shown, *(_heading(one.share) for one in details)]
        write_headings(page, [places.main, *places.details], texts)
    return panels


def _legend(
    page: FigurePage, main: Panel, scene: Scene, needs: Needs, unseen: dict[str, str]
) -> tuple[Axes, float, Needs]:
    """Draw a legend that leaves the main panel its room: of many sides only the first are named."""
    most, own = len({*scene.results.change["side_from"], *scene.results.change["side_to"]}), needs
    while True:
        (width_mm, columns), box = legend_shape(own, scene.style), Box(0.0, 0.0, 10.0, 10.0)
        entries = _entries(main, scene, unseen, most)
        host, high_mm = page.add_legend(entries, box, columns=columns, entry_mm=width_mm / columns)
        over_mm = high_mm - max(legend_room(own, scene.style), beside_legend_mm(own, scene.style))
        if over_mm <= 0 or most <= _FEWEST:
            return host, high_mm, own
        page.drop(host)
        stacked = replace(needs, crowded=needs.table_mm > 0)
        if own != stacked and 0 < beside_legend_mm(stacked, scene.style) < high_mm:
            own = stacked
        else:
            most = max(most - max(int(over_mm / high_mm * len(entries)), 1), _FEWEST)


def _roomiest(needs: Needs, legend_mm: float, scene: Scene) -> tuple[list[Row], Places]:
    """Give the table as many rows as change nothing else on the page."""

    def rest(places: Places) -> Places:
        locator = places.locator and places.locator._replace(top=0.0)
        return places._replace(table=None, locator=locator)

    least, table = plan(needs, legend_mm, scene.style), tables_of(scene.results)
    for most in range(MORE_ROWS, MOST_ROWS, -1):
        rows = table(most)
        places = plan(replace(needs, table_mm=table_mm(rows, scene.style)), legend_mm, scene.style)
        if rest(places) == rest(least):
            return rows, places
    return table(MOST_ROWS), least


def _heading(share: float) -> str:
    """Say how much of the ground that changed hands a detail shows."""
    return f"{'All' if share >= _ALL else f'{share:.0%} of'} ground that changed hands"


def _entries(main: Panel, scene: Scene, unseen: dict[str, str], most: int) -> list[Entry]:
    """Return a legend with an entry for everything that the main panel shows, and for nothing else."""
    style, drawn = scene.style, {str(a.get_gid()) for a in main.ax.get_children() if a.get_gid()}
    return [
        *front_entries(drawn, front_colours(scene.results.frontlines["date"], style), style),
        *_ground_entries(drawn, scene, unseen, most),
        *scene.about.entries(main.ax, style),
    ]


def _ground_entries(drawn: set[str], scene: Scene, unseen: dict[str, str], most: int) -> list[Entry]:
    """Return the entries of the ground; of several sides with what each held on either date."""
    study, style, change = scene.study, scene.style, scene.results.change
    named = _first_sides(change)[:most]
    if len(study.followed) == 1:
        look: dict[str, Any] = {"unseen": unseen, "named": [study.followed[0], *named]}
        return ground_entries(drawn, study.followed[0], study.sides, study.every_side, style, **look)
    every = (*study.every_side, *change["side_from"], *change["side_to"])
    return side_entries(drawn, held_texts(scene.results), every, style, named=named)


def _first_sides(change: gpd.GeoDataFrame) -> list[str]:
    """Order the sides by the ground that they gained or lost, then by what they hold."""
    own, moved = change[["side_from", "side_to"]], change["side_from"] != change["side_to"]
    both = [
        pd.DataFrame({"side": own[name], "moved": moved * change.area, "held": change.area}) for name in own
    ]
    ground = pd.concat(both).groupby("side").sum()
    return [str(side) for side in ground.sort_values(["moved", "held"], ascending=False).index]


def _draw_ground(panel: Panel, scene: Scene) -> None:
    """Draw all that is not text; the extent stays as it was set."""
    ax, study, style = panel.ax, scene.study, scene.style
    scene.about.draw(ax, style)
    holes = [shapely.polygons(ring) for one in panel.theatre for ring in one.interiors]
    seen_m2 = (_SEEN_PT * metres_per_pt(ax)) ** 2
    holes = [hole for hole in holes if hole.area > seen_m2]
    bare = [*holes, *panel.outside]
    strip = fill(ax, bare, style.hole, style=style, name="no-district", zorder=Z["mark"])
    if strip is not None:  # an edge, for strips along a coast would be too narrow to be seen
        strip.set(linewidth=style.theatre_pt_width)
    side = study.followed[0] if len(study.followed) == 1 else None
    change = scene.results.change
    sides = [*study.every_side, *change["side_from"], *change["side_to"]]
    draw_change(coarse_rows(change, ax), side, ax=ax, sides=sides, style=style)
    fill(ax, panel.bare, style.bare, style=style, name="bare", zorder=Z["mark"])
    scene.about.see_through(ax)
    draw_districts(panel.districts, ax=ax, label=False, style=style)
    outline(ax, panel.theatre, "theatre", style)
    fronts = scene.results.frontlines  # those out of view keep their rows: the days choose the colours
    fronts = fronts.set_geometry(
        gpd.GeoSeries(coarse(fronts.geometry.to_numpy(), ax), fronts.index, fronts.crs)
    )
    draw_frontlines(fronts, ax=ax, within=scene.theatre, style=_beside_change(ax, scene))
    if study.settlements is not None:
        draw_settlements(study.settlements, ax=ax, names=panel.towns, label=False, style=style)
        mark_places(ax, changed_places(study.settlements, scene.moved), style)


def _beside_change(ax: Axes, scene: Scene) -> MapStyle:
    """Give the style of fronts on a panel: thin ones without a casing where they would hide the change."""
    mine = coarse(scene.mine, ax)
    seen = seen_beside_fronts(mine, 1 / metres_per_pt(ax), scene.style)
    if not len(mine) or np.average(seen, weights=shapely.area(mine) + 1e-9) >= _IN_SIGHT:
        return scene.style
    return replace(scene.style, front_pt=scene.style.front_pt * _THIN, casing_pt=0.0)


def _busy(panel: Panel, scene: Scene) -> list[Any]:
    """Return what scale bar, north arrow and letters of details keep off."""
    moved = coarse(scene.moved, panel.ax)
    return [scene.fronts, *moved, *shapely.boundary(panel.theatre), *panel.outside]


_MOST_ENLARGED = 4.0  # times the scale of the main panel: details of more have hardly a place on it
_SEEN_PT = 4.0  # a hole smaller than such a square is not seen
_FEWEST = 4  # sides that a legend names at least
_IN_SIGHT, _THIN = 0.5, 0.5  # fronts that leave less of the change to be seen are so much thinner
_ALL = 0.995  # of the ground that changed hands
