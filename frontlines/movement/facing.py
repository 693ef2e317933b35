"""The front of one side: all its lines, turned so that its ground is on their left."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from frontlines.errors import LayerError

Geometries = npt.NDArray[Any]

WHOLE = "all districts"
"""How tables by district call the row of the whole front."""


def facing_lines(frontlines: gpd.GeoDataFrame, side: str) -> gpd.GeoDataFrame:
    """Take the lines along which one side's ground ends, and turn them so that it is on their left.

    Parameters
    ----------
    frontlines
        Lines with `date`, `side_left`, `side_right` and, if known, `sigma_m` [m]; any number of dates
        and sides.
    side
        The side.

    Returns
    -------
    facing
        `date`, `sigma_m` [m] and LineStrings; sorted by date.

    Raises
    ------
    LayerError
        If the side is on no line, or on both sides of one.

    Examples
    --------
    >>> frame = gpd.GeoDataFrame(
    ...     {"date": pd.to_datetime(["1994-05-12"]), "side_left": ["B"], "side_right": ["A"]},
    ...     geometry=[shapely.LineString([(0, 0), (0, 9)])], crs="EPSG:3035")
    >>> facing_lines(frame, "A").geometry.iloc[0].wkt
    'LINESTRING (0 9, 0 0)'
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
    sigma_m = own.get("sigma_m", np.nan)
    facing = gpd.GeoDataFrame(
        {"date": own["date"].to_numpy(), "sigma_m": pd.to_numeric(sigma_m)}, geometry=shapes, crs=own.crs
    ).explode(ignore_index=True)
    return facing[~facing.is_empty].sort_values("date", kind="stable", ignore_index=True)


def require_other_names(names: pd.Series[Any]) -> None:
    """Refuse districts that are called as the row of the whole front.

    Parameters
    ----------
    names
        Names of districts.

    Raises
    ------
    LayerError
        If one is `WHOLE`.

    Examples
    --------
    >>> require_other_names(pd.Series(["West", "East"]))
    """
    if (names == WHOLE).any():
        raise LayerError(
            f"a district is called {WHOLE!r}, as the row of the whole front: give it another name"
        )


def joined_lines(lines: Geometries) -> Geometries:
    """Join directed lines end to end, in a form and an order that do not hang on how they were cut.

    Parameters
    ----------
    lines
        LineStrings, each in the direction it must keep.

    Returns
    -------
    joined
        LineStrings, the longest first. A closed one begins at its lowest left vertex.

    Examples
    --------
    >>> halves = shapely.from_wkt(["LINESTRING (1 0, 2 0)", "LINESTRING (0 0, 1 0)"])
    >>> [line.wkt for line in joined_lines(halves)]
    ['LINESTRING (0 0, 1 0, 2 0)']
    """
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
