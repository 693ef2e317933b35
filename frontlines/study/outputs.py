"""What answers write and draw: files whole or not at all, and nobody else's are lost."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frontlines.change.settlements import each_once
from frontlines.errors import SourceError, StudyError
from frontlines.manifest import sha256, to_json
from frontlines.report import GROUND, PAGE, ground_file, write_page
from frontlines.sources import writing
from frontlines.sources.files import write, write_layers
from frontlines.study.qgis import STYLES, styles_of, styles_table
from frontlines.study.record import MANIFEST, SNAPSHOTS, UNFINISHED
from frontlines.study.study import Answer, Wanted, late, style_of
from frontlines.study.workbook import BOOK, write_tables, write_workbook

if TYPE_CHECKING:
    import geopandas as gpd

    from frontlines.study import AgreementResults, Results, SeriesResults

_OUTPUTS = (".csv", ".parquet", ".topojson")  # of these files the manifest holds the checksums

FILES = {
    "change": (
        "balance.csv", "totals.csv", "transitions.csv", "change.gpkg", "frontlines.geojson",
        "change.qml", "districts.qml", "frontlines.qml", "map.png", "map.svg", MANIFEST,
    ),
    "series": ("series.csv", "series.parquet", "totals.csv", "series.png", MANIFEST),
    "movement": (
        "transects.gpkg", "transects.qml", "transects.csv", "summary.csv", "profile.png", "map.png", MANIFEST,
    ),
    "agreement": ("agreement.csv", "agreement.gpkg", "agreement.qml", "map.png", MANIFEST),
    "nets": ("sources.csv", "sources.png", MANIFEST),
}  # fmt: skip
"""What is written, by the kind of answer."""

_PLACES = ("settlements.csv", "population.csv")
IF_ANY = {
    "change": (
        *_PLACES, "matrix.png", "error_by_correlation.csv", "error_by_correlation.png", BOOK, GROUND, PAGE,
    ),
    "series": (
        *_PLACES, "fronts.csv", "overall.csv", SNAPSHOTS, "districts.png", "series.gif", BOOK, GROUND, PAGE,
    ),
    "movement": (BOOK, PAGE),
    "agreement": ("fronts_apart.csv", "days.png", BOOK, GROUND, PAGE),
    "nets": (BOOK,),
}  # fmt: skip
"""What is written of places, people, several sides, if errors are known, and if it is asked for."""


def files_of(kind: str) -> tuple[str, ...]:
    """Name all files that a kind of answer may write; any picture may be a PDF too."""
    every = (*FILES[kind], *IF_ANY[kind])
    return (*every, *(f"{name.removesuffix('.png')}.pdf" for name in every if name.endswith(".png")))


def save(answer: Answer, out: Path, wanted: Wanted, *, force: bool) -> tuple[str, ...]:
    """Write an answer into a folder of its own, as a command does; name the files."""
    with only_run_in(out, files_of(answer.kind), force=force):
        return write_answer(answer, out, wanted)


def write_answer(answer: Answer, out: Path, wanted: Wanted) -> tuple[str, ...]:
    """Write all files of an answer, and take away those of an earlier one; name them."""
    every = files_of(answer.kind)
    with staged(out, stale=(*every, UNFINISHED)) as folder:
        write_into(answer, folder, wanted)
        return tuple(name for name in every if (folder / name).exists())


def write_into(answer: Answer, folder: Path, wanted: Wanted) -> None:
    """Write all files of an answer into a folder that nobody else sees."""
    write_tables(answer, folder, bom=wanted.bom)
    _write_layers(answer, folder)
    if wanted.map:
        late("pictures").write_pictures(answer, folder, wanted, files_of(answer.kind))
    if wanted.excel:
        write_workbook(answer, folder / BOOK)
    _write_record(answer, folder, paged=wanted.report)
    if wanted.report and (paged := _paged(answer)) is not answer:
        write_report(paged, folder / PAGE)
    elif wanted.report:
        write_page(folder, folder / PAGE)


def _write_layers(answer: Answer, folder: Path) -> None:
    """Write layers, and how QGIS draws them: beside them and, where it looks first, in a GeoPackage."""
    styles = styles_of(answer)
    for file, layers in answer.layers.items():
        if file.endswith(".gpkg"):
            own = styles_table({name: styles[name] for name in layers})
            write_layers({**layers, STYLES: own}, folder / file)
        else:
            for layer in layers.values():
                write(layer, folder / file)
    for name, text in styles.items():
        (folder / f"{name}.qml").write_text(text, encoding="utf-8")


def _write_record(answer: Answer, folder: Path, *, paged: bool) -> None:
    """Write the ground for a page, if one is asked for, and the manifest with the checksums of the tables."""
    held = dict(answer.manifest)
    if answer.kind in _GROUND:
        drawn: Any = getattr(answer, "study", answer)
        held |= {"colours": dict(style_of(answer).side_colours), "around": drawn.around}
    if answer.kind in _GROUND and paged:
        ground_file.write_ground(folder / GROUND, **_GROUND[answer.kind](answer))
    tables = sorted(file for file in folder.iterdir() if file.suffix in _OUTPUTS)
    held["outputs"] = {file.name: sha256(file) for file in tables}
    (folder / MANIFEST).write_text(to_json(held), encoding="utf-8")


def write_report(answer: Answer, path: Path) -> None:
    """Write the page of an answer, without its pictures."""
    answer = _paged(answer)
    with tempfile.TemporaryDirectory(prefix="frontlines-") as temporary:
        folder = Path(temporary)
        write_tables(answer, folder, bom=False)
        for file, layers in answer.layers.items():
            for layer in layers.values() if Path(file).suffix in _OUTPUTS else ():
                write(layer, folder / file)
        _write_record(answer, folder, paged=True)
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


# --- the ground of a page


def _ground_of_change(results: Results) -> dict[str, Any]:
    study, places, held = results.study, None, results.control
    if results.no_district is not None:
        held = ground_file.with_uncounted(held, results.no_district, study.districts, study.followed)
    if results.settlements is not None and study.settlements is not None:
        places = ground_file.changed_rows(results.settlements, each_once(study.settlements, study.districts))
    return {
        "states": ([f"{day:%Y-%m-%d}" for day in study.dates], [_state(held, day) for day in study.dates]),
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
        places = ground_file.changed_rows(places, places)
    days = sorted({*totals["date_from"], *totals["date_to"]})
    return {
        "states": ([f"{day:%Y-%m-%d}" for day in days], results.ground.states(days)),
        "districts": results.districts,
        "title": results.title,
        "followed": results.followed,
        "sides": results.sides,
        "labels": results.labels,
        "layers": {"places": places},
    }


def _state(control: gpd.GeoDataFrame, day: Any) -> tuple[Any, Any]:
    """Give who held what on a day: sides, and the ground of each."""
    own = control[control["date"] == day]
    return own["side"].to_numpy(dtype=object), own.geometry.to_numpy()


def _ground_of_agreement(results: AgreementResults) -> dict[str, Any]:
    days = results.totals["date"]
    return {
        "states": (
            [f"{day:%Y-%m-%d}" for _ in results.held for day in days],
            [_state(source, day) for source in results.held for day in days],
        ),
        "districts": results.districts,
        "title": results.titled(every_day=True),
        "followed": (results.side,),
        "sides": results.sides,
        "labels": results.labels,
    }


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
