"""The front of one side: its lines, turned so that its ground is on their left, and where they are."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arrays import Geometries
from frontlines.errors import LayerError
from frontlines.geometry.coverage import holder_of
from frontlines.layers.columns import sigmas_of
from frontlines.names import WHOLE


def facing_lines(frontlines: gpd.GeoDataFrame, side: str) -> gpd.GeoDataFrame:
    """Take the lines along which one side's ground ends, and turn them so that it is on their left.

    Single LineStrings with `date` and `sigma_m` [m], NaN where it is not known; sorted by date.
    """
    left = (frontlines["side_left"] == side).to_numpy(dtype=bool)
    right = (frontlines["side_right"] == side).to_numpy(dtype=bool)
    if (left & right).any():
        rows = ", ".join(map(str, frontlines.index[left & right][:5]))
        raise LayerError(
            f"{side!r} is on both sides of a line (rows {rows}): as_frontlines refuses such lines"
        )
    if not (left | right).any():
        sides = sorted({*frontlines["side_left"], *frontlines["side_right"]})
        raise LayerError(f"side {side!r} has no front: the sides are {', '.join(map(repr, sides)) or 'none'}")
    own = frontlines[left | right]
    shapes = np.asarray(own.geometry.values)
    shapes = np.where(right[left | right], shapely.reverse(shapes), shapes)
    facing = gpd.GeoDataFrame(
        {"date": own["date"].to_numpy(), "sigma_m": sigmas_of(own)}, geometry=shapes, crs=own.crs
    ).explode(ignore_index=True)
    return facing[~facing.is_empty].sort_values("date", kind="stable", ignore_index=True)


def joined_lines(lines: Geometries) -> Geometries:
    """Join directed lines end to end, in a form and an order that do not depend on how they were cut."""
    parts = shapely.get_parts(np.asarray(lines, dtype=object))
    parts = parts[shapely.length(parts) > 0]
    merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(parts), directed=True))
    closed = shapely.is_closed(merged)
    merged[closed] = [_from_lowest_left(ring) for ring in merged[closed]]
    corner = shapely.bounds(merged)
    return np.asarray(merged[np.lexsort((*corner.T[::-1], -shapely.length(merged).round(3)))])


def _from_lowest_left(ring: Any) -> Any:
    """Let a closed line begin at its lowest left vertex."""
    xy = shapely.get_coordinates(ring)[:-1]
    start = int(np.lexsort((xy[:, 1], xy[:, 0]))[0])
    turned = np.roll(xy, -start, axis=0)
    return shapely.linestrings(np.vstack([turned, turned[:1]]))


def districts_of(points: Geometries, districts: gpd.GeoDataFrame) -> Geometries:
    """Name the district that holds each point, the first by name where two do; "" where none does."""
    named = districts.sort_values("district", kind="stable")
    holder = holder_of(points, np.asarray(named.geometry.values))
    return np.append(named["district"].to_numpy(dtype=object), "")[holder]


def require_other_names(names: pd.Series[Any]) -> None:
    """Refuse districts that are called as the row of the whole front."""
    if (names == WHOLE).any():
        raise LayerError(
            f"a district is called {WHOLE!r}, as the row of the whole front: give it another name"
        )


def whole_first(table: pd.DataFrame, *also: str) -> pd.DataFrame:
    """Sort by district, the whole before all others, then by columns; other rows keep their order."""
    rank = (
        table[["district", *also]]
        .assign(part=table["district"] != WHOLE)
        .sort_values(["part", "district", *also], kind="stable")
    )
    return table.loc[rank.index].reset_index(drop=True)
