"""What the TOML files of the project have in common: how they are read, and how their entries are checked."""

from __future__ import annotations

import json
import math
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from frontlines.errors import FrontlinesError, LayerError, StudyError
from frontlines.limits import LONGEST_M
from frontlines.names import EACH_DAY, MENDS, mends_of
from frontlines.sources.description import Description
from frontlines.sources.population import PER

_SHOWN = 40


class Entry(NamedTuple):
    """What an entry must be: a test, the words for it, and, for a value that fails, what is wrong with it."""

    fits: Callable[[Any], bool]
    words: str
    hint: Callable[[Any], str] = lambda _: ""


def read_toml(path: Path, kind: str, error: type[FrontlinesError]) -> dict[str, Any]:
    """Read a TOML file; a fault is raised as `error`."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as absent:
        raise error(f"{path} is not a file: check the path") from absent
    except UnicodeDecodeError as fault:
        raise error(f"{path} cannot be read as a {kind}: save it as UTF-8, in which it is not") from fault
    except (OSError, ValueError, RecursionError) as fault:  # not only those of its own
        told = _mend_of(path, str(fault)) or fault
        raise error(f"{path} cannot be read as a {kind}: {told}") from fault


_MENDS = (  # what stands in a line that cannot be read, what tomllib says of it, and the mend
    (r"[“”„‘’]", "", 'write straight quotes: "…"'),
    (r"\\", "", "write paths with / in place of backslashes"),
    ("", "overwrite|twice|already", "it stands twice: keep one"),
    ("", "datetime", "there is no such day: write it as 1994-05-12"),
    ("", r"[Uu]nclosed|[Uu]nterminated|Illegal character '\\n'", "close each bracket, brace and quote"),
    (r"=\s*\d+[./]\d+[./]", "", "write a day as 1994-05-12, or in quotes"),
    (r"=\s*(?:[^\W\d]|\d[^,#]*[^\W\d])", "", 'write texts in quotes: "…"'),
    (r"=\s*$", "", "give it a value"),
    (r"\d,\d", "", "write decimals with a point"),
)  # fmt: skip


def _mend_of(path: Path, fault: str) -> str:
    """Show the line that TOML cannot be read at, and say how to mend it; "" if nobody knows."""
    found = re.search(r"line (\d+)", fault)
    if found is None:
        return ""
    line = path.read_text(encoding="utf-8-sig").split("\n")[int(found[1]) - 1].strip()
    if not line.isprintable():
        return ""
    mends = (mend for held, said, mend in _MENDS if re.search(held, line) and re.search(said, fault))
    return next((f"line {found[1]}, {line[:_SHOWN]}: {mend}" for mend in mends), "")


def as_toml(value: Any) -> str:
    """Write a value on one line, as a TOML file holds it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{as_toml(name)} = {as_toml(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(as_toml, value))}]"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    return json.dumps(value, ensure_ascii=False, allow_nan=False).replace("\x7f", "\\u007f")


def is_name(value: Any) -> bool:
    """Tell whether a value is a text with something in it."""
    return isinstance(value, str) and bool(value.strip())


def is_number(value: Any) -> bool:
    """Tell whether a value is a number, not infinite; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def is_length(value: Any) -> bool:
    """Tell whether a value is a length that is not too long for the Earth."""
    return is_number(value) and 0 <= value <= LONGEST_M


def is_colour(value: Any) -> bool:
    """Tell whether a value is a colour, written as #RRGGBB."""
    return isinstance(value, str) and re.fullmatch(r"#[0-9A-Fa-f]{6}", value) is not None


def _are_mends(value: Any) -> bool:
    try:
        mends_of(value)
    except (LayerError, TypeError):
        return False
    return isinstance(value, bool | str | list)


AROUND = ("coast", "tiles", "none")
"""What a map may show about the theatre."""

COLOUR = Entry(is_colour, "a colour such as '#0072B2'")
NAME = Entry(is_name, "a text that is not empty")
METRES = Entry(is_length, f"a number of metres, 0 or more, at most {LONGEST_M:,}")
MEND = Entry(_are_mends, f"true, false, or some of {', '.join(MENDS)}")
YES = Entry(lambda value: isinstance(value, bool), "true or false")


def misfit(name: str, value: Any, entry: Entry) -> Iterator[str]:
    """Say what is wrong with an entry, if anything is."""
    if not entry.fits(value):
        hint = entry.hint(value)
        yield f"{name} must be {entry.words}, not {_shown(value)}" + (f": {hint}" if hint else "")


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
    return value == math.inf or isinstance(value, str) or is_length(value)


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


_PER = Entry(lambda value: value in PER, "'pixel' or 'km2': what a value counts")


def _is_place(value: Any) -> bool:
    return isinstance(value, list) and len(value) == _TWO and all(map(is_number, value))


