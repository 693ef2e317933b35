"""Which side held each settlement on two dates, as the ground says, and how many people lived there."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.names import WHOLE, Bools

COLUMNS = ["name", "district", "date_from", "date_to", "side_from", "side_to", "changed"]


def settlements_by_side(
    change: gpd.GeoDataFrame,
    settlements: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    frontlines: gpd.GeoDataFrame | None = None,
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
    frontlines
        Lines of both dates with `sigma_m` [m], in the same CRS, to find the places that are unsure; or None.

    Returns
    -------
    places
        A row a place, sorted by name: `name`, `district`, `date_from`, `date_to`, `side_from`, `side_to`
        (blank where it lies in no ground), `changed`; with lines `unsure`: nearer to a line than the
        line's `sigma_m`; and `population` if the settlements have it. A place on a border counts to the
        first of its neighbours.

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
    people = [column for column in settlements if str(column).strip().lower() == "population"][:1]
    places = settlements[["name", *people, "geometry"]].rename(columns=dict.fromkeys(people, "population"))
    places = places[~places.geometry.is_empty & places.geometry.notna()]
    places = places[~pd.DataFrame({"name": places["name"], "at": places.geometry.to_wkb()}).duplicated()]
    for frame, columns in ((change, COLUMNS[2:6]), (districts, ["district"])):
        joined = places.sjoin(frame[[*columns, "geometry"]], how="left", predicate="intersects")
        places = joined[~joined.index.duplicated()].drop(columns="index_right")
    known = places[["side_from", "side_to"]].notna().all(axis=1)
    places = places.assign(changed=known & (places["side_from"] != places["side_to"]))
    columns = list(COLUMNS)
    if frontlines is not None:
        places = places.assign(unsure=_within_sigma(places, frontlines))
        columns.append("unsure")
    if people:
        places = places.assign(population=pd.to_numeric(places["population"], errors="coerce"))
        columns.append("population")
    return pd.DataFrame(places)[columns].sort_values("name", kind="stable", ignore_index=True)


def _within_sigma(places: gpd.GeoDataFrame, lines: gpd.GeoDataFrame) -> Bools:
    """Find the places that lie nearer to some line than its own standard error."""
    reach_m = lines["sigma_m"].fillna(0.0).to_numpy(dtype=float)
    points, shapes = places.geometry.to_numpy(), lines.geometry.to_numpy()
    unsure = np.zeros(len(points), dtype=bool)
    if len(shapes):
        found = shapely.STRtree(points).query(shapes, predicate="dwithin", distance=reach_m)
        unsure[found[1]] = True
    return unsure


def population_by_district(places: pd.DataFrame, side: str | Sequence[str]) -> pd.DataFrame:
    """Count the people of the places that a side, or each of several, held, gained and lost.

    Parameters
    ----------
    places
        From `settlements_by_side`, with `population`.
    side
        The side whose gains are positive, or several of them.

    Returns
    -------
    people
        A row a side and district that has places, and one for ``all districts``: `district`, `side`,
        `population_before`, `population_after`, `population_gained`, `population_lost`,
        `population_unsure` (of places within the error of a line), `places_gained`, `places_lost`,
        `places_without_population`, which count as zero.

    Examples
    --------
    >>> places = pd.DataFrame({
    ...     "district": "D", "side_from": ["A", "B"], "side_to": ["A", "A"], "population": [50.0, 20.0]})
    >>> population_by_district(places, "A")[["population_before", "population_after"]].values.tolist()
    [[50.0, 70.0], [50.0, 70.0]]
    """
    if not isinstance(side, str):
        return pd.concat([population_by_district(places, one) for one in side], ignore_index=True)
    people = places["population"].fillna(0.0)
    before, after = places["side_from"] == side, places["side_to"] == side
    unsure = places.get("unsure", pd.Series(False, index=places.index))
    counted = pd.DataFrame(
        {
            "district": places["district"],
            "population_before": people * before,
            "population_after": people * after,
            "population_gained": people * (after & ~before),
            "population_lost": people * (before & ~after),
            "population_unsure": people * unsure,
            "places_gained": (after & ~before).astype(int),
            "places_lost": (before & ~after).astype(int),
            "places_without_population": places["population"].isna().astype(int),
        }
    )
    whole = counted.assign(district=WHOLE).groupby("district").sum()
    table = pd.concat([counted.groupby("district", sort=True).sum(), whole]).reset_index()
    table.insert(1, "side", side)
    return table
