"""``frontlines series``: many snapshots, from a folder or a file to tables and a chart."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from frontlines.cli.options import (
    METRES,
    BorderM,
    CorrelationM,
    Districts,
    Force,
    Key,
    Label,
    MarginM,
    Mend,
    Out,
    Population,
    PopulationPer,
    ReachM,
    Report,
    Rest,
    Settlements,
    Side,
    SideNames,
    SigmaM,
    SnapM,
    Source,
    Theatre,
    Title,
    describes_layers,
    sides_named,
)
from frontlines.cli.refusing import shows_errors
from frontlines.names import SNAP_M, UNKNOWN
from frontlines.progress import part, reporting
from frontlines.series.differences import TOLERANCE_M
from frontlines.series.periods import FREQUENCIES
from frontlines.sources.description import Description
from frontlines.study import run_series
from frontlines.study.many_days import snapshots_from_files

Freq = StrEnum("Freq", {name: name for name in FREQUENCIES})  # type: ignore[misc]
"""Steps to sum up in."""


@shows_errors
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
    out: Out = Path("out"),
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
    report: Report = False,
    force: Force = False,
    *,
    description: Description,
) -> None:
    """Follow sides through many snapshots; write a table for each step and district, and charts."""
    from frontlines.study import outputs  # noqa: PLC0415 - drawing is heavy, help and checks need not wait
    from frontlines.study.readable import odd_days_counted, series_table, show  # noqa: PLC0415

    also = {"fronts.csv": front_m, "districts.png": panels, "series.gif": film}
    files = (*outputs.SERIES_FILES, *(name for name, wanted in also.items() if wanted))
    inputs, more = (source, *(districts or ()), theatre, settlements, population), outputs.SERIES_IF_ANY
    free = outputs.only_run_in(out, (*files, *more), force=force or resume, inputs=inputs)
    with free, reporting(True) as progress:
        previous = outputs.read_previous(out) if resume else None
        progress(0.02, "reading")
        read = snapshots_from_files(
            source,
            districts=districts or (),
            key=key,
            side=side,
            settlements=settlements, population=population, population_per=population_per, theatre=theatre,
            named=named, snap_m=SNAP_M if snap_m is None else snap_m, reach_m=reach_m, mend=mend or False,
            description=description,
        )  # fmt: skip
        results = run_series(
            read.control,
            read.districts,
            side,
            freq=freq.value if freq else None,
            day=day,
            tolerance_m=tolerance_m,
            front_m=front_m or (),
            border_m=border_m,
            settlements=read.settlements,
            population=read.population,
            rest=rest or UNKNOWN,
            sigma_m=sigma_m,
            correlation_m=correlation_m,
            frontlines=read.frontlines,
            margin_m=margin_m,
            label=label,
            sides=sides_named(side_names),
            title=title,
            record=read.record,
            previous=previous,
            progress=part(progress, 0.3, 0.6),
        )
        progress(0.6, "drawing and writing")
        with outputs.staged(out, stale=(*also, *more)) as folder:
            found = outputs.write_series(results, folder, panels=panels, film=film, page=report)
    show(series_table(results), out, (*files, *found), odd_days_counted(results.manifest["odd"]))
