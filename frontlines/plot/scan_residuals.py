"""The error of a georeference for print: where it is large, and which control points leave how much over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from frontlines.digitize import Digitized
from frontlines.digitize.georef.cautions import hull_of
from frontlines.errors import FrontlinesError
from frontlines.names import Floats
from frontlines.plot.furniture import draw_legend, frame
from frontlines.plot.labels import Label, place_labels
from frontlines.plot.page import Box, add_panel, draw_block, draw_columns, height_mm, inches
from frontlines.plot.style import DEFAULT_STYLE, MM_PER_INCH, MapStyle, clean, day, plain

_LONGEST_MM = 7.0  # on paper
_NONE_PX = 0.05  # residuals that are all shorter are not worth arrows
_NICE = (1, 2, 5, 10)


def magnification(digitized: Digitized, width_mm: float) -> float:
    """Choose how many times residuals are magnified on a scan drawn so wide."""
    vectors = residual_vectors(digitized)
    if not len(vectors):
        return 1.0
    lengths = np.hypot(*vectors[~digitized.residuals["bad"].to_numpy(dtype=bool)].T)
    longest_px = float(lengths.max(initial=0.0))
    if longest_px < _NONE_PX:
        return 0.0
    return nice_factor(longest_px * width_mm / digitized.georeference.size_px[0] / _LONGEST_MM * 10)


def magnified(factor: float) -> str:
    """Say how residuals are drawn."""
    return f"{factor:,.0f} times its length" if factor else f"below {_NONE_PX:g} px, not drawn"


def nice_factor(longest: float) -> float:
    """Return the largest of 1, 2, 5, 10, … that keeps ten times a length, so magnified, below ten."""
    factor = 10.0 / max(longest, 1e-6)
    power = 10.0 ** np.floor(np.log10(max(factor, 1.0)))
    return float(max([n * power for n in _NICE if n * power <= factor] or [1.0]))


def residual_vectors(digitized: Digitized) -> Floats:
    """From each control point to where it is put, (n, 2) [px]; for a spline, by the others."""
    table, lies = digitized.residuals, digitized.georeference
    if table.empty:
        return np.zeros((0, 2))
    name = "left_out" if lies.choice.family == "spline" else "residual"
    ground = table[[f"{name}_east_m", f"{name}_north_m"]].to_numpy(dtype=float)
    slopes = lies.ground_slopes(table[["col", "row"]].to_numpy(dtype=float))
    return np.asarray(np.linalg.solve(slopes, np.nan_to_num(ground)[..., None])[..., 0])


_PLAIN = {"hidden", "dropped", "key", "shade"}  # what most maps have, and the overlay shows
_MOST_SAID = 8  # cautions; more would crowd out the picture


def overlay_caption(digitized: Digitized, *, lines: bool = True) -> str:
    """Say how a scan was georeferenced and traced, in sentences."""
    traced = _lines_said(digitized) if lines else ()
    return " ".join([*_georeference_said(digitized), *traced, *_cautions_said(digitized)])


def _georeference_said(digitized: Digitized) -> Iterable[str]:
    lies = digitized.georeference
    yield f"Transformation {lies.choice.family} on {lies.choice.plane}; {lies.choice.reason}."
    figures = lies.figures
    if not figures:
        return
    told = f"{figures['points']} control points"
    if figures["rmse_m"] is not None:
        told += f", RMSE {figures['rmse_m']:,.0f} m"
    if figures["rmse_adjusted_m"] is not None:
        spare = figures["points"] - figures["least_points"]
        told += f", adjusted for {spare} degrees of freedom (n - k) {figures['rmse_adjusted_m']:,.0f} m"
    if figures["left_out_rmse_m"] is not None:
        metres, pixels = figures["left_out_rmse_m"], figures["left_out_rmse_px"]
        told += f", left out one by one {metres:,.0f} m ({pixels:.2f} px)"
    yield f"{told}."


def _lines_said(digitized: Digitized) -> Iterable[str]:
    for row in digitized.manifest["lines"]:
        yield (
            f"Line of {day(row['date'])}: {row['length_km']:,.0f} km seen, {row['unseen_km']:,.0f} km not; "
            f"standard error across it where seen {row['sigma_m']:,.0f} m."
        )
    for row in digitized.manifest["areas"]:
        area, sigma = row["area_km2"], row["sigma_m"]
        yield f"{row['side']}: {area:,.0f} km², standard error of its edge {sigma:,.0f} m."


def _cautions_said(digitized: Digitized) -> Iterable[str]:
    told = [one.text for one in digitized.cautions if one.name not in _PLAIN]
    for text in told[:_MOST_SAID]:
        yield f"{text[:1].upper()}{text[1:]}."
    if len(told) > _MOST_SAID:
        yield f"And {len(told) - _MOST_SAID} more cautions: see the manifest."


_FITTED, _LEFT_OUT, _BAD = "#3B93DB", "#1A1A1A", "#C2187B"
_FIELD = LinearSegmentedColormap.from_list("error", ["#FBFAF7", "#B9A88A"])
_MAP_SHARE = 0.56
_GAP_MM, _TITLE_GAP_MM, _FOOT_MM = 3.0, 2.0, 8.0
_NAME_MM = 19.0
_ROW_MM = 3.2
_MOST = 40
_GRID = 60
_HALF_BAR = 0.4


def residual_figure(digitized: Digitized, *, style: MapStyle = DEFAULT_STYLE) -> Figure:
    """Draw the residuals of a georeference for print."""
    if digitized.residuals.empty:
        raise FrontlinesError("the georeference has no control points, so it leaves no residuals to draw")
    figure = Figure(figsize=inches(style.width_mm, style.max_height_mm), dpi=style.dpi, facecolor=style.paper)
    FigureCanvasAgg(figure)
    inner_mm = style.width_mm - 2 * style.margin_mm
    left = style.margin_mm / style.width_mm
    title = draw_block(
        figure, f"Georeference of {digitized.recipe.source}", xy=(left, 1), width_mm=inner_mm,
        size_pt=style.title_pt, weight="bold", style=style,
    )  # fmt: skip
    caption = draw_columns(figure, _caption(digitized), xy=(left, 0.1), width_mm=inner_mm, style=style)
    top = style.margin_mm + height_mm(figure, [title]) + _TITLE_GAP_MM
    width, height = digitized.georeference.size_px
    map_mm = min(inner_mm * _MAP_SHARE, 150.0 * width / height)
    tall_mm = map_mm * height / width
    shown = min(len(digitized.residuals), _MOST)
    bars_mm = max(min(shown * _ROW_MM, 150.0), 24.0)
    key_mm = 9.0
    body_mm = max(tall_mm, bars_mm + _FOOT_MM)
    caption_mm = height_mm(figure, caption)
    page_mm = top + body_mm + key_mm + caption_mm + 2 * _GAP_MM + style.margin_mm
    figure.set_size_inches(*inches(style.width_mm, page_mm))
    title.set_position((left, 1 - style.margin_mm / page_mm))
    for text in caption:
        text.set_y((caption_mm + style.margin_mm) / page_mm)
    ax = add_panel(figure, Box(style.margin_mm, top, map_mm, tall_mm), page_mm, style, name="map")
    factor = magnification(digitized, map_mm)
    _draw_field(ax, digitized, factor, style)
    bar_left = style.margin_mm + map_mm + _GAP_MM + _NAME_MM
    box = Box(bar_left, top, style.width_mm - style.margin_mm - bar_left, bars_mm)
    _draw_bars(add_panel(figure, box, page_mm, style, name="bars"), digitized.residuals, style)
    key = add_panel(
        figure, Box(style.margin_mm, top + body_mm + _GAP_MM, inner_mm, key_mm), page_mm, style, name="key"
    )
    key.axis("off")
    draw_legend(
        key,
        _entries(digitized, factor),
        columns=2,
        width_px=inner_mm / 2 / MM_PER_INCH * figure.dpi,
        style=style,
    )
    return figure


def longest_name(names: list[str]) -> str:
    """Return the longest of some names."""
    return max(names, key=len)


def _draw_field(ax: Axes, digitized: Digitized, factor: float, style: MapStyle) -> None:
    """Draw the standard error by place, the points' hull, and the points with their vectors."""
    lies = digitized.georeference
    width, height = lies.size_px
    x, y = np.linspace(0, width - 1, _GRID), np.linspace(0, height - 1, _GRID)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    sigma = (lies.sigma_px(grid) * lies.pixel_m(grid)).reshape(_GRID, _GRID)
    if np.isfinite(sigma).all() and np.ptp(sigma) > 0:
        ax.contourf(x, y, sigma, levels=8, cmap=_FIELD, zorder=0)
        lines = ax.contour(x, y, sigma, levels=8, colors="#8C7B5C", linewidths=0.3, zorder=1)
        written = ax.clabel(
            lines, fmt=lambda value: f"{value:,.3g} m", fontsize=style.caption_pt, colors="#5E4F33"
        )
        for text in written:
            text.set(**{k: v for k, v in plain(style, style.caption_pt).items() if k != "color"})
    hull = hull_of(lies.control.pixels)
    if isinstance(hull, shapely.Polygon):
        ax.plot(*hull.exterior.xy, color="#8C7B5C", linewidth=0.5, linestyle=(0, (4, 2)), zorder=2)
    ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), xticks=[], yticks=[])
    frame(ax, style)
    table, bad = digitized.residuals, digitized.residuals["bad"].to_numpy(dtype=bool)
    at = table[["col", "row"]].to_numpy(dtype=float)
    vectors = residual_vectors(digitized) * np.where(bad, 1.0, factor)[:, None]
    halo = [withStroke(linewidth=1.8, foreground=style.paper)]
    ax.add_collection(
        LineCollection(
            list(np.stack([at, at + vectors], axis=1)), colors=[_BAD if one else _LEFT_OUT for one in bad],
            linewidths=0.8, zorder=4, path_effects=halo,
        ),
        autolim=False,
    )  # fmt: skip
    ax.plot(*at.T, "+", color=_LEFT_OUT, markersize=4.5, markeredgewidth=0.7, zorder=5, path_effects=halo)
    ax.plot(*at[bad].T, "o", markerfacecolor="none", color=_BAD, markersize=7, markeredgewidth=0.9, zorder=5)
    labels = [
        Label(clean(row["id"]), row["col"], row["row"], size_pt=6.0) for row in table.to_dict("records")
    ]
    place_labels(ax, labels[:_MOST], style=style)


