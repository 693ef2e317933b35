"""``frontlines run``: a study, from its layers to a printed map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

import frontlines as fl
from frontlines.cli.answering import answer
from frontlines.cli.options import OF_MAP, OF_STUDY, Saving, asks, saves_answers
from frontlines.cli.refusing import shows_errors
from frontlines.progress import Report

_TABLE_OF = {"title": "study", "side": "study", "label": "layers", "settlements": "layers", "around": "map"}
_TABLE_OF |= {"key": "layers", "population": "layers", "population_per": "layers"}


def _bundled() -> list[str]:
    """Name the bundled studies."""
    from frontlines.datasets import available

    return available()


@shows_errors
@saves_answers
@asks(*OF_STUDY, *OF_MAP, "population", "population_per", "sliver_m", "correlation_m", "draws", "workers")
def run(
    study: Annotated[
        str,
        typer.Argument(
            metavar="STUDY",
            help="A bundled study (see `frontlines datasets`), a study.toml or its folder.",
            autocompletion=_bundled,
        ),
    ],
    *,
    asked: dict[str, Any],
    saving: Saving,
) -> None:
    """Compare the two dates of a study, district by district; write tables, layers and a map.

    Options go before what the study says.
    """
    from frontlines.study.files import files_of, open_study

    workers = asked.pop("workers", 1)

    def ask(report: Report) -> fl.Results:
        return fl.run_study(open_study(study, changes=changes_of(**asked)), workers=workers, progress=report)

    answer(ask, "change", saving, files_of(study), asked)


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
        if isinstance(value, fl.Description):
            changes["layers"] |= _description_entries(value)
            continue
        entry = str(value.absolute()) if isinstance(value, Path) else value
        changes[_TABLE_OF.get(name, "method")][name] = entry
    return changes


def _description_entries(description: fl.Description) -> dict[str, Any]:
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
