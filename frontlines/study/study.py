"""A study, with the layers that answer it; and what every answer can do: be drawn, shown and saved."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from frontlines.arguments import checked
from frontlines.change import PopulationRaster
from frontlines.control import control_from_lines, frontlines_from_control
from frontlines.control.from_lines import cut_lines
from frontlines.errors import StudyError
from frontlines.layers.margins import Margins, find_margins, give_margins, with_margins
from frontlines.manifest import CAPTIONS, Manifest
from frontlines.names import (
    BORDER_M,
    SLIVER_M,
    SNAP_M,
    UNKNOWN,
    Around,
    counted,
    listed,
    sides_followed,
    sides_in_order,
)
from frontlines.plot.style import DEFAULT_STYLE, MapStyle, side_faces
from frontlines.study.errors import require_numbers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 6
"""Sides named in a line."""

_PAGE_PX = 760  # how high a page stands in a notebook


@checked()
@dataclass(frozen=True, kw_only=True, repr=False)
class Study:
    """A question and the layers that answer it, all in one working CRS.

    Attributes
    ----------
    name, title
        For file names, and for readers.
    side
        The side whose gains are positive, or several of them. None: every side of the layers.
    dates
        The days compared.
    crs
        The working CRS.
    theatre, districts
        From `as_theatre` and `as_districts`.
    frontlines, control
        One of them is given, the other is None and follows from it.
    settlements, context
        Further layers for the map, or None. `context` has `kind` (``country`` or ``oblast``), `name`.
    population
        A raster of people, from `frontlines.sources.population.read_population`, or None.
    beyond
        `date`, `side` and polygons: ground of the control layers beyond the theatre, or None.
    sides, colours
        How to call each side in legends, and its colour on the map, ``#RRGGBB``; others have safe defaults.
    around
        What the map shows about the theatre: ``"coast"`` and neighbouring states from Natural Earth,
        ``"tiles"`` of a map on the internet (extra ``basemap``), or ``"none"``.
    boundaries
        The boundary convention of the map, in a sentence.
    notes, sources
        Sentences and credits for the caption.
    zoom
        West, south, east, north of the map's second panel [degrees], or None.
    towns, zoom_towns
        Names of settlements to show on either panel.
    label
        Column of the districts to call them by on maps and in printed tables, or None.
    snap_m, sliver_m, border_m
        See `control_from_lines`, `change_between` and `frontlines_from_control` [m].
    margin_m
        Ground along the theatre's edge that no polygon covers goes to the side beside it where it is thinner
        than this [m]; None: found from the data, 0: none. See `as_control`.
    sigma_m
        Standard error of the position of stretches without a `sigma_m` of their own [m], or None.
    correlation_m
        Over what length along the front errors of lines are correlated [m], or ``"stretch"``, or a text
        with several lengths, as `noise_from_text` reads it. None: the longest that the lines state in a
        column `correlation_m`; those that state none count as 5,000 m.
    draws
        How often to draw the fronts for the errors of areas; 0 for the formula, see `balance_error`.
    parameters
        How the layers were read, for the manifest.
    inputs
        What was read, from `frontlines.manifest.fingerprint`.

    Raises
    ------
    StudyError
        If the dates are not in order, or a tolerance is not a number of metres.
    NoiseError
        If `sigma_m` or `correlation_m` is no length, or `draws` no number of draws.
    """

    name: str
    title: str
    side: str | Sequence[str] | None = None
    dates: tuple[pd.Timestamp, pd.Timestamp]
    crs: CRS
    theatre: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    frontlines: gpd.GeoDataFrame | None = None
    control: gpd.GeoDataFrame | None = None
    settlements: gpd.GeoDataFrame | None = None
    context: gpd.GeoDataFrame | None = None
    population: PopulationRaster | None = None
    beyond: gpd.GeoDataFrame | None = None
    sides: Mapping[str, str] = field(default_factory=dict)
    colours: Mapping[str, str] = field(default_factory=dict)
    around: Around = "coast"
    boundaries: str = ""
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    zoom: tuple[float, float, float, float] | None = None
    towns: tuple[str, ...] = ()
    zoom_towns: tuple[str, ...] = ()
    label: str | None = None
    snap_m: float = SNAP_M
    sliver_m: float = SLIVER_M
    border_m: float = BORDER_M
    margin_m: float | None = None
    sigma_m: float | None = None
    correlation_m: float | str | None = None
    draws: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[Mapping[str, Any], ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no stage could make sense of."""
        first, last = self.dates
        if not first < last:
            raise StudyError(
                f"the dates are {first:%Y-%m-%d} and {last:%Y-%m-%d}: give two days, the earlier first"
            )
        require_numbers(self)
        labels_of(self.districts, self.label)  # refuses a column that is not there

    def __repr__(self) -> str:
        """Name the study, its side or sides, dates and size in a line."""
        sides, size = listed(self.followed, SHOWN), counted(len(self.districts), "district")
        return f"Study({self.name!r}, {sides}, {span_of(self)}, {size})"

    @property
    def labels(self) -> dict[str, str]:
        """What each district is called, by its name; empty without a label."""
        return labels_of(self.districts, self.label)

    @cached_property
    def every_side(self) -> tuple[str, ...]:
        """Every side of the layers on the two dates, by name; contested and unknown ground last."""
        drawn = self.frontlines is not None
        layer = self.frontlines if drawn else self.control
        if layer is None:
            return ()
        rows = layer[layer["date"].isin(self.dates)]
        columns = ("side_left", "side_right") if drawn else ("side",)
        return sides_in_order(side for column in columns for side in rows[column])

    @property
    def followed(self) -> tuple[str, ...]:
        """The sides that have a balance: those asked for; else every side, or the only one."""
        return sides_followed(self.every_side, self.side)

    @property
    def one_side(self) -> str:
        """The side, where there must be one only."""
        if len(self.followed) != 1:
            sides = listed(self.followed, SHOWN)
            raise StudyError(
                f"this follows one side, and there are {sides}: name one of them with side='NAME'"
            )
        return self.followed[0]

    @property
    def side_name(self) -> str:
        """The side as text for readers, with its long name if it has one."""
        return named_side(self.one_side, self.sides)


