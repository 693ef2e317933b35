"""``frontlines series``: many snapshots, from a folder or a file to tables and a chart."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from frontlines.cli.answering import answer
from frontlines.cli.options import (
    METRES,
    BorderM,
    CorrelationM,
    Districts,
    Jobs,
    Key,
    Label,
    MarginM,
    Mend,
    Population,
    PopulationPer,
    ReachM,
    Rest,
    Saving,
    Settlements,
    Side,
    SideNames,
    SigmaM,
    SnapM,
    Source,
    Theatre,
    Title,
    describes_layers,
    given,
    saves_answers,
    sides_named,
)
from frontlines.cli.refusing import shows_errors
from frontlines.progress import Report
from frontlines.series.differences import TOLERANCE_M
from frontlines.series.periods import FREQUENCIES
from frontlines.sources.description import Description
from frontlines.study import SeriesResults, follow
from frontlines.study.record import read_previous

Freq = StrEnum("Freq", {name: name for name in FREQUENCIES})  # type: ignore[misc]
"""Steps to sum up in."""


@shows_errors
@saves_answers
@describes_layers
def series(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE",
            help="A file with a column 'date', or a folder of files with a day in their names.",
        ),
    ],
    districts: Districts = None,
    side: Side = None,
    key: Key = "district",
    theatre: Theatre = None,
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
    border_m: BorderM = None,
    margin_m: MarginM = None,
    snap_m: SnapM = None,
    reach_m: ReachM = None,
    settlements: Settlements = None,
    population: Population = None,
    population_per: PopulationPer = None,
    rest: Rest = None,
    sigma_m: SigmaM = None,
    correlation_m: CorrelationM = None,
    panels: Annotated[
        bool, typer.Option("--panels", help="Draw the districts that changed most, side by side.")
    ] = False,
    film: Annotated[
        bool, typer.Option("--film", help="Make moving pictures, a frame for each snapshot.")
    ] = False,
    label: Label = None,
    title: Title = None,
    named: Source = None,
    side_names: SideNames = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the series in --out; only later steps are computed.")
    ] = False,
    mend: Mend = None,
    jobs: Jobs = 1,
    *,
    description: Description,
    saving: Saving,
) -> None:
    """Follow sides through many snapshots; write a table for each step and district, and charts."""
    asked = given(
        theatre=theatre, settlements=settlements, population=population, population_per=population_per,
        source=named, day=day, front_m=front_m, border_m=border_m, margin_m=margin_m, snap_m=snap_m,
        reach_m=reach_m, rest=rest, sigma_m=sigma_m, correlation_m=correlation_m, label=label, title=title,
        mend=mend, every=freq and freq.value,
    )  # fmt: skip

    def ask(report: Report) -> SeriesResults:
        return follow(
            source,
            districts or (),
            side=side,
            key=key,
            tolerance_m=tolerance_m,
            sides=sides_named(side_names),
            description=description,
            previous=read_previous(saving.out) if resume else None,
            jobs=jobs,
            progress=report,
            **asked,
        )

    inputs = (source, *(districts or ()), theatre, settlements, population)
    answer(ask, "series", saving.also(panels=panels, film=film), inputs, resume=resume)
