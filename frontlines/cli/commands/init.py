"""``frontlines init``: a study file to start from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from frontlines.cli.options import Force
from frontlines.cli.refusing import console, shows_errors
from frontlines.errors import SourceError
from frontlines.names import counted


@shows_errors
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for study.toml.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILES", help="Layers of the study, or folders of them: fronts, districts, settlements."
        ),
    ] = None,
    force: Force = False,
) -> None:
    """Write a study.toml with comments; what the files do not say stays a marked gap, with the choices."""
    from frontlines.sources.writing import whole_or_not
    from frontlines.study.draft import GAP, draft_study
    from frontlines.study.files import STUDY_FILE

    path = folder / STUDY_FILE
    if os.path.lexists(path) and not force:
        raise SourceError(f"{path} is there already: pass --force, or another folder")
    draft = draft_study(files or (), folder)
    with whole_or_not(path) as temporary:
        temporary.write_text(draft.text, encoding="utf-8")
    for gap in draft.gaps:
        console().print(Text(gap), soft_wrap=True)
    todo = f"fill {counted(len(draft.gaps), 'gap')} (marked {GAP}), then: " if draft.gaps else ""
    console(stderr=True).print(f"written to {path}; {todo}frontlines run {path}", soft_wrap=True)
