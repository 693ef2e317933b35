"""How time grows with the size of a question, beside geopandas and shapely doing the same work.

    python -m benchmarks.growth --table FILE.csv [--chart FILE.svg] [--only CASE ...]

Each case is made up in several sizes. Each size has a process of its own, in which ours and a named peer
take their turn once; printed are processor times, the peak of memory of ours, and how ours grew: with the
size to the power of so much, from the size before. A process ends where one work takes longer than ``--most``
(a peer: ``--peer``) or holds more than ``--memory``, and larger sizes are left out. What peers leave out
(checks, books, sources, slivers) is not counted for them. What the table holds is not measured again: a run
that was stopped goes on, and chart and summary come from it. Delete a row of it to have it measured again.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import multiprocessing
import resource
import time
import warnings
from collections.abc import Callable, Sequence
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.affinity import affine_transform

import frontlines as fl
import frontlines.study
from frontlines.layers.margins import add_margins, find_margins

CRS = "EPSG:3035"
CELL_M = 1_000.0
EAST_M, NORTH_M = 4_000_000.0, 3_000_000.0  # of the first corner: amid the CRS
JUMP_M = 400.0  # how far a vertex moves
HAIR_M = 0.5  # width of slivers
ACROSS = 5  # panels of the chart

Frame = gpd.GeoDataFrame
Work = Callable[[], Any]


class Case(NamedTuple):
    """One way to grow: what is counted, the sizes, and what makes our work and the peer's of a size."""

    counted: str
    sizes: Sequence[float]
    make: Callable[[int], tuple[Work, Work]]
    peer: str


def grid(n: int) -> np.ndarray:
    """Lay about n squares side by side."""
    across = max(round(math.sqrt(n)), 2)
    x, y = (axis.ravel() * CELL_M for axis in np.meshgrid(np.arange(across), np.arange(across)))
    west, south = EAST_M + x, NORTH_M + y
    return shapely.box(west, south, west + CELL_M, south + CELL_M)


def ground(shapes: np.ndarray) -> Frame:
    """Make a theatre: the box round shapes."""
    return gpd.GeoDataFrame(geometry=[shapely.box(*shapely.total_bounds(shapes))], crs=CRS)


def control(shapes: Sequence[Any], sides: Sequence[str], day: Any) -> Frame:
    """Make polygons of control."""
    columns = {"date": pd.to_datetime(day), "side": sides, "source": "made up"}
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS)


def named(shapes: np.ndarray) -> Frame:
    """Make districts."""
    return gpd.GeoDataFrame({"district": [f"{i:06d}" for i in range(len(shapes))]}, geometry=shapes, crs=CRS)


def blocks(theatre: Frame, number: int) -> Frame:
    """Divide a theatre into about so many districts."""
    west, south, east, north = theatre.total_bounds
    shapes = grid(number)
    low = shapely.total_bounds(shapes)
    by = ((east - west) / (low[2] - low[0]), (north - south) / (low[3] - low[1]))
    moves = [by[0], 0, 0, by[1], west - by[0] * low[0], south - by[1] * low[1]]
    return named(np.array([affine_transform(shape, moves) for shape in shapes]))


def checkered(n: int) -> tuple[Frame, Frame, Frame, Frame]:
    """Give n squares to two sides at random, on two days; with 100 districts."""
    shapes, rng = grid(n), np.random.default_rng(1)
    sides = [np.where(rng.random(len(shapes)) < 0.5, "A", "B") for _ in range(2)]  # noqa: PLR2004 - evenly
    days = [control(shapes, side, day) for side, day in zip(sides, ("2031-06-01", "2031-06-02"), strict=True)]
    theatre = ground(shapes)
    return days[0], days[1], theatre, blocks(theatre, 100)


def front(n: int, moved: float, days: int, seed: int = 1) -> list[Any]:
    """Draw the ground south of a front of n vertices; from day to day so large a share of it moves."""
    rng = np.random.default_rng(seed)
    x = EAST_M + np.arange(n) * 100.0
    y = NORTH_M + 200_000.0 + np.cumsum(rng.normal(0, 60, n))
    width, found = max(int(n * moved), 1), []
    for day in range(days):
        if day:
            first = int(rng.integers(0, n - width + 1))
            y = y.copy()
            y[first : first + width] += np.abs(rng.normal(0, JUMP_M, width)) + 1
        ring = np.vstack([np.column_stack([x, y]), [[x[-1], NORTH_M], [x[0], NORTH_M]]])
        found.append(shapely.Polygon(ring))
    return found


