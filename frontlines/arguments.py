"""What public functions take: one door for every kind of argument, led by the annotations."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError as NoCRS

from frontlines.errors import ArgumentError, LayerError, SourceError

Thing = TypeVar("Thing", bound=Callable[..., Any])

_DOOR = "its door (as_control, as_frontlines, as_districts, as_settlements, as_theatre)"
_MAKERS = {
    "change": "change_between", "transitions": "transitions_by_district", "balance": "balance_by_district",
    "series": "change_series", "series_or_totals": "change_series or series_totals",
    "lengths": "front_length", "transects": "make_transects", "displaced": "displacement",
}  # fmt: skip
_KM2 = "before_km2 after_km2 gained_km2 lost_km2 net_km2"
_STEPS = f"rows date_from date_to period_end side {_KM2} turnover_km2 absorbed_km2"
_LAYERS = {
    **dict.fromkeys(("control", "before", "after", "snapshots", "sources"), "polygons date side"),
    **dict.fromkeys(("settlements", "places"), "points name"),
    "theatre": "polygons",
    "districts": "polygons district",
    "frontlines": "lines date",
    "change": "polygons date_from date_to side_from side_to",
    "transitions": "rows district side_from side_to area_km2",
    "balance": "rows district date_from date_to gained_km2 lost_km2 net_km2",
    "series": f"{_STEPS} district cadence same_input suspect contested_before_km2 contested_after_km2 "
    "margin_before_km2 margin_after_km2",
    "series_or_totals": "rows side date_from date_to cadence same_input suspect",
    "lengths": "rows date resolution_m front_km",
    "transects": "lines",
    "displaced": "lines transect origin_m nsm_m from_m to_m date_from date_to",
}
"""What the rows of a frame are and what they hold, by the name of the argument, unless a function says it."""

_NUMBERS = ("_km2", "_m", "_km", "_px", "_per_day", "transect", "_points", "frechet_share", "iou")
_SHAPES = {"points": 0, "lines": 1, "polygons": 2}
_WORDS: dict[Any, str] = {
    float: "a number", int: "a whole number", str: "a text", bool: "True or False", type(None): "None",
    Path: "a path", CRS: "a CRS from working_crs",
}  # fmt: skip
_NAME_BYTES = 255  # of a file, the most that file systems take
_SHOWN = 60  # letters of a value in a message


def checked(**layers: str) -> Callable[[Thing], Thing]:
    """Let a function or a class refuse arguments that are not of the annotated types, before its work begins.

    `layers` says what the rows of a frame are and hold, where `_LAYERS` does not: ``first="polygons date"``.
    """

    def wrapped(thing: Thing) -> Thing:
        if not isinstance(thing, type):
            return _checking(thing, layers)
        thing.__init__ = _checking(thing.__init__, layers)  # type: ignore[misc]
        return cast("Thing", thing)

    return wrapped


def _checking(function: Thing, layers: Mapping[str, str]) -> Thing:
    """Wrap a function with the check of its arguments."""
    signature = inspect.signature(function)
    hints = functools.cache(lambda: get_type_hints(function))  # once all modules are loaded

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError:
            return function(*args, **kwargs)  # Python says best which argument is missing or unknown
        for name, value in given.items():
            several = signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD
            for each, one in value.items() if several else [(name, value)]:
                _require(each, one, hints().get(name, Any), layers.get(name, _LAYERS.get(name)))
        return function(*args, **kwargs)

    return cast("Thing", call)


def _require(name: str, value: Any, hint: Any, rows: str | None) -> None:
    """Refuse a value that is not of a type, and frames that do not hold such rows."""
    if not _fits(value, hint):
        text = repr(value) if isinstance(value, str | bytes | Real | None) else f"a {type(value).__name__}"
        short = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        raise ArgumentError(f"{name} is {short}: give {_words(hint)}")
    if Path in get_args(hint) and isinstance(value, str | PathLike):
        parts = str(value).replace("\\", "/").split("/")
        if "\0" in str(value) or max(len(part.encode(errors="replace")) for part in parts) > _NAME_BYTES:
            short = repr(str(value)[:_SHOWN])
            raise SourceError(f"{short} ({name}) is no path: it holds a zero byte, or a name over 255 bytes")
    raw = not {str, gpd.GeoSeries}.isdisjoint(get_args(hint))  # has yet to pass its door
    for frame in value.values() if isinstance(value, Mapping) else [value]:
        if isinstance(frame, pd.DataFrame):
            _require_rows(name, frame, *("any" if raw or rows is None else rows).split())


def _fits(value: Any, hint: Any) -> bool:
    """Tell whether a value is of a type; what is in containers is looked at where it can be read twice."""
    kind, inner = get_origin(hint), get_args(hint)
    if kind in (Union, UnionType):
        return any(_fits(value, one) for one in inner)
    if kind is Literal:
        return any(isinstance(value, type(one)) and value == one for one in inner)
    if kind is Callable or kind is np.ndarray:
        return callable(value) if kind is Callable else isinstance(value, np.ndarray)
    if kind is not None:
        return _fits_items(value, kind, inner)
    if getattr(hint, "_is_protocol", False):  # looked at without running properties
        names = [name for name in {**hint.__annotations__, **vars(hint)} if not name.startswith("_")]
        return all(inspect.getattr_static(value, name, hint) is not hint for name in names)
    return bool(_FITS[hint](value) if hint in _FITS else hint is Any or isinstance(value, hint))


def _fits_items(value: Any, kind: Any, inner: tuple[Any, ...]) -> bool:
    """Tell whether something holds items of some types; a tuple of known length may be any sequence."""
    if issubclass(kind, Mapping):
        return isinstance(value, kind) and all(all(map(_fits, item, inner)) for item in value.items())
    if isinstance(value, str | bytes | Mapping | pd.DataFrame) or not hasattr(value, "__iter__"):
        return False
    if not hasattr(value, "__len__"):
        return kind is not tuple
    if kind is tuple and inner[-1] is not Ellipsis:
        return len(value) == len(inner) and all(map(_fits, value, inner))
    return all(_fits(one, inner[0]) for one in value)


def _is_bool(value: Any) -> bool:
    """Tell a truth value, which Python takes for a number, from numbers."""
    return isinstance(value, bool | np.bool_)


def _is_crs(value: Any) -> bool:
    """Tell whether something can be read as a CRS."""
    try:
        return value is not None and CRS.from_user_input(value) is not None
    except (NoCRS, UnicodeError):
        return False


_FITS: dict[Any, Callable[[Any], bool]] = {
    float: lambda value: isinstance(value, Real) and not _is_bool(value),
    int: lambda value: isinstance(value, Integral) and not _is_bool(value),
    str: lambda value: isinstance(value, str) and value == value.encode(errors="ignore").decode(),
    bool: _is_bool,
    gpd.GeoDataFrame: lambda value: (
        isinstance(value, gpd.GeoDataFrame) and value.active_geometry_name in value
    ),
    Path: lambda value: isinstance(value, PathLike),
    CRS: _is_crs,
}


def _words(hint: Any) -> str:
    """Say what a type is."""
    kind, inner = get_origin(hint), get_args(hint)
    if kind in (Union, UnionType):
        return " or ".join(dict.fromkeys(map(_words, inner)))
    if kind is Literal:
        return " or ".join(map(repr, inner))
    if kind is Callable or hint in _WORDS:
        return _WORDS.get(hint, "a function")
    if kind is not None and inner and kind is not np.ndarray:
        items = ", ".join(_words(one) for one in inner if one is not Ellipsis)
        return f"a {'mapping' if issubclass(kind, Mapping) else 'list'} of ({items})"
    name = getattr(kind or hint, "__name__", str(hint)).removesuffix("Like")
    return f"{'an' if name[0] in 'AEIO' else 'a'} {name}{' with geometry' * (name == 'GeoDataFrame')}"


def _require_rows(name: str, table: pd.DataFrame, shape: str, *columns: str) -> None:
    """Refuse rows of other shapes, or without some columns of what their names say."""
    origin = f"pass what comes from {_MAKERS.get(name, _DOOR)}"
    if table.columns.has_duplicates:
        twice = ", ".join(map(repr, table.columns[table.columns.duplicated()].unique()))
        raise LayerError(f"{name} has more than one column {twice}: rename or drop the others")
    if shape in _SHAPES:
        shapes = np.asarray(table.geometry.values)
        found, dimension = shapely.get_dimensions(shapes), _SHAPES[shape]
        there = (found >= 0) & ~shapely.is_empty(shapes)  # what is nowhere is passed over
        odd = np.flatnonzero(there & ((found != dimension) | np.isnan(shapely.area(shapes))))
        if len(odd):
            raise LayerError(f"row {table.index[odd[0]]} of {name} is none of {shape} with a place: {origin}")
    made = shape == "rows" or name in _MAKERS  # by the library, not by its users
    known = [one for one in map(str, table.columns) if made and _held(one) in ("numbers", "days")]
    for column in [*columns, *known] if len(table) else []:
        held = _held(column)
        if not (column in table and _HOLDS[held](table[column])):
            raise LayerError(f"{name} has no column {column!r} of {held}: {origin}")
    if name == "districts" and table.get("district", pd.Series()).duplicated().any():
        raise LayerError(f"districts have a name twice: {origin}")


def _held(column: str) -> str:
    """Say what a column holds by its name."""
    if column.startswith(("date", "period")):
        return "days"
    if column == "colour":
        return "colours"
    if column in ("same_input", "suspect", "shared", "cut"):
        return "truth values"
    return "numbers" if column.endswith(_NUMBERS) or column in ("x", "y") else "texts"


def _are_days(values: pd.Series[Any]) -> bool:
    """Tell whether values are days, or texts that can be read as such."""
    known = pd.api.types.infer_dtype(values) in ("string", "datetime64", "datetime", "date")
    return known and bool(pd.to_datetime(values, errors="coerce", format="mixed").notna().all())


def _are_colours(values: pd.Series[Any]) -> bool:
    """Tell whether all values are colours that matplotlib knows."""
    from matplotlib.colors import is_color_like  # noqa: PLC0415

    return all(map(is_color_like, values))


_HOLDS: dict[str, Callable[[pd.Series[Any]], bool]] = {
    "colours": _are_colours,
    "days": _are_days,
    "truth values": pd.api.types.is_bool_dtype,
    "numbers": pd.api.types.is_numeric_dtype,
    "texts": lambda values: (
        pd.api.types.infer_dtype(values, skipna=False) in ("string", "integer", "categorical")
    ),
}
