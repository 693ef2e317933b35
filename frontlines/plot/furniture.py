"""What surrounds a map: scale bar, north arrow, locator, legend and caption."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pyproj
import shapely
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.legend import Legend
from matplotlib.legend_handler import HandlerTuple
from matplotlib.offsetbox import AnchoredOffsetbox, DrawingArea
from matplotlib.patches import Polygon
from matplotlib.text import Text
from matplotlib_scalebar.scalebar import ScaleBar

from frontlines.plot.captions import wrap
from frontlines.plot.keys import Beside
from frontlines.plot.lettering import clean, font_of, plain, renderer_of
from frontlines.plot.shapes import View, Z, areas, bounds_of, fill, rule, show, view_of
from frontlines.plot.style import DEFAULT_STYLE, PT_PER_INCH, AreaStyle, MapStyle

_NICE = (1.0, 2.0, 5.0)
_NORTH_PT = (13.0, 22.0)
_STEP_DEG = 0.01
_WIDER = 1.35
_PAD_PT = 3.5
_BORDER_PT = 5.0
_POLE_DEG = 89.9


class MapScaleBar(ScaleBar):  # type: ignore[misc]
    """A scale bar that can tell its extent, so that labels keep off it, with fixed margins."""

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


def nice_length_m(limit_m: float) -> float:
    """Return the longest of 1, 2, 5, 10, 20, … metres that is no longer than a limit [m].

    Examples
    --------
    >>> nice_length_m(34_000.0)
    20000.0
    """
    power = 10.0 ** math.floor(math.log10(limit_m))
    return power * max(n for n in _NICE if n * power <= limit_m * (1 + 1e-9))


def draw_scale_bar(
    ax: Axes,
    *,
    loc: str = "lower left",
    share: float = 0.27,
    boxed: bool = True,
    style: MapStyle = DEFAULT_STYLE,
) -> MapScaleBar:
    """Draw a scale bar on an Axes in metres.

    Parameters
    ----------
    ax
        The Axes; its data are metres, its scales equal, its extent final.
    loc
        Corner, as for a legend.
    share
        The bar is at most this share of the width of the Axes.
    boxed
        Whether a white box lies behind it.
    style
        The style.

    Returns
    -------
    MapScaleBar
        The artist. The length is true in the working CRS: see `frontlines.crs` for its distortion.
    """
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
        font_properties={"family": style.font, "size": style.scale_pt},
        scale_formatter=lambda value, unit: f"{value:g} {unit}",
    )
    bar.set_zorder(Z["furniture"])
    ax.add_artist(bar)
    return bar


def true_north_deg(crs: pyproj.CRS, x: float, y: float) -> float:
    """Return the direction of true north at a point of a plane.

    Parameters
    ----------
    crs
        The CRS of the plane.
    x, y
        The point [m].

    Returns
    -------
    float
        Angle from straight up, clockwise positive [degrees].

    Examples
    --------
    >>> laea = pyproj.CRS("+proj=laea +lat_0=40 +lon_0=46 +units=m")
    >>> round(true_north_deg(laea, 0.0, 0.0), 6) == 0.0, true_north_deg(laea, 500_000.0, 0.0) < 0.0
    (True, True)
    """
    geographic = crs.geodetic_crs or pyproj.CRS(4326)
    there = pyproj.Transformer.from_crs(crs, geographic, always_xy=True)
    lon, lat = there.transform(x, y)
    if abs(lat) > _POLE_DEG:
        return 0.0
    back = pyproj.Transformer.from_crs(geographic, crs, always_xy=True)
    xs, ys = back.transform([lon, lon], [lat - _STEP_DEG, lat + _STEP_DEG])
    return math.degrees(math.atan2(xs[1] - xs[0], ys[1] - ys[0]))


def draw_north_arrow(
    ax: Axes,
    crs: pyproj.CRS,
    *,
    loc: str = "upper right",
    boxed: bool = True,
    style: MapStyle = DEFAULT_STYLE,
) -> AnchoredOffsetbox:
    """Draw an arrow to true north at the centre of an Axes.

    Parameters
    ----------
    ax
        The Axes, its extent final.
    crs
        The CRS of its data.
    loc
        Corner, as for a legend.
    boxed
        Whether a white box lies behind it.
    style
        The style.

    Returns
    -------
    AnchoredOffsetbox
        The artist; its gid is ``north``.
    """
    view = view_of(ax)
    turn = -true_north_deg(crs, (view.west + view.east) / 2, (view.south + view.north) / 2)
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
    letter = Text(
        float(tip[0]),
        float(tip[1]),
        "N",
        ha="center",
        va="center",
        **plain(style, style.scale_pt, weight="bold"),
    )
    box.add_artist(letter)
    anchored = AnchoredOffsetbox(
        loc, child=box, pad=0.2, borderpad=0.8, frameon=boxed, prop=font_of(style, style.scale_pt)
    )
    anchored.patch.set(facecolor=style.paper, edgecolor="none", alpha=0.75)
    anchored.set_zorder(Z["furniture"])
    anchored.set_gid("north")
    ax.add_artist(anchored)
    return anchored


def locator_view(context: Any, theatre: View, *, reach: float = 1.3) -> View | None:
    """Return what a locator shows: the region about the theatre, as far as there is context.

    Parameters
    ----------
    context
        Frame with `kind`; its rows of kind ``country`` count.
    theatre
        The extent of the theatre.
    reach
        How far to look beyond the theatre, in lengths of its longer edge.

    Returns
    -------
    View or None
        The view; None if the context reaches hardly beyond the theatre.
    """
    known = bounds_of(context.geometry[(context["kind"] == "country").to_numpy()])
    if known is None:
        return None
    wide = theatre.grown(reach)
    view = View(
        max(wide.west, known.west),
        max(wide.south, known.south),
        min(wide.east, known.east),
        min(wide.north, known.north),
    )
    enough = view.width > _WIDER * theatre.width or view.height > _WIDER * theatre.height
    return view.fitted(min(max(view.width / view.height, 0.8), 1.8)) if enough else None


def draw_locator(
    ax: Axes, context: Any, theatre: Any, *, view: View | None = None, style: MapStyle = DEFAULT_STYLE
) -> Axes:
    """Draw where in the wider region the theatre lies.

    Parameters
    ----------
    ax
        An empty Axes for the inset.
    context
        Frame with `kind`; its rows of kind ``country`` are drawn.
    theatre
        Frame of the theatre, in the same CRS.
    view
        What to show; None for what `locator_view` says.
    style
        The style.

    Returns
    -------
    Axes
        The same Axes.
    """
    extent = bounds_of(theatre.geometry)
    seen = view or (None if extent is None else locator_view(context, extent))
    if seen is not None:
        show(ax, seen)
    countries = _valid(context.geometry[(context["kind"] == "country").to_numpy()])
    fill(ax, countries, AreaStyle(style.country_face), style=style, name="locator-country", zorder=1)
    rule(ax, countries, colour=style.country_edge, width_pt=0.4, name="locator-border", zorder=2)
    whole = shapely.union_all(_valid(theatre.geometry))
    fill(ax, [whole], AreaStyle(style.locator_face), style=style, name="locator-theatre", zorder=3)
    ax.set(xticks=[], yticks=[], facecolor=style.paper)
    ax.set_aspect("equal")
    if seen is not None:
        show(ax, seen)
    frame(ax, style)
    return ax


def frame(ax: Axes, style: MapStyle) -> None:
    """Give an Axes the thin frame of the map's panels."""
    for spine in ax.spines.values():
        spine.set(linewidth=style.frame_pt_width, color=style.ink, zorder=Z["furniture"] + 1)


