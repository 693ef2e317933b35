"""Many dates: what sides gained and lost from snapshot to snapshot, district by district."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from frontlines.arguments import checked
from frontlines.arrays import Bools, Floats, Geometries
from frontlines.crs.working import require_working_crs
from frontlines.errors import LayerError
from frontlines.geometry.coverage import united
from frontlines.layers.margins import is_strip, margins_by_district
from frontlines.limits import require_metres
from frontlines.names import CONTESTED, KM2, TOLERANCE_M, Mapper, sides_followed, sides_in_order
from frontlines.progress import Progress, reporting
from frontlines.series.books import Moves, Sparse, moves, require_closed, without_noise
from frontlines.series.periods import Step, cadence_of, steps_between
from frontlines.series.totals import suspects

COLUMNS = [
    "district", "side", "date_from", "date_to", "period_end", "district_km2", "before_km2", "after_km2",
    "held_km2", "gained_km2", "lost_km2", "net_km2", "turnover_km2", "absorbed_km2", "share_before",
    "share_after", "contested_before_km2", "contested_after_km2", "margin_before_km2", "margin_after_km2",
    "cadence", "same_input", "suspect",
]  # fmt: skip

_DATE = "datetime64[ms]"
_DTYPES: dict[str, Any] = {
    **dict.fromkeys(("district", "side", "cadence"), object),
    **dict.fromkeys(("date_from", "date_to", "period_end"), _DATE),
    **dict.fromkeys(("same_input", "suspect"), bool),
}  # the same for a series that was read from a file as for one that was just made


@checked()
def change_series(  # noqa: PLR0913 - nine arguments, six of them with defaults
    control: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    side: str | Sequence[str] | None = None,
    *,
    freq: str | None = None,
    day: int | None = None,
    mapper: Mapper = map,
    progress: Progress = None,
    tolerance_m: float = TOLERANCE_M,
    previous: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Follow a side, or each of several, through many snapshots.

    Parameters
    ----------
    control
        Polygons with `date` and `side`, in the working CRS (from `as_control`; a theatre is not
        needed, for only the ground of each side and contested ground is looked at). A date without a
        row of a side is a snapshot on which it held nothing. Strips along the theatre's edge may be rows
        of their own (see `run_series`).
    districts
        Polygons with unique `district`, in the same CRS (from `as_districts`).
    side
        The side whose gains are positive, or several of them; None: every side there is, in the order of
        their names, contested and unknown ground last, or the only one.
    freq
        None: a step from each snapshot to the next. ``D``, ``W``, ``MS``, ``QS``, ``YS``, or ``daily``,
        ``weekly``, ``monthly``, ``quarterly``, ``yearly``: a step for each day, week (to Sunday), month,
        quarter, year. A step leads from the last snapshot on or before
        the end of the step before it to the last snapshot on or before its own end; the first one
        starts at the first snapshot, and a period that holds this snapshot alone is no step. A period
        without a snapshot is a step in which nothing is known to have changed.
    day
        Day of the month on which months, quarters and years end, from 1 to 28: with 2, a month leads from
        the 2nd to the 2nd. By default they end on their last day.
    mapper
        A function like `map`, to spread steps over workers; the result is the same for any.
    progress
        None, True for a bar, or a function of (fraction, message).
    tolerance_m
        A vertex that moved less than this [m] between two snapshots is the same vertex.
    previous
        A series made before from the beginning of the same snapshots, with the same arguments: its
        steps are taken over, and only later ones are computed. That the snapshots are the same is not
        checked; that the earlier series leads up to them is.

    Returns
    -------
    series
        A row for each step, district and side, sorted by `period_end`, then `district`: the columns of
        `balance_by_district`, and `period_end` (the day on which the step ends: the last one of its
        period, or `date_to` without `freq`), `turnover_km2` (gained plus lost), `absorbed_km2` (area
        that the tolerance took for unmoved, after less before), `cadence` (in words), `same_input`
        (two snapshots that are the same, byte for byte), `suspect`, `margin_before_km2` and
        `margin_after_km2` (strips along the edge, part of `before_km2` and `after_km2`). The `after_km2`
        of a step is the `before_km2` of the next. `date_from` and `date_to` are the dates of the
        snapshots used; they are the same day if the period brought no new one.

    Raises
    ------
    LayerError
        If there are fewer than two snapshots, a side occurs nowhere, `freq` is not known or has
        no such `day`, `tolerance_m` is no distance, or `previous` is a series of something else.
    ClosureError
        If the steps do not add up to the last snapshot.
    CRSError
        If the frames are not in one equal-area CRS in metres.

    Notes
    -----
    Gross figures depend on the cadence: ground that changes hands and comes back within a step is
    neither gained nor lost. Net figures do not depend on it, but for what the tolerance absorbs: net
    and absorbed together are the same at any cadence. A snapshot's date is not the date of a
    change, and a step may show a redrawn map instead of a moved front.

    A step of a side is `suspect` in a district if it turns over more a day there than all districts
    together on a usual one, and more than is usual there, and if the district stood still around it (less
    than a tenth of that in the steps within 14 days on either side) or both gained and lost (at least a
    third each), as an outline does that is drawn anew. It is suspect in its larger districts (a tenth of
    the turnover or more) if all together turn over more than is usual, and less than twice as much around
    it, where an offensive would go on. Usual is the median of the steps with any turnover, of which there
    must be eight; more than usual exceeds it by more than `SUSPECT` times their spread: 1.4826 times the
    median absolute deviation, and no less than a tenth of the median. Suspect steps stay in all figures.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> days = pd.to_datetime(["2031-06-01", "2031-06-02", "2031-06-03"])
    >>> fronts = [box(0, 0, 1000, 2000), box(0, 0, 1500, 2000), box(0, 0, 1250, 2000)]
    >>> control = gpd.GeoDataFrame({"date": days, "side": "A"}, geometry=fronts, crs="EPSG:3035")
    >>> districts = gpd.GeoDataFrame({"district": ["D"]}, geometry=[box(0, 0, 4000, 2000)], crs="EPSG:3035")
    >>> series = change_series(control, districts, "A")
    >>> series[["before_km2", "gained_km2", "lost_km2", "after_km2"]].values.tolist()
    [[2.0, 1.0, 0.0, 3.0], [3.0, 0.0, 0.5, 2.5]]
    """
    require_working_crs(control=control, districts=districts)
    require_metres(LayerError, needed=True, tolerance_m=tolerance_m)
    sides = held_sides(control["side"], side)
    dates = [pd.Timestamp(date) for date in sorted(control["date"].unique())]
    with reporting(progress) as report:
        plan = Plan(dates, districts, sides, freq, day, previous)
        report(0.0, "what moved")
        found = {}
        if plan.steps:
            for one in dict.fromkeys((*sides, CONTESTED)):
                known = plan.known(one)
                found[one] = moves_of(
                    control, one, plan.chain, plan.districts, tolerance_m, mapper=mapper, known=known
                )
        series = pd.concat(list(plan.tables(found)), ignore_index=True)
        report(1.0, "done")
    return series


