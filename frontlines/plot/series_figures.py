"""Pages for print: the charts of a series, its districts side by side, net change by several sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from frontlines.arguments import checked
from frontlines.errors import FrontlinesError
from frontlines.plot.artists import Z, write
from frontlines.plot.chart_axes import room_for, set_axes_look, set_date_axes, write_above
from frontlines.plot.charts import (
    contested_entries,
    contested_levels,
    days_in,
    draw_front_length,
    draw_gains_and_losses,
    draw_level,
    draw_series,
    heading,
    mark_repeated,
    step_entries,
    totals_of,
)
from frontlines.plot.furniture import Entry
from frontlines.plot.page import LEFT_MM, TITLE_GAP_MM, Box, Chart, FigurePage, align_label, chart_page
from frontlines.plot.side_charts import draw_net_by_side, draw_sides, draw_stack, legend_of_sides
from frontlines.plot.style import DEFAULT_STYLE, MapStyle, mix, side_looks
from frontlines.plot.text import clean, font_of, number, plain, shortened
from frontlines.two_sources import SourceNets

_SMALL_MM = 27.0  # height of the panel of a district
_ACROSS = 4
_NAME_MM = 10.5
_FOOT_MM = 6.5
_SOURCE_MM, _NAMES_MM = 9.0, 45.0  # height of the row of a source, room for its name
_SCALE_MM = 6.0  # room for the numbers of a panel's own scale
_BESIDE_MM = 32.0  # for names beside charts of several sides


@checked(series="rows side date_from date_to gained_km2 lost_km2 net_km2 cadence same_input suspect")
def series_figure(
    series_or_totals: pd.DataFrame,
    *,
    title: str,
    caption: str,
    fronts: pd.DataFrame | None = None,
    whole_km2: float | None = None,
    sides: Mapping[str, str] | None = None,
    style: MapStyle = DEFAULT_STYLE,
) -> Figure:
    """Draw the page of a series for print: net change over gains and losses, title and caption.

    Of several sides, what each of them holds stands over the net change of each.

    Parameters
    ----------
    series_or_totals
        From `change_series` or `series_totals`; see `draw_series` and `draw_gains_and_losses`.
    title, caption
        Texts, wrapped to the page; nothing in them is interpreted.
    fronts
        From `front_length`, for a third chart, of one side; None for none.
    whole_km2, sides
        Area of all districts [km²] and how to call each side, for several; see `draw_sides`.
    style
        The style; the page is its `width_mm` wide and as high as needed.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, on an Agg canvas and unknown to pyplot. Save it with ``figure.savefig("series.png")``.

    Examples
    --------
    >>> totals = pd.DataFrame({
    ...     "side": "A", "date_from": pd.to_datetime(["2031-06-01"]),
    ...     "date_to": pd.to_datetime(["2031-06-02"]), "gained_km2": [3.0], "lost_km2": [1.0],
    ...     "net_km2": [2.0], "cumulative_net_km2": [2.0], "cadence": "daily",
    ...     "same_input": False, "suspect": False})
    >>> [ax.get_label() for ax in series_figure(totals, title="A", caption="made up").axes]
    ['net', 'gains and losses']
    """
    totals = totals_of(series_or_totals, ("gained_km2", "lost_km2", "net_km2", "cumulative_net_km2"))
    if totals["side"].nunique() > 1:
        named: dict[str, Any] = {"sides": sides, "style": style}
        both = [
            Chart(
                "sides",
                lambda ax: draw_sides(totals, ax=ax, whole_km2=whole_km2, **named),
                beside_mm=_BESIDE_MM,
            ),
            Chart("net", lambda ax: draw_net_by_side(totals, ax=ax, **named), beside_mm=_BESIDE_MM),
        ]
        return chart_page(both, title=title, caption=caption, style=style)
    charts = [
        Chart("net", lambda ax: draw_series(totals, ax=ax, style=style)),
        Chart("gains and losses", lambda ax: draw_gains_and_losses(totals, ax=ax, style=style)),
    ]
    if fronts is not None:
        charts.append(Chart("front", lambda ax: draw_front_length(fronts, ax=ax, style=style)))
    return chart_page(charts, title=title, caption=caption, style=style)


@checked()
def district_figure(
    series: pd.DataFrame,
    *,
    caption: str = "",
    most: int = 12,
    labels: Mapping[str, str] | None = None,
    sides: Mapping[str, str] | None = None,
    free_scale: bool = False,
    style: MapStyle = DEFAULT_STYLE,
) -> Figure:
    """Draw the net change of the districts that changed most, side by side.

    Of several sides, the share of each of them in these districts.

    Parameters
    ----------
    series
        From `change_series`.
    caption
        Text for the foot of the page, such as the sources; nothing in it is interpreted.
    most
        Draw no more districts than this: those with the largest turnover (gained plus lost, all steps).
    labels
        How to call each district, by its `district`; None, or a district that is not in it: as it is.
    sides
        How to call each of several sides, by its name.
    free_scale
        Whether each panel of one side has a scale of its own; else all have the same.
    style
        The style; the page is its `width_mm` wide.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, on an Agg canvas and unknown to pyplot. All panels have the same days, and name the
        district, its net change and its gains and losses. Suspect steps are marked
        where the district has a part in them. If nothing changed anywhere, the page says so.

    Raises
    ------
    FrontlinesError
        If the table has no rows, columns are missing, or `most` is not positive.

    Examples
    --------
    >>> from frontlines.series.change_series import COLUMNS
    >>> series = pd.DataFrame({name: [1.0] for name in COLUMNS}).assign(
    ...     side="A", district=["North"], date_from="2031-06-01", date_to="2031-06-02", cadence="daily",
    ...     period_end="2031-06-02", same_input=False, suspect=False, contested_before_km2=0.0,
    ...     contested_after_km2=0.0)
    >>> [ax.get_label() for ax in district_figure(series).axes]
    ['North']
    """
    if most < 1:
        raise FrontlinesError(f"most = {most} draws nothing: pass 1 or more")
    totals = totals_of(series, ())
    chosen, changed, every = _choose(series, most)
    chosen = [((labels or {}).get(name, name), rows) for name, rows in chosen]
    several = totals["side"].nunique() > 1
    title = heading(totals, "net change by district")
    entries = [*contested_entries(totals, style), *step_entries(totals, style)]
    if several:
        title = f"Ground by side and district{title.partition('net change by district')[2]}"
        entries = legend_of_sides(totals["side"], sides or {}, style)
    page = FigurePage(style, title=clean(title), caption=caption)
    top_mm = page.top_mm + TITLE_GAP_MM
    over = "share of each side" if several else "net change since the first day (gained, lost)"
    free = free_scale and not several
    text = clean(_choice(len(chosen), changed, every, over, free=free))
    top_mm += page.write_block(text, page.top_mm, size_pt=style.legend_pt, name="choice")
    if entries:
        box = Box(style.margin_mm, top_mm, page.inner_mm, 10.0)
        entry_mm = page.inner_mm / len(entries)
        top_mm += page.add_legend(entries, box, columns=len(entries), entry_mm=entry_mm)[1] + TITLE_GAP_MM
    rows = -(-len(chosen) // _ACROSS)
    foot_mm = top_mm + (rows * (_NAME_MM + _SMALL_MM) + _FOOT_MM if rows else 0.0)
    page.end(foot_mm + (style.gap_mm if caption.strip() else 0.0))
    if several:
        _draw_shares(page, totals, chosen, top_mm)
    else:
        _draw_grid(page, totals, chosen, top_mm, free=free)
    return page.figure


def _choose(series: pd.DataFrame, most: int) -> tuple[list[tuple[str, pd.DataFrame]], int, int]:
    """Return the rows of the districts with the largest turnover, and how many changed, of how many."""
    rows = days_in(series).sort_values(["district", "date_to"], kind="stable")
    moved = rows.groupby("district", sort=True)["turnover_km2"].sum()
    ranked = moved[moved > 0].sort_values(ascending=False, kind="stable")
    groups = rows[rows["district"].isin(ranked.index[:most])].groupby("district")
    return [(str(name), groups.get_group(name)) for name in ranked.index[:most]], len(ranked), len(moved)


def _choice(shown: int, changed: int, every: int, over: str, *, free: bool) -> str:
    """Say which districts are shown, and how to read them."""
    if not changed:
        return f"No ground changed hands in any of {every} districts."
    which = (
        f"Ground changed hands in {changed} of {every} districts: those"
        if shown == changed
        else f"The {shown} of {every} districts where most ground changed hands ({changed} where any did)"
    )
    scale = "each on a scale of its own" if free else "all on one scale"
    return (
        f"{which}, ordered by km² gained plus lost, {scale}. "
        f"{'In' if over.startswith('share') else 'Over'} each: {over}."
    )


def _panels(
    page: FigurePage, chosen: Sequence[tuple[str, pd.DataFrame]], top_mm: float, *, free: bool = False
) -> Iterator[tuple[Axes, int]]:
    """Add a panel for each district, the first row of them from `top_mm` on; give it with its column."""
    style = page.style
    gap_mm = style.gap_mm + _SCALE_MM * free
    width_mm = (style.width_mm - style.margin_mm - LEFT_MM + gap_mm) / _ACROSS - gap_mm
    for i, (name, _) in enumerate(chosen):
        row, column = divmod(i, _ACROSS)
        panel_mm = top_mm + row * (_NAME_MM + _SMALL_MM) + _NAME_MM
        box = Box(LEFT_MM + column * (width_mm + gap_mm), panel_mm, width_mm, _SMALL_MM)
        ax = page.add(clean(name), box)
        yield ax, column
        align_label(ax, style)
        ax.tick_params(labelleft=free or column == 0, labelbottom=i + _ACROSS >= len(chosen))


def _draw_shares(
    page: FigurePage, totals: pd.DataFrame, chosen: Sequence[tuple[str, pd.DataFrame]], top_mm: float
) -> None:
    """Draw the share of each side in each district."""
    style, looks = page.style, side_looks(totals["side"], page.style)
    for (ax, column), (name, rows) in zip(_panels(page, chosen, top_mm), chosen, strict=True):
        km2 = float(rows["district_km2"].iloc[0])
        draw_stack(ax, rows, looks, style, of=km2 / 100)
        ax.set_ylim(0.0, 100.0)
        set_date_axes(ax, "%" if column == 0 else "", style)
        _write_name(ax, name, f"{number(km2)} km²", style)


def _draw_grid(
    page: FigurePage,
    totals: pd.DataFrame,
    chosen: Sequence[tuple[str, pd.DataFrame]],
    top_mm: float,
    *,
    free: bool,
) -> None:
    """Draw the net change in each district."""
    style = page.style
    levels = [np.concatenate([[0.0], rows["net_km2"].cumsum()]) for _, rows in chosen]
    tops = [level + contested_levels(rows) for level, (_, rows) in zip(levels, chosen, strict=True)]
    lows, highs = [level.min() for level in levels], [level.max() for level in tops]
    for i, (ax, column) in enumerate(_panels(page, chosen, top_mm, free=free)):
        low, high = (lows[i], highs[i]) if free else (min(lows), max(highs))
        room = room_for(high - low)
        name, rows = chosen[i]
        own = rows.assign(suspect=rows["suspect"].astype(bool) & (rows["turnover_km2"] > 0))
        draw_level(ax, own, levels[i], style, dots=False)
        ax.set_ylim(low - 0.06 * room, high + 0.06 * room)
        mark_repeated(ax, totals, style)
        set_date_axes(ax, "km²" if column == 0 else "", style)
        net, gained, lost = (float(rows[f"{kind}_km2"].sum()) for kind in ("net", "gained", "lost"))
        total, *parts = (number(v, sign=True, scale=max(gained, lost)) for v in (net, gained, -lost))
        _write_name(ax, name, f"{total} km² ({', '.join(parts)})", style)


def _write_name(ax: Axes, name: str, figures: str, style: MapStyle) -> None:
    """Write a district's name and its figures over its panel."""
    font = font_of(style, style.heading_pt, weight="bold")
    fitted = shortened(clean(name), ax.get_window_extent().width, ax.figure, font)
    look: dict[str, Any] = {"xycoords": "axes fraction", "path_effects": None, "name": "name", "style": style}
    write(ax, fitted, (0.0, 1.0), (0.0, 10.5), size_pt=style.heading_pt, weight="bold", **look)
    write(ax, figures, (0.0, 1.0), (0.0, 2.5), size_pt=style.legend_pt, **look)


