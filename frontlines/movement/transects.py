"""Transects: lines along which the movement of a front is measured, heading away from one side."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from shapely.ops import substring

from frontlines.arguments import checked
from frontlines.arrays import Bools, Floats, Geometries, Ints, repeated
from frontlines.crs.geodesic import ground_distance_m, ground_length_m
from frontlines.crs.working import require_working_crs
from frontlines.errors import LayerError
from frontlines.geometry.coverage import ground_of
from frontlines.geometry.planar import segments
from frontlines.limits import require_metres, within
from frontlines.movement.crossings import cross
from frontlines.movement.fronts import facing_lines, joined_lines

_COLUMNS = [
    "transect", "cast_from", "line", "along_km", "stands_for_m", "side", "origin_m", "cut", "geometry",
]  # fmt: skip


@checked(frontlines="lines date side_left side_right")
def make_transects(  # noqa: PLR0913 - one argument for each choice that decides the figures
    frontlines: gpd.GeoDataFrame,
    side: str,
    *,
    baseline: gpd.GeoDataFrame | None = None,
    axis: gpd.GeoDataFrame | None = None,
    spacing_m: float = 1000.0,
    length_m: float = 20_000.0,
    smoothing_m: float = 5000.0,
    copies: int = 5,
    theatre: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Cast transects that head away from the ground of one side.

    Parameters
    ----------
    frontlines
        Lines with `date`, `side_left` and `side_right`, in the working CRS. Those of the first date say
        which way is away from the side; where there are three sides or more, all others are beyond.
    side
        The side whose advance is positive.
    baseline
        Lines, in the same CRS: transects are cast across them. None casts them across the front of the
        first date.
    axis
        One line along the movement (a road, a valley), in the same CRS: transects are copies of it, moved
        sideways by multiples of `spacing_m`. Not with `baseline`.
    spacing_m
        Distance of transects, along the line that they are cast from, or between copies [m]. Each line is
        divided into equal parts of about this length, with a transect in the middle of each.
    length_m
        How far a transect reaches either way [m]. A copy of an axis is as long as the axis.
    smoothing_m
        A transect is at right angles to the chord over this length of the line [m]; 0 takes the straight
        piece where it is cast. The smaller it is, the more transects fan out and cross.
    copies
        Number of copies of the axis on either side of it.
    theatre
        Ground of the study, in the same CRS: transects end where they leave it, seen from where they were
        cast. Where that is outside, and for copies of an axis, the part within that meets the front of the
        first date is kept. Transects that lie outside altogether are left out.

    Returns
    -------
    transects
        `transect` (number from 0, in order along the lines), `cast_from` (``front``, ``baseline`` or
        ``axis``), `line` (which piece, from 0, the longest first), `along_km` (where along the pieces,
        laid end to end [km]; for copies of an axis the distance across them), `stands_for_m` (length of
        the line that the transect stands for [m]), `side`, `origin_m` (from the transect's start to where
        it was cast [m]; negative, or more than its length, where that is outside the theatre), `cut`
        (whether it ends at the theatre's edge) and LineStrings that begin on the
        side's ground.

    Raises
    ------
    LayerError
        If the side has no front; both `baseline` and `axis` are given; the axis is not one line; no
        transect of a baseline or axis meets the front; none lies within the theatre; or a length is out of
        range.
    CRSError
        If the frames are not in one equal-area CRS in metres.

    Notes
    -----
    Which way is away from the side follows from the sides of the front, never from the direction in which
    a line was drawn. For a baseline or an axis the crossings with the front of the first date vote, each
    piece for itself. Casting at right angles to a chord is the smoothed baseline of DSAS [1]_; copies of
    one axis are the multi-centreline method [2]_.

    References
    ----------
    .. [1] Himmelstoss, E. A., Henderson, R. E., Kratzmann, M. G., Farris, A. S. (2018). Digital Shoreline
       Analysis System (DSAS) version 5.0 user guide. U.S. Geological Survey Open-File Report 2018-1179.
       https://doi.org/10.3133/ofr20181179
    .. [2] Lea, J. M., Mair, D. W. F., Rea, B. R. (2014). Evaluation of existing and new methods of tracking
       glacier terminus change. Journal of Glaciology 60, 323-332. https://doi.org/10.3189/2014JoG13J061

    Examples
    --------
    >>> import pandas as pd
    >>> front = gpd.GeoDataFrame(
    ...     {"date": pd.to_datetime(["1994-05-12"]), "side_left": ["B"], "side_right": ["A"]},
    ...     geometry=[shapely.LineString([(4320000, 3210000), (4324000, 3210000)])], crs="EPSG:3035")
    >>> transects = make_transects(front, "A", spacing_m=2000, length_m=500)
    >>> transects.geometry.to_wkt(rounding_precision=0).tolist()
    ['LINESTRING (4323000 3209500, 4323000 3210500)', 'LINESTRING (4321000 3209500, 4321000 3210500)']
    """
    layers = {"frontlines": frontlines, "baseline": baseline, "axis": axis, "theatre": theatre}
    crs = require_working_crs(**{name: frame for name, frame in layers.items() if frame is not None})
    _require_lengths(spacing_m=spacing_m, length_m=length_m, smoothing_m=smoothing_m, copies=copies)
    if baseline is not None and axis is not None:
        raise LayerError("a baseline and an axis are given: transects are cast from one of them")
    facing = facing_lines(frontlines, side)
    front = np.asarray(facing.geometry.values)[(facing["date"] == facing["date"].min()).to_numpy()]
    if axis is not None:
        cast = _copied(_one_line(axis), spacing_m, copies, crs).assign(cast_from="axis")
    elif baseline is not None:
        drawn = joined_lines(_parts(baseline, "baseline"))
        cast = _cast(drawn, spacing_m, length_m, smoothing_m, crs).assign(cast_from="baseline")
    else:
        cast = _cast(joined_lines(front), spacing_m, length_m, smoothing_m, crs).assign(cast_from="front")
    if axis is not None or baseline is not None:
        cast = _turned(cast, front, crs, side)
    cast = cast.assign(side=side, cut=False)
    cast = cast if theatre is None else _cut_to_theatre(cast, theatre, front, crs)
    return cast.assign(transect=np.arange(len(cast)))[_COLUMNS]


