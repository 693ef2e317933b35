"""Distances between the fronts of two dates as shapes: nearest, Hausdorff and Fréchet distance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer

from frontlines.arguments import checked
from frontlines.arrays import Bools, Floats, Geometries, repeated
from frontlines.crs.geodesic import ground_distance_m, ground_length_m, lonlat_of
from frontlines.crs.working import require_working_crs
from frontlines.errors import LayerError
from frontlines.geometry.planar import edge_lines, segments
from frontlines.limits import require_metres, within
from frontlines.movement.fronts import (
    districts_of,
    facing_lines,
    joined_lines,
    require_other_names,
    whole_first,
)
from frontlines.names import WHOLE

STEP_M = 200.0
"""Points on a front stand this far apart [m] unless another distance is asked for."""

DENSE_M = 500.0
"""Vertices of a densified front stand no further apart [m] unless another distance is asked for."""

_MOST_CELLS = 2e8  # pairs of vertices


@checked(frontlines="lines date side_left side_right")
def nearest_distance(
    frontlines: gpd.GeoDataFrame,
    side: str,
    districts: gpd.GeoDataFrame | None = None,
    *,
    step_m: float = STEP_M,
    percentiles: Sequence[float] = (50, 90, 95),
) -> pd.DataFrame:
    """Measure how far the fronts of the first and the last date are from each other, both ways.

    Parameters
    ----------
    frontlines
        Lines with `date`, `side_left` and `side_right`, in the working CRS.
    side
        The side whose front it is.
    districts
        Polygons with unique `district`, in the same CRS. None measures the whole front only.
    step_m
        Points stand this far apart on the line that is measured from [m].
    percentiles
        Percentiles of the distances, 0 to 100.

    Returns
    -------
    distances
        Two rows for the whole front (`district` is `WHOLE`), then two for each district by name:
        `district`, `direction` (``before to after`` or ``after to before``), `n_points` (of the line measured
        from, in the district), `mean_m`, `p50_m`, … and `max_m` [m]. NaN where there is no point. Always
        positive: they do not say who advanced.

    Raises
    ------
    LayerError
        If the side has lines on fewer than two dates, a district is called `WHOLE`, or a number is out of
        range.
    CRSError
        If the frames are not in one equal-area CRS in metres.

    Notes
    -----
    The distance goes to the whole other front, districts or not. From A to B and from B to A differ: a
    point of a bulge is far from the straight line, while each point of the straight line may have some of
    the bulge near it. The nearest distance never exceeds the movement along a transect, and passes over
    any movement along the line. The nearest point is found in the plane, the distance to it is measured on
    the ellipsoid.

    Examples
    --------
    >>> lines = shapely.linestrings([[(4320000, y), (4324000, y)] for y in (3210000, 3213000)])
    >>> fronts = gpd.GeoDataFrame(
    ...     {"date": pd.to_datetime(["1994-05-02", "1994-05-12"]), "side_left": "B", "side_right": "A"},
    ...     geometry=lines, crs="EPSG:3035")
    >>> nearest_distance(fronts, "A")[["direction", "n_points", "mean_m"]].round(1).values.tolist()
    [['before to after', 20, 3000.0], ['after to before', 20, 3000.0]]
    """
    if not percentiles or not all(0 <= share <= 100 for share in percentiles):  # noqa: PLR2004 - per cent
        raise LayerError(f"percentiles are {list(percentiles)}: give one or more from 0 to 100")
    crs, fronts = _two_fronts(frontlines, side, districts, step_m)
    rows = []
    for direction, start, goal in (("before to after", 0, 1), ("after to before", 1, 0)):
        points = _points_along(fronts[start], step_m, crs)
        off_m = _distance_to(points, fronts[goal], crs)
        for name, own in _grounds(points, districts):
            rows.append({"district": name, "direction": direction} | _described(off_m[own], percentiles))
    return whole_first(pd.DataFrame(rows))


@checked(frontlines="lines date side_left side_right")
def line_distances(
    frontlines: gpd.GeoDataFrame,
    side: str,
    districts: gpd.GeoDataFrame | None = None,
    *,
    step_m: float = DENSE_M,
) -> pd.DataFrame:
    """Measure the Hausdorff and the Fréchet distance of the fronts of the first and the last date.

    Parameters
    ----------
    frontlines, side, districts
        As for `nearest_distance`.
    step_m
        Lines are densified so that their vertices are no further apart [m].

    Returns
    -------
    distances
        One row for the whole front (`district` is `WHOLE`), then one for each district by name: `district`,
        `hausdorff_m`, `frechet_m` [m] and `frechet_share`, the share of the front, on the date where it is
        smaller, that is in its longest piece. NaN where a date has no line.

    Raises
    ------
    LayerError
        If the side has lines on fewer than two dates, `step_m` is out of range, or the fronts have too many
        vertices at this step for the Fréchet distance.
    CRSError
        If the frames are not in one equal-area CRS in metres.

    Notes
    -----
    Hausdorff: the largest distance from a vertex of either line, within the district, to the nearest point
    of the other line. Fréchet: the discrete one [1]_, the shortest leash for two walkers who go along either
    line from end to end and never turn back; of the longest piece of either date within the district, both
    with the side's ground on the left, closed ones beginning at the nearest pair of vertices. Both name the
    worst place only. Where the front is in pieces, or its ends moved, the Fréchet distance says little.

    References
    ----------
    .. [1] Eiter, T., Mannila, H. (1994). Computing discrete Fréchet distance. Technical report CD-TR 94/64,
       Technische Universität Wien.

    Examples
    --------
    >>> lines = shapely.linestrings([[(4320000, y), (4324000, y)] for y in (3210000, 3213000)])
    >>> fronts = gpd.GeoDataFrame(
    ...     {"date": pd.to_datetime(["1994-05-02", "1994-05-12"]), "side_left": "B", "side_right": "A"},
    ...     geometry=lines, crs="EPSG:3035")
    >>> line_distances(fronts, "A")[["hausdorff_m", "frechet_m"]].round(1).values.tolist()
    [[3000.0, 3000.0]]
    """
    crs, fronts = _two_fronts(frontlines, side, districts, step_m)
    points = sum(shapely.length(lines).sum() for lines in fronts) / step_m
    within("points", points, f"the fronts at step_m={step_m:g}")
    dense = [shapely.segmentize(lines, step_m) for lines in fronts]
    vertices = [shapely.points(shapely.get_coordinates(lines)) for lines in dense]
    off_m = [_distance_to(vertices[k], fronts[1 - k], crs) for k in (0, 1)]
    worst = [
        {name: _largest(off_m[k][own]) for name, own in _grounds(vertices[k], districts)} for k in (0, 1)
    ]
    names = [WHOLE, *([] if districts is None else sorted(districts["district"]))]
    grounds = {} if districts is None else dict(zip(districts["district"], districts.geometry, strict=True))
    rows = []
    for name in names:
        found = [worst[k][name] for k in (0, 1)]
        pieces = [_longest(lines, grounds.get(name)) for lines in dense]
        shares = [share for _, share in pieces]
        both = all(share > 0 for share in shares)
        rows.append(
            {
                "district": name,
                "hausdorff_m": max(found) if both else np.nan,
                "frechet_m": frechet_m(pieces[0][0], pieces[1][0], crs) if both else np.nan,
                "frechet_share": min(shares) if both else np.nan,
            }
        )
    return pd.DataFrame(rows)


def frechet_m(one: Any, other: Any, crs: CRS) -> float:
    """Compute the discrete Fréchet distance of two lines along the ground."""
    a, b = (_in_space(shapely.get_coordinates(line), crs) for line in (one, other))
    if len(a) * len(b) > _MOST_CELLS:
        raise LayerError(
            f"the fronts have {len(a):,} and {len(b):,} vertices, too many pairs for the Fréchet distance: "
            "give a larger step_m"
        )
    if one.is_closed and other.is_closed:
        a, b = _from_nearest_pair(a, b)
    n, m, back = len(a), len(b), b[::-1]
    before, last = np.full(n + 1, np.inf), np.full(n + 1, np.inf)  # the first cell stands for no vertex
    for total in range(n + m - 1):  # all pairs of vertices whose numbers sum to this
        low, high = max(0, total - m + 1), min(total, n - 1) + 1
        off = a[low:high] - back[m - 1 - total + low : m - 1 - total + high]
        apart = np.einsum("ij,ij->i", off, off)
        reach = np.minimum(np.minimum(last[low + 1 : high + 1], last[low:high]), before[low:high])
        before, last = last, np.full(n + 1, np.inf)
        last[low + 1 : high + 1] = np.maximum(reach, apart) if total else apart
    return float(np.sqrt(last[-1]))


def _in_space(xy: Floats, crs: CRS) -> Floats:
    """Turn places of the plane into geocentric coordinates [m]."""
    lonlat = lonlat_of(xy, crs)
    transform = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True).transform
    return np.column_stack(transform(lonlat[:, 0], lonlat[:, 1], np.zeros(len(xy))))


def _from_nearest_pair(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Let two closed lines begin, and end, at the vertices that are nearest to each other."""
    apart = ((a[:-1, None, :] - b[None, :-1, :]) ** 2).sum(axis=2)
    i, j = np.unravel_index(int(apart.argmin()), apart.shape)
    turned = [np.roll(xy[:-1], -k, axis=0) for xy, k in ((a, int(i)), (b, int(j)))]
    return tuple(np.vstack([xy, xy[:1]]) for xy in turned)  # type: ignore[return-value]


