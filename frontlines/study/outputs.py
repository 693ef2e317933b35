"""What answers write and draw: files whole or not at all, and nobody else's are lost."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import matplotlib as mpl
import pandas as pd

from frontlines.change.settlements import each_once
from frontlines.errors import SourceError, StudyError
from frontlines.manifest import sha256, to_json
from frontlines.names import KM2
from frontlines.plot import (
    agreement_chart,
    agreement_figure,
    animate_control,
    change_figure,
    district_figure,
    draw_error_by_correlation,
    movement_figure,
    net_by_source_figure,
    profile_figure,
    series_figure,
    transition_matrix_figure,
)
from frontlines.report import GROUND, PAGE, changed_rows, write_ground, write_page
from frontlines.sources import writing
from frontlines.sources.files import write
from frontlines.study.record import MANIFEST
from frontlines.study.study import Answer, Wanted
from frontlines.study.workbook import BOOK, write_tables, write_workbook

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from frontlines.study import AgreementResults, MovementResults, NetResults, Results, SeriesResults

DPI = 300
_OUTPUTS = (".csv", ".parquet", ".topojson")  # of these files the manifest holds the checksums

FILES = {
    "change": (
        "balance.csv", "totals.csv", "transitions.csv", "change.gpkg", "frontlines.geojson",
        "map.png", "map.svg", GROUND, MANIFEST,
    ),
    "series": ("series.csv", "series.parquet", "totals.csv", "series.png", GROUND, MANIFEST),
    "movement": ("transects.gpkg", "transects.csv", "summary.csv", "profile.png", "map.png", MANIFEST),
    "agreement": ("agreement.csv", "agreement.gpkg", "map.png", GROUND, MANIFEST),
    "nets": ("sources.csv", "sources.png", MANIFEST),
}  # fmt: skip
"""What is written, by the kind of answer."""

_PLACES = ("settlements.csv", "population.csv")
IF_ANY = {
    "change": (
        *_PLACES,
        "matrix.png",
        "error_by_correlation.csv",
        "error_by_correlation.png",
        BOOK,
        PAGE,
    ),
    "series": (*_PLACES, "fronts.csv", "overall.csv", "districts.png", "series.gif", BOOK, PAGE),
    "movement": (BOOK, PAGE),
    "agreement": ("fronts_apart.csv", "days.png", BOOK, PAGE),
    "nets": (BOOK,),
}
"""What is written of places, people, several sides, if errors are known, and if it is asked for."""


def files_of(kind: str) -> tuple[str, ...]:
    """Name all files that a kind of answer may write."""
    return (*FILES[kind], *IF_ANY[kind])


def save(answer: Answer, out: Path, wanted: Wanted, *, force: bool) -> tuple[str, ...]:
    """Write an answer into a folder of its own, as a command does; name the files."""
    with only_run_in(out, files_of(answer.kind), force=force):
        return write_answer(answer, out, wanted)


def write_answer(answer: Answer, out: Path, wanted: Wanted) -> tuple[str, ...]:
    """Write all files of an answer, and take away those of an earlier one; name them."""
    every = files_of(answer.kind)
    with staged(out, stale=every) as folder:
        write_into(answer, folder, wanted)
        return tuple(name for name in every if (folder / name).exists())


def write_into(answer: Answer, folder: Path, wanted: Wanted) -> None:
    """Write all files of an answer into a folder that nobody else sees."""
    write_tables(answer, folder, bom=wanted.bom)
    for name, frame in answer.layers.items():
        write(frame, folder / name)
    if wanted.map:
        _PICTURES[answer.kind](answer, folder, wanted)
    if wanted.excel:
        write_workbook(answer, folder / BOOK)
    _write_record(answer, folder)
    if wanted.report and (paged := _paged(answer)) is not answer:
        write_report(paged, folder / PAGE)
    elif wanted.report:
        write_page(folder, folder / PAGE)


def _write_record(answer: Answer, folder: Path) -> None:
    """Write the ground for a page, if there is any, and the manifest with the checksums of the tables."""
    if answer.kind in _GROUND:
        write_ground(folder / GROUND, **_GROUND[answer.kind](answer))
    tables = sorted(file for file in folder.iterdir() if file.suffix in _OUTPUTS)
    held = answer.manifest | {"outputs": {file.name: sha256(file) for file in tables}}
    (folder / MANIFEST).write_text(to_json(held), encoding="utf-8")


def write_report(answer: Answer, path: Path) -> None:
    """Write the page of an answer, without its pictures."""
    answer = _paged(answer)
    with tempfile.TemporaryDirectory(prefix="frontlines-") as temporary:
        folder = Path(temporary)
        write_tables(answer, folder, bom=False)
        for name, frame in answer.layers.items():
            if Path(name).suffix in _OUTPUTS:
                write(frame, folder / name)
        _write_record(answer, folder)
        write_page(folder, path)


def page_of(answer: Answer) -> str:
    """Give the page of an answer as text."""
    with tempfile.TemporaryDirectory(prefix="frontlines-") as temporary:
        path = Path(temporary) / PAGE
        write_report(answer, path)
        return path.read_text(encoding="utf-8")


def _paged(answer: Answer) -> Answer:
    """Give what a page is made of: of a movement, the ground between its days."""
    if isinstance(own := getattr(answer, "results", None), Answer):
        return own
    if answer.kind not in _GROUND:
        raise StudyError(
            "there is no page of net change by several sources: use chart(), or two sources on the same days"
        )
    return answer


# --- pictures: each as a figure, and as files


def map_of(answer: Answer) -> Figure:
    """Draw the map of an answer."""
    return _drawn(answer, _MAPS, "map(): use chart()")


def chart_of(answer: Answer) -> Figure:
    """Draw the chart of an answer."""
    return _drawn(answer, _CHARTS, "chart(): use map()")


def _drawn(answer: Answer, known: Mapping[str, Callable[[Any], Figure]], instead: str) -> Figure:
    if answer.kind not in known:
        raise StudyError(f"{type(answer).__name__} has no {instead}")
    with plain_looks():
        return known[answer.kind](answer)


def _map_of_change(results: Results) -> Figure:
    return change_figure(results.for_readers())


def _matrix(results: Results) -> Figure:
    """Draw who passed ground to whom."""
    return transition_matrix_figure(
        results.for_readers().transitions,
        sides=results.study.sides,
        title=results.study.title,
        caption=results.caption,
    )


def _draw_change(results: Results, folder: Path, _wanted: Wanted) -> None:
    save_figure(_map_of_change(results), folder / "map")
    if len(results.totals) > 1:
        _matrix(results).savefig(folder / "matrix.png", dpi=DPI)
    table = results.error_by_correlation
    if table is not None and table["side"].nunique() == 1 and table["correlation_m"].min() == 0:
        figure = draw_error_by_correlation(table).get_figure(root=True)
        if figure is not None:
            figure.savefig(folder / "error_by_correlation.png", dpi=DPI, bbox_inches="tight")


def _of_one(results: SeriesResults) -> dict[str, str]:
    """Call the side by its long name, where there is only one."""
    sides = results.followed
    return {"side": results.sides.get(sides[0], sides[0])} if len(sides) == 1 else {}


def _map_of_series(results: SeriesResults) -> Figure:
    return _map_of_change(results.between())


def _chart_of_series(results: SeriesResults) -> Figure:
    fronts = results.fronts
    return series_figure(
        results.totals.assign(**_of_one(results)),
        title=results.title,
        caption=results.caption,
        fronts=None if fronts is None or fronts.empty else fronts,
        whole_km2=float(results.districts.area.sum()) / KM2,
        sides=results.sides,
    )


def _draw_series(results: SeriesResults, folder: Path, wanted: Wanted) -> None:
    _chart_of_series(results).savefig(folder / "series.png", dpi=DPI)
    if wanted.panels:
        series, labels = results.series.assign(**_of_one(results)), results.labels or None
        panels = district_figure(series, caption=results.caption, labels=labels, sides=results.sides)
        panels.savefig(folder / "districts.png", dpi=DPI)
    if wanted.film:
        places = None if results.places is None else results.places.changes()
        animate_control(
            results.control,
            results.districts,
            folder / "series.gif",
            side=results.followed,
            sides=results.sides,
            totals=results.snapshot_totals(),
            places=None if places is None else places[places["changed"]],
        )


def _map_of_movement(movement: MovementResults) -> Figure:
    study = movement.results.for_readers().study
    return movement_figure(
        movement.displaced,
        movement.frontlines,
        districts=study.districts,
        settlements=study.settlements,
        title=movement.title,
        caption=movement.caption,
    )


def _profile(movement: MovementResults) -> Figure:
    """Draw the movement along the front."""
    places = movement.results.for_readers().study.settlements
    title, caption = movement.title, movement.caption
    return profile_figure(movement.displaced, settlements=places, title=title, caption=caption)


def _draw_movement(movement: MovementResults, folder: Path, _wanted: Wanted) -> None:
    _profile(movement).savefig(folder / "profile.png", dpi=DPI)
    _map_of_movement(movement).savefig(folder / "map.png", dpi=DPI)


def _texts_of(results: AgreementResults, *, every_day: bool) -> dict[str, Any]:
    """Give title, caption and side of the figures of two sources."""
    side = results.sides.get(results.side, results.side)
    return {"title": results.titled(every_day=every_day), "caption": results.caption, "side": side}


def _map_of_agreement(results: AgreementResults) -> Figure:
    districts = results.districts
    if results.labels:
        districts = districts.assign(label=districts["district"].map(results.labels))
    return agreement_figure(results.ground, districts, results.names, **_texts_of(results, every_day=False))


def _days(results: AgreementResults) -> Figure:
    """Draw the agreement of two sources day by day."""
    return agreement_chart(results.table, results.names, **_texts_of(results, every_day=True))


def _draw_agreement(results: AgreementResults, folder: Path, _wanted: Wanted) -> None:
    _map_of_agreement(results).savefig(folder / "map.png", dpi=DPI)
    if len(results.totals) > 1:
        _days(results).savefig(folder / "days.png", dpi=DPI)


def _chart_of_nets(results: NetResults) -> Figure:
    return net_by_source_figure(results.nets, title=results.titled, caption=results.caption)


def _draw_nets(results: NetResults, folder: Path, _wanted: Wanted) -> None:
    _chart_of_nets(results).savefig(folder / "sources.png", dpi=DPI)


_MAPS: dict[str, Callable[[Any], Figure]] = {
    "change": _map_of_change,
    "series": _map_of_series,
    "movement": _map_of_movement,
    "agreement": _map_of_agreement,
}
_CHARTS: dict[str, Callable[[Any], Figure]] = {
    "change": _matrix,
    "series": _chart_of_series,
    "movement": _profile,
    "agreement": _days,
    "nets": _chart_of_nets,
}
_PICTURES: dict[str, Callable[[Any, Path, Wanted], None]] = {
    "change": _draw_change,
    "series": _draw_series,
    "movement": _draw_movement,
    "agreement": _draw_agreement,
    "nets": _draw_nets,
}


# --- the ground of a page


def _ground_of_change(results: Results) -> dict[str, Any]:
    study, places = results.study, None
    if results.settlements is not None and study.settlements is not None:
        places = changed_rows(results.settlements, each_once(study.settlements, study.districts))
    return {
        "states": _states(results.control, study.dates),
        "districts": study.districts,
        "title": study.title,
        "followed": study.followed,
        "sides": study.sides,
        "labels": study.labels,
        "layers": {"context": study.context, "places": places},
    }


def _ground_of_series(results: SeriesResults) -> dict[str, Any]:
    """Give who held what at the ends of all steps."""
    places, totals = None, results.totals
    if results.places is not None:
        places = results.places.changes(
            results.manifest["parameters"]["freq"], results.manifest["parameters"]["day"]
        )
        places = changed_rows(places, places)
    days = sorted({*totals["date_from"], *totals["date_to"]})
    return {
        "states": _states(results.control, days),
        "districts": results.districts,
        "title": results.title,
        "followed": results.followed,
        "sides": results.sides,
        "labels": results.labels,
        "layers": {"places": places},
    }


def _ground_of_agreement(results: AgreementResults) -> dict[str, Any]:
    days = results.totals["date"]
    return {
        "states": [state for source in results.held for state in _states(source, days)],
        "districts": results.districts,
        "title": results.titled(every_day=True),
        "followed": (results.side,),
        "sides": results.sides,
        "labels": results.labels,
    }


def _states(control: gpd.GeoDataFrame, days: Iterable[pd.Timestamp]) -> list[tuple[str, gpd.GeoDataFrame]]:
    """Give what was held on each of some days."""
    return [(f"{day:%Y-%m-%d}", control[control["date"] == day]) for day in days]


_GROUND: dict[str, Callable[[Any], dict[str, Any]]] = {
    "change": _ground_of_change,
    "series": _ground_of_series,
    "agreement": _ground_of_agreement,
}


# --- folders


@contextmanager
def only_run_in(
    out: Path, files: Collection[str], *, force: bool, inputs: Iterable[Path | None] = ()
) -> Iterator[None]:
    """Keep a folder for one run, and stop before work begins if that would replace what it must not."""
    if out.exists() and not out.is_dir():
        raise SourceError(f"{out} is a file: pass the name of a folder")
    with writing.only_run_in(out):
        _refuse_replacing(out, files, force=force, inputs=[path for path in inputs if path is not None])
        with plain_looks():
            yield


@contextmanager
def plain_looks() -> Iterator[None]:
    """Draw the same figure whatever a user's matplotlibrc says."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # fonts that have no bold face
    with mpl.rc_context():
        ffmpeg = mpl.rcParams["animation.ffmpeg_path"]
        mpl.rcdefaults()
        mpl.rcParams["animation.ffmpeg_path"] = ffmpeg
        yield


def _refuse_replacing(out: Path, files: Collection[str], *, force: bool, inputs: Collection[Path]) -> None:
    if any(path.is_dir() and path.samefile(out) for path in inputs):
        raise SourceError(f"{out} is the folder that is read: pass another folder")
    there = [name for name in files if os.path.lexists(out / name)]
    blocked = [name for name in there if (out / name).is_dir()]
    if blocked:
        raise SourceError(f"{out} holds folders named {', '.join(blocked)}: pass another folder")
    own = [name for name in there if writing.is_one_of(out / name, inputs)]
    if own:
        raise SourceError(f"{out} holds {', '.join(own)}, which the run is to read: pass another folder")
    if there and not _is_of_a_run(out / MANIFEST):
        raise SourceError(
            f"{out} holds {', '.join(there)}, but no {MANIFEST} of frontlines: they are not the files of a "
            "whole run; pass another folder, or take them away"
        )
    if there and not force:
        raise SourceError(
            f"{out} holds {', '.join(there)} of another run: pass force=True, or another folder"
        )


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
