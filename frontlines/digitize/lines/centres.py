"""The centre of a stroke to a fraction of a pixel, its width, and how sure the centre is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely
from scipy import ndimage

from frontlines.arrays import Floats
from frontlines.digitize.colour.sheet import Sheet
from frontlines.digitize.lines.joining import Run, is_closed
from frontlines.digitize.settings import LINES, SCANS


def without_loops(points: Floats, longest_px: float) -> npt.NDArray[np.int64]:
    """Find the points of a line that are left if its small loops are cut off."""
    kept = np.arange(len(points))
    while len(kept) > 3 and not shapely.is_simple(shapely.LineString(points[kept])):  # noqa: PLR2004 - a loop has three edges
        first, last = _crossings(points[kept])
        step = np.hypot(*np.diff(points[kept], axis=0).T)
        along = np.concatenate([[0.0], np.cumsum(step)])
        length = along[last] - along[first + 1]
        if not len(length) or length.min() > longest_px:
            break
        least = int(length.argmin())
        kept = np.delete(kept, np.arange(first[least] + 1, last[least] + 1))
    return kept


def _crossings(points: Floats) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Positions of the edges that meet each other, the earlier and the later, neighbours left out."""
    edges = shapely.linestrings(np.stack([points[:-1], points[1:]], axis=1))
    first, last = shapely.STRtree(edges).query(edges, predicate="intersects")
    apart = last - first > 1
    if np.array_equal(points[0], points[-1]):
        apart &= last - first < len(edges) - 1
    return first[apart], last[apart]


@dataclass(frozen=True)
class Centred:
    """A run with its centre measured."""

    run: Run  # the run, its points on the centre
    sigma_px: Floats  # standard error of the centre across the line, (n,)
    strength: float = 1.0  # share of ink in the middle of the stroke, its median where it is seen


@dataclass(frozen=True)
class Ink:
    """An ink, and the grounds that it may be drawn on."""

    colour: Floats  # (3,) sRGB on evened paper
    grounds: Floats  # (n, 3)
    half_px: float  # half the width of its strokes


@dataclass(frozen=True)
class Profiles:
    """What profiles across a run show, a value a point."""

    centre: Floats  # centre of mass of the ink [px off the run]
    half_width: Floats  # half the ink's extent [px]
    trust: Floats  # how much of it is to be trusted, from 0 (covered) to 1
    uneven: Floats  # how unlike the grounds on its two sides are, as a share of the ink's contrast
    strength: Floats  # largest share of ink across it


def centred(runs: list[Run], sheet: Sheet, ink: Ink) -> list[Centred]:
    """Move runs to the centre of mass of the ink across them."""
    if not runs:
        return []
    runs = [_smoothed(run, ink.half_px) for run in runs]
    ink = replace(ink, colour=_full_colour(runs, sheet, ink))
    sigma: list[Floats] = []
    for turn in range(LINES.rounds):
        measured = _measured(runs, sheet, ink)
        done = [
            _moved(run, one, ink, last=turn == LINES.rounds - 1)
            for run, one in zip(runs, measured, strict=True)
        ]
        runs, sigma = [run for run, _ in done], [one for _, one in done]
        half = float(np.median(np.concatenate([one.half_width for one in measured])))
        ink = replace(ink, half_px=float(np.clip(half, ink.half_px, 2 * ink.half_px)))
    strength = [_strength(run, one) for run, one in zip(runs, measured, strict=True)]
    return [Centred(*one) for one in zip(runs, sigma, strength, strict=True)]


def _full_colour(runs: list[Run], sheet: Sheet, ink: Ink) -> Floats:
    """Colour along the middle of a line, where the ink that was matched is but a pale rim of it."""
    middle = np.median(_sampled(np.concatenate([run.points for run in runs]), sheet), axis=0).astype(float)
    full, given = np.linalg.norm(np.array([middle, ink.colour]) - ink.grounds[0], axis=1)
    return middle if full > given + LINES.strange else ink.colour


def _strength(run: Run, found: Profiles) -> float:
    seen = np.concatenate([[True], run.seen]) & np.concatenate([run.seen, [True]])
    return float(np.median(found.strength[seen if seen.any() else slice(None)]))


def _smoothed(run: Run, half_px: float) -> Run:
    """Take the stairs out of a skeleton."""
    closed = is_closed(run.points)
    points = run.points[:-1] if closed else run.points
    spread = min(1.0 + 0.3 * half_px, max(len(points) / 6, 0.3))
    if closed:
        smooth = ndimage.gaussian_filter1d(points, spread, axis=0, mode="wrap")
        smooth = np.vstack([smooth, smooth[:1]])
    else:  # mirrored through the end point, so that the ends stay
        pad = min(len(points) - 1, int(4 * spread) + 1)
        before, after = 2 * points[0] - points[pad:0:-1], 2 * points[-1] - points[-2 : -pad - 2 : -1]
        smooth = ndimage.gaussian_filter1d(np.vstack([before, points, after]), spread, axis=0)[
            pad : pad + len(points)
        ]
    return replace(run, points=np.asarray(smooth))