def _two_fronts(
    frontlines: gpd.GeoDataFrame, side: str, districts: gpd.GeoDataFrame | None, step_m: float
) -> tuple[CRS, list[Geometries]]:
    """Join the lines of the first and the last date."""
    frames = {"frontlines": frontlines} | ({} if districts is None else {"districts": districts})
    crs = require_working_crs(**frames)
    require_metres(LayerError, above_0=True, step_m=step_m)
    if districts is not None:
        require_other_names(districts["district"])
    facing = facing_lines(frontlines, side)
    first, last = facing["date"].min(), facing["date"].max()
    if first == last:
        raise LayerError(f"side {side!r} has lines on one date only: distances are between two")
    shapes = np.asarray(facing.geometry.values)
    return crs, [joined_lines(shapes[(facing["date"] == day).to_numpy()]) for day in (first, last)]


def _points_along(lines: Geometries, step_m: float, crs: CRS) -> Geometries:
    """Put points on lines at equal steps, the first and last half a step from the ends."""
    number = np.maximum(np.rint(ground_length_m(lines, crs) / step_m), 1).astype(np.int64)
    within("points", number.sum(), f"places at step_m={step_m:g}")
    line, rank = repeated(number)
    return np.asarray(
        shapely.line_interpolate_point(lines[line], (rank + 0.5) / number[line], normalized=True)
    )


