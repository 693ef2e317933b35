"""What is set before any library is loaded, if this process is the command ``frontlines``."""

from __future__ import annotations

import os
import signal
import sys


def prepare() -> None:
    """Let a break end the loading without a word, keep GDAL and PROJ from talking, and all drivers at hand.

    Of ``python -m frontlines`` no more is known while the package is loaded than that it is ``-m``. Streams
    that are closed lead nowhere; otherwise the next file that is opened would be taken for them.
    """
    name = (sys.argv or [""])[0].replace("\\", "/").rsplit("/", 1)[-1]
    if name.removesuffix(".exe") not in {"frontlines", "-m"}:
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for name in ("CPL_DEBUG", "PROJ_DEBUG", "GDAL_SKIP", "OGR_SKIP"):
        os.environ.pop(name, None)
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            if nowhere != number:
                os.dup2(nowhere, number)
            setattr(sys, name, os.fdopen(number, "w", encoding="utf-8", closefd=False))


prepare()
