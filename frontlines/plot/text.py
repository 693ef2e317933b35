"""Text on maps and charts: fonts, widths and line breaks; nothing in a name is read as markup."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate, takewhile
from typing import Any, Literal

from matplotlib import rcParams
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

from frontlines.plot.style import MapStyle
from frontlines.plot.words import clean

Slant = Literal["normal", "italic", "oblique"]

MOST_LINES = 4
"""Lines of a title, a heading or an entry of a legend; what is longer ends with an ellipsis."""

_SHORT = 80  # letters that are measured at once
_MOST_WIDTHS = 16_384  # lines of text whose width is kept in memory


def font_of(
    style: MapStyle, size_pt: float, *, weight: str = "normal", slant: Slant = "normal"
) -> FontProperties:
    """Return the font of a style at a size [pt], with the style's further fonts for letters that it lacks."""
    return FontProperties(family=list(style.fonts), size=size_pt, weight=weight, style=slant)


def slant_of(style: MapStyle, text: str, *, weight: str = "normal", slant: Slant = "normal") -> Slant:
    """Return the slant if its face has all letters of a text; else "normal"."""
    if slant == "normal" or {ord(letter) for letter in text} <= letters_of(style.fonts[0], weight, slant):
        return slant
    return "normal"


@lru_cache(maxsize=64)
def letters_of(family: str, weight: str, slant: Slant) -> frozenset[int]:
    """Return the code points that a face has."""
    return frozenset(
        get_font(findfont(FontProperties(family=family, weight=weight, style=slant))).get_charmap()
    )


def plain(
    style: MapStyle, size_pt: float, *, weight: str = "normal", slant: Slant = "normal"
) -> dict[str, Any]:
    """Return the properties of text that is set as it stands, without markup."""
    font = font_of(style, size_pt, weight=weight, slant=slant)
    return {"fontproperties": font, "color": style.ink, "parse_math": False, "usetex": False}


def halo(style: MapStyle) -> list[Any]:
    """Return the soft white edge that keeps type readable on any ground."""
    return [withStroke(linewidth=style.halo_pt * 2, foreground=style.paper, alpha=0.75)]


def renderer_of(figure: Any) -> Any:
    """Return a renderer that measures text for a figure, whatever its canvas; the figure is left alone."""
    ask = getattr(figure.canvas, "get_renderer", None)
    return ask() if ask is not None else RendererAgg(1, 1, figure.dpi)  # type: ignore[no-untyped-call]


def text_width_px(text: str, font: FontProperties, dpi: float) -> float:
    """Return the width of a line of text that is set as it stands [pixels]."""
    return _width_px(text, font, dpi, rcParams["text.hinting"])


def text_size_px(text: str, font: FontProperties, dpi: float) -> tuple[float, float]:
    """Return the width and height of close lines of text that are set as they stand [pixels]."""
    return _size_px(text, font, dpi, rcParams["text.hinting"])


@lru_cache(maxsize=_MOST_WIDTHS)
def _width_px(text: str, font: FontProperties, dpi: float, hinting: Any) -> float:
    return float(_measuring(dpi, hinting)[1].get_text_width_height_descent(text, font, ismath=False)[0])


@lru_cache(maxsize=_MOST_WIDTHS)
def _size_px(text: str, font: FontProperties, dpi: float, hinting: Any) -> tuple[float, float]:
    probe = Text(0, 0, text, fontproperties=font, parse_math=False, usetex=False, linespacing=1.0)
    figure, renderer = _measuring(dpi, hinting)
    probe.set_figure(figure)
    extent = probe.get_window_extent(renderer)
    return float(extent.width), float(extent.height)


@lru_cache(maxsize=4)
def _measuring(dpi: float, _hinting: Any) -> tuple[Figure, Any]:
    """Return what measures text at a resolution, and remembers widths as letters were bent then."""
    return Figure(dpi=dpi), RendererAgg(1, 1, dpi)  # type: ignore[no-untyped-call]


def shortened(text: str, width_px: float, figure: Any, font: Any) -> str:
    """Cut a text that is wider than its room, with an ellipsis."""

    def wide(part: str) -> float:
        return text_width_px(part, font, figure.dpi)

    if (fits := _fitting(text, width_px, wide)) == len(text):
        return text
    fits = _fitting(text[:fits], width_px, wide, "…")
    return f"{text[:fits].rstrip()}…"


def wrap(text: str, width_px: float, figure: Any, font: Any, *, most: int = MOST_LINES) -> str:
    """Break text into lines that are no wider than a width, as the renderer measures them.

    Of more than `most` lines the rest is cut, with an ellipsis.
    """

    def wide(line: str) -> float:
        return text_width_px(line, font, figure.dpi)

    out: list[str] = []
    gap = wide("n n") - 2 * wide("n")
    for paragraph in text.splitlines():
        line, length = "", 0.0
        for word in _cut(clean(paragraph).split(), width_px, wide):
            own = wide(word)
            if line and length + gap + own > width_px:
                out.append(line)
                line, length = word, own
            else:
                line, length = (f"{line} {word}", length + gap + own) if line else (word, own)
        out.append(line)
    if len(out) > most:
        out[most - 1 :] = [shortened(" ".join(out[most - 1 : most + 1]) + "…", width_px, figure, font)]
    return "\n".join(out)


def _cut(words: Sequence[str], width_px: float, wide: Callable[[str], float]) -> list[str]:
    """Cut words that are wider than a line."""
    out: list[str] = []
    for word in words:
        rest = word
        while len(rest) > 1 and (fits := max(1, _fitting(rest, width_px, wide))) < len(rest):
            out.append(rest[:fits])
            rest = rest[fits:]
        out.append(rest)
    return out


def _fitting(text: str, width_px: float, wide: Callable[[str], float], end: str = "") -> int:
    """Count the letters at the start of a text that fit, with an end, into a width.

    They are guessed from each letter alone, then measured together.
    """

    def fits(most: int) -> bool:
        return wide(text[:most].rstrip() + end if end else text[:most]) <= width_px

    if len(text) <= _SHORT and fits(len(text)):
        return len(text)
    so_far = accumulate(map(wide, text), initial=wide(end) if end else 0.0)
    most = max(sum(1 for _ in takewhile(lambda px: px <= width_px, so_far)) - 1, 0)
    while most > 0 and not fits(most):
        most -= 1
    while most < len(text) and fits(most + 1):
        most += 1
    return most
