"""Polygon coverages: gaps, overlaps, slivers, and two coverages intersected by index pairs.

A coverage is a set of polygons that do not overlap. All geometry is planar, in an equal-area CRS in
metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from frontlines.crs import polygons_of
from frontlines.errors import ClosureError, LayerError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[Any]

KM2 = 1e6
"""Square metres in a square kilometre."""

CLOSURE = 1e-9
"""Largest share of an area by which its parts may fail to sum to it."""

NOISE_M = 1e-4
"""Width of the slivers that floating-point overlay itself leaves [m]."""


@dataclass(frozen=True)
class Pairs:
    """Pieces that two sets of polygons have in common.

    Attributes
    ----------
    first, second
        Position of the polygon of either set, (n_pieces,).
    pieces
        Their common ground, (n_pieces,) polygons with an area.
    """

    first: Ints
    second: Ints
    pieces: Geometries


def intersect(first: Geometries, second: Geometries) -> Pairs:
    """Intersect two sets of polygons, pair by pair.

    Parameters
    ----------
    first, second
        Valid polygons.

    Returns
    -------
    pairs
        Sorted by position in the first set, then in the second.

    Examples
    --------
    >>> from shapely import box
    >>> found = intersect(np.array([box(0, 0, 2, 2)]), np.array([box(1, 0, 3, 2), box(2, 0, 3, 2)]))
    >>> found.first, found.second, shapely.area(found.pieces)
    (array([0]), array([0]), array([2.]))
    """
    i, j = shapely.STRtree(second).query(first)
    order = np.lexsort((j, i))
    i, j = i[order], j[order]
    within, around, cut = _relations(first, second, i, j)
    pieces = np.full(len(i), shapely.Polygon(), dtype=object)
    pieces[within], pieces[around] = first[i[within]], second[j[around]]
    pieces[cut] = polygons_of(shapely.intersection(first[i[cut]], second[j[cut]]))
    solid = shapely.area(pieces) > 0
    return Pairs(i[solid], j[solid], pieces[solid])


def _relations(
    first: Geometries, second: Geometries, i: Ints, j: Ints
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Tell which pairs lie within, lie around and cut each other; only the last ones need an overlay."""
    shapely.prepare(first)
    shapely.prepare(second)
    within = shapely.contains_properly(second[j], first[i])
    around = shapely.contains_properly(first[i], second[j])
    simpler = shapely.get_num_coordinates(first[i]) < shapely.get_num_coordinates(second[j])
    large, small = np.where(simpler, second[j], first[i]), np.where(simpler, first[i], second[j])
    cut = ~within & ~around
    cut[cut] = shapely.intersects(large[cut], small[cut])  # the first one's index is used
    return within, around, cut


def overlaps(polygons: Geometries) -> Pairs:
    """Find where polygons of one set lie on top of each other.

    Parameters
    ----------
    polygons
        Valid polygons.

    Returns
    -------
    pairs
        Connected pieces of overlapping pairs, the lower position first, sorted by position. A piece
        thinner than `NOISE_M` is not an overlap.

    Examples
    --------
    >>> from shapely import box
    >>> found = overlaps(np.array([box(0, 0, 2, 2), box(1, 0, 3, 2), box(3, 0, 4, 2)]))
    >>> found.first, found.second, shapely.area(found.pieces)
    (array([0]), array([1]), array([2.]))
    """
    i, j = shapely.STRtree(polygons).query(polygons)
    once = i < j
    i, j = i[once], j[once]
    meet = shapely.relate_pattern(polygons[i], polygons[j], "T********")  # their interiors meet
    i, j = i[meet], j[meet]
    order = np.lexsort((j, i))
    i, j = i[order], j[order]
    pieces, pair = shapely.get_parts(
        polygons_of(shapely.intersection(polygons[i], polygons[j])), return_index=True
    )
    real = width_m(pieces) > NOISE_M
    return Pairs(i[pair[real]], j[pair[real]], pieces[real])


def gaps(polygons: Geometries, theatre: shapely.Geometry | None = None) -> Geometries:
    """Find ground that no polygon covers.

    Parameters
    ----------
    polygons
        Valid polygons.
    theatre
        Ground to be covered. None: the ground inside the polygons' common outline.

    Returns
    -------
    gaps
        Polygons, the largest first. What is thinner than `NOISE_M` is not a gap.

    Examples
    --------
    >>> from shapely import box
    >>> shapely.area(gaps(np.array([box(0, 0, 1, 2)]), box(0, 0, 3, 2)))
    array([4.])
    """
    covered = shapely.union_all(polygons)
    if theatre is None:
        shells = shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(covered)))
        theatre = shapely.union_all(shells)
    left = shapely.get_parts(polygons_of(np.array([shapely.difference(theatre, covered)])))
    left = left[width_m(left) > NOISE_M]
    return np.asarray(left[np.argsort(-shapely.area(left), kind="stable")])


def width_m(polygons: Geometries) -> Floats:
    """Mean width of polygons: twice the area over the length of the outline.

    Parameters
    ----------
    polygons
        Polygons in metres.

    Returns
    -------
    width
        The width of a long strip, the radius of a disc [m].

    Examples
    --------
    >>> from shapely import box
    >>> bool(1.9 < width_m(np.array([box(0, 0, 1000, 2)]))[0] < 2)
    True
    """
    outline = shapely.length(polygons)
    width = np.zeros(len(outline))
    np.divide(2 * shapely.area(polygons), outline, out=width, where=outline > 0)
    return width


