"""``frontlines datasets``: the studies that come with the library."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from frontlines.cli.refusing import console, shows_errors


@shows_errors
def datasets() -> None:
    """List the bundled studies, after checking their data; each folder holds its sources and licences."""
    from frontlines.datasets import available, locate
    from frontlines.study.files import read_title

    table = Table()
    for header in ("name", "title", "folder"):
        table.add_column(header, overflow="fold")
    for name in available():
        path = locate(name)
        table.add_row(name, Text(read_title(path)), Text(str(path.parent)))
    console().print(table)
