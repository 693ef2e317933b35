"""``frontlines compare``: what two sources say of the same day."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from frontlines.cli.options import (
    AS,
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
    ReachM,
    Report,
    Rest,
    Side,
    SideNames,
    SnapM,
    Theatre,
    Title,
    describes_sources,
    one_side,
    sides_named,
)
from frontlines.cli.refusing import shows_errors
from frontlines.errors import StudyError
from frontlines.names import BORDER_M, SNAP_M, UNKNOWN, counted
from frontlines.progress import part, reporting
from frontlines.sources.description import Description
from frontlines.study.agreement import run_agreement, run_net_by_source
from frontlines.study.many_days import sources_from_files

_TWO = 2


@shows_errors
@describes_sources
def compare(
    first: Annotated[
        Path, typer.Argument(metavar="A", help="One source: a file or folder of ground, lines or places.")
    ],
    second: Annotated[Path, typer.Argument(metavar="B", help="The other source.")],
    others: Annotated[
        list[Path] | None, typer.Argument(metavar="C", help="With --dates: more sources.")
    ] = None,
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
    dates: Annotated[
        tuple[datetime, datetime] | None,
        typer.Option(
            "--dates",
            formats=["%Y-%m-%d"],
            metavar="FIRST LAST",
            help="Compare net change between two days, by two sources or more.",
        ),
    ] = None,
    published: Annotated[
        list[str] | None,
        typer.Option("--as", metavar="NAME", help=f"{AS} Once for all, or for each source; '' for none."),
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
    sigma_m: Annotated[
        list[float] | None,
        typer.Option(
            "--sigma-m",
            **METRES,
            help="With --dates: standard error [m] of lines that have no 'sigma_m' of their own; once for "
            "all, or for each source.",
        ),
    ] = None,
    correlation_m: CorrelationM = None,
    border_m: BorderM = None,
    margin_m: MarginM = None,
    rest: Rest = None,
    snap_m: SnapM = None,
    reach_m: ReachM = None,
    label: Label = None,
    title: Title = None,
    side_names: SideNames = None,
    mend: Mend = None,
    report: Report = False,
    force: Force = False,
    *,
    description: Description,
) -> None:
    """Compare what sources say of one side's ground: of two on the same day, or the net change by more."""
    from frontlines.study import outputs  # noqa: PLC0415 - drawing is heavy, help and checks need not wait
    from frontlines.study.readable import agreement_table, nets_table, show  # noqa: PLC0415

    of_side, sources = one_side(side), [first, second, *(others or ())]
    _require_fitting(sources, named, net=dates is not None, errors=bool(sigma_m or correlation_m))
    files = outputs.NETS_FILES if dates else (*outputs.AGREEMENT_FILES, *outputs.AGREEMENT_IF_ANY)
    free = outputs.only_run_in(out, files, force=force, inputs=(*sources, *(districts or ()), theatre))
    with free, reporting(True) as progress:
        progress(0.02, "reading")
        read = sources_from_files(
            sources,
            districts=districts or (),
            key=key,
            side=of_side,
            theatre=theatre,
            dates=[f"{day:%Y-%m-%d}" for day in dates or ([date] if date else [])],
            publishers=_of_each(published, len(sources)),
            named=named or (),
            rest=rest or UNKNOWN,
            snap_m=SNAP_M if snap_m is None else snap_m,
            reach_m=reach_m,
            mend=mend or False,
            description=description,
        )
        method: dict[str, Any] = {"border_m": BORDER_M if border_m is None else border_m}
        method |= {"margin_m": margin_m, "sides": sides_named(side_names), "title": title}
        if dates:
            progress(0.3, "net change by each source")
            method |= {"sigma_m": sigma_m or (), "correlation_m": correlation_m}
            by_name = dict(zip(read.names, read.control, strict=True))
            nets = run_net_by_source(by_name, read.theatre, of_side, dates, record=read.record, **method)
            with outputs.staged(out) as folder:
                written_files = outputs.write_nets(nets, folder)
            show(nets_table(nets), out, written_files)
            return
        (one, other), names = read.control, (read.names[0], read.names[1])
        results = run_agreement(
            one, other, read.districts, of_side, theatre=read.theatre, names=names, label=label,
            apart_m=apart_m or (), record=read.record, progress=part(progress, 0.3, 0.7), **method,
        )  # fmt: skip
        progress(0.7, "drawing and writing")
        with outputs.staged(out, stale=outputs.AGREEMENT_IF_ANY) as folder:
            written_files = outputs.write_agreement(results, folder, page=report)
    show(agreement_table(results), out, written_files)


def _require_fitting(sources: list[Path], named: list[str] | None, *, net: bool, errors: bool) -> None:
    """Refuse numbers of sources and names, and options, that do not fit together."""
    if len(sources) > _TWO and not net:
        given = counted(len(sources), "source")
        raise StudyError(f"{given}: give two, or two or more with --dates FIRST LAST for their net change")
    if len(named or ()) not in (0, len(sources)):
        raise StudyError(f"--source names all sources: give it {len(sources)} times, for A, then for B")
    if errors and not net:
        raise StudyError("--sigma-m and --correlation-m are for net change: give --dates FIRST LAST too")


def _of_each(published: list[str] | None, number: int) -> list[str | None]:
    """Give a publisher to each of the sources."""
    given = published or [""]
    if len(given) not in (1, number):
        raise StudyError(f"--as is given once for all sources, or {number} times, for A and then for B")
    return [one or None for one in (given * number if len(given) == 1 else given)]
