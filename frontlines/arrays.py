"""Types of arrays, and rows by number."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Pixels = npt.NDArray[np.uint8]
Geometries = npt.NDArray[Any]


def rows_of_each(number: npt.NDArray[np.integer]) -> list[Ints]:
    """List the rows of each number, one number after the other."""
    order = np.argsort(number, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(number[order])) + 1) if len(order) else []


def rows_of_all(number: npt.NDArray[np.integer], n: int) -> list[Ints]:
    """List the rows of each of the numbers from 0 to n - 1; some may have none."""
    order = np.argsort(number, kind="stable")
    return np.split(order, np.searchsorted(number[order], np.arange(1, n)))


def repeated(number: Ints) -> tuple[Ints, Ints]:
    """Repeat positions so many times, and count the repeats of each from 0."""
    position = np.repeat(np.arange(len(number)), number)
    return position, np.arange(len(position)) - np.repeat(np.cumsum(number) - number, number)
