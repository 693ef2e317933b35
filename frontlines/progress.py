"""Long work: its progress, as None, True or a function of (fraction, message); processes that share it."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from frontlines.limits import LIMITS, bound, raised_limits

_LOG = logging.getLogger("frontlines")
_LOADED = ["frontlines.study"]  # in the process from which others are forked

T = TypeVar("T")
Report = Callable[[float, str], None]
Progress = bool | Report | None


def _silent(fraction: float, message: str) -> None:
    """Report to nobody."""


@contextmanager
def reporting(progress: Progress) -> Iterator[Report]:
    """Turn a ``progress`` argument into a function to call as the work goes on.

    None or False: silent. True: a bar on the error stream, if it is a terminal. A function: it is called with
    the fraction done [0 to 1] and a message.
    """
    if callable(progress):
        yield progress
    elif progress:
        with _bar() as report:
            yield _logged(report)
    else:
        yield _logged(_silent)


def _logged(report: Report) -> Report:
    """Log each stage as it begins, besides."""
    last = ""

    def told(fraction: float, message: str) -> None:
        nonlocal last
        if message != last:
            _LOG.info("%3.0f %% %s", 100 * fraction, message)
            last = message
        report(fraction, message)

    return told


@contextmanager
def _bar() -> Iterator[Report]:
    """Show a bar on the error stream, so that piped results stay clean; away from a terminal, nothing."""
    from rich.console import Console  # noqa: PLC0415 - loaded only where a bar is shown
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    console = Console(stderr=True)
    if not console.is_terminal or _LOG.isEnabledFor(logging.INFO):
        yield _silent
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=1.0)

        def report(fraction: float, message: str) -> None:
            bar.update(task, completed=fraction, description=message)

        yield report


def part(report: Report, start: float, end: float) -> Report:
    """Give the stages of a part of the work a function of their own, which reports from `start` to `end`."""
    return lambda fraction, message: report(start + (end - start) * fraction, message)


def processes() -> Any:
    """Say how processes begin: never as a fork of this one, for threads of other libraries do not outlive it.

    On Linux they are forks of one that has done nothing but load this library, so that it is loaded once.
    """
    from multiprocessing import get_context  # noqa: PLC0415 - the command line begins without it

    return get_context("forkserver" if sys.platform == "linux" else "spawn")


def expect_processes(workers: int) -> None:
    """Let the library be loaded for several workers to come, while this process does something else."""
    if workers < 2 or sys.platform != "linux":  # noqa: PLR2004 - one is this process
        return
    from multiprocessing.forkserver import ensure_running  # noqa: PLC0415 - there is none elsewhere

    processes().set_forkserver_preload(_LOADED)
    paths = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    begun = _environment(PYTHONPATH=paths, PYTHONSAFEPATH="1")  # the library is loaded from where it is here
    with without_break(), begun:
        ensure_running()


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    """Set variables for a process that begins now."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


@contextmanager
def without_break() -> Iterator[None]:
    """Put Ctrl-C off, here and in processes that are begun meanwhile."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def what_holds() -> tuple[dict[str, float], dict[str, str]]:
    """Give the bounds and the environment of this process, for `begin_process`."""
    return {name: bound(name) for name in LIMITS}, dict(os.environ)


def begin_process(bounds: dict[str, float], environment: dict[str, str]) -> None:
    """Let both hold in a process of its own, to its end, which Ctrl-C and its parent's end bring at once."""
    from multiprocessing import parent_process  # noqa: PLC0415 - there already, in such a process

    if (parent := parent_process()) is not None:
        Thread(target=_end_with, args=(parent,), daemon=True).start()
    raised_limits(**bounds).__enter__()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _end_with(parent: Any) -> None:
    """End this process, in whatever it is, when its parent has ended."""
    parent.join()
    os._exit(1)


def track(items: Iterable[T], progress: Progress, message: str, *, total: int) -> Iterator[T]:
    """Go through items and report how many are done."""
    with reporting(progress) as report:
        report(0.0, message)
        for done, item in enumerate(items, start=1):
            yield item
            report(done / total, message)