def _require_lengths(*, spacing_m: float, length_m: float, smoothing_m: float, copies: int) -> None:
    require_metres(LayerError, above_0=True, spacing_m=spacing_m, length_m=length_m)
    require_metres(LayerError, smoothing_m=smoothing_m)
    if copies < 0 or copies != int(copies):
        raise LayerError(f"copies is {copies}: give a whole number, 0 or more")
    within("points", 2 * copies + 1, f"copies of {copies:,}")
    require_metres(LayerError, farthest_copy_m=copies * spacing_m)


def _parts(frame: gpd.GeoDataFrame, what: str) -> Geometries:
    """Give the single lines of a layer that somebody drew."""
    parts = shapely.get_parts(np.asarray(frame.geometry.dropna().values))
    if not len(parts) or (shapely.get_type_id(parts) != shapely.GeometryType.LINESTRING).any():
        raise LayerError(f"the {what} holds something else than lines, or nothing: draw it as lines")
    return np.asarray(parts)


def _one_line(axis: gpd.GeoDataFrame) -> Any:
    lines = joined_lines(_parts(axis, "axis"))
    if len(lines) != 1:
        raise LayerError(f"the axis is in {len(lines)} pieces: draw one line, in one direction")
    return lines[0]


def _cast(
    lines: Geometries, spacing_m: float, length_m: float, smoothing_m: float, crs: CRS
) -> gpd.GeoDataFrame:
    """Cast transects across lines, heading to their right, at equal steps along each."""
    # How many stand on each line, and where along it [m of the plane].
    ground_m, plane_m = ground_length_m(lines, crs), shapely.length(lines)
    number = np.maximum(np.rint(ground_m / spacing_m), 1).astype(np.int64)
    within("points", number.sum(), f"transects at spacing_m={spacing_m:g}")
    line, rank = repeated(number)
    step = plane_m / number
    at = (rank + 0.5) * step[line]
    origin = shapely.get_coordinates(shapely.line_interpolate_point(lines[line], at))
    # As far to either side as is `length_m` on the ground.
    chord = _chords(lines, line, at, smoothing_m)
    away = np.column_stack([chord[:, 1], -chord[:, 0]]) / np.hypot(*chord.T)[:, None]
    reach = away * length_m / _stretch(origin, away, crs)[:, None]
    ends = np.stack([origin - reach, origin + reach], axis=1)
    share = ground_m / plane_m
    return gpd.GeoDataFrame(
        {
            "line": line,
            "along_km": ((np.cumsum(ground_m) - ground_m)[line] + at * share[line]) / 1000,
            "stands_for_m": (step * share)[line],
            "origin_m": ground_distance_m(ends[:, 0], origin, crs),
        },
        geometry=shapely.linestrings(ends),
        crs=crs,
    )


