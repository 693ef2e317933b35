"""Files and folders written whole or not at all; what a killed run left is put right by the next.

A folder is locked while someone writes into it, so that a run can tell what is in use from what was left.
"""

from __future__ import annotations

import errno
import importlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from frontlines.errors import FrontlinesError, SourceError

_fcntl: Any = importlib.import_module("fcntl") if os.name == "posix" else None  # no locks on Windows
_resource: Any = importlib.import_module("resource") if os.name == "posix" else None

_PREFIX = ".frontlines-"
_INNER = re.compile(rf"{re.escape(_PREFIX)}[^/\\]*[/\\]|sqlite3_\w+\(.*\)( failed)?: ", re.DOTALL)
_FULL = 1_000_000  # bytes left on a disk that is full: what file systems keep for their own books
_OLD, _MOVING = ".old", ".moving"  # in a temporary folder: the files replaced, and the names on their way


def is_one_of(path: Path, files: Iterable[Path]) -> bool:
    """Tell whether a path leads to one of some files, by whatever name or link."""
    return path.exists() and any(file.exists() and path.samefile(file) for file in files)


@contextmanager
def whole_or_not(path: Path, *faults: type[Exception]) -> Iterator[Path]:
    """Give a temporary name beside a file, and move what was written there to its place.

    `faults` are the errors, beside those of the system, by which whoever writes says that it cannot.
    """
    with _errors_told(path), _temporary(path.parent) as folder, _errors_told(path, folder, *faults):
        yield folder / path.name
        _move_in(folder, path.parent)


@contextmanager
def only_run_in(out: Path) -> Iterator[None]:
    """Make a folder and keep other runs out of it; a run that fails takes away the folders it made."""
    made: list[Path] = []
    with ExitStack() as stack:
        try:
            with _errors_told(out):
                made += [folder for folder in (out, *out.parents) if not folder.exists()]
                out.mkdir(parents=True, exist_ok=True)
                _require(stack.enter_context(_lock(out)), out)
                _clear(out)
            yield
        except BaseException:
            _unmake(made)
            raise


@contextmanager
def _errors_told(path: Path, folder: Path | None = None, *faults: type[Exception]) -> Iterator[None]:
    """Say what cannot be made, locked or written, and why; `folder` holds what was written so far."""
    kinds: tuple[type[Exception], ...] = (OSError, *faults)
    try:
        yield
    except FrontlinesError:
        raise
    except kinds as error:
        why = (folder and _lack_of_room(error, folder)) or error
        raise SourceError(_INNER.sub("", f"{path} cannot be written: {why}")) from error


def _lack_of_room(error: Exception, folder: Path) -> str | None:
    """Say that a disk is full or a file too large, if the system says so: most drivers do not."""
    number = getattr(error, "errno", None)
    most = _resource.getrlimit(_resource.RLIMIT_FSIZE)[0] if _resource else -1
    sizes = [file.stat().st_size for file in folder.rglob("*") if file.is_file()]
    if number == errno.EFBIG or 0 <= most <= max(sizes, default=-1):
        return "it grew larger than files may be (ulimit -f): raise that limit, or pass another folder"
    if number in (errno.ENOSPC, errno.EDQUOT) or shutil.disk_usage(folder).free < _FULL:
        return "the disk is full: make room, or pass another folder"
    return None


def _require(free: bool, out: Path) -> None:
    if not free:
        raise SourceError(f"another run is writing into {out}: wait for it, or pass another folder")


@contextmanager
def staged(out: Path, *, stale: Collection[str] = (), last: str | None = None) -> Iterator[Path]:
    """Give a folder to write into, and move its files to their place when all are whole.

    `stale` names files of an earlier run that go unless they are written anew. The file named `last` goes
    before all others and comes after them, so that there is none where a run was cut off in between.
    """
    with _errors_told(out), _temporary(out) as folder, _errors_told(out, folder):
        yield folder
        _move_in(folder, out, stale, last)


@contextmanager
def _temporary(parent: Path) -> Iterator[Path]:
    """Make a locked temporary folder, and take it away at the end."""
    parent.mkdir(parents=True, exist_ok=True)
    _clear(parent)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        with _lock(folder) as ours:
            if not ours or not folder.exists():  # another run took it for a leftover before it was locked
                continue
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            return


@contextmanager
def _lock(folder: Path) -> Iterator[bool]:
    """Lock a folder until the end, or say that someone else has; the lock dies with its process."""
    if _fcntl is None:
        yield True
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            _fcntl.flock(handle, _fcntl.LOCK_EX | _fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        except OSError:  # a file system that knows no locks
            pass
        yield True
    finally:
        os.close(handle)


def _clear(parent: Path) -> None:
    """Take away what killed runs left, and put back what they were about to replace."""
    for folder in sorted(parent.glob(f"{_PREFIX}*")):
        if folder.is_symlink() or not folder.is_dir() or not _is_own(folder):
            continue
        with _lock(folder) as free:
            if free:
                _put_back(folder, parent)
                shutil.rmtree(folder, ignore_errors=True)


def _is_own(folder: Path) -> bool:
    return not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()


def _move_in(folder: Path, out: Path, stale: Collection[str] = (), last: str | None = None) -> None:
    """Move files to their place, or put everything back; those that are replaced are kept until the end."""
    files = sorted(folder.iterdir(), key=lambda file: (file.name == last, file.name))
    for file in files:
        _to_disk(file)
    if len(files) == 1 and not stale:
        files[0].replace(out / files[0].name)
        return
    gone = [name for name in {*stale, last} if name is not None and os.path.lexists(out / name)]
    names = list(dict.fromkeys([*(file.name for file in files), *gone]))
    old = folder / _OLD
    old.mkdir()
    for name in names:
        if os.path.lexists(out / name):
            _keep(out / name, old / name)
    (folder / _MOVING).write_text(json.dumps(names), encoding="utf-8")
    try:
        for name in gone:
            (out / name).unlink()
        for file in files:
            file.replace(out / file.name)
    except BaseException:
        _put_back(folder, out)
        raise
    (folder / _MOVING).unlink()


def _keep(file: Path, kept: Path) -> None:
    """Keep a file under a second name, without a copy where the file system can."""
    try:
        os.link(file, kept, follow_symlinks=False)
    except OSError:
        shutil.copy2(file, kept, follow_symlinks=False)


def _put_back(folder: Path, out: Path) -> None:
    """Undo a move that was begun: old files come back, new ones go."""
    try:
        names = json.loads((folder / _MOVING).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # nothing was moved yet, or everything was
        return
    for name in names:
        if not isinstance(name, str) or Path(name).name != name:
            continue
        if os.path.lexists(folder / _OLD / name):
            (folder / _OLD / name).replace(out / name)
        elif not os.path.lexists(folder / name):
            (out / name).unlink(missing_ok=True)


def _to_disk(file: Path) -> None:
    """Have a file stored before it takes the place of another, so that a full disk is known by then."""
    if file.is_file():
        with file.open("rb") as stored:
            os.fsync(stored.fileno())


def _unmake(folders: list[Path]) -> None:
    """Take away folders that were made, the innermost first, as far as they are empty."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return
