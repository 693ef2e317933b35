"""What each step of the method for areas is worth: each is taken out in turn, on made-up maps.

The maps are choropleths as newsrooms draw them, exact, compressed or photographed, and hatched ones. A row is
a step, or a special case within one: how much more ground than with the whole method lies on the wrong side
(per cent of all areas: mean, its standard error, and the worst map), how much farther the worst area of a
class is off (per cent of it), and how many maps are touched. The first row has the errors of the whole
method. About two minutes on two idle cores::

    python -m benchmarks.area_steps --maps 12 --only "boxes|keys"
"""

from __future__ import annotations

import argparse
import io
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import NamedTuple
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from frontlines.digitize import open_sheet
from frontlines.digitize.areas import edges, hatching, labels
from frontlines.digitize.areas.state import AreaState, Step
from frontlines.digitize.areas.trace import AREA_STEPS
from frontlines.digitize.settings import EDGES, FILLS
from frontlines.errors import FrontlinesError

WIDTH, HEIGHT, FINE = 800, 600, 3
FILLS_DRAWN = (
    ("#efc9be", "#becdf0", "#f5e6b4"), ("#7a2e2e", "#2e4a7a", "#3f6b3a"), ("#f7e4a6", "#eaa8a0", "#b0d0e6"),
    ("#d94f4f", "#4f7fb9", "#9cc27a"), ("#f4e3d8", "#dfe6f2", "#e6efd9"), ("#c9b79a", "#b0a08c", "#9fb7b0"),
)  # fmt: skip
BORDERS = (("#ffffff", 2.5), ("#333333", 1.5), (None, 0.0), ("#ffffff", 4.0), ("#8a8a8a", 1.0))
HATCHING_INK = "#6a3d9a"
NEEDED = {"find_fills", "label_sure_fills", "fill_up", "outline"}  # nothing is found without them
WHOLE, CHANGED = "(the whole method)", 1e-3
SPECIAL = {
    ("label_sure_fills", "letters"): (labels, "_without_letters", lambda core, _: core),
    ("label_sure_fills", "glare"): (labels, "FILLS", replace(FILLS, glare_de=1e9, glare_if_even_de=1e9)),
    ("label_sure_fills", "narrow stripes"): (labels, "FILLS", replace(FILLS, beside=0)),
    ("label_hatching", "cells"): (
        hatching,
        "_cells",
        lambda _, __, ___, ground: (~ground & ground, ground, ~ground & ground),
    ),
    ("label_hatching", "holes"): (hatching, "_without_holes", lambda mask, *_: mask),
    ("label_hatching", "other fills"): (
        hatching,
        "_other_fills",
        lambda known, *_: np.zeros(known.shape, bool),
    ),
    ("fill_up", "blots"): (labels, "FILLS", replace(FILLS, blot_px=10**6)),
    ("leave_out_small", "thick ones stay"): (labels, "FILLS", replace(FILLS, least_area_px=10**6)),
    ("straighten", "bulges"): (edges, "EDGES", replace(EDGES, bulge_px=1e9)),
    ("settle", "second pass"): (edges, "EDGES", replace(EDGES, passes=1)),
    ("settle", "a line like the ground outside"): (edges, "_may_run_hidden", lambda *_: False),
    ("settle", "shown"): (edges, "EDGES", replace(EDGES, shown=0.0)),
    ("settle", "the best-seen ink"): (edges, "EDGES", replace(EDGES, best_seen=1.0)),
    ("settle", "rather a line"): (edges, "EDGES", replace(EDGES, rather=0.0)),
    ("settle", "neighbours averaged"): (edges, "EDGES", replace(EDGES, together=1)),
}
"""Special cases by step: where their code is, its name, and what is put in its place."""

Truth = dict[str, shapely.Geometry]


