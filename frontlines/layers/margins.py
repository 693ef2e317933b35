"""Give strips that no polygon covers, along the theatre's edge, to the side beside them, and book them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arrays import Geometries, Ints
from frontlines.crs import polygons_of
from frontlines.crs.working import place, require_working_crs
from frontlines.errors import LayerError
from frontlines.geometry.coverage import common_borders, ground_of, intersect, united
from frontlines.geometry.strips import (
    Bare,
    Held,
    StripFinder,
    Strips,
    bare_pieces,
    edge_distances,
    held_on,
    margin_of,
)
from frontlines.layers.mending import REST_SOURCE, STRIP_SOURCE, append_rows
from frontlines.limits import require_metres
from frontlines.names import KM2

T = TypeVar("T")

_ON_M = 1e-2  # strips lie this near to the polygons beside them [m]
_MOST_DATES = 12  # dates from which a margin is found, evenly taken
_NAMED = 3  # pieces left bare that are named


@dataclass(frozen=True)
class Margins:
    """Strips along the theatre's edge that no polygon covers, and the margin that they are thinner than."""

    margin_m: float
    found: bool  # from the data, or else it was given
    strips: gpd.GeoDataFrame  # a row for each date and side: `date`, `side`, MultiPolygon
    bare: Mapping[str, Any]  # what is bare all the same, for the record
    unclear: bool = False  # no margin could be told from the edge
    left: Sequence[Any] = ()  # the strips of `bare`

    @property
    def record(self) -> dict[str, Any]:
        """Say what the margin is and what it gives to each side, on the date with most."""
        return self.record_with(self.areas())

    def areas(self) -> pd.DataFrame:
        """Measure the strips: `date`, `side`, `km2`."""
        return pd.DataFrame(self.strips.assign(km2=self.strips.area / KM2)[["date", "side", "km2"]])

    def record_with(self, areas: pd.DataFrame) -> dict[str, Any]:
        """Say what the margin is, and what it gives by the areas of all days."""
        km2 = areas.groupby(["side", "date"])["km2"].sum().groupby("side").max()
        by_side = {str(side): float(area) for side, area in km2.items()}
        record = {"margin_m": self.margin_m, "found": self.found, "km2": by_side}
        return (
            record | ({"unclear": True} if self.unclear else {}) | ({"bare": self.bare} if self.bare else {})
        )


def find_margins(
    control: gpd.GeoDataFrame,
    theatre: gpd.GeoDataFrame,
    *,
    margin_m: float | None = None,
    finder: StripFinder | None = None,
) -> Margins:
    """Find uncovered ground along the edge that is thinner than `margin_m`, on every date, and whose it is.

    None finds one margin for all dates, from up to `_MOST_DATES` of them, the first and the last among them,
    by the gaps that are there on all (see `margin_of`); 0 finds no ground. Unless it is 0, `bare` says what
    is left. Rows of the rest of the theatre cover nothing. A `finder` of that margin goes on from the days
    that it knows.
    """
    require_working_crs(control=control, theatre=theatre)
    require_metres(LayerError, margin_m=margin_m)
    ground, shapes = ground_of(theatre), np.asarray(control.geometry.values, dtype=object)
    held = dict(_held(control))
    clear_m: float | None = 0.0 if margin_m is None else margin_m
    bare: Mapping[str, Any] = {}
    left: tuple[Any, ...] = ()
    if held and margin_m != 0 and finder is None:
        of_days = _of_some_days(shapes, held)
        clear_m = margin_of(edge_distances(ground, of_days.ever)) if margin_m is None else margin_m
        found = bare_pieces(ground, of_days, clear_m or 0.0)
        bare, left = _recorded(found, control.crs), tuple(found.pieces[found.kinds == "strips"])
    metres = clear_m or 0.0
    names, side = np.unique(control["side"].to_numpy(dtype=object), return_inverse=True)
    rows = [
        (date, names[number], strip)
        for date, of_day in (
            _strips(finder or StripFinder(ground, metres), shapes, side, held) if metres > 0 else ()
        )
        for number, strip in of_day.items()
    ]
    frame = pd.DataFrame(rows, columns=["date", "side", "geometry"]).astype({"date": control["date"].dtype})
    strips = gpd.GeoDataFrame(frame, geometry="geometry", crs=control.crs)
    return Margins(float(metres), margin_m is None, strips, bare, clear_m is None, left)


