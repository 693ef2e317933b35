"""``frontlines compare``: what two sources say of the same day."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from frontlines.cli.answering import answer
from frontlines.cli.options import (
    AS,
    METRES,
    BorderM,
    CorrelationM,
    Districts,
    Key,
    Label,
    MarginM,
    Mend,
    ReachM,
    Rest,
    Saving,
    Side,
    SideNames,
    SnapM,
    Theatre,
    Title,
    describes_sources,
    given,
    one_side,
    saves_answers,
    sides_named,
)
from frontlines.cli.refusing import shows_errors
from frontlines.errors import StudyError
from frontlines.names import counted
from frontlines.sources.description import Description
from frontlines.study import agreement
from frontlines.study.questions import net_changes

_TWO = 2


@shows_errors
@saves_answers
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
    *,
    description: Description,
    saving: Saving,
) -> None:
    """Compare what sources say of one side's ground: of two on the same day, or the net change by more."""
    of_side, sources = one_side(side), [first, second, *(others or ())]
    errors, page = bool(sigma_m or correlation_m), saving.wanted.report
    _require_fitting(sources, named, net=dates is not None, errors=errors, page=page)
    inputs = (*sources, *(districts or ()), theatre)
    asked: dict[str, Any] = {"side": of_side, "key": key, "publishers": _of_each(published, len(sources))}
    asked |= {"names": named or (), "sides": sides_named(side_names), "description": description}
    asked |= given(
        theatre=theatre, rest=rest, snap_m=snap_m, reach_m=reach_m, mend=mend, border_m=border_m,
        margin_m=margin_m, title=title,
    )  # fmt: skip
    ground = districts or ()
    if dates:
        asked["dates"] = [f"{day:%Y-%m-%d}" for day in dates]
        asked |= given(sigma_m=sigma_m, correlation_m=correlation_m)
        answer(
            lambda report: net_changes(sources, ground, progress=report, **asked),
            "nets",
            saving,
            inputs,
        )
        return
    asked |= given(label=label, apart_m=apart_m, date=date and f"{date:%Y-%m-%d}")
    answer(
        lambda report: agreement(first, second, ground, progress=report, **asked),
        "agreement",
        saving,
        inputs,
    )


def _require_fitting(
    sources: list[Path], named: list[str] | None, *, net: bool, errors: bool, page: bool
) -> None:
    """Refuse numbers of sources and names, and options, that do not fit together."""
    if len(sources) > _TWO and not net:
        given = counted(len(sources), "source")
        raise StudyError(f"{given}: give two, or two or more with --dates FIRST LAST for their net change")
    if len(named or ()) not in (0, len(sources)):
        raise StudyError(f"--source names all sources: give it {len(sources)} times, for A, then for B")
    if errors and not net:
        raise StudyError("--sigma-m and --correlation-m are for net change: give --dates FIRST LAST too")
    if page and net:
        raise StudyError("there is no page of net change by several sources: leave --report out")


def _of_each(published: list[str] | None, number: int) -> list[str | None]:
    """Give a publisher to each of the sources."""
    given = published or [""]
    if len(given) not in (1, number):
        raise StudyError(f"--as is given once for all sources, or {number} times, for A and then for B")
    return [one or None for one in (given * number if len(given) == 1 else given)]
