"""Charts of a series on any Axes: net change since the first day, gains and losses, length of the front."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
import shapely
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from frontlines.arguments import checked
from frontlines.errors import FrontlinesError
from frontlines.names import AreaUnit, area_unit, cadence_with_parts, in_unit, of_seen_sides
from frontlines.plot.artists import Z, dash, days_of, fill, paint, write
from frontlines.plot.chart_axes import axes_for, days_at, room_for, set_axes_look, set_date_axes, write_above
from frontlines.plot.furniture import Entry
from frontlines.plot.style import DEFAULT_STYLE, MM_PER_INCH, PT_PER_INCH, AreaStyle, MapStyle, mix, seen_from
from frontlines.plot.text import font_of, plain, renderer_of, text_width_px
from frontlines.plot.words import clean, day, number
from frontlines.series.rows import COLUMNS
from frontlines.series.totals import series_totals

_DAYS = ("date_from", "date_to", "period_end")
STEP_COLUMNS = ("side", "date_from", "date_to", "cadence", "same_input", "suspect")
_STRIP = 0.022  # height of the strip along the foot, as a share of the chart's
_FEW = 60  # up to so many snapshots have a dot each
_APART_MM, _GAP_MM = 1.0, 0.4  # bars wider than this stand apart, by a gap, and are hatched
_DASHES = ((), (4.0, 1.6), (1.2, 1.4), (6.0, 1.6, 1.2, 1.6), (2.5, 2.5))
_TEXT_ROOM = 0.09
_VALUE_ROOM = 1.4  # a number at the end of a bar, in sizes of its type
_SLOT = 0.92  # of the room between the beginnings of two bars, for a number


@checked()
def draw_series(
    series_or_totals: pd.DataFrame, *, ax: Axes | None = None, style: MapStyle = DEFAULT_STYLE
) -> Axes:
    """Draw the net change since the first snapshot, step by step.

    Parameters
    ----------
    series_or_totals
        From `change_series`, whose districts are summed, or from `series_totals`: `side`, `date_from`,
        `date_to`, `net_km2`, `cumulative_net_km2` [km²], `cadence`, `same_input`, `suspect`; if there are
        `contested_before_km2` and `contested_after_km2` [km²], contested ground is drawn.
    ax
        The Axes; a new one if None.
    style
        The style.

    Returns
    -------
    Axes
        The Axes. The line (gid ``net``) runs straight from snapshot to snapshot: on which of the days
        between them ground changed hands is not known. Ground that was contested at the time lies on top
        as a hatched band (``contested``): its lower edge is without that ground, its upper edge with all of
        it. Suspect steps are red with a diamond (``suspect``); steps whose snapshots are the same, byte for
        byte, are marked along the foot (``same_input``): they are no sign of calm. With the columns of
        `frontlines.series.series_error`, the interval of net change is a band (``interval``).

    Examples
    --------
    >>> totals = pd.DataFrame({
    ...     "side": "A", "date_from": pd.to_datetime(["2031-06-01"]), "net_km2": [3.0],
    ...     "date_to": pd.to_datetime(["2031-06-02"]), "cumulative_net_km2": [3.0],
    ...     "cadence": "daily", "same_input": False, "suspect": False})
    >>> ax = draw_series(totals)
    >>> ax.get_title(loc="left"), ax.get_ylabel()
    ('A: net change, 1 June 2031 to 2 June 2031, daily', 'km² since 1 June 2031')
    """
    totals = totals_of(series_or_totals, ("net_km2", "cumulative_net_km2"))
    unit, ax = unit_of_net(totals), axes_for(ax, style)
    totals = in_unit(totals, unit)
    net = totals["cumulative_net_km2"].to_numpy(dtype=float)
    level = np.concatenate([[net[0] - float(totals["net_km2"].iloc[0])], net])
    draw_level(ax, totals, level, style)
    low, high = min(level.min(), 0.0), max((level + contested_levels(totals)).max(), 0.0)
    ends = _interval(totals, "cumulative")
    if ends is not None:
        low, high = np.nanmin([low, *ends[0]]), np.nanmax([high, *ends[1]])
        least, most = (np.concatenate([level[:1], end]) for end in ends)
        look = _interval_look(style)
        ax.fill_between(step_days(totals), least, most, zorder=Z["mark"], gid="interval", **look)
        draw_last_interval(ax, step_days(totals)[-1], level[-1], last_interval(totals), style.ink, style)
    room = room_for(high - low)
    ax.set_ylim(low - 0.04 * room, high + room * 1.4 * _TEXT_ROOM)
    mark_repeated(ax, totals, style)
    write_last(ax, totals, level, unit.name, style)
    set_date_axes(ax, f"{unit.name} since {day(totals['date_from'].iloc[0])}", style)
    entries = net_entries(totals, level, style)
    if ends is not None:
        entries.append(("Interval by the errors of the lines", Patch(**_interval_look(style))))
    entries += [*contested_entries(totals, unit.name, style), *step_entries(totals, style)]
    write_above(ax, heading(totals, "net change"), entries, style)
    return ax


def unit_of_net(totals: pd.DataFrame) -> AreaUnit:
    """Choose the unit of a chart of net change, of a step or since the first day."""
    net = totals[["net_km2", "cumulative_net_km2"]].to_numpy(dtype=float)
    return area_unit(float(np.abs(net).max()))


def last_interval(totals: pd.DataFrame) -> tuple[float, float] | None:
    """Return the ends of the interval of net change on the last day, if there is one."""
    ends = _interval(totals, "cumulative")
    return (ends[0][-1], ends[1][-1]) if ends is not None and np.isfinite(ends[0][-1]) else None


def draw_last_interval(
    ax: Axes, day_: float, net: float, ends: tuple[float, float] | None, colour: str, style: MapStyle
) -> bool:
    """Draw the interval of net change on the last day beside the line, if there is one; tell whether."""
    if ends is None:
        return False
    off, look = [[net - ends[0]], [ends[1] - net]], _net_look(style) | {"markerfacecolor": colour}
    ax.errorbar([day_], [net], off, fmt="o", gid="interval", zorder=Z["town"], clip_on=False, **look)
    return True


def last_interval_entry(style: MapStyle) -> Entry:
    """Return the entry of a legend for the interval of net change on the last day."""
    swatch = Line2D([], [], marker="o", color=style.ink, markersize=3.0, linewidth=0.8)
    return "Last day with its interval, by the errors of the lines", swatch


def _interval(totals: pd.DataFrame, name: str) -> tuple[Any, Any] | None:
    """Return the ends of the intervals of net change, if there are any."""
    columns = [f"{name}_{end}_km2" for end in ("low", "high")]
    if not set(columns) <= set(totals.columns) or totals[columns].isna().all(axis=None):
        return None
    low, high = (totals[column].to_numpy(dtype=float) for column in columns)
    return low, high


def _interval_look(style: MapStyle) -> dict[str, Any]:
    return {"color": mix(style.ink, style.paper, 0.5), "alpha": 0.35, "linewidth": 0}


@checked()
def draw_gains_and_losses(
    series_or_totals: pd.DataFrame, *, ax: Axes | None = None, style: MapStyle = DEFAULT_STYLE
) -> Axes:
    """Draw the ground gained, upwards, and lost, downwards, in each step, on one scale.

    Parameters
    ----------
    series_or_totals
        From `change_series`, whose districts are summed, or from `series_totals`: `side`, `date_from`,
        `date_to`, `gained_km2`, `lost_km2` [km²], `cadence`, `same_input`, `suspect`.
    ax
        The Axes; a new one if None.
    style
        The style; gained ground has the side's colour, lost ground that of the other side, or grey if its
        `side_colours` name several. Wide bars have the hatches of the maps and, where there is room, numbers.

    Returns
    -------
    Axes
        The Axes. All bars of a kind are one patch, whose gid is ``gained`` or ``lost``; a bar is as wide
        as its step is long. With the columns of `frontlines.series.series_error`, the net of each step has a
        dot and its interval (``net``) where bars are wide. Suspect steps have a red diamond (``suspect``);
        steps whose snapshots are the same, byte for byte, are marked along the foot (``same_input``): they
        are no sign of calm.

    Examples
    --------
    >>> totals = pd.DataFrame({
    ...     "side": "A", "date_from": pd.to_datetime(["2031-06-01"]), "gained_km2": [3.0],
    ...     "date_to": pd.to_datetime(["2031-06-02"]), "lost_km2": [1.0],
    ...     "cadence": "daily", "same_input": False, "suspect": False})
    >>> [patch.get_gid() for patch in draw_gains_and_losses(totals).patches]
    ['gained', 'lost']
    """
    totals = totals_of(series_or_totals, ("gained_km2", "lost_km2"))
    unit, ax = area_unit(float(totals[["gained_km2", "lost_km2"]].sum().max())), axes_for(ax, style)
    totals = in_unit(totals, unit)
    gained, lost = (totals[f"{name}_km2"].to_numpy(dtype=float) for name in ("gained", "lost"))
    limit_days(ax, totals)
    left, right, wide = _bar_edges(ax, totals)
    seen = seen_from(totals["side"].iloc[0], style)
    looks = {"gained": seen.gained, "lost": seen.lost}
    if not wide:
        looks = {name: look._replace(hatch="") for name, look in looks.items()}
    for name, heights in (("gained", gained), ("lost", -lost)):
        bars = shapely.box(left, np.minimum(heights, 0), right, np.maximum(heights, 0))[heights != 0]
        fill(ax, bars, looks[name], style=style, name=name, zorder=Z["ground"])
    ax.axhline(0, color=style.ink, linewidth=style.frame_pt_width, zorder=Z["front"])
    high, low = float(gained.max()), float(lost.max())
    ends = _interval(totals, "net") if wide else None
    if ends is not None:
        high, low = np.nanmax([high, *ends[1]]), np.nanmax([low, *-ends[0]])
        net = totals["net_km2"].to_numpy(dtype=float)
        off = np.abs(np.array(ends) - net)
        ax.errorbar((left + right) / 2, net, off, fmt="o", gid="net", zorder=Z["town"], **_net_look(style))
    room = room_for(high + low)
    ax.set_ylim(-max(low + 0.06 * room, 0.08 * room), max(high, 0.05 * room) + _TEXT_ROOM * room)
    tops = _write_values(ax, (left, right), (gained, -lost), ends, style) if wide else gained
    odd = totals["suspect"].to_numpy(dtype=bool)
    mark_suspect(ax, ((left + right) / 2)[odd], (tops + 0.04 * room)[odd], style)
    mark_repeated(ax, totals, style)
    set_date_axes(ax, f"{unit.name} per step", style, unsigned=True)
    every = (f" {number(float(areas.sum()))} {unit.name} in all" for areas in (gained, lost))
    entries = [
        (_told(name, totals, seen.other, text), _swatch(look, style))
        for (name, look), text in zip(looks.items(), every, strict=True)
    ]
    if ends is not None:
        swatch = Line2D([], [], marker="o", color=style.ink, markersize=3.0, linewidth=0.8)
        entries.append(("Net with its interval", swatch))
    head = heading(totals, "ground gained (up) and lost (down)")
    write_above(ax, head, [*entries, *step_entries(totals, style)], style)
    return ax


def _told(name: str, totals: pd.DataFrame, other: str | None, more: str = "") -> str:
    """Write what a colour stands for: whose gains or losses, and of losses whose colour they have."""
    text = f"{clean(totals['side'].iloc[0])}: {name}{more}"
    return text if other is None or "lo" not in name else f"{text}, in the colour of {clean(other)}"


def net_entries(totals: pd.DataFrame, level: Any, style: MapStyle) -> list[Entry]:
    """Return the entries of a legend for a level over zero and under it, as far as it is."""
    seen = seen_from(totals["side"].iloc[0], style)
    ways = (("net gain", seen.gained, level > 0), ("net loss", seen.lost, level < 0))
    return [
        (_told(name, totals, seen.other), _swatch(AreaStyle(_level_face(look, style)), style))
        for name, look, where in ways
        if where.any()
    ]


def _level_face(look: AreaStyle, style: MapStyle) -> str:
    return mix(look.face, style.paper, 0.55)


def _write_values(ax: Axes, edges: Any, heights: Any, whiskers: Any, style: MapStyle) -> Any:
    """Write what bars stand for at their ends, where there is room; return how high things reach at each.

    Where a whisker reaches beyond a bar, its number stands at its foot, if the bar is tall enough.
    """
    font, size, of = font_of(style, style.legend_pt), ax.get_window_extent(), max(map(np.ptp, heights))
    px_per_pt = ax.figure.dpi / PT_PER_INCH
    tall = _VALUE_ROOM * style.legend_pt * px_per_pt * np.ptp(ax.get_ylim()) / size.height
    slots_px = np.diff([*edges[0], 2 * edges[1][-1] - edges[0][-1]]) * size.width / np.ptp(ax.get_xlim())
    ends = np.full((2, len(slots_px)), np.nan) if whiskers is None else np.array(whiskers)
    tops = np.nanmax([heights[0], *ends[1:]], axis=0)
    for way, km2 in zip((1, -1), heights, strict=True):
        near, far = (
            np.nanmin([km2 * way, *(way * ends)], axis=0),
            np.nanmax([km2 * way, *(way * ends)], axis=0),
        )
        for k in np.flatnonzero((way * km2 > 0) & ((far <= way * km2) | (near > tall))):
            text, inside = number(abs(km2[k]), scale=float(of)), far[k] > way * km2[k]
            if text == "0" or text_width_px(text, font, ax.figure.dpi) > _SLOT * slots_px[k]:
                continue
            look: dict[str, Any] = {"ha": "center", "va": "bottom" if way > 0 else "top", "name": "value"}
            at = (edges[0][k] + edges[1][k]) / 2, 0.0 if inside else km2[k]
            write(ax, text, at, (0.0, (1.2 + inside) * way), size_pt=style.legend_pt, style=style, **look)
            tops[k] = max(tops[k], km2[k] + tall * (way > 0) * (not inside))
    return tops


def _net_look(style: MapStyle) -> dict[str, Any]:
    return {"color": style.ink, "markersize": 3.0, "elinewidth": 0.8, "capsize": 1.8, "capthick": 0.8}


@checked()
def draw_front_length(
    lengths: pd.DataFrame, *, ax: Axes | None = None, style: MapStyle = DEFAULT_STYLE
) -> Axes:
    """Draw the length of the front, a line for each resolution.

    Parameters
    ----------
    lengths
        `date`, `resolution_m` [m], `front_km` [km]; with `district`, the districts are summed.
    ax
        The Axes; a new one if None.
    style
        The style.

    Returns
    -------
    Axes
        The Axes; its scale begins at zero, and the gid of a line is ``front:`` and its resolution [m].

    Examples
    --------
    >>> lengths = pd.DataFrame({"date": pd.to_datetime(["2031-06-01", "2031-06-02"]),
    ...                         "resolution_m": 500.0, "front_km": [10.0, 12.0]})
    >>> draw_front_length(lengths).get_title(loc="left")
    'Length of the front, 1 June 2031 to 2 June 2031, 2 snapshots'
    """
    _require(lengths, ("date", "resolution_m", "front_km"))
    ax = axes_for(ax, style)
    table = lengths.assign(date=days_of(lengths["date"]).to_numpy())
    summed = table.groupby(["resolution_m", "date"], sort=True)["front_km"].sum(min_count=1).reset_index()
    entries: list[Entry] = []
    groups = list(summed.groupby("resolution_m", sort=True))
    for rank, (resolution, rows) in enumerate(groups):
        look = _line_look(rank, len(groups), style)
        few: dict[str, Any] = {"marker": "o", "markersize": 2.4} if len(rows) <= _FEW else {}
        days = days_at(rows["date"].to_numpy())
        ax.plot(days, rows["front_km"], drawstyle="steps-post", gid=f"front:{resolution:g}", **look, **few)
        entries.append((f"measured at {_metres(float(str(resolution)))}", Line2D([], [], **look)))
    dates = np.sort(summed["date"].unique())
    ax.set_xlim(*_span(days_at(dates[0]), days_at(dates[-1])))
    ax.set_ylim(0.0, room_for(float(summed["front_km"].max())) * (1 + _TEXT_ROOM))
    set_date_axes(ax, "km", style)
    span = f"{day(dates[0])} to {day(dates[-1])}, {len(dates)} snapshot{'s' if len(dates) > 1 else ''}"
    head = f"Length of the front, {span}"
    write_above(ax, head, entries, style)
    return ax


def totals_of(table: pd.DataFrame, needs: Collection[str]) -> pd.DataFrame:
    """Return one row for each step and side, in order; sides that hold nothing are left out."""
    of_districts = "district" in table.columns
    _require(table, COLUMNS if of_districts else (*STEP_COLUMNS, *needs))
    totals = series_totals(days_in(table)) if of_districts else days_in(table)
    seen: pd.DataFrame = of_seen_sides(totals).sort_values("date_to", kind="stable", ignore_index=True)
    return seen


def days_in(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose dates are days, though they may have been text."""
    return table.assign(**{name: days_of(table[name]).to_numpy() for name in _DAYS if name in table})


