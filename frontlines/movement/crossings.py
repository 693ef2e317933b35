"""Where fronts cross transects, and which crossing is the position of the front."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from frontlines.arrays import Bools, Floats, Geometries, Ints
from frontlines.crs.geodesic import ground_distance_m
from frontlines.crs.working import require_working_crs
from frontlines.errors import LayerError
from frontlines.geometry.planar import edge_lines, segments
from frontlines.movement.fronts import facing_lines

Rule = Literal["nearest", "first", "last", "all"]

SAME_M = 0.1
"""Lines that run within this distance of each other [m] where they are crossed are one line."""

_COLUMNS = [
    "transect", "date", "position_m", "sigma_m", "sine", "n_crossings", "n_between", "shared",
    "apart_sigma_m", "reason",
]  # fmt: skip

REASONS = {
    "": "the front has a position",
    "origin_faces_back": "the transect is cast from a fold of the front with the side's ground ahead of it",
    "line_absent": "there is no line of the side at this date",
    "no_crossing": "the line of this date does not cross the transect within its reach",
    "theatre_edge": "the same, and the transect ends at the edge of the theatre",
    "faces_other_way": "lines cross the transect, but the side's ground is ahead of them, not behind",
    "unpaired_crossings": "the side's ground does not end once more than it begins along the transect",
}
"""Why a transect has no position, by code."""


def front_positions(
    transects: gpd.GeoDataFrame,
    frontlines: gpd.GeoDataFrame,
    *,
    crossing: Rule = "nearest",
    dates: Iterable[Any] | None = None,
) -> pd.DataFrame:
    """Find where along each transect the front stood at each date; a row a transect and date, sorted.

    `crossing` says which crossing counts, of those where a walk along the transect leaves the side's ground:
    the ``first`` or ``last`` one met; ``nearest``, at the first date to the origin, later next to that one,
    so that all ground between them has changed hands; ``all``, the sum of the places where the walk leaves
    the ground less those where it enters it.

    Columns: `position_m` along the ground from the origin [m], `sigma_m` of it, `sine` of the angle of the
    crossing, `n_crossings`, `n_between` (crossings between the positions of the first date and of this one),
    `shared` (the line runs where that of the first date did), `apart_sigma_m` (standard error of the position
    less that of the first date [m]) and `reason`, a code of `REASONS`, empty where there is a position.
    """
    crs = require_working_crs(transects=transects, frontlines=frontlines)
    if crossing not in get_args(Rule):
        raise LayerError(f"crossing is {crossing!r}: give one of {', '.join(get_args(Rule))}")
    if transects.empty:
        raise LayerError("there are no transects: make_transects makes them")
    facing = facing_lines(frontlines, _one_side(transects))
    days = pd.DatetimeIndex(
        sorted({pd.Timestamp(day) for day in (facing["date"] if dates is None else dates)})
    )
    if days.empty:
        raise LayerError("dates is empty: give two days or more, or None for those of the lines")
    met, ends = _met(transects, facing, days, crs)
    back = _faces_back(transects, met)
    picked = _summed(met) if crossing == "all" else _picked(met, crossing)
    grid = pd.MultiIndex.from_product([range(len(transects)), range(len(days))], names=["row", "day"])
    counts = met.groupby(["row", "day"])["leaves"].agg(["sum", "size"]).reindex(grid, fill_value=0)
    table = picked[~back[picked["row"]]].set_index(["row", "day"]).reindex(grid)
    table["n_crossings"] = counts["sum"].to_numpy(dtype=np.int64)
    row, day = (grid.get_level_values(name).to_numpy() for name in ("row", "day"))
    table["reason"] = np.select(
        [
            table["position_m"].notna(),
            back[row],
            ~days.isin(facing["date"])[day],
            counts["size"].eq(0) & transects["cut"].to_numpy(dtype=bool)[row],
            counts["size"].eq(0),
        ],
        ["", "origin_faces_back", "line_absent", "theatre_edge", "no_crossing"],
        default="unpaired_crossings" if crossing == "all" else "faces_other_way",
    )
    table["transect"], table["date"] = transects["transect"].to_numpy()[row], days[day]
    if crossing == "all":
        table = _with_shared_sums(table, met, ends, len(days)).assign(n_between=0)
    else:
        table = _with_shared(table, ends, len(days))
        table["n_between"] = _between(met, table, len(days))
    return table[_COLUMNS].reset_index(drop=True)


def _one_side(transects: gpd.GeoDataFrame) -> str:
    sides = sorted({str(side) for side in transects["side"]})
    if len(sides) > 1:
        raise LayerError(
            f"the transects are of sides {', '.join(map(repr, sides))}: measure one side at a time"
        )
    return sides[0]


def _met(
    transects: gpd.GeoDataFrame, facing: gpd.GeoDataFrame, days: pd.DatetimeIndex, crs: CRS
) -> tuple[pd.DataFrame, Floats]:
    """Cross transects with the lines of the days; edges that days share are crossed once.

    Returns the crossings with `day` (position in `days`), `position_m` from the origin and `sigma_m` along
    the transect [m], and the edges, (n, 4).
    """
    lines = facing[facing["date"].isin(days)]
    ends, line = segments(np.asarray(lines.geometry.values))
    unique, edge = np.unique(ends, axis=0, return_inverse=True)
    held = pd.DataFrame(
        {
            "edge": edge,
            "day": days.get_indexer(lines["date"])[line],
            "sigma_m": lines["sigma_m"].to_numpy(dtype=float)[line],
        }
    ).drop_duplicates()
    twice = held[held.duplicated(["edge", "day"], keep=False)].sort_values(["day", "edge", "sigma_m"])
    if len(twice):
        one, other = twice["sigma_m"].iloc[:2]
        raise LayerError(
            f"lines of {days[twice['day'].iloc[0]]:%Y-%m-%d} lie on each other with sigma_m {one:g} and "
            f"{other:g}: keep one of them"
        )
    found = cross(np.asarray(transects.geometry.values), unique, crs)
    met = found.merge(held, on="edge")
    met["sigma_m"] /= met["sine"]
    met["position_m"] = met["along_m"] - transects["origin_m"].to_numpy(dtype=float)[met["row"]]
    return met, unique


def _faces_back(transects: gpd.GeoDataFrame, met: pd.DataFrame) -> Bools:
    """Tell which transects enter the side's ground where they were cast from its front."""
    here = met[(met["day"] == 0) & (met["position_m"].abs() <= SAME_M)]
    enters, leaves = (
        np.isin(range(len(transects)), here.loc[here["leaves"] == k, "row"]) for k in (False, True)
    )
    of_front = transects["cast_from"] == "front" if "cast_from" in transects else np.zeros(len(transects))
    return np.asarray(enters & ~leaves & np.asarray(of_front, dtype=bool))


