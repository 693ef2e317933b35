"""What a run read and did, and the caption that follows from it."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from glob import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from frontlines.names import STRETCH, area_unit, counted, listed, measure

Manifest = dict[str, Any]

_PACKAGES = ("frontlines", "geopandas", "matplotlib", "numpy", "pandas", "pyogrio", "pyproj", "shapely")
_SHOWN = 4
_NOTABLE_M = 1.0  # ends of lines led on by less are not worth a sentence
_METRES_BELOW = 100.0  # a standard error is given in metres from here down [m]
_NOTABLE_KM2 = 0.05
_NOTABLE_SHARE = 0.001
_SIDECARS = (".dbf", ".shx", ".prj", ".cpg")


def fingerprint(path: str | Path, role: str, *, digest: str | None = None) -> dict[str, Any]:
    """Describe an input file so that it can be recognized; `digest` is its SHA-256, if that is known."""
    path = Path(path)
    entry = {"role": role, "name": path.name, "bytes": path.stat().st_size, "sha256": digest or sha256(path)}
    if path.suffix.lower() != ".shp":
        return entry
    beside = {file.suffix.lower(): file for file in sorted(path.parent.glob(f"{escape(path.stem)}.*"))}
    return entry | {"parts": {end: sha256(beside[end]) for end in _SIDECARS if end in beside}}


def fingerprint_of_frame(frame: gpd.GeoDataFrame, role: str) -> dict[str, Any]:
    """Describe a frame that was given in place of a file: its rows, and a digest of its cells and shapes."""
    digest = hashlib.sha256(frame.drop(columns=frame.geometry.name).to_csv(index=False).encode())
    for shape in frame.geometry.to_wkb():
        digest.update(shape or b"")
    return {"role": role, "name": role, "rows": len(frame), "sha256": digest.hexdigest()}


def sha256(path: Path) -> str:
    """Digest a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """Name the versions of all that a result depends on."""
    found = {name: version_of(name) for name in _PACKAGES}
    found |= {"GEOS": shapely.geos_version_string, "PROJ": pyproj.proj_version_str}
    return found | {"Python": platform.python_version()}


