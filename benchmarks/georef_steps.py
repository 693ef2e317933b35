"""What each step of the georeference is worth: taken out in turn, on control points whose truth is known.

::

    python -m benchmarks.georef_steps [--cases 120] [--only REGEX]

Maps are bent in one of six ways, with 6 to 25 control points read to 0.5 to 2 px. Four parts are measured
apart, with the same cases for every step of a part: the choice of the transformation, the choice of the
plane, the naming of points that are wrong by 15 to 80 px, and the quoted error. Printed are means over the
cases, and in brackets the paired difference from the whole method with its standard error.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import pandas as pd
from pyproj import CRS

from frontlines.arrays import Floats
from frontlines.digitize.georef import error, selection
from frontlines.digitize.georef.error import to_lonlat, to_plane
from frontlines.digitize.georef.georeference import _error
from frontlines.digitize.georef.selection import FAMILIES, bad_points, candidate_planes, choose
from frontlines.digitize.georef.transformations import fit

PIXEL_M = 30.0
UTM = CRS("EPSG:32638")
PLANES = tuple(
    CRS(f"+proj={text} +datum=WGS84")
    for text in (
        "lcc +lat_1=39 +lat_2=41 +lon_0=45 +lat_0=40",
        "webmerc +lon_0=45",
        "tmerc +lon_0=45 +lat_0=40",
        "eqc +lon_0=45 +lat_ts=40",
    )
)
BENT = ("helmert", "affine", "projective", "polynomial2", "wave", "wild wave")
WORST = 5.0  # true errors count up to so many standard errors, so that one case does not outweigh all
Patch = tuple[Any, str, Any]


class Case(NamedTuple):
    """Places of a sheet of 3000 by 2000 px read with noise, and where they truly are."""

    read: Floats  # (n, 2) [px]
    true_m: Floats  # (n, 2), on the map's plane [m]
    checks: Floats  # other places of the sheet, (m, 2) [px]
    checks_m: Floats
    wrong: set[int]


def case_of(seed: int, *, bad: int = 0, pixel_m: float = PIXEL_M, kinds: tuple[str, ...] = BENT) -> Case:
    """Make up a map and its control points."""
    rng = np.random.default_rng(seed)
    n = int(rng.choice([6, 9, 14, 25]))
    pixels, checks = (
        rng.uniform([100, 100], [2900, 1900], (n, 2)),
        rng.uniform([200, 200], [2800, 1800], (40, 2)),
    )
    place = _truth(kinds[seed % len(kinds)], rng, pixel_m)
    read = pixels + rng.normal(0, rng.choice([0.5, 1.0, 2.0]), pixels.shape)
    moved, turn = rng.choice(n, bad, replace=False), rng.uniform(0, 2 * np.pi, bad)
    read[moved] += rng.uniform(15, 80, (bad, 1)) * np.column_stack([np.cos(turn), np.sin(turn)])
    read = np.rint(read) if seed % 4 == 0 else read
    return Case(read, place(pixels), checks, place(checks), set(moved.tolist()))


def _truth(kind: str, rng: np.random.Generator, pixel_m: float) -> Callable[[Floats], Floats]:
    turn, stretch = rng.normal(0, 0.02), rng.uniform(1.01, 1.05)
    size_px = {"wave": 2.5, "wild wave": 8.0}.get(kind, 0.0)
    wave, phase, size = (
        rng.normal(0, 1 / 1500, (6, 2)),
        rng.uniform(0, 7, (6, 2)),
        rng.normal(0, size_px, (6, 2)),
    )

    def place(pixels: Floats) -> Floats:
        p = pixels - [1500, 1000]
        if kind == "affine":
            p = p @ [[stretch, 0.01], [-0.02, 1.0]]
        elif kind == "projective":
            p = p / (1 + p @ [3e-5, -2e-5])[:, None]
        elif kind == "polynomial2":
            p = p + np.column_stack([1e-5 * p[:, 1] ** 2, 1.2e-5 * p[:, 0] * p[:, 1]])
        p = p + sum(size[k] * np.sin((p @ wave[k])[:, None] + phase[k]) for k in range(6))
        turned = p @ [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
        return np.asarray(turned * [pixel_m, -pixel_m])

    return place


def transformation(seed: int) -> dict[str, float]:
    """Measure the true error of what is chosen on the map's own plane."""
    case, shift = case_of(seed), [5e5, 4.4e6]
    choice = choose(case.read, to_lonlat(case.true_m + shift, UTM), crs=UTM)
    off = (fit(case.read, case.true_m, choice.family)(case.checks) - case.checks_m) / PIXEL_M
    return {"log of true RMS [px]": float(np.log(np.sqrt((off**2).mean())))}


def plane(seed: int) -> dict[str, float]:
    """Measure the true error where nobody says on which of four planes a map of 600 km is drawn.

    None, one or two of its points are wrong.
    """
    case, own = case_of(seed, bad=seed % 3, pixel_m=200.0, kinds=("helmert",)), PLANES[seed % len(PLANES)]
    lonlat, check = to_lonlat(case.true_m, own), to_lonlat(case.checks_m, own)
    choice = choose(case.read, lonlat)
    sound = np.setdiff1d(np.arange(len(lonlat)), list(case.wrong))  # the choice alone is measured
    there = fit(case.read[sound], to_plane(lonlat[sound], choice.crs), choice.family)(case.checks)
    off = (to_plane(to_lonlat(there, choice.crs), own) - to_plane(check, own)) / 200.0
    return {"log of true RMS [px]": float(np.log(np.sqrt((off**2).mean())))}


