"""A study: what to compare and how, and all stages in one go. Frames in, frames out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from frontlines import manifest as manifests
from frontlines.change import (
    balance_by_district,
    change_between,
    population_by_district,
    settlements_by_side,
    transitions_by_district,
)
from frontlines.control import control_from_lines, cut_lines, frontlines_from_control
from frontlines.crs import distortion
from frontlines.errors import StudyError, UnknownSigmaError
from frontlines.layers.columns import sigmas_of
from frontlines.layers.margins import give_margins
from frontlines.layers.mending import BOOKED, REST_SOURCE
from frontlines.manifest import Manifest
from frontlines.names import (
    BORDER_M,
    CORRELATION_M,
    KM2,
    REACH_M,
    SEED,
    SLIVER_M,
    SNAP_M,
    counted,
    listed,
    sides_followed,
    sides_in_order,
    somebody,
)
from frontlines.progress import Progress, Report, part, reporting
from frontlines.uncertainty import (
    AreaErrors,
    NoiseModel,
    balance_error,
    check_draws,
    errors_of_sides,
    simulate_balance,
    total_of,
)

_SHOWN = 6  # sides named in a line
_MOST_TOWNS = 40  # settlements on a map of a study that names none


@dataclass(frozen=True, kw_only=True, repr=False)
class Study:
    """A question and the layers that answer it, all in one working CRS.

    Attributes
    ----------
    name, title
        For file names, and for readers.
    side
        The side whose gains are positive, or several of them. None: every side of the layers.
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
    label
        Column of the districts to call them by on maps and in printed tables, or None.
    snap_m, sliver_m, border_m
        See `control_from_lines`, `change_between` and `frontlines_from_control` [m].
    margin_m
        Ground along the theatre's edge that no polygon covers goes to the side beside it where it is thinner
        than this [m]; None: found from the data, 0: none. See `as_control`.
    sigma_m
        Standard error of the position of stretches without a `sigma_m` of their own [m], or None.
    correlation_m
        Over what length along the front errors of lines are correlated [m], see `NoiseModel`.
    draws
        How often to draw the fronts for the errors of areas; 0 for the formula, see `balance_error`.
    parameters
        How the layers were read, for the manifest.
    inputs
        What was read, from `frontlines.manifest.fingerprint`.

    Raises
    ------
    StudyError
        If the dates are not in order, or a tolerance is not a number of metres.
    NoiseError
        If `sigma_m` or `correlation_m` is no length, or `draws` no number of draws.
    """

    name: str
    title: str
    side: str | Sequence[str] | None = None
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
    label: str | None = None
    snap_m: float = SNAP_M
    sliver_m: float = SLIVER_M
    border_m: float = BORDER_M
    margin_m: float | None = None
    sigma_m: float | None = None
    correlation_m: float = CORRELATION_M
    draws: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[Mapping[str, Any], ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no stage could make sense of."""
        first, last = self.dates
        if not first < last:
            raise StudyError(
                f"the dates are {first:%Y-%m-%d} and {last:%Y-%m-%d}: give two days, the earlier first"
            )
        for name in ("snap_m", "sliver_m", "border_m", "margin_m"):
            metres = getattr(self, name)
            if metres is not None and not (math.isfinite(metres) and metres >= 0):
                raise StudyError(f"{name} is {metres}: give a number of metres, 0 or more")
        NoiseModel(self.sigma_m, self.correlation_m)  # refuses what it cannot work with
        if self.draws:
            check_draws(self.draws)
        labels_of(self.districts, self.label)  # refuses a column that is not there

    def __repr__(self) -> str:
        """Name the study, its side or sides, dates and size in a line."""
        sides, size = listed(self.followed, _SHOWN), counted(len(self.districts), "district")
        return f"Study({self.name!r}, {sides}, {_span(self)}, {size})"

    @property
    def labels(self) -> dict[str, str]:
        """What each district is called, by its name; empty without a label."""
        return labels_of(self.districts, self.label)

    @property
    def every_side(self) -> tuple[str, ...]:
        """Every side of the layers on the two dates, by name; contested and unknown ground last."""
        drawn = self.frontlines is not None
        layer = self.frontlines if drawn else self.control
        if layer is None:
            return ()
        rows = layer[layer["date"].isin(self.dates)]
        columns = ("side_left", "side_right") if drawn else ("side",)
        return sides_in_order(side for column in columns for side in rows[column])

    @property
    def followed(self) -> tuple[str, ...]:
        """The sides that have a balance: those asked for; else every side, or the only one."""
        return sides_followed(self.every_side, self.side)

    @property
    def one_side(self) -> str:
        """The side, where there must be one only."""
        if len(self.followed) != 1:
            sides = listed(self.followed, _SHOWN)
            raise StudyError(
                f"this follows one side, and there are {sides}: name one of them with side='NAME'"
            )
        return self.followed[0]

    @property
    def side_name(self) -> str:
        """The side as text for readers, with its long name if it has one."""
        return named_side(self.one_side, self.sides)


def named_side(side: str, sides: Mapping[str, str]) -> str:
    """Write a side with its long name, if it has one."""
    return f"{side} ({sides[side]})" if side in sides else side


