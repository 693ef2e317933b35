"""What surrounds a map: scale bar, north arrow, degrees and legend."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import pyproj
import shapely
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.font_manager import FontProperties
from matplotlib.legend import Legend
from matplotlib.legend_handler import HandlerTuple
from matplotlib.offsetbox import AnchoredOffsetbox, DrawingArea
from matplotlib.patches import Polygon
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from matplotlib_scalebar.scalebar import ScaleBar

from frontlines.crs.geodesic import way
from frontlines.plot.artists import View, Z, metres_per_pt, view_of, write
from frontlines.plot.style import DEFAULT_STYLE, MM_PER_INCH, PT_PER_INCH, MapStyle
from frontlines.plot.text import font_of, plain, renderer_of, wrap
from frontlines.plot.words import clean

_CORNER_MM = (34.0, 9.0)


def furnish(ax: Axes, crs: pyproj.CRS, busy: Sequence[Any], *, style: MapStyle) -> None:
    """Put scale bar and north arrow in the emptiest corners of a map, and degrees outside its frame.

    `busy` are geometries that they keep off, as far as they can; where they cannot, they lie on paper. Where
    meridians fan out, meridians and parallels are drawn in place of the arrow.
    """
    (bar, bar_busy), (arrow, arrow_busy) = emptiest_corners(ax, busy)[:2]
    draw_scale_bar(ax, loc=bar, boxed=bar_busy > 0, style=style)
    if fans_out(ax, crs):
        draw_graticule(ax, crs, style=style)
    else:
        draw_north_arrow(ax, crs, loc=arrow, boxed=arrow_busy > 0, style=style)
    draw_graticule_ticks(ax, crs, style=style)


def emptiest_corners(
    ax: Axes, busy: Sequence[Any], *, view: View | None = None, size_mm: tuple[float, float] = _CORNER_MM
) -> list[tuple[str, float]]:
    """Return the corners of a map or a `view` in it, the emptiest first, and how much `busy` is in each."""
    view, metres_per_mm = view or view_of(ax), metres_per_pt(ax) * PT_PER_INCH / MM_PER_INCH
    width_m, height_m = (length_mm * metres_per_mm for length_mm in size_mm)
    east, north = view.east - width_m, view.north - height_m
    low_left = {
        "lower left": (view.west, view.south),
        "lower right": (east, view.south),
        "upper left": (view.west, north),
        "upper right": (east, north),
    }
    every = np.array(busy, dtype=object)
    covered = np.array(
        [shapely.clip_by_rect(every, x, y, x + width_m, y + height_m) for x, y in low_left.values()]
    )
    share = shapely.area(covered) / (width_m * height_m) + shapely.length(covered) / (width_m + height_m)
    weight = share.sum(axis=1)
    order = np.argsort(np.round(weight, 2), kind="stable")
    return [(list(low_left)[i], float(weight[i])) for i in order]


_NICE = (1.0, 2.0, 5.0)
_NORTH_PT = (13.0, 22.0)
_STEP_DEG = 0.01
_PAD_PT = 3.5
_BORDER_PT = 5.0
_POLE_DEG = 89.9


class MapScaleBar(ScaleBar):  # type: ignore[misc]
    """A scale bar with fixed margins that knows its extent, so that labels keep off it."""

    def draw(self, renderer: Any, *args: Any, **kwargs: Any) -> None:
        """Draw the bar; its margins are in units of a type size that is global, and are made free of it."""
        unit_pt = FontProperties(size=mpl.rcParams["legend.fontsize"]).get_size_in_points()
        self.pad, self.border_pad = _PAD_PT / unit_pt, _BORDER_PT / unit_pt
        super().draw(renderer, *args, **kwargs)

    def get_window_extent(self, renderer: Any = None) -> Any:
        """Return the extent of the box with the bar and its text [pixels]."""
        renderer = renderer or renderer_of(self.axes.figure)
        self.draw(renderer)
        return self.info.window_extent


def draw_scale_bar(
    ax: Axes,
    *,
    loc: str = "lower left",
    share: float = 0.27,
    boxed: bool = True,
    style: MapStyle = DEFAULT_STYLE,
) -> MapScaleBar:
    """Draw a scale bar on an Axes in metres, at most `share` of its width, in a corner of that name."""
    view, points = view_of(ax), ax.get_window_extent().height * PT_PER_INCH / ax.figure.dpi
    length_m = nice_length_m(view.width * share)
    in_km = length_m >= 1000  # noqa: PLR2004 - metres in a kilometre
    bar = MapScaleBar(
        1.0,
        "m",
        fixed_value=length_m / 1000 if in_km else length_m,
        fixed_units="km" if in_km else "m",
        location=loc,
        width_fraction=1.5 / points,
        sep=1.5,
        frameon=boxed,
        color=style.ink,
        box_color=style.paper,
        box_alpha=0.75,
        scale_loc="top",
        label_loc="none",
        rotation="horizontal",
        font_properties={"family": list(style.fonts), "size": style.scale_pt},
        scale_formatter=lambda value, unit: f"{value:g} {unit}",
    )
    bar.set_zorder(Z["furniture"])
    ax.add_artist(bar)
    return bar


def nice_length_m(limit_m: float) -> float:
    """Return the longest of 1, 2, 5, 10, 20, … metres that is no longer than a limit [m]."""
    power = 10.0 ** math.floor(math.log10(limit_m))
    return power * max(n for n in _NICE if n * power <= limit_m * (1 + 1e-9))


def draw_north_arrow(
    ax: Axes,
    crs: pyproj.CRS,
    *,
    loc: str = "upper right",
    boxed: bool = True,
    style: MapStyle = DEFAULT_STYLE,
) -> AnchoredOffsetbox:
    """Draw an arrow to true north, as it is where the arrow stands: in a corner of that name."""
    view = view_of(ax)
    x = view.east if "right" in loc else view.west
    turn = -true_north_deg(crs, x, view.north if "upper" in loc else view.south)
    width, height = _NORTH_PT
    box = DrawingArea(width, height, 0, 0)
    middle = np.array([width / 2, height / 2])
    for half, face in ((-1.0, style.ink), (1.0, style.paper)):
        outline = np.array([(0.0, 5.0), (half * 3.2, -9.5), (0.0, -7.0)])
        wing = Polygon(
            _turned(outline, turn) + middle, closed=True, facecolor=face, edgecolor=style.ink, linewidth=0.5
        )
        box.add_artist(wing)
    tip = _turned(np.array([(0.0, 8.6)]), turn)[0] + middle
    look = {"ha": "center", "va": "center", **plain(style, style.scale_pt, weight="bold")}
    box.add_artist(Text(float(tip[0]), float(tip[1]), "N", **look))
    anchored = AnchoredOffsetbox(
        loc, child=box, pad=0.2, borderpad=0.8, frameon=boxed, prop=font_of(style, style.scale_pt)
    )
    anchored.patch.set(facecolor=style.paper, edgecolor="none", alpha=0.75)
    anchored.set_zorder(Z["furniture"])
    anchored.set_gid("north")
    ax.add_artist(anchored)
    return anchored


def fans_out(ax: Axes, crs: pyproj.CRS) -> bool:
    """Whether north lies in very different directions in the corners of an Axes, or a pole is in view."""
    view = view_of(ax)
    north = np.unwrap(
        [true_north_deg(crs, x, y) for x, y in shapely.get_coordinates(view.box())], period=360.0
    )
    turned = np.abs(np.diff(north)).max() if len(north) else 0.0
    return bool(np.ptp(north) > _FAN_DEG or turned > _FAN_DEG)


def true_north_deg(crs: pyproj.CRS, x: float, y: float) -> float:
    """Return the direction of true north at a point of a plane [degrees clockwise from up]; 0 near a pole."""
    lon, lat = way(crs, geographic(crs)).transform(x, y)
    if abs(lat) > _POLE_DEG:
        return 0.0
    xs, ys = way(geographic(crs), crs).transform([lon, lon], [lat - _STEP_DEG, lat + _STEP_DEG])
    return math.degrees(math.atan2(xs[1] - xs[0], ys[1] - ys[0]))


def geographic(crs: pyproj.CRS) -> pyproj.CRS:
    """Return the longitudes and latitudes that a plane is made from."""
    return crs.geodetic_crs or pyproj.CRS(4326)


def _turned(points: Any, anticlockwise_deg: float) -> Any:
    a = math.radians(anticlockwise_deg)
    return points @ np.array([[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]])


_STEPS_DEG = (30.0, 20.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
_WANTED, _MOST = 2, 8  # ticks on an edge, at least and at most
_RIM = 0.08  # share of an edge at either end without ticks
_SAMPLES = 200  # places on an edge whose degrees are computed
_TICK_PT = 2.5
_DEGREES_PT = 1.2  # from the frame to its degrees
_FAN_DEG = 30.0  # meridians of a map differ by more: they fan out, and no arrow points north
_HALF_TURN = 180.0


class _Tick(NamedTuple):
    x: float
    y: float
    text: str


def draw_graticule_ticks(ax: Axes, crs: pyproj.CRS, *, style: MapStyle = DEFAULT_STYLE) -> list[str]:
    """Draw ticks of longitude along the top and of latitude along the left edge, and degrees outside them."""
    view, size = view_of(ax), metres_per_pt(ax) * _TICK_PT
    back = way(crs, geographic(crs))
    along_x, along_y = (
        np.linspace(view.west, view.east, _SAMPLES),
        np.linspace(view.south, view.north, _SAMPLES),
    )
    lon, _ = back.transform(along_x, np.full(_SAMPLES, view.north))
    _, lat = back.transform(np.full(_SAMPLES, view.west), along_y)
    top = [
        _Tick(x, view.north, _degrees(v, s, "E", "W"))
        for x, v, s in _crossings(along_x, np.unwrap(np.asarray(lon, dtype=float), period=2 * _HALF_TURN))
    ]
    left = [_Tick(view.west, y, _degrees(v, s, "N", "S")) for y, v, s in _crossings(along_y, np.asarray(lat))]
    written: list[Bbox] = []
    top = [
        t for t in top if _write(ax, t, (0.0, _DEGREES_PT), {"ha": "center", "va": "bottom"}, written, style)
    ]
    look = {"ha": "right", "va": "center", "rotation": 90.0}
    left = [t for t in left if _write(ax, t, (-_DEGREES_PT, 0.0), look, written, style)]
    strokes = [[(t.x, t.y), (t.x, t.y - size)] for t in top] + [[(t.x, t.y), (t.x + size, t.y)] for t in left]
    marks = LineCollection(
        strokes, colors=[style.ink], linewidths=[style.frame_pt_width], zorder=Z["frame"], gid="tick"
    )
    ax.add_collection(marks, autolim=False)
    return [t.text for t in [*top, *left]]


def _write(
    ax: Axes,
    tick: _Tick,
    offset_pt: tuple[float, float],
    look: dict[str, Any],
    written: list[Bbox],
    style: MapStyle,
) -> bool:
    """Write the degrees of a tick, unless they would lie on others or stand out beyond the frame's corner."""
    text = write(
        ax, tick.text, (tick.x, tick.y), offset_pt, size_pt=style.scale_pt, name="degrees", style=style,
        color=style.country_text, annotation_clip=False, **look,
    )  # fmt: skip
    extent, frame = text.get_window_extent(renderer_of(ax.figure)), ax.get_window_extent()
    beside = "rotation" in look
    low, high = (extent.y0, extent.y1) if beside else (extent.x0, extent.x1)
    inside = (frame.y0 <= low and high <= frame.y1) if beside else (frame.x0 <= low and high <= frame.x1)
    if not inside or any(extent.overlaps(other) for other in written):
        text.remove()
        return False
    written.append(extent)
    return True


