"""What a digitize.toml may hold, and what is wrong with one."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from frontlines.digitize.transformations import FAMILIES
from frontlines.errors import DigitizeError

Entries = dict[str, Any]

_BOX, _PAIR, _RING = 4, 2, 3
_SHOWN = 40


class _Entry(NamedTuple):
    """What an entry must be: a test, and the words for it."""

    fits: Callable[[Any], bool]
    words: str


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_above_zero(value: Any) -> bool:
    return _is_number(value) and bool(value > 0)


def _is_day(value: Any) -> bool:
    if isinstance(value, str):
        try:
            date.fromisoformat(value)
        except ValueError:
            return False
        return True
    return isinstance(value, date) and not isinstance(value, datetime)


def _are_ids(value: Any) -> bool:
    ids = isinstance(value, list) and all(isinstance(one, str | int) for one in value)
    return ids and not any(isinstance(one, bool) for one in value)


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == _PAIR and all(map(_is_number, value))


def _is_place(value: Any) -> bool:
    """Take a place on the ground as [lon, lat], or on the scan as {col = …, row = …}."""
    if isinstance(value, dict):
        return set(value) == {"col", "row"} and all(map(_is_number, value.values()))
    return _is_pair(value) and abs(value[0]) <= 360 and abs(value[1]) <= 90  # noqa: PLR2004


def _are_sides(value: Any) -> bool:
    if not isinstance(value, dict) or len(value) != _PAIR or not all(map(_is_name, value)):
        return False
    return all(_is_place(held) or _are_places(held) for held in value.values())


def _are_places(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_place, value))


def _is_box(value: Any) -> bool:
    if not isinstance(value, list) or len(value) != _BOX or not all(map(_is_number, value)):
        return False
    return bool(value[0] < value[2] and value[1] < value[3])


def _is_mask(value: Any) -> bool:
    ring = isinstance(value, list) and len(value) >= _RING and all(map(_is_pair, value))
    return ring or _is_box(value)


def _are_masks(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_mask, value))


_NAME = _Entry(_is_name, "a text that is not empty")
_LENGTH = _Entry(_is_above_zero, "a number above 0")
_METRES = _Entry(lambda value: _is_number(value) and bool(value >= 0), "a number of metres, 0 or more")
_DAY = _Entry(_is_day, "a day, such as 1994-05-12")
_YES = _Entry(lambda value: isinstance(value, bool), "true or false")
_COUNT = _Entry(lambda value: type(value) is int and value > 0, "a whole number above 0")
_SIDES = _Entry(
    _are_sides,
    "the two sides with a place that each holds, such as {ARM = [46.6, 39.8], AZE = [47.3, 40.4]} "
    "(longitude, latitude) or {ARM = {col = 900, row = 1400}, …}",
)
_BOXED = _Entry(_is_box, "left, top, right and bottom in pixels, such as [100, 80, 3900, 2900]")
_MASKS = _Entry(
    _are_masks, "a list of boxes [left, top, right, bottom] or rings [[col, row], [col, row], …] in pixels"
)
_FAMILY = _Entry(lambda value: value in FAMILIES, f"one of {', '.join(FAMILIES)}")

LINE_KNOBS = dict.fromkeys(("stroke_px", "min_length_px", "gap_px", "spur_px"), _LENGTH)
AREA_KNOBS = dict.fromkeys(("min_area_px", "border_px"), _LENGTH)

TOP: dict[str, _Entry] = {
    "image": _NAME,
    "page": _COUNT,
    "points": _NAME,
    "world_file": _NAME,
    "crs": _NAME,
    "points_crs": _NAME,
    "transformation": _FAMILY,
    "leave_out": _Entry(_are_ids, "a list of ids of control points"),
    "map": _NAME,
    "author": _NAME,
    "scale": _COUNT,
    "source_m": _METRES,
    "date": _DAY,
    "sides": _SIDES,
    "frame": _BOXED,
    "masks": _MASKS,
    "follow_hidden": _YES,
}
TABLES: dict[str, dict[str, _Entry]] = {
    "line": {"colour": _NAME, "date": _DAY, "sides": _SIDES, "name": _NAME, "note": _NAME, **LINE_KNOBS},
    "area": {"colour": _NAME, "date": _DAY, "side": _NAME},
    "knobs": {**LINE_KNOBS, **AREA_KNOBS},
}
_LISTS = ("line", "area")
_SPELT = {"color": "colour", "gcps": "points", "control_points": "points", "map_crs": "crs"}


def read_entries(path: Path) -> Entries:
    r"""Read a recipe's entries and refuse what it must not hold.

    Parameters
    ----------
    path
        A ``digitize.toml``.

    Returns
    -------
    entries
        As in the file; every entry is of its type.

    Raises
    ------
    DigitizeError
        If it cannot be read, or entries are missing, unknown or of the wrong type: all of them at once.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "digitize.toml"
    ...     _ = file.write_text('image = "scan.png"\ndate = 1994-05-12\n[[area]]\ncolour = "red"\nside = "A"')
    ...     read_entries(file)["area"][0]["side"]
    'A'
    """
    try:
        entries: Entries = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise DigitizeError(f"{path} is not a file: check the path of the recipe") from error
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DigitizeError(f"{path} cannot be read as a recipe: {error}") from error
    faults = list(_faults(entries))
    if faults:
        raise DigitizeError(f"{path.name} is not a recipe: " + "; ".join(faults))
    return entries


def _faults(entries: Mapping[str, Any]) -> Iterator[str]:
    known = {**TOP, **dict.fromkeys(TABLES)}
    for name, value in entries.items():
        if name not in known:
            yield _unknown(name, known, "")
        elif name in TOP:
            yield from _wrong(name, value, TOP[name], "")
        else:
            yield from _table_faults(name, value)
    if "image" not in entries:
        yield 'image is missing: write image = "scan.jpg"'
    if not entries.get("line") and not entries.get("area"):
        yield "it asks for nothing: give [[line]] (colour, date, sides) or [[area]] (colour, date, side)"
    if "points" in entries and "world_file" in entries:
        yield "points and world_file are both given: keep one"


def _table_faults(table: str, held: Any) -> Iterator[str]:
    if table not in _LISTS:
        if not isinstance(held, dict):
            yield f"{table} must be a table: write [{table}] on a line of its own"
        else:
            yield from _entry_faults(table, held, f"[{table}] ")
    elif not isinstance(held, list) or not all(isinstance(one, dict) for one in held):
        yield f"{table} must be a list of tables: write [[{table}]] with two brackets"
    else:
        for k, one in enumerate(held, start=1):
            yield from _entry_faults(table, one, f"[[{table}]] {k}: ")
            needed = ("colour",) if table == "line" else ("colour", "side")
            yield from (f"[[{table}]] {k}: {name} is missing" for name in needed if name not in one)


def _entry_faults(table: str, held: Mapping[str, Any], where: str) -> Iterator[str]:
    for name, value in held.items():
        if name not in TABLES[table]:
            yield _unknown(name, TABLES[table], where)
        else:
            yield from _wrong(name, value, TABLES[table][name], where)


def _unknown(name: str, known: Mapping[str, Any], where: str) -> str:
    meant = _SPELT.get(name) if _SPELT.get(name) in known else None
    close = meant or next(iter(difflib.get_close_matches(name, known, n=1)), None)
    hint = f"did you mean {close}?" if close else f"known are {', '.join(known)}"
    return f"{where}{name} is not known ({hint})"


def _wrong(name: str, value: Any, entry: _Entry, where: str) -> Iterator[str]:
    if not entry.fits(value):
        yield f"{where}{name} must be {entry.words}, not {_shown(value)}"


def _shown(value: Any) -> str:
    """Write a value as it stands in the file, cut short."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
