"""The georeference of a scan: from its pixels to longitude and latitude, with the error at every place.

`georeference` makes it from control points, `georeference_from_affine` takes one as it is. `on_ground`
carries lines and polygons by it, and `error_across` says how far a line is off across itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Geod
from scipy.special import erf

from frontlines.arguments import checked
from frontlines.arrays import Bools, Floats, Geometries
from frontlines.digitize.georef.cautions import (
    Caution,
    breadths_of,
    cautions_on_points,
    cautions_on_shape,
    grid_over,
    hull_of,
    refuse_misplaced,
    turned_over,
)
from frontlines.digitize.georef.control_points import Affine, GroundControl, crs_of
from frontlines.digitize.georef.error import (
    COLUMNS,
    LocalError,
    error_figures,
    local_error,
    residual_table,
    to_lonlat,
    to_plane,
)
from frontlines.digitize.georef.selection import (
    Choice,
    bad_points,
    choose,
    plane_name,
    refuse_other_unit,
    slip_among,
    slips_of,
)
from frontlines.digitize.georef.transformations import (
    LEAST_POINTS,
    Family,
    Transformation,
    fit,
    refuse_unknown,
)
from frontlines.digitize.settings import BAD_POINTS, CHOOSING, POINT_CAUTIONS, QUOTED_ERROR
from frontlines.errors import DigitizeError
from frontlines.limits import within

_STEP_PX = 0.5  # to either side of a place, over which the ground's slopes are taken
_NEWTON_STEPS, _STILL_PX = 30, 1e-9  # on the way back to pixels
_NOWHERE = 10  # sizes of the scan, beyond which a place is off the map


@dataclass(frozen=True)
class Georeference:
    """A fitted georeference.

    Attributes
    ----------
    size_px
        Width and height of the scan.
    crs
        The plane that the transformation leads to.
    transformation
        Function of pixels.
    choice
        Transformation and plane, and why.
    control
        The control points it rests on; none if the image brought its georeference.
    residuals
        A row a control point: its residual and leave-one-out error [m, px], and whether it is `bad`.
    figures
        The residuals summed up, and the formulas.
    cautions
        What a reader must know.
    error
        Standard error by place [px], or None if it cannot be told.
    """

    size_px: tuple[int, int]
    crs: CRS
    transformation: Transformation
    choice: Choice
    control: GroundControl
    residuals: pd.DataFrame
    figures: dict[str, Any]
    cautions: tuple[Caution, ...]
    error: LocalError | None

    @property
    def words(self) -> tuple[str, ...]:
        """Say what was chosen, why, and how far off the control points are."""
        lines, figures = (f"{self.choice.family} on {self.choice.plane}", self.choice.reason), self.figures
        if not figures:
            return lines
        means = {
            "RMSE": figures["rmse_m"],
            f"adjusted (n - k = {figures['points']} - {figures['least_points']})": figures["rmse_adjusted_m"],
            "left out one by one": figures["left_out_rmse_m"],
        }
        known = [f"{name} {value:,.1f} m" for name, value in means.items() if value is not None]
        errors = ", ".join(known) or "none to spare, no error known"
        return (*lines, f"{figures['points']} control points: {errors}")

    def lonlat(self, pixels: Floats) -> Floats:
        """Longitude and latitude of places of the scan, (m, 2) [degrees]."""
        return to_lonlat(self.transformation(pixels), self.crs)

    def sigma_px(self, pixels: Floats) -> Floats:
        """Give the standard error of the georeference along either axis at places, (m,) [px]."""
        if self.error is not None:
            return self.error(pixels)
        return np.full(len(pixels), QUOTED_ERROR.assumed_px if len(self.control) else 0.0)

    def ground_slopes(self, pixels: Floats) -> Floats:
        """Metres east and north on the ground for a pixel along columns and rows, (m, 2, 2)."""
        pixels = np.asarray(pixels, dtype=float)
        slopes = []
        for step in (np.array([_STEP_PX, 0.0]), np.array([0.0, _STEP_PX])):
            start, end = self.lonlat(pixels - step), self.lonlat(pixels + step)
            azimuth, _, far = Geod(ellps="WGS84").inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])
            turn = np.radians(azimuth)
            slopes.append(np.stack([far * np.sin(turn), far * np.cos(turn)], axis=1) / (2 * _STEP_PX))
        return np.stack(slopes, axis=2)

    def pixel_m(self, pixels: Floats) -> Floats:
        """Side of a pixel on the ground at places of the scan, (m,) [m]."""
        return np.asarray(np.sqrt(np.abs(np.linalg.det(self.ground_slopes(pixels)))))

    def pixels_of(self, lonlat: Floats) -> Floats:
        """Column and row of places on the ground, (m, 2) [px], by Newton's steps; NaN off the map."""
        wanted = to_plane(np.asarray(lonlat, dtype=float), self.crs)
        if not len(wanted):
            return wanted
        start = self._nearest_of_grid(wanted)
        for _ in range(_NEWTON_STEPS):
            step = np.linalg.solve(
                self.transformation.jacobian(start), (wanted - self.transformation(start))[..., None]
            )[..., 0]
            start = start + step
            if np.abs(step).max(initial=0.0) < _STILL_PX:
                break
        reach = _NOWHERE * max(self.size_px)
        return np.where(np.abs(start).max(axis=1, keepdims=True) < reach, start, np.nan)

    def _nearest_of_grid(self, wanted: Floats) -> Floats:
        grid = grid_over(self.size_px)
        there = self.transformation(grid)
        return np.stack([grid[np.hypot(*(there - place).T).argmin()] for place in wanted]).astype(float)

    def refuse_folds(self, pixels: Floats) -> None:
        """Refuse places where the transformation shows the map from behind."""
        over = turned_over(self.transformation, pixels)
        if over.any():
            raise _fold(pixels[over][0], self.lonlat(pixels[over][:1])[0], self.transformation.family)


