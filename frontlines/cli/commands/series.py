"""``frontlines series``: many snapshots, from a folder or a file to tables and a chart."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from frontlines.cli.options import (
    BorderM,
    Districts,
    Force,
    Key,
    Label,
    Mend,
    Out,
    ReachM,
    Side,
    SideNames,
    Source,
    Title,
    describes_layers,
    shows_errors,
    sides_named,
)
from frontlines.progress import part, reporting
from frontlines.series.differences import TOLERANCE_M
from frontlines.sources.description import Description
from frontlines.sources.publishers import PUBLISHERS
from frontlines.sources.snapshots import PLAIN
from frontlines.study import run_series
from frontlines.study.many_days import snapshots_from_files

_FORMATS = f"{PLAIN} or a publisher's: {', '.join(PUBLISHERS)}"


class Freq(StrEnum):
    """Steps to sum up in."""

    D = "D"
    W = "W"
    MS = "MS"
    QS = "QS"
    YS = "YS"


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
    districts: Districts,
    side: Side = None,
    key: Key = "district",
    out: Out = Path("out"),
    freq: Annotated[
        Freq | None,
        typer.Option("--freq", help="Steps: day, week, month, quarter, year; by default every snapshot."),
    ] = None,
    tolerance_m: Annotated[
        float,
        typer.Option(
            "--tolerance-m", min=0, metavar="METRES", help="A vertex that moved less is the same vertex [m]."
        ),
    ] = TOLERANCE_M,
    written: Annotated[
        str, typer.Option("--format", metavar="NAME", help=f"How the snapshots are written: {_FORMATS}.")
    ] = PLAIN,
    front_m: Annotated[
        list[float] | None,
        typer.Option(
            "--front-length",
            min=0,
            metavar="METRES",
            help="Measure the front at this resolution [m], which needs --border-m; may be given several "
            "times.",
        ),
    ] = None,
    border_m: BorderM = None,
    reach_m: ReachM = None,
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
    mend: Mend = False,
    force: Force = False,
    *,
    description: Description,
) -> None:
    """Follow sides through many snapshots; write a table for each step and district, and charts."""
    from frontlines.cli import outputs  # noqa: PLC0415 - drawing is heavy, help and checks need not wait
    from frontlines.cli.printing import odd_days_counted, series_table, show  # noqa: PLC0415

    also = {"fronts.csv": front_m, "districts.png": panels, "series.gif": film}
    files = (*outputs.SERIES_FILES, *(name for name, wanted in also.items() if wanted))
    outputs.refuse_overwriting(out, files, force=force or resume, inputs=(source, districts))
    previous = outputs.read_previous(out) if resume else None
    with reporting(True) as report:
        report(0.02, "reading")
        read = snapshots_from_files(
            source,
            districts=districts,
            key=key,
            side=side or None,
            written=written,
            named=named,
            reach_m=reach_m,
            mend=mend,
            description=description,
        )
        results = run_series(
            read.control,
            read.districts,
            side or None,
            freq=freq.value if freq else None,
            tolerance_m=tolerance_m,
            front_m=front_m or (),
            border_m=border_m,
            label=label,
            sides=sides_named(side_names),
            title=title,
            record=read.record,
            previous=previous,
            progress=part(report, 0.3, 0.6),
        )
        report(0.6, "drawing and writing")
        with outputs.staged(out, stale=also) as folder:
            outputs.write_series(results, folder, panels=panels, film=film)
    show(series_table(results), out, files, odd_days_counted(results.manifest["odd"]))
