"""What the commands share: options, and how errors are shown."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ParamSpec

import typer
from rich.console import Console
from rich.text import Text

from frontlines.errors import FrontlinesError

P = ParamSpec("P")

FAULTY = 2
"""Exit code when anything is wrong."""

_PLAIN_WIDTH = 120

Out = Annotated[Path, typer.Option("--out", help="Folder for the results; made if it is missing.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite the files of another run.")]
Mend = Annotated[
    bool,
    typer.Option(
        "--mend", help="Mend overlaps and invalid geometry instead of stopping; what moves is booked."
    ),
]
SliverM = Annotated[
    float, typer.Option("--sliver-m", min=0, help="Changed ground thinner than this [m] counts as unchanged.")
]
SnapM = Annotated[
    float,
    typer.Option("--snap-m", min=0, help="How far an end of a line is led on to the theatre's edge [m]."),
]


def console(*, stderr: bool = False) -> Console:
    """Make a console; away from a terminal it is wide enough for the tables.

    Parameters
    ----------
    stderr
        Whether it writes to the error stream.

    Returns
    -------
    console
        A rich console that takes text as it is.

    Examples
    --------
    >>> console(stderr=True).stderr
    True
    """
    made = Console(stderr=stderr, markup=False, highlight=False)
    return (
        made
        if made.is_terminal
        else Console(stderr=stderr, markup=False, highlight=False, width=_PLAIN_WIDTH)
    )


def shows_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Turn the library's errors into one line and exit code 2.

    Parameters
    ----------
    command
        A command.

    Returns
    -------
    command
        The same, with its errors caught.

    Examples
    --------
    >>> @shows_errors
    ... def greet() -> None:
    ...     print("hello")
    >>> greet()
    hello
    """

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except FrontlinesError as error:
            line = " ".join(str(error).split())
            console(stderr=True).print(Text(f"error: {line}"), style="red", soft_wrap=True)
            raise typer.Exit(FAULTY) from error

    return wrapped
