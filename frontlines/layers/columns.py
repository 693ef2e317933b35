"""Give a raw layer the columns and types of its kind."""

from __future__ import annotations

import unicodedata
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.arrays import Bools, Floats, Ints
from frontlines.crs.projecting import single_parts
from frontlines.errors import LayerError, NoiseError
from frontlines.layers.days import cells_as_text, days_or_faults
from frontlines.layers.faults import NUMBERS, Fault, row_labels
from frontlines.limits import require_metres, within
from frontlines.names import CONTESTED, UNKNOWN, Kind

NOT_STATED = "not stated"

_LAST_LATITUDE, _LAST_LONGITUDE = 90.0, 360.0  # [degrees]
_NEARLY_ROUND = 359.0  # [degrees]

# The columns of each kind, and what stands in one that is missing; None: it must be there.
_COLUMNS: dict[str, dict[str, str | None]] = {
    "control": {"date": None, "side": None, "source": NOT_STATED},
    "frontlines": {"date": None, "side_left": None, "side_right": None, "source": NOT_STATED, "note": ""},
    "settlements": {"name": None, "date": None, "side": None, "source": NOT_STATED},
    "districts": {"district": None, "vintage": NOT_STATED},
    "theatre": {},
    "polygons": {},
}
BOOKED = ("mended_km2", "outside_km2")
"""Columns that book ground: zero where nothing was moved; those of an earlier run are not booked again."""

_ON_MAPS = ("side", "side_left", "side_right", "district", "name")
_SHAPES = {
    "frontlines": (shapely.GeometryType.LINESTRING, shapely.multilinestrings),
    "settlements": (shapely.GeometryType.POINT, shapely.multipoints),
}


def tidy(frame: gpd.GeoDataFrame, kind: Kind) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """Give a raw frame the columns and types of its kind."""
    known = [*_COLUMNS[kind], *NUMBERS.get(kind, ())]
    out = _with_plain_names(frame, known)
    faults: list[Fault] = []
    if bare := kind == "frontlines" and len(out) > 0 and not {"side_left", "side_right"} & set(out.columns):
        faults.append(Fault("lines without sides", tuple(row_labels(out)), detail="no column 'side_left'"))
    for column, filler in _COLUMNS[kind].items():
        if column in out or (bare and column in ("side_left", "side_right")):
            continue
        if filler is None and len(out):
            faults.append(Fault("missing column", (), detail=f"column {column!r}"))
        else:
            out[column] = filler or ""
    for column in set(known) & set(out.columns) - {"date", "sigma_m", "population"}:
        out[column] = tidy_sides(out[column]) if column.startswith("side") else _texts(out[column])
        _require_short(out[column])
    if "date" in known and "date" in out:
        faults += _read_dates(out)
    faults += [fault for column in NUMBERS.get(kind, ()) for fault in _read_numbers(out, column)]
    flat = _of_kind(shapely.force_2d(out.geometry.values), kind)
    return out.set_geometry(gpd.GeoSeries(flat, index=out.index, crs=out.crs)), faults


def _require_short(names: pd.Series[Any]) -> None:
    """Refuse names that find no room on a map."""
    if names.name in _ON_MAPS and len(names):
        at = int((letters := names.str.len().to_numpy()).argmax())
        within("name_letters", letters[at], f"{names.name} of row {names.index[at]}")


def _with_plain_names(frame: gpd.GeoDataFrame, known: list[str]) -> gpd.GeoDataFrame:
    """Copy a frame without the books of an earlier run, known columns in lower case, with `geometry`."""
    new: dict[Any, str] = {frame.geometry.name: "geometry"}
    if frame.geometry.name != "geometry" and "geometry" in frame:
        new["geometry"] = "geometry_2"
    for column in frame.columns:
        name = str(column).strip().lower()
        if name in known and name not in frame.columns and name not in new.values():
            new[column] = name
    bare = frame.drop(columns=[*BOOKED, "margin_km2"], errors="ignore")
    out = bare.rename(columns=new).set_geometry("geometry")
    return out.set_axis(out.index.set_names([None if name in out else name for name in out.index.names]))