def _require(table: pd.DataFrame, needs: Collection[str]) -> None:
    absent = [name for name in needs if name not in table.columns]
    if absent:
        raise FrontlinesError(
            f"the table has no column {', '.join(map(repr, absent))}: pass what change_series, series_totals "
            "or front_length returned"
        )
    if table.empty:
        raise FrontlinesError("there is nothing to draw: the table has no rows, pass one with a step or more")


def heading(totals: pd.DataFrame, what: str) -> str:
    """Write a heading: side, if there is one, what is drawn, dates, cadence."""
    side = f"{clean(totals['side'].iloc[0])}: " if "side" in totals else ""
    first, last = day(totals["date_from"].iloc[0]), day(totals["date_to"].iloc[-1])
    return f"{side}{what}, {first} to {last}, {clean(cadence_with_parts(totals))}"


def draw_level(ax: Axes, totals: pd.DataFrame, level: Any, style: MapStyle, *, dots: bool = True) -> None:
    """Draw a level that changes within each step, with contested ground.

    `level` [km²] has one value more than there are steps: the first is that before them.
    """
    limit_days(ax, totals)
    days = step_days(totals)
    ends = days[1:]
    seen = seen_from(totals["side"].iloc[0], style)
    for look, where in ((seen.gained, level >= 0), (seen.lost, level <= 0)):
        fill_: dict[str, Any] = {"color": _level_face(look, style), "linewidth": 0, "zorder": Z["ground"]}
        ax.fill_between(days, level, where=where, interpolate=True, **fill_)
    contested = contested_levels(totals)
    if contested.any():
        ax.add_patch(
            paint(band_between(days, level, level + contested, "contested"), _contested_look(style), style)
        )
    ax.axhline(0, color=style.ink, linewidth=style.frame_pt_width, zorder=Z["district"])
    marker = "o" if dots and len(days) <= _FEW else ""
    ax.plot(
        days, level, color=style.ink, linewidth=style.front_pt, marker=marker,
        markersize=2.4, solid_joinstyle="miter", gid="net", zorder=Z["front"],
    )  # fmt: skip
    odd = np.flatnonzero(totals["suspect"].to_numpy(dtype=bool))
    if len(odd):
        red = style.date_colours[-1]
        within = [[(days[at], level[at]), (days[at + 1], level[at + 1])] for at in odd]
        ax.add_collection(LineCollection(within, color=red, linewidth=2 * style.front_pt, zorder=Z["front"]))
    mark_suspect(ax, ends[odd], level[odd + 1], style)


