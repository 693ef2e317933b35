"""What the commands share: options, and how errors are shown."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_type_hints

import typer

from frontlines.errors import LayerError, StudyError
from frontlines.limits import LIMITS, LONGEST_M
from frontlines.names import (
    BORDER_M,
    CORRELATION_M,
    EACH_DAY,
    MENDS,
    PUBLISHERS,
    SLIVER_M,
    SNAP_M,
    UNKNOWN,
    mends_of,
)
from frontlines.progress import expect_processes

if TYPE_CHECKING:
    from frontlines.sources.description import Description
    from frontlines.study.study import Wanted


def _option(kind: Any, name: str, told: str, **how: Any) -> Any:
    """Make an option."""
    return Annotated[kind, typer.Option(name, help=told, **how)]


Out = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="Folder for the results; made if it is missing.")
]


def option_of(name: str) -> str:
    """Give the option that stands for an argument."""
    return f"--{name.replace('_', '-')}"


Limits = Annotated[
    list[str] | None,
    typer.Option(
        "--limit",
        metavar="NAME=NUMBER",
        help=f"Raise a bound on work or size: {', '.join(LIMITS)}; inf for none; may be given several times.",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite the files of another run.")]

Saves: dict[str, Any] = {
    "out": Out,
    "force": Force,
    "report": _option(
        bool, "--report", "Also make report.html: a page for a browser, see `frontlines report`."
    ),
    "pdf": _option(bool, "--pdf", "Also write the pictures as PDF, with text as text."),
    "excel": _option(bool, "--excel", "Also write results.xlsx: one workbook of all tables."),
    "csv_bom": _option(bool, "--csv-bom", "Begin CSV with a byte order mark, by which Excel knows UTF-8."),
    "no_map": _option(bool, "--no-map", "Draw no pictures: tables come in a moment."),
    "as_json": _option(bool, "--json", "Print sentence, tables and manifest as JSON, for scripts."),
}
"""Options of every command that writes an answer."""


@dataclass(frozen=True, kw_only=True)
class Saving:
    """Where an answer goes, how it is printed, and what is written beside tables and layers."""

    out: Path
    force: bool
    json: bool
    wanted: Wanted

    def also(self, **wanted: bool) -> Saving:
        """Want more."""
        return replace(self, wanted=replace(self.wanted, **wanted))


def _saving(
    *, out: Path | None, force: bool, as_json: bool, no_map: bool, csv_bom: bool, **wanted: bool
) -> Saving:
    from frontlines.study.study import Wanted

    every = Wanted(map=not no_map, bom=csv_bom, **wanted)
    return Saving(out=out or Path("out"), force=force, json=as_json, wanted=every)


Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors, and JSON if asked.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Log each stage, and warnings, to the error stream.")
]


class PerWhat(StrEnum):
    """What a value of a raster of people counts them in."""

    PIXEL = "pixel"
    KM2 = "km2"


def _known_mends(mend: str | None) -> str | None:
    try:
        mends_of(mend)
    except LayerError as error:
        raise typer.BadParameter(str(error)) from error
    return mend


def _expected(workers: int | None) -> int | None:
    expect_processes(workers or 1)
    return workers


_DAY: dict[str, Any] = {"formats": ["%Y-%m-%d"], "metavar": "YYYY-MM-DD"}


METRES: dict[str, Any] = {"min": 0, "max": LONGEST_M, "metavar": "METRES"}
"""What an option that takes a length has in common with all others."""


OPTIONS: dict[str, Any] = {
    "districts": _option(
        list[Path] | None,
        "--districts",
        "District polygons; may be given several times. Without them --theatre is one district.",
        metavar="FILE",
    ),
    "key": _option(
        str | None, "--key", "Column of the districts' unique names; else 'district'.", metavar="COLUMN"
    ),
    "theatre": _option(
        Path | None, "--theatre", "Ground to compare; by default all districts.", metavar="FILE"
    ),
    "side": _option(
        list[str] | None,
        "--side",
        "Side whose gains are positive; may be given several times, and without it every side has its "
        "balance. Polygons in a file without a column 'side' are the ground of the only one.",
        metavar="NAME",
    ),
    "date_before": _option(
        datetime | None, "--date-before", "Day to take from the first file, or to give it.", **_DAY
    ),
    "date_after": _option(
        datetime | None, "--date-after", "Day to take from the last file, or to give it.", **_DAY
    ),
    "rest": _option(
        str | None, "--rest", f"Who holds the ground no polygon covers; else {UNKNOWN}.", metavar="NAME"
    ),
    "settlements": _option(
        Path | None,
        "--settlements",
        "Settlements to follow and to name on maps, perhaps with a column 'population': points, or a CSV "
        "of lon and lat.",
        metavar="FILE",
    ),
    "population": _option(
        Path | None, "--population", "Raster of people to count on changed ground: a GeoTIFF.", metavar="FILE"
    ),
    "population_per": _option(
        PerWhat | None,
        "--population-per",
        "What its values count: people in each pixel, or per km²; else as it says.",
    ),
    "label": _option(
        str | None,
        "--label",
        "Column of the districts to call them by on maps, charts and in the printed table; files name them "
        "by --key. Where two share one, a column that parts them (the province) follows in brackets.",
        metavar="COLUMN",
    ),
    "title": _option(str | None, "--title", "Title of maps and charts.", metavar="TEXT"),
    "source": _option(
        str | None,
        "--source",
        "Whom captions name as the source, in place of what the files say.",
        metavar="TEXT",
    ),
    "side_names": _option(
        list[str] | None,
        "--side-name",
        "What to call a side in titles and legends, such as A='Side A'; may be given several times.",
        metavar="NAME=TEXT",
    ),
    "side_colours": _option(
        list[str] | None,
        "--side-colour",
        "Colour of a side's ground on all pictures, such as A='#0072B2'; may be given several times.",
        metavar="NAME=#RRGGBB",
    ),
    "no_context": _option(
        bool, "--no-context", "Leave coast, sea and neighbouring states out of maps, films and pages."
    ),
    "basemap": _option(
        bool,
        "--basemap",
        "Draw map tiles from a server on the internet under maps and films (extra basemap).",
    ),
    "snap_m": _option(
        float | None,
        "--snap-m",
        f"How far an end of a line is led on to the theatre's edge [m]; else {SNAP_M:g}.",
        **METRES,
    ),
    "sliver_m": _option(
        float | None,
        "--sliver-m",
        f"Changed ground thinner than this [m] counts as unchanged; else {SLIVER_M:g}.",
        **METRES,
    ),
    "border_m": _option(
        float | None,
        "--border-m",
        "Edges of ground this near to the edge of the theatre, or of all districts [m] are border or "
        f"coast, not front; else {BORDER_M:g}. Kilometres where layers were drawn apart.",
        **METRES,
    ),
    "reach_m": _option(
        float | None,
        "--reach-m",
        "For files of places with a side: how far from a place its side holds the ground [m].",
        **METRES,
    ),
    "margin_m": _option(
        float | None,
        "--margin-m",
        "Ground along the theatre's edge that no polygon covers goes to the side beside it where it is "
        "thinner than this [m]; 0: none; else found from the data.",
        **METRES,
    ),
    "sigma_m": _option(
        float | None,
        "--sigma-m",
        "Standard error of the position [m] of lines that have no 'sigma_m' of their own.",
        **METRES,
    ),
    "correlation_m": _option(
        str | None,
        "--correlation-m",
        "Over what length along the front errors are alike [m]; inf: each line is off as a whole; stretch: "
        "each stretch is; several with their shares of the variance: 2000:0.5,inf:0.5; then between= "
        "(correlation of both dates' errors) and factor= (how wrong the length may be; 1: measured); else "
        f"the longest that the lines state as correlation_m, or {CORRELATION_M:g}.",
        metavar="METRES",
    ),
    "draws": _option(
        int | None,
        "--draws",
        "Simulate the errors of areas with so many draws, such as 1000; 0, or without it: by formula.",
        min=0,
        metavar="NUMBER",
    ),
    "mend": _option(
        str | None,
        "--mend",
        f"Mend faults of these kinds instead of stopping: all, or some of {','.join(MENDS)}; what moves is "
        "booked.",
        metavar="FAULTS",
        callback=_known_mends,
    ),
    "workers": _option(
        int | None,
        "--workers",
        "Processes to share the days of a series, the draws of errors, or studies; else 1.",
        min=1,
        metavar="NUMBER",
        callback=_expected,
    ),
    "scheduler": _option(
        str | None,
        "--scheduler",
        "Share them among the workers of a Dask scheduler instead, such as tcp://192.0.2.1:8786.",
        metavar="ADDRESS",
    ),
}
"""Options that commands share, by the arguments of the verbs that they stand for."""

# --- what the files do not say themselves

AS = f"Read files as their publisher writes them: {', '.join(PUBLISHERS)}, or a file.toml that describes one."
EachDay = StrEnum("EachDay", {name: name for name in EACH_DAY})  # type: ignore[misc]

Described: dict[str, Any] = {
    "side_column": _option(
        str | None, "--side-column", "Column that says whose ground it is; else 'side'.", metavar="COLUMN"
    ),
    "mapped": _option(
        list[str] | None,
        "--map",
        "Side of a value of the side column, or of rows without a side (=SIDE); VALUE= drops its rows; may "
        "be given several times.",
        metavar="VALUE=SIDE",
    ),
    "one_side": _option(
        bool, "--one-side", "All rows are ground of one side, whatever else tells them apart."
    ),
    "side_left": _option(
        str | None, "--side-left", "Who is to the left of lines that name no sides, as drawn.", metavar="NAME"
    ),
    "side_right": _option(str | None, "--side-right", "Who is to the right of them.", metavar="NAME"),
    "places": _option(
        list[str] | None,
        "--side-at",
        "Whose ground a place is, for lines that name no sides; give one for each side, or more.",
        metavar="SIDE=LON,LAT",
    ),
    "date_column": _option(str | None, "--date-column", "Column of the day; else 'date'.", metavar="COLUMN"),
    "date_format": _option(
        str | None,
        "--date-format",
        "How days are written in columns and file names, such as %d-%m-%Y.",
        metavar="FORMAT",
    ),
    "valid_from": _option(
        str | None,
        "--valid-from",
        "Column of the first day on which a row holds; the day wanted picks rows.",
        metavar="COLUMN",
    ),
    "valid_to": _option(
        str | None, "--valid-to", "Column of the last day on which a row holds.", metavar="COLUMN"
    ),
    "valid_before": _option(
        str | None,
        "--valid-before",
        "Column of the first day on which a row no longer holds, in place of --valid-to.",
        metavar="COLUMN",
    ),
    "where": _option(
        list[str] | None,
        "--where",
        "Take only rows with this value; may be given several times, for one column: any of them.",
        metavar="COLUMN=VALUE",
    ),
    "sigma_column": _option(
        str | None, "--sigma-column", "Column of the standard error of the position [m].", metavar="COLUMN"
    ),
    "crs": _option(
        str | None, "--crs", "CRS of files that do not name one, such as EPSG:4326.", metavar="CRS"
    ),
    "lon": _option(str | None, "--lon", "Column of longitudes of a CSV [degrees].", metavar="COLUMN"),
    "lat": _option(str | None, "--lat", "Column of latitudes of a CSV [degrees].", metavar="COLUMN"),
    "encoding": _option(
        str | None,
        "--encoding",
        "How text is stored where a file does not say it, such as cp1251.",
        metavar="NAME",
    ),
    "allow_date": _option(
        bool, "--allow-date", "Take days after today, and days decades away from the others."
    ),
    "allow_empty": _option(
        bool, "--allow-empty", "Take a file without a row for a day on which no side held ground."
    ),
    "dissolve": _option(bool, "--dissolve", "Join rows of districts that share a name into one district."),
    "publisher": _option(str | None, "--as", AS, metavar="NAME"),
    "each_day": _option(
        EachDay | None, "--each-day", "Which of several files of one day to take; all: together they are it."
    ),
    "shift_days": _option(
        int | None,
        "--shift-days",
        "Days to add to those in names and columns: -1 where a file shows the evening before.",
        metavar="NUMBER",
    ),
}
"""Options of every command that reads fronts: how their files say who holds what, and when."""


def _named(text: str) -> Path:
    """Read the name of a file or folder; an empty one would be the working folder."""
    if not str(text).strip():
        raise typer.BadParameter("the name is empty: name a file or folder, or . for the working folder")
    return Path(text)


_WITH = {"copies": "axis", "force": "write_problems"}
"""Options that say something of another one, where a command has both."""
_NOT_WITH = {
    "axis": ("length_m", "smoothing_m"),
    "dates": ("date", "apart_m", "label", "report", "side_colours", "no_context", "basemap"),
    "no_map": ("pdf", "film", "panels", "free_scale", "basemap"),
    "suggest_colours": ("out", "force"),
    "valid_to": ("valid_before",),
    "scheduler": ("workers",),
}
"""Options that nothing is made of beside another one."""


def refuse_without_effect(context: typer.Context) -> None:
    """Refuse options that would be ignored because of others that are there, or are not."""
    options = {one.name: one.opts[0] for one in context.command.params if one.name}
    sources = {name: context.get_parameter_source(name) for name in options}
    said = {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}
    for one, other in _WITH.items():
        if one in said and other in options.keys() - said:
            raise StudyError(f"{options[one]} is of no effect without {options[other]}: give both")
    for one, others in _NOT_WITH.items():
        if one in said and (idle := [options[name] for name in others if name in said]):
            raise StudyError(f"{', '.join(idle)}: of no effect with {options[one]}, give one of them")


def takes_options(options: Mapping[str, Any], make: Callable[..., Any], argument: str) -> Callable[..., Any]:
    """Give a command shared options; it gets what `make` makes of them as one `argument`."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def wrapped(**given: Any) -> None:
            said = {name: given.pop(name, None) for name in options}
            command(**given, **{argument: make(**said)})

        hints = get_type_hints(command, include_extras=True)
        for hint in hints.values():
            if "Path" in str(get_args(hint)[:1]):
                get_args(hint)[1].parser = _named
        own = inspect.signature(command).parameters.values()
        kept = [one.replace(annotation=hints[one.name]) for one in own if one.name != argument]
        added = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=False if get_args(kind)[:1] == (bool,) else None,
                annotation=kind,
            )
            for name, kind in options.items()
        ]
        every = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*kept, *added)]
        wrapped.__signature__ = inspect.Signature(every)  # type: ignore[attr-defined]
        wrapped.__annotations__ = {one.name: one.annotation for one in every}
        return wrapped

    return decorate


