"""A study: what to compare and how, and all stages in one go. Frames in, frames out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from frontlines.change import (
    PopulationRaster,
    balance_by_district,
    change_between,
    transitions_by_district,
)
from frontlines.control import control_from_lines, cut_lines, frontlines_from_control
from frontlines.errors import StudyError
from frontlines.layers.margins import find_margins, give_margins, margin_columns, with_margins
from frontlines.manifest import Manifest
from frontlines.manifest import caption as caption_of
from frontlines.names import (
    BORDER_M,
    SLIVER_M,
    SNAP_M,
    Length,
    counted,
    listed,
    sides_followed,
    sides_in_order,
)
from frontlines.progress import Progress, part, reporting
from frontlines.study.errors import errors_of, errors_record, require_numbers, without_sigma
from frontlines.study.no_district import outside_districts, recorded
from frontlines.study.people import people_record, places_and_people, places_record
from frontlines.study.record import manifest_of
from frontlines.uncertainty import AreaErrors, total_of

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
    population
        A raster of people, from `frontlines.sources.population.read_population`, or None.
    beyond
        `date`, `side` and polygons: ground of the control layers beyond the theatre, or None.
    sides, colours
        How to call each side in legends, and its colour on the map, ``#RRGGBB``; others have safe defaults.
    around
        What the map shows about the theatre: ``"coast"`` and neighbouring states from Natural Earth,
        ``"tiles"`` of a map on the internet (extra ``basemap``), or ``"none"``.
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
        Over what length along the front errors of lines are correlated [m], or ``"stretch"``, see
        `NoiseModel`. None: the longest that the lines state in a column `correlation_m`; those that state
        none count as 5,000 m.
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
    population: PopulationRaster | None = None
    beyond: gpd.GeoDataFrame | None = None
    sides: Mapping[str, str] = field(default_factory=dict)
    colours: Mapping[str, str] = field(default_factory=dict)
    around: str = "coast"
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
    correlation_m: Length | None = None
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
        require_numbers(self)
        labels_of(self.districts, self.label)  # refuses a column that is not there

    def __repr__(self) -> str:
        """Name the study, its side or sides, dates and size in a line."""
        sides, size = listed(self.followed, _SHOWN), counted(len(self.districts), "district")
        return f"Study({self.name!r}, {sides}, {_span(self)}, {size})"

    @property
    def labels(self) -> dict[str, str]:
        """What each district is called, by its name; empty without a label."""
        return labels_of(self.districts, self.label)

    @cached_property
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
        From `population_by_district`, for each side that is known, that of the study first, by places and by
        the raster; None if neither says anything of it.
    no_district
        Pieces of the side's ground in no district, in and beyond the theatre, where they are more than 0.1 %
        of it: `date`, `area_km2`, `district` (the nearest), `place`.
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
    no_district: gpd.GeoDataFrame | None = None
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
        return caption_of(self.manifest)

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
            off_m = study.settlements.distance(self.frontlines.union_all())
            if self.settlements is not None:  # those that changed hands go first
                moved = self.settlements["name"][self.settlements["changed"]]
                off_m = off_m.mask(study.settlements["name"].isin(moved), -1.0)
            order = off_m.sort_values(kind="stable").index
            near = tuple(study.settlements["name"][order].unique()[:_MOST_TOWNS])
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
        control, lines, strips = _both(study)
        report(0.3, "what changed hands")
        before, after = (control[control["date"] == day] for day in study.dates)
        change = change_between(before, after, study.theatre, sliver_m=study.sliver_m)
        report(0.6, "by district")
        transitions = transitions_by_district(change, study.districts)
        every = not study.side and len(study.followed) > 1  # then ground that margins took away is no side
        balance = balance_by_district(transitions, None if every else study.followed)
        if strips is not None:
            balance = margin_columns(balance, strips, study.districts)
        report(0.7, "how sure")
        given = without_sigma(lines) if study.sigma_m is not None else 0
        lines, errors = errors_of(study, balance, control, lines, part(report, 0.7, 0.9))
        report(0.9, "manifest")
        record = errors_record(study, lines, given, errors)
        places, people = places_and_people(study, change, lines)
        manifest = manifest_of(study, control, change, transitions) | {"errors": record}
        manifest["places"] = {} if places is None else places_record(places, places)
        manifest["people"] = people_record(people, study.followed, study.population, study.districts)
        outside = outside_districts(study, control)
        manifest["no_district"] = recorded(outside)
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
        no_district=outside if len(outside) else None,
        manifest=manifest,
    )


def _both(study: Study) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame | None]:
    """Complete control by lines, or lines by control, on the two dates; lines are cut by the theatre.

    Control, lines, and strips along the edge that control was given.
    """
    if study.frontlines is not None:
        lines = study.frontlines[study.frontlines["date"].isin(study.dates)]
        control = control_from_lines(lines, study.theatre, snap_m=study.snap_m)
        return control, cut_lines(lines, study.theatre), None
    if study.control is None:
        raise StudyError("the study has neither frontlines nor control: give one of them")
    control = study.control[study.control["date"].isin(study.dates)]
    margins = find_margins(control, study.theatre, margin_m=study.margin_m)
    control = with_margins(control, margins)
    lines = frontlines_from_control(control, study.theatre, border_m=study.border_m)
    return control, lines, margins.strips


def front_of(study: Study, layer: gpd.GeoDataFrame, known: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take the front of other days of the study's layer as that of the `known` control was taken."""
    if study.frontlines is not None:
        return cut_lines(layer, study.theatre)
    control = give_margins(layer, study.theatre, margin_m=known.attrs["margin"]["margin_m"])
    return frontlines_from_control(control, study.theatre, border_m=study.border_m)
