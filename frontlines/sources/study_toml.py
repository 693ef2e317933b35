"""What a study.toml may hold, and what is wrong with one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from frontlines.errors import StudyError
from frontlines.sources.toml_entries import (
    METRES,
    NAME,
    Entry,
    is_length,
    is_number,
    misfit,
    read_toml,
)

Tables = dict[str, dict[str, Any]]

_CORNERS, _TWO = 4, 2
_LAST_LATITUDE, _LAST_LONGITUDE = 90, 360


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


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


_TEXT = Entry(_is_text, "a text")
_TEXTS = Entry(_are_texts, "a list of texts")
_CORRELATION = Entry(_is_correlation, "a number of metres, 0 or more, or inf")
_DRAWS = Entry(_are_draws, "a whole number of draws, 2 or more, or 0 for the formula")
_DAYS = Entry(_are_days, "two days, the earlier first, such as [1994-04-07, 1994-05-12]")
_CORNER = Entry(_are_corners, "west, south, east and north in degrees, such as [46.5, 39.9, 47.2, 40.5]")

_TABLES: dict[str, dict[str, Entry]] = {  # what each table of a study.toml may hold
    "study": {
        "name": NAME,
        "title": NAME,
        "side": NAME,
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
    },
    "method": {
        "snap_m": METRES,
        "sliver_m": METRES,
        "border_m": METRES,
        "rest": NAME,
        "sigma_m": METRES,
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
    tables: Tables = read_toml(path, "study", StudyError)
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
        entry = NAME if table == "sides" else known.get(name)
        if entry is None:
            yield f"[{table}] {name} is not known (known are {', '.join(known)})"
        else:
            yield from misfit(f"[{table}] {name}", value, entry)
