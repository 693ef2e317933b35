"""Rows of a series: laid out by step, without those in which nothing changed, and with them again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from frontlines.arguments import checked
from frontlines.arrays import Bools, Floats, Ints
from frontlines.errors import LayerError
from frontlines.names import CONTESTED, KM2
from frontlines.series.books import Moves, Sparse, require_closed, without_noise
from frontlines.series.periods import Step, cadence_of, steps_between
from frontlines.series.totals import summed, suspects, with_running_net

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

MOST_ROWS = 100_000
"""Rows beyond which a series leaves out those in which nothing changed: some 16 MB of CSV, of which a daily
series of a country's districts repeats 99 rows in 100."""

ROWS_AT_ONCE = 200_000
"""Rows of a series that are laid out together: some 40 MB."""

_PAIRS = [
    (f"{name}before_{unit}", f"{name}after_{unit}")
    for name, unit in (("", "km2"), ("contested_", "km2"), ("margin_", "km2"))
] + [("share_before", "share_after")]
_NOTHING = ["gained_km2", "lost_km2", "net_km2", "turnover_km2", "absorbed_km2"]
_OF_STEP = ["side", "date_from", "date_to", "period_end", "cadence", "same_input"]


def changed_rows(series: pd.DataFrame, n_step: int, n_sides: int, *, first: bool) -> Bools:
    """Tell which rows are kept: where anything changed, of the first district, of the `first` step.

    A step has `n_step` rows, those of each district together, one for each side.
    """
    row = np.arange(len(series))
    kept = (row % n_step < n_sides) | series["suspect"].to_numpy(dtype=bool)
    for name in ("gained_km2", "lost_km2", "absorbed_km2"):
        kept |= series[name].to_numpy() != 0
    for before, after in _PAIRS:
        kept |= series[before].to_numpy() != series[after].to_numpy()
    every: Bools = kept | (row < n_step if first else False)
    return every


def is_sparse(rows: str | None, n_rows: int, *, unsure: bool) -> bool:
    """Tell whether rows in which nothing changed are left out."""
    if rows == "changed" and unsure:
        raise LayerError("rows='changed' leaves out rows that have an interval of their own: give rows='all'")
    if rows not in (None, "all", "changed"):
        raise LayerError(f"rows={rows!r} is not known: give 'all' or 'changed'")
    return rows == "changed" or (rows is None and n_rows > MOST_ROWS and not unsure)


