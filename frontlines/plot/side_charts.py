"""Charts of several sides on any Axes: what each of them holds, and its net change since the first day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.patheffects import Normal, Stroke

from frontlines.arguments import checked
from frontlines.names import area_unit, counted, in_unit, sides_in_order
from frontlines.plot.artists import Z, paint, write
from frontlines.plot.chart_axes import axes_for, room_for, set_date_axes, write_above
from frontlines.plot.charts import (
    band_between,
    draw_last_interval,
    heading,
    last_interval,
    last_interval_entry,
    limit_days,
    mark_repeated,
    mark_suspect,
    step_days,
    step_entries,
    totals_of,
    unit_of_net,
)
from frontlines.plot.furniture import Entry
from frontlines.plot.style import DEFAULT_STYLE, PT_PER_INCH, AreaStyle, MapStyle, mix, side_looks, side_name
from frontlines.plot.words import clean, day, number

_LEADING = 1.35  # distance of the names at the end of a chart, in sizes of their type
_ROOM = 0.06  # over and under lines, as a share of what they span
_REST = 0.002  # of all districts: less ground of no side is not named
_LEAST = 1e-3  # of the largest net change: a side that never changed more has no line
_CASING_PT = 0.9
_NAMES_PT = 4.0  # from the last day to the names
_End = tuple[
    float, str, AreaStyle | None, float
]  # where a name belongs, what it says, the look of what it names, and how much it matters


@checked()
def draw_sides(
    series_or_totals: pd.DataFrame,
    *,
    ax: Axes | None = None,
    whole_km2: float | None = None,
    sides: Mapping[str, str] | None = None,
    style: MapStyle = DEFAULT_STYLE,
) -> Axes:
    """Draw the ground that each side holds, one on the other, step by step.

    Parameters
    ----------
    series_or_totals
        From `change_series`, whose districts are summed, or from `series_totals`, of several sides.
    ax
        The Axes; a new one if None. Names stand to the right of it.
    whole_km2
        Area of all districts [km²], to which the chart reaches; None: what the sides hold together.
    sides
        How to call each side, by its name.
    style
        The style; sides have the colours of its maps, contested ground is hatched, unknown ground grey.

    Returns
    -------
    Axes
        The Axes. The ground of a side is a patch whose gid is ``side:`` and its name, its edge
        straight from snapshot to snapshot; at its end stand its name and its last area. Steps whose
        snapshots are the same, byte for byte, are marked along the foot (``same_input``).

    Examples
    --------
    >>> from frontlines.series.rows import COLUMNS
    >>> series = pd.DataFrame({name: [1.0, 2.0] for name in COLUMNS}).assign(
    ...     side=["A", "B"], district="D", date_from="2021-06-01", date_to="2021-06-02",
    ...     period_end="2021-06-02", cadence="daily", same_input=False, suspect=False)
    >>> [patch.get_gid() for patch in draw_sides(series).patches]
    ['side:A', 'side:B']
    """
    totals = totals_of(series_or_totals, ("before_km2", "after_km2"))
    unit = area_unit(float(totals[["before_km2", "after_km2"]].to_numpy().max()))
    totals, ax, whole = in_unit(totals, unit), axes_for(ax, style), (whole_km2 or 0.0) / unit.km2
    steps = _steps(totals)
    looks, called = side_looks(totals["side"], style), sides or {}
    held, low = draw_stack(ax, totals, looks, style), 0.0
    ends: list[_End] = []
    for side, km2 in held.items():
        text = f"{clean(side_name(side, called))} {number(km2[-1])} {unit.name}"
        ends.append((low + km2[-1] / 2, text, looks[side], float(km2[-1])))
        low += float(km2[-1])
    top = room_for(max(whole, float(np.sum([*held.values()], axis=0).max())))
    if top - low > _REST * top:
        ends.append(((top + low) / 2, f"Rest of the districts {number(top - low)} {unit.name}", None, np.inf))
    ax.set_ylim(0.0, top)
    _mark(ax, steps, "Ground held", unit.name, style)
    _write_ends(ax, ends, style)
    return ax


def draw_stack(
    ax: Axes, totals: pd.DataFrame, looks: Mapping[str, AreaStyle], style: MapStyle, *, of: float = 1.0
) -> dict[str, Any]:
    """Draw the ground of each side as a share `of` [km²], one on the other; give it by snapshot."""
    steps = _steps(totals)
    limit_days(ax, steps)
    days, low, every = step_days(steps), np.zeros(len(steps) + 1), {}
    for side in sides_in_order(totals["side"]):
        rows = totals[totals["side"] == side]
        held = np.concatenate([rows["before_km2"].iloc[:1], rows["after_km2"]]).astype(float) / of
        band = band_between(days, low, low + held, f"side:{side}")
        band.set_zorder(Z["ground"])
        ax.add_patch(paint(band, looks[side], style))
        edge: dict[str, Any] = {"color": style.paper, "linewidth": style.theatre_pt_width}
        ax.plot(days, low + held, zorder=Z["mark"], **edge)
        low, every[side] = low + held, held
    return every


@checked()
def draw_net_by_side(
    series_or_totals: pd.DataFrame,
    *,
    ax: Axes | None = None,
    sides: Mapping[str, str] | None = None,
    style: MapStyle = DEFAULT_STYLE,
) -> Axes:
    """Draw the net change of each side since the first snapshot, step by step.

    Parameters
    ----------
    series_or_totals
        As for `draw_sides`.
    ax
        The Axes; a new one if None. Names stand to the right of it.
    sides
        How to call each side, by its name.
    style
        The style.

    Returns
    -------
    Axes
        The Axes. The gid of a side's line is ``net:`` and its name, straight between snapshots. Suspect
        steps have a red diamond (``suspect``). Sides that never change have no line. With the columns of
        `frontlines.series.series_error`, each line ends with its interval (``interval``).

    Examples
    --------
    >>> from frontlines.series.rows import COLUMNS
    >>> series = pd.DataFrame({name: [1.0, -1.0] for name in COLUMNS}).assign(
    ...     side=["A", "B"], district="D", date_from="2021-06-01", date_to="2021-06-02",
    ...     period_end="2021-06-02", cadence="daily", same_input=False, suspect=False)
    >>> draw_net_by_side(series).get_ylabel()
    'km² since 1 June 2021'
    """
    totals = totals_of(series_or_totals, ("net_km2", "cumulative_net_km2"))
    unit, ax = unit_of_net(totals), axes_for(ax, style)
    totals = in_unit(totals, unit)
    steps = _steps(totals)
    limit_days(ax, steps)
    days = step_days(steps)
    looks, called = side_looks(totals["side"], style), sides or {}
    ends, known = list[_End](), False
    ax.axhline(0, color=style.ink, linewidth=style.frame_pt_width, zorder=Z["district"])
    for side in sides_in_order(totals["side"]):
        rows = totals[totals["side"] == side]
        net = np.concatenate([[0.0], rows["cumulative_net_km2"]]).astype(float)
        if np.abs(net).max() < _LEAST * max(float(np.abs(totals["cumulative_net_km2"]).max()), _LEAST):
            continue
        width = 1.3 * style.front_pt
        casing = Stroke(linewidth=width + _CASING_PT, foreground=mix(looks[side].face, style.ink, 0.6))
        ax.plot(
            days, net, color=looks[side].face, linewidth=width, gid=f"net:{side}",
            path_effects=[casing, Normal()], solid_joinstyle="miter", zorder=Z["front"],
        )  # fmt: skip
        known |= draw_last_interval(ax, days[-1], net[-1], last_interval(rows), looks[side].face, style)
        odd = np.flatnonzero(rows["suspect"].to_numpy(dtype=bool))
        mark_suspect(ax, days[odd + 1], net[odd + 1], style)
        text = f"{clean(side_name(side, called))} {number(net[-1], sign=True)} {unit.name}"
        ends.append((net[-1], text, looks[side], float(np.abs(net).max())))
    ax.margins(y=_ROOM)
    ax.autoscale_view(scalex=False)
    since = f"{unit.name} since {day(steps['date_from'].iloc[0])}"
    _mark(ax, steps, "Net change", since, style, [last_interval_entry(style)] * known)
    _write_ends(ax, ends, style)
    return ax


def legend_of_sides(sides: Iterable[str], called: Mapping[str, str], style: MapStyle) -> list[Entry]:
    """Return an entry of a legend for each side."""
    looks = side_looks(sides, style)
    return [
        (clean(side_name(side, called)), paint(Patch(), looks[side], style)) for side in sides_in_order(looks)
    ]


def _steps(totals: pd.DataFrame) -> pd.DataFrame:
    """Give one row a step: suspect if it is so for any side, repeated if the ground of all is the same."""
    by_step = totals.groupby(totals.groupby("side").cumcount(), sort=True)
    steps = by_step[["date_from", "date_to", "cadence"]].first()
    return steps.assign(suspect=by_step["suspect"].any(), same_input=by_step["same_input"].all())


def _mark(
    ax: Axes, steps: pd.DataFrame, what: str, unit: str, style: MapStyle, entries: Sequence[Entry] = ()
) -> None:
    """Set axes, heading and the legend of what is marked."""
    mark_repeated(ax, steps, style)
    set_date_axes(ax, unit, style)
    write_above(ax, heading(steps, what), [*entries, *step_entries(steps, style)], style)


def _write_ends(ax: Axes, ends: Sequence[_End], style: MapStyle) -> None:
    """Write names to the right of a chart, at the height of what they name, but one under the other."""
    if not ends:
        return
    low, high = ax.get_ylim()
    height_pt, gap = ax.get_window_extent().height * PT_PER_INCH / ax.figure.dpi, _LEADING * style.legend_pt
    if len(ends) > (most := max(int(height_pt / gap), 2)):
        ends = sorted(ends, key=lambda end: -end[3])
        rest = ends[most - 1 :]
        ends = [*ends[: most - 1], (rest[0][0], counted(len(rest), "more side"), None, 0.0)]
    ends = sorted(ends, key=lambda end: end[0])
    wanted = np.array([(end[0] - low) / (high - low) * height_pt for end in ends])
    places = wanted.copy()
    for up in range(1, len(places)):  # from below each makes room over the one before
        places[up] = max(places[up], places[up - 1] + gap)
    for down in range(len(places) - 1, -1, -1):  # and from above, where they reach beyond the top
        limit = height_pt if down == len(places) - 1 else places[down + 1] - gap
        places[down] = min(places[down], limit)
    for place, (_, text, look, _) in zip(places, ends, strict=True):
        beside: dict[str, Any] = {"xycoords": "axes fraction", "va": "center", "path_effects": None}
        beside |= {"style": style, "size_pt": style.legend_pt}
        if look is not None:
            write(ax, "■", (1.0, 0.0), (_NAMES_PT, place), name="end-mark", color=look.face, **beside)
        write(ax, text, (1.0, 0.0), (_NAMES_PT + 1.4 * style.legend_pt, place), name="end", **beside)
