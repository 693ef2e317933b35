"""A made-up war: daily snapshots whose gains and losses are known beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer

from frontlines.arguments import checked
from frontlines.arrays import Floats
from frontlines.errors import FrontlinesError

SIDES = ("Red", "Blue")
MANY_SIDES = ("Alder", "Birch", "Cedar", "Elm", "Fir", "Oak", "Pine")  # no colours: maps give them some
FIRST_DAY = "1930-03-01"

_WIDTH_M, _HEIGHT_M = 200_000.0, 120_000.0
_COLUMNS, _ROWS = 5, 3
_PLANE = CRS("+proj=laea +lat_0=45 +lon_0=-30 +datum=WGS84 +units=m")
"""Its ground lies in the middle of the Atlantic: nobody's."""

_QUIET_DAYS = 0.3
_DECIMALS = 7
_FEWEST_DAYS = 10
_SWAY = 0.6  # share of an advance that is lost again, day by day, where it has gone beyond the drift
_DRIFT_M = 40.0
_TWO = 2
_START_M = 45_000.0  # from the southern edge to the front
_NEARER_M = 12_000.0  # so much nearer to their edges are the fronts of three sides and more
_EDGE_M = 2_000.0  # vertices along the edges of the theatre


@dataclass(frozen=True)
class SyntheticWar:
    """Snapshots of a made-up war, and what happened in it.

    Attributes
    ----------
    control
        Raw polygons in longitude and latitude: `date`, `side`, `source`. Of two sides only the ground of
        ``Red`` is shown, of more that of each of them.
    districts
        Raw polygons, 5 by 3, in longitude and latitude: `district`.
    truth
        A row for each step between snapshots and side shown: `date_from`, `date_to`, `side`, `gained_km2`,
        `lost_km2`, by integrating the movement of the fronts along their axes.
    """

    control: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    truth: pd.DataFrame


@checked()
def synthetic_war(
    n_days: int = 120, *, n_vertices: int = 600, n_sides: int = 2, rng: np.random.Generator | int = 0
) -> SyntheticWar:
    """Make up a war with fronts from west to east, of ``Red`` in the south or of several sides.

    Parameters
    ----------
    n_days
        Days that the war lasts, ten or more.
    n_vertices
        Vertices of a front.
    n_sides
        How many sides there are, 2 to 7. Three and more are called ``Alder``, ``Birch``, ``Cedar`` and so on:
        the first holds the south, the second the north, and the others lie between them from west to
        east; each of these has a front with both.
    rng
        Seed, or generator; the same seed makes the same war.

    Returns
    -------
    war
        Snapshots, districts and truth.

    Raises
    ------
    FrontlinesError
        If there are fewer than ten days or vertices, or no such number of sides.

    Notes
    -----
    Each day one to three sectors of the front, some kilometres wide, move: forward on most days, and
    back where they have got far ahead of the rest, so that ground changes hands more than once.
    Vertices elsewhere stay where they are, to the last digit. As in real series, three in ten days are
    quiet and repeat the snapshot before, one day is missing, and on one day the coordinates are written
    with one decimal less, so that all of them jump by a hair.

    Examples
    --------
    >>> war = synthetic_war(20)
    >>> len(war.control), len(war.districts), war.control.crs.to_string()
    (19, 15, 'EPSG:4326')
    >>> synthetic_war(20, n_sides=5).control["side"].unique().tolist()
    ['Alder', 'Birch', 'Cedar', 'Elm', 'Fir']
    """
    if n_days < _FEWEST_DAYS or n_vertices < _FEWEST_DAYS:
        raise FrontlinesError(f"n_days and n_vertices must be {_FEWEST_DAYS} or more")
    if not _TWO <= n_sides <= len(MANY_SIDES):
        raise FrontlinesError(f"n_sides is {n_sides}: give 2 to {len(MANY_SIDES)}")
    rng = np.random.default_rng(rng)
    x = np.linspace(0.0, _WIDTH_M, n_vertices)
    start_m = _START_M - _NEARER_M * (n_sides > _TWO)
    fronts = [_fronts(x, n_days, rng, start_m)]
    if n_sides > _TWO:
        fronts.append(np.maximum(_HEIGHT_M - _fronts(x, n_days, rng, start_m), fronts[0] + _EDGE_M))
    missing, coarse = n_days // 3, n_days // 2
    kept = np.delete(np.arange(n_days), missing)
    dates = pd.Timestamp(FIRST_DAY) + pd.to_timedelta(kept, unit="D")
    decimals = np.where(kept == coarse, _DECIMALS - 1, _DECIMALS)
    grounds = _grounds(x, [front[kept] for front in fronts], n_sides)
    frames, truths = [], []
    for side, ground in zip(SIDES if n_sides == _TWO else MANY_SIDES, grounds, strict=False):
        shapes = [ground.on(day, int(digits)) for day, digits in enumerate(decimals)]
        told = {"date": dates, "side": side, "source": "made up"}
        frames.append(gpd.GeoDataFrame(told, geometry=shapes, crs="EPSG:4326"))
        gained, lost = ground.swept()
        steps = {"date_from": dates[:-1], "date_to": dates[1:], "side": side}
        truths.append(pd.DataFrame({**steps, "gained_km2": gained, "lost_km2": lost}))
    control, truth = (pd.concat(parts, ignore_index=True) for parts in (frames, truths))
    return SyntheticWar(gpd.GeoDataFrame(control), _districts(), truth)


