"""Whether the light on a map is even, as on one that was drawn on a screen and never photographed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_CALM = 2.0  # half of the pixels of a cell lie no farther apart [sRGB]
_SAME, _OTHER = 1.5, 6.0  # of one colour, and of another one at least [sRGB]
_LEAST_CALM, _OF_ITS_OWN = 0.1, 0.92  # shares of the cells, and of the calm ones
_MOST = 40


def is_even(colours: npt.NDArray[np.float32], spread: npt.NDArray[np.float32]) -> bool:
    """Tell whether cells have the very colours of a few fills: a scan has every shade between them.

    Parameters
    ----------
    colours
        Median colour of each cell, sRGB, (n, 3).
    spread
        How far the middle half of its pixels lie apart, (n,) [sRGB].

    Returns
    -------
    even
        Whether they do.

    Examples
    --------
    >>> fills = np.repeat([[250, 250, 250], [200, 120, 110]], 50, axis=0).astype(np.float32)
    >>> is_even(fills, np.zeros(100)), is_even(fills * np.linspace(0.9, 1, 100)[:, None], np.zeros(100))
    (True, False)
    """
    calm = colours[spread <= _CALM]
    if len(calm) < _LEAST_CALM * len(colours):
        return False
    return _in_peaks(calm) >= _OF_ITS_OWN


def _in_peaks(colours: npt.NDArray[np.float32]) -> float:
    """Share of colours that are one of the commonest, each well apart from the other."""
    kinds, counts = np.unique(np.rint(colours).astype(int), axis=0, return_counts=True)
    mine, total = 0, counts.sum()
    for _ in range(_MOST):
        if not len(kinds):
            break
        off = np.abs(kinds - kinds[counts.argmax()]).max(axis=1)
        mine += counts[off <= _SAME].sum()
        kinds, counts = kinds[off >= _OTHER], counts[off >= _OTHER]
    return float(mine / total)
