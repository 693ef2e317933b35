"""The bundled studies, by name, with checksums."""

from __future__ import annotations

from pathlib import Path

from frontlines.arguments import checked
from frontlines.errors import StudyError
from frontlines.manifest import sha256

CHECKSUMS = "SHA256SUMS"
"""File in each study's folder: a SHA-256 and a name a line, as ``sha256sum --check`` reads it."""

_INSTALLED = Path(__file__).parents[1] / "data"
_CHECKOUT = Path(__file__).parents[2] / "data"


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
    return sorted(file.parent.name for file in root().glob("*/study.toml"))


@checked()
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
        names = ", ".join(available()) or "none"
        raise StudyError(
            f"there is no bundled study {name!r}: the names are {names}; "
            "a study of your own is given by the path of its .toml file"
        )
    folder = root() / name
    for file, expected in _checksums(folder).items():
        path = folder / file
        if not path.is_file():
            raise StudyError(f"the bundled study {name!r} lacks {file}: install the library again")
        if sha256(path) != expected:
            raise _altered(folder, file)
    return folder / "study.toml"


def checksums(name: str) -> dict[Path, str]:
    """Give the SHA-256 of each file of a bundled study, which `locate` has found to be true."""
    folder = root() / name
    return {(folder / file).absolute(): digest for file, digest in _checksums(folder).items()}


def _checksums(folder: Path) -> dict[str, str]:
    """Read the digests that were published, by file."""
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise StudyError(
            f"the bundled study {folder.name!r} lacks {CHECKSUMS}: install the library again"
        ) from error
    except UnicodeDecodeError as error:
        raise _altered(folder, CHECKSUMS) from error
    pairs = [line.split(maxsplit=1) for line in lines if line.strip()]
    digests = {pair[1].strip().removeprefix("*"): pair[0] for pair in pairs if len(pair) > 1}
    if len(digests) < len(pairs) or "study.toml" not in digests:
        raise _altered(folder, CHECKSUMS)
    return digests


def _altered(folder: Path, file: str) -> StudyError:
    return StudyError(f"{file} of the bundled study {folder.name!r} was altered: install the library again")


def root() -> Path:
    """Return the folder of what comes with the library."""
    return _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