@dataclass(frozen=True)
class _Ground:
    """Ground between two fronts: vertices `x`, and how far `south` and `north` of it lie by day [m]."""

    x: Floats  # (n_vertices,)
    south: Floats | None  # (n_days, n_vertices); None: the theatre's edge
    north: Floats | None
    alone: bool  # whether its edges need no vertices, for nobody is shown beside it

    def on(self, day: int, decimals: int) -> shapely.Polygon:
        """Give the ground on a day, in longitude and latitude."""
        low, high = (
            np.column_stack([self.x, front[day]]) if front is not None else self._edge(at_m)
            for front, at_m in ((self.south, 0.0), (self.north, _HEIGHT_M))
        )
        ring = [high, self._upright(high[-1], low[-1]), low[::-1], self._upright(low[0], high[0])]
        return shapely.Polygon(np.round(_lonlat(np.vstack(ring)), decimals))

    def _edge(self, at_m: float) -> Floats:
        """Give vertices along the theatre's southern or northern edge."""
        x = self.x[[0, -1]] if self.alone else np.arange(0.0, _WIDTH_M + _EDGE_M, _EDGE_M)
        return np.column_stack([x, np.full(len(x), at_m)])

    def _upright(self, start: Floats, end: Floats) -> Floats:
        """Give vertices between two points on the theatre's western or eastern edge."""
        if self.alone or start[0] not in (0.0, _WIDTH_M):
            return np.empty((0, 2))
        y = np.arange(0.0, _HEIGHT_M, _EDGE_M)
        inner = y[(y > min(start[1], end[1])) & (y < max(start[1], end[1]))]
        inner = inner if end[1] > start[1] else inner[::-1]
        return np.column_stack([np.full(len(inner), start[0]), inner])

    def swept(self) -> tuple[Floats, Floats]:
        """Measure what it gained and lost from day to day [km²]."""
        gained, lost = np.zeros(0), np.zeros(0)
        for front, way in ((self.south, -1.0), (self.north, 1.0)):
            if front is not None:
                forward, back = _swept(self.x, way * np.diff(front, axis=0))
                gained, lost = (forward, back) if not len(gained) else (gained + forward, lost + back)
        return gained, lost


