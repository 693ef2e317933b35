"""Which transformation, on which plane, and which points do not belong.

Without a word in the recipe the simplest transformation is taken that no richer one beats clearly in its
leave-one-out error. All are compared on the same points: those that do not belong, as one of the best sees
it, are set aside for all of them; while choosing, never while fitting.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pyproj import CRS

from frontlines.arrays import Floats
from frontlines.digitize.georef.error import to_lonlat, to_plane
from frontlines.digitize.georef.transformations import (
    FAMILIES,
    LEAST_POINTS,
    Family,
    fit,
    off_the_others,
    without_point,
)
from frontlines.digitize.settings import BAD_POINTS, CHOOSING
from frontlines.errors import DigitizeError

_DEGREES = np.array([360.0, 90.0])
_MARGIN = 2.0  # the margins of a sheet may reach beyond the ends of the Earth
_LEAST_SPAN_M = 1000.0


def refuse_other_unit(xy: Floats, crs: CRS, source: str) -> None:
    """Refuse degrees on a plane of metres, metres as degrees, and places that are nowhere."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    span = f"{source} puts the map at x {low[0]:g} to {high[0]:g}, y {low[1]:g} to {high[1]:g}"
    most = np.abs(xy).max(axis=0)
    if crs.is_geographic and (most > _MARGIN * _DEGREES).any():
        raise DigitizeError(
            f"{span}: these are no degrees, but {crs.name} is in degrees: give as crs the projected one that "
            'the numbers are in, such as "EPSG:32638"'
        )
    if crs.is_projected and (most <= _DEGREES).all() and _span_m(low, high, crs) < _LEAST_SPAN_M:
        raise DigitizeError(
            f"{span}: these look like degrees, but {crs.name} is not in degrees: give "
            'crs = "EPSG:4326", or the CRS that the numbers are in'
        )
    if not np.isfinite(to_lonlat(xy, crs)).all(axis=1).any():
        raise DigitizeError(f"{span}, which is nowhere on {crs.name}: check the CRS of the map")


def _span_m(low: Floats, high: Floats, crs: CRS) -> float:
    """Longer side of a map on its plane [m]."""
    return float((high - low).max() * crs.axis_info[0].unit_conversion_factor)


_HALF_TURN = 180.0  # a map of so many degrees of longitude has no middle


@dataclass(frozen=True)
class Choice:
    """A transformation, its plane, and why they were taken."""

    family: Family  # family, plane, crs: transformation, name of the plane, and its CRS
    plane: str
    crs: CRS
    reason: str  # in words
    # leave-one-out RMSE of each transformation that was weighed, all without the same points
    left_out_px: dict[str, float]

    @property
    def own_px(self) -> float:
        """Leave-one-out RMSE of what was taken, or inf if it is not known [px]."""
        return self.left_out_px.get(f"{self.family}, {self.plane}", np.inf)


