"""What ``frontlines digitize --suggest-colours`` prints: the colours of an image, and a recipe."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from rich.style import Style
from rich.table import Table
from rich.text import Text

from frontlines.cli.options import console, plain
from frontlines.digitize import open_scan, open_sheet, suggest_colours, suggest_fills
from frontlines.progress import reporting

_ASKED = 4


def run(image: Path) -> None:
    """List the colours of lines and fills of an image with swatches, and print a recipe to start from."""
    with reporting(True) as report:
        scan = open_scan(image)
        report(0.0, "paper and colours")
        sheet = open_sheet(scan)
        lines = suggest_colours(sheet, progress=lambda share, what: report(0.7 * share, what))
        report(0.7, "fills")
        fills = suggest_fills(sheet)
    terminal = console()
    listed = terminal if terminal.is_terminal else console(stderr=True)  # piped, only the recipe goes on
    for note in scan.notes:
        listed.print(Text(plain(f"{image.name}: {note}")), soft_wrap=True)
    listed.print(_line_table(lines))
    listed.print(_fill_table(fills))
    terminal.print(Text("\n".join(starter(image.name, lines, fills))), soft_wrap=True)


def _line_table(lines: pd.DataFrame) -> Table:
    table = Table()
    for header in ("lines", "", "name", "stroke", "length", "seen at column, row"):
        table.add_column(header, justify="right" if header in {"stroke", "length"} else "left")
    for row in lines.to_dict("records"):
        table.add_row(
            str(row["colour"]), _swatch(row["colour"]), str(row["name"]), f"{row['stroke_px']:.1f} px",
            f"{row['length_px']:,.0f} px", f"{row['column']:.0f}, {row['row']:.0f}",
        )  # fmt: skip
    return table


def _fill_table(fills: pd.DataFrame) -> Table:
    table = Table()
    for header in ("fills", "", "name", "of the image"):
        table.add_column(header, justify="right" if header == "of the image" else "left")
    for row in fills.to_dict("records"):
        table.add_row(
            str(row["colour"]), _swatch(row["colour"]), str(row["name"]), f"{100 * row['share']:.1f} %"
        )
    return table


def _swatch(colour: str) -> Text:
    return Text("      ", style=Style(bgcolor=colour))


def starter(image: str, lines: pd.DataFrame, fills: pd.DataFrame) -> Iterator[str]:
    """Write a recipe to start from."""
    yield "# digitize.toml: keep the lines that you want, and fill in dates, sides and control points"
    yield f"image = {_quoted(image)}"
    yield 'points = "points.csv"               # id, col, row, lon, lat; pixel centres at whole numbers'
    yield '# crs = "EPSG:…"                    # the map\'s own plane, if you know it'
    yield "sides = {ONE = [0.0, 0.0], OTHER = [1.0, 1.0]}   # a place that each side holds: lon, lat"
    for row in lines.head(_ASKED).to_dict("records"):
        yield ""
        yield "[[line]]"
        yield f"colour = {_quoted(str(row['colour']))}                  # {row['name']}"
        yield 'date = "YYYY-MM-DD"'
    for row in fills.to_dict("records") if len(fills) > 1 else ():
        yield ""
        yield "# [[area]]"
        yield f"# colour = {_quoted(str(row['colour']))}                # {row['name']}"
        yield '# side = "…"'
        yield '# date = "YYYY-MM-DD"'


def _quoted(text: str) -> str:
    """Write a text as TOML does."""
    return '"' + plain(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
