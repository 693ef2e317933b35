"""The command ``frontlines``."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any

import typer

from frontlines.cli.commands.change import change
from frontlines.cli.commands.check import check
from frontlines.cli.commands.compare import compare
from frontlines.cli.commands.datasets import datasets
from frontlines.cli.commands.digitize import digitize, points
from frontlines.cli.commands.displacement import displacement
from frontlines.cli.commands.init import init
from frontlines.cli.commands.report import report
from frontlines.cli.commands.run import run
from frontlines.cli.commands.series import series
from frontlines.cli.refusing import FAULTY, one_line, refuse, refuse_to_print
from frontlines.manifest import version_of

_NotUnderstood: Any = typer.BadParameter.__bases__[0]  # the parent of all errors in words, nowhere public
_ENDED = 128  # with the number of the signal, the exit code of what a signal has ended

_HELP = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(
    name="frontlines",
    help="How much ground changed hands, where, and how sure are we.",
    context_settings=_HELP,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"frontlines {version_of('frontlines')}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """How much ground changed hands, where, and how sure are we."""


_STUDY = "--districts raions.gpkg --key NAME --side ARM --out out"
_COMMANDS: dict[Callable[..., None], tuple[str, str]] = {
    init: ("Write a study file to start from.", "init study april.geojson may.geojson raions.gpkg"),
    run: ("Compare the two dates of a study.", "run karabakh-1994 --out out"),
    change: ("Compare two files.", f"change april.geojson may.geojson {_STUDY}"),
    series: ("Follow one side through many snapshots.", f"series snapshots/ --freq MS {_STUDY}"),
    displacement: ("Measure how far a front moved.", f"displacement april.geojson may.geojson {_STUDY}"),
    compare: ("Compare two sources on the same day.", f"compare deepstate.geojson isw.gpkg {_STUDY}"),
    report: ("Make one page for a browser of a run.", "report out --out page.html"),
    check: ("List what is wrong with layers.", "check control.geojson --write-problems problems.gpkg"),
    points: ("Pick points, boxes and colours of a scan with a click.", "points scan.jpg"),
    digitize: (
        "Trace a scanned map by a recipe.",
        "digitize --suggest-colours scan.jpg, then frontlines digitize digitize.toml --out out",
    ),
    datasets: ("List the bundled studies.", "datasets"),
}
for _command, (_short, _example) in _COMMANDS.items():
    app.command(short_help=_short, epilog=f"Example: frontlines {_example}", context_settings=_HELP)(_command)


def _end(number: int, _frame: object) -> None:
    """Leave as a user's break would: what was begun is cleared away."""
    sys.exit(_ENDED + number)


def main() -> None:
    """Run the command line.

    Letters that the terminal or a pipe cannot show become question marks. A run that is ended from
    outside leaves nothing half-written.
    """
    os.environ["MPLBACKEND"] = "agg"  # pictures go into files, whatever window a user has chosen
    logging.disable(logging.WARNING)  # of other libraries; what a user must know is printed by us
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(number, _end)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    sys.exit(_answered())


@cache
def command() -> Any:
    """Make the command from the functions and their options, once."""
    return typer.main.get_command(app)


def _answered() -> int:
    """Run a command; what is not a command with its options is refused in one line, as all else."""
    try:
        code = command()(sys.argv[1:] or ["--help"], prog_name="frontlines", standalone_mode=False)
        sys.stdout.flush()
    except _NotUnderstood as error:
        return refuse(_with_mend(error), FAULTY)
    except (typer.Abort, KeyboardInterrupt):
        return _ENDED + signal.SIGINT
    except OSError as error:  # help, or a version, that nobody can be told
        return refuse_to_print(error)
    return code if isinstance(code, int) else 0


def _with_mend(error: Any) -> str:
    """Say in one line what of the words is not understood, and where it is said what is."""
    told = one_line(ValueError(error.format_message())).rstrip(".")
    path = error.ctx.command_path if error.ctx else "frontlines"
    return f"{told[:1].lower()}{told[1:]}: see {path} --help"
