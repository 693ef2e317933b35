"""Edges of areas at their true place: in the middle of a border over them, or half-way between two fills."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from rasterio import features
from scipy import ndimage, spatial, special

from frontlines.arrays import Bools, Floats, Ints
from frontlines.digitize.areas.state import AreaState, Coast, Dropped
from frontlines.digitize.colour.scan import from_corners
from frontlines.digitize.colour.sheet import Sheet
from frontlines.digitize.settings import EDGES

Parts = npt.NDArray[np.object_]

ON_COAST: Mapping[Coast | None, float] = {None: 0.0, "middle": 0.0, "inside": 0.5, "outside": -0.5}
"""Where ground ends by where the line along its outer edge lies on it, in widths from the line's middle."""

KEY = "a key of the legend"
"""Why a rectangle was left out."""


def outline(state: AreaState) -> AreaState:
    """Outline the pixels of each class; where three areas meet, all three have a vertex."""
    whole, wanted = state.whole, sorted(state.fills.values())
    found = features.shapes(whole, mask=np.isin(whole, wanted), connectivity=4, transform=from_corners())
    rings = [shapely.geometry.shape(one).boundary for one, _ in found]
    if not rings:
        return state
    parts = shapely.get_parts(shapely.polygonize([shapely.node(shapely.union_all(rings))]))
    column, row = np.rint(shapely.get_coordinates(shapely.point_on_surface(parts))).astype(int).T
    owners = whole[row, column].astype(np.int64)
    kept = np.isin(owners, wanted)
    return state.to(parts=parts[kept], owners=owners[kept])


def leave_out_keys(state: AreaState) -> AreaState:
    """Leave out small rectangles: keys of a legend."""
    area = shapely.area(state.parts)
    box = shapely.area(shapely.oriented_envelope(state.parts))
    is_key = (area < EDGES.key_share * state.whole.size) & (area > EDGES.key_full * box)
    keys = [
        Dropped(int(owner), KEY, part.area, part)
        for part, owner in zip(state.parts[is_key], state.owners[is_key], strict=True)
    ]
    return state.to(*keys, parts=state.parts[~is_key], owners=state.owners[~is_key])


def straighten(state: AreaState) -> AreaState:
    """Lay edges straight where they are covered."""
    return state.to(parts=straightened(state.parts, state.apart_px))


def smooth(state: AreaState) -> AreaState:
    """Take the steps of pixels out of the outlines."""
    return (
        state.to(parts=shapely.coverage_simplify(state.parts, EDGES.smooth_px)) if len(state.parts) else state
    )


def straightened(parts: Parts, apart: npt.NDArray[np.floating]) -> Parts:
    """Lay edges straight where they are covered.

    Half-way between what is seen on both sides of a name is where the name's middle is, not the edge's.
    """
    if not len(parts):
        return parts
    # The vertices of all rings in one array, and for each its number among the different corners.
    kind, points, (rings, polygons) = shapely.to_ragged_array(parts)
    corners, index = np.unique(points, axis=0, return_inverse=True)
    index = index.ravel()
    far = _from_seen_px(corners, apart)
    covered = far > np.median(far) + EDGES.covered_px
    covered &= _degrees(index, rings, len(corners)) == 2  # noqa: PLR2004 - no third edge meets there
    covered[index[rings[:-1]]] = False
    covered[index[_bulging(points, covered[index])]] = False
    # Without the covered corners every ring has fewer vertices: count anew where each begins.
    kept = ~covered[index]
    offsets = np.concatenate([[0], np.cumsum(np.add.reduceat(kept, rings[:-1]))])
    laid = np.asarray(shapely.from_ragged_array(kind, points[kept], (offsets, polygons)))
    sound = shapely.is_valid(laid).all() and shapely.coverage_is_valid(laid)
    return laid if sound else parts


