"""Two versions of the library beside each other: the same tables and layers, in the same time.

The inputs are drawn once, then the same commands run in two environments, in turn::

    python -m benchmarks.same_results draw INPUTS
    python -m benchmarks.same_results run INPUTS --data FOLDER --python OLD/python NEW/python --out OUT
    python -m benchmarks.same_results compare OUT/0 OUT/1

``FOLDER`` is that of ``benchmarks.series``, with the raw snapshots and the oblasts beside them; without it
the commands that need it are left out. ``--python`` takes one or two environments; ``compare`` takes any two
folders of results, ends with 1 where they differ, and prints the ratio of the times.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import shapely

from frontlines import datasets

SAME = 1e-9
"""Largest difference of a number, as a share of it or absolute where it is below 1."""
SIZE_PX = (1100, 800)
DEGREES_PER_PX = 0.002
WEST_NORTH = (30.0, 50.0)
RENAMED = {"--sigma": "--sigma-m"}
"""Options that older versions called otherwise: the old name, and the one of now."""

DAYS, OLD_DAYS = "deepstate_occupied_20240708_20250731.parquet", "raw_deepstatemap_data_20240913.geojson"
NEW_DAYS = "raw_deepstatemap_data_20240914.geojson"
RAIONS, OBLASTS = "ukraine_adm2_pre2020_geoboundaries.parquet", "ukraine_adm1_geoboundaries.parquet"
DIRTY = "ukraine_adm1_osm_simplified_dirty.parquet"


def commands(inputs: Path, data: Path | None) -> dict[str, list[str]]:
    """Name each run and give its command, without ``--out``."""
    found = {
        "run": ["run", "karabakh-1994"],
        "run-draws": ["run", "karabakh-1994", "--draws", "50"],
        "displacement-study": ["displacement", "karabakh-1994"],
    }
    for recipe in sorted(inputs.glob("*/digitize.toml")):
        found[f"digitize-{recipe.parent.name}"] = ["digitize", str(recipe)]
    if data is None:
        return found
    days, sides = str(data / DAYS), ["--side", "RUS"]
    raions = ["--districts", str(data / RAIONS), "--key", "id"]
    oblasts = ["--districts", str(data / OBLASTS), "--key", "id"]
    two = [str(data / OLD_DAYS), str(data / NEW_DAYS)]
    return found | {
        "change": ["change", *two, *raions, *sides],
        "change-sigma": ["change", *two, *oblasts, *sides, "--sigma", "500", "--border-m", "2000"],
        "series-daily": ["series", days, *raions, *sides, "--front-length", "1000", "--border-m", "5000"],
        "series-monthly": [
            *("series", days, *raions, *sides, "--freq", "MS"),
            *("--front-length", "5000", "--border-m", "5000"),
        ],
        "displacement": ["displacement", *two, *oblasts, *sides, "--border-m", "5000", "--spacing-m", "5000"],
        "check": ["check", days],
        "check-dirty": ["check", str(data / DIRTY), "--kind", "districts", "--key", "koatuu"],
    }


def draw(inputs: Path) -> None:
    """Draw the scan of notebook 06, and twelve others, with a recipe for each."""
    _bundled_scan(inputs / "bundled")
    for seed in range(12):
        kind = ("lines", "areas", "hatching", "both")[seed % 4]
        _made_up_scan(inputs / f"{kind}-{seed // 4}", kind, seed)


def _bundled_scan(folder: Path) -> None:
    from pyproj import CRS  # noqa: PLC0415 - only to draw

    source = datasets.locate("karabakh-1994").parent
    lines = gpd.read_file(source / "frontlines.geojson")
    lines["day"] = lines["date"].astype(str).str[:10]
    fronts = lines.dissolve("day")[["geometry"]].reset_index()
    fronts["geometry"] = shapely.line_merge(fronts.geometry.values)
    fronts["colour"], fronts["width_px"] = ["#2b5fd0", "#d02b2b"], 5.0
    villages = (
        pd.read_csv(source / "settlements.csv").dropna(subset=["lon"]).drop_duplicates("name").iloc[::3]
    )
    places = gpd.GeoDataFrame(
        villages, geometry=gpd.points_from_xy(villages["lon"], villages["lat"]), crs="EPSG:4326"
    )
    conic = "+proj=lcc +lat_1=39 +lat_2=41 +lon_0=45 +lat_0=40 +datum=WGS84"
    sheet = datasets.scan_of_map(
        fronts, crs=CRS(conic), width_px=1700, borders=gpd.read_file(source / "districts.geojson"),
        places=places, rng=7,
    )  # fmt: skip
    text = f'crs = "{conic}"\nsides = {{ARM = [46.75, 39.82], AZE = [47.35, 40.3]}}\n'
    text += '[[line]]\ncolour = "blue"\ndate = 1994-04-07\n[[line]]\ncolour = "red"\ndate = 1994-05-12\n'
    _save(folder, sheet.pixels, sheet.control_points, text)


def _made_up_scan(folder: Path, kind: str, seed: int) -> None:
    """Two fronts across a sheet, areas between them, names over both; dashed or not, rough or clean."""
    rng = np.random.default_rng(seed)
    width, height = SIZE_PX
    upper, lower = _wandering(rng, 0.36), _wandering(rng, 0.66)
    dashes = [(20.0, 9.0), None] if seed % 3 == 1 else [None, None]
    fronts = kind in {"lines", "both"}
    river = _wandering(rng, 0.5)
    rows = [(river, "#6fb1dd", 2.0, None)]
    rows += [(upper, "#1f4fb4", 4.0, dashes[0]), (lower, "#cc2222", 4.0, dashes[1])] if fronts else []
    lines = gpd.GeoDataFrame(
        {name: [row[k] for row in rows] for k, name in ((1, "colour"), (2, "width_px"), (3, "dashes_px"))},
        geometry=[row[0] for row in rows],
    )  # fmt: skip
    fill = "#b03a2e" if kind == "hatching" else "#e8b7a0"
    frame = shapely.box(30, 30, width - 30, height - 30)
    south = shapely.Polygon([*shapely.get_coordinates(lower), (width, height), (0, height)]).intersection(
        frame
    )
    north = shapely.Polygon([*shapely.get_coordinates(upper), (width, 0), (0, 0)]).intersection(frame)
    areas = gpd.GeoDataFrame(
        {"colour": [fill, "#b9d3a5"], "hatch": ["///" if kind == "hatching" else None, None],
         "edge_px": [1.5, 1.5 if seed % 2 else 0.0]},
        geometry=[south, north],
    )  # fmt: skip
    names = pd.DataFrame(
        {"text": ["Ardova", "Belmont", "Ferro", "Gorica", "Kut", "Lesna"], "size_px": 15.0, "halo_px": 3.0,
         "x": rng.uniform(0.1, 0.9, 6) * width, "y": rng.uniform(0.1, 0.9, 6) * height}
    )  # fmt: skip
    looks = (
        datasets.ScanLook(),
        datasets.ScanLook(paper="#f4ecd8", unevenness=0.04, grain=4.0),
        datasets.ScanLook(unevenness=0.0, vignette=0.0, grain=0.0, rotation_deg=0.0, jpeg_quality=None),
    )
    look = looks[seed // 4]
    drawn = areas if kind != "lines" else None
    scan = datasets.render_scan(lines, size_px=SIZE_PX, areas=drawn, labels=names, look=look, rng=seed)
    text = 'date = 2020-01-01\ncrs = "EPSG:4326"\n'
    if fronts:
        at = {
            side: _lonlat(np.array([place])).ravel().tolist()
            for side, place in {
                "NORTH": (width / 2, 80),
                "SOUTH": (width / 2, height - 80),
                "MIDDLE": (width / 2, 0.51 * height),
            }.items()
        }
        for colour, sides in (("blue", ("NORTH", "MIDDLE")), ("red", ("MIDDLE", "SOUTH"))):
            held = ", ".join(f"{side} = {at[side]}" for side in sides)
            text += f'[[line]]\ncolour = "{colour}"\nsides = {{{held}}}\n'
    if kind != "lines":
        text += f'[[area]]\ncolour = "{fill}"\nside = "SOUTH"\n[[area]]\ncolour = "#b9d3a5"\nside = "NORTH"\n'
    _save(folder, scan.pixels, _points(scan.transform), text)


def _wandering(rng: np.random.Generator, base: float) -> shapely.LineString:
    """Draw a line across the sheet that wanders about a height, given as a share of the sheet's."""
    width, height = SIZE_PX
    t = np.linspace(-0.01, 1.01, 600)
    y = base * height + sum(
        share * height * rng.uniform(0.5, 1.2) * np.sin(2 * np.pi * (waves * t + rng.random()))
        for waves, share in ((1.5, 0.06), (4, 0.03), (9, 0.012), (20, 0.004))
    )
    return shapely.LineString(np.column_stack([t * width, y]))


