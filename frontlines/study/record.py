"""What is put on record of a comparison or a series: inputs, method, and areas that must agree."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from frontlines.crs.working import distortion
from frontlines.errors import SourceError, StudyError
from frontlines.layers.columns import BOOKED
from frontlines.layers.mending import stated_sources
from frontlines.manifest import Manifest, sha256, versions
from frontlines.names import KM2, counted, somebody
from frontlines.series.periods import code_of
from frontlines.series.totals import ground_beyond, series_books
from frontlines.sources.snapshots import shrunken_days
from frontlines.study.no_district import in_no_district, recorded

if TYPE_CHECKING:
    from frontlines.study.study import Study

MANIFEST = "manifest.json"
"""Name of what is put on record."""


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
    for column in set(BOOKED) & set(study.districts.columns):
        books[f"districts_{column}"] = float(study.districts[column].sum())
    moved = [f"{layer}_{column}" for layer in ("control", "districts") for column in BOOKED]
    return dict.fromkeys(moved, 0.0) | books


def record_of(
    control: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, read: Mapping[str, Any], asked: dict[str, Any]
) -> Manifest:
    """Describe what goes into a series: files, options, the districts and each snapshot by its checksum."""
    days = control.groupby("date", sort=True)
    return {
        "inputs": list(read.get("inputs", ())),
        "parameters": dict(read.get("parameters", {})) | asked | {"freq": code_of(asked["freq"])},
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


def books_of_series(
    snapshots: gpd.GeoDataFrame, control: gpd.GeoDataFrame, totals: pd.DataFrame, *ground: Any
) -> dict[str, Any]:
    """Sum a series up for its manifest, with what is in none of its figures; `ground`: districts, labels."""
    ends = snapshots["date"].isin([totals["date_from"].iloc[0], totals["date_to"].iloc[-1]])
    own = snapshots["side"].isin(somebody(tuple(totals["side"].unique())))
    return {
        "beyond_districts_km2": ground_beyond(control, totals),
        "books": series_books(totals),
        "no_district": recorded(in_no_district(snapshots[own & ends], *ground)),
    }


def gone_on_with(series: pd.DataFrame, old: Manifest, record: Manifest) -> pd.DataFrame:
    """Give the series that is to be gone on with, after checking that it began in the same way."""
    anew = "begin anew, without previous=..."
    for name in ("parameters", "projection", "districts", "version"):
        before, now = (
            one.get("versions", {}).get("frontlines") if name == "version" else one.get(name)
            for one in (old, record)
        )
        if before != now:
            which = ""
            if name == "parameters":
                had, has = dict(before or {}), dict(now or {})
                which = f" ({', '.join(key for key in has if had.get(key) != has[key])})"
            raise StudyError(f"the series was made with other {name.removesuffix('s')}s{which}: {anew}")
    snapshots = dict(old.get("snapshots", {}))
    early = dict(list(record["snapshots"].items())[: len(snapshots)])
    if early != snapshots:
        day = min(set(early.items()) ^ set(snapshots.items()))[0]
        raise StudyError(f"the snapshot of {day} is not the one that the series was made from: {anew}")
    return series


def read_previous(out: Path) -> tuple[pd.DataFrame, Manifest]:
    """Read the series that is to be gone on with, and its manifest."""
    try:
        manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        stated, _ = manifest["outputs"]["series.parquet"], dict(manifest["snapshots"])
        whole = sha256(out / "series.parquet") == stated
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise SourceError(f"{out} holds no series to go on with ({error}): leave --resume out") from error
    if not whole:
        raise SourceError(
            f"series.parquet in {out} is not the one that its manifest names: use --force instead of --resume"
        )
    return pd.read_parquet(out / "series.parquet"), manifest
