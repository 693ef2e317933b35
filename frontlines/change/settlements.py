"""Which side held each settlement on two dates, as the ground says, and how many people lived there."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arrays import Bools
from frontlines.crs.working import require_working_crs
from frontlines.geometry.coverage import intersect
from frontlines.names import WHOLE
from frontlines.sources.population import PopulationRaster

COLUMNS = ["name", "district", "date_from", "date_to", "side_from", "side_to", "changed"]

SAME_PLACE_M = 100.0
"""Rows of one name this near to each other are one place [m]: lists round differently from day to day."""


def settlements_by_side(
    change: gpd.GeoDataFrame,
    settlements: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    frontlines: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """Look up who held the ground of each settlement on two dates: a row a place, sorted by name.

    Sides are blank where a place lies in no ground; one on a border counts to the first of its neighbours.
    With `frontlines`, those of both dates, `unsure` tells whether it is nearer to a line than its `sigma_m`.
    """
    places = _in_first(each_once(settlements, districts), change[[*COLUMNS[2:6], "geometry"]])
    known = places[["side_from", "side_to"]].notna().all(axis=1)
    places = places.assign(changed=known & (places["side_from"] != places["side_to"]))
    columns = list(COLUMNS)
    if frontlines is not None:
        places = places.assign(unsure=_within_sigma(places, frontlines))
        columns.append("unsure")
    columns += ["population"] if "population" in places else []
    return pd.DataFrame(places)[columns].sort_values("name", kind="stable", ignore_index=True)


def each_once(settlements: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give each place that has a point once, with its `district`, and its `population` as a number if known.

    Rows of one name within `SAME_PLACE_M` are one place, as the last row says that knows its population.
    """
    people = [column for column in settlements if str(column).strip().lower() == "population"][:1]
    places = settlements[~settlements.geometry.is_empty & settlements.geometry.notna()]
    number = pd.to_numeric(places[people[0]], errors="coerce").astype(float) if people else 0.0
    places = places[["name", "geometry"]].assign(
        population=number, day=places.get("date", 0), x=places.geometry.x, y=places.geometry.y
    )
    places = places.sort_values(["day", "population", "x", "y"], kind="stable").iloc[::-1]
    places = places.sort_values("population", key=pd.isna, kind="stable")
    places = places[~places.duplicated(["name", "x", "y"])]
    points, names = places.geometry.to_numpy(), places["name"].to_numpy()
    first, second = shapely.STRtree(points).query(points, predicate="dwithin", distance=SAME_PLACE_M)
    again = second[(first < second) & (names[first] == names[second])]
    places = places[~np.isin(np.arange(len(places)), again)]
    places = places.sort_values(["name", "x", "y"], kind="stable", ignore_index=True)
    return _in_first(
        places[["name", *(["population"] if people else []), "geometry"]], districts[["district", "geometry"]]
    )


def _in_first(places: gpd.GeoDataFrame, polygons: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add the columns of the polygon that each place lies in, the first one on a border."""
    joined = places.sjoin(polygons, how="left", predicate="intersects")
    return joined[~joined.index.duplicated()].drop(columns="index_right")


def _within_sigma(places: gpd.GeoDataFrame, lines: gpd.GeoDataFrame) -> Bools:
    """Find the places that lie nearer to some line than its own standard error."""
    reach_m = lines["sigma_m"].fillna(0.0).to_numpy(dtype=float)
    points, shapes = places.geometry.to_numpy(), lines.geometry.to_numpy()
    unsure = np.zeros(len(points), dtype=bool)
    if len(shapes):
        found = shapely.STRtree(points).query(shapes, predicate="dwithin", distance=reach_m)
        unsure[found[1]] = True
    return unsure


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
