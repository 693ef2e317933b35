"""``frontlines compare``: what two sources say of the same day."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from frontlines.cli.options import (
    AS,
    METRES,
    BorderM,
    Districts,
    Force,
    Key,
    Label,
    MarginM,
    Mend,
    Out,
    ReachM,
    Rest,
    Side,
    SideNames,
    SnapM,
    Theatre,
    Title,
    describes_sources,
    one_side,
    shows_errors,
    sides_named,
)
from frontlines.errors import StudyError
from frontlines.names import BORDER_M, SNAP_M, UNKNOWN
from frontlines.progress import part, reporting
from frontlines.sources.description import Description
from frontlines.study import run_agreement
from frontlines.study.many_days import two_sources_from_files

_TWO = 2


@shows_errors
@describes_sources
def compare(
    first: Annotated[
        Path, typer.Argument(metavar="A", help="One source: a file or folder of ground, lines or places.")
    ],
    second: Annotated[Path, typer.Argument(metavar="B", help="The other source.")],
    districts: Districts = None,
    side: Side = None,
    key: Key = "district",
    out: Out = Path("out"),
    theatre: Theatre = None,
    date: Annotated[
        datetime | None,
        typer.Option(
            "--date",
            formats=["%Y-%m-%d"],
            metavar="YYYY-MM-DD",
            help="The day to compare, or to give to a file that says none; by default all that both show.",
        ),
    ] = None,
    published: Annotated[
        list[str] | None,
        typer.Option(
            "--as", metavar="NAME", help=f"{AS} Once for both, or for A and then for B; '' for none."
        ),
    ] = None,
    named: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            metavar="TEXT",
            help="What to call A, then B; else by their files.",
        ),
    ] = None,
    apart_m: Annotated[
        list[float] | None,
        typer.Option(
            "--apart-m",
            **METRES,
            help="Measure how much of each front lies farther than this from the other's [m]; may be given "
            "several times.",
        ),
    ] = None,
    border_m: BorderM = None,
    margin_m: MarginM = None,
    rest: Rest = None,
    snap_m: SnapM = None,
    reach_m: ReachM = None,
    label: Label = None,
    title: Title = None,
    side_names: SideNames = None,
    mend: Mend = None,
    force: Force = False,
    *,
    description: Description,
) -> None:
    """Compare what two sources say of one side's ground on the same day, district by district."""
    from frontlines.cli import outputs  # noqa: PLC0415 - drawing is heavy, help and checks need not wait
    from frontlines.cli.printing import agreement_table, show  # noqa: PLC0415

    of_side = one_side(side)
    if len(named or ()) not in (0, _TWO):
        raise StudyError("--source names both sources: give it twice, for A and then for B")
    files = (*outputs.AGREEMENT_FILES, *outputs.AGREEMENT_IF_ANY)
    free = outputs.only_run_in(out, files, force=force, inputs=(first, second, *(districts or ()), theatre))
    with free, reporting(True) as report:
        report(0.02, "reading")
        read = two_sources_from_files(
            first,
            second,
            districts=districts or (),
            key=key,
            side=of_side,
            theatre=theatre,
            day=None if date is None else f"{date:%Y-%m-%d}",
            publishers=_both(published),
            named=named or (),
            rest=rest or UNKNOWN,
            snap_m=SNAP_M if snap_m is None else snap_m,
            reach_m=reach_m,
            mend=mend or False,
            description=description,
        )
        results = run_agreement(
            read.first,
            read.second,
            read.districts,
            of_side,
            theatre=read.theatre,
            names=read.names,
            apart_m=apart_m or (),
            border_m=BORDER_M if border_m is None else border_m,
            margin_m=margin_m,
            label=label,
            sides=sides_named(side_names),
            title=title,
            record=read.record,
            progress=part(report, 0.3, 0.7),
        )
        report(0.7, "drawing and writing")
        with outputs.staged(out, stale=outputs.AGREEMENT_IF_ANY) as folder:
            written_files = outputs.write_agreement(results, folder)
    show(agreement_table(results), out, written_files)


def _both(published: list[str] | None) -> tuple[str | None, str | None]:
    """Give a publisher to each of the two sources."""
    given = published or [""]
    if len(given) > _TWO:
        raise StudyError("--as is given once for both sources, or twice, for A and then for B")
    return given[0] or None, given[-1] or None
