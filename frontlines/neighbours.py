"""Neighbours: along which polygons the outlines of small pieces run, and which polygons go first."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[Any]


def by_size(polygons: Geometries) -> Ints:
    """Rank polygons: the largest first, equal ones by their coordinates.

    Parameters
    ----------
    polygons
        Polygons in metres.

    Returns
    -------
    order
        Positions, (n,); which polygon comes first does not hang on the order they were given in.

    Examples
    --------
    >>> from shapely import box
    >>> by_size(np.array([box(0, 0, 1, 1), box(0, 0, 2, 2)]))
    array([1, 0])
    """
    keys = [(-shape.area, shape.normalize().wkb) for shape in polygons]
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)


def common_borders(pieces: Geometries, polygons: Geometries, *, reach_m: float) -> pd.DataFrame:
    """Measure along which polygons the outlines of pieces run.

    Parameters
    ----------
    pieces
        Polygons, such as slivers [m].
    polygons
        Their possible neighbours [m].
    reach_m
        An edge of a piece runs along the polygon whose outline is nearest to the edge's middle, if
        that is within this distance [m].

    Returns
    -------
    borders
        `piece` and `polygon` (positions) and `length_m`: sorted by piece, the longest border first,
        and of equal ones that of the larger polygon.

    Examples
    --------
    >>> from shapely import box
    >>> land = np.array([box(0, 1, 4, 9), box(0, -8, 3, 0)])
    >>> common_borders(np.array([box(0, 0, 4, 1)]), land, reach_m=0.4)["polygon"].tolist()
    [0, 1]
    """
    edges, owner = _outline(pieces)
    middles = edges.mean(axis=1)
    outline, polygon = _outline(polygons)
    close = _beside(outline, middles, reach_m)
    tree, polygon = shapely.STRtree(shapely.linestrings(outline[close])), polygon[close]
    edge, near = tree.query_nearest(shapely.points(middles), max_distance=reach_m, all_matches=True)
    lengths = np.hypot(*(edges[:, 1] - edges[:, 0]).T)
    found = pd.DataFrame({"piece": owner[edge], "polygon": polygon[near], "length_m": lengths[edge]})
    found = found.groupby(["piece", "polygon"])["length_m"].sum().reset_index()
    rank = np.argsort(by_size(polygons[np.unique(found["polygon"])]), kind="stable")
    found["rank"] = rank[np.unique(found["polygon"], return_inverse=True)[1]]
    found = found.sort_values(["piece", "length_m", "rank"], ascending=[True, False, True], ignore_index=True)
    return found[["piece", "polygon", "length_m"]]


def _outline(polygons: Geometries) -> tuple[Floats, Ints]:
    """Straight edges of the outlines of polygons, (n, 2, 2), and the polygon of each."""
    parts, polygon = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    inner = ring[:-1] == ring[1:]
    return np.stack([xy[:-1], xy[1:]], axis=1)[inner], polygon[part[ring[:-1][inner]]]


def _beside(edges: Floats, points: Floats, reach_m: float) -> npt.NDArray[np.bool_]:
    """Tell which edges can be within reach of a point: some point lies in their range of x, and of y."""
    beside = np.ones(len(edges), dtype=bool)
    for axis in (0, 1):
        known = np.sort(points[:, axis])
        first = np.searchsorted(known, edges[..., axis].min(axis=1) - reach_m, side="left")
        last = np.searchsorted(known, edges[..., axis].max(axis=1) + reach_m, side="right")
        beside &= last > first
    return beside