def _described_as(
    mapped: list[str] | None, where: list[str] | None, places: list[str] | None, **others: Any
) -> Description:
    """Read ``VALUE=SIDE``, ``COLUMN=VALUE`` and ``SIDE=LON,LAT``, and describe layers by all options."""
    from frontlines.sources.description import Description
    from frontlines.sources.formats import known_crs

    pairs = [_pair(text.rpartition("="), "--map", "VALUE=SIDE", blank=True) for text in mapped or ()]
    chosen: dict[str, tuple[str, ...]] = {}
    for text in where or ():
        column, value = _pair(text.partition("="), "--where", "COLUMN=VALUE")
        chosen[column] = (*chosen.get(column, ()), value)
    held: dict[str, tuple[tuple[float, float], ...]] = {}
    for text in places or ():
        side, lonlat = _pair(text.rpartition("="), "--side-at", "SIDE=LON,LAT")
        held[side] = (*held.get(side, ()), _lonlat(lonlat, text))
    if "crs" in given(**others):
        known_crs(others["crs"], f"--crs {others['crs']!r}")
    named = {value: side or None for value, side in pairs}
    return Description(sides=named, where=chosen, side_at=held, **given(**others))


def _pair(parts: tuple[str, str, str], option: str, form: str, *, blank: bool = False) -> tuple[str, str]:
    first, sign, second = parts
    if not ((first.strip() or blank) and sign):
        raise StudyError(f"{option} {''.join(parts)!r}: write {form}")
    return first.strip(), second.strip()


