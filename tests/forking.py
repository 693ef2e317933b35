"""Children of this process, in which everything is loaded already."""

import os
import traceback
import warnings
from collections.abc import Callable
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
