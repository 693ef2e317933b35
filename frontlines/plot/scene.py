"""What the figure of a study is made from, and what follows from it for every panel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from frontlines.crs import require_working_crs
from frontlines.plot.furniture import locator_view
from frontlines.plot.shapes import View, areas, bounds_of, lines
from frontlines.plot.style import MapStyle
from frontlines.plot.zoom import moved_ground, zoom_view
from frontlines.uncertainty import AreaErrors

_MARGIN = 0.03


class StudyLike(Protocol):
    """What the figure needs of a study; all frames are in the working CRS."""

    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def side(self) -> str: ...  # noqa: D102
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
    def total(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def errors(self) -> AreaErrors | None: ...  # noqa: D102
    @property
    def caption(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Scene:
    """A study's results, ready to be drawn.

    Parameters
    ----------
    results, style
        As given by the caller.
    theatre
        The theatre as one geometry.
    moved
        The polygons that changed hands.
    whole, part, region
        What the first panel, the second one and the locator have to show; None: it is left out.
    fronts
        All lines as one geometry, for names to keep off.
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
    """Prepare the results of a study for drawing.

    Raises
    ------
    CRSError
        If the frames are not all in one plane in metres.
    """
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
        part=zoom_view(study.zoom, _first_of_all(results.change, study.side, moved), whole, study.crs),
        region=None if study.context is None else locator_view(study.context, whole),
        fronts=shapely.union_all(lines(results.frontlines.geometry)),
    )


def _first_of_all(change: gpd.GeoDataFrame, side: str, moved: Any) -> Any:
    """Return the ground that the side gained or lost, for the second panel; if none, all that moved."""
    own = ((change["side_from"] == side) | (change["side_to"] == side)).to_numpy()
    mine = moved_ground(change[own])
    return mine if len(mine) else moved
