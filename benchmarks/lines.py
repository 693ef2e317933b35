"""How well lines are traced, beside a small independent method, on made-up war maps that a seed draws.

A map has two fronts, whole or dashed, thin or broad; they may cross, run along each other, fork, close to
rings, lead to the frame. Over and beside them go rivers, borders, roads, names (in a front's ink on a quarter
of the maps), arrows in a front's ink, fills, a legend; paper, blur, grain and compression are those of poor
scans. Seeds 200 to 219 were used for tuning. The independent method follows the textbook: share of the ink by
projection in CIELAB, longest of the shortest paths, ends joined, centre of mass across. ::

    python -m benchmarks.lines --maps 400-423               # a row a line, and how many meet the bars
    python -m benchmarks.lines --sizes 1000 2000 4000       # CPU time and peak memory
"""

# ruff: noqa: PLR2004 - the numbers of a drawing, and of a method that is only compared with
from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from PIL import Image
from scipy import ndimage
from scipy.spatial import cKDTree
from skimage import color, graph, measure, morphology

from frontlines.datasets import ScanLook, SyntheticScan, render_scan
from frontlines.digitize import Stretch, open_scan, trace_lines
from frontlines.digitize.colour.colours import rgb_of
from frontlines.errors import FrontlinesError
from tests.digitize.warmaps import (
    PLACES,
    graticule,
    meander,
    merged,
    press_fills,
    score,
    war_map,
    with_legend,
)

Floats = npt.NDArray[np.float64]
BARS = {"median": 0.10, "p95": 1.5, "false": 30.0, "complete": 0.98}
INKS = {  # asked for: printed
    "blue": "#1f4fb4", "red": "#cc2222", "orange": "#e8821e", "green": "#2e8b3d", "black": "#1a1a1a",
    "purple": "#7b2d8b", "brown": "#8a5a2b", "magenta": "#c2188b", "teal": "#0b7a75", "#20307a": "#20307a",
    "crimson": "#d0213f",
}  # fmt: skip
PAIRS = (
    "blue red", "orange green", "black red", "purple brown", "magenta teal", "#20307a crimson", "green red",
    "black blue", "brown blue", "purple orange", "teal crimson", "red #20307a",
)  # fmt: skip
Row = tuple[Any, ...]


def drawn(seed: int, size: tuple[int, int] = (1200, 900)) -> tuple[SyntheticScan, dict[str, str], str]:
    """Draw a war map; with what to ask for, and what is on it."""
    rng, (wide, high), kinds = np.random.default_rng(90_000 + seed), size, set[str]()
    asked = PAIRS[rng.integers(len(PAIRS))].split()
    widths = rng.choice([2.5, 3.0, 4.0, 5.0, 7.0], 2)
    dashes = [_dashes(rng, kinds) for _ in asked]
    inks = [(INKS[name], float(px), dash) for name, px, dash in zip(asked, widths, dashes, strict=True)]
    fronts = _fronts(rng, size, kinds)
    rows: list[Row] = [(None, *row) for row in graticule(wide, high)]
    if rng.random() < 0.7:
        rows.append((None, meander(rng, wide, high, base=0.5, wild=1.6), "#6fb1dd", 2.0, None))
    if rng.random() < 0.7:
        rows.append((None, _down(rng, size, 0.4), "#6fb1dd", 3.0, None))
    grey, border = str(rng.choice(["#444444", "#8a8a8a", "#666666"])), _down(rng, size, 0.7)
    rows.append(
        (None, border, grey, float(rng.choice([1.5, 2.5])), (8.0, 4.0) if rng.random() < 0.6 else None)
    )
    if rng.random() < 0.5:
        frame = shapely.box(0.03 * wide, 0.03 * high, 0.97 * wide, 0.97 * high).exterior
        rows.append((None, shapely.LineString(frame.coords), "#222222", 2.0, None))
    rows += [(("first", "second")[k], line, *inks[k]) for k, line in fronts]
    arrows: list[tuple[Any, Any]] = []
    if rng.random() < 0.4:
        kinds.add("arrows")
        ink = inks[int(rng.integers(2))]
        arrows = [(_arrow(rng, size), ink) for _ in range(5)]
    rows += [(None, one, *ink[:2], None) for one, ink in arrows if isinstance(one, shapely.LineString)]
    solid = [(one, ink[0]) for one, ink in arrows if isinstance(one, shapely.Polygon)]
    rows.append((None, meander(rng, wide, high, base=0.55, wild=1.8), "#b9a58a", 1.5, None))
    scan = _rendered(rng, size, rows, inks, solid, [line for _, line in fronts[:2]], kinds)
    return scan, {"first": asked[0], "second": asked[1]}, " ".join(sorted(kinds))


