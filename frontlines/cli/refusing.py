"""Errors as one line and an exit code, and a console whose reader may have left."""

from __future__ import annotations

import errno
import functools
import inspect
import logging
import os
import re
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.text import Text

from frontlines.cli.options import Limits, Quiet, Verbose, option_of, refuse_without_effect, takes_options
from frontlines.errors import FrontlinesError, SourceError
from frontlines.limits import bounds_of, raised_limits, require_text
from frontlines.names import plain

FAULTY = 2
"""Exit code when anything is wrong."""
UNFORESEEN = 70
"""Exit code of a fault of this library (EX_SOFTWARE)."""
CUT_OFF = 141
"""Exit code when nobody reads what is printed (128 and SIGPIPE)."""


def _of_the_machine() -> dict[type[Exception], str]:
    """List the errors of the machine and of libraries, no fault of ours, and say what has failed."""
    from pyproj.exceptions import ProjError
    from shapely.errors import GEOSException

    shape = "a shape or CRS cannot be computed with: see what `frontlines check` says of the files"
    return {
        OSError: "the system refuses",
        MemoryError: "there is not enough memory for this: give less at once",
        RecursionError: "something is nested too deep to be read",
        OverflowError: (
            "a number or a day is out of range: look for a slip of the pen in the options and the files"
        ),
        UnicodeError: "some text cannot be read or written: save it as UTF-8",
        **dict.fromkeys((GEOSException, ProjError), shape),
    }


_PLAIN_WIDTH = 120
_NAMES = "side_column|side_left|side_right|valid_from|valid_to|valid_before|date_column|date_format"
_NAMES += "|population|population_per|sigma_m|crs|encoding|snap_m|length_m"
_NAMES += "|spacing_m|correlation_m|step_m|draws|freq"
_AS_OPTIONS: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    # arguments of functions, as the options that give them
    (re.compile(r"\bNoiseModel\(sigma_m=\.\.\.\)"), "--sigma-m"),
    (re.compile(rf"\b({_NAMES})=\.\.\."), lambda found: option_of(found[1])),
    (re.compile(rf"(?<!raised_limits\()\b({_NAMES})=(?=['\"\d])"), lambda found: f"{option_of(found[1])} "),
    (re.compile(r"\bfrontlines\.raised_limits\((\w+=\d+)\)"), r"--limit \1"),
    (re.compile(r"\b(one_side|dissolve|allow_(?:date|empty)|force)=True"), lambda found: option_of(found[1])),
    (re.compile(r"\banother folder\b"), "another --out"),
    (re.compile(r"^(\w+_m|draws|copies)(?= is )"), lambda found: option_of(found[1])),
    (re.compile(r"\bmend='([\w, ]+)'"), r"--mend \1"),
    (re.compile(r"\bwith side_column\b"), "with --side-column"),
    (re.compile(r"\bsides=\{(['\"])(.*?)\1: 'NAME'\}"), r"--map \1\2=NAME\1"),
    (re.compile(r"\bsides=\{(['\"])(.*?)\1: None\}"), r"--map \1\2=\1"),
    (re.compile(r"\bsides=\{(['\"])(.*?)\1: (['\"])(.*?)\3\}"), r"--map \1\2=\4\1"),
    (re.compile(r"\bwhich sides names\b"), "which --map names"),
    (re.compile(r"\beach_day='(\w+)'"), r"--each-day \1"),
    (re.compile(r"\bside_at=\{'A': \[\(46.9, 40.1\)\]"), "--side-at A=46.9,40.1"),
    (re.compile(r"(?<=46.9,40.1)(?:, 'B': \[\(47.4, 40.1\)\])\}"), " --side-at B=47.4,40.1"),
    (re.compile(r"(?<=--side-at A=46.9,40.1)\}"), ""),
    (re.compile(r"\bside_at\b"), "--side-at"),
    (re.compile(r"\bside='NAME'"), "--side NAME"),
    (re.compile(r"\bin place of valid_to\b"), "in place of --valid-to"),
    (re.compile(r"\blon='\.\.\.', lat='\.\.\.'"), "--lon and --lat"),
    (re.compile(r"\bper='pixel'"), "--population-per pixel"),
    (re.compile(r"\bper='km2'"), "--population-per km2"),
    (re.compile(r"\b(?:frame|theatre)\.set_crs\('EPSG:4326'\)"), "--crs EPSG:4326"),
    (
        re.compile(r"\bgive districts and their key, or a theatre\b"),
        "give --districts and --key, or --theatre",
    ),
    (re.compile(r"\breach_m=\.\.\.(?=, how far from a place)"), "--reach-m METRES"),
    (re.compile(r"\ba larger reach_m\b"), "a larger --reach-m"),
    (re.compile(r"\bbegin anew, without previous=\.\.\."), "use --force instead of --resume"),
    (re.compile(r"\bfront_m needs border_m or margin_m\b"), "--front-length needs --border-m or --margin-m"),
    (re.compile(r"\bborder_m is how near\b"), "--border-m is how near"),
    (re.compile(r"\bfor their label\b"), "for --label"),
    (re.compile(r"\bkey='\.\.\.', label='\.\.\.'"), "--key and --label"),
    (
        re.compile(r"\bas_(?:control|districts)\(\.\.\., theatre=\.\.\., rest=\.\.\.\)"),
        "--theatre and --rest",
    ),
]


class _UnprintedError(OSError):
    """What is printed has nowhere to go."""


class _Console(Console):
    """A console that tells a full device, or a reader that has left, from other failures of the system."""

    def print(self, *objects: Any, **how: Any) -> None:
        try:
            super().print(*objects, **how)
        except OSError as error:
            raise _UnprintedError(error.errno, error.strerror) from error

    def on_broken_pipe(self) -> None:
        raise  # noqa: PLE0704 - what rich has caught: it would end the process