def _draw_bars(ax: Axes, residuals: pd.DataFrame, style: MapStyle) -> None:
    """Draw a row for each point, the largest leave-one-out error on top."""
    order = residuals["left_out_m"].fillna(residuals["residual_m"])
    table = residuals.loc[order.sort_values(ascending=False, kind="stable").index].head(_MOST)
    rows = np.arange(len(table))
    colours = [_BAD if bad else _LEFT_OUT for bad in table["bad"]]
    ax.barh(rows, table["left_out_m"].fillna(0), height=2 * _HALF_BAR, color="#DDD6C8", zorder=1)
    ax.barh(rows, table["residual_m"], height=_HALF_BAR, color=_FITTED, zorder=2)
    for row, colour, value in zip(rows, colours, table["left_out_m"].fillna(0), strict=True):
        ax.plot([value, value], [row - _HALF_BAR, row + _HALF_BAR], color=colour, linewidth=1.2, zorder=3)
    ax.set(ylim=(len(table) - 0.4, -0.6), xlim=(0, None), yticks=rows)
    names = [name if len(name) <= 14 else f"{name[:13]}…" for name in map(clean, table["id"])]  # noqa: PLR2004
    ax.set_yticklabels(names)
    for spine in ("top", "right", "left"):
        ax.spines[spine].set_visible(False)
    ax.spines["bottom"].set(linewidth=style.frame_pt_width)
    ax.tick_params(axis="y", length=0, pad=2)
    ax.tick_params(axis="x", length=2, width=style.frame_pt_width)
    ax.locator_params(axis="x", nbins=4)
    ax.grid(axis="x", color="#E6E6E6", linewidth=0.4, zorder=0)
    ax.set_xlabel("error along the ground [m]", **plain(style, style.caption_pt))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    for text, colour in zip(ax.get_yticklabels(), colours, strict=True):
        text.set(**plain(style, style.caption_pt))
        text.set_color(colour)
    for text in ax.get_xticklabels():
        text.set(**plain(style, style.caption_pt))