def band_between(days: Any, low: Any, high: Any, name: str) -> Polygon:
    """Make the patch of what lies between two levels over the days; its gid is `name`."""
    corners = np.concatenate([np.column_stack([days, high]), np.column_stack([days, low])[::-1]])
    return Polygon(corners, gid=name, zorder=Z["mark"])


def contested_levels(rows: pd.DataFrame) -> Any:
    """Return how much ground was contested before the first step and after each [km²]; zero if not known."""
    if not {"contested_before_km2", "contested_after_km2"} <= set(rows.columns):
        return np.zeros(len(rows) + 1)
    return np.concatenate([rows["contested_before_km2"].iloc[:1], rows["contested_after_km2"]]).astype(float)


def contested_entries(totals: pd.DataFrame, unit: str, style: MapStyle) -> list[Entry]:
    """Return the entry of a legend for contested ground, if there is any; areas are in the unit."""
    contested = contested_levels(totals)
    if not contested.any():
        return []
    last = number(float(contested[-1]))
    return [(f"With contested ground, {last} {unit} on the last day", _swatch(_contested_look(style), style))]


def _contested_look(style: MapStyle) -> AreaStyle:
    """Give contested ground the hatch of the maps, but lighter."""
    return style.contested(style.contested_face)._replace(ink=mix(style.contested_ink, style.paper, 0.6))