def made_up(seed: int) -> tuple[npt.NDArray[np.uint8], dict[str, str], Truth]:
    """Draw a land of three classes: the pixels, the colours to ask for, and the polygons [px]."""
    rng = np.random.default_rng(seed)
    fills, (border, width) = FILLS_DRAWN[seed % len(FILLS_DRAWN)], BORDERS[seed % len(BORDERS)]
    is_dark, is_hatched = seed % len(FILLS_DRAWN) == 1, seed % 4 == 2  # noqa: PLR2004
    paper = "#10151c" if is_dark else ("#ffffff", "#f4f8fa", "#dbe6ee")[seed % 3]
    image = Image.new("RGB", (WIDTH * FINE, HEIGHT * FINE), paper)
    pen = ImageDraw.Draw(image)
    t = np.linspace(0, 2 * np.pi, 160, endpoint=False)
    waves = sum(rng.uniform(0.02, 0.07) * np.cos(k * t + rng.uniform(0, 6)) for k in (2, 3, 5, 9))
    land = shapely.Polygon(
        np.column_stack([400 + 310 * (1 + waves) * np.cos(t), 300 + 230 * (1 + waves) * np.sin(t)])
    ).buffer(0)
    seats = shapely.multipoints(rng.uniform((0, 0), (WIDTH, HEIGHT), (12, 2)))
    page = shapely.box(0, 0, WIDTH, HEIGHT)
    cells = shapely.get_parts(shapely.voronoi_polygons(seats, extend_to=page))
    cells = shapely.intersection(cells, land)
    cells = cells[shapely.area(cells) > 0]
    kinds = rng.permutation(np.arange(len(cells)) % 3)
    lake = shapely.Point(rng.uniform((300, 220), (500, 380))).buffer(rng.uniform(10, 18))
    for cell, kind in zip(cells, kinds, strict=True):
        _fill(pen, cell, fills[kind])
    if is_hatched:
        _hatch(image, shapely.union_all(cells[kinds == 0]), paper)
    for ring in shapely.get_parts(shapely.boundary(cells)) if border else ():
        pen.line(_corners(ring), fill=border, width=round(width * FINE))
    _fill(pen, lake, paper if seed % 2 else "#a8cfe0")
    _furnish(pen, rng, fills, is_dark=is_dark)
    classes = {f"class {k}": shapely.union_all(cells[kinds == k]).difference(lake) for k in range(3)}
    asked = [HATCHING_INK if is_hatched else fills[0], *fills[1:]]
    return _seen(image, seed % 3, rng), dict(zip(classes, asked, strict=True)), classes


def _corners(shape: shapely.Geometry) -> list[tuple[float, float]]:
    return [((x + 0.5) * FINE, (y + 0.5) * FINE) for x, y in shapely.get_coordinates(shape)]


def _fill(pen: ImageDraw.ImageDraw, shape: shapely.Geometry, colour: str) -> None:
    for part in shapely.get_parts(shape):
        pen.polygon(_corners(part), fill=colour)


def _hatch(image: Image.Image, shape: shapely.Geometry, under: str) -> None:
    """Lay slanting strokes over a shape."""
    inside, strokes = (Image.new("L", image.size, 0) for _ in range(2))
    _fill(ImageDraw.Draw(inside), shape, "white")
    pen = ImageDraw.Draw(strokes)
    for first in range(-HEIGHT, WIDTH, 11):
        pen.line([(first * FINE, 0), ((first + HEIGHT) * FINE, HEIGHT * FINE)], fill=255, width=2 * FINE)
    _fill(ImageDraw.Draw(image), shape, under)
    both = Image.fromarray(np.minimum(np.asarray(inside), np.asarray(strokes)))
    image.paste(Image.new("RGB", image.size, HATCHING_INK), mask=both)


def _furnish(
    pen: ImageDraw.ImageDraw, rng: np.random.Generator, fills: tuple[str, ...], *, is_dark: bool
) -> None:
    """Draw a river, an arrow, names with boxes and halos, and the keys of a legend."""
    x = np.linspace(110, 690, 80)
    river = np.column_stack([x, 300 + 80 * np.sin(x / 90 + rng.uniform(0, 6))])
    pen.line([tuple(one) for one in river * FINE], fill="#6fb1dd", width=2 * FINE)
    pen.line([(430 * FINE, 280 * FINE), (540 * FINE, 220 * FINE)], fill="#8c1414", width=8 * FINE)
    ink, halo = ("#dddddd", "#000000") if is_dark else ("#222222", "#ffffff")
    for number, text in enumerate(["Ardova", "Belmont", "Krasny Log", "Kut", "Hill 203", "GORICA"]):
        at = tuple(rng.uniform((150, 120), (600, 460)) * FINE)
        font = ImageFont.load_default(float(rng.choice([11, 14, 22])) * FINE)
        if number % 3 == 0 and not is_dark:
            left, top, right, bottom = pen.textbbox(at, text, font=font)
            pen.rectangle([left - 24, top - 24, right + 24, bottom + 24], fill="#ffffff")
        pen.text(at, text, font=font, fill=ink, stroke_width=FINE * (number % 2), stroke_fill=halo)
    for number, fill in enumerate(fills):
        top = (470 + 30 * number) * FINE
        pen.rectangle([30 * FINE, top, 60 * FINE, top + 18 * FINE], fill=fill)


