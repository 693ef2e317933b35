"""From the mask of an ink to a network of one-pixel lines: junctions, and the chains between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage, sparse
from scipy.sparse import csgraph
from skimage.morphology import skeletonize

from frontlines.digitize.colour.inks import Strokes, stroke_mask
from frontlines.digitize.colour.palette import Labels
from frontlines.digitize.colour.scan import tiles_of
from frontlines.names import Floats, Ints

_TILE = 1024
_LEAST_OVERLAP = 48
_PASSAGE = 2  # neighbours of a pixel that a line passes through


@dataclass(frozen=True)
class Chain:
    """Skeleton pixels in a row, between two nodes."""

    nodes: tuple[int, int]  # numbers of the nodes at its two ends; a node where one chain ends is a free end
    points: Floats  # column and row, (n, 2) [px]
    half_width_px: Floats  # distance from each to the edge of the mask, (n,)

    @property
    def length_px(self) -> float:
        """Length along the points [px]."""
        return float(np.hypot(*np.diff(self.points, axis=0).T).sum())


def skeleton_of(labels: Labels, strokes: Strokes) -> tuple[Ints, Floats]:
    """Thin the strokes of an ink to lines of one pixel."""
    found, widths = [np.empty((0, 2), np.int64)], [np.empty(0)]
    overlap = int(max(_LEAST_OVERLAP, 6 * strokes.width_px))
    for (rows, columns), inner in tiles_of(labels.shape, _TILE, overlap):
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


def chains_of(pixels: Ints, half_width_px: Floats) -> list[Chain]:
    """Follow the skeleton from node to node."""
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


_SHARPEST_DEG = 75.0
"""A line that passes a junction turns there by less than this."""


def without_spurs(chains: Iterable[Chain], spur_px: float) -> list[Chain]:
    """Prune short side branches and open small loops."""
    net = _Net(chains)
    while True:
        gone = net.shortest_spur(spur_px)
        if gone is None:
            gone = net.longer_way(2 * spur_px)
        if gone is None:
            return list(net.chains.values())
        net.remove(gone)


class _Net:
    """Chains by number, and which of them meet at each node."""

    def __init__(self, chains: Iterable[Chain]) -> None:
        self.chains: dict[int, Chain] = {}
        self.at: dict[int, list[int]] = defaultdict(list)
        self._next = 0
        for chain in chains:
            self.add(chain)
        for node in sorted(self.at):
            self.merge(node)

    def add(self, chain: Chain) -> int:
        key = self._next
        self._next += 1
        self.chains[key] = chain
        for node in chain.nodes:
            self.at[node].append(key)
        return key

    def remove(self, key: int) -> None:
        chain = self.chains.pop(key)
        for node in chain.nodes:
            self.at[node].remove(key)
        for node in set(chain.nodes):
            self.merge(node)

    def merge(self, node: int) -> None:
        """Join the two chains that alone meet at a node."""
        here = self.at[node]
        if len(here) != 2 or here[0] == here[1]:  # noqa: PLR2004 - a passage, and no ring
            return
        first, second = (self.chains.pop(key) for key in list(here))
        for chain, key in zip((first, second), list(here), strict=True):
            for end in chain.nodes:
                self.at[end].remove(key)
        self.add(_joined(first, second, node))

    def shortest_spur(self, spur_px: float) -> int | None:
        """Find the shortest branch that is to go."""
        best, found = np.inf, None
        for key, chain in self.chains.items():
            free = [len(self.at[node]) == 1 for node in chain.nodes]
            if free[0] == free[1]:
                continue
            length = chain.length_px - chain.half_width_px[0 if free[1] else -1]
            if length <= spur_px and length < best:
                best, found = length, key
        return found

    def longer_way(self, most_px: float) -> int | None:
        """Find the longer of two short chains between the same nodes, or a short loop at one node."""
        pairs: dict[tuple[int, int], int] = {}
        for key, chain in self.chains.items():
            length = chain.length_px
            if length > most_px:
                continue
            ends = (min(chain.nodes), max(chain.nodes))
            if ends[0] == ends[1]:
                if len(self.at[ends[0]]) > 2:  # noqa: PLR2004 - more than this loop itself
                    return key
            elif ends in pairs:
                other = pairs[ends]
                return key if length >= self.chains[other].length_px else other
            else:
                pairs[ends] = key
        return None


def _joined(first: Chain, second: Chain, node: int) -> Chain:
    """Join two chains at a node."""
    if first.nodes[1] != node:
        first = _turned(first)
    if second.nodes[0] != node:
        second = _turned(second)
    return Chain(
        (first.nodes[0], second.nodes[1]),
        np.vstack([first.points, second.points[1:]]),
        np.concatenate([first.half_width_px, second.half_width_px[1:]]),
    )


def _turned(chain: Chain) -> Chain:
    return Chain((chain.nodes[1], chain.nodes[0]), chain.points[::-1], chain.half_width_px[::-1])


def figures_of(chains: Sequence[Chain]) -> list[list[Chain]]:
    """Group chains that hang together."""
    if not chains:
        return []
    ends = np.array([chain.nodes for chain in chains])
    size = int(ends.max()) + 1
    links = sparse.coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(size, size))
    _, group = csgraph.connected_components(links, directed=False)
    figures: dict[int, list[Chain]] = defaultdict(list)
    for chain in chains:
        figures[int(group[chain.nodes[0]])].append(chain)
    return list(figures.values())


def passed_straight(chains: list[Chain], reach_px: float) -> list[Chain]:
    """Join chains over junctions, where the line goes straightest."""
    at: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for key, chain in enumerate(chains):
        at[chain.nodes[0]].append((key, 0))
        at[chain.nodes[1]].append((key, -1))
    partner: dict[tuple[int, int], tuple[int, int]] = {}
    for node in sorted(at):
        if len(at[node]) > 1:
            for one, other in _paired(at[node], chains, reach_px):
                partner[one], partner[other] = other, one
    return _followed(chains, partner)


def _paired(
    ends: list[tuple[int, int]], chains: list[Chain], reach_px: float
) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Pair the ends at a junction, the straightest passage first."""
    heading = [direction(chains[key].points, end, reach_px) for key, end in ends]
    wide = [float(np.median(chains[key].half_width_px)) for key, _ in ends]
    turns = []
    for i in range(len(ends)):
        for j in range(i + 1, len(ends)):
            turn = float(np.degrees(np.arccos(np.clip(-heading[i] @ heading[j], -1, 1))))
            unlike = abs(np.log(max(wide[i], 0.5) / max(wide[j], 0.5)))
            if turn < _SHARPEST_DEG:
                turns.append((turn + 40 * unlike, i, j))
    pairs, used = [], set()
    for _, i, j in sorted(turns):
        if i not in used and j not in used:
            pairs.append((ends[i], ends[j]))
            used |= {i, j}
    return pairs


