"""What a series does along the edge of its districts: strips that no polygon covers, and where fronts end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from frontlines.arrays import Geometries
from frontlines.control import fronts_of_side
from frontlines.errors import StudyError
from frontlines.geometry.coverage import HAIR_M, ground_of, united
from frontlines.geometry.strips import StripFinder
from frontlines.layers.margins import Margins, add_margins, find_margins, is_strip, left_bare
from frontlines.layers.mending import fill_up
from frontlines.movement.front_length import front_length
from frontlines.names import BORDER_M, UNKNOWN
from frontlines.study.snapshots import AT_ONCE, Days, Snapshots


class SeriesEdge:
    """The edge of all districts, and the margin along it that is the same on all days."""

    def __init__(
        self,
        some_days: gpd.GeoDataFrame,
        districts: gpd.GeoDataFrame,
        margin_m: float | None,
        earlier: Mapping[str, Any] | None,
        *,
        measured: bool,
        border_m: float | None,
        rest: str = UNKNOWN,
    ) -> None:
        """Take the margin asked for, that of an `earlier` series, or the one that `some_days` tell of.

        What neither polygon nor strip covers is the ground of `rest`, if it is somebody.
        """
        self.districts, self.border_m = districts, BORDER_M if border_m is None else border_m
        self.ground = united(districts.geometry.to_numpy())
        self.theatre = gpd.GeoDataFrame(geometry=[self.ground], crs=districts.crs)
        if margin_m is None and earlier is not None:
            margins = find_margins(some_days.iloc[:0], self.theatre, margin_m=earlier["margin_m"])
            bare = left_bare(some_days, self.theatre, margins.margin_m)
            unclear = bool(earlier.get("unclear"))
            self.margins = replace(margins, found=earlier["found"], bare=bare, unclear=unclear)
        else:
            self.margins = find_margins(some_days, self.theatre, margin_m=margin_m)
        if measured and border_m is None:
            _require_clear(self.margins)
        self.rest, metres = rest, self.margins.margin_m
        self._finder = StripFinder(ground_of(self.theatre), metres) if metres > 0 else None

    def with_strips(self, snapshots: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
        """Add strips to snapshots as rows of their own; measure them by day and side."""
        metres, control, areas = self.margins.margin_m, snapshots, self.margins.areas().iloc[:0]
        if metres > 0:
            found = find_margins(snapshots, self.theatre, margin_m=metres, finder=self._finder)
            control, areas = add_margins(snapshots, found), found.areas()
            if "margin_km2" not in control:  # the same columns in all stretches
                control = control.assign(margin_km2=0.0)
        if self.rest != UNKNOWN:
            days = snapshots["date"].unique()
            control = fill_up(control, self.ground, days, rest=self.rest, hair_m=HAIR_M)
        return control, areas

    def fronts(
        self, control: gpd.GeoDataFrame, sides: Sequence[str], resolution_m: Sequence[float]
    ) -> dict[str, pd.DataFrame]:
        """Measure the front of each side on all dates."""
        found = {}
        for side in sides:
            front = fronts_of_side(control, self.theatre, side, border_m=self.border_m)
            table = front_length(front, self.districts, resolution_m=list(resolution_m))
            found[side] = table.assign(side=side, border_m=self.border_m)[table["front_km"] > 0]
        return found


@dataclass
class Ground:
    """Who held what on each day, strips among the rows; read again where it is not kept."""

    snapshots: Snapshots
    edge: SeriesEdge
    kept: gpd.GeoDataFrame | None = None

    def on(self, days: Days) -> gpd.GeoDataFrame:
        """Give some days, one after the other."""
        if self.kept is not None:
            return self.kept[self.kept["date"].isin(list(days))]
        found = self.edge.with_strips(self.snapshots.of(days).checked())[0]
        return found.sort_values("date", kind="stable", ignore_index=True)

    def ends(self) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
        """Give the first and the last day, with strips and without."""
        days = self.snapshots.days
        rows = self.on([days[0], days[-1]])
        return rows, rows[~is_strip(rows)]

    def states(self, days: Days) -> States:
        """Give days one by one, as often as they are gone through."""
        return States(self, days)

    def every(self) -> gpd.GeoDataFrame:
        """Give all days, one after the other."""
        if self.kept is None:
            self.kept = self.on(self.snapshots.days)
        return self.kept


@dataclass(frozen=True)
class States:
    """Some days, read some at a time."""

    ground: Ground
    days: Days

    def __iter__(self) -> Iterator[tuple[Any, Geometries]]:
        """Give who held what on each of the days: sides, and the ground of each."""
        for some in (self.days[at : at + AT_ONCE] for at in range(0, len(self.days), AT_ONCE)):
            rows = self.ground.on(some)
            sides, shapes = rows["side"].to_numpy(dtype=object), np.asarray(rows.geometry.values)
            places = rows.reset_index(drop=True).groupby("date").indices
            for day in some:
                own = places.get(day, np.empty(0, dtype=np.int64))
                yield sides[own], shapes[own]


def _require_clear(margins: Margins) -> None:
    """Refuse to measure a front that may be coast or border."""
    if margins.unclear:
        clear_m = margins.bare.get("margin_m")
        raise StudyError(
            "front_m needs border_m or margin_m: along the edge of all districts much ground is covered by "
            "no snapshot, and nothing tells narrow strips there from open ground; border_m is how near to "
            "the edge ground ends at a border or coast, not at a front"
            + (
                f"; margin_m {clear_m:.0f} gives pieces of bare ground to the side beside them"
                if clear_m
                else ""
            )
        )
