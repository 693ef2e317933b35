"""What is wrong with a layer: every fault, with its rows, its amount and its place.

Faults are found on a tidy frame in the working CRS; `frontlines.layers.door` makes it so, raises on what
must not pass, and offers the whole list to those who want to look.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, Literal, NamedTuple, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from frontlines.crs import place
from frontlines.geometry import coverage
from frontlines.names import KM2

Kind = Literal["control", "frontlines", "settlements", "districts", "theatre", "polygons"]
KINDS: tuple[str, ...] = get_args(Kind)

COLUMNS = ["fault", "rows", "area_km2", "detail", "geometry"]

_SHOWN = 8
_ROW = ", "


class Fault(NamedTuple):
    """One fault: its name in `ADVICE`, the index labels of its rows, its area, its words, its place."""

    fault: str
    rows: tuple[Hashable, ...]
    area_km2: float = float("nan")
    detail: str = ""
    geometry: Any = None


class Advice(NamedTuple):
    """How a fault reads in a message, and what mends it."""

    words: str
    mend: str


ADVICE = {
    "missing column": Advice("is missing", "add it, or rename the column that holds it"),
    "no CRS": Advice("has no CRS", "say which it is with frame.set_crs('EPSG:4326')"),
    "not degrees": Advice("lie outside the range of degrees", "set the CRS that the coordinates are in"),
    "no date": Advice("have no date", "fill the column 'date' with days such as 1994-05-12"),
    "bad date": Advice("have a date that cannot be read", "write days as 1994-05-12 (ISO 8601)"),
    "no side": Advice("have no side", "name the side, or 'unknown'"),
    "same side": Advice("have the same side on the left and on the right", "mend side_left or side_right"),
    "no name": Advice("have no name", "fill the column, or name another one as key"),
    "repeated name": Advice(
        "share a name", "make the names unique, for example with a suffix, or use another key"
    ),
    "repeated place": Advice("name a place and date a second time", "keep one row for each place and date"),
    "bad coordinates": Advice("have coordinates that are not numbers", "give numbers, or drop the row"),
    "bad sigma": Advice("have a sigma_m that is negative or no number", "give metres, or leave it empty"),
    "no geometry": Advice("have no geometry", "draw it, or drop the row (mend=True drops it)"),
    "wrong geometry": Advice("have another type of geometry", "give this layer the geometry of its kind"),
    "invalid": Advice("have invalid geometry", "pass mend=True or mend the file"),
    "duplicate": Advice("repeat another row's geometry", "pass mend=True or drop them"),
    "not simple": Advice("cross themselves", "split them at the crossing, or pass mend=True"),
    "swallowed": Advice("lie wholly inside larger ones", "cut them out of those, or drop them"),
    "overlap": Advice("overlap", "pass mend=True or mend the file"),
    "gap": Advice("lie open inside the layer", "say who holds them: as_control(..., theatre=..., rest=...)"),
}

_TYPES = {
    "lines": {shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING},
    "points": {shapely.GeometryType.POINT},
    "polygons": {shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON},
}
_DATED = ("control", "frontlines", "settlements")
_SHAPE = {"frontlines": "lines", "settlements": "points"}


def find_faults(
    frame: gpd.GeoDataFrame, kind: Kind, *, theatre: shapely.Geometry | None = None, with_gaps: bool = True
) -> gpd.GeoDataFrame:
    """List what is wrong with a tidy layer."""
    named = frame.set_axis(row_labels(frame))
    found = [fault for rule in (*_COLUMN_RULES, *_GEOMETRY_RULES) for fault in rule(named, kind)]
    return as_frame([*found, *(_gaps(named, kind, theatre) if with_gaps else ())], frame.crs)


def row_labels(frame: pd.DataFrame) -> pd.Index[Any]:
    """Name the rows of a frame so that a fault can point at one."""
    return frame.index if frame.index.is_unique else pd.RangeIndex(len(frame))


def as_frame(faults: Iterable[Fault], crs: CRS | None) -> gpd.GeoDataFrame:
    """Turn faults into a layer."""
    records = [
        (fault.fault, _ROW.join(str(row).replace(_ROW, ",") for row in fault.rows), *fault[2:])
        for fault in faults
    ]
    return gpd.GeoDataFrame(pd.DataFrame(records, columns=COLUMNS), geometry="geometry", crs=crs)


def describe(faults: gpd.GeoDataFrame, total: int, kind: str) -> str:
    """Put faults into words: a line for each sort, with rows, the largest amount and the mend."""
    sorts = list(dict.fromkeys(faults["fault"]))
    lines = [f"the {kind} layer has {len(sorts)} sort{'s' * (len(sorts) > 1)} of fault:"]
    lines += [_describe_sort(faults[faults["fault"] == sort], total, ADVICE[sort]) for sort in sorts]
    return "\n".join(lines)


def _describe_sort(faults: gpd.GeoDataFrame, total: int, advice: Advice) -> str:
    rows = list(dict.fromkeys(row for text in faults["rows"] for row in text.split(_ROW) if text))
    shown = ", ".join(rows[:_SHOWN]) + (f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else "")
    notes = [f"rows {shown}"] if rows else []
    if faults["area_km2"].notna().any():
        worst = faults.loc[faults["area_km2"].idxmax()]
        where = place_of(worst["geometry"], faults.crs)
        notes.append(f"largest {worst['area_km2']:.6g} km²{f' at {where}' if where else ''}")
    details = [text for text in dict.fromkeys(faults["detail"]) if text]
    notes += details[:3]
    subject = f"{len(rows)} of {total} rows" if rows else f"{len(faults)} place{'s' * (len(faults) > 1)}"
    brackets = f" ({'; '.join(notes)})" if notes else ""
    return f"- {subject} {advice.words}{brackets}: {advice.mend}"


def place_of(geometry: Any, crs: CRS | None) -> str:
    """Name the place of a fault by its longitude and latitude."""
    if geometry is None or geometry.is_empty or crs is None:
        return ""
    point = geometry.representative_point()
    return place(point.x, point.y, crs)


# --- the rules: one small function each, told the frame and its kind -----------------------------


def _dates(frame: gpd.GeoDataFrame, kind: Kind) -> Iterator[Fault]:
    if "date" in frame and kind in _DATED:
        for row in frame.index[frame["date"].isna()]:
            yield Fault("no date", (row,))


def _sides(frame: gpd.GeoDataFrame, kind: Kind) -> Iterator[Fault]:
    for column in ("side_left", "side_right") if kind == "frontlines" else ("side",):
        if column in frame and kind in _DATED:
            for row in frame.index[frame[column] == ""]:
                yield Fault("no side", (row,), detail=f"column {column}" if kind == "frontlines" else "")
    if kind == "frontlines" and {"side_left", "side_right"} <= set(frame):
        for row in frame.index[(frame["side_left"] == frame["side_right"]) & (frame["side_left"] != "")]:
            yield Fault("same side", (row,), geometry=frame.geometry.loc[row])


def _names(frame: gpd.GeoDataFrame, kind: Kind) -> Iterator[Fault]:
    column = {"districts": "district", "settlements": "name"}.get(kind)
    if column not in frame:
        return
    for row in frame.index[frame[column] == ""]:
        yield Fault("no name", (row,))
    keys = [column] if kind == "districts" or "date" not in frame else [column, "date"]
    sort = "repeated name" if kind == "districts" else "repeated place"
    for rows in _repeats(frame.loc[frame[column] != "", keys]):
        yield Fault(sort, rows, detail=repr(str(frame[column].loc[rows[0]])))


def _sigmas(frame: gpd.GeoDataFrame, kind: Kind) -> Iterator[Fault]:
    if "sigma_m" in frame and kind in _DATED:
        bad = frame["sigma_m"].notna() & ~((frame["sigma_m"] >= 0) & np.isfinite(frame["sigma_m"]))
        for row in frame.index[bad]:
            yield Fault("bad sigma", (row,), detail=f"{frame['sigma_m'].loc[row]}")


def _presence(frame: gpd.GeoDataFrame, kind: Kind) -> Iterator[Fault]:  # noqa: ARG001
    for row in frame.index[coverage.blank(frame)]:
        yield Fault("no geometry", (row,))


def _types(frame: gpd.GeoDataFrame, kind: Kind) -> Iterator[Fault]:
    wanted = _SHAPE.get(kind, "polygons")
    types = shapely.get_type_id(frame.geometry.values)
    wrong = ~np.isin(types, list(_TYPES[wanted])) & ~coverage.blank(frame)
    for row, found in zip(frame.index[wrong], frame.geom_type[wrong], strict=True):
        yield Fault("wrong geometry", (row,), detail=f"{found}, where {wanted} are wanted")


def _validity(frame: gpd.GeoDataFrame, kind: Kind) -> Iterator[Fault]:  # noqa: ARG001
    for row, geometry in frame.geometry[~frame.is_valid & ~coverage.blank(frame)].items():
        reason = shapely.is_valid_reason(geometry)
        words, _, at = reason.partition("[")
        x, y = (float(value) for value in at.rstrip("]").split()[:2]) if at else (np.nan, np.nan)
        known = np.isfinite([x, y]).all() and frame.crs is not None
        detail = words.strip() + (f" at {place(x, y, frame.crs)}" if known else "")
        at_fault = shapely.Point(x, y) if np.isfinite([x, y]).all() else geometry
        yield Fault("invalid", (row,), detail=detail, geometry=at_fault)


def _duplicates(frame: gpd.GeoDataFrame, kind: Kind) -> Iterator[Fault]:
    if kind == "settlements":
        return
    there = frame[~coverage.blank(frame)]
    keys = coverage.identity(there).set_axis(there.index)
    for rows in _repeats(keys):
        yield Fault("duplicate", rows, geometry=there.geometry.loc[rows[0]])


def _repeats(keys: pd.DataFrame) -> Iterator[tuple[Hashable, ...]]:
    """Give the index labels of each set of rows that agree in all columns."""
    repeated = keys[keys.duplicated(keep=False)]
    number = repeated.groupby(list(repeated.columns), sort=False, dropna=False).ngroup()
    for one in number.unique():
        yield tuple(number.index[number == one])


def _simplicity(frame: gpd.GeoDataFrame, kind: Kind) -> Iterator[Fault]:
    if kind == "frontlines":
        for row, line in frame.geometry[~frame.is_simple & ~coverage.blank(frame)].items():
            crossing = self_crossing(line)
            detail = f"at {place(crossing.x, crossing.y, frame.crs)}" if frame.crs is not None else ""
            yield Fault("not simple", (row,), detail=detail, geometry=crossing)


def _overlaps(frame: gpd.GeoDataFrame, kind: Kind) -> Iterator[Fault]:
    alone = ~frame.duplicated("date", keep=False) if kind != "districts" and "date" in frame else False
    for part in _coverages(frame[~np.broadcast_to(alone, len(frame))], kind):
        found = coverage.overlaps(np.asarray(part.geometry.values))
        pairs, number = np.unique(np.stack([found.first, found.second], axis=1), axis=0, return_inverse=True)
        for pair, (i, j) in enumerate(pairs):
            pieces = shapely.multipolygons(found.pieces[np.ravel(number) == pair])
            yield Fault("overlap", (part.index[i], part.index[j]), pieces.area / KM2, geometry=pieces)


def _gaps(frame: gpd.GeoDataFrame, kind: Kind, theatre: Any) -> Iterator[Fault]:
    for part in _coverages(frame, kind):
        for gap in coverage.gaps(np.asarray(part.geometry.values), theatre):
            dated = kind != "districts" and "date" in part and part["date"].notna().all()
            day = f"on {part['date'].iloc[0]:%Y-%m-%d}" if dated else ""
            yield Fault("gap", (), gap.area / KM2, detail=day, geometry=gap)


def _coverages(frame: gpd.GeoDataFrame, kind: Kind) -> Iterator[gpd.GeoDataFrame]:
    """Give the sound polygons that must not overlap: those of one date, or all."""
    if kind not in ("control", "districts", "polygons"):
        return
    polygonal = np.isin(shapely.get_type_id(frame.geometry.values), list(_TYPES["polygons"]))
    sound = frame[polygonal & frame.is_valid.to_numpy() & ~coverage.blank(frame)]
    if "date" not in sound or kind == "districts":
        yield sound
        return
    for _, part in sound.groupby("date", sort=True, dropna=False):
        yield part


def self_crossing(line: shapely.LineString) -> shapely.Point:
    """Find where a line crosses or runs over itself."""
    pieces = shapely.get_parts(shapely.node(line))
    ends = np.concatenate([shapely.get_coordinates(piece)[[0, -1]] for piece in pieces])
    points, count = np.unique(ends, axis=0, return_counts=True)
    crossings = shapely.points(points[count > 2])  # noqa: PLR2004 - a node of a simple line joins two pieces
    if not len(crossings):
        return shapely.Point(shapely.get_coordinates(line)[0])
    along = shapely.line_locate_point(line, crossings)
    return crossings[int(np.argmin(along))]


_Rule = Callable[[gpd.GeoDataFrame, Kind], Iterator[Fault]]
_COLUMN_RULES: tuple[_Rule, ...] = (_dates, _sides, _names, _sigmas)
_GEOMETRY_RULES: tuple[_Rule, ...] = (
    _presence,
    _types,
    _validity,
    _duplicates,
    _simplicity,
    _overlaps,
)
