"""The front of one side: all its lines, turned so that its ground is on their left."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.errors import LayerError
from frontlines.names import WHOLE, Bools, Floats, Geometries, Ints

SAME_M = 0.1
"""Lines that run within this distance of each other [m] where they are crossed are one line."""


def with_shared(table: pd.DataFrame, ends: Floats, n_days: int) -> pd.DataFrame:
    """Tell where the crossing of a date is that of the first date, and give both the same position."""
    first = table.iloc[np.arange(len(table)) // n_days * n_days]
    place, start = (part["position_m"].to_numpy(dtype=float) for part in (table, first))
    edge, other = (part["edge"].fillna(-1).to_numpy(dtype=np.int64) for part in (table, first))
    shared = np.abs(place - start) <= SAME_M
    shared[shared] = run_together(ends, edge[shared], other[shared])
    sigma_m, sigma_0_m = (part["sigma_m"].to_numpy(dtype=float) for part in (table, first))
    return table.assign(
        shared=shared,
        position_m=np.where(shared, start, place),
        apart_sigma_m=np.where(shared, 0.0, np.hypot(sigma_m, sigma_0_m)),
    )


def with_shared_sums(table: pd.DataFrame, met: pd.DataFrame, ends: Floats, n_days: int) -> pd.DataFrame:
    """Do as `with_shared` for sums over all crossings: matched crossings move together and cancel."""
    start = met[met["day"] == 0].reset_index(names="first")
    of_first = start.loc[np.repeat(np.arange(len(start)), n_days)]
    of_first = of_first.assign(day=np.tile(np.arange(n_days), len(start)))
    pairs = _pairs(met.reset_index(names="crossing"), start, ends)
    alone = ~np.isin(met.index, pairs["crossing"])
    left = pd.MultiIndex.from_frame(of_first[["first", "day"]])
    left_alone = ~left.isin(pd.MultiIndex.from_frame(pairs[["first", "day"]]))
    lone = pd.concat([met[alone], of_first[left_alone]])
    cell = lone["row"].to_numpy() * n_days + lone["day"].to_numpy()
    number = np.bincount(cell, minlength=len(table))
    variance = np.bincount(cell, weights=lone["sigma_m"].to_numpy() ** 2, minlength=len(table))
    place = table["position_m"].to_numpy(dtype=float)
    first_m = place[np.arange(len(table)) // n_days * n_days]
    shared = (number == 0) & np.isfinite(place) & np.isfinite(first_m)
    return table.assign(
        shared=shared, position_m=np.where(shared, first_m, place), apart_sigma_m=np.sqrt(variance)
    )


def _pairs(met: pd.DataFrame, start: pd.DataFrame, ends: Floats) -> pd.DataFrame:
    """Match each crossing with at most one of the first date, the nearest first."""
    pairs = met.merge(start, on=["row", "leaves"], suffixes=("", "_0"))
    pairs = pairs.assign(off=(pairs["position_m"] - pairs["position_m_0"]).abs())
    pairs = pairs[pairs["off"] <= SAME_M]
    pairs = pairs[run_together(ends, pairs["edge"].to_numpy(), pairs["edge_0"].to_numpy())]
    pairs = pairs.sort_values(["off", "crossing", "first"])
    return pairs.drop_duplicates("crossing").drop_duplicates(["first", "day"])


def run_together(ends: Floats, one: Ints, other: Ints) -> Bools:
    """Tell whether edges that cross a transect at one place run along each other as far as both go."""
    a, b = ends[one], ends[other]
    ends_of = [(a[:, :2], b), (a[:, 2:], b), (b[:, :2], a), (b[:, 2:], a)]
    beside, apart = np.zeros(len(a), dtype=bool), np.zeros(len(a))
    for point, edge in ends_of:
        run = edge[:, 2:] - edge[:, :2]
        share = ((point - edge[:, :2]) * run).sum(axis=1) / (run**2).sum(axis=1)
        near = (share >= 0) & (share <= 1)
        off = shapely.distance(shapely.points(point), shapely.linestrings(edge.reshape(-1, 2, 2)))
        beside |= near
        apart = np.maximum(apart, np.where(near, off, 0.0))
    return np.asarray((one == other) | (beside & (apart <= SAME_M)))


def facing_lines(frontlines: gpd.GeoDataFrame, side: str) -> gpd.GeoDataFrame:
    """Take the lines along which one side's ground ends, and turn them so that it is on their left."""
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
    """Refuse districts that are called as the row of the whole front."""
    if (names == WHOLE).any():
        raise LayerError(
            f"a district is called {WHOLE!r}, as the row of the whole front: give it another name"
        )


def joined_lines(lines: Geometries) -> Geometries:
    """Join directed lines end to end, in a form and an order that do not hang on how they were cut."""
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
