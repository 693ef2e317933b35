"""What a series does along the edge of its districts: strips that no polygon covers, and where fronts end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd

from frontlines.control import fronts_of_side
from frontlines.errors import StudyError
from frontlines.geometry.coverage import HAIR_M, united
from frontlines.layers.margins import Margins, add_margins, find_margins
from frontlines.layers.mending import fill_up
from frontlines.movement.front_length import front_length
from frontlines.names import BORDER_M, UNKNOWN


class SeriesEdge:
    """The edge of all districts: `margins` along it, the snapshots with them (`control`), and `border_m`."""

    def __init__(
        self,
        snapshots: gpd.GeoDataFrame,
        districts: gpd.GeoDataFrame,
        margin_m: float | None,
        earlier: Mapping[str, Any] | None,
        *,
        measured: bool,
        border_m: float | None,
        rest: str = UNKNOWN,
    ) -> None:
        """Find the strips; a series that goes on keeps the margin of the `earlier` one.

        What neither polygon nor strip covers is the ground of `rest`, if it is somebody.
        """
        self.districts, self.border_m = districts, BORDER_M if border_m is None else border_m
        self.theatre = gpd.GeoDataFrame(geometry=[united(districts.geometry.to_numpy())], crs=districts.crs)
        self.margins = _margins(snapshots, self.theatre, margin_m, earlier)
        if measured and border_m is None:
            _require_clear(self.margins)
        self.control = add_margins(snapshots, self.margins)
        if rest != UNKNOWN:
            ground, days = self.theatre.geometry.iloc[0], snapshots["date"].unique()
            self.control = fill_up(self.control, ground, days, rest=rest, hair_m=HAIR_M)

    def fronts(self, sides: Sequence[str], resolution_m: Sequence[float]) -> pd.DataFrame:
        """Measure the front of each side on all dates."""
        found = []
        for side in sides:
            front = fronts_of_side(self.control, self.theatre, side, border_m=self.border_m)
            table = front_length(front, self.districts, resolution_m=list(resolution_m))
            found.append(table.assign(side=side, border_m=self.border_m)[table["front_km"] > 0])
        return found[0] if len(found) == 1 else pd.concat(found, ignore_index=True)


def _margins(
    control: gpd.GeoDataFrame,
    theatre: gpd.GeoDataFrame,
    margin_m: float | None,
    earlier: Mapping[str, Any] | None,
) -> Margins:
    """Find the strips by the margin asked for, by that of the earlier series, or from the data."""
    if margin_m is not None or earlier is None:
        return find_margins(control, theatre, margin_m=margin_m)
    margins = find_margins(control, theatre, margin_m=earlier["margin_m"])
    return replace(margins, found=earlier["found"], unclear_m=earlier.get("unclear_m", 0.0))


def _require_clear(margins: Margins) -> None:
    """Refuse to measure a front that may be coast or border."""
    if margins.unclear_m:
        raise StudyError(
            "front_m needs border_m or margin_m: along the edge of all districts much ground is covered by "
            "no snapshot, and nothing tells narrow strips there from open ground; border_m is how near to "
            "the edge ground ends at a border or coast, not at a front: most of what is bare near polygons "
            f"lies within {margins.unclear_m:.0f} m"
        )
