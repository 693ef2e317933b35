"""Control day by day as moving pictures: the ground that a side gained and lost since the first day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
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

from frontlines.crs import require_working_crs
from frontlines.errors import FrontlinesError, LayerError
from frontlines.names import CONTESTED
from frontlines.plot.artists import (
    View,
    Z,
    area_path,
    bounds_of,
    days_of,
    dress,
    fill,
    metres_per_pt,
    present,
    rule,
    show,
    view_of,
)
from frontlines.plot.chart_axes import number
from frontlines.plot.film_files import Frame, require_reel, write_reel
from frontlines.plot.furniture import draw_legend, draw_scale_bar, emptiest_corners, frame
from frontlines.plot.legend import Entry, legend_entries
from frontlines.plot.map_layers import draw_districts
from frontlines.plot.page import Box, add_panel, draw_block, height_mm, inches, put, shortened
from frontlines.plot.style import (
    DEFAULT_STYLE,
    MM_PER_INCH,
    PT_PER_INCH,
    AreaStyle,
    MapStyle,
    clean,
    day,
    font_of,
    plain,
    renderer_of,
)
from frontlines.progress import Progress, track

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
    """What an animation is about."""

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
    """A page on which only the ground and some words change."""

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
    """Draw everything that stays."""
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


_LEAST_PX = 480


def animate_control(  # noqa: PLR0913 - one call that draws it all
    control: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame | None,
    path: str | Path,
    *,
    side: str,
    theatre: gpd.GeoDataFrame | None = None,
    totals: pd.DataFrame | None = None,
    caption: str | None = None,
    frames_per_second: float = 10,
    width_px: int = 960,
    progress: Progress = None,
    style: MapStyle = DEFAULT_STYLE,
) -> Path:
    """Write control on many dates as moving pictures, a frame for each snapshot.

    Each frame names its date and the net change of `side` since the first day, and tells apart the ground
    that the side gained and lost since then and what it held all along; contested ground is hatched.

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
        The side whose gains are positive.
    theatre
        One row, in the same CRS: what the frames show. None: the ground of `side` on all dates.
    totals
        From `series_totals`, with a step that ends on each date: the net change is taken from there, and
        suspect steps and repeated snapshots are named. None: the ground of `side` is measured, in and
        out of `districts`.
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
    require_reel(path, frames_per_second)
    if width_px < _LEAST_PX:
        raise FrontlinesError(f"width_px = {width_px} is too narrow for its words: pass {_LEAST_PX} or more")
    layers = {"control": control, "theatre": theatre, "districts": districts}
    require_working_crs(**{name: layer for name, layer in layers.items() if layer is not None})
    shots = _shots(control, side, totals)
    scene = Scene(
        side=clean(side),
        since=shots[0].date,
        grounds=[shapes for shot in shots for shapes in (shot.own, shot.fog)],
        contested=any(len(shot.fog) for shot in shots),
        flagged=any(shot.told for shot in shots),
        caption=_sources(control) if caption is None else caption,
        theatre=theatre,
        districts=districts,
    )
    backdrop = draw_backdrop(scene, width_px, style)
    written = _frames(backdrop, [shots[0], shots[len(shots) // 2], shots[-1]], shots[0], len(shots))
    pixels = np.concatenate([backdrop.colours(), *(picture.reshape(-1, 3) for picture in written)])
    frames = track(_frames(backdrop, shots, shots[0], len(shots)), progress, "frames", total=len(shots))
    write_reel(frames, path, pixels=pixels, frames_per_second=frames_per_second)
    return path


def _sources(control: gpd.GeoDataFrame) -> str:
    """Name the sources of control, if it does."""
    names = sorted({clean(name) for name in control["source"].dropna()}) if "source" in control else []
    return f"Source{'s' if len(names) > 1 else ''}: {', '.join(names)}." if names else ""


class _Shot(NamedTuple):
    """What one frame shows."""

    number: int
    date: pd.Timestamp
    own: Any
    fog: Any
    net_km2: float
    told: str


def _shots(control: gpd.GeoDataFrame, side: str, totals: pd.DataFrame | None) -> list[_Shot]:
    """Sort the rows of the side, and contested ground, by date."""
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
    if side not in set(sides):
        known = ", ".join(sorted(repr(clean(s)) for s in set(sides)))
        raise LayerError(f"side {side!r} holds no ground on any date: the sides are {known or 'none'}")
    shapes, days = control.geometry.to_numpy(), np.unique(dates)
    own, fog = ([shapes[(dates == d) & (sides == s)] for d in days] for s in (side, CONTESTED))
    net, told = _measured(own) if totals is None else _told(totals, side, days)
    stamps = [pd.Timestamp(d) for d in days]
    return [_Shot(i, *shot) for i, shot in enumerate(zip(stamps, own, fog, net, told, strict=True), start=1)]


def _measured(own: Sequence[Any]) -> tuple[Sequence[float], Sequence[str]]:
    """Measure the net change since the first day [km²]."""
    km2 = np.array([float(gpd.GeoSeries(shapes).area.sum()) / 1e6 for shapes in own])
    return (km2 - km2[0]).tolist(), [""] * len(own)


def _told(totals: pd.DataFrame, side: str, days: Any) -> tuple[Sequence[float], Sequence[str]]:
    """Take the net change since the first day from totals [km²], and what is to be known of its steps."""
    others = sorted({clean(s) for s in totals["side"]} - {clean(side)})
    if others:
        raise FrontlinesError(
            f"totals are of side {others[0]!r}, the frames of {side!r}: pass totals of one side"
        )
    steps = totals.assign(date=days_of(totals["date_to"]).to_numpy()).set_index("date").sort_index()
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
    told = [
        "; ".join(text for name, text in words.items() if d in steps.index and bool(steps.loc[d, name]))
        for d in pd.DatetimeIndex(days)
    ]
    return (net - net[0]).tolist(), told


def _frames(backdrop: Backdrop, shots: Sequence[_Shot], first: _Shot, of: int) -> Iterator[Frame]:
    """Draw frame after frame; only the pixels that changed are mixed anew."""
    picture = backdrop.page.copy()
    start = backdrop.cover(first.own)
    last: tuple[Floats, Floats] | None = None
    for shot in shots:
        now, fog = backdrop.cover(shot.own), backdrop.cover(shot.fog)
        changed = np.ones_like(now, dtype=bool) if last is None else (now != last[0]) | (fog != last[1])
        picture[backdrop.window][changed] = backdrop.mix(start, now, fog, changed)
        words = {
            "date": day(shot.date),
            "net": f"{number(shot.net_km2, sign=True)} km²",
            "count": f"Snapshot {shot.number} of {of}",
            "flag": shot.told[:1].upper() + shot.told[1:],
        }
        backdrop.write(picture, words)
        last = now, fog
        yield picture.copy()
