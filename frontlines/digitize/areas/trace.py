"""Areas of a scan, traced by colour: fills to polygons that share their borders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from frontlines.arguments import checked
from frontlines.digitize.areas import edges, hatching, labels
from frontlines.digitize.areas.checks import Unseen, measure_unseen
from frontlines.digitize.areas.fills import colour_off, find_fills
from frontlines.digitize.areas.state import AreaState, Coast, Step
from frontlines.digitize.colour.colours import hex_of, refuse_one_colour, rgb_of
from frontlines.digitize.colour.inks import checked_masks
from frontlines.digitize.colour.scan import Image
from frontlines.digitize.colour.sheet import Sheet, open_sheet
from frontlines.digitize.settings import EDGES, FILLS, refuse_beyond
from frontlines.errors import DigitizeError
from frontlines.progress import Progress, reporting

AREA_STEPS: tuple[Step, ...] = (
    find_fills,  # which fills or hatchings of the sheet the colours of the classes mean
    labels.label_sure_fills,  # pixels that surely show a fill: no stroke, no letter, no halo, no edge
    hatching.label_hatching,  # ground that parallel strokes cover
    labels.label_lakes,  # wide even ground of no fill
    labels.leave_out_masks,
    labels.leave_out_other_shades,  # pieces whose mean colour is not that of their fill
    labels.fill_up,  # all other pixels go to the nearest sure one
    labels.leave_out_small,  # small areas go to their neighbours
    labels.take_in_boxes,  # ground under the boxes of names
    edges.outline,  # from pixels to polygons
    edges.leave_out_keys,  # small rectangles, as in a legend
    edges.straighten,  # edges under names
    edges.smooth,  # the steps of pixels
    edges.settle,  # edges move to the middle of borders, or half-way between bare fills
)
"""The method: each step takes what is known until then, and gives it with what it found and left out."""


@checked()
def trace_areas(
    scan: Image | Sheet,
    colours: Mapping[str, str],
    *,
    masks: Iterable[BaseGeometry] | BaseGeometry = (),
    min_area_px: float | None = None,
    border_px: float | None = None,
    coast: Coast | None = None,
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
    coast
        Where a line along the outer edge of all classes lies: ``"inside"`` the ground, in the ``"middle"`` of
        its edge, or ``"outside"``. ``None``: taken for the middle, and half its width is doubtful.
    progress
        See `frontlines.progress.reporting`.

    Returns
    -------
    areas
        A row a class, in the order asked for: `area_class`, `colour` (found, as hex on evened paper),
        `colour_off` (how far that is off the colour asked for [ΔE]), `sigma_px` (standard error of its edge
        at a place), `sigma_px2` (standard error of its area), `unsure_share` (share of its pixels that went
        to it because it is the nearest, under strokes, letters and edges), `unsure_at` (where most of these
        lie), `unseen_edge` (share of its edge with no fill seen nearby), `unseen_edge_at` (where most of that
        lies), `margin_share` (share of the scan's outermost pixels that are its own), `margin_at` (where most
        of these lie), and (Multi)Polygons in pixels, without a CRS. They are a valid coverage: neighbours
        share their borders exactly. Ground of no class is in none. Left out are `keys`, small rectangles
        taken for those of a legend, and `shades` (their boxes), small pieces of another shade than the rest
        of the class.

    Raises
    ------
    DigitizeError
        If no class is asked for, a colour is none, the scan has no such fill, a mask is no
        polygon, a length is none, or `min_area_px` is more than the image has.
    MissingExtraError
        If rasterio or scipy is not installed.

    Notes
    -----
    The steps are those of `AREA_STEPS`. Pixels near the colour of a fill in CIELAB are its own. All others,
    under borders, letters and in anti-aliased edges, go to the nearest such pixel. The edges of each two
    fills are then moved by what the colours across them show on the average: to the middle of a border, or
    half-way between bare fills. What is farther than 32 pixels from every fill is of no class. Where a colour
    is like no fill, areas that are hatched in an ink like it are taken. Small rectangles are keys of a legend
    and are left out; rectangles amid a class are boxes of names, and its own. Under names edges run straight.

    Examples
    --------
    >>> from frontlines.digitize.colour.scan import open_scan
    >>> pixels = np.full((200, 300, 3), 255, dtype=np.uint8)
    >>> pixels[20:180, 20:150], pixels[20:180, 150:280] = (240, 200, 190), (190, 205, 240)
    >>> areas = trace_areas(open_scan(pixels), {"North": "red", "South": "blue"})
    >>> areas.assign(area=areas.area.round(-2))[["area_class", "area"]].values.tolist()
    [['North', 20800.0], ['South', 20800.0]]
    """
    masks = checked_masks(masks)
    _check(colours, min_area_px, border_px)
    with reporting(progress) as report:
        report(0.0, "paper")
        sheet = open_sheet(scan)
        _refuse_too_large(min_area_px, sheet)
        state = AreaState(sheet, colours, masks, min_area_px, border_px or FILLS.border_px, coast)
        for number, step in enumerate(AREA_STEPS):
            report((number + 1) / (len(AREA_STEPS) + 1), step.__name__.replace("_", " "))
            state = step(state)
        return _as_frame(state)


