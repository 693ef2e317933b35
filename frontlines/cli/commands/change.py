"""``frontlines change``: two files of anybody's, from polygons or lines to a printed map."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from frontlines.cli.options import (
    BorderM,
    CorrelationM,
    Districts,
    Draws,
    Force,
    Key,
    Mend,
    Out,
    Rest,
    Side,
    Sigma,
    SliverM,
    SnapM,
    Theatre,
    shows_errors,
)
from frontlines.names import BORDER_M, SLIVER_M, SNAP_M, UNKNOWN
from frontlines.study.files import study_from_files


@shows_errors
def change(
    before: Annotated[
        Path, typer.Argument(metavar="BEFORE", help="Control polygons or frontlines on the earlier day.")
    ],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="The same on the later day.")],
    districts: Districts,
    key: Key,
    side: Side,
    out: Out = Path("out"),
    theatre: Theatre = None,
    rest: Rest = UNKNOWN,
    date_before: Annotated[
        datetime | None,
        typer.Option(
            "--date-before",
            formats=["%Y-%m-%d"],
            metavar="YYYY-MM-DD",
            help="Day to take from BEFORE, or to give it.",
        ),
    ] = None,
    date_after: Annotated[
        datetime | None,
        typer.Option(
            "--date-after",
            formats=["%Y-%m-%d"],
            metavar="YYYY-MM-DD",
            help="Day to take from AFTER, or to give it.",
        ),
    ] = None,
    snap_m: SnapM = SNAP_M,
    sliver_m: SliverM = SLIVER_M,
    border_m: BorderM = BORDER_M,
    sigma: Sigma = None,
    correlation_m: CorrelationM = None,
    draws: Draws = None,
    mend: Mend = False,
    force: Force = False,
) -> None:
    """Compare two files of control polygons or frontlines, district by district."""
    from frontlines.cli.compare import compare  # noqa: PLC0415 - drawing is heavy, help and checks need not wait

    days = [day.strftime("%Y-%m-%d") if day else None for day in (date_before, date_after)]
    compare(
        lambda: study_from_files(
            before,
            after,
            districts=districts,
            key=key,
            side=side,
            theatre=theatre,
            days=(days[0], days[1]),
            rest=rest,
            snap_m=snap_m,
            sliver_m=sliver_m,
            border_m=border_m,
            mend=mend,
        ),
        out,
        force=force,
        inputs=(before, after, districts, theatre),
        errors=(sigma, correlation_m, draws),
    )
