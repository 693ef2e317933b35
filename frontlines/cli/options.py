"""What the commands share: options, and how errors are shown."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import typer

from frontlines.errors import LayerError, StudyError
from frontlines.layers.mending import MENDS, mends_of
from frontlines.limits import LIMITS, LONGEST_M
from frontlines.names import BORDER_M, CORRELATION_M, SLIVER_M, SNAP_M, STRETCH, UNKNOWN, Length
from frontlines.sources.description import EACH_DAY, Description
from frontlines.sources.formats import known_crs
from frontlines.sources.publishers import PUBLISHERS
from frontlines.sources.toml import is_colour

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

Report = Annotated[
    bool,
    typer.Option("--report", help="Also make report.html: one page for a browser, see `frontlines report`."),
]

# --- layers

Districts = Annotated[
    list[Path] | None,
    typer.Option(
        "--districts",
        metavar="FILE",
        help="District polygons; may be given several times. Without them --theatre is one district.",
    ),
]
Side = Annotated[
    list[str] | None,
    typer.Option(
        "--side",
        metavar="NAME",
        help="Side whose gains are positive; may be given several times, and without it every side has its "
        "balance. Polygons in a file without a column 'side' are the ground of the only one.",
    ),
]
Key = Annotated[str, typer.Option("--key", metavar="COLUMN", help="Column of the districts' unique names.")]
Label = Annotated[
    str | None,
    typer.Option(
        "--label",
        metavar="COLUMN",
        help="Column of the districts to call them by on maps, charts and in the printed table; files name "
        "them by --key.",
    ),
]
Theatre = Annotated[
    Path | None,
    typer.Option("--theatre", metavar="FILE", help="Ground to compare; by default all districts."),
]
Settlements = Annotated[
    Path | None,
    typer.Option(
        "--settlements",
        metavar="FILE",
        help="Settlements to follow and to name on maps, perhaps with a column 'population': points, or a "
        "CSV of lon and lat.",
    ),
]
Population = Annotated[
    Path | None,
    typer.Option(
        "--population", metavar="FILE", help="Raster of people to count on changed ground: a GeoTIFF."
    ),
]


class PerWhat(StrEnum):
    """What a value of a raster of people counts them in."""

    PIXEL = "pixel"
    KM2 = "km2"


PopulationPer = Annotated[
    PerWhat | None,
    typer.Option(
        "--population-per", help="What its values count: people in each pixel, or per km²; else as it says."
    ),
]
Rest = Annotated[
    str | None,
    typer.Option("--rest", metavar="NAME", help=f"Who holds the ground no polygon covers; else {UNKNOWN}."),
]


def _known_mends(mend: str | None) -> str | None:
    try:
        mends_of(mend)
    except LayerError as error:
        raise typer.BadParameter(str(error)) from error
    return mend


Mend = Annotated[
    str | None,
    typer.Option(
        "--mend",
        metavar="FAULTS",
        callback=_known_mends,
        help=f"Mend faults of these kinds instead of stopping: all, or some of {','.join(MENDS)}; what moves "
        "is booked.",
    ),
]
_DAY: dict[str, Any] = {"formats": ["%Y-%m-%d"], "metavar": "YYYY-MM-DD"}
DateBefore = Annotated[
    datetime | None,
    typer.Option("--date-before", **_DAY, help="Day to take from the first file, or to give it."),
]
DateAfter = Annotated[
    datetime | None,
    typer.Option("--date-after", **_DAY, help="Day to take from the last file, or to give it."),
]

# --- words

Title = Annotated[str | None, typer.Option("--title", metavar="TEXT", help="Title of maps and charts.")]
Source = Annotated[
    str | None,
    typer.Option(
        "--source", metavar="TEXT", help="Whom captions name as the source, in place of what the files say."
    ),
]
SideNames = Annotated[
    list[str] | None,
    typer.Option(
        "--side-name",
        metavar="NAME=TEXT",
        help="What to call a side in titles and legends, such as A='Side A'; may be given several times.",
    ),
]

SideColours = Annotated[
    list[str] | None,
    typer.Option(
        "--side-colour",
        metavar="NAME=#RRGGBB",
        help="Colour of a side's ground on the map, such as A='#0072B2'; may be given several times.",
    ),
]
NoContext = Annotated[
    bool,
    typer.Option("--no-context", help="Leave coast, sea and neighbouring states out of the map."),
]
Basemap = Annotated[
    bool,
    typer.Option(
        "--basemap", help="Draw map tiles from a server on the internet under the map (extra basemap)."
    ),
]

# --- method

METRES: dict[str, Any] = {"min": 0, "max": LONGEST_M, "metavar": "METRES"}
"""What an option that takes a length has in common with all others."""

SliverM = Annotated[
    float | None,
    typer.Option(
        "--sliver-m",
        **METRES,
        help=f"Changed ground thinner than this [m] counts as unchanged; else {SLIVER_M:g}.",
    ),
]
SnapM = Annotated[
    float | None,
    typer.Option(
        "--snap-m",
        **METRES,
        help=f"How far an end of a line is led on to the theatre's edge [m]; else {SNAP_M:g}.",
    ),
]
BorderM = Annotated[
    float | None,
    typer.Option(
        "--border-m",
        **METRES,
        help="Edges of ground this near to the edge of the theatre, or of all districts [m] are border or "
        f"coast, not front; else {BORDER_M:g}. Kilometres where layers were drawn apart.",
    ),
]
ReachM = Annotated[
    float | None,
    typer.Option(
        "--reach-m",
        **METRES,
        help="For files of places with a side: how far from a place its side holds the ground [m].",
    ),
]
MarginM = Annotated[
    float | None,
    typer.Option(
        "--margin-m",
        **METRES,
        help="Ground along the theatre's edge that no polygon covers goes to the side beside it where it is "
        "thinner than this [m]; 0: none; else found from the data.",
    ),
]
SigmaM = Annotated[
    float | None,
    typer.Option(
        "--sigma-m",
        **METRES,
        help="Standard error of the position [m] of lines that have no 'sigma_m' of their own.",
    ),
]


def _read_length(text: str) -> Length:
    """Read a correlation length."""
    if text.strip() == STRETCH:
        return STRETCH
    try:
        metres = float(text)
    except ValueError:
        metres = math.nan
    if not metres >= 0:
        raise typer.BadParameter(f"{text!r} is no length: give metres, 0 or more, inf, or stretch")
    return metres


CorrelationM = Annotated[
    Any,
    typer.Option(
        "--correlation-m",
        parser=_read_length,
        metavar="METRES",
        help="Over what length along the front errors are alike [m]; inf: each line is off as a whole; "
        "stretch: each stretch is; "
        f"else the longest that the lines state as correlation_m, or {CORRELATION_M:g}.",
    ),
]
Draws = Annotated[
    int | None,
    typer.Option(
        "--draws",
        min=0,
        metavar="NUMBER",
        help="Simulate the errors of areas with so many draws, such as 1000; 0, or without it: by formula.",
    ),
]


Asked: dict[str, Any] = {
    "side": Side,
    "date_before": DateBefore,
    "date_after": DateAfter,
    "rest": Rest,
    "settlements": Settlements,
    "label": Label,
    "title": Title,
    "source": Source,
    "side_names": SideNames,
    "snap_m": SnapM,
    "border_m": BorderM,
    "reach_m": ReachM,
    "margin_m": MarginM,
    "sigma_m": SigmaM,
    "mend": Mend,
}
"""Options of every command that makes a study of two days and more."""


# --- what the files do not say themselves

AS = f"Read files as their publisher writes them: {', '.join(PUBLISHERS)}, or a file.toml that describes one."
EachDay = StrEnum("EachDay", {name: name for name in EACH_DAY})  # type: ignore[misc]

Described: dict[str, Any] = {
    "side_column": Annotated[
        str | None,
        typer.Option(
            "--side-column", metavar="COLUMN", help="Column that says whose ground it is; else 'side'."
        ),
    ],
    "mapped": Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="VALUE=SIDE",
            help="Side of a value of the side column; VALUE= drops its rows; may be given several times.",
        ),
    ],
    "one_side": Annotated[
        bool,
        typer.Option("--one-side", help="All rows are ground of one side, whatever else tells them apart."),
    ],
    "side_left": Annotated[
        str | None,
        typer.Option(
            "--side-left", metavar="NAME", help="Who is to the left of lines that name no sides, as drawn."
        ),
    ],
    "side_right": Annotated[
        str | None, typer.Option("--side-right", metavar="NAME", help="Who is to the right of them.")
    ],
    "places": Annotated[
        list[str] | None,
        typer.Option(
            "--side-at",
            metavar="SIDE=LON,LAT",
            help="Whose ground a place is, for lines that name no sides; give one for each side, or more.",
        ),
    ],
    "date_column": Annotated[
        str | None, typer.Option("--date-column", metavar="COLUMN", help="Column of the day; else 'date'.")
    ],
    "date_format": Annotated[
        str | None,
        typer.Option(
            "--date-format",
            metavar="FORMAT",
            help="How days are written in columns and file names, such as %d-%m-%Y.",
        ),
    ],
    "valid_from": Annotated[
        str | None,
        typer.Option(
            "--valid-from",
            metavar="COLUMN",
            help="Column of the first day on which a row holds; the day wanted picks rows.",
        ),
    ],
    "valid_to": Annotated[
        str | None,
        typer.Option("--valid-to", metavar="COLUMN", help="Column of the last day on which a row holds."),
    ],
    "valid_before": Annotated[
        str | None,
        typer.Option(
            "--valid-before",
            metavar="COLUMN",
            help="Column of the first day on which a row no longer holds, in place of --valid-to.",
        ),
    ],
    "where": Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="COLUMN=VALUE",
            help="Take only rows with this value; may be given several times, for one column: any of them.",
        ),
    ],
    "sigma_column": Annotated[
        str | None,
        typer.Option(
            "--sigma-column", metavar="COLUMN", help="Column of the standard error of the position [m]."
        ),
    ],
    "crs": Annotated[
        str | None,
        typer.Option("--crs", metavar="CRS", help="CRS of files that do not name one, such as EPSG:4326."),
    ],
    "lon": Annotated[
        str | None, typer.Option("--lon", metavar="COLUMN", help="Column of longitudes of a CSV [degrees].")
    ],
    "lat": Annotated[
        str | None, typer.Option("--lat", metavar="COLUMN", help="Column of latitudes of a CSV [degrees].")
    ],
    "encoding": Annotated[
        str | None,
        typer.Option(
            "--encoding",
            metavar="NAME",
            help="How text is stored where a file does not say it, such as cp1251.",
        ),
    ],
    "allow_date": Annotated[
        bool,
        typer.Option("--allow-date", help="Take days after today, and days decades away from the others."),
    ],
    "dissolve": Annotated[
        bool, typer.Option("--dissolve", help="Join rows of districts that share a name into one district.")
    ],
    "publisher": Annotated[str | None, typer.Option("--as", metavar="NAME", help=AS)],
    "each_day": Annotated[
        EachDay | None,
        typer.Option(
            "--each-day", help="Which of several files of one day to take; all: together they are it."
        ),
    ],
    "shift_days": Annotated[
        int | None,
        typer.Option(
            "--shift-days",
            metavar="NUMBER",
            help="Days to add to those in names and columns: -1 where a file shows the evening before.",
        ),
    ],
}
"""Options of every command that reads fronts: how their files say who holds what, and when."""


def takes_options(options: Mapping[str, Any], make: Callable[..., Any], argument: str) -> Callable[..., Any]:
    """Give a command shared options; it gets what `make` makes of them as one `argument`."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def wrapped(**given: Any) -> None:
            said = {name: given.pop(name, None) for name in options}
            command(**given, **{argument: make(**said)})

        hints = get_type_hints(command, include_extras=True)
        own = inspect.signature(command).parameters.values()
        kept = [one.replace(annotation=hints[one.name]) for one in own if one.name != argument]
        added = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=False if get_args(kind)[0] is bool else None,
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
    pairs = [_pair(text.rpartition("="), "--map", "VALUE=SIDE") for text in mapped or ()]
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


