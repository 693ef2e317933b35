"""Which fill or hatching of a scan is meant by the colour of each class."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import optimize

from frontlines.arrays import Bools, Floats, Floats32, Ints
from frontlines.digitize.areas.hatching import hatched_inks
from frontlines.digitize.areas.state import AreaState
from frontlines.digitize.colour.colours import hex_of, lab_of, rgb_of, unlikeness
from frontlines.digitize.colour.palette import Palette
from frontlines.digitize.settings import MATCHING
from frontlines.errors import DigitizeError, NoSuchColourError

_TINTS = np.array(MATCHING.tint_shares)
_PAPER = lab_of([[250, 250, 250]])[0]


def find_fills(state: AreaState) -> AreaState:
    """Find the fills, and the hatchings, that the colours of the classes mean."""
    palette, colours = state.sheet.palette, state.colours
    hatched = {} if are_fills(palette, colours) else hatched_inks(state.sheet)
    fills = match_fills(palette, colours, list(hatched), state.sheet.paper.usual_gain)
    meant = {ink: blocks for ink, blocks in hatched.items() if palette.code.ink(ink) in fills.values()}
    return state.to(fills=fills, hatched=meant)


def match_fills(
    palette: Palette, colours: Mapping[str, str], hatching: list[int], gain: Floats32
) -> dict[str, int]:
    """Find the fill, or else the hatching, that is meant by each colour; no two classes have one.

    Colours are meant as on evened paper or as scanned, whichever fits all of them better.
    """
    there = ", ".join(hex_of(one) for one in [*palette.grounds, *palette.inks[hatching]])
    labels = [*range(len(palette.grounds)), *map(palette.code.ink, hatching)]
    if len(labels) < len(colours):
        raise DigitizeError(f"{len(colours)} classes are asked for, but the scan has the fills {there}")
    rgb = np.vstack([palette.grounds, palette.inks[hatching].reshape(-1, 3)])
    plain = _plain(lab_of(rgb))
    found = [_assigned(colours, lab_of(one), plain, len(palette.grounds)) for one in (rgb, rgb / gain)]
    unlike, rows, chosen = min(found, key=lambda one: float(one[0][one[1], one[2]].sum()))
    for row, (name, colour) in zip(rows, colours.items(), strict=True):
        off_de = unlike[row] - MATCHING.hatched_de * (np.array(labels) > len(palette.grounds))
        if off_de[chosen[row]] > MATCHING.too_unlike_de:
            off = f"{off_de.min():.0f} ΔE off, where {MATCHING.too_unlike_de:g} is the most"
            raise NoSuchColourError(
                f"class {name!r}: no fill of the scan is like {colour!r}; it has {there} (nearest: {off})"
            )
    return {name: labels[fill] for name, fill in zip(colours, chosen, strict=True)}


def _assigned(
    colours: Mapping[str, str], lab: Floats, plain: Bools, grounds: int
) -> tuple[Floats, Ints, Ints]:
    """Tell how unlike each colour and each fill or hatching are, and which are paired."""
    hatched = np.arange(len(lab)) >= grounds
    unlike = np.array([_unlike(one, lab, plain, hatched) for one in colours.values()])
    unlike[:, hatched] += MATCHING.hatched_de
    return unlike, *optimize.linear_sum_assignment(unlike)


def are_fills(palette: Palette, colours: Mapping[str, str]) -> bool:
    """Tell whether each colour is so like a fill of its own that hatching would not be preferred."""
    lab = lab_of(palette.grounds)
    unlike = np.array([_unlike(one, lab, _plain(lab), np.zeros(len(lab), bool)) for one in colours.values()])
    own = len(set(unlike.argmin(axis=1).tolist())) == len(colours)
    return own and bool((unlike.min(axis=1) < MATCHING.hatched_de).all())


def colour_off(
    colour: str,
    rgb: Floats,
    gain: Floats32,
    beneath: Floats | None = None,
) -> float:
    """Tell how far the colour that was found is off the one asked for."""
    lab = lab_of([rgb, rgb / gain])
    off = float(_unlike(colour, lab, _plain(lab[:1]).repeat(2), np.full(2, beneath is not None)).min())
    if beneath is None:
        return off
    mixes = (_mixes(rgb_of(colour), under) for under in (beneath, beneath / gain))
    washed = (np.linalg.norm(mix - one, axis=1).min() for mix, one in zip(mixes, lab, strict=True))
    return min(off, *map(float, washed))


def _mixes(rgb: Floats, beneath: Floats) -> Floats:
    """Mixes of a colour with grounds, (n, 3) CIELAB: of its hue no more than of its lightness.

    JPEG keeps hues in coarser blocks than lightness, so thin strokes lose more of them.
    """
    shares = np.linspace(0, 1, MATCHING.mix_steps)
    lab = lab_of((beneath + shares[:, None, None] * (rgb - beneath)).reshape(-1, 3)).reshape(
        MATCHING.mix_steps, -1, 3
    )
    of_light, of_hue = shares[:, None], shares
    fits = (of_light >= _TINTS[0]) & (of_hue <= of_light) & (of_hue >= MATCHING.hue_left * of_light)
    light, hue = np.nonzero(fits)
    return np.concatenate([lab[light][..., :1], lab[hue][..., 1:]], axis=-1).reshape(-1, 3)


def _tints(rgb: Floats) -> Floats:
    return lab_of(250 + _TINTS[:, None] * (rgb - 250))


def _plain(lab: Floats) -> Bools:
    """Tell which colours are greys or white paper, no tints."""
    return np.asarray(
        (np.hypot(*lab[:, 1:].T) < MATCHING.grey) | (np.linalg.norm(lab - _PAPER, axis=1) < 2 * MATCHING.grey)
    )


def _unlike(colour: str, fills: Floats, plain: Bools, washed: Bools) -> Floats:
    """Tell how unlike fills are to a colour or, if it is none of the greys, to its tints."""
    rgb = rgb_of(colour)
    meant = lab_of(rgb[None])[0]
    exact, is_name = np.linalg.norm(fills - meant, axis=1), colour.strip().isalpha()
    apart = np.linalg.norm(_tints(rgb)[:, None] - fills[None], axis=-1)
    if float(np.hypot(*meant[1:])) < MATCHING.coloured:
        grey = is_name and MATCHING.black < meant[0] < MATCHING.white  # a pale one is a grey, but no paper
        paper = np.linalg.norm(fills - _PAPER, axis=1) < 2 * MATCHING.grey
        is_grey = grey & ~paper & (np.hypot(*fills[:, 1:].T) < MATCHING.coloured)
        return np.asarray(np.where(is_grey, np.minimum(exact, apart.min(axis=0)), exact))
    # A name means tints as well, a hex the very colour, but that of thin strokes is always washed out.
    pale = np.where(washed | is_name, 0.0, MATCHING.pale_de * (1 - _TINTS[:, None]))
    tinted = (apart + pale).min(axis=0)
    # Paper that is yellow as scanned may be the very colour, but is no tint of it.
    tinted += np.where(plain, MATCHING.no_tint_de, 0.0)
    exact = np.where(plain, exact, unlikeness(colour, fills))
    return np.asarray(np.minimum(exact + np.where(_plain(fills), MATCHING.no_tint_de, 0.0), tinted))