class Plan:
    """Which steps a series has, which of them an earlier one knows already, and the table of them all."""

    def __init__(
        self,
        dates: Sequence[pd.Timestamp],
        districts: gpd.GeoDataFrame,
        sides: Sequence[str],
        freq: str | None,
        day: int | None,
        previous: pd.DataFrame | None,
    ) -> None:
        """Lay out the steps between all dates; those that `previous` begins with are kept."""
        self.districts = districts.sort_values("district", kind="stable", ignore_index=True)
        self.sides, self.cadence = tuple(sides), cadence_of(freq, day)
        every = steps_between(dates, freq, day)
        self.kept = {
            one: _taken_over(previous, every, self.districts, self.sides, one, self.cadence) for one in sides
        }
        self.steps = every[len(self.kept[self.sides[0]]) // len(districts) :]
        ends = [self.steps[0].first, *(step.last for step in self.steps)] if self.steps else []
        used = np.unique(np.array(ends, dtype=np.int64))
        self.chain = [dates[place] for place in used]
        self._at = np.searchsorted(used, ends)

    @property
    def n_rows(self) -> int:
        """How many rows the series has."""
        kept = sum(map(len, self.kept.values()))
        return kept + len(self.steps) * len(self.districts) * len(self.sides)

    def known(self, side: str) -> Floats | None:
        """Give what a side held at the first snapshot of the chain by the steps that are kept [km²]."""
        if side not in self.kept or not len(kept := self.kept[side]):
            return None
        absorbed = kept["absorbed_km2"].to_numpy(dtype=float).reshape(-1, len(self.districts)).sum(axis=0)
        known: Floats = _last(kept, "after_km2", self.districts) + absorbed
        return known

    def tables(self, found: Mapping[str, Moves], rows_at_once: int | None = None) -> Iterator[pd.DataFrame]:
        """Give the rows of the series in order, all of a step together, so many at once."""
        n_districts = len(self.districts)
        moved = {one: self._by_step(found, one) for one in (*self.sides, CONTESTED)} if self.steps else {}
        n_kept = len(self.kept[self.sides[0]]) // n_districts
        n_steps = n_kept + len(self.steps)
        at_once = max(1, (rows_at_once or n_steps * n_districts) // n_districts)
        suspect = {one: self._suspect(one, moved) for one in self.sides}
        for start in range(0, n_steps, at_once):
            end = min(start + at_once, n_steps)
            own, tables = slice(max(start - n_kept, 0), max(end - n_kept, 0)), []
            snapshots = self._at[own.start : own.stop + 1]
            booked = {one: every.books(own, snapshots) for one, every in moved.items()}
            moved = {one: after for one, (_, after) in booked.items()}
            for one in self.sides:
                kept = self.kept[one].iloc[start * n_districts : end * n_districts]
                parts = [kept] if len(kept) else []
                if own.stop > own.start:
                    parts.append(_table(booked[one][0], booked[CONTESTED][0], self, one, own))
                table = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
                marks = suspect[one][start * n_districts : end * n_districts]
                tables.append(table.reset_index(drop=True).assign(suspect=marks))
            joined = tables[0]
            if len(tables) > 1:
                joined = pd.concat(tables, ignore_index=True)
                joined = joined.sort_values(["period_end", "district"], kind="stable", ignore_index=True)
            yield joined

    def _by_step(self, found: Mapping[str, Moves], side: str) -> Moves:
        """Sort by step what moved by pairs of neighbours: a period may bring no new snapshot."""
        own, of_side = found[side], side in self.kept
        kept = self.kept[side if of_side else self.sides[0]]
        start = _last(kept, "after_km2" if of_side else "contested_after_km2", self.districts)
        if (known := self.known(side)) is not None:
            require_closed(known, own.held, self.districts)
        led = np.flatnonzero(np.diff(self._at))
        parts = {
            name: getattr(own, name).spread(led, len(self.steps))
            for name in ("gained", "lost", "absorbed", "same")
        }
        return replace(own, held=own.held if start is None else start, **parts)

    def _suspect(self, side: str, moved: Mapping[str, Moves]) -> Bools:
        """Tell which rows of a side are suspect, among all of them."""
        kept, n_districts, parts = self.kept[side], len(self.districts), []
        for name in ("gained", "lost"):
            before = Sparse.of(kept[f"{name}_km2"].to_numpy(dtype=float).reshape(-1, n_districts))
            parts.append(Sparse.joined([before, getattr(moved[side], name)] if moved else [before]))
        days = kept[["date_from", "date_to"]].iloc[::n_districts].to_numpy(dtype=_DATE)
        later = np.array([step[2:4] for step in self.steps], dtype=_DATE).reshape(-1, 2)
        return suspects(parts[0], parts[1], *np.concatenate([days, later]).T)


def moves_of(
    control: gpd.GeoDataFrame,
    side: str,
    chain: Sequence[pd.Timestamp],
    districts: gpd.GeoDataFrame,
    tolerance_m: float,
    *,
    mapper: Mapper = map,
    known: Floats | None = None,
) -> Moves:
    """Find what a side gained and lost between consecutive dates of a chain."""
    _, grounds, strips = grounds_of(control, side, chain)
    margins = _margins(strips, districts)
    return moves(grounds, strips, margins, districts, mapper, tolerance_m, known=known)


def held_sides(held: Iterable[str], side: str | Sequence[str] | None) -> tuple[str, ...]:
    """List the sides to follow among those that hold ground; refuse those that hold nothing."""
    every = sides_in_order(held)
    followed = sides_followed(every, side)
    for name in followed:
        if name not in every:
            sides = ", ".join(map(repr, every))
            raise LayerError(f"side {name!r} holds no ground on any date: the sides are {sides}")
    return followed


def _margins(strips: Geometries, districts: gpd.GeoDataFrame) -> Floats:
    """Measure the strips of each snapshot in each district [km²]."""
    margins = np.zeros((len(strips), len(districts)))
    if shapely.is_empty(strips).all():
        return margins
    frame = gpd.GeoDataFrame({"date": np.arange(len(strips)), "side": ""}, geometry=strips, crs=districts.crs)
    booked = margins_by_district(frame, districts)
    place = pd.Index(districts["district"]).get_indexer(booked["district"])
    margins[booked["date"].to_numpy(dtype=np.int64), place] = booked["margin_km2"]
    return margins


def _table(
    own: Mapping[str, Floats], contested: Mapping[str, Floats], plan: Plan, side: str, rows: slice
) -> pd.DataFrame:
    """Lay the books of some steps out, a row for each step and district."""
    districts, steps = plan.districts, plan.steps[rows]
    n_districts, n_rows = len(districts), len(steps) * len(districts)
    district_km2 = np.tile(districts.area.to_numpy() / KM2, len(steps))
    dates = np.array([step[2:] for step in steps], dtype=_DATE).reshape(-1, 3)
    flat = {name: amounts.ravel() for name, amounts in own.items()}
    columns = {
        "district": _words(np.tile(districts["district"].to_numpy(dtype=object), len(steps))),
        "side": _words(np.repeat(np.array([side], dtype=object), n_rows)),
        "date_from": np.repeat(dates[:, 0], n_districts),
        "date_to": np.repeat(dates[:, 1], n_districts),
        "period_end": np.repeat(dates[:, 2], n_districts),
        "district_km2": district_km2,
        "before_km2": flat["before"],
        "after_km2": flat["after"],
        "held_km2": without_noise(flat["before"] - flat["lost"]),
        "gained_km2": flat["gained"],
        "lost_km2": flat["lost"],
        "net_km2": flat["gained"] - flat["lost"],
        "turnover_km2": flat["gained"] + flat["lost"],
        "absorbed_km2": flat["absorbed"],
        "share_before": flat["before"] / district_km2,
        "share_after": flat["after"] / district_km2,
        "contested_before_km2": contested["before"].ravel(),
        "contested_after_km2": contested["after"].ravel(),
        "margin_before_km2": flat["margin_before"],
        "margin_after_km2": flat["margin_after"],
        "cadence": _words(np.repeat(np.array([plan.cadence], dtype=object), n_rows)),
        "same_input": np.repeat(flat["same"], n_districts),
        "suspect": np.zeros(n_rows, dtype=bool),
    }
    return pd.DataFrame({name: columns[name] for name in COLUMNS}, copy=False)


def _words(words: npt.NDArray[Any]) -> pd.Series[str]:
    """Keep text as it is: without the type, pandas would look at every row to find one."""
    return pd.Series(words, dtype=object)


def _taken_over(
    previous: pd.DataFrame | None,
    steps: Sequence[Step],
    districts: gpd.GeoDataFrame,
    sides: Sequence[str],
    side: str,
    cadence: str,
) -> pd.DataFrame:
    """Rows of an earlier series, of one of its sides, whose steps are the first of the new one."""
    if previous is None:
        return pd.DataFrame(columns=COLUMNS)
    n_districts = len(districts)
    _require_same(previous, districts, sides, cadence)
    previous = previous[previous["side"] == side]
    dates = previous[["date_from", "date_to", "period_end"]].iloc[::n_districts]
    same = 0
    for old, new in zip(dates.itertuples(index=False, name=None), steps, strict=False):
        if old != new[2:]:
            break
        same += 1
    return previous[COLUMNS].iloc[: same * n_districts].astype(_DTYPES)


def _require_same(
    previous: pd.DataFrame, districts: gpd.GeoDataFrame, sides: Sequence[str], cadence: str
) -> None:
    """Refuse an earlier series of another side, other districts or another cadence."""
    absent = [name for name in COLUMNS if name not in previous.columns]
    if absent:
        raise LayerError(
            f"previous has no column {', '.join(map(repr, absent))}: pass what change_series gave"
        )
    n_steps = len(previous) // (len(districts) * len(sides))
    names, areas = districts["district"].to_numpy(dtype=object), districts.area.to_numpy() / KM2
    parts = {
        "side": set(previous["side"].unique()) in (set(sides), set()),
        "cadence": set(previous["cadence"].unique()) <= {cadence},
        "districts": np.array_equal(
            previous["district"].to_numpy(dtype=object), np.tile(names.repeat(len(sides)), n_steps)
        )
        and np.allclose(
            previous["district_km2"].to_numpy(dtype=float), np.tile(areas.repeat(len(sides)), n_steps)
        ),
    }
    other = [part for part, same in parts.items() if not same]
    if other:
        raise LayerError(
            f"previous is a series of other {' and '.join(other)}: leave it out, or pass the right one"
        )


def _last(kept: pd.DataFrame, column: str, districts: gpd.GeoDataFrame) -> Floats | None:
    """Give what the last step taken over left in each district; None if none was."""
    return kept[column].to_numpy(dtype=float)[-len(districts) :] if len(kept) else None


def grounds_of(
    control: gpd.GeoDataFrame, side: str, dates: Sequence[pd.Timestamp] | None = None
) -> tuple[list[pd.Timestamp], Geometries, Geometries]:
    """Give the dates of a frame, and the ground of one side on each: polygons, and strips beside them."""
    known = sorted(control["date"].unique()) if dates is None else list(dates)
    own = control[control["side"] == side]
    if dates is None and own.empty:
        sides = ", ".join(map(repr, sorted(control["side"].unique())))
        raise LayerError(f"side {side!r} holds no ground on any date: the sides are {sides}")
    beside = is_strip(own)
    grounds, strips = (_by_date(rows, known) for rows in (own[~beside], own[beside]))
    return [pd.Timestamp(date) for date in known], grounds, strips


def _by_date(rows: gpd.GeoDataFrame, dates: Sequence[Any]) -> Geometries:
    """Join what rows hold on each date."""
    shapes = np.asarray(rows.geometry.values)
    places = rows.reset_index(drop=True).groupby("date").indices
    grounds = np.full(len(dates), shapely.Polygon(), dtype=object)
    for number, date in enumerate(dates):
        held = shapes[places.get(date, [])]
        if len(held):
            grounds[number] = united(held)
    return grounds
