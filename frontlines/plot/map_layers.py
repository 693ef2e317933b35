"""The base map on any Axes: districts, settlements, countries and old outlines, with their names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from shapely.geometry.base import BaseGeometry

from frontlines.arguments import checked
from frontlines.crs import require_working_crs
from frontlines.names import CONTESTED, RESERVED, UNKNOWN
from frontlines.plot.artists import Stage, Z, areas, dash, dots, fill, merged, outline, paint, stroke
from frontlines.plot.furniture import Entry
from frontlines.plot.labels import Label, place_labels
from frontlines.plot.style import DEFAULT_STYLE, AreaStyle, MapStyle, mix, side_looks, side_styles
from frontlines.plot.text import clean

_RING = 1.7  # size of the ring of a place that changed hands, in dots of a town
_MANY_RINGS = 100
CLASSES = ("rest", "unknown", "others", "held", "lost", "gained")


@checked(control="polygons side")
def draw_control(
    control: gpd.GeoDataFrame,
    *,
    ax: Axes | None = None,
    sides: Iterable[str] = (),
    style: MapStyle = DEFAULT_STYLE,
) -> Axes:
    """Draw who holds which ground.

    Parameters
    ----------
    control
        Frame with `side` and polygons, of one date, in the working CRS.
    ax
        The Axes; a new one if None.
    sides
        All sides of the study, so that maps of several dates give a side the same colour even when some side
        is missing from one of them.
    style
        The style.

    Returns
    -------
    Axes
        The Axes; each side is one patch whose gid is ``side:`` and its name.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> import shapely
    >>> squares = shapely.box([0, 1], [0, 0], [1, 2], [1, 1])
    >>> frame = gpd.GeoDataFrame({"side": ["a", "b"]}, geometry=squares, crs=3035)
    >>> ax = draw_control(frame, ax=Figure().add_subplot())
    >>> [patch.get_gid() for patch in ax.patches]
    ['side:a', 'side:b']
    """
    require_working_crs(control=control)
    stage = Stage(ax, style)
    looks = side_styles([*control["side"], *sides], style)
    for side, rows in control.groupby("side", sort=True):
        fill(stage.ax, rows.geometry, looks[str(side)], style=style, name=f"side:{side}", zorder=Z["ground"])
    return stage.settle(control.geometry)


@checked(change="polygons side_from side_to")
def draw_change(
    change: gpd.GeoDataFrame,
    side: str | None = None,
    *,
    ax: Axes | None = None,
    sides: Iterable[str] = (),
    style: MapStyle = DEFAULT_STYLE,
) -> Axes:
    """Draw the ground that a side gained, lost and held, or who holds which ground and held it before.

    Parameters
    ----------
    change
        Frame with `side_from`, `side_to` and polygons, in the working CRS.
    side
        The side whose gains are positive. None: ground has the colour of the side that holds it at the later
        date; where that side held it not before, stripes have the colour of the side that did.
    ax
        The Axes; a new one if None.
    sides
        All sides of the study, as in `draw_control`; of use without `side`.
    style
        The style.

    Returns
    -------
    Axes
        The Axes. With `side`, each class is one patch whose gid is its name: ``gained``, ``lost``,
        ``held``, ``others`` (changed hands between others), ``unknown`` (not known at one of the dates),
        ``rest`` (held by others throughout), and over them ``contested`` (contested at the later date).
        Without it, gids are ``side:`` and the name of the side that holds the ground, and ``from:`` and
        that of the one before.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> import shapely
    >>> squares = shapely.box([0, 1], [0, 0], [1, 2], [1, 1])
    >>> sides = {"side_from": ["a", "b"], "side_to": ["a", "a"]}
    >>> frame = gpd.GeoDataFrame(sides, geometry=squares, crs=3035)
    >>> ax = draw_change(frame, "a", ax=Figure().add_subplot())
    >>> [patch.get_gid() for patch in ax.patches]
    ['held', 'gained']
    """
    require_working_crs(change=change)
    stage = Stage(ax, style)
    if side is None:
        _fill_by_side(
            stage.ax, change, side_looks([*change["side_from"], *change["side_to"], *sides], style), style
        )
        return stage.settle(change.geometry)
    kinds = change_classes(change, side)
    for kind in CLASSES:
        look: AreaStyle = getattr(style, kind)
        ground = change.geometry[kinds == kind]
        fill(stage.ax, ground, look, style=style, name=kind, zorder=Z["ground"])
    disputed = change.geometry[(change["side_to"] == CONTESTED).to_numpy()]
    over = style.contested()
    fill(stage.ax, disputed, over, style=style, name=CONTESTED, zorder=Z["mark"])
    return stage.settle(change.geometry)


def _fill_by_side(
    ax: Axes, change: gpd.GeoDataFrame, looks: Mapping[str, AreaStyle], style: MapStyle
) -> None:
    """Fill ground with the colour of its side, and stripes of the side before where that is another."""
    moved = change[(change["side_from"] != change["side_to"]).to_numpy()]
    for side, rows in change.groupby("side_to", sort=True):
        fill(ax, rows.geometry, looks[str(side)], style=style, name=f"side:{side}", zorder=Z["ground"])
    for side, rows in moved.groupby("side_from", sort=True):
        stripes, broad = striped(looks[str(side)], style)
        fill(ax, rows.geometry, stripes, style=broad, name=f"from:{side}", zorder=Z["mark"])
    rim, width = style.stripe_rim, style.district_pt_width
    stroke(ax, moved.geometry, colour=rim, width_pt=width, name="moved", zorder=Z["mark"])


def striped(look: AreaStyle, style: MapStyle) -> tuple[AreaStyle, MapStyle]:
    """Give stripes in the colour of a side, to lie over another's, and the style that draws them broad."""
    return AreaStyle("none", style.stripe_hatch, look.face), replace(style, hatch_pt=style.stripe_pt)


