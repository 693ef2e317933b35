"""Which side lies left and which right of a traced line, from a place that each side holds.

A stretch is seen from a place if the straight way there crosses the line an even number of times; then the
flank that the way ends at belongs to whoever holds the place, otherwise to the other side. Ways from all
places to many points of the line vote, near ones the more; where the two sides' votes contradict each other,
both count the same. Stretches that lie end to end have one answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import shapely

from frontlines.arrays import Bools, Floats
from frontlines.digitize.georef.cautions import Caution, pixel_of
from frontlines.digitize.settings import SIDES
from frontlines.errors import DigitizeError

_SHORT = 1e-3  # part of a way that ends before the line, so that it does not cross there


class Flanks(NamedTuple):
    """Who lies left and right of a stretch, and the share of the votes for it."""

    left: str
    right: str
    share: float


class _Link(NamedTuple):
    """A stretch in a chain: its position, and whether it is run through backwards."""

    stretch: int
    backwards: bool


def flanks_of(
    stretches: Sequence[Floats], held: Mapping[str, Floats], name: str, size_px: tuple[int, int]
) -> list[Flanks]:
    """Say who lies left and right of each stretch of a line."""
    sides = list(held)
    chains = _chains(stretches, SIDES.reach * float(np.hypot(*size_px)))
    courses = [np.concatenate([_run(stretches, link) for link in chain]) for chain in chains]
    lines = shapely.multilinestrings([shapely.linestrings(course) for course in courses])
    votes = [_vote(course, lines, held) for course in courses]
    _refuse_unsettled(courses, votes, sides, name)
    flanks: list[Flanks] = [Flanks("", "", 0.0)] * len(stretches)
    for chain, vote in zip(chains, votes, strict=True):
        left, right = sides if vote > 1 / 2 else sides[::-1]
        share = max(vote, 1 - vote)
        for link in chain:
            flanks[link.stretch] = (
                Flanks(right, left, share) if link.backwards else Flanks(left, right, share)
            )
    return flanks


def _run(stretches: Sequence[Floats], link: _Link) -> Floats:
    points = np.asarray(stretches[link.stretch], dtype=float)
    return points[::-1] if link.backwards else points


def _chains(stretches: Sequence[Floats], reach: float) -> list[list[_Link]]:
    """Lay stretches end to end, the nearest ends first, as far as they lie within reach."""
    chains = [[_Link(k, False)] for k in range(len(stretches))]
    while len(chains) > 1:
        # tip 2k is the first point of chain k, tip 2k + 1 its last
        tips = np.array(
            [tip for c in chains for tip in (_run(stretches, c[0])[0], _run(stretches, c[-1])[-1])]
        )
        apart = np.hypot(*(tips[:, None] - tips[None]).transpose(2, 0, 1))
        own = np.arange(len(tips)) // 2
        apart[own[:, None] == own[None]] = np.inf
        a, b = np.unravel_index(apart.argmin(), apart.shape)
        if apart[a, b] > reach:
            break
        # turn them so that the first ends at tip a and the second begins at tip b
        first = _turned(chains[a // 2]) if a % 2 == 0 else chains[a // 2]
        second = _turned(chains[b // 2]) if b % 2 == 1 else chains[b // 2]
        chains = [chain for k, chain in enumerate(chains) if k not in {a // 2, b // 2}]
        chains.append([*first, *second])
    return chains


def _turned(chain: list[_Link]) -> list[_Link]:
    return [_Link(link.stretch, not link.backwards) for link in reversed(chain)]


def _vote(course: Floats, lines: shapely.Geometry, held: Mapping[str, Floats]) -> float:
    """Share of the votes that the first side lies left; if the sides contradict, both count the same.

    Near places have most of the votes. Those of one side must not outvote the other's, which may lie on
    the very same side of the line.
    """
    line = shapely.linestrings(course)
    tallies = [_tally(places, k == 0, line, lines) for k, places in enumerate(held.values())]
    shares = [for_left / total if total else 1 / 2 for for_left, total in tallies]
    if min(shares) < 1 / 2 < max(shares):
        return float(np.mean(shares))
    for_left, total = np.sum(tallies, axis=0)
    return float(for_left / total) if total else 1 / 2


def _tally(
    places: Floats, first: bool, line: shapely.Geometry, lines: shapely.Geometry
) -> tuple[float, float]:
    """Votes of one side's places that the first side lies left, and all their votes."""
    shares = (np.arange(SIDES.samples) + 0.5) / SIDES.samples
    spots = shapely.get_coordinates(shapely.line_interpolate_point(line, shares, normalized=True))
    for_left = total = 0.0
    for place in np.asarray(places, dtype=float):
        nearest = shapely.get_coordinates(shapely.shortest_line(shapely.points(place), line))[-1:]
        ends = np.concatenate([nearest, spots])
        left, known = _seen_left(place, ends, line, lines)
        weight = known / np.maximum(np.hypot(*(ends - place).T), 1.0) ** 2
        weight[0] *= SIDES.samples  # the nearest place of the line has as many votes as all others
        for_left += float(weight[left == first].sum())
        total += float(weight.sum())
    return for_left, total