def _bulging(points: Floats, covered: Bools) -> Bools:
    """Tell which covered vertices belong to a stretch that goes farther off the straight than names do."""
    # For each vertex the last one before it and the first one after it that are not covered.
    place = np.arange(len(points))
    before = np.maximum.accumulate(np.where(covered, 0, place))
    after = np.minimum.accumulate(np.where(covered, len(points) - 1, place)[::-1])[::-1]
    chords = shapely.linestrings(np.stack([points[before], points[after]], axis=1))
    off = np.where(covered, shapely.distance(shapely.points(points), chords), 0.0)
    farthest = np.zeros(len(points))
    np.maximum.at(farthest, before, off)
    return covered & (farthest[before] > EDGES.bulge_px)


def _degrees(index: Ints, rings: Ints, count: int) -> Ints:
    """Count the edges that meet in each corner."""
    ends = np.sort(np.column_stack([index[:-1], index[1:]]), axis=1)
    joined = np.ones(len(ends), bool)
    joined[rings[1:-1] - 1] = False
    return np.bincount(np.unique(ends[joined], axis=0).ravel(), minlength=count)


def _from_seen_px(corners: Floats, apart: npt.NDArray[np.floating]) -> Floats:
    """Distance of corners from what is seen."""
    column, row = np.floor(corners).astype(int).T
    around = [
        apart[(row + y).clip(0, apart.shape[0] - 1), (column + x).clip(0, apart.shape[1] - 1)]
        for y, x in ((0, 0), (0, 1), (1, 0), (1, 1))
    ]
    return np.asarray(np.min(around, axis=0), dtype=float)


ACROSS = np.arange(-EDGES.reach_px, EDGES.reach_px + EDGES.step_px / 2, EDGES.step_px)
"""Where profiles are sampled, from inside an area to outside [px]."""

PLACES = np.arange(-EDGES.farthest_px, EDGES.farthest_px + EDGES.fine_px / 2, EDGES.fine_px)
"""Where the edge may be found [px]."""


AXES = np.array([[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]]).T * [
    np.sqrt(3), EDGES.hue, EDGES.hue,
]  # fmt: skip
"""From sRGB to lightness and two hues, as JPEG keeps them: hues count for less, for they are kept coarser."""


class Border(NamedTuple):
    """A line drawn over the edges of areas: its colour, sRGB (3,), and its width."""

    ink: Floats
    width_px: float


class Edge(NamedTuple):
    """Where an edge is, and how wide the line over it."""

    shift_px: float = 0.0  # from where it was laid, outwards
    width_px: float = 0.0  # 0 if it is bare


def edge_of(
    profiles: Floats,
    borders: Sequence[Border] = (),
    *,
    coast: Border | None = None,
    is_hatched: bool = False,
) -> Edge:
    """Find the mean place of an edge in profiles across it."""
    profile = usual_profile(profiles, is_hatched)
    border = _border_of(profile, borders, is_hatched)
    if border is None and is_hatched and np.linalg.norm(np.subtract(*_bare_fills(profile))) < EDGES.seen:
        return Edge()
    if not _explains(border, profile, _misfit(profile, border)) and not (is_hatched and border):
        return Edge()
    place = _place(profiles, profile, border, is_hatched)
    if border is not None:
        return Edge(place, border.width_px)
    hidden = coast.width_px if coast is not None and _may_run_hidden(profile, coast) else 0.0
    return Edge(place + hidden / 2, hidden)


def _place(profiles: Floats, profile: Floats, border: Border | None, is_hatched: bool) -> float:
    """Place of an edge, the mean of those of its profiles; beside hatching of the half that fits best."""
    misfits, edges = _best_fit(profiles, border)
    if is_hatched and border is not None:
        _, middle = _best_fit(profile[None], border)
        edges = edges[(misfits <= np.median(misfits)) & (np.abs(edges - middle) < EDGES.stray_px)]
        return float(edges.mean()) if len(edges) and abs(middle) < EDGES.stroke_px else 0.0
    return float(edges[np.abs(edges - np.median(edges)) < EDGES.stray_px].mean())


