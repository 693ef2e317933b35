"""Whole commands beside a geopandas script that answers the same question from the same files.

    python -m benchmarks.commands --data FOLDER [--repeats 3] [--only NAME ...]

The folder is that of ``benchmarks.series``. Every command and every script is a process of its own, from the
start of the interpreter to the last file written; they take turns, and the least processor time of each
counts. A command runs with and without pictures. A script must find what the command found; what it leaves
out (checks, books, records, the page's ground) is not counted for it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import pandas as pd

from benchmarks.series import AGREEMENT, DISTRICTS, SIDE, SNAPSHOTS, in_markdown
from frontlines.crs import working_crs
from frontlines.names import KM2

FIRST, LAST = "raw_deepstatemap_data_20240708.geojson", "raw_deepstatemap_data_20240915.geojson"
REFUSED = 2
"""Exit code of a command that finds a fault, or none of its files."""


class Command(NamedTuple):
    """The words of a command, and the script that answers the same, where there is one."""

    words: Sequence[str]
    peer: str = ""


_GROUND = ("--districts", DISTRICTS, "--key", "id", "--side", SIDE, "--margin-m", "0")
_CHANGE = ("change", FIRST, LAST, *_GROUND)
_SERIES = ("series", SNAPSHOTS, *_GROUND)

COMMANDS = {
    "--help": Command(["--help"]),
    "change, a file that is not there": Command(["change", "none.gpkg", LAST, *_GROUND]),
    "check, 384 days": Command(["check", SNAPSHOTS, "--one-side"], "looking"),
    "series, 384 days × 494, no picture": Command([*_SERIES, "--no-map"], "following"),
    "series, 384 days × 494": Command(_SERIES, "following"),
    "change, 494 districts, no map": Command([*_CHANGE, "--no-map"], "changing"),
    "change, 494 districts": Command(_CHANGE, "changing"),
    "run karabakh-1994, no map": Command(["run", "karabakh-1994", "--no-map"]),
    "run karabakh-1994": Command(["run", "karabakh-1994"]),
}


def plane(folder: Path, *files: str) -> list[gpd.GeoDataFrame]:
    """Read files, in one equal-area CRS."""
    frames = [(gpd.read_parquet if one.endswith("parquet") else gpd.read_file)(folder / one) for one in files]
    crs = working_crs(frames[-1])
    return [frame.to_crs(crs) for frame in frames]


def looking(folder: Path) -> None:
    """Look for what is not valid, and for holes."""
    (frame,) = plane(folder, SNAPSHOTS)
    parts = frame.explode()
    print(json.dumps([float((~parts.is_valid).sum()), float(parts.count_interior_rings().sum())]))


def following(folder: Path) -> None:
    """Take what was gained and lost from day to day, by district, and write it as CSV."""
    snapshots, districts = plane(folder, SNAPSHOTS, DISTRICTS)
    _written([snapshots.iloc[[row]] for row in snapshots["date"].argsort()], districts)


def changing(folder: Path) -> None:
    """Take what was gained and lost between two files."""
    first, last, districts = plane(folder, FIRST, LAST, DISTRICTS)
    _written([first, last], districts)


def _written(days: Sequence[gpd.GeoDataFrame], districts: gpd.GeoDataFrame) -> None:
    rows = []
    for before, after in pairwise(days):
        for way, pair in (("gained", (after, before)), ("lost", (before, after))):
            moved = gpd.overlay(*(one[["geometry"]] for one in pair), how="difference")
            met = gpd.overlay(moved, districts[["id", "geometry"]], how="intersection")
            rows.append(met.assign(way=way, km2=met.area / KM2)[["id", "way", "km2"]])
    table = pd.concat(rows)
    table.to_csv("moved.csv", index=False)
    print(json.dumps(table.groupby("way")["km2"].sum()[["gained", "lost"]].tolist()))


SCRIPTS: dict[str, Callable[[Path], None]] = {
    script.__name__: script for script in (looking, following, changing)
}


def spent(words: Sequence[str], folder: Path) -> tuple[float, str]:
    """Run a process to its end: its processor time [s], and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, REFUSED):
        raise SystemExit(f"{' '.join(words)}: {done.stderr}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def least(command: Command, data: Path, repeats: int) -> dict[str, str]:
    """Run a command and its peer in turns: the least time of each, and their ratio."""
    own, theirs = [], []
    words = [str(data / word) if (data / word).is_file() else word for word in command.words]
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            out = ["--out", "out"] if command.words[0] in ("change", "series", "run") else []
            own.append(spent(["-m", "frontlines", *words, *out], folder)[0])
            if command.peer:
                script = ["-m", "benchmarks.commands", "--data", str(data), "--script", command.peer]
                seconds, said = spent(script, folder)
                theirs.append(seconds)
                if (totals := folder / "out" / "totals.csv").exists():
                    agree(json.loads(said), pd.read_csv(totals))
    row = {"s": f"{min(own):.2f}"}
    return row | ({"geopandas": f"{min(theirs) / min(own):.1f} ×"} if theirs else {})


def agree(theirs: list[float], totals: pd.DataFrame) -> None:
    """Stop if a script found other ground than the command."""
    ours = totals[["gained_km2", "lost_km2"]].sum().tolist()
    for mine, other in zip(ours, theirs, strict=True):
        if abs(mine - other) > AGREEMENT * (sum(ours)):
            raise SystemExit(
                f"frontlines found {mine:.3f} km², geopandas {other:.3f}: the comparison is void"
            )


def main() -> None:
    """Read the command line; run one script, or compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the benchmark data")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=list(COMMANDS), default=list(COMMANDS))
    parser.add_argument("--script", choices=list(SCRIPTS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    data = options.data.resolve()
    if options.script:
        warnings.simplefilter("ignore")  # overlay tells that it dropped points and lines
        SCRIPTS[options.script](data)
        return
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    )
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    rows = [{"command": name} | least(COMMANDS[name], data, options.repeats) for name in options.only]
    print(in_markdown(pd.DataFrame(rows)))


if __name__ == "__main__":
    main()
