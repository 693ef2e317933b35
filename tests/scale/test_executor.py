"""Work is shared by processes: in order, with a dead worker too."""

import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Polygon, box

import frontlines as fl
from frontlines.errors import LayerError, LimitError, ScaleError, StudyError
from frontlines.manifest import to_json
from frontlines.scale import executor
from tests.scale import workers as at_work

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signals that kill")
CRS, X, Y = "EPSG:3035", 4_321_000, 3_210_000


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
        assert list(pool.map(at_work.where_loaded, range(2))) == [(fl.__file__, sys.path)] * 2
        assert list(pool.map(at_work.asks_for_breaks, range(2))) == [(True, set())] * 2
        with pytest.raises(ZeroDivisionError):
            list(pool.map(at_work.fails, [1]))
    assert [record.message for record in caplog.records] == [
        "a worker died; what it had in hand is done again"
    ]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert "PYTHONSAFEPATH" not in os.environ


def test_an_item_that_kills_every_worker_ends_the_run():
    with executor(workers=2) as pool, pytest.raises(ScaleError, match="died 3 times"):
        list(pool.map(at_work.dies_always, range(3)))


SCRIPT = """
import os, sys, time
from frontlines.scale import executor
def wait(number):
    print(os.getpid(), flush=True)
    time.sleep(300)
"""
ASK = """
with executor(workers=2) as pool:
    list(pool.map(wait if len(sys.argv) > 1 else len, range(2)))
"""


def test_a_script_without_its_guard_is_told_what_is_missing(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT + ASK, encoding="utf-8")
    for words, text in (([str(script)], ""), (["-"], SCRIPT + ASK)):
        done = subprocess.run(
            [sys.executable, *words], input=text, capture_output=True, text=True, check=False
        )
        assert "a script that asks for workers must be a file, not standard input" in done.stderr
        assert "if __name__ == '__main__':" in done.stderr.splitlines()[-1]


def test_workers_end_with_the_process_that_asked(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(f"{SCRIPT}if __name__ == '__main__':{ASK.replace(chr(10), chr(10) + '    ')}", "utf-8")
    run = subprocess.Popen([sys.executable, str(script), "wait"], stdout=subprocess.PIPE, text=True)
    pids = [int(run.stdout.readline()) for _ in range(2)]
    run.kill()
    run.wait()
    run.communicate(timeout=60)  # ends when the last worker has closed it
    assert not any(Path(f"/proc/{pid}").exists() and not ended(pid) for pid in pids)


def ended(pid):
    """Tell whether a process is only left to be looked at."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"


def test_no_worker_and_no_scheduler_are_refused():
    with pytest.raises(LimitError, match="give 1 or more"), executor(workers=0):
        pass


def front_of_day(day, x_m):
    return {"date": day, "side": "A", "source": "made up", "geometry": box(X, Y, X + x_m, Y + 2000)}


def test_what_is_finished_is_kept_when_a_run_breaks_off(tmp_path):
    """Ctrl-C, or a bad snapshot: the stretches before it are gone on from, and a changed day is named."""
    days = pd.date_range("1931-06-01", periods=150)
    frame = gpd.GeoDataFrame([front_of_day(day, 1000 + 7 * n) for n, day in enumerate(days)], crs=CRS)
    districts = gpd.GeoDataFrame({"district": ["D"]}, geometry=[box(X, Y, X + 4000, Y + 2000)], crs=CRS)
    kept = []

    def follow(rows, **more):
        rows.to_parquet(tmp_path / "days.parquet")
        return fl.follow(tmp_path / "days.parquet", districts, side="A", **more)

    def stop(_share, message):
        if message == "what changed hands":
            raise KeyboardInterrupt

    whole = follow(frame)
    with pytest.raises(KeyboardInterrupt):
        follow(frame, progress=stop, keep=lambda *found: kept.append(found))
    bad = frame.copy()
    bad.loc[140, "geometry"] = Polygon([(X, Y), (X + 9, Y + 9), (X + 9, Y), (X, Y + 9)])
    with pytest.raises(LayerError, match="rows 140; Self-intersection"):
        follow(bad, keep=lambda *found: kept.append(found))
    for series, manifest in kept:
        assert len(manifest["snapshots"]) == 129
        resumed = follow(frame, previous=(series, manifest))
        for name, table in whole.tables.items():
            pd.testing.assert_frame_equal(table, resumed.tables[name], check_exact=True)
        assert to_json(whole.manifest) == to_json(resumed.manifest)
    changed = frame.drop(index=3)
    with pytest.raises(StudyError, match="1931-06-04 is not the one"):
        follow(changed, previous=kept[0])