def _picked(met: pd.DataFrame, crossing: Rule) -> pd.DataFrame:
    """Pick one crossing of each transect and day."""
    own = met[met["leaves"]]
    if crossing != "nearest":
        own = own.assign(off=own["position_m"] * (1 if crossing == "first" else -1))
        return own.sort_values(["row", "day", "off"]).drop_duplicates(["row", "day"])
    start = own[own["day"] == 0].assign(off=own["position_m"].abs())
    start = start.sort_values(["row", "off", "position_m"]).drop_duplicates("row")
    later = met[met["day"] > 0]
    off = later["position_m"] - later["row"].map(start.set_index("row")["position_m"]).fillna(0.0)
    later = later.assign(off=off.abs(), ahead=off >= -SAME_M).sort_values(["row", "day", "off", "position_m"])
    beside = later.drop_duplicates(["row", "day", "ahead"])
    return pd.concat([start, beside[beside["leaves"]].drop_duplicates(["row", "day"])])


def _summed(met: pd.DataFrame) -> pd.DataFrame:
    """Sum up where the side's ground ends less where it begins, for each transect and day."""
    sign = np.where(met["leaves"], 1, -1)
    by = met.assign(sign=sign, position_m=met["position_m"] * sign).groupby(["row", "day"], sort=True)
    table = by.agg(
        position_m=("position_m", "sum"),
        sign=("sign", "sum"),
        sine=("sine", "min"),
        variance=("sigma_m", lambda sigma_m: (sigma_m**2).sum(skipna=False)),
    ).reset_index()
    table["sigma_m"] = np.sqrt(table["variance"])
    return table[table["sign"] == 1]


