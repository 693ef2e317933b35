"""Make ``countries.npz`` from the TopoJSON of ``simplify.js``: valid, on a grid of 0.001 degrees."""

import argparse
import gzip
from pathlib import Path

import numpy as np
import pyogrio
import shapely

HALF, FULL = 180.0, 360.0


def cut(ring: shapely.LinearRing) -> shapely.Geometry:
    """Cut the polygon in a ring that crosses 180 degrees there, and lead one that goes round a pole to it."""
    points = shapely.get_coordinates(ring)
    points[:, 0] = np.unwrap(points[:, 0], period=FULL)
    round_pole = abs(points[-1, 0] - points[0, 0]) > HALF
    if round_pole:
        pole = np.copysign(90.0, points[:, 1].mean())
        points = np.vstack([points, [points[-1, 0], pole], [points[0, 0], pole]])
    whole = shapely.make_valid(shapely.Polygon(points), method="structure")
    turned = []
    for turn in (-FULL, 0.0, FULL):
        part = shapely.intersection(whole, shapely.box(-HALF + turn, -90.0, HALF + turn, 90.0))
        turned.append(shapely.transform(part, lambda xy, by=turn: xy - [by, 0.0]))
    return shapely.union_all(turned)


def mended(shape: shapely.Geometry) -> shapely.Geometry:
    """Give the polygons of a country, holes cut out."""
    pieces = [
        shapely.difference(cut(one.exterior), shapely.union_all([cut(hole) for hole in one.interiors]))
        for one in shapely.get_parts(shape)
    ]
    return shapely.union_all(pieces)


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("topojson", type=Path)
raw = pyogrio.read_dataframe(gzip.decompress(parser.parse_args().topojson.read_bytes()), layer="countries")
raw = raw.sort_values("name", kind="stable")
valid = [mended(shape) for shape in raw.geometry]
gridded = [shapely.get_parts(shapely.set_precision(one, 0.001)) for one in valid]
shapes = np.array([shapely.multipolygons(parts[shapely.area(parts) > 0]) for parts in gridded])
kind, degrees, (rings, polygons, countries) = shapely.to_ragged_array(shapes)
out = Path(__file__).parent / "countries.npz"
steps = np.diff(np.rint(degrees * 1000).astype(np.int32), axis=0, prepend=np.int32([[0, 0]]))
np.savez_compressed(
    out, steps=steps.T, rings=rings.astype(np.int32), polygons=polygons.astype(np.int32),
    countries=countries.astype(np.int32), names=raw["name"].to_numpy(dtype=str),
)  # fmt: skip
print(f"{kind.name}, {len(shapes)} countries, {len(degrees):,} corners, {out.stat().st_size:,} bytes")
