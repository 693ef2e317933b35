"""The page with the map of movement: transects by advance and retreat, both fronts, districts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from frontlines.arguments import checked
from frontlines.movement.displacement import places_along, ways
from frontlines.names import Around
from frontlines.plot.artists import View, bounds_of, frame, lines, present, show, view_of
from frontlines.plot.chart_axes import write_above
from frontlines.plot.front_layers import draw_frontlines, draw_transects, seen_entries, transect_entries
from frontlines.plot.labels import Label, place_labels
from frontlines.plot.map_layers import (
    district_labels,
    draw_districts,
    draw_settlements,
    pick_settlements,
    town_labels,
)
from frontlines.plot.page import Chart, chart_page
from frontlines.plot.style import DEFAULT_STYLE, MapStyle, side_name
from frontlines.plot.surroundings import surroundings
from frontlines.plot.words import clean, day

_MAP_MM = (70.0, 165.0)  # least and largest height of the map
_MOST_TOWNS = 40
_BESIDE = 0.2  # of the view: how far from the front the name of a side stands at most
_WAYS = {"side_left": 1.0, "side_right": -1.0}


@checked()
def movement_figure(  # noqa: PLR0913 - layers of a map
    displaced: gpd.GeoDataFrame,
    frontlines: gpd.GeoDataFrame,
    *,
    title: str,
    caption: str,
    districts: gpd.GeoDataFrame | None = None,
    settlements: gpd.GeoDataFrame | None = None,
    sides: Mapping[str, str] | None = None,
    context: gpd.GeoDataFrame | None = None,
    around: Around = "coast",
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
    sides
        How to call each side, by its name.
    context, around
        A layer of your own to draw about the ground, as for `draw_context`, and what else is: see
        `animate_control`.
    style
        The style; the page is its `width_mm` wide.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, on an Agg canvas and unknown to pyplot. It shows where the front moved, or all of it if
        it did not, and names the sides along it. Where it stayed, its two lines run together.

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
    told = displaced[displaced["nsm_m"] != 0]  # where the front stayed, its two lines say so
    view, called = _view(displaced), sides or {}
    inner_mm = style.width_mm - 2 * style.margin_mm
    height_mm = min(max(inner_mm * view.height / view.width, _MAP_MM[0]), _MAP_MM[1])
    view = view.fitted(inner_mm / height_mm)
    about = surroundings(view, displaced.crs, dates, around, style, own=context)
    home = [] if districts is None else [shapely.union_all(shapely.make_valid(districts.geometry.to_numpy()))]

    def draw(ax: Axes) -> Axes:
        frame(ax, style)
        show(ax, view)
        about.draw(ax, style, home)
        if districts is not None:
            draw_districts(districts, ax=ax, label=False, style=style)
        draw_frontlines(fronts, ax=ax, band=False, style=style)
        if len(told):
            draw_transects(told, ax=ax, style=style)
        busy = [*lines(fronts.geometry), *present(ways(displaced))]
        about.furnish(ax, busy, style)
        for text in ax.texts:
            if text.get_gid() == "degrees":  # on paper of its own: borders of districts run up to the frame
                text.set_bbox({"facecolor": style.paper, "linewidth": 0, "pad": 0.8})
        names = [
            *_side_names(fronts, view, called, style),
            *about.labels(ax, shapely.union_all(home), style),
        ]
        names += _names(ax, fronts, districts, settlements, style)
        place_labels(ax, names, avoid=shapely.union_all(busy), style=style)
        side = clean(side_name(displaced["side"].iloc[0], called))
        heading = f"{side}: net movement, {' to '.join(map(day, dates))}"
        entries = [*seen_entries(ax, fronts, style), *transect_entries(told, style)]
        write_above(ax, heading, [*entries, *about.entries(ax, style)], style)
        return ax

    chart = Chart("map", draw, height_mm, style.margin_mm)
    return chart_page([chart], title=title, caption=about.credited(caption), style=style)


def _view(displaced: gpd.GeoDataFrame) -> View:
    """Return the view of all ways that the front moved; if it did not, of all transects."""
    moved = present(ways(displaced))
    shown = moved if len(moved) else places_along(displaced, displaced["origin_m"].to_numpy(dtype=float))
    view = bounds_of(shown) or View(0.0, 0.0, 1.0, 1.0)
    least = View(view.west - 1000, view.south - 1000, view.east + 1000, view.north + 1000)
    return least.grown(0.06)


def _names(
    ax: Axes,
    fronts: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame | None,
    settlements: gpd.GeoDataFrame | None,
    style: MapStyle,
) -> list[Label]:
    """Draw the settlements nearest to the front; return their names and those of districts."""
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
    return found


def _side_names(
    fronts: gpd.GeoDataFrame, view: View, sides: Mapping[str, str], style: MapStyle
) -> list[Label]:
    """Return the names of sides, each on its ground along the last front."""
    last = fronts[fronts["date"] == fronts["date"].max()]
    reach = _BESIDE * min(view.width, view.height)
    beside = {column: last.geometry.buffer(way * reach, single_sided=True) for column, way in _WAYS.items()}
    found = []
    for side in sorted({*last["side_left"], *last["side_right"]}):
        own = shapely.union_all([shape for column in _WAYS for shape in beside[column][last[column] == side]])
        rest = shapely.union_all(
            [shape for column in _WAYS for shape in beside[column][last[column] != side]]
        )
        ground = shapely.intersection(shapely.difference(own, rest), view.box())
        parts = shapely.get_parts(ground)
        if len(parts):
            look: dict[str, Any] = {
                "size_pt": style.country_pt,
                "weight": "bold",
                "colour": style.country_text,
            }
            largest = parts[int(shapely.area(parts).argmax())]
            found.append(Label(clean(side_name(side, sides)), area=largest, priority=1e6, **look))
    return found
