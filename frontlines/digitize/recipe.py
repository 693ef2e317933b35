"""A recipe: what to trace on which image, and where the image lies on Earth."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import shapely

from frontlines.arguments import checked
from frontlines.digitize.areas.state import Coast
from frontlines.digitize.colour.colours import is_colour, refuse_one_colour
from frontlines.digitize.georef.transformations import FAMILIES, Family
from frontlines.digitize.lines import Knobs
from frontlines.digitize.settings import BOUNDS, refuse_beyond
from frontlines.errors import DigitizeError, SourceError
from frontlines.layers.days import days_in_texts, without_day
from frontlines.sources.toml import NAME, Entry, is_name, misfit, read_toml

Entries = dict[str, Any]

_BOX, _PAIR, _RING = 4, 2, 3  # numbers of a box and of a place; least places of a ring
_FIRST_YEAR = 1000  # an earlier one is a slip: no map of that time has a day


def day_of(value: Any) -> date | None:
    """Read a day as people write it, with a year of four digits, if it can be read in one way."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not re.search(r"(?<!\d)\d{4}(?!\d)", value):
        return None
    try:
        return days_in_texts([value])[0]
    except SourceError:
        return None


def _is_day(value: Any) -> bool:
    day = day_of(value)
    return day is not None and day.year >= _FIRST_YEAR and day <= datetime.now(tz=UTC).date()


def _wrong_day(value: Any) -> str:
    """Say why a value is no day that a map may show."""
    if isinstance(value, datetime):
        return "leave the time out"
    if (day := day_of(value)) is not None:
        return "it is to come" if day.year >= _FIRST_YEAR else "its year is a slip"
    if not isinstance(value, str) or re.search(r"\d", value) is None:
        return ""
    if re.search(r"(?<!\d)\d{4}(?!\d)", value) is None:
        return "write its year with four digits"
    return "add the day of the month" if without_day(value) else "write it as year-month-day, in one way"


def _are_ids(value: Any) -> bool:
    ids = isinstance(value, list) and all(isinstance(one, str | int) for one in value)
    return ids and not any(isinstance(one, bool) for one in value)


def _is_pair(value: Any) -> bool:
    """Take column and row of a place on the scan."""
    pair = isinstance(value, list) and len(value) == _PAIR
    return pair and BOUNDS["col"].holds(value[0]) and BOUNDS["row"].holds(value[1])


def _is_place(value: Any) -> bool:
    """Take a place on the ground as [lon, lat], or on the scan as {col = …, row = …}."""
    if isinstance(value, dict):
        return set(value) == {"col", "row"} and all(BOUNDS[axis].holds(one) for axis, one in value.items())
    pair = isinstance(value, list) and len(value) == _PAIR
    return pair and BOUNDS["lon"].holds(value[0]) and BOUNDS["lat"].holds(value[1])


def _are_sides(value: Any) -> bool:
    if not isinstance(value, dict) or len(value) != _PAIR or not all(map(is_name, value)):
        return False
    return all(_is_place(held) or _are_places(held) for held in value.values())


def _wrong_sides(value: Any) -> str:
    """Say what is wrong with sides and their places."""
    if not isinstance(value, dict) or len(value) != _PAIR:
        return "name both"
    wrong = [(side, held) for side, held in value.items() if not (_is_place(held) or _are_places(held))]
    for side, held in wrong:
        if isinstance(held, list) and all(isinstance(one, int | float) for one in held):
            if len(held) == _PAIR:
                return f"the latitude of {side} is beyond 90°, so longitude and latitude have changed places"
            return f"{side} has {len(held)} numbers, not 2: write decimals with a point"
    return f"look at {wrong[0][0]}" if wrong else "give each a name"


def _are_places(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_place, value))


def _is_box(value: Any) -> bool:
    if not isinstance(value, list) or len(value) != _BOX or not all(map(_is_pair, (value[:2], value[2:]))):
        return False
    return bool(value[0] < value[2] and value[1] < value[3])


