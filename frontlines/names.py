"""What several wings share: reserved sides, defaults of options, counts in messages."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from math import isnan
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from frontlines.errors import LayerError

Mapper = Callable[..., Iterable[Any]]
"""A function like `map`, such as that of a pool of processes."""

LONLAT = "EPSG:4326"
"""Longitude and latitude on WGS 84, the CRS of most files."""

HALF_TURN_DEG = 180.0
"""Half the way round the earth [degrees of longitude]."""

UNKNOWN, CONTESTED = "unknown", "contested"
"""Reserved sides: ground that nobody reported, and ground that nobody holds."""

RESERVED = (CONTESTED, UNKNOWN)
"""Sides that are nobody: they have an area, but no point of view."""

WHOLE = "all districts"
"""What the total is called where a table has a row a district."""

KM2 = 1e6
"""Square metres in a square kilometre."""

SNAP_M = 1000.0
"""How far an end of a line is led on to the theatre's edge [m]."""

SLIVER_M = 1.0
"""Changed ground thinner than this counts as unchanged: width of a sliver [m]."""

BORDER_M = 1.0
"""What runs this near to the theatre's edge is border or coast, no front [m]."""

REACH_M = 5000.0
"""How far a front found between polygons may lie from the lines whose error it takes [m]."""

STRETCH: Literal["stretch"] = "stretch"
"""In place of a correlation length: each stretch of the layer of lines is off as a whole."""

Around = Literal["coast", "tiles", "none"]
"""What maps show about their ground: coast and, of days from 1993 on, states from the bundled Natural Earth,
where it is fine enough for the scale; tiles of a map on the internet (extra ``basemap``); or nothing."""

Length = float | Literal["stretch"]
"""Over what length along the front errors of lines are correlated [m]."""

CORRELATION_M = 5000.0
"""Over what length along the front errors of lines are correlated [m]."""

SEED = 0
"""Seed of simulations."""

TOLERANCE_M = 0.1
"""A vertex that moved less than this [m] is the same vertex: publishers change their decimals."""

SPACING_M, LENGTH_M, SMOOTHING_M, COPIES = 1000.0, 20_000.0, 5000.0, 5
"""Transects: how far apart, how long either way, over what length directions are smoothed; of an axis."""

Kind = Literal["control", "frontlines", "settlements", "districts", "theatre", "polygons"]
KINDS: tuple[str, ...] = get_args(Kind)
"""Kinds of layers."""

PUBLISHERS = tuple(
    sorted(file.stem for file in (Path(__file__).parent / "sources" / "publishers").glob("*.toml"))
)
"""The publishers that come with the library."""

EACH_DAY = ("last", "first", "all")
"""Which of several files that show one day are taken; by default none, that is an error."""

CADENCES = {"D": "daily", "W": "weekly", "MS": "monthly", "QS": "quarterly", "YS": "yearly"}
"""Steps that `change_series` knows, and their words."""

LEAST_DAYS = {"D": 1, "W": 7, "MS": 28, "QS": 90, "YS": 365}
"""Days that the shortest step of each kind has."""

_CLEARLY = 0.9  # a step shorter than this share of the shortest is part of one
_UNITS = {"day": "D", "week": "W", "month": "MS", "quarter": "QS", "year": "YS"}

FREQUENCIES = {code: code for code in CADENCES} | {words: code for code, words in CADENCES.items()} | _UNITS
"""How steps may be asked for, and their codes."""

MENDS = ("overlaps", "invalid", "duplicates", "empty", "crossings")
"""Kinds of fault that can be mended: see `as_control` and `as_frontlines`."""

Mend = bool | str | Iterable[str]
"""Which kinds to mend: all, none, one or several of `MENDS`; a text may name several with commas between."""


def mends_of(mend: Mend | None) -> frozenset[str]:
    """Give the kinds of fault that are to be mended."""
    if isinstance(mend, bool | None):
        return frozenset(MENDS if mend else ())
    words = mend.split(",") if isinstance(mend, str) else mend if isinstance(mend, Iterable) else [mend]
    named = {str(word).strip().lower() for word in words}
    if unknown := sorted(named - {*MENDS, "all"}):
        listed = ", ".join(MENDS)
        raise LayerError(f"mend={', '.join(unknown)!r} is not known: name faults of all, {listed}")
    return frozenset(MENDS if "all" in named else named)


