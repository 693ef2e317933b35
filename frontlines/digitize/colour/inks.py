"""Which ink of a scan a colour means, and which pixels are the strokes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from rasterio import features
from scipy import ndimage, optimize
from shapely.geometry.base import BaseGeometry

from frontlines.arrays import Bools, Floats
from frontlines.digitize.colour.colours import LAB, hex_of, lab_of, rgb_of, unlikeness
from frontlines.digitize.colour.palette import STROKES, Labels, Palette
from frontlines.digitize.colour.scan import from_corners
from frontlines.digitize.colour.sheet import Sheet
from frontlines.digitize.settings import INKS
from frontlines.errors import DigitizeError, NoSuchColourError
from frontlines.progress import Report


def match_inks(palette: Palette, colours: Mapping[str, str]) -> dict[str, int]:
    """Find the ink that is meant by each colour asked for."""
    if len(palette.inks) < len(colours):
        there = ", ".join(map(hex_of, palette.inks)) or "none"
        raise DigitizeError(f"{len(colours)} lines are asked for, but the scan has the inks {there}")
    unlike = np.array([unlikeness_of(colour, palette.inks) for colour in colours.values()])
    rare = 7.0 * np.log10(palette.lengths_px.max() / np.maximum(palette.lengths_px, 1.0))
    rims = np.array([_is_rim(palette, ink) for ink in range(len(palette.inks))])
    asked = contrast(palette, np.array([rgb_of(colour) for colour in colours.values()]))
    faint = contrast(palette, palette.inks) < INKS.faint * asked[:, None]  # as what a JPEG leaves of edges
    rims = INKS.rim_cost * (rims | faint)
    costs = _rather_alone(palette, unlike + rare + rims)
    _, chosen = optimize.linear_sum_assignment(costs)
    for row, (name, colour) in enumerate(colours.items()):
        meant, strange = int(costs[row].argmin()), (unlike + rims)[row, chosen[row]] > INKS.too_unlike
        if chosen[row] != meant in chosen and (strange or chosen[row] in rims_of(palette, meant)):
            both = sorted((row, list(chosen).index(meant)))
            raise DigitizeError(_one_ink(colours, both, hex_of(palette.inks[meant])))
        if strange:
            there = _nearest(palette, (unlike + rims)[row])
            raise NoSuchColourError(f"line {name!r}: no ink of the scan is like {colour!r}; {there}")
    return {name: int(ink) for name, ink in zip(colours, chosen, strict=True)}


def contrast(palette: Palette, rgb: Floats) -> Floats:
    """How far colours are from the ground nearest to each [ΔE]."""
    apart = [np.linalg.norm(lab_of(rgb) - one, axis=1) for one in lab_of(palette.grounds)]
    return np.asarray(np.min(apart, axis=0))


def _nearest(palette: Palette, off: Floats) -> str:
    """Say which ink is nearest to a colour, though too far off, and which inks there are."""
    share = palette.lengths_px / palette.lengths_px.sum()
    there = ", ".join(f"{hex_of(ink)} ({part:.0%})" for ink, part in zip(palette.inks, share, strict=True))
    ink = hex_of(palette.inks[off.argmin()])
    return f"it has {there} (nearest: {ink}, {off.min():.0f} ΔE off, where {INKS.too_unlike:g} is the most)"


def _rather_alone(palette: Palette, costs: Floats) -> Floats:
    """Make what a coloured line looks like over another no likelier than the longer line itself, if near."""
    out, every = costs.copy(), range(len(palette.inks))
    coloured = np.hypot(*lab_of(palette.inks)[:, 1:].T) > INKS.coloured
    for mine in out:
        over = int(mine.argmin())
        longer = palette.lengths_px > palette.lengths_px[over]
        near = coloured & longer & (mine < mine[over] + INKS.alike_de)
        if alone := [ink for ink in np.flatnonzero(near).tolist() if _is_blend(palette, over, ink, every)]:
            mine[over] = mine[alone].min() + 1
    return out


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
    hueless = (chroma < INKS.grey) & (meant > INKS.coloured) | (chroma > INKS.coloured) & (meant < INKS.grey)
    return unlikeness(asked, lab) + np.where(hueless, INKS.hueless, 0.0)


def _is_rim(palette: Palette, ink: int) -> bool:
    """Tell whether an ink is a stronger one washed out, often seen beside it: a stroke has two rims."""
    two = palette.lengths_px[ink] < INKS.rims_of_stroke * palette.lengths_px
    others = np.flatnonzero((palette.beside[ink] > INKS.beside_by_chance) & two)
    return any(mixed(palette, ink, int(other), least=INKS.palest_rim) for other in others if other != ink)


def rims_of(palette: Palette, ink: int) -> list[int]:
    """List inks that are but the washed-out rim or the weaker spots of another."""
    return [
        other
        for other in range(len(palette.inks))
        if other != ink
        and palette.beside[other, ink] > INKS.same_place
        and mixed(palette, other, ink, least=0.4)
    ]


def blends_of(palette: Palette, ink: int, taken: Sequence[int]) -> list[int]:
    """List inks that are one line drawn over another, both showing."""
    every = set(range(len(palette.inks))) - {ink, *taken}
    return [other for other in sorted(every) if _is_blend(palette, other, ink, taken)]


def _is_blend(palette: Palette, over: int, ink: int, unders: Sequence[int]) -> bool:
    """Tell whether an ink is another one drawn over one of some, both showing."""
    return any(
        _seen_beside(palette, over, under)
        and any(
            _upon(palette.inks[over], palette.inks[ink], palette.inks[under], ground)
            for ground in palette.grounds
        )
        for under in unders
        if under not in {ink, over}
    )


def thinner_of(palette: Palette, ink: int, taken: Sequence[int]) -> list[int]:
    """List inks that are a coloured one washed out in thinner strokes, and not the rims of a stronger ink."""
    lab = lab_of(palette.inks)
    turned = np.degrees(np.arctan2(lab[:, 2], lab[:, 1]) - np.arctan2(lab[ink, 2], lab[ink, 1]))
    one_hue = np.abs((turned + 180) % 360 - 180) < INKS.same_hue_deg
    if np.hypot(*lab[ink, 1:]) < INKS.coloured:
        return []
    found = []
    for other in set(np.flatnonzero(one_hue).tolist()) - {ink, *taken}:
        beside = np.flatnonzero(palette.beside[other] > INKS.same_place)
        rim = any(mixed(palette, other, int(k)) for k in beside if k != other)
        if not rim and mixed(palette, other, ink, least=INKS.thinner):
            found.append(other)
    return found


def under_other_light(sheet: Sheet, ink: int, taken: Sequence[int]) -> list[int]:
    """List inks that are a coloured one under another light, as beside relief that was evened out."""
    palette, mine = sheet.palette, sheet.palette.inks[ink]
    if float(np.hypot(*lab_of(mine[None])[0, 1:])) < INKS.coloured:
        return []
    dark, light = np.quantile(sheet.paper.gain.mean(axis=2), [INKS.unusual_light, 1 - INKS.unusual_light])
    found = []
    for other in set(range(len(palette.inks))) - {ink, *taken}:
        colour = palette.inks[other]
        times = float(colour @ mine) / float(mine @ mine)
        pair = lab_of(np.array([mine * times, colour]))
        alike = float(np.linalg.norm(pair[0] - pair[1])) < INKS.alike_de / 2
        if alike and dark / light < times < light / dark:
            found.append(other)
    return found


def _seen_beside(palette: Palette, ink: int, other: int) -> bool:
    """Tell whether an ink's cores are often beside another ink or its rims."""
    rims = [
        k
        for k in range(len(palette.inks))
        if k == other
        or (k != ink and palette.beside[k, other] > INKS.beside_by_chance and mixed(palette, k, other))
    ]
    return float(palette.beside[ink, rims].sum()) > INKS.seen_beside


