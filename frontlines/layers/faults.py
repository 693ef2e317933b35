"""What is wrong with a layer: every fault, with its rows, its amount and its place.

Faults are found on a tidy frame in the working CRS; `frontlines.layers.door` makes it so, raises on what
must not pass, and offers the whole list to those who want to look. What `examine` finds is what
`frontlines.layers.mending` mends.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from frontlines.arrays import Bools, Geometries, Ints, rows_of_each
from frontlines.crs.working import place
from frontlines.geometry.coverage import Pairs, gaps, overlaps, thin
from frontlines.geometry.planar import own_crossings
from frontlines.names import KM2, Kind, counted, listed, spelled_alike

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
    "lines without sides": Advice(
        "do not say who is on either side of a line",
        "name the sides as the lines are drawn with side_left='A', side_right='B', or by places with "
        "side_at={'A': [(46.9, 40.1)], 'B': [(47.4, 40.1)]}",
    ),
    "no CRS": Advice("has no CRS", "say which it is with frame.set_crs('EPSG:4326')"),
    "not degrees": Advice("lie outside the range of degrees", "set the CRS that the coordinates are in"),
    "round the earth": Advice(
        "have an edge all round the earth, so that their two ends meet and nothing is left of them",
        "cut them into parts of less than 180 degrees of longitude",
    ),
    "no date": Advice("have no date", "fill the column 'date' with days such as 1994-05-12"),
    "bad date": Advice("have a date that cannot be read", "write days as 1994-05-12 (ISO 8601)"),
    "no side": Advice("have no side", "name the side, or give such rows one with sides={'': 'unknown'}"),
    "two spellings": Advice("name one side in two spellings that look alike", "write each side in one way"),
    "same side": Advice("have the same side on the left and on the right", "mend side_left or side_right"),
    "no name": Advice("have no name", "fill the column, or name another one as key"),
    "repeated name": Advice(
        "share a name",
        "take a column of unique ids as key and the names as label (key='...', label='...'), make the names "
        "unique, or join their rows with dissolve=True",
    ),
    "repeated place": Advice("name a place and date a second time", "keep one row for each place and date"),
    "bad coordinates": Advice("have coordinates that are not numbers", "give numbers, or drop the row"),
    "bad population": Advice(
        "have a population that is negative or no number",
        "write 1234, without blanks or commas, or leave it empty",
    ),
    "bad sigma": Advice("have a sigma_m that is negative or no number", "give metres, or leave it empty"),
    "no geometry": Advice("have no geometry", "draw it, or drop the row (mend='empty' drops it)"),
    "wrong geometry": Advice("have another type of geometry", "give this layer the geometry of its kind"),
    "invalid": Advice("have invalid geometry", "pass mend='invalid', or mend the file"),
    "duplicate": Advice("repeat another row's geometry", "pass mend='duplicates', or drop them"),
    "not simple": Advice("cross themselves", "split them at the crossing, or pass mend='crossings'"),
    "swallowed": Advice("lie wholly inside larger ones", "cut them out of those, or drop them"),
    "overlap": Advice("overlap", "pass mend='overlaps', or mend the file"),
    "gap": Advice("lie open inside the layer", "say who holds them: as_control(..., theatre=..., rest=...)"),
    "thin overlap": Advice("overlap by a hair", "mended unasked, and booked"),
    "thin gap": Advice("lie open by a hair", "nothing need be done"),
}

REMARKS = ("thin overlap", "thin gap")
"""What comes from rounding and projecting: no fault."""

_TYPES = {
    "lines": {shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING},
    "points": {shapely.GeometryType.POINT},
    "polygons": {shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON},
}
NUMBERS = {"control": ("sigma_m",), "frontlines": ("sigma_m",), "settlements": ("sigma_m", "population")}
"""Columns that hold numbers, 0 or more."""
_DATED = ("control", "frontlines", "settlements")
_COVERAGES = ("control", "districts", "polygons")
_SHAPE = {"frontlines": "lines", "settlements": "points"}


@dataclass(frozen=True)
class Examined:
    """A tidy layer, and what several of its faults follow from."""

    frame: gpd.GeoDataFrame
    kind: Kind
    blank: Bools  # rows without geometry, or with an empty one
    valid: Bools  # rows of valid geometry
    overlaps: Pairs  # rows (positions) of one date, or of districts, that lie on each other, and where
    doubtful: Sequence[Hashable] = ()  # labels of rows that were not valid before anything was mended

    @property
    def shapes(self) -> Geometries:
        """Geometry of each row."""
        return np.asarray(self.frame.geometry.values)

    @property
    def coverages(self) -> list[Ints]:
        """Rows whose polygons must not overlap: those of one date, or all; only sound ones."""
        return _coverages(self.frame, self.kind, self.valid & ~self.blank)


def examine(frame: gpd.GeoDataFrame, valid: Bools, kind: Kind) -> Examined:
    """Look once at the geometry of a tidy layer of which it is known what rows are valid."""
    empty = blank(frame)
    return Examined(frame, kind, empty, valid, _overlapping(frame, kind, valid & ~empty))


def find_faults(
    layer: Examined, *, theatre: shapely.Geometry | None = None, with_gaps: bool = True
) -> gpd.GeoDataFrame:
    """List what is wrong with a layer: `fault`, `rows` (index labels), `area_km2`, `detail`, place."""
    named = replace(layer, frame=layer.frame.set_axis(row_labels(layer.frame)))
    found = [fault for rule in _RULES for fault in rule(named)]
    return as_frame([*found, *(_gaps(named, theatre) if with_gaps else ())], layer.frame.crs)


def blank(frame: gpd.GeoDataFrame) -> Bools:
    """Tell which rows have no geometry, or an empty one."""
    shapes = np.asarray(frame.geometry.values)
    return np.asarray(shapely.is_missing(shapes) | shapely.is_empty(shapes))


def identity(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """Tell what must agree for one row of a layer to repeat another: its shape and what it claims."""
    shapes = np.array(frame.geometry.values, dtype=object)
    claims = ("date", "side", "side_left", "side_right", "district")
    known = pd.DataFrame(shapely.bounds(shapes)).assign(n=shapely.get_num_coordinates(shapes))
    known = known.assign(**{name: frame[name].map(str).to_numpy() for name in claims if name in frame})
    alike = known.duplicated(keep=False).to_numpy()  # the few whose shapes must be compared
    areas = alike & (shapely.get_dimensions(shapes) > 1)
    shapes[areas] = shapely.normalize(shapes[areas])
    shapes[~alike] = None
    return known.assign(shape=shapely.to_wkb(shapes))


def row_labels(frame: pd.DataFrame) -> pd.Index[Any]:
    """Name the rows of a frame so that a fault can point at one."""
    return frame.index if frame.index.is_unique else pd.RangeIndex(len(frame))


def rows_named(frame: pd.DataFrame, faults: Iterable[pd.DataFrame]) -> Bools:
    """Tell which rows of a frame faults name."""
    named = {row for table in faults for text in table["rows"] for row in text.split(_ROW)}
    return np.array([str(label).replace(_ROW, ",") in named for label in frame.index], dtype=bool)


def as_frame(faults: Iterable[Fault], crs: CRS | None) -> gpd.GeoDataFrame:
    """Turn faults into a layer."""
    records = [
        (fault.fault, _ROW.join(str(row).replace(_ROW, ",") for row in fault.rows), *fault[2:])
        for fault in faults
    ]
    return gpd.GeoDataFrame(pd.DataFrame(records, columns=COLUMNS), geometry="geometry", crs=crs)


def describe(faults: gpd.GeoDataFrame, total: int, kind: str) -> str:
    """Put faults into words: a line for each sort, with rows, the largest amount and what to do next."""
    sorts = list(dict.fromkeys(faults["fault"]))
    lines = [f"the {kind} layer has {counted(len(sorts), 'sort')} of fault:"]
    lines += [_describe_sort(faults[faults["fault"] == sort], total, ADVICE[sort]) for sort in sorts]
    return "\n".join(lines)


def _describe_sort(faults: gpd.GeoDataFrame, total: int, advice: Advice) -> str:
    rows = list(dict.fromkeys(row for text in faults["rows"] for row in text.split(_ROW) if text))
    notes = [f"rows {listed(rows, _SHOWN)}"] if rows else []
    if faults["area_km2"].notna().any():
        worst = faults.loc[faults["area_km2"].idxmax()]
        where = place_of(worst["geometry"], faults.crs)
        notes.append(f"largest {worst['area_km2']:.6g} km²{f' at {where}' if where else ''}")
    details = [text for text in dict.fromkeys(faults["detail"]) if text]
    notes += details[:3]
    subject = f"{len(rows)} of {total} rows" if rows else counted(len(faults), "place")
    brackets = f" ({'; '.join(notes)})" if notes else ""
    return f"- {subject} {advice.words}{brackets}: {advice.mend}"


def place_of(geometry: Any, crs: CRS | None) -> str:
    """Name the place of a fault by its longitude and latitude."""
    if geometry is None or geometry.is_empty or crs is None:
        return ""
    point = geometry.representative_point()
    return place(point.x, point.y, crs)


# --- the rules: one small function each ----------------------------------------------------------


def _dates(layer: Examined) -> Iterator[Fault]:
    frame = layer.frame
    if "date" in frame and layer.kind in _DATED:
        for row in frame.index[frame["date"].isna()]:
            yield Fault("no date", (row,))


def _sides(layer: Examined) -> Iterator[Fault]:
    frame, lines = layer.frame, layer.kind == "frontlines"
    for column in ("side_left", "side_right") if lines else ("side",):
        if column in frame and layer.kind in _DATED:
            for row in frame.index[frame[column] == ""]:
                yield Fault("no side", (row,), detail=f"column {column}" if lines else "")
    held = [column for column in ("side", "side_left", "side_right") if column in frame]
    if held and layer.kind in _DATED:
        sides = pd.concat([frame[column] for column in held])
        rows = sides[sides != ""].value_counts().to_dict()
        for spellings in spelled_alike(rows):
            told = " and ".join(f"{side!r} ({counted(rows[side], 'row')})" for side in spellings)
            found = dict.fromkeys(sides.index[sides.isin(spellings)])
            yield Fault("two spellings", tuple(found), detail=told)
    if lines and {"side_left", "side_right"} <= set(frame):
        for row in frame.index[(frame["side_left"] == frame["side_right"]) & (frame["side_left"] != "")]:
            yield Fault("same side", (row,), geometry=frame.geometry.loc[row])


def _names(layer: Examined) -> Iterator[Fault]:
    frame, districts = layer.frame, layer.kind == "districts"
    column = {"districts": "district", "settlements": "name"}.get(layer.kind)
    if column not in frame:
        return
    for row in frame.index[frame[column] == ""]:
        yield Fault("no name", (row,))
    keys = [column] if districts or "date" not in frame else [column, "date"]
    for rows in _repeats(frame.loc[frame[column] != "", keys]):
        name = repr(str(frame[column].loc[rows[0]]))
        yield Fault("repeated name" if districts else "repeated place", rows, detail=name)


def _numbers(layer: Examined) -> Iterator[Fault]:
    frame = layer.frame
    for column in NUMBERS.get(layer.kind, ()):
        if column in frame and pd.api.types.is_numeric_dtype(frame[column]):
            bad = frame[column].notna() & ~((frame[column] >= 0) & np.isfinite(frame[column]))
            for row in frame.index[bad]:
                yield Fault(f"bad {column.removesuffix('_m')}", (row,), detail=f"{frame[column].loc[row]}")


def _presence(layer: Examined) -> Iterator[Fault]:
    for row in layer.frame.index[layer.blank]:
        yield Fault("no geometry", (row,))


def _types(layer: Examined) -> Iterator[Fault]:
    wanted = _SHAPE.get(layer.kind, "polygons")
    wrong = ~np.isin(shapely.get_type_id(layer.shapes), list(_TYPES[wanted])) & ~layer.blank
    for row, found in zip(layer.frame.index[wrong], layer.frame.geom_type[wrong], strict=True):
        yield Fault("wrong geometry", (row,), detail=f"{found}, where {wanted} are wanted")


def _validity(layer: Examined) -> Iterator[Fault]:
    crs = layer.frame.crs
    for row, geometry in layer.frame.geometry[~layer.valid & ~layer.blank].items():
        reason = shapely.is_valid_reason(geometry)  # such as "Self-intersection[2 3]"
        words, _, at = reason.partition("[")
        x, y = (float(value) for value in at.rstrip("]").split()[:2]) if at else (np.nan, np.nan)
        known = bool(np.isfinite([x, y]).all())
        detail = words.strip() + (f" at {place(x, y, crs)}" if known and crs is not None else "")
        yield Fault("invalid", (row,), detail=detail, geometry=shapely.Point(x, y) if known else geometry)


def _duplicates(layer: Examined) -> Iterator[Fault]:
    if layer.kind == "settlements":
        return
    there = layer.frame[~layer.blank]
    for rows in _repeats(identity(there).set_axis(there.index)):
        yield Fault("duplicate", rows, geometry=there.geometry.loc[rows[0]])


def _repeats(keys: pd.DataFrame) -> Iterator[tuple[Hashable, ...]]:
    """Give the index labels of each set of rows that agree in all columns."""
    repeated = keys[keys.duplicated(keep=False)]
    number = repeated.groupby(list(repeated.columns), sort=False, dropna=False).ngroup().to_numpy()
    for rows in rows_of_each(number):
        yield tuple(repeated.index[rows])


def _simplicity(layer: Examined) -> Iterator[Fault]:
    if layer.kind == "frontlines":
        sound = layer.valid & ~layer.blank
        crossed = sound.copy()
        crossed[sound] = ~shapely.is_simple(layer.shapes[sound])
        for row, line in layer.frame.geometry[crossed].items():
            at, crs = _first_crossing(line), layer.frame.crs
            detail = f"at {place(at.x, at.y, crs)}" if crs is not None else ""
            yield Fault("not simple", (row,), detail=detail, geometry=at)


def _first_crossing(line: Any) -> shapely.Point:
    """Find where a line first crosses or runs over itself."""
    crossings = own_crossings(line)
    if not len(crossings):
        return shapely.Point(shapely.get_coordinates(line)[0])
    return crossings[int(np.argmin(shapely.line_locate_point(line, crossings)))]


def _overlaps(layer: Examined) -> Iterator[Fault]:
    found, areas_m2 = layer.overlaps, shapely.area(layer.shapes)
    # The pieces of one pair of rows follow each other.
    new = np.append(True, (np.diff(found.first) != 0) | (np.diff(found.second) != 0))[: len(found.pieces)]
    pair = np.cumsum(new) - 1
    pieces = shapely.multipolygons(found.pieces, indices=pair)
    rows = np.column_stack([found.first, found.second])[new]
    hair = thin(found.pieces, areas_m2[rows].min(axis=1)[pair])
    thick = np.bincount(pair[~hair], minlength=len(rows)) > 0
    labels = np.asarray(layer.frame.index, dtype=object)[rows]
    for both, piece, real, km2 in zip(labels, pieces, thick, shapely.area(pieces) / KM2, strict=True):
        yield Fault("overlap" if real else "thin overlap", tuple(both), km2, geometry=piece)


def _gaps(layer: Examined, theatre: Any) -> Iterator[Fault]:
    shapes = layer.shapes
    dated = layer.kind != "districts" and "date" in layer.frame
    dates = list(layer.frame["date"]) if dated else [None] * len(shapes)
    for rows in layer.coverages:
        date = dates[rows[0]] if len(rows) else None
        day = f"on {str(date)[:10]}" if pd.notna(date) else ""
        open_ground = gaps(shapes[rows], theatre)
        smallest_m2 = shapely.area(shapes[rows]).min(initial=np.inf)
        for gap, is_thin in zip(open_ground, thin(open_ground, smallest_m2), strict=True):
            sort = "thin gap" if is_thin else "gap"
            yield Fault(sort, (), gap.area / KM2, detail=day, geometry=gap)


def _coverages(frame: gpd.GeoDataFrame, kind: Kind, sound: Bools) -> list[Ints]:
    shapes = np.asarray(frame.geometry.values)
    polygonal = np.isin(shapely.get_type_id(shapes), list(_TYPES["polygons"]))
    rows = np.flatnonzero(sound & polygonal)
    if kind not in _COVERAGES:
        return []
    if "date" not in frame or kind == "districts":
        return [rows]
    date = frame["date"].iloc[rows].reset_index(drop=True)
    number = date.groupby(date, sort=True, dropna=False).ngroup().to_numpy()
    return [rows[own] for own in rows_of_each(number)]


def _overlapping(frame: gpd.GeoDataFrame, kind: Kind, sound: Bools) -> Pairs:
    """Find overlaps within each coverage, the pairs of each in order."""
    shapes = np.asarray(frame.geometry.values)
    found = [Pairs(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0, dtype=object))]
    for rows in _coverages(frame, kind, sound):
        if len(rows) > 1:
            pairs = overlaps(shapes[rows])
            found.append(Pairs(rows[pairs.first], rows[pairs.second], pairs.pieces))
    return Pairs(
        *(np.concatenate([getattr(one, name) for one in found]) for name in ("first", "second", "pieces"))
    )


_RULES: tuple[Callable[[Examined], Iterator[Fault]], ...] = (
    _dates, _sides, _names, _numbers, _presence, _types, _validity, _duplicates, _simplicity, _overlaps,
)  # fmt: skip
