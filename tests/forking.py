"""Children of this process, in which everything is loaded already."""

import os
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any


def forked(work: Callable[[], Any]) -> int:
    """Do some work in a child, and give its number; an error is printed, and its exit code is 99."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the test runner's threads do not matter to it
        child = os.fork()
    if child:
        return child
    try:
        work()
        os._exit(0)
    except BaseException:  # noqa: BLE001 - it must not go on as a second test runner
        traceback.print_exc()
    os._exit(99)


_WRITES = {"os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir"}


def dies_at(number: int, folder: Path) -> None:
    """Kill this process at its n-th write into a folder."""
    left = [number]

    def hook(event: str, args: tuple[Any, ...]) -> None:
        opened = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        if (event in _WRITES or opened) and str(folder) in str(args[0]):
            left[0] -= 1
            if not left[0]:
                os._exit(137)

    sys.addaudithook(hook)
