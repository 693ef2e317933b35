"""Two sources on the days that both have: table, ground and fronts apart, frames in, results out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar

import geopandas as gpd
import pandas as pd
import shapely

from frontlines.arguments import checked
from frontlines.control import fronts_of_side
from frontlines.geometry.coverage import ground_of, united
from frontlines.layers.margins import Margins, add_margins, find_margins, with_margins
from frontlines.layers.mending import REST_SOURCE, stated_sources
from frontlines.manifest import Manifest, long_date, versions
from frontlines.names import BORDER_M, CONTESTED, Around, counted, measure, sides_in_order
from frontlines.progress import Progress, reporting
from frontlines.study.errors import lengths_on_record, model_of, on_record
from frontlines.study.study import Answer, if_any, labels_of
from frontlines.two_sources import SourceNets, front_apart, net_by_source
from frontlines.two_sources.tables import (
    common_days,
    ground_by_kind,
    measured,
    overlaid,
    require_side,
)


@dataclass(frozen=True, kw_only=True, repr=False)
class AgreementResults(Answer):
    """What two sources say of one side's ground.

    Attributes
    ----------
    side
        The side whose ground is compared.
    names
        What the two sources are called.
    districts
        The districts, in the working CRS.
    table
        From `agreement`: a row for each day and district, and one for ``all districts``.
    ground
        From `differing_ground`, for the last of the days.
    held
        Ground of each source on the days compared; what neither holds for the side may be left out.
    fronts
        From `front_apart`; None if it was not asked for.
    title
        For map and chart; "" for one that names side, sources and days.
    sides
        How to call each side.
    labels
        What to call each district, by its name; empty: as they are named.
    colours, around
        As of `Study`.
    manifest
        What was read and done, as plain data.
    """

    side: str
    names: tuple[str, str]
    districts: gpd.GeoDataFrame
    table: pd.DataFrame
    ground: gpd.GeoDataFrame
    held: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]
    fronts: pd.DataFrame | None
    title: str
    sides: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    colours: Mapping[str, str] = field(default_factory=dict)
    around: Around = "coast"
    kind: ClassVar[str] = "agreement"

    def __repr__(self) -> str:
        """Name the side, the sources, the days and the agreement of the last day in a line."""
        days, total = self.manifest["dates"], self.totals.iloc[-1]
        span = " to ".join(dict.fromkeys((days[0], days[-1])))
        of_days = f", {counted(len(days), 'day')}" if len(days) > 1 else ""
        figures = f"IoU {measure(total['iou'])}, ratio {measure(total['ratio'])}"
        return f"AgreementResults({self.side}, {' | '.join(self.names)}, {span}{of_days}, {figures})"

    def titled(self, *, every_day: bool = False) -> str:
        """Write the title of the map, of the last day, or of the chart of every day."""
        days = self.manifest["dates"]
        span = " to ".join(map(long_date, dict.fromkeys((days[0] if every_day else days[-1], days[-1]))))
        called = self.sides.get(self.side, self.side)
        return self.title or f"Ground of {called}: {self.names[0]} beside {self.names[1]}, {span}"

    @property
    def every_side(self) -> tuple[str, ...]:
        """Every side that either source shows, and the one compared."""
        return sides_in_order([self.side, *(side for one in self.held for side in one["side"])])

    @property
    def totals(self) -> pd.DataFrame:
        """A row a day: all districts together."""
        return self.table.groupby("date", sort=True).tail(1)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables, by the names of their files."""
        return {"agreement": self.table} | if_any(fronts_apart=self.fronts)

    @property
    def layers(self) -> dict[str, dict[str, gpd.GeoDataFrame]]:
        """The layers, by their files."""
        return {"agreement.gpkg": {"agreement": self.ground}}


