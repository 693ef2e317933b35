"""Processes of this machine: how they begin, and what holds in them."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from frontlines.limits import LIMITS, bound, raised_limits

_LOADED = ["frontlines.study"]  # in the process from which others are forked


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


def bounds() -> dict[str, float]:
    """Give the bounds that hold here, for `begin_process`."""
    return {name: bound(name) for name in LIMITS}


def begin_process(bounds: dict[str, float]) -> None:
    """Let bounds hold in a process of its own, to its end, which Ctrl-C brings at once."""
    raised_limits(**bounds).__enter__()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
