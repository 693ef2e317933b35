"""``ground.topojson``: what a page needs of a run besides its tables, written beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from frontlines.crs import polygons_of
from frontlines.names import somebody
from frontlines.report.topology import TOLERANCE_CELLS, State, ground_topology, seen_about
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


def with_uncounted(
    control: gpd.GeoDataFrame, pieces: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, followed: Sequence[str]
) -> gpd.GeoDataFrame:
    """Add the ground of the sides followed that is in no district, as far as a page shows it.

    Whose of several sides it is makes no difference: nothing but that it is not counted is drawn.
    """
    seen = pieces.geometry.clip_by_rect(*seen_about(shapely.box(*districts.total_bounds)))
    bare = pieces.assign(side=somebody(followed)[0]).set_geometry(polygons_of(seen.to_numpy()))
    return gpd.GeoDataFrame(pd.concat([frame[["date", "side", "geometry"]] for frame in (control, bare)]))


def changed_rows(places: pd.DataFrame, points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the points of places that changed hands, by the number of their row; both are in one order."""
    rows = gpd.GeoDataFrame(geometry=points.geometry.to_numpy(), crs=points.crs)
    return rows[places["changed"].to_numpy(dtype=bool)]