def holder_of(points: Geometries, polygons: Geometries) -> npt.NDArray[np.int64]:
    """Find the polygon that holds each point.

    Parameters
    ----------
    points
        Points.
    polygons
        Polygons that do not overlap.

    Returns
    -------
    holder
        Position of the polygon, the first of them on a border; -1 where there is none.

    Examples
    --------
    >>> from shapely import Point, box
    >>> holder_of(np.array([Point(1, 1), Point(9, 9)]), np.array([box(0, 0, 2, 2)])).tolist()
    [0, -1]
    """
    polygon, point = shapely.STRtree(points).query(polygons, predicate="intersects")
    order = np.lexsort((polygon, point))
    found, first = np.unique(point[order], return_index=True)
    holder = np.full(len(points), -1, dtype=np.int64)
    holder[found] = polygon[order][first]
    return holder


def blank(frame: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Tell which rows have no geometry, or an empty one.

    Parameters
    ----------
    frame
        Any layer.

    Returns
    -------
    blank
        True or False by row, (n,).

    Examples
    --------
    >>> import geopandas as gpd
    >>> import shapely
    >>> blank(gpd.GeoDataFrame(geometry=[None, shapely.Point(), shapely.Point(1, 1)]))
    array([ True,  True, False])
    """
    shapes = np.asarray(frame.geometry.values)
    return np.asarray(shapely.is_missing(shapes) | shapely.is_empty(shapes))


def identity(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """Tell what must agree for one row of a layer to repeat another: its shape and what it claims.

    Parameters
    ----------
    frame
        A tidy layer.

    Returns
    -------
    keys
        A row for each of the frame's. Where a polygon's outline starts does not matter; the way a
        line runs does, for it has a left and a right.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> frame = gpd.GeoDataFrame({"side": ["A", "B"]}, geometry=[box(0, 0, 1, 1), box(0, 0, 1, 1)])
    >>> identity(frame).duplicated().tolist(), identity(frame[["geometry"]]).duplicated().tolist()
    ([False, False], [False, True])
    """
    shapes = np.array(frame.geometry.values, dtype=object)
    areas = shapely.get_dimensions(shapes) > 1
    shapes[areas] = shapely.normalize(shapes[areas])
    claims = ("date", "side", "side_left", "side_right", "district")
    return pd.DataFrame(
        {"shape": shapely.to_wkb(shapes)} | {name: frame[name].to_numpy() for name in claims if name in frame}
    )


def ground_of(theatre: gpd.GeoDataFrame) -> shapely.Geometry:
    """Give the one polygon of a theatre.

    Parameters
    ----------
    theatre
        From `as_theatre`.

    Returns
    -------
    ground
        A Polygon or MultiPolygon.

    Raises
    ------
    LayerError
        If the theatre is not one row.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> ground_of(gpd.GeoDataFrame(geometry=[box(0, 0, 2, 1)], crs="EPSG:3035")).area
    2.0
    """
    if len(theatre) != 1:
        raise LayerError(
            f"the theatre has {len(theatre)} rows, not one: pass it through as_theatre(frame, crs)"
        )
    return theatre.geometry.iloc[0]


def dissolve(pieces: Geometries, keys: pd.DataFrame) -> tuple[Geometries, pd.DataFrame]:
    """Join the pieces that share a key.

    Parameters
    ----------
    pieces
        Polygons, (n,).
    keys
        Columns that name the group of each piece, (n,) rows.

    Returns
    -------
    joined
        One geometry a group, in the order of the sorted keys.
    groups
        The keys, one row a group.

    Examples
    --------
    >>> from shapely import box
    >>> strips = np.array([box(0, 0, 1, 1), box(1, 0, 2, 1)])
    >>> joined, groups = dissolve(strips, pd.DataFrame({"side": ["A", "A"]}))
    >>> joined[0].area, list(groups["side"])
    (2.0, ['A'])
    """
    columns = list(keys.columns)
    number = keys.reset_index(drop=True).groupby(columns, sort=True).ngroup().to_numpy()
    groups = keys.drop_duplicates().sort_values(columns).reset_index(drop=True)
    members = [pieces[number == group] for group in range(len(groups))]
    unions = [group[0] if len(group) == 1 else shapely.union_all(group) for group in members]
    return shapely.normalize(polygons_of(np.array(unions, dtype=object))), groups


def close_book(parts_km2: float, whole_km2: float, what: str, mend: str) -> float:
    """Check that parts sum to their whole.

    Parameters
    ----------
    parts_km2, whole_km2
        Sum of the parts, and what it must be [km²].
    what
        Name of the book, for the message.
    mend
        What to do if it does not close.

    Returns
    -------
    error
        Parts less whole [km²].

    Raises
    ------
    ClosureError
        If they differ by more than `CLOSURE` of the whole.

    Examples
    --------
    >>> close_book(2.0, 2.0, "areas of change", "mend the theatre")
    0.0
    """
    error = parts_km2 - whole_km2
    if not abs(error) <= CLOSURE * whole_km2:
        raise ClosureError(
            f"{what} sum to {parts_km2:.6f} km², not to {whole_km2:.6f} ({error:+.6f}): {mend}"
        )
    return error