@checked()
def georeference(
    control: GroundControl,
    size_px: tuple[int, int],
    *,
    crs: CRS | str | None = None,
    transformation: Family | None = None,
) -> Georeference:
    """Georeference a scan from control points.

    Parameters
    ----------
    control
        The points, from `read_control_points`.
    size_px
        Width and height of the scan.
    crs
        The map's own CRS. On its plane a graticule of the map is straight, and the plainest transformation
        does. Without it, the plane that fits best is taken among four common ones.
    transformation
        One of `FAMILIES`. Without it, the simplest that no richer one beats clearly in leave-one-out error.

    Returns
    -------
    georeference
        With residuals, leave-one-out errors, figures and cautions.

    Raises
    ------
    DigitizeError
        If the points are not sound, or do not determine the transformation, or it folds among them, or it
        shows the map from behind.

    Examples
    --------
    >>> points = pd.DataFrame({"id": list("abcde"), "col": [0.0, 90, 0, 90, 45], "row": [0.0, 0, 90, 90, 45],
    ...                        "lon": [46, 47, 46, 47, 46.5], "lat": [41, 41, 40, 40, 40.5]})
    >>> found = georeference(GroundControl(points), (100, 100), crs=CRS("EPSG:4326"))
    >>> found.choice.family, found.lonlat(np.array([[9.0, 9.0]])).round(6).tolist()
    ('helmert', [[46.1, 40.9]])
    """
    control.refuse_faults()
    control = control.on_scan(size_px)
    within("control_points", len(control), control.source or "the scan")
    refuse_misplaced(control, size_px)
    if transformation is not None:
        refuse_unknown(transformation)
    if crs is not None:
        crs = crs_of(crs, "crs")
        _refuse_off_plane(control, crs)
    slip = slip_among(control.pixels, control.lonlat, size_px)
    if slip is not None and slip[1]:
        one = control.points.iloc[slip[0]]
        raise DigitizeError(
            f"control point {one['id']}: longitude and latitude have changed places (longitude "
            f"{one['lon']:g}, latitude {one['lat']:g})"
        )
    choice = choose(control.pixels, control.lonlat, crs=crs, family=transformation)
    xy = to_plane(control.lonlat, choice.crs)
    fitted = fit(control.pixels, xy, choice.family)
    bad = bad_points(control.pixels, xy, choice.family)
    slips = slips_of(control.pixels, xy, choice.family, bad, size_px) or ([] if slip is None else [slip[0]])
    table = residual_table(control, fitted, choice.crs)
    least_px = BAD_POINTS.slip_share * math.hypot(*size_px)
    slips = [k for k in slips if table["left_out_px"].iloc[k] > least_px]
    bad += [k for k in slips if k not in bad]
    table["bad"] = np.isin(np.arange(len(table)), bad)
    doubts = _bad(table, bad, slips)
    try:
        _refuse_from_behind(fitted, size_px, choice.crs)
    except DigitizeError:
        refuse_slips(doubts)
        raise
    cautions = [
        *doubts,
        *cautions_on_points(control, fitted, size_px),
        *cautions_on_shape(fitted, size_px),
        *_better(control, choice, given_crs=crs is not None, given_family=transformation is not None),
    ]
    error = _error(fitted, xy, control.lonlat, named=transformation is not None)
    return Georeference(
        size_px, choice.crs, fitted, choice, control, table,
        error_figures(table, choice.family), tuple(cautions), error,
    )  # fmt: skip


