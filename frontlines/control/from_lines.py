"""From frontlines to polygons of control."""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arguments import checked
from frontlines.arrays import Floats, Geometries, Ints
from frontlines.control.joining import join_ends
from frontlines.crs.working import place, require_working_crs
from frontlines.errors import ControlError
from frontlines.geometry.coverage import close_book, ground_of
from frontlines.geometry.planar import (
    Arrangement,
    arrange,
    edge_lines,
    edge_middles,
    segments,
    with_shared_vertices,
)
from frontlines.layers.faults import place_of
from frontlines.layers.mending import NO_LINE_SOURCE, joined_sources
from frontlines.limits import require_metres
from frontlines.names import KM2, UNKNOWN, counted

_ON_LINE_M = 1e-3
"""A piece of the arrangement this near to a line [m] is a piece of it."""

_SAME_LINE_M = 0.1
"""Stretches this near to each other [m] are one: twice what an edge may stray in the plane."""

_LEAST_M = 5e-3
"""Pieces shorter than this [m] do not tell their direction: one of the edge might pass for one of a line."""


@checked(frontlines="lines date side_left side_right source")
def control_from_lines(
    frontlines: gpd.GeoDataFrame, theatre: gpd.GeoDataFrame, *, snap_m: float
) -> gpd.GeoDataFrame:
    """Divide a theatre along its frontlines.

    Parameters
    ----------
    frontlines
        Stretches with `date`, `side_left`, `side_right`, `source` and `sigma_m` [m], in the working
        CRS (from `as_frontlines`); any number of dates, sides, lines and closed pockets.
    theatre
        The ground to divide, in the same CRS (from `as_theatre`). Lines are cut at its edge.
    snap_m
        An end that stops short is led on, within this distance [m]: in its own direction to the edge or
        to another line, else to the nearest of them; a loose end that is nearest goes before both. One
        that runs past another line by no more than this is cut there.

    Returns
    -------
    control
        One row for each piece of ground and date: `date`, `side`, `source` (of all stretches round
        it), `sigma_m` (the largest of theirs [m]), `geometry`. Sorted by date, side and place. At
        each date the rows fill the theatre. Ground that no line borders is ``unknown``. The attribute
        ``attrs["ends_led"]`` holds the `number` of ends that were led on, of those that were led `sideways`,
        not in their own direction, and how far the `farthest_m` [m].

    Raises
    ------
    ControlError
        If an end stops short of everything by more than `snap_m` (where, and by how much), or about as
        short of two edges that give ground to different sides; if a stretch has the same ground on both
        sides, or if two stretches name different sides for the same ground (which rows, and where).
    LayerError
        If the theatre is not one row.
    ClosureError
        If the pieces do not sum to the theatre.
    CRSError
        If the frames are not in one projected CRS in metres.

    Notes
    -----
    Lines and the theatre's edge are noded together and polygonized. Every noded piece gives one vote
    to the face on its left and one to the face on its right; the votes for a face must agree. Lines
    that cross themselves or each other are so taken at their word.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString, box
    >>> theatre = gpd.GeoDataFrame(geometry=[box(0, 0, 4000, 2000)], crs="EPSG:3035")
    >>> lines = gpd.GeoDataFrame(
    ...     {"date": pd.to_datetime(["1994-05-12"]), "side_left": ["A"], "side_right": ["B"],
    ...      "source": ["a map"], "sigma_m": [500.0]},
    ...     geometry=[LineString([(1000, 0), (1000, 1900)])], crs="EPSG:3035")
    >>> control = control_from_lines(lines, theatre, snap_m=200)
    >>> control.assign(km2=control.area / 1e6)[["side", "km2", "sigma_m"]].values.tolist()
    [['A', 2.0, 500.0], ['B', 6.0, 500.0]]
    """
    require_working_crs(frontlines=frontlines, theatre=theatre)
    require_metres(ControlError, needed=True, snap_m=snap_m)
    ground = ground_of(theatre)
    parts, led = [], []
    for date, lines in frontlines.groupby("date", sort=True):
        division = divide(date, lines, ground, snap_m)
        parts.append(_control_on(date, lines, division))
        led += division.led
    if not parts:
        raise ControlError("there is no frontline: give at least one stretch for each date")
    control = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=frontlines.crs)
    control.attrs["ends_led"] = {
        "number": len(led),
        "sideways": sum(not ahead for _, ahead in led),
        "farthest_m": max((distance_m for distance_m, _ in led), default=0.0),
    }
    return control


