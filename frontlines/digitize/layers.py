"""What was traced as layers on the ground, and what a reader must know of them.

`frontlines_of` and `control_of` make the layers, with sides and errors; `line_cautions` and `area_cautions`
say what is doubtful.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arrays import Floats
from frontlines.crs.geodesic import WGS84, geod_of
from frontlines.digitize.areas.checks import doubtful_areas
from frontlines.digitize.colour.colours import lab_of, rgb_of, unlikeness
from frontlines.digitize.georef.cautions import Caution, pixel_of
from frontlines.digitize.georef.georeference import Georeference, error_across, on_ground
from frontlines.digitize.lines import Hidden, Piece, RunningOn, Tracing, find_running_on, grouped, pieces_of
from frontlines.digitize.recipe import LineRecipe, Places, Recipe, day_of
from frontlines.digitize.settings import SIDES
from frontlines.digitize.sides import Flanks, beside_of, flanks_of, forks_of
from frontlines.errors import DigitizeError
from frontlines.names import KM2

_SIDES = 2


def pieces_of_line(tracing: Tracing, line: LineRecipe, recipe: Recipe) -> list[Piece]:
    """Give the pieces of a line, as its recipe asks for them."""
    return pieces_of(tracing, line.name, follow_hidden=recipe.follow_hidden)


def frontlines_of(
    tracing: Tracing, recipe: Recipe, georeference: Georeference
) -> tuple[gpd.GeoDataFrame, list[Caution]]:
    """Make frontlines of a tracing, a row a piece of a line."""
    cautions = line_cautions(tracing, recipe, georeference)
    frames = []
    for line in recipe.lines:
        if not (pieces := pieces_of_line(tracing, line, recipe)):
            raise _nothing_found(tracing, line)
        courses = [piece.points for piece in pieces]
        held = held_pixels(line.sides, georeference, line.name)
        flanks = flanks_of(courses, held, line.name, georeference.size_px)
        cautions += _doubtful_sides(line.name, courses, flanks)
        touching_px = SIDES.forked * tracing.stroke_px.get(line.name, 1.0)
        cautions += forks_of(line.name, courses, touching_px)
        sure = [k for k, one in enumerate(flanks) if one.share >= SIDES.needed]
        cautions += beside_of(line.name, courses, sure, touching_px, georeference.size_px)
        settled = [(pieces[k], flanks[k]) for k in sure]
        frame, lost = _kept(_frame(settled, line, recipe, georeference), line, settled, georeference)
        frames.append(frame)
        cautions += lost
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), geometry="geometry", crs=WGS84), cautions


def _kept(
    frame: pd.DataFrame, line: LineRecipe, pieces: Sequence[tuple[Piece, Flanks]], georeference: Georeference
) -> tuple[pd.DataFrame, list[Caution]]:
    """Leave out pieces whose error is not known, or larger than the map."""
    bad = ~(frame["sigma_m"].to_numpy(dtype=float) < map_size_m(georeference))
    if bad.all():
        raise _too_unsure(f"line {line.name!r}")
    found = [
        _doubt(
            line.name, pieces[k][0].points, "it is left out, for its standard error is larger than the map"
        )
        for k in np.flatnonzero(bad).tolist()
    ]
    return frame[~bad], found


def _too_unsure(what: str) -> DigitizeError:
    return DigitizeError(
        f"{what}: its standard error is larger than the map, so it may lie anywhere: add control points near "
        "it, and to either side of it"
    )


def map_size_m(georeference: Georeference) -> float:
    """Length of the diagonal of the scan on the ground, by the pixels in its middle [m]."""
    size_px = np.array(georeference.size_px, dtype=float)
    return float(georeference.pixel_m(size_px[None] / 2)[0] * np.hypot(*size_px))


def _nothing_found(tracing: Tracing, line: LineRecipe) -> DigitizeError:
    reasons = dict.fromkeys(reason for name, reason, _ in tracing.dropped if name == line.name)
    left_out = f" (left out: {', '.join(reasons)})" if reasons else ""
    return DigitizeError(
        f"no line of colour {line.colour} was found for {line.name!r}{left_out}: see the colours of the scan "
        "with --suggest-colours, or lower min_length_px"
    )


def held_pixels(sides: Mapping[str, Places], georeference: Georeference, name: str) -> dict[str, Floats]:
    """Find the places of the sides on the scan, each (n, 2) [px]."""
    if len(sides) != _SIDES or not all(isinstance(one, Places) for one in sides.values()):
        raise DigitizeError(
            f"line {name!r}: give two sides, each with Places, such as "
            '{"ARM": Places(lonlat=((46.6, 39.8),)), "AZE": Places(pixels=((900, 1400),))}'
        )
    held = {}
    for side, places in sides.items():
        pixels = np.array(places.pixels, dtype=float).reshape(-1, 2)
        if places.lonlat:
            pixels = np.concatenate([pixels, georeference.pixels_of(np.array(places.lonlat))])
        _refuse_off_map(pixels, side, georeference.size_px, name)
        held[side] = pixels
    return held


def _refuse_off_map(pixels: Floats, side: str, size_px: tuple[int, int], name: str) -> None:
    """Refuse places farther off the scan than it is large: a slip, such as latitude before longitude."""
    size = np.array(size_px)
    if not ((pixels >= -size) & (pixels <= 2 * size)).all():
        raise DigitizeError(
            f"line {name!r}: a place of {side} lies off the map, nowhere near the scan: give longitude, then "
            "latitude, of a place on it, or its col and row on this image"
        )


def _frame(
    pieces: Sequence[tuple[Piece, Flanks]], line: LineRecipe, recipe: Recipe, georeference: Georeference
) -> pd.DataFrame:
    placed = on_ground(np.array([shapely.linestrings(piece.points) for piece, _ in pieces]), georeference)
    rows = []
    for (piece, flanks), shape in zip(pieces, placed, strict=True):
        error = error_across(
            piece.points, piece.sigma_px, georeference, source_m=recipe.source_m, gaps=piece.gaps
        )
        sigma_m, *causes = _rounded(error._asdict()).items()
        rows.append(
            {
                "date": line.date, "side_left": flanks.left, "side_right": flanks.right,
                "source": recipe.source, **dict([sigma_m]), "correlation_m": _correlation(error._asdict()),
                "note": "; ".join(text for text in (piece.note, line.note) if text),
                "line": line.name, "seen": piece.seen,
                "length_km": round(geod_of(WGS84).geometry_length(shape) / 1000, 3),
                **dict(causes), "geometry": shape,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _rounded(sigmas: Mapping[str, float]) -> dict[str, float]:
    """Round standard errors to centimetres."""
    return {name: round(value, 2) for name, value in sigmas.items()}


def _correlation(sigmas: Mapping[str, float]) -> str:
    """Say over what length errors are alike [m]: georeference and map are off alike all over the map.

    As text, since GeoJSON knows no infinite number; nothing where the tracing's error is all that is known.
    """
    return "inf" if sigmas["sigma_georef_m"] or sigmas["sigma_source_m"] else ""


def _doubtful_sides(name: str, courses: Sequence[Floats], flanks: Sequence[Flanks]) -> list[Caution]:
    """Say which pieces are left out since nothing settles their sides, and name the least sure one kept."""
    left_out = "it is left out, for the places named do not settle who is where"
    found = [
        _doubt(name, points, left_out)
        for points, one in zip(courses, flanks, strict=True)
        if one.share < SIDES.needed
    ]
    share, k = min((one.share, k) for k, one in enumerate(flanks) if one.share >= SIDES.needed)
    if share < SIDES.sure:
        agree = f"only {share:.0%} of the ways from the places named agree on who is where"
        found.append(_doubt(name, courses[k], agree))
    return found


def _doubt(name: str, points: Floats, what: str) -> Caution:
    column, row = points[len(points) // 2]
    text = (
        f"line {name!r}, {length_px(points):.0f} px around column {column:.0f}, row {row:.0f}: {what}; "
        "name further places near it"
    )
    return Caution("sides", text, pixel=pixel_of((column, row)))


def class_colours(recipe: Recipe) -> dict[str, str]:
    """Name the classes of fill that a recipe asks for, with their colours."""
    return {f"{k} {area.side}": area.colour for k, area in enumerate(recipe.areas, start=1)}


def control_of(areas: gpd.GeoDataFrame, recipe: Recipe, georeference: Georeference) -> gpd.GeoDataFrame:
    """Make a layer of control of traced areas, a row a side."""
    sides = dict(zip(class_colours(recipe), (area.side for area in recipe.areas), strict=True))
    traced = areas[~areas.geometry.is_empty]
    missing = [side for name, side in sides.items() if name not in set(traced["area_class"])]
    if missing:
        raise DigitizeError(
            f"no fill was found for {', '.join(missing)}: give the colour as it is on the scan, such as "
            "#e8b0a0, or lower min_area_px"
        )
    rows = []
    for side, part in traced.groupby(traced["area_class"].map(sides), sort=False):
        shape = shapely.union_all(part.geometry.values)
        error = _edge_error(shape, float(part["sigma_px"].max()), georeference, recipe.source_m)
        if not error["sigma_m"] < map_size_m(georeference):
            raise _too_unsure(f"area of {side}")
        sigma_m, *causes = _rounded(error).items()
        placed = shapely.orient_polygons(on_ground(np.array([shape]), georeference)[0])
        area_m2, around_m = geod_of(WGS84).geometry_area_perimeter(placed)
        # Georeference and map are off alike all along; what tracing leaves is known for the whole area.
        off_m2 = np.hypot(error["sigma_georef_m"], error["sigma_source_m"]) * around_m
        traced_m2 = float(part["sigma_px2"].sum()) * area_m2 / shape.area
        rows.append(
            {
                "date": recipe.areas[0].date, "side": side, "source": recipe.source, **dict([sigma_m]),
                "correlation_m": _correlation(error),
                "area_km2": area_m2 / KM2,
                "sigma_km2": float(np.hypot(off_m2, traced_m2)) / KM2,
                "unsure_share": float(np.average(part["unsure_share"], weights=part.area)),
                **dict(causes), "geometry": placed,
            }
        )  # fmt: skip
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=WGS84)


def _edge_error(
    shape: shapely.Geometry, sigma_px: float, georeference: Georeference, source_m: float
) -> dict[str, float]:
    """Root mean square of the standard errors of all rings, weighed by their lengths [m]."""
    rings = shapely.get_rings(shapely.get_parts(shape))
    errors: list[Any] = []
    for ring in rings:
        points = shapely.get_coordinates(ring)
        errors.append(error_across(points, np.full(len(points), sigma_px), georeference, source_m=source_m))
    squares = np.average(np.square(errors), axis=0, weights=shapely.length(rings))
    return dict(zip(errors[0]._fields, np.sqrt(squares).tolist(), strict=True))


FAR = 13.0
"""How far from the colour asked for a traced one may be without a caution [ΔE]."""

FAR_FROM_NAME = 20.0
"""The same for fills asked for by a name, which stands for many colours [ΔE]."""

_THICKER, _THINNER = 2.5, 0.4  # parts of the measured width between which a named one causes no caution
_RIM_PX = 2.0  # of a stroke's width may be rims, which are measured or not


def line_cautions(tracing: Tracing, recipe: Recipe, georeference: Georeference) -> list[Caution]:
    """Say where lines are hidden, what was left out, and which widths and colours are not as asked for."""
    places: list[Hidden | RunningOn] = [*tracing.hidden, *find_running_on(tracing)]
    return [
        *(_hidden(one, georeference, followed=recipe.follow_hidden) for one in places),
        *_left_out(tracing),
        *_other_widths(tracing),
        *_other_inks(tracing, recipe),
        *_same_days(recipe.lines),
    ]


def area_cautions(areas: gpd.GeoDataFrame, recipe: Recipe) -> list[Caution]:
    """Say which fills are not of the colour asked for, and which areas are doubtful."""
    found = []
    for area, fill, off in zip(recipe.areas, areas["colour"], areas["colour_off"], strict=True):
        if off > (FAR_FROM_NAME if area.colour.strip().isalpha() else FAR):
            found.append(_other_colour(f"area of {area.side}", area.colour, f"fill {fill}", off))
    return [*found, *doubtful_areas(recipe, areas)]


def length_px(points: Floats) -> float:
    """Length of a line of vertices."""
    return float(np.hypot(*np.diff(points, axis=0).T).sum())


def _hidden(one: Hidden | RunningOn, georeference: Georeference, *, followed: bool) -> Caution:
    middle_m = georeference.pixel_m(one.path[len(one.path) // 2][None])[0]
    length = length_px(one.path)
    start, end = one.path[0], one.path[-1]
    comes_out = isinstance(one, Hidden) or one.begins_again is not None
    what = "is hidden under" if comes_out else "runs into"
    then = "" if comes_out else ", and is not seen again"
    done = "it is led along it there, and marked" if followed else "it is left open there"
    text = (
        f"line {one.line!r} {what} {one.under!r} for {length:.0f} px ({length * middle_m / 1000:.1f} km), "
        f"from column {start[0]:.0f}, row {start[1]:.0f} to column {end[0]:.0f}, row {end[1]:.0f}{then}: "
        f"{done}"
    )
    return Caution("hidden", text, pixel=pixel_of(start))


def _left_out(tracing: Tracing) -> list[Caution]:
    found = []
    for line in dict.fromkeys(name for name, _, _ in tracing.dropped):
        for reason, shapes in grouped(tracing.dropped, line).items():
            middle = shapes[0].interpolate(0.5, normalized=True)
            what = f"{shapes[0].length:.0f} px"
            if len(shapes) > 1:
                total = sum(shape.length for shape in shapes)
                what = f"{len(shapes)} pieces, {total:.0f} px in all, the longest of {what}"
            place = f"around column {middle.x:.0f}, row {middle.y:.0f}"
            text = f"in the colour of {line!r}, left out {what} {place}: {reason}"
            found.append(Caution("dropped", text, pixel=pixel_of((middle.x, middle.y))))
    return found


def _same_days(lines: Sequence[LineRecipe]) -> list[Caution]:
    """Say which lines part the same sides on one day, and whose name is a day that is not theirs."""
    mend = "if it shows another day, write date = … under its [[line]]"
    found = []
    for line in lines:
        named = day_of(line.name)
        if named is not None and named != line.date.date():
            text = f"line {line.name!r} is dated {line.date:%Y-%m-%d}, and its name is another day: {mend}"
            found.append(Caution("same day", text))
    for first, second in itertools.combinations(lines, 2):
        if first.date == second.date and set(first.sides) == set(second.sides):
            text = (
                f"lines {first.name!r} and {second.name!r} both part {' and '.join(first.sides)} on "
                f"{first.date:%Y-%m-%d}: {mend.replace('it shows', 'one of them shows')}"
            )
            found.append(Caution("same day", text))
    return found


def _other_widths(tracing: Tracing) -> list[Caution]:
    """Look for strokes that the recipe calls much wider or thinner than they are drawn."""
    found = []
    for line, drawn in tracing.measured_px.items():
        named = tracing.stroke_px[line]
        if named > _THICKER * drawn + _RIM_PX or named < _THINNER * drawn:
            text = (
                f"line {line!r}: stroke_px = {named:g}, but it is drawn about {drawn:.0f} px wide: with a "
                "wrong width the centre and its error go wrong; leave stroke_px out, and it is measured"
            )
            found.append(Caution("stroke", text))
    return found


def _other_inks(tracing: Tracing, recipe: Recipe) -> list[Caution]:
    found = []
    for line in recipe.lines:
        ink = tracing.colours.get(line.name)
        if ink and (off := float(unlikeness(line.colour, lab_of(rgb_of(ink)[None]))[0])) > FAR:
            found.append(_other_colour(f"line {line.name!r}", line.colour, f"ink {ink}", off))
    return found


def _other_colour(what: str, asked: str, found: str, off: float) -> Caution:
    text = (
        f"{what}: of what the scan has, the {found} is most like {asked!r}, but {off:.0f} ΔE off: look at "
        "the overlay, and give the colour as it is on the scan"
    )
    return Caution("colour", text)
