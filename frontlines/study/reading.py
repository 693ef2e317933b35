"""The layers of one study: each file read once, checked, and in one working CRS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from frontlines.control import control_from_lines, control_from_settlements
from frontlines.crs import polygons_of, project, working_crs
from frontlines.errors import FrontlinesError, LayerError
from frontlines.layers import (
    as_control,
    as_districts,
    as_frontlines,
    as_settlements,
    as_theatre,
    days_of,
)
from frontlines.manifest import places_sentence
from frontlines.names import BORDER_M, CORRELATION_M, SLIVER_M, SNAP_M, UNKNOWN, counted
from frontlines.sources.description import is_of_lines, require_likely_days
from frontlines.sources.files import Reading, day_in_name, fill_in, without_labels
from frontlines.sources.snapshots import PLAIN, read_snapshots
from frontlines.study.compare import Study

_Kind = Literal["lines", "points", "polygons"]

_SHOWN = 3


@dataclass
class StudyLayers:
    """Reads and checks the layers of one study, each file once, all in one working CRS."""

    reading: Reading
    districts_path: Path
    theatre_path: Path | None
    key: str
    side: str | Sequence[str] | None
    rest: str = UNKNOWN
    mend: bool = False
    source: str | None = None
    reach_m: float | None = None  # how far a place's side holds the ground
    outline: bool = True  # whether there is to be a theatre at all
    crs: CRS = field(init=False)
    theatre: gpd.GeoDataFrame = field(init=False)
    districts: gpd.GeoDataFrame = field(init=False)

    def __post_init__(self) -> None:
        """Read districts and theatre, on which the working CRS is centred."""
        path, edge = self.districts_path, self.theatre_path
        raw = without_labels(self.reading.layer(path, "districts"), path, self.reading.notes)
        _require_key(raw, self.key, path)
        raw = fill_in(raw, vintage=path.name)
        outline = raw if edge is None else self.reading.layer(edge, "theatre")
        with naming(edge or path):
            self.crs = working_crs(outline)
        if edge is not None:
            with naming(edge):
                self.theatre = as_theatre(outline, self.crs, mend=self.mend)
        with naming(path):
            theatre = None if edge is None else self.theatre
            self.districts = as_districts(
                raw, self.crs, key=self.key, theatre=theatre, mend=self.mend,
                dissolve=self.reading.description.dissolve,
            )  # fmt: skip
        if edge is None and self.outline:
            self.theatre = self.all_districts()

    @property
    def whose(self) -> str | None:
        """Who holds all ground of a file that names no side; None where several sides are asked for."""
        sides = [self.side] if isinstance(self.side, str) else list(self.side or ())
        return sides[0] if len(sides) == 1 else None

    def all_districts(self) -> gpd.GeoDataFrame:
        """Join the districts, as the theatre where none is given."""
        joined = polygons_of(np.array([shapely.union_all(self.districts.geometry.values)]))
        return gpd.GeoDataFrame(geometry=joined, crs=self.crs)

    def raw(
        self, path: Path, role: str, day: str | None = None, among: Sequence[Path] = ()
    ) -> gpd.GeoDataFrame:
        """Read polygons or lines, and fill in what the file leaves unsaid."""
        return self.reading.front(path, role, date=day, side=self.whose, source=self.source, among=among)

    def raw_of_days(self, path: Path, role: str, days: Sequence[str]) -> gpd.GeoDataFrame:
        """Read a file of many days; where its rows hold from day to day, those of each day."""
        description = self.reading.description
        if not (description.valid_from or description.valid_to):
            return self.raw(path, role)
        parts = [self.raw(path, role, day) for day in days]
        return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True))

    def as_read(self) -> dict[str, Any]:
        """Record how the layers were read, where options say so."""
        said = {name: value for name, value in asdict(self.reading.description).items() if value}
        if "where" in said:
            said["where"] = {column: list(values) for column, values in said["where"].items()}
        return {"described": said} if said else {}

    def front(self, raw: gpd.GeoDataFrame, path: Path, kind: _Kind) -> gpd.GeoDataFrame:
        """Check the lines or polygons of a file; places are turned into polygons."""
        with naming(path):
            if kind == "points":
                return self.from_places(raw)
            if kind == "lines":
                return as_frontlines(raw, self.crs, mend=self.mend)
            return as_control(raw, self.crs, theatre=self.theatre, rest=self.rest, mend=self.mend)

    def many(self, path: Path, role: str, day: str | None, written: str) -> gpd.GeoDataFrame:
        """Read all days of one file or folder; `day` is that of a file that says none."""
        if written == PLAIN and not path.is_dir():
            return self.raw(path, role, day)
        return read_snapshots(path, self.reading, side=self.whose, written=written)

    def polygons(self, raw: gpd.GeoDataFrame, path: Path, snap_m: float) -> gpd.GeoDataFrame:
        """Check polygons, lines or places of a file, as polygons that fill the theatre."""
        kind = kind_of(raw)
        front = self.front(raw, path, kind)
        if kind != "lines":
            return front
        with naming(path):
            return control_from_lines(front, self.theatre, snap_m=snap_m)

    def from_places(self, raw: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Give each point of the theatre to the nearest place; places may share a name."""
        if self.reach_m is None:
            raise LayerError(
                "these are points: give reach_m=..., how far from a place its side still holds the ground "
                f"[m]; ground farther than that from every place is {UNKNOWN}"
            )
        columns = {str(column).strip().lower(): column for column in raw.columns}
        numbers = pd.Series(range(len(raw)), index=raw.index).astype(str)
        named = raw.drop(columns=[columns["name"]]) if "name" in columns else raw
        places = as_settlements(named.assign(name=numbers), self.crs, unlocated="drop")
        if "name" in columns:
            places = places.assign(name=raw[columns["name"]].astype(str))
        return control_from_settlements(places, self.theatre, reach_m=self.reach_m)

    def fronts(
        self, paths: Sequence[Path], days: tuple[str | None, str | None]
    ) -> tuple[gpd.GeoDataFrame, list[pd.Timestamp]]:
        """Read lines or polygons of two files and those between them, as one frame; give the two days."""
        last = len(paths) - 1
        parts: list[gpd.GeoDataFrame] = []
        kinds: list[_Kind] = []
        held: dict[str, Any] = {}
        for number, path in enumerate(paths):
            role = "before" if number == 0 else "after" if number == last else "between"
            day = days[0] if number == 0 else days[1] if number == last else None
            raw = self.raw(path, role, day, paths)
            if raw.empty:
                raw = self._nobody(day or day_in_name(path), path)
            raw = _on_day(raw, day, path, several=role == "between")
            held[path.name] = raw["date"]
            kinds.append(kind_of(raw))
            parts.append(self.front(raw, path, kinds[-1]))
        self.reading.require_sides(", ".join(dict.fromkeys(path.name for path in paths)))
        require_likely_days(held, self.reading.description)
        for path, kind in zip(paths, kinds, strict=True):
            if kind != kinds[0]:
                both = f"{paths[0].name} holds {kinds[0]} and {path.name} {kind}"
                raise LayerError(f"{both}: give polygons alone or lines alone")
        _require_order(parts, paths)
        named = [
            part.set_axis([f"{row} of {path.name}" for row in part.index])
            for part, path in zip(parts, paths, strict=True)
        ]  # fmt: skip
        joined = gpd.GeoDataFrame(pd.concat(named), geometry="geometry", crs=self.crs)
        if not joined.index.is_unique:
            joined = joined.reset_index(drop=True)
        return joined, [pd.Timestamp(part["date"].iloc[0]) for part in (parts[0], parts[-1])]

    def _nobody(self, day: str | None, path: Path) -> gpd.GeoDataFrame:
        """Make the frame of a day on which a file shows no ground at all."""
        if day is None:
            raise LayerError(f"{path.name} holds no row, and no day is in its name: say which day it shows")
        held = {"date": [day], "side": [self.rest], "source": [path.name]}
        return gpd.GeoDataFrame(held, geometry=list(self.theatre.geometry), crs=self.crs)

    def settlements(self, path: Path | None) -> gpd.GeoDataFrame | None:
        """Read settlements; those without a place are left out."""
        if path is None:
            return None
        with naming(path):
            return as_settlements(self.reading.layer(path, "settlements"), self.crs, unlocated="drop")

    def context(self, path: Path | None) -> gpd.GeoDataFrame | None:
        """Read the neighbouring countries and old boundaries of the map."""
        if path is None:
            return None
        raw = self.reading.layer(path, "context")
        absent = [column for column in ("kind", "name") if column not in raw]
        if absent:
            raise LayerError(
                f"{path.name} has no column {' and '.join(absent)}: the map tells its rows by them"
            )
        with naming(path):
            return project(raw, self.crs)

    def study(
        self,
        *,
        front: gpd.GeoDataFrame,
        dates: Sequence[pd.Timestamp],
        method: Mapping[str, Any],
        roles: tuple[str, ...],
        **about: Any,
    ) -> Study:
        """Put everything into a study; `roles` order the files in its record."""
        drawn, sigma_m, margin_m = "side_left" in front, method.get("sigma_m"), method.get("margin_m")
        asked = {"key": self.key, "rest": self.rest, "mend": self.mend}
        asked |= {"read_as_ground_of_side": self.reading.bare, "notes": self.reading.notes}
        asked |= self.as_read()
        if not drawn and "places" in front:
            asked["reach_m"] = self.reach_m
            about["notes"] = (*about.get("notes", ()), *places_sentence(self.reach_m))
        return Study(
            side=self.side,
            dates=(dates[0], dates[1]),
            crs=self.crs,
            theatre=self.theatre,
            districts=self.districts,
            frontlines=front if drawn else None,
            control=None if drawn else front,
            snap_m=float(method.get("snap_m", SNAP_M)),
            sliver_m=float(method.get("sliver_m", SLIVER_M)),
            border_m=float(method.get("border_m", BORDER_M)),
            margin_m=None if margin_m is None else float(margin_m),
            sigma_m=None if sigma_m is None else float(sigma_m),
            correlation_m=float(method.get("correlation_m", CORRELATION_M)),
            draws=method.get("draws", 0),
            parameters=asked,
            inputs=self.reading.inputs(*roles),
            **about,
        )


