"""How often the intervals of net, gained and lost hold the truth.

    python -m benchmarks.coverage [SETTING ...] [--repeats 300] [--method simulation] [--jobs 2]

A known pair of lines is drawn again and again with errors that numpy and shapely make here, not the library;
of each drawing the library is asked for its intervals. Printed for net, gained and lost: how many of the
intervals hold the truth, for all districts together and by district (on average over those where drawings
differ by 1 km² or more, and in the worst one), the mean width, the width told over the real one (for net
the standard error over the root mean square of drawn minus true), the mean ends, and the trust given.
With 300 repeats a share of 95 % is known to ±2.5 %.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import frontlines as fl
from frontlines.uncertainty import NoiseModel

DAYS = pd.to_datetime(["1994-04-07", "1994-05-12"])
CRS = "EPSG:3035"
CELL_M = (20_000, 15_000)  # districts
OVER_M = 15_000.0  # so far beyond the theatre lines are drawn and then cut
KM2 = 1e6
_ROUNDING = 1e-6
_SURE = 1.96


@dataclass(frozen=True)
class Setting:
    """Two true lines, how they are drawn, and what is told about it."""

    lines: tuple[Any, Any]  # xy of the true lines before and after [m], (n, 2); closed ones are rings
    noise: NoiseModel  # what is told
    sigma_m: tuple[float, float] = (1_000.0, 1_000.0)  # what is true, by date
    error: Callable[..., Any] | None = None  # draws both lines
    size_m: tuple[float, float] = (100_000, 120_000)
    shared: Any = None  # vertices of both lines that are drawn once
    interval: str = "low high"  # or "lowest highest": the range over plausible lengths


def kernel(d: Any, length_m: float, kind: str = "exponential") -> Any:
    """Give the correlation over a distance; the Gaussian one has the same integral range."""
    if kind == "gaussian":
        return np.exp(-((d * 1.2533 / length_m) ** 2) / 2)
    return np.exp(-np.abs(d) / length_m)


def root(xy: Any, length_m: float, kind: str, *, closed: bool) -> Any:
    """Give the root of the correlation matrix of the vertices of a line."""
    steps = np.hypot(*np.diff(xy, axis=0).T)
    at = np.append(0.0, steps.cumsum())
    way = np.abs(at[:, None] - at)
    if closed:
        way = np.minimum(way, at[-1] - way)
    values, vectors = np.linalg.eigh(kernel(way, length_m, kind))
    return vectors * np.sqrt(values.clip(min=0))


def across(xy: Any, *, closed: bool) -> Any:
    """Give unit vectors across a line, to its right."""
    ahead = np.gradient(xy, axis=0)
    if closed:
        ahead[0] = ahead[-1] = xy[1] - xy[-2]
    return np.column_stack([ahead[:, 1], -ahead[:, 0]]) / np.hypot(*ahead.T)[:, None]


def pushed(
    setting: Setting,
    rng: Any,
    lengths: Any,
    kind: str = "exponential",
    between: float = 0.0,
    *,
    xy: bool = False,
) -> Any:
    """Draw both lines with errors across them, or east and north; `lengths` with shares of variance."""
    drawn = []
    n = len(setting.lines[0])
    both = rng.standard_normal((8, n)) if between else None
    closed = bool((setting.lines[0][0] == setting.lines[0][-1]).all())
    for line, sigma in zip(setting.lines, setting.sigma_m, strict=True):
        off = np.zeros((2, len(line)))
        for number, (length, share) in enumerate(lengths.items()):
            fresh = rng.standard_normal((2, len(line)))
            if between:
                fresh = (
                    math.sqrt(1 - between) * fresh + math.sqrt(between) * both[2 * number : 2 * number + 2]
                )
            off += math.sqrt(share) * fresh @ cached_root(line, length, kind, closed).T
        if closed:
            off[:, -1] = off[:, 0]
        drawn.append(line + sigma * (off.T if xy else off[0][:, None] * across(line, closed=closed)))
    if setting.shared is not None:
        drawn[1][setting.shared] = drawn[0][setting.shared]
    return drawn


_ROOTS: dict[Any, Any] = {}


def cached_root(line: Any, length: float, kind: str, closed: bool) -> Any:
    """Give the root of the correlation matrix, made once for each line."""
    key = (line.tobytes(), length, kind)
    if key not in _ROOTS:
        _ROOTS[key] = root(line, length, kind, closed=closed)
    return _ROOTS[key]


def digitized(setting: Setting, rng: Any) -> Any:
    """Take points every 3 to 7 km of either line, each off by sigma east and north."""
    drawn = []
    for line, sigma in zip(setting.lines, setting.sigma_m, strict=True):
        path = shapely.LineString(line)
        at = np.cumsum(rng.uniform(3_000, 7_000, int(path.length / 3_000) + 2))
        at = np.concatenate([[0.0], at[at < path.length - 2_000], [path.length]])
        xy = shapely.get_coordinates(shapely.line_interpolate_point(path, at))
        drawn.append(xy + sigma * rng.standard_normal(xy.shape))
    return drawn


def simplified(setting: Setting, rng: Any, tolerance_m: float = 1_500.0, step_m: float = 250.0) -> Any:
    """Simplify wriggling lines by Douglas and Peucker; gives the drawn lines and the true ones."""
    drawn, true = [], []
    for line in setting.lines:
        path = shapely.segmentize(shapely.LineString(line), step_m)
        xy = shapely.get_coordinates(path)
        for sigma, length in ((500.0, 1_500.0), (900.0, 6_000.0)):
            tie, fresh = math.exp(-step_m / length), rng.standard_normal(len(xy))
            for i in range(1, len(xy)):
                fresh[i] = tie * fresh[i - 1] + math.sqrt(1 - tie**2) * fresh[i]
            xy[:, 0] += sigma * fresh
        true.append(xy)
        drawn.append(shapely.get_coordinates(shapely.simplify(shapely.LineString(xy), tolerance_m)))
    return [*drawn, *true]


def graph(x: Callable[[Any], Any], length_m: float = 120_000, step_m: float = 1_000) -> Any:
    """Give a line that runs north, from below the theatre to above it."""
    y = np.arange(-OVER_M, length_m + OVER_M + 1, step_m)
    return np.column_stack([x(y) + 0 * y, y])


def ring(radius_m: float, at: tuple[float, float] = (50_000, 60_000), step_m: float = 1_000) -> Any:
    """Give a round pocket, counted clockwise, so that its outside is on the left."""
    n = int(2 * math.pi * radius_m / step_m)
    turn = -np.linspace(0, 2 * np.pi, n + 1)
    turn[-1] = 0.0
    return np.column_stack([np.cos(turn), np.sin(turn)]) * radius_m + at


def bend(y: Any) -> Any:
    """Give a line that winds gently."""
    return 45_000 + 4_000 * np.sin(y / 12_000)


def coast(y: Any) -> Any:
    """Give a line with bays of several sizes."""
    return 45_000 + 5_000 * np.sin(y / 9_000) + 2_500 * np.sin(y / 3_700 + 1) + 1_000 * np.sin(y / 1_700)


def bump(y: Any, at_m: float, wide_m: float, high_m: float) -> Any:
    """Give a salient."""
    return high_m * (1 - ((y - at_m) / wide_m) ** 2).clip(0)


def pair(first: Callable[[Any], Any], gap: Callable[[Any], Any] | float, length_m: float = 120_000) -> Any:
    """Give two lines with a gap between them."""
    wide = gap if callable(gap) else (lambda _: gap)
    return graph(first, length_m), graph(lambda y: first(y) + wide(y), length_m)


TOLD = NoiseModel(None, 5_000.0)
EXP5 = partial(pushed, lengths={5_000.0: 1.0})
TWO = partial(pushed, lengths={2_000.0: 0.5, 30_000.0: 0.5})
PAIR = pair(bend, 8_000.0)
NORTH = 60_000.0
SOUTH_HALF = graph(bend)[:, 1] < NORTH
RANGE = "lowest highest"


def wave(y: Any) -> Any:
    """Give the gap of a front that moves in the north only."""
    return 8_000 * np.sin((y - NORTH) / NORTH * np.pi).clip(0) * (y > NORTH)


SETTINGS = {
    "exponential": Setting(PAIR, TOLD, error=EXP5),
    "gaussian": Setting(PAIR, TOLD, error=partial(EXP5, kind="gaussian")),
    "east and north": Setting(PAIR, TOLD, error=partial(EXP5, xy=True)),
    "digitizer": Setting(PAIR, NoiseModel(None, 0.0), (500.0, 500.0), error=digitized),
    "simplified": Setting(PAIR, NoiseModel(None, 1_000.0), (575.0, 575.0), error=simplified),
    "short front": Setting(pair(bend, 6_000.0, 25_000), TOLD, error=EXP5, size_m=(100_000, 25_000)),
    "enclave": Setting((ring(12_000), ring(16_000)), TOLD, error=EXP5),
    "half copied": Setting(pair(bend, wave), TOLD, error=EXP5, shared=SOUTH_HALF),
    "dates 0.9": Setting(
        PAIR, NoiseModel(None, 5_000.0, between=0.9), error=partial(EXP5, between=0.9)
    ),
    "narrow": Setting(pair(bend, 3_000.0), TOLD, (2_000.0, 2_000.0), error=EXP5),
    "crossing": Setting(
        pair(bend, lambda y: 3_000 * np.sin(y / 9_000)), TOLD, (2_000.0, 2_000.0), error=EXP5
    ),
    "lost 0": Setting(pair(lambda y: 20_000 + 0 * y, 3_000.0), TOLD, (1_500.0, 1_500.0), error=EXP5),
    "two lengths": Setting(PAIR, NoiseModel(None, {2_000: 0.5, 30_000: 0.5}), error=TWO),
    "two lengths, one told": Setting(PAIR, TOLD, error=TWO, interval=RANGE),
    "a third told": Setting(PAIR, NoiseModel(None, 5_000 / 3), error=EXP5, interval=RANGE),
    "three times told": Setting(PAIR, NoiseModel(None, 15_000.0), error=EXP5, interval=RANGE),
    "lost 0, a third told": Setting(
        pair(bend, 3_000.0), NoiseModel(None, 5_000 / 3), (1_500.0, 1_500.0), error=EXP5, interval=RANGE
    ),
}  # fmt: skip
"""Looked at while the method was made."""

ASIDE = {
    "wavy gap": Setting(pair(coast, lambda y: 3_000 + 2_500 * np.sin(y / 6_000)), TOLD, error=EXP5),
    "salient": Setting(pair(bend, lambda y: bump(y, 60_000, 15_000, 9_000)), TOLD, error=EXP5),
    "salient, one date": Setting(
        pair(bend, lambda y: bump(y, 60_000, 15_000, 9_000)), NoiseModel(None, 3_000.0), (300.0, 900.0),
        error=partial(pushed, lengths={3_000.0: 1.0}),
    ),
    "coast": Setting(
        pair(coast, 7_000.0), NoiseModel(None, 3_000.0), (700.0, 700.0),
        error=partial(pushed, lengths={3_000.0: 1.0}),
    ),
    "pocket shrinks": Setting(
        (ring(16_000), ring(11_000)), NoiseModel(None, 8_000.0), (800.0, 1_200.0),
        error=partial(pushed, lengths={8_000.0: 1.0}),
    ),
    "both ways": Setting(
        pair(bend, lambda y: bump(y, 30_000, 14_000, 7_000) - bump(y, 85_000, 14_000, 6_000)),
        TOLD, error=EXP5,
    ),
    "no change": Setting(pair(bend, 0.0), TOLD, error=EXP5),
}  # fmt: skip
"""Kept aside until it was done."""

EVERY = SETTINGS | ASIDE


def ground(line: Any, theatre: Any) -> Any:
    """Give what lies on the left of a line, or outside a ring."""
    if (line[0] == line[-1]).all():
        return theatre.difference(shapely.make_valid(shapely.Polygon(line)))
    far = -10 * OVER_M
    west = shapely.Polygon([(far, line[0, 1] - 1), *line, (far, line[-1, 1] + 1)])
    return shapely.make_valid(west).intersection(theatre)


class Books:
    """What is the same in all repeats of a setting."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.theatre = shapely.box(0, 0, *setting.size_m)
        corners = [
            (x, y)
            for x in range(0, int(setting.size_m[0]), CELL_M[0])
            for y in range(0, int(setting.size_m[1]), CELL_M[1])
        ]
        cells = [
            shapely.box(x, y, x + CELL_M[0], y + CELL_M[1]).intersection(self.theatre) for x, y in corners
        ]
        self.districts = gpd.GeoDataFrame(
            {"district": [f"D{i:03d}" for i in range(len(cells))]}, geometry=cells, crs=CRS
        )
        self.theatres = gpd.GeoDataFrame(geometry=[self.theatre], crs=CRS)
        self.truth = self.areas(*setting.lines)

    def areas(self, before: Any, after: Any) -> dict[str, Any]:
        """Areas gained, lost and net by district, and in all at the end [km²]."""
        grounds = [ground(line, self.theatre) for line in (before, after)]
        shapes = np.asarray(self.districts.geometry.values)
        found = {}
        for name, (one, other) in {"gained": grounds[::-1], "lost": grounds}.items():
            areas = shapely.area(shapely.intersection(shapes, one.difference(other))) / KM2
            found[name] = np.append(areas, areas.sum())
        return found | {"net": found["gained"] - found["lost"]}

    def balance(self, grounds: list[Any]) -> pd.DataFrame:
        """Make the table that the library would make."""
        shapes = np.asarray(self.districts.geometry.values)
        before, after = (shapely.area(shapely.intersection(shapes, one)) / KM2 for one in grounds)
        held = shapely.area(shapely.intersection(shapes, grounds[0].intersection(grounds[1]))) / KM2
        whole = shapely.area(shapes) / KM2
        return pd.DataFrame(
            {"district": self.districts["district"], "side": "A", "date_from": DAYS[0],
             "date_to": DAYS[1], "district_km2": whole, "before_km2": before, "after_km2": after,
             "held_km2": held, "gained_km2": after - held, "lost_km2": before - held,
             "net_km2": after - before, "share_before": before / whole, "share_after": after / whole}
        )  # fmt: skip

    def ask(self, before: Any, after: Any, method: str, seed: int) -> dict[str, Any]:
        """Ask the library: gives (rows, low and high) for each quantity, sigma and trust."""
        grounds = [ground(line, self.theatre) for line in (before, after)]
        sides = [{"A": held, "B": self.theatre.difference(held)} for held in grounds]
        rows = [
            {"date": day, "side": side, "geometry": shape}
            for day, held in zip(DAYS, sides, strict=True)
            for side, shape in held.items()
        ]
        control = gpd.GeoDataFrame(rows, crs=CRS)
        lines = gpd.GeoDataFrame(
            {"date": DAYS, "sigma_m": self.setting.sigma_m},
            geometry=[shapely.LineString(line) for line in (before, after)],
            crs=CRS,
        )
        balance = self.balance(grounds)
        known = self.setting.interval == "low high"  # else the range over plausible lengths is wanted, too
        noise = replace(self.setting.noise, rng=seed, length_factor=1.0 if known else 3.0)
        verb = partial(fl.simulate_balance, draws=400) if method == "simulation" else fl.balance_error
        errors = verb(balance, control, lines, theatre=self.theatres, districts=self.districts, noise=noise)
        table = pd.concat([errors.by_district.sort_values("district"), errors.total], ignore_index=True)
        low, high = self.setting.interval.split()
        found = {
            name: table[[f"{name}_{low}_km2", f"{name}_{high}_km2"]].to_numpy(dtype=float)
            for name in ("net", "gained", "lost")
            if f"{name}_{low}_km2" in table
        }
        return found | {
            "drawn": {name: table[f"{name}_km2"].to_numpy(dtype=float) for name in ("net", "gained", "lost")},
            "sigma": table["sigma_km2"].to_numpy(dtype=float),
            "trust": list(table["trust"]) if "trust" in table else [],
        }


