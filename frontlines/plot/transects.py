"""Transects on a map, and the profile of movement along a front."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from frontlines.crs import require_working_crs
from frontlines.errors import FrontlinesError
from frontlines.movement.displacement import places_along, ways
from frontlines.movement.rates import normal_z
from frontlines.plot import timeaxis
from frontlines.plot.furniture import nice_length_m
from frontlines.plot.keys import Entry
from frontlines.plot.lettering import clean, font_of, halo, plain, renderer_of
from frontlines.plot.shapes import Stage, Z, dash, metres_per_pt, rule
from frontlines.plot.style import DEFAULT_STYLE, PT_PER_INCH, MapStyle, day, mix

_TICK_PT = 5.0
_KEY_PT = 3.0
_KM = 1000.0
_SHARES = (10.0, 2.0)  # the largest movement over these are the limits of the classes
_FILLED = 0.5  # share of the ground between transects that their lines may cover
_WIDTHS_PT = (0.4, 1.2)
_NEAR_KM = 10.0
_BESIDE_PT = 8.5
_NEEDS = ("nsm_m", "shared", "origin_m", "from_m", "to_m", "date_from", "date_to", "side", "along_km", "line")


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
        If the frame has no rows or does not come from `displacement`.

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
    ax = timeaxis.axes_for(ax, style)
    along, nsm = (displaced[name].to_numpy(dtype=float) for name in ("along_km", "nsm_m"))
    reach = normal_z(level) * displaced["nsm_sigma_m"].to_numpy(dtype=float) / _KM
    _set_limits(ax, displaced, np.nan_to_num(reach))
    for run in _runs(displaced):
        x, y, error = _level_out(
            along[run], displaced["stands_for_m"].to_numpy()[run], nsm[run] / _KM, reach[run]
        )
        parts = {"advance": y.clip(min=0), "retreat": y.clip(max=0)}
        for (name, part), look in zip(parts.items(), (style.gained, style.lost), strict=True):
            if part.any():
                face = mix(look.face, style.paper, 0.25)
                ax.fill_between(x, part, color=face, linewidth=0, zorder=Z["ground"], gid=name)
        if np.nansum(error) > 0:
            _draw_error(ax, x, y - error, y + error, style)
        ax.plot(x, y, color=style.ink, linewidth=0.9, zorder=Z["front"], gid="movement")
    ax.axhline(0, color=style.ink, linewidth=style.frame_pt_width, zorder=Z["district"])
    lost = along[np.isnan(nsm)]
    ax.plot(
        lost, np.zeros(len(lost)), "x", color=style.ink, markersize=3.0, markeredgewidth=0.7, gid="no-value",
        zorder=Z["town"],
    )  # fmt: skip
    _dress(ax, displaced, style)
    _mark_districts(ax, displaced, style)
    if settlements is not None:
        _name_settlements(ax, displaced, settlements, style)
    timeaxis.write_above(ax, _heading(displaced), _profile_entries(ax, level, style), style)
    return ax


def _draw_error(ax: Axes, x: Any, low: Any, high: Any, style: MapStyle) -> None:
    """Draw the band under the movement, and its edges over it."""
    face = mix(style.ink, style.paper, 0.85)
    ax.fill_between(x, low, high, color=face, linewidth=0, zorder=Z["context"], gid="error")
    for edge in (low, high):
        look: dict[str, Any] = {"linewidth": 0.5, "linestyle": dash(0.5, 2.0, 1.4)}
        ax.plot(x, edge, color=style.ink, zorder=Z["band"], gid="error-edge", **look)


def _runs(displaced: gpd.GeoDataFrame) -> list[Any]:
    """Give the rows of each stretch with figures, piece by piece of the front."""
    known = np.isfinite(displaced["nsm_m"].to_numpy(dtype=float))
    line = displaced["line"].to_numpy()
    rows = np.flatnonzero(known)
    if not len(rows):
        return []
    return list(np.split(rows, np.flatnonzero((np.diff(rows) > 1) | (np.diff(line[rows]) != 0)) + 1))


def _level_out(along: Any, stands_m: Any, y: Any, error: Any) -> tuple[Any, Any, Any]:
    """Lead the first and last figure of a run to the ends of the stretch that they stand for."""
    half = stands_m / _KM / 2
    x = np.concatenate([[along[0] - half[0]], along, [along[-1] + half[-1]]])
    return x, np.pad(y, 1, mode="edge"), np.pad(error, 1, mode="edge")


def _set_limits(ax: Axes, displaced: gpd.GeoDataFrame, reach: Any) -> None:
    y = displaced["nsm_m"].fillna(0.0).to_numpy(dtype=float) / _KM
    low, high = min(float((y - reach).min()), 0.0), max(float((y + reach).max()), 0.0)
    room = max(high - low, 0.1)
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
        axis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.10g}".replace("-", "−")))
    font = font_of(style, style.legend_pt)
    for text in (*ax.get_xticklabels(), *ax.get_yticklabels()):
        text.set_fontproperties(font)
    ax.tick_params(width=style.frame_pt_width, length=2.5, color=style.ink, labelcolor=style.ink, pad=2.0)
    for name, spine in ax.spines.items():
        spine.set(linewidth=style.frame_pt_width, color=style.ink, visible=name in {"left", "bottom"})
    ax.grid(axis="y", linewidth=style.district_pt_width, color=mix(style.ink, style.paper, 0.8))
    ax.set_axisbelow(True)


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


def _profile_entries(ax: Axes, level: float, style: MapStyle) -> list[Entry]:
    drawn = {artist.get_gid() for artist in (*ax.collections, *ax.lines)}
    out: list[Entry] = []
    for name, look in (("advance", style.gained), ("retreat", style.lost)):
        if name in drawn:
            out.append((name.capitalize(), Patch(facecolor=mix(look.face, style.paper, 0.25), linewidth=0)))
    if "error" in drawn:
        face = mix(style.ink, style.paper, 0.85)
        out.append((f"{level:.0%} error of the positions", Patch(facecolor=face, linewidth=0)))
    if any(len(np.asarray(line.get_xdata())) for line in ax.lines if line.get_gid() == "no-value"):
        look_: dict[str, Any] = {
            "linestyle": "none",
            "marker": "x",
            "markersize": 3.0,
            "markeredgewidth": 0.7,
        }
        out.append(("No figure can be given", Line2D([], [], color=style.ink, **look_)))
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
        text = ax.annotate(
            clean(name), ((bounds[k] + bounds[k + 1]) / 2, 1.0), xycoords=("data", "axes fraction"),
            xytext=(0.0, -1.0), textcoords="offset points", ha="center", va="top", gid="district",
            path_effects=halo(style), zorder=Z["label"],
            **(plain(style, style.district_pt, slant="italic") | {"color": style.district_text}),
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
    taken: list[float] = []
    for k in np.argsort(off_m, kind="stable"):
        at = float(along[transect[k]])
        if all(abs(at - other) >= apart_km for other in taken):
            taken.append(at)
            ax.annotate(
                clean(towns["name"].iloc[town[k]]), (at, 0.0), xycoords=("data", "axes fraction"),
                xytext=(0.0, -22.0), textcoords="offset points", rotation=90, ha="center", va="top",
                gid="settlement", annotation_clip=False,
                **(plain(style, style.town_pt) | {"color": style.town_text}),
            )  # fmt: skip
            ax.plot([at], [0.0], "|", transform=ax.get_xaxis_transform(), color=style.ink, markersize=4.0,
                    markeredgewidth=0.5, clip_on=False, gid="settlement")  # fmt: skip
