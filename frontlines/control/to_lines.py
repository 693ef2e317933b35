"""From polygons of control to frontlines."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arguments import checked
from frontlines.arrays import Geometries, Ints
from frontlines.crs.working import require_working_crs
from frontlines.errors import LayerError
from frontlines.geometry.coverage import ground_of
from frontlines.geometry.planar import BACK, OUTSIDE, arrange, edge_lines
from frontlines.layers.columns import correlations_of
from frontlines.layers.mending import joined_sources
from frontlines.limits import require_metres

GRID_M = 1e-3
"""Outlines are rounded to this grid [m] while they are noded, so that neighbours meet."""


@checked(control="polygons date side source")
def frontlines_from_control(
    control: gpd.GeoDataFrame, theatre: gpd.GeoDataFrame, *, border_m: float
) -> gpd.GeoDataFrame:
    """Take the lines along which two sides meet.

    Parameters
    ----------
    control
        Polygons with `date`, `side`, `source` and, if known, `sigma_m` [m], in the working CRS (from
        `as_control`); any number of dates.
    theatre
        Ground of the study, in the same CRS.
    border_m
        What runs within this distance of the theatre's edge [m] is no front: state border, coast, cut.
        With 0 nothing is taken away.

    Returns
    -------
    frontlines
        One row for each stretch between the same two polygons: `date`, `side_left`, `side_right`
        (in alphabetical order), `source` (of both polygons), `sigma_m` (the larger [m]), `note`,
        `correlation_m` (the longer [m]) if control has it, and LineStrings. Sorted by date, sides and place.

    Raises
    ------
    CRSError
        If the frames are not in one equal-area CRS in metres.
    LayerError
        If the theatre is not one row.

    Notes
    -----
    All outlines are noded together on a grid of `GRID_M`; an edge whose two faces are held by
    different sides belongs to the front.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> theatre = gpd.GeoDataFrame(geometry=[box(0, 0, 4000, 2000)], crs="EPSG:3035")
    >>> control = gpd.GeoDataFrame(
    ...     {"date": pd.to_datetime(["1994-05-12"] * 2), "side": ["B", "A"], "source": ["a map"] * 2},
    ...     geometry=[box(0, 0, 1000, 2000), box(1000, 0, 4000, 2000)], crs="EPSG:3035")
    >>> front = frontlines_from_control(control, theatre, border_m=0)
    >>> front[["side_left", "side_right"]].values.tolist(), front.geometry.iloc[0].wkt
    ([['A', 'B']], 'LINESTRING (1000 2000, 1000 0)')
    """
    require_working_crs(control=control, theatre=theatre)
    require_metres(LayerError, needed=True, border_m=border_m)
    edge = shapely.boundary(ground_of(theatre))
    border = edge.buffer(border_m) if border_m > 0 else None
    columns = ["date", "side_left", "side_right", "source", "sigma_m", "note", "geometry"]
    rows = [
        row
        for date, part in control.groupby("date", sort=True)
        for row in _stretches(date, part, edge, border)
    ]
    if "correlation_m" in control:
        columns.insert(-1, "correlation_m")
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=control.crs)


def _stretches(date: Any, control: gpd.GeoDataFrame, edge: Any, border: Any) -> list[dict[str, Any]]:
    """Make the rows of one date, sorted by sides and place."""
    # Faces between all outlines, and the polygon on either side of each edge.
    outlines = shapely.boundary(np.asarray(control.geometry.values))
    arrangement = arrange(np.append(outlines, edge), grid_m=GRID_M)
    holder = _holders(arrangement.faces, control)
    left, right = holder[arrangement.left], holder[arrangement.right]
    sides = np.append(control["side"].to_numpy(dtype=object), "")
    front = (left != OUTSIDE) & (right != OUTSIDE) & (sides[left] != sides[right])
    edges, left, right = arrangement.edges[front], left[front], right[front]
    # Turn edges so that the side first in the alphabet is on their left.
    turned = sides[left] > sides[right]
    edges[turned] = edges[turned][:, BACK]
    left[turned], right[turned] = right[turned], left[turned].copy()
    # Join the edges between the same two polygons; by their numbers, one after the other.
    pair, number = np.unique(left * len(control) + right, return_inverse=True)
    lines, of = _merged(edge_lines(edges), number, border)
    return _rows(date, lines, control, *np.divmod(pair[of], len(control)))


def _holders(faces: Geometries, control: gpd.GeoDataFrame) -> Ints:
    """Position of the polygon that holds each face, and `OUTSIDE` at the end for the face that is none."""
    holder = np.full(len(faces) + 1, OUTSIDE, dtype=np.int64)
    tree = shapely.STRtree(control.geometry.values)
    face, polygon = tree.query(shapely.point_on_surface(faces), predicate="intersects")
    holder[face] = polygon
    return holder


def _merged(pieces: Geometries, number: Ints, border: Any) -> tuple[Geometries, Ints]:
    """Join the pieces of each number end to end, and take the border away: lines, and the number of each."""
    order = np.argsort(number, kind="stable")
    lines, of = _end_to_end(pieces[order], number[order])
    if border is not None:
        shapely.prepare(border)
        near = shapely.intersects(border, lines)
        lines[near] = shapely.difference(lines[near], border)
        lines, of = _end_to_end(*_parts(lines, of))
    return _parts(lines, of)


def _end_to_end(pieces: Geometries, number: Ints) -> tuple[Geometries, Ints]:
    """Join the pieces of each number; these ascend."""
    some, place = np.unique(number, return_inverse=True)
    lines = shapely.line_merge(shapely.multilinestrings(pieces, indices=place), directed=True)
    return np.asarray(lines), some


def _parts(lines: Geometries, number: Ints) -> tuple[Geometries, Ints]:
    parts, line = shapely.get_parts(lines, return_index=True)
    there = ~shapely.is_empty(parts)
    return parts[there], number[line[there]]


def _rows(
    date: Any, lines: Geometries, control: gpd.GeoDataFrame, left: Ints, right: Ints
) -> list[dict[str, Any]]:
    """Make a row of each line between two polygons, sorted by sides and place."""
    sides, sources = (control[name].to_numpy(dtype=object) for name in ("side", "source"))
    sigma_m = (
        control["sigma_m"].to_numpy(dtype=float) if "sigma_m" in control else np.full(len(control), np.nan)
    )
    correlation_m = correlations_of(control)
    columns = {
        "side_left": sides[left],
        "side_right": sides[right],
        "source": [joined_sources(both) for both in zip(sources[left], sources[right], strict=True)],
        "sigma_m": np.fmax(sigma_m[left], sigma_m[right]),
        "correlation_m": np.fmax(correlation_m[left], correlation_m[right]),
        "geometry": lines,
    }
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    # Where a line lies: its extent, then its first vertices.
    ends = (shapely.get_coordinates(shapely.get_point(lines, place)) for place in (0, 1))
    keys = [
        (row["side_left"], row["side_right"], *place)
        for row, place in zip(rows, np.hstack([shapely.bounds(lines), *ends]), strict=True)
    ]
    return [rows[row] | {"date": date, "note": ""} for row in sorted(range(len(rows)), key=keys.__getitem__)]
