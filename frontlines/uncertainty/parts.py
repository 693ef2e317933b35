"""The front of a side in pieces: which district each lies in, and with what sign it counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from frontlines.arrangement import segments
from frontlines.coverage import KM2
from frontlines.uncertainty.fronts import Fronts, Outline, split
from frontlines.uncertainty.kernel import integral_variance, vertex_variance
from frontlines.uncertainty.noise import NoiseModel

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[Any]

_TOUCH_M = 1e-3


class Parts:
    """The front in pieces that lie in one district and on one side of the other date's front."""

    def __init__(self, fronts: Fronts, outlines: tuple[Outline, Outline], shapes: Geometries) -> None:
        grounds = [outline.ground for outline in outlines]
        edge, share = _cut(fronts, [*shapes, *grounds])
        self.pieces = fronts.pieces(edge, share)
        self.edges = fronts.along[edge]
        ends = self.pieces.ends
        middles = shapely.points((ends[:, :2] + ends[:, 2:]) / 2)
        self.inside = [_within(ground, middles) for ground in grounds]
        self.share = _shares(middles, shapes)

    def sign(self, quantity: str) -> Floats:
        """Give the sign with which each piece's outward movement counts."""
        before, after = self.pieces.before, self.pieces.after
        shared = self.pieces.shared
        in_before, in_after = self.inside
        turned = np.where(shared & (before != after), 1, 0)
        fresh_before, fresh_after = np.where(shared, 0, before), np.where(shared, 0, after)
        signs = {
            "before": before,
            "after": after,
            "net": after - before,
            "gained": fresh_after * ~in_before - fresh_before * in_after - turned,
            "lost": fresh_before * ~in_after - fresh_after * in_before + turned,
        }
        return np.asarray(signs[quantity], dtype=float)

    def sigma_km2(self, quantity: str, noise: NoiseModel) -> Floats:
        """Compute the standard error of a quantity in each district, and in all together at the end [km²]."""
        pieces, sign = self.pieces, self.sign(quantity)
        reach = self.share * sign[:, None]
        weight = reach * pieces.sigma_m[:, None]
        used = weight.any(axis=1)
        line, along, around = pieces.line[used], pieces.along[used], pieces.around_m[used]
        if noise.correlation_m > 0:
            variance = integral_variance(line, along, around, weight[used], noise.correlation_m)
        else:
            variance = vertex_variance(line, along, around, self.edges[used], weight[used])
        shift = (reach * pieces.length_m[:, None]).T @ pieces.outward
        return np.asarray(np.sqrt(variance + noise.shared_bias_m**2 * (shift**2).sum(axis=1)) / KM2)


def _cut(fronts: Fronts, areas: list[Any]) -> tuple[Ints, Floats]:
    """Cut the front wherever it meets the outline of an area."""
    lines = shapely.linestrings(fronts.ends.reshape(-1, 2, 2))
    rings = shapely.get_rings(shapely.get_parts(np.array(areas, dtype=object)))
    borders = shapely.linestrings(np.unique(segments(rings)[0], axis=0).reshape(-1, 2, 2))
    edge, border = shapely.STRtree(borders).query(lines, predicate="intersects")
    points, hit = shapely.get_coordinates(
        shapely.intersection(lines[edge], borders[border]), return_index=True
    )
    return split(fronts.ends, edge[hit], points)


def _within(ground: Any, points: Geometries) -> npt.NDArray[np.bool_]:
    shapely.prepare(ground)
    return np.asarray(shapely.contains_properly(ground, points))


def _shares(middles: Geometries, shapes: Geometries) -> Floats:
    """Share of each piece that counts in each district, and in all together in the last column."""
    piece, district = shapely.STRtree(shapes).query(middles, predicate="dwithin", distance=_TOUCH_M)
    share = np.zeros((len(middles), len(shapes) + 1))
    share[piece, district] = 1.0
    met = share.sum(axis=1, keepdims=True)
    share /= np.maximum(met, 1.0)
    share[:, -1] = share.sum(axis=1)
    return share
