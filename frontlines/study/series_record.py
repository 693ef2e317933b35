"""The record of a series: what it was made from, and whether an earlier one can be gone on with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from frontlines.errors import StudyError
from frontlines.layers.mending import stated_sources
from frontlines.manifest import Manifest, versions
from frontlines.sources.snapshots import shrunken_days


def record_of(
    control: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, read: Mapping[str, Any], asked: dict[str, Any]
) -> Manifest:
    """Describe what goes into a series: files, options, the districts and each snapshot by its checksum."""
    days = control.groupby("date", sort=True)
    return {
        "inputs": list(read.get("inputs", ())),
        "parameters": dict(read.get("parameters", {})) | asked,
        "projection": {"name": control.crs.name, "wkt": control.crs.to_wkt()},
        "sources": list(read.get("sources", ())) or stated_sources(control["source"]),
        "districts": _digest(districts, "district"),
        "snapshots": {f"{day:%Y-%m-%d}": _digest(rows, "side") for day, rows in days},
        "odd": [*read.get("odd", ()), *shrunken_days(control)],
        "ends_led": dict(read.get("ends_led", {})),
        "notes": list(read.get("notes", ())),
        "versions": versions(),
    }


def _digest(frame: gpd.GeoDataFrame, column: str) -> str:
    """Digest a column and the geometry of a frame, in whatever order its rows are."""
    rows = sorted(zip(frame[column].astype(str), shapely.to_wkb(frame.geometry.values), strict=True))
    return hashlib.sha256(b"".join(text.encode() + wkb for text, wkb in rows)).hexdigest()


def gone_on_with(series: pd.DataFrame, old: Manifest, record: Manifest) -> pd.DataFrame:
    """Give the series that is to be gone on with, after checking that it began in the same way."""
    anew = "begin anew, without previous=..."
    for name in ("parameters", "projection", "districts", "version"):
        before, now = (
            one.get("versions", {}).get("frontlines") if name == "version" else one.get(name)
            for one in (old, record)
        )
        if before != now:
            raise StudyError(f"the series was made with other {name.removesuffix('s')}s: {anew}")
    snapshots = dict(old.get("snapshots", {}))
    early = dict(list(record["snapshots"].items())[: len(snapshots)])
    if early != snapshots:
        day = min(set(early.items()) ^ set(snapshots.items()))[0]
        raise StudyError(f"the snapshot of {day} is not the one that the series was made from: {anew}")
    return series
