"""What each step of the georeference is worth: taken out in turn, on control points whose truth is known.

::

    python -m benchmarks.georef_steps [--cases 160] [--only REGEX]

A case is a map bent in one of six ways, with 6 to 25 control points read to 0.5 to 2 px, none to two of them
wrong by 15 to 80 px. Points that the georeference names as bad are left out and it is made again, as a reader
would do. Printed are means over the cases, and beside each its paired difference from the whole method, with
the standard error of that difference.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import pandas as pd
from pyproj import CRS

from frontlines.digitize import GroundControl, georeference
from frontlines.digitize.georef import error, selection
from frontlines.digitize.georef import georeference as georef
from frontlines.digitize.georef.error import to_lonlat, to_plane
from frontlines.errors import DigitizeError
from frontlines.names import Floats

SIZE_PX, PIXEL_M = (3000, 2000), 30.0
UTM = CRS("EPSG:32638")
CONIC = CRS("+proj=lcc +lat_1=39 +lat_2=41 +lon_0=45 +lat_0=40 +datum=WGS84")
BENT = ("helmert", "affine", "projective", "polynomial2", "wave", "conic")
WORST = 5.0  # true errors count up to so many standard errors, so that one case does not outweigh all


class Case(NamedTuple):
    """A map of known truth, and what was read on it."""

    kind: str
    control: GroundControl
    wrong: set[str]
    checks: Floats  # places of the scan, (m, 2) [px]
    truth_m: Floats  # where they are, in UTM, (m, 2) [m]
    crs: CRS | None


def case_of(seed: int) -> Case:
    """Make up a map and its control points."""
    rng = np.random.default_rng(seed)
    kind, n = BENT[seed % len(BENT)], int(rng.choice([6, 9, 14, 25]))
    noise_px, bad = (
        rng.choice([0.5, 1.0, 2.0]),
        int(rng.choice([0, 0, 1, 2])) if n > 6 else int(rng.choice([0, 1])),
    )
    pixels, checks = _laid_out(n, rng), rng.uniform([150, 150], [2850, 1850], (60, 2))
    place = _truth(kind, rng)
    plane = CONIC if kind == "conic" else UTM
    lonlat = to_lonlat(place(pixels), plane)
    read = pixels + rng.normal(0, noise_px, pixels.shape)
    moved = rng.choice(n, bad, replace=False)
    turn = rng.uniform(0, 2 * np.pi, bad)
    read[moved] += rng.uniform(15, 80, (bad, 1)) * np.column_stack([np.cos(turn), np.sin(turn)])
    if rng.random() < 1 / 2:
        read = np.rint(read)
    points = pd.DataFrame({"id": [f"p{k}" for k in range(n)], "col": read[:, 0], "row": read[:, 1]})
    points[["lon", "lat"]] = lonlat
    truth_m = to_plane(to_lonlat(place(checks), plane), UTM)
    known = None if kind == "conic" else UTM
    return Case(kind, GroundControl(points), {f"p{k}" for k in moved}, checks, truth_m, known)


def _laid_out(n: int, rng: np.random.Generator) -> Floats:
    """Anywhere on the sheet, or about the crossings of a net."""
    if rng.random() < 1 / 2:
        return rng.uniform([100, 100], [2900, 1900], (n, 2))
    columns = int(np.ceil(np.sqrt(n * 1.5)))
    net = np.array([[c, r] for r in range(-(-n // columns)) for c in range(columns)], dtype=float)[:n]
    return np.asarray(
        [150, 150] + net / np.maximum(net.max(axis=0), 1) * [2700, 1700] + rng.uniform(-20, 20, 2)
    )


def _truth(kind: str, rng: np.random.Generator) -> Callable[[Floats], Floats]:
    turn, stretch = rng.normal(0, 0.02), rng.uniform(1.01, 1.05)
    wave, phase, size = rng.normal(0, 1 / 1500, (6, 2)), rng.uniform(0, 7, (6, 2)), rng.normal(0, 2.5, (6, 2))

    def place(pixels: Floats) -> Floats:
        p = pixels - [1500, 1000]
        if kind == "affine":
            p = p @ [[stretch, 0.01], [-0.02, 1.0]]
        elif kind == "projective":
            p = p / (1 + p @ [3e-5, -2e-5])[:, None]
        elif kind == "polynomial2":
            p = p + np.column_stack([1e-5 * p[:, 1] ** 2, 1.2e-5 * p[:, 0] * p[:, 1]])
        elif kind == "wave":
            p = p + sum(size[k] * np.sin((p @ wave[k])[:, None] + phase[k]) for k in range(6))
        turned = p @ [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
        return np.asarray(turned * [PIXEL_M, -PIXEL_M] + ([1e5, 2e4] if kind == "conic" else [5e5, 4.4e6]))

    return place


def score(case: Case) -> dict[str, float]:
    """Georeference a case, leave out what is named, and hold the result against the truth."""
    try:
        found = georeference(case.control, SIZE_PX, crs=case.crs)
        named = {one for caution in found.cautions if caution.name == "bad point" for one in caution.ids}
        if named:
            found = georeference(case.control.without(sorted(named)), SIZE_PX, crs=case.crs)
    except DigitizeError:
        return {"refused": 1.0}
    off_px = (to_plane(found.lonlat(case.checks), UTM) - case.truth_m) / PIXEL_M
    sigma_px = np.maximum(found.sigma_px(case.checks), 1e-3)[:, None]
    told = np.minimum(np.abs(off_px) / sigma_px, WORST)
    return {
        "refused": 0.0,
        "log_rms": float(np.log(np.sqrt((off_px**2).mean()) + 1e-3)),
        "within": float((np.abs(off_px) < sigma_px).mean()),
        "surprise": float((np.log(sigma_px) + told**2 / 2).mean()),
        "named": float(named >= case.wrong) if case.wrong else np.nan,
        "named_falsely": float(bool(named - case.wrong)),
    }  # fmt: skip


def _without(module: Any, name: str, value: Any) -> tuple[Any, str, Any]:
    return (module, name, value)


def _families(*gone: str) -> tuple[Any, str, Any]:
    return (selection, "FAMILIES", tuple(one for one in selection.FAMILIES if one not in gone))


def _planes(k: int) -> tuple[Any, str, Any]:
    whole = selection.candidate_planes
    return (
        selection,
        "candidate_planes",
        lambda lonlat: dict([*whole(lonlat).items()][:k] + [*whole(lonlat).items()][k + 1 :]),
    )


def _arithmetic(weights: Floats, pixels: Floats, one: Any, *, own: bool) -> Floats:
    """Mean of the models' variances in place of the geometric one."""
    total = np.zeros(len(pixels))
    for row in one.models:
        alone = error.LocalError(
            one.transformation, np.array([[*row[:3], 1.0]]), one.scale, one.degrees_of_freedom
        )
        total += row[3] * _EXPECTED(weights, pixels, alone, own=own)
    return total


