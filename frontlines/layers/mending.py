"""Mend a layer, and book the ground that mending moves."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arrays import Bools, Geometries, Ints, rows_of_each
from frontlines.crs.projecting import polygons_of, project_and_look
from frontlines.errors import LayerError
from frontlines.geometry.coverage import Pairs, by_size, common_borders, in_doubt, thin, united, width_m
from frontlines.layers.columns import BOOKED, days_of
from frontlines.layers.faults import Examined, blank, examine, identity, place_of
from frontlines.names import KM2, MENDS, Kind, Mend, mends_of

REST_SOURCE = "rest of the theatre"
"""Source of the ground that no polygon covers."""

STRIP_SOURCE = "strip along the edge that no polygon covers"
"""Source of strips that are rows of their own."""

NO_PLACE_SOURCE, NO_LINE_SOURCE = "no place within reach", "no frontline borders it"
"""Sources of ground that no place and no line says anything of."""

_CLAIMED = "claimed by more than one side"
_NOBODY = frozenset({"", REST_SOURCE, STRIP_SOURCE, NO_PLACE_SOURCE, NO_LINE_SOURCE, _CLAIMED})


def mend_record(mend: Mend | None) -> bool | list[str]:
    """Write what is to be mended as a manifest does: true, false, or the kinds."""
    kinds = mends_of(mend)
    return sorted(kinds) if 0 < len(kinds) < len(MENDS) else bool(kinds)


def drop_rows(frame: gpd.GeoDataFrame, mends: Collection[str]) -> gpd.GeoDataFrame:
    """Drop rows without geometry, and rows that repeat an earlier one in geometry and claim."""
    if "empty" in mends:
        frame = frame[~blank(frame)]
    if "duplicates" in mends:
        frame = frame[blank(frame) | ~identity(frame).duplicated().to_numpy()]
    return frame


def mended(frame: gpd.GeoDataFrame, kind: Kind, valid: Bools, mends: Collection[str] = ()) -> Examined:
    """Split lines at their crossings, or make polygons valid; what is still wrong is for the door to find."""
    if kind == "frontlines" and "crossings" in mends:
        frame = split_at_crossings(frame)
        valid = frame.is_valid.to_numpy()
    elif kind not in ("frontlines", "settlements"):
        frame, valid = make_valid(frame, valid, every="invalid" in mends)
    return examine(frame, valid, kind)


def make_valid(
    frame: gpd.GeoDataFrame, valid: Bools, *, every: bool = True
) -> tuple[gpd.GeoDataFrame, Bools]:
    """Make invalid polygons valid, and tell which rows are now valid; unless `every`, those thinly invalid.

    What it changes is booked in `mended_km2`.
    """
    broken = ~valid & np.isin(frame.geom_type, ("Polygon", "MultiPolygon"))
    if not broken.any():
        return frame, valid
    shapes, valid = np.array(frame.geometry.values, dtype=object), valid.copy()
    if not every:
        broken[broken] = [_by_a_hair(shape) for shape in shapes[broken]]
    before = shapely.area(shapes[broken])
    shapes[broken] = polygons_of(shapely.make_valid(shapes[broken], method="structure"))
    valid[broken] = shapely.is_valid(shapes[broken])
    booked = frame["mended_km2"].to_numpy(copy=True) if "mended_km2" in frame else np.zeros(len(frame))
    booked[broken] += np.abs(shapely.area(shapes[broken]) - before) / KM2
    out = _with_shapes(frame, shapes).assign(mended_km2=booked)
    kept = ~(broken & shapely.is_empty(shapes))
    return out[kept], valid[kept]


def _by_a_hair(polygon: shapely.Geometry) -> bool:
    """Tell whether all that is wrong with a polygon is thin, and something is left of it without that."""
    whole = shapely.make_valid(polygon, method="structure").area
    return whole > 0 and bool(thin(in_doubt(polygon), whole).all())


def split_at_crossings(lines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Split lines that cross themselves into pieces that do not, and drop lines without length."""
    lines = lines[lines.length.to_numpy() > 0]
    crossed = ~lines.is_simple.to_numpy()
    if not crossed.any():
        return lines
    shapes = np.array(lines.geometry.values, dtype=object)
    shapes[crossed] = shapely.node(shapes[crossed])
    pieces = _with_shapes(lines, shapes).explode(ignore_index=True)
    return pieces[pieces.length.to_numpy() > 0].reset_index(drop=True)