def named_side(side: str, sides: Mapping[str, str]) -> str:
    """Write a side with its long name, if it has one."""
    return f"{side} ({sides[side]})" if side in sides else side


def require_rest(rest: str) -> None:
    """Refuse a side without a name."""
    if not rest.strip():
        raise StudyError(
            f"rest is blank: name the side that holds the ground no polygon covers, or {UNKNOWN!r}"
        )


def labels_of(districts: gpd.GeoDataFrame, label: str | None) -> dict[str, str]:
    """Look up what to call each district; where two share a label, what parts them follows in brackets."""
    if label is None:
        return {}
    columns = {str(column).lower(): column for column in districts.columns if column != "geometry"}
    if label.lower() not in columns:
        listed = ", ".join(sorted(map(str, columns.values())))
        raise StudyError(f"the districts have no column {label!r} for their label: there are {listed}")
    names, labels = districts["district"], districts[columns[label.lower()]].astype(str)
    twice = labels.duplicated(keep=False)
    return dict(
        zip(names, labels.where(~twice, labels + " (" + _apart(districts, labels) + ")"), strict=True)
    )


def _apart(districts: gpd.GeoDataFrame, labels: pd.Series[str]) -> pd.Series[str]:
    """Part districts of one label by units that hold several districts, the fewest first, else by name."""
    texts = districts.select_dtypes(["object", "string"]).astype(str)
    names = texts.pop("district")
    twice = labels.duplicated(keep=False)
    wider = [one for one in texts if 1 < texts[one].nunique() < len(texts)]
    units = [one for one in wider if not (labels + "\n" + texts[one])[twice].duplicated().any()]
    units.sort(key=lambda one: (texts[one].nunique(), "name" not in str(one).lower()))
    found: pd.Series[str] = texts[units[0]] if units else names
    return found


def span_of(study: Study) -> str:
    """Write the days of a study."""
    return " to ".join(f"{day:%Y-%m-%d}" for day in study.dates)


def both(study: Study) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, Margins | None]:
    """Complete control by lines, or lines by control, on the two dates; lines are cut by the theatre.

    Control, lines, and what is known of strips along the edge of control.
    """
    if study.frontlines is not None:
        lines = study.frontlines[study.frontlines["date"].isin(study.dates)]
        control = control_from_lines(lines, study.theatre, snap_m=study.snap_m)
        return control, cut_lines(lines, study.theatre), None
    if study.control is None:
        raise StudyError("the study has neither frontlines nor control: give one of them")
    control = study.control[study.control["date"].isin(study.dates)]
    margins = find_margins(control, study.theatre, margin_m=study.margin_m)
    control = with_margins(control, margins)
    lines = frontlines_from_control(control, study.theatre, border_m=study.border_m)
    return control, lines, margins