def _check(colours: Mapping[str, str], min_area_px: float | None, border_px: float | None) -> None:
    if not isinstance(colours, Mapping) or not colours:
        raise DigitizeError("no class is asked for: give a name and a colour, as {'Red Army': '#f2b8b5'}")
    refuse_one_colour(list(colours.values()), "classes", list(colours))
    refuse_beyond(min_area_px=min_area_px, border_px=border_px)


def _refuse_too_large(min_area_px: float | None, sheet: Sheet) -> None:
    rows, columns = sheet.shape
    if min_area_px and min_area_px >= rows * columns:
        size = f"{columns} × {rows} px"
        raise DigitizeError(f"no area is as large as min_area_px = {min_area_px:g}: the scan has {size}")


def _as_frame(state: AreaState) -> gpd.GeoDataFrame:
    """Give each class a row: its polygons, the colour that was found, and what speaks against it."""
    unseen = measure_unseen(state.whole, state.known, state.fills.values())
    rows = [
        _row(state, name, fill, doubts)
        for (name, fill), doubts in zip(state.fills.items(), unseen, strict=True)
    ]
    frame = gpd.GeoDataFrame(rows, geometry="geometry")
    for name in ("keys", "shades"):
        frame[name] = gpd.GeoSeries(frame[name])
    return frame


def _row(state: AreaState, name: str, fill: int, unseen: Unseen) -> dict[str, object]:
    palette = state.sheet.palette
    is_hatched = palette.code.is_ink(fill)
    found = palette.inks[palette.code.ink_number(fill)] if is_hatched else palette.grounds[fill]
    colour, gain = hex_of(found), state.sheet.paper.usual_gain
    beneath = palette.grounds if is_hatched else None
    dropped = {
        reason: [one.shape for one in state.dropped if one.label == fill and one.reason == reason]
        for reason in (edges.KEY, labels.SHADE)
    }
    return {
        "area_class": name,
        "colour": colour,
        "colour_off": colour_off(state.colours[name], rgb_of(colour), gain, beneath),
        "sigma_px": float(np.hypot(EDGES.sigma_px, EDGES.sigma_split * state.half_width_px[fill])),
        "sigma_px2": state.area_sigma_px.get(fill, 0.0),
        "unsure_share": unseen.share,
        "unsure_at": unseen.place,
        "unseen_edge": unseen.edge_share,
        "unseen_edge_at": unseen.edge_place,
        "margin_share": unseen.margin_share,
        "margin_at": unseen.margin_place,
        "geometry": shapely.union_all(state.parts[state.owners == fill]),
        "keys": shapely.union_all(dropped[edges.KEY]),
        "shades": shapely.MultiPolygon(dropped[labels.SHADE]),
    }
