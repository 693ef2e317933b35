"""Many workers: processes of this machine, or those of a Dask scheduler; results come in order."""

from __future__ import annotations

import logging
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol, TypeVar

from frontlines._optional import require
from frontlines.arguments import checked
from frontlines.errors import LimitError, ScaleError
from frontlines.progress import begin_process, expect_processes, processes, what_holds, without_break

_LOG = logging.getLogger("frontlines")
_AHEAD = 2  # items given out for each worker: one to work on, one that waits
_DEATHS = 3  # of workers over one item, before it is taken for the cause

T = TypeVar("T")
R = TypeVar("R")


class Executor(Protocol):
    """Whatever works through items."""

    workers: int

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Call a function for each item, and give what it returns in the order of the items."""


@contextmanager
@checked()
def executor(*, workers: int = 1, scheduler: str | None = None) -> Iterator[Executor]:
    """Give what works through items: this process, several of this machine, or workers of a scheduler.

    Parameters
    ----------
    workers
        Processes of this machine; 1: no other than this one.
    scheduler
        Address of a Dask scheduler, such as ``tcp://192.0.2.1:8786``, whose workers are taken instead; it
        needs the extra ``dask``, here and there, and the same version of this library.

    Yields
    ------
    executor
        Its method `map` takes a function that can be pickled and items. A worker that dies is replaced, and
        what it had in hand is done again: said once in the log.

    Raises
    ------
    LimitError
        If there is no worker at all.
    ScaleError
        If the scheduler cannot be reached, or workers die again and again over one item.

    Examples
    --------
    >>> with executor() as pool:
    ...     list(pool.map(len, ["a", "bc"]))
    [1, 2]
    """
    if workers < 1:
        raise LimitError(f"workers is {workers}: give 1 or more processes")
    if scheduler is not None:
        with _cluster(scheduler) as cluster:
            yield cluster
    elif workers == 1:
        yield _Here()
    else:
        pool = _Processes(workers)
        try:
            yield pool
        finally:
            pool.end()


class _Here:
    """The process that asks."""

    workers = 1

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        return map(function, items)


class _Processes:
    """Processes of this machine; if one dies, all are begun anew, and what is not done is given out again."""

    def __init__(self, workers: int) -> None:
        self.workers, self._worked = workers, False
        self._pool = self._begun()

    def _begun(self) -> ProcessPoolExecutor:
        expect_processes(self.workers)
        return ProcessPoolExecutor(
            self.workers, processes(), initializer=begin_process, initargs=what_holds()
        )

    def end(self) -> None:
        """Let nothing more begin."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        with TemporaryDirectory(prefix="frontlines-") as folder:
            path = Path(folder, "function")  # it may be large: each process reads it once
            path.write_bytes(pickle.dumps(function))
            yield from self._each(partial(_called, str(path)), iter(items))

    def _each(self, function: Callable[[T], R], left: Iterator[T]) -> Iterator[R]:
        given, deaths = deque[tuple[T, Future[R]]](), 0
        while True:
            while len(given) < _AHEAD * self.workers and (item := next(left, _END)) is not _END:
                given.append((item, self._give(function, item)))
            if not given:
                return
            try:
                result = given[0][1].result()
            except BrokenProcessPool:
                deaths += 1
                _say_death(deaths, worked=self._worked)
                self.end()
                self._pool = self._begun()
                given = deque(
                    (item, one if _is_done(one) else self._give(function, item)) for item, one in given
                )
                continue
            given.popleft()
            deaths, self._worked = 0, True
            yield result

    def _give(self, function: Callable[[T], R], item: T) -> Future[R]:
        with without_break():  # processes begin so, and have no words for a break before they are ready
            try:
                return self._pool.submit(function, item)
            except BrokenProcessPool as error:  # a worker died meanwhile: told when its turn comes
                broken: Future[R] = Future()
                broken.set_exception(error)
                return broken


_END: Any = object()


def _is_done(future: Future[Any]) -> bool:
    return future.done() and not future.cancelled() and not isinstance(future.exception(), BrokenProcessPool)


def _say_death(deaths: int, *, worked: bool) -> None:
    """Say once that a worker died; more than a few deaths in a row have a reason."""
    if deaths >= _DEATHS:
        why = "the same part of the work"
        if not worked:
            why = "the first part: a script that asks for workers must be a file, not standard input, and "
            why += "do so under `if __name__ == '__main__':`; or else they died"
        raise ScaleError(
            f"workers died {deaths} times over {why}, perhaps for want of memory: give fewer workers"
        )
    if deaths == 1:
        _LOG.error("a worker died; what it had in hand is done again")


@contextmanager
def _cluster(address: str) -> Iterator[Executor]:
    """Connect to a scheduler."""
    distributed = require("distributed", extra="dask")
    try:
        client = distributed.Client(address, set_as_default=False, timeout="10s")
    except (OSError, ValueError, TimeoutError) as error:
        raise ScaleError(
            f"no Dask scheduler answers at {address}: start one with dask-scheduler, or give workers=N"
        ) from error
    try:
        _LOG.info("dashboard: %s", client.dashboard_link)
        yield _Cluster(distributed, client)
    finally:
        client.close()


class _Cluster:
    """The workers of a scheduler, which gives out anew what a dead one had in hand."""

    def __init__(self, distributed: Any, client: Any) -> None:
        self._distributed, self._client = distributed, client
        self.workers = max(1, len(client.scheduler_info()["workers"]))

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        left, given = iter(items), deque[Any]()
        known = self._client.scatter(pickle.dumps(function), broadcast=True)
        while True:
            while len(given) < _AHEAD * self.workers and (item := next(left, _END)) is not _END:
                given.append(self._client.submit(_called, known, item, pure=False))
            if not given:
                return
            try:
                result = given.popleft().result()
            except (OSError, TimeoutError, self._distributed.client.FutureCancelledError) as error:
                raise ScaleError(
                    f"the Dask scheduler is gone ({type(error).__name__}): start it again, and this run"
                ) from error
            except self._distributed.KilledWorker as error:
                raise ScaleError(
                    f"workers died again and again over one part of the work: {error}"
                ) from error
            yield result


_CALLED: dict[bytes | str, Any] = {}


def _called(known: bytes | str, item: Any) -> Any:
    """Call a function that each process unpickles once, from bytes or from a file."""
    if known not in _CALLED:
        _CALLED.clear()
        pickled = Path(known).read_bytes() if isinstance(known, str) else known
        _CALLED[known] = pickle.loads(pickled)  # noqa: S301 - what this library sent itself
    return _CALLED[known](item)
