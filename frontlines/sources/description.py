"""How a layer says who holds what, and when: which column, which values, which rows.

A user says it by options, a publisher's file once and for all. Where nobody says it, and something in the
layer may tell sides apart, nobody guesses: the layer is refused with what stands in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from frontlines.arguments import checked
from frontlines.errors import LayerError, SourceError
from frontlines.layers.days import (
    as_days,
    cells_as_text,
    days_in_texts,
    days_or_faults,
    strange_days,
    texts_of_days,
    without_day,
)
from frontlines.names import listed

_NO_SIDES = {"date", "source", "note", "sigma_m", "vintage", "district", "geometry"}
_NAMES = {"id", "fid", "gid", "uid", "uuid", "objectid", "ogc", "name", "label", "description", "folder"}
_MOST_CODES = 12  # a column of numbers with more values than this is no list of classes
_SHOWN_VALUES, _SHOWN_COLUMNS, _LONGEST = 6, 4, 40


@checked()
@dataclass(frozen=True, kw_only=True)
class Description:
    """What a layer's columns and values mean; whatever is left out follows from names that are usual.

    Parameters
    ----------
    side_column
        Column that says whose ground it is; by default ``side``.
    sides
        Side of each value of that column; None leaves its rows out. Other values stay as they are.
    one_side
        All rows are ground of one side, whatever else tells them apart.
    side_left, side_right
        Who is to the left and to the right of all lines that name no sides, seen from their start.
    side_at
        Places of each side as (longitude, latitude) [degrees], by which lines that name no sides get theirs,
        see `frontlines.lines_with_sides`.
    date_column, date_format
        Column of the day, by default ``date``, and how days are written, as for `datetime.strptime`.
    valid_from, valid_to
        Columns of the first and last day on which a row holds; the day wanted picks the rows.
    valid_before
        Column of the first day on which a row no longer holds, in place of `valid_to`: where rows end on the
        day on which the next ones begin.
    where
        Values that rows must have, by column.
    sigma_column
        Column of the standard error of the position [m]; by default ``sigma_m``.
    crs
        CRS of a file that does not name one.
    lon, lat
        Columns of longitude and latitude [degrees] of a table; by default such as are usual.
    encoding
        Encoding of the text of a shapefile or table that does not name one.
    allow_date
        Take days that look like slips of the pen: those after today, and those more than 30 years from
        all the others (two and more, which lie within less than a third of that distance).
    allow_empty
        Take a file without a row for a day on which no side held ground: all of it is that of the rest.
    dissolve
        Rows of districts that share a name are one district.
    publisher
        Who published the layers, one of `frontlines.sources.PUBLISHERS` or a file ending in ``.toml``:
        what is not given here is as that publisher writes it.
    each_day
        Which of several files that show one day to take: ``last``, ``first``, or ``all``, joined.
    shift_days
        Days to add to those written in names and columns: −1 where a file of a day shows the evening before.

    Examples
    --------
    >>> Description(side_column="type", sides={"losses": "UKR", "nochange": "RUS", "unsure": None}).crs
    """

    side_column: str | None = None
    sides: Mapping[str, str | None] = field(default_factory=dict)
    one_side: bool = False
    side_left: str | None = None
    side_right: str | None = None
    side_at: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    date_column: str | None = None
    date_format: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    valid_before: str | None = None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sigma_column: str | None = None
    crs: str | None = None
    lon: str | None = None
    lat: str | None = None
    encoding: str | None = None
    allow_date: bool = False
    allow_empty: bool = False
    dissolve: bool = False
    publisher: str | None = None
    each_day: str | None = None
    shift_days: int = 0

    @property
    def bounds(self) -> tuple[str | None, str | None, str | None]:
        """Columns that say from when to when rows hold."""
        return self.valid_from, self.valid_to, self.valid_before

    @property
    def of_spans(self) -> bool:
        """Whether rows say from when to when they hold."""
        return any(self.bounds)


USUAL = Description()
"""A layer whose columns have the names that are usual."""


def described(
    frame: gpd.GeoDataFrame,
    description: Description,
    *,
    name: str,
    day: str | None = None,
    side: str | None = None,
    notes: list[str] | None = None,
) -> gpd.GeoDataFrame:
    """Give a raw layer columns `date`, `side` and `sigma_m` by its description, and pick its rows.

    `day` is the day wanted, `side` the holder of all rows where nothing tells sides apart (lines name their
    own sides). What a reader must know is added to `notes`.
    """
    if frame.empty:  # a day without ground has no columns either
        return frame if day is None else frame.assign(date=day)
    rows = _chosen(frame, description.where, name)
    rows = _dated(rows, description, name, day, [] if notes is None else notes)
    rows = (
        _lines_sided(rows, description, name) if is_of_lines(rows) else _sided(rows, description, name, side)
    )
    if description.sigma_column is not None:
        rows = rows.assign(sigma_m=rows[column_of(rows, description.sigma_column, name)])
    if "date" in rows:
        require_likely_days({name: rows["date"]}, description)
    return rows


def require_likely_days(days: Mapping[str, Iterable[Any]], description: Description) -> None:
    """Refuse days of files that are likely slips of the pen, unless they are allowed."""
    if description.allow_date:
        return
    read = {name: set(days_or_faults(pd.Series(held))[0].dropna()) for name, held in days.items()}
    found = strange_days(day for held in read.values() for day in held)
    told = [
        f"{name} has the day {day:%Y-%m-%d}, which {strange_day}"
        for name, held in read.items()
        for day in sorted(held & set(found))
        if (strange_day := found[day])
    ]
    if told:
        raise SourceError(f"{listed(told, _SHOWN_COLUMNS)}: mend it, or pass allow_date=True")


def is_of_lines(frame: gpd.GeoDataFrame) -> bool:
    """Tell lines from polygons by their columns and geometry."""
    columns, types = {str(column).strip().lower() for column in frame.columns}, set(frame.geom_type.dropna())
    lines = {"LineString", "MultiLineString", "LinearRing"}
    return bool({"side_left", "side_right"} & columns or (types and types <= lines))


def values_of_sides(frame: gpd.GeoDataFrame, description: Description, name: str) -> dict[str, int]:
    """Count the values that `Description.sides` may give a side, as they stand in a raw layer."""
    if frame.empty:
        return {}
    wanted = {"side_left", "side_right"} if is_of_lines(frame) else {"side"}
    columns = [column for column in frame.columns if str(column).strip().lower() in wanted]
    if description.side_column is not None and not is_of_lines(frame):
        columns = [column_of(frame, description.side_column, name)]
    return _counts(pd.concat([_texts(frame[column]) for column in columns])) if columns else {}


def require_values(sides: Mapping[str, str | None], held: Mapping[str, int], name: str) -> None:
    """Refuse to give a side to a value that occurs nowhere."""
    absent = [value for value in map(one_form, sides) if value not in held]
    if absent:
        values = ", ".join(map(repr, absent))
        raise SourceError(
            f"no row of {name} has the value {values}, which sides names: it holds {_counted(held)}"
        )


def side_candidates(frame: gpd.GeoDataFrame) -> dict[str, dict[str, int]]:
    """List the columns that may tell sides apart: their values, the most frequent first, with their rows.

    These are columns of text, and of few repeated whole numbers, that differ between rows of one day.
    """
    by_name = {str(column).strip().lower(): column for column in frame.columns}
    day = days_or_faults(frame[by_name["date"]])[0] if "date" in by_name else None
    groups = pd.Series(0, index=frame.index) if day is None else day.fillna(pd.Timestamp("1-1-1"))
    found = {}
    for column in frame.columns.drop(frame.geometry.name):
        if str(column).strip().lower() in _NO_SIDES or not _may_be_class(frame[column]):
            continue
        texts = _texts(frame[column])
        if (texts.groupby(groups.to_numpy()).nunique() > 1).any() and not _are_days(texts):
            found[str(column)] = _counts(texts)
    return dict(sorted(found.items(), key=lambda one: _unlikely(one[0], one[1], len(frame))))


def _unlikely(column: str, values: Mapping[str, int], rows: int) -> tuple[bool, bool, int]:
    """Put columns of sides first: few repeated values, before names and identifiers."""
    words = set(re.split(r"[^a-z]+|(?<=[a-z])(?=\d)", column.lower()))
    return len(values) == rows, bool(words & _NAMES), len(values)


def _may_be_class(column: pd.Series[Any]) -> bool:
    if pd.api.types.is_bool_dtype(column):
        return True
    if pd.api.types.is_numeric_dtype(column):
        known = column.dropna()
        whole = bool(np.isfinite(known).all()) and bool((known == known.round()).all())
        return whole and 1 < known.nunique() <= min(_MOST_CODES, len(known) - 1)
    return not pd.api.types.is_datetime64_any_dtype(column)


def _are_days(texts: pd.Series[Any]) -> bool:
    said = [text for text in texts.unique() if text]
    try:
        return all(day is not None for day in days_in_texts(said)) and bool(said)
    except SourceError:
        return True  # days in an order that is not settled are days


def _texts(column: pd.Series[Any]) -> pd.Series[Any]:
    """Text of each cell, in one form."""
    return cells_as_text(column, one_form)


def one_form(value: Any) -> str:
    """Text in the normal form NFC, with single blanks."""
    return " ".join(unicodedata.normalize("NFC", str(value)).split())


def column_of(frame: gpd.GeoDataFrame, wanted: str, name: str) -> Any:
    """Find a column by its name, in any case."""
    exact = [column for column in frame.columns if str(column) == wanted]
    alike = [column for column in frame.columns if str(column).strip().lower() == wanted.strip().lower()]
    if not (exact or alike):
        there = ", ".join(map(repr, map(str, frame.columns.drop(frame.geometry.name)))) or "none"
        raise SourceError(f"{name} has no column {wanted!r}: its columns are {there}")
    return (exact or alike)[0]


def _chosen(frame: gpd.GeoDataFrame, where: Mapping[str, tuple[str, ...]], name: str) -> gpd.GeoDataFrame:
    """Keep the rows that have the values wanted."""
    for wanted, values in where.items():
        texts = _texts(frame[column_of(frame, wanted, name)])
        kept = texts.isin([one_form(value) for value in values])
        if not kept.any():
            raise SourceError(
                f"{name} has no row with {wanted}={' or '.join(values)}: it holds {_counted(_counts(texts))}"
            )
        frame = frame[kept.to_numpy()]
    return frame


def _day_column(frame: gpd.GeoDataFrame, description: Description, name: str) -> Any:
    """Find the column of days; None where there is none."""
    if description.date_column is not None:
        return column_of(frame, description.date_column, name)
    return next((column for column in frame.columns if str(column).strip().lower() == "date"), None)


def has_days(frame: gpd.GeoDataFrame, description: Description, name: str) -> bool:
    """Tell whether rows of a raw layer say themselves on which day they hold, or from when to when."""
    if frame.empty:
        return False
    if description.of_spans:
        return True
    column = _day_column(frame, description, name)
    return column is not None and bool((texts_of_days(frame[column]) != "").any())


def _dated(
    frame: gpd.GeoDataFrame, description: Description, name: str, day: str | None, notes: list[str]
) -> gpd.GeoDataFrame:
    """Say the day of each row, and pick those of the day wanted."""
    if description.of_spans:
        return _valid_on(frame, description, name, day)
    present = {str(column).strip().lower(): column for column in frame.columns}
    column = _day_column(frame, description, name)
    if column is None:
        if day is not None:
            require_no_spans(frame, description, name, day)
        return frame if day is None else frame.assign(date=day)
    others = [present["date"]] if "date" in present else []
    texts = texts_of_days(frame[column])
    bare, said = frame.drop(columns=list({column, *others})), [text for text in texts.unique() if text]
    if day is not None and len(said) <= 1:
        return _as_given(bare, day, said, name, notes)
    days = _read_days(frame[column], texts, description, name)
    days += pd.Timedelta(days=description.shift_days)
    if day is None:
        return bare.assign(date=days.astype(object).where(days.notna(), texts) if days.isna().any() else days)
    wanted = pd.Timestamp(day).as_unit("s")
    if (days == wanted).any():
        rows = ((days == wanted) | days.isna()).to_numpy()
        return bare[rows].assign(date=days[rows])
    if days.nunique() > 1:
        first, last = days.min(), days.max()
        raise LayerError(
            f"{name} has no row of {day}: it holds {days.nunique()} days, {first:%Y-%m-%d} to "
            f"{last:%Y-%m-%d}; say which one to take"
        )
    return _as_given(bare, day, said, name, notes)


def _as_given(
    frame: gpd.GeoDataFrame, day: str, said: list[str], name: str, notes: list[str]
) -> gpd.GeoDataFrame:
    """Take the day given, which wins over the one in the file."""
    wanted = pd.Timestamp(day).as_unit("s")
    if said and not (days_or_faults(pd.Series(said[:1]))[0] == wanted).all():
        notes.append(f"{name} is read as of {day}, as asked, though it says {_shown(said[0])}")
    return frame.assign(date=wanted)


def _read_days(
    column: pd.Series[Any], texts: pd.Series[Any], description: Description, name: str
) -> pd.Series[Any]:
    try:
        days = as_days(column, description.date_format)
    except SourceError as error:
        raise SourceError(f"{name}, column {str(column.name)!r}: {error}") from error
    said = [text for text in texts.unique() if text]
    if said and days.isna().all():
        how = without_day(said[0]) or "say how days are written with date_format='%d %b %Y'"
        raise SourceError(
            f"{name}, column {str(column.name)!r}: no day can be read from {_shown(said[0])!r}: {how}, "
            "or say which day it shows with date='1994-05-12'"
        )
    return days


def _valid_on(
    frame: gpd.GeoDataFrame, description: Description, name: str, day: str | None
) -> gpd.GeoDataFrame:
    """Keep the rows that hold on the day wanted; a row without a first or last day has no such bound."""
    if day is None:
        raise SourceError(
            f"{name} says from when to when its rows hold: give the day wanted in the file's name, "
            "or with date='1861-01-01'"
        )
    wanted = pd.Timestamp(day).as_unit("s")
    holds = pd.Series(data=True, index=frame.index)
    for column, first, fits in (
        (description.valid_from, True, pd.Series.le),
        (description.valid_to, False, pd.Series.ge),
        (description.valid_before, True, pd.Series.gt),
    ):
        if column is not None:
            bound = _bound(frame[column_of(frame, column, name)], description, name, first=first)
            holds &= bound.isna() | fits(bound, wanted)
    if not holds.any():
        raise SourceError(f"{name} has no row that holds on {day}: check the day and the columns of validity")
    return frame[holds.to_numpy()].assign(date=wanted)


_SPANS = [
    ("start", "end"), ("startdate", "enddate"), ("datestart", "dateend"), ("startyear", "endyear"),
    ("yearstart", "yearend"), ("begin", "end"), ("begindate", "enddate"), ("beginyear", "endyear"),
    ("validfrom", "validto"), ("validfrom", "validuntil"), ("validsince", "validuntil"), ("from", "to"),
    ("datefrom", "dateto"), ("fromdate", "todate"), ("since", "until"), ("von", "bis"),
    ("gueltigvon", "gueltigbis"), ("gültigvon", "gültigbis"), ("gueltigab", "gueltigbis"), ("ab", "bis"),
    ("début", "fin"), ("debut", "fin"), ("datedebut", "datefin"), ("du", "au"), ("desde", "hasta"),
    ("inicio", "fin"), ("gwsdate", "gwedate"), ("gwsyear", "gweyear"), ("cowsdate", "cowedate"),
    ("cowsyear", "coweyear"),
]  # fmt: skip
"""How columns are called that say from when to when a row holds, in small letters alone."""


def spans_of(frame: gpd.GeoDataFrame) -> tuple[str, str] | None:
    """Find two columns that look like the first and last day on which a row holds, and differ by row."""
    names = {"".join(filter(str.isalnum, str(column).lower())): column for column in frame.columns}
    for first, last in _SPANS:
        if first not in names or last not in names:
            continue
        texts = [texts_of_days(frame[names[name]]) for name in (first, last)]
        if max(each.nunique() for each in texts) > 1 and all(map(_are_days_or_years, texts)):
            return str(names[first]), str(names[last])
    return None


def _are_days_or_years(texts: pd.Series[Any]) -> bool:
    others = texts[~texts.str.fullmatch(r"[12]\d{3}|")]
    return bool((texts != "").any()) and (others.empty or _are_days(others))


def spans_named(spans: tuple[str, str]) -> str:
    """Say how columns of spans are named in a description."""
    first, last = spans
    return (
        f"name the columns that say from when to when a row holds with valid_from={first!r}, "
        f"valid_to={last!r} (valid_before={last!r} if it is the first day on which the row no longer holds)"
    )


def touching(frame: gpd.GeoDataFrame, description: Description, name: str) -> str:
    """Say what to do if rows end on the day on which others begin; "" if none do."""
    first, last = description.valid_from, description.valid_to
    if first is None or last is None:
        return ""
    begun, ended = (set(texts_of_days(frame[column_of(frame, one, name)])) - {""} for one in (first, last))
    if not begun & ended:
        return ""
    return (
        f"some rows end on the day on which others begin ({_shown(min(begun & ended))}), so that both hold "
        f"on it: give valid_before={last!r} in place of valid_to, "
        "the first day on which a row no longer holds"
    )


def require_no_spans(frame: gpd.GeoDataFrame, description: Description, name: str, day: str) -> None:
    """Refuse to take all rows as of one day where they seem to say that some do not hold on it."""
    spans = spans_of(frame)
    if spans is None:
        return
    said = replace(description, valid_from=spans[0], valid_to=spans[1])
    try:
        held = len(_valid_on(frame, said, name, day))
    except SourceError:
        held = 0
    if held < len(frame):
        raise SourceError(
            f"{name} has columns {spans[0]!r} and {spans[1]!r}, by which {held} of {len(frame)} rows hold on "
            f"{day}: {spans_named(spans)}; or leave these columns out of the file"
        )


def _bound(column: pd.Series[Any], description: Description, name: str, *, first: bool) -> pd.Series[Any]:
    """Read first or last days; a year alone begins on 1 January and ends on 31 December."""
    texts = texts_of_days(column)
    whole = texts + ("-01-01" if first else "-12-31")
    texts = texts.where(~texts.str.fullmatch(r"\d{4}"), whole).rename(str(column.name))
    days = _read_days(texts, texts, description, name)
    if (unread := (days.isna() & (texts != ""))).any():
        text = _shown(texts[unread].iloc[0])
        raise SourceError(
            f"{name}, column {str(column.name)!r}: no day can be read from {text!r}: "
            "say how days are written with date_format='%d %b %Y', or leave the cell empty"
        )
    return days


def _lines_sided(frame: gpd.GeoDataFrame, description: Description, name: str) -> gpd.GeoDataFrame:
    """Name the sides of lines as described; where `sides` says None, a line is left out."""
    sides = {one_form(value): meant for value, meant in description.sides.items()}
    present = {str(column).strip().lower(): column for column in frame.columns}
    kept = np.ones(len(frame), dtype=bool)
    for known, given in (("side_left", description.side_left), ("side_right", description.side_right)):
        texts = _texts(frame[present[known]]) if known in present else pd.Series("", index=frame.index)
        if known in present and sides:
            kept &= ~texts.map(lambda text: text in sides and sides[text] is None).to_numpy(dtype=bool)
            texts = texts.map(lambda text: sides.get(text) or text)
            frame = frame.assign(**{str(present[known]): texts})
        if given is not None:
            if others := sorted(set(texts[kept]) - {"", given}):
                held = listed(others, _SHOWN_VALUES)
                raise SourceError(
                    f"{name} names its own sides: {known!r} holds {held}, not {given!r}: leave "
                    f"{known}={given!r} out, or give sides={{{others[0]!r}: 'NAME'}}"
                )
            frame = frame.assign(**{str(present.get(known, known)): given})
    return frame[kept]


def _sided(
    frame: gpd.GeoDataFrame, description: Description, name: str, side: str | None
) -> gpd.GeoDataFrame:
    """Say who holds each row; refuse to guess."""
    present = {str(column).strip().lower(): column for column in frame.columns}
    column = present.get("side")
    if description.side_column is not None:
        column = column_of(frame, description.side_column, name)
    if column is None:
        if description.sides:
            values = ", ".join(map(repr, description.sides))
            raise SourceError(
                f"{name} has no column 'side' whose values {values} could be: say which column they stand in "
                f"with side_column. {told_candidates(side_candidates(frame))}"
            )
        found = {} if description.one_side else side_candidates(frame)
        if found:
            raise SourceError(_undecided(found, name, len(frame), side))
        return frame if side is None else frame.assign(side=side)
    texts = _texts(frame[column])
    sides = {one_form(value): meant for value, meant in description.sides.items()}
    kept = ~texts.isin([value for value, meant in sides.items() if meant is None])
    rows = frame.drop(columns=[present["side"]] if "side" in present else [])
    return rows.assign(side=texts.map(lambda text: sides.get(text, text)))[kept.to_numpy()]


def _undecided(found: dict[str, dict[str, int]], name: str, rows: int, side: str | None) -> str:
    column, values = next(iter(found.items()))
    whose = f" is ground of {side!r}" if side else " is one side's ground"
    value = next(reversed(values))
    return (
        f"{name} does not say whose ground it is, and its {rows} polygons differ. {told_candidates(found)}. "
        f"Say which column names the sides with side_column={column!r}, and what its values mean with "
        f"sides={{{_shown(value)!r}: 'NAME'}}; or say one_side=True if all of it{whose}"
    )


def told_candidates(found: Mapping[str, Mapping[str, int]]) -> str:
    """List columns that may tell sides apart, with their values."""
    listed = [
        f"{column!r} holds {_counted(values)}" for column, values in list(found.items())[:_SHOWN_COLUMNS]
    ]
    more = len(found) - _SHOWN_COLUMNS
    return "; ".join(listed) + (f"; and {more} more columns differ" if more > 0 else "")


def _counts(texts: pd.Series[Any]) -> dict[str, int]:
    return {str(text): int(count) for text, count in texts.value_counts().items()}


def _counted(values: Mapping[str, int]) -> str:
    shown = [
        f"{_shown(value) or 'nothing'} ({count})" for value, count in list(values.items())[:_SHOWN_VALUES]
    ]
    more = len(values) - _SHOWN_VALUES
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _shown(value: str) -> str:
    """Write text of a file so that it can be put into a message."""
    return "".join(letter for letter in value if letter.isprintable())[:_LONGEST]
