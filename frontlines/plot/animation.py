"""Control day by day as moving pictures: what a side gained and lost, or what each of several holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch, Rectangle
from matplotlib.text import Text

from frontlines.arguments import checked
from frontlines.crs import require_working_crs
from frontlines.errors import FrontlinesError, LayerError
from frontlines.layers.mending import stated_sources
from frontlines.names import CONTESTED, KM2, RESERVED, UNKNOWN, Floats32, Pixels, sides_followed, somebody
from frontlines.plot.artists import (
    View,
    Z,
    area_path,
    bounds_of,
    days_of,
    fill,
    frame,
    outline,
    paint,
    present,
    show,
)
from frontlines.plot.film_files import require_film_path, write_film
from frontlines.plot.furniture import Entry, draw_scale_bar, emptiest_corners
from frontlines.plot.map_layers import base_entries, draw_context, draw_districts, mark_places, side_name
from frontlines.plot.page import Box, FigurePage
from frontlines.plot.style import DEFAULT_STYLE, MM_PER_INCH, AreaStyle, MapStyle, side_looks
from frontlines.plot.text import clean, day, font_of, number, shortened
from frontlines.progress import Progress, track

_LEAST_PX = 480
_PAGE_PX = 960  # as wide as the page of the style; narrower frames keep the size of their type
_LINES_MM = (4.6, 8.8, 12.6)  # where the words over the map stand, from the margin
_UNDER_MM = 2.4
_BIG = 1.3
_SIDE_ROOM = 0.22
_BAR_SHARE, _BAR_MM = 0.5, 3.6  # width of the bar of shares, of the page; its height
_HEIGHTS_MM = (50.0, 150.0)
_MARGIN = 0.03
_RINGED = 5  # frames for which a place that changed hands has its ring
_CLASSES = ("held", "gained", "lost")


@checked()
def animate_control(  # noqa: PLR0913 - one call that draws it all
    control: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame | None,
    path: str | Path,
    *,
    side: str | Sequence[str],
    theatre: gpd.GeoDataFrame | None = None,
    totals: pd.DataFrame | None = None,
    places: gpd.GeoDataFrame | None = None,
    context: gpd.GeoDataFrame | None = None,
    sides: Mapping[str, str] | None = None,
    caption: str | None = None,
    frames_per_second: float = 10,
    width_px: int = 960,
    progress: Progress = None,
    style: MapStyle = DEFAULT_STYLE,
) -> Path:
    """Write control on many dates as moving pictures, a frame for each snapshot.

    Each frame names its date and the net change of `side` since the first day, and tells apart the ground
    that the side gained and lost since then and what it held all along; contested ground is hatched. Of
    several sides each has its colour, and a bar over the map tells their shares of the ground.

    Parameters
    ----------
    control
        Polygons with `date` and `side`, in the working CRS (from `as_control`).
    districts
        Polygons with `district`, in the same CRS, whose outlines are drawn; None for none.
    path
        Where to: ``.gif``, ``.mp4`` (needs the program ffmpeg), or a name without an ending for a folder
        of pictures ``frame_0001.png`` and so on. A file that is there is replaced; a folder must be empty.
    side
        The side whose gains are positive, or several sides.
    theatre
        One row, in the same CRS: what the frames show. None: the ground of `side` on all dates.
    totals
        From `series_totals`, of the same sides, with a step that ends on each date: the net change is taken
        from there, and suspect steps and repeated snapshots are named. None: the ground of `side` is
        measured, in and out of `districts`.
    places
        Points with `date_to`, in the same CRS (from `FollowedPlaces.changes`): each has a ring from that date
        on, for a few frames. None for none.
    context
        What lies about the ground, as for `draw_context`, in the same CRS. None for none.
    sides
        How to call each side, by its name.
    caption
        Text at the foot; nothing in it is interpreted. None: what `source` of `control` names.
    frames_per_second
        Speed, up to 50.
    width_px
        Width of a frame [pixels], 480 or more.
    progress
        None, True for a bar, or a function of (fraction, message).
    style
        The style.

    Returns
    -------
    Path
        What was written. It is written whole or not at all.

    Raises
    ------
    LayerError
        If a column is missing, a date is empty, or the side holds no ground on any date.
    CRSError
        If the frames are not in one equal-area CRS in metres.
    FrontlinesError
        If `totals` are of another side or lack a date, or `width_px` is too small.
    SourceError
        If the ending of `path` is not known, it cannot be written, or ffmpeg is not found.

    Examples
    --------
    >>> import tempfile
    >>> from shapely import box
    >>> days = pd.to_datetime(["2031-06-01", "2031-06-02"])
    >>> fronts = [box(0, 0, 1000, 2000), box(0, 0, 1500, 2000)]
    >>> control = gpd.GeoDataFrame({"date": days, "side": "A"}, geometry=fronts, crs="EPSG:3035")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = animate_control(control, None, Path(folder) / "war", side="A", width_px=480)
    ...     sorted(picture.name for picture in written.iterdir())
    ['frame_0001.png', 'frame_0002.png']
    """
    path = Path(path)
    require_film_path(path, frames_per_second)
    if width_px < _LEAST_PX:
        raise FrontlinesError(f"width_px = {width_px} is too narrow for its words: pass {_LEAST_PX} or more")
    layers = {"theatre": theatre, "districts": districts, "places": places, "context": context}
    require_working_crs(control=control, **{k: layer for k, layer in layers.items() if layer is not None})
    followed = somebody(sides_followed((), side))
    shots = _shots(control, followed, totals)
    if places is not None:
        shots = _with_places(shots, places)
    film = Film(
        sides={one: clean(side_name(one, sides or {})) for one in followed},
        since=shots[0].date,
        grounds=[shapes for shot in shots for shapes in (*shot.grounds, shot.contested)],
        rest="Unknown" if {*control["side"]} <= {CONTESTED, UNKNOWN, *followed} else "Other sides or unknown",
        contested=any(len(shot.contested) for shot in shots),
        flagged=any(shot.note for shot in shots),
        ringed=places is not None and len(places) > 0,
        caption=_sources(control) if caption is None else caption,
        theatre=theatre,
        districts=districts,
        context=context,
    )
    backdrop = draw_backdrop(film, width_px, style)
    written = _frames(backdrop, [shots[0], shots[len(shots) // 2], shots[-1]], shots[0], len(shots))
    pixels = np.concatenate([backdrop.colours(), *(picture.reshape(-1, 3) for picture in written)])
    frames = track(_frames(backdrop, shots, shots[0], len(shots)), progress, "frames", total=len(shots))
    write_film(frames, path, pixels=pixels, frames_per_second=frames_per_second)
    return path


def _sources(control: gpd.GeoDataFrame) -> str:
    """Name the sources of control, if it does."""
    names = [clean(name) for name in stated_sources(control.get("source", ()))]
    return f"Source{'s' if len(names) > 1 else ''}: {', '.join(names)}." if names else ""


class _Shot(NamedTuple):
    """What one frame shows: the ground of each side, contested ground, and a note on the snapshot."""

    number: int
    date: pd.Timestamp
    grounds: tuple[Any, ...]
    contested: Any
    net_km2: float
    note: str
    places: gpd.GeoDataFrame | None = None  # that changed hands lately


def _with_places(shots: list[_Shot], places: gpd.GeoDataFrame) -> list[_Shot]:
    """Add to each shot the places that changed hands on its date or shortly before."""
    dates = days_of(places["date_to"])
    return [
        shot._replace(
            places=places[((dates > shots[max(i - _RINGED, 0)].date) & (dates <= shot.date)).to_numpy()]
        )
        for i, shot in enumerate(shots)
    ]


def _shots(control: gpd.GeoDataFrame, followed: Sequence[str], totals: pd.DataFrame | None) -> list[_Shot]:
    """Sort the rows of the sides, and contested ground, by date."""
    absent = [name for name in ("date", "side") if name not in control.columns]
    if absent:
        raise LayerError(
            f"control has no column {', '.join(map(repr, absent))}: pass what as_control returned"
        )
    dates = days_of(control["date"]).to_numpy()
    if np.isnat(dates).any():
        rows = np.flatnonzero(np.isnat(dates))
        raise LayerError(
            f"{len(rows)} rows of control have no date (the first is row {rows[0]}): drop or date them"
        )
    sides = control["side"].to_numpy(dtype=object)
    for side in followed:
        if side not in set(sides):
            known = ", ".join(sorted(repr(clean(s)) for s in set(sides)))
            raise LayerError(f"side {side!r} holds no ground on any date: the sides are {known or 'none'}")
    shapes, days = control.geometry.to_numpy(), np.unique(dates)
    own = [[shapes[(dates == d) & (sides == s)] for d in days] for s in followed]
    contested = [shapes[(dates == d) & (sides == CONTESTED)] for d in days]
    net, notes = _measured(own[0]) if totals is None else _from_totals(totals, followed, days)
    stamps = [pd.Timestamp(d) for d in days]
    frames = zip(stamps, zip(*own, strict=True), contested, net, notes, strict=True)
    return [_Shot(i, *shot) for i, shot in enumerate(frames, start=1)]


def _measured(own: Sequence[Any]) -> tuple[Sequence[float], Sequence[str]]:
    """Measure the net change since the first day [km²]."""
    km2 = np.array([float(gpd.GeoSeries(shapes).area.sum()) / KM2 for shapes in own])
    return (km2 - km2[0]).tolist(), [""] * len(own)


def _from_totals(
    totals: pd.DataFrame, sides: Sequence[str], days: Any
) -> tuple[Sequence[float], Sequence[str]]:
    """Take the net change of the first side since the first day from totals [km²], and a note by date."""
    others = sorted({clean(s) for s in totals["side"]} - {*RESERVED, *map(clean, sides)})
    if others:
        framed = ", ".join(map(repr, sides))
        raise FrontlinesError(
            f"totals are of side {others[0]!r}, the frames of {framed}: pass totals of the same"
        )
    dated = totals.assign(date=days_of(totals["date_to"]).to_numpy())
    by_day = dated.groupby("date", sort=True)
    steps = by_day[["cumulative_net_km2"]].first()
    steps = steps.assign(suspect=by_day["suspect"].any(), same_input=by_day["same_input"].all())
    start = days_of(totals["date_from"]).min()
    known = pd.concat([pd.Series({start: 0.0}), steps["cumulative_net_km2"]])
    absent = [d for d in pd.DatetimeIndex(days) if d not in known.index]
    if absent:
        raise FrontlinesError(
            f"totals have no step that ends on {absent[0]:%Y-%m-%d} ({len(absent)} of {len(days)} dates): "
            "pass totals of every snapshot (freq=None), or none"
        )
    net = known[pd.DatetimeIndex(days)].to_numpy(dtype=float)
    words = {
        "same_input": "this snapshot repeats the one before",
        "suspect": "suspect: far out of the ordinary",
    }
    notes = [
        "; ".join(text for name, text in words.items() if d in steps.index and bool(steps.loc[d, name]))
        for d in pd.DatetimeIndex(days)
    ]
    return (net - net[0]).tolist(), notes


def _frames(backdrop: Backdrop, shots: Sequence[_Shot], first: _Shot, of: int) -> Iterator[Pixels]:
    """Draw frame after frame; only the pixels that changed are mixed anew."""
    picture = backdrop.page.copy()
    several = len(first.grounds) > 1
    start = [] if several else [backdrop.cover(first.grounds[0])]
    last: list[Floats32] | None = None
    for shot in shots:
        now = [backdrop.cover(ground) for ground in (*shot.grounds, shot.contested)]
        changed = np.ones_like(now[-1], dtype=bool)
        if last is not None:
            changed = np.any([one != before for one, before in zip(now, last, strict=True)], axis=0)
        picture[backdrop.window][changed] = backdrop.mix([*start, *now[:-1]], now[-1], changed)
        words = {
            "date": day(shot.date),
            "net": "" if several else f"{number(shot.net_km2, sign=True)} km²",
            "count": f"Snapshot {shot.number} of {of}",
            "flag": shot.note[:1].upper() + shot.note[1:],
        }
        backdrop.write(picture, words)
        if several:
            backdrop.draw_bar(picture, [float(shapely.area(ground).sum()) for ground in shot.grounds])
        last = now
        yield backdrop.ringed(picture, shot.places)


@dataclass(frozen=True)
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
    context: gpd.GeoDataFrame | None = None


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
    page, ax, height_px = _lay_out(film, style)
    outlines = _draw_outlines(ax, film, style)
    bar = _write_since(page, film)
    renderer: Any = RendererAgg(width_px, height_px, dpi)  # type: ignore[no-untyped-call]
    picture = _drawn([page.figure], renderer)[..., :3]
    box = ax.get_window_extent(renderer)
    rows = slice(height_px - round(box.y1), height_px - round(box.y0))
    window = (rows, slice(round(box.x0), round(box.x1)))
    covered = {"rest": picture[window].astype(np.float32)}
    of_sides = side_looks(film.sides, style)
    looks = {name: getattr(style, name) for name in _CLASSES} if len(film.sides) == 1 else of_sides
    looks = looks | {CONTESTED: style.contested("none" if len(film.sides) == 1 else style.contested_face)}
    for name, look in looks.items():
        sheet = paint(Rectangle((0, 0), 1, 1, transform=ax.transAxes), look, style)
        ax.add_artist(sheet)
        over = [] if name == CONTESTED else outlines
        colours = _drawn([sheet, *over], renderer)[window].astype(np.float32)
        covered[name] = colours if name == CONTESTED else colours[..., :3]
        sheet.remove()
    return Backdrop(
        page=picture, window=window, paint=covered, sides=tuple(film.sides),
        faces=np.array([_face(of_sides[side]) for side in film.sides], dtype=np.uint8), bar=bar,
        texts=_changing_texts(page), head=rows.start - 1, has_contested=film.contested, renderer=renderer,
        ax=ax, style=style,
    )  # fmt: skip


def _lay_out(film: Film, style: MapStyle) -> tuple[FigurePage, Axes, int]:
    """Put the map under the words and the legend under the map; return page, map and height [pixels]."""
    page = FigurePage(style, caption=film.caption)
    ground = film.grounds if film.theatre is None else [film.theatre.geometry]
    view = (bounds_of(*ground) or View(0, 0, 1, 1)).grown(_MARGIN)
    share = style.width_mm / DEFAULT_STYLE.width_mm
    low_mm, high_mm = (limit * share for limit in _HEIGHTS_MM)
    top_mm = style.margin_mm + _LINES_MM[2 if film.flagged else 1] + _UNDER_MM
    map_mm = min(max(page.inner_mm * view.height / view.width, low_mm), high_mm)
    box = Box(style.margin_mm, top_mm, page.inner_mm, map_mm)
    ax = page.add("map", box)
    columns = max(1, round(3 * share))
    under = box._replace(top=box.foot + style.gap_mm / 2, height=10.0)
    entry_mm = 0.95 * page.inner_mm / columns
    _, legend_mm = page.add_legend(_entries(film, style), under, columns=columns, entry_mm=entry_mm)
    foot_mm = under.top + legend_mm + (style.gap_mm / 2 if page.caption_mm else 0.0)
    px_per_mm = style.dpi / MM_PER_INCH
    height_px = 2 * int(np.ceil((foot_mm + page.caption_mm + style.margin_mm) * px_per_mm / 2))
    page.end(foot_mm, height_mm=height_px / px_per_mm)
    show(ax, view.fitted(box.aspect))
    ax.set_aspect("equal", adjustable="datalim")
    return page, ax, height_px


def _entries(film: Film, style: MapStyle) -> list[Entry]:
    looks = side_looks(film.sides, style)
    entries: list[Entry] = [(text, paint(Patch(), looks[side], style)) for side, text in film.sides.items()]
    if len(film.sides) == 1:
        (side,) = film.sides.values()
        since = day(film.since)
        texts = {
            "gained": f"gained since {since}",
            "lost": f"lost since {since}",
            "held": "held then and now",
        }
        entries = [
            (f"{side}: {text}", paint(Patch(), getattr(style, name), style)) for name, text in texts.items()
        ]
    if len(film.sides) > 1:
        entries.append((film.rest, paint(Patch(), style.unknown, style)))
    if film.contested:
        face = style.paper if len(film.sides) == 1 else style.contested_face
        entries.append(("Contested", paint(Patch(), style.contested(face), style)))
    layers = {
        "theatre": film.theatre,
        "district": film.districts,
        "changed": film.ringed or None,
        "border": film.context,
    }
    return [*entries, *base_entries([name for name, layer in layers.items() if layer is not None], "", style)]


def _draw_outlines(ax: Axes, film: Film, style: MapStyle) -> list[Artist]:
    """Draw the ground of the map, outlines and frame; return what is drawn over ground that is held."""
    home = film.districts if film.theatre is None else film.theatre
    frame(ax, style)
    ax.set_facecolor(style.paper if home is None else style.country_face)
    if film.context is not None:
        whole = None if home is None else shapely.union_all(shapely.make_valid(home.geometry.to_numpy()))
        draw_context(film.context, ax=ax, aside=whole, style=style)
    if home is not None:
        ground = AreaStyle(style.paper) if len(film.sides) == 1 else style.unknown
        fill(ax, home.geometry, ground, style=style, name="home", zorder=Z["context"])
    if film.districts is not None:
        draw_districts(film.districts, ax=ax, label=False, style=style)
    if film.theatre is not None:
        outline(ax, film.theatre.geometry, "theatre", style)
    return [*sorted(ax.collections, key=Artist.get_zorder), _draw_bar(ax, film, style), *ax.spines.values()]


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