def _entries(digitized: Digitized, factor: float) -> list[tuple[str, Any]]:
    what = "leave-one-out error" if digitized.georeference.choice.family == "spline" else "residual"
    point = Line2D([], [], color=_LEFT_OUT, marker="+", markersize=4.5, linewidth=0.8)
    field = Line2D([], [], color="#B9A88A", linewidth=4)
    tick = Line2D([], [], color=_LEFT_OUT, marker="|", markersize=7, linewidth=0)
    entries: list[tuple[str, Any]] = [
        (f"control point, {what} {magnified(factor)}", point),
        ("standard error of the georeference by place; dashed: hull of the points", field),
        ("leave-one-out error: from where the others put the point", tick),
    ]
    if digitized.georeference.choice.family != "spline":
        entries.append(("residual of the fit to all points", Line2D([], [], color=_FITTED, linewidth=3)))
    if digitized.residuals["bad"].any():
        bad = Line2D([], [], color=_BAD, marker="o", markerfacecolor="none", markersize=6, linewidth=0.8)
        entries.append(("control point that does not belong, at its length", bad))
    return entries


def _caption(digitized: Digitized) -> str:
    figures = digitized.georeference.figures
    n, k = figures["points"], figures["least_points"]
    formulas = f"RMSE = √(Σr²/n), adjusted √(Σr²/(n - k)), with n = {n} points and k = {k}."
    if digitized.georeference.choice.family == "spline":
        formulas = "A spline runs through every point: only leave-one-out errors are told."
    more = len(digitized.residuals) - _MOST
    left = f" The {more} points with the smallest errors are in residuals.csv." if more > 0 else ""
    return f"{overlay_caption(digitized, lines=False)} {formulas}{left}"
