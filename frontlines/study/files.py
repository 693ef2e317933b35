"""From files to a study: a study.toml, the name of a bundled one, or files of two and more days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from frontlines.crs import polygons_of, project, working_crs
from frontlines.datasets.bundled import checksums, locate
from frontlines.errors import FrontlinesError, LayerError, StudyError
from frontlines.layers.columns import days_of
from frontlines.layers.door import as_control, as_districts, as_frontlines, as_settlements, as_theatre
from frontlines.manifest import long_date
from frontlines.names import BORDER_M, CORRELATION_M, SLIVER_M, SNAP_M, UNKNOWN, counted
from frontlines.sources.files import Reading, control_columns, day_in_name, fill_in
from frontlines.sources.snapshots import PLAIN, odd_days, read_snapshots
from frontlines.sources.toml import read_study_toml
from frontlines.study.compare import Study

Changes = Mapping[str, Mapping[str, Any]]
_Kind = Literal["lines", "polygons"]

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
    return _read_study(locate(name), Reading(checksums(name)), changes)


def read_study(path: str | Path, *, changes: Changes | None = None) -> Study:
    """Read a study file and the layers it names.

    Parameters
    ----------
    path
        A ``study.toml``; paths in it are relative to its folder. Tables: ``[study]`` (`title`,
        `side`, `dates`; also `name`, `boundaries`, `notes`, `sources`), ``[sides]``, ``[layers]``
        (`frontlines` or `control`, `districts`; also `key`, `label`, `theatre`, `settlements`,
        `context`), ``[method]`` (`snap_m`, `sliver_m`, `border_m`, `margin_m`, `rest`, `sigma_m`,
        `correlation_m`, `draws`, `mend`), ``[map]`` (`zoom`, `towns`, `zoom_towns`).
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
    return _read_study(Path(path), Reading(), changes)


