"""What a digitize.toml may hold, and what is wrong with one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from frontlines.digitize.transformations import FAMILIES
from frontlines.errors import DigitizeError
from frontlines.sources.toml_entries import METRES, NAME, Entry, is_name, is_number, misfit, read_toml

Entries = dict[str, Any]

_BOX, _PAIR, _RING = 4, 2, 3
_DAY_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}")


def _is_above_zero(value: Any) -> bool:
    return is_number(value) and bool(value > 0)


def _is_day(value: Any) -> bool:
    if isinstance(value, str):
        return bool(_DAY_WRITTEN.fullmatch(value)) and _is_in_the_calendar(value)
    return isinstance(value, date) and not isinstance(value, datetime)


def _is_in_the_calendar(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _are_ids(value: Any) -> bool:
    ids = isinstance(value, list) and all(isinstance(one, str | int) for one in value)
    return ids and not any(isinstance(one, bool) for one in value)


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == _PAIR and all(map(is_number, value))


def _is_place(value: Any) -> bool:
    """Take a place on the ground as [lon, lat], or on the scan as {col = …, row = …}."""
    if isinstance(value, dict):
        return set(value) == {"col", "row"} and all(map(is_number, value.values()))
    return _is_pair(value) and abs(value[0]) <= 360 and abs(value[1]) <= 90  # noqa: PLR2004


def _are_sides(value: Any) -> bool:
    if not isinstance(value, dict) or len(value) != _PAIR or not all(map(is_name, value)):
        return False
    return all(_is_place(held) or _are_places(held) for held in value.values())


def _are_places(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_place, value))


def _is_box(value: Any) -> bool:
    if not isinstance(value, list) or len(value) != _BOX or not all(map(is_number, value)):
        return False
    return bool(value[0] < value[2] and value[1] < value[3])


def _is_mask(value: Any) -> bool:
    ring = isinstance(value, list) and len(value) >= _RING and all(map(_is_pair, value))
    return ring or _is_box(value)


def _are_masks(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_mask, value))


_LENGTH = Entry(_is_above_zero, "a number above 0")
_DAY = Entry(_is_day, "a day, such as 1994-05-12")
_YES = Entry(lambda value: isinstance(value, bool), "true or false")
_COUNT = Entry(lambda value: type(value) is int and value > 0, "a whole number above 0")
_SIDES = Entry(
    _are_sides,
    "the two sides with a place that each holds, such as {ARM = [46.6, 39.8], AZE = [47.3, 40.4]} "
    "(longitude, latitude) or {ARM = {col = 900, row = 1400}, …}",
)
_BOXED = Entry(_is_box, "left, top, right and bottom in pixels, such as [100, 80, 3900, 2900]")
_MASKS = Entry(
    _are_masks, "a list of boxes [left, top, right, bottom] or rings [[col, row], [col, row], …] in pixels"
)
_FAMILY = Entry(lambda value: value in FAMILIES, f"one of {', '.join(FAMILIES)}")

LINE_KNOBS = dict.fromkeys(("stroke_px", "min_length_px", "gap_px", "spur_px"), _LENGTH)
AREA_KNOBS = dict.fromkeys(("min_area_px", "border_px"), _LENGTH)

TOP: dict[str, Entry] = {
    "image": NAME,
    "page": _COUNT,
    "points": NAME,
    "world_file": NAME,
    "crs": NAME,
    "points_crs": NAME,
    "transformation": _FAMILY,
    "leave_out": Entry(_are_ids, "a list of ids of control points"),
    "map": NAME,
    "author": NAME,
    "scale": _COUNT,
    "source_m": METRES,
    "date": _DAY,
    "sides": _SIDES,
    "frame": _BOXED,
    "masks": _MASKS,
    "follow_hidden": _YES,
}
TABLES: dict[str, dict[str, Entry]] = {
    "line": {"colour": NAME, "date": _DAY, "sides": _SIDES, "name": NAME, "note": NAME, **LINE_KNOBS},
    "area": {"colour": NAME, "date": _DAY, "side": NAME},
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
    entries: Entries = read_toml(path, "recipe", DigitizeError)
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
            yield from misfit(name, value, TOP[name])
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
            yield from misfit(f"{where}{name}", value, TABLES[table][name])


def _unknown(name: str, known: Mapping[str, Any], where: str) -> str:
    meant = _SPELT.get(name) if _SPELT.get(name) in known else None
    close = meant or next(iter(difflib.get_close_matches(name, known, n=1)), None)
    hint = f"did you mean {close}?" if close else f"known are {', '.join(known)}"
    return f"{where}{name} is not known ({hint})"
