"""Front lines on any Axes: a colour a date, shared stretches in both, and a soft band for their error."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes

from frontlines.crs import require_working_crs
from frontlines.plot.bands import band_of
from frontlines.plot.shapes import Stage, Z, dash, fill, lines, merged, metres_per_pt, present, rule
from frontlines.plot.style import DEFAULT_STYLE, AreaStyle, MapStyle, date_colours

_LEAST_SHARED = 4.0
_SAME_M = 1.0
_FINE_PT = 0.1  # corners of a band closer to its edge than this cannot be seen


def draw_frontlines(
    frontlines: gpd.GeoDataFrame,
    *,
    ax: Axes | None = None,
    band: bool = True,
    within: Any = None,
    style: MapStyle = DEFAULT_STYLE,
) -> Axes:
    """Draw the fronts of one or several dates.

    Where a later front runs where an earlier one ran, its dashes lie on the earlier line: both colours show.

    Parameters
    ----------
    frontlines
        Frame with `date`, lines and, for the band, `sigma_m` [m], in the working CRS.
    ax
        The Axes; a new one if None.
    band
        Whether to draw the band of plus and minus `sigma_m` about each date's line.
    within
        A polygon; the band is cut to it.
    style
        The style.

    Returns
    -------
    Axes
        The Axes; the gids of the artists are ``front:`` (and ``shared:``, ``band:``) and the date.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> frame = gpd.GeoDataFrame(
    ...     {"date": pd.to_datetime(["1994-04-07", "1994-05-12"])},
    ...     geometry=shapely.linestrings([[(0, 0), (5e4, 0), (9e4, 0)], [(0, 0), (5e4, 0), (9e4, 9e4)]]),
    ...     crs=3035,
    ... )
    >>> ax = draw_frontlines(frame, ax=Figure().add_subplot())
    >>> [c.get_gid() for c in ax.collections if "casing" not in c.get_gid()]
    ['front:1994-04-07', 'front:1994-05-12', 'shared:1994-05-12']
    """
    require_working_crs(frontlines=frontlines)
    stage = Stage(ax, style)
    stage.settle(frontlines.geometry)
    colours = date_colours(frontlines["date"], style)
    days = pd.to_datetime(frontlines["date"])
    ground = {date: frontlines[(days == date).to_numpy()] for date in colours}
    if band and "sigma_m" in frontlines:
        for date, rows in ground.items():
            _draw_band(stage.ax, rows, within, colours[date], f"band:{date:%Y-%m-%d}", style)
    near_m = max(_SAME_M, metres_per_pt(stage.ax) * style.front_pt / 2)
    earlier = np.array([], dtype=object)
    for rank, (date, rows) in enumerate(ground.items()):
        alone, shared = split_shared(rows.geometry, earlier, near_m)
        _draw_front(stage.ax, alone, colours[date], f"front:{date:%Y-%m-%d}", rank, style)
        _draw_shared(stage.ax, shared, colours[date], f"shared:{date:%Y-%m-%d}", rank, style)
        earlier = np.concatenate([earlier, merged(rows.geometry)])
    return stage.settle(frontlines.geometry)


def split_shared(geometry: Any, earlier: Any, near_m: float) -> tuple[Any, Any]:
    """Split lines into the parts that run alone and the parts that run with earlier lines.

    Parameters
    ----------
    geometry
        Lines of one date.
    earlier
        Lines of the dates before.
    near_m
        Lines nearer to each other than this run together [m]. Where they only cross they do not.

    Returns
    -------
    tuple of array
        The parts alone and the parts together, as lines.

    Examples
    --------
    >>> new = [shapely.LineString([(0, 0), (50, 0), (50, 50)])]
    >>> alone, shared = split_shared(new, [shapely.LineString([(0, 0), (90, 0)])], 1.0)
    >>> round(shapely.length(alone).sum()), round(shapely.length(shared).sum())
    (49, 51)
    """
    own = shapely.multilinestrings(merged(geometry)) if len(lines(geometry)) else shapely.MultiLineString()
    if len(present(earlier)) == 0:
        return merged([own]), merged([])
    near = shapely.union_all(shapely.buffer(lines(earlier), near_m, quad_segs=2))
    together, alone = merged([shapely.intersection(own, near)]), lines([shapely.difference(own, near)])
    long = shapely.length(together) > 2 * _LEAST_SHARED * near_m
    return merged(np.concatenate([alone, together[~long]])), together[long]


def _draw_band(
    ax: Axes, rows: gpd.GeoDataFrame, within: Any, colour: str, name: str, style: MapStyle
) -> None:
    """Draw a band that fades outwards: strips of growing width over each other, the widest one sigma."""
    for step in range(style.band_steps, 0, -1):
        strip = band_of(rows, step / style.band_steps)
        strip = shapely.simplify(strip, metres_per_pt(ax) * _FINE_PT)
        if within is not None:
            strip = shapely.intersection(strip, within)
        patch = fill(ax, [strip], AreaStyle(colour), style=style, name=name, zorder=Z["band"])
        if patch is not None:
            patch.set_alpha(style.band_alpha / style.band_steps * 1.5)


def _draw_front(ax: Axes, geometry: Any, colour: str, name: str, rank: int, style: MapStyle) -> None:
    wide = style.front_pt + 2 * style.casing_pt
    rule(
        ax,
        geometry,
        colour=style.casing_colour,
        width_pt=wide,
        name=name.replace("front", "casing"),
        zorder=Z["casing"],
        alpha=0.8,
        joinstyle="round",
    )
    rule(
        ax,
        geometry,
        colour=colour,
        width_pt=style.front_pt,
        name=name,
        zorder=Z["front"] + rank * 0.01,
        capstyle="round",
        joinstyle="round",
    )


def _draw_shared(ax: Axes, geometry: Any, colour: str, name: str, rank: int, style: MapStyle) -> None:
    dashes = dash(style.front_pt, style.dash_pt, style.dash_pt * max(rank, 1))
    rule(
        ax,
        geometry,
        colour=colour,
        width_pt=style.front_pt,
        name=name,
        zorder=Z["front"] + rank * 0.01,
        linestyles=[dashes],
        capstyle="butt",
    )
