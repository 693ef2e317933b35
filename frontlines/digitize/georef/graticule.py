"""Crossings of a graticule, found on the scan from two that were named.

From crossing to crossing: those found so far say where the next ones must lie, and there the two lines are
looked for in the darkness across them. How far apart lines are follows from the steps that maps have: that
one is taken which finds most crossings. What does not fit the others is left out: none is taken on trust.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from pyproj import CRS
from scipy import ndimage

from frontlines.arrays import Floats, Pixels
from frontlines.digitize.georef.control_points import GroundControl
from frontlines.digitize.georef.error import to_plane
from frontlines.digitize.georef.selection import candidate_planes, choose
from frontlines.digitize.georef.transformations import LEAST_POINTS, Family, fit
from frontlines.digitize.settings import GRATICULES
from frontlines.errors import DigitizeError

_Node = tuple[int, int]  # steps of longitude and latitude from the first crossing that was named
_PREDICTING: tuple[Family, ...] = ("polynomial2", "affine", "helmert")  # by twice the points they need
_FINE = 100  # parts of the way between two crossings, over which the directions of lines are taken
_AROUND = ((1, 0), (-1, 0), (0, 1), (0, -1))


@dataclass(frozen=True)
class _Net:
    """A graticule as it may be: its first crossing and its steps [degrees], and the plane it is drawn on."""

    first: Floats
    steps: Floats
    crs: CRS

    def lonlat(self, nodes: Iterable[_Node]) -> Floats:
        return self.first + np.array(list(nodes), dtype=float).reshape(-1, 2) * self.steps

    def predicted(self, nodes: Sequence[_Node], known: dict[_Node, Floats]) -> Floats:
        """Say where nodes lie on the scan, from those that are known, (n, 2) [px]."""
        there, pixels = to_plane(self.lonlat(known), self.crs), np.array(list(known.values()))
        wanted = to_plane(self.lonlat(nodes), self.crs)
        for family in _PREDICTING:
            if len(known) >= 2 * LEAST_POINTS[family] or family == "helmert":
                try:
                    return fit(there, pixels, family)(wanted)
                except DigitizeError:
                    continue
        return np.full_like(wanted, np.nan)

    def ways(self, nodes: Sequence[_Node], known: dict[_Node, Floats]) -> Floats:
        """Give the steps along the two lines at nodes, (n, 2, 2) [px]."""
        around = self.predicted([(i + a, j + b) for i, j in nodes for a, b in _AROUND], known)
        east, west, north, south = around.reshape(-1, 4, 2).transpose(1, 0, 2)
        return np.stack([east - west, north - south], axis=1) / 2


def with_graticule(control: GroundControl, bands: Iterable[tuple[int, Pixels]]) -> GroundControl:
    """Add the crossings of the graticule that are found on the scan, given in bands, to those named."""
    grey = np.concatenate([band.mean(axis=2, dtype=np.float32) for _, band in bands])
    dark = ndimage.grey_closing(grey, size=2 * (GRATICULES.widest_px // 2) + 1) - grey
    where = control.source or "the scan"
    best: dict[_Node, Floats] = {}
    every = list(_steps(control, where))
    read = [(crs, _named(dark, control, crs)) for crs in candidate_planes(control.lonlat).values()]
    for steps, nodes in every:
        for crs, places in read:
            net = _Net(control.lonlat[0], steps, crs)
            found = _grown(dark, net, dict(zip(nodes, places, strict=False)))
            if len(found) > len(best):
                best, chosen, own = found, net, dict(zip(nodes, control.points["id"], strict=True))
            if len(best) >= GRATICULES.most and _woven(best) >= GRATICULES.woven:
                break
        if len(best) >= GRATICULES.least and _woven(best) >= GRATICULES.woven:
            break
    if len(best) >= GRATICULES.least:
        best = _fitting(best, chosen)
    if len(best) < GRATICULES.least:
        raise DigitizeError(
            f"{where}: {len(best) or 'no'} crossings of a graticule are found from the two named: name "
            "crossings of thin dark lines to a few pixels, or leave graticule out and give six points or more"
        )
    lonlat, pixels = chosen.lonlat(best), np.array(list(best.values()))
    ids = [own.get(node, f"{lon:.6g} {lat:.6g}") for node, (lon, lat) in zip(best, lonlat, strict=True)]
    columns = {"id": ids, "col": pixels[:, 0], "row": pixels[:, 1], "lon": lonlat[:, 0], "lat": lonlat[:, 1]}
    return replace(control, points=pd.DataFrame(columns))


def _steps(control: GroundControl, where: str) -> Iterator[tuple[Floats, list[_Node]]]:
    """Give the steps that a graticule with two named crossings may have, fine ones first, and their nodes."""
    apart = np.diff(control.lonlat, axis=0)
    if len(control) != 2 or not apart.all():  # noqa: PLR2004
        raise DigitizeError(
            f"{where}: graticule needs two crossings, on different meridians and parallels: give two points"
        )
    far_px = float(np.hypot(*np.diff(control.pixels, axis=0)[0]))
    ways = []
    for degrees in np.abs(apart[0]):
        counts = degrees * 60 / np.array(GRATICULES.steps_min)
        whole = np.rint(counts)
        fits = (whole >= 1) & (np.abs(counts - whole) < GRATICULES.off_step * whole)
        ways.append([int(one) for one in whole[fits] if far_px / one > GRATICULES.nearest_px])
    for ends in sorted(itertools.product(*ways), key=math.prod, reverse=True):
        steps = np.abs(apart[0]) / ends
        if max(steps) <= GRATICULES.oblong * min(steps):
            east, north = (np.sign(apart[0]) * ends).astype(int).tolist()
            yield steps, [(0, 0), (east, north)]


def _woven(found: dict[_Node, Floats]) -> float:
    """Share of the crossings that have a neighbour along both lines: of too fine a net they stand alone."""
    beside = [[(i + a, j + b) in found for a, b in _AROUND] for i, j in found]
    return float(np.mean([(west or east) and (north or south) for east, west, north, south in beside]))


def _named(dark: Floats, control: GroundControl, crs: CRS) -> list[Floats]:
    """Read the two crossings that were named on the scan, with lines as they run on a plane; none or both."""
    net = _Net(control.lonlat[0], np.diff(control.lonlat, axis=0)[0] / _FINE, crs)
    nodes = [(0, 0), (_FINE, _FINE)]
    known = dict(zip(nodes, control.pixels, strict=True))
    read = (
        _crossing(dark, at, net.ways([node], known)[0], GRATICULES.named_px) for node, at in known.items()
    )
    found = [at for at in read if at is not None]
    return found if len(found) == len(nodes) else []


def _grown(dark: Floats, net: _Net, named: dict[_Node, Floats]) -> dict[_Node, Floats]:
    """Find crossings from those named outwards, as long as there are more."""
    found = new = dict(named)
    while new:
        wanted = sorted({(i + a, j + b) for i, j in new for a, b in _AROUND} - set(found))
        looked = zip(wanted, net.predicted(wanted, found), net.ways(wanted, found), strict=True)
        read = {node: _crossing(dark, place, ways) for node, place, ways in looked}
        new = {node: at for node, at in read.items() if at is not None}
        found = found | new
    return found


def _crossing(dark: Floats, place: Floats, ways: Floats, length_px: float | None = None) -> Floats | None:
    """Look for the crossing of two lines near a place of the scan; `ways` are their steps there [px]."""
    lengths = np.hypot(*ways.T)
    on = np.isfinite(ways).all() and (place > 0).all() and (place < np.array(dark.shape[::-1]) - 1).all()
    if not on or not lengths.min() > 0:
        return None
    units = ways / lengths[:, None]
    lengths = lengths if length_px is None else np.full(2, length_px)
    if lengths.min() < GRATICULES.nearest_px:
        return None
    normals = units[:, ::-1] * [-1.0, 1.0]
    start = place
    for reach in (max(GRATICULES.reach * lengths.min(), GRATICULES.near_px), GRATICULES.near_px):
        offs = [
            _line(dark, place, unit, normal, length, reach)
            for unit, normal, length in zip(units, normals, lengths, strict=True)
        ]
        if None in offs:
            return None
        place = place + np.linalg.solve(normals, np.array(offs, dtype=float))
    return (
        place if np.hypot(*(place - start)) < GRATICULES.reach * lengths.min() + GRATICULES.near_px else None
    )


def _line(
    dark: Floats, place: Floats, unit: Floats, normal: Floats, length: float, reach: float
) -> float | None:
    """How far off a place the one line runs that can be meant [px]; None if there is none, or are several."""
    arm = np.arange(GRATICULES.crossed_px, min(GRATICULES.arm * length, GRATICULES.longest_px))
    off = np.arange(-np.ceil(reach) - GRATICULES.widest_px, np.ceil(reach) + GRATICULES.widest_px + 1)
    at = place + np.concatenate([-arm, arm])[:, None, None] * unit + off[None, :, None] * normal
    beyond = np.maximum(-at, at - np.array(dark.shape[::-1]) + 1).max(axis=(1, 2))
    on = beyond <= 0  # the rest is off the scan
    at, arms = at[on], np.split(np.arange(on.sum()), [int(on[: len(arm)].sum())])
    arms = [one for one in arms if len(one) > GRATICULES.widest_px]
    if not arms:
        return None
    seen = ndimage.map_coordinates(dark, [at[..., 1], at[..., 0]], order=1, cval=0.0)
    profile = np.median(seen, axis=0)  # what crosses a line, or hides a part of it, does not count
    seen, profile = (
        seen - np.median(profile),
        np.maximum(profile - np.median(profile), 0),
    )  # over the paper's grain
    inner = np.abs(off) <= reach
    peak = int(np.where(inner, profile, -1.0).argmax())
    beside = np.abs(off - off[peak]) > GRATICULES.widest_px / 2
    rival = profile[beside & inner].max(initial=0.0)
    if profile[peak] < GRATICULES.seen or rival > GRATICULES.alone * profile[peak]:
        return None
    near = np.abs(off - off[peak]) <= GRATICULES.widest_px / 2
    drawn = seen[:, near].max(axis=1) > profile[peak] / 2
    if min(drawn[one].mean() for one in arms) < GRATICULES.whole:
        return None
    return float((profile[near] * off[near]).sum() / profile[near].sum())


def _fitting(found: dict[_Node, Floats], net: _Net) -> dict[_Node, Floats]:
    """Keep the crossings that lie where the others put them.

    A line, or the farthest crossing, is dropped as long as the error of the others falls much by it: a front
    that runs beside a line is wrong all along it. What fits must bend little, or it would follow the front.
    """
    while len(found) >= GRATICULES.least:
        lonlat, pixels = net.lonlat(found), np.array(list(found.values()))
        family: Family = "polynomial2" if len(found) >= GRATICULES.most else "affine"
        xy = to_plane(lonlat, choose(pixels, lonlat, family=family).crs)
        off_px, nodes = _off_px(pixels, xy, family), np.array(list(found))
        lines = [nodes[:, axis] == one for axis in (0, 1) for one in np.unique(nodes[:, axis])]
        groups = [one for one in [off_px == off_px.max(), *lines] if (~one).sum() >= GRATICULES.least]
        left = [float(np.square(_off_px(pixels[~one], xy[~one], family)).mean()) for one in groups]
        mean = float(np.square(off_px).mean())
        if not left or min(left) > GRATICULES.falls**2 * mean or mean < GRATICULES.fine_px**2:
            kept = off_px <= max(GRATICULES.astray_px, GRATICULES.astray * float(np.median(off_px)))
            return {node: at for (node, at), keep in zip(found.items(), kept, strict=True) if keep}
        gone = groups[int(np.argmin(left))]
        found = {node: at for (node, at), out in zip(found.items(), gone, strict=True) if not out}
    return found


def _off_px(pixels: Floats, xy: Floats, family: Family) -> Floats:
    """How far each crossing is from where the others put it [px]; infinite if they do not say."""
    try:
        return np.asarray(np.nan_to_num(np.hypot(*fit(pixels, xy, family).left_out_px(xy).T), nan=np.inf))
    except DigitizeError:
        return np.full(len(pixels), np.inf)
