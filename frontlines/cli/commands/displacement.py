"""``frontlines displacement``: how far a front moved, by every definition side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from frontlines.cli.options import BorderM, Force, Key, Mend, Out, Rest, SnapM, Theatre, shows_errors
from frontlines.errors import StudyError
from frontlines.names import BORDER_M, SNAP_M, UNKNOWN
from frontlines.study.compare import Study
from frontlines.study.files import load_study, read_study, study_from_files


class Crossing(StrEnum):
    """Rules for several crossings."""

    nearest = "nearest"
    first = "first"
    last = "last"
    all = "all"


@shows_errors
def displacement(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="BEFORE AFTER …",
            help="Control polygons or frontlines, the earliest file first; or one study, as for `run`.",
        ),
    ],
    districts: Annotated[
        Path | None, typer.Option("--districts", metavar="FILE", help="District polygons.")
    ] = None,
    key: Key = "district",
    side: Annotated[
        str | None,
        typer.Option(
            "--side",
            metavar="NAME",
            help="Side whose advance is positive; polygons in a file without a column 'side' are its ground.",
        ),
    ] = None,
    out: Out = Path("out"),
    theatre: Theatre = None,
    rest: Rest = UNKNOWN,
    dates: Annotated[
        list[datetime] | None,
        typer.Option(
            "--date",
            formats=["%Y-%m-%d"],
            metavar="YYYY-MM-DD",
            help="Day to take from each file, in their order; give it as often as there are files.",
        ),
    ] = None,
    spacing_m: Annotated[
        float, typer.Option("--spacing-m", metavar="METRES", help="Distance between transects [m].")
    ] = 1000.0,
    length_m: Annotated[
        float, typer.Option("--length-m", metavar="METRES", help="How far a transect reaches either way [m].")
    ] = 20_000.0,
    smoothing_m: Annotated[
        float,
        typer.Option(
            "--smoothing-m", metavar="METRES", help="Length over which the line's direction is smoothed [m]."
        ),
    ] = 5000.0,
    crossing: Annotated[
        Crossing, typer.Option("--crossing", help="Which of several crossings counts.")
    ] = Crossing.nearest,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", help="Lines to cast transects across, not the front."),
    ] = None,
    axis: Annotated[
        Path | None,
        typer.Option("--axis", metavar="FILE", help="One line along the movement; its copies are transects."),
    ] = None,
    copies: Annotated[
        int, typer.Option("--copies", metavar="NUMBER", help="Copies of the axis on either side of it.")
    ] = 5,
    settlements: Annotated[
        Path | None,
        typer.Option("--settlements", metavar="FILE", help="Settlements to name on profile and map."),
    ] = None,
    sigma_m: Annotated[
        float | None,
        typer.Option("--sigma-m", min=0, metavar="METRES", help="Standard error of lines without one [m]."),
    ] = None,
    snap_m: SnapM = SNAP_M,
    border_m: BorderM = BORDER_M,
    mend: Mend = False,
    force: Force = False,
) -> None:
    """Measure how far the front of one side moved: transects, rates, areas and distances side by side."""
    from frontlines.cli.movement import Cast, measure  # noqa: PLC0415 - drawing is heavy, help need not wait

    how = Cast(
        spacing_m=spacing_m,
        length_m=length_m,
        smoothing_m=smoothing_m,
        copies=copies,
        crossing=crossing.value,
        baseline=baseline,
        axis=axis,
        settlements=settlements,
        sigma_m=sigma_m,
    )

    def read() -> Sequence[Study]:
        if len(sources) == 1:
            if districts or side or theatre or dates:
                raise StudyError("a study brings its own side, dates and layers: pass it alone, or two files")
            return [_bundled(sources[0])]
        days = [f"{day:%Y-%m-%d}" for day in dates] if dates else [None] * len(sources)
        if districts is None or side is None:
            raise StudyError("files need to know districts and side: pass --districts, --key and --side")
        if len(days) != len(sources):
            raise StudyError(
                f"there are {len(sources)} files and {len(days)} dates: pass --date for each file"
            )
        return [
            study_from_files(
                sources[0],
                sources[at],
                districts=districts,
                key=key,
                side=side,
                theatre=theatre,
                days=(days[0], days[at]),
                rest=rest,
                snap_m=snap_m,
                border_m=border_m,
                mend=mend,
            )
            for at in (-1, *range(1, len(sources) - 1))
        ]

    inputs = (*map(Path, sources), districts, theatre, baseline, axis, settlements)
    measure(read, how, out, force=force, inputs=inputs)


def _bundled(study: Path) -> Study:
    return read_study(study) if study.suffix.lower() == ".toml" else load_study(str(study))
