"""What is put on record of a comparison or a series: inputs, method, and areas that must agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from frontlines.crs.working import distortion
from frontlines.errors import SourceError
from frontlines.geometry.coverage import united
from frontlines.layers.columns import BOOKED
from frontlines.layers.mending import stated_sources
from frontlines.manifest import Manifest, sha256, to_json, versions
from frontlines.names import KM2, counted
from frontlines.sources.snapshots import shrunken_days
from frontlines.sources.writing import whole_or_not

if TYPE_CHECKING:
    from frontlines.study.study import Study

MANIFEST = "manifest.json"
"""Name of what is put on record."""

SNAPSHOTS = "snapshots.parquet"
"""Name of the rows of a folder, as they were read."""

UNFINISHED = "unfinished.parquet"
"""Name of the finished steps of a series that broke off, with their manifest."""

_RECORD = b"frontlines"


def manifest_of(
    study: Study, control: gpd.GeoDataFrame, change: gpd.GeoDataFrame, transitions: pd.DataFrame
) -> Manifest:
    """Put on record what was read and done, but for errors, places and people."""
    first, last = study.dates
    return {
        "name": study.name,
        "title": study.title,
        "side": study.followed[0] if len(study.followed) == 1 else list(study.followed),
        "sides": dict(study.sides),
        "dates": [f"{day:%Y-%m-%d}" for day in study.dates],
        "cadence": f"two snapshots {counted((last - first).days, 'day')} apart",
        "inputs": [dict(entry) for entry in study.inputs],
        "parameters": {
            **study.parameters,
            "snap_m": study.snap_m,
            "sliver_m": study.sliver_m,
            "border_m": study.border_m,
            "margin_m": study.margin_m,
        },
        "projection": _projection(study),
        "sources": list(study.sources) or stated_sources(control["source"]),
        "district_vintage": sorted(set(study.districts["vintage"])),
        "boundaries": study.boundaries,
        "notes": list(study.notes),
        "odd": [] if study.control is None else shrunken_days(control),
        "ends_led": control.attrs.get("ends_led", {}),
        "margin": control.attrs.get("margin", {}),
        "books": _books(study, control, change, transitions),
        "versions": versions(),
    }


def _projection(study: Study) -> dict[str, Any]:
    found = distortion(study.crs, study.theatre)
    return {
        "name": study.crs.name,
        "wkt": study.crs.to_wkt(),
        "largest_area_error": found.area,
        "largest_length_error": found.length,
    }


def _books(
    study: Study, control: gpd.GeoDataFrame, change: gpd.GeoDataFrame, transitions: pd.DataFrame
) -> dict[str, float]:
    """Sum up the areas that must agree, and the ground that was moved or left out [km²].

    Of the two dates' ground that was moved or left out, the larger counts.
    """
    theatre_km2 = float(study.theatre.area.sum()) / KM2
    districts_km2 = float(study.districts.area.sum()) / KM2
    books = {
        "theatre_km2": theatre_km2,
        "districts_km2": districts_km2,
        "theatre_beyond_districts_km2": theatre_km2 - districts_km2,
        "closure_error_km2": float(change["area_km2"].sum()) - theatre_km2,
        "districts_closure_error_km2": float(transitions["area_km2"].sum()) - districts_km2,
        "sliver_km2": float(change["sliver_km2"].sum()),
    }
    if "margin_km2" in control:
        books["control_margin_km2"] = float(control.groupby("date")["margin_km2"].sum().max())
    for column in set(BOOKED) & set(control.columns):
        books[f"control_{column}"] = float(control.groupby("date")[column].sum().max())
    if study.beyond is not None and len(study.beyond):  # whole rows beyond are none of control
        parts = study.beyond.groupby("date")["geometry"]
        outside_km2 = max(united(own.to_numpy()).area for _, own in parts) / KM2
        books["control_outside_km2"] = max(books.get("control_outside_km2", 0.0), outside_km2)
    for column in set(BOOKED) & set(study.districts.columns):
        books[f"districts_{column}"] = float(study.districts[column].sum())
    moved = [f"{layer}_{column}" for layer in ("control", "districts") for column in BOOKED]
    return dict.fromkeys(moved, 0.0) | books


def read_previous(out: Path) -> tuple[pd.DataFrame, Manifest, gpd.GeoDataFrame | None]:
    """Read the series that is to be gone on with, its manifest, and the rows of its folder.

    If the last run broke off, these are the steps that it had finished.
    """
    try:
        if (out / UNFINISHED).exists():
            table = pq.read_table(out / UNFINISHED)
            return table.to_pandas(), json.loads(table.schema.metadata[_RECORD]), None
        manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        stated, _ = manifest["outputs"]["series.parquet"], dict(manifest["snapshots"])
        whole = sha256(out / "series.parquet") == stated
        rows = manifest["outputs"].get(SNAPSHOTS)
        read = gpd.read_parquet(out / SNAPSHOTS) if rows and sha256(out / SNAPSHOTS) == rows else None
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise SourceError(f"{out} holds no series to go on with ({error}): leave --resume out") from error
    if not whole:
        raise SourceError(
            f"series.parquet in {out} is not the one that its manifest names: use --force instead of --resume"
        )
    return pd.read_parquet(out / "series.parquet"), manifest, read


def write_unfinished(out: Path, series: pd.DataFrame, manifest: Manifest) -> None:
    """Write the steps that are finished."""
    table = pa.Table.from_pandas(series, preserve_index=False)
    table = table.replace_schema_metadata((table.schema.metadata or {}) | {_RECORD: to_json(manifest)})
    with whole_or_not(out / UNFINISHED) as temporary:
        pq.write_table(table, temporary, compression="zstd")