def draw_graticule(ax: Axes, crs: pyproj.CRS, *, style: MapStyle = DEFAULT_STYLE) -> None:
    """Draw meridians and parallels as fine lines, for maps on which meridians fan out."""
    view, back, forth = view_of(ax), way(crs, geographic(crs)), way(geographic(crs), crs)
    rim = np.linspace(0, 1, _SAMPLES)
    xs = view.west + view.width * np.concatenate([rim, rim, 0 * rim, 0 * rim + 1])
    ys = view.south + view.height * np.concatenate([0 * rim, 0 * rim + 1, rim, rim])
    _, lat = back.transform(xs, ys)
    _, middle = back.transform((view.west + view.east) / 2, (view.south + view.north) / 2)
    pole = math.copysign(_POLE_DEG, middle)
    least, most = min(np.abs(lat).min(), abs(middle)), _POLE_DEG
    step = next((s for s in _STEPS_DEG if (most - least) // s >= _WANTED), 1.0)
    turn = np.linspace(-_HALF_TURN, _HALF_TURN, 2 * _SAMPLES)
    lines_ = [np.column_stack(forth.transform(turn, np.full_like(turn, math.copysign(v, middle))))
              for v in np.arange(math.ceil(least / step) * step, 90.0, step)]  # fmt: skip
    for lon in np.arange(-_HALF_TURN, _HALF_TURN, _FAN_DEG):
        ends = [math.copysign(90.0 - step / 2, pole), math.copysign(least, pole)]
        lines_.append(np.column_stack(forth.transform([lon, lon], ends)))
    drawn = LineCollection(
        lines_, colors=[style.country_edge], linewidths=[0.3], zorder=Z["district"], gid="graticule"
    )
    ax.add_collection(drawn, autolim=False)


def _crossings(along: Any, degrees: Any) -> list[tuple[float, float, float]]:
    """Return where round degrees are met along an edge: the place, the degrees and their step."""
    if not np.isfinite(degrees).all():
        return []
    rising = degrees[-1] >= degrees[0]
    low, high = float(degrees.min()), float(degrees.max())
    rim = _RIM * (high - low)
    step = next((s for s in _STEPS_DEG if (high - rim) // s - (low + rim) // s >= _WANTED), _STEPS_DEG[-1])
    values = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
    order = slice(None) if rising else slice(None, None, -1)
    if len(values) > _MOST or (np.diff(degrees[order]) <= 0).any():
        return []
    return [(float(np.interp(v, degrees[order], along[order])), float(v), step) for v in values]


def _degrees(value: float, step: float, positive: str, negative: str) -> str:
    turned = value
    if abs(turned) > _HALF_TURN:
        turned -= 2 * _HALF_TURN * np.sign(turned)
    places = max(0, len(f"{step:.6f}".rstrip("0").partition(".")[2]))
    letter = "" if turned in (0.0, _HALF_TURN, -_HALF_TURN) else (positive if turned > 0 else negative)
    return f"{abs(turned):.{places}f}°{' ' + letter if letter else ''}"


Entry = tuple[str, Artist | tuple[Artist, ...]]
"""Text of a legend, and the artist that stands for it; a tuple: several over each other."""


class Beside(tuple[Artist, ...]):
    """Artists that stand beside each other in one entry of a legend."""

    __slots__ = ()


def draw_legend(
    ax: Axes,
    entries: Sequence[Entry],
    *,
    columns: int = 1,
    width_px: float | None = None,
    style: MapStyle = DEFAULT_STYLE,
) -> Legend:
    """Draw one legend in the upper left corner of an Axes; an entry is wrapped to `width_px` [pixels]."""
    font = font_of(style, style.legend_pt)
    texts = [clean(text) for text, _ in entries]
    if width_px is not None:
        room = width_px - 3.4 * style.legend_pt * ax.figure.dpi / PT_PER_INCH
        texts = [wrap(text, room, ax.figure, font) for text in texts]
    drawn = Legend(
        ax,
        [artist for _, artist in entries],
        texts,
        loc="upper left",
        ncols=columns,
        prop=font,
        frameon=False,
        borderaxespad=0.0,
        borderpad=0.0,
        handlelength=2.6,
        handleheight=1.0,
        handletextpad=0.7,
        labelspacing=0.55,
        columnspacing=1.6,
        handler_map={tuple: HandlerTuple(ndivide=1, pad=0), Beside: HandlerTuple(ndivide=None, pad=0)},
    )
    for text in drawn.get_texts():
        text.set(parse_math=False, usetex=False, color=style.ink, linespacing=1.15)
    drawn.set_zorder(Z["furniture"])
    ax.add_artist(drawn)
    return drawn
