"""The rows of a folder as they were read, kept so that a later run reads new and changed files only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa

from frontlines.manifest import Manifest, sha256

FILE = "file of the row"
"""Column with the name of the file that a row was read from."""


@dataclass(frozen=True)
class ReadBefore:
    """What an earlier run read of a folder; nothing, if there was none."""

    rows: gpd.GeoDataFrame | None = None
    sha256: Mapping[str, str] = field(default_factory=dict)  # by the name of the file
    parameters: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @classmethod
    def of(cls, rows: gpd.GeoDataFrame | None, manifest: Manifest) -> ReadBefore:
        """Take the rows and the record of an earlier run."""
        if rows is None or FILE not in rows:
            return cls()
        numbers = rows.groupby(FILE).cumcount().astype(str)
        own = rows.set_axis(numbers.to_numpy(dtype=object) + " of " + rows[FILE].to_numpy(dtype=object))
        files = {one["name"]: one["sha256"] for one in manifest["inputs"] if "sha256" in one}
        return cls(own, files, manifest["parameters"], manifest["notes"])

    def taken_over(self, files: Sequence[Path]) -> tuple[list[Path], gpd.GeoDataFrame | None]:
        """List the files that are the same as when they were read, and give their rows; None of no file."""
        known = self.sha256
        same = [file for file in files if file.name in known and sha256(file) == known[file.name]]
        if self.rows is None or not same:
            return [], None
        return same, self.rows[self.rows[FILE].isin([file.name for file in same])]


def with_files(published: gpd.GeoDataFrame, files: Sequence[Path]) -> gpd.GeoDataFrame:
    """Name the file of each row of a publisher's, unless tables name others themselves."""
    if not set(published["source_file"]) <= {file.name for file in files}:
        return published
    return published.assign(**{FILE: published["source_file"]})


def to_keep(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    """Give rows as they are kept; None if they are of no folder, or hold what no table can."""
    if FILE not in rows:
        return None
    kept = rows.reset_index(drop=True)
    try:
        pa.Table.from_pandas(pd.DataFrame(kept.drop(columns=kept.geometry.name)), preserve_index=False)
    except (pa.ArrowException, ValueError, TypeError):
        return None
    return kept
