r"""DeepState's map of Ukraine, day by day.

The map of DeepStateUA (https://deepstatemap.live) is passed on in several forms; all of them are read
here. Where a file states a status, it does so by a name in several languages, divided by ``///``, the
last of which may be the map's own key, and by a fill colour:

==============================================  ======================  =============================
key (``geoJSON.`` before it) or name            fill                    what it is read as
==============================================  ======================  =============================
status.occupied; Occupied                       a52714                  ``RUS``
territories.crimea, .ordlo, .tuzla              880e4f                  ``RUS`` (held before 2022)
status.dismissed, .dismissed_at; Liberated      0f9d58, 0288d1, 01579b  ``UKR`` (01579b: within Russia)
zmiinyi_island                                                          ``UKR``
status.unknown; Unknown status, Contested       bcaaa4, bdbdbd, 757575  ``contested`` (the grey zone)
territories.transnistria, .abkhazia and so on   ff5252                  left out: beyond Ukraine
==============================================  ======================  =============================

The table was put together from snapshots of the map's history interface of 2022 and from public programs
that read it up to 2026. The publisher does not document it and may change it at any time: what is not in
it is refused, and `read_deepstate` takes additions.

A daily file dated D holds the map as it stood on the evening of D−1, because it is taken in the night.
DeepState measures areas on a sphere of radius 6,378,137 m; areas on the ellipsoid differ slightly.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd
import shapely

from frontlines.errors import SourceError
from frontlines.layers.columns import days_of
from frontlines.sources.files import day_in_name
from frontlines.sources.publishers.pieces import Piece, files_at, read_pieces

SOURCE = "DeepStateUA, deepstatemap.live"

_BEYOND = "beyond Ukraine"
_SIDES = {
    "RUS": (
        "status.occupied territories.crimea territories.ordlo territories.tuzla",
        "Окуповано|Occupied|Окупований Крим|Occupied Crimea|ОРДЛО|CADR and CALR",
        "#a52714 #880e4f",
    ),
    "UKR": (
        "status.dismissed status.dismissed_at zmiinyi_island",
        "Звільнено|Liberated",
        "#0f9d58 #0288d1 #01579b",
    ),
    "contested": (
        "status.unknown",
        "Статус невідомий|Unknown status|Contested|Contensed",
        "#bcaaa4 #bdbdbd #757575",
    ),
    _BEYOND: (
        (
            "territories.transnistria territories.abkhazia territories.tskhinvali-district "
            "territories.prussia territories.karelia territories.ichkeria territories.petsamo "
            "territories.salla territories.estonia territories.latvia territories.pechorsky-district "
            "territories.kuril"
        ),
        "Придністров'я|Transnistria",
        "#ff5252",
    ),
}
_KEY = "geojson."
_KNOWN: dict[str, str] = {
    words.casefold(): side
    for side, (keys, names, fills) in _SIDES.items()
    for words in [*(_KEY + key for key in keys.split()), *names.split("|"), *fills.split()]
}
_NEUTRAL = {"date", "id", "source", "source_file", "source_sha256", "index"}
_STYLE = re.compile(r"#poly-([0-9A-Fa-f]{6})\b")
_TAIL = re.compile(r"\{\{.*?\}\}|[\s\d.,–—-]+$")
_TELLING = re.compile("name|fill|colou?r|stat|class|code|control|held|holder|occup|side|type")
_BARE = re.compile("[0-9a-f]{6}")
_ID_DIGITS = 10  # seconds since 1970: from 2001 to 2286
_NOT_WANTED = "left out as asked"
_NOT_GROUND = ("Point", "MultiPoint", "LineString", "MultiLineString")
_COLUMNS = ["date", "side", "source", "status", "left_out", "same_file", "source_file", "source_sha256"]
_SHOWN, _LONGEST = 5, 80


@dataclass(frozen=True)
class _Snapshot:
    """The map at one day, as one file tells it."""

    day: pd.Timestamp
    dated: bool  # by a file name or a column, not by the second of publishing
    file: str
    digest: str
    pieces: list[Piece]


def read_deepstate(
    path: str | Path, *, statuses: Mapping[str, str | None] | None = None, evening_before: bool = False
) -> gpd.GeoDataFrame:
    """Read DeepState's map, one day or many.

    Parameters
    ----------
    path
        A folder of daily files; one such file (``deepstatemap_data_20240708.geojson``: features
        without properties are occupied ground); one file with a column `date` (GeoJSON, GeoParquet,
        GeoPackage); or the raw feed (``{"id": ..., "map": {...}}`` or its plain FeatureCollection).
        GeoJSON may be packed (``.geojson.gz``). In a folder only ``.geojson`` and ``.json`` files
        count, packed or not; its subfolders are not searched.
    statuses
        Names or fill colours to add to the table of this module, and who holds such ground; None
        leaves it out. What is given here decides before the table does.
    evening_before
        Give the days of file names and of a column `date` as the evening they show: one day earlier.
        By default they stay as written. The raw feed is dated by its `id`, the second of publishing,
        in Kyiv's time, and is not moved.

    Returns
    -------
    frame
        A raw frame for `as_control`, in EPSG:4326, one row a polygon of the source, by date: `date`
        (datetime64), `side` (``RUS``, ``UKR``, ``contested``), `source`, `status` (the source's own
        words), `left_out` (what else the day's file holds and is not ground of Ukraine, counted),
        `same_file` (files of that day that say the same, byte for byte), `source_file`,
        `source_sha256`, `geometry`. A day without ground is one row of side ``unknown`` with no
        geometry, which `as_control` refuses.

    Raises
    ------
    SourceError
        If a status is not known (all are named, with their features), two files tell one day
        differently, a ring cannot be built, a day cannot be found, or a file cannot be read.

    See Also
    --------
    frontlines.sources.snapshots.describe_snapshots : What is odd about the days.

    Notes
    -----
    Coordinates are those of the file, bit for bit. Ground that is neither occupied nor grey belongs to
    ``UKR`` once there is a theatre: ``as_control(frame, crs, theatre=theatre, rest="UKR")``. The raw
    feed also holds points and arrows (units, airfields, directions of attack), which are not ground,
    and areas beyond Ukraine; both are left out and counted in `left_out`.

    Examples
    --------
    >>> import json, tempfile
    >>> from frontlines.sources.snapshots import describe_snapshots
    >>> ground = {"type": "Polygon", "coordinates": [[[37, 48], [38, 48], [38, 49], [37, 48]]]}
    >>> feature = {"type": "Feature", "properties": {}, "geometry": ground}
    >>> text = json.dumps({"type": "FeatureCollection", "features": [feature]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "deepstatemap_data_20240708.geojson").write_text(text)
    ...     _ = (Path(folder) / "deepstatemap_data_20240710.geojson").write_text(text)
    ...     frame = read_deepstate(folder)
    >>> frame[["date", "side"]].astype(str).values.tolist()
    [['2024-07-08', 'RUS'], ['2024-07-10', 'RUS']]
    >>> describe_snapshots(frame)["problem"].tolist()
    ['missing day', 'same as before']
    """
    given = {_plain(words): side or _NOT_WANTED for words, side in (statuses or {}).items()}
    faults: dict[str, list[str]] = defaultdict(list)
    snapshots = [shot for file in files_at(Path(path)) for shot in _snapshots_in(file, faults)]
    if evening_before:
        snapshots = [replace(s, day=s.day - pd.Timedelta(days=1)) if s.dated else s for s in snapshots]
    rows = [row for shot, same in _one_a_day(snapshots, faults) for row in _rows(shot, same, given, faults)]
    if faults:
        raise SourceError(f"{path} cannot be read:\n" + "\n".join(map(_fault_line, faults.items())))
    table = pd.DataFrame([row[:-1] for row in rows], columns=_COLUMNS)
    table["date"] = table["date"].astype("datetime64[s]")
    frame = gpd.GeoDataFrame(table, geometry=[row[-1] for row in rows], crs="EPSG:4326")
    return frame.sort_values("date", kind="stable", ignore_index=True)


def _snapshots_in(file: Path, faults: dict[str, list[str]]) -> Iterator[_Snapshot]:
    """Read one file, and part it into days."""
    pieces, about, digest = read_pieces(file)
    if any("side" in piece.said for piece in pieces):
        raise SourceError(f"{file} has a column 'side', so it is control already: read it with read_control")
    if not any("date" in piece.said for piece in pieces):
        day, dated = _day_of(about, file)
        yield _Snapshot(day, dated, file.name, digest, pieces)
        return
    days = days_of(pd.DataFrame({"date": [piece.said.get("date") for piece in pieces]}))
    parts: dict[Any, list[Piece]] = defaultdict(list)
    for number, (day, piece) in enumerate(zip(days if days is not None else (), pieces, strict=True)):
        if pd.isna(day):
            faults[f"the date {_shown(piece.said.get('date'))!r} is no day: write 2024-07-08"].append(
                piece.place
            )
            continue
        alone = number if _statement(piece.said) == ("", "") else -1  # occupied ground is one row a day
        file_name = piece.said.get("source_file")
        parts[day, file_name if isinstance(file_name, str) else alone].append(piece)
    for (day, name), members in parts.items():
        own = str(members[0].said.get("source_sha256", digest))
        yield _Snapshot(day, True, name if isinstance(name, str) else file.name, own, members)


def _day_of(about: Mapping[str, Any], file: Path) -> tuple[pd.Timestamp, bool]:
    """Tell a snapshot's day, and whether it was merely written on it."""
    for stated in (about.get("createdAt"), about.get("datetime")):
        try:
            moment = datetime.fromisoformat(str(stated))
            local = moment if moment.tzinfo is None else moment.astimezone(ZoneInfo("Europe/Kyiv"))
        except (ValueError, OverflowError):
            continue
        return pd.Timestamp(local.date()), False
    digits = re.search(r"(?<!\d)\d{10}(?!\d)", file.name)
    for number in (about.get("id"), digits and digits.group()):
        text = str(number)
        if text.isdecimal() and len(text) == _ID_DIGITS:
            return pd.Timestamp(datetime.fromtimestamp(int(text), ZoneInfo("Europe/Kyiv")).date()), False
    day = day_in_name(file)
    if day is None:
        raise SourceError(
            f"{file} does not say its day: name it like deepstatemap_data_20240708.geojson, "
            "or give its features a property 'date'"
        )
    return pd.Timestamp(day), True


def _one_a_day(
    snapshots: list[_Snapshot], faults: dict[str, list[str]]
) -> Iterator[tuple[_Snapshot, list[str]]]:
    """Keep one snapshot a day, with the names of others that say the same."""
    by_day: dict[Any, list[_Snapshot]] = defaultdict(list)
    for snapshot in snapshots:
        by_day[snapshot.day].append(snapshot)
    for day, (first, *others) in sorted(by_day.items()):
        content = _content(first) if others else []
        differing = [other for other in others if _content(other) != content]
        if differing:
            places = [_place(shot) for shot in (first, *differing)]
            faults[f"{day:%Y-%m-%d} is shown in different ways: keep one of the files or rows"] += places
        yield first, [_place(other) for other in others]


def _content(snapshot: _Snapshot) -> list[Any]:
    """Tell what a snapshot says of ground, bit for bit."""
    return [(_statement(piece.said), _as_bytes(piece.geometry)) for piece in snapshot.pieces]


def _as_bytes(geometry: Any) -> Any:
    return shapely.to_wkb(geometry) if isinstance(geometry, shapely.Geometry) else str(geometry)


def _place(snapshot: _Snapshot) -> str:
    """Name a snapshot by its file, or by its row within a file of many days."""
    pieces = snapshot.pieces
    return pieces[0].place if pieces and "date" in pieces[0].said else snapshot.file


def _rows(
    snapshot: _Snapshot, same: list[str], given: Mapping[str, str], faults: dict[str, list[str]]
) -> list[tuple[Any, ...]]:
    """Turn one snapshot into rows of the frame."""
    ground: list[tuple[str, str, Any]] = []
    left_out: Counter[str] = Counter()
    plain = all(_statement(piece.said) == ("", "") for piece in snapshot.pieces if _is_ground(piece.geometry))
    for piece in snapshot.pieces:
        if not _is_ground(piece.geometry):
            left_out[_kind(piece.geometry)] += 1
            continue
        side, fault = _plain_side(piece.said) if plain else _side(piece.said, given)
        if isinstance(piece.geometry, str):
            fault = f"a polygon cannot be built, because {piece.geometry}: mend the file"
        if fault:
            faults[fault].append(piece.place)
        elif side in (_BEYOND, _NOT_WANTED):
            left_out[side] += 1
        else:
            ground.append((side, _shown(" / ".join(filter(None, _statement(piece.said)))), piece.geometry))
    counted = ", ".join(f"{kind} {number}" for kind, number in sorted(left_out.items()))
    about = (counted, ", ".join(same), snapshot.file, snapshot.digest)
    rows = ground or [("unknown", "", None)]
    return [(snapshot.day, side, SOURCE, words, *about, shape) for side, words, shape in rows]


def _is_ground(geometry: Any) -> bool:
    """Tell a polygon, even one that cannot be built, from all else."""
    if isinstance(geometry, shapely.Geometry):
        return geometry.geom_type in ("Polygon", "MultiPolygon") and not geometry.is_empty
    return isinstance(geometry, str)


def _kind(geometry: Any) -> str:
    if isinstance(geometry, shapely.Geometry):
        return f"empty {geometry.geom_type}" if geometry.is_empty else str(geometry.geom_type)
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    return kind if kind in _NOT_GROUND else "no geometry"


def _plain_side(said: Mapping[str, Any]) -> tuple[str, str]:
    """Take a feature without a status for occupied, if nothing else in it might be one."""
    for name, value in said.items():
        if name not in _NEUTRAL and _says_something(name, value):
            return "", (
                f"the property {_shown(name)!r} says {_shown(value)!r}, which is no status known here: "
                "rename it to 'name' or 'fill', or take it out if the ground is occupied"
            )
    return "RUS", ""


def _says_something(name: str, value: Any) -> bool:
    """Tell whether a property may be a status: any words, and whatever else its name makes one."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return False
    if isinstance(value, str):
        return bool(value.strip())
    return not isinstance(value, int | float) or isinstance(value, bool) or bool(_TELLING.search(name))


def _side(said: Mapping[str, Any], given: Mapping[str, str]) -> tuple[str, str]:
    """Tell who holds ground, or what keeps us from knowing it."""
    name, fill = _statement(said)
    words = [_plain(part) for part in name.split("///") if _plain(part)]
    for own in (_plain(name), *words, fill):
        if own in given:
            return given[own], ""
    if not words and not fill:
        return "", "a polygon has neither name nor fill, though others have: give it one"
    by_name, fault = _by_name(name, words)
    if fault or by_name == {_BEYOND}:
        return _BEYOND, fault
    if fill and fill not in _KNOWN:
        return "", f"the fill {_shown(fill)!r} is not known: {_mend(fill)}"
    sides = by_name | ({_KNOWN[fill]} if fill else set())
    differ = f"the name {_shown(name)!r} and the fill {_shown(fill)!r} say different things"
    return min(sides), f"{differ}: {_mend(name)}" if len(sides) > 1 else ""


def _by_name(name: str, words: list[str]) -> tuple[set[str], str]:
    """Tell what a name says; the map's own key, where there is one, goes before the languages."""
    keys = [word for word in words if word.startswith(_KEY)]
    unknown = [key for key in keys if key not in _KNOWN]
    sides = {_KNOWN[word] for word in keys or words if word in _KNOWN}
    if unknown or (words and not sides):
        stated = unknown[0] if unknown else name
        return set(), f"the name {_shown(stated)!r} is not known: {_mend(stated)}"
    return sides, ""


def _statement(said: Mapping[str, Any]) -> tuple[str, str]:
    """Take the name and the fill colour that a feature states."""
    name, fill = (said.get(word) for word in ("name", "fill"))
    if fill is None and (style := _STYLE.match(str(said.get("styleurl", "")))):
        fill = f"#{style[1]}"
    return " ".join(str("" if name is None else name).split()), _colour("" if fill is None else fill)


def _plain(words: Any) -> str:
    """Write a name or colour in one way: one case, no dates, no outer blanks."""
    text = " ".join(str(words).split()).casefold()
    return text if text.startswith("#") else _TAIL.sub("", _TAIL.sub("", text)).strip()


def _colour(fill: Any) -> str:
    """Write a fill colour in one way: ``#a52714``."""
    text = "".join(str(fill).split()).casefold()
    return f"#{text}" if _BARE.fullmatch(text) else text


def _shown(words: Any) -> str:
    """Write text of a file so that it cannot be mistaken for ours."""
    text = " ".join(str(words).split())
    return "".join(letter for letter in text if letter.isprintable())[:_LONGEST]


def _mend(words: str) -> str:
    return f"say who holds such ground with statuses={{{_shown(words)!r}: 'RUS'}}, or None to leave it out"


def _fault_line(fault: tuple[str, list[str]]) -> str:
    what, places = fault
    more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
    return f"{what} ({', '.join(places[:_SHOWN])}{more})"