def version_of(package: str) -> str:
    """Name the version that is installed; a checkout of this library ends in ``.dev0``."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def to_json(manifest: Manifest) -> str:
    """Write a manifest as text: the same run gives the same text."""
    return json.dumps(manifest, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def long_date(day: str) -> str:
    """Write a day as a reader would."""
    stamp = pd.Timestamp(day)
    return f"{stamp.day} {stamp.month_name()} {stamp.year}"


def caption(manifest: Mapping[str, Any]) -> str:
    """Write the caption of a map from the manifest of its run."""
    first, last = (manifest["dates"][0], manifest["dates"][-1])
    sentences = [
        f"Control at the end of {long_date(first)} and of {long_date(last)}, {manifest['cadence']}.",
        *_error_sentences(manifest),
        *place_sentences(manifest),
        *map(_sentence, manifest["notes"]),
        *map(_sentence, edge_notes(manifest, advice=False)),
        *_in_no_district(manifest.get("no_district", ())),
        _sources_named(manifest["sources"]),
        *(f"Districts: {_listed(named)}." for named in [named_districts(manifest)] if named),
        _sentence(manifest["boundaries"]),
        *_made_with(manifest),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


_SAY_NOTHING = {"district", "districts", "theatre", "frames", "not stated"}


def named_districts(manifest: Mapping[str, Any]) -> list[str]:
    """List which districts were used, without names of files that say nothing of them."""
    named = map(str, manifest.get("district_vintage", ()))
    return [one for one in named if one.partition(".")[0].casefold() not in _SAY_NOTHING]


def edge_notes(manifest: Mapping[str, Any], *, advice: bool = True) -> list[str]:
    """Say what was done along the edge: ground that was given to a side, ends of lines that were led on.

    With `advice` it is for those who gave the command, and names its options; without for readers of a map.
    """
    led, called = manifest.get("ends_led", {}), manifest.get("sides", {})
    notes = _margin_note(manifest.get("margin", {}), called, advice)
    for name, margin in zip(manifest.get("names", ()), manifest.get("margins", ()), strict=False):
        notes += [f"{name}: {note}" for note in _margin_note(margin, called, advice)]
    if led.get("farthest_m", 0.0) < _NOTABLE_M:
        return notes
    ends = counted(led["number"], "end of a line was", "ends of lines were")
    sideways = f", {led['sideways']:,} not in the direction of the line" if led["sideways"] else ""
    far = f"by up to {led['farthest_m']:,.0f} m"
    return [*notes, f"{ends} led on to the theatre's edge or another line, {far}{sideways}"]


def _margin_note(margin: Mapping[str, Any], called: Mapping[str, str], advice: bool) -> list[str]:
    """Say which strips along the edge went to whom, and what is bare all the same."""
    held = {side: km2 for side, km2 in margin.get("km2", {}).items() if km2 >= _NOTABLE_KM2}
    bare, notes, width = margin.get("bare", {}), list[str](), ""
    if margin.get("margin_m"):
        unit_m, size = ("m", 1) if advice else _length_unit(margin["margin_m"])
        width = f"{margin['margin_m'] / size:,.6g} {unit_m}"
    if held:
        unit = area_unit(max(held.values()))
        given = ", ".join(f"{called.get(side, side)} {unit.said(km2)}" for side, km2 in held.items())
        words = [*["margin_m"] * advice, *["found from the data"] * margin["found"]]
        how = f" ({', '.join(words)})" if words else ""
        what = f"Ground along the edge that no polygon covers, thinner than {width}"
        notes = [f"{what}{how}, went to the side beside it: {given}"]
    wider = f" in pieces wider than {width}" if width else ""
    if strips := bare.get("strips"):
        mend = f": --margin-m {bare['margin_m']:.0f} gives such ground to the side beside it"
        if moved := bare.get("moved"):
            mend += f", and with it {_largest(moved)} beside which ground changed hands, perhaps somebody's"
        notes.append(f"{_bare(strips, wider)}; a front there may be coast or border{mend if advice else ''}")
    if wide := bare.get("wide"):
        what = f"{_bare(wide, wider)}, too wide for any margin to tell whose it is"
        mend = ": give a --theatre without it if it is sea, or --rest unknown if nobody is known to hold it"
        notes.append(f"{what}{mend if advice else ''}")
    return notes


def _bare(entry: Mapping[str, Any], wider: str) -> str:
    """Say how much ground along the edge is bare, and where its largest pieces are."""
    return f"Along the edge no polygon covers {_largest(entry, wider)}"


def _largest(entry: Mapping[str, Any], wider: str = "") -> str:
    """Say how much ground pieces are, and where the largest of them are."""
    unit, number = area_unit(entry["km2"]), entry["pieces"]
    named = "; ".join(f"{unit.said(one['km2'])} at {one['place']}" for one in entry["largest"])
    largest = f", the largest of {number:,}" if number > len(entry["largest"]) else ""
    return f"{unit.said(entry['km2'])}{wider}{largest} ({named})"


def _in_no_district(record: Iterable[Mapping[str, Any]]) -> list[str]:
    """Say how much ground of the side lies in no district, if that is notable."""
    entries = list(record)
    unit = area_unit(max((entry["km2"] for entry in entries), default=0.0))
    days = [
        f"{unit.said(entry['km2'])} ({entry['share']:.1%}) on {long_date(entry['date'])}" for entry in entries
    ]
    return [f"Ground in no district is in no figure: {' and '.join(days)}."] if days else []


def _error_sentences(manifest: Mapping[str, Any]) -> list[str]:
    """Write net change with its interval, and what that rests on; nothing if no error is known."""
    record = manifest.get("errors", {})
    if "totals" in record:
        return [f"Intervals of {record['level']:.0%}: {error_sentence(record)}."]
    if "total" not in record:
        return []
    net, low, high = (record["total"][name] for name in ("net_km2", "net_low_km2", "net_high_km2"))
    chance = f"{record['level']:.0%}"
    who = manifest["sides"].get(manifest["side"], manifest["side"])
    unit = area_unit(max(abs(net), abs(low), abs(high)))
    net, low, high = (unit.write(one) for one in (net, low, high))
    return [
        f"{who}, net: {net} {unit.name} ({chance} interval {low} to {high} {unit.name}).",
        f"Interval: {error_sentence(record)}.",
        *[f"{text[0].upper()}{text[1:]}." for text in length_sentences(record)],
    ]


def series_error_notes(manifest: Mapping[str, Any]) -> list[str]:
    """Say how sure the net change of a series is, what that rests on, and what has no interval."""
    record = manifest.get("errors", {})
    if "none" in record:
        return [f"No errors: {record['none']}"]
    if "totals" not in record:
        return []
    notes = [f"Intervals of net ({record['level']:.0%}): {error_sentence(record)}"]
    known = {side: one for side, one in record["totals"].items() if one["sigma_km2"] is not None}
    for who, one in known.items():
        ends = [one[f"net_{end}_km2"] for end in ("low", "high", "lowest", "highest")]
        unit = area_unit(max(map(abs, (one["net_km2"], *ends))))
        net, low, high, least, most = map(unit.write, (one["net_km2"], *ends))
        plausible = f"; {least} to {most} {unit.name} over plausible lengths"
        wide = plausible if (least, most) != (low, high) else ""
        notes.append(f"{who}, all steps: net {net} {unit.name}, {low} to {high} {unit.name}{wide}")
    return [
        *notes,
        "What two maps draw alike cancels: the sum rests on the first and the last",
        record["withheld"],
    ]


def error_sentence(record: Mapping[str, Any]) -> str:
    """Say in half a sentence where the errors of areas come from."""
    low, high = record["sigma_range_m"]
    unit, size = _length_unit(low)
    sigma = " to ".join(f"{one / size:.3g}" for one in dict.fromkeys((low, high))) + f" {unit}"
    alike = _alike(record["correlation_m"])
    if not record["correlation_m_given"] and "correlation_m_of_lines" in record:
        alike += ", as the lines state"
    if "between" in record:
        alike += f", those of both dates correlated by {record['between']:g}"
    how = f"{record['draws']:,} draws" if "draws" in record else "by formula"
    return f"errors of the lines (sigma {sigma}, {alike}), {how}"


def _alike(along: Any) -> str:
    """Say over what length errors are alike: metres, inf, stretch, or several with their shares."""
    if isinstance(along, list):
        return " and ".join(f"{share:.0%} {_alike(length)}" for length, share in along)
    whole = {"inf": "each line off as a whole", STRETCH: "each stretch off as a whole"}
    if isinstance(along, str):
        return whole[along]
    unit, size = _length_unit(along)
    return f"alike over {along / size:g} {unit} along the front"


def _length_unit(length_m: float) -> tuple[str, float]:
    """Choose the unit of a length or a standard error: its name, and how many metres it is."""
    return ("m", 1.0) if length_m < _METRES_BELOW else ("km", 1000.0)


def length_sentences(record: Mapping[str, Any]) -> list[str]:
    """Say what net change is if errors are alike over other lengths, where that is a judgement."""
    along, factor = record["correlation_m"], record.get("length_factor", 1.0)
    lengths = [length for length, _ in along] if isinstance(along, list) else [along]
    scales = [one for one in lengths if not isinstance(one, str) and one > 0]
    if "total" not in record or not scales or factor == 1:
        return []
    far, size = _length_unit(max(scales) * factor)
    shorter, longer = (
        " and ".join(f"{one * by / size:.2g}" for one in scales) for by in (1 / factor, factor)
    )
    low, high = (record["total"][f"net_{end}_km2"] for end in ("lowest", "highest"))
    unit = area_unit(max(abs(low), abs(high)))
    span = f"{unit.write(low)} to {unit.said(high)}"
    return [f"that length is a judgement: with {shorter} to {longer} {far}, net is {span}"]


def place_sentences(manifest: Mapping[str, Any]) -> list[str]:
    """Say how many places changed hands, and how many people lived on a side's ground, by which source."""
    places, sentences = manifest.get("places", {}), []
    if places:
        unsure = f", {places['unsure']:,} unsure by the error of the line" if places["unsure"] else ""
        times = counted(places["changes"], "change of hands", "changes of hands")
        sentences.append(f"{counted(places['number'], 'place')}: {times}{unsure}.")
    files = {entry["role"]: entry["name"] for entry in manifest.get("inputs", ())}
    for one in manifest.get("people", ()):
        by = {"places": "settlements", "raster": "population"}[one["source"]]
        who = manifest.get("sides", {}).get(one["side"], one["side"])
        what = f"in places of {who}" if one["source"] == "places" else f"on ground of {who}"
        figures = [f"{one[name]:,.0f} {name}" for name in ("before", "after", "gained", "lost")]
        sentences.append(f"People {what} ({files.get(by, one['source'])}): {', '.join(figures)}.")
        sentences += [_sentence(note) for note in bare_notes(one)]
    return list(dict.fromkeys(sentences))  # some are the same for every side


