"""``frontlines change``: two files of control polygons or lines, to a printed map."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from frontlines.cli.commands.run import compare
from frontlines.cli.options import (
    Basemap,
    CorrelationM,
    Districts,
    Draws,
    Force,
    Key,
    NoContext,
    Out,
    Population,
    PopulationPer,
    Report,
    SideColours,
    SliverM,
    Theatre,
    asks_for_study,
    given,
    of_the_map,
)
from frontlines.cli.refusing import shows_errors
from frontlines.study import study_from_files


@shows_errors
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
    out: Out = Path("out"),
    theatre: Theatre = None,
    population: Population = None,
    population_per: PopulationPer = None,
    sliver_m: SliverM = None,
    correlation_m: CorrelationM = None,
    draws: Draws = None,
    side_colours: SideColours = None,
    no_context: NoContext = False,
    basemap: Basemap = False,
    report: Report = False,
    force: Force = False,
    *,
    asked: dict[str, Any],
) -> None:
    """Compare two files of control polygons, frontlines or places with a side, district by district."""
    asked |= given(population=population, population_per=population_per)
    asked |= given(sliver_m=sliver_m, correlation_m=correlation_m, draws=draws)
    asked |= of_the_map(side_colours, no_context=no_context, basemap=basemap)
    compare(
        lambda: study_from_files(before, after, districts=districts or (), key=key, theatre=theatre, **asked),
        out,
        force=force,
        page=report,
        inputs=(before, after, *(districts or ()), theatre, asked.get("settlements"), population),
    )
