"""How wide strokes are, from the labels of a scan alone."""

from __future__ import annotations

import numpy as np

from frontlines.digitize.palette import Labels

_CROFTON = np.pi / 4
_BAND_PX = 1024


def mean_width_px(labels: Labels, label: int) -> float:
    """Mean width of strokes: twice their area by their perimeter, after Cauchy and Crofton.

    Parameters
    ----------
    labels
        (height, width).
    label
        Of the strokes.

    Returns
    -------
    width_px
        0 if nothing has the label. Ends count as sides, so that dots and short dashes come out too thin.

    Examples
    --------
    >>> labels = np.zeros((80, 80), np.uint8)
    >>> labels[38:42] = 1
    >>> round(mean_width_px(labels, 1), 1)
    5.1
    """
    area = turns = 0
    for first in range(0, len(labels), _BAND_PX):
        mask = labels[first : first + _BAND_PX + 1] == label
        area += int(mask[:_BAND_PX].sum())
        turns += int((mask[:_BAND_PX, 1:] != mask[:_BAND_PX, :-1]).sum()) + int((mask[1:] != mask[:-1]).sum())
    return 2 * area / max(_CROFTON * turns, 1.0)
