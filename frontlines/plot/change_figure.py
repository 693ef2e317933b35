"""The whole figure for print: the theatre, the ground that moved, legend, table, locator and caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from frontlines.arguments import checked
from frontlines.names import KM2, WHOLE
from frontlines.plot.artists import View, Z, fill, frame, lines, metres_per_pt, outline, show, view_of, write
from frontlines.plot.front_layers import draw_frontlines, front_entries
from frontlines.plot.furniture import Entry, draw_locator, furnish
from frontlines.plot.labels import Label, place_labels
from frontlines.plot.map_layers import (
    base_entries,
    country_labels,
    district_labels,
    draw_change,
    draw_context,
    draw_districts,
    draw_settlements,
    ground_entries,
    mark_places,
    pick_settlements,
    ring_pt,
    side_entries,
    side_labels,
    side_name,
    town_labels,
)
from frontlines.plot.page import Box, FigurePage
from frontlines.plot.scene import ResultsLike, Scene, changed_places, scene_of
from frontlines.plot.style import DEFAULT_STYLE, MM_PER_INCH, PT_PER_INCH, MapStyle, date_colours
from frontlines.plot.text import clean, font_of, number, shortened

_LEGEND_GUESS_MM = 50.0  # until the legend is measured
_HEADING_FOOT_MM = 1.2
_LETTER_MM = 3.4
_TABLE_MM = 70.0  # no wider than this: figures stand near their names
_TABLE_GAP_MM = 2.5
_HEADINGS = ("The whole theatre", "Detail: ground that changed hands")


@dataclass(frozen=True)
class Panel:
    """One panel of the figure: its Axes, what it must show, its letter and the towns to be named."""

    ax: Axes
    view: View
    letter: str
    towns: tuple[str, ...]


@checked()
def change_figure(results: ResultsLike, *, style: MapStyle = DEFAULT_STYLE) -> Figure:
    """Draw the figure of a study for print.

    The first panel shows the theatre with both fronts and the ground that the study's side gained, lost and
    held, or, of several sides, who holds which ground and held it before; the second one, left out when
    nothing changed, the ground that moved. The figure has a legend, a locator when the study has context,
    and the caption of the results at its foot.

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
    if len(results.study.followed) > 1:
        style = replace(style, date_colours=style.neutral_dates)
    scene = scene_of(results, style)
    page = FigurePage(style, title=scene.study.title, caption=results.caption)
    needs = _needs(page, scene)
    panels = _add_panels(page, scene, plan(needs, _LEGEND_GUESS_MM, style))
    for panel in panels:
        _draw_ground(panel, scene)
    _lay_out(page, panels, scene, needs)
    inset = view_of(panels[1].ax) if len(panels) > 1 else None
    for panel, shown in zip_longest(panels, [inset]):
        if shown is not None:
            mark_view(panel.ax, shown, panels[1].letter, style)
        furnish(panel.ax, scene.study.crs, _busy(panel, shown, scene), style=style)
        _write_names(panel, shown, scene)
    return page.figure


def _needs(page: FigurePage, scene: Scene) -> Needs:
    part, region = scene.part, scene.region
    return Needs(
        main_aspect=scene.whole.width / scene.whole.height,
        zoom_aspect=None if part is None else part.width / part.height,
        title_mm=page.top_mm - scene.style.margin_mm,
        caption_mm=page.caption_mm,
        locator_aspect=None if region is None else region.width / region.height,
    )


def _add_panels(page: FigurePage, scene: Scene, places: Places) -> list[Panel]:
    panels = [Panel(page.add("main", places.main), scene.whole, "a", scene.study.towns)]
    if places.zoom is not None and scene.part is not None:
        panels.append(Panel(page.add("zoom", places.zoom), scene.part, "b", scene.study.zoom_towns))
    for panel in panels:
        frame(panel.ax, scene.style)
    _put_panels(page, panels, places)
    return panels