def followed(days: Sequence[Any], number: int) -> tuple[Frame, Frame]:
    """Make a series of one side's ground, and about so many districts round it."""
    dates = pd.date_range("2000-01-01", periods=len(days))
    frame = control(days, ["A"] * len(days), dates)
    return frame, blocks(ground(frame.geometry.values), number)


def overlay_of_days(days: Sequence[Any], districts: Frame) -> None:
    """Take what was gained and lost from day to day, by district."""
    for before, after in pairwise(days):
        ways = shapely.difference([after, before], [before, after])
        moved = gpd.GeoDataFrame(geometry=ways, crs=CRS).explode()
        gpd.overlay(moved, districts, how="intersection")


def changing(n: int) -> tuple[Work, Work]:
    """Compare two days of n polygons."""
    before, after, theatre, districts = checkered(n)

    def ours() -> Any:
        return fl.transitions_by_district(fl.change_between(before, after, theatre), districts)

    def theirs() -> Any:
        both = gpd.overlay(before[["side", "geometry"]], after[["side", "geometry"]])
        return gpd.overlay(both, districts)

    return ours, theirs


def slivers(n: int) -> tuple[Work, Work]:
    """Compare two days between which n places of a front moved by a hair, and n farther."""
    steps = np.repeat(np.resize([0.0, HAIR_M, 0.0, JUMP_M], n * 4), 2)
    x = EAST_M + np.repeat(np.arange(n * 4 + 1), 2)[1:-1] * 100.0
    y = NORTH_M + CELL_M + (x - EAST_M) / 10  # aslant: a level front has all of its edges on one ray
    low = [[x[-1], NORTH_M], [x[0], NORTH_M]]
    held = [shapely.Polygon(np.vstack([np.column_stack([x, line]), low])) for line in (y, y + steps)]
    theatre = gpd.GeoDataFrame(geometry=[shapely.box(x[0], NORTH_M, x[-1], y[-1] + CELL_M)], crs=CRS)
    whole = theatre.geometry.iloc[0]
    days = [
        control([own, whole - own], ["A", "B"], day)
        for own, day in zip(held, ("2031-06-01", "2031-06-02"), strict=True)
    ]
    return lambda: fl.change_between(*days, theatre), lambda: gpd.overlay(*days)


def vertices(n: int, moved: float = 0.2) -> tuple[Work, Work]:
    """Follow a front of n vertices over two days."""
    days = front(n, moved, 2)
    frame, districts = followed(days, 100)
    return lambda: fl.change_series(frame, districts, "A"), lambda: overlay_of_days(days, districts)


def shares(thousandths: int) -> tuple[Work, Work]:
    """Follow a front of which so many thousandths move."""
    return vertices(100_000, thousandths / 1_000)


def many_days(n: int) -> tuple[Work, Work]:
    """Follow a front of 1,000 vertices over n days."""
    days = front(1_000, 0.02, n)
    frame, districts = followed(days, 100)
    return lambda: fl.change_series(frame, districts, "A"), lambda: overlay_of_days(days, districts)


def many_districts(n: int) -> tuple[Work, Work]:
    """Follow a front over 20 days in n districts."""
    days = front(5_000, 0.02, 20)
    frame, districts = followed(days, n)
    return lambda: fl.change_series(frame, districts, "A"), lambda: overlay_of_days(days, districts)


def stretches(n: int) -> tuple[Work, Work]:
    """Take the front lines between n polygons."""
    frame, _, theatre, _ = checkered(n)
    return (
        lambda: fl.frontlines_from_control(frame, theatre, border_m=0),
        lambda: gpd.overlay(
            frame, frame.set_geometry(frame.boundary), how="intersection", keep_geom_type=False
        ),
    )


