"""Mend a layer, and book the ground that mending moves."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.crs import polygons_of
from frontlines.errors import LayerError
from frontlines.geometry import coverage
from frontlines.geometry import coverage as neighbours
from frontlines.layers.faults import place_of
from frontlines.names import KM2

REST_SOURCE = "rest of the theatre"
"""Source of the ground that no polygon covers."""

BOOKED = ("mended_km2", "outside_km2")
"""Columns that book ground: zero where nothing was moved."""


def drop_blank_and_repeated(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Drop rows without geometry, and rows that repeat an earlier one in geometry and claim."""
    there = frame[~coverage.blank(frame)]
    return there[~coverage.identity(there).duplicated().to_numpy()]


def make_valid(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Make invalid polygons valid, and book the area that this changes."""
    broken = ~frame.is_valid.to_numpy()
    shapes = np.array(frame.geometry.values, dtype=object)
    before = shapely.area(shapes)
    shapes[broken] = polygons_of(shapely.make_valid(shapes[broken], method="structure"))
    out = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    out = out.assign(mended_km2=np.abs(shapely.area(shapes) - before) / KM2)
    return out[~(broken & shapely.is_empty(shapes))]


def split_at_crossings(lines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Split lines that cross themselves into pieces that do not, and drop lines without length."""
    lines = lines[lines.length.to_numpy() > 0]
    crossed = ~lines.is_simple.to_numpy()
    if not crossed.any():
        return lines
    shapes = np.array(lines.geometry.values, dtype=object)
    shapes[crossed] = shapely.node(shapes[crossed])
    split = lines.set_geometry(gpd.GeoSeries(shapes, index=lines.index, crs=lines.crs))
    pieces = split.explode(ignore_index=True)
    return pieces[pieces.length.to_numpy() > 0].reset_index(drop=True)


def give_up_overlaps(
    frame: gpd.GeoDataFrame, *, within: str | None, key: str | None, hair_m: float, disputed: str | None
) -> gpd.GeoDataFrame:
    """Take overlapping ground from all polygons but one."""
    out = frame if "mended_km2" in frame else frame.assign(mended_km2=0.0)
    groups = [np.arange(len(out))] if within is None else out.groupby(within, sort=True).indices.values()
    made: list[dict[str, Any]] = []
    shapes = np.array(out.geometry.values, dtype=object)
    for rows in groups:
        claims = out[key].to_numpy(dtype=object)[rows] if key else rows
        shapes[rows], contested, by = _resolve(shapes[rows], claims, hair_m, split=disputed is not None)
        if contested is not None:
            claimants = out.iloc[rows[by]]
            stated = f": {joined_sources(claimants['source'])}" if "source" in out else ""
            origin = {within: claimants[within].iloc[0]} if within else {}
            source = f"claimed by more than one side{stated}"
            made.append({**origin, "side": disputed, "source": source, "geometry": contested})
    lost = (shapely.area(np.asarray(out.geometry.values)) - shapely.area(shapes)) / KM2
    out = out.set_geometry(gpd.GeoSeries(shapes, index=out.index, crs=out.crs))
    out = append_rows(out.assign(mended_km2=out["mended_km2"] + lost), made)
    return out[~out.is_empty.to_numpy()]


def joined_sources(sources: Iterable[str]) -> str:
    """Name several sources in one text, each once."""
    texts = {str(text) for text in sources}
    if len(texts) == 1:
        return texts.pop()
    return "; ".join(sorted({part for text in texts for part in text.split("; ") if part}))


def _resolve(shapes: Any, claims: Any, hair_m: float, *, split: bool) -> tuple[Any, Any, Any]:
    """Give each overlap to one polygon, or to nobody.

    Returns the shapes, the disputed ground or None, and the positions of those that dispute it.
    """
    pairs = coverage.overlaps(shapes)
    if not len(pairs.pieces):
        return shapes, None, None
    thick = coverage.width_m(pairs.pieces) > hair_m
    open_claim = split & thick & (claims[pairs.first] != claims[pairs.second])
    disputed = polygons_of(np.array([shapely.union_all(pairs.pieces[open_claim])]))[0]
    involved = np.unique([pairs.first, pairs.second])
    rank = dict(zip(involved[neighbours.by_size(shapes[involved])], range(len(involved)), strict=True))
    loser = np.array(
        [max(pair, key=rank.__getitem__) for pair in zip(pairs.first, pairs.second, strict=True)]
    )
    out = shapes.copy()
    for row in involved:
        given = [*pairs.pieces[(loser == row) & ~open_claim], disputed]
        out[row] = shapely.difference(shapes[row], shapely.union_all(given))
    claimants = np.unique([pairs.first[open_claim], pairs.second[open_claim]])
    return polygons_of(out), None if disputed.is_empty else disputed, claimants


def refuse_elsewhere(control: gpd.GeoDataFrame, ground: shapely.Geometry) -> None:
    """Refuse dates whose polygons all lie beyond the theatre: axes swapped, or another CRS than said."""
    meets = pd.Series(shapely.intersects(ground, np.asarray(control.geometry.values)))
    met = meets.groupby(control["date"].to_numpy()).any()
    away = met.index[~met.to_numpy()]
    if len(away):
        there = place_of(control.geometry[(control["date"] == away[0]).to_numpy()].iloc[0], control.crs)
        raise LayerError(
            f"on {away[0]:%Y-%m-%d} no polygon meets the theatre: one lies round {there}, the theatre round "
            f"{place_of(ground, control.crs)}; check the order of the axes and the CRS, or leave the date out"
        )


def cut_at(frame: gpd.GeoDataFrame, ground: shapely.Geometry) -> gpd.GeoDataFrame:
    """Cut polygons at the edge of the theatre, and book what lies beyond."""
    shapely.prepare(ground)
    shapes = np.array(frame.geometry.values, dtype=object)
    across = ~shapely.covers(ground, shapes)
    shapes[across] = polygons_of(shapely.intersection(shapes[across], ground))
    out = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    out["outside_km2"] = (frame.area - out.area).clip(lower=0) / KM2
    return out[~out.is_empty.to_numpy()]


def fill_up(
    frame: gpd.GeoDataFrame, ground: shapely.Geometry, dates: Iterable[Any], *, rest: str, hair_m: float
) -> gpd.GeoDataFrame:
    """Say who holds the ground of the theatre that no polygon covers."""
    shapes = np.array(frame.geometry.values, dtype=object)
    made = []
    for date in dates:
        rows = np.flatnonzero(frame["date"] == date)
        left = shapely.get_parts(polygons_of(np.array([ground - shapely.union_all(shapes[rows])])))
        left = left[shapely.area(left) > 0]
        hair = np.flatnonzero(coverage.width_m(left) <= hair_m)
        hosts = neighbours.common_borders(left[hair], shapes[rows], reach_m=hair_m).drop_duplicates("piece")
        for host in hosts["polygon"].unique():
            row, own = rows[host], hosts.loc[hosts["polygon"] == host, "piece"]
            shapes[row] = shapely.union_all([shapes[row], *left[hair[own]]])
        open_ground = np.delete(left, hair[hosts["piece"]])
        if len(open_ground):
            made.append({"date": date, "side": rest, "geometry": shapely.union_all(open_ground)})
    gained = (shapely.area(shapes) - frame.area.to_numpy()) / KM2
    out = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    out["mended_km2"] += gained
    return append_rows(out, [row | {"source": REST_SOURCE} for row in made], booked=False)


def append_rows(
    frame: gpd.GeoDataFrame, rows: list[dict[str, Any]], *, booked: bool = True
) -> gpd.GeoDataFrame:
    """Add rows of ground that the layer itself did not hold."""
    if not rows:
        return frame
    new = gpd.GeoDataFrame(
        rows, geometry="geometry", crs=frame.crs, index=_new_labels(frame.index, len(rows))
    )
    for column in BOOKED:
        new[column] = new.area / KM2 if booked and column == "mended_km2" else 0.0
    for column in frame.columns.difference(new.columns):
        new[column] = np.nan if pd.api.types.is_float_dtype(frame[column]) else None
    if "date" in frame:
        new["date"] = new["date"].astype(frame["date"].dtype)
    return gpd.GeoDataFrame(pd.concat([frame, new[list(frame.columns)]]), geometry="geometry", crs=frame.crs)


def _new_labels(index: pd.Index[Any], count: int) -> list[Any]:
    if pd.api.types.is_integer_dtype(index):
        first = int(index.max()) + 1 if len(index) else 0
        return list(range(first, first + count))
    taken = set(index)
    free = (label for label in (f"new {n}" for n in itertools.count(1)) if label not in taken)
    return list(itertools.islice(free, count))
