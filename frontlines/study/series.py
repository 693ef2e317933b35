"""Sides through many snapshots: series, totals, front length and manifest, frames in, results out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from frontlines.control import fronts_of_side
from frontlines.errors import StudyError
from frontlines.manifest import Manifest, series_caption, versions
from frontlines.movement.front_length import front_length
from frontlines.names import counted, listed, sides_followed
from frontlines.progress import Progress, part, reporting
from frontlines.series.change_series import change_series
from frontlines.series.differences import TOLERANCE_M
from frontlines.series.totals import ground_beyond, series_books, series_totals
from frontlines.study.compare import labels_of

_SHOWN = 6  # sides named in a line


@dataclass(frozen=True, kw_only=True, repr=False)
class SeriesResults:
    """What a side, or each of several, gained and lost from snapshot to snapshot.

    Attributes
    ----------
    followed
        The side whose gains are positive, or the sides.
    control, districts
        The snapshots and the districts, in the working CRS.
    series, totals
        From `change_series` and `series_totals`.
    fronts
        From `front_length`, with `side` and `border_m` [m]; None if it was not asked for.
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

    followed: tuple[str, ...]
    control: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    series: pd.DataFrame
    totals: pd.DataFrame
    fronts: pd.DataFrame | None
    title: str
    sides: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    tolerance_m: float = TOLERANCE_M
    manifest: Manifest

    def __repr__(self) -> str:
        """Name the sides, the days, the steps and of one side the net change, in a line."""
        books, sides = self.manifest["books"], listed(self.followed, _SHOWN)
        first, last = books["dates"]
        net = f", net {books['net_km2']:+,.1f} km²" if "net_km2" in books else ""
        return f"SeriesResults({sides}, {first} to {last}, {counted(books['steps'], 'step')}{net})"

    @property
    def caption(self) -> str:
        """Caption of the charts, written from the manifest."""
        return series_caption(self.manifest)

    def snapshot_totals(self) -> pd.DataFrame:
        """Give the totals with a step for each snapshot, whatever the steps of the series are."""
        if self.manifest["parameters"]["freq"] is None:
            return self.totals
        every = change_series(self.control, self.districts, self.followed, tolerance_m=self.tolerance_m)
        return series_totals(every)


def run_series(  # noqa: PLR0913 - one argument for each option of the command
    snapshots: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    side: str | Sequence[str] | None = None,
    *,
    freq: str | None = None,
    tolerance_m: float = TOLERANCE_M,
    front_m: Sequence[float] = (),
    border_m: float | None = None,
    label: str | None = None,
    sides: Mapping[str, str] | None = None,
    title: str | None = None,
    record: Mapping[str, Any] | None = None,
    previous: SeriesResults | tuple[pd.DataFrame, Manifest] | None = None,
    progress: Progress = None,
) -> SeriesResults:
    """Follow a side, or each of several, through many snapshots, and put on record what was done.

    Parameters
    ----------
    snapshots
        Polygons with `date`, `side`, `source`, in the working CRS (from `as_control`).
    districts
        From `as_districts`, in the same CRS.
    side
        The side whose gains are positive, or several of them; None: every side, see `change_series`.
    freq, tolerance_m
        See `change_series`.
    front_m
        Resolutions at which to measure the front [m], see `front_length`; none: it is not measured.
    border_m
        What lies this near to the edge of all districts [m] is border or coast, not front. Needed with
        `front_m`.
    label, sides, title
        Column of the districts to call them by, how to call each side, and the title of the charts.
    record
        What is to stand in the manifest of how the frames were read: `inputs` (from `fingerprint`),
        `parameters`, `odd`, `sources`.
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
        If `front_m` is given without `border_m`, or `previous` was made from other snapshots, districts or
        arguments, or by another version of this library.
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
    if front_m and border_m is None:
        raise StudyError(
            "front_m needs border_m: how near to the edge of all districts the ground ends at a border or "
            "coast, not at a front (100, or 10000 where snapshots and districts were drawn apart)"
        )
    labels, followed = labels_of(districts, label), sides_followed(snapshots["side"], side)
    alone = followed[0] if len(followed) == 1 else None
    with reporting(progress) as report:
        report(0.0, "what changed hands")
        manifest = _record(snapshots, districts, record or {})
        asked = {"side": alone or list(followed), "freq": freq, "tolerance_m": tolerance_m}
        manifest["parameters"] = manifest["parameters"] | asked
        series = change_series(
            snapshots,
            districts,
            followed,
            freq=freq,
            tolerance_m=tolerance_m,
            previous=None if previous is None else _gone_on_with(previous, manifest),
            progress=part(report, 0.0, 0.7),
        )
        report(0.7, "front")
        fronts = None
        if front_m and border_m is not None:
            fronts = _fronts(snapshots, districts, followed, front_m, border_m)
            manifest["front"] = {"resolution_m": list(front_m), "border_m": border_m}
        totals = series_totals(series)
        manifest["beyond_districts_km2"] = ground_beyond(snapshots, totals)
        manifest["books"] = series_books(totals)
        report(1.0, "done")
    return SeriesResults(
        followed=followed,
        control=snapshots,
        districts=districts,
        series=series,
        totals=totals,
        fronts=fronts,
        title=title or _titled(alone, sides or {}),
        sides=sides or {},
        labels=labels,
        tolerance_m=tolerance_m,
        manifest=manifest,
    )


def _titled(side: str | None, sides: Mapping[str, str]) -> str:
    """Write the title of the charts of one side, or of several (None)."""
    return "Ground of each side" if side is None else f"{sides.get(side, side)}: ground gained and lost"


def _record(control: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, read: Mapping[str, Any]) -> Manifest:
    """Describe what goes into a series: files, options, the districts and each snapshot by its checksum."""
    days = control.groupby("date", sort=True)
    return {
        "inputs": list(read.get("inputs", ())),
        "parameters": dict(read.get("parameters", {})),
        "projection": {"name": control.crs.name, "wkt": control.crs.to_wkt()},
        "sources": list(read.get("sources", ())) or sorted(set(control["source"])),
        "districts": _digest(districts, "district"),
        "snapshots": {f"{day:%Y-%m-%d}": _digest(rows, "side") for day, rows in days},
        "odd": list(read.get("odd", ())),
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


def _fronts(
    control: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    sides: Sequence[str],
    front_m: Sequence[float],
    border_m: float,
) -> pd.DataFrame:
    """Measure the front of each side on all dates; the districts together are the theatre."""
    theatre = gpd.GeoDataFrame(geometry=[districts.union_all()], crs=districts.crs)
    found = []
    for side in sides:
        front = fronts_of_side(control, theatre, side, border_m=border_m)
        table = front_length(front, districts, resolution_m=list(front_m))
        found.append(table.assign(side=side, border_m=border_m)[table["front_km"] > 0])
    return found[0] if len(found) == 1 else pd.concat(found, ignore_index=True)
