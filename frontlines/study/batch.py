"""Many studies, each by itself: its files in a folder of its own, its figures in one table of all."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from frontlines.errors import StudyError
from frontlines.names import listed
from frontlines.progress import Report
from frontlines.scale import Executor
from frontlines.sources.files import write
from frontlines.sources.formats import rounded
from frontlines.sources.toml import read_toml
from frontlines.sources.writing import only_run_in
from frontlines.study.compare import run_study
from frontlines.study.files import files_of, open_study
from frontlines.study.outputs import files_of as answers
from frontlines.study.outputs import only_run_in as only_answer_in
from frontlines.study.outputs import write_answer
from frontlines.study.study import Wanted

STUDIES = "studies.csv"
"""Name of the table of all."""

_FIGURES = ["gained_km2", "lost_km2", "net_km2", "sigma_km2", "net_low_km2", "net_high_km2"]
_COLUMNS = ["study", "side", "date_from", "date_to", *_FIGURES, "error"]


def read_batch(path: Path) -> dict[str, str]:
    """Read which studies there are, by the names of their folders."""
    held = read_toml(path, "list of studies", StudyError)
    studies = held.get("studies")
    mend = 'write [studies], and under it lines such as april = "april/study.toml" or k94 = "karabakh-1994"'
    if set(held) != {"studies"} or not isinstance(studies, dict) or not studies:
        raise StudyError(f"{path} is no list of studies: {mend}")
    odd = [f"{name!r} = {value!r}" for name, value in studies.items() if not _is_line(name, value)]
    if odd or len({name.casefold() for name in studies}) < len(studies):
        told = listed(odd, 3) or "two names differ in capital letters alone"
        raise StudyError(f"{path}: {told}: {mend}; each name is that of a folder")
    here = path.absolute().parent
    paths = {name: here / value for name, value in studies.items()}
    return {name: str(own) if own.exists() else studies[name] for name, own in paths.items()}


def _is_line(name: str, value: Any) -> bool:
    """Tell a name that any system takes for a folder, with a text beside it."""
    plain = re.fullmatch(r"\w[\w .-]*", name) is not None and name != STUDIES
    return plain and isinstance(value, str) and bool(value.strip())


def run_batch(
    studies: Mapping[str, str],
    out: Path,
    wanted: Wanted,
    pool: Executor,
    progress: Report,
    *,
    force: bool,
    say: Callable[[Exception], str],
) -> pd.DataFrame:
    """Run studies wherever that is done, and write a table of all: a row a side, or what was wrong."""
    if (out / STUDIES).exists() and not force:
        raise StudyError(f"{out} holds {STUDIES} of another run: pass force=True, or another folder")
    rows: list[dict[str, Any]] = []
    with only_run_in(out):
        work = partial(_rows_of, out=out.absolute(), wanted=wanted, force=force, say=say)
        for number, found in enumerate(pool.map(work, studies.items()), start=1):
            rows += found
            progress(number / len(studies), found[0]["study"])
        table = pd.DataFrame(rows, columns=_COLUMNS).dropna(axis="columns", how="all")
        write(rounded(table), out / STUDIES)
    return table


def _rows_of(
    item: tuple[str, str], *, out: Path, wanted: Wanted, force: bool, say: Callable[[Exception], str]
) -> list[dict[str, Any]]:
    """Run one study; one that fails gives a row that says why."""
    name, named = item
    os.environ.setdefault("MPLBACKEND", "agg")
    try:
        free = only_answer_in(out / name, answers("change"), force=force, inputs=files_of(named))
        with warnings.catch_warnings(action="ignore"), free:
            found = run_study(open_study(named))
            write_answer(found, out / name, wanted)
    except Exception as error:  # noqa: BLE001 - one study takes no other along
        return [{"study": name, "error": say(error)}]
    first, last = found.manifest["dates"]
    dated = {"study": name, "date_from": first, "date_to": last}
    return [
        dated | {key: row[key] for key in ("side", *_FIGURES) if key in row}
        for row in found.totals.to_dict("records")
    ]
