"""``frontlines report``: one page for a browser, from the folder of a run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from frontlines.cli.refusing import console, shows_errors
from frontlines.errors import SourceError

_ENDINGS = (".html", ".htm")


@shows_errors
def report(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder that run, change, series or compare wrote.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to; by default report.html in DIR.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the page that is there.")] = False,
) -> None:
    """Make one page of a run for a browser: map with a slider, chart, table, sources. It needs no network."""
    from frontlines.report import PAGE, write_page

    path = folder / PAGE if out is None else out
    if path.suffix.lower() not in _ENDINGS or path.is_dir():
        raise SourceError(f"{path} is no name of a page: pass one that ends in .html as --out")
    if os.path.lexists(path) and not force:
        raise SourceError(f"{path} is there already: pass --force, or another --out")
    write_page(folder, path)
    console(stderr=True).print(f"written to {path}", soft_wrap=True)