def _read_study(path: Path, reading: Reading, changes: Changes | None) -> Study:
    entries = read_study_toml(path, changes)
    reading.note(path, "study")
    about, files, method, drawn = (entries.get(name, {}) for name in ("study", "layers", "method", "map"))
    paths = {role: path.parent / file for role, file in files.items() if role not in ("key", "label")}
    layers = _Layers(
        reading,
        paths["districts"],
        paths.get("theatre"),
        key=files.get("key", "district"),
        side=about["side"],
        rest=method.get("rest", UNKNOWN),
        mend=method.get("mend", False),
    )
    role = "frontlines" if "frontlines" in paths else "control"
    raw = layers.raw(paths[role], role)
    front = layers.front(raw, paths[role], "lines" if role == "frontlines" else "polygons")
    dates = [pd.Timestamp(day) for day in about["dates"]]
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
    mend: bool = False,
    label: str | None = None,
    source: str | None = None,
    title: str | None = None,
    sides: Mapping[str, str] | None = None,
) -> Study:
    """Make a study from two files of control polygons or of frontlines.

    Parameters
    ----------
    before, after
        Files (see `frontlines.sources.files`). Polygons without a column `side` are read as ground of
        `side`; without a column `date`, the day in the file's name is taken.
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
        The day to take from `before` and from `after`, for files that hold many or none.
    rest
        Who holds the ground that no polygon covers.
    snap_m, sliver_m, border_m
        See `control_from_lines`, `change_between` and `frontlines_from_control` [m].
    margin_m, sigma_m, correlation_m, draws, label, title, sides
        See `Study`; by default the title names side and dates.
    mend
        Mend layers that can be mended, see `as_control`.
    source
        Whom captions name as the source, in place of what the files say.

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
        Reading(), Path(districts), Path(theatre) if theatre else None,
        key=key, side=side, rest=rest, mend=mend, source=source,
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


def snapshots_from_files(
    source: Path,
    *,
    districts: Path,
    key: str,
    side: str,
    written: str = PLAIN,
    named: str | None = None,
    mend: bool = False,
) -> Snapshots:
    """Read many snapshots, in whatever way they are `written`, and the districts; both are checked."""
    layers = _Layers(Reading(), districts, None, key=key, side=side, mend=mend, outline=False)
    raw = read_snapshots(source, layers.reading, side=side, written=written, named=named)
    with _naming(source):
        control = as_control(raw, layers.crs, mend=mend)
    record = {
        "inputs": layers.reading.inputs("districts", "snapshots"),
        "parameters": {"key": key, "mend": mend, "format": written, "source": named},
        "sources": [named] if named else [],
        "odd": odd_days(raw),
    }
    return Snapshots(control=control, districts=layers.districts, record=record)


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
    outline: bool = True  # whether there is to be a theatre at all
    crs: CRS = field(init=False)
    theatre: gpd.GeoDataFrame = field(init=False)
    districts: gpd.GeoDataFrame = field(init=False)
    bare: list[str] = field(
        init=False, default_factory=list
    )  # files that do not say who holds their polygons

    def __post_init__(self) -> None:
        """Read districts and theatre, on which the working CRS is centred."""
        path, edge = self.districts_path, self.theatre_path
        raw = self.reading.layer(path, "districts")
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
            self.districts = as_districts(raw, self.crs, key=self.key, theatre=theatre, mend=self.mend)
        if edge is None and self.outline:
            joined = polygons_of(np.array([shapely.union_all(self.districts.geometry.values)]))
            self.theatre = gpd.GeoDataFrame(geometry=joined, crs=self.crs)

    def raw(self, path: Path, role: str, day: str | None = None) -> gpd.GeoDataFrame:
        """Read polygons or lines, and fill in what the file leaves unsaid."""
        raw = control_columns(self.reading.layer(path, role), path, date=day, source=self.source)
        columns = {str(column).strip().lower() for column in raw.columns}
        if _kind_of(raw) == "polygons" and "side" not in columns and not raw.empty:
            self.bare.append(path.name)
            raw = raw.assign(side=self.side)
        return raw

    def front(self, raw: gpd.GeoDataFrame, path: Path, kind: _Kind) -> gpd.GeoDataFrame:
        """Check the lines or polygons of a file."""
        with _naming(path):
            if kind == "lines":
                return as_frontlines(raw, self.crs, mend=self.mend)
            return as_control(raw, self.crs, theatre=self.theatre, rest=self.rest, mend=self.mend)

    def fronts(
        self, paths: Sequence[Path], days: tuple[str | None, str | None]
    ) -> tuple[gpd.GeoDataFrame, list[pd.Timestamp]]:
        """Read lines or polygons of two files and those between them, as one frame; give the two days."""
        last = len(paths) - 1
        parts, kinds = [], []
        for number, path in enumerate(paths):
            role = "before" if number == 0 else "after" if number == last else "between"
            day = days[0] if number == 0 else days[1] if number == last else None
            raw = self.raw(path, role, day)
            if raw.empty:
                raw = self._nobody(day or day_in_name(path), path)
            raw = _on_day(raw, day, path, several=role == "between")
            kinds.append(_kind_of(raw))
            parts.append(self.front(raw, path, kinds[-1]))
        for path, kind in zip(paths, kinds, strict=True):
            if kind != kinds[0]:
                both = f"{paths[0].name} holds {kinds[0]} and {path.name} {kind}"
                raise LayerError(f"{both}: give polygons alone or lines alone")
        _require_order(parts, paths)
        joined = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=self.crs)
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
        asked = {"key": self.key, "rest": self.rest, "mend": self.mend, "read_as_ground_of_side": self.bare}
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
    """Tell lines from polygons by their columns and geometry."""
    columns, types = {str(column).strip().lower() for column in raw.columns}, set(raw.geom_type.dropna())
    if {"side_left", "side_right"} & columns or (types and types <= {"LineString", "MultiLineString"}):
        return "lines"
    return "polygons"


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
