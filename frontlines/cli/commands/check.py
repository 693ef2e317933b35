"""``frontlines check``: what is wrong with a layer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from frontlines.cli.options import describes_layers
from frontlines.cli.refusing import FAULTY, shows_errors
from frontlines.errors import SourceError
from frontlines.names import KINDS


@shows_errors
@describes_layers
def check(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Layers of control, frontlines, settlements or districts."),
    ],
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind", metavar="KIND", help=f"What they are, if the columns do not tell: {', '.join(KINDS)}."
        ),
    ] = None,
    key: Annotated[
        str, typer.Option("--key", metavar="COLUMN", help="Column of the districts' unique names.")
    ] = "district",
    theatre: Annotated[
        Path | None,
        typer.Option("--theatre", metavar="FILE", help="Ground that control and districts must fill."),
    ] = None,
    write_problems: Annotated[
        Path | None,
        typer.Option(
            "--write-problems", metavar="FILE", help="Write the faults as a layer, such as problems.gpkg."
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Let --write-problems replace a file that is there.")
    ] = False,
    *,
    description: Any,
) -> None:
    """List everything that is wrong with layers; the exit code is 2 if anything is."""
    if kind is not None and kind not in KINDS:
        raise SourceError(f"--kind {kind} is not known: use one of {', '.join(KINDS)}")
    from frontlines.cli.checking import check_files, refuse_replacing

    if write_problems is not None:
        refuse_replacing(write_problems, [*files, *([theatre] if theatre else [])], force=force)
    if check_files(files, kind, key, theatre, write_problems, description=description):
        raise typer.Exit(FAULTY)
