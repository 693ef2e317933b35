"""``frontlines compare``: what two sources say of the same day."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

import frontlines as fl
from frontlines.cli.answering import answer
from frontlines.cli.options import AS, METRES, OF_GROUND, OF_MAP, Saving, asks, given, one_side, saves_answers
from frontlines.cli.refusing import shows_errors
from frontlines.errors import StudyError
from frontlines.names import counted

_TWO = 2


@shows_errors
@saves_answers
@asks(
    *OF_GROUND, *OF_MAP, "side", "rest", "label", "title", "side_names", "snap_m", "border_m", "reach_m",
    "margin_m", "correlation_m", "mend", but=["publisher"],
)  # fmt: skip
def compare(
    first: Annotated[
        Path, typer.Argument(metavar="A", help="One source: a file or folder of ground, lines or places.")
    ],
    second: Annotated[Path, typer.Argument(metavar="B", help="The other source.")],
    others: Annotated[
        list[Path] | None, typer.Argument(metavar="C", help="With --dates: more sources.")
    ] = None,
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
        typer.Option("--source", metavar="TEXT", help="What to call A, then B; else by their files."),
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
    *,
    asked: dict[str, Any],
    saving: Saving,
) -> None:
    """Compare what sources say of one side's ground: of two on the same day, or the net change by more."""
    sources = [first, second, *(others or ())]
    errors = bool(sigma_m or "correlation_m" in asked)
    _require_fitting(sources, named, net=dates is not None, errors=errors, page=saving.wanted.report)
    asked |= {"side": one_side(asked.get("side")), "publishers": _of_each(published, len(sources))}
    asked |= given(names=named)
    if dates:
        from frontlines.study.questions import net_changes

        asked |= given(sigma_m=sigma_m, dates=[f"{day:%Y-%m-%d}" for day in dates])
        answer(lambda report: net_changes(sources, **asked, progress=report), "nets", saving, sources, asked)
        return
    asked |= given(apart_m=apart_m, date=date and f"{date:%Y-%m-%d}")
    answer(
        lambda report: fl.agreement(first, second, **asked, progress=report),
        "agreement",
        saving,
        sources,
        asked,
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