def _upon(colour: Floats, ink: Floats, under: Floats, ground: Floats) -> bool:
    """Tell whether a colour is an ink over a weaker share of another one, on a ground."""
    rays = np.column_stack([ink - ground, under - ground])
    (mine, its), *_ = np.linalg.lstsq(rays, colour - ground, rcond=None)
    if not (0.5 < mine < 1.5 and 0.1 < its < 0.75 * mine and mine + its < 1.6):  # noqa: PLR2004 - shares of ink
        return False
    pair = lab_of(np.array([ground + rays @ [mine, its], colour]))
    return float(np.linalg.norm(pair[0] - pair[1])) < INKS.alike_de


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
    return float(np.linalg.norm(pair[0] - pair[1])) < INKS.alike_de


_CROFTON = np.pi / 4


def mean_width_px(labels: Labels, label: int) -> float:
    """Mean width of strokes: twice their area by their perimeter, after Cauchy and Crofton."""
    area = turns = 0
    for first in range(0, len(labels), INKS.band_px):
        mask = labels[first : first + INKS.band_px + 1] == label
        area += int(mask[: INKS.band_px].sum())
        turns += int((mask[: INKS.band_px, 1:] != mask[: INKS.band_px, :-1]).sum()) + int(
            (mask[1:] != mask[:-1]).sum()
        )
    return 2 * area / max(_CROFTON * turns, 1.0)