def long_fronts(n: int) -> tuple[Work, Work]:
    """Take the front of a side with n vertices, on one day."""
    frame, _ = followed(front(n, 0.2, 1), 4)
    theatre = gpd.GeoDataFrame(geometry=[shapely.box(*frame.total_bounds).buffer(CELL_M)], crs=CRS)
    edge = theatre.geometry.iloc[0].boundary.buffer(1.0)
    return (
        lambda: fl.fronts_of_side(frame, theatre, "A", border_m=1),
        lambda: shapely.difference(frame.boundary.values, edge),
    )


def beside_strips(n: int) -> tuple[Work, Work]:
    """Take the front of a side on two days, beside a strip along the edge with n vertices."""
    rng, x, height = np.random.default_rng(1), EAST_M + np.arange(n) * 100.0, 20_000.0

    def ground(low: np.ndarray, top: np.ndarray) -> Any:
        return shapely.Polygon(np.vstack([np.column_stack([x, low]), np.column_stack([x, top])[::-1]]))

    coast = [NORTH_M + rng.uniform(0, JUMP_M, n) for _ in range(2)]
    frame, _ = followed([ground(low, low + height) for low in coast], 4)
    edge = np.full(n, NORTH_M)
    theatre = gpd.GeoDataFrame(geometry=[ground(edge - HAIR_M, edge + 2 * height)], crs=CRS)
    control = add_margins(frame, find_margins(frame, theatre, margin_m=CELL_M))
    wide = theatre.geometry.iloc[0].boundary.buffer(CELL_M)
    return (
        lambda: fl.fronts_of_side(control, theatre, "A", border_m=1),
        lambda: shapely.difference(frame.boundary.values, wide),
    )


def unrelated(n: int) -> tuple[Work, Work]:
    """Compare two days of a front of n vertices that have none in common."""
    days = [front(n, 0, 1, seed)[0] for seed in (1, 2)]
    theatre = gpd.GeoDataFrame(geometry=[shapely.union_all(days).buffer(CELL_M).envelope], crs=CRS)
    whole = theatre.geometry.iloc[0]
    both = [control([day, whole - day], ["A", "B"], f"2031-06-0{i}") for i, day in enumerate(days, 1)]
    return lambda: fl.change_between(*both, theatre), lambda: gpd.overlay(*both)


def faults(n: int) -> tuple[Work, Work]:
    """Check n polygons of one day, every fifth of which is missing."""
    shapes = grid(n)
    left = shapes[np.random.default_rng(1).random(len(shapes)) > 0.2]  # noqa: PLR2004 - a fifth
    frame = control(left, ["A"] * len(left), "2031-06-01")

    def theirs() -> Any:
        whole = frame.union_all()
        return frame.is_valid.all(), [
            shapely.Polygon(ring) for part in shapely.get_parts(whole) for ring in part.interiors
        ]

    return lambda: fl.check_layer(frame, "control"), theirs


def mended(n: int) -> tuple[Work, Work]:
    """Bring n polygons that overlap through the door."""
    shapes = shapely.buffer(grid(n), 10.0, join_style="mitre")
    frame = control(shapes, [f"{i % 7}" for i in range(len(shapes))], "2031-06-01")
    theatre = ground(shapes)
    crs = theatre.crs
    return (
        lambda: fl.as_control(frame, crs, theatre=theatre, mend="overlaps"),
        lambda: gpd.overlay(frame, frame, how="intersection"),
    )


def draws(n: int, number: int = 494) -> tuple[Work, Work]:
    """Displace two fronts n times in many districts."""
    days = front(1_000, 0.3, 2)
    theatre = gpd.GeoDataFrame(
        geometry=[shapely.union_all(days).envelope.buffer(5_000, join_style="mitre")], crs=CRS
    )
    whole, districts = theatre.geometry.iloc[0], blocks(theatre, number)
    both = [control([day, whole - day], ["A", "B"], f"2031-06-0{i}") for i, day in enumerate(days, 1)]
    lines = pd.concat(fl.frontlines_from_control(one, theatre, border_m=1) for one in both)
    change = fl.change_between(*both, theatre)
    balance = fl.balance_by_district(fl.transitions_by_district(change, districts), "A")
    noise = fl.NoiseModel(200.0, 5_000.0)

    def ours() -> Any:
        return fl.simulate_balance(
            balance, pd.concat(both), lines, theatre=theatre, districts=districts, noise=noise, draws=n
        )

    def theirs() -> None:
        rng = np.random.default_rng(1)
        for _ in range(n):
            overlay_of_days(
                [shapely.transform(day, lambda xy: xy + rng.normal(0, 200)) for day in days], districts
            )

    return ours, theirs


