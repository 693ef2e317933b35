"""Maps of fourteen theatres, to be looked at one by one: two real ones, and made-up ones of awkward kinds.

Run it as ``python -m benchmarks.gallery OUT [NAME ...]``. Ukraine needs the benchmark data, whose folder is
named by the environment variable ``FRONTLINES_BENCH``; it is passed over without them.
"""

# ruff: noqa: PLR2004 - shares of a theatre: places on made-up maps
from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.font_manager import fontManager

import frontlines as fl
from frontlines.datasets import synthetic_war
from frontlines.plot import change_figure

Held = Callable[[Any, Any, int], Any]  # x, y in shares of the theatre's half width, and the date: 0 or 1
DAYS = ("2015-03-01", "2015-09-30")
_BEND = 0.07  # how far an edge is bent, as a share of its length
_TIMES = 3  # how often an edge is halved


class Land(NamedTuple):
    """A made-up theatre: where it is [degrees], how wide [m], and how many districts and cells it has."""

    lon: float
    lat: float
    half_m: float
    districts: int
    cells: int = 700
    seed: int = 1
    shape: Any = None  # in shares of the half width; None: a blob

    @property
    def crs(self) -> str:
        """A plane about its middle."""
        return f"+proj=laea +lat_0={self.lat} +lon_0={self.lon} +datum=WGS84 +units=m"


def blob(seed: int, *, flat: float = 0.75, corners: int = 90) -> Any:
    """Make an outline that looks like that of a country."""
    rng = np.random.default_rng(seed)
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    radius = 1 + sum(rng.normal() * 0.34 / k * np.cos(k * turn + rng.uniform(0, 6.28)) for k in range(2, 14))
    radius = np.clip(radius / radius.max(), 0.3, 1)
    return shapely.Polygon(np.column_stack([radius * np.cos(turn), flat * radius * np.sin(turn)]))


def bent(polygons: Any) -> Any:
    """Bend the edges of polygons as nature would; an edge of two polygons stays one edge."""

    def bend(points: Any) -> Any:
        points = np.round(points, 9)
        for _ in range(_TIMES):
            a, b = points[:-1], points[1:]
            low = np.where(
                ((a[:, 0] < b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] < b[:, 1])))[:, None], a, b
            )
            way = np.where((low == a).all(axis=1), 1.0, -1.0)[:, None] * (b - a)
            chance = np.sin(1e4 * (low[:, 0] * 12.9898 + low[:, 1] * 78.233) + 1e3 * np.abs(way).sum(axis=1))
            middle = (a + b) / 2 + _BEND * chance[:, None] * np.column_stack([-way[:, 1], way[:, 0]])
            points = np.insert(points, np.arange(1, len(points)), np.round(middle, 9), axis=0)
        return points

    def ring(line: Any) -> Any:
        return bend(shapely.get_coordinates(line))

    return shapely.make_valid(
        np.array([shapely.Polygon(ring(p.exterior), [ring(hole) for hole in p.interiors]) for p in polygons])
    )


def patches(outline: Any, number: int, seed: int) -> Any:
    """Cut an outline into so many patches with bent borders."""
    rng = np.random.default_rng(seed)
    west, south, east, north = outline.bounds
    points = rng.uniform((west, south), (east, north), (number * 4, 2))
    points = points[shapely.contains_xy(outline, *points.T)][:number]
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=outline))
    pieces = shapely.set_precision(shapely.intersection(bent(cells), outline), 1e-7)
    return np.array([piece for piece in pieces if piece.area > 0], dtype=object)


def compare(
    land: Land, held: Held, *, names: Sequence[str] = (), drop: Sequence[int] = (), **options: Any
) -> Any:
    """Compare two days of a made-up war."""
    outline = shapely.union_all(bent(shapely.get_parts(land.shape or blob(land.seed))))
    own = patches(outline, land.districts, land.seed + 1)
    named = [_name(i, names) for i in range(len(own))]
    districts = gpd.GeoDataFrame({"district": named}, geometry=own, crs=land.crs)
    districts.geometry = districts.geometry.scale(land.half_m, land.half_m, origin=(0, 0))
    districts = districts.drop(index=list(drop))
    cells = patches(outline, land.cells, land.seed + 2)
    x, y = shapely.get_x(shapely.centroid(cells)), shapely.get_y(shapely.centroid(cells))
    days = []
    for number, day in enumerate(options.pop("days", DAYS)):
        sides = np.asarray(held(x, y, number), dtype=object)
        ground = [shapely.union_all(cells[sides == side]) for side in sorted(set(sides))]
        frame = gpd.GeoDataFrame({"side": sorted(set(sides)), "date": day}, geometry=ground, crs=land.crs)
        frame.geometry = frame.geometry.scale(land.half_m, land.half_m, origin=(0, 0))
        days.append(frame[frame["side"] != "unknown"].assign(source="made up"))
    settlements = options.pop("settlements", None)
    if settlements is not None:
        points = gpd.points_from_xy(*(np.array(settlements[1]).T * land.half_m))
        settlements = gpd.GeoDataFrame({"name": settlements[0]}, geometry=points, crs=land.crs)
    return fl.compare(*days, districts, settlements=settlements, mend=True, **options)