def _put_panels(page: FigurePage, panels: list[Panel], places: Places) -> None:
    """Put panels in their boxes; each shows its ground, grown to the shape of the box."""
    for panel, box in zip(panels, (places.main, places.zoom), strict=False):
        if box is not None:
            view = panel.view.fitted(box.aspect)
            if panel is not panels[0]:
                view = view.within(view_of(panels[0].ax)).fitted(box.aspect)
            show(page.put(panel.ax, box), view)


def _lay_out(page: FigurePage, panels: list[Panel], scene: Scene, needs: Needs) -> None:
    """Measure the legend, put everything in its box and cut the page to what is needed."""
    style, columns, rows = scene.style, legend_columns(needs), rows_of(scene.results)
    box = plan(needs, _LEGEND_GUESS_MM, style).legend
    entry_mm = legend_width(needs, style) / columns
    host, legend_mm = page.add_legend(_entries(panels, scene), box, columns=columns, entry_mm=entry_mm)
    under_mm = _TABLE_GAP_MM + table_mm(rows, style) if rows else 0.0
    places = plan(needs, legend_mm + under_mm, style)
    page.end(places.foot)
    page.put(host, places.legend)
    _put_panels(page, panels, places)
    if rows:
        left, top, width, _ = places.legend
        under = Box(left, top + legend_mm + _TABLE_GAP_MM, min(width, _TABLE_MM), under_mm - _TABLE_GAP_MM)
        draw_table(page, rows, under)
    if places.locator is not None and scene.study.context is not None:
        inset = page.add("locator", places.locator)
        draw_locator(inset, scene.study.context, scene.study.theatre, view=scene.region, style=style)
    if places.zoom is not None:
        write_headings(page, (places.main, places.zoom), _HEADINGS)


def write_headings(page: FigurePage, boxes: Sequence[Box], texts: Sequence[str]) -> None:
    """Write a letter and what it shows over each panel."""
    for box, letter, text in zip(boxes, "ab", texts, strict=True):
        for left, part, weight in ((box.left, letter, "bold"), (box.left + _LETTER_MM, text, "normal")):
            down_mm = box.top - _HEADING_FOOT_MM
            page.write(part, left, down_mm, size_pt=page.style.heading_pt, name="heading", weight=weight)


def _entries(panels: list[Panel], scene: Scene) -> list[Entry]:
    """Return a legend with an entry for everything that the panels show, and for nothing else."""
    context, style = scene.study.context, scene.style
    drawn = {str(a.get_gid()) for panel in panels for a in panel.ax.get_children() if a.get_gid()}
    names = set() if context is None else set(context.loc[context["kind"] == "oblast", "name"].dropna())
    oblast = str(names.pop()) if len(names) == 1 else "Former boundary"
    return [
        *front_entries(drawn, date_colours(scene.results.frontlines["date"], style), style),
        *_ground_entries(drawn, scene),
        *base_entries(drawn, oblast, style),
    ]


def _ground_entries(drawn: set[str], scene: Scene) -> list[Entry]:
    """Return the entries of the ground; of several sides with what each held on either date."""
    study, style = scene.study, scene.style
    if len(study.followed) == 1:
        return ground_entries(drawn, study.followed[0], study.sides, style)
    total = scene.results.totals
    scale = float(total[["before_km2", "after_km2"]].to_numpy().max())
    held = {}
    for side, *km2 in zip(total["side"], total["before_km2"], total["after_km2"], strict=True):
        areas_km2 = " → ".join(number(one, scale=scale) for one in km2)
        held[side] = f"{clean(side_name(side, study.sides))}: {areas_km2} km²"
    change = scene.results.change
    return side_entries(drawn, held, [*study.every_side, *change["side_from"], *change["side_to"]], style)


