"""A study file to start from: what files say themselves is filled in, what may not be guessed is a gap."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from frontlines.errors import SourceError, StudyError
from frontlines.layers import days_of
from frontlines.layers.days import days_in_texts
from frontlines.manifest import long_date
from frontlines.names import counted, listed, plain, sides_in_order
from frontlines.sources.description import is_of_lines, side_candidates, spans_of, told_candidates
from frontlines.sources.files import own_day
from frontlines.sources.formats import layers_in, read_layer
from frontlines.sources.publishers.published import recognized
from frontlines.sources.toml import as_toml

GAP = "GAP"
"""Begins the comment of an entry that is left empty: no study runs before it is filled."""

_SHOWN = 6
_RASTERS = (".tif", ".tiff")
_TWO = 2
_HEAD = """\
# A study: what to compare and how. Paths are relative to this file; docs/studies.md lists every entry.
"""
_RUN = "frontlines run study.toml --out out\n"
_METHOD = """
[method]                    # all optional: take away the # to set one
# rest = "B"                # who holds the ground that no polygon covers; unknown without it
# sigma_m = 500.0           # standard error of the position of lines that have none of their own [m]
# correlation_m = 5000.0    # over what length along the front errors are alike [m]
# draws = 1000              # simulate the errors of areas; by formula without it
# mend = ["overlaps"]       # mend faults of the layers in place of stopping; what moves is booked
"""


@dataclass
class Draft:
    """The text of a study file, as it is written."""

    tables: dict[str, list[str]] = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)

    def put(self, table: str, name: str, value: Any, comment: str = "") -> None:
        """Write an entry."""
        words = f"  # {plain(comment)}" if comment else ""
        self.tables.setdefault(table, []).append(f"{name} = {as_toml(value)}{words}")

    def leave(self, table: str, name: str, choices: str, *, empty: str = '""') -> None:
        """Leave an entry empty, and say what it may be."""
        self.tables.setdefault(table, []).append(f"{name} = {empty}  # {GAP}: {plain(choices)}")
        self.gaps.append(f"[{table}] {name}: {plain(choices)}")

    def remark(self, table: str, text: str) -> None:
        """Write a comment."""
        self.tables.setdefault(table, []).append(f"# {plain(text)}")

    @property
    def text(self) -> str:
        """All tables, in order."""
        held = ("\n".join(["", f"[{table}]", *self.tables[table]]) for table in ("study", "layers"))
        todo = f"Fill what is marked {GAP}, then" if self.gaps else "Nothing is left open"
        return f"{_HEAD}# {todo}: {_RUN}" + "\n".join(held) + "\n" + _METHOD


def draft_study(files: Sequence[Path], folder: Path) -> Draft:
    """Write a study of files that will lie in a folder; a folder among the files stands for those in it."""
    found = Draft()
    every = [one for file in files for one in (layers_in(file) if file.is_dir() else [file])]
    roles: dict[str, dict[Path, gpd.GeoDataFrame]] = {}
    for path in every:
        if path.suffix.lower() in _RASTERS:
            found.put("layers", "population", _beside(path, folder), "a raster of people")
        else:
            frame = read_layer(path)
            roles.setdefault(_role_of(path, frame), {})[path] = frame
    fronts_known = {"frontlines", "control"} & set(roles)
    if places := roles.pop("places", {}):
        sided = any(_columns(frame) & {"side"} for frame in places.values())
        roles["control" if sided and not fronts_known else "settlements"] = places
    if {"frontlines", "control"} <= set(roles):
        lines, ground = (_named(roles[role]) for role in ("frontlines", "control"))
        raise StudyError(f"lines are in {lines}, ground is in {ground}: give lines alone or ground alone")
    role = "frontlines" if "frontlines" in roles else "control"
    fronts = roles.get(role, {})
    _put_dates(found, fronts)
    _put_files(found, role, fronts, folder, "polygons of control; or frontlines, a file of lines")
    for name, frame in fronts.items():
        if publisher := recognized(name, frame):
            found.put("layers", "as", publisher, "read as its publisher writes it")
            break
    else:
        _put_sides(found, fronts)
    _put_ground(found, roles, folder)
    if bare := [path for held in roles.values() for path, frame in held.items() if frame.crs is None]:
        found.leave("layers", "crs", f"of {_named(bare)}, which name none, such as EPSG:4326")
    return found


def _role_of(path: Path, frame: gpd.GeoDataFrame) -> str:
    """Tell by columns, shapes and name what a file is for."""
    if set(frame.geom_type.dropna()) == {"Point"}:
        return "places"
    if is_of_lines(frame):
        return "frontlines"
    dated = own_day(path) is not None or spans_of(frame) is not None
    if dated or {"date", "side"} & _columns(frame) or recognized(path, frame):
        return "control"
    return "districts" if len(frame) > 1 else "theatre"


def _named(paths: Iterable[Path]) -> str:
    return listed([path.name for path in paths], _SHOWN)


def _columns(frame: gpd.GeoDataFrame) -> set[str]:
    return {str(column).strip().lower() for column in frame.columns}


def _put_files(found: Draft, role: str, held: Iterable[Path], folder: Path, choices: str = "") -> None:
    """Name the files of a layer, one or several."""
    names = [_beside(path, folder) for path in held]
    if names:
        found.put("layers", role, names[0] if len(names) == 1 else names)
    elif choices:
        found.leave("layers", role, choices)


def _beside(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path.absolute(), folder.absolute())).as_posix()


def _put_dates(found: Draft, fronts: dict[Path, gpd.GeoDataFrame]) -> None:
    """Write the two days if the files hold two, and the column of days if it is not `date`."""
    held: set[pd.Timestamp] = set()
    for path, frame in fronts.items():
        said, named = days_of(frame), own_day(path, among=list(fronts))
        if said is not None and said.notna().any():
            held |= set(said.dropna())
        elif named is not None:
            held.add(pd.Timestamp(named))
        else:
            held |= _days_elsewhere(found, frame)
    days = sorted(held)
    spans = " to ".join(long_date(str(day)) for day in days) if len(days) == _TWO else ""
    found.put("study", "title", f"Change of control, {spans}" if spans else "Change of control")
    if spans:
        found.put("study", "dates", days)
        return
    there = listed([f"{day:%Y-%m-%d}" for day in days], _SHOWN) or "none that can be read"
    found.leave("study", "dates", f"two days, the earlier first, of those in the files: {there}", empty="[]")


def _days_elsewhere(found: Draft, frame: gpd.GeoDataFrame) -> set[pd.Timestamp]:
    """Look for days in columns of other names; say which may hold them."""
    if "date_column" in "".join(found.tables.get("layers", ())):
        return set()
    if (spans := spans_of(frame)) is not None:
        first, last = spans
        found.put("layers", "valid_from", first, "first day on which a row holds")
        choices = f"{last!r} if rows hold on that day too; else write valid_before = {last!r} in its place"
        found.leave("layers", "valid_to", choices)
        return set()
    known = {str(column): days for column in frame.columns.drop(frame.geometry.name)
             if (days := _days_in(frame[column]))}  # fmt: skip
    if len(known) == 1:
        ((column, days),) = known.items()
        found.put("layers", "date_column", column)
        return days
    if known:
        found.leave("layers", "date_column", f"which holds the day: {', '.join(known)}")
    return set()


def _days_in(column: pd.Series[Any]) -> set[pd.Timestamp]:
    """Read a column whose every text is a day."""
    texts = sorted({str(text) for text in column.dropna()})
    if pd.api.types.is_numeric_dtype(column) or not texts:
        return set()
    try:
        days = [day for day in days_in_texts(texts) if day is not None]
    except SourceError:
        return set()
    return {pd.Timestamp(day) for day in days} if len(days) == len(texts) else set()


def _put_sides(found: Draft, fronts: dict[Path, gpd.GeoDataFrame]) -> None:
    """Say which sides there are, or leave open who they are: whose ground it is is never guessed."""
    if not fronts:
        found.remark("study", 'side = "A"  # whose gains are positive; without it, each has its balance')
        return
    sided = {"side", "side_left", "side_right"} & {
        name for frame in fronts.values() for name in _columns(frame)
    }
    if sided:
        sides = sides_in_order(
            str(side) for frame in fronts.values() for column in frame.columns
            if str(column).strip().lower() in sided for side in frame[column].dropna()
        )  # fmt: skip
        among = f"whose gains are positive: {listed(sides, _SHOWN)}; without it, each has its balance"
        found.remark("study", f"side = {as_toml(sides[0])}  # {among}")
        return
    if all(map(is_of_lines, fronts.values())):
        found.leave("layers", "side_left", "who is to the left of the lines, as they are drawn")
        found.leave("layers", "side_right", "who is to the right; or side_at: places of each side")
        return
    choices = side_candidates(next(iter(fronts.values())))
    if choices:
        told = f"which column says whose ground it is: {told_candidates(choices)}; or one_side = true"
        found.leave("layers", "side_column", told)
    else:
        found.leave("study", "side", "whose ground the polygons are: the files do not say it")


def _put_ground(found: Draft, roles: dict[str, dict[Path, gpd.GeoDataFrame]], folder: Path) -> None:
    """Name districts and their key, theatre and settlements."""
    districts, theatre = roles.get("districts", {}), roles.get("theatre", {})
    needed = "" if theatre else "polygons of the districts; or theatre, the ground as one"
    _put_files(found, "districts", districts, folder, needed)
    if districts:
        _put_key(found, list(districts.values()))
    for role in ("theatre", "settlements"):
        held = roles.get(role, {})
        if len(held) > 1:
            found.leave("layers", role, f"one of {_named(held)}")
        else:
            _put_files(found, role, held, folder)


def _put_key(found: Draft, frames: list[gpd.GeoDataFrame]) -> None:
    """Choose the column of unique names: called a name, or the only one."""
    every = pd.concat([pd.DataFrame(frame.drop(columns=frame.geometry.name)) for frame in frames])
    unique = [str(c) for c in every.columns if every[c].notna().all() and every[c].astype(str).is_unique]
    texts = [name for name in unique if not pd.api.types.is_numeric_dtype(every[name])]
    called = [name for name in texts if name.lower() == "district"] or [
        name for name in texts if "name" in name.lower()
    ]
    chosen = called or (texts if len(texts) == 1 else [])
    others = [name for name in unique if name not in chosen[:1]]
    if chosen:
        more = f"; or {listed(others, _SHOWN)}" if others else ""
        found.put("layers", "key", chosen[0], f"{counted(len(every), 'name')}, each once{more}")
    else:
        among = listed(unique or list(map(str, every.columns)), _SHOWN)
        more = "" if unique else "; none is unique: dissolve = true joins rows that share a name"
        found.leave("layers", "key", f"the column of the districts' names: {among}{more}")
