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
    """Count the people that a side, or each of several, held, gained and lost, by district and in all.

    `places` are from `settlements_by_side`, with `population`, or from `people_by_ground`; what lies in no
    district is left out. Of places (`source`) the table also has `population_unsure` (within the error of a
    line) and `places_without_population`, which count as zero.
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
    """Count the people of a raster by district and pair of sides, unchanged ground included.

    Columns: `district`, `side_from`, `side_to`, `population`, and `without_km2`: ground without a value.
    """
    require_working_crs(change=change, districts=districts)
    pairs = intersect(np.asarray(districts.geometry.values), np.asarray(change.geometry.values))
    keys = {"district": districts["district"].to_numpy()[pairs.first]}
    keys |= {name: change[name].to_numpy()[pairs.second] for name in ("side_from", "side_to")}
    people = raster.people(gpd.GeoDataFrame(geometry=pairs.pieces, crs=change.crs))
    return pd.DataFrame(keys).join(people).groupby(list(keys), sort=True).sum().reset_index()