def _draw_ground(panel: Panel, scene: Scene) -> None:
    """Draw all that is not text; the extent stays as it was set."""
    ax, study, style = panel.ax, scene.study, scene.style
    if study.context is not None:
        draw_context(study.context, ax=ax, label=False, aside=scene.theatre, style=style)
    side = study.followed[0] if len(study.followed) == 1 else None
    draw_change(scene.results.change, side, ax=ax, sides=study.every_side, style=style)
    if (outside := scene.results.no_district) is not None:
        look = style.no_district
        strip = fill(ax, outside.geometry, look, style=style, name="no-district", zorder=Z["mark"])
        if strip is not None:  # an edge, for strips along a coast would be too narrow to be seen
            strip.set(linewidth=style.theatre_pt_width)
    draw_districts(study.districts, ax=ax, label=False, style=style)
    outline(ax, [scene.theatre], "theatre", style)
    draw_frontlines(scene.results.frontlines, ax=ax, within=scene.theatre, style=style)
    if study.settlements is not None:
        draw_settlements(study.settlements, ax=ax, names=panel.towns, label=False, style=style)
        mark_places(ax, changed_places(study.settlements, scene.moved), style)


def mark_view(ax: Axes, seen: View, letter: str, style: MapStyle) -> None:
    """Draw the frame of what another panel shows, with that panel's letter."""
    outline = Rectangle((seen.west, seen.south), seen.width, seen.height, fill=False, gid="zoom-frame")
    outline.set(edgecolor=style.ink, linewidth=style.zoom_pt_width, zorder=Z["frame"])
    ax.add_patch(outline)
    write(
        ax, letter, (seen.east, seen.north), (-2.5, -2.5), size_pt=style.heading_pt, name="zoom-letter",
        style=style, weight="bold", ha="right", va="top",
    )  # fmt: skip


def _busy(panel: Panel, inset: View | None, scene: Scene) -> list[Any]:
    """Return what scale bar and north arrow keep off."""
    busy = [scene.fronts, shapely.union_all(scene.moved), shapely.boundary(scene.theatre)]
    busy += [] if inset is None else [inset.box()]
    if scene.study.context is not None:
        busy += list(shapely.intersection(lines(scene.study.context.geometry), view_of(panel.ax).box()))
    return busy


_MOST_DISTRICTS = 60
_SIDE, _COUNTRY, _TOWN, _DISTRICT = 4e6, 3e6, 2e6, 1e6  # how much the names of each kind matter


def _write_names(panel: Panel, inset: View | None, scene: Scene) -> None:
    """Set the names of countries, towns and districts; a town whose name finds no room loses its dot."""
    study, style = scene.study, scene.style
    found: list[Label] = []
    if study.context is not None:
        countries = study.context[(study.context["kind"] == "country").to_numpy()]
        found += _raised(country_labels(countries, aside=scene.theatre, style=style), _COUNTRY)
    towns: list[Label] = []
    if study.settlements is not None:
        named = pick_settlements(study.settlements, panel.towns)
        ringed = named.geometry.isin(changed_places(study.settlements, scene.moved).geometry)
        towns = [
            replace(name, clear_pt=ring_pt(style) if in_ring else name.clear_pt)
            for name, in_ring in zip(town_labels(named, style=style), ringed, strict=True)
        ]
        towns = _raised(towns, _TOWN)
    if len(study.followed) > 1:
        names = {side: clean(side_name(side, study.sides)) for side in study.every_side}
        found += _raised(side_labels(scene.results.change, names, style), _SIDE)
    found += [*towns, *_district_names(panel, scene)]
    rim = [] if inset is None else [shapely.buffer(shapely.boundary(inset.box()), metres_per_pt(panel.ax))]
    spare = shapely.union_all([*scene.moved, *rim])
    placed = place_labels(panel.ax, found, avoid=scene.fronts, spare=spare, style=style)
    _drop_dots(panel.ax, towns, placed.left_out)


def _drop_dots(ax: Axes, towns: list[Label], left_out: list[Label]) -> None:
    """Take away the dots of towns whose name is not written: a reader would not know what they are."""
    kept = [i for i, town in enumerate(towns) if town not in left_out]
    for dots in ax.collections:
        if isinstance(dots, PathCollection) and dots.get_gid() == "town":
            dots.set_offsets(np.asarray(dots.get_offsets())[kept])


