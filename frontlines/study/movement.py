"""How far a front moved: fronts of all dates, transects, estimators, manifest; frames in, results out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import geopandas as gpd
import pandas as pd

from frontlines.arguments import checked
from frontlines.crs import project
from frontlines.errors import LayerError
from frontlines.layers.columns import sigmas_of
from frontlines.layers.mending import stated_sources
from frontlines.manifest import Manifest, long_date
from frontlines.movement import (
    DOUBTS,
    REASONS,
    Rule,
    displacement,
    estimator_table,
    front_length,
    line_distances,
    make_transects,
    mean_advance,
    nearest_distance,
)
from frontlines.names import COPIES, LENGTH_M, SMOOTHING_M, SPACING_M, counted
from frontlines.progress import Progress, part, reporting
from frontlines.study.compare import Results, run_study
from frontlines.study.study import Answer, Study, front_of, span_of


@dataclass(frozen=True, kw_only=True, repr=False)
class MovementResults(Answer):
    """How far the front of one side moved.

    Attributes
    ----------
    results
        Of `run_study`: the ground between the first and the last date.
    frontlines
        The lines of the side on all dates.
    displaced, estimators
        From `displacement` and `estimator_table`.
    title
        For profile and map.
    manifest
        What was read and done, as plain data.
    """

    results: Results
    frontlines: gpd.GeoDataFrame
    displaced: gpd.GeoDataFrame
    estimators: pd.DataFrame
    title: str
    kind: ClassVar[str] = "movement"

    def __repr__(self) -> str:
        """Name the study, the side, the dates and the mean net movement in a line."""
        study = self.results.study
        found = f"{counted(len(self.displaced), 'transect')}, mean {self.mean_m:+,.0f} m"
        return f"MovementResults({study.name!r}, {study.one_side}, {span_of(study)}, {found})"

    @property
    def mean_m(self) -> float:
        """Net movement, the mean of all transects [m]."""
        own = self.estimators
        return float(own.loc[own["estimator"] == "net_movement_mean", "value_m"].iloc[0])

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables, by the names of their files."""
        transects = pd.DataFrame(self.displaced.drop(columns="geometry"))
        return {"transects": transects, "summary": self.estimators}

    @property
    def layers(self) -> dict[str, dict[str, gpd.GeoDataFrame]]:
        """The layers, by their files."""
        return {"transects.gpkg": {"transects": self.displaced}}


@checked()
def run_movement(  # noqa: PLR0913 - one argument for each option of the command
    study: Study,
    *,
    spacing_m: float = SPACING_M,
    length_m: float = LENGTH_M,
    smoothing_m: float = SMOOTHING_M,
    crossing: Rule = "nearest",
    baseline: gpd.GeoDataFrame | None = None,
    axis: gpd.GeoDataFrame | None = None,
    copies: int = COPIES,
    title: str | None = None,
    progress: Progress = None,
) -> MovementResults:
    """Measure how far the front of a study's side moved, by every definition side by side.

    Parameters
    ----------
    study
        From `load_study`, `read_study` or `study_from_files`, or made by hand. Days of its layers that lie
        between its two dates join the regression rates; its `sigma_m` is given to lines without their own.
    spacing_m, length_m, smoothing_m, copies
        See `make_transects` [m].
    crossing
        Which of several crossings counts, see `displacement`.
    baseline, axis
        Lines to cast transects across, or one line whose copies are the transects, in any CRS; None: the
        front of the first date.
    title
        For profile and map; None: a sentence with side and dates.
    progress
        None, True for a bar, or a function of (fraction, message).

    Returns
    -------
    results
        Frames and tables; nothing is written.

    Raises
    ------
    LayerError
        If the side has no front on the first or last date, or no transect has a net movement.
    StudyError
        If the study has several sides.
    FrontlinesError
        Whatever a stage refuses, see there.

    Examples
    --------
    >>> from frontlines.study import load_study
    >>> run_movement(load_study("karabakh-1994"), spacing_m=10_000)
    MovementResults('karabakh-1994', ARM, 1994-04-07 to 1994-05-12, 20 transects, mean +2,002 m)
    """
    study.one_side  # noqa: B018 - refuses several before the work begins
    with reporting(progress) as report:
        results = run_study(study, progress=part(report, 0.0, 0.5))
        report(0.5, "how far the front moved")
        frontlines, days = _fronts_of_side(results)
        drawn = {"baseline": baseline, "axis": axis}
        cast = {"spacing_m": spacing_m, "length_m": length_m, "smoothing_m": smoothing_m, "copies": copies}
        transects = make_transects(
            frontlines,
            study.one_side,
            **{name: None if frame is None else project(frame, study.crs) for name, frame in drawn.items()},
            spacing_m=spacing_m,
            length_m=length_m,
            smoothing_m=smoothing_m,
            copies=copies,
            theatre=study.theatre,
        )
        displaced = displacement(
            transects, frontlines, districts=study.districts, dates=days, crossing=crossing
        )
        _require_a_figure(displaced)
        ends = frontlines[frontlines["date"].isin(study.dates)]
        lengths = front_length(ends, study.districts, resolution_m=[0, spacing_m])
        estimators = estimator_table(
            displaced,
            mean_advance(results.balance, lengths),
            nearest_distance(frontlines, study.one_side, study.districts),
            line_distances(frontlines, study.one_side, study.districts),
        )
        measured = _measured(study, displaced, estimators, cast | {"crossing": crossing})
        measured |= _days(frontlines, days)
        manifest = results.manifest | _of_all_days(results, days) | {"movement": measured}
        manifest["notes"] = [*manifest["notes"], *_notes(study, displaced, measured, drawn)]
        report(1.0, "done")
    return MovementResults(
        results=results,
        frontlines=frontlines,
        displaced=displaced,
        estimators=estimators,
        title=title
        or f"How far the front of {study.side_name} moved, "
        f"{' to '.join(long_date(str(day)) for day in study.dates)}",
        manifest=manifest,
    )