def bare_notes(people: Mapping[str, Any]) -> list[str]:
    """Say for how much ground a raster of people has no value, if that is worth a word."""
    share, districts = people.get("share_without_value", 0.0), people.get("districts_without_value", ())
    if share < _NOTABLE_SHARE:
        return []
    mostly = f", most of {listed(districts, _SHOWN)}" if districts else ""
    return [
        f"The raster has no value for {share:.1%} of the districts' ground{mostly}: nobody is counted there"
    ]


def _sentence(text: str) -> str:
    """End a text with a full stop, unless it ends already or is empty."""
    clean = text.strip()
    return clean if not clean or clean.endswith((".", "!", "?", "…")) else f"{clean}."


def places_sentence(reach_m: float | None) -> list[str]:
    """Say in a caption how ground follows from places; nothing where it does not."""
    if reach_m is None:
        return []
    return [f"Ground of places is counted to the nearest with a known side, up to {reach_m:,.0f} m from it."]


def series_caption(manifest: Mapping[str, Any]) -> str:
    """Write the caption of a series' chart from the manifest of its run."""
    books = manifest["books"]
    first, last = (long_date(day) for day in books["dates"])
    steps = f"{counted(books['steps'], 'step')}: {books['cadence']}"
    sentences = [
        f"Snapshots from {first} to {last}, compared in {steps}.",
        "Gained and lost depend on this cadence, net does not. A snapshot's date is not that of a change.",
        *_beyond(manifest.get("beyond_districts_km2", {})),
        *map(_sentence, series_error_notes(manifest)),
        *map(_sentence, edge_notes(manifest, advice=False)),
        *_measured(manifest.get("front")),
        *place_sentences(manifest),
        *places_sentence(manifest["parameters"].get("reach_m")),
        _sources_named(manifest["sources"]),
        *_made_with(manifest),
    ]
    return " ".join(sentences)


