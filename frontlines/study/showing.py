"""An answer in a notebook: a sentence, the table of the terminal, a small map; text of data is escaped."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.table import Table
from rich.text import Text

from frontlines.names import plain, shown_unit
from frontlines.plot import draw_change, draw_control, draw_districts, draw_frontlines, draw_transects
from frontlines.report.folder import Run
from frontlines.report.words import headline
from frontlines.study.agreement import AgreementResults
from frontlines.study.compare import Results
from frontlines.study.movement import MovementResults
from frontlines.study.pictures import chart_of, map_of, plain_looks
from frontlines.study.readable import table_of
from frontlines.study.series_results import SeriesResults
from frontlines.study.study import Answer, style_of

_SIDE_IN, _DPI = 4.5, 80  # of a small map: its longest side [inches], and its dots per inch
_CELL = 'style="text-align:{};vertical-align:top;padding:0 .6em;white-space:pre-wrap"'


def headlines(answer: Answer) -> tuple[str, str]:
    """Say in a sentence what was found, and in another how sure that is or what it is made up of."""
    if isinstance(answer, AgreementResults):
        return _headline(answer, answer.totals.rename(columns={"date": "date_to"}), answer.sides)
    if isinstance(answer, SeriesResults):
        return _headline(answer, answer.totals, answer.sides)
    if isinstance(answer, Results):
        return _headline(answer, answer.totals, answer.study.sides)
    if isinstance(answer, MovementResults):
        return f"{answer.title}: {answer.mean_m:+,.0f} m on average of the transects.", ""
    return str(table_of(answer).renderables[0]), ""


def _headline(answer: Answer, totals: Any, sides: Any) -> tuple[str, str]:
    said, more = headline(Run(answer.kind, answer.manifest, sides), totals, shown_unit(totals))
    return f"{said}.", more


_MINUS = re.compile(r"(?<!\w)-(?=\d)")  # in figures, not in days


def html_of(answer: Answer) -> str:
    """Write sentence, tables, small map and caption."""
    said, more = headlines(answer)
    laid = table_of(answer).renderables[1:]
    tables = "".join(_tables(laid))
    picture = base64.b64encode(small_map(answer)).decode()
    image = f'<img alt="{_shown(said)}" src="data:image/png;base64,{picture}" style="max-width:100%">'
    return (
        f"<div><p><strong>{_shown(said)}</strong> {_shown(more)}</p>"
        '<div style="display:flex;flex-wrap:wrap;gap:1.5em;align-items:flex-start">'
        f"<div>{tables}</div>{image}</div>"
        f"<details><summary>Notes</summary>{_notes(laid)}</details>"
        f'<p style="max-width:70em;font-size:smaller">{_shown(answer.caption)}</p></div>'
    )


def _tables(parts: list[Any]) -> Iterator[str]:
    """Write the tables that the terminal shows, and the headings between them; notes stay out."""
    for part, after in zip(parts, [*parts[1:], None], strict=True):
        if isinstance(part, Table):
            yield _table(part)
        elif isinstance(after, Table):
            yield f"<p>{_shown(part)}</p>"


def _notes(parts: list[Any]) -> str:
    """Write what to bear in mind, with the arguments for the options that the terminal speaks of."""
    notes = str(parts[-1]) if isinstance(parts[-1], Text) else ""
    notes = re.sub(r"--([a-z][a-z-]+) (?=\d)", lambda found: f"{found[1].replace('-', '_')}=", notes)
    notes = re.sub(r"--([a-z][a-z-]+)", lambda found: found[1].replace("-", "_"), notes)
    lines = "".join(f"{_shown(line)}<br>" for line in notes.splitlines())
    return f'<pre style="white-space:pre-wrap">{lines}</pre>'


def _table(table: Table) -> str:
    sides = ["right" if column.justify == "right" else "left" for column in table.columns]
    looks = [_CELL.format(side) for side in sides]
    heads = "".join(
        f'<th scope="col" {look}>{_shown(column.header)}</th>'
        for column, look in zip(table.columns, looks, strict=True)
    )
    rows = zip(
        *([_MINUS.sub("−", str(one)) for one in column.cells] for column in table.columns), strict=True
    )
    body = "".join(
        "<tr>" + "".join(f"<td {look}>{_shown(cell)}</td>" for cell, look in zip(row, looks, strict=True))
        + "</tr>"
        for row in rows
    )  # fmt: skip
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def _shown(text: object) -> str:
    """Write text so that it is shown as it is."""
    return escape(plain(text.plain if isinstance(text, Text) else text))


def small_map(answer: Answer) -> bytes:
    """Draw a map that is quickly made and small, as PNG."""
    with plain_looks():
        figure = _small(answer)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=_DPI)
    return buffer.getvalue()


def _small(answer: Answer) -> Figure:
    if answer.kind not in _DRAWN:
        return map_of(answer) if answer.kind == "agreement" else chart_of(answer)
    figure = Figure(figsize=(_SIDE_IN, _SIDE_IN), layout="tight")
    ax = figure.add_subplot()
    _DRAWN[answer.kind](answer, ax)
    ax.set_axis_off()
    wide, high = (abs(end - start) for start, end in (ax.get_xlim(), ax.get_ylim()))
    figure.set_size_inches(_SIDE_IN * wide / max(wide, high), _SIDE_IN * high / max(wide, high))
    return figure


def _draw_change(results: Results, ax: Axes) -> None:
    sides, style = results.study.followed, style_of(results)
    draw_change(results.change, sides[0] if len(sides) == 1 else None, ax=ax, style=style)
    draw_districts(results.study.districts, ax=ax, label=False)
    draw_frontlines(results.frontlines, ax=ax)


def _draw_series(results: SeriesResults, ax: Axes) -> None:
    last = results.totals["date_to"].iloc[-1]
    draw_control(results.control[results.control["date"] == last], ax=ax, style=style_of(results))
    draw_districts(results.districts, ax=ax, label=False)


def _draw_movement(movement: MovementResults, ax: Axes) -> None:
    draw_districts(movement.results.study.districts, ax=ax, label=False)
    draw_transects(movement.displaced, ax=ax, style=style_of(movement))


_DRAWN: dict[str, Callable[[Any, Axes], None]] = {
    "change": _draw_change,
    "series": _draw_series,
    "movement": _draw_movement,
}