@checked(first="polygons date side", second="polygons date side")
def run_agreement(  # noqa: PLR0913 - one argument for each option of the command
    first: gpd.GeoDataFrame,
    second: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    side: str,
    *,
    theatre: gpd.GeoDataFrame | None = None,
    names: tuple[str, str] = ("the first", "the second"),
    apart_m: Sequence[float] = (),
    border_m: float = BORDER_M,
    margin_m: float | None = None,
    label: str | None = None,
    sides: Mapping[str, str] | None = None,
    colours: Mapping[str, str] | None = None,
    around: Around = "coast",
    title: str | None = None,
    record: Mapping[str, Any] | None = None,
    progress: Progress = None,
) -> AgreementResults:
    """Compare two sources on every day that both have, and put on record what was done.

    Parameters
    ----------
    first, second
        Control of each source: polygons with `date`, `side`, `source` that fill the theatre, in the
        working CRS (from `as_control` with `theatre` and `rest`, or `control_from_lines`).
    districts
        From `as_districts`, in the same CRS.
    side
        The side whose ground is compared.
    theatre
        The ground that both fill, from `as_theatre`; None: all districts.
    names
        What to call the sources.
    apart_m
        Distances [m]: how much of each front lies farther than that from the other's; none: it is not
        measured.
    border_m
        What lies this near to the theatre's edge [m] is border or coast, not front.
    margin_m
        Ground along the theatre's edge that no polygon of a source covers goes to the side beside it where it
        is thinner than this [m]. None: found from the data of each source, see `as_control`; 0: none.
    label, sides, title
        Column of the districts to call them by, how to call each side, and the title of the map.
    colours, around
        Each side's colour on the map, and what it shows about the districts: see `Study`.
    record
        What is to stand in the manifest of how the frames were read: `inputs`, `parameters`.
    progress
        None, True for a bar, or a function of (fraction, message).

    Returns
    -------
    results
        Tables, ground and manifest; nothing is written.

    Examples
    --------
    >>> from shapely import box
    >>> districts = gpd.GeoDataFrame(
    ...     {"district": ["D"], "vintage": "made up"}, geometry=[box(0, 0, 4000, 1000)], crs="EPSG:3035")
    >>> def source(front):
    ...     return gpd.GeoDataFrame(
    ...         {"date": pd.to_datetime(["2024-11-24"] * 2), "side": ["A", "B"], "source": ["a map"] * 2},
    ...         geometry=[box(0, 0, front, 1000), box(front, 0, 4000, 1000)], crs="EPSG:3035")
    >>> run_agreement(source(2000), source(1000), districts, "A", names=("map", "list"))
    AgreementResults(A, map | list, 2024-11-24, IoU 0.500, ratio 2.000)
    """
    require_side((first, second), side)
    labels = labels_of(districts, label)
    if theatre is None:
        theatre = gpd.GeoDataFrame(geometry=[united(districts.geometry.to_numpy())], crs=districts.crs)
    days = common_days(first, second)
    both = [one[one["date"].isin(days)] for one in (first, second)]
    margins = [find_margins(one, theatre, margin_m=margin_m) for one in both]
    held = [_held(one, found, side) for one, found in zip(both, margins, strict=True)]
    tables = []
    with reporting(progress) as report:
        for number, table in enumerate(measured(held[0], held[1], districts, ground_of(theatre), side, days)):
            report(0.8 * number / len(days), f"{days[number]:%Y-%m-%d}")
            tables.append(table)
        table = pd.concat(tables, ignore_index=True)
        report(0.8, "ground and fronts")
        ground = _ground(both, margins, days[-1], theatre, side)
        fronts = None
        if apart_m:
            lines = [_fronts(one, days, theatre, side, border_m) for one in held]
            fronts = front_apart(lines[0], lines[1], apart_m=list(apart_m)).assign(border_m=border_m)
        report(1.0, "done")
    manifest = _manifest(both[0], both[1], districts, table, dict(record or {}))
    manifest["parameters"] |= {"side": side, "apart_m": list(apart_m), "border_m": border_m}
    manifest["parameters"]["margin_m"] = margin_m
    manifest["margins"] = [one.record for one in margins]
    manifest |= {"side": side, "sides": dict(sides or {}), "names": list(names)}
    return AgreementResults(
        side=side,
        names=names,
        districts=districts,
        table=table,
        ground=ground[["date", "side", "kind", "area_km2", "geometry"]],
        held=(held[0], held[1]),
        fronts=fronts,
        title=title or "",
        sides=sides or {},
        labels=labels,
        colours=colours or {},
        around=around,
        manifest=manifest,
    )


def _held(control: gpd.GeoDataFrame, margins: Margins, side: str) -> gpd.GeoDataFrame:
    """Give strips along the edge to the sides; the rest of the theatre is left out unless it counts."""
    rest = (control["source"] == REST_SOURCE) & ~control["side"].isin([side, CONTESTED])
    if (rest == (control["source"] == REST_SOURCE)).all():
        return add_margins(control[~rest], margins)
    return with_margins(control, margins)


def _ground(
    both: Sequence[gpd.GeoDataFrame],
    margins: Sequence[Margins],
    day: pd.Timestamp,
    theatre: gpd.GeoDataFrame,
    side: str,
) -> gpd.GeoDataFrame:
    """Lay the sources over each other on one day, as a whole, for the map."""
    first, second = (
        with_margins(
            one[one["date"] == day], replace(found, strips=found.strips[found.strips["date"] == day])
        )
        for one, found in zip(both, margins, strict=True)
    )
    return ground_by_kind(overlaid(first, second, day, theatre), side).assign(date=day, side=side)


