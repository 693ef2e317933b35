"""From geometry to artists: filled ground with hatch, lines, text, and the view of an Axes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from matplotlib.text import Annotation

from frontlines.plot.style import PT_PER_INCH, AreaStyle, MapStyle
from frontlines.plot.text import halo, plain, slant_of

# What is drawn over what.
Z = {
    "context": 0.5, "ground": 1.0, "mark": 1.2, "district": 2.0, "band": 2.2, "theatre": 2.3, "border": 2.4,
    "oblast": 2.6, "casing": 3.0, "front": 3.1, "town": 5.0, "frame": 7.0, "label": 8.0, "furniture": 9.0,
}  # fmt: skip
_BEYOND = 0.5  # of the longer edge of a view: what a cut leaves is outside it, even if its panel grows
_LINE = 1
_AREA = 2


class View(NamedTuple):
    """The part of the plane that an Axes shows [m]."""

    west: float
    south: float
    east: float
    north: float

    @property
    def width(self) -> float:
        """Width [m]."""
        return self.east - self.west

    @property
    def height(self) -> float:
        """Height [m]."""
        return self.north - self.south

    def box(self, shrink: float = 0.0) -> Any:
        """Return the view as a polygon, made smaller by `shrink` [m] on every side."""
        return shapely.box(self.west + shrink, self.south + shrink, self.east - shrink, self.north - shrink)

    def grown(self, share: float) -> View:
        """Return the view with a margin of `share` of its longer edge on every side."""
        by = share * max(self.width, self.height)
        return View(self.west - by, self.south - by, self.east + by, self.north + by)

    def fitted(self, aspect: float) -> View:
        """Return the smallest view round this one whose width is `aspect` times its height."""
        width, height = max(self.width, self.height * aspect), max(self.height, self.width / aspect)
        x, y = (self.west + self.east) / 2, (self.south + self.north) / 2
        return View(x - width / 2, y - height / 2, x + width / 2, y + height / 2)

    def within(self, other: View) -> View:
        """Return the view shifted so that it lies within another one, or its overlap if it is larger."""
        west = max(min(self.west, other.east - self.width), other.west)
        south = max(min(self.south, other.north - self.height), other.south)
        return View(west, south, min(west + self.width, other.east), min(south + self.height, other.north))


def view_of(ax: Axes) -> View:
    """Return what an Axes shows."""
    (west, east), (south, north) = sorted(ax.get_xlim()), sorted(ax.get_ylim())
    return View(west, south, east, north)


_FINEST_PT = 0.06  # a quarter of a dot of 300 to the inch: corners nearer to an outline cannot be seen


def coarse(geometry: Any, ax: Axes) -> Any:
    """Return the parts of geometries on or near an Axes, with no more corners than can be seen."""
    view, near = view_of(ax).grown(_BEYOND), np.array(geometry, dtype=object)
    low, high = np.split(shapely.bounds(near), 2, axis=1)
    far = ((low > view[2:]) | (high < view[:2])).any(axis=1)
    cut = ~far & ((low < view[:2]) | (high > view[2:])).any(axis=1)
    near[far], near[cut] = shapely.GeometryCollection(), shapely.clip_by_rect(near[cut], *view)
    near[~far] = shapely.simplify(near[~far], metres_per_pt(ax) * _FINEST_PT, preserve_topology=False)
    return near


def coarse_rows(frame: gpd.GeoDataFrame, ax: Axes) -> gpd.GeoDataFrame:
    """Return the rows that are seen on an Axes, their geometry as `coarse` gives it."""
    shapes = coarse(frame.geometry.to_numpy(), ax)
    return frame.set_geometry(gpd.GeoSeries(shapes, frame.index, crs=frame.crs))[~shapely.is_empty(shapes)]


def show(ax: Axes, view: View) -> None:
    """Let an Axes show a view."""
    ax.set_xlim(view.west, view.east)
    ax.set_ylim(view.south, view.north)


def metres_per_pt(ax: Axes) -> float:
    """Metres of ground to one point of paper, at the present size of the Axes [m/pt]."""
    pixels = ax.get_window_extent().width
    points = pixels * PT_PER_INCH / ax.figure.dpi
    return view_of(ax).width / points if points > 0 else 0.0


def bounds_of(*geometries: Any) -> View | None:
    """Return the extent of arrays of geometry, or None if there is nothing."""
    filled = [np.asarray(g, dtype=object).ravel() for g in geometries]
    every = np.concatenate(filled) if filled else np.array([], dtype=object)
    if len(every) == 0:
        return None
    low_high = shapely.total_bounds(every)
    return View(*(float(v) for v in low_high)) if np.isfinite(low_high).all() else None


class Stage:
    """An Axes that is about to be drawn on: made when there is none, its extent kept as found."""

    def __init__(self, ax: Axes | None, style: MapStyle) -> None:
        if ax is None:
            _, ax = plt.subplots(figsize=(6.0, 6.0), layout="constrained")
            frame(ax, style)
        self.ax: Axes = ax
        settled = ax.has_data() or not ax.get_autoscalex_on()
        self._found = view_of(ax) if settled else None

    def settle(self, *geometries: Any) -> Axes:
        """Put the extent back as found, or set it to the geometry drawn; equal scales; return the Axes."""
        self.ax.set_aspect("equal")
        if self._found is not None:
            show(self.ax, self._found)
            return self.ax
        extent = bounds_of(*geometries)
        if extent is not None:
            least = max(extent.width, extent.height, 1.0) * 1e-3
            padded = View(
                *(extent.west - least, extent.south - least, extent.east + least, extent.north + least)
            )
            show(self.ax, padded.grown(0.03))
        return self.ax


def frame(ax: Axes, style: MapStyle) -> None:
    """Make an Axes the panel of a map: a thin frame, no ticks, paper below."""
    ax.set(xticks=[], yticks=[], facecolor=style.paper)
    for spine in ax.spines.values():
        spine.set(linewidth=style.frame_pt_width, color=style.ink, zorder=Z["furniture"] + 1)


def present(geometry: Any) -> Any:
    """Return the geometries of a column that are neither missing nor empty."""
    every = np.asarray(geometry, dtype=object).ravel()
    return every[~(shapely.is_missing(every) | shapely.is_empty(every))]


def areas(geometry: Any) -> Any:
    """Return every polygon in an array of geometry."""
    parts = shapely.get_parts(shapely.get_parts(present(geometry)))
    return parts[shapely.get_dimensions(parts) == _AREA]


def lines(geometry: Any) -> Any:
    """Return every line in an array of geometry, the outlines of polygons among them."""
    parts = shapely.get_parts(shapely.get_parts(present(geometry)))
    flat = shapely.get_dimensions(parts) == _AREA
    rims = shapely.get_parts(shapely.boundary(parts[flat]))
    return np.concatenate([parts[shapely.get_dimensions(parts) == _LINE], rims])


def merged(geometry: Any) -> Any:
    """Return an array of geometry as long lines, joined end to end where just two meet."""
    every = lines(geometry)
    if len(every) == 0:
        return every
    return shapely.get_parts(shapely.line_merge(shapely.union_all(every)))


def area_path(geometry: Any) -> Path | None:
    """Return one path that fills all polygons of an array and leaves their holes open."""
    polygons = areas(geometry)
    if len(polygons) == 0:
        return None
    rings = shapely.get_rings(shapely.orient_polygons(polygons))
    points, ring = shapely.get_coordinates(rings, return_index=True)
    codes = np.full(len(points), Path.LINETO, dtype=Path.code_type)
    starts = np.flatnonzero(np.diff(ring, prepend=-1))
    codes[starts] = Path.MOVETO
    codes[np.append(starts[1:], len(points)) - 1] = Path.CLOSEPOLY
    return Path(points, codes)


def paint(patch: Patch, look: AreaStyle, style: MapStyle) -> Patch:
    """Give a patch the fill of a class of ground: no edge, a fine hatch."""
    patch.set(facecolor=look.face, edgecolor=look.ink, linewidth=0.0, hatch=look.hatch or None)
    set_width = getattr(patch, "set_hatch_linewidth", None)  # matplotlib before 3.10 has a global one only
    if set_width is not None:
        set_width(style.hatch_pt)
    return patch


def fill(
    ax: Axes, geometry: Any, look: AreaStyle, *, style: MapStyle, name: str, zorder: float
) -> PathPatch | None:
    """Fill ground with colour and hatch; the artist's gid is `name`. Nothing to fill: None."""
    path = area_path(geometry)
    if path is None:
        return None
    patch = PathPatch(path, zorder=zorder, gid=name)
    paint(patch, look, style)
    ax.add_artist(patch)  # add_patch would look for bulges, vertex by vertex
    ax.update_datalim(path.get_extents().get_points())
    return patch


