"""Errors of areas as columns beside the areas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from frontlines.arrays import Bools, Floats, Ints
from frontlines.errors import LayerError, NoiseError
from frontlines.limits import within
from frontlines.names import WHOLE, counted

QUANTITIES = ("before", "after", "gained", "lost", "net")
"""What has an error; each stands in the balance as a column that ends in ``_km2``."""

LEVEL = 0.95
"""Probability that an interval holds the truth, unless another one is asked for."""

TRUST = {
    "yes": "the formula's assumptions hold",
    "net": "for net only: gained and lost are not wide against the error, or draws are too few",
    "no": "a border or a corner of the district is within reach of the error: simulate",
}
"""What the column `trust` says of net, gained and lost."""

_NOTHING_KM2 = 1e-6  # a net change smaller than this is rounding
_FEWEST = 2  # draws
_EXPECTED = 3.0  # in so many expected ones there is one, with a probability of 95 %
_KEYS = ("district", "side")
_OF_ONE_SIDE = ("shared_km",)


@dataclass(frozen=True)
class AreaErrors:
    """A balance with its errors.

    Attributes
    ----------
    by_district
        The balance, with the errors of each district.
    total
        One row, all districts together. Its errors are not those of the districts in quadrature:
        they have lines, and so errors, in common.
    method
        ``formula`` or ``simulation``.
    level
        Probability that an interval holds the truth.
    shared_km
        Length of the front that both dates share [km]; its errors cancel in the change. Of several sides,
        this and what follows is that of the side with the most.
    draws
        Draws of the simulation.
    """

    by_district: pd.DataFrame
    total: pd.DataFrame
    method: str
    level: float
    shared_km: float = 0.0
    draws: int = 0


def check_level(level: float) -> None:
    """Refuse a level that is no probability between 0 and 1."""
    if not 0 < level < 1:
        raise NoiseError(f"level is {level}: give a probability between 0 and 1, such as 0.95")


def check_draws(draws: int) -> None:
    """Refuse a number of draws that is none."""
    if not isinstance(draws, int | np.integer) or isinstance(draws, bool) or draws < _FEWEST:
        raise NoiseError(
            f"draws is {draws}: give a whole number, {_FEWEST} or more, 1000 for an interval of 95 %"
        )
    within("draws", draws, f"draws={draws}")


def one_step(balance: pd.DataFrame, dates: Any) -> tuple[str, tuple[pd.Timestamp, pd.Timestamp]]:
    """Check that a balance is of one side and one pair of dates, those of control; give them."""
    sides = sorted(balance["side"].unique())
    steps = balance[["date_from", "date_to"]].drop_duplicates()
    if len(sides) != 1 or len(steps) != 1:
        raise LayerError(
            f"the balance holds {counted(len(sides), 'side')} and {counted(len(steps), 'pair')} of dates: "
            "pick one of either"
        )
    first, last = (pd.Timestamp(day) for day in steps.iloc[0])
    if sorted((first, last)) != sorted(pd.Timestamp(day) for day in dates):
        found = ", ".join(f"{pd.Timestamp(day):%Y-%m-%d}" for day in sorted(dates)) or "none"
        raise LayerError(f"control holds the dates {found}: pass that of the two dates of the balance")
    return str(sides[0]), (first, last)


def in_order(balance: pd.DataFrame, districts: pd.DataFrame) -> Ints:
    """Give the position of each row's district in the layer of districts."""
    place = pd.Index(districts["district"]).get_indexer(balance["district"])
    if (place < 0).any():
        absent = ", ".join(map(str, balance["district"][place < 0]))
        raise LayerError(f"the districts lack {absent}: pass those that the balance was made with")
    return np.asarray(place, dtype=np.int64)


def total_of(balance: pd.DataFrame) -> pd.DataFrame:
    """Sum the balance of one pair of dates up into one row for all districts together, for each side."""
    areas = [name for name in balance.columns if str(name).endswith("_km2")]
    sums = balance.groupby("side", sort=False)[areas].sum().reset_index(drop=True)
    rows = balance.drop_duplicates("side").reset_index(drop=True).assign(district=WHOLE, **sums)
    for when in ("before", "after"):
        rows[f"share_{when}"] = rows[f"{when}_km2"] / rows["district_km2"]
    return rows[list(balance.columns)]


