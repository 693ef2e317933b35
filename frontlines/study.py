"""A study: what to compare and how, and all stages in one go. Frames in, frames out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from frontlines import coverage
from frontlines import manifest as manifests
from frontlines.change import SLIVER_M, change_between
from frontlines.control import control_from_lines, frontline_from_control
from frontlines.crs import distortion
from frontlines.errors import StudyError
from frontlines.manifest import Manifest
from frontlines.mending import BOOKED, REST_SOURCE
from frontlines.progress import Progress, reporting
from frontlines.tables import balance_by_district, transitions_by_district

SNAP_M = 1000.0
"""How far an end of a line is led on to the theatre's edge unless a study says otherwise [m]."""

BORDER_M = 1.0
"""What runs this near to the theatre's edge [m] is not drawn as a front unless a study says otherwise."""


@dataclass(frozen=True, kw_only=True)
class Study:
    """A question and the layers that answer it, all in one working CRS.

    Attributes
    ----------
    name, title
        For file names, and for readers.
    side
        The side whose gains are positive.
    dates
        The days compared.
    crs
        The working CRS.
    theatre, districts
        From `as_theatre` and `as_districts`.
    frontlines, control
        One of them is given, the other is None and follows from it.
    settlements, context
        Further layers for the map, or None. `context` has `kind` (``country`` or ``oblast``), `name`.
    sides
        How to call each side in legends.
    boundaries
        The boundary convention of the map, in a sentence.
    notes, sources
        Sentences and credits for the caption.
    zoom
        West, south, east, north of the map's second panel [degrees], or None.
    towns, zoom_towns
        Names of settlements to show on either panel.
    snap_m, sliver_m, border_m
        See `control_from_lines`, `change_between` and `frontline_from_control` [m].
    parameters
        How the layers were read, for the manifest.
    inputs
        What was read, from `frontlines.manifest.fingerprint`.

    Raises
    ------
    StudyError
        If the dates are not in order, or a tolerance is not a number of metres.
    """

    name: str
    title: str
    side: str
    dates: tuple[pd.Timestamp, pd.Timestamp]
    crs: CRS
    theatre: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    frontlines: gpd.GeoDataFrame | None = None
    control: gpd.GeoDataFrame | None = None
    settlements: gpd.GeoDataFrame | None = None
    context: gpd.GeoDataFrame | None = None
    sides: Mapping[str, str] = field(default_factory=dict)
    boundaries: str = ""
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    zoom: tuple[float, float, float, float] | None = None
    towns: tuple[str, ...] = ()
    zoom_towns: tuple[str, ...] = ()
    snap_m: float = SNAP_M
    sliver_m: float = SLIVER_M
    border_m: float = BORDER_M
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[Mapping[str, Any], ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no stage could make sense of."""
        first, last = self.dates
        if not first < last:
            raise StudyError(
                f"the dates are {first:%Y-%m-%d} and {last:%Y-%m-%d}: give two days, the earlier first"
            )
        for name in ("snap_m", "sliver_m", "border_m"):
            metres = getattr(self, name)
            if not (math.isfinite(metres) and metres >= 0):
                raise StudyError(f"{name} is {metres}: give a number of metres, 0 or more")


@dataclass(frozen=True, kw_only=True)
class Results:
    """What a study found.

    Attributes
    ----------
    study
        The study.
    frontlines, control
        The lines and the polygons of control on both dates.
    change, transitions, balance
        From `change_between`, `transitions_by_district` and `balance_by_district`.
    manifest
        What was read and done, as plain data.
    """

    study: Study
    frontlines: gpd.GeoDataFrame
    control: gpd.GeoDataFrame
    change: gpd.GeoDataFrame
    transitions: pd.DataFrame
    balance: pd.DataFrame
    manifest: Manifest

    @property
    def caption(self) -> str:
        """Caption of the map, written from the manifest."""
        return manifests.caption(self.manifest)


def run_study(study: Study, *, progress: Progress = None) -> Results:
    """Take a study through all stages: control, change, tables, manifest.

    Parameters
    ----------
    study
        From `load`, `read_study` or `study_from_files`, or made by hand.
    progress
        None, True for a bar, or a function of (fraction, message).

    Returns
    -------
    results
        Frames and tables; nothing is written.

    Raises
    ------
    FrontlinesError
        Whatever a stage refuses, see there.

    Examples
    --------
    >>> from frontlines.study_files import load
    >>> results = run_study(load("karabakh-1994"))
    >>> bool(results.balance["gained_km2"].sum() > 0)
    True
    """
    with reporting(progress) as report:
        report(0.0, "who held the ground")
        control, lines = _both(study)
        report(0.3, "what changed hands")
        parts = [control[control["date"] == day] for day in study.dates]
        change = change_between(parts[0], parts[1], study.theatre, sliver_m=study.sliver_m)
        report(0.6, "by district")
        transitions = transitions_by_district(change, study.districts)
        balance = balance_by_district(transitions, study.side)
        report(0.9, "manifest")
        manifest = _manifest(study, control, change, transitions)
        report(1.0, "done")
    return Results(
        study=study,
        frontlines=lines,
        control=control,
        change=change,
        transitions=transitions,
        balance=balance,
        manifest=manifest,
    )


def _both(study: Study) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Complete control by lines, or lines by control, on the two dates."""
    if study.frontlines is not None:
        lines = study.frontlines[study.frontlines["date"].isin(study.dates)]
        return control_from_lines(lines, study.theatre, snap_m=study.snap_m), lines
    if study.control is None:
        raise StudyError("the study has neither frontlines nor control: give one of them")
    control = study.control[study.control["date"].isin(study.dates)]
    return control, frontline_from_control(control, study.theatre, border_m=study.border_m)


def _manifest(
    study: Study, control: gpd.GeoDataFrame, change: gpd.GeoDataFrame, transitions: pd.DataFrame
) -> Manifest:
    first, last = study.dates
    return {
        "name": study.name,
        "title": study.title,
        "side": study.side,
        "sides": dict(study.sides),
        "dates": [f"{day:%Y-%m-%d}" for day in study.dates],
        "cadence": f"two snapshots {(last - first).days} days apart",
        "inputs": [dict(entry) for entry in study.inputs],
        "parameters": {
            **study.parameters,
            "snap_m": study.snap_m,
            "sliver_m": study.sliver_m,
            "border_m": study.border_m,
        },
        "projection": _projection(study),
        "sources": list(study.sources) or sorted(set(control["source"]) - {REST_SOURCE}),
        "district_vintage": sorted(set(study.districts["vintage"])),
        "boundaries": study.boundaries,
        "notes": list(study.notes),
        "books": _books(study, control, change, transitions),
        "versions": manifests.versions(),
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
    theatre_km2 = float(study.theatre.area.sum()) / coverage.KM2
    districts_km2 = float(study.districts.area.sum()) / coverage.KM2
    books = {
        "theatre_km2": theatre_km2,
        "districts_km2": districts_km2,
        "theatre_beyond_districts_km2": theatre_km2 - districts_km2,
        "closure_error_km2": float(change["area_km2"].sum()) - theatre_km2,
        "districts_closure_error_km2": float(transitions["area_km2"].sum()) - districts_km2,
        "sliver_km2": float(change["sliver_km2"].sum()),
    }
    for column in set(BOOKED) & set(control.columns):
        books[f"control_{column}"] = float(control.groupby("date")[column].sum().max())
    for column in set(BOOKED) & set(study.districts.columns):
        books[f"districts_{column}"] = float(study.districts[column].sum())
    moved = [f"{layer}_{column}" for layer in ("control", "districts") for column in BOOKED]
    return dict.fromkeys(moved, 0.0) | books