def _distance_to(points: Geometries, lines: Geometries, crs: CRS) -> Floats:
    """Measure how far points are from the nearest of some lines, along the ground."""
    edges = edge_lines(segments(lines)[0])
    point, edge = shapely.STRtree(edges).query_nearest(points, all_matches=False)
    bridges = shapely.get_coordinates(shapely.shortest_line(points[point], edges[edge])).reshape(-1, 2, 2)
    return ground_distance_m(bridges[:, 0], bridges[:, 1], crs)


def _grounds(points: Geometries, districts: gpd.GeoDataFrame | None) -> Iterator[tuple[str, Bools]]:
    """Give the whole, then each district by name, with the points in it."""
    yield WHOLE, np.ones(len(points), dtype=bool)
    if districts is None:
        return
    holder = districts_of(points, districts)
    for name in sorted(districts["district"]):
        yield str(name), holder == name


def _described(off_m: Floats, percentiles: Sequence[float]) -> dict[str, Any]:
    """Describe distances: number, mean, percentiles, largest."""
    some = len(off_m) > 0
    shares = np.percentile(off_m, percentiles) if some else np.full(len(percentiles), np.nan)
    figures: dict[str, Any] = {"n_points": len(off_m), "mean_m": off_m.mean() if some else np.nan}
    figures |= {f"p{share:g}_m": value for share, value in zip(percentiles, shares, strict=True)}
    return figures | {"max_m": _largest(off_m)}


def _largest(off_m: Floats) -> float:
    return float(off_m.max()) if len(off_m) else np.nan


def _longest(lines: Geometries, ground: Any) -> tuple[Any, float]:
    """Give the longest line within a district, and its share of all lines there."""
    if ground is not None:
        near = lines[shapely.intersects(lines, ground)]
        lines = joined_lines(_only_lines(shapely.intersection(near, ground)))
    total = shapely.length(lines).sum()
    return (lines[0], float(shapely.length(lines[0]) / total)) if total > 0 else (None, 0.0)


def _only_lines(shapes: Geometries) -> Geometries:
    parts = shapely.get_parts(shapely.get_parts(shapes))
    return np.asarray(parts[shapely.get_dimensions(parts) == 1])
