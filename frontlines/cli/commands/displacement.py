"""``frontlines displacement``: how far a front moved, by every definition side by side."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

import frontlines as fl
from frontlines.cli.answering import answer
from frontlines.cli.commands.run import changes_of
from frontlines.cli.options import METRES, OF_GROUND, OF_MAP, OF_STUDY, Saving, asks, saves_answers
from frontlines.cli.refusing import shows_errors
from frontlines.errors import StudyError
from frontlines.names import COPIES, LENGTH_M, SMOOTHING_M, SPACING_M
from frontlines.progress import Report, part


class Crossing(StrEnum):
    """Rules for several crossings."""

    nearest = "nearest"
    first = "first"
    last = "last"
    all = "all"


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


def _study_of(sources: list[Path], asked: dict[str, Any]) -> fl.Study:
    """Read one study, or files of two and more days on their ground."""
    if len(sources) == 1:
        if {"districts", "theatre"} & set(asked):
            raise StudyError("a study brings its own layers: pass it alone, or two files")
        from frontlines.study.files import open_study

        return open_study(str(sources[0]), changes=changes_of(**asked))
    return fl.study_from_files(sources[0], sources[-1], between=sources[1:-1], **asked)
