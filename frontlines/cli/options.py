"""What the commands share: options, and how errors are shown."""

from __future__ import annotations

import functools
import inspect
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, ParamSpec, get_args, get_type_hints

import typer
from rich.console import Console
from rich.text import Text

from frontlines.errors import FrontlinesError, StudyError
from frontlines.names import BORDER_M, CORRELATION_M, SLIVER_M, SNAP_M, UNKNOWN
from frontlines.sources.description import Description

P = ParamSpec("P")

FAULTY = 2
"""Exit code when anything is wrong."""

_PLAIN_WIDTH = 120
_AS_OPTIONS = [  # arguments of functions, as the options that give them
    (re.compile(r"\bmend=True"), "--mend"),
    (re.compile(r"\bside_column=(?=['\"])"), "--side-column "),
    (re.compile(r"\bwith side_column\b"), "with --side-column"),
    (re.compile(r"\bsides=\{(['\"])(.*?)\1: 'NAME'\}"), r"--map \1\2=NAME\1"),
    (re.compile(r"\bwhich sides names\b"), "which --map names"),
    (re.compile(r"\bone_side=True"), "--one-side"),
    (re.compile(r"\bside='NAME'"), "--side NAME"),
    (re.compile(r"\bdissolve=True"), "--dissolve"),
    (re.compile(r"\bdate_format=(?=['\"])"), "--date-format "),
    (re.compile(r"\bwith date='[\d-]+'"), "with --date-before and --date-after"),
    (re.compile(r"\ballow_date=True"), "--allow-date"),
    (re.compile(r"\blon='\.\.\.', lat='\.\.\.'"), "--lon and --lat"),
    (re.compile(r"\bencoding=(?=['\"])"), "--encoding "),
    (re.compile(r"\bframe\.set_crs\('EPSG:4326'\)"), "--crs EPSG:4326"),
    (re.compile(r"\bsnap_m=\.\.\."), "--snap-m"),
    (re.compile(r"\bsnap_m=(?=[\d.])"), "--snap-m "),
    (re.compile(r"\bNoiseModel\(sigma_m=\.\.\.\)"), "--sigma-m"),
    (re.compile(r"\blength_m=\.\.\."), "--length-m"),
    (re.compile(r"\breach_m=\.\.\.(?=, how far from a place)"), "--reach-m METRES"),
    (re.compile(r"\ba larger reach_m\b"), "a larger --reach-m"),
    (re.compile(r"\bbegin anew, without previous=\.\.\."), "use --force instead of --resume"),
    (re.compile(r"\bfront_m needs border_m\b"), "--front-length needs --border-m"),
    (re.compile(r"\bfor their label\b"), "for --label"),
    (
        re.compile(r"\b(?:as_control|as_districts)\(\.\.\., theatre=\.\.\., rest=\.\.\.\)"),
        "--theatre and --rest",
    ),
]

Out = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="Folder for the results; made if it is missing.")
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite the files of another run.")]

# --- layers

