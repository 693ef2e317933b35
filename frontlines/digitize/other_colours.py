"""Cautions where a scan has another colour than was asked for."""

from __future__ import annotations

import geopandas as gpd

from frontlines.digitize.cautions import Caution
from frontlines.digitize.colours import lab_of, rgb_of, unlikeness
from frontlines.digitize.recipe import Recipe
from frontlines.digitize.stretches import Tracing

FAR = 13.0
"""Colours farther from what was asked for than this are told [ΔE]."""

FAR_FROM_NAME = 20.0
"""The same of fills asked for by a name, which stands for many."""


def other_colours(recipe: Recipe, tracing: Tracing | None, areas: gpd.GeoDataFrame | None) -> list[Caution]:
    """Tell which lines and areas were traced in a colour rather unlike the one asked for.

    Parameters
    ----------
    recipe
        What was asked for.
    tracing
        Lines, or None.
    areas
        Areas in the order of the recipe, from `frontlines.digitize.trace_areas`, or None.

    Returns
    -------
    cautions
        Named ``colour``.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from frontlines.digitize.recipe import LineRecipe
    >>> line = LineRecipe(name="May", colour="purple", date=pd.Timestamp("1994-05-12"), sides={})
    >>> tracing = Tracing((), (), {"May": "#2450a8"}, {}, {})
    >>> [one.name for one in other_colours(Recipe(image=Path("map.png"), lines=(line,)), tracing, None)]
    ['colour']
    """
    found = []
    for line in recipe.lines if tracing else ():
        ink = tracing.colours.get(line.name) if tracing else None
        if ink and (off := float(unlikeness(line.colour, lab_of(rgb_of(ink)[None]))[0])) > FAR:
            found.append(_told(f"line {line.name!r}", line.colour, f"ink {ink}", off))
    if areas is not None:
        for area, fill, off in zip(recipe.areas, areas["colour"], areas["colour_off"], strict=True):
            if off > (FAR_FROM_NAME if area.colour.strip().isalpha() else FAR):
                found.append(_told(f"area of {area.side}", area.colour, f"fill {fill}", off))
    return found


def _told(what: str, asked: str, found: str, off: float) -> Caution:
    text = (
        f"{what}: of what the scan has, the {found} is most like {asked!r}, but {off:.0f} ΔE off: look at "
        "the overlay, and give the colour as it is on the scan"
    )
    return Caution("colour", text)
