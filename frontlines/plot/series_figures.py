"""Pages for print: the charts of a series, its districts side by side, net change by several sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from frontlines.arguments import checked
from frontlines.errors import FrontlinesError
from frontlines.names import area_unit, in_unit
from frontlines.plot.artists import write
from frontlines.plot.chart_axes import room_for, set_date_axes
from frontlines.plot.charts import (
    contested_entries,
    contested_levels,
    days_in,
    draw_front_length,
    draw_gains_and_losses,
    draw_last_interval,
    draw_level,
    draw_series,
    heading,
    last_interval_entry,
    mark_repeated,
    net_entries,
    step_days,
    step_entries,
    totals_of,
)
from frontlines.plot.page import LEFT_MM, TITLE_GAP_MM, Box, Chart, FigurePage, align_label, chart_page
from frontlines.plot.side_charts import draw_net_by_side, draw_sides, draw_stack, legend_of_sides
from frontlines.plot.style import DEFAULT_STYLE, MM_PER_INCH, PT_PER_INCH, MapStyle, side_looks
from frontlines.plot.text import font_of, wrap
from frontlines.plot.words import clean, number
from frontlines.sources.formats import rounded

_SMALL_MM = 27.0  # height of the panel of a district
_ACROSS = 4
_NAME_MM = 10.5
_MOST_COLUMNS = 6  # of a legend across the page
_NAME_LINES, _LEADING = 2, 1.3  # of a name over a panel; the distance of lines in sizes of the type
_FOOT_MM = 6.5
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
    overall: pd.DataFrame | None = None,
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
    overall
        From `frontlines.series.series_error`: the net change of each district of one side ends with its
        interval. None for none.
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
    >>> from frontlines.series.rows import COLUMNS
    >>> series = pd.DataFrame({name: [1.0] for name in COLUMNS}).assign(
    ...     side="A", district=["North"], date_from="2031-06-01", date_to="2031-06-02", cadence="daily",
    ...     period_end="2031-06-02", same_input=False, suspect=False, contested_before_km2=0.0,
    ...     contested_after_km2=0.0)
    >>> [ax.get_label() for ax in district_figure(series).axes]
    ['legend', 'North']
    """
    if most < 1:
        raise FrontlinesError(f"most = {most} draws nothing: pass 1 or more")
    totals = totals_of(series, ())
    chosen, changed, every = _choose(series, most)
    several = totals["side"].nunique() > 1
    unit = area_unit(max((float(rows["turnover_km2"].sum()) for _, rows in chosen), default=0.0))
    if not several:
        totals, chosen = in_unit(totals, unit), [(name, in_unit(rows, unit)) for name, rows in chosen]
    spans = _spans(None if several or overall is None else in_unit(overall, unit))
    ends = [spans.get(name) for name, _ in chosen]
    chosen = [((labels or {}).get(name, name), rows) for name, rows in chosen]
    title = heading(totals, "net change by district")
    levels = [np.concatenate([[0.0], rows["net_km2"].cumsum()]) for _, rows in chosen]
    entries = net_entries(totals, np.concatenate([[0.0], *levels]), style)
    entries += [last_interval_entry(style)] * any(ends)
    entries += [*contested_entries(totals, unit.name, style), *step_entries(totals, style)]
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
        columns = min(len(entries), _MOST_COLUMNS)
        entry_mm = page.inner_mm / columns
        top_mm += page.add_legend(entries, box, columns=columns, entry_mm=entry_mm)[1] + TITLE_GAP_MM
    rows = -(-len(chosen) // _ACROSS)
    name_mm = _name_mm(page, chosen, free=free)
    foot_mm = top_mm + (rows * (name_mm + _SMALL_MM) + _FOOT_MM if rows else 0.0)
    page.end(foot_mm + (style.gap_mm if caption.strip() else 0.0))
    if several:
        _draw_shares(page, totals, chosen, top_mm)
    else:
        _draw_grid(page, totals, list(zip(chosen, levels, ends, strict=True)), top_mm, unit.name, free=free)
    return page.figure


def _spans(overall: pd.DataFrame | None) -> dict[str, tuple[float, float]]:
    """Give the interval of net change of each district, where there is one."""
    if overall is None:
        return {}
    known = overall.dropna(subset=["net_low_km2", "net_high_km2"])
    return dict(
        zip(known["district"], zip(known["net_low_km2"], known["net_high_km2"], strict=True), strict=True)
    )


def _choose(series: pd.DataFrame, most: int) -> tuple[list[tuple[str, pd.DataFrame]], int, int]:
    """Return the rows of the districts with the largest turnover, and how many changed, of how many."""
    rows = days_in(series).sort_values(["district", "date_to"], kind="stable")
    moved = rounded(rows[["district", "turnover_km2"]]).groupby("district", sort=True)["turnover_km2"].sum()
    ranked = moved[moved > 0].sort_values(ascending=False, kind="stable")
    groups = rows[rows["district"].isin(ranked.index[:most])].groupby("district")
    return [(str(name), groups.get_group(name)) for name in ranked.index[:most]], len(ranked), len(moved)


def _choice(shown: int, changed: int, every: int, over: str, *, free: bool) -> str:
    """Say which districts are shown, and how to read them."""
    if not changed:
        return f"No ground changed hands in any of {every} districts."
    which = (
        f"Ground changed hands in {'all' if changed == every else f'{changed} of'} {every} districts: those"
        if shown == changed
        else f"The {shown} of {every} districts where most ground changed hands ({changed} where any did)"
    )
    scale = "each on a scale of its own" if free else "all on one scale"
    return (
        f"{which}, ordered by ground gained plus lost, {scale}. "
        f"{'In' if over.startswith('share') else 'Over'} each: {over}."
    )


def _panels(
    page: FigurePage, chosen: Sequence[tuple[str, pd.DataFrame]], top_mm: float, *, free: bool = False
) -> Iterator[tuple[Axes, int]]:
    """Add a panel for each district, the first row of them from `top_mm` on; give it with its column."""
    style = page.style
    (gap_mm, width_mm), name_mm = _across(style, free=free), _name_mm(page, chosen, free=free)
    for i, (name, _) in enumerate(chosen):
        row, column = divmod(i, _ACROSS)
        panel_mm = top_mm + row * (name_mm + _SMALL_MM) + name_mm
        box = Box(LEFT_MM + column * (width_mm + gap_mm), panel_mm, width_mm, _SMALL_MM)
        ax = page.add(clean(name), box)
        yield ax, column
        align_label(ax, style)
        ax.tick_params(labelleft=free or column == 0, labelbottom=i + _ACROSS >= len(chosen))


def _across(style: MapStyle, *, free: bool) -> tuple[float, float]:
    """Give the gap between panels and their width [mm]."""
    gap_mm = style.gap_mm + _SCALE_MM * free
    return gap_mm, (style.width_mm - style.margin_mm - LEFT_MM + gap_mm) / _ACROSS - gap_mm


def _name_mm(page: FigurePage, chosen: Sequence[tuple[str, pd.DataFrame]], *, free: bool) -> float:
    """Give the room for names and figures over a row of panels, in the lines that they need."""
    style, width_px = page.style, _across(page.style, free=free)[1] / MM_PER_INCH * page.figure.dpi
    lines = [_wrapped(name, width_px, page.figure, style).count("\n") for name, _ in chosen]
    return _NAME_MM + max(lines, default=0) * _LEADING * style.heading_pt * MM_PER_INCH / PT_PER_INCH


def _wrapped(name: str, width_px: float, figure: Any, style: MapStyle) -> str:
    font = font_of(style, style.heading_pt, weight="bold")
    return wrap(clean(name), width_px, figure, font, most=_NAME_LINES)


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
        unit = area_unit(km2)
        _write_name(ax, name, f"{number(km2 / unit.km2)} {unit.name}", style)


def _draw_grid(
    page: FigurePage,
    totals: pd.DataFrame,
    panels: Sequence[tuple[tuple[str, pd.DataFrame], Any, tuple[float, float] | None]],
    top_mm: float,
    unit: str,
    *,
    free: bool,
) -> None:
    """Draw the net change in each district, with its interval on the last day if there is one."""
    style = page.style
    every = [
        np.concatenate([level, level + contested_levels(rows), ends or ()])
        for (_, rows), level, ends in panels
    ]
    lows, highs = [km2.min() for km2 in every], [km2.max() for km2 in every]
    for i, (ax, column) in enumerate(_panels(page, [one for one, _, _ in panels], top_mm, free=free)):
        low, high = (lows[i], highs[i]) if free else (min(lows), max(highs))
        room = room_for(high - low)
        (name, rows), level, ends = panels[i]
        own = rows.assign(suspect=rows["suspect"].astype(bool) & (rows["turnover_km2"] > 0))
        draw_level(ax, own, level, style, dots=False)
        draw_last_interval(ax, step_days(own)[-1], level[-1], ends, style.ink, style)
        ax.set_ylim(low - 0.06 * room, high + 0.06 * room)
        mark_repeated(ax, totals, style)
        set_date_axes(ax, unit if column == 0 else "", style)
        net, gained, lost = (float(rows[f"{kind}_km2"].sum()) for kind in ("net", "gained", "lost"))
        total, *parts = (number(v, sign=True, scale=max(gained, lost)) for v in (net, gained, -lost))
        _write_name(ax, name, f"{total} {unit} ({', '.join(parts)})", style)


def _write_name(ax: Axes, name: str, figures: str, style: MapStyle) -> None:
    """Write a district's name and its figures over its panel."""
    fitted = _wrapped(name, ax.get_window_extent().width, ax.figure, style)
    look: dict[str, Any] = {"xycoords": "axes fraction", "path_effects": None, "name": "name", "style": style}
    write(ax, fitted, (0.0, 1.0), (0.0, 10.5), size_pt=style.heading_pt, weight="bold", **look)
    write(ax, figures, (0.0, 1.0), (0.0, 2.5), size_pt=style.legend_pt, **look)
