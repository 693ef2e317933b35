"""What is drawn in a line's ink but is not the line: thin borders and letters, keys of a legend."""

from __future__ import annotations

import numpy as np
import shapely

from frontlines.digitize.centres import Centred, is_closed
from frontlines.digitize.images import Scan
from frontlines.digitize.skeleton import Chain

Dropped = tuple[str, str, shapely.LineString]

_THINNER, _WIDER = 0.55, 1.9
_KEY_SHARE = 0.1  # of the diagonal, the longest key of a legend
_STRAIGHT_PX = 0.8
_LEVEL_DEG = 6.0


def of_one_width(chains: list[Chain], stroke_px: float) -> list[Chain]:
    """Keep the pieces that are as wide as the line."""
    return chains


def sieved(
    name: str, runs: list[Centred], scan: Scan, least_px: float
) -> tuple[list[Centred], list[Dropped]]:
    """Take out short stretches and keys of a legend."""
    kept: list[Centred] = []
    dropped: list[Dropped] = []
    diagonal = float(np.hypot(scan.width_px, scan.height_px))
    total = sum(one.run.length_px for one in runs)
    for one in runs:
        if one.run.length_px < least_px:
            continue
        if _is_key(one, _KEY_SHARE * diagonal, total):
            dropped.append((name, "key of a legend", shapely.LineString(one.run.points)))
        else:
            kept.append(one)
    return kept, dropped


def _is_key(one: Centred, longest_px: float, total_px: float) -> bool:
    """Tell whether a stretch is short, level, and straight."""
    length = one.run.length_px
    if length > min(longest_px, 0.3 * total_px) or is_closed(one.run):
        return False
    chord = one.run.points[-1] - one.run.points[0]
    size = float(np.hypot(*chord))
    off = (one.run.points - one.run.points[0]) @ np.array([-chord[1], chord[0]]) / max(size, 1e-9)
    tilt = np.degrees(np.arctan2(abs(chord[1]), abs(chord[0])))
    return bool(tilt < _LEVEL_DEG and np.abs(off - np.median(off)).max() < _STRAIGHT_PX)