def one_repeat(name: str, method: str, seed: int) -> dict[str, Any]:
    """Draw the lines of a setting once, and ask."""
    if name not in _BOOKS:
        _BOOKS[name] = Books(EVERY[name])
    books = _BOOKS[name]
    rng = np.random.default_rng([1994, seed])
    before, after, *true = books.setting.error(books.setting, rng)
    truth = books.areas(*true) if true else books.truth
    return books.ask(before, after, method, seed) | {"true": truth}


_BOOKS: dict[str, Books] = {}


def lines_of_table(name: str, found: list[dict[str, Any]]) -> Iterator[str]:
    """Write what was found of a setting."""
    for quantity in ("net", "gained", "lost"):
        if quantity not in found[0]:
            continue
        true = np.array([one["true"][quantity] for one in found])
        ends = np.array([one[quantity] for one in found])
        drawn = np.array([one["drawn"][quantity] for one in found])
        given = ~np.isnan(ends).any(axis=2)
        held = (ends[:, :, 0] <= true + _ROUNDING) & (true - _ROUNDING <= ends[:, :, 1])
        width = ends[:, :, 1] - ends[:, :, 0]
        real = np.sqrt(((drawn - true) ** 2).mean(axis=0))
        moves = np.flatnonzero((real[:-1] > 1.0) & given[:, :-1].any(axis=0))
        of_each = [held[given[:, i], i].mean() for i in moves] or [math.nan]
        told = np.sqrt(np.mean([one["sigma"][-1] ** 2 for one in found]))
        told = told if quantity == "net" else np.nanmean(width[:, -1]) / (2 * _SURE)
        yield (
            f"{name:24s}{quantity:7s} true {true[:, -1].mean():7.1f} given {given[:, -1].mean():4.0%} "
            f"holds {held[given[:, -1], -1].mean():6.1%} (districts {np.mean(of_each):6.1%}, worst "
            f"{min(of_each):6.1%}) width {np.nanmean(width[:, -1]):7.1f} told/real "
            f"{told / max(real[-1], _ROUNDING):5.2f} mean {np.nanmean(ends[:, -1, 0]):7.1f} to "
            f"{np.nanmean(ends[:, -1, 1]):7.1f}"
        )
    trust = Counter(one["trust"][-1] for one in found if one["trust"])
    if trust:
        yield f"{'':24s}trust in all: {dict(trust)}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("settings", nargs="*")
    parser.add_argument("--repeats", type=int, default=300)
    parser.add_argument("--method", default="simulation", choices=["simulation", "formula"])
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    with ProcessPoolExecutor(asked.jobs) as pool:
        for name in asked.settings or EVERY:
            begun = time.perf_counter()
            found = list(pool.map(partial(one_repeat, name, asked.method), range(asked.repeats), chunksize=5))
            for line in lines_of_table(name, found):
                print(line)
            print(f"{'':24s}{time.perf_counter() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