def stroke(
    ax: Axes, geometry: Any, *, colour: str, width_pt: float, name: str, zorder: float, apart: bool = True,
    **kwargs: Any,
) -> LineCollection | None:  # fmt: skip
    """Draw lines or outlines; the artist's gid is `name`. Nothing to draw: None.

    Of lines that are not kept `apart` one path is made: many are drawn much faster so.
    """
    every = lines(geometry)
    if len(every) == 0:
        return None
    points, line = shapely.get_coordinates(every, return_index=True)
    starts = np.flatnonzero(np.diff(line)) + 1
    paths = np.split(points, starts) if apart else [np.insert(points, starts, np.nan, axis=0)]
    drawn = LineCollection(paths, colors=[colour], linewidths=[width_pt], zorder=zorder, gid=name, **kwargs)
    ax.add_collection(drawn, autolim=False)
    return drawn


def outline(ax: Axes, geometry: Any, name: str, style: MapStyle, **kwargs: Any) -> LineCollection | None:
    """Draw outlines in the look of a district, theatre, country (its gid is ``border``) or oblast."""
    colour, width_pt = getattr(style, f"{name}_edge"), getattr(style, f"{name}_pt_width")
    gid = "border" if name == "country" else name
    look: dict[str, Any] = {"colour": colour, "width_pt": width_pt, "zorder": Z[gid], **kwargs}
    return stroke(ax, geometry, name=gid, apart=False, **look)