def choose(pixels: Floats, lonlat: Floats, *, crs: CRS | None = None, family: Family | None = None) -> Choice:
    """Choose what was not given: the transformation, the plane, or both."""
    if not len(pixels):
        raise DigitizeError("there is no control point: give some that are not left out or switched off")
    planes = candidate_planes(lonlat) if crs is None else _named_plane(lonlat, crs)
    families = _allowed(len(pixels)) if family is None else [family]
    on_planes = {plane: to_plane(lonlat, where) for plane, where in planes.items()}
    rivals = [(name, plane) for name in families for plane in planes]
    every = {rival: _off_px(pixels, on_planes[rival[1]], rival[0]) for rival in rivals}
    medians = {rival: float(np.median(off)) for rival, off in every.items() if off is not None}
    bad = _set_aside(pixels, {rival: on_planes[rival[1]] for rival in medians}, medians)
    kept = np.setdiff1d(np.arange(len(pixels)), bad)
    common = {
        rival: _off_px(pixels[kept], on_planes[rival[1]][kept], rival[0]) if bad else off
        for rival, off in every.items()
    }
    weighed = {rival: float(np.sqrt((off**2).mean())) for rival, off in common.items() if off is not None}
    if not weighed:
        name, plane = rivals[0]
        fit(pixels, on_planes[plane], name)  # says what is wrong
        return Choice(name, plane, planes[plane], "no point to spare: no other could be weighed", {})
    taken = next(iter(weighed))
    for rival, error in weighed.items():
        if weighed[taken] > CHOOSING.fine_px and error < CHOOSING.better * weighed[taken]:
            taken = rival
    shown = {f"{name}, {plane}": round(error, 3) for (name, plane), error in weighed.items()}
    reason = "named in the recipe"
    if crs is None or family is None:
        what = [f"the simplest of {len({name for name, _ in weighed})} that {len(pixels)} points allow"]
        where = [f"the plane {taken[1]!r}, since the recipe names no CRS of the map"]
        both = " on ".join(what * (family is None) + where * (crs is None))
        reason = f"{both}; no other has a leave-one-out error clearly below its {weighed[taken]:.2g} px"
        if bad:
            reason += f" ({len(bad)} point{'s' * (len(bad) > 1)} set aside for all)"
    return Choice(*taken, planes[taken[1]], reason, shown)


def _allowed(n: int) -> list[Family]:
    """Name the transformations that so many points allow unasked, the plainest first."""
    spared = [name for name in FAMILIES if n >= LEAST_POINTS[name] + CHOOSING.spare_points[name]]
    return spared if "affine" in spared else ["helmert"]


def plane_name(crs: CRS) -> str:
    """Name the plane of a CRS for a reader."""
    operation = crs.coordinate_operation
    return f"{operation.method_name}, as given" if crs.name == "unknown" and operation else str(crs.name)


def candidate_planes(lonlat: Floats) -> dict[str, CRS]:
    """Planes that a map of these places may be drawn on, the plainest first."""
    middle, off = _about_middle(lonlat[:, 0])
    south, north = lonlat[:, 1].min(), lonlat[:, 1].max()
    lon, lat = round(middle + float(off.min() + off.max()) / 2, 1), round((south + north) / 2, 1)
    low, high = round(south + (north - south) / 6, 1), round(north - (north - south) / 6, 1)
    conic = abs(low + high) > 1
    planes = {
        f"Lambert conformal conic, {lon:g}°, {low:g}° and {high:g}°":
            f"+proj=lcc +lon_0={lon} +lat_0={lat} +lat_1={low} +lat_2={high} +datum=WGS84",
    } if conic else {}  # fmt: skip
    planes[f"web Mercator, {lon:g}°"] = f"+proj=webmerc +lon_0={lon} +datum=WGS84"
    planes[f"transverse Mercator, {lon:g}°"] = f"+proj=tmerc +lon_0={lon} +lat_0={lat} +datum=WGS84"
    planes[f"latitude against longitude, {lon:g}°"] = f"+proj=eqc +lon_0={lon} +lat_ts={lat} +datum=WGS84"
    return {name: CRS(text) for name, text in planes.items()}


def _about_middle(lon: Floats) -> tuple[float, Floats]:
    """Middle of longitudes, and how far each is off it: 179° and -179° are neighbours."""
    middle = float(np.degrees(np.angle(np.exp(1j * np.radians(lon)).mean())))
    return middle, (lon - middle + 180) % 360 - 180