_DISTRICTS = typer.Option("--districts", metavar="FILE", help="District polygons.")
Districts = Annotated[Path, _DISTRICTS]
DistrictsOrStudy = Annotated[Path | None, _DISTRICTS]
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
        "--settlements", metavar="FILE", help="Settlements to name on maps: points, or a CSV of lon and lat."
    ),
]
Rest = Annotated[
    str | None,
    typer.Option("--rest", metavar="NAME", help=f"Who holds the ground no polygon covers; else {UNKNOWN}."),
]
Mend = Annotated[
    bool,
    typer.Option(
        "--mend", help="Mend overlaps and invalid geometry instead of stopping; what moves is booked."
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

# --- method

SliverM = Annotated[
    float | None,
    typer.Option(
        "--sliver-m",
        min=0,
        metavar="METRES",
        help=f"Changed ground thinner than this [m] counts as unchanged; else {SLIVER_M:g}.",
    ),
]
SnapM = Annotated[
    float | None,
    typer.Option(
        "--snap-m",
        min=0,
        metavar="METRES",
        help=f"How far an end of a line is led on to the theatre's edge [m]; else {SNAP_M:g}.",
    ),
]
BorderM = Annotated[
    float | None,
    typer.Option(
        "--border-m",
        min=0,
        metavar="METRES",
        help="Edges of ground this near to the edge of the theatre, or of all districts [m] are border or "
        f"coast, not front; else {BORDER_M:g}. Kilometres where layers were drawn apart.",
    ),
]
ReachM = Annotated[
    float | None,
    typer.Option(
        "--reach-m",
        min=0,
        metavar="METRES",
        help="For files of places with a side: how far from a place its side holds the ground [m].",
    ),
]
MarginM = Annotated[
    float | None,
    typer.Option(
        "--margin-m",
        min=0,
        metavar="METRES",
        help="Ground along the theatre's edge that no polygon covers goes to the side beside it where it is "
        "thinner than this [m]; 0: none; else found from the data.",
    ),
]
SigmaM = Annotated[
    float | None,
    typer.Option(
        "--sigma-m",
        min=0,
        metavar="METRES",
        help="Standard error of the position [m] of lines that have no 'sigma_m' of their own.",
    ),
]
CorrelationM = Annotated[
    float | None,
    typer.Option(
        "--correlation-m",
        min=0,
        metavar="METRES",
        help="Over what length along the front errors are alike [m]; inf: each line is off as a whole; "
        f"else {CORRELATION_M:g}.",
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
}
"""Options of every command that reads fronts: how their files say who holds what, and when."""


def _takes(options: Mapping[str, Any], make: Callable[..., Any], argument: str) -> Callable[..., Any]:
    """Give a command shared options; it gets what `make` makes of them as one `argument`."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def wrapped(**given: Any) -> None:
            said = {name: given.pop(name) for name in options}
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


def _described_as(mapped: list[str] | None, where: list[str] | None, **others: Any) -> Description:
    """Read ``VALUE=SIDE`` and ``COLUMN=VALUE``, and describe layers by all options."""
    pairs = [_pair(text.rpartition("="), "--map", "VALUE=SIDE") for text in mapped or ()]
    chosen: dict[str, tuple[str, ...]] = {}
    for text in where or ():
        column, value = _pair(text.partition("="), "--where", "COLUMN=VALUE")
        chosen[column] = (*chosen.get(column, ()), value)
    return Description(sides={value: side or None for value, side in pairs}, where=chosen, **others)


def _pair(parts: tuple[str, str, str], option: str, form: str) -> tuple[str, str]:
    first, sign, second = parts
    if not (first.strip() and sign):
        raise StudyError(f"{option} {''.join(parts)!r}: write {form}")
    return first.strip(), second.strip()


def description_entries(description: Description) -> dict[str, Any]:
    """Write what is described as entries of [layers] of a study, which go before those of its file."""
    said = {name: value for name, value in asdict(description).items() if value}
    if "sides" in said:
        said["map"] = {value: side or "" for value, side in said.pop("sides").items()}
    if "where" in said:
        said["where"] = {column: list(values) for column, values in said["where"].items()}
    return said


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


describes_layers = _takes(Described, _described_as, "description")
"""A decorator: the command takes the options of `Described`, as a `Description`."""

asks_for_study = _takes({**Asked, **Described}, _study_options, "asked")
"""A decorator: the command takes `Asked` and `Described`, as arguments of `study_from_files`."""

_TABLE_OF = {"title": "study", "side": "study", "label": "layers", "settlements": "layers"}


def changes_of(
    days: tuple[str | None, str | None], sides: Mapping[str, str], **others: Any
) -> dict[str, dict[str, Any]]:
    """Write the options of a study as entries that go before those of its file."""
    changes: dict[str, dict[str, Any]] = {"study": {}, "sides": dict(sides), "layers": {}, "method": {}}
    if any(days):
        changes["study"]["dates"] = [None if one is None else date.fromisoformat(one) for one in days]
    if source := others.pop("source", None):
        changes["study"]["sources"] = [source]
    if not others["mend"]:
        del others["mend"]
    for name, value in others.items():
        if isinstance(value, Description):
            changes["layers"] |= description_entries(value)
            continue
        entry = str(value.absolute()) if isinstance(value, Path) else value
        changes[_TABLE_OF.get(name, "method")][name] = entry
    return changes


def console(*, stderr: bool = False) -> Console:
    """Make a console; away from a terminal it is wide enough for the tables."""
    made = Console(stderr=stderr, markup=False, highlight=False)
    if not made.is_terminal:
        made.width = _PLAIN_WIDTH
    return made


def plain(text: object) -> str:
    """Make text from a file safe to show: what would steer a terminal becomes a blank."""
    return "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in str(text))


def one_line(error: Exception) -> str:
    """Put an error into one line, in the words of the command line."""
    lines = [line.strip().removeprefix("- ") for line in str(error).splitlines() if line.strip()]
    head, *items = lines or [type(error).__name__]
    line = head + " " * bool(items) + "; ".join(items)
    for pattern, words in _AS_OPTIONS:
        line = pattern.sub(words, line)
    return " ".join(plain(line).split())


def shows_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Turn the library's errors into one line and exit code 2."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except FrontlinesError as error:
            console(stderr=True).print(Text(f"error: {one_line(error)}"), style="red", soft_wrap=True)
            raise typer.Exit(FAULTY) from error

    return wrapped
