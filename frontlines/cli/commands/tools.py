"""Commands around the answers: a study or recipe to start from, layers checked, scans traced, pages made."""

from __future__ import annotations

import os
import webbrowser
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from frontlines.cli.options import Force, Out, describes_layers
from frontlines.cli.refusing import FAULTY, console, shows_errors
from frontlines.errors import DigitizeError, SourceError
from frontlines.names import KINDS, counted

_LAST_PORT = 65_535
_ENDINGS = (".html", ".htm")


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


@shows_errors
@describes_layers
def check(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Layers of control, frontlines, settlements or districts."),
    ],
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind", metavar="KIND", help=f"What they are, if the columns do not tell: {', '.join(KINDS)}."
        ),
    ] = None,
    key: Annotated[
        str, typer.Option("--key", metavar="COLUMN", help="Column of the districts' unique names.")
    ] = "district",
    theatre: Annotated[
        Path | None,
        typer.Option("--theatre", metavar="FILE", help="Ground that control and districts must fill."),
    ] = None,
    write_problems: Annotated[
        Path | None,
        typer.Option(
            "--write-problems", metavar="FILE", help="Write the faults as a layer, such as problems.gpkg."
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Let --write-problems replace a file that is there.")
    ] = False,
    *,
    description: Any,
) -> None:
    """List everything that is wrong with layers; the exit code is 2 if anything is."""
    if kind is not None and kind not in KINDS:
        raise SourceError(f"--kind {kind} is not known: use one of {', '.join(KINDS)}")
    from frontlines.cli.checking import check_files, refuse_replacing

    if write_problems is not None:
        refuse_replacing(write_problems, [*files, *([theatre] if theatre else [])], force=force)
    if check_files(files, kind, key, theatre, write_problems, description=description):
        raise typer.Exit(FAULTY)


@shows_errors
def points(
    scan: Annotated[Path, typer.Argument(metavar="SCAN", help="An image of a map, or a PDF.")],
    recipe: Annotated[
        Path | None,
        typer.Option(
            "--recipe",
            metavar="FILE",
            help="Recipe to begin or go on with; by default digitize.toml beside SCAN.",
        ),
    ] = None,
    page: Annotated[
        int | None, typer.Option("--page", min=1, help="Page of a PDF or TIFF, counted from 1.")
    ] = None,
    port: Annotated[
        int, typer.Option("--port", min=0, max=_LAST_PORT, help="Port on this machine; 0: any free one.")
    ] = 0,
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Print the address, and open no browser.")
    ] = False,
) -> None:
    """Open a page to pick points, boxes, colours and sides of a scan; write points.csv and digitize.toml."""
    from frontlines.points import Desk, Server

    path = scan.parent / "digitize.toml" if recipe is None else recipe
    if path.suffix.lower() != ".toml" or path.is_dir():
        raise SourceError(f"{path} is no name of a recipe: pass one that ends in .toml as --recipe")
    terminal = console(stderr=True)
    server = Server(Desk(scan, path, page=page), port)

    def opened(url: str) -> None:
        terminal.print(
            "the page, for this machine alone (close it, or press Ctrl-C here, to stop):", soft_wrap=True
        )
        console().print(url, soft_wrap=True)
        if not no_open:
            webbrowser.open(url)

    try:
        server.run(opened)
    except KeyboardInterrupt:
        terminal.print("stopped by Ctrl-C", soft_wrap=True)
    else:
        terminal.print("the page was closed: stopped", soft_wrap=True)
    saved = server.desk.draft.saved
    then = f"written: {path}; then: frontlines digitize {path} --out traced"
    terminal.print(then if saved else "nothing was saved", soft_wrap=True)


@shows_errors
def digitize(
    recipe: Annotated[
        Path | None, typer.Argument(metavar="RECIPE", help="A digitize.toml: what to trace on which image.")
    ] = None,
    out: Out = Path("out"),
    suggest_colours: Annotated[
        Path | None,
        typer.Option(
            "--suggest-colours",
            metavar="IMAGE",
            help="List the colours of an image, drawn as lines and filled, and print a recipe to start from.",
        ),
    ] = None,
    force: Force = False,
) -> None:
    """Trace a scanned map as a recipe says; write lines or control, residuals, pictures and a manifest."""
    from frontlines.cli.digitizing import carry_out, suggest

    if (recipe is None) == (suggest_colours is None):
        raise DigitizeError("pass a recipe such as digitize.toml, or --suggest-colours IMAGE to start one")
    if suggest_colours is not None:
        suggest(suggest_colours)
    elif recipe is not None:
        carry_out(recipe, out, force=force)


@shows_errors
def report(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Folder that run, change, series or compare wrote with --report."),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to; by default report.html in DIR.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the page that is there.")] = False,
) -> None:
    """Make one page of a run for a browser: map with a slider, chart, table, sources. It needs no network."""
    from frontlines.report import PAGE, write_page

    path = folder / PAGE if out is None else out
    if path.suffix.lower() not in _ENDINGS or path.is_dir():
        raise SourceError(f"{path} is no name of a page: pass one that ends in .html as --out")
    if os.path.lexists(path) and not force:
        raise SourceError(f"{path} is there already: pass --force, or another --out")
    write_page(folder, path)
    console(stderr=True).print(f"written to {path}", soft_wrap=True)


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