def labels_of(districts: gpd.GeoDataFrame, label: str | None) -> dict[str, str]:
    """Look up what to call each district; where two share a label, their names follow it in brackets."""
    if label is None:
        return {}
    columns = {str(column).lower(): column for column in districts.columns if column != "geometry"}
    if label.lower() not in columns:
        listed = ", ".join(sorted(map(str, columns.values())))
        raise StudyError(f"the districts have no column {label!r} for their label: there are {listed}")
    names, labels = districts["district"], districts[columns[label.lower()]].astype(str)
    twice = labels.duplicated(keep=False)
    return dict(zip(names, labels.where(~twice, labels + " (" + names.astype(str) + ")"), strict=True))


def _span(study: Study) -> str:
    return " to ".join(f"{day:%Y-%m-%d}" for day in study.dates)


@dataclass(frozen=True, kw_only=True, repr=False)
class Results:
    """What a study found.

    Attributes
    ----------
    study
        The study.
    frontlines, control
        The lines and the polygons of control on both dates.
    change, transitions, balance
        From `change_between`, `transitions_by_district` and `balance_by_district`; the balance with the
        columns of `balance_error` if the errors of all lines are known.
    total
        One row a side: the balance of all districts together.
    errors
        From `balance_error` or `simulate_balance`; None if the error of some line is not known.
    settlements
        From `settlements_by_side`; None if the study has no settlements.
    population
        From `population_by_district`; None if the settlements say nothing of it.
    manifest
        What was read and done, as plain data.
    """

    study: Study
    frontlines: gpd.GeoDataFrame
    control: gpd.GeoDataFrame
    change: gpd.GeoDataFrame
    transitions: pd.DataFrame
    balance: pd.DataFrame
    total: pd.DataFrame
    errors: AreaErrors | None
    settlements: pd.DataFrame | None = None
    population: pd.DataFrame | None = None
    manifest: Manifest

    def __repr__(self) -> str:
        """Name the study, its side, dates and what the side gained and lost, in a line."""
        row, sides = self.total.iloc[0], listed(self.study.followed, _SHOWN)
        figures = ", ".join(f"{name} {row[f'{name}_km2']:,.1f} km²" for name in ("gained", "lost"))
        if len(self.total) > 1:
            figures = f"{self.moved_km2:,.1f} km² changed hands"
        return f"Results({self.study.name!r}, {sides}, {_span(self.study)}, {figures})"

    @property
    def moved_km2(self) -> float:
        """Ground that changed hands between any two sides, in all districts [km²]."""
        table = self.transitions
        return float(table.loc[table["side_from"] != table["side_to"], "area_km2"].sum())

    @property
    def caption(self) -> str:
        """Caption of the map, written from the manifest."""
        return manifests.caption(self.manifest)

    def for_readers(self) -> Results:
        """Call districts by their labels; where the study names no settlements, pick those near the front."""
        study, balance, transitions = self.study, self.balance, self.transitions
        if labels := study.labels:
            districts, balance, transitions = (
                frame.assign(district=frame["district"].map(labels))
                for frame in (study.districts, balance, transitions)
            )
            study = replace(study, districts=districts, label=None)
        if study.settlements is not None and not (study.towns or study.zoom_towns):
            off_m = study.settlements.distance(self.frontlines.union_all()).sort_values(kind="stable")
            near = tuple(study.settlements["name"][off_m.index].unique()[:_MOST_TOWNS])
            study = replace(study, towns=near, zoom_towns=near)
        return replace(self, study=study, balance=balance, transitions=transitions)


def run_study(study: Study, *, progress: Progress = None) -> Results:
    """Compare the two dates of a study: control, change, tables, errors, manifest.

    Parameters
    ----------
    study
        From `load_study`, `read_study` or `study_from_files`, or made by hand.
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
    >>> from frontlines.study import load_study
    >>> run_study(load_study("karabakh-1994"))
    Results('karabakh-1994', ARM, 1994-04-07 to 1994-05-12, gained 281.7 km², lost 0.0 km²)
    """
    with reporting(progress) as report:
        report(0.0, "who held the ground")
        control, lines = _both(study)
        report(0.3, "what changed hands")
        before, after = (control[control["date"] == day] for day in study.dates)
        change = change_between(before, after, study.theatre, sliver_m=study.sliver_m)
        report(0.6, "by district")
        transitions = transitions_by_district(change, study.districts)
        every = not study.side and len(study.followed) > 1  # then ground that margins took away is no side
        balance = balance_by_district(transitions, None if every else study.followed)
        report(0.7, "how sure")
        given = _without_sigma(lines) if study.sigma_m is not None else 0
        lines = lines.assign(sigma_m=sigmas_of(lines, study.sigma_m))
        errors = _errors(study, balance, control, lines, part(report, 0.7, 0.9))
        report(0.9, "manifest")
        record = _record(study, lines, given, errors)
        manifest = _manifest(study, control, change, transitions) | {"errors": record}
        places, people = _places(study, change, lines)
        report(1.0, "done")
    return Results(
        study=study,
        frontlines=lines,
        control=control,
        change=change,
        transitions=transitions,
        balance=balance if errors is None else errors.by_district,
        total=total_of(balance) if errors is None else errors.total,
        errors=errors,
        settlements=places,
        population=people,
        manifest=manifest,
    )


