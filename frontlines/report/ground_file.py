"""``ground.topojson``: what a page needs of a run besides its tables, written beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd

from frontlines.arguments import checked
from frontlines.report.topology import TOLERANCE_CELLS, ground_topology
from frontlines.sources.writing import whole_or_not

GROUND = "ground.topojson"
"""Name of the file."""

State = tuple[str, gpd.GeoDataFrame]


@checked()
def write_ground(
    path: str | Path,
    states: Sequence[State],
    districts: gpd.GeoDataFrame,
    *,
    title: str,
    followed: Sequence[str],
    sides: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    layers: Mapping[str, gpd.GeoDataFrame | None] | None = None,
) -> None:
    """Write who held what on each of several days, simplified to what a screen can show.

    Parameters
    ----------
    path
        Where to; a file that is there is replaced.
    states
        Days (1994-05-12) and what was held at their end: polygons with `side`, in the working CRS, which do
        not overlap. For two sources first the days of one, then those of the other.
    districts
        From `as_districts`, in the same CRS.
    title
        For readers.
    followed
        The sides that the tables are about.
    sides, labels
        How to call sides and districts, by their names; else as they are named.
    layers
        ``context``, with `kind` and `name`, and ``places``: points whose index is the number of their row in
        ``settlements.csv``; or None.

    Examples
    --------
    >>> import tempfile
    >>> from shapely import box
    >>> districts = gpd.GeoDataFrame({"district": ["D"]}, geometry=[box(0, 0, 4000, 1000)], crs="EPSG:3035")
    >>> def state(front):
    ...     return gpd.GeoDataFrame({"side": ["A"]}, geometry=[box(0, 0, front, 1000)], crs="EPSG:3035")
    >>> states = [("2031-06-01", state(1000)), ("2031-06-02", state(2000))]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_ground(Path(folder) / GROUND, states, districts, title="A war", followed=["A"])
    ...     found = json.loads((Path(folder) / GROUND).read_text(encoding="utf-8"))
    >>> [face["properties"]["held"] for face in found["objects"]["ground"]["geometries"]]
    [[0, 0], [0, -1, 1, 0], [0, -1]]
    """
    names, called = sorted(districts["district"].astype(str)), dict(labels or {})
    topology = ground_topology([rows for _, rows in states], districts, **dict(layers or {}))
    topology["run"] = {
        "title": title,
        "followed": list(followed),
        "sides": dict(sides or {}),
        "states": [day for day, _ in states],
        "districts": names,
        "labels": [str(called.get(name, name)) for name in names],
        "detail_m": topology["transform"]["scale"][0] * TOLERANCE_CELLS,
    }
    text = json.dumps(topology, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    with whole_or_not(Path(path)) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


@checked(places="any", points="any")
def changed_rows(places: pd.DataFrame, points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the points of those rows of a table of settlements that changed hands; both are in one order.

    Parameters
    ----------
    places
        The table, with `changed`.
    points
        A point for each of its rows.

    Returns
    -------
    rows
        Points whose index is the number of their row.

    Examples
    --------
    >>> from shapely import Point
    >>> points = gpd.GeoDataFrame(geometry=[Point(0, 0), Point(1, 1)], crs=3035)
    >>> changed_rows(pd.DataFrame({"changed": [False, True]}), points).index.tolist()
    [1]
    """
    rows = gpd.GeoDataFrame(geometry=points.geometry.to_numpy(), crs=points.crs)
    return rows[places["changed"].to_numpy(dtype=bool)]
