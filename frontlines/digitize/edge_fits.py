"""The place of an edge in colours across it: a step from fill to fill, and a line that may be over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from frontlines._optional import require

Floats = npt.NDArray[np.float64]

REACH_PX, STEP_PX = 8.0, 0.5
"""Reach of a profile across an edge, to either side, and how far apart its samples are."""

_END_PX = 2.0  # ends of a profile that show the bare fills
_FARTHEST_PX, _FINE_PX = 4.0, 0.1  # from where labels end to the edge; how finely it is placed
_WIDTHS_PX = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
_BLURS_PX = (0.3, 0.6, 1.0, 1.5, 2.2)
_LEAST_SEEN, _NEARLY_ALL = 2, 0.8  # kinds of edges; share of them
_SEEN, _HIDDEN = 15.0, 30.0  # a line off the way between two fills, and one like the ground [sRGB]
_DRIFT, _WIDER = 25.0, 1.6  # of an ink from edge to edge [sRGB], and of its width
_TOLD = 18.0, 10.0  # inks farther off the ground show, in uneven and in even light [sRGB]
_SHOWS = 0.4  # their middle, by this share
_WHITE = 255.0
_ONE_INK = 60.0  # borders more like each other are of one ink [sRGB]
_BEST_SEEN = 2.0  # the best-seen ink is preferred to one that fits better by less than this factor
_PLAINER = 1.25  # a bare edge is believed unless a line fits better by this factor
_CLEARLY = 3.0  # or one that is like the ground does by this
_RATHER = 0.2  # of what a bare edge leaves unexplained: a line that leaves no more is believed
_STRAY_PX = 2.0  # of a place from the median of its edge
_STROKE_PX = 3.0  # farther from where hatching ends, a line is one of its strokes
_UNLIKE, _NOISE = 0.01, 100.0  # of a profile's sum of squares, or [sRGB²]: no step and no line
_UNEVEN = 10.0  # times as much at single places: only their mean is believed, as in hatching

ACROSS = np.arange(-REACH_PX, REACH_PX + STEP_PX / 2, STEP_PX)
"""Where profiles are sampled, from inside an area to outside [px]."""

PLACES = np.arange(-_FARTHEST_PX, _FARTHEST_PX + _FINE_PX / 2, _FINE_PX)
"""Where the edge may be found [px]."""


class Border(NamedTuple):
    """A line drawn over the edges of areas: its colour, sRGB (3,), and its width."""

    ink: Floats
    width_px: float


def edge_of(
    profiles: Floats,
    borders: Sequence[Border] = (),
    *,
    assumed: tuple[Border | None, Border | None] = (None, None),
    is_hatched: bool = False,
    is_even: bool = True,
) -> float:
    """Find the mean place of an edge in profiles across it.

    Parameters
    ----------
    profiles
        Colours at `ACROSS`, (places along the edge, n, 3).
    borders
        Lines that may be drawn over the edge, from `borders_in`.
    assumed
        Lines that cannot be seen where the ground inside, or that outside, has their colour, but are taken to
        be there.
    is_hatched
        Whether one of the two is hatched: between its strokes the edge is seen best, and hatching that ends
        on the same ground, without a line, stays as it is.
    is_even
        Whether the light is: then a line only a little unlike the ground can be told from it.

    Returns
    -------
    edge
        Its place [px], positive outwards.

    Examples
    --------
    >>> outside = np.clip(ACROSS - 0.2, 0, 1)[:, None]
    >>> round(edge_of((200 - 100 * outside * np.ones(3))[None]), 1)
    0.7
    """
    profile = typical(profiles, is_hatched)
    border = _border_of(profiles, profile, borders, is_hatched)
    if border is None and is_hatched and np.linalg.norm(np.subtract(*_ends(profile))) < _SEEN:
        return 0.0
    if not _explains(border, profile, _misfit(profile, border)) and not (is_hatched and border):
        return 0.0
    place = _place(profiles, profile, border, is_hatched)
    return place if border is not None else place + _half_hidden_px(profile, assumed, _TOLD[is_even])


def usual_border(profiles: Mapping[tuple[int, int], Floats], borders: Sequence[Border]) -> Border | None:
    """Find the line that is over nearly all edges between areas, as far as it can be seen.

    Parameters
    ----------
    profiles
        Mean colours across the edges of each two areas, at `ACROSS`, (n, 3) each.
    borders
        From `borders_in`.

    Returns
    -------
    border
        It, or ``None`` if there is none, or there are too few edges to tell.

    Examples
    --------
    >>> line = np.clip(2 - np.abs(ACROSS), 0, 1)[:, None]
    >>> profiles = {(k, k + 1): 200 - 190 * line * np.ones(3) for k in (1, 3)}
    >>> usual_border(profiles, borders_in(profiles.values())).width_px
    3.0
    """
    for border in borders:
        seen = [one for one in profiles.values() if not any(_is_like(border, end) for end in _ends(one))]
        over = [_border_over(one, borders) for one in seen]
        drawn = sum(one is not None and np.array_equal(one.ink, border.ink) for one in over)
        if len(seen) >= _LEAST_SEEN and drawn >= _NEARLY_ALL * len(seen):
            return border
    return None


def _place(profiles: Floats, profile: Floats, border: Border | None, is_hatched: bool) -> float:
    """Place of an edge, the mean of those of its profiles; beside hatching of the half that fits best."""
    misfits, edges = _best_fit(profiles, border)
    if is_hatched and border is not None:
        _, middle = _best_fit(profile[None], border)
        edges = edges[(misfits <= np.median(misfits)) & (np.abs(edges - middle) < _STRAY_PX)]
        return float(edges.mean()) if len(edges) and abs(middle) < _STROKE_PX else 0.0
    if misfits.mean() > _UNEVEN * _allowed(profile):
        _, edges = _best_fit(profile[None], border)
    return float(edges[np.abs(edges - np.median(edges)) < _STRAY_PX].mean())


def typical(profiles: Floats, is_hatched: bool) -> Floats:
    """Average colours across an edge.

    Parameters
    ----------
    profiles
        See `edge_of`.
    is_hatched
        Whether one of the two is hatched; then the median is taken, which is that between the strokes.

    Returns
    -------
    profile
        (n, 3).

    Examples
    --------
    >>> typical(np.array([[[0.0]], [[0.0]], [[9.0]]]), True).tolist()
    [[0.0]]
    """
    return np.asarray(np.median(profiles, axis=0) if is_hatched else profiles.mean(axis=0))


def _border_of(
    profiles: Floats, profile: Floats, borders: Sequence[Border], is_hatched: bool
) -> Border | None:
    """Find the line that is drawn over an edge: one that is seen, else one like the ground that explains it.

    Beside hatching a line has its usual width: ground between strokes may be of the line's own colour.
    """
    seen = [one for one in borders if not _is_hidden(profile, one)]
    border = _border_over(profile, seen, has_its_width=is_hatched)
    if is_hatched:
        return border
    if border is None:
        inked = [_inked(profile, one) for one in borders]
        border = _border_over(profile, inked, has_its_width=True, better=_CLEARLY)
    return border if border is not None and _is_throughout(border, profiles) else None


def _border_over(
    profile: Floats, borders: Sequence[Border], *, has_its_width: bool = False, better: float = _PLAINER
) -> Border | None:
    """Choose the line that fits better than a bare edge, if any; of its own width, or of whatever fits."""
    widths = [
        [one._replace(width_px=width) for width in ([one.width_px] if has_its_width else _WIDTHS_PX)]
        for one in borders
    ]
    misfits = np.array([[_misfit(profile, one) for one in row] for row in widths])
    if not widths or better * misfits.min() > _misfit(profile, None):
        return None
    best = int(np.argmax(misfits.min(axis=1) < _BEST_SEEN * misfits.min()))
    return widths[best][int(misfits[best].argmin())]


def _allowed(profile: Floats) -> float:
    """Greatest misfit of a profile that is a step and a line."""
    return max(_UNLIKE * float(((profile - profile.mean(axis=0)) ** 2).sum()), _NOISE)


def _is_throughout(border: Border, profiles: Floats) -> bool:
    """Tell whether a line is over most of an edge, not over some of it as names are."""
    middling = typical(profiles, True)
    return _misfit(middling, border) < _misfit(middling, None)


def _explains(border: Border | None, profile: Floats, misfit: float) -> bool:
    """Tell whether a bare edge, or one with a line, leaves little of a profile unexplained."""
    return misfit < _allowed(profile) or (border is not None and misfit < _RATHER * _misfit(profile, None))


def _misfit(profile: Floats, border: Border | None) -> float:
    return float(_best_fit(profile[None], border)[0].sum())


def _best_fit(profiles: Floats, border: Border | None) -> tuple[Floats, Floats]:
    """Misfit of each profile, and the place of its edge, with the blur that fits them all best."""
    return min((_fit(profiles, border, blur) for blur in _BLURS_PX), key=lambda fit: float(fit[0].sum()))


def _is_hidden(profile: Floats, border: Border) -> bool:
    """Tell whether a line has the colour of what lies outside."""
    return _is_like(border, _ends(profile)[1])


def _is_like(border: Border, ground: Floats) -> bool:
    return bool(np.linalg.norm(border.ink - ground) < _HIDDEN)


def _half_hidden_px(profile: Floats, assumed: tuple[Border | None, Border | None], told: float) -> float:
    """Half the width of a line hidden outside an edge, or less that of one inside; 0 if none may be."""
    for side, border in zip((1, -1), reversed(assumed), strict=True):
        flipped = profile[::side]
        if border and _is_hidden(flipped, border) and _may_be_there(flipped, border, told):
            return side * border.width_px / 2
    return 0.0


def _may_be_there(profile: Floats, border: Border, told: float) -> bool:
    """Tell whether a line like the ground outside cannot be told from it, or shows."""
    outside = _ends(profile)[1]
    ray = border.ink - outside
    far = float(np.linalg.norm(ray))
    return bool(far < told or ((profile - outside) @ ray).max() > _SHOWS * far**2)


def borders_in(profiles: Iterable[Floats], strokes: Sequence[Floats | None] = ()) -> list[Border]:
    """Find the lines that are drawn over edges.

    Parameters
    ----------
    profiles
        Mean colours across edges, at `ACROSS`, (n, 3) each.
    strokes
        Colour of the strokes of each that is hatched on one side: ground that they leave bare is no border.

    Returns
    -------
    borders
        The best seen first.

    Examples
    --------
    >>> line = np.clip(2 - np.abs(ACROSS), 0, 1)[:, None]
    >>> profile = 200 - 190 * line * np.ones(3)
    >>> [(one.ink.round(-1).tolist(), one.width_px) for one in borders_in([profile])]
    [([10.0, 10.0, 10.0], 3.0)]
    """
    seen = [(max(_off(one, *_ends(profile)) for one in profile), profile) for profile in profiles]
    order = sorted(range(len(seen)), key=lambda k: -seen[k][0])
    found: list[list[Border]] = []
    for k in order:
        border = _border(seen[k][1]) if seen[k][0] > _SEEN else None
        if border is None or (strokes and _is_bare(border.ink, seen[k][1], strokes[k])):
            continue
        group = next((one for one in found if np.linalg.norm(border.ink - one[0].ink) <= _ONE_INK), [])
        if not group:
            found.append(group)
        group.append(border)
    return [_mean(one) for one in found]


def _inked(profile: Floats, border: Border) -> Border:
    """Give a line the ink and width that it has over one edge, if these are much the same."""
    widths = [one for one in _WIDTHS_PX if border.width_px / _WIDER <= one <= border.width_px * _WIDER]
    fits = (_lined(profile, width, blur) for width in widths for blur in _BLURS_PX)
    _, here = min(fits, key=lambda one: one[0], default=(0.0, border))
    return here if np.linalg.norm(here.ink - border.ink) < _DRIFT else border


def _mean(borders: Sequence[Border]) -> Border:
    """Give the usual one of borders of one ink."""
    ink, width = (np.median([one[k] for one in borders], axis=0) for k in (0, 1))
    return Border(ink, float(width))


def _is_bare(ink: Floats, profile: Floats, stroke: Floats | None) -> bool:
    """Tell whether what looks like a border of hatching is of the ground between its strokes."""
    if stroke is None:
        return False
    mix = min(_ends(profile), key=lambda end: float(np.linalg.norm(end - stroke)))
    return bool((ink - mix) @ (mix - stroke) > 0)


def _border(profile: Floats) -> Border | None:
    """Find the line that explains a profile, if one does: the narrowest of those that do it about as well.

    A wide line that is like one of the fills, set off a little, fits as well as a narrow one in its own ink.
    """
    found = [
        min((_lined(profile, width, blur) for blur in _BLURS_PX), key=lambda one: one[0])
        for width in _WIDTHS_PX
    ]
    least = min(misfit for misfit, _ in found)
    good = next(border for misfit, border in found if misfit <= _BEST_SEEN * least)
    return good if _explains(good, profile, least) else None


def _lined(profile: Floats, width: float, blur: float) -> tuple[float, Border]:
    """Misfit of a line of some width, and the line in its best ink."""
    (inside, outside), (step, line) = _ends(profile), _shapes(width, blur)
    begun = (step - line / 2)[..., None]
    rest = profile - (1 - line[..., None] - begun) * inside - begun * outside
    ink = (line[..., None] * rest).sum(axis=1) / (line**2).sum(axis=1)[:, None]
    ink = ink.clip(0, max(_WHITE, profile.max()))
    left = ((rest - line[..., None] * ink[:, None]) ** 2).sum(axis=(1, 2))
    return float(left.min()), Border(ink[left.argmin()], width)


def _off(colour: Floats, inside: Floats, outside: Floats) -> float:
    """Distance of a colour from the way between two others."""
    ray = outside - inside
    share = np.clip((colour - inside) @ ray / max(float(ray @ ray), 1.0), 0, 1)
    return float(np.linalg.norm(colour - inside - share * ray))


def _ends(profiles: Floats) -> tuple[Floats, Floats]:
    count = int(_END_PX / STEP_PX) + 1
    return profiles[..., :count, :].mean(axis=-2), profiles[..., -count:, :].mean(axis=-2)


@cache
def _shapes(width: float, blur: float) -> tuple[Floats, Floats]:
    """Shares of what lies outside, and of the line less what it covers, at each place of the edge."""
    erf = require("scipy.special", extra="digitize").erf
    x = (ACROSS[None] - PLACES[:, None]) / (blur * np.sqrt(2))
    half = width / (2 * blur * np.sqrt(2))
    begun, ended = (1 + erf(x + half)) / 2, (1 + erf(x - half)) / 2
    return np.asarray(begun + ended) / 2, np.asarray(begun - ended)


def _fit(profiles: Floats, border: Border | None, blur: float) -> tuple[Floats, Floats]:
    """Least sum of squares of each profile, with the share of the line that fits it, and the edge's place."""
    (inside, outside), (step, line) = _ends(profiles), _shapes(border.width_px if border else 0.0, blur)
    raised, rise = profiles - inside[:, None], outside - inside
    on_step = np.einsum("nxc,nc->nx", raised, rise) @ step.T
    misfit = (raised**2).sum(axis=(1, 2))[:, None] - 2 * on_step
    misfit = misfit + (rise**2).sum(axis=1)[:, None] * (step**2).sum(axis=1)
    if border is not None:
        ink = border.ink - (inside + outside) / 2
        along = (rise * ink).sum(axis=1)[:, None] * (step * line).sum(axis=1)
        on_line = np.einsum("nxc,nc->nx", raised, ink) @ line.T - along
        norm = (ink**2).sum(axis=1)[:, None] * (line**2).sum(axis=1)
        share = (on_line / norm).clip(0, 1)
        misfit = misfit + share**2 * norm - 2 * share * on_line
    return misfit.min(axis=1), PLACES[misfit.argmin(axis=1)]