def _lonlat(written: str, text: str) -> tuple[float, float]:
    try:
        lon, lat = map(float, written.split(","))
    except ValueError as error:
        raise StudyError(f"--side-at {text!r}: write SIDE=LON,LAT in degrees, such as A=46.9,40.1") from error
    return lon, lat


def of_the_map(side_colours: list[str] | None, *, no_context: bool, basemap: bool) -> dict[str, Any]:
    """Read ``NAME=#RRGGBB``, and what lies about the theatre on the map, as `study_from_files` takes them."""
    from frontlines.sources.toml import is_colour

    named = dict(_pair(text.rpartition("="), "--side-colour", "NAME=#RRGGBB") for text in side_colours or ())
    for side, colour in named.items():
        if not is_colour(colour):
            raise StudyError(f"--side-colour {side}={colour}: write a colour as #RRGGBB, such as #0072B2")
    if no_context and basemap:
        raise StudyError("--no-context leaves out what --basemap draws: give one of them")
    around = "none" if no_context else "tiles" if basemap else None
    return given(colours=named or None, around=around)


def sides_named(names: list[str] | None) -> dict[str, str]:
    """Read ``NAME=TEXT`` of ``--side-name``."""
    pairs = [name.partition("=") for name in names or []]
    for side, sign, text in pairs:
        if not (side.strip() and sign and text.strip()):
            raise StudyError(f"--side-name {side + sign + text!r}: write NAME=TEXT, such as A='Side A'")
    return {side: text for side, _, text in pairs}