def _down(rng: np.random.Generator, size: tuple[int, int], base: float) -> shapely.LineString:
    return shapely.transform(meander(rng, *size[::-1], base=base), lambda xy: xy[:, ::-1])


def _dashes(rng: np.random.Generator, kinds: set[str]) -> tuple[float, float] | None:
    if rng.random() >= 0.3:
        return None
    kinds.add("dashed")
    return float(rng.choice([14.0, 18.0, 22.0])), float(rng.choice([6.0, 8.0, 10.0]))


def _fronts(rng: np.random.Generator, size: tuple[int, int], kinds: set[str]) -> list[tuple[int, Any]]:
    """Draw the two fronts, and now and then a ring or a branch of one."""
    wide, high = size
    upper, lower = (meander(rng, *size, base=rng.uniform(*at)) for at in ((0.3, 0.42), (0.6, 0.7)))
    share = rng.random()
    if share < 0.25:
        lower = merged(upper, lower)
        kinds.add("merged")
    elif share < 0.5:
        lower = meander(rng, *size, base=0.45, wild=1.3)
        kinds.add("crossing")
    if rng.random() < 0.4:
        kinds.add("frame")
        upper, lower = (
            shapely.LineString([(0.03 * wide, xy[0][1]), *xy, (0.97 * wide, xy[-1][1])])
            for xy in (list(upper.coords), list(lower.coords))
        )
    fronts = [(0, upper), (1, lower)]
    if rng.random() < 0.35:
        kinds.add("ring")
        k, x, y = int(rng.integers(2)), rng.uniform(0.15, 0.85) * wide, rng.choice([0.12, 0.85]) * high
        radius, turn = rng.uniform(22, 70), np.linspace(0, 2 * np.pi, 160)
        wave = 1 + 0.12 * np.sin(2 * turn + rng.uniform(0, 6)) + 0.07 * np.sin(5 * turn + rng.uniform(0, 6))
        xy = np.column_stack([x + radius * wave * np.cos(turn), y + 0.8 * radius * wave * np.sin(turn)])
        fronts.append((k, shapely.LineString([*xy[:-1], xy[0]])))
    if rng.random() < 0.25:
        kinds.add("branch")
        k = int(rng.integers(2))
        at = (upper, lower)[k].interpolate(rng.uniform(0.3, 0.7), normalized=True)
        angle, t = rng.uniform(0.9, 2.2), np.linspace(0, 1, 60)[:, None]
        way, aside = np.array([[np.cos(angle), -np.sin(angle)], [-np.sin(angle), -np.cos(angle)]])
        xy = [at.x, at.y] + t * rng.uniform(0.12, 0.2) * wide * way + 12 * np.sin(t * 5) * aside
        fronts.append((k, shapely.LineString(xy)))
    return fronts


def _arrow(rng: np.random.Generator, size: tuple[int, int]) -> shapely.LineString | shapely.Polygon:
    """Draw an open or a solid arrow."""
    middle = np.array([rng.uniform(0.1, 0.9) * size[0], rng.uniform(0.08, 0.92) * size[1]])
    angle, half = rng.uniform(0, 2 * np.pi), rng.uniform(30, 75) / 2
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    if rng.random() < 0.5:
        barbs = [(-half, 0), (half, 0), (half - 13, 8), (half, 0), (half - 13, -8)]
        return shapely.LineString(np.array(barbs) @ turn + middle)
    above = [(-half, -3), (half - 14, -4), (half - 14, -10), (half, 0)]
    return shapely.Polygon(np.array([*above, *((x, -y) for x, y in above[2::-1])]) @ turn + middle)


