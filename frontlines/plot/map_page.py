"""Where everything stands on the page of a map: main panel, up to three details, legend, table, locator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.transforms import Bbox

from frontlines.plot.artists import View, Z, write
from frontlines.plot.furniture import emptiest_corners
from frontlines.plot.page import Box, FigurePage
from frontlines.plot.style import MapStyle

LEGEND_GUESS_MM = 50.0
"""Height of a legend, until it is measured."""

ENLARGED = 2.0
"""Details have at least this many times the scale of the main panel."""

WIDE = 1.3
"""A main panel wider than this (width / height) takes the whole width of the page."""

_MAIN_SHARE = 0.585
_COLUMN_MM = 58.0
_TABLE_MM = 66.0  # no wider than this: figures stand near their names
_ENTRY_MM = 50.0  # least width of a column of a legend
_MAIN_MM = (70.0, 165.0)
_LEAST_MM = 24.0  # of the height of a legend, and of a main panel: the page grows before they have less
_STRETCHED = 1.5  # times its height: a main panel is no higher for what stands beside it
_LEGEND_MM = 64.0  # of its height under a wide panel at most
_DETAIL_MM = (40.0, 75.0)
_LOCATOR_MM = (24.0, 34.0)
_HEADING_MM, _DEGREES_MM = 7.0, 2.8  # over a panel: its heading with the degrees of its frame, or they alone
_HEADING_FOOT_MM = 3.9
_LETTER_MM = 3.4
_LETTERS = "abcd"
_CORNERS = ("upper right", "upper left", "lower right", "lower left")
_MARK_PT, _MARK_MM = 2.5, (3.6, 4.0)  # of the letter of a frame: from its corner, and its room there
_SHRUNK = 0.8  # a locator smaller than this share of its least height is left out


@dataclass(frozen=True)
class Needs:
    """What has to find room on the page; aspects are width over height, None where there is nothing."""

    main_aspect: float
    title_mm: float
    caption_mm: float
    details: tuple[float, ...] = ()
    details_mm: float = 0.0  # least height of a detail
    locator_aspect: float | None = None
    table_mm: float = 0.0
    crowded: bool = False  # the legend is long: the locator stands under the table, and leaves it room

    @property
    def wide(self) -> bool:
        """Whether the main panel takes the whole width."""
        return self.main_aspect > WIDE

    @property
    def lone(self) -> bool:
        """Whether there is one detail, that has what is beside it in a column."""
        return len(self.details) == 1


class Places(NamedTuple):
    """Where everything stands [mm]; the caption follows under `foot`."""

    main: Box
    details: tuple[Box, ...]
    legend: Box
    table: Box | None
    locator: Box | None
    foot: float


def _inner(style: MapStyle) -> float:
    return style.width_mm - 2 * style.margin_mm


def _main_width(needs: Needs, style: MapStyle) -> float:
    return _inner(style) * (1.0 if needs.wide else _MAIN_SHARE)


def legend_shape(needs: Needs, style: MapStyle) -> tuple[float, int]:
    """Return the width of the legend [mm], and how many columns it has."""
    if not needs.wide:
        return _inner(style) - _main_width(needs, style) - style.gap_mm, 1
    width = _inner(style)
    if not needs.lone:
        if needs.crowded:
            return width - _COLUMN_MM - style.gap_mm, 2
        width -= _TABLE_MM + style.gap_mm if needs.table_mm else 0.0
        width -= _locator_size(needs)[0] + style.gap_mm if needs.locator_aspect else 0.0
    return width, max(1, int(width // _ENTRY_MM))


def legend_room(needs: Needs, style: MapStyle) -> float:
    """Return how high a legend is at most, so that the main panel keeps its least height [mm]."""
    over = _HEADING_MM if needs.details else _DEGREES_MM
    rest = 2 * style.margin_mm + needs.title_mm + needs.caption_mm + over + 1.75 * style.gap_mm
    if needs.details and (needs.wide or not needs.lone):
        rest += max(_DETAIL_MM[0], needs.details_mm) + style.gap_mm + over
    if needs.wide:
        return max(min(style.max_height_mm - rest - _MAIN_MM[0], _LEGEND_MM), _LEAST_MM)
    natural = max(_main_width(needs, style) / needs.main_aspect, _MAIN_MM[0])
    beside = _beside_mm(needs, 0.0, style) + style.gap_mm
    beside += (_detail_size(needs, style)[1] + style.gap_mm) * needs.lone
    return max(min(style.max_height_mm - rest, _STRETCHED * natural) - beside, _LEAST_MM)


def detail_room(needs: Needs, number: int, style: MapStyle) -> tuple[float, float]:
    """Return the width and height [mm] that each of so many details has at most."""
    inner, gap = _inner(style), style.gap_mm
    if number > 1:
        return (inner - (number - 1) * gap) / number, _DETAIL_MM[1]
    width = inner - gap - (_COLUMN_MM if needs.wide else _main_width(needs, style))
    return width, _DETAIL_MM[1] * (1.0 if needs.wide else 1.1)


def main_scale(needs: Needs, width_m: float, height_m: float, style: MapStyle) -> float:
    """Return how many mm on the main panel a metre has at most."""
    return min(_main_width(needs, style) / width_m, _MAIN_MM[1] / height_m)


def plan(needs: Needs, legend_mm: float, style: MapStyle) -> Places:
    """Lay out the page: the details shrink before the main panel does, and it before anything is lost."""
    gap, inner, left = style.gap_mm, _inner(style), style.margin_mm
    over = _HEADING_MM if needs.details else _DEGREES_MM
    top = style.margin_mm + needs.title_mm + over
    most = style.max_height_mm - style.margin_mm - needs.caption_mm - 0.75 * gap - top
    main_w, in_row = _main_width(needs, style), bool(needs.details) and (needs.wide or not needs.lone)
    foot_mm = max(legend_mm, beside_legend_mm(needs, style))
    foot_mm = foot_mm + gap if needs.wide else 0.0
    width, wanted = _detail_size(needs, style)
    beside = _beside_mm(needs, legend_mm, style)
    main_h = min(max(main_w / needs.main_aspect, _MAIN_MM[0]), _MAIN_MM[1])
    row = 0.0
    if in_row:
        least = max(_DETAIL_MM[0], needs.details_mm, beside if needs.wide else 0.0)
        row = max(min(wanted, most - foot_mm - main_h - gap - over), least) + gap + over
    if not needs.wide:
        main_h = max(main_h, beside + (wanted + gap if needs.lone else 0.0))
    main_h = min(main_h, max(most - foot_mm - row, _LEAST_MM + (0.0 if needs.wide else beside)))
    main = Box(left, top, main_w, main_h)
    under = main.foot + gap
    if in_row:
        boxes = [
            Box(left + k * (width + gap), under + over, width, row - gap - over)
            for k in range(len(needs.details))
        ]
        under += row
    else:
        high = max(min(wanted, main.height - beside - gap), _LEAST_MM)
        boxes = [Box(main.left + main_w + gap, top, width, high)] if needs.lone else []
    if needs.wide and not needs.lone:
        parts = _row(needs, legend_mm, under, style)
        return Places(main, tuple(boxes), *parts, under + foot_mm - 0.25 * gap)
    if needs.wide:
        box = Box(left + width + gap, boxes[0].top, inner - width - gap, boxes[0].height)
        _, table, locator = _column(needs, 0.0, box, style)
        legend = Box(left, under, inner, legend_mm)
        return Places(main, tuple(boxes), legend, table, locator, under + foot_mm - 0.25 * gap)
    column_top = boxes[0].foot + gap if needs.lone else top
    box = Box(left + main_w + gap, column_top, inner - main_w - gap, main.foot - column_top)
    parts = _column(needs, legend_mm, box, style)
    foot = max(under - gap, *(one.foot for one in parts if one is not None))
    return Places(main, tuple(boxes), *parts, foot + 0.75 * gap)


def _detail_size(needs: Needs, style: MapStyle) -> tuple[float, float]:
    """Return width and height of each detail [mm], if there is room; they are equal."""
    if not needs.details:
        return 0.0, 0.0
    width, most = detail_room(needs, len(needs.details), style)
    return width, min(max(width / min(needs.details), _DETAIL_MM[0]), most)


def _locator_size(needs: Needs) -> tuple[float, float]:
    """Return width and height of the locator where there is room [mm]; 0 if there is none."""
    return (_LOCATOR_MM[1] * needs.locator_aspect, _LOCATOR_MM[1]) if needs.locator_aspect else (0.0, 0.0)


def beside_legend_mm(needs: Needs, style: MapStyle) -> float:
    """Return the height of table and locator where they stand beside the legend [mm]."""
    if needs.lone or not needs.wide:
        return 0.0
    if needs.crowded:
        return needs.table_mm + (style.gap_mm + _LOCATOR_MM[0] if needs.locator_aspect else 0.0)
    return max(needs.table_mm, _locator_size(needs)[1])


def _beside_mm(needs: Needs, legend_mm: float, style: MapStyle) -> float:
    """Return the least height of what stands in the column beside a panel [mm]."""
    if needs.wide and not needs.lone:
        return 0.0
    parts = [
        0.0 if needs.wide else legend_mm,
        needs.table_mm,
        _LOCATOR_MM[0] if needs.locator_aspect else 0.0,
    ]
    heights = [one for one in parts if one]
    return sum(heights) + style.gap_mm * max(len(heights) - 1, 0)


def _row(needs: Needs, legend_mm: float, top: float, style: MapStyle) -> tuple[Box, Box | None, Box | None]:
    """Put legend, table and locator beside each other."""
    left, (width, _) = style.margin_mm, legend_shape(needs, style)
    legend = Box(left, top, width, legend_mm)
    if needs.crowded:
        high = max(legend_mm, beside_legend_mm(needs, style))
        box = Box(left + width + style.gap_mm, top, _COLUMN_MM, high)
        return legend, *_column(needs, 0.0, box, style)[1:]
    table = Box(left + width + style.gap_mm, top, _TABLE_MM, needs.table_mm) if needs.table_mm else None
    wide, high = _locator_size(needs)
    locator = Box(left + _inner(style) - wide, top, wide, high) if needs.locator_aspect else None
    return legend, table, locator


def _column(needs: Needs, legend_mm: float, box: Box, style: MapStyle) -> tuple[Box, Box | None, Box | None]:
    """Put legend, table and locator under each other, the locator at the foot, if there is room for it."""
    legend, at = Box(box.left, box.top, box.width, legend_mm), box.top
    at += legend_mm + style.gap_mm if legend_mm else 0.0
    table = locator = None
    if needs.table_mm:
        table = Box(box.left, at, min(box.width, _TABLE_MM), needs.table_mm)
        at = table.foot + style.gap_mm
    if needs.locator_aspect and box.foot - at >= _LOCATOR_MM[0] * _SHRUNK:
        high = min(box.foot - at, _LOCATOR_MM[1], box.width / needs.locator_aspect)
        locator = Box(box.left, box.foot - high, high * needs.locator_aspect, high)
    return legend, table, locator


def write_headings(page: FigurePage, boxes: Sequence[Box], texts: Sequence[str]) -> None:
    """Write a letter and what it shows over each panel."""
    for box, letter, text in zip(boxes, _LETTERS, texts, strict=False):
        for left, part, weight in ((box.left, letter, "bold"), (box.left + _LETTER_MM, text, "normal")):
            down_mm = box.top - _HEADING_FOOT_MM
            page.write(part, left, down_mm, size_pt=page.style.heading_pt, name="heading", weight=weight)


def mark_view(ax: Axes, seen: View, letter: str, busy: Sequence[Any], style: MapStyle) -> None:
    """Draw the frame of what another panel shows, with its letter in the corner with least of `busy`."""
    outline = Rectangle((seen.west, seen.south), seen.width, seen.height, fill=False, gid="zoom-frame")
    outline.set(edgecolor=style.ink, linewidth=style.zoom_pt_width, zorder=Z["frame"])
    ax.add_patch(outline)
    free = dict(emptiest_corners(ax, busy, view=seen, size_mm=_MARK_MM))
    low_or_high, side = min(_CORNERS, key=lambda one: free[one]).split()
    high, right = low_or_high == "upper", side == "right"
    at = (seen.east if right else seen.west, seen.north if high else seen.south)
    off_pt = (-_MARK_PT if right else _MARK_PT, -_MARK_PT if high else _MARK_PT)
    look: dict[str, Any] = {"weight": "bold", "ha": side, "va": "top" if high else "bottom"}
    write(ax, letter, at, off_pt, size_pt=style.heading_pt, name="zoom-letter", style=style, **look)


def rims_of(ax: Axes, insets: Sequence[View]) -> list[Bbox]:
    """Give the edges of the frames of details, which no name breaks [pixels]."""
    rims = []
    for inset in insets:
        (west, south), (east, north) = ax.transData.transform([inset[:2], inset[2:]])
        rims += [Bbox([[x, south], [x, north]]) for x in (west, east)]
        rims += [Bbox([[west, y], [east, y]]) for y in (south, north)]
    return rims