def _wrong_box(value: Any) -> str:
    """Say what is wrong with a box, or the first wrong one of several."""
    for box in value if isinstance(value, list) and all(isinstance(one, list) for one in value) else [value]:
        if isinstance(box, list) and len(box) == _BOX and all(map(_is_pair, (box[:2], box[2:]))):
            if not _is_box(box):
                return "left must be less than right, and top less than bottom"
        elif not _is_mask(box):
            return f"look at {box}"
    return ""


def _is_mask(value: Any) -> bool:
    ring = isinstance(value, list) and len(value) >= _RING and all(map(_is_pair, value))
    return _is_box(value) or (ring and shapely.Polygon(value).is_valid)


def _are_masks(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_mask, value))


_DAY = Entry(_is_day, 'a day up to today, such as 1994-05-12, "24.10.1917" or "1 April 1918"', _wrong_day)
_YES = Entry(lambda value: isinstance(value, bool), "true or false")
_CRS = Entry(lambda value: is_name(value) or type(value) is int, 'a text such as "EPSG:32638", or its number')
_SIDES = Entry(
    _are_sides,
    "the two sides with a place that each holds, such as {ARM = [46.6, 39.8], AZE = [47.3, 40.4]} "
    "(longitude, latitude) or {ARM = {col = 900, row = 1400}, …}",
    _wrong_sides,
)
_BOXED = Entry(_is_box, "left, top, right and bottom in pixels, such as [100, 80, 3900, 2900]", _wrong_box)
_MASKS = Entry(
    _are_masks,
    "a list of boxes [left, top, right, bottom] or rings [[col, row], [col, row], …] in pixels",
    _wrong_box,
)
_SIZE = Entry(
    lambda value: (
        isinstance(value, list) and len(value) == _PAIR and all(map(BOUNDS["side_px"].holds, value))
    ),
    "width and height in pixels, such as [4000, 3000]",
)
_COAST = Entry(lambda value: value in get_args(Coast), f"one of {', '.join(get_args(Coast))}")
_COLOUR = Entry(is_colour, 'a colour: hex, as "#1f4fb4", or a CSS name, as "blue"')
_FAMILY = Entry(lambda value: value in FAMILIES, f"one of {', '.join(FAMILIES)}")

_NUMBERS = {name: Entry(bound.holds, bound.words) for name, bound in BOUNDS.items()}
_LINE_KNOBS = tuple(one.name for one in fields(Knobs))
_AREA_KNOBS = ("min_area_px", "border_px")

TOP: dict[str, Entry] = {
    "image": NAME,
    "page": _NUMBERS["page"],
    "image_size": _SIZE,
    "points": NAME,
    "world_file": NAME,
    "crs": _CRS,
    "points_crs": _CRS,
    "transformation": _FAMILY,
    "graticule": _YES,
    "leave_out": Entry(_are_ids, "a list of ids of control points"),
    "map": NAME,
    "author": NAME,
    "scale": _NUMBERS["scale"],
    "source_m": _NUMBERS["source_m"],
    "date": _DAY,
    "sides": _SIDES,
    "frame": _BOXED,
    "masks": _MASKS,
    "follow_hidden": _YES,
    "coast": _COAST,
}
TABLES: dict[str, dict[str, Entry]] = {
    "line": {"colour": _COLOUR, "date": _DAY, "sides": _SIDES, "name": NAME, "note": NAME},
    "area": {"colour": _COLOUR, "date": _DAY, "side": NAME},
    "knobs": {name: _NUMBERS[name] for name in (*_LINE_KNOBS, *_AREA_KNOBS)},
}
TABLES["line"] |= {name: _NUMBERS[name] for name in _LINE_KNOBS}
_LISTS = ("line", "area")
_NEEDED = {"line": {"colour": '"blue"'}, "area": {"colour": '"pink"', "side": '"ARM"'}}
_SPELT = {"color": "colour", "gcps": "points", "control_points": "points", "map_crs": "crs"}


def read_entries(path: Path, *, whole: bool = True) -> Entries:
    """Read a recipe's entries and refuse what it must not hold; if it is whole, also what it lacks."""
    entries: Entries = read_toml(path, "recipe", DigitizeError)
    for table in _LISTS:
        if isinstance(entries.get(table), dict):  # a single one, written [line]
            entries[table] = [entries[table]]
    refuse_faults(entries, f"{path.name} is not a recipe", whole=whole)
    return entries


