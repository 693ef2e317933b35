"""``frontlines change``: two files of control polygons or lines, to a printed map."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from frontlines.cli.answering import answer
from frontlines.cli.options import (
    CorrelationM,
    Districts,
    Draws,
    Jobs,
    Key,
    Population,
    PopulationPer,
    Saving,
    SliverM,
    Theatre,
    asks_for_study,
    given,
    saves_answers,
)
from frontlines.cli.refusing import shows_errors
from frontlines.study import compare


@shows_errors
@saves_answers
@asks_for_study
def change(
    before: Annotated[
        Path,
        typer.Argument(
            metavar="BEFORE", help="Control polygons, frontlines or places with a side on the earlier day."
        ),
    ],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="The same on the later day.")],
    districts: Districts = None,
    key: Key = "district",
    theatre: Theatre = None,
    population: Population = None,
    population_per: PopulationPer = None,
    sliver_m: SliverM = None,
    correlation_m: CorrelationM = None,
    draws: Draws = None,
    jobs: Jobs = 1,
    *,
    asked: dict[str, Any],
    saving: Saving,
) -> None:
    """Compare two files of control polygons, frontlines or places with a side, district by district."""
    asked |= given(population=population, population_per=population_per)
    asked |= given(sliver_m=sliver_m, correlation_m=correlation_m, draws=draws)
    ground: dict[str, Any] = {"districts": districts or (), "key": key, "theatre": theatre}
    answer(
        lambda report: compare(before, after, **ground, **asked, jobs=jobs, progress=report),
        "change",
        saving,
        (before, after, *(districts or ()), theatre, asked.get("settlements"), population),
    )
