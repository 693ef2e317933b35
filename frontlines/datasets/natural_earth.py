"""Coasts and states about a theatre, and towns by name, from what of Natural Earth comes with the library."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from frontlines.arguments import checked
from frontlines.crs import polygons_of
from frontlines.crs.geodesic import way
from frontlines.datasets.bundled import root
from frontlines.errors import FrontlinesError
from frontlines.names import HALF_TURN_DEG, LONLAT

CREDIT_OF_COAST = "Natural Earth 4.1 (public domain)"
CREDIT = f"{CREDIT_OF_COAST}, borders as held de facto about 2018"
FIRST_YEAR = 1993
"""Of days from this year on the states are known; before, land and sea alone: borders were others."""

FINEST_M = 500.0
"""Metres in a mm of paper: maps of larger scale would show how coarse the layer of coasts is."""

_DEG_M = 111_320.0
_STEP_DEG = 0.5  # long edges are bent by the projection
_FINE = 3000  # corners that change less than this part of the width of the ground cannot be seen
_MOST = 12  # places that are offered for a name
_CLOSE = 0.75  # how alike a misspelt name must be [share of its letters]
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe"})


def states_known(days: Iterable[Any]) -> bool:
    """Whether the states of the layer are those of all these days."""
    return min(map(pd.Timestamp, days), default=pd.Timestamp(0)).year >= FIRST_YEAR


def credit_of(around: gpd.GeoDataFrame) -> str:
    """Say whose coasts and states have been found about a ground."""
    states = "country" in set(around["kind"])
    return f"Coast{' and neighbouring states' * states}: {CREDIT if states else CREDIT_OF_COAST}"


def neighbours(
    crs: pyproj.CRS, bounds: tuple[float, float, float, float], *, states: bool = True
) -> gpd.GeoDataFrame:
    """Give the states, or the land, and under them the sea, of a part of a plane; columns `kind`, `name`."""
    window, box = shapely.box(*bounds), shapely.box
    rim = shapely.get_coordinates(shapely.segmentize(window, max(window.length / 200, 1.0)))
    lon, lat = way(crs, LONLAT).transform(*np.vstack([rim, shapely.get_coordinates(window.centroid)]).T)
    middle, reach = np.array([lon[-1], lat[-1]]), np.hypot(*(np.array(bounds[2:]) - bounds[:2])) / 2 / _DEG_M
    low, high = middle[1] - reach, middle[1] + reach
    wide = np.unwrap(lon[:-1], period=2 * HALF_TURN_DEG) - middle[0]
    half = HALF_TURN_DEG if max(-low, high) > 89.0 else float(np.abs(wide).max()) + 0.1  # noqa: PLR2004
    names, shapes = layer()
    found: list[Any] = []
    whose: list[Any] = []
    for turn in (-2 * HALF_TURN_DEG, 0.0, 2 * HALF_TURN_DEG) if half < HALF_TURN_DEG else (0.0,):
        west, east = (
            (middle[0] - half, middle[0] + half) if half < HALF_TURN_DEG else (-HALF_TURN_DEG, HALF_TURN_DEG)
        )
        asked = box(west - turn, max(low - 0.5, -90.0), east - turn, min(high + 0.5, 90.0))
        near = np.flatnonzero(shapely.intersects(shapely.envelope(shapes), asked))
        parts = shapely.clip_by_rect(shapes[near], *asked.bounds)
        found, whose = [*found, *parts], [*whose, *names[near]]
    fine_deg = max(window.length / 4 / _FINE, 1.0) / _DEG_M
    fine = shapely.simplify(np.array(found, dtype=object), fine_deg, preserve_topology=False)
    pieces = shapely.segmentize(fine, _STEP_DEG)
    flat = shapely.transform(pieces, lambda xy: np.column_stack(way(LONLAT, crs).transform(*xy.T)))
    cut = polygons_of(shapely.clip_by_rect(shapely.make_valid(flat), *bounds))
    seen = ~shapely.is_empty(cut)
    return _rows(cut[seen], np.array(whose)[seen], window, gpd.GeoSeries(crs=crs).crs, states=states)


def _rows(pieces: Any, whose: Any, window: Any, crs: pyproj.CRS, *, states: bool) -> gpd.GeoDataFrame:
    """Join the pieces of each state, or of all land, and lay them on the sea."""
    every = [(name, pieces[whose == name]) for name in np.unique(whose)] if states else [("", pieces)]
    shapes = [own[0] if len(own) == 1 else shapely.union_all(own, grid_size=1.0) for _, own in every]
    kinds = ["sea", *["country" if states else "land"] * len(every)]
    names = [None, *[str(name) if states else None for name, _ in every]]
    return gpd.GeoDataFrame({"kind": kinds, "name": names}, geometry=[window, *shapes], crs=crs)


@checked()
def countries(names: Sequence[str] = ()) -> gpd.GeoDataFrame:
    """Give countries of the bundled Natural Earth layer, as they were held de facto about 2018.

    Parameters
    ----------
    names
        Names in English, such as ``France``; none: all.

    Returns
    -------
    countries
        A row each, as asked: `district`, the name; `vintage`, which captions name; polygons in longitude and
        latitude.

    Raises
    ------
    FrontlinesError
        If there is no country of such a name.

    Examples
    --------
    >>> countries(["Belgium", "France"])["district"].tolist()
    ['Belgium', 'France']
    """
    known, shapes = layer()
    rows = gpd.GeoDataFrame({"district": known, "vintage": CREDIT}, geometry=shapes, crs=LONLAT)
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=2, cutoff=0.6)
            hint = f": is it {' or '.join(near)}?" if near else "; countries() gives all names"
            raise FrontlinesError(f"Natural Earth has no country {name!r}{hint}")
    return rows.set_index("district").loc[list(names or known)].reset_index()


@lru_cache(maxsize=1)
def layer() -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return the names of all countries and their shapes [degrees]."""
    with np.load(root() / "natural-earth" / "countries.npz") as held:
        degrees = np.cumsum(held["steps"], axis=1).T / 1000.0
        offsets = (held["rings"], held["polygons"], held["countries"])
        shapes = shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, degrees, offsets)
        return held["names"], shapes


