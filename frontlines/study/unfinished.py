"""The finished steps of a series that broke off, in one file from which a later run goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from frontlines.errors import SourceError
from frontlines.manifest import Manifest, to_json
from frontlines.sources.writing import whole_or_not

UNFINISHED = "unfinished.parquet"
"""Name of the file."""

Keep = Callable[[pd.DataFrame, Manifest], None]
"""Takes the series up to the last finished stretch, and its manifest."""

_RECORD = b"frontlines"


def write_unfinished(out: Path, series: pd.DataFrame, manifest: Manifest) -> None:
    """Write the steps that are finished."""
    table = pa.Table.from_pandas(series, preserve_index=False)
    table = table.replace_schema_metadata((table.schema.metadata or {}) | {_RECORD: to_json(manifest)})
    with whole_or_not(out / UNFINISHED) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def read_unfinished(out: Path) -> tuple[pd.DataFrame, Manifest] | None:
    """Read the steps that a run into this folder had finished; None if it broke off before any were."""
    try:
        if not (out / UNFINISHED).exists():
            return None
        table = pq.read_table(out / UNFINISHED)
        return table.to_pandas(), json.loads(table.schema.metadata[_RECORD])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise SourceError(
            f"{out / UNFINISHED} is not what a run kept ({error}): take it away, or leave --resume out"
        ) from error
