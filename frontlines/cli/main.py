"""The command ``frontlines``."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from frontlines.cli.commands.change import change
from frontlines.cli.commands.check import check
from frontlines.cli.commands.datasets import datasets
from frontlines.cli.commands.run import run

app = typer.Typer(
    name="frontlines",
    help="How much ground changed hands, where, and how sure are we.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"frontlines {version('frontlines')}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """How much ground changed hands, where, and how sure are we."""


app.command(epilog="Example: frontlines run karabakh-1994 --out out")(run)
app.command(
    epilog="Example: frontlines change april.geojson may.geojson "
    "--districts raions.gpkg --key NAME --side ARM --out out"
)(change)
app.command(epilog="Example: frontlines check control.geojson --write-problems problems.gpkg")(check)
app.command(epilog="Example: frontlines datasets")(datasets)


def main() -> None:
    """Run the command line."""
    app()
