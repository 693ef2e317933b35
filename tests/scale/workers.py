"""What workers of the tests do; in a module of its own, so that other processes find it."""

import os
import signal
import sys
from pathlib import Path

import frontlines


def squared(number):
    return number * number


def dies_once(item):
    """Kill the process that has number 3 in hand, the first time."""
    number, mark = item
    if number == 3 and not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def dies_always(number):
    return os.kill(os.getpid(), signal.SIGKILL) if number == 1 else number


def asks_for_breaks(_number):
    ours = sys.platform != "win32"
    return signal.getsignal(signal.SIGINT) is signal.SIG_DFL, ours and signal.pthread_sigmask(
        signal.SIG_BLOCK, ()
    )


def where_loaded(_number):
    return frontlines.__file__, sys.path


def fails(number):
    raise ZeroDivisionError(number)