def _named_plane(lonlat: Floats, crs: CRS) -> dict[str, CRS]:
    """Take the plane that was named, unless a cut between the points puts neighbours a world apart."""
    middle, off = _about_middle(lonlat[:, 0])
    lon = middle + np.linspace(off.min(), off.max(), CHOOSING.meridians)[1:-1]
    across = to_plane(np.column_stack([(lon + 180) % 360 - 180, np.full_like(lon, lonlat[:, 1].mean())]), crs)
    steps = np.nan_to_num(np.hypot(*np.diff(across, axis=0).T), nan=np.inf)
    if np.ptp(off) >= _HALF_TURN or steps.max() <= CHOOSING.cut * max(float(np.median(steps)), 1e-9):
        return {plane_name(crs): crs}
    at = abs((lon[steps.argmax()] + 180) % 360 - 180)
    method = "eqc" if crs.is_geographic else "webmerc"
    raise DigitizeError(
        f"the map lies on both sides of {at:.0f}°, where its plane {plane_name(crs)!r} is cut: leave crs "
        f'out, or give a plane about the middle of the map, such as "+proj={method} '
        f'+lon_0={(round(middle) + 179) % 360 - 179} +datum=WGS84"'
    )


def _off_px(pixels: Floats, xy: Floats, family: Family, bad: Sequence[int] = ()) -> Floats | None:
    """How far each point is from where the others, but bad ones, put it [px]; None if it cannot be told."""
    kept = np.setdiff1d(np.arange(len(pixels)), bad)
    try:
        fitted = fit(pixels[kept], xy[kept], family)
    except DigitizeError:
        return None
    off = (xy - fitted(pixels)) / fitted.pixel_side(pixels)[:, None]
    off[kept] = fitted.left_out_px(xy[kept])
    return np.hypot(*off.T) if np.isfinite(off).all() else None


def _set_aside(
    pixels: Floats, rivals: Mapping[tuple[Family, str], Floats], medians: Mapping[tuple[Family, str], float]
) -> list[int]:
    """Find the points that do not belong, by the transformation and plane that fit half of all points best.

    Only the few that do so with all points are asked, and each again without those that it would set aside.
    """
    found = {}
    for rival in sorted(medians, key=lambda one: medians[one])[: CHOOSING.judges]:
        bad = bad_points(pixels, rivals[rival], rival[0])
        off = _off_px(pixels, rivals[rival], rival[0], bad)
        found[medians[rival] if off is None else float(np.median(off))] = bad
    return found[min(found)] if found else []


@dataclass(frozen=True)
class _Judged:
    """Control points under a transformation: their places in pixels, and their residual maker."""

    px: Floats  # (n, 2), from the fit's own middle
    maker: Floats  # (2n, 2n)
    least: int  # points that the transformation needs

    @classmethod
    def by(cls, pixels: Floats, xy: Floats, family: Family) -> _Judged:
        fitted = fit(pixels, xy, family)
        sides = fitted.pixel_side(pixels)[:, None]
        return cls(
            (xy - fitted.target.middle) / np.median(sides), fitted.residual_maker, LEAST_POINTS[family]
        )

    def without(self, k: int) -> _Judged:
        return _Judged(np.delete(self.px, k, axis=0), without_point(self.maker, k), self.least)

    @cached_property
    def studied(self) -> tuple[Floats, Floats]:
        """Leave-one-out error of each point [px], and its square over the variance the others lend it."""
        taken = off_the_others(self.maker)
        squares = np.square(taken @ self.px.ravel()).sum(axis=1)
        return np.sqrt(squares), squares / (np.square(taken).sum(axis=(1, 2)) / 2)

    def doubt(self, k: int) -> float:
        """Chance that a sound point is as far from the others as this one is, times the number of points."""
        own, others = self.studied[1][k], self.without(k).studied[1]
        if not np.isfinite(own) or not np.isfinite(others).any():
            return 1.0
        freedom = max(2 * len(others) - 2 * self.least, 1)
        ratio = own / max(float(np.nanmean(others)), 1e-12)
        return float(len(self.px) * (1 + 2 * ratio / freedom) ** (-freedom / 2))

    def worst(self, chance: float) -> int | None:
        """Position of the point that belongs least, if it does not belong."""
        off_px, squares = self.studied
        doubts = {
            int(k): self.doubt(int(k)) for k in np.argsort(-np.nan_to_num(squares))[: BAD_POINTS.looked_at]
        }
        worst = min(doubts, key=lambda k: doubts[k])
        return worst if doubts[worst] < chance and off_px[worst] > BAD_POINTS.near_px else None

    def pair(self) -> list[int]:
        """Positions of two points that hide each other, the worse first; none if there are no such points."""
        far_px = self.studied[0]
        if not np.nanmax(far_px) > BAD_POINTS.near_px:
            return []
        chance, pairs = BAD_POINTS.doubt / len(far_px), dict[float, list[int]]()
        for first in map(int, np.sort(np.argsort(-far_px)[: BAD_POINTS.hidden])):
            others = self.without(first)
            worst = others.worst(chance)
            if worst is None:
                continue
            second = worst + (worst >= first)
            doubts = (self.without(second).doubt(first - (first > second)), others.doubt(worst))
            if max(doubts) < chance:
                pairs[max(doubts)] = [first, second][:: 1 if doubts[0] <= doubts[1] else -1]
        return pairs[min(pairs)] if pairs else []


