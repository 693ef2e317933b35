"""Which ink of a scan a colour means, and which inks are another one washed out or shining through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from frontlines._optional import require
from frontlines.digitize.colour.colours import hex_of, lab_of, rgb_of, unlikeness
from frontlines.digitize.colour.palette import ALIKE, Palette
from frontlines.digitize.colour.sheet import Sheet
from frontlines.errors import DigitizeError
from frontlines.names import Floats

_TOO_UNLIKE = 62.0
_COLOURED, _GREY = 30.0, 8.0  # chroma from which a colour has a hue of its own, and up to which none [CIELAB]
_NOW_AND_THEN = 0.12  # share of cores from which on two inks are not beside each other by chance
_RIM_COST, _PALEST = 30.0, 0.05  # the least share of a stronger ink in its rims
_SEEN_BESIDE = 0.25
_USUAL_LIGHT = 0.02  # share of the paper that is darker, or lighter, than usual
_SAME_PLACE = 0.45  # share of an ink's cores beside a stronger ink, from which on it is that ink's edge


def match_inks(palette: Palette, colours: Mapping[str, str]) -> dict[str, int]:
    """Find the ink that is meant by each colour asked for."""
    optimize = require("scipy.optimize", extra="digitize")
    there = ", ".join(hex_of(one) for one in palette.inks) or "none"
    if len(palette.inks) < len(colours):
        raise DigitizeError(f"{len(colours)} lines are asked for, but the scan has the inks {there}")
    unlike = np.array([unlikeness_of(colour, palette.inks) for colour in colours.values()])
    rare = 7.0 * np.log10(palette.lengths_px.max() / np.maximum(palette.lengths_px, 1.0))
    rims = np.array([_RIM_COST * _is_rim(palette, ink) for ink in range(len(palette.inks))])
    costs = unlike + rare + rims
    _, chosen = optimize.linear_sum_assignment(costs)
    for row, (name, colour) in enumerate(colours.items()):
        meant, strange = int(costs[row].argmin()), (unlike + rims)[row, chosen[row]] > _TOO_UNLIKE
        if chosen[row] != meant in chosen and (strange or chosen[row] in edges_of(palette, meant)):
            both = sorted((row, list(chosen).index(meant)))
            raise DigitizeError(_one_ink(colours, both, hex_of(palette.inks[meant])))
        if strange:
            raise DigitizeError(f"line {name!r}: no ink of the scan is like {colour!r}; it has {there}")
    return {name: int(ink) for name, ink in zip(colours, chosen, strict=True)}


def _one_ink(colours: Mapping[str, str], both: Sequence[int], ink: str) -> str:
    """Say that two lines mean one ink: to one of them but its rim is left, or what it did not ask for."""
    first, second = (f"{name!r} ({colour})" for name, colour in (list(colours.items())[k] for k in both))
    return (
        f"lines {first} and {second} both mean the ink {ink} of the scan, and cannot be told apart: "
        "give each its own, or keep one"
    )


def unlikeness_of(asked: str, rgb: Floats) -> Floats:
    """Tell how unlike inks are to a colour; a grey has no hue, so it is like no colour, nor one like it."""
    lab = lab_of(rgb)
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    meant = float(np.hypot(*lab_of(rgb_of(asked)[None])[0, 1:]))
    hueless = (chroma < _GREY) & (meant > _COLOURED) | (chroma > _COLOURED) & (meant < _GREY)
    return unlikeness(asked, lab) + np.where(hueless, _TOO_UNLIKE, 0.0)


def _is_rim(palette: Palette, ink: int) -> bool:
    """Tell whether an ink is a stronger one washed out, often seen beside it."""
    others = np.flatnonzero(palette.beside[ink] > _NOW_AND_THEN)
    return any(mixed(palette, ink, int(other), least=_PALEST) for other in others if other != ink)


def edges_of(palette: Palette, ink: int) -> list[int]:
    """List inks that are but the washed-out rim or the weaker spots of another."""
    return [
        other
        for other in range(len(palette.inks))
        if other != ink and palette.beside[other, ink] > _SAME_PLACE and mixed(palette, other, ink, least=0.4)
    ]


def blends_of(palette: Palette, ink: int, taken: Sequence[int]) -> list[int]:
    """List inks that are one line drawn over another, both showing."""
    return [
        other
        for other in range(len(palette.inks))
        if other not in taken
        and any(
            _seen_beside(palette, other, under)
            and _upon(palette.inks[other], palette.inks[ink], palette.inks[under], ground)
            for ground in palette.grounds
            for under in taken
            if under != ink
        )
    ]


def shades_of(sheet: Sheet, ink: int, taken: Sequence[int]) -> list[int]:
    """List inks that are a coloured one under another light, as beside relief that was evened out."""
    palette, mine = sheet.palette, sheet.palette.inks[ink]
    if float(np.hypot(*lab_of(mine[None])[0, 1:])) < _COLOURED:
        return []
    dark, light = np.quantile(sheet.paper.gain.mean(axis=2), [_USUAL_LIGHT, 1 - _USUAL_LIGHT])
    found = []
    for other in set(range(len(palette.inks))) - {ink, *taken}:
        colour = palette.inks[other]
        times = float(colour @ mine) / float(mine @ mine)
        pair = lab_of(np.array([mine * times, colour]))
        alike = float(np.linalg.norm(pair[0] - pair[1])) < ALIKE / 2
        if alike and dark / light < times < light / dark:
            found.append(other)
    return found


def _seen_beside(palette: Palette, ink: int, other: int) -> bool:
    """Tell whether an ink's cores are often beside another ink or its rims."""
    rims = [
        k
        for k in range(len(palette.inks))
        if k == other or (palette.beside[k, other] > _SAME_PLACE and mixed(palette, k, other))
    ]
    return float(palette.beside[ink, rims].sum()) > _SEEN_BESIDE


def _upon(colour: Floats, ink: Floats, under: Floats, ground: Floats) -> bool:
    """Tell whether a colour is an ink over a weaker share of another one, on a ground."""
    rays = np.column_stack([ink - ground, under - ground])
    (mine, its), *_ = np.linalg.lstsq(rays, colour - ground, rcond=None)
    if not (0.5 < mine < 1.5 and 0.1 < its < 0.75 * mine and mine + its < 1.6):  # noqa: PLR2004 - shares of ink
        return False
    pair = lab_of(np.array([ground + rays @ [mine, its], colour]))
    return float(np.linalg.norm(pair[0] - pair[1])) < ALIKE


def mixed(palette: Palette, ink: int, stronger: int, *, least: float = 0.15) -> bool:
    """Tell whether an ink looks like another one mixed with a ground."""
    return any(
        is_between(palette.inks[ink], ground, palette.inks[stronger], least=least)
        for ground in palette.grounds
    )


def is_between(colour: Floats, start: Floats, end: Floats, *, least: float = 0.15) -> bool:
    """Tell whether a colour is a mix of two."""
    ray = end - start
    share = float((colour - start) @ ray) / max(float(ray @ ray), 1.0)
    if not least < share < 1.0:
        return False
    pair = lab_of(np.array([start + share * ray, colour]))
    return float(np.linalg.norm(pair[0] - pair[1])) < ALIKE
