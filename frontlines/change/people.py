"""How many people lived on the ground that a side held, gained and lost, by places or by a raster."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from frontlines.crs import require_working_crs
from frontlines.geometry.coverage import intersect
from frontlines.names import WHOLE
from frontlines.sources.population import PopulationRaster


def population_by_district(
    places: pd.DataFrame, side: str | Sequence[str], *, source: str = "places"
) -> pd.DataFrame:
    """Count the people that a side, or each of several, held, gained and lost.

    Parameters
    ----------
    places
        From `settlements_by_side`, with `population`; or from `people_by_ground`. What lies in no district is
        left out.
    side
        The side whose gains are positive, or several of them.
    source
        Where the people were counted, ``places`` or ``raster``.

    Returns
    -------
    people
        A row a side and district, and one for ``all districts``: `district`, `side`, `population_before`,
        `population_after`, `population_held` (on both dates), `population_gained`, `population_lost`; of
        places also `population_unsure` (of those within the error of a line), `places_gained`,
        `places_lost`, `places_without_population`, which count as zero; and `source`.

    Examples
    --------
    >>> places = pd.DataFrame({
    ...     "district": "D", "side_from": ["A", "B"], "side_to": ["A", "A"], "population": [50.0, 20.0]})
    >>> population_by_district(places, "A")[["population_before", "population_after"]].values.tolist()
    [[50.0, 70.0], [50.0, 70.0]]
    """
    if not isinstance(side, str):
        tables = [population_by_district(places, one, source=source) for one in side]
        return pd.concat(tables, ignore_index=True)
    places = places[places["district"].notna()]
    people = places["population"].fillna(0.0)
    before, after = places["side_from"] == side, places["side_to"] == side
    gained, lost = after & ~before, before & ~after
    counted = {
        "district": places["district"],
        "population_before": people * before,
        "population_after": people * after,
        "population_held": people * (before & after),
        "population_gained": people * gained,
        "population_lost": people * lost,
    }
    if source == "places":
        unsure = places.get("unsure", pd.Series(False, index=places.index))
        counted["population_unsure"] = people * unsure
        counted["places_gained"], counted["places_lost"] = gained.astype(int), lost.astype(int)
        counted["places_without_population"] = places["population"].isna().astype(int)
    table = pd.DataFrame(counted).groupby("district", sort=True).sum()
    table.loc[WHOLE] = table.sum()
    table = table.reset_index().assign(source=source)
    table.insert(1, "side", side)
    return table


def people_by_ground(
    change: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, raster: PopulationRaster
) -> pd.DataFrame:
    """Count the people of a raster on the ground that passed from side to side, by district.

    Parameters
    ----------
    change
        From `change_between`: one pair of dates, in the working CRS.
    districts
        Polygons with `district`, in the same CRS (from `as_districts`).
    raster
        From `frontlines.sources.population.read_population`.

    Returns
    -------
    people
        A row for each pair of sides found in a district, unchanged ground included: `district`, `side_from`,
        `side_to`, `population`, and `without_km2`: ground for which the raster has no value.

    Raises
    ------
    SourceError
        If the raster holds negative values.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from shapely import box
    >>> raster = SimpleNamespace(people=lambda ground: pd.DataFrame({"population": 50 * ground.area / 1e6}))
    >>> change = gpd.GeoDataFrame(
    ...     {"side_from": ["A", "B"], "side_to": ["A", "A"]},
    ...     geometry=[box(0, 0, 1000, 2000), box(1000, 0, 4000, 2000)], crs="EPSG:3035")
    >>> districts = gpd.GeoDataFrame({"district": ["D"]}, geometry=[box(0, 0, 4000, 2000)], crs="EPSG:3035")
    >>> people_by_ground(change, districts, raster).values.tolist()
    [['D', 'A', 'A', 100.0], ['D', 'B', 'A', 300.0]]
    """
    require_working_crs(change=change, districts=districts)
    pairs = intersect(np.asarray(districts.geometry.values), np.asarray(change.geometry.values))
    keys = {"district": districts["district"].to_numpy()[pairs.first]}
    keys |= {name: change[name].to_numpy()[pairs.second] for name in ("side_from", "side_to")}
    people = raster.people(gpd.GeoDataFrame(geometry=pairs.pieces, crs=change.crs))
    return pd.DataFrame(keys).join(people).groupby(list(keys), sort=True).sum().reset_index()
