"""Tables for other programs: CSV, one JSON text, one workbook, with decimals that say something."""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from frontlines.errors import SourceError
from frontlines.names import plain
from frontlines.sources.files import write
from frontlines.sources.formats import DECIMALS, OTHER_DECIMALS, rounded

if TYPE_CHECKING:
    from frontlines.study.study import Answer

BOOK = "results.xlsx"
"""The workbook."""

_MOST_ROWS = 1_048_575  # of a sheet, below its heading
_WIDEST = 40  # letters of a column
_MADE = datetime(2000, 1, 1, tzinfo=UTC)  # in every workbook: the same answer gives the same bytes


def _named(answer: Answer) -> Iterable[tuple[str, pd.DataFrame]]:
    """Give the tables as files hold them: what a district is called stands beside its name."""
    labels = getattr(answer, "labels", {})
    for name, table in answer.tables.items():
        if "district" in table and "label" not in table and table["district"].isin(list(labels)).any():
            place = list(table).index("district") + 1
            called = table["district"].map(labels).fillna(table["district"]).rename("label")
            yield name, pd.concat([table.iloc[:, :place], called, table.iloc[:, place:]], axis=1)
        else:
            yield name, table


def _cells(table: pd.DataFrame) -> pd.DataFrame:
    """Give a table as it stands in files: rounded, days as text."""
    days = table.select_dtypes("datetime").columns
    return rounded(table).assign(**{name: table[name].dt.strftime("%Y-%m-%d") for name in days})


def write_tables(answer: Answer, folder: Path, *, bom: bool) -> None:
    """Write tables with as many decimals as say something."""
    for name, table in _named(answer):
        path = folder / f"{name}.csv"
        write(rounded(table), path)
        if bom:
            path.write_bytes(codecs.BOM_UTF8 + path.read_bytes())


def json_of(answer: Answer) -> str:
    """Write sentence, tables and manifest as one JSON text; what is not known is null."""
    tables = {
        name: [{key: _known(cell) for key, cell in row.items()} for row in _cells(table).to_dict("records")]
        for name, table in _named(answer)
    }
    found = {"kind": answer.kind, "headline": answer.headline, "tables": tables, "manifest": answer.manifest}
    return json.dumps(found, ensure_ascii=False, indent=2, allow_nan=False, default=str)


def _known(cell: Any) -> Any:
    """Give a cell to JSON."""
    if cell is None or cell is pd.NaT or (isinstance(cell, float) and not math.isfinite(cell)):
        return None
    return cell.item() if hasattr(cell, "item") else cell


def write_workbook(answer: Answer, path: Path) -> None:
    """Write a sheet for each table, and one on what they are; text never becomes a formula or a link."""
    import xlsxwriter  # noqa: PLC0415 - only where a workbook is asked for

    safe = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
    with xlsxwriter.Workbook(path, safe) as book:
        book.set_properties({"title": plain(answer.headline), "created": _MADE})
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        about = book.add_worksheet("about")
        about.set_column(0, 0, 14, bold)
        about.set_column(1, 1, 100, wrapped)
        for row, texts in enumerate(_about(answer)):
            for column, text in enumerate(texts):
                about.write_string(row, column, plain(text))
        for name, table in _named(answer):
            if len(table) > _MOST_ROWS:
                raise SourceError(
                    f"{name} has {len(table):,} rows, more than a sheet holds: write no workbook"
                )
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            sheet.autofilter(0, 0, len(table), max(len(table.columns) - 1, 0))
            for column, (heading, cells) in enumerate(_cells(table).items()):
                kind = book.add_format({"num_format": _format_of(str(heading), table[heading])})
                width = max([len(str(heading)) + 3, *(len(str(cell)) + 1 for cell in cells.head(200))])
                sheet.set_column(column, column, min(width, _WIDEST), kind)
                sheet.write_string(0, column, plain(heading), bold)
                _write_column(sheet, column, cells)


def _about(answer: Answer) -> Iterable[tuple[str, str]]:
    yield "found", answer.headline
    yield "how", answer.caption
    units = ", ".join(f"{name} to {places} decimals" for name, places in DECIMALS.items())
    yield "numbers", f"The unit stands at the end of a column's name: {units}, others to {OTHER_DECIMALS}."
    for one in answer.manifest["inputs"]:
        yield str(one["role"]), f"{one['name']}, SHA-256 {one.get('sha256', 'of each day')}"


def _format_of(heading: str, cells: pd.Series[Any]) -> str:
    """Show as many decimals as help a reader; a cell holds all of them."""
    if not pd.api.types.is_float_dtype(cells):
        return "General"
    return "0.0%" if heading.startswith("share") else "#,##0.0" if heading.endswith("_km2") else "#,##0.###"


def _write_column(sheet: Any, column: int, cells: pd.Series[Any]) -> None:
    for row, cell in enumerate(cells.tolist(), start=1):
        if _known(cell) is None:
            continue
        if isinstance(cell, bool):
            sheet.write_boolean(row, column, cell)
        elif isinstance(cell, int | float):
            sheet.write_number(row, column, cell)
        else:
            sheet.write_string(row, column, plain(cell))
