"""Give a raw layer the columns and types of its kind."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.faults import Fault, Kind, row_labels

NOT_STATED = "not stated"

_COLUMNS: dict[
    str, dict[str, str | None]
] = {  # column: what stands there when it is missing; None: it must be there
    "control": {"date": None, "side": None, "source": NOT_STATED},
    "frontlines": {"date": None, "side_left": None, "side_right": None, "source": NOT_STATED, "note": ""},
    "settlements": {"name": None, "date": None, "side": None, "source": NOT_STATED},
    "districts": {"district": None, "vintage": NOT_STATED},
    "theatre": {},
    "polygons": {},
}
_KNOWN = (
    "date",
    "side",
    "side_left",
    "side_right",
    "source",
    "note",
    "name",
    "district",
    "vintage",
    "sigma_m",
)
_TEXT = ("side", "side_left", "side_right", "source", "note", "name", "district", "vintage")


def tidy(frame: gpd.GeoDataFrame, kind: Kind) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """Give a raw frame the columns and types of its kind.

    Parameters
    ----------
    frame
        A layer as it was read.
    kind
        What it is to be.

    Returns
    -------
    frame
        A copy: known columns in lower case, days without time of day, text without outer blanks (an
        absent text is ""), geometry in 2-D in a column `geometry`, the polygons or lines of
        GeometryCollections taken out.
    faults
        What went missing on the way: columns that must be there, dates that cannot be read.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> raw = gpd.GeoDataFrame({"Date": ["1994-05-12"], "SIDE": [" A "]}, geometry=[box(0, 0, 1, 1)])
    >>> frame, faults = tidy(raw, "control")
    >>> frame["side"].tolist(), faults
    (['A'], [])
    """
    out = frame.rename_geometry("geometry") if frame.geometry.name != "geometry" else frame.copy()
    names = {name: str(name).strip().lower() for name in out.columns}
    out = out.rename(
        columns={old: new for old, new in names.items() if new in _KNOWN and new not in out.columns}
    )
    faults: list[Fault] = []
    for column, filler in _COLUMNS[kind].items():
        if column not in out and filler is None and len(out):
            faults.append(Fault("missing column", (), detail=f"column {column!r}"))
        elif column not in out:
            out[column] = filler if filler is not None else ""
    for column in set(_TEXT) & set(out.columns):
        out[column] = out[column].astype(object).where(out[column].notna(), "").astype(str).str.strip()
    if "date" in out:
        faults += _read_dates(out)
    if "sigma_m" in out:
        out["sigma_m"] = pd.to_numeric(out["sigma_m"], errors="coerce").astype(float)
    elif kind in ("control", "frontlines", "settlements"):
        out["sigma_m"] = np.nan
    flat = _of_kind(shapely.force_2d(out.geometry.values), kind)
    return out.set_geometry(gpd.GeoSeries(flat, index=out.index, crs=out.crs)), faults


def days_of(frame: pd.DataFrame) -> pd.Series[Any] | None:
    """Read the days of a raw frame.

    Parameters
    ----------
    frame
        A frame as it was read.

    Returns
    -------
    days
        Days (datetime64) by row, empty where they cannot be read; None if there is no column `date`
        in any case.

    Examples
    --------
    >>> days_of(pd.DataFrame({"Date": ["1994-05-12T10:00:00Z", "May"]})).tolist()
    [Timestamp('1994-05-12 00:00:00'), NaT]
    """
    column = next((name for name in frame.columns if str(name).strip().lower() == "date"), None)
    return None if column is None else _parsed(_day_texts(frame[column]))


def _day_texts(raw: pd.Series[Any]) -> pd.Series[Any]:
    return (
        raw.astype(object).where(raw.notna(), None).map(lambda day: None if day is None else str(day).strip())
    )


def _parsed(text: pd.Series[Any]) -> pd.Series[Any]:
    days = pd.to_datetime(text, errors="coerce", format="ISO8601", utc=True)
    return days.dt.tz_localize(None).dt.normalize().astype("datetime64[s]")


def _read_dates(frame: gpd.GeoDataFrame) -> list[Fault]:
    """Turn the dates of a frame into days, in place; tell which cannot be read."""
    text = _day_texts(frame["date"])
    days = _parsed(text)
    frame["date"] = days
    unread = text.set_axis(row_labels(frame))[(days.isna() & text.notna() & (text != "")).to_numpy()]
    return [Fault("bad date", (row,), detail=repr(words)) for row, words in unread.items()]


def _of_kind(geometries: Any, kind: Kind) -> Any:
    """Take the polygons, or the lines, out of GeometryCollections."""
    out = np.array(geometries, dtype=object)
    mixed = shapely.get_type_id(out) == shapely.GeometryType.GEOMETRYCOLLECTION
    wanted = shapely.GeometryType.LINESTRING if kind == "frontlines" else shapely.GeometryType.POLYGON
    for row in np.flatnonzero(mixed & ~shapely.is_empty(out)):
        parts = shapely.get_parts(shapely.get_parts(out[row]))
        parts = parts[shapely.get_type_id(parts) == wanted]
        if len(parts):
            collect = shapely.multilinestrings if kind == "frontlines" else shapely.multipolygons
            out[row] = parts[0] if len(parts) == 1 else collect(parts)
    return out