def front_of(study: Study, layer: gpd.GeoDataFrame, known: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take the front of other days of the study's layer as that of the `known` control was taken."""
    if study.frontlines is not None:
        return cut_lines(layer, study.theatre)
    control = give_margins(layer, study.theatre, margin_m=known.attrs["margin"]["margin_m"])
    return frontlines_from_control(control, study.theatre, border_m=study.border_m)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is written beside tables and layers, or how.

    A page, pictures, also as PDF, one workbook of all tables, CSV that begins with a byte order mark, and of
    a series the districts side by side, each on its own scale or all on one, and moving pictures.
    """

    report: bool = False
    map: bool = True
    pdf: bool = False
    excel: bool = False
    bom: bool = False
    panels: bool = False
    free_scale: bool = False
    film: bool = False


@dataclass(frozen=True)
class Page:
    """A page in a cell of a notebook."""

    html: str

    def __repr__(self) -> str:
        """Say how to see it."""
        return "Page(shown in a notebook; report(path) writes it to a file)"

    def _repr_html_(self) -> str:
        """Put the page into a frame of its own, where its style and scripts stay."""
        frame = f'style="width:100%;height:{_PAGE_PX}px;border:0" title="frontlines"'
        return f'<iframe {frame} srcdoc="{escape(self.html)}"></iframe>'


@dataclass(frozen=True, kw_only=True, repr=False)
class Answer:
    """What a question found; the base of all results."""

    manifest: Manifest
    kind: ClassVar[str]

    @property
    def caption(self) -> str:
        """Caption of map and chart, written from the manifest."""
        return CAPTIONS[self.kind](self.manifest)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables, by the names of their files."""
        raise NotImplementedError

    @property
    def layers(self) -> Mapping[str, Mapping[str, pd.DataFrame]]:
        """What is written to its last digit, by files, and in them by names."""
        return {}

    @property
    def headline(self) -> str:
        """What was found, in a sentence or two."""
        return " ".join(filter(None, late("showing").headlines(self)))

    def map(self) -> Figure:
        """Draw the map for print, as `save` does: a figure of matplotlib."""
        figure: Figure = late("pictures").map_of(self)
        return figure

    def chart(self) -> Figure:
        """Draw the chart for print: a figure of matplotlib."""
        figure: Figure = late("pictures").chart_of(self)
        return figure

    def explore(self) -> Page:
        """Show the page of `report` in a cell of a notebook: map, slider, chart, table; no network."""
        return Page(late("outputs").page_of(self))

    def report(self, path: str | Path) -> None:
        """Write one page for a browser, in place of one that is there."""
        late("outputs").write_report(self, Path(path))

    def save(self, folder: str | Path, *, force: bool = False, **wanted: bool) -> tuple[str, ...]:
        """Write what the command writes, all of it or nothing; name the files.

        Files of another run are replaced with `force` only. `report` adds a page, `pdf` the pictures as PDF,
        `excel` a workbook, `bom` a byte order mark to CSV, of a series `panels` (with `free_scale` each on
        its own scale) and `film` their pictures; ``map=False`` draws nothing.
        """
        names: tuple[str, ...] = late("outputs").save(self, Path(folder), Wanted(**wanted), force=force)
        return names

    def to_json(self) -> str:
        """Write sentence, tables and manifest as one JSON text."""
        text: str = late("workbook").json_of(self)
        return text

    def _repr_html_(self) -> str:
        """Show sentence, table, a small map and the caption; text of the data is escaped."""
        text: str = late("showing").html_of(self)
        return text


def style_of(answer: Answer, *, called: bool = False) -> MapStyle:
    """Give every side of an answer its colour, the same on all its pictures; if `called`, by long names."""
    one: Any = getattr(answer, "results", answer)
    one = getattr(one, "study", one)
    faces = side_faces(one.every_side, MapStyle(side_colours=one.colours))
    names = one.sides if called else {}
    colours = {names.get(side, side): face for side, face in {**one.colours, **faces}.items()}
    return replace(DEFAULT_STYLE, side_colours=colours)


def if_any(**found: Any) -> dict[str, Any]:
    """Keep what is not None."""
    return {name: one for name, one in found.items() if one is not None}


def late(name: str) -> ModuleType:
    """Load what draws and writes where it is asked for: it is heavy."""
    return importlib.import_module(f"frontlines.study.{name}")
