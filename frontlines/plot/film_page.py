"""The page of moving pictures: what stays from frame to frame, and ground and words that change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch, Rectangle
from matplotlib.text import Text

from frontlines.arrays import Floats32, Pixels
from frontlines.names import CONTESTED, Around
from frontlines.plot.artists import (
    View,
    Z,
    area_path,
    bounds_of,
    fill,
    frame,
    outline,
    paint,
    present,
    show,
)
from frontlines.plot.furniture import Entry, draw_scale_bar, emptiest_corners
from frontlines.plot.labels import place_labels
from frontlines.plot.map_layers import base_entries, draw_districts, mark_places
from frontlines.plot.page import Box, FigurePage
from frontlines.plot.style import DEFAULT_STYLE, MM_PER_INCH, AreaStyle, MapStyle, Seen, seen_from, side_looks
from frontlines.plot.surroundings import OVER_TILES, Surroundings, surroundings
from frontlines.plot.text import font_of, shortened
from frontlines.plot.words import clean, day

_PAGE_PX = 960  # as wide as the page of the style; narrower frames keep the size of their type
_LINES_MM = (4.6, 8.8, 12.6)  # where the words over the map stand, from the margin
_UNDER_MM = 2.4
_BIG = 1.3
_SIDE_ROOM = 0.22
_BAR_SHARE, _BAR_MM = 0.5, 3.6  # width of the bar of shares, of the page; its height
_HEIGHTS_MM = (50.0, 150.0)
_MARGIN = 0.03
_CLASSES = ("gained", "lost", "held")


@dataclass(frozen=True, kw_only=True)
class Film:
    """What an animation is about: names of `sides` and of the `rest`; `flagged`: there are notes."""

    sides: Mapping[str, str]
    since: pd.Timestamp
    grounds: Sequence[Any]
    rest: str
    contested: bool
    flagged: bool
    ringed: bool = False
    caption: str = ""
    theatre: gpd.GeoDataFrame | None = None
    districts: gpd.GeoDataFrame | None = None
    around: Around = "coast"
    crs: pyproj.CRS
    every_side: tuple[str, ...]

    def seen(self, style: MapStyle) -> Seen | None:
        """Give how ground looks from the side, where there is one only."""
        return seen_from(next(iter(self.sides)), style, self.every_side) if len(self.sides) == 1 else None


@dataclass(frozen=True)
class Backdrop:
    """A page on which only the ground and some words change.

    `window` is the part of the page with the map, `head` how many rows are above it; `paint` holds the pixels
    of the map covered by one class of ground. `bar` is where the shares of several sides stand, `faces` holds
    their colours.
    """

    page: Pixels
    window: tuple[slice, slice]
    paint: Mapping[str, Floats32]
    sides: tuple[str, ...]
    faces: Pixels
    bar: tuple[slice, slice]
    texts: Mapping[str, Text]
    head: int
    has_contested: bool
    renderer: Any
    ax: Axes
    style: MapStyle

    def cover(self, geometry: Any) -> Floats32:
        """Return how much of each pixel of the map polygons cover, 0 to 1."""
        self.renderer.clear()
        path = area_path(geometry)
        if path is not None:
            gc = self.renderer.new_gc()
            gc.set_linewidth(0.0)
            gc.set_snap(False)
            self.renderer.draw_path(gc, path, self.ax.transData, (0.0, 0.0, 0.0, 1.0))
            gc.restore()
        opacity: Floats32 = np.asarray(self.renderer.buffer_rgba())[..., 3][self.window].astype(np.float32)
        return opacity / np.float32(255)

    def mix(self, covers: Sequence[Floats32], contested: Floats32, where: Any) -> Pixels:
        """Mix the colours of some pixels from what covers them.

        `covers` is that of each of several sides now, or that of the only one on the first day and now.
        """
        parts = [cover[where, None] for cover in covers]
        if len(self.sides) > 1:
            share = dict(zip(self.sides, parts, strict=True))
            rest = (1 - sum(parts[1:], start=parts[0])).clip(0)
        else:
            was, held_now = parts
            held, gained, lost = np.minimum(was, held_now), held_now - was, was - held_now
            share = {"held": held, "gained": gained.clip(0), "lost": lost.clip(0)}
            rest = 1 - np.maximum(was, held_now)
        colour = rest * self.paint["rest"][where]
        for name, part in share.items():
            colour += part * self.paint[name][where]
        hatch = self.paint[CONTESTED][where]
        ink = contested[where, None] * hatch[:, 3:] / 255
        mixed = colour * (1 - ink) + hatch[:, :3] * ink
        out: Pixels = np.rint(mixed).clip(0, 255).astype(np.uint8)
        return out

    def draw_bar(self, picture: Pixels, areas: Sequence[float]) -> None:
        """Draw a bar on a picture that is parted among the sides by their areas."""
        bar = picture[self.bar]
        ends = np.cumsum(areas) / max(sum(areas), 1.0)
        side = np.searchsorted(ends, (np.arange(bar.shape[1]) + 0.5) / bar.shape[1])
        bar[:] = self.faces[side.clip(max=len(areas) - 1)][None]

    def colours(self) -> Pixels:
        """Return the pixels of maps whose ground is all of one class, (n, 3): every colour that may come."""
        nothing, all_of_it = (np.full(self.page[self.window].shape[:2], v, dtype=np.float32) for v in (0, 1))
        where = nothing == 0
        contested = (nothing, all_of_it) if self.has_contested else (nothing,)
        covers = list(product((nothing, all_of_it), repeat=2))
        if len(n_sides := range(len(self.sides))) > 1:
            covers = [
                tuple(all_of_it if own == one else nothing for own in n_sides) for one in (-1, *n_sides)
            ]
        return np.concatenate([self.mix(one, dispute, where) for one, dispute in product(covers, contested)])

    def write(self, picture: Pixels, words: Mapping[str, str]) -> None:
        """Write the words on a picture, in the place of those that are there."""
        for name, text in self.texts.items():
            text.set_text(words[name])
        inked = _drawn([text for text in self.texts.values() if text.get_text()], self.renderer)[: self.head]
        opacity = inked[..., 3:].astype(np.float32) / 255
        mixed = self.page[: self.head] * (1 - opacity) + inked[..., :3] * opacity
        picture[: self.head] = np.rint(mixed).astype(np.uint8)

    def ringed(self, picture: Pixels, places: gpd.GeoDataFrame | None) -> Pixels:
        """Return a copy of a picture with rings at places."""
        out = picture.copy()
        rings = None if places is None else mark_places(self.ax, places, self.style)
        if rings is not None:
            inked = _drawn([rings], self.renderer)[self.window]
            rings.remove()
            opacity = inked[..., 3:].astype(np.float32) / 255
            out[self.window] = np.rint(out[self.window] * (1 - opacity) + inked[..., :3] * opacity)
        return out


def _drawn(artists: Sequence[Artist], renderer: Any) -> Pixels:
    """Draw artists alone, and return red, green, blue and opacity of every pixel."""
    renderer.clear()
    for artist in artists:
        artist.draw(renderer)
    return np.array(renderer.buffer_rgba(), dtype=np.uint8)


def draw_backdrop(film: Film, width_px: int, style: MapStyle) -> Backdrop:
    """Draw everything that stays."""
    dpi = max(width_px, _PAGE_PX) / style.width_mm * MM_PER_INCH
    style = replace(style, width_mm=width_px / dpi * MM_PER_INCH, dpi=dpi)
    view, about = _views(film, style)
    page, ax, height_px = _lay_out(film, view, about, style)
    outlines = _draw_outlines(ax, film, about, style)
    bar = _write_since(page, film)
    renderer: Any = RendererAgg(width_px, height_px, dpi)  # type: ignore[no-untyped-call]
    picture = _drawn([page.figure], renderer)[..., :3]
    box = ax.get_window_extent(renderer)
    rows = slice(height_px - round(box.y1), height_px - round(box.y0))
    window = (rows, slice(round(box.x0), round(box.x1)))
    covered = {"rest": picture[window].astype(np.float32)}
    of_sides = side_looks(film.sides, style)
    seen = film.seen(style)
    looks = of_sides if seen is None else {name: getattr(seen, name) for name in _CLASSES}
    looks = looks | {CONTESTED: style.contested(style.contested_face if seen is None else "none")}
    for name, look in looks.items():
        sheet = paint(Rectangle((0, 0), 1, 1, transform=ax.transAxes), look, style)
        ax.add_artist(sheet)
        over = [] if name == CONTESTED else outlines
        colours = _drawn([sheet, *over], renderer)[window].astype(np.float32)
        covered[name] = colours if name == CONTESTED else colours[..., :3]
        if about.tiles and name != CONTESTED:
            covered[name] = OVER_TILES * covered[name] + (1 - OVER_TILES) * covered["rest"]
        sheet.remove()
    return Backdrop(
        page=picture, window=window, paint=covered, sides=tuple(film.sides),
        faces=np.array([_face(of_sides[side]) for side in film.sides], dtype=np.uint8), bar=bar,
        texts=_changing_texts(page), head=rows.start - 1, has_contested=film.contested, renderer=renderer,
        ax=ax, style=style,
    )  # fmt: skip


def _views(film: Film, style: MapStyle) -> tuple[View, Surroundings]:
    """Give what frames show, and what lies about it."""
    ground = film.grounds if film.theatre is None else [film.theatre.geometry]
    view = (bounds_of(*ground) or View(0, 0, 1, 1)).grown(_MARGIN)
    return view, surroundings(view, film.crs, [film.since], film.around, style)


def _lay_out(film: Film, view: View, about: Surroundings, style: MapStyle) -> tuple[FigurePage, Axes, int]:
    """Put the map under the words and the legend under the map; return page, map and height [pixels]."""
    page = FigurePage(style, caption=about.credited(film.caption))
    share = style.width_mm / DEFAULT_STYLE.width_mm
    low_mm, high_mm = (limit * share for limit in _HEIGHTS_MM)
    top_mm = style.margin_mm + _LINES_MM[2 if film.flagged else 1] + _UNDER_MM
    map_mm = min(max(page.inner_mm * view.height / view.width, low_mm), high_mm)
    box = Box(style.margin_mm, top_mm, page.inner_mm, map_mm)
    ax = page.add("map", box)
    columns = max(1, round(3 * share))
    under = box._replace(top=box.foot + style.gap_mm / 2, height=10.0)
    entry_mm = 0.95 * page.inner_mm / columns
    _, legend_mm = page.add_legend(
        _entries(film, bordered=about.bordered(view), style=style), under, columns=columns, entry_mm=entry_mm
    )
    foot_mm = under.top + legend_mm + (style.gap_mm / 2 if page.caption_mm else 0.0)
    px_per_mm = style.dpi / MM_PER_INCH
    height_px = 2 * int(np.ceil((foot_mm + page.caption_mm + style.margin_mm) * px_per_mm / 2))
    page.end(foot_mm, height_mm=height_px / px_per_mm)
    show(ax, view.fitted(box.aspect))
    ax.set_aspect("equal", adjustable="datalim")
    return page, ax, height_px


def _entries(film: Film, *, bordered: bool, style: MapStyle) -> list[Entry]:
    of_sides = side_looks(film.sides, style)
    entries: list[Entry] = [
        (text, paint(Patch(), of_sides[side], style)) for side, text in film.sides.items()
    ]
    if (seen := film.seen(style)) is not None:
        (side,), since = film.sides.values(), day(film.since)
        other = "" if seen.other is None else f", in the colour of {clean(seen.other)}"
        texts = (f"gained since {since}", f"lost since {since}{other}", "held then and now")
        looks = dict(zip(texts, (seen.gained, seen.lost, seen.held), strict=True))
        entries = [(f"{side}: {text}", paint(Patch(), look, style)) for text, look in looks.items()]
    if len(film.sides) > 1 and film.rest:
        entries.append((film.rest, paint(Patch(), style.unknown, style)))
    if film.contested:
        face = style.paper if len(film.sides) == 1 else style.contested_face
        entries.append(("Contested", paint(Patch(), style.contested(face), style)))
    drawn = {
        "theatre": film.theatre is not None,
        "district": film.districts is not None,
        "changed": film.ringed,
        "border": bordered,
    }
    return [*entries, *base_entries([name for name, there in drawn.items() if there], "", style)]


def _draw_outlines(ax: Axes, film: Film, about: Surroundings, style: MapStyle) -> list[Artist]:
    """Draw the ground of the map, outlines and frame; return what is drawn over ground that is held."""
    home = film.districts if film.theatre is None else film.theatre
    frame(ax, style)
    ax.set_facecolor(style.paper if home is None else style.country_face)
    about.draw(ax, style)
    whole = None if home is None else shapely.union_all(shapely.make_valid(home.geometry.to_numpy()))
    place_labels(ax, about.labels(ax, whole, style), style=style)
    if home is not None and not about.tiles:
        ground = AreaStyle(style.paper) if len(film.sides) == 1 else style.unknown
        fill(ax, home.geometry, ground, style=style, name="home", zorder=Z["context"])
    if film.districts is not None:
        draw_districts(film.districts, ax=ax, label=False, style=style)
    if film.theatre is not None:
        outline(ax, film.theatre.geometry, "theatre", style)
    over = [
        one for one in ax.collections if home is None or one.get_zorder() > Z["ground"]
    ]  # no foreign border
    return [*sorted(over, key=Artist.get_zorder), _draw_bar(ax, film, style), *ax.spines.values()]


def _draw_bar(ax: Axes, film: Film, style: MapStyle) -> Artist:
    """Draw the scale bar in the corner that has the least ground of the first and the last day."""
    busy = present(np.concatenate([*film.grounds[:2], *film.grounds[-2:]]))
    ((corner, _), *_) = emptiest_corners(ax, busy)
    return draw_scale_bar(ax, loc=corner, share=0.2, style=style)


def _write_since(page: FigurePage, film: Film) -> tuple[slice, slice]:
    """Write whose net change it is, and since when, or what the bar of several sides is; return its place."""
    style, size_pt = page.style, page.style.legend_pt
    right_mm, down_mm = style.width_mm - style.margin_mm, style.margin_mm + _LINES_MM[1]
    text = "Share of the ground that each side holds"
    if len(film.sides) == 1:
        room_px = _SIDE_ROOM * page.figure.bbox.width
        (side,) = film.sides.values()
        side = shortened(side, room_px, page.figure, font_of(style, size_pt))
        text = f"{side}: net change since {day(film.since)}"
    page.write(text, right_mm, down_mm, size_pt=size_pt, name="since", ha="right")
    left_mm, top_mm = right_mm - _BAR_SHARE * page.inner_mm, style.margin_mm + _LINES_MM[0] - _BAR_MM
    ends = [round(at / MM_PER_INCH * style.dpi) for at in (top_mm, top_mm + _BAR_MM, left_mm, right_mm)]
    return slice(*ends[:2]), slice(*ends[2:])


def _face(look: AreaStyle) -> Any:
    """Give the colour of a class of ground as a pixel."""
    return np.rint(255 * np.array(to_rgb(look.face)))


def _changing_texts(page: FigurePage) -> dict[str, Text]:
    """Make the words that change; they are empty, and drawn by themselves."""
    style, left_mm, right_mm = page.style, page.style.margin_mm, page.style.width_mm - page.style.margin_mm
    top_mm, middle_mm, low_mm = (style.margin_mm + line_mm for line_mm in _LINES_MM)
    big: dict[str, Any] = {"size_pt": style.title_pt * _BIG, "weight": "bold"}
    return {
        "date": page.write("", left_mm, top_mm, name="date", **big),
        "net": page.write("", right_mm, top_mm, name="net", ha="right", **big),
        "count": page.write("", left_mm, middle_mm, size_pt=style.legend_pt, name="count"),
        "flag": page.write("", left_mm, low_mm, size_pt=style.legend_pt, name="flag"),
    }
