"""Whose ground a row is, by the values that its publisher uses; what is not known is never guessed."""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from frontlines.sources.publishers.publisher import Publisher

_BARE = re.compile("[0-9a-f]{6}")
_LONGEST = 80
_NO_STATUS = {"date", "id", "source", "source_file", "source_sha256", "index", "layer", "geometry"}
_TELLING = re.compile("name|fill|colou?r|stat|class|code|control|held|holder|occup|side|type")


class _Verdict(NamedTuple):
    """What the values of a row say: its side (None: left out), or why that is not known."""

    side: str | None
    fault: str = ""
    unknown: str = ""  # a value that is not known, beside one that decides


class Values:
    """The sides of a publisher's values; those that a user names go first."""

    def __init__(self, publisher: Publisher, given: Mapping[str, str | None], columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        self.matched: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()
        self.unknown: Counter[tuple[str, str, str]] = Counter()
        self._publisher = publisher
        self._given, self._known = _Patterns(given), _Patterns(publisher.description.sides)
        self._verdicts: dict[tuple[str, ...], _Verdict] = {}

    def sides(self, frame: Any) -> tuple[list[str | None], list[str], dict[str, list[int]]]:
        """Give each row its side (None: left out) and its words, and the rows of each fault."""
        said = self._said(frame)
        self.seen.update(text for texts in said for text in texts if text)
        if self._publisher.unnamed is not None and not any(map(any, said)):
            return self._unnamed(frame)
        sides: list[str | None] = []
        faults: dict[str, list[int]] = defaultdict(list)
        for number, texts in enumerate(said):
            if texts not in self._verdicts:
                self._verdicts[texts] = self._as_given(texts) or self._verdict(texts)
            verdict = self._verdicts[texts]
            sides.append(verdict.side)
            if verdict.fault:
                faults[verdict.fault].append(number)
            elif verdict.unknown:
                self.unknown[verdict.unknown, next(filter(None, reversed(texts))), verdict.side or ""] += 1
        return sides, [shown(" / ".join(filter(None, texts))) for texts in said], faults

    def _said(self, frame: Any) -> list[tuple[str, ...]]:
        """Give the text of each side column in each row."""
        by_name = {str(column).strip().lower(): column for column in frame.columns}
        instead = {name.lower(): other.lower() for name, other in self._publisher.instead.items()}
        columns = []
        for name in map(str.lower, self.columns):
            texts = _texts(frame, by_name.get(name))
            if name in instead:
                texts = texts.where(texts != "", _texts(frame, by_name.get(instead[name])))
            columns.append(texts)
        return list(zip(*columns, strict=True)) if columns else [()] * len(frame)

    def _unnamed(self, frame: Any) -> tuple[list[str | None], list[str], dict[str, list[int]]]:
        """Take rows that say nothing for ground of one side, if nothing else in them might be a status."""
        faults: dict[str, list[int]] = defaultdict(list)
        used = {*map(str.lower, self.columns), *_NO_STATUS}
        for column in frame.columns:
            name = str(column).lower()
            if name in used or pd.api.types.is_datetime64_any_dtype(frame[column]):
                continue
            for number, value in enumerate(frame[column].astype(object)):
                if _says_something(name, value):
                    faults[
                        f"the property {shown(name)!r} says {shown(value)!r}, which is no status known here: "
                        f"name it with side_column={shown(name)!r}, or take it out if it is none"
                    ].append(number)
        return [self._publisher.unnamed] * len(frame), [""] * len(frame), faults

    def _as_given(self, texts: tuple[str, ...]) -> _Verdict | None:
        """Look among the values that a user names."""
        for part in (part for text in texts for part in (text, *self._parts(text))):
            if (hit := self._given.find(part)) is not None:
                self.matched[hit] += 1
                return _Verdict(self._given[hit])
        return None

    def _verdict(self, texts: tuple[str, ...]) -> _Verdict:
        """Weigh what the columns of one row say.

        A column but the last that leaves the row out decides; else all values that are known must agree, and
        that of the last column must be known.
        """
        otherwise, last = self._publisher.otherwise, len(texts) - 1
        said = [(at, text, self._meant(text)) for at, text in enumerate(texts) if text]
        if any(sides == {None} for at, _, sides in said if at < last):
            return _Verdict(None)
        found = {side for _, _, sides in said for side in sides}
        unknown = [(at, text) for at, text, sides in said if not sides]
        if len(found) > 1:
            words = [f"the {self.columns[at]} {shown(text)!r}" for at, text, sides in said if sides]
            differ = f"{' and '.join(words)} say different things"
            return _Verdict(None, f"{differ}: {_mend(said[0][1])}")
        if otherwise is None and not said:
            empty = " nor ".join(self.columns)
            return _Verdict(None, f"a row has neither {empty}, though others have: give it one")
        if otherwise is None and unknown and (not found or unknown[-1][0] == last):
            at, text = unknown[-1]
            return _Verdict(None, f"the {self.columns[at]} {shown(text)!r} is not known: {_mend(text)}")
        if not found:
            return _Verdict(otherwise)
        return _Verdict(found.pop(), unknown=unknown[0][1] if unknown and otherwise is None else "")

    def _parts(self, text: str) -> list[str]:
        divider = self._publisher.divider
        return [part for part in map(str.strip, text.split(divider)) if part] if divider else [text]

    def _meant(self, text: str) -> set[str | None]:
        """Give the sides that a value names; the publisher's own keys go before other words."""
        parts, key = self._parts(text), self._publisher.key
        keys = [part for part in parts if key and form(part).startswith(form(key))]
        hits = [self._known.find(part) for part in keys or parts]
        if keys and None in hits:
            return set()
        return {self._known[hit] for hit in hits if hit is not None}


class _Patterns:
    """Values and their sides; ``*`` stands for any letters, and what has none of it goes first."""

    def __init__(self, sides: Mapping[str, str | None]) -> None:
        self._sides = sides
        self._exact = {form(value): value for value in sides}
        self._wild = [
            (re.compile(fnmatch.translate(form(value))), value) for value in sides if set(value) & set("*?[")
        ]

    def __getitem__(self, value: str) -> str | None:
        return self._sides[value]

    def find(self, text: str) -> str | None:
        """Find the entry that a text is, or is like."""
        own = form(text)
        if own in self._exact:
            return self._exact[own]
        return next((value for pattern, value in self._wild if pattern.match(own)), None)


def form(value: Any) -> str:
    """Write a value in one way: one case, single blanks, ``#`` before the six digits of a colour."""
    text = " ".join(unicodedata.normalize("NFC", str(value)).split()).casefold()
    return f"#{text}" if _BARE.fullmatch(text) else text


def shown(words: Any) -> str:
    """Write text of a file so that it cannot be mistaken for ours."""
    text = " ".join(str(words).split())
    return "".join(letter for letter in text if letter.isprintable())[:_LONGEST]


def _texts(frame: Any, column: Any) -> Any:
    if column is None:
        return pd.Series("", index=frame.index, dtype=object)
    cells = frame[column].astype(object)
    return cells.where(cells.map(_is_said), "").map(lambda value: " ".join(str(value).split()))


def _is_said(value: Any) -> bool:
    return not (pd.api.types.is_scalar(value) and pd.isna(value))


def _says_something(name: str, value: Any) -> bool:
    """Tell whether a property may be a status: any words, and whatever else its name makes one."""
    if not _is_said(value):
        return False
    if isinstance(value, str):
        return bool(value.strip())
    return not isinstance(value, int | float) or isinstance(value, bool) or bool(_TELLING.search(name))


def _mend(value: str) -> str:
    return (
        f"say whose ground it is with sides={{{shown(value)!r}: 'NAME'}}, or leave it out with "
        f"sides={{{shown(value)!r}: None}}"
    )
