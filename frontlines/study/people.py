"""What is put on record of places and people, for captions and for the terminal."""

from __future__ import annotations

from typing import Any, Protocol

import geopandas as gpd
import pandas as pd

from frontlines.change import (
    PopulationRaster,
    people_by_ground,
    population_by_district,
    settlements_by_side,
)
from frontlines.errors import SourceError
from frontlines.names import KM2, UNKNOWN, WHOLE

_NOTHING = 1e-6  # share of the districts below which a raster does not show them
_MOST_BARE = 0.5  # a district of which more than this share has no value is named


class _StudyLike(Protocol):
    """What is asked of a study."""

    @property
    def side(self) -> str: ...
    @property
    def districts(self) -> gpd.GeoDataFrame: ...
    @property
    def settlements(self) -> gpd.GeoDataFrame | None: ...
    @property
    def population(self) -> PopulationRaster | None: ...


def places_and_people(
    study: _StudyLike, change: gpd.GeoDataFrame, lines: gpd.GeoDataFrame
) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """Look up who held the settlements, and how many people lived there and on the ground, if known."""
    places, by_source = None, dict[str, pd.DataFrame]()
    if study.settlements is not None:
        places = settlements_by_side(change, study.settlements, study.districts, lines)
        by_source |= {"places": places} if "population" in places else {}
    if study.population is not None:
        by_source["raster"] = people_by_ground(change, study.districts, study.population)
    sides = [study.side, *sorted({*change["side_from"], *change["side_to"]} - {study.side, UNKNOWN})]
    people = [
        population_by_district(rows, side, source=source)
        for source, rows in by_source.items()
        for side in sides
    ]
    return places, pd.concat(people, ignore_index=True) if people else None


_COUNTS = ("gained", "lost")


def places_record(places: pd.DataFrame, number: int) -> dict[str, Any]:
    """Sum up a table of settlements: how many there are, changed hands, and are unsure."""
    moved = places[places["changed"]]
    return {
        "number": number,
        "changes": len(moved),
        "unsure": int(places["unsure"].sum()) if "unsure" in places else None,
        "in_no_district": int(moved["district"].isna().sum()),
    }


def people_record(
    population: pd.DataFrame | None,
    side: str,
    raster: PopulationRaster | None,
    districts: gpd.GeoDataFrame,
) -> list[dict[str, Any]]:
    """Sum up the people of a side, by source: before the first step and after the last, gained and lost."""
    if population is None:
        return []
    whole = population[(population["district"] == WHOLE) & (population["side"] == side)]
    records = []
    for source, rows in whole.groupby("source", sort=True):
        record: dict[str, Any] = {
            "source": str(source),
            "side": side,
            "before": float(rows["population_before"].iloc[0]),
            "after": float(rows["population_after"].iloc[-1]),
            **{name: float(rows[f"population_{name}"].sum()) for name in _COUNTS},
        }
        if source == "places":
            record["places_without_population"] = int(rows["places_without_population"].iloc[0])
        elif raster is not None:
            record |= {"per": raster.per, "said_by": raster.said_by, **_coverage(raster, districts)}
        records.append(record)
    return records


def _coverage(raster: PopulationRaster, districts: gpd.GeoDataFrame) -> dict[str, Any]:
    """Tell what share of the districts has no value in the raster; refuse one that has none there."""
    people, km2 = raster.people(districts), districts.area / KM2
    without = float(people["without_km2"].sum() / km2.sum())
    bare = districts["district"][people["without_km2"] > _MOST_BARE * km2]
    if without > 1 - _NOTHING:
        raise SourceError(
            f"{raster.path} has no value anywhere in the districts: give a raster of their ground, or "
            f"look whether its CRS is right ({raster.crs.name})"
        )
    return {
        "districts_population": float(people["population"].sum()),
        "share_without_value": without,
        "districts_without_value": sorted(map(str, bare)),
    }
