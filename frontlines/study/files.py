"""From files to a study: a study.toml, the name of a bundled one, or files of two and more days."""

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
from frontlines.datasets.bundled import checksums, locate
from frontlines.errors import FrontlinesError, LayerError, StudyError
from frontlines.layers import (
    as_control,
    as_districts,
    as_frontlines,
    as_settlements,
    as_theatre,
    days_of,
)
from frontlines.manifest import long_date, places_sentence
from frontlines.names import BORDER_M, CORRELATION_M, SLIVER_M, SNAP_M, UNKNOWN, counted
from frontlines.sources.description import Description, is_of_lines, require_likely_days
from frontlines.sources.files import Reading, day_in_name, fill_in, without_labels
from frontlines.sources.snapshots import PLAIN, odd_days, read_snapshots
from frontlines.sources.toml import LAYERS, described_by, read_study_toml
from frontlines.study.compare import Study

Changes = Mapping[str, Mapping[str, Any]]
_Kind = Literal["lines", "points", "polygons"]

_SHOWN = 3


def load_study(name: str, *, changes: Changes | None = None) -> Study:
    """Read a study that comes with the library.

    Parameters
    ----------
    name
        One of `frontlines.datasets.available()`.
    changes
        See `read_study`.

    Returns
    -------
    study
        Ready for `run_study`.

    Raises
    ------
    StudyError
        If there is no such study, or its data were altered.

    Examples
    --------
    >>> load_study("karabakh-1994")
    Study('karabakh-1994', ARM, 1994-04-07 to 1994-05-12, 20 districts)
    """
    return _read_study(locate(name), checksums(name), changes)


def read_study(path: str | Path, *, changes: Changes | None = None) -> Study:
    """Read a study file and the layers it names.

    Parameters
    ----------
    path
        A ``study.toml``; paths in it are relative to its folder. Tables: ``[study]`` (`title`,
        `side`, `dates`; also `name`, `boundaries`, `notes`, `sources`), ``[sides]``, ``[layers]``
        (`frontlines` or `control`, `districts`; also `key`, `label`, `theatre`, `settlements`,
        `context`, and what the layers do not say themselves, as in `frontlines.sources.description`:
        `side_column`, `map`, `date_column` and so on),
        ``[method]`` (`snap_m`, `sliver_m`, `border_m`, `margin_m`, `rest`, `sigma_m`, `correlation_m`,
        `draws`, `mend`), ``[map]`` (`zoom`, `towns`, `zoom_towns`).
    changes
        Entries by table that go before those of the file, such as ``{"method": {"mend": True}}``.

    Returns
    -------
    study
        Its layers checked and in one working CRS, centred on the theatre (without one, on the districts).

    Raises
    ------
    StudyError
        If the file cannot be read, or an entry is missing, unknown or of the wrong type.
    LayerError
        If a layer is wrong; the message names the file.

    Examples
    --------
    >>> from frontlines import datasets
    >>> read_study(datasets.locate("karabakh-1994"), changes={"study": {"side": "AZE"}})
    Study('karabakh-1994', AZE, 1994-04-07 to 1994-05-12, 20 districts)
    """
    return _read_study(Path(path), None, changes)


def _read_study(path: Path, known: Mapping[Path, str] | None, changes: Changes | None) -> Study:
    entries = read_study_toml(path, changes)
    about, files, method, drawn = (entries.get(name, {}) for name in ("study", "layers", "method", "map"))
    reading = Reading(known, described_by(files))
    reading.note(path, "study")
    paths = {role: path.parent / file for role, file in files.items() if role in LAYERS}
    layers = _Layers(
        reading,
        paths["districts"],
        paths.get("theatre"),
        key=files.get("key", "district"),
        side=about["side"],
        rest=method.get("rest", UNKNOWN),
        mend=method.get("mend", False),
        reach_m=method.get("reach_m"),
    )
    role = "frontlines" if "frontlines" in paths else "control"
    dates = [pd.Timestamp(day) for day in about["dates"]]
    raw = layers.raw_of_days(paths[role], role, [f"{day:%Y-%m-%d}" for day in dates])
    reading.require_sides(paths[role].name)
    front = layers.front(raw, paths[role], "lines" if role == "frontlines" else _ground_kind(raw))
    _require_dates(front, dates, path.name)
    settlements = layers.settlements(paths.get("settlements"))
    towns, zoom_towns = tuple(drawn.get("towns", ())), tuple(drawn.get("zoom_towns", ()))
    _require_towns(settlements, (*towns, *zoom_towns), path.name)
    return layers.study(
        name=about.get("name", path.resolve().parent.name),
        title=about["title"],
        dates=dates,
        front=front,
        settlements=settlements,
        context=layers.context(paths.get("context")),
        sides=entries.get("sides", {}),
        boundaries=about.get("boundaries", ""),
        notes=tuple(about.get("notes", ())),
        sources=tuple(about.get("sources", ())),
        zoom=tuple(drawn["zoom"]) if "zoom" in drawn else None,
        towns=towns,
        zoom_towns=zoom_towns,
        label=files.get("label"),
        method=method,
        roles=("study", *paths),
    )


