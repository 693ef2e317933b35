"""From files to many days: snapshots of one source, or the days that two sources share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from frontlines.errors import LayerError
from frontlines.layers import (
    as_control,
    days_of,
)
from frontlines.layers.mending import mend_record
from frontlines.names import SNAP_M, UNKNOWN, Mend, counted, mends_of
from frontlines.sources.description import Description
from frontlines.sources.files import Layer, Reading, no_day
from frontlines.sources.population import PopulationRaster
from frontlines.sources.read_before import FILE, ReadBefore
from frontlines.sources.snapshots import odd_days, read_snapshots, stored_shapes_of
from frontlines.study.reading import StudyLayers, kind_of
from frontlines.study.snapshots import RawSnapshots
from frontlines.study.study import require_rest

_ROLES = ("first", "second")


@dataclass(frozen=True, kw_only=True, repr=False)
class Snapshots:
    """What `run_series` follows: `control` and `districts` in the working CRS, and how they were read."""

    control: gpd.GeoDataFrame | RawSnapshots  # polygons are checked stretch by stretch
    frontlines: gpd.GeoDataFrame | None  # if control was made from lines
    districts: gpd.GeoDataFrame
    settlements: gpd.GeoDataFrame | None
    population: PopulationRaster | None
    record: Mapping[str, Any]  # inputs, parameters, what is odd about the days, and sources if they are given


def snapshots_from_files(  # noqa: PLR0913 - one argument for each option of the command
    snapshots: Layer,
    *,
    districts: Layer | Sequence[Layer] = (),
    key: str,
    side: str | Sequence[str] | None = None,
    settlements: Layer | None = None,
    population: Path | None = None,
    population_per: str | None = None,
    theatre: Layer | None = None,
    named: str | None = None,
    rest: str = UNKNOWN,
    snap_m: float = SNAP_M,
    reach_m: float | None = None,
    mend: Mend = False,
    description: Description | None = None,
    before: ReadBefore | None = None,
) -> Snapshots:
    """Read many snapshots and the districts; both are checked."""
    reading = Reading(description=description)
    paths = reading.paths_of(
        snapshots=snapshots, districts=districts, theatre=theatre, settlements=settlements
    )
    (source,) = paths["snapshots"]
    layers = StudyLayers(
        reading, paths["districts"], next(iter(paths["theatre"]), None),
        key=key, side=side, rest=rest, mend=mend, reach_m=reach_m, snap_m=snap_m, outline=False,
    )  # fmt: skip
    shapes = stored_shapes_of(source, layers.reading)
    raw = read_snapshots(
        source, layers.reading, side=layers.whose, named=named, nobody=layers.nobody, before=before
    )
    shapes = shapes if shapes is not None and shapes.ROW in raw else None
    layers.reading.require_sides(source.name)
    asked: dict[str, Any] = {"key": key, "mend": mend_record(mend), "source": named}
    kind, lines, bare = kind_of(raw), None, raw.drop(columns=FILE, errors="ignore")
    layers.require_lines([source], [kind])
    control: Any = None
    if kind == "polygons":
        if side is not None or "overlaps" not in mends_of(mend):  # else the door may find another side
            control = RawSnapshots.of_frame(
                raw, layers.crs, mend, shapes, partial(layers.refusing, raw, source)
            )
        if control is None:
            with layers.refusing(raw, source):
                control = as_control(bare if shapes is None else shapes.put_into(bare), layers.crs, mend=mend)
    else:
        if theatre is None:
            layers.theatre = layers.all_districts()
        control, lines = layers.polygons_and_lines(bare, source)
        asked |= {"reach_m": reach_m} if kind == "points" else {"snap_m": snap_m}
    places = layers.settlements(next(iter(paths["settlements"]), None))
    people = layers.reading.population(population, population_per)
    record = {
        "inputs": layers.reading.inputs("districts", "theatre", "snapshots"),
        "parameters": asked | layers.as_read(),
        "ends_led": {} if isinstance(control, RawSnapshots) else control.attrs.get("ends_led", {}),
        "sources": [named] if named else [],
        "odd": [] if isinstance(control, RawSnapshots) else odd_days(raw),
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
class SeveralSources:
    """What is compared, on the days that all sources have, and how it was read."""

    control: Sequence[gpd.GeoDataFrame]  # of each source
    theatre: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    names: tuple[str, ...]
    record: Mapping[str, Any]  # inputs and parameters


def sources_from_files(  # noqa: PLR0913 - one argument for each option of the command
    sources: Sequence[Layer],
    *,
    districts: Layer | Sequence[Layer] = (),
    key: str,
    side: str,
    theatre: Layer | None = None,
    dates: Sequence[str] = (),
    publishers: Sequence[str | None] = (),
    named: Sequence[str] = (),
    rest: str = UNKNOWN,
    snap_m: float = SNAP_M,
    reach_m: float | None = None,
    mend: Mend = False,
    description: Description | None = None,
) -> SeveralSources:
    """Read sources, each a file or a folder of polygons, lines or places, on the days that all have.

    Without `dates` on every such day, else on these, or on the only one.
    """
    require_rest(rest)
    reading = Reading(description=description)
    given = reading.paths_of(source=sources, districts=districts, theatre=theatre)
    paths = given["source"]
    layers = StudyLayers(
        reading, given["districts"], next(iter(given["theatre"]), None),
        key=key, side=side, rest=rest, mend=mend, reach_m=reach_m, snap_m=snap_m,
    )  # fmt: skip
    roles = _ROLES if len(paths) == len(_ROLES) else [f"source {n + 1}" for n in range(len(paths))]
    publishers = publishers or [None] * len(paths)
    day = dates[0] if len(dates) == 1 else None
    raws = [
        layers.many(path, role, day, publisher)
        for path, role, publisher in zip(paths, roles, publishers, strict=True)
    ]
    layers.reading.require_sides(", ".join(path.name for path in paths))
    layers.require_lines(paths, [kind_of(raw) for raw in raws])
    days = [_every_day(raw, path) for raw, path in zip(raws, paths, strict=True)]
    shared = _shared_days(days, paths, dates)
    control = [
        layers.polygons(raw[held.isin(shared)], path)
        for raw, held, path in zip(raws, days, paths, strict=True)
    ]
    asked: dict[str, Any] = {"key": key, "rest": rest, "mend": mend_record(mend), "snap_m": snap_m}
    asked |= {"reach_m": reach_m if any("places" in one for one in control) else None}
    asked |= {"publishers": list(publishers), "notes": layers.reading.notes}
    asked |= layers.as_read()
    asked |= {"date": day} if len(dates) < 2 else {"dates": list(dates)}  # noqa: PLR2004 - from one to another
    asked |= {"read_as_ground_of_side": layers.reading.bare}
    inputs = layers.reading.inputs(*roles, "districts")
    return SeveralSources(
        control=control,
        theatre=layers.theatre,
        districts=layers.districts,
        names=_names(paths, named),
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


def _shared_days(days: Sequence[pd.Series[Any]], paths: Sequence[Path], dates: Sequence[str]) -> set[Any]:
    """Find the days that all sources have, or those that are wanted of them."""
    wanted = {pd.Timestamp(day) for day in dates}
    shared = set.intersection(*(set(held.dropna()) for held in days))
    shared = shared & wanted if wanted else shared
    if shared and len(shared) >= len(wanted):
        return shared
    held = " and ".join(
        f"{path.name} holds {counted(own.nunique(), 'day')} ({own.min():%Y-%m-%d} to {own.max():%Y-%m-%d})"
        for own, path in zip(days, paths, strict=True)
    )
    absent = " and ".join(f"{day:%Y-%m-%d}" for day in sorted(wanted - shared))
    asked = f", asked for with date='{dates[0]}'" if len(dates) == 1 else ""
    every = "both" if len(paths) == len(_ROLES) else "all"
    what = f"not {every} sources hold {absent}{asked}" if wanted else "the sources have no day in common"
    raise LayerError(f"{what}: {held}; sources are compared on the same day, and days are not shifted")


def _names(paths: Sequence[Path], named: Sequence[str]) -> tuple[str, ...]:
    """Say what to call sources: as they are named, else by their files, if need be with the folder."""
    names = list(named) or [path.stem for path in paths]
    if len(set(names)) < len(names):
        names = [f"{path.absolute().parent.name}/{path.name}" for path in paths]
    if len(set(names)) < len(names):
        words = _ROLES if len(paths) == len(_ROLES) else range(1, len(paths) + 1)
        names = [f"{name} ({word})" for name, word in zip(names, words, strict=True)]
    return tuple(names)
