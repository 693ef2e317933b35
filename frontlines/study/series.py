"""Sides through many snapshots: series, totals, front length and manifest, frames in, results out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import geopandas as gpd

from frontlines.arguments import checked
from frontlines.change import PopulationRaster
from frontlines.names import TOLERANCE_M, UNKNOWN, Around, sides_in_order
from frontlines.progress import Progress, part, reporting
from frontlines.study.errors import errors_of_series
from frontlines.study.people import follow_settlements, people_of_sides, people_record
from frontlines.study.series_record import alone, begun, books_of_series, keeping, record_days
from frontlines.study.series_results import Keep, Previous, SeriesResults
from frontlines.study.series_stretches import walk
from frontlines.study.snapshots import RawSnapshots, snapshots_of
from frontlines.study.study import labels_of, require_rest
from frontlines.uncertainty import NoiseModel


@checked()
def run_series(  # noqa: PLR0913 - one argument for each option of the command
    snapshots: gpd.GeoDataFrame | RawSnapshots,
    districts: gpd.GeoDataFrame,
    side: str | Sequence[str] | None = None,
    *,
    freq: str | None = None,
    day: int | None = None,
    tolerance_m: float = TOLERANCE_M,
    front_m: Sequence[float] = (),
    border_m: float | None = None,
    settlements: gpd.GeoDataFrame | None = None,
    rest: str = UNKNOWN,
    sigma_m: float | None = None,
    correlation_m: float | str | None = None,
    noise: NoiseModel | None = None,
    frontlines: gpd.GeoDataFrame | None = None,
    population: PopulationRaster | None = None,
    margin_m: float | None = None,
    label: str | None = None,
    sides: Mapping[str, str] | None = None,
    colours: Mapping[str, str] | None = None,
    around: Around = "coast",
    title: str | None = None,
    record: Mapping[str, Any] | None = None,
    previous: Previous | None = None,
    rows: Literal["all", "changed"] | None = None,
    workers: int = 1,
    scheduler: str | None = None,
    keep: Keep | None = None,
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
    freq, day, tolerance_m
        See `change_series`.
    front_m
        Resolutions at which to measure the front [m], see `front_length`; none: it is not measured.
    border_m
        What lies this near to the edge of all districts [m] is border or coast, not front; `BORDER_M` by
        default, if it is known which ground along the edge belongs to whom (see `margin_m`).
    settlements
        Places to follow, or None, see `frontlines.series.follow_places`.
    rest
        Who holds the ground of the districts that no polygon covers: a side like any other.
    sigma_m, correlation_m, noise
        The standard error of fronts that have none of their own [m] and over what length errors are alike
        [m], or else the whole model of the errors of lines. With them, or a column `sigma_m`, steps have
        intervals (see `frontlines.series.series_error`), and places near a front are unsure.
    frontlines
        The lines of all dates that `snapshots` were made from, if they were, with their `sigma_m`.
    population
        A raster of people, from `frontlines.sources.population.read_population`, or None.
    margin_m
        Ground along the edge of all districts that no polygon covers goes to the side beside it where it is
        thinner than this [m]. None: found from the data, once for all days (see `as_control`; from twelve
        days, evenly taken, if there are more), or that of `previous`; 0: none.
    label, sides, title
        Column of the districts to call them by, how to call each side, and the title of the charts.
    colours, around
        Each side's colour on pictures, and what maps show about the districts: see `Study`.
    record
        What is to stand in the manifest of how the frames were read: `inputs` (from `fingerprint`),
        `parameters`, `odd`, `sources`, `ends_led` (from `control_from_lines`).
    previous
        Results of an earlier run from the beginning of the same snapshots, with the same arguments, or
        its series and manifest: its steps are taken over, only later ones are computed.
    rows
        ``"all"``: a row for each step, district and side; ``"changed"``: without those in which nothing
        changed, but for the first step and the first district (see `frontlines.series.every_row`). By default
        all, and without them if they are more than 100,000 and no error is known.
    workers, scheduler
        Processes that share the days, or the address of a Dask scheduler; see `frontlines.scale.executor`.
    keep
        A function that is given the series up to the last finished stretch of days, and its manifest, if the
        run breaks off after the first of them; the two are a `previous`.
    progress
        None, True for a bar, or a function of (fraction, message).

    Returns
    -------
    results
        Tables and manifest; nothing is written.

    Raises
    ------
    StudyError
        If `rows` leaves out what has errors, `front_m` is given without `border_m` and no margin can be told,
        or `previous` was made from other snapshots, districts or arguments, or by another version of this
        library.
    FrontlinesError
        Whatever a stage refuses, see there.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import pandas as pd
    >>> from shapely import box
    >>> days = pd.to_datetime(["2031-06-01", "2031-06-02", "2031-06-03"])
    >>> fronts = [box(0, 0, 1000, 2000), box(0, 0, 1500, 2000), box(0, 0, 1250, 2000)]
    >>> control = gpd.GeoDataFrame(
    ...     {"date": days, "side": "A", "source": "made up"}, geometry=fronts, crs="EPSG:3035")
    >>> districts = gpd.GeoDataFrame({"district": ["D"]}, geometry=[box(0, 0, 4000, 2000)], crs="EPSG:3035")
    >>> run_series(control, districts, "A")
    SeriesResults(A, 2031-06-01 to 2031-06-03, 2 steps, net +0.50 km²)
    """
    require_rest(rest)
    held = snapshots_of(snapshots)
    labels, steps = labels_of(districts, label), {"freq": freq, "day": day, "tolerance_m": tolerance_m}
    told, measured = (noise, sigma_m, correlation_m), bool(front_m)
    unsure = held.with_sigma or any(one is not None for one in (sigma_m, noise, frontlines))
    with reporting(progress) as report:
        report(0.0, "strips along the edge")
        asked = {"side": side, **steps, "margin_m": margin_m, "rest": rest}
        followed, manifest, kept, old = begun(held, districts, record or {}, asked, previous)
        wanted = {**asked, "front_m": tuple(front_m), "border_m": border_m, "rows": rows, "unsure": unsure}
        shared = {"workers": workers, "scheduler": scheduler}
        margin = None if old is None else old["margin"]
        broken, told_of = keeping(keep, manifest, old), part(report, 0.1, 0.7)
        walked = walk(held, districts, followed, wanted, (kept, margin), shared, told_of, broken)
        ground, edge, found, series, totals, more = walked
        manifest |= more
        record_days(manifest, found, old)
        if measured:
            manifest["front"] = {"resolution_m": list(front_m), "border_m": edge.border_m}
        method = _method(told, edge.border_m)
        of_places = {"rest": rest, "sigma_m": method["sigma_m"], "border_m": edge.border_m}
        looked_up = districts if settlements is None and population is None else ground.every()
        places, changes, manifest["places"] = follow_settlements(
            looked_up, settlements, districts, (freq, day), of_places
        )
        people = people_of_sides(places, (looked_up, districts), followed, population, steps)
        manifest["people"] = people_record(people, followed, population, districts)
        ends, snapped = ground.ends()
        drawn = ground.every() if unsure else ends
        books = errors_of_series(series, totals, (drawn, districts, frontlines), told, edge.border_m)
        series, totals, overall, manifest["errors"] = books
        manifest |= books_of_series(ends, snapped, totals, len(held.days), edge.ground, districts, labels)
        report(1.0, "done")
    return SeriesResults(
        followed=followed, ground=ground, districts=districts, series=series, totals=totals,
        fronts=found.fronts(followed) if measured else None,
        overall=overall, frontlines=frontlines, places=places, settlements=changes, population=people,
        title=title or _titled(alone(followed), sides or {}), sides=sides or {}, labels=labels,
        every_side=sides_in_order([*found.sides, *held.sides, rest]), colours=colours or {}, around=around,
        tolerance_m=tolerance_m, method=method, manifest=manifest,
    )  # fmt: skip


def _method(asked: tuple[NoiseModel | None, Any, Any], border_m: float | None) -> dict[str, Any]:
    """Give what two days of a series are compared by."""
    noise, sigma_m, correlation_m = asked
    if noise is not None:
        sigma_m, correlation_m = noise.sigma_m, noise.parts[0][0]
    method = {"sigma_m": sigma_m, "correlation_m": correlation_m}
    return method if border_m is None else method | {"border_m": border_m}


def _titled(side: str | None, sides: Mapping[str, str]) -> str:
    """Write the title of the charts of one side, or of several (None)."""
    return "Ground of each side" if side is None else f"{sides.get(side, side)}: ground gained and lost"