def counted(number: int, one: str, many: str = "") -> str:
    """Write a number and its noun: "1 day", "2 days"; `many` is the plural where an s will not do."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def sides_in_order(sides: Iterable[str]) -> tuple[str, ...]:
    """Put sides in the order of their names, those that are nobody last."""
    return tuple(sorted(set(sides), key=lambda side: (side in RESERVED, side)))


def sides_followed(held: Iterable[str], asked: str | Sequence[str] | None) -> tuple[str, ...]:
    """List the sides asked for; else every side that is held, or the only one that is somebody."""
    if asked:
        return (asked,) if isinstance(asked, str) else tuple(dict.fromkeys(asked))
    every = sides_in_order(held)
    return every if len(somebody(every)) > 1 else somebody(every)


def somebody(sides: Sequence[str]) -> tuple[str, ...]:
    """List the sides that are somebody, or all if none is."""
    return tuple(side for side in sides if side not in RESERVED) or tuple(sides)


def listed(items: Sequence[Any], most: int) -> str:
    """Name the first few of some items, and say how many more there are."""
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(map(str, items[:most])) + more


# Small letters of Cyrillic and Greek that look like Latin ones.
_LOOKS = str.maketrans("аеорсухіјѕһԁвкмнтαορνικτυχ", "aeopcyxijshdbkmhtaopviktux")


def spelled_alike(rows: Mapping[str, int]) -> list[list[str]]:
    """Find sides that look the same, or but for capital letters; of each such set the most frequent first."""
    sets: dict[str, list[str]] = {}
    for side in sorted(rows, key=lambda side: (-rows[side], side)):
        seen = "".join(one for one in side if unicodedata.category(one) != "Cf")  # no ink: joiners, marks
        seen = unicodedata.normalize("NFKC", seen.strip()).casefold().translate(_LOOKS)
        sets.setdefault(seen, []).append(side)
    return [spellings for spellings in sets.values() if len(spellings) > 1]


def one_spelling(rows: Mapping[str, int]) -> str:
    """Say which sides differ in nothing but capital letters, and what to do; "" where none do."""
    told = []
    for first, *others in spelled_alike(rows):
        held = " and ".join(f"{side!r} ({counted(rows[side], 'row')})" for side in (first, *others))
        mends = " ".join(f"sides={{{side!r}: {first!r}}}" for side in others)
        told.append(
            f"{held} look the same, or but for capital letters: say that they are one side with {mends}"
        )
    return "; ".join(told)


_STEERING = {"Cc", "Zl", "Zp"}
_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}  # directions of writing, by force


def plain(text: object) -> str:
    """Make text from a file safe to show: what would steer a terminal becomes a blank."""
    return "".join(
        " "
        if unicodedata.category(letter) in _STEERING or unicodedata.bidirectional(letter) in _TURNING
        else letter
        for letter in str(text).encode(errors="surrogateescape").decode(errors="replace")
    )


class AreaUnit(NamedTuple):
    """A unit that areas of one table are written in, and the decimals that all of them have."""

    name: str
    km2: float
    digits: int

    def write(self, km2: float, *, sign: bool = False) -> str:
        """Write an area as a number of this unit, as the page does: halves go up, and minus is a true one."""
        step = Decimal(1).scaleb(-self.digits)
        size = Decimal(abs(float(km2)) / self.km2).quantize(step, ROUND_HALF_UP)
        return f"{'−' if km2 < 0 else '+' if sign else ''}{size:,}" if size else "0"

    def said(self, km2: float, *, sign: bool = False) -> str:
        """Write an area with its unit."""
        return f"{self.write(km2, sign=sign)} {self.name}"


def measure(value: float) -> str:
    """Write a measure of agreement with three decimals; one that is not 1 is not rounded to 1."""
    text = f"{value:.3f}"
    return text if text != "1.000" or value == 1 else "0.999" if value < 1 else "1.001"


def area_unit(largest_km2: float) -> AreaUnit:
    """Choose the unit for areas up to this one [km²]: hectares and square metres for small ground."""
    name, size = next(
        ((n, s) for n, s in _AREAS if largest_km2 >= s), ("km²", 1.0) if not largest_km2 else _AREAS[-1]
    )
    size_of_it = largest_km2 / size
    return AreaUnit(name, size, 0 if size_of_it >= 100 or name == "m²" else 1 if size_of_it >= 10 else 2)  # noqa: PLR2004


def unit_of(table: Any) -> AreaUnit:
    """Choose the unit of a table of change by its largest figure, ends of intervals among them."""
    sizes = [float(table[name].abs().max()) for name in _CHANGED if name in table]
    return area_unit(max([0.0, *(size for size in sizes if not isnan(size))]))


def shown_unit(table: Any) -> AreaUnit:
    """Choose the unit of a table for sentences and the page: square kilometres with one decimal at least."""
    unit = unit_of(table)
    return unit._replace(digits=max(1, unit.digits)) if unit.km2 == 1 else unit


def cadence_with_parts(steps: Any) -> str:
    """Give the cadence of a series, and say that its first or last step is part of a month only."""
    cadence = str(steps["cadence"].iloc[0])
    least = next((LEAST_DAYS[code] for code, words in CADENCES.items() if cadence.startswith(words)), 0)
    ends = steps[["date_from", "date_to"]].drop_duplicates().astype("datetime64[s]")
    short = ((ends["date_to"] - ends["date_from"]).dt.days < _CLEARLY * least).tolist()
    named = [name for name, part in (("first", short[0]), ("last", short[-1])) if part]
    step = f"{' and '.join(named)} step " if len(ends) > 1 else ""
    return f"{cadence}, {step}in part" if named else cadence


def of_seen_sides(totals: Any) -> Any:
    """Leave out the rows of sides whose ground is written as 0 throughout; two sides are kept at least."""
    unit, names = shown_unit(totals), [f"{name}_km2" for name in ("before", "after", "gained", "lost")]
    most = totals.reindex(columns=names).max(axis=1).groupby(totals["side"]).transform("max")
    seen = totals[~(most < 0.5 * 10**-unit.digits * unit.km2)]
    return seen if seen["side"].nunique() > 1 else totals


def in_unit(table: Any, unit: AreaUnit) -> Any:
    """Give the areas of a table in another unit, in the same columns."""
    areas = [name for name in table if str(name).endswith("_km2") and table[name].dtype != bool]
    return table.assign(**{str(name): table[name].astype(float) / unit.km2 for name in areas})


_CHANGED = tuple(f"{name}_km2" for name in ("gained", "lost", "net", "net_low", "net_high"))
_CHANGED += ("only_first_km2", "only_second_km2")
_AREAS = (("km²", 1.0), ("ha", 0.01), ("m²", 1e-6))
