"""What ``frontlines check`` does: layers are read as other commands would, and their faults are shown."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, cast

import geopandas as gpd
import numpy as np
import pandas as pd
from rich.table import Table
from rich.text import Text

from frontlines.cli.refusing import console, one_line
from frontlines.errors import SourceError
from frontlines.layers.columns import days_of, dissolved, with_key
from frontlines.layers.days import strange_days
from frontlines.layers.door import check_layer
from frontlines.layers.faults import ADVICE, REMARKS, Advice, Fault, as_frame, place_of
from frontlines.names import Kind, counted, plain
from frontlines.sources.description import Description, is_of_lines, side_candidates, told_candidates
from frontlines.sources.files import Reading, control_columns, without_labels, write
from frontlines.sources.formats import read_layer
from frontlines.sources.writing import is_one_of

_KEY = "district"
_LEAST_KM2 = 1e-6  # less has no figures
_SHOWN = 50
_ROWS = 12
_DEGREES = "EPSG:4326"
_SOME_SIDE = "this side"
_ADVICE = {
    **ADVICE,
    "strange date": Advice(
        "have a day that may be a slip of the pen", "mend it, or allow it with allow_date=True"
    ),
    "sides not told": Advice(
        "do not say whose ground they are",
        "say which column names the sides with side_column='...', or one_side=True",
    ),
}


def check_files(
    files: list[Path],
    kind: str | None,
    key: str,
    theatre: Path | None,
    write_problems: Path | None,
    *,
    description: Description,
) -> int:
    """Show what is wrong with layers, and write it if asked; tell how many faults there are."""
    ground = read_layer(theatre, description=description) if theatre else None
    layers = [_as_kind(file, kind, key, files, description) for file in files]
    strange = {} if description.allow_date else strange_days(pd.concat([_days(layer) for layer in layers]))
    found, shown = [], []
    for file, layer in zip(files, layers, strict=True):
        faults = check_layer(layer.frame, layer.kind, key=key, theatre=ground)
        if layer.kind == "settlements":  # a place may be known by name alone
            faults = faults[faults["fault"] != "no geometry"]
        hair = faults["fault"].isin(REMARKS)
        layer.notes.extend(_remarks(faults[hair]))
        faults = _with(faults[~hair], [*layer.faults, *_strange(layer, strange)])
        shown.append(faults)
        found.append(_in_degrees(faults).assign(file=str(file)))
    every = gpd.GeoDataFrame(pd.concat(found, ignore_index=True), geometry="geometry", crs=_DEGREES)
    if write_problems is not None:
        write(every, write_problems)
    for file, layer, faults in zip(files, layers, shown, strict=True):
        _show(file, layer, faults)
    if write_problems is not None:
        console(stderr=True).print(f"written to {write_problems}", soft_wrap=True)
    return len(every)


def refuse_replacing(written: Path, read: list[Path], *, force: bool) -> None:
    """Keep the layers that are read, and files of others, from being replaced by the faults."""
    if is_one_of(written, read):
        raise SourceError(f"--write-problems would replace {written}, which is read: pass another name")
    if os.path.lexists(written) and not force:
        raise SourceError(f"--write-problems would replace {written}: pass another name, or --force")


class _Layer(NamedTuple):
    """A layer to check: its rows, what it is, what is wrong with it already, what is to be known of it."""

    frame: gpd.GeoDataFrame
    kind: Kind
    faults: list[Fault]
    notes: list[str]


def _as_kind(file: Path, kind: str | None, key: str, files: list[Path], description: Description) -> _Layer:
    """Read a layer as the other commands would."""
    if kind in (None, "control", "settlements") and (layer := _as_published(file, description)):
        return layer
    frame, notes = read_layer(file, description=description), list[str]()
    if kind not in ("frontlines", "settlements"):
        frame = without_labels(frame, file, notes)
    described = any((description.side_column, description.sides, description.one_side))
    as_kind = cast(
        "Kind", kind or ("control" if described and not is_of_lines(frame) else _kind_of(frame, key))
    )
    if as_kind in ("districts", "polygons"):
        _require_key(frame, key, file)
    if as_kind == "districts" and description.dissolve:
        frame = dissolved(with_key(frame, key))
    if as_kind == "frontlines" and description.side_at and not {"side_left", "side_right"} & _columns(frame):
        frame = frame.assign(side_left="by places", side_right=_SOME_SIDE)  # found where lines cut a theatre
    faults = [] if described else _untold(frame, as_kind, notes)
    if as_kind in ("control", "frontlines"):  # the day in the file's name, as for the other commands
        side = _SOME_SIDE if description.one_side or faults else None
        as_said = replace(description, one_side=True) if faults else description
        frame = control_columns(
            frame, file, side=side, description=replace(as_said, allow_date=True), among=files, notes=notes
        )
    return _Layer(frame, as_kind, faults, notes)


def _untold(frame: gpd.GeoDataFrame, kind: Kind, notes: list[str]) -> list[Fault]:
    """Find out whether polygons may differ in their sides without saying so."""
    if kind not in ("control", "polygons") or "side" in _columns(frame):
        return []
    found = told_candidates(side_candidates(frame))
    if found and kind == "control":
        return [Fault("sides not told", tuple(frame.index), detail=found)]
    if found:
        notes.append(f"if it is control, name the column of sides with side_column='...': {found}")
    return []


def _as_published(file: Path, description: Description) -> _Layer | None:
    """Read a layer as its publisher writes it, if that is said or unmistakable."""
    reading = Reading(description=replace(description, allow_date=True))
    if (publisher := reading.publisher_of(file)) is None:
        return None
    frame = reading.front(file, "control", publisher=publisher)
    reading.require_sides(file.name)
    points = set(frame.geom_type.dropna()) == {"Point"}
    return _Layer(frame, "settlements" if points else "control", [], reading.notes)


def _days(layer: _Layer) -> pd.Series[Any]:
    days = None if layer.kind == "districts" else days_of(layer.frame)
    return pd.Series(dtype="datetime64[s]") if days is None else days


def _strange(layer: _Layer, strange: Mapping[pd.Timestamp, str]) -> Iterator[Fault]:
    """Tell the days that may be slips of the pen, of all the days that are checked together."""
    days = _days(layer)
    for day in sorted(set(days.dropna()) & set(strange)):
        rows = tuple(layer.frame.index[(days == day).to_numpy()])
        yield Fault("strange date", rows, detail=f"{day:%Y-%m-%d} {strange[day]}")


def _remarks(hairs: gpd.GeoDataFrame) -> Iterator[str]:
    """Sum up what comes from rounding and stops no command."""
    for sort, own in hairs.groupby("fault", sort=False):
        number, km2 = counted(len(own), str(sort)), own["area_km2"].sum()
        yield f"{number}, {_small(km2, 2)} km² in all: {ADVICE[sort].mend}"


def _with(faults: gpd.GeoDataFrame, more: list[Fault]) -> gpd.GeoDataFrame:
    joined = pd.concat([as_frame(more, faults.crs), faults], ignore_index=True) if more else faults
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=faults.crs)


def _columns(frame: gpd.GeoDataFrame) -> set[str]:
    return {str(column).strip().lower() for column in frame.columns}


def _require_key(frame: gpd.GeoDataFrame, key: str, file: Path) -> None:
    """Refuse a key that was asked for and is not there, rather than check something else."""
    columns = [str(column) for column in frame.columns if column != frame.geometry.name]
    if key != _KEY and key.lower() not in (column.lower() for column in columns):
        raise SourceError(f"{file} has no column {key!r}: it has {', '.join(columns) or 'none'}")


def _kind_of(frame: gpd.GeoDataFrame, key: str) -> Kind:
    """Tell from columns and geometry what a layer is."""
    if is_of_lines(frame):
        return "frontlines"
    types = set(frame.geom_type.dropna())
    if types and types <= {"Point", "MultiPoint"}:
        return "settlements"
    if "side" in _columns(frame):
        return "control"
    return "districts" if key.lower() in _columns(frame) else "polygons"


def _in_degrees(faults: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Bring the places of faults into longitude and latitude; without a CRS they cannot be placed."""
    if faults.crs is None:
        return faults.set_geometry(gpd.GeoSeries([None] * len(faults), index=faults.index, crs=_DEGREES))
    return faults.to_crs(_DEGREES)


