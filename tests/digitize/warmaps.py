"""A varied family of made-up war maps, from seeds, and how far a tracing is from the truth."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontlines.datasets import ScanLook, render_scan

PLACES = [
    "Ardova",
    "Belmont",
    "Krasny Log",
    "Dunaharaszt",
    "Ferro",
    "Gorica",
    "Hill 203",
    "Ivangorod",
    "Kut",
    "Lesna",
]

PALETTES = {  # what is asked for (name or hex) and what is printed, of either line; width; dashes
    "blue-red": (("blue", "#1f4fb4", 4.0, None), ("red", "#cc2222", 4.0, None)),
    "orange-green": (("orange", "#e8821e", 5.0, None), ("green", "#2e8b3d", 3.0, None)),
    "black-red-thick": (("black", "#1a1a1a", 7.0, None), ("red", "#b3202c", 9.0, None)),
    "purple-brown-thin": (("purple", "#7b2d8b", 2.0, None), ("brown", "#8a5a2b", 2.5, None)),
    "magenta-teal-dashed": (("magenta", "#c2188b", 4.0, (22.0, 9.0)), ("teal", "#0b7a75", 5.0, None)),
    "navy-crimson": (("#000080", "#20307a", 3.0, None), ("crimson", "#d0213f", 3.0, (16.0, 7.0))),
}


def meander(rng, width, height, *, base, step=2.0, wild=1.0):
    """A line across the map that wanders about a height."""
    t = np.arange(0.04, 0.96, step / width)
    y = base * height + np.zeros_like(t)
    x = t * width
    for k, amplitude in ((1.5, 0.07), (4, 0.035), (9, 0.014), (21, 0.005), (40, 0.002)):
        y = y + wild * amplitude * height * rng.uniform(0.5, 1.3) * np.sin(2 * np.pi * (k * t + rng.random()))
        x = x + 0.5 * wild * amplitude * height * rng.uniform(0.3, 1.0) * np.sin(
            2 * np.pi * (k * 1.1 * t + rng.random())
        )
    return shapely.LineString(np.column_stack([x, y]))


def graticule(width, height, n=4, colour="#888888", line=1.0):
    xs, ys = np.linspace(0.05, 0.95, n + 1) * width, np.linspace(0.05, 0.95, n + 1) * height
    lines = [shapely.LineString([(x, 0.03 * height), (x + 0.03 * width, 0.97 * height)]) for x in xs]
    lines += [shapely.LineString([(0.03 * width, y), (0.97 * width, y)]) for y in ys]
    return [(line_, colour, line, None) for line_ in lines]


def war_map(
    seed,
    palette="blue-red",
    *,
    size=(1400, 1000),
    merge=False,
    fills=False,
    halo=3.0,
    look=None,
    legend=True,
    label_ink="black",
):
    """Two front lines with all that crosses them; returns the scan, what to ask for, and the names of the lines."""
    rng = np.random.default_rng(seed)
    width, height = size
    first, second = PALETTES[palette]
    upper, lower = meander(rng, width, height, base=0.38), meander(rng, width, height, base=0.66)
    if merge:
        lower = merged(upper, lower)
    rows = graticule(width, height)
    rows.append((meander(rng, width, height, base=0.5, wild=1.6), "#6fb1dd", 2.0, None))  # a river
    down = meander(rng, height, width, base=0.4)
    rows.append((shapely.transform(down, lambda xy: xy[:, ::-1]), "#6fb1dd", 3.0, None))
    border = meander(rng, height, width, base=0.7)
    rows.append((shapely.transform(border, lambda xy: xy[:, ::-1]), "#444444", 1.5, (8.0, 4.0)))
    names = [None] * len(rows)
    rows.append((upper, *first[1:]))
    rows.append((lower, *second[1:]))
    names += ["first", "second"]
    road = meander(rng, width, height, base=0.55, wild=1.8)
    rows.append((road, "#b9a58a", 1.5, None))
    names.append(None)
    labels = pd.DataFrame({
        "text": PLACES, "x": rng.uniform(0.1, 0.9, len(PLACES)) * width, "y": rng.uniform(0.1, 0.9, len(PLACES)) * height,
        "size_px": rng.choice([12.0, 14.0, 18.0], len(PLACES)), "halo_px": halo, "colour": label_ink,
    })  # fmt: skip
    for k, line in enumerate((upper, lower, upper)):  # three labels stand on the lines
        at = line.interpolate(rng.uniform(0.2, 0.8), normalized=True)
        labels.loc[k, ["x", "y", "size_px"]] = [at.x, at.y, 15.0]
    frame = []
    if legend:
        rows, names, labels, frame = with_legend(rows, names, labels, size, (first, second))
    lines = gpd.GeoDataFrame(
        {"name": names, "colour": [row[1] for row in rows], "width_px": [row[2] for row in rows], "dashes_px": [row[3] for row in rows]},
        geometry=[row[0] for row in rows],
    )  # fmt: skip
    areas = press_fills(lower, size) if fills else None
    scan = render_scan(lines, size_px=size, areas=areas, labels=labels, look=look or ScanLook(), rng=seed)
    return scan, {"first": first[0], "second": second[0]}, frame


def merged(upper, lower):
    """The lower line runs along the upper one through the middle third."""
    a, b = shapely.get_coordinates(lower), shapely.get_coordinates(upper)
    n = min(len(a), len(b))
    t = np.linspace(0, 1, n)
    weight = np.clip((0.5 * np.minimum(t - 0.25, 0.75 - t)) / 0.03, 0, 1)[:, None]
    weight = weight**2 * (3 - 2 * weight)
    return shapely.LineString(a[:n] * (1 - weight) + b[:n] * weight)


def with_legend(rows, names, labels, size, inks):
    """A framed legend with a key stroke of each line."""
    width, height = size
    x, y, w, h = 0.04 * width, 0.83 * height, 190, 95
    frame = shapely.box(x, y, x + w, y + h)
    rows = [*rows, (shapely.LineString(frame.exterior), "#222222", 1.5, None)]
    for k, ink in enumerate(inks):
        rows.append((shapely.LineString([(x + 12, y + 28 + 34 * k), (x + 62, y + 28 + 34 * k)]), *ink[1:]))
    names = [*names, None, None, None]
    text = pd.DataFrame(
        {
            "text": ["7 April", "12 May"],
            "x": x + 115,
            "y": [y + 28, y + 62],
            "size_px": 14.0,
            "halo_px": 0.0,
            "colour": "black",
        }
    )
    return rows, names, pd.concat([labels, text], ignore_index=True), [frame]


def press_fills(line, size):
    height = size[1]
    xy = shapely.get_coordinates(line)
    south = shapely.Polygon([*xy, (xy[-1, 0], 0.97 * height), (xy[0, 0], 0.97 * height)]).buffer(0)
    north = shapely.Polygon([*xy, (xy[-1, 0], 0.03 * height), (xy[0, 0], 0.03 * height)]).buffer(0)
    return gpd.GeoDataFrame(
        {"name": ["south", "north"], "colour": ["#f3c9c0", "#c9d8ee"], "alpha": 1.0}, geometry=[south, north]
    )


def score(tracing, scan, name):
    """Errors of a traced line against the truth, in pixels and shares."""
    rows = scan.lines[scan.lines["name"] == name]
    truth, visible = shapely.union_all(rows.geometry), shapely.union_all(rows["visible"])
    shapely.prepare(truth)
    mine = [s for s in tracing.stretches if s.line == name]
    if not mine:
        return {"median": np.inf, "p95": np.inf, "complete": 0.0, "false": 0.0, "cover": np.nan, "n": 0}
    errors, seen, sigma = [], [], []
    false = 0.0
    for s in mine:
        jumped = np.zeros(len(s.points), bool)
        for a, b in s.jumped:
            jumped[a + 1 : b] = True
        off = shapely.distance(shapely.points(s.points), truth)
        errors.append(off[~jumped]), sigma.append(s.sigma_px[~jumped]), seen.append(~jumped)
        dense = shapely.segmentize(s.geometry, 1.0)
        wrong = dense.difference(truth.buffer(5.0))
        false = max([false, *(part.length for part in shapely.get_parts(wrong))])
    off, sigma = np.concatenate(errors), np.concatenate(sigma)
    whole = shapely.union_all([s.geometry for s in mine]).buffer(3.0)
    return {
        "median": float(np.median(off)), "p95": float(np.quantile(off, 0.95)), "max": float(off.max()),
        "complete": float(visible.intersection(whole).length / visible.length), "false": float(false),
        "cover": float((off < sigma).mean()), "n": len(mine),
    }  # fmt: skip
