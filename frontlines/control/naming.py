"""Sides of lines that name none, from places whose side is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.ops import substring

from frontlines.arguments import checked
from frontlines.arrays import Ints
from frontlines.control.from_lines import Division, divide
from frontlines.crs.working import place, require_working_crs
from frontlines.errors import ControlError
from frontlines.geometry.coverage import ground_of
from frontlines.geometry.planar import edge_lines
from frontlines.layers import as_frontlines
from frontlines.layers.faults import place_of
from frontlines.limits import require_metres
from frontlines.names import KM2, LONLAT, Mend, listed

_LEFT, _RIGHT = "on the left", "on the right"
_TWO, _SHOWN = 2, 4
_ON_LINE_M = 1.0  # a place this near to a line [m] is on neither side of it


@checked()
def lines_with_sides(
    frame: gpd.GeoDataFrame,
    theatre: gpd.GeoDataFrame,
    side_at: Mapping[str, Sequence[tuple[float, float]]],
    *,
    snap_m: float,
    mend: Mend = False,
) -> gpd.GeoDataFrame:
    """Give frontlines their sides by places whose side is known.

    Parameters
    ----------
    frame
        Raw lines with a column `date`, in any CRS; what they say of their sides does not count.
    theatre
        The ground that the lines divide, in the working CRS (from `as_theatre`).
    side_at
        Places of each side, as (longitude, latitude) [degrees]. They hold on all dates. Two sides at least.
    snap_m, mend
        As in `control_from_lines` and `as_frontlines`.

    Returns
    -------
    frontlines
        As from `as_frontlines`. A line along which the sides change becomes a row for each of its parts, with
        new index labels; lines that do not meet the theatre are left out.

    Raises
    ------
    ControlError
        If a place lies beyond the theatre or on a line, places of two sides lie in one piece of ground, a
        line would have one side on both of its sides, or ground beside a line has no place and does not
        follow.
    FrontlinesError
        As `control_from_lines` and `as_frontlines`.

    Notes
    -----
    The lines cut the theatre into pieces of ground, and each has the side of the places in it. Of two sides,
    ground without a place has the other one than the ground across a line. Of three and more nothing follows:
    each piece needs a place.

    Examples
    --------
    >>> from shapely import LineString, box
    >>> from frontlines.crs import working_crs
    >>> from frontlines.layers import as_theatre
    >>> raw = gpd.GeoDataFrame(geometry=[box(46, 39, 48, 41)], crs="EPSG:4326")
    >>> theatre = as_theatre(raw, working_crs(raw))
    >>> lines = gpd.GeoDataFrame({"date": ["1994-05-12"]}, geometry=[LineString([(47, 39), (47, 41)])],
    ...                          crs="EPSG:4326")
    >>> places = {"A": [(46.5, 40)], "B": [(47.5, 40)]}
    >>> lines_with_sides(lines, theatre, places, snap_m=100)[["side_left", "side_right"]].values.tolist()
    [['A', 'B']]
    """
    require_working_crs(theatre=theatre)
    require_metres(ControlError, needed=True, snap_m=snap_m)
    ground = ground_of(theatre)
    places = _places(side_at, theatre, ground)
    named = {str(column).strip().lower(): column for column in frame.columns}
    bare = frame.drop(columns=[named[name] for name in ("side_left", "side_right") if name in named])
    placed = bare.assign(side_left=_LEFT, side_right=_RIGHT)
    lines = as_frontlines(placed, theatre.crs, mend=mend)
    parts = [
        _with_sides(rows, divide(date, rows, ground, snap_m), places, f"on {date:%Y-%m-%d}")
        for date, rows in lines.groupby("date", sort=True)
    ]
    joined = pd.concat(parts) if parts else lines
    if not joined.index.is_unique:
        joined = joined.reset_index(drop=True)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=theatre.crs)


def _places(
    side_at: Mapping[str, Sequence[tuple[float, float]]], theatre: gpd.GeoDataFrame, ground: Any
) -> gpd.GeoDataFrame:
    """Bring the places of the sides into the working CRS."""
    rows = [(side, lonlat) for side, places in side_at.items() for lonlat in places]
    if len({side for side, _ in rows}) < _TWO:
        raise ControlError(
            "side_at names the places of fewer than two sides: give at least one of each, such as "
            "side_at={'A': [(46.9, 40.1)], 'B': [(47.4, 40.1)]}"
        )
    try:
        points = shapely.points(np.array([lonlat for _, lonlat in rows], dtype=float))
    except (TypeError, ValueError) as error:
        raise ControlError(f"side_at holds a place that is not two numbers [degrees]: {error}") from error
    frame = gpd.GeoDataFrame({"side": [side for side, _ in rows]}, geometry=points, crs=LONLAT)
    out = frame.to_crs(theatre.crs)
    beyond = ~shapely.intersects(ground, np.asarray(out.geometry.values))
    if beyond.any():
        raise ControlError(
            f"side_at names places beyond the theatre, which lies round {place_of(ground, theatre.crs)}: "
            f"{listed(_named(out[beyond]), _SHOWN)}: give longitude, then latitude, of places in it"
        )
    return out


def _named(places: gpd.GeoDataFrame) -> list[str]:
    return [
        f"{row.side} at {place(row.geometry.x, row.geometry.y, places.crs)}" for row in places.itertuples()
    ]


def _with_sides(
    lines: gpd.GeoDataFrame, division: Division, places: gpd.GeoDataFrame, when: str
) -> gpd.GeoDataFrame:
    """Name the sides of the lines of one date."""
    faces, votes = division.arrangement.faces, division.votes
    # Votes come by pairs: what lies to the left of each noded piece of a line, and what to its right.
    left, right = (votes[votes["side"] == word].reset_index(drop=True) for word in (_LEFT, _RIGHT))
    pieces = left[["edge", "line"]].assign(left=left["face"], right=right["face"])
    inside = pieces["left"].isin(division.inside) & pieces["right"].isin(division.inside)
    pieces = pieces[inside & (pieces["left"] != pieces["right"])]
    holders = _holders(division, places, pieces, when)
    _refuse_one_side(pieces, holders, division, lines, when)
    beside = np.unique(pieces[["left", "right"]])
    bare = [int(face) for face in beside if face not in holders]
    if bare:
        shown = [
            f"{faces[face].area / KM2:,.1f} km² round {place_of(faces[face], lines.crs)}" for face in bare
        ]
        raise ControlError(
            f"{when} the side of some ground beside the lines is not known: {listed(shown, _SHOWN)}: "
            "give a place in it with side_at={'A': [(46.9, 40.1)]}"
        )
    rows = [row for number in range(len(lines)) for row in _parts(lines, number, pieces, holders, division)]
    named = pd.DataFrame(rows, columns=["line", "side_left", "side_right", "geometry"])
    out = lines.iloc[named["line"].to_numpy(dtype=int)].copy()
    for column in ("side_left", "side_right", "geometry"):
        out[column] = named[column].to_numpy()
    return out


def _holders(division: Division, places: gpd.GeoDataFrame, pieces: pd.DataFrame, when: str) -> dict[int, str]:
    """Find who holds each face: by the places in it, and of two sides across the lines."""
    arrangement, shapes = division.arrangement, np.asarray(places.geometry.values)
    drawn = shapely.STRtree(edge_lines(arrangement.edges))
    lost = places.iloc[np.unique(drawn.query(shapes, predicate="dwithin", distance=_ON_LINE_M)[0])]
    at, face = shapely.STRtree(arrangement.faces).query(shapes, predicate="within")
    idle = places.iloc[at[~np.isin(face, pieces[["left", "right"]].to_numpy())]]
    for wrong, why in (
        (lost, "lies on a line or on the theatre's edge"),
        (idle, "lies in ground that no line borders"),
    ):
        if len(wrong):
            raise ControlError(f"{when} {_named(wrong)[0]} {why}: give another place")
    sides, holders = places["side"].to_numpy(), dict[int, str]()
    for one in np.unique(face):
        inner = places.iloc[at[face == one]]
        if inner["side"].nunique() > 1:
            both = " and ".join(_named(inner.drop_duplicates("side"))[:_TWO])
            raise ControlError(
                f"{when} no line runs between {both}: give places that lie on their own side of the front "
                "on all dates"
            )
        holders[int(one)] = str(inner["side"].iloc[0])
    known = sorted(set(sides))
    if len(known) == _TWO:
        _follow(holders, pieces, dict(zip(known, known[::-1], strict=True)))
    return holders


def _follow(holders: dict[int, str], pieces: pd.DataFrame, other: Mapping[str, str]) -> None:
    """Give ground across a line the other of two sides, and so on from there."""
    pairs = pieces[["left", "right"]].drop_duplicates().to_numpy()
    both = np.vstack([pairs, pairs[:, ::-1]])
    fresh = list(holders)
    while fresh:
        face = fresh.pop()
        for neighbour in both[both[:, 0] == face, 1]:
            if int(neighbour) not in holders:
                holders[int(neighbour)] = other[holders[face]]
                fresh.append(int(neighbour))


def _refuse_one_side(
    pieces: pd.DataFrame, holders: Mapping[int, str], division: Division, lines: gpd.GeoDataFrame, when: str
) -> None:
    """Refuse lines with one side on both of their sides."""
    left, right = pieces["left"].map(holders), pieces["right"].map(holders)
    wrong = pieces[(left == right).to_numpy()].drop_duplicates("line")
    if len(wrong):
        middles = division.middles(wrong["edge"].to_numpy())
        shown = [
            f"row {lines.index[line]} near {place(x, y, lines.crs)} has {side} on both sides"
            for line, (x, y), side in zip(wrong["line"], middles, left[wrong.index], strict=True)
        ]
        raise ControlError(
            f"{when}, by the places of side_at, {listed(shown, _SHOWN)}: mend the places, or name the sides "
            "in the file"
        )


def _parts(
    lines: gpd.GeoDataFrame, number: int, pieces: pd.DataFrame, holders: Mapping[int, str], division: Division
) -> list[tuple[int, str, str, Any]]:
    """Cut one line where its sides change; give each part with its sides."""
    own = pieces[pieces["line"] == number]
    if own.empty:
        return []
    line = lines.geometry.iloc[number]
    edges: Ints = own["edge"].to_numpy()
    far = shapely.line_locate_point(line, shapely.points(division.middles(edges)))
    order = np.argsort(far, kind="stable")
    left, right = (own[name].map(holders).to_numpy()[order] for name in ("left", "right"))
    new = np.flatnonzero((left[1:] != left[:-1]) | (right[1:] != right[:-1])) + 1
    ends = division.arrangement.edges[edges[order]].reshape(-1, 2)
    cuts = [0.0]
    for first in new:  # the node between two pieces is the end that they share
        shared = ends[2 * first - 2 : 2 * first + 2]
        near = shapely.line_locate_point(line, shapely.points(shared))
        cuts.append(float(np.mean([near[:2].max(), near[2:].min()])))
    cuts.append(line.length)
    return [
        (number, left[at], right[at], line if len(cuts) == _TWO else substring(line, start, stop))
        for at, start, stop in zip([0, *new], cuts, cuts[1:], strict=False)
    ]
