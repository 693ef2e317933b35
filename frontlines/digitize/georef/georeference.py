"""The georeference of a scan: from its pixels to longitude and latitude, with the error at every place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS, Geod

from frontlines.digitize.georef.cautions import (
    Caution,
    cautions_on_points,
    cautions_on_shape,
    grid_over,
    hull_of,
    turned_over,
)
from frontlines.digitize.georef.control_points import Affine, GroundControl, crs_of
from frontlines.digitize.georef.error import (
    COLUMNS,
    LocalError,
    error_figures,
    left_out_places,
    local_error,
    residual_table,
    to_lonlat,
    to_plane,
)
from frontlines.digitize.georef.selection import Choice, bad_points, choose, plane_name, refuse_other_unit
from frontlines.digitize.georef.transformations import Family, Transformation, fit, refuse_unknown
from frontlines.errors import DigitizeError
from frontlines.names import Floats

ASSUMED_PX = 2.0
"""Standard error of a georeference whose control points leave none to spare [px]: assumed, and said so."""

_STEP_PX = 0.5
_MUCH_BETTER = 0.5
_NOTABLE_PX = 1.0


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
        See `frontlines.digitize.georef.error.residual_table`, and `bad`.
    figures
        See `frontlines.digitize.georef.error.error_figures`.
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

    def lonlat(self, pixels: Floats) -> Floats:
        """Longitude and latitude of places of the scan, (m, 2) [degrees]."""
        return to_lonlat(self.transformation(pixels), self.crs)

    def sigma_px(self, pixels: Floats) -> Floats:
        """Give the standard error of the georeference along either axis at places, (m,) [px]."""
        if self.error is not None:
            return self.error(pixels)
        return np.full(len(pixels), ASSUMED_PX if len(self.control) else 0.0)

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
        for _ in range(30):
            step = np.linalg.solve(
                self.transformation.jacobian(start), (wanted - self.transformation(start))[..., None]
            )[..., 0]
            start = start + step
            if np.abs(step).max(initial=0.0) < 1e-9:  # noqa: PLR2004 - far below any pixel
                break
        reach = 10 * max(self.size_px)
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
    if transformation is not None:
        refuse_unknown(transformation)
    if crs is not None:
        crs = crs_of(crs, "crs")
        _refuse_off_plane(control, crs)
    choice = choose(control.pixels, control.lonlat, crs=crs, family=transformation)
    xy = to_plane(control.lonlat, choice.crs)
    fitted = fit(control.pixels, xy, choice.family)
    _refuse_from_behind(fitted, size_px, choice.crs)
    table = residual_table(control, fitted, choice.crs)
    bad = bad_points(control.pixels, xy, choice.family)
    table["bad"] = np.isin(np.arange(len(table)), bad)
    cautions = [
        *_bad(table, bad),
        *cautions_on_points(control, fitted, size_px),
        *cautions_on_shape(fitted, size_px),
        *_better(control, choice, given_crs=crs is not None, given_family=transformation is not None),
    ]
    return Georeference(
        size_px, choice.crs, fitted, choice, control, table,
        error_figures(table, choice.family), tuple(cautions), _error(fitted, xy, control.lonlat),
    )  # fmt: skip


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


def _refuse_from_behind(fitted: Transformation, size_px: tuple[int, int], crs: CRS) -> None:
    """Refuse a map seen from behind, and folds among the control points."""
    over = turned_over(fitted, fitted.pixels)
    if over.mean() > 1 / 2:
        raise DigitizeError(
            "the control points show the map from behind: longitude and latitude, or column and row, "
            "may have changed places, or rows are counted from the bottom"
        )
    grid = grid_over(size_px)
    inside = np.concatenate([fitted.pixels, grid[_within(fitted.pixels, grid)]])
    folded = turned_over(fitted, inside)
    if folded.any():
        place = inside[folded][np.linalg.det(fitted.jacobian(inside[folded])).argmax()]
        raise _fold(place, to_lonlat(fitted(place[None]), crs)[0], fitted.family)


def _within(pixels: Floats, grid: Floats) -> npt.NDArray[np.bool_]:
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


def _bad(table: pd.DataFrame, bad: list[int]) -> list[Caution]:
    found = []
    for row in (table.iloc[k] for k in bad):
        text = (
            f"control point {row['id']} (column {row['col']:.0f}, row {row['row']:.0f}) lies "
            f"{row['left_out_px']:.0f} px, {row['left_out_m']:,.0f} m on the ground, from where the others "
            f'put it: read it again, or leave it out with leave_out = ["{row["id"]}"]'
        )
        found.append(Caution("bad point", text, (str(row["id"]),), (float(row["col"]), float(row["row"]))))
    return found


def _better(control: GroundControl, choice: Choice, *, given_crs: bool, given_family: bool) -> list[Caution]:
    """Say if what the recipe names fits much worse than what could be chosen."""
    mine = min(choice.left_out_px.values(), default=0.0)
    if mine <= _NOTABLE_PX:
        return []
    found = []
    if given_crs:
        other = choose(control.pixels, control.lonlat, family=choice.family)
        theirs = other.left_out_px.get(f"{other.family}, {other.plane}", mine)
        if theirs < _MUCH_BETTER * mine:
            text = (
                f"on the plane {other.plane} the control points fit better ({theirs:.1f} px left out one by "
                f"one, against {mine:.1f} px on {choice.plane}): is it the CRS of this map?"
            )
            found.append(Caution("another plane", text))
    if given_family:
        other = choose(control.pixels, control.lonlat, crs=choice.crs)
        theirs = other.left_out_px.get(f"{other.family}, {other.plane}", mine)
        if theirs < _MUCH_BETTER * mine:
            text = (
                f"the transformation {other.family} fits better ({theirs:.1f} px left out one by one, "
                f"against {mine:.1f} px of {choice.family})"
            )
            found.append(Caution("stiff", text))
    return found


def _error(fitted: Transformation, xy: Floats, lonlat: Floats) -> LocalError | None:
    """Errors along the axes of the plane, as lengths in pixels."""
    size = np.sqrt(np.abs(np.linalg.det(fitted.jacobian(fitted.pixels))))[:, None]
    drift = fit(fitted.pixels, xy, "affine") if fitted.family == "spline" else fitted
    places = left_out_places(fitted, xy, anew=False)
    return local_error(fitted, (xy - drift(fitted.pixels)) / size, (xy - places) / size, lonlat)
