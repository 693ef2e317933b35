"""``frontlines check``: what is wrong with a layer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import geopandas as gpd
import pandas as pd
import typer
from rich.table import Table
from rich.text import Text

from frontlines.cli.options import FAULTY, Key, console, one_line, plain, shows_errors
from frontlines.errors import SourceError
from frontlines.layers.door import check_layer
from frontlines.layers.faults import ADVICE, KINDS, Kind, place_of
from frontlines.names import counted
from frontlines.sources.files import control_columns, read_layer, write

_KEY = "district"
_SHOWN = 50
_ROWS = 12
_DEGREES = "EPSG:4326"


@shows_errors
def check(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Layers of control, frontlines, settlements or districts."),
    ],
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind", metavar="KIND", help=f"What they are, if the columns do not tell: {', '.join(KINDS)}."
        ),
    ] = None,
    key: Key = _KEY,
    theatre: Annotated[
        Path | None,
        typer.Option("--theatre", metavar="FILE", help="Ground that control and districts must fill."),
    ] = None,
    write_problems: Annotated[
        Path | None,
        typer.Option(
            "--write-problems", metavar="FILE", help="Write the faults as a layer, such as problems.gpkg."
        ),
    ] = None,
) -> None:
    """List everything that is wrong with layers; the exit code is 2 if anything is."""
    if kind is not None and kind not in KINDS:
        raise SourceError(f"--kind {kind} is not known: use one of {', '.join(KINDS)}")
    _refuse_replacing([*files, *([theatre] if theatre else [])], write_problems)
    ground = read_layer(theatre) if theatre else None
    found = []
    for file in files:
        frame = read_layer(file)
        as_kind = kind or _kind_of(frame, key)
        if as_kind in ("districts", "polygons"):
            _require_key(frame, key, file)
        if as_kind in ("control", "frontlines"):
            frame = control_columns(frame, file)  # the day in the file's name, as for the other commands
        faults = check_layer(frame, as_kind, key=key, theatre=ground)  # type: ignore[arg-type]
        if as_kind == "settlements":  # a place may be known by name alone
            faults = faults[faults["fault"] != "no geometry"]
        _show(file, frame, as_kind, faults)
        found.append(_in_degrees(faults).assign(file=str(file)))
    every = gpd.GeoDataFrame(pd.concat(found, ignore_index=True), geometry="geometry", crs=_DEGREES)
    if write_problems is not None:
        write(every, write_problems)
        console(stderr=True).print(f"written to {write_problems}", soft_wrap=True)
    if len(every):
        raise typer.Exit(FAULTY)


def _refuse_replacing(read: list[Path], written: Path | None) -> None:
    """Keep the layers that are read from being replaced by their faults."""
    if written is not None and written.resolve() in {file.resolve() for file in read}:
        raise SourceError(f"--write-problems would replace {written}, which is read: pass another name")


def _require_key(frame: gpd.GeoDataFrame, key: str, file: Path) -> None:
    """Refuse a key that was asked for and is not there, rather than check something else."""
    columns = [str(column) for column in frame.columns if column != frame.geometry.name]
    if key != _KEY and key.lower() not in (column.lower() for column in columns):
        raise SourceError(f"{file} has no column {key!r}: it has {', '.join(columns) or 'none'}")


def _kind_of(frame: gpd.GeoDataFrame, key: str) -> Kind:
    """Tell from columns and geometry what a layer is."""
    columns = {str(column).strip().lower() for column in frame.columns}
    types = set(frame.geom_type.dropna())
    if {"side_left", "side_right"} & columns or (types and types <= {"LineString", "MultiLineString"}):
        return "frontlines"
    if types and types <= {"Point", "MultiPoint"}:
        return "settlements"
    if "side" in columns:
        return "control"
    return "districts" if key.lower() in columns else "polygons"


def _in_degrees(faults: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Bring the places of faults into longitude and latitude; without a CRS they cannot be placed."""
    if faults.crs is None:
        return faults.set_geometry(gpd.GeoSeries([None] * len(faults), index=faults.index, crs=_DEGREES))
    return faults.to_crs(_DEGREES)


def _show(file: Path, frame: gpd.GeoDataFrame, kind: str, faults: gpd.GeoDataFrame) -> None:
    out = console()
    read = f"{file}: {counted(len(frame), 'row')} as {kind}"
    if kind == "settlements" and frame.geometry.isna().any():
        read += f", {frame.geometry.isna().sum():,} of them without a place"
    if faults.empty:
        out.print(Text(f"{read}: nothing wrong"), soft_wrap=True)
        return
    out.print(Text(f"{read}: {counted(len(faults), 'fault')}"), soft_wrap=True)
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
        out.print(Text(f"{sort}: {one_line(ValueError(ADVICE[sort].mend))}"), soft_wrap=True)


def _lines(faults: gpd.GeoDataFrame) -> list[list[str]]:
    """Write faults as lines of a table; those that have no place of their own share a line."""
    lines: dict[tuple[str, str, int], tuple[str, str, list[str]]] = {}
    for number, fault in enumerate(faults.itertuples()):
        km2 = "" if pd.isna(fault.area_km2) else f"{fault.area_km2:.6g}"
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