def side_name(side: str, sides: Mapping[str, str]) -> str:
    """Return what to call a side on maps and charts."""
    return sides.get(side, side.capitalize() if side in RESERVED else side)


def side_labels(change: gpd.GeoDataFrame, names: Mapping[str, str], style: MapStyle) -> list[Label]:
    """Return the names of sides to be placed, each on its largest piece of ground at the later date."""
    looks = side_looks(names, style)
    found = []
    for side, rows in change.groupby("side_to", sort=True):
        pieces = areas([shapely.union_all(rows.geometry.to_numpy())])
        if side in names and side not in RESERVED and len(pieces):
            largest = pieces[int(np.argmax(shapely.area(pieces)))]
            colour = mix(looks[str(side)].face, style.ink, 0.75)
            look: dict[str, Any] = {"size_pt": style.country_pt, "colour": colour, "weight": "bold"}
            found.append(Label(text=names[str(side)], area=largest, **look))
    return found


def side_entries(
    drawn: Collection[str], held: Mapping[str, str], sides: Iterable[str], style: MapStyle
) -> list[Entry]:
    """Return the entries of a legend for what `draw_change` drew without a side.

    `held` says of each side what to write, `sides` are all of the study.
    """
    looks = side_looks(sides, style)
    out: list[Entry] = []
    for side, look in looks.items():
        if {f"side:{side}", f"from:{side}"} & set(drawn):
            swatch = paint(Patch(), look, style)
            swatch.set(linewidth=0.4, edgecolor=style.contested_ink if look.hatch else style.district_edge)
            out.append((held.get(side, clean(side)), swatch))
    if before := [side for side in looks if f"from:{side}" in drawn]:
        after = next((side for side in looks if side != before[0] and f"side:{side}" in drawn), before[0])
        stripes, broad = striped(looks[before[0]], style)
        text = "Changed hands: stripes have the colour of the side before"
        out.append((text, (paint(Patch(), looks[after], style), paint(Patch(), stripes, broad))))
    return out


