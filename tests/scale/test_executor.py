"""Work is shared by processes: in order, with a dead worker too."""

import logging
import signal
import sys

import pytest

from frontlines.errors import LimitError, ScaleError
from frontlines.scale import executor
from tests.scale import workers as at_work

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signals that kill")


def test_this_process_alone_goes_through_items_one_by_one():
    taken = []
    with executor() as pool:
        found = pool.map(at_work.squared, (taken.append(n) or n for n in range(9)))
        assert next(found) == 0
    assert taken == [0]


def test_a_worker_that_dies_is_replaced_and_said_once(tmp_path, caplog):
    items = [(number, str(tmp_path / "died")) for number in range(8)]
    with caplog.at_level(logging.WARNING), executor(workers=2) as pool:
        assert list(pool.map(at_work.dies_once, items)) == [n * n for n in range(8)]
        assert list(pool.map(at_work.asks_for_breaks, range(2))) == [(True, set())] * 2
        with pytest.raises(ZeroDivisionError):
            list(pool.map(at_work.fails, [1]))
    assert [record.message for record in caplog.records] == [
        "a worker died; what it had in hand is done again"
    ]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_an_item_that_kills_every_worker_ends_the_run():
    with executor(workers=2) as pool, pytest.raises(ScaleError, match="died 3 times"):
        list(pool.map(at_work.dies_always, range(3)))


def test_no_worker_and_no_scheduler_are_refused():
    with pytest.raises(LimitError, match="give 1 or more"), executor(workers=0):
        pass
