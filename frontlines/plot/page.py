"""The page of the whole figure: where panels, legend, locator, title and caption stand, in millimetres."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from frontlines.plot.style import (
    DEFAULT_STYLE,
    MM_PER_INCH,
    MapStyle,
    clean,
    plain,
    renderer_of,
    text_width_px,
)

_LEADING = 1.3
_LONG = 4


def wrap(text: str, width_px: float, figure: Any, font: Any) -> str:
    """Break text into lines that are no wider than a width, as the renderer measures them."""

    def wide(line: str) -> float:
        return text_width_px(line, font, figure.dpi)

    out: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for word in _cut(clean(paragraph).split(), width_px, wide):
            longer = f"{line} {word}" if line else word
            if line and wide(longer) > width_px:
                out.append(line)
                line = word
            else:
                line = longer
        out.append(line)
    return "\n".join(out)


def draw_block(
    figure: Figure,
    text: str,
    *,
    xy: tuple[float, float],
    width_mm: float,
    size_pt: float,
    weight: str = "normal",
    style: MapStyle = DEFAULT_STYLE,
) -> Text:
    """Set a block of text, wrapped to a width."""
    look = plain(style, size_pt, weight=weight)
    lines = wrap(text, width_mm / MM_PER_INCH * figure.dpi, figure, look["fontproperties"])
    return figure.text(*xy, lines, ha="left", va="top", linespacing=_LEADING, **look)


def draw_columns(
    figure: Figure,
    text: str,
    *,
    xy: tuple[float, float],
    width_mm: float,
    style: MapStyle = DEFAULT_STYLE,
) -> list[Text]:
    """Set the caption across a width: in one block if it is short, else in two columns that read better."""
    look = plain(style, style.caption_pt)
    px_per_mm = figure.dpi / MM_PER_INCH
    lines = wrap(text, width_mm * px_per_mm, figure, look["fontproperties"]).split("\n")
    half_mm = (width_mm - style.gap_mm) / 2
    left = [xy[0]]
    blocks = [lines]
    if len(lines) > _LONG:
        lines = wrap(text, half_mm * px_per_mm, figure, look["fontproperties"]).split("\n")
        half = (len(lines) + 1) // 2
        blocks = [lines[:half], lines[half:]]
        left.append(xy[0] + (half_mm + style.gap_mm) * px_per_mm / figure.bbox.width)
    return [
        figure.text(
            x, xy[1], "\n".join(block), ha="left", va="top", linespacing=_LEADING, gid="caption", **look
        )
        for x, block in zip(left, blocks, strict=True)
        if "".join(block)
    ]


def height_mm(figure: Figure, texts: Sequence[Text]) -> float:
    """Return the height of the tallest of some texts [mm], 0 for none."""
    renderer = renderer_of(figure)
    tallest = max((float(t.get_window_extent(renderer).height) for t in texts), default=0.0)
    return tallest / figure.dpi * MM_PER_INCH


def _cut(words: Sequence[str], width_px: float, wide: Callable[[str], float]) -> list[str]:
    """Cut words that are wider than a line."""
    out: list[str] = []
    for word in words:
        rest = word
        while len(rest) > 1 and wide(rest) > width_px:
            fits = max(1, bisect_right(range(1, len(rest)), width_px, key=lambda n: wide(rest[:n])))
            out.append(rest[:fits])
            rest = rest[fits:]
        out.append(rest)
    return out


def shortened(text: str, width_px: float, figure: Any, font: Any) -> str:
    """Cut a name that is wider than its room, with an ellipsis."""

    def wide(part: str) -> bool:
        return text_width_px(part, font, figure.dpi) > width_px

    if not wide(text):
        return text
    fits = next((n for n in range(len(text) - 1, 0, -1) if not wide(f"{text[:n].rstrip()}…")), 0)
    return f"{text[:fits].rstrip()}…"


_WIDE = 1.3  # a theatre wider than this (width / height) takes the whole width of the page
_MAIN_SHARE = 0.585
_LEGEND_MM = 58.0
_FOOT_SHARE = 0.42  # of the height of a wide map's panels, at most this for the second one
_MAIN_MM = (70.0, 165.0)
_ZOOM_MM = (42.0, 110.0)
_LOCATOR_MM = (24.0, 38.0)
_HEADING_MM = 4.2


class Box(NamedTuple):
    """A rectangle on the page [mm], from the page's upper left corner downwards."""

    left: float
    top: float
    width: float
    height: float

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.width / self.height


@dataclass(frozen=True)
class Needs:
    """What has to find room on the page."""

    main_aspect: float
    zoom_aspect: float | None
    title_mm: float
    caption_mm: float
    locator_aspect: float | None


class Page(NamedTuple):
    """Where everything stands [mm]."""

    height: float
    main: Box
    zoom: Box | None
    legend: Box
    locator: Box | None
    caption_top: float


def is_wide(needs: Needs) -> bool:
    """Whether the main panel takes the whole width."""
    return needs.main_aspect > _WIDE


def legend_columns(needs: Needs) -> int:
    """Return how many columns the legend has: several where it lies along the foot of a wide map."""
    return 3 if is_wide(needs) and needs.zoom_aspect is None else 1


def legend_width(needs: Needs, style: MapStyle) -> float:
    """Return the width of the legend [mm]."""
    inner = style.width_mm - 2 * style.margin_mm
    if not is_wide(needs):
        return inner * (1 - _MAIN_SHARE) - style.gap_mm
    if needs.zoom_aspect is None:
        return inner - (_LOCATOR_MM[1] * 1.3 + style.gap_mm if needs.locator_aspect else 0.0)
    return _LEGEND_MM