def change_classes(change: pd.DataFrame, side: str) -> Any:
    """Return for every row of a change frame the class of ground it is, seen from a side."""
    before, after = change["side_from"].to_numpy(dtype=object), change["side_to"].to_numpy(dtype=object)
    was, now = before == side, after == side
    not_known = (before == UNKNOWN) | (after == UNKNOWN)
    cases = [was & now, was, now, not_known, before != after]
    return np.select(cases, ["held", "lost", "gained", UNKNOWN, "others"], default="rest").astype(object)


def ground_entries(
    drawn: Collection[str], side: str, sides: Mapping[str, str], style: MapStyle
) -> list[Entry]:
    """Return the entries of a legend for what `draw_change` drew; `drawn` are the gids of its artists."""
    name = sides.get(side, side)
    rivals = sorted(sides.get(s, s) for s in sides if s not in (side, CONTESTED, UNKNOWN))
    other = rivals[0] if len(rivals) == 1 else "Other sides"
    texts = {
        "gained": f"{name}: gained",
        "lost": f"{name}: lost",
        "held": f"{name}: held on both dates",
        "others": "Changed hands between other sides",
        "rest": f"{other}: held on both dates",
        UNKNOWN: "Not known on one of the dates",
    }
    out: list[Entry] = []
    for kind, text in texts.items():
        if kind in drawn:
            swatch = paint(Patch(), getattr(style, kind), style)
            if kind in ("rest", UNKNOWN):
                swatch.set(linewidth=0.4, edgecolor=style.district_edge)
            out.append((text, swatch))
    if "no-district" in drawn:
        out.append((f"{name}: in no district, not counted", paint(Patch(), style.no_district, style)))
    if CONTESTED in drawn:
        out.append(("Contested at the later date", paint(Patch(), style.contested(style.paper), style)))
    return out


_HOME = 0.05  # a country with more than this share of the theatre is no neighbour


@checked()
def draw_districts(
    districts: gpd.GeoDataFrame,
    *,
    ax: Axes | None = None,
    label: bool = True,
    weight: Mapping[Any, float] | None = None,
    most: int | None = None,
    style: MapStyle = DEFAULT_STYLE,
) -> Axes:
    """Draw the outlines of districts, and their names where there is room.

    Parameters
    ----------
    districts
        Frame with `district` and polygons, in the working CRS. If it has a column `label`, that is written.
    ax
        The Axes; a new one if None.
    label
        Whether to write the names.
    weight
        District to importance; the more important are named first. None: the larger are.
    most
        Write no more names than this.
    style
        The style.

    Returns
    -------
    Axes
        The Axes; the gid of the outlines is ``district``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> frame = gpd.GeoDataFrame({"district": ["West"]}, geometry=[box(0, 0, 9e4, 9e4)], crs="EPSG:3035")
    >>> [text.get_text() for text in draw_districts(frame).texts]
    ['West']
    """
    require_working_crs(districts=districts)
    stage = Stage(ax, style)
    outline(stage.ax, districts.geometry, "district", style)
    stage.settle(districts.geometry)
    if label:
        place_labels(stage.ax, district_labels(districts, weight=weight, style=style)[:most], style=style)
    return stage.ax


def district_labels(
    districts: gpd.GeoDataFrame, *, weight: Mapping[Any, float] | None = None, style: MapStyle = DEFAULT_STYLE
) -> list[Label]:
    """Return the names of districts to be placed, the most important first."""
    texts = districts["label"] if "label" in districts else districts["district"]
    size = districts.geometry.area.to_numpy()
    largest = max(float(size.max()), 1.0) if len(size) else 1.0
    drawn = [
        Label(
            text=str(text),
            area=shape,
            priority=float((weight or {}).get(name, 0.0)) + float(area) / largest * 1e-3,
            size_pt=style.district_pt,
            colour=style.district_text,
            slant="italic",
        )
        for text, name, shape, area in zip(
            texts, districts["district"], districts.geometry, size, strict=True
        )
        if shape is not None and not shape.is_empty
    ]
    return sorted(drawn, key=lambda b: (-b.priority, b.text))


