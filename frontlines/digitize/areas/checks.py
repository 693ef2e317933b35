"""What speaks against an area: how much of it and of its edge was not seen, and paper that it may be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from scipy import ndimage

from frontlines.arrays import Bools
from frontlines.digitize.colour.palette import UNKNOWN, Labels
from frontlines.digitize.georef.cautions import Caution
from frontlines.digitize.recipe import Recipe
from frontlines.digitize.settings import DOUBTS


def doubtful_areas(recipe: Recipe, areas: gpd.GeoDataFrame | None) -> list[Caution]:
    """Tell which areas are doubtful, and which parts in their colour were left out."""
    found = []
    for area, row in zip(recipe.areas, areas.itertuples() if areas is not None else (), strict=False):
        if row.unsure_share > DOUBTS.unsure_share:
            found.append(_unsure(area.side, row.unsure_share, row.unsure_at))
        if row.unseen_edge > DOUBTS.unseen_share:
            found.append(_edge(area.side, row.unseen_edge, row.unseen_edge_at))
        if row.margin_share > DOUBTS.margin_share:
            found.append(_paper(area.side, row.margin_share, row.margin_at))
        for parts, tell in ((row.keys, _key), (row.shades, _shade)):
            found += [tell(area.side, part) for part in shapely.get_parts(parts) if not part.is_empty]
    return found


def _unsure(side: str, share: float, at: shapely.Point) -> Caution:
    text = (
        f"area of {side}: {share:.0%} of it was not seen in its colour, but lies under strokes, letters and "
        f"doubtful colours nearest to it, most of it around column {at.x:.0f}, row {at.y:.0f}: "
        "look at the overlay"
    )
    return Caution("unsure", text, pixel=_pixel(at))


def _edge(side: str, share: float, at: shapely.Point) -> Caution:
    text = (
        f"area of {side}: {share:.0%} of its edge has no fill seen nearby, most of it around "
        f"column {at.x:.0f}, row {at.y:.0f}, and was laid half-way between what was seen: look at the overlay"
    )
    return Caution("edge", text, pixel=_pixel(at))


def _paper(side: str, share: float, at: shapely.Point) -> Caution:
    text = (
        f"area of {side}: {share:.0%} of the scan's margin is taken for it, as around column {at.x:.0f}, "
        f"row {at.y:.0f}: if that is paper or lies beyond the page, its fill is too like it to be told "
        "apart; mask what is no ground, or give another colour"
    )
    return Caution("paper", text, pixel=_pixel(at))


def _pixel(at: shapely.Point) -> tuple[float, float]:
    return (round(at.x, 1), round(at.y, 1))


def _key(side: str, key: shapely.Polygon) -> Caution:
    what = "was taken for a key of the legend and left out: if it is ground, add it"
    return _left_out("key", side, "rectangle", key, what)


def _shade(side: str, box: shapely.Polygon) -> Caution:
    return _left_out("shade", side, "piece", box, "is of another shade than the rest, and was left out")


def _left_out(name: str, side: str, kind: str, part: shapely.Polygon, what: str) -> Caution:
    left, top, right, bottom = part.bounds
    column, row = (left + right) / 2, (top + bottom) / 2
    text = (
        f"area of {side}: a {kind} of {right - left:.0f} × {bottom - top:.0f} px around column "
        f"{column:.0f}, row {row:.0f} {what}"
    )
    return Caution(name, text, pixel=_pixel(shapely.Point(column, row)))


class Unseen(NamedTuple):
    """What was not seen of an area, and what of it may be paper."""

    share: float  # of its pixels
    place: shapely.Point  # where most of them lie together; an empty point if there are none [px]
    edge_share: float  # share of its edge with nothing seen nearby
    edge_place: shapely.Point  # where most of that lies together; an empty point if there is none [px]
    # share of the outermost pixels of the scan that are the area's; these are mostly paper
    margin_share: float
    margin_place: shapely.Point  # where most of these lie together; an empty point if there are none [px]


def measure_unseen(whole: Labels, known: Labels, wanted: Iterable[int]) -> list[Unseen]:
    """Measure what of areas was given to them only because they are the nearest."""
    edges, near = _edges(whole), _seen_near(known)
    return [_unseen_of(whole == label, known != label, edges, near) for label in wanted]


def _unseen_of(mine: Bools, unlike: Bools, edges: Bools, near: Bools) -> Unseen:
    doubtful, edge = mine & unlike, mine & edges
    far = edge & ~near
    share, edge_share = (
        float(part.sum() / max(int(all_of_it.sum()), 1))
        for part, all_of_it in ((doubtful, mine), (far, edge))
    )
    margin = np.concatenate([mine[0], mine[-1], mine[:, 0], mine[:, -1]])
    outermost = mine.copy()
    outermost[1:-1, 1:-1] = False
    places = (_densest(part) for part in (doubtful, far, outermost))
    return Unseen(share, next(places), edge_share, next(places), float(margin.mean()), next(places))


def _edges(whole: Labels) -> Bools:
    """Pixels with another label to their right, left, above or below."""
    out = np.zeros(whole.shape, bool)
    for one, other in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[1:], np.s_[:-1])):
        differ = whole[one] != whole[other]
        out[one] |= differ
        out[other] |= differ
    return out


def _seen_near(known: Labels) -> Bools:
    return np.asarray(ndimage.maximum_filter(known != UNKNOWN, 2 * DOUBTS.near_px + 1))


def _densest(mask: Bools) -> shapely.Point:
    """Middle of the block that has most of a mask."""
    if not mask.any():
        return shapely.Point()
    rows, columns = (np.arange(0, size, DOUBTS.block_px) for size in mask.shape)
    counts = np.add.reduceat(np.add.reduceat(mask, rows, axis=0, dtype=int), columns, axis=1)
    row, column = np.unravel_index(counts.argmax(), counts.shape)
    block = mask[rows[row] : rows[row] + DOUBTS.block_px, columns[column] : columns[column] + DOUBTS.block_px]
    y, x = np.argwhere(block).mean(axis=0)
    return shapely.Point(columns[column] + x, rows[row] + y)
