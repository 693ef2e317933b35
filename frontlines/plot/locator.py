"""What lies about a theatre: the small map of the wider region, and map tiles from the internet."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pyproj
import shapely
from matplotlib.axes import Axes

from frontlines._optional import require
from frontlines.errors import FrontlinesError
from frontlines.plot.artists import View, Z, bounds_of, dots, fill, frame, lines, show, view_of
from frontlines.plot.map_layers import draw_context
from frontlines.plot.style import DEFAULT_STYLE, AreaStyle, MapStyle

_LEAST_M = 6e5  # width of the ground that is shown at least
_WIDER = 1.35  # than the theatre: a locator that shows hardly more says nothing
_REACHES = (
    1.3,
    3.0,
    8.0,
)  # how far about the theatre, in lengths of its longer edge, the nearest tried first
_ASPECTS = (0.8, 1.6)
_SMALL = 0.05  # share of the width: a smaller theatre is a mark
_MARK_PT = 5.0


def locator_view(around: gpd.GeoDataFrame, theatre: View) -> View | None:
    """Return what a locator shows: so much of the region about the theatre that a reader may know the place.

    None if what is known reaches hardly beyond the theatre, or has no coast or border.
    """
    known, edges = bounds_of(around.geometry), lines(around.geometry[(around["kind"] != "sea").to_numpy()])
    if known is None:
        return None
    rim = shapely.boundary(known.box())
    for reach in _REACHES:
        wide = theatre.grown(reach)
        wide = wide.grown(max(0.0, _LEAST_M / max(wide.width, wide.height) - 1) / 2)
        view = View(*map(max, wide[:2], known[:2]), *map(min, wide[2:], known[2:]))
        seen = shapely.difference(shapely.intersection(edges, view.box()), rim)
        enough = view.width > _WIDER * theatre.width or view.height > _WIDER * theatre.height
        if enough and shapely.length(seen).sum() > view.width:
            return view.fitted(min(max(view.width / view.height, _ASPECTS[0]), _ASPECTS[1]))
    return None


def draw_locator(
    ax: Axes,
    around: gpd.GeoDataFrame,
    theatre: Any,
    *,
    view: View | None = None,
    style: MapStyle = DEFAULT_STYLE,
) -> Axes:
    """Draw where in the wider region the theatre is."""
    extent = bounds_of(theatre.geometry)
    seen = view or (None if extent is None else locator_view(around, extent))
    if seen is not None:
        show(ax, seen)
    thin = MapStyle(country_pt_width=0.4)
    draw_context(around, ax=ax, label=False, style=thin)
    whole = shapely.union_all(shapely.make_valid(theatre.geometry.to_numpy()))
    if extent is not None and max(extent.width, extent.height) < _SMALL * view_of(ax).width:
        middle = gpd.GeoDataFrame(geometry=[shapely.centroid(whole)])
        dots(ax, middle, _MARK_PT, marker="s", c=style.locator_face, zorder=Z["town"], gid="locator-theatre")
    else:
        fill(
            ax, [whole], AreaStyle(style.locator_face), style=style, name="locator-theatre", zorder=Z["mark"]
        )
    ax.set_aspect("equal")
    if seen is not None:
        show(ax, seen)
    frame(ax, style)
    return ax


def draw_tiles(ax: Axes, crs: pyproj.CRS) -> None:
    """Draw map tiles under all that an Axes shows, for its extent."""
    contextily, view = require("contextily", extra="basemap"), view_of(ax)
    try:
        contextily.add_basemap(ax, crs=crs.to_wkt(), source=_tiles(contextily), attribution=False, zorder=0)
    except (OSError, ValueError) as error:  # requests' errors are OSErrors
        raise FrontlinesError(f"no map tiles came from the server ({error}): leave --basemap out") from error
    show(ax, view)


def tiles_credit(around: str) -> str:
    """Return whom the caption names for the tiles; "" without them."""
    if around != "tiles":
        return ""
    return f"Tiles: {_tiles(require('contextily', extra='basemap')).attribution}."


def _tiles(contextily: Any) -> Any:
    return contextily.providers.OpenStreetMap.Mapnik
