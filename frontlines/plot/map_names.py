"""The names on a panel of the map of a study: states, sides, towns and districts."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection

from frontlines.plot.artists import View, areas, coarse, view_of
from frontlines.plot.labels import Label, place_labels
from frontlines.plot.map_layers import district_labels, pick_settlements, ring_pt, side_labels, town_labels
from frontlines.plot.map_page import rims_of
from frontlines.plot.scene import Panel, Scene, changed_places
from frontlines.plot.style import side_name
from frontlines.plot.words import clean

_MOST_DISTRICTS = 60
_SIDE, _COUNTRY, _TOWN, _DISTRICT = 4e6, 3e6, 2e6, 1e6  # how much the names of each kind matter


def write_names(panel: Panel, insets: list[View], scene: Scene) -> None:
    """Set names of states, of towns and of districts; a town whose name finds no room loses its dot."""
    ax, districts = panel.ax, panel.districts
    filled = shapely.polygons(shapely.get_exterior_ring(panel.theatre))  # no state is named in its holes
    aside = shapely.union_all(shapely.make_valid([*filled, *panel.outside]))
    study, style = scene.study, scene.style
    found: list[Label] = []
    found += _raised(scene.about.labels(ax, aside, style), _COUNTRY)
    towns: list[Label] = []
    if study.settlements is not None:
        named = pick_settlements(study.settlements, panel.towns)
        ringed = named.geometry.isin(changed_places(study.settlements, scene.moved).geometry)
        towns = [
            replace(name, clear_pt=ring_pt(style) if in_ring else name.clear_pt)
            for name, in_ring in zip(town_labels(named, style=style), ringed, strict=True)
        ]
        towns = _raised(towns, _TOWN)
    if len(study.followed) > 1:
        names = {side: clean(side_name(side, study.sides)) for side in study.every_side}
        found += _raised(side_labels(scene.results.change, names, style), _SIDE)
    seen = districts[districts.intersects(view_of(ax).box()).to_numpy()]
    found += [*towns, *_district_names(seen, scene)]
    spare, rims = shapely.multipolygons(areas(coarse(scene.moved, ax))), rims_of(ax, insets)
    placed = place_labels(ax, found, obstacles=rims, avoid=scene.fronts, spare=spare, style=style)
    _drop_dots(ax, towns, placed.left_out)


def _drop_dots(ax: Axes, towns: list[Label], left_out: list[Label]) -> None:
    """Take away the dots of towns whose name is not written: a reader would not know what they are."""
    kept = [i for i, town in enumerate(towns) if town not in left_out]
    for dots in ax.collections:
        if isinstance(dots, PathCollection) and dots.get_gid() == "town":
            dots.set_offsets(np.asarray(dots.get_offsets())[kept])


def _district_names(shown: gpd.GeoDataFrame, scene: Scene) -> list[Label]:
    """Return the names of districts, unless it is one; of very many only those with changed ground."""
    balance = scene.results.balance
    if balance["district"].nunique() == 1:
        return []
    turnover = (balance["gained_km2"] + balance["lost_km2"]).groupby(balance["district"]).sum()
    every = _raised(district_labels(shown, weight=turnover.to_dict(), style=scene.style), _DISTRICT)
    if len(every) <= _MOST_DISTRICTS:
        return every
    moved = [name for name in every if turnover.max() > 0 and name.priority > _DISTRICT + 1.0]
    return (moved or every)[:_MOST_DISTRICTS]


def _raised(names: list[Label], by: float) -> list[Label]:
    return [replace(name, priority=name.priority + by) for name in names]
