"""Whole pages for print: the profile of movement along a front, and its map."""

from __future__ import annotations

import geopandas as gpd
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from frontlines.movement.displacement import places_along, ways
from frontlines.plot import axes
from frontlines.plot.base import (
    district_labels,
    draw_districts,
    draw_settlements,
    pick_settlements,
    town_labels,
)
from frontlines.plot.fronts import draw_frontlines
from frontlines.plot.furniture import draw_north_arrow, draw_scale_bar, emptiest_corners, frame
from frontlines.plot.graticule import draw_graticule_ticks
from frontlines.plot.keys import Entry
from frontlines.plot.labels import place_labels
from frontlines.plot.lettering import clean
from frontlines.plot.profile import draw_profile
from frontlines.plot.shapes import View, bounds_of, lines, metres_per_pt, present, show, view_of
from frontlines.plot.sheets import Chart, chart_page
from frontlines.plot.style import DEFAULT_STYLE, MM_PER_INCH, PT_PER_INCH, MapStyle, date_colours, day
from frontlines.plot.transects import draw_transects, transect_entries

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


def movement_map(
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
    >>> [ax.get_label() for ax in movement_map(displaced, fronts, title="A", caption="made up").axes]
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
        _name(ax, displaced, fronts, districts, settlements, style)
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


def _name(
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
