"""Any publisher's map, one day or many, as its TOML describes it; and whose map a file is."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.crs import polygons_of
from frontlines.errors import SourceError
from frontlines.layers.days import days_in_names, days_or_faults, texts_of_days
from frontlines.manifest import sha256
from frontlines.names import LONLAT, PUBLISHERS, UNKNOWN, counted, listed
from frontlines.sources.description import USUAL, Description, described, require_likely_days, require_values
from frontlines.sources.publishers.publisher import Publisher, publisher_called
from frontlines.sources.publishers.rows import ENDINGS, JSON, Rows, header_of, json_of, rows_of
from frontlines.sources.publishers.sides import Values

_SHOWN = 5
_FOLLOWING = ("left_out", "same_file", "source_file", "source_sha256")
_SECONDS = re.compile(r"(?<!\d)\d{10}(\d{3})?(?!\d)")
_MONTH = re.compile(r"(\d*)(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(\d*)", re.IGNORECASE)
_DAY_DIGITS = 2

Faults = dict[str, list[str]]


@dataclass(frozen=True)
class Published:
    """A map as it was published: rows for `as_control`, the files they came from, what a reader must know."""

    frame: gpd.GeoDataFrame
    files: tuple[Path, ...]
    notes: tuple[str, ...]
    values: Mapping[
        str, int
    ]  # how often each value occurs, also those that only resemble what the user named
    publisher: Publisher


@dataclass(frozen=True)
class _Shot:
    """What one file shows: its ground by day and side."""

    file: Path
    frame: gpd.GeoDataFrame  # with `date`, `side`, `status`
    layer: str
    moment: float  # seconds since 1970; 0 where only a day is told
    left_out: Mapping[Any, Counter[str]]  # by day
    sha256: str


def read_published(path: str | Path, publisher: str, *, description: Description = USUAL) -> gpd.GeoDataFrame:
    """Read a publisher's map, one day or many.

    Parameters
    ----------
    path
        A file of the publisher's, or a folder of them. GeoJSON may be packed (``.geojson.gz``).
    publisher
        One of `PUBLISHERS`, or the path of a file ending in ``.toml`` that describes another.
    description
        What goes before the publisher's own words: `sides` of values, `where`, `each_day`, `shift_days`
        and so on.

    Returns
    -------
    frame
        A raw frame for `as_control` (for a publisher of places: for `as_settlements`), in EPSG:4326, by
        date: `date` (datetime64), `side`, `source` (the publisher's credit), `status` (its own words),
        `left_out` (what else the day's file holds, counted), `same_file` (files of that day that are
        the same, byte for byte), `source_file`, `source_sha256`, `geometry`. A day without ground is one
        row of side ``unknown`` with no geometry, which `as_control` refuses.

    Raises
    ------
    SourceError
        If a value is not known (all are named, with their places), several files show one day, a polygon
        cannot be built, a day cannot be found, or a file cannot be read.

    Notes
    -----
    Coordinates are those of the file, bit for bit, unless the publisher's layers lie on top of one another.

    Examples
    --------
    >>> import json, tempfile
    >>> ground = {"type": "Polygon", "coordinates": [[[37, 48], [38, 48], [38, 49], [37, 48]]]}
    >>> feature = {"type": "Feature", "properties": {"fill": "#a52714"}, "geometry": ground}
    >>> text = json.dumps({"type": "FeatureCollection", "features": [feature]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "1657300000.geojson").write_text(text)
    ...     frame = read_published(folder, "deepstate")
    >>> frame[["date", "side"]].astype(str).values.tolist()
    [['2022-07-08', 'RUS']]
    """
    found = published(path, replace(description, publisher=publisher))
    require_values(description.sides, found.values, Path(path).name)
    return found.frame


def published(path: str | Path, description: Description, others: Collection[Path] = ()) -> Published:
    """Read the map of `description.publisher`, without `others` of a folder; say what a reader must know."""
    publisher = publisher_called(str(description.publisher))
    said = _merged(publisher, description)
    own = description.side_column
    values = Values(publisher, description.sides, publisher.side_columns if own is None else (own,))
    faults: Faults = defaultdict(list)
    files = tuple(file for file in files_at(Path(path), publisher) if file.absolute() not in others)
    if not files:
        raise SourceError(
            f"{path} holds no file that can be read: give a folder of {', '.join(ENDINGS[:2])} files"
        )
    shots = [_shot(file, files, publisher, said, values, faults) for file in files]
    taken = _taken(shots, said.each_day, publisher, faults)
    if faults:
        lines = [f"{what} ({listed(places, _SHOWN)})" for what, places in faults.items()]
        raise SourceError(f"{path} cannot be read:\n" + "\n".join(lines))
    frame = _joined([_rows(shots[number], days, publisher) for number, days in taken.items()], publisher)
    if not publisher.description.allow_date:
        require_likely_days({Path(path).name: frame["date"]}, description)
    notes = list(_notes(values))
    if publisher.on_top and (wrong := sum(_crossing(shot.frame) for shot in shots)):
        notes.append(
            f"{counted(wrong, 'polygon')} mended that crossed themselves, to lay layers on one another"
        )
    return Published(frame, files, tuple(notes), values.seen | values.matched, publisher)


def _crossing(frame: gpd.GeoDataFrame) -> int:
    return int((frame.geometry.notna() & ~frame.is_valid).sum())


def files_at(path: Path, publisher: Publisher) -> list[Path]:
    """List the files to read: one, or those of a folder; where folders are days, those within them too."""
    if not path.is_dir():
        if not path.is_file():
            raise SourceError(f"{path} is not a file or folder: check the path")
        if not path.name.lower().endswith(ENDINGS):
            raise SourceError(f"{path} has an ending that is not known: use one of {', '.join(ENDINGS)}")
        return [path]
    folders = [path]
    if publisher.days_from == "folder":
        folders += sorted(one for one in path.iterdir() if one.is_dir() and not one.name.startswith("."))
    here = [file for folder in folders for file in sorted(folder.iterdir()) if not file.name.startswith(".")]
    files = [file for file in here if file.is_file() and file.name.lower().endswith(ENDINGS)]
    beside = [pattern.lower() for pattern in publisher.places]
    return [file for file in files if not any(fnmatchcase(file.name.lower(), one) for one in beside)]


def _merged(publisher: Publisher, description: Description) -> Description:
    """Let what a user says go before what the publisher's file says."""
    said = {
        one.name: value
        for one in fields(Description)
        if (value := getattr(description, one.name)) != getattr(USUAL, one.name)
    }
    ours = replace(publisher.description, **said)
    return replace(ours, side_column=None, sides={}, one_side=True, allow_date=True)


def _shot(
    file: Path,
    among: tuple[Path, ...],
    publisher: Publisher,
    said: Description,
    values: Values,
    faults: Faults,
) -> _Shot:
    """Read one file: who holds what on which day."""
    wanted = (*values.columns, *said.where, *filter(None, (said.date_column, *said.bounds)))
    rows = rows_of(file, publisher, said, wanted)
    for number, what in rows.unbuilt.items():
        faults[f"a polygon cannot be built, because {what}: mend the file"].append(_place(file, rows, number))
    frame = rows.frame
    _require_no_side(frame, file, values.columns)
    dated = publisher.days_from == "column" and "date" in {_plain(name) for name in frame.columns}
    moment, day = 0.0, None
    if said.date_column is None and not dated:
        frame = frame.drop(columns=[name for name in frame.columns if _plain(name) == "date"])
        moment, day = _day_of(file, among, rows.about, publisher, said)
    layer = layer_of(file, publisher)
    frame = frame.assign(layer=layer) if "layer" in values.columns else frame
    wanted_day = f"{day:%Y-%m-%d}" if day is not None and said.of_spans else None
    frame = described(frame, said, name=file.name, day=wanted_day)
    days = pd.Series(day, index=frame.index) if day is not None else _read_days(frame, file, rows, faults)
    sides, words, wrong = values.sides(frame)
    for what, at in wrong.items():
        faults[what] += [_place(file, rows, frame.index[number]) for number in at]
    frame = frame.assign(date=days, side=sides, status=words)
    left_out: dict[Any, Counter[str]] = defaultdict(Counter)
    left_out[day if day is not None else days.min()] += rows.left_out
    without = pd.isna(frame["side"])
    for one, number in days[without].value_counts().items():
        left_out[one]["left out by its class"] += number
    frame = frame[~without]
    if frame.empty and day is not None:
        frame = gpd.GeoDataFrame(
            {"date": [day], "side": [UNKNOWN], "status": [""]}, geometry=[None], crs=LONLAT
        )
    return _Shot(file, frame, layer, moment, left_out, sha256(file))


def _require_no_side(frame: gpd.GeoDataFrame, file: Path, columns: Sequence[str]) -> None:
    if "side" in {_plain(name) for name in frame.columns} and "side" not in map(str.lower, columns):
        raise SourceError(f"{file} has a column 'side', so it is control already: read it as it is")


def _plain(name: Any) -> str:
    return str(name).strip().lower()


def _place(file: Path, rows: Rows, number: Any) -> str:
    return f"{file.name} {rows.each} {number}"


def _read_days(frame: gpd.GeoDataFrame, file: Path, rows: Rows, faults: Faults) -> pd.Series[Any]:
    """Give the days of a column of dates; what is none is a fault."""
    days, bad = days_or_faults(frame["date"])
    texts = texts_of_days(frame["date"]).to_numpy()
    for number in sorted({*bad, *np.flatnonzero(days.isna())}):
        what = texts[number] or None
        faults[f"the date {str(what)!r} is no day: write 2024-07-08"].append(
            _place(file, rows, frame.index[number])
        )
    return days


# --- days


@lru_cache(maxsize=8)
def _days_named(files: tuple[Path, ...], date_format: str | None) -> dict[Path, str | None]:
    """Read the days in the names of files, which settle their order among each other."""
    return dict(zip(files, days_in_names(files, date_format), strict=True))


def _day_of(
    file: Path, among: tuple[Path, ...], about: Mapping[str, Any], publisher: Publisher, said: Description
) -> tuple[float, pd.Timestamp]:
    """Tell the moment at which a file was written, if it says one, and the day that it shows."""
    zone = ZoneInfo(publisher.time_zone)
    digits = _SECONDS.search(file.name)
    for stated in (*(about.get(name) for name in publisher.stamps), digits and digits.group()):
        if (moment := _moment(stated, zone)) is not None:
            return moment.timestamp(), pd.Timestamp(moment.date()).as_unit("s")
    day = _days_named(among, said.date_format)[file]
    if publisher.days_from == "folder":
        day = _day_of_folder(file, day)
    if day is None:
        raise SourceError(
            f"{file} does not say its day: name it like {publisher.name}_20240708.geojson, "
            "or give its features a property 'date'"
        )
    return 0.0, pd.Timestamp(day).as_unit("s") + pd.Timedelta(days=said.shift_days)


def _moment(stated: Any, zone: ZoneInfo) -> datetime | None:
    """Read a moment: ISO 8601, or seconds or milliseconds since 1970."""
    text = str(stated)
    try:
        if _SECONDS.fullmatch(text):
            return datetime.fromtimestamp(int(text) / (1 if len(text) == 10 else 1000), zone)  # noqa: PLR2004
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
    except (ValueError, OverflowError):
        return None


def _day_of_folder(file: Path, named: str | None) -> str | None:
    """Give the day of a file's folder, with which that in its own name must agree."""
    folder = days_in_names([file.parent])[0]
    if named is not None and folder not in (None, named):
        raise SourceError(f"{file} names the day {named}, and its folder {folder}: put it into the right one")
    for before, month, after in _MONTH.findall(file.stem) if named is None else ():
        digits = before or after
        whole = not (before and after) and len(digits) <= _DAY_DIGITS
        if not digits:
            continue
        said = f"{int(digits):02}{month.lower()}" if whole else ""
        if folder is None or said != f"{date.fromisoformat(folder):%d%b}".lower():
            raise SourceError(
                f"{file} names a day that cannot be read, or is not its folder's ({before}{month}{after}): "
                "write it like 17AUG2024"
            )
    return named or folder


# --- layers, and several files of a day


def layer_of(file: Path, publisher: Publisher) -> str:
    """Name the layer that a file is, by its own name."""
    for pattern, layer in publisher.layers.items():
        if fnmatchcase(file.name.lower(), pattern.lower()):
            return layer
    return file.stem if publisher.layers else ""


def _taken(
    shots: Sequence[_Shot], each_day: str | None, publisher: Publisher, faults: Faults
) -> dict[int, dict[Any, str]]:
    """Say which days to take from which file (by position), and name the files that are the same."""
    by_day: dict[Any, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for number, shot in enumerate(shots):
        for day in shot.frame["date"].dropna().unique():
            by_day[day][shot.layer].append(number)
    taken: dict[int, dict[Any, str]] = defaultdict(dict)
    for day, layers in sorted(by_day.items()):
        if absent := [name for name in publisher.needed if name not in layers]:
            there = ", ".join(shots[number].file.name for held in layers.values() for number in held)
            faults[f"{day:%Y-%m-%d} lacks the layer {', '.join(map(repr, absent))}: get it"].append(there)
        for held in layers.values():
            for number, same in _picked(day, held, shots, each_day, faults):
                taken[number][day] = ", ".join(same)
    return taken


def _picked(
    day: Any, held: Sequence[int], shots: Sequence[_Shot], each_day: str | None, faults: Faults
) -> Iterator[tuple[int, list[str]]]:
    """Pick the files to take of those that show one day, with the names of others that are the same."""
    distinct: dict[str, list[int]] = defaultdict(list)
    for number in sorted(held, key=lambda one: (shots[one].moment, shots[one].file.name)):
        distinct[shots[number].sha256].append(number)
    kept = list(distinct.values())
    if len(kept) > 1 and each_day in ("first", "last"):
        kept = [kept[0] if each_day == "first" else kept[-1]]
    elif len(kept) > 1 and each_day != "all":
        faults[several_a_day(f"{day:%Y-%m-%d}")] += [shots[same[0]].file.name for same in kept]
    for first, *others in kept:
        yield first, [shots[other].file.name for other in others]


def several_a_day(day: str) -> str:
    """Say that several files show one day, and what can be done."""
    return (
        f"several files show {day}: take one with each_day='last' or each_day='first', or join them with "
        "each_day='all'"
    )


def _rows(shot: _Shot, days: Mapping[Any, str], publisher: Publisher) -> gpd.GeoDataFrame:
    """Give the rows of some days, with the columns of a raw frame; a table may name its own files itself."""
    rows = shot.frame
    if set(rows["date"].unique()) != set(days):
        rows = rows[rows["date"].isin(list(days))]
    told = {
        day: ", ".join(f"{kind} {number}" for kind, number in sorted(shot.left_out.get(day, {}).items()))
        for day in days
    }
    about = {
        "left_out": rows["date"].map(told),
        "same_file": rows["date"].map(days),
        "source_file": shot.file.name,
        "source_sha256": shot.sha256,
    }
    present = {_plain(name): name for name in rows.columns}
    held = {"date": rows["date"], "side": rows["side"], "source": publisher.credit, "status": rows["status"]}
    for name, value in about.items():
        own = rows[present[name]] if name in present else None
        text = own is not None and own.map(lambda cell: isinstance(cell, str)).all()
        held[name] = own if text else value
    kept = ("sigma_m", "name", "population") if publisher.geometry == "points" else ("sigma_m",)
    held |= {name: rows[present[name]] for name in kept if name in present}
    return gpd.GeoDataFrame(held, geometry=rows.geometry, crs=LONLAT)


def _joined(parts: Sequence[gpd.GeoDataFrame], publisher: Publisher) -> gpd.GeoDataFrame:
    """Put all days into one frame, each laid in order if the publisher's sides lie on one another."""
    rows = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=LONLAT)
    rows["date"] = rows["date"].astype("datetime64[s]")
    if publisher.geometry == "points":
        rows = _unanimous(rows)
    if publisher.on_top:
        days = [_stacked(day, publisher.on_top) for _, day in rows.groupby("date")]
        rows = gpd.GeoDataFrame(pd.concat(days), geometry="geometry", crs=LONLAT)
    return rows.sort_values("date", kind="stable", ignore_index=True)


def _unanimous(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Leave out places at one point that are held by different sides: which is which, nobody knows."""
    point = shapely.to_wkb(rows.geometry.values)
    several = rows.groupby(["date", point])["side"].transform("nunique") > 1
    lost = several.groupby(rows["date"]).transform("sum").to_numpy()
    told = [f"places of several sides at one point {number}" if number else "" for number in lost]
    words = [", ".join(filter(None, both)) for both in zip(rows["left_out"], told, strict=True)]
    return rows.assign(left_out=words)[~several]


def _stacked(rows: gpd.GeoDataFrame, on_top: Sequence[str]) -> gpd.GeoDataFrame:
    """Cut what lies below from the ground of each side, the uppermost first; one row a side."""
    if rows.geometry.isna().all():
        return rows
    order = {side: number for number, side in enumerate(on_top)}
    sides = sorted(rows["side"].unique(), key=lambda side: (order.get(side, len(order)), side))
    covered, parts = shapely.Polygon(), []
    for side in sides:
        own = rows[rows["side"] == side]
        ground = shapely.union_all(shapely.make_valid(own.geometry.values))
        free = polygons_of(np.array([shapely.difference(ground, covered)]))[0]
        covered = shapely.union(covered, ground)
        first = own.iloc[[0]].assign(
            **{name: ", ".join(dict.fromkeys(filter(None, own[name]))) for name in ("status", *_FOLLOWING)},
            **({"sigma_m": own["sigma_m"].max()} if "sigma_m" in own else {}),
        )
        if not free.is_empty:
            parts.append(first.set_geometry(gpd.GeoSeries([free], index=first.index, crs=rows.crs)))
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=rows.crs)


def _notes(values: Values) -> Iterator[str]:
    """Tell the values that were not known, and what was taken instead."""
    by_value = [
        f"{unknown!r} by {known!r} as {side or 'left out'} ({number})"
        for (unknown, known, side), number in values.unknown.most_common()
    ]
    if by_value:
        what = f"{counted(len(by_value), 'value')} not known, read by what stands beside"
        yield f"{what}: {listed(by_value, _SHOWN)}"


# --- whose map a file is


def recognized(path: Path, frame: gpd.GeoDataFrame | None) -> str | None:
    """Name the one publisher that writes such files; `frame` is a file as it is, if it can be read so."""
    found = []
    for name in PUBLISHERS if path.is_file() or path.is_dir() else ():  # a pipe would be waited for
        publisher = publisher_called(name)
        try:
            if any(_fits(rule, publisher, path, frame) for rule in publisher.recognized):
                found.append(name)
        except (SourceError, OSError):
            continue
    return found[0] if len(found) == 1 else None


def _fits(rule: Mapping[str, Any], publisher: Publisher, path: Path, frame: gpd.GeoDataFrame | None) -> bool:
    """Tell whether all that a rule asks for is there."""
    if "layers" in rule:
        here = {layer_of(file, publisher) for file in files_at(path, publisher)} if path.is_dir() else set()
        return set(rule["layers"]) <= here
    if path.is_dir():
        return False
    if "features" in rule:
        if frame is not None or not path.name.lower().endswith(JSON):
            return False
        inner = json_of(path).get(rule["features"])
        fields = [one for one in inner.values() if isinstance(one, dict)] if isinstance(inner, dict) else []
        return bool(fields) and all(set(rule["columns"]) <= set(one) for one in fields)
    columns = header_of(path, publisher) if frame is None else {str(name) for name in frame.columns}
    if not set(rule.get("columns", ())) <= columns:
        return False
    values = rule.get("values", {})
    return not values or (
        frame is not None
        and set(values) <= columns
        and all(any(fnmatchcase(str(value), like) for value in frame[name]) for name, like in values.items())
    )
