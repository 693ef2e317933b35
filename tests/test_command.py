"""What is set before the libraries are loaded, where this process is the command."""

import os
import signal
import sys

import pytest

from frontlines._command import prepare
from tests.forking import forked


def _prepared(argv):
    """Be a process whose streams are closed; give an exit code that says what was set."""
    sys.argv, sys.stdout, sys.stderr = [argv], None, None
    os.close(1)
    os.environ["CPL_DEBUG"] = "ON"
    signal.signal(signal.SIGINT, signal.default_int_handler)
    prepare()
    if sys.stdout is None:
        os._exit(7)
    sys.stdout.write("nobody reads this")
    sys.stdout.flush()
    os.fstat(1)
    os._exit("CPL_DEBUG" in os.environ or signal.getsignal(signal.SIGINT) is not signal.SIG_DFL)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize(
    ("argv", "code"),
    [("/usr/bin/frontlines", 0), ("-m", 0), ("C:\\bin\\frontlines.exe", 0), ("ipython", 7), ("", 7)],
)
def test_only_the_command_keeps_libraries_silent_and_leads_closed_streams_nowhere(argv, code):
    child = forked(lambda: _prepared(argv))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == code
