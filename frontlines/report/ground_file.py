"""``ground.topojson``: what a page needs of a run besides its tables, written beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd

from frontlines.report.topology import TOLERANCE_CELLS, State, ground_topology
from frontlines.sources.writing import whole_or_not

GROUND = "ground.topojson"
"""Name of the file."""

States = tuple[Sequence[str], Iterable[State]]
"""Days, and what was held at the end of each; they may be gone through several times."""


def write_ground(
    path: str | Path,
    states: States,
    districts: gpd.GeoDataFrame,
    *,
    title: str,
    followed: Sequence[str],
    sides: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    layers: Mapping[str, gpd.GeoDataFrame | None] | None = None,
) -> None:
    """Write who held what on each of several days, simplified to what a screen can show.

    Of two sources the days of one come first; `layers` are
    ``context``, with `kind` and `name`, and ``places``, whose index is the row in ``settlements.csv``.
    """
    names, called = sorted(districts["district"].astype(str)), dict(labels or {})
    topology = ground_topology(states[1], districts, **dict(layers or {}))
    topology["run"] = {
        "title": title,
        "followed": list(followed),
        "sides": dict(sides or {}),
        "states": list(states[0]),
        "districts": names,
        "labels": [str(called.get(name, name)) for name in names],
        "detail_m": topology["transform"]["scale"][0] * TOLERANCE_CELLS,
    }
    text = json.dumps(topology, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    with whole_or_not(Path(path)) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def changed_rows(places: pd.DataFrame, points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the points of places that changed hands, by the number of their row; both are in one order."""
    rows = gpd.GeoDataFrame(geometry=points.geometry.to_numpy(), crs=points.crs)
    return rows[places["changed"].to_numpy(dtype=bool)]
