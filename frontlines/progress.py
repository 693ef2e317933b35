"""Progress of long work, as None, True or a function of (fraction, message)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

_LOG = logging.getLogger("frontlines")

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


def track(items: Iterable[T], progress: Progress, message: str, *, total: int) -> Iterator[T]:
    """Go through items and report how many are done."""
    with reporting(progress) as report:
        report(0.0, message)
        for done, item in enumerate(items, start=1):
            yield item
            report(done / total, message)