def refuse_faults(entries: Mapping[str, Any], what: str, *, whole: bool = True) -> None:
    """Refuse what a recipe must not hold; one that is not whole yet may still lack something."""
    faults = [*_faults(entries), *(_lacking(entries) if whole else ())]
    if faults:
        raise DigitizeError(f"{what}: " + "; ".join(faults))


def _faults(entries: Mapping[str, Any]) -> Iterator[str]:
    known = {**TOP, **dict.fromkeys(TABLES)}
    for name, value in entries.items():
        if name not in known:
            yield _unknown(name, known, "")
        elif name in TOP:
            yield from misfit(name, value, TOP[name])
        else:
            yield from _table_faults(name, value)
    if "points" in entries and "world_file" in entries:
        yield "points and world_file are both given: keep one"


def _lacking(entries: Mapping[str, Any]) -> Iterator[str]:
    if "image" not in entries:
        yield 'image is missing: write image = "scan.jpg"'
    if entries.get("graticule") and "points" not in entries:
        yield 'graticule needs two of its crossings: write points = "points.csv", with both'
    if not entries.get("line") and not entries.get("area"):
        yield "it asks for nothing: give [[line]] (colour, date, sides) or [[area]] (colour, date, side)"
    for table, needed in _NEEDED.items():
        for k, one in enumerate(_tables(entries.get(table)), start=1):
            absent = (
                f"{name} is missing: write {name} = {as_in}"
                for name, as_in in needed.items()
                if name not in one
            )
            yield from (f"[[{table}]] {k}: {told}" for told in absent)


def _tables(held: Any) -> list[Any]:
    return [one for one in held if isinstance(one, dict)] if isinstance(held, list) else []


def _table_faults(table: str, held: Any) -> Iterator[str]:
    if table not in _LISTS:
        if not isinstance(held, dict):
            yield f"{table} must be a table: write [{table}] on a line of its own"
        else:
            yield from _entry_faults(table, held, f"[{table}] ")
    elif not isinstance(held, list) or not all(isinstance(one, dict) for one in held):
        yield f"{table} must be a list of tables: write [[{table}]] with two brackets"
    else:
        for k, one in enumerate(held, start=1):
            yield from _entry_faults(table, one, f"[[{table}]] {k}: ")


def _entry_faults(table: str, held: Mapping[str, Any], where: str) -> Iterator[str]:
    for name, value in held.items():
        if name not in TABLES[table]:
            yield _unknown(name, TABLES[table], where)
        else:
            yield from misfit(f"{where}{name}", value, TABLES[table][name])


def _unknown(name: str, known: Mapping[str, Any], where: str) -> str:
    meant = _SPELT.get(name) if _SPELT.get(name) in known else None
    close = meant or next(iter(difflib.get_close_matches(name, known, n=1)), None)
    home = next((f"below [{table}]" for table in ("knobs",) if name in TABLES[table]), "")
    home = "above all [[line]] and [[area]]" if name in TOP and where else home
    hint = f"did you mean {close}?" if close else f"known are {', '.join(known)}"
    hint = f"write it {home}" if home else hint
    return f"{where}{name} is not known ({hint})"


Place = tuple[float, float]

_AS_GIVEN = (
    "page", "transformation", "graticule", "author", "scale", "source_m", "follow_hidden", "coast",
)  # fmt: skip


