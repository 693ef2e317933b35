"""How far colours that a scan has are from those asked for, against colours that it lacks.

The maps are made up: two lines, a river, a grey border, names and two fills, in inks that are drawn by lot,
as scanned, faded by 30 per cent, in 64 colours, or as JPEG of quality 30. A row is a way of asking (a plain
name, or the hex that was drawn) for a line or a fill. `right_max` is the farthest colour that the scan has:
for lines of those whose own ink, as seen along the line, is among the inks found. `wrong_min` is the nearest
that it lacks, of names whose hue is not on the map nor beside one that is. The last two are the shares that
the bound of the settings refuses. About two minutes on an idle core::

    python -m benchmarks.colours_asked --maps 12
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from PIL import Image

from frontlines.arrays import Pixels
from frontlines.datasets import ScanLook, render_scan
from frontlines.digitize import Sheet, open_sheet
from frontlines.digitize.areas.fills import colour_off
from frontlines.digitize.colour.colours import lab_of
from frontlines.digitize.colour.inks import unlikeness_of
from frontlines.digitize.settings import INKS, MATCHING

LINES = {"red": "#cc2222", "orange": "#e8821e", "green": "#2e8b3d", "blue": "#1f4fb4", "purple": "#7b2d8b",
         "brown": "#8a5a2b", "black": "#1a1a1a"}  # fmt: skip
FILLS = {"red": "#e8a9a0", "orange": "#f8d9b0", "yellow": "#f7eeb0", "green": "#a6cf9a", "blue": "#9fb9e0",
         "purple": "#ddcbe8", "gray": "#d8d8d8"}  # fmt: skip
BESIDE = {
    "red": {"orange", "purple", "brown"}, "orange": {"red", "brown", "yellow"}, "yellow": {"orange", "green"},
    "green": {"yellow"}, "blue": {"purple"}, "purple": {"blue", "red"}, "brown": {"red", "orange"},
    "black": set(), "gray": set(),
}  # fmt: skip
NEAR_DE = 13.0  # the ink of a line is found if one is so near to its pixels
SIZE = (640, 460)


def looks(pixels: Pixels) -> Iterator[Pixels]:
    """Give a scan as it is, faded, in 64 colours and badly compressed."""
    yield pixels
    yield _jpeg((0.7 * pixels + 0.3 * np.array([236, 228, 206])).round().astype(np.uint8), 75)
    yield np.asarray(Image.fromarray(pixels).quantize(64, method=Image.Quantize.FASTOCTREE).convert("RGB"))
    yield _jpeg(pixels, 30)


def _jpeg(pixels: Pixels, quality: int) -> Pixels:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def rows_of(seed: int) -> Iterator[tuple[str, str, bool, float]]:
    """Draw a map, and give kind, way of asking, whether the map has the colour, and how far off it is."""
    rng = np.random.default_rng(seed)
    lines, fills = (list(rng.choice(list(kind), 2, replace=False)) for kind in (LINES, FILLS))
    x = np.linspace(0, SIZE[0], 120)
    ways = [np.column_stack([x, base + 25 * np.sin(x / 45 + rng.uniform(0, 6))]) for base in (110, 330)]
    river = np.column_stack([x[::-1], np.linspace(20, 440, 120)])
    frame = shapely.box(30, 30, 610, 430).exterior
    shapes = [*map(shapely.LineString, ways), shapely.LineString(river), frame]
    colours = [*(LINES[one] for one in lines), "#6fb1dd", "#888888"]
    widths = [*rng.choice([2.5, 4, 6], 2), 2, 1.5]
    drawn = gpd.GeoDataFrame({"colour": colours, "width_px": widths}, geometry=shapes)
    halves = [shapely.box(40, 150, 300, 280), shapely.box(320, 150, 600, 280)]
    areas = gpd.GeoDataFrame({"colour": [FILLS[one] for one in fills]}, geometry=halves)
    names = pd.DataFrame(
        {"text": "Ardova", "x": rng.uniform(60, 580, 8), "y": rng.uniform(50, 410, 8), "size_px": 14.0}
    )
    look = ScanLook(
        paper=str(rng.choice(["#ffffff", "#f1e7cf", "#e8dcc0"])), jpeg_quality=int(rng.choice([60, 85])),
        blur_px=float(rng.choice([0.4, 0.8, 1.2])), rotation_deg=0.0,
    )  # fmt: skip
    scan = render_scan(drawn, size_px=SIZE, areas=areas, labels=names, look=look, rng=seed)
    for pixels in looks(scan.pixels):
        sheet = open_sheet(pixels)
        for name, way in zip(lines, ways, strict=True):
            if _ink_is_found(sheet, way):
                for how, asked in (("name", name), ("hex", LINES[name])):
                    yield "line", how, True, float(unlikeness_of(asked, sheet.palette.inks).min())
        near = {*lines, "blue", "purple", "black"}.union(*(BESIDE[one] for one in lines))
        for asked in sorted(set(LINES) - near):
            for how, colour in (("name", asked), ("hex", LINES[asked])):
                yield "line", how, False, float(unlikeness_of(colour, sheet.palette.inks).min())
        near = set().union(*(BESIDE[one] for one in fills)) - set(fills)
        for asked in sorted(set(FILLS) - near):
            for how, colour in (("name", asked), ("hex", FILLS[asked])):
                gain = sheet.paper.usual_gain
                off = min(colour_off(colour, one, gain) for one in sheet.palette.grounds)
                yield "fill", how, asked in fills, off


def _ink_is_found(sheet: Sheet, way: np.ndarray) -> bool:
    """Tell whether an ink is near to the usual colour of a line, in its middle."""
    column, row = way[5:-5].round().astype(int).T
    usual = np.median(sheet.window(slice(0, SIZE[1]), slice(0, SIZE[0]))[row, column], axis=0)
    inks = lab_of(sheet.palette.inks)
    return bool(len(inks)) and bool(np.linalg.norm(inks - lab_of(usual[None]), axis=1).min() < NEAR_DE)


def table(maps: int) -> pd.DataFrame:
    """Measure all maps, a row a kind and way of asking."""
    found = [row for seed in range(maps) for row in rows_of(seed)]
    rows = pd.DataFrame(found, columns=["kind", "how", "has", "off"])
    bounds = {"line": INKS.too_unlike, "fill": MATCHING.too_unlike_de}
    out = []
    for (kind, how), part in rows.groupby(["kind", "how"]):
        right, wrong = part.loc[part["has"], "off"], part.loc[~part["has"], "off"]
        most = bounds[str(kind)]
        refused = {"right_refused": (right > most).mean(), "wrong_refused": (wrong > most).mean()}
        ends = {"right_max": right.max(), "wrong_min": wrong.min(), "bound": most}
        counts = {"n_right": len(right), "n_wrong": len(wrong)}
        out.append({"kind": kind, "how": how, **counts, **ends, **refused})
    return pd.DataFrame(out).round(3)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--maps", type=int, default=24)
    print(table(parser.parse_args().maps).to_string(index=False))
