"""What a page says in words: its headline, and what its figures cannot say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from frontlines.manifest import agreement_caption, caption, edge_notes, error_sentence, long_date, series_caption
from frontlines.names import RESERVED, counted
from frontlines.report.figures import Figures
from frontlines.report.folder import Folder
from frontlines.uncertainty import TRUST

_CAPTIONS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "change": caption,
    "series": series_caption,
    "agreement": agreement_caption,
}
_MOST_SIDES = 4


def headline(run: Folder, figures: Figures, digits: int) -> tuple[str, str]:
    """Say in a sentence what was found, and in another how sure that is or what it is made up of."""
    if run.kind == "agreement":
        return _agreement(run, figures, digits)
    first, last = (long_date(figures.steps[name].iloc[at]) for name, at in (("date_from", 0), ("date_to", -1)))
    span = f"between {first} and {last}"
    rows = {str(side): own for side, own in figures.total.groupby("side", sort=False)}
    if len(rows) == 1:
        ((side, own),) = rows.items()
        gained, lost, net = (float(own[f"{name}_km2"].sum()) for name in ("gained", "lost", "net"))
        said = f"{_called(run, side)} gained {_some(gained, digits)} and lost {_some(lost, digits)} {span}"
        steps = f", in {counted(len(own), 'step')} ({_cadence(run)})" if len(own) > 1 else ""
        return said, f"Net change {_km2(net, digits, sign=True)}{_interval(run, own, digits)}{steps}."
    nets = {side: float(own["net_km2"].sum()) for side, own in rows.items() if side not in RESERVED}
    order = sorted(nets, key=lambda side: -abs(nets[side]))
    listed = [f"{_called(run, side)} {_km2(nets[side], digits, sign=True)}" for side in order[:_MOST_SIDES]]
    more = f" and {counted(len(order) - _MOST_SIDES, 'more side')}" if len(order) > _MOST_SIDES else ""
    moved = sum(float(own["gained_km2"].sum()) for own in rows.values())
    return f"{_km2(moved, digits)} changed hands {span}", f"Net change: {', '.join(listed)}{more}."


def _agreement(run: Folder, figures: Figures, digits: int) -> tuple[str, str]:
    """Say how much of the ground that either source gives to the side both give to it, on the last day."""
    last, (one, other) = figures.total.iloc[-1], run.manifest["names"]
    who, day = _called(run, str(last["side"])), long_date(last["date_to"])
    if pd.isna(last["iou"]):
        return f"Neither {one} nor {other} gives ground to {who} on {day}", ""
    said = f"{one} and {other} agree on {last['iou']:.1%} of the ground that either gives to {who} on {day}"
    only = (_km2(float(last[f"only_{name}_km2"]), digits) for name in ("first", "second"))
    return said, "Only {}: {}. Only {}: {}.".format(*(x for pair in zip((one, other), only, strict=True) for x in pair))


def _interval(run: Folder, own: pd.DataFrame, digits: int) -> str:
    """Write the interval of the net change of a single step, if it is known."""
    if len(own) > 1 or "net_low_km2" not in own or own["net_low_km2"].isna().any():
        return ""
    low, high = (f"{float(own[f'net_{end}_km2'].iloc[0]):,.{digits}f}".replace("-", "−") for end in ("low", "high"))
    return f", {run.manifest['errors']['level']:.0%} interval {low} to {high} km²"


def _km2(value: float, digits: int, *, sign: bool = False) -> str:
    """Write an area with a true minus."""
    text = f"{abs(value):,.{digits}f}"
    nothing = float(text.replace(",", "")) == 0
    mark = "" if nothing else "−" if value < 0 else "+" if sign else ""
    return f"{mark}{'0' if nothing else text} km²"


def _some(km2: float, digits: int) -> str:
    return _km2(km2, digits) if km2 else "no ground"


def _called(run: Folder, side: str) -> str:
    return str(run.ground["run"]["sides"].get(side, side))


def limits(run: Folder) -> list[tuple[str, str]]:
    """Say what the figures cannot say: a few words, and a sentence or two on each."""
    manifest, detail_m = run.manifest, float(run.ground["run"]["detail_m"])
    simplified = f"Borders are simplified to about {detail_m:,.0f} m. Every figure comes from the borders as given."
    dates = "A snapshot’s date is not the date of a change: ground changed hands at some time before it."
    gross = "ground that changed hands and came back within a step is in neither. Net change does not."
    sources = "Two sources that agree may both be wrong, or draw on the same reports."
    told = [
        *([("Agreement", sources)] if run.kind == "agreement" else [("Dates", dates), ("Cadence", f"Gained and lost depend on the cadence ({_cadence(run)}): {gross}")]),
        ("Intervals", _intervals(manifest)),
        ("Contested ground", "It counts for nobody; where there is any, its area stands apart."),
        *_outside(manifest),
        *(("Edge", f"{note}.") for note in edge_notes(manifest)),
        ("The map", simplified),
    ]
    boundaries = str(manifest.get("boundaries", ""))
    return [*told, *([("Boundaries", boundaries)] if boundaries else [])]


def _cadence(run: Folder) -> str:
    """Say how often there is a snapshot."""
    return str(run.manifest["books"]["cadence"] if run.kind == "series" else run.manifest["cadence"])


def _outside(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say how much ground lies in no district."""
    days = [f"{one['km2']:,.0f} km² ({one['share']:.1%}) on {long_date(one['date'])}" for one in manifest.get("no_district", ())]
    what = "Ground in no district is on the map, but in no figure"
    return [("Ground in no district", f"{what}: {', '.join(days)}.")] if days else []


def _intervals(manifest: Mapping[str, Any]) -> str:
    """Say where intervals come from, or why there are none."""
    record = manifest.get("errors", {})
    if "level" not in record:
        return "There are none: how far the borders may be off is not known, or was not asked."
    said = f"Those of {record['level']:.0%} come from {error_sentence(record)}."
    return f"{said} They do not hold a side read wrongly, nor ground that changed hands and back between the dates."


def withheld() -> dict[str, str]:
    """Say why an interval is missing, by what stands in the column `trust`."""
    return {name: text for name, text in TRUST.items() if name != "yes"}


def method(run: Folder) -> str:
    """Write the caption that the map or chart of the run has."""
    return _CAPTIONS[run.kind](run.manifest)


def sources(run: Folder) -> list[str]:
    """List whom the data come from, and which districts they are compared by."""
    stated = run.manifest["sources"]
    if run.kind == "agreement":
        stated = [f"{name}: {text}" for name, own in zip(run.manifest["names"], stated, strict=True) for text in own]
    return [*map(str, stated), *(f"Districts: {text}" for text in run.manifest.get("district_vintage", ()))]


def licences(run: Folder) -> Iterable[str]:
    """List the licences that are known, by publisher."""
    held = run.manifest["parameters"].get("licences", {})
    return [f"{name}: {text}" for name, text in held.items() if text]
