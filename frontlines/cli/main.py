"""The command ``frontlines``."""

from __future__ import annotations

import gc
import io
import logging
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Annotated, Any, cast

import typer
from typer.core import TyperGroup

import frontlines as fl
from frontlines.cli.refusing import FAULTY, console, one_line, refuse, refuse_to_print

_NotUnderstood: Any = typer.BadParameter.__bases__[0]  # the parent of all errors in words, nowhere public
_LOOK_EVERY = 50_000  # objects made, not 700: looking for cycles took 6 % of a command, which makes few
_ENDED = 128  # with the number of the signal, the exit code of what a signal has ended

_HELP = {"help_option_names": ["-h", "--help"]}

_STUDY = "--districts raions.gpkg --key NAME --side ARM --out out"
_COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("Write a study file to start from.", "init study april.geojson may.geojson raions.gpkg"),
    "run": ("Compare the two dates of a study.", "run karabakh-1994 --out out"),
    "batch": ("Run many studies, and gather their figures.", "batch studies.toml --workers 4 --out out"),
    "change": ("Compare two files.", f"change april.geojson may.geojson {_STUDY}"),
    "series": ("Follow one side through many snapshots.", f"series snapshots/ --freq MS {_STUDY}"),
    "displacement": ("Measure how far a front moved.", f"displacement april.geojson may.geojson {_STUDY}"),
    "compare": ("Compare two sources on the same day.", f"compare deepstate.geojson isw.gpkg {_STUDY}"),
    "report": ("Make one page for a browser of a run.", "report out --out page.html"),
    "check": ("List what is wrong with layers.", "check control.geojson --write-problems problems.gpkg"),
    "points": ("Pick points, boxes and colours of a scan with a click.", "points scan.jpg"),
    "digitize": (
        "Trace a scanned map by a recipe.",
        "digitize --suggest-colours scan.jpg, then frontlines digitize digitize.toml --out out",
    ),
    "datasets": ("List the bundled studies.", "datasets"),
}
_FILES = {
    "studies": ("run", "change", "displacement", "batch"),
    "series": ("series",),
    "compare": ("compare",),
    "tools": ("init", "report", "check", "points", "digitize", "datasets"),
}


class _OnDemand(Mapping[str, Any]):
    """The commands by name; each is loaded when it is asked for."""

    def __iter__(self) -> Iterator[str]:
        return iter(_COMMANDS)

    def __len__(self) -> int:
        return len(_COMMANDS)

    def __getitem__(self, name: str) -> Any:
        short, example = _COMMANDS[name]
        file = next(file for file, names in _FILES.items() if name in names)
        function = getattr(import_module(f"frontlines.cli.commands.{file}"), name)
        alone = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None, add_completion=False)
        epilog = f"Example: frontlines {example}"
        alone.command(name, short_help=short, epilog=epilog, context_settings=_HELP)(function)
        return typer.main.get_command(alone)


class _Commands(TyperGroup):
    """The group of commands; its help loads none of them."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self.commands = cast("Any", _OnDemand())

    def format_commands(self, _: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (short, _) in _COMMANDS.items()])


app = typer.Typer(
    name="frontlines",
    cls=_Commands,
    help="How much ground changed hands, where, and how sure are we.",
    context_settings=_HELP,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"frontlines {fl.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """How much ground changed hands, where, and how sure are we."""


def _end(number: int, _frame: object) -> None:
    """Leave as a user's break would: what was begun is cleared away."""
    sys.exit(_ENDED + number)


def main() -> None:
    """Run the command line.

    Letters that the terminal or a pipe cannot show become question marks. A run that is ended from
    outside leaves nothing half-written.
    """
    gc.set_threshold(_LOOK_EVERY)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # last digits depend on it; matrices are small
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
        code = _ENDED + signal.SIGINT
    except OSError as error:  # help, or a version, that nobody can be told
        return refuse_to_print(error)
    if code == _ENDED + signal.SIGINT:
        with suppress(OSError):
            console(stderr=True).print("stopped; nothing unfinished was written")
    return code if isinstance(code, int) else 0


def _with_mend(error: Any) -> str:
    """Say in one line what of the words is not understood, and where it is said what is."""
    told = one_line(ValueError(error.format_message())).rstrip(".")
    path = error.ctx.command_path if error.ctx else "frontlines"
    return f"{told[:1].lower()}{told[1:]}: see {path} --help"
