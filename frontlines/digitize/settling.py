"""Edges of areas at their true place: in the middle of a border over them, or half-way between two fills."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from frontlines._optional import require
from frontlines.digitize.edge_fits import ACROSS, REACH_PX, borders_in, edge_of, typical, usual_border
from frontlines.digitize.images import Scan
from frontlines.digitize.paper import Paper

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Parts = npt.NDArray[np.object_]

_SURE_PX = 6.0  # labels must agree from here on to either side of an edge
_APART_PX, _MOST, _FEWEST = 2.0, 2400, 60  # profiles lie apart along an edge; number of them for a pair
_TOGETHER = 3  # profiles of neighbouring places are averaged
_ROUNDS, _PASSES = 8, 2


class Segments(NamedTuple):
    """Straight pieces of outlines: ends and outward normals (n, 2), whose they are, lengths."""

    start: Floats
    end: Floats
    outward: Floats
    owner: Ints
    length: Floats


def settled(
    parts: Parts,
    owners: Ints,
    whole: npt.NDArray[np.uint8],
    scan: Scan,
    fixed: int,
    inks: Floats | None = None,
    paper: Paper | None = None,
) -> Parts:
    """Move the edges between each two labels to where the image has them on the average.

    Parameters
    ----------
    parts
        Polygons that share their borders, in pixels.
    owners
        Label of each, (n,).
    whole
        Labels of the pixels that the polygons outline.
    scan
        The image.
    fixed
        Label whose edges stay where they are.
    inks
        Colours of the strokes of hatching, which has the labels after that one.
    paper
        The light on the image, if it is uneven.

    Returns
    -------
    parts
        The polygons, moved; they still share their borders.

    Notes
    -----
    Labels end where colours get too unlike a fill, which is not half-way when a border is more like one of
    the two fills than like the other. The colours across an edge, averaged along all edges of the two labels,
    are those of two fills and a line over their edge, blurred; the place that fits best is the edge's.

    Examples
    --------
    >>> from frontlines.digitize.images import open_scan
    >>> pixels = np.full((200, 200, 3), 250, dtype=np.uint8)
    >>> pixels[:, :100] = 120
    >>> whole = np.repeat([[1] * 102 + [0] * 98], 200, axis=0).astype(np.uint8)
    >>> part = np.array([shapely.box(-0.5, -0.5, 101.5, 199.5)], dtype=object)
    >>> moved = settled(part, np.array([1]), whole, open_scan(pixels), 9)[0]
    >>> round(abs(moved.bounds[2] - 99.5), 1)
    0.0
    """
    for _ in range(_PASSES):
        segments = _segments(parts, owners)
        profiles = _profiles(segments, whole, scan, paper)
        strokes = [
            None if inks is None or max(pair) <= fixed else inks[max(pair) - fixed - 1] for pair in profiles
        ]
        borders = borders_in([typical(profile, False) for profile in profiles.values()], strokes)
        inner = {
            pair: typical(one, False) for pair, one in profiles.items() if _is_inner(pair, owners, fixed)
        }
        usual, coast = usual_border(inner, borders), next(iter(borders), None)
        shifts = {
            pair: edge_of(
                profile,
                borders,
                assumed=(usual, usual) if pair in inner else (None, coast if pair[1] not in owners else None),
                is_hatched=max(pair) > fixed,
                is_even=paper is None,
            )
            for pair, profile in profiles.items()
            if fixed not in pair
        }
        parts = _moved(parts, segments, _shift_of(segments.owner, _beyond(segments, whole), shifts))
    return parts


def _is_inner(pair: tuple[int, int], owners: Ints, fixed: int) -> bool:
    """Tell whether an edge is one of two plain areas, both asked for."""
    return pair[1] in owners and max(pair) < fixed


def _segments(parts: Parts, owners: Ints) -> Segments:
    """Take outlines apart, areas to the right of them."""
    rings, part = shapely.get_rings(shapely.normalize(parts), return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    joined = ring[1:] == ring[:-1]
    start, end = points[:-1][joined], points[1:][joined]
    step = end - start
    length = np.hypot(*step.T)
    outward = np.column_stack([-step[:, 1], step[:, 0]]) / np.maximum(length, 1e-9)[:, None]
    return Segments(start, end, outward, owners[part[ring[:-1][joined]]], length)


def _labels_at(whole: npt.NDArray[np.uint8], points: Floats) -> Ints:
    """Labels at points; -1 outside the image."""
    column, row = np.rint(points).astype(int).T
    inside = (column >= 0) & (row >= 0) & (column < whole.shape[1]) & (row < whole.shape[0])
    out = np.full(len(points), -1)
    out[inside] = whole[row[inside], column[inside]]
    return out


def _beyond(segments: Segments, whole: npt.NDArray[np.uint8]) -> Ints:
    """Label on the far side of each segment."""
    middle = (segments.start + segments.end) / 2
    out = segments.owner.copy()
    for far in (1.0, 2.0, 3.0):
        same = out == segments.owner
        out[same] = _labels_at(whole, middle[same] + far * segments.outward[same])
    return out


def _profiles(
    segments: Segments, whole: npt.NDArray[np.uint8], scan: Scan, paper: Paper | None
) -> dict[tuple[int, int], Floats]:
    """Colours across the edges of each two labels, from the first to the second."""
    count = np.ceil(segments.length / _APART_PX).astype(int)
    which = np.repeat(np.arange(len(count)), count)
    turn = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    share = ((turn + 0.5) / count[which])[:, None]
    points = (1 - share) * segments.start[which] + share * segments.end[which]
    outward, owner = segments.outward[which], segments.owner[which]
    beyond = _labels_at(whole, points + _SURE_PX * outward)
    sure = (beyond >= 0) & (beyond != owner) & (_labels_at(whole, points - _SURE_PX * outward) == owner)
    for far in (-REACH_PX, REACH_PX):
        sure &= _labels_at(whole, points + far * outward) == (owner if far < 0 else beyond)
    out = {}
    for pair in {(int(a), int(b)) for a, b in zip(owner[sure], beyond[sure], strict=True)}:
        if pair[::-1] in out:
            continue
        mine = np.flatnonzero(sure & (owner == pair[0]) & (beyond == pair[1]))
        thin = np.arange(len(mine)) // _TOGETHER % max(1, len(mine) // _MOST) == 0
        if len(mine) >= _FEWEST:
            out[pair] = _sampled(scan, points[mine[thin]], outward[mine[thin]], paper)
    return out


def _sampled(scan: Scan, points: Floats, outward: Floats, paper: Paper | None) -> Floats:
    """Colours across an edge at many points of it, on evened paper, neighbours averaged."""
    ndimage = require("scipy.ndimage", extra="digitize")
    out, margin = np.zeros((len(points), len(ACROSS), 3), np.float32), int(REACH_PX) + 2
    for first, band in scan.bands():
        here = (points[:, 1] >= first) & (points[:, 1] < first + len(band))
        if not here.any():
            continue
        top = max(0, first - margin)
        pixels = scan.read(slice(top, first + len(band) + margin))
        at = points[here][:, None] + ACROSS[None, :, None] * outward[here][:, None]
        where = [at[..., 1] - top, at[..., 0]]
        for k in range(3):
            out[here, :, k] = ndimage.map_coordinates(pixels[..., k], where, np.float32, order=1)
    if paper is not None:
        out *= paper.gain_at(points)[:, None]
    whole = len(out) // _TOGETHER * _TOGETHER
    return np.asarray(out[:whole].reshape(-1, _TOGETHER, len(ACROSS), 3).mean(axis=1), dtype=float)


def _shift_of(owner: Ints, beyond: Ints, shifts: Mapping[tuple[int, int], float]) -> Floats:
    out = np.zeros(len(owner))
    for (inner, outer), shift in shifts.items():
        out[(owner == inner) & (beyond == outer)] = shift
        out[(owner == outer) & (beyond == inner)] = -shift
    return out


def _moved(parts: Parts, segments: Segments, shift: Floats) -> Parts:
    """Move vertices so that their segments shift; those that would make outlines cross stay."""
    corners, index = np.unique(np.vstack([segments.start, segments.end]), axis=0, return_inverse=True)
    ends = index.reshape(2, -1)
    steps = _steps(len(corners), ends, segments, shift)
    for _ in range(_ROUNDS):
        crossing = _crossing(corners + steps, np.unique(np.sort(ends.T, axis=1), axis=0))
        if not len(crossing):
            break
        steps[crossing] = 0
    where = _positions(corners, shapely.get_coordinates(parts))
    moved = shapely.set_coordinates(parts.copy(), (corners + steps)[where])
    sound = shapely.is_valid(moved).all() and shapely.coverage_is_valid(moved)
    return moved if sound else parts


def _crossing(corners: Floats, ends: Ints) -> Ints:
    """Find ends of segments that meet another one elsewhere than in a common end."""
    lines = shapely.linestrings(corners[ends])
    one, other = shapely.STRtree(lines).query(lines, predicate="intersects")
    apart = (ends[one][:, :, None] != ends[other][:, None, :]).all(axis=(1, 2))
    return np.unique(ends[one[apart]])


def _steps(count: int, index: Ints, segments: Segments, shift: Floats) -> Floats:
    """Least-squares moves of vertices for the shifts of the segments that meet there."""
    normal = segments.outward
    square, right = np.zeros((count, 2, 2)), np.zeros((count, 2))
    for ends in index:
        np.add.at(square, ends, normal[:, :, None] * normal[:, None])
        np.add.at(right, ends, normal * shift[:, None])
    square += 0.01 * np.eye(2) * np.trace(square, axis1=1, axis2=2)[:, None, None]
    return np.asarray(np.linalg.solve(square, right[..., None])[..., 0])


def _positions(corners: Floats, points: Floats) -> Ints:
    spatial = require("scipy.spatial", extra="digitize")
    return np.asarray(spatial.cKDTree(corners).query(points)[1])
