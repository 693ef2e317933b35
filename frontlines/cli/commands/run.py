"""``frontlines run``: a study, from its layers to a printed map."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from frontlines.cli.options import (
    Basemap,
    CorrelationM,
    Draws,
    Force,
    NoContext,
    Out,
    Population,
    PopulationPer,
    Report,
    SideColours,
    SliverM,
    asks_for_study,
    given,
    of_the_map,
)
from frontlines.cli.refusing import shows_errors
from frontlines.progress import part, reporting
from frontlines.sources.description import Description
from frontlines.study import Study, run_study
from frontlines.study.files import files_of, open_study

_TABLE_OF = {"title": "study", "side": "study", "label": "layers", "settlements": "layers", "around": "map"}
_TABLE_OF |= {"population": "layers", "population_per": "layers"}


@shows_errors
@asks_for_study
def run(
    study: Annotated[
        str,
        typer.Argument(metavar="STUDY", help="A bundled study (see `frontlines datasets`) or a study.toml."),
    ],
    out: Out = Path("out"),
    population: Population = None,
    population_per: PopulationPer = None,
    sliver_m: SliverM = None,
    correlation_m: CorrelationM = None,
    draws: Draws = None,
    side_colours: SideColours = None,
    no_context: NoContext = False,
    basemap: Basemap = False,
    report: Report = False,
    force: Force = False,
    *,
    asked: dict[str, Any],
) -> None:
    """Compare the two dates of a study, district by district; write tables, layers and a map.

    Options go before what the study says.
    """
    asked |= given(population=population, population_per=population_per)
    asked |= given(sliver_m=sliver_m, correlation_m=correlation_m, draws=draws)
    asked |= of_the_map(side_colours, no_context=no_context, basemap=basemap)
    compare(
        lambda: open_study(study, changes=changes_of(**asked)),
        out,
        force=force,
        page=report,
        inputs=[*files_of(study), asked.get("settlements"), population],
    )


def compare(
    read: Callable[[], Study], out: Path, *, force: bool, page: bool, inputs: Sequence[Path | None]
) -> None:
    """Compare the two dates of a study, write what was found and print the balance."""
    from frontlines.cli import outputs  # noqa: PLC0415 - drawing is heavy, help and checks need not wait
    from frontlines.cli.printing import balance_table, show  # noqa: PLC0415
    from frontlines.plot.letters import letters_note  # noqa: PLC0415
    from frontlines.plot.scene import texts_of  # noqa: PLC0415

    files = (*outputs.FILES, *outputs.IF_ANY)
    with outputs.only_run_in(out, files, force=force, inputs=inputs), reporting(True) as report:
        report(0.05, "reading")
        study = read()
        results = run_study(study, progress=part(report, 0.2, 0.6))
        report(0.6, "drawing and writing")
        with outputs.staged(out, stale=outputs.IF_ANY) as folder:
            written = outputs.write_results(results, folder, page=page)
    show(balance_table(results), out, written, letters_note(texts_of(results.for_readers())))


def changes_of(
    days: tuple[str | None, str | None], sides: Mapping[str, str], **others: Any
) -> dict[str, dict[str, Any]]:
    """Write the options of a study as entries that go before those of its file."""
    changes: dict[str, dict[str, Any]] = {"study": {}, "sides": dict(sides), "layers": {}, "method": {}}
    changes |= {"colours": others.pop("colours", {}), "map": {}}
    if any(days):
        changes["study"]["dates"] = [None if one is None else date.fromisoformat(one) for one in days]
    if source := others.pop("source", None):
        changes["study"]["sources"] = [source]
    for name, value in others.items():
        if isinstance(value, Description):
            changes["layers"] |= _description_entries(value)
            continue
        entry = str(value.absolute()) if isinstance(value, Path) else value
        changes[_TABLE_OF.get(name, "method")][name] = entry
    return changes


def _description_entries(description: Description) -> dict[str, Any]:
    """Write what is described as entries of [layers] of a study, which go before those of its file."""
    said = {name: value for name, value in asdict(description).items() if value}
    if publisher := said.pop("publisher", None):
        said["as"] = str(Path(publisher).absolute()) if publisher.endswith(".toml") else publisher
    if "sides" in said:
        said["map"] = {value: side or "" for value, side in said.pop("sides").items()}
    if "where" in said:
        said["where"] = {column: list(values) for column, values in said["where"].items()}
    if "side_at" in said:
        said["side_at"] = {side: [list(one) for one in places] for side, places in said["side_at"].items()}
    return said
