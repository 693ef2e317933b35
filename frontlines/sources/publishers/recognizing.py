"""Which publisher a file or folder is from, where that is unmistakable."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import geopandas as gpd

from frontlines.errors import SourceError
from frontlines.names import PUBLISHERS
from frontlines.sources.publishers.published import files_at, layer_of
from frontlines.sources.publishers.publisher import Publisher, publisher_called
from frontlines.sources.publishers.rows import JSON, header_of, json_of


def recognized(path: Path, frame: gpd.GeoDataFrame | None) -> str | None:
    """Name the one publisher that writes such files; `frame` is a file as it is, if it can be read so."""
    found = []
    for name in PUBLISHERS if path.is_file() or path.is_dir() else ():  # a pipe would be waited for
        publisher = publisher_called(name)
        try:
            if any(_fits(rule, publisher, path, frame) for rule in publisher.recognized):
                found.append(name)
        except (SourceError, OSError):
            continue
    return found[0] if len(found) == 1 else None


def _fits(rule: Mapping[str, Any], publisher: Publisher, path: Path, frame: gpd.GeoDataFrame | None) -> bool:
    """Tell whether all that a rule asks for is there."""
    if "layers" in rule:
        here = {layer_of(file, publisher) for file in files_at(path, publisher)} if path.is_dir() else set()
        return set(rule["layers"]) <= here
    if path.is_dir():
        return False
    if "features" in rule:
        if frame is not None or not path.name.lower().endswith(JSON):
            return False
        inner = json_of(path).get(rule["features"])
        fields = [one for one in inner.values() if isinstance(one, dict)] if isinstance(inner, dict) else []
        return bool(fields) and all(set(rule["columns"]) <= set(one) for one in fields)
    columns = header_of(path, publisher) if frame is None else {str(name) for name in frame.columns}
    if not set(rule.get("columns", ())) <= columns:
        return False
    values = rule.get("values", {})
    return not values or (
        frame is not None
        and set(values) <= columns
        and all(any(fnmatchcase(str(value), like) for value in frame[name]) for name, like in values.items())
    )
