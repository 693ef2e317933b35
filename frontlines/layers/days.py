"""Days as people write them, in names of files and in columns.

A day is taken only if it can be read in one way. ``01-09-2022`` may be 1 September or 9 January: other days
of the same folder or column may settle the order (``13-09-2022`` is in September), a date format does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from frontlines.errors import SourceError

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_IN_NAMES, _IN_COLUMNS = range(1000, 3000), range(1, 10_000)  # years that are taken for years
_LATELY = range(1900, 2100)  # years that may end eight digits: 20121110 is in 2012, not in 1110
_LATE_EPOCH = (10, 13)  # digits of seconds and milliseconds from 2001 on
_CENTURY = 2000  # to which years of two digits belong
_SHOWN = 4
_TIME = re.compile(r"\s*$|[T,\s]\s*\d{1,2}[:.]\d\d")  # what may follow a day in a cell
_FAR_YEARS = 30
_OFF = 3  # times the span of the other days


@dataclass(frozen=True)
class _Order:
    """One way of writing a day: what it is called, how it looks, and which parts come when."""

    written: str  # as for `datetime.strptime`
    pattern: re.Pattern[str]
    parts: str  # "ymd", "dmy", "mdy", or "epoch"


def _order(written: str, pattern: str, parts: str) -> _Order:
    return _Order(written, re.compile(rf"(?<!\d){pattern}(?!\d)", re.IGNORECASE), parts)


_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_NAME, _VALUE = "name", "value"
_ISO = "%Y-%m-%d"
_ORDERS = [
    _order(_ISO, r"(\d{4})([-_./ ])(\d{1,2})\2(\d{1,2})", "y-md"),
    _order("%Y%m%d", r"(\d{4})(\d\d)(\d\d)", "ymd"),
    _order("%d.%m.%Y", r"(\d{1,2})\.(\d{1,2})\.(\d{4})", "dmy"),
    _order("%d-%m-%Y", r"(\d{1,2})([-_/ ])(\d{1,2})\2(\d{4})", "d-my"),
    _order("%m-%d-%Y", r"(\d{1,2})([-_/ ])(\d{1,2})\2(\d{4})", "m-dy"),
    _order("%y-%m-%d", r"(\d\d)([-_.])(\d\d)\2(\d\d)", "y-md"),
    _order("%d-%m-%y", r"(\d\d)([-_.])(\d\d)\2(\d\d)", "d-my"),
    _order("%m-%d-%y", r"(\d\d)([-_.])(\d\d)\2(\d\d)", "m-dy"),
    _order("%d%m%Y", r"(\d\d)(\d\d)(\d{4})", "dmy"),
    _order("%m%d%Y", r"(\d\d)(\d\d)(\d{4})", "mdy"),
    _order("%d%b%Y", rf"(\d{{1,2}})[-_. ]?{_MONTH}[-_. ]?(\d{{4}})", "dmy"),
    _order("%b%d%Y", rf"{_MONTH}[-_. ]?(\d{{1,2}})[-_., ]{{0,2}}(\d{{4}})", "mdy"),
    _order("%Y%b%d", rf"(\d{{4}})[-_. ]?{_MONTH}[-_. ]?(\d{{1,2}})", "ymd"),
    _order("%Y%m%d%H%M", r"(\d{4})(\d\d)(\d\d)(?:[01]\d|2[0-3])[0-5]\d", "ymd"),
    _order("seconds since 1970", r"(\d{9,10})", "epoch"),
    _order("milliseconds since 1970", r"(\d{12,13})", "epoch"),
]


def days_in_names(paths: Iterable[str | Path], date_format: str | None = None) -> list[str | None]:
    """Read the day in each file's name (ISO), all in one order; None where a name has none.

    Raises SourceError where a name can be read in several ways that the other names do not settle.
    """
    names = [Path(path).name.split(".geojson")[0] for path in paths]
    days = _settled(names, date_format, _NAME)
    return [None if day is None else day.isoformat() for day in days]


def days_in_texts(texts: Sequence[str], date_format: str | None = None) -> list[date | None]:
    """Read the day in each cell of a column, all in one order; None where there is none.

    A time of day and its zone may follow: the day is the one written, whatever the zone.
    """
    return _settled([text.strip() for text in texts], date_format, _VALUE)


def day_of_epoch(seconds: float) -> date:
    """Day of UTC of a number of seconds or milliseconds since 1970."""
    scale = 1000 if abs(seconds) >= 1e11 else 1  # noqa: PLR2004 - seconds reach it in the year 5138
    return (_EPOCH + timedelta(seconds=seconds / scale)).date()


def _settled(texts: list[str], date_format: str | None, what: str) -> list[date | None]:
    """Find the one order that reads all texts; texts in an order of their own may differ."""
    if date_format is not None:
        given = _given(date_format)
        if first_of(date_format):  # a day that is written goes before the first of its month or year
            return [_iso(text, what) or _only(text, [given], what) for text in texts]
        return [_only(text, [given], what) or _readings(text, what).get(_ISO) for text in texts]
    readings = {text: _readings(text, what) for text in dict.fromkeys(texts)}
    unsettled = {text: found for text, found in readings.items() if len(set(found.values())) > 1}
    if unsettled:
        shared = set.intersection(*({*found} for found in readings.values() if found))
        for text, found in unsettled.items():
            kept = {found[order] for order in shared & set(found)}
            if len(kept) != 1:
                raise SourceError(_ambiguous(text, found, what))
            readings[text] = {"": kept.pop()}
    return [next(iter(readings[text].values()), None) for text in texts]


def _iso(text: str, what: str) -> date | None:
    return _readings(text, what).get(_ISO) if re.search(_ORDERS[0].pattern, text) else None


def first_of(date_format: str) -> str:
    """Say of what a date format without a day means the first day: "month" or "year"; "" with a day."""
    if re.search("%[dj]", date_format):
        return ""
    return "month" if re.search("%[mbB]", date_format) else "year"


_COARSE = [
    (re.compile(r"(?<![\d-])\d{4}([-_./])\d{1,2}(?![\d./-])"), "%Y{}%m"),
    (re.compile(r"(?<![\d./-])\d{1,2}([-_./])\d{4}(?!\d)"), "%m{}%Y"),
    (re.compile(r"(?<![a-z])[a-z]{4,}([-_. ])\d{4}(?!\d)", re.IGNORECASE), "%B{}%Y"),
    (re.compile(rf"(?<![a-z]){_MONTH[:-6]}([-_. ])\d{{4}}(?!\d)", re.IGNORECASE), "%b{}%Y"),
    (re.compile(r"(?<![\d./-])[12]\d{3}(?![-_./]?\d)"), "%Y"),
]


def without_day(text: str) -> str:
    """Suggest the date format of a text that seems to name a month or year alone; "" for any other."""
    for pattern, written in _COARSE:
        found = pattern.search(text)
        if found is None:
            continue
        made = written.format(found.groups()[-1] if found.groups() else "")
        if _only(text, [_given(made)], _NAME) is not None:
            return f"if the first day of the {first_of(made)} is meant, give date_format={made!r}"
    return ""


def _readings(text: str, what: str) -> dict[str, date]:
    """Read a text in every order that gives a day; a cell must begin with it, a name may hold it anywhere."""
    found: dict[str, date] = {}
    for order in _ORDERS:
        matches = list(order.pattern.finditer(text))
        if what == _NAME and order.parts == "epoch":  # 9 or 12 digits beside other text may number anything
            matches = [
                each for each in matches if len(each[0]) in _LATE_EPOCH or each[0] == text.partition(".")[0]
            ]
        if what == _VALUE:
            matches = [each for each in matches if each.start() == 0 and _TIME.match(text[each.end() :])]
        years = _IN_NAMES if what == _NAME else _IN_COLUMNS
        days = {day for match in matches if (day := _day(match, order.parts, years))}
        if len(days) == 1:
            found[order.written] = days.pop()
        elif days:
            shown = ", ".join(sorted(map(str, days)))
            raise SourceError(f"{text!r} names several days ({shown}): leave one, or give the day")
    return {_ISO: found[_ISO]} if _ISO in found else found


def _day(match: re.Match[str], parts: str, years: range) -> date | None:
    groups = [group for group in match.groups() if group and group not in "-_./ "]
    if parts == "epoch":
        return day_of_epoch(int(groups[0]))
    numbers = dict(zip(parts.replace("-", ""), groups, strict=True))
    year, month = int(numbers["y"]), numbers["m"].lower()
    year += _CENTURY if len(numbers["y"]) == 2 else 0  # noqa: PLR2004 - two digits
    if year not in (_LATELY if match.group().isdigit() and parts != "ymd" else years):
        return None
    try:
        return date(year, int(month) if month.isdigit() else _MONTHS.index(month[:3]) + 1, int(numbers["d"]))
    except ValueError:
        return None


_DIRECTIVES = {
    "%d": r"\d{1,2}", "%m": r"\d{1,2}", "%Y": r"\d{4}", "%y": r"\d\d", "%b": r"[^\W\d_]{3}",
    "%B": r"[^\W\d_]+", "%j": r"\d{1,3}", "%H": r"\d{1,2}", "%M": r"\d\d", "%S": r"\d\d",
}  # fmt: skip


def _given(date_format: str) -> tuple[str, re.Pattern[str]]:
    """Make a pattern of a date format of ours: that of `datetime.strptime`."""
    pattern = re.escape(date_format).replace(r"\%", "%")
    for directive, digits in _DIRECTIVES.items():
        pattern = pattern.replace(directive, digits)
    left = re.findall(r"%.", pattern)
    if left or not re.search("%[Yy]", date_format):
        what = f"{left[0]} is not known" if left else "it has no year"
        raise SourceError(f"the date format {date_format!r} cannot be used ({what}): write it like %d-%m-%Y")
    return date_format, re.compile(rf"(?<!\d){pattern}(?!\d)")


def _only(text: str, orders: list[tuple[str, re.Pattern[str]]], what: str) -> date | None:
    days = set()
    for written, pattern in orders:
        for match in pattern.finditer(text):
            try:
                days.add(datetime.strptime(match.group(), written).date())  # noqa: DTZ007 - a day has no zone
            except ValueError:
                continue
    if len(days) > 1:
        raise SourceError(f"the {what} {text!r} holds several days in that date format: give the day itself")
    return days.pop() if days else None


def _ambiguous(text: str, found: dict[str, date], what: str) -> str:
    between = re.search(r"\d([-_./ ])\d", text)
    written = {order.replace("-", between[1] if between else "-"): day for order, day in found.items()}
    ways = ", ".join(f"{day} by {order}" for order, day in list(written.items())[:_SHOWN])
    return (
        f"the {what} {text!r} can be read as several days ({ways}): say how days are written "
        f"with date_format={next(iter(written))!r} or another"
    )


def as_days(column: pd.Series[Any], date_format: str | None = None) -> pd.Series[Any]:
    """Read a column of days in any type: dates, texts, or numbers since 1970; a missing day where none is.

    Days are of the type ``datetime64[s]``, which holds all years from 1 to 9999.
    """
    if pd.api.types.is_datetime64_any_dtype(column):
        known: pd.Series[Any] = column.dt.tz_localize(None).astype("datetime64[s]").dt.normalize()
        return known
    days = days_in_texts(texts_of_days(column).tolist(), date_format)
    written = [None if day is None else day.isoformat() for day in days]
    return pd.Series(written, index=column.index, dtype=object).astype("datetime64[s]")


def days_or_faults(column: pd.Series[Any]) -> tuple[pd.Series[Any], dict[int, str]]:
    """Read a column of days, whatever stands in it; of cells that cannot be read (by position), say what."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return as_days(column), {}
    texts = texts_of_days(column)
    try:
        days, unsettled = as_days(column), dict[str, str]()
    except SourceError:
        unsettled = {text: words for text in texts.unique() if (words := _unsettled(text))}
        days = as_days(texts.where(~texts.isin(unsettled), ""))
    bad = (days.isna() & (texts != "")).to_numpy()
    return days, {at: unsettled.get(text, repr(text)) for at, text in enumerate(texts) if bad[at]}


