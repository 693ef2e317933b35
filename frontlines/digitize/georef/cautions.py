"""What a reader must know about a georeference or a tracing: cautions with names, as values.

===================  ==========================================================================
``image``            the image was turned, or has several pages
``bad point``        a control point does not belong to the others
``slip``             it lies so far off, where the others agree, that a run stops
``outside``          a point lies outside the scan
``repeated point``   two points lie on one place of the scan, or on one place of the ground
``few points``       none, or only one or two, to spare for the transformation
``spread``           the points lie nearly on a line, or all in one part of the map
``shear``            somewhere the map is stretched much more one way than the other
``fold``             outside the points the transformation turns over
``another plane``    the map's CRS fits worse than another one
``stiff``            a richer transformation fits much better than the one named
``no error known``   the georeference came without control points
``read as degrees``  the points' file does not name its CRS
``colour``           what was traced is of a colour rather unlike the one asked for
``sides``            the places named leave a doubt about who is where
``same day``         two lines part the same sides on one day, or a line's name is another day
``beside``           a piece touches nothing and runs beside a longer one: an arrow, a key
``fork``             a line has a branch, and three sectors meet where a front has two sides
``hidden``           a line runs under another for a while
``unsure``           much of an area was not seen in its colour
``edge``             much of an area's edge lies where no fill was seen
``paper``            an area takes most of the margin, which is mostly paper
``shade``            a small piece of an area was of another shade, and left out
``key``              a small rectangle in an area's colour was taken for a key of the legend
``dropped``          something in a line's colour was left out
``stroke``           the knob `stroke_px` is not the width that the line is drawn in
===================  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import shapely

from frontlines.arrays import Bools, Floats
from frontlines.digitize.georef.control_points import GroundControl
from frontlines.digitize.georef.transformations import LEAST_POINTS, Transformation
from frontlines.digitize.settings import POINT_CAUTIONS
from frontlines.errors import DigitizeError
from frontlines.names import listed


@dataclass(frozen=True)
class Caution:
    """Something that a reader must know.

    Attributes
    ----------
    name
        Which kind of caution.
    text
        What it is, where, and what to do.
    ids
        Control points it is about.
    pixel
        Column and row it is about [px].
    """

    name: str
    text: str
    ids: tuple[str, ...] = ()
    pixel: tuple[float, float] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Give the caution as plain data."""
        return asdict(self) | {"ids": list(self.ids), "pixel": list(self.pixel) if self.pixel else None}


_SHOWN = 6


def pixel_of(place: Sequence[float] | Floats) -> tuple[float, float]:
    """Round a place of the scan for a caution [px]."""
    return (round(float(place[0]), 1), round(float(place[1]), 1))


def cautions_on_points(
    control: GroundControl, transformation: Transformation, size_px: tuple[int, int]
) -> list[Caution]:
    """Look at how many control points there are and how they lie."""
    found = []
    family = transformation.family
    spare = len(control) - LEAST_POINTS[family]
    if spare < POINT_CAUTIONS.spare:
        found.append(
            Caution(
                "few points",
                f"{len(control)} control points leave {spare} to spare for the transformation {family}: "
                "the error is hardly known; add some",
            )
        )
    beyond = [*_outside(control, size_px), *_spread(control.pixels, size_px)]
    return [*found, *_degrees(control), *_repeated(control), *beyond]


def _degrees(control: GroundControl) -> list[Caution]:
    if not control.read_as_degrees:
        return []
    text = (
        f"{control.source} does not name the CRS of its points: they were read as longitude and latitude on "
        "WGS 84; give points_crs if they are on another datum"
    )
    return [Caution("read as degrees", text)]


def _repeated(control: GroundControl) -> list[Caution]:
    found = []
    ids = control.points["id"].tolist()
    for places, near, where in (
        (control.pixels, POINT_CAUTIONS.same_px, "scan"),
        (control.lonlat, POINT_CAUTIONS.same_deg, "ground"),
    ):
        apart = np.abs(places[:, None] - places[None]).max(axis=2)
        for a, b in zip(*np.nonzero(np.triu(apart < near, k=1)), strict=True):
            pair = (ids[a], ids[b])
            text = f"the control points {pair[0]} and {pair[1]} lie on one place of the {where}: keep one"
            found.append(Caution("repeated point", text, pair, pixel_of(control.pixels[a])))
    return found


