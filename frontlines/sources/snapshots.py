"""Snapshots: many days of control from a folder or a file, and what is odd about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.errors import SourceError
from frontlines.layers.columns import days_of
from frontlines.layers.days import days_or_faults
from frontlines.layers.mending import REST_SOURCE
from frontlines.names import LONLAT, counted, listed
from frontlines.sources.description import is_of_lines, require_likely_days
from frontlines.sources.files import Reading, day_in_name, no_day, require_crs, together
from frontlines.sources.formats import FORMATS, layers_in
from frontlines.sources.publishers.published import several_a_day

SHRUNK = "ground shrank"
"""What is odd about a day whose polygons cover little of what those of the day before did."""

_SHOWN = 5
_SHRUNK = 0.5  # of the ground of the day before
_MOST, _LONGEST = 0.9, 16  # share of the coordinates that decide how many decimals there are; decimals tried


def read_snapshots(
    source: Path,
    reading: Reading,
    *,
    side: str | None,
    publisher: str | None = None,
    named: str | None = None,
    nobody: Callable[[str | None, Path], gpd.GeoDataFrame] | None = None,
) -> gpd.GeoDataFrame:
    """Read all snapshots of a folder or a file: as a publisher writes them, or as they are described.

    `nobody` makes the frame of a day on which a file holds no row; without it there is no such day.
    """
    if not source.is_dir():
        return reading.front(source, "snapshots", side=side, source=named, publisher=publisher)
    files = [file for file in layers_in(source) if file.absolute() not in reading.others]
    publisher = publisher or next(filter(None, map(reading.publisher_of, [source, *files])), None)
    if publisher is not None:
        return reading.front(source, "snapshots", source=named, publisher=publisher)
    if not files:
        raise SourceError(f"{source} holds no layer: its files must end in one of {', '.join(FORMATS)}")
    frames = [reading.front(file, "snapshots", side=side, source=named, among=files) for file in files]
    frames = [
        frame
        if len(frame) or nobody is None
        else nobody(day_in_name(file, reading.description, among=files), file)
        for file, frame in zip(files, frames, strict=True)
    ]
    days = {file.name: frame["date"] for file, frame in zip(files, frames, strict=True) if "date" in frame}
    if undated := [file for file, frame in zip(files, frames, strict=True) if "date" not in frame]:
        raise SourceError(no_day(undated[0]))
    require_likely_days(days, reading.description)
    kept, files = _one_a_day(files, frames, reading.description.each_day)
    if all(is_of_lines(frame) for frame in kept if len(frame)):
        return together(kept, files)
    require_crs(kept, files)
    return together([frame.to_crs(LONLAT) for frame in kept], files)


def _one_a_day(
    files: list[Path], frames: list[gpd.GeoDataFrame], each_day: str | None
) -> tuple[list[gpd.GeoDataFrame], list[Path]]:
    """Keep the rows of one file a day, if not all are wanted, and the files of which some are left."""
    if each_day == "all":
        return frames, files
    days = [set(days_or_faults(frame["date"])[0].dropna()) if "date" in frame else set() for frame in frames]
    shown: dict[Any, list[int]] = defaultdict(list)
    for number, own in enumerate(days):
        for day in own:
            shown[day].append(number)
    several = {day: numbers for day, numbers in sorted(shown.items()) if len(numbers) > 1}
    if several and each_day is None:
        told = [
            f"{several_a_day(f'{day:%Y-%m-%d}')} ({listed([files[n].name for n in numbers], _SHOWN)})"
            for day, numbers in several.items()
        ]
        raise SourceError("\n".join(told[:_SHOWN]))
    kept = list(frames)
    for day, numbers in several.items():
        for number in numbers[1:] if each_day == "first" else numbers[:-1]:
            kept[number] = kept[number][(days_or_faults(kept[number]["date"])[0] != day).to_numpy()]
    left = [number for number, frame in enumerate(kept) if len(frame)]
    return [kept[number] for number in left], [files[number] for number in left]


def odd_days(frame: gpd.GeoDataFrame) -> list[dict[str, str]]:
    """List what is odd about the days of raw snapshots, as plain data; nothing where there is no date."""
    days = days_of(frame) if "date" in frame else None
    if days is None:
        return []
    return [
        {"date": f"{row.date:%Y-%m-%d}", "problem": str(row.problem), "detail": str(row.detail)}
        for row in describe_snapshots(frame.assign(date=days).dropna(subset="date")).itertuples()
    ]


def shrunken_days(control: gpd.GeoDataFrame) -> list[dict[str, str]]:
    """List the days whose polygons cover less than half of what those of the day before did."""
    own = control[control["source"] != REST_SOURCE] if "source" in control else control
    days = sorted(control["date"].unique())
    m2 = own.area.groupby(own["date"]).sum().reindex(days, fill_value=0.0)
    found = []
    for (_, before), (day, after) in pairwise(m2.items()):
        if after < _SHRUNK * before:
            words = (
                f"covers {after / before:.1%} of what the day before did: does the file hold only changes?"
            )
            found.append({"date": f"{day:%Y-%m-%d}", "problem": SHRUNK, "detail": words})
    return found


def describe_snapshots(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """List what is odd about the days of a series."""
    shapes = np.asarray(frame.geometry.values, dtype=object)
    blank = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    wrong = ~blank & ~shapely.is_valid(shapes)
    days = {day: rows for day, rows in frame.groupby("date").indices.items() if isinstance(day, pd.Timestamp)}
    found = list(_missing(sorted(days)))
    named = [name for name in ("side", "side_left", "side_right") if name in frame]
    sides = frame[named].astype(str).agg(" ".join, axis=1).to_numpy()
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
        content = _content(sides[rows], shapes[rows])
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