def bad_points(pixels: Floats, xy: Floats, family: Family) -> list[int]:
    """Find control points that do not belong to the others."""
    rest, bad = np.arange(len(pixels)), list[int]()
    most = max(1, len(pixels) // 4)
    while len(bad) < most:
        try:
            judged = _Judged.by(pixels[rest], xy[rest], _stiff(family, len(rest)))
        except DigitizeError:
            break
        worst = judged.worst(BAD_POINTS.doubt)
        found = [] if worst is None else [worst]
        if not found and len(bad) + 2 <= most:
            found = judged.pair()
        if not found:
            break
        bad += rest[found].tolist()
        rest = np.delete(rest, found)
    return bad


def slip_among(pixels: Floats, lonlat: Floats, size_px: tuple[int, int]) -> tuple[int, bool] | None:
    """Find the point that lies far from where all others, which agree, put it, and if lon and lat changed."""
    found, most = None, 1.0
    every_px = _off_px(pixels, to_plane(lonlat, next(reversed(candidate_planes(lonlat).values()))), "affine")
    if every_px is None or len(pixels) <= LEAST_POINTS["affine"] + 2:
        return None
    for k in map(int, np.argsort(-every_px)[: BAD_POINTS.hidden]):
        others = np.delete(np.arange(len(pixels)), k)
        plane = next(reversed(candidate_planes(lonlat[others]).values()))
        off_px = _off_px(pixels, xy := to_plane(lonlat, plane), "affine", [k])
        if off_px is None:
            continue  # the others do not check each other
        if (times := off_px[k] / _least_slip_px(off_px[others], size_px)) > most:
            xy[k] = to_plane(lonlat[[k], ::-1], plane)[0]
            turned_px = _off_px(pixels, xy, "affine", [k])
            found, most = (k, turned_px is not None and off_px[k] > BAD_POINTS.slip * turned_px[k]), times
    return found


def slips_of(
    pixels: Floats, xy: Floats, family: Family, bad: list[int], size_px: tuple[int, int]
) -> list[int]:
    """Tell which bad points lie far from where the others, which agree, put them."""
    off = _off_px(pixels, xy, family, bad) if bad else None
    if off is None:
        return []
    return [k for k in bad if off[k] > _least_slip_px(np.delete(off, bad), size_px)]


def _least_slip_px(off_px: Floats, size_px: tuple[int, int]) -> float:
    typical_px = max(float(np.median(off_px)), BAD_POINTS.near_px)
    return max(BAD_POINTS.slip * typical_px, BAD_POINTS.slip_share * math.hypot(*size_px))


def _stiff(family: Family, n: int) -> Family:
    """Take the transformation itself if enough points are to spare, or the affine one, or Helmert's."""
    if family == "helmert":
        return family
    for name in (family, "affine"):
        if 2 * (n - 1) - 2 * LEAST_POINTS[name] >= BAD_POINTS.freedom:
            return name
    return "helmert" if n < LEAST_POINTS["affine"] + 2 else "affine"
