"""``frontlines check``: what is wrong with a layer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import geopandas as gpd
import pandas as pd
import typer
from rich.table import Table
from rich.text import Text

from frontlines.cli.options import FAULTY, console, shows_errors
from frontlines.errors import SourceError
from frontlines.faults import ADVICE, KINDS, Kind, place_of
from frontlines.layers import check_layer
from frontlines.sources.files import read_layer, write

_SHOWN = 50


@shows_errors
def check(
    files: Annotated[
        list[Path], typer.Argument(help="Layers of control, frontlines, settlements or districts.")
    ],
    kind: Annotated[
        str | None,
        typer.Option("--kind", help=f"What they are, if the columns do not tell: {', '.join(KINDS)}."),
    ] = None,
    key: Annotated[str, typer.Option("--key", help="Column of the districts' unique names.")] = "district",
    theatre: Annotated[
        Path | None, typer.Option("--theatre", help="Ground that control and districts must fill.")
    ] = None,
    write_problems: Annotated[
        Path | None,
        typer.Option("--write-problems", help="Write the faults as a layer, such as problems.gpkg."),
    ] = None,
) -> None:
    """List everything that is wrong with layers; the exit code is 2 if anything is."""
    if kind is not None and kind not in KINDS:
        raise SourceError(f"--kind {kind} is not known: use one of {', '.join(KINDS)}")
    ground = read_layer(theatre) if theatre else None
    found = []
    for file in files:
        frame = read_layer(file)
        as_kind = kind or _kind_of(frame, key)
        faults = check_layer(frame, as_kind, key=key, theatre=ground)  # type: ignore[arg-type]
        _show(file, frame, as_kind, faults)
        found.append(_in_degrees(faults).assign(file=file.name))
    every = gpd.GeoDataFrame(pd.concat(found, ignore_index=True), geometry="geometry", crs="EPSG:4326")
    if write_problems is not None:
        write(every, write_problems)
    if len(every):
        raise typer.Exit(FAULTY)


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
        return faults.set_geometry(gpd.GeoSeries([None] * len(faults), index=faults.index, crs="EPSG:4326"))
    return faults.to_crs("EPSG:4326")


def _show(file: Path, frame: gpd.GeoDataFrame, kind: str, faults: gpd.GeoDataFrame) -> None:
    out = console()
    rows = f"{len(frame):,} rows as {kind}"
    if faults.empty:
        out.print(Text(f"{file}: {rows}: nothing wrong"))
        return
    table = Table(title=Text(f"{file}: {rows}: {len(faults)} faults"), title_justify="left")
    for header in ("fault", "rows", "km²", "where", "detail"):
        table.add_column(header, justify="right" if header == "km²" else "left", overflow="fold")
    for fault in faults.head(_SHOWN).itertuples():
        km2 = "" if pd.isna(fault.area_km2) else f"{fault.area_km2:.6g}"
        where = place_of(fault.geometry, faults.crs)
        table.add_row(fault.fault, *(Text(str(text)) for text in (fault.rows, km2, where, fault.detail)))
    out.print(table)
    if len(faults) > _SHOWN:
        out.print(f"and {len(faults) - _SHOWN} more; --write-problems writes them all")
    for sort in dict.fromkeys(faults["fault"]):
        out.print(Text(f"{sort}: {ADVICE[sort].mend}"))