class Town(NamedTuple):
    """A town: its name today, who governs there, and where Natural Earth puts it [degrees, WGS 84]."""

    name: str
    country: str
    lon: float
    lat: float


def towns_named(name: str) -> list[Town]:
    """List towns that a name may mean, the likeliest spelling first; which is meant, only the asker knows."""
    asked = _bare(name)
    if not asked:
        return []
    known = _towns()
    ranked = [(0, asked), (1, f"{asked} "), (2, asked)]
    found: list[Town] = []
    for how, begins in ranked:
        for bare, towns in known.items():
            if bare == asked if how == 0 else bare.startswith(begins):
                found += [town for town in towns if town not in found]
    if not found:
        close = get_close_matches(asked, known, n=_MOST, cutoff=_CLOSE)
        found = [town for bare in close for town in known[bare]]
    return found[:_MOST]


def _bare(name: str) -> str:
    """Give a name in small letters without accents, hyphens or apostrophes."""
    parts = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    letters = "".join(one if one.isalnum() else " " for one in parts if not unicodedata.combining(one))
    return " ".join(letters.split())


@lru_cache(maxsize=1)
def _towns() -> dict[str, list[Town]]:
    """Read the towns, by their bare names."""
    known: dict[str, list[Town]] = {}
    with (root() / "natural-earth" / "places.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            town = Town(row["name"], row["country"], float(row["lon"]), float(row["lat"]))
            for name in {_bare(one) for one in town.name.split("/")}:
                known.setdefault(name, []).append(town)
    return known