def agreement_caption(manifest: Mapping[str, Any]) -> str:
    """Write the caption of a map of two sources from the manifest of its run."""
    (first, second), total = manifest["names"], manifest["total"]
    who = manifest["sides"].get(manifest["side"], manifest["side"])
    where = f", in {_listed(named)}" if (named := named_districts(manifest)) else ""
    sentences = [
        f"Ground of {who} on {long_date(manifest['dates'][-1])} as {first} and {second} show it{where}.",
        _overlap(total),
        *map(_sentence, edge_notes(manifest, advice=False)),
        *places_sentence(manifest["parameters"].get("reach_m")),
        f"Sources: {'; '.join(map(_credited, manifest['names'], manifest['sources']))}.",
        *_made_with(manifest),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def nets_caption(manifest: Mapping[str, Any]) -> str:
    """Write the caption of a chart of net change by several sources from the manifest of its run."""
    sentences = [
        *map(_sentence, spread_notes(manifest, advice=False)),
        *map(_sentence, edge_notes(manifest, advice=False)),
        f"Sources: {'; '.join(map(_credited, manifest['names'], manifest['sources']))}.",
        *_made_with(manifest),
    ]
    return " ".join(sentences)


def spread_notes(manifest: Mapping[str, Any], *, advice: bool = True) -> list[str]:
    """Say how far sources lie apart, and how far the errors of their lines explain it."""
    found = manifest["spread"]
    notes = [f"Spread of net over the sources (standard deviation): {found['spread_km2']:,.1f} km²"]
    if found["expected_km2"] is None:
        mend = ": --sigma-m gives them" if advice else ""
        return [*notes, f"The errors of the lines are not known{mend}"]
    least, most = found["lowest"], found["highest"]
    over = [
        f" ({low:,.{n}f} to {high:,.{n}f} over plausible lengths)" if low != high else ""
        for low, high, n in zip(least, most, (1, 2, 3), strict=True)
    ]
    alike = _alike(manifest["correlation_m"])
    return [
        *notes,
        f"Expected from the errors of the lines alone ({alike}): {found['expected_km2']:,.1f} km²{over[0]}",
        f"Share of the variance that they explain: {found['share_explained']:.2f}{over[1]}",
        f"Chance that they alone give so wide a spread: {found['p_spread']:.3f}{over[2]}",
        "Errors of lines and disagreement of sources are not added up",
    ]


def _made_with(manifest: Mapping[str, Any]) -> list[str]:
    """Name projection and version, the last sentences of every caption."""
    version_used = manifest["versions"]["frontlines"]
    return [f"Projection: {manifest['projection']['name']}.", f"Computed with frontlines {version_used}."]


def _sources_named(texts: Iterable[str]) -> str:
    """Name the sources in a sentence."""
    every = list(texts)
    return f"{'Source' if len(every) == 1 else 'Sources'}: {_listed(every)}."


def _credited(name: str, sources: Iterable[str]) -> str:
    """Write a source, and what it says of itself if that is more than its name."""
    own = _listed(sources)
    return own if name in own else f"{name}: {own}"


def _overlap(total: Mapping[str, float | None]) -> str:
    """Write the overlap of two sources, with its bounds by contested ground."""
    known = [one for name in ("iou", "iou_low", "iou_high") if (one := total[name]) is not None]
    if len(known) < 3:  # noqa: PLR2004
        return ""
    counts, (iou, low, high) = "Contested ground counts for nobody", map(measure, known)
    if low != high:
        counts += f"; if it is counted, IoU is {low} to {high}"
    return f"IoU (ground of both ÷ ground of either) {iou}. {counts}."


def _measured(front: Mapping[str, Any] | None) -> list[str]:
    """Say what was not counted as front."""
    if front is None:
        return []
    edge = f"within {front['border_m']:,.0f} m of the edge of all districts"
    return [f"Ground that ends {edge} ends at a border or coast, not at a front."]


def _beyond(beyond: Mapping[str, float]) -> list[str]:
    """Say how much ground lies in no district, if it is worth a word."""
    if max(beyond.values(), default=0.0) < _NOTABLE_KM2:
        return []
    unit = area_unit(max(beyond.values()))
    days = " and ".join(f"{unit.said(max(km2, 0.0))} on {long_date(day)}" for day, km2 in beyond.items())
    return [f"Ground in no district is not counted: {days}."]


def _listed(texts: Iterable[str]) -> str:
    """Join texts, without their full stops, and say how many are left out."""
    clean = [str(text).strip().rstrip(".") for text in texts]
    more = f"; and {len(clean) - _SHOWN} more, see the manifest" if len(clean) > _SHOWN else ""
    return "; ".join(clean[:_SHOWN]) + more


CAPTIONS = {
    "change": caption,
    "movement": caption,
    "series": series_caption,
    "agreement": agreement_caption,
    "nets": nets_caption,
}
"""How captions are written, by the kind of run."""