def mark_suspect(ax: Axes, x: Any, y: Any, style: MapStyle) -> None:
    """Draw a red diamond at each suspect step."""
    if len(x):
        ax.add_line(_diamond(style, x, y))


def _diamond(style: MapStyle, x: Any = (), y: Any = ()) -> Line2D:
    return Line2D(
        x, y, linestyle="none", marker="D", markersize=4.2, markerfacecolor=style.paper,
        markeredgecolor=style.date_colours[-1], markeredgewidth=1.1, gid="suspect", zorder=Z["town"],
        clip_on=False,
    )  # fmt: skip


def mark_repeated(ax: Axes, totals: pd.DataFrame, style: MapStyle) -> None:
    """Mark along the foot the steps whose two snapshots are the same."""
    same = totals[totals["same_input"].astype(bool)]
    if len(same):
        left = days_at(same["date_from"].to_numpy())
        spans = np.column_stack([left, days_at(same["date_to"].to_numpy()) - left])
        ax.broken_barh(
            spans.tolist(), (0.0, _STRIP), transform=ax.get_xaxis_transform(), color=style.town_text,
            linewidth=0, gid="same_input", zorder=Z["front"],
        )  # fmt: skip


def write_last(ax: Axes, totals: pd.DataFrame, level: Any, unit: str, style: MapStyle) -> None:
    """Write the last level at the end of its line, clear above all of the line that it spans, or below it."""
    ends = days_at(totals["date_to"].to_numpy())
    if not totals["suspect"].iloc[-1]:  # then a diamond stands there
        ax.plot(ends[-1:], level[-1:], "o", color=style.ink, markersize=3.2, clip_on=False, zorder=Z["town"])
    label = write(
        ax, f"{number(float(level[-1]), sign=True)} {unit}", (ends[-1], level[-1]), (-1.0, 4.0),
        size_pt=style.heading_pt, name="last", style=style, weight="bold", ha="right",
    )  # fmt: skip
    size, room = label.get_window_extent(renderer_of(ax.figure)), ax.get_window_extent()
    since, days = ends[-1] - size.width / room.width * np.ptp(ax.get_xlim()), step_days(totals)
    spanned = np.append(level[days > since], np.interp(since, days, level))
    foot = spanned.min() - 2 * size.height / room.height * np.ptp(ax.get_ylim())
    if spanned.max() - level[-1] > level[-1] - spanned.min() and foot > ax.get_ylim()[0]:
        label.set(va="top", position=(-1.0, -4.0))
        label.xy = (ends[-1], spanned.min())
    else:
        label.xy = (ends[-1], spanned.max())


