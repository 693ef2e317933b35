"""The errors of a study's lines, carried into its balance, and what is put on record of them."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from frontlines.errors import StudyError, UnknownSigmaError
from frontlines.layers.columns import correlations_of, sigmas_of
from frontlines.limits import require_metres
from frontlines.names import CORRELATION_M, REACH_M, SEED, somebody
from frontlines.progress import Report, part
from frontlines.uncertainty import (
    AreaErrors,
    NoiseModel,
    balance_error,
    check_draws,
    errors_of_sides,
    simulate_balance,
)

if TYPE_CHECKING:
    from frontlines.study.compare import Study


def require_numbers(study: Study) -> None:
    """Refuse lengths, errors and draws that no stage could work with."""
    lengths = ("snap_m", "sliver_m", "border_m", "margin_m")
    require_metres(StudyError, **{name: getattr(study, name) for name in lengths})
    NoiseModel(study.sigma_m, study.correlation_m or 0.0)  # refuses what it cannot work with
    if study.draws:
        check_draws(study.draws)


def without_sigma(lines: gpd.GeoDataFrame) -> int:
    """Count stretches without an error of their own."""
    return int(lines["sigma_m"].isna().sum()) if "sigma_m" in lines else len(lines)


def errors_of(
    study: Study,
    balance: pd.DataFrame,
    control: gpd.GeoDataFrame,
    lines: gpd.GeoDataFrame,
    progress: Report,
) -> tuple[gpd.GeoDataFrame, AreaErrors | None]:
    """Carry the errors of the lines into the balance, if those along the front of each side are known.

    Gives the lines with the `sigma_m` that was taken, too.
    """
    lines = lines.assign(sigma_m=sigmas_of(lines, study.sigma_m))
    kept = somebody(study.followed)
    of_sides = [rows for side, rows in balance.groupby("side", sort=False) if side in kept]
    if lines.empty or lines["sigma_m"].isna().all() or not of_sides:
        return lines, None
    found = []
    for number, rows in enumerate(of_sides):
        own = part(progress, number / len(of_sides), (number + 1) / len(of_sides))
        verb = partial(simulate_balance, draws=study.draws, progress=own) if study.draws else balance_error
        try:
            errors = verb(
                rows,
                control,
                lines,
                theatre=study.theatre,
                districts=study.districts,
                noise=NoiseModel(study.sigma_m, _correlation_m(study, lines), SEED),
                border_m=study.border_m,
                reach_m=max(REACH_M, study.snap_m, study.border_m),
            )
        except UnknownSigmaError:
            return lines, None
        found.append(errors)
    return lines, errors_of_sides(balance, found)


def _correlation_m(study: Study, lines: gpd.GeoDataFrame) -> float:
    """Over what length errors are alike [m]: as the study says, else the longest that the lines state."""
    if study.correlation_m is not None:
        return study.correlation_m
    stated = correlations_of(lines)
    longest: float = np.where(np.isnan(stated), CORRELATION_M, stated).max(initial=0.0)
    return float(longest) if len(lines) else CORRELATION_M


def errors_record(
    study: Study, lines: gpd.GeoDataFrame, given: int, errors: AreaErrors | None
) -> dict[str, Any]:
    """Put on record what the errors of the lines are taken to be, and what follows for all districts."""
    record: dict[str, Any] = {
        "stretches": len(lines),
        "stretches_without_sigma_m": without_sigma(lines),
        "stretches_given_sigma_m": given,
        "sigma_m": study.sigma_m,
        "correlation_m": _length(_correlation_m(study, lines)),
        "correlation_m_given": study.correlation_m is not None,
    }
    stated = correlations_of(lines)
    if len(known := stated[~np.isnan(stated)]):
        record["correlation_m_of_lines"] = [_length(float(one)) for one in (known.min(), known.max())]
    if errors is None:
        return record
    of_sides = {row["side"]: row for row in errors.total.dropna(subset="sigma_km2").to_dict("records")}
    sigma = lines["sigma_m"]
    figures = ("net_km2", "net_low_km2", "net_high_km2", "sigma_km2", "p_gain")
    record |= {"sigma_range_m": [float(sigma.min()), float(sigma.max())], "method": errors.method}
    record |= {"shared_km": errors.shared_km}
    totals = {side: {name: _number(row[name]) for name in figures} for side, row in of_sides.items()}
    one = len(study.followed) == 1
    record |= {"level": errors.level} | ({"total": totals[study.one_side]} if one else {"totals": totals})
    if errors.method == "formula":
        trust = {side: str(row["trust"]) for side, row in of_sides.items()}
        return record | {"trust": trust[study.one_side] if one else trust}
    tangled = {"tangled": errors.tangled, "repaired_km2": errors.repaired_km2}
    return record | {"draws": errors.draws, "seed": SEED} | tangled


def _length(metres: float) -> float | str:
    """Make a number of JSON, which knows no infinite one."""
    return "inf" if math.isinf(metres) else metres


def _number(value: float) -> float | None:
    """Make a number of JSON, which knows no missing one."""
    return None if math.isnan(value) else float(value)