def _grounds(x: Floats, fronts: list[Floats], n_sides: int) -> list[_Ground]:
    """Part the theatre among the sides: south, north, and between them from west to east."""
    if n_sides == _TWO:
        return [_Ground(x, None, fronts[0], alone=True)]
    low, high = fronts
    ends = np.linspace(0, len(x) - 1, n_sides - 1).astype(int)
    between = [
        _Ground(x[a : b + 1], low[:, a : b + 1], high[:, a : b + 1], alone=False) for a, b in pairwise(ends)
    ]
    return [_Ground(x, None, low, alone=False), _Ground(x, high, None, alone=False), *between]


def _fronts(x: Floats, n_days: int, rng: np.random.Generator, start_m: float) -> Floats:
    """Distance of the front from the southern edge, (n_days, n_vertices) [m]."""
    wave = 9_000 * np.sin(x / 23_000) + 4_000 * np.sin(x / 7_100 + 1.3) + 1_200 * np.sin(x / 1_900)
    front = start_m + wave
    pushed = np.zeros_like(x)
    fronts = [front + pushed]
    for day in range(1, n_days):
        if rng.random() > _QUIET_DAYS:
            for _ in range(rng.integers(1, 4)):
                pushed = pushed + _push(x, pushed, day, rng)
        fronts.append(front + pushed)
    return np.array(fronts)


def _push(x: Floats, pushed: Floats, day: int, rng: np.random.Generator) -> Floats:
    """Move one sector: a smooth bump, forward, or back where the front is ahead of its time."""
    centre, width = rng.uniform(0.05, 0.95) * _WIDTH_M, rng.uniform(3_000, 12_000)
    ahead = np.interp(centre, x, pushed) - _DRIFT_M * day
    depth = rng.gamma(2.0, 600.0) - _SWAY * max(ahead, 0.0)
    bump = np.clip(1 - ((x - centre) / width) ** 2, 0.0, None) ** 2
    return np.asarray(np.clip(depth, -6_000, 6_000) * bump)


def _districts() -> gpd.GeoDataFrame:
    """Cut the theatre into rectangles; neighbours share their vertices."""
    xs, ys = np.linspace(0, _WIDTH_M, _COLUMNS + 1), np.linspace(0, _HEIGHT_M, _ROWS + 1)
    rows = ("South", "Middle", "North")
    names = [f"{row} {column}" for row in rows for column in range(1, _COLUMNS + 1)]
    boxes = [
        shapely.box(*low, *high)
        for low, high in zip(
            [(x, y) for y in ys[:-1] for x in xs[:-1]], [(x, y) for y in ys[1:] for x in xs[1:]], strict=True
        )
    ]
    boxes = [shapely.transform(shapely.segmentize(box, 2_000.0), _lonlat) for box in boxes]
    return gpd.GeoDataFrame({"district": names}, geometry=boxes, crs="EPSG:4326")


def _lonlat(xy: Floats) -> Floats:
    x, y = (xy - [_WIDTH_M / 2, _HEIGHT_M / 2]).T
    return np.column_stack(_to_lonlat().transform(x, y))


@lru_cache(maxsize=1)
def _to_lonlat() -> Transformer:
    """Make it once: that takes longer than to move a day."""
    return Transformer.from_crs(_PLANE, "EPSG:4326", always_xy=True)


def _swept(x: Floats, moved: Floats) -> tuple[Floats, Floats]:
    """Ground that the front swept forward and back at each step [km²]: the integral of its movement."""
    left, right = moved[:, :-1], moved[:, 1:]
    step = np.diff(x)
    with np.errstate(divide="ignore", invalid="ignore"):
        turn = np.where(left * right < 0, np.abs(left) / (np.abs(left) + np.abs(right)), 1.0)
    first, last = left * turn / 2, right * (1 - turn) / 2
    whole = np.where(left * right < 0, 0.0, (left + right) / 2)
    forward = (first.clip(min=0) + last.clip(min=0)) * (left * right < 0) + whole.clip(min=0)
    back = -((first.clip(max=0) + last.clip(max=0)) * (left * right < 0) + whole.clip(max=0))
    return (forward * step).sum(axis=1) / 1e6, (back * step).sum(axis=1) / 1e6