@checked()
def draw_settlements(
    settlements: gpd.GeoDataFrame,
    *,
    ax: Axes | None = None,
    names: Collection[str] | None = None,
    label: bool = True,
    style: MapStyle = DEFAULT_STYLE,
) -> Axes:
    """Draw settlements as dots, with their names where there is room.

    Parameters
    ----------
    settlements
        Frame with `name` and points, in the working CRS; rows without a point are left out, and a place that
        has several rows is drawn once.
    ax
        The Axes; a new one if None.
    names
        The places to draw, the most important first; None draws all.
    label
        Whether to write the names.
    style
        The style.

    Returns
    -------
    Axes
        The Axes; the gid of the dots is ``town``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import Point
    >>> frame = gpd.GeoDataFrame({"name": ["Ağdam"]}, geometry=[Point(0, 0)], crs="EPSG:3035")
    >>> [text.get_text() for text in draw_settlements(frame).texts]
    ['Ağdam']
    """
    require_working_crs(settlements=settlements)
    stage = Stage(ax, style)
    towns = pick_settlements(settlements, names)
    if len(towns):
        look = {"c": style.ink, "edgecolors": style.paper, "linewidths": 0.4, "zorder": Z["town"]}
        dots(stage.ax, towns, style.town_pt_size, gid="town", **look)
    stage.settle(towns.geometry)
    if label:
        place_labels(stage.ax, town_labels(towns, style=style), style=style)
    return stage.ax


def pick_settlements(settlements: gpd.GeoDataFrame, names: Collection[str] | None = None) -> gpd.GeoDataFrame:
    """Return the settlements that have a point, each place once, those of `names` in that order."""
    points = settlements.geometry.to_numpy()
    found = settlements[~(shapely.is_missing(points) | shapely.is_empty(points))]
    if names is None:
        return found.loc[~found["name"].duplicated().to_numpy()]
    order = {name: i for i, name in reversed(list(enumerate(names)))}
    found = found[found["name"].isin(order).to_numpy()]
    found = found.loc[~found["name"].duplicated().to_numpy()]
    return found.iloc[np.argsort([order[n] for n in found["name"]], kind="stable")]


def mark_places(ax: Axes, places: gpd.GeoDataFrame, style: MapStyle) -> PathCollection | None:
    """Draw a ring at each place that changed hands, smaller ones where there are very many."""
    if places.empty:
        return None
    size = style.town_pt_size * _RING * min(1.0, np.sqrt(_MANY_RINGS / len(places)))
    look = {"facecolors": style.paper, "edgecolors": style.ink, "linewidths": size / _RING / 3}
    return dots(ax, places, size, zorder=Z["town"] - 0.1, gid="changed", **look)


def ring_pt(style: MapStyle) -> float:
    """Return how far a name keeps off a place that changed hands, for its ring [pt]."""
    return style.town_pt_size * _RING / 2 + 0.9


def town_labels(towns: gpd.GeoDataFrame, *, style: MapStyle = DEFAULT_STYLE) -> list[Label]:
    """Return the names of settlements to be placed, in the order of the rows."""
    return [
        Label(
            text=str(name),
            x=float(point.x),
            y=float(point.y),
            priority=float(len(towns) - i),
            size_pt=style.town_pt,
            clear_pt=style.town_pt_size / 2 + 0.9,
            colour=style.town_text,
        )
        for i, (name, point) in enumerate(zip(towns["name"], towns.geometry, strict=True))
    ]


