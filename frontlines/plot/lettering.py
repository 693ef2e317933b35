"""How text is set: one font, no markup, control characters out, and a soft edge against the ground."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any, Literal

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties
from matplotlib.patheffects import withStroke

from frontlines.plot.style import MapStyle

Slant = Literal["normal", "italic", "oblique"]

_MOST_WIDTHS = 16_384  # lines of text whose width is kept in mind


def clean(text: object) -> str:
    r"""Return a name as one line of printable text.

    Examples
    --------
    >>> clean("Ağ\tdam\n")
    'Ağ dam'
    """
    kept = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp", "Cs", "Cn"} else c for c in str(text))
    return " ".join(kept.split())


def font_of(
    style: MapStyle, size_pt: float, *, weight: str = "normal", slant: Slant = "normal"
) -> FontProperties:
    """Return the font of a style at a size [pt]."""
    return FontProperties(family=style.font, size=size_pt, weight=weight, style=slant)


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


@lru_cache(maxsize=_MOST_WIDTHS)
def text_width_px(text: str, font: FontProperties, dpi: float) -> float:
    """Return the width of a line of text that is set as it stands [pixels]."""
    renderer = RendererAgg(1, 1, dpi)  # type: ignore[no-untyped-call]
    return float(renderer.get_text_width_height_descent(text, font, ismath=False)[0])  # type: ignore[no-untyped-call]
