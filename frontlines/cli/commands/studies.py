"""Commands that compare days of studies, or of files: ``run``, ``change``, ``displacement``, ``batch``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

import frontlines as fl
from frontlines.cli.answering import answer
from frontlines.cli.options import (
    METRES,
    OF_GROUND,
    OF_MAP,
    OF_STUDY,
    OPTIONS,
    Saving,
    asks,
    given,
    saves_answers,
    takes_options,
)  # fmt: skip
from frontlines.cli.refusing import FAULTY, console, one_line, shows_errors
from frontlines.errors import StudyError
from frontlines.names import COPIES, LENGTH_M, SMOOTHING_M, SPACING_M, measure, plain
from frontlines.progress import Report, part, reporting

_TABLE_OF = {"title": "study", "side": "study", "label": "layers", "settlements": "layers", "around": "map"}
_TABLE_OF |= {"key": "layers", "population": "layers", "population_per": "layers"}

OF_AREAS = ("population", "population_per", "sliver_m", "correlation_m", "draws", "workers", "scheduler")
"""Options of the commands that measure areas."""


class Crossing(StrEnum):
    """Rules for several crossings."""

    nearest = "nearest"
    first = "first"
    last = "last"
    all = "all"


def _bundled() -> list[str]:
    """Name the bundled studies."""
    from frontlines.datasets import available

    return available()


@shows_errors
@saves_answers
@asks(*OF_STUDY, *OF_MAP, *OF_AREAS)
def run(
    study: Annotated[
        str,
        typer.Argument(
            metavar="STUDY",
            help="A bundled study (see `frontlines datasets`), a study.toml or its folder.",
            autocompletion=_bundled,
        ),
    ],
    *,
    asked: dict[str, Any],
    saving: Saving,
) -> None:
    """Compare the two dates of a study, district by district; write tables, layers and a map.

    Options go before what the study says.
    """
    from frontlines.study.files import files_of, open_study

    shared = {name: asked.pop(name) for name in ("workers", "scheduler") if name in asked}

    def ask(report: Report) -> fl.Results:
        return fl.run_study(open_study(study, changes=changes_of(**asked)), **shared, progress=report)

    answer(ask, "change", saving, files_of(study), asked)


@shows_errors
@saves_answers
@asks(*OF_GROUND, *OF_STUDY, *OF_MAP, *OF_AREAS)
def change(
    before: Annotated[
        Path,
        typer.Argument(
            metavar="BEFORE", help="Control polygons, frontlines or places with a side on the earlier day."
        ),
    ],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="The same on the later day.")],
    *,
    asked: dict[str, Any],
    saving: Saving,
) -> None:
    """Compare two files of control polygons, frontlines or places with a side, district by district."""
    answer(
        lambda report: fl.compare(before, after, **asked, progress=report),
        "change",
        saving,
        (before, after),
        asked,
    )


@shows_errors
@saves_answers
@asks(*OF_GROUND, *OF_STUDY, *OF_MAP)
def displacement(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="BEFORE AFTER …",
            help="Control polygons or frontlines, the earliest file first; or one study, as for `run`.",
        ),
    ],
    spacing_m: Annotated[
        float, typer.Option("--spacing-m", **METRES, help="Distance between transects [m].")
    ] = SPACING_M,
    length_m: Annotated[
        float, typer.Option("--length-m", **METRES, help="How far a transect reaches either way [m].")
    ] = LENGTH_M,
    smoothing_m: Annotated[
        float,
        typer.Option(
            "--smoothing-m", **METRES, help="Length over which the line's direction is smoothed [m]."
        ),
    ] = SMOOTHING_M,
    crossing: Annotated[
        Crossing, typer.Option("--crossing", help="Which of several crossings counts.")
    ] = Crossing.nearest,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", help="Lines to cast transects across, not the front."),
    ] = None,
    axis: Annotated[
        Path | None,
        typer.Option("--axis", metavar="FILE", help="One line along the movement; its copies are transects."),
    ] = None,
    copies: Annotated[
        int, typer.Option("--copies", metavar="NUMBER", help="Copies of the axis on either side of it.")
    ] = COPIES,
    *,
    asked: dict[str, Any],
    saving: Saving,
) -> None:
    """Measure how far the front of one side moved: transects, rates, areas and distances side by side."""
    from frontlines.sources.files import Reading
    from frontlines.study.files import files_of

    read = [*sources] if len(sources) > 1 else files_of(str(sources[0]))
    read += [path for path in (baseline, axis) if path is not None]

    def ask(report: Report) -> fl.MovementResults:
        report(0.0, "reading")
        study, reading = _study_of(sources, asked), Reading(description=asked["description"])
        drawn = {
            name: reading.layer(path, name) if path else None
            for name, path in (("baseline", baseline), ("axis", axis))
        }
        return fl.run_movement(
            replace(study, inputs=(*study.inputs, *reading.inputs())),
            spacing_m=spacing_m,
            length_m=length_m,
            smoothing_m=smoothing_m,
            crossing=crossing.value,
            copies=copies,
            title=asked.get("title"),
            progress=part(report, 0.1, 1.0),
            **drawn,
        )

    answer(ask, "movement", saving, read, asked)


@shows_errors
@saves_answers
@takes_options({name: OPTIONS[name] for name in ("workers", "scheduler")}, given, "shared")
def batch(
    studies: Annotated[
        Path,
        typer.Argument(
            metavar="STUDIES.toml",
            help='Under [studies] a line for each: name = "folder/study.toml", or a bundled study.',
        ),
    ],
    *,
    shared: dict[str, Any],
    saving: Saving,
) -> None:
    """Run many studies as `run` does, each into a folder of its own; write their figures into one table.

    A study that fails is told, and takes no other along; then the exit code is 2.
    """
    from rich.table import Table
    from rich.text import Text

    from frontlines.scale import executor
    from frontlines.study.batch import STUDIES, read_batch, run_batch

    listed = read_batch(studies)
    with reporting(not console().quiet) as report, executor(**shared) as pool:
        found = run_batch(listed, saving.out, saving.wanted, pool, report, force=saving.force, say=one_line)
    rows = json.loads(found.to_json(orient="records", force_ascii=False))
    if saving.json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        table = Table(
            *(name.replace("_", " ").replace("km2", "km²") for name in found.columns if name != "error")
        )
        for row in rows:
            cells = [row[name] for name in found.columns if name != "error"]
            texts = ["" if one is None else one if isinstance(one, str) else measure(one) for one in cells]
            table.add_row(*(Text(plain(text)) for text in texts))
        console().print(table)
    failed = {row["study"]: row["error"] for row in rows if row.get("error")}
    for name, why in failed.items():
        console(stderr=True).print(Text(f"error: {name}: {why}"), style="red", soft_wrap=True)
    written = f"written to {saving.out}: {STUDIES}, and {len(listed) - len(failed)} of {len(listed)} studies"
    console(stderr=True).print(written, soft_wrap=True)
    if failed:
        raise typer.Exit(FAULTY)


def _study_of(sources: list[Path], asked: dict[str, Any]) -> fl.Study:
    """Read one study, or files of two and more days on their ground."""
    if len(sources) == 1:
        if {"districts", "theatre"} & set(asked):
            raise StudyError("a study brings its own layers: pass it alone, or two files")
        from frontlines.study.files import open_study

        return open_study(str(sources[0]), changes=changes_of(**asked))
    return fl.study_from_files(sources[0], sources[-1], between=sources[1:-1], **asked)


def changes_of(
    days: tuple[str | None, str | None], sides: Mapping[str, str], **others: Any
) -> dict[str, dict[str, Any]]:
    """Write the options of a study as entries that go before those of its file."""
    changes: dict[str, dict[str, Any]] = {"study": {}, "sides": dict(sides), "layers": {}, "method": {}}
    changes |= {"colours": others.pop("colours", {}), "map": {}}
    if any(days):
        changes["study"]["dates"] = [None if one is None else date.fromisoformat(one) for one in days]
    if source := others.pop("source", None):
        changes["study"]["sources"] = [source]
    for name, value in others.items():
        if isinstance(value, fl.Description):
            changes["layers"] |= _description_entries(value)
            continue
        entry = str(value.absolute()) if isinstance(value, Path) else value
        changes[_TABLE_OF.get(name, "method")][name] = entry
    return changes


def _description_entries(description: fl.Description) -> dict[str, Any]:
    """Write what is described as entries of [layers] of a study, which go before those of its file."""
    said = {name: value for name, value in asdict(description).items() if value}
    if publisher := said.pop("publisher", None):
        said["as"] = str(Path(publisher).absolute()) if publisher.endswith(".toml") else publisher
    if "sides" in said:
        said["map"] = {value: side or "" for value, side in said.pop("sides").items()}
    if "where" in said:
        said["where"] = {column: list(values) for column, values in said["where"].items()}
    if "side_at" in said:
        said["side_at"] = {side: [list(one) for one in places] for side, places in said["side_at"].items()}
    return said