def _district_names(panel: Panel, scene: Scene) -> list[Label]:
    """Return the names of districts; of very many only those with changed ground."""
    balance = scene.results.balance
    turnover = (balance["gained_km2"] + balance["lost_km2"]).groupby(balance["district"]).sum()
    districts = scene.study.districts
    shown = districts[districts.intersects(view_of(panel.ax).box()).to_numpy()]
    every = _raised(district_labels(shown, weight=turnover.to_dict(), style=scene.style), _DISTRICT)
    if len(every) <= _MOST_DISTRICTS:
        return every
    moved = [name for name in every if turnover.max() > 0 and name.priority > _DISTRICT + 1.0]
    return (moved or every)[:_MOST_DISTRICTS]


def _raised(names: list[Label], by: float) -> list[Label]:
    return [replace(name, priority=name.priority + by) for name in names]


_WIDE = 1.3  # a theatre wider than this (width / height) takes the whole width of the page
_MAIN_SHARE = 0.585
_LEGEND_MM = 58.0
_FOOT_SHARE = 0.42  # of the height of a wide map's panels, at most this for the second one
_MAIN_MM = (70.0, 165.0)
_ZOOM_MM = (42.0, 110.0)
_LOCATOR_MM = (24.0, 38.0)
_HEADING_MM = 4.2


@dataclass(frozen=True)
class Needs:
    """What has to find room on the page; aspects are width over height, None where there is nothing."""

    main_aspect: float
    zoom_aspect: float | None
    title_mm: float
    caption_mm: float
    locator_aspect: float | None


class Places(NamedTuple):
    """Where everything stands [mm]; the caption follows under `foot`."""

    main: Box
    zoom: Box | None
    legend: Box
    locator: Box | None
    foot: float


def is_wide(needs: Needs) -> bool:
    """Whether the main panel takes the whole width."""
    return needs.main_aspect > _WIDE


def legend_columns(needs: Needs) -> int:
    """Return how many columns the legend has: several where it stands along the foot of a wide map."""
    return 3 if is_wide(needs) and needs.zoom_aspect is None else 1


def legend_width(needs: Needs, style: MapStyle) -> float:
    """Return the width of the legend [mm]."""
    inner = style.width_mm - 2 * style.margin_mm
    if not is_wide(needs):
        return inner * (1 - _MAIN_SHARE) - style.gap_mm
    if needs.zoom_aspect is None:
        return inner - (_LOCATOR_MM[1] * 1.3 + style.gap_mm if needs.locator_aspect else 0.0)
    return _LEGEND_MM


def plan(needs: Needs, legend_mm: float, style: MapStyle) -> Places:
    """Lay out the page."""
    return _plan_wide(needs, legend_mm, style) if is_wide(needs) else _plan_tall(needs, legend_mm, style)


def _clamp(value: float, limits: tuple[float, float]) -> float:
    return min(max(value, limits[0]), limits[1])


def _room(needs: Needs, style: MapStyle) -> float:
    """Return the height left for the panels [mm]."""
    gap = style.gap_mm * 0.75
    return style.max_height_mm - 2 * style.margin_mm - needs.title_mm - needs.caption_mm - 2 * gap


def _plan_tall(needs: Needs, legend_mm: float, style: MapStyle) -> Places:
    """Put the main panel on the left; second panel, legend and locator in a column on the right."""
    gap, heading = style.gap_mm, _HEADING_MM if needs.zoom_aspect else 0.0
    inner = style.width_mm - 2 * style.margin_mm
    main_w = inner * _MAIN_SHARE
    side_w = inner - main_w - gap
    least_zoom = _clamp(side_w / needs.zoom_aspect, _ZOOM_MM) if needs.zoom_aspect else 0.0
    under = legend_mm + (gap + _LOCATOR_MM[0] if needs.locator_aspect else 0.0)
    side_h = under + (least_zoom + gap if needs.zoom_aspect else 0.0)
    main_h = min(max(_clamp(main_w / needs.main_aspect, _MAIN_MM), side_h), _room(needs, style) - heading)
    top = style.margin_mm + needs.title_mm + heading
    main = Box(style.margin_mm, top, main_w, main_h)
    left = style.margin_mm + main_w + gap
    zoom, at = None, top
    if needs.zoom_aspect:
        spare = main_h - under - gap - (_LOCATOR_MM[1] - _LOCATOR_MM[0] if needs.locator_aspect else 0.0)
        zoom = Box(left, top, side_w, min(max(least_zoom, min(spare, side_w * 1.25)), main_h - under - gap))
        at += zoom.height + gap
    legend = Box(left, at, side_w, legend_mm)
    locator = None
    if needs.locator_aspect:
        height = _clamp(top + main_h - at - legend_mm - gap, _LOCATOR_MM)
        width = min(side_w, height * needs.locator_aspect)
        locator = Box(left, top + main_h - width / needs.locator_aspect, width, width / needs.locator_aspect)
    foot = top + main_h
    caption_top = foot + gap * 0.75
    return Places(main, zoom, legend, locator, caption_top)


