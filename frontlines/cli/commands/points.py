"""``frontlines points``: a recipe for a scanned map, picked with a click on a page of one's own machine."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from frontlines.cli.refusing import console, shows_errors
from frontlines.errors import SourceError

_LAST_PORT = 65_535


@shows_errors
def points(
    scan: Annotated[Path, typer.Argument(metavar="SCAN", help="An image of a map, or a PDF.")],
    recipe: Annotated[
        Path | None,
        typer.Option(
            "--recipe",
            metavar="FILE",
            help="Recipe to begin or go on with; by default digitize.toml beside SCAN.",
        ),
    ] = None,
    page: Annotated[
        int | None, typer.Option("--page", min=1, help="Page of a PDF or TIFF, counted from 1.")
    ] = None,
    port: Annotated[
        int, typer.Option("--port", min=0, max=_LAST_PORT, help="Port on this machine; 0: any free one.")
    ] = 0,
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Print the address, and open no browser.")
    ] = False,
) -> None:
    """Open a page to pick points, boxes, colours and sides of a scan; write points.csv and digitize.toml."""
    from frontlines.points import Desk, Server

    path = scan.parent / "digitize.toml" if recipe is None else recipe
    if path.suffix.lower() != ".toml" or path.is_dir():
        raise SourceError(f"{path} is no name of a recipe: pass one that ends in .toml as --recipe")
    terminal = console(stderr=True)
    server = Server(Desk(scan, path, page=page), port)

    def opened(url: str) -> None:
        terminal.print(
            "the page, for this machine alone (close it, or press Ctrl-C here, to stop):", soft_wrap=True
        )
        console().print(url, soft_wrap=True)
        if not no_open:
            webbrowser.open(url)

    try:
        server.run(opened)
    except KeyboardInterrupt:
        terminal.print("stopped by Ctrl-C", soft_wrap=True)
    else:
        terminal.print("the page was closed: stopped", soft_wrap=True)
    saved = server.desk.draft.saved
    terminal.print(
        f"written: {path}; then: frontlines digitize {path}" if saved else "nothing was saved", soft_wrap=True
    )
