"""All estimators of movement side by side, each with its definition."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from frontlines.errors import LayerError
from frontlines.movement.facing import WHOLE

Floats = npt.NDArray[np.float64]

COLUMNS = ["district", "estimator", "value_m", "rate_m_per_day", "n", "covers", "signed", "definition"]

DEFINITIONS = {
    "mean_advance": "net area ÷ mean length of both fronts, seen at {resolution_m:g} m",
    "turnover_over_front": "area gained plus lost ÷ that length, seen at {resolution_m:g} m",
    "net_movement_mean": "mean net movement (NSM) of transects, each weighted by the front it stands for; "
    "its rate is the mean end point rate (EPR)",
    "net_movement_median": "median net movement of transects, weighted in the same way",
    "moved_mean": "mean net movement of those transects alone on which the two lines differ",
    "largest_advance": "net movement of the transect that advanced most",
    "largest_retreat": "net movement of the transect that retreated most",
    "envelope_mean": "mean envelope (SCE) of transects: largest less smallest position of all dates",
    "regression_mean": "mean regression rate (LRR) of transects, all dates alike",
    "weighted_regression_mean": "mean regression rate (WLR) of transects, dates weighted by 1/sigma²",
    "nearest_before_to_after": "mean distance from points of the earlier front to the later front",
    "nearest_after_to_before": "mean distance from points of the later front to the earlier front",
    "nearest_p95": "95th percentile of those distances, the larger of both directions",
    "hausdorff": "largest distance from a vertex of either front to the nearest point of the other",
    "frechet": "discrete Fréchet distance of the longest piece of either front",
}
"""What each estimator is. Signed ones are positive where the side advanced."""

_SIGNED = {
    "mean_advance",
    "net_movement_mean",
    "net_movement_median",
    "moved_mean",
    "largest_advance",
    "largest_retreat",
    "regression_mean",
    "weighted_regression_mean",
}


def estimator_table(
    displaced: gpd.GeoDataFrame, advance: pd.DataFrame, nearest: pd.DataFrame, lines: pd.DataFrame
) -> pd.DataFrame:
    """Put all estimators of movement side by side, for the whole front and each district.

    Parameters
    ----------
    displaced
        From `displacement`, with districts.
    advance
        From `mean_advance`, for the same dates; several resolutions give several estimators.
    nearest
        From `nearest_distance`, with the 95th percentile.
    lines
        From `line_distances`.

    Returns
    -------
    estimators
        A row an estimator and district, the whole first (`WHOLE`), estimators in the order of
        `DEFINITIONS`: `district`, `estimator`, `value_m` [m], `rate_m_per_day` (over the days between first
        and last date; signed estimators only), `n` (transects or points that it rests on; 0 for those that
        rest on areas or lines), `covers` (share of the earlier front that it rests on, 0 to 1), `signed`
        and `definition`. NaN where there is nothing to measure.

    Raises
    ------
    LayerError
        If the tables are not of the same dates, or the 95th percentile is missing.

    Notes
    -----
    No two of these are the same quantity. Area over length is the mean over all of the front, unmoved
    stretches included, and small where the front winds; transects count what lies at right angles to the
    smoothed front; nearest distances pass over movement along the front and have no sign; Hausdorff and
    Fréchet distances are about the worst place. Quote none without its definition.

    Examples
    --------
    >>> sorted(set(DEFINITIONS) - _SIGNED)[:2]
    ['envelope_mean', 'frechet']
    """
    spans = {(frame["date_from"].iloc[0], frame["date_to"].iloc[0]) for frame in (displaced, advance)}
    if len(spans) > 1:
        raise LayerError("the transects and the mean advance are of different dates: make both from the same")
    if "p95_m" not in nearest:
        raise LayerError("the nearest distances lack the 95th percentile: ask nearest_distance for it")
    first, last = spans.pop()
    days = (last - first) / pd.Timedelta(days=1)
    rows = [*_of_areas(advance), *_of_transects(displaced, days), *_of_lines(nearest, lines)]
    table = pd.DataFrame(rows)
    signed = table["estimator"].str.replace(r"_at_.*", "", regex=True)
    table["signed"] = signed.isin(_SIGNED)
    table["rate_m_per_day"] = (table["value_m"] / days).where(table["signed"])
    rank = pd.DataFrame(
        {
            "part": table["district"] != WHOLE,
            "district": table["district"],
            "estimator": signed.map(list(DEFINITIONS).index),
            "row": range(len(table)),
        }
    )
    return table.iloc[rank.sort_values(list(rank.columns)).index][COLUMNS].reset_index(drop=True)


def _row(
    district: Any, estimator: str, value_m: float, n: int, covers: float, **units: float
) -> dict[str, Any]:
    name = f"{estimator}_at_{units['resolution_m']:g}_m" if units else estimator
    told = DEFINITIONS[estimator].format(**units)
    return {
        "district": district,
        "estimator": name,
        "value_m": value_m,
        "n": n,
        "covers": covers,
        "definition": told,
    }


def _of_areas(advance: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for found in advance.to_dict("records"):
        for estimator, column in (
            ("mean_advance", "mean_advance_m"),
            ("turnover_over_front", "turnover_over_front_m"),
        ):
            covers = float(np.isfinite(found[column]))
            resolution_m = float(found["resolution_m"])
            rows.append(
                _row(found["district"], estimator, found[column], 0, covers, resolution_m=resolution_m)
            )
    return rows


def _of_transects(displaced: gpd.GeoDataFrame, days: float) -> list[dict[str, Any]]:
    names = sorted(set(displaced["district"]) - {""})
    rows = []
    for name in (WHOLE, *names):
        own = displaced if name == WHOLE else displaced[displaced["district"] == name]
        nsm, weight = (own[column].to_numpy(dtype=float) for column in ("nsm_m", "stands_for_m"))
        moved = np.where(own["shared"].to_numpy(dtype=bool), np.nan, nsm)
        sce, lrr, wlr = (
            own[column].to_numpy(dtype=float) for column in ("sce_m", "lrr_m_per_day", "wlr_m_per_day")
        )
        figures = {
            "net_movement_mean": (_mean(nsm, weight), nsm),
            "net_movement_median": (_median(nsm, weight), nsm),
            "moved_mean": (_mean(moved, weight), moved),
            "largest_advance": (_extreme(np.where(nsm > 0, nsm, np.nan)), nsm),
            "largest_retreat": (-_extreme(np.where(nsm < 0, -nsm, np.nan)), nsm),
            "envelope_mean": (_mean(sce, weight), sce),
            "regression_mean": (_mean(lrr, weight) * days, lrr),
            "weighted_regression_mean": (_mean(wlr, weight) * days, wlr),
        }
        for estimator, (value_m, basis) in figures.items():
            known = np.isfinite(basis)
            covers = float(weight[known].sum() / weight.sum())
            rows.append(_row(name, estimator, value_m, int(known.sum()), covers))
    return rows


def _of_lines(nearest: pd.DataFrame, lines: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for name, both in nearest.groupby("district", sort=False):
        by = both.set_index("direction")[["n_points", "mean_m", "p95_m"]].astype(float)
        for direction, estimator in (
            ("before to after", "nearest_before_to_after"),
            ("after to before", "nearest_after_to_before"),
        ):
            n = int(by["n_points"][direction])
            rows.append(_row(name, estimator, float(by["mean_m"][direction]), n, float(n > 0)))
        n = int(by["n_points"].sum())
        rows.append(_row(name, "nearest_p95", float(by["p95_m"].max()), n, float(n > 0)))
    for found in lines.to_dict("records"):
        covers = float(np.isfinite(found["hausdorff_m"]))
        rows.append(_row(found["district"], "hausdorff", found["hausdorff_m"], 0, covers))
        share = 0.0 if np.isnan(found["frechet_share"]) else float(found["frechet_share"])
        rows.append(_row(found["district"], "frechet", found["frechet_m"], 0, share))
    return rows


def _mean(values: Floats, weight: Floats) -> float:
    known = np.isfinite(values)
    return float(np.average(values[known], weights=weight[known])) if known.any() else np.nan


def _median(values: Floats, weight: Floats) -> float:
    """Value at which half of the weight is reached; between two if it is reached between them."""
    known = np.isfinite(values)
    if not known.any():
        return np.nan
    order = np.argsort(values[known], kind="stable")
    value, share = values[known][order], np.cumsum(weight[known][order]) / weight[known].sum()
    low, high = (int(np.searchsorted(share, 0.5 + off)) for off in (-1e-9, 1e-9))
    return float((value[low] + value[min(high, len(value) - 1)]) / 2)


def _extreme(values: Floats) -> float:
    return float(np.nanmax(values)) if np.isfinite(values).any() else np.nan