def _plan_wide(needs: Needs, legend_mm: float, style: MapStyle) -> Places:
    """Put the main panel across the page; under it the second panel, legend and locator beside it."""
    gap, heading = style.gap_mm, _HEADING_MM if needs.zoom_aspect else 0.0
    inner = style.width_mm - 2 * style.margin_mm
    legend_w = legend_width(needs, style)
    stacked = legend_mm + (gap + _LOCATOR_MM[0] if needs.locator_aspect else 0.0)
    zoom_w = inner - legend_w - gap
    low = legend_mm
    if needs.zoom_aspect:
        most = max(_FOOT_SHARE * (_room(needs, style) - gap - 2 * heading), _ZOOM_MM[0])
        low = max(_clamp(zoom_w / needs.zoom_aspect, (_ZOOM_MM[0], most)), stacked)
    if needs.zoom_aspect is None and needs.locator_aspect:
        low = max(low, _LOCATOR_MM[0])
    room = _room(needs, style) - low - gap - 2 * heading
    main_h = min(_clamp(inner / needs.main_aspect, _MAIN_MM), room)
    top = style.margin_mm + needs.title_mm + heading
    main = Box(style.margin_mm, top, inner, main_h)
    second = top + main_h + gap + heading
    zoom = Box(style.margin_mm, second, zoom_w, low) if needs.zoom_aspect else None
    left = style.margin_mm + (zoom_w + gap if zoom else 0.0)
    legend = Box(left, second, legend_w, legend_mm)
    locator = None
    if needs.locator_aspect and zoom:
        height = _clamp(low - legend_mm - gap, _LOCATOR_MM)
        width = min(legend_w, height * needs.locator_aspect)
        height = width / needs.locator_aspect
        locator = Box(left, second + low - height, width, height)
    elif needs.locator_aspect:
        width = min(inner - legend_w - gap, low * needs.locator_aspect)
        height = width / needs.locator_aspect
        locator = Box(style.margin_mm + inner - width, second, width, height)
    caption_top = second + low + gap * 0.75
    return Places(main, zoom, legend, locator, caption_top)


_MOST_ROWS = 6
_MOST_SIDES = 9  # in a table: more sides than these are not all named
_LINE = 1.5  # times the size of the type
_NET_AT, _NAME_ENDS = 0.62, 0.46  # shares of the width: where figures end, and names at the latest
_RULE, _RULE_PT = 0.78, 0.5  # where the line over the sum is, in lines above its feet, and its width
_NOTABLE_KM2 = 1e-6
_ABOUT = "~ about: a border or corner is within reach of the error"


class Row(NamedTuple):
    """A line of the table, in words; the figures are of net change [km²]."""

    name: str
    net: str
    interval: str


