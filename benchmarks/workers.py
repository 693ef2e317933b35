"""What workers can share of a long series and of many draws, and what stays with the process that asks.

    python -m benchmarks.workers --data FOLDER [--days 3000] [--draws 1000] [--timed 2]

The folder is that of ``benchmarks.series``; its days are gone through to and fro until there are enough.
In one process, so that a busy machine does no harm, the processor time within what is given out is set beside
all other processor time of the run, from reading to the last file written, and what would be sent is counted.
With ``--timed N`` wall time with 1 and with N workers follows, each in a process of its own, and what N runs
gain that share nothing, at the same time: more cannot be gained on a machine. That needs idle cores. Each has
one thread for matrices, as in the command; for the first table set OPENBLAS_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import os
import pickle
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

import frontlines as fl
from benchmarks.draws import DAYS, layers
from benchmarks.series import DISTRICTS, SIDE, SNAPSHOTS, in_markdown
from frontlines.study import series_stretches

CORRELATION_M = 5_000.0
WORKERS = (2, 4, 16, 64)
"""For which the bound of Amdahl's law is told."""


@dataclass
class Shared:
    """Counts what is given out: processor seconds of the work and of packing it, items, bytes each way."""

    workers = 1
    worked_s = 0.0
    packed_s = 0.0
    items = 0
    sent_bytes = 0
    got_bytes = 0

    def map(self, function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        """Call a function for each item, as an executor does that sends both, the function once."""
        start = time.process_time()
        self.sent_bytes += len(pickle.dumps(function))
        self.packed_s += time.process_time() - start
        for item in items:
            start = time.process_time()
            sent = pickle.dumps(item)
            begin = time.process_time()
            found = function(item)
            end = time.process_time()
            got = pickle.dumps(found)
            pickle.loads(got)  # noqa: S301 - our own
            self.packed_s += begin - start + time.process_time() - end
            self.worked_s += end - begin
            self.items += 1
            self.sent_bytes += len(sent)
            self.got_bytes += len(got)
            yield found


def long_series(folder: Path, days: int, path: Path) -> None:
    """Write so many days into one file: those of the folder to and fro, so that each step is a real one."""
    known = gpd.read_parquet(folder / SNAPSHOTS).sort_values("date", ignore_index=True)
    there = np.arange(len(known))
    order = np.resize(np.concatenate([there, there[-2:0:-1]]), days)
    dates = pd.date_range("1990-01-01", periods=days)
    frame = known.iloc[order].reset_index(drop=True).assign(date=dates, side=SIDE, source="DeepStateUA")
    frame.to_parquet(path, compression="zstd", row_group_size=series_stretches.AT_ONCE)


def series(folder: Path, work: Path, **shared: Any) -> None:
    """Follow all days, and write all tables."""
    districts = folder / DISTRICTS
    found = fl.follow(work / "days.parquet", districts, key="id", side=SIDE, margin_m=0, **shared)
    found.save(work / "out", map=False, force=True)


def draws(number: int) -> fl.Study:
    """Make a study of the fronts of `benchmarks.draws`."""
    found = layers(drawn=False)
    control = found["control"]
    return fl.Study(
        name="draws", title="draws", side="A", dates=(DAYS[0], DAYS[1]), crs=control.crs,
        theatre=found["theatre"], districts=found["districts"].assign(vintage="made up"),
        frontlines=None, control=control, sigma_m=1_000.0, correlation_m=CORRELATION_M, draws=number,
    )  # fmt: skip


@contextmanager
def counted(module: Any) -> Iterator[Shared]:
    """Put the count in the place of workers."""
    real, found = module.executor, Shared()

    @contextmanager
    def counting(**_: Any) -> Iterator[Shared]:
        yield found

    module.executor = counting
    try:
        yield found
    finally:
        module.executor = real


def measured(what: str, module: Any, run: Callable[[], None]) -> dict[str, str]:
    """Run once in this process, and say what could be shared."""
    start = time.process_time()
    with counted(module) as found:
        run()
    whole = time.process_time() - start - found.packed_s
    alone = whole - found.worked_s + found.packed_s
    row = {
        "what": what,
        "shared, CPU s": f"{found.worked_s:.1f}",
        "not shared, CPU s": f"{alone:.1f}",
        "of that packing": f"{found.packed_s:.1f}",
        "items": f"{found.items:,}",
        "sent, MB": f"{found.sent_bytes / 1e6:.1f}",
        "got back, MB": f"{found.got_bytes / 1e6:.1f}",
        "peak so far, MiB": f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f}",
    }
    return row | {f"{n} workers": f"{whole / (alone + found.worked_s / n):.2f} ×" for n in WORKERS}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--days", type=int, default=3_000)
    parser.add_argument("--draws", type=int, default=1_000)
    parser.add_argument("--timed", type=int, metavar="WORKERS")
    parser.add_argument("--only", nargs=3, metavar=("WHAT", "WORKERS", "FOLDER"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only:
        what, workers, work = asked.only
        more = {"workers": int(workers)}
        if what == "series":
            series(asked.data, Path(work), **more)
        else:
            fl.run_study(draws(asked.draws), **more)
        return
    from frontlines.study import errors  # noqa: PLC0415 - whose executor is counted

    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        with ProcessPoolExecutor(1) as pool:  # its memory is not that of the run
            pool.submit(long_series, asked.data, asked.days, work / "days.parquet").result()
        study = draws(asked.draws)
        rows = [
            measured(f"series, {asked.days:,} days", series_stretches, lambda: series(asked.data, work)),
            measured(f"{asked.draws:,} draws", errors, lambda: fl.run_study(study)),
        ]
        print(in_markdown(pd.DataFrame(rows)))
        size = {one.name: one.stat().st_size for one in [work / "days.parquet", *(work / "out").iterdir()]}
        print("bytes a day: " + ", ".join(f"{name} {held / asked.days:,.0f}" for name, held in size.items()))
        for what in ("series", "draws") if asked.timed else ():
            n = asked.timed
            alone, shared = (_timed(what, workers, asked, [work]) for workers in (1, n))
            copies = [work / f"copy{k}" for k in range(n)]
            for copy in copies:
                copy.mkdir(exist_ok=True)
                shutil.copy(work / "days.parquet", copy)
            apart = _timed(what, 1, asked, copies)
            print(
                f"{what}: 1 worker {alone:.1f} s, {n} workers {shared:.1f} s: {alone / shared:.2f} ×; ",
                end="",
            )
            print(f"{n} runs at once that share nothing: {n * alone / apart:.2f} ×")


def _timed(what: str, workers: int, asked: argparse.Namespace, folders: Sequence[Path]) -> float:
    """Run in each folder at the same time, each run with so many workers: seconds until the last one ends."""
    words = ["--data", str(asked.data), "--draws", str(asked.draws), "--only", what, str(workers)]
    command = [sys.executable, "-m", "benchmarks.workers", *words]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    start = time.perf_counter()
    runs = [subprocess.Popen([*command, str(folder)], env=environment) for folder in folders]  # noqa: S603
    ended = [run.wait() for run in runs]
    if any(ended):
        raise SystemExit(f"{what}: a run has failed")
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
