"""The error of a georeference for print: where it is large, and how far each control point is off."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from frontlines.arguments import checked
from frontlines.digitize import Digitized
from frontlines.errors import FrontlinesError
from frontlines.plot.artists import frame
from frontlines.plot.furniture import Entry
from frontlines.plot.labels import Label, place_labels
from frontlines.plot.page import Box, FigurePage
from frontlines.plot.scan_figures import (
    BAD,
    POINT,
    draw_arrows,
    is_spline,
    magnification,
    overlay_caption,
    point_entries,
)
from frontlines.plot.style import DEFAULT_STYLE, MapStyle
from frontlines.plot.text import plain
from frontlines.plot.words import clean

_FITTED = "#3B93DB"
_GAP_MM = 3.0
_FIELD = LinearSegmentedColormap.from_list("error", ["#FBFAF7", "#B9A88A"])
_MAP_SHARE = 0.56
_MAP_MM, _BARS_MM = 150.0, (24.0, 150.0)  # heights: of the map at most, of the bars at least and at most
_FOOT_MM = 8.0
_NAME_MM = 19.0
_ROW_MM = 3.2
_MOST = 40
_GRID = 60
_HALF_BAR = 0.4


@checked()
def residual_figure(digitized: Digitized, *, style: MapStyle = DEFAULT_STYLE) -> Figure:
    """Draw the page with the error of a georeference: where it is large, and how far each point is off.

    Parameters
    ----------
    digitized
        From `frontlines.digitize.digitize`.
    style
        The style; the page is its `width_mm` wide.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, on an Agg canvas and unknown to pyplot: a map of the standard error [m] with the control
        points, and a bar for each point, the largest error on top [m along the ground].

    Raises
    ------
    FrontlinesError
        If the georeference has no control points.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> from pathlib import Path
    >>> import geopandas as gpd
    >>> from frontlines.datasets import render_scan
    >>> from frontlines.digitize import digitize
    >>> drawn = gpd.GeoDataFrame({"colour": ["#1f4fb4"], "width_px": [4.0]},
    ...                          geometry=[shapely.LineString([(20, 60), (200, 90), (380, 60)])])
    >>> text = '''
    ... image = "scan.png"
    ... points = "points.csv"
    ... crs = "EPSG:32638"
    ... [[line]]
    ... colour = "blue"
    ... date = 1994-05-12
    ... sides = {NORTH = {col = 200, row = 10}, SOUTH = {col = 200, row = 140}}
    ... '''
    >>> ids, cols, rows = list("abcdef"), [5, 200, 395] * 2, [5] * 3 + [145] * 3
    >>> grid = pd.DataFrame({"id": ids, "col": cols, "row": rows}, dtype=object)
    >>> grid = grid.assign(lon=46 + grid["col"] / 1000, lat=40 - grid["row"] / 1000)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.fromarray(render_scan(drawn, size_px=(400, 150)).pixels).save(Path(folder) / "scan.png")
    ...     _ = grid.to_csv(Path(folder) / "points.csv", index=False)
    ...     _ = (Path(folder) / "digitize.toml").write_text(text)
    ...     found = digitize(Path(folder) / "digitize.toml")
    >>> [ax.get_label() for ax in residual_figure(found).axes]
    ['map', 'bars', 'legend']
    """
    if digitized.residuals.empty:
        raise FrontlinesError("the georeference has no control points, so it leaves no residuals to draw")
    title, caption = f"Georeference of {digitized.recipe.source}", _residual_caption(digitized)
    page = FigurePage(style, title=title, caption=caption)
    width_px, height_px = digitized.georeference.size_px
    map_mm = min(page.inner_mm * _MAP_SHARE, _MAP_MM * width_px / height_px)
    tall_mm = map_mm * height_px / width_px
    bars_mm = min(max(min(len(digitized.residuals), _MOST) * _ROW_MM, _BARS_MM[0]), _BARS_MM[1])
    left_mm, bars_left_mm = style.margin_mm, style.margin_mm + map_mm + _GAP_MM + _NAME_MM
    ax = page.add("map", Box(left_mm, page.top_mm, map_mm, tall_mm))
    bars_width_mm = style.width_mm - style.margin_mm - bars_left_mm
    bars = page.add("bars", Box(bars_left_mm, page.top_mm, bars_width_mm, bars_mm))
    factor = magnification(digitized, map_mm)
    legend = Box(left_mm, page.top_mm + max(tall_mm, bars_mm + _FOOT_MM) + _GAP_MM, page.inner_mm, 10.0)
    entries = _residual_entries(digitized, factor)
    _, legend_mm = page.add_legend(entries, legend, columns=2, entry_mm=page.inner_mm / 2)
    page.end(legend.top + legend_mm + _GAP_MM)
    _draw_field(ax, digitized, style)
    draw_arrows(ax, digitized, factor, style)
    rows = digitized.residuals.head(_MOST).to_dict("records")
    place_labels(
        ax, [Label(clean(row["id"]), row["col"], row["row"], size_pt=6.0) for row in rows], style=style
    )
    _draw_bars(bars, digitized.residuals, style)
    return page.figure


def _draw_field(ax: Axes, digitized: Digitized, style: MapStyle) -> None:
    """Draw the standard error by place [m], and the hull of the control points."""
    georeference = digitized.georeference
    width, height = georeference.size_px
    x, y = np.linspace(0, width - 1, _GRID), np.linspace(0, height - 1, _GRID)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    sigma = (georeference.sigma_px(grid) * georeference.pixel_m(grid)).reshape(_GRID, _GRID)
    if np.isfinite(sigma).all() and np.ptp(sigma) > 0:
        ax.contourf(x, y, sigma, levels=8, cmap=_FIELD, zorder=0)
        lines = ax.contour(x, y, sigma, levels=8, colors="#8C7B5C", linewidths=0.3, zorder=1)
        written = ax.clabel(
            lines, fmt=lambda value: f"{value:,.3g} m", fontsize=style.caption_pt, colors="#5E4F33"
        )
        for text in written:
            text.set(**{k: v for k, v in plain(style, style.caption_pt).items() if k != "color"})
    hull = shapely.convex_hull(shapely.multipoints(georeference.control.pixels))
    if isinstance(hull, shapely.Polygon):
        ax.plot(*hull.exterior.xy, color="#8C7B5C", linewidth=0.5, linestyle=(0, (4, 2)), zorder=2)
    ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    frame(ax, style)


def _draw_bars(ax: Axes, residuals: pd.DataFrame, style: MapStyle) -> None:
    """Draw a row for each point, the largest leave-one-out error on top."""
    order = residuals["left_out_m"].fillna(residuals["residual_m"])
    table = residuals.loc[order.sort_values(ascending=False, kind="stable").index].head(_MOST)
    rows = np.arange(len(table))
    colours = [BAD if bad else POINT for bad in table["bad"]]
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


def _residual_entries(digitized: Digitized, factor: float) -> list[Entry]:
    point, *bad = point_entries(digitized, factor)
    field = Line2D([], [], color="#B9A88A", linewidth=4)
    tick = Line2D([], [], color=POINT, marker="|", markersize=7, linewidth=0)
    entries: list[Entry] = [
        point,
        ("standard error of the georeference by place; dashed: hull of the points", field),
        ("leave-one-out error: from where the others put the point", tick),
    ]
    if not is_spline(digitized):
        entries.append(("residual of the fit to all points", Line2D([], [], color=_FITTED, linewidth=3)))
    return [*entries, *bad]


def _residual_caption(digitized: Digitized) -> str:
    figures = digitized.georeference.figures
    n, k = figures["points"], figures["least_points"]
    formulas = f"RMSE = √(Σr²/n), adjusted √(Σr²/(n - k)), with n = {n} points and k = {k}."
    if is_spline(digitized):
        formulas = "A spline runs through every point: only leave-one-out errors are given."
    more = len(digitized.residuals) - _MOST
    left = f" The {more} points with the smallest errors are in residuals.csv." if more > 0 else ""
    return f"{overlay_caption(digitized, lines=False)} {formulas}{left}"