def _layer_of(study: Study) -> gpd.GeoDataFrame:
    """Give the layer that the study was made from, on its two dates and on those between."""
    given = study.control if study.frontlines is None else study.frontlines
    if given is None:
        return gpd.GeoDataFrame({"date": []})
    first, last = study.dates
    return given[(given["date"] >= first) & (given["date"] <= last)]


def _fronts_of_side(results: Results) -> tuple[gpd.GeoDataFrame, list[pd.Timestamp]]:
    """Gather the lines of the study's side on all dates; list the days, those without a line as well."""
    study, layer = results.study, _layer_of(results.study)
    fronts, inner = [results.frontlines], layer[~layer["date"].isin(study.dates)]
    if len(inner):
        fronts.append(front_of(study, inner, results.control))
    joined = gpd.GeoDataFrame(pd.concat(fronts, ignore_index=True), geometry="geometry", crs=study.crs)
    of_side = (joined["side_left"] == study.one_side) | (joined["side_right"] == study.one_side)
    own: gpd.GeoDataFrame = joined[of_side].copy()
    absent = [f"{day:%Y-%m-%d}" for day in study.dates if not (own["date"] == day).any()]
    if absent:
        raise LayerError(
            f"side {study.one_side!r} has no front on {' and '.join(absent)}: it holds nothing in the "
            "theatre then, or all of it; movement is between two fronts, frontlines change measures the "
            "ground"
        )
    own["sigma_m"] = sigmas_of(own, study.sigma_m)
    return own, sorted({*study.dates, *layer["date"]})


def _require_a_figure(displaced: gpd.GeoDataFrame) -> None:
    """Refuse transects none of which has a net movement."""
    if displaced["nsm_m"].notna().any():
        return
    counts = Counter(zip(displaced["reason"], displaced["reason_date"], strict=True))
    why = "; ".join(f"{number} on {day}: {REASONS[code]}" for (code, day), number in counts.most_common())
    raise LayerError(
        f"none of {counted(len(displaced), 'transect')} has a net movement ({why}): pass a larger "
        "length_m=..., or draw the baseline or axis across both fronts"
    )


def _days(frontlines: gpd.GeoDataFrame, days: Sequence[pd.Timestamp]) -> dict[str, Any]:
    empty = [day for day in days if not (frontlines["date"] == day).any()]
    return {"dates": len(days), "days_without_a_line": [f"{day:%Y-%m-%d}" for day in empty]}


def _of_all_days(results: Results, days: Sequence[pd.Timestamp]) -> Manifest:
    """Say in the manifest which sources and days lie between the first and the last."""
    manifest = results.manifest
    found = stated_sources(_layer_of(results.study)["source"])
    more = [] if results.study.sources else [one for one in found if one not in manifest["sources"]]
    number = len(days) - len(results.study.dates)
    return {
        "sources": [*manifest["sources"], *more],
        "cadence": f"{manifest['cadence']}, and {number} between them" if number else manifest["cadence"],
    }


def _measured(
    study: Study, displaced: gpd.GeoDataFrame, estimators: pd.DataFrame, asked: dict[str, Any]
) -> dict[str, Any]:
    """Put on record how transects were cast, and how many have a value or not."""
    codes = Counter(" ".join(displaced["doubts"]).split())
    missing = displaced["reason"].value_counts().to_dict()
    return {
        **asked,
        "sigma_m_where_unknown": study.sigma_m,
        "transects": len(displaced),
        "with_net_movement": int(displaced["nsm_m"].notna().sum()),
        "shared": int(displaced["shared"].sum()),
        "without_value": {code: int(missing[code]) for code in REASONS if code and code in missing},
        "doubts": {code: codes[code] for code in DOUBTS if codes[code]},
        "estimators": {
            str(row.estimator): f"{row.definition}{'' if row.signed else ' (no sign)'}"
            for row in estimators.drop_duplicates("estimator").itertuples()
        },
    }


def _notes(
    study: Study, displaced: gpd.GeoDataFrame, cast: dict[str, Any], drawn: dict[str, Any]
) -> list[str]:
    """Say in sentences how the movement was measured."""
    every, reach = (f"{cast[name] / 1000:g} km" for name in ("spacing_m", "length_m"))
    if drawn["axis"] is not None:
        how = f"Transects are copies of a drawn axis, every {every} across it"
    else:
        first = f"the front of {long_date(str(displaced['date_from'].iloc[0]))}"
        base = first if drawn["baseline"] is None else "a drawn baseline"
        smooth = f"{cast['smoothing_m'] / 1000:g} km"
        how = f"Transects stand every {every} at right angles to {base}, smoothed over {smooth}"
        how += f", and reach {reach} either way"
    notes = [f"{how}; rule for crossings: {cast['crossing']}"]
    if study.sigma_m is not None:
        notes.append(f"Lines without a known error are taken to have a standard error of {study.sigma_m:g} m")
    return notes