def left_bare(control: gpd.GeoDataFrame, theatre: gpd.GeoDataFrame, margin_m: float) -> dict[str, Any]:
    """Put on record what a margin leaves bare along the edge on all days."""
    held, shapes = dict(_held(control)), np.asarray(control.geometry.values, dtype=object)
    if not held:
        return {}
    return _recorded(bare_pieces(ground_of(theatre), _of_some_days(shapes, held), margin_m), control.crs)


def _recorded(bare: Bare, crs: Any) -> dict[str, Any]:
    """Put on record strips and the margin that clears them, and wider pieces, the largest by their places."""
    record: dict[str, Any] = {"margin_m": bare.margin_m} if bare.margin_m else {}
    for name in ("strips", "wide", "moved"):
        pieces = bare.pieces[bare.kinds == name]
        km2 = shapely.area(pieces) / KM2
        inside = shapely.get_coordinates(shapely.point_on_surface(pieces[:_NAMED]))
        largest = [
            {"km2": float(one), "place": place(x, y, crs)} for one, (x, y) in zip(km2, inside, strict=False)
        ]
        if largest:
            record[name] = {"km2": float(km2.sum()), "pieces": len(pieces), "largest": largest}
    return record


def _strips(
    finder: StripFinder, shapes: Geometries, side: Ints, held: Mapping[Any, Ints]
) -> Iterator[tuple[Any, dict[int, Any]]]:
    """Find the strips of each date, joined by side; they are the same ones on days that differ elsewhere."""
    last, joined = None, dict[int, Any]()
    for date, own in held.items():
        strips = finder.find(shapes[own], side[own])
        if strips is not last:
            last, joined = strips, _by_side(strips)
        yield date, joined


def _by_side(strips: Strips) -> dict[int, Any]:
    """Join the strips of each side."""
    return {
        int(side): shapely.multipolygons(shapely.get_parts(strips.pieces[strips.sides == side]))
        for side in np.unique(strips.sides)
    }


def give_margins(
    control: gpd.GeoDataFrame, theatre: gpd.GeoDataFrame, *, margin_m: float | None = None
) -> gpd.GeoDataFrame:
    """Give uncovered ground along the edge that is thinner than `margin_m` to the polygon beside it.

    Control is that of `as_control` with a theatre. The column `margin_km2` books what each row received;
    ``attrs["margin"]`` holds `margin_m`, whether it was `found`, and `km2` by side, on the date with most.
    """
    return with_margins(control, find_margins(control, theatre, margin_m=margin_m))


def with_margins(control: gpd.GeoDataFrame, margins: Margins) -> gpd.GeoDataFrame:
    """Move the strips from the rest of the theatre to the rows beside them."""
    shapes = np.array(control.geometry.values, dtype=object)
    before, dates, sides = shapely.area(shapes), control["date"].to_numpy(), control["side"].to_numpy()
    rest = (control["source"] == REST_SOURCE).to_numpy(dtype=bool)
    for date, side, strip in margins.strips.itertuples(index=False):
        own = np.flatnonzero((dates == date) & (sides == side) & ~rest)
        pieces = shapely.get_parts(strip)
        host = _hosts(pieces, shapes[own])
        for at in np.unique(host):
            shapes[own[at]] = united(np.array([shapes[own[at]], *pieces[host == at]]))
        for row in np.flatnonzero((dates == date) & rest):
            shapes[row] = polygons_of(np.array([shapely.difference(shapes[row], strip)]))[0]
    gained_km2 = np.where(rest, 0.0, shapely.area(shapes) - before) / KM2
    out = control.set_geometry(gpd.GeoSeries(shapes, index=control.index, crs=control.crs))
    out["margin_km2"] = gained_km2 + control.get("margin_km2", 0.0)
    out = out[~shapely.is_empty(shapes)]
    out.attrs["margin"] = margins.record
    return out