_quiet: ContextVar[bool] = ContextVar("quiet", default=False)


@contextmanager
def _talking(*, quiet: bool, verbose: bool) -> Iterator[None]:
    """Print nothing, or log each stage, until the end."""
    token, logger, handler = _quiet.set(quiet), logging.getLogger("frontlines"), logging.StreamHandler()
    disabled, level = logging.root.manager.disable, logger.level
    if verbose:
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logging.disable(logging.NOTSET)
    try:
        yield
    finally:
        _quiet.reset(token)
        logging.disable(disabled)
        logger.removeHandler(handler)
        logger.setLevel(level)


def console(*, stderr: bool = False) -> Console:
    """Make a console; away from a terminal it is wide enough for the tables."""
    made = _Console(stderr=stderr, markup=False, highlight=False, quiet=_quiet.get())
    if not made.is_terminal:
        made.width = _PLAIN_WIDTH
    return made


def _in_days_of(line: str, takes: Collection[str]) -> str:
    """Name the options of a day that a command takes; without one the day stands in the file's name."""
    options = [option_of(name) for name in ("date_before", "date_after", "date") if name in takes]
    if not options:
        line = re.sub(r",? or (say which day it shows )?with date='[\d-]+'", "", line)
        return re.sub(r"\bsay which day it shows\b", "put the day into its name", line)
    given = f"with {' and '.join(options)}"
    line = re.sub(r"\bwith date='[\d-]+'", given, line)
    return re.sub(r"\bsay which (day it shows|one to take)\b(?! with)", rf"say which \1 {given}", line)


def one_line(error: Exception, takes: Collection[str] = ()) -> str:
    """Put an error into one line, in the words of a command line that takes some options."""
    lines = [line.strip().removeprefix("- ") for line in str(error).splitlines() if line.strip()]
    head, *items = lines or [type(error).__name__]
    line = head + " " * bool(items) + "; ".join(items)
    for pattern, words in _AS_OPTIONS:
        line = pattern.sub(words, line)
    line = _in_days_of(line, takes)
    return " ".join(plain(line).split())


def _refuse_odd_texts(given: Mapping[str, Any]) -> None:
    """Refuse options that no page has room for, or that are no text, before the work."""
    for name, value in given.items():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str):
                require_text(text, option_of(name))


_NOT_READ = ("out", "folder", "write_problems", "recipe")
"""Arguments that name what is written, or may be."""


def _refuse_absent(given: Mapping[str, Any]) -> None:
    """Refuse files to read that are not there, before anything is loaded that could read them."""
    for name, value in given.items():
        paths = value if isinstance(value, list) else [value]
        if name in _NOT_READ or (name == "sources" and len(paths) == 1):  # the name of a bundled study
            continue
        for path in paths:
            if isinstance(path, Path) and ":/" not in str(path) and not os.path.lexists(path):
                raise SourceError(f"{path} is not a file or folder: check the path")


def shows_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Turn errors into one line and an exit code; what nobody foresaw is written down for a report."""
    takes = inspect.signature(command).parameters

    @functools.wraps(command)
    def wrapped(*, common: dict[str, Any], **kwargs: Any) -> None:
        try:
            context, bounds = common.pop("context"), bounds_of(common.pop("limit") or ())
            with warnings.catch_warnings(), raised_limits(**bounds), _talking(**common):
                if not common["verbose"]:  # of other libraries; what a user must know is printed by us
                    warnings.simplefilter("ignore")
                _refuse_odd_texts(kwargs)
                if context is not None:
                    refuse_without_effect(context)
                _refuse_absent(kwargs)
                command(**kwargs)
                sys.stdout.flush()
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except FrontlinesError as error:
            _end(one_line(error, takes), FAULTY, error)
        except tuple(_of_the_machine()) as error:
            if isinstance(error, BrokenPipeError | _UnprintedError) or not _can_print():
                raise typer.Exit(refuse_to_print(error)) from error
            failed = next(what for kind, what in _of_the_machine().items() if isinstance(error, kind))
            _end(f"{failed}: {one_line(error, takes)}", FAULTY, error)
        except Exception as error:  # noqa: BLE001 - the last net
            where = _written_down(error)
            told = f"this is a fault of frontlines: {type(error).__name__}: {one_line(error)}"
            _end(f"{told}; please report it with {where}", UNFORESEEN, error)

    shared = {"limit": Limits, "quiet": Quiet, "verbose": Verbose, "context": typer.Context}
    decorate: Callable[..., Callable[..., None]] = takes_options(shared, dict, "common")
    return decorate(wrapped)


def _end(text: str, code: int, error: Exception) -> None:
    raise typer.Exit(refuse(text, code)) from error


def refuse(text: str, code: int) -> int:
    """Print one line that says what is wrong, if it can be printed; give the exit code."""
    with suppress(OSError):
        console(stderr=True).print(Text(f"error: {text}"), style="red", soft_wrap=True)
    return code


def _can_print() -> bool:
    with suppress(OSError):
        sys.stdout.flush()
        return True
    return False


def refuse_to_print(error: BaseException) -> int:
    """Say that what was found cannot be printed, unless its reader has gone; give the exit code."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if getattr(error, "errno", None) == errno.EPIPE:
        return CUT_OFF
    return refuse(f"what was found cannot be printed ({error}): send it to another place", FAULTY)


def _written_down(error: Exception) -> str:
    """Write a traceback to a file, and name it."""
    try:
        handle, name = tempfile.mkstemp(prefix="frontlines-fault-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write("".join(traceback.format_exception(error)))
    except OSError:
        return "what is printed here"
    return name