_EXPECTED = error._expected  # noqa: SLF001
STEPS: dict[str, list[tuple[Any, str, Any]]] = {
    "the whole method": [],
    "transformation: affine alone": [_families("helmert", "projective", "polynomial2", "polynomial3", "spline")],
    "transformation: no helmert": [_families("helmert")],
    "transformation: no projective": [_families("projective")],
    "transformation: no polynomial2": [_families("polynomial2")],
    "transformation: no polynomial3": [_families("polynomial3")],
    "transformation: no spline": [_families("spline")],
    "transformation: the least error, however close": [_without(selection, "BETTER", 1.0)],
    "transformation: none is fine enough": [_without(selection, "FINE_PX", 0.0)],
    "transformation: one point to spare is enough": [_without(selection, "SPARE_POINTS", dict.fromkeys(selection.FAMILIES, 1))],
    "transformation: bad points are weighed too": [_without(selection, "_left_out_px", None)],
    "plane: no conic": [_planes(0)],
    "plane: no web Mercator": [_planes(1)],
    "plane: no transverse Mercator": [_planes(2)],
    "plane: no latitude against longitude": [_planes(3)],
    "bad points: none named": [_without(selection, "bad_points", lambda *_: []), _without(georef, "bad_points", lambda *_: [])],
    "bad points: no pairs": [_without(selection, "_pair", lambda *_: [])],
    "bad points: judged by the family itself": [_without(selection, "_stiff", lambda family, _: family)],
    "bad points: the farthest alone is looked at": [_without(selection, "_LOOKED_AT", 1)],
    "bad points: near ones are named too": [_without(selection, "BAD_PX", 0.0)],
    "error: readings alone, nothing shared": [_without(error, "SHARES", (0.0,))],
    "error: one reach, 0.25": [_without(error, "REACHES", (0.25,))],
    "error: one reach, 0.8": [_without(error, "REACHES", (0.8,))],
    "error: one reach, 0.5": [_without(error, "REACHES", (0.5,))],
    "error: three shares": [_without(error, "SHARES", (0.0, 0.5, 0.95))],
    "error: two shares": [_without(error, "SHARES", (0.0, 0.75))],
    "error: no odds for noise": [_without(error, "NOISE_ODDS", 1.0)],
    "error: mean of variances": [_without(error, "_expected", _arithmetic)],
    "error: no scale by place": [_without(error, "PRIOR_POINTS", 1e9)],
    "error: not widened for few residuals": [_without(error, "_student", lambda _: 1.0)],
    "error: no least error by rounding": [_without(error, "rounding_variance", lambda _, pixels, __: np.zeros(len(pixels)))],
    "error: no crossings looked for": [_without(error, "_are_crossings", lambda _: False)],
}  # fmt: skip


