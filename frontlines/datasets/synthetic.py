"""A made-up war: daily snapshots whose gains and losses are known beforehand."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer

from frontlines.errors import FrontlinesError
from frontlines.names import Floats

SIDES = ("Red", "Blue")
FIRST_DAY = "2031-03-01"

_WIDTH_M, _HEIGHT_M = 200_000.0, 120_000.0
_COLUMNS, _ROWS = 5, 3
_PLANE = CRS("+proj=laea +lat_0=45 +lon_0=-30 +datum=WGS84 +units=m")
"""Its ground lies in the middle of the Atlantic: nobody's."""

_QUIET_DAYS = 0.3
_DECIMALS = 7
_FEWEST_DAYS = 10
_SWAY = 0.6  # share of an advance that is lost again, day by day, where it has gone beyond the drift
_DRIFT_M = 40.0


@dataclass(frozen=True)
class SyntheticWar:
    """Snapshots of a made-up war, and what happened in it.

    Attributes
    ----------
    control
        Raw polygons of side ``Red``, one a snapshot, in longitude and latitude: `date`, `side`, `source`.
    districts
        Raw polygons, 5 by 3, in longitude and latitude: `district`.
    truth
        A row for each step between snapshots: `date_from`, `date_to`, `gained_km2`, `lost_km2`, by
        integrating the movement of the front along its axis.
    """

    control: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    truth: pd.DataFrame


def synthetic_war(
    n_days: int = 120, *, n_vertices: int = 600, rng: np.random.Generator | int = 0
) -> SyntheticWar:
    """Make up a war of two sides with a front from west to east, ``Red`` in the south.

    Parameters
    ----------
    n_days
        Days that the war lasts, ten or more.
    n_vertices
        Vertices of the front.
    rng
        Seed, or generator; the same seed makes the same war.

    Returns
    -------
    war
        Snapshots, districts and truth.

    Raises
    ------
    FrontlinesError
        If there are fewer than ten days or vertices.

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
    """
    if n_days < _FEWEST_DAYS or n_vertices < _FEWEST_DAYS:
        raise FrontlinesError(f"n_days and n_vertices must be {_FEWEST_DAYS} or more")
    rng = np.random.default_rng(rng)
    x = np.linspace(0.0, _WIDTH_M, n_vertices)
    fronts = _fronts(x, n_days, rng)
    missing, coarse = n_days // 3, n_days // 2
    kept = np.delete(np.arange(n_days), missing)
    dates = pd.Timestamp(FIRST_DAY) + pd.to_timedelta(kept, unit="D")
    decimals = np.where(kept == coarse, _DECIMALS - 1, _DECIMALS)
    shapes = [_ground(x, fronts[day], int(digits)) for day, digits in zip(kept, decimals, strict=True)]
    control = gpd.GeoDataFrame(
        {"date": dates, "side": SIDES[0], "source": "made up"}, geometry=shapes, crs="EPSG:4326"
    )
    gained, lost = _swept(x, np.diff(fronts[kept], axis=0))
    truth = pd.DataFrame(
        {"date_from": dates[:-1], "date_to": dates[1:], "gained_km2": gained, "lost_km2": lost}
    )
    return SyntheticWar(control, _districts(), truth)


def _fronts(x: Floats, n_days: int, rng: np.random.Generator) -> Floats:
    """Distance of the front from the southern edge, (n_days, n_vertices) [m]."""
    wave = 9_000 * np.sin(x / 23_000) + 4_000 * np.sin(x / 7_100 + 1.3) + 1_200 * np.sin(x / 1_900)
    front = 45_000 + wave
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


def _ground(x: Floats, front: Floats, decimals: int) -> shapely.Polygon:
    """Ground south of the front, in longitude and latitude."""
    ring = np.column_stack([x, front])
    corners = np.array([[_WIDTH_M, 0.0], [0.0, 0.0]])
    return shapely.Polygon(np.round(_lonlat(np.vstack([ring, corners])), decimals))


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
    shifted = xy - [_WIDTH_M / 2, _HEIGHT_M / 2]
    return np.column_stack(
        Transformer.from_crs(_PLANE, "EPSG:4326", always_xy=True).transform(shifted[:, 0], shifted[:, 1])
    )


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