@checked()
def net_by_source_figure(
    nets: SourceNets, *, title: str, caption: str, style: MapStyle = DEFAULT_STYLE
) -> Figure:
    """Draw net change by several sources, each with its interval, for print.

    Parameters
    ----------
    nets
        From `frontlines.two_sources.net_by_source`.
    title, caption
        Texts, wrapped to the page; nothing in them is interpreted.
    style
        The style; the page is its `width_mm` wide.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, on an Agg canvas and unknown to pyplot. Bands about the mean of the sources are one
        standard deviation to either side: of the sources (``spread``), and as the errors of the lines alone
        would give it (``expected``).

    Examples
    --------
    >>> from frontlines.two_sources import SourceNets
    >>> rows = pd.DataFrame({"source": ["a", "b"], "net_km2": [1.0, 3.0], "net_low_km2": [0.5, 2.5],
    ...                      "net_high_km2": [1.5, 3.5]})
    >>> nets = SourceNets(rows, 1.41, 0.25, 0.03, 0.0, (0.25, 0.03, 0.0), (0.25, 0.03, 0.0), 0.95)
    >>> [ax.get_label() for ax in net_by_source_figure(nets, title="A", caption="made up").axes]
    ['net']
    """
    height_mm = _SOURCE_MM * (len(nets.table) + 1)
    chart = Chart("net", lambda ax: _draw_nets(ax, nets, style), height_mm, left_mm=_NAMES_MM)
    return chart_page([chart], title=title, caption=caption, style=style)


