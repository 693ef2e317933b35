"""How far a front moved on average, from the ground it gained and its length."""

from __future__ import annotations

import numpy as np
import pandas as pd

from frontlines.errors import LayerError
from frontlines.movement.facing import WHOLE, require_other_names


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
        raise LayerError(f"the balance is of {len(pairs)} pairs of dates: pass the rows of one")
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
