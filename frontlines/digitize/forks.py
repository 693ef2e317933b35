"""Where a line forks: three sectors meet there, but a front has two sides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely

from frontlines.digitize.cautions import Caution

Floats = npt.NDArray[np.float64]


def forks_of(line: str, pieces: Sequence[Floats], reach_px: float) -> list[Caution]:
    """Tell where a piece of a line ends at the midst of another one of the same line.

    Parameters
    ----------
    line
        Its name.
    pieces
        Vertices of each piece, (n, 2) [px].
    reach_px
        How near an end must be to the other piece, and how far from its ends.

    Returns
    -------
    cautions
        One ``fork`` a place.

    Examples
    --------
    >>> east, north = np.array([[0.0, 50.0], [90.0, 50.0]]), np.array([[40.0, 48.0], [40.0, 5.0]])
    >>> [caution.pixel for caution in forks_of("May", [east, north], 4.0)]
    [(40.0, 48.0)]
    """
    lines = [shapely.linestrings(piece) for piece in pieces]
    return [
        _caution(line, tip)
        for k, piece in enumerate(pieces)
        for tip in (piece[0], piece[-1])
        if any(_amid(tip, lines[j], reach_px) for j in range(len(pieces)) if j != k)
    ]


def _amid(tip: Floats, line: shapely.LineString, reach_px: float) -> bool:
    """Tell whether a point is near a line, but not near its ends."""
    point = shapely.points(tip)
    ends = shapely.distance(point, shapely.get_point(line, [0, -1]))
    return bool(shapely.distance(point, line) < reach_px < ends.min())


def _caution(line: str, tip: Floats) -> Caution:
    column, row = (round(float(value), 1) for value in tip)
    text = (
        f"line {line!r} forks at column {column:.0f}, row {row:.0f}: three sectors meet there, but a front "
        "has two sides, so those of one branch are wrong; mask the branch that is no front"
    )
    return Caution("fork", text, pixel=(column, row))
