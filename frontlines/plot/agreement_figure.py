"""The map of two sources for print: ground that both, one or neither of them gives to a side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from frontlines.arguments import checked
from frontlines.crs.working import require_working_crs
from frontlines.names import Around, area_unit
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
from frontlines.plot.labels import place_labels
from frontlines.plot.map_layers import base_entries, district_labels, draw_districts
from frontlines.plot.map_page import (
    LEGEND_GUESS_MM,
    Needs,
    legend_shape,
    mark_view,
    plan,
    rims_of,
    write_headings,
)
from frontlines.plot.page import FigurePage
from frontlines.plot.scene import detail_views, with_details
from frontlines.plot.style import DEFAULT_STYLE, AreaStyle, MapStyle, mix, seen_from
from frontlines.plot.surroundings import draw_locator, locator_view, surroundings
from frontlines.plot.words import clean

_MOST_NAMES = 60
_DIFFERS = 1e-3  # of all that sources differ by: a district with less is not named
_RIM_INK = 0.25  # share of ink in the colour of the rim
_RIM_PT = 0.6  # pieces have a rim, so that the thinnest can be seen


@checked(ground="polygons kind area_km2")
def agreement_figure(
    ground: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    names: tuple[str, str],
    *,
    side: str,
    title: str,
    caption: str,
    around: Around = "coast",
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
    around
        What is drawn about the ground, see `animate_control`.
    style
        The style; the page is its `width_mm` wide and at most its `max_height_mm` high.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, on an Agg canvas and unknown to pyplot. Ground that both give to the side has the pale
        tone of its colour; what only one source gives differs by colour and by hatch, and has a rim; the gids
        are ``only_first``, ``only_second``, ``both`` and ``neither``. Details show where most of the
        difference is, if it is not everywhere.

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
    about = surroundings(whole, districts.crs, ground.get("date", ()), around, style)
    region = None if about.wide is None else locator_view(about.wide, whole)
    page = FigurePage(style, title=title, caption=about.credited(caption, located=region is not None))
    needs = Needs(
        main_aspect=whole.width / whole.height,
        title_mm=page.top_mm - style.margin_mm,
        caption_mm=page.caption_mm,
        locator_aspect=None if region is None else region.width / region.height,
    )
    details = detail_views(apart, whole, needs, style) if len(apart) else []
    needs = with_details(needs, details, whole, style)
    (width_mm, columns), box = legend_shape(needs, style), plan(needs, LEGEND_GUESS_MM, style).legend
    border = base_entries(["border"] * about.bordered(whole), "", style)
    entries = [*_entries(ground, names, side, style), *border]
    host, legend_mm = page.add_legend(entries, box, columns=columns, entry_mm=width_mm / columns)
    places = plan(needs, legend_mm, style)
    boxes, views = (places.main, *places.details), [whole, *(one.view for one in details)]
    axes = [page.add(name, own) for name, own in zip(["main", *["zoom"] * len(details)], boxes, strict=True)]
    page.end(places.foot)
    page.put(host, places.legend)
    for ax, view, own in zip(axes, views, boxes, strict=True):
        frame(ax, style)
        show(ax, view.fitted(own.aspect))
        about.draw(ax, style)
        _draw_ground(ax, shapes, districts, _looks(side, style), style)
        about.see_through(ax)
    if places.locator is not None and about.wide is not None:
        draw_locator(page.add("locator", places.locator), about.wide, districts, view=region, style=style)
    insets, theatre = [view_of(ax) for ax in axes[1:]], districts.union_all()
    for inset, letter in zip(insets, "bcd", strict=False):
        mark_view(axes[0], inset, letter, apart, style)
    if insets:
        write_headings(page, boxes, ["The whole ground", *["Ground where the sources differ"] * len(insets)])
    weight = _differing(districts, apart)
    named = districts[districts["district"].isin(weight).to_numpy()] if weight else districts
    for ax in axes:
        framed = [inset.box() for inset in insets if ax is axes[0]]
        about.furnish(ax, [*apart, *framed, theatre.boundary], style)
        shown = named[named.intersects(view_of(ax).box()).to_numpy()]
        written = district_labels(shown, weight=weight, style=style)[:_MOST_NAMES]
        found = about.labels(ax, theatre, style) + written
        rims = rims_of(ax, insets if ax is axes[0] else [])
        place_labels(ax, found, obstacles=rims, spare=shapely.union_all(apart), style=style)
    return page.figure


def _differing(districts: gpd.GeoDataFrame, apart: Any) -> dict[Any, float]:
    """Give the districts in which the sources differ, and by how much of all that they differ by."""
    row, piece = districts.sindex.query(apart, predicate="intersects")[::-1]
    shapes = districts.geometry.to_numpy()
    m2 = shapely.area(shapely.intersection(shapes[row], apart[piece]))
    by_district: pd.Series[float] = pd.Series(m2).groupby(districts["district"].to_numpy()[row]).sum()
    return dict((by_district[by_district > _DIFFERS * m2.sum()] / max(m2.sum(), 1e-9)).items())


def _looks(side: str, style: MapStyle) -> dict[str, AreaStyle]:
    """Give each kind of ground its fill."""
    kinds = ("neither", "both", "only_first", "only_second")
    return dict(zip(kinds, (style.rest, seen_from(side, style).held, style.first, style.second), strict=True))


def _draw_ground(
    ax: Axes,
    shapes: Mapping[str, Any],
    districts: gpd.GeoDataFrame,
    looks: Mapping[str, AreaStyle],
    style: MapStyle,
) -> None:
    """Draw all that is not text; the extent stays as it was set."""
    for kind, look in looks.items():
        if kind not in shapes:
            continue
        fill(ax, [shapes[kind]], look, style=style, name=kind, zorder=Z["ground"])
        if kind.startswith("only"):
            rim, colour = f"{kind}:rim", mix(look.face, style.ink, _RIM_INK)
            stroke(ax, [shapes[kind]], colour=colour, width_pt=_RIM_PT, name=rim, zorder=Z["front"])
    draw_districts(districts, ax=ax, label=False, style=style)
    outline(ax, [districts.union_all()], "theatre", style)


def _entries(
    ground: gpd.GeoDataFrame, names: tuple[str, str], side: str, style: MapStyle
) -> list[tuple[str, Patch]]:
    """Return a legend with an entry for each kind of ground there is, and its area."""
    km2 = dict(zip(ground["kind"], ground["area_km2"], strict=True))
    unit, (first, second) = area_unit(max(km2.values())), (clean(name) for name in names)
    texts = {
        "only_first": f"{clean(side)} by {first} only",
        "only_second": f"{clean(side)} by {second} only",
        "both": f"{clean(side)} by both",
        "neither": "By neither",
    }
    found = []
    for kind, text in texts.items():
        if kind in km2:
            look = _looks(side, style)[kind]
            swatch = paint(Patch(), look, style)
            swatch.set(linewidth=0.4, edgecolor=look.ink if look.hatch else style.district_edge)
            found.append((f"{text}: {unit.said(float(km2[kind]))}", swatch))
    return found
