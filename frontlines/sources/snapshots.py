"""Snapshots: many days of control from a folder or a file, and what is odd about them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arrays import Bools
from frontlines.errors import SourceError
from frontlines.layers.columns import days_of
from frontlines.layers.days import days_or_faults
from frontlines.layers.mending import REST_SOURCE
from frontlines.names import LONLAT, counted, listed
from frontlines.sources.description import is_of_lines, require_likely_days
from frontlines.sources.files import Reading, day_in_name, no_day, require_crs, together
from frontlines.sources.formats import FORMATS, layers_in
from frontlines.sources.publishers.published import several_a_day
from frontlines.sources.read_before import FILE, ReadBefore, with_files
from frontlines.sources.stored_shapes import StoredShapes, is_data_set

SHRUNK = "ground shrank"
"""What is odd about a day whose polygons cover little of what those of the day before did."""

MISSING = ("missing day", "missing days in a row")
"""What is odd about a day, or days, without a snapshot between two that have one."""

_NOTES = {"same_file": "given twice", "left_out": "left out"}  # columns of a reader, and their problem
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
    before: ReadBefore | None = None,
) -> gpd.GeoDataFrame:
    """Read all snapshots of a folder or a file: as a publisher writes them, or as they are described.

    `nobody` makes the frame of a day on which a file holds no row; without it there is no such day. With
    `before` rows of a folder name their file, and those of unchanged files are taken from there.
    """
    if reading.holds(source) or not source.is_dir():
        frame = reading.front(source, "snapshots", side=side, source=named, publisher=publisher)
        return nobody(None, source) if frame.empty and nobody is not None else frame
    every = [file for file in layers_in(source) if file.absolute() not in reading.others]
    same, old = before.taken_over(every) if before else ([], None)
    if before and old is not None:
        publisher = reading.go_on(same, old, before) or publisher
        if len(same) == len(every):
            return old
    files = [file for file in every if file not in set(same)]
    publisher = publisher or next(filter(None, map(reading.publisher_of, [source, *files])), None)
    if publisher is not None:
        fresh = reading.front(source, "snapshots", source=named, publisher=publisher)
        return _both(old, with_files(fresh, files) if before else fresh)
    if not files:
        raise SourceError(f"{source} holds no layer: its files must end in one of {', '.join(FORMATS)}")
    frames = [reading.front(file, "snapshots", side=side, source=named, among=every) for file in files]
    frames = [
        frame
        if len(frame) or nobody is None
        else nobody(day_in_name(file, reading.description, among=every), file)
        for file, frame in zip(files, frames, strict=True)
    ]
    days = {file.name: frame["date"] for file, frame in zip(files, frames, strict=True) if "date" in frame}
    if undated := [file for file, frame in zip(files, frames, strict=True) if "date" not in frame]:
        raise SourceError(no_day(undated[0]))
    require_likely_days(days if old is None else days | {source.name: old["date"]}, reading.description)
    frames = [
        frame.assign(**{FILE: file.name}) if before else frame
        for frame, file in zip(frames, files, strict=True)
    ]
    kept, files = _one_a_day(files, frames, reading.description.each_day)
    if all(is_of_lines(frame) for frame in kept if len(frame)):
        return together(kept, files)
    require_crs(kept, files)
    return _both(old, together([frame.to_crs(LONLAT) for frame in kept], files))


def _both(old: gpd.GeoDataFrame | None, fresh: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Put rows after those that were read before, if any were; their labels name the file of each."""
    if old is None:
        return fresh
    labels = [row if " of " in str(row) else f"{row} of {file}" for row, file in fresh[FILE].items()]
    return gpd.GeoDataFrame(pd.concat([old, fresh.set_axis(labels)]), geometry="geometry", crs=LONLAT)


def stored_shapes_of(source: Path, reading: Reading) -> StoredShapes | None:
    """Leave the shapes of a file or a data set where they are, if it lets them be read row by row."""
    several = is_data_set(source)
    shapes = StoredShapes.of_data_set(source) if several else StoredShapes.of(source)
    if shapes is not None:
        reading.keep(source, shapes.rows(), shapes.fingerprint() if several else None)
    return shapes


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


class DayFacts(NamedTuple):
    """What is to be known of a raw snapshot when all days are looked at together."""

    day: pd.Timestamp
    digest: str  # of sides and shapes, bit for bit, in whatever order
    remarks: tuple[tuple[str, str], ...]  # what is odd about it by itself: problem and detail
    decimals: int | None


def odd_days(frame: gpd.GeoDataFrame) -> list[dict[str, str]]:
    """List what is odd about the days of raw snapshots, as plain data; nothing where there is no date."""
    days = days_of(frame) if "date" in frame else None
    return [] if days is None else odd_among(facts_of(frame.assign(date=days)))


def shrunken_days(control: gpd.GeoDataFrame) -> list[dict[str, str]]:
    """List the days whose polygons cover less than half of what those of the day before did."""
    return shrunken_among(covered_m2(control))


def covered_m2(control: gpd.GeoDataFrame) -> dict[Any, float]:
    """Measure what the polygons of each day cover [m²]."""
    own = control[control["source"] != REST_SOURCE] if "source" in control else control
    days = sorted(control["date"].unique())
    m2: dict[Any, float] = own.area.groupby(own["date"]).sum().reindex(days, fill_value=0.0).to_dict()
    return m2


