"""What the figure of a study is made from, and what follows from it for every panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol, runtime_checkable

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from matplotlib.axes import Axes

from frontlines.crs import polygons_of
from frontlines.crs.geodesic import way
from frontlines.crs.working import require_working_crs
from frontlines.names import Around
from frontlines.plot.artists import View, areas, bounds_of, coarse, coarse_rows, lines
from frontlines.plot.furniture import geographic
from frontlines.plot.letters import with_letters
from frontlines.plot.map_page import ENLARGED, WIDE, Needs, detail_room, main_scale
from frontlines.plot.style import MM_PER_INCH, PT_PER_INCH, MapStyle
from frontlines.plot.surroundings import SMALL, Surroundings, locator_view, surroundings
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
    def colours(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def around(self) -> Around: ...  # noqa: D102
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
    def bare(self) -> gpd.GeoDataFrame | None: ...  # noqa: D102
    @property
    def caption(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Scene:
    """A study's results, ready to be drawn; geometries are in the working CRS [m].

    `moved` are the polygons that changed hands, `mine` those of them that the study's sides gained or lost,
    `fronts` all lines as one geometry. `whole` is the theatre; `overview` and `region` are what the main
    panel and the locator must show; None: there is none.
    """

    results: ResultsLike
    style: MapStyle
    theatre: Any
    moved: Any
    mine: Any
    whole: View
    overview: View
    region: View | None
    about: Surroundings
    fronts: Any

    @property
    def study(self) -> StudyLike:
        """The study of the results."""
        return self.results.study

    @property
    def caption(self) -> str:
        """The caption of the results, with what is drawn about the theatre."""
        return self.about.credited(self.results.caption, located=self.region is not None)


class Panel(NamedTuple):
    """A panel of the figure: its Axes and letter, the towns to be named, and what is near, as it is seen."""

    ax: Axes
    letter: str
    towns: tuple[str, ...]
    districts: gpd.GeoDataFrame
    theatre: Any
    outside: Any  # ground in no district
    bare: Any  # ground along the edge that no polygon covers


def panel_of(ax: Axes, letter: str, scene: Scene) -> Panel:
    """Look up what an Axes shows."""
    study, results = scene.study, scene.results
    others = [() if one is None else one.geometry.to_numpy() for one in (results.no_district, results.bare)]
    near = (areas(coarse(own, ax)) for own in ([scene.theatre], *others))
    towns = study.towns if letter == "a" else study.zoom_towns
    return Panel(ax, letter, towns, coarse_rows(study.districts, ax), *near)


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
    parts = polygons_of(shapely.make_valid(study.theatre.geometry.to_numpy()))
    theatre = parts[0] if len(parts) == 1 else shapely.union_all(parts)
    whole = (bounds_of(theatre) or View(-1.0, -1.0, 1.0, 1.0)).grown(_MARGIN)
    moved = moved_ground(results.change)
    style = with_letters(style, texts_of(results))
    style = replace(style, side_colours={**study.colours, **style.side_colours})
    days = [*results.change.get("date_from", ()), *results.frontlines["date"]]
    about = surroundings(whole, study.crs, days, study.around, style, own=study.context)
    return Scene(
        results=results,
        style=style,
        theatre=theatre,
        moved=moved,
        mine=_first_of_all(results.change, study.followed, moved),
        whole=whole,
        overview=whole,
        region=None if about.wide is None else locator_view(about.wide, whole),
        about=about,
        fronts=shapely.union_all(lines(results.frontlines.geometry)),
    )


def texts_of(results: ResultsLike) -> list[object]:
    """List the texts from the data that a figure shows."""
    study = results.study
    columns = [study.districts.get("label", study.districts["district"])]
    columns += [] if study.settlements is None else [study.settlements["name"]]
    columns += [] if study.context is None else [study.context["name"].dropna()]
    words = [study.title, results.caption, *study.sides.values(), *study.every_side]
    return words + [text for column in columns for text in column]


def _first_of_all(change: gpd.GeoDataFrame, sides: Sequence[str], moved: Any) -> Any:
    """Return the ground that the sides gained or lost, for the second panel; if none, all that moved."""
    own = (change["side_from"].isin(sides) | change["side_to"].isin(sides)).to_numpy()
    mine = moved_ground(change[own])
    return mine if len(mine) else moved


_LARGER = 1.5  # times the scale of the whole theatre: an overview of less than all is worth it
_ABOUT = 0.1  # of its longer edge: ground about the fronts on an overview


def near_overview(scene: Scene) -> Scene:
    """Let the main panel show fronts and changed ground instead of the whole theatre, if they are larger so.

    The theatre must be more than a mark on the locator, which shows where the panel is.
    """
    whole, region = scene.whole, scene.region
    busy = bounds_of(lines(scene.results.frontlines.geometry), scene.moved)
    if busy is None or region is None or max(whole.width, whole.height) < SMALL * region.width:
        return scene
    near = busy.grown(_ABOUT).within(whole)

    def scale(view: View) -> float:
        return main_scale(Needs(view.width / view.height, 0.0, 0.0), view.width, view.height, scene.style)

    best = max(near, near.fitted(WIDE * 1.01).within(whole), key=scale)  # wide panels have more of the page
    return replace(scene, overview=best) if scale(best) >= _LARGER * scale(whole) else scene


_MOST_DETAILS = 3
_WORTH = 0.1  # a further or narrower detail lets at least so much more of the changed ground be seen
_TOO_LITTLE = 0.5  # of the changed ground: details that show less of it are dropped, as change is everywhere
_FURTHER = np.array([1.0, 2.0, 4.0, 8.0])  # times the least scale of details: those that are tried
_SPECK = 0.02  # of the ground of a detail: smaller pieces do not widen it
_LEAST = 0.03  # share of the main panel that a detail shows at least
_ROUND = 0.08  # of its longer edge: ground about what a detail shows
_TRIED, _PIECES = 40, 300  # pieces of ground that a detail may begin with, and those looked at
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


class Detail(NamedTuple):
    """What a further panel shows, and how much of the changed ground lies in it whole."""

    view: View
    share: float


def detail_views(moved: Any, whole: View, needs: Needs, style: MapStyle) -> list[Detail]:
    """Return up to three views of changed ground, of whole pieces, well enlarged; none of large change.

    They are as narrow as lets most ground be seen: narrower views hold less of it, in wider ones it is
    thinner than the fronts beside it.
    """
    pieces = shapely.get_parts(shapely.union_all(moved))
    size = shapely.area(pieces)
    if size.sum() <= 0:
        return []
    pieces = pieces[np.argsort(-size, kind="stable")[:_PIECES]]
    share, mm_per_m = shapely.area(pieces) / size.sum(), main_scale(needs, whole.width, whole.height, style)
    best, most = list[Detail](), 0.0
    for enlarged in ENLARGED * _FURTHER:
        seen = share * seen_beside_fronts(pieces, mm_per_m * enlarged * PT_PER_INCH / MM_PER_INCH, style)
        found: list[list[Any]] = [[]]
        for number in range(1, _MOST_DETAILS + 1):
            limit = np.array(detail_room(needs, number, style)) / mm_per_m / enlarged / (1 + 2 * _ROUND)
            found.append(_windows(shapely.bounds(pieces), seen, limit, number))
        shown = [float(sum(seen[held].sum() for held in views)) for views in found]
        enough = max(shown) * _WORTH
        number = next(k for k, own in enumerate(shown) if max(shown[k:]) <= own + enough)
        views = sorted(found[number], key=lambda held: -share[held].sum())
        all_seen, all_shown = (sum(float(one[held].sum()) for held in views) for one in (seen, share))
        if all_shown >= _TOO_LITTLE and all_seen > (1 + _WORTH) * most:
            best = [_detail(pieces, share, held, whole) for held in views]
            most = all_seen
    return best


def _detail(pieces: Any, share: Any, held: Any, whole: View) -> Detail:
    """Frame the pieces that a view holds but for specks, and tell how much of the ground is in it whole."""
    large = held[share[held] >= _SPECK * share[held].sum()]
    view = _roomy(View(*shapely.total_bounds(pieces[large])), whole)
    return Detail(view, float(share[shapely.within(pieces, view.box())].sum()))


def seen_beside_fronts(pieces: Any, pt_per_m: float, style: MapStyle) -> Any:
    """Tell of each piece of ground how much of it fronts leave to be seen; 1 where it is twice as wide."""
    width_m = 2 * shapely.area(pieces) / np.maximum(shapely.length(pieces), 1e-9)
    return np.minimum(width_m * pt_per_m / (2 * style.front_pt), 1.0)


def with_details(needs: Needs, details: Sequence[Detail], whole: View, style: MapStyle) -> Needs:
    """Add the details to what has to find room on a page."""
    tallest_m = max((one.view.height for one in details), default=0.0)
    least_mm = ENLARGED * main_scale(needs, whole.width, whole.height, style) * tallest_m
    aspects = tuple(one.view.width / one.view.height for one in details)
    return replace(
        needs, details=aspects, details_mm=min(least_mm, detail_room(needs, len(details) or 1, style)[1])
    )


def _windows(bounds: Any, weight: Any, limit: Any, number: int) -> list[Any]:
    """Choose the whole pieces that views no larger than a limit [m] show, as many of them as possible."""
    left = np.flatnonzero((bounds[:, 2:] - bounds[:, :2] <= limit).all(axis=1))
    out: list[Any] = []
    while len(out) < number and len(left):
        tried = [_grown_from(seed, left, bounds, limit) for seed in left[:_TRIED]]
        out.append(max(tried, key=lambda one: float(weight[one].sum())))
        left = left[~np.isin(left, out[-1])]
    return out


def _grown_from(seed: int, left: Any, bounds: Any, limit: Any) -> Any:
    """Take to a piece of ground, the nearest first, all that a view of limited size can show with it."""
    wider = np.maximum(bounds[left, 2:], bounds[seed, 2:]) - np.minimum(bounds[left, :2], bounds[seed, :2])
    left = left[(wider <= limit).all(axis=1) & (left != seed)]
    middle = (bounds[left, :2] + bounds[left, 2:]) / 2
    near = left[np.argsort(np.hypot(*(middle - (bounds[seed, :2] + bounds[seed, 2:]) / 2).T), kind="stable")]
    (west, south, east, north), held, (width, height) = bounds[seed].tolist(), [seed], limit.tolist()
    for one, (x_low, y_low, x_high, y_high) in zip(near, bounds[near].tolist(), strict=True):
        wide = min(west, x_low), min(south, y_low), max(east, x_high), max(north, y_high)
        if wide[2] - wide[0] <= width and wide[3] - wide[1] <= height:
            (west, south, east, north), held = wide, [*held, one]
    return np.array(held)


def _roomy(view: View, whole: View) -> View:
    """Give a view a margin, and its least size."""
    least = _LEAST * max(whole.width, whole.height)
    x, y = (view.west + view.east) / 2, (view.south + view.north) / 2
    half_w, half_h = max(view.width, least) / 2, max(view.height, least) / 2
    return View(x - half_w, y - half_h, x + half_w, y + half_h).grown(_ROUND)


def detail_of(lonlat: tuple[float, float, float, float], moved: Any, crs: pyproj.CRS) -> Detail:
    """Return the detail that a study names: west, south, east, north [degrees]; west is larger across 180."""
    view = View(*way(geographic(crs), crs).transform_bounds(*lonlat, densify_pts=_EDGE_POINTS))
    inside = shapely.area(shapely.intersection(moved, view.box())).sum()
    return Detail(view, float(inside / max(shapely.area(moved).sum(), 1e-9)))