def open_study(named: str, *, changes: Changes | None = None) -> Study:
    """Read a study as a user names it: the path of a ``.toml`` file, or the name of a bundled study."""
    if Path(named).suffix.lower() == ".toml":
        return read_study(named, changes=changes)
    return load_study(named, changes=changes)


def read_title(path: str | Path) -> str:
    """Read no more than the title of a study file."""
    return str(read_study_toml(Path(path))["study"]["title"])


def study_from_files(  # noqa: PLR0913 - one argument for each option of the command
    before: str | Path,
    after: str | Path,
    *,
    between: Sequence[str | Path] = (),
    districts: str | Path,
    key: str,
    side: str,
    theatre: str | Path | None = None,
    settlements: str | Path | None = None,
    days: tuple[str | None, str | None] = (None, None),
    rest: str = UNKNOWN,
    snap_m: float = SNAP_M,
    sliver_m: float = SLIVER_M,
    border_m: float = BORDER_M,
    margin_m: float | None = None,
    sigma_m: float | None = None,
    correlation_m: float = CORRELATION_M,
    draws: int = 0,
    reach_m: float | None = None,
    mend: bool = False,
    label: str | None = None,
    source: str | None = None,
    title: str | None = None,
    sides: Mapping[str, str] | None = None,
    description: Description | None = None,
) -> Study:
    """Make a study from two files of control polygons, of frontlines or of places with a side.

    Parameters
    ----------
    before, after
        Files (see `frontlines.sources.files`). Polygons without a column `side` are read as ground of
        `side` if nothing in the file may tell sides apart, and are refused otherwise; without a column
        `date`, the day in the file's name is taken.
    between
        Files of the days between, the earliest first, for `run_movement`; all of their days are taken.
    districts, key
        File of districts, and the column that names them.
    side
        The side whose gains are positive.
    theatre
        File of the ground to compare; by default all districts.
    settlements
        File of settlements for the map, or None; places without a point are left out.
    days
        The day to take from `before` and from `after`, for files that hold many or none; where a file
        holds one other day, this one wins.
    rest
        Who holds the ground that no polygon covers.
    snap_m, sliver_m, border_m
        See `control_from_lines`, `change_between` and `frontlines_from_control` [m].
    margin_m, sigma_m, correlation_m, draws, label, title, sides
        See `Study`; by default the title names side and dates.
    reach_m
        How far from a place its side still holds the ground [m], see `control_from_settlements`; needed
        for files of points.
    mend
        Mend layers that can be mended, see `as_control`.
    source
        Whom captions name as the source, in place of what the files say.
    description
        Which columns and values of the fronts say whose ground it is and when.

    Returns
    -------
    study
        Ready for `run_study`.

    Raises
    ------
    LayerError
        If a layer is wrong (the message names the file), a date is missing, or the dates are not in
        order.
    StudyError
        If `rest` is blank, or a tolerance is not a number of metres.
    SourceError
        If a file cannot be read.

    Examples
    --------
    >>> from frontlines import datasets
    >>> folder = datasets.locate("karabakh-1994").parent
    >>> study_from_files(
    ...     folder / "control.geojson", folder / "control.geojson", districts=folder / "districts.geojson",
    ...     key="district", side="ARM", days=("1994-04-07", "1994-05-12"))
    Study('control-to-control', ARM, 1994-04-07 to 1994-05-12, 20 districts)
    """
    if not rest.strip():
        raise StudyError(
            f"rest is blank: name the side that holds the ground no polygon covers, or {UNKNOWN!r}"
        )
    layers = _Layers(
        Reading(description=description), Path(districts), Path(theatre) if theatre else None,
        key=key, side=side, rest=rest, mend=mend, source=source, reach_m=reach_m,
    )  # fmt: skip
    front, dates = layers.fronts([Path(before), *map(Path, between), Path(after)], days)
    return layers.study(
        name=f"{Path(before).stem}-to-{Path(after).stem}",
        title=title or f"{side}: change of control, {' to '.join(long_date(str(day)) for day in dates)}",
        dates=dates,
        front=front,
        settlements=layers.settlements(Path(settlements) if settlements else None),
        sides=sides or {},
        boundaries="District boundaries as in the file given.",
        sources=(source,) if source else (),
        label=label,
        method={
            "snap_m": snap_m, "sliver_m": sliver_m, "border_m": border_m, "margin_m": margin_m,
            "sigma_m": sigma_m, "correlation_m": correlation_m, "draws": draws,
        },
        roles=("before", "after", "districts", "theatre", "settlements", "between"),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True, repr=False)