def _pair(parts: tuple[str, str, str], option: str, form: str) -> tuple[str, str]:
    first, sign, second = parts
    if not (first.strip() and sign):
        raise StudyError(f"{option} {''.join(parts)!r}: write {form}")
    return first.strip(), second.strip()


def _lonlat(written: str, text: str) -> tuple[float, float]:
    try:
        lon, lat = map(float, written.split(","))
    except ValueError as error:
        raise StudyError(f"--side-at {text!r}: write SIDE=LON,LAT in degrees, such as A=46.9,40.1") from error
    return lon, lat


def of_the_map(colours: list[str] | None, *, no_context: bool, basemap: bool) -> dict[str, Any]:
    """Read ``NAME=#RRGGBB``, and what lies about the theatre on the map, as `study_from_files` takes them."""
    named = dict(_pair(text.rpartition("="), "--side-colour", "NAME=#RRGGBB") for text in colours or ())
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


def _study_options(
    date_before: datetime | None, date_after: datetime | None, side_names: list[str] | None, **others: Any
) -> dict[str, Any]:
    """Give the options that were given as `study_from_files` takes them; the others have their defaults."""
    days = tuple(None if day is None else f"{day:%Y-%m-%d}" for day in (date_before, date_after))
    description = _described_as(**{name: others.pop(name) for name in Described})
    return {"days": days, "sides": sides_named(side_names), "description": description, **given(**others)}


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

_OF_BOTH = {name: kind for name, kind in Described.items() if name != "publisher"}
describes_sources = takes_options(_OF_BOTH, _described_as, "description")
"""The same for a command whose two sources may have two publishers."""

asks_for_study = takes_options({**Asked, **Described}, _study_options, "asked")
"""A decorator: the command takes `Asked` and `Described`, as arguments of `study_from_files`."""
