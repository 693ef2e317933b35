"""The two dates of a study compared: all stages in one go. Frames in, frames out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import geopandas as gpd
import pandas as pd
import shapely

from frontlines.arguments import checked
from frontlines.change import balance_by_district, change_between, transitions_by_district
from frontlines.layers.margins import margin_columns
from frontlines.names import listed, shown_unit
from frontlines.progress import Progress, expect_processes, part, reporting
from frontlines.study.errors import error_by_length, errors_of, errors_record, without_sigma
from frontlines.study.files import open_study
from frontlines.study.no_district import outside_districts, recorded
from frontlines.study.people import people_record, places_and_people, places_record
from frontlines.study.record import manifest_of
from frontlines.study.study import SHOWN, Answer, Study, both, if_any, span_of
from frontlines.uncertainty.columns import AreaErrors, total_of

_ALONG_M = 10.0  # a front so near to ground that no polygon covers is its outline
_MOST_TOWNS = 40  # settlements on a map of a study that names none


@dataclass(frozen=True, kw_only=True, repr=False)
class Results(Answer):
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
    totals
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
    bare
        Strips along the theatre's edge that no polygon covers on either date; the map draws no front there.
    manifest
        What was read and done, as plain data.
    """

    study: Study
    frontlines: gpd.GeoDataFrame
    control: gpd.GeoDataFrame
    change: gpd.GeoDataFrame
    transitions: pd.DataFrame
    balance: pd.DataFrame
    totals: pd.DataFrame
    errors: AreaErrors | None
    settlements: pd.DataFrame | None = None
    population: pd.DataFrame | None = None
    no_district: gpd.GeoDataFrame | None = None
    bare: gpd.GeoDataFrame | None = None
    kind: ClassVar[str] = "change"

    def __repr__(self) -> str:
        """Name the study, its side, dates and what the side gained and lost, in a line."""
        row, unit = self.totals.iloc[0], shown_unit(self.totals)
        figures = ", ".join(f"{name} {unit.said(row[f'{name}_km2'])}" for name in ("gained", "lost"))
        if len(self.totals) > 1:
            figures = f"{unit.said(self.moved_km2)} changed hands"
        sides = listed(self.study.followed, SHOWN)
        return f"Results({self.study.name!r}, {sides}, {span_of(self.study)}, {figures})"

    @property
    def moved_km2(self) -> float:
        """Ground that changed hands between any two sides, in all districts [km²]."""
        table = self.transitions
        return float(table.loc[table["side_from"] != table["side_to"], "area_km2"].sum())

    @property
    def labels(self) -> dict[str, str]:
        """What each district is called, by its name; empty without a label."""
        return self.study.labels

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables, by the names of their files."""
        found = {"balance": self.balance, "totals": self.totals, "transitions": self.transitions}
        more = {"settlements": self.settlements, "population": self.population}
        return found | if_any(**more, error_by_correlation=self.error_by_correlation)

    @cached_property
    def error_by_correlation(self) -> pd.DataFrame | None:
        """The error of net for many correlation lengths; None where the length is no judgement."""
        return error_by_length(self)

    @property
    def layers(self) -> dict[str, dict[str, gpd.GeoDataFrame]]:
        """The layers, by their files; districts have the columns of the balance, a row for each side."""
        areas = self.study.districts[["district", "geometry"]]
        label = {"label": areas["district"].map(self.labels)} if self.labels else {}
        districts = areas.assign(**label).merge(self.balance, on="district", validate="one_to_many")
        return {
            "change.gpkg": {"change": self.change, "districts": districts},
            "frontlines.geojson": {"frontlines": self.frontlines},
        }

    def for_readers(self) -> Results:
        """Call districts by their labels; where the study names no settlements, pick those near the front.

        There is no front along ground that no polygon covers.
        """
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
        found = replace(self, study=study, balance=balance, transitions=transitions)
        if self.bare is None:
            return found
        shapes, beside = self.frontlines.geometry.to_numpy(), self.bare.union_all().buffer(_ALONG_M)
        fronts = gpd.GeoSeries(shapely.difference(shapes, beside), self.frontlines.index, self.study.crs)
        return replace(found, frontlines=self.frontlines.set_geometry(fronts))


@checked()
def run_study(
    study: Study | str | Path, *, workers: int = 1, scheduler: str | None = None, progress: Progress = None
) -> Results:
    """Compare the two dates of a study: control, change, tables, errors, manifest.

    Parameters
    ----------
    study
        The path of a ``study.toml`` or the name of a bundled study; or a `Study`, from `load_study`,
        `read_study` or `study_from_files`, or made by hand.
    workers, scheduler
        Processes that share the draws of errors, or the address of a Dask scheduler; see
        `frontlines.scale.executor`.
    progress
        None, True for a bar, or a function of (fraction, message).

    Returns
    -------
    results
        Frames and tables, which can be drawn, looked at and saved; nothing is written.

    Raises
    ------
    FrontlinesError
        Whatever a stage refuses, see there.

    Examples
    --------
    >>> run_study("karabakh-1994")
    Results('karabakh-1994', ARM, 1994-04-07 to 1994-05-12, gained 281.7 km², lost 0 km²)
    """
    if not isinstance(study, Study):
        study = open_study(study)
    with reporting(progress) as report:
        expect_processes(workers)
        report(0.0, "who held the ground")
        control, lines, margins = both(study)
        report(0.3, "what changed hands")
        before, after = (control[control["date"] == day] for day in study.dates)
        change = change_between(before, after, study.theatre, sliver_m=study.sliver_m)
        report(0.6, "by district")
        transitions = transitions_by_district(change, study.districts)
        every = not study.side and len(study.followed) > 1  # then ground that margins took away is no side
        balance = balance_by_district(transitions, None if every else study.followed)
        if margins is not None:
            balance = margin_columns(balance, margins.strips, study.districts)
        report(0.7, "how sure")
        given = without_sigma(lines) if study.sigma_m is not None else 0
        shared = {"workers": workers, "scheduler": scheduler}
        lines, errors = errors_of(study, balance, control, lines, part(report, 0.7, 0.9), shared)
        report(0.9, "manifest")
        record = errors_record(study, lines, given, errors)
        places, people = places_and_people(study, change, lines)
        manifest = manifest_of(study, control, change, transitions) | {"errors": record}
        manifest["places"] = {} if places is None else places_record(places, places)
        manifest["people"] = people_record(people, study.followed, study.population, study.districts)
        outside = outside_districts(study, control)
        manifest["no_district"] = recorded(outside, study.districts, study.labels)
        report(1.0, "done")
    return Results(
        study=study,
        frontlines=lines,
        control=control,
        change=change,
        transitions=transitions,
        balance=balance if errors is None else errors.by_district,
        totals=total_of(balance) if errors is None else errors.total,
        errors=errors,
        settlements=places,
        population=people,
        no_district=outside if len(outside) else None,
        bare=gpd.GeoDataFrame(geometry=[*margins.left], crs=study.crs) if margins and margins.left else None,
        manifest=manifest,
    )