def step_entries(totals: pd.DataFrame, style: MapStyle) -> list[Entry]:
    """Return the entries of a legend for suspect steps and for repeated snapshots, if there are any."""
    n = len(totals)
    out: list[Entry] = []
    odd, same = (int(totals[name].astype(bool).sum()) for name in ("suspect", "same_input"))
    if odd:
        out.append((f"Suspect: far out of the ordinary ({odd} of {n} steps)", _diamond(style)))
    if same:
        text = f"Snapshot repeated, no sign of calm ({same} of {n} steps)"
        out.append((text, Line2D([], [], color=style.town_text, linewidth=2.2, dash_capstyle="butt")))
    return out


def _swatch(look: AreaStyle, style: MapStyle) -> Artist:
    return paint(Patch(), look, style)


def limit_days(ax: Axes, totals: pd.DataFrame) -> None:
    """Let the chart reach from the first day to the last, with a little room."""
    first, last = totals["date_from"].iloc[0], totals["date_to"].iloc[-1]
    ax.set_xlim(*_span(days_at(first), days_at(last)))


def step_days(steps: pd.DataFrame) -> Any:
    """Return where the first day and the end of each step stand on the axis."""
    return np.concatenate([[days_at(steps["date_from"].iloc[0])], days_at(steps["date_to"].to_numpy())])