def _hosts(pieces: Geometries, polygons: Geometries) -> Ints:
    """Choose the polygon that each piece borders the longest, of one side."""
    if len(polygons) == 1:
        return np.zeros(len(pieces), dtype=np.int64)
    borders = common_borders(pieces, polygons, reach_m=_ON_M).drop_duplicates("piece")
    return np.asarray(borders.set_index("piece")["polygon"].reindex(range(len(pieces)), fill_value=0))


def add_margins(control: gpd.GeoDataFrame, margins: Margins) -> gpd.GeoDataFrame:
    """Add the strips as rows of their own, one for each date and side: polygons stay as they are."""
    strips = margins.strips
    if strips.empty:
        return control
    out = append_rows(control, strips.assign(source=STRIP_SOURCE).to_dict("records"), booked=False)
    return out.assign(margin_km2=np.where(is_strip(out), out.area / KM2, out.get("margin_km2", 0.0)))


def is_strip(control: gpd.GeoDataFrame) -> Any:
    """Tell which rows are strips."""
    if "source" not in control:
        return np.zeros(len(control), dtype=bool)
    return (control["source"] == STRIP_SOURCE).to_numpy(dtype=bool)


def margins_by_district(strips: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> pd.DataFrame:
    """Measure strips by date, side and district: `margin_km2`, where there is any."""
    parts, row = shapely.get_parts(strips.geometry.values, return_index=True)
    kind = pd.factorize(shapely.to_wkb(parts))[0]  # most are the same day after day
    one = np.unique(kind, return_index=True)[1]
    pairs = intersect(parts[one], np.asarray(districts.geometry.values))
    met = pd.DataFrame(
        {"kind": pairs.first, "district": pairs.second, "margin_km2": shapely.area(pairs.pieces) / KM2}
    )
    table = pd.DataFrame({"row": row, "kind": kind}).merge(met, on="kind")
    table = table.assign(
        date=strips["date"].to_numpy()[table["row"]],
        side=strips["side"].to_numpy()[table["row"]],
        district=districts["district"].to_numpy()[table["district"]],
    )
    return table.groupby(["date", "side", "district"], sort=True)[["margin_km2"]].sum().reset_index()


def margin_columns(
    balance: pd.DataFrame, strips: gpd.GeoDataFrame, districts: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Add `margin_before_km2` and `margin_after_km2` to a balance: strips that are part of its ground."""
    booked = margins_by_district(strips, districts).set_index(["date", "side", "district"])["margin_km2"]
    columns = {}
    for when, date in (("before", "date_from"), ("after", "date_to")):
        keys = pd.MultiIndex.from_frame(balance[[date, "side", "district"]])
        columns[f"margin_{when}_km2"] = booked.reindex(keys).fillna(0.0).to_numpy()
    return balance.assign(**columns)


def _held(control: gpd.GeoDataFrame) -> Iterator[tuple[Any, Ints]]:
    """Give the rows of each date that are not the rest of the theatre, date after date."""
    own = np.flatnonzero((control["source"] != REST_SOURCE) & ~control.is_empty)
    for date, rows in control.iloc[own].groupby("date", sort=True).indices.items():
        yield date, own[rows]


def _of_some_days(shapes: Geometries, held: Mapping[Any, Ints]) -> Held:
    return held_on([shapes[rows] for rows in some_of(list(held.values()))])


def some_of(days: Sequence[T]) -> list[T]:
    """Take the days from which a margin is found."""
    places = np.linspace(0, len(days) - 1, min(len(days), _MOST_DATES)).round().astype(np.int64)
    return [days[place] for place in np.unique(places)]