def _are_places(value: Any) -> bool:
    return isinstance(value, dict) and all(
        _is_place(held) or (isinstance(held, list) and bool(held) and all(map(_is_place, held)))
        for held in value.values()
    )


_TEXT = Entry(_is_text, "a text")
TEXTS = Entry(_are_texts, "a list of texts")
_SIDES = Entry(_are_sides, "a text that is not empty, or a list of such texts")
_CORRELATION = Entry(
    _is_correlation,
    "a number of metres, 0 or more, inf, 'stretch', or several with their shares, as in '2000:0.5,inf:0.5'",
)
_DRAWS = Entry(_are_draws, "a whole number of draws, 2 or more, or 0 for the formula")
_DAYS = Entry(_are_days, "two days, the earlier first, such as [1994-04-07, 1994-05-12]")
_CORNER = Entry(_are_corners, "west, south, east and north in degrees, such as [46.5, 39.9, 47.2, 40.5]")

_MAP = Entry(_is_map, "values and their sides, such as {losses = 'UKR', unsure = ''}")
_WHERE = Entry(_is_where, "columns and their values, such as {layer = 'front', year = ['1914', '1915']}")
_FILES = Entry(
    lambda value: is_name(value) or (_are_texts(value) and bool(value) and all(map(is_name, value))),
    "the name of a file, or a list of names",
)
_PLACES = Entry(
    _are_places, "sides and places of theirs [degrees], such as {A = [46.9, 40.1], B = [47.4, 40.1]}"
)

DESCRIBED = {
    "side_column": NAME,
    "map": _MAP,
    "one_side": YES,
    "side_left": NAME,
    "side_right": NAME,
    "side_at": _PLACES,
    "date_column": NAME,
    "date_format": NAME,
    "shift_days": Entry(lambda value: type(value) is int, "a whole number of days"),
    "valid_from": NAME,
    "valid_to": NAME,
    "valid_before": NAME,
    "where": _WHERE,
    "sigma_column": NAME,
    "crs": NAME,
    "lon": NAME,
    "lat": NAME,
    "encoding": NAME,
    "allow_date": YES,
    "allow_empty": YES,
    "dissolve": YES,
    "each_day": Entry(lambda value: value in EACH_DAY, f"one of {', '.join(EACH_DAY)}"),
}
"""What a study or a publisher's file may say of columns and values of layers: entries of [layers]."""

LAYERS = ("frontlines", "control", "districts", "theatre", "settlements", "population", "context")
"""Entries of [layers] that are files."""

STUDY_TABLES: dict[str, dict[str, Entry]] = {
    "study": {
        "name": NAME,
        "title": NAME,
        "side": _SIDES,
        "dates": _DAYS,
        "boundaries": _TEXT,
        "notes": TEXTS,
        "sources": TEXTS,
    },
    "sides": {},
    "colours": {},
    "layers": {
        "frontlines": _FILES,
        "control": _FILES,
        "theatre": NAME,
        "districts": _FILES,
        "settlements": NAME,
        "population": NAME,
        "population_per": _PER,
        "context": NAME,
        "key": NAME,
        "label": NAME,
        "as": NAME,
        **DESCRIBED,
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
        "mend": MEND,
    },
    "map": {
        "zoom": _CORNER,
        "towns": TEXTS,
        "zoom_towns": TEXTS,
        "around": Entry(lambda value: value in AROUND, f"one of {', '.join(AROUND)}"),
    },
}
"""What each table of a study.toml may hold; [sides] and [colours] hold any names."""

_OF_SIDES = {"sides": NAME, "colours": COLOUR}

_NEEDED = ("title", "dates")


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
    if "as" in layers:
        said["publisher"] = layers["as"]
    if "map" in layers:
        said["sides"] = {value: side or None for value, side in layers["map"].items()}
    if "where" in layers:
        held = layers["where"].items()
        said["where"] = {column: (one,) if isinstance(one, str) else tuple(one) for column, one in held}
    if "side_at" in layers:
        said["side_at"] = {
            side: tuple(tuple(one) for one in ([held] if _is_place(held) else held))
            for side, held in layers["side_at"].items()
        }
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
            known = dict.fromkeys(held, _OF_SIDES[table]) if table in _OF_SIDES else STUDY_TABLES[table]
            yield from misfits(held, known, f"[{table}] ")
    held = tables.get("study", {})
    for name in _NEEDED:
        if isinstance(held, dict) and name not in held:
            yield f"[study] {name} is missing"
    layers = tables.get("layers", {})
    if isinstance(layers, dict):
        if not {"districts", "theatre"} & set(layers):
            yield "[layers] districts is missing (or a theatre, which then is one district)"
        if ("frontlines" in layers) == ("control" in layers):
            yield "[layers] must name either frontlines or control"