def rows_of(results: ResultsLike) -> list[Row]:
    """Write the table of a study: the districts with the largest turnover, the rest, and the sum."""
    if len(results.study.followed) > 1:
        return _rows_of_sides(results)
    turnover = results.balance["gained_km2"] + results.balance["lost_km2"]
    order = turnover[turnover > _NOTABLE_KM2].sort_values(ascending=False, kind="stable").index
    moved = results.balance.loc[order]
    if moved.empty:
        return []
    rest = moved.iloc[_MOST_ROWS:]
    others = [Row(f"{len(rest)} more", _km2(rest["net_km2"].sum()), "")] if len(rest) else []
    shown = pd.concat([moved.head(_MOST_ROWS), results.totals.assign(district=WHOLE)])
    *districts, total = [_row(row) for row in shown.to_dict("records")]
    side = results.study.sides.get(results.study.followed[0], results.study.followed[0])
    return [Row(f"{clean(side)}: net, km²", "", _interval(results)), *districts, *others, total]


def _rows_of_sides(results: ResultsLike) -> list[Row]:
    """Write the table of several sides, and the ground that changed hands between any of them."""
    total = results.totals
    names = total["side"].map(lambda side: side_name(side, results.study.sides))
    turnover = (total["gained_km2"] + total["lost_km2"]).sort_values(ascending=False, kind="stable")
    shown = sorted(turnover.index[: _MOST_ROWS if len(total) > _MOST_SIDES else len(total)])
    rows = [_row(row) for row in total.assign(district=names).loc[shown].to_dict("records")]
    rows += [Row(f"{len(total) - len(shown)} more", "", "")] if len(shown) < len(total) else []
    moved = results.change[(results.change["side_from"] != results.change["side_to"]).to_numpy()]
    changed = Row("Changed hands", number(float(moved.area.sum()) / KM2), "")
    return [Row("Net by side, km²", "", _interval(results)), *rows, changed]


def _interval(results: ResultsLike) -> str:
    """Name the column of intervals; "" without errors."""
    return "" if results.errors is None else f"{results.errors.level:.0%} interval"


def _row(row: dict[Any, Any]) -> Row:
    low, high = row.get("net_low_km2"), row.get("net_high_km2")
    interval = ""
    if isinstance(low, float) and isinstance(high, float) and np.isfinite([low, high]).all():
        about, scale = "~ " if row.get("trust") == "no" else "", max(abs(low), abs(high))
        interval = f"{about}{_km2(low, scale)} to {_km2(high, scale)}"
    return Row(clean(row["district"]), _km2(row["net_km2"]), interval)


def _km2(value: Any, scale: float = 0.0) -> str:
    return number(float(value), sign=True, scale=scale)


def table_mm(rows: list[Row], style: MapStyle) -> float:
    """Return the height of a table [mm]."""
    return len(_lines(rows)) * _line_mm(style) if rows else 0.0


def draw_table(page: FigurePage, rows: list[Row], box: Box) -> None:
    """Write a table into a box of the page; nothing in it is interpreted. The page has its last height."""
    style, figure, size_pt = page.style, page.figure, page.style.legend_pt
    for number_, row in enumerate(_lines(rows)):
        foot_mm = box.top + (number_ + 0.8) * _line_mm(style)
        weight = "bold" if row in (rows[0], rows[-1]) else "normal"
        share = _NAME_ENDS if row.net else _NET_AT if row.interval else 1.0
        room_px = share * box.width / MM_PER_INCH * figure.dpi
        name = shortened(row.name, room_px, figure, font_of(style, size_pt, weight=weight))
        for at, ha, words in ((0.0, "left", name), (_NET_AT, "right", row.net), (1.0, "right", row.interval)):
            left_mm = box.left + at * box.width
            page.write(words, left_mm, foot_mm, size_pt=size_pt, name="table", weight=weight, ha=ha)
        if row is rows[-1]:
            over = 1 - (foot_mm - _RULE * _line_mm(style)) / page.height_mm
            ends = [box.left / style.width_mm, (box.left + box.width) / style.width_mm]
            figure.add_artist(Line2D(ends, [over, over], color=style.ink, linewidth=_RULE_PT, gid="table"))


def _lines(rows: list[Row]) -> list[Row]:
    """Add what must be said of the rows."""
    return [*rows, Row(_ABOUT, "", "")] if any(row.interval.startswith("~") for row in rows) else rows


def _line_mm(style: MapStyle) -> float:
    return _LINE * style.legend_pt * MM_PER_INCH / PT_PER_INCH