def give_up_overlaps(
    layer: Examined, *, within: str | None, key: str | None, hair_m: float, disputed: str | None
) -> gpd.GeoDataFrame:
    """Take overlapping ground from all polygons but the largest; book what each row lost in `mended_km2`.

    Overlaps lie among the rows that agree in the column `within`. With a side for `disputed` ground, what
    rows of different `key` claim, and is thicker than a hair, becomes a row of that side.
    """
    frame, pairs, before = layer.frame, layer.overlaps, layer.shapes
    out = frame if "mended_km2" in frame else frame.assign(mended_km2=0.0)
    groups = pd.factorize(out[within])[0][pairs.first] if within else 0 * pairs.first
    claims = out[key].to_numpy(dtype=object) if key else np.arange(len(out))
    made: list[dict[str, Any]] = []
    shapes = before.copy()
    for rows in rows_of_each(groups):
        own = Pairs(pairs.first[rows], pairs.second[rows], pairs.pieces[rows])
        contested, claimants = _resolve(shapes, own, claims, hair_m, split=disputed is not None)
        if contested is not None:
            stated = f": {joined_sources(out['source'].iloc[claimants])}" if "source" in out else ""
            origin = {within: out[within].iloc[claimants[0]]} if within else {}
            source = f"{_CLAIMED}{stated}"
            made.append({**origin, "side": disputed, "source": source, "geometry": contested})
    lost = (shapely.area(before) - shapely.area(shapes)) / KM2
    out = _with_shapes(out, shapes).assign(mended_km2=out["mended_km2"] + lost)
    out = append_rows(out, made)
    return out[~out.is_empty.to_numpy()]


def joined_sources(sources: Iterable[str]) -> str:
    """Name several sources in one text, each once."""
    texts = {str(text) for text in sources}
    if len(texts) == 1:
        return texts.pop()
    return "; ".join(sorted({part for text in texts for part in text.split("; ") if part}))


def stated_sources(*columns: Iterable[Any]) -> list[str]:
    """List who is to be credited: what this library says itself of ground without a source is left out."""
    texts = {str(text) for column in columns for text in column if not pd.isna(text)}
    credited = {text for text in texts if not text.startswith(_CLAIMED)}
    disputed = {part for text in texts - credited for part in text.removeprefix(f"{_CLAIMED}: ").split("; ")}
    parts = {part for text in credited for part in text.split("; ")}
    return sorted((credited | {part for part in disputed if part not in parts}) - _NOBODY)