def _places(
    study: Study, change: gpd.GeoDataFrame, lines: gpd.GeoDataFrame
) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """Look up who held the settlements, and how many people lived in them, if that is known."""
    if study.settlements is None:
        return None, None
    places = settlements_by_side(change, study.settlements, study.districts, lines)
    return places, population_by_district(
        places, somebody(study.followed)
    ) if "population" in places else None


def _both(study: Study) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Complete control by lines, or lines by control, on the two dates; lines are cut by the theatre."""
    if study.frontlines is not None:
        lines = study.frontlines[study.frontlines["date"].isin(study.dates)]
        control = control_from_lines(lines, study.theatre, snap_m=study.snap_m)
        return control, cut_lines(lines, study.theatre)
    if study.control is None:
        raise StudyError("the study has neither frontlines nor control: give one of them")
    control = study.control[study.control["date"].isin(study.dates)]
    control = give_margins(control, study.theatre, margin_m=study.margin_m)
    return control, frontlines_from_control(control, study.theatre, border_m=study.border_m)


def front_of(study: Study, layer: gpd.GeoDataFrame, known: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take the front of other days of the study's layer as that of the `known` control was taken."""
    if study.frontlines is not None:
        return cut_lines(layer, study.theatre)
    control = give_margins(layer, study.theatre, margin_m=known.attrs["margin"]["margin_m"])
    return frontlines_from_control(control, study.theatre, border_m=study.border_m)


def _without_sigma(lines: gpd.GeoDataFrame) -> int:
    """Count stretches without an error of their own."""
    return int(lines["sigma_m"].isna().sum()) if "sigma_m" in lines else len(lines)


def _errors(
    study: Study,
    balance: pd.DataFrame,
    control: gpd.GeoDataFrame,
    lines: gpd.GeoDataFrame,
    progress: Report,
) -> AreaErrors | None:
    """Carry the errors of the lines into the balance, if those along the front of each side are known."""
    kept = somebody(study.followed)
    of_sides = [rows for side, rows in balance.groupby("side", sort=False) if side in kept]
    if lines.empty or not of_sides:
        return None
    found = []
    for number, rows in enumerate(of_sides):
        own = part(progress, number / len(of_sides), (number + 1) / len(of_sides))
        verb = partial(simulate_balance, draws=study.draws, progress=own) if study.draws else balance_error
        try:
            errors = verb(
                rows,
                control,
                lines,
                theatre=study.theatre,
                districts=study.districts,
                noise=NoiseModel(study.sigma_m, study.correlation_m, SEED),
                border_m=study.border_m,
                reach_m=max(REACH_M, study.snap_m, study.border_m),
            )
        except UnknownSigmaError:
            return None
        found.append(errors)
    return errors_of_sides(balance, found)


def _record(study: Study, lines: gpd.GeoDataFrame, given: int, errors: AreaErrors | None) -> dict[str, Any]:
    """Put on record what the errors of the lines are taken to be, and what follows for all districts."""
    record: dict[str, Any] = {
        "stretches": len(lines),
        "stretches_without_sigma_m": _without_sigma(lines),
        "stretches_given_sigma_m": given,
        "sigma_m": study.sigma_m,
        "correlation_m": "inf" if math.isinf(study.correlation_m) else study.correlation_m,
    }
    if errors is None:
        return record
    of_sides = {row["side"]: row for row in errors.total.dropna(subset="sigma_km2").to_dict("records")}
    sigma = lines["sigma_m"]
    figures = ("net_km2", "net_low_km2", "net_high_km2", "sigma_km2", "p_gain")
    record |= {"sigma_range_m": [float(sigma.min()), float(sigma.max())], "method": errors.method}
    record |= {"shared_km": errors.shared_km}
    totals = {side: {name: _number(row[name]) for name in figures} for side, row in of_sides.items()}
    one = len(study.followed) == 1
    record |= {"level": errors.level} | ({"total": totals[study.one_side]} if one else {"totals": totals})
    if errors.method == "formula":
        trust = {side: str(row["trust"]) for side, row in of_sides.items()}
        return record | {"trust": trust[study.one_side] if one else trust}
    tangled = {"tangled": errors.tangled, "repaired_km2": errors.repaired_km2}
    return record | {"draws": errors.draws, "seed": SEED} | tangled


def _number(value: float) -> float | None:
    """Make a number of JSON, which knows no missing one."""
    return None if math.isnan(value) else float(value)


def _manifest(
    study: Study, control: gpd.GeoDataFrame, change: gpd.GeoDataFrame, transitions: pd.DataFrame
) -> Manifest:
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
        "sources": list(study.sources) or sorted(set(control["source"]) - {REST_SOURCE}),
        "district_vintage": sorted(set(study.districts["vintage"])),
        "boundaries": study.boundaries,
        "notes": list(study.notes),
        "ends_led": control.attrs.get("ends_led", {}),
        "margin": control.attrs.get("margin", {}),
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
