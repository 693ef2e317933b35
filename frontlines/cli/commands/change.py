"""``frontlines change``: two files of control polygons or lines, to a printed map."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

import frontlines as fl
from frontlines.cli.answering import answer
from frontlines.cli.options import OF_GROUND, OF_MAP, OF_STUDY, Saving, asks, saves_answers
from frontlines.cli.refusing import shows_errors


@shows_errors
@saves_answers
@asks(
    *OF_GROUND,
    *OF_STUDY,
    *OF_MAP,
    "population",
    "population_per",
    "sliver_m",
    "correlation_m",
    "draws",
    "workers",
)
def change(
    before: Annotated[
        Path,
        typer.Argument(
            metavar="BEFORE", help="Control polygons, frontlines or places with a side on the earlier day."
        ),
    ],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="The same on the later day.")],
    *,
    asked: dict[str, Any],
    saving: Saving,
) -> None:
    """Compare two files of control polygons, frontlines or places with a side, district by district."""
    answer(
        lambda report: fl.compare(before, after, **asked, progress=report),
        "change",
        saving,
        (before, after),
        asked,
    )
