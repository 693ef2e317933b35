"""Which side held each settlement on two dates, as the ground says."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

COLUMNS = ["name", "district", "date_from", "date_to", "side_from", "side_to"]


def settlements_by_side(
    change: gpd.GeoDataFrame, settlements: gpd.GeoDataFrame, districts: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Look up who held the ground of each settlement on two dates.

    Parameters
    ----------
    change
        From `change_between`: one pair of dates, in the working CRS.
    settlements
        Points with `name`, in the same CRS (from `as_settlements`); listed on several dates it counts once.
    districts
        Polygons with `district`, in the same CRS (from `as_districts`).

    Returns
    -------
    places
        A row a place, sorted by name: `name`, `district`, `date_from`, `date_to`, `side_from`, `side_to`;
        blank where it lies in no ground. A place on a border counts to the first of its neighbours.

    Examples
    --------
    >>> from shapely import Point, box
    >>> change = gpd.GeoDataFrame(
    ...     {"date_from": ["1994-04-07"], "date_to": ["1994-05-12"], "side_from": ["A"], "side_to": ["B"]},
    ...     geometry=[box(0, 0, 2, 2)], crs="EPSG:3035")
    >>> places = gpd.GeoDataFrame({"name": ["Talış"]}, geometry=[Point(1, 1)], crs="EPSG:3035")
    >>> districts = gpd.GeoDataFrame({"district": ["D"]}, geometry=[box(0, 0, 2, 2)], crs="EPSG:3035")
    >>> held = settlements_by_side(change, places, districts)
    >>> held[["name", "district", "side_from", "side_to"]].values.tolist()
    [['Talış', 'D', 'A', 'B']]
    """
    places = settlements[["name", "geometry"]]
    places = places[~places.geometry.is_empty & places.geometry.notna()]
    places = places[~pd.DataFrame({"name": places["name"], "at": places.geometry.to_wkb()}).duplicated()]
    for frame, columns in ((change, COLUMNS[2:]), (districts, ["district"])):
        joined = places.sjoin(frame[[*columns, "geometry"]], how="left", predicate="intersects")
        places = joined[~joined.index.duplicated()].drop(columns="index_right")
    return pd.DataFrame(places)[COLUMNS].sort_values("name", kind="stable", ignore_index=True)