def cut_lines(frontlines: gpd.GeoDataFrame, theatre: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cut lines at the edge of the theatre; if no line reaches beyond, give the frame itself.

    A line that leaves the theatre and returns becomes a row a piece, with new index labels.
    """
    ground = ground_of(theatre)
    shapely.prepare(ground)
    shapes = np.array(frontlines.geometry.values, dtype=object)
    across = ~shapely.covers(ground, shapes)
    if not across.any():
        return frontlines
    shapes[across] = [_only_lines(line) for line in shapely.intersection(shapes[across], ground)]
    cut = frontlines.set_geometry(gpd.GeoSeries(shapes, index=frontlines.index, crs=frontlines.crs))
    return cut[~cut.is_empty].explode(ignore_index=True)


def _only_lines(cut: Any) -> Any:
    parts = shapely.get_parts(cut)
    lines = [part for part in parts if shapely.get_dimensions(part) == 1 and part.length > _ON_LINE_M]
    return shapely.line_merge(shapely.MultiLineString(lines), directed=True)


class Division(NamedTuple):
    """How lines divide a theatre on one date."""

    arrangement: Arrangement
    inside: Ints  # numbers of the faces that lie in the theatre
    votes: pd.DataFrame  # what each noded piece of a line says of the faces beside it, see `_votes`
    led: list[tuple[float, bool]]  # see `Joined`

    def middles(self, edges: Ints) -> Floats:
        """Middle of each noded piece, (n, 2)."""
        return edge_middles(self.arrangement.edges[edges])


def divide(date: Any, lines: gpd.GeoDataFrame, ground: Any, snap_m: float) -> Division:
    """Divide the theatre along the lines of one date, whatever their sides."""
    joined = join_ends(lines, ground, snap_m)
    shapes = with_shared_vertices(joined.shapes, same_m=_ON_LINE_M, on_line_m=_SAME_LINE_M)
    arrangement = arrange(np.append(shapes, joined.edge))
    faces = _inside(arrangement.faces, ground)
    whole_km2 = float(shapely.area(arrangement.faces[faces]).sum()) / KM2
    close_book(whole_km2, ground.area / KM2, "pieces of ground between the lines", "round the lines to 1 mm")
    votes = _votes(arrangement, shapes, lines)
    _refuse_idle_lines(votes, arrangement, ground, joined.stubs, lines)
    if not votes["face"].isin(faces).any():
        raise ControlError(
            f"on {date:%Y-%m-%d} no line meets the theatre, which lies round {place_of(ground, lines.crs)}: "
            "check the order of the axes and the CRS"
        )
    return Division(arrangement, faces, votes, joined.led)


def _control_on(date: Any, lines: gpd.GeoDataFrame, division: Division) -> gpd.GeoDataFrame:
    """Give the ground of one date to the sides that its lines name."""
    arrangement, faces, votes = division.arrangement, division.inside, division.votes
    votes = votes[votes["face"].isin(faces)]
    _refuse_contradictions(votes, arrangement, lines)
    rows = [_cell(date, face, arrangement, votes[votes["face"] == face], lines) for face in faces]
    cells = gpd.GeoDataFrame(rows, geometry="geometry", crs=lines.crs)
    return cells.sort_values("side", kind="stable", ignore_index=True)


def _inside(faces: Geometries, ground: Any) -> Ints:
    shapely.prepare(ground)
    return np.flatnonzero(shapely.contains(ground, shapely.point_on_surface(faces)))


def _votes(arrangement: Arrangement, joined: Geometries, lines: gpd.GeoDataFrame) -> pd.DataFrame:
    """List what each noded piece of a line says of the faces on its two sides.

    Columns: `face`, `side`, `edge` (position of the piece), `line` (position of the stretch).
    """
    # Which drawn piece each noded edge is a piece of: its middle and both of its ends lie on it.
    pieces, owner = segments(joined)
    middles = shapely.points(edge_middles(arrangement.edges))
    drawn_pieces = edge_lines(pieces)
    tree = shapely.STRtree(drawn_pieces)
    edge, piece = tree.query_nearest(middles, max_distance=_ON_LINE_M, all_matches=True)
    along = arrangement.edges[edge, 2:] - arrangement.edges[edge, :2]
    off_m = [
        shapely.distance(shapely.points(arrangement.edges[edge, columns]), drawn_pieces[piece])
        for columns in (slice(0, 2), slice(2, 4))
    ]
    kept = (np.hypot(*along.T) > _LEAST_M) & (np.max(off_m, axis=0) <= _ON_LINE_M)
    edge, piece, along = edge[kept], piece[kept], along[kept]
    # The face to the left of the drawn piece is on the edge's left only if both run the same way.
    drawn = pieces[piece, 2:] - pieces[piece, :2]
    forward = (along * drawn).sum(axis=1) > 0
    left, right = arrangement.left[edge], arrangement.right[edge]
    line = owner[piece]
    sides = lines[["side_left", "side_right"]].to_numpy()
    faces = np.where(forward, left, right), np.where(forward, right, left)
    votes = [
        pd.DataFrame({"face": face, "side": sides[line, k], "edge": edge, "line": line})
        for k, face in enumerate(faces)
    ]
    return pd.concat(votes, ignore_index=True)


def _refuse_idle_lines(
    votes: pd.DataFrame, arrangement: Arrangement, ground: Any, stubs: list[Any], lines: gpd.GeoDataFrame
) -> None:
    """Refuse lines with one and the same ground on both sides: dead ends, and bridges between pockets."""
    same = (arrangement.left == arrangement.right)[votes["edge"]]
    at = shapely.points(edge_middles(arrangement.edges[votes["edge"]]))
    stub = shapely.multilinestrings(stubs) if stubs else shapely.LineString()
    excused = np.nan_to_num(shapely.distance(at, stub), nan=np.inf) < _ON_LINE_M
    idle = votes.assign(x=shapely.get_x(at), y=shapely.get_y(at))
    idle = idle[same & shapely.contains(ground, at) & ~excused].drop_duplicates("line")
    if len(idle):
        rows = "; ".join(
            f"row {lines.index[row.line]} near {place(row.x, row.y, lines.crs)}" for row in idle.itertuples()
        )
        raise ControlError(
            f"{counted(len(idle), 'stretch of frontline has', 'stretches of frontline have')} "
            f"the same ground on both sides ({rows}): draw them on to the theatre's edge or another line, "
            "or drop them"
        )


def _refuse_contradictions(votes: pd.DataFrame, arrangement: Arrangement, lines: gpd.GeoDataFrame) -> None:
    """Refuse lines that give one face to different sides."""
    said = votes.groupby("face")["side"].nunique()
    torn = said.index[said > 1]
    if not len(torn):
        return
    places = [_contradiction(votes[votes["face"] == face], arrangement, lines) for face in torn]
    raise ControlError(
        "frontlines contradict each other:\n"
        + "\n".join(places)
        + "\nturn the line round, or mend side_left and side_right"
    )


def _contradiction(votes: pd.DataFrame, arrangement: Arrangement, lines: gpd.GeoDataFrame) -> str:
    face = arrangement.faces[votes["face"].iloc[0]]
    claims = []
    for side, voters in votes.groupby("side", sort=True):
        ((x, y),) = edge_middles(arrangement.edges[voters["edge"].iloc[[0]]])
        rows = ", ".join(str(lines.index[line]) for line in np.unique(voters["line"]))
        claims.append(f"{side} by rows {rows} (near {place(x, y, lines.crs)})")
    inner = face.representative_point()
    return f"- {face.area / KM2:.3f} km² round {place(inner.x, inner.y, lines.crs)} is " + ", but ".join(
        claims
    )


def _cell(
    date: Any, face: int, arrangement: Arrangement, votes: pd.DataFrame, lines: gpd.GeoDataFrame
) -> dict[str, Any]:
    """Make the row of one piece of ground."""
    stretches = lines.iloc[np.unique(votes["line"])]
    source = joined_sources(stretches["source"]) if len(stretches) else NO_LINE_SOURCE
    return {
        "date": date,
        "side": votes["side"].iloc[0] if len(votes) else UNKNOWN,
        "source": source,
        "sigma_m": stretches["sigma_m"].max() if "sigma_m" in stretches else np.nan,
        "geometry": arrangement.faces[face],
    }