def naming(seed: int) -> dict[str, float]:
    """Whether all wrong points are named, and no others."""
    case, family = case_of(seed, bad=seed % 3), FAMILIES[seed % len(FAMILIES)]
    named = set(bad_points(case.read, case.true_m, "affine" if family == "polynomial3" else family))
    found = float(named >= case.wrong) if case.wrong else np.nan
    return {"all wrong ones named": found, "sound ones named": float(bool(named - case.wrong))}


def quoted(seed: int) -> dict[str, float]:
    """Hold the quoted error against the true one, of each transformation that the points allow."""
    case = case_of(seed)
    families = selection._allowed(len(case.read))  # noqa: SLF001
    within, surprise = [], []
    for family in families:
        fitted = fit(case.read, case.true_m, family)
        sigma_px = np.maximum(_error(fitted, case.true_m, case.true_m / 7e5)(case.checks), 1e-3)[:, None]
        off_px = (fitted(case.checks) - case.checks_m) / PIXEL_M
        within.append((np.abs(off_px) < sigma_px).mean())
        surprise.append((np.log(sigma_px) + np.minimum(np.abs(off_px) / sigma_px, WORST) ** 2 / 2).mean())
    return {"within the quoted error": float(np.mean(within)), "surprise": float(np.mean(surprise))}


def _setting(module: Any, group: str, **changes: Any) -> Patch:
    return (module, group, replace(getattr(module, group), **changes))


def _families(*gone: str) -> Patch:
    return (selection, "FAMILIES", tuple(one for one in FAMILIES if one not in gone))


def _plane(k: int) -> Patch:
    return (
        selection,
        "candidate_planes",
        lambda lonlat: dict(one for j, one in enumerate(candidate_planes(lonlat).items()) if j != k),
    )


_ONE = dict.fromkeys(FAMILIES, 1)
STEPS: dict[Callable[[int], dict[str, float]], dict[str, Patch]] = {
    transformation: {
        "affine alone": _families("helmert", "projective", "polynomial2", "polynomial3", "spline"),
        **{f"no {name}": _families(name) for name in FAMILIES},
        "the least error, however close": _setting(selection, "CHOOSING", better=1.0),
        "none is fine enough": _setting(selection, "CHOOSING", fine_px=0.0),
        "one point to spare is enough": _setting(selection, "CHOOSING", spare_points=_ONE),
    },
    plane: {
        "no conic": _plane(0),
        "no web Mercator": _plane(1),
        "no transverse Mercator": _plane(2),
        "no latitude against longitude": _plane(3),
        "no point is set aside": (selection, "_set_aside", lambda *_: []),
        "one judge of the points": _setting(selection, "CHOOSING", judges=1),
    },
    naming: {
        "no pairs": (selection, "_pair", lambda *_: []),
        "judged by the family itself": (selection, "_stiff", lambda family, _: family),
        "judged by the affine one": (selection, "_stiff", lambda *_: "affine"),
        "the farthest alone is looked at": _setting(selection, "BAD_POINTS", looked_at=1),
        "near ones are named too": _setting(selection, "BAD_POINTS", near_px=0.0),
    },
    quoted: {
        "readings alone, nothing shared": _setting(error, "QUOTED_ERROR", shares=(0.0,)),
        **{f"a reach of {reach}": _setting(error, "QUOTED_ERROR", reach=reach) for reach in (0.25, 0.8)},
        "three shares": _setting(error, "QUOTED_ERROR", shares=(0.0, 0.5, 0.95)),
        "two shares": _setting(error, "QUOTED_ERROR", shares=(0.0, 0.75)),
        "no odds for noise": _setting(error, "QUOTED_ERROR", noise_odds=1.0),
        "no scale by place": _setting(error, "QUOTED_ERROR", prior_points=1e9),
        "not widened for few residuals": (error, "_student", lambda _: 1.0),
        "no least error by rounding": (error, "rounding_variance", lambda _, at, __: np.zeros(len(at))),
    },
}  # fmt: skip


def table(part: Callable[[int], dict[str, float]], cases: int, only: str) -> None:
    """Print a row a step, as the steps are done."""
    whole = pd.DataFrame([part(seed) for seed in range(cases)])
    print(f"\n| {part.__name__} | " + " | ".join(whole) + " |\n|---" + "|---" * len(whole.columns) + "|")
    print(
        "| the whole method | " + " | ".join(f"{whole[column].mean():.3f}" for column in whole) + " |",
        flush=True,
    )
    for step, patch in STEPS[part].items():
        if not re.search(only, f"{part.__name__}: {step}"):
            continue
        with mock.patch.object(*patch):
            off = pd.DataFrame([part(seed) for seed in range(cases)]) - whole
        means = (whole + off).mean()
        cells = [f"{means[one]:.3f} ({off[one].mean():+.3f} ± {off[one].sem():.3f})" for one in off]
        print(f"| {step} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    """Print the tables."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    asked.add_argument("--cases", type=int, default=120)
    asked.add_argument("--only", default="")
    words = asked.parse_args()
    for part, steps in STEPS.items():
        if any(re.search(words.only, f"{part.__name__}: {name}") for name in steps):
            table(part, words.cases, words.only)


if __name__ == "__main__":
    main()
