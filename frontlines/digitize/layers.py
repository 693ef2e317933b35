"""Traced lines as frontlines: sides, errors and sources to each stretch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.crs import geod_of
from frontlines.digitize.georef.cautions import Caution
from frontlines.digitize.georef.control_points import WGS84
from frontlines.digitize.georef.georeference import Georeference, error_across, on_ground
from frontlines.digitize.lines import (
    Hidden,
    Piece,
    RunningOn,
    Tracing,
    find_running_on,
    grouped,
    pieces_of,
)
from frontlines.digitize.recipe import LineRecipe, Places, Recipe
from frontlines.digitize.sides import NEEDED, SURE, Flanks, flanks_of, forks_of
from frontlines.errors import DigitizeError
from frontlines.names import Floats

CONTROL_COLUMNS = [
    "date", "side", "source", "sigma_m", "area_km2", "unsure_share",
    "sigma_georef_m", "sigma_trace_m", "sigma_source_m", "geometry",
]  # fmt: skip

_KM2 = 1e6


def class_colours(recipe: Recipe) -> dict[str, str]:
    """Name the classes of fill that a recipe asks for."""
    return {f"{k} {area.side}": area.colour for k, area in enumerate(recipe.areas, start=1)}


def control_of(areas: gpd.GeoDataFrame, recipe: Recipe, georeference: Georeference) -> gpd.GeoDataFrame:
    """Make a layer of control of traced areas."""
    rows = []
    by_class = dict(zip(class_colours(recipe), recipe.areas, strict=True))
    sides: Mapping[str, str] = {name: area.side for name, area in by_class.items()}
    traced = areas[~areas.geometry.is_empty]
    _refuse_missing(set(traced["area_class"]), by_class)
    for side, part in traced.groupby(traced["area_class"].map(sides), sort=False):
        shape = shapely.union_all(part.geometry.values)
        error = _edge_error(shape, float(part["sigma_px"].max()), georeference, recipe.source_m)
        placed = shapely.orient_polygons(on_ground(np.array([shape], dtype=object), georeference)[0])
        area, _ = WGS84.get_geod().geometry_area_perimeter(placed)  # type: ignore[union-attr]
        rows.append(
            {
                "date": recipe.areas[0].date, "side": side, "source": recipe.source,
                **{name: round(value, 2) for name, value in error.items()},
                "area_km2": area / _KM2,
                "unsure_share": float(np.average(part["unsure_share"], weights=part.area)),
                "geometry": placed,
            }
        )  # fmt: skip
    return gpd.GeoDataFrame(rows, columns=CONTROL_COLUMNS, geometry="geometry", crs=WGS84)


def _refuse_missing(found: set[str], asked: Mapping[str, object]) -> None:
    missing = [name for name in asked if name not in found]
    if missing:
        sides = ", ".join(name.split(" ", 1)[1] for name in missing)
        raise DigitizeError(
            f"no fill was found for {sides}: give the colour as it is on the scan, such as #e8b0a0, "
            "or lower min_area_px"
        )


def _edge_error(
    shape: shapely.Geometry, sigma_px: float, georeference: Georeference, source_m: float
) -> dict[str, float]:
    """Root mean square over all rings, by their lengths."""
    rings = shapely.get_rings(shapely.get_parts(shape))
    errors = []
    for ring in rings:
        points = shapely.get_coordinates(ring)
        errors.append(error_across(points, np.full(len(points), sigma_px), georeference, source_m=source_m))
    weight = shapely.length(rings)
    squares = np.average(np.square(errors), axis=0, weights=weight)
    return dict(zip(errors[0]._fields, np.sqrt(squares).tolist(), strict=True))


COLUMNS = [
    "date", "side_left", "side_right", "source", "sigma_m", "note", "line", "seen", "length_km",
    "sigma_georef_m", "sigma_trace_m", "sigma_source_m", "geometry",
]  # fmt: skip

_KM = 1000.0
_SIDES = 2
_THICKER, _THINNER = 2.5, 0.4  # of the measured width, beyond which a named one is told
_FORKED = 1.5  # strokes from the end of a branch to the middle of the line that it leaves
_RIM_PX = 2.0  # of a stroke's width may be rims, which are measured or not


def frontlines_of(
    tracing: Tracing, recipe: Recipe, georeference: Georeference
) -> tuple[gpd.GeoDataFrame, list[Caution]]:
    """Make frontlines of a tracing."""
    cautions = [*_hidden(tracing, recipe, georeference), *_dropped(tracing), *_named_strokes(tracing)]
    frames = []
    for line in recipe.lines:
        pieces = pieces_of(tracing, line.name, follow_hidden=recipe.follow_hidden)
        if not pieces:
            raise _nothing_found(tracing, line)
        drawn = tracing.stroke_px.get(line.name, 1.0)
        held = held_pixels(line.sides, georeference, line.name)
        flanks = flanks_of([piece.points for piece in pieces], held, line.name, georeference.size_px)
        cautions += _doubts(line.name, pieces, flanks)
        cautions += forks_of(line.name, [piece.points for piece in pieces], _FORKED * drawn)
        settled = [k for k, one in enumerate(flanks) if one.share >= NEEDED]
        kept, theirs = [pieces[k] for k in settled], [flanks[k] for k in settled]
        frames.append(_frame(kept, theirs, line, recipe, georeference))
    lines = pd.concat(frames, ignore_index=True)
    return gpd.GeoDataFrame(lines[COLUMNS], geometry="geometry", crs=WGS84), cautions


def _nothing_found(tracing: Tracing, line: LineRecipe) -> DigitizeError:
    reasons = dict.fromkeys(reason for name, reason, _ in tracing.dropped if name == line.name)
    left_out = f" (left out: {', '.join(reasons)})" if reasons else ""
    return DigitizeError(
        f"no line of colour {line.colour} was found for {line.name!r}{left_out}: see the colours of the scan "
        "with --suggest-colours, or lower min_length_px"
    )


def held_pixels(sides: Mapping[str, Places], georeference: Georeference, name: str) -> dict[str, Floats]:
    """Find the places of the sides on the scan."""
    if len(sides) != _SIDES or not all(isinstance(one, Places) for one in sides.values()):
        raise DigitizeError(
            f"line {name!r}: give two sides, each with Places, such as "
            '{"ARM": Places(lonlat=((46.6, 39.8),)), "AZE": Places(pixels=((900, 1400),))}'
        )
    held = {}
    for side, places in sides.items():
        parts = [np.array(places.pixels, dtype=float).reshape(-1, 2)]
        if places.lonlat:
            parts.append(georeference.pixels_of(np.array(places.lonlat)))
        held[side] = np.concatenate(parts)
        if places.lonlat:
            _refuse_off_map(held[side], side, georeference.size_px, name)
    return held


def _refuse_off_map(pixels: Floats, side: str, size_px: tuple[int, int], name: str) -> None:
    """Refuse places farther off the scan than it is large: a slip, such as latitude before longitude."""
    size = np.array(size_px)
    if not ((pixels >= -size) & (pixels <= 2 * size)).all():
        raise DigitizeError(
            f"line {name!r}: a place of {side} lies off the map, nowhere near the scan: give longitude, then "
            "latitude, of a place on it"
        )


def _frame(
    pieces: Sequence[Piece], flanks: Sequence[Flanks], line: LineRecipe, recipe: Recipe,
    georeference: Georeference,
) -> pd.DataFrame:  # fmt: skip
    shapes = np.array([shapely.linestrings(piece.points) for piece in pieces], dtype=object)
    errors = [
        error_across(piece.points, piece.sigma_px, georeference, source_m=recipe.source_m, gaps=piece.gaps)
        for piece in pieces
    ]
    placed = on_ground(shapes, georeference)
    return pd.DataFrame(
        {
            "date": line.date,
            "side_left": [left for left, _, _ in flanks],
            "side_right": [right for _, right, _ in flanks],
            "source": recipe.source,
            **{name: [round(getattr(error, name), 2) for error in errors] for name in errors[0]._fields},
            "note": ["; ".join(text for text in (piece.note, line.note) if text) for piece in pieces],
            "line": line.name,
            "seen": [piece.seen for piece in pieces],
            "length_km": [round(geod_of(WGS84).geometry_length(shape) / _KM, 3) for shape in placed],
            "geometry": placed,
        }
    )


def _hidden(tracing: Tracing, recipe: Recipe, georeference: Georeference) -> list[Caution]:
    found = []
    places: list[Hidden | RunningOn] = [*tracing.hidden, *find_running_on(tracing)]
    for one in places:
        metres = georeference.pixel_m(one.path[len(one.path) // 2][None])[0]
        length = np.hypot(*np.diff(one.path, axis=0).T).sum()
        start, end = one.path[0], one.path[-1]
        comes_out = isinstance(one, Hidden) or one.begins_again is not None
        what = "is hidden under" if comes_out else "runs into"
        then = "" if comes_out else ", and is not seen again"
        done = "it is led along it there, and marked" if recipe.follow_hidden else "it is left open there"
        text = (
            f"line {one.line!r} {what} {one.under!r} for {length:.0f} px ({length * metres / _KM:.1f} km), "
            f"from column {start[0]:.0f}, row {start[1]:.0f} to column {end[0]:.0f}, row {end[1]:.0f}{then}: "
            f"{done}"
        )
        found.append(Caution("hidden", text, pixel=(round(float(start[0]), 1), round(float(start[1]), 1))))
    return found


def _dropped(tracing: Tracing) -> list[Caution]:
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
            found.append(Caution("dropped", text, pixel=(round(middle.x, 1), round(middle.y, 1))))
    return found


def _named_strokes(tracing: Tracing) -> list[Caution]:
    """Tell which strokes are named much wider or thinner than they are drawn."""
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


def _doubts(name: str, pieces: Sequence[Piece], flanks: Sequence[Flanks]) -> list[Caution]:
    """Tell which pieces are left out, for nothing settles their sides, and the most doubtful of the rest."""
    unsettled = [k for k, one in enumerate(flanks) if one.share < NEEDED]
    settled = [k for k in range(len(flanks)) if k not in unsettled]
    found = [(k, "it is left out, for the places named do not settle who is where") for k in unsettled]
    if settled and flanks[least := min(settled, key=lambda k: flanks[k].share)].share < SURE:
        found.append(
            (least, f"only {flanks[least].share:.0%} of the ways from the places named agree on who is where")
        )
    return [_doubt(name, pieces[k].points, what) for k, what in found]


def _doubt(name: str, points: Floats, what: str) -> Caution:
    column, row = points[len(points) // 2]
    length = np.hypot(*np.diff(points, axis=0).T).sum()
    text = (
        f"line {name!r}, {length:.0f} px around column {column:.0f}, row {row:.0f}: {what}; "
        "name further places near it"
    )
    return Caution("sides", text, pixel=(round(float(column), 1), round(float(row), 1)))
