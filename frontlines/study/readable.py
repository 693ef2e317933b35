"""Tables for readers, in the terminal and in notebooks."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from frontlines.change import transition_matrix
from frontlines.layers import REST_SOURCE
from frontlines.manifest import (
    bare_notes,
    edge_notes,
    error_sentence,
    length_sentences,
    long_date,
    series_error_notes,
    spread_notes,
)
from frontlines.names import (
    KM2,
    UNKNOWN,
    WHOLE,
    AreaUnit,
    cadence_with_parts,
    counted,
    in_unit,
    listed,
    measure,
    of_seen_sides,
    plain,
    somebody,
    unit_of,
)
from frontlines.sources.snapshots import MISSING, SHRUNK
from frontlines.study.agreement import AgreementResults, NetResults
from frontlines.study.compare import Results
from frontlines.study.movement import MovementResults
from frontlines.study.no_district import warned
from frontlines.study.series_results import SeriesResults
from frontlines.study.study import Answer, named_side
from frontlines.uncertainty.columns import TRUST, total_of

_FIGURES = {"gained": "gained_km2", "lost": "lost_km2", "held": "held_km2", "net": "net_km2"}
_FULL_TABLE = 40
_SHOWN_KM2 = 0.05
_NOTABLE_KM2 = 1e-3
_LEAST_KM2 = 1e-4  # less is printed as 0
_ALIKE = 0.05  # of the smaller of two days' ground: sides that have less in common are perhaps swapped
_MOSTLY = 0.5
_WHOLE_KM2 = 10.0
_LAST_STEPS = 12
_MOST_MOVED = 20
_WIDEST_MATRIX = 8  # sides
_UNSURE = "~"
_ERRORS = ("net_low_km2", "net_high_km2", "sigma_km2", "trust")
_NARROW = 80
_MOST_DISTRICTS, _MOST_PLACES = 4, 12
_FEW = 4
_ALL = "all sides"
_SHOWN_M = 0.5
_NEAR_END = 0.95  # of the reach of a transect: a front that moved so far may have moved farther


def table_of(answer: Answer) -> Group:
    """Lay out what was found: a title, one table or several, and notes."""
    table: Group = _TABLES[answer.kind](answer)
    return table


def balance_table(results: Results) -> Group:
    """Lay out the balance for a reader, with the closure error and the sliver area under it."""
    found = results.for_readers()
    found = replace(found, totals=of_seen_sides(found.totals))
    unit = unit_of(found.totals)
    tables: dict[str, Any] = {
        name: in_unit(getattr(found, name), unit) for name in ("balance", "totals", "transitions")
    }
    results = replace(found, **tables)
    if len(results.totals) > 1:
        return Group(*_sides_table(results, unit), Text(_notes(found, 0)))
    balance = results.balance
    table = Table()
    table.add_column("district", overflow="fold")
    names = [name for name in _FIGURES if results.errors is None or name != "held"]
    headers = (
        [f"{name} {unit.name}" for name in names] if results.errors is None else [*names, _interval(results)]
    )
    for header in [*headers, "share"]:
        table.add_column(header, justify="right", no_wrap=True)
    listed = _listed(balance)
    for row in listed.sort_values("net_km2", ascending=False, kind="stable").to_dict("records"):
        table.add_row(Text(plain(row["district"])), *_figures(row))
    table.add_section()
    total = total_of(balance).iloc[0].to_dict()
    errors = {
        name: one for name, one in results.totals.iloc[0].items() if name not in balance or name in _ERRORS
    }
    table.add_row(WHOLE, *_figures(total | errors), style="bold")
    return Group(Text(_title(results, unit)), table, Text(_notes(found, len(balance) - len(listed))))


def _sides_table(results: Results, unit: AreaUnit) -> list[RenderableType]:
    """Lay out the balance of each side, who passed how much ground to whom, and in which districts."""
    balance = Table()
    balance.add_column("side", overflow="fold")
    figures = ["before_km2", "gained_km2", "lost_km2", "net_km2"]
    interval = [_interval(results)] if results.errors is not None else []
    for header in (f"before {unit.name}", "gained", "lost", "net", *interval, "share"):
        balance.add_column(header, justify="right", no_wrap=True)
    for row in results.totals.to_dict("records"):
        span = [_sure(row)] if interval else []
        share = f"{row['share_before']:.1%} → {row['share_after']:.1%}"
        side = plain(named_side(row["side"], results.study.sides))
        balance.add_row(Text(side), *(_km2(row[name]) for name in figures), *span, share)
    moved = [*_matrix(results, unit), *_moved(results, unit, "district")]
    return [Text(_title(results, unit)), balance, *moved]


def _moved(results: Results, unit: AreaUnit, *by: str) -> list[RenderableType]:
    """List the ground that changed hands, the largest first; nothing if none did."""
    names = [*by, "side_from", "side_to"]
    moved = results.transitions[results.transitions["side_from"] != results.transitions["side_to"]]
    moved = moved.groupby(names)[["area_km2"]].sum().reset_index()
    moved = moved[moved["area_km2"] > _NOTABLE_KM2].sort_values("area_km2", ascending=False, kind="stable")
    if moved.empty:
        return []
    table = Table()
    for header in (*by, "from", "to"):
        table.add_column(header, overflow="fold")
    table.add_column(unit.name, justify="right", no_wrap=True)
    for row in moved.head(_MOST_MOVED).to_dict("records"):
        words = (Text(plain(row[name])) for name in names)
        table.add_row(*words, _km2(row["area_km2"]))
    which = "all"
    if len(moved) > _MOST_MOVED:
        which = f"the {_MOST_MOVED} largest of {len(moved)}, see transitions.csv"
    where = ", by district" if by else ""
    return [Text(f"Ground that changed hands{where}: {which}"), table]


def _sides_counted(sides: Sequence[str]) -> str:
    """Count the sides that are somebody."""
    return counted(len(somebody(sides)), "side")


def _matrix(results: Results, unit: AreaUnit) -> list[RenderableType]:
    """Lay out transitions of all districts together, with what each side held; as a list for many sides."""
    matrix: Any = transition_matrix(results.transitions).xs(WHOLE)
    seen = ((matrix > _NOTABLE_KM2) | (matrix.T > _NOTABLE_KM2)).any()
    matrix = matrix.loc[seen, seen]
    if len(matrix) > _WIDEST_MATRIX:
        return _moved(results, unit)
    km2 = np.where(matrix > _NOTABLE_KM2, matrix, 0.0)
    table = Table()
    table.add_column("from", overflow="fold")
    for side in [*matrix.columns, "before"]:
        table.add_column(plain(side), justify="right", no_wrap=True)
    for side, row in zip(matrix.index, km2, strict=True):
        table.add_row(Text(plain(side)), *map(_km2, row), _km2(row.sum()))
    table.add_section()
    table.add_row("after", *map(_km2, km2.sum(axis=0)), _km2(km2.sum()))
    return [Text("Ground by side before (rows) and after (columns)"), table]


def _title(results: Results, unit: AreaUnit) -> str:
    study, several = results.study, len(results.totals) > 1
    first, last = (long_date(str(day)) for day in study.dates)
    who = _sides_counted(list(results.totals["side"])) if several else study.side_name
    return plain(f"Ground of {who}, {first} to {last}") + (
        f", {unit.name}" if results.errors is not None else ""
    )


def _figures(row: Mapping[Any, Any]) -> list[str]:
    share = f"{row['share_before']:.1%} → {row['share_after']:.1%}"
    if "sigma_km2" not in row:
        return [*(_km2(row[name]) for name in _FIGURES.values()), share]
    figures = [_km2(row[name]) for name in _FIGURES.values() if name != "held_km2"]
    return [*figures, _sure(row), share]


def _interval(results: Results) -> str:
    """Name the column of intervals; "" without errors."""
    return "" if results.errors is None else f"net, {results.errors.level:.0%}"


def _sure(row: Mapping[Any, Any] | None) -> str:
    """Write an interval, marked where it is not to be trusted; a dash where there is none."""
    span = "–" if row is None or row["net_low_km2"] is None else _span(row)
    return span + _UNSURE * (row is not None and row.get("trust") == "no" and span != "–")


def _span(row: Mapping[Any, Any]) -> str:
    """Write an interval from its low to its high end: it need not lie evenly about the figure."""
    low, high = float(row["net_low_km2"]), float(row["net_high_km2"])
    if math.isnan(low):
        return "–"
    if low == high:
        return _km2(low)
    digits = 0 if max(abs(low), abs(high)) >= _WHOLE_KM2 else 1
    return " to ".join(f"{round(end, digits) + 0.0:,.{digits}f}" for end in (low, high))


def _listed(balance: pd.DataFrame) -> pd.DataFrame:
    changed = (balance["gained_km2"] > 0) | (balance["lost_km2"] > 0)
    if "sigma_km2" in balance:
        changed |= balance["sigma_km2"] > _NOTABLE_KM2
    if "trust" in balance:
        changed |= balance["trust"] == "no"
    held = changed | (balance["held_km2"] > 0)
    return balance[held] if held.sum() <= _FULL_TABLE else balance[changed]


def _said(km2: float, unit: AreaUnit) -> str:
    """Write an area in a sentence, in the unit of the table over it."""
    return f"{_km2(km2 / unit.km2)} {unit.name}"


def _km2(value: float) -> str:
    return "0" if abs(value) < _LEAST_KM2 else f"{value:,.1f}" if abs(value) >= _SHOWN_KM2 else f"{value:.2g}"


def _notes(results: Results, left_out: int) -> str:
    books, unit = results.manifest["books"], unit_of(results.totals)
    closure = abs(books["closure_error_km2"]) / unit.km2
    lines = [
        f"closure error {closure:.6f} {unit.name} of {_said(books['theatre_km2'], unit)}",
        f"slivers taken as unchanged: {_said(books['sliver_km2'], unit)}",
    ]
    who = results.study.side_name if len(results.study.followed) == 1 else _ALL
    lines = [*warned(results.manifest.get("no_district", ()), who), *lines]
    lines += edge_notes(results.manifest)
    lines += [*_gone_to_nobody(results), *_shrunken(results.manifest)]
    of_lines = results.study.frontlines is not None
    lines += _nothing_alike(results.totals, results.study.followed, of_lines=of_lines)
    lines += _error_notes(results)
    alike = results.balance[results.balance["side"] == results.balance["side"].iloc[0]]  # beside every side
    contested = alike[["contested_before_km2", "contested_after_km2"]].sum()
    if contested.any():
        before, after = (_said(km2, unit) for km2 in contested)
        lines.append(f"contested ground, counted for nobody: {before} before, {after} after")
    for name, words in _MOVED.items():
        if books[name] > _NOTABLE_KM2:
            lines.append(f"{words}: {_said(books[name], unit)}")
    lines += _place_notes(results)
    if bare := results.manifest["parameters"].get("read_as_ground_of_side"):
        named = ", ".join(plain(name) for name in dict.fromkeys(bare))
        lines.append(f"no column 'side', so read as ground of {plain(results.study.one_side)}: {named}")
    lines += map(plain, results.manifest["parameters"].get("notes", ()))
    if left_out:
        what = counted(left_out, "district")
        lines.append(f"not listed, see balance.csv: {what} without change or without this side")
    lines.append(f"{results.manifest['cadence']}: what changed hands and back in between is not seen")
    return "\n".join(lines)


def _gone_to_nobody(results: Results) -> list[str]:
    """Say how much of the ground that sides lost went to nobody known."""
    moved, sides, unit = results.transitions, somebody(results.study.followed), unit_of(results.totals)
    lost = moved[moved["side_from"].isin(sides) & (moved["side_to"] != moved["side_from"])]
    nobody = float(lost.loc[lost["side_to"] == UNKNOWN, "area_km2"].sum())
    if nobody < _SHOWN_KM2:
        return []
    bare = (results.control["source"] == REST_SOURCE).any()
    why = f"no polygon covers it, so it is {UNKNOWN!r}; --rest says who holds it" if bare else UNKNOWN
    of = _said(float(lost["area_km2"].sum()), unit)
    return [f"of {of} lost, {_said(nobody, unit)} went to nobody known ({why})"]


def _shrunken(manifest: Mapping[str, Any]) -> list[str]:
    """Name the days that show far less ground than the day before."""
    days = [entry for entry in manifest["odd"] if entry["problem"] == SHRUNK]
    more = (
        [f"{counted(len(days) - _FEW, 'more day')} like that, see manifest.json"] if len(days) > _FEW else []
    )
    return [*(f"{entry['date']} {entry['detail']}" for entry in days[:_FEW]), *more]


def _nothing_alike(totals: pd.DataFrame, sides: Sequence[str], *, of_lines: bool) -> list[str]:
    """Name the sides that held ground on both days of a step, but hardly any of it the same."""
    totals = totals[totals["side"].isin(somebody(sides))]
    smaller = totals[["before_km2", "after_km2"]].min(axis=1)
    alike = totals["before_km2"] - totals["lost_km2"]
    odd = totals[(smaller > _SHOWN_KM2) & (alike < _ALIKE * smaller)]
    drawn = "were lines drawn in different directions, or " if of_lines else ""
    steps = [
        f"{plain(listed(rows['side'].tolist(), _FEW))} held ground on {first:%Y-%m-%d} and {last:%Y-%m-%d}, "
        f"but hardly any of it is the same: {drawn}are sides swapped on one day?"
        for (first, last), rows in odd.groupby(["date_from", "date_to"], sort=True)
    ]
    return steps[:_FEW]


def _place_notes(results: Results | SeriesResults) -> list[str]:
    """Say which places changed hands, and how many people lived on the side's ground."""
    places, record = results.settlements, results.manifest["places"]
    notes = []
    if places is not None:
        moved = places[places["changed"]]
        notes = [] if len(moved) else [f"none of {counted(record['number'], 'place')} changed hands"]
        for (before, after), rows in moved.groupby(["side_from", "side_to"], sort=True):
            names = listed(rows["name"].tolist(), _MOST_PLACES)
            notes.append(f"places from {before} to {after}, {len(rows)} of {record['number']}: {names}")
        if outside := record["outside"]:
            swapped = ": are longitude and latitude swapped?" if outside > _MOSTLY * record["number"] else ""
            notes.append(f"{outside} of {counted(record['number'], 'place')} lie in no district{swapped}")
        if record["unsure"]:
            notes.append(
                f"places nearer to a line than its sigma, so unsure: {record['unsure']}, see settlements.csv"
            )
    notes += dict.fromkeys(_people_notes(results.manifest["people"]))  # some are the same for every side
    return [plain(line) for text in notes for line in wrap(text, _NARROW, subsequent_indent="   ")]