def _rendered(
    rng: Any, size: tuple[int, int], rows: Any, inks: Any, solid: Any, fronts: Any, kinds: set[str]
) -> SyntheticScan:
    """Put names, legend and fills on a map, and scan it."""
    count = 14
    ink = "black" if rng.random() < 0.75 else str(rng.choice([one[0] for one in inks]))
    kinds |= {"names in ink"} if ink != "black" else set()
    labels = pd.DataFrame({
        "text": [PLACES[k % len(PLACES)] for k in range(count)],
        "x": rng.uniform(0.08, 0.92, count) * size[0], "y": rng.uniform(0.08, 0.92, count) * size[1],
        "size_px": rng.choice([12.0, 14.0, 18.0, 24.0], count), "halo_px": float(rng.choice([0.0, 3.0])),
        "colour": ink,
    })  # fmt: skip
    for k, front in enumerate((0, 1, 0)):
        at = fronts[front].interpolate(rng.uniform(0.2, 0.8), normalized=True)
        labels.loc[k, ["x", "y", "size_px"]] = [at.x, at.y, 15.0]
    names, plain = [row[0] for row in rows], [row[1:] for row in rows]
    if rng.random() < 0.6:
        kinds.add("legend")
        plain, names, labels, _ = with_legend(plain, names, labels, size, [("", *one) for one in inks])
    shapes, colours, px, dashes = zip(*plain, strict=True)
    lines = gpd.GeoDataFrame(
        {"name": names, "colour": colours, "width_px": px, "dashes_px": dashes},
        geometry=[shapely.LineString(shape.coords) for shape in shapes],
    )
    areas = []
    if rng.random() < 0.35:
        kinds.add("fills")
        areas.append(press_fills(fronts[1], size))
    if solid:
        heads, colours = zip(*solid, strict=True)
        areas.append(gpd.GeoDataFrame({"name": None, "colour": colours, "alpha": 1.0}, geometry=list(heads)))
    look = ScanLook(
        paper=str(rng.choice(["#ffffff", "#f1e7cf", "#e8dcc0", "#f6f3ea"])),
        jpeg_quality=int(rng.choice([60, 75, 85, 92])), blur_px=float(rng.choice([0.4, 0.6, 0.9, 1.2])),
        grain=float(rng.choice([1.0, 2.0, 4.0])), rotation_deg=float(rng.uniform(-2, 2)),
        vignette=float(rng.choice([0.05, 0.15, 0.2])), unevenness=float(rng.choice([0.02, 0.05])),
    )  # fmt: skip
    whole = pd.concat(areas, ignore_index=True) if areas else None
    return render_scan(
        lines, size_px=size, areas=whole, labels=labels, look=look, rng=int(rng.integers(2**31))
    )


def by_paths(pixels: npt.NDArray[np.uint8], asked: Mapping[str, str]) -> Any:
    """Trace lines as the textbook has it."""
    usual, stretches = float(np.hypot(*pixels.shape[:2])) / 40, []
    lab = color.rgb2lab(pixels)
    small = [ndimage.median_filter(lab[::4, ::4, k], 11) for k in range(3)]
    ground = np.stack([np.repeat(np.repeat(one, 4, 0), 4, 1) for one in small], -1)[
        : len(lab), : lab.shape[1]
    ]
    away = lab - ground
    much = np.linalg.norm(away, axis=-1)
    inks = _peaks(lab[(much > 15) & (much >= ndimage.maximum_filter(much, 3))])
    shares, misfits = zip(*(_share(ink, away, ground) for ink in inks), strict=True)
    nearest = np.argmin(misfits, axis=0)
    wanted = color.rgb2lab(np.array([[rgb_of(name) for name in asked.values()]]) / 255)[0]
    for name, ink in zip(asked, wanted, strict=True):
        taken = int(np.linalg.norm((inks - ink) * (0.6, 1, 1), axis=1).argmin())
        ways, half = _ways((shares[taken] > 0.5) & (nearest == taken))
        for one in _joined([_stretch(name, way) for way in ways], usual, half):
            gaps = sum(float(np.hypot(*(one.points[b] - one.points[a]))) for a, b in one.jumped)
            if one.length_px >= usual and gaps < 0.55 * one.length_px:
                stretches.append(_stretch(name, _centred(one.points, shares[taken], half), one.jumped))
    return SimpleNamespace(stretches=stretches)


