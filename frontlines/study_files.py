"""From files to a study: a study.toml, the name of a bundled one, or any two files."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from frontlines import datasets
from frontlines import manifest as manifests
from frontlines.change import SLIVER_M
from frontlines.crs import project, working_crs
from frontlines.errors import FrontlinesError, LayerError, StudyError
from frontlines.layers import UNKNOWN, as_control, as_districts, as_frontlines, as_settlements, as_theatre
from frontlines.sources.files import (
    read_control,
    read_districts,
    read_frontlines,
    read_layer,
    read_settlements,
)
from frontlines.study import SNAP_M, Study
from frontlines.tidying import days_of

_NUMBER = (int, float)
_TABLES: dict[str, dict[str, type | tuple[type, ...]]] = {  # what each table of a study.toml may hold
    "study": {
        "name": str,
        "title": str,
        "side": str,
        "dates": list,
        "boundaries": str,
        "notes": list,
        "sources": list,
    },
    "sides": {},
    "layers": {
        "frontlines": str,
        "control": str,
        "theatre": str,
        "districts": str,
        "settlements": str,
        "context": str,
        "key": str,
    },
    "method": {"snap_m": _NUMBER, "sliver_m": _NUMBER, "rest": str},
    "map": {"zoom": list, "towns": list, "zoom_towns": list},
}
_SHOWN = 3
_NEEDED = {"study": ("title", "side", "dates"), "layers": ("districts",)}


def load(name: str) -> Study:
    """Read a study that comes with the library.

    Parameters
    ----------
    name
        One of `frontlines.datasets.available()`.

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
    >>> load("karabakh-1994").side
    'ARM'
    """
    return read_study(datasets.locate(name))


def read_study(path: str | Path) -> Study:
    """Read a study file and the layers it names.

    Parameters
    ----------
    path
        A ``study.toml``; paths in it are relative to its folder. Tables: ``[study]`` (`title`,
        `side`, `dates`; also `name`, `boundaries`, `notes`, `sources`), ``[sides]``, ``[layers]``
        (`frontlines` or `control`, `districts`; also `key`, `theatre`, `settlements`, `context`),
        ``[method]`` (`snap_m`, `sliver_m`, `rest`), ``[map]`` (`zoom`, `towns`, `zoom_towns`).

    Returns
    -------
    study
        Its layers checked and in one working CRS, centred on the theatre (without one, on the
        districts).

    Raises
    ------
    StudyError
        If the file cannot be read, or an entry is missing, unknown or of the wrong type.
    LayerError
        If a layer is wrong; the message names the file.

    Examples
    --------
    >>> study = read_study(datasets.locate("karabakh-1994"))
    >>> [f"{day:%Y-%m-%d}" for day in study.dates]
    ['1994-04-07', '1994-05-12']
    """
    path = Path(path)
    entries = _read_toml(path)
    about, files = entries["study"], entries["layers"]
    method, drawn = entries.get("method", {}), entries.get("map", {})
    paths = {role: path.parent / file for role, file in files.items() if role != "key"}
    ground = _Ground.read(paths["districts"], files.get("key", "district"), paths.get("theatre"))
    dates = tuple(pd.Timestamp(day) for day in about["dates"])
    lines, control = _fronts(paths, ground, method.get("rest", UNKNOWN))
    _require_dates(lines if control is None else control, dates, path.name)
    settlements = paths.get("settlements")
    return Study(
        name=about.get("name", path.parent.name),
        title=about["title"],
        side=about["side"],
        dates=(dates[0], dates[1]),
        crs=ground.crs,
        theatre=ground.theatre,
        districts=ground.districts,
        frontlines=lines,
        control=control,
        settlements=_settlements(settlements, ground.crs) if settlements else None,
        context=project(read_layer(paths["context"]), ground.crs) if "context" in paths else None,
        sides=entries.get("sides", {}),
        boundaries=about.get("boundaries", ""),
        notes=tuple(about.get("notes", ())),
        sources=tuple(about.get("sources", ())),
        zoom=tuple(drawn["zoom"]) if "zoom" in drawn else None,
        towns=tuple(drawn.get("towns", ())),
        zoom_towns=tuple(drawn.get("zoom_towns", ())),
        snap_m=float(method.get("snap_m", SNAP_M)),
        sliver_m=float(method.get("sliver_m", SLIVER_M)),
        inputs=tuple(manifests.fingerprint(file, role) for role, file in [("study", path), *paths.items()]),
    )


def read_title(path: str | Path) -> str:
    """Read no more than the title of a study file.

    Parameters
    ----------
    path
        A ``study.toml``.

    Returns
    -------
    title
        Its title.

    Raises
    ------
    StudyError
        If the file is not a study.

    Examples
    --------
    >>> read_title(datasets.locate("karabakh-1994")).split(",")[0]
    'Karabakh'
    """
    return str(_read_toml(Path(path))["study"]["title"])


def study_from_files(  # noqa: PLR0913 - one argument for each option of the command
    before: str | Path,
    after: str | Path,
    *,
    districts: str | Path,
    key: str,
    side: str,
    theatre: str | Path | None = None,
    days: tuple[str | None, str | None] = (None, None),
    rest: str = UNKNOWN,
    snap_m: float = SNAP_M,
    sliver_m: float = SLIVER_M,
    mend: bool = False,
) -> Study:
    """Make a study from two files of control polygons or of frontlines.

    Parameters
    ----------
    before, after
        Files (see `frontlines.sources.files`). Polygons without a column `side` are read as ground of
        `side`; without a column `date`, the day in the file's name is taken.
    districts, key
        File of districts, and the column that names them.
    side
        The side whose gains are positive.
    theatre
        File of the ground to compare; by default all districts.
    days
        The day to take from either file, for files that hold many or none.
    rest
        Who holds the ground that no polygon covers.
    snap_m, sliver_m
        See `control_from_lines` and `change_between` [m].
    mend
        Mend layers that can be mended, see `as_control`.

    Returns
    -------
    study
        Ready for `run_study`.

    Raises
    ------
    LayerError
        If a layer is wrong (the message names the file), a date is missing, or the dates are not in
        order.
    SourceError
        If a file cannot be read.

    Examples
    --------
    >>> folder = datasets.locate("karabakh-1994").parent
    >>> study = study_from_files(
    ...     folder / "control.geojson", folder / "control.geojson", districts=folder / "districts.geojson",
    ...     key="district", side="ARM", days=("1994-04-07", "1994-05-12"))
    >>> len(study.districts), sorted(set(study.control["side"]))
    (20, ['ARM', 'AZE'])
    """
    ground = _Ground.read(Path(districts), key, Path(theatre) if theatre else None, mend=mend)
    fronts = [
        _front(Path(file), day, ground, side=side, rest=rest, mend=mend)
        for file, day in zip((before, after), days, strict=True)
    ]
    if len({"side_left" in front for front in fronts}) > 1:
        raise LayerError(f"{before} and {after} differ in kind: give polygons twice or lines twice")
    dates = tuple(pd.Timestamp(front["date"].iloc[0]) for front in fronts)
    if dates[0] >= dates[1]:
        raise LayerError(
            f"{Path(before).name} shows {dates[0]:%Y-%m-%d} and {Path(after).name} {dates[1]:%Y-%m-%d}: "
            "give the earlier day first, and two different days"
        )
    joined = gpd.GeoDataFrame(pd.concat(fronts, ignore_index=True), geometry="geometry", crs=ground.crs)
    drawn = "side_left" in joined
    roles = {"before": before, "after": after, "districts": districts, "theatre": theatre}
    return Study(
        name=f"{Path(before).stem}-to-{Path(after).stem}",
        title=f"{side}: change of control, {' to '.join(manifests.long_date(str(day)) for day in dates)}",
        side=side,
        dates=(dates[0], dates[1]),
        crs=ground.crs,
        theatre=ground.theatre,
        districts=ground.districts,
        frontlines=joined if drawn else None,
        control=None if drawn else joined,
        boundaries="District boundaries as in the file given.",
        snap_m=snap_m,
        sliver_m=sliver_m,
        inputs=tuple(manifests.fingerprint(file, role) for role, file in roles.items() if file),
    )


@dataclass(frozen=True)
class _Ground:
    """The working CRS of a study, its theatre and its districts."""

    crs: CRS
    theatre: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame

    @classmethod
    def read(cls, districts: Path, key: str, theatre: Path | None, *, mend: bool = False) -> _Ground:
        raw = read_districts(districts)
        outline = read_layer(theatre) if theatre else raw
        with _naming(theatre or districts):
            crs = working_crs(outline)
        with _naming(districts):
            plain = as_districts(raw, crs, key=key, mend=mend)
        if theatre is None:
            return cls(crs, as_theatre(plain, crs), plain)
        with _naming(theatre):
            ground = as_theatre(outline, crs)
        return cls(crs, ground, as_districts(plain, crs, theatre=ground))


def _fronts(
    paths: Mapping[str, Path], ground: _Ground, rest: str
) -> tuple[gpd.GeoDataFrame | None, gpd.GeoDataFrame | None]:
    """Read the lines, or the polygons, of a study file."""
    if "frontlines" in paths:
        with _naming(paths["frontlines"]):
            return as_frontlines(read_frontlines(paths["frontlines"]), ground.crs), None
    with _naming(paths["control"]):
        raw = read_control(paths["control"])
        return None, as_control(raw, ground.crs, theatre=ground.theatre, rest=rest)


def _front(
    path: Path, day: str | None, ground: _Ground, *, side: str, rest: str, mend: bool
) -> gpd.GeoDataFrame:
    """Read the lines or polygons of one day."""
    raw = _on_day(read_control(path, date=day, side=side), day, path)
    with _naming(path):
        if set(raw.geom_type.dropna()) <= {"LineString", "MultiLineString"}:
            return as_frontlines(raw, ground.crs, mend=mend)
        return as_control(raw, ground.crs, theatre=ground.theatre, rest=rest, mend=mend)


def _on_day(raw: gpd.GeoDataFrame, day: str | None, path: Path) -> gpd.GeoDataFrame:
    """Pick the rows of one day; without a day to pick, there must be only one."""
    dates = days_of(raw)
    if dates is None:
        raise LayerError(f"{path.name} has no column 'date' and no day in its name: say which day it shows")
    held = sorted(dates.dropna().unique())
    wanted = pd.Timestamp(day) if day else held[0] if len(held) == 1 else None
    if wanted is None or wanted not in held:
        listed = ", ".join(f"{one:%Y-%m-%d}" for one in held[:_SHOWN]) or "none"
        last = f" … {held[-1]:%Y-%m-%d}" if len(held) > _SHOWN else ""
        wish = f", not {day}" if day else ""
        raise LayerError(f"{path.name} holds {len(held)} days ({listed}{last}){wish}: say which one to take")
    return raw[(dates == wanted) | dates.isna()]


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Put the file's name before whatever is wrong with it."""
    try:
        yield
    except LayerError as error:
        raise LayerError(f"{path.name}: {error}", error.faults) from error
    except FrontlinesError as error:
        raise type(error)(f"{path.name}: {error}") from error


