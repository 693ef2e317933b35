"""What a reader must know of traced lines and areas, beside the layers themselves."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from frontlines.digitize.areas.checks import doubtful_areas
from frontlines.digitize.colour.colours import lab_of, rgb_of, unlikeness
from frontlines.digitize.georef.cautions import Caution, pixel_of
from frontlines.digitize.georef.georeference import Georeference
from frontlines.digitize.lines import Hidden, RunningOn, Tracing, find_running_on, grouped
from frontlines.digitize.recipe import Recipe
from frontlines.names import Floats

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