def usual_profile(profiles: Floats, is_hatched: bool) -> Floats:
    """Average colours across an edge."""
    return np.asarray(np.median(profiles, axis=0) if is_hatched else profiles.mean(axis=0))


def _border_of(profile: Floats, borders: Sequence[Border], is_hatched: bool) -> Border | None:
    """Find the line that is drawn over an edge and does not have the colour of the ground outside.

    Beside hatching a line has its usual width: ground between strokes may be of the line's own colour.
    """
    seen = [one for one in borders if not _is_hidden(profile, one)]
    return _border_over(profile, seen, has_its_width=is_hatched)


def _border_over(profile: Floats, borders: Sequence[Border], *, has_its_width: bool) -> Border | None:
    """Choose the line that fits better than a bare edge, if any; of its own width, or of whatever fits."""
    widths = [
        [one._replace(width_px=width) for width in ([one.width_px] if has_its_width else EDGES.widths_px)]
        for one in borders
    ]
    misfits = np.array([[_misfit(profile, one) for one in row] for row in widths])
    if not widths or misfits.min() > _misfit(profile, None):
        return None
    best = int(np.argmax(misfits.min(axis=1) < EDGES.best_seen * misfits.min()))
    return widths[best][int(misfits[best].argmin())]


def _allowed(profile: Floats) -> float:
    """Greatest misfit of a profile that is a step and a line."""
    return max(EDGES.unexplained * float((((profile - profile.mean(axis=0)) @ AXES) ** 2).sum()), EDGES.noise)


def _explains(border: Border | None, profile: Floats, misfit: float) -> bool:
    """Tell whether a bare edge, or one with a line, leaves little of a profile unexplained."""
    return misfit < _allowed(profile) or (
        border is not None and misfit < EDGES.rather * _misfit(profile, None)
    )


def _misfit(profile: Floats, border: Border | None) -> float:
    return float(_best_fit(profile[None], border)[0].sum())


def _best_fit(profiles: Floats, border: Border | None) -> tuple[Floats, Floats]:
    """Misfit of each profile, and the place of its edge, with the blur that fits them all best."""
    return min((_fit(profiles, border, blur) for blur in EDGES.blurs_px), key=lambda fit: float(fit[0].sum()))


def _is_hidden(profile: Floats, border: Border) -> bool:
    """Tell whether a line has the colour of what lies outside."""
    return bool(np.linalg.norm(border.ink - _bare_fills(profile)[1]) < EDGES.hidden)


def _may_run_hidden(profile: Floats, border: Border) -> bool:
    """Tell whether a line in the colour of the ground outside cannot be told from it, or shows."""
    outside = _bare_fills(profile)[1]
    ray = border.ink - outside
    far = float(np.linalg.norm(ray))
    shows = far < EDGES.shows or ((profile - outside) @ ray).max() > EDGES.shows_share * far**2
    return far < EDGES.hidden and bool(shows)


def borders_in(profiles: Iterable[Floats]) -> list[Border]:
    """Find the lines that are drawn over edges."""
    seen = [
        (max(_off_the_mix(one, *_bare_fills(profile)) for one in profile), profile) for profile in profiles
    ]
    found: list[list[Border]] = []
    for off, profile in sorted(seen, key=lambda one: -one[0]):
        border = _line_in(profile) if off > EDGES.seen else None
        if border is None:
            continue
        group = next((one for one in found if np.linalg.norm(border.ink - one[0].ink) <= EDGES.one_ink), [])
        if not group:
            found.append(group)
        group.append(border)
    return [_mean(one) for one in found]


def _mean(borders: Sequence[Border]) -> Border:
    """Give the usual one of borders of one ink."""
    ink, width = (np.median([one[k] for one in borders], axis=0) for k in (0, 1))
    return Border(ink, float(width))


