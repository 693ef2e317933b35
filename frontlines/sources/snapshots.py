"""Snapshots: many days of control from a folder or a file, and what is odd about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.errors import SourceError
from frontlines.layers.columns import days_of
from frontlines.names import LONLAT, counted
from frontlines.sources.description import require_likely_days
from frontlines.sources.files import FORMATS, Reading
from frontlines.sources.publishers import PUBLISHERS
from frontlines.sources.publishers.pieces import files_at

PLAIN = "plain"
"""Snapshots in layers of any format, with columns `date` and `side` or a day in the file's name."""

_MOST, _LONGEST = 0.9, 16  # share of the coordinates that decide how many decimals there are; decimals tried


def read_snapshots(
    source: Path, reading: Reading, *, side: str | None, written: str = PLAIN, named: str | None = None
) -> gpd.GeoDataFrame:
    """Read all snapshots of a folder or a file, as `written` says: `PLAIN`, or the name of a publisher."""
    if written not in (PLAIN, *PUBLISHERS):
        known = ", ".join((PLAIN, *PUBLISHERS))
        raise SourceError(f"there is no way of writing snapshots called {written!r}: use one of {known}")
    if written != PLAIN:
        frame: gpd.GeoDataFrame = PUBLISHERS[written](source)
        for file in files_at(source):
            reading.note(file, "snapshots")
        require_likely_days({source.name: frame["date"]}, reading.description)
        return frame if named is None else frame.assign(source=named)
    files = [source]
    if source.is_dir():
        files = sorted(file for file in source.iterdir() if file.suffix.lower() in FORMATS)
    if not files:
        raise SourceError(f"{source} holds no layer: its files must end in one of {', '.join(FORMATS)}")
    frames = [reading.front(file, "snapshots", side=side, source=named, among=files) for file in files]
    reading.require_sides(source.name)
    if not source.is_dir():
        return frames[0]
    days = {file.name: frame["date"] for file, frame in zip(files, frames, strict=True) if "date" in frame}
    require_likely_days(days, reading.description)
    joined = pd.concat([frame.to_crs(LONLAT) for frame in frames], ignore_index=True)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=LONLAT)


def odd_days(frame: gpd.GeoDataFrame) -> list[dict[str, str]]:
    """List what is odd about the days of raw snapshots, as plain data; nothing where there is no date."""
    days = days_of(frame) if "date" in frame else None
    if days is None:
        return []
    return [
        {"date": f"{row.date:%Y-%m-%d}", "problem": str(row.problem), "detail": str(row.detail)}
        for row in describe_snapshots(frame.assign(date=days).dropna(subset="date")).itertuples()
    ]


def describe_snapshots(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """List what is odd about the days of a series."""
    shapes = np.asarray(frame.geometry.values, dtype=object)
    blank = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    wrong = ~blank & ~shapely.is_valid(shapes)
    days = {day: rows for day, rows in frame.groupby("date").indices.items() if isinstance(day, pd.Timestamp)}
    found = list(_missing(sorted(days)))
    before: list[tuple[str, bytes]] | None = None
    decimals: int | None = None
    for day, rows in sorted(days.items()):
        if blank[rows].all():
            found.append((day, "no ground", "the snapshot holds no polygon"))
        if wrong[rows].any():
            bad = rows[wrong[rows]]
            why = f"{counted(len(bad), 'polygon')}: {shapely.is_valid_reason(shapes[bad[0]])}"
            found.append((day, "invalid geometry", why))
        found += [(day, problem, words) for problem, words in _noted(frame.iloc[rows[0]])]
        content = _content(frame["side"].to_numpy()[rows], shapes[rows])
        if content == before:
            found.append((day, "same as before", "same sides and coordinates"))
        digits = _decimals(shapes[rows])
        if digits is not None and decimals is not None and digits != decimals:
            found.append((day, "decimals changed", f"{digits} where there were {decimals}"))
        before, decimals = content, decimals if digits is None else digits
    table = pd.DataFrame(found, columns=["date", "problem", "detail"])
    table["date"] = table["date"].astype("datetime64[s]")
    return table.sort_values("date", kind="stable", ignore_index=True)


def _missing(days: Sequence[pd.Timestamp]) -> Iterator[tuple[pd.Timestamp, str, str]]:
    """Tell the days that are not there between the first and the last, a run of them as one."""
    one = pd.Timedelta(days=1)
    for before, after in pairwise(days):
        missing = (after.date() - before.date()).days - 1
        if missing == 1:
            yield before + one, "missing day", "no snapshot"
        elif missing > 1:
            yield (
                before + one,
                "missing days in a row",
                f"no snapshot to {after - one:%Y-%m-%d}, {missing:,} days",
            )


def _noted(row: pd.Series[Any]) -> Iterator[tuple[str, str]]:
    """Tell what was noted about a snapshot as it was read."""
    for column, problem in (("same_file", "given twice"), ("left_out", "left out")):
        if row.get(column):
            yield problem, str(row[column])


def _content(sides: Any, shapes: Any) -> list[tuple[str, bytes]]:
    """Tell what a snapshot says, bit for bit, in whatever order."""
    return sorted(
        (str(side), shape or b"") for side, shape in zip(sides, shapely.to_wkb(shapes), strict=True)
    )


def _decimals(shapes: Any) -> int | None:
    """Count the decimals that are enough for nine coordinates in ten; None without coordinates."""
    numbers = shapely.get_coordinates(shapes).ravel()
    for digits in range(_LONGEST):
        if len(numbers) and np.mean(np.round(numbers, digits) == numbers) > _MOST:
            return digits
    return _LONGEST if len(numbers) else None
