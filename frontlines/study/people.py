"""What is put on record of places and people, for captions and for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, Protocol

import geopandas as gpd
import pandas as pd

from frontlines.change import PopulationRaster
from frontlines.change.settlements import people_by_ground, population_by_district, settlements_by_side
from frontlines.errors import SourceError
from frontlines.names import KM2, UNKNOWN, WHOLE, somebody
from frontlines.series import FollowedPlaces, follow_places, people_in_series

_NOTHING = 1e-6  # share of the districts below which a raster does not show them
_MOST_BARE = 0.5  # a district of which more than this share has no value is named


class _StudyLike(Protocol):
    """What is asked of a study."""

    @property
    def followed(self) -> tuple[str, ...]: ...
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
    first = somebody(study.followed)
    sides = [*first, *sorted({*change["side_from"], *change["side_to"]} - {*first, UNKNOWN})]
    people = [population_by_district(rows, sides, source=source) for source, rows in by_source.items()]
    return places, pd.concat(people, ignore_index=True) if people else None


def follow_settlements(
    control: gpd.GeoDataFrame,
    settlements: gpd.GeoDataFrame | None,
    districts: gpd.GeoDataFrame,
    steps: tuple[str | None, int | None],
    asked: Mapping[str, Any],
) -> tuple[FollowedPlaces | None, pd.DataFrame | None, dict[str, Any]]:
    """Follow the settlements, if there are any, and list what changed hands in each step; both on record."""
    if settlements is None:
        return None, None, {}
    places = follow_places(control, settlements, districts, **asked)
    changes = pd.DataFrame(places.changes(*steps).drop(columns="geometry"))
    return places, changes, places_record(changes, places.places) | dict(asked)


def people_of_sides(
    places: FollowedPlaces | None,
    ground: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame],
    sides: Sequence[str],
    raster: PopulationRaster | None,
    steps: Mapping[str, Any],
) -> pd.DataFrame | None:
    """Count the people of each side step by step, in places and on its `ground` (control, districts)."""
    found: list[pd.DataFrame | None] = []
    if places is not None:
        found += [places.population(side, steps["freq"], steps["day"]) for side in somebody(sides)]
    if raster is not None:
        found += [people_in_series(*ground, side, raster, **steps) for side in somebody(sides)]
    tables = [table for table in found if table is not None]
    return pd.concat(tables, ignore_index=True) if tables else None


def places_record(places: pd.DataFrame, every: pd.DataFrame) -> dict[str, Any]:
    """Sum up a table of settlements, and all of them: how many there are, changed hands, and are unsure."""
    moved = places[places["changed"]]
    return {
        "number": len(every),
        "outside": int(every["district"].isna().sum()),
        "changes": len(moved),
        "unsure": int(places["unsure"].sum()) if "unsure" in places else None,
        "in_no_district": int(moved["district"].isna().sum()),
    }


def people_record(
    population: pd.DataFrame | None,
    sides: Sequence[str],
    raster: PopulationRaster | None,
    districts: gpd.GeoDataFrame,
) -> list[dict[str, Any]]:
    """Sum up the people of each side, by source: before the first step, after the last, gained and lost."""
    if population is None:
        return []
    covered = {} if raster is None else _coverage(raster, districts)
    whole, records = population[population["district"] == WHOLE], []
    for source, side in product(sorted(set(whole["source"])), somebody(sides)):
        rows = whole[(whole["source"] == source) & (whole["side"] == side)]
        record: dict[str, Any] = {
            "source": str(source),
            "side": side,
            "before": float(rows["population_before"].iloc[0]),
            "after": float(rows["population_after"].iloc[-1]),
            **{name: float(rows[f"population_{name}"].sum()) for name in ("gained", "lost")},
        }
        if source == "places":
            record["places_without_population"] = int(rows["places_without_population"].iloc[0])
        elif raster is not None:
            record |= {"per": raster.per, "said_by": raster.said_by, **covered}
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
