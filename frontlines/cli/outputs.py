"""The files that a comparison writes."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import matplotlib as mpl
import pandas as pd

from frontlines.errors import SourceError
from frontlines.manifest import Manifest, series_caption, sha256, to_json
from frontlines.plot import animate_control, change_figure, district_figure, series_figure
from frontlines.series.totals import series_books, series_totals
from frontlines.sources.files import write
from frontlines.study.compare import Results

FILES = (
    "balance.csv",
    "totals.csv",
    "transitions.csv",
    "change.gpkg",
    "frontlines.geojson",
    "map.png",
    "map.svg",
    "manifest.json",
)
"""What `write_results` writes."""

MANIFEST = "manifest.json"
DPI = 300


def write_results(results: Results, out: Path, *, force: bool) -> None:
    """Write everything that a comparison found, all files or none."""
    refuse_overwriting(out, FILES, force=force)
    with staged(out) as folder:
        write(results.balance, folder / "balance.csv")
        write(results.total, folder / "totals.csv")
        write(results.transitions, folder / "transitions.csv")
        write(results.change, folder / "change.gpkg")
        write(results.frontlines, folder / "frontlines.geojson")
        save_figure(change_figure(results), folder / "map")
        (folder / "manifest.json").write_text(to_json(results.manifest), encoding="utf-8")


def write_series(
    series: pd.DataFrame,
    manifest: Manifest,
    folder: Path,
    *,
    fronts: pd.DataFrame | None = None,
    panels: bool = False,
    labels: Mapping[str, str] | None = None,
) -> None:
    """Write everything that a series found."""
    totals = series_totals(series)
    write(series, folder / "series.csv")
    write(series, folder / "series.parquet")
    write(totals, folder / "totals.csv")
    tables = {name: sha256(folder / name) for name in ("series.csv", "series.parquet", "totals.csv")}
    manifest = manifest | {"books": series_books(totals), "outputs": tables}
    if fronts is not None:
        write(fronts, folder / "fronts.csv")
    title = f"{totals['side'].iloc[0]}: ground gained and lost"
    caption = series_caption(manifest)
    figure = series_figure(totals, title=title, caption=caption, fronts=fronts)
    figure.savefig(folder / "series.png", dpi=DPI)
    if panels:
        district_figure(series, caption=caption, labels=labels).savefig(folder / "districts.png", dpi=DPI)
    (folder / "manifest.json").write_text(to_json(manifest), encoding="utf-8")


def write_film(
    control: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    every: pd.DataFrame,
    folder: Path,
) -> None:
    """Write a series as moving pictures."""
    side = str(every["side"].iloc[0])
    animate_control(control, districts, folder / "series.gif", side=side, totals=every)


def refuse_overwriting(
    out: Path, files: tuple[str, ...], *, force: bool, inputs: Iterable[Path | None] = ()
) -> None:
    """Stop before work begins if a run would replace files that it must not."""
    if out.exists() and not out.is_dir():
        raise SourceError(f"{out} is a file: pass the name of a folder as --out")
    blocked = [name for name in files if (out / name).is_dir()]
    if blocked:
        raise SourceError(f"{out} holds folders named {', '.join(blocked)}: pass another --out")
    read = {path.resolve() for path in inputs if path is not None}
    own = [name for name in files if (out / name).resolve() in read]
    if own:
        raise SourceError(f"{out} holds {', '.join(own)}, which the run is to read: pass another --out")
    there = [name for name in files if (out / name).exists()]
    if there and not (out / MANIFEST).exists():
        raise SourceError(
            f"{out} holds {', '.join(there)}, but no {MANIFEST}: they are not the files of a whole run; "
            "pass another --out, or take them away"
        )
    if there and not force:
        raise SourceError(f"{out} holds {', '.join(there)} of another run: pass --force, or another --out")


@contextmanager
def staged(out: Path, *, stale: Collection[str] = ()) -> Iterator[Path]:
    """Give a folder to write into, and move its files to their place when all are whole.

    A manifest goes before all others and comes after them, so that there is none where a run was
    cut off between its files.
    """
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".frontlines-", dir=out) as name:
            folder = Path(name)
            yield folder
            _move_in(folder, out, stale)
    except OSError as error:
        _unmake(made)
        raise SourceError(f"{out} cannot be written: {error}") from error
    except BaseException:
        _unmake(made)
        raise


def _move_in(folder: Path, out: Path, stale: Collection[str]) -> None:
    """Move files to their place, the manifest last; take away what is stale."""
    files = sorted(folder.iterdir(), key=lambda file: (file.name == MANIFEST, file.name))
    if (folder / MANIFEST).exists():
        (out / MANIFEST).unlink(missing_ok=True)
    for name in set(stale) - {file.name for file in files}:
        (out / name).unlink(missing_ok=True)
    for file in files:
        file.replace(out / file.name)


def _unmake(folders: list[Path]) -> None:
    """Take away folders that were made, the innermost first, as far as they are empty."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return


def save_figure(figure: Any, stem: Path) -> None:
    """Save a figure for print and for further drawing: the same figure gives the same bytes."""
    with mpl.rc_context({"svg.hashsalt": "frontlines"}):
        figure.savefig(stem.with_suffix(".png"), dpi=DPI)
        figure.savefig(stem.with_suffix(".svg"), metadata={"Date": None})
