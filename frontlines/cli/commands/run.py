"""``frontlines run``: a study, from its layers to a printed map."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from frontlines.cli.options import CorrelationM, Draws, Force, Out, Sigma, shows_errors
from frontlines.study.files import load_study, read_study


@shows_errors
def run(
    study: Annotated[
        str,
        typer.Argument(metavar="STUDY", help="A bundled study (see `frontlines datasets`) or a study.toml."),
    ],
    out: Out = Path("out"),
    sigma: Sigma = None,
    correlation_m: CorrelationM = None,
    draws: Draws = None,
    force: Force = False,
) -> None:
    """Compare the two dates of a study, district by district; write tables, layers and a map."""
    from frontlines.cli.compare import compare  # noqa: PLC0415 - drawing is heavy, help and checks need not wait

    named = Path(study)
    compare(
        lambda: read_study(named) if named.suffix.lower() == ".toml" else load_study(study),
        out,
        force=force,
        errors=(sigma, correlation_m, draws),
    )
