"""What the TOML files of the project have in common: how they are read, and how their entries are checked."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from frontlines.errors import FrontlinesError

_SHOWN = 40


class Entry(NamedTuple):
    """What an entry must be: a test, and the words for it."""

    fits: Callable[[Any], bool]
    words: str


def read_toml(path: Path, kind: str, error: type[FrontlinesError]) -> dict[str, Any]:
    """Read a TOML file.

    Parameters
    ----------
    path
        The file, UTF-8 with or without a byte order mark.
    kind
        What it should be, such as "study".
    error
        Raised if it is none.

    Returns
    -------
    entries
        As they stand.

    Raises
    ------
    FrontlinesError
        An `error` that says what is wrong with the file.

    Examples
    --------
    >>> from frontlines import datasets
    >>> list(read_toml(datasets.locate("karabakh-1994"), "study", FrontlinesError))[0]
    'study'
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as absent:
        raise error(f"{path} is not a file: check the path") from absent
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise error(f"{path} cannot be read as a {kind}: {fault}") from fault


def is_name(value: Any) -> bool:
    """Tell whether a value is a text with something in it.

    Parameters
    ----------
    value
        As in the file.

    Returns
    -------
    fits
        Whether it is.

    Examples
    --------
    >>> is_name("A"), is_name(" ")
    (True, False)
    """
    return isinstance(value, str) and bool(value.strip())


def is_number(value: Any) -> bool:
    """Tell whether a value is a finite number; true and false are none.

    Parameters
    ----------
    value
        As in the file.

    Returns
    -------
    fits
        Whether it is.

    Examples
    --------
    >>> is_number(2), is_number(True), is_number(math.inf)
    (True, False, False)
    """
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_length(value: Any) -> bool:
    """Tell whether a value is a number, 0 or more.

    Parameters
    ----------
    value
        As in the file.

    Returns
    -------
    fits
        Whether it is.

    Examples
    --------
    >>> is_length(0), is_length(-1.5)
    (True, False)
    """
    return is_number(value) and bool(value >= 0)


NAME = Entry(is_name, "a text that is not empty")
METRES = Entry(is_length, "a number of metres, 0 or more")


def misfit(name: str, value: Any, entry: Entry) -> Iterator[str]:
    """Say what is wrong with an entry, if anything is.

    Parameters
    ----------
    name
        Of the entry, with the table it stands in.
    value
        As in the file.
    entry
        What it must be.

    Returns
    -------
    faults
        One, or none.

    Examples
    --------
    >>> list(misfit("[method] snap_m", -1, METRES))
    ['[method] snap_m must be a number of metres, 0 or more, not -1']
    """
    if not entry.fits(value):
        yield f"{name} must be {entry.words}, not {_shown(value)}"


def _shown(value: Any) -> str:
    """Write a value as it stands in the file, cut short."""
    listed = f"[{', '.join(map(_shown, value))}]" if isinstance(value, list) else None
    text = listed or (repr(value) if isinstance(value, str) else str(value))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
