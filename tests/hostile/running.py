"""Runs commands in a child of this process, so that the library is loaded once."""

from __future__ import annotations

import gc
import io
import json
import os
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
from contextlib import redirect_stderr, redirect_stdout, suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

import typer

from frontlines.cli import digitizing, outputs  # noqa: F401 - loaded late by the commands
from frontlines.cli.main import command, main
from tests.forking import forked

_LONGEST_S = 60.0


class Answer(NamedTuple):
    """What a command answered: its exit code (128 and more: ended by a signal), and what it printed."""

    code: int
    out: str
    err: str


@cache
def _load() -> None:
    """Load here, once, what commands load late: every child would load it anew."""
    square = {"type": "Polygon", "coordinates": [[[46, 39], [47, 39], [47, 40], [46, 40], [46, 39]]]}
    feature = {"type": "Feature", "properties": {"district": "D", "side": "A"}, "geometry": square}
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
        path = Path(folder) / "a_1994-04-07.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
        of_one_day = ["change", str(path), str(path), "--districts", str(path), "--out", folder]
        for words in (["check", str(path)], of_one_day):
            with redirect_stderr(io.StringIO()), suppress(typer.Exit):
                command()(words, standalone_mode=False)
    gc.freeze()


def run(words: list[str], folder: Path, *, most_bytes: int | None = None, kill_after_s: float = 0) -> Answer:
    """Run ``frontlines`` with some words in a folder, its files bounded in size, or killed after a while."""
    _load()
    log = folder.parent / f"{folder.name}.log"
    child = forked(lambda: _be_the_command(words, folder, log, most_bytes))
    deadline = time.monotonic() + (kill_after_s or _LONGEST_S)
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            status = os.waitpid(child, 0)[1]
            break
        time.sleep(0.005)
    code = os.waitstatus_to_exitcode(status)
    texts = [Path(f"{log}.{name}").read_text(encoding="utf-8") for name in ("out", "err")]
    return Answer(code if code >= 0 else 128 - code, *texts)


def _be_the_command(words: list[str], folder: Path, log: Path, most_bytes: int | None) -> None:
    code = 99
    try:
        os.chdir(folder)
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(f"{log}.{name}", os.O_CREAT | os.O_WRONLY | os.O_TRUNC), number)
        sys.stdout, sys.stderr = (io.TextIOWrapper(io.FileIO(n, "w"), write_through=True) for n in (1, 2))
        if most_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))
        sys.argv = ["frontlines", *words]
        main()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:  # noqa: BLE001 - shown as what it is
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


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