def direction(points: Floats, end: int, reach_px: float) -> Floats:
    """Direction in which a line leaves at an end."""
    outward = points if end else points[::-1]
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(outward[::-1], axis=0).T))])
    tail = outward[::-1][along <= max(reach_px, along[min(1, len(along) - 1)])]
    if len(tail) > 3:  # noqa: PLR2004 - enough for a fit
        middle = tail - tail.mean(axis=0)
        axis = np.linalg.svd(middle, full_matrices=False)[2][0]
        axis = axis if axis @ (tail[0] - tail[-1]) >= 0 else -axis
    else:
        axis = tail[0] - tail[-1]
    length = float(np.hypot(*axis))
    return np.asarray(axis / length if length else axis)


def _followed(chains: list[Chain], partner: dict[tuple[int, int], tuple[int, int]]) -> list[Chain]:
    """Follow the partners from end to end."""
    out, used = [], set()
    starts = [(key, end) for key in range(len(chains)) for end in (0, -1) if (key, end) not in partner]
    for start in [*starts, *((key, 0) for key in range(len(chains)))]:  # what is left are rings
        if start[0] in used:
            continue
        key, entered = start
        points: list[Floats] = []
        widths: list[Floats] = []
        nodes = [chains[key].nodes[entered], -1]
        while key not in used:
            used.add(key)
            chain = chains[key] if entered == 0 else _turned(chains[key])
            points.append(chain.points[bool(points) :])
            widths.append(chain.half_width_px[bool(widths) :])
            nodes[1] = chain.nodes[1]
            left = (key, -1 if entered == 0 else 0)
            if left in partner:
                key, entered = partner[left]
        out.append(Chain((nodes[0], nodes[1]), np.vstack(points), np.concatenate(widths)))
    return out