def _asked(**options: Any) -> dict[str, Any]:
    """Give the options that were given as verbs take them; the others have their defaults."""
    asked: dict[str, Any] = {}
    if "date_before" in options:
        days = (options.pop(name) for name in ("date_before", "date_after"))
        asked["days"] = tuple(None if day is None else f"{day:%Y-%m-%d}" for day in days)
    asked["sides"] = sides_named(options.pop("side_names"))
    if "basemap" in options:
        asked |= of_the_map(**{name: options.pop(name) for name in OF_MAP})
    asked["description"] = _described_as(**{name: options.pop(name) for name in Described if name in options})
    return asked | given(**options)


def given(**options: Any) -> dict[str, Any]:
    """Keep the options that were given."""
    return {name: value for name, value in options.items() if value is not None and value != []}


def one_side(sides: list[str] | None) -> str:
    """Take the only side of `--side`, where there must be one."""
    if sides is None or len(sides) != 1:
        raise StudyError(f"one side is compared: give --side once, not {len(sides or ())} times")
    return sides[0]


describes_layers = takes_options(Described, _described_as, "description")
"""A decorator: the command takes the options of `Described`, as a `Description`."""

saves_answers = takes_options(Saves, _saving, "saving")
"""A decorator: the command takes `Saves`, as a `Saving`."""

OF_GROUND = ("districts", "key", "theatre")
OF_STUDY = (
    "side", "date_before", "date_after", "rest", "settlements", "label", "title", "source", "side_names",
    "snap_m", "border_m", "reach_m", "margin_m", "sigma_m", "mend",
)  # fmt: skip
"""Options of every command that makes a study of two days and more."""


OF_MAP = ("side_colours", "no_context", "basemap")
"""Options of every command that draws pictures."""


def asks(*names: str, but: Collection[str] = ()) -> Callable[..., Callable[..., None]]:
    """Give a command shared options and all that describe files; it takes them as `asked`."""
    options = {name: OPTIONS[name] for name in names}
    options |= {name: kind for name, kind in Described.items() if name not in but}
    decorate: Callable[..., Callable[..., None]] = takes_options(options, _asked, "asked")
    return decorate
