"""Give strips that no polygon covers, along the theatre's edge, to the side beside them, and book them."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from frontlines.crs import polygons_of
from frontlines.errors import LayerError
from frontlines.geometry.coverage import ground_of, united
from frontlines.geometry.strips import edge_distances, find_strips, margin_of
from frontlines.layers.mending import REST_SOURCE
from frontlines.names import KM2, Geometries, Ints

_MOST_DATES = 12  # dates from which a margin is found, evenly taken


def give_margins(
    control: gpd.GeoDataFrame, theatre: gpd.GeoDataFrame, *, margin_m: float | None = None
) -> gpd.GeoDataFrame:
    """Give uncovered ground along the edge that is thinner than `margin_m` to the polygon beside it.

    Control is that of `as_control` with a theatre; None finds the margin (see `margin_of`), 0 gives nothing
    away. The column `margin_km2` books what each row received; ``attrs["margin"]`` holds `margin_m`, whether
    it was `found`, and `km2` by side, on the date with most.
    """
    if margin_m is not None and not (np.isfinite(margin_m) and margin_m >= 0):
        raise LayerError(f"margin_m is {margin_m}: give a number of metres, 0 or more")
    ground, shapes = ground_of(theatre), np.array(control.geometry.values, dtype=object)
    rest = (control["source"] == REST_SOURCE).to_numpy(dtype=bool)
    dates = [
        (np.flatnonzero(~rest & on), np.flatnonzero(rest & on))
        for on in ((control["date"] == date).to_numpy() for date in sorted(control["date"].unique()))
    ]
    dates = [rows for rows in dates if len(rows[0]) and len(rows[1])]
    asked, margin_m = margin_m, _found(ground, shapes, dates) if margin_m is None else float(margin_m)
    before = shapely.area(shapes)
    if margin_m > 0:
        for held, bare in dates:
            _give(shapes, held, bare, ground, margin_m)
    gained_km2 = np.where(rest, 0.0, shapely.area(shapes) - before) / KM2
    out = control.set_geometry(gpd.GeoSeries(shapes, index=control.index, crs=control.crs))
    out["margin_km2"] = gained_km2 + control.get("margin_km2", 0.0)
    by_side = out.groupby(["side", "date"])["margin_km2"].sum().groupby("side").max()
    km2 = {str(side): float(area) for side, area in by_side.items() if area > 0}
    out = out[~shapely.is_empty(shapes)]
    out.attrs["margin"] = {"margin_m": margin_m, "found": asked is None, "km2": km2}
    return out


def _found(ground: Any, shapes: Geometries, dates: list[tuple[Ints, Ints]]) -> float:
    """Find the margin from the dates, or from some of many."""
    if not dates:
        return 0.0
    some = np.unique(np.linspace(0, len(dates) - 1, min(len(dates), _MOST_DATES)).round().astype(np.int64))
    return margin_of(np.concatenate([edge_distances(ground, shapes[dates[number][0]]) for number in some]))


def _give(shapes: Geometries, held: Ints, bare: Ints, ground: Any, margin_m: float) -> None:
    """Move the strips of one date from the rest to the polygons beside them, in place."""
    strips = find_strips(ground, united(shapes[bare]), shapes[held], margin_m)
    for host in np.unique(strips.hosts):
        row = held[host]
        shapes[row] = united(np.array([shapes[row], *strips.pieces[strips.hosts == host]]))
    given = united(strips.pieces)
    for row in bare if len(strips.pieces) else ():
        shapes[row] = polygons_of(np.array([shapely.difference(shapes[row], given)]))[0]
