"""Make every derived file of this study again, byte for byte, from the files in `raw/`.

Run it as `python data/karabakh-1994/build.py`; `--out DIR` writes somewhere else. What each file is,
and why it is so, stands in the README beside this script.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from pyproj import Geod

from frontlines.control import control_from_lines
from frontlines.crs import project, working_crs
from frontlines.layers import as_frontlines, as_theatre

HERE = Path(__file__).resolve().parent
RAW = HERE / "raw"
STUDY = HERE / "study.toml"

APRIL, MAY = "1994-04-07", "1994-05-12"
SNAP_M = 2000.0

VINTAGE = (
    "present-day districts (without Ağdərə, which was made in 2023), "
    "as generalized by Natural Earth 4.1 (1:10m)"
)
STEP_KM = 0.4
"""Longest piece of a smooth stretch, in kilometres."""
ON_EDGE_DEGREES = 1e-6
"""A line that ends this near to the theatre's edge ends on it, in degrees."""
GAP_DEGREES = 0.003
"""Gaps in the oblast outline up to this width are closed, in degrees."""

Point = tuple[float, float]
Row = dict[str, Any]


# Reading and writing


def read_table(name: str) -> list[dict[str, str]]:
    """Read a CSV file of `raw/`."""
    with (RAW / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_features(name: str) -> list[Row]:
    """Read a GeoJSON file of `raw/`: properties and `geometry` (a shapely geometry) of each feature."""
    features = json.loads((RAW / name).read_text(encoding="utf-8"))["features"]
    return [{**f["properties"], "geometry": shapely.geometry.shape(f["geometry"])} for f in features]


def write_table(path: Path, rows: Sequence[Row]) -> None:
    """Write rows as CSV with plain line ends."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def write_features(path: Path, rows: Iterable[Row]) -> None:
    """Write rows as GeoJSON (RFC 7946), one feature a line, coordinates to six decimals."""
    lines = []
    for row in rows:
        geometry = shapely.geometry.mapping(_tidy(row["geometry"]))
        feature = {
            "type": "Feature",
            "properties": {key: value for key, value in row.items() if key != "geometry"},
            "geometry": {"type": geometry["type"], "coordinates": _rounded(geometry["coordinates"])},
        }
        lines.append(json.dumps(feature, ensure_ascii=False))
    text = '{"type": "FeatureCollection", "features": [\n' + ",\n".join(lines) + "\n]}\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def _tidy(geometry: Any) -> Any:
    """Outer rings anticlockwise, parts and first vertices in one order, a single part single."""
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        geometry = shapely.orient_polygons(shapely.normalize(geometry))
        if geometry.geom_type == "MultiPolygon" and len(geometry.geoms) == 1:
            return geometry.geoms[0]
    return geometry


def _rounded(coordinates: Any) -> Any:
    if isinstance(coordinates[0], (int, float)):
        return [round(float(value), 6) for value in coordinates[:2]]
    return [_rounded(part) for part in coordinates]


# Districts, theatre, context


def make_districts(frontlines: Sequence[Row]) -> list[Row]:
    """Districts of the theatre, named, in the order of their names.

    Natural Earth's `gn_name` tells its rows apart where its `name` does not. The points where the
    lines meet the edge become vertices of it, so that lines and polygons meet to the last digit.
    """
    ends = shapely.MultiPoint([frontlines[0]["geometry"].coords[0], frontlines[-1]["geometry"].coords[-1]])
    names = {row["gn_name"]: row["district"] for row in read_table("district_names.csv")}
    rows = [
        {
            "district": names[row["gn_name"]],
            "name_ne": row["name"],
            "gn_name": row["gn_name"],
            "fips": row["fips"],
            "vintage": VINTAGE,
            "geometry": shapely.snap(row["geometry"], ends, ON_EDGE_DEGREES),
        }
        for row in read_features("natural_earth_azerbaijan_adm1.geojson")
        if row["gn_name"] in names
    ]
    return sorted(rows, key=lambda row: str(row["district"]))


def make_theatre(districts: Sequence[Row]) -> list[Row]:
    """Union of the districts, edge by edge, so that no vertex moves."""
    ground = shapely.coverage_union_all([row["geometry"] for row in districts])
    return [{"name": "theatre", "geometry": ground}]


def make_context() -> list[Row]:
    """Countries as clipped in the extract, then the outline of the oblast of 1991 as one line."""
    countries = [
        {"kind": "country", "name": row["NAME"], "iso": row["ISO_A3"], "geometry": row["geometry"]}
        for row in read_features("natural_earth_countries.geojson")
    ]
    outline = [
        row["geometry"]
        for row in read_features("natural_earth_lines.geojson")
        if row["name"] == "Former USSR oblast in 1991"
    ]
    oblast = {"kind": "oblast", "name": "Nagorno-Karabakh Autonomous Oblast, 1991", "iso": None}
    return [
        *sorted(countries, key=lambda row: str(row["name"])),
        {**oblast, "geometry": _one_outline(shapely.line_merge(shapely.union_all(outline)))},
    ]


def _one_outline(pieces: Any) -> Any:
    """Join the pieces of a ring end to end over small gaps; begin at its westernmost vertex."""
    paths = [list(piece.coords) for piece in shapely.get_parts(pieces)]
    ring = paths.pop(0)
    while paths:
        ends = [(math.dist(ring[-1], path[end]), i, end) for i, path in enumerate(paths) for end in (0, -1)]
        gap, nearest, end = min(ends)
        if gap > GAP_DEGREES:
            raise SystemExit(f"the oblast outline has a gap of {gap:.4f} degrees at {ring[-1]}")
        path = paths.pop(nearest)
        ring += path if end == 0 else path[::-1]
    ring = [here for here, after in zip(ring, ring[1:] + ring[:1], strict=True) if here != after]
    west = ring.index(min(ring))
    ring = ring[west:] + ring[:west]
    if not shapely.is_ccw(shapely.LinearRing(ring)):
        ring = ring[:1] + ring[:0:-1]
    return shapely.LineString([*ring, ring[0]])


# Settlements


def make_settlements() -> list[Row]:
    """Turn the gazetteer, one row a place, into one row per place and date."""
    readings = {row["name"]: row for row in read_table("readings.csv")}
    rows = []
    for place in read_table("gazetteer.csv"):
        reading = readings[place["name"]]
        for date, when in ((APRIL, "7_april"), (MAY, "12_may")):
            row = {
                "name": place["name"],
                "date": date,
                "side": reading[f"side_{when}"],
                "lon": place["lon"],
                "lat": place["lat"],
                "source": reading["reading"],
                "sigma_m": reading["coord_sigma_m"],
                "basis": reading[f"basis_{when}"],
            }
            keep = ("role", "district_az", "alt_names", "coord_source", "note")
            rows.append({**row, **{key: place[key] for key in keep}})
    return rows


# The two lines


def make_frontlines() -> list[Row]:
    """Both lines, a row per stretch, 7 April first, each from the Armenian border to the Araz."""
    curves = draw_stretches()
    rows = sorted(read_table("stretches.csv"), key=lambda row: (row["date"], int(row["order"])))
    return [
        {
            "date": row["date"],
            "side_left": row["side_left"],
            "side_right": row["side_right"],
            "source": row["source"],
            "sigma_m": float(row["sigma_m"]),
            "note": row["note"],
            "stretch": row["stretch"],
            "geometry": shapely.LineString(curves[row["stretch"]]),
        }
        for row in rows
    ]


def draw_stretches() -> dict[str, list[Point]]:
    """Vertices of each stretch, drawn once whatever the dates that use it.

    A stretch of both dates takes the direction of its ends from its neighbours of 12 May.
    """
    hand: dict[str, list[Point]] = {}
    for row in sorted(read_table("vertices.csv"), key=lambda row: int(row["seq"])):
        hand.setdefault(row["stretch"], []).append((float(row["lon"]), float(row["lat"])))
    rows = sorted(read_table("stretches.csv"), key=lambda row: (row["date"], int(row["order"])))
    curves: dict[str, list[Point]] = {}
    for date in (MAY, APRIL):
        line = [row for row in rows if row["date"] == date]
        for row, before, after in zip(line, [None, *line], [*line[1:], None], strict=False):
            key = row["stretch"]
            if key in curves:
                continue
            lead = hand[before["stretch"]][-2] if before else None
            tail = hand[after["stretch"]][1] if after else None
            smooth = row["drawn"] == "smooth"
            curves[key] = list(_smooth(hand[key], lead, tail)) if smooth else hand[key]
    return {key: [(round(x, 6), round(y, 6)) for x, y in curve] for key, curve in curves.items()}


def _smooth(points: Sequence[Point], lead: Point | None, tail: Point | None) -> Iterator[Point]:
    """Run a centripetal Catmull-Rom curve through the points; `lead` and `tail` only steer it."""
    first = lead or _mirror(points[0], points[1])
    last = tail or _mirror(points[-1], points[-2])
    chain = [first, *points, last]
    for a, b, c, d in zip(chain, chain[1:], chain[2:], chain[3:], strict=False):
        pieces = max(1, math.ceil(_km(b, c) / STEP_KM))
        yield b
        for piece in range(1, pieces):
            yield _on_curve((a, b, c, d), piece / pieces)
    yield points[-1]


def _on_curve(points: Sequence[Point], share: float) -> Point:
    """Point of the curve at a share of the way from the second to the third of four points."""
    knots = [0.0]
    for p, q in pairwise(points):
        knots.append(knots[-1] + math.sqrt(_km(p, q)))
    t = knots[1] + share * (knots[2] - knots[1])
    level = list(points)
    for width in (1, 2):
        level = [_blend(level[i], level[i + 1], knots[i], knots[i + width], t) for i in range(len(level) - 1)]
    return _blend(level[0], level[1], knots[1], knots[2], t)


def _blend(p: Point, q: Point, start: float, end: float, t: float) -> Point:
    share = (t - start) / (end - start)
    return (p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1]))


def _mirror(end: Point, inner: Point) -> Point:
    return (2 * end[0] - inner[0], 2 * end[1] - inner[1])


def _km(p: Point, q: Point) -> float:
    """Distance good enough to space vertices by, in kilometres."""
    x, y = (q[0] - p[0]) * 85.0, (q[1] - p[1]) * 111.0
    return math.sqrt(x * x + y * y)


# Polygons of control, and the evidence held against the lines


def make_control(frontlines: Sequence[Row], theatre: Sequence[Row]) -> gpd.GeoDataFrame:
    """Polygons of control on both dates, in the working CRS."""
    ground = gpd.GeoDataFrame(theatre, crs="EPSG:4326")
    crs = working_crs(ground)
    lines = as_frontlines(gpd.GeoDataFrame(frontlines, crs="EPSG:4326"), crs)
    control = control_from_lines(lines, as_theatre(ground, crs), snap_m=SNAP_M)
    return control.sort_values(["date", "side"], ignore_index=True)


def control_rows(control: gpd.GeoDataFrame, frontlines: Sequence[Row], theatre: Sequence[Row]) -> list[Row]:
    """Polygons of control in longitude and latitude, dates as text.

    Vertices are those of the lines and of the theatre; the ones that long edges got in the plane go
    again, so that the polygons meet each other and the theatre's edge to the last digit.
    """
    own = shapely.get_coordinates([row["geometry"] for row in (*frontlines, *theatre)])
    known = {tuple(vertex) for vertex in _rounded(own)}
    return [
        {
            "date": f"{row.date:%Y-%m-%d}",
            "side": row.side,
            "source": row.source,
            "sigma_m": float(row.sigma_m),
            "geometry": shapely.MultiPolygon(
                [_thinned(part, known) for part in shapely.get_parts(row.geometry)]
            ),
        }
        for row in control.to_crs("EPSG:4326").itertuples()
    ]


def _thinned(polygon: Any, known: set[Any]) -> Any:
    rings = [[tuple(_rounded(vertex)) for vertex in ring.coords] for ring in shapely.get_rings(polygon)]
    outer, *holes = [[vertex for vertex in ring if vertex in known] for ring in rings]
    return shapely.Polygon(outer, holes)


def make_evidence(
    settlements: Sequence[Row], frontlines: Sequence[Row], control: gpd.GeoDataFrame
) -> list[Row]:
    """Each located place against the line of each date: the side drawn there, and how far the line is.

    A place beyond the theatre's generalized edge counts with the polygon nearest to it.
    """
    located = [row for row in settlements if row["lon"]]
    spots = shapely.points([(float(row["lon"]), float(row["lat"])) for row in located])
    points = project(gpd.GeoDataFrame(geometry=spots, crs="EPSG:4326"), control.crs).geometry
    stretches = project(gpd.GeoDataFrame(frontlines, crs="EPSG:4326"), control.crs)
    rows = []
    for row, point in zip(located, points, strict=True):
        polygons = control[control["date"] == row["date"]]
        lines = stretches[stretches["date"] == row["date"]]
        nearest = lines.loc[lines.distance(point).idxmin()]
        rows.append(
            {
                "name": row["name"],
                "date": row["date"],
                "side": row["side"],
                "side_drawn": polygons.loc[polygons.distance(point).idxmin(), "side"],
                "stretch": nearest["stretch"],
                "distance_km": f"{_ground_km(point, nearest.geometry, control.crs):.2f}",
                "stretch_sigma_km": f"{nearest['sigma_m'] / 1000:.1f}",
            }
        )
    return rows


def _ground_km(point: Any, line: Any, crs: Any) -> float:
    """Distance from a point of the plane to the nearest point of a line, on the ellipsoid."""
    link = gpd.GeoSeries([shapely.shortest_line(point, line)], crs=crs).to_crs("EPSG:4326")
    return float(Geod(ellps="WGS84").geometry_length(link.iloc[0])) / 1000


def build(out: Path) -> list[Path]:
    """Write every derived file into a folder, and return their paths."""
    out.mkdir(parents=True, exist_ok=True)
    settlements, frontlines = make_settlements(), make_frontlines()
    districts = make_districts(frontlines)
    theatre = make_theatre(districts)
    control = make_control(frontlines, theatre)
    layers = {
        "districts": districts,
        "theatre": theatre,
        "context": make_context(),
        "frontlines": frontlines,
        "control": control_rows(control, frontlines, theatre),
    }
    tables = {"settlements": settlements, "evidence": make_evidence(settlements, frontlines, control)}
    for name, rows in layers.items():
        write_features(out / f"{name}.geojson", rows)
    for name, rows in tables.items():
        write_table(out / f"{name}.csv", rows)
    written = sorted([out / f"{name}.geojson" for name in layers] + [out / f"{name}.csv" for name in tables])
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in (*written, STUDY)]
    (out / "SHA256SUMS").write_text("".join(sums), encoding="utf-8", newline="\n")
    return [out / "SHA256SUMS", *written]


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description="Make every derived file of this study again from raw/.")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write into (default: this one)")
    for path in build(parser.parse_args().out):
        print(path)


if __name__ == "__main__":
    main()
