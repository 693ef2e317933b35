"""``frontlines digitize``: from a scanned map to frontlines and control, by a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from frontlines.cli.options import Force, Out
from frontlines.cli.refusing import shows_errors
from frontlines.errors import DigitizeError


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
    from frontlines.cli.digitizing import carry_out, suggest

    if (recipe is None) == (suggest_colours is None):
        raise DigitizeError("pass a recipe such as digitize.toml, or --suggest-colours IMAGE to start one")
    if suggest_colours is not None:
        suggest(suggest_colours)
    elif recipe is not None:
        carry_out(recipe, out, force=force)
