"""What was traced, drawn over the scan: lines, areas, control points and how far each of them is off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import rgb_to_hsv, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from PIL import Image

from frontlines._optional import require
from frontlines.digitize import Digitized
from frontlines.digitize.colour.scan import Scan
from frontlines.digitize.layers import class_colours
from frontlines.digitize.lines import pieces_of
from frontlines.names import Floats, Pixels
from frontlines.plot.furniture import draw_legend, frame
from frontlines.plot.labels import Label, place_labels
from frontlines.plot.page import Box, add_panel, draw_block, draw_columns, height_mm, inches
from frontlines.plot.scan_residuals import magnification, magnified, overlay_caption, residual_vectors
from frontlines.plot.style import DEFAULT_STYLE, MM_PER_INCH, MapStyle, clean, day, side_styles

_PALE = 0.5  # share of paper mixed into the scan, so that what was traced stands out
_POINT = "#1A1A1A"
_BAD = "#C2187B"
_STRONG = ("#009E73", "#E69F00", "#7B4FA3", "#8C510A")  # for lines beside the colours of dates; safe together
_GREY = 0.25  # saturation up to which a colour has no hue
_TITLE_GAP_MM = 2.0
_GAP_MM = 3.0
_LEAST_MM = 60.0  # height of the scan under however long a caption
_NAMED = 30
_COARSE_PX = 8.0  # fine enough to keep labels off the lines


def overlay_figure(digitized: Digitized, *, style: MapStyle = DEFAULT_STYLE) -> Figure:
    """Draw what was traced over the scan."""
    figure = Figure(figsize=inches(style.width_mm, style.max_height_mm), dpi=style.dpi, facecolor=style.paper)
    FigureCanvasAgg(figure)
    width_mm, (width, height) = style.width_mm - 2 * style.margin_mm, digitized.georeference.size_px
    left = style.margin_mm / style.width_mm
    title = draw_block(
        figure,
        digitized.recipe.source,
        xy=(left, 1),
        width_mm=width_mm,
        size_pt=style.title_pt,
        weight="bold",
        style=style,
    )
    caption = draw_columns(figure, overlay_caption(digitized), xy=(left, 0.1), width_mm=width_mm, style=style)
    top = style.margin_mm + height_mm(figure, [title]) + _TITLE_GAP_MM
    caption_mm = height_mm(figure, caption)
    key = add_panel(figure, Box(style.margin_mm, 0, width_mm, 10), style.max_height_mm, style, name="legend")
    key.axis("off")
    factor = magnification(digitized, width_mm)
    legend = draw_legend(
        key,
        overlay_entries(digitized, factor, style),
        columns=3,
        width_px=width_mm / 3 / MM_PER_INCH * style.dpi,
        style=style,
    )
    key_mm = legend.get_window_extent(figure.canvas.get_renderer()).height / figure.dpi * MM_PER_INCH  # type: ignore[attr-defined]
    room_mm = style.max_height_mm - top - key_mm - caption_mm - 2 * _GAP_MM - style.margin_mm
    room_mm = max(room_mm, _LEAST_MM)
    scale = min(width_mm / width, room_mm / height)
    map_mm = height * scale
    page_mm = top + map_mm + key_mm + caption_mm + 2 * _GAP_MM + style.margin_mm
    figure.set_size_inches(*inches(style.width_mm, page_mm))
    title.set_position((left, 1 - style.margin_mm / page_mm))
    for text in caption:
        text.set_y((caption_mm + style.margin_mm) / page_mm)
    box = Box((style.width_mm - width * scale) / 2, top, width * scale, map_mm)
    ax = add_panel(figure, box, page_mm, style, name="scan")
    key_top = top + map_mm + _GAP_MM
    key.set_position((left, 1 - (key_top + key_mm) / page_mm, width_mm / style.width_mm, key_mm / page_mm))
    draw_overlay(digitized, ax=ax, factor=factor, style=style)
    return figure


def draw_overlay(
    digitized: Digitized,
    *,
    ax: Axes | None = None,
    factor: float | None = None,
    style: MapStyle = DEFAULT_STYLE,
) -> Axes:
    """Draw what was traced over the scan, on any Axes."""
    if ax is None:
        ax = Figure(figsize=inches(style.width_mm, style.width_mm), dpi=style.dpi).add_subplot()
    width, height = digitized.georeference.size_px
    ax.imshow(
        _fitted(digitized.scan, ax),
        extent=(-0.5, width - 0.5, height - 0.5, -0.5),
        interpolation="nearest",
        zorder=0,
    )
    ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), xticks=[], yticks=[], aspect="equal")
    frame(ax, style)
    _draw_areas(ax, digitized, style)
    _draw_lines(ax, digitized, style)
    mm_per_px = ax.get_window_extent().width / ax.figure.dpi * MM_PER_INCH / width
    _draw_points(
        ax, digitized, magnification(digitized, mm_per_px * width) if factor is None else factor, style
    )
    return ax


def _fitted(scan: Scan, ax: Axes) -> Pixels:
    """Shrink a scan to the pixels that its Axes has, and make it pale."""
    wide_px = max(round(ax.get_window_extent().width), 1)
    small = thumbnail(scan, wide_px)
    if small.shape[1] <= wide_px:
        return pale(small)
    size = (wide_px, max(round(small.shape[0] * wide_px / small.shape[1]), 1))
    return pale(np.asarray(Image.fromarray(small).resize(size, Image.Resampling.BOX)))


def thumbnail(scan: Scan, width_px: int) -> Pixels:
    """Shrink a scan, band by band."""
    step = max(scan.width_px // width_px, 1)
    if step == 1:
        return scan.read(slice(0, scan.height_px), slice(0, scan.width_px))
    columns = scan.width_px // step * step
    parts = []
    for first in range(0, scan.height_px // step * step, 64 * step):
        rows = min(64 * step, scan.height_px // step * step - first)
        band = scan.read(slice(first, first + rows), slice(0, columns))
        parts.append(band.reshape(rows // step, step, columns // step, step, 3).mean(axis=(1, 3)).round())
    return np.concatenate(parts).astype(np.uint8)


def pale(pixels: Pixels) -> Pixels:
    """Turn a scan into pale grey."""
    grey = pixels @ np.array([0.299, 0.587, 0.114])
    mixed = grey * (1 - _PALE) + 255 * _PALE
    return np.repeat(mixed.round().astype(np.uint8)[..., None], 3, axis=2)


def _draw_lines(ax: Axes, digitized: Digitized, style: MapStyle) -> None:
    if digitized.tracing is None:
        return
    colours = line_colours(digitized.tracing.colours, style)
    for line in digitized.recipe.lines:
        pieces = pieces_of(digitized.tracing, line.name, follow_hidden=digitized.recipe.follow_hidden)
        seen, unseen = (
            [piece.points for piece in pieces if piece.seen is wanted] for wanted in (True, False)
        )
        casing, core = (style.paper, 1.8, "solid", 3), (colours[line.name], 0.8, "solid", 4)
        dashed = (colours[line.name], 0.8, (0, (2.4, 2.4)), 5)
        for points, (colour, width, dashes, above) in ((seen, casing), (seen, core), (unseen, dashed)):
            drawn = LineCollection(points, colors=colour, linewidths=width, linestyles=[dashes], zorder=above)
            ax.add_collection(drawn, autolim=False)


def line_colours(inks: Mapping[str, str], style: MapStyle) -> dict[str, str]:
    """Give each line that colour of the style that is most like its ink on the scan, no two the same."""
    optimize = require("scipy.optimize", extra="digitize")
    ours = [*style.date_colours, *_STRONG, style.ink]
    if not inks or len(inks) > len(ours):
        return dict(inks)
    apart = np.linalg.norm(_hues(list(inks.values()))[:, None] - _hues(ours)[None], axis=-1)
    _, chosen = optimize.linear_sum_assignment(apart)
    return {name: ours[k] for name, k in zip(inks, chosen, strict=True)}


def _hues(colours: list[str]) -> Floats:
    """Places on the circle of hues, greys in its middle; the third axis is half the brightness."""
    hue, strength, bright = rgb_to_hsv([to_rgb(colour) for colour in colours]).T
    angle, coloured = 2 * np.pi * hue, strength > _GREY
    return np.stack([coloured * np.cos(angle), coloured * np.sin(angle), bright / 2], axis=1)


def _draw_areas(ax: Axes, digitized: Digitized, style: MapStyle) -> None:
    if digitized.traced_areas is None:
        return
    sides = dict(
        zip(class_colours(digitized.recipe), (area.side for area in digitized.recipe.areas), strict=True)
    )
    looks = side_styles(sides.values(), style)
    for row in digitized.traced_areas.to_dict("records"):
        look = looks[sides[row["area_class"]]]
        rings = shapely.get_rings(shapely.get_parts(row["geometry"]))
        path = Path.make_compound_path(*(Path(shapely.get_coordinates(ring), closed=True) for ring in rings))
        ax.add_patch(PathPatch(path, facecolor=look.face, edgecolor="none", alpha=0.45, zorder=1))
        ax.add_patch(PathPatch(path, facecolor="none", edgecolor=look.ink, linewidth=0.6, zorder=2))


def _draw_points(ax: Axes, digitized: Digitized, factor: float, style: MapStyle) -> None:
    table = digitized.residuals
    if table.empty:
        return
    at, bad = table[["col", "row"]].to_numpy(dtype=float), table["bad"].to_numpy(dtype=bool)
    vectors = residual_vectors(digitized) * np.where(bad, 1.0, factor)[:, None]
    halo = [withStroke(linewidth=1.8, foreground=style.paper)]
    for chosen, colour in ((~bad, _POINT), (bad, _BAD)):
        drawn = LineCollection(
            list(np.stack([at[chosen], at[chosen] + vectors[chosen]], axis=1)),
            colors=colour,
            linewidths=0.7,
            zorder=6,
            path_effects=halo,
        )
        ax.add_collection(drawn, autolim=False)
        ax.plot(
            *at[chosen].T, "+", color=colour, markersize=4.2, markeredgewidth=0.7, zorder=6, path_effects=halo
        )
    if bad.any():
        ax.plot(
            *at[bad].T, "o", markerfacecolor="none", color=_BAD, markersize=7, markeredgewidth=0.9, zorder=6
        )
    named = table if len(table) <= _NAMED else table[bad]
    labels = [
        Label(clean(row["id"]), row["col"], row["row"], size_pt=6.0, priority=2.0 if row["bad"] else 0.0)
        for row in named.to_dict("records")
    ]
    place_labels(ax, labels, avoid=_lines_of(digitized), style=style)


def _lines_of(digitized: Digitized) -> Any:
    if digitized.tracing is None:
        return None
    lines = [shapely.LineString(stretch.points) for stretch in digitized.tracing.stretches]
    return shapely.simplify(shapely.multilinestrings(lines), _COARSE_PX)


def overlay_entries(digitized: Digitized, factor: float, style: MapStyle) -> list[tuple[str, Any]]:
    """List what the overlay shows, for its legend."""
    entries: list[tuple[str, Any]] = []
    colours = line_colours(digitized.tracing.colours, style) if digitized.tracing else {}
    for line in digitized.recipe.lines:
        text = day(line.date) if line.name == f"{line.date:%Y-%m-%d}" else line.name
        entries.append((text, Line2D([], [], color=colours[line.name], linewidth=1.0)))
    if digitized.frontlines is not None and not digitized.frontlines["seen"].all():
        text = "not seen: under another line, or over a gap"
        entries.append((text, Line2D([], [], color=style.ink, linewidth=0.9, linestyle=(0, (2.2, 1.6)))))
    for side, look in side_styles([area.side for area in digitized.recipe.areas], style).items():
        entries.append((side, Patch(facecolor=look.face, edgecolor=look.ink, linewidth=0.6)))
    if len(digitized.residuals):
        what = "leave-one-out error" if digitized.georeference.choice.family == "spline" else "residual"
        text = f"control point, {what} {magnified(factor)}"
        entries.append((text, Line2D([], [], color=_POINT, marker="+", markersize=4.2, linewidth=0.7)))
    if len(digitized.residuals) and digitized.residuals["bad"].any():
        bad = Line2D([], [], color=_BAD, marker="o", markerfacecolor="none", markersize=6, linewidth=0.7)
        entries.append(("control point that does not belong, at its length", bad))
    return entries
