"""From the strokes of an ink to ways: the longest of the shortest paths through all that hangs together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from scipy import ndimage, sparse, spatial
from scipy.sparse import csgraph
from skimage.morphology import skeletonize

from frontlines.arrays import Bools, Floats, Ints
from frontlines.digitize.colour.inks import Strokes, stroke_mask
from frontlines.digitize.colour.palette import Labels
from frontlines.digitize.colour.scan import tiles_of
from frontlines.digitize.lines.joining import Run
from frontlines.digitize.settings import LINES


def skeleton_of(labels: Labels, strokes: Strokes) -> tuple[Ints, Floats]:
    """Thin the strokes of an ink to lines of one pixel, window by window, and give their half widths."""
    found, widths = [np.empty((0, 2), np.int64)], [np.empty(0)]
    overlap = int(max(LINES.overlap_px, 6 * strokes.width_px))
    for (rows, columns), inner in tiles_of(labels.shape, LINES.tile_px, overlap):
        window = labels[rows, columns]
        if not np.isin(window, strokes.labels).any():
            continue
        mask = np.pad(stroke_mask(window, strokes), 1, mode="edge")
        thin = skeletonize(mask)[1:-1, 1:-1]
        places = np.argwhere(thin[inner]) + np.array([inner[0].start, inner[1].start])
        depth = ndimage.distance_transform_edt(mask)[1:-1, 1:-1]
        widths.append(depth[tuple(places.T)])
        found.append((places + np.array([rows.start, columns.start]))[:, ::-1])
    pixels, half = np.concatenate(found), np.concatenate(widths)
    order = np.lexsort((pixels[:, 0], pixels[:, 1]))
    return pixels[order], half[order]


def network_of(pixels: Ints) -> sparse.csr_array:
    """Link the pixels that touch each other, sorted by row and column, by their distances."""
    column, row = pixels.T
    across = int(column.max(initial=0)) + 2  # one column more than there are, so that rows do not touch
    seat = row * across + column
    links = [np.empty((0, 3))]
    for step, length in ((1, 1.0), (across - 1, np.sqrt(2)), (across, 1.0), (across + 1, np.sqrt(2))):
        near = np.flatnonzero(np.isin(seat + step, seat))
        at = np.searchsorted(seat, seat[near] + step)
        links.append(np.column_stack([near, at, np.full(len(near), length)]))
    one, other, length = np.concatenate(links).T
    both = (np.append(one, other).astype(int), np.append(other, one).astype(int))
    return sparse.csr_array((np.append(length, length), both), shape=(len(seat), len(seat)))


def figures_of(pixels: Ints, half_width_px: Floats, spur_px: float) -> list[list[Run]]:
    """Find the ways through each figure that hangs together, the longest first.

    Way by way is taken out: first the one between the two ends that are farthest apart, then, from where it
    touches a way, the one to the farthest pixel that is left. Branches up to a length, and loops up to twice
    as long, fall off; where others leave a way, both are parted.
    """
    links = network_of(pixels)
    figure = csgraph.connected_components(links, directed=False)[1]
    tree = spatial.cKDTree(pixels)

    def ink_around(end: int, part: Ints) -> float:
        near = np.array(tree.query_ball_point(pixels[end], 2 * spur_px))
        near = near[figure[near] == figure[end]]
        return float((2 * half_width_px[near] - 1).sum() / np.isin(near, part).sum())

    ways: list[Ints] = []
    free: list[tuple[bool, bool]] = []  # by way, whether its ends touch no other
    cuts: dict[int, list[int]] = defaultdict(list)  # by way, where others leave it
    owner, place = np.full(len(pixels), -1), np.zeros(len(pixels), int)  # the way of a pixel, and where on it
    left = np.arange(len(pixels))
    while len(left):
        group, found = _longest(links, left, touched=links[left] @ (owner >= 0) > 0)
        spent = []
        for k, (way, length) in enumerate(found):
            anchors = [_anchor(links, end, owner) for end in (way[0], way[-1])]
            held = [anchor for anchor in anchors if anchor is not None]
            if held and length - half_width_px[held].max() <= spur_px * len(held):
                spent.append(k)
                continue
            for anchor in held if len(held) > 1 or length > 2 * spur_px else []:  # barbs part no shaft
                cuts[int(owner[anchor])].append(int(place[anchor]))
            owner[way] = len(ways)
            place[way] = np.arange(len(way)) + (anchors[0] is not None)
            first, last = ([] if anchor is None else [anchor] for anchor in anchors)
            ways.append(np.concatenate([first, way, last]).astype(int))
            free.append((anchors[0] is None, anchors[1] is None))
        left = left[(owner[left] < 0) & ~np.isin(group, spent)]
    figures: dict[int, list[Run]] = defaultdict(list)
    for k, way in enumerate(ways):
        tips = {
            way[at]
            for at, is_free in zip((0, len(way) - 1), free[k], strict=True)
            if is_free and at not in cuts[k]
        }
        for part in _parted(way, cuts[k], half_width_px):
            crowd = tuple(ink_around(end, part) if end in tips else 0.0 for end in (part[0], part[-1]))
            run = Run(pixels[part].astype(float), half_width_px[part], np.ones(len(part) - 1, bool), crowd)
            figures[int(figure[way[0]])].append(run)
    return list(figures.values())


def _longest(links: sparse.csr_array, left: Ints, touched: Bools) -> tuple[Ints, list[tuple[Ints, float]]]:
    """Find the longest way through each group of pixels, and its length; and the group of each pixel."""
    part = links[left][:, left]
    group = csgraph.connected_components(part, directed=False)[1]
    _, starts = np.unique(group[touched], return_index=True)
    starts = np.flatnonzero(touched)[starts]
    if not touched.any():  # from anywhere to the farthest end, and from there to the other
        starts = _sweep(part, group, np.unique(group, return_index=True)[1])[0]
    ends, distance, before = _sweep(part, group, starts)
    return group, [(left[_back(end, before)], float(distance[end])) for end in ends.tolist()]


def _sweep(part: sparse.csr_array, group: Ints, starts: Ints) -> tuple[Ints, Floats, Ints]:
    """Find the pixel of each group that is farthest from its start, all distances, and the way back."""
    distance, before, _ = csgraph.dijkstra(
        part, directed=False, indices=starts, min_only=True, return_predecessors=True
    )
    order = np.lexsort((distance, group))
    return order[np.flatnonzero(np.diff(group[order], append=-1))], distance, before


def _back(end: int, before: Ints) -> Ints:
    """Walk back from an end to its start."""
    way = [end]
    while before[way[-1]] >= 0:
        way.append(int(before[way[-1]]))
    return np.array(way)


def _anchor(links: sparse.csr_array, pixel: int, owner: Ints) -> int | None:
    """Find the nearest pixel of another way that a pixel touches."""
    near = slice(links.indptr[pixel], links.indptr[pixel + 1])
    touching = [
        (length, one)
        for one, length in zip(links.indices[near].tolist(), links.data[near].tolist(), strict=True)
        if owner[one] >= 0
    ]
    return min(touching)[1] if touching else None


def _parted(way: Ints, cuts: list[int], half_width_px: Floats) -> Iterator[Ints]:
    """Part a way where others leave it; where several do within a stroke, leave out what lies between."""
    first, spots = 0, sorted(cut for cut in cuts if 0 < cut < len(way) - 1)
    for k, spot in enumerate(spots):
        if k and spot - spots[k - 1] <= 2 * half_width_px[way[spot]]:
            first = spot
        elif spot > first:
            yield way[first : spot + 1]
            first = spot
    yield way[first:]