@checked()
def georeference_from_affine(
    affine: Affine, crs: CRS | str, size_px: tuple[int, int], source: str
) -> Georeference:
    """Take the georeference that an image brings: of a GeoTIFF, or of a world file.

    Parameters
    ----------
    affine
        (a, b, c, d, e, f) with ``x = a*column + b*row + c`` and ``y = d*column + e*row + f``, for pixel
        centres at whole columns and rows.
    crs
        CRS of x and y.
    size_px
        Width and height of the image.
    source
        Where it comes from, in words.

    Returns
    -------
    georeference
        Without control points; its own error is not known and counts as none.

    Raises
    ------
    DigitizeError
        If it shows the map from behind, or its numbers cannot be in the unit of `crs`.

    Examples
    --------
    >>> found = georeference_from_affine((0.1, 0, 46, 0, -0.1, 41), CRS("EPSG:4326"), (11, 11), "a file")
    >>> found.lonlat(np.array([[10.0, 10.0]])).round(6).tolist()
    [[47.0, 40.0]]
    """
    a, b, c, d, e, f = affine = affine[:6]
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]) * (
        max(size_px[0] - 1, 1),
        max(size_px[1] - 1, 1),
    )
    crs = crs_of(crs, f"the CRS of {source}")
    if not np.isfinite(affine).all():
        raise DigitizeError(f"the georeference of {source} holds no six numbers: {tuple(affine)}")
    fitted = fit(corners, corners @ np.array([[a, d], [b, e]]) + [c, f], "affine")
    if turned_over(fitted, corners).any():
        raise DigitizeError(
            f"the georeference of {source} shows the map from behind: rows of an image grow downwards, so "
            "with north up the step in y from row to row (E of a world file) must be below 0"
        )
    refuse_other_unit(fitted(grid_over(size_px)), crs, source)
    empty = pd.DataFrame({name: pd.Series(dtype=object if name == "id" else float) for name in COLUMNS})
    text = (
        f"the georeference is that of {source}, without control points: its error is not known and counts "
        "as 0; give what you know of it as source_m"
    )
    return Georeference(
        size_px, crs, fitted, Choice("affine", crs.name, crs, f"the georeference of {source}", {}),
        GroundControl(pd.DataFrame(columns=["id", "col", "row", "lon", "lat"]), source),
        empty.assign(bad=pd.Series(dtype=bool)), {}, (Caution("no error known", text),), None,
    )  # fmt: skip


def _refuse_off_plane(control: GroundControl, crs: CRS) -> None:
    lost = ~np.isfinite(to_plane(control.lonlat, crs)).all(axis=1)
    if lost.any():
        raise DigitizeError(
            f"control points {', '.join(control.points['id'].to_numpy()[lost])} lie nowhere in "
            f"{plane_name(crs)}: check the CRS of the map"
        )


def refuse_slips(cautions: Iterable[Caution]) -> None:
    """Refuse points that lie far from where the others, which agree, put them."""
    texts = [one.text for one in cautions if one.name == "slip"]
    if texts:
        raise DigitizeError("; ".join(texts))


def _refuse_from_behind(fitted: Transformation, size_px: tuple[int, int], crs: CRS) -> None:
    """Refuse a map seen from behind, and folds among the control points."""
    over = turned_over(fitted, fitted.pixels)
    if over.mean() > 1 / 2:
        raise DigitizeError(f"the control points show the map from behind: {_why_behind(fitted)}")
    grid = grid_over(size_px)
    inside = np.concatenate([fitted.pixels, grid[_within(fitted.pixels, grid)]])
    folded = turned_over(fitted, inside)
    if folded.any():
        place = inside[folded][np.linalg.det(fitted.jacobian(inside[folded])).argmax()]
        raise _fold(place, to_lonlat(fitted(place[None]), crs)[0], fitted.family)


