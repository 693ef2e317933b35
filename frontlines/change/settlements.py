"""Which side held each settlement on two dates, as the ground says."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.names import Bools

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
        population=number,
        day=places.get("date", 0),
        x=places.geometry.x,
        y=places.geometry.y,
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
