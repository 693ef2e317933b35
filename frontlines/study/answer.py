"""What every answer can do: be drawn, looked at in a notebook, made a page of, and saved."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from html import escape
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from frontlines.manifest import CAPTIONS, Manifest

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PAGE_PX = 760  # how high a page stands in a notebook


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
    def layers(self) -> dict[str, pd.DataFrame]:
        """What is written to its last digit, by files."""
        return {}

    @property
    def headline(self) -> str:
        """What was found, in a sentence or two."""
        return " ".join(filter(None, _late("showing").headlines(self)))

    def map(self) -> Figure:
        """Draw the map for print, as `save` does: a figure of matplotlib."""
        figure: Figure = _late("pictures").map_of(self)
        return figure

    def chart(self) -> Figure:
        """Draw the chart for print: a figure of matplotlib."""
        figure: Figure = _late("pictures").chart_of(self)
        return figure

    def explore(self) -> Page:
        """Show the page of `report` in a cell of a notebook: map, slider, chart, table; no network."""
        return Page(_late("outputs").page_of(self))

    def report(self, path: str | Path) -> None:
        """Write one page for a browser, in place of one that is there."""
        _late("outputs").write_report(self, Path(path))

    def save(self, folder: str | Path, *, force: bool = False, **wanted: bool) -> tuple[str, ...]:
        """Write what the command writes, all of it or nothing; name the files.

        Files of another run are replaced with `force` only. `report` adds a page, `pdf` the pictures as PDF,
        `excel` a workbook, `bom` a byte order mark to CSV, of a series `panels` (with
        `free_scale` each on its own scale) and `film` their pictures; ``map=False`` draws nothing.
        """
        names: tuple[str, ...] = _late("outputs").save(self, Path(folder), Wanted(**wanted), force=force)
        return names

    def to_json(self) -> str:
        """Write sentence, tables and manifest as one JSON text."""
        text: str = _late("workbook").json_of(self)
        return text

    def _repr_html_(self) -> str:
        """Show sentence, table, a small map and the caption; text of the data is escaped."""
        text: str = _late("showing").html_of(self)
        return text


def if_any(**found: Any) -> dict[str, Any]:
    """Keep what is not None."""
    return {name: one for name, one in found.items() if one is not None}


def _late(name: str) -> ModuleType:
    """Load what draws and writes where it is asked for: it is heavy."""
    return importlib.import_module(f"frontlines.study.{name}")