def _chords(lines: Geometries, line: Ints, at: Floats, smoothing_m: float) -> Floats:
    """Give the chord of each line about places along it; round closed lines, up to the ends of open ones."""
    whole, closed = shapely.length(lines)[line], shapely.is_closed(lines)[line]
    half = np.minimum(max(smoothing_m, 1e-3) / 2, np.where(closed, whole / 4, whole))
    ends = []
    for shift in (-half, half):
        place = np.where(closed, np.mod(at + shift, whole), np.clip(at + shift, 0, whole))
        ends.append(shapely.get_coordinates(shapely.line_interpolate_point(lines[line], place)))
    chord: Floats = ends[1] - ends[0]
    flat = np.hypot(*chord.T) < 1e-6  # noqa: PLR2004 - the line comes back to where it was
    chord[flat] = [1.0, 0.0]
    return chord


def _stretch(origin: Floats, away: Floats, crs: CRS) -> Floats:
    """Give metres on the ground to a metre of the plane, at places and in directions."""
    base_m = 1000.0
    return ground_distance_m(origin, origin + away * base_m, crs) / base_m


def _copied(axis: Any, spacing_m: float, copies: int, crs: CRS) -> gpd.GeoDataFrame:
    """Copy an axis sideways, at right angles to the chord between its ends."""
    xy = shapely.get_coordinates(axis)
    chord = xy[-1] - xy[0]
    if not np.hypot(*chord) > 0:
        raise LayerError("the axis ends where it begins: draw it along the movement")
    across = np.array([chord[1], -chord[0]]) / np.hypot(*chord)
    step = spacing_m / _stretch(xy[:1], across[None, :], crs)[0]
    number = np.arange(-copies, copies + 1)
    return gpd.GeoDataFrame(
        {
            "line": 0,
            "along_km": (number + copies) * spacing_m / 1000,
            "stands_for_m": spacing_m,
            "origin_m": 0.0,
        },
        geometry=shapely.linestrings(xy + (number * step)[:, None, None] * across),
        crs=crs,
    )


def _turned(cast: gpd.GeoDataFrame, front: Geometries, crs: CRS, side: str) -> gpd.GeoDataFrame:
    """Turn the transects of each piece so that more of them leave the side's ground than enter it."""
    shapes = np.asarray(cast.geometry.values)
    met = cross(shapes, segments(front)[0], crs)
    votes = np.where(met["leaves"], 1, -1)
    tally = np.bincount(cast["line"].to_numpy()[met["row"]], weights=votes, minlength=cast["line"].max() + 1)
    if not tally.any():
        raise LayerError(
            f"no transect of the {cast['cast_from'].iloc[0]} tells which way is away from side {side!r}: "
            "they must meet the front of the first date; draw it nearer, or give a larger length_m"
        )
    tally[tally == 0] = tally.sum() or 1.0
    back = (tally < 0)[cast["line"].to_numpy()]
    origin_m = np.where(back, ground_length_m(shapes, crs) - cast["origin_m"], cast["origin_m"])
    return cast.assign(geometry=np.where(back, shapely.reverse(shapes), shapes), origin_m=origin_m)


def _cut_to_theatre(
    cast: gpd.GeoDataFrame, theatre: gpd.GeoDataFrame, front: Geometries, crs: CRS
) -> gpd.GeoDataFrame:
    """Cut transects to one part of each that lies within the theatre.

    It is the part where the transect was cast; if that lies outside, or may be anywhere along an axis, the
    nearest part that meets the front.
    """
    shapes = np.asarray(cast.geometry.values)
    parts = _parts_within(shapes, ground_of(theatre), crs)
    origin_m = cast["origin_m"].to_numpy(dtype=float)[parts["row"]]
    off = np.maximum(parts["low_m"] - origin_m, origin_m - parts["high_m"]).clip(lower=0)
    free = (cast["cast_from"] == "axis").to_numpy()[parts["row"]]
    parts = parts.assign(off=off, other=(off > 0) | free, misses=~_meets(parts, shapes, front, crs))
    parts = parts.sort_values(["row", "other", "misses", "off", "low_m"]).drop_duplicates("row")
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
    # Between one mark and the next a line lies within the ground or outside it.
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
    # Parts that follow each other without a gap are one.
    begins = (parts["row"] != parts["row"].shift()) | (parts["low_plane"] != parts["high_plane"].shift())
    how = {"row": "first", "low_m": "first", "high_m": "last", "low_plane": "first", "high_plane": "last"}
    whole: pd.DataFrame = parts.groupby(begins.cumsum().to_numpy()).agg(how).reset_index(drop=True)
    return whole


def _meets(parts: pd.DataFrame, shapes: Geometries, front: Geometries, crs: CRS) -> Bools:
    """Tell which parts leave the side's ground somewhere."""
    met = cross(shapes, segments(front)[0], crs)
    found = parts.reset_index().merge(met.loc[met["leaves"], ["row", "plane_m"]], on="row")
    within = found["plane_m"].between(found["low_plane"], found["high_plane"])
    return np.isin(np.arange(len(parts)), found.loc[within, "index"])