def _why_behind(fitted: Transformation) -> str:
    """Say which slip shows a map from behind: with north up, its columns still run east, or no longer."""
    (by_column, _), (up_column, _) = np.median(fitted.jacobian(fitted.pixels), axis=0)
    if abs(by_column) > abs(up_column):
        return "count rows downwards from the top"
    return "longitude and latitude, or column and row, have changed places"


def _within(pixels: Floats, grid: Floats) -> Bools:
    return np.asarray(shapely.contains_xy(hull_of(pixels), grid))


def _fold(pixel: Floats, lonlat: Floats, family: str) -> DigitizeError:
    where = (
        f"longitude {lonlat[0]:.3f}, latitude {lonlat[1]:.3f}"
        if np.isfinite(lonlat).all()
        else "no place on Earth"
    )
    return DigitizeError(
        f"the transformation {family} folds the map at column {pixel[0]:.0f}, row {pixel[1]:.0f} ({where}): "
        "look for control points that have changed places nearby, or take a simpler transformation"
    )


def _bad(table: pd.DataFrame, bad: list[int], slips: list[int]) -> list[Caution]:
    found = []
    for k, row in ((k, table.iloc[k]) for k in bad):
        text = (
            f"control point {row['id']} (column {row['col']:.0f}, row {row['row']:.0f}) lies "
            f"{row['left_out_px']:.0f} px, {row['left_out_m']:,.0f} m on the ground, from where the others "
            f'put it: read it again, or leave it out with leave_out = ["{row["id"]}"]'
        )
        name = "slip" if k in slips else "bad point"
        found.append(Caution(name, text, (str(row["id"]),), (float(row["col"]), float(row["row"]))))
    return found


def _better(control: GroundControl, choice: Choice, *, given_crs: bool, given_family: bool) -> list[Caution]:
    """Say if what the recipe names fits much worse than what could be chosen."""
    mine = min(choice.left_out_px.values(), default=0.0)
    if mine <= CHOOSING.notable_px:
        return []
    found = []
    if given_crs:
        other = choose(control.pixels, control.lonlat, family=choice.family)
        if other.own_px < CHOOSING.much_better * mine:
            text = (
                f"on the plane {other.plane} the control points fit better ({other.own_px:.1f} px left out "
                f"one by one, against {mine:.1f} px on {choice.plane}): is it the CRS of this map?"
            )
            found.append(Caution("another plane", text))
    if given_family:
        other = choose(control.pixels, control.lonlat, crs=choice.crs)
        if other.own_px < CHOOSING.much_better * mine:
            text = (
                f"the transformation {other.family} fits better ({other.own_px:.1f} px left out one by one, "
                f"against {mine:.1f} px of {choice.family})"
            )
            found.append(Caution("stiff", text))
    return found


def _error(fitted: Transformation, xy: Floats, lonlat: Floats, *, named: bool = False) -> LocalError | None:
    """Learn the error by place from what the control points leave; of a spline, beside its affine part.

    Points on a narrow strip do not show whether a Helmert transformation is enough: it is judged as affine,
    and where it was not chosen but named, its distance from the affine one counts too.
    """
    placed = fitted
    along, across = breadths_of(fitted.pixels)
    if (
        fitted.family == "helmert"
        and len(xy) > LEAST_POINTS["affine"]
        and across < POINT_CAUTIONS.narrow * along
    ):
        fitted = fit(fitted.pixels, xy, "affine")
    drift = fit(fitted.pixels, xy, "affine") if fitted.family == "spline" else fitted
    left_px = (xy - drift(fitted.pixels)) / fitted.pixel_side(fitted.pixels)[:, None]
    error = local_error(fitted, left_px, fitted.left_out_px(xy), lonlat)
    named &= fitted.family != placed.family
    return replace(error, stiffer=placed) if error is not None and named else error


STEP_PX = 10.0
"""Longest edge that is carried to the ground as it is [px]; longer ones are cut, for they may bend."""

DECIMALS = 7
"""Decimals of longitude and latitude: about a centimetre."""

_EVERY_PX = 5.0
_LEAST_EDGES = 4  # edges that are looked at: the ends of a ring's only one would be one place
_WITHIN = math.erf(math.sqrt(0.5))  # share of a normal error within its standard error
_HALVINGS = 50


