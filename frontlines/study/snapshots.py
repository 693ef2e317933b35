"""Dated snapshots, of which some days at a time pass the door."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from frontlines.errors import LayerError
from frontlines.layers import as_control
from frontlines.layers.columns import days_of, tidy_sides
from frontlines.layers.door import control_and_door
from frontlines.layers.faults import blank, describe, row_labels, rows_named
from frontlines.layers.margins import some_of
from frontlines.names import Mend, mends_of
from frontlines.sources.read_before import FILE, to_keep
from frontlines.sources.snapshots import DayFacts, digests_of, facts_of
from frontlines.sources.stored_shapes import StoredShapes

AT_ONCE = 128
"""Snapshots that are looked at together: some 100 MB of shapes and of what is made of them."""

_DAY = "day of the row"

Days = Sequence[pd.Timestamp]


@dataclass(frozen=True)
class CheckedSnapshots:
    """Snapshots that passed the door already, as one frame in the working CRS."""

    control: gpd.GeoDataFrame

    @property
    def crs(self) -> CRS:
        """The working CRS."""
        crs: CRS = self.control.crs
        return crs

    @property
    def days(self) -> list[pd.Timestamp]:
        """All days, in order."""
        return [pd.Timestamp(day) for day in sorted(self.control["date"].unique())]

    @property
    def sides(self) -> set[str]:
        """All sides."""
        return set(self.control["side"])

    @property
    def with_sigma(self) -> bool:
        """Whether any row states its error."""
        return "sigma_m" in self.control and bool(self.control["sigma_m"].notna().any())

    def of(self, days: Days) -> CheckedSnapshots:
        """Take some days."""
        return CheckedSnapshots(self.control[self.control["date"].isin(days)])

    def checked(self) -> gpd.GeoDataFrame:
        """Give what passed the door."""
        return self.control

    def looked_at(self) -> tuple[gpd.GeoDataFrame, list[DayFacts]]:
        """Give what passed the door, and look at each snapshot by itself."""
        return self.control, facts_of(self.control, np.zeros(len(self.control), dtype=bool))

    def digests(self) -> dict[str, str]:
        """Digest each snapshot."""
        return {f"{day:%Y-%m-%d}": one for day, one in digests_of(self.control).items()}

    def refuse(self, faults: Sequence[LayerError]) -> NoReturn:
        """Tell what is wrong, which the door knew before."""
        raise faults[0]


@dataclass(frozen=True)
class RawSnapshots:
    """Snapshots as they were read: `rows` with a day each, their shapes perhaps still in their file."""

    rows: gpd.GeoDataFrame
    crs: CRS
    mend: Mend
    shapes: StoredShapes | None = None
    refusing: Callable[[], AbstractContextManager[None]] = nullcontext  # names the file of what is wrong

    @classmethod
    def of_frame(
        cls, raw: gpd.GeoDataFrame, crs: CRS, mend: Mend, shapes: StoredShapes | None, refusing: Any
    ) -> RawSnapshots | None:
        """Take a frame apart by days; None where it must be looked at as a whole, to say what is wrong."""
        days = days_of(raw)
        if days is None or days.isna().any() or raw.crs is None or raw.empty:
            return None
        rows = raw.set_axis(row_labels(raw)).assign(**{_DAY: days.to_numpy()})
        if "empty" in mends_of(mend):
            rows = rows[~(blank(rows) if shapes is None else shapes.blank(rows[shapes.ROW]))]
        return cls(rows, crs, mend, shapes, refusing)

    @property
    def days(self) -> list[pd.Timestamp]:
        """All days, in order."""
        return list(pd.DatetimeIndex(self.rows[_DAY].unique()).sort_values())

    @property
    def sides(self) -> set[str]:
        """All sides that rows name; blank ones are for the door to refuse."""
        column = self._column("side")
        return set() if column is None else set(tidy_sides(self.rows[column])) - {""}

    @property
    def with_sigma(self) -> bool:
        """Whether any row states its error."""
        column = self._column("sigma_m")
        return column is not None and bool(self.rows[column].notna().any())

    def of(self, days: Days) -> RawSnapshots:
        """Take some days."""
        return RawSnapshots(self.rows[self.rows[_DAY].isin(days)], self.crs, self.mend, self.shapes)

    def frame(self) -> gpd.GeoDataFrame:
        """Give the rows with their shapes."""
        frame = self.rows.drop(columns=[_DAY, FILE], errors="ignore")
        return frame if self.shapes is None else self.shapes.put_into(frame)

    def to_keep(self) -> gpd.GeoDataFrame | None:
        """Give the rows of a folder as a later run takes them over."""
        return to_keep(self.rows.drop(columns=_DAY))

    def checked(self) -> gpd.GeoDataFrame:
        """Let the rows through the door."""
        return as_control(self.frame(), self.crs, mend=self.mend)

    def looked_at(self) -> tuple[gpd.GeoDataFrame, list[DayFacts]]:
        """Let the rows through the door, and look at each snapshot by itself."""
        frame = self.frame()
        control, door = control_and_door(frame, self.crs, mend=self.mend)
        doubtful = frame.index.isin(door.doubtful)
        return control, facts_of(frame.assign(date=self.rows[_DAY]), doubtful)

    def digests(self) -> dict[str, str]:
        """Digest each snapshot."""
        found, days = dict[pd.Timestamp, str](), self.days
        for at in range(0, len(days), AT_ONCE):
            own = self.of(days[at : at + AT_ONCE])
            found |= digests_of(own.frame().assign(date=own.rows[_DAY]))
        return {f"{day:%Y-%m-%d}": one for day, one in found.items()}

    def refuse(self, faults: Sequence[LayerError]) -> NoReturn:
        """Tell all faults of all stretches at once."""
        with self.refusing():
            raise self._together(faults)

    def _together(self, faults: Sequence[LayerError]) -> LayerError:
        own = rows_named(self.rows, [error.faults for error in faults if error.faults is not None])
        wrong = RawSnapshots(self.rows[own], self.crs, self.mend, self.shapes)
        try:
            wrong.checked()
        except LayerError as error:
            if error.faults is not None:
                return LayerError(describe(error.faults, len(self.rows), "control"), error.faults)
        return faults[0]

    def _column(self, name: str) -> Any:
        return next((one for one in self.rows.columns if str(one).strip().lower() == name), None)


Snapshots: TypeAlias = CheckedSnapshots | RawSnapshots
"""Dated snapshots, of which some days at a time pass the door."""


def some_days(snapshots: Snapshots, *, wanted: bool) -> gpd.GeoDataFrame:
    """Check the days from which a margin is found, if it is `wanted`; none where they are wrong."""
    try:
        if wanted:
            return snapshots.of(some_of(snapshots.days)).checked()
    except LayerError as error:
        if error.faults is None:
            snapshots.refuse([error])
    return gpd.GeoDataFrame({"date": [], "side": [], "source": []}, geometry=[], crs=snapshots.crs)


def snapshots_of(given: gpd.GeoDataFrame | RawSnapshots) -> Snapshots:
    """Take a frame that passed the door, or what has yet to."""
    return given if isinstance(given, RawSnapshots) else CheckedSnapshots(given)