def _span(first: float, last: float) -> tuple[float, float]:
    """Return the limits of the days, with a little room, more if there is one day only."""
    room = (last - first) * 0.01 or 0.5
    return first - room, last + room


def _bar_edges(ax: Axes, totals: pd.DataFrame) -> tuple[Any, Any, bool]:
    """Return where bars begin and end, and whether they are wide: then they stand apart."""
    left, right = (days_at(totals[name].to_numpy()) for name in ("date_from", "date_to"))
    low, high = ax.get_xlim()
    axes_mm = ax.get_window_extent().width / ax.figure.dpi * MM_PER_INCH
    wide = bool(np.median(right - left) * axes_mm / (high - low) > _APART_MM)
    inset = np.minimum(_GAP_MM / 2 * (high - low) / axes_mm, 0.1 * (right - left)) * wide
    return left + inset, right - inset, wide


def _line_look(rank: int, of: int, style: MapStyle) -> dict[str, Any]:
    """Tell lines apart by colour, by dash and by width, the finest first."""
    share = rank / (of - 1) if of > 1 else 0.0
    width = style.front_pt * (1.2 - 0.35 * share)
    dashes = _DASHES[rank % len(_DASHES)]
    line = dash(width, *dashes) if dashes else "-"
    colour = mix(style.date_colours[-1], style.date_colours[0], share)
    return {"color": colour, "linewidth": width, "linestyle": line}


