"""What ``frontlines digitize`` writes and prints."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table
from rich.text import Text

from frontlines.cli.options import console, plain
from frontlines.cli.outputs import DPI, refuse_overwriting, staged
from frontlines.digitize import Digitized, digitize, read_recipe
from frontlines.manifest import long_date, to_json
from frontlines.plot import overlay_figure, residual_figure
from frontlines.progress import reporting
from frontlines.sources.files import write

FILES = (
    "frontlines.geojson",
    "control.gpkg",
    "residuals.csv",
    "overlay.png",
    "residuals.png",
    "manifest.json",
)
"""What a run may write: lines, areas, and residuals only if there are any."""


def run(recipe: Path, out: Path, *, force: bool) -> None:
    """Carry out a recipe, write what was found and print it."""
    asked = read_recipe(recipe)
    inputs = (recipe, asked.image, asked.points, asked.world_file)
    refuse_overwriting(out, FILES, force=force, inputs=inputs)
    with reporting(True) as report:
        found = digitize(asked, progress=lambda share, what: report(0.8 * share, what))
        report(0.8, "drawing and writing")
        written = _write(found, out)
    terminal = console()
    terminal.print(_georeference(found), soft_wrap=True)
    terminal.print(_rows(found))
    for caution in found.cautions:
        terminal.print(Text(f"{caution.name}: {plain(caution.text)}", style="yellow"), soft_wrap=True)
    console(stderr=True).print(f"written to {out}: {', '.join(written)}", soft_wrap=True)


def _write(found: Digitized, out: Path) -> list[str]:
    with staged(out, stale=FILES) as folder:
        if found.frontlines is not None:
            write(found.frontlines, folder / "frontlines.geojson")
        if found.control is not None:
            write(found.control, folder / "control.gpkg")
        if len(found.residuals):
            write(found.residuals, folder / "residuals.csv")
            residual_figure(found).savefig(folder / "residuals.png", dpi=DPI)
        overlay_figure(found).savefig(folder / "overlay.png", dpi=DPI)
        (folder / "manifest.json").write_text(to_json(found.manifest), encoding="utf-8")
        return [name for name in FILES if (folder / name).exists()]


def _georeference(found: Digitized) -> Text:
    lies = found.georeference
    lines = [f"{found.recipe.source}: {lies.choice.family} on {lies.choice.plane}", lies.choice.reason]
    figures = lies.figures
    if figures:
        means = {
            "RMSE": figures["rmse_m"],
            f"adjusted (n - k = {figures['points']} - {figures['least_points']})": figures["rmse_adjusted_m"],
            "left out one by one": figures["left_out_rmse_m"],
        }
        told = [f"{name} {value:,.1f} m" for name, value in means.items() if value is not None]
        lines.append(
            f"{figures['points']} control points: {', '.join(told) or 'none to spare, no error known'}"
        )
    return Text(plain_lines(lines))


def plain_lines(lines: list[str]) -> str:
    """Join lines, each made safe to show."""
    return "\n".join(plain(line) for line in lines)


def _rows(found: Digitized) -> Table:
    table = Table()
    for header in ("", "date", "seen", "not seen", "standard error"):
        table.add_column(header, justify="left" if header in {"", "date"} else "right", no_wrap=bool(header))
    for row in found.manifest["lines"]:
        table.add_row(
            Text(plain(f"line {row['line']} ({row['colour_found']})")), long_date(row["date"]),
            f"{row['length_km']:,.1f} km", f"{row['unseen_km']:,.1f} km", f"{row['sigma_m']:,.0f} m",
        )  # fmt: skip
    for row in found.manifest["areas"]:
        unsure = f"{row['unsure_share']:.1%} unsure"
        table.add_row(
            Text(plain(f"area {row['side']}")), long_date(row["date"]), f"{row['area_km2']:,.1f} km²", unsure,
            f"{row['sigma_m']:,.0f} m",
        )  # fmt: skip
    return table
