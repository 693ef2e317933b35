"""The errors of a study's lines, carried into its balance, and what is put on record of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from frontlines.errors import StudyError, UnknownSigmaError
from frontlines.layers.columns import correlations_of, sigmas_of
from frontlines.limits import require_metres
from frontlines.names import CORRELATION_M, REACH_M, SEED, WHOLE, Mapper, somebody
from frontlines.progress import Report, part
from frontlines.scale import executor
from frontlines.series import WITHHELD, series_error
from frontlines.uncertainty import (
    AreaErrors,
    NoiseModel,
    balance_error,
    error_by_correlation,
    simulate_balance,
)
from frontlines.uncertainty.columns import check_draws, errors_of_sides
from frontlines.uncertainty.noise import noise_from_text

if TYPE_CHECKING:
    from frontlines.study.compare import Results
    from frontlines.study.study import Study


def require_numbers(study: Study) -> None:
    """Refuse lengths, errors and draws that no stage could work with."""
    lengths = ("snap_m", "sliver_m", "border_m", "margin_m")
    require_metres(StudyError, **{name: getattr(study, name) for name in lengths})
    noise_of(study.correlation_m or 0.0, study.sigma_m, pd.DataFrame())  # refuses what it cannot work with
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
    shared: Mapping[str, Any],
) -> tuple[gpd.GeoDataFrame, AreaErrors | None]:
    """Carry the errors of the lines into the balance, if those along the front of each side are known.

    Gives the lines with the `sigma_m` that was taken, too; draws are shared as `executor` is told.
    """
    if not study.draws and (shared["workers"] > 1 or shared["scheduler"]):
        raise StudyError("workers share draws of errors, and none are asked for: give draws=... too")
    with executor(**shared) as pool:
        return _errors_of(study, balance, control, lines, progress, pool.map)


def _errors_of(
    study: Study,
    balance: pd.DataFrame,
    control: gpd.GeoDataFrame,
    lines: gpd.GeoDataFrame,
    progress: Report,
    mapper: Mapper,
) -> tuple[gpd.GeoDataFrame, AreaErrors | None]:
    lines = lines.assign(sigma_m=sigmas_of(lines, study.sigma_m))
    kept = somebody(study.followed)
    of_sides = [rows for side, rows in balance.groupby("side", sort=False) if side in kept]
    if lines.empty or lines["sigma_m"].isna().all() or not of_sides:
        _refuse_idle(lines["sigma_m"], correlation_m=study.correlation_m, draws=study.draws or None)
        return lines, None
    found = []
    for number, rows in enumerate(of_sides):
        own = part(progress, number / len(of_sides), (number + 1) / len(of_sides))
        simulated = partial(simulate_balance, draws=study.draws, mapper=mapper, progress=own)
        verb = simulated if study.draws else balance_error
        try:
            errors = verb(
                rows,
                control,
                lines,
                theatre=study.theatre,
                districts=study.districts,
                noise=noise_of(study.correlation_m, study.sigma_m, lines),
                border_m=study.border_m,
                reach_m=_reach_m(study),
            )
        except UnknownSigmaError:
            return lines, None
        found.append(errors)
    return lines, errors_of_sides(balance, found)


def _refuse_idle(sigmas: pd.Series[float], **asked: object) -> None:
    """Refuse what says how errors are carried where there are lines, and none has an error."""
    said = [f"{name}={value}" for name, value in asked.items() if value is not None]
    if said and len(sigmas) and sigmas.isna().all():
        raise StudyError(f"{', '.join(said)}: of no effect, for no line has a sigma_m: give sigma_m=... too")


def _reach_m(study: Study) -> float:
    """How far a front may lie from the lines that give it its errors [m]."""
    return max(REACH_M, study.snap_m, study.border_m)


def error_by_length(results: Results) -> pd.DataFrame | None:
    """Compute the error of net of each side for many correlation lengths, if the length is a judgement."""
    study = results.study
    noise = noise_of(study.correlation_m, study.sigma_m, results.frontlines)
    if results.errors is None or len(noise.plausible) == 1:
        return None
    known = results.balance[results.balance["sigma_km2"].notna()]
    tables = [
        error_by_correlation(
            rows,
            results.control,
            results.frontlines,
            theatre=study.theatre,
            districts=study.districts,
            noise=noise,
            border_m=study.border_m,
            reach_m=_reach_m(study),
        )
        for _, rows in results.balance[results.balance["side"].isin(known["side"])].groupby(
            "side", sort=False
        )
    ]
    table = pd.concat(tables, ignore_index=True)
    return table if table["sigma_km2"].max() > 0 else None  # nothing moved that has an error


def noise_of(asked: float | str | None, sigma_m: float | None, lines: pd.DataFrame) -> NoiseModel:
    """Say what is assumed about errors: as asked for, else alike over the longest length that lines state."""
    if isinstance(asked, str):
        return replace(noise_from_text(asked), sigma_m=sigma_m)
    return NoiseModel(sigma_m, _longest(lines) if asked is None else asked, SEED)


def _longest(lines: pd.DataFrame) -> float:
    """Give the longest correlation length that lines state [m]."""
    stated = correlations_of(lines)
    longest: float = np.where(np.isnan(stated), CORRELATION_M, stated).max(initial=0.0)
    return float(longest) if len(lines) else CORRELATION_M


def errors_record(
    study: Study, lines: gpd.GeoDataFrame, given: int, errors: AreaErrors | None
) -> dict[str, Any]:
    """Put on record what the errors of the lines are taken to be, and what follows for all districts."""
    noise = noise_of(study.correlation_m, study.sigma_m, lines)
    record: dict[str, Any] = {
        "stretches": len(lines),
        "stretches_without_sigma_m": without_sigma(lines),
        "stretches_given_sigma_m": given,
        "sigma_m": study.sigma_m,
        "correlation_m": lengths_on_record(noise),
        "correlation_m_given": study.correlation_m is not None,
        "length_factor": noise.length_factor,
    }
    if noise.between:
        record["between"] = noise.between
    stated = correlations_of(lines)
    if len(known := stated[~np.isnan(stated)]):
        record["correlation_m_of_lines"] = [on_record(float(one)) for one in (known.min(), known.max())]
    if errors is None:
        return record
    of_sides = {row["side"]: row for row in errors.total.dropna(subset="sigma_km2").to_dict("records")}
    sigma = lines["sigma_m"]
    ends = (f"net_{end}_km2" for end in ("low", "high", "lowest", "highest"))
    figures = ("net_km2", *ends, "sigma_km2", "p_gain")
    record |= {"sigma_range_m": [float(sigma.min()), float(sigma.max())], "method": errors.method}
    record |= {"shared_km": errors.shared_km}
    totals = {side: {name: on_record(row[name]) for name in figures} for side, row in of_sides.items()}
    one = len(study.followed) == 1
    record |= {"level": errors.level} | ({"total": totals[study.one_side]} if one else {"totals": totals})
    if errors.method == "formula":
        trust = {side: str(row["trust"]) for side, row in of_sides.items()}
        return record | {"trust": trust[study.one_side] if one else trust}
    return record | {"draws": errors.draws, "seed": SEED}


def model_of(
    sources: Mapping[str, gpd.GeoDataFrame], sigma_m: Sequence[float], correlation_m: float | str | None
) -> tuple[dict[str, gpd.GeoDataFrame], NoiseModel | None]:
    """Give the control of sources its `sigma_m`, one for all or one for each, and the model of the errors."""
    if len(sigma_m) not in (0, 1, len(sources)):
        raise StudyError(f"sigma_m has {len(sigma_m)} values: give one for all sources, or one for each")
    given = dict.fromkeys(sources) | dict(zip(sources, [*sigma_m] * len(sources), strict=False))
    known = {name: one.assign(sigma_m=sigmas_of(one, given[name])) for name, one in sources.items()}
    every = pd.concat(list(known.values()))
    noise = noise_of(correlation_m, None, every)
    if every["sigma_m"].isna().all():
        _refuse_idle(every["sigma_m"], correlation_m=correlation_m)
        return known, None
    return known, noise


def errors_of_series(
    series: pd.DataFrame,
    totals: pd.DataFrame,
    ground: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame | None],
    asked: tuple[NoiseModel | None, float | None, float | str | None],
    border_m: float,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame | None, dict[str, Any]]:
    """Carry the errors of the lines through a series if any are known: series, totals, overall, record.

    `ground` is control, districts, and the lines of control or None; `asked` is the model of the errors, or
    else `sigma_m` and `correlation_m`, as far as they are given.
    """
    control, districts, lines = ground
    drawn = control if lines is None else lines
    given, sigma_m, correlation_m = asked
    noise = given or noise_of(correlation_m, sigma_m, drawn)
    known = sigmas_of(drawn, noise.sigma_m)
    if np.isnan(known).all():
        _refuse_idle(pd.Series(known), correlation_m=correlation_m)
        return series, totals, None, {}
    try:
        errors = series_error(series, control, districts, noise, frontlines=lines, border_m=border_m)
    except UnknownSigmaError as error:
        why = f"{str(error).partition(':')[0]}; --sigma-m gives them one"
        return series, totals, None, {"none": why}
    record: dict[str, Any] = {
        "sigma_range_m": [float(np.nanmin(known)), float(np.nanmax(known))],
        "correlation_m": lengths_on_record(noise),
        "correlation_m_given": asked[0] is not None or correlation_m is not None,
        "level": errors.level,
        "withheld": WITHHELD,
    }
    whole = errors.overall[errors.overall["district"] == WHOLE].dropna(subset="trust")
    record["totals"] = {row["side"]: _figures(row) for row in whole.to_dict("records")}
    return errors.series, errors.totals, errors.overall, record


def _figures(row: Mapping[Any, Any]) -> dict[str, float | None]:
    names = ("net_km2", "sigma_km2", *(f"net_{end}_km2" for end in ("low", "high", "lowest", "highest")))
    return {name: on_record(row[name]) for name in names}


def lengths_on_record(noise: NoiseModel) -> Any:
    """Give the correlation length [m], or several with their shares of the variance."""
    lengths = [[on_record(length), share] for length, share in noise.parts]
    return lengths[0][0] if len(lengths) == 1 else lengths


def on_record(value: Any) -> Any:
    """Make of a number, or of several, what JSON knows: no missing ones."""
    if isinstance(value, tuple):
        return [on_record(one) for one in value]
    if isinstance(value, str) or value == math.inf:
        return "inf" if value == math.inf else value
    return None if math.isnan(value) else float(value)
