"""What ``frontlines digitize`` writes and prints: a recipe carried out, or the colours of an image."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin
from rich.style import Style
from rich.table import Table
from rich.text import Text

from frontlines.cli.refusing import console
from frontlines.digitize import (
    Digitized,
    Recipe,
    digitize,
    open_scan,
    open_sheet,
    read_recipe,
    suggest_colours,
    suggest_fills,
)
from frontlines.digitize.inputs import open_image
from frontlines.errors import NoSuchColourError
from frontlines.manifest import long_date, to_json
from frontlines.names import area_unit, plain
from frontlines.plot import overlay_figure, residual_figure, save_figure
from frontlines.progress import reporting
from frontlines.sources import files, writing
from frontlines.sources.toml import as_toml
from frontlines.study import outputs, pictures

FILES = (
    "frontlines.geojson",
    "control.gpkg",
    "residuals.csv",
    "overlay.png",
    "residuals.png",
    "manifest.json",
)
"""What a run may write: lines, areas, and residuals only if there are any."""

SWATCHES = "inks.png"
"""The colours of a scan, if it lacks one that was asked for."""

_SOFTWARE = "frontlines digitize"  # in the metadata of that image, so that none of anybody's is replaced
_MOST_LINES = 4  # of the colours of an image, put into a recipe to start from


def carry_out(recipe: Path, out: Path, *, force: bool) -> None:
    """Carry out a recipe, write what was found and print it."""
    asked = read_recipe(recipe)
    inputs = (recipe, asked.image, asked.points, asked.world_file)
    with (
        outputs.only_run_in(out, FILES, force=force, inputs=inputs),
        _colours_shown(asked, out),
        reporting(True) as report,
    ):
        found = digitize(asked, progress=lambda share, what: report(0.8 * share, what))
        report(0.8, "drawing and writing")
        written = _write(found, out)
        if _is_ours(out / SWATCHES):
            (out / SWATCHES).unlink()
    terminal = console()
    first, *more = found.georeference.words
    told = "\n".join(map(plain, (f"{found.recipe.source}: {first}", *more)))
    terminal.print(Text(told), soft_wrap=True)
    terminal.print(_rows(found))
    for caution in found.cautions:
        terminal.print(Text(f"{caution.name}: {plain(caution.text)}", style="yellow"), soft_wrap=True)
    console(stderr=True).print(f"written to {out}: {', '.join(written)}", soft_wrap=True)


def _write(found: Digitized, out: Path) -> list[str]:
    with outputs.staged(out, stale=FILES) as folder, pictures.plain_looks():
        if found.frontlines is not None:
            files.write(found.frontlines, folder / "frontlines.geojson")
        if found.control is not None:
            files.write(found.control, folder / "control.gpkg")
        if len(found.residuals):
            files.write(found.residuals, folder / "residuals.csv")
            save_figure(residual_figure(found), folder / "residuals.png")
        save_figure(overlay_figure(found), folder / "overlay.png")
        (folder / "manifest.json").write_text(to_json(found.manifest), encoding="utf-8")
        return [name for name in FILES if (folder / name).exists()]


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
        table.add_row(
            Text(plain(f"area {row['side']}")), long_date(row["date"]),
            area_unit(row["area_km2"]).said(row["area_km2"]),
            f"{row['unsure_share']:.1%} unsure", f"{row['sigma_m']:,.0f} m",
        )  # fmt: skip
    return table


@contextmanager
def _colours_shown(recipe: Recipe, out: Path) -> Iterator[None]:
    """Show the colours of a scan, and draw them beside the output, if it lacks one that was asked for."""
    try:
        yield
    except NoSuchColourError:
        sheet = open_sheet(open_image(recipe))
        lines, fills = suggest_colours(sheet), suggest_fills(sheet)
        terminal = console(stderr=True)
        for table in (_line_table(lines), _fill_table(fills)):
            terminal.print(table)
        path = out / SWATCHES
        if _is_ours(path) or not (path.exists() or path.is_symlink()):
            with writing.whole_or_not(path) as name:
                _draw_swatches(lines, fills, name)
            terminal.print(f"written to {out}: {SWATCHES}", soft_wrap=True)
        raise


def _is_ours(path: Path) -> bool:
    """Tell whether an image was drawn by `_draw_swatches`."""
    with suppress(OSError), Image.open(path) as image:
        return image.info.get("Software") == _SOFTWARE
    return False


def _draw_swatches(lines: pd.DataFrame, fills: pd.DataFrame, path: Path) -> None:
    """Draw a row for each colour: the colour, hex, name, and how much of it there is."""
    rows = [(row, f"line, {row['length_px']:,.0f} px long") for row in lines.to_dict("records")]
    rows += [(row, f"fill, {row['share']:.1%} of the image") for row in fills.to_dict("records")]
    image = Image.new("RGB", (640, 36 * len(rows) + 12), "white")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(18)
    for k, (row, much) in enumerate(rows):
        top = 36 * k + 10
        pen.rectangle((12, top, 112, top + 28), fill=row["colour"], outline="#808080")
        pen.text((126, top + 2), f"{row['colour']}  {row['name']}: {much}", fill="black", font=font)
    mark = PngImagePlugin.PngInfo()
    mark.add_text("Software", _SOFTWARE)
    image.save(path, pnginfo=mark)


def suggest(image: Path) -> None:
    """List the colours of lines and fills of an image with swatches, and print a recipe to start from."""
    with reporting(True) as report:
        scan = open_scan(image)
        report(0.0, "paper and colours")
        sheet = open_sheet(scan)
        lines = suggest_colours(sheet, progress=lambda share, what: report(0.7 * share, what))
        report(0.7, "fills")
        fills = suggest_fills(sheet)
    terminal = console()
    listed = terminal if terminal.is_terminal else console(stderr=True)  # piped, only the recipe goes on
    for note in scan.notes:
        listed.print(Text(plain(f"{image.name}: {note}")), soft_wrap=True)
    listed.print(_line_table(lines))
    listed.print(_fill_table(fills))
    terminal.print(Text("\n".join(starter(image.name, lines, fills))), soft_wrap=True)


def _line_table(lines: pd.DataFrame) -> Table:
    table = Table()
    for header in ("lines", "", "name", "stroke", "length", "seen at column, row"):
        table.add_column(header, justify="right" if header in {"stroke", "length"} else "left")
    for row in lines.to_dict("records"):
        table.add_row(
            str(row["colour"]), _swatch(row["colour"]), str(row["name"]), f"{row['stroke_px']:.1f} px",
            f"{row['length_px']:,.0f} px", f"{row['column']:.0f}, {row['row']:.0f}",
        )  # fmt: skip
    return table


def _fill_table(fills: pd.DataFrame) -> Table:
    table = Table()
    for header in ("fills", "", "name", "of the image"):
        table.add_column(header, justify="right" if header == "of the image" else "left")
    for row in fills.to_dict("records"):
        share = f"{100 * row['share']:.1f} %"
        table.add_row(str(row["colour"]), _swatch(row["colour"]), str(row["name"]), share)
    return table


def _swatch(colour: str) -> Text:
    return Text("      ", style=Style(bgcolor=colour))


def starter(image: str, lines: pd.DataFrame, fills: pd.DataFrame) -> Iterator[str]:
    """Write a recipe to start from, line by line."""
    yield "# digitize.toml: keep the lines that you want, and fill in dates, sides and control points"
    yield f"image = {as_toml(plain(image))}"
    yield 'points = "points.csv"               # id, col, row, lon, lat; pixel centres at whole numbers'
    yield '# crs = "EPSG:…"                    # the map\'s own plane, if you know it'
    yield "sides = {ONE = [0.0, 0.0], OTHER = [1.0, 1.0]}   # a place that each side holds: lon, lat"
    for row in lines.head(_MOST_LINES).to_dict("records"):
        yield ""
        yield "[[line]]"
        yield f"colour = {as_toml(row['colour'])}                  # {row['name']}"
        yield 'date = "YYYY-MM-DD"'
    for row in fills.to_dict("records") if len(fills) > 1 else ():
        yield ""
        yield "# [[area]]"
        yield f"# colour = {as_toml(row['colour'])}                # {row['name']}"
        yield '# side = "…"'
        yield '# date = "YYYY-MM-DD"'