def _metres(resolution_m: float) -> str:
    return f"{resolution_m / 1000:g} km" if resolution_m >= 1000 else f"{resolution_m:g} m"  # noqa: PLR2004


_ERROR_COLUMNS = ("correlation_m", "sigma_km2", "net_km2", "side", "date_from", "date_to", "own")
_SIGMAS_95 = 1.959964  # standard errors to either side of a 95 % interval
_ROOM = 1.12


@checked(table="rows side date_from date_to correlation_m sigma_km2 net_km2")
def draw_error_by_correlation(
    table: pd.DataFrame, *, ax: Axes | None = None, style: MapStyle = DEFAULT_STYLE
) -> Axes:
    """Draw the error of the net change against the length along which errors of the lines are correlated.

    Parameters
    ----------
    table
        From `frontlines.uncertainty.error_by_correlation`.
    ax
        The Axes; a new one if None.
    style
        The style.

    Returns
    -------
    Axes
        The Axes: the curve (gid ``sigma``), its two ends as levels (``vertices``: each vertex is off by
        itself; ``shifted``: whole lines are), the study's own length (``own``), and the level above which the
        95 % interval of net includes no change (``sure``).

    Raises
    ------
    FrontlinesError
        If columns are missing, or there are not two lengths between the ends.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "correlation_m": [0, 100, 1000, 10000, np.inf], "sigma_km2": [5.0, 5, 15, 40, 60],
    ...     "net_km2": 90.0, "side": "A", "own": [False, False, True, False, False],
    ...     "date_from": "1994-04-07", "date_to": "1994-05-12"})
    >>> ax = draw_error_by_correlation(table)
    >>> ax.get_xscale(), ax.get_ylabel()
    ('log', 'km², standard error of net change')
    """
    rows = _checked(table)
    unit = area_unit(float(rows["sigma_km2"].max()))
    net_km2 = float(rows["net_km2"].iloc[0])
    change = area_unit(abs(net_km2)).said(net_km2, sign=True)
    heading = f"{clean(rows['side'].iloc[0])}: error of net change, {change}"
    rows, ax = in_unit(rows, unit), axes_for(ax, style)
    inner = rows[(rows["correlation_m"] > 0) & np.isfinite(rows["correlation_m"])]
    first, last = float(rows["sigma_km2"].iloc[0]), float(rows["sigma_km2"].iloc[-1])
    km = inner["correlation_m"].to_numpy(dtype=float) / 1000
    ax.set_xscale("log")
    ax.set_xlim(km[0], km[-1])
    net = abs(float(rows["net_km2"].iloc[0]))
    ax.set_ylim(0, _ROOM * room_for(max(last, float(inner["sigma_km2"].max()))))
    ax.plot(km, inner["sigma_km2"], color=style.ink, linewidth=style.front_pt, gid="sigma", zorder=Z["front"])
    lower, upper = (f"end: each %s, {number(one)} {unit.name}" for one in (first, last))
    _draw_end(ax, first, "vertices", f"lower {lower % 'drawn vertex is off by itself'}", "right", style)
    _draw_end(ax, last, "shifted", f"upper {upper % 'line is off as a whole'}", "left", style)
    _draw_sure(ax, net / _SIGMAS_95, style)
    _mark_own(ax, inner[inner["own"].astype(bool)], unit.name, style)
    _set_lengths_axes(ax, f"{unit.name}, standard error of net change", style)
    span = " to ".join(day(pd.Timestamp(rows[name].iloc[0])) for name in ("date_from", "date_to"))
    write_above(ax, f"{heading}, {span}", [], style)
    return ax