class LineError(NamedTuple):
    """Standard error of a line across itself, in all and by its causes [m]."""

    sigma_m: float
    sigma_georef_m: float
    sigma_trace_m: float
    sigma_source_m: float


def cut_edges(points: Floats, longest: float = STEP_PX) -> Floats:
    """Cut long edges, an edge the same whichever way it is run through."""
    start, end = points[:-1], points[1:]
    turned = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    low, high = np.where(turned[:, None], end, start), np.where(turned[:, None], start, end)
    pieces = np.maximum(np.ceil(np.hypot(*(end - start).T) / longest), 1).astype(int)
    edge = np.repeat(np.arange(len(pieces)), pieces)
    nth = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    many = pieces[edge]
    step = np.where(turned[edge], many - nth, nth)
    share = (step / many)[:, None]
    cut = low[edge] * (1 - share) + high[edge] * share
    return np.concatenate([cut, points[-1:]])


def on_ground(shapes: Geometries, georeference: Georeference) -> Geometries:
    """Carry lines or polygons from pixels to longitude and latitude."""

    def place(pixels: Floats) -> Floats:
        georeference.refuse_folds(pixels)
        return np.round(georeference.lonlat(pixels), DECIMALS)

    cut = np.array([_cut(shape) for shape in shapes], dtype=object)
    return np.asarray(shapely.transform(cut, place))


def _cut(shape: shapely.Geometry) -> shapely.Geometry:
    if shape.geom_type == "LineString":
        return shapely.LineString(cut_edges(shapely.get_coordinates(shape)))
    if shape.geom_type == "Polygon":
        rings = [cut_edges(shapely.get_coordinates(ring)) for ring in (shape.exterior, *shape.interiors)]
        return shapely.Polygon(rings[0], rings[1:])
    return type(shape)([_cut(part) for part in shapely.get_parts(shape)])


def error_across(
    points: Floats,
    sigma_px: Floats,
    georeference: Georeference,
    *,
    source_m: float = 0.0,
    gaps: Sequence[tuple[int, int]] = (),
) -> LineError:
    """Work out the standard error of a traced line across itself."""
    at, sigma, along, weight = _sampled(points, sigma_px, gaps)
    slopes = georeference.ground_slopes(at)
    ahead = np.einsum("mab,mb->ma", slopes, along)
    metres = np.abs(np.linalg.det(slopes)) / np.maximum(np.hypot(*ahead.T), 1e-12)
    georef = _mean_square(georeference.sigma_px(at) * metres, weight)
    trace = _kept_by_most(sigma * metres, weight) ** 2
    total = georef + trace + source_m**2
    return LineError(float(np.sqrt(total)), float(np.sqrt(georef)), float(np.sqrt(trace)), source_m)


def _sampled(
    points: Floats, sigma_px: Floats, gaps: Sequence[tuple[int, int]]
) -> tuple[Floats, Floats, Floats, Floats]:
    """Take middles of edges, a few pixels apart: place, error, direction, and length that was seen."""
    step = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(step)])
    count = max(int(along[-1] / _EVERY_PX), _LEAST_EDGES)
    edges = np.linspace(0, along[-1], count + 1)
    at = np.stack([np.interp(edges, along, points[:, k]) for k in (0, 1)], axis=1)
    sigma = np.interp((edges[:-1] + edges[1:]) / 2, along, sigma_px)
    way = np.diff(at, axis=0)
    length = np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-12)
    middle = (edges[:-1] + edges[1:]) / 2
    blind = np.zeros(count, dtype=bool)
    for first, last in gaps:
        blind |= (middle > along[first]) & (middle < along[last])
    weight = length if blind.all() else np.where(blind, 0.0, length)
    return (at[:-1] + at[1:]) / 2, sigma, way / length[:, None], weight


def _mean_square(values: Floats, weight: Floats) -> float:
    return float(np.average(values**2, weights=weight))


def _kept_by_most(sigma: Floats, weight: Floats) -> float:
    """Distance within which 68.3 % of a line is kept whose normal error differs from place to place."""
    low, high = 0.0, float(sigma.max())
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        kept = erf(middle / np.maximum(sigma, 1e-12) / np.sqrt(2))
        low, high = (low, middle) if np.average(kept, weights=weight) > _WITHIN else (middle, high)
    return high
