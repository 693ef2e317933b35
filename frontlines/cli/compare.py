"""The common course of ``run`` and ``change``: read, compare, write, print."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from rich.text import Text

from frontlines.cli.options import console
from frontlines.cli.outputs import FILES, refuse_overwriting, write_results
from frontlines.cli.printing import balance_table
from frontlines.progress import reporting
from frontlines.study.compare import Study, run_study


def compare(
    read: Callable[[], Study],
    out: Path,
    *,
    force: bool,
    inputs: Sequence[Path | None] = (),
    errors: tuple[float | None, float | None, int | None] = (None, None, None),
) -> None:
    """Compare the two dates of a study, write what was found and print the balance."""
    refuse_overwriting(out, FILES, force=force, inputs=inputs)
    with reporting(True) as report:
        report(0.05, "reading")
        study = _with_errors(read(), *errors)
        results = run_study(study, progress=lambda share, what: report(0.2 + 0.4 * share, what))
        report(0.6, "drawing and writing")
        write_results(results, out, force=force)
    for part in balance_table(results).renderables:
        console().print(part, soft_wrap=isinstance(part, Text))
    console(stderr=True).print(f"written to {out}: {', '.join(FILES)}", soft_wrap=True)


def _with_errors(
    study: Study, sigma_m: float | None, correlation_m: float | None, draws: int | None
) -> Study:
    return replace(
        study,
        sigma_m=study.sigma_m if sigma_m is None else sigma_m,
        correlation_m=study.correlation_m if correlation_m is None else correlation_m,
        draws=study.draws if draws is None else draws,
    )