def _show(file: Path, layer: _Layer, faults: gpd.GeoDataFrame) -> None:
    out, frame, kind = console(), layer.frame, layer.kind
    read = f"{file}: {counted(len(frame), 'row')} as {kind}"
    if kind == "settlements" and frame.geometry.isna().any():
        read += f", {frame.geometry.isna().sum():,} of them without a place"
    wrong = counted(len(faults), "fault") if len(faults) else "nothing wrong"
    out.print(Text(plain(f"{read}: {wrong}")), soft_wrap=True)
    for note in layer.notes:
        out.print(Text(one_line(ValueError(note))), soft_wrap=True)
    if faults.empty:
        return
    lines = _lines(faults)
    table = Table()
    for header in ("fault", "rows", "km²", "where", "detail"):
        table.add_column(header, justify="right" if header == "km²" else "left", overflow="fold")
    for line in lines[:_SHOWN]:
        table.add_row(*map(Text, line))
    out.print(table)
    if len(lines) > _SHOWN:
        out.print(f"and {len(lines) - _SHOWN:,} more; --write-problems writes them all")
    for sort in dict.fromkeys(faults["fault"]):
        out.print(Text(f"{sort}: {one_line(ValueError(_ADVICE[sort].mend))}"), soft_wrap=True)


def _small(km2: float, figures: int) -> str:
    """Write an area without an exponent."""
    text = np.format_float_positional(km2, figures, unique=False, fractional=False, trim="-")
    return text if km2 >= _LEAST_KM2 else f"<{_LEAST_KM2:.6f}"


def _lines(faults: gpd.GeoDataFrame) -> list[list[str]]:
    """Write faults as lines of a table; those that have no place of their own share a line."""
    lines: dict[tuple[str, str, int], tuple[str, str, list[str]]] = {}
    for number, fault in enumerate(faults.itertuples()):
        km2 = "" if pd.isna(fault.area_km2) else _small(fault.area_km2, 6)
        where = place_of(fault.geometry, faults.crs)
        alone = number if km2 or where else -1
        lines.setdefault((fault.fault, fault.detail, alone), (km2, where, []))[2].append(fault.rows)
    return [
        [plain(text) for text in (sort, _listed(rows), km2, where, detail)]
        for (sort, detail, _), (km2, where, rows) in lines.items()
    ]


def _listed(rows: list[str]) -> str:
    shown = ", ".join(row for row in rows[:_ROWS] if row)
    return shown + (f" and {len(rows) - _ROWS:,} more" if len(rows) > _ROWS else "")