def draws_in(n: int) -> tuple[Work, Work]:
    """Displace two fronts 20 times in n districts."""
    return draws(20, n)


OVERLAY = "geopandas.overlay"
CASES = {
    "change": Case("polygons", (1_000, 4_000, 16_000, 100_000), changing, OVERLAY),
    "slivers": Case("slivers", (250, 1_000, 4_000, 16_000), slivers, OVERLAY),
    "unrelated": Case("vertices", (20_000, 80_000, 320_000, 1_000_000), unrelated, OVERLAY),
    "vertices": Case(
        "vertices", (20_000, 80_000, 320_000, 1_280_000, 5_000_000), vertices, "difference, overlay"
    ),
    "moved": Case("thousandths", (10, 40, 160, 640, 1_000), shares, "difference, overlay"),
    "days": Case("days", (100, 400, 1_600, 10_000), many_days, "difference, overlay"),
    "districts": Case("districts", (500, 2_000, 8_000, 50_000), many_districts, "difference, overlay"),
    "stretches": Case("polygons", (1_000, 4_000, 16_000, 100_000), stretches, f"{OVERLAY} with itself"),
    "front": Case("vertices", (20_000, 80_000, 320_000, 1_280_000), long_fronts, "shapely.difference"),
    "strips": Case("vertices", (1_000, 4_000, 16_000), beside_strips, "shapely.difference"),
    "faults": Case("polygons", (1_000, 4_000, 16_000, 100_000), faults, "union_all, is_valid"),
    "mending": Case("polygons", (1_000, 4_000, 16_000, 100_000), mended, OVERLAY),
    "draws": Case("draws", (50, 200, 800), draws, "difference, overlay"),
    "draws in": Case("districts", (500, 2_000, 8_000), draws_in, "difference, overlay"),
}


def spent(work: Work, most_s: float) -> float:
    """Measure processor time; the process ends where there is too much of it."""
    start = time.process_time()
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(start + most_s), resource.RLIM_INFINITY))
    work()
    return time.process_time() - start


