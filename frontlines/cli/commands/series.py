"""``frontlines series``: many snapshots, from a folder or a file to tables and a chart."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import geopandas as gpd
import pandas as pd
import typer

from frontlines.cli.options import Districts, Force, Key, Mend, Out, Side, console, shows_errors
from frontlines.cli.printing import series_table
from frontlines.cli.snapshots import Format, previous_series, read_snapshots, record_of, told
from frontlines.control import fronts_of_side
from frontlines.crs import working_crs
from frontlines.errors import SourceError
from frontlines.layers.door import as_control, as_districts
from frontlines.movement.front_length import front_length
from frontlines.progress import reporting
from frontlines.series.change_series import change_series
from frontlines.series.differences import TOLERANCE_M
from frontlines.series.totals import ground_beyond, series_totals
from frontlines.sources.files import read_districts

FILES = ("series.csv", "series.parquet", "totals.csv", "series.png", "manifest.json")
"""What the command writes, whatever else is asked for."""


class Freq(StrEnum):
    """Steps to sum up in."""

    D = "D"
    W = "W"
    MS = "MS"
    QS = "QS"
    YS = "YS"


@shows_errors
def series(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE",
            help="A file with a column 'date', or a folder of files with a day in their names.",
        ),
    ],
    districts: Districts,
    key: Key,
    side: Side,
    out: Out = Path("out"),
    freq: Annotated[
        Freq | None,
        typer.Option("--freq", help="Steps: day, week, month, quarter, year; by default every snapshot."),
    ] = None,
    tolerance_m: Annotated[
        float,
        typer.Option(
            "--tolerance-m", min=0, metavar="METRES", help="A vertex that moved less is the same vertex [m]."
        ),
    ] = TOLERANCE_M,
    written: Annotated[
        Format,
        typer.Option(
            "--format",
            help="How the snapshots are written; deepstate: in any form of DeepState's map.",
        ),
    ] = Format.plain,
    named: Annotated[
        str | None,
        typer.Option("--source", metavar="TEXT", help="Whom to name as the source of the snapshots."),
    ] = None,
    front_m: Annotated[
        list[float] | None,
        typer.Option(
            "--front-length",
            min=0,
            metavar="METRES",
            help="Measure the front at this resolution [m]; may be given several times.",
        ),
    ] = None,
    border_m: Annotated[
        float | None,
        typer.Option(
            "--border-m",
            min=0,
            metavar="METRES",
            help="With --front-length: what lies this near to the edge of all districts [m] is border or "
            "coast, no front. Kilometres where snapshots and districts were drawn apart.",
        ),
    ] = None,
    panels: Annotated[
        bool, typer.Option("--panels", help="Draw the districts that changed most, side by side.")
    ] = False,
    label: Annotated[
        str | None,
        typer.Option(
            "--label", metavar="COLUMN", help="Column of the districts to call them by on the panels."
        ),
    ] = None,
    film: Annotated[
        bool, typer.Option("--film", help="Make moving pictures, a frame for each snapshot.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the series in --out; only later steps are computed.")
    ] = False,
    mend: Mend = False,
    force: Force = False,
) -> None:
    """Follow one side through many snapshots; write a table for each step and district, and charts."""
    from frontlines.cli.outputs import (  # noqa: PLC0415 - drawing is heavy
        refuse_overwriting,
        staged,
        write_film,
        write_series,
    )

    _require_border(front_m, border_m)
    also = {"fronts.csv": front_m, "districts.png": panels, "series.gif": film}
    files = (*FILES, *(name for name, wanted in also.items() if wanted))
    refuse_overwriting(out, files, force=force or resume, inputs=(source, districts))
    with reporting(console(stderr=True).is_terminal) as report:
        report(0.02, "reading")
        raw_districts = read_districts(districts)
        crs = working_crs(raw_districts)
        ground = as_districts(raw_districts, crs, key=key, mend=mend)
        raw, odd = read_snapshots(source, side, written, named)
        control = as_control(raw, crs, mend=mend)
        asked = {"side": side, "key": key, "freq": freq, "tolerance_m": tolerance_m, "mend": mend}
        asked |= {"format": written, "source": named}
        record = record_of(source, districts, asked, control, crs, odd)
        labels = _labels(ground, label)
        table = change_series(
            control,
            ground,
            side,
            freq=freq,
            tolerance_m=tolerance_m,
            previous=previous_series(out, record) if resume else None,
            progress=lambda share, what: report(0.3 + 0.2 * share, what),
        )
        report(0.5, "front")
        fronts = _fronts(control, ground, side, front_m, border_m or 0.0) if front_m else None
        record |= {"front": {"resolution_m": front_m, "border_m": border_m}} if front_m else {}
        report(0.6, "drawing and writing")
        totals = series_totals(table)
        record["beyond_districts_km2"] = ground_beyond(control, totals, side)
        with staged(out, stale=also) as folder:
            write_series(table, record, folder, fronts=fronts, panels=panels, labels=labels)
            if film:
                every = change_series(control, ground, side, tolerance_m=tolerance_m) if freq else table
                write_film(control, ground, series_totals(every), folder)
    console().print(series_table(totals, side, record["beyond_districts_km2"]))
    notes = console(stderr=True)
    notes.print("\n".join(filter(None, [told(odd), f"written to {out}: {', '.join(files)}"])))


def _require_border(front_m: list[float] | None, border_m: float | None) -> None:
    """Refuse to take a border or coast for a front."""
    if front_m and border_m is None:
        raise SourceError(
            "--front-length needs --border-m: how near to the edge of all districts the ground ends at a "
            "border or coast, not at a front (100, or 10000 where snapshots and districts were drawn apart)"
        )


def _labels(districts: gpd.GeoDataFrame, label: str | None) -> dict[str, str] | None:
    """Look up how to call each district."""
    if label is None:
        return None
    columns = {str(column).lower(): column for column in districts.columns if column != "geometry"}
    if label.lower() not in columns:
        listed = ", ".join(sorted(map(str, columns.values())))
        raise SourceError(f"the districts have no column {label!r} for --label: there are {listed}")
    return dict(zip(districts["district"], districts[columns[label.lower()]].astype(str), strict=True))


def _fronts(
    control: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, side: str, front_m: list[float], border_m: float
) -> pd.DataFrame:
    """Measure the front of one side on all dates; the districts together are the theatre."""
    theatre = gpd.GeoDataFrame(geometry=[districts.union_all()], crs=districts.crs)
    front = fronts_of_side(control, theatre, side, border_m=border_m)
    table = front_length(front, districts, resolution_m=front_m)
    return table.assign(side=side, border_m=border_m)[table["front_km"] > 0]
