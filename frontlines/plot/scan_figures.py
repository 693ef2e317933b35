"""What was traced on a scan, drawn over it, for print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import NoNorm, rgb_to_hsv, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.patheffects import withStroke
from PIL import Image

from frontlines._optional import require
from frontlines.arguments import checked
from frontlines.arrays import Floats, Pixels
from frontlines.digitize import Caution, Digitized, Recipe, Scan
from frontlines.digitize.layers import class_colours, held_pixels, pieces_of_line
from frontlines.names import area_unit
from frontlines.plot.artists import area_path, frame
from frontlines.plot.furniture import Entry
from frontlines.plot.labels import Label, place_labels
from frontlines.plot.page import Box, FigurePage
from frontlines.plot.style import DEFAULT_STYLE, AreaStyle, MapStyle, side_styles
from frontlines.plot.words import clean, day, number

_GAP_MM = 3.0
POINT, BAD = "#1A1A1A", "#C2187B"
"""Colours of control points, and of those that do not belong."""

_LONGEST_MM = 7.0  # an arrow of a residual on paper
_NONE_PX = 0.05  # residuals that are all shorter are not worth arrows
_NICE = (1, 2, 5, 10)

_PALE = 0.5  # share of paper mixed into the scan, so that what was traced stands out
_STRONG = ("#009E73", "#E69F00", "#7B4FA3", "#8C510A")  # for lines beside the colours of dates; safe together
_GREY = 0.25  # saturation up to which a colour has no hue
_LEAST_MM = 60.0  # height of the scan under however long a caption
_NAMED = 30
_FLANK = 0.012  # of the diagonal: width of the tints beside lines
_COARSE_PX = 8.0  # fine enough to keep labels off the lines


@checked()
def overlay_figure(digitized: Digitized, *, style: MapStyle = DEFAULT_STYLE) -> Figure:
    """Draw the page with what was traced over the scan: lines, areas, control points, legend and caption.

    Parameters
    ----------
    digitized
        From `frontlines.digitize.digitize`.
    style
        The style; the page is its `width_mm` wide and at most its `max_height_mm` high, unless the caption
        is very long.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, on an Agg canvas and unknown to pyplot. The scan is pale grey; each line has the colour
        of the style that is most like its ink, dashed where it was not seen. Squares with their names are the
        places by which the recipe says whose ground is where; tints beside the lines are the sides that were
        found there. Numbers in brackets are the places of the cautions in the caption. Arrows lead from each
        control point to where the georeference puts it, magnified as the legend says.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import geopandas as gpd
    >>> from frontlines.datasets import render_scan
    >>> from frontlines.digitize import digitize
    >>> drawn = gpd.GeoDataFrame({"colour": ["#1f4fb4"], "width_px": [4.0]},
    ...                          geometry=[shapely.LineString([(20, 60), (200, 90), (380, 60)])])
    >>> text = '''
    ... image = "scan.png"
    ... world_file = "scan.wld"
    ... crs = "EPSG:32638"
    ... [[line]]
    ... colour = "blue"
    ... date = 1994-05-12
    ... sides = {NORTH = {col = 200, row = 10}, SOUTH = {col = 200, row = 140}}
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.fromarray(render_scan(drawn, size_px=(400, 150)).pixels).save(Path(folder) / "scan.png")
    ...     _ = (Path(folder) / "scan.wld").write_text("100 0 0 -100 600000 4400000")
    ...     _ = (Path(folder) / "digitize.toml").write_text(text)
    ...     found = digitize(Path(folder) / "digitize.toml")
    >>> [ax.get_label() for ax in overlay_figure(found).axes]
    ['legend', 'scan']
    """
    page = FigurePage(style, title=digitized.recipe.source, caption=overlay_caption(digitized))
    factor = magnification(digitized, page.inner_mm)
    box = Box(style.margin_mm, page.top_mm, page.inner_mm, 10.0)
    entries = overlay_entries(digitized, factor, style)
    host, legend_mm = page.add_legend(entries, box, columns=3, entry_mm=page.inner_mm / 3)
    under_mm = legend_mm + page.caption_mm + 2 * _GAP_MM + style.margin_mm
    room_mm = max(style.max_height_mm - page.top_mm - under_mm, _LEAST_MM)
    width_px, height_px = digitized.georeference.size_px
    mm_per_px = min(page.inner_mm / width_px, room_mm / height_px)
    width_mm, height_mm = width_px * mm_per_px, height_px * mm_per_px
    ax = page.add("scan", Box((style.width_mm - width_mm) / 2, page.top_mm, width_mm, height_mm))
    legend_top_mm = page.top_mm + height_mm + _GAP_MM
    page.put(host, box._replace(top=legend_top_mm, height=legend_mm))
    page.end(legend_top_mm + legend_mm + _GAP_MM)
    draw_overlay(digitized, ax=ax, factor=factor, style=style)
    return page.figure


def draw_overlay(digitized: Digitized, *, ax: Axes, factor: float, style: MapStyle) -> None:
    """Draw what was traced over the scan, residuals `factor` times their length."""
    width, height = digitized.georeference.size_px
    ax.imshow(
        _fitted(digitized.scan, ax),
        extent=(-0.5, width - 0.5, height - 0.5, -0.5),
        cmap="gray",
        norm=NoNorm(),  # bytes from end to end: as colours each of their values would take eight
        interpolation="nearest",
        interpolation_stage="data",
        zorder=0,
    )
    ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), aspect="equal")
    frame(ax, style)
    _draw_left_out(ax, digitized.recipe)
    _draw_areas(ax, digitized, style)
    _draw_flanks(ax, digitized, style)
    _draw_lines(ax, digitized, style)
    sides = _mark_sides(ax, digitized, style)
    points = _draw_points(ax, digitized, factor, style)
    doubts = _mark_doubts(ax, digitized, style)
    place_labels(ax, [*sides, *points, *doubts], avoid=_lines_of(digitized), style=style)


def _draw_left_out(ax: Axes, recipe: Recipe) -> None:
    """Draw the masks, hatched, and the frame."""
    look: dict[str, Any] = {
        "facecolor": "none",
        "edgecolor": POINT,
        "linewidth": 0.6,
        "linestyle": ":",
        "zorder": 2,
    }
    if (path := area_path(list(recipe.masks))) is not None:
        ax.add_patch(PathPatch(path, hatch="//", gid="masks", **look))
    if recipe.frame is not None and (path := area_path([shapely.box(*recipe.frame)])) is not None:
        ax.add_patch(PathPatch(path, gid="frame", **look))


def _looks(recipe: Recipe, style: MapStyle) -> dict[str, AreaStyle]:
    """Look of each side, of lines and areas alike."""
    sides = [side for line in recipe.lines for side in line.sides]
    return side_styles([*sides, *(area.side for area in recipe.areas)], style)


def _draw_flanks(ax: Axes, digitized: Digitized, style: MapStyle) -> None:
    """Tint the flanks of lines as the rows of the frontlines say who holds them."""
    if digitized.frontlines is None:
        return
    looks, georef = _looks(digitized.recipe, style), digitized.georeference
    width_px = _FLANK * float(np.hypot(*georef.size_px))
    for row in digitized.frontlines[digitized.frontlines["seen"]].to_dict("records"):
        line = shapely.LineString(georef.pixels_of(shapely.get_coordinates(row["geometry"])))
        for side, way in ((row["side_left"], -1), (row["side_right"], 1)):  # rows grow downwards
            strip = shapely.buffer(line.simplify(1.0), way * width_px, single_sided=True)
            if (path := area_path([strip])) is not None:
                look: dict[str, Any] = {"facecolor": looks[side].face, "edgecolor": "none", "alpha": 0.6}
                ax.add_patch(PathPatch(path, zorder=2.5, gid=f"flank:{side}", **look))


def _mark_doubts(ax: Axes, digitized: Digitized, style: MapStyle) -> list[Label]:
    """Mark the places of the cautions that the caption tells; return their numbers to be placed."""
    labels = []
    for rank, one in enumerate(_told(digitized)[:_MOST_CAUTIONS], start=1):
        if one.pixel is not None:
            rings: dict[str, Any] = {"markersize": 9, "markeredgewidth": 0.9, "markerfacecolor": "none"}
            ax.plot(*one.pixel, "D", color=BAD, zorder=8, gid=f"caution:{rank}", **rings)
            look: dict[str, Any] = {"size_pt": style.heading_pt, "weight": "bold", "clear_pt": 5.0}
            labels.append(Label(f"({rank})", *one.pixel, priority=4.0, **look))
    return labels


def _mark_sides(ax: Axes, digitized: Digitized, style: MapStyle) -> list[Label]:
    """Mark the places by which the recipe says whose ground is where; return the names to be placed."""
    recipe, labels = digitized.recipe, dict[Any, Label]()
    looks = _looks(recipe, style)
    for line in recipe.lines:
        for side, places in held_pixels(line.sides, digitized.georeference, line.name).items():
            for x, y in places.round().tolist():
                look: dict[str, Any] = {"markerfacecolor": looks[side].face, "markeredgecolor": style.ink}
                ax.plot(x, y, "s", markersize=3.6, markeredgewidth=0.6, zorder=7, gid=f"side:{side}", **look)
                name: dict[str, Any] = {"size_pt": style.heading_pt, "weight": "bold", "clear_pt": 3.0}
                labels[side, x, y] = Label(clean(side), x, y, priority=3.0, **name)
    return list(labels.values())


def _fitted(scan: Scan, ax: Axes) -> Pixels:
    """Shrink a scan to the pixels that its Axes has, and make it pale grey."""
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
        mean = band.reshape(rows // step, step, columns // step, step, 3).mean(axis=(1, 3))
        parts.append(mean.round().astype(np.uint8))
    return np.concatenate(parts)


def pale(pixels: Pixels) -> Pixels:
    """Turn a scan into pale grey."""
    paler = (np.arange(256) * (1 - _PALE) + 255 * _PALE).round().astype(np.uint8)
    return np.asarray(paler[np.asarray(Image.fromarray(pixels).convert("L"))])


def _draw_areas(ax: Axes, digitized: Digitized, style: MapStyle) -> None:
    if digitized.traced_areas is None:
        return
    recipe = digitized.recipe
    sides = dict(zip(class_colours(recipe), (area.side for area in recipe.areas), strict=True))
    looks = _looks(recipe, style)
    for row in digitized.traced_areas.to_dict("records"):
        look, path = looks[sides[row["area_class"]]], area_path([row["geometry"]])
        if path is not None:
            ax.add_patch(PathPatch(path, facecolor=look.face, edgecolor="none", alpha=0.45, zorder=1))
            ax.add_patch(PathPatch(path, facecolor="none", edgecolor=look.ink, linewidth=0.6, zorder=2))


def _draw_lines(ax: Axes, digitized: Digitized, style: MapStyle) -> None:
    if digitized.tracing is None:
        return
    colours = line_colours(digitized.tracing.colours, style)
    for line in digitized.recipe.lines:
        pieces = pieces_of_line(digitized.tracing, line, digitized.recipe)
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


def _draw_points(ax: Axes, digitized: Digitized, factor: float, style: MapStyle) -> list[Label]:
    """Draw control points and residuals; return their names, of the bad ones alone if there are many."""
    table = digitized.residuals
    if table.empty:
        return []
    draw_arrows(ax, digitized, factor, style)
    named = table if len(table) <= _NAMED else table[table["bad"].astype(bool)]
    return [
        Label(clean(row["id"]), row["col"], row["row"], size_pt=6.0, priority=2.0 if row["bad"] else 0.0)
        for row in named.to_dict("records")
    ]


def draw_arrows(ax: Axes, digitized: Digitized, factor: float, style: MapStyle) -> None:
    """Draw control points and, `factor` times its length, how far each is off; bad ones at their length."""
    table = digitized.residuals
    at, bad = table[["col", "row"]].to_numpy(dtype=float), table["bad"].to_numpy(dtype=bool)
    ends = at + residual_vectors(digitized) * np.where(bad, 1.0, factor)[:, None]
    look: dict[str, Any] = {"zorder": 6, "path_effects": [withStroke(linewidth=1.8, foreground=style.paper)]}
    for chosen, colour in ((~bad, POINT), (bad, BAD)):
        arrows = list(np.stack([at[chosen], ends[chosen]], axis=1))
        ax.add_collection(LineCollection(arrows, colors=colour, linewidths=0.7, **look), autolim=False)
        ax.plot(*at[chosen].T, "+", color=colour, markersize=4.2, markeredgewidth=0.7, **look)
    if bad.any():
        rings: dict[str, Any] = {"markersize": 7, "markeredgewidth": 0.9, "markerfacecolor": "none"}
        ax.plot(*at[bad].T, "o", color=BAD, zorder=6, **rings)


def _lines_of(digitized: Digitized) -> Any:
    if digitized.tracing is None:
        return None
    lines = [shapely.LineString(stretch.points) for stretch in digitized.tracing.stretches]
    return shapely.simplify(shapely.multilinestrings(lines), _COARSE_PX)


def overlay_entries(digitized: Digitized, factor: float, style: MapStyle) -> list[Entry]:
    """List what the overlay shows, for its legend."""
    entries: list[Entry] = []
    colours = line_colours(digitized.tracing.colours, style) if digitized.tracing else {}
    for line in digitized.recipe.lines:
        text = day(line.date) if line.name == f"{line.date:%Y-%m-%d}" else line.name
        entries.append((text, Line2D([], [], color=colours[line.name], linewidth=1.0)))
    if digitized.frontlines is not None and not digitized.frontlines["seen"].all():
        text = "not seen: under another line, or over a gap"
        entries.append((text, Line2D([], [], color=style.ink, linewidth=0.9, linestyle=(0, (2.2, 1.6)))))
    for side, look in _looks(digitized.recipe, style).items():
        entries.append((side, Patch(facecolor=look.face, edgecolor=look.ink, linewidth=0.6)))
    if digitized.recipe.masks:
        mask = Patch(facecolor="none", edgecolor=POINT, linewidth=0.6, linestyle=":", hatch="//")
        entries.append(("mask: not looked at", mask))
    return [*entries, *point_entries(digitized, factor)]


def point_entries(digitized: Digitized, factor: float) -> list[Entry]:
    """Return the entries of a legend for control points and their arrows."""
    entries: list[Entry] = []
    if len(digitized.residuals):
        point = Line2D([], [], color=POINT, marker="+", markersize=4.2, linewidth=0.7)
        entries.append((f"control point, {_error_name(digitized)} {magnified(factor)}", point))
    if len(digitized.residuals) and digitized.residuals["bad"].any():
        bad = Line2D([], [], color=BAD, marker="o", markerfacecolor="none", markersize=6, linewidth=0.7)
        entries.append(("control point that does not belong, at its length", bad))
    return entries


def is_spline(digitized: Digitized) -> bool:
    """Tell whether a scan is georeferenced by a spline, which runs through every control point."""
    return digitized.georeference.choice.family == "spline"


def _error_name(digitized: Digitized) -> str:
    return "leave-one-out error" if is_spline(digitized) else "residual"


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
    table, georeference = digitized.residuals, digitized.georeference
    if table.empty:
        return np.zeros((0, 2))
    name = "left_out" if is_spline(digitized) else "residual"
    ground = table[[f"{name}_east_m", f"{name}_north_m"]].to_numpy(dtype=float)
    slopes = georeference.ground_slopes(table[["col", "row"]].to_numpy(dtype=float))
    return np.asarray(np.linalg.solve(slopes, np.nan_to_num(ground)[..., None])[..., 0])


_PLAIN = {"hidden", "dropped", "key", "shade"}  # what most maps have, and the overlay shows
_MOST_CAUTIONS = 8  # cautions; more would crowd out the picture


def overlay_caption(digitized: Digitized, *, lines: bool = True) -> str:
    """Say how a scan was georeferenced and traced, in sentences."""
    traced = _traced_text(digitized) if lines else ()
    return " ".join([*_georeference_text(digitized), *traced, *_caution_text(digitized)])


def _georeference_text(digitized: Digitized) -> Iterable[str]:
    choice, figures = digitized.georeference.choice, digitized.georeference.figures
    yield f"Transformation {choice.family} on {choice.plane}; {choice.reason}."
    if not figures:
        return
    text = f"{figures['points']} control points"
    if figures["rmse_m"] is not None:
        text += f", RMSE {figures['rmse_m']:,.0f} m"
    if figures["rmse_adjusted_m"] is not None:
        spare = figures["points"] - figures["least_points"]
        text += f", adjusted for {spare} degrees of freedom (n - k) {figures['rmse_adjusted_m']:,.0f} m"
    if figures["left_out_rmse_m"] is not None:
        metres, pixels = figures["left_out_rmse_m"], figures["left_out_rmse_px"]
        text += f", left out one by one {metres:,.0f} m ({pixels:.2f} px)"
    yield f"{text}."


def _traced_text(digitized: Digitized) -> Iterable[str]:
    for row in digitized.manifest["lines"]:
        yield (
            f"Line of {day(row['date'])}: {number(row['length_km'])} km seen, "
            f"{number(row['unseen_km'])} km not; "
            f"standard error across it where seen {number(row['sigma_m'])} m."
        )
    for row in digitized.manifest["areas"]:
        area, sigma = area_unit(row["area_km2"]).said(row["area_km2"]), row["sigma_m"]
        yield f"{row['side']}: {area}, standard error of its edge {number(sigma)} m."


def _told(digitized: Digitized) -> list[Caution]:
    return [one for one in digitized.cautions if one.name not in _PLAIN]


def _caution_text(digitized: Digitized) -> Iterable[str]:
    texts = [one.text for one in _told(digitized)]
    for rank, text in enumerate(texts[:_MOST_CAUTIONS], start=1):
        yield f"({rank}) {text[:1].upper()}{text[1:]}."
    if len(texts) > _MOST_CAUTIONS:
        yield f"And {len(texts) - _MOST_CAUTIONS} more cautions: see the manifest."
