"""Blocks of text on the page, wrapped to a width as the renderer measures it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.text import Text

from frontlines.plot.lettering import clean, plain, renderer_of, text_width_px
from frontlines.plot.style import DEFAULT_STYLE, MM_PER_INCH, MapStyle

_LEADING = 1.3
_LONG = 4


def wrap(text: str, width_px: float, figure: Any, font: Any) -> str:
    """Break text into lines that are no wider than a width, as the renderer measures them.

    Parameters
    ----------
    text
        Words; line breaks in it begin new paragraphs. Words that are too long by themselves are cut.
    width_px
        The width [pixels].
    figure
        The figure on which the text will stand.
    font
        Its font.

    Returns
    -------
    str
        The text with line breaks.
    """

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
    """Set a block of text, wrapped to a width.

    Parameters
    ----------
    figure
        The figure.
    text
        The text; line breaks begin new paragraphs, nothing else in it is interpreted.
    xy
        Upper left corner, as shares of the figure.
    width_mm
        Width of the block [mm].
    size_pt
        Size of the type [pt].
    weight
        Weight of the type.
    style
        The style.

    Returns
    -------
    Text
        The artist.
    """
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
    """Set the caption across a width: in one block if it is short, else in two columns that read better.

    Parameters
    ----------
    figure
        The figure.
    text
        The caption; nothing in it is interpreted.
    xy
        Upper left corner, as shares of the figure.
    width_mm
        Width of the whole [mm].
    style
        The style.

    Returns
    -------
    list of Text
        The artists; their gid is ``caption``.
    """
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