def kind_of(raw: gpd.GeoDataFrame) -> _Kind:
    """Tell lines, points and polygons apart by their columns and geometry."""
    if set(raw.geom_type.dropna()) == {"Point"}:
        return "points"
    return "lines" if is_of_lines(raw) else "polygons"


def ground_kind(raw: gpd.GeoDataFrame) -> _Kind:
    """Tell whether a layer of control holds places or polygons."""
    return "points" if kind_of(raw) == "points" else "polygons"


def _on_day(raw: gpd.GeoDataFrame, day: str | None, path: Path, *, several: bool) -> gpd.GeoDataFrame:
    """Pick the rows of one day, or of all if there may be `several`; without a day there must be only one."""
    dates = days_of(raw)
    if dates is None:
        raise LayerError(f"{path.name} has no column 'date' and no day in its name: say which day it shows")
    held = sorted(dates.dropna().unique())
    wanted = pd.Timestamp(day) if day else held[0] if len(held) == 1 else None
    if several and held:
        return raw
    if wanted is None or wanted not in held:
        listed = ", ".join(f"{one:%Y-%m-%d}" for one in held[:_SHOWN]) or "none"
        last = f" … {held[-1]:%Y-%m-%d}" if len(held) > _SHOWN else ""
        wish = f", not {day}" if day else ""
        raise LayerError(
            f"{path.name} holds {counted(len(held), 'day')} ({listed}{last}){wish}: say which one to take"
        )
    return raw[(dates == wanted) | dates.isna()]


def _require_order(parts: Sequence[gpd.GeoDataFrame], paths: Sequence[Path]) -> None:
    """Refuse files that are not in the order of their dates."""
    for (part, path), (later, next_path) in pairwise(zip(parts, paths, strict=True)):
        day, next_day = part["date"].max(), later["date"].min()
        if not day < next_day:
            raise LayerError(
                f"{path.name} shows {day:%Y-%m-%d} and {next_path.name} {next_day:%Y-%m-%d}: "
                "give the earlier day first, and two different days"
            )


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Put the file's name before whatever is wrong with it."""
    try:
        yield
    except LayerError as error:
        raise LayerError(f"{path.name}: {error}", error.faults) from error
    except FrontlinesError as error:
        raise type(error)(f"{path.name}: {error}") from error


def _require_key(districts: gpd.GeoDataFrame, key: str, path: Path) -> None:
    """Refuse a column that the districts do not have, rather than take another one."""
    columns = [str(column) for column in districts.columns if column != districts.geometry.name]
    if key.lower() not in (column.lower() for column in columns):
        raise LayerError(
            f"{path.name} has no column {key!r}: name the districts by one of {', '.join(columns) or 'none'}"
        )