def dots(ax: Axes, places: gpd.GeoDataFrame, size_pt: float, **look: Any) -> PathCollection:
    """Draw a disc at each point."""
    return ax.scatter(places.geometry.x.to_numpy(), places.geometry.y.to_numpy(), s=size_pt**2, **look)


def write(
    ax: Axes, text: str, xy: tuple[float, float], offset_pt: tuple[float, float], *, size_pt: float,
    name: str, style: MapStyle, **kwargs: Any,
) -> Annotation:  # fmt: skip
    """Write text as it stands on an Axes, off a point, with a halo; the artist's gid is `name`."""
    font = {key: kwargs.pop(key) for key in ("weight", "slant") if key in kwargs}
    font["slant"] = slant_of(style, text, **font)
    look: dict[str, Any] = {"ha": "left", "va": "bottom", "zorder": Z["label"], "path_effects": halo(style)}
    look |= plain(style, size_pt, **font) | kwargs
    return ax.annotate(text, xy, xytext=offset_pt, textcoords="offset points", gid=name, **look)


def dash(width_pt: float, *on_off_pt: float, offset_pt: float = 0.0) -> tuple[float, tuple[float, ...]]:
    """Return a dash pattern given in points, for a line of a width to which matplotlib scales its dashes."""
    scale = width_pt if plt.rcParams["lines.scale_dashes"] else 1.0
    return offset_pt / scale, tuple(v / scale for v in on_off_pt)


def days_of(column: Iterable[Any]) -> pd.Series[Any]:
    """Return a column of dates as days."""
    return pd.to_datetime(pd.Series(column)).dt.normalize()
