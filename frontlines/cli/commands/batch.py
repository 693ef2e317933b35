"""``frontlines batch``: many studies over the same workers, and one table of their figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from frontlines.cli.options import OPTIONS, Saving, given, saves_answers, takes_options
from frontlines.cli.refusing import FAULTY, console, one_line, shows_errors
from frontlines.names import measure, plain
from frontlines.progress import reporting


@shows_errors
@saves_answers
@takes_options({name: OPTIONS[name] for name in ("workers", "scheduler")}, given, "shared")
def batch(
    studies: Annotated[
        Path,
        typer.Argument(
            metavar="STUDIES.toml",
            help='Under [studies] a line for each: name = "folder/study.toml", or a bundled study.',
        ),
    ],
    *,
    shared: dict[str, Any],
    saving: Saving,
) -> None:
    """Run many studies as `run` does, each into a folder of its own; write their figures into one table.

    A study that fails is told, and takes no other along; then the exit code is 2.
    """
    from frontlines.scale import executor
    from frontlines.study.batch import STUDIES, read_batch, run_batch

    listed = read_batch(studies)
    with (
        reporting(not console().quiet) as report,
        executor(**shared) as pool,
    ):
        found = run_batch(listed, saving.out, saving.wanted, pool, report, force=saving.force, say=one_line)
    rows = json.loads(found.to_json(orient="records", force_ascii=False))
    if saving.json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        table = Table(
            *(name.replace("_", " ").replace("km2", "km²") for name in found.columns if name != "error")
        )
        for row in rows:
            cells = [row[name] for name in found.columns if name != "error"]
            texts = ["" if one is None else one if isinstance(one, str) else measure(one) for one in cells]
            table.add_row(*(Text(plain(text)) for text in texts))
        console().print(table)
    failed = {row["study"]: row["error"] for row in rows if row.get("error")}
    for name, why in failed.items():
        console(stderr=True).print(Text(f"error: {name}: {why}"), style="red", soft_wrap=True)
    written = f"written to {saving.out}: {STUDIES}, and {len(listed) - len(failed)} of {len(listed)} studies"
    console(stderr=True).print(written, soft_wrap=True)
    if failed:
        raise typer.Exit(FAULTY)
