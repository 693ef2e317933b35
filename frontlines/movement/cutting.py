"""Transects cut to the ground of the study."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS
from shapely.ops import substring

from frontlines.arrangement import segments
from frontlines.coverage import ground_of
from frontlines.crs import ground_length_m
from frontlines.errors import LayerError
from frontlines.movement.crossings import cross

Geometries = npt.NDArray[Any]


def cut_to_theatre(
    cast: gpd.GeoDataFrame, theatre: gpd.GeoDataFrame, front: Geometries, crs: CRS
) -> gpd.GeoDataFrame:
    """Cut transects to one part of each that lies within the theatre.

    Parameters
    ----------
    cast
        Transects with `cast_from` and `origin_m` [m].
    theatre
        Ground of the study, in the same CRS.
    front
        The front of the first date, with the side's ground on its left.
    crs
        Their CRS.

    Returns
    -------
    cut
        The transects that have a part within the theatre, with `cut` (whether it is less than the whole) and
        `origin_m` from the start of the part, negative or longer than the part where the origin is off it.
        The part is the one with the origin; if there is none, or for copies of an axis, the one nearest to
        the origin on which the front is met; failing that the nearest one.

    Raises
    ------
    LayerError
        If no transect has a part within the theatre.

    Examples
    --------
    >>> line = shapely.LineString([(4321000, 3208000), (4321000, 3214000)])
    >>> cast = gpd.GeoDataFrame(
    ...     {"cast_from": ["front"], "origin_m": [3000.0]}, geometry=[line], crs="EPSG:3035")
    >>> ground = shapely.box(4320000, 3210000, 4322000, 3213000)
    >>> front = shapely.linestrings([[(4322000, 3211000), (4320000, 3211000)]])
    >>> part = cut_to_theatre(cast, gpd.GeoDataFrame(geometry=[ground], crs=cast.crs), front, cast.crs)
    >>> part.geometry.iloc[0].wkt, part["origin_m"].round(2).tolist()
    ('LINESTRING (4321000 3210000, 4321000 3213000)', [1000.0])
    """
    shapes = np.asarray(cast.geometry.values)
    parts = _parts_within(shapes, ground_of(theatre), crs)
    origin_m = cast["origin_m"].to_numpy(dtype=float)[parts["row"]]
    off = np.maximum(parts["low_m"] - origin_m, origin_m - parts["high_m"]).clip(lower=0)
    free = (cast["cast_from"] == "axis").to_numpy()[parts["row"]]
    parts = parts.assign(off=off, other=(off > 0) | free, blind=~_meets(parts, shapes, front, crs))
    parts = parts.sort_values(["row", "other", "blind", "off", "low_m"]).drop_duplicates("row")
    if parts.empty:
        raise LayerError(
            f"no transect of the {cast['cast_from'].iloc[0]} lies within the theatre: check where both are"
        )
    whole = shapely.length(shapes)
    kept = [
        shapes[row] if (low, high) == (0.0, whole[row]) else substring(shapes[row], low, high)
        for row, low, high in zip(parts["row"], parts["low_plane"], parts["high_plane"], strict=True)
    ]
    cut = (parts["low_plane"] > 0).to_numpy() | (parts["high_plane"].to_numpy() < whole[parts["row"]])
    own = cast.iloc[parts["row"].to_numpy()].reset_index(drop=True)
    return own.assign(geometry=kept, origin_m=own["origin_m"] - parts["low_m"].to_numpy(), cut=cut)


def _parts_within(shapes: Geometries, ground: Any, crs: CRS) -> pd.DataFrame:
    """Give the parts of lines that lie on some ground: from and to, along the ground and in the plane."""
    rings = shapely.get_rings(shapely.get_parts(ground))
    edge = cross(shapes, segments(rings)[0], crs)[["row", "along_m", "plane_m"]]
    row = np.arange(len(shapes))
    start = pd.DataFrame({"row": row, "along_m": 0.0, "plane_m": 0.0})
    stop = pd.DataFrame(
        {"row": row, "along_m": ground_length_m(shapes, crs), "plane_m": shapely.length(shapes)}
    )
    marks = pd.concat([start, edge, stop]).sort_values(["row", "plane_m"], kind="stable", ignore_index=True)
    ahead = marks.shift(-1)
    parts = pd.DataFrame(
        {
            "row": marks["row"],
            "low_m": marks["along_m"],
            "high_m": ahead["along_m"],
            "low_plane": marks["plane_m"],
            "high_plane": ahead["plane_m"],
        }
    )[(ahead["row"] == marks["row"]) & (ahead["plane_m"] > marks["plane_m"])]
    middle = shapely.line_interpolate_point(
        shapes[parts["row"]], (parts["low_plane"] + parts["high_plane"]).to_numpy() / 2
    )
    shapely.prepare(ground)
    parts = parts[shapely.intersects(ground, middle)]
    begins = (parts["row"] != parts["row"].shift()) | (parts["low_plane"] != parts["high_plane"].shift())
    how = {"row": "first", "low_m": "first", "high_m": "last", "low_plane": "first", "high_plane": "last"}
    whole: pd.DataFrame = parts.groupby(begins.cumsum().to_numpy()).agg(how).reset_index(drop=True)
    return whole


def _meets(parts: pd.DataFrame, shapes: Geometries, front: Geometries, crs: CRS) -> npt.NDArray[np.bool_]:
    """Tell which parts leave the side's ground somewhere."""
    met = cross(shapes, segments(front)[0], crs)
    found = parts.reset_index().merge(met.loc[met["leaves"], ["row", "plane_m"]], on="row")
    within = found["plane_m"].between(found["low_plane"], found["high_plane"])
    return np.isin(np.arange(len(parts)), found.loc[within, "index"])