def _seen_left(
    place: Floats, ends: Floats, line: shapely.Geometry, lines: shapely.Geometry
) -> tuple[Bools, Floats]:
    """Whether the place is left of the line as seen along each way, and 1, or 0 where that is unsure."""
    short = ends + (place - ends) * _SHORT
    ways = shapely.linestrings(np.stack([np.broadcast_to(place, ends.shape), short], axis=1))
    crossed = shapely.get_num_coordinates(shapely.intersection(ways, lines))
    along = _direction(line, ends)
    way = place - ends
    length = np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)
    across = (along[:, 1] * way[:, 0] - along[:, 0] * way[:, 1]) / length  # rows grow downwards
    left = (across > 0) ^ (crossed % 2 == 1)
    return left, (np.abs(across) > SIDES.grazing).astype(float)


def _direction(line: shapely.Geometry, ends: Floats) -> Floats:
    """Direction of a line at places on it, unit vectors."""
    at = shapely.line_locate_point(line, shapely.points(ends))
    reach = min(SIDES.direction_px, line.length / 4)
    after = shapely.get_coordinates(shapely.line_interpolate_point(line, np.minimum(at + reach, line.length)))
    before = shapely.get_coordinates(shapely.line_interpolate_point(line, np.maximum(at - reach, 0)))
    way = after - before
    return np.asarray(way / np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)[:, None])


def _refuse_unsettled(
    courses: Sequence[Floats], votes: Sequence[float], sides: Sequence[str], name: str
) -> None:
    """Refuse a line of which more than a small part is not settled."""
    lengths = np.array([np.hypot(*np.diff(course, axis=0).T).sum() for course in courses])
    unsettled = np.where(np.abs(np.array(votes) - 1 / 2) < SIDES.needed - 1 / 2, lengths, 0.0)
    if unsettled.sum() > SIDES.minor * lengths.sum():
        course = courses[int(unsettled.argmax())]
        column, row = course[len(course) // 2]
        raise DigitizeError(
            f"line {name!r}: around column {column:.0f}, row {row:.0f} the places named do not settle who is "
            f"where: {sides[0]} and {sides[1]} seem to lie on one side of it; check them, or name further "
            "places near it"
        )


def forks_of(line: str, pieces: Sequence[Floats], reach_px: float) -> list[Caution]:
    """Find where a piece of a line ends in the middle of another one of the same line."""
    lines = [shapely.linestrings(piece) for piece in pieces]
    return [
        _fork(line, tip)
        for k, piece in enumerate(pieces)
        for tip in (piece[0], piece[-1])
        if any(_in_the_middle(tip, lines[j], reach_px) for j in range(len(pieces)) if j != k)
    ]


def _in_the_middle(tip: Floats, line: shapely.LineString, reach_px: float) -> bool:
    """Tell whether a point is near a line, but not near its ends."""
    point = shapely.points(tip)
    ends = shapely.distance(point, shapely.get_point(line, [0, -1]))
    return bool(shapely.distance(point, line) < reach_px < ends.min())


def _fork(line: str, tip: Floats) -> Caution:
    column, row = pixel_of(tip)
    text = (
        f"line {line!r} forks at column {column:.0f}, row {row:.0f}: three sectors meet there, but a front "
        "has two sides, so those of one branch are wrong; mask the branch that is no front"
    )
    return Caution("fork", text, pixel=(column, row))


def beside_of(
    name: str, courses: Sequence[Floats], of: Sequence[int], touching_px: float, size_px: tuple[int, int]
) -> list[Caution]:
    """Name pieces with two free ends that run beside a longer one of their ink: arrows, or a key."""
    lines, found = [shapely.LineString(points) for points in courses], []
    sheet = shapely.box(-0.5, -0.5, *np.array(size_px) - 0.5).boundary
    for k in of:
        piece, ends = lines[k], shapely.points(courses[k][[0, -1]])
        rest = [one for n, one in enumerate(lines) if n != k]
        if piece.is_ring or (shapely.distance(ends[:, None], [sheet, *rest]) <= touching_px).any():
            continue
        longer = [one for one in rest if one.length > piece.length]
        along = [(shapely.line_locate_point(one, ends), one.length) for one in longer]
        if any(((at > touching_px) & (at < length - touching_px)).all() for at, length in along):
            column, row = piece.interpolate(0.5, normalized=True).coords[0]
            text = (
                f"line {name!r}: a piece of {piece.length:.0f} px around column {column:.0f}, row {row:.0f} "
                "touches nothing and runs beside a longer one: perhaps an arrow or a key; then mask it"
            )
            found.append(Caution("beside", text, pixel=pixel_of((column, row))))
    return found