def _peaks(lab: Floats) -> Floats:
    """Find the inks: the peaks of the colours along the middle of strokes."""
    cells, count = np.unique(np.round(lab / 4), axis=0, return_counts=True)
    found = np.empty((0, 3))
    for k in np.argsort(-count):
        middle = np.median(lab[np.linalg.norm(lab - 4 * cells[k], axis=1) < 8], axis=0)
        if (
            count[k] >= max(12, 2e-5 * len(lab))
            and len(found) < 24
            and (np.linalg.norm(found - middle, axis=1) > 13).all()
        ):
            found = np.vstack([found, middle])
    return found


def _share(ink: Floats, away: Floats, ground: Floats) -> tuple[Floats, Floats]:
    """Share of an ink in each pixel, and how badly its mix with the ground fits."""
    ray = ink - ground
    length = np.linalg.norm(ray, axis=-1) + 1e-6
    along = (away * ray).sum(-1) / length
    aside = np.sqrt(np.maximum((away**2).sum(-1) - along**2, 0))
    share = (
        np.clip(along / length, 0, 1) * (length > 12) * np.exp(-((aside / np.maximum(10, 0.3 * length)) ** 2))
    )
    return share, np.hypot(aside, 0.5 * np.maximum(length - along, 0)) + 99 * (share < 0.3)


def _ways(mask: npt.NDArray[np.bool_]) -> tuple[list[Floats], float]:
    """Take the longest path out of each component until nothing long is left."""
    deep, label = ndimage.distance_transform_edt(mask), measure.label(mask, connectivity=2)
    core = deep[morphology.skeletonize(mask)]
    half = float(np.median(core)) if len(core) else 1.0
    ways = []
    for region in measure.regionprops(label):
        corner, inside = np.array(region.bbox[:2]) - 1, np.pad(region.image, 1)
        depth = np.pad(deep[region.slice] * region.image, 1)
        while inside.sum() > 1.5 * half**2:
            way = _longest(inside, 1 + 4 * np.maximum(0, half - depth) / half)
            if 0.45 * half < np.median(depth[tuple(way.T)]) < 2.2 * half:
                ways.append((way + corner)[:, ::-1].astype(float))
            passed = np.ones_like(inside)
            passed[tuple(way.T)] = False
            inside &= ndimage.distance_transform_edt(passed) > 1.6 * half
            inside = morphology.remove_small_objects(inside, max_size=int(12 * half**2))
    return ways, half


def _longest(inside: npt.NDArray[np.bool_], cost: Floats) -> npt.NDArray[np.int64]:
    start = tuple(np.argwhere(inside)[0])
    for _ in range(2):
        paths = graph.MCP_Geometric(np.where(inside, cost, np.inf))
        far = paths.find_costs([start])[0]
        start = np.unravel_index(np.where(np.isfinite(far), far, -1).argmax(), far.shape)
    return np.array(paths.traceback(start))