def _line_in(profile: Floats) -> Border | None:
    """Find the line that explains a profile, if one does: the narrowest of those that do it about as well.

    A wide line that is like one of the fills, set off a little, fits as well as a narrow one in its own ink.
    """
    found = [
        min((_fit_line(profile, width, blur) for blur in EDGES.blurs_px), key=lambda one: one[0])
        for width in EDGES.widths_px
    ]
    least = min(misfit for misfit, _ in found)
    good = next(border for misfit, border in found if misfit <= EDGES.best_seen * least)
    return good if _explains(good, profile, least) else None


def _fit_line(profile: Floats, width: float, blur: float) -> tuple[float, Border]:
    """Misfit of a line of some width, and the line in its best ink."""
    (inside, outside), (step, line) = _bare_fills(profile), _shapes(width, blur)
    begun = (step - line / 2)[..., None]
    rest = profile - (1 - line[..., None] - begun) * inside - begun * outside
    ink = (line[..., None] * rest).sum(axis=1) / (line**2).sum(axis=1)[:, None]
    ink = ink.clip(0, max(EDGES.white, profile.max()))
    left = (((rest - line[..., None] * ink[:, None]) @ AXES) ** 2).sum(axis=(1, 2))
    return float(left.min()), Border(ink[left.argmin()], width)


def _off_the_mix(colour: Floats, inside: Floats, outside: Floats) -> float:
    """Distance of a colour from the way between two others."""
    ray, off = (outside - inside) @ AXES, (colour - inside) @ AXES
    share = np.clip(off @ ray / max(float(ray @ ray), 1.0), 0, 1)
    return float(np.linalg.norm(off - share * ray))


def _bare_fills(profiles: Floats) -> tuple[Floats, Floats]:
    count = int(EDGES.end_px / EDGES.step_px) + 1
    return profiles[..., :count, :].mean(axis=-2), profiles[..., -count:, :].mean(axis=-2)


@cache
def _shapes(width: float, blur: float) -> tuple[Floats, Floats]:
    """Shares of what lies outside, and of the line less what it covers, at each place of the edge."""
    x = (ACROSS[None] - PLACES[:, None]) / (blur * np.sqrt(2))
    half = width / (2 * blur * np.sqrt(2))
    begun, ended = (1 + special.erf(x + half)) / 2, (1 + special.erf(x - half)) / 2
    return np.asarray(begun + ended) / 2, np.asarray(begun - ended)


def _fit(profiles: Floats, border: Border | None, blur: float) -> tuple[Floats, Floats]:
    """Least sum of squares of each profile, with the share of the line that fits it, and the edge's place."""
    profiles = profiles @ AXES
    (inside, outside), (step, line) = _bare_fills(profiles), _shapes(border.width_px if border else 0.0, blur)
    # The model is inside + rise * step + share * ink * line: |profile - model|² for all places at once, as
    # |raised|² - 2 raised·model + |model|², with the best share of the line in closed form.
    raised, rise = profiles - inside[:, None], outside - inside
    on_step = np.einsum("nxc,nc->nx", raised, rise) @ step.T
    misfit = (raised**2).sum(axis=(1, 2))[:, None] - 2 * on_step
    misfit = misfit + (rise**2).sum(axis=1)[:, None] * (step**2).sum(axis=1)
    if border is not None:
        ink = border.ink @ AXES - (inside + outside) / 2
        along = (rise * ink).sum(axis=1)[:, None] * (step * line).sum(axis=1)
        on_line = np.einsum("nxc,nc->nx", raised, ink) @ line.T - along
        norm = (ink**2).sum(axis=1)[:, None] * (line**2).sum(axis=1)
        share = (on_line / norm).clip(EDGES.shown, 1)
        misfit = misfit + share**2 * norm - 2 * share * on_line
    return misfit.min(axis=1), PLACES[misfit.argmin(axis=1)]


class Segments(NamedTuple):
    """Straight pieces of outlines: ends and outward normals (n, 2), whose they are, lengths."""

    start: Floats
    end: Floats
    outward: Floats
    owner: Ints
    length: Floats