def _draw_nets(ax: Axes, nets: SourceNets, style: MapStyle) -> Axes:
    """Draw a row for each source, the first on top."""
    rows = nets.table.iloc[::-1]
    net = rows["net_km2"].to_numpy(dtype=float)
    off = np.abs(rows[["net_low_km2", "net_high_km2"]].to_numpy(dtype=float).T - net)
    entries: list[Entry] = []
    bands = [("spread", nets.spread_km2, 0.85, "Spread of the sources")]
    bands.append(("expected", nets.expected_km2, 0.65, "Expected from errors of the lines"))
    for name, km2, pale, words in bands:
        if np.isfinite(km2):
            colour = mix(style.ink, style.paper, pale)
            band = ax.axvspan(
                net.mean() - km2, net.mean() + km2, color=colour, linewidth=0, zorder=Z["ground"]
            )
            band.set_gid(name)
            entries.append((f"{words}, ±{number(km2)} km²", Patch(color=colour)))
    place = np.arange(len(rows))
    look: dict[str, Any] = {"color": style.ink, "capsize": 2.5, "elinewidth": style.front_pt, "markersize": 4}
    ax.errorbar(net, place, xerr=np.nan_to_num(off), fmt="o", gid="net", zorder=Z["front"], **look)
    ax.axvline(0, color=style.ink, linewidth=style.frame_pt_width, zorder=Z["district"])
    ax.set_ylim(-0.7, len(rows) - 0.3)
    ax.set_yticks(place, [clean(name) for name in rows["source"]])
    ax.set_xlabel("km², net change", **plain(style, style.legend_pt))
    set_axes_look(ax, style)
    write_above(ax, f"Net change by source, with its {nets.level:.0%} interval", entries, style)
    return ax