class Snapshots:
    """What `run_series` follows: `control` and `districts` in the working CRS, and how they were read."""

    control: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    record: Mapping[str, Any]  # inputs, parameters, what is odd about the days, and sources if they are given


def snapshots_from_files(  # noqa: PLR0913 - one argument for each option of the command
    source: Path,
    *,
    districts: Path,
    key: str,
    side: str,
    written: str = PLAIN,
    named: str | None = None,
    reach_m: float | None = None,
    mend: bool = False,
    description: Description | None = None,
) -> Snapshots:
    """Read many snapshots, in whatever way they are `written`, and the districts; both are checked."""
    layers = _Layers(
        Reading(description=description),
        districts,
        None,
        key=key,
        side=side,
        mend=mend,
        reach_m=reach_m,
        outline=False,
    )
    raw = read_snapshots(source, layers.reading, side=side, written=written, named=named)
    asked = {"key": key, "mend": mend, "format": written, "source": named}
    with _naming(source):
        if _kind_of(raw) == "points":
            layers.theatre = layers.all_districts()
            control = layers.from_places(raw)
            asked["reach_m"] = reach_m
        else:
            control = as_control(raw, layers.crs, mend=mend)
    record = {
        "inputs": layers.reading.inputs("districts", "snapshots"),
        "parameters": asked | layers.as_read(),
        "sources": [named] if named else [],
        "odd": odd_days(raw),
        "notes": layers.reading.notes,
    }
    return Snapshots(control=control, districts=layers.districts, record=record)


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
    districts: Path,
    key: str,
    side: str,
    theatre: Path | None = None,
    day: str | None = None,
    written: Sequence[str] = (PLAIN, PLAIN),
    named: Sequence[str] = (),
    rest: str = UNKNOWN,
    snap_m: float = SNAP_M,
    reach_m: float | None = None,
    mend: bool = False,
    description: Description | None = None,
) -> TwoSources:
    """Read two sources, each a file or a folder of polygons, lines or places, on the days that both have."""
    layers = _Layers(
        Reading(description=description), districts, theatre,
        key=key, side=side, rest=rest, mend=mend, reach_m=reach_m,
    )  # fmt: skip
    paths = (first, second)
    raws = [
        layers.many(path, role, day, how)
        for path, role, how in zip(paths, ("first", "second"), written, strict=True)
    ]
    layers.reading.require_sides(f"{first.name}, {second.name}")
    days = [_every_day(raw, path) for raw, path in zip(raws, paths, strict=True)]
    shared = _shared_days(days, paths, day)
    control = [
        layers.polygons(raw[held.isin(shared)], path, snap_m)
        for raw, held, path in zip(raws, days, paths, strict=True)
    ]
    asked = {"key": key, "rest": rest, "mend": mend, "snap_m": snap_m}
    asked |= {"reach_m": reach_m if any("places" in one for one in control) else None}
    asked |= {"formats": list(written), "date": day, "read_as_ground_of_side": layers.reading.bare}
    return TwoSources(
        first=control[0],
        second=control[1],
        theatre=layers.theatre,
        districts=layers.districts,
        names=_two_names(paths, named),
        record={"inputs": layers.reading.inputs("first", "second", "districts"), "parameters": asked},
    )


def _every_day(raw: gpd.GeoDataFrame, path: Path) -> pd.Series[Any]:
    """Give the day of each row of a source."""
    days = days_of(raw)
    if days is None:
        raise LayerError(f"{path.name} has no column 'date' and no day in its name: say which day it shows")
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


