"""Mend a layer, and book the ground that mending moves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines import coverage
from frontlines.crs import polygons_of

BOOKED = ("mended_km2", "outside_km2")
"""Columns that book ground: zero where nothing was moved."""


def drop_blank_and_repeated(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Drop rows without geometry, and rows that repeat an earlier one in date and geometry.

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
    there = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    keys = pd.DataFrame(
        {"shape": shapely.to_wkb(shapely.normalize(there.geometry.values))}, index=there.index
    )
    for column in ("date", "side", "district"):
        if column in there:
            keys[column] = there[column]
    return there[~keys.duplicated().to_numpy()]


def make_valid(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Make invalid polygons valid, and book the area that this changes.

    Parameters
    ----------
    frame
        Polygons in metres.

    Returns
    -------
    frame
        A copy with `mended_km2`, the change of each row's area [km²].

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
    return out.assign(mended_km2=np.abs(shapely.area(shapes) - before) / coverage.KM2)


def split_at_crossings(lines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Split lines that cross themselves into pieces that do not.

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
    crossed = ~lines.is_simple.to_numpy()
    if not crossed.any():
        return lines
    shapes = np.array(lines.geometry.values, dtype=object)
    shapes[crossed] = shapely.node(shapes[crossed])
    split = lines.set_geometry(gpd.GeoSeries(shapes, index=lines.index, crs=lines.crs))
    return split.explode(ignore_index=True)


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
    groups = [out.index] if within is None else list(out.groupby(within, sort=True).groups.values())
    made: list[dict[str, Any]] = []
    shapes = pd.Series(np.array(out.geometry.values, dtype=object), index=range(len(out)))
    position = pd.Series(range(len(out)), index=out.index)
    for labels in groups:
        rows = position.loc[labels].to_numpy()
        claims = out[key].to_numpy()[rows] if key else rows
        kept, contested = _resolve(shapes.to_numpy()[rows], claims, hair_m, split=disputed is not None)
        shapes.iloc[rows] = kept
        if contested is not None:
            origin = out.iloc[rows[0]]
            made.append(
                {**({within: origin[within]} if within else {}), "side": disputed, "geometry": contested}
            )
    lost = (shapely.area(np.asarray(out.geometry.values)) - shapely.area(shapes.to_numpy())) / coverage.KM2
    out = out.set_geometry(gpd.GeoSeries(shapes.to_numpy(), index=out.index, crs=out.crs))
    out = out.assign(mended_km2=out["mended_km2"] + lost)
    out = append_rows(out, made, source="claimed by more than one side")
    return out[~out.is_empty.to_numpy()]


def _resolve(shapes: Any, claims: Any, hair_m: float, *, split: bool) -> tuple[Any, Any]:
    """Give each overlap to one polygon, or to nobody; return the shapes and the disputed ground."""
    pairs = coverage.overlaps(shapes)
    if not len(pairs.pieces):
        return shapes, None
    thick = coverage.width_m(pairs.pieces) > hair_m
    open_claim = split & thick & (claims[pairs.first] != claims[pairs.second])
    disputed = polygons_of(np.array([shapely.union_all(pairs.pieces[open_claim])]))[0]
    rank = np.empty(len(shapes), dtype=np.int64)
    by_size = sorted(range(len(shapes)), key=lambda row: (-shapes[row].area, shapes[row].normalize().wkb))
    rank[by_size] = range(len(shapes))
    loser = np.where(rank[pairs.first] > rank[pairs.second], pairs.first, pairs.second)
    out = shapes.copy()
    for row in np.unique(np.concatenate([loser, pairs.first[open_claim], pairs.second[open_claim]])):
        given = [*pairs.pieces[(loser == row) & ~open_claim], disputed]
        out[row] = shapely.difference(shapes[row], shapely.union_all(given))
    return polygons_of(out), None if disputed.is_empty else disputed


def append_rows(
    frame: gpd.GeoDataFrame, rows: Iterable[dict[str, Any]], *, source: str, booked: bool = True
) -> gpd.GeoDataFrame:
    """Add rows of ground that the layer itself did not hold.

    Parameters
    ----------
    frame
        Polygons.
    rows
        Columns and geometry of the new rows.
    source
        Where they come from, for the column `source`.
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
    >>> append_rows(frame, [{"side": "B", "geometry": box(1, 0, 2, 1)}], source="drawn")["side"].tolist()
    ['A', 'B']
    """
    made = list(rows)
    if not made:
        return frame
    first = int(frame.index.max()) + 1 if pd.api.types.is_integer_dtype(frame.index) else 0
    labels = [
        first + n if pd.api.types.is_integer_dtype(frame.index) else f"{source} {n}" for n in range(len(made))
    ]
    new = gpd.GeoDataFrame(made, geometry="geometry", crs=frame.crs, index=labels).assign(source=source)
    for column in BOOKED:
        if column in frame:
            new[column] = new.area / coverage.KM2 if booked and column == "mended_km2" else 0.0
    for column in set(frame.columns) - set(new.columns):
        new[column] = np.nan if pd.api.types.is_float_dtype(frame[column]) else None
    return gpd.GeoDataFrame(pd.concat([frame, new[list(frame.columns)]]), geometry="geometry", crs=frame.crs)