def normals_of(run: Run) -> Floats:
    """Find unit vectors across a run."""
    points = run.points
    if is_closed(run.points):
        around = np.vstack([points[-2], points, points[1]])
        ahead = around[2:] - around[:-2]
    else:
        ahead = np.gradient(points, axis=0)
    length = np.maximum(np.hypot(*ahead.T), 1e-9)[:, None]
    return np.asarray(np.column_stack([-ahead[:, 1], ahead[:, 0]]) / length)


def _measured(runs: list[Run], sheet: Sheet, ink: Ink) -> list[Profiles]:
    """Measure the profiles across each run."""
    reach = ink.half_px + LINES.beyond_px
    t = np.arange(-reach, reach + LINES.step_px / 2, LINES.step_px)
    places = np.concatenate([run.points[:, None] + t[:, None] * normals_of(run)[:, None] for run in runs])
    profiles = _sampled(places.reshape(-1, 2), sheet).reshape(len(places), len(t), 3)
    bounds = np.cumsum([len(run.points) for run in runs])[:-1]
    return [_across(part, t, ink) for part in np.split(profiles, bounds)]


def _sampled(places: Floats, sheet: Sheet) -> npt.NDArray[np.float32]:
    """Colours between pixels, on evened paper."""
    column = places[:, 0].clip(0, sheet.scan.width_px - 1)
    row = places[:, 1].clip(0, sheet.scan.height_px - 1)
    out = np.empty((len(places), 3), np.float32)
    band = (row // SCANS.band_px).astype(int)
    for one in np.unique(band):
        here = np.flatnonzero(band == one)
        first = int(one) * SCANS.band_px
        pixels = sheet.scan.read(slice(first, first + SCANS.band_px + 1))
        at = np.stack([row[here] - first, column[here]])
        for k in range(3):
            out[here, k] = ndimage.map_coordinates(
                pixels[..., k], at, order=1, mode="nearest", output=np.float32
            )
    return np.asarray(out * sheet.paper.gain_at(np.column_stack([column, row])))


def _across(profiles: npt.NDArray[np.float32], t: Floats, ink: Ink) -> Profiles:
    """Measure profiles, (n, t, 3)."""
    share = np.zeros(profiles.shape[:2])
    strange = np.zeros(profiles.shape[:2])
    grounds, lines = [], []
    for side in (t < 0, t >= 0):
        ground, line = _ground_beside(profiles[:, side & (np.abs(t) > ink.half_px + LINES.clear_px)], ink)
        grounds.append(ground)
        lines.append(line)
        ray = ink.colour - ground
        size = np.maximum((ray**2).sum(axis=1), 1.0)
        off = profiles[:, side] - ground[:, None]
        part = np.clip((off * ray[:, None]).sum(axis=2) / size[:, None], 0, 1.3)
        share[:, side] = part
        strange[:, side] = np.linalg.norm(off - part[..., None] * ray[:, None], axis=2)
    weight = share * np.exp(-((strange / LINES.strange) ** 2) * 2)
    weight *= _hump(weight, t, ink.half_px)
    mass = weight.sum(axis=1)
    centre = (weight * t).sum(axis=1) / np.maximum(mass, 1e-9)
    core = np.abs(t) <= ink.half_px + 0.5
    covered = (strange[:, core] > LINES.strange).mean(axis=1)
    trust = (
        np.clip(1 - 2.5 * covered, 0, 1) * np.clip(mass * LINES.step_px / (2 * ink.half_px) / 0.6, 0, 1) ** 2
    )
    half = mass * LINES.step_px / 2 / np.maximum(np.minimum(weight.max(axis=1), 1.0), 0.3)
    centre += (lines[1] * 1.0 - lines[0]) * _missing(half, ink)
    uneven = np.linalg.norm(grounds[0] - grounds[1], axis=1) / max(
        float(np.linalg.norm(ink.colour - ink.grounds[0])), 1.0
    )
    uneven[lines[0] | lines[1]] = LINES.unlike
    return Profiles(centre, half, trust, uneven, weight.max(axis=1))


def _ground_beside(outer: npt.NDArray[np.float32], ink: Ink) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Find what is beside the stroke on one side of each point, and whether that is another line."""
    steady = _steady(np.median(outer, axis=1).astype(float))
    apart = np.linalg.norm(steady[:, None] - ink.grounds[None], axis=2)
    strange = apart.min(axis=1) > LINES.strange
    own = np.linalg.norm(steady - ink.colour, axis=1) < LINES.strange
    nearest = ink.grounds[apart.argmin(axis=1)]
    return np.where((strange & own)[:, None], nearest, steady), strange & ~own


def _missing(half: Floats, ink: Ink) -> Floats:
    """How far the centre of what is seen is off that of a stroke of which a side is covered [px]."""
    return np.maximum(ink.half_px - _steady(half[:, None])[:, 0], 0.0)


def _steady(values: Floats) -> Floats:
    """Median along a run of points, column by column."""
    return np.asarray(
        ndimage.median_filter(values, size=(min(LINES.ground_run, len(values)), 1), mode="nearest")
    )


def _hump(weight: Floats, t: Floats, half_px: float) -> npt.NDArray[np.bool_]:
    """Find the part of each profile that hangs together with its highest place near the middle."""
    near = np.abs(t) <= half_px + 1.0
    pull = weight * near / (1 + 0.15 * np.abs(t))
    top = pull.argmax(axis=1)
    index = np.arange(len(t))
    full = weight >= LINES.foot
    last_gap = np.maximum.accumulate(np.where(~full & (index <= top[:, None]), index, -1), axis=1)[:, -1]
    beyond = np.where(~full & (index >= top[:, None]), index, len(t))
    next_gap = beyond.min(axis=1)
    return np.asarray((index > last_gap[:, None]) & (index < next_gap[:, None]))


def _moved(run: Run, found: Profiles, ink: Ink, *, last: bool) -> tuple[Run, Floats]:
    """Move a run to its measured centre; on the last round also say how sure it is."""
    seen = np.concatenate([[True], run.seen]) & np.concatenate([run.seen, [True]])
    trust = np.where(seen & (np.abs(found.centre) < ink.half_px + 2), found.trust, 0.0)
    spread = max(1.0, 0.7 * ink.half_px) if last else max(1.5, 1.2 * ink.half_px)
    offset = _steadied(found.centre, trust, spread, closed=is_closed(run.points))
    wide = _steadied(found.half_width, trust, 8.0, closed=is_closed(run.points))
    moved = run.points + offset[:, None] * normals_of(run)
    if is_closed(run.points):
        moved[-1] = moved[0]
    sigma = (
        _sigma(run, replace(found, centre=found.centre - offset, trust=trust), ink)
        if last
        else np.zeros(len(moved))
    )
    return Run(moved, np.where(wide > 0, wide, ink.half_px), run.seen), sigma


def _steadied(values: Floats, trust: Floats, spread: float, *, closed: bool) -> Floats:
    """Smooth along the line, trusted points counting more; where none is near, the next ones decide."""
    mode = "wrap" if closed else "nearest"
    weight = ndimage.gaussian_filter1d(trust, spread, mode=mode)
    smooth = ndimage.gaussian_filter1d(values * trust, spread, mode=mode) / np.maximum(weight, 1e-9)
    known = np.flatnonzero(weight > 0.05)  # noqa: PLR2004 - anything trusted within reach
    if not len(known):
        return np.zeros_like(values)
    return np.asarray(np.interp(np.arange(len(values)), known, smooth[known]))


def _distance(known: npt.NDArray[np.int64], count: int) -> Floats:
    """Points from each point to the nearest known one."""
    if not len(known):
        return np.full(count, float(count))
    index = np.arange(count)
    right = np.searchsorted(known, index).clip(0, len(known) - 1)
    return np.asarray(
        np.minimum(np.abs(known[right] - index), np.abs(known[(right - 1).clip(0)] - index)).astype(float)
    )


def _sigma(run: Run, found: Profiles, ink: Ink) -> Floats:
    """Estimate the error of the centre from profiles whose centres are what smoothing left."""
    closed, trust, scatter = is_closed(run.points), found.trust, found.centre
    around = np.sqrt(_steadied(np.minimum(scatter**2, 4.0), trust, 10.0, closed=closed))
    covered = 1 - _steadied(trust, np.ones_like(trust), 2.0, closed=closed)
    hidden = LINES.unlike * covered + LINES.buried * np.clip(2 * covered - 1, 0, 1)
    known = np.flatnonzero(trust > 0.3)  # noqa: PLR2004 - the line is seen well enough
    far = _distance(known, len(trust))
    wander = np.where(far > 2 * ink.half_px, LINES.wander * far, 0.0)
    uneven, rough = LINES.unlike * ink.half_px * found.uneven, LINES.rough * _roughness(run)
    parts = (LINES.floor_px, LINES.scatter * around, hidden * ink.half_px, wander, uneven, rough)
    return np.asarray(np.sqrt(sum(np.square(part) for part in parts)))


def _roughness(run: Run) -> Floats:
    """How far each point is off the cubic through two points before and two behind it [px].

    A line that is drawn bends by and by; what letters, borders and noise have pushed it off comes and goes
    within a few strokes.
    """
    points, step = run.points, int(LINES.beyond_px)
    if is_closed(run.points):
        around = points[np.arange(-2 * step, len(points) + 2 * step) % (len(points) - 1)]
    else:
        around = np.pad(points, ((2 * step, 2 * step), (0, 0)), mode="reflect", reflect_type="odd")
    far = around[: -4 * step] + around[4 * step :]
    near = around[step : -3 * step] + around[3 * step : -step]
    off = points - (4 * near - far) / 6
    return np.asarray(np.sqrt(ndimage.gaussian_filter1d((off**2).sum(axis=1), 1.0)))