@dataclass
class _Layers:
    """Reads and checks the layers of one study, each file once, all in one working CRS."""

    reading: Reading
    districts_path: Path
    theatre_path: Path | None
    key: str
    side: str
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
        with _naming(edge or path):
            self.crs = working_crs(outline)
        if edge is not None:
            with _naming(edge):
                self.theatre = as_theatre(outline, self.crs, mend=self.mend)
        with _naming(path):
            theatre = None if edge is None else self.theatre
            self.districts = as_districts(
                raw, self.crs, key=self.key, theatre=theatre, mend=self.mend,
                dissolve=self.reading.description.dissolve,
            )  # fmt: skip
        if edge is None and self.outline:
            self.theatre = self.all_districts()

    def all_districts(self) -> gpd.GeoDataFrame:
        """Join the districts, as the theatre where none is given."""
        joined = polygons_of(np.array([shapely.union_all(self.districts.geometry.values)]))
        return gpd.GeoDataFrame(geometry=joined, crs=self.crs)

    def raw(
        self, path: Path, role: str, day: str | None = None, among: Sequence[Path] = ()
    ) -> gpd.GeoDataFrame:
        """Read polygons or lines, and fill in what the file leaves unsaid."""
        return self.reading.front(path, role, date=day, side=self.side, source=self.source, among=among)

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
        with _naming(path):
            if kind == "points":
                return self.from_places(raw)
            if kind == "lines":
                return as_frontlines(raw, self.crs, mend=self.mend)
            return as_control(raw, self.crs, theatre=self.theatre, rest=self.rest, mend=self.mend)

    def many(self, path: Path, role: str, day: str | None, written: str) -> gpd.GeoDataFrame:
        """Read all days of one file or folder; `day` is that of a file that says none."""
        if written == PLAIN and not path.is_dir():
            return self.raw(path, role, day)
        return read_snapshots(path, self.reading, side=self.side, written=written)

    def polygons(self, raw: gpd.GeoDataFrame, path: Path, snap_m: float) -> gpd.GeoDataFrame:
        """Check polygons, lines or places of a file, as polygons that fill the theatre."""
        kind = _kind_of(raw)
        front = self.front(raw, path, kind)
        if kind != "lines":
            return front
        with _naming(path):
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
            kinds.append(_kind_of(raw))
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
        with _naming(path):
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
        with _naming(path):
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


def _kind_of(raw: gpd.GeoDataFrame) -> _Kind:
    """Tell lines, points and polygons apart by their columns and geometry."""
    if set(raw.geom_type.dropna()) == {"Point"}:
        return "points"
    return "lines" if is_of_lines(raw) else "polygons"


def _ground_kind(raw: gpd.GeoDataFrame) -> _Kind:
    """Tell whether a layer of control holds places or polygons."""
    return "points" if _kind_of(raw) == "points" else "polygons"


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
def _naming(path: Path) -> Iterator[None]:
    """Put the file's name before whatever is wrong with it."""
    try:
        yield
    except LayerError as error:
        raise LayerError(f"{path.name}: {error}", error.faults) from error
    except FrontlinesError as error:
        raise type(error)(f"{path.name}: {error}") from error


def _require_dates(front: gpd.GeoDataFrame, dates: Sequence[pd.Timestamp], name: str) -> None:
    """Refuse a study whose layers lack one of its dates."""
    absent = [f"{day:%Y-%m-%d}" for day in dates if day not in set(front["date"])]
    if absent:
        held = ", ".join(f"{day:%Y-%m-%d}" for day in sorted(front["date"].unique())) or "no day at all"
        raise StudyError(f"{name}: the layers hold nothing for {' and '.join(absent)} (they hold {held})")


def _require_towns(settlements: gpd.GeoDataFrame | None, towns: Sequence[str], name: str) -> None:
    """Refuse a study that wants a town on its map of which it does not know the place."""
    known = set() if settlements is None else set(settlements["name"])
    absent = sorted(set(towns) - known)
    if absent:
        raise StudyError(
            f"{name}: [map] wants towns that have no place in the settlements: {', '.join(absent)}"
        )


def _require_key(districts: gpd.GeoDataFrame, key: str, path: Path) -> None:
    """Refuse a column that the districts do not have, rather than take another one."""
    columns = [str(column) for column in districts.columns if column != districts.geometry.name]
    if key.lower() not in (column.lower() for column in columns):
        raise LayerError(
            f"{path.name} has no column {key!r}: name the districts by one of {', '.join(columns) or 'none'}"
        )
