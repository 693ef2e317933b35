"""From files to a study: a study.toml, the name of a bundled one, or any two files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from frontlines import datasets
from frontlines import manifest as manifests
from frontlines.crs import project, working_crs
from frontlines.errors import FrontlinesError, LayerError, StudyError
from frontlines.layers.columns import days_of
from frontlines.layers.door import as_control, as_districts, as_frontlines, as_settlements, as_theatre
from frontlines.names import BORDER_M, CORRELATION_M, SLIVER_M, SNAP_M, UNKNOWN
from frontlines.sources.files import (
    day_in_name,
    read_control,
    read_districts,
    read_frontlines,
    read_layer,
    read_settlements,
)
from frontlines.sources.toml import read_study_toml
from frontlines.study.compare import Study

_SHOWN = 3


def load_study(name: str) -> Study:
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
    >>> load_study("karabakh-1994").side
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
        ``[method]`` (`snap_m`, `sliver_m`, `border_m`, `rest`, `sigma_m`, `correlation_m`, `draws`),
        ``[map]`` (`zoom`, `towns`, `zoom_towns`).

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
    >>> study = read_study(datasets.locate("karabakh-1994"))
    >>> [f"{day:%Y-%m-%d}" for day in study.dates]
    ['1994-04-07', '1994-05-12']
    """
    path = Path(path)
    entries = read_study_toml(path)
    about, files, method, drawn = (entries.get(name, {}) for name in ("study", "layers", "method", "map"))
    paths = {role: path.parent / file for role, file in files.items() if role != "key"}
    key, rest = files.get("key", "district"), method.get("rest", UNKNOWN)
    ground = _Ground.read(paths["districts"], key, paths.get("theatre"))
    dates = tuple(pd.Timestamp(day) for day in about["dates"])
    lines, control = _fronts(paths, ground, rest)
    _require_dates(lines if control is None else control, dates, path.name)
    settlements = _settlements(paths.get("settlements"), ground.crs)
    towns, zoom_towns = tuple(drawn.get("towns", ())), tuple(drawn.get("zoom_towns", ()))
    _require_towns(settlements, (*towns, *zoom_towns), path.name)
    return Study(
        name=about.get("name", path.resolve().parent.name),
        title=about["title"],
        side=about["side"],
        dates=(dates[0], dates[1]),
        crs=ground.crs,
        theatre=ground.theatre,
        districts=ground.districts,
        frontlines=lines,
        control=control,
        settlements=settlements,
        context=_context(paths.get("context"), ground.crs),
        sides=entries.get("sides", {}),
        boundaries=about.get("boundaries", ""),
        notes=tuple(about.get("notes", ())),
        sources=tuple(about.get("sources", ())),
        zoom=tuple(drawn["zoom"]) if "zoom" in drawn else None,
        towns=towns,
        zoom_towns=zoom_towns,
        snap_m=float(method.get("snap_m", SNAP_M)),
        sliver_m=float(method.get("sliver_m", SLIVER_M)),
        border_m=float(method.get("border_m", BORDER_M)),
        sigma_m=float(method["sigma_m"]) if "sigma_m" in method else None,
        correlation_m=float(method.get("correlation_m", CORRELATION_M)),
        draws=method.get("draws", 0),
        parameters={"key": key, "rest": rest, "mend": False},
        inputs=tuple(manifests.fingerprint(file, role) for role, file in [("study", path), *paths.items()]),
    )


