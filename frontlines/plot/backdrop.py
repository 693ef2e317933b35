"""What stays the same on all frames of an animation: page, legend, outlines and the colours of ground."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.text import Text

from frontlines.plot.base import draw_districts
from frontlines.plot.captions import draw_block, height_mm, shortened
from frontlines.plot.furniture import draw_legend, draw_scale_bar, emptiest_corners, frame
from frontlines.plot.keys import Entry, legend_entries
from frontlines.plot.layout import Box, add_panel, inches, put
from frontlines.plot.lettering import font_of, plain, renderer_of
from frontlines.plot.reels import Frame
from frontlines.plot.shapes import (
    View,
    Z,
    area_path,
    bounds_of,
    dress,
    fill,
    metres_per_pt,
    present,
    rule,
    show,
    view_of,
)
from frontlines.plot.style import CONTESTED, DEFAULT_STYLE, MM_PER_INCH, PT_PER_INCH, AreaStyle, MapStyle, day

Floats = npt.NDArray[np.float32]

_PAGE_PX = 960  # as wide as the page of the style; narrower frames keep the size of their type
_LINES_MM = (4.6, 8.8, 12.6)  # where the words over the map stand, from the margin
_UNDER_MM = 2.4
_BIG = 1.3
_SIDE_ROOM = 0.22
_BAR_MM = (34.0, 9.0)
_HEIGHTS_MM = (50.0, 150.0)
_MARGIN = 0.03
_CLASSES = ("held", "gained", "lost")


@dataclass(frozen=True)
class Scene:
    """What an animation is about.

    Parameters
    ----------
    side
        Name of the side.
    since
        The first day.
    grounds
        Arrays of all polygons that are shown [m].
    contested, flagged
        Whether any frame has contested ground, or a remark.
    caption
        Text at the foot.
    theatre, districts
        In the working CRS, or None.
    """

    side: str
    since: pd.Timestamp
    grounds: Sequence[Any]
    contested: bool
    flagged: bool
    caption: str = ""
    theatre: gpd.GeoDataFrame | None = None
    districts: gpd.GeoDataFrame | None = None


class Size(NamedTuple):
    """Size of a picture [pixels]."""

    width: int
    height: int


@dataclass(frozen=True)
class Backdrop:
    """A page on which only the ground and some words change.

    Parameters
    ----------
    page
        The page without them.
    window
        Where the map stands on it: rows and columns.
    paint
        The map as it looks where the ground is all of one class (``rest``, ``held``, ``gained``, ``lost``),
        with all outlines, (height, width, 3); ``contested`` is the hatch over it, with its opacity.
    texts
        The words that change: ``date``, ``net``, ``count``, ``flag``.
    head
        How many rows from the top they take.
    foggy
        Whether any frame has contested ground.
    pen
        What draws ground and words.
    ax
        The map's Axes.
    """

    page: Frame
    window: tuple[slice, slice]
    paint: Mapping[str, Floats]
    texts: Mapping[str, Text]
    head: int
    foggy: bool
    pen: Any
    ax: Axes

    def cover(self, geometry: Any) -> Floats:
        """Return how much of each pixel of the map polygons cover, 0 to 1."""
        self.pen.clear()
        path = area_path(geometry)
        if path is not None:
            gc = self.pen.new_gc()
            gc.set_linewidth(0.0)
            gc.set_snap(False)
            self.pen.draw_path(gc, path, self.ax.transData, (0.0, 0.0, 0.0, 1.0))
            gc.restore()
        opacity: Floats = np.asarray(self.pen.buffer_rgba())[..., 3][self.window].astype(np.float32)
        return opacity / np.float32(255)

    def mix(self, first: Floats, now: Floats, fog: Floats, where: Any) -> Frame:
        """Mix the colours of some pixels from what covers them on the first day and now."""
        was, held_now = first[where, None], now[where, None]
        held, gained, lost = np.minimum(was, held_now), held_now - was, was - held_now
        share = {"held": held, "gained": gained.clip(0), "lost": lost.clip(0)}
        rest = 1 - np.maximum(was, held_now)
        colour = rest * self.paint["rest"][where]
        for name, part in share.items():
            colour += part * self.paint[name][where]
        hatch = self.paint[CONTESTED][where]
        ink = fog[where, None] * hatch[:, 3:] / 255
        mixed = colour * (1 - ink) + hatch[:, :3] * ink
        out: Frame = np.rint(mixed).astype(np.uint8)
        return out

    def colours(self) -> Frame:
        """Return the pixels of maps whose ground is all of one class, (n, 3): every colour that may come."""
        nothing, all_of_it = (np.full(self.page[self.window].shape[:2], v, dtype=np.float32) for v in (0, 1))
        where = nothing == 0
        fogs = (nothing, all_of_it) if self.foggy else (nothing,)
        classes = product((nothing, all_of_it), (nothing, all_of_it), fogs)
        return np.concatenate([self.mix(first, now, fog, where) for first, now, fog in classes])

    def write(self, picture: Frame, words: Mapping[str, str]) -> None:
        """Write the words on a picture, in the place of those that are there."""
        for name, text in self.texts.items():
            text.set_text(words[name])
        inked = drawn([text for text in self.texts.values() if text.get_text()], self.pen)[: self.head]
        opacity = inked[..., 3:].astype(np.float32) / 255
        mixed = self.page[: self.head] * (1 - opacity) + inked[..., :3] * opacity
        picture[: self.head] = np.rint(mixed).astype(np.uint8)


def drawn(artists: Sequence[Artist], pen: Any) -> npt.NDArray[np.uint8]:
    """Draw artists alone, and return red, green, blue and opacity."""
    pen.clear()
    for artist in artists:
        artist.draw(pen)
    return np.array(pen.buffer_rgba(), dtype=np.uint8)


def draw_backdrop(scene: Scene, width_px: int, style: MapStyle) -> Backdrop:
    """Draw everything that stays.

    Parameters
    ----------
    scene
        What the animation is about.
    width_px
        Width of the page [pixels]; below 960 the page gets narrower, not its type smaller.
    style
        The style.

    Returns
    -------
    Backdrop
        Its page has an even number of rows.
    """
    dpi = max(width_px, _PAGE_PX) / style.width_mm * MM_PER_INCH
    style = replace(style, width_mm=width_px / dpi * MM_PER_INCH, dpi=dpi)
    figure = Figure(dpi=dpi, facecolor=style.paper)
    FigureCanvasAgg(figure)
    ax, size = _lay_out(figure, scene, width_px, style)
    outlines = _draw_outlines(ax, scene, style)
    _write_since(figure, scene, style)
    pen: Any = RendererAgg(size.width, size.height, dpi)  # type: ignore[no-untyped-call]
    page = drawn([figure], pen)[..., :3]
    box = ax.get_window_extent(pen)
    window = (
        slice(size.height - round(box.y1), size.height - round(box.y0)),
        slice(round(box.x0), round(box.x1)),
    )
    paint = {"rest": page[window].astype(np.float32)}
    looks = {name: getattr(style, name) for name in _CLASSES}
    for name, look in (*looks.items(), (CONTESTED, _fog(style, "none"))):
        sheet = dress(Rectangle((0, 0), 1, 1, transform=ax.transAxes), look, style)
        ax.add_artist(sheet)
        over = [] if name == CONTESTED else outlines
        colours = drawn([sheet, *over], pen)[window].astype(np.float32)
        paint[name] = colours if name == CONTESTED else colours[..., :3]
        sheet.remove()
    texts = _texts(figure, style)
    return Backdrop(page, window, paint, texts, window[0].start - 1, scene.contested, pen, ax)


def _fog(style: MapStyle, face: str) -> AreaStyle:
    return AreaStyle(face, style.contested_hatch, style.contested_ink)


def _lay_out(figure: Figure, scene: Scene, width_px: int, style: MapStyle) -> tuple[Axes, Size]:
    """Put the map under the words and the legend under the map; return the map and the size of the page."""
    mm = figure.dpi / MM_PER_INCH
    inner = style.width_mm - 2 * style.margin_mm
    ground = scene.grounds if scene.theatre is None else [scene.theatre.geometry]
    view = (bounds_of(*ground) or View(0, 0, 1, 1)).grown(_MARGIN)
    low, high = (limit * style.width_mm / DEFAULT_STYLE.width_mm for limit in _HEIGHTS_MM)
    top = style.margin_mm + _LINES_MM[2 if scene.flagged else 1] + _UNDER_MM
    map_box = Box(style.margin_mm, top, inner, min(max(inner * view.height / view.width, low), high))
    foot = Box(style.margin_mm, top + map_box.height + style.gap_mm / 2, inner, 10.0)
    figure.set_size_inches(*inches(style.width_mm, style.max_height_mm))
    ax, host = (
        add_panel(figure, box, style.max_height_mm, style, name=name)
        for box, name in ((map_box, "map"), (foot, "legend"))
    )
    host.set_axis_off()
    columns = max(1, round(3 * style.width_mm / DEFAULT_STYLE.width_mm))
    legend = draw_legend(
        host, _entries(scene, style), columns=columns, width_px=0.95 * inner * mm / columns, style=style
    )
    legend_mm = float(legend.get_window_extent(renderer_of(figure)).height) / mm
    caption = draw_block(
        figure, scene.caption, xy=(style.margin_mm / style.width_mm, 0.5), width_mm=inner,
        size_pt=style.caption_pt, style=style,
    )  # fmt: skip
    caption_top = foot.top + legend_mm + style.gap_mm / 2
    end = caption_top + height_mm(figure, [caption]) if caption.get_text() else foot.top + legend_mm
    size = Size(width_px, 2 * int(np.ceil((end + style.margin_mm) * mm / 2)))
    figure.set_size_inches(size.width / figure.dpi, size.height / figure.dpi)
    caption.set_y(1 - caption_top * mm / size.height)
    put(ax, map_box, size.height / mm, style)
    put(host, foot, size.height / mm, style)
    show(ax, view.fitted(map_box.aspect))
    ax.set_aspect("equal", adjustable="datalim")
    return ax, size


def _entries(scene: Scene, style: MapStyle) -> list[Entry]:
    told = {
        "gained": f"{scene.side}: gained since {day(scene.since)}",
        "lost": f"{scene.side}: lost since {day(scene.since)}",
        "held": f"{scene.side}: held then and now",
    }
    looks = {**{name: getattr(style, name) for name in told}, CONTESTED: _fog(style, style.paper)}
    told |= {CONTESTED: "Contested"} if scene.contested else {}
    layers = (("theatre", scene.theatre), ("district", scene.districts))
    base = legend_entries([name for name, layer in layers if layer is not None], {}, "", {}, style=style)
    return [*((text, dress(Patch(), looks[name], style)) for name, text in told.items()), *base]


def _draw_outlines(ax: Axes, scene: Scene, style: MapStyle) -> list[Artist]:
    """Draw the ground that the map is about, its outlines and the frame; return what lies over the ground."""
    home = scene.districts if scene.theatre is None else scene.theatre
    ax.set(xticks=[], yticks=[], facecolor=style.paper if home is None else style.country_face)
    frame(ax, style)
    if home is not None:
        fill(ax, home.geometry, AreaStyle(style.paper), style=style, name="home", zorder=Z["context"])
    if scene.districts is not None:
        draw_districts(scene.districts, ax=ax, label=False, style=style)
    if scene.theatre is not None:
        edge, width = style.theatre_edge, style.theatre_pt_width
        outline = scene.theatre.geometry
        rule(ax, outline, colour=edge, width_pt=width, name="theatre", zorder=Z["theatre"])
    return [*sorted(ax.collections, key=Artist.get_zorder), _draw_bar(ax, scene, style), *ax.spines.values()]


def _draw_bar(ax: Axes, scene: Scene, style: MapStyle) -> Artist:
    """Draw the scale bar in the corner that has the least ground of the first and the last day."""
    metres_per_mm = metres_per_pt(ax) * PT_PER_INCH / MM_PER_INCH
    width, height = (v * metres_per_mm for v in _BAR_MM)
    busy = present(np.concatenate([*scene.grounds[:2], *scene.grounds[-2:]]))
    ((corner, _), *_) = emptiest_corners(view_of(ax), busy, width_m=width, height_m=height)
    return draw_scale_bar(ax, loc=corner, share=0.2, style=style)


def _write_since(figure: Figure, scene: Scene, style: MapStyle) -> None:
    """Write whose net change it is, and since when."""
    font = font_of(style, style.legend_pt)
    name = shortened(scene.side, _SIDE_ROOM * figure.bbox.width, figure, font)
    x, y = 1 - style.margin_mm / style.width_mm, _height(figure, _LINES_MM[1], style)
    text = f"{name}: net change since {day(scene.since)}"
    figure.text(x, y, text, ha="right", gid="since", **plain(style, style.legend_pt))


def _texts(figure: Figure, style: MapStyle) -> dict[str, Text]:
    """Make the words that change; they are empty, and drawn by themselves."""
    left = style.margin_mm / style.width_mm
    small, big = plain(style, style.legend_pt), plain(style, style.title_pt * _BIG, weight="bold")
    top, middle, low = (_height(figure, mm, style) for mm in _LINES_MM)
    return {
        "date": figure.text(left, top, "", gid="date", **big),
        "net": figure.text(1 - left, top, "", ha="right", gid="net", **big),
        "count": figure.text(left, middle, "", gid="count", **small),
        "flag": figure.text(left, low, "", gid="flag", **small),
    }


def _height(figure: Figure, under_mm: float, style: MapStyle) -> float:
    """Return how high on the page a line stands, as a share."""
    return 1 - (style.margin_mm + under_mm) / (figure.get_figheight() * MM_PER_INCH)