def shrunken_among(m2: Mapping[Any, float]) -> list[dict[str, str]]:
    """List the days that cover less than half of what the day before did."""
    found = []
    for (_, before), (day, after) in pairwise(m2.items()):
        if after < _SHRUNK * before:
            words = (
                f"covers {after / before:.1%} of what the day before did: does the file hold only changes?"
            )
            found.append({"date": f"{day:%Y-%m-%d}", "problem": SHRUNK, "detail": words})
    return found


def facts_of(frame: gpd.GeoDataFrame, doubtful: Bools | None = None) -> list[DayFacts]:
    """Look at each snapshot by itself, rows without a day left out; only `doubtful` ones may be invalid."""
    shapes = np.asarray(frame.geometry.values, dtype=object)
    blank = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    wrong = ~blank if doubtful is None else ~blank & doubtful
    wrong[wrong] = ~shapely.is_valid(shapes[wrong])
    noted = {problem: frame[name].to_numpy(dtype=object) for name, problem in _NOTES.items() if name in frame}
    days = {day: rows for day, rows in frame.groupby("date").indices.items() if isinstance(day, pd.Timestamp)}
    sides, found = _sides_of(frame), []
    decimals: int | None = None
    for day, rows in sorted(days.items()):
        remarks = []
        if blank[rows].all():
            remarks.append(("no ground", "the snapshot holds no polygon"))
        if wrong[rows].any():
            bad = rows[wrong[rows]]
            why = f"{counted(len(bad), 'polygon')}: {shapely.is_valid_reason(shapes[bad[0]])}"
            remarks.append(("invalid geometry", why))
        remarks += [(problem, str(own[rows[0]])) for problem, own in noted.items() if own[rows[0]]]
        digest = digest_of(sides[rows], shapes[rows])
        decimals = _decimals(shapes[rows], decimals)
        found.append(DayFacts(day, digest, tuple(remarks), decimals))
    return found


def digests_of(frame: gpd.GeoDataFrame) -> dict[pd.Timestamp, str]:
    """Digest the sides and shapes of each day, in whatever order they are."""
    sides, shapes = _sides_of(frame), np.asarray(frame.geometry.values, dtype=object)
    days = sorted(frame.groupby("date").indices.items())
    return {pd.Timestamp(day): digest_of(sides[rows], shapes[rows]) for day, rows in days}


def _sides_of(frame: pd.DataFrame) -> Any:
    """Write the sides of each row as one text."""
    named = [frame[name].astype(str) for name in ("side", "side_left", "side_right") if name in frame]
    texts = [" ".join(words) for words in zip(*named, strict=True)]
    return np.array(texts or [""] * len(frame), dtype=object)


def odd_among(facts: Sequence[DayFacts]) -> list[dict[str, str]]:
    """List what is odd about days, in their order: by themselves, beside their neighbours, or missing."""
    found = [(day, problem, detail) for day, problem, detail in _missing([fact.day for fact in facts])]
    before: DayFacts | None = None
    decimals: int | None = None
    for fact in facts:
        found += [(fact.day, *remark) for remark in fact.remarks]
        if before is not None and fact.digest == before.digest:
            found.append((fact.day, "same as before", "same sides and coordinates"))
        if None not in (fact.decimals, decimals) and fact.decimals != decimals:
            found.append((fact.day, "decimals changed", f"{fact.decimals} where there were {decimals}"))
        before, decimals = fact, decimals if fact.decimals is None else fact.decimals
    found.sort(key=lambda one: one[0])
    return [{"date": f"{day:%Y-%m-%d}", "problem": problem, "detail": words} for day, problem, words in found]


def digest_of(names: Iterable[Any], shapes: Any) -> str:
    """Digest names and shapes, in whatever order they are."""
    rows = sorted(
        zip(map(str, names), shapely.to_wkb(shapes), strict=True), key=lambda row: (row[0], row[1] or b"")
    )
    return hashlib.sha256(b"".join(text.encode() + (wkb or b"") for text, wkb in rows)).hexdigest()


def _missing(days: Sequence[pd.Timestamp]) -> Iterator[tuple[pd.Timestamp, str, str]]:
    """Tell the days that are not there between the first and the last, a run of them as one."""
    one = pd.Timedelta(days=1)
    for before, after in pairwise(days):
        missing = (after.date() - before.date()).days - 1
        if missing == 1:
            yield before + one, MISSING[0], "no snapshot"
        elif missing > 1:
            yield (
                before + one,
                MISSING[1],
                f"no snapshot to {after - one:%Y-%m-%d}, {missing:,} days",
            )


def _decimals(shapes: Any, likely: int | None) -> int | None:
    """Count the decimals that are enough for nine coordinates in ten; None without coordinates.

    If they are `likely` those of the day before, this is asked first.
    """
    numbers = shapely.get_coordinates(shapes).ravel()
    if not len(numbers):
        return None
    few = numbers[: len(numbers) // 8]  # mostly these tell already that the decimals are not enough

    def enough(digits: int) -> bool:
        return (np.round(few, digits) != few).sum() < (1 - _MOST) * len(numbers) and bool(
            np.mean(np.round(numbers, digits) == numbers) > _MOST
        )

    if likely and (likely == _LONGEST or enough(likely)) and not enough(likely - 1):
        return likely
    return next((digits for digits in range(_LONGEST) if enough(digits)), _LONGEST)