def work_once(name: str, size: int, asked: argparse.Namespace, alone: bool, tell: Connection) -> None:
    """Tell the time and the memory of ours [s, MiB], and the time of the peer [s], unless ours is alone."""
    resource.setrlimit(resource.RLIMIT_AS, (int(asked.memory * 2**30),) * 2)
    ours, theirs = CASES[name].make(size)
    tell.send((spent(ours, asked.most), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
    if not alone:
        tell.send(spent(theirs, asked.peer))


def measure(name: str, size: int, asked: argparse.Namespace, alone: bool) -> dict[str, Any]:
    """Time one size in a process of its own; nothing is known of a work that ended it."""
    fork = multiprocessing.get_context("fork")
    hear, tell = fork.Pipe(duplex=False)
    process = fork.Process(target=work_once, args=(name, size, asked, alone, tell))
    process.start()
    tell.close()
    told: list[Any] = []
    with contextlib.suppress(EOFError):
        while True:
            told.append(hear.recv())
    process.join()
    ours_s, peak_mib = told[0] if told else (math.nan, math.nan)
    row = {"case": name, "counted": CASES[name].counted, "size": size, "ours_s": ours_s, "peak_mib": peak_mib}
    row |= {"peer_s": told[1] if len(told) > 1 else math.nan, "peer": CASES[name].peer}
    print(row, flush=True)
    return row


def summary(table: pd.DataFrame) -> str:
    """Sum each case up in a row of Markdown."""
    rows = [
        "| what | sizes | power, last step | memory, last size | the peer takes |",
        "|---|---|---|---|---|",
    ]
    for name, own in table.dropna(subset="ours_s").groupby("case", sort=False):
        last = own.iloc[-1]
        beside = own.dropna(subset="peer_s").iloc[-1:]
        power = math.log(last["ours_s"] / own["ours_s"].iloc[-2]) / math.log(
            last["size"] / own["size"].iloc[-2]
        )
        cells = [
            (CASES[name].make.__doc__ or "").rstrip("."),
            f"{own['size'].iloc[0]:,} to {last['size']:,}",
            f"{power:.2f}",
            f"{last['peak_mib']:,.0f} MiB",
            *(f"{one.peer_s / one.ours_s:.2g} × ({one.peer}, {one.size:,})" for one in beside.itertuples()),
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def draw(table: pd.DataFrame, path: Path) -> None:
    """Draw how time grows, a panel for each case, in times that of the smallest size."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - for the chart alone

    first = table.groupby("case")[["size", "ours_s"]].transform("first")
    table = table.assign(sizes=table["size"] / first["size"])
    table[["ours", "peers"]] = table[["ours_s", "peer_s"]].div(first["ours_s"], axis=0)
    times = np.geomspace(1, table["sizes"].max(), 50)
    cases = list(table.groupby("case", sort=False))
    figure = Figure(figsize=(10.0, 2.1 * math.ceil(len(cases) / ACROSS) + 0.9), layout="constrained")
    panels = figure.subplots(math.ceil(len(cases) / ACROSS), ACROSS, sharex=True, sharey=True)
    for ax, (name, own) in zip(panels.flat, cases, strict=False):
        ax.plot(times, times**2, color="0.5", lw=1.0, ls=":", label="n²")
        n_log_n = times * (1 + np.log(times) / np.log(1_000))
        ax.plot(times, n_log_n, color="0.5", lw=1.0, ls="--", label="n log n, from 1,000")
        ax.plot(own["sizes"], own["peers"], marker="s", ms=3, lw=1.2, color="#D55E00", label="the peer")
        ax.plot(own["sizes"], own["ours"], marker="o", ms=4, lw=1.8, color="#0072B2", label="frontlines")
        sizes = f"{own['size'].iloc[0]:,} to {own['size'].iloc[-1]:,} {CASES[name].counted}"
        ax.set_title(f"{name}\n{sizes}", fontsize=8, loc="left")
        ax.set(xscale="log", yscale="log", ylim=(0.02, 2 * table[["ours", "peers"]].max().max()))
        ax.minorticks_off()
    for ax in panels.flat[len(cases) :]:
        ax.set_axis_off()
    figure.supxlabel("times the smallest size", fontsize=10)
    figure.supylabel("times our processor time for the smallest size", fontsize=10)
    figure.legend(
        *panels.flat[0].get_legend_handles_labels(), ncols=4, loc="outside upper left", frameon=False
    )
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def main() -> None:
    """Measure what is not in the table, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", choices=list(CASES), default=list(CASES), metavar="CASE")
    parser.add_argument("--most", type=float, default=120.0, metavar="SECONDS")
    parser.add_argument("--peer", type=float, default=30.0, metavar="SECONDS")
    parser.add_argument("--memory", type=float, default=8.0, metavar="GIB")
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--chart", type=Path)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")  # overlay tells that it dropped points and lines
    rows = pd.read_csv(asked.table).to_dict("records") if asked.table.exists() else []
    for name in asked.only:
        for size in CASES[name].sizes:
            own = {row["size"]: row for row in rows if row["case"] == name}
            if size in own:
                continue
            smaller = own[max(own)] if own else {"ours_s": 0.0, "peer_s": 0.0, "size": size}
            if math.isnan(smaller["ours_s"]):
                break
            alone = not smaller["peer_s"] * size / smaller["size"] <= asked.peer
            rows.append(measure(name, size, asked, alone))
            pd.DataFrame(rows).to_csv(asked.table, index=False)
    table = pd.DataFrame(rows)
    table = table.sort_values(
        ["case", "size"], key=lambda one: one if one.name == "size" else one.map(list(CASES).index)
    )
    print(summary(table))
    if asked.chart:
        draw(table.dropna(subset="ours_s"), asked.chart)


if __name__ == "__main__":
    main()
