"""Mend a layer, and book the ground that mending moves."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines import coverage, neighbours
from frontlines.crs import polygons_of
from frontlines.errors import LayerError
from frontlines.faults import place_of

REST_SOURCE = "rest of the theatre"
"""Source of the ground that no polygon covers."""

BOOKED = ("mended_km2", "outside_km2")
"""Columns that book ground: zero where nothing was moved."""


def drop_blank_and_repeated(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Drop rows without geometry, and rows that repeat an earlier one in geometry and claim.

    Parameters
    ----------
    frame
        A tidy layer.

    Returns
    -------
    frame
        The other rows, with their index labels.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> frame = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1), None, box(0, 0, 1, 1)])
    >>> drop_blank_and_repeated(frame).index.tolist()
    [0]
    """
    there = frame[~coverage.blank(frame)]
    return there[~coverage.identity(there).duplicated().to_numpy()]


def make_valid(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Make invalid polygons valid, and book the area that this changes.

    Parameters
    ----------
    frame
        Polygons in metres.

    Returns
    -------
    frame
        A copy with `mended_km2`, the change of each row's area [km²]; rows that have no area at all
        are left out.

    Notes
    -----
    The shells are joined and the holes cut out of them, whatever the order of their vertices
    (GEOS' method "structure").

    Examples
    --------
    >>> import geopandas as gpd
    >>> import shapely
    >>> bow = shapely.from_wkt("POLYGON((0 0, 2000 2000, 2000 0, 0 2000, 0 0))")
    >>> make_valid(gpd.GeoDataFrame(geometry=[bow]))["mended_km2"].tolist()
    [2.0]
    """
    broken = ~frame.is_valid.to_numpy()
    shapes = np.array(frame.geometry.values, dtype=object)
    before = shapely.area(shapes)
    shapes[broken] = polygons_of(shapely.make_valid(shapes[broken], method="structure"))
    out = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    out = out.assign(mended_km2=np.abs(shapely.area(shapes) - before) / coverage.KM2)
    return out[~(broken & shapely.is_empty(shapes))]


def split_at_crossings(lines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Split lines that cross themselves into pieces that do not, and drop lines without length.

    Parameters
    ----------
    lines
        LineStrings or MultiLineStrings.

    Returns
    -------
    lines
        One row a piece; pieces run the way their line ran. New index labels if anything was split.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import shapely
    >>> loop = shapely.from_wkt("LINESTRING(0 0, 2 0, 2 2, 1 2, 1 -1)")
    >>> len(split_at_crossings(gpd.GeoDataFrame(geometry=[loop])))
    3
    """
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
    """Take overlapping ground from all polygons but one.

    Parameters
    ----------
    frame
        Valid polygons in metres.
    within
        Column whose values are mended each by itself, such as the date; None: all rows together.
    key
        Column that says who claims the ground; None: every row claims for itself.
    hair_m
        An overlap of two claims that is thinner than this [m] goes to the larger polygon.
    disputed
        A wider one becomes a new row of this side; None: it too goes to the larger polygon.

    Returns
    -------
    frame
        A copy without overlaps; `mended_km2` books the ground each row gave up, and the ground of
        each new row [km²]. Which polygon is the larger does not hang on the order of the rows.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> frame = gpd.GeoDataFrame(
    ...     {"side": ["A", "B"]}, geometry=[box(0, 0, 2000, 1000), box(1000, 0, 4000, 1000)])
    >>> out = give_up_overlaps(frame, within=None, key="side", hair_m=1, disputed="contested")
    >>> out[["side", "mended_km2"]].values.tolist()
    [['A', 1.0], ['B', 1.0], ['contested', 1.0]]
    """
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
    lost = (shapely.area(np.asarray(out.geometry.values)) - shapely.area(shapes)) / coverage.KM2
    out = out.set_geometry(gpd.GeoSeries(shapes, index=out.index, crs=out.crs))
    out = append_rows(out.assign(mended_km2=out["mended_km2"] + lost), made)
    return out[~out.is_empty.to_numpy()]


def joined_sources(sources: Iterable[str]) -> str:
    """Name several sources in one text, each once.

    Parameters
    ----------
    sources
        Texts; one that names several has a semicolon between them.

    Returns
    -------
    text
        In alphabetical order, with semicolons.

    Examples
    --------
    >>> joined_sources(["b", "a; b", "a"])
    'a; b'
    """
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
    """Refuse dates whose polygons all lie beyond the theatre: axes swapped, or another CRS than said.

    Parameters
    ----------
    control
        Polygons with `date`, in metres.
    ground
        The theatre.

    Raises
    ------
    LayerError
        Naming the date, and where the polygons and the theatre lie.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> days = pd.to_datetime(["2031-06-01"])
    >>> refuse_elsewhere(gpd.GeoDataFrame({"date": days}, geometry=[box(0, 0, 1, 1)]), box(0, 0, 9, 9))
    """
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
    """Cut polygons at the edge of the theatre, and book what lies beyond.

    Parameters
    ----------
    frame
        Valid polygons in metres.
    ground
        The theatre.

    Returns
    -------
    frame
        A copy with `outside_km2` [km²]; rows wholly beyond are left out, and not booked.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> frame = gpd.GeoDataFrame(geometry=[box(0, 0, 2000, 1000), box(8000, 0, 9000, 1000)])
    >>> cut_at(frame, box(0, 0, 1000, 1000))["outside_km2"].tolist()
    [1.0]
    """
    shapely.prepare(ground)
    shapes = np.array(frame.geometry.values, dtype=object)
    across = ~shapely.covers(ground, shapes)
    shapes[across] = polygons_of(shapely.intersection(shapes[across], ground))
    out = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    out["outside_km2"] = (frame.area - out.area).clip(lower=0) / coverage.KM2
    return out[~out.is_empty.to_numpy()]


def fill_up(
    frame: gpd.GeoDataFrame, ground: shapely.Geometry, dates: Iterable[Any], *, rest: str, hair_m: float
) -> gpd.GeoDataFrame:
    """Say who holds the ground of the theatre that no polygon covers.

    Parameters
    ----------
    frame
        Polygons with `date`, `side`, `mended_km2`, cut at the theatre's edge, in metres.
    ground
        The theatre.
    dates
        Days to fill.
    rest
        The side that holds the gaps.
    hair_m
        A gap thinner than this [m] goes to the polygon along which it runs the farthest instead, and
        is booked there.

    Returns
    -------
    frame
        The rows, and for each date with gaps a row of side `rest`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> frame = gpd.GeoDataFrame({"date": [0], "side": ["A"], "mended_km2": 0.0}, geometry=[box(0, 0, 10, 9)])
    >>> fill_up(frame, box(0, 0, 10.5, 9), [0], rest="B", hair_m=1).area.tolist()
    [94.5]
    """
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
    gained = (shapely.area(shapes) - frame.area.to_numpy()) / coverage.KM2
    out = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    out["mended_km2"] += gained
    return append_rows(out, [row | {"source": REST_SOURCE} for row in made], booked=False)


def append_rows(
    frame: gpd.GeoDataFrame, rows: list[dict[str, Any]], *, booked: bool = True
) -> gpd.GeoDataFrame:
    """Add rows of ground that the layer itself did not hold.

    Parameters
    ----------
    frame
        Polygons.
    rows
        Columns and geometry of the new rows.
    booked
        Whether the new ground was moved by mending, and counts in `mended_km2`.

    Returns
    -------
    frame
        The old rows, then the new, with new index labels; absent columns are empty.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> frame = gpd.GeoDataFrame({"side": ["A"]}, geometry=[box(0, 0, 1, 1)])
    >>> append_rows(frame, [{"side": "B", "geometry": box(1, 0, 2, 1)}])["side"].tolist()
    ['A', 'B']
    """
    if not rows:
        return frame
    new = gpd.GeoDataFrame(
        rows, geometry="geometry", crs=frame.crs, index=_new_labels(frame.index, len(rows))
    )
    for column in BOOKED:
        new[column] = new.area / coverage.KM2 if booked and column == "mended_km2" else 0.0
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