def _weigh_all(pixels: Floats, xy: Floats, family: Any) -> float | None:
    """Leave-one-out error of all points, the bad ones too."""
    try:
        errors = selection._errors_px(pixels, xy, family)  # noqa: SLF001
    except DigitizeError:
        return None
    return float(np.sqrt((errors**2).sum(axis=1).mean())) if np.isfinite(errors).all() else None


STEPS["transformation: bad points are weighed too"] = [_without(selection, "_left_out_px", _weigh_all)]


def _remembering(function: Callable[..., Any]) -> Callable[..., Any]:
    found: dict[str, Any] = {}

    def remembered(*given: Any, **named: Any) -> Any:
        key = repr(
            [one.tobytes() if isinstance(one, np.ndarray) else str(one) for one in (*given, *named.values())]
        )
        if key not in found:
            found[key] = function(*given, **named)
        return found[key]

    return remembered


def table(cases: list[Case], only: str) -> Iterator[str]:
    """Give a row a step, as the steps are done."""
    whole = None
    known = _remembering(selection.bad_points)  # the slow part, and only its own steps change it
    remembered = [(module, "bad_points", known) for module in (selection, georef)]
    for name, patches in STEPS.items():
        if whole is not None and not re.search(only, name):
            continue
        with ExitStack() as stack:
            for module, attribute, value in [*remembered * (not name.startswith("bad")), *patches]:
                stack.enter_context(mock.patch.object(module, attribute, value))
            scores = pd.DataFrame([score(case) for case in cases])
        whole = scores if whole is None else whole
        cells = []
        for column in scores:
            off = (scores[column] - whole[column]).dropna()
            mean = np.exp(scores[column].mean()) if column == "log_rms" else scores[column].mean()
            cells.append(f"{mean:.3f} ({off.mean():+.3f} ± {off.std() / np.sqrt(max(len(off), 1)):.3f})")
        yield f"| {name} | " + " | ".join(cells) + " |"


def main() -> None:
    """Print the table."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    asked.add_argument("--cases", type=int, default=160)
    asked.add_argument("--only", default="")
    words = asked.parse_args()
    print(
        "| step taken out | refused | RMS px (log) | within the quoted error | surprise | bad points all named | sound ones named |"
    )
    print("|---|---|---|---|---|---|---|")
    for row in table([case_of(seed) for seed in range(words.cases)], words.only):
        print(row, flush=True)


if __name__ == "__main__":
    main()