@checked()
def draw_context(
    context: gpd.GeoDataFrame,
    *,
    ax: Axes | None = None,
    label: bool = True,
    aside: BaseGeometry | None = None,
    style: MapStyle = DEFAULT_STYLE,
) -> Axes:
    """Draw the base map: countries in grey with their names, and old outlines dashed.

    Parameters
    ----------
    context
        Frame with `kind` (``country`` or ``oblast``), `name` and geometry, in the working CRS.
    ax
        The Axes; a new one if None.
    label
        Whether to write the names of the countries.
    aside
        The theatre: no country's name is set in it, and countries that share its ground are drawn lighter.
    style
        The style.

    Returns
    -------
    Axes
        The Axes; gids are ``country``, ``border`` and ``oblast``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> frame = gpd.GeoDataFrame(
    ...     {"kind": ["country"], "name": ["Iran"]}, geometry=[box(0, 0, 9e4, 9e4)], crs="EPSG:3035")
    >>> [text.get_text() for text in draw_context(frame).texts]
    ['Iran']
    """
    require_working_crs(context=context)
    stage = Stage(ax, style)
    countries = context[(context["kind"] == "country").to_numpy()]
    oblast = context[(context["kind"] == "oblast").to_numpy()]
    shapes = shapely.make_valid(countries.geometry.to_numpy())
    home = (
        shapely.area(shapely.intersection(shapes, aside)) > _HOME * aside.area if aside is not None else None
    )
    grey = shapes if home is None else shapes[~home]
    under: dict[str, Any] = {"style": style, "zorder": Z["context"]}
    fill(stage.ax, grey, AreaStyle(style.country_face), name="country", **under)
    if home is not None:
        fill(stage.ax, shapes[home], AreaStyle(style.home_face), name="home", **under)
    outline(stage.ax, countries.geometry, "country", style)
    dashes = dash(style.oblast_pt_width, *style.oblast_dash)
    outline(stage.ax, merged(oblast.geometry), "oblast", style, linestyles=[dashes], capstyle="butt")
    stage.settle(context.geometry)
    if label:
        place_labels(stage.ax, country_labels(countries, aside=aside, style=style), style=style)
    return stage.ax


def country_labels(
    countries: gpd.GeoDataFrame, *, aside: Any = None, style: MapStyle = DEFAULT_STYLE
) -> list[Label]:
    """Return the names of countries to be placed, off the ground of `aside`."""
    found = []
    look: dict[str, Any] = {"size_pt": style.country_pt, "colour": style.country_text, "weight": "bold"}
    for name, shape in zip(countries["name"], countries.geometry, strict=True):
        if shape is None or shape.is_empty or name is None or pd.isna(name):
            continue
        whole = shapely.make_valid(shape)
        free = whole if aside is None else shapely.difference(whole, aside)
        found.append(Label(text=str(name), area=free, priority=float(free.area) * 1e-12, inside=0.9, **look))
    return found


def base_entries(drawn: Collection[str], oblast: str, style: MapStyle) -> list[Entry]:
    """Return the entries of a legend for the base map; `oblast` is what old outlines are called."""

    def line(colour: str, width: float, **kwargs: object) -> Line2D:
        return Line2D([], [], color=colour, linewidth=width, **kwargs)  # type: ignore[arg-type]

    dashes = dash(style.oblast_pt_width, *style.oblast_dash)

    def disc(size_pt: float, face: str, edge: str, rim_pt: float) -> Line2D:
        look: dict[str, Any] = {"markerfacecolor": face, "markeredgecolor": edge, "markeredgewidth": rim_pt}
        return Line2D([], [], color="none", marker="o", markersize=size_pt, **look)

    dot = disc(style.town_pt_size * 1.2, style.ink, style.paper, 0.3)
    ring = disc(style.town_pt_size * _RING, style.paper, style.ink, style.town_pt_size / 3)
    every: dict[str, Entry] = {
        "district": ("District boundary", line(style.district_edge, style.district_pt_width * 1.6)),
        "theatre": ("Limit of the study area", line(style.theatre_edge, style.theatre_pt_width)),
        "oblast": (oblast, line(style.oblast_edge, style.oblast_pt_width, linestyle=dashes)),
        "border": ("State border", line(style.country_edge, style.country_pt_width)),
        "town": ("Town or village", dot),
        "changed": ("Place that changed hands", ring),
    }
    return [entry for gid, entry in every.items() if gid in drawn]
