"""One side through many snapshots: series, totals, front length and manifest, frames in, results out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from frontlines.change import PopulationRaster
from frontlines.control import fronts_of_side
from frontlines.errors import StudyError
from frontlines.geometry.coverage import united
from frontlines.layers.margins import Margins, add_margins, find_margins
from frontlines.manifest import Manifest, series_caption, versions
from frontlines.movement.front_length import front_length
from frontlines.names import BORDER_M, UNKNOWN, counted
from frontlines.progress import Progress, part, reporting
from frontlines.series import (
    TOLERANCE_M,
    FollowedPlaces,
    change_series,
    follow_places,
    people_in_series,
    series_totals,
)
from frontlines.series.periods import code_of
from frontlines.series.totals import ground_beyond, series_books
from frontlines.study.compare import labels_of
from frontlines.study.no_district import in_no_district, recorded
from frontlines.study.people import people_record, places_record


@dataclass(frozen=True, kw_only=True, repr=False)
class SeriesResults:
    """What one side gained and lost from snapshot to snapshot.

    Attributes
    ----------
    side
        The side whose gains are positive.
    control, districts
        The snapshots, strips along the edge as rows of their own, and the districts, in the working CRS.
    series, totals
        From `change_series` and `series_totals`.
    fronts
        From `front_length`, with `side` and `border_m` [m]; None if it was not asked for.
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
    tolerance_m
        See `change_series` [m].
    manifest
        What was read and done, as plain data.
    """

    side: str
    control: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    series: pd.DataFrame
    totals: pd.DataFrame
    fronts: pd.DataFrame | None
    places: FollowedPlaces | None = None
    settlements: pd.DataFrame | None = None
    population: pd.DataFrame | None = None
    title: str
    sides: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    tolerance_m: float = TOLERANCE_M
    manifest: Manifest

    def __repr__(self) -> str:
        """Name the side, the days, the steps and the net change in a line."""
        books = self.manifest["books"]
        first, last = books["dates"]
        steps, net = counted(books["steps"], "step"), f"net {books['net_km2']:+,.1f} km²"
        return f"SeriesResults({self.side}, {first} to {last}, {steps}, {net})"

    @property
    def caption(self) -> str:
        """Caption of the charts, written from the manifest."""
        return series_caption(self.manifest)

    def snapshot_totals(self) -> pd.DataFrame:
        """Give the totals with a step for each snapshot, whatever the steps of the series are."""
        if self.manifest["parameters"]["freq"] is None:
            return self.totals
        every = change_series(self.control, self.districts, self.side, tolerance_m=self.tolerance_m)
        return series_totals(every)


def run_series(  # noqa: PLR0913 - one argument for each option of the command
    snapshots: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    side: str,
    *,
    freq: str | None = None,
    day: int | None = None,
    tolerance_m: float = TOLERANCE_M,
    front_m: Sequence[float] = (),
    border_m: float | None = None,
    settlements: gpd.GeoDataFrame | None = None,
    rest: str = UNKNOWN,
    sigma_m: float | None = None,
    population: PopulationRaster | None = None,
    margin_m: float | None = None,
    label: str | None = None,
    sides: Mapping[str, str] | None = None,
    title: str | None = None,
    record: Mapping[str, Any] | None = None,
    previous: SeriesResults | tuple[pd.DataFrame, Manifest] | None = None,
    progress: Progress = None,
) -> SeriesResults:
    """Follow one side through many snapshots, and put on record what was done.

    Parameters
    ----------
    snapshots
        Polygons with `date`, `side`, `source`, in the working CRS (from `as_control`).
    districts
        From `as_districts`, in the same CRS.
    side
        The side whose gains are positive.
    freq, day, tolerance_m
        See `change_series`.
    front_m
        Resolutions at which to measure the front [m], see `front_length`; none: it is not measured.
    border_m
        What lies this near to the edge of all districts [m] is border or coast, not front; `BORDER_M` by
        default, if it is known which ground along the edge belongs to whom (see `margin_m`).
    settlements, rest, sigma_m
        Places to follow, or None; who holds what no polygon covers; the standard error of fronts that have
        none of their own [m], to tell which places are unsure. See `frontlines.series.follow_places`.
    population
        A raster of people, from `frontlines.sources.population.read_population`, or None.
    margin_m
        Ground along the edge of all districts that no polygon covers goes to the side beside it where it is
        thinner than this [m]. None: found from the data, once for all days (see `as_control`; from twelve
        days, evenly taken, if there are more), or that of `previous`; 0: none.
    label, sides, title
        Column of the districts to call them by, how to call each side, and the title of the charts.
    record
        What is to stand in the manifest of how the frames were read: `inputs` (from `fingerprint`),
        `parameters`, `odd`, `sources`, `ends_led` (from `control_from_lines`).
    previous
        Results of an earlier run from the beginning of the same snapshots, with the same arguments, or
        its series and manifest: its steps are taken over, only later ones are computed.
    progress
        None, True for a bar, or a function of (fraction, message).

    Returns
    -------
    results
        Tables and manifest; nothing is written.

    Raises
    ------
    StudyError
        If `front_m` is given without `border_m` and no margin can be told, or `previous` was made from
        other snapshots, districts or arguments, or by another version of this library.
    FrontlinesError
        Whatever a stage refuses, see there.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> days = pd.to_datetime(["2031-06-01", "2031-06-02", "2031-06-03"])
    >>> fronts = [box(0, 0, 1000, 2000), box(0, 0, 1500, 2000), box(0, 0, 1250, 2000)]
    >>> control = gpd.GeoDataFrame(
    ...     {"date": days, "side": "A", "source": "made up"}, geometry=fronts, crs="EPSG:3035")
    >>> districts = gpd.GeoDataFrame({"district": ["D"]}, geometry=[box(0, 0, 4000, 2000)], crs="EPSG:3035")
    >>> run_series(control, districts, "A")
    SeriesResults(A, 2031-06-01 to 2031-06-03, 2 steps, net +0.5 km²)
    """
    labels = labels_of(districts, label)
    with reporting(progress) as report:
        report(0.0, "strips along the edge")
        steps: dict[str, Any] = {"freq": code_of(freq), "day": day, "tolerance_m": tolerance_m}
        manifest = _record(snapshots, districts, record or {}, {"side": side, **steps, "margin_m": margin_m})
        kept = None if previous is None else _gone_on_with(previous, manifest)
        theatre = gpd.GeoDataFrame(geometry=[united(districts.geometry.to_numpy())], crs=districts.crs)
        margins = _margins(snapshots, theatre, margin_m, previous)
        manifest["margin"] = margins.record
        if front_m and border_m is None:
            _require_clear(margins)
        control = add_margins(snapshots, margins)
        report(0.3, "what changed hands")
        series = change_series(
            control, districts, side, **steps, previous=kept, progress=part(report, 0.3, 0.7)
        )
        report(0.7, "front")
        near_m, fronts = BORDER_M if border_m is None else border_m, None
        if front_m:
            fronts = _fronts(control, districts, theatre, side, front_m, near_m)
            manifest["front"] = {"resolution_m": list(front_m), "border_m": near_m}
        asked = {"rest": rest, "sigma_m": sigma_m, "border_m": near_m}
        places, changes, manifest["places"] = _followed(control, settlements, districts, (freq, day), asked)
        people = None if places is None else places.population(side, freq, day)
        if population is not None:
            by_raster = people_in_series(control, districts, side, population, **steps)
            people = pd.concat([people, by_raster], ignore_index=True)
        manifest["people"] = people_record(people, side, population, districts)
        totals = series_totals(series)
        manifest["beyond_districts_km2"] = ground_beyond(control, totals, side)
        manifest["books"] = series_books(totals)
        ends = snapshots[(snapshots["side"] == side) & snapshots["date"].isin(_ends(totals))]
        manifest["no_district"] = recorded(in_no_district(ends, districts, labels))
        report(1.0, "done")
    return SeriesResults(
        side=side,
        control=control,
        districts=districts,
        series=series,
        totals=totals,
        fronts=fronts,
        places=places,
        settlements=changes,
        population=people,
        title=title or f"{(sides or {}).get(side, side)}: ground gained and lost",
        sides=sides or {},
        labels=labels,
        tolerance_m=tolerance_m,
        manifest=manifest,
    )


def _followed(
    snapshots: gpd.GeoDataFrame,
    settlements: gpd.GeoDataFrame | None,
    districts: gpd.GeoDataFrame,
    steps: tuple[str | None, int | None],
    asked: Mapping[str, Any],
) -> tuple[FollowedPlaces | None, pd.DataFrame | None, dict[str, Any]]:
    """Follow the settlements, if there are any, and list what changed hands in each step; both on record."""
    if settlements is None:
        return None, None, {}
    places = follow_places(snapshots, settlements, districts, **asked)
    changes = pd.DataFrame(places.changes(*steps).drop(columns="geometry"))
    return places, changes, places_record(changes, len(places.places)) | dict(asked)


def _ends(totals: pd.DataFrame) -> list[pd.Timestamp]:
    """Give the days of the first and of the last snapshot."""
    return [totals["date_from"].iloc[0], totals["date_to"].iloc[-1]]


def _record(
    control: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, read: Mapping[str, Any], asked: dict[str, Any]
) -> Manifest:
    """Describe what goes into a series: files, options, the districts and each snapshot by its checksum."""
    days = control.groupby("date", sort=True)
    return {
        "inputs": list(read.get("inputs", ())),
        "parameters": dict(read.get("parameters", {})) | asked,
        "projection": {"name": control.crs.name, "wkt": control.crs.to_wkt()},
        "sources": list(read.get("sources", ())) or sorted(set(control["source"])),
        "districts": _digest(districts, "district"),
        "snapshots": {f"{day:%Y-%m-%d}": _digest(rows, "side") for day, rows in days},
        "odd": list(read.get("odd", ())),
        "ends_led": dict(read.get("ends_led", {})),
        "notes": list(read.get("notes", ())),
        "versions": versions(),
    }


def _digest(frame: gpd.GeoDataFrame, column: str) -> str:
    """Digest a column and the geometry of a frame, in whatever order its rows are."""
    rows = sorted(zip(frame[column].astype(str), shapely.to_wkb(frame.geometry.values), strict=True))
    return hashlib.sha256(b"".join(text.encode() + wkb for text, wkb in rows)).hexdigest()


def _gone_on_with(previous: SeriesResults | tuple[pd.DataFrame, Manifest], record: Manifest) -> pd.DataFrame:
    """Give the series that is to be gone on with, after checking that it began in the same way."""
    series, old = (previous.series, previous.manifest) if isinstance(previous, SeriesResults) else previous
    anew = "begin anew, without previous=..."
    for name in ("parameters", "projection", "districts", "version"):
        before, now = (
            one.get("versions", {}).get("frontlines") if name == "version" else one.get(name)
            for one in (old, record)
        )
        if before != now:
            raise StudyError(f"the series was made with other {name.removesuffix('s')}s: {anew}")
    snapshots = dict(old.get("snapshots", {}))
    early = dict(list(record["snapshots"].items())[: len(snapshots)])
    if early != snapshots:
        day = min(set(early.items()) ^ set(snapshots.items()))[0]
        raise StudyError(f"the snapshot of {day} is not the one that the series was made from: {anew}")
    return series


def _margins(
    control: gpd.GeoDataFrame,
    theatre: gpd.GeoDataFrame,
    margin_m: float | None,
    previous: SeriesResults | tuple[pd.DataFrame, Manifest] | None,
) -> Margins:
    """Find the strips along the edge; a series that goes on keeps its margin."""
    if margin_m is not None or previous is None:
        return find_margins(control, theatre, margin_m=margin_m)
    record = (previous.manifest if isinstance(previous, SeriesResults) else previous[1])["margin"]
    margins = find_margins(control, theatre, margin_m=record["margin_m"])
    return replace(margins, found=record["found"], unclear="unclear" in record)


def _require_clear(margins: Margins) -> None:
    """Refuse to measure a front that may be coast or border."""
    if margins.unclear:
        raise StudyError(
            "front_m needs border_m or margin_m: along the edge of all districts much ground is covered by "
            "no snapshot, and nothing tells narrow strips there from open ground; border_m is how near to "
            "the edge ground ends at a border or coast, not at a front (10000 where both lie km apart)"
        )


def _fronts(
    control: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    theatre: gpd.GeoDataFrame,
    side: str,
    front_m: Sequence[float],
    border_m: float,
) -> pd.DataFrame:
    """Measure the front of one side on all dates."""
    front = fronts_of_side(control, theatre, side, border_m=border_m)
    table = front_length(front, districts, resolution_m=list(front_m))
    return table.assign(side=side, border_m=border_m)[table["front_km"] > 0]
