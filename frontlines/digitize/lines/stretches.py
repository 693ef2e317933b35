"""What a tracing is made of: stretches of lines, where they are hidden, and the knobs that shape them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import numpy as np
import shapely

from frontlines.arguments import checked
from frontlines.arrays import Floats
from frontlines.digitize.settings import refuse_beyond


@checked()
@dataclass(frozen=True)
class Knobs:
    """Lengths in pixels that shape a tracing; what is ``None`` follows from the image.

    Attributes
    ----------
    stroke_px
        Width of the line's stroke. ``None``: measured.
    min_length_px
        Shorter stretches are dropped, but for those of half of it at least that come out from under another
        line; and so are figures in the line's ink that are smaller than six tenths of it (letters), and what
        is up to three times as long and goes on into nothing (arrows, keys of a legend). ``None``: a
        fortieth of the image's diagonal, and ten strokes at least.
    gap_px
        Widest gap that is jumped along the line's direction, whatever `min_length_px` is. ``None``: a
        fortieth of the image's diagonal, and ten strokes at least.
    spur_px
        Side branches up to this length are pruned. ``None``: three strokes.

    Raises
    ------
    DigitizeError
        If a length is no number within its bounds (`frontlines.digitize.settings.BOUNDS`).

    Examples
    --------
    >>> Knobs(gap_px=40).gap_px
    40
    """

    stroke_px: float | None = None
    min_length_px: float | None = None
    gap_px: float | None = None
    spur_px: float | None = None

    def __post_init__(self) -> None:
        """Refuse lengths that are none."""
        refuse_beyond(**{knob.name: getattr(self, knob.name) for knob in fields(self)})


@dataclass(frozen=True)
class Stretch:
    """One traced stretch of a line, its vertices in order.

    Attributes
    ----------
    line
        Name of the line it belongs to.
    points
        Centre of the stroke, (n, 2): column and row [px]; the centre of the first pixel is (0, 0). A closed
        stretch repeats its first point.
    half_width_px
        Half the width of the stroke, (n,) [px].
    sigma_px
        Standard error of the centre across the line, (n,) [px]; larger where a gap was jumped.
    jumped
        Pairs of positions in `points`: between the two, the line was not seen but carried on.
    """

    line: str
    points: Floats
    half_width_px: Floats
    sigma_px: Floats
    jumped: tuple[tuple[int, int], ...] = ()

    @property
    def geometry(self) -> shapely.LineString:
        """The stretch as a LineString in pixels."""
        return shapely.LineString(self.points)

    @property
    def length_px(self) -> float:
        """Length of the stretch [px]."""
        return float(shapely.length(self.geometry))

    def part(self, first: int, last: int) -> Stretch:
        """Give the part between two positions in `points`, both with it, and the jumps that lie within."""
        here = slice(first, last + 1)
        return Stretch(
            self.line, self.points[here], self.half_width_px[here], self.sigma_px[here],
            tuple((a - first, b - first) for a, b in self.jumped if first <= a and b <= last),
        )  # fmt: skip

    def turned(self) -> Stretch:
        """Give the same stretch from its last point to its first."""
        last = len(self.points) - 1
        return Stretch(
            self.line, self.points[::-1], self.half_width_px[::-1], self.sigma_px[::-1],
            tuple((last - b, last - a) for a, b in reversed(self.jumped)),
        )  # fmt: skip

    def joined(self, other: Stretch) -> Stretch:
        """Give this stretch and another that begins at its last point, as one."""
        shift = len(self.points) - 1
        return Stretch(
            self.line,
            np.vstack([self.points, other.points[1:]]),
            np.concatenate([self.half_width_px, other.half_width_px[1:]]),
            np.concatenate([self.sigma_px, other.sigma_px[1:]]),
            (*self.jumped, *((a + shift, b + shift) for a, b in other.jumped)),
        )


@dataclass(frozen=True)
class Hidden:
    """Where a line goes under another and comes out again.

    Attributes
    ----------
    line
        The line that is hidden.
    under
        The line that is drawn over it.
    stretches
        Positions in `Tracing.stretches` of the stretch that goes under and of the one that comes out; the
        same twice if a stretch goes under itself at both ends.
    ends
        Which end of either stretch it is: 0 for the first point, -1 for the last.
    path
        The upper line's centre from where this one goes under to where it comes out, (n, 2) [px].
    """

    line: str
    under: str
    stretches: tuple[int, int]
    ends: tuple[int, int]
    path: Floats


@dataclass(frozen=True)
class Tracing:
    """The lines of a scan.

    Attributes
    ----------
    stretches
        All stretches, by line in the order asked for, the longest first.
    hidden
        Where one line hides another. No line is made up there: `follow_hidden` joins them if you say so.
    colours
        The colour that each line really has on the scan, as hex.
    stroke_px
        Width of each line's stroke [px].
    knobs
        The lengths that were used for each line.
    dropped
        What is drawn in a line's ink but was left out, as (line, reason, LineString in pixels): keys of a
        legend, arrows, letters, strokes of another width, and what is too short; specks are not told.
    measured_px
        For lines whose knob `stroke_px` was given: the width of the strokes as the scan shows it [px].
    """

    stretches: tuple[Stretch, ...]
    hidden: tuple[Hidden, ...]
    colours: Mapping[str, str]
    stroke_px: Mapping[str, float]
    knobs: Mapping[str, Knobs]
    dropped: tuple[tuple[str, str, shapely.LineString], ...] = ()
    measured_px: Mapping[str, float] = field(default_factory=dict)