def read_title(path: str | Path) -> str:
    """Read no more than the title of a study file."""
    return str(read_study_toml(Path(path))["study"]["title"])


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
    border_m: float = BORDER_M,
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
    snap_m, sliver_m, border_m
        See `control_from_lines`, `change_between` and `frontlines_from_control` [m].
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
    StudyError
        If `rest` is blank, or a tolerance is not a number of metres.
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
    if not rest.strip():
        raise StudyError(
            f"rest is blank: name the side that holds the ground no polygon covers, or {UNKNOWN!r}"
        )
    ground = _Ground.read(Path(districts), key, Path(theatre) if theatre else None, mend=mend)
    fronts = [
        _front(Path(file), day, ground, side=side, rest=rest, mend=mend)
        for file, day in zip((before, after), days, strict=True)
    ]
    kinds = ["lines" if "side_left" in front else "polygons" for front in fronts]
    if len(set(kinds)) > 1:
        raise LayerError(
            f"{Path(before).name} holds {kinds[0]} and {Path(after).name} {kinds[1]}: "
            "give polygons twice or lines twice"
        )
    dates = tuple(pd.Timestamp(front["date"].iloc[0]) for front in fronts)
    if dates[0] >= dates[1]:
        raise LayerError(
            f"{Path(before).name} shows {dates[0]:%Y-%m-%d} and {Path(after).name} {dates[1]:%Y-%m-%d}: "
            "give the earlier day first, and two different days"
        )
    joined = gpd.GeoDataFrame(pd.concat(fronts, ignore_index=True), geometry="geometry", crs=ground.crs)
    drawn = kinds[0] == "lines"
    bare = [Path(file).name for file in (before, after) if _is_bare(Path(file))]
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
        border_m=border_m,
        parameters={"key": key, "rest": rest, "mend": mend, "read_as_ground_of_side": bare},
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
        _require_key(read_layer(districts), key, districts)
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
    raw = read_frontlines(path, date=day)
    if raw.empty:
        raw = _nobody(day or day_in_name(path), ground, rest, path)
    raw = _on_day(raw, day, path)
    columns, types = {str(column).strip().lower() for column in raw.columns}, set(raw.geom_type.dropna())
    with _naming(path):
        if {"side_left", "side_right"} & columns or (types and types <= {"LineString", "MultiLineString"}):
            return as_frontlines(raw, ground.crs, mend=mend)
        held = raw if "side" in columns else raw.assign(side=side)
        return as_control(held, ground.crs, theatre=ground.theatre, rest=rest, mend=mend)


def _is_bare(path: Path) -> bool:
    """Tell whether a file's polygons do not say who holds them."""
    raw = read_layer(path)
    columns = {str(column).strip().lower() for column in raw.columns}
    return not raw.empty and not {"side", "side_left", "side_right"} & columns


def _nobody(day: str | None, ground: _Ground, rest: str, path: Path) -> gpd.GeoDataFrame:
    """Make the frame of a day on which a file shows no ground at all."""
    if day is None:
        raise LayerError(f"{path.name} holds no row, and no day is in its name: say which day it shows")
    held = {"date": [day], "side": [rest], "source": [path.name]}
    return gpd.GeoDataFrame(held, geometry=list(ground.theatre.geometry), crs=ground.crs)


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


def _settlements(path: Path | None, crs: CRS) -> gpd.GeoDataFrame | None:
    if path is None:
        return None
    with _naming(path):
        return as_settlements(read_settlements(path), crs, unlocated="drop")


def _context(path: Path | None, crs: CRS) -> gpd.GeoDataFrame | None:
    if path is None:
        return None
    raw = read_layer(path)
    absent = [column for column in ("kind", "name") if column not in raw]
    if absent:
        raise LayerError(f"{path.name} has no column {' and '.join(absent)}: the map tells its rows by them")
    with _naming(path):
        return project(raw, crs)


def _require_dates(front: gpd.GeoDataFrame, dates: tuple[pd.Timestamp, ...], name: str) -> None:
    """Refuse a study whose layers lack one of its dates."""
    absent = [f"{day:%Y-%m-%d}" for day in dates if day not in set(front["date"])]
    if absent:
        held = ", ".join(f"{day:%Y-%m-%d}" for day in sorted(front["date"].unique())) or "no day at all"
        raise StudyError(f"{name}: the layers hold nothing for {' and '.join(absent)} (they hold {held})")


def _require_towns(settlements: gpd.GeoDataFrame | None, towns: Iterable[str], name: str) -> None:
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
