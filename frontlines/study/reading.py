"""The layers of one study: each file read once, checked, and in one working CRS."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from frontlines.control import control_from_lines, control_from_settlements, lines_with_sides
from frontlines.crs import polygons_of, project, working_crs
from frontlines.errors import FrontlinesError, LayerError, StudyError
from frontlines.geometry.coverage import united
from frontlines.layers import as_control, as_districts, as_frontlines, as_settlements, as_theatre, days_of
from frontlines.layers.mending import REST_SOURCE, beyond, mend_record
from frontlines.manifest import places_sentence
from frontlines.names import BORDER_M, SLIVER_M, SNAP_M, UNKNOWN, Mend, counted
from frontlines.sources.description import is_of_lines, require_likely_days, spans_named, spans_of, touching
from frontlines.sources.files import Reading, day_in_name, fill_in, no_day, own_day, together, without_labels
from frontlines.sources.snapshots import read_snapshots
from frontlines.study.study import Study

_Kind = Literal["lines", "points", "polygons"]

_SHOWN = 3
_ANY_DAY = "2000-01-01"  # of settlements that name none: no figure depends on it


@dataclass
class StudyLayers:
    """Reads and checks the layers of one study, each file once, all in one working CRS."""

    reading: Reading
    districts_paths: Sequence[Path]  # none: the theatre is one district
    theatre_path: Path | None
    key: str
    side: str | Sequence[str] | None
    rest: str = UNKNOWN
    mend: Mend = False
    source: str | None = None
    reach_m: float | None = None  # how far a place's side holds the ground
    snap_m: float = SNAP_M  # how far ends of lines are led on
    outline: bool = True  # whether there is to be a theatre at all
    beyond: list[gpd.GeoDataFrame] = field(init=False, default_factory=list)  # ground beyond the theatre
    crs: CRS = field(init=False)
    theatre: gpd.GeoDataFrame = field(init=False)
    districts: gpd.GeoDataFrame = field(init=False)

    def __post_init__(self) -> None:
        """Read districts and theatre, on which the working CRS is centred."""
        paths, edge = self.districts_paths, self.theatre_path
        if not (paths or edge):
            raise StudyError("the ground is not named: give districts and their key, or a theatre alone")
        raw = self._raw_districts(paths) if paths else None
        outline = raw if edge is None else self.reading.layer(edge, "theatre")
        with naming(*([edge] if edge else paths)):
            self.crs = working_crs(outline)
        if edge is not None:
            with naming(edge):
                self.theatre = as_theatre(outline, self.crs, mend=self.mend)
        if raw is None and edge is not None:
            if self.reading.description.dissolve:
                raise StudyError("dissolve=True joins rows of districts, and none are given: leave it out")
            one = self.theatre.assign(district=_name_of(outline, self.key, edge), vintage=edge.name)
            self.districts = as_districts(one, self.crs)
            return
        with naming(*paths):
            theatre = None if edge is None else self.theatre
            self.districts = as_districts(
                raw, self.crs, key=self.key, theatre=theatre, mend=self.mend,
                dissolve=self.reading.description.dissolve,
            )  # fmt: skip
        if edge is None and self.outline:
            self.theatre = self.all_districts()

    def _raw_districts(self, paths: Sequence[Path]) -> gpd.GeoDataFrame:
        frames = []
        for path in paths:
            frame = without_labels(self.reading.layer(path, "districts"), path, self.reading.notes)
            _require_key(frame, self.key, path)
            frames.append(fill_in(frame, vintage=path.name))
        return together(frames, paths)

    @property
    def whose(self) -> str | None:
        """Who holds all ground of a file that names no side; None where several sides are asked for."""
        sides = [self.side] if isinstance(self.side, str) else list(self.side or ())
        return sides[0] if len(sides) == 1 else None

    def all_districts(self) -> gpd.GeoDataFrame:
        """Join the districts, as the theatre where none is given."""
        joined = polygons_of(np.array([united(np.asarray(self.districts.geometry.values))]))
        return gpd.GeoDataFrame(geometry=joined, crs=self.crs)

    def raw(
        self, path: Path, role: str, day: str | None = None, among: Sequence[Path] = ()
    ) -> gpd.GeoDataFrame:
        """Read polygons or lines, and fill in what the file leaves unsaid."""
        return self.reading.front(path, role, date=day, side=self.whose, source=self.source, among=among)

    def raw_of_days(self, paths: Sequence[Path], role: str, days: Sequence[str]) -> gpd.GeoDataFrame:
        """Read files of many days; where their rows hold from day to day, those of each day."""
        description = self.reading.description
        valid = description.of_spans
        wanted = days if valid else [None]
        frames = {path: [self.raw(path, role, day, paths) for day in wanted] for path in paths}
        kinds = {path.name: kind_of(frames[path][0]) for path in paths}
        if len(set(kinds.values())) > 1:
            held = ", ".join(f"{name} holds {kind}" for name, kind in kinds.items())
            raise LayerError(f"{held}: give polygons alone, lines alone or places alone")
        parts = [pd.concat(frames[path], ignore_index=True) if valid else frames[path][0] for path in paths]
        return together([gpd.GeoDataFrame(part) for part in parts], paths)

    def as_read(self) -> dict[str, Any]:
        """Record how the layers were read, where options say so."""
        said = {name: value for name, value in asdict(self.reading.description).items() if value}
        if "where" in said:
            said["where"] = {column: list(values) for column, values in said["where"].items()}
        record: dict[str, Any] = {"described": said, "licences": self.reading.licences}
        return {name: value for name, value in record.items() if value}

    def require_lines(self, paths: Iterable[Path], kinds: Collection[str]) -> None:
        """Refuse words on the sides of lines if no file holds lines."""
        said = self.reading.description
        given = [name for name in ("side_left", "side_right", "side_at") if getattr(said, name)]
        if given and "lines" not in kinds:
            names = ", ".join(dict.fromkeys(path.name for path in paths))
            raise LayerError(
                f"{' and '.join(given)} say whose ground lies beside lines, but {names} "
                f"holds {' and '.join(sorted(set(kinds)))}: leave {'it' if len(given) == 1 else 'them'} out"
            )

    def front(self, raw: gpd.GeoDataFrame, kind: _Kind, *paths: Path) -> gpd.GeoDataFrame:
        """Check the lines or polygons of files; places are turned into polygons."""
        with naming(*paths):
            if kind == "points":
                return self.from_places(raw)
            if kind == "lines":
                return self._lines(raw)
            with self.spans_named(raw, *paths):
                control = as_control(raw, self.crs, theatre=self.theatre, rest=self.rest, mend=self.mend)
            self.beyond.append(beyond(raw, self.theatre))
            return control

    @contextmanager
    def spans_named(self, raw: gpd.GeoDataFrame, *paths: Path) -> Iterator[None]:
        """Where rows overlap that hold from day to day, say so before anything is mended."""
        try:
            yield
        except LayerError as error:
            faults, said = error.faults, self.reading.description
            overlaps = faults is not None and faults["fault"].isin(["overlap", "duplicate"]).any()
            spans = None if not overlaps or said.of_spans else spans_of(raw)
            told = spans_named(spans) if spans else touching(raw, said, paths[0].name) if overlaps else ""
            if not told:
                raise
            raise LayerError(f"{told}. As it is, {error}", faults) from error

    @contextmanager
    def refusing(self, raw: gpd.GeoDataFrame, *paths: Path) -> Iterator[None]:
        """Put the files' names before whatever is wrong with polygons of many days."""
        with naming(*paths), self.spans_named(raw, *paths):
            yield

    def _lines(self, raw: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Check lines; those that name no sides get them by the places that are described."""
        side_at = self.reading.description.side_at
        if not side_at:
            return as_frontlines(raw, self.crs, mend=self.mend)
        if {"side_left", "side_right"} & {str(column).strip().lower() for column in raw.columns}:
            raise LayerError("these lines name their own sides: leave side_at out")
        return lines_with_sides(raw, self.theatre, side_at, snap_m=self.snap_m, mend=self.mend)

    def many(self, path: Path, role: str, day: str | None, publisher: str | None) -> gpd.GeoDataFrame:
        """Read all days of one file or folder; `day` is that of a file that says none."""
        if publisher is None and not path.is_dir():
            said = self.reading.says_days(path) or own_day(path, self.reading.description) is not None
            raw = self.raw(path, role, None if said and not self.reading.description.of_spans else day)
            if not raw.empty:
                return raw
            return self.nobody(day, path)
        return read_snapshots(path, self.reading, side=self.whose, publisher=publisher, nobody=self.nobody)

    def polygons(self, raw: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
        """Check polygons, lines or places of a file, as polygons that fill the theatre."""
        return self.polygons_and_lines(raw, path)[0]

    def polygons_and_lines(
        self, raw: gpd.GeoDataFrame, path: Path
    ) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame | None]:
        """Give the lines, too, that the polygons were made from, if they were."""
        kind = kind_of(raw)
        front = self.front(raw, kind, path)
        if kind != "lines":
            return front, None
        with naming(path):
            return control_from_lines(front, self.theatre, snap_m=self.snap_m), front

    def from_places(self, raw: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Give each point of the theatre to the nearest place; places may share a name."""
        if self.reach_m is None:
            raise LayerError(
                "these are points: give reach_m=..., how far from a place its side still holds the ground "
                f"[m]; ground farther than that from every place is {UNKNOWN}"
            )
        return control_from_settlements(self._places(raw), self.theatre, reach_m=self.reach_m)

    def _places(self, raw: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Check places that may share a name, or have none; those without a point are left out."""
        columns = {str(column).strip().lower(): column for column in raw.columns}
        numbers = pd.Series(range(len(raw)), index=raw.index).astype(str)
        named = raw.drop(columns=[columns["name"]]) if "name" in columns else raw
        places = as_settlements(named.assign(name=numbers), self.crs, unlocated="drop")
        return places.assign(name=raw[columns["name"]].astype(str)) if "name" in columns else places

    def fronts(
        self, paths: Sequence[Path], days: tuple[str | None, str | None]
    ) -> tuple[gpd.GeoDataFrame, list[pd.Timestamp]]:
        """Read lines or polygons of two files and those between them, as one frame; give the two days."""
        last = len(paths) - 1
        self._require_days_not_swapped(paths, days)
        parts: list[gpd.GeoDataFrame] = []
        kinds: list[_Kind] = []
        raws: list[gpd.GeoDataFrame] = []
        held: dict[str, Any] = {}
        for number, path in enumerate(paths):
            role = "before" if number == 0 else "after" if number == last else "between"
            day = days[0] if number == 0 else days[1] if number == last else None
            raw = self.raw(path, role, day, paths)
            if raw.empty:
                raw = self.nobody(day, path)
            raw = _on_day(raw, day, path, several=role == "between")
            held[path.name] = raw["date"]
            raws.append(raw)
            kinds.append(kind_of(raw))
            parts.append(self.front(raw, kinds[-1], path))
        self.reading.require_sides(", ".join(dict.fromkeys(path.name for path in paths)))
        self.require_lines(paths, kinds)
        require_likely_days(held, self.reading.description)
        for path, kind in zip(paths, kinds, strict=True):
            if kind != kinds[0]:
                both = f"{paths[0].name} holds {kinds[0]} and {path.name} {kind}"
                raise LayerError(f"{both}: give polygons alone or lines alone")
        _require_order(parts, paths)
        self._require_two_states(paths, raws)
        named = [
            part.set_axis([f"{row} of {path.name}" for row in part.index])
            for part, path in zip(parts, paths, strict=True)
        ]  # fmt: skip
        joined = gpd.GeoDataFrame(pd.concat(named), geometry="geometry", crs=self.crs)
        if not joined.index.is_unique:
            joined = joined.reset_index(drop=True)
        return joined, [pd.Timestamp(part["date"].iloc[0]) for part in (parts[0], parts[-1])]

    def _require_days_not_swapped(self, paths: Sequence[Path], days: tuple[str | None, str | None]) -> None:
        """Refuse days that are exactly those in the two files' names, the other way round."""
        reading, ends = self.reading, (paths[0], paths[-1])
        named = tuple(own_day(path, reading.description, among=paths) for path in ends)
        if None in days or days != named[::-1] or days[0] == days[1]:
            return
        if any(map(reading.says_days, ends)):
            return  # rows say their days themselves
        raise LayerError(
            f"{ends[0].name} is to show {days[0]} and {ends[1].name} {days[1]}, and by their names it is the "
            "other way round: give the earlier file first, or leave the days out"
        )

    def _require_two_states(self, paths: Sequence[Path], raws: Sequence[gpd.GeoDataFrame]) -> None:
        """Refuse one file given as both days if the same rows were taken from it."""
        if self.reading.description.of_spans or paths[0].resolve() != paths[-1].resolve():
            return
        if raws[0].index.equals(raws[-1].index):
            raise LayerError(
                f"{paths[0].name} is given as both days, and the same rows are taken for both: nothing could "
                "differ; give another file, or the column of days with date_column='...'"
            )

    def nobody(self, day: str | None, path: Path) -> gpd.GeoDataFrame:
        """Make the frame of a day on which a file shows no ground at all, if that may be, and note it."""
        day = day or day_in_name(path, self.reading.description)
        if day is None:
            raise LayerError(f"{path.name} holds no row, and no day is in its name: say which day it shows")
        if not self.reading.description.allow_empty:
            raise LayerError(
                f"{path.name} holds no row: take the file away if there is no map of {day}, or pass "
                f"allow_empty=True if no side held ground on that day (all of it is then that of {self.rest})"
            )
        self.reading.notes.append(f"{path.name} holds no row: all ground of {day} is that of {self.rest}")
        held = {"date": [day], "side": [self.rest], "source": [REST_SOURCE]}
        ground = self.theatre if self.outline or self.theatre_path else self.all_districts()
        return gpd.GeoDataFrame(held, geometry=list(ground.geometry), crs=self.crs)

    def settlements(self, path: Path | None) -> gpd.GeoDataFrame | None:
        """Read settlements, which may share a name; who held them, and when, need not be said."""
        if path is None:
            return None
        raw = self.reading.layer(path, "settlements")
        if "name" not in (str(column).strip().lower() for column in raw.columns):
            raise LayerError(f"{path.name} has no column 'name': rename the one that names the settlements")
        with naming(path):
            return self._places(fill_in(raw, date=_ANY_DAY, side=UNKNOWN))

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
        drawn = "side_left" in front
        margin_m, sigma_m = (
            None if (metres := method.get(name)) is None else float(metres)
            for name in ("margin_m", "sigma_m")
        )
        along = method.get("correlation_m")
        asked: dict[str, Any] = {"key": self.key, "rest": self.rest, "mend": mend_record(self.mend)}
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
            snap_m=float(self.snap_m),
            sliver_m=float(method.get("sliver_m", SLIVER_M)),
            border_m=float(method.get("border_m", BORDER_M)),
            margin_m=margin_m,
            sigma_m=sigma_m,
            correlation_m=float(along) if isinstance(along, int) else along,
            draws=method.get("draws", 0),
            parameters=asked,
            inputs=self.reading.inputs(*roles),
            beyond=pd.concat(self.beyond, ignore_index=True) if self.beyond else None,
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
        raise LayerError(no_day(path))
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
def naming(*paths: Path) -> Iterator[None]:
    """Put the files' names before whatever is wrong with them."""
    names = ", ".join(path.name for path in paths)
    try:
        yield
    except LayerError as error:
        raise LayerError(f"{names}: {error}", error.faults) from error
    except FrontlinesError as error:
        raise type(error)(f"{names}: {error}") from error


def _name_of(outline: gpd.GeoDataFrame, key: str, path: Path) -> str:
    """Name the one district that a theatre is: by its column if it is one row, else by its file."""
    columns = {str(column).strip().lower(): column for column in outline.columns}
    for name in (key.lower(), "district", "name") if len(outline) == 1 else ():
        if name in columns and pd.notna(held := outline[columns[name]].iloc[0]) and str(held).strip():
            return str(held).strip()
    return path.stem


def _require_key(districts: gpd.GeoDataFrame, key: str, path: Path) -> None:
    """Refuse a column that the districts do not have, rather than take another one."""
    columns = [str(column) for column in districts.columns if column != districts.geometry.name]
    if key.lower() not in (column.lower() for column in columns):
        fronts = {"side", "side_left"} & {column.lower() for column in columns}
        lead = "it says who holds what, is it given in place of the districts? else " if fronts else ""
        named = f"{lead}name the districts by one of {', '.join(columns)}"
        if not columns:
            named = "nor any other: give districts that have names, or this file as the theatre alone"
        raise LayerError(f"{path.name} has no column {key!r}{':' if columns else ','} {named}")
