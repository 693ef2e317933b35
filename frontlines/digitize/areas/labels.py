"""Labels of the pixels of a sheet: where a fill is sure, and from there to every pixel."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from rasterio import features
from scipy import ndimage
from shapely.geometry.base import BaseGeometry

from frontlines.arrays import Bools, Floats, Floats32
from frontlines.digitize.areas.state import AreaState, Dropped
from frontlines.digitize.colour.colours import LAB, codes_of, lab_of
from frontlines.digitize.colour.inks import mask_out
from frontlines.digitize.colour.palette import UNKNOWN, Labels, Palette
from frontlines.digitize.colour.scan import from_corners
from frontlines.digitize.settings import FILLS

SHADE = "another shade"
"""Why a piece was left out: its colour is not that of the rest of its class."""


def fill_table(palette: Palette, *, is_even: bool = False) -> Labels:
    """Find the nearest fill of each colour; unknown if none is near or an ink is nearer."""
    fills, inks = lab_of(palette.grounds).astype(np.float32), lab_of(palette.inks).astype(np.float32)
    apart = np.stack([np.linalg.norm(LAB - one, axis=1) for one in fills])
    table = apart.argmin(axis=0).astype(np.uint8)
    nearest = apart.min(axis=0)
    stroke = np.min([np.linalg.norm(LAB - one, axis=1) for one in inks], axis=0) if len(inks) else np.inf
    table[(nearest > FILLS.strange_de) | (stroke < nearest)] = UNKNOWN
    table[LAB[:, 0] > fills[:, 0].max() + (FILLS.glare_if_even_de if is_even else FILLS.glare_de)] = UNKNOWN
    return np.asarray(table)


def label_sure_fills(state: AreaState) -> AreaState:
    """Label the pixels that are sure to show a fill: no stroke, no letter, no halo, no edge."""
    table = fill_table(state.sheet.palette, is_even=state.sheet.paper.is_even)
    known = np.empty(state.sheet.shape, np.uint8)
    for window, own in state.tiles():
        pixels = state.sheet.window(*window)
        known[window][own] = _sure_fills(pixels, table, state.sheet.palette.lightest, state.border_px)[own]
    return state.to(table=table, known=known)


def _sure_fills(pixels: Floats32, table: Labels, lightest: int, border_px: float) -> Labels:
    """Label the pixels of a window that are sure to show a fill."""
    labels = table[codes_of(ndimage.uniform_filter(pixels, (3, 3, 1), mode="nearest"))]
    size = 2 * round(border_px / 2) + 1
    # Wider than a border, a fill is sure; from there it goes on into all that has its label and is near.
    core, narrow = _even(labels, size), _even(labels, FILLS.narrow_px)
    core = _without_letters(core, pixels)
    out = np.full(labels.shape, UNKNOWN, np.uint8)
    for fill in np.unique(core[core != UNKNOWN]):
        near = ndimage.maximum_filter(core == fill, size)
        if fill != lightest:  # a narrow stripe beside more of its fill is no border, but a halo is light
            beside = ndimage.maximum_filter(core == fill, 2 * FILLS.beside * size + 1)
            near |= ndimage.maximum_filter(beside & (narrow == fill), FILLS.narrow_px)
        out[near & (labels == fill)] = fill
    return out


def _without_letters(core: Labels, pixels: Floats32) -> Labels:
    """Unlabel pieces that are uneven almost throughout: letters whose mean is like a fill."""
    grey = pixels.mean(axis=-1)
    mean, squares = (ndimage.uniform_filter(one, FILLS.narrow_px) for one in (grey, grey * grey))
    spread = np.sqrt(np.maximum(squares - mean**2, 0))
    usual = np.full(UNKNOWN + 1, np.inf, np.float32)
    for fill in np.unique(core[core != UNKNOWN]):
        usual[fill] = max(float(np.median(spread[core == fill])), FILLS.grain)
    pieces, count = ndimage.label(
        core != UNKNOWN
    )  # between cores of two fills some pixels are always unknown
    sizes, uneven = (
        np.bincount(one.ravel(), minlength=count + 1)
        for one in (pieces, pieces[spread > FILLS.letters_uneven * usual[core]])
    )
    return np.where((uneven > FILLS.letters_share * sizes)[pieces], UNKNOWN, core).astype(np.uint8)


def _even(labels: Labels, size: int) -> Labels:
    """Labels of pixels that are the same in a square around them; the others are unknown."""
    low, high = ndimage.minimum_filter(labels, size), ndimage.maximum_filter(labels, size)
    return np.where(low == high, low, UNKNOWN)


def label_lakes(state: AreaState) -> AreaState:
    """Tell ground that is of no fill, as lakes are, or beyond the page, from what is drawn over fills."""
    known, grounds = state.known.copy(), lab_of(state.sheet.palette.grounds)
    for window, own in state.tiles():
        tile = state.known[window].copy()
        for place, mine in _lakes(tile, state, window, grounds):
            tile[place][mine] = state.sheet.palette.code.nothing
        known[window][own] = tile[own]
    return state.to(known=known)


def _lakes(
    tile: Labels, state: AreaState, window: tuple[slice, slice], grounds: Floats
) -> Iterator[tuple[tuple[slice, slice], Bools]]:
    """Find the lakes of a window: the place of each in it, and its pixels there."""
    thick = ndimage.minimum_filter((tile == UNKNOWN).view(np.uint8), FILLS.lake_px)
    middles, _ = ndimage.label(thick)
    for number, middle in enumerate(ndimage.find_objects(middles), start=1):
        rows, columns = (
            slice(max(0, one.start - FILLS.lake_px), min(one.stop + FILLS.lake_px, size))
            for one, size in zip(middle, tile.shape, strict=True)
        )
        on_sheet = tuple(
            slice(from_.start + one.start, from_.start + one.stop)
            for from_, one in zip(window, (rows, columns), strict=True)
        )
        pixels, place = state.sheet.window(*on_sheet), (rows, columns)
        at_edge = any(
            one.start == 0 or one.stop == size for one, size in zip(on_sheet, state.sheet.shape, strict=True)
        )
        furthest = np.inf if at_edge else FILLS.lake_ground_de
        yield place, _lake(pixels, middles[place] == number, tile[place] == UNKNOWN, grounds, furthest)


def _lake(pixels: Floats32, middle: Bools, unknown: Bools, grounds: Floats, most_de: float) -> Bools:
    """Pixels of the ground around some middle, none if that is uneven or unlike ground."""
    inner = pixels[ndimage.binary_dilation(middle, iterations=FILLS.lake_inner_px)]
    colour = np.median(inner, axis=0)
    unlike = np.linalg.norm(grounds - lab_of(colour[None]), axis=1).min()
    if inner.std(axis=0).max() > FILLS.lake_even or unlike > most_de:
        return np.zeros(middle.shape, bool)
    same = unknown & (np.abs(pixels - colour).max(axis=-1) < FILLS.lake_of_it)
    return np.asarray(ndimage.binary_propagation(middle & same, mask=same))


def leave_out_masks(state: AreaState) -> AreaState:
    """Leave out what lies under masks."""
    known = state.known.copy()
    mask_out(known, state.masks, state.sheet.palette.code.nothing)
    return state.to(*_changed(state.known, known, state, "masked"), known=known)


def _changed(old: Labels, new: Labels, state: AreaState, reason: str) -> list[Dropped]:
    """List what classes have lost [px²]."""
    lost = np.bincount(old[old != new], minlength=UNKNOWN + 1)
    return [Dropped(fill, reason, float(lost[fill])) for fill in state.fills.values() if lost[fill]]


def leave_out_other_shades(state: AreaState) -> AreaState:
    """Leave out pieces whose colour on the whole is another shade than that of their fill.

    A single pixel may be far off its fill by grain alone; of a whole piece the grain is averaged out.
    """
    known, dropped = state.known.copy(), []
    palette = state.sheet.palette
    for fill in sorted(fill for fill in state.fills.values() if not palette.code.is_ink(fill)):
        pieces, _ = ndimage.label(known == fill)
        sizes = np.bincount(pieces.ravel())
        for number, (rows, columns) in enumerate(ndimage.find_objects(pieces), start=1):
            if not FILLS.shade_least_px <= sizes[number] <= FILLS.shade_most_share * known.size:
                continue
            mine = pieces[rows, columns] == number
            if (
                _shade_off(state.sheet.window(rows, columns)[mine], palette.grounds[fill])
                > FILLS.other_shade_de
            ):
                known[rows, columns][mine] = palette.code.nothing
                edges = np.array([columns.start, rows.start, columns.stop, rows.stop]) - 0.5
                dropped.append(Dropped(fill, SHADE, float(sizes[number]), shapely.box(*edges)))
    return state.to(*dropped, known=known)


def _shade_off(pixels: Floats32, ground: Floats) -> float:
    """Difference of the usual colour of some pixels from a ground [ΔE]."""
    pair = lab_of(np.stack([np.median(pixels, axis=0), ground]))
    return float(np.linalg.norm(pair[0] - pair[1]))


def fill_up(state: AreaState) -> AreaState:
    """Give unknown pixels to the nearest known one; the thick of what is unknown is nothing."""
    known, code = state.known, state.sheet.palette.code
    whole, apart_px = np.empty_like(known), np.empty(known.shape, np.float16)
    along: list[tuple[Labels, Floats]] = []  # label of each edge pixel, and how far it is from a known one
    for window, own in state.tiles():
        apart, tile = _nearest(known[window], code.nothing)
        edge = np.zeros(tile.shape, bool)
        edge[:, 1:] |= tile[:, 1:] != tile[:, :-1]
        edge[1:] |= tile[1:] != tile[:-1]
        along.append((tile[own][edge[own]], apart[own][edge[own]]))
        whole[window][own], apart_px[window][own] = tile[own], apart[own]
    label, far = (np.concatenate(one) for one in zip(*along, strict=True))
    half_width_px = np.zeros(code.ink(len(state.sheet.palette.inks)))
    for one in np.unique(label):
        half_width_px[one] = np.median(far[label == one])
    return state.to(whole=whole, apart_px=apart_px, half_width_px=half_width_px)


def _nearest(known: Labels, nothing: int) -> tuple[Floats, Labels]:
    """Distance of each pixel of a window from a known one, and its label."""
    edt = ndimage.distance_transform_edt
    apart, whole = _grown(known, nothing)
    blot = apart > FILLS.blot_px
    if not blot.any():
        return apart, whole
    rest = edt(~blot) >= FILLS.blot_px - 1
    return _grown(np.where(rest, known, nothing).astype(np.uint8), nothing)


def _grown(known: Labels, nothing: int) -> tuple[Floats, Labels]:
    edt = ndimage.distance_transform_edt
    unknown = known == UNKNOWN
    if unknown.all():
        return np.zeros(known.shape), np.full(known.shape, nothing, np.uint8)
    nearest = edt(unknown, return_distances=False, return_indices=True)
    row, column = np.nonzero(unknown)
    other = nearest[:, row, column]
    apart, whole = np.zeros(known.shape), known.copy()
    apart[row, column] = np.hypot(other[0] - row, other[1] - column)
    whole[row, column] = known[other[0], other[1]]
    return apart, whole


def leave_out_small(state: AreaState) -> AreaState:
    """Give small areas to their neighbours; of the doubtful ones, those that are nowhere thick.

    Strokes, letters and halos are thin, an island or a lake of the same size is thick.
    """
    whole, known = state.whole, state.known
    sure = max(int(state.min_area_px or FILLS.area_share * known.size), 2)
    out = np.asarray(features.sieve(whole, size=sure, connectivity=4))
    if not state.min_area_px and sure > FILLS.least_area_px:
        doubtful, _ = ndimage.label(features.sieve(whole, size=FILLS.least_area_px, connectivity=4) != out)
        for number, place in enumerate(ndimage.find_objects(doubtful), start=1):
            mine = doubtful[place] == number
            core = np.pad(mine & (known[place] == whole[place]), 1)
            inner = ndimage.distance_transform_edt(core)[1:-1, 1:-1]
            middle = np.unravel_index(inner.argmax(), inner.shape)
            light = whole[place][middle] == state.sheet.palette.lightest
            if inner[middle] > (FILLS.light_thick_px if light else FILLS.thick_px):
                out[place][mine] = whole[place][mine]
    return state.to(*_changed(whole, out, state, "small"), whole=out)


def take_in_boxes(state: AreaState) -> AreaState:
    """Give rectangles amid a class to the class: boxes of names, under which the ground goes on."""
    whole = state.whole
    mine = np.isin(whole, list(state.fills.values()))
    found = features.shapes(whole, mask=mine, connectivity=4, transform=from_corners())
    holes = [(shapely.Polygon(ring), int(label)) for one, label in found for ring in one["coordinates"][1:]]
    boxes = [(hole, label) for hole, label in holes if _is_box(hole, whole.size)]
    if not boxes:
        return state
    out = features.rasterize(boxes, out=whole.copy(), transform=from_corners())
    for box, _ in boxes:
        window = _window(box)
        if (mine[window] & (out[window] != whole[window])).any():  # an area that was asked for lies in it
            out[window] = whole[window]
    return state.to(whole=np.asarray(out))


def _is_box(shape: BaseGeometry, size_px: int) -> bool:
    around = shapely.oriented_envelope(shape)
    return bool(
        FILLS.box_least_px <= shape.area <= FILLS.box_most_share * size_px
        and shape.area > FILLS.box_full * around.area
    )


def _window(shape: BaseGeometry) -> tuple[slice, slice]:
    """Rows and columns of pixels in the bounds of a shape."""
    left, top, right, bottom = (round(one + 0.5) for one in shape.bounds)
    return slice(top, bottom), slice(left, right)