def _resolve(
    shapes: Geometries, pairs: Pairs, claims: Any, hair_m: float, *, split: bool
) -> tuple[Any, Ints]:
    """Give each overlap to one polygon, or to nobody; `shapes` are changed in place.

    Returns the disputed ground or None, and the positions of those that dispute it.
    """
    # A thick overlap of two claims is disputed; all others go to the larger polygon.
    smaller_m2 = np.minimum(*(shapely.area(shapes[rows]) for rows in (pairs.first, pairs.second)))
    open_claim = (
        split & ~thin(pairs.pieces, smaller_m2, hair_m) & (claims[pairs.first] != claims[pairs.second])
    )
    disputed = polygons_of(np.array([shapely.disjoint_subset_union_all(pairs.pieces[open_claim])]))[0]
    involved = np.unique([pairs.first, pairs.second])
    rank = np.empty(len(involved), dtype=np.int64)
    rank[by_size(shapes[involved])] = np.arange(len(involved))
    first, second = (rank[np.searchsorted(involved, rows)] for rows in (pairs.first, pairs.second))
    loser = np.where(first > second, pairs.first, pairs.second)
    # Every polygon involved loses the disputed ground, and what it gives up to larger ones.
    claimed = pairs.pieces[open_claim]
    near, piece = shapely.STRtree(claimed).query(shapes[involved], predicate="intersects")
    losers = np.append(np.searchsorted(involved, loser[~open_claim]), near)
    order = np.argsort(losers, kind="stable")
    given = np.append(pairs.pieces[~open_claim], claimed[piece])[order]
    some, starts = np.unique(losers[order], return_index=True)
    taken = [shapely.union_all(pieces) for pieces in np.split(given, starts[1:])]
    rows = involved[some]
    shapes[rows] = polygons_of(shapely.difference(shapes[rows], np.array(taken, dtype=object)))
    claimants = np.unique([pairs.first[open_claim], pairs.second[open_claim]])
    return None if disputed.is_empty else disputed, claimants


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
    out = _with_shapes(frame, shapes)
    out["outside_km2"] = (frame.area - out.area).clip(lower=0) / KM2
    return out[~out.is_empty.to_numpy()]


def beyond(raw: gpd.GeoDataFrame, theatre: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the ground of raw polygons beyond the theatre: `date`, `side` and geometry, in its CRS."""
    days = days_of(raw)
    if days is None or "side" not in raw:
        return gpd.GeoDataFrame({"date": [], "side": []}, geometry=[], crs=theatre.crs)
    ground = theatre.geometry.iloc[0]
    shapely.prepare(ground)
    flat, valid, _ = project_and_look(raw, theatre.crs)
    shapes = np.array(flat.geometry.values, dtype=object)
    shapes[~valid] = shapely.make_valid(shapes[~valid], method="structure")
    across = ~blank(raw) & ~shapely.covers(ground, shapes)
    made = polygons_of(shapes[across])
    columns = {"date": days[across].to_numpy(), "side": raw["side"][across].to_numpy()}
    left = polygons_of(shapely.difference(made, ground))
    out = gpd.GeoDataFrame(columns, geometry=left, crs=theatre.crs)
    return out[~out.is_empty.to_numpy()]


def fill_up(
    frame: gpd.GeoDataFrame, ground: shapely.Geometry, dates: Iterable[Any], *, rest: str, hair_m: float
) -> gpd.GeoDataFrame:
    """Say who holds the ground of the theatre that no polygon covers."""
    shapes = np.array(frame.geometry.values, dtype=object)
    made, of_day = [], frame.groupby("date").indices
    for date in dates:
        rows = of_day.get(date, np.empty(0, dtype=np.int64))
        left = shapely.get_parts(polygons_of(np.array([ground - united(shapes[rows])])))
        left = left[shapely.area(left) > 0]
        hair = np.flatnonzero(width_m(left) <= hair_m)
        hosts = common_borders(left[hair], shapes[rows], reach_m=hair_m).drop_duplicates("piece")
        for host in hosts["polygon"].unique():
            row, own = rows[host], hosts.loc[hosts["polygon"] == host, "piece"]
            shapes[row] = united(np.array([shapes[row], *left[hair[own]]]))
        open_ground = np.delete(left, hair[hosts["piece"]])
        if len(open_ground):
            made.append({"date": date, "side": rest, "geometry": _as_one(open_ground)})
    gained = (shapely.area(shapes) - frame.area.to_numpy()) / KM2
    out = _with_shapes(frame, shapes)
    out["mended_km2"] = out.get("mended_km2", 0.0) + gained
    return append_rows(out, [row | {"source": REST_SOURCE} for row in made], booked=False)


def _as_one(parts: Geometries) -> shapely.Geometry:
    """Make one geometry of parts of one geometry: they need no union."""
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def _with_shapes(frame: gpd.GeoDataFrame, shapes: Geometries) -> gpd.GeoDataFrame:
    """Copy a frame with other geometry."""
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


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
