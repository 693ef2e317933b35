"""The base map on any Axes: districts, settlements, countries and old outlines, with their names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
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
from frontlines.crs.working import require_working_crs
from frontlines.names import CONTESTED, RESERVED, UNKNOWN, counted
from frontlines.plot.artists import Stage, Z, areas, dash, dots, fill, merged, outline, paint, stroke
from frontlines.plot.furniture import Beside, Entry
from frontlines.plot.labels import Label, place_labels
from frontlines.plot.style import (
    DEFAULT_STYLE,
    AreaStyle,
    MapStyle,
    kept_look,
    mix,
    moved_look,
    side_looks,
    side_name,
    side_styles,
)
from frontlines.plot.words import clean, led

_RING = 1.7  # size of the ring of a place that changed hands, in dots of a town
_MANY_RINGS = 100


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
    """Draw who holds which ground, and which of it changed hands.

    Parameters
    ----------
    change
        Frame with `side_from`, `side_to` and polygons, in the working CRS.
    side
        The side whose gains are positive; None: none.
    ax
        The Axes; a new one if None.
    sides
        All sides of the study, as in `draw_control`.
    style
        The style.

    Returns
    -------
    Axes
        The Axes. Ground that a side held on both dates is pale; its gid is ``side:`` and the side. Ground
        that changed hands has the dark tone of the side that has it now. With `side`, the hatch says which
        way, and gids are ``gained:``, ``lost:``, ``others:`` (between others) or ``unknown:`` (not known at
        one of the dates) and the side that has it now, and over them ``contested``. Without it, stripes in
        the pale tone of the side before say from whom, and gids are ``from:``, that side, and the one now.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> import shapely
    >>> squares = shapely.box([0, 1], [0, 0], [1, 2], [1, 1])
    >>> sides = {"side_from": ["a", "b"], "side_to": ["a", "a"]}
    >>> frame = gpd.GeoDataFrame(sides, geometry=squares, crs=3035)
    >>> ax = draw_change(frame, "a", ax=Figure().add_subplot())
    >>> [patch.get_gid() for patch in ax.patches]
    ['side:a', 'gained:a']
    """
    require_working_crs(change=change)
    stage = Stage(ax, style)
    looks = side_looks([*change["side_from"], *change["side_to"], *sides], style)
    moved = (change["side_from"] != change["side_to"]).to_numpy()
    for holder, rows in change[~moved].groupby("side_to", sort=True):
        look = kept_look(looks[str(holder)])
        fill(stage.ax, rows.geometry, look, style=style, name=f"side:{holder}", zorder=Z["ground"])
    by = change_classes(change[moved], side) if side is not None else change["side_from"][moved].to_numpy()
    for (after, kind), rows in change[moved].groupby([change["side_to"][moved], by], sort=True):
        look, broad = moved_look(looks, after, kind, style, striped=side is None)
        name = f"from:{kind}:{after}" if side is None else f"{kind}:{after}"
        fill(stage.ax, rows.geometry, look, style=broad, name=name, zorder=Z["mark"])
    if side is None:
        rim, width = style.stripe_rim, style.district_pt_width
        stroke(stage.ax, change.geometry[moved], colour=rim, width_pt=width, name="moved", zorder=Z["mark"])
    disputed = change.geometry[moved & (change["side_to"] == CONTESTED).to_numpy()]
    if side is not None:
        over = style.contested()
        fill(stage.ax, disputed, over, style=style, name=CONTESTED, zorder=Z["mark"])
    return stage.settle(change.geometry)


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
    drawn: Collection[str], held: Mapping[str, str], sides: Iterable[str], style: MapStyle, *,
    named: Collection[str],
) -> list[Entry]:  # fmt: skip
    """Return the entries of a legend for what `draw_change` drew without a side.

    `held` says of each side what to write, `sides` are all of the study. Sides that are not
    `named` share one.
    """
    looks = side_looks(sides, style)
    moved = sorted(gid.split(":")[1:] for gid in drawn if gid.startswith("from:"))
    seen = {gid.removeprefix("side:") for gid in drawn} | {side for pair in moved for side in pair}
    swatches = {side: _swatch(kept_look(look), style) for side, look in looks.items() if side in seen}
    texts = {side: held.get(side, led(clean(side))) for side in swatches}
    out = _of_sides(texts, swatches, named)
    if moved:
        before, after = moved[0]
        look, broad = moved_look(looks, after, before, style, striped=True)
        text = "Changed hands: dark, with stripes in the colour of the side before"
        out.append((text, _swatch(look, broad)))
    return out


def _of_sides(texts: Mapping[str, str], swatches: Mapping[str, Patch], named: Collection[str]) -> list[Entry]:
    """Return an entry for each side that is named, and one for the others together."""
    own = [side for side in swatches if side in named or side in RESERVED]
    rest = [side for side in swatches if side not in own]
    out: list[Entry] = [(texts[side], swatches[side]) for side in own]
    if rest:
        out.append((counted(len(rest), "more side"), Beside([swatches[side] for side in rest][:_BESIDE])))
    return out


def _swatch(look: AreaStyle, style: MapStyle) -> Patch:
    """Make the patch of a legend, with a fine edge."""
    patch = paint(Patch(), look, style)
    if look.hatch:  # matplotlib draws edge and hatch in one colour
        return patch
    patch.set(linewidth=0.4, edgecolor=style.district_edge)
    return patch


def change_classes(change: pd.DataFrame, side: str) -> Any:
    """Return for every row of a change frame the class of ground it is, seen from a side."""
    before, after = change["side_from"].to_numpy(dtype=object), change["side_to"].to_numpy(dtype=object)
    was, now = before == side, after == side
    not_known = (before == UNKNOWN) | (after == UNKNOWN)
    cases = [was & now, was, now, not_known, before != after]
    return np.select(cases, ["held", "lost", "gained", UNKNOWN, "others"], default="rest").astype(object)


def ground_entries(
    drawn: Collection[str], side: str, names: Mapping[str, str], every: Iterable[str], style: MapStyle, *,
    unseen: Mapping[str, str], named: Collection[str],
) -> list[Entry]:  # fmt: skip
    """Return the entries of a legend for what `draw_change` drew of a side; `every` are the study's sides.

    Sides that are not `named` share one entry. `unseen` says how much ground of a class
    there is, where all of it is too small for the scale.
    """
    looks = side_looks([side, *every], style)
    who = led(clean(side_name(side, names)))
    texts = {
        "gained": f"{who}: gained",
        "lost": f"{who}: lost",
        "others": "Changed hands between other sides",
    }
    texts |= {UNKNOWN: "Changed hands, not known on one of the dates"}
    out: list[Entry] = []
    for kind, text in texts.items():
        after = [one for one in looks if f"{kind}:{one}" in drawn]
        if after:
            swatches = [
                _swatch(moved_look(looks, one, kind, style, striped=False)[0], style) for one in after
            ]
            small = f" ({unseen[kind]}, too small to see)" if kind in unseen else ""
            out.append((text + small, Beside(swatches[:_BESIDE])))
    kept = [one for one in looks if f"side:{one}" in drawn]
    kept.sort(key=lambda one: (one != side, one in RESERVED))
    texts = {
        one: f"{led(clean(side_name(one, names)))}: {'held ' * (one not in RESERVED)}on both dates"
        for one in kept
    }
    out += _of_sides(texts, {one: _swatch(kept_look(looks[one]), style) for one in kept}, named)
    if CONTESTED in drawn:
        out.append(("Contested at the later date", paint(Patch(), style.contested(style.paper), style)))
    return out


_BESIDE = 3  # swatches in one entry of a legend at most


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


@checked(context="any kind")
def draw_context(
    context: gpd.GeoDataFrame,
    *,
    ax: Axes | None = None,
    label: bool = True,
    aside: BaseGeometry | None = None,
    style: MapStyle = DEFAULT_STYLE,
) -> Axes:
    """Draw the base map: countries in grey with their names, the sea beside them, and old outlines dashed.

    Parameters
    ----------
    context
        Frame with `kind` (``country``, ``land``: without borders, ``sea``, or ``oblast``), `name` and
        geometry, in the working CRS.
    ax
        The Axes; a new one if None.
    label
        Whether to write the names of the countries.
    aside
        The theatre: no country's name is set in it.
    style
        The style.

    Returns
    -------
    Axes
        The Axes; gids are ``sea``, ``country``, ``border`` and ``oblast``.

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
    kinds = context["kind"].to_numpy()
    countries, oblast = context[kinds == "country"], context[kinds == "oblast"]
    land = context[np.isin(kinds, ["country", "land"])]
    sea, look = AreaStyle(style.sea_face), AreaStyle(style.country_face)
    fill(stage.ax, context.geometry[kinds == "sea"], sea, name="sea", style=style, zorder=Z["context"] - 0.1)
    fill(
        stage.ax,
        shapely.make_valid(land.geometry.to_numpy()),
        look,
        name="country",
        style=style,
        zorder=Z["context"],
    )
    at = (
        Z["context"] + 0.1 if "sea" in kinds else Z["border"]
    )  # a coarse layer is under the theatre's own ground
    look_of_borders: dict[str, Any] = {"colour": style.country_edge, "width_pt": style.country_pt_width}
    stroke(stage.ax, countries.geometry, name="border", zorder=at, apart=False, **look_of_borders)
    dashes = dash(style.oblast_pt_width, *style.oblast_dash)
    outline(stage.ax, merged(oblast.geometry), "oblast", style, linestyles=[dashes], capstyle="butt")
    stage.settle(context.geometry)
    if label and "name" in context:
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
        "bare": ("Covered by no polygon along the edge", paint(Patch(), style.bare, style)),
        "no-district": ("In no district, not counted", paint(Patch(), style.hole, style)),
        "district": ("District boundary", line(style.district_edge, style.district_pt_width * 1.6)),
        "theatre": ("Limit of the study area", line(style.theatre_edge, style.theatre_pt_width)),
        "oblast": (oblast, line(style.oblast_edge, style.oblast_pt_width, linestyle=dashes)),
        "border": ("State border or coast", line(style.country_edge, style.country_pt_width)),
        "town": ("Town or village", dot),
        "changed": ("Place that changed hands", ring),
    }
    return [entry for gid, entry in every.items() if gid in drawn]
