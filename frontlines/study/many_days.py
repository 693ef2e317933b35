"""From files to many days: snapshots of one source, or the days that two sources share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from frontlines.errors import LayerError
from frontlines.layers import (
    as_control,
    days_of,
)
from frontlines.layers.mending import Mend, mend_record
from frontlines.names import SNAP_M, UNKNOWN, counted
from frontlines.sources.description import Description
from frontlines.sources.files import Reading, no_day
from frontlines.sources.population import PopulationRaster
from frontlines.sources.snapshots import odd_days, read_snapshots
from frontlines.study.reading import StudyLayers, kind_of, naming


@dataclass(frozen=True, kw_only=True, repr=False)
class Snapshots:
    """What `run_series` follows: `control` and `districts` in the working CRS, and how they were read."""

    control: gpd.GeoDataFrame
    frontlines: gpd.GeoDataFrame | None  # if control was made from lines
    districts: gpd.GeoDataFrame
    settlements: gpd.GeoDataFrame | None
    population: PopulationRaster | None
    record: Mapping[str, Any]  # inputs, parameters, what is odd about the days, and sources if they are given


def snapshots_from_files(  # noqa: PLR0913 - one argument for each option of the command
    source: Path,
    *,
    districts: Sequence[Path] = (),
    key: str,
    side: str | Sequence[str] | None = None,
    settlements: Path | None = None,
    population: Path | None = None,
    population_per: str | None = None,
    theatre: Path | None = None,
    named: str | None = None,
    snap_m: float = SNAP_M,
    reach_m: float | None = None,
    mend: Mend = False,
    description: Description | None = None,
) -> Snapshots:
    """Read many snapshots and the districts; both are checked."""
    layers = StudyLayers(
        Reading(description=description), districts, theatre,
        key=key, side=side, mend=mend, reach_m=reach_m, snap_m=snap_m, outline=False,
    )  # fmt: skip
    raw = read_snapshots(source, layers.reading, side=layers.whose, named=named)
    layers.reading.require_sides(source.name)
    asked: dict[str, Any] = {"key": key, "mend": mend_record(mend), "source": named}
    kind, lines = kind_of(raw), None
    layers.require_lines([source], [kind])
    if kind == "polygons":
        with naming(source), layers.spans_named(raw, source):
            control = as_control(raw, layers.crs, mend=mend)
    else:
        if theatre is None:
            layers.theatre = layers.all_districts()
        control, lines = layers.polygons_and_lines(raw, source)
        asked |= {"reach_m": reach_m} if kind == "points" else {"snap_m": snap_m}
    places = layers.settlements(settlements)
    people = layers.reading.population(population, population_per)
    record = {
        "inputs": layers.reading.inputs("districts", "theatre", "snapshots"),
        "parameters": asked | layers.as_read(),
        "ends_led": control.attrs.get("ends_led", {}),
        "sources": [named] if named else [],
        "odd": odd_days(raw),
        "notes": layers.reading.notes,
    }
    return Snapshots(
        control=control,
        frontlines=lines,
        districts=layers.districts,
        settlements=places,
        population=people,
        record=record,
    )


@dataclass(frozen=True, kw_only=True, repr=False)
class TwoSources:
    """What `run_agreement` compares, on the days that both have, and how it was read."""

    first: gpd.GeoDataFrame
    second: gpd.GeoDataFrame
    theatre: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    names: tuple[str, str]
    record: Mapping[str, Any]  # inputs and parameters


def two_sources_from_files(  # noqa: PLR0913 - one argument for each option of the command
    first: Path,
    second: Path,
    *,
    districts: Sequence[Path] = (),
    key: str,
    side: str,
    theatre: Path | None = None,
    day: str | None = None,
    publishers: Sequence[str | None] = (None, None),
    named: Sequence[str] = (),
    rest: str = UNKNOWN,
    snap_m: float = SNAP_M,
    reach_m: float | None = None,
    mend: Mend = False,
    description: Description | None = None,
) -> TwoSources:
    """Read two sources, each a file or a folder of polygons, lines or places, on the days that both have."""
    layers = StudyLayers(
        Reading(description=description), districts, theatre,
        key=key, side=side, rest=rest, mend=mend, reach_m=reach_m, snap_m=snap_m,
    )  # fmt: skip
    paths = (first, second)
    raws = [
        layers.many(path, role, day, publisher)
        for path, role, publisher in zip(paths, ("first", "second"), publishers, strict=True)
    ]
    layers.reading.require_sides(f"{first.name}, {second.name}")
    layers.require_lines(paths, [kind_of(raw) for raw in raws])
    days = [_every_day(raw, path) for raw, path in zip(raws, paths, strict=True)]
    shared = _shared_days(days, paths, day)
    control = [
        layers.polygons(raw[held.isin(shared)], path)
        for raw, held, path in zip(raws, days, paths, strict=True)
    ]
    asked: dict[str, Any] = {"key": key, "rest": rest, "mend": mend_record(mend), "snap_m": snap_m}
    asked |= {"reach_m": reach_m if any("places" in one for one in control) else None}
    asked |= {"publishers": list(publishers), "notes": layers.reading.notes}
    asked |= layers.as_read()
    asked |= {"date": day, "read_as_ground_of_side": layers.reading.bare}
    inputs = layers.reading.inputs("first", "second", "districts")
    return TwoSources(
        first=control[0],
        second=control[1],
        theatre=layers.theatre,
        districts=layers.districts,
        names=_two_names(paths, named),
        record={"inputs": inputs, "parameters": asked, "ends_led": _ends_led(control)},
    )


def _ends_led(control: Sequence[gpd.GeoDataFrame]) -> dict[str, Any]:
    """Sum up the ends of lines that were led on in several sources."""
    led = [one.attrs["ends_led"] for one in control if "ends_led" in one.attrs]
    if not led:
        return {}
    sums = {name: sum(one[name] for one in led) for name in ("number", "sideways")}
    return sums | {"farthest_m": max(one["farthest_m"] for one in led)}


def _every_day(raw: gpd.GeoDataFrame, path: Path) -> pd.Series[Any]:
    """Give the day of each row of a source."""
    days = days_of(raw)
    if days is None:
        raise LayerError(no_day(path))
    return days


def _shared_days(days: Sequence[pd.Series[Any]], paths: Sequence[Path], day: str | None) -> set[Any]:
    """Find the days that both sources have, or the one that is wanted of them."""
    wanted = [set(held.dropna()) & ({pd.Timestamp(day)} if day else set(held.dropna())) for held in days]
    if shared := wanted[0] & wanted[1]:
        return shared
    held = " and ".join(
        f"{path.name} holds {counted(own.nunique(), 'day')} ({own.min():%Y-%m-%d} to {own.max():%Y-%m-%d})"
        for own, path in zip(days, paths, strict=True)
    )
    what = f"not both sources hold {day}" if day else "the sources have no day in common"
    raise LayerError(f"{what}: {held}; sources are compared on the same day, and days are not shifted")


def _two_names(paths: Sequence[Path], named: Sequence[str]) -> tuple[str, str]:
    """Say what to call two sources: as they are named, else by their files, if need be with the folder."""
    first, second = named or [path.stem for path in paths]
    if first == second:
        first, second = (f"{path.absolute().parent.name}/{path.name}" for path in paths)
    return (first, second) if first != second else (f"{first} (first)", f"{second} (second)")
