"""Arrows in a line's ink: a shaft with a head, barbed or solid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from frontlines.digitize.gaps import Run
from frontlines.digitize.network import direction, figures_of, without_spurs
from frontlines.digitize.skeleton import Chain

Floats = npt.NDArray[np.float64]

_ARROW_LENGTHS = 3.0  # least lengths, the longest arrow
_SHAFT_STROKES = 9.0  # shorter ones are dashes
_HEAD_STROKES, _HEAD_WIDTH = 5.0, 1.8  # length of a head in strokes; its width, in shafts and a pixel
_MASK_PX = 0.5  # what a mask adds to half a width
_AT_TIP_STROKES = 1.5  # farthest from the shaft's end that a barb begins
_BARB, _BACKWARD = 0.6, 0.25  # longest barb beside the shaft; cosine with the shaft from which it points back


def nodes_of_arrows(chains: Sequence[Chain], least_px: float, stroke_px: float) -> set[int]:
    """Find arrows, pruned of no more than the corners of their strokes.

    Parameters
    ----------
    chains
        All that is drawn in the line's ink, spurs and all.
    least_px
        Least length of a stretch.
    stroke_px
        Width of the line.

    Returns
    -------
    nodes
        Of the figures up to three least lengths that have a head, barbed or solid.

    Examples
    --------
    >>> wide = np.where(np.arange(60) < 12, 6.0, 2.0)
    >>> arrow = Chain((4, 7), np.column_stack([np.arange(60.0), np.arange(60.0)]), wide)
    >>> sorted(nodes_of_arrows([arrow], 40.0, 3.0))
    [4, 7]
    """
    found: set[int] = set()
    for figure in figures_of(chains):
        if extent_px(figure) >= _ARROW_LENGTHS * least_px:
            continue
        if any(_is_arrow(without_spurs(figure, spur), stroke_px) for spur in (stroke_px / 2, 3 * stroke_px)):
            found.update(node for chain in figure for node in chain.nodes)
    return found


def arrows_among(runs: Sequence[Run], least_px: float, stroke_px: float) -> list[Run]:
    """Find arrows that a label parted, and that were joined again.

    Parameters
    ----------
    runs
        From `frontlines.digitize.gaps.over_gaps`.
    least_px
        Least length of a stretch.
    stroke_px
        Width of the line.

    Returns
    -------
    arrows
        Runs up to three least lengths that jump a gap and have a head like an arrow's: each part alone had
        no shaft, or no head.

    Examples
    --------
    >>> along, wide = np.arange(30.0), np.where(np.arange(30) < 8, 6.0, 2.0)
    >>> seen = np.arange(29) != 12
    >>> run = Run(np.column_stack([along, along]), wide, seen)
    >>> arrows_among([run], 40.0, 3.0) == [run]
    True
    """
    return [
        run
        for run in runs
        if run.length_px < _ARROW_LENGTHS * least_px
        and not run.seen.all()
        and _has_head(Chain((0, 1), run.points, run.half_width_px), stroke_px)
    ]


def extent_px(figure: Sequence[Chain]) -> float:
    """Measure the diagonal of the box around a figure.

    Parameters
    ----------
    figure
        Chains that hang together.

    Returns
    -------
    extent_px
        Its length [px].

    Examples
    --------
    >>> extent_px([Chain((0, 1), np.array([[0.0, 0], [30, 40]]), np.ones(2))])
    50.0
    """
    return float(np.hypot(*np.ptp(np.vstack([chain.points for chain in figure]), axis=0)))


def _is_arrow(figure: list[Chain], stroke_px: float) -> bool:
    """Tell whether a figure is a shaft with two barbs that point back along it, or with a solid head."""
    shaft = max(figure, key=lambda chain: chain.length_px)
    ends = [node for chain in figure for node in chain.nodes]
    free = [
        chain for chain in figure if chain is not shaft and any(ends.count(end) == 1 for end in chain.nodes)
    ]
    for tip in (0, -1):
        back = -direction(shaft.points, tip, _HEAD_STROKES * stroke_px)
        barbs = [_barb(chain, shaft.points[tip], stroke_px) for chain in free]
        backward = [
            barb is not None and -barb @ back > _BACKWARD and chain.length_px < _BARB * shaft.length_px
            for chain, barb in zip(free, barbs, strict=True)
        ]
        if sum(backward) > 1:
            return True
    return len(figure) == 1 and _has_head(shaft, stroke_px)


def _barb(chain: Chain, tip: Floats, stroke_px: float) -> Floats | None:
    """Direction of a chain towards a tip that it begins at; where strokes run together, a little off it."""
    apart = [float(np.hypot(*(chain.points[end] - tip))) for end in (0, -1)]
    if min(apart) > _AT_TIP_STROKES * stroke_px:
        return None
    return direction(chain.points, -int(np.argmin(apart)), _HEAD_STROKES * stroke_px)


def _has_head(shaft: Chain, stroke_px: float) -> bool:
    """Tell whether a chain ends in a head, wider than itself, at one end alone."""
    wide = shaft.half_width_px
    count = min(len(wide) // 3, int(_HEAD_STROKES * stroke_px))
    if shaft.length_px < _SHAFT_STROKES * stroke_px or shaft.nodes[0] == shaft.nodes[1]:
        return False
    shaft_px = float(wide[count:-count].mean()) - _MASK_PX
    heads = [
        float(part.max()) - _MASK_PX > _HEAD_WIDTH * shaft_px + 1 for part in (wide[:count], wide[-count:])
    ]
    return sum(heads) == 1
