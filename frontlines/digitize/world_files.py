"""World files: where the centre of a scan's first pixel lies, and how far one pixel on is."""

from __future__ import annotations

import math
from pathlib import Path

from frontlines.errors import DigitizeError, SourceError

Affine = tuple[float, float, float, float, float, float]

_LINES = 6


def read_world_file(path: str | Path) -> Affine:
    r"""Read a world file (``.wld``, ``.jgw``, ``.pgw``, ``.tfw``).

    Parameters
    ----------
    path
        Six numbers, one a line: A, D, B, E, C, F.

    Returns
    -------
    affine
        (a, b, c, d, e, f) with ``x = a*column + b*row + c`` and ``y = d*column + e*row + f``; the centre of
        the first pixel lies at (c, f). The file does not name the CRS of x and y.

    Raises
    ------
    SourceError
        If the file is not there or cannot be read.
    DigitizeError
        If it does not hold six numbers that span a plane.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "scan.jgw").write_text("30\n0\n0\n-30\n500015\n4499985\n")
    ...     read_world_file(Path(folder) / "scan.jgw")
    (30.0, 0.0, 500015.0, 0.0, -30.0, 4499985.0)
    """
    path = Path(path)
    try:
        words = path.read_text(encoding="utf-8-sig").split()
    except FileNotFoundError as error:
        raise SourceError(f"{path} is not a file: check the path of the world file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read as a world file: {error}") from error
    try:
        values = [float(word.replace(",", ".")) for word in words]
    except ValueError:
        values = []
    if len(values) != _LINES or not all(map(math.isfinite, values)):
        raise DigitizeError(f"{path.name} is no world file: it must hold six numbers, one a line")
    a, d, b, e, c, f = values
    if a * e - b * d == 0:
        raise DigitizeError(f"{path.name} presses the map into a line: its numbers A, D, B, E span no plane")
    return (a, b, c, d, e, f)