def _texts(column: pd.Series[Any]) -> pd.Series[Any]:
    """Read a column as text without outer blanks, in one form (NFC)."""
    return cells_as_text(column, lambda text: unicodedata.normalize("NFC", text.strip())).astype(str)


def tidy_sides(column: pd.Series[Any]) -> pd.Series[Any]:
    """Read sides as text in one form; reserved ones in lower case."""
    return _texts(column).map(lambda side: side.lower() if side.lower() in (UNKNOWN, CONTESTED) else side)


def days_of(frame: pd.DataFrame) -> pd.Series[Any] | None:
    """Read the days of a raw frame.

    Parameters
    ----------
    frame
        Any frame; its column `date` may be of days, texts or numbers, and in any case.

    Returns
    -------
    days
        A day a row, missing where none can be read; None if there is no such column.

    Examples
    --------
    >>> days_of(pd.DataFrame({"Date": ["1994-05-12", "soon"]})).dt.strftime("%Y-%m-%d").tolist()
    ['1994-05-12', nan]
    """
    column = next((name for name in frame.columns if str(name).strip().lower() == "date"), None)
    return None if column is None else days_or_faults(frame[column])[0]


def sigmas_of(lines: gpd.GeoDataFrame, unless_stated_m: float | None = None) -> Floats:
    """Read the standard errors that rows state [m]; NaN, or another value, where one states none."""
    require_metres(NoiseError, sigma_m=unless_stated_m)
    own = lines["sigma_m"] if "sigma_m" in lines else pd.Series(np.nan, index=lines.index)
    sigma_m = pd.to_numeric(own, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    missing = np.isnan(sigma_m)
    wrong = np.flatnonzero((missing & own.notna().to_numpy()) | np.isinf(sigma_m) | (sigma_m < 0))
    if len(wrong):
        raise NoiseError(
            f"sigma_m of row {lines.index[wrong[0]]} of the frontlines is {own.iloc[wrong[0]]}: "
            "give metres, 0 or more, or leave it empty"
        )
    return np.where(missing, np.nan if unless_stated_m is None else unless_stated_m, sigma_m)


def correlations_of(lines: gpd.GeoDataFrame) -> Floats:
    """Read over what length rows say that their errors are alike [m]; NaN where one states none."""
    if "correlation_m" not in lines:
        return np.full(len(lines), np.nan)
    texts = _texts(lines["correlation_m"])
    lengths = pd.to_numeric(texts.replace("", None), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    wrong = np.flatnonzero((np.isnan(lengths) & (texts != "").to_numpy()) | (lengths < 0))
    if len(wrong):
        raise NoiseError(
            f"correlation_m of row {lines.index[wrong[0]]} of the frontlines is {texts.iloc[wrong[0]]!r}: "
            "give metres, 0 or more, or inf, or leave it empty"
        )
    return lengths


def _read_dates(frame: gpd.GeoDataFrame) -> list[Fault]:
    """Turn the dates of a frame into days, in place; tell which cannot be read."""
    frame["date"], unread = days_or_faults(frame["date"])
    labels = row_labels(frame)
    return [Fault("bad date", (labels[at],), detail=words) for at, words in unread.items()]


def _read_numbers(frame: gpd.GeoDataFrame, column: str) -> list[Fault]:
    """Turn a column into numbers, in place; tell which cells cannot be read. A sigma there always is."""
    if column not in frame and column != "sigma_m":
        return []
    text = _texts(frame[column]) if column in frame else pd.Series("", index=frame.index)
    frame[column] = pd.to_numeric(text.replace("", None), errors="coerce").astype(float)
    unread = text.set_axis(row_labels(frame))[(frame[column].isna() & (text != "")).to_numpy()]
    return [
        Fault(f"bad {column.removesuffix('_m')}", (row,), detail=repr(words)) for row, words in unread.items()
    ]


def _of_kind(geometries: Any, kind: Kind) -> Any:
    """Take the polygons, lines or points out of GeometryCollections, and single points out of others."""
    out = np.array(geometries, dtype=object)
    wanted, collect = _SHAPES.get(kind, (shapely.GeometryType.POLYGON, shapely.multipolygons))
    types = shapely.get_type_id(out)
    mixed = types == shapely.GeometryType.GEOMETRYCOLLECTION
    if kind == "settlements":
        mixed |= types == shapely.GeometryType.MULTIPOINT
        coordinates, owner = shapely.get_coordinates(out, return_index=True)
        out[owner[np.isnan(coordinates).any(axis=1)]] = None
    for row in np.flatnonzero(types == shapely.GeometryType.LINEARRING):
        out[row] = shapely.LineString(out[row])
    for row in np.flatnonzero(mixed & ~shapely.is_empty(out)):
        parts = single_parts(out[[row]])[0]
        parts = parts[shapely.get_type_id(parts) == wanted]
        if len(parts):
            out[row] = parts[0] if len(parts) == 1 else collect(parts)
    return out


def with_key(frame: gpd.GeoDataFrame, key: str) -> gpd.GeoDataFrame:
    """Name a frame's key column `district`."""
    by_name = {str(column).lower(): column for column in frame.columns}
    column = key if key in list(frame.columns) else by_name.get(str(key).lower())
    if column is None and key != "district":
        raise LayerError(f"the districts have no column {key!r} (key): there are {', '.join(by_name)}")
    if column is None or column == "district":
        return frame
    return frame.assign(district=frame[column])


def dissolved(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Join the rows of districts that share a name; what cannot be joined stays for the door to refuse."""
    if "district" not in frame:
        return frame
    names = _texts(frame["district"])
    rows = {
        name: where for name, where in frame.groupby(names.to_numpy(), sort=False).indices.items() if name
    }
    shapes = np.array(frame.geometry.values, dtype=object)
    kept = np.ones(len(frame), dtype=bool)
    for where in rows.values():
        if len(where) > 1 and shapely.is_valid(shapes[where]).all():
            shapes[where[0]] = shapely.union_all(shapes[where])
            kept[where[1:]] = False
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))[kept]


def unfit_to_project(frame: gpd.GeoDataFrame) -> list[Fault]:
    """Find what keeps a frame from being projected."""
    labels = row_labels(frame)
    xy, row = shapely.get_coordinates(frame.geometry.values, return_index=True)
    odd = _rows_with(~np.isfinite(xy), row)
    found = [Fault("bad coordinates", tuple(labels[odd]))] if len(odd) else []
    if frame.crs is None:
        return [*found, Fault("no CRS", ())]
    if not frame.crs.is_geographic:
        return found
    if len(far := _rows_with(np.abs(xy) > (_LAST_LONGITUDE, _LAST_LATITUDE), row)):
        found.append(Fault("not degrees", tuple(labels[far])))
    wide = len(xy) and not len(odd) and np.ptp(xy[:, 0]) > _NEARLY_ROUND
    if wide and len(round_it := _round_the_earth(frame)):
        found.append(Fault("round the earth", tuple(labels[round_it])))
    return found


def _rows_with(odd: Bools, row: Ints) -> Ints:
    """Find the rows of which any coordinate is odd, (n, 2); mostly none is."""
    return np.unique(row[odd.any(axis=1)]) if odd.any() else row[:0]


def _round_the_earth(frame: gpd.GeoDataFrame) -> Ints:
    """Find polygons with an edge all round the earth, of which nothing is left where 180 and -180 meet."""
    parts, row = shapely.get_parts(frame.geometry.values, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    wide = (np.abs(np.diff(xy[:, 0])) > _NEARLY_ROUND) & (ring[1:] == ring[:-1])
    rows = set()
    for one in np.unique(ring[1:][wide]):
        x, y = xy[ring == one].T
        east = np.diff(x)
        turns = np.cumsum(np.round(east / _LAST_LONGITUDE)) * _LAST_LONGITUDE
        if np.isclose(np.abs(shapely.area(shapely.polygons(np.column_stack([x - [0, *turns], y])))), 0):
            rows.add(int(row[part[one]]))
    return np.array(sorted(rows), dtype=np.int64)
