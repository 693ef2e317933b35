"""All estimators of movement side by side, each with its definition."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from frontlines.arguments import checked
from frontlines.arrays import Floats
from frontlines.errors import LayerError
from frontlines.movement.fronts import require_other_names, whole_first
from frontlines.names import WHOLE, counted

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

_DIRECTIONS = ["after to before", "before to after"]
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


@checked(lengths="rows date resolution_m district front_km")
def mean_advance(balance: pd.DataFrame, lengths: pd.DataFrame) -> pd.DataFrame:
    """Divide net area by the mean length of both fronts.

    Parameters
    ----------
    balance
        From `balance_by_district`, for one pair of dates: `district`, `date_from`, `date_to`, `gained_km2`,
        `lost_km2`, `net_km2` [km²].
    lengths
        From `front_length` for both dates, with districts: `date`, `resolution_m` [m], `district`, `front_km`
        [km]; of the side's front alone. For the box method give the fixed width as `front_km` of both dates.

    Returns
    -------
    advance
        For each resolution, by its size, one row for the whole front (`district` is ``all districts``), then
        one for each district by name: `district`, `date_from`, `date_to`, `resolution_m` [m], `net_km2`,
        `turnover_km2` (gained plus lost) [km²], `mean_front_km` [km], `mean_advance_m` (net area by
        mean length; positive where the side advanced [m]) and `turnover_over_front_m` (the same of the
        turnover, never negative [m]). NaN where neither date has a front.

    Raises
    ------
    LayerError
        If the balance is not of one pair of dates, a date or district has no length, or several, or a
        district is called `WHOLE`.

    Notes
    -----
    The width of a strip as long as the front and as large as the ground gained. It depends on the detail
    with which the length is measured, so the resolution is a part of the figure. For glaciers the area is
    divided by the fixed width of a box instead [1]_; tools for shorelines divide the area without its sign.

    References
    ----------
    .. [1] Moon, T., Joughin, I. (2008). Changes in ice front position on Greenland's outlet glaciers from
       1992 to 2007. Journal of Geophysical Research 113, F02022. https://doi.org/10.1029/2007JF000927

    Examples
    --------
    >>> balance = pd.DataFrame({
    ...     "district": ["West"], "date_from": pd.to_datetime(["1994-04-07"]),
    ...     "date_to": pd.to_datetime(["1994-05-12"]), "gained_km2": 7.0, "lost_km2": 1.0, "net_km2": 6.0})
    >>> lengths = pd.DataFrame({
    ...     "date": pd.to_datetime(["1994-04-07", "1994-05-12"]), "resolution_m": 500.0, "district": "West",
    ...     "front_km": [2.0, 4.0]})
    >>> advance = mean_advance(balance, lengths)
    >>> advance[["district", "mean_advance_m", "turnover_over_front_m"]].round(1).values[0].tolist()
    ['all districts', 2000.0, 2666.7]
    """
    first, last = _pair(balance)
    wanted = lengths[lengths["date"].isin([first, last])]
    _require_once(wanted)
    require_other_names(balance["district"])
    wide = wanted.pivot(index=["resolution_m", "district"], columns="date", values="front_km")
    absent = [f"{day:%Y-%m-%d}" for day in (first, last) if day not in wide.columns]
    if absent:
        raise LayerError(f"lengths have no row for {' and '.join(absent)}: pass front_length of both dates")
    mean_km = wide.mean(axis=1, skipna=False).rename("mean_front_km").reset_index()
    areas = balance.assign(turnover_km2=balance["gained_km2"] + balance["lost_km2"])
    areas = areas[["district", "net_km2", "turnover_km2"]]
    joined = areas.merge(mean_km, on="district", how="left")
    if joined["mean_front_km"].isna().any():
        names = ", ".join(joined.loc[joined["mean_front_km"].isna(), "district"].astype(str).unique()[:5])
        raise LayerError(
            f"lengths have no row for district {names}: pass front_length with the same districts"
        )
    whole = joined.groupby("resolution_m", as_index=False)[["net_km2", "turnover_km2", "mean_front_km"]].sum()
    joined = joined.sort_values(["resolution_m", "district"], kind="stable")
    table = pd.concat([whole.assign(district=WHOLE), joined]).sort_values("resolution_m", kind="stable")
    front_km = table["mean_front_km"].where(table["mean_front_km"] > 0)
    table["mean_advance_m"] = table["net_km2"] / front_km * 1000
    table["turnover_over_front_m"] = table["turnover_km2"] / front_km * 1000
    table["date_from"], table["date_to"] = first, last
    columns = ["district", "date_from", "date_to", "resolution_m", "net_km2", "turnover_km2", "mean_front_km"]
    return table[[*columns, "mean_advance_m", "turnover_over_front_m"]].reset_index(drop=True)


def _pair(balance: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Give the two dates of a balance."""
    pairs = balance[["date_from", "date_to"]].drop_duplicates()
    if len(pairs) != 1:
        number = counted(len(pairs), "pair")
        raise LayerError(f"the balance is of {number} of dates: pass the rows of one")
    first, last = (pd.Timestamp(np.asarray(pairs[name])[0]) for name in ("date_from", "date_to"))
    return first, last


def _require_once(lengths: pd.DataFrame) -> None:
    """Refuse lengths with several rows for one front."""
    keys = ["resolution_m", "district", "date"]
    number = lengths.groupby(keys).size()
    many = number[number > 1]
    if len(many):
        resolution_m, district, day = many.index[0]
        raise LayerError(
            f"lengths have {many.iloc[0]} rows for district {district}, {day:%Y-%m-%d}, "
            f"at {resolution_m:g} m: pass one front_length of both dates"
        )


@checked(
    displaced="lines date_from date_to district nsm_m stands_for_m sce_m lrr_m_per_day wlr_m_per_day shared",
    advance="rows district date_from date_to resolution_m mean_advance_m turnover_over_front_m",
    nearest="rows district direction n_points mean_m",
    lines="rows district hausdorff_m frechet_m frechet_share",
)
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
    if any(sorted(rows["direction"]) != _DIRECTIONS for _, rows in nearest.groupby("district")):
        raise LayerError("the nearest distances lack one of both directions: pass what nearest_distance gave")
    first, last = spans.pop()
    days = (last - first) / pd.Timedelta(days=1)
    rows = [*_of_areas(advance), *_of_transects(displaced, days), *_of_lines(nearest, lines)]
    table = pd.DataFrame(rows)
    signed = table["estimator"].str.replace(r"_at_.*", "", regex=True)
    table["signed"] = signed.isin(_SIGNED)
    table["rate_m_per_day"] = (table["value_m"] / days).where(table["signed"])
    table["rank"] = signed.map(list(DEFINITIONS).index)
    return whole_first(table, "rank")[COLUMNS]


def _row(
    district: Any, estimator: str, value_m: float, n: int, covers: float, **units: float
) -> dict[str, Any]:
    name = f"{estimator}_at_{units['resolution_m']:g}_m" if units else estimator
    return {
        "district": district,
        "estimator": name,
        "value_m": value_m,
        "n": n,
        "covers": covers,
        "definition": DEFINITIONS[estimator].format(**units),
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