@dataclass(frozen=True)
class Strokes:
    """How the strokes of an ink are told from the rest."""

    labels: tuple[int, ...]  # label of the ink, and of what it looks like over another line
    own: tuple[int, ...]  # labels of the weaker spots of its strokes, which count as the ink
    stronger: tuple[int, ...]  # labels of inks whose washed-out rims look like it
    width_px: float  # width of its strokes, roughly


def checked_masks(masks: Iterable[BaseGeometry]) -> list[BaseGeometry]:
    """List masks, and refuse what is no polygon."""
    listed = [masks] if isinstance(masks, BaseGeometry) else list(masks)
    for k, mask in enumerate(listed):
        if not isinstance(mask, shapely.Polygon | shapely.MultiPolygon) or not mask.is_valid:
            raise DigitizeError(
                f"mask {k} is no valid polygon: give corners in pixels, or shapely.box(x, y, x, y)"
            )
    return listed


def label_strokes(sheet: Sheet, masks: Sequence[BaseGeometry], report: Report) -> Labels:
    """Label every pixel with the ink that it is nearest to, or as ground; see `palette.STROKES`."""
    labels = sheet.labelled(sheet.palette.stroke_table, report)
    mask_out(labels, masks, STROKES.nothing)
    return labels


def mask_out(labels: Labels, masks: Sequence[BaseGeometry], label: int) -> None:
    """Give what lies under masks a label, in place."""
    if masks:
        shapes = ((mask, label) for mask in masks)
        features.rasterize(shapes, out=labels, transform=from_corners(), all_touched=True)


def label_grounds(sheet: Sheet) -> Labels:
    """Label every pixel with the ground that it is nearest to, whatever is drawn there."""
    apart = [np.linalg.norm(LAB - one, axis=1) for one in lab_of(sheet.palette.grounds).astype(np.float32)]
    return sheet.labelled(np.argmin(apart, axis=0).astype(np.uint8))


def strokes_of(
    labels: Labels,
    palette: Palette,
    ink: int,
    taken: Sequence[int],
    width_px: float | None,
    shades: Sequence[int] = (),
) -> Strokes:
    """Settle how to tell the strokes of an ink."""
    same = (ink, *dict.fromkeys([*blends_of(palette, ink, taken), *shades, *thinner_of(palette, ink, taken)]))
    own = [other for other in rims_of(palette, ink) if other not in taken and other not in same]
    stronger = [
        k for k in range(len(palette.inks)) if k not in own and k not in same and mixed(palette, ink, k)
    ]
    width = width_px or mean_width_px(labels, STROKES.ink(ink))
    return Strokes(_labels(same), _labels(own), _labels(stronger), width)


