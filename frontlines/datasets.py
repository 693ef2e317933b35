"""The bundled studies, by name, with checksums."""

from __future__ import annotations

import hashlib
from pathlib import Path

from frontlines.errors import StudyError

CHECKSUMS = "SHA256SUMS"
"""File in each study's folder: a SHA-256 and a name a line, as ``sha256sum --check`` reads it."""

_INSTALLED = Path(__file__).parent / "data"
_CHECKOUT = Path(__file__).parent.parent / "data"


def available() -> list[str]:
    """Name the studies that come with the library.

    Returns
    -------
    names
        In alphabetical order.

    Examples
    --------
    >>> available()
    ['karabakh-1994']
    """
    return sorted(file.parent.name for file in _root().glob("*/study.toml"))


def locate(name: str) -> Path:
    """Find a bundled study's file, after checking that its data are as they were published.

    Parameters
    ----------
    name
        One of `available()`.

    Returns
    -------
    path
        Its ``study.toml``; the data lie beside it.

    Raises
    ------
    StudyError
        If there is no study of this name, or a file is missing or altered.

    Examples
    --------
    >>> locate("karabakh-1994").name
    'study.toml'
    """
    if name not in available():
        raise StudyError(f"there is no bundled study {name!r}: the names are {', '.join(available())}")
    folder = _root() / name
    for line in (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines():
        expected, file = line.split(maxsplit=1)
        path = folder / file
        if not path.is_file():
            raise StudyError(f"the bundled study {name!r} lacks {file}: install the library again")
        if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            raise StudyError(f"{file} of the bundled study {name!r} was altered: install the library again")
    return folder / "study.toml"


def _root() -> Path:
    return _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
