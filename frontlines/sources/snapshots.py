"""What is odd about a series of daily snapshots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

_MOST, _LONGEST = 0.9, 16


def describe_snapshots(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """List what is odd about the days of a series.

    Parameters
    ----------
    frame
        From `read_deepstate`.

    Returns
    -------
    odd
        `date`, `problem`, `detail`, by date; empty if nothing is odd. Problems: ``missing day`` (no
        snapshot between the first and the last), ``no ground`` (a snapshot without any),
        ``invalid geometry``, ``same as before`` (as the snapshot before it: same sides and
        coordinates), ``decimals changed`` (coordinates are written with more or fewer digits than
        before, so that edges move by a hair though nothing changed), ``given twice`` (several files
        that say the same), ``left out`` (features that are not ground of Ukraine).

    Examples
    --------
    >>> from shapely import box
    >>> frame = gpd.GeoDataFrame({"date": pd.to_datetime(["2024-07-08", "2024-07-10"]), "side": "RUS"},
    ...     geometry=[box(37, 48, 38, 49), box(37, 48, 38.5, 49)], crs="EPSG:4326")
    >>> describe_snapshots(frame)[["date", "problem"]].astype(str).values.tolist()
    [['2024-07-09', 'missing day'], ['2024-07-10', 'decimals changed']]
    """
    shapes = np.asarray(frame.geometry.values, dtype=object)
    blank = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    wrong = ~blank & ~shapely.is_valid(shapes)
    days = {day: rows for day, rows in frame.groupby("date").indices.items() if isinstance(day, pd.Timestamp)}
    found = [(day, "missing day", "no snapshot") for day in _missing(days)]
    before: list[tuple[str, bytes]] | None = None
    decimals: int | None = None
    for day, rows in sorted(days.items()):
        if blank[rows].all():
            found.append((day, "no ground", "the snapshot holds no polygon"))
        if wrong[rows].any():
            bad = rows[wrong[rows]]
            found.append(
                (day, "invalid geometry", f"{len(bad)} polygons: {shapely.is_valid_reason(shapes[bad[0]])}")
            )
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


def _missing(days: Iterable[pd.Timestamp]) -> pd.DatetimeIndex:
    """List the days between the first and the last that are not there."""
    there = pd.DatetimeIndex(list(days))
    return pd.date_range(there.min(), there.max(), freq="D").difference(there) if len(there) else there


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
