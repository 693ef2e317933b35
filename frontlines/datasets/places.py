"""Towns of the world by name, from the populated places of Natural Earth that come with the library."""

from __future__ import annotations

import csv
import difflib
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from frontlines.datasets.bundled import root

_MOST = 12  # places that are offered for a name
_CLOSE = 0.75  # how alike a misspelt name must be [share of its letters]
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe"})


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
        close = difflib.get_close_matches(asked, known, n=_MOST, cutoff=_CLOSE)
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
