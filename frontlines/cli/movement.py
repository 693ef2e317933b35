"""The course of ``displacement``: fronts of all dates, transects, all estimators, files and a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from rich.console import Group
from rich.table import Table
from rich.text import Text

from frontlines.cli.fronts import days_of, fronts_of_side, require_order
from frontlines.cli.options import console, plain
from frontlines.cli.outputs import DPI, refuse_overwriting, staged
from frontlines.crs import project
from frontlines.errors import LayerError
from frontlines.layers.door import as_settlements
from frontlines.layers.mending import REST_SOURCE
from frontlines.manifest import Manifest, caption, fingerprint, long_date, to_json
from frontlines.movement.crossings import REASONS, Rule
from frontlines.movement.displacement import DOUBTS, displacement
from frontlines.movement.distances import line_distances, nearest_distance
from frontlines.movement.estimators import estimator_table, mean_advance
from frontlines.movement.front_length import front_length
from frontlines.movement.transects import make_transects
from frontlines.names import WHOLE
from frontlines.plot import movement_figure, profile_figure
from frontlines.progress import reporting
from frontlines.sources.files import read_layer, read_settlements, write
from frontlines.study.compare import Results, Study, run_study

FILES = ("transects.gpkg", "transects.csv", "summary.csv", "profile.png", "map.png", "manifest.json")
"""What `measure` writes."""

_MOST_DISTRICTS = 4
_SHOWN_M = 0.5
_NEAR_END = 0.95


@dataclass(frozen=True, kw_only=True)
class Cast:
    """How transects are cast and crossed."""

    spacing_m: float  # spacing_m, length_m, smoothing_m, copies: see `make_transects`
    length_m: float
    smoothing_m: float
    copies: int
    crossing: Rule  # see `displacement`
    baseline: Path | None = None  # baseline, axis, settlements: further files, or None
    axis: Path | None = None
    settlements: Path | None = None
    sigma_m: float | None = None  # standard error of the lines that have none [m], or None


@dataclass(frozen=True, kw_only=True)
class Movement:
    """What was measured."""

    results: Results  # of the study of the first and the last date
    frontlines: gpd.GeoDataFrame  # the lines of the side on all dates
    displaced: gpd.GeoDataFrame  # displaced, estimators: from `displacement` and `estimator_table`
    estimators: pd.DataFrame
    manifest: Manifest  # what was read and done


def measure(
    read: Callable[[], Sequence[Study]],
    cast: Cast,
    out: Path,
    *,
    force: bool,
    inputs: Sequence[Path | None] = (),
) -> None:
    """Measure how far the front of a study moved, write what was found and print all estimators."""
    refuse_overwriting(out, FILES, force=force, inputs=inputs)
    with reporting(True) as report:
        report(0.05, "reading")
        study, *between = read()
        require_order(study, between)
        results = run_study(study, progress=lambda share, what: report(0.1 + 0.3 * share, what))
        report(0.4, "how far the front moved")
        movement = _measured(results, between, cast)
        report(0.7, "drawing and writing")
        with staged(out) as folder:
            _write(movement, cast, folder)
    for part in _table(movement).renderables:
        console().print(part, soft_wrap=isinstance(part, Text))
    console(stderr=True).print(f"written to {out}: {', '.join(FILES)}", soft_wrap=True)


def _measured(results: Results, between: Sequence[Study], cast: Cast) -> Movement:
    """Take the fronts through all estimators."""
    study = results.study
    frontlines = fronts_of_side(results, between, cast.sigma_m)
    days = days_of(frontlines, study, between)
    drawn = {name: _drawn(getattr(cast, name), study) for name in ("baseline", "axis")}
    transects = make_transects(
        frontlines,
        study.side,
        **drawn,
        spacing_m=cast.spacing_m,
        length_m=cast.length_m,
        smoothing_m=cast.smoothing_m,
        copies=cast.copies,
        theatre=study.theatre,
    )
    displaced = displacement(
        transects,
        frontlines,
        districts=study.districts,
        dates=days,
        crossing=cast.crossing,
    )
    _require_a_figure(displaced)
    lengths = front_length(_ends(frontlines, study), study.districts, resolution_m=[0, cast.spacing_m])
    estimators = estimator_table(
        displaced,
        mean_advance(results.balance, lengths),
        nearest_distance(frontlines, study.side, study.districts),
        line_distances(frontlines, study.side, study.districts),
    )
    empty = [day for day in days if not (frontlines["date"] == day).any()]
    told = _manifest(results.manifest | _of_dates(results, between, days), displaced, estimators, cast)
    told["movement"] |= {"dates": len(days), "days_without_a_line": [f"{day:%Y-%m-%d}" for day in empty]}
    return Movement(
        results=results, frontlines=frontlines, displaced=displaced, estimators=estimators, manifest=told
    )


def _require_a_figure(displaced: gpd.GeoDataFrame) -> None:
    """Refuse transects none of which has a net movement."""
    if displaced["nsm_m"].notna().any():
        return
    counts = Counter(zip(displaced["reason"], displaced["reason_date"], strict=True))
    told = "; ".join(f"{number} on {day}: {REASONS[code]}" for (code, day), number in counts.most_common())
    raise LayerError(
        f"none of {len(displaced)} transects has a net movement ({told}): pass a larger --length-m, or draw "
        "the baseline or axis across both fronts"
    )


def _ends(frontlines: gpd.GeoDataFrame, study: Study) -> gpd.GeoDataFrame:
    return frontlines[frontlines["date"].isin(study.dates)]


def _drawn(path: Path | None, study: Study) -> gpd.GeoDataFrame | None:
    return None if path is None else project(read_layer(path), study.crs)


def _manifest(
    manifest: Manifest, displaced: gpd.GeoDataFrame, estimators: pd.DataFrame, cast: Cast
) -> Manifest:
    """Add to the manifest of the study how the movement was measured."""
    files = {name: getattr(cast, name) for name in ("baseline", "axis", "settlements")}
    extra = [fingerprint(path, role) for role, path in files.items() if path]
    notes = [_told(displaced, cast)]
    if cast.sigma_m is not None:
        notes.append(f"Lines without a known error are taken to have a standard error of {cast.sigma_m:g} m")
    asked = {
        name: getattr(cast, name) for name in ("spacing_m", "length_m", "smoothing_m", "copies", "crossing")
    }
    codes = Counter(" ".join(displaced["doubts"]).split())
    missing = displaced["reason"].value_counts().to_dict()
    return manifest | {
        "inputs": [*manifest["inputs"], *extra],
        "notes": [*manifest["notes"], *notes],
        "movement": {
            **asked,
            "sigma_m_where_unknown": cast.sigma_m,
            "transects": len(displaced),
            "with_net_movement": int(displaced["nsm_m"].notna().sum()),
            "shared": int(displaced["shared"].sum()),
            "without_value": {code: int(missing[code]) for code in REASONS if code and code in missing},
            "doubts": {code: codes[code] for code in DOUBTS if codes[code]},
            "estimators": _definitions(estimators),
        },
    }


def _of_dates(results: Results, between: Sequence[Study], days: Sequence[pd.Timestamp]) -> Manifest:
    """Say in the manifest which files lie between the first and the last, and of how many days they are."""
    manifest = results.manifest
    inner = [entry for part in between for entry in part.inputs if entry["role"] == "after"]
    given = [part.control if part.frontlines is None else part.frontlines for part in between]
    sources = {
        source for layer in given if layer is not None for source in layer["source"].dropna() if source
    }
    more = sorted(sources - {*manifest["sources"], REST_SOURCE})
    number = len(days) - len(results.study.dates)
    return {
        "inputs": [*manifest["inputs"], *({**entry, "role": "between"} for entry in inner)],
        "sources": [*manifest["sources"], *more],
        "cadence": f"{manifest['cadence']}, and {number} between them" if number else manifest["cadence"],
    }


def _told(displaced: gpd.GeoDataFrame, cast: Cast) -> str:
    """Say in a sentence how the movement was measured."""
    every = f"every {cast.spacing_m / 1000:g} km"
    if cast.axis is not None:
        how = f"Transects are copies of a drawn axis, {every} across it"
    else:
        base = (
            "a drawn baseline"
            if cast.baseline
            else f"the front of {long_date(str(displaced['date_from'].iloc[0]))}"
        )
        how = (
            f"Transects stand {every} at right angles to {base}, smoothed over {cast.smoothing_m / 1000:g} km"
        )
        how += f", and reach {cast.length_m / 1000:g} km either way"
    return f"{how}; rule for crossings: {cast.crossing}"


def _definitions(estimators: pd.DataFrame) -> dict[str, str]:
    signs = {True: "", False: " (no sign)"}
    own = estimators.drop_duplicates("estimator")
    return {row.estimator: f"{row.definition}{signs[bool(row.signed)]}" for row in own.itertuples()}  # type: ignore[misc]


def _write(movement: Movement, cast: Cast, folder: Path) -> None:
    """Write all files."""
    study, displaced = movement.results.study, movement.displaced
    towns = study.settlements
    if cast.settlements is not None:
        towns = as_settlements(read_settlements(cast.settlements), study.crs, unlocated="drop")
    write(displaced, folder / "transects.gpkg")
    write(pd.DataFrame(displaced.drop(columns="geometry")), folder / "transects.csv")
    write(movement.estimators, folder / "summary.csv")
    texts: Mapping[str, Any] = {"title": _title(study), "caption": caption(movement.manifest)}
    profile_figure(displaced, settlements=towns, **texts).savefig(folder / "profile.png", dpi=DPI)
    map_ = movement_figure(
        displaced, movement.frontlines, districts=study.districts, settlements=towns, **texts
    )
    map_.savefig(folder / "map.png", dpi=DPI)
    (folder / "manifest.json").write_text(to_json(movement.manifest), encoding="utf-8")


def _title(study: Study) -> str:
    who = study.sides.get(study.side)
    named = f"{study.side} ({who})" if who else study.side
    return f"How far the front of {named} moved, {' to '.join(long_date(str(day)) for day in study.dates)}"


def _table(movement: Movement) -> Group:
    """Lay out all estimators side by side, and what each of them is."""
    study, displaced = movement.results.study, movement.displaced
    balance = movement.results.balance
    turnover = (balance["gained_km2"] + balance["lost_km2"]).set_axis(balance["district"])
    largest = turnover[turnover > 0].sort_values(ascending=False, kind="stable").index[:_MOST_DISTRICTS]
    wide, covers = (
        movement.estimators.pivot(index="estimator", columns="district", values=values)
        for values in ("value_m", "covers")
    )
    table = Table()
    table.add_column("estimator, m", no_wrap=True)
    for name in (WHOLE, *largest):
        table.add_column(plain(name), justify="right")
    for estimator in movement.estimators["estimator"].drop_duplicates():
        figures = (wide[name].get(estimator) if name in wide else None for name in (WHOLE, *largest))
        table.add_row(estimator, *(_metres(value) for value in figures))
        if estimator in ("net_movement_mean", "moved_mean"):
            shares = (covers[name].get(estimator) if name in covers else None for name in (WHOLE, *largest))
            table.add_row("  of the earlier front", *map(_share, shares))
    counts = movement.manifest["movement"]
    told = [f"{name}: {text}" for name, text in counts["estimators"].items()]
    told.append(
        f"transects: {counts['transects']}, with net movement {counts['with_net_movement']}, of which "
        f"{counts['shared']} where both dates have the same line"
    )
    for what in ("without_value", "doubts"):
        listed = ", ".join(f"{code} {number}" for code, number in counts[what].items())
        told += [f"{what.replace('_', ' ')}: {listed}"] if listed else []
    span = (displaced["date_to"].iloc[0] - displaced["date_from"].iloc[0]).days
    told.append(f"{_told_days(counts['dates'])} over {span} days; rates in summary.csv are per day")
    told += _short_reach(displaced, counts["length_m"])
    if counts["days_without_a_line"]:
        told.append(f"no line of {study.side} on {', '.join(counts['days_without_a_line'])}")
    return Group(Text(plain(_title(study))), table, Text("\n".join(plain(line) for line in told)))


def _short_reach(displaced: gpd.GeoDataFrame, length_m: float) -> list[str]:
    """Say whether an extreme lies where transects end: the front may have moved farther elsewhere."""
    reach = displaced[["from_m", "to_m"]].abs().max(axis=1)
    near = (reach > _NEAR_END * length_m) & (displaced["cast_from"] != "axis")
    extremes = {
        "largest_advance": displaced["nsm_m"].idxmax(),
        "largest_retreat": displaced["nsm_m"].idxmin(),
    }
    signs = {"largest_advance": 1, "largest_retreat": -1}
    short = [
        name for name, row in extremes.items() if near[row] and signs[name] * displaced["nsm_m"][row] > 0
    ]
    told = (
        f"within {1 - _NEAR_END:.0%} of where transects end: the front may have moved farther, give a larger"
    )
    return [f"{' and '.join(short)}: {told} --length-m"] if short else []


def _told_days(number: int) -> str:
    return f"{number} dates" if number != 1 else "one date"


def _metres(value: float | None) -> str:
    if value is None or pd.isna(value):
        return "–"
    return "0" if abs(value) < _SHOWN_M else f"{value:,.0f}".replace("-", "−")


def _share(value: float | None) -> str:
    return "–" if value is None or pd.isna(value) else f"{value:.0%}"