def _checked(table: pd.DataFrame) -> pd.DataFrame:
    absent = [name for name in _ERROR_COLUMNS if name not in table]
    if absent:
        raise FrontlinesError(
            f"the table has no column {', '.join(absent)}: make it with uncertainty.error_by_correlation"
        )
    rows = table.sort_values("correlation_m", kind="stable")
    lengths = rows["correlation_m"].to_numpy(dtype=float)
    if (np.isfinite(lengths) & (lengths > 0)).sum() < 2 or lengths[0] != 0 or np.isfinite(lengths[-1]):  # noqa: PLR2004
        raise FrontlinesError(
            "the table needs the lengths 0 and infinity and two in between: "
            "make it with uncertainty.error_by_correlation"
        )
    return rows


def _draw_end(ax: Axes, km2: float, name: str, text: str, where: str, style: MapStyle) -> None:
    """Draw one of the two ends as a level, with its name on it."""
    pale = mix(style.ink, style.paper, 0.35)
    ax.axhline(
        km2, color=pale, linewidth=style.oblast_pt_width, linestyle=dash(style.oblast_pt_width, 4.0, 2.2),
        gid=name, zorder=Z["district"],
    )  # fmt: skip
    x = 0.985 if where == "right" else 0.015
    _write_on_level(ax, text, x, km2, where, style)


def _write_on_level(ax: Axes, text: str, x: float, km2: float, ha: str, style: MapStyle) -> None:
    look: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "ha": ha}
    write(ax, text, (x, km2), (0.0, 2.5), size_pt=style.legend_pt, name="level", style=style, **look)


def _draw_sure(ax: Axes, km2: float, style: MapStyle) -> None:
    """Shade where the 95 % interval of net includes no change."""
    top = ax.get_ylim()[1]
    if not 0 < km2 < top:
        return
    shade = ax.axhspan(km2, top, color=mix(style.ink, style.paper, 0.92), linewidth=0, zorder=Z["ground"])
    shade.set_gid("sure")
    _write_on_level(ax, "from here up the 95 % interval includes no change", 0.985, km2, "right", style)


def _mark_own(ax: Axes, own: pd.DataFrame, unit: str, style: MapStyle) -> None:
    """Mark the length that the study works with."""
    if own.empty:
        return
    km, km2 = float(own["correlation_m"].iloc[0]) / 1000, float(own["sigma_km2"].iloc[0])
    red = style.date_colours[-1]
    ax.vlines(km, 0, km2, color=red, linewidth=style.oblast_pt_width, zorder=Z["mark"])
    ax.plot([km], [km2], "o", color=red, markersize=4.0, gid="own", zorder=Z["town"])
    text, look = f"this study: {km:g} km, {number(km2)} {unit}", {"weight": "bold", "ha": "right"}
    write(ax, text, (km, km2), (-4.0, 4.0), size_pt=style.heading_pt, name="own-text", style=style, **look)


def _set_lengths_axes(ax: Axes, ylabel: str, style: MapStyle) -> None:
    """Mark lengths along the foot, on a scale of powers of ten, and name what is drawn."""
    low, high = ax.get_xlim()
    powers = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    ticks = [m * 10.0**p for p in powers for m in (1, 2, 5)]
    ax.xaxis.set_major_locator(FixedLocator([tick for tick in ticks if low <= tick <= high]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    ax.set_xlabel("km along the front over which errors are correlated", **plain(style, style.legend_pt))
    ax.set_ylabel(ylabel, **plain(style, style.legend_pt))
    set_axes_look(ax, style)
