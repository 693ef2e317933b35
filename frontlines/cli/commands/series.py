"""``frontlines series``: many snapshots, from a folder or a file to tables and a chart."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import geopandas as gpd
import pandas as pd
import typer
from pyproj import CRS

from frontlines import manifest as manifests
from frontlines.cli.options import Force, Mend, Out, console, shows_errors
from frontlines.cli.printing import series_table
from frontlines.crs import working_crs
from frontlines.errors import SourceError
from frontlines.layers import as_control, as_districts
from frontlines.moved import TOLERANCE_M
from frontlines.progress import reporting
from frontlines.series import change_series, series_totals
from frontlines.sources.files import FORMATS, read_control, read_districts

FILES = ("series.csv", "series.parquet", "totals.csv", "series.png", "manifest.json")
"""What the command writes."""


class Freq(StrEnum):
    """Steps to sum up in."""

    D = "D"
    W = "W"
    MS = "MS"
    QS = "QS"
    YS = "YS"


@shows_errors
def series(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE",
            help="A file with a column 'date', or a folder of files with a day in their names.",
        ),
    ],
    districts: Annotated[Path, typer.Option("--districts", metavar="FILE", help="District polygons.")],
    key: Annotated[
        str, typer.Option("--key", metavar="COLUMN", help="Column of the districts' unique names.")
    ],
    side: Annotated[
        str,
        typer.Option(
            "--side",
            metavar="NAME",
            help="Side whose gains are positive; polygons without a column 'side' are its ground.",
        ),
    ],
    out: Out = Path("out"),
    freq: Annotated[
        Freq | None,
        typer.Option("--freq", help="Steps: day, week, month, quarter, year; by default every snapshot."),
    ] = None,
    tolerance_m: Annotated[
        float,
        typer.Option(
            "--tolerance-m", min=0, metavar="METRES", help="A vertex that moved less is the same vertex [m]."
        ),
    ] = TOLERANCE_M,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the series in --out; only later steps are computed.")
    ] = False,
    mend: Mend = False,
    force: Force = False,
) -> None:
    """Follow one side through many snapshots; write a table for each step and district, and a chart."""
    from frontlines.cli.outputs import refuse_overwriting, staged, write_series  # noqa: PLC0415 - drawing is heavy

    refuse_overwriting(out, FILES, force=force or resume)
    with reporting(console(stderr=True).is_terminal) as report:
        report(0.02, "reading")
        raw_districts = read_districts(districts)
        crs = working_crs(raw_districts)
        ground = as_districts(raw_districts, crs, key=key, mend=mend)
        control = as_control(_read(source, side), crs, mend=mend)
        asked = {"side": side, "key": key, "freq": freq, "tolerance_m": tolerance_m, "mend": mend}
        record = _record(source, districts, asked, control, crs)
        previous = _previous(out, record) if resume else None
        table = change_series(
            control,
            ground,
            side,
            freq=freq,
            tolerance_m=tolerance_m,
            previous=previous,
            progress=lambda share, what: report(0.4 + 0.4 * share, what),
        )
        report(0.8, "drawing and writing")
        with staged(out) as folder:
            write_series(table, record, folder)
    console().print(series_table(series_totals(table), side))
    console(stderr=True).print(f"written to {out}: {', '.join(FILES)}")


def _read(source: Path, side: str) -> gpd.GeoDataFrame:
    """Read all snapshots."""
    if not source.is_dir():
        return read_control(source, side=side)
    files = sorted(file for file in source.iterdir() if file.suffix.lower() in FORMATS)
    if not files:
        raise SourceError(f"{source} holds no layer: its files must end in one of {', '.join(FORMATS)}")
    frames = [read_control(file, side=side).to_crs("EPSG:4326") for file in files]
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), geometry="geometry", crs="EPSG:4326")


def _record(
    source: Path, districts: Path, asked: dict[str, Any], control: gpd.GeoDataFrame, crs: CRS
) -> manifests.Manifest:
    """Describe what goes into a series: files, options, and each snapshot by its checksum."""
    files = sorted(file for file in source.iterdir() if file.is_file()) if source.is_dir() else [source]
    digests = control.assign(wkb=control.geometry.to_wkb(), held=control["side"].astype(str)).groupby(
        "date", sort=True
    )[["held", "wkb"]]
    snapshots = {
        f"{date:%Y-%m-%d}": hashlib.sha256(
            b"".join(side.encode() + wkb for side, wkb in sorted(rows.itertuples(index=False, name=None)))
        ).hexdigest()
        for date, rows in digests
    }
    return {
        "inputs": [
            manifests.fingerprint(districts, "districts"),
            *(manifests.fingerprint(file, "snapshots") for file in files),
        ],
        "parameters": asked,
        "projection": {"name": crs.name, "wkt": crs.to_wkt()},
        "sources": sorted(set(control["source"])),
        "snapshots": snapshots,
        "versions": manifests.versions(),
    }


def _previous(out: Path, record: manifests.Manifest) -> pd.DataFrame:
    """Read the series that is to be gone on with, after checking that it began in the same way."""
    try:
        old = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        table = pd.read_parquet(out / "series.parquet")
    except (OSError, ValueError) as error:
        raise SourceError(f"{out} holds no series to go on with ({error}): leave --resume out") from error
    for part in ("parameters", "projection"):
        if old.get(part) != record[part]:
            raise SourceError(
                f"the series in {out} was made with other {part}: use --force instead of --resume"
            )
    if old["inputs"][0] != record["inputs"][0]:
        raise SourceError(
            f"the series in {out} was made with other districts: use --force instead of --resume"
        )
    early = dict(list(record["snapshots"].items())[: len(old["snapshots"])])
    if early != old["snapshots"]:
        changed = min(set(early.items()) ^ set(old["snapshots"].items()))[0]
        raise SourceError(
            f"the snapshot of {changed} is not the one that the series in {out} was made from: "
            "use --force instead of --resume"
        )
    return table
