"""What the figure of a study is made from, and what follows from it for every panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from frontlines.crs import require_working_crs
from frontlines.crs.geodesic import way
from frontlines.plot.artists import View, areas, bounds_of, lines
from frontlines.plot.furniture import geographic, locator_view
from frontlines.plot.style import MapStyle
from frontlines.uncertainty import AreaErrors

_MARGIN = 0.03


class StudyLike(Protocol):
    """What the figure needs of a study; all frames are in the working CRS."""

    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def followed(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def every_side(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def sides(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def theatre(self) -> gpd.GeoDataFrame: ...  # noqa: D102
    @property
    def districts(self) -> gpd.GeoDataFrame: ...  # noqa: D102
    @property
    def settlements(self) -> gpd.GeoDataFrame | None: ...  # noqa: D102
    @property
    def context(self) -> gpd.GeoDataFrame | None: ...  # noqa: D102
    @property
    def zoom(self) -> tuple[float, float, float, float] | None: ...  # noqa: D102
    @property
    def towns(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def zoom_towns(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def crs(self) -> pyproj.CRS: ...  # noqa: D102


@runtime_checkable
class ResultsLike(Protocol):
    """What the figure needs of the results of a study."""

    @property
    def study(self) -> StudyLike: ...  # noqa: D102
    @property
    def frontlines(self) -> gpd.GeoDataFrame: ...  # noqa: D102
    @property
    def change(self) -> gpd.GeoDataFrame: ...  # noqa: D102
    @property
    def balance(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def totals(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def errors(self) -> AreaErrors | None: ...  # noqa: D102
    @property
    def no_district(self) -> gpd.GeoDataFrame | None: ...  # noqa: D102
    @property
    def caption(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Scene:
    """A study's results, ready to be drawn; geometries are in the working CRS [m].

    `moved` are the polygons that changed hands, `fronts` all lines as one geometry. `whole`, `part` and
    `region` are what the first panel, the second one and the locator must show; None: there is none.
    """

    results: ResultsLike
    style: MapStyle
    theatre: Any
    moved: Any
    whole: View
    part: View | None
    region: View | None
    fronts: Any

    @property
    def study(self) -> StudyLike:
        """The study of the results."""
        return self.results.study


def scene_of(results: ResultsLike, style: MapStyle) -> Scene:
    """Prepare the results of a study for drawing."""
    study = results.study
    frames = {
        "theatre": study.theatre,
        "districts": study.districts,
        "frontlines": results.frontlines,
        "change": results.change,
        "settlements": study.settlements,
        "context": study.context,
    }
    require_working_crs(**{name: frame for name, frame in frames.items() if frame is not None})
    theatre = shapely.union_all(shapely.make_valid(areas(study.theatre.geometry)))
    whole = (bounds_of(theatre) or View(-1.0, -1.0, 1.0, 1.0)).grown(_MARGIN)
    moved = moved_ground(results.change)
    return Scene(
        results=results,
        style=style,
        theatre=theatre,
        moved=moved,
        whole=whole,
        part=zoom_view(study.zoom, _first_of_all(results.change, study.followed, moved), whole, study.crs),
        region=None if study.context is None else locator_view(study.context, whole),
        fronts=shapely.union_all(lines(results.frontlines.geometry)),
    )


def _first_of_all(change: gpd.GeoDataFrame, sides: Sequence[str], moved: Any) -> Any:
    """Return the ground that the sides gained or lost, for the second panel; if none, all that moved."""
    own = (change["side_from"].isin(sides) | change["side_to"].isin(sides)).to_numpy()
    mine = moved_ground(change[own])
    return mine if len(mine) else moved


_MOST_SHARE = 0.9  # of the changed area must be in view; the rest may be slivers far away
_TOO_LARGE = 0.33  # a second panel that shows more than this of the first one hardly enlarges it
_USELESS = 0.7  # one that shows more than this is not worth its place
_WINDOW = 0.28  # share of the first panel that the busiest window shows
_TRIED = 400
_LEAST = 0.04  # share of the first panel that the second one shows at least
_EDGE_POINTS = 38  # on each edge of a view in degrees, as it is bent by the projection


def moved_ground(change: gpd.GeoDataFrame) -> Any:
    """Return the polygons that changed hands, of a frame with `side_from` and `side_to`."""
    moved = (change["side_from"] != change["side_to"]).to_numpy()
    return areas(change.geometry[moved])


def changed_places(settlements: gpd.GeoDataFrame, moved: Any) -> gpd.GeoDataFrame:
    """Return the settlements on ground that changed hands, each point once."""
    points = settlements.geometry.to_numpy()
    _, found = shapely.STRtree(points).query(moved, predicate="intersects")
    places = settlements.iloc[np.unique(found)]
    return places[~places.geometry.to_wkb().duplicated()]


def zoom_view(
    lonlat: tuple[float, float, float, float] | None, moved: Any, theatre: View, crs: pyproj.CRS
) -> View | None:
    """Return the view of the second panel; None if nothing moved.

    `lonlat` is west, south, east, north [degrees], west larger than east across the antimeridian; without it
    the view is made from the ground that moved.
    """
    if len(moved) == 0 or shapely.area(moved).sum() <= 0:
        return None
    if lonlat is not None:
        return _projected(lonlat, crs)
    size = shapely.area(moved)
    order = np.argsort(-size, kind="stable")
    enough = int(np.searchsorted(np.cumsum(size[order]), _MOST_SHARE * size.sum())) + 1
    extent = bounds_of(moved[order[:enough]])
    if extent is None:
        return None
    wide = _share(extent, theatre)
    fits = _share(View(*moved[order[0]].bounds), theatre) < _WINDOW
    if wide > _USELESS or (wide > _TOO_LARGE and fits):
        extent = _busiest(moved, size, theatre)
    least = _LEAST * max(theatre.width, theatre.height)
    x, y = (extent.west + extent.east) / 2, (extent.south + extent.north) / 2
    half_w, half_h = max(extent.width, least) / 2, max(extent.height, least) / 2
    return View(x - half_w, y - half_h, x + half_w, y + half_h).grown(0.12)


def _share(extent: View, theatre: View) -> float:
    return max(extent.width / theatre.width, extent.height / theatre.height)


def _busiest(moved: Any, size: Any, theatre: View) -> View:
    """Return the window, smaller than the theatre, that holds the most changed ground."""
    half_w, half_h = theatre.width * _WINDOW / 2, theatre.height * _WINDOW / 2
    x, y = (f(shapely.centroid(moved)) for f in (shapely.get_x, shapely.get_y))
    tried = np.argsort(-size, kind="stable")[:_TRIED]
    near = [(abs(x - x[i]) <= half_w) & (abs(y - y[i]) <= half_h) for i in tried]
    best = int(np.argmax([size[inside].sum() for inside in near]))
    i = tried[best]
    window = shapely.box(x[i] - half_w, y[i] - half_h, x[i] + half_w, y[i] + half_h)
    held = shapely.intersection(shapely.box(*shapely.total_bounds(moved[near[best]])), window)
    return View(*held.bounds)


def _projected(lonlat: tuple[float, float, float, float], crs: pyproj.CRS) -> View:
    return View(*way(geographic(crs), crs).transform_bounds(*lonlat, densify_pts=_EDGE_POINTS))
