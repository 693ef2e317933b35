"""Cautions about areas of which much was not seen, and about rectangles that were left out of them."""

from __future__ import annotations

import geopandas as gpd
import shapely

from frontlines.digitize.cautions import Caution
from frontlines.digitize.recipe import Recipe

UNSURE = 0.25
"""Share of an area's pixels that were not in its colour, from which on it is told."""

UNSEEN = 0.1
"""Share of an area's edge with nothing seen nearby, from which on it is told."""

MARGIN = 0.5
"""Share of the scan's margin that an area takes, from which on it may be paper."""


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
        Named ``unsure``, ``edge``, ``paper``, ``key`` and ``shade``.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from frontlines.digitize.recipe import AreaRecipe
    >>> asked = AreaRecipe(colour="red", side="A", date=pd.Timestamp("2022-03-01"))
    >>> areas = gpd.GeoDataFrame({"unsure_share": [0.4], "unsure_at": [shapely.Point(20, 30)],
    ...                           "unseen_edge": [0.0], "unseen_edge_at": [None],
    ...                           "margin_share": [0.0],
    ...                           "keys": [shapely.box(90, 5, 110, 15)],
    ...                           "shades": [shapely.MultiPolygon()]}, geometry=[shapely.box(0, 0, 50, 50)])
    >>> [one.name for one in doubtful_areas(Recipe(image=Path("map.png"), areas=(asked,)), areas)]
    ['unsure', 'key']
    """
    found = []
    for area, row in zip(recipe.areas, areas.itertuples() if areas is not None else (), strict=False):
        if row.unsure_share > UNSURE:
            found.append(_unsure(area.side, row.unsure_share, row.unsure_at))
        if row.unseen_edge > UNSEEN:
            found.append(_edge(area.side, row.unseen_edge, row.unseen_edge_at))
        if row.margin_share > MARGIN:
            found.append(_paper(area.side, row.margin_share))
        for parts, tell in ((row.keys, _key), (row.shades, _shade)):
            found += [tell(area.side, part) for part in shapely.get_parts(parts) if not part.is_empty]
    return found


def _unsure(side: str, share: float, at: shapely.Point) -> Caution:
    text = (
        f"area of {side}: {share:.0%} of it was not seen in its colour, but lies under strokes, letters and "
        f"doubtful colours nearest to it, most of it around column {at.x:.0f}, row {at.y:.0f}: "
        "look at the overlay"
    )
    return Caution("unsure", text, pixel=_pixel(at))


def _edge(side: str, share: float, at: shapely.Point) -> Caution:
    text = (
        f"area of {side}: {share:.0%} of its edge has no fill seen nearby, most of it around "
        f"column {at.x:.0f}, row {at.y:.0f}, and was laid half-way between what was seen: look at the overlay"
    )
    return Caution("edge", text, pixel=_pixel(at))


def _paper(side: str, share: float) -> Caution:
    text = (
        f"area of {side}: {share:.0%} of the scan's margin is taken for it: if that is paper, its fill is "
        "too like it to be told apart; mask what is no ground, or give another colour"
    )
    return Caution("paper", text)


def _pixel(at: shapely.Point) -> tuple[float, float]:
    return (round(at.x, 1), round(at.y, 1))


def _key(side: str, key: shapely.Polygon) -> Caution:
    what = "was taken for a key of the legend and left out: if it is ground, add it"
    return _left_out("key", side, "rectangle", key, what)


def _shade(side: str, box: shapely.Polygon) -> Caution:
    return _left_out("shade", side, "piece", box, "is of another shade than the rest, and was left out")


def _left_out(name: str, side: str, kind: str, part: shapely.Polygon, what: str) -> Caution:
    left, top, right, bottom = part.bounds
    column, row = (left + right) / 2, (top + bottom) / 2
    text = (
        f"area of {side}: a {kind} of {right - left:.0f} × {bottom - top:.0f} px around column "
        f"{column:.0f}, row {row:.0f} {what}"
    )
    return Caution(name, text, pixel=_pixel(shapely.Point(column, row)))