def _people_notes(record: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say how many people lived in places and on ground of the side, or of each of several."""
    notes, several = [], len({one["side"] for one in record}) > 1
    for one in record:
        people = {name: f"{one[name]:,.0f}" for name in ("before", "after", "gained", "lost")}
        per = {"pixel": "in each pixel", "km2": "per km²"}.get(one.get("per", ""))
        ground, places = "its ground", "its places"
        if several:
            ground, places = f"ground of {one['side']}", f"places of {one['side']}"
        by = f"on {ground}, by the raster (people {per}, {one['said_by']})" if per else f"in {places}"
        notes.append(
            f"people {by}: {people['before']} before, {people['after']} after "
            f"(gained {people['gained']}, lost {people['lost']})"
        )
    for one in record:
        notes += [note[:1].lower() + note[1:] for note in bare_notes(one)]
        if bare := one.get("places_without_population"):
            notes.append(f"places without a population, counted as 0: {bare}")
    return notes


def _error_notes(results: Results) -> list[str]:
    """Say what the errors rest on, and which of them not to trust."""
    record = results.manifest["errors"]
    if results.errors is None:
        bare, every = record["stretches_without_sigma_m"], record["stretches"]
        if not every:
            return ["no errors: there is no front on either date"]
        have = "has" if bare == 1 else "have"
        lines = f"{bare} of {counted(every, 'stretch', 'stretches')} of line {have} no sigma_m"
        return [f"no errors: {lines}; --sigma-m gives them one"]
    several, km = len(results.totals) > 1, record["shared_km"]
    most = "up to " * several + (f"{km:,.0f} km" if km >= 1 else f"{1000 * km:,.0f} m")
    shared = f"where both dates share the line ({most}), errors cancel"
    notes = [f"{_interval(results)}: interval from {error_sentence(record)}; {shared}"]
    notes += length_sentences(record)
    if record["sigma_m"] is not None:
        took, every = record["stretches_given_sigma_m"], record["stretches"]
        others = "; the others have their own" * (took < every)
        of = counted(every, "stretch", "stretches")
        notes.append(f"sigma {record['sigma_m']:g} m taken by {took} of {of}{others}")
    shown = results.totals if several else pd.concat([results.balance, results.totals])  # in the table
    if "trust" in shown and (shown["trust"] == "no").any():
        notes.append(f"{_UNSURE.strip()}: {TRUST['no']} (--draws 1000)")
    return [line for text in notes for line in wrap(text, _NARROW, subsequent_indent="   ")]


_MOVED = {
    "control_mended_km2": "ground given up or received in mending the control layers, polygon by polygon",
    "control_outside_km2": "ground of the control layers beyond the theatre, left out on either date",
    "districts_mended_km2": "ground moved by mending the districts",
    "districts_outside_km2": "ground of the districts beyond the theatre, left out",
    "theatre_beyond_districts_km2": "ground of the theatre in no district",
}


def _note(row: Mapping[Any, Any]) -> str:
    """Say what is to be known of a step."""
    notes = {
        "no new snapshot": row["date_from"] == row["date_to"],
        "same snapshot again": row["same_input"],
        "suspect": row["suspect"],
    }
    return ", ".join(words for words, holds in notes.items() if holds)


def _suspects(results: SeriesResults) -> str:
    """Count the suspect steps, and name the days and districts of the first few."""
    unit = unit_of(results.totals)
    rows = results.series[results.series["suspect"] & (results.series["turnover_km2"] > 0)]
    rows = rows.groupby(["period_end", "district"])[["turnover_km2"]].max().reset_index()  # of any side
    named = [
        f"{day:%Y-%m-%d} {listed([plain(results.labels.get(name, name)) for name in own['district']], _FEW)}"
        f" ({_said(own['turnover_km2'].sum(), unit)})"
        for day, own in rows.groupby("period_end")
    ]
    return f"{len(named)}: {listed(named, _FEW)}" if named else "0"


def series_table(results: SeriesResults) -> Group:
    """Lay out the totals of a series: its last steps, its sum, and what to bear in mind."""
    if len(results.followed) > 1:
        return _sides_of_series(results)
    totals, unit, record = _seriesin_unit(results)
    side = named_side(results.followed[0], results.sides)
    table = Table()
    for header in ("from", "to"):
        table.add_column(header, no_wrap=True)
    interval = [f"net, {results.manifest['errors']['level']:.0%}"] if record else []
    gained, lost, net, since = (
        f"{name} {unit.name}" for name in ("gained", "lost", "net", "since the first")
    )
    for header in (gained, lost, net, *interval, since):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("")
    names = ("gained_km2", "lost_km2", "net_km2", "cumulative_net_km2")
    for row in totals.tail(_LAST_STEPS).to_dict("records"):
        days = (f"{row[name]:%Y-%m-%d}" for name in ("date_from", "date_to"))
        figures = [_km2(row[name]) for name in names]
        table.add_row(*days, *figures[:3], *(_sure(row) for _ in interval), figures[3], _note(row))
    table.add_section()
    first, last = totals["date_from"].iloc[0], totals["date_to"].iloc[-1]
    sums = [_km2(totals[name].sum()) for name in names[:3]]
    table.add_row(
        f"{first:%Y-%m-%d}",
        f"{last:%Y-%m-%d}",
        *sums,
        *(_sure(whole) for whole in record.values()),
        _km2(totals["net_km2"].sum()),
        "all steps",
        style="bold",
    )
    title = f"Ground of {side}, {cadence_with_parts(totals)}, {counted(len(totals), 'step')}"
    title += f", the last {_LAST_STEPS} shown" if len(totals) > _LAST_STEPS else ""
    return Group(Text(plain(title)), table, Text(_series_notes(results)))


def _seriesin_unit(results: SeriesResults) -> tuple[pd.DataFrame, AreaUnit, dict[Any, dict[Any, Any]]]:
    """Give the totals of a series, the unit that they are in, and the intervals of all steps by side."""
    unit = unit_of(results.totals)
    record = pd.DataFrame.from_dict(results.manifest["errors"].get("totals", {}), orient="index")
    return in_unit(results.totals, unit), unit, in_unit(record, unit).to_dict("index")


def _sides_of_series(results: SeriesResults) -> Group:
    """Lay out what each side held at first, gained and lost in all steps, and held at last."""
    table, books = Table(), results.manifest["books"]
    table.add_column("side", overflow="fold")
    totals, unit, record = _seriesin_unit(results)
    interval = [f"net, {results.manifest['errors']['level']:.0%}"] if record else []
    for header in (f"first {unit.name}", "gained", "lost", "net", *interval, "last", "share of districts"):
        table.add_column(header, justify="right", no_wrap=True)
    whole = float(results.districts.area.sum()) / KM2 / unit.km2
    seen = set(of_seen_sides(results.totals)["side"])
    followed = [side for side in results.followed if side in seen]
    for side in followed:
        rows = totals[totals["side"] == side]
        first, last = rows["before_km2"].iloc[0], rows["after_km2"].iloc[-1]
        sums = [rows[name].sum() for name in ("gained_km2", "lost_km2", "net_km2")]
        share = f"{first / whole:.1%} → {last / whole:.1%}"
        figures = [*map(_km2, (first, *sums)), *(_sure(record.get(side)) for _ in interval), _km2(last)]
        table.add_row(Text(plain(named_side(side, results.sides))), *figures, share)
    days = " to ".join(map(long_date, books["dates"]))
    who, steps = _sides_counted(followed), counted(books["steps"], "step")
    title = f"Ground of {who}, {days}, {cadence_with_parts(totals)}, {steps}"
    return Group(Text(plain(title)), table, Text(_series_notes(results)))


def _series_notes(results: SeriesResults) -> str:
    """Say what to bear in mind of a series."""
    totals, beyond, books = (
        results.totals,
        results.manifest["beyond_districts_km2"],
        results.manifest["books"],
    )
    unit = unit_of(totals)
    notes = [
        "gained and lost depend on the cadence: with fewer snapshots they are smaller; net does not",
        f"steps between snapshots that are the same, bit for bit: {len(books['same_input_steps'])}",
        f"suspect steps, perhaps a map drawn anew: {_suspects(results)}",
        f"within the tolerance for vertices, not counted: {_said(totals['absorbed_km2'].sum(), unit)} net",
    ]
    notes += series_error_notes(results.manifest)
    notes += [*edge_notes(results.manifest), *_shrunken(results.manifest)]
    of_lines = "snap_m" in results.manifest["parameters"]
    notes += _nothing_alike(totals, results.followed, of_lines=of_lines)
    if empty := books["steps_without_snapshot"]:
        notes.insert(1, f"periods without a new snapshot: {empty}")
    who = named_side(results.followed[0], results.sides) if len(results.followed) == 1 else _ALL
    notes = [*warned(results.manifest.get("no_district", ()), who), *notes]
    if max(beyond.values(), default=0.0) > _NOTABLE_KM2:
        listed = ", ".join(f"{_said(km2, unit)} on {day}" for day, km2 in beyond.items())
        notes.append(f"ground of {plain(who)} in no district, not counted: {listed}")
    notes += _place_notes(results)
    notes += map(plain, results.manifest.get("notes", ()))
    return "\n".join(notes)


def agreement_table(results: AgreementResults) -> Group:
    """Lay out what two sources say of the last day, by district and as a whole."""
    day = results.table["date"].iloc[-1]
    shown = results.table[results.table["date"] == day]
    unit = unit_of(shown)
    *rows, whole = in_unit(shown, unit).to_dict("records")
    apart = {id(row): row["only_first_km2"] + row["only_second_km2"] for row in rows}
    named = [row for row in rows if row["both_km2"] + apart[id(row)] > 0]
    named.sort(key=lambda row: apart[id(row)], reverse=True)
    table = Table()
    table.add_column("district", overflow="fold")
    for header in (f"both {unit.name}", "only A", "only B", "ratio", "IoU", "F1"):
        table.add_column(header, justify="right", no_wrap=True)
    for row in named[:_FULL_TABLE]:
        name = results.labels.get(row["district"], row["district"])
        table.add_row(Text(plain(name)), *_agreed(row))
    table.add_section()
    table.add_row(WHOLE, *_agreed(whole), style="bold")
    side = named_side(results.side, results.sides)
    title = f"Ground of {side}, {long_date(str(day))}: A is {results.names[0]}, B is {results.names[1]}"
    notes = "\n".join(_agreement_notes(results, whole, len(rows) - len(named[:_FULL_TABLE])))
    return Group(Text(plain(title)), table, Text(notes))


def nets_table(results: NetResults) -> Group:
    """Lay out net change by several sources, with their spread under it."""
    table = Table()
    table.add_column("source", overflow="fold")
    level = f"{results.nets.level:.0%}"
    unit = unit_of(results.nets.table)
    for header in (*(f"{name} {unit.name}" for name in ("before", "after", "net", "sigma")), f"net, {level}"):
        table.add_column(header, justify="right", no_wrap=True)
    for row in in_unit(results.nets.table, unit).to_dict("records"):
        sigma = "–" if math.isnan(row["sigma_km2"]) else _km2(row["sigma_km2"])
        figures = [_km2(row[name]) for name in ("before_km2", "after_km2", "net_km2")]
        table.add_row(Text(plain(row["source"])), *figures, sigma, _span(row))
    notes = [*spread_notes(results.manifest), *(plain(note) for note in edge_notes(results.manifest))]
    return Group(Text(plain(results.titled)), table, Text("\n".join(notes)))


def _agreed(row: Mapping[Any, Any]) -> list[str]:
    """Write areas and measures of a row; a dash where a source has no ground."""
    measures = ("–" if math.isnan(row[name]) else measure(row[name]) for name in ("ratio", "iou", "f1"))
    return [*(_km2(row[f"{kind}_km2"]) for kind in ("both", "only_first", "only_second")), *measures]


def _agreement_notes(results: AgreementResults, whole: Mapping[Any, Any], left_out: int) -> list[str]:
    """Say what the figures of two sources are."""
    notes = ["ratio: ground by A ÷ by B; IoU: ground by both ÷ by either; F1: 2 both ÷ (A + B)"]
    ends = [measure(whole[f"iou_{end}"]) for end in ("low", "high")]
    if ends[0] != ends[1]:
        bounds = " to ".join(ends)
        notes.append(f"contested ground counts for nobody; if it is counted, IoU is {bounds}")
    notes += [plain(note) for note in edge_notes(results.manifest)]
    if results.fronts is not None:
        last = results.fronts[results.fronts["date"] == results.fronts["date"].max()]
        notes += [
            f"front farther than {row.apart_m:,.0f} m from the other's: {row.first_apart_km:,.1f} of "
            f"{row.first_km:,.1f} km by A, {row.second_apart_km:,.1f} of {row.second_km:,.1f} km by B"
            for row in last.itertuples()
        ]
    if len(total := results.totals) > 1:
        span = " to ".join(measure(one) for one in (total["iou"].min(), total["iou"].max()))
        notes.append(f"the last of {len(total)} days that both show; IoU of all of them {span}")
    for name in dict.fromkeys(results.manifest["parameters"].get("read_as_ground_of_side", ())):
        notes.append(f"no column 'side', so read as ground of {plain(results.side)}: {plain(name)}")
    notes += map(plain, results.manifest["parameters"].get("notes", ()))
    files = [one["name"] for one in results.manifest["inputs"] if one["role"] in ("first", "second")]
    if {name.rpartition("/")[2] for name in results.names} & {*files, *(Path(file).stem for file in files)}:
        notes.append("A and B are called by their files, on map and page too: --source names them")
    if left_out:
        notes.append(f"not listed, see agreement.csv: {counted(left_out, 'district')}")
    return notes


def odd_days_counted(odd: Sequence[Mapping[str, str]], n_days: int) -> str:
    """Sum up what is odd about the days of snapshots; days missing between most of them are the cadence."""
    counts = Counter(entry["problem"] for entry in odd)
    if 2 * sum(counts[problem] for problem in MISSING) > n_days - 1:
        counts = Counter({problem: number for problem, number in counts.items() if problem not in MISSING})
    listed = ", ".join(f"{count:,} × {problem}" for problem, count in sorted(counts.items()))
    return f"snapshots: {listed} (each is named in manifest.json)" if counts else ""


def rows_left_out(series: pd.DataFrame, rows: Mapping[str, Any]) -> str:
    """Say that the table of a series is without the rows in which nothing changed, if it is."""
    held = f"series.csv: {len(series):,} of {rows['of']:,} rows"
    left_out = "those in which nothing changed are left out (--rows all writes them)"
    return f"{held}, {left_out}" if rows["which"] == "changed" else ""


def movement_table(movement: MovementResults) -> Group:
    """Lay out all estimators side by side, and what each of them is."""
    study, balance = movement.results.study, movement.results.balance
    turnover = (balance["gained_km2"] + balance["lost_km2"]).set_axis(balance["district"])
    largest = turnover[turnover > 0].sort_values(ascending=False, kind="stable").index[:_MOST_DISTRICTS]
    values, covers = (
        movement.estimators.pivot(index="estimator", columns="district", values=name).reindex(
            columns=[WHOLE, *largest]
        )
        for name in ("value_m", "covers")
    )
    table = Table()
    table.add_column("estimator, m", no_wrap=True)
    for name in values.columns:
        table.add_column(plain(study.labels.get(name, name)), justify="right")
    for estimator in movement.estimators["estimator"].drop_duplicates():
        table.add_row(estimator, *map(_metres, values.loc[estimator]))
        if estimator in ("net_movement_mean", "moved_mean"):
            table.add_row("  of the earlier front", *map(_share, covers.loc[estimator]))
    notes = "\n".join(plain(line) for line in _movement_notes(movement))
    return Group(Text(plain(movement.title)), table, Text(notes))


def _movement_notes(movement: MovementResults) -> list[str]:
    """Say what each estimator is, and what the figures rest on."""
    record, (first, last) = movement.manifest["movement"], movement.results.study.dates
    notes = [f"{name}: {text}" for name, text in record["estimators"].items()]
    notes.append(
        f"transects: {record['transects']}, with net movement {record['with_net_movement']}, of which "
        f"{record['shared']} where both dates have the same line"
    )
    for what in ("without_value", "doubts"):
        listed = ", ".join(f"{code} {number}" for code, number in record[what].items())
        notes += [f"{what.replace('_', ' ')}: {listed}"] if listed else []
    days = f"{counted(record['dates'], 'date')} over {counted((last - first).days, 'day')}"
    notes.append(f"{days}; rates in summary.csv are per day")
    notes += movement.results.study.parameters.get("notes", ())
    notes += edge_notes(movement.manifest)
    notes += _short_reach(movement.displaced, record["length_m"])
    if empty := record["days_without_a_line"]:
        notes.append(f"no line of {movement.results.study.one_side} on {', '.join(empty)}")
    return notes


def _short_reach(displaced: pd.DataFrame, length_m: float) -> list[str]:
    """Say whether an extreme lies where transects end: the front may have moved farther elsewhere."""
    reach_m = displaced[["from_m", "to_m"]].abs().max(axis=1)
    near = (reach_m > _NEAR_END * length_m) & (displaced["cast_from"] != "axis")
    ways_m = {"largest_advance": displaced["nsm_m"], "largest_retreat": -displaced["nsm_m"]}
    short = [name for name, m in ways_m.items() if m.max() > 0 and near[m == m.max()].any()]
    where = f"within {1 - _NEAR_END:.0%} of where transects end: the front may have moved farther"
    return [f"{' and '.join(short)}: {where}, give a larger --length-m"] if short else []


def _metres(value: float) -> str:
    if math.isnan(value):
        return "–"
    return "0" if abs(value) < _SHOWN_M else f"{value:,.0f}".replace("-", "−")


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.0%}"


_TABLES: dict[str, Callable[[Any], Group]] = {
    "change": balance_table,
    "series": series_table,
    "movement": movement_table,
    "agreement": agreement_table,
    "nets": nets_table,
}
