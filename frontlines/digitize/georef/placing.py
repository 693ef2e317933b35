"""From pixels to the ground: lines and polygons placed, and how far a line is off across itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely
from scipy.special import erf

from frontlines.digitize.georef.georeference import Georeference
from frontlines.names import Floats, Geometries

STEP_PX = 10.0
"""Longest edge that is carried to the ground as it is [px]; longer ones are cut, for they may bend."""

DECIMALS = 7
"""Decimals of longitude and latitude: about a centimetre."""

_EVERY_PX = 5.0
_WITHIN = math.erf(math.sqrt(0.5))  # share of a normal error within its standard error
_HALVINGS = 50


class LineError(NamedTuple):
    """Standard error of a line across itself, in all and by its causes [m]."""

    sigma_m: float
    sigma_georef_m: float
    sigma_trace_m: float
    sigma_source_m: float


def cut_edges(points: Floats, longest: float = STEP_PX) -> Floats:
    """Cut long edges, an edge the same whichever way it is run through."""
    start, end = points[:-1], points[1:]
    turned = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    low, high = np.where(turned[:, None], end, start), np.where(turned[:, None], start, end)
    pieces = np.maximum(np.ceil(np.hypot(*(end - start).T) / longest), 1).astype(int)
    edge = np.repeat(np.arange(len(pieces)), pieces)
    nth = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    many = pieces[edge]
    step = np.where(turned[edge], many - nth, nth)
    share = (step / many)[:, None]
    cut = low[edge] * (1 - share) + high[edge] * share
    return np.concatenate([cut, points[-1:]])


def on_ground(shapes: Geometries, georeference: Georeference) -> Geometries:
    """Carry lines or polygons from pixels to longitude and latitude."""

    def place(pixels: Floats) -> Floats:
        georeference.refuse_folds(pixels)
        return np.round(georeference.lonlat(pixels), DECIMALS)

    cut = np.array([_cut(shape) for shape in shapes], dtype=object)
    return np.asarray(shapely.transform(cut, place))


def _cut(shape: shapely.Geometry) -> shapely.Geometry:
    if shape.geom_type == "LineString":
        return shapely.LineString(cut_edges(shapely.get_coordinates(shape)))
    if shape.geom_type == "Polygon":
        rings = [cut_edges(shapely.get_coordinates(ring)) for ring in (shape.exterior, *shape.interiors)]
        return shapely.Polygon(rings[0], rings[1:])
    return type(shape)([_cut(part) for part in shapely.get_parts(shape)])


def error_across(
    points: Floats,
    sigma_px: Floats,
    georeference: Georeference,
    *,
    source_m: float = 0.0,
    gaps: Sequence[tuple[int, int]] = (),
) -> LineError:
    """Work out the standard error of a traced line across itself."""
    at, sigma, along, weight = _sampled(points, sigma_px, gaps)
    slopes = georeference.ground_slopes(at)
    ahead = np.einsum("mab,mb->ma", slopes, along)
    metres = np.abs(np.linalg.det(slopes)) / np.maximum(np.hypot(*ahead.T), 1e-12)
    georef = _mean_square(georeference.sigma_px(at) * metres, weight)
    trace = _kept_by_most(sigma * metres, weight) ** 2
    total = georef + trace + source_m**2
    return LineError(float(np.sqrt(total)), float(np.sqrt(georef)), float(np.sqrt(trace)), source_m)


def _sampled(
    points: Floats, sigma_px: Floats, gaps: Sequence[tuple[int, int]]
) -> tuple[Floats, Floats, Floats, Floats]:
    """Take middles of edges, a few pixels apart: place, error, direction, and length that was seen."""
    step = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(step)])
    count = max(int(along[-1] / _EVERY_PX), 1)
    edges = np.linspace(0, along[-1], count + 1)
    at = np.stack([np.interp(edges, along, points[:, k]) for k in (0, 1)], axis=1)
    sigma = np.interp((edges[:-1] + edges[1:]) / 2, along, sigma_px)
    way = np.diff(at, axis=0)
    length = np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-12)
    middle = (edges[:-1] + edges[1:]) / 2
    blind = np.zeros(count, dtype=bool)
    for first, last in gaps:
        blind |= (middle > along[first]) & (middle < along[last])
    weight = length if blind.all() else np.where(blind, 0.0, length)
    return (at[:-1] + at[1:]) / 2, sigma, way / length[:, None], weight


def _mean_square(values: Floats, weight: Floats) -> float:
    return float(np.average(values**2, weights=weight))


def _kept_by_most(sigma: Floats, weight: Floats) -> float:
    """Distance within which 68.3 % of a line is kept whose normal error differs from place to place."""
    low, high = 0.0, float(sigma.max())
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        kept = erf(middle / np.maximum(sigma, 1e-12) / np.sqrt(2))
        low, high = (low, middle) if np.average(kept, weights=weight) > _WITHIN else (middle, high)
    return high
