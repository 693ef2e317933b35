"""What the TOML files of the project have in common: how they are read, and how their entries are checked."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from frontlines.errors import FrontlinesError, StudyError
from frontlines.sources.description import Description

_SHOWN = 40


class Entry(NamedTuple):
    """What an entry must be: a test, and the words for it."""

    fits: Callable[[Any], bool]
    words: str


def read_toml(path: Path, kind: str, error: type[FrontlinesError]) -> dict[str, Any]:
    """Read a TOML file; a fault is raised as `error`."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as absent:
        raise error(f"{path} is not a file: check the path") from absent
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise error(f"{path} cannot be read as a {kind}: {fault}") from fault


def is_name(value: Any) -> bool:
    """Tell whether a value is a text with something in it."""
    return isinstance(value, str) and bool(value.strip())


def is_number(value: Any) -> bool:
    """Tell whether a value is a finite number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_length(value: Any) -> bool:
    """Tell whether a value is a number, 0 or more."""
    return is_number(value) and bool(value >= 0)


NAME = Entry(is_name, "a text that is not empty")
METRES = Entry(is_length, "a number of metres, 0 or more")
YES = Entry(lambda value: isinstance(value, bool), "true or false")


def misfit(name: str, value: Any, entry: Entry) -> Iterator[str]:
    """Say what is wrong with an entry, if anything is."""
    if not entry.fits(value):
        yield f"{name} must be {entry.words}, not {_shown(value)}"


def misfits(held: Mapping[str, Any], known: Mapping[str, Entry], where: str) -> Iterator[str]:
    """Say what is wrong with the entries of a table; `where` is written before each name."""
    for name, value in held.items():
        if name in known:
            yield from misfit(f"{where}{name}", value, known[name])
        else:
            yield f"{where}{name} is not known (known are {', '.join(known)})"


def _shown(value: Any) -> str:
    """Write a value as it stands in the file, cut short."""
    listed = f"[{', '.join(map(_shown, value))}]" if isinstance(value, list) else None
    text = listed or (repr(value) if isinstance(value, str) else str(value))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


Tables = dict[str, dict[str, Any]]

_CORNERS, _TWO = 4, 2
_LAST_LATITUDE, _LAST_LONGITUDE = 90, 360


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _are_sides(value: Any) -> bool:
    return is_name(value) or (isinstance(value, list) and bool(value) and all(map(is_name, value)))


def _is_correlation(value: Any) -> bool:
    return value == math.inf or is_length(value)


def _are_draws(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and (value == 0 or value >= _TWO)


def _are_days(value: Any) -> bool:
    if not isinstance(value, list) or len(value) != _TWO:
        return False
    days = all(isinstance(day, date) and not isinstance(day, datetime) for day in value)
    return days and bool(value[0] < value[1])


def _are_corners(value: Any) -> bool:
    if not isinstance(value, list) or len(value) != _CORNERS or not all(map(is_number, value)):
        return False
    west, south, east, north = value
    inside = max(abs(south), abs(north)) <= _LAST_LATITUDE and max(abs(west), abs(east)) <= _LAST_LONGITUDE
    return bool(inside and south < north and west != east)


def _is_map(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(side, str) for side in value.values())


def _is_where(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_text(held) or _are_texts(held) for held in value.values())


_TEXT = Entry(_is_text, "a text")
_TEXTS = Entry(_are_texts, "a list of texts")
_SIDES = Entry(_are_sides, "a text that is not empty, or a list of such texts")
_CORRELATION = Entry(_is_correlation, "a number of metres, 0 or more, or inf")
_DRAWS = Entry(_are_draws, "a whole number of draws, 2 or more, or 0 for the formula")
_DAYS = Entry(_are_days, "two days, the earlier first, such as [1994-04-07, 1994-05-12]")
_CORNER = Entry(_are_corners, "west, south, east and north in degrees, such as [46.5, 39.9, 47.2, 40.5]")

_MAP = Entry(_is_map, "values and their sides, such as {losses = 'UKR', unsure = ''}")
_WHERE = Entry(_is_where, "columns and their values, such as {layer = 'front', year = ['1914', '1915']}")

LAYERS = ("frontlines", "control", "districts", "theatre", "settlements", "context")
"""Entries of [layers] that are files."""

STUDY_TABLES: dict[str, dict[str, Entry]] = {
    "study": {
        "name": NAME,
        "title": NAME,
        "side": _SIDES,
        "dates": _DAYS,
        "boundaries": _TEXT,
        "notes": _TEXTS,
        "sources": _TEXTS,
    },
    "sides": {},
    "layers": {
        "frontlines": NAME,
        "control": NAME,
        "theatre": NAME,
        "districts": NAME,
        "settlements": NAME,
        "context": NAME,
        "key": NAME,
        "label": NAME,
        "side_column": NAME,
        "map": _MAP,
        "one_side": YES,
        "date_column": NAME,
        "date_format": NAME,
        "valid_from": NAME,
        "valid_to": NAME,
        "where": _WHERE,
        "sigma_column": NAME,
        "crs": NAME,
        "lon": NAME,
        "lat": NAME,
        "encoding": NAME,
        "allow_date": YES,
        "dissolve": YES,
    },
    "method": {
        "snap_m": METRES,
        "sliver_m": METRES,
        "border_m": METRES,
        "margin_m": METRES,
        "rest": NAME,
        "reach_m": METRES,
        "sigma_m": METRES,
        "correlation_m": _CORRELATION,
        "draws": _DRAWS,
        "mend": YES,
    },
    "map": {"zoom": _CORNER, "towns": _TEXTS, "zoom_towns": _TEXTS},
}
"""What each table of a study.toml may hold; [sides] holds any names."""

_NEEDED = {"study": ("title", "dates"), "layers": ("districts",)}


def read_study_toml(path: Path, changes: Mapping[str, Mapping[str, Any]] | None = None) -> Tables:
    """Read a study file and refuse what it must not hold; `changes` go before the entries of its tables."""
    tables: Tables = read_toml(path, "study", StudyError)
    faults = list(_faults(tables))
    if not faults and changes:
        tables = {
            name: _changed(tables.get(name, {}), changes.get(name, {})) for name in {**tables, **changes}
        }
        faults = list(_faults(tables))
    if faults:
        raise StudyError(f"{path.name} is not a study: " + "; ".join(faults))
    return tables


def described_by(layers: Mapping[str, Any]) -> Description:
    """Give what [layers] says of columns and values of the layers."""
    names = {field.name for field in fields(Description)}
    said = {name: value for name, value in layers.items() if name in names}
    if "map" in layers:
        said["sides"] = {value: side or None for value, side in layers["map"].items()}
    if "where" in layers:
        held = layers["where"].items()
        said["where"] = {column: (one,) if isinstance(one, str) else tuple(one) for column, one in held}
    return Description(**said)


def _changed(held: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Put entries before those of a table; of two dates, None keeps the table's."""
    out = {**held, **changes}
    if "dates" in changes:
        out["dates"] = [new or old for new, old in zip(changes["dates"], held["dates"], strict=True)]
    return out


def _faults(tables: Mapping[str, Any]) -> Iterator[str]:
    for table, held in tables.items():
        if table not in STUDY_TABLES:
            yield f"[{table}] is not a table of a study (they are {', '.join(STUDY_TABLES)})"
        elif not isinstance(held, dict):
            yield f"{table} must be a table: write [{table}] on a line of its own"
        else:
            known = dict.fromkeys(held, NAME) if table == "sides" else STUDY_TABLES[table]
            yield from misfits(held, known, f"[{table}] ")
    for table, names in _NEEDED.items():
        held = tables.get(table, {})
        for name in names:
            if isinstance(held, dict) and name not in held:
                yield f"[{table}] {name} is missing"
    layers = tables.get("layers")
    if isinstance(layers, dict) and ("frontlines" in layers) == ("control" in layers):
        yield "[layers] must name either frontlines or control"