def _labels(inks: Sequence[int]) -> tuple[int, ...]:
    return tuple(STROKES.ink(ink) for ink in inks)


def stroke_mask(window: Labels, strokes: Strokes) -> Bools:
    """Find the strokes of an ink in a window."""
    mask = np.isin(window, strokes.labels)
    if strokes.stronger and mask.any():
        mask &= ~grown(np.isin(window, strokes.stronger), INKS.rim_px)
    if not mask.any():
        return mask
    if strokes.own:
        mask |= np.isin(window, strokes.own) & grown(mask, 3 + round(strokes.width_px))
    reach = max(2, round(0.5 * strokes.width_px + 1))
    over = (window != STROKES.nothing) & ~mask
    mask |= over & ~grown(~grown(mask, reach), reach)
    holes = max(4, round(strokes.width_px**2 / 2))
    seats, count = ndimage.label(~mask)
    sizes = np.bincount(seats.ravel(), minlength=count + 1)
    return np.asarray(mask | (sizes[seats] <= holes))


def grown(mask: Bools, reach: int) -> Bools:
    """Grow a mask by an octagon."""
    out = mask.copy()
    for step in range(reach):
        wide = out.copy()
        wide[1:] |= out[:-1]
        wide[:-1] |= out[1:]
        wide[:, 1:] |= out[:, :-1]
        wide[:, :-1] |= out[:, 1:]
        if step % 2:
            wide[1:, 1:] |= out[:-1, :-1]
            wide[:-1, :-1] |= out[1:, 1:]
            wide[1:, :-1] |= out[:-1, 1:]
            wide[:-1, 1:] |= out[1:, :-1]
        out = wide
    return out


def with_broad_strokes(sheet: Sheet, colours: Mapping[str, str]) -> Sheet:
    """Make inks of the grounds that lines are asked for in, if they are strokes."""
    palette = sheet.palette
    meant = {ground for colour in colours.values() for ground in _meant(palette, colour)}
    if not meant:
        return sheet
    labels = label_grounds(sheet)
    strokes = [one for one in meant if mean_width_px(labels, one) < INKS.broadest_share * sheet.diagonal_px]
    for ground in sorted(strokes, reverse=True):  # from the last, so that the numbers of the others stay
        palette = _as_ink(palette, ground)
    return replace(sheet, palette=palette) if strokes else sheet


def _meant(palette: Palette, colour: str) -> list[int]:
    """Find the ground that a colour means, if there is no ink, or the one most like it is but its rim."""
    if len(palette.grounds) == 1:
        return []
    grounds, inks = unlikeness_of(colour, palette.grounds), unlikeness_of(colour, palette.inks)
    if not len(inks):
        return [int(grounds.argmin())]
    ground, ink = int(grounds.argmin()), int(inks.argmin())
    others = np.delete(palette.grounds, ground, axis=0)
    rim = any(is_between(palette.inks[ink], other, palette.grounds[ground]) for other in others)
    return [ground] if rim and grounds[ground] < inks[ink] + INKS.ground_less_like_de else []


def _as_ink(palette: Palette, ground: int) -> Palette:
    """Move a ground to the inks; what is a mix of it is seen beside it."""
    colour, grounds = palette.grounds[ground], np.delete(palette.grounds, ground, axis=0)
    rims = [any(is_between(ink, other, colour) for other in grounds) for ink in palette.inks]
    beside = np.pad(palette.beside, (0, 1))
    beside[:-1, -1] = rims
    return replace(
        palette,
        grounds=grounds,
        inks=np.vstack([palette.inks, colour]),
        lengths_px=np.append(palette.lengths_px, palette.lengths_px.max(initial=1.0)),
        places=np.vstack([palette.places, [[0, 0]]]),
        spread=np.append(palette.spread, INKS.broad_spread_de),
        beside=beside,
    )
