"""The profile of movement along a front, on any Axes and as a page."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from frontlines.arguments import checked
from frontlines.crs.working import require_working_crs
from frontlines.errors import FrontlinesError
from frontlines.movement.displacement import places_along
from frontlines.movement.rates import normal_z
from frontlines.plot.artists import Z, dash, write
from frontlines.plot.chart_axes import axes_for, draw_grid_lines, set_axes_look, write_above
from frontlines.plot.furniture import Entry
from frontlines.plot.page import Chart, chart_page
from frontlines.plot.style import DEFAULT_STYLE, MM_PER_INCH, PT_PER_INCH, MapStyle, Seen, mix, seen_from
from frontlines.plot.text import font_of, plain, renderer_of, shortened
from frontlines.plot.words import clean, day, tick

_KM = 1000.0
_NEAR_KM = 10.0
_TOUCH_KM = 0.001
_NAME_MM = 30.0
_PROFILE_MM = 70.0
_BESIDE_PT = 8.5
_PALER = 0.25  # share of paper in the colours of advance and retreat
_NEEDS = ("nsm_m", "shared", "origin_m", "from_m", "to_m", "date_from", "date_to", "side", "along_km", "line")


@checked()
def draw_profile(
    displaced: gpd.GeoDataFrame,
    *,
    ax: Axes | None = None,
    settlements: gpd.GeoDataFrame | None = None,
    level: float = 0.95,
    style: MapStyle = DEFAULT_STYLE,
) -> Axes:
    """Draw the net movement along the front.

    Parameters
    ----------
    displaced
        From `displacement`; with districts, they are marked.
    ax
        The Axes; a new one if None.
    settlements
        Points with `name`, in the same CRS: those within 10 km of the front are named where they lie along
        it, the nearest first, as far as there is room.
    level
        Of the error band; it is drawn where the lines have `sigma_m`.
    style
        The style.

    Returns
    -------
    Axes
        The Axes: kilometres along the front up to kilometres of movement, advances upwards. Gids:
        ``movement``, ``advance``, ``retreat``, ``error``, ``no-value``, ``district``, ``settlement``.

    Raises
    ------
    FrontlinesError
        If the frame has no rows, does not come from `displacement` or has no net movement.

    Examples
    --------
    >>> from frontlines.movement.displacement import displacement
    >>> from frontlines.movement.transects import make_transects
    >>> import pandas as pd
    >>> lines = shapely.linestrings([[(4320000, y), (4324000, y)] for y in (3210000, 3213000)])
    >>> fronts = gpd.GeoDataFrame(
    ...     {"date": pd.to_datetime(["1994-05-02", "1994-05-12"]), "side_left": "B", "side_right": "A"},
    ...     geometry=lines, crs="EPSG:3035")
    >>> draw_profile(displacement(make_transects(fronts, "A"), fronts)).get_ylabel()
    'km, advance of A upwards'
    """
    absent = [name for name in _NEEDS if name not in displaced]
    if absent or displaced.empty:
        raise FrontlinesError("there is no movement to draw: pass what displacement returned")
    if displaced["nsm_m"].isna().all():
        raise FrontlinesError(
            "no transect has a net movement: there is nothing to draw; its column reason says why"
        )
    ax = axes_for(ax, style)
    along, nsm = (displaced[name].to_numpy(dtype=float) for name in ("along_km", "nsm_m"))
    reach = normal_z(level) * displaced["nsm_sigma_m"].to_numpy(dtype=float) / _KM
    _set_limits(ax, displaced, np.nan_to_num(reach))
    seen = seen_from(str(displaced["side"].iloc[0]), style)
    for run in _runs(displaced):
        x, y, error = _level_out(
            along[run], displaced["stands_for_m"].to_numpy()[run], nsm[run] / _KM, reach[run]
        )
        _fill(ax, x, y, seen, style)
        if np.nansum(error) > 0:
            _draw_error(ax, x, y - error, y + error, style)
        ax.plot(x, y, color=style.ink, linewidth=0.9, zorder=Z["front"], gid="movement")
    ax.axhline(0, color=style.ink, linewidth=style.frame_pt_width, zorder=Z["district"])
    _hatch_gaps(ax, displaced, style)
    _dress(ax, displaced, style)
    _mark_districts(ax, displaced, style)
    if settlements is not None:
        _name_settlements(ax, displaced, settlements, style)
    write_above(ax, _heading(displaced), _profile_entries(ax, level, seen, style), style)
    return ax


def _fill(ax: Axes, x: Any, y: Any, seen: Seen, style: MapStyle) -> None:
    """Fill the ground between the movement and zero, up to where it changes its sign."""
    for name, sign, look in (("advance", 1, seen.gained), ("retreat", -1, seen.lost)):
        if (sign * y > 0).any():
            face = mix(look.face, style.paper, _PALER)
            paint: dict[str, Any] = {"color": face, "linewidth": 0, "zorder": Z["ground"], "gid": name}
            ax.fill_between(x, y, where=sign * y >= 0, interpolate=True, **paint)


def _hatch_gaps(ax: Axes, displaced: gpd.GeoDataFrame, style: MapStyle) -> None:
    """Hatch the stretches without a figure, over the line of zero, which they are not."""
    along, half = displaced["along_km"], displaced["stands_for_m"] / _KM / 2
    for run in _runs(displaced, known=False):
        low, high = along.iloc[run[0]] - half.iloc[run[0]], along.iloc[run[-1]] + half.iloc[run[-1]]
        ax.axvspan(low, high, zorder=Z["district"] + 0.05, gid="no-value", **_gap_look(style))


def _gap_look(style: MapStyle) -> dict[str, Any]:
    edge = mix(style.ink, style.paper, 0.55)
    return {"facecolor": style.paper, "edgecolor": edge, "hatch": "////", "linewidth": 0}


def _draw_error(ax: Axes, x: Any, low: Any, high: Any, style: MapStyle) -> None:
    """Draw the band under the movement, and its edges over it."""
    face = mix(style.ink, style.paper, 0.85)
    ax.fill_between(x, low, high, color=face, linewidth=0, zorder=Z["context"], gid="error")
    for edge in (low, high):
        look: dict[str, Any] = {"linewidth": 0.5, "linestyle": dash(0.5, 2.0, 1.4)}
        ax.plot(x, edge, color=style.ink, zorder=Z["band"], gid="error-edge", **look)


def _runs(displaced: gpd.GeoDataFrame, *, known: bool = True) -> list[Any]:
    """Give the rows of each stretch with figures, or without, piece by piece of the front."""
    rows = np.flatnonzero(np.isfinite(displaced["nsm_m"].to_numpy(dtype=float)) == known)
    if not len(rows):
        return []
    line, along, half = (
        displaced[name].to_numpy(dtype=float)[rows] for name in ("line", "along_km", "stands_for_m")
    )
    half = half / _KM / 2
    apart = along[1:] - half[1:] > along[:-1] + half[:-1] + _TOUCH_KM  # a stretch lies outside the theatre
    return list(np.split(rows, np.flatnonzero((np.diff(rows) > 1) | (np.diff(line) != 0) | apart) + 1))


def _level_out(along: Any, stands_m: Any, y: Any, error: Any) -> tuple[Any, Any, Any]:
    """Lead the first and last figure of a run to the ends of the stretch that they stand for."""
    half = stands_m / _KM / 2
    x = np.concatenate([[along[0] - half[0]], along, [along[-1] + half[-1]]])
    return x, np.pad(y, 1, mode="edge"), np.pad(error, 1, mode="edge")


def _set_limits(ax: Axes, displaced: gpd.GeoDataFrame, reach: Any) -> None:
    y = displaced["nsm_m"].fillna(0.0).to_numpy(dtype=float) / _KM
    low, high = min(float((y - reach).min()), 0.0), max(float((y + reach).max()), 0.0)
    high = high if high > low else low + 1.0
    room = high - low
    half = displaced["stands_for_m"].to_numpy(dtype=float) / _KM / 2
    along = displaced["along_km"].to_numpy(dtype=float)
    ax.set_xlim(float((along - half).min()), float((along + half).max()))
    ax.set_ylim(low - 0.05 * room, high + 0.16 * room)


def _dress(ax: Axes, displaced: gpd.GeoDataFrame, style: MapStyle) -> None:
    """Set the axes in the style of the charts."""
    side, cast = clean(displaced["side"].iloc[0]), displaced["cast_from"].iloc[0]
    what = {"front": f"the front of {day(displaced['date_from'].iloc[0])}", "baseline": "the baseline"}
    where = f"km along {what[cast]}" if cast in what else "km across the copies of the axis"
    ax.set_ylabel(f"km, advance of {side} upwards", **plain(style, style.legend_pt))
    ax.set_xlabel(f"{where}{_compass(displaced)}", labelpad=2.0, **plain(style, style.legend_pt))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=10, steps=[1, 2, 2.5, 5, 10]))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda v, _: tick(v)))
    set_axes_look(ax, style)
    draw_grid_lines(ax, style)


def _compass(displaced: gpd.GeoDataFrame) -> str:
    """Say which way the axis runs, for the longest piece."""
    own = displaced[displaced["line"] == 0]
    xy = shapely.get_coordinates(places_along(own, own["origin_m"].to_numpy(dtype=float)))
    across = xy[-1] - xy[0]
    if not np.hypot(*across) > 0:
        return ""
    names = ("east", "north-east", "north", "north-west", "west", "south-west", "south", "south-east")
    ahead = round(float(np.degrees(np.arctan2(across[1], across[0]))) / 45) % 8
    return f", from {names[(ahead + 4) % 8]} to {names[ahead]}"


def _heading(displaced: gpd.GeoDataFrame) -> str:
    first, last = (day(displaced[name].iloc[0]) for name in ("date_from", "date_to"))
    return f"{clean(displaced['side'].iloc[0])}: net movement along the front, {first} to {last}"


def _profile_entries(ax: Axes, level: float, seen: Seen, style: MapStyle) -> list[Entry]:
    drawn = {artist.get_gid() for artist in (*ax.collections, *ax.patches)}
    out: list[Entry] = []
    for name, look in (("advance", seen.gained), ("retreat", seen.lost)):
        if name in drawn:
            face = mix(look.face, style.paper, _PALER)
            out.append((name.capitalize(), Patch(facecolor=face, linewidth=0)))
    if "error" in drawn:
        face = mix(style.ink, style.paper, 0.85)
        out.append((f"{level:.0%} error of the positions", Patch(facecolor=face, linewidth=0)))
    if "no-value" in drawn:
        out.append(("No figure can be given", Patch(**_gap_look(style))))
    return out


def _mark_districts(ax: Axes, displaced: gpd.GeoDataFrame, style: MapStyle) -> None:
    """Draw a line where the district changes, and name the stretches that have room for it."""
    names = displaced["district"].to_numpy(dtype=object)
    along = displaced["along_km"].to_numpy(dtype=float)
    breaks = np.flatnonzero(names[1:] != names[:-1])
    edges = (along[breaks] + along[breaks + 1]) / 2
    for edge in edges:
        ax.axvline(
            edge, color=style.district_edge, linewidth=style.district_pt_width, gid="district", zorder=0.9
        )
    low, high = ax.get_xlim()
    bounds = np.concatenate([[low], edges, [high]])
    px_per_km = ax.get_window_extent().width / (high - low)
    for k, name in enumerate(names[np.append(breaks, len(names) - 1)]):
        room = (bounds[k + 1] - bounds[k]) * px_per_km
        look = {"slant": "italic", "color": style.district_text, "ha": "center", "va": "top"}
        middle, name_pt = (bounds[k] + bounds[k + 1]) / 2, style.district_pt
        text = write(
            ax, clean(name), (middle, 1.0), (0.0, -1.0), size_pt=name_pt, name="district", style=style,
            xycoords=("data", "axes fraction"), **look,
        )  # fmt: skip
        if text.get_window_extent(renderer_of(ax.figure)).width > room:
            text.remove()


def _name_settlements(
    ax: Axes, displaced: gpd.GeoDataFrame, settlements: gpd.GeoDataFrame, style: MapStyle
) -> None:
    """Write the names of settlements under the axis, where they lie along the front."""
    require_working_crs(transects=displaced, settlements=settlements)
    points = settlements.geometry.to_numpy()
    towns = settlements[~(shapely.is_missing(points) | shapely.is_empty(points))]
    towns = towns.drop_duplicates("name").sort_values("name", kind="stable")
    origins = places_along(displaced, displaced["origin_m"].to_numpy(dtype=float))
    (town, transect), off_m = shapely.STRtree(origins).query_nearest(
        towns.geometry.to_numpy(), max_distance=_NEAR_KM * _KM, return_distance=True, all_matches=False
    )
    low, high = ax.get_xlim()
    px_per_km = ax.get_window_extent().width / (high - low)
    apart_km = _BESIDE_PT * ax.figure.dpi / PT_PER_INCH / px_per_km
    along = displaced["along_km"].to_numpy(dtype=float)
    font = font_of(style, style.town_pt)
    room_px = _NAME_MM / MM_PER_INCH * ax.figure.dpi
    taken: list[float] = []
    for k in np.argsort(off_m, kind="stable"):
        at = float(along[transect[k]])
        if all(abs(at - other) >= apart_km for other in taken):
            taken.append(at)
            name = shortened(clean(towns["name"].iloc[town[k]]), room_px, ax.figure, font)
            write(
                ax, name, (at, 0.0), (0.0, -22.0), size_pt=style.town_pt, name="settlement", style=style,
                color=style.town_text, xycoords=("data", "axes fraction"), rotation=90, ha="center", va="top",
                annotation_clip=False, path_effects=None,
            )  # fmt: skip
            ax.plot([at], [0.0], "|", transform=ax.get_xaxis_transform(), color=style.ink, markersize=4.0,
                    markeredgewidth=0.5, clip_on=False, gid="settlement")  # fmt: skip


@checked()
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
