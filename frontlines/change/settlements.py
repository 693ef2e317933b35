"""Which side held each settlement on two dates, as the ground says."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

COLUMNS = ["name", "district", "date_from", "date_to", "side_from", "side_to"]


def settlements_by_side(
    change: gpd.GeoDataFrame, settlements: gpd.GeoDataFrame, districts: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Look up who held the ground of each settlement before and after; blank where it lies in no ground.

    `change` is of one pair of dates, all frames are in one CRS. A settlement is one row, sorted by name,
    however many dates it is listed on; on a border it counts to the first of its neighbours.
    """
    places = settlements[["name", "geometry"]]
    places = places[~places.geometry.is_empty & places.geometry.notna()]
    places = places[~pd.DataFrame({"name": places["name"], "at": places.geometry.to_wkb()}).duplicated()]
    for frame, columns in ((change, COLUMNS[2:]), (districts, ["district"])):
        joined = places.sjoin(frame[[*columns, "geometry"]], how="left", predicate="intersects")
        places = joined[~joined.index.duplicated()].drop(columns="index_right")
    return pd.DataFrame(places)[COLUMNS].sort_values("name", kind="stable", ignore_index=True)
