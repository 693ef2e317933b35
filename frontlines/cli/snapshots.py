"""Snapshots as a command reads them: a folder or a file, and what is on record of them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from frontlines import manifest as manifests
from frontlines.errors import SourceError
from frontlines.layers.columns import days_of
from frontlines.sources.files import FORMATS, read_control
from frontlines.sources.publishers.deepstate import read_deepstate
from frontlines.sources.snapshots import describe_snapshots

_PACKED = (".json", ".gz")


class Format(StrEnum):
    """Ways of writing snapshots."""

    plain = "plain"
    deepstate = "deepstate"


def read_snapshots(
    source: Path, side: str, written: Format, named: str | None
) -> tuple[gpd.GeoDataFrame, list[dict[str, str]]]:
    """Read all snapshots."""
    frame = read_deepstate(source) if written == Format.deepstate else _read_plain(source, side)
    days = days_of(frame) if "date" in frame else None
    dated = frame if days is None else frame.assign(date=days).dropna(subset="date")
    listed = (
        [
            {"date": f"{row.date:%Y-%m-%d}", "problem": str(row.problem), "detail": str(row.detail)}
            for row in describe_snapshots(dated).itertuples()
        ]
        if days is not None
        else []
    )
    return (frame if named is None else frame.assign(source=named)), listed


def _read_plain(source: Path, side: str) -> gpd.GeoDataFrame:
    if not source.is_dir():
        return read_control(source, side=side)
    files = sorted(file for file in source.iterdir() if file.suffix.lower() in FORMATS)
    if not files:
        raise SourceError(f"{source} holds no layer: its files must end in one of {', '.join(FORMATS)}")
    frames = [read_control(file, side=side).to_crs("EPSG:4326") for file in files]
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), geometry="geometry", crs="EPSG:4326")


def told(odd: list[dict[str, str]]) -> str:
    """Sum up what is odd about the days."""
    counts = Counter(entry["problem"] for entry in odd)
    listed = ", ".join(f"{problem} {count}" for problem, count in sorted(counts.items()))
    return f"snapshots: {listed} (each is named in manifest.json)" if odd else ""


def record_of(
    source: Path,
    districts: Path,
    asked: dict[str, Any],
    control: gpd.GeoDataFrame,
    crs: CRS,
    odd: list[dict[str, str]],
) -> manifests.Manifest:
    """Describe what goes into a series: files, options, and each snapshot by its checksum."""
    files = _read_from(source)
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
        "odd": odd,
        "versions": manifests.versions(),
    }


def _read_from(source: Path) -> list[Path]:
    """List the files that snapshots are read from."""
    if not source.is_dir():
        return [source]
    return sorted(
        file for file in source.iterdir() if {*FORMATS, *_PACKED} & {s.lower() for s in file.suffixes}
    )


def previous_series(out: Path, record: manifests.Manifest) -> pd.DataFrame:
    """Read the series that is to be gone on with, after checking that it began in the same way."""
    instead = "use --force instead of --resume"
    try:
        old = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        stated, snapshots = old["outputs"]["series.parquet"], dict(old["snapshots"])
        seen = {part: old[part] for part in ("parameters", "projection")}
        seen |= {"districts": old["inputs"][0]["sha256"], "version": old["versions"]["frontlines"]}
        whole = manifests.sha256(out / "series.parquet") == stated
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise SourceError(f"{out} holds no series to go on with ({error}): leave --resume out") from error
    if not whole:
        raise SourceError(f"series.parquet in {out} is not the one that its manifest names: {instead}")
    wanted = {part: record[part] for part in ("parameters", "projection")}
    wanted |= {"districts": record["inputs"][0]["sha256"], "version": record["versions"]["frontlines"]}
    for part, value in wanted.items():
        if seen[part] != value:
            raise SourceError(f"the series in {out} was made with other {part}: {instead}")
    early = dict(list(record["snapshots"].items())[: len(snapshots)])
    if early != snapshots:
        changed = min(set(early.items()) ^ set(snapshots.items()))[0]
        raise SourceError(
            f"the snapshot of {changed} is not the one that the series in {out} was made from: {instead}"
        )
    return pd.read_parquet(out / "series.parquet")