def plan(needs: Needs, legend_mm: float, style: MapStyle) -> Page:
    """Lay out the page."""
    return _plan_wide(needs, legend_mm, style) if is_wide(needs) else _plan_tall(needs, legend_mm, style)


def _clamp(value: float, limits: tuple[float, float]) -> float:
    return min(max(value, limits[0]), limits[1])


def _room(needs: Needs, style: MapStyle) -> float:
    """Return the height left for the panels [mm]."""
    gap = style.gap_mm * 0.75
    return style.max_height_mm - 2 * style.margin_mm - needs.title_mm - needs.caption_mm - 2 * gap


def _plan_tall(needs: Needs, legend_mm: float, style: MapStyle) -> Page:
    """Put the main panel on the left; second panel, legend and locator in a column on the right."""
    gap, heading = style.gap_mm, _HEADING_MM if needs.zoom_aspect else 0.0
    inner = style.width_mm - 2 * style.margin_mm
    main_w = inner * _MAIN_SHARE
    side_w = inner - main_w - gap
    least_zoom = _clamp(side_w / needs.zoom_aspect, _ZOOM_MM) if needs.zoom_aspect else 0.0
    under = legend_mm + (gap + _LOCATOR_MM[0] if needs.locator_aspect else 0.0)
    side_h = under + (least_zoom + gap if needs.zoom_aspect else 0.0)
    main_h = min(max(_clamp(main_w / needs.main_aspect, _MAIN_MM), side_h), _room(needs, style) - heading)
    top = style.margin_mm + needs.title_mm + heading
    main = Box(style.margin_mm, top, main_w, main_h)
    left = style.margin_mm + main_w + gap
    zoom, at = None, top
    if needs.zoom_aspect:
        spare = main_h - under - gap - (_LOCATOR_MM[1] - _LOCATOR_MM[0] if needs.locator_aspect else 0.0)
        zoom = Box(left, top, side_w, min(max(least_zoom, min(spare, side_w * 1.25)), main_h - under - gap))
        at += zoom.height + gap
    legend = Box(left, at, side_w, legend_mm)
    locator = None
    if needs.locator_aspect:
        height = _clamp(top + main_h - at - legend_mm - gap, _LOCATOR_MM)
        width = min(side_w, height * needs.locator_aspect)
        locator = Box(left, top + main_h - width / needs.locator_aspect, width, width / needs.locator_aspect)
    foot = top + main_h
    caption_top = foot + gap * 0.75
    return Page(caption_top + needs.caption_mm + style.margin_mm, main, zoom, legend, locator, caption_top)


def _plan_wide(needs: Needs, legend_mm: float, style: MapStyle) -> Page:
    """Put the main panel across the page; under it the second panel, legend and locator beside it."""
    gap, heading = style.gap_mm, _HEADING_MM if needs.zoom_aspect else 0.0
    inner = style.width_mm - 2 * style.margin_mm
    legend_w = legend_width(needs, style)
    stacked = legend_mm + (gap + _LOCATOR_MM[0] if needs.locator_aspect else 0.0)
    zoom_w = inner - legend_w - gap
    low = legend_mm
    if needs.zoom_aspect:
        most = max(_FOOT_SHARE * (_room(needs, style) - gap - 2 * heading), _ZOOM_MM[0])
        low = max(_clamp(zoom_w / needs.zoom_aspect, (_ZOOM_MM[0], most)), stacked)
    if needs.zoom_aspect is None and needs.locator_aspect:
        low = max(low, _LOCATOR_MM[0])
    room = _room(needs, style) - low - gap - 2 * heading
    main_h = min(_clamp(inner / needs.main_aspect, _MAIN_MM), room)
    top = style.margin_mm + needs.title_mm + heading
    main = Box(style.margin_mm, top, inner, main_h)
    second = top + main_h + gap + heading
    zoom = Box(style.margin_mm, second, zoom_w, low) if needs.zoom_aspect else None
    left = style.margin_mm + (zoom_w + gap if zoom else 0.0)
    legend = Box(left, second, legend_w, legend_mm)
    locator = None
    if needs.locator_aspect and zoom:
        height = _clamp(low - legend_mm - gap, _LOCATOR_MM)
        width = min(legend_w, height * needs.locator_aspect)
        height = width / needs.locator_aspect
        locator = Box(left, second + low - height, width, height)
    elif needs.locator_aspect:
        width = min(inner - legend_w - gap, low * needs.locator_aspect)
        height = width / needs.locator_aspect
        locator = Box(style.margin_mm + inner - width, second, width, height)
    caption_top = second + low + gap * 0.75
    return Page(caption_top + needs.caption_mm + style.margin_mm, main, zoom, legend, locator, caption_top)


def add_panel(figure: Figure, box: Box, page_height_mm: float, style: MapStyle, *, name: str) -> Axes:
    """Add an Axes at a box of the page."""
    return put(figure.add_axes((0.0, 0.0, 1.0, 1.0), label=name, gid=name), box, page_height_mm, style)


def put(ax: Axes, box: Box, page_height_mm: float, style: MapStyle) -> Axes:
    """Put an Axes at a box of the page."""
    bottom = 1 - (box.top + box.height) / page_height_mm
    width, height = box.width / style.width_mm, box.height / page_height_mm
    ax.set_position((box.left / style.width_mm, bottom, width, height))
    return ax


def inches(width_mm: float, height_mm: float) -> tuple[float, float]:
    """Return a size in inches."""
    return width_mm / MM_PER_INCH, height_mm / MM_PER_INCH
