"""One panel of the figure: its ground, its furniture and its names."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.patches import Rectangle

from frontlines.plot.base import (
    country_labels,
    district_labels,
    draw_context,
    draw_districts,
    draw_settlements,
    pick_settlements,
    town_labels,
)
from frontlines.plot.fronts import draw_frontlines
from frontlines.plot.furniture import draw_north_arrow, draw_scale_bar, emptiest_corners
from frontlines.plot.graticule import draw_graticule_ticks
from frontlines.plot.ground import draw_change
from frontlines.plot.labels import Label, place_labels
from frontlines.plot.lettering import halo, plain
from frontlines.plot.scene import Scene
from frontlines.plot.shapes import View, Z, lines, metres_per_pt, rule, view_of
from frontlines.plot.style import MM_PER_INCH, PT_PER_INCH

_CORNER_MM = (34.0, 9.0)
_MOST_DISTRICTS = 60
_COUNTRY, _TOWN, _DISTRICT = 3e6, 2e6, 1e6


@dataclass(frozen=True)
class Panel:
    """One panel of the figure.

    Parameters
    ----------
    ax
        Its Axes.
    view
        The ground that it has to show at least.
    letter
        What it is called.
    towns
        The settlements to show.
    """

    ax: Axes
    view: View
    letter: str
    towns: tuple[str, ...]


def draw_ground(panel: Panel, scene: Scene) -> None:
    """Draw all that is not text; the extent stays as it was set."""
    ax, study, style = panel.ax, scene.study, scene.style
    if study.context is not None:
        draw_context(study.context, ax=ax, label=False, aside=scene.theatre, style=style)
    draw_change(scene.results.change, study.side, ax=ax, style=style)
    draw_districts(study.districts, ax=ax, label=False, style=style)
    edge, width = style.theatre_edge, style.theatre_pt_width
    rule(ax, [scene.theatre], colour=edge, width_pt=width, name="theatre", zorder=Z["theatre"])
    draw_frontlines(scene.results.frontlines, ax=ax, within=scene.theatre, style=style)
    if study.settlements is not None:
        draw_settlements(study.settlements, ax=ax, names=panel.towns, label=False, style=style)


def mark_view(ax: Axes, seen: View, letter: str, scene: Scene) -> None:
    """Draw the frame of what another panel shows, with that panel's letter."""
    style = scene.style
    frame = Rectangle((seen.west, seen.south), seen.width, seen.height, fill=False, gid="zoom-frame")
    frame.set(edgecolor=style.ink, linewidth=style.zoom_pt_width, zorder=Z["frame"])
    ax.add_patch(frame)
    ax.annotate(
        letter,
        xy=(seen.east, seen.north),
        xytext=(-2.5, -2.5),
        textcoords="offset points",
        ha="right",
        va="top",
        path_effects=halo(style),
        zorder=Z["label"],
        gid="zoom-letter",
        **plain(style, style.heading_pt, weight="bold"),
    )


def furnish(panel: Panel, inset: View | None, scene: Scene) -> None:
    """Put scale bar and north arrow in the emptiest corners, and degrees along the frame."""
    ax, style = panel.ax, scene.style
    view = view_of(ax)
    busy = [scene.fronts, shapely.union_all(scene.moved), shapely.boundary(scene.theatre)]
    busy += [] if inset is None else [inset.box()]
    if scene.study.context is not None:
        busy += list(shapely.intersection(lines(scene.study.context.geometry), view.box()))
    metres_per_mm = metres_per_pt(ax) * PT_PER_INCH / MM_PER_INCH
    width, height = (v * metres_per_mm for v in _CORNER_MM)
    corners = emptiest_corners(view, busy, width_m=width, height_m=height)
    (bar, bar_busy), (arrow, arrow_busy) = corners[:2]
    draw_scale_bar(ax, loc=bar, boxed=bar_busy > 0, style=style)
    draw_north_arrow(ax, scene.study.crs, loc=arrow, boxed=arrow_busy > 0, style=style)
    draw_graticule_ticks(ax, scene.study.crs, style=style)


def write_names(panel: Panel, inset: View | None, scene: Scene) -> None:
    """Set the names of countries, towns and districts; a town whose name finds no room loses its dot."""
    study, style = scene.study, scene.style
    found: list[Label] = []
    if study.context is not None:
        countries = study.context[(study.context["kind"] == "country").to_numpy()]
        found += _raised(country_labels(countries, aside=scene.theatre, style=style), _COUNTRY)
    towns: list[Label] = []
    if study.settlements is not None:
        towns = _raised(town_labels(pick_settlements(study.settlements, panel.towns), style=style), _TOWN)
    found += [*towns, *_district_names(panel, scene)]
    rim = [] if inset is None else [shapely.buffer(shapely.boundary(inset.box()), metres_per_pt(panel.ax))]
    spare = shapely.union_all([*scene.moved, *rim])
    placed = place_labels(panel.ax, found, avoid=scene.fronts, spare=spare, style=style)
    _drop_dots(panel.ax, towns, placed.left_out)


def _drop_dots(ax: Axes, towns: list[Label], left_out: list[Label]) -> None:
    """Take away the dots of towns whose name is not written: a reader could not tell what they are."""
    kept = [i for i, town in enumerate(towns) if town not in left_out]
    for dots in ax.collections:
        if isinstance(dots, PathCollection) and dots.get_gid() == "town":
            dots.set_offsets(np.asarray(dots.get_offsets())[kept])


def _district_names(panel: Panel, scene: Scene) -> list[Label]:
    """Return the names of districts; of very many only those with changed ground."""
    balance = scene.results.balance
    of_side = balance[(balance["side"] == scene.study.side).to_numpy()]
    turnover = (of_side["gained_km2"] + of_side["lost_km2"]).groupby(of_side["district"]).sum()
    districts = scene.study.districts
    shown = districts[districts.intersects(view_of(panel.ax).box()).to_numpy()]
    every = _raised(district_labels(shown, weight=turnover.to_dict(), style=scene.style), _DISTRICT)
    if len(every) <= _MOST_DISTRICTS:
        return every
    moved = [name for name in every if turnover.max() > 0 and name.priority > _DISTRICT + 1.0]
    return (moved or every)[:_MOST_DISTRICTS]


def _raised(names: list[Label], by: float) -> list[Label]:
    return [replace(name, priority=name.priority + by) for name in names]
