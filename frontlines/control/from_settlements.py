"""From places with a known side to polygons of control."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arguments import checked
from frontlines.arrays import Geometries
from frontlines.crs.working import require_working_crs
from frontlines.errors import ControlError
from frontlines.geometry.coverage import close_book, ground_of
from frontlines.layers.mending import NO_PLACE_SOURCE, joined_sources
from frontlines.limits import require_metres
from frontlines.names import KM2, UNKNOWN

_ARC = 16  # segments of a quarter circle round a place: its area is short by 0.04 %


@checked(settlements="points name date side source")
def control_from_settlements(
    settlements: gpd.GeoDataFrame, theatre: gpd.GeoDataFrame, *, reach_m: float
) -> gpd.GeoDataFrame:
    """Divide a theatre between places: each point of it belongs to the side of the nearest place.

    Parameters
    ----------
    settlements
        Points with `name`, `date`, `side` and `source`, in the working CRS (from `as_settlements`); any
        number of dates and sides. Places beyond the theatre's edge count too: they push the border.
    theatre
        The ground to divide, in the same CRS (from `as_theatre`).
    reach_m
        Ground farther than this from every place [m] is ``unknown``; ``math.inf`` leaves none.

    Returns
    -------
    control
        One row for each date and side: `date`, `side`, `source` (of all its places), `places` (how many
        of them lie in the theatre), `geometry`. Sorted by date and side; at each date the rows fill the
        theatre.

    Raises
    ------
    ControlError
        If there is no place, no place of some date lies within reach of the theatre, two places of one
        date at one point name different sides, or `reach_m` is no distance.
    LayerError
        If the theatre is not one row.
    ClosureError
        If the pieces do not sum to the theatre.
    CRSError
        If the frames are not in one projected CRS in metres.

    Notes
    -----
    Cells are those of Voronoi [1]_, joined where neighbours are held by one side. A border so found says no
    more than that it runs somewhere between two places: where they lie 10 km apart, it may be off by 5.

    References
    ----------
    .. [1] Okabe, A., Boots, B., Sugihara, K., Chiu, S. N. (2000). Spatial tessellations, 2nd edition. Wiley.
       https://doi.org/10.1002/9780470317013

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import Point, box
    >>> theatre = gpd.GeoDataFrame(geometry=[box(0, 0, 4000, 2000)], crs="EPSG:3035")
    >>> places = gpd.GeoDataFrame(
    ...     {"name": ["a", "b"], "date": pd.to_datetime(["1994-05-12"] * 2), "side": ["A", "B"],
    ...      "source": ["a list"] * 2}, geometry=[Point(500, 1000), Point(1500, 1000)], crs="EPSG:3035")
    >>> control = control_from_settlements(places, theatre, reach_m=math.inf)
    >>> control.assign(km2=control.area / 1e6)[["side", "km2"]].values.tolist()
    [['A', 2.0], ['B', 6.0]]
    """
    require_working_crs(settlements=settlements, theatre=theatre)
    require_metres(ControlError, above_0=True, or_inf=True, reach_m=reach_m)
    ground = ground_of(theatre)
    located = settlements[~(settlements.geometry.isna() | settlements.geometry.is_empty)]
    parts = [_divided(date, places, ground, reach_m) for date, places in located.groupby("date", sort=True)]
    if not parts:
        raise ControlError("there is no place: give at least one settlement with a point")
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=theatre.crs)


def _divided(date: Any, places: gpd.GeoDataFrame, ground: Any, reach_m: float) -> gpd.GeoDataFrame:
    """Divide the theatre on one date."""
    points, sides = _one_a_point(date, places)
    cells = _cells(points, ground)
    names = sorted(set(sides) - {UNKNOWN})
    held = [shapely.intersection(shapely.coverage_union_all(cells[sides == name]), ground) for name in names]
    if math.isfinite(reach_m):
        near = shapely.union_all(shapely.buffer(points[sides != UNKNOWN], reach_m, quad_segs=_ARC))
        held = [shapely.intersection(shape, near) for shape in held]
    held = [_polygons(shape) for shape in held]
    rest = _polygons(shapely.difference(ground, shapely.union_all(held)))
    rows = pd.DataFrame({"side": [*names, UNKNOWN], "geometry": [*held, rest]})
    rows = rows[[not shape.is_empty for shape in rows["geometry"]]]
    if not (rows["side"] != UNKNOWN).any():
        raise ControlError(
            f"on {date:%Y-%m-%d} no place with a known side lies within {reach_m:,.0f} m of the theatre: "
            "give a larger reach_m, or check the CRS"
        )
    mend = "round the places to 1 mm"
    area_km2 = float(shapely.area(rows["geometry"].to_numpy()).sum()) / KM2
    close_book(area_km2, ground.area / KM2, "cells of the places", mend)
    inside = pd.Series(sides[shapely.intersects(ground, points)]).value_counts()
    by_side = places.groupby("side")["source"]
    sources = {side: joined_sources(rows_) for side, rows_ in by_side}
    return gpd.GeoDataFrame(
        {
            "date": date,
            "side": rows["side"],
            "source": [sources.get(side, NO_PLACE_SOURCE) for side in rows["side"]],
            "places": [int(inside.get(side, 0)) for side in rows["side"]],
        },
        geometry=list(rows["geometry"]),
        crs=places.crs,
    ).reset_index(drop=True)


def _one_a_point(date: Any, places: gpd.GeoDataFrame) -> tuple[Geometries, Geometries]:
    """Points, each once and in an order of their own, and their sides."""
    xy = shapely.get_coordinates(places.geometry.values)
    rows = pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "side": places["side"].to_numpy()})
    rows["name"] = places["name"].astype(str).to_numpy()
    several = rows.groupby(["x", "y"])["side"].transform("nunique") > 1
    if several.any():
        named = ", ".join(sorted(set(rows.loc[several, "name"]))[:6])
        raise ControlError(
            f"on {date:%Y-%m-%d} places at one point are held by different sides ({named}): "
            "keep one of them, or move them apart"
        )
    once = rows.drop_duplicates(["x", "y"]).sort_values(["x", "y"])
    return shapely.points(once[["x", "y"]].to_numpy()), once["side"].to_numpy().astype(object)


def _cells(points: Geometries, ground: Any) -> Geometries:
    """Voronoi cell of each point, reaching beyond the ground."""
    if len(points) == 1:
        return np.array([ground.envelope.buffer(1.0)], dtype=object)
    found = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=ground.envelope.buffer(1.0))
    cells = shapely.get_parts(found)
    cell, point = shapely.STRtree(points).query(cells, predicate="contains")
    out = np.empty(len(points), dtype=object)
    out[point] = cells[cell]
    return out


def _polygons(shape: Any) -> Any:
    """Leave out lines and points."""
    parts = shapely.get_parts(shape)
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])
