"""What the commands share: options, and how errors are shown."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ParamSpec

import typer
from rich.console import Console
from rich.text import Text

from frontlines.errors import FrontlinesError
from frontlines.names import CORRELATION_M

P = ParamSpec("P")

FAULTY = 2
"""Exit code when anything is wrong."""

_PLAIN_WIDTH = 120
_AS_OPTIONS = [  # arguments of functions, as the options that give them
    (re.compile(r"\bmend=True"), "--mend"),
    (re.compile(r"\bsnap_m=(?=[\d.])"), "--snap-m "),
    (re.compile(r"\bNoiseModel\(sigma_m=\.\.\.\)"), "--sigma-m"),
    (
        re.compile(r"\b(?:as_control|as_districts)\(\.\.\., theatre=\.\.\., rest=\.\.\.\)"),
        "--theatre and --rest",
    ),
]

Out = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="Folder for the results; made if it is missing.")
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite the files of another run.")]
Districts = Annotated[Path, typer.Option("--districts", metavar="FILE", help="District polygons.")]
Key = Annotated[str, typer.Option("--key", metavar="COLUMN", help="Column of the districts' unique names.")]
Theatre = Annotated[
    Path | None,
    typer.Option("--theatre", metavar="FILE", help="Ground to compare; by default all districts."),
]
Rest = Annotated[str, typer.Option("--rest", metavar="NAME", help="Who holds the ground no polygon covers.")]
Side = Annotated[
    str,
    typer.Option(
        "--side",
        metavar="NAME",
        help="Side whose gains are positive; polygons in a file without a column 'side' are its ground.",
    ),
]
Mend = Annotated[
    bool,
    typer.Option(
        "--mend", help="Mend overlaps and invalid geometry instead of stopping; what moves is booked."
    ),
]
SliverM = Annotated[
    float,
    typer.Option(
        "--sliver-m",
        min=0,
        metavar="METRES",
        help="Changed ground thinner than this [m] counts as unchanged.",
    ),
]
SnapM = Annotated[
    float,
    typer.Option(
        "--snap-m",
        min=0,
        metavar="METRES",
        help="How far an end of a line is led on to the theatre's edge [m].",
    ),
]

Sigma = Annotated[
    float | None,
    typer.Option(
        "--sigma-m",
        min=0,
        metavar="METRES",
        help="Standard error of the position [m] of lines that have no 'sigma_m' of their own.",
    ),
]
CorrelationM = Annotated[
    float | None,
    typer.Option(
        "--correlation-m",
        min=0,
        metavar="METRES",
        help="Over what length along the front errors are alike [m]; inf: each line is off as a whole. "
        f"By default that of the study, else {CORRELATION_M:g}.",
    ),
]
Draws = Annotated[
    int | None,
    typer.Option(
        "--draws",
        min=0,
        metavar="NUMBER",
        help="Simulate the errors of areas with so many draws, such as 1000; 0: by formula. "
        "By default that of the study, else 0.",
    ),
]

BorderM = Annotated[
    float,
    typer.Option(
        "--border-m",
        min=0,
        metavar="METRES",
        help="Edges of polygons this near to the theatre's edge [m] are not counted as front.",
    ),
]


def console(*, stderr: bool = False) -> Console:
    """Make a console; away from a terminal it is wide enough for the tables."""
    made = Console(stderr=stderr, markup=False, highlight=False)
    if not made.is_terminal:
        made.width = _PLAIN_WIDTH
    return made


def plain(text: object) -> str:
    """Make text from a file safe to show: what would steer a terminal becomes a blank."""
    return "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in str(text))


def one_line(error: Exception) -> str:
    """Put an error into one line, in the words of the command line."""
    lines = [line.strip().removeprefix("- ") for line in str(error).splitlines() if line.strip()]
    head, *items = lines or [type(error).__name__]
    line = head + " " * bool(items) + "; ".join(items)
    for pattern, words in _AS_OPTIONS:
        line = pattern.sub(words, line)
    return " ".join(plain(line).split())


def shows_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Turn the library's errors into one line and exit code 2."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except FrontlinesError as error:
            console(stderr=True).print(Text(f"error: {one_line(error)}"), style="red", soft_wrap=True)
            raise typer.Exit(FAULTY) from error

    return wrapped