def errors_of_sides(balance: pd.DataFrame, errors: Sequence[AreaErrors]) -> AreaErrors:
    """Put the errors of several sides beside their balances; the columns are empty for sides without."""
    if len(errors) == 1 and len(errors[0].by_district) == len(balance):
        return errors[0]
    tables: dict[str, Any] = {"by_district": balance, "total": total_of(balance)}
    for name, table in tables.items():
        found = pd.concat([getattr(one, name) for one in errors])
        rows = found.drop(columns=[column for column in table if column not in _KEYS])
        tables[name] = table.merge(rows, how="left", on=list(_KEYS), validate="1:1")
    most = {name: max(getattr(one, name) for one in errors) for name in _OF_ONE_SIDE}
    return replace(errors[0], **tables, **most)


def with_total(balance: pd.DataFrame) -> pd.DataFrame:
    """Put the row for all districts together below a balance of one side."""
    return pd.concat([balance, total_of(balance)], ignore_index=True)


def without_total(rows: pd.DataFrame, balance: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part the rows of a balance and the last one, for all districts together."""
    return rows.iloc[:-1].set_index(balance.index), rows.iloc[-1:].reset_index(drop=True)


def _with_normal(balance: pd.DataFrame, sigma_km2: Mapping[str, Floats], level: float) -> pd.DataFrame:
    """Add intervals of the normal distribution; what is impossible is cut off them."""
    reach = NormalDist().inv_cdf((1 + level) / 2)
    columns: dict[str, Any] = {}
    whole = balance["district_km2"].to_numpy(dtype=float)
    for name, sigma in sigma_km2.items():
        value = balance[f"{name}_km2"].to_numpy(dtype=float)
        least = -whole if name == "net" else np.zeros(len(whole))
        columns[f"{name}_low_km2"] = np.maximum(value - reach * sigma, np.minimum(least, value))
        columns[f"{name}_high_km2"] = np.minimum(value + reach * sigma, np.maximum(whole, value))
    return balance.assign(**columns)


def with_sigmas(balance: pd.DataFrame, sigma_km2: Mapping[str, Floats], level: float) -> pd.DataFrame:
    """Add errors to a balance, normally distributed."""
    net, sigma = balance["net_km2"].to_numpy(dtype=float), sigma_km2["net"]
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.where(np.abs(net) > _NOTHING_KM2, net, 0.0) / sigma
    gain = [np.nan if np.isnan(one) else NormalDist().cdf(one) for one in score]
    return _with_normal(balance, sigma_km2, level).assign(sigma_km2=sigma, p_gain=gain)


def without_false_certainty(rows: pd.DataFrame, near: Bools) -> pd.DataFrame:
    """Drop the intervals of gained and lost where the formula is not to be trusted with them.

    So it is with intervals of no width in districts that are `near` a front that moved.
    """
    columns: dict[str, Any] = {"trust": rows["trust"].mask(near & (rows["sigma_km2"] == 0), "no")}
    for name in QUANTITIES:
        low, high = (rows[f"{name}_{end}_km2"] for end in ("low", "high"))
        kept = (high > low) | ~near
        if name in {"gained", "lost"}:
            kept &= columns["trust"] == "yes"
        columns |= {f"{name}_low_km2": low.where(kept), f"{name}_high_km2": high.where(kept)}
    return rows.assign(**columns)


class Draws(NamedTuple):
    """What becomes of ground gained and lost if the lines are displaced, (2, n, n_draws) [km²].

    In n `rows` of the balance; in the rest nothing does, as no front is near.
    """

    rows: Ints
    free: Floats  # to the true lines, as far as the drawn ones alone tell
    likely: Floats  # to the true lines, as far as also their gap tells
    again: Floats  # by new errors, from where the gap is sure
    none: Floats  # by new errors, from where no ground was gained, or none lost
    left: Floats  # to no ground gained, or none lost, but for where the lines are too far apart, (2, n)

    def laid_out(self, found: Floats, n_rows: int, elsewhere: float = 0.0) -> Floats:
        """Lay what was found of `rows` out over all rows."""
        out = np.full((*found.shape[:-1], n_rows), elsewhere)
        out[..., self.rows] = found
        return out


def _hull(one: Floats, other: Floats) -> Floats:
    return np.array([np.minimum(one, other)[0], np.maximum(one, other)[1]])


def _or_net(spans: dict[str, Any], absent: Mapping[str, Bools]) -> None:
    # If nothing may have been lost, what was gained may be net, and the other way round.
    for name, other, sign in (("gained", "lost", 1), ("lost", "gained", -1)):
        alone = np.sort(sign * spans["net"], axis=0)
        spans[name] = np.where(absent[other], _hull(spans[name], alone), spans[name])
    spans["gained"][0] = np.maximum(spans["gained"][0], spans["net"][0])
    spans["lost"][0] = np.maximum(spans["lost"][0], -spans["net"][1])


def with_draws(
    balance: pd.DataFrame, drawn: Draws, held_km2: Mapping[str, Floats], level: float, near: Bools
) -> pd.DataFrame:
    """Add errors to a balance from draws, as `simulate_balance` tells, and those of before and after.

    `near` tells which rows have a front that moved within the reach of its error.
    """
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    whole = balance["district_km2"].to_numpy(dtype=float)
    value = {name: balance[f"{name}_km2"].to_numpy(dtype=float) for name in QUANTITIES}

    def ends(name: str, likely: Floats, again: Floats) -> Floats:
        """Span what is likely, and what would by chance be drawn as it was."""
        found = []
        for of in (tails, np.array([0.0, 1.0])):  # at the level; and of all draws, where few of them differ
            both = np.quantile(likely, of, axis=-1), -np.quantile(again, of[::-1], axis=-1)
            found.append(value[name] + drawn.laid_out(_hull(*both), len(whole)))
        return np.asarray(np.where(found[0][0] < found[0][1], *found))

    net = drawn.free[0] - drawn.free[1]
    spans = {
        "net": ends("net", net, drawn.again[0] - drawn.again[1]),
        "gained": ends("gained", drawn.likely[0], drawn.again[0]),
        "lost": ends("lost", drawn.likely[1], drawn.again[1]),
    }
    sigma = drawn.laid_out(
        np.where((net == net[:, :1]).all(axis=-1), 0.0, net.std(axis=-1, ddof=1)), len(whole)
    )
    absent = {}
    for row, name in enumerate(("gained", "lost")):
        often = drawn.laid_out((drawn.none[row] >= -_NOTHING_KM2).mean(axis=-1), len(whole), 1.0) > tails[0]
        may_be = spans["net"][0] <= 0 if name == "gained" else spans["net"][1] >= 0
        absent[name] = (
            may_be
            & often
            & (value[name] + drawn.laid_out(drawn.left[row], len(whole)) <= sigma + _NOTHING_KM2)
        )
        spans[name][0] = np.where(absent[name], 0.0, spans[name][0])
    _or_net(spans, absent)
    spans = {name: np.clip(span, -whole if name == "net" else 0.0, whole) for name, span in spans.items()}
    # So few draws may miss by chance what is as likely as to lie outside the interval on one side.
    few = net.shape[-1] * tails[0] < _EXPECTED
    unreached = near & (spans["net"][0] == spans["net"][1])
    columns: dict[str, Any] = {}
    trust = np.where(unreached, "no", "yes")
    for name, (low, high) in spans.items():
        kept = ~unreached & ~(few & near & (low == high))
        trust = np.where(kept | unreached, trust, "net")
        columns[f"{name}_low_km2"] = np.where(kept, low, np.nan)
        columns[f"{name}_high_km2"] = np.where(kept, high, np.nan)
    gain = (value["net"] > _NOTHING_KM2).astype(float)
    gain[drawn.rows] = (value["net"][drawn.rows, None] + net > _NOTHING_KM2).mean(axis=-1)
    still = (sigma == 0) & (np.abs(value["net"]) <= _NOTHING_KM2)
    columns |= {"sigma_km2": sigma, "p_gain": np.where(still | unreached, np.nan, gain), "trust": trust}
    return _with_normal(balance, held_km2, level).assign(**columns)


def with_range(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Add to the first table the range of the intervals of all, one for each plausible length."""
    columns: dict[str, Any] = {}
    for name in ("gained", "lost", "net"):
        ends = {end: [table[f"{name}_{end}_km2"] for table in tables] for end in ("low", "high")}
        columns[f"{name}_lowest_km2"] = np.min(ends["low"], axis=0)
        columns[f"{name}_highest_km2"] = np.max(ends["high"], axis=0)
    return tables[0].assign(**columns)
