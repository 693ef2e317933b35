"""Front lines on any Axes: a colour a date, shared stretches in both, and a soft band for their error."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import Bbox
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from frontlines.arguments import checked
from frontlines.crs.working import require_working_crs
from frontlines.layers.columns import sigmas_of
from frontlines.movement.displacement import places_along, ways
from frontlines.plot.artists import (
    Stage,
    Z,
    dash,
    fill,
    lines,
    merged,
    metres_per_pt,
    present,
    stroke,
    view_of,
)
from frontlines.plot.furniture import Beside, Entry, nice_length_m
from frontlines.plot.style import DEFAULT_STYLE, AreaStyle, MapStyle, front_colours, mix, seen_from
from frontlines.plot.words import day

_LEAST_SHARED = 4.0  # a shorter stretch, in widths of a line, only crosses the other line
_SAME_M = 1.0  # lines nearer than this run together, however fine the map
_EARLIER_PT = (3.0, 1.3)  # dashes of the front of an earlier date, on and off
_FINE_PT = 0.1  # corners of a band closer to its edge than this cannot be seen


@checked()
def draw_frontlines(
    frontlines: gpd.GeoDataFrame,
    *,
    ax: Axes | None = None,
    band: bool = True,
    within: BaseGeometry | None = None,
    style: MapStyle = DEFAULT_STYLE,
) -> Axes:
    """Draw the fronts of one or several dates.

    Later fronts are darker; all but the last one are dashed. Where a later front runs where an earlier one
    ran, its dashes lie on the earlier line: both tones show.

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
    ['front:1994-04-07', 'front:1994-05-12', 'under:1994-05-12', 'shared:1994-05-12']
    """
    require_working_crs(frontlines=frontlines)
    stage = Stage(ax, style)
    stage.settle(frontlines.geometry)
    colours = front_colours(frontlines["date"], style)
    days = pd.to_datetime(frontlines["date"])
    ground = {date: frontlines[(days == date).to_numpy()] for date in colours}
    if band and "sigma_m" in frontlines:
        for date, rows in ground.items():
            _draw_band(stage.ax, rows, within, colours[date], f"band:{date:%Y-%m-%d}", style)
    near_m = max(_SAME_M, metres_per_pt(stage.ax) * style.front_pt / 2)
    earlier = np.array([], dtype=object)
    for rank, (date, rows) in enumerate(ground.items()):
        alone, shared = split_shared(rows.geometry, earlier, near_m)
        dashed = rank < len(ground) - 1
        _draw_front(stage.ax, alone, (colours[date], dashed), f"front:{date:%Y-%m-%d}", rank, style)
        under = list(colours.values())[max(rank - 1, 0)]
        _draw_shared(stage.ax, shared, (under, colours[date]), f"shared:{date:%Y-%m-%d}", rank, style)
        earlier = np.concatenate([earlier, merged(rows.geometry)])
    return stage.settle(frontlines.geometry)


def front_entries(
    drawn: Collection[str], colours: Mapping[pd.Timestamp, str], style: MapStyle
) -> list[Entry]:
    """Return the entries of a legend for what `draw_frontlines` drew; `drawn` are the gids of its artists."""
    shown = {d: c for d, c in colours.items() if {f"front:{d:%Y-%m-%d}", f"shared:{d:%Y-%m-%d}"} & set(drawn)}
    last, width = max(colours, default=None), style.front_pt * 1.2
    dashes = dash(width, *_EARLIER_PT)
    out: list[Entry] = [
        (
            f"Front, {day(date)}",
            Line2D([], [], color=colour, linewidth=width, linestyle="-" if date == last else dashes),
        )
        for date, colour in shown.items()
    ]
    if any(gid.startswith("shared:") for gid in drawn):
        text = "Fronts of both dates" if len(shown) <= 2 else "Fronts of several dates"  # noqa: PLR2004
        out.append((text, _shared(shown, style)))
    bands = [c for d, c in colours.items() if f"band:{d:%Y-%m-%d}" in drawn]
    if bands:
        swatches = [Patch(facecolor=c, alpha=style.band_alpha * 1.7, linewidth=0) for c in bands]
        out.append(("± 1 sigma of the front's position", Beside(swatches)))
    return out


def seen_entries(ax: Axes, fronts: gpd.GeoDataFrame, style: MapStyle) -> list[Entry]:
    """Return the entries of a legend for the fronts that are in view, alone or together."""
    view = Bbox.from_extents(*view_of(ax))
    drawn = {
        str(artist.get_gid())
        for artist in ax.collections
        if any(path.intersects_bbox(view, filled=False) for path in artist.get_paths())
    }
    return front_entries(drawn, front_colours(fronts["date"], style), style)


def _shared(colours: Mapping[pd.Timestamp, str], style: MapStyle) -> tuple[Artist, ...]:
    width = style.front_pt * 1.2
    out = []
    for rank, colour in enumerate(colours.values()):
        line = Line2D([], [], color=colour, linewidth=width, dash_capstyle="butt")
        if rank:
            line.set_linestyle(dash(width, style.dash_pt, style.dash_pt * rank))
        out.append(line)
    return tuple(out)


def split_shared(geometry: Any, earlier: Any, near_m: float) -> tuple[Any, Any]:
    """Split lines into the parts that run alone and the parts that run with earlier lines.

    Lines nearer to each other than `near_m` run together; where they only cross they do not. A short piece
    at the end of a line is no crossing.
    """
    own = shapely.multilinestrings(merged(geometry)) if len(lines(geometry)) else shapely.MultiLineString()
    if len(present(earlier)) == 0:
        return merged([own]), merged([])
    near = shapely.union_all(shapely.buffer(lines(earlier), near_m, quad_segs=2))
    together, alone = merged([shapely.intersection(own, near)]), lines([shapely.difference(own, near)])
    ends = shapely.buffer(shapely.boundary(own), near_m / 2, quad_segs=1)
    long = (shapely.length(together) > 2 * _LEAST_SHARED * near_m) | shapely.intersects(together, ends)
    return merged(np.concatenate([alone, together[~long]])), together[long]


def _draw_band(
    ax: Axes, rows: gpd.GeoDataFrame, within: Any, colour: str, name: str, style: MapStyle
) -> None:
    """Draw a band that fades outwards: strips over each other, where a sigma is wider than the line."""
    rows = rows[2 * sigmas_of(rows) > style.front_pt * metres_per_pt(ax)]
    for step in range(style.band_steps, 0, -1):
        strip = band_of(rows, step / style.band_steps)
        strip = shapely.simplify(strip, metres_per_pt(ax) * _FINE_PT)
        if within is not None:
            strip = shapely.intersection(strip, within)
        patch = fill(ax, [strip], AreaStyle(colour), style=style, name=name, zorder=Z["band"])
        if patch is not None:
            patch.set_alpha(style.band_alpha / style.band_steps * 1.5)


def _draw_front(
    ax: Axes, geometry: Any, tone: tuple[str, bool], name: str, rank: int, style: MapStyle
) -> None:
    """Draw a front on a pale casing; `tone` is its colour, and whether it is dashed."""
    wide, casing = style.front_pt + 2 * style.casing_pt, name.replace("front", "casing")
    look: dict[str, Any] = {"alpha": 0.8, "joinstyle": "round", "zorder": Z["casing"], "apart": False}
    stroke(ax, geometry, colour=style.casing_colour, width_pt=wide, name=casing, **look)
    look = {
        "capstyle": "butt" if tone[1] else "round",
        "joinstyle": "round",
        "zorder": Z["front"] + rank * 0.01,
        "apart": False,
    }
    if tone[1]:
        look["linestyles"] = [dash(style.front_pt, *_EARLIER_PT)]
    stroke(ax, geometry, colour=tone[0], width_pt=style.front_pt, name=name, **look)


def _draw_shared(
    ax: Axes, geometry: Any, tones: tuple[str, str], name: str, rank: int, style: MapStyle
) -> None:
    """Draw the dashes of a later front on an earlier one; the shortest piece has one of each tone."""
    pieces = lines(geometry)
    length_pt = np.maximum(shapely.length(pieces) / metres_per_pt(ax), 1e-6)
    off = max(rank, 1)
    periods = np.maximum(np.round(length_pt / (style.dash_pt * (1 + off))), 1)
    on_pt = length_pt / periods / (1 + off)
    dashes = [dash(style.front_pt, one, one * off) for one in on_pt]
    look: dict[str, Any] = {
        "width_pt": style.front_pt,
        "capstyle": "butt",
        "zorder": Z["front"] + rank * 0.01,
    }
    stroke(ax, pieces, colour=tones[0], name=name.replace("shared", "under"), **look)
    stroke(ax, pieces, colour=tones[1], name=name, linestyles=dashes, **look)


_TAPER = 0.6  # metres that a band widens by, on either side, for each metre along it
_STEPS = 8
_ARC = 8  # corners of a quarter circle


def band_of(frontlines: gpd.GeoDataFrame, share: float = 1.0) -> Any:
    """Return the ground within `share` times `sigma_m` of the lines, as one geometry.

    Where stretches join, the wider band narrows to the width of the other; all ends are rounded.
    """
    sigma_m = sigmas_of(frontlines)
    parts, row = shapely.get_parts(frontlines.geometry.to_numpy(), return_index=True)
    wide = sigma_m[row]
    usable = np.isfinite(wide) & (wide > 0) & (shapely.length(parts) > 0)
    parts, wide = parts[usable], wide[usable] * share
    ends = shapely.get_point(np.tile(parts, 2), np.repeat([0, -1], len(parts)))
    seats, seat = np.unique(shapely.get_coordinates(ends), axis=0, return_inverse=True)
    least = np.full(len(seats), np.inf)
    np.minimum.at(least, seat, np.tile(wide, 2))
    first, last = least[seat].reshape(2, -1)
    strips = [_strip(*one) for one in zip(parts, wide, first, last, strict=True)]
    joints = shapely.buffer(shapely.points(seats), least, quad_segs=_ARC)
    return shapely.union_all([*strips, *joints])


def _strip(line: shapely.LineString, wide: float, first: float, last: float) -> Any:
    """Strip about a line that begins and ends narrower than it is."""
    if first == last == wide:
        return shapely.buffer(line, wide, quad_segs=_ARC, cap_style="flat")
    length = line.length
    rise, fall = (min((wide - end) / _TAPER, length) for end in (first, last))
    steps = np.linspace(0, 1, _STEPS)
    at = np.unique(np.concatenate([rise * steps, length - fall * steps]))
    half = np.minimum(wide, np.minimum(first + _TAPER * at, last + _TAPER * (length - at)))
    discs = shapely.buffer(shapely.line_interpolate_point(line, at), half, quad_segs=_ARC)
    cones = shapely.convex_hull(shapely.union(discs[:-1], discs[1:]))
    full = substring(line, rise, length - fall) if rise + fall < length else None
    tapers = cones[(half[:-1] < wide) | (half[1:] < wide)]
    return shapely.union_all([*tapers, shapely.buffer(full, wide, quad_segs=_ARC, cap_style="flat")])


_TICK_PT = 5.0
_KEY_PT = 3.0
_KM = 1000.0
_SHARES = (10.0, 2.0)  # the largest movement over these are the limits of the classes
_FILLED = 0.5  # share of the ground between transects that their lines may cover
_WIDTHS_PT = (0.4, 1.2)


@checked()
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
        The style: advance has the colour of the side, retreat that of the other side, or grey if its
        `side_colours` name several.

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
        stroke(stage.ax, transects.geometry, colour=colour, width_pt=width, name="transect", zorder=Z["mark"])
        return stage.settle(transects.geometry)
    way = ways(transects)
    apart_pt = float(transects["stands_for_m"].median()) / metres_per_pt(stage.ax)
    width = min(max(_FILLED * apart_pt, _WIDTHS_PT[0]), _WIDTHS_PT[1])
    for name, number, _, rows, look in _classes(transects, style):
        gid, at = f"{name}:{number}", Z["front"] - 0.05
        stroke(stage.ax, way[rows], width_pt=width, name=gid, zorder=at, **look)
    _draw_unmoved(stage.ax, transects, style)
    return stage.settle(transects.geometry)


def _classes(moved: gpd.GeoDataFrame, style: MapStyle) -> Iterator[tuple[str, int, str, Any, dict[str, Any]]]:
    """Give the classes of movement that occur: which way, number, from and to, rows, and how they look."""
    nsm_m = moved["nsm_m"].to_numpy(dtype=float)
    largest = float(np.nanmax(np.abs(nsm_m), initial=0.0, where=np.isfinite(nsm_m)))
    limits = [0.0, *(nice_length_m(largest / share) for share in _SHARES), np.inf] if largest > 0 else []
    seen = seen_from(str(moved["side"].iloc[0]), style)
    for name, sign, base in (("advance", 1, seen.gained), ("retreat", -1, seen.lost)):
        faces = mix(base.face, style.paper, 0.45), base.face, mix(base.face, base.ink, 0.7)
        dashes: dict[str, Any] = {"linestyles": [dash(1.0, 1.6, 0.9)]} if name == "retreat" else {}
        for number, (low, high) in enumerate(pairwise(limits)):
            rows = (sign * nsm_m > low) & (sign * nsm_m <= high)
            text = f"{low / _KM:g} to {high / _KM:g} km" if np.isfinite(high) else f"over {low / _KM:g} km"
            if rows.any():
                yield name, number, text, rows, {"colour": faces[number], "capstyle": "butt"} | dashes


def _draw_unmoved(ax: Axes, moved: gpd.GeoDataFrame, style: MapStyle) -> None:
    """Draw a tick where the front did not move, and a cross where nothing can be said."""
    half_m = metres_per_pt(ax) * _TICK_PT / 2
    nsm_m = moved["nsm_m"].to_numpy(dtype=float)
    still = moved[nsm_m == 0]
    at = (still["origin_m"] + still["from_m"]).to_numpy(dtype=float)
    if len(still):
        ticks = _ticks(still, at, half_m)
        stroke(ax, ticks, colour=style.district_edge, width_pt=0.6, name="unmoved", zorder=Z["mark"])
    none = moved[np.isnan(nsm_m)]
    if len(none):
        xy = shapely.get_coordinates(places_along(none, none["origin_m"].to_numpy(dtype=float)))
        look: dict[str, Any] = {"marker": "x", "s": 5.0, "linewidths": 0.6, "c": style.ink}
        ax.scatter(*xy.T, zorder=Z["front"] + 0.5, gid="no-value", **look)


def _ticks(transects: gpd.GeoDataFrame, at_m: Any, half_m: float) -> Any:
    """Make short lines along transects, about places on them."""
    middle, low, high = (shapely.get_coordinates(places_along(transects, at_m + off)) for off in (0, -1, 1))
    ahead = (high - low) / np.hypot(*(high - low).T)[:, None]
    return shapely.linestrings(np.stack([middle - half_m * ahead, middle + half_m * ahead], axis=1))


def transect_entries(moved: gpd.GeoDataFrame, style: MapStyle) -> list[Entry]:
    """Return the entries of a legend for what `draw_transects` drew of movements."""
    nsm_m = moved["nsm_m"].to_numpy(dtype=float)
    out: list[Entry] = []
    for name, _, text, _, look in _classes(moved, style) if len(moved) else ():
        line = Line2D([], [], color=look["colour"], linewidth=_KEY_PT)
        if "linestyles" in look:
            line.set_linestyle(dash(_KEY_PT, 1.6, 0.9))
        out.append((f"{name.capitalize()}, {text}", line))
    if (nsm_m == 0).any():
        out.append(("No movement", Line2D([], [], color=style.district_edge, linewidth=0.8)))
    if np.isnan(nsm_m).any():
        cross: dict[str, Any] = {"marker": "x", "markersize": 3.5, "markeredgewidth": 0.7}
        out.append(("No figure can be given", Line2D([], [], color=style.ink, linestyle="none", **cross)))
    return out
