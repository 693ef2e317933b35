"""``frontlines digitize`` and ``points``: from a scanned map to layers, by a recipe picked on a page."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from frontlines.cli.options import Force, Out
from frontlines.cli.refusing import console, shows_errors
from frontlines.errors import DigitizeError, SourceError

_LAST_PORT = 65_535


@shows_errors
def digitize(
    recipe: Annotated[
        Path | None, typer.Argument(metavar="RECIPE", help="A digitize.toml: what to trace on which image.")
    ] = None,
    out: Out = Path("out"),
    suggest_colours: Annotated[
        Path | None,
        typer.Option(
            "--suggest-colours",
            metavar="IMAGE",
            help="List the colours of an image, drawn as lines and filled, and print a recipe to start from.",
        ),
    ] = None,
    force: Force = False,
) -> None:
    """Trace a scanned map as a recipe says; write lines or control, residuals, pictures and a manifest."""
    from frontlines.cli.digitizing import carry_out, suggest  # noqa: PLC0415 - heavy, and help need not wait

    if (recipe is None) == (suggest_colours is None):
        raise DigitizeError("pass a recipe such as digitize.toml, or --suggest-colours IMAGE to start one")
    if suggest_colours is not None:
        suggest(suggest_colours)
    elif recipe is not None:
        carry_out(recipe, out, force=force)


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
    force: Annotated[
        bool, typer.Option("--force", help="Begin with a recipe that was written by hand, and replace it.")
    ] = False,
) -> None:
    """Open a page to pick points, boxes, colours and sides of a scan; write points.csv and digitize.toml."""
    from frontlines.points import Desk, Server  # noqa: PLC0415 - heavy, and help need not wait

    path = scan.parent / "digitize.toml" if recipe is None else recipe
    if path.suffix.lower() != ".toml" or path.is_dir():
        raise SourceError(f"{path} is no name of a recipe: pass one that ends in .toml as --recipe")
    terminal = console(stderr=True)
    server = Server(Desk(scan, path, page=page, force=force), port)

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
