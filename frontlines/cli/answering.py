"""How commands answer: a folder kept for the run, a bar, the files, and what is printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.text import Text

from frontlines.cli.options import Saving
from frontlines.cli.refusing import console
from frontlines.progress import Report, part, reporting

if TYPE_CHECKING:
    from frontlines.study.study import Answer

_FOUND = 0.6  # of the work, before drawing and writing


def answer(
    ask: Callable[[Report], Answer],
    kind: str,
    saving: Saving,
    sources: Sequence[Path],
    asked: Mapping[str, Any],
    *,
    resume: bool = False,
) -> None:
    """Ask, write all files or none, and print what was found; no run may replace what it reads."""
    from frontlines.study import outputs

    layers = [asked[name] for name in ("theatre", "settlements", "population") if name in asked]
    inputs = [*sources, *asked.get("districts", ()), *layers]
    out, force = saving.out, saving.force or resume
    free = outputs.only_run_in(out, outputs.files_of(kind), force=force, inputs=inputs)
    with free, reporting(not console().quiet) as report:
        held = {name for name in outputs.files_of(kind) if (out / name).exists()}
        found = ask(part(report, 0.02, _FOUND))
        report(_FOUND, "drawing and writing")
        files = outputs.write_answer(found, out, saving.wanted)
    _show(found, files, saving)
    if gone := sorted(held - set(files)):
        console(stderr=True).print(
            f"taken away from {out}, as they show the run before: {', '.join(gone)}", soft_wrap=True
        )


def _show(found: Answer, files: Sequence[str], saving: Saving) -> None:
    """Print what was found, and on the error stream any notes and what was written."""
    from frontlines.study import Results
    from frontlines.study.readable import odd_days_counted, rows_left_out, table_of

    held, notes = found.manifest, list[str]()
    if found.kind == "series":
        notes = [odd_days_counted(held["odd"], len(held["snapshots"]))]
        notes += [rows_left_out(found.tables["series"], held["rows"])]
    if isinstance(found, Results) and saving.wanted.map:
        from frontlines.plot.letters import letters_note
        from frontlines.plot.scene import texts_of

        notes += [letters_note(texts_of(found.for_readers()))]
    if saving.json:
        typer.echo(found.to_json())
    else:
        for one in table_of(found).renderables:
            console().print(one, soft_wrap=isinstance(one, Text))
    for note in filter(None, (*notes, f"written to {saving.out}: {', '.join(files)}")):
        console(stderr=True).print(note, soft_wrap=True)
