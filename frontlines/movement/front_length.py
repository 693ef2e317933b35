"""How long a front is, at a stated resolution, by date and district."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from frontlines.arguments import checked
from frontlines.arrays import Floats, Geometries, Ints
from frontlines.crs.geodesic import ground_length_m
from frontlines.crs.working import require_working_crs
from frontlines.errors import LayerError
from frontlines.geometry.planar import BACK, edge_lines, segments, westward
from frontlines.limits import lengths_given

_TOUCH_M = 1e-3  # middles of pieces lie within rounding of the border along which they run


@checked()
def front_length(
    frontlines: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame | None = None,
    *,
    resolution_m: float | Sequence[float],
) -> pd.DataFrame:
    """Measure the front at each date.

    Parameters
    ----------
    frontlines
        Lines with `date`, in the working CRS: from `as_frontlines`, or from `frontlines_from_control` or
        `fronts_of_side`, whose `border_m` takes away what runs along the theatre's edge (state border,
        coast, cut).
    districts
        Polygons with unique `district`, in the same CRS (from `as_districts`); None measures whole
        fronts only.
    resolution_m
        One or more resolutions [m]: detail finer than this is smoothed away before the front is
        measured; 0 keeps it all.

    Returns
    -------
    lengths
        `date`, `resolution_m` [m] and `front_km`, the length along the ground [km], sorted; with
        `districts` also `district`, a row for each, zero where there is no front.

    Raises
    ------
    LayerError
        If a resolution is negative or no number.
    CRSError
        If the frames are not in one equal-area CRS in metres.

    Notes
    -----
    The length of a front depends on the detail with which it was drawn, as that of a coast does
    [1]_: figures compare only at one resolution, and only above the detail of the coarser source.
    Lines of one date are first joined end to end, so that it does not matter how they were cut, then
    simplified by the rule of Douglas and Peucker [2]_ with `resolution_m` as its distance, in the
    plane, and then measured on the ellipsoid. A front that runs along the border of two districts
    counts by halves in each. The districts sum to the whole where they cover the front.

    References
    ----------
    .. [1] Mandelbrot, B. (1967). How long is the coast of Britain? Statistical self-similarity and
       fractional dimension. Science 156, 636-638. https://doi.org/10.1126/science.156.3775.636
    .. [2] Douglas, D. H., Peucker, T. K. (1973). Algorithms for the reduction of the number of points
       required to represent a digitized line or its caricature. Cartographica 10, 112-122.
       https://doi.org/10.3138/FM57-6770-U75U-7727

    Examples
    --------
    >>> from shapely import LineString
    >>> zigzag = LineString([(4321000 + 100 * n, 3210000 + 60 * (n % 2)) for n in range(21)])
    >>> front = gpd.GeoDataFrame({"date": pd.to_datetime(["1994-05-12"])}, geometry=[zigzag], crs="EPSG:3035")
    >>> front_length(front, resolution_m=[0, 100])[["resolution_m", "front_km"]].round(3).values.tolist()
    [[0.0, 2.332], [100.0, 2.0]]
    """
    resolutions = lengths_given(LayerError, resolution_m=resolution_m)
    frames = {"frontlines": frontlines} | ({} if districts is None else {"districts": districts})
    require_working_crs(**frames)
    dates, fronts = _joined(frontlines)
    keys = ["date", "resolution_m"] if districts is None else ["date", "resolution_m", "district"]
    tables = []
    for resolution in resolutions:
        coarse = shapely.simplify(fronts, resolution) if resolution else fronts
        tables.append(_measured(dates, coarse, frontlines.crs, districts).assign(resolution_m=resolution))
    return pd.concat(tables).sort_values(keys, ignore_index=True)[[*keys, "front_km"]]


def _joined(frontlines: gpd.GeoDataFrame) -> tuple[list[pd.Timestamp], Geometries]:
    """Join the lines of each date end to end, in a form that does not depend on how they were cut."""
    shapes = np.asarray(frontlines.geometry.values)
    days = frontlines.reset_index(drop=True).groupby("date", sort=True).indices
    fronts = [_canonical(shapes[rows]) for rows in days.values()]
    return [pd.Timestamp(day) for day in days], np.array(fronts, dtype=object)


def _canonical(lines: Geometries) -> Any:
    """Merge lines, turn them the same way, and begin closed ones at their lowest left vertex."""
    parts = shapely.get_parts(lines)
    merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(parts[~shapely.is_empty(parts)])))
    merged = shapely.normalize(merged)
    closed = shapely.is_closed(merged)
    xy, ring = shapely.get_coordinates(merged[closed], return_index=True)
    xy, ring = shapely.get_coordinates(
        shapely.normalize(shapely.linearrings(xy, indices=ring)), return_index=True
    )
    merged[closed] = shapely.linestrings(xy, indices=ring)
    return shapely.normalize(shapely.multilinestrings(merged))


def _measured(
    dates: Sequence[pd.Timestamp], fronts: Geometries, crs: CRS, districts: gpd.GeoDataFrame | None
) -> pd.DataFrame:
    """Measure fronts edge by edge; an edge that many dates share is measured once."""
    lines, front = shapely.get_parts(fronts, return_index=True)
    ends, line = segments(lines)
    turned = westward(ends)
    ends[turned] = ends[turned][:, BACK]
    unique, edge = np.unique(ends, axis=0, return_inverse=True)
    edges = edge_lines(unique)
    date = front[line]
    if districts is None:
        km = ground_length_m(edges, crs)[edge] / 1000
        return pd.DataFrame({"date": dates, "front_km": np.bincount(date, weights=km, minlength=len(dates))})
    names = districts["district"].to_numpy(dtype=object)
    row, district, km = _by_district(edges, np.asarray(districts.geometry.values), crs)
    parts = pd.DataFrame({"edge": row, "district": district, "km": km})
    met = pd.DataFrame({"edge": edge, "date": date}).merge(parts, on="edge")
    sums = np.zeros((len(dates), len(names)))
    np.add.at(sums, (met["date"], met["district"]), met["km"])
    return pd.DataFrame(
        {
            "date": [date for date in dates for _ in names],
            "district": np.tile(names, len(dates)),
            "front_km": sums.ravel(),
        }
    )


def _by_district(edges: Geometries, shapes: Geometries, crs: CRS) -> tuple[Ints, Ints, Floats]:
    """Length of each edge in each district that it meets [km]: edge, district, length.

    A piece along a border counts by halves in the districts on both sides.
    """
    pieces, edge = _cut(edges, shapes)
    middles = shapely.buffer(shapely.line_interpolate_point(pieces, 0.5, normalized=True), _TOUCH_M)
    piece, district = shapely.STRtree(shapes).query(middles)
    shapely.prepare(shapes)
    meet = shapely.intersects(shapes[district], middles[piece])
    piece, district = piece[meet], district[meet]
    share = 1 / np.bincount(piece, minlength=len(pieces)).clip(min=1)[piece]
    return edge[piece], district, ground_length_m(pieces, crs)[piece] * share / 1000


def _cut(edges: Geometries, shapes: Geometries) -> tuple[Geometries, Ints]:
    """Cut edges where they meet the outlines of districts; give the pieces, and the edge of each."""
    borders = shapely.boundary(shapes)
    shapely.prepare(borders)
    border, edge = shapely.STRtree(edges).query(borders)
    meet = shapely.intersects(borders[border], edges[edge])
    met = pd.Series(border[meet]).groupby(edge[meet], sort=True).agg(list)
    crossed = met.index.to_numpy(dtype=np.int64)
    whole = np.setdiff1d(np.arange(len(edges)), crossed)
    # An edge falls into pieces off the borders that it meets, and pieces that run along them.
    lines = np.fromiter((shapely.union_all(borders[near]) for near in met), dtype=object, count=len(met))
    off, on = shapely.difference(edges[crossed], lines), shapely.intersection(edges[crossed], lines)
    pieces, owner = shapely.get_parts(np.concatenate([edges[whole], off, on]), return_index=True)
    along = (shapely.get_dimensions(pieces) == 1) & (shapely.length(pieces) > 0)
    return pieces[along], np.concatenate([whole, crossed, crossed])[owner[along]]