def _seen(image: Image.Image, look: int, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Give the pixels exactly, compressed, or photographed under uneven light."""
    small = image.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
    if look == 0:
        return np.asarray(small)
    if look == 2:  # noqa: PLR2004
        y, x = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j]
        light = (1 - 0.1 * x * x - 0.08 * y)[..., None] * np.array([1, 0.98, 0.92])
        pixels = np.asarray(small.filter(ImageFilter.GaussianBlur(0.8))) * light
        pixels = pixels + rng.normal(0, 2.5, (HEIGHT, WIDTH, 1))
        small = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    pressed = io.BytesIO()
    small.save(pressed, "JPEG", quality=80)
    return np.asarray(Image.open(pressed))


class Case(NamedTuple):
    """A step, or a special case within one, to take out."""

    name: str
    start: int  # number of the step that it is, or is part of
    steps: tuple[Step, ...]  # that are taken from there on
    taken_out: Callable[[], AbstractContextManager[object]] = nullcontext


def cases(only: str) -> list[Case]:
    """List what is taken out, of the names that match a regular expression."""
    numbers = {step.__name__: number for number, step in enumerate(AREA_STEPS)}
    found = [Case(name, k, AREA_STEPS[k + 1 :]) for name, k in numbers.items() if name not in NEEDED]
    for (step, what), patched in SPECIAL.items():
        k = numbers[step]
        found.append(Case(f"{step}: {what}", k, AREA_STEPS[k:], partial(patch.object, *patched)))
    return [case for case in found if re.search(only, case.name)]


def errors_on(seed: int, only: str) -> dict[str, tuple[float, float]]:
    """Errors on one map by what is taken out: ground on the wrong side, worst area of a class [%]."""
    pixels, colours, truth = made_up(seed)
    states = [AreaState(open_sheet(pixels), colours, (), None, FILLS.border_px)]
    for step in AREA_STEPS:
        states.append(step(states[-1]))
    out = {WHOLE: _errors(states[-1], truth)}
    for case in cases(only):
        state = states[case.start]
        try:
            with case.taken_out():
                for step in case.steps:
                    state = step(state)
            out[case.name] = _errors(state, truth)
        except FrontlinesError:
            out[case.name] = 100.0, 100.0
    return out


def _errors(state: AreaState, truth: Truth) -> tuple[float, float]:
    found = {name: shapely.union_all(state.parts[state.owners == fill]) for name, fill in state.fills.items()}
    wrong = sum(found[name].symmetric_difference(true).area for name, true in truth.items())
    off = [abs(found[name].area / true.area - 1) for name, true in truth.items()]
    return 100 * wrong / sum(true.area for true in truth.values()), 100 * max(off)


def table(errors: Sequence[Mapping[str, tuple[float, float]]]) -> pd.DataFrame:
    """Give what is taken out a row, from the errors on each map."""
    rows = []
    for name in errors[0]:
        wrong, area = (
            np.array([one[name][k] - one[WHOLE][k] * (name != WHOLE) for one in errors]) for k in (0, 1)
        )
        rows.append({
            "taken out": name, "wrong, mean": wrong.mean(), "± mean": wrong.std() / np.sqrt(len(wrong)),
            "worst map": wrong[np.abs(wrong).argmax()], "worst class": area[np.abs(area).argmax()],
            "maps": int((np.abs(wrong) > CHANGED).sum()),
        })  # fmt: skip
    return pd.DataFrame(rows)


def main() -> None:
    """Print a row for each step."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--maps", type=int, default=12, help="number of maps, and of seeds")
    parser.add_argument("--only", default="", help="regular expression that the names of the rows must match")
    options = parser.parse_args()
    with ProcessPoolExecutor() as pool:
        errors = list(pool.map(partial(errors_on, only=options.only), range(options.maps)))
    print(table(errors).to_string(index=False, float_format="{:+.3f}".format))


if __name__ == "__main__":
    main()