def settle(state: AreaState) -> AreaState:
    """Move the edges between each two labels to where the image has them on the average."""
    if not len(state.parts):
        return state
    parts = state.parts
    for turn in range(EDGES.passes):
        segments = _segments(parts, state.owners)
        beyond = _label_beyond(segments, state.whole)
        found = _found(_profiles(segments, state.whole, state.sheet), state)
        shifts = {pair: edge.shift_px for pair, edge in found.items()}
        if turn == EDGES.passes - 1:  # the middle of the line is found: from there to the end of the ground
            for pair, edge in found.items():
                shifts[pair] += ON_COAST[state.coast] * edge.width_px * (pair[1] not in state.owners)
        parts = _moved(parts, segments, _shift_of(segments.owner, beyond, shifts))
    return state.to(parts=parts, area_sigma_px=_area_sigmas(segments, beyond, found, state))


def _found(profiles: Mapping[tuple[int, int], Floats], state: AreaState) -> dict[tuple[int, int], Edge]:
    """Find the edge between each two labels, as it is from where it was laid, outwards of the first."""
    code, owners = state.sheet.palette.code, state.owners
    borders = borders_in([usual_profile(profile, False) for profile in profiles.values()])
    coast = next(iter(borders), None)
    return {
        pair: edge_of(
            profile,
            borders,
            coast=coast if pair[1] not in owners else None,
            is_hatched=code.is_ink(max(pair)),
        )
        for pair, profile in profiles.items()
        if code.nothing not in pair
    }


def _area_sigmas(
    segments: Segments, beyond: Ints, found: Mapping[tuple[int, int], Edge], state: AreaState
) -> dict[int, float]:
    """Estimate the standard error of the area of each label [px²].

    What is off along one edge is off alike, edges among each other by chance, but for what the scan cannot
    settle: whether a line at the end of all that was asked for lies over the edge or to one side of it.
    """
    wanted, unsettled = state.fills.values(), state.coast is None
    own, coast = dict.fromkeys(wanted, 0.0), dict.fromkeys(wanted, 0.0)
    for pair in {(int(a), int(b)) for a, b in zip(segments.owner, beyond, strict=True)}:
        length = segments.length[(segments.owner == pair[0]) & (beyond == pair[1])].sum()
        edge = found.get(pair) or found.get(pair[::-1])
        if edge is None:
            off = EDGES.sigma_px + EDGES.sigma_split * state.half_width_px[pair[0]]
        else:
            off = EDGES.mean_px + EDGES.mean_split * edge.width_px
            coast[pair[0]] += unsettled * (pair[1] not in own) * edge.width_px / 2 * length
        own[pair[0]] = float(np.hypot(own[pair[0]], off * length))
    return {label: float(np.hypot(own[label], coast[label])) for label in own}


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


def _label_beyond(segments: Segments, whole: npt.NDArray[np.uint8]) -> Ints:
    """Label on the far side of each segment."""
    middle = (segments.start + segments.end) / 2
    out = segments.owner.copy()
    for far in (1.0, 2.0, 3.0):
        same = out == segments.owner
        out[same] = _labels_at(whole, middle[same] + far * segments.outward[same])
    return out


