"""``frontlines series``: many snapshots, from a folder or a file to tables and a chart."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

import frontlines as fl
from frontlines.cli.answering import answer
from frontlines.cli.options import METRES, OF_GROUND, OF_MAP, Saving, asks, given, saves_answers
from frontlines.cli.refusing import console, shows_errors
from frontlines.names import FREQUENCIES, TOLERANCE_M, counted
from frontlines.progress import Report

Freq = StrEnum("Freq", {name: name for name in FREQUENCIES})  # type: ignore[misc]
"""Steps to sum up in."""

Which = StrEnum("Which", {"all": "all", "changed": "changed"})
"""Rows of the table."""


@shows_errors
@saves_answers
@asks(
    *OF_GROUND, *OF_MAP, "side", "settlements", "population", "population_per", "rest", "label", "title",
    "source", "side_names", "snap_m", "border_m", "reach_m", "margin_m", "sigma_m", "correlation_m", "mend",
    "workers", "scheduler",
)  # fmt: skip
def series(
    snapshots: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE",
            help="A file with a column 'date', or a folder of files with a day in their names.",
        ),
    ],
    freq: Annotated[
        Freq | None,
        typer.Option(
            "--freq",
            metavar="STEP",
            help="Steps: day, week, month, quarter, year (or D, W, MS, QS, YS); by default every snapshot.",
        ),
    ] = None,
    day: Annotated[
        int | None,
        typer.Option(
            "--day",
            metavar="NUMBER",
            help="Day of the month on which months, quarters and years end, such as 2: from the 2nd to the "
            "2nd; by default their last day.",
        ),
    ] = None,
    tolerance_m: Annotated[
        float,
        typer.Option("--tolerance-m", **METRES, help="A vertex that moved less is the same vertex [m]."),
    ] = TOLERANCE_M,
    front_m: Annotated[
        list[float] | None,
        typer.Option(
            "--front-length",
            **METRES,
            help="Measure the front at this resolution [m]; may be given several times.",
        ),
    ] = None,
    panels: Annotated[
        bool, typer.Option("--panels", help="Draw the districts that changed most, side by side.")
    ] = False,
    free_scale: Annotated[
        bool, typer.Option("--free-scale", help="As --panels, each district on a scale of its own.")
    ] = False,
    film: Annotated[
        bool, typer.Option("--film", help="Make moving pictures, a frame for each snapshot.")
    ] = False,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on from the series in --out, whole or broken off; only later days are checked and "
            "followed.",
        ),
    ] = False,
    rows: Annotated[
        Which | None,
        typer.Option(
            "--rows",
            metavar="WHICH",
            help="all: a row for each step and district; changed: without those in which nothing changed; by "
            "default all, up to 100,000 rows.",
        ),
    ] = None,
    *,
    asked: dict[str, Any],
    saving: Saving,
) -> None:
    """Follow sides through many snapshots; write a table for each step and district, and charts."""
    asked |= given(every=freq and freq.value, day=day, front_m=front_m, tolerance_m=tolerance_m)
    asked |= given(rows=rows and rows.value)

    def ask(report: Report) -> fl.SeriesResults:
        from frontlines.study.record import read_previous

        previous = read_previous(saving.out) if resume else None
        return fl.follow(snapshots, **asked, previous=previous, keep=keep, progress=report)

    def keep(rows: Any, manifest: dict[str, Any]) -> None:
        from frontlines.study.record import write_unfinished

        write_unfinished(saving.out, rows, manifest)
        done = counted(len(manifest["snapshots"]), "day")
        told = f"{done} are finished and kept in {saving.out}: go on with --resume"
        console(stderr=True).print(told, soft_wrap=True)

    saving = saving.also(panels=panels or free_scale, free_scale=free_scale, film=film)
    answer(ask, "series", saving, [snapshots], asked, resume=resume)