@dataclass(frozen=True)
class Places:
    """Places that a side holds.

    Attributes
    ----------
    lonlat
        Longitude and latitude [degrees].
    pixels
        Column and row [px].
    """

    lonlat: tuple[Place, ...] = ()
    pixels: tuple[Place, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LineRecipe:
    """A line to trace.

    Attributes
    ----------
    name
        Unique among the lines.
    colour
        Of its stroke: hex, or a name.
    date
        The day it shows.
    sides
        The two sides that it parts, with places that each holds.
    knobs
        See `Knobs`.
    note
        For its column `note`.
    """

    name: str
    colour: str
    date: pd.Timestamp
    sides: Mapping[str, Places]
    knobs: Knobs = field(default_factory=Knobs)
    note: str = ""

    def __post_init__(self) -> None:
        """Take a day as text too."""
        object.__setattr__(self, "date", pd.Timestamp(self.date))


@dataclass(frozen=True, kw_only=True)
class AreaRecipe:
    """A fill to trace.

    Attributes
    ----------
    colour
        Of the fill.
    side
        Who holds the ground so filled.
    date
        The day it shows.
    """

    colour: str
    side: str
    date: pd.Timestamp


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What to trace on which image.

    Attributes
    ----------
    image
        A PNG, JPEG, TIFF or GeoTIFF, or a PDF; `page` of a PDF or TIFF counts from 1.
    image_size
        Width and height of the image on which pixels were read: another copy of it is refused.
    points, world_file
        Control points, or a world file; with neither, the image must bring its georeference.
    crs, points_crs
        CRS of the map, and of the control points if it is not WGS 84.
    transformation
        helmert, affine, projective, polynomial2, polynomial3 or spline; None: it is chosen.
    graticule
        Whether the crossings of the graticule are found on the scan, from the two that `points` names.
    leave_out
        Ids of control points that are not used.
    map_name, author, scale
        For the column `source`: title of the map, who drew it, and the denominator of its scale.
    source_m
        Standard error of the map itself [m].
    lines, areas
        What to trace.
    frame
        Left, top, right, bottom of the map on the scan [px]; what lies outside is not looked at.
    masks
        Polygons in pixels that are not looked at: legend, title.
    min_area_px, border_px, coast
        See `trace_areas`.
    follow_hidden
        Whether a line that runs under another is led along it there, and marked, or left open.
    path
        Where the recipe stands.

    Raises
    ------
    DigitizeError
        If two lines have one name, two lines or two areas have one colour, or the areas show several days.
    """

    image: Path
    image_size: tuple[int, int] | None = None
    page: int | None = None
    points: Path | None = None
    world_file: Path | None = None
    crs: str | None = None
    points_crs: str | None = None
    transformation: Family | None = None
    graticule: bool = False
    leave_out: tuple[str, ...] = ()
    map_name: str = ""
    author: str = ""
    scale: int | None = None
    source_m: float = 0.0
    lines: tuple[LineRecipe, ...] = ()
    areas: tuple[AreaRecipe, ...] = ()
    frame: tuple[float, float, float, float] | None = None
    masks: tuple[shapely.Polygon, ...] = ()
    min_area_px: float | None = None
    border_px: float | None = None
    coast: Coast | None = None
    follow_hidden: bool = True
    path: Path | None = None

    def __post_init__(self) -> None:
        """Take paths as text too; refuse what cannot be told apart."""
        for name in ("image", "points", "world_file", "path"):
            if isinstance(given := getattr(self, name), str):
                object.__setattr__(self, name, Path(given))
        refuse_beyond(**{name: getattr(self, name) for name in ("page", "scale", "source_m", *_AREA_KNOBS)})
        names = [line.name for line in self.lines]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise DigitizeError(
                f"several lines are named {', '.join(map(repr, twice))}: give each its own name"
            )
        refuse_one_colour([line.colour for line in self.lines], "lines", names)
        areas = [f"{k} {area.side}" for k, area in enumerate(self.areas, start=1)]
        refuse_one_colour([area.colour for area in self.areas], "areas", areas)
        _refuse_days(self.areas)

    @property
    def source(self) -> str:
        """Map, author and scale in words, for the column `source`."""
        parts = [self.map_name or self.image.name, self.author, f"1:{self.scale:,}" if self.scale else ""]
        return ", ".join(part for part in parts if part)


@checked()
def read_recipe(path: str | Path) -> Recipe:
    """Read a recipe.

    Parameters
    ----------
    path
        A ``digitize.toml``; paths in it are relative to its folder. See the documentation of its entries.

    Returns
    -------
    recipe
        Ready for `frontlines.digitize.digitize`.

    Raises
    ------
    DigitizeError
        If entries are missing, unknown or of the wrong type: all of them at once. If a colour is asked for
        twice.

    Examples
    --------
    >>> import tempfile
    >>> text = '''
    ... image = "scan.png"
    ... points = "points.csv"
    ... [[line]]
    ... colour = "blue"
    ... date = 1994-05-12
    ... sides = {ARM = [46.6, 39.8], AZE = [47.3, 40.4]}
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "digitize.toml").write_text(text)
    ...     read_recipe(Path(folder) / "digitize.toml").lines[0].name
    '1994-05-12'
    """
    path = Path(path)
    held = read_entries(path)
    folder = path.parent
    knobs = held.get("knobs", {})
    given: dict[str, Any] = {name: held[name] for name in _AS_GIVEN if name in held}
    given |= {name: str(held[name]) for name in ("crs", "points_crs") if name in held}
    given |= {name: folder / held[name] for name in ("image", "points", "world_file") if name in held}
    given |= {name: knobs[name] for name in _AREA_KNOBS if name in knobs}
    return Recipe(
        **given,
        leave_out=tuple(map(str, held.get("leave_out", []))),
        map_name=held.get("map", ""),
        lines=tuple(_lines(held, path.name)),
        areas=tuple(_areas(held, path.name)),
        image_size=tuple(held["image_size"]) if "image_size" in held else None,
        frame=tuple(held["frame"]) if "frame" in held else None,
        masks=tuple(map(_polygon, held.get("masks", []))),
        path=path,
    )


def _lines(held: Mapping[str, Any], name: str) -> list[LineRecipe]:
    lines: list[LineRecipe] = []
    for k, one in enumerate(held.get("line", []), start=1):
        sides = one.get("sides", held.get("sides"))
        if sides is None:
            raise DigitizeError(
                f"{name}: [[line]] {k} does not say who is where: give sides with a place that each holds, "
                "such as {ARM = [46.6, 39.8], AZE = [47.3, 40.4]}"
            )
        day = _day(one, held, f"{name}: [[line]] {k}")
        own = {knob: one.get(knob, held.get("knobs", {}).get(knob)) for knob in _LINE_KNOBS}
        title = one.get("name") or f"{day:%Y-%m-%d}"
        taken = {line.name for line in lines}
        lines.append(
            LineRecipe(
                name=f"{title} ({k})" if title in taken else title,
                colour=one["colour"],
                date=day,
                sides={side: _places(places) for side, places in sides.items()},
                knobs=Knobs(**own),
                note=one.get("note", ""),
            )
        )
    refuse_one_colour([line.colour for line in lines], f"{name}: [[line]]")
    return lines


def _areas(held: Mapping[str, Any], name: str) -> list[AreaRecipe]:
    areas = [
        AreaRecipe(colour=one["colour"], side=one["side"], date=_day(one, held, f"{name}: [[area]] {k}"))
        for k, one in enumerate(held.get("area", []), start=1)
    ]
    refuse_one_colour([area.colour for area in areas], f"{name}: [[area]]")
    _refuse_days(areas, f"{name}: ")
    return areas


def _refuse_days(areas: Sequence[AreaRecipe], where: str = "") -> None:
    days = {area.date for area in areas}
    if len(days) > 1:
        raise DigitizeError(f"{where}the areas of one map show one day: give them one date, not {len(days)}")


def _day(one: Mapping[str, Any], held: Mapping[str, Any], where: str) -> pd.Timestamp:
    day = one.get("date", held.get("date"))
    if day is None:
        raise DigitizeError(f"{where} has no date: write date = 1994-05-12 there, or above all tables")
    return pd.Timestamp(str(day_of(day)))


def _places(held: Any) -> Places:
    listed = held if isinstance(held, list) and held and isinstance(held[0], list | dict) else [held]
    return Places(
        lonlat=tuple((float(one[0]), float(one[1])) for one in listed if isinstance(one, list)),
        pixels=tuple((float(one["col"]), float(one["row"])) for one in listed if isinstance(one, dict)),
    )


def _polygon(mask: Any) -> shapely.Polygon:
    return shapely.Polygon(mask) if isinstance(mask[0], list) else shapely.box(*mask)
