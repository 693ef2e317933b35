"""What a page says in words: its headline, and what its figures cannot say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from frontlines.manifest import CAPTIONS, edge_notes, error_sentence, long_date, named_districts
from frontlines.names import RESERVED, AreaUnit, area_unit, cadence_with_parts, counted, listed
from frontlines.report.folder import Folder, Run
from frontlines.uncertainty import TRUST

_MOST_SIDES = 4

WITHHELD = {name: text for name, text in TRUST.items() if name != "yes"}
"""Why an interval is missing, by what stands in the column `trust`."""


def headline(run: Run, total: pd.DataFrame, unit: AreaUnit) -> tuple[str, str]:
    """Say in a sentence what was found, and in another how sure that is or what it is made up of."""
    if run.kind == "agreement":
        return _agreement(run, total.iloc[-1], unit)
    span = f"between {long_date(total['date_from'].iloc[0])} and {long_date(total['date_to'].iloc[-1])}"
    sums = total.groupby("side", sort=False)[["gained_km2", "lost_km2", "net_km2"]].sum()
    if len(sums) == 1:
        gained, lost = (unit.said(one) if one else "no ground" for one in sums.iloc[0, :2])
        more = f", in {counted(len(total), 'step')} ({_cadence(run, total)})" if len(total) > 1 else ""
        net = unit.said(sums["net_km2"].iloc[0], sign=True) + _interval(run, total, unit)
        return (
            f"{_called(run, sums.index[0])} gained {gained} and lost {lost} {span}",
            f"Net change {net}{more}.",
        )
    nets = sums.loc[[side for side in sums.index if side not in RESERVED], "net_km2"]
    nets = nets[[unit.write(net) != "0" for net in nets]]
    order = nets.index[nets.abs().to_numpy().argsort(kind="stable")[::-1]]
    of_sides = [f"{_called(run, side)} {unit.said(nets[side], sign=True)}" for side in order]
    said = f"{unit.said(sums['gained_km2'].sum())} changed hands {span}"
    return said, f"Net change: {listed(of_sides, _MOST_SIDES) or 'none of any side'}."


def _agreement(run: Run, last: pd.Series[Any], unit: AreaUnit) -> tuple[str, str]:
    """Say how much of the ground that either source gives to the side both give to it, on the last day."""
    (one, other), who = run.manifest["names"], _called(run, last["side"])
    if pd.isna(last["iou"]):
        return f"Neither {one} nor {other} gives ground to {who} on {long_date(last['date_to'])}", ""
    share = f"{math.floor(1000 * last['iou']) / 10:.1f}%"  # never 100 % of something less
    only = [unit.said(last[f"only_{name}_km2"]) for name in ("first", "second")]
    said = f"{one} and {other} agree on {share} of the ground that either gives to {who}"
    return f"{said} on {long_date(last['date_to'])}", f"Only {one}: {only[0]}. Only {other}: {only[1]}."


def _interval(run: Run, total: pd.DataFrame, unit: AreaUnit) -> str:
    """Write the interval of the net change of a single step, if it is known."""
    if len(total) > 1 or "net_low_km2" not in total or pd.isna(total["net_low_km2"].iloc[0]):
        return ""
    low, high = (unit.write(total[f"net_{end}_km2"].iloc[0]) for end in ("low", "high"))
    return f", {run.manifest['errors']['level']:.0%} interval {low} to {high} {unit.name}"


def _called(run: Run, side: Any) -> str:
    return str(run.sides.get(side, side))


def _cadence(run: Run, total: pd.DataFrame) -> str:
    """Say how often there is a snapshot."""
    return cadence_with_parts(total) if run.kind == "series" else str(run.manifest["cadence"])


def limits(run: Folder) -> list[tuple[str, str]]:
    """Say what the figures cannot say: a word or two, and a sentence or two on each."""
    manifest = run.manifest
    said = [("Agreement", "Two sources that agree may both be wrong, or draw on the same reports.")]
    gross = "ground that changed hands and came back within a step is in neither. Net change does not."
    if run.kind != "agreement":
        said = [
            (
                "Dates",
                "A snapshot’s date is not the date of a change: it shows what had changed hands by then.",
            ),
            (
                "Cadence",
                f"Gained and lost depend on the cadence ({_cadence(run, run.tables['totals'])}): {gross}",
            ),
        ]
    beyond = [
        (area_unit(one["km2"]).said(one["km2"]), one["date"]) for one in manifest.get("no_district", ())
    ]
    days = [f"{area} on {long_date(date)}" for area, date in beyond]
    outside = f"It may be on the map, but is in no figure: {', '.join(days)}."
    detail_m = float(run.ground["run"]["detail_m"])
    return [
        *said,
        ("Intervals", _intervals(manifest)),
        ("Contested ground", "It counts for nobody; where there is any, its area stands apart."),
        *([("Ground in no district", outside)] if days else []),
        *(("Edge", f"{note}.") for note in edge_notes(manifest)),
        ("The map", f"Borders are simplified to about {detail_m:,.0f} m; no figure is measured on them."),
        *([("Boundaries", str(manifest["boundaries"]))] if manifest.get("boundaries") else []),
    ]


def _intervals(manifest: Mapping[str, Any]) -> str:
    """Say where intervals come from, or why there are none."""
    record = manifest.get("errors", {})
    if "level" not in record:
        return "There are none: how far the borders may be off is not known, or was not asked."
    return (
        f"Those of {record['level']:.0%} come from {error_sentence(record)}. They do not hold a side read "
        "wrongly, nor ground that changed hands and back between the dates."
    )


def method(run: Folder) -> str:
    """Give the caption that the map or chart of the run has."""
    return CAPTIONS[run.kind](run.manifest)


def sources(run: Folder) -> list[str]:
    """List whom the data come from, and which districts they are compared by."""
    stated = run.manifest["sources"]
    if run.kind == "agreement":
        pairs = zip(run.manifest["names"], stated, strict=True)
        stated = [f"{name}: {text}" for name, own in pairs for text in own]
    return [*(f"Districts: {text}" for text in named_districts(run.manifest)), *map(str, stated)]


def licences(run: Folder) -> list[str]:
    """List the licences that are known, by publisher."""
    held = run.manifest["parameters"].get("licences", {})
    return [f"{name}: {text}" for name, text in held.items() if text] or ["Those of the sources named above."]
