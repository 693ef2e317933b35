"""Thresholds of the georeference and of the sides of lines: unit, meaning, and where each comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Choosing:
    """Which transformation and plane are taken unasked.

    By judgement, on made-up maps (`benchmarks/georef_steps.py`).
    """

    better: float = 0.8  # a richer one must bring the leave-one-out error below this part of it
    fine_px: float = 0.3  # leave-one-out errors below this are as good as none: nothing richer is looked for
    spare_points: Mapping[str, int] = field(  # beyond the least number, before one is taken unasked
        default_factory=lambda: {
            "helmert": 1, "affine": 1, "projective": 2, "polynomial2": 3, "polynomial3": 4, "spline": 7,
        }
    )  # fmt: skip
    much_better: float = 0.5  # another choice than the one named is told below this part of its error
    notable_px: float = 1.0  # leave-one-out errors below this need no such caution
    meridians: int = 401  # looked at between the points for a cut of the plane
    cut: float = 20.0  # usual steps from meridian to meridian, the least that is a cut


@dataclass(frozen=True)
class BadPoints:
    """Which control points are named as wrong.

    By judgement, on made-up maps (`benchmarks/georef_steps.py`).
    """

    doubt: float = (
        0.001  # chance, over all points, that a sound set has a point as far off as one that is named
    )
    near_px: float = 5.0  # a point this near to where the others put it is never named
    freedom: int = 8  # least degrees of freedom of a transformation that judges; else a stiffer one does
    looked_at: int = 3  # points that belong least and are judged in each round


@dataclass(frozen=True)
class QuotedError:
    """How far a georeference is off between its control points.

    By the share of true errors below the quoted one (`benchmarks/georef_steps.py`).
    """

    steps_px: tuple[float, ...] = (
        1.0,
        0.5,
    )  # that places are read to, the coarsest first; finer do not matter
    exact: float = 0.02  # of a step: residuals that are smaller do not come from rounding
    reach: float = 0.5  # how far what neighbours share reaches, as part of the extent of the points
    shares: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 0.95, 0.99)  # of the variance, that they may share
    noise_odds: float = 8.0  # how much likelier than each other share none is beforehand
    prior_points: float = 4.0  # so much trust in the shares before nearby leave-one-out errors scale them
    near: float = 0.25  # of the extent, how far around a place these scale its error
    assumed_px: float = 2.0  # if no point is to spare: assumed, and said so


@dataclass(frozen=True)
class PointCautions:
    """What of control points is worth a caution.

    By judgement.
    """

    spare: int = 3  # points to spare, below which there is one
    covered: float = 0.25  # part of the scan that the points' hull covers, below which there is one
    sheared: float = 1.5  # how much more one way than the other a place may be stretched, against the map
    same_px: float = 1.0  # nearer points lie on one place of the scan
    same_deg: float = 1e-7  # nearer points lie on one place of the ground
    thin: float = 0.05  # breadth of the points against their length, below which they lie on a line
    grid: int = 41  # places a side of the scan where folds and shear are looked for


@dataclass(frozen=True)
class Sides:
    """Who lies left and right of a line.

    By judgement, on made-up fronts (`tests/digitize/test_sides.py`).
    """

    sure: float = 0.8  # share of the votes from which on no caution is needed
    needed: float = 0.6  # share of the votes below which nothing is settled
    minor: float = 0.1  # part of a line that may stay unsettled before the whole line is refused
    reach: float = 0.12  # of the diagonal, how far apart stretches may lie that have one answer
    samples: int = 40  # places along a line that ways lead to
    grazing: float = 0.15  # sine of the angle to the line below which a way does not tell its flank
    direction_px: float = 3.0  # to either side of a place, over which the line's direction is taken
    forked: float = 1.5  # strokes from the end of a branch to the middle of the line that it leaves


CHOOSING = Choosing()
BAD_POINTS = BadPoints()
QUOTED_ERROR = QuotedError()
POINT_CAUTIONS = PointCautions()
SIDES = Sides()


def as_record() -> dict[str, dict[str, Any]]:
    """All thresholds by group, for the manifest of a run."""
    groups = (CHOOSING, BAD_POINTS, QUOTED_ERROR, POINT_CAUTIONS, SIDES)
    return {type(one).__name__: asdict(one) for one in groups}