def _joined(pieces: list[Stretch], gap_px: float, half: float) -> list[Stretch]:
    """Join ends that go on into each other, the nearest and straightest first."""
    while len(pieces) > 1:
        ends = [way for piece in pieces for way in (piece.points, piece.points[::-1])]
        tips = np.array([way[0] for way in ends])
        out = np.array([way[0] - way[: int(6 * half) + 2][-1] for way in ends]) + 1e-9
        out /= np.hypot(*out.T)[:, None]
        pairs = cKDTree(tips).query_pairs(gap_px, output_type="ndarray")
        one, other = pairs[pairs[:, 0] // 2 != pairs[:, 1] // 2].T
        far = np.hypot(*(tips[other] - tips[one]).T)
        ahead = (tips[other] - tips[one]) / np.maximum(far, 1e-9)[:, None]
        turn = np.where(far <= 2 * half, 0.3, 1 - ((out[one] - out[other]) * ahead).sum(axis=1) / 2)
        cost = np.where(turn < 1.1, far * (1 + 3 * turn), np.inf)
        if not np.isfinite(cost).any():
            break
        a, b = int(one[cost.argmin()]), int(other[cost.argmin()])
        first, second = pieces[a // 2], pieces[b // 2]
        first, second = first if a % 2 else first.turned(), second.turned() if b % 2 else second
        link = _stretch(first.line, np.array([first.points[-1], second.points[0]]), ((0, 1),))
        pieces = [piece for k, piece in enumerate(pieces) if k not in {a // 2, b // 2}]
        pieces.append(first.joined(link).joined(second))
    return pieces


def _stretch(line: str, points: Floats, jumped: tuple[tuple[int, int], ...] = ()) -> Stretch:
    return Stretch(line, points, np.ones(len(points)), np.full(len(points), np.nan), jumped)


def _centred(way: Floats, share: Floats, half: float) -> Floats:
    """Move each point to the centre of mass of the ink across the path."""
    reach = np.arange(-1.8 * half - 1, 1.8 * half + 1.01, 0.5)
    for spread in (2.0, 1.0):
        way = ndimage.gaussian_filter1d(way, spread, axis=0, mode="nearest")
        ahead = np.gradient(way, axis=0)
        normal = ahead[:, ::-1] * (-1, 1) / (np.hypot(*ahead.T)[:, None] + 1e-9)
        at = way[:, None] + reach[:, None] * normal[:, None]
        ink = ndimage.map_coordinates(share, [at[..., 1], at[..., 0]], order=1, mode="nearest")
        ink *= ink > 0.12
        mass = ink.sum(1)
        shift = np.where(mass > 0.8 * half, (ink * reach).sum(1) / np.maximum(mass, 1e-6), 0.0)
        way = way + ndimage.gaussian_filter1d(shift, 1.5)[:, None] * normal
    return way


METHODS: dict[str, Callable[..., Any]] = {"ours": trace_lines, "paths": by_paths}


def measured(method: str, seeds: Sequence[int]) -> pd.DataFrame:
    """Trace maps, and score each line; a map that is refused counts as traced nowhere."""
    rows = []
    for seed in seeds:
        scan, asked, kinds = drawn(seed)
        start = time.process_time()
        try:
            tracing = METHODS[method](scan.pixels, asked)
        except FrontlinesError:
            tracing = SimpleNamespace(stretches=())
        spent = time.process_time() - start
        rows += [
            {"map": seed, "line": name, "ink": asked[name], **score(tracing, scan, name),
             "cpu_s": spent, "with": kinds}
            for name in asked
        ]  # fmt: skip
    table = pd.DataFrame(rows)
    for name, bar in BARS.items():
        table[f"{name}_met"] = table[name] >= bar if name == "complete" else table[name] <= bar
    return table


def summary(table: pd.DataFrame) -> dict[str, Any]:
    """Say how many lines and maps meet the bars, and what the worst is."""
    met = [f"{name}_met" for name in BARS]
    maps = table.groupby("map")[met].all()
    return {
        "lines": len(table), "median_px": table["median"].median(), **table[met].sum().to_dict(),
        "maps": len(maps), "maps_p95": int(maps["p95_met"].sum()), "maps_all": int(maps.all(axis=1).sum()),
        "worst_p95_px": table["p95"].max(), "worst_false_px": table["false"].max(),
        "worst_complete": table["complete"].min(), "covered": table["cover"].mean(),
        "cpu_s_a_map": table["cpu_s"].mean(),
    }  # fmt: skip


def cost(method: str, path: str) -> str:
    """Say what CPU time and memory one map takes; in a process of its own."""
    start = time.process_time()
    METHODS[method](
        open_scan(path) if method == "ours" else np.asarray(Image.open(path)),
        {"first": "blue", "second": "red"},
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return f"{time.process_time() - start:.1f} s CPU, {peak:.2f} GiB at most"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--maps", default="", help="first and last seed, as 400-423")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--sizes", nargs="+", type=int, default=[], help="widths of maps [px]")
    given = parser.parse_args()
    if given.maps:
        first, last = map(int, given.maps.split("-"))
        tables = {method: measured(method, range(first, last + 1)) for method in given.methods}
        for method, table in tables.items():
            shown = table.drop(columns=[f"{name}_met" for name in BARS])
            print(f"\n{method}\n{shown.round(3).to_string(index=False)}")
        print(f"\n{pd.DataFrame({m: summary(table) for m, table in tables.items()}).round(3).to_string()}")
    for width in given.sizes:
        with TemporaryDirectory() as folder:
            path = f"{folder}/map.png"
            Image.fromarray(war_map(7, size=(width, width * 3 // 4))[0].pixels).save(path)
            for method in given.methods:
                with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                    print(
                        f"{width} × {width * 3 // 4} px, {method}: {pool.submit(cost, method, path).result()}"
                    )


if __name__ == "__main__":
    main()
