"""Traced areas as a layer of control."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import shapely

from frontlines.digitize.georef import Georeference
from frontlines.digitize.map_crs import WGS84
from frontlines.digitize.placing import error_across, on_ground
from frontlines.digitize.recipe import Recipe
from frontlines.errors import DigitizeError

COLUMNS = [
    "date", "side", "source", "sigma_m", "area_km2", "unsure_share",
    "sigma_georef_m", "sigma_trace_m", "sigma_source_m", "geometry",
]  # fmt: skip

_KM2 = 1e6


def class_colours(recipe: Recipe) -> dict[str, str]:
    """Name the classes of fill that a recipe asks for.

    Parameters
    ----------
    recipe
        With areas; a side may have several colours.

    Returns
    -------
    colours
        By name of the class.

    Examples
    --------
    >>> import pandas as pd
    >>> from pathlib import Path
    >>> from frontlines.digitize.recipe import AreaRecipe
    >>> day = pd.Timestamp("2022-03-01")
    >>> areas = tuple(AreaRecipe(colour=colour, side="A", date=day) for colour in ("red", "pink"))
    >>> class_colours(Recipe(image=Path("map.png"), areas=areas))
    {'1 A': 'red', '2 A': 'pink'}
    """
    return {f"{k} {area.side}": area.colour for k, area in enumerate(recipe.areas, start=1)}


def control_of(areas: gpd.GeoDataFrame, recipe: Recipe, georeference: Georeference) -> gpd.GeoDataFrame:
    """Make a layer of control of traced areas.

    Parameters
    ----------
    areas
        From `frontlines.digitize.trace_areas`, with the names of `class_colours`.
    recipe
        What was asked for.
    georeference
        Where the scan lies.

    Returns
    -------
    control
        One row a side, in WGS 84, shells counterclockwise and holes clockwise: `date`, `side`, `source`,
        `sigma_m` [m] of its edge, `area_km2` along the ellipsoid, `unsure_share` of its pixels, and the parts
        of `sigma_m` as `sigma_georef_m`, `sigma_trace_m`, `sigma_source_m`.

    Raises
    ------
    DigitizeError
        If nothing of an area's colour was found.

    Examples
    --------
    >>> import pandas as pd
    >>> from pathlib import Path
    >>> from pyproj import CRS
    >>> from frontlines.digitize.georef import georeference_from_affine
    >>> from frontlines.digitize.recipe import AreaRecipe
    >>> lies = georeference_from_affine((0.1, 0, 46, 0, -0.1, 41), CRS("EPSG:4326"), (20, 20), "a file")
    >>> asked = AreaRecipe(colour="red", side="A", date=pd.Timestamp("2022-03-01"))
    >>> traced = gpd.GeoDataFrame({"area_class": ["1 A"], "sigma_px": [0.5], "unsure_share": [0.0]},
    ...                           geometry=[shapely.box(0, 0, 10, 10)])
    >>> control_of(traced, Recipe(image=Path("map.png"), areas=(asked,)), lies)["area_km2"].round().tolist()
    [9413.0]
    """
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
    return gpd.GeoDataFrame(rows, columns=COLUMNS, geometry="geometry", crs=WGS84)


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