def laid_out(plan: Plan, found: Mapping[str, Moves], *, sparse: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lay the rows of a series out, or those that are not calm, and sum each step up."""
    kept: list[pd.DataFrame] = []
    totals: list[pd.DataFrame] = []
    n_sides, n_step = len(plan.sides), len(plan.sides) * len(plan.districts)
    for table in plan.tables(found, ROWS_AT_ONCE):
        row = np.arange(len(table))
        totals.append(summed(table, row // n_step * n_sides + row % n_sides))
        kept.append(table[changed_rows(table, n_step, n_sides, first=not kept)] if sparse else table)
    return pd.concat(kept, ignore_index=True), with_running_net(pd.concat(totals, ignore_index=True))


@checked()
def every_row(series: pd.DataFrame) -> pd.DataFrame:
    """Put the rows back in which nothing changed.

    Parameters
    ----------
    series
        A series of `run_series`, or one read from its ``series.parquet``, with or without these rows.

    Returns
    -------
    series
        A row for each step, district and side, as `change_series` gives it.

    Raises
    ------
    LayerError
        If a row in which something changed is missing, rows are not in order, or the series has errors.

    Examples
    --------
    >>> from frontlines.series.rows import COLUMNS
    >>> days = pd.to_datetime(["1994-05-12", "1994-05-12", "1994-05-13"])
    >>> calm = pd.DataFrame({name: [1.0, 2.0, 1.0] for name in COLUMNS}).assign(side="A", cadence="daily")
    >>> calm = calm.assign(district=["D", "E", "D"], same_input=False, suspect=False)
    >>> calm = calm.assign(date_from=days, date_to=days, period_end=days)
    >>> every_row(calm)[["district", "before_km2", "gained_km2"]].values.tolist()[-1]
    ['E', 2.0, 0.0]
    """
    if is_whole(series):
        return series
    if "sigma_km2" in series:
        raise LayerError("a series with errors has all its rows, and some are missing: pass the whole table")
    sides = [SideRows(rows)[:] for _, rows in series.groupby("side", sort=False)]
    joined = pd.concat(sides, ignore_index=True)
    if len(sides) == 1:
        return joined
    return joined.sort_values(["period_end", "district"], kind="stable", ignore_index=True)


def is_whole(series: pd.DataFrame) -> bool:
    """Tell whether a series has a row for each step, district and side."""
    n_steps = series.groupby(["period_end", "side"], sort=False).ngroups
    return len(series) == n_steps * series["district"].nunique()


class SideRows:
    """Rows of one side of a series, of which those in which nothing changed may be left out."""

    def __init__(self, rows: pd.DataFrame) -> None:
        """Take rows in order of steps and districts; the first step has a row for each district."""
        self.rows = rows.reset_index(drop=True)
        self.steps = self.rows.drop_duplicates("period_end", ignore_index=True)
        step = pd.Index(self.steps["period_end"]).get_indexer(pd.Index(self.rows["period_end"]))
        self._names = self.rows.loc[step == 0, "district"]
        place = pd.Index(self._names).get_indexer(pd.Index(self.rows["district"]))
        if (place < 0).any() or (np.diff(step * len(self._names) + place) <= 0).any():
            raise LayerError("rows are not in order, or the first step has not all: pass the whole table")
        order = np.argsort(place, kind="stable")
        follows = np.diff(place[order]) == 0
        for before, after in _PAIRS[:2]:
            begun, ended = (self.rows[name].to_numpy()[order] for name in (before, after))
            if (begun[1:] != ended[:-1])[follows].any():
                raise LayerError(
                    f"a row of {before} does not go on from the one before: pass the whole table"
                )
        self._step, self._place = step, place

    def sparse(self, column: str) -> Sparse:
        """Give an amount that is nothing in the rows left out, by step and district."""
        amounts = self.rows[column].to_numpy(dtype=float)
        some, shape = amounts != 0, (len(self.steps), len(self._names))
        return Sparse(shape, self._step[some], self._place[some], amounts[some])

    def last(self, column: str) -> Floats:
        """Give what each district has in the last step."""
        amounts: Floats = self.rows[column].to_numpy(dtype=float)[self._sources(len(self.rows))]
        return amounts

    def _sources(self, end: int) -> Ints:
        """Give the last of the first rows of each district, which tells what was there."""
        source = np.zeros(len(self._names), dtype=np.int64)
        np.maximum.at(source, self._place[:end], np.arange(end))
        return source

    def __getitem__(self, some: slice) -> pd.DataFrame:
        """Give all rows of some steps."""
        first, end, _ = some.indices(len(self.steps))
        begin, stop = np.searchsorted(self._step, [first, end])
        own = self._step[begin:stop] - first, self._place[begin:stop]
        source = np.zeros((max(end - first, 0), len(self._names)), dtype=np.int64)
        source[:1] = self._sources(begin)
        source[own] = np.arange(begin, stop)
        source = np.maximum.accumulate(source, axis=0)  # rows are in the order of their steps
        there = np.zeros(source.shape, dtype=bool)
        there[own] = True
        calm = ~there.ravel()
        out: dict[str, Any] = {str(name): self.rows[name].to_numpy()[source.ravel()] for name in self.rows}
        for before, after in _PAIRS:
            out[before][calm] = out[after][calm]
        out["held_km2"][calm] = out["after_km2"][calm]
        for name in _NOTHING:
            out[name][calm] = 0.0
        out["suspect"][calm] = False
        for name in _OF_STEP:
            out[name] = np.repeat(self.steps[name].to_numpy()[first:end], len(self._names))
        return pd.DataFrame(out).astype(self.rows.dtypes.to_dict())


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
        self.n_kept = len(self.kept[self.sides[0]].steps)
        self.steps = every[self.n_kept :]
        ends = [self.steps[0].first, *(step.last for step in self.steps)] if self.steps else []
        used = np.unique(np.array(ends, dtype=np.int64))
        self.chain = [dates[place] for place in used]
        self._at = np.searchsorted(used, ends)

    @property
    def n_rows(self) -> int:
        """How many rows the series has."""
        return (self.n_kept + len(self.steps)) * len(self.districts) * len(self.sides)

    def known(self, side: str) -> Floats | None:
        """Give what a side held at the first snapshot of the chain by the steps that are kept [km²]."""
        if side not in self.kept or not self.n_kept:
            return None
        kept = self.kept[side]
        known: Floats = kept.last("after_km2") + kept.sparse("absorbed_km2").sums()
        return known

    def tables(self, found: Mapping[str, Moves], rows_at_once: int | None = None) -> Iterator[pd.DataFrame]:
        """Give the rows of the series in order, all of a step together, so many at once."""
        n_districts = len(self.districts)
        moved = {one: self._by_step(found, one) for one in (*self.sides, CONTESTED)} if self.steps else {}
        n_kept, n_steps = self.n_kept, self.n_kept + len(self.steps)
        at_once = max(1, (rows_at_once or n_steps * n_districts) // n_districts)
        suspect = {one: self._suspect(one, moved) for one in self.sides}
        for start in range(0, n_steps, at_once):
            end = min(start + at_once, n_steps)
            own, tables = slice(max(start - n_kept, 0), max(end - n_kept, 0)), []
            snapshots = self._at[own.start : own.stop + 1]
            booked = {one: every.books(own, snapshots) for one, every in moved.items()}
            moved = {one: after for one, (_, after) in booked.items()}
            for one in self.sides:
                kept = self.kept[one][start:end]
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
        start = kept.last("after_km2" if of_side else "contested_after_km2") if self.n_kept else own.held
        if (known := self.known(side)) is not None:
            require_closed(known, own.held, self.districts)
        led = np.flatnonzero(np.diff(self._at))
        parts = {
            name: getattr(own, name).spread(led, len(self.steps))
            for name in ("gained", "lost", "absorbed", "same")
        }
        return replace(own, held=start, **parts)

    def _suspect(self, side: str, moved: Mapping[str, Moves]) -> Bools:
        """Tell which rows of a side are suspect, among all of them."""
        kept, parts = self.kept[side], []
        for name in ("gained", "lost"):
            every = [kept.sparse(f"{name}_km2")] if self.n_kept else []
            parts.append(Sparse.joined([*every, getattr(moved[side], name)] if moved else every))
        days = kept.steps[["date_from", "date_to"]].to_numpy(dtype=_DATE)
        later = np.array([step[2:4] for step in self.steps], dtype=_DATE).reshape(-1, 2)
        return suspects(parts[0], parts[1], *np.concatenate([days, later]).T)


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
) -> SideRows:
    """Rows of an earlier series, of one of its sides, whose steps are the first of the new one."""
    if previous is None:
        return SideRows(pd.DataFrame(columns=COLUMNS))
    _require_same(previous, districts, sides, cadence)
    own = previous.loc[previous["side"] == side, COLUMNS]
    ends = own.drop_duplicates("period_end")[["date_from", "date_to", "period_end"]]
    same = 0
    for old, new in zip(ends.itertuples(index=False, name=None), steps, strict=False):
        if old != new[2:]:
            break
        same += 1
    return SideRows(own[own["period_end"].isin(ends["period_end"].iloc[:same])].astype(_DTYPES))


def _require_same(
    previous: pd.DataFrame, districts: gpd.GeoDataFrame, sides: Sequence[str], cadence: str
) -> None:
    """Refuse an earlier series of another side, other districts or another cadence."""
    absent = [name for name in COLUMNS if name not in previous.columns]
    if absent:
        raise LayerError(
            f"previous has no column {', '.join(map(repr, absent))}: pass what change_series gave"
        )
    first = previous[previous["period_end"] == previous["period_end"].iloc[:1].max()]
    names, areas = districts["district"].to_numpy(dtype=object), districts.area.to_numpy() / KM2
    parts = {
        "side": set(previous["side"].unique()) in (set(sides), set()),
        "cadence": set(previous["cadence"].unique()) <= {cadence},
        "districts": previous.empty
        or (
            np.array_equal(first["district"].to_numpy(dtype=object), names.repeat(len(sides)))
            and np.allclose(first["district_km2"].to_numpy(dtype=float), areas.repeat(len(sides)))
        ),
    }
    other = [part for part, same in parts.items() if not same]
    if other:
        raise LayerError(
            f"previous is a series of other {' and '.join(other)}: leave it out, or pass the right one"
        )