def _unsettled(text: str) -> str:
    try:
        days_in_texts([text])
    except SourceError as error:
        return str(error)
    return ""


def texts_of_days(column: pd.Series[Any]) -> pd.Series[Any]:
    """Text of each cell of a column of days; "" where there is none, and 20220901.0 is "20220901"."""
    return cells_as_text(column, str.strip)


def cells_as_text(column: pd.Series[Any], form: Callable[[str], str]) -> pd.Series[Any]:
    """Bring the text of each cell into a form; "" where there is none, or a list or table; 3.0 is "3"."""

    def text(value: Any) -> str:
        if isinstance(value, dict | list | tuple | bytes | np.ndarray):
            return ""
        whole = isinstance(value, float) and value.is_integer()
        return form(str(int(value) if whole else value))

    filled: pd.Series[Any] = column.astype(object).where(column.notna(), "")
    return filled.map(text).astype(object)


def strange_days(days: Iterable[Any]) -> dict[pd.Timestamp, str]:
    """Find days that are likely slips of the pen, and say what is strange about each.

    These are days after today, and days more than 30 years from all the others, which are at least two and
    more, and lie within less than a third of that distance.
    """
    every = sorted({pd.Timestamp(day).as_unit("s") for day in days if not pd.isna(day)})
    today = pd.Timestamp(datetime.now(UTC).date()) + pd.Timedelta(days=1)  # as it is already farther east
    found = {day: "lies after today" for day in every if day > today}
    groups: list[list[pd.Timestamp]] = []
    for day in (day for day in every if day not in found):
        if groups and _years(groups[-1][-1], day) <= _FAR_YEARS:
            groups[-1].append(day)
        else:
            groups.append([day])
    main = max(groups, key=len, default=[])
    for group in groups:
        years = min(abs(_years(group[0], main[-1])), abs(_years(main[0], group[-1])))
        if len(group) < len(main) and years > _OFF * _years(main[0], main[-1]):
            found |= dict.fromkeys(group, f"lies {years:.0f} years from the other days")
    return found


def _years(first: pd.Timestamp, last: pd.Timestamp) -> float:
    days: int = (last.date() - first.date()).days
    return days / 365.25