def refuse_misplaced(control: GroundControl, size_px: tuple[int, int]) -> None:
    """Refuse points that do not fit the scan, and such as tell nothing of what is beside a line."""
    if not len(control):
        raise DigitizeError("there is no control point: give some that are not left out or switched off")
    pixels, size = control.pixels, np.array(size_px)
    away, beyond = ((pixels < -size) | (pixels > 2 * size)).any(axis=1), _off_sheet(pixels, size_px)
    if away.any() or beyond.mean() > 1 / 2:
        times = float(np.ceil(2 * (pixels / size).max()) / 2)
        fits = times < POINT_CAUTIONS.copies and not _off_sheet(pixels / times, size_px).any()
        mend = f"if they were read on a copy {times:g} times as large, divide col and row by {times:g}"
        raise DigitizeError(
            f"{(beyond | away).sum()} of {len(control)} control points lie outside the scan of {size_px[0]} "
            f"× {size_px[1]} px: {mend if fits else 'read col and row on this image'}"
        )
    along, across = breadths_of(pixels)
    few = len(pixels) == LEAST_POINTS["affine"] and across < POINT_CAUTIONS.narrow * along
    if len(pixels) > LEAST_POINTS["helmert"] and (across < POINT_CAUTIONS.same_px or few):
        raise DigitizeError(
            f"the {len(pixels)} control points lie on a line, or nearly: how the map is stretched across it, "
            "and how sure places beside it are, is not known; add some to either side"
        )


def breadths_of(pixels: Floats) -> tuple[float, float]:
    """Give how far points scatter along and across the line through them (root mean square) [px]."""
    lengths = np.linalg.svd(pixels - pixels.mean(axis=0), compute_uv=False) / np.sqrt(len(pixels))
    return float(lengths[0]), float(lengths[-1])


def _off_sheet(pixels: Floats, size_px: tuple[int, int]) -> Bools:
    return ~np.asarray(shapely.intersects_xy(_sheet(size_px), pixels))


def _outside(control: GroundControl, size_px: tuple[int, int]) -> list[Caution]:
    beyond = _off_sheet(control.pixels, size_px)
    if not beyond.any():
        return []
    ids = tuple(map(str, control.points["id"][beyond]))
    text = f"outside the scan of {size_px[0]} × {size_px[1]} px lie the control points {listed(ids, _SHOWN)}"
    return [Caution("outside", text, ids)]


def _sheet(size_px: tuple[int, int]) -> shapely.Polygon:
    return shapely.box(-1, -1, *size_px)


def _spread(pixels: Floats, size_px: tuple[int, int]) -> list[Caution]:
    along, across = breadths_of(pixels)
    if across < POINT_CAUTIONS.thin * along:
        return [Caution("spread", "the control points lie nearly on a line: add some to either side of it")]
    share = hull_of(pixels).intersection(_sheet(size_px)).area / (size_px[0] * size_px[1])
    if share < POINT_CAUTIONS.covered:
        text = (
            f"the control points cover {share:.0%} of the scan: beyond them the error grows; "
            "add some towards the corners of the map"
        )
        return [Caution("spread", text, pixel=pixel_of(pixels.mean(axis=0)))]
    return []


def hull_of(pixels: Floats) -> shapely.Geometry:
    """Draw the hull of places of the scan."""
    return shapely.convex_hull(shapely.multipoints(pixels))


def grid_over(size_px: tuple[int, int]) -> Floats:
    """Lay a grid over a scan."""
    x, y = (
        np.linspace(0, size_px[0] - 1, POINT_CAUTIONS.grid),
        np.linspace(0, size_px[1] - 1, POINT_CAUTIONS.grid),
    )
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def turned_over(transformation: Transformation, pixels: Floats) -> Bools:
    """Say where a transformation shows the map from behind: its Jacobian determinant has the wrong sign."""
    determinant = np.linalg.det(transformation.jacobian(pixels))
    return np.asarray(~(determinant < 0))  # rows grow downwards: seen from the front it is below zero


def cautions_on_shape(transformation: Transformation, size_px: tuple[int, int]) -> list[Caution]:
    """Look for folds outside the control points, and for strong shear among them."""
    grid = grid_over(size_px)
    over = turned_over(transformation, grid)
    inside = shapely.contains_xy(hull_of(transformation.pixels), grid) & ~over
    return [*_folds(transformation, grid[over]), *_shear(transformation, grid[inside])]


def _folds(transformation: Transformation, over: Floats) -> list[Caution]:
    if not len(over):
        return []
    near = over[np.hypot(*(over - transformation.pixels.mean(axis=0)).T).argmin()]
    text = (
        f"beyond the control points the transformation folds, first at column {near[0]:.0f}, "
        f"row {near[1]:.0f}: nothing can be placed there"
    )
    return [Caution("fold", text, pixel=pixel_of(near))]


def _shear(transformation: Transformation, inside: Floats) -> list[Caution]:
    """Compare the stretch of each place with that of the map as a whole."""
    slopes = transformation.jacobian(inside) if len(inside) else np.zeros((1, 2, 2))
    whole = np.median(slopes, axis=0)
    if not abs(np.linalg.det(whole)) > 0:
        return []
    lengths = np.linalg.svd(slopes @ np.linalg.inv(whole), compute_uv=False)
    ratio = lengths[:, 0] / lengths[:, 1]
    if ratio.max() <= POINT_CAUTIONS.sheared:
        return []
    there = inside[ratio.argmax()]
    text = (
        f"around column {there[0]:.0f}, row {there[1]:.0f} the transformation stretches the map "
        f"{ratio.max():.1f} times more one way than the other: look at the control points there"
    )
    return [Caution("shear", text, pixel=pixel_of(there))]