_FIRST = ("Nor", "Vel", "Kar", "Tam", "Ost", "Bri", "Sul", "Mar", "Len", "Pol", "Gra", "Hel", "Win")
_LAST = ("holm", "ija", "sand", "ova", "grad", "mouth", "field", "ara", "ensk")


def _name(number: int, names: Sequence[str]) -> str:
    """Return the name of a district: one of those given, or a made-up one."""
    if names:
        return names[number % len(names)] + (f" {number}" if number >= len(names) else "")
    return _FIRST[number % len(_FIRST)] + _LAST[(number // len(_FIRST) + number) % len(_LAST)]


def _front(at: float, *, slope: float = 0.15, bulge: float = 0.0) -> Callable[[Any, Any], Any]:
    return lambda x, y: x < at + slope * y + bulge * np.exp(-8 * y**2)


def two(first: str, second: str, before: Any, after: Any) -> Held:
    """Let two sides hold what is west and east of two fronts."""
    return lambda x, y, number: np.where((before, after)[number](x, y), first, second)


def karabakh() -> Any:
    """Run the bundled study."""
    return fl.run_study(fl.load_study("karabakh-1994"))


def ukraine() -> Any:
    """Compare two real days with 27 detailed oblasts."""
    folder = Path(os.environ["FRONTLINES_BENCH"])
    control = gpd.read_parquet(folder / "deepstate_occupied_20240708_20250731.parquet")
    districts = gpd.read_parquet(folder / "ukraine_adm1_official2020.parquet")
    towns = gpd.read_parquet(folder / "ukraine_towns_control_2022.parquet")
    towns = towns[(towns["snapshot_date"] == towns["snapshot_date"].max()) & (towns["population"] > 20_000)]
    towns = towns.dropna(subset="geometry").drop_duplicates("name")[["name", "population", "geometry"]]
    days = [control[control["date"].astype(str) == day] for day in ("2024-07-08", "2025-07-30")]
    return fl.compare(
        *days,
        districts,
        key="iso",
        label="name_en",
        side="Russia",
        rest="Ukraine",
        mend=True,
        settlements=towns,
        source="DeepStateUA",
        title="Ukraine, July 2024 to July 2025",
    )


def village() -> Any:
    """Draw a village: hectares and square metres."""
    land = Land(7.1, 43.0, 260.0, 5, 300, seed=5)
    held = two("Upper village", "Lower village", _front(0.0), _front(0.0, bulge=0.18))
    return compare(land, held, side="Upper village", names=("Mill", "Church", "Well", "Orchard", "Bridge"))


def continent() -> Any:
    """Draw a continent in an empty ocean."""
    land = Land(-125.0, -42.0, 2.4e6, 30, 900, seed=7)
    held = two("League", "Empire", _front(-0.2), _front(0.05, bulge=0.3))
    return compare(land, held, side="League", title="The southern continent, spring to autumn 2015")


def many_sides() -> Any:
    """Draw seven sides, contested and unknown ground."""
    sides = [
        "Government",
        "Northern Front",
        "Kurgan Militia",
        "Free Army",
        "Coast Guard",
        "Emirate",
        "Allies",
    ]
    seats = np.array(
        [(-0.5, -0.1), (-0.1, 0.45), (0.5, 0.35), (-0.1, -0.4), (-0.85, 0.0), (0.4, -0.2), (0.8, 0.0)]
    )

    def held(x: Any, y: Any, number: int) -> Any:
        reach = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
        reach = reach - number * np.array([0.3, 0.0, -0.1, 0.0, 0.0, 0.25, -0.1])
        far = np.hypot(x[:, None] - seats[:, 0], y[:, None] - seats[:, 1]) * reach
        out = np.array(sides, dtype=object)[far.argmin(axis=1)]
        out[(np.hypot(x - 0.12, y - 0.1) < 0.09)] = "contested"
        out[(x > 0.3) & (y < -0.42)] = "unknown"
        return out

    return compare(Land(134.0, -24.0, 3.2e5, 24, 1500, seed=11), held, title="A war of seven sides")


def archipelago() -> Any:
    """Draw islands with an enclave, and holes among the districts."""
    rng = np.random.default_rng(4)
    spots = [
        (-0.6, 0.25, 0.35),
        (0.05, -0.1, 0.42),
        (0.62, 0.22, 0.3),
        (0.55, -0.4, 0.18),
        (-0.3, -0.4, 0.15),
    ]
    spots += [(x, y, 0.05) for x, y in rng.uniform((-0.9, -0.6), (0.9, 0.6), (9, 2))]
    isles = [
        shapely.affinity.translate(shapely.affinity.scale(blob(20 + i, flat=0.9), r, r, origin=(0, 0)), x, y)
        for i, (x, y, r) in enumerate(spots)
    ]

    def held(x: Any, y: Any, number: int) -> Any:
        west = x < (-0.25, 0.1)[number]
        enclave = np.hypot(x - 0.62, y - 0.22) < 0.12
        return np.where(west | enclave, "Islanders", "Settlers")

    land = Land(-150.0, -32.0, 1.5e5, 26, 900, seed=3, shape=shapely.union_all(isles))
    towns = (
        ["Port Amity", "Saltmouth", "Old Harbour", "Lantern Rock"],
        [(-0.6, 0.3), (0.1, 0.0), (0.6, 0.2), (0, -0.2)],
    )
    return compare(
        land, held, side="Islanders", drop=(3, 9, 14), settlements=towns, title="The Lantern Islands"
    )


def everywhere() -> Any:
    """Let nearly all ground change hands."""
    held = two("Rebels", "Crown", _front(-0.7), _front(0.8))
    return compare(
        Land(134.0, -24.0, 2e5, 14, seed=13), held, side="Rebels", title="The year of the collapse"
    )


def three_places() -> Any:
    """Let ground change hands in three places far from each other."""
    spots = np.array([(-0.62, 0.12), (0.1, -0.42), (0.62, 0.3)])

    def held(x: Any, y: Any, number: int) -> Any:
        near = np.hypot(x[:, None] - spots[:, 0], y[:, None] - spots[:, 1]).min(axis=1)
        return np.where(near < (0.03, 0.09)[number], "Partisans", "Occupier")

    land = Land(134.0, -24.0, 3e5, 22, 2500, seed=17)
    return compare(land, held, side="Partisans", title="Three risings, 2015")


def nothing() -> Any:
    """Let nothing change hands."""
    held = two("East", "West", _front(0.1), _front(0.1))
    return compare(Land(134.0, -24.0, 1e5, 9, seed=19), held, side="East", title="A quiet summer")


def pole() -> Any:
    """Draw the pole, where meridians fan out."""
    held = two("Ice Corps", "Polar Union", _front(-0.1), _front(0.15, bulge=0.2))
    return compare(Land(20.0, 89.0, 4e5, 10, seed=23), held, side="Ice Corps", title="The ice war")


def antimeridian() -> Any:
    """Draw both sides of the line of 180 degrees."""
    held = two("Lagoon", "Reef", _front(-0.1), _front(0.1, bulge=0.2))
    return compare(
        Land(179.7, -19.5, 1.8e5, 12, seed=29), held, side="Lagoon", title="Both sides of the date line"
    )


def scripts() -> Any:
    """Write names in many scripts, and one that looks like markup."""
    names = (
        "القاهرة الجديدة",
        "תל אביב",
        "北京市",
        "नई दिल्ली",
        "กรุงเทพ",
        "አዲስ አበባ",
        "Ἀθῆναι",
        "Гюмри",
        "Երևան",
        r"$\frac{1}{0}$",
        "서울",
        "தமிழ்",
    )
    held = two("الشمال", "南军", _front(-0.1), _front(0.1, bulge=0.2))
    return compare(
        Land(134.0, -24.0, 1.2e5, 12, seed=31), held, side="الشمال", names=names, title="حدود — 边界 — सीमा"
    )


def red_and_blue() -> Any:
    """Draw a side called Red, from the made-up war of the library."""
    war = synthetic_war(90, n_vertices=200)
    days = sorted(war.control["date"].unique())
    first, last = (war.control[war.control["date"] == day] for day in (days[0], days[-1]))
    return fl.compare(first, last, war.districts, side="Red", title="Red and Blue, 1930")


def sixty() -> Any:
    """Draw sixty districts."""
    held = two("North Army", "South Army", lambda x, y: y > 0.05 + 0.2 * x, lambda x, y: y > -0.12 + 0.3 * x)
    return compare(
        Land(134.0, -24.0, 2.5e5, 60, 1500, seed=37), held, side="North Army", title="Sixty districts"
    )


THEATRES = (
    karabakh,
    ukraine,
    village,
    continent,
    many_sides,
    archipelago,
    everywhere,
    three_places,
    nothing,
    pole,
    antimeridian,
    scripts,
    red_and_blue,
    sixty,
)


def main() -> None:
    """Draw the theatres asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--dpi", type=float, default=150.0)
    parser.add_argument("--fonts", type=Path, help="folder of further fonts, as if they were installed")
    asked = parser.parse_args()
    for font in sorted(asked.fonts.rglob("*.tt?")) if asked.fonts else ():
        fontManager.addfont(font)
    asked.out.mkdir(parents=True, exist_ok=True)
    for theatre in THEATRES:
        if asked.names and theatre.__name__ not in asked.names:
            continue
        if theatre is ukraine and "FRONTLINES_BENCH" not in os.environ:
            continue
        results = theatre().for_readers()
        start = time.process_time()
        change_figure(results).savefig(asked.out / f"{theatre.__name__}.png", dpi=asked.dpi)
        print(f"{theatre.__name__}: {time.process_time() - start:.1f} s CPU")


if __name__ == "__main__":
    main()