def _fronts(
    control: gpd.GeoDataFrame,
    days: Sequence[pd.Timestamp],
    theatre: gpd.GeoDataFrame,
    side: str,
    border_m: float,
) -> gpd.GeoDataFrame:
    """Find a side's front on each day; an empty one where it holds all of the theatre, or nothing."""
    own = control[control["date"].isin(days)]
    known = {}
    if (own["side"] == side).any():
        found = fronts_of_side(own, theatre, side, border_m=border_m)
        known = dict(zip(found["date"], found.geometry, strict=True))
    lines = [known.get(day, shapely.MultiLineString()) for day in days]
    return gpd.GeoDataFrame({"date": days}, geometry=lines, crs=control.crs)


def _manifest(
    first: gpd.GeoDataFrame,
    second: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    table: pd.DataFrame,
    read: Mapping[str, Any],
) -> Manifest:
    """Describe what was compared, and the whole of the last day."""
    days = [f"{day:%Y-%m-%d}" for day in table["date"].drop_duplicates()]
    last = table.iloc[-1].drop(["date", "district", "side"])
    return {
        "inputs": list(read.get("inputs", ())),
        "parameters": dict(read.get("parameters", {})),
        "ends_led": dict(read.get("ends_led", {})),
        "dates": days,
        "projection": {"name": districts.crs.name, "wkt": districts.crs.to_wkt()},
        "sources": [stated_sources(one["source"]) or ["no ground"] for one in (first, second)],
        "district_vintage": sorted(set(districts["vintage"])) if "vintage" in districts else ["frames"],
        "total": {name: None if math.isnan(value) else float(value) for name, value in last.items()},
        "versions": versions(),
    }


@dataclass(frozen=True, kw_only=True, repr=False)
class NetResults(Answer):
    """Net change by several sources, from `net_by_source`, with a manifest."""

    nets: SourceNets
    title: str
    sides: Mapping[str, str] = field(default_factory=dict)
    kind: ClassVar[str] = "nets"

    @property
    def titled(self) -> str:
        """Write the title of the chart."""
        row = self.nets.table.iloc[0]
        called = self.sides.get(row["side"], row["side"])
        span = " to ".join(long_date(f"{row[name]:%Y-%m-%d}") for name in ("date_from", "date_to"))
        return self.title or f"Ground of {called}: net change by each source, {span}"

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables, by the names of their files."""
        return {"sources": self.nets.table}


def run_net_by_source(  # noqa: PLR0913 - one argument for each option of the command
    sources: Mapping[str, gpd.GeoDataFrame],
    theatre: gpd.GeoDataFrame,
    side: str,
    dates: tuple[Any, Any],
    *,
    sigma_m: Sequence[float] = (),
    correlation_m: float | str | None = None,
    border_m: float = BORDER_M,
    margin_m: float | None = None,
    sides: Mapping[str, str] | None = None,
    title: str | None = None,
    record: Mapping[str, Any] | None = None,
) -> NetResults:
    """Compare net change by several sources, and put on record what was done.

    `sigma_m` is that of lines without one of their own, for all sources or for each; for the rest see
    `net_by_source` and `run_agreement`.
    """
    days = [pd.Timestamp(day) for day in dates]
    held = {name: one[one["date"].isin(days)] for name, one in sources.items()}
    for name, one in held.items():
        held[name] = with_margins(one, find_margins(one, theatre, margin_m=margin_m))
    known, noise = model_of(held, sigma_m, correlation_m)
    nets = net_by_source(known, theatre, side, (days[0], days[1]), noise, border_m=border_m)
    read = dict(record or {})
    asked = {"side": side, "border_m": border_m, "margin_m": margin_m, "sigma_m": list(sigma_m)}
    figures = {name: value for name, value in asdict(nets).items() if name != "table"}
    manifest = {
        "inputs": list(read.get("inputs", ())),
        "parameters": dict(read.get("parameters", {})) | asked,
        "ends_led": dict(read.get("ends_led", {})),
        "dates": [f"{day:%Y-%m-%d}" for day in days],
        "projection": {"name": theatre.crs.name, "wkt": theatre.crs.to_wkt()},
        "names": list(sources),
        "sources": [stated_sources(one["source"]) or ["no ground"] for one in known.values()],
        "correlation_m": None if noise is None else lengths_on_record(noise),
        "net_km2": dict(zip(sources, nets.table["net_km2"].tolist(), strict=True)),
        "spread": {name: on_record(value) for name, value in figures.items()},
        "versions": versions(),
    }
    return NetResults(nets=nets, title=title or "", sides=sides or {}, manifest=manifest)