def _lonlat(pixels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    west, north = WEST_NORTH
    return np.column_stack([west + pixels[:, 0] * DEGREES_PER_PX, north - pixels[:, 1] * DEGREES_PER_PX])


def _points(transform: tuple[float, ...]) -> pd.DataFrame:
    """Control points on a net of four by three, at their place on the turned sheet."""
    a, b, c, d, e, f = transform
    net = np.array([(x, y) for y in (100.0, 400.0, 700.0) for x in (100.0, 400.0, 700.0, 1000.0)])
    col, row = a * net[:, 0] + b * net[:, 1] + c, d * net[:, 0] + e * net[:, 1] + f
    lon, lat = _lonlat(net).T
    ids = [f"P{number}" for number in range(len(net))]
    return pd.DataFrame({"id": ids, "col": col.round(1), "row": row.round(1), "lon": lon, "lat": lat})


def _save(folder: Path, pixels: npt.NDArray[np.uint8], points: pd.DataFrame, text: str) -> None:
    from PIL import Image  # noqa: PLC0415 - only to draw

    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(folder / "scan.png")
    points.to_csv(folder / "points.csv", index=False)
    (folder / "digitize.toml").write_text(
        f'image = "scan.png"\npoints = "points.csv"\n{text}', encoding="utf-8"
    )


def run(pythons: list[str], inputs: Path, data: Path | None, out: Path, repeats: int, only: str) -> None:
    """Run every command in each environment in turn; keep results, output and processor seconds."""
    spent: list[dict[str, list[float]]] = [{} for _ in pythons]
    for name, arguments in commands(inputs, data).items():
        if not re.search(only, name):
            continue
        for _ in range(repeats):
            for number, python in enumerate(pythons):
                spent[number].setdefault(name, []).append(
                    _run_one(python, arguments, out / str(number) / name)
                )
        medians = [statistics.median(one[name]) for one in spent]
        print(name, "" if len(medians) == 1 else f"{medians[1] / medians[0]:.2f} ×", flush=True)
        for number, one in enumerate(spent):
            kept = out / str(number) / "seconds.json"
            before = json.loads(kept.read_text()) if kept.exists() else {}
            kept.write_text(json.dumps(before | one))


def _run_one(python: str, arguments: list[str], folder: Path) -> float:
    folder.mkdir(parents=True, exist_ok=True)
    writes = arguments[0] != "check"
    known = subprocess.run(  # noqa: S603 - our own command
        [python, "-m", "frontlines", arguments[0], "--help"], capture_output=True, text=True, check=True,
        cwd=folder, env={**os.environ, "COLUMNS": "200"},
    ).stdout  # fmt: skip
    words = [RENAMED.get(word, word) if f"{word} " not in known else word for word in arguments]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(  # noqa: S603
        [python, "-m", "frontlines", *words, *(["--out", str(folder), "--force"] if writes else [])],
        capture_output=True, text=True, check=False, cwd=folder, env={**os.environ, "COLUMNS": "160"},
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode and writes:
        raise SystemExit(f"{python} {' '.join(words)}:\n{done.stdout}{done.stderr}")
    (folder / "printed.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(first: Path, second: Path) -> int:
    """Print a row for each command: what differs, how large it is at most, and the ratio of the times."""
    seconds = [json.loads((folder / "seconds.json").read_text()) for folder in (first, second)]
    rows, worse = [], 0
    for name in seconds[0]:
        told = [
            text for path in _tables(first / name) for text in _differences(path, second / name / path.name)
        ]
        ratio = statistics.median(b / a for a, b in zip(*(one[name] for one in seconds), strict=False))
        worse += bool(told)
        files = len(_tables(first / name))
        rows.append(
            {"command": name, "files": files, "time": f"{ratio:.2f} ×", "differs": "; ".join(told) or "-"}
        )
    print(pd.DataFrame(rows).to_string(index=False))
    return worse


def _tables(folder: Path) -> list[Path]:
    suffixes = {".csv", ".gpkg", ".geojson", ".parquet"}
    found = sorted(path for path in folder.iterdir() if path.suffix in suffixes)
    return found or [folder / "printed.txt"]  # what `check` finds is printed


def _differences(path: Path, other: Path) -> list[str]:
    if not other.is_file():
        return [f"{path.name}: missing"]
    if path.suffix == ".txt":
        return [f"{path.name} differs"] if path.read_bytes() != other.read_bytes() else []
    old, new = (_read(one) for one in (path, other))
    if len(old) != len(new):
        return [f"{path.name}: {len(old)} and {len(new)} rows"]
    told = [f"{path.name}: no column {name}" for name in old.columns if name not in new]
    for name in [name for name in old.columns if name in new]:
        if name == "geometry":
            same = shapely.equals_exact(
                shapely.normalize(old[name].values), shapely.normalize(new[name].values), SAME
            )
            told += [f"{path.name}: {(~same).sum()} geometries"] if not same.all() else []
        elif pd.api.types.is_float_dtype(old[name]) and pd.api.types.is_float_dtype(new[name]):
            a, b = old[name].to_numpy(), new[name].to_numpy()
            off = np.abs(a - b) / np.maximum(1, np.abs(a))
            off = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, off)
            told += [f"{path.name}: {name} by up to {off.max():.3g}"] if not off.max() <= SAME else []
        elif not old[name].astype(str).equals(new[name].astype(str)):
            told.append(
                f"{path.name}: {name} in {(old[name].astype(str) != new[name].astype(str)).sum()} rows"
            )
    return told


def _read(path: Path) -> pd.DataFrame:
    if path.suffix == ".csv":
        return pd.read_csv(path)
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    layers = [name for name, kind in pyogrio.list_layers(path) if kind]  # styles have no kind of geometry
    read = [gpd.read_file(path, layer=name, engine="pyogrio").assign(layer=name) for name in layers]
    return pd.concat(read, ignore_index=True)


def main() -> int:
    """Draw the inputs, run the commands, or compare two folders of results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parts = parser.add_subparsers(dest="part", required=True)
    drawing = parts.add_parser("draw")
    drawing.add_argument("inputs", type=Path)
    running = parts.add_parser("run")
    running.add_argument("inputs", type=Path)
    running.add_argument("--python", nargs="+", default=[sys.executable])
    running.add_argument("--data", type=Path)
    running.add_argument("--out", type=Path, required=True)
    running.add_argument("--repeats", type=int, default=1)
    running.add_argument(
        "--only", default="", help="regular expression that the names of the runs must match"
    )
    comparing = parts.add_parser("compare")
    comparing.add_argument("first", type=Path)
    comparing.add_argument("second", type=Path)
    options = parser.parse_args()
    if options.part == "draw":
        draw(options.inputs.resolve())
    elif options.part == "run":
        data = options.data and options.data.resolve()
        run(
            options.python,
            options.inputs.resolve(),
            data,
            options.out.resolve(),
            options.repeats,
            options.only,
        )
    else:
        return int(compare(options.first, options.second) > 0)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