def _settlements(path: Path, crs: CRS) -> gpd.GeoDataFrame:
    with _naming(path):
        return as_settlements(read_settlements(path), crs, unlocated="drop")


def _read_toml(path: Path) -> dict[str, dict[str, Any]]:
    """Read a study file and refuse what it must not hold."""
    try:
        entries: dict[str, dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{path} cannot be read as a study: {error}") from error
    faults = [*_unknown_entries(entries), *_wrong_entries(entries)]
    if not faults and ("frontlines" in entries["layers"]) == ("control" in entries["layers"]):
        faults.append("[layers] must name either frontlines or control")
    if not faults and len(entries["study"]["dates"]) != 2:  # noqa: PLR2004
        faults.append("[study] dates must be two days, such as [1994-04-07, 1994-05-12]")
    if faults:
        raise StudyError(f"{path.name} is not a study: " + "; ".join(faults))
    return entries


def _unknown_entries(entries: Mapping[str, Any]) -> Iterator[str]:
    for table, held in entries.items():
        if table not in _TABLES or not isinstance(held, dict):
            yield f"[{table}] is not a table of a study (they are {', '.join(_TABLES)})"
        elif table != "sides":
            for name in set(held) - set(_TABLES[table]):
                yield f"[{table}] {name} is not known (known are {', '.join(_TABLES[table])})"


def _wrong_entries(entries: Mapping[str, Any]) -> Iterator[str]:
    for table, names in _NEEDED.items():
        for name in names:
            if name not in entries.get(table, {}):
                yield f"[{table}] {name} is missing"
    for table, held in entries.items():
        kinds = _TABLES.get(table, {})
        for name in set(kinds) & set(held if isinstance(held, dict) else ()):
            if not isinstance(held[name], kinds[name]):
                yield f"[{table}] {name} has the wrong type ({type(held[name]).__name__})"


def _require_dates(front: gpd.GeoDataFrame, dates: tuple[pd.Timestamp, ...], name: str) -> None:
    """Refuse a study whose layers lack one of its dates."""
    absent = [f"{day:%Y-%m-%d}" for day in dates if day not in set(front["date"])]
    if absent or dates[0] >= dates[1]:
        held = ", ".join(f"{day:%Y-%m-%d}" for day in sorted(front["date"].unique()))
        wrong = (
            f"the layers hold nothing for {' and '.join(absent)}" if absent else "the earlier day comes first"
        )
        raise StudyError(f"{name}: {wrong} (they hold {held})")
