"""Areas of a scan, by colour: fills to polygons that share their borders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from frontlines._optional import require
from frontlines.digitize.areas.checks import unseen_of
from frontlines.digitize.areas.edges import settled, straightened
from frontlines.digitize.areas.fills import are_fills, colour_off, match_fills
from frontlines.digitize.areas.hatching import hatched_inks, label_hatching
from frontlines.digitize.areas.labels import (
    fill_table,
    label_fills,
    take_out_lakes,
    without_boxes,
    without_other_shades,
)
from frontlines.digitize.colour.colours import hex_of, lab_of, refuse_one_colour, rgb_of
from frontlines.digitize.colour.label_code import UNKNOWN, Labels
from frontlines.digitize.colour.labels import checked_masks, mask_out
from frontlines.digitize.colour.palette import Palette
from frontlines.digitize.colour.scan import Image, from_corners, tiles_of
from frontlines.digitize.colour.sheet import Sheet, open_sheet
from frontlines.digitize.lines.stretches import refuse_no_length
from frontlines.errors import DigitizeError
from frontlines.progress import Progress, reporting

_TILE, _OVERLAP = 2048, 96
_BLOT_PX = 32  # farther from every known fill is no stroke and no letter
_AREA_SHARE, _SPECK_PX = 3e-4, 60  # area that is none for sure, and none unless it is thick
_THICK_PX, _LIGHT_THICK_PX = 3.5, 6.0  # from the middle of an area to its edge; if light as halos are
_BORDER_PX = 5.0
_KEY_SHARE, _KEY_FULL = 0.006, 0.94
_EDGE_PX, _SPLIT = 0.35, 0.3  # error of a bare edge [px]; of one amid a border, in halves of its width
_SMOOTH = 1.2
_DOUBTS = ["unsure_share", "unsure_at", "unseen_edge", "unseen_edge_at", "margin_share"]


def trace_areas(
    scan: Image | Sheet,
    colours: Mapping[str, str],
    *,
    masks: Iterable[BaseGeometry] = (),
    min_area_px: float | None = None,
    border_px: float | None = None,
    progress: Progress = None,
) -> gpd.GeoDataFrame:
    """Trace filled areas of a scan by their colours.

    Parameters
    ----------
    scan
        From `open_scan` or `open_sheet`, or what they take: a path, or an array of pixels.
    colours
        Name of each class, and its colour: hex or CSS name. Of the fills that the scan really has, the one
        that is most like it is taken; a name stands for its tints as well.
    masks
        Polygons in pixels whose ground is left out: legend, title.
    min_area_px
        Smaller areas fall to their largest neighbour [px²]. ``None``: 0.03 % of the image, but islands and
        lakes of 60 px² or more that are thicker than strokes and halos stay.
    border_px
        Width up to which a stripe in the colour of a fill counts as a border or halo drawn over the fills
        [px]. ``None``: 5.
    progress
        See `frontlines.progress.reporting`.

    Returns
    -------
    areas
        A row a class, in the order asked for: `area_class`, `colour` (found, as hex on evened paper),
        `colour_off` (how far that is off the colour asked for [ΔE]), `sigma_px` (standard error of its edge),
        `unsure_share` (share of its pixels that went to it because it is the nearest, under strokes, letters
        and edges), `unsure_at` (where most of these lie), `unseen_edge` (share of its edge with no fill seen
        nearby), `unseen_edge_at` (where most of that lies), `margin_share` (share of the scan's outermost
        pixels that are its own), and (Multi)Polygons in pixels, without a CRS. They are a valid coverage:
        neighbours share their borders exactly. Ground of no class is in none. Left out are `keys`, small
        rectangles taken for those of a legend, and `shades` (their boxes), small pieces of another shade
        than the rest of the class.

    Raises
    ------
    DigitizeError
        If no class is asked for, a colour is none, the scan has no such fill, a mask is no
        polygon, a length is none, or `min_area_px` is more than the image has.
    MissingExtraError
        If rasterio or scipy is not installed.

    Notes
    -----
    Pixels near the colour of a fill in CIELAB are its own. All others, under borders, letters and in
    anti-aliased edges, go to the nearest such pixel. The edges of each two fills are then moved by what the
    colours across them show on the average: to the middle of a border, or half-way between bare fills.
    What is farther than 32 pixels from every fill is of no class. Where a colour is like no fill, areas that
    are hatched in an ink like it are taken. Small rectangles are keys of a legend and are left out;
    rectangles amid a class are boxes of names, and its own. Under names edges run straight.

    Examples
    --------
    >>> from frontlines.digitize.colour.scan import open_scan
    >>> pixels = np.full((200, 300, 3), 255, dtype=np.uint8)
    >>> pixels[20:180, 20:150], pixels[20:180, 150:280] = (240, 200, 190), (190, 205, 240)
    >>> areas = trace_areas(open_scan(pixels), {"North": "red", "South": "blue"})
    >>> areas.assign(area=areas.area.round(-1))[["area_class", "area"]].values.tolist()
    [['North', 20800.0], ['South', 20800.0]]
    """
    masks = checked_masks(masks)
    _check(colours, min_area_px, border_px)
    with reporting(progress) as report:
        report(0.0, "paper")
        sheet = open_sheet(scan)
        scan, paper, palette = sheet.scan, sheet.paper, sheet.palette
        if min_area_px and min_area_px >= scan.width_px * scan.height_px:
            size = f"{scan.width_px} × {scan.height_px} px"
            raise DigitizeError(f"no area is as large as min_area_px = {min_area_px:g}: the scan has {size}")
        thick = {} if are_fills(palette, colours) else hatched_inks(sheet)
        gain = np.median(paper.gain, axis=(0, 1))
        fills = match_fills(palette, colours, list(thick), gain)
        thick = {ink: thick[ink] for ink in thick if palette.code.ink(ink) in fills.values()}
        table = fill_table(palette, is_even=paper.is_even)
        white = int(lab_of(palette.grounds)[:, 0].argmax())
        known = np.empty((scan.height_px, scan.width_px), np.uint8)
        for (rows, columns), own in tiles_of(known.shape, _TILE, _OVERLAP):
            report(0.7 * rows.start / scan.height_px, "colours")
            tile = label_fills(sheet, (table, white), rows, columns, border_px or _BORDER_PX)
            label_hatching(tile, sheet, table, thick, rows, columns)
            take_out_lakes(tile, sheet, rows, columns)
            known[rows, columns][own] = tile[own]
        mask_out(known, masks, palette.code.nothing)
        report(0.7, "areas")
        plain = [fill for fill in fills.values() if fill < len(palette.grounds)]
        shades = without_other_shades(known, plain, sheet)
        whole, apart, widths = _filled(known, palette.code.ink(len(palette.inks)), palette.code.nothing)
        whole = without_boxes(_without_specks(whole, known, min_area_px, white), fills.values())
        shapes = _outlined(whole, apart, fills, sheet)
        areas = _as_frame(whole, known, fills, palette, widths, shapes)
        off = [
            colour_off(
                asked, rgb_of(found), gain, palette.grounds if fills[name] > len(palette.grounds) else None
            )
            for (name, asked), found in zip(colours.items(), areas["colour"], strict=True)
        ]
        areas.insert(2, "colour_off", off)
        areas["shades"] = gpd.GeoSeries([shades.get(fills[name], shapely.MultiPolygon()) for name in colours])
        return areas


def _check(colours: Mapping[str, str], min_area_px: float | None, border_px: float | None) -> None:
    if not isinstance(colours, Mapping) or not colours:
        raise DigitizeError("no class is asked for: give a name and a colour, as {'Red Army': '#f2b8b5'}")
    refuse_one_colour(list(colours.values()), "classes", list(colours))
    refuse_no_length("min_area_px", min_area_px, "an area in px²")
    refuse_no_length("border_px", border_px)


def _filled(
    known: Labels, kinds: int, nothing: int
) -> tuple[Labels, npt.NDArray[np.float16], npt.NDArray[np.float64]]:
    """Give unknown pixels to the nearest known one, and how far that is; half the width between two fills.

    The thick of what is unknown is no stroke and no letter: it is nothing.
    """
    ndimage = require("scipy.ndimage", extra="digitize")
    whole, away = np.empty_like(known), np.empty(known.shape, np.float16)
    far: list[list[npt.NDArray[np.float64]]] = [[] for _ in range(kinds)]
    for (rows, columns), own in tiles_of(known.shape, _TILE, _OVERLAP):
        window = known[rows, columns]
        apart, tile = _nearest(window, nothing)
        blot = apart > _BLOT_PX
        if blot.any():
            rest = ndimage.distance_transform_edt(~blot) >= _BLOT_PX - 1
            apart, tile = _nearest(np.where(rest, window, nothing), nothing)
        edge = np.zeros(tile.shape, bool)
        edge[:, 1:] |= tile[:, 1:] != tile[:, :-1]
        edge[1:] |= tile[1:] != tile[:-1]
        for kind in range(kinds):
            far[kind].append(apart[own][(edge & (tile == kind))[own]])
        whole[rows, columns][own], away[rows, columns][own] = tile[own], apart[own]
    halves = [np.concatenate(one) if one else np.zeros(0) for one in far]
    return whole, away, np.array([float(np.median(one)) if len(one) else 0.0 for one in halves])


def _nearest(known: Labels, nothing: int) -> tuple[npt.NDArray[np.float64], Labels]:
    """Distance of each pixel from a known one, and its label."""
    edt = require("scipy.ndimage", extra="digitize").distance_transform_edt
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


def _without_specks(whole: Labels, known: Labels, min_area_px: float | None, white: int) -> Labels:
    """Give small areas to their neighbours; of the doubtful ones, those that are nowhere thick.

    Strokes, letters and halos are thin, an island or a lake of the same size is thick.
    """
    features, ndimage = (require(name, extra="digitize") for name in ("rasterio.features", "scipy.ndimage"))
    sure = max(int(min_area_px or _AREA_SHARE * known.size), 2)
    out = np.asarray(features.sieve(whole, size=sure, connectivity=4))
    if min_area_px or sure <= _SPECK_PX:
        return out
    doubtful, _ = ndimage.label(features.sieve(whole, size=_SPECK_PX, connectivity=4) != out)
    for number, place in enumerate(ndimage.find_objects(doubtful), start=1):
        mine = doubtful[place] == number
        core = np.pad(mine & (known[place] == whole[place]), 1)
        inner = ndimage.distance_transform_edt(core)[1:-1, 1:-1]
        row, column = np.unravel_index(inner.argmax(), inner.shape)
        if inner[row, column] > (_LIGHT_THICK_PX if whole[place][row, column] == white else _THICK_PX):
            out[place][mine] = whole[place][mine]
    return out


def _outlined(
    whole: Labels,
    apart: npt.NDArray[np.float16],
    fills: Mapping[str, int],
    sheet: Sheet,
) -> tuple[list[BaseGeometry], list[BaseGeometry]]:
    """Shape of each class, and the keys of a legend that were left out of it."""
    parts, owners = _polygons(whole, sorted(fills.values()))
    is_key = _is_key(parts, whole.size)
    keys = [shapely.union_all(parts[is_key & (owners == fill)]) for fill in fills.values()]
    parts, owners = straightened(parts[~is_key], apart), owners[~is_key]
    if len(parts):
        parts = shapely.coverage_simplify(parts, _SMOOTH)
        parts = settled(parts, owners, whole, sheet)
    return [shapely.union_all(parts[owners == fill]) for fill in fills.values()], keys


def _as_frame(
    whole: Labels,
    known: Labels,
    fills: Mapping[str, int],
    palette: Palette,
    widths: npt.NDArray[np.float64],
    shapes: tuple[list[BaseGeometry], list[BaseGeometry]],
) -> gpd.GeoDataFrame:
    """Give each class a row."""
    rows = []
    unseen = unseen_of(whole, known, fills.values())
    for (name, fill), doubts, shape in zip(fills.items(), unseen, shapes[0], strict=True):
        sigma = float(np.hypot(_EDGE_PX, _SPLIT * widths[fill]))
        colour = (
            palette.grounds[fill]
            if fill < len(palette.grounds)
            else palette.inks[palette.code.ink_number(fill)]
        )
        rows.append((name, hex_of(colour), sigma, *doubts, shape))
    columns = ["area_class", "colour", "sigma_px", *_DOUBTS, "geometry"]
    values = dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True))
    return gpd.GeoDataFrame({**values, "keys": gpd.GeoSeries(shapes[1])}, geometry="geometry")


def _polygons(whole: Labels, wanted: Sequence[int]) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.int64]]:
    """Outline the pixels of some labels; where three areas meet, all three have a vertex."""
    features = require("rasterio.features", extra="digitize")
    found = features.shapes(whole, mask=np.isin(whole, wanted), connectivity=4, transform=from_corners())
    rings = [shapely.geometry.shape(one).boundary for one, _ in found]
    if not rings:
        return np.empty(0, dtype=object), np.empty(0, dtype=np.int64)
    parts = shapely.get_parts(shapely.polygonize([shapely.node(shapely.union_all(rings))]))
    inner = shapely.get_coordinates(shapely.point_on_surface(parts))
    column, row = np.rint(inner).astype(int).T
    owners = whole[row, column].astype(np.int64)
    kept = np.isin(owners, wanted)
    return parts[kept], owners[kept]


def _is_key(parts: npt.NDArray[np.object_], size_px: int) -> npt.NDArray[np.bool_]:
    """Tell which polygons are small rectangles."""
    area = shapely.area(parts)
    box = shapely.area(shapely.oriented_envelope(parts))
    return np.asarray((area < _KEY_SHARE * size_px) & (area > _KEY_FULL * box), dtype=bool)
