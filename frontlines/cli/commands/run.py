"""``frontlines run``: a study, from its layers to a printed map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from frontlines.cli.options import (
    CorrelationM,
    Draws,
    Force,
    Out,
    Population,
    PopulationPer,
    Report,
    SliverM,
    asks_for_study,
    changes_of,
    given,
    shows_errors,
)
from frontlines.progress import part, reporting
from frontlines.study import Study, run_study
from frontlines.study.files import files_of, open_study


@shows_errors
@asks_for_study
def run(
    study: Annotated[
        str,
        typer.Argument(metavar="STUDY", help="A bundled study (see `frontlines datasets`) or a study.toml."),
    ],
    out: Out = Path("out"),
    population: Population = None,
    population_per: PopulationPer = None,
    sliver_m: SliverM = None,
    correlation_m: CorrelationM = None,
    draws: Draws = None,
    report: Report = False,
    force: Force = False,
    *,
    asked: dict[str, Any],
) -> None:
    """Compare the two dates of a study, district by district; write tables, layers and a map.

    Options go before what the study says.
    """
    asked |= given(population=population, population_per=population_per)
    asked |= given(sliver_m=sliver_m, correlation_m=correlation_m, draws=draws)
    compare(
        lambda: open_study(study, changes=changes_of(**asked)),
        out,
        force=force,
        page=report,
        inputs=[*files_of(study), asked.get("settlements"), population],
    )


def compare(
    read: Callable[[], Study], out: Path, *, force: bool, page: bool, inputs: Sequence[Path | None]
) -> None:
    """Compare the two dates of a study, write what was found and print the balance."""
    from frontlines.cli import outputs  # noqa: PLC0415 - drawing is heavy, help and checks need not wait
    from frontlines.cli.printing import balance_table, show  # noqa: PLC0415

    files = (*outputs.FILES, *outputs.IF_ANY)
    with outputs.only_run_in(out, files, force=force, inputs=inputs), reporting(True) as report:
        report(0.05, "reading")
        study = read()
        results = run_study(study, progress=part(report, 0.2, 0.6))
        report(0.6, "drawing and writing")
        with outputs.staged(out, stale=outputs.IF_ANY) as folder:
            written = outputs.write_results(results, folder, page=page)
    show(balance_table(results), out, written)