def draw_legend(
    ax: Axes,
    entries: Sequence[tuple[str, Artist | tuple[Artist, ...]]],
    *,
    columns: int = 1,
    width_px: float | None = None,
    style: MapStyle = DEFAULT_STYLE,
) -> Legend:
    """Draw one legend in the upper left corner of an Axes.

    Parameters
    ----------
    ax
        The Axes, often one that shows nothing else.
    entries
        Text and artist, or several artists drawn over each other. Texts are not interpreted.
    columns
        Number of columns.
    width_px
        Width of one column [pixels]; longer texts are wrapped. None: texts stay on one line.
    style
        The style.

    Returns
    -------
    Legend
        The legend.
    """
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


def emptiest_corners(
    view: View, busy: Sequence[Any], *, width_m: float, height_m: float
) -> list[tuple[str, float]]:
    """Return the four corners of a view, the emptiest first.

    Parameters
    ----------
    view
        The view.
    busy
        Geometries that had better not be covered [m].
    width_m, height_m
        Size on the ground of what is to be put there [m].

    Returns
    -------
    list of tuple
        The corners, ``lower left`` and so on, and how busy each is; of equal ones the lower first.
    """
    east, north = view.east - width_m, view.north - height_m
    low_left = {
        "lower left": (view.west, view.south),
        "lower right": (east, view.south),
        "upper left": (view.west, north),
        "upper right": (east, north),
    }
    boxes = [shapely.box(x, y, x + width_m, y + height_m) for x, y in low_left.values()]
    covered = shapely.intersection(np.array(boxes)[:, None], np.array(busy, dtype=object)[None, :])
    share = shapely.area(covered) / (width_m * height_m) + shapely.length(covered) / (width_m + height_m)
    weight = share.sum(axis=1)
    order = np.argsort(np.round(weight, 2), kind="stable")
    return [(list(low_left)[i], float(weight[i])) for i in order]


def _valid(geometry: Any) -> Any:
    return shapely.make_valid(areas(geometry))


def _turned(points: Any, anticlockwise_deg: float) -> Any:
    a = math.radians(anticlockwise_deg)
    return points @ np.array([[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]])