def _between(met: pd.DataFrame, table: pd.DataFrame, n_days: int) -> Ints:
    """Count crossings of either date between the position of the first date and that of each date."""
    place = table["position_m"].to_numpy(dtype=float).reshape(-1, n_days)
    low = np.minimum(place, place[:, :1]) + SAME_M
    high = np.maximum(place, place[:, :1]) - SAME_M
    row, day, at = (met[name].to_numpy() for name in ("row", "day", "position_m"))
    # Crossings of the first date count on every day.
    first = np.flatnonzero(day == 0)
    row, at = (np.concatenate([part, np.repeat(part[first], n_days)]) for part in (row, at))
    day = np.concatenate([day, np.tile(np.arange(n_days), len(first))])
    inside = (low[row, day] < at) & (at < high[row, day])
    return np.bincount(row[inside] * n_days + day[inside], minlength=place.size)


def _with_shared(table: pd.DataFrame, ends: Floats, n_days: int) -> pd.DataFrame:
    """Tell where the crossing of a date is that of the first date, and give both the same position."""
    first = table.iloc[np.arange(len(table)) // n_days * n_days]
    place, start = (part["position_m"].to_numpy(dtype=float) for part in (table, first))
    edge, other = (part["edge"].fillna(-1).to_numpy(dtype=np.int64) for part in (table, first))
    shared = np.abs(place - start) <= SAME_M
    shared[shared] = _run_together(ends, edge[shared], other[shared])
    sigma_m, sigma_0_m = (part["sigma_m"].to_numpy(dtype=float) for part in (table, first))
    return table.assign(
        shared=shared,
        position_m=np.where(shared, start, place),
        apart_sigma_m=np.where(shared, 0.0, np.hypot(sigma_m, sigma_0_m)),
    )


def _with_shared_sums(table: pd.DataFrame, met: pd.DataFrame, ends: Floats, n_days: int) -> pd.DataFrame:
    """Do as `_with_shared` for sums over all crossings: matched crossings move together and cancel."""
    # The crossings of the first date, again on each day.
    start = met[met["day"] == 0].reset_index(names="first")
    of_first = start.loc[np.repeat(np.arange(len(start)), n_days)]
    of_first = of_first.assign(day=np.tile(np.arange(n_days), len(start)))
    # Those of either date that have no match in the other add to the error.
    pairs = _pairs(met.reset_index(names="crossing"), start, ends)
    alone = ~np.isin(met.index, pairs["crossing"])
    left = pd.MultiIndex.from_frame(of_first[["first", "day"]])
    left_alone = ~left.isin(pd.MultiIndex.from_frame(pairs[["first", "day"]]))
    lone = pd.concat([met[alone], of_first[left_alone]])
    cell = lone["row"].to_numpy() * n_days + lone["day"].to_numpy()
    number = np.bincount(cell, minlength=len(table))
    variance = np.bincount(cell, weights=lone["sigma_m"].to_numpy() ** 2, minlength=len(table))
    place = table["position_m"].to_numpy(dtype=float)
    first_m = place[np.arange(len(table)) // n_days * n_days]
    shared = (number == 0) & np.isfinite(place) & np.isfinite(first_m)
    return table.assign(
        shared=shared, position_m=np.where(shared, first_m, place), apart_sigma_m=np.sqrt(variance)
    )


def _pairs(met: pd.DataFrame, start: pd.DataFrame, ends: Floats) -> pd.DataFrame:
    """Match each crossing with at most one of the first date, the nearest first."""
    pairs = met.merge(start, on=["row", "leaves"], suffixes=("", "_0"))
    pairs = pairs.assign(off=(pairs["position_m"] - pairs["position_m_0"]).abs())
    pairs = pairs[pairs["off"] <= SAME_M]
    pairs = pairs[_run_together(ends, pairs["edge"].to_numpy(), pairs["edge_0"].to_numpy())]
    pairs = pairs.sort_values(["off", "crossing", "first"])
    return pairs.drop_duplicates("crossing").drop_duplicates(["first", "day"])


def _run_together(ends: Floats, one: Ints, other: Ints) -> Bools:
    """Tell whether edges that cross a transect at one place run along each other as far as both go."""
    a, b = ends[one], ends[other]
    ends_of = [(a[:, :2], b), (a[:, 2:], b), (b[:, :2], a), (b[:, 2:], a)]
    beside, apart = np.zeros(len(a), dtype=bool), np.zeros(len(a))
    for point, edge in ends_of:
        run = edge[:, 2:] - edge[:, :2]
        share = ((point - edge[:, :2]) * run).sum(axis=1) / (run**2).sum(axis=1)
        near = (share >= 0) & (share <= 1)
        off = shapely.distance(shapely.points(point), edge_lines(edge))
        beside |= near
        apart = np.maximum(apart, np.where(near, off, 0.0))
    return np.asarray((one == other) | (beside & (apart <= SAME_M)))


def cross(transects: Geometries, edges: Floats, crs: CRS) -> pd.DataFrame:
    """Cross transects with edges that have the side's ground on their left.

    Columns: `row` of the transect, `edge`; from the transect's start `along_m` on the ground and `plane_m` in
    the plane [m]; `leaves` (the transect leaves the side's ground there); `sine` of the angle.
    """
    # Straight pieces of the transects, and how much of each transect comes before them.
    pieces, owner = segments(transects)
    before = _before(ground_distance_m(pieces[:, :2], pieces[:, 2:], crs), owner)
    plane = np.hypot(*(pieces[:, 2:] - pieces[:, :2]).T)
    last = np.append(owner[1:] != owner[:-1], True) if len(owner) else np.zeros(0, dtype=bool)
    # An edge is met if its ends lie on different sides of the piece; an end on it counts as left, so that a
    # vertex is crossed once.
    piece, edge = shapely.STRtree(edge_lines(edges)).query(edge_lines(pieces))
    start, along = pieces[piece, :2], pieces[piece, 2:] - pieces[piece, :2]
    from_line = [_cross(along, edges[edge, k : k + 2] - start) for k in (0, 2)]
    meet = (from_line[0] >= 0) != (from_line[1] >= 0)
    piece, edge, start, along = piece[meet], edge[meet], start[meet], along[meet]
    a, b = (values[meet] for values in from_line)
    # Where along the piece that is; the end of a piece belongs to the next one, if there is one.
    run = edges[edge, 2:] - edges[edge, :2]
    at = edges[edge, :2] + (a / (a - b))[:, None] * run
    share = ((at - start) * along).sum(axis=1) / (along**2).sum(axis=1)
    inside = (share >= 0) & ((share < 1) | (last[piece] & (share <= 1)))
    along_m = before[piece] + ground_distance_m(start, at, crs)
    plane_m = _before(plane, owner)[piece] + share * plane[piece]
    sine = np.abs(_cross(along, run)) / (np.hypot(*along.T) * np.hypot(*run.T))
    names = ("row", "edge", "along_m", "plane_m", "leaves", "sine")
    found = dict(zip(names, (owner[piece], edge, along_m, plane_m, a < 0, sine), strict=True))
    table = pd.DataFrame({name: column[inside] for name, column in found.items()})
    return table.sort_values(["row", "along_m", "edge"], ignore_index=True)


def _before(steps: Floats, owner: Ints) -> Floats:
    """Sum up the steps before each, within its owner."""
    before = np.cumsum(steps) - steps
    return np.asarray(before - before[np.searchsorted(owner, owner)])


def _cross(a: Floats, b: Floats) -> Floats:
    return np.asarray(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
