"""Runs commands within this process, so that the library is loaded once."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

import typer

from frontlines.cli import digitizing  # noqa: F401 - loaded late by the commands
from frontlines.cli.main import command, main
from frontlines.study import outputs, pictures, readable  # noqa: F401 - as above

_LONGEST_S = 60.0  # of processor time


class Answer(NamedTuple):
    """What a command answered: its exit code (128 and more: ended by a signal), and what it printed."""

    code: int
    out: str
    err: str


@cache
def _load() -> None:
    """Load here, once, what commands load late, so that no answer waits for it."""
    square = {"type": "Polygon", "coordinates": [[[46, 39], [47, 39], [47, 40], [46, 40], [46, 39]]]}
    feature = {"type": "Feature", "properties": {"district": "D", "side": "A"}, "geometry": square}
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
        path = Path(folder) / "a_1994-04-07.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
        of_one_day = ["change", str(path), str(path), "--districts", str(path), "--out", folder]
        for words in (["check", str(path)], of_one_day):
            with redirect_stderr(io.StringIO()), suppress(typer.Exit):
                command()(words, standalone_mode=False)


def run(words: list[str], folder: Path) -> Answer:
    """Run ``frontlines`` with some words in a folder, in this process; one that never ends is ended with it."""
    _load()
    log, usual = folder.parent / f"{folder.name}.log", signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, _LONGEST_S)
    try:
        with _as_a_command(words, folder, log):
            code = _exit_code()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, usual)
    return Answer(code, *(Path(f"{log}.{name}").read_text(encoding="utf-8") for name in ("out", "err")))


@contextmanager
def _as_a_command(words: list[str], folder: Path, log: Path) -> Iterator[None]:
    """Let this process be the command for a while: its words, folder and streams; then all is as it was."""
    here, streams, argv, environ = Path.cwd(), (sys.stdout, sys.stderr), sys.argv, dict(os.environ)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    kept, quiet = [os.dup(number) for number in (1, 2)], logging.root.manager.disable
    try:
        os.chdir(folder)
        for number, name in ((1, "out"), (2, "err")):
            file = os.open(f"{log}.{name}", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
            os.dup2(file, number)
            os.close(file)
        sys.stdout, sys.stderr = (
            io.TextIOWrapper(io.FileIO(n, "w", closefd=False), write_through=True) for n in (1, 2)
        )
        sys.argv = ["frontlines", *words]
        yield
    finally:
        (sys.stdout, sys.stderr), sys.argv = streams, argv
        for number, file in zip((1, 2), kept, strict=True):
            os.dup2(file, number)
            os.close(file)
        os.chdir(here)
        os.environ.clear()
        os.environ.update(environ)
        logging.disable(quiet)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _exit_code() -> int:
    try:
        main()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:  # noqa: BLE001 - shown as what it is
        traceback.print_exc()
    return 99


def faults_of(answer: Answer, says: str) -> list[str]:
    """Say in what an answer to bad input is not as promised: one line that says what to do, code 2."""
    found = []
    if answer.code != 2:
        found.append(f"exit code {answer.code}")
    if answer.out:
        found.append(f"it printed {answer.out[:200]!r}")
    lines = answer.err.splitlines()
    if len(lines) != 1 or not lines[0].startswith("error: "):
        found.append(f"{len(lines)} lines of errors: {answer.err[-600:]!r}")
    if not re.search(says, answer.err):
        found.append(f"nothing of {says!r} in {answer.err[:300]!r}")
    return found


def content_of(folder: Path) -> dict[str, bytes]:
    """Read all files of a folder, also those within its folders."""
    return {
        str(file.relative_to(folder)): file.read_bytes() if file.is_file() else b"folder"
        for file in sorted(folder.rglob("*"))
    }
