"""What a run left in its folder, read back: only as it was written, and only what a page can be made of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from frontlines.errors import SourceError
from frontlines.manifest import Manifest, sha256
from frontlines.report.ground_file import GROUND
from frontlines.series.rows import every_row
from frontlines.sources.formats import rounded

MANIFEST = "manifest.json"

TABLES = {
    "change": ("balance.csv", "totals.csv", "transitions.csv"),
    "series": ("series.parquet", "totals.csv"),
    "agreement": ("agreement.csv",),
}
"""Kinds of runs that have a page, and the tables of each."""

_PLACES = "settlements.csv"
_NOT_AS_WRITTEN = (
    OSError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
_WORDS = ("name", "district", "side", "side_from", "side_to", "date_from", "date_to", "date", "trust")


@dataclass(frozen=True)
class Run:
    """A run: its kind, its manifest, and how to call each side."""

    kind: str
    manifest: Manifest
    sides: Mapping[str, str]


@dataclass(frozen=True)
class Folder(Run):
    """A run with ``ground.topojson`` and its tables, by name without ending."""

    ground: dict[str, Any]
    tables: dict[str, pd.DataFrame]


def read_folder(folder: Path) -> Folder:
    """Read a run; anything that is not as the run wrote it is refused."""
    if not folder.is_dir():
        raise SourceError(f"{folder} is no folder: pass the folder of a run, its --out")
    with refusing(folder / "manifest.json"):
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        written = dict(manifest["outputs"]) if "frontlines" in manifest["versions"] else {}
        kinds = [kind for kind, names in TABLES.items() if set(names) <= set(written)]
    if len(kinds) == 1 and GROUND not in written:
        raise SourceError(f"{folder} holds a run without {GROUND}: run it again with --report and --force")
    if len(kinds) != 1:
        raise SourceError(
            f"by its manifest.json {folder} holds no run that a page is made of: pass the --out of run, "
            "change, series or compare"
        )
    names = [*TABLES[kinds[0]], *(name for name in (_PLACES,) if name in written)]
    for name in (GROUND, *names):
        _require_same(folder / name, written[name])
    with refusing(folder):
        ground = json.loads((folder / GROUND).read_text(encoding="utf-8"))
        tables = {Path(name).stem: _read(folder / name) for name in names}
        if "series" in tables:
            tables["series"] = every_row(tables["series"])
        return Folder(kinds[0], manifest, ground["run"]["sides"], ground, tables)


@contextmanager
def refusing(folder: Path) -> Iterator[None]:
    """Say in one line that a folder does not hold what a run writes."""
    try:
        yield
    except SourceError:
        raise
    except _NOT_AS_WRITTEN as error:
        why = f"{type(error).__name__}: {error}".splitlines()[0]
        raise SourceError(
            f"{folder} does not hold a run as this version writes it ({why}): run the command again"
        ) from error


def _require_same(path: Path, digest: str) -> None:
    """Refuse a file that is not the one that the manifest names."""
    if not path.is_file():
        raise SourceError(f"{path.parent} lacks {path.name}, which its manifest names: run the command again")
    if sha256(path) != digest:
        raise SourceError(
            f"{path.name} in {path.parent} was changed after its run, or damaged: run the command again"
        )


def _read(path: Path) -> pd.DataFrame:
    """Read a table with the decimals of its CSV, names and days as text; an empty cell is no name."""
    if path.suffix == ".parquet":
        table = pd.read_parquet(path)
        days = table.select_dtypes("datetime").columns
        return rounded(table).assign(**{name: table[name].dt.strftime("%Y-%m-%d") for name in days})
    kinds = dict.fromkeys(_WORDS, str)
    return pd.read_csv(path, dtype=kinds, keep_default_na=False, na_values=[""])
