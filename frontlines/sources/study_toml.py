"""What a study.toml may hold, and what is wrong with one."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from frontlines.errors import StudyError

Tables = dict[str, dict[str, Any]]

_CORNERS, _TWO = 4, 2
_LAST_LATITUDE, _LAST_LONGITUDE = 90, 360
_SHOWN = 40


class _Entry(NamedTuple):
    """What an entry must be: a test, and the words for it."""

    fits: Callable[[Any], bool]
    words: str


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_length(value: Any) -> bool:
    return _is_number(value) and bool(value >= 0)


def _is_correlation(value: Any) -> bool:
    return value == math.inf or _is_length(value)


def _are_draws(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and (value == 0 or value >= _TWO)


def _are_days(value: Any) -> bool:
    if not isinstance(value, list) or len(value) != _TWO:
        return False
    days = all(isinstance(day, date) and not isinstance(day, datetime) for day in value)
    return days and bool(value[0] < value[1])


def _are_corners(value: Any) -> bool:
    if not isinstance(value, list) or len(value) != _CORNERS or not all(map(_is_number, value)):
        return False
    west, south, east, north = value
    inside = max(abs(south), abs(north)) <= _LAST_LATITUDE and max(abs(west), abs(east)) <= _LAST_LONGITUDE
    return bool(inside and south < north and west != east)


_TEXT = _Entry(_is_text, "a text")
_NAME = _Entry(_is_name, "a text that is not empty")
_TEXTS = _Entry(_are_texts, "a list of texts")
_LENGTH = _Entry(_is_length, "a number of metres, 0 or more")
_CORRELATION = _Entry(_is_correlation, "a number of metres, 0 or more, or inf")
_DRAWS = _Entry(_are_draws, "a whole number of draws, 2 or more, or 0 for the formula")
_DAYS = _Entry(_are_days, "two days, the earlier first, such as [1994-04-07, 1994-05-12]")
_CORNER = _Entry(_are_corners, "west, south, east and north in degrees, such as [46.5, 39.9, 47.2, 40.5]")

_TABLES: dict[str, dict[str, _Entry]] = {  # what each table of a study.toml may hold
    "study": {
        "name": _NAME,
        "title": _NAME,
        "side": _NAME,
        "dates": _DAYS,
        "boundaries": _TEXT,
        "notes": _TEXTS,
        "sources": _TEXTS,
    },
    "sides": {},
    "layers": {
        "frontlines": _NAME,
        "control": _NAME,
        "theatre": _NAME,
        "districts": _NAME,
        "settlements": _NAME,
        "context": _NAME,
        "key": _NAME,
    },
    "method": {
        "snap_m": _LENGTH,
        "sliver_m": _LENGTH,
        "border_m": _LENGTH,
        "rest": _NAME,
        "sigma_m": _LENGTH,
        "correlation_m": _CORRELATION,
        "draws": _DRAWS,
    },
    "map": {"zoom": _CORNER, "towns": _TEXTS, "zoom_towns": _TEXTS},
}
_NEEDED = {"study": ("title", "side", "dates"), "layers": ("districts",)}


def read_study_toml(path: Path) -> Tables:
    """Read a study file and refuse what it must not hold.

    Parameters
    ----------
    path
        A ``study.toml``.

    Returns
    -------
    tables
        Its tables by name, with their entries; every entry is of its type.

    Raises
    ------
    StudyError
        If it cannot be read, or entries are missing, unknown or of the wrong type: all of them at once.

    Examples
    --------
    >>> from frontlines import datasets
    >>> read_study_toml(datasets.locate("karabakh-1994"))["study"]["side"]
    'ARM'
    """
    try:
        tables: Tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise StudyError(f"{path} is not a file: check the path") from error
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{path} cannot be read as a study: {error}") from error
    faults = list(_faults(tables))
    if faults:
        raise StudyError(f"{path.name} is not a study: " + "; ".join(faults))
    return tables


def _faults(tables: Mapping[str, Any]) -> Iterator[str]:
    for table, held in tables.items():
        if table not in _TABLES:
            yield f"[{table}] is not a table of a study (they are {', '.join(_TABLES)})"
        elif not isinstance(held, dict):
            yield f"{table} must be a table: write [{table}] on a line of its own"
        else:
            yield from _wrong_entries(table, held)
    for table, names in _NEEDED.items():
        held = tables.get(table, {})
        for name in names:
            if isinstance(held, dict) and name not in held:
                yield f"[{table}] {name} is missing"
    layers = tables.get("layers")
    if isinstance(layers, dict) and ("frontlines" in layers) == ("control" in layers):
        yield "[layers] must name either frontlines or control"


def _wrong_entries(table: str, held: Mapping[str, Any]) -> Iterator[str]:
    known = _TABLES[table]
    for name, value in held.items():
        entry = _NAME if table == "sides" else known.get(name)
        if entry is None:
            yield f"[{table}] {name} is not known (known are {', '.join(known)})"
        elif not entry.fits(value):
            yield f"[{table}] {name} must be {entry.words}, not {_shown(value)}"


def _shown(value: Any) -> str:
    """Write a value as it stands in the file, cut short."""
    listed = f"[{', '.join(map(_shown, value))}]" if isinstance(value, list) else None
    text = listed or (repr(value) if isinstance(value, str) else str(value))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
