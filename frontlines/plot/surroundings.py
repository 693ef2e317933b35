"""What lies about the ground of a map: coast and states, the small map of the wider region, map tiles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import pyproj
import shapely
from matplotlib.axes import Axes

from frontlines._optional import require
from frontlines.datasets.natural_earth import FINEST_M, credit_of, neighbours, states_known
from frontlines.errors import FrontlinesError
from frontlines.names import Around
from frontlines.plot.artists import (
    View,
    Z,
    bounds_of,
    coarse,
    coarse_rows,
    dots,
    fill,
    frame,
    lines,
    show,
    stroke,
    view_of,
)
from frontlines.plot.furniture import Entry, furnish
from frontlines.plot.labels import Label
from frontlines.plot.map_layers import base_entries, country_labels, draw_context
from frontlines.plot.style import DEFAULT_STYLE, AreaStyle, MapStyle

_AROUND, _LEAST_M, _MOST_M = 2.0, 1.5e6, 6e6  # how far surroundings reach, in lengths of the ground, and [m]


OVER_TILES = 0.55
"""How much ground covers map tiles."""


@dataclass(frozen=True)
class Surroundings:
    """What lies about the ground of a map: `wide` for a locator, `layers` to draw, the lowest first."""

    crs: pyproj.CRS
    wide: gpd.GeoDataFrame | None
    layers: tuple[gpd.GeoDataFrame, ...]
    coast: bool  # whether the lowest layer is the bundled one
    tiles: bool
    cuts: dict[View, list[gpd.GeoDataFrame]] = field(default_factory=dict)  # of views asked for before

    def layers_on(self, ax: Axes) -> list[gpd.GeoDataFrame]:
        """Cut the layers to what an Axes shows and what is near it."""
        if (view := view_of(ax)) not in self.cuts:
            self.cuts[view] = [coarse_rows(layer, ax) for layer in self.layers]
        return self.cuts[view]

    def draw(self, ax: Axes, style: MapStyle, home: Any = ()) -> None:
        """Draw it under the ground of the map, which is `home` and has no colour yet."""
        if self.tiles:
            _draw_tiles(ax, self.crs)
            style = replace(style, sea_face="none", country_face="none")
        for layer in self.layers_on(ax):
            draw_context(layer, ax=ax, label=False, style=style)
        if self.layers and not self.tiles:
            fill(ax, home, AreaStyle(style.paper), style=style, name="home", zorder=Z["context"] + 0.2)

    def see_through(self, ax: Axes) -> None:
        """Let tiles be seen through the ground that is drawn."""
        for patch in ax.patches if self.tiles else ():
            patch.set_alpha(OVER_TILES)

    def furnish(self, ax: Axes, busy: Iterable[Any], style: MapStyle) -> None:
        """Put scale bar, north arrow and degrees on a map, off what is `busy` and off coasts and borders."""
        edges = [edge for layer in self.layers_on(ax) for edge in lines(layer.geometry)]
        furnish(ax, self.crs, [*busy, *edges], style=style)

    def bordered(self, view: View) -> bool:
        """Whether a coast or border is in a view."""
        return any(shapely.intersects(lines(layer.geometry), view.box()).any() for layer in self.layers)

    def entries(self, ax: Axes, style: MapStyle) -> list[Entry]:
        """Return the entries of a legend for the base map that is seen on an Axes."""
        drawn = {str(artist.get_gid()) for artist in ax.get_children()}
        if not self.bordered(view_of(ax)):
            drawn.discard("border")
        names = {name for own in self.layers for name in own.loc[own["kind"] == "oblast", "name"].dropna()}
        return base_entries(drawn, str(names.pop()) if len(names) == 1 else "Former boundary", style)

    def labels(self, ax: Axes, aside: Any, style: MapStyle) -> list[Label]:
        """Give the names of states that an Axes shows, off the ground of `aside`."""
        states = [layer[layer["kind"].to_numpy() == "country"] for layer in self.layers_on(ax)]
        seen = [own[own.intersects(view_of(ax).box()).to_numpy()] for own in states]
        return [name for own in seen for name in country_labels(own, aside=aside, style=style)]

    def credited(self, caption: str, *, located: bool = False) -> str:
        """Add to a caption whose coasts, states and tiles are drawn, on the map or its locator."""
        told = []
        if self.wide is not None and (self.coast or located):
            told.append(f"{credit_of(self.wide)}.")
        if self.tiles:
            whose = str(_tiles(require("contextily", extra="basemap")).attribution)
            told.append(f"Tiles: {whose.replace('(C)', '©')}.")
        return " ".join(filter(None, [caption, *told]))


def surroundings(
    whole: View,
    crs: pyproj.CRS,
    days: Iterable[Any],
    around: Around,
    style: MapStyle,
    *,
    own: gpd.GeoDataFrame | None = None,
) -> Surroundings:
    """Find what lies about a ground; of early days land alone, and no states under a layer of its `own`."""
    layers: tuple[gpd.GeoDataFrame, ...] = () if own is None else (own,)
    longer = max(whole.width, whole.height)
    wide, coast = None, around == "coast" and longer / style.width_mm > FINEST_M
    if around != "none":
        half = max(min(max(_AROUND * longer, _LEAST_M), _MOST_M), longer)
        x, y = (whole.west + whole.east) / 2, (whole.south + whole.north) / 2
        wide = neighbours(crs, (x - half, y - half, x + half, y + half), states=states_known(days))
        if coast:
            bare = wide.assign(kind=wide["kind"].replace("country", "land"), name=None)
            layers = (wide if own is None else bare, *layers)
    return Surroundings(crs, wide, layers, coast, around == "tiles")


_REGION_M = 6e5  # width of the ground that a locator shows at least
_WIDER = 1.35  # than the theatre: a locator that shows hardly more says nothing
_REACHES = (1.3, 3.0, 8.0)  # how far about the theatre, in lengths of its longer edge, the nearest first
_LEAST_LAND = 0.01  # share of a locator: Fiji has as much about it, the corner of a far coast has less
_ASPECTS = (0.8, 1.6)
SMALL = 0.05
"""Share of the width of a locator: a smaller theatre is a mark."""

_MARK_PT = 5.0


def locator_view(around: gpd.GeoDataFrame, theatre: View) -> View | None:
    """Return what a locator shows: so much of the region about the theatre that a reader may know the place.

    None if what is known reaches hardly beyond the theatre, or has no coast or border, or hardly any land.
    """
    land = around.geometry.to_numpy()[around["kind"].to_numpy() != "sea"]
    known, edges = bounds_of(around.geometry), lines(land)
    if known is None:
        return None
    rim = shapely.boundary(known.box())
    for reach in _REACHES:
        wide = theatre.grown(reach)
        wide = wide.grown(max(0.0, _REGION_M / max(wide.width, wide.height) - 1) / 2)
        view = View(*map(max, wide[:2], known[:2]), *map(min, wide[2:], known[2:]))
        seen = shapely.difference(shapely.intersection(edges, view.box()), rim)
        enough = view.width > _WIDER * theatre.width or view.height > _WIDER * theatre.height
        on_land_m2 = shapely.area(shapely.clip_by_rect(land, *view)).sum()
        bare = on_land_m2 < _LEAST_LAND * view.width * view.height
        if enough and not bare and shapely.length(seen).sum() > view.width:
            return view.fitted(min(max(view.width / view.height, _ASPECTS[0]), _ASPECTS[1]))
    return None


def draw_locator(
    ax: Axes,
    around: gpd.GeoDataFrame,
    theatre: Any,
    *,
    view: View | None = None,
    framed: View | None = None,
    style: MapStyle = DEFAULT_STYLE,
) -> Axes:
    """Draw where in the wider region the theatre is, and which part of it is `framed` on the map."""
    extent = bounds_of(theatre.geometry)
    seen = view or (None if extent is None else locator_view(around, extent))
    if seen is not None:
        show(ax, seen)
    thin = MapStyle(country_pt_width=0.4)
    draw_context(coarse_rows(around, ax), ax=ax, label=False, style=thin)
    whole = shapely.union_all(shapely.make_valid(coarse(theatre.geometry.to_numpy(), ax)))
    if extent is not None and max(extent.width, extent.height) < SMALL * view_of(ax).width:
        middle = gpd.GeoDataFrame(geometry=[shapely.centroid(whole)])
        dots(ax, middle, _MARK_PT, marker="s", c=style.locator_face, zorder=Z["town"], gid="locator-theatre")
    else:
        fill(
            ax, [whole], AreaStyle(style.locator_face), style=style, name="locator-theatre", zorder=Z["mark"]
        )
    part = [] if framed is None else [framed.box()]
    for colour, width_pt in (style.paper, 2.5), (style.ink, 1.0):
        stroke(ax, part, colour=colour, width_pt=width_pt, name="locator-frame", zorder=Z["frame"])
    ax.set_aspect("equal")
    if seen is not None:
        show(ax, seen)
    frame(ax, style)
    return ax


def _draw_tiles(ax: Axes, crs: pyproj.CRS) -> None:
    """Draw map tiles under all that an Axes shows, for its extent."""
    contextily, view = require("contextily", extra="basemap"), view_of(ax)
    try:
        contextily.add_basemap(
            ax, crs=crs.to_wkt(), source=_tiles(contextily), zoom_adjust=1, attribution=False, zorder=0
        )
    except (OSError, ValueError) as error:  # requests' errors are OSErrors
        unmet = "Connect" in type(error).__name__  # requests' ConnectionError and ConnectTimeout
        why = "there is no connection" if unmet else str(error).partition("\n")[0].rstrip(" .:")
        raise FrontlinesError(f"no map tiles came from the server: {why}; leave --basemap out") from error
    show(ax, view)


def _tiles(contextily: Any) -> Any:
    return contextily.providers.OpenStreetMap.Mapnik
