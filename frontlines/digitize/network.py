"""From the chains of a skeleton to pieces of line: no spurs, no loops, crossings passed straight."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from frontlines._optional import require
from frontlines.digitize.skeleton import Chain

Floats = npt.NDArray[np.float64]

_SHARPEST_DEG = 75.0
"""A line that passes a junction turns there by less than this."""


def without_spurs(chains: Iterable[Chain], spur_px: float) -> list[Chain]:
    """Prune short side branches and open small loops.

    Parameters
    ----------
    chains
        From `chains_of`.
    spur_px
        A branch with a free end goes if it is at most this long, half the width of what it grows from
        not counted; of two chains between the same two nodes, at most twice this long, the longer goes.

    Returns
    -------
    chains
        What is left, joined where only two chains still meet.

    Examples
    --------
    >>> spine = Chain((0, 1), np.array([[0.0, 0], [50, 0]]), np.ones(2))
    >>> rest = Chain((1, 2), np.array([[50.0, 0], [90, 0]]), np.ones(2))
    >>> spur = Chain((1, 3), np.array([[50.0, 0], [50, 4]]), np.ones(2))
    >>> [chain.length_px for chain in without_spurs([spine, rest, spur], 5.0)]
    [90.0]
    """
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
    """Group chains that hang together.

    Parameters
    ----------
    chains
        From `chains_of`.

    Returns
    -------
    figures
        The chains of each.

    Examples
    --------
    >>> stem, bar, dot = (Chain(nodes, np.zeros((2, 2)), np.ones(2)) for nodes in ((0, 1), (1, 2), (3, 4)))
    >>> [len(figure) for figure in figures_of([stem, dot, bar])]
    [2, 1]
    """
    sparse, graph = (
        require("scipy.sparse", extra="digitize"),
        require("scipy.sparse.csgraph", extra="digitize"),
    )
    if not chains:
        return []
    ends = np.array([chain.nodes for chain in chains])
    size = int(ends.max()) + 1
    links = sparse.coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(size, size))
    _, group = graph.connected_components(links, directed=False)
    figures: dict[int, list[Chain]] = defaultdict(list)
    for chain in chains:
        figures[int(group[chain.nodes[0]])].append(chain)
    return list(figures.values())


def passed_straight(chains: list[Chain], reach_px: float) -> list[Chain]:
    """Join chains over junctions, where the line goes straightest.

    Parameters
    ----------
    chains
        From `without_spurs`.
    reach_px
        Over this length the direction of a chain at its end is taken.

    Returns
    -------
    chains
        Fewer and longer; a chain that finds no partner at a junction ends there.

    Examples
    --------
    >>> ends = [(0, 50), (100, 50), (50, 0), (50, 100)]
    >>> arms = [Chain((0, k + 1), np.array([[50.0, 50.0], end]), np.ones(2)) for k, end in enumerate(ends)]
    >>> [chain.length_px for chain in passed_straight(arms, 10.0)]
    [100.0, 100.0]
    """
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
    """Direction in which a line leaves at an end.

    Parameters
    ----------
    points
        (n, 2).
    end
        0 for the first point, -1 for the last.
    reach_px
        Length of line over which it is taken.

    Returns
    -------
    direction
        Unit vector outwards, (2,); zero for a single point.

    Examples
    --------
    >>> direction(np.array([[0.0, 0], [10, 0]]), -1, 5.0).tolist()
    [1.0, 0.0]
    """
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
