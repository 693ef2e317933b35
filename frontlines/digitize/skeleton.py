"""From the mask of an ink to a network of one-pixel lines: junctions, and the chains between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from frontlines._optional import require
from frontlines.digitize.masks import Strokes, stroke_mask
from frontlines.digitize.palette import Labels
from frontlines.digitize.tiles import tiles_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_TILE = 1024
_LEAST_OVERLAP = 48
_PASSAGE = 2  # neighbours of a pixel that a line passes through


@dataclass(frozen=True)
class Chain:
    """Skeleton pixels in a row, between two nodes.

    Attributes
    ----------
    nodes
        Numbers of the nodes at its two ends; a node where one chain ends is a free end.
    points
        Column and row, (n, 2) [px].
    half_width_px
        Distance from each to the edge of the mask, (n,).
    """

    nodes: tuple[int, int]
    points: Floats
    half_width_px: Floats

    @property
    def length_px(self) -> float:
        """Length along the points [px]."""
        return float(np.hypot(*np.diff(self.points, axis=0).T).sum())


def skeleton_of(labels: Labels, strokes: Strokes) -> tuple[Ints, Floats]:
    """Thin the strokes of an ink to lines of one pixel.

    Parameters
    ----------
    labels
        Of the whole scan.
    strokes
        The ink.

    Returns
    -------
    pixels, half_width_px
        Column and row, (n, 2), by row; and how far the mask's edge is, (n,). Tiles overlap by more than
        thinning reaches, so that they leave no trace.

    Examples
    --------
    >>> labels = np.zeros((60, 80), np.uint8)
    >>> labels[28:33, 10:70] = 1
    >>> pixels, half_width_px = skeleton_of(labels, Strokes((1,), (), (), 5.0))
    >>> len(pixels), float(half_width_px.max())
    (57, 3.0)
    """
    morphology = require("skimage.morphology", extra="digitize")
    ndimage = require("scipy.ndimage", extra="digitize")
    found, widths = [np.empty((0, 2), np.int64)], [np.empty(0)]
    overlap = int(max(_LEAST_OVERLAP, 6 * strokes.width_px))
    for (rows, columns), inner in tiles_of(labels.shape, _TILE, overlap):
        window = labels[rows, columns]
        if not np.isin(window, strokes.labels).any():
            continue
        mask = np.pad(stroke_mask(window, strokes), 1, mode="edge")
        thin = morphology.skeletonize(mask)[1:-1, 1:-1]
        places = np.argwhere(thin[inner]) + np.array([inner[0].start, inner[1].start])
        depth = ndimage.distance_transform_edt(mask)[1:-1, 1:-1]
        widths.append(depth[tuple(places.T)])
        found.append((places + np.array([rows.start, columns.start]))[:, ::-1])
    pixels, half = np.concatenate(found), np.concatenate(widths)
    order = np.lexsort((pixels[:, 0], pixels[:, 1]))
    return pixels[order], half[order]


def chains_of(pixels: Ints, half_width_px: Floats) -> list[Chain]:
    """Follow the skeleton from node to node.

    Parameters
    ----------
    pixels, half_width_px
        From `skeleton_of`.

    Returns
    -------
    chains
        All chains. Junction pixels that touch are one node; a ring without a junction has one node.

    Examples
    --------
    >>> cross = np.array([(x, 5) for x in range(11)] + [(5, y) for y in range(11) if y != 5])
    >>> sorted(len(chain.points) for chain in chains_of(cross, np.ones(len(cross))))
    [6, 6, 6, 6]
    """
    near = _neighbours(pixels)
    degree = np.array([len(one) for one in near], dtype=int)
    node, seats = _nodes(pixels, near, degree)
    chains, seen = [], set()
    for start in np.flatnonzero(degree != _PASSAGE).tolist():
        for step in near[start]:
            if (start, step) in seen or node[step] == node[start]:
                continue
            walk = _walk(start, step, near, degree)
            seen.update({(walk[0], walk[1]), (walk[-1], walk[-2])})
            chains.append(_chain(walk, node, seats, pixels, half_width_px))
    return chains + _rings(near, degree, chains, pixels, half_width_px, len(seats))


def _neighbours(pixels: Ints) -> list[list[int]]:
    """Neighbours of each pixel; a diagonal does not count where a straight way round it exists."""
    place = {(x, y): k for k, (x, y) in enumerate(pixels.tolist())}
    near: list[list[int]] = []
    for x, y in pixels.tolist():
        mine = [place[at] for at in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)) if at in place]
        for dx, dy in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
            if (x + dx, y + dy) in place and (x + dx, y) not in place and (x, y + dy) not in place:
                mine.append(place[x + dx, y + dy])
        near.append(mine)
    return near


def _nodes(pixels: Ints, near: list[list[int]], degree: Ints) -> tuple[Ints, list[Floats]]:
    """Give nodes numbers: free ends, and junctions, whose touching pixels are one; -1 elsewhere."""
    node = np.full(len(pixels), -1)
    seats: list[Floats] = []
    for start in np.flatnonzero(degree != _PASSAGE).tolist():
        if node[start] >= 0:
            continue
        group, stack = [], [start]
        node[start] = len(seats)
        while stack:
            one = stack.pop()
            group.append(one)
            if degree[one] > _PASSAGE:
                fresh = [k for k in near[one] if degree[k] > _PASSAGE and node[k] < 0]
                node[fresh] = len(seats)
                stack += fresh
        seats.append(pixels[group].mean(axis=0))
    return node, seats


def _walk(start: int, step: int, near: list[list[int]], degree: Ints) -> list[int]:
    """Go on until the next pixel that is not merely passed through."""
    walk = [start, step]
    while degree[walk[-1]] == _PASSAGE:
        one, other = near[walk[-1]]
        walk.append(other if one == walk[-2] else one)
    return walk


def _chain(walk: list[int], node: Ints, seats: list[Floats], pixels: Ints, half_width_px: Floats) -> Chain:
    """Make a chain of a walk; its ends move to the middle of their nodes."""
    points = pixels[walk].astype(float)
    ends = int(node[walk[0]]), int(node[walk[-1]])
    points[0], points[-1] = seats[ends[0]], seats[ends[1]]
    return Chain(ends, points, half_width_px[walk])


def _rings(
    near: list[list[int]], degree: Ints, chains: list[Chain], pixels: Ints, half_width_px: Floats, count: int
) -> list[Chain]:
    """Follow the rings that have no junction."""
    passed = {tuple(point) for chain in chains for point in chain.points[1:-1].tolist()}
    left = {k for k in np.flatnonzero(degree == 2).tolist() if tuple(map(float, pixels[k])) not in passed}  # noqa: PLR2004
    rings = []
    while left:
        start = min(left)
        walk = [start, near[start][0]]
        while walk[-1] != start:
            one, other = near[walk[-1]]
            walk.append(other if one == walk[-2] else one)
        left -= set(walk)
        rings.append(Chain((count, count), pixels[walk].astype(float), half_width_px[walk]))
        count += 1
    return rings
