"""What a series found: tables by step, and any two of its days compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import geopandas as gpd
import pandas as pd

from frontlines.errors import StudyError
from frontlines.geometry.coverage import united
from frontlines.layers import as_control
from frontlines.manifest import Manifest, long_date
from frontlines.names import TOLERANCE_M, Around, counted, listed, shown_unit
from frontlines.series import FollowedPlaces, change_series, series_totals
from frontlines.sources.read_before import ReadBefore
from frontlines.study.compare import Results, run_study
from frontlines.study.record import SNAPSHOTS
from frontlines.study.series_edge import Ground
from frontlines.study.snapshots import RawSnapshots
from frontlines.study.study import SHOWN, Answer, Study, if_any


@dataclass(frozen=True, kw_only=True, repr=False)
class SeriesResults(Answer):
    """What a side, or each of several, gained and lost from snapshot to snapshot.

    Attributes
    ----------
    followed
        The side whose gains are positive, or the sides.
    ground, districts
        The snapshots, some days of which may be had at a time, and the districts, in the working CRS.
    series, totals
        From `change_series` (perhaps without rows in which nothing changed, see `every_row`) and
        `series_totals`; with the columns of `series_error` if the errors of the
        lines are known.
    overall
        From `series_error`: net change from the first snapshot to the last by district; None without errors.
    fronts
        From `front_length`, with `side` and `border_m` [m]; None if it was not asked for.
    frontlines
        The lines of all days that `control` was made from; None if it came as polygons.
    places
        From `follow_places`; None if there are no settlements.
    settlements, population
        What its methods give for the steps of the series; None if there are no settlements, or they say
        nothing of their population.
    title
        For the charts.
    sides
        How to call each side.
    labels
        What to call each district, by its name; empty: as they are named.
    every_side, colours, around
        All sides known, and of `Study`.
    tolerance_m
        See `change_series` [m].
    method
        What `between` takes over: `sigma_m`, `correlation_m` and `border_m` of a `Study`.
    manifest
        What was read and done, as plain data.
    """

    followed: tuple[str, ...]
    ground: Ground
    districts: gpd.GeoDataFrame
    series: pd.DataFrame
    totals: pd.DataFrame
    fronts: pd.DataFrame | None
    frontlines: gpd.GeoDataFrame | None = None
    overall: pd.DataFrame | None = None
    places: FollowedPlaces | None = None
    settlements: pd.DataFrame | None = None
    population: pd.DataFrame | None = None
    title: str
    sides: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    every_side: tuple[str, ...] = ()
    colours: Mapping[str, str] = field(default_factory=dict)
    around: Around = "coast"
    tolerance_m: float = TOLERANCE_M
    method: Mapping[str, Any] = field(default_factory=dict)
    kind: ClassVar[str] = "series"

    def __repr__(self) -> str:
        """Name the sides, the days, the steps and of one side the net change, in a line."""
        books, sides = self.manifest["books"], listed(self.followed, SHOWN)
        first, last = books["dates"]
        net = (
            f", net {shown_unit(self.totals).said(books['net_km2'], sign=True)}" if "net_km2" in books else ""
        )
        return f"SeriesResults({sides}, {first} to {last}, {counted(books['steps'], 'step')}{net})"

    @property
    def control(self) -> gpd.GeoDataFrame:
        """All snapshots in the working CRS, strips along the edge as rows of their own."""
        return self.ground.every()

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables, by the names of their files."""
        found = {"series": self.series, "totals": self.totals}
        more = {"settlements": self.settlements, "population": self.population}
        return found | if_any(**more, fronts=self.fronts, overall=self.overall)

    @property
    def layers(self) -> dict[str, dict[str, pd.DataFrame]]:
        """The series to its last digit, and the rows of a folder, which a later run goes on with."""
        read = self.ground.snapshots
        rows = read.to_keep() if isinstance(read, RawSnapshots) else None
        kept = {} if rows is None else {SNAPSHOTS: {"snapshots": rows}}
        return {"series.parquet": {"series": self.series}, **kept}

    def snapshot_totals(self) -> pd.DataFrame:
        """Give the totals with a step for each snapshot, whatever the steps of the series are."""
        if self.manifest["parameters"]["freq"] is None:
            return self.totals
        every = change_series(self.control, self.districts, self.followed, tolerance_m=self.tolerance_m)
        return series_totals(every)

    def between(self, first: Any = None, last: Any = None) -> Results:
        """Compare two of the days, by default the first and the last: change, transitions, lines, a map.

        Net change is that of the series; what changed hands and back in between is not seen.
        """
        days = [self.totals["date_from"].iloc[0], self.totals["date_to"].iloc[-1]]
        dates = [pd.Timestamp(day or own) for day, own in zip((first, last), days, strict=True)]
        if isinstance(self.manifest["errors"].get("correlation_m"), list):
            raise StudyError("errors of several lengths are those of a series, not of two days: use compare")
        known, asked = self.ground.snapshots.days, self.manifest["parameters"]
        if absent := [f"{day:%Y-%m-%d}" for day in dates if day not in known]:
            raise StudyError(f"the series has no snapshot of {' and '.join(absent)}: give a day that it has")
        ground = gpd.GeoDataFrame(
            geometry=[united(self.districts.geometry.to_numpy())], crs=self.districts.crs
        )
        drawn, spans = self.frontlines is not None, [long_date(str(day)) for day in dates]
        study = Study(
            name="series",
            title=f"{self.title}, {' to '.join(spans)}",
            side=self.followed,
            dates=(dates[0], dates[1]),
            crs=self.districts.crs,
            theatre=ground,
            districts=self.districts,
            frontlines=self.frontlines,
            control=None if drawn else as_control(self.ground.on(dates), self.districts.crs, theatre=ground),
            sides=self.sides,
            colours=self.colours,
            around=self.around,
            sources=tuple(self.manifest["sources"]),
            margin_m=0.0,
            **self.method,
            parameters=asked,
            inputs=tuple(self.manifest["inputs"]),
        )
        return run_study(study)


Keep = Callable[[pd.DataFrame, Manifest], None]
"""Takes the series up to the last finished stretch, and its manifest."""

Previous = SeriesResults | tuple[pd.DataFrame, Manifest] | tuple[pd.DataFrame, Manifest, Any]
"""What is gone on with: results, or their series and manifest, and perhaps the rows of a folder."""


def series_and_record(previous: Previous) -> tuple[pd.DataFrame, Manifest]:
    """Take apart what an earlier run gave."""
    if isinstance(previous, SeriesResults):
        return previous.series, previous.manifest
    return previous[0], previous[1]


def read_before(previous: Previous | None) -> ReadBefore:
    """Give what an earlier run read of its folder."""
    if isinstance(previous, SeriesResults):
        read = previous.ground.snapshots
        return ReadBefore.of(read.to_keep() if isinstance(read, RawSnapshots) else None, previous.manifest)
    _, manifest, rows = (*(previous or (None, None)), None)[:3]
    return ReadBefore.of(rows, manifest or {})