def _profiles(
    segments: Segments, whole: npt.NDArray[np.uint8], sheet: Sheet
) -> dict[tuple[int, int], Floats]:
    """Colours across the edges of each two labels, from the first to the second."""
    # Places spread evenly over each segment: how many, of which segment, and its turn there.
    count = np.ceil(segments.length / EDGES.apart_px).astype(int)
    which = np.repeat(np.arange(len(count)), count)
    turn = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    share = ((turn + 0.5) / count[which])[:, None]
    points = (1 - share) * segments.start[which] + share * segments.end[which]
    # Outlines waver from pixel to pixel: across them is across what they are over some places.
    outward = ndimage.uniform_filter1d(segments.outward[which], EDGES.straight, axis=0, mode="nearest")
    outward /= np.maximum(np.hypot(*outward.T), 1e-9)[:, None]
    owner = segments.owner[which]
    # A place is sure where labels are the same from a little way off the edge to the ends of the profile.
    beyond = _labels_at(whole, points + EDGES.sure_px * outward)
    sure = (beyond >= 0) & (beyond != owner) & (_labels_at(whole, points - EDGES.sure_px * outward) == owner)
    for far in (-EDGES.reach_px, EDGES.reach_px):
        sure &= _labels_at(whole, points + far * outward) == (owner if far < 0 else beyond)
    out = {}
    for pair in {(int(a), int(b)) for a, b in zip(owner[sure], beyond[sure], strict=True)}:
        if pair[::-1] in out:
            continue
        mine = np.flatnonzero(sure & (owner == pair[0]) & (beyond == pair[1]))
        # Of a long edge every n-th group of neighbours, which are averaged together.
        thin = np.arange(len(mine)) // EDGES.together % max(1, len(mine) // EDGES.most) == 0
        if len(mine) >= EDGES.fewest:
            out[pair] = _sampled(sheet, points[mine[thin]], outward[mine[thin]])
    return out


def _sampled(sheet: Sheet, points: Floats, outward: Floats) -> Floats:
    """Colours across an edge at many points of it, on evened paper, neighbours averaged."""
    out, margin = np.zeros((len(points), len(ACROSS), 3), np.float32), int(EDGES.reach_px) + 2
    for first, band in sheet.scan.bands():
        here = (points[:, 1] >= first) & (points[:, 1] < first + len(band))
        if not here.any():
            continue
        top = max(0, first - margin)
        pixels = sheet.scan.read(slice(top, first + len(band) + margin))
        at = points[here][:, None] + ACROSS[None, :, None] * outward[here][:, None]
        where = [at[..., 1] - top, at[..., 0]]
        for k in range(3):
            out[here, :, k] = ndimage.map_coordinates(pixels[..., k], where, np.float32, order=1)
    if not sheet.paper.is_even:
        out *= sheet.paper.gain_at(points)[:, None]
    whole = len(out) // EDGES.together * EDGES.together
    return np.asarray(out[:whole].reshape(-1, EDGES.together, len(ACROSS), 3).mean(axis=1), dtype=float)


def _shift_of(owner: Ints, beyond: Ints, shifts: Mapping[tuple[int, int], float]) -> Floats:
    """Give each segment the shift of the edge that it is part of, outwards of its own area."""
    out = np.zeros(len(owner))
    for (inner, outer), shift in shifts.items():
        out[(owner == inner) & (beyond == outer)] = shift
        out[(owner == outer) & (beyond == inner)] = -shift
    return out


def _moved(parts: Parts, segments: Segments, shift: Floats) -> Parts:
    """Move vertices so that their segments shift; those that would make outlines cross stay."""
    corners, index = np.unique(np.vstack([segments.start, segments.end]), axis=0, return_inverse=True)
    ends = index.reshape(2, -1)  # of each segment the numbers of its two corners
    steps = _steps(len(corners), ends, segments, shift)
    for _ in range(EDGES.rounds):
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
    # For each corner the normal equations of: normal @ move = shift, over the segments that end in it.
    square, right = np.zeros((count, 2, 2)), np.zeros((count, 2))
    for ends in index:
        np.add.at(square, ends, normal[:, :, None] * normal[:, None])
        np.add.at(right, ends, normal * shift[:, None])
    # Where all segments run the same way, a little weight on no move keeps the equations solvable.
    square += 0.01 * np.eye(2) * np.trace(square, axis1=1, axis2=2)[:, None, None]
    return np.asarray(np.linalg.solve(square, right[..., None])[..., 0])


def _positions(corners: Floats, points: Floats) -> Ints:
    return np.asarray(spatial.cKDTree(corners).query(points)[1])
