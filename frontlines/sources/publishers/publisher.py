"""A publisher's way of writing maps, as a TOML file describes it: read, checked, and never run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from frontlines.errors import SourceError
from frontlines.names import PUBLISHERS
from frontlines.sources.description import Description
from frontlines.sources.toml import DESCRIBED, NAME, TEXTS, Entry, described_by, is_name, misfits, read_toml

HERE = Path(__file__).parent

_DAYS_FROM = ("column", "name", "folder")
_GEOMETRY = ("polygons", "points")


@dataclass(frozen=True, kw_only=True)
class Publisher:
    """What a publisher's TOML says; the words are those of the file, which `docs/publishers.md` explains."""

    name: str
    credit: str
    licence: str = ""
    # What stands in the table of files.
    geometry: str = "polygons"
    features: tuple[str, ...] = ()
    points: str | None = None
    table: str | None = None
    days_from: str = "column"
    stamps: tuple[str, ...] = ()
    time_zone: str = "UTC"
    layers: Mapping[str, str] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    # Of places.
    places: tuple[str, ...] = ()
    places_key: str = ""
    # Of layers.
    side_columns: tuple[str, ...] = ()
    instead: Mapping[str, str] = field(default_factory=dict)
    divider: str | None = None
    key: str | None = None
    otherwise: str | None = None
    unnamed: str | None = None
    on_top: tuple[str, ...] = ()
    description: Description = field(default_factory=Description)
    # What shows that a file is this publisher's.
    recognized: tuple[Mapping[str, Any], ...] = ()


def _one_of(*words: str) -> Entry:
    return Entry(lambda value: value in words, f"one of {', '.join(words)}")


def _are_names(value: Any) -> bool:
    return isinstance(value, dict) and all(is_name(name) for name in value.values())


def _is_bare(value: Any) -> bool:
    """Tell a name, or a pattern of names, from a path that may lead out of its folder."""
    return is_name(value) and not set(value) & set("/\\:") and value not in (".", "..")


def _is_zone(value: Any) -> bool:
    try:
        return is_name(value) and bool(ZoneInfo(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _are_columns(value: Any) -> bool:
    return is_name(value) or (isinstance(value, list) and bool(value) and all(map(is_name, value)))


_NAMES = Entry(_are_names, "names and what they stand for, such as {fill = 'styleUrl'}")
_TABLES: dict[str, dict[str, Entry]] = {
    "files": {
        "geometry": _one_of(*_GEOMETRY),
        "features": TEXTS,
        "points": NAME,
        "table": Entry(_is_bare, "a name or pattern of names, without a folder"),
        "days_from": _one_of(*_DAYS_FROM),
        "stamps": TEXTS,
        "time_zone": Entry(_is_zone, "the name of a time zone, such as Europe/Kyiv"),
        "layers": _NAMES,
        "needed": TEXTS,
    },
    "places": {
        "files": Entry(
            lambda value: isinstance(value, list) and all(map(_is_bare, value)),
            "a list of names or patterns of names, without folders",
        ),
        "key": NAME,
    },
    "layers": {
        **DESCRIBED,
        "side_column": Entry(_are_columns, "a column, or a list of columns"),
        "instead": _NAMES,
        "divider": NAME,
        "key": NAME,
        "otherwise": NAME,
        "unnamed": NAME,
        "on_top": TEXTS,
    },
}
_RECOGNIZED = {"columns": TEXTS, "features": NAME, "layers": TEXTS, "values": _NAMES}
_TOP = {"credit": NAME, "licence": NAME, "about": NAME}


@lru_cache(maxsize=32)
def publisher_called(name: str) -> Publisher:
    """Read the description of a publisher: one that comes with the library, or a file ending in .toml."""
    if name.lower().endswith(".toml"):
        return _read(Path(name))
    if name not in PUBLISHERS:
        known = ", ".join(PUBLISHERS)
        raise SourceError(f"no publisher {name!r} is known: use one of {known}, or a file ending in .toml")
    return _read(HERE / f"{name}.toml")


def _read(path: Path) -> Publisher:
    held = read_toml(path, "publisher", SourceError)
    if faults := list(_faults(held)):
        raise SourceError(f"{path.name} does not describe a publisher: " + "; ".join(faults))
    files, layers, places = (dict(held.get(name, {})) for name in ("files", "layers", "places"))
    columns = layers.pop("side_column", [])
    own = {name: layers.pop(name) for name in _TABLES["layers"] if name in layers and name not in DESCRIBED}
    said: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in (files | own).items()
    }
    return Publisher(
        name=path.stem,
        credit=held["credit"],
        licence=held.get("licence", ""),
        places=tuple(places.get("files", ())),
        places_key=places.get("key", ""),
        side_columns=(columns,) if isinstance(columns, str) else tuple(columns),
        description=described_by(layers),
        recognized=tuple(held.get("recognized", ())),
        **said,
    )


def _faults(held: Mapping[str, Any]) -> Iterator[str]:
    tables = {name: value for name, value in held.items() if name in _TABLES}
    rules = held.get("recognized", [])
    for name, value in tables.items():
        if isinstance(value, dict):
            yield from misfits(value, _TABLES[name], f"[{name}] ")
        else:
            yield f"{name} must be a table: write [{name}] on a line of its own"
    if isinstance(rules, list) and all(isinstance(rule, dict) for rule in rules):
        for rule in rules:
            yield from misfits(rule, _RECOGNIZED, "[[recognized]] ")
    else:
        yield "recognized must be a list of tables: write [[recognized]] on a line of its own"
    rest = {name: value for name, value in held.items() if name not in (*_TABLES, "recognized")}
    yield from misfits(rest, _TOP, "")
    if "credit" not in held:
        yield "credit is missing: name whom captions are to name as the source"
    layers, places = tables.get("layers", {}), tables.get("places", {})
    if isinstance(layers, dict) and "side_column" not in layers and "unnamed" not in layers:
        yield "[layers] side_column is missing: name the column that says whose ground it is, or say unnamed"
    if isinstance(places, dict) and bool(places.get("files")) != bool(places.get("key")):
        yield "[places] needs both files and key: where the places stand, and the column that both files have"
