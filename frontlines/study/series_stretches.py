"""A series in stretches of days: each is read, checked and followed by itself, and gives rows, no shapes.

A stretch begins with the snapshot that ends the one before. So memory does not grow with the number of days,
and stretches may be followed anywhere, in any order; their rows are put together as they would be of one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import geopandas as gpd
import pandas as pd
import shapely

from frontlines.errors import LayerError
from frontlines.names import CONTESTED
from frontlines.progress import Report
from frontlines.scale import Executor, executor
from frontlines.series.books import Moves
from frontlines.series.change_series import moves_of
from frontlines.series.rows import Plan, is_sparse, laid_out
from frontlines.sources.snapshots import DayFacts, covered_m2
from frontlines.study.series_edge import Ground, SeriesEdge
from frontlines.study.snapshots import AT_ONCE, Days, RawSnapshots, Snapshots, some_days

KEPT_DAYS = 2_000
"""Snapshots up to which those that were checked are kept in memory, if they are not too detailed."""

_LEAST = 16  # snapshots of a stretch
_EACH = 2  # stretches for each of several workers, of what is left
_KEPT = 5_000_000  # vertices of checked snapshots that are kept in memory: some 200 MB


@dataclass(frozen=True)
class Asked:
    """What is asked of each stretch."""

    edge: SeriesEdge
    districts: gpd.GeoDataFrame  # by name
    sides: tuple[str, ...]
    tolerance_m: float
    front_m: tuple[float, ...]
    keep: bool  # whether checked snapshots are given back


@dataclass(frozen=True)
class Stretch:
    """Days that are followed together, and those of them between which steps lead."""

    snapshots: Snapshots
    chain: list[pd.Timestamp]


@dataclass
class StretchRows:
    """What was found in a stretch; nothing but faults if there are any."""

    faults: LayerError | None = None
    facts: list[DayFacts] = field(default_factory=list)
    covered_m2: dict[Any, float] = field(default_factory=dict)
    sides: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    moves: dict[str, Moves] = field(default_factory=dict)  # by side
    strips: pd.DataFrame = field(default_factory=pd.DataFrame)
    fronts: dict[str, pd.DataFrame] = field(default_factory=dict)
    control: gpd.GeoDataFrame | None = None  # strips among its rows


def follow_stretch(asked: Asked, stretch: Stretch) -> StretchRows:
    """Check and follow the snapshots of one stretch."""
    try:
        snapshots, facts = stretch.snapshots.looked_at()
    except LayerError as error:
        if error.faults is None:
            raise
        return StretchRows(faults=error)
    edge = asked.edge
    control, strips = edge.with_strips(snapshots)
    held = set(control["side"])
    measured = [one for one in (*asked.sides, CONTESTED) if one in held] if asked.front_m else []
    return StretchRows(
        facts=facts,
        covered_m2=covered_m2(snapshots),
        sides=held,
        sources=set(snapshots["source"]),
        moves={
            one: moves_of(control, one, stretch.chain, asked.districts, asked.tolerance_m)
            for one in dict.fromkeys((*asked.sides, CONTESTED))
        },
        strips=strips,
        fronts=edge.fronts(control, measured, asked.front_m),
        control=control if asked.keep else None,
    )


class Walked(NamedTuple):
    """What came of all days: the ground, its edge, facts, the series, its totals, and what is on record."""

    ground: Ground
    edge: SeriesEdge
    found: Followed
    series: pd.DataFrame
    totals: pd.DataFrame
    record: dict[str, Any]


def walk(
    held: Snapshots,
    districts: gpd.GeoDataFrame,
    sides: Sequence[str],
    asked: Mapping[str, Any],
    earlier: tuple[pd.DataFrame | None, Mapping[str, Any] | None],
    shared: Mapping[str, Any],
    progress: Report,
    broken: Callable[[Followed, pd.DataFrame, dict[str, Any]], None],
) -> Walked:
    """Follow sides through all days, after those of an `earlier` series and with its margin.

    If that breaks off, `broken` is told what was found in the stretches that are finished.
    """
    (kept, margin), front_m, border_m = earlier, asked["front_m"], asked["border_m"]
    if len(held.days) == 1:  # what is wrong with it counts for more than that it is alone
        _require_sound(held)
    some = some_days(held, wanted=asked["margin_m"] != 0)
    rest, measured = asked["rest"], bool(front_m)
    edge = SeriesEdge(
        some, districts, asked["margin_m"], margin, measured=measured, border_m=border_m, rest=rest
    )
    plan = Plan(held.days, districts, sides, asked["freq"], asked["day"], kept)
    sparse = is_sparse(asked["rows"], plan.n_rows, unsure=asked["unsure"])
    keep = len(held.days) <= KEPT_DAYS
    wanted = Asked(edge, plan.districts, tuple(sides), asked["tolerance_m"], front_m, keep)
    found = Followed(wanted.sides, raw=isinstance(held, RawSnapshots))
    try:
        with executor(**shared) as pool:
            follow_stretches(held, plan.chain, wanted, pool, progress, found)
    except BaseException:
        ended = max(found.covered_m2, default=None)
        days = [] if ended is None else [day for day in held.days if day <= ended]
        if len(days) > 1:
            done = Plan(days, districts, sides, asked["freq"], asked["day"], kept)
            rows = laid_out(done, found.moves(), sparse=True)[0]
            broken(found, rows, {"margin": edge.margins.record_with(pd.concat(found.strips))})
        raise
    series, totals = laid_out(plan, found.moves(), sparse=sparse)
    ground = Ground(held, edge, kept_of(found) if kept is None else None)
    if front_m and kept is not None:  # of all days, those of the earlier series among them
        found.measured(edge.fronts(ground.every(), sides, front_m))
    record = {
        "rows": {"which": "changed" if sparse else "all", "of": plan.n_rows},
        "margin": edge.margins.record_with(pd.concat(found.strips)),
    }
    return Walked(ground, edge, found, series, totals, record)


def _require_sound(snapshots: Snapshots) -> None:
    try:
        snapshots.checked()
    except LayerError as error:
        if error.faults is None:
            raise
        snapshots.refuse([error])


def follow_stretches(
    snapshots: Snapshots, chain: Days, asked: Asked, pool: Executor, progress: Report, found: Followed
) -> None:
    """Follow all stretches, wherever that is done, and put their rows together, in order."""
    n_days = sum(chain[0] <= day <= chain[-1] for day in snapshots.days) if chain else 0
    for rows in pool.map(partial(follow_stretch, asked), stretches(snapshots, chain, pool.workers)):
        found.add(rows)
        progress(min(len(found.covered_m2) / max(n_days, 1), 1.0), "what changed hands")
    if found.faults:
        snapshots.refuse(found.faults)


def stretches(snapshots: Snapshots, chain: Days, workers: int) -> Iterator[Stretch]:
    """Cut days into stretches, at days between which steps lead; for several workers the last are short."""
    days = snapshots.days
    at = {day: place for place, day in enumerate(days)}
    places = [at[day] for day in chain]
    begin = 0
    for end in range(1, len(places)):
        left = places[-1] - places[begin]
        length = AT_ONCE if workers == 1 else max(_LEAST, min(AT_ONCE, -(-left // (_EACH * workers))))
        if places[end] - places[begin] >= length or end == len(places) - 1:
            some = days[places[begin] : places[end] + 1]
            yield Stretch(snapshots.of(some), list(chain[begin : end + 1]))
            begin = end


class Followed:
    """The rows of all stretches put together."""

    def __init__(self, sides: Sequence[str], *, raw: bool) -> None:
        self.raw = raw
        self.facts: list[DayFacts] = []
        self.covered_m2: dict[Any, float] = {}
        self.sides: set[str] = set()
        self.sources: set[str] = set()
        self.strips = [pd.DataFrame({"date": [], "side": [], "km2": []})]
        self.faults: list[LayerError] = []
        self.control: list[gpd.GeoDataFrame] | None = []
        self._moves: dict[str, list[Moves]] = {one: [] for one in dict.fromkeys((*sides, CONTESTED))}
        self._fronts: dict[str, list[pd.DataFrame]] = {}
        self._vertices = 0

    def add(self, rows: StretchRows) -> None:
        """Add the rows of the next stretch; its first day is the last one of the stretch before."""
        if rows.faults is not None or self.faults:
            self.faults += [] if rows.faults is None else [rows.faults]
            return
        known = set(self.covered_m2)
        self.facts += [fact for fact in rows.facts if fact.day not in known]
        self.covered_m2 |= {day: m2 for day, m2 in rows.covered_m2.items() if day not in known}
        self.sides |= rows.sides
        self.sources |= rows.sources
        self.strips.append(rows.strips[~rows.strips["date"].isin(known)])
        for side, parts in rows.moves.items():
            self._moves[side].append(parts)
        for side, table in rows.fronts.items():
            self._fronts.setdefault(side, []).append(table[~table["date"].isin(known)])
        self._keep(rows.control, known)

    def _keep(self, control: gpd.GeoDataFrame | None, known: set[Any]) -> None:
        """Keep checked snapshots as long as they are few."""
        if control is None or self.control is None:
            self.control = None
            return
        self._vertices += int(shapely.get_num_coordinates(control.geometry.values).sum())
        if self._vertices > _KEPT:
            self.control = None
            return
        self.control.append(control[~control["date"].isin(known)])

    def measured(self, fronts: dict[str, pd.DataFrame]) -> None:
        """Put the fronts of all days in the place of those of stretches."""
        self._fronts = {side: [table] for side, table in fronts.items()}

    def moves(self) -> dict[str, Moves]:
        """Give what moved, by side."""
        return {side: Moves.joined(parts) for side, parts in self._moves.items() if parts}

    def fronts(self, sides: Sequence[str]) -> pd.DataFrame:
        """Give the fronts of sides, one after the other."""
        tables = [table for side in sides for table in self._fronts.get(side, ())]
        return pd.concat(tables, ignore_index=True)


def kept_of(found: Followed) -> gpd.GeoDataFrame | None:
    """Join the checked snapshots that were kept."""
    if not found.control:
        return None
    joined = pd.concat(found.control).sort_values("date", kind="stable", ignore_index=True)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=found.control[0].crs)
