"""``frontlines run``: a study, from its layers to a printed map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from frontlines.cli.options import (
    BorderM,
    CorrelationM,
    DateAfter,
    DateBefore,
    Draws,
    Force,
    Label,
    MarginM,
    Mend,
    Out,
    ReachM,
    Rest,
    Settlements,
    SideNames,
    SigmaM,
    SliverM,
    SnapM,
    Source,
    Title,
    changes_of,
    describes_layers,
    shows_errors,
    study_options,
)
from frontlines.progress import part, reporting
from frontlines.sources.description import Description
from frontlines.study import Study, run_study
from frontlines.study.files import open_study


@shows_errors
@describes_layers
def run(
    study: Annotated[
        str,
        typer.Argument(metavar="STUDY", help="A bundled study (see `frontlines datasets`) or a study.toml."),
    ],
    out: Out = Path("out"),
    date_before: DateBefore = None,
    date_after: DateAfter = None,
    rest: Rest = None,
    settlements: Settlements = None,
    label: Label = None,
    title: Title = None,
    source: Source = None,
    side_names: SideNames = None,
    snap_m: SnapM = None,
    sliver_m: SliverM = None,
    border_m: BorderM = None,
    reach_m: ReachM = None,
    margin_m: MarginM = None,
    sigma_m: SigmaM = None,
    correlation_m: CorrelationM = None,
    draws: Draws = None,
    mend: Mend = False,
    force: Force = False,
    *,
    description: Description,
) -> None:
    """Compare the two dates of a study, district by district; write tables, layers and a map.

    Options go before what the study says.
    """
    asked = study_options(
        dates=(date_before, date_after),
        side_names=side_names,
        title=title,
        source=source,
        label=label,
        settlements=settlements,
        mend=mend,
        rest=rest,
        snap_m=snap_m,
        border_m=border_m,
        reach_m=reach_m,
        margin_m=margin_m,
        sigma_m=sigma_m,
        description=description,
        sliver_m=sliver_m,
        correlation_m=correlation_m,
        draws=draws,
    )
    compare(lambda: open_study(study, changes=changes_of(**asked)), out, force=force, inputs=[settlements])


def compare(read: Callable[[], Study], out: Path, *, force: bool, inputs: Sequence[Path | None]) -> None:
    """Compare the two dates of a study, write what was found and print the balance."""
    from frontlines.cli import outputs  # noqa: PLC0415 - drawing is heavy, help and checks need not wait
    from frontlines.cli.printing import balance_table, show  # noqa: PLC0415

    outputs.refuse_overwriting(out, (*outputs.FILES, *outputs.IF_ANY), force=force, inputs=inputs)
    with reporting(True) as report:
        report(0.05, "reading")
        study = read()
        results = run_study(study, progress=part(report, 0.2, 0.6))
        report(0.6, "drawing and writing")
        with outputs.staged(out, stale=outputs.IF_ANY) as folder:
            written = outputs.write_results(results, folder)
    show(balance_table(results), out, written)
