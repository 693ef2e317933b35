"""Cautions about areas of which much was not seen, and about rectangles that were left out of them."""

from __future__ import annotations

import geopandas as gpd
import shapely

from frontlines.digitize.cautions import Caution
from frontlines.digitize.recipe import Recipe

UNSURE = 0.25
"""Share of an area's pixels that were not in its colour, from which on it is told."""


def doubtful_areas(recipe: Recipe, areas: gpd.GeoDataFrame | None) -> list[Caution]:
    """Tell which areas are doubtful, and which parts in their colour were left out.

    Parameters
    ----------
    recipe
        What was asked for.
    areas
        Areas in the order of the recipe, from `frontlines.digitize.trace_areas`, or None.

    Returns
    -------
    cautions
        Named ``unsure`` and ``key``.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from frontlines.digitize.recipe import AreaRecipe
    >>> asked = AreaRecipe(colour="red", side="A", date=pd.Timestamp("2022-03-01"))
    >>> areas = gpd.GeoDataFrame({"unsure_share": [0.4], "keys": [shapely.box(90, 5, 110, 15)]},
    ...                          geometry=[shapely.box(0, 0, 50, 50)])
    >>> [one.name for one in doubtful_areas(Recipe(image=Path("map.png"), areas=(asked,)), areas)]
    ['unsure', 'key']
    """
    found = []
    for area, row in zip(recipe.areas, areas.itertuples() if areas is not None else (), strict=False):
        if row.unsure_share > UNSURE:
            found.append(_unsure(area.side, row.unsure_share))
        found += [_key(area.side, key) for key in shapely.get_parts(row.keys) if not key.is_empty]
    return found


def _unsure(side: str, share: float) -> Caution:
    text = (
        f"area of {side}: {share:.0%} of it was not seen in its colour, but lies under strokes, letters and "
        "doubtful colours nearest to it: look at the overlay"
    )
    return Caution("unsure", text)


def _key(side: str, key: shapely.Polygon) -> Caution:
    left, top, right, bottom = key.bounds
    column, row = (left + right) / 2, (top + bottom) / 2
    text = (
        f"area of {side}: a rectangle of {right - left:.0f} × {bottom - top:.0f} px around column "
        f"{column:.0f}, row {row:.0f} was taken for a key of the legend and left out: if it is ground, add it"
    )
    return Caution("key", text, pixel=(round(column, 1), round(row, 1)))
