"""Transects and movements on a map."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from frontlines.crs import require_working_crs
from frontlines.movement.displacement import places_along, ways
from frontlines.plot.furniture import nice_length_m
from frontlines.plot.keys import Entry
from frontlines.plot.shapes import Stage, Z, dash, metres_per_pt, rule
from frontlines.plot.style import DEFAULT_STYLE, MapStyle, mix

_TICK_PT = 5.0
_KEY_PT = 3.0
_KM = 1000.0
_SHARES = (10.0, 2.0)  # the largest movement over these are the limits of the classes
_FILLED = 0.5  # share of the ground between transects that their lines may cover
_WIDTHS_PT = (0.4, 1.2)


def draw_transects(
    transects: gpd.GeoDataFrame, *, ax: Axes | None = None, style: MapStyle = DEFAULT_STYLE
) -> Axes:
    """Draw transects, or how far the front moved along each of them.

    Parameters
    ----------
    transects
        From `make_transects`: thin lines. From `displacement`: the way from the first position to the last,
        in the colour of its class.
    ax
        The Axes; a new one if None.
    style
        The style: its colours of gained and lost ground stand for advance and retreat.

    Returns
    -------
    Axes
        The Axes. The larger the movement the darker its line; retreats are dashed, so that a print in grey
        tells them apart. Gids: ``transect`` without movements, otherwise ``advance:`` and ``retreat:``
        with the number of the class, ``unmoved`` (short ticks) and ``no-value`` (small crosses).

    Raises
    ------
    CRSError
        If they are not in an equal-area CRS in metres.

    Examples
    --------
    >>> line = shapely.LineString([(4321000, 3210000), (4321000, 3212000)])
    >>> ax = draw_transects(gpd.GeoDataFrame(geometry=[line], crs="EPSG:3035"))
    >>> [artist.get_gid() for artist in ax.collections]
    ['transect']
    """
    require_working_crs(transects=transects)
    stage = Stage(ax, style)
    stage.settle(transects.geometry)
    if "nsm_m" not in transects:
        colour, width = style.district_text, style.district_pt_width
        rule(stage.ax, transects.geometry, colour=colour, width_pt=width, name="transect", zorder=Z["mark"])
        return stage.settle(transects.geometry)
    nsm_m, way = transects["nsm_m"].to_numpy(dtype=float), ways(transects)
    apart_pt = float(transects["stands_for_m"].median()) / metres_per_pt(stage.ax)
    width = min(max(_FILLED * apart_pt, _WIDTHS_PT[0]), _WIDTHS_PT[1])
    for name, sign in (("advance", 1), ("retreat", -1)):
        for number, (low, high, look) in enumerate(_classes(nsm_m, name, style)):
            own = way[(sign * nsm_m > low) & (sign * nsm_m <= high)]
            rule(stage.ax, own, width_pt=width, name=f"{name}:{number}", zorder=Z["front"] - 0.05, **look)
    _draw_unmoved(stage.ax, transects, style)
    return stage.settle(transects.geometry)


def _classes(nsm_m: Any, name: str, style: MapStyle) -> list[tuple[float, float, dict[str, Any]]]:
    """Give the classes of movement: from, to [m], and how they are drawn."""
    largest = float(np.nanmax(np.abs(nsm_m), initial=0.0, where=np.isfinite(nsm_m)))
    limits = [0.0, *(nice_length_m(largest / share) for share in _SHARES), np.inf] if largest > 0 else []
    base = style.gained if name == "advance" else style.lost
    faces = (
        mix(base.face, style.paper, 0.35),
        mix(base.face, base.ink, 0.25),
        mix(base.face, base.ink, 0.75),
    )
    dashes: dict[str, Any] = {"linestyles": [dash(1.0, 1.6, 0.9)]} if name == "retreat" else {}
    looks = [{"colour": face, "capstyle": "butt"} | dashes for face in faces]
    return list(zip(limits[:-1], limits[1:], looks, strict=False))


def _draw_unmoved(ax: Axes, moved: gpd.GeoDataFrame, style: MapStyle) -> None:
    """Draw a tick where the front did not move, and a cross where nothing can be said."""
    half_m = metres_per_pt(ax) * _TICK_PT / 2
    nsm_m = moved["nsm_m"].to_numpy(dtype=float)
    still = moved[nsm_m == 0]
    at = (still["origin_m"] + still["from_m"]).to_numpy(dtype=float)
    if len(still):
        ticks = _ticks(still, at, half_m)
        rule(ax, ticks, colour=style.district_edge, width_pt=0.6, name="unmoved", zorder=Z["mark"])
    none = moved[np.isnan(nsm_m)]
    if len(none):
        xy = shapely.get_coordinates(places_along(none, none["origin_m"].to_numpy(dtype=float)))
        ax.scatter(
            xy[:, 0],
            xy[:, 1],
            marker="x",
            s=5.0,
            linewidths=0.6,
            c=style.ink,
            zorder=Z["front"] + 0.5,
            gid="no-value",
        )


def _ticks(transects: gpd.GeoDataFrame, at_m: Any, half_m: float) -> Any:
    """Make short lines along transects, about places on them."""
    middle, low, high = (shapely.get_coordinates(places_along(transects, at_m + off)) for off in (0, -1, 1))
    ahead = (high - low) / np.hypot(*(high - low).T)[:, None]
    return shapely.linestrings(np.stack([middle - half_m * ahead, middle + half_m * ahead], axis=1))


def transect_entries(moved: gpd.GeoDataFrame, style: MapStyle) -> list[Entry]:
    """Return the entries of a legend for what `draw_transects` drew of movements."""
    nsm_m = moved["nsm_m"].to_numpy(dtype=float)
    out: list[Entry] = []
    for name, sign in (("advance", 1), ("retreat", -1)):
        for low, high, look in _classes(nsm_m, name, style):
            if not ((sign * nsm_m > low) & (sign * nsm_m <= high)).any():
                continue
            line = Line2D([], [], color=look["colour"], linewidth=_KEY_PT)
            if "linestyles" in look:
                line.set_linestyle(dash(_KEY_PT, 1.6, 0.9))
            text = f"{low / _KM:g} to {high / _KM:g} km" if np.isfinite(high) else f"over {low / _KM:g} km"
            out.append((f"{name.capitalize()}, {text}", line))
    if (nsm_m == 0).any():
        out.append(("No movement", Line2D([], [], color=style.district_edge, linewidth=0.8)))
    if np.isnan(nsm_m).any():
        cross: dict[str, Any] = {
            "linestyle": "none",
            "marker": "x",
            "markersize": 3.5,
            "markeredgewidth": 0.7,
        }
        out.append(("No figure can be given", Line2D([], [], color=style.ink, **cross)))
    return out
