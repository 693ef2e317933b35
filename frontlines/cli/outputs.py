"""The files that the commands write: whole or not at all, and nobody else's are lost."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import matplotlib as mpl
import pandas as pd

from frontlines.change.settlements import each_once
from frontlines.errors import SourceError
from frontlines.manifest import Manifest, sha256, to_json
from frontlines.names import KM2
from frontlines.plot import (
    agreement_chart,
    agreement_figure,
    animate_control,
    change_figure,
    district_figure,
    movement_figure,
    net_by_source_figure,
    profile_figure,
    series_figure,
    transition_matrix_figure,
)
from frontlines.report import GROUND, PAGE, write_ground, write_page
from frontlines.report.ground_file import changed_rows
from frontlines.sources import writing
from frontlines.sources.files import write
from frontlines.study import AgreementResults, MovementResults, Results, SeriesResults
from frontlines.study.agreement import NetResults

MANIFEST = "manifest.json"
DPI = 300
_OUTPUTS = (".csv", ".parquet", ".topojson")  # of these files the manifest holds the checksums

FILES = (
    "balance.csv",
    "totals.csv",
    "transitions.csv",
    "change.gpkg",
    "frontlines.geojson",
    "map.png",
    "map.svg",
    GROUND,
    MANIFEST,
)
"""What a comparison writes."""

_PLACES = ("settlements.csv", "population.csv")
_OVERALL = "overall.csv"
SERIES_IF_ANY = (*_PLACES, _OVERALL, PAGE)
"""What a series writes of places, of people, of its sum if errors are known, and of a page, if any."""

_MATRIX = "matrix.png"
IF_ANY = (*_PLACES, _MATRIX, PAGE)
"""What a comparison writes of these, and of several sides."""

SERIES_FILES = ("series.csv", "series.parquet", "totals.csv", "series.png", GROUND, MANIFEST)
"""What a series writes, whatever else is asked for."""

MOVEMENT_FILES = ("transects.gpkg", "transects.csv", "summary.csv", "profile.png", "map.png", MANIFEST)
"""What the measuring of a movement writes."""

AGREEMENT_FILES = ("agreement.csv", "agreement.gpkg", "map.png", GROUND, MANIFEST)
"""What a comparison of two sources writes."""

NETS_FILES = ("sources.csv", "sources.png", MANIFEST)
"""What a comparison of net change by several sources writes."""

AGREEMENT_IF_ANY = ("days.png", "fronts_apart.csv", PAGE)
"""What it writes of several days, and if distances between fronts or a page are asked for."""


def write_results(results: Results, folder: Path, *, page: bool = False) -> tuple[str, ...]:
    """Write everything that a comparison found, and a page of it if asked; name the files."""
    write(results.balance, folder / "balance.csv")
    write(results.total, folder / "totals.csv")
    write(results.transitions, folder / "transitions.csv")
    write(results.change, folder / "change.gpkg")
    write(results.frontlines, folder / "frontlines.geojson")
    save_figure(change_figure(results.for_readers()), folder / "map")
    more = (*_write_places(results, folder), *_write_matrix(results, folder))
    study, places = results.study, None
    if results.settlements is not None and study.settlements is not None:
        places = changed_rows(results.settlements, each_once(study.settlements, study.districts))
    write_ground(
        folder / GROUND,
        _states(results.control, study.dates),
        study.districts,
        title=study.title,
        followed=study.followed,
        sides=study.sides,
        labels=study.labels,
        layers={"context": study.context, "places": places},
    )
    return (*FILES, *more, *_write_manifest(results.manifest, folder, page=page))


def _states(control: gpd.GeoDataFrame, days: Iterable[pd.Timestamp]) -> list[tuple[str, gpd.GeoDataFrame]]:
    """Give what was held on each of some days."""
    return [(f"{day:%Y-%m-%d}", control[control["date"] == day]) for day in days]


def _write_matrix(results: Results, folder: Path) -> tuple[str, ...]:
    """Draw who passed ground to whom, if several sides are followed; name the file."""
    if len(results.total) == 1:
        return ()
    matrix = transition_matrix_figure(
        results.for_readers().transitions,
        sides=results.study.sides,
        title=results.study.title,
        caption=results.caption,
    )
    matrix.savefig(folder / _MATRIX, dpi=DPI)
    return (_MATRIX,)


def _write_places(results: Results | SeriesResults, folder: Path) -> tuple[str, ...]:
    """Write what was found of places and of people, if anything; name the files."""
    found = zip(_PLACES, (results.settlements, results.population), strict=True)
    tables = {name: table for name, table in found if table is not None}
    for name, table in tables.items():
        write(table, folder / name)
    return tuple(tables)


def write_series(
    results: SeriesResults, folder: Path, *, panels: bool = False, film: bool = False, page: bool = False
) -> tuple[str, ...]:
    """Write everything that a series found; name the files of places and people, and the page if asked."""
    write(results.series, folder / "series.csv")
    write(results.series, folder / "series.parquet")
    write(results.totals, folder / "totals.csv")
    if results.fronts is not None:
        write(results.fronts, folder / "fronts.csv")
    caption, fronts = results.caption, results.fronts
    of_one: dict[str, Any] = {}
    if len(results.followed) == 1:
        of_one = {"side": results.sides.get(results.followed[0], results.followed[0])}
    figure = series_figure(
        results.totals.assign(**of_one),
        title=results.title,
        caption=caption,
        fronts=None if fronts is None or fronts.empty else fronts,
        whole_km2=float(results.districts.area.sum()) / KM2,
        sides=results.sides,
    )
    figure.savefig(folder / "series.png", dpi=DPI)
    if panels:
        series, labels = results.series.assign(**of_one), results.labels or None
        district_figure(series, caption=caption, labels=labels, sides=results.sides).savefig(
            folder / "districts.png", dpi=DPI
        )
    if film:
        animate_control(
            results.control,
            results.districts,
            folder / "series.gif",
            side=results.followed,
            sides=results.sides,
            totals=results.snapshot_totals(),
            places=None if results.places is None else _changed(results.places.changes()),
        )
    _write_series_ground(results, folder)
    more = _write_places(results, folder)
    if results.overall is not None:
        write(results.overall, folder / _OVERALL)
        more = (*more, _OVERALL)
    return (*more, *_write_manifest(results.manifest, folder, page=page))


def _write_series_ground(results: SeriesResults, folder: Path) -> None:
    """Write who held what at the ends of all steps."""
    places, totals = None, results.totals
    if results.places is not None:
        places = results.places.changes(
            results.manifest["parameters"]["freq"], results.manifest["parameters"]["day"]
        )
        places = changed_rows(places, places)
    days = sorted({*totals["date_from"], *totals["date_to"]})
    write_ground(
        folder / GROUND,
        _states(results.control, days),
        results.districts,
        title=results.title,
        followed=results.followed,
        sides=results.sides,
        labels=results.labels,
        layers={"places": places},
    )


def _changed(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return places[places["changed"]]


def read_previous(out: Path) -> tuple[pd.DataFrame, Manifest]:
    """Read the series that is to be gone on with, and its manifest."""
    try:
        manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        stated, _ = manifest["outputs"]["series.parquet"], dict(manifest["snapshots"])
        whole = sha256(out / "series.parquet") == stated
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise SourceError(f"{out} holds no series to go on with ({error}): leave --resume out") from error
    if not whole:
        raise SourceError(
            f"series.parquet in {out} is not the one that its manifest names: use --force instead of --resume"
        )
    return pd.read_parquet(out / "series.parquet"), manifest


def write_movement(movement: MovementResults, folder: Path) -> None:
    """Write everything that was measured of a movement."""
    displaced, study = movement.displaced, movement.results.for_readers().study
    write(displaced, folder / "transects.gpkg")
    write(pd.DataFrame(displaced.drop(columns="geometry")), folder / "transects.csv")
    write(movement.estimators, folder / "summary.csv")
    texts: dict[str, Any] = {"title": movement.title, "caption": movement.caption}
    profile = profile_figure(displaced, settlements=study.settlements, **texts)
    profile.savefig(folder / "profile.png", dpi=DPI)
    map_ = movement_figure(
        displaced, movement.frontlines, districts=study.districts, settlements=study.settlements, **texts
    )
    map_.savefig(folder / "map.png", dpi=DPI)
    _write_manifest(movement.manifest, folder)


def write_agreement(results: AgreementResults, folder: Path, *, page: bool = False) -> tuple[str, ...]:
    """Write everything that was found of two sources, and a page of it if asked; name the files."""
    write(results.table, folder / "agreement.csv")
    write(results.ground, folder / "agreement.gpkg")
    texts: dict[str, Any] = {"side": results.sides.get(results.side, results.side)}
    texts |= {"caption": results.caption}
    districts = results.districts
    if results.labels:
        districts = districts.assign(label=districts["district"].map(results.labels))
    map_ = agreement_figure(results.ground, districts, results.names, title=results.titled(), **texts)
    map_.savefig(folder / "map.png", dpi=DPI)
    more = []
    if len(results.total) > 1:
        title = results.titled(every_day=True)
        chart = agreement_chart(results.table, results.names, title=title, **texts)
        chart.savefig(folder / "days.png", dpi=DPI)
        more.append("days.png")
    if results.fronts is not None:
        write(results.fronts, folder / "fronts_apart.csv")
        more.append("fronts_apart.csv")
    days = results.total["date"]
    write_ground(
        folder / GROUND,
        [state for source in results.held for state in _states(source, days)],
        results.districts,
        title=results.titled(every_day=True),
        followed=(results.side,),
        sides=results.sides,
        labels=results.labels,
    )
    return (*AGREEMENT_FILES, *more, *_write_manifest(results.manifest, folder, page=page))


def write_nets(results: NetResults, folder: Path) -> tuple[str, ...]:
    """Write the net change by several sources; name the files."""
    write(results.nets.table, folder / "sources.csv")
    figure = net_by_source_figure(results.nets, title=results.titled, caption=results.caption)
    figure.savefig(folder / "sources.png", dpi=DPI)
    _write_manifest(results.manifest, folder)
    return NETS_FILES


def _write_manifest(manifest: Manifest, folder: Path, *, page: bool = False) -> tuple[str, ...]:
    """Write the manifest with the checksums of the tables, and a page of them if asked; name the page."""
    tables = sorted(file for file in folder.iterdir() if file.suffix in _OUTPUTS)
    held = manifest | {"outputs": {file.name: sha256(file) for file in tables}}
    (folder / MANIFEST).write_text(to_json(held), encoding="utf-8")
    if page:
        write_page(folder, folder / PAGE)
    return (PAGE,) if page else ()


@contextmanager
def only_run_in(
    out: Path, files: Collection[str], *, force: bool, inputs: Iterable[Path | None] = ()
) -> Iterator[None]:
    """Keep a folder for one run, and stop before work begins if that would replace what it must not."""
    if out.exists() and not out.is_dir():
        raise SourceError(f"{out} is a file: pass the name of a folder as --out")
    with writing.only_run_in(out):
        _refuse_replacing(out, files, force=force, inputs=[path for path in inputs if path is not None])
        logging.getLogger("matplotlib").setLevel(logging.ERROR)  # fonts that have no bold face
        with mpl.rc_context():  # the same figure whatever a user's matplotlibrc says
            ffmpeg = mpl.rcParams["animation.ffmpeg_path"]
            mpl.rcdefaults()
            mpl.rcParams["animation.ffmpeg_path"] = ffmpeg
            yield


def _refuse_replacing(out: Path, files: Collection[str], *, force: bool, inputs: Collection[Path]) -> None:
    if any(path.is_dir() and path.samefile(out) for path in inputs):
        raise SourceError(f"{out} is the folder that is read: pass another --out")
    there = [name for name in files if os.path.lexists(out / name)]
    blocked = [name for name in there if (out / name).is_dir()]
    if blocked:
        raise SourceError(f"{out} holds folders named {', '.join(blocked)}: pass another --out")
    own = [name for name in there if writing.is_one_of(out / name, inputs)]
    if own:
        raise SourceError(f"{out} holds {', '.join(own)}, which the run is to read: pass another --out")
    if there and not _is_of_a_run(out / MANIFEST):
        raise SourceError(
            f"{out} holds {', '.join(there)}, but no {MANIFEST} of frontlines: they are not the files of a "
            "whole run; pass another --out, or take them away"
        )
    if there and not force:
        raise SourceError(f"{out} holds {', '.join(there)} of another run: pass --force, or another --out")


def _is_of_a_run(path: Path) -> bool:
    """Tell whether a manifest was written by this library."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return "frontlines" in held["versions"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return False


def staged(out: Path, *, stale: Collection[str] = ()) -> AbstractContextManager[Path]:
    """Give a folder to write into, and move its files to their place when all are whole."""
    return writing.staged(out, stale=stale, last=MANIFEST)


def save_figure(figure: Any, stem: Path) -> None:
    """Save a figure for print and for further drawing: the same figure gives the same bytes."""
    with mpl.rc_context({"svg.hashsalt": "frontlines"}):
        figure.savefig(stem.with_suffix(".png"), dpi=DPI)
        figure.savefig(stem.with_suffix(".svg"), metadata={"Date": None})
